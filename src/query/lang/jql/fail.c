/* SPDX-License-Identifier: MIT */
/* Errors that say where: the path to the node, and its position in the text. */
#include <stdarg.h>
#include <stdio.h>

#include "base/text/suggest.h"
#include "query/lang/jql/jql_int.h"

enum { PATH_BYTES_MAX = 160, MESSAGE_BYTES_MAX = 320, LIST_BYTES_MAX = 200 };

/** Appends the path to `node` at `out` and answers how long it became; at most PATH_BYTES_MAX - 1.
 */
static size_t format_path(const struct jql_node *node, char out[PATH_BYTES_MAX]) {
  if (!node->parent) return 0;
  size_t bytes = format_path(node->parent, out), room = PATH_BYTES_MAX - bytes;
  int printed = node->name.data
                    ? snprintf(out + bytes, room, "%s%.*s", bytes ? "." : "", SLICE_ARG(node->name))
                    : snprintf(out + bytes, room, "[%u]", node->index);
  if (printed < 0) return bytes;
  return (size_t)printed < room ? bytes + (size_t)printed : PATH_BYTES_MAX - 1;
}

void jql__tell_place(const struct jql *jql, size_t offset) {
  struct slice text = jql->plain ? jql->plain->written : jql->text;
  if (!text.bytes || offset > text.bytes) return;
  if (!jql->is_listed) {
    err_position(jql->err, (const char *)text.data, text.bytes, offset);
  } else if (jql->err) {
    jql->err->offset = offset;
    jql->err->line = jql->err->column = 1;
  }
}

static void raise_message(const struct jql *jql, const struct jql_node *node, status code,
                          const char *format, va_list arguments) {
  char path[PATH_BYTES_MAX], message[MESSAGE_BYTES_MAX];
  vsnprintf(message, sizeof message, format, arguments);
  err_raise(jql->err, code, __FILE__, __LINE__, "%s", message);
  if (format_path(node, path)) err_path(jql->err, path);
  jql__tell_place(jql, node->offset);
}

status jql__fail(const struct jql *jql, const struct jql_node *node, status code,
                 const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  raise_message(jql, node, code, format, arguments);
  va_end(arguments);
  return code;
}

status jql__fail_code(const struct jql *jql, const struct jql_node *node, uint32_t foreign,
                      const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  raise_message(jql, node, LUMA_INVALID_ARGUMENT, format, arguments);
  va_end(arguments);
  if (jql->err) jql->err->foreign = foreign;
  return LUMA_INVALID_ARGUMENT;
}

status jql__fail_type(const struct jql *jql, const struct jql_node *node, const char *wanted) {
  char path[PATH_BYTES_MAX];
  const char *subject = format_path(node, path) ? path : "a command";
  err_raise(jql->err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "%s must be %s, not %s", subject,
            wanted, val_type_name((enum val_type)node->value.type));
  jql__tell_place(jql, node->value_offset == JQL_NOWHERE ? node->offset
                                                         : jql_told(jql, node->value_offset));
  return LUMA_INVALID_ARGUMENT;
}

static struct slice name_at(const void *names, size_t i, size_t stride) {
  const char *name;
  memcpy(&name, (const char *)names + i * stride, sizeof name);
  return slice_of_text(name);
}

/** "there are a, b, c": what there is, when nothing is near and it is little. */
static void hint_all(const struct jql *jql, const void *names, size_t count, size_t stride) {
  char list[LIST_BYTES_MAX];
  size_t bytes = 0;
  for (size_t i = 0; i < count; i++) {
    struct slice name = name_at(names, i, stride);
    if (bytes + name.bytes + 8 > sizeof list) return;
    bytes += (size_t)snprintf(list + bytes, sizeof list - bytes, "%s%.*s", i ? ", " : "",
                              SLICE_ARG(name));
  }
  err_hint(jql->err, "there are %.*s", (int)bytes, list);
}

status jql__fail_unknown(const struct jql *jql, const struct jql_node *node, const char *what,
                         const void *names, size_t count, size_t stride) {
  bool is_operator = jql_is_operator(node->name);
  struct suggest suggest;
  suggest_init(&suggest, node->name);
  for (size_t i = 0; i < count; i++) suggest_offer(&suggest, name_at(names, i, stride));
  status code = jql__fail(jql, node, is_operator ? LUMA_UNKNOWN_OPERATOR : LUMA_SYNTAX_ERROR,
                          "`%.*s` is not %s", SLICE_ARG(node->name), what);
  if (suggest_is_good(&suggest))
    err_hint(jql->err, "did you mean `%.*s`?", SLICE_ARG(suggest.best));
  else
    hint_all(jql, names, count, stride);
  return code;
}

status jql__made(const struct jql *jql, const void *made) {
  return plan_check_memory(jql->arena, made, jql->err);
}
