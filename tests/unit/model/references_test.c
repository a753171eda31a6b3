/* SPDX-License-Identifier: MIT */
/* References that come with an evolution: beings that are there already come to refer to others,
 * which others delete meanwhile. Whoever wins, no reference is left that names nothing, and writers
 * wait for nothing but what the evolution looks at. */
#include <stdio.h>

#include "tests/unit/model/fixture.h"

enum { PARENTS = 4 };

static void commit(struct model_txn *txn) {
  assert_ok(model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
}

static void make(struct fixture *fixture, const char *name, const char *genotype) {
  struct model_txn *txn = fixture_begin(fixture, false);
  struct val read = fixture_json(fixture, genotype);
  struct model_soul_spec spec = {.alias = slice_of_text(name), .genotype = &read};
  struct model_soul_made made;
  assert_ok(model_create_soul(txn, &spec, &made, test_err()));
  commit(txn);
}

static void insert(struct fixture *fixture, const char *name, const char *document) {
  struct model_txn *txn = fixture_begin(fixture, false);
  assert_ok(fixture_insert(txn, name, fixture_json(fixture, document)));
  commit(txn);
}

/* Parents 1 to PARENTS in `a` and `b`; a child of 1 and one of 2. */
static void open_family(struct fixture *fixture) {
  char text[64];
  fixture_open(fixture);
  make(fixture, "a", "{\"attributes\":{\"id\":\"int\"}}");
  make(fixture, "b", "{\"attributes\":{\"id\":\"int\"}}");
  make(fixture, "child", "{\"attributes\":{\"id\":\"int\",\"up\":\"int\"}}");
  for (int i = 1; i <= PARENTS; i++) {
    (void)snprintf(text, sizeof text, "{\"id\":%d}", i);
    insert(fixture, "a", text);
    if (i > 1) insert(fixture, "b", text);
  }
  insert(fixture, "child", "{\"id\":1,\"up\":1}");
  insert(fixture, "child", "{\"id\":2,\"up\":2}");
}

static status delete_in(struct model_txn *txn, const char *name, int64_t id) {
  struct store_pins pins = {0};
  struct doc document = fixture_get(txn, name, id, &pins);
  assert_non_null(document.data);
  status result = model_delete(txn, fixture_find(txn, name), &document, test_err());
  store_pins_release(&pins);
  return result;
}

static status delete_one(struct fixture *fixture, const char *name, int64_t id) {
  struct model_txn *txn = fixture_begin(fixture, false);
  status result = delete_in(txn, name, id);
  if (result == LUMA_OK) return model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err());
  model_rollback(txn);
  return result;
}

static struct model_txn *begin_evolving(struct fixture *fixture, struct model_tries *tries) {
  struct store_begin_options options = {.isolation = STORE_SERIALIZABLE, .may_block = true};
  struct model_txn *txn;
  assert_ok(model_begin(fixture->model, &options, &txn, test_err()));
  if (tries) model_allow_restart(txn, tries);
  return txn;
}

static status evolve(struct fixture *fixture, struct model_txn *txn, const char *patch) {
  struct buf report;
  struct val genotype = fixture_json(fixture, patch);
  struct model_evolution evolution = {
      .alias = slice_of_text("child"), .genotype = &genotype, .merge = true};
  buf_init(&report, 1 << 20);
  status result = model_evolve(txn, &evolution, &report, test_err());
  buf_deinit(&report);
  return result;
}

static const char refer_to_a[] = "{\"attributes\":{\"up\":{\"type\":\"ref(a)\"}}}";
static const char refer_to_b[] = "{\"attributes\":{\"up\":{\"type\":\"ref(b)\"}}}";

static status evolve_alone(struct fixture *fixture, const char *patch) {
  struct model_tries tries;
  model_tries_begin(fixture->model, &tries);
  struct model_txn *txn = begin_evolving(fixture, &tries);
  status result = evolve(fixture, txn, patch);
  if (result == LUMA_OK)
    result = model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err());
  else
    model_rollback(txn);
  model_tries_end(&tries);
  return result;
}

