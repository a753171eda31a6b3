/* SPDX-License-Identifier: MIT */
/* References between beings: what is referred to exists, and stays or takes its referrers along.
 *
 * Each reference adds one to a counter of the being it names. Who deletes a being guards that
 * counter: a reference made meanwhile makes the deletion conflict, and as adds do not conflict with
 * each other, making references costs no conflicts. Who makes a reference guards the record, so a
 * deletion meanwhile makes the making conflict. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"
#include "model/soul/coerce.h"
#include "model/soul/fault.h"
#include "value/order/order.h"
#include "value/ulid/ulid.h"

/* ---- what a reference names ---- */

const struct collection *model__target(struct model_txn *txn, const struct soul_type *type) {
  return catalog_find(txn->catalog, type->target);
}

static status record_exists(struct model_txn *txn, const struct collection *target,
                            const struct val *key, bool *exists, struct err *err) {
  struct store_pins pins = {0};
  struct store_value value = {0};
  struct buf record;
  buf_init(&record, MODEL_SCRATCH_BYTES_MAX);
  status result = model__record_key(&record, target, key, err);
  if (result == LUMA_OK)
    result = store_get(txn->store, STORE_RECORDS, buf_slice(&record), &value, &pins, err);
  *exists = result == LUMA_OK && value.found;
  store_pins_release(&pins);
  buf_deinit(&record);
  return result;
}

/* What is read as the type of the keys that it names, where nothing is lost; false: they have no
 * type of their own, or it is none of them. */
static bool coerce_key(struct model_txn *txn, const struct collection *target, struct val *value,
                       bool *changed) {
  const struct soul *soul = target->genotype;
  const struct soul_attribute *id = soul ? soul_attribute(soul, slice_of_text("id")) : NULL;
  struct val key;
  bool is_other = false;
  if (!id || !soul_coerce(&id->type, value, &txn->soul_arena, &key, &is_other) || !is_other)
    return false;
  *value = key;
  *changed = true;
  return true;
}

/* A key written as text is looked for as text first, then as the ULID it spells. */
status model__resolve_reference(void *context, const struct soul_attribute *attribute,
                                struct val *value, bool *changed, struct err *err) {
  struct model_txn *txn = context;
  struct soul_type type = attribute->type;
  if (type.kind == SOUL_LIST && type.element) type = *type.element;
  const struct collection *target = model__target(txn, &type);
  struct val ulid = {.type = VAL_ULID};
  bool exists = false;
  if (!target || coerce_key(txn, target, value, changed)) return LUMA_OK;
  if (value->type != VAL_TEXT || !ulid_parse(val_slice(value), ulid.id)) return LUMA_OK;
  TRY(record_exists(txn, target, value, &exists, err));
  if (exists) return LUMA_OK;
  *value = ulid;
  *changed = true;
  return LUMA_OK;
}

/* ---- counting references ---- */

static status fail_missing(const struct collection *collection, const struct collection *target,
                           const struct soul_attribute *attribute, const struct val *key,
                           struct err *err) {
  struct buf shown;
  buf_init(&shown, 4096);
  soul_show_value(&shown, key, attribute->is_masked);
  status code = err_raise(err, LUMA_CONSTRAINT, __FILE__, __LINE__,
                          "`%.*s` of `%.*s` refers to %.*s, which `%.*s` does not have",
                          SLICE_ARG(attribute->name), SLICE_ARG(collection->name),
                          SLICE_ARG(buf_slice(&shown)), SLICE_ARG(target->name));
  buf_deinit(&shown);
  return code;
}

status model__reference_counter(struct buf *out, const struct collection *target,
                                const struct val *key, struct err *err) {
  struct keyspace_key prefix = keyspace_references(target->number);
  buf_append_slice(out, keyspace_slice(&prefix));
  TRY(model_key_encode(out, key, err));
  return buf_check(out, "a key", err);
}

static status count_one(struct model_txn *txn, const struct collection *target,
                        const struct val *key, int64_t delta, struct err *err) {
  struct buf counter;
  buf_init(&counter, MODEL_SCRATCH_BYTES_MAX);
  status result = model__reference_counter(&counter, target, key, err);
  if (result == LUMA_OK)
    result = store_add(txn->store, buf_slice(&counter), delta, INT64_MIN, INT64_MAX, err);
  buf_deinit(&counter);
  return result;
}

static status guard_record(struct model_txn *txn, const struct collection *target,
                           const struct val *key, struct err *err) {
  struct buf record;
  buf_init(&record, MODEL_SCRATCH_BYTES_MAX);
  status result = model__record_key(&record, target, key, err);
  if (result == LUMA_OK) result = store_guard(txn->store, STORE_RECORDS, buf_slice(&record), err);
  buf_deinit(&record);
  return result;
}

