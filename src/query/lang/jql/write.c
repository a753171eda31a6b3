/* SPDX-License-Identifier: MIT */
/* The commands that change documents: insert, update, delete; the last two also in a short form of
 * one change, written without a list. */
#include "query/lang/jql/jql_int.h"

status jql__insert(const struct jql *jql, const struct jql_node *command, struct plan **plan) {
  enum { INSERT, DOCUMENTS, ORDERED };
  static const struct jql_field specs[] = {
      {"insert", JQL_NAME, true},
      {"documents", JQL_LIST, true},
      {"ordered", JQL_BOOL, false},
      {"bypassDocumentValidation", JQL_IGNORED, false},
  };
  struct jql_node fields[4], document;
  TRY(jql__take(jql, command, specs, 4, fields));
  struct jql_each each = jql__each(jql, &fields[DOCUMENTS]);
  *plan = NULL;
  TRY(jql__put(jql, PLAN_INSERT, &fields[INSERT], plan));
  (*plan)->collection_name = val_slice(&fields[INSERT].value);
  (*plan)->ordered = jql__flag(&fields[ORDERED], true);
  if (each.count == 0)
    return jql__fail(jql, &fields[DOCUMENTS], LUMA_INVALID_ARGUMENT, "there is nothing to insert");
  (*plan)->exprs = arena_zalloc(jql->arena, each.count, sizeof *(*plan)->exprs);
  TRY(jql__made(jql, (*plan)->exprs));
  (*plan)->exprs_count = (*plan)->rows_count = each.count;
  while (jql__next(&each, &document)) {
    TRY(jql__check_kind(jql, &document, JQL_MAP));
    TRY(jql__const(jql, &document, &(*plan)->exprs[document.index]));
  }
  return LUMA_OK;
}

/** UPDATE or DELETE over the documents of the collection that a filter chooses. */
static status put_change(const struct jql *jql, enum plan_kind kind,
                         const struct jql_node *collection, const struct jql_node *filter,
                         struct plan **plan) {
  TRY(jql__scan(jql, collection, plan));
  TRY(jql__put_filter(jql, filter, plan));
  TRY(jql__put(jql, kind, collection, plan));
  (*plan)->collection_name = val_slice(&collection->value);
  (*plan)->missing_is_empty = true;
  return LUMA_OK;
}

status jql__sequence(const struct jql *jql, const struct jql_node *collection,
                     const struct jql_node *list, jql_element *read, struct plan **plan) {
  struct jql_each each = jql__each(jql, list);
  struct jql_node element;
  struct plan **last = plan;
  if (each.count == 0 || each.count > JQL_CHANGES_MAX)
    return jql__fail(jql, list, LUMA_INVALID_ARGUMENT, "`%.*s` takes 1 to %d elements, not %u",
                     SLICE_ARG(list->name), JQL_CHANGES_MAX, each.count);
  while (jql__next(&each, &element)) {
    struct plan *made = NULL;
    TRY(jql__check_kind(jql, &element, JQL_MAP));
    TRY(read(jql, collection, &element, &made));
    bool is_last = each.at == each.count;
    *last = made;
    if (is_last) return LUMA_OK;
    TRY(jql__put(jql, PLAN_SEQUENCE, &element, last));
    last = &(*last)->right;
  }
  return LUMA_OK;
}

/* ---- update ---- */

static status set_upsert(const struct jql *jql, struct plan *plan) {
  const struct plan *source = plan->input;
  plan->upsert = true;
  if (source->kind != PLAN_FILTER) return LUMA_OK;
  return jql__equalities(jql, source->condition->match, &plan->upsert_match);
}

