/* SPDX-License-Identifier: MIT */
/* The memtable against a naive history of every key, with the horizon at work, and with readers
 * beside writers. */
#include <stdio.h>

#include "base/core/bytes.h"
#include "base/mem/mem.h"
#include "base/sync/sync.h"
#include "store/lsm/memtable/memtable_int.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"

enum { KEYS = 400, VERSIONS_MAX = 4000, SPACE = 2 };

/* ---- the model: all versions ever inserted, in the order of insertion ---- */

struct version {
  uint32_t key;
  enum entry_kind kind;
  uint64_t seq, stamp; /* the value is `stamp`, repeated stamp % 5 times */
};

struct history {
  struct memtable *memtable;
  struct version versions[VERSIONS_MAX];
  size_t count;
  uint64_t seq;
  struct memtable_room *room; /* NULL: inserts reserve for themselves */
};

/* Keys of different lengths that share prefixes, one empty, one beginning with another. */
static struct slice make_key(uint32_t id, uint8_t room[64]) {
  if (id == 0) return slice_of(room, 0);
  size_t prefix = id % 3 * 9;
  memset(room, 'p', prefix);
  store32be(room + prefix, id / 7);
  memset(room + prefix + 4, 'x', id % 7);
  return slice_of(room, prefix + 4 + id % 7);
}

static struct slice make_value(uint64_t stamp, uint8_t room[64]) {
  for (uint64_t i = 0; i < stamp % 5; i++) store64le(room + 8 * i, stamp);
  return slice_of(room, stamp % 5 * 8);
}

static struct history *begin_history(void) {
  struct history *history = mem_zalloc(1, sizeof *history);
  assert_non_null(history);
  assert_ok(memtable_create(&history->memtable, test_err()));
  return history;
}

static void end_history(struct history *history) {
  memtable_release(history->memtable);
  mem_free(history);
}

static status insert(struct history *history, uint32_t key, uint64_t horizon) {
  uint8_t key_room[64], value_room[64];
  struct version *version = &history->versions[history->count];
  uint64_t seq = history->seq + 1;
  *version = (struct version){key, rng_below(test_rng(), 5) ? ENTRY_PUT : ENTRY_DELETE, seq,
                              rng_next(test_rng()) >> 8};
  struct lsm_entry entry = {SPACE, version->kind, seq, make_key(key, key_room), {0}, NULL};
  if (entry.kind == ENTRY_PUT) entry.value = make_value(version->stamp, value_room);
  status code = LUMA_OK;
  if (history->room)
    assert_true(memtable_put(history->memtable, &entry, horizon, history->room));
  else
    code = memtable_insert(history->memtable, &entry, horizon, NULL);
  if (code != LUMA_OK) return code;
  history->seq = seq;
  history->count++;
  return LUMA_OK;
}

static const struct version *newest(const struct history *history, uint32_t key, uint64_t seq_max) {
  for (size_t i = history->count; i-- > 0;) {
    const struct version *version = &history->versions[i];
    if (version->key == key && version->seq <= seq_max) return version;
  }
  return NULL;
}

static void assert_same(const struct version *version, struct entry_found found) {
  uint8_t room[64];
  assert_int_equal(version != NULL, found.found);
  if (!version) return;
  assert_int_equal(version->seq, found.seq);
  assert_int_equal(version->kind, found.kind);
  struct slice expected =
      version->kind == ENTRY_PUT ? make_value(version->stamp, room) : slice_of(NULL, 0);
  assert_true(slice_is_equal(expected, found.value));
}

static void check_gets(const struct history *history, uint64_t seq_max) {
  uint8_t room[64];
  for (uint32_t key = 0; key < KEYS; key++) {
    struct entry_found found;
    memtable_get(history->memtable, SPACE, make_key(key, room), seq_max, &found);
    assert_same(newest(history, key, seq_max), found);
  }
}

/* Which keys have a version at or below seq_max, in bytewise order. */
static size_t sorted_keys(const struct history *history, uint64_t seq_max, uint32_t ids[KEYS]) {
  uint8_t a[64], b[64];
  size_t count = 0;
  for (uint32_t key = 0; key < KEYS; key++) {
    if (!newest(history, key, seq_max)) continue;
    size_t at = count++;
    for (; at > 0 && slice_compare(make_key(ids[at - 1], a), make_key(key, b)) > 0; at--)
      ids[at] = ids[at - 1];
    ids[at] = key;
  }
  return count;
}

