/* SPDX-License-Identifier: MIT */
/* Evolutions that look at every being, beside those who write: who waits for whom, and until when.
 * The clock is ours, so a machine may be as slow as we like. */
#include <stdatomic.h>
#include <stdio.h>

#include "base/sync/sync.h"
#include "tests/unit/model/fixture.h"

enum { TRIES = 10, LONG_US = 1000000000 };

/* The machine's, but for the monotonic clock, which stands until it is moved. */
struct slow_os {
  struct os os; /* first */
  struct os_ops ops;
  atomic_uint_fast64_t now_us;
};

static uint64_t slow_monotonic_us(struct os *os) {
  return atomic_load(&((struct slow_os *)os)->now_us);
}

struct stage {
  struct fixture fixture;
  struct slow_os slow;
  unsigned written;
};

static void give_soul(struct stage *stage, const char *name) {
  struct model_txn *txn = fixture_begin(&stage->fixture, false);
  struct val genotype = fixture_json(&stage->fixture, "{\"attributes\":{\"n\":\"int\"}}");
  struct model_soul_spec spec = {.alias = slice_of_text(name), .genotype = &genotype};
  struct model_soul_made made;
  assert_ok(model_create_soul(txn, &spec, &made, test_err()));
  assert_ok(fixture_insert(txn, name, fixture_json(&stage->fixture, "{\"id\":1,\"n\":5}")));
  assert_ok(model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
}

static void stage_open(struct stage *stage) {
  *stage = (struct stage){.slow.ops = *os_linux()->ops};
  stage->slow.ops.monotonic_us = slow_monotonic_us;
  stage->slow.os.ops = &stage->slow.ops;
  fixture_open_on(&stage->fixture, &stage->slow.os);
  give_soul(stage, "a");
  give_soul(stage, "b");
}

static status refuse(void *context, struct err *err) {
  (void)context;
  FAIL(err, LUMA_TIMEOUT, "would wait");
}

/* Inserts one being unless it would have to wait: LUMA_TIMEOUT. */
static status write_one(struct stage *stage, const char *name) {
  static const struct model_caller impatient = {.ask = refuse};
  struct model_txn *txn = fixture_begin(&stage->fixture, false);
  model_set_caller(txn, &impatient);
  status result = fixture_insert(txn, name, fixture_json(&stage->fixture, "{\"n\":5}"));
  if (result != LUMA_OK) {
    model_rollback(txn);
    return result;
  }
  result = model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err());
  stage->written += result == LUMA_OK;
  return result;
}

static struct model_txn *begin_looking(struct stage *stage, struct model_tries *tries) {
  struct store_begin_options options = {.isolation = STORE_SERIALIZABLE, .may_block = true};
  struct model_txn *txn;
  assert_ok(model_begin(stage->fixture.model, &options, &txn, test_err()));
  if (tries) model_allow_restart(txn, tries);
  return txn;
}

/* Beings must be looked at: they may be under `least`. */
static status evolve(struct stage *stage, struct model_txn *txn, const char *name, int least) {
  char text[80];
  struct buf report;
  snprintf(text, sizeof text, "{\"attributes\":{\"n\":{\"type\":\"int\",\"min\":%d}}}", least);
  struct val genotype = fixture_json(&stage->fixture, text);
  struct model_evolution evolution = {.alias = slice_of_text(name), .genotype = &genotype};
  buf_init(&report, 1 << 20);
  status result = model_evolve(txn, &evolution, &report, test_err());
  buf_deinit(&report);
  return result;
}

/* One try, with a writer that comes before it commits, on a machine that takes a quarter of an hour
 * for it. */
static status try_once(struct stage *stage, struct model_tries *tries, const char *name) {
  struct model_txn *txn = begin_looking(stage, tries);
  assert_ok(evolve(stage, txn, name, 1));
  atomic_fetch_add(&stage->slow.now_us, LONG_US);
  (void)write_one(stage, name);
  return model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err());
}

/* ---- cases ---- */

