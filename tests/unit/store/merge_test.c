/* SPDX-License-Identifier: MIT */
/* Merging against a naive answer: versions scattered over memtables, single files and levels;
 * random ranges, snapshots, range deletes, batch sizes and seeks, both ways. */
#include <stdlib.h>

#include "base/mem/mem.h"
#include "base/sync/sync.h"
#include "store/lsm/merge/merge.h"
#include "tests/lib/fault.h"
#include "tests/lib/faultos.h"
#include "tests/lib/simos.h"
#include "tests/lib/test.h"
#include "tests/unit/store/entries.h"

enum {
  MEMTABLES = 2,
  SINGLES = 3,
  LEVEL_FILES = 4,
  SOURCES = MEMTABLES + SINGLES + 1,
  RANGE_DELETES = 3
};
enum { FILES = SINGLES + LEVEL_FILES, FATES = MEMTABLES + SINGLES + 1 };

struct world {
  struct simos *sim;
  struct entries_disk disk;
  struct entries entries;
  uint8_t *fates; /* which source has items[i] */
  struct memtable *memtables[MEMTABLES];
  struct sorted_file *files[FILES];
  uint32_t level_count;
  struct merge_source sources[SOURCES];
  uint32_t sources_count;
  uint64_t seq_max;
  struct merge_range_delete range_deletes[RANGE_DELETES];
  uint32_t range_deletes_count;
};

/* ---- making a world ---- */

static void fill_memtable(struct world *world, uint32_t fate) {
  struct memtable *memtable;
  assert_ok(memtable_create(&memtable, test_err()));
  world->memtables[fate] = memtable;
  for (size_t i = world->entries.count;
       i-- > 0;) /* backwards, so that the versions of a key come oldest first */
    if (world->fates[i] == fate)
      assert_ok(memtable_insert(memtable, &world->entries.items[i], 0, test_err()));
}

static struct sorted_file *write_file(struct world *world, uint64_t number, uint32_t fate,
                                      size_t from, size_t to) {
  struct lsm_entry *items = mem_zalloc(to - from + 1, sizeof *items);
  size_t count = 0;
  struct sorted_info info;
  struct sorted_file *file = NULL;
  for (size_t i = from; i < to; i++)
    if (world->fates[i] == fate) items[count++] = world->entries.items[i];
  if (count > 0) {
    assert_ok(entries_write(&world->disk, number, items, count, &info, test_err()));
    assert_ok(entries_open(&world->disk, number, &file, test_err()));
  }
  mem_free(items);
  return file;
}

/* Files of a level are cut between keys. */
static void write_level(struct world *world, uint32_t fate) {
  const struct entries *entries = &world->entries;
  size_t from = 0;
  for (uint32_t i = 0; i < LEVEL_FILES; i++) {
    size_t to = i + 1 == LEVEL_FILES ? entries->count
                                     : from + rng_below(test_rng(), entries->count - from + 1);
    while (to > from && to < entries->count &&
           slice_is_equal(entries->items[to - 1].key, entries->items[to].key))
      to++;
    struct sorted_file *file = write_file(world, 100 + i, fate, from, to);
    if (file) world->files[SINGLES + world->level_count++] = file;
    from = to;
  }
}

/* Random fates; a world of one source, one where sources take turns by stretches of keys, and one
 * where all is mixed. */
static void choose_fates(struct world *world) {
  uint64_t style = rng_below(test_rng(), 3);
  uint8_t fate = (uint8_t)rng_below(test_rng(), FATES);
  for (size_t i = 0; i < world->entries.count; i++) {
    bool is_turn = style == 2 || (style == 1 && rng_below(test_rng(), 50) == 0);
    if (is_turn) fate = (uint8_t)rng_below(test_rng(), FATES);
    world->fates[i] = fate;
  }
}

static void add_source(struct world *world, struct merge_source source) {
  source.seq_max = world->seq_max;
  world->sources[world->sources_count++] = source;
}

