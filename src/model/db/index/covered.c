/* SPDX-License-Identifier: MIT */
/* Documents made of the entries of an index: what a covered query reads. */
#include "model/db/index/covered.h"

#include "base/mem/mem.h"
#include "model/db/model_int.h"

struct covered {
  const struct collection *collection;
  const struct index_def *def;
  bool with_key;
  uint32_t key_at; /* the part that is the document's key, UINT32_MAX: none is shown */
  uint8_t kinds[INDEX_PARTS_MAX];
  struct buf values, documents;
  struct build build;
};

/* The key of the index that is the document's. */
static uint32_t find_key(const struct index_def *def) {
  struct path_step step;
  const struct path key = path_of_name(&step, slice_of_text("_id"));
  for (uint32_t i = 0; i < def->keys_count; i++)
    if (path_is_equal(&def->keys[i].path, &key)) return i;
  return UINT32_MAX;
}

status covered_create(const struct collection *collection, const struct catalog_index *index,
                      bool with_key, struct covered **covered, struct err *err) {
  struct covered *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a scan");
  made->collection = collection;
  made->def = &index->def;
  made->with_key = with_key;
  made->key_at = with_key ? index->def.keys_count : find_key(&index->def);
  for (uint32_t i = 0; i < index->def.keys_count + with_key; i++)
    made->kinds[i] = collection_kinds(collection, index, i);
  buf_init(&made->values, MODEL_SCRATCH_BYTES_MAX);
  buf_init(&made->documents, MODEL_SCRATCH_BYTES_MAX);
  build_init(&made->build, &made->documents, collection->names);
  *covered = made;
  return LUMA_OK;
}

void covered_destroy(struct covered *covered) {
  if (!covered) return;
  build_deinit(&covered->build);
  buf_deinit(&covered->values);
  buf_deinit(&covered->documents);
  mem_free(covered);
}

/* The value at its path, in maps of its own. */
static void put_at(struct build *build, const struct path *path, const struct val *value) {
  if (value->type == VAL_MISSING) return;
  for (uint32_t i = 0; i < path->count; i++) {
    build_name(build, path->steps[i].name);
    if (i + 1 < path->count) build_begin_map(build);
  }
  build_put(build, value);
  for (uint32_t i = 1; i < path->count; i++) build_end(build);
}

/* It comes first, as in the documents. */
static void put_key(struct build *build, const struct val *key) {
  build_name(build, slice_of_text("_id"));
  build_put(build, key);
}

static status put_document(struct covered *covered, const struct index_entry *entry,
                           uint32_t *bytes, struct err *err) {
  const struct index_def *def = covered->def;
  struct val values[INDEX_PARTS_MAX];
  struct slice made;
  TRY(index_method(def)->values(def, covered->kinds, covered->with_key, entry, &covered->values,
                                values, err));
  build_begin_document(&covered->build);
  if (covered->key_at != UINT32_MAX) put_key(&covered->build, &values[covered->key_at]);
  for (uint32_t i = 0; i < def->keys_count; i++)
    if (i != covered->key_at) put_at(&covered->build, &def->keys[i].path, &values[i]);
  build_end(&covered->build);
  TRY(build_finish(&covered->build, &made, err));
  *bytes = (uint32_t)made.bytes;
  return LUMA_OK;
}

status covered_documents(struct covered *covered, const struct store_rows *rows,
                         struct doc *documents, struct err *err) {
  uint32_t count = rows->count;
  buf_reset(&covered->documents);
  for (uint32_t i = 0; i < count; i++) {
    const struct index_entry entry = {.key = rows->keys[i], .value = rows->values[i]};
    TRY(put_document(covered, &entry, &documents[i].bytes, err));
  }
  const uint8_t *at = covered->documents.data; /* the buffer rests */
  for (uint32_t i = 0; i < count; i++) {
    struct slice made = slice_of(at, documents[i].bytes);
    TRY(doc_open(made, covered->collection->names, &documents[i], err));
    at += made.bytes;
  }
  return LUMA_OK;
}
