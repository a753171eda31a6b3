/* SPDX-License-Identifier: MIT */
/* Shared by the files that read stages of pipelines. */
#ifndef QUERY_LANG_JQL_STAGE_INT_H
#define QUERY_LANG_JQL_STAGE_INT_H

#include "query/lang/jql/jql_int.h"
#include "query/plan/stage.h"

/** A PLAN_STAGE of a kind on top of `plan`. (stages.c) */
status jql__put_stage(const struct jql *jql, enum plan_stage_kind kind, const struct jql_node *at,
                      struct plan **plan);
/** A PROJECT that puts the stage's columns after the first into the document at `names`. */
status jql__put_outputs(const struct jql *jql, const struct jql_node *at, const struct slice *names,
                        uint32_t count, struct plan **plan);
/** A PROJECT that adds one computed field. */
status jql__put_computed(const struct jql *jql, const struct jql_node *at, struct slice name,
                         struct expr *value, struct plan **plan);
/** A PROJECT of the document values[0] with values[1] … at `names`. (stages.c) */
status jql__put_shape(const struct jql *jql, const struct jql_node *at, const struct slice *names,
                      struct expr *const *values, uint32_t count, struct plan **plan);
/** {"a": 1, "b": -1}: 1 and -1 only, and at least one. */
status jql__check_order(const struct jql *jql, const struct jql_node *order);

/** {"$sum": …}: an EXPR_AGGREGATE. (accumulators.c) */
status jql__accumulator(const struct jql *jql, const struct jql_node *node, struct expr **out);
/** The field of a $group: its only operator. */
status jql__accumulator_field(const struct jql *jql, const struct jql_node *field,
                              struct expr **out);

/** Outputs of a stage with windows, as they are read. (windows.c) */
struct jql_outputs {
  struct stage_window *windows;
  struct slice *names;
  uint32_t count;
};
/** Room in the plan's exprs (after `first` of them) and stage for the outputs of `map`. */
status jql__begin_outputs(const struct jql *jql, struct plan *plan, const struct jql_node *map,
                          uint32_t first, struct jql_outputs *outputs);
/** A STAGE_WINDOW over the rows sorted by `partition` and `order` (MISSING: none), without outputs
 * yet; `output` is the map that names them. (windows.c) */
status jql__begin_windows(const struct jql *jql, const struct jql_node *spec,
                          const struct jql_node *partition, const struct jql_node *order,
                          const struct jql_node *output, struct jql_outputs *outputs,
                          struct plan **plan);
/** `expr` becomes the argument of the window. (windows.c) */
void jql__set_argument(struct plan *plan, struct stage_window *window, struct expr *expr);
/** A pipeline over a collection; without one it must bring its documents. (stages.c) */
status jql__branch(const struct jql *jql, const struct jql_node *at, const struct jql_node *from,
                   const struct jql_node *stages, struct plan **branch);
typedef status jql_stage(const struct jql *jql, const struct jql_node *spec, struct plan **plan);
jql_stage jql__put_sort_by_count, jql__put_bucket, jql__put_bucket_auto; /* buckets.c */
jql_stage jql__put_unwind, jql__put_facet, jql__put_union, jql__put_lookup, jql__put_sample,
    jql__put_documents;                              /* stages.c */
jql_stage jql__put_set_window_fields;                /* windows.c */
jql_stage jql__put_fill;                             /* fill.c */
jql_stage jql__put_redact, jql__put_densify;         /* reshape.c */
jql_stage jql__put_graph_lookup;                     /* graph.c */
jql_stage jql__put_inverse_match;                    /* inverse.c */
jql_stage jql__put_geo_near;                         /* near.c */
jql_stage jql__put_vector_search, jql__put_search;   /* search.c */
jql_stage jql__put_coll_stats, jql__put_index_stats; /* statistics.c */
jql_stage jql__put_out, jql__put_merge;              /* store.c */

/** Whether a pipeline reads scores. (search.c) */
bool jql__wants_scores(const struct val *value);
/** A $project that names what it keeps keeps the scores, too. (search.c) */
status jql__keep_scores(const struct jql *jql, const struct jql_node *at, struct shape *shape);
/** A PROJECT without the scores, if they are hidden. (search.c) */
status jql__drop_scores(const struct jql *jql, const struct jql_node *at, struct plan **plan);

/** AGGREGATE by `key` with the accumulators of `fields`, the `_id` among them passed over.
 * (accumulators.c) */
status jql__put_groups(const struct jql *jql, const struct jql_node *at, struct expr *key,
                       const struct jql_node *fields, struct plan **plan);
/** The path of a field's name as it is written: text, not empty, without a `$`. (reshape.c) */
status jql__field_path(const struct jql *jql, const struct jql_node *node, struct path *path);
/** The column of the stage below. (stages.c) */
status jql__slot(const struct jql *jql, const struct jql_node *at, uint32_t slot,
                 struct expr **expr);
/** `body`, with the column as the variable. (reshape.c) */
status jql__let_slot(const struct jql *jql, const struct jql_node *at, uint32_t variable,
                     uint32_t slot, struct expr *body, struct expr **expr);
/** A unit of time: "year" … "millisecond". (windows.c) */
bool jql__is_unit(struct slice name);
/** FILTER {foreign: {$in: $$number}} on top of the branch. (stages.c) */
status jql__put_equality(const struct jql *jql, const struct jql_node *foreign, uint32_t number,
                         struct plan **branch);
/** A variable above those there are. */
static inline uint32_t jql_next_variable(const struct jql *jql) {
  return jql->variables ? jql->variables->number + 1 : 0;
}

#endif
