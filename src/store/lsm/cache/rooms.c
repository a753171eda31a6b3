/* SPDX-License-Identifier: MIT */
#include "store/lsm/cache/rooms.h"

#include <stdint.h>

#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "base/os/os.h"
#include "base/sync/sync.h"

/* Blocks are cut when they pass 16 KiB: most are little larger. */
enum {
  PIECE_BYTES = 2 << 20, /* a large page of x86-64, and of arm64 with pages of 4 KiB */
  ROOM_BYTES_MIN = 12 << 10,
  SIZE_STEP = 512,
  SIZES = 24,
  HEAD_BYTES = 64
};

/* A room that is free; it stands in the room itself. */
struct free_room {
  struct free_room *next;
};

/* The head of a piece. */
struct piece {
  struct rooms *rooms;
  struct piece *ahead, *behind; /* among those of its size with free rooms */
  struct free_room *freed;
  uint32_t size, used, fresh; /* rooms from `fresh` on were never used */
};
_Static_assert(sizeof(struct piece) <= HEAD_BYTES, "rooms begin behind the head");

struct rooms {
  struct mutex lock;
  struct piece *pieces[SIZES]; /* with free rooms */
  uint64_t asked_bytes;
  uint64_t users; /* the owner, and rooms in use */
};

static size_t bytes_of(uint32_t size) {
  return ROOM_BYTES_MIN + (size + 1) * (size_t)SIZE_STEP;
}

static uint32_t count_of(uint32_t size) {
  return (uint32_t)((PIECE_BYTES - HEAD_BYTES) / bytes_of(size));
}

static bool is_full(const struct piece *piece) {
  return piece->used == count_of(piece->size);
}

static void link_piece(struct piece *piece) {
  struct piece **first = &piece->rooms->pieces[piece->size];
  piece->ahead = NULL;
  piece->behind = *first;
  if (*first) (*first)->ahead = piece;
  *first = piece;
}

static void unlink_piece(struct piece *piece) {
  *(piece->ahead ? &piece->ahead->behind : &piece->rooms->pieces[piece->size]) = piece->behind;
  if (piece->behind) piece->behind->ahead = piece->ahead;
}

static struct piece *make_piece(struct rooms *rooms, uint32_t size) {
  struct piece *piece = mem_alloc_aligned(PIECE_BYTES, PIECE_BYTES);
  if (!piece) return NULL;
  os_hold_in_large_pages(piece, PIECE_BYTES);
  *piece = (struct piece){.rooms = rooms, .size = size};
  link_piece(piece);
  return piece;
}

static void *take_from(struct piece *piece) {
  void *room = piece->freed;
  if (room)
    piece->freed = piece->freed->next;
  else
    room = (uint8_t *)piece + HEAD_BYTES + piece->fresh++ * bytes_of(piece->size);
  piece->used++;
  if (is_full(piece)) unlink_piece(piece);
  return room;
}

status rooms_create(struct rooms **rooms, struct err *err) {
  *rooms = mem_zalloc(1, sizeof **rooms);
  if (!*rooms) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the block cache");
  mutex_init(&(*rooms)->lock);
  (*rooms)->users = 1;
  return LUMA_OK;
}

/* Frees all when `is_last`: every piece is then empty. */
static void end(struct rooms *rooms, bool is_last) {
  if (!is_last) return;
  for (uint32_t size = 0; size < SIZES; size++)
    for (struct piece *piece = rooms->pieces[size], *next; piece; piece = next) {
      next = piece->behind;
      mem_free(piece);
    }
  mutex_deinit(&rooms->lock);
  mem_free(rooms);
}

void rooms_release(struct rooms *rooms) {
  if (!rooms) return;
  mutex_lock(&rooms->lock);
  bool is_last = --rooms->users == 0;
  mutex_unlock(&rooms->lock);
  end(rooms, is_last);
}

void *rooms_take(struct rooms *rooms, size_t bytes) {
  void *room = NULL;
  if (bytes <= ROOM_BYTES_MIN || bytes > bytes_of(SIZES - 1)) return NULL;
  uint32_t size = (uint32_t)((bytes - ROOM_BYTES_MIN - 1) / SIZE_STEP);
  mutex_lock(&rooms->lock);
  if (rooms->asked_bytes >= ROOMS_BEGIN_BYTES) {
    struct piece *piece = rooms->pieces[size];
    if (!piece) piece = make_piece(rooms, size);
    if (piece) room = take_from(piece);
  } else {
    rooms->asked_bytes += bytes;
  }
  rooms->users += room != NULL;
  mutex_unlock(&rooms->lock);
  return room;
}

/* A piece without rooms in use goes back, unless it is the only one of its size. */
static void give_to(struct piece *piece, struct free_room *room) {
  if (is_full(piece)) link_piece(piece);
  room->next = piece->freed;
  piece->freed = room;
  piece->used--;
  if (piece->used || (!piece->ahead && !piece->behind)) return;
  unlink_piece(piece);
  mem_free(piece);
}

void rooms_give(void *room) {
  struct piece *piece = (struct piece *)((uintptr_t)room & ~(uintptr_t)(PIECE_BYTES - 1));
  struct rooms *rooms = piece->rooms;
  mutex_lock(&rooms->lock);
  ASSERT(piece->used > 0);
  give_to(piece, room);
  bool is_last = --rooms->users == 0;
  mutex_unlock(&rooms->lock);
  end(rooms, is_last);
}
