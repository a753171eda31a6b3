/* SPDX-License-Identifier: MIT */
/* Quick values written encoded, where they are to stand. The commonest expressions go from bytes to
 * bytes: integers of integers, letters and concatenations of short texts. What is not as they
 * expect is made as a value, and then written. */
#include <math.h>

#include "base/text/utf8.h"
#include "query/rule/quick_int.h"
#include "value/doc/made.h"
#include "value/doc/place.h"

enum { WORD_BYTES = 8 };

/* ---- integers ---- */

bool quick__may_be_integer(const struct quick_node *node) {
  if (node->kind == QUICK_RUN) return node->integer != NULL;
  return node->kind == QUICK_STORED || node->value.type == VAL_INT64;
}

/* Of a node that may be an integer. */
static inline bool ask(const struct quick_node *node, const uint8_t *map, int64_t *out) {
  if (node->kind == QUICK_STORED) return place_integer(place_of(map, node->place), out);
  if (node->kind == QUICK_RUN) return node->integer(node, map, out);
  *out = node->value.integer;
  return true;
}

bool quick__ask_integer(const struct quick_node *node, const uint8_t *map, int64_t *out) {
  return ask(node, map, out);
}

static bool calculate(const struct quick_node *node, const uint8_t *map, int64_t *out) {
  int64_t a, b;
  if (!ask(node->args[0], map, &a) || !ask(node->args[1], map, &b)) return false;
  return quick__calculate(node->op, a, b, out);
}

static bool count_letters(const struct quick_node *node, const uint8_t *map, int64_t *out) {
  struct slice text;
  if (!place_text(place_of(map, node->args[0]->place), &text)) return false;
  *out = (int64_t)utf8_count(text);
  return true;
}

static bool round_float(const struct quick_node *node, const uint8_t *map, int64_t *out) {
  double real;
  const uint8_t *place = place_of(map, node->args[0]->place);
  if (!place_float(place, &real)) return place_integer(place, out);
  real = nearbyint(real);
  if (!(real >= -0x1p63 && real < 0x1p63)) return false;
  *out = (int64_t)real;
  return true;
}

quick_integer *quick__integer_of(const struct quick_node *node) {
  const struct quick_node *const *args = node->args;
  bool is_of_stored = node->args_count == 1 && args[0]->kind == QUICK_STORED;
  if (node->run == quick__arithmetic && quick__may_be_integer(args[0]) &&
      quick__may_be_integer(args[1]))
    return calculate;
  if (node->run == quick__length && is_of_stored) return count_letters;
  bool casts = node->run == quick__to_int && args[0]->kind == QUICK_STORED;
  return casts ? round_float : NULL;
}

/* ---- writing ---- */

static const struct quick_node *root_of(const struct soul_quick *head) {
  return ((const struct quick *)head)->root;
}

static uint32_t write_any(const struct soul_quick *head, const uint8_t *map, uint8_t type,
                          uint8_t *to, size_t bytes) {
  struct val value;
  if (bytes < MADE_SCALAR_BYTES_MAX) return 0;
  /* A text is made where it is to stand. */
  struct soul_room room = {.at = to + MADE_TEXT_AT, .left = bytes - MADE_TEXT_AT};
  bool is_made = head->make(head, map, &room, &value);
  if (!is_made || (value.type != type && !val_is_null(&value))) return 0;
  return made_put(&value, to, bytes);
}

static uint32_t write_integer(const struct soul_quick *head, const uint8_t *map, uint8_t type,
                              uint8_t *to, size_t bytes) {
  int64_t integer;
  const struct quick_node *root = root_of(head);
  bool fits = type == VAL_INT64 && bytes >= PLACE_INTEGER_BYTES_MAX;
  if (fits && root->integer(root, map, &integer)) return place_put_integer(to, integer);
  return write_any(head, map, type, to, bytes);
}

static uint32_t write_letters(const struct soul_quick *head, const uint8_t *map, uint8_t type,
                              uint8_t *to, size_t bytes) {
  const struct quick_node *root = root_of(head);
  struct slice text;
  bool is_short = place_text(place_of(map, root->args[0]->place), &text) &&
                  bytes >= PLACE_TEXT_HEAD + text.bytes + WORD_BYTES;
  if (type == VAL_TEXT && is_short && quick__put_letters(text, root->upper, to + PLACE_TEXT_HEAD))
    return place_put_text(to, text.bytes);
  return write_any(head, map, type, to, bytes);
}

static bool is_text(const struct quick_node *node) {
  return node->kind == QUICK_STORED || (node->kind == QUICK_FIXED && node->value.type == VAL_TEXT);
}

static inline bool ask_text(const struct quick_node *node, const uint8_t *map, struct slice *text) {
  if (node->kind == QUICK_STORED) return place_text(place_of(map, node->place), text);
  *text = val_slice(&node->value);
  return true;
}

static uint32_t write_two(const struct soul_quick *head, const uint8_t *map, uint8_t type,
                          uint8_t *to, size_t bytes) {
  const struct quick_node *root = root_of(head);
  struct slice left, right;
  bool are_texts = ask_text(root->args[0], map, &left) && ask_text(root->args[1], map, &right);
  size_t both = are_texts ? left.bytes + right.bytes : SIZE_MAX;
  if (type != VAL_TEXT || both > UINT8_MAX || bytes < PLACE_TEXT_HEAD + both)
    return write_any(head, map, type, to, bytes);
  if (left.bytes) memcpy(to + PLACE_TEXT_HEAD, left.data, left.bytes);
  if (right.bytes) memcpy(to + PLACE_TEXT_HEAD + left.bytes, right.data, right.bytes);
  return place_put_text(to, both);
}

quick_write *quick__write_of(const struct quick_node *root) {
  if (root->kind != QUICK_RUN) return write_any;
  if (root->integer) return write_integer;
  if (root->run == quick__letters && root->args[0]->kind == QUICK_STORED) return write_letters;
  bool are_texts = root->run == quick__concat && is_text(root->args[0]) && is_text(root->args[1]);
  return are_texts ? write_two : write_any;
}