static void ends_however_slow_the_machine_is(void) {
  struct stage stage;
  struct model_tries tries;
  stage_open(&stage);
  model_tries_begin(stage.fixture.model, &tries);
  status result = LUMA_CONFLICT;
  for (int i = 0; i < TRIES && result == LUMA_CONFLICT; i++) result = try_once(&stage, &tries, "a");
  model_tries_end(&tries);
  assert_status(LUMA_OK, result);
  assert_int_equal(1, stage.written); /* who was first went first */
  assert_ok(write_one(&stage, "a"));
  fixture_close(&stage.fixture);
}

static void what_ends_lets_writers_go(void) {
  struct stage stage;
  struct model_tries tries;
  stage_open(&stage);
  model_tries_begin(stage.fixture.model, &tries);
  assert_status(LUMA_CONFLICT, try_once(&stage, &tries, "a"));
  assert_status(LUMA_TIMEOUT, write_one(&stage, "a"));
  model_tries_end(&tries); /* given up between two tries */
  assert_ok(write_one(&stage, "a"));

  model_tries_begin(stage.fixture.model, &tries);
  assert_status(LUMA_CONFLICT, try_once(&stage, &tries, "a"));
  struct model_txn *txn = begin_looking(&stage, &tries);
  assert_status(LUMA_CONSTRAINT, evolve(&stage, txn, "a", 100)); /* beings stand in the way */
  model_rollback(txn);
  model_tries_end(&tries);
  assert_ok(write_one(&stage, "a"));
  fixture_close(&stage.fixture);
}

static void only_its_collection_waits_and_no_reader(void) {
  struct stage stage;
  struct model_tries first, second;
  stage_open(&stage);
  model_tries_begin(stage.fixture.model, &first);
  model_tries_begin(stage.fixture.model, &second);
  assert_status(LUMA_CONFLICT, try_once(&stage, &first, "a"));
  assert_ok(write_one(&stage, "b"));
  assert_status(LUMA_CONFLICT, try_once(&stage, &second, "b"));
  assert_status(LUMA_TIMEOUT, write_one(&stage, "a"));
  assert_status(LUMA_TIMEOUT, write_one(&stage, "b"));
  struct store_pins pins = {0};
  struct model_txn *txn = fixture_begin(&stage.fixture, true);
  assert_non_null(fixture_get(txn, "a", 1, &pins).data);
  store_pins_release(&pins);
  model_rollback(txn);
  assert_ok(try_once(&stage, &second, "b"));
  model_tries_end(&second);
  assert_ok(write_one(&stage, "b"));
  assert_status(LUMA_TIMEOUT, write_one(&stage, "a"));
  assert_ok(try_once(&stage, &first, "a"));
  model_tries_end(&first);
  fixture_close(&stage.fixture);
}

static void another_evolution_waits_its_turn(void) {
  static const struct model_caller impatient = {.ask = refuse};
  struct stage stage;
  struct model_tries tries, others;
  stage_open(&stage);
  model_tries_begin(stage.fixture.model, &tries);
  model_tries_begin(stage.fixture.model, &others);
  assert_status(LUMA_CONFLICT, try_once(&stage, &tries, "a"));
  struct model_txn *txn = begin_looking(&stage, &others);
  model_set_caller(txn, &impatient);
  assert_status(LUMA_TIMEOUT, evolve(&stage, txn, "a", 2));
  model_rollback(txn);
  model_tries_end(&others);
  assert_ok(try_once(&stage, &tries, "a"));
  model_tries_end(&tries);
  fixture_close(&stage.fixture);
}

/* A client that began a transaction, evolved in it, and went away. */
static void nobody_waits_long_for_a_client(void) {
  struct stage stage;
  stage_open(&stage);
  struct model_txn *txn = begin_looking(&stage, NULL);
  assert_ok(evolve(&stage, txn, "a", 1));
  assert_status(LUMA_TIMEOUT, write_one(&stage, "a"));
  atomic_fetch_add(&stage.slow.now_us, LONG_US);
  assert_ok(write_one(&stage, "a"));
  assert_status(LUMA_CONFLICT, model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));

  txn = begin_looking(&stage, NULL);
  assert_ok(evolve(&stage, txn, "a", 1));
  assert_status(LUMA_TIMEOUT, write_one(&stage, "a"));
  model_rollback(txn);
  assert_ok(write_one(&stage, "a"));

  txn = begin_looking(&stage, NULL);
  assert_ok(evolve(&stage, txn, "a", 1));
  assert_status(LUMA_CONSTRAINT, evolve(&stage, txn, "b", 100));
  assert_ok(write_one(&stage, "b")); /* what failed holds nothing */
  assert_status(LUMA_TIMEOUT, write_one(&stage, "a"));
  assert_status(LUMA_CONFLICT, model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
  fixture_close(&stage.fixture);
}

