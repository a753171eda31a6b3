/* SPDX-License-Identifier: MIT */
/* The feed of transactions that change much, go back to savepoints, and are trimmed: it tells each
 * change once, with what was there and what is there, and nothing that was undone. */
#include <stdio.h>

#include "base/mem/mem.h"
#include "tests/unit/model/fixture.h"

enum { DOCUMENTS = 3000, ROUNDS = 12 };

static struct val numbered(struct fixture *fixture, uint32_t key, uint32_t n) {
  char json[64];
  snprintf(json, sizeof json, "{\"id\":%u,\"n\":%u}", key, n);
  return fixture_json(fixture, json);
}

static int64_t int_of(const struct val *document, const char *name) {
  struct val value = val_field(document, slice_of_text(name));
  assert_true(value.type == VAL_INT64 || value.type == VAL_INT32);
  return value.integer;
}

static void insert_range(struct fixture *fixture, struct model_txn *txn, uint32_t from,
                         uint32_t to) {
  for (uint32_t i = from; i < to; i++) assert_ok(fixture_insert(txn, "a", numbered(fixture, i, 0)));
}

static void replace(struct fixture *fixture, struct model_txn *txn, uint32_t key, uint32_t n) {
  struct store_pins pins = {0};
  struct val fresh = numbered(fixture, key, n);
  struct doc old = fixture_get(txn, "a", key, &pins);
  assert_non_null(old.data);
  assert_ok(model_replace(txn, fixture_find(txn, "a"), &old, &fresh, test_err()));
  store_pins_release(&pins);
}

static void replace_range(struct fixture *fixture, struct model_txn *txn, uint32_t from,
                          uint32_t to, uint32_t n) {
  for (uint32_t i = from; i < to; i++) replace(fixture, txn, i, n);
}

