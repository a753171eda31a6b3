/* SPDX-License-Identifier: MIT */
/* A statement that says by which index it is to be read, and between which of its entries. */
#include "base/core/assert.h"
#include "query/opt/access.h"
#include "value/order/order.h"

static bool is_hinted(const struct plan_hint *hint, const struct catalog_index *index) {
  uint32_t written = index_def_written(&index->def);
  if (hint->name.bytes && hint->is_wish) return slice_is_equal_nocase(hint->name, index->name);
  if (hint->name.bytes) return slice_is_equal(hint->name, index->name);
  bool same = hint->keys_count == written;
  for (uint32_t i = 0; same && i < hint->keys_count; i++)
    same = hint->keys[i].descending == index_def_key(&index->def, i)->descending &&
           path_is_equal(&hint->keys[i].path, &index_def_key(&index->def, i)->path);
  return same;
}

static status fail_hint(const struct plan *scan, struct err *err) {
  enum { BAD_VALUE = 2 };
  status failed =
      err_raise(err, LUMA_UNKNOWN_INDEX, __FILE__, __LINE__,
                "hint provided does not correspond to an existing index: it names none of "
                "`%.*s`",
                SLICE_ARG(scan->collection->name));
  if (err) err->foreign = BAD_VALUE;
  err_hint(err,
           scan->hint->is_wish ? "SHOW INDEXES FROM %.*s shows those that there are"
                               : "listIndexes shows the indexes that there are",
           SLICE_ARG(scan->collection->name));
  return failed;
}

/** The index of the hint; NULL: the key. */
static status find_hinted(const struct plan *scan, const struct catalog_index **index,
                          struct err *err) {
  const struct plan_hint *hint = scan->hint;
  const struct collection *collection = scan->collection;
  *index = NULL;
  if (hint->is_key) return LUMA_OK;
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    if (!is_hinted(hint, &collection->indexes[i])) continue;
    *index = &collection->indexes[i];
    return LUMA_OK;
  }
  return fail_hint(scan, err);
}

enum { NOT_OF_INDEX = 51174, WRONG_ORDER = 51175 };

static status fail_edges(const struct plan *scan, uint32_t foreign, const char *message,
                         struct err *err) {
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "%s", message);
  if (err) err->foreign = foreign;
  err_hint(err, "min and max have the keys of the index that the hint names, in their order");
  (void)scan;
  return LUMA_INVALID_ARGUMENT;
}

/** Whether it is the same in each collation. */
static bool is_plain_edge(const struct plan_hint *hint, const struct val *values) {
  for (uint32_t i = 0; values && i < hint->edge_count; i++)
    if (!access_is_plain(&values[i])) return false;
  return true;
}

/** min and max name the keys of the index, and the one comes before the other there. */
static status check_edges(const struct opt *opt, const struct plan *scan,
                          const struct catalog_index *index, struct err *err) {
  const struct plan_hint *hint = scan->hint;
  uint32_t keys = index ? index->def.keys_count : 1;
  int order = 0;
  bool collates = access_collates(opt, index);
  bool folds = collates && opt->collation.bytes; /* then the executor compares */
  bool fits = !hint->is_natural && keys == hint->edge_count &&
              (collates || (is_plain_edge(hint, hint->from) && is_plain_edge(hint, hint->to)));
  for (uint32_t i = 0; fits && i < keys; i++) {
    const struct path *path = &hint->edge_paths[i];
    fits = index ? path_is_equal(path, &index->def.keys[i].path)
                 : access_is_key(scan->collection, path, false);
  }
  if (!fits)
    return fail_edges(scan, NOT_OF_INDEX, "The index chosen is not compatible with min/max", err);
  for (uint32_t i = 0; !folds && order == 0 && hint->from && hint->to && i < keys; i++) {
    order = val_compare(&hint->from[i], &hint->to[i]);
    if (index && index->def.keys[i].descending) order = -order;
  }
  if (!hint->from || !hint->to || order < 0 || folds) return LUMA_OK;
  return fail_edges(scan, WRONG_ORDER,
                    "The value provided for min() does not come before the value provided for "
                    "max() in the hinted index",
                    err);
}

status access_follow_hint(struct opt *opt, struct plan *scan, struct expr *condition,
                          struct err *err) {
  const struct catalog_index *index = NULL;
  struct asks *asks = arena_zalloc(opt->arena, 1, sizeof *asks);
  struct plan_access *access = arena_alloc(opt->arena, sizeof *access);
  struct plan_physical *physical = NULL;
  enum access_refusal refusal = ACCESS_FITS;
  TRY(opt__memory(opt, asks ? access : NULL, err));
  bool has_edges = scan->hint->from || scan->hint->to;
  if (condition && !scan->hint->is_natural && !has_edges)
    TRY(asks_collect(opt, condition, asks, err));
  TRY(find_hinted(scan, &index, err));
  ASSERT(asks && access);
  TRY(access_make(opt, scan->collection, index, asks, access, &refusal, err));
  bool is_right = refusal == ACCESS_FITS || refusal == ACCESS_NO_CONDITION;
  if (scan->hint->is_wish && !is_right) return LUMA_OK; /* read as if nothing were asked */
  if (refusal == ACCESS_NOT_READY || refusal == ACCESS_HIDDEN) return fail_hint(scan, err);
  if (refusal == ACCESS_NO_PATH) return condition ? fail_hint(scan, err) : LUMA_OK;
  if (has_edges) TRY(check_edges(opt, scan, index, err));
  access->from = scan->hint->from;
  access->to = scan->hint->to;
  access->is_hinted = true;
  access->backwards = scan->hint->is_natural && scan->hint->is_backwards;
  TRY(opt__physical(opt, scan, &physical, err));
  physical->access = access;
  return LUMA_OK;
}
