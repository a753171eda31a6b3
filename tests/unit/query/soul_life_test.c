/* SPDX-License-Identifier: MIT */
/* The life of a soul and its beings with memory running out, and many writers at once. */
#include <stdlib.h>

#include "base/sync/sync.h"
#include "query/query.h"
#include "store/mem/mem_store.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"
#include "value/json/json.h"

enum { TEXT_BYTES = 16 << 10 };

static status open_model(struct model **model, struct err *err) {
  struct mem_options options = {0};
  struct store *store;
  TRY(mem_store_open(&options, &store, err));
  struct model_options model_options = {.os = os_linux(), .feed = true, .rules = query_rules()};
  return model_open(store, &model_options, model, err);
}

/* ---- faults ---- */

static status run_in(struct model *model, status (*work)(struct model_txn *txn, struct err *err),
                     struct err *err) {
  struct store_begin_options options = {.isolation = STORE_SERIALIZABLE, .may_block = true};
  struct model_txn *txn;
  TRY(model_begin(model, &options, &txn, err));
  status result = work(txn, err);
  if (result == LUMA_OK) return model_commit(txn, STORE_SYNC_DEFAULT, NULL, err);
  model_rollback(txn);
  return result;
}

static status with_json(const char *json, struct model_txn *txn,
                        status (*work)(struct model_txn *txn, const struct val *value,
                                       struct err *err),
                        struct err *err) {
  struct json_reader *reader;
  struct json_read_options options = {.form = JSON_TAGGED, .id_is_key = true};
  struct buf out;
  struct val value;
  TRY(json_reader_create(&reader, err));
  buf_init(&out, DOC_BYTES_MAX);
  status result = json_read_value(reader, slice_of_text(json), &options, &out, &value, err);
  if (result == LUMA_OK) result = work(txn, &value, err);
  buf_deinit(&out);
  json_reader_destroy(reader);
  return result;
}

static status create_value(struct model_txn *txn, const struct val *value, struct err *err) {
  struct model_soul_spec spec = {.alias = slice_of_text("c"), .genotype = value};
  struct model_soul_made made;
  return model_create_soul(txn, &spec, &made, err);
}

static status create_it(struct model_txn *txn, struct err *err) {
  return with_json("{\"attributes\":{\"a\":{\"type\":\"int\",\"unique\":true},"
                   "\"b\":{\"type\":\"text\",\"pattern\":\"^x\",\"default\":\"x\"},"
                   "\"c\":{\"type\":\"int\",\"computed\":\"a + 1\"},"
                   "\"l\":{\"type\":\"list<float>\"},\"up\":{\"type\":\"ref(c)\"}},"
                   "\"constraints\":{\"k\":\"a < 100\"},"
                   "\"population\":{\"max\":3,\"per\":\"b\",\"where\":\"a > 0\"}}",
                   txn, create_value, err);
}

static status insert_value(struct model_txn *txn, const struct val *value, struct err *err) {
  struct model_write write = {.document = value};
  const struct collection *collection = catalog_find(model_catalog(txn), slice_of_text("c"));
  return model_insert(txn, collection, &write, 1, NULL, err);
}

static status insert_it(struct model_txn *txn, struct err *err) {
  TRY(with_json("{\"id\":1,\"a\":\"5\",\"l\":[1,2]}", txn, insert_value, err));
  return with_json("{\"id\":2,\"a\":6,\"b\":\"xy\",\"up\":1}", txn, insert_value, err);
}

static status evolve_value(struct model_txn *txn, const struct val *value, struct err *err) {
  struct model_evolution evolution = {
      .alias = slice_of_text("c"), .genotype = value, .merge = true};
  struct buf report;
  buf_init(&report, TEXT_BYTES);
  status result = model_evolve(txn, &evolution, &report, err);
  buf_deinit(&report);
  return result;
}

static status evolve_it(struct model_txn *txn, struct err *err) {
  return with_json("{\"attributes\":{\"n\":{\"type\":\"int\",\"default\":1,\"index\":true},"
                   "\"a\":{\"max\":50}},\"rename\":{\"b\":\"bb\"},\"transform\":{\"l\":\"l\"}}",
                   txn, evolve_value, err);
}

static status change_it(struct model_txn *txn, struct err *err) {
  const struct collection *collection = catalog_find(model_catalog(txn), slice_of_text("c"));
  struct val keys[2] = {val_int64(1), val_int64(2)};
  struct store_pins pins = {0};
  struct doc found[2];
  status result = model_get_many(txn, collection, keys, 2, found, &pins, err);
  struct val root = result == LUMA_OK ? doc_root(&found[1]) : val_missing();
  if (result == LUMA_OK) result = model_replace(txn, collection, &found[1], &root, err);
  store_pins_release(&pins);
  if (result == LUMA_OK) result = model_get_many(txn, collection, keys + 1, 1, found, &pins, err);
  if (result == LUMA_OK) result = model_delete(txn, collection, &found[0], err);
  store_pins_release(&pins);
  return result;
}

/* The whole life of a soul, in a database of its own. */
static status live(void *context) {
  struct model *model;
  struct err err = {0};
  (void)context;
  TRY(open_model(&model, &err));
  status result = run_in(model, create_it, &err);
  if (result == LUMA_OK) result = run_in(model, insert_it, &err);
  if (result == LUMA_OK) result = run_in(model, evolve_it, &err);
  if (result == LUMA_OK) result = run_in(model, change_it, &err);
  model_close(model);
  if (result != LUMA_OK && result != LUMA_OUT_OF_MEMORY) print_error("%s\n", err.message);
  return result;
}