/* ---- cases ---- */

static void those_who_are_named_stay(void) {
  struct fixture fixture;
  open_family(&fixture);
  assert_ok(evolve_alone(&fixture, refer_to_a));
  assert_status(LUMA_CONSTRAINT, delete_one(&fixture, "a", 1));
  assert_ok(delete_one(&fixture, "a", 3));
  insert(&fixture, "child", "{\"id\":3,\"up\":2}");
  assert_ok(delete_one(&fixture, "child", 3)); /* counted, and let go of again */
  assert_status(LUMA_CONSTRAINT, delete_one(&fixture, "a", 2));
  assert_ok(delete_one(&fixture, "child", 2));
  assert_ok(delete_one(&fixture, "a", 2));
  fixture_close(&fixture);
}

static void others_are_named_by_the_same_attribute(void) {
  struct fixture fixture;
  open_family(&fixture);
  assert_ok(evolve_alone(&fixture, refer_to_a));
  assert_status(LUMA_CONSTRAINT, evolve_alone(&fixture, refer_to_b)); /* has no 1 */
  insert(&fixture, "b", "{\"id\":1}");
  assert_ok(evolve_alone(&fixture, refer_to_b));
  assert_ok(delete_one(&fixture, "a", 1));
  assert_status(LUMA_CONSTRAINT, delete_one(&fixture, "b", 1));
  assert_ok(delete_one(&fixture, "child", 1));
  assert_ok(delete_one(&fixture, "b", 1));
  fixture_close(&fixture);
}

