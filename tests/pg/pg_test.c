/* SPDX-License-Identifier: MIT */
/* What is PostgreSQL's alone: who may open, keys longer than its index takes, connections that are
 * lost, what a check finds, deletions forgotten in time. */
#include "store/pg/pg.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/test.h"
#include "tests/pg/schema.h"

static struct store *open_store(void) {
  struct store *store;
  assert_ok(schema_open(NULL, &store, test_err()));
  return store;
}

static struct store_txn *begin(struct store *store) {
  struct store_txn *txn;
  assert_ok(store_begin(store, NULL, &txn, test_err()));
  return txn;
}

static void commit(struct store_txn *txn) {
  assert_ok(store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, test_err()));
}

static void put(struct store *store, const char *key, const char *value) {
  struct store_txn *txn = begin(store);
  assert_ok(store_put(txn, STORE_META, slice_of_text(key), slice_of_text(value), test_err()));
  commit(txn);
}

static bool has(struct store *store, const char *key) {
  struct store_txn *txn = begin(store);
  struct store_value found;
  struct store_pins pins = {0};
  assert_ok(store_get(txn, STORE_META, slice_of_text(key), &found, &pins, test_err()));
  store_pins_release(&pins);
  store_rollback(txn);
  return found.found;
}

/* ---- long keys ---- */

enum { LONG_KEYS = 60 };

/** Keys that differ late, early or by their length alone, of bytes that do not compress. */
static void make_key(uint8_t key[STORE_KEY_BYTES_MAX], uint32_t number, size_t *bytes) {
  static const size_t lengths[] = {1999, 2000, 2001, 2704, 4096, STORE_KEY_BYTES_MAX};
  struct rng rng;
  rng_init(&rng, 7 + number / 20);
  for (size_t i = 0; i < STORE_KEY_BYTES_MAX; i++) key[i] = (uint8_t)rng_below(&rng, 256);
  *bytes = lengths[number % 6];
  key[*bytes - 1] = (uint8_t)(number % 20);
}

static void long_keys_are_kept_apart_and_in_order(void) {
  static uint8_t key[STORE_KEY_BYTES_MAX], before[STORE_KEY_BYTES_MAX];
  static struct store_rows rows;
  struct store *store = open_store();
  struct store_txn *txn = begin(store);
  size_t bytes;
  for (uint32_t i = 0; i < LONG_KEYS; i++) {
    make_key(key, i, &bytes);
    assert_ok(
        store_put(txn, STORE_ENTRIES, slice_of(key, bytes), slice_of(&i, sizeof i), test_err()));
  }
  commit(txn);
  txn = begin(store);
  for (uint32_t i = 0; i < LONG_KEYS; i++) {
    struct store_value found;
    struct store_pins pins = {0};
    make_key(key, i, &bytes);
    assert_ok(store_get(txn, STORE_ENTRIES, slice_of(key, bytes), &found, &pins, test_err()));
    assert_true(found.found && slice_is_equal(found.value, slice_of(&i, sizeof i)));
    store_pins_release(&pins);
  }
  for (int backwards = 0; backwards <= 1; backwards++) {
    struct store_cursor *cursor;
    struct store_range all = {{0}, {0}};
    uint32_t seen = 0;
    struct slice last = {0};
    assert_ok(store_cursor_open(txn, STORE_ENTRIES, all, backwards, &cursor, test_err()));
    do {
      assert_ok(store_cursor_next(cursor, 7, &rows, test_err()));
      for (uint32_t i = 0; i < rows.count; i++, seen++) {
        int order = slice_compare(last, rows.keys[i]);
        assert_true(seen == 0 || (backwards ? order > 0 : order < 0));
        memcpy(before, rows.keys[i].data, rows.keys[i].bytes);
        last = slice_of(before, rows.keys[i].bytes);
      }
    } while (rows.count > 0);
    assert_int_equal(LONG_KEYS, seen);
    store_cursor_close(cursor);
  }
  store_rollback(txn);
  assert_ok(store_check(store, NULL, NULL, test_err()));
  store_close(store);
}

/* ---- who may open ---- */

static void one_writer_at_a_time(void) {
  struct store *store = open_store(), *other;
  struct pg_options options = {.create = true, .holder = "the other one"};
  struct err err = {0};
  assert_int_equal(LUMA_LOCKED, pg_open(os_linux(), schema_target(), &options, &other, &err));
  assert_non_null(strstr(err.message, "process "));
  options.read_only = true;
  assert_int_equal(LUMA_LOCKED, pg_open(os_linux(), schema_target(), &options, &other, &err));
  put(store, "a", "1");
  store_close(store);
  assert_ok(pg_open(os_linux(), schema_target(), &options, &store, test_err()));
  assert_ok(pg_open(os_linux(), schema_target(), &options, &other, test_err()));
  assert_true(has(store, "a") && has(other, "a"));
  struct store_txn *txn = begin(store);
  assert_ok(store_put(txn, STORE_META, slice_of_text("b"), slice_of_text("2"), test_err()));
  assert_status(LUMA_READ_ONLY, store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, test_err()));
  store_close(store);
  store_close(other);
}

/* A writer whose lock went with its connection must not go on beside the next one. */
static void a_writer_that_was_replaced_is_refused(void) {
  struct store *first = open_store();
  put(first, "a", "1");
  schema_run("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND "
             "objid = 'luma_head'::regclass::oid");
  struct store *second = open_store();
  put(second, "b", "2");
  struct store_txn *txn = begin(first);
  assert_ok(store_put(txn, STORE_META, slice_of_text("c"), slice_of_text("3"), test_err()));
  assert_status(LUMA_LOCKED, store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, test_err()));
  assert_false(has(second, "c"));
  store_close(first);
  assert_true(has(second, "b"));
  put(second, "d", "4");
  store_close(second);
}

