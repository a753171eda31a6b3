/* SPDX-License-Identifier: MIT */
/* Cursors: ranges, both ways, own writes merged in, jumps, rows that outlive a step. */
#include <stdio.h>

#include "tests/unit/store/conformance_int.h"

static struct store *open_letters(void) {
  struct store *store = open_store();
  struct store_txn *txn = begin(store);
  put(txn, ENTRIES, "b", "1");
  put(txn, ENTRIES, "d", "2");
  put(txn, ENTRIES, "f", "3");
  put(txn, ENTRIES, "h", "4");
  commit(txn);
  return store;
}

static void ranges_are_half_open(void) {
  struct store *store = open_letters();
  struct store_txn *txn = begin(store);
  for (uint32_t step = 1; step <= 5; step++) {
    expect_rows(txn, ENTRIES, "b", "f", false, step, "b=1 d=2");
    expect_rows(txn, ENTRIES, "b", "f", true, step, "d=2 b=1");
    expect_rows(txn, ENTRIES, "c", "g", false, step, "d=2 f=3");
    expect_rows(txn, ENTRIES, "c", "g", true, step, "f=3 d=2");
    expect_rows(txn, ENTRIES, "e", "", false, step, "f=3 h=4");
    expect_rows(txn, ENTRIES, "e", "", true, step, "h=4 f=3");
    expect_rows(txn, ENTRIES, "", "c", false, step, "b=1");
    expect_rows(txn, ENTRIES, "", "c", true, step, "b=1");
    expect_rows(txn, ENTRIES, "d", "d", false, step, "");
    expect_rows(txn, ENTRIES, "f", "b", false, step, "");
    expect_rows(txn, ENTRIES, "f", "b", true, step, "");
    expect_rows(txn, ENTRIES, "i", "", false, step, "");
    expect_rows(txn, ENTRIES, "", "b", true, step, "");
  }
  store_rollback(txn);
  close_store(store);
}

static void keys_are_in_byte_order(void) {
  struct store *store = open_store();
  struct store_txn *txn = begin(store);
  put(txn, META, "\xff\xff", "7");
  put(txn, META, "a", "2");
  put(txn, META, "\xff", "6");
  put(txn, META, "aa", "3");
  put(txn, META, "\x80", "5");
  put(txn, META, "\x01", "1");
  put(txn, META, "b", "4");
  const char *ordered = "\x01=1 a=2 aa=3 b=4 \x80=5 \xff=6 \xff\xff=7";
  expect_space(txn, META, ordered);
  commit(txn);
  expect_now(store, META, ordered);
  close_store(store);
}

static void own_writes_are_merged_in(void) {
  struct store *store = open_letters();
  struct store_txn *txn = begin(store);
  put(txn, ENTRIES, "a", "+");
  put(txn, ENTRIES, "d", "*");
  delete_key(txn, ENTRIES, "f");
  put(txn, ENTRIES, "g", "+");
  delete_key(txn, ENTRIES, "not there");
  put(txn, ENTRIES, "z", "+");
  expect_space(txn, ENTRIES, "a=+ b=1 d=* g=+ h=4 z=+");
  expect_rows(txn, ENTRIES, "b", "g", true, 1, "d=* b=1");
  expect_now(store, ENTRIES, "b=1 d=2 f=3 h=4");
  delete_key(txn, ENTRIES, "a");
  delete_key(txn, ENTRIES, "z");
  expect_space(txn, ENTRIES, "b=1 d=* g=+ h=4");
  commit(txn);
  expect_now(store, ENTRIES, "b=1 d=* g=+ h=4");
  close_store(store);
}

static void spaces_lie_apart(void) {
  struct store *store = open_store();
  struct store_txn *txn = begin(store);
  put(txn, META, "k", "meta");
  put(txn, RECORDS, "k", "a record of some bytes");
  put(txn, ENTRIES, "k", "entry");
  add(txn, "k", 5);
  commit(txn);
  txn = begin(store);
  expect_space(txn, META, "k=meta");
  expect_space(txn, ENTRIES, "k=entry");
  expect_count(txn, "k", 5);
  delete_keys(txn, ENTRIES, "", "");
  expect_space(txn, META, "k=meta");
  expect_space(txn, ENTRIES, "");
  expect_count(txn, "k", 5);
  commit(txn);
  close_store(store);
}

