/* SPDX-License-Identifier: MIT */
#include "tests/unit/model/fixture.h"

#include "store/mem/mem_store.h"
#include "value/json/json.h"

void fixture_open(struct fixture *fixture) {
  fixture_open_on(fixture, os_linux());
}

void fixture_open_on(struct fixture *fixture, struct os *os) {
  struct mem_options options = {0};
  struct store *store;
  assert_ok(mem_store_open(&options, &store, test_err()));
  struct model_options model_options = {.os = os, .feed = true};
  assert_ok(model_open(store, &model_options, &fixture->model, test_err()));
  arena_init(&fixture->arena, 0, 0);
}

static void print_fault(void *context, const char *place, const char *what) {
  (void)context;
  print_error("%s: %s\n", place, what);
}

void fixture_close(struct fixture *fixture) {
  assert_ok(model_check(fixture->model, print_fault, NULL, test_err()));
  model_close(fixture->model);
  arena_deinit(&fixture->arena);
}

struct model_txn *fixture_begin(struct fixture *fixture, bool read_only) {
  struct store_begin_options options = {.read_only = read_only, .may_block = true};
  struct model_txn *txn;
  assert_ok(model_begin(fixture->model, &options, &txn, test_err()));
  return txn;
}

void fixture_collection(struct fixture *fixture, const char *name) {
  struct model_txn *txn = fixture_begin(fixture, false);
  assert_ok(model_create_collection(txn, slice_of_text(name), false, NULL, test_err()));
  assert_ok(model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
}

const struct collection *fixture_find(struct model_txn *txn, const char *name) {
  const struct collection *found = catalog_find(model_catalog(txn), slice_of_text(name));
  assert_non_null(found);
  return found;
}

struct val fixture_json(struct fixture *fixture, const char *text) {
  struct json_reader *reader;
  struct json_read_options options = {.form = JSON_TAGGED, .id_is_key = true};
  struct buf out;
  struct val value;
  buf_init(&out, DOC_BYTES_MAX);
  assert_ok(json_reader_create(&reader, test_err()));
  assert_ok(json_read_value(reader, slice_of_text(text), &options, &out, &value, test_err()));
  uint8_t *copy = arena_copy(&fixture->arena, out.data, out.bytes);
  assert_non_null(copy);
  value = val_decode(slice_of(copy, out.bytes), NULL);
  json_reader_destroy(reader);
  buf_deinit(&out);
  return value;
}

status fixture_insert(struct model_txn *txn, const char *collection, struct val document) {
  struct model_write write = {.document = &document};
  return model_insert(txn, fixture_find(txn, collection), &write, 1, NULL, test_err());
}

struct model_index_spec fixture_spec(struct fixture *fixture, const char *name,
                                     const char *const *paths) {
  uint32_t count = 0;
  while (paths[count]) count++;
  struct index_key *keys = arena_zalloc(&fixture->arena, count + 1u, sizeof *keys);
  assert_non_null(keys);
  for (uint32_t i = 0; i < count; i++) {
    assert_ok(
        path_parse(&fixture->arena, slice_of_text(paths[i]), true, &keys[i].path, test_err()));
  }
  return (struct model_index_spec){.name = slice_of_text(name), .keys = keys, .keys_count = count};
}

struct doc fixture_get(struct model_txn *txn, const char *collection, int64_t key,
                       struct store_pins *pins) {
  struct val id = val_int64(key);
  struct doc found;
  assert_ok(model_get_many(txn, fixture_find(txn, collection), &id, 1, &found, pins, test_err()));
  return found;
}

const char *fixture_text(struct fixture *fixture, const struct val *value) {
  struct buf out;
  struct json_write_options options = {.form = JSON_PLAIN};
  buf_init(&out, DOC_BYTES_MAX);
  json_write(&out, value, &options);
  buf_append_byte(&out, 0);
  assert_int_equal(out.failed, LUMA_OK);
  char *copy = arena_copy(&fixture->arena, out.data, out.bytes);
  assert_non_null(copy);
  buf_deinit(&out);
  return copy;
}
