/* SPDX-License-Identifier: MIT */
/* What MongoDB says of the fields of commands, word for word, beside what we say: replies of its
 * shape have it, and clients look at it. Of stages and operators MongoDB says other things. */
#include <stdarg.h>
#include <stdio.h>

#include "query/lang/jql/jql_int.h"

enum { NAME_BYTES_MAX = 256, WORDS_BYTES_MAX = 512 };

/** The command that stands there: its first field. */
static struct slice command_of(const struct jql_node *map) {
  struct slice first = {0};
  if (map->value.type == VAL_MAP && val_count(&map->value))
    (void)val_field_at(&map->value, 0, &first);
  return first;
}

/** The command itself, or the one that an explain is about. */
static bool is_command(const struct jql_node *node) {
  bool is_first = node->parent && !node->parent->parent && node->index == 0;
  return !node->parent ||
         (is_first && jql_is_named(node, "explain") && node->value.type == VAL_MAP);
}

/** What MongoDB reads by itself, whatever command it stands in. */
static bool is_apart(const struct jql_node *node) {
  return is_command(node->parent) &&
         (jql_is_named(node, "readConcern") || jql_is_named(node, "writeConcern") ||
          jql_is_named(node, "collation"));
}

/** Appends "update.updates.q": names from the command's on, without the places in lists. Answers
 * how long it became; 0 where a stage or an operator is on the way. */
static size_t format_name(const struct jql_node *node, bool in_whole, char out[NAME_BYTES_MAX]) {
  bool begins = is_command(node) || (in_whole && is_apart(node));
  struct slice name = is_command(node) ? command_of(node) : node->name;
  size_t bytes = begins ? 0 : format_name(node->parent, true, out);
  bool is_inner_operator = !begins && jql_is_operator(name) && !is_command(node->parent);
  if (!begins && (bytes == 0 || is_inner_operator)) return 0;
  if (!name.data) return bytes; /* an element */
  size_t room = NAME_BYTES_MAX - bytes;
  int printed = snprintf(out + bytes, room, "%s%.*s", begins ? "" : ".", SLICE_ARG(name));
  return printed > 0 && (size_t)printed < room ? bytes + (size_t)printed : 0;
}

static void put_words(const struct jql *jql, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void put_words(const struct jql *jql, const char *format, ...) {
  char words[WORDS_BYTES_MAX];
  va_list arguments;
  struct buf detail;
  va_start(arguments, format);
  vsnprintf(words, sizeof words, format, arguments);
  va_end(arguments);
  buf_init(&detail, ERR_DETAIL_BYTES);
  buf_append_text(&detail, "\"errmsg\":");
  json_write_text(&detail, slice_of_text(words));
  if (buf_check(&detail, "a detail", NULL) == LUMA_OK)
    err_detail(jql->err, detail.data, detail.bytes);
  buf_deinit(&detail);
}

static const char *types_of(enum jql_kind kind) {
  switch (kind) {
  case JQL_MAP: return "type 'object'";
  case JQL_LIST: return "type 'array'";
  case JQL_TEXT:
  case JQL_NAME: return "type 'string'";
  case JQL_TRUTH:
  case JQL_PLAIN_TRUTH: return "type 'bool'";
  /* MongoDB ends the list so */
  case JQL_BOOL: return "types '[bool, long, int, decimal, double']";
  case JQL_COUNT:
  case JQL_WHOLE:
  case JQL_NUMBER: return "types '[long, int, decimal, double']";
  case JQL_ANY:
  case JQL_IGNORED:
  case JQL_UNSUPPORTED: break;
  }
  return "type 'object'";
}

void jql__tell_unknown(const struct jql *jql, const struct jql_node *field) {
  char name[NAME_BYTES_MAX];
  if (!jql->err || !format_name(field->parent, true, name)) return;
  put_words(jql, "BSON field '%s.%.*s' is an unknown field.", name, SLICE_ARG(field->name));
}

void jql__tell_no_command(const struct jql *jql, const struct jql_node *first) {
  if (jql->err) put_words(jql, "no such command: '%.*s'", SLICE_ARG(first->name));
}

void jql__tell_missing(const struct jql *jql, const struct jql_node *map, const char *field) {
  char name[NAME_BYTES_MAX];
  if (!jql->err || !format_name(map, true, name)) return;
  put_words(jql, "BSON field '%s.%s' is missing but a required field", name, field);
}

void jql__tell_type(const struct jql *jql, const struct jql_node *field, enum jql_kind kind) {
  char name[NAME_BYTES_MAX];
  const char *type = val_mongo_name(&field->value);
  if (!jql->err || !format_name(field, false, name)) return;
  if (kind == JQL_NAME && field->index == 0 && is_command(field->parent))
    put_words(jql, "collection name has invalid type %s", type);
  else if (kind == JQL_PLAIN_TRUTH)
    put_words(jql, "Field '%.*s' should be a boolean value, but found: %s", SLICE_ARG(field->name),
              type);
  else
    put_words(jql, "BSON field '%s' is the wrong type '%s', expected %s", name, type,
              types_of(kind));
}

void jql__tell_below(const struct jql *jql, const struct jql_node *field) {
  char name[NAME_BYTES_MAX];
  int64_t value = 0;
  if (!jql->err || !format_name(field, false, name)) return;
  (void)val_to_int64(&field->value, &value);
  put_words(jql, "BSON field '%.*s' value must be >= 0, actual value '%lld'",
            SLICE_ARG(field->name), (long long)value);
}