static void a_seek_jumps_in_the_direction_of_the_cursor(void) {
  struct store *store = open_letters();
  struct store_txn *txn = begin(store);
  put(txn, ENTRIES, "e", "own");
  struct store_cursor *cursor = open_cursor(txn, ENTRIES, "", "", false);
  assert_string_equal("b=1", next_rows(cursor, 1));
  assert_ok(store_cursor_seek(cursor, text("e"), test_err()));
  assert_string_equal("e=own f=3", next_rows(cursor, 2));
  assert_ok(store_cursor_seek(cursor, text("a"), test_err())); /* behind: stays where it is */
  assert_string_equal("h=4", next_rows(cursor, 2));
  store_cursor_close(cursor);
  cursor = open_cursor(txn, ENTRIES, "c", "", true);
  assert_ok(store_cursor_seek(cursor, text("g"), test_err()));
  assert_string_equal("f=3", next_rows(cursor, 1));
  assert_ok(store_cursor_seek(cursor, text("d"), test_err()));
  assert_string_equal("d=2", next_rows(cursor, 1));
  assert_ok(store_cursor_seek(cursor, text("a"), test_err()));
  assert_string_equal("", next_rows(cursor, 5));
  store_cursor_close(cursor);
  store_rollback(txn);
  close_store(store);
}

static void a_seek_does_not_leave_the_range(void) {
  struct store *store = open_letters();
  struct store_txn *txn = begin(store);
  struct store_cursor *cursor = open_cursor(txn, ENTRIES, "c", "g", false);
  assert_ok(store_cursor_seek(cursor, text("a"), test_err()));
  assert_string_equal("d=2", next_rows(cursor, 1));
  assert_ok(store_cursor_seek(cursor, text("h"), test_err()));
  assert_string_equal("", next_rows(cursor, 1));
  assert_string_equal("", next_rows(cursor, 1));
  store_cursor_close(cursor);
  cursor = open_cursor(txn, ENTRIES, "c", "g", true);
  assert_ok(store_cursor_seek(cursor, text("z"), test_err()));
  assert_string_equal("f=3 d=2", next_rows(cursor, 9));
  store_cursor_close(cursor);
  store_rollback(txn);
  close_store(store);
}

/* The rows of some ranges, in steps of `max`, all behind one another. */
static const char *picked_rows(struct store_txn *txn, const struct store_range *ranges,
                               uint32_t count, uint32_t max) {
  static char out[400];
  struct store_range all = {ranges[0].from, ranges[count - 1].to};
  struct store_cursor *cursor;
  struct store_pick pick = {.ranges = ranges, .count = count};
  struct store_rows *rows = rows_room();
  size_t bytes = 0;
  assert_ok(store_cursor_open(txn, STORE_ENTRIES, all, false, &cursor, test_err()));
  out[0] = 0;
  do {
    assert_ok(store_cursor_pick(cursor, &pick, max, rows, test_err()));
    assert_true(rows->count <= max);
    for (uint32_t i = 0; i < rows->count; i++)
      bytes += (size_t)snprintf(out + bytes, sizeof out - bytes, "%.*s=%.*s ",
                                SLICE_ARG(rows->keys[i]), SLICE_ARG(rows->values[i]));
  } while (rows->count > 0);
  assert_ok(store_cursor_pick(cursor, &pick, max, rows, test_err()));
  assert_int_equal(0, rows->count);
  store_cursor_close(cursor);
  return out;
}

static struct store_range between(const char *from, const char *to) {
  return (struct store_range){text(from), text(to)};
}

static void ranges_are_picked_in_one_walk(void) {
  struct store *store = open_letters();
  struct store_txn *txn = begin(store);
  put(txn, ENTRIES, "e", "own");
  put(txn, ENTRIES, "ee", "own");
  delete_key(txn, ENTRIES, "f");
  struct store_range ranges[] = {between("a", "aa"),  between("b", "c"),  between("d", "dd"),
                                 between("dd", "ee"), between("ef", "g"), between("h", "")};
  for (uint32_t max = 1; max <= 4; max++) {
    assert_string_equal("b=1 d=2 e=own h=4 ", picked_rows(txn, ranges, 6, max));
    assert_string_equal("b=1 d=2 e=own ", picked_rows(txn, ranges, 5, max));
    assert_string_equal("", picked_rows(txn, ranges, 1, max));
    assert_string_equal("", picked_rows(txn, ranges + 4, 1, max));
  }
  store_rollback(txn);
  close_store(store);
}

