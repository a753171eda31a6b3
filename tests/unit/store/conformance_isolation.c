/* SPDX-License-Identifier: MIT */
/* The known anomalies, one by one, as scripts of interleaved transactions at each level: Adya's
 * (Weak Consistency, 1999, chapter 4) and those of Berenson et al. (A Critique of ANSI SQL
 * Isolation Levels, 1995), with predicates as ranges. A snapshot forbids all but write skew and its
 * kin (G2); serializable forbids them too. */
#include "tests/unit/store/conformance_int.h"

typedef struct store_txn *begin_fn(struct store *store);

/* Runs a script at both levels over x=10 y=20. */
static void at_each_level(void (*script)(struct store *store, begin_fn *start, bool serializable)) {
  for (int serializable = 0; serializable <= 1; serializable++) {
    struct store *store = open_store();
    struct store_txn *txn = begin(store);
    delete_keys(txn, META, "", "");
    put(txn, META, "x", "10");
    put(txn, META, "y", "20");
    commit(txn);
    script(store, serializable ? begin_serializable : begin, serializable);
    close_store(store);
  }
}

/* G0: two writers' writes do not mix. */
static void dirty_write(struct store *store, begin_fn *start, bool serializable) {
  (void)serializable;
  struct store_txn *one = start(store), *two = start(store);
  put(one, META, "x", "11");
  put(two, META, "x", "12");
  put(two, META, "y", "22");
  put(one, META, "y", "21");
  commit(one);
  expect_now(store, META, "x=11 y=21");
  commit_fails(two, LUMA_CONFLICT);
  expect_now(store, META, "x=11 y=21");
}
static void g0_dirty_writes_are_refused(void) {
  at_each_level(dirty_write);
}

/* G1a: what is rolled back, or refused, was never there. */
static void aborted_read(struct store *store, begin_fn *start, bool serializable) {
  (void)serializable;
  struct store_txn *writer = start(store), *reader = start(store);
  put(writer, META, "x", "101");
  expect_space(reader, META, "x=10 y=20");
  store_rollback(writer);
  expect_space(reader, META, "x=10 y=20");
  commit(reader);
  expect_now(store, META, "x=10 y=20");
}
static void g1a_aborted_reads_do_not_happen(void) {
  at_each_level(aborted_read);
}

/* G1b: what a transaction overwrites itself is nobody's to see. */
static void intermediate_read(struct store *store, begin_fn *start, bool serializable) {
  (void)serializable;
  struct store_txn *writer = start(store), *early = start(store);
  put(writer, META, "x", "101");
  expect_key(early, META, "x", "10");
  put(writer, META, "x", "11");
  commit(writer);
  struct store_txn *late = start(store);
  expect_key(early, META, "x", "10");
  expect_key(late, META, "x", "11");
  commit(early);
  commit(late);
}
static void g1b_intermediate_reads_do_not_happen(void) {
  at_each_level(intermediate_read);
}

/* G1c: two do not see each other's writes. */
static void circular_information(struct store *store, begin_fn *start, bool serializable) {
  struct store_txn *one = start(store), *two = start(store);
  put(one, META, "x", "11");
  put(two, META, "y", "22");
  expect_key(one, META, "y", "20");
  expect_key(two, META, "x", "10");
  commit(one);
  if (serializable)
    commit_fails(two, LUMA_CONFLICT);
  else
    commit(two);
}
static void g1c_information_does_not_flow_in_a_circle(void) {
  at_each_level(circular_information);
}

/* OTV: who saw one write of a transaction sees all of them, for good. */
static void vanishing(struct store *store, begin_fn *start, bool serializable) {
  (void)serializable;
  struct store_txn *one = start(store);
  put(one, META, "x", "11");
  put(one, META, "y", "19");
  struct store_txn *two = start(store);
  put(two, META, "x", "12");
  commit(one);
  struct store_txn *reader = start(store);
  expect_key(reader, META, "x", "11");
  put(two, META, "y", "18");
  commit_fails(two, LUMA_CONFLICT);
  struct store_txn *three = start(store);
  put(three, META, "x", "12");
  put(three, META, "y", "18");
  expect_key(reader, META, "y", "19");
  commit(three);
  expect_space(reader, META, "x=11 y=19");
  store_rollback(reader);
}
static void observed_transactions_do_not_vanish(void) {
  at_each_level(vanishing);
}

