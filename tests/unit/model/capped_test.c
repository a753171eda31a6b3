/* SPDX-License-Identifier: MIT */
/* Capped collections beside a list: random inserts, changes and deletions, some of them undone;
 * what is there is what came last, in the order in which it came, forwards and backwards. */
#include <stdio.h>

#include "tests/unit/model/fixture.h"

enum { LIVE_MAX = 400, KEYS_MAX = 100000, STEPS = 400, AT_ONCE = 20, LEAST_BYTES = 4096 };

/* The keys that are there, the oldest first. */
struct naive {
  uint32_t keys[LIVE_MAX];
  size_t bytes[LIVE_MAX];
  uint32_t count;
  uint32_t next; /* a key that was never used */
};

static size_t sum_of(const struct naive *naive) {
  size_t sum = 0;
  for (uint32_t i = 0; i < naive->count; i++) sum += naive->bytes[i];
  return sum;
}

static void remove_at(struct naive *naive, uint32_t at) {
  naive->count--;
  for (uint32_t i = at; i < naive->count; i++) {
    naive->keys[i] = naive->keys[i + 1];
    naive->bytes[i] = naive->bytes[i + 1];
  }
}

static void trim(struct naive *naive, const struct catalog_rules *rules) {
  while (sum_of(naive) > rules->capped_bytes ||
         (rules->capped_documents && naive->count > rules->capped_documents))
    remove_at(naive, 0);
}

/* Keys come in no order; the document is of some length. */
static struct val document_of(struct fixture *fixture, uint32_t key, uint32_t length) {
  char json[600];
  snprintf(json, sizeof json, "{\"id\":%u,\"n\":%u,\"t\":\"%0*u\"}", key * 7919 % 104729, key,
           (int)length, 0);
  return fixture_json(fixture, json);
}

static struct doc read_key(struct model_txn *txn, uint32_t key, struct store_pins *pins) {
  struct doc doc = fixture_get(txn, "log", key * 7919 % 104729, pins);
  assert_non_null(doc.data);
  return doc;
}

static size_t bytes_of(struct model_txn *txn, uint32_t key) {
  struct store_pins pins = {0};
  size_t bytes = read_key(txn, key, &pins).bytes;
  store_pins_release(&pins);
  return bytes;
}

