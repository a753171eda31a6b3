/* SPDX-License-Identifier: MIT */
/* find, with all that may be asked of it. */
#include "model/catalog/catalog.h"
#include "query/lang/jql/stage_int.h"

enum {
  FIND,
  FILTER,
  PROJECTION,
  SORT,
  SKIP,
  LIMIT,
  HINT,
  COLLATION,
  LET,
  MIN,
  MAX,
  RETURN_KEY,
  SHOW_RECORD_ID,
  SINGLE_BATCH,
  TAILABLE,
  AWAIT_DATA,
  BATCH_SIZE
};

/** What a document is numbered by, where it is shown. */
static const char record_id[] = "$recordId";

/* ---- in the order of insertion ---- */

/** -1, 1, or 0: the sort asks for another order. */
static status read_natural(const struct jql *jql, const struct jql_node *sort, int *natural) {
  struct jql_each each = jql__each(jql, sort);
  struct jql_node first = {0};
  int64_t direction = 0;
  *natural = 0;
  if (!jql_is_given(sort) || val_field(&sort->value, slice_of_text("$natural")).type == VAL_MISSING)
    return LUMA_OK;
  bool is_alone = each.count == 1 && jql__next(&each, &first) && val_is_number(&first.value) &&
                  val_to_int64(&first.value, &direction);
  if (!is_alone || (direction != 1 && direction != -1))
    return jql__fail_code(
        jql, sort, 2,
        "$natural sort cannot be set to a value other than -1 or 1, or stand beside others");
  *natural = (int)direction;
  return LUMA_OK;
}

static status read_record_id(const struct jql *jql, const struct jql_node *at, struct expr **expr) {
  return jql__name(jql, at, slice_of_text(record_id), expr);
}

/** Numbers rise as documents are put in, and stay as long as they do. */
static status put_natural_sort(const struct jql *jql, const struct jql_node *sort, int natural,
                               struct plan **plan) {
  struct plan_sort_key *key = arena_zalloc(jql->arena, 1, sizeof *key);
  TRY(jql__made(jql, key));
  key->mongo = true;
  key->descending = natural < 0;
  TRY(read_record_id(jql, sort, &key->expr));
  TRY(jql__put(jql, PLAN_SORT, sort, plan));
  (*plan)->sort = key;
  (*plan)->sort_count = 1;
  return LUMA_OK;
}

/** Documents without their numbers. */
static status hide_record_id(const struct jql *jql, const struct jql_node *at, struct plan **plan) {
  struct expr *shape = NULL;
  TRY(jql__hide(jql, at, slice_of_text(record_id), &shape));
  return jql__put_project(jql, at, shape, plan);
}

/** What a projection keeps has its number, too. */
static status keep_record_id(const struct jql *jql, const struct jql_node *at, struct expr **expr) {
  const struct shape *from = (*expr)->shape;
  uint32_t count = from->computed_count;
  struct shape *shape = arena_copy(jql->arena, from, sizeof *from);
  struct slice *names = arena_zalloc(jql->arena, count + 1, sizeof *names);
  struct expr **args = arena_zalloc(jql->arena, count + 2, sizeof(struct expr *));
  TRY(jql__made(jql, shape && names ? (void *)args : NULL));
  if (count) memcpy(names, from->computed_names, count * sizeof *names);
  memcpy(args, (*expr)->args, (count + 1) * sizeof(struct expr *));
  names[count] = slice_of_text(record_id);
  TRY(read_record_id(jql, at, &args[count + 1]));
  shape->computed_names = names;
  shape->computed_count = count + 1;
  *expr = expr_node(jql->arena, EXPR_SHAPE, args, count + 2, (*expr)->offset);
  TRY(jql__made(jql, *expr));
  (*expr)->shape = shape;
  return LUMA_OK;
}

/* ---- cursors that wait ---- */

static const struct collection *find_collection(const struct jql *jql,
                                                const struct jql_node *fields) {
  const struct catalog *catalog = jql->context->catalog;
  return catalog ? catalog_find(catalog, val_slice(&fields[FIND].value)) : NULL;
}

static bool is_view(const struct jql *jql, const struct jql_node *fields) {
  const struct collection *found = find_collection(jql, fields);
  return found && found->view.bytes;
}

static bool is_hinted(const struct jql_node *fields) {
  const struct val *hint = &fields[HINT].value;
  return jql_is_given(&fields[HINT]) && !(hint->type == VAL_MAP && val_count(hint) == 0);
}