/* PMP: a range read twice has the same rows, whatever others inserted or deleted. */
static void predicate_many_preceders(struct store *store, begin_fn *start, bool serializable) {
  struct store_txn *reader = start(store);
  expect_rows(reader, META, "xa", "xz", false, 9, "");
  set(store, META, "xm", "30");
  unset(store, META, "y");
  expect_rows(reader, META, "xa", "xz", false, 9, "");
  expect_space(reader, META, "x=10 y=20");
  put(reader, ENTRIES, "seen", "");
  if (serializable)
    commit_fails(reader, LUMA_CONFLICT);
  else
    commit(reader);
}
static void ranges_read_twice_are_the_same(void) {
  at_each_level(predicate_many_preceders);
}

/* PMP with a write: a range is deleted as the snapshot sees it; what came since is a conflict. */
static void predicate_write(struct store *store, begin_fn *start, bool serializable) {
  (void)serializable;
  struct store_txn *deleter = start(store);
  set(store, META, "xm", "30");
  delete_keys(deleter, META, "x", "y");
  commit_fails(deleter, LUMA_CONFLICT);
  expect_now(store, META, "x=10 xm=30 y=20");
}
static void ranges_deleted_are_the_snapshots(void) {
  at_each_level(predicate_write);
}

/* P4: lost update. */
static void lost_update(struct store *store, begin_fn *start, bool serializable) {
  (void)serializable;
  struct store_txn *one = start(store), *two = start(store);
  expect_key(one, META, "x", "10");
  expect_key(two, META, "x", "10");
  put(one, META, "x", "11");
  put(two, META, "x", "11");
  commit(one);
  commit_fails(two, LUMA_CONFLICT);
}
static void p4_lost_updates_are_refused(void) {
  at_each_level(lost_update);
}

/* G-single: read skew. */
static void read_skew(struct store *store, begin_fn *start, bool serializable) {
  (void)serializable;
  struct store_txn *reader = start(store), *writer = start(store);
  expect_key(reader, META, "x", "10");
  expect_key(writer, META, "x", "10");
  put(writer, META, "x", "12");
  put(writer, META, "y", "18");
  commit(writer);
  expect_key(reader, META, "y", "20");
  commit(reader);
}
static void g_single_read_skew_does_not_happen(void) {
  at_each_level(read_skew);
}

/* G-single through a range, and then a write that rests on what was read. */
static void read_skew_write(struct store *store, begin_fn *start, bool serializable) {
  (void)serializable;
  struct store_txn *one = start(store), *two = start(store);
  expect_key(one, META, "x", "10");
  put(two, META, "x", "12");
  put(two, META, "y", "18");
  commit(two);
  unset(store, META, "x");
  delete_keys(one, META, "y", "");
  commit_fails(one, LUMA_CONFLICT);
  expect_now(store, META, "y=18");
}
static void g_single_writes_on_old_reads_are_refused(void) {
  at_each_level(read_skew_write);
}

/* G2-item: write skew on keys. */
static void write_skew(struct store *store, begin_fn *start, bool serializable) {
  struct store_txn *one = start(store), *two = start(store);
  expect_key(one, META, "x", "10");
  expect_key(one, META, "y", "20");
  expect_key(two, META, "x", "10");
  expect_key(two, META, "y", "20");
  put(one, META, "x", "11");
  put(two, META, "y", "21");
  commit(one);
  if (serializable)
    commit_fails(two, LUMA_CONFLICT);
  else
    commit(two);
  expect_now(store, META, serializable ? "x=11 y=20" : "x=11 y=21");
}
static void g2_item_write_skew_is_refused_when_serializable(void) {
  at_each_level(write_skew);
}

