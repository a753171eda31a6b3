/* SPDX-License-Identifier: MIT */
/* Sorted files against the array they were made of; every bit of a file turned over; memory and
 * disk failing everywhere. */
#include <stdio.h>

#include "base/mem/mem.h"
#include "tests/lib/fault.h"
#include "tests/lib/faultos.h"
#include "tests/lib/simos.h"
#include "tests/lib/test.h"
#include "tests/unit/store/entries.h"

struct setting {
  struct simos *sim;
  struct entries_disk disk;
  struct entries entries;
  struct sorted_info info;
  struct sorted_file *file;
};

static const struct entries_shape SHAPES[] = {
    {1, 1, 10, 0},    {5, 300, 10, 0}, {400, 4, 40, 0},
    {300, 3, 60, 10}, {60, 2, 0, 0},   {1500, 2, 20, 200},
};
enum { SHAPES_COUNT = sizeof SHAPES / sizeof SHAPES[0] };

static void begin(struct setting *setting, const struct entries_shape *shape,
                  uint64_t cache_bytes) {
  static const uint32_t BLOCK_BYTES[] = {0, 64, 256, 1024, 4096};
  struct rng *rng = test_rng();
  setting->sim = simos_create(rng_next(rng));
  setting->disk = (struct entries_disk){.os = simos_os(setting->sim),
                                        .block_bytes = BLOCK_BYTES[rng_below(rng, 5)],
                                        .codec = rng_below(rng, 2) ? BLOCK_LZ4 : BLOCK_NONE,
                                        .has_places = rng_below(rng, 3) > 0};
  assert_ok(cache_create(cache_bytes, &setting->disk.cache, test_err()));
  if (rng_below(rng, 2)) cache_set_kept_max(setting->disk.cache, rng_below(rng, 8192));
  entries_init(&setting->entries, rng, shape);
  assert_ok(entries_write(&setting->disk, 7, setting->entries.items, setting->entries.count,
                          &setting->info, test_err()));
  assert_ok(entries_open(&setting->disk, 7, &setting->file, test_err()));
}

static void end(struct setting *setting) {
  sorted_release(setting->file);
  entries_deinit(&setting->entries);
  cache_destroy(setting->disk.cache);
  simos_destroy(setting->sim);
}

/* ---- what a file says of itself ---- */

static void check_info(const struct setting *setting) {
  const struct sorted_info *info = sorted_get_info(setting->file), *written = &setting->info;
  const struct lsm_entry *items = setting->entries.items;
  size_t count = setting->entries.count, keys = 0, deletes = 0;
  uint64_t least = UINT64_MAX, most = 0;
  for (size_t i = 0; i < count; i++) {
    keys += i == 0 || !slice_is_equal(items[i - 1].key, items[i].key);
    deletes += items[i].kind == ENTRY_DELETE;
    least = items[i].seq < least ? items[i].seq : least;
    most = items[i].seq > most ? items[i].seq : most;
  }
  assert_int_equal(count, info->entries);
  assert_int_equal(keys, info->keys);
  assert_int_equal(deletes, info->deletes);
  assert_int_equal(least, info->seq_min);
  assert_int_equal(most, info->seq_max);
  assert_true(slice_is_equal(items[0].key, info->key_min) &&
              slice_is_equal(items[count - 1].key, info->key_max));
  assert_int_equal(written->file_bytes, info->file_bytes);
  assert_memory_equal(written->hash, info->hash, sizeof info->hash);
  assert_int_equal(7, info->number);
  assert_int_equal(ENTRIES_SPACE, info->space);
}

static struct sorted_measure measure(const struct setting *setting, struct slice from,
                                     struct slice to) {
  struct sorted_measure measured = {0};
  struct store_range range = {from, to};
  assert_ok(sorted_measure(setting->file, range, &measured, test_err()));
  assert_true(measured.stored_bytes <= measured.raw_bytes);
  assert_true(!measured.is_compressed || setting->disk.codec == BLOCK_LZ4);
  return measured;
}

/* All of it is the file; the two sides of a key share a block at most. */
static void check_measure(const struct setting *setting) {
  const struct sorted_info *info = sorted_get_info(setting->file);
  struct slice none = slice_of(NULL, 0);
  struct slice cut = setting->entries.items[setting->entries.count / 2].key;
  struct sorted_measure all = measure(setting, none, none);
  assert_int_equal(info->file_bytes, all.stored_bytes);
  struct sorted_measure low = measure(setting, none, cut), high = measure(setting, cut, none);
  assert_true(high.raw_bytes > 0);
  assert_true(low.raw_bytes <= all.raw_bytes && high.raw_bytes <= all.raw_bytes);
  struct sorted_measure twice = {0};
  assert_ok(sorted_measure(setting->file, (struct store_range){none, none}, &twice, test_err()));
  assert_ok(sorted_measure(setting->file, (struct store_range){none, none}, &twice, test_err()));
  assert_int_equal(2 * all.stored_bytes, twice.stored_bytes);
  uint8_t past[] = {0xff, 0xff, 0xff};
  if (slice_compare(info->key_max, slice_of(past, sizeof past)) < 0)
    assert_int_equal(0, measure(setting, slice_of(past, sizeof past), none).raw_bytes);
}

