/* SPDX-License-Identifier: MIT */
/* The block cache: budget, references, what a scan may not push out, files that go, several
 * threads. */
#include "base/mem/mem.h"
#include "base/sync/sync.h"
#include "store/lsm/cache/cache.h"
#include "store/lsm/cache/rooms.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"

enum { BLOCK_BYTES = 1000 };

static struct cache *make_cache(uint64_t bytes_max) {
  struct cache *cache;
  assert_ok(cache_create(bytes_max, &cache, test_err()));
  return cache;
}

/* A block whose bytes tell its key. */
static void put(struct cache *cache, struct cache_key key, size_t bytes) {
  struct cache_block *block = cache_block_create(cache, bytes);
  assert_non_null(block);
  memset(block->data, (int)((key.file * 31 + key.offset) & 0xFF), bytes);
  cache_put(cache, key, block);
  cache_block_release(block);
}

/* Whether the block is there; it must then be the right one. */
static bool has(struct cache *cache, struct cache_key key) {
  struct cache_block *block = cache_get(cache, key);
  if (!block) return false;
  for (size_t i = 0; i < block->bytes; i++)
    assert_int_equal((key.file * 31 + key.offset) & 0xFF, block->data[i]);
  cache_block_release(block);
  return true;
}

static void keeps_within_its_budget(void) {
  static const uint64_t BUDGETS[] = {0, 100, 5000, 100000, 64 << 20};
  for (int i = 0; i < 5; i++) {
    struct cache *cache = make_cache(BUDGETS[i]);
    struct cache_stats stats;
    uint64_t hits = 0;
    for (uint64_t n = 0; n < 20000; n++) {
      struct cache_key key = {1 + rng_below(test_rng(), 5), rng_below(test_rng(), 3000) * 16384};
      if (has(cache, key))
        hits++;
      else
        put(cache, key, rng_below(test_rng(), 2 * BLOCK_BYTES));
      cache_get_stats(cache, &stats);
      assert_true(stats.bytes <= BUDGETS[i]);
    }
    assert_int_equal(hits, stats.hits);
    assert_int_equal(20000, stats.hits + stats.misses);
    if (BUDGETS[i] == 0) assert_int_equal(0, hits);
    if (BUDGETS[i] == 64 << 20) assert_true(hits >= 20000 - 5 * 3000); /* each key missed once */
    cache_destroy(cache);
  }
}

/* Forty blocks in use stay while ten thousand others pass by once. */
static void a_scan_does_not_push_out_the_hot(void) {
  struct cache *cache = make_cache(100 * (BLOCK_BYTES + sizeof(struct cache_block)));
  for (int round = 0; round < 3; round++)
    for (uint64_t i = 0; i < 40; i++)
      if (!has(cache, (struct cache_key){1, i})) put(cache, (struct cache_key){1, i}, BLOCK_BYTES);
  for (uint64_t i = 0; i < 10000; i++) put(cache, (struct cache_key){2, i}, BLOCK_BYTES);
  uint64_t kept = 0;
  for (uint64_t i = 0; i < 40; i++) kept += has(cache, (struct cache_key){1, i});
  assert_int_equal(40, kept);
  cache_destroy(cache);
}

/* What the small queue pushed out and is asked for again goes to the main queue at once. */
static void the_ghosts_come_back(void) {
  struct cache *cache = make_cache(100 * (BLOCK_BYTES + sizeof(struct cache_block)));
  struct cache_key key = {1, 5};
  put(cache, key, BLOCK_BYTES);
  for (uint64_t i = 0; i < 150; i++) put(cache, (struct cache_key){2, i}, BLOCK_BYTES);
  assert_false(has(cache, key));
  put(cache, key, BLOCK_BYTES);
  for (uint64_t i = 200; i < 350; i++) put(cache, (struct cache_key){2, i}, BLOCK_BYTES);
  assert_true(has(cache, key));
  cache_destroy(cache);
}

static void a_block_in_use_outlives_the_cache(void) {
  struct cache *cache = make_cache(20000);
  struct cache_key key = {3, 77};
  put(cache, key, BLOCK_BYTES);
  struct cache_block *held = cache_get(cache, key);
  assert_non_null(held);
  for (uint64_t i = 0; i < 1000; i++) put(cache, (struct cache_key){4, i}, BLOCK_BYTES);
  cache_destroy(cache);
  assert_int_equal((3 * 31 + 77) & 0xFF, held->data[BLOCK_BYTES - 1]);
  cache_block_release(held);
}

static void forgets_a_file(void) {
  struct cache *cache = make_cache(64 << 20);
  for (uint64_t i = 0; i < 3000; i++) put(cache, (struct cache_key){i % 3, i}, 10);
  cache_forget(cache, 1);
  for (uint64_t i = 0; i < 3000; i++)
    assert_int_equal(i % 3 != 1, has(cache, (struct cache_key){i % 3, i}));
  cache_destroy(cache);
}