static const struct memtable_entry *visible(struct memtable_cursor *cursor,
                                            const struct memtable_entry *entry, uint64_t seq_max,
                                            bool is_forwards) {
  while (entry && !memtable_entry_at(entry, seq_max))
    entry = is_forwards ? memtable_cursor_next(cursor) : memtable_cursor_prev(cursor);
  return entry;
}

static void check_walk(const struct history *history, uint64_t seq_max) {
  static uint32_t ids[KEYS];
  uint8_t room[64];
  size_t count = sorted_keys(history, seq_max, ids);
  struct memtable_cursor cursor;
  memtable_cursor_init(&cursor, history->memtable, SPACE);
  size_t at = rng_below(test_rng(), KEYS), from = 0;
  struct slice start = make_key((uint32_t)at, room);
  uint8_t other[64];
  while (from < count && slice_compare(make_key(ids[from], other), start) < 0) from++;
  const struct memtable_entry *entry =
      visible(&cursor, memtable_cursor_seek(&cursor, start), seq_max, true);
  for (size_t i = from; i < count; i++) {
    assert_true(entry && slice_is_equal(memtable_entry_key(entry), make_key(ids[i], other)));
    entry = visible(&cursor, memtable_cursor_next(&cursor), seq_max, true);
  }
  assert_null(entry);
  entry = visible(&cursor, memtable_cursor_seek_before(&cursor, start), seq_max, false);
  for (size_t i = from; i-- > 0;) {
    assert_true(entry && slice_is_equal(memtable_entry_key(entry), make_key(ids[i], other)));
    entry = visible(&cursor, memtable_cursor_prev(&cursor), seq_max, false);
  }
  assert_null(entry);
  entry = visible(&cursor, memtable_cursor_first(&cursor), seq_max, true);
  assert_int_equal(entry != NULL, count > 0);
  if (entry) assert_true(slice_is_equal(memtable_entry_key(entry), make_key(ids[0], other)));
  entry = visible(&cursor, memtable_cursor_last(&cursor), seq_max, false);
  if (count > 0)
    assert_true(slice_is_equal(memtable_entry_key(entry), make_key(ids[count - 1], other)));
}

/* ---- the shape of the tree: the invariants of memtable_int.h ---- */

struct shape {
  const struct memtable_node *leaf; /* the last one met */
  size_t keys;
};

/* Searches that go on from each other find what searches from the root do. */
static void check_seek_on(const struct history *history) {
  enum { STEPS = 60 };
  struct memtable_cursor cursor, fresh;
  memtable_cursor_init(&cursor, history->memtable, SPACE);
  const struct memtable_entry *at = memtable_cursor_first(&cursor);
  for (int step = 0; step < STEPS && at; step++) {
    uint8_t room[64];
    struct slice key = make_key((uint32_t)rng_below(test_rng(), KEYS), room);
    if (slice_compare(key, memtable_entry_key(at)) < 0) continue;
    memtable_cursor_init(&fresh, history->memtable, SPACE);
    at = memtable_cursor_seek_on(&cursor, key);
    assert_ptr_equal(at, memtable_cursor_seek(&fresh, key));
  }
}

static struct slice low_key(const struct memtable_node *node) {
  return node->low ? memtable_entry_key(node->low) : slice_of(NULL, 0);
}

static void check_bounds(const struct memtable_node *node, struct slice key) {
  assert_true(slice_compare(low_key(node), key) <= 0);
  if (node->high) assert_true(slice_compare(key, memtable_entry_key(node->high)) < 0);
  if (!node->high) return;
  assert_true(node->skip <= key.bytes && node->skip <= node->high->key_bytes);
  assert_memory_equal(node->high->bytes, key.data, node->skip);
}

static void check_leaf(const struct memtable_node *leaf, struct shape *shape) {
  uint64_t order = memtable__order(leaf);
  assert_ptr_equal(shape->leaf, atomic_load(&leaf->prev));
  if (shape->leaf) assert_ptr_equal(leaf, atomic_load(&shape->leaf->next));
  if (shape->leaf) assert_ptr_equal(shape->leaf->high, leaf->low);
  for (uint32_t rank = 0; rank < memtable__count(order); rank++) {
    struct slice key = memtable_entry_key(memtable__item(leaf, memtable__slot(order, rank)));
    bool equal;
    check_bounds(leaf, key);
    assert_int_equal(rank, memtable__rank(leaf, order, key, &equal));
    assert_true(equal);
  }
  shape->leaf = leaf;
  shape->keys += memtable__count(order);
}