static void what_cannot_be_opened_says_why(void) {
  struct pg_options options = {0};
  struct store *store;
  struct err err = {0};
  assert_int_equal(LUMA_NOT_FOUND, pg_open(os_linux(), schema_target(), &options, &store, &err));
  assert_int_equal(LUMA_CANNOT_OPEN, pg_open(os_linux(), "postgres://u:secret@127.0.0.1:1/x",
                                             &options, &store, &err));
  assert_null(strstr(err.message, "secret"));
  store_close(open_store());
  schema_run("UPDATE luma_head SET format = 2");
  assert_int_equal(LUMA_VERSION_TOO_NEW,
                   pg_open(os_linux(), schema_target(), &options, &store, &err));
  schema_run("DROP TABLE luma_head; CREATE TABLE luma_head (a int)");
  assert_int_equal(LUMA_NOT_A_DATABASE,
                   pg_open(os_linux(), schema_target(), &options, &store, &err));
}

/* ---- trouble ---- */

static void a_lost_connection_costs_one_transaction(void) {
  struct store *store = open_store();
  put(store, "a", "1");
  struct store_txn *txn = begin(store);
  assert_ok(store_put(txn, STORE_META, slice_of_text("b"), slice_of_text("2"), test_err()));
  schema_run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
             "'lumadb' AND pid NOT IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')");
  assert_status(LUMA_IO_ERROR, store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, test_err()));
  assert_true(has(store, "a"));
  assert_false(has(store, "b"));
  put(store, "b", "2");
  assert_true(has(store, "b"));
  store_close(store);
}

static void count_fault(void *context, const char *place, const char *what) {
  assert_true(place[0] && what[0]);
  ++*(int *)context;
}

static void expect_fault(struct store *store, const char *sql) {
  int faults = 0;
  schema_run(sql);
  assert_status(LUMA_CORRUPT, store_check(store, count_fault, &faults, test_err()));
  assert_int_equal(1, faults);
}

static void a_check_finds_what_is_wrong(void) {
  struct store *store = open_store();
  struct store_txn *txn = begin(store);
  assert_ok(store_put(txn, STORE_RECORDS, slice_of_text("r"),
                      slice_of_text("a record of some bytes"), test_err()));
  assert_ok(store_add(txn, slice_of_text("n"), 1, 0, 9, test_err()));
  assert_ok(store_emit(txn, slice_of_text("p"), test_err()));
  commit(txn);
  put(store, "k", "v");
  assert_ok(store_check(store, NULL, NULL, test_err()));
  expect_fault(store, "UPDATE luma_records SET seq = 2");
  schema_run("UPDATE luma_records SET seq = 1");
  expect_fault(store, "UPDATE luma_meta SET seq = 77");
  schema_run("UPDATE luma_meta SET seq = 2");
  expect_fault(store, "UPDATE luma_meta SET rest = 'x'");
  schema_run("UPDATE luma_meta SET rest = ''");
  expect_fault(store, "UPDATE luma_counters SET value = 'seven..'");
  schema_run("UPDATE luma_counters SET value = '12345678'");
  expect_fault(store, "UPDATE luma_feed SET seq = 3");
  store_close(store);
}

/* ---- deletions ---- */

static uint64_t rows_of(struct store *store, const char *key) {
  struct store_txn *txn = begin(store);
  uint64_t count = 0;
  struct store_value found;
  struct store_pins pins = {0};
  assert_ok(store_get(txn, STORE_META, slice_of_text(key), &found, &pins, test_err()));
  if (found.found) count = strtoull((const char *)found.value.data, NULL, 10);
  store_pins_release(&pins);
  store_rollback(txn);
  return count;
}

static void deletions_are_forgotten_when_nobody_could_conflict(void) {
  struct store *store = open_store();
  put(store, "a", "1");
  struct store_txn *held = begin(store), *txn = begin(store);
  assert_ok(store_delete(txn, STORE_META, slice_of_text("a"), test_err()));
  commit(txn);
  assert_ok(store_checkpoint(store, test_err()));
  assert_ok(store_put(held, STORE_META, slice_of_text("a"), slice_of_text("2"), test_err()));
  assert_status(LUMA_CONFLICT, store_commit(held, STORE_SYNC_DEFAULT, NULL, NULL, test_err()));
  schema_run(
      "INSERT INTO luma_meta SELECT 'count', '', '', count(*)::text::bytea, 1 FROM luma_meta "
      "WHERE value IS NULL");
  assert_int_equal(1, rows_of(store, "count"));
  assert_ok(store_checkpoint(store, test_err()));
  schema_run(
      "UPDATE luma_meta SET value = (SELECT count(*)::text::bytea FROM luma_meta WHERE value "
      "IS NULL) WHERE key = 'count'");
  assert_int_equal(0, rows_of(store, "count"));
  store_close(store);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"long_keys_are_kept_apart_and_in_order", long_keys_are_kept_apart_and_in_order, 120},
      {"one_writer_at_a_time", one_writer_at_a_time, 120},
      {"a_writer_that_was_replaced_is_refused", a_writer_that_was_replaced_is_refused, 120},
      {"what_cannot_be_opened_says_why", what_cannot_be_opened_says_why, 120},
      {"a_lost_connection_costs_one_transaction", a_lost_connection_costs_one_transaction, 120},
      {"a_check_finds_what_is_wrong", a_check_finds_what_is_wrong, 120},
      {"deletions_are_forgotten_when_nobody_could_conflict",
       deletions_are_forgotten_when_nobody_could_conflict, 120},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