/* ---- one that waits ---- */

struct waiter {
  struct stage *stage;
  struct model_caller caller;
  atomic_bool began, ended;
  bool restarts;
  struct val document;
  status result;
};

static bool note_begin(void *context) {
  atomic_store(&((struct waiter *)context)->began, true);
  return true;
}

static void note_end(void *context) {
  atomic_store(&((struct waiter *)context)->ended, true);
}

static void wait_and_write(void *context) {
  struct waiter *waiter = context;
  struct err err = {0};
  struct model_txn *txn;
  struct model_tries tries;
  struct store_begin_options options = {.may_block = true};
  model_tries_begin(waiter->stage->fixture.model, &tries);
  waiter->result = model_begin(waiter->stage->fixture.model, &options, &txn, &err);
  if (waiter->result != LUMA_OK) return;
  model_set_caller(txn, &waiter->caller);
  if (waiter->restarts) model_allow_restart(txn, &tries);
  struct model_write write = {.document = &waiter->document};
  const struct collection *collection = catalog_find(model_catalog(txn), slice_of_text("a"));
  waiter->result = model_insert(txn, collection, &write, 1, NULL, &err);
  model_rollback(txn);
  model_tries_end(&tries);
}

static void start_waiter(struct stage *stage, struct waiter *waiter, struct thread *thread) {
  waiter->stage = stage;
  waiter->document = fixture_json(&stage->fixture, "{\"n\":5}");
  waiter->caller = (struct model_caller){NULL, note_begin, note_end, waiter};
  assert_ok(thread_start(thread, "waiter", wait_and_write, waiter, test_err()));
  while (!atomic_load(&waiter->began)) thread_yield();
  assert_false(atomic_load(&waiter->ended));
}

static void who_waited_sees_what_became_of_it(void) {
  struct stage stage;
  struct thread threads[2];
  struct waiter again = {.restarts = true}, once = {.restarts = false}, late = {.restarts = false};
  stage_open(&stage);
  struct model_txn *txn = begin_looking(&stage, NULL);
  assert_ok(evolve(&stage, txn, "a", 1));
  start_waiter(&stage, &again, &threads[0]);
  start_waiter(&stage, &once, &threads[1]);
  model_rollback(txn);
  thread_join(&threads[0]);
  thread_join(&threads[1]);
  assert_status(LUMA_CONFLICT, again.result); /* begins again, with a new snapshot */
  assert_status(LUMA_OK, once.result);        /* nothing has changed */

  txn = begin_looking(&stage, NULL);
  assert_ok(evolve(&stage, txn, "a", 1));
  start_waiter(&stage, &late, &threads[0]);
  assert_ok(model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
  thread_join(&threads[0]);
  assert_status(LUMA_CONFLICT, late.result);
  assert_true(atomic_load(&again.ended) && atomic_load(&once.ended) && atomic_load(&late.ended));
  fixture_close(&stage.fixture);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"ends_however_slow_the_machine_is", ends_however_slow_the_machine_is, 0},
      {"what_ends_lets_writers_go", what_ends_lets_writers_go, 0},
      {"only_its_collection_waits_and_no_reader", only_its_collection_waits_and_no_reader, 0},
      {"another_evolution_waits_its_turn", another_evolution_waits_its_turn, 0},
      {"nobody_waits_long_for_a_client", nobody_waits_long_for_a_client, 0},
      {"who_waited_sees_what_became_of_it", who_waited_sees_what_became_of_it, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
