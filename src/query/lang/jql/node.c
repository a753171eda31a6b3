/* SPDX-License-Identifier: MIT */
/* Nodes: walking a value and its text side by side. The text is scanned, not parsed: it was read as
 * JSON before, and a name that is written with escapes is merely not located. */
#include "query/lang/jql/jql_int.h"

static bool is_space(uint8_t c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

size_t jql__skip_space(struct slice text, size_t at) {
  while (at < text.bytes && is_space(text.data[at])) at++;
  return at;
}

/** Whether an odd number of backslashes stands before `at`. */
static bool is_escaped(struct slice text, size_t at) {
  size_t from = at;
  while (from > 0 && text.data[from - 1] == '\\') from--;
  return (at - from) % 2 == 1;
}

/** Past the closing quote of the string that opens at `at`. */
static size_t skip_string(struct slice text, size_t at) {
  const uint8_t *end = text.data + text.bytes, *quote = text.data + at;
  do {
    quote++;
    quote = quote < end ? memchr(quote, '"', (size_t)(end - quote)) : NULL;
  } while (quote && is_escaped(text, (size_t)(quote - text.data)));
  return quote ? (size_t)(quote - text.data) + 1 : text.bytes;
}

/** Past everything that is neither quoted nor a bracket. */
static size_t skip_plain(struct slice text, size_t at) {
  static const bool stops[UINT8_MAX + 1] = {
      ['"'] = true, ['{'] = true, ['}'] = true, ['['] = true, [']'] = true};
  while (at < text.bytes && !stops[text.data[at]]) at++;
  return at;
}

static bool ends_scalar(uint8_t c) {
  return is_space(c) || c == ',' || c == '}' || c == ']' || c == ':' || c == ';';
}

size_t jql__skip_value(struct slice text, size_t at) {
  size_t depth = 0;
  do {
    uint8_t c = at < text.bytes ? text.data[at] : 0;
    if (c == '"') {
      at = skip_string(text, at);
      continue;
    }
    if (depth && c != '{' && c != '[' && c != '}' && c != ']') {
      at = skip_plain(text, at);
      continue;
    }
    if (c == '{' || c == '[') depth++;
    if ((c == '}' || c == ']') && depth) depth--;
    at++;
    if (depth == 0 && c != '}' && c != ']')
      while (at < text.bytes && !ends_scalar(text.data[at])) at++;
  } while (depth && at < text.bytes);
  return at < text.bytes ? at : text.bytes;
}

struct jql_each jql__each(const struct jql *jql, const struct jql_node *of) {
  struct jql_each each = {.jql = jql, .of = of, .cursor = JQL_NOWHERE};
  size_t at = of->value_offset;
  if (of->value.type != VAL_MAP && of->value.type != VAL_LIST) return each;
  each.count = val_count(&of->value);
  bool opens = at < jql->text.bytes && (jql->text.data[at] == '{' || jql->text.data[at] == '[');
  if (opens) each.cursor = at + 1;
  return each;
}

/** To the next child in the text; false at the end of the list or map. */
static bool find_child(struct jql_each *each) {
  struct slice text = each->jql->text;
  if (each->is_before) each->cursor = jql__skip_value(text, each->cursor);
  each->is_before = false;
  each->cursor = jql__skip_space(text, each->cursor);
  if (each->cursor < text.bytes && text.data[each->cursor] == ',')
    each->cursor = jql__skip_space(text, each->cursor + 1);
  uint8_t c = each->cursor < text.bytes ? text.data[each->cursor] : '}';
  return c != '}' && c != ']';
}

static void locate_element(struct jql_each *each, struct jql_node *child) {
  if (!find_child(each)) {
    each->cursor = JQL_NOWHERE;
    return;
  }
  child->value_offset = each->cursor;
  child->offset = jql_told(each->jql, each->cursor);
  each->is_before = true;
}

/** Of names that stand twice the first keeps its place in the value: the text is searched onwards
 * only. */
static void locate_field(struct jql_each *each, struct jql_node *child) {
  struct slice text = each->jql->text;
  while (find_child(each)) {
    size_t start = each->cursor, end = skip_string(text, start);
    size_t value = jql__skip_space(text, end);
    if (value < text.bytes && text.data[value] == ':') value = jql__skip_space(text, value + 1);
    each->cursor = value;
    each->is_before = true;
    bool found = end >= start + 2 &&
                 slice_is_equal(slice_of(text.data + start + 1, end - start - 2), child->name);
    if (!found) continue;
    child->offset = jql_told(each->jql, start);
    child->value_offset = value;
    return;
  }
  each->cursor = JQL_NOWHERE;
}

bool jql__next(struct jql_each *each, struct jql_node *child) {
  const struct jql_node *of = each->of;
  if (each->at == each->count) return false;
  *child = (struct jql_node){
      .parent = of, .index = each->at, .offset = of->offset, .value_offset = JQL_NOWHERE};
  bool is_map = of->value.type == VAL_MAP;
  if (is_map)
    child->value = val_field_at(&of->value, each->at, &child->name);
  else
    child->value = val_at(&of->value, each->at);
  each->at++;
  if (each->cursor == JQL_NOWHERE) return true;
  if (is_map)
    locate_field(each, child);
  else
    locate_element(each, child);
  return true;
}

bool jql__is_field(struct slice name) {
  static const char *const references[] = {"$ref", "$id", "$db"};
  for (size_t i = 0; i < sizeof references / sizeof references[0]; i++)
    if (slice_is_equal(name, slice_of_text(references[i]))) return true;
  return !jql_is_operator(name);
}

bool jql__has_operators(const struct jql_node *node) {
  struct slice name;
  if (node->value.type != VAL_MAP || val_count(&node->value) == 0) return false;
  (void)val_field_at(&node->value, 0, &name);
  return jql_is_operator(name);
}

bool jql__truth(const struct val *value) {
  if (val_is_null(value)) return false;
  if (value->type == VAL_BOOL) return value->boolean;
  return !val_is_number(value) || val_to_float64(value) != 0;
}
