/* SPDX-License-Identifier: MIT */
/* Elements that are like the first of their list. The first gives a pattern: what stands before
 * each leaf, byte for byte, with the tokens in it. Where the same bytes stand again at the
 * beginning of a token, the same tokens are in them, so one comparison takes all of them, and names
 * are neither looked up nor built. */
#include <string.h>

#include "value/json/json_int.h"

enum { LEAVES_MAX = 32, NAMES_MAX = 64, DEPTH_MAX = 16, WORTH_A_TABLE = 16 };

/* What stands before a leaf, or behind the last. */
struct piece {
  struct slice text;
  uint32_t tokens;
};

struct pattern {
  struct piece pieces[LEAVES_MAX + 1];
  struct val leaves[LEAVES_MAX]; /* of the first */
  uint32_t count;
};

/* The names met in the maps that are open: a name that comes twice in one is no pattern. */
struct met {
  struct slice names[NAMES_MAX];
  uint32_t count, depth;
  uint32_t begins[DEPTH_MAX]; /* those of the map at each depth */
};

static bool opens(uint8_t c) {
  return c == '{' || c == '[';
}

static bool closes(uint8_t c) {
  return c == '}' || c == ']';
}

static uint8_t byte_at(const struct json_reader *r, const uint32_t *token) {
  return r->text.data[*token];
}

static bool is_leaf(uint8_t c) {
  return !opens(c) && !closes(c) && c != ':' && c != ',';
}

static bool take_leaf(struct json_reader *r, struct val *v) {
  uint8_t c = json__peek(r);
  return is_leaf(c) ? json__take_scalar(r, v, NULL) == LUMA_OK : json__take_tagged(r, v);
}

static bool open_level(struct met *met) {
  if (met->depth == DEPTH_MAX) return false;
  met->begins[met->depth++] = met->count;
  return true;
}

static void close_level(struct met *met) {
  met->count = met->begins[--met->depth];
}

/* `r->at` is at the name; it is taken. */
static bool take_name(struct json_reader *r, struct met *met) {
  struct slice name;
  if (!json__take_text(r, &name) || json__tag_find(name) || met->count == NAMES_MAX) return false;
  for (uint32_t i = met->begins[met->depth - 1]; i < met->count; i++)
    if (slice_is_equal(met->names[i], name)) return false;
  met->names[met->count++] = name;
  return true;
}

/* From the token at `from` up to the one at `to`. */
static struct piece piece_of(const struct json_reader *r, const uint32_t *from,
                             const uint32_t *to) {
  return (struct piece){slice_of(r->text.data + *from, *to - *from), (uint32_t)(to - from)};
}

/* Takes the leaf that comes next; false: what comes is none, or there are too many. */
static bool take_first_leaf(struct json_reader *r, struct pattern *pattern, const uint32_t **from) {
  uint32_t leaf = pattern->count;
  if (leaf == LEAVES_MAX) return false;
  pattern->pieces[leaf] = piece_of(r, *from, r->at);
  if (!take_leaf(r, &pattern->leaves[leaf])) return false;
  pattern->count++;
  *from = r->at;
  return true;
}

/* A bracket, colon or comma. */
static bool take_mark(struct json_reader *r, struct met *met) {
  uint8_t c = json__peek(r);
  if (opens(c) && !open_level(met)) return false;
  if (closes(c)) close_level(met);
  r->at++;
  return true;
}

/* Walks over the tokens of the first again, which are well formed and begin with a brace. */
static bool walk_first(struct json_reader *r, struct pattern *pattern) {
  struct met met = {.count = 0};
  const uint32_t *from = r->at;
  for (bool goes_on = take_mark(r, &met); goes_on && met.depth > 0;) {
    uint8_t c = json__peek(r);
    if (c == '"' && byte_at(r, r->at + 1) == ':')
      goes_on = take_name(r, &met);
    else
      goes_on = take_first_leaf(r, pattern, &from) || (!is_leaf(c) && take_mark(r, &met));
  }
  if (met.depth > 0) return false;
  pattern->pieces[pattern->count] = piece_of(r, from, r->at - 1);
  return pattern->count > 0;
}

/* The first was read: `r->at` is behind it, and so it is after. */
static bool make_pattern(struct json_reader *r, const uint32_t *first, struct pattern *pattern) {
  const uint32_t *behind = r->at;
  pattern->count = 0;
  r->at = first;
  bool made = json__peek(r) == '{' && walk_first(r, pattern);
  r->at = behind;
  return made;
}

/* The token behind the piece must be where it was: there may be blanks in its place. */
static bool take_piece(struct json_reader *r, const struct piece *piece) {
  size_t at = json__offset(r);
  if ((size_t)(r->end - r->at) <= piece->tokens || r->text.bytes - at < piece->text.bytes ||
      r->at[piece->tokens] != at + piece->text.bytes ||
      memcmp(r->text.data + at, piece->text.data, piece->text.bytes) != 0)
    return false;
  r->at += piece->tokens;
  return true;
}

/* An element like the first; else nothing is taken. */
static bool take_like(struct json_reader *r, const struct pattern *pattern, struct val *leaves) {
  const uint32_t *mark = r->at;
  bool is_like = json__take(r, ',');
  for (uint32_t i = 0; is_like && i < pattern->count; i++)
    is_like = take_piece(r, &pattern->pieces[i]) && take_leaf(r, &leaves[i]) &&
              leaves[i].type == pattern->leaves[i].type;
  /* The last piece ends before the brace that ends the element. */
  is_like = is_like && take_piece(r, &pattern->pieces[pattern->count]) && json__take(r, '}');
  if (!is_like) r->at = mark;
  return is_like;
}

static uint32_t take_all(struct json_reader *r, const struct pattern *pattern) {
  struct json_alike *alike = r->alike;
  uint32_t count = 0;
  while (count < alike->most &&
         take_like(r, pattern, alike->leaves + (size_t)(count + 1) * pattern->count))
    count++;
  return count;
}

void json__take_alike(struct json_reader *r, const uint32_t *first) {
  struct json_alike *alike = r->alike;
  struct pattern pattern;
  const uint32_t *behind = r->at;
  if (r->has_escapes || json__peek(r) != ',' || !make_pattern(r, first, &pattern)) return;
  alike->leaves =
      arena_alloc(alike->arena, (alike->most + (size_t)1) * pattern.count * sizeof(struct val));
  if (!alike->leaves) return;
  memcpy(alike->leaves, pattern.leaves, pattern.count * sizeof(struct val));
  alike->leaves_count = pattern.count;
  alike->count = take_all(r, &pattern);
  if (alike->count >= WORTH_A_TABLE) return;
  alike->count = 0;
  r->at = behind;
}
