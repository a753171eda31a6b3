/* SPDX-License-Identifier: MIT */
/* The statements that read: find and count. */
#include "query/lang/nql/nql_int.h"

status nql__put(const struct nql *nql, enum plan_kind kind, size_t offset, struct plan **plan) {
  *plan = plan_node(nql->arena, kind, *plan, offset);
  return nql__made(nql, *plan);
}

status nql__scan(struct nql *nql, struct plan **plan) {
  struct nql_token token;
  struct slice name;
  TRY(nql__collection(nql, &token, &name));
  *plan = NULL;
  TRY(nql__put(nql, PLAN_SCAN, token.offset, plan));
  (*plan)->collection_name = name;
  return LUMA_OK;
}

bool nql__accept_where(struct nql *nql) {
  static const char *const words[] = {"where", "whose", "that are", "which are", "who are",
                                      "that",  "which", "who",      NULL};
  bool is_having = nql__is_next(nql, "with") || nql__is_next(nql, "having") ||
                   nql__is_next(nql, "have"); /* the condition itself begins with it */
  return nql__accept_any(nql, words) || is_having;
}

status nql__put_where(struct nql *nql, struct plan **plan, bool *found) {
  struct expr *condition = NULL;
  size_t offset = nql->token.offset;
  *found = nql__accept_where(nql);
  if (!*found) return LUMA_OK;
  TRY(nql__condition(nql, &condition));
  TRY(nql__put(nql, PLAN_FILTER, offset, plan));
  (*plan)->condition = condition;
  return LUMA_OK;
}

/* ---- find ---- */

/** What a find asks for, in whatever order it is said. */
struct find {
  struct plan *plan; /* SCAN, FILTER */
  struct nql_names fields;
  struct plan_sort_key *keys;
  uint32_t keys_count;
  struct expr *limit, *skip;
  size_t fields_offset, sort_offset, limit_offset;
  bool has_where;
};

static status fail_twice(const struct nql *nql, size_t offset, const char *what) {
  return nql__fail(nql, offset, LUMA_SYNTAX_ERROR, "%s is said twice", what);
}

static status read_limit(struct nql *nql, struct find *find, size_t offset) {
  if (find->limit) return fail_twice(nql, offset, "how many");
  find->limit_offset = offset;
  return nql__row_count(nql, &find->limit);
}

/** "first 10", "top 3", "10", "first". */
static status read_first(struct nql *nql, struct find *find) {
  static const char *const words[] = {"first", "top", NULL};
  size_t offset = nql->token.offset;
  bool is_first = nql__accept_any(nql, words) != NULL;
  bool is_number = nql->token.kind == NQL_NUMBER || nql->token.kind == NQL_PARAM;
  if (is_number) return read_limit(nql, find, offset);
  if (!is_first) return LUMA_OK;
  find->limit_offset = offset;
  find->limit = expr_const(nql->arena, val_int64(1), offset);
  return nql__made(nql, find->limit);
}

static status read_fields(struct nql *nql, struct find *find, size_t offset) {
  if (find->fields.count) return fail_twice(nql, offset, "what to show");
  find->fields_offset = offset;
  return nql__attributes(nql, &find->fields);
}

static bool accept_descending(struct nql *nql) {
  static const char *const down[] = {"descending",   "desc",          "in descending order",
                                     "decreasing",   "highest first", "largest first",
                                     "newest first", "latest first",  NULL};
  static const char *const up[] = {
      "ascending",      "asc",          "in ascending order", "increasing", "lowest first",
      "smallest first", "oldest first", "earliest first",     NULL};
  if (nql__accept_any(nql, down)) return true;
  (void)nql__accept_any(nql, up);
  return false;
}

static status read_sort(struct nql *nql, struct find *find, size_t offset) {
  static const char *const joints[] = {", and then", ", then", ", and", ",", "and then",
                                       "then by",    "then",   "and",   NULL};
  struct plan_sort_key keys[NQL_ITEMS_MAX];
  uint32_t count = 0;
  if (find->keys_count) return fail_twice(nql, offset, "the order");
  do {
    if (count == NQL_ITEMS_MAX)
      return nql__fail(nql, nql->token.offset, LUMA_TOO_LARGE, "an order has at most %d keys",
                       NQL_ITEMS_MAX);
    struct plan_sort_key *key = &keys[count++];
    *key = (struct plan_sort_key){0};
    TRY(nql__attribute(nql, &key->expr));
    key->descending = accept_descending(nql);
  } while (nql__accept_any(nql, joints));
  find->keys = arena_copy(nql->arena, keys, count * sizeof *keys);
  find->keys_count = count;
  find->sort_offset = offset;
  return nql__made(nql, find->keys);
}

static const char *const sort_words[] = {"sorted by", "ordered by", "sort by", "order by",
                                         "sorted",    "ordered",    NULL};
static const char *const show_words[] = {"showing", "show", "returning", "return", NULL};
static const char *const clause_words[] = {"where", "sorted by", "ordered by", "limit",
                                           "skip",  "show",      "with",       NULL};