static void begin(struct world *world, const struct entries_shape *shape, uint64_t cache_bytes) {
  static const uint32_t BLOCK_BYTES[] = {64, 256, 1024, 4096};
  *world = (struct world){.sim = simos_create(rng_next(test_rng()))};
  world->disk = (struct entries_disk){.os = simos_os(world->sim),
                                      .block_bytes = BLOCK_BYTES[rng_below(test_rng(), 4)],
                                      .codec = rng_below(test_rng(), 4) ? BLOCK_NONE : BLOCK_LZ4};
  assert_ok(cache_create(cache_bytes, &world->disk.cache, test_err()));
  entries_init(&world->entries, test_rng(), shape);
  world->fates = mem_zalloc(world->entries.count, 1);
  choose_fates(world);
  for (uint32_t i = 0; i < MEMTABLES; i++) fill_memtable(world, i);
  for (uint32_t i = 0; i < SINGLES; i++)
    world->files[i] = write_file(world, 1 + i, MEMTABLES + i, 0, world->entries.count);
  write_level(world, MEMTABLES + SINGLES);
}

static void end(struct world *world) {
  for (int i = 0; i < MEMTABLES; i++) memtable_release(world->memtables[i]);
  for (int i = 0; i < FILES; i++)
    if (world->files[i]) sorted_release(world->files[i]);
  mem_free(world->fates);
  entries_deinit(&world->entries);
  cache_destroy(world->disk.cache);
  simos_destroy(world->sim);
}

static struct slice some_key(const struct world *world) {
  struct slice key = world->entries.items[rng_below(test_rng(), world->entries.count)].key;
  if (rng_below(test_rng(), 4) == 0) key.bytes = rng_below(test_rng(), key.bytes + 1);
  return key;
}

static struct store_range some_range(const struct world *world) {
  struct store_range range = {0};
  if (rng_below(test_rng(), 2)) range.from = some_key(world);
  if (rng_below(test_rng(), 2)) range.to = some_key(world);
  return range;
}

/* What a reader sees: a snapshot and range deletes. */
static void choose_view(struct world *world) {
  world->seq_max =
      rng_below(test_rng(), 3) ? UINT64_MAX : rng_below(test_rng(), world->entries.seq_max + 2);
  world->range_deletes_count =
      (uint32_t)(rng_below(test_rng(), 3) ? 0 : rng_below(test_rng(), RANGE_DELETES + 1));
  for (uint32_t i = 0; i < world->range_deletes_count; i++) {
    struct store_range range = some_range(world);
    world->range_deletes[i] = (struct merge_range_delete){
        range.from, range.to, rng_below(test_rng(), world->entries.seq_max + 2)};
  }
  world->sources_count = 0;
  for (int i = 0; i < MEMTABLES; i++)
    add_source(world,
               (struct merge_source){.kind = MERGE_MEMTABLE, .memtable = world->memtables[i]});
  for (int i = 0; i < SINGLES; i++)
    if (world->files[i])
      add_source(world, (struct merge_source){
                            .kind = MERGE_FILES, .files = &world->files[i], .files_count = 1});
  struct sorted_file *const *level = &world->files[SINGLES];
  add_source(world, (struct merge_source){
                        .kind = MERGE_FILES, .files = level, .files_count = world->level_count});
}

/* ---- the naive answer ---- */

static bool is_inside(struct slice key, struct slice from, struct slice to) {
  return slice_compare(from, key) <= 0 && (to.bytes == 0 || slice_compare(key, to) < 0);
}

static bool is_seen(const struct world *world, const struct lsm_entry *entry) {
  if (entry->kind == ENTRY_DELETE) return false;
  for (uint32_t i = 0; i < world->range_deletes_count; i++) {
    const struct merge_range_delete *at = &world->range_deletes[i];
    if (at->seq > entry->seq && is_inside(entry->key, at->from, at->to)) return false;
  }
  return true;
}

/* The rows of the range in key order. */
static size_t naive_rows(const struct world *world, const struct store_range *range,
                         const struct lsm_entry **rows) {
  size_t count = 0;
  for (size_t i = 0; i < world->entries.count;) {
    struct slice key = world->entries.items[i].key;
    const struct lsm_entry *newest = NULL;
    for (; i < world->entries.count && slice_is_equal(world->entries.items[i].key, key); i++)
      if (!newest && world->entries.items[i].seq <= world->seq_max)
        newest = &world->entries.items[i];
    if (newest && is_seen(world, newest) && is_inside(key, range->from, range->to))
      rows[count++] = newest;
  }
  return count;
}

/* ---- rows ---- */

/* Too large for the stack. */
static struct store_rows *batch_room(void) {
  static struct store_rows rows;
  return &rows;
}

