/* SPDX-License-Identifier: MIT */
/* Deleting what is referred to. First all that goes is found, level by level: the being, those that
 * refer to it and follow it, those that refer to these. Then it is seen whether one that stays
 * forbids it; then the others let go; then all go. So cycles end, a being that goes too forbids
 * nothing, and nothing is changed where something is forbidden. */
#include "base/ds/hashmap.h"
#include "base/mem/mem.h"
#include "model/db/model_int.h"
#include "value/order/order.h"

enum { DOCUMENTS_AT_ONCE = 256, GOING_MAX = 10000000 };

static bool refers_to(struct model_txn *txn, const struct soul_attribute *attribute,
                      const struct collection *target) {
  if (!model__is_reference(attribute)) return false;
  const struct soul_type *type =
      attribute->type.kind == SOUL_REF ? &attribute->type : attribute->type.element;
  const struct collection *found = model__target(txn, type);
  return found && found->number == target->number;
}

bool model__refers(struct model_txn *txn, const struct collection *one,
                   const struct collection *target) {
  for (uint32_t i = 0; one->genotype && i < one->genotype->attributes_count; i++)
    if (refers_to(txn, &one->genotype->attributes[i], target)) return true;
  return false;
}

const struct collection *model__referrer(struct model_txn *txn, const struct collection *target,
                                         bool self_too) {
  for (uint32_t i = 0; i < catalog_count_all(txn->catalog); i++) {
    const struct collection *one = catalog_at(txn->catalog, i);
    if (one->number == target->number && !self_too) continue;
    if (model__refers(txn, one, target)) return one;
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
        index->def.collation.bytes == 0 && !catalog_index_is_partial(index) &&
        slice_is_equal(path->steps[0].name, name))
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

/* ---- what goes ---- */

/* A being that goes, or one that lets go of it. */
struct one_going {
  uint32_t collection;
  struct val key;
};
struct letting_go {
  uint32_t collection;
  const struct soul_attribute *attribute;
  struct val key, target;      /* of the referrer; of what goes */
  const struct collection *of; /* whose being goes */
};

struct leaving {
  struct model_txn *txn;
  struct arena arena;   /* keys */
  struct hashmap known; /* record keys of all that go */
  struct one_going *all;
  size_t count, capacity;
  size_t asked;              /* the first of them: those that were to go; the others go along */
  struct letting_go *others; /* that stay, unless they are found to go */
  size_t others_count, others_capacity;
  struct doc documents[DOCUMENTS_AT_ONCE];
};

static status fail_memory(struct err *err) {
  FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to find references");
}

static status copy_key(struct leaving *leaving, const struct val *key, struct val *copy,
                       struct err *err) {
  *copy = *key;
  if (key->bytes) copy->data = arena_copy(&leaving->arena, key->data, key->bytes);
  return key->bytes && !copy->data ? fail_memory(err) : LUMA_OK;
}

/* The record key, in the transaction's scratch. */
static status record_key(struct leaving *leaving, const struct collection *collection,
                         const struct val *key, struct slice *record, struct err *err) {
  struct buf *out = &leaving->txn->keys;
  buf_reset(out);
  TRY(model__record_key(out, collection, key, err));
  *record = buf_slice(out);
  return LUMA_OK;
}

static status goes(struct leaving *leaving, const struct collection *collection,
                   const struct val *key, bool *does, struct err *err) {
  struct slice record;
  TRY(record_key(leaving, collection, key, &record, err));
  *does = hashmap_get(&leaving->known, record) != NULL;
  return LUMA_OK;
}

static status add_going(struct leaving *leaving, const struct collection *collection,
                        const struct val *key, struct err *err) {
  struct slice record;
  bool is_new;
  if (leaving->count == GOING_MAX)
    FAIL(err, LUMA_TOO_LARGE, "deleting takes more than %d beings along", GOING_MAX);
  TRY(record_key(leaving, collection, key, &record, err));
  if (hashmap_get(&leaving->known, record)) return LUMA_OK;
  const uint8_t *copy = arena_copy(&leaving->arena, record.data, record.bytes);
  if (!copy || !hashmap_put(&leaving->known, slice_of(copy, record.bytes), &is_new) ||
      !mem_grow((void **)&leaving->all, &leaving->capacity, leaving->count + 1,
                sizeof *leaving->all))
    return fail_memory(err);
  struct one_going *one = &leaving->all[leaving->count];
  one->collection = collection->number;
  TRY(copy_key(leaving, key, &one->key, err));
  leaving->count++;
  return LUMA_OK;
}

/* ---- finding it ---- */

/* What one attribute of one collection is searched for. */
struct search {
  const struct collection *collection, *target;
  const struct soul_attribute *attribute;
  struct val key;
};

static status add_referrer(struct leaving *leaving, const struct search *search,
                           const struct doc *document, struct err *err) {
  struct val key = model__key_of(document);
  struct letting_go one = {.collection = search->collection->number,
                           .attribute = search->attribute,
                           .of = search->target,
                           .target = search->key};
  if (search->attribute->on_delete == SOUL_CASCADE)
    return add_going(leaving, search->collection, &key, err);
  bool does;
  TRY(goes(leaving, search->collection, &key, &does, err));
  if (does) return LUMA_OK;
  TRY(copy_key(leaving, &key, &one.key, err));
  if (!mem_grow((void **)&leaving->others, &leaving->others_capacity, leaving->others_count + 1,
                sizeof *leaving->others))
    return fail_memory(err);
  leaving->others[leaving->others_count++] = one;
  return LUMA_OK;
}

static status scan_referrers(struct leaving *leaving, struct model_scan *scan,
                             const struct search *search, struct err *err) {
  for (;;) {
    uint32_t count = 0;
    TRY(model__go_on(leaving->txn, err));
    TRY(model_scan_next(scan, DOCUMENTS_AT_ONCE, leaving->documents, &count, err));
    if (count == 0) return LUMA_OK;
    for (uint32_t i = 0; i < count; i++)
      if (names_key(&leaving->documents[i], search->attribute, &search->key))
        TRY(add_referrer(leaving, search, &leaving->documents[i], err));
  }
}

static status find_referrers(struct leaving *leaving, const struct search *search,
                             struct err *err) {
  struct val equal = search->key;
  struct index_bounds bounds = {.equal = &equal, .equal_count = 1};
  struct model_scan_options options = {.index =
                                           index_over(search->collection, search->attribute->name)};
  struct model_scan *scan;
  if (options.index) options.bounds = &bounds;
  TRY(model_scan_open(leaving->txn, search->collection, &options, &scan, err));
  status result = scan_referrers(leaving, scan, search, err);
  model_scan_close(scan);
  return result;
}

/* How many refer to a being. Guarded: one that comes to refer to it meanwhile conflicts. */
static status count_referrers(struct model_txn *txn, const struct collection *collection,
                              const struct val *key, int64_t *count, struct err *err) {
  struct buf counter;
  buf_init(&counter, MODEL_SCRATCH_BYTES_MAX);
  status result = model__reference_counter(&counter, collection, key, err);
  if (result == LUMA_OK) result = store_guard(txn->store, STORE_COUNTERS, buf_slice(&counter), err);
  if (result == LUMA_OK) result = store_count(txn->store, buf_slice(&counter), count, err);
  buf_deinit(&counter);
  return result;
}

static status find_those_of(struct leaving *leaving, size_t at, struct err *err) {
  struct model_txn *txn = leaving->txn;
  struct search search = {.target = catalog_by_number(txn->catalog, leaving->all[at].collection),
                          .key = leaving->all[at].key};
  int64_t count = 0;
  TRY(count_referrers(txn, search.target, &search.key, &count, err));
  bool may_be_some = count > 0 || search.target->has_uncounted;
  for (uint32_t i = 0; may_be_some && i < catalog_count_all(txn->catalog); i++) {
    search.collection = catalog_at(txn->catalog, i);
    const struct soul *soul = search.collection->genotype;
    for (uint32_t k = 0; soul && k < soul->attributes_count; k++) {
      search.attribute = &soul->attributes[k];
      if (refers_to(txn, search.attribute, search.target))
        TRY(find_referrers(leaving, &search, err));
    }
  }
  return LUMA_OK;
}

/* ---- what stays ---- */

static status fail_restricted(const struct collection *collection, const struct collection *target,
                              const struct soul_attribute *attribute, const struct val *key,
                              struct err *err) {
  struct buf shown;
  buf_init(&shown, 4096);
  soul_show_value(&shown, key, soul_hides_keys(target->genotype));
  status code = err_raise(err, LUMA_CONSTRAINT, __FILE__, __LINE__,
                          "%.*s of `%.*s` cannot be deleted: `%.*s` of `%.*s` refers to it",
                          SLICE_ARG(buf_slice(&shown)), SLICE_ARG(target->name),
                          SLICE_ARG(attribute->name), SLICE_ARG(collection->name));
  err_hint(err, "\"on_delete\": \"cascade\" or \"set null\" lets the referrers follow");
  buf_deinit(&shown);
  return code;
}

static status check_restricted(struct leaving *leaving, struct err *err) {
  for (size_t i = 0; i < leaving->others_count; i++) {
    const struct letting_go *one = &leaving->others[i];
    const struct collection *collection = catalog_by_number(leaving->txn->catalog, one->collection);
    bool does;
    if (one->attribute->on_delete != SOUL_RESTRICT) continue;
    TRY(goes(leaving, collection, &one->key, &does, err));
    if (!does) return fail_restricted(collection, one->of, one->attribute, &one->target, err);
  }
  return LUMA_OK;
}

static status tell(const struct model_txn *txn, const struct doc *before, const struct val *after,
                   struct err *err) {
  if (!txn->witness || !txn->witness->followed) return LUMA_OK;
  struct val root = doc_root(before);
  return txn->witness->followed(txn->witness->context, &root, after, err);
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
    if (result == LUMA_OK) result = tell(txn, document, &changed, err);
  }
  buf_deinit(&out);
  return result;
}