static void commit(struct model_txn *txn) {
  assert_ok(model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
}

/* Reads on from `feed` until it has nothing more; `count` changes in all, told to `each`. */
static uint32_t read_all(struct fixture *fixture, struct model_feed *feed,
                         void (*each)(const struct model_change *change, uint32_t nth)) {
  uint32_t count = 0;
  struct arena arena;
  arena_init(&arena, 0, 0);
  for (;;) {
    assert_ok(model_feed_read(fixture->model, feed, 7, &arena, test_err()));
    if (feed->count == 0) break;
    for (uint32_t i = 0; i < feed->count; i++) each(&feed->changes[i], count++);
  }
  arena_deinit(&arena);
  return count;
}

static void pass(const struct model_change *change, uint32_t nth) {
  (void)change;
  (void)nth;
}

/* The documents from 0 on, from n = 0 to n = 1. */
static void is_nth_update(const struct model_change *change, uint32_t nth) {
  assert_int_equal(change->op, MODEL_UPDATE);
  assert_int_equal(int_of(&change->old_document, "_id"), nth);
  assert_int_equal(int_of(&change->old_document, "n"), 0);
  assert_int_equal(int_of(&change->new_document, "_id"), nth);
  assert_int_equal(int_of(&change->new_document, "n"), 1);
}

/* A transaction of many changes, with savepoints and what was undone between them. */
static void undone_changes_are_not_told(void) {
  struct fixture fixture;
  struct model_feed feed = {0};
  uint64_t marks[2];
  fixture_open(&fixture);
  fixture_collection(&fixture, "a");
  struct model_txn *txn = fixture_begin(&fixture, false);
  insert_range(&fixture, txn, 0, DOCUMENTS);
  commit(txn);
  read_all(&fixture, &feed, pass);
  txn = fixture_begin(&fixture, false);
  replace_range(&fixture, txn, 0, 1000, 1);
  assert_ok(model_savepoint(txn, &marks[0], test_err()));
  replace_range(&fixture, txn, 1000, 1010, 7);
  assert_ok(model_rollback_to(txn, marks[0], test_err()));
  replace_range(&fixture, txn, 1000, 2000, 1);
  assert_ok(model_savepoint(txn, &marks[1], test_err()));
  replace_range(&fixture, txn, 2000, DOCUMENTS, 7);
  assert_ok(model_rollback_to(txn, marks[1], test_err()));
  replace_range(&fixture, txn, 2000, 2010, 1);
  commit(txn);
  assert_int_equal(read_all(&fixture, &feed, is_nth_update), 2010);
  txn = fixture_begin(&fixture, false);
  replace_range(&fixture, txn, 0, 5, 9);
  model_rollback(txn);
  assert_int_equal(read_all(&fixture, &feed, pass), 0);
  fixture_close(&fixture);
}

/* A taken key among others: those before it go in and are told, it is not. */
static void refused_documents_are_not_told(void) {
  struct fixture fixture;
  struct model_feed feed = {0};
  fixture_open(&fixture);
  fixture_collection(&fixture, "a");
  const char *paths[] = {"n", NULL};
  struct model_index_spec spec = fixture_spec(&fixture, "by_n", paths);
  spec.unique = true;
  assert_ok(model_create_index(fixture.model, slice_of_text("a"), &spec, NULL, NULL, test_err()));
  read_all(&fixture, &feed, pass);
  struct model_txn *txn = fixture_begin(&fixture, false);
  assert_ok(fixture_insert(txn, "a", numbered(&fixture, 0, 0)));
  assert_int_equal(fixture_insert(txn, "a", numbered(&fixture, 1, 0)), LUMA_DUPLICATE_KEY);
  err_reset(test_err());
  assert_ok(fixture_insert(txn, "a", numbered(&fixture, 1, 1)));
  commit(txn);
  assert_int_equal(read_all(&fixture, &feed, pass), 2);
  fixture_close(&fixture);
}

/* Documents that the feed keeps because others replaced them. */
static uint64_t count_history(struct fixture *fixture) {
  struct store_begin_options options = {.read_only = true, .may_block = true};
  struct store_cursor *cursor;
  struct store_txn *txn;
  struct store_rows *rows = mem_zalloc(1, sizeof *rows);
  uint8_t from[] = {0xff, 0xff, 0xff, 0xfe}, to[] = {0xff, 0xff, 0xff, 0xff};
  uint64_t count = 0;
  assert_non_null(rows);
  assert_ok(store_begin(model_store(fixture->model), &options, &txn, test_err()));
  struct store_range range = {slice_of(from, sizeof from), slice_of(to, sizeof to)};
  assert_ok(store_cursor_open(txn, STORE_ENTRIES, range, false, &cursor, test_err()));
  do {
    assert_ok(store_cursor_next(cursor, STORE_BATCH_MAX, rows, test_err()));
    count += rows->count;
  } while (rows->count);
  store_cursor_close(cursor);
  store_rollback(txn);
  mem_free(rows);
  return count;
}

/* Trimming goes on until all up to the position is gone, however large the records are. */
static void trimming_forgets_what_was_replaced(void) {
  struct fixture fixture;
  struct model_feed first = {0};
  fixture_open(&fixture);
  fixture_collection(&fixture, "a");
  struct model_txn *txn = fixture_begin(&fixture, false);
  insert_range(&fixture, txn, 0, DOCUMENTS);
  commit(txn);
  for (uint32_t round = 1; round <= ROUNDS; round++) {
    txn = fixture_begin(&fixture, false);
    replace_range(&fixture, txn, 0, DOCUMENTS, round);
    commit(txn);
  }
  read_all(&fixture, &first, pass);
  txn = fixture_begin(&fixture, false);
  replace_range(&fixture, txn, 0, 50, ROUNDS + 1);
  commit(txn);
  assert_int_equal(count_history(&fixture), DOCUMENTS * ROUNDS + 50);
  assert_ok(model_feed_trim(fixture.model, first.position, test_err()));
  assert_int_equal(count_history(&fixture), 50);
  assert_int_equal(read_all(&fixture, &first, pass), 50);
  fixture_close(&fixture);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"undone_changes_are_not_told", undone_changes_are_not_told, 0},
      {"refused_documents_are_not_told", refused_documents_are_not_told, 0},
      {"trimming_forgets_what_was_replaced", trimming_forgets_what_was_replaced, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
