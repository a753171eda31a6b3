/* SPDX-License-Identifier: MIT */
/* Short words for the scripts of the suite: text for keys and values, assertions inside. */
#ifndef TESTS_UNIT_STORE_CONFORMANCE_INT_H
#define TESTS_UNIT_STORE_CONFORMANCE_INT_H

#include "tests/lib/test.h"
#include "tests/unit/store/conformance.h"

/** The cases of one file. */
struct conformance_cases {
  const struct test_case *items;
  size_t count;
};
struct conformance_cases conformance_reads(void);
struct conformance_cases conformance_cursors(void);
struct conformance_cases conformance_writes(void);
struct conformance_cases conformance_conflicts(void);
struct conformance_cases conformance_isolation(void);
struct conformance_cases conformance_counters(void);
struct conformance_cases conformance_feed(void);
struct conformance_cases conformance_whole(void);
struct conformance_cases conformance_threads(void);

enum { META = STORE_META, RECORDS = STORE_RECORDS, ENTRIES = STORE_ENTRIES };

const struct conformance_target *conformance_target(void);
/** The case's store. */
struct store *open_store(void);
struct store *open_store_heard(const struct store_listener *listener);
/** Checks that the store finds no fault in itself, and closes it. */
void close_store(struct store *store);
/** Closes and opens again where that keeps the data; else answers the same store. */
struct store *reopen_store(struct store *store);

struct store_txn *begin(struct store *store);
struct store_txn *begin_serializable(struct store *store);
struct store_txn *begin_read_only(struct store *store);
/** Commits; answers the sequence. */
store_seq commit(struct store_txn *txn);
void commit_fails(struct store_txn *txn, status expected);

/* Keys and values are C strings. */
struct slice text(const char *s);
void put(struct store_txn *txn, int space, const char *key, const char *value);
void delete_key(struct store_txn *txn, int space, const char *key);
void delete_keys(struct store_txn *txn, int space, const char *from, const char *to);
void add(struct store_txn *txn, const char *key, int64_t delta);
void emit(struct store_txn *txn, const char *payload);
uint64_t savepoint(struct store_txn *txn);
/** One write in a transaction of its own. */
store_seq set(struct store *store, int space, const char *key, const char *value);
store_seq unset(struct store *store, int space, const char *key);

/** `value` NULL: nothing is there. */
void expect_key(struct store_txn *txn, int space, const char *key, const char *value);
void expect_count(struct store_txn *txn, const char *key, int64_t value);
/** The rows of [from, to) read `step` at a time are `rows`: "a=1 b=2". */
void expect_rows(struct store_txn *txn, int space, const char *from, const char *to, bool backwards,
                 uint32_t step, const char *rows);
/** The rows of the whole space, both ways, in steps of several sizes. `rows` in order. */
void expect_space(struct store_txn *txn, int space, const char *rows);
/** The same in a fresh transaction. */
void expect_now(struct store *store, int space, const char *rows);

/** Room for the rows of a step, too large for the stack of a deep call. Freed with the process. */
struct store_rows *rows_room(void);
struct store_cursor *open_cursor(struct store_txn *txn, int space, const char *from, const char *to,
                                 bool backwards);
/** One step; the rows as "a=1 b=2" in static room that the next call overwrites. */
const char *next_rows(struct store_cursor *cursor, uint32_t max);

#endif
