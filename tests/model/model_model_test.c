/* SPDX-License-Identifier: MIT */
/* The model against a naive one: random transactions on one collection with a unique and a multikey
 * index that come and go, on the store in memory and on files of a simulated disk that loses power.
 * After each step that can be judged: every document, every index, the count and the feed agree
 * with an array; after a crash every acknowledged transaction is there and none is half there. */
#include "model/model.h"
#include "store/lsm/lsm.h"
#include "store/mem/mem_store.h"
#include "tests/lib/simos.h"
#include "tests/lib/test.h"

enum { KEYS = 24, UNIQUE_VALUES = 30, TAGS = 5, TAGS_MAX = 3, OPS_MAX = 6 };

struct being {
  bool there;
  int64_t unique; /* -1: the document has none */
  uint32_t tags_count;
  int64_t tags[TAGS_MAX];
  uint64_t body;
};

struct state {
  struct being beings[KEYS];
  bool has_unique, has_tags; /* indexes */
};

struct world {
  struct simos *sim; /* NULL: memory */
  struct model *model;
  struct state committed, doubtful, replica;
  bool in_doubt; /* the last commit failed: `doubtful` may hold instead */
  struct store_pos position;
  struct arena arena;
};

/* ---- documents ---- */

static struct being random_being(void) {
  struct rng *rng = test_rng();
  struct being being = {
      .there = true, .unique = (int64_t)rng_below(rng, UNIQUE_VALUES + 6), .body = rng_next(rng)};
  if (being.unique >= UNIQUE_VALUES) being.unique = -1;
  being.tags_count = (uint32_t)rng_below(rng, TAGS_MAX + 1);
  for (uint32_t i = 0; i < being.tags_count; i++) being.tags[i] = (int64_t)rng_below(rng, TAGS);
  return being;
}

static void put_number(struct build *build, const char *name, int64_t value) {
  struct val number = val_int64(value);
  build_name(build, slice_of_text(name));
  build_put(build, &number);
}

static struct val make_document(struct world *world, int64_t key, const struct being *being) {
  struct buf out;
  struct build build;
  struct slice bytes;
  buf_init(&out, 1 << 20);
  build_init(&build, &out, NULL);
  build_begin_map(&build);
  put_number(&build, "body", (int64_t)being->body);
  put_number(&build, "_id", key);
  if (being->unique >= 0) put_number(&build, "unique", being->unique);
  build_name(&build, slice_of_text("tags"));
  build_begin_list(&build);
  for (uint32_t i = 0; i < being->tags_count; i++) {
    struct val tag = val_int64(being->tags[i]);
    build_put(&build, &tag);
  }
  build_end(&build);
  build_end(&build);
  assert_ok(build_finish(&build, &bytes, test_err()));
  const uint8_t *copy = arena_copy(&world->arena, bytes.data, bytes.bytes);
  assert_non_null(copy);
  build_deinit(&build);
  buf_deinit(&out);
  return val_decode(slice_of(copy, bytes.bytes), NULL);
}

static int64_t number_of(const struct val *map, const char *name, int64_t missing) {
  struct val value = val_field(map, slice_of_text(name));
  return value.type == VAL_INT64 ? value.integer : missing;
}

static void read_document(const struct val *document, int64_t *key, struct being *being) {
  *being = (struct being){.there = true,
                          .unique = number_of(document, "unique", -1),
                          .body = (uint64_t)number_of(document, "body", 0)};
  *key = number_of(document, "_id", -1);
  struct val tags = val_field(document, slice_of_text("tags"));
  being->tags_count = val_count(&tags);
  assert_true(being->tags_count <= TAGS_MAX);
  for (uint32_t i = 0; i < being->tags_count; i++) being->tags[i] = val_at(&tags, i).integer;
}

static bool same_being(const struct being *a, const struct being *b) {
  if (a->there != b->there || !a->there) return a->there == b->there;
  return a->unique == b->unique && a->body == b->body && a->tags_count == b->tags_count &&
         memcmp(a->tags, b->tags, a->tags_count * sizeof a->tags[0]) == 0;
}

/* ---- opening ---- */

static status try_open(struct world *world) {
  struct store *store;
  if (world->sim) {
    struct lsm_options options = {.create = true,
                                  .memtable_bytes = 16 << 10,
                                  .block_bytes = 512,
                                  .wal_segment_bytes = 64 << 10,
                                  .file_bytes = 8 << 10,
                                  .feed_bytes_max = UINT64_MAX};
    TRY(lsm_open(simos_os(world->sim), "db", &options, &store, test_err()));
  } else {
    struct mem_options options = {0};
    TRY(mem_store_open(&options, &store, test_err()));
  }
  struct model_options options = {.os = world->sim ? simos_os(world->sim) : os_linux(),
                                  .feed = true};
  return model_open(store, &options, &world->model, test_err());
}

