/* SPDX-License-Identifier: MIT */
#include "model/soul/kept_pieces.h"

#include <string.h>

#include "base/mem/mem.h"
#include "base/os/os.h"
#include "model/soul/kept.h"

/* Slots that are free; it stands in them. */
struct free_slots {
  struct free_slots *next;
};

struct kept_piece {
  struct kept_piece *ahead, *behind; /* among those of its length with room */
  uint8_t *memory;
  struct free_slots *freed;
  uint32_t shift, used, fresh; /* pages from `fresh` on were never used */
};

size_t kept_pieces_bytes(uint32_t shift) {
  return (size_t)KEPT_PAGE_ROWS << shift;
}

size_t kept_pieces_cost(void) {
  return KEPT_PIECE_BYTES + sizeof(struct kept_piece);
}

static bool is_full(const struct kept_piece *piece) {
  return piece->used == KEPT_PIECE_BYTES / kept_pieces_bytes(piece->shift);
}

static void link_piece(struct kept_pieces *pieces, struct kept_piece *piece) {
  struct kept_piece **first = &pieces->first[piece->shift - KEPT_SHIFT_MIN];
  piece->ahead = NULL;
  piece->behind = *first;
  if (*first) (*first)->ahead = piece;
  *first = piece;
}

static void unlink_piece(struct kept_pieces *pieces, struct kept_piece *piece) {
  struct kept_piece **first = &pieces->first[piece->shift - KEPT_SHIFT_MIN];
  *(piece->ahead ? &piece->ahead->behind : first) = piece->behind;
  if (piece->behind) piece->behind->ahead = piece->ahead;
}

bool kept_pieces_add(struct kept_pieces *pieces, uint32_t shift) {
  struct kept_piece *piece = mem_alloc(sizeof *piece);
  uint8_t *memory = piece ? mem_alloc_aligned(KEPT_PIECE_BYTES, KEPT_PIECE_BYTES) : NULL;
  if (!memory) {
    mem_free(piece);
    return false;
  }
  os_hold_in_large_pages(memory, KEPT_PIECE_BYTES);
  *piece = (struct kept_piece){.memory = memory, .shift = shift};
  link_piece(pieces, piece);
  return true;
}

uint8_t *kept_pieces_take(struct kept_pieces *pieces, uint32_t shift, struct kept_piece **piece) {
  struct kept_piece *from = pieces->first[shift - KEPT_SHIFT_MIN];
  if (!from) return NULL;
  void *slots = from->freed;
  if (slots)
    from->freed = from->freed->next;
  else
    slots = from->memory + from->fresh++ * kept_pieces_bytes(shift);
  from->used++;
  if (is_full(from)) unlink_piece(pieces, from);
  *piece = from;
  return memset(slots, 0, kept_pieces_bytes(shift));
}

bool kept_pieces_give(struct kept_pieces *pieces, struct kept_piece *piece, uint8_t *slots) {
  struct free_slots *freed = (void *)slots;
  if (is_full(piece)) link_piece(pieces, piece);
  freed->next = piece->freed;
  piece->freed = freed;
  if (--piece->used) return false;
  unlink_piece(pieces, piece);
  mem_free(piece->memory);
  mem_free(piece);
  return true;
}
