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

/** {"scale": bytes} */
static status read_scale(const struct jql *jql, const struct jql_node *storage, int64_t *scale) {
  enum { BELOW_LEAST = 51024 };
  static const struct jql_field specs[] = {{"scale", JQL_COUNT, false}};
  struct jql_node fields[1];
  *scale = 1;
  if (!jql_is_given(storage)) return LUMA_OK;
  TRY(jql__take(jql, storage, specs, 1, fields));
  if (jql_is_given(&fields[0])) (void)val_to_int64(&fields[0].value, scale);
  if (*scale > 0) return LUMA_OK;
  return jql__fail_code(jql, &fields[0], BELOW_LEAST, "the scale is at least 1");
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