static status read_update(const struct jql *jql, const struct jql_node *collection,
                          const struct jql_node *update, struct plan **plan) {
  enum { Q, U, UPSERT, MULTI, HINT, COLLATION, CONSTANTS, FILTERS };
  static const struct jql_field specs[] = {
      {"q", JQL_MAP, true},          {"u", JQL_ANY, true},
      {"upsert", JQL_BOOL, false},   {"multi", JQL_BOOL, false},
      {"hint", JQL_ANY, false},      {"collation", JQL_MAP, false},
      {"c", JQL_UNSUPPORTED, false}, {"arrayFilters", JQL_LIST, false},
  };
  struct jql_node fields[8];
  TRY(jql__take(jql, update, specs, 8, fields));
  TRY(jql__collation(jql, &fields[COLLATION]));
  TRY(put_change(jql, PLAN_UPDATE, collection, &fields[Q], plan));
  TRY(jql__hint(jql, &fields[HINT], *plan));
  struct jql inner = *jql;
  struct jql_filters filters;
  TRY(jql__array_filters(jql, &fields[FILTERS], &filters));
  inner.filters = &filters;
  TRY(jql__changes(&inner, &fields[U], *plan));
  TRY(jql__check_array_filters(jql, &fields[FILTERS], &filters));
  (*plan)->array_filters = filters.items;
  (*plan)->array_filters_count = filters.count;
  (*plan)->multi = jql__flag(&fields[MULTI], false);
  if ((*plan)->multi && (*plan)->replacement)
    return jql__fail(jql, &fields[MULTI], LUMA_INVALID_ARGUMENT,
                     "a document cannot replace several");
  if (!jql__flag(&fields[UPSERT], false)) return LUMA_OK;
  return set_upsert(jql, *plan);
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
    [UPDATE_ORDERED] = {"ordered", JQL_BOOL, false},
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
    {"bypassDocumentValidation", JQL_IGNORED, false},
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
    err_hint(jql->err, "give \"filter\": {} to change every document");
    return failed;
  }
  TRY(put_change(jql, PLAN_UPDATE, &fields[UPDATE], &fields[UPDATE_FILTER], plan));
  TRY(jql__short_changes(jql, changes, SHORT_OPERATORS, *plan));
  (*plan)->multi = jql__flag(&fields[UPDATE_MULTI], true);
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
  TRY(jql__take(jql, command, update_specs, UPDATE_FIELDS, fields));
  const struct jql_node *updates = &fields[UPDATES];
  if (!jql_is_given(updates)) return update_short(jql, command, fields, plan);
  TRY(check_form(jql, updates, fields, UPDATE_FILTER, UPDATE_CHANGES + SHORT_OPERATORS));
  return jql__sequence(jql, &fields[UPDATE], updates, read_update, plan);
}

/* ---- delete ---- */

static status read_delete(const struct jql *jql, const struct jql_node *collection,
                          const struct jql_node *deletion, struct plan **plan) {
  enum { Q, LIMIT, HINT, COLLATION };
  static const struct jql_field specs[] = {{"q", JQL_MAP, true},
                                           {"limit", JQL_WHOLE, true},
                                           {"hint", JQL_ANY, false},
                                           {"collation", JQL_MAP, false}};
  struct jql_node fields[4];
  TRY(jql__take(jql, deletion, specs, 4, fields));
  int64_t limit = 0;
  if (val_to_int64(&fields[LIMIT].value, &limit) && limit > 1)
    return jql__fail(jql, &fields[LIMIT], LUMA_INVALID_ARGUMENT,
                     "the limit of a delete is 0 (all) or 1");
  TRY(jql__collation(jql, &fields[COLLATION]));
  TRY(put_change(jql, PLAN_DELETE, collection, &fields[Q], plan));
  TRY(jql__hint(jql, &fields[HINT], *plan));
  (*plan)->multi = limit == 0;
  return LUMA_OK;
}

status jql__delete(const struct jql *jql, const struct jql_node *command, struct plan **plan) {
  enum { DELETE, DELETES, ORDERED, FILTER, MULTI, FIELDS };
  static const struct jql_field specs[] = {{"delete", JQL_NAME, true},
                                           {"deletes", JQL_LIST, false},
                                           {"ordered", JQL_BOOL, false},
                                           {"filter", JQL_MAP, false},
                                           {"multi", JQL_BOOL, false}};
  struct jql_node fields[FIELDS];
  TRY(jql__take(jql, command, specs, FIELDS, fields));
  if (jql_is_given(&fields[DELETES])) {
    TRY(check_form(jql, &fields[DELETES], fields, FILTER, FIELDS));
    return jql__sequence(jql, &fields[DELETE], &fields[DELETES], read_delete, plan);
  }
  if (!jql_is_given(&fields[FILTER])) {
    status failed = jql__fail(jql, command, LUMA_SYNTAX_ERROR, "`filter` is missing");
    err_hint(jql->err, "give \"filter\": {} to delete every document");
    return failed;
  }
  TRY(put_change(jql, PLAN_DELETE, &fields[DELETE], &fields[FILTER], plan));
  (*plan)->multi = jql__flag(&fields[MULTI], true);
  return LUMA_OK;
}
