/* SPDX-License-Identifier: MIT */
/* Indexes that souls ask for: for attributes that are unique, indexed or references, and for
 * constraints. One that is there already serves, if it does the same; one that is still being built
 * does not, for it may never be. */
#include "model/db/model_int.h"

enum { NAMED_BYTES = CATALOG_NAME_BYTES_MAX - 8 };

/* An index that a soul asks for. */
struct wanted {
  struct slice name;
  const struct slice *paths;
  uint32_t paths_count;
  bool unique, multikey;
  bool is_scalar; /* documents have one value there, never a list */
};

static status parse_keys(struct model_txn *txn, const struct wanted *wanted, struct index_def *def,
                         struct err *err) {
  if (wanted->paths_count > INDEX_KEYS_MAX)
    FAIL(err, LUMA_INVALID_GENOTYPE, "an index has at most %d attributes", INDEX_KEYS_MAX);
  def->keys_count = wanted->paths_count;
  for (uint32_t i = 0; i < wanted->paths_count; i++) {
    struct slice text = wanted->paths[i];
    bool descending = text.bytes > 1 && text.data[0] == '-';
    if (descending) text = slice_of(text.data + 1, text.bytes - 1);
    def->keys[i].descending = descending;
    TRY(path_parse(&txn->kept, text, true, &def->keys[i].path, err));
  }
  return LUMA_OK;
}

/* Whether an index does what is wanted: also of what others made, in other languages, for which
 * missing values may be equal or have no entries. */
static bool serves(const struct catalog_index *index, const struct index_def *wanted,
                   bool is_scalar) {
  const struct index_def *def = &index->def;
  bool is_whole =
      !catalog_index_is_partial(index) && !def->sparse && index->state != CATALOG_INDEX_WRITE_ONLY;
  if (!slice_is_equal(def->collation, wanted->collation)) return false;
  bool is_alike = def->unique == wanted->unique && (!def->unique || def->nulls_distinct);
  bool sees_values = def->multikey == wanted->multikey || (is_scalar && def->multikey);
  if (!is_whole || !is_alike || !sees_values || def->keys_count != wanted->keys_count) return false;
  for (uint32_t i = 0; i < def->keys_count; i++) {
    if (!index_key_is_equal(&def->keys[i], &wanted->keys[i])) return false;
  }
  return true;
}

/* users_email_key (unique), users_owner_idx: as others name what they make by themselves; with a
 * number where somebody has called an index so. */
static void append_name(struct buf *text, const struct collection *collection,
                        const struct wanted *wanted, uint32_t nth) {
  buf_append_slice(text, collection->name);
  for (uint32_t i = 0; i < wanted->paths_count; i++) {
    struct slice path = wanted->paths[i];
    if (path.bytes > 1 && path.data[0] == '-') path = slice_of(path.data + 1, path.bytes - 1);
    buf_append_format(text, "_%.*s", SLICE_ARG(path));
  }
  if (text->bytes > NAMED_BYTES) text->bytes = NAMED_BYTES;
  buf_append_text(text, wanted->unique ? "_key" : "_idx");
  if (nth > 0) buf_append_format(text, "%u", nth);
}

static status make_name(struct model_txn *txn, const struct collection *collection,
                        const struct wanted *wanted, struct slice *name, struct err *err) {
  struct buf text;
  buf_init(&text, 64 << 10);
  buf_append_slice(&text, wanted->name);
  for (uint32_t nth = 0; wanted->name.bytes == 0 && nth <= CATALOG_INDEXES_MAX; nth++) {
    buf_reset(&text);
    append_name(&text, collection, wanted, nth);
    if (!collection_index(collection, buf_slice(&text))) break;
  }
  const uint8_t *copy = arena_copy(&txn->kept, text.data, text.bytes);
  *name = slice_of(copy, text.bytes);
  status result = buf_check(&text, "the name of an index", err);
  buf_deinit(&text);
  TRY(result);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for an index");
  return LUMA_OK;
}