struct walk {
  const struct world *world;
  struct merge *merge;
  const struct lsm_entry **expected;
  size_t count, at; /* rows still to come, in the walk's direction: expected[at], … */
  bool backwards;
};

static const struct lsm_entry *expected_at(const struct walk *walk, size_t at) {
  return walk->expected[walk->backwards ? walk->count - 1 - at : at];
}

static void expect_batch(struct walk *walk, const struct store_rows *rows) {
  const uint64_t *seqs = merge_seqs(walk->merge);
  for (uint32_t i = 0; i < rows->count; i++, walk->at++) {
    assert_true(walk->at < walk->count);
    const struct lsm_entry *expected = expected_at(walk, walk->at);
    assert_true(slice_is_equal(expected->key, rows->keys[i]));
    assert_true(slice_is_equal(expected->value, rows->values[i]));
    assert_int_equal(expected->seq, seqs[i]);
  }
}

static void seek_somewhere(struct walk *walk) {
  struct slice key = some_key(walk->world);
  assert_ok(merge_seek(walk->merge, key, test_err()));
  for (; walk->at < walk->count; walk->at++) {
    int order = slice_compare(expected_at(walk, walk->at)->key, key);
    if (walk->backwards ? order <= 0 : order >= 0) break;
  }
}

static void walk_rows(struct walk *walk) {
  struct store_rows *rows = batch_room();
  uint32_t max =
      1 + (uint32_t)rng_below(test_rng(), rng_below(test_rng(), 2) ? 5 : STORE_BATCH_MAX);
  if (rng_below(test_rng(), 4) == 0) seek_somewhere(walk);
  do {
    assert_ok(merge_rows(walk->merge, max, rows, test_err()));
    assert_true(rows->count <= max);
    expect_batch(walk, rows);
    if (rows->count > 0 && rng_below(test_rng(), 6) == 0) seek_somewhere(walk);
  } while (rows->count > 0);
  assert_int_equal(walk->count, walk->at);
}

static struct merge_options make_options(const struct world *world, struct store_range range) {
  return (struct merge_options){.space = ENTRIES_SPACE,
                                .range = range,
                                .sources = world->sources,
                                .sources_count = world->sources_count,
                                .range_deletes = world->range_deletes,
                                .range_deletes_count = world->range_deletes_count};
}

static void check_rows(struct world *world) {
  const struct lsm_entry **expected = mem_zalloc(world->entries.count, sizeof(struct lsm_entry *));
  choose_view(world);
  struct merge_options options = make_options(world, some_range(world));
  options.backwards = rng_below(test_rng(), 2);
  options.no_fill = rng_below(test_rng(), 4) == 0;
  struct walk walk = {.world = world, .expected = expected, .backwards = options.backwards};
  walk.count = naive_rows(world, &options.range, expected);
  assert_ok(merge_open(&options, &walk.merge, test_err()));
  walk_rows(&walk);
  merge_close(walk.merge);
  mem_free((void *)expected);
}

/* ---- picking ---- */

