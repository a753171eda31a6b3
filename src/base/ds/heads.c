/* SPDX-License-Identifier: MIT */
#include "base/ds/heads.h"

#include <string.h>

enum { DIGITS = 8, VALUES = 256, FEW = 24 };

static uint32_t digit_of(uint64_t head, uint32_t digit) {
  return (uint32_t)(head >> (8 * digit)) & (VALUES - 1);
}

static void insert_few(struct head *heads, size_t count) {
  for (size_t i = 1; i < count; i++) {
    struct head moving = heads[i];
    size_t to = i;
    for (; to > 0 && heads[to - 1].head > moving.head; to--) heads[to] = heads[to - 1];
    heads[to] = moving;
  }
}

/* One pass: by a digit, into `to`. */
static void scatter(const struct head *from, struct head *to, size_t count, uint32_t digit) {
  size_t places[VALUES] = {0}, at = 0;
  for (size_t i = 0; i < count; i++) places[digit_of(from[i].head, digit)]++;
  for (uint32_t value = 0; value < VALUES; value++) {
    size_t some = places[value];
    places[value] = at;
    at += some;
  }
  for (size_t i = 0; i < count; i++) to[places[digit_of(from[i].head, digit)]++] = from[i];
}

void heads_sort(struct head *heads, struct head *spare, size_t count) {
  struct head *from = heads, *to = spare;
  uint64_t differing = 0;
  if (count <= FEW) {
    insert_few(heads, count);
    return;
  }
  for (size_t i = 1; i < count; i++) differing |= heads[i].head ^ heads[0].head;
  for (uint32_t digit = 0; digit < DIGITS; digit++) {
    if (digit_of(differing, digit) == 0) continue;
    scatter(from, to, count, digit);
    struct head *other = from;
    from = to;
    to = other;
  }
  if (from != heads) memcpy(heads, from, count * sizeof *heads);
}
