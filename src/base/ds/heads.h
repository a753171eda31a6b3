/* SPDX-License-Identifier: MIT */
/* Sorting many keys by the first eight bytes that may differ, as numbers: a pass for each byte that
 * does differ (radix sort from the last byte, as in Knuth, The Art of Computer Programming 3,
 * 5.2.5), in place of a comparison of keys for each step of a sort by comparing. */
#ifndef BASE_DS_HEADS_H
#define BASE_DS_HEADS_H

#include <stddef.h>
#include <stdint.h>

struct head {
  uint64_t head; /* what orders it */
  size_t at;     /* what it stands for */
};

/** Sorts by `head`; those of equal heads keep their order. `spare` is room for as many. */
void heads_sort(struct head *heads, struct head *spare, size_t count);

#endif