/* ---- gets ---- */

static const struct lsm_entry *naive_get(const struct entries *entries, struct slice key,
                                         uint64_t seq_max) {
  for (size_t i = 0; i < entries->count; i++)
    if (slice_is_equal(entries->items[i].key, key) && entries->items[i].seq <= seq_max)
      return &entries->items[i];
  return NULL;
}

static void check_get(const struct setting *setting, struct slice key, uint64_t seq_max) {
  const struct lsm_entry *expected = naive_get(&setting->entries, key, seq_max);
  struct entry_found found;
  struct store_pins pins = {0};
  assert_ok(sorted_get(setting->file, key, seq_max, &found, &pins, test_err()));
  assert_int_equal(expected != NULL, found.found);
  if (expected) {
    assert_int_equal(expected->kind, found.kind);
    assert_int_equal(expected->seq, found.seq);
    assert_true(slice_is_equal(expected->value, found.value));
  }
  store_pins_release(&pins);
}

static void check_gets(const struct setting *setting) {
  const struct entries *entries = &setting->entries;
  for (int i = 0; i < 200; i++) {
    const struct lsm_entry *entry = &entries->items[rng_below(test_rng(), entries->count)];
    uint8_t room[200];
    memcpy(room, entry->key.data, entry->key.bytes);
    room[entry->key.bytes] = 0;
    check_get(setting, entry->key, UINT64_MAX);
    check_get(setting, entry->key, entry->seq);
    check_get(setting, entry->key, entry->seq - 1);
    check_get(setting, slice_of(room, entry->key.bytes + 1), UINT64_MAX);
    check_get(setting, slice_of(room, entry->key.bytes / 2), entry->seq);
  }
}

/* Many at once, in any order, the same ones again, absent ones among them. */
static void check_gets_together(const struct setting *setting) {
  enum { MANY = 100 };
  const struct entries *entries = &setting->entries;
  struct sorted_lookup lookups[MANY];
  struct entry_found found[MANY];
  struct store_pins pins = {0};
  for (int i = 0; i < MANY; i++) {
    const struct lsm_entry *entry = &entries->items[rng_below(test_rng(), entries->count)];
    size_t shorter = rng_below(test_rng(), 4) ? 0 : rng_below(test_rng(), entry->key.bytes + 1);
    lookups[i] = (struct sorted_lookup){
        setting->file, slice_of(entry->key.data, entry->key.bytes - shorter),
        rng_below(test_rng(), 3) ? UINT64_MAX : entry->seq - rng_below(test_rng(), 2), &found[i]};
  }
  assert_ok(sorted_get_many(lookups, (uint32_t)rng_below(test_rng(), MANY), &pins, test_err()));
  assert_ok(sorted_get_many(lookups, MANY, &pins, test_err()));
  for (int i = 0; i < MANY; i++) {
    const struct lsm_entry *expected = naive_get(entries, lookups[i].key, lookups[i].seq_max);
    assert_int_equal(expected != NULL, found[i].found);
    if (!expected) continue;
    assert_int_equal(expected->seq, found[i].seq);
    assert_int_equal(expected->kind, found[i].kind);
    assert_true(slice_is_equal(expected->value, found[i].value));
  }
  store_pins_release(&pins);
}

/* ---- walks ---- */

static struct lsm_entry entry_at(const struct sorted_cursor *cursor, struct cache_block **apart) {
  struct lsm_entry entry = {.space = ENTRIES_SPACE,
                            .kind = block_kind_of(&cursor->view, cursor->index) == BLOCK_DELETE
                                        ? ENTRY_DELETE
                                        : ENTRY_PUT,
                            .seq = block_seq(&cursor->view, cursor->index),
                            .key = block_key(&cursor->view, cursor->index),
                            .value = block_value(&cursor->view, cursor->index)};
  *apart = NULL;
  if (block_kind_of(&cursor->view, cursor->index) == BLOCK_APART) {
    assert_ok(sorted_apart(cursor->file, BLOCK_APART, entry.value, true, apart, test_err()));
    entry.value = slice_of((*apart)->data, (*apart)->bytes);
  }
  return entry;
}

