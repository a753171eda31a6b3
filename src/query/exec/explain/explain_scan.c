/* SPDX-License-Identifier: MIT */
#include "model/catalog/catalog.h"
#include "query/exec/explain/explain_bounds.h"
#include "query/exec/explain/explain_json.h"
#include "query/exec/explain/explain_tell.h"
#include "query/exec/write/index_document.h"

enum { INDEX_VERSION = 2 };

/* ---- indexes ---- */

/** Of a wildcard index the parts are the path, called so, and what is at the path. */
static void name_wildcard(struct telling *telling, const struct plan_access *access, uint32_t i) {
  uint32_t at = index_wildcard_at(&access->index->def);
  const struct plan_part *path = access->parts_count == at + 2 ? &access->parts[at] : NULL;
  if (i == at || !path)
    build_name(&telling->build, slice_of_text(i > at ? "$**" : "$_path"));
  else
    build_name(&telling->build, val_slice(&path->values[0]->value));
}

static void name_key(struct telling *telling, const struct plan_access *access, uint32_t i) {
  const struct index_def *def = &access->index->def;
  const struct index_key *key = &def->keys[i];
  uint32_t nth = i - index_wildcard_at(def);
  if (def->wildcard.bytes && nth < 2) {
    name_wildcard(telling, access, i);
    return;
  }
  if (index_key_is_computed(key)) index_key_format(key, &telling->text);
  explain__name_path(telling, &key->path);
}

static void put_bounds(struct telling *telling, const struct plan_access *access) {
  const struct catalog_index *index = access->index;
  explain__begin(telling, "indexBounds", false);
  for (uint32_t i = 0; i < (index ? index->def.keys_count : 1); i++) {
    if (index)
      name_key(telling, access, i);
    else
      build_name(&telling->build, slice_of_text("_id"));
    build_begin_list(&telling->build);
    if (telling->failed == LUMA_OK)
      telling->failed =
          explain_bounds(&telling->build, access, i, telling->arena, &telling->text, telling->err);
    explain__end(telling);
  }
  explain__end(telling);
}

static void put_pattern(struct telling *telling, const struct plan_access *access) {
  const struct catalog_index *index = access->index;
  explain__begin(telling, "keyPattern", false);
  for (uint32_t i = 0; index && i < index->def.keys_count; i++) {
    struct val way = index_document_way(&index->def.keys[i]);
    name_key(telling, access, i);
    build_put(&telling->build, &way);
  }
  if (!index) explain__put(telling, "_id", val_int32(1));
  explain__end(telling);
}

/* ---- reading ---- */

/** Whether it is known where on the paths of an index lists were met: of several steps it is not.
 */
static bool knows_lists(const struct collection *collection, const struct catalog_index *index) {
  bool knows = !index->def.wildcard.bytes && !index_def_is_computed(&index->def);
  for (uint32_t i = 0; knows && i < index->def.keys_count; i++)
    knows = index->def.keys[i].path.count == 1 || !collection_part_has_lists(collection, index, i);
  return knows && (index->def.notes_parts || !collection_has_lists(collection, index));
}

/** Whether lists were met, and in which places. */
static void put_lists(struct telling *telling, const struct collection *collection,
                      const struct catalog_index *index) {
  explain__put(telling, "isMultiKey", val_bool(index && collection_has_lists(collection, index)));
  if (!index || !knows_lists(collection, index)) return;
  explain__begin(telling, "multiKeyPaths", false);
  for (uint32_t i = 0; i < index->def.keys_count; i++) {
    explain__name_path(telling, &index->def.keys[i].path);
    build_begin_list(&telling->build);
    if (collection_part_has_lists(collection, index, i)) {
      struct val name = val_text(index->def.keys[i].path.steps[0].name);
      build_put(&telling->build, &name);
    }
    explain__end(telling);
  }
  explain__end(telling);
}

/** What was read of an index, in all or for one branch. */
static void put_entries(struct telling *telling, const struct op *op,
                        const struct op_reading *reading, bool meets_twice) {
  struct explain_work work = {.rows = reading->keys, .is_ended = op->is_ended};
  if (op->plan->physical->access->cover && !op->readings) work.rows = op->rows;
  work.works = reading->keys + op->is_ended;
  if (!op->readings) work.us = op->us;
  explain__work(telling, &work);
  explain__number(telling, "keysExamined", reading->keys);
  explain__number(telling, "seeks", reading->seeks);
  explain__number(telling, "dupsTested", meets_twice ? reading->keys : 0);
  explain__number(telling, "dupsDropped", meets_twice && !op->readings ? op->repeats : 0);
}

