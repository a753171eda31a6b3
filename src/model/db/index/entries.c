/* SPDX-License-Identifier: MIT */
/* The entries that a document has in an index: what its method makes of it, none where a partial
 * index leaves the document out. That lists were met is noted in the dictionary of the collection,
 * with the keys that led to them: until then a reader may take each document for one entry. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"

status model__entry_record_key(const struct index_def *def, struct slice prefix, struct slice key,
                               struct slice value, struct slice *record_key, struct err *err) {
  bool begins =
      prefix.bytes && value.bytes == 0 && key.bytes > prefix.bytes && slice_has_prefix(key, prefix);
  if (!begins) return index_method(def)->record_key(def, key, value, record_key, err);
  *record_key = slice_of(key.data + prefix.bytes, key.bytes - prefix.bytes);
  return LUMA_OK;
}

static struct model_noted *noted_of(struct model_txn *txn, const struct catalog_index *index) {
  struct model_noted *noted = &txn->noted[index->def.number % MODEL_NOTED_MAX];
  if (noted->index != index->def.number) *noted = (struct model_noted){.index = index->def.number};
  return noted;
}

/** Notes kinds, of each part, that this transaction has not noted. */
static status note_kinds(struct model_txn *txn, const struct collection *collection,
                         const struct catalog_index *index, const uint8_t kinds[INDEX_PARTS_MAX],
                         struct err *err) {
  uint32_t parts_count = index->def.keys_count + index->def.notes_keys;
  struct model_noted *noted = noted_of(txn, index);
  bool is_new = false;
  for (uint32_t part = 0; part < parts_count; part++) {
    uint8_t fresh = kinds[part] & (uint8_t)~noted->kinds[part];
    if (!fresh) continue;
    is_new = true;
    TRY(collection_mark_kinds(collection, index, part, fresh, err));
    noted->kinds[part] |= fresh;
  }
  return is_new ? model__save_names(txn->model, collection, err) : LUMA_OK;
}

/** Notes keys that led to lists, as far as this transaction has not noted them. */
static status note_lists(struct model_txn *txn, const struct collection *collection,
                         const struct catalog_index *index, uint32_t lists, struct err *err) {
  struct model_noted *noted = noted_of(txn, index);
  if (!(lists & ~noted->lists)) return LUMA_OK;
  TRY(collection_mark_lists(collection, index, lists, err));
  noted->lists |= lists;
  return model__save_names(txn->model, collection, err);
}

/** The same of paths of a wildcard. */
static status note_paths(struct model_txn *txn, const struct collection *collection,
                         const struct catalog_index *index, const struct index_entries *entries,
                         struct err *err) {
  struct slice path;
  size_t at = 0;
  if (!index->def.notes_parts)
    return note_lists(txn, collection, index, 1u << index_wildcard_at(&index->def), err);
  while (index_entries_next_list(entries, &at, &path))
    TRY(collection_mark_list_at(collection, index, path, err));
  return model__save_names(txn->model, collection, err);
}

static status note_met(struct model_txn *txn, const struct collection *collection,
                       const struct catalog_index *index, const struct doc *document,
                       const struct index_entries *entries, struct err *err) {
  uint8_t kinds[INDEX_PARTS_MAX];
  struct val key = model__key_of(document);
  memcpy(kinds, entries->kinds, index->def.keys_count);
  kinds[index->def.keys_count] = index_kind_of(&key);
  return note_kinds(txn, collection, index, kinds, err);
}

/* What is no fault of the machine: the being stands in the way of the evolution, which will tell.
 */
static bool is_beings(status result) {
  return result != LUMA_OK && result != LUMA_OUT_OF_MEMORY && result != LUMA_CORRUPT &&
         result != LUMA_INTERNAL;
}

status model__make_through(struct model_txn *txn, const struct evolution *through,
                           const struct doc *document, struct buf *room, struct doc *made,
                           bool *fits, struct err *err) {
  struct slice built;
  struct err why = {0};
  status result = evolution_apply(through, document, os_now_us(txn->model->os), room, &built, &why);
  *fits = result == LUMA_OK;
  if (is_beings(result)) return LUMA_OK;
  if (result != LUMA_OK)
    return err_raise(err, result, why.file, why.source_line, "%s", why.message);
  return doc_open(built, through->names, made, err);
}

static status folded_entries(const struct catalog_index *index, const struct doc *document,
                             const struct val *computed, struct slice key_part,
                             struct index_entries *entries, struct err *err) {
  struct index_folding folding;
  TRY(index_rules_begin_fold(index->rules, &folding, err));
  entries->fold = folding.rules ? &folding.fold : NULL;
  status result =
      index_method(&index->def)->entries(&index->def, document, computed, key_part, entries, err);
  entries->fold = NULL;
  index_rules_end_fold(&folding);
  return result;
}

static status plain_entries(struct model_txn *txn, const struct collection *collection,
                            const struct catalog_index *index, const struct doc *document,
                            struct slice key_part, struct index_entries *entries, struct err *err) {
  bool keeps = true;
  struct val root = doc_root(document), computed[INDEX_KEYS_MAX];
  struct arena_mark mark = arena_mark(&txn->kept);
  entries->count = 0;
  status result = index_rules_run(index->rules, &root, &txn->kept, &keeps, computed, err);
  if (result == LUMA_OK && keeps)
    result = folded_entries(index, document, computed, key_part, entries, err);
  else
    result = model__hide_values(collection, result, err);
  arena_rewind(&txn->kept, mark);
  TRY(result);
  if (!keeps) return LUMA_OK;
  if (index->def.notes_kinds) TRY(note_met(txn, collection, index, document, entries, err));
  if (entries->lists) TRY(note_lists(txn, collection, index, entries->lists, err));
  return entries->lists_at.bytes ? note_paths(txn, collection, index, entries, err) : LUMA_OK;
}

status model__entries(struct model_txn *txn, const struct collection *collection,
                      const struct catalog_index *index, const struct doc *document,
                      struct slice key_part, struct index_entries *entries, struct err *err) {
  struct buf room;
  struct doc evolved;
  bool fits;
  if (!index->through || index->through->steps[0].ops_count == 0)
    return plain_entries(txn, collection, index, document, key_part, entries, err);
  entries->count = 0;
  buf_init(&room, MODEL_SCRATCH_BYTES_MAX);
  status result = model__make_through(txn, index->through, document, &room, &evolved, &fits, err);
  if (result == LUMA_OK && fits)
    result = plain_entries(txn, collection, index, &evolved, key_part, entries, err);
  buf_deinit(&room);
  return result;
}

status model__make_rules(const struct model *model, struct catalog_index *index, struct err *err) {
  const struct index_rules_spec spec = {&index->condition, index->def.keys, index->def.keys_count,
                                        index->def.collation};
  return index_rules_create(model->options.rules, &spec, &index->rules, err);
}

/* Compiles what the copies compute. `*made`: how many hold rules of their own, or none. */
static status make_all(const struct model *model, struct collection *with, uint32_t *made,
                       struct err *err) {
  TRY(model__make_validator(model, with, err));
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
