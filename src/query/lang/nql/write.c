/* SPDX-License-Identifier: MIT */
/* The statements that change: add, update, remove. */
#include "query/lang/nql/nql_int.h"

/* ---- add ---- */

/** Names and values of the document that is added. */
struct pairs {
  struct slice names[NQL_ITEMS_MAX];
  struct expr *values[NQL_ITEMS_MAX];
  uint32_t count;
};

static status read_pair(struct nql *nql, struct pairs *pairs) {
  static const char *const joints[] = {"=", ":", "is", "as", "to", NULL};
  struct expr *name = NULL;
  if (pairs->count == NQL_ITEMS_MAX)
    return nql__fail(nql, nql->token.offset, LUMA_TOO_LARGE, "a document has at most %d attributes",
                     NQL_ITEMS_MAX);
  TRY(nql__attribute(nql, &name));
  if (name->path.count != 1) {
    status failed = nql__fail(nql, name->offset, LUMA_UNSUPPORTED, "`%.*s` leads into an attribute",
                              SLICE_ARG(name->name));
    err_hint(nql->err, "add it as a document: add to users {\"address\": {\"city\": \"Rome\"}}");
    return failed;
  }
  (void)nql__accept_any(nql, joints);
  pairs->names[pairs->count] = name->name;
  return nql__value(nql, &pairs->values[pairs->count++]);
}

static status put_pairs(struct nql *nql, struct plan *plan) {
  static const char *const joints[] = {", and", ",", "and", NULL};
  struct pairs *pairs = arena_zalloc(nql->arena, 1, sizeof *pairs);
  TRY(nql__made(nql, pairs));
  (void)nql__accept(nql, "with");
  do TRY(read_pair(nql, pairs));
  while (nql__accept_any(nql, joints));
  plan->exprs = pairs->values;
  plan->names = pairs->names;
  plan->exprs_count = plan->names_count = pairs->count;
  plan->rows_count = 1;
  return LUMA_OK;
}

/** {…}, {…}: one document or several. */
static status put_documents(struct nql *nql, struct plan *plan) {
  struct expr *documents[NQL_ITEMS_MAX];
  uint32_t count = 0;
  do {
    size_t offset = nql->token.offset;
    struct val value = val_missing();
    if (nql->token.kind != NQL_JSON) return nql__fail_expected(nql, "a document", NULL);
    if (count == NQL_ITEMS_MAX)
      return nql__fail(nql, offset, LUMA_TOO_LARGE, "at most %d documents are added at once",
                       NQL_ITEMS_MAX);
    TRY(nql__json(nql, &value));
    if (value.type != VAL_MAP)
      return nql__fail(nql, offset, LUMA_INVALID_ARGUMENT, "a document is a map, not %s",
                       val_type_name((enum val_type)value.type));
    documents[count] = expr_const(nql->arena, value, offset);
    TRY(nql__made(nql, documents[count++]));
  } while (nql__accept(nql, ",") || nql__accept(nql, "and"));
  plan->exprs = arena_copy(nql->arena, documents, count * sizeof *plan->exprs);
  plan->exprs_count = plan->rows_count = count;
  return nql__made(nql, plan->exprs);
}

status nql__add(struct nql *nql, struct plan **plan) {
  static const char *const into[] = {"to", "into", "in", NULL};
  struct nql_token token;
  *plan = NULL;
  TRY(nql__put(nql, PLAN_INSERT, nql->token.offset, plan));
  bool document_first = nql->token.kind == NQL_JSON;
  if (document_first) TRY(put_documents(nql, *plan));
  if (!nql__accept_any(nql, into)) {
    status failed = nql__fail_expected(nql, "`to` and a collection", into);
    if (nql->err && !nql->err->hint[0])
      err_hint(nql->err, "as in: add to users name \"Jane\", age 32");
    return failed;
  }
  TRY(nql__collection(nql, &token, &(*plan)->collection_name));
  (*plan)->offset = token.offset;
  (*plan)->ordered = true;
  if (document_first) return LUMA_OK;
  if (nql->token.kind == NQL_JSON) return put_documents(nql, *plan);
  return put_pairs(nql, *plan);
}

/* ---- update, remove ---- */