static status add_index(struct model_txn *txn, struct collection *collection,
                        const struct wanted *wanted, struct err *err) {
  struct index_def def = {.method = INDEX_ORDERED,
                          .unique = wanted->unique,
                          .multikey = wanted->multikey,
                          .nulls_distinct = true,
                          .notes_lists = wanted->multikey,
                          .notes_ways = wanted->multikey,
                          .notes_parts = wanted->multikey,
                          .notes_kinds = true,
                          .notes_nulls = true,
                          .notes_keys = true};
  struct slice name;
  TRY(parse_keys(txn, wanted, &def, err));
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    struct catalog_index *index = &collection->indexes[i];
    if (!serves(index, &def, wanted->is_scalar)) continue;
    if (index->state == CATALOG_INDEX_READY) index->state = CATALOG_INDEX_PUBLIC;
    return LUMA_OK;
  }
  TRY(make_name(txn, collection, wanted, &name, err));
  if (collection_index(collection, name))
    FAIL(err, LUMA_ALREADY_EXISTS, "`%.*s` has an index `%.*s` already",
         SLICE_ARG(collection->name), SLICE_ARG(name));
  if (collection->indexes_count == CATALOG_INDEXES_MAX)
    FAIL(err, LUMA_LIMIT_REACHED, "a collection has at most %d indexes", CATALOG_INDEXES_MAX);
  uint64_t number;
  struct model *model = txn->model;
  TRY(model__take_numbers(model, &model->sequence_lock, &model->indexes,
                          keyspace_sequence(KEYSPACE_INDEXES, 0), 1, &number, err));
  def.number = (uint32_t)number;
  collection->indexes[collection->indexes_count++] =
      (struct catalog_index){.name = name, .def = def, .state = CATALOG_INDEX_PUBLIC};
  return LUMA_OK;
}

static status add_attribute_index(struct model_txn *txn, struct collection *collection,
                                  const struct soul_attribute *attribute, struct err *err) {
  bool is_reference = model__is_reference(attribute);
  if (slice_is_equal(attribute->name, slice_of_text("id"))) return LUMA_OK;
  if (!attribute->unique && !attribute->indexed && !is_reference) return LUMA_OK;
  uint8_t kind = attribute->type.kind;
  struct wanted wanted = {.paths = &attribute->name,
                          .paths_count = 1,
                          .unique = attribute->unique,
                          .multikey = kind == SOUL_LIST,
                          .is_scalar = kind != SOUL_LIST && kind != SOUL_ANY && kind != SOUL_MAP};
  return add_index(txn, collection, &wanted, err);
}

status model__soul_indexes(struct model_txn *txn, struct collection *collection,
                           const struct soul *soul, uint32_t *kept, struct err *err) {
  *kept = collection->indexes_count;
  for (uint32_t i = 0; i < soul->attributes_count; i++)
    TRY(add_attribute_index(txn, collection, &soul->attributes[i], err));
  for (uint32_t i = 0; i < soul->constraints_count; i++) {
    const struct soul_constraint *one = &soul->constraints[i];
    struct wanted wanted = {
        .paths = one->attributes, .paths_count = one->attributes_count, .unique = true};
    if (one->kind == SOUL_UNIQUE) TRY(add_index(txn, collection, &wanted, err));
  }
  for (uint32_t i = 0; i < soul->settings.indexes_count; i++) {
    const struct soul_index *one = &soul->settings.indexes[i];
    struct wanted wanted = {.name = one->name,
                            .paths = one->paths,
                            .paths_count = one->paths_count,
                            .unique = one->unique};
    TRY(add_index(txn, collection, &wanted, err));
  }
  return LUMA_OK;
}

/* ---- what may not be dropped ---- */

static bool is_over(const struct index_def *def, const struct slice *names, uint32_t count) {
  bool same = def->keys_count == count;
  for (uint32_t i = 0; same && i < count; i++)
    same =
        def->keys[i].path.count == 1 && slice_is_equal(def->keys[i].path.steps[0].name, names[i]);
  return same;
}

/* Another that would do the same. */
static bool has_twin(const struct collection *collection, const struct catalog_index *index) {
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    const struct catalog_index *one = &collection->indexes[i];
    if (one != index && one->state == CATALOG_INDEX_PUBLIC && serves(one, &index->def, false))
      return true;
  }
  return false;
}

bool model__soul_needs(const struct collection *collection, const struct catalog_index *index) {
  const struct soul *soul = collection->genotype;
  bool is_rule = false;
  if (!soul || !index->def.unique || !serves(index, &index->def, false)) return false;
  for (uint32_t i = 0; i < soul->attributes_count && !is_rule; i++)
    is_rule = soul->attributes[i].unique && is_over(&index->def, &soul->attributes[i].name, 1);
  for (uint32_t i = 0; i < soul->constraints_count && !is_rule; i++) {
    const struct soul_constraint *one = &soul->constraints[i];
    is_rule =
        one->kind == SOUL_UNIQUE && is_over(&index->def, one->attributes, one->attributes_count);
  }
  return is_rule && !has_twin(collection, index);
}