static void a_deletion_before_the_commit_wins(void) {
  struct fixture fixture;
  struct model_tries tries;
  open_family(&fixture);
  model_tries_begin(fixture.model, &tries);
  struct model_txn *txn = begin_evolving(&fixture, &tries);
  assert_ok(evolve(&fixture, txn, refer_to_a));
  assert_ok(delete_one(&fixture, "a", 1));
  assert_status(LUMA_CONFLICT, model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
  txn = begin_evolving(&fixture, &tries);
  assert_status(LUMA_CONSTRAINT, evolve(&fixture, txn, refer_to_a));
  model_rollback(txn);
  model_tries_end(&tries);
  fixture_close(&fixture);
}

static void a_deletion_that_began_before_loses(void) {
  struct fixture fixture;
  open_family(&fixture);
  struct model_txn *txn = fixture_begin(&fixture, false);
  assert_ok(delete_in(txn, "a", 1));
  assert_ok(evolve_alone(&fixture, refer_to_a));
  assert_status(LUMA_CONFLICT, model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
  /* The same with a mark that is there already. */
  make(&fixture, "more", "{\"attributes\":{\"id\":\"int\",\"up\":\"int\"}}");
  assert_ok(delete_one(&fixture, "child", 1));
  insert(&fixture, "more", "{\"id\":1,\"up\":1}");
  txn = fixture_begin(&fixture, false);
  assert_ok(delete_in(txn, "a", 1));
  struct model_txn *other = begin_evolving(&fixture, NULL);
  struct val genotype = fixture_json(&fixture, refer_to_a);
  struct model_evolution evolution = {
      .alias = slice_of_text("more"), .genotype = &genotype, .merge = true};
  struct buf report;
  buf_init(&report, 1 << 20);
  assert_ok(model_evolve(other, &evolution, &report, test_err()));
  buf_deinit(&report);
  commit(other);
  assert_status(LUMA_CONFLICT, model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
  assert_status(LUMA_CONSTRAINT, delete_one(&fixture, "a", 1));
  fixture_close(&fixture);
}

static status refuse(void *context, struct err *err) {
  (void)context;
  FAIL(err, LUMA_TIMEOUT, "would wait");
}

/* LUMA_TIMEOUT when it would have to wait. */
static status try_insert(struct fixture *fixture, const char *name, const char *document) {
  static const struct model_caller impatient = {.ask = refuse};
  struct model_txn *txn = fixture_begin(fixture, false);
  model_set_caller(txn, &impatient);
  status result = fixture_insert(txn, name, fixture_json(fixture, document));
  if (result == LUMA_OK) return model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err());
  model_rollback(txn);
  return result;
}

static void who_was_in_the_way_waits(void) {
  struct fixture fixture;
  struct model_tries tries;
  open_family(&fixture);
  model_tries_begin(fixture.model, &tries);
  struct model_txn *txn = begin_evolving(&fixture, &tries);
  assert_ok(evolve(&fixture, txn, refer_to_a));
  insert(&fixture, "a", "{\"id\":10}");
  assert_status(LUMA_CONFLICT, model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
  assert_status(LUMA_TIMEOUT, try_insert(&fixture, "a", "{\"id\":11}"));
  assert_status(LUMA_TIMEOUT, try_insert(&fixture, "child", "{\"id\":11}"));
  assert_ok(try_insert(&fixture, "b", "{\"id\":11}"));
  txn = begin_evolving(&fixture, &tries);
  assert_ok(evolve(&fixture, txn, refer_to_a));
  commit(txn);
  model_tries_end(&tries);
  assert_ok(try_insert(&fixture, "a", "{\"id\":11}"));

  txn = begin_evolving(&fixture, NULL); /* of a client, which makes others wait at once */
  assert_status(LUMA_CONSTRAINT, evolve(&fixture, txn, refer_to_b));
  assert_ok(try_insert(&fixture, "b", "{\"id\":1}")); /* what failed holds nothing */
  model_rollback(txn);
  fixture_close(&fixture);
}

/* Nothing is looked at, so writers are not in the way. */
static void what_refers_as_before_looks_at_nothing(void) {
  static const char *const patches[] = {"{\"rename\":{\"up\":\"over\"}}",
                                        "{\"attributes\":{\"second\":{\"type\":\"ref(b)\"}}}"};
  struct fixture fixture;
  open_family(&fixture);
  assert_ok(evolve_alone(&fixture, refer_to_a));
  for (size_t i = 0; i < sizeof patches / sizeof patches[0]; i++) {
    struct model_txn *txn = begin_evolving(&fixture, NULL);
    assert_ok(evolve(&fixture, txn, patches[i]));
    assert_ok(try_insert(&fixture, "a", i ? "{\"id\":21}" : "{\"id\":20}"));
    commit(txn);
  }
  assert_status(LUMA_CONSTRAINT, delete_one(&fixture, "a", 1));
  assert_ok(delete_one(&fixture, "b", 2));
  fixture_close(&fixture);
}

static void beings_refer_to_each_other(void) {
  struct fixture fixture;
  open_family(&fixture);
  insert(&fixture, "child", "{\"id\":7,\"up\":7}");
  assert_ok(evolve_alone(&fixture, "{\"attributes\":{\"up\":{\"type\":\"ref(child)\"}}}"));
  insert(&fixture, "child", "{\"id\":8,\"up\":7}");
  assert_status(LUMA_CONSTRAINT, delete_one(&fixture, "child", 7));
  assert_ok(delete_one(&fixture, "child", 8));
  assert_ok(delete_one(&fixture, "child", 7));
  assert_ok(delete_one(&fixture, "child", 1)); /* refers to itself alone */
  fixture_close(&fixture);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"those_who_are_named_stay", those_who_are_named_stay, 0},
      {"others_are_named_by_the_same_attribute", others_are_named_by_the_same_attribute, 0},
      {"a_deletion_before_the_commit_wins", a_deletion_before_the_commit_wins, 0},
      {"a_deletion_that_began_before_loses", a_deletion_that_began_before_loses, 0},
      {"who_was_in_the_way_waits", who_was_in_the_way_waits, 0},
      {"what_refers_as_before_looks_at_nothing", what_refers_as_before_looks_at_nothing, 0},
      {"beings_refer_to_each_other", beings_refer_to_each_other, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