status model__check_reference(struct model_txn *txn, const struct collection *collection,
                              const struct soul_attribute *attribute,
                              const struct collection *target, const struct val *key,
                              struct err *err) {
  bool exists = false;
  if (val_is_null(key)) return LUMA_OK;
  status result = record_exists(txn, target, key, &exists, err);
  if (result == LUMA_INVALID_VALUE) err_reset(err); /* what cannot be a key names nothing */
  if (result != LUMA_OK && result != LUMA_INVALID_VALUE) return result;
  return exists ? LUMA_OK : fail_missing(collection, target, attribute, key, err);
}

/* One reference that is made (+1) or goes (-1). */
static status change_one(struct model_txn *txn, const struct collection *collection,
                         const struct soul_attribute *attribute, const struct soul_type *type,
                         const struct val *key, int64_t delta, struct err *err) {
  const struct collection *target = model__target(txn, type);
  if (!target || val_is_null(key)) return LUMA_OK;
  if (delta > 0) {
    TRY(model__check_reference(txn, collection, attribute, target, key, err));
    TRY(guard_record(txn, target, key, err));
  }
  return count_one(txn, target, key, delta, err);
}

static status change_all(struct model_txn *txn, const struct collection *collection,
                         const struct soul_attribute *attribute, const struct val *value,
                         int64_t delta, struct err *err) {
  if (attribute->type.kind == SOUL_REF)
    return change_one(txn, collection, attribute, &attribute->type, value, delta, err);
  for (uint32_t i = 0; value->type == VAL_LIST && i < val_count(value); i++) {
    struct val key = val_at(value, i);
    TRY(change_one(txn, collection, attribute, attribute->type.element, &key, delta, err));
  }
  return LUMA_OK;
}

bool model__is_reference(const struct soul_attribute *attribute) {
  return soul_refers(attribute);
}

status model__change_references(struct model_txn *txn, const struct collection *collection,
                                const struct doc *old, const struct doc *fresh, struct err *err) {
  const struct soul *soul = collection->genotype;
  struct val was = old ? doc_root(old) : val_missing();
  struct val is = fresh ? doc_root(fresh) : val_missing();
  for (uint32_t i = 0; soul && i < soul->attributes_count; i++) {
    const struct soul_attribute *attribute = &soul->attributes[i];
    if (!model__is_reference(attribute)) continue;
    struct val before = val_field(&was, attribute->name), after = val_field(&is, attribute->name);
    if (old && fresh && val_is_equal(&before, &after)) continue;
    TRY(change_all(txn, collection, attribute, &after, 1, err));
    TRY(change_all(txn, collection, attribute, &before, -1, err));
  }
  return LUMA_OK;
}

/* ---- telling what names nothing ---- */

struct missing {
  struct model_txn *txn;
  const struct soul_attribute *attribute;
  const struct collection *target;
  struct soul_faults *faults;
};

static status list_one(const struct missing *missing, const struct soul_place *place,
                       const struct val *key) {
  struct soul_fault fault = {.rule = "reference",
                             .place = place,
                             .value = key,
                             .sensitive = missing->attribute->is_masked};
  bool exists = false;
  if (val_is_null(key)) return LUMA_OK;
  status result = record_exists(missing->txn, missing->target, key, &exists, NULL);
  if (result != LUMA_OK && result != LUMA_INVALID_VALUE) return result;
  if (!exists)
    soul_faults_add(missing->faults, &fault, "refers to what `%.*s` does not have",
                    SLICE_ARG(missing->target->name));
  return LUMA_OK;
}

status model__list_missing(struct model_txn *txn, const struct collection *collection,
                           const struct doc *document, const struct soul_place *place,
                           struct soul_faults *faults) {
  const struct soul *soul = collection->genotype;
  struct val root = doc_root(document);
  for (uint32_t i = 0; soul && i < soul->attributes_count; i++) {
    const struct soul_attribute *attribute = &soul->attributes[i];
    if (!model__is_reference(attribute)) continue;
    bool is_list = attribute->type.kind == SOUL_LIST;
    struct missing missing = {
        txn, attribute, model__target(txn, is_list ? attribute->type.element : &attribute->type),
        faults};
    struct soul_place at = {.up = place, .name = attribute->name};
    struct val value = val_field(&root, attribute->name);
    if (!missing.target) continue;
    if (!is_list) TRY(list_one(&missing, &at, &value));
    for (uint32_t k = 0; is_list && value.type == VAL_LIST && k < val_count(&value); k++) {
      struct soul_place inner = {.up = &at, .index = k};
      struct val key = val_at(&value, k);
      TRY(list_one(&missing, &inner, &key));
    }
  }
  return LUMA_OK;
}
