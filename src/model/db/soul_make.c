/* SPDX-License-Identifier: MIT */
/* Giving a collection its soul: the stored form, names, indexes, limits. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"
#include "value/json/json.h"

status model__format_source(struct model_txn *txn, const struct soul *soul, bool open,
                            struct slice *source, struct err *err) {
  struct buf text;
  buf_init(&text, 4 * SOUL_TEXT_BYTES_MAX);
  buf_append_text(&text, "{\"genotype\":");
  soul_write(&text, soul, SOUL_SHOWN);
  buf_append_format(&text, ",\"open\":%s,\"population\":", open ? "true" : "false");
  soul_write_limits(&text, soul->settings.limits, soul->settings.limits_count);
  buf_append_byte(&text, '}');
  status result = buf_check(&text, "the genotype", err);
  uint8_t *copy = result == LUMA_OK ? arena_copy(&txn->kept, text.data, text.bytes) : NULL;
  *source = slice_of(copy, text.bytes);
  buf_deinit(&text);
  TRY(result);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a soul");
  return LUMA_OK;
}

status model__intern_attributes(struct model_txn *txn, const struct collection *collection,
                                const struct soul *soul, struct err *err) {
  for (uint32_t i = 0; i < soul->attributes_count; i++) {
    uint16_t ignored;
    struct slice name = soul->attributes[i].name;
    if (slice_is_equal(name, slice_of_text("id"))) continue;
    TRY(names_intern(collection->names, name, &ignored, err));
  }
  return model__save_names(txn->model, collection, err);
}

/* ---- indexes ---- */

