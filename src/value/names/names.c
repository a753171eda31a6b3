/* SPDX-License-Identifier: MIT */
/* Entries live in chunks that never move; a table of slots finds them by hash. A writer fills the
 * entry, then publishes the count and the slot with release stores; readers load with acquire, so
 * whatever they see is whole. A table that has become too small stays allocated until the
 * dictionary ends, because a reader may be inside it. */
#include "value/names/names.h"

#include <stdatomic.h>

#include "base/core/assert.h"
#include "base/core/bytes.h"
#include "base/hash/hash.h"
#include "base/mem/arena.h"
#include "base/mem/mem.h"
#include "base/sync/sync.h"

enum {
  CHUNK_NAMES = 256,
  CHUNKS = NAMES_COUNT_MAX / CHUNK_NAMES,
  NAME_BYTES_MAX = 255,
  TABLE_SLOTS_MIN = 32,
  TEXT_CHUNK_BYTES = 1024,
};

/* A slot is 0 when free, else 16 bits of the hash and the id + 1. */
struct names_table {
  struct names_table *older;
  uint32_t mask;
  _Atomic uint32_t slots[];
};

struct names {
  uint32_t number;
  _Atomic uint32_t count;
  _Atomic uint32_t saved;
  struct names_table *_Atomic table;
  struct slice *_Atomic chunks[CHUNKS];
  struct mutex lock; /* taken by interns */
  struct arena texts;
};

static const char key_slot_name[] = "_id";

static uint32_t slot_of(uint64_t hash, uint32_t id) {
  return (uint32_t)(hash >> 48) << 16 | (id + 1);
}

static struct slice entry(const struct names *names, uint32_t id) {
  return atomic_load_explicit(&names->chunks[id / CHUNK_NAMES],
                              memory_order_acquire)[id % CHUNK_NAMES];
}

/* Names are short: two overlapping loads compare up to 16 bytes without a call. */
static bool is_same_text(const uint8_t *a, const uint8_t *b, size_t bytes) {
  if (bytes > 16) return memcmp(a, b, bytes) == 0;
  if (bytes >= 8)
    return load64le(a) == load64le(b) && load64le(a + bytes - 8) == load64le(b + bytes - 8);
  if (bytes >= 4)
    return load32le(a) == load32le(b) && load32le(a + bytes - 4) == load32le(b + bytes - 4);
  for (size_t i = 0; i < bytes; i++)
    if (a[i] != b[i]) return false;
  return true;
}

static bool has_name(const struct names *names, uint32_t id, struct slice name) {
  struct slice known = entry(names, id);
  return known.bytes == name.bytes && is_same_text(known.data, name.data, name.bytes);
}

static uint16_t find_hashed(const struct names *names, struct slice name, uint64_t hash) {
  const struct names_table *table = atomic_load_explicit(&names->table, memory_order_acquire);
  for (uint32_t i = (uint32_t)hash & table->mask;; i = (i + 1) & table->mask) {
    uint32_t slot = atomic_load_explicit(&table->slots[i], memory_order_acquire);
    if (slot == 0) return NAMES_NONE;
    uint32_t id = (slot & 0xffff) - 1;
    if (slot == slot_of(hash, id) && has_name(names, id, name)) return (uint16_t)id;
  }
}

uint16_t names_find(const struct names *names, struct slice name) {
  return find_hashed(names, name, hash64(name, 0));
}

struct slice names_get(const struct names *names, uint16_t id) {
  if (id >= names_count(names)) return slice_of(NULL, 0);
  return entry(names, id);
}

uint32_t names_number(const struct names *names) {
  return names->number;
}

uint32_t names_count(const struct names *names) {
  return atomic_load_explicit(&names->count, memory_order_acquire);
}

static void table_add(struct names_table *table, uint64_t hash, uint32_t id) {
  uint32_t i = (uint32_t)hash & table->mask;
  while (atomic_load_explicit(&table->slots[i], memory_order_relaxed) != 0)
    i = (i + 1) & table->mask;
  atomic_store_explicit(&table->slots[i], slot_of(hash, id), memory_order_release);
}

static struct names_table *table_create(uint32_t slots_count, struct names_table *older) {
  struct names_table *table = mem_zalloc(1, sizeof *table + slots_count * sizeof table->slots[0]);
  if (!table) return NULL;
  table->older = older;
  table->mask = slots_count - 1;
  return table;
}

