/* SPDX-License-Identifier: MIT */
/* The entries that a document has in an index: what its method makes of it, none where a partial
 * index leaves the document out. That lists were met is noted in the dictionary of the collection:
 * until then a reader may take each document for one entry. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"
status model__entries(struct model_txn *txn, const struct collection *collection,
                      const struct catalog_index *index, const struct doc *document,
                      struct slice key_part, struct index_entries *entries, struct err *err) {
  bool keeps = true;
  struct val root = doc_root(document), computed[INDEX_KEYS_MAX];
  struct arena_mark mark = arena_mark(&txn->kept);
  entries->count = 0;
  status result = index_rules_run(index->rules, &root, &txn->kept, &keeps, computed, err);
  if (result == LUMA_OK && keeps)
    result =
        index_method(&index->def)->entries(&index->def, document, computed, key_part, entries, err);
  arena_rewind(&txn->kept, mark);
  TRY(result);
  if (!keeps || !entries->has_lists || collection_has_lists(collection, index)) return LUMA_OK;
  TRY(collection_mark_lists(collection, index, err));
  return model__save_names(txn->model, collection, err);
}

status model__make_rules(const struct model *model, struct catalog_index *index, struct err *err) {
  return index_rules_create(model->options.rules, &index->condition, index->def.keys,
                            index->def.keys_count, &index->rules, err);
}

/* Compiles what the copies compute. `*made`: how many hold rules of their own, or none. */
static status make_all(const struct model *model, struct collection *with, uint32_t *made,
                       struct err *err) {
  for (; *made < with->indexes_count; ++*made)
    TRY(model__make_rules(model, &with->indexes[*made], err));
  return LUMA_OK;
}

status model__attach_rules(struct model *model, const struct collection *collection,
                           struct err *err) {
  struct collection with = *collection;
  struct catalog *next = NULL;
  uint32_t made = 0;
  with.validator = NULL;
  with.indexes = mem_zalloc(with.indexes_count + 1u, sizeof *with.indexes);
  if (!with.indexes) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  memcpy(with.indexes, collection->indexes, with.indexes_count * sizeof *with.indexes);
  status result = make_all(model, &with, &made, err);
  if (result == LUMA_OK)
    result = catalog_with(model->catalog, &with, catalog_shared(collection), &next, err);
  for (uint32_t i = 0; i < made; i++) index_rules_release(with.indexes[i].rules);
  index_rules_release(with.validator);
  mem_free(with.indexes);
  if (result != LUMA_OK) {
    err_wrap(err, "the conditions of `%.*s`", SLICE_ARG(collection->name));
    return result;
  }
  catalog_release(model->catalog);
  model->catalog = next;
  return LUMA_OK;
}
