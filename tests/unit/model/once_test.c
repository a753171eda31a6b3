/* SPDX-License-Identifier: MIT */
/* What is done once: requests under a key, numbers of a sequence, whatever fails or comes late. */
#include <stdio.h>

#include "tests/lib/fault.h"
#include "tests/lib/simos.h"
#include "tests/unit/model/fixture.h"

enum { BURST = 100, TRIES = 400 };
static const uint64_t day_us = 24ull * 3600 * 1000000;

static void keep(struct fixture *fixture, const char *name, const char *answer) {
  struct model_txn *txn = fixture_begin(fixture, false);
  assert_ok(model_once_keep(txn, MODEL_ONCE_REQUEST, slice_of_text(name), slice_of_text(answer),
                            test_err()));
  assert_ok(model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
}

static bool is_kept(struct fixture *fixture, const char *name, const char *answer) {
  struct model_txn *txn = fixture_begin(fixture, true);
  struct buf kept;
  bool found = false;
  store_seq seq;
  buf_init(&kept, 1024);
  assert_ok(model_once_find(txn, MODEL_ONCE_REQUEST, slice_of_text(name), &kept, &found, &seq,
                            test_err()));
  bool is_it = found && slice_is_equal(buf_slice(&kept), slice_of_text(answer));
  buf_deinit(&kept);
  model_rollback(txn);
  return is_it;
}

/* More came in a burst than one request takes away when they are old. */
static void a_key_that_comes_again_after_a_day_is_kept(void) {
  struct simos *sim = simos_create(test_seed());
  struct fixture fixture;
  char name[16];
  fixture_open_on(&fixture, simos_os(sim));
  for (int i = 0; i < BURST; i++) {
    (void)snprintf(name, sizeof name, "burst %d", i);
    keep(&fixture, name, "old");
    simos_advance_us(sim, 1000);
  }
  keep(&fixture, "again", "old");
  assert_true(is_kept(&fixture, "again", "old"));
  simos_advance_us(sim, day_us + 1000000);
  assert_false(is_kept(&fixture, "again", "old"));
  keep(&fixture, "again", "new");
  for (int i = 0; i < BURST; i++) {
    (void)snprintf(name, sizeof name, "later %d", i);
    keep(&fixture, name, "later");
    assert_true(is_kept(&fixture, "again", "new"));
  }
  assert_false(is_kept(&fixture, "burst 0", "old"));
  fixture_close(&fixture);
  simos_destroy(sim);
}

/* Reserving them fails at one place after the other. */
static void numbers_that_were_not_reserved_are_not_given(void) {
  struct fixture fixture;
  const struct model_sequence sequence = {.name = slice_of_text("s"),
                                          .start = 1,
                                          .increment = 1,
                                          .minimum = 1,
                                          .maximum = INT64_MAX,
                                          .cache = 2};
  int64_t last = 0;
  uint32_t failures = 0;
  fixture_open(&fixture);
  struct model_txn *txn = fixture_begin(&fixture, false);
  assert_ok(model_create_sequence(txn, &sequence, false, test_err()));
  assert_ok(model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
  for (uint64_t nth = 1; nth <= TRIES; nth++) {
    int64_t number = 0;
    txn = fixture_begin(&fixture, false);
    fault_alloc(nth % (TRIES / 2) + 1, false);
    status result = model_next_number(txn, slice_of_text("s"), &number, NULL);
    fault_alloc_off();
    model_rollback(txn);
    failures += result != LUMA_OK;
    if (result != LUMA_OK) continue;
    assert_true(number > last);
    last = number;
  }
  assert_true(failures > 0);
  fixture_close(&fixture);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"a_key_that_comes_again_after_a_day_is_kept", a_key_that_comes_again_after_a_day_is_kept, 0},
      {"numbers_that_were_not_reserved_are_not_given", numbers_that_were_not_reserved_are_not_given,
       0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
