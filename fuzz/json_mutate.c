/* SPDX-License-Identifier: MIT */
#include "fuzz/json_mutate.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/ds/rng.h"
#include "query/plan/words.h"

enum { SPANS_MAX = 400, CHANGES_MAX = 4, PIECE_BYTES_MAX = 4096 };

/** A value or a name in the text. */
struct span {
  size_t from, to;
  bool is_name;
};

struct text {
  uint8_t *data;
  size_t bytes, room;
  struct span spans[SPANS_MAX];
  size_t spans_count;
};

/* ---- where values are ---- */

static size_t end_of_string(const struct text *text, size_t at) {
  for (at++; at < text->bytes && text->data[at] != '"'; at++)
    if (text->data[at] == '\\') at++;
  return at < text->bytes ? at + 1 : text->bytes;
}

static bool is_scalar(uint8_t c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '+' || c == '.';
}

static size_t end_of_value(const struct text *text, size_t at) {
  size_t depth = 0;
  do {
    uint8_t c = text->data[at];
    if (c == '"') {
      at = end_of_string(text, at);
      continue;
    }
    if (c == '{' || c == '[') depth++;
    if ((c == '}' || c == ']') && depth) depth--;
    at++;
    if (depth == 0 && is_scalar(c))
      while (at < text->bytes && is_scalar(text->data[at])) at++;
  } while (depth && at < text->bytes);
  return at < text->bytes ? at : text->bytes;
}

static bool begins_value(uint8_t c) {
  return c == '{' || c == '[' || c == '"' || is_scalar(c);
}

static bool is_name(const struct text *text, size_t end) {
  while (end < text->bytes && text->data[end] == ' ') end++;
  return end < text->bytes && text->data[end] == ':';
}

static void find_spans(struct text *text) {
  text->spans_count = 0;
  for (size_t at = 0; at < text->bytes && text->spans_count < SPANS_MAX;) {
    uint8_t c = text->data[at];
    if (!begins_value(c)) {
      at++;
      continue;
    }
    struct span span = {at, end_of_value(text, at), false};
    span.is_name = c == '"' && is_name(text, span.to);
    text->spans[text->spans_count++] = span;
    at = c == '{' || c == '[' ? at + 1 : span.to;
  }
}

/** A value, or a name; NULL when there is none near. */
static const struct span *choose(const struct text *text, struct rng *rng, bool wants_name) {
  for (int tries = 0; tries < 16 && text->spans_count; tries++) {
    const struct span *span = &text->spans[rng_below(rng, text->spans_count)];
    if (span->is_name == wants_name) return span;
  }
  return NULL;
}

/* ---- changing ---- */

static void replace(struct text *text, size_t from, size_t to, const void *piece, size_t bytes) {
  size_t rest = text->bytes - to;
  if (from + bytes + rest > text->room) return;
  memmove(text->data + from + bytes, text->data + to, rest);
  if (bytes) memcpy(text->data + from, piece, bytes);
  text->bytes = from + bytes + rest;
}

static const char *random_word(struct rng *rng) {
  static const enum word_kind kinds[] = {WORD_EXPRESSION, WORD_EXPRESSION, WORD_ACCUMULATOR,
                                         WORD_STAGE,      WORD_QUERY,      WORD_UPDATE,
                                         WORD_COMMAND};
  const struct word *words = NULL;
  uint32_t count = words_of(kinds[rng_below(rng, sizeof kinds / sizeof kinds[0])], &words);
  return words[rng_below(rng, count)].name;
}

static const char *random_field(struct rng *rng) {
  static const char *const names[] = {"a",     "b",     "l",      "n.x",    "_id",       "a.0",
                                      "l.k",   "l.$",   "l.$[]",  "l.$[e]", "",          "a..b",
                                      "input", "as",    "in",     "from",   "pipeline",  "let",
                                      "sort",  "limit", "filter", "each",   "collation", "hint"};
  return names[rng_below(rng, sizeof names / sizeof names[0])];
}

static const char *random_value(struct rng *rng) {
  static const char *const values[] = {
      "null",
      "0",
      "-1",
      "1",
      "2.5",
      "9223372036854775807",
      "-9223372036854775808",
      "1e308",
      "\"\"",
      "\"$a\"",
      "\"$l.k\"",
      "\"$$ROOT\"",
      "\"$$NOW\"",
      "\"$$REMOVE\"",
      "\"x\"",
      "[]",
      "{}",
      "[[]]",
      "{\"\":1}",
      "[null,1,\"a\"]",
      "true",
      "{\"$numberDecimal\":\"NaN\"}",
      "{\"$numberDecimal\":\"1E-6176\"}",
      "{\"$numberDouble\":\"Infinity\"}",
      "{\"$date\":\"2024-02-29T23:59:59.999Z\"}",
      "{\"$date\":{\"$numberLong\":\"-62135596800000\"}}",
      "{\"$oid\":\"507f1f77bcf86cd799439011\"}",
      "{\"$minKey\":1}",
      "{\"$maxKey\":1}",
      "{\"$regularExpression\":{\"pattern\":\"(a+)+$\",\"options\":\"i\"}}",
      "{\"$timestamp\":{\"t\":1,\"i\":2}}",
      "{\"$binary\":{\"base64\":\"AwABAg==\",\"subType\":\"09\"}}",
      "{\"$numberLong\":\"4294967296\"}",
      "\"\\u0000\"",
      "\"\\ud83d\\ude00\""};
  return values[rng_below(rng, sizeof values / sizeof values[0])];
}

