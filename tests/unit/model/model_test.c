/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "tests/unit/model/fixture.h"

static void commit(struct model_txn *txn) {
  assert_ok(model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
}

static uint64_t count(struct fixture *fixture, const char *name) {
  struct model_txn *txn = fixture_begin(fixture, true);
  uint64_t documents;
  assert_ok(model_count(txn, fixture_find(txn, name), &documents, test_err()));
  model_rollback(txn);
  return documents;
}

static void insert_committed(struct fixture *fixture, const char *name, const char *json) {
  struct model_txn *txn = fixture_begin(fixture, false);
  assert_ok(fixture_insert(txn, name, fixture_json(fixture, json)));
  commit(txn);
}

static void keeps_documents(void) {
  struct fixture f;
  fixture_open(&f);
  fixture_collection(&f, "users");
  insert_committed(&f, "users", "{\"name\":\"Ann\",\"id\":7,\"tags\":[1,{\"a\":null}]}");
  struct model_txn *txn = fixture_begin(&f, true);
  struct store_pins pins = {0};
  struct doc doc = fixture_get(txn, "users", 7, &pins);
  assert_non_null(doc.data);
  struct val root = doc_root(&doc);
  assert_string_equal("{\"id\":7,\"name\":\"Ann\",\"tags\":[1,{\"a\":null}]}",
                      fixture_text(&f, &root));
  assert_true(doc_header(&doc).version > 0);
  assert_true(doc_header(&doc).row > 0);
  assert_null(fixture_get(txn, "users", 8, &pins).data);
  store_pins_release(&pins);
  model_rollback(txn);
  assert_int_equal(1, count(&f, "users"));
  fixture_close(&f);
}

static void refuses_taken_keys(void) {
  struct fixture f;
  fixture_open(&f);
  fixture_collection(&f, "users");
  insert_committed(&f, "users", "{\"id\":1}");
  struct model_txn *txn = fixture_begin(&f, false);
  struct val same = fixture_json(&f, "{\"id\":1.0,\"x\":2}");
  assert_int_equal(LUMA_DUPLICATE_KEY, fixture_insert(txn, "users", same));
  assert_string_equal("`users` has a document with the key 1.0 already", test_err()->message);
  struct val list = fixture_json(&f, "{\"id\":[1]}");
  assert_int_equal(LUMA_INVALID_VALUE, fixture_insert(txn, "users", list));
  struct val twice[3] = {fixture_json(&f, "{\"id\":3}"), fixture_json(&f, "{\"id\":2}"),
                         fixture_json(&f, "{\"id\":3}")};
  struct model_write writes[3] = {
      {.document = &twice[0]}, {.document = &twice[1]}, {.document = &twice[2]}};
  uint32_t failed;
  assert_int_equal(LUMA_DUPLICATE_KEY,
                   model_insert(txn, fixture_find(txn, "users"), writes, 3, &failed, test_err()));
  assert_int_equal(2, failed);
  commit(txn);
  assert_int_equal(3, count(&f, "users"));
  fixture_close(&f);
}

static void makes_keys(void) {
  struct fixture f;
  fixture_open(&f);
  fixture_collection(&f, "logs");
  struct model_txn *txn = fixture_begin(&f, false);
  struct val document = fixture_json(&f, "{\"text\":\"x\"}");
  struct model_write writes[2] = {{.document = &document}, {.document = &document}};
  assert_ok(model_insert(txn, fixture_find(txn, "logs"), writes, 2, NULL, test_err()));
  assert_int_equal(VAL_ULID, writes[0].key.type);
  assert_true(memcmp(writes[0].key.id, writes[1].key.id, ULID_BYTES) < 0);
  commit(txn);
  fixture_close(&f);
}

static void keeps_unique_indexes(void) {
  struct fixture f;
  fixture_open(&f);
  fixture_collection(&f, "users");
  insert_committed(&f, "users", "{\"id\":1,\"mail\":\"a\"}");
  const char *paths[] = {"mail", NULL};
  struct model_index_spec spec = fixture_spec(&f, "by_mail", paths);
  spec.unique = true;
  spec.nulls_distinct = true;
  assert_ok(model_create_index(f.model, slice_of_text("users"), &spec, NULL, NULL, test_err()));
  struct model_txn *txn = fixture_begin(&f, false);
  assert_int_equal(LUMA_DUPLICATE_KEY,
                   fixture_insert(txn, "users", fixture_json(&f, "{\"id\":2,\"mail\":\"a\"}")));
  assert_string_equal("another document of `users` has `mail` = \"a\" (unique index `by_mail`)",
                      test_err()->message);
  assert_ok(fixture_insert(txn, "users", fixture_json(&f, "{\"id\":3}")));
  assert_ok(fixture_insert(txn, "users", fixture_json(&f, "{\"id\":4,\"mail\":null}")));
  commit(txn);
  assert_int_equal(3, count(&f, "users"));
  fixture_close(&f);
}

static void refuses_unique_index_on_duplicates(void) {
  struct fixture f;
  fixture_open(&f);
  fixture_collection(&f, "users");
  insert_committed(&f, "users", "{\"id\":1,\"mail\":5}");
  insert_committed(&f, "users", "{\"id\":2,\"mail\":5.0}");
  const char *paths[] = {"mail", NULL};
  struct model_index_spec spec = fixture_spec(&f, "by_mail", paths);
  spec.unique = true;
  assert_int_equal(LUMA_DUPLICATE_KEY, model_create_index(f.model, slice_of_text("users"), &spec,
                                                          NULL, NULL, test_err()));
  struct model_txn *txn = fixture_begin(&f, true);
  assert_int_equal(0, fixture_find(txn, "users")->indexes_count);
  model_rollback(txn);
  fixture_close(&f);
}

static void writers_of_one_key_conflict(void) {
  struct fixture f;
  fixture_open(&f);
  fixture_collection(&f, "users");
  struct model_txn *a = fixture_begin(&f, false), *b = fixture_begin(&f, false);
  assert_ok(fixture_insert(a, "users", fixture_json(&f, "{\"id\":1}")));
  assert_ok(fixture_insert(b, "users", fixture_json(&f, "{\"id\":1}")));
  commit(a);
  assert_status(LUMA_CONFLICT, model_commit(b, STORE_SYNC_DEFAULT, NULL, test_err()));
  assert_int_equal(1, count(&f, "users"));
  fixture_close(&f);
}

static void a_catalog_change_makes_writers_conflict(void) {
  struct fixture f;
  fixture_open(&f);
  fixture_collection(&f, "users");
  struct model_txn *writer = fixture_begin(&f, false);
  assert_ok(fixture_insert(writer, "users", fixture_json(&f, "{\"id\":1,\"mail\":1}")));
  const char *paths[] = {"mail", NULL};
  struct model_index_spec spec = fixture_spec(&f, "by_mail", paths);
  assert_ok(model_create_index(f.model, slice_of_text("users"), &spec, NULL, NULL, test_err()));
  assert_status(LUMA_CONFLICT, model_commit(writer, STORE_SYNC_DEFAULT, NULL, test_err()));
  fixture_close(&f);
}

static void collections_change(void) {
  struct fixture f;
  fixture_open(&f);
  fixture_collection(&f, "Users");
  insert_committed(&f, "users", "{\"id\":1}"); /* the only match without case */
  struct model_txn *txn = fixture_begin(&f, false);
  assert_status(LUMA_ALREADY_EXISTS,
                model_create_collection(txn, slice_of_text("Users"), false, NULL, test_err()));
  assert_ok(model_create_collection(txn, slice_of_text("Users"), true, NULL, test_err()));
  assert_ok(
      model_rename_collection(txn, slice_of_text("Users"), slice_of_text("people"), test_err()));
  assert_null(catalog_find(model_catalog(txn), slice_of_text("Users")));
  commit(txn);
  assert_int_equal(1, count(&f, "people"));
  txn = fixture_begin(&f, false);
  assert_int_equal(LUMA_UNKNOWN_COLLECTION,
                   model_drop_collection(txn, slice_of_text("peple"), false, test_err()));
  assert_string_equal("did you mean `people`?", test_err()->hint);
  uint64_t mark;
  assert_ok(model_savepoint(txn, &mark, test_err()));
  assert_ok(model_drop_collection(txn, slice_of_text("people"), false, test_err()));
  assert_int_equal(0, catalog_count(model_catalog(txn)));
  assert_ok(model_rollback_to(txn, mark, test_err()));
  assert_int_equal(1, catalog_count(model_catalog(txn)));
  assert_ok(model_drop_collection(txn, slice_of_text("people"), false, test_err()));
  assert_ok(model_create_collection(txn, slice_of_text("people"), false, NULL, test_err()));
  commit(txn);
  assert_int_equal(0, count(&f, "people"));
  fixture_close(&f);
}

/* Each was asked for each pair of the others, by a name that was gone: minutes. */
static void many_collections_go_together_at_once(void) {
  enum { MANY = 600, NAME_BYTES = 16 };
  struct fixture f;
  static char texts[MANY][NAME_BYTES];
  struct slice names[MANY];
  fixture_open(&f);
  struct model_txn *txn = fixture_begin(&f, false);
  for (int i = 0; i < MANY; i++) {
    snprintf(texts[i], NAME_BYTES, "c%d", i);
    names[i] = slice_of_text(texts[i]);
    assert_ok(model_create_collection(txn, names[i], false, NULL, test_err()));
  }
  for (int i = 0; i < MANY; i++)
    assert_ok(model_drop_beside(txn, names[i], names, MANY, false, test_err()));
  assert_int_equal(0, catalog_count(model_catalog(txn)));
  commit(txn);
  fixture_close(&f);
}

static void replacing_keeps_key_and_row(void) {
  struct fixture f;
  fixture_open(&f);
  fixture_collection(&f, "users");
  insert_committed(&f, "users", "{\"id\":1,\"a\":1}");
  struct model_txn *txn = fixture_begin(&f, false);
  struct store_pins pins = {0};
  struct doc old = fixture_get(txn, "users", 1, &pins);
  uint64_t row = doc_header(&old).row;
  struct val fresh = fixture_json(&f, "{\"b\":2}"), other = fixture_json(&f, "{\"id\":2}");
  assert_status(LUMA_INVALID_ARGUMENT,
                model_replace(txn, fixture_find(txn, "users"), &old, &other, test_err()));
  assert_ok(model_replace(txn, fixture_find(txn, "users"), &old, &fresh, test_err()));
  struct doc now = fixture_get(txn, "users", 1, &pins);
  struct val root = doc_root(&now);
  assert_string_equal("{\"id\":1,\"b\":2}", fixture_text(&f, &root));
  assert_int_equal(row, doc_header(&now).row);
  assert_ok(model_delete(txn, fixture_find(txn, "users"), &now, test_err()));
  store_pins_release(&pins);
  commit(txn);
  assert_int_equal(0, count(&f, "users"));
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"keeps_documents", keeps_documents, 0},
      {"refuses_taken_keys", refuses_taken_keys, 0},
      {"makes_keys", makes_keys, 0},
      {"keeps_unique_indexes", keeps_unique_indexes, 0},
      {"refuses_unique_index_on_duplicates", refuses_unique_index_on_duplicates, 0},
      {"writers_of_one_key_conflict", writers_of_one_key_conflict, 0},
      {"a_catalog_change_makes_writers_conflict", a_catalog_change_makes_writers_conflict, 0},
      {"collections_change", collections_change, 0},
      {"many_collections_go_together_at_once", many_collections_go_together_at_once, 20},
      {"replacing_keeps_key_and_row", replacing_keeps_key_and_row, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
