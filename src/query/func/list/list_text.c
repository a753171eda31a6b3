/* SPDX-License-Identifier: MIT */
/* Lists as PostgreSQL writes them: {1, "b c", NULL, {…}} ("Array Input and Output Syntax" in its
 * documentation): what is not quoted is a text without the blanks around it, NULL is null. */
#include "query/func/func_int.h"
#include "value/doc/build.h"

enum { LIST_DEPTH_MAX = 32 };

struct list_text {
  struct func_env *env;
  struct slice text;
  size_t at;
  struct build build;
};

static uint8_t peek(const struct list_text *list) {
  return list->at < list->text.bytes ? list->text.data[list->at] : 0;
}

static void skip_blanks(struct list_text *list) {
  while (peek(list) == ' ' || peek(list) == '\t' || peek(list) == '\n' || peek(list) == '\r')
    list->at++;
}

static status fail_text(const struct list_text *list, struct err *err) {
  FAIL(err, LUMA_INVALID_VALUE, "the text '%.*s' does not read as a list",
       (int)(list->text.bytes < 60 ? list->text.bytes : 60), (const char *)list->text.data);
}

/* An element up to a comma or a brace, with backslashes and quotes taken away. */
static status put_text(struct list_text *list, struct err *err) {
  uint8_t *room = arena_alloc_text(list->env->arena, list->text.bytes + 1);
  bool is_quoted = peek(list) == '"', in_quotes = false;
  size_t bytes = 0, kept = 0;
  if (!room) return func__fail_memory(list->env, err);
  for (;; list->at++) {
    uint8_t c = peek(list);
    if (list->at >= list->text.bytes) return fail_text(list, err);
    if (!in_quotes && (c == ',' || c == '}')) break;
    if (!in_quotes && c == '{') return fail_text(list, err);
    if (c == '"') {
      in_quotes = !in_quotes;
      continue;
    }
    if (c == '\\' && list->at + 1 < list->text.bytes) c = list->text.data[++list->at];
    room[bytes++] = c;
    if (in_quotes || c > ' ') kept = bytes; /* blanks behind it are not its own */
  }
  struct slice text = slice_of(room, kept);
  struct val value = val_text(text);
  if (!is_quoted && kept == 0) return fail_text(list, err);
  if (!is_quoted && slice_is_equal_nocase(text, slice_of_text("null"))) value = val_null();
  build_put(&list->build, &value);
  return LUMA_OK;
}

/* What stands between braces; the opening one was taken. */
static status put_list(struct list_text *list, unsigned depth, struct err *err) {
  skip_blanks(list);
  if (peek(list) == '}') return LUMA_OK;
  if (depth == LIST_DEPTH_MAX) return fail_text(list, err);
  for (;; list->at++) {
    skip_blanks(list);
    if (peek(list) == '{') {
      list->at++;
      build_begin_list(&list->build);
      TRY(put_list(list, depth + 1, err));
      build_end(&list->build);
      list->at++;
      skip_blanks(list);
    } else {
      TRY(put_text(list, err));
    }
    if (peek(list) == '}') return LUMA_OK;
    if (peek(list) != ',') return fail_text(list, err);
  }
}

status func__read_list(struct func_env *env, struct slice text, struct val *out, struct err *err) {
  struct list_text list = {.env = env, .text = text, .at = 1};
  func__list_begin(env, &list.build);
  status result = put_list(&list, 0, err);
  list.at++;
  skip_blanks(&list);
  if (result == LUMA_OK && list.at < text.bytes) result = fail_text(&list, err);
  if (result == LUMA_OK) return func__built(env, &list.build, out, err);
  build_deinit(&list.build);
  buf_reset(env->scratch);
  return result;
}