static void put_value(struct text *text, struct rng *rng) {
  const struct span *span = choose(text, rng, false);
  const char *value = random_value(rng);
  if (span) replace(text, span->from, span->to, value, strlen(value));
}

static void put_name(struct text *text, struct rng *rng) {
  char name[128];
  const struct span *span = choose(text, rng, true);
  const char *word = rng_below(rng, 2) ? random_word(rng) : random_field(rng);
  int bytes = snprintf(name, sizeof name, "\"%s\"", word);
  if (span && bytes > 0) replace(text, span->from, span->to, name, (size_t)bytes);
}

/** One value in the place of another. */
static void transplant(struct text *text, struct rng *rng) {
  uint8_t piece[PIECE_BYTES_MAX];
  const struct span *from = choose(text, rng, false), *to = choose(text, rng, false);
  if (!from || !to || from->to - from->from > sizeof piece) return;
  size_t bytes = from->to - from->from;
  memcpy(piece, text->data + from->from, bytes);
  replace(text, to->from, to->to, piece, bytes);
}

/** {"$op": value}, [value], [value, another]. */
static void wrap(struct text *text, struct rng *rng) {
  char piece[PIECE_BYTES_MAX + 256];
  const struct span *span = choose(text, rng, false);
  if (!span || span->to - span->from > PIECE_BYTES_MAX) return;
  int length = (int)(span->to - span->from), bytes = 0;
  const char *value = (const char *)text->data + span->from;
  switch (rng_below(rng, 3)) {
  case 0:
    bytes = snprintf(piece, sizeof piece, "{\"%s\":%.*s}", random_word(rng), length, value);
    break;
  case 1: bytes = snprintf(piece, sizeof piece, "[%.*s]", length, value); break;
  default: bytes = snprintf(piece, sizeof piece, "[%.*s,%s]", length, value, random_value(rng));
  }
  if (bytes > 0) replace(text, span->from, span->to, piece, (size_t)bytes);
}

/** A field or an element beside another: `,"name":value` or `,value` behind a value. */
static void add_beside(struct text *text, struct rng *rng) {
  char piece[512];
  const struct span *name = choose(text, rng, true);
  if (!name) return;
  size_t at = name->to;
  while (at < text->bytes && text->data[at] != ':') at++;
  for (at++; at < text->bytes && text->data[at] == ' ';) at++;
  if (at >= text->bytes) return;
  size_t end = end_of_value(text, at);
  int bytes = snprintf(piece, sizeof piece, ",\"%s\":%s",
                       rng_below(rng, 2) ? random_word(rng) : random_field(rng), random_value(rng));
  if (bytes > 0) replace(text, end, end, piece, (size_t)bytes);
}

/** A line goes, or comes twice. */
static void change_lines(struct text *text, struct rng *rng) {
  uint8_t piece[PIECE_BYTES_MAX];
  size_t from = (size_t)rng_below(rng, text->bytes + 1), to = from;
  while (from > 0 && text->data[from - 1] != '\n') from--;
  while (to < text->bytes && text->data[to] != '\n') to++;
  if (to < text->bytes) to++;
  if (to - from > sizeof piece) return;
  memcpy(piece, text->data + from, to - from);
  if (rng_below(rng, 2) && to - from < text->bytes)
    replace(text, from, to, NULL, 0);
  else if (to > from && piece[to - from - 1] == '\n')
    replace(text, from, from, piece, to - from);
}

static void change(struct text *text, struct rng *rng) {
  find_spans(text);
  switch (rng_below(rng, 8)) {
  case 0:
  case 1: put_value(text, rng); break;
  case 2:
  case 3: put_name(text, rng); break;
  case 4: transplant(text, rng); break;
  case 5: wrap(text, rng); break;
  case 6: add_beside(text, rng); break;
  default: change_lines(text, rng);
  }
}

size_t json_mutate(uint8_t *data, size_t bytes, size_t room, unsigned seed) {
  static const char least[] = "{\"find\":\"t\",\"filter\":{\"a\":{\"$gt\":1}}}\n";
  struct text text = {.data = data, .bytes = bytes, .room = room};
  struct rng rng;
  rng_init(&rng, seed);
  find_spans(&text);
  if (text.spans_count < 2 && room >= sizeof least) {
    memcpy(data, least, sizeof least - 1);
    text.bytes = sizeof least - 1;
  }
  for (uint64_t i = rng_below(&rng, CHANGES_MAX) + 1; i > 0; i--) change(&text, &rng);
  return text.bytes;
}
