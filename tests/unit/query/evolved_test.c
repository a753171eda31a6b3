/* SPDX-License-Identifier: MIT */
/* Beings of older souls are the same on every way of reading them: whole and in part, one by one
 * and in scans, made and found kept, through indexes; as taking them through the steps of their
 * evolution one after the other gives. */
#include <stdlib.h>

#include "model/catalog/picture.h"
#include "model/soul/evolution.h"
#include "query/query.h"
#include "store/mem/mem_store.h"
#include "tests/lib/test.h"
#include "value/json/json.h"
#include "value/order/order.h"

enum { BEINGS = 700, TEXT_BYTES = 16 << 10, ATTRIBUTES = 5, READS = 3, GETS = 5 };

static const char *const attributes[ATTRIBUTES] = {"a", "b", "c", "d", "e"};

struct world {
  struct model *model;
  struct json_reader *reader;
  struct buf json;
  uint64_t kept_bytes_max;
};

static uint32_t below(uint32_t limit) {
  return (uint32_t)rng_below(test_rng(), limit);
}

static void *room(size_t bytes) {
  void *made = calloc(1, bytes);
  assert_non_null(made);
  return made;
}

static void open_world(struct world *world) {
  struct mem_options options = {0};
  struct store *store;
  const uint64_t most[] = {0, sizeof(struct kept_block) + (40 << 10), 1 << 30};
  world->kept_bytes_max = most[below(3)];
  assert_ok(mem_store_open(&options, &store, test_err()));
  struct model_options model_options = {.os = os_linux(),
                                        .feed = true,
                                        .rules = query_rules(),
                                        .kept_bytes_max = world->kept_bytes_max,
                                        .fills = below(2)};
  assert_ok(model_open(store, &model_options, &world->model, test_err()));
  assert_ok(json_reader_create(&world->reader, test_err()));
  buf_init(&world->json, DOC_BYTES_MAX);
}

static void print_fault(void *context, const char *place, const char *what) {
  (void)context;
  print_error("%s: %s\n", place, what);
}

static void close_world(struct world *world) {
  assert_ok(model_check(world->model, print_fault, NULL, test_err()));
  model_close(world->model);
  json_reader_destroy(world->reader);
  buf_deinit(&world->json);
}

static struct model_txn *begin(struct world *world) {
  struct store_begin_options options = {.isolation = STORE_SERIALIZABLE, .may_block = true};
  struct model_txn *txn;
  assert_ok(model_begin(world->model, &options, &txn, test_err()));
  return txn;
}