/** Of the documents of a collection: those of a condition, or expressly all. */
static status put_chosen(struct nql *nql, const char *verb, bool all, struct plan **plan) {
  bool found = false;
  struct slice name = (*plan)->collection_name;
  TRY(nql__put_where(nql, plan, &found));
  if (found || all) return LUMA_OK;
  static const char *const words[] = {"where", "with", "whose", NULL};
  if (!nql__may_end(nql)) return nql__fail_expected(nql, "`where`", words);
  status failed = nql__fail(nql, nql->token.offset, LUMA_SYNTAX_ERROR,
                            "a condition is missing: this would %s everything", verb);
  err_hint(nql->err, "add `where …`, or say so: %s all %.*s …", verb, SLICE_ARG(name));
  return failed;
}

static status put_change(const struct nql *nql, enum plan_kind kind, size_t offset,
                         struct slice collection, struct plan **plan) {
  TRY(nql__put(nql, kind, offset, plan));
  (*plan)->collection_name = collection;
  (*plan)->multi = true;
  return LUMA_OK;
}

status nql__remove(struct nql *nql, struct plan **plan) {
  bool all = nql__accept(nql, "all") || nql__accept(nql, "every");
  (void)nql__accept(nql, "from");
  TRY(nql__scan(nql, plan));
  struct slice name = (*plan)->collection_name;
  size_t offset = (*plan)->offset;
  TRY(put_chosen(nql, "remove", all, plan));
  return put_change(nql, PLAN_DELETE, offset, name, plan);
}

struct changes {
  struct plan_update_item items[NQL_ITEMS_MAX];
  uint32_t count;
};

/** `age to 32`, `age by 1`. */
static status read_change(struct nql *nql, enum plan_update_op op, bool negative,
                          struct changes *changes) {
  static const char *const to[] = {"to", "=", ":", "as", NULL}, *const by[] = {"by", NULL};
  struct expr *name = NULL, *value = NULL;
  if (changes->count == NQL_ITEMS_MAX)
    return nql__fail(nql, nql->token.offset, LUMA_TOO_LARGE, "at most %d attributes are changed",
                     NQL_ITEMS_MAX);
  struct plan_update_item *item = &changes->items[changes->count++];
  TRY(nql__attribute(nql, &name));
  *item = (struct plan_update_item){.op = op, .path = name->path, .offset = name->offset};
  if (op == PLAN_UNSET) return LUMA_OK;
  if (!nql__accept_any(nql, op == PLAN_SET ? to : by))
    return nql__fail_expected(nql, op == PLAN_SET ? "`to` and a value" : "`by` and a number",
                              op == PLAN_SET ? to : by);
  TRY(nql__value(nql, &value));
  if (negative) value = expr_unary(nql->arena, EXPR_OP_NEGATE, value, value->offset);
  item->value = value;
  return nql__made(nql, value);
}

/** set a to 1, b to 2; increase c by 1; clear d. */
static status read_changes(struct nql *nql, struct changes *changes) {
  static const char *const verbs[] = {"set", "increase", "decrease", "clear", NULL};
  static const char *const joints[] = {", and", ",", "and", NULL};
  static const enum plan_update_op ops[] = {PLAN_SET, PLAN_INC, PLAN_INC, PLAN_UNSET};
  size_t verb = 0;
  const char *said = nql__accept_any(nql, verbs);
  if (!said) return nql__fail_expected(nql, "`set`", verbs);
  do {
    while (said && verbs[verb] != said) verb = (verb + 1) % 4;
    TRY(read_change(nql, ops[verb], verb == 2, changes));
    if (!nql__accept_any(nql, joints)) return LUMA_OK;
    said = nql__accept_any(nql, verbs);
  } while (true);
}

status nql__update(struct nql *nql, struct plan **plan) {
  struct changes *changes = arena_zalloc(nql->arena, 1, sizeof *changes);
  bool found = false;
  TRY(nql__made(nql, changes));
  bool all = nql__accept(nql, "all") || nql__accept(nql, "every");
  TRY(nql__scan(nql, plan));
  struct slice name = (*plan)->collection_name;
  size_t offset = (*plan)->offset;
  TRY(nql__put_where(nql, plan, &found));
  TRY(read_changes(nql, changes));
  if (!found) TRY(put_chosen(nql, "update", all, plan));
  TRY(put_change(nql, PLAN_UPDATE, offset, name, plan));
  (*plan)->updates =
      arena_copy(nql->arena, changes->items, changes->count * sizeof *changes->items);
  (*plan)->updates_count = changes->count;
  return nql__made(nql, (*plan)->updates);
}
