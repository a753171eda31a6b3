/* SPDX-License-Identifier: MIT */
/* The commands that change documents: insert, update, delete; the last two also in a short form of
 * one change, written without a list. */
#include "base/core/assert.h"
#include "query/lang/jql/jql_int.h"

/* Where each of many documents stands is not worth looking for: they are told by their number. */
static struct jql_each each_document(const struct jql *jql, const struct jql_node *list,
                                     uint32_t count) {
  enum { LOCATED_MAX = 64 };
  struct jql_each each = jql__each(jql, list);
  each.count = count;
  if (count > LOCATED_MAX) each.cursor = JQL_NOWHERE;
  return each;
}

/** The documents of an insert that were read apart. */
static status put_documents(const struct jql *jql, const struct jql_node *list, struct plan *plan) {
  struct jql_each each = each_document(jql, list, jql->documents_count);
  struct jql_node document;
  while (jql->may_have_nulls && jql__next(&each, &document)) {
    document.value = jql->documents[document.index];
    TRY(jql__check_names(jql, &document));
  }
  plan->documents = jql->documents;
  plan->rows_count = jql->documents_count;
  return LUMA_OK;
}

status jql__insert(const struct jql *jql, const struct jql_node *command, struct plan **plan) {
  enum { INSERT, DOCUMENTS, ORDERED };
  static const struct jql_field specs[] = {
      {"insert", JQL_NAME, true},
      {"documents", JQL_LIST, true},
      {"ordered", JQL_TRUTH, false},
  };
  struct jql_node fields[3], document;
  TRY(jql__take(jql, command, specs, 3, fields));
  struct jql_each each =
      each_document(jql, &fields[DOCUMENTS], val_count(&fields[DOCUMENTS].value));
  *plan = NULL;
  TRY(jql__put(jql, PLAN_INSERT, &fields[INSERT], plan));
  (*plan)->collection_name = val_slice(&fields[INSERT].value);
  (*plan)->ordered = jql__flag(&fields[ORDERED], true);
  (*plan)->knows_names = jql->knows_names;
  if (jql->documents) return put_documents(jql, &fields[DOCUMENTS], *plan);
  if (each.count == 0)
    return jql__fail_code(jql, &fields[DOCUMENTS], JQL_INVALID_LENGTH,
                          "there is nothing to insert");
  (*plan)->exprs = arena_zalloc(jql->arena, each.count, sizeof *(*plan)->exprs);
  TRY(jql__made(jql, (*plan)->exprs));
  (*plan)->exprs_count = (*plan)->rows_count = each.count;
  while (jql__next(&each, &document)) {
    TRY(jql__check_kind_as(jql, &document, JQL_MAP, JQL_TYPE_MISMATCH));
    TRY(jql__const(jql, &document, &(*plan)->exprs[document.index]));
  }
  return LUMA_OK;
}

status jql__put_listed(const struct jql *jql, enum plan_kind kind, const struct jql_write *write,
                       struct plan **plan) {
  struct err why;
  struct jql inner = *jql;
  struct val *collation = &jql->statement->collation;
  jql_put_change *put = kind == PLAN_UPDATE ? jql__put_update : jql__put_delete;
  err_init(&why);
  inner.err = &why;
  inner.is_listed = jql->is_several;
  status done = put(&inner, write, plan);
  ASSERT(done != LUMA_OK || *plan);
  if (done == LUMA_OK && jql->is_several) (*plan)->collation = *collation;
  if (jql->is_several) *collation = val_missing();
  if (done == LUMA_OK) return LUMA_OK;
  bool is_its = plan_fails_alone(done);
  if (is_its) why.of_change = plan_kind_name(kind);
  if (!jql->is_several || jql->explains || !is_its) {
    if (jql->err) *jql->err = why;
    if (inner.is_listed && why.line) jql__tell_place(jql, why.offset);
    return done;
  }
  struct plan at = {.kind = kind,
                    .offset = write->collection.offset,
                    .collection_name = val_slice(&write->collection.value)};
  struct plan *failing = &at;
  TRY(plan_put_failure(jql->arena, &why, &failing, jql->err));
  *plan = failing;
  return LUMA_OK;
}

static status take_insert(const struct jql *jql, const struct jql_node *collection,
                          struct plan **plan) {
  *plan = NULL;
  if (jql->spare && *jql->spare) {
    *plan = *jql->spare;
    *jql->spare = NULL;
    (*plan)->offset = collection->offset;
    return LUMA_OK;
  }
  TRY(jql__put(jql, PLAN_INSERT, collection, plan));
  (*plan)->ordered = true;
  (*plan)->exprs = arena_zalloc(jql->arena, 1, sizeof *(*plan)->exprs);
  (*plan)->exprs_count = (*plan)->rows_count = 1;
  return jql__made(jql, (*plan)->exprs);
}