static void check_node(const struct memtable_node *node, struct shape *shape) {
  uint64_t order = memtable__order(node);
  uint32_t count = memtable__count(order), slots = 0;
  assert_in_range(count, 1, NODE_SLOTS);
  for (uint32_t rank = 0; rank < count; rank++) slots |= 1U << memtable__slot(order, rank);
  assert_int_equal((1U << count) - 1, slots);
  if (node->level == 0) {
    check_leaf(node, shape);
    return;
  }
  const struct memtable_entry *bound = node->low;
  for (uint32_t rank = 0; rank < count; rank++) {
    const struct memtable_node *child = memtable__item(node, memtable__slot(order, rank));
    assert_ptr_equal(bound, child->low);
    assert_ptr_equal(node, child->parent);
    assert_int_equal(node->level - 1, child->level);
    check_node(child, shape);
    bound = child->high;
  }
  assert_ptr_equal(bound, node->high);
}

static void check_shape(const struct history *history) {
  static uint32_t ids[KEYS];
  struct shape shape = {0};
  const struct memtable_node *root = atomic_load(&history->memtable->trees[SPACE].root);
  if (root) {
    assert_null(root->low);
    assert_null(root->high);
    assert_null(root->parent);
    check_node(root, &shape);
  }
  if (shape.leaf) assert_null(atomic_load(&shape.leaf->next));
  assert_int_equal(sorted_keys(history, UINT64_MAX, ids), shape.keys);
}

/* ---- cases ---- */

static void starts_empty(void) {
  struct history *history = begin_history();
  check_gets(history, UINT64_MAX);
  check_walk(history, UINT64_MAX);
  assert_int_equal(0, memtable_bytes(history->memtable));
  assert_int_equal(UINT64_MAX, memtable_seq_min(history->memtable));
  assert_int_equal(0, memtable_seq_max(history->memtable));
  end_history(history);
}

enum key_order { KEYS_RANDOM, KEYS_UP, KEYS_DOWN, KEYS_TWO_RUNS, KEY_ORDERS };

static uint32_t pick_key(enum key_order order, size_t i, size_t count) {
  uint32_t place = (uint32_t)(i * KEYS / count);
  if (order == KEYS_UP) return place;
  if (order == KEYS_DOWN) return KEYS - 1 - place;
  if (order == KEYS_TWO_RUNS) return place / 2 + (i % 2 ? KEYS / 2 : 0);
  return (uint32_t)rng_below(test_rng(), KEYS);
}

static void keeps_every_version(void) {
  for (int order = 0; order < KEY_ORDERS; order++) {
    struct history *history = begin_history();
    size_t count = 100 + rng_below(test_rng(), 2000);
    for (size_t i = 0; i < count; i++)
      assert_int_equal(LUMA_OK, insert(history, pick_key((enum key_order)order, i, count), 0));
    for (int round = 0; round < 5; round++) {
      uint64_t seq_max = rng_below(test_rng(), count + 2);
      check_gets(history, seq_max);
      check_walk(history, seq_max);
      check_seek_on(history);
    }
    check_shape(history);
    assert_int_equal(count, memtable_entries(history->memtable, SPACE));
    assert_int_equal(0, memtable_entries(history->memtable, SPACE + 1));
    assert_int_equal(1, memtable_seq_min(history->memtable));
    assert_int_equal(count, memtable_seq_max(history->memtable));
    end_history(history);
  }
}

/* Snapshots are taken and let go at random; the horizon is the oldest. What any of them can see
 * must stay right. */
static void reuses_only_the_hidden(void) {
  struct history *history = begin_history();
  uint64_t held[4] = {0};
  while (history->count < VERSIONS_MAX) {
    held[rng_below(test_rng(), 4)] = history->seq;
    uint64_t horizon = history->seq;
    for (int i = 0; i < 4; i++) horizon = held[i] < horizon ? held[i] : horizon;
    uint32_t key = (uint32_t)rng_below(test_rng(), rng_below(test_rng(), 3) ? 8 : KEYS);
    assert_int_equal(LUMA_OK, insert(history, key, horizon));
    if (history->count % 200) continue;
    check_shape(history);
    for (int i = 0; i < 4; i++) {
      check_gets(history, held[i]);
      check_walk(history, held[i]);
    }
  }
  assert_true(memtable_entries(history->memtable, SPACE) < VERSIONS_MAX);
  end_history(history);
}

static void counts_in_place(void) {
  struct memtable *memtable;
  assert_ok(memtable_create(&memtable, test_err()));
  uint64_t bytes = 0;
  for (uint64_t seq = 1; seq <= 10000; seq++) {
    uint8_t value[8];
    store64le(value, seq);
    struct lsm_entry entry = {3, ENTRY_PUT, seq, slice_of("counter", 7), slice_of(value, 8), NULL};
    assert_ok(memtable_insert(memtable, &entry, seq - 1, test_err()));
    if (seq == 10) bytes = memtable_bytes(memtable);
  }
  assert_int_equal(bytes, memtable_bytes(memtable));
  struct entry_found found;
  memtable_get(memtable, 3, slice_of("counter", 7), UINT64_MAX, &found);
  assert_int_equal(10000, load64le(found.value.data));
  memtable_release(memtable);
}

