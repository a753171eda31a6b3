/* SPDX-License-Identifier: MIT */
/* Giving a collection its soul: the stored form, names, limits. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"
#include "model/soul/fault.h"
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

status model__number_limit(struct model *model, uint32_t *number, struct err *err) {
  uint64_t taken;
  TRY(model__take_numbers(model, &model->sequence_lock, &model->indexes,
                          keyspace_sequence(KEYSPACE_INDEXES, 0), 1, &taken, err));
  *number = (uint32_t)taken;
  return LUMA_OK;
}

static status number_limits(struct model_txn *txn, struct collection *collection,
                            const struct soul *soul, struct err *err) {
  collection->limits_count = soul->settings.limits_count;
  for (uint32_t i = 0; i < collection->limits_count; i++)
    TRY(model__number_limit(txn->model, &collection->limits[i], err));
  return LUMA_OK;
}

/* ---- making ---- */

status model__check_targets(const struct model_txn *txn, const struct soul *soul,
                            struct slice alias, struct err *err) {
  struct soul_place top = {.name = slice_of_text("attributes")};
  struct soul_faults faults;
  soul_faults_init(&faults);
  for (uint32_t i = 0; i < soul->attributes_count; i++) {
    const struct soul_attribute *attribute = &soul->attributes[i];
    if (!model__is_reference(attribute)) continue;
    struct slice target =
        attribute->type.kind == SOUL_REF ? attribute->type.target : attribute->type.element->target;
    if (slice_is_equal_nocase(target, alias) || catalog_find(txn->catalog, target)) continue;
    struct soul_place place = {.up = &top, .name = attribute->name};
    struct soul_fault fault = {.place = &place, .rule = "reference"};
    soul_faults_add(&faults, &fault, "refers to `%.*s`, which is not there", SLICE_ARG(target));
  }
  status result = soul_faults_raise(&faults, LUMA_INVALID_GENOTYPE, "the genotype", err);
  if (result != LUMA_OK) err_hint(err, "make the soul that is referred to first");
  soul_faults_deinit(&faults);
  return result;
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
  with.open = soul_leaves_open(soul);
  with.version++;
  TRY(model__soul_indexes(txn, &with, soul, &kept, err));
  TRY(number_limits(txn, &with, soul, err));
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
    TRY(model__check_targets(txn, soul, alias, err));
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
