/* SPDX-License-Identifier: MIT */
/* The driver: tokens into the grammar until the statement ends. */
#include "query/lang/lql/lql.h"
#include "base/mem/mem.h"
#include "query/lang/lql/lql_ddl.h"
#include "query/lang/lql/lql_int.h"
#include "query/lang/lql/lql_lexer.h"

static const char *const keywords[] = {"SELECT",
                                       "FROM",
                                       "WHERE",
                                       "GROUP BY",
                                       "HAVING",
                                       "ORDER BY",
                                       "LIMIT",
                                       "OFFSET",
                                       "DISTINCT",
                                       "AS",
                                       "AND",
                                       "OR",
                                       "NOT",
                                       "IN",
                                       "BETWEEN",
                                       "LIKE",
                                       "ILIKE",
                                       "IS",
                                       "NULL",
                                       "TRUE",
                                       "FALSE",
                                       "CASE",
                                       "WHEN",
                                       "THEN",
                                       "ELSE",
                                       "END",
                                       "CAST",
                                       "INNER",
                                       "LEFT",
                                       "CROSS",
                                       "JOIN",
                                       "ON",
                                       "ASC",
                                       "DESC",
                                       "INSERT INTO",
                                       "VALUES",
                                       "UPDATE",
                                       "SET",
                                       "UNSET",
                                       "DELETE FROM",
                                       "CREATE",
                                       "UNIQUE",
                                       "INDEX",
                                       "COLLECTION",
                                       "DROP",
                                       "ALTER",
                                       "RENAME TO",
                                       "SHOW",
                                       "COLLECTIONS",
                                       "INDEXES",
                                       "SOUL",
                                       "SOULS",
                                       "EVOLVE SOUL",
                                       "DESCRIBE",
                                       "SUGGEST SOUL",
                                       "BEGIN",
                                       "COMMIT",
                                       "ROLLBACK",
                                       "EXPLAIN",
                                       "ANALYZE",
                                       "COUNT",
                                       "SUM",
                                       "AVG",
                                       "MIN",
                                       "MAX",
                                       "EXISTS",
                                       "FETCH FIRST",
                                       "WITH TIES",
                                       "CREATE TABLE",
                                       "PREPARE",
                                       "EXECUTE",
                                       "DEALLOCATE",
                                       "GLOB",
                                       "UNION",
                                       "INTERSECT",
                                       "EXCEPT",
                                       "CORRESPONDING",
                                       "INDEXED BY",
                                       "IS JSON",
                                       "COMMENT ON COLUMN",
                                       "SHOW TABLES",
                                       "SHOW COLUMNS FROM",
                                       NULL};

/* Feeds tokens; the end of the statement is a `;` or that of the text. */
static void feed(struct lql *lql, void *parser) {
  bool any = false;
  for (;;) {
    struct lql_token token = lql__next(lql);
    if (token.kind < 0 || lql->failed != LUMA_OK) return;
    bool ends = token.kind == 0 || token.kind == LQL_SEMICOLON;
    if (ends && !any && token.kind == LQL_SEMICOLON) continue;
    if (ends && !any) {
      lql__fail(lql, LUMA_SYNTAX_ERROR, token.offset, "there is no statement");
      lql__hint(lql, "try SHOW COLLECTIONS");
      return;
    }
    if (!any) lql->first = token;
    any = true;
    if (ends) token.kind = 0;
    if (lql->states) lql__remember(parser, lql->states);
    lqlGrammar(parser, token.kind, token, lql);
    if (ends || lql->failed != LUMA_OK) return;
  }
}

enum { WINDOW_BYTES = 16 << 10 };

/* A copy of the text from `base` on, with the NUL that the lexer needs. */
static status open_window(struct lql *lql, size_t bytes) {
  uint8_t *copy = arena_alloc_text(lql->arena, bytes + 1);
  TRY(plan_check_memory(lql->arena, copy, lql->err));
  if (bytes) memcpy(copy, lql->text.data + lql->base, bytes);
  copy[bytes] = 0;
  lql->window = slice_of(copy, bytes);
  return LUMA_OK;
}

static status run_grammar(struct lql *lql, struct lql_states *states) {
  void *parser = lqlGrammarAlloc(mem_alloc);
  if (!parser) FAIL(lql->err, LUMA_OUT_OF_MEMORY, "no memory to read the statement");
  lql->states = states;
  feed(lql, parser);
  lql->states = NULL;
  lqlGrammarFree(parser, mem_free);
  return LUMA_OK;
}

/* Only a statement with a mistake needs to know where the automaton stood: it is read again. */
static status parse_grammar(struct lql *lql) {
  struct lql fresh = *lql;
  struct lql_states states;
  TRY(run_grammar(lql, NULL));
  if (!lql->is_mistaken) return LUMA_OK;
  *lql = fresh;
  return run_grammar(lql, &states);
}

static status parse_window(struct lql *lql, size_t bytes) {
  TRY(open_window(lql, bytes));
  if (!lql__definition(lql)) TRY(parse_grammar(lql));
  /* A part that the arena refused looks to the rules like one that was not written. */
  if (lql->failed == LUMA_OK && arena_has_refused(lql->arena))
    return plan_check_memory(lql->arena, NULL, lql->err);
  if (lql->failed == LUMA_OK && lql->bare_star) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, lql->bare_star->offset, "`*` needs a FROM");
    lql__hint(lql, "SELECT * FROM collection");
  }
  return lql->failed;
}

/* Reads in a window, so that a statement of a long script costs what it is long; a statement that
 * touches the window's end (or fails, perhaps for that) is read again in a larger one. */
static status parse_growing(struct lql *lql) {
  struct lql fresh = *lql;
  size_t rest = lql->text.bytes - lql->base;
  for (size_t bytes = WINDOW_BYTES;; bytes *= 4) {
    bool whole = bytes >= rest;
    *lql = fresh;
    status result = parse_window(lql, whole ? rest : bytes);
    if (whole || (result == LUMA_OK && lql->at < bytes)) return result;
    if (result == LUMA_OUT_OF_MEMORY || result == LUMA_BUDGET_EXCEEDED) return result;
    err_reset(lql->err);
  }
}

static status parse(const struct lang_context *context, struct slice text, size_t *offset,
                    struct statement *statement, struct err *err) {
  struct err scratch = {0};
  struct lql lql = {.context = context,
                    .arena = context->arena,
                    .text = text,
                    .err = err ? err : &scratch,
                    .base = *offset};
  if (text.bytes > LQL_TEXT_BYTES_MAX)
    FAIL(err, LUMA_TOO_LARGE, "a statement has at most %d MiB", LQL_TEXT_BYTES_MAX >> 20);
  TRY(parse_growing(&lql));
  TRY(plan_check_memory(context->arena, lql.root, err));
  *statement = (struct statement){.language = PLAN_LQL,
                                  .root = lql.root,
                                  .text = slice_of(text.data + *offset, lql.at),
                                  .parameters_count = lql.parameters};
  *offset += lql.at;
  return LUMA_OK;
}

const struct lang lang_lql = {.name = "lql", .parse = parse, .keywords = keywords};
