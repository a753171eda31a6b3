/* SPDX-License-Identifier: MIT */
/* Blocks: built, searched and read back; and nothing that is not a block passes the check. */
#include "base/mem/mem.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"
#include "tests/unit/store/entries.h"

enum { BYTES_MAX = 1 << 22 };

static void build(const struct entries *entries, struct buf *raw) {
  struct block_builder builder;
  block_builder_init(&builder);
  buf_init(raw, BYTES_MAX);
  for (size_t i = 0; i < entries->count; i++) {
    const struct lsm_entry *entry = &entries->items[i];
    enum block_kind kind = entry->kind == ENTRY_PUT ? BLOCK_PUT : BLOCK_DELETE;
    assert_ok(block_builder_add(&builder, entry->key, entry->seq, kind, entry->value, test_err()));
  }
  size_t bytes = block_builder_bytes(&builder);
  assert_ok(block_builder_finish(&builder, raw, test_err()));
  assert_int_equal(bytes, raw->bytes);
  assert_int_equal(0, block_builder_bytes(&builder));
  block_builder_deinit(&builder);
}

static void expect_entries(const struct block_view *view, const struct entries *entries) {
  bool unique = true, all_put = true;
  assert_int_equal(entries->count, view->count);
  for (uint32_t i = 0; i < view->count; i++) {
    const struct lsm_entry *entry = &entries->items[i];
    assert_true(slice_is_equal(entry->key, block_key(view, i)));
    assert_true(slice_is_equal(entry->value, block_value(view, i)));
    assert_int_equal(entry->seq, block_seq(view, i));
    assert_int_equal(entry->kind == ENTRY_PUT ? BLOCK_PUT : BLOCK_DELETE, block_kind_of(view, i));
    if (i > 0 && slice_is_equal(entries->items[i - 1].key, entry->key)) unique = false;
    if (entry->kind == ENTRY_DELETE) all_put = false;
  }
  assert_int_equal(unique, (view->flags & BLOCK_UNIQUE_KEYS) != 0);
  assert_int_equal(all_put, (view->flags & BLOCK_ALL_PUT) != 0);
}

static void expect_seek(const struct block_view *view, const struct entries *entries,
                        struct slice key, uint64_t seq) {
  uint32_t at = 0;
  while (at < entries->count &&
         entry_compare(entries->items[at].key, entries->items[at].seq, key, seq) < 0)
    at++;
  assert_int_equal(at, block_seek(view, key, seq));
}

static void check_seeks(const struct block_view *view, const struct entries *entries) {
  for (int i = 0; i < 100; i++) {
    const struct lsm_entry *entry = &entries->items[rng_below(test_rng(), entries->count)];
    uint8_t room[200];
    memcpy(room, entry->key.data, entry->key.bytes);
    room[entry->key.bytes] = (uint8_t)rng_below(test_rng(), 2);
    struct slice longer = slice_of(room, entry->key.bytes + 1);
    struct slice shorter = slice_of(entry->key.data, rng_below(test_rng(), entry->key.bytes + 1));
    expect_seek(view, entries, entry->key, entry->seq);
    expect_seek(view, entries, entry->key, entry->seq - 1);
    expect_seek(view, entries, entry->key, entry->seq + 1);
    expect_seek(view, entries, entry->key, UINT64_MAX);
    expect_seek(view, entries, longer, UINT64_MAX);
    expect_seek(view, entries, shorter, entry->seq);
  }
}

static void check_seeks_together(const struct block_view *view, const struct entries *entries) {
  struct block_search searches[BLOCK_TOGETHER];
  for (int round = 0; round < 20; round++) {
    uint32_t count = (uint32_t)rng_below(test_rng(), BLOCK_TOGETHER + 1);
    for (uint32_t i = 0; i < count; i++) {
      struct slice key = entries->items[rng_below(test_rng(), entries->count)].key;
      if (rng_below(test_rng(), 3) == 0) key.bytes = rng_below(test_rng(), key.bytes + 1);
      searches[i] = (struct block_search){view, key, UINT32_MAX};
    }
    block_seek_many(searches, count);
    for (uint32_t i = 0; i < count; i++)
      assert_int_equal(block_seek(view, searches[i].key, UINT64_MAX), searches[i].index);
  }
}

static const struct entries_shape SHAPES[] = {
    {1, 1, 10, 0}, {3, 300, 5, 0}, {200, 3, 40, 0}, {50, 1, 100, 0}};
enum { SHAPES_COUNT = sizeof SHAPES / sizeof SHAPES[0] };

static void reads_what_was_built(void) {
  for (size_t round = 0; round < test_rounds(40); round++) {
    struct entries entries;
    struct buf raw;
    struct block_view view;
    entries_init(&entries, test_rng(), &SHAPES[round % SHAPES_COUNT]);
    build(&entries, &raw);
    assert_ok(block_check(buf_slice(&raw), test_err()));
    block_view_init(&view, raw.data);
    expect_entries(&view, &entries);
    check_seeks(&view, &entries);
    check_seeks_together(&view, &entries);
    buf_deinit(&raw);
    entries_deinit(&entries);
  }
}