/* Some hundred ranges of a few rows each in what memory and files hold together. */
static void many_ranges_are_picked(void) {
  enum { ROWS = 3000, RANGES = 500 };
  static char keys[2 * RANGES][16];
  static struct store_range ranges[RANGES];
  struct store *store = open_store();
  for (int batch = 0; batch < 3; batch++) {
    struct store_txn *txn = begin(store);
    char key[16];
    for (int i = batch; i < ROWS; i += 3) {
      snprintf(key, sizeof key, "%06d", i);
      put(txn, ENTRIES, key, key);
    }
    commit(txn);
    if (batch < 2) assert_ok(store_checkpoint(store, test_err()));
  }
  for (int i = 0; i < RANGES; i++) { /* rows 6i + 1 to 6i + 3, or 6i + 1 alone */
    snprintf(keys[2 * i], sizeof keys[0], "%06d", 6 * i + 1);
    snprintf(keys[2 * i + 1], sizeof keys[0], "%06d", 6 * i + (i % 2 ? 4 : 2));
    ranges[i] = between(keys[2 * i], keys[2 * i + 1]);
  }
  struct store_txn *txn = begin_read_only(store);
  struct store_rows *rows = rows_room();
  for (uint32_t max = 1; max <= STORE_BATCH_MAX; max = max * 5 + 2) {
    struct store_range all = {ranges[0].from, ranges[RANGES - 1].to};
    struct store_cursor *cursor;
    struct store_pick pick = {.ranges = ranges, .count = RANGES};
    assert_ok(store_cursor_open(txn, STORE_ENTRIES, all, false, &cursor, test_err()));
    int seen = 0;
    do {
      assert_ok(store_cursor_pick(cursor, &pick, max, rows, test_err()));
      for (uint32_t i = 0; i < rows->count; i++, seen++) {
        char key[16];
        int pair = seen / 4, within = seen % 4; /* an even range has one row, an odd one three */
        snprintf(key, sizeof key, "%06d", within ? 12 * pair + 6 + within : 12 * pair + 1);
        assert_true(slice_is_equal(text(key), rows->keys[i]));
        assert_true(slice_is_equal(text(key), rows->values[i]));
      }
    } while (rows->count > 0);
    assert_int_equal(2 * RANGES, seen);
    store_cursor_close(cursor);
  }
  store_rollback(txn);
  close_store(store);
}

static void kept_rows_outlive_the_next_steps(void) {
  struct store *store = open_letters();
  struct store_txn *txn = begin(store);
  put(txn, ENTRIES, "a", "own");
  struct store_cursor *cursor = open_cursor(txn, ENTRIES, "", "", false);
  struct store_pins pins = {0};
  struct store_rows *rows = rows_room();
  struct slice keys[5], values[5];
  for (int i = 0; i < 5; i++) {
    assert_ok(store_cursor_next(cursor, 1, rows, test_err()));
    assert_int_equal(1, rows->count);
    keys[i] = rows->keys[0];
    values[i] = rows->values[0];
    assert_ok(store_cursor_keep(cursor, &pins, test_err()));
  }
  store_cursor_close(cursor);
  put(txn, ENTRIES, "a", "changed");
  for (int i = 0; i < 300; i++) set(store, ENTRIES, "b", "makes-the-store-move");
  assert_ok(store_checkpoint(store, test_err()));
  assert_ok(store_compact(store, test_err()));
  const char *expected[] = {"a=own", "b=1", "d=2", "f=3", "h=4"};
  for (int i = 0; i < 5; i++) {
    char row[16];
    snprintf(row, sizeof row, "%.*s=%.*s", SLICE_ARG(keys[i]), SLICE_ARG(values[i]));
    assert_string_equal(expected[i], row);
  }
  store_pins_release(&pins);
  store_rollback(txn);
  close_store(store);
}