static status begin(struct world *world, bool read_only, struct model_txn **txn) {
  struct store_begin_options options = {.read_only = read_only, .may_block = true};
  return model_begin(world->model, &options, txn, test_err());
}

static const struct collection *find(struct model_txn *txn) {
  const struct collection *found = catalog_find(model_catalog(txn), slice_of_text("beings"));
  assert_non_null(found);
  return found;
}

static status make_collection(struct world *world) {
  struct model_txn *txn;
  TRY(begin(world, false, &txn));
  status result = model_create_collection(txn, slice_of_text("beings"), true, NULL, test_err());
  if (result == LUMA_OK) return model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err());
  model_rollback(txn);
  return result;
}

/* ---- judging ---- */

static void judge_index(struct model_txn *txn, const struct state *state, const char *name,
                        bool is_tags) {
  const struct catalog_index *index = collection_index(find(txn), slice_of_text(name));
  assert_non_null(index);
  for (int64_t value = 0; value < (is_tags ? TAGS : UNIQUE_VALUES); value++) {
    struct val equal = val_int64(value);
    struct index_bounds bounds = {.equal = &equal, .equal_count = 1};
    struct model_scan_options options = {
        .index = index, .bounds = &bounds, .backwards = rng_below(test_rng(), 2) == 1};
    struct model_scan *scan;
    struct doc documents[KEYS];
    uint32_t count, expected = 0, met = 0;
    assert_ok(model_scan_open(txn, find(txn), &options, &scan, test_err()));
    do {
      assert_ok(model_scan_next(scan, 1 + (uint32_t)rng_below(test_rng(), KEYS), documents, &count,
                                test_err()));
      met += count;
    } while (count > 0);
    model_scan_close(scan);
    for (int key = 0; key < KEYS; key++) {
      const struct being *being = &state->beings[key];
      bool has = being->there && !is_tags && being->unique == value;
      for (uint32_t i = 0; being->there && is_tags && i < being->tags_count; i++)
        has |= being->tags[i] == value;
      expected += has;
    }
    assert_int_equal(expected, met);
  }
}

static bool is_state(struct model_txn *txn, const struct state *state) {
  struct model_scan_options options = {0};
  struct model_scan *scan;
  struct doc documents[KEYS];
  uint32_t count, seen = 0;
  bool same = true;
  assert_ok(model_scan_open(txn, find(txn), &options, &scan, test_err()));
  do {
    assert_ok(model_scan_next(scan, KEYS, documents, &count, test_err()));
    for (uint32_t i = 0; i < count; i++) {
      struct being being;
      int64_t key;
      struct val root = doc_root(&documents[i]);
      read_document(&root, &key, &being);
      same &= key >= 0 && key < KEYS && same_being(&being, &state->beings[key]);
      seen++;
    }
  } while (count > 0);
  model_scan_close(scan);
  uint32_t expected = 0;
  for (int key = 0; key < KEYS; key++) expected += state->beings[key].there;
  uint64_t counted;
  assert_ok(model_count(txn, find(txn), &counted, test_err()));
  if (same && seen == expected) assert_int_equal(expected, counted);
  return same && seen == expected;
}

static void print_fault(void *context, const char *place, const char *what) {
  (void)context;
  print_error("%s: %s\n", place, what);
}

/* Brings the replica up to date from the feed. */
static void follow_feed(struct world *world) {
  for (;;) {
    struct model_feed feed = {.position = world->position};
    assert_ok(model_feed_read(world->model, &feed, 1 + (uint32_t)rng_below(test_rng(), 50),
                              &world->arena, test_err()));
    const struct model_change *changes = feed.changes;
    bool moved = store_pos_compare(model_store(world->model), feed.position, world->position) != 0;
    for (uint32_t i = 0; i < feed.count; i++) {
      if (changes[i].op == MODEL_CATALOG) continue;
      struct being being = {0};
      int64_t key = changes[i].key.integer;
      if (changes[i].op != MODEL_DELETE) {
        assert_int_equal(VAL_MAP, changes[i].new_document.type);
        read_document(&changes[i].new_document, &key, &being);
      }
      assert_true(key >= 0 && key < KEYS);
      struct being *mine = &world->replica.beings[key];
      assert_int_equal(changes[i].op != MODEL_INSERT, mine->there);
      if (mine->there) {
        struct being old;
        int64_t old_key;
        read_document(&changes[i].old_document, &old_key, &old);
        assert_true(same_being(&old, mine));
      }
      *mine = being;
    }
    world->position = feed.position;
    if (!moved) break;
  }
}