static void expect_entry(const struct sorted_cursor *cursor, const struct lsm_entry *expected) {
  struct cache_block *apart;
  assert_non_null(cursor->block);
  struct lsm_entry entry = entry_at(cursor, &apart);
  assert_true(entries_is_equal(expected, &entry));
  if (apart) cache_block_release(apart);
}

/* From where the cursor stands, which is items[from], to the end. */
static void expect_forwards(struct sorted_cursor *cursor, const struct entries *entries,
                            size_t from) {
  for (size_t i = from; i < entries->count; i++) {
    expect_entry(cursor, &entries->items[i]);
    if (++cursor->index == cursor->view.count)
      assert_ok(sorted_cursor_next_block(cursor, test_err()));
  }
  assert_null(cursor->block);
}

/* From items[count - 1] down to the first. */
static void expect_backwards(struct sorted_cursor *cursor, const struct entries *entries,
                             size_t count) {
  for (size_t i = count; i-- > 0;) {
    expect_entry(cursor, &entries->items[i]);
    if (cursor->index == 0)
      assert_ok(sorted_cursor_prev_block(cursor, test_err()));
    else
      cursor->index--;
  }
  assert_null(cursor->block);
}

static void check_walks(const struct setting *setting) {
  const struct entries *entries = &setting->entries;
  struct sorted_cursor cursor;
  sorted_cursor_init(&cursor, setting->file, rng_below(test_rng(), 2));
  assert_ok(sorted_cursor_first(&cursor, test_err()));
  expect_forwards(&cursor, entries, 0);
  assert_ok(sorted_cursor_last(&cursor, test_err()));
  expect_backwards(&cursor, entries, entries->count);
  for (int round = 0; round < 20; round++) {
    const struct lsm_entry *entry = &entries->items[rng_below(test_rng(), entries->count)];
    struct slice key = slice_of(entry->key.data, rng_below(test_rng(), entry->key.bytes + 1));
    uint64_t seq = rng_below(test_rng(), 3) ? entry->seq - rng_below(test_rng(), 2) : UINT64_MAX;
    size_t at = 0, before = 0;
    while (at < entries->count &&
           entry_compare(entries->items[at].key, entries->items[at].seq, key, seq) < 0)
      at++;
    while (before < entries->count && slice_compare(entries->items[before].key, key) < 0) before++;
    assert_ok(sorted_cursor_seek(&cursor, key, seq, test_err()));
    expect_forwards(&cursor, entries, at);
    assert_ok(sorted_cursor_seek_before(&cursor, key, test_err()));
    expect_backwards(&cursor, entries, before);
  }
  sorted_cursor_deinit(&cursor);
}

static void is_what_was_written(void) {
  for (size_t round = 0; round < test_rounds(12); round++) {
    struct setting setting;
    static const uint64_t CACHES[] = {0, 4096, 64 << 10, 64 << 20};
    begin(&setting, &SHAPES[round % SHAPES_COUNT], CACHES[rng_below(test_rng(), 4)]);
    check_info(&setting);
    check_measure(&setting);
    check_gets(&setting);
    check_gets_together(&setting);
    check_walks(&setting);
    assert_ok(sorted_check(setting.file, NULL, NULL, test_err()));
    end(&setting);
  }
}

/* ---- damage ---- */

/* Reads everything there is to read; what is wrong must come out as an error or not at all. */
static status read_all(const struct setting *setting, bool *is_different) {
  struct sorted_file *file;
  TRY(entries_open(&setting->disk, 7, &file, NULL));
  struct merge_walk {
    struct sorted_cursor cursor;
  } walk;
  sorted_cursor_init(&walk.cursor, file, false);
  size_t i = 0;
  status code = sorted_cursor_first(&walk.cursor, NULL);
  while (code == LUMA_OK && walk.cursor.block) {
    struct lsm_entry entry = {.key = block_key(&walk.cursor.view, walk.cursor.index)};
    struct entry_found found;
    struct store_pins pins = {0};
    code = sorted_get(file, entry.key, block_seq(&walk.cursor.view, walk.cursor.index), &found,
                      &pins, NULL);
    bool is_same = i < setting->entries.count && found.found &&
                   found.seq == setting->entries.items[i].seq &&
                   slice_is_equal(entry.key, setting->entries.items[i].key) &&
                   slice_is_equal(found.value, setting->entries.items[i].value);
    if (code == LUMA_OK && !is_same) *is_different = true;
    store_pins_release(&pins);
    i++;
    if (code == LUMA_OK && ++walk.cursor.index == walk.cursor.view.count)
      code = sorted_cursor_next_block(&walk.cursor, NULL);
  }
  if (code == LUMA_OK && i != setting->entries.count) *is_different = true;
  sorted_cursor_deinit(&walk.cursor);
  sorted_release(file);
  return code;
}