/* G2: both find nothing in a range and insert into it (phantoms). */
static void phantoms(struct store *store, begin_fn *start, bool serializable) {
  struct store_txn *one = start(store), *two = start(store);
  expect_rows(one, META, "n", "o", false, 1, "");
  expect_rows(two, META, "n", "o", true, 9, "");
  put(one, META, "n1", "30");
  put(two, META, "n2", "42");
  commit(one);
  if (serializable)
    commit_fails(two, LUMA_CONFLICT);
  else
    commit(two);
  expect_now(store, META, serializable ? "n1=30 x=10 y=20" : "n1=30 n2=42 x=10 y=20");
}
static void g2_phantoms_are_refused_when_serializable(void) {
  at_each_level(phantoms);
}

/* G2 with two edges: a reader alone turns two writers that could be ordered into three that cannot
 * (Fekete, O'Neil, O'Neil 2004). */
static void read_only_anomaly(struct store *store, begin_fn *start, bool serializable) {
  struct store_txn *one = start(store), *two = start(store);
  expect_space(one, META, "x=10 y=20");
  expect_key(two, META, "y", "20");
  put(two, META, "y", "25");
  commit(two);
  struct store_txn *reader = begin_read_only(store);
  expect_space(reader, META, "x=10 y=25");
  commit(reader);
  put(one, META, "x", "0");
  if (serializable)
    commit_fails(one, LUMA_CONFLICT);
  else
    commit(one);
}
static void g2_a_readers_anomaly_is_refused_when_serializable(void) {
  at_each_level(read_only_anomaly);
}

/* Three in a ring, each of whom reads what the next one writes. */
static void ring(struct store *store, begin_fn *start, bool serializable) {
  set(store, META, "z", "30");
  struct store_txn *txns[3];
  const char *const keys[] = {"x", "y", "z"}, *const values[] = {"10", "20", "30"};
  for (int i = 0; i < 3; i++) txns[i] = start(store);
  for (int i = 0; i < 3; i++) {
    expect_key(txns[i], META, keys[i], values[i]);
    put(txns[i], META, keys[(i + 1) % 3], "1");
  }
  commit(txns[2]); /* writes x: the first, who read it, is refused; the second may be ordered */
  if (serializable)
    commit_fails(txns[0], LUMA_CONFLICT);
  else
    commit(txns[0]);
  commit(txns[1]);
}
static void g2_a_ring_of_three_is_broken_when_serializable(void) {
  at_each_level(ring);
}

struct conformance_cases conformance_isolation(void) {
  static const struct test_case cases[] = {
      {"g0_dirty_writes_are_refused", g0_dirty_writes_are_refused, 0},
      {"g1a_aborted_reads_do_not_happen", g1a_aborted_reads_do_not_happen, 0},
      {"g1b_intermediate_reads_do_not_happen", g1b_intermediate_reads_do_not_happen, 0},
      {"g1c_information_does_not_flow_in_a_circle", g1c_information_does_not_flow_in_a_circle, 0},
      {"observed_transactions_do_not_vanish", observed_transactions_do_not_vanish, 0},
      {"ranges_read_twice_are_the_same", ranges_read_twice_are_the_same, 0},
      {"ranges_deleted_are_the_snapshots", ranges_deleted_are_the_snapshots, 0},
      {"p4_lost_updates_are_refused", p4_lost_updates_are_refused, 0},
      {"g_single_read_skew_does_not_happen", g_single_read_skew_does_not_happen, 0},
      {"g_single_writes_on_old_reads_are_refused", g_single_writes_on_old_reads_are_refused, 0},
      {"g2_item_write_skew_is_refused_when_serializable",
       g2_item_write_skew_is_refused_when_serializable, 0},
      {"g2_phantoms_are_refused_when_serializable", g2_phantoms_are_refused_when_serializable, 0},
      {"g2_a_readers_anomaly_is_refused_when_serializable",
       g2_a_readers_anomaly_is_refused_when_serializable, 0},
      {"g2_a_ring_of_three_is_broken_when_serializable",
       g2_a_ring_of_three_is_broken_when_serializable, 0},
  };
  return (struct conformance_cases){cases, sizeof cases / sizeof cases[0]};
}