status jql__put_insert(const struct jql *jql, const struct jql_node *collection,
                       const struct jql_node *document, struct plan **plan) {
  TRY(take_insert(jql, collection, plan));
  (*plan)->collection_name = val_slice(&collection->value);
  return jql__const(jql, document, &(*plan)->exprs[0]);
}

/* ---- update ---- */

static status set_upsert(const struct jql *jql, struct plan *plan) {
  const struct plan *source = plan->input;
  plan->upsert = true;
  while (source->kind == PLAN_LIMIT || source->kind == PLAN_SORT) source = source->input;
  if (source->kind != PLAN_FILTER) return LUMA_OK;
  return jql__equalities(jql, source->condition->match, &plan->upsert_match);
}

static status put_one(const struct jql *jql, const struct jql_node *at, struct plan **plan) {
  TRY(jql__put(jql, PLAN_LIMIT, at, plan));
  (*plan)->limit = expr_const(jql->arena, val_int64(1), at->offset);
  return jql__made(jql, (*plan)->limit);
}

/** The first in an order is the only one. */
static status put_first(const struct jql *jql, const struct jql_node *sort, struct plan **plan) {
  TRY(jql__put_sort(jql, sort, plan));
  return (*plan)->kind == PLAN_SORT ? put_one(jql, sort, plan) : LUMA_OK;
}

/** What the filter chooses; of one that asks for the nearest, the nearest alone, unless all are
 * changed. */
static status put_chosen(const struct jql *jql, const struct jql_write *write, struct plan **plan) {
  struct jql_near near = {.of_change = true};
  struct jql inner = *jql;
  inner.near = &near;
  TRY(jql__put_filter(&inner, &write->filter, plan));
  if (near.distance && !write->all && !jql_is_given(&write->sort)) {
    TRY(jql__put_nearest_first(jql, &write->filter, &near, plan));
    return put_one(jql, &write->filter, plan);
  }
  return put_first(jql, &write->sort, plan);
}

/** UPDATE or DELETE over the documents of the collection that a filter chooses. */
static status put_change(const struct jql *jql, enum plan_kind kind, const struct jql_write *write,
                         struct plan **plan) {
  TRY(jql__collation(jql, &write->collation));
  TRY(jql__default_collation(jql, &write->collection));
  TRY(jql__scan(jql, &write->collection, plan));
  TRY(jql__hint(jql, &write->hint, *plan));
  TRY(put_chosen(jql, write, plan));
  TRY(jql__put(jql, kind, &write->collection, plan));
  (*plan)->collection_name = val_slice(&write->collection.value);
  (*plan)->missing_is_empty = true;
  (*plan)->multi = write->all;
  return LUMA_OK;
}

status jql__put_update(const struct jql *jql, const struct jql_write *write, struct plan **plan) {
  struct jql inner;
  struct jql_filters filters;
  bool is_pipeline = write->changes.value.type == VAL_LIST;
  if (jql_is_given(&write->constants) && !is_pipeline)
    return jql__fail_code(jql, &write->constants, 51198,
                          "Constant values may only be specified for pipeline updates");
  if (is_pipeline && val_count(&write->array_filters.value))
    return jql__fail_code(jql, &write->array_filters, 9,
                          "arrayFilters may not be specified for pipeline-style updates");
  TRY(jql__check_series_update(jql, write));
  TRY(jql__add_constants(jql, &write->constants, &inner));
  TRY(put_change(jql, PLAN_UPDATE, write, plan));
  TRY(jql__array_filters(jql, &write->array_filters, &filters));
  inner.filters = &filters;
  TRY(jql__changes(&inner, &write->changes, *plan));
  TRY(jql__check_array_filters(jql, &write->array_filters, &filters));
  (*plan)->array_filters = filters.items;
  (*plan)->array_filters_count = filters.count;
  if ((*plan)->multi && (*plan)->replacement && !is_pipeline)
    return jql__fail_code(jql, &write->changes, 9,
                          "multi update is not supported for replacement-style update");
  return jql__flag(&write->upsert, false) ? set_upsert(jql, *plan) : LUMA_OK;
}

status jql__put_delete(const struct jql *jql, const struct jql_write *write, struct plan **plan) {
  return put_change(jql, PLAN_DELETE, write, plan);
}

