/* SPDX-License-Identifier: MIT */
/* Memory for the slots of pages of kept values, in pieces of 2 MiB that the system is asked to hold
 * in large pages: who reads beings here and there then waits for their slots alone, not for the
 * processor's tables of pages as well. The slots of one length stand in a piece, a piece without
 * pages in use goes back. All calls are under the lock of the budget they belong to. */
#ifndef MODEL_SOUL_KEPT_PIECES_H
#define MODEL_SOUL_KEPT_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  KEPT_PIECE_BYTES = 2 << 20, /* a large page of x86-64, and of arm64 with pages of 4 KiB */
  KEPT_SHIFT_MIN = 5,         /* binary logarithms of slots' bytes */
  KEPT_SHIFT_MAX = 8,
  KEPT_SHIFTS = KEPT_SHIFT_MAX - KEPT_SHIFT_MIN + 1
};

struct kept_piece;
struct kept_pieces {
  struct kept_piece *first[KEPT_SHIFTS]; /* those with room, by the length of their slots */
};

/** Bytes of a page's slots. */
size_t kept_pieces_bytes(uint32_t shift);
/** What a piece takes in all. */
size_t kept_pieces_cost(void);
/** Zeroed slots of a page, out of a piece that has room, and which it is; NULL: none has. */
uint8_t *kept_pieces_take(struct kept_pieces *pieces, uint32_t shift, struct kept_piece **piece);
/** One more piece, with room. The caller has its cost. false when memory is out. */
bool kept_pieces_add(struct kept_pieces *pieces, uint32_t shift);
/** Slots are given back; true when their piece went with them. */
bool kept_pieces_give(struct kept_pieces *pieces, struct kept_piece *piece, uint8_t *slots);

#endif