static void put_index(struct telling *telling, const struct plan *scan,
                      const struct plan_access *access) {
  const struct catalog_index *index = access->index;
  put_pattern(telling, access);
  explain__put(telling, "indexName", val_text(index ? index->name : slice_of_text("_id_")));
  put_lists(telling, scan->collection, index);
  explain__put(telling, "isUnique", val_bool(!index || index->def.unique));
  explain__put(telling, "isSparse", val_bool(index && index->def.sparse));
  explain__put(telling, "isPartial", val_bool(index && catalog_index_is_partial(index)));
  explain__put(telling, "indexVersion", val_int32(INDEX_VERSION));
  if (index && index->def.collation.bytes)
    explain__put(telling, "collation", val_text(index->def.collation));
  explain__text(telling, "direction", access->backwards ? "backward" : "forward");
  put_bounds(telling, access);
}

/** `reading`: what was read by it; NULL: it was not run. */
static void put_index_scan(struct telling *telling, const struct plan *scan,
                           const struct plan_access *access, const struct plan *filter,
                           const struct op_reading *reading) {
  const struct op *op = explain_find_op(telling->root, scan);
  const char *stage = access->skips                      ? "DISTINCT_SCAN"
                      : access->cover == PLAN_COVER_ROWS ? "COUNT_SCAN"
                                                         : "IXSCAN";
  bool meets_twice = access->index && collection_has_lists(scan->collection, access->index);
  explain__text(telling, "stage", stage);
  explain__filter(telling, filter);
  if (op && reading) put_entries(telling, op, reading, meets_twice);
  put_index(telling, scan, access);
}

static void put_collection_scan(struct telling *telling, const struct plan *scan,
                                const struct plan *filter, const struct plan_access *access) {
  const struct op *op = explain_find_op(telling->root, scan);
  explain__text(telling, "stage", scan->collection ? "COLLSCAN" : "EOF");
  if (!scan->collection) return;
  explain__filter(telling, filter);
  explain__measured(telling, filter ? filter : scan);
  if (op) explain__number(telling, "docsExamined", op->documents);
  explain__text(telling, "direction", access && access->backwards ? "backward" : "forward");
}

static bool is_point(const struct plan_access *access) {
  const struct plan_part *part = access->parts;
  return !access->index && access->parts_count == 1 && part->is_equal && part->values_count == 1 &&
         !part->spread;
}

/** Branches that are read one after the other, or merged. */
static void put_union(struct telling *telling, const struct plan *scan,
                      const struct plan_access *access, const struct op *op) {
  explain__text(telling, "stage", access->merges ? "SORT_MERGE" : "OR");
  if (op) {
    uint64_t rows = access->cover ? op->rows : op->documents;
    const struct explain_work work = {rows, op->keys + op->is_ended, op->us, op->is_ended};
    explain__work(telling, &work);
    explain__number(telling, "dupsTested", op->keys);
    explain__number(telling, "dupsDropped", op->repeats);
  }
  if (access->merges) explain__sort_pattern(telling, access->order, access->order_count);
  explain__begin(telling, "inputStages", true);
  for (uint32_t i = 0; i < access->branches_count; i++) {
    build_begin_map(&telling->build);
    put_index_scan(telling, scan, &access->branches[i], NULL,
                   op && op->readings ? &op->readings[i] : NULL);
    explain__end(telling);
  }
  explain__end(telling);
}

/** What reads entries, without documents. */
static void put_entries_stage(struct telling *telling, const struct plan *scan,
                              const struct plan_access *access, const struct plan *filter,
                              const struct op *op) {
  struct op_reading reading = {0};
  if (op) reading = (struct op_reading){op->keys, op->rows, op->seeks};
  if (access->branches_count)
    put_union(telling, scan, access, op);
  else
    put_index_scan(telling, scan, access, filter, op ? &reading : NULL);
}

static void put_access(struct telling *telling, const struct plan *scan,
                       const struct plan_access *access, const struct plan *filter) {
  const struct op *op = explain_find_op(telling->root, scan);
  bool by_index = access && (access->index || access->parts_count || access->branches_count);
  if (!by_index) {
    put_collection_scan(telling, scan, filter, access);
    return;
  }
  if (access->cover && (!access->branches_count || !filter)) {
    put_entries_stage(telling, scan, access, filter, op);
    return;
  }
  explain__text(telling, "stage", is_point(access) ? "IDHACK" : "FETCH");
  explain__filter(telling, filter);
  explain__measured(telling, filter ? filter : scan);
  if (op) explain__number(telling, "docsExamined", op->documents);
  if (op && !is_point(access)) explain__number(telling, "alreadyHasObj", 0);
  if (is_point(access)) return;
  explain__begin(telling, "inputStage", false);
  put_entries_stage(telling, scan, access, NULL, op);
  explain__end(telling);
}

void explain__scan(struct telling *telling, const struct plan *scan, const struct plan *filter) {
  const struct op *op = explain_find_op(telling->root, scan);
  if (op) {
    telling->keys += op->keys;
    telling->documents += op->documents;
  }
  put_access(telling, scan, scan->physical ? scan->physical->access : NULL, filter);
}

void explain__rejected(struct telling *telling, const struct plan *scan,
                       const struct plan_access *access, const struct plan *filter) {
  put_access(telling, scan, access, filter);
}
