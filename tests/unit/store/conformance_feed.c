/* SPDX-License-Identifier: MIT */
/* The feed: every commit once and in order, resumable, with an explicit gap where records were let
 * go. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/store/conformance_int.h"

enum { FEED_TEXT_BYTES = 1 << 14 };

static const struct store_pos start = {0, 0};

/** Reads at most `max` records after `*after`, moves it on, and answers the payloads as "a b c". */
static const char *read_feed(struct store *store, struct store_pos *after, uint32_t max) {
  static char out[FEED_TEXT_BYTES];
  struct arena arena;
  arena_init(&arena, 0, 0);
  struct store_feed_record *records = NULL;
  uint32_t count = 0;
  assert_ok(store_feed_read(store, *after, max, &arena, &records, &count, test_err()));
  assert_true(count <= max);
  size_t at = 0;
  out[0] = 0;
  for (uint32_t i = 0; i < count; i++) {
    assert_true(store_pos_compare(store, *after, records[i].position) < 0);
    assert_true(i == 0 || records[i - 1].seq <= records[i].seq);
    *after = records[i].position;
    at += (size_t)snprintf(out + at, sizeof out - at, "%s%.*s", i ? " " : "",
                           SLICE_ARG(records[i].payload));
  }
  arena_deinit(&arena);
  return out;
}

static void expect_feed(struct store *store, struct store_pos after, const char *payloads) {
  assert_string_equal(payloads, read_feed(store, &after, 1000));
}

/** Commits one transaction with a write and these payloads; answers its position. */
static struct store_pos change(struct store *store, const char *first, const char *second) {
  struct store_txn *txn = begin(store);
  struct store_pos position;
  put(txn, META, "last", first);
  emit(txn, first);
  if (second) emit(txn, second);
  assert_ok(store_commit(txn, STORE_SYNC_DEFAULT, &position, NULL, test_err()));
  return position;
}

static void the_feed_has_every_commit_in_order(void) {
  struct store *store = open_store();
  expect_feed(store, start, "");
  change(store, "a", NULL);
  struct store_txn *late = begin(store);
  emit(late, "late1");
  change(store, "b1", "b2");
  emit(late, "late2");
  set(store, META, "x", "emits nothing");
  commit(late);
  change(store, "c", NULL);
  expect_feed(store, start, "a b1 b2 late1 late2 c");
  struct store_pos at = start;
  assert_string_equal("a b1", read_feed(store, &at, 2));
  assert_string_equal("b2", read_feed(store, &at, 1));
  assert_string_equal("late1 late2 c", read_feed(store, &at, 9));
  assert_string_equal("", read_feed(store, &at, 9));
  change(store, "d", NULL);
  assert_string_equal("d", read_feed(store, &at, 9));
  close_store(store);
}

static void a_reader_resumes_from_the_position_of_a_commit(void) {
  struct store *store = open_store();
  change(store, "a1", "a2");
  struct store_pos b = change(store, "b1", "b2");
  expect_feed(store, b, "");
  change(store, "c1", "c2");
  expect_feed(store, b, "c1 c2");
  store = reopen_store(store);
  expect_feed(store, b, "c1 c2");
  struct store_pos oldest, newest;
  assert_ok(store_feed_bounds(store, &oldest, &newest, test_err()));
  expect_feed(store, oldest, "a1 a2 b1 b2 c1 c2");
  expect_feed(store, newest, "");
  struct store_pos d = change(store, "d", NULL);
  assert_true(store_pos_compare(store, newest, d) < 0);
  expect_feed(store, newest, "d");
  close_store(store);
}

static void positions_follow_the_order_of_commits(void) {
  struct store *store = open_store();
  struct store_pos before = start;
  store_seq last = 0;
  for (int i = 0; i < 50; i++) {
    struct store_txn *txn = begin(store);
    struct store_pos position, oldest, newest;
    store_seq seq;
    put(txn, META, "k", "v");
    if (i % 3) emit(txn, "p");
    assert_ok(store_commit(txn, STORE_SYNC_DEFAULT, &position, &seq, test_err()));
    assert_true(store_pos_compare(store, before, position) < 0);
    assert_true(last < seq);
    assert_ok(store_feed_bounds(store, &oldest, &newest, test_err()));
    assert_int_equal(0, store_pos_compare(store, position, newest));
    before = position;
    last = seq;
  }
  close_store(store);
}

static void records_tell_the_sequence_of_their_commit(void) {
  struct store *store = open_store();
  set(store, META, "a", "1");
  struct store_txn *txn = begin(store);
  emit(txn, "only");
  store_seq seq = commit(txn);
  struct arena arena;
  arena_init(&arena, 0, 0);
  struct store_feed_record *records;
  uint32_t count;
  assert_ok(store_feed_read(store, start, 9, &arena, &records, &count, test_err()));
  assert_int_equal(1, count);
  assert_int_equal(seq, records[0].seq);
  arena_deinit(&arena);
  close_store(store);
}