/** One clause behind the collection; `*found` is false when none comes next. */
static status read_clause(struct nql *nql, struct find *find, bool *found) {
  size_t offset = nql->token.offset;
  bool is_where = false;
  *found = true;
  if (nql__accept_any(nql, sort_words)) return read_sort(nql, find, offset);
  if (nql__accept_any(nql, show_words)) return read_fields(nql, find, offset);
  if (nql__accept(nql, "limit")) return read_limit(nql, find, offset);
  if (nql__accept(nql, "skip")) {
    find->limit_offset = offset;
    return nql__row_count(nql, &find->skip);
  }
  TRY(nql__put_where(nql, &find->plan, &is_where));
  if (is_where && find->has_where) return fail_twice(nql, offset, "the condition");
  find->has_where |= is_where;
  *found = is_where;
  return LUMA_OK;
}

static status put_fields(const struct nql *nql, const struct find *find, struct plan **plan) {
  uint32_t count = find->fields.count;
  if (count == 0) return LUMA_OK;
  TRY(nql__put(nql, PLAN_PROJECT, find->fields_offset, plan));
  (*plan)->exprs = arena_copy(nql->arena, find->fields.items, count * sizeof *(*plan)->exprs);
  (*plan)->exprs_count = count;
  return nql__made(nql, (*plan)->exprs);
}

static status stack(const struct nql *nql, const struct find *find, struct plan **plan) {
  *plan = find->plan;
  TRY(put_fields(nql, find, plan));
  if (find->keys_count) {
    TRY(nql__put(nql, PLAN_SORT, find->sort_offset, plan));
    (*plan)->sort = find->keys;
    (*plan)->sort_count = find->keys_count;
  }
  if (!find->limit && !find->skip) return LUMA_OK;
  TRY(nql__put(nql, PLAN_LIMIT, find->limit_offset, plan));
  (*plan)->limit = find->limit;
  (*plan)->skip = find->skip;
  return LUMA_OK;
}

static const char *const of_words[] = {"of", "from", "in", "for", NULL};

/** "users", or "name, email of users": the names that come first are attributes if `of` follows. */
static status read_subject(struct nql *nql, struct find *find) {
  struct nql before = *nql;
  size_t offset = nql->token.offset;
  if (nql__accept_any(nql, of_words) || !nql__is_attribute(nql)) return nql__scan(nql, &find->plan);
  TRY(nql__attributes(nql, &find->fields));
  if (nql__accept_any(nql, of_words)) {
    find->fields_offset = offset;
    (void)nql__accept(nql, "all");
    return nql__scan(nql, &find->plan);
  }
  if (find->fields.count > 1) {
    status failed = nql__fail_expected(nql, "`of` and a collection", of_words);
    err_hint(nql->err, "as in: show name, email of users");
    return failed;
  }
  *nql = before;
  find->fields.count = 0;
  return nql__scan(nql, &find->plan);
}

static status make_list(struct nql *nql, enum plan_kind kind, struct plan **plan) {
  struct nql_token token;
  *plan = NULL;
  TRY(nql__put(nql, kind, nql->token.offset, plan));
  if (kind != PLAN_SHOW_INDEXES || !nql__accept_any(nql, of_words)) return LUMA_OK;
  return nql__collection(nql, &token, &(*plan)->collection_name);
}

status nql__find(struct nql *nql, struct plan **plan) {
  static const char *const noise[] = {"me", "for", "all", "every", "each", "the", NULL};
  struct find *find = arena_zalloc(nql->arena, 1, sizeof *find);
  bool found = true;
  TRY(nql__made(nql, find));
  while (nql__accept_any(nql, noise)) continue;
  if (nql__accept(nql, "collections")) return make_list(nql, PLAN_SHOW_COLLECTIONS, plan);
  if (nql__accept(nql, "indexes")) return make_list(nql, PLAN_SHOW_INDEXES, plan);
  TRY(read_first(nql, find));
  TRY(read_subject(nql, find));
  while (found) TRY(read_clause(nql, find, &found));
  if (!nql__may_end(nql))
    return nql__fail_more(nql, "`where`, `sorted by`, `limit` or the end", clause_words);
  return stack(nql, find, plan);
}

/* ---- count ---- */

status nql__count(struct nql *nql, struct plan **plan) {
  static const char *const noise[] = {"all", "the", "every", NULL};
  static const char *const clauses[] = {"where", "with", "whose", NULL};
  bool found = false;
  while (nql__accept_any(nql, noise)) continue;
  size_t offset = nql->token.offset;
  TRY(nql__scan(nql, plan));
  (void)nql__accept(nql, "are there");
  TRY(nql__put_where(nql, plan, &found));
  if (!found && !nql__may_end(nql)) return nql__fail_more(nql, "`where` or the end", clauses);
  struct expr *count = expr_node(nql->arena, EXPR_AGGREGATE, NULL, 0, offset);
  TRY(nql__made(nql, count));
  count->aggregate = EXPR_COUNT;
  TRY(nql__put(nql, PLAN_PROJECT, offset, plan));
  (*plan)->exprs = arena_copy(nql->arena, &count, sizeof(struct expr *));
  TRY(nql__made(nql, (*plan)->exprs));
  (*plan)->exprs_count = 1;
  nql->statement->is_count = true;
  return LUMA_OK;
}
