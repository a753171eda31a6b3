/* SPDX-License-Identifier: MIT */
#include "query/plan/words.h"

#include "query/plan/words_int.h"

uint32_t words_of(enum word_kind kind, const struct word **first) {
  uint32_t from = 0, to = 0;
  while (from < words__count && words__table[from].kind != kind) from++;
  for (to = from; to < words__count && words__table[to].kind == kind;) to++;
  *first = &words__table[from];
  return to - from;
}

const struct word *word_find(enum word_kind kind, struct slice name) {
  const struct word *first = NULL;
  uint32_t count = words_of(kind, &first);
  for (uint32_t i = 0; i < count; i++)
    if (slice_is_equal(name, slice_of_text(first[i].name))) return &first[i];
  return NULL;
}
