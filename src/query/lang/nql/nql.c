/* SPDX-License-Identifier: MIT */
/* The door of the NQL front end: which statement a sentence is. */
#include "query/lang/nql/nql_int.h"

struct opening {
  const char *words;
  nql_statement *read;
};

static const struct opening openings[] = {
    {"find", nql__find},     {"get", nql__find},      {"show", nql__find},
    {"list", nql__find},     {"give me", nql__find},  {"display", nql__find},
    {"search", nql__find},   {"count", nql__count},   {"how many", nql__count},
    {"add", nql__add},       {"insert", nql__add},    {"update", nql__update},
    {"change", nql__update}, {"remove", nql__remove}, {"delete", nql__remove},
};

enum { OPENINGS = sizeof openings / sizeof openings[0] };

static const char *const opening_words[] = {
    "find", "get",    "show",   "list",   "give",   "display", "search",  "count", "how many",
    "add",  "insert", "update", "change", "remove", "delete",  "explain", NULL};

static status read_statement(struct nql *nql, struct plan **plan) {
  for (size_t i = 0; i < OPENINGS; i++)
    if (nql__accept(nql, openings[i].words)) return openings[i].read(nql, plan);
  status failed =
      nql__fail_expected(nql, "`find`, `count`, `add`, `update` or `remove`", opening_words);
  if (nql->err && !nql->err->hint[0]) err_hint(nql->err, "as in: find users where age is above 25");
  return failed;
}

static status read_explained(struct nql *nql, struct plan **plan) {
  size_t offset = nql->token.offset;
  bool explain = nql__accept(nql, "explain");
  bool analyze = explain && nql__accept(nql, "analyze");
  TRY(read_statement(nql, plan));
  if (!explain) return LUMA_OK;
  TRY(nql__put(nql, PLAN_EXPLAIN, offset, plan));
  (*plan)->analyze = analyze;
  return LUMA_OK;
}

/** A sentence may end with a mark; after `;` another may follow. */
static status read_end(struct nql *nql) {
  static const char *const marks[] = {".", "!", NULL};
  static const char *const words[] = {"and", "or", "where", NULL};
  (void)nql__accept_any(nql, marks);
  bool is_question = nql->token.kind == NQL_PARAM && nql->token.text.bytes == 1;
  if (is_question) nql__step(nql);
  if (nql__accept(nql, ";") || nql->token.kind == NQL_END) return LUMA_OK;
  return nql__fail_more(nql, "the end", words);
}

static status parse(const struct lang_context *context, struct slice text, size_t *offset,
                    struct statement *statement, struct err *err) {
  struct nql nql = {.context = context,
                    .arena = context->arena,
                    .text = text,
                    .statement = statement,
                    .err = err,
                    .at = *offset};
  *statement = (struct statement){.language = PLAN_NQL, .text = text};
  nql__step(&nql);
  TRY(read_explained(&nql, &statement->root));
  TRY(read_end(&nql));
  *offset = nql.token.kind == NQL_END ? text.bytes : nql.token.offset;
  return LUMA_OK;
}

static const char *const keywords[] = {"find",
                                       "get",
                                       "show",
                                       "list",
                                       "give me",
                                       "count",
                                       "how many",
                                       "add to",
                                       "update",
                                       "set",
                                       "to",
                                       "remove",
                                       "delete",
                                       "all",
                                       "first",
                                       "where",
                                       "with",
                                       "whose",
                                       "sorted by",
                                       "ordered by",
                                       "ascending",
                                       "descending",
                                       "limit",
                                       "skip",
                                       "and",
                                       "or",
                                       "not",
                                       "is",
                                       "is not",
                                       "equals",
                                       "is greater than",
                                       "is more than",
                                       "is less than",
                                       "is at least",
                                       "is at most",
                                       "is between",
                                       "is one of",
                                       "is empty",
                                       "is missing",
                                       "contains",
                                       "starts with",
                                       "ends with",
                                       "exists",
                                       "has",
                                       "true",
                                       "false",
                                       "of",
                                       "explain",
                                       NULL};

const struct lang lang_nql = {.name = "nql", .parse = parse, .keywords = keywords};
