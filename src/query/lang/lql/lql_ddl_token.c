/* SPDX-License-Identifier: MIT */
/* The tokens of a definition: what stands at the place that is read, and what is taken of it. */
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_ddl.h"
#include "query/lang/lql/lql_lexer.h"
#include "value/json/json.h"

static bool is_word_token(const struct lql_token *token) {
  if (token->kind == LQL_QUOTED || token->kind == LQL_TEXT || token->kind <= 0) return false;
  uint8_t c = token->text.bytes ? token->text.data[0] : 0;
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

bool lql__ddl_is(struct lql_ddl *ddl, const char *word) {
  const struct lql_token *token = lql__ddl_peek(ddl);
  return is_word_token(token) && slice_is_equal_nocase(token->text, slice_of_text(word));
}

bool lql__ddl_take(struct lql_ddl *ddl, const char *words) {
  uint32_t from = ddl->at;
  while (*words) {
    const char *end = strchr(words, ' ');
    size_t bytes = end ? (size_t)(end - words) : strlen(words);
    const struct lql_token *token = lql__ddl_peek(ddl);
    if (!is_word_token(token) || !slice_is_equal_nocase(token->text, slice_of(words, bytes))) {
      ddl->at = from;
      return false;
    }
    ddl->at++;
    words += bytes + (end != NULL);
  }
  return true;
}

bool lql__ddl_take_mark(struct lql_ddl *ddl, int kind) {
  if (lql__ddl_peek(ddl)->kind != kind) return false;
  ddl->at++;
  return true;
}

bool lql__ddl_fail(struct lql_ddl *ddl, const char *expected) {
  const struct lql_token *token = lql__ddl_peek(ddl);
  if (token->kind == 0)
    lql__fail(ddl->lql, LUMA_SYNTAX_ERROR, token->offset,
              "the statement ends where %s should stand", expected);
  else
    lql__fail(ddl->lql, LUMA_SYNTAX_ERROR, token->offset, "expected %s, found `%.*s`", expected,
              (int)(token->text.bytes < 60 ? token->text.bytes : 60),
              (const char *)token->text.data);
  return false;
}

bool lql__ddl_expect(struct lql_ddl *ddl, const char *words) {
  return lql__ddl_take(ddl, words) || lql__ddl_fail(ddl, words);
}

bool lql__ddl_expect_mark(struct lql_ddl *ddl, int kind) {
  return lql__ddl_take_mark(ddl, kind) || lql__ddl_fail(ddl, lql__describe(kind));
}

bool lql__ddl_name(struct lql_ddl *ddl, struct slice *name) {
  const struct lql_token *token = lql__ddl_peek(ddl);
  if (token->kind != LQL_QUOTED && !is_word_token(token)) return lql__ddl_fail(ddl, "a name");
  *name = lql__name(ddl->lql, *token);
  ddl->at++;
  return true;
}

struct slice lql__ddl_text(const struct lql_ddl *ddl, uint32_t from, uint32_t to) {
  if (to <= from) return slice_of(NULL, 0);
  const struct lql_token *first = &ddl->tokens[from], *last = &ddl->tokens[to - 1];
  uint64_t end = last->offset + last->text.bytes;
  return slice_of(ddl->lql->text.data + first->offset, (size_t)(end - first->offset));
}

bool lql__ddl_parenthesised(struct lql_ddl *ddl, struct slice *text) {
  if (!lql__ddl_expect_mark(ddl, LQL_LP)) return false;
  uint32_t from = ddl->at;
  for (int depth = 0;; ddl->at++) {
    int kind = lql__ddl_peek(ddl)->kind;
    if (kind == 0) return lql__ddl_fail(ddl, "`)`");
    depth += kind == LQL_LP;
    if (kind == LQL_RP && depth-- == 0) break;
  }
  *text = lql__ddl_text(ddl, from, ddl->at);
  ddl->at++;
  return text->bytes > 0 || lql__ddl_fail(ddl, "an expression");
}

bool lql__ddl_sound(struct lql_ddl *ddl, const struct buf *out) {
  if (out->failed == LUMA_OK) return true;
  lql__fail(ddl->lql, out->failed, 0, "no memory for the definition");
  return false;
}

bool lql__ddl_names(struct lql_ddl *ddl, struct buf *out) {
  struct slice name;
  if (!lql__ddl_expect_mark(ddl, LQL_LP)) return false;
  buf_append_byte(out, '[');
  do {
    if (!lql__ddl_name(ddl, &name)) return false;
    if (!lql__ddl_sound(ddl, out)) return false;
    if (out->data[out->bytes - 1] != '[') buf_append_byte(out, ',');
    json_write_text(out, name);
  } while (lql__ddl_take_mark(ddl, LQL_COMMA));
  buf_append_byte(out, ']');
  return lql__ddl_sound(ddl, out) && lql__ddl_expect_mark(ddl, LQL_RP);
}
