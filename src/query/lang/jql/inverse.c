/* SPDX-License-Identifier: MIT */
/* $inverseMatch: documents that hold a filter, kept where the documents given satisfy it. The stage
 * is DocumentDB's; the filters are read when the documents are. */
#include "query/lang/jql/stage_int.h"

enum { PATH, INPUT, FROM, PIPELINE, DEFAULT, FIELDS, TYPE_MISMATCH = 14, FAILED_TO_PARSE = 9 };

/* ---- a filter out of a document ---- */

static bool has_expression(const struct match *match) {
  if (match->op == MATCH_EXPR) return true;
  for (uint32_t i = 0; i < match->children_count; i++)
    if (has_expression(match->children[i])) return true;
  return false;
}

/** As $elemMatch reads its operand: operators that stand at the top are of the document itself. */
static status read_filter(const struct lang_context *context, const struct val *filter,
                          struct match **match, struct err *err) {
  struct statement statement = {.language = PLAN_JQL};
  struct jql jql = {.context = context,
                    .arena = context->arena,
                    .may_have_nulls = true,
                    .statement = &statement,
                    .err = err};
  struct jql_node root = {.value = *filter, .value_offset = JQL_NOWHERE};
  TRY(jql__one_value(&jql, &root, match));
  if (!has_expression(*match)) return LUMA_OK;
  return jql__fail(&jql, &root, LUMA_UNSUPPORTED,
                   "a filter that stands in a document has no expressions ($expr, $near and their "
                   "kin)");
}

static status read_stored(struct arena *arena, const struct val *filter, struct match **match,
                          struct err *err) {
  const struct lang_context context = {.arena = arena};
  return read_filter(&context, filter, match, err);
}

/* ---- the stage ---- */

static status check_input(const struct jql *jql, const struct jql_node *input) {
  struct jql_each each = jql__each(jql, input);
  struct jql_node element;
  if (input->value.type == VAL_MAP) return LUMA_OK;
  if (input->value.type != VAL_LIST)
    return jql__fail_code(jql, input, TYPE_MISMATCH,
                          "$inverseMatch requires 'input' to be a document or an array of them");
  while (jql__next(&each, &element))
    if (element.value.type != VAL_MAP)
      return jql__fail_code(jql, &element, TYPE_MISMATCH,
                            "$inverseMatch requires the elements of 'input' to be documents");
  return LUMA_OK;
}

static status check(const struct jql *jql, const struct jql_node *spec,
                    const struct jql_node *fields) {
  bool is_path = fields[PATH].value.type == VAL_TEXT && fields[PATH].value.bytes;
  if (!is_path) return jql__fail_code(jql, spec, FAILED_TO_PARSE, "$inverseMatch needs a 'path'");
  if (jql_is_given(&fields[INPUT]) == jql_is_given(&fields[FROM]))
    return jql__fail_code(jql, spec, FAILED_TO_PARSE,
                          "$inverseMatch needs either 'input', or 'from' with a 'pipeline'");
  if (jql_is_given(&fields[FROM]) != jql_is_given(&fields[PIPELINE]))
    return jql__fail_code(jql, spec, FAILED_TO_PARSE,
                          "$inverseMatch needs 'from' and 'pipeline' together");
  if (jql_is_given(&fields[DEFAULT]) && fields[DEFAULT].value.type != VAL_BOOL)
    return jql__fail_code(jql, &fields[DEFAULT], TYPE_MISMATCH,
                          "$inverseMatch requires 'defaultResult' to be a bool");
  return jql_is_given(&fields[INPUT]) ? check_input(jql, &fields[INPUT]) : LUMA_OK;
}

/** The documents of another collection stand beside each document, in column 1. */
static status put_others(const struct jql *jql, const struct jql_node *spec,
                         const struct jql_node *fields, struct plan **plan, struct expr **list) {
  struct plan *branch = NULL;
  struct jql inner = *jql;
  inner.in_facet = false;
  TRY(jql__branch(&inner, spec, &fields[FROM], &fields[PIPELINE], &branch));
  TRY(jql__put_stage(jql, STAGE_BRANCH, spec, &branch));
  TRY(jql__put_stage(jql, STAGE_LOOKUP, spec, plan));
  (*plan)->stage->first_variable = jql_next_variable(jql);
  (*plan)->stage->is_correlated = jql->variables != NULL;
  (*plan)->right = branch;
  return jql__slot(jql, spec, 1, list);
}

status jql__put_inverse_match(const struct jql *jql, const struct jql_node *spec,
                              struct plan **plan) {
  static const struct jql_field specs[FIELDS] = {{"path", JQL_ANY, false},
                                                 {"input", JQL_ANY, false},
                                                 {"from", JQL_ANY, false},
                                                 {"pipeline", JQL_LIST, false},
                                                 {"defaultResult", JQL_ANY, false}};
  struct jql_node fields[FIELDS];
  struct expr *list = NULL;
  if (spec->value.type != VAL_MAP)
    return jql__fail_code(jql, spec, TYPE_MISMATCH, "$inverseMatch takes a document");
  TRY(jql__take_as(jql, spec, specs, FIELDS, (struct jql_codes){FAILED_TO_PARSE, FAILED_TO_PARSE},
                   fields));
  TRY(check(jql, spec, fields));
  if (jql_is_given(&fields[INPUT]))
    TRY(jql__const(jql, &fields[INPUT], &list));
  else
    TRY(put_others(jql, spec, fields, plan, &list));
  TRY(jql__put_stage(jql, STAGE_INVERSE, spec, plan));
  (*plan)->exprs = arena_zalloc(jql->arena, 1, sizeof *(*plan)->exprs);
  TRY(jql__made(jql, (*plan)->exprs));
  (*plan)->exprs[0] = list;
  (*plan)->exprs_count = 1;
  (*plan)->stage->read_filter = read_stored;
  (*plan)->stage->keeps_empty = jql__flag(&fields[DEFAULT], false);
  return jql__path(jql, &fields[PATH], val_slice(&fields[PATH].value), &(*plan)->stage->path);
}
