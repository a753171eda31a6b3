/* SPDX-License-Identifier: MIT */
/* MySQL's ways to say what is there under another name, and words that may be left out. */
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_change.h"
#include "query/lang/lql/lql_expr.h"
#include "query/lang/lql/lql_query.h"
#include "query/lang/lql/lql_record.h"

static bool is_word(struct lql_token token, const char *word) {
  return slice_is_equal_nocase(token.text, slice_of_text(word));
}

static void refuse(struct lql *lql, struct lql_token word, const char *hint) {
  lql__fail(lql, LUMA_SYNTAX_ERROR, word.offset, "`%.*s` does not fit here", SLICE_ARG(word.text));
  lql__hint(lql, "%s", hint);
}

/* ---- INSERT … SET, ON DUPLICATE KEY UPDATE ---- */

struct plan *lql__insert_sets(struct lql *lql, struct lql_token name, struct lql_token at,
                              const struct lql_updates *sets) {
  struct lql_list *pairs = sets ? lql__list(lql) : NULL;
  for (uint32_t i = 0; pairs && i < sets->count; i++) {
    const struct path *path = &sets->items[i].path;
    if (path->count != 1 || !path->steps[0].is_name) {
      lql__fail(lql, LUMA_SYNTAX_ERROR, sets->items[i].offset, "INSERT … SET takes names");
      lql__hint(lql, "INSERT INTO c (a.b) VALUES (1), or INSERT INTO c {a: {b: 1}}");
      return NULL;
    }
    pairs = lql__append(lql, pairs, sets->items[i].value, path->steps[0].name);
  }
  struct expr *document = pairs ? lql__map(lql, at, pairs) : NULL;
  if (!document) return NULL;
  return lql__insert_documents(lql, name,
                               lql__append(lql, lql__list(lql), document, slice_of(NULL, 0)));
}

void lql__duplicate_key(struct lql *lql, struct lql_token duplicate, struct lql_token key) {
  if (!is_word(duplicate, "duplicate") || !is_word(key, "key"))
    refuse(lql, duplicate, "ON CONFLICT (key) DO UPDATE SET …, or ON DUPLICATE KEY UPDATE …");
}

struct expr *lql__inserted_value(struct lql *lql, struct lql_token name,
                                 const struct lql_list *args) {
  bool is_one = is_word(name, "values") && args->count == 1 && args->items[0]->kind == EXPR_NAME &&
                args->items[0]->path.count == 1;
  if (!is_one) return NULL;
  struct lql_token excluded = {
      .kind = LQL_ID, .text = slice_of_text("excluded"), .offset = name.offset};
  struct lql_token column = {
      .kind = LQL_ID, .text = args->items[0]->name, .offset = args->items[0]->offset};
  return lql__path_expr(lql, lql__path_name(lql, lql__path(lql, excluded), column));
}

/* ---- XOR, variables of the server ---- */

struct expr *lql__xor(struct lql *lql, struct lql_token at, struct expr *a, struct expr *b) {
  struct expr *made = lql__binary(lql, EXPR_OP_NE, at, lql__unary(lql, EXPR_OP_NOT, at, a),
                                  lql__unary(lql, EXPR_OP_NOT, at, b));
  if (made) made->name = slice_of_text("xor");
  return made;
}

/* The name behind @@, without `session.` or `global.`. */
static struct slice variable_name(struct slice text) {
  const uint8_t *dot = memchr(text.data, '.', text.bytes);
  size_t from = dot ? (size_t)(dot - text.data) + 1 : 2;
  return slice_of(text.data + from, text.bytes - from);
}

struct expr *lql__variable(struct lql *lql, struct lql_token token) {
  static const char *const texts[][2] = {{"sql_mode", ""},
                                         {"time_zone", "UTC"},
                                         {"system_time_zone", "UTC"},
                                         {"transaction_isolation", "REPEATABLE-READ"},
                                         {"tx_isolation", "REPEATABLE-READ"},
                                         {"character_set_client", "utf8mb4"},
                                         {"character_set_connection", "utf8mb4"},
                                         {"character_set_results", "utf8mb4"},
                                         {"character_set_server", "utf8mb4"},
                                         {"collation_connection", "utf8mb4_bin"},
                                         {"collation_server", "utf8mb4_bin"},
                                         {"version_comment", "LumaDB"},
                                         {"license", "MIT"}};
  struct slice name = variable_name(token.text);
  if (slice_is_equal_nocase(name, slice_of_text("version"))) {
    struct expr *made = expr_node(lql->arena, EXPR_CALL, NULL, 0, token.offset);
    if (made) made->name = slice_of_text("version");
    return made;
  }
  if (slice_is_equal_nocase(name, slice_of_text("autocommit")))
    return expr_const(lql->arena, val_int64(1), token.offset);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    if (slice_is_equal_nocase(name, slice_of_text(texts[i][0])))
      return expr_const(lql->arena, val_text(slice_of_text(texts[i][1])), token.offset);
  lql__fail(lql, LUMA_SYNTAX_ERROR, token.offset, "there is no variable `%.*s`",
            SLICE_ARG(token.text));
  lql__hint(lql, "there is @@version, @@sql_mode, @@time_zone, @@autocommit; SET has options");
  return NULL;
}

/* ---- GROUP BY … WITH ROLLUP ---- */

struct lql_group *lql__with_rollup(struct lql *lql, struct lql_group *group) {
  if (!group) return NULL;
  if (group->sets->count != 1) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, lql->last.offset, "WITH ROLLUP follows plain keys");
    lql__hint(lql, "GROUP BY ROLLUP (a, b)");
    return NULL;
  }
  group->sets = lql__rollup(lql, group->sets->items[0]);
  return group->sets ? group : NULL;
}

/* ---- words that may be left out ---- */

void lql__truncate_word(struct lql *lql, struct lql_token word) {
  static const char *const words[] = {"cascade", "restrict", "continue", "identity"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (is_word(word, words[i])) return;
  refuse(lql, word,
         is_word(word, "restart") ? "ALTER SEQUENCE s RESTART numbers from its start"
                                  : "TRUNCATE takes one collection");
}

void lql__concurrently(struct lql *lql, struct lql_token word) {
  if (!is_word(word, "concurrently")) refuse(lql, word, "CREATE INDEX name ON collection (key, …)");
}

void lql__index_method(struct lql *lql, struct lql_token method) {
  static const char *const ordered[] = {"btree", "hash", "brin"};
  for (size_t i = 0; i < sizeof ordered / sizeof ordered[0]; i++)
    if (is_word(method, ordered[i])) return;
  lql__fail(lql, LUMA_UNSUPPORTED, method.offset, "there is no index method `%.*s`",
            SLICE_ARG(method.text));
  lql__hint(lql, "indexes are ordered; ON c (tags[*]) has every element of a list");
}