static void reserved_inserts_cannot_fail(void) {
  for (size_t round = 0; round < test_rounds(40); round++) {
    struct history *history = begin_history();
    enum key_order order = (enum key_order)rng_below(test_rng(), KEY_ORDERS);
    while (history->count + 200 < VERSIONS_MAX / 2) {
      size_t batch = 1 + rng_below(test_rng(), rng_below(test_rng(), 2) ? 4 : 200);
      struct memtable_room room;
      assert_ok(memtable_reserve(history->memtable, batch, batch * (30 + 32), &room, test_err()));
      history->room = &room;
      fault_alloc(1, true);
      for (size_t i = 0; i < batch; i++)
        assert_int_equal(LUMA_OK,
                         insert(history, pick_key(order, history->count, VERSIONS_MAX / 2), 0));
      fault_alloc_off();
      memtable_unreserve(history->memtable, &room);
    }
    history->room = NULL;
    check_gets(history, UINT64_MAX);
    check_shape(history);
    end_history(history);
  }
}

static status insert_many(void *context) {
  struct history *history = context;
  history->count = 0;
  history->seq = 0;
  TRY(memtable_create(&history->memtable, NULL));
  status code = LUMA_OK;
  while (code == LUMA_OK && history->count < 1500) {
    uint64_t before = memtable_bytes(history->memtable);
    code = insert(history, (uint32_t)rng_below(test_rng(), KEYS), 0);
    if (code != LUMA_OK) assert_int_equal(before, memtable_bytes(history->memtable));
  }
  check_gets(history, UINT64_MAX);
  memtable_release(history->memtable);
  return code;
}

static void survives_failing_memory(void) {
  struct history *history = mem_zalloc(1, sizeof *history);
  assert_true(fault_sweep_alloc(insert_many, history) > 3);
  mem_free(history);
}

/* ---- readers beside writers ---- */

enum { READERS = 3, WRITERS_MAX = 4, AHEAD_MAX = 1024, ROUNDS = 60000, LIVE_KEYS = 20000 };

struct shared {
  struct memtable *memtable;
  struct mutex lock;
  uint64_t visible, held[READERS];
  uint64_t stride; /* from key to key: 1 is in order */
  uint64_t writers;
  bool is_inserted[ROUNDS + 2];
  _Atomic bool done;
};

/** Makes every `writers`th commit, from `first` on. */
struct writer {
  struct shared *shared;
  uint64_t first;
  status failed;
};

struct reader {
  struct shared *shared;
  int index;
  uint64_t walks;
  bool is_wrong;
};

/* Commit number s writes `s` under this key, so a reader at s knows what it must see. The strides
 * have no divisor in common with LIVE_KEYS. */
static uint32_t live_key(uint64_t seq, uint64_t stride) {
  return (uint32_t)(seq * stride % LIVE_KEYS);
}

static bool walk_is_right(const struct shared *shared, uint64_t snapshot, bool is_forwards) {
  struct memtable_cursor cursor;
  memtable_cursor_init(&cursor, shared->memtable, SPACE);
  uint64_t seen = 0;
  int64_t last = is_forwards ? -1 : LIVE_KEYS;
  const struct memtable_entry *entry =
      is_forwards ? memtable_cursor_first(&cursor) : memtable_cursor_last(&cursor);
  for (; entry;
       entry = is_forwards ? memtable_cursor_next(&cursor) : memtable_cursor_prev(&cursor)) {
    const struct memtable_entry *at = memtable_entry_at(entry, snapshot);
    if (!at) continue;
    int64_t key = load32be(memtable_entry_key(at).data);
    uint64_t seq = load64le(memtable_entry_value(at).data);
    if (is_forwards ? key <= last : key >= last) return false;
    if (seq != at->seq || live_key(seq, shared->stride) != key || snapshot - seq >= LIVE_KEYS)
      return false;
    last = key;
    seen++;
  }
  return seen == (snapshot < LIVE_KEYS ? snapshot : LIVE_KEYS);
}