/* An index that a soul asks for. */
struct wanted {
  struct slice name;
  const struct slice *paths;
  uint32_t paths_count;
  bool unique, multikey;
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

static bool has_keys(const struct index_def *def, const struct index_def *wanted) {
  if (def->keys_count != wanted->keys_count || def->unique != wanted->unique) return false;
  for (uint32_t i = 0; i < def->keys_count; i++) {
    if (!index_key_is_equal(&def->keys[i], &wanted->keys[i])) return false;
  }
  return true;
}

/* users_email_key (unique), users_owner_idx: as others name what they make by themselves. */
static status make_name(struct model_txn *txn, const struct collection *collection,
                        const struct wanted *wanted, struct slice *name, struct err *err) {
  struct buf text;
  buf_init(&text, 4096);
  buf_append_slice(&text, collection->name);
  for (uint32_t i = 0; i < wanted->paths_count; i++) {
    struct slice path = wanted->paths[i];
    if (path.bytes > 1 && path.data[0] == '-') path = slice_of(path.data + 1, path.bytes - 1);
    buf_append_format(&text, "_%.*s", SLICE_ARG(path));
  }
  buf_append_text(&text, wanted->unique ? "_key" : "_idx");
  if (text.bytes > CATALOG_NAME_BYTES_MAX) text.bytes = CATALOG_NAME_BYTES_MAX;
  const uint8_t *copy = wanted->name.bytes
                            ? arena_copy(&txn->kept, wanted->name.data, wanted->name.bytes)
                            : arena_copy(&txn->kept, text.data, text.bytes);
  *name = slice_of(copy, wanted->name.bytes ? wanted->name.bytes : text.bytes);
  buf_deinit(&text);
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
                          .notes_kinds = true};
  struct slice name;
  TRY(parse_keys(txn, wanted, &def, err));
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    struct catalog_index *index = &collection->indexes[i];
    if (catalog_index_is_partial(index) || !has_keys(&index->def, &def)) continue;
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
  struct wanted wanted = {.paths = &attribute->name,
                          .paths_count = 1,
                          .unique = attribute->unique,
                          .multikey = attribute->type.kind == SOUL_LIST};
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

status model__number_limits(struct model_txn *txn, struct collection *collection,
                            const struct soul *soul, struct err *err) {
  struct model *model = txn->model;
  collection->limits_count = soul->settings.limits_count;
  for (uint32_t i = 0; i < collection->limits_count; i++) {
    uint64_t number;
    TRY(model__take_numbers(model, &model->sequence_lock, &model->indexes,
                            keyspace_sequence(KEYSPACE_INDEXES, 0), 1, &number, err));
    collection->limits[i] = (uint32_t)number;
  }
  return LUMA_OK;
}

/* ---- making ---- */

/* What a reference names must be there, or be the collection itself. */
static status check_targets(struct model_txn *txn, const struct soul *soul, struct slice alias,
                            struct err *err) {
  for (uint32_t i = 0; i < soul->attributes_count; i++) {
    const struct soul_attribute *attribute = &soul->attributes[i];
    if (!model__is_reference(attribute)) continue;
    struct slice target =
        attribute->type.kind == SOUL_REF ? attribute->type.target : attribute->type.element->target;
    if (slice_is_equal_nocase(target, alias) || catalog_find(txn->catalog, target)) continue;
    err_raise(err, LUMA_INVALID_GENOTYPE, __FILE__, __LINE__,
              "`%.*s` refers to `%.*s`, which is not there", SLICE_ARG(attribute->name),
              SLICE_ARG(target));
    err_hint(err, "make the soul that is referred to first");
    return LUMA_INVALID_GENOTYPE;
  }
  return LUMA_OK;
}

/* Whether a genotype leaves a collection open: as it says; else one without attributes does. */
static bool is_left_open(const struct soul *soul) {
  return soul->settings.has_open ? soul->settings.open : soul->attributes_count == 0;
}

static status settle(struct model_txn *txn, const struct collection *base, struct soul *soul,
                     struct err *err) {
  struct collection with = *base;
  uint32_t kept;
  TRY(model__intern_attributes(txn, base, soul, err));
  TRY(model__store_soul(txn, soul, NULL, err));
  with.indexes = arena_zalloc(&txn->kept, CATALOG_INDEXES_MAX, sizeof *with.indexes);
  if (!with.indexes) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  with.soul = soul->number;
  with.genotype = soul;
  with.open = is_left_open(soul);
  if (!with.open) TRY(soul_check_names(soul, err));
  with.version++;
  TRY(model__soul_indexes(txn, &with, soul, &kept, err));
  TRY(model__number_limits(txn, &with, soul, err));
  TRY(model__format_source(txn, soul, with.open, &with.source, err));
  TRY(model__store_collection(txn, &with, catalog_shared(base), err));
  model__learn_from_birth(catalog_by_number(txn->catalog, with.number));
  return LUMA_OK;
}

static status adopt(struct model_txn *txn, const struct collection *found,
                    const struct model_soul_spec *spec, struct err *err) {
  struct model_evolution evolution = {.alias = found->name, .genotype = spec->genotype};
  struct buf report;
  buf_init(&report, DOC_BYTES_MAX);
  status result = model_evolve(txn, &evolution, &report, err);
  buf_deinit(&report);
  return result;
}

static status fail_other(const struct collection *found, struct err *err) {
  err_raise(err, LUMA_ALREADY_EXISTS, __FILE__, __LINE__, "`%.*s` has another soul already",
            SLICE_ARG(found->name));
  err_hint(err, "EVOLVE SOUL %.*s (PATCH /v1/souls/%.*s) makes a child of it",
           SLICE_ARG(found->name), SLICE_ARG(found->name));
  return LUMA_ALREADY_EXISTS;
}

static status create(struct model_txn *txn, const struct model_soul_spec *spec, struct soul *soul,
                     struct model_soul_made *made, struct err *err) {
  struct slice alias = spec->alias;
  if (!alias.bytes) alias = soul->settings.alias;
  if (!alias.bytes) alias = soul->name;
  if (!alias.bytes)
    FAIL(err, LUMA_INVALID_GENOTYPE,
         "the genotype has no alias: give \"alias\", or a name in "
         "\"genesis\"");
  const struct collection *found = catalog_find(txn->catalog, alias);
  bool is_same =
      found && found->genotype && memcmp(found->genotype->hash, soul->hash, SOUL_HASH_BYTES) == 0;
  made->made = !is_same;
  if (found && found->genotype && !is_same && !spec->if_not_exists) return fail_other(found, err);
  if (found && found->genotype) {
    made->made = false;
  } else if (found) {
    TRY(adopt(txn, found, spec, err));
  } else {
    TRY(check_targets(txn, soul, alias, err));
    TRY(model_create_collection(txn, alias, false, &found, err));
    TRY(settle(txn, found, soul, err));
  }
  made->collection = catalog_find(txn->catalog, alias);
  return LUMA_OK;
}

status model_create_soul(struct model_txn *txn, const struct model_soul_spec *spec,
                         struct model_soul_made *made, struct err *err) {
  struct soul *soul;
  TRY(soul_read(spec->genotype, txn->model->options.rules, &soul, err));
  status result = create(txn, spec, soul, made, err);
  soul_release(soul);
  return result;
}
