/* SPDX-License-Identifier: MIT */
/* The suite's main, and the words its scripts are written in. */
#include "tests/unit/store/conformance.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/store/conformance_int.h"

enum { CASES_MAX = 128, ROWS_TEXT_BYTES = 1 << 16 };

/* The one thing the cases of a run share: cases take no arguments. */
static const struct conformance_target *the_target;

const struct conformance_target *conformance_target(void) {
  return the_target;
}

int conformance_main(int argc, char **argv, const struct conformance_target *target) {
  the_target = target;
  const struct conformance_cases parts[] = {
      conformance_reads(),     conformance_cursors(),   conformance_writes(),
      conformance_conflicts(), conformance_isolation(), conformance_counters(),
      conformance_feed(),      conformance_whole(),     conformance_threads()};
  static struct test_case cases[CASES_MAX];
  size_t count = 0;
  for (size_t part = 0; part < sizeof parts / sizeof parts[0]; part++) {
    for (size_t i = 0; i < parts[part].count; i++) cases[count++] = parts[part].items[i];
  }
  return test_main(argc, argv, cases, count);
}

/* ---- stores and transactions ---- */

struct store *open_store_heard(const struct store_listener *listener) {
  struct store *store = NULL;
  assert_ok(the_target->open(listener, &store, test_err()));
  return store;
}

struct store *open_store(void) {
  static const struct store_listener nobody;
  return open_store_heard(&nobody);
}

static void tell_fault(void *context, const char *place, const char *what) {
  (void)context;
  fprintf(stderr, "fault: %s %s\n", place, what);
}

void close_store(struct store *store) {
  assert_ok(store_check(store, tell_fault, NULL, test_err()));
  store_close(store);
}

struct store *reopen_store(struct store *store) {
  if (!the_target->is_kept) return store;
  close_store(store);
  return open_store();
}

static struct store_txn *begin_with(struct store *store,
                                    const struct store_begin_options *options) {
  struct store_txn *txn = NULL;
  assert_ok(store_begin(store, options, &txn, test_err()));
  return txn;
}

struct store_txn *begin(struct store *store) {
  return begin_with(store, NULL);
}

struct store_txn *begin_serializable(struct store *store) {
  struct store_begin_options options = {.isolation = STORE_SERIALIZABLE};
  return begin_with(store, &options);
}

struct store_txn *begin_read_only(struct store *store) {
  struct store_begin_options options = {.read_only = true};
  return begin_with(store, &options);
}

store_seq commit(struct store_txn *txn) {
  store_seq seq = 0;
  assert_ok(store_commit(txn, STORE_SYNC_DEFAULT, NULL, &seq, test_err()));
  return seq;
}

void commit_fails(struct store_txn *txn, status expected) {
  assert_status(expected, store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, test_err()));
}

/* ---- writes ---- */

struct slice text(const char *s) {
  return slice_of_text(s);
}

void put(struct store_txn *txn, int space, const char *key, const char *value) {
  assert_ok(store_put(txn, (enum store_space)space, text(key), text(value), test_err()));
}

void delete_key(struct store_txn *txn, int space, const char *key) {
  assert_ok(store_delete(txn, (enum store_space)space, text(key), test_err()));
}

void delete_keys(struct store_txn *txn, int space, const char *from, const char *to) {
  struct store_range range = {text(from), text(to)};
  assert_ok(store_delete_range(txn, (enum store_space)space, range, test_err()));
}

void add(struct store_txn *txn, const char *key, int64_t delta) {
  assert_ok(store_add(txn, text(key), delta, INT64_MIN, INT64_MAX, test_err()));
}

void emit(struct store_txn *txn, const char *payload) {
  assert_ok(store_emit(txn, text(payload), test_err()));
}

uint64_t savepoint(struct store_txn *txn) {
  uint64_t mark = 0;
  assert_ok(store_savepoint(txn, &mark, test_err()));
  return mark;
}