static int compare_keys(const void *a, const void *b) {
  return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

/* Ranges between random keys, ascending; some begin where the one before ends. */
static uint32_t draw_ranges(const struct world *world, struct store_range *ranges, uint32_t most) {
  static struct slice keys[2 * STORE_BATCH_MAX];
  uint32_t wanted = 2 + (uint32_t)rng_below(test_rng(), 2 * most - 2), count = 0;
  for (uint32_t i = 0; i < wanted; i++) keys[i] = some_key(world);
  qsort(keys, wanted, sizeof *keys, compare_keys);
  for (uint32_t i = 0; i + 1 < wanted && count < most; i++) {
    if (keys[i + 1].bytes == 0 || slice_is_equal(keys[i], keys[i + 1])) continue;
    ranges[count++] = (struct store_range){keys[i], keys[i + 1]};
    if (rng_below(test_rng(), 4)) i++;
  }
  return count;
}

static void pick_rows(struct walk *walk, struct store_pick *pick) {
  struct store_rows *rows = batch_room();
  uint32_t max =
      1 + (uint32_t)rng_below(test_rng(), rng_below(test_rng(), 2) ? 5 : STORE_BATCH_MAX);
  do {
    assert_ok(merge_pick(walk->merge, pick, max, rows, test_err()));
    assert_true(rows->count <= max);
    expect_batch(walk, rows);
  } while (rows->count > 0);
  assert_int_equal(walk->count, walk->at);
  assert_int_equal(pick->count, pick->at);
}

static void check_picks(struct world *world) {
  static struct store_range ranges[STORE_BATCH_MAX];
  const struct lsm_entry **expected = mem_zalloc(world->entries.count, sizeof(struct lsm_entry *));
  struct store_pick pick = {.ranges = ranges};
  choose_view(world);
  pick.count = draw_ranges(world, ranges, rng_below(test_rng(), 2) ? 8 : STORE_BATCH_MAX);
  if (pick.count > 0) {
    struct merge_options options =
        make_options(world, (struct store_range){ranges[0].from, ranges[pick.count - 1].to});
    struct walk walk = {.world = world, .expected = expected};
    for (uint32_t i = 0; i < pick.count; i++)
      walk.count += naive_rows(world, &ranges[i], expected + walk.count);
    assert_ok(merge_open(&options, &walk.merge, test_err()));
    pick_rows(&walk, &pick);
    merge_close(walk.merge);
  }
  mem_free((void *)expected);
}

/* Of a memtable, a version older than one that is visible is left out. */
static bool is_left_out(const struct world *world, size_t i) {
  const struct lsm_entry *items = world->entries.items;
  for (size_t at = i; at-- > 0 && slice_is_equal(items[at].key, items[i].key);)
    if (world->fates[i] < MEMTABLES && world->fates[at] == world->fates[i] &&
        items[at].seq <= world->seq_max)
      return true;
  return false;
}

static void check_entries(struct world *world) {
  choose_view(world);
  struct store_range range = some_range(world);
  struct merge_options options = make_options(world, range);
  struct merge *merge;
  assert_ok(merge_open(&options, &merge, test_err()));
  struct lsm_entry entry;
  bool found;
  for (size_t i = 0; i < world->entries.count; i++) {
    if (!is_inside(world->entries.items[i].key, range.from, range.to) || is_left_out(world, i))
      continue;
    assert_ok(merge_entry(merge, &entry, &found, test_err()));
    assert_true(found && entries_is_equal(&world->entries.items[i], &entry));
  }
  assert_ok(merge_entry(merge, &entry, &found, test_err()));
  assert_false(found);
  merge_close(merge);
}

static const struct entries_shape SHAPES[] = {
    {1, 1, 10, 0},   {6, 200, 10, 0},  {300, 1, 20, 0},    {300, 4, 20, 0},
    {2500, 1, 8, 0}, {200, 3, 60, 10}, {1500, 2, 30, 100},
};
enum { SHAPES_COUNT = sizeof SHAPES / sizeof SHAPES[0] };

static void answers_as_the_naive(void) {
  static const uint64_t CACHES[] = {0, 8192, 64 << 20};
  for (size_t round = 0; round < test_rounds(3 * SHAPES_COUNT); round++) {
    struct world world;
    begin(&world, &SHAPES[round % SHAPES_COUNT], CACHES[rng_below(test_rng(), 3)]);
    for (int i = 0; i < 25; i++) check_rows(&world);
    for (int i = 0; i < 10; i++) check_picks(&world);
    for (int i = 0; i < 5; i++) check_entries(&world);
    end(&world);
  }
}

/* ---- what a transaction adds, and what outlives the iterator ---- */

/* Own writes stand in a memtable of their own, above every snapshot. */
static void own_writes_win(void) {
  struct memtable *committed, *own;
  assert_ok(memtable_create(&committed, test_err()));
  assert_ok(memtable_create(&own, test_err()));
  struct lsm_entry a = {ENTRIES_SPACE, ENTRY_PUT, 5, slice_of("a", 1), slice_of("old", 3), NULL};
  struct lsm_entry b = {ENTRIES_SPACE, ENTRY_PUT, 9, slice_of("b", 1), slice_of("unseen", 6), NULL};
  struct lsm_entry mine = {ENTRIES_SPACE,    ENTRY_PUT,          1000,
                           slice_of("a", 1), slice_of("new", 3), NULL};
  assert_ok(memtable_insert(committed, &a, 0, test_err()));
  assert_ok(memtable_insert(committed, &b, 0, test_err()));
  assert_ok(memtable_insert(own, &mine, 0, test_err()));
  struct merge_source sources[] = {
      {.kind = MERGE_MEMTABLE, .seq_max = 6, .memtable = committed},
      {.kind = MERGE_MEMTABLE, .seq_max = UINT64_MAX, .memtable = own}};
  struct merge_options options = {.space = ENTRIES_SPACE, .sources = sources, .sources_count = 2};
  struct merge *merge;
  struct store_rows *rows = batch_room();
  assert_ok(merge_open(&options, &merge, test_err()));
  assert_ok(merge_rows(merge, STORE_BATCH_MAX, rows, test_err()));
  assert_int_equal(1, rows->count);
  assert_true(slice_is_equal(mine.value, rows->values[0]));
  merge_close(merge);
  memtable_release(committed);
  memtable_release(own);
}

static void kept_rows_outlive_everything(void) {
  static const struct entries_shape shape = {400, 2, 60, 10};
  struct world world;
  struct store_rows *rows = batch_room();
  struct store_pins pins = {0};
  const struct lsm_entry *expected[800];
  begin(&world, &shape, 4096);
  do choose_view(&world);
  while (naive_rows(&world, &(struct store_range){0}, expected) < 50);
  size_t count = naive_rows(&world, &(struct store_range){0}, expected);
  struct merge_options options = make_options(&world, (struct store_range){0});
  struct merge *merge;
  assert_ok(merge_open(&options, &merge, test_err()));
  assert_ok(merge_rows(merge, STORE_BATCH_MAX, rows, test_err()));
  assert_ok(merge_keep(merge, &pins, test_err()));
  merge_close(merge);
  for (int i = 0; i < FILES; i++) {
    if (world.files[i]) sorted_release(world.files[i]);
    world.files[i] = NULL;
  }
  for (int i = 0; i < MEMTABLES; i++) {
    memtable_release(world.memtables[i]);
    assert_ok(memtable_create(&world.memtables[i], test_err()));
  }
  assert_int_equal(count, rows->count);
  for (size_t i = 0; i < count; i++) {
    assert_true(slice_is_equal(expected[i]->key, rows->keys[i]));
    assert_true(slice_is_equal(expected[i]->value, rows->values[i]));
  }
  store_pins_release(&pins);
  end(&world);
}

/* ---- threads ---- */

struct walker {
  const struct world *world;
  size_t expected;
  bool backwards, is_wrong;
};

static size_t count_rows(const struct walker *walker, struct store_rows *rows) {
  struct merge_options options = make_options(walker->world, (struct store_range){0});
  options.backwards = walker->backwards;
  struct merge *merge;
  size_t count = 0;
  if (merge_open(&options, &merge, NULL) != LUMA_OK) return 0;
  while (merge_rows(merge, 100, rows, NULL) == LUMA_OK && rows->count > 0) count += rows->count;
  merge_close(merge);
  return count;
}

static void walk_often(void *argument) {
  struct walker *walker = argument;
  struct store_rows *rows = mem_alloc(sizeof *rows);
  for (int i = 0; i < 20 && rows; i++)
    if (count_rows(walker, rows) != walker->expected) walker->is_wrong = true;
  if (!rows) walker->is_wrong = true;
  mem_free(rows);
}

/* Several walk the same files through a cache that holds little of them. */
static void serves_threads(void) {
  enum { THREADS = 4 };
  static const struct entries_shape shape = {1500, 2, 40, 50};
  static const struct lsm_entry *expected[3000];
  struct world world;
  struct thread threads[THREADS];
  struct walker walkers[THREADS];
  begin(&world, &shape, 32 << 10);
  choose_view(&world);
  size_t count = naive_rows(&world, &(struct store_range){0}, expected);
  for (int i = 0; i < THREADS; i++) {
    walkers[i] = (struct walker){.world = &world, .expected = count, .backwards = i % 2};
    assert_ok(thread_start(&threads[i], "walker", walk_often, &walkers[i], test_err()));
  }
  for (int i = 0; i < THREADS; i++) {
    thread_join(&threads[i]);
    assert_false(walkers[i].is_wrong);
  }
  end(&world);
}

/* ---- failing memory and disks ---- */

struct sweep {
  struct world *world;
  struct entries_disk disk; /* the one that fails */
  struct sorted_file *file;
};

static status walk_to_the_end(struct sweep *sweep, bool backwards) {
  struct merge_source sources[] = {
      {.kind = MERGE_FILES, .seq_max = UINT64_MAX, .files = &sweep->file, .files_count = 1},
      {.kind = MERGE_MEMTABLE, .seq_max = UINT64_MAX, .memtable = sweep->world->memtables[0]},
  };
  struct merge_options options =
      make_options(sweep->world, (struct store_range){slice_of("a", 1), {0}});
  options.sources = sources;
  options.sources_count = 2;
  options.backwards = backwards;
  struct merge *merge;
  struct store_rows *rows = batch_room();
  TRY(merge_open(&options, &merge, NULL));
  struct store_pins pins = {0};
  status code = merge_seek(merge, slice_of("k", 1), NULL);
  while (code == LUMA_OK) {
    code = merge_rows(merge, 20, rows, NULL);
    if (code != LUMA_OK || rows->count == 0) break;
    code = merge_keep(merge, &pins, NULL);
  }
  if (code != LUMA_OK) assert_true(merge_rows(merge, 1, rows, NULL) == code || rows->count <= 20);
  store_pins_release(&pins);
  merge_close(merge);
  return code;
}

/* One range for each letter. */
static status pick_letters(struct sweep *sweep) {
  struct merge_source source = {
      .kind = MERGE_FILES, .seq_max = UINT64_MAX, .files = &sweep->file, .files_count = 1};
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
  struct store_range ranges[25];
  for (int i = 0; i < 25; i++)
    ranges[i] = (struct store_range){slice_of(letters + i, 1), slice_of(letters + i + 1, 1)};
  struct merge_options options =
      make_options(sweep->world, (struct store_range){ranges[0].from, ranges[24].to});
  options.sources = &source;
  options.sources_count = 1;
  struct store_pick pick = {.ranges = ranges, .count = 25};
  struct store_rows *rows = batch_room();
  struct merge *merge;
  TRY(merge_open(&options, &merge, NULL));
  status code;
  do code = merge_pick(merge, &pick, 20, rows, NULL);
  while (code == LUMA_OK && rows->count > 0);
  merge_close(merge);
  return code;
}

static status walk_both_ways(struct os *os, void *context) {
  struct sweep *sweep = context;
  sweep->disk.os = os;
  TRY(cache_create(4096, &sweep->disk.cache, NULL));
  status code = entries_open(&sweep->disk, 1, &sweep->file, NULL);
  if (code == LUMA_OK) {
    code = walk_to_the_end(sweep, false);
    if (code == LUMA_OK) code = walk_to_the_end(sweep, true);
    if (code == LUMA_OK) code = pick_letters(sweep);
    sorted_release(sweep->file);
  }
  cache_destroy(sweep->disk.cache);
  return code;
}

static status walk_in_memory(void *context) {
  struct sweep *sweep = context;
  return walk_both_ways(simos_os(sweep->world->sim), sweep);
}

static void survives_failures(void) {
  static const struct entries_shape shape = {200, 2, 40, 10};
  struct world world;
  begin(&world, &shape, 1 << 20);
  memset(world.fates, 0, world.entries.count);
  for (size_t i = 0; i < world.entries.count; i += 2) world.fates[i] = MEMTABLES;
  for (int i = 0; i < FILES; i++)
    if (world.files[i]) sorted_release(world.files[i]);
  for (int i = 0; i < FILES; i++) world.files[i] = NULL;
  simos_wipe(world.sim);
  world.disk.block_bytes = 256;
  world.files[0] = write_file(&world, 1, MEMTABLES, 0, world.entries.count);
  memtable_release(world.memtables[0]);
  fill_memtable(&world, 0);
  choose_view(&world);
  struct sweep sweep = {.world = &world, .disk = world.disk};
  assert_true(fault_sweep_alloc(walk_in_memory, &sweep) > 20);
  assert_true(faultos_sweep(simos_os(world.sim), FAULTOS_OPEN | FAULTOS_READ | FAULTOS_SIZE,
                            LUMA_IO_ERROR, walk_both_ways, &sweep) > 10);
  end(&world);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"answers_as_the_naive", answers_as_the_naive, 240},
      {"own_writes_win", own_writes_win, 0},
      {"kept_rows_outlive_everything", kept_rows_outlive_everything, 0},
      {"serves_threads", serves_threads, 120},
      {"survives_failures", survives_failures, 120},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