static void commit(struct model_txn *txn) {
  assert_ok(model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
}

static const struct collection *find(const struct model_txn *txn) {
  return catalog_find(model_catalog(txn), slice_of_text("c"));
}

static struct val read_json(struct world *world, const char *json) {
  struct json_read_options options = {.form = JSON_TAGGED, .id_is_key = true};
  struct val value;
  buf_reset(&world->json);
  assert_ok(json_read_value(world->reader, slice_of_text(json), &options, &world->json, &value,
                            test_err()));
  return value;
}

/* ---- beings ---- */

static void append_value(struct buf *text, char name) {
  static const char *const texts[] = {"\"\"", "\"28\"", "\"Straße\"", "\"a longer text of words\""};
  if (below(6) == 0) {
    buf_append_text(text, "null");
    return;
  }
  switch (name) {
  case 'a': buf_append_format(text, "%d", (int)below(100000) - 50000); break;
  case 'c': buf_append_format(text, "%u.25", below(1000)); break;
  case 'd': buf_append_text(text, below(2) ? "true" : "false"); break;
  default: buf_append_text(text, texts[below(4)]); break;
  }
}

static void insert(struct world *world, struct model_txn *txn, uint32_t id) {
  struct buf text;
  buf_init(&text, TEXT_BYTES);
  buf_append_format(&text, "{\"id\":%u", id);
  for (int i = 0; i < ATTRIBUTES; i++) {
    if (below(4) == 0) continue;
    buf_append_format(&text, ",\"%s\":", attributes[i]);
    append_value(&text, *attributes[i]);
  }
  buf_append_text(&text, "}");
  buf_append_byte(&text, 0);
  struct val document = read_json(world, (const char *)text.data);
  struct model_write write = {.document = &document};
  assert_ok(model_insert(txn, find(txn), &write, 1, NULL, test_err()));
  buf_deinit(&text);
}

static status try_create(struct world *world, struct model_txn *txn) {
  struct val genotype = read_json(
      world, "{\"attributes\":{\"a\":{\"type\":\"int\",\"index\":true},\"b\":{\"type\":\"text\"},"
             "\"c\":{\"type\":\"float\"},\"d\":{\"type\":\"boolean\"},"
             "\"e\":{\"type\":\"text\",\"index\":true}}}");
  struct model_soul_spec spec = {.alias = slice_of_text("c"), .genotype = &genotype};
  struct model_soul_made made;
  return model_create_soul(txn, &spec, &made, test_err());
}

static void populate(struct world *world) {
  struct model_txn *txn = begin(world);
  assert_ok(try_create(world, txn));
  for (uint32_t i = 0; i < BEINGS; i++) insert(world, txn, i);
  commit(txn);
}

/* ---- evolutions ---- */

static const char *random_expression(char name) {
  static const char *const integers[] = {"a * 2 + 1",
                                         "length(b)",
                                         "coalesce(a, 0)",
                                         "CASE WHEN d THEN 1 ELSE a END",
                                         "length(lower(b) || e)",
                                         "id - a"};
  static const char *const texts[] = {"upper(b)",
                                      "b || '!'",
                                      "CAST(a AS TEXT)",
                                      "repeat(e, 12)",
                                      "trim(e) || c",
                                      "'none'",
                                      "replace(b, 'a', 'bb')",
                                      "lower(b)",
                                      "'n' || a",
                                      "coalesce(e, upper(b))"};
  static const char *const floats[] = {"c * 2.0", "a / 3.0", "abs(c)", "CAST(a AS FLOAT)"};
  if (name == 'a') return integers[below(6)];
  if (name == 'c') return floats[below(4)];
  return name == 'd' ? "a > 0 OR d" : texts[below(10)];
}

static void evolve(struct world *world, struct model_txn *txn) {
  struct buf text, report;
  bool first = true;
  buf_init(&text, TEXT_BYTES);
  buf_init(&report, TEXT_BYTES);
  /* A default of its own makes each soul another one. */
  buf_append_format(&text, "{\"attributes\":{\"n\":{\"type\":\"int\",\"default\":%u}},",
                    1 + below(1u << 30));
  buf_append_text(&text, "\"transform\":{");
  for (int i = 0; i < ATTRIBUTES; i++) {
    if (below(3) == 0) continue;
    buf_append_format(&text, "%s\"%s\":\"%s\"", first ? "" : ",", attributes[i],
                      random_expression(*attributes[i]));
    first = false;
  }
  buf_append_text(&text, "}}");
  buf_append_byte(&text, 0);
  struct val genotype = read_json(world, (const char *)text.data);
  struct model_evolution evolution = {
      .alias = slice_of_text("c"), .genotype = &genotype, .merge = true};
  assert_ok(model_evolve(txn, &evolution, &report, test_err()));
  buf_deinit(&text);
  buf_deinit(&report);
}

/* ---- what is right ---- */

/* All beings as they are stored, taken through the steps. */
struct right {
  struct buf bytes[BEINGS];
  struct doc documents[BEINGS];
};

static void make_right(const struct collection *collection, const struct doc *stored,
                       struct buf *bytes, struct doc *right) {
  struct slice made = slice_of(stored->data, stored->bytes);
  buf_init(bytes, DOC_BYTES_MAX);
  if (evolution_changes(collection->evolution, doc_header(stored).soul, collection->soul))
    assert_ok(evolution_apply(collection->evolution, stored, 0, bytes, &made, test_err()));
  else
    assert_true(buf_append_slice(bytes, made));
  assert_ok(doc_open(buf_slice(bytes), collection->names, right, test_err()));
}

static uint32_t key_of(const struct doc *document) {
  struct val root = doc_root(document), key = val_field(&root, slice_of_text("_id"));
  return (uint32_t)key.integer;
}

/* Who looks at nothing that evolved gets beings as they are stored. */
static struct right *read_right(struct model_txn *txn) {
  struct right *right = room(sizeof *right);
  struct slice name = slice_of_text("_id");
  struct model_reads reads = {&name, 1};
  struct model_scan_options options = {.reads = &reads};
  struct model_scan *scan;
  struct doc *documents = room(STORE_BATCH_MAX * sizeof *documents);
  uint32_t count;
  assert_ok(model_scan_open(txn, find(txn), &options, &scan, test_err()));
  do {
    assert_ok(model_scan_next(scan, STORE_BATCH_MAX, documents, &count, test_err()));
    for (uint32_t i = 0; i < count; i++) {
      uint32_t key = key_of(&documents[i]);
      make_right(find(txn), &documents[i], &right->bytes[key], &right->documents[key]);
    }
  } while (count);
  model_scan_close(scan);
  free(documents);
  return right;
}

static void free_right(struct right *right) {
  for (uint32_t i = 0; i < BEINGS; i++) buf_deinit(&right->bytes[i]);
  free(right);
}

/* ---- ways of reading ---- */

static void expect_field(const struct val *root, const struct val *right, struct slice name) {
  struct val value = val_field(root, name), expected = val_field(right, name);
  assert_int_equal(value.type, expected.type);
  if (value.type == VAL_TEXT)
    assert_true(slice_is_equal(val_slice(&value), val_slice(&expected)));
  else if (value.type != VAL_MISSING)
    assert_int_equal(value.integer, expected.integer); /* the bits of all fixed types here */
}

static void expect_part(const struct right *right, const struct doc *document,
                        const struct model_reads *reads) {
  struct val expected = doc_root(&right->documents[key_of(document)]), root = doc_root(document);
  for (uint32_t i = 0; i < reads->count; i++) expect_field(&root, &expected, reads->names[i]);
}

static void expect_whole(const struct right *right, const struct doc *document) {
  const struct doc *expected = &right->documents[key_of(document)];
  struct val whole = doc_root(expected), root = doc_root(document);
  assert_false(document->is_lensed);
  assert_ok(doc_check(slice_of(document->data, document->bytes), document->names, test_err()));
  assert_int_equal(val_count(&whole), val_count(&root));
  for (uint32_t i = 0; i < val_count(&whole); i++) {
    struct slice name, other;
    struct val field = val_field_at(&whole, i, &name);
    (void)field;
    (void)val_field_at(&root, i, &other);
    assert_true(slice_is_equal(name, other));
    expect_field(&root, &whole, name);
  }
}

static struct model_reads random_reads(struct slice names[READS]) {
  uint32_t count = 1 + below(READS);
  for (uint32_t i = 0; i < count; i++) names[i] = slice_of_text(attributes[below(ATTRIBUTES)]);
  return (struct model_reads){names, count};
}

static void scan(struct model_txn *txn, const struct right *right, const struct model_reads *reads,
                 const struct catalog_index *index) {
  struct model_scan_options options = {.reads = reads, .index = index};
  struct model_scan *scan;
  struct doc *documents = room(STORE_BATCH_MAX * sizeof *documents);
  uint32_t count, all = 0, most = below(2) ? STORE_BATCH_MAX : 1 + below(20);
  assert_ok(model_scan_open(txn, find(txn), &options, &scan, test_err()));
  do {
    assert_ok(model_scan_next(scan, most, documents, &count, test_err()));
    for (uint32_t i = 0; i < count; i++) {
      if (reads)
        expect_part(right, &documents[i], reads);
      else
        expect_whole(right, &documents[i]);
    }
    all += count;
  } while (count);
  assert_int_equal(all, BEINGS);
  model_scan_close(scan);
  free(documents);
}

static void look_up(struct model_txn *txn, const struct right *right,
                    const struct model_reads *reads, uint32_t count) {
  struct val *keys = room(count * sizeof *keys);
  struct doc *documents = room(count * sizeof *documents);
  struct store_pins pins = {0};
  for (uint32_t i = 0; i < count; i++) keys[i] = val_int64(below(BEINGS));
  struct model_look_up what = {find(txn), reads, keys, count};
  assert_ok(model_look_up(txn, &what, documents, &pins, test_err()));
  for (uint32_t i = 0; i < count; i++) {
    assert_int_equal(key_of(&documents[i]), keys[i].integer);
    if (reads)
      expect_part(right, &documents[i], reads);
    else
      expect_whole(right, &documents[i]);
  }
  store_pins_release(&pins);
  free(documents);
  free(keys);
}

/* Copies, also where memory ends. */
static void copy(struct model_txn *txn, const struct right *right) {
  struct arena arena;
  size_t budget = below(3) ? 0 : 1 + below(4000);
  arena_init(&arena, 64 + below(1000), budget);
  for (int i = 0; i < GETS; i++) {
    struct val key = val_int64(below(BEINGS + 1));
    struct doc document;
    status result = model_get_copy(txn, find(txn), &key, &arena, &document, test_err());
    if (budget && result == LUMA_OUT_OF_MEMORY) {
      err_reset(test_err());
      break;
    }
    assert_ok(result);
    assert_int_equal(document.data != NULL, key.integer < BEINGS);
    if (!document.data) continue;
    assert_int_equal(key_of(&document), key.integer);
    expect_whole(right, &document);
  }
  arena_deinit(&arena);
}

static void read_all_ways(struct world *world, struct model_txn *txn) {
  struct right *right = read_right(txn);
  for (int i = 0; i < 3; i++) {
    struct slice names[READS];
    struct model_reads reads = random_reads(names);
    const struct collection *collection = find(txn);
    const struct catalog_index *index = &collection->indexes[below(collection->indexes_count)];
    scan(txn, right, &reads, NULL);
    if (below(2)) assert_ok(model_fill(world->model, test_err()));
    scan(txn, right, &reads, NULL); /* what is kept */
    scan(txn, right, &reads, index);
    scan(txn, right, NULL, NULL);
    scan(txn, right, NULL, index);
    for (int k = 0; k < GETS; k++) look_up(txn, right, &reads, 1);
    look_up(txn, right, &reads, BEINGS);
    look_up(txn, right, NULL, 1);
    look_up(txn, right, NULL, BEINGS);
    copy(txn, right);
  }
  free_right(right);
}

/* ---- cases ---- */

static void rewrite_some(struct model_txn *txn) {
  for (uint32_t i = 0; i < BEINGS / 10; i++) {
    struct val key = val_int64(below(BEINGS));
    struct store_pins pins = {0};
    struct doc document;
    assert_ok(model_get_many(txn, find(txn), &key, 1, &document, &pins, test_err()));
    struct val root = doc_root(&document);
    assert_ok(model_replace(txn, find(txn), &document, &root, test_err()));
    store_pins_release(&pins);
  }
}

static void all_ways_of_reading_agree(void) {
  for (size_t round = 0; round < test_rounds(8); round++) {
    struct world world;
    open_world(&world);
    populate(&world);
    uint32_t steps = 1 + below(2);
    for (uint32_t i = 0; i < steps; i++) {
      struct model_txn *txn = begin(&world);
      evolve(&world, txn);
      commit(txn);
      txn = begin(&world);
      read_all_ways(&world, txn);
      rewrite_some(txn);
      read_all_ways(&world, txn);
      commit(txn);
    }
    close_world(&world);
  }
}

/* Beings that a transaction itself wrote under an older soul. */
static void what_a_transaction_wrote_before_it_evolved_is_read_right(void) {
  for (size_t round = 0; round < test_rounds(4); round++) {
    struct world world;
    open_world(&world);
    populate(&world);
    struct model_txn *txn = begin(&world);
    rewrite_some(txn);
    evolve(&world, txn);
    read_all_ways(&world, txn);
    rewrite_some(txn);
    read_all_ways(&world, txn);
    commit(txn);
    txn = begin(&world);
    read_all_ways(&world, txn);
    model_rollback(txn);
    close_world(&world);
  }
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"all_ways_of_reading_agree", all_ways_of_reading_agree, 0},
      {"what_a_transaction_wrote_before_it_evolved_is_read_right",
       what_a_transaction_wrote_before_it_evolved_is_read_right, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