store_seq set(struct store *store, int space, const char *key, const char *value) {
  struct store_txn *txn = begin(store);
  put(txn, space, key, value);
  return commit(txn);
}

store_seq unset(struct store *store, int space, const char *key) {
  struct store_txn *txn = begin(store);
  delete_key(txn, space, key);
  return commit(txn);
}

/* ---- reads ---- */

void expect_key(struct store_txn *txn, int space, const char *key, const char *value) {
  struct store_value found;
  struct store_pins pins = {0};
  assert_ok(store_get(txn, (enum store_space)space, text(key), &found, &pins, test_err()));
  if (found.found != (value != NULL)) {
    fail_msg("`%s` is %s", key, found.found ? "there" : "missing");
  }
  if (value) {
    assert_int_equal(strlen(value), found.value.bytes);
    assert_memory_equal(value, found.value.data, found.value.bytes);
  }
  store_pins_release(&pins);
}

void expect_count(struct store_txn *txn, const char *key, int64_t value) {
  int64_t found = 0;
  assert_ok(store_count(txn, text(key), &found, test_err()));
  assert_int_equal(value, found);
}

struct store_rows *rows_room(void) {
  static struct store_rows rows;
  return &rows;
}

struct store_cursor *open_cursor(struct store_txn *txn, int space, const char *from, const char *to,
                                 bool backwards) {
  struct store_cursor *cursor = NULL;
  struct store_range range = {text(from), text(to)};
  assert_ok(store_cursor_open(txn, (enum store_space)space, range, backwards, &cursor, test_err()));
  return cursor;
}

static void append_rows(char *out, const struct store_rows *rows) {
  size_t at = strlen(out);
  for (uint32_t i = 0; i < rows->count; i++) {
    at += (size_t)snprintf(out + at, ROWS_TEXT_BYTES - at, "%s%.*s=%.*s", at ? " " : "",
                           SLICE_ARG(rows->keys[i]), SLICE_ARG(rows->values[i]));
    assert_true(at < ROWS_TEXT_BYTES);
  }
}

const char *next_rows(struct store_cursor *cursor, uint32_t max) {
  static char out[ROWS_TEXT_BYTES];
  struct store_rows *rows = rows_room();
  assert_ok(store_cursor_next(cursor, max, rows, test_err()));
  assert_true(rows->count <= max);
  out[0] = 0;
  append_rows(out, rows);
  return out;
}

void expect_rows(struct store_txn *txn, int space, const char *from, const char *to, bool backwards,
                 uint32_t step, const char *expected) {
  static char out[ROWS_TEXT_BYTES];
  out[0] = 0;
  struct store_rows *rows = rows_room();
  struct store_cursor *cursor = open_cursor(txn, space, from, to, backwards);
  do {
    assert_ok(store_cursor_next(cursor, step, rows, test_err()));
    append_rows(out, rows);
  } while (rows->count > 0);
  store_cursor_close(cursor);
  assert_string_equal(expected, out);
}

/* "a=1 b=2" to "b=2 a=1". */
static const char *reversed(const char *rows) {
  static char out[ROWS_TEXT_BYTES];
  size_t at = 0;
  for (const char *end = rows + strlen(rows); end > rows;) {
    const char *start = end;
    while (start > rows && start[-1] != ' ') start--;
    at += (size_t)snprintf(out + at, sizeof out - at, "%s%.*s", at ? " " : "", (int)(end - start),
                           start);
    end = start > rows ? start - 1 : start;
  }
  out[at] = 0;
  return out;
}

void expect_space(struct store_txn *txn, int space, const char *rows) {
  static const uint32_t steps[] = {1, 2, 3, STORE_BATCH_MAX};
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    expect_rows(txn, space, "", "", false, steps[i], rows);
    expect_rows(txn, space, "", "", true, steps[i], reversed(rows));
  }
}

void expect_now(struct store *store, int space, const char *rows) {
  struct store_txn *txn = begin_read_only(store);
  expect_space(txn, space, rows);
  store_rollback(txn);
}