static void payloads_may_be_empty_or_large(void) {
  enum { LARGE = 1 << 20 };
  static uint8_t large[LARGE];
  for (size_t i = 0; i < LARGE; i++) large[i] = (uint8_t)(i * 7);
  struct store *store = open_store();
  struct store_txn *txn = begin(store);
  emit(txn, "");
  assert_ok(store_emit(txn, slice_of(large, LARGE), test_err()));
  commit(txn);
  store = reopen_store(store);
  struct arena arena;
  arena_init(&arena, 0, 0);
  struct store_feed_record *records;
  uint32_t count;
  assert_ok(store_feed_read(store, start, 9, &arena, &records, &count, test_err()));
  assert_int_equal(2, count);
  assert_int_equal(0, records[0].payload.bytes);
  assert_true(slice_is_equal(slice_of(large, LARGE), records[1].payload));
  arena_deinit(&arena);
  close_store(store);
}

static status try_read(struct store *store, struct store_pos after) {
  struct arena arena;
  arena_init(&arena, 0, 0);
  struct store_feed_record *records;
  uint32_t count;
  status answer = store_feed_read(store, after, 9, &arena, &records, &count, test_err());
  arena_deinit(&arena);
  return answer;
}

/* A store may let go of less than it was told to; what it says it has it must have. */
static void a_trimmed_feed_answers_gap_or_everything(void) {
  struct store *store = open_store();
  change(store, "a", NULL);
  struct store_pos b = change(store, "b", NULL);
  change(store, "c", NULL);
  assert_ok(store_feed_trim(store, b, test_err()));
  for (int round = 0; round < 2; round++) {
    struct store_pos oldest, newest;
    assert_ok(store_feed_bounds(store, &oldest, &newest, test_err()));
    assert_true(store_pos_compare(store, oldest, b) <= 0);
    expect_feed(store, b, "c");
    assert_ok(try_read(store, oldest));
    if (store_pos_compare(store, start, oldest) < 0) {
      assert_status(LUMA_GAP, try_read(store, start));
    } else {
      expect_feed(store, start, "a b c");
    }
    store = reopen_store(store);
  }
  struct store_pos oldest, newest;
  assert_ok(store_feed_bounds(store, &oldest, &newest, test_err()));
  assert_ok(store_feed_trim(store, newest, test_err()));
  assert_ok(store_feed_trim(store, b, test_err())); /* long gone */
  expect_feed(store, newest, "");
  change(store, "d", NULL);
  expect_feed(store, newest, "d");
  close_store(store);
}

/** What a listener was told. */
struct heard {
  struct store_pos positions[8];
  uint32_t count;
};

static void hear(void *context, struct store_pos position) {
  struct heard *heard = context;
  if (heard->count < 8) heard->positions[heard->count] = position;
  heard->count++;
}

static void the_listener_hears_each_commit_once_in_order(void) {
  struct heard heard = {.count = 0};
  struct store_listener listener = {hear, &heard};
  struct store *store = open_store_heard(&listener);
  heard.count = 0; /* opening may write */
  struct store_pos first = change(store, "a", NULL);
  assert_int_equal(1, heard.count);
  struct store_txn *refused = begin(store), *idle = begin(store), *undone = begin(store);
  put(refused, META, "last", "x");
  put(undone, META, "y", "x");
  struct store_pos second = change(store, "b", NULL);
  commit_fails(refused, LUMA_CONFLICT);
  commit(idle);
  store_rollback(undone);
  assert_int_equal(2, heard.count);
  assert_int_equal(0, store_pos_compare(store, first, heard.positions[0]));
  assert_int_equal(0, store_pos_compare(store, second, heard.positions[1]));
  close_store(store);
}

static const struct test_case cases[] = {
    {"the_feed_has_every_commit_in_order", the_feed_has_every_commit_in_order, 0},
    {"a_reader_resumes_from_the_position_of_a_commit",
     a_reader_resumes_from_the_position_of_a_commit, 0},
    {"positions_follow_the_order_of_commits", positions_follow_the_order_of_commits, 0},
    {"records_tell_the_sequence_of_their_commit", records_tell_the_sequence_of_their_commit, 0},
    {"payloads_may_be_empty_or_large", payloads_may_be_empty_or_large, 0},
    {"a_trimmed_feed_answers_gap_or_everything", a_trimmed_feed_answers_gap_or_everything, 0},
    {"the_listener_hears_each_commit_once_in_order", the_listener_hears_each_commit_once_in_order,
     0},
};

struct conformance_cases conformance_feed(void) {
  return (struct conformance_cases){cases, sizeof cases / sizeof cases[0]};
}
