/* SPDX-License-Identifier: MIT */
#include "base/text/suggest.h"

#include "base/text/utf8.h"

/* Longer names are compared by nothing but equality: nobody misspells them by hand. */
enum { LETTERS_MAX = 64, PREFIX_LETTERS_MIN = 3, NEAR = 1 };

struct word {
  size_t count;
  uint32_t letters[LETTERS_MAX];
};

static uint32_t lower(uint32_t letter) {
  return letter >= 'A' && letter <= 'Z' ? letter | 0x20 : letter;
}

static bool read_word(struct word *word, struct slice text) {
  word->count = 0;
  uint32_t letter;
  for (size_t at = 0, bytes;
       (bytes = utf8_decode(slice_of(text.data + at, text.bytes - at), &letter)); at += bytes) {
    if (word->count == LETTERS_MAX) return false;
    word->letters[word->count++] = lower(letter);
  }
  return true;
}

static unsigned least(unsigned a, unsigned b) {
  return a < b ? a : b;
}

/* One cell of the table: the cheapest of a deletion, an insertion, a substitution and a swap of
 * neighbours. */
static unsigned cell(const struct word *a, const struct word *b, size_t i, size_t j,
                     unsigned rows[3][LETTERS_MAX + 1]) {
  const unsigned *before_last = rows[(i + 1) % 3], *last = rows[(i + 2) % 3], *row = rows[i % 3];
  unsigned cost = least(last[j] + 1, row[j - 1] + 1);
  cost = least(cost, last[j - 1] + (a->letters[i - 1] != b->letters[j - 1]));
  bool is_swap = i > 1 && j > 1 && a->letters[i - 1] == b->letters[j - 2] &&
                 a->letters[i - 2] == b->letters[j - 1];
  return is_swap ? least(cost, before_last[j - 2] + 1) : cost;
}

/* Optimal string alignment: the rows of the table are kept three at a time. */
static unsigned distance(const struct word *a, const struct word *b) {
  unsigned rows[3][LETTERS_MAX + 1];
  for (size_t j = 0; j <= b->count; j++) rows[0][j] = (unsigned)j;
  for (size_t i = 1; i <= a->count; i++) {
    rows[i % 3][0] = (unsigned)i;
    for (size_t j = 1; j <= b->count; j++) rows[i % 3][j] = cell(a, b, i, j, rows);
  }
  return rows[a->count % 3][b->count];
}

static bool ends_with(const struct word *word, const char *ending) {
  size_t bytes = strlen(ending);
  if (word->count < bytes) return false;
  for (size_t i = 0; i < bytes; i++)
    if (word->letters[word->count - bytes + i] != (uint32_t)ending[i]) return false;
  return true;
}

static size_t shared_prefix(const struct word *a, const struct word *b) {
  size_t shared = 0;
  while (shared < a->count && shared < b->count && a->letters[shared] == b->letters[shared])
    shared++;
  return shared;
}

/* city and cities, box and boxes; users is one letter away as it is. */
static bool is_plural_of(const struct word *many, const struct word *one) {
  size_t shared = shared_prefix(many, one);
  if (ends_with(one, "y") && ends_with(many, "ies"))
    return shared == one->count - 1 && many->count == one->count + 2;
  return ends_with(many, "es") && shared == one->count && many->count == one->count + 2;
}

static unsigned nearness(const struct word *typed, const struct word *candidate) {
  unsigned steps = distance(typed, candidate);
  if (steps <= NEAR) return steps;
  bool is_prefix =
      typed->count >= PREFIX_LETTERS_MIN && shared_prefix(typed, candidate) == typed->count;
  bool is_plural = is_plural_of(typed, candidate) || is_plural_of(candidate, typed);
  return is_prefix || is_plural ? NEAR : steps;
}

void suggest_init(struct suggest *suggest, struct slice typed) {
  *suggest = (struct suggest){.typed = typed, .best_distance = UINT32_MAX};
}

void suggest_offer(struct suggest *suggest, struct slice candidate) {
  struct word typed, offered;
  if (!read_word(&typed, suggest->typed) || !read_word(&offered, candidate)) return;
  unsigned steps = nearness(&typed, &offered);
  if (steps >= suggest->best_distance) return;
  suggest->best = candidate;
  suggest->best_distance = steps;
}

bool suggest_is_good(const struct suggest *suggest) {
  if (!suggest->best.data) return false;
  size_t letters = utf8_count(suggest->typed);
  size_t allowed = letters < 6 ? 1 : letters / 3;
  return suggest->best_distance <= allowed && suggest->best_distance < letters;
}