static void cursors_of_one_transaction_do_not_disturb_each_other(void) {
  struct store *store = open_letters();
  struct store_txn *txn = begin(store);
  struct store_cursor *up = open_cursor(txn, ENTRIES, "", "", false);
  struct store_cursor *down = open_cursor(txn, ENTRIES, "", "", true);
  assert_string_equal("b=1", next_rows(up, 1));
  assert_string_equal("h=4", next_rows(down, 1));
  assert_string_equal("d=2", next_rows(up, 1));
  expect_key(txn, ENTRIES, "f", "3");
  assert_string_equal("f=3 d=2", next_rows(down, 2));
  assert_string_equal("f=3 h=4", next_rows(up, 2));
  store_cursor_close(up);
  assert_string_equal("b=1", next_rows(down, 2));
  store_cursor_close(down);
  store_rollback(txn);
  close_store(store);
}

static void many_rows_come_in_batches(void) {
  enum { ROWS = 5000 };
  struct store *store = open_store();
  char key[16];
  for (int batch = 0; batch < 10; batch++) {
    struct store_txn *txn = begin(store);
    for (int i = batch; i < ROWS; i += 10) {
      snprintf(key, sizeof key, "%06d", i);
      put(txn, ENTRIES, key, key);
    }
    commit(txn);
  }
  struct store_txn *txn = begin(store);
  struct store_rows *rows = rows_room();
  for (int backwards = 0; backwards <= 1; backwards++) {
    struct store_cursor *cursor = open_cursor(txn, ENTRIES, "", "", backwards);
    int seen = 0;
    do {
      assert_ok(store_cursor_next(cursor, STORE_BATCH_MAX, rows, test_err()));
      for (uint32_t i = 0; i < rows->count; i++, seen++) {
        snprintf(key, sizeof key, "%06d", backwards ? ROWS - 1 - seen : seen);
        assert_true(slice_is_equal(text(key), rows->keys[i]));
        assert_true(slice_is_equal(text(key), rows->values[i]));
      }
    } while (rows->count > 0);
    assert_int_equal(ROWS, seen);
    store_cursor_close(cursor);
  }
  store_rollback(txn);
  close_store(store);
}

static void a_range_of_deleted_rows_is_empty(void) {
  enum { ROWS = 1500 };
  struct store *store = open_store();
  char key[16];
  struct store_txn *txn = begin(store);
  for (int i = 0; i < ROWS; i++) {
    snprintf(key, sizeof key, "%06d", i);
    put(txn, ENTRIES, key, "x");
  }
  put(txn, ENTRIES, "a", "left");
  commit(txn);
  struct store_txn *held = begin_read_only(store);
  txn = begin(store);
  for (int i = 0; i < ROWS; i++) {
    snprintf(key, sizeof key, "%06d", i);
    delete_key(txn, ENTRIES, key);
  }
  commit(txn);
  expect_now(store, ENTRIES, "a=left");
  expect_key(held, ENTRIES, "000777", "x");
  store_rollback(held);
  expect_now(store, ENTRIES, "a=left");
  close_store(store);
}

static const struct test_case cases[] = {
    {"ranges_are_half_open", ranges_are_half_open, 0},
    {"keys_are_in_byte_order", keys_are_in_byte_order, 0},
    {"own_writes_are_merged_in", own_writes_are_merged_in, 0},
    {"spaces_lie_apart", spaces_lie_apart, 0},
    {"a_seek_jumps_in_the_direction_of_the_cursor", a_seek_jumps_in_the_direction_of_the_cursor, 0},
    {"a_seek_does_not_leave_the_range", a_seek_does_not_leave_the_range, 0},
    {"ranges_are_picked_in_one_walk", ranges_are_picked_in_one_walk, 0},
    {"many_ranges_are_picked", many_ranges_are_picked, 0},
    {"kept_rows_outlive_the_next_steps", kept_rows_outlive_the_next_steps, 0},
    {"cursors_of_one_transaction_do_not_disturb_each_other",
     cursors_of_one_transaction_do_not_disturb_each_other, 0},
    {"many_rows_come_in_batches", many_rows_come_in_batches, 0},
    {"a_range_of_deleted_rows_is_empty", a_range_of_deleted_rows_is_empty, 0},
};

struct conformance_cases conformance_cursors(void) {
  return (struct conformance_cases){cases, sizeof cases / sizeof cases[0]};
}
