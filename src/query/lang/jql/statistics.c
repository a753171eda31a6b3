/* SPDX-License-Identifier: MIT */
/* Stages that begin a pipeline with what is known of a collection: $collStats, $indexStats. */
#include "base/core/assert.h"
#include "query/lang/jql/stage_int.h"

/** The collection whose documents the pipeline was to read. */
static status put_told(const struct jql *jql, const struct jql_node *spec, enum plan_tells tells,
                       struct plan **plan) {
  struct plan *scan = *plan;
  if (!scan || scan->kind != PLAN_SCAN || jql->depth)
    return jql__fail_code(jql, spec, 40602, "%.*s is only valid as the first stage in a pipeline",
                          SLICE_ARG(spec->name));
  struct jql_node collection = *spec;
  collection.value = val_text(scan->collection_name);
  return jql__put_told(jql, tells, &collection, plan);
}

/** {"scale": 1024}: what sizes are divided by. */
static status read_scale(const struct jql *jql, const struct jql_node *storage, uint32_t *scale) {
  enum { TOO_SMALL = 51024 };
  static const struct jql_field specs[] = {{"scale", JQL_COUNT, false}};
  struct jql_node field;
  int64_t given = 1;
  *scale = 1;
  if (!jql_is_given(storage)) return LUMA_OK;
  TRY(jql__take(jql, storage, specs, 1, &field));
  if (jql_is_given(&field)) given = (int64_t)val_to_float64(&field.value);
  if (given < 1 || given > INT32_MAX)
    return jql__fail_code(jql, &field, TOO_SMALL, "'scale' is a number from 1 to %d", INT32_MAX);
  *scale = (uint32_t)given;
  return LUMA_OK;
}

status jql__put_coll_stats(const struct jql *jql, const struct jql_node *spec, struct plan **plan) {
  enum { COUNT, STORAGE };
  static const struct jql_field specs[] = {{"count", JQL_MAP, false},
                                           {"storageStats", JQL_MAP, false},
                                           {"latencyStats", JQL_UNSUPPORTED, false},
                                           {"queryExecStats", JQL_UNSUPPORTED, false}};
  struct jql_node fields[4];
  if (spec->value.type != VAL_MAP)
    return jql__fail_code(jql, spec, 5447000, "$collStats must take a nested object");
  TRY(jql__take(jql, spec, specs, 4, fields));
  TRY(put_told(jql, spec, PLAN_TELLS_COLLECTION_STATS, plan));
  ASSERT(*plan);
  (*plan)->tells_count = jql_is_given(&fields[COUNT]);
  (*plan)->tells_storage = jql_is_given(&fields[STORAGE]);
  return read_scale(jql, &fields[STORAGE], &(*plan)->tells_scale);
}

status jql__put_index_stats(const struct jql *jql, const struct jql_node *spec,
                            struct plan **plan) {
  if (spec->value.type != VAL_MAP || val_count(&spec->value))
    return jql__fail_code(jql, spec, 28803,
                          "The $indexStats stage specification must be an empty object");
  return put_told(jql, spec, PLAN_TELLS_INDEX_STATS, plan);
}