/** A cursor that waits reads the order of arrival, and that forwards. */
static status check_order(const struct jql *jql, const struct jql_node *fields) {
  int natural = 0;
  TRY(read_natural(jql, &fields[SORT], &natural));
  bool sorts = jql_is_given(&fields[SORT]) && val_count(&fields[SORT].value) > 0;
  struct val hint = fields[HINT].value.type == VAL_MAP
                        ? val_field(&fields[HINT].value, slice_of_text("$natural"))
                        : val_missing();
  if (sorts && natural != 1)
    return jql__fail_code(jql, &fields[SORT], 2,
                          "cannot use tailable option with a sort other than {$natural: 1}");
  if (!is_hinted(fields) || (val_is_number(&hint) && val_to_float64(&hint) == 1)) return LUMA_OK;
  return jql__fail_code(jql, &fields[HINT], 2,
                        "cannot use tailable option with a hint other than {$natural: 1}");
}

static status check_tailable(const struct jql *jql, const struct jql_node *fields) {
  const struct jql_node *tailable = &fields[TAILABLE];
  bool is_tailable = jql__flag(tailable, false);
  if (jql__flag(&fields[AWAIT_DATA], false) && !is_tailable)
    return jql__fail_code(jql, &fields[AWAIT_DATA], 9,
                          "Cannot set 'awaitData' without also setting 'tailable'");
  if (!is_tailable) return LUMA_OK;
  if (jql__flag(&fields[SINGLE_BATCH], false))
    return jql__fail_code(jql, tailable, 9, "Cannot set both 'tailable' and 'singleBatch'");
  TRY(check_order(jql, fields));
  const struct collection *collection = find_collection(jql, fields);
  if (!collection) return LUMA_OK; /* it has nothing, and its cursor ends */
  if (!collection->arrival)
    return jql__fail_code(
        jql, tailable, 2,
        "error processing query: tailable cursor requested on non capped collection");
  jql->statement->tails = !jql->explains;
  jql->statement->awaits = jql__flag(&fields[AWAIT_DATA], false);
  return LUMA_OK;
}

/** Whether the order of arrival is asked for that a capped collection keeps: no documents need be
 * sorted for it. */
static bool keeps_order(const struct jql *jql, const struct jql_node *fields, int natural) {
  const struct collection *collection = find_collection(jql, fields);
  bool asks = natural || jql__flag(&fields[TAILABLE], false);
  return asks && collection && collection->arrival && !is_hinted(fields);
}

static status put_natural_hint(const struct jql *jql, int natural, struct plan *scan) {
  scan->hint = arena_zalloc(jql->arena, 1, sizeof *scan->hint);
  TRY(jql__made(jql, scan->hint));
  scan->hint->is_key = scan->hint->is_natural = true;
  scan->hint->is_backwards = natural < 0;
  return LUMA_OK;
}

/* ---- views ---- */

/** What speaks of documents as they are stored, a pipeline cannot have. */
static status check_view(const struct jql *jql, const struct jql_node *fields) {
  enum { INVALID_PIPELINE_OPERATOR = 168 };
  static const int stored[] = {MIN, MAX, RETURN_KEY, SHOW_RECORD_ID, TAILABLE};
  int natural = 0;
  if (!is_view(jql, fields)) return LUMA_OK;
  for (size_t i = 0; i < sizeof stored / sizeof stored[0]; i++) {
    const struct jql_node *field = &fields[stored[i]];
    bool is_asked =
        field->value.type == VAL_MAP ? val_count(&field->value) > 0 : jql__flag(field, false);
    if (jql_is_given(field) && is_asked)
      return jql__fail_code(jql, field, INVALID_PIPELINE_OPERATOR,
                            "Option %.*s not supported on a view", SLICE_ARG(field->name));
  }
  TRY(read_natural(jql, &fields[SORT], &natural));
  if (!natural) return LUMA_OK;
  return jql__fail_code(jql, &fields[SORT], INVALID_PIPELINE_OPERATOR,
                        "Sort option $natural not supported on a view");
}

/* ---- the command ---- */

static status put_order(const struct jql *jql, const struct jql_node *fields,
                        const struct jql_near *near, struct plan **plan) {
  const struct jql_node *sort = &fields[SORT];
  bool shows = jql__flag(&fields[SHOW_RECORD_ID], false);
  int natural = 0;
  TRY(read_natural(jql, sort, &natural));
  if (!jql_is_given(sort) || val_count(&sort->value) == 0)
    TRY(jql__put_nearest_first(jql, &fields[FILTER], near, plan));
  bool sorts = natural && !keeps_order(jql, fields, natural);
  if (sorts)
    TRY(put_natural_sort(jql, sort, natural, plan));
  else if (!natural)
    TRY(jql__put_sort(jql, sort, plan));
  TRY(jql__put_limit(jql, &fields[LIMIT], &fields[SKIP], plan));
  return sorts && !shows ? hide_record_id(jql, sort, plan) : LUMA_OK;
}