/* Reads all of a block that passed the check, as code that trusts it does. */
static uint64_t touch(const uint8_t *bytes) {
  struct block_view view;
  uint64_t sum = 0;
  block_view_init(&view, bytes);
  for (uint32_t i = 0; i < view.count; i++) {
    struct slice key = block_key(&view, i), value = block_value(&view, i);
    for (size_t at = 0; at < key.bytes; at++) sum += key.data[at];
    for (size_t at = 0; at < value.bytes; at++) sum += value.data[at];
    assert_int_equal(i, block_seek(&view, key, block_seq(&view, i)));
  }
  return sum;
}

/* Changed in one to three places the block is refused, or is another block that can be read. Its
 * own memory, to its last byte. */
static void damage_is_refused_or_harmless(void) {
  struct entries entries;
  struct buf raw;
  entries_init(&entries, test_rng(), &SHAPES[2]);
  build(&entries, &raw);
  uint64_t refused = 0;
  for (size_t round = 0; round < test_rounds(20000); round++) {
    size_t bytes = rng_below(test_rng(), 20) ? raw.bytes : rng_below(test_rng(), raw.bytes);
    uint8_t *damaged = mem_alloc(bytes ? bytes : 1);
    assert_non_null(damaged);
    memcpy(damaged, raw.data, bytes);
    size_t reach = rng_below(test_rng(), 2) ? 64 : bytes;
    for (uint64_t i = rng_below(test_rng(), 3); bytes > 0; i--) {
      damaged[rng_below(test_rng(), reach < bytes ? reach : bytes)] = (uint8_t)rng_next(test_rng());
      if (i == 0) break;
    }
    if (block_check(slice_of(damaged, bytes), NULL) == LUMA_OK)
      touch(damaged);
    else
      refused++;
    mem_free(damaged);
  }
  assert_true(refused > test_rounds(20000) / 4);
  buf_deinit(&raw);
  entries_deinit(&entries);
}

static void packs_and_unpacks(void) {
  for (size_t round = 0; round < test_rounds(200); round++) {
    uint8_t data[3000], back[3000], bytes[BLOCK_HANDLE_BYTES];
    size_t count = rng_below(test_rng(), sizeof data);
    rng_fill(test_rng(), data, count);
    if (round % 2) memset(data, 7, count);
    struct buf out;
    struct block_handle handle = {.offset = 12345}, decoded;
    buf_init(&out, BYTES_MAX);
    buf_append_text(&out, "before");
    assert_ok(block_pack(slice_of(data, count), round % 3 ? BLOCK_LZ4 : BLOCK_NONE, &out, &handle,
                         test_err()));
    struct slice stored = slice_of(out.data + 6, out.bytes - 6);
    block_handle_encode(&handle, bytes);
    assert_true(block_handle_decode(slice_of(bytes, sizeof bytes), &decoded));
    assert_int_equal(12345, decoded.offset);
    assert_int_equal(count, decoded.raw_bytes);
    assert_ok(block_unpack(&decoded, stored, back, test_err()));
    assert_memory_equal(data, back, count);
    if (round % 2 && round % 3 && count > 100) assert_true(stored.bytes < count / 4);
    if (stored.bytes > 0) {
      out.data[6 + rng_below(test_rng(), stored.bytes)] ^=
          (uint8_t)(1 + rng_below(test_rng(), 255));
      assert_status(LUMA_CORRUPT, block_unpack(&decoded, stored, back, test_err()));
    }
    assert_status(LUMA_CORRUPT, block_unpack(&decoded, slice_of(stored.data, stored.bytes + 1),
                                             back, test_err()));
    buf_deinit(&out);
  }
}

static void knows_wrong_handles(void) {
  struct block_handle handle = {
      .offset = 1, .stored_bytes = 10, .raw_bytes = 11, .codec = BLOCK_NONE};
  uint8_t bytes[BLOCK_HANDLE_BYTES];
  block_handle_encode(&handle, bytes);
  assert_false(block_handle_decode(slice_of(bytes, sizeof bytes), &handle));
  assert_false(block_handle_decode(slice_of(bytes, sizeof bytes - 1), &handle));
  bytes[20] = 9;
  assert_false(block_handle_decode(slice_of(bytes, sizeof bytes), &handle));
}

static status build_failing(void *context) {
  const struct entries *entries = context;
  struct block_builder builder;
  struct buf raw, packed;
  struct block_handle handle;
  block_builder_init(&builder);
  buf_init(&raw, BYTES_MAX);
  buf_init(&packed, BYTES_MAX);
  status code = LUMA_OK;
  for (size_t i = 0; i < entries->count && code == LUMA_OK; i++)
    code = block_builder_add(&builder, entries->items[i].key, entries->items[i].seq, BLOCK_PUT,
                             entries->items[i].value, NULL);
  if (code == LUMA_OK) code = block_builder_finish(&builder, &raw, NULL);
  if (code == LUMA_OK) code = block_pack(buf_slice(&raw), BLOCK_LZ4, &packed, &handle, NULL);
  block_builder_deinit(&builder);
  buf_deinit(&raw);
  buf_deinit(&packed);
  return code;
}

static void survives_failing_memory(void) {
  struct entries entries;
  entries_init(&entries, test_rng(), &SHAPES[2]);
  assert_true(fault_sweep_alloc(build_failing, &entries) > 5);
  entries_deinit(&entries);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"reads_what_was_built", reads_what_was_built, 0},
      {"damage_is_refused_or_harmless", damage_is_refused_or_harmless, 120},
      {"packs_and_unpacks", packs_and_unpacks, 0},
      {"knows_wrong_handles", knows_wrong_handles, 0},
      {"survives_failing_memory", survives_failing_memory, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