static void count_fault(void *context, const char *place, const char *what) {
  uint64_t *faults = context;
  assert_non_null(strstr(place, "7.sorted"));
  assert_true(strlen(what) > 0);
  ++*faults;
}

/* Every bit of every byte in turn: check finds it, and reading gives an error or what was written.
 */
static void every_bit_counts(void) {
  static const struct entries_shape shape = {60, 3, 30, 12};
  struct setting setting;
  begin(&setting, &shape, 0);
  uint64_t bits = setting.info.file_bytes * 8;
  for (uint64_t bit = rng_below(test_rng(), 7); bit < bits; bit += 1 + rng_below(test_rng(), 12)) {
    assert_ok(simos_flip_bit(setting.sim, "7.sorted", bit));
    bool is_different = false;
    uint64_t faults = 0;
    status code = read_all(&setting, &is_different);
    assert_true(code == LUMA_OK || code == LUMA_CORRUPT);
    assert_false(is_different);
    assert_status(LUMA_CORRUPT, sorted_check(setting.file, count_fault, &faults, test_err()));
    assert_true(faults > 0);
    assert_ok(simos_flip_bit(setting.sim, "7.sorted", bit));
  }
  assert_ok(sorted_check(setting.file, NULL, NULL, test_err()));
  end(&setting);
}

static void resize(const struct setting *setting, uint64_t bytes) {
  struct os_file *file;
  assert_ok(os_open(setting->disk.os, "7.sorted", OS_OPEN_WRITE, &file, test_err()));
  assert_ok(os_truncate(setting->disk.os, file, bytes, test_err()));
  assert_ok(os_close(setting->disk.os, file, test_err()));
}

static void a_shorter_file_is_refused(void) {
  struct setting setting;
  begin(&setting, &SHAPES[2], 1 << 20);
  struct sorted_file *file;
  for (uint64_t bytes = setting.info.file_bytes + 1; bytes > 0; bytes -= 1 + bytes / 20) {
    if (bytes == setting.info.file_bytes) continue;
    resize(&setting, bytes);
    assert_status(LUMA_CORRUPT, entries_open(&setting.disk, 7, &file, test_err()));
  }
  resize(&setting, 0);
  assert_status(LUMA_CORRUPT, entries_open(&setting.disk, 7, &file, test_err()));
  assert_status(LUMA_NOT_FOUND, entries_open(&setting.disk, 8, &file, test_err()));
  end(&setting);
}

static void another_file_is_refused(void) {
  struct setting setting;
  begin(&setting, &SHAPES[2], 1 << 20);
  struct sorted_file *file;
  assert_ok(os_rename(setting.disk.os, "7.sorted", "9.sorted", test_err()));
  assert_status(LUMA_CORRUPT, entries_open(&setting.disk, 9, &file, test_err()));
  uint8_t uuid[SORTED_UUID_BYTES] = {9};
  struct sorted_open_options options = {.os = setting.disk.os,
                                        .path = "9.sorted",
                                        .cache = setting.disk.cache,
                                        .number = 7,
                                        .uuid = uuid};
  struct err err = {0};
  assert_int_equal(LUMA_CORRUPT, sorted_open(&options, &file, &err));
  assert_non_null(strstr(err.message, "9.sorted"));
  options.uuid = NULL;
  assert_ok(sorted_open(&options, &file, test_err()));
  sorted_release(file);
  end(&setting);
}

/* Values of megabytes go past the writer's buffer. */
static void large_values_stand_apart(void) {
  enum { BYTES = 3 << 20 };
  struct simos *sim = simos_create(2);
  uint8_t *value = mem_alloc(BYTES);
  assert_non_null(value);
  rng_fill(test_rng(), value, BYTES);
  for (int codec = 0; codec < 2; codec++) {
    struct entries_disk disk = {.os = simos_os(sim), .codec = (enum block_codec)codec};
    struct lsm_entry items[] = {
        {ENTRIES_SPACE, ENTRY_PUT, 1, slice_of("a", 1), slice_of("small", 5), NULL},
        {ENTRIES_SPACE, ENTRY_PUT, 2, slice_of("b", 1), slice_of(value, BYTES), NULL},
        {ENTRIES_SPACE, ENTRY_PUT, 3, slice_of("c", 1), slice_of(value, 16 * 1024), NULL}};
    struct sorted_info info;
    struct sorted_file *file;
    assert_ok(cache_create(1 << 20, &disk.cache, test_err()));
    assert_ok(entries_write(&disk, 7 + (uint64_t)codec, items, 3, &info, test_err()));
    assert_ok(entries_open(&disk, 7 + (uint64_t)codec, &file, test_err()));
    for (int i = 0; i < 3; i++) {
      struct entry_found found;
      struct store_pins pins = {0};
      assert_ok(sorted_get(file, items[i].key, UINT64_MAX, &found, &pins, test_err()));
      assert_true(found.found && slice_is_equal(items[i].value, found.value));
      store_pins_release(&pins);
    }
    assert_ok(sorted_check(file, NULL, NULL, test_err()));
    sorted_release(file);
    cache_destroy(disk.cache);
  }
  mem_free(value);
  simos_destroy(sim);
}