static void judge(struct world *world) {
  struct model_txn *txn;
  assert_ok(begin(world, true, &txn));
  if (world->in_doubt && !is_state(txn, &world->committed)) world->committed = world->doubtful;
  world->in_doubt = false;
  assert_true(is_state(txn, &world->committed));
  world->committed.has_unique = collection_index(find(txn), slice_of_text("by_unique")) != NULL;
  world->committed.has_tags = collection_index(find(txn), slice_of_text("by_tags")) != NULL;
  if (world->committed.has_unique) judge_index(txn, &world->committed, "by_unique", false);
  if (world->committed.has_tags) judge_index(txn, &world->committed, "by_tags", true);
  model_rollback(txn);
  follow_feed(world);
  for (int key = 0; key < KEYS; key++)
    assert_true(same_being(&world->replica.beings[key], &world->committed.beings[key]));
  arena_reset(&world->arena);
}

/* ---- operations ---- */

static bool unique_is_free(const struct state *state, int64_t key, int64_t unique) {
  for (int64_t i = 0; i < KEYS; i++) {
    if (i != key && state->beings[i].there && unique >= 0 && state->beings[i].unique == unique)
      return false;
  }
  return true;
}

static status get(struct model_txn *txn, int64_t key, struct doc *found, struct store_pins *pins) {
  struct val id = val_int64(key);
  return model_get_many(txn, find(txn), &id, 1, found, pins, test_err());
}

static status change_one(struct world *world, struct model_txn *txn, struct state *state) {
  int64_t key = (int64_t)rng_below(test_rng(), KEYS);
  struct being *mine = &state->beings[key], fresh = random_being();
  struct val document = make_document(world, key, &fresh);
  struct store_pins pins = {0};
  struct doc old;
  status expected = LUMA_OK, result = get(txn, key, &old, &pins);
  if (result != LUMA_OK) return result;
  assert_int_equal(mine->there, old.data != NULL);
  bool clash = state->has_unique && !unique_is_free(state, key, fresh.unique);
  uint64_t choice = rng_below(test_rng(), 3);
  if (choice == 0 || !mine->there) {
    struct model_write write = {.document = &document};
    if (mine->there || clash) expected = LUMA_DUPLICATE_KEY;
    result = model_insert(txn, find(txn), &write, 1, NULL, test_err());
  } else if (choice == 1) {
    if (clash) expected = LUMA_DUPLICATE_KEY;
    uint64_t mark;
    result = model_savepoint(txn, &mark, test_err());
    if (result == LUMA_OK) result = model_replace(txn, find(txn), &old, &document, test_err());
    if (result == LUMA_DUPLICATE_KEY) assert_ok(model_rollback_to(txn, mark, NULL));
  } else {
    fresh = (struct being){0};
    result = model_delete(txn, find(txn), &old, test_err());
  }
  store_pins_release(&pins);
  if (result == LUMA_OK) *mine = fresh;
  if (result == expected) {
    err_reset(test_err());
    return LUMA_OK;
  }
  return result;
}

/* Some changes under a savepoint, undone again. */
static status change_and_undo(struct world *world, struct model_txn *txn,
                              const struct state *state) {
  struct state scratch = *state;
  uint64_t mark;
  TRY(model_savepoint(txn, &mark, test_err()));
  for (int i = 0; i < 2; i++) TRY(change_one(world, txn, &scratch));
  return model_rollback_to(txn, mark, test_err());
}

/* One transaction; what it answers when the disk fails is the disk's answer. */
static status transact(struct world *world) {
  struct state state = world->committed;
  struct model_txn *txn;
  TRY(begin(world, false, &txn));
  status result = LUMA_OK;
  uint64_t ops = 1 + rng_below(test_rng(), OPS_MAX);
  for (uint64_t i = 0; i < ops && result == LUMA_OK; i++) {
    result = rng_below(test_rng(), 5) ? change_one(world, txn, &state)
                                      : change_and_undo(world, txn, &state);
  }
  if (result != LUMA_OK || rng_below(test_rng(), 6) == 0) {
    model_rollback(txn);
    return result;
  }
  result = model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err());
  if (result == LUMA_OK) world->committed = state;
  world->doubtful = state;
  world->in_doubt = result != LUMA_OK;
  return result;
}

static bool has_duplicates(const struct state *state) {
  for (int64_t key = 0; key < KEYS; key++) {
    if (state->beings[key].there && !unique_is_free(state, key, state->beings[key].unique))
      return true;
  }
  return false;
}