/* Keeps the table at most half full, so that a search for an unknown name ends soon. */
static bool reserve_slot(struct names *names, uint32_t count) {
  struct names_table *old = atomic_load_explicit(&names->table, memory_order_relaxed);
  if ((count + 1) * 2 <= old->mask + 1) return true;
  struct names_table *table = table_create((old->mask + 1) * 2, old);
  if (!table) return false;
  for (uint32_t id = 0; id < count; id++) table_add(table, hash64(entry(names, id), 0), id);
  atomic_store_explicit(&names->table, table, memory_order_release);
  return true;
}

static bool reserve_entry(struct names *names, uint32_t id) {
  struct slice *_Atomic *chunk = &names->chunks[id / CHUNK_NAMES];
  if (atomic_load_explicit(chunk, memory_order_relaxed)) return true;
  struct slice *entries = mem_zalloc(CHUNK_NAMES, sizeof *entries);
  if (!entries) return false;
  atomic_store_explicit(chunk, entries, memory_order_release);
  return true;
}

/* Adds a name that is not there, under the lock. Everything that can fail comes before anything is
 * published. */
static status add(struct names *names, struct slice name, uint64_t hash, uint16_t *id,
                  struct err *err) {
  uint32_t next = names_count(names);
  if (next == NAMES_COUNT_MAX || name.bytes > NAME_BYTES_MAX) return LUMA_OK;
  uint8_t *text = NULL;
  if (reserve_slot(names, next) && reserve_entry(names, next))
    text = arena_alloc_text(&names->texts, name.bytes + 1);
  if (!text) FAIL(err, LUMA_OUT_OF_MEMORY, "out of memory for the name of an attribute");
  if (name.bytes) memcpy(text, name.data, name.bytes);
  atomic_load_explicit(&names->chunks[next / CHUNK_NAMES],
                       memory_order_relaxed)[next % CHUNK_NAMES] = slice_of(text, name.bytes);
  atomic_store_explicit(&names->count, next + 1, memory_order_release);
  table_add(atomic_load_explicit(&names->table, memory_order_relaxed), hash, next);
  *id = (uint16_t)next;
  return LUMA_OK;
}

status names_intern(struct names *names, struct slice name, uint16_t *id, struct err *err) {
  uint64_t hash = hash64(name, 0);
  *id = find_hashed(names, name, hash);
  if (*id != NAMES_NONE) return LUMA_OK;
  mutex_lock(&names->lock);
  *id = find_hashed(names, name, hash);
  status added = *id == NAMES_NONE ? add(names, name, hash, id, err) : LUMA_OK;
  mutex_unlock(&names->lock);
  return added;
}

void names_unsaved(const struct names *names, uint16_t *from, uint16_t *to) {
  *from = (uint16_t)atomic_load_explicit(&names->saved, memory_order_acquire);
  *to = (uint16_t)names_count(names);
}

void names_mark_saved(struct names *names, uint16_t to) {
  uint32_t saved = atomic_load_explicit(&names->saved, memory_order_relaxed);
  ASSERT(to <= names_count(names));
  while (saved < to && !atomic_compare_exchange_weak_explicit(
                           &names->saved, &saved, to, memory_order_release, memory_order_relaxed)) {
  }
}

status names_create(uint32_t number, struct names **names, struct err *err) {
  struct names *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "out of memory for a dictionary of names");
  made->number = number;
  mutex_init(&made->lock);
  arena_init(&made->texts, TEXT_CHUNK_BYTES, 0);
  atomic_store_explicit(&made->table, table_create(TABLE_SLOTS_MIN, NULL), memory_order_relaxed);
  uint16_t id = NAMES_NONE;
  status added = LUMA_OUT_OF_MEMORY;
  if (made->table) added = names_intern(made, slice_of_text(key_slot_name), &id, err);
  if (added != LUMA_OK) {
    names_destroy(made);
    FAIL(err, LUMA_OUT_OF_MEMORY, "out of memory for a dictionary of names");
  }
  names_mark_saved(made, NAMES_KEY_SLOT + 1); /* every dictionary begins with it: nothing to log */
  *names = made;
  return LUMA_OK;
}

void names_destroy(struct names *names) {
  if (!names) return;
  struct names_table *table = atomic_load_explicit(&names->table, memory_order_relaxed);
  while (table) {
    struct names_table *older = table->older;
    mem_free(table);
    table = older;
  }
  for (int i = 0; i < CHUNKS; i++)
    mem_free(atomic_load_explicit(&names->chunks[i], memory_order_relaxed));
  arena_deinit(&names->texts);
  mutex_deinit(&names->lock);
  mem_free(names);
}