static void the_order_is_kept(void) {
  struct simos *sim = simos_create(1);
  struct entries_disk disk = {.os = simos_os(sim)};
  struct lsm_entry wrong[] = {{ENTRIES_SPACE, ENTRY_PUT, 5, slice_of("b", 1), {0}, NULL},
                              {ENTRIES_SPACE, ENTRY_PUT, 6, slice_of("b", 1), {0}, NULL}};
  struct sorted_info info;
  assert_status(LUMA_CORRUPT, entries_write(&disk, 7, wrong, 2, &info, test_err()));
  struct os_stat stat;
  assert_status(LUMA_NOT_FOUND, os_stat(disk.os, "7.sorted", &stat, test_err()));
  simos_destroy(sim);
}

/* ---- failing memory and disks ---- */

struct sweep {
  struct entries entries;
  uint64_t number;
};

static status work(struct os *os, struct sweep *sweep) {
  struct entries_disk disk = {.os = os, .block_bytes = 256, .codec = BLOCK_LZ4, .has_places = true};
  struct sorted_info info;
  struct sorted_file *file;
  sweep->number++;
  TRY(cache_create(1 << 20, &disk.cache, NULL));
  status code =
      entries_write(&disk, sweep->number, sweep->entries.items, sweep->entries.count, &info, NULL);
  if (code == LUMA_OK) code = entries_open(&disk, sweep->number, &file, NULL);
  if (code == LUMA_OK) {
    struct store_pins pins = {0};
    for (size_t i = 0; i < sweep->entries.count && code == LUMA_OK; i += 3) {
      struct entry_found found;
      code = sorted_get(file, sweep->entries.items[i].key, sweep->entries.items[i].seq, &found,
                        &pins, NULL);
      if (code == LUMA_OK)
        assert_true(found.found && slice_is_equal(found.value, sweep->entries.items[i].value));
    }
    store_pins_release(&pins);
    if (code == LUMA_OK) code = sorted_check(file, NULL, NULL, NULL);
    sorted_release(file);
  }
  cache_destroy(disk.cache);
  return code;
}

static const struct entries_shape SWEEP_SHAPE = {40, 2, 30, 10};

static status work_in_memory(void *context) {
  struct simos *sim = simos_create(3);
  status code = work(simos_os(sim), context);
  simos_destroy(sim);
  return code;
}

static void survives_failing_memory(void) {
  struct sweep sweep = {0};
  entries_init(&sweep.entries, test_rng(), &SWEEP_SHAPE);
  assert_true(fault_sweep_alloc(work_in_memory, &sweep) > 30);
  entries_deinit(&sweep.entries);
}

static status work_on_disk(struct os *os, void *context) {
  return work(os, context);
}

static void survives_failing_disks(void) {
  struct sweep sweep = {0};
  struct simos *sim = simos_create(4);
  entries_init(&sweep.entries, test_rng(), &SWEEP_SHAPE);
  assert_true(faultos_sweep(simos_os(sim), FAULTOS_ALL, LUMA_IO_ERROR, work_on_disk, &sweep) > 10);
  assert_true(faultos_sweep(simos_os(sim), FAULTOS_ROOM, LUMA_DISK_FULL, work_on_disk, &sweep) > 3);
  simos_destroy(sim);
  entries_deinit(&sweep.entries);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"is_what_was_written", is_what_was_written, 120},
      {"every_bit_counts", every_bit_counts, 120},
      {"a_shorter_file_is_refused", a_shorter_file_is_refused, 0},
      {"another_file_is_refused", another_file_is_refused, 0},
      {"large_values_stand_apart", large_values_stand_apart, 0},
      {"the_order_is_kept", the_order_is_kept, 0},
      {"survives_failing_memory", survives_failing_memory, 120},
      {"survives_failing_disks", survives_failing_disks, 120},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
