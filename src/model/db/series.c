/* SPDX-License-Identifier: MIT */
/* Time series, as MongoDB's `create` makes them: collections like others, whose documents each have
 * a moment in one field. An index of these moments comes with the collection and stays as long;
 * documents end some time after their moment by what it says. */
#include "model/db/model_int.h"

enum { BAD_VALUE = 2 };

static status fail_moment(const struct collection *collection, struct err *err) {
  err_raise(err, LUMA_INVALID_VALUE, __FILE__, __LINE__,
            "'%.*s' must be present and contain a valid BSON UTC datetime value",
            SLICE_ARG(collection->rules.time_field));
  if (err) err->foreign = BAD_VALUE;
  err_hint(err, "`%.*s` is a time series: each document has its moment there",
           SLICE_ARG(collection->name));
  return LUMA_INVALID_VALUE;
}

status model__check_moments(const struct collection *collection, const struct slice *documents,
                            uint32_t count, uint32_t *failed, struct err *err) {
  struct slice name = collection->rules.time_field;
  if (name.bytes == 0) return LUMA_OK;
  for (uint32_t i = 0; i < count; i++) {
    struct doc doc;
    if (failed) *failed = i;
    TRY(doc_open(documents[i], collection->names, &doc, err));
    struct val root = doc_root(&doc);
    if (val_field(&root, name).type != VAL_TIMESTAMP) return fail_moment(collection, err);
  }
  return LUMA_OK;
}

/* Called as MongoDB's clients would call it. */
static status name_index(struct model_txn *txn, const struct collection *with, struct slice *name,
                         struct err *err) {
  struct slice field = with->rules.time_field;
  uint8_t *text = arena_alloc_text(&txn->arena, field.bytes + 2);
  if (!text) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  memcpy(text, field.data, field.bytes);
  memcpy(text + field.bytes, "_1", 2);
  *name = slice_of(text, field.bytes + 2);
  return LUMA_OK;
}

static status add_index(struct model_txn *txn, struct collection *with, struct err *err) {
  uint64_t number = 0;
  struct path_step *step = arena_zalloc(&txn->arena, 1, sizeof *step);
  if (!step) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  *step = (struct path_step){.name = with->rules.time_field, .is_name = true};
  TRY(model__take_numbers(txn->model, &txn->model->sequence_lock, &txn->model->indexes,
                          keyspace_sequence(KEYSPACE_INDEXES, 0), 1, &number, err));
  struct index_def def = {.number = (uint32_t)number,
                          .method = INDEX_ORDERED,
                          .keys_count = 1,
                          .multikey = true,
                          .notes_lists = true,
                          .notes_ways = true,
                          .notes_parts = true,
                          .notes_kinds = true,
                          .notes_nulls = true,
                          .notes_keys = true};
  def.keys[0].path = (struct path){.steps = step, .count = 1};
  struct catalog_index *index = &with->indexes[with->indexes_count++];
  *index = (struct catalog_index){.def = def, .state = CATALOG_INDEX_PUBLIC};
  return name_index(txn, with, &index->name, err);
}

static status check_empty(struct model_txn *txn, const struct collection *with, struct err *err) {
  uint64_t count = 0;
  TRY(model_count(txn, with, &count, err));
  if (count == 0 && with->indexes_count == 0) return LUMA_OK;
  FAIL(err, LUMA_INVALID_ARGUMENT, "`%.*s` is in use: a time series is made as one",
       SLICE_ARG(with->name));
}

status model__set_series(struct model_txn *txn, struct collection *with, bool is_new,
                         struct err *err) {
  if (with->rules.time_field.bytes == 0) return LUMA_OK;
  if (is_new) TRY(check_empty(txn, with, err));
  arena_reset(&txn->arena);
  struct catalog_index *indexes =
      arena_zalloc(&txn->arena, with->indexes_count + 1u, sizeof *indexes);
  if (!indexes) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  if (with->indexes_count) memcpy(indexes, with->indexes, with->indexes_count * sizeof *indexes);
  with->indexes = indexes;
  if (is_new) TRY(add_index(txn, with, err));
  for (uint32_t i = 0; i < with->indexes_count; i++) {
    if (!collection_is_time_index(with, &indexes[i])) continue;
    indexes[i].expires = with->rules.expires;
    indexes[i].expire_s = with->rules.expire_s;
  }
  return LUMA_OK;
}
