/* SPDX-License-Identifier: MIT */
/* Documents made of the entries of an index: what a covered query reads. */
#include "model/db/index/covered.h"

#include "base/mem/mem.h"
#include "model/db/model_int.h"

struct covered {
  const struct collection *collection;
  const struct index_def *def;
  uint8_t kinds[INDEX_KEYS_MAX];
  struct buf values, documents;
  struct build build;
};

status covered_create(const struct collection *collection, const struct catalog_index *index,
                      struct covered **covered, struct err *err) {
  struct covered *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a scan");
  made->collection = collection;
  made->def = &index->def;
  for (uint32_t i = 0; i < index->def.keys_count; i++)
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

static status put_document(struct covered *covered, struct slice key, uint32_t *bytes,
                           struct err *err) {
  const struct index_def *def = covered->def;
  struct val values[INDEX_KEYS_MAX];
  struct slice made;
  TRY(index_method(def)->values(def, covered->kinds, key, &covered->values, values, err));
  build_begin_document(&covered->build);
  for (uint32_t i = 0; i < def->keys_count; i++)
    put_at(&covered->build, &def->keys[i].path, &values[i]);
  build_end(&covered->build);
  TRY(build_finish(&covered->build, &made, err));
  *bytes = (uint32_t)made.bytes;
  return LUMA_OK;
}

status covered_documents(struct covered *covered, const struct slice *keys, uint32_t count,
                         struct doc *documents, struct err *err) {
  buf_reset(&covered->documents);
  for (uint32_t i = 0; i < count; i++) {
    TRY(put_document(covered, keys[i], &documents[i].bytes, err));
  }
  const uint8_t *at = covered->documents.data; /* the buffer rests */
  for (uint32_t i = 0; i < count; i++) {
    struct slice made = slice_of(at, documents[i].bytes);
    TRY(doc_open(made, covered->collection->names, &documents[i], err));
    at += made.bytes;
  }
  return LUMA_OK;
}