static void a_souls_life_survives_memory_running_out(void) {
  fault_sweep_alloc(live, NULL);
}

/* ---- races ---- */

static status create_seat(struct model_txn *txn, struct err *err) {
  return with_json("{\"attributes\":{\"state\":\"text\"},\"population\":{\"max\":1,"
                   "\"per\":\"state\",\"where\":\"state = 'on'\"}}",
                   txn, create_value, err);
}

enum { RACERS = 8, TRIES_EACH = 125 };

struct racer {
  struct thread thread;
  struct model *model;
  struct doc *document; /* one for all: read only */
  int wins, fulls, others;
};

static void race(void *argument) {
  struct racer *racer = argument;
  for (int i = 0; i < TRIES_EACH; i++) {
    struct store_begin_options options = {.may_block = true};
    struct model_txn *txn;
    struct err err = {0};
    if (model_begin(racer->model, &options, &txn, &err) != LUMA_OK) abort();
    struct val root = doc_root(racer->document);
    status result = insert_value(txn, &root, &err);
    if (result == LUMA_OK)
      result = model_commit(txn, STORE_SYNC_DEFAULT, NULL, &err);
    else
      model_rollback(txn);
    racer->wins += result == LUMA_OK;
    racer->fulls += result == LUMA_LIMIT_REACHED;
    racer->others += result != LUMA_OK && result != LUMA_LIMIT_REACHED;
  }
}

static void of_a_thousand_writers_one_gets_the_last_place(void) {
  struct model *model;
  struct racer racers[RACERS] = {0};
  struct buf bytes;
  struct build build;
  struct slice built;
  struct doc document;
  struct val active = val_text(slice_of_text("on"));
  assert_ok(open_model(&model, test_err()));
  assert_ok(run_in(model, create_seat, test_err()));
  buf_init(&bytes, TEXT_BYTES);
  build_init(&build, &bytes, NULL);
  build_begin_document(&build);
  build_name(&build, slice_of_text("state"));
  build_put(&build, &active);
  assert_ok(build_finish(&build, &built, test_err()));
  assert_ok(doc_open(built, NULL, &document, test_err()));
  for (int i = 0; i < RACERS; i++) {
    racers[i].model = model;
    racers[i].document = &document;
    assert_ok(thread_start(&racers[i].thread, "racer", race, &racers[i], test_err()));
  }
  int wins = 0, fulls = 0, others = 0;
  for (int i = 0; i < RACERS; i++) {
    thread_join(&racers[i].thread);
    wins += racers[i].wins;
    fulls += racers[i].fulls;
    others += racers[i].others;
  }
  assert_int_equal(wins, 1);
  assert_int_equal(fulls, RACERS * TRIES_EACH - 1);
  assert_int_equal(others, 0);
  build_deinit(&build);
  buf_deinit(&bytes);
  assert_ok(model_check(model, NULL, NULL, test_err()));
  model_close(model);
}

/* ---- an index that is being built ---- */

struct building {
  struct model *model;
  status (*change)(struct model_txn *txn, struct err *err);
  bool is_done; /* the change was made */
};

/* Between two steps of the build; gives it up in the end. */
static bool change_meanwhile(void *context, uint64_t done, uint64_t total) {
  struct building *building = context;
  (void)done, (void)total;
  if (!building->is_done) assert_ok(run_in(building->model, building->change, test_err()));
  building->is_done = true;
  return false;
}

static status make_unique(struct model_txn *txn, struct err *err) {
  return with_json("{\"attributes\":{\"n\":{\"type\":\"int\",\"unique\":true}}}", txn, evolve_value,
                   err);
}

static status create_plain(struct model_txn *txn, struct err *err) {
  return with_json("{\"attributes\":{\"id\":\"int\",\"n\":\"int\"}}", txn, create_value, err);
}

static status insert_first(struct model_txn *txn, struct err *err) {
  return with_json("{\"id\":1,\"n\":5}", txn, insert_value, err);
}

static status insert_second(struct model_txn *txn, struct err *err) {
  return with_json("{\"id\":2,\"n\":5}", txn, insert_value, err);
}

static void a_soul_does_not_rely_on_an_index_being_built(void) {
  struct building building = {.change = make_unique};
  struct path_step step;
  struct index_key key = {.path = path_of_name(&step, slice_of_text("n"))};
  struct model_index_spec spec = {
      .keys = &key, .keys_count = 1, .unique = true, .nulls_distinct = true};
  assert_ok(open_model(&building.model, test_err()));
  assert_ok(run_in(building.model, create_plain, test_err()));
  assert_ok(run_in(building.model, insert_first, test_err()));
  assert_int_equal(model_create_index(building.model, slice_of_text("c"), &spec, change_meanwhile,
                                      &building, test_err()),
                   LUMA_CANCELLED);
  assert_true(building.is_done);
  err_reset(test_err());
  assert_int_equal(run_in(building.model, insert_second, NULL), LUMA_DUPLICATE_KEY);
  assert_ok(model_check(building.model, NULL, NULL, test_err()));
  model_close(building.model);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"a_souls_life_survives_memory_running_out", a_souls_life_survives_memory_running_out, 300},
      {"of_a_thousand_writers_one_gets_the_last_place",
       of_a_thousand_writers_one_gets_the_last_place, 300},
      {"a_soul_does_not_rely_on_an_index_being_built", a_soul_does_not_rely_on_an_index_being_built,
       60},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