static status make_index(struct world *world, bool tags) {
  struct path_step step;
  struct index_key key = {.path = path_of_name(&step, slice_of_text(tags ? "tags" : "unique"))};
  struct model_index_spec spec = {.name = slice_of_text(tags ? "by_tags" : "by_unique"),
                                  .keys = &key,
                                  .keys_count = 1,
                                  .unique = !tags,
                                  .multikey = tags,
                                  .nulls_distinct = true,
                                  .if_not_exists = true};
  status result =
      model_create_index(world->model, slice_of_text("beings"), &spec, NULL, NULL, test_err());
  bool refused = !tags && !world->committed.has_unique && has_duplicates(&world->committed);
  if (result == LUMA_DUPLICATE_KEY && refused) {
    err_reset(test_err());
    return LUMA_OK;
  }
  if (result == LUMA_OK) {
    assert_false(refused);
    *(tags ? &world->committed.has_tags : &world->committed.has_unique) = true;
  }
  return result;
}

static status drop_index(struct world *world, bool tags) {
  struct model_txn *txn;
  TRY(begin(world, false, &txn));
  status result = model_drop_index(txn, slice_of_text("beings"),
                                   slice_of_text(tags ? "by_tags" : "by_unique"), true, test_err());
  if (result != LUMA_OK) {
    model_rollback(txn);
    return result;
  }
  TRY(model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
  *(tags ? &world->committed.has_tags : &world->committed.has_unique) = false;
  return LUMA_OK;
}

static status step(struct world *world) {
  uint64_t choice = rng_below(test_rng(), 20);
  bool tags = rng_below(test_rng(), 2) == 1;
  if (choice == 0) return make_index(world, tags);
  if (choice == 1) return drop_index(world, tags);
  if (choice == 2) return store_checkpoint(model_store(world->model), test_err());
  return transact(world);
}

/* ---- runs ---- */

static void open_world(struct world *world, bool on_disk) {
  *world = (struct world){0};
  arena_init(&world->arena, 0, 0);
  if (on_disk) {
    world->sim = simos_create(rng_next(test_rng()));
    assert_ok(os_make_dir(simos_os(world->sim), "db", test_err()));
    assert_ok(os_sync_dir(simos_os(world->sim), ".", test_err()));
  }
  assert_ok(try_open(world));
  assert_ok(make_collection(world));
}

static void close_world(struct world *world) {
  assert_ok(model_check(world->model, print_fault, NULL, test_err()));
  model_close(world->model);
  if (world->sim) simos_destroy(world->sim);
  arena_deinit(&world->arena);
}

static void agrees_in_memory(void) {
  for (size_t round = 0; round < test_rounds(5); round++) {
    struct world world;
    open_world(&world, false);
    for (int i = 0; i < 200; i++) {
      assert_ok(step(&world));
      if (i % 5 == 0) judge(&world);
    }
    judge(&world);
    close_world(&world);
  }
}

static void agrees_on_disk(void) {
  for (size_t round = 0; round < test_rounds(5); round++) {
    struct world world;
    open_world(&world, true);
    for (int i = 0; i < 200; i++) {
      assert_ok(step(&world));
      if (i % 5 == 0) judge(&world);
      if (rng_below(test_rng(), 40) != 0) continue;
      model_close(world.model);
      assert_ok(try_open(&world));
    }
    judge(&world);
    close_world(&world);
  }
}

/* Opens again after the power came back; the cut may come again while recovering. */
static void recover(struct world *world) {
  for (int tries = 0;; tries++) {
    simos_reboot(world->sim);
    if (tries < 3 && rng_below(test_rng(), 4) == 0)
      simos_crash_at(world->sim, 1 + rng_below(test_rng(), 20));
    status result = try_open(world);
    if (result == LUMA_OK)
      result = make_collection(world);
    else
      world->model = NULL;
    if (!simos_is_off(world->sim)) {
      assert_ok(result);
      /* Disarm: judging is not to be cut. */
      simos_crash_at(world->sim, 0);
      return;
    }
    err_reset(test_err());
    model_close(world->model);
  }
}

static void survives_power_cuts(void) {
  for (size_t round = 0; round < test_rounds(30); round++) {
    struct world world;
    open_world(&world, true);
    for (int cut = 0; cut < 6; cut++) {
      simos_crash_at(world.sim, 1 + rng_below(test_rng(), 150));
      for (int i = 0; i < 60 && !simos_is_off(world.sim); i++) {
        status result = step(&world);
        if (!simos_is_off(world.sim)) assert_ok(result);
      }
      if (!simos_is_off(world.sim)) simos_crash(world.sim);
      err_reset(test_err());
      model_close(world.model);
      recover(&world);
      judge(&world);
    }
    close_world(&world);
  }
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"agrees_in_memory", agrees_in_memory, 0},
      {"agrees_on_disk", agrees_on_disk, 0},
      {"survives_power_cuts", survives_power_cuts, 120},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