void model_set_witness(struct model_txn *txn, const struct model_witness *witness) {
  txn->witness = witness;
}

static status let_go(struct leaving *leaving, const struct letting_go *one, struct err *err) {
  struct model_txn *txn = leaving->txn;
  const struct collection *collection = catalog_by_number(txn->catalog, one->collection);
  struct store_pins pins = {0};
  struct doc document;
  bool does;
  if (one->attribute->on_delete == SOUL_RESTRICT) return LUMA_OK;
  TRY(goes(leaving, collection, &one->key, &does, err));
  if (does) return LUMA_OK;
  status result = model_get_many(txn, collection, &one->key, 1, &document, &pins, err);
  if (result == LUMA_OK && document.data)
    result = set_null(txn, collection, &document, one->attribute, &one->target, err);
  store_pins_release(&pins);
  return result;
}

static status delete_one(struct leaving *leaving, size_t at, struct err *err) {
  struct model_txn *txn = leaving->txn;
  const struct collection *collection =
      catalog_by_number(txn->catalog, leaving->all[at].collection);
  struct store_pins pins = {0};
  struct doc document;
  status result = model_get_many(txn, collection, &leaving->all[at].key, 1, &document, &pins, err);
  if (result == LUMA_OK && document.data && at >= leaving->asked)
    result = tell(txn, &document, NULL, err);
  if (result == LUMA_OK && document.data)
    result = model__delete_alone(txn, collection, &document, err);
  store_pins_release(&pins);
  return result;
}