static status put_shape(const struct jql *jql, const struct jql_node *fields,
                        const struct match *filter, struct plan **plan) {
  const struct jql_node *projection = &fields[PROJECTION];
  struct expr *shape = NULL;
  bool has_shape = jql_is_given(projection) && val_count(&projection->value) > 0;
  if (has_shape && is_view(jql, fields)) /* as $project has it: nothing is picked from lists */
    TRY(jql__projection(jql, projection, &shape));
  else if (has_shape)
    TRY(jql__find_projection(jql, projection, filter, &shape));
  if (jql__flag(&fields[RETURN_KEY], false)) /* a projection is passed over then */
    return jql__put_stage(jql, STAGE_KEYS, &fields[RETURN_KEY], plan);
  if (!has_shape) return LUMA_OK;
  if (jql__flag(&fields[SHOW_RECORD_ID], false)) TRY(keep_record_id(jql, projection, &shape));
  return jql__put_project(jql, projection, shape, plan);
}

static status put_scan(const struct jql *jql, const struct jql_node *fields, struct plan **plan) {
  int natural = 0;
  TRY(read_natural(jql, &fields[SORT], &natural));
  bool keeps = keeps_order(jql, fields, natural);
  TRY(jql__scan(jql, &fields[FIND], plan));
  TRY(jql__hint(jql, &fields[HINT], *plan));
  if (keeps) TRY(put_natural_hint(jql, natural, *plan));
  (*plan)->shows_rows = (natural && !keeps) || jql__flag(&fields[SHOW_RECORD_ID], false);
  return jql__edges(jql, &fields[MIN], &fields[MAX], *plan);
}

status jql__find(const struct jql *jql, const struct jql_node *command, struct plan **plan) {
  static const struct jql_field specs[] = {
      [FIND] = {"find", JQL_NAME, true},
      [FILTER] = {"filter", JQL_MAP, false},
      [PROJECTION] = {"projection", JQL_MAP, false},
      [SORT] = {"sort", JQL_MAP, false},
      [SKIP] = {"skip", JQL_COUNT, false},
      [LIMIT] = {"limit", JQL_COUNT, false},
      [HINT] = {"hint", JQL_ANY, false},
      [COLLATION] = {"collation", JQL_MAP, false},
      [LET] = {"let", JQL_MAP, false},
      [MIN] = {"min", JQL_MAP, false},
      [MAX] = {"max", JQL_MAP, false},
      [RETURN_KEY] = {"returnKey", JQL_PLAIN_TRUTH, false},
      [SHOW_RECORD_ID] = {"showRecordId", JQL_PLAIN_TRUTH, false},
      [SINGLE_BATCH] = {"singleBatch", JQL_PLAIN_TRUTH, false},
      [TAILABLE] = {"tailable", JQL_PLAIN_TRUTH, false},
      [AWAIT_DATA] = {"awaitData", JQL_PLAIN_TRUTH, false},
      [BATCH_SIZE] = {"batchSize", JQL_COUNT, false},
      {"allowDiskUse", JQL_PLAIN_TRUTH, false},
      {"noCursorTimeout", JQL_PLAIN_TRUTH, false},
      {"allowPartialResults", JQL_PLAIN_TRUTH, false},
      {"oplogReplay", JQL_BOOL, false},
  };
  struct jql_node fields[sizeof specs / sizeof specs[0]];
  struct jql inner;
  struct jql_near near = {0};
  TRY(jql__take(jql, command, specs, sizeof specs / sizeof specs[0], fields));
  TRY(check_view(jql, fields));
  TRY(check_tailable(jql, fields));
  TRY(jql__begin_let(jql, &fields[LET], &inner));
  TRY(jql__collation(jql, &fields[COLLATION]));
  TRY(jql__default_collation(jql, &fields[FIND]));
  TRY(put_scan(jql, fields, plan));
  inner.near = &near;
  TRY(jql__put_filter(&inner, &fields[FILTER], plan));
  const struct match *filter = (*plan)->kind == PLAN_FILTER ? (*plan)->condition->match : NULL;
  inner.near = NULL;
  TRY(put_order(jql, fields, &near, plan));
  return put_shape(&inner, fields, filter, plan);
}