/* The first of two puts of one key stays: its users and those to come see one block. */
static void the_first_put_stays(void) {
  struct cache *cache = make_cache(1 << 20);
  struct cache_key key = {1, 1};
  put(cache, key, 10);
  put(cache, key, 20);
  struct cache_block *block = cache_get(cache, key);
  assert_int_equal(10, block->bytes);
  cache_block_release(block);
  cache_destroy(cache);
}

static status fill(void *context) {
  (void)context;
  struct cache *cache;
  TRY(cache_create(10 << 20, &cache, NULL));
  status code = LUMA_OK;
  for (uint64_t i = 0; i < 500 && code == LUMA_OK; i++) {
    struct cache_block *block = cache_block_create(cache, 100);
    if (!block) code = LUMA_OUT_OF_MEMORY;
    if (!block) break;
    cache_put(cache, (struct cache_key){1, i}, block);
    cache_block_release(block);
  }
  cache_destroy(cache);
  return code;
}

static void survives_failing_memory(void) {
  fault_sweep_alloc(fill, NULL);
}

/* ---- threads ---- */

struct worker {
  struct cache *cache;
  struct rng rng;
  bool is_wrong;
};

static void work(void *argument) {
  struct worker *worker = argument;
  for (int i = 0; i < 30000; i++) {
    struct cache_key key = {rng_below(&worker->rng, 3), rng_below(&worker->rng, 300)};
    struct cache_block *block = cache_get(worker->cache, key);
    if (!block) {
      block = cache_block_create(worker->cache, 100);
      if (!block) continue;
      memset(block->data, (int)(key.offset & 0xFF), 100);
      cache_put(worker->cache, key, block);
    }
    if (block->data[50] != (key.offset & 0xFF)) worker->is_wrong = true;
    cache_block_release(block);
    if (rng_below(&worker->rng, 5000) == 0) cache_forget(worker->cache, key.file);
  }
}

static void serves_threads(void) {
  enum { THREADS = 4 };
  struct thread threads[THREADS];
  struct worker workers[THREADS];
  struct cache *cache = make_cache(50000);
  for (int i = 0; i < THREADS; i++) {
    workers[i] = (struct worker){.cache = cache};
    rng_init(&workers[i].rng, rng_next(test_rng()));
    assert_ok(thread_start(&threads[i], "worker", work, &workers[i], test_err()));
  }
  for (int i = 0; i < THREADS; i++) {
    thread_join(&threads[i]);
    assert_false(workers[i].is_wrong);
  }
  cache_destroy(cache);
}

/* ---- rooms ---- */

enum { ROOMS = 400, ROOM_BYTES_MAX = 25 << 10 };

struct room {
  uint8_t *bytes;
  size_t count;
};

static void take_room(struct rooms *rooms, struct room *room, uint8_t mark) {
  room->count = (11 << 10) + rng_below(test_rng(), ROOM_BYTES_MAX - (11 << 10));
  room->bytes = rooms_take(rooms, room->count);
  if (!room->bytes) return;
  assert_int_equal(0, (uintptr_t)room->bytes % 16);
  memset(room->bytes, mark, room->count);
}

static void give_room(struct room *room, uint8_t mark) {
  for (size_t i = 0; room->bytes && i < room->count; i++) assert_int_equal(mark, room->bytes[i]);
  if (room->bytes) rooms_give(room->bytes);
  room->bytes = NULL;
}

/* No room is another's, sizes of another kind are refused, and rooms outlive their owner. */
static void rooms_stand_apart(void) {
  struct room held[ROOMS] = {0};
  struct rooms *rooms;
  size_t taken = 0;
  assert_ok(rooms_create(&rooms, test_err()));
  while (!held[0].bytes && taken++ < 4 * ROOMS) {
    held[0].bytes = rooms_take(rooms, 17 << 10); /* the first ones are the heap's */
    if (!held[0].bytes) assert_true(taken * (17 << 10) <= ROOMS_BEGIN_BYTES + (17 << 10));
  }
  assert_non_null(held[0].bytes);
  assert_null(rooms_take(rooms, 100));
  assert_null(rooms_take(rooms, 1 << 20));
  rooms_give(held[0].bytes);
  held[0].bytes = NULL;
  for (size_t round = 0; round < test_rounds(4000); round++) {
    uint64_t at = rng_below(test_rng(), ROOMS);
    if (held[at].bytes)
      give_room(&held[at], (uint8_t)at);
    else
      take_room(rooms, &held[at], (uint8_t)at);
  }
  rooms_release(rooms);
  for (size_t i = 0; i < ROOMS; i++) give_room(&held[i], (uint8_t)i);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"keeps_within_its_budget", keeps_within_its_budget, 0},
      {"a_scan_does_not_push_out_the_hot", a_scan_does_not_push_out_the_hot, 0},
      {"the_ghosts_come_back", the_ghosts_come_back, 0},
      {"a_block_in_use_outlives_the_cache", a_block_in_use_outlives_the_cache, 0},
      {"forgets_a_file", forgets_a_file, 0},
      {"the_first_put_stays", the_first_put_stays, 0},
      {"survives_failing_memory", survives_failing_memory, 0},
      {"serves_threads", serves_threads, 0},
      {"rooms_stand_apart", rooms_stand_apart, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