static void cap(struct fixture *fixture, struct naive *naive, const struct catalog_rules *rules) {
  struct model_txn *txn = fixture_begin(fixture, false);
  assert_ok(model_set_rules(txn, slice_of_text("log"), rules, test_err()));
  assert_ok(model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
  trim(naive, rules);
}

static void insert_some(struct fixture *fixture, struct model_txn *txn, struct naive *naive,
                        const struct catalog_rules *rules) {
  struct model_write writes[AT_ONCE];
  struct val documents[AT_ONCE];
  uint32_t count = 1 + (uint32_t)rng_below(test_rng(), AT_ONCE), first = naive->next;
  memset(writes, 0, sizeof writes);
  for (uint32_t i = 0; i < count; i++) {
    documents[i] = document_of(fixture, naive->next++, 1 + (uint32_t)rng_below(test_rng(), 400));
    writes[i].document = &documents[i];
  }
  /* How many bytes one takes is known when it is stored, which the first may not be for long. */
  struct model_txn *aside = fixture_begin(fixture, false);
  assert_ok(model_create_collection(aside, slice_of_text("aside"), false, NULL, test_err()));
  assert_ok(model_insert(aside, fixture_find(aside, "aside"), writes, count, NULL, test_err()));
  for (uint32_t i = 0; i < count; i++) {
    struct store_pins pins = {0};
    struct doc doc = fixture_get(aside, "aside", (first + i) * 7919 % 104729, &pins);
    assert_true(naive->count < LIVE_MAX);
    naive->keys[naive->count] = first + i;
    naive->bytes[naive->count++] = doc.bytes;
    store_pins_release(&pins);
  }
  model_rollback(aside);
  for (uint32_t i = 0; i < count; i++) writes[i] = (struct model_write){.document = &documents[i]};
  assert_ok(model_insert(txn, fixture_find(txn, "log"), writes, count, NULL, test_err()));
  trim(naive, rules);
}

static void change_one(struct fixture *fixture, struct model_txn *txn, struct naive *naive) {
  struct store_pins pins = {0};
  uint32_t at = (uint32_t)rng_below(test_rng(), naive->count), key = naive->keys[at];
  struct doc old = read_key(txn, key, &pins);
  struct val fresh = document_of(fixture, key, 1 + (uint32_t)rng_below(test_rng(), 400));
  assert_ok(model_replace(txn, fixture_find(txn, "log"), &old, &fresh, test_err()));
  store_pins_release(&pins);
  naive->bytes[at] = bytes_of(txn, key);
}

static void delete_one(struct model_txn *txn, struct naive *naive) {
  struct store_pins pins = {0};
  uint32_t at = (uint32_t)rng_below(test_rng(), naive->count);
  struct doc old = read_key(txn, naive->keys[at], &pins);
  assert_ok(model_delete(txn, fixture_find(txn, "log"), &old, test_err()));
  store_pins_release(&pins);
  remove_at(naive, at);
}

static void check_order(struct fixture *fixture, const struct naive *naive, bool backwards) {
  struct model_txn *txn = fixture_begin(fixture, true);
  const struct collection *log = fixture_find(txn, "log");
  struct model_scan_options options = {.index = log->arrival, .backwards = backwards};
  struct model_scan *scan;
  struct doc doc;
  uint32_t count = 1, nth = 0;
  uint64_t bytes = 0;
  assert_ok(model_scan_open(txn, log, &options, &scan, test_err()));
  for (;; nth++) {
    assert_ok(model_scan_next(scan, 1, &doc, &count, test_err()));
    if (count == 0) break;
    assert_true(nth < naive->count);
    struct val root = doc_root(&doc), n = val_field(&root, slice_of_text("n"));
    assert_int_equal(n.integer, naive->keys[backwards ? naive->count - 1 - nth : nth]);
  }
  assert_int_equal(nth, naive->count);
  model_scan_close(scan);
  assert_ok(model_capped_bytes(txn, log, &bytes, test_err()));
  assert_int_equal(bytes, sum_of(naive));
  model_rollback(txn);
}

static void step(struct fixture *fixture, struct model_txn *txn, struct naive *naive,
                 const struct catalog_rules *rules) {
  uint32_t what = (uint32_t)rng_below(test_rng(), 4);
  if (naive->count == 0 || what < 2)
    insert_some(fixture, txn, naive, rules);
  else if (what == 2)
    change_one(fixture, txn, naive);
  else
    delete_one(txn, naive);
}

/* Some steps in a transaction, of which the last may be undone, and all of them. */
static void transact(struct fixture *fixture, struct naive *naive,
                     const struct catalog_rules *rules) {
  struct naive before = *naive;
  struct model_txn *txn = fixture_begin(fixture, false);
  uint32_t steps = 1 + (uint32_t)rng_below(test_rng(), 3);
  uint64_t mark = 0;
  for (uint32_t i = 0; i < steps; i++) step(fixture, txn, naive, rules);
  if (rng_below(test_rng(), 4) == 0) {
    struct naive kept = *naive;
    assert_ok(model_savepoint(txn, &mark, test_err()));
    step(fixture, txn, naive, rules);
    assert_ok(model_rollback_to(txn, mark, test_err()));
    kept.next = naive->next;
    *naive = kept;
  }
  if (rng_below(test_rng(), 5)) {
    assert_ok(model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
    return;
  }
  model_rollback(txn);
  before.next = naive->next;
  *naive = before;
}

static void what_came_last_is_there(void) {
  static struct naive naive;
  struct fixture fixture;
  struct catalog_rules rules = {.capped_bytes = LEAST_BYTES, .capped_documents = 12};
  fixture_open(&fixture);
  fixture_collection(&fixture, "log");
  cap(&fixture, &naive, &rules);
  for (uint32_t i = 0; i < STEPS && naive.next < KEYS_MAX; i++) {
    transact(&fixture, &naive, &rules);
    if (i % 40 == 39) {
      rules.capped_documents = rng_below(test_rng(), 3) ? 1 + rng_below(test_rng(), 30) : 0;
      rules.capped_bytes = LEAST_BYTES * (1 + rng_below(test_rng(), 3));
      cap(&fixture, &naive, &rules);
    }
    check_order(&fixture, &naive, i % 2);
  }
  fixture_close(&fixture);
}

/* Two that come at once are told apart: one of them begins again, behind the other. */
static void rows_are_in_the_order_of_commits(void) {
  struct fixture fixture;
  const struct catalog_rules rules = {.capped_bytes = LEAST_BYTES};
  static struct naive naive;
  fixture_open(&fixture);
  fixture_collection(&fixture, "log");
  cap(&fixture, &naive, &rules);
  struct model_txn *first = fixture_begin(&fixture, false);
  assert_ok(fixture_insert(first, "log", document_of(&fixture, 1, 1)));
  struct model_txn *second = fixture_begin(&fixture, false);
  assert_ok(fixture_insert(second, "log", document_of(&fixture, 2, 1)));
  assert_ok(model_commit(second, STORE_SYNC_DEFAULT, NULL, test_err()));
  assert_int_equal(model_commit(first, STORE_SYNC_DEFAULT, NULL, NULL), LUMA_CONFLICT);
  first = fixture_begin(&fixture, false);
  assert_ok(fixture_insert(first, "log", document_of(&fixture, 1, 1)));
  assert_ok(model_commit(first, STORE_SYNC_DEFAULT, NULL, test_err()));
  struct model_txn *txn = fixture_begin(&fixture, true);
  for (uint32_t i = 2; i >= 1; i--) {
    naive.keys[naive.count] = i;
    naive.bytes[naive.count++] = bytes_of(txn, i);
  }
  model_rollback(txn);
  check_order(&fixture, &naive, false);
  fixture_close(&fixture);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"what_came_last_is_there", what_came_last_is_there, 120},
      {"rows_are_in_the_order_of_commits", rows_are_in_the_order_of_commits, 0}};
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