static status leave(struct leaving *leaving, const struct collection *collection,
                    const struct val *keys, uint32_t count, struct err *err) {
  for (uint32_t i = 0; i < count; i++) TRY(add_going(leaving, collection, &keys[i], err));
  leaving->asked = leaving->count;
  for (size_t i = 0; i < leaving->count; i++) TRY(find_those_of(leaving, i, err));
  TRY(check_restricted(leaving, err));
  for (size_t i = 0; i < leaving->others_count; i++) TRY(let_go(leaving, &leaving->others[i], err));
  for (size_t i = leaving->count; i > 0; i--) TRY(delete_one(leaving, i - 1, err));
  return LUMA_OK;
}

status model_delete_together(struct model_txn *txn, const struct collection *collection,
                             const struct val *keys, uint32_t count, struct err *err) {
  struct leaving *leaving = mem_zalloc(1, sizeof *leaving);
  if (!leaving) return fail_memory(err);
  leaving->txn = txn;
  arena_init(&leaving->arena, 0, 0);
  hashmap_init(&leaving->known);
  status result = leave(leaving, collection, keys, count, err);
  hashmap_deinit(&leaving->known);
  arena_deinit(&leaving->arena);
  mem_free(leaving->all);
  mem_free(leaving->others);
  mem_free(leaving);
  return result;
}