static status read_update(const struct jql *jql, const struct jql_node *collection,
                          const struct jql_node *update, struct plan **plan) {
  enum { Q, U, UPSERT, MULTI, HINT, COLLATION, CONSTANTS, FILTERS, SORT, FIELDS };
  static const struct jql_field specs[] = {
      {"q", JQL_MAP, true},         {"u", JQL_ANY, true},
      {"upsert", JQL_TRUTH, false}, {"multi", JQL_TRUTH, false},
      {"hint", JQL_ANY, false},     {"collation", JQL_MAP, false},
      {"c", JQL_MAP, false},        {"arrayFilters", JQL_LIST, false},
      {"sort", JQL_MAP, false},
  };
  struct jql_node fields[FIELDS];
  TRY(jql__take(jql, update, specs, FIELDS, fields));
  struct jql_write write = {.collection = *collection,
                            .filter = fields[Q],
                            .changes = fields[U],
                            .upsert = fields[UPSERT],
                            .all = jql__flag(&fields[MULTI], false),
                            .hint = fields[HINT],
                            .collation = fields[COLLATION],
                            .array_filters = fields[FILTERS],
                            .constants = fields[CONSTANTS],
                            .sort = fields[SORT]};
  TRY(jql__check_types(jql, &write));
  if (jql_is_given(&fields[SORT]) && jql__flag(&fields[MULTI], false))
    return jql__fail_code(jql, &fields[SORT], 9, "a sort chooses one document, and `multi` all");
  return jql__put_listed(jql, PLAN_UPDATE, &write, plan);
}

enum update_field {
  UPDATE,
  UPDATES,
  UPDATE_ORDERED,
  UPDATE_FILTER,
  UPDATE_MULTI,
  UPDATE_UPSERT,
  UPDATE_CHANGES /* the operators of the short form follow */
};

static const struct jql_field update_specs[] = {
    [UPDATE] = {"update", JQL_NAME, true},
    [UPDATES] = {"updates", JQL_LIST, false},
    [UPDATE_ORDERED] = {"ordered", JQL_TRUTH, false},
    [UPDATE_FILTER] = {"filter", JQL_MAP, false},
    [UPDATE_MULTI] = {"multi", JQL_BOOL, false},
    [UPDATE_UPSERT] = {"upsert", JQL_BOOL, false},
    [UPDATE_CHANGES] = {"set", JQL_MAP, false},
    {"unset", JQL_ANY, false},
    {"inc", JQL_MAP, false},
    {"mul", JQL_MAP, false},
    {"min", JQL_MAP, false},
    {"max", JQL_MAP, false},
    {"rename", JQL_MAP, false},
    {"push", JQL_MAP, false},
    {"addToSet", JQL_MAP, false},
    {"pop", JQL_MAP, false},
    {"pull", JQL_MAP, false},
    {"setOnInsert", JQL_MAP, false},
    {"let", JQL_MAP, false},
};

/** The operators behind the short form's names, from UPDATE_CHANGES on. */
static const char *const short_operators[] = {"$set",      "$unset", "$inc",    "$mul",
                                              "$min",      "$max",   "$rename", "$push",
                                              "$addToSet", "$pop",   "$pull",   "$setOnInsert"};

enum {
  UPDATE_FIELDS = sizeof update_specs / sizeof update_specs[0],
  SHORT_OPERATORS = sizeof short_operators / sizeof short_operators[0]
};

static status update_short(const struct jql *jql, const struct jql_node *command,
                           const struct jql_node *fields, struct plan **plan) {
  struct jql_change changes[SHORT_OPERATORS];
  for (uint32_t i = 0; i < SHORT_OPERATORS; i++)
    changes[i] = (struct jql_change){short_operators[i], &fields[UPDATE_CHANGES + i]};
  if (!jql_is_given(&fields[UPDATE_FILTER])) {
    status failed = jql__fail(jql, command, LUMA_SYNTAX_ERROR, "`filter` is missing");
    if (jql->err) jql->err->foreign = JQL_MISSING_FIELD;
    err_hint(jql->err, "give \"filter\": {} to change every document");
    return failed;
  }
  struct jql_write write = {.collection = fields[UPDATE],
                            .filter = fields[UPDATE_FILTER],
                            .all = jql__flag(&fields[UPDATE_MULTI], true)};
  TRY(put_change(jql, PLAN_UPDATE, &write, plan));
  TRY(jql__short_changes(jql, changes, SHORT_OPERATORS, *plan));
  if ((*plan)->updates_count == 0) {
    status failed = jql__fail(jql, command, LUMA_SYNTAX_ERROR, "there is nothing to change");
    err_hint(jql->err, "give `set`, `unset`, `inc`, `push` or `pull`");
    return failed;
  }
  if (!jql__flag(&fields[UPDATE_UPSERT], false)) return LUMA_OK;
  return set_upsert(jql, *plan);
}