static void read_on(void *argument) {
  struct reader *reader = argument;
  struct shared *shared = reader->shared;
  while (!atomic_load(&shared->done) && !reader->is_wrong) {
    mutex_lock(&shared->lock);
    uint64_t snapshot = shared->held[reader->index] = shared->visible;
    mutex_unlock(&shared->lock);
    reader->is_wrong = !walk_is_right(shared, snapshot, reader->walks++ % 2);
    mutex_lock(&shared->lock);
    shared->held[reader->index] = UINT64_MAX;
    mutex_unlock(&shared->lock);
  }
}

static uint64_t oldest(struct shared *shared) {
  uint64_t seq = shared->visible;
  for (int i = 0; i < READERS; i++) seq = shared->held[i] < seq ? shared->held[i] : seq;
  return seq;
}

/* The horizon for commit `seq`; waits while it is far ahead, so that no two of one key are under
 * way. */
static uint64_t begin_commit(struct shared *shared, uint64_t seq) {
  for (;; thread_yield()) {
    mutex_lock(&shared->lock);
    uint64_t visible = shared->visible, horizon = oldest(shared);
    mutex_unlock(&shared->lock);
    if (seq <= visible + AHEAD_MAX) return horizon;
  }
}

static void end_commit(struct shared *shared, uint64_t seq) {
  mutex_lock(&shared->lock);
  shared->is_inserted[seq] = true;
  while (shared->is_inserted[shared->visible + 1]) shared->visible++;
  mutex_unlock(&shared->lock);
}

static void write_on(void *argument) {
  struct writer *writer = argument;
  struct shared *shared = writer->shared;
  for (uint64_t seq = writer->first; seq <= ROUNDS && writer->failed == LUMA_OK;
       seq += shared->writers) {
    uint8_t key[4], value[8];
    store32be(key, live_key(seq, shared->stride));
    store64le(value, seq);
    uint64_t horizon = begin_commit(shared, seq);
    struct lsm_entry entry = {SPACE, ENTRY_PUT, seq, slice_of(key, 4), slice_of(value, 8), NULL};
    writer->failed = memtable_insert(shared->memtable, &entry, horizon, NULL);
    end_commit(shared, seq);
  }
}

static void write_beside_readers(uint64_t stride, uint64_t writers_count) {
  static struct shared shared;
  struct reader readers[READERS] = {0};
  struct writer writers[WRITERS_MAX];
  struct thread threads[READERS], writing[WRITERS_MAX];
  memset(&shared, 0, sizeof shared);
  shared.stride = stride;
  shared.writers = writers_count;
  mutex_init(&shared.lock);
  assert_ok(memtable_create(&shared.memtable, test_err()));
  for (int i = 0; i < READERS; i++) {
    shared.held[i] = UINT64_MAX;
    readers[i] = (struct reader){.shared = &shared, .index = i};
    assert_ok(thread_start(&threads[i], "reader", read_on, &readers[i], test_err()));
  }
  for (uint64_t i = 0; i < writers_count; i++) {
    writers[i] = (struct writer){&shared, i + 1, LUMA_OK};
    assert_ok(thread_start(&writing[i], "writer", write_on, &writers[i], test_err()));
  }
  for (uint64_t i = 0; i < writers_count; i++) {
    thread_join(&writing[i]);
    assert_int_equal(LUMA_OK, writers[i].failed);
  }
  atomic_store(&shared.done, true);
  for (int i = 0; i < READERS; i++) {
    thread_join(&threads[i]);
    assert_false(readers[i].is_wrong);
  }
  assert_int_equal(ROUNDS, shared.visible);
  assert_true(walk_is_right(&shared, ROUNDS, true));
  assert_true(walk_is_right(&shared, ROUNDS, false));
  memtable_release(shared.memtable);
  mutex_deinit(&shared.lock);
}

static const uint64_t STRIDES[] = {1, 7919, LIVE_KEYS - 1};

static void readers_see_their_snapshot(void) {
  for (int i = 0; i < 3; i++) write_beside_readers(STRIDES[i], 1);
}

static void writers_do_not_hinder_each_other(void) {
  for (int i = 0; i < 3; i++)
    for (uint64_t writers = 2; writers <= WRITERS_MAX; writers += 2)
      write_beside_readers(STRIDES[i], writers);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"starts_empty", starts_empty, 0},
      {"keeps_every_version", keeps_every_version, 0},
      {"reuses_only_the_hidden", reuses_only_the_hidden, 0},
      {"counts_in_place", counts_in_place, 0},
      {"reserved_inserts_cannot_fail", reserved_inserts_cannot_fail, 0},
      {"survives_failing_memory", survives_failing_memory, 0},
      {"readers_see_their_snapshot", readers_see_their_snapshot, 120},
      {"writers_do_not_hinder_each_other", writers_do_not_hinder_each_other, 120},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
