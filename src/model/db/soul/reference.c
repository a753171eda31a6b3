/* SPDX-License-Identifier: MIT */
/* References between beings: what is referred to exists, and stays or takes its referrers along.
 *
 * Each reference adds one to a counter of the being it names. Who deletes a being guards that
 * counter: a reference made meanwhile makes the deletion conflict, and as adds do not conflict with
 * each other, making references costs no conflicts. Who makes a reference guards the record, so a
 * deletion meanwhile makes the making conflict. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"
#include "model/soul/fault.h"
#include "value/order/order.h"
#include "value/ulid/ulid.h"

enum { CASCADE_DEPTH_MAX = 32, KEYS_AT_ONCE = 256 };

/* ---- what a reference names ---- */

static const struct collection *target_of(struct model_txn *txn, const struct soul_type *type) {
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

/* A key written as text is looked for as text first, then as the ULID it spells. */
status model__resolve_reference(void *context, const struct soul_attribute *attribute,
                                struct val *value, bool *changed, struct err *err) {
  struct model_txn *txn = context;
  struct soul_type type = attribute->type;
  if (type.kind == SOUL_LIST && type.element) type = *type.element;
  const struct collection *target = target_of(txn, &type);
  struct val ulid = {.type = VAL_ULID};
  bool exists = false;
  if (!target || value->type != VAL_TEXT || !ulid_parse(val_slice(value), ulid.id)) return LUMA_OK;
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

static status counter_key(struct buf *out, const struct collection *target, const struct val *key,
                          struct err *err) {
  struct keyspace_key prefix = keyspace_references(target->number);
  buf_append_slice(out, keyspace_slice(&prefix));
  TRY(model_key_encode(out, key, err));
  return buf_check(out, "a key", err);
}

static status count_one(struct model_txn *txn, const struct collection *target,
                        const struct val *key, int64_t delta, struct err *err) {
  struct buf counter;
  buf_init(&counter, MODEL_SCRATCH_BYTES_MAX);
  status result = counter_key(&counter, target, key, err);
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

/* One reference that is made (+1) or goes (-1). */
static status change_one(struct model_txn *txn, const struct collection *collection,
                         const struct soul_attribute *attribute, const struct soul_type *type,
                         const struct val *key, int64_t delta, struct err *err) {
  const struct collection *target = target_of(txn, type);
  bool exists = false;
  if (!target || val_is_null(key)) return LUMA_OK;
  if (delta > 0) {
    status result = record_exists(txn, target, key, &exists, err);
    if (result == LUMA_INVALID_VALUE) err_reset(err); /* what cannot be a key names nothing */
    if (result != LUMA_OK && result != LUMA_INVALID_VALUE) return result;
    if (!exists) return fail_missing(collection, target, attribute, key, err);
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

status model__add_references(struct model_txn *txn, const struct collection *collection,
                             const struct soul_attribute *attribute, const struct val *value,
                             struct err *err) {
  return change_all(txn, collection, attribute, value, 1, err);
}

bool model__is_reference(const struct soul_attribute *attribute) {
  const struct soul_type *type = &attribute->type;
  return type->kind == SOUL_REF ||
         (type->kind == SOUL_LIST && type->element && type->element->kind == SOUL_REF);
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
    struct missing missing = {txn, attribute,
                              target_of(txn, is_list ? attribute->type.element : &attribute->type),
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

/* ---- deleting what is referred to ---- */

static bool refers_to(struct model_txn *txn, const struct soul_attribute *attribute,
                      const struct collection *target) {
  if (!model__is_reference(attribute)) return false;
  const struct soul_type *type =
      attribute->type.kind == SOUL_REF ? &attribute->type : attribute->type.element;
  const struct collection *found = target_of(txn, type);
  return found && found->number == target->number;
}

const struct collection *model__referrer(struct model_txn *txn, const struct collection *target,
                                         bool self_too) {
  for (uint32_t i = 0; i < catalog_count(txn->catalog); i++) {
    const struct collection *one = catalog_at(txn->catalog, i);
    if (!one->genotype || (one->number == target->number && !self_too)) continue;
    for (uint32_t k = 0; k < one->genotype->attributes_count; k++) {
      if (refers_to(txn, &one->genotype->attributes[k], target)) return one;
    }
  }
  return NULL;
}

/* The index over a reference, which making its collection made; NULL when it was dropped. */
static const struct catalog_index *index_over(const struct collection *collection,
                                              struct slice name) {
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    const struct catalog_index *index = &collection->indexes[i];
    const struct path *path = &index->def.keys[0].path;
    if (index->state == CATALOG_INDEX_PUBLIC && path->count == 1 && !index->def.sparse &&
        !catalog_index_is_partial(index) && slice_is_equal(path->steps[0].name, name))
      return index;
  }
  return NULL;
}

static bool names_key(const struct doc *document, const struct soul_attribute *attribute,
                      const struct val *key) {
  struct val root = doc_root(document), value = val_field(&root, attribute->name);
  if (value.type != VAL_LIST) return val_is_equal(&value, key);
  for (uint32_t i = 0; i < val_count(&value); i++) {
    struct val one = val_at(&value, i);
    if (val_is_equal(&one, key)) return true;
  }
  return false;
}

/* Some beings of `collection` whose attribute names `key`. */
struct referrers {
  struct arena arena;
  struct val keys[KEYS_AT_ONCE];
  uint32_t count;
};

static status keep_key(struct referrers *referrers, const struct doc *document, struct err *err) {
  struct val key = model__key_of(document);
  if (key.bytes) {
    key.data = arena_copy(&referrers->arena, key.data, key.bytes);
    if (!key.data) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to find references");
  }
  referrers->keys[referrers->count++] = key;
  return LUMA_OK;
}

static status scan_referrers(struct model_scan *scan, const struct soul_attribute *attribute,
                             const struct val *key, struct referrers *referrers, struct err *err) {
  struct doc *documents = mem_alloc(KEYS_AT_ONCE * sizeof *documents);
  if (!documents) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to find references");
  status result = LUMA_OK;
  uint32_t count = 1;
  while (result == LUMA_OK && count > 0 && referrers->count == 0) {
    result = model_scan_next(scan, KEYS_AT_ONCE, documents, &count, err);
    for (uint32_t i = 0; result == LUMA_OK && i < count; i++) {
      if (names_key(&documents[i], attribute, key))
        result = keep_key(referrers, &documents[i], err);
    }
  }
  mem_free(documents);
  return result;
}

static status find_referrers(struct model_txn *txn, const struct collection *collection,
                             const struct soul_attribute *attribute, const struct val *key,
                             struct referrers *referrers, struct err *err) {
  struct val equal = *key;
  struct index_bounds bounds = {.equal = &equal, .equal_count = 1};
  struct model_scan_options options = {.index = index_over(collection, attribute->name)};
  struct model_scan *scan;
  if (options.index) options.bounds = &bounds;
  referrers->count = 0;
  TRY(model_scan_open(txn, collection, &options, &scan, err));
  status result = scan_referrers(scan, attribute, key, referrers, err);
  model_scan_close(scan);
  return result;
}

static status fail_restricted(const struct collection *collection, const struct collection *target,
                              const struct soul_attribute *attribute, const struct val *key,
                              struct err *err) {
  struct buf shown;
  buf_init(&shown, 4096);
  soul_show_value(&shown, key, false);
  status code = err_raise(err, LUMA_CONSTRAINT, __FILE__, __LINE__,
                          "%.*s of `%.*s` cannot be deleted: `%.*s` of `%.*s` refers to it",
                          SLICE_ARG(buf_slice(&shown)), SLICE_ARG(target->name),
                          SLICE_ARG(attribute->name), SLICE_ARG(collection->name));
  err_hint(err, "\"on_delete\": \"cascade\" or \"set null\" lets the referrers follow");
  buf_deinit(&shown);
  return code;
}

/* The document without the reference: null, or a list without the key. */
static status set_null(struct model_txn *txn, const struct collection *collection,
                       const struct doc *document, const struct soul_attribute *attribute,
                       const struct val *key, struct err *err) {
  struct buf out;
  struct build build;
  struct slice made;
  struct val root = doc_root(document), none = val_null();
  buf_init(&out, DOC_BYTES_MAX);
  build_init(&build, &out, NULL);
  build_begin_map(&build);
  for (uint32_t i = 0; i < val_count(&root); i++) {
    struct slice name;
    struct val value = val_field_at(&root, i, &name);
    build_name(&build, name);
    bool is_it = slice_is_equal(name, attribute->name);
    if (!is_it || value.type != VAL_LIST) {
      build_put(&build, is_it ? &none : &value);
      continue;
    }
    build_begin_list(&build);
    for (uint32_t k = 0; k < val_count(&value); k++) {
      struct val one = val_at(&value, k);
      if (!val_is_equal(&one, key)) build_put(&build, &one);
    }
    build_end(&build);
  }
  build_end(&build);
  status result = build_finish(&build, &made, err);
  build_deinit(&build);
  if (result == LUMA_OK) {
    struct val changed = val_decode(made, NULL);
    result = model_replace(txn, collection, document, &changed, err);
  }
  buf_deinit(&out);
  return result;
}

static status follow_one(struct model_txn *txn, const struct collection *collection,
                         const struct soul_attribute *attribute, const struct val *referrer,
                         const struct val *key, struct err *err) {
  struct store_pins pins = {0};
  struct doc document;
  status result = model_get_many(txn, collection, referrer, 1, &document, &pins, err);
  if (result == LUMA_OK && document.data) {
    result = attribute->on_delete == SOUL_CASCADE
                 ? model_delete(txn, collection, &document, err)
                 : set_null(txn, collection, &document, attribute, key, err);
  }
  store_pins_release(&pins);
  return result;
}

/* Whether the only referrer is the being itself, which goes too. */
static bool is_itself(const struct collection *collection, const struct collection *target,
                      const struct referrers *referrers, const struct val *key) {
  return collection->number == target->number && referrers->count == 1 &&
         val_is_equal(&referrers->keys[0], key);
}

static status follow(struct model_txn *txn, const struct collection *collection,
                     const struct soul_attribute *attribute, const struct collection *target,
                     const struct val *key, struct referrers *referrers, struct err *err) {
  for (;;) {
    TRY(find_referrers(txn, collection, attribute, key, referrers, err));
    if (referrers->count == 0 || is_itself(collection, target, referrers, key)) return LUMA_OK;
    if (attribute->on_delete == SOUL_RESTRICT)
      return fail_restricted(collection, target, attribute, key, err);
    for (uint32_t i = 0; i < referrers->count; i++) {
      bool is_self = collection->number == target->number && val_is_equal(&referrers->keys[i], key);
      if (!is_self) TRY(follow_one(txn, collection, attribute, &referrers->keys[i], key, err));
    }
  }
}

static status follow_all(struct model_txn *txn, const struct collection *target,
                         const struct val *key, struct err *err) {
  struct referrers *referrers = mem_zalloc(1, sizeof *referrers);
  if (!referrers) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to find references");
  arena_init(&referrers->arena, 0, 0);
  status result = LUMA_OK;
  for (uint32_t i = 0; result == LUMA_OK && i < catalog_count(txn->catalog); i++) {
    const struct collection *one = catalog_at(txn->catalog, i);
    for (uint32_t k = 0; result == LUMA_OK && one->genotype && k < one->genotype->attributes_count;
         k++) {
      const struct soul_attribute *attribute = &one->genotype->attributes[k];
      if (refers_to(txn, attribute, target))
        result = follow(txn, one, attribute, target, key, referrers, err);
    }
  }
  arena_deinit(&referrers->arena);
  mem_free(referrers);
  return result;
}

status model__before_delete(struct model_txn *txn, const struct collection *collection,
                            const struct doc *old, struct err *err) {
  if (!model__referrer(txn, collection, true)) return LUMA_OK;
  struct buf counter;
  struct val key = model__key_of(old);
  int64_t count = 0;
  buf_init(&counter, MODEL_SCRATCH_BYTES_MAX);
  status result = counter_key(&counter, collection, &key, err);
  if (result == LUMA_OK) result = store_guard(txn->store, STORE_COUNTERS, buf_slice(&counter), err);
  if (result == LUMA_OK) result = store_count(txn->store, buf_slice(&counter), &count, err);
  buf_deinit(&counter);
  TRY(result);
  if (count <= 0) return LUMA_OK;
  if (++txn->cascade_depth > CASCADE_DEPTH_MAX)
    result = err_raise(err, LUMA_TOO_DEEP, __FILE__, __LINE__,
                       "deleting cascades over more than %d levels", CASCADE_DEPTH_MAX);
  else
    result = follow_all(txn, collection, &key, err);
  txn->cascade_depth--;
  return result;
}