/** What belongs to the short form cannot stand beside `updates` or `deletes`. */
static status check_form(const struct jql *jql, const struct jql_node *list,
                         const struct jql_node *fields, uint32_t from, uint32_t to) {
  for (uint32_t i = from; i < to; i++)
    if (jql_is_given(&fields[i]))
      return jql__fail(jql, &fields[i], LUMA_SYNTAX_ERROR,
                       "`%.*s` belongs to the short form, and cannot stand beside `%.*s`",
                       SLICE_ARG(fields[i].name), SLICE_ARG(list->name));
  return LUMA_OK;
}

status jql__update(const struct jql *jql, const struct jql_node *command, struct plan **plan) {
  struct jql_node fields[UPDATE_FIELDS];
  struct jql inner;
  TRY(jql__take(jql, command, update_specs, UPDATE_FIELDS, fields));
  TRY(jql__begin_let(jql, &fields[UPDATE_FIELDS - 1], &inner));
  const struct jql_node *updates = &fields[UPDATES];
  if (!jql_is_given(updates)) return update_short(&inner, command, fields, plan);
  TRY(check_form(jql, updates, fields, UPDATE_FILTER, UPDATE_CHANGES + SHORT_OPERATORS));
  jql->statement->told = PLAN_TOLD_CHANGES;
  return jql__sequence(&inner, &fields[UPDATE], updates, jql__flag(&fields[UPDATE_ORDERED], true),
                       read_update, plan);
}

/* ---- delete ---- */

static status fail_limit(const struct jql *jql, const struct jql_node *limit) {
  status failed = jql__fail_type(jql, limit, "a number");
  if (jql->err) jql->err->foreign = JQL_TYPE_MISMATCH;
  return failed;
}

static status read_delete(const struct jql *jql, const struct jql_node *collection,
                          const struct jql_node *deletion, struct plan **plan) {
  enum { Q, LIMIT, HINT, COLLATION };
  static const struct jql_field specs[] = {{"q", JQL_MAP, true},
                                           {"limit", JQL_ANY, true},
                                           {"hint", JQL_ANY, false},
                                           {"collation", JQL_MAP, false}};
  struct jql_node fields[4];
  TRY(jql__take(jql, deletion, specs, 4, fields));
  const struct val *limit = &fields[LIMIT].value;
  double most = val_is_number(limit) ? val_to_float64(limit) : 0;
  if (!val_is_number(limit)) return fail_limit(jql, &fields[LIMIT]);
  if (most != 0 && most != 1)
    return jql__fail_code(jql, &fields[LIMIT], 9,
                          "The limit field in delete objects must be 0 or 1. Got %g", most);
  struct jql_write write = {.collection = *collection,
                            .filter = fields[Q],
                            .hint = fields[HINT],
                            .collation = fields[COLLATION],
                            .all = most == 0};
  return jql__put_listed(jql, PLAN_DELETE, &write, plan);
}

status jql__delete(const struct jql *jql, const struct jql_node *command, struct plan **plan) {
  enum { DELETE, DELETES, ORDERED, LET, FILTER, MULTI, FIELDS };
  static const struct jql_field specs[] = {
      {"delete", JQL_NAME, true}, {"deletes", JQL_LIST, false}, {"ordered", JQL_TRUTH, false},
      {"let", JQL_MAP, false},    {"filter", JQL_MAP, false},   {"multi", JQL_BOOL, false}};
  struct jql_node fields[FIELDS];
  struct jql inner;
  TRY(jql__take(jql, command, specs, FIELDS, fields));
  TRY(jql__begin_let(jql, &fields[LET], &inner));
  if (jql_is_given(&fields[DELETES])) {
    TRY(check_form(jql, &fields[DELETES], fields, FILTER, FIELDS));
    jql->statement->told = PLAN_TOLD_CHANGES;
    return jql__sequence(&inner, &fields[DELETE], &fields[DELETES],
                         jql__flag(&fields[ORDERED], true), read_delete, plan);
  }
  if (!jql_is_given(&fields[FILTER])) {
    status failed = jql__fail(jql, command, LUMA_SYNTAX_ERROR, "`filter` is missing");
    if (jql->err) jql->err->foreign = JQL_MISSING_FIELD;
    err_hint(jql->err, "give \"filter\": {} to delete every document");
    return failed;
  }
  struct jql_write write = {.collection = fields[DELETE],
                            .filter = fields[FILTER],
                            .all = jql__flag(&fields[MULTI], true)};
  return jql__put_delete(&inner, &write, plan);
}
