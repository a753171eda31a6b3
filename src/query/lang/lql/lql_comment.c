/* SPDX-License-Identifier: MIT */
/* COMMENT ON TABLE and ON COLUMN: descriptions of a soul and of an attribute; CREATE TABLE … AS;
 * DROP of several. */
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_change.h"
#include "query/lang/lql/lql_ddl.h"
#include "query/lang/lql/lql_expr.h"
#include "query/lang/lql/lql_query.h"
#include "query/lang/lql/lql_record.h"
#include "query/lang/lql/lql_session.h"
#include "value/json/json.h"

/* IS 'text' or IS NULL. */
static bool take_text(struct lql_ddl *ddl, struct slice *text, bool *is_null) {
  *is_null = false;
  if (!lql__ddl_expect(ddl, "IS")) return false;
  if (lql__ddl_take(ddl, "NULL")) return *is_null = true;
  const struct lql_token *token = lql__ddl_peek(ddl);
  struct expr *read = token->kind == LQL_TEXT ? lql__text(ddl->lql, *token) : NULL;
  if (!read) return lql__ddl_fail(ddl, "a text or NULL");
  *text = val_slice(&read->value);
  ddl->at++;
  return lql__ddl_peek(ddl)->kind == 0 || lql__ddl_fail(ddl, "the end of the statement");
}

static bool refuse(struct lql_ddl *ddl) {
  lql__fail(ddl->lql, LUMA_UNSUPPORTED, lql__ddl_peek(ddl)->offset,
            "only tables and columns have comments");
  lql__hint(
      ddl->lql,
      "COMMENT ON TABLE collection IS 'text', COMMENT ON COLUMN collection.attribute IS 'text'");
  return false;
}

bool lql__comment(struct lql_ddl *ddl) {
  struct slice table = {0}, name = {0}, text = {0};
  bool is_null = false;
  bool is_table = lql__ddl_take(ddl, "TABLE") || lql__ddl_take(ddl, "COLLECTION");
  if (!is_table && !lql__ddl_take(ddl, "COLUMN")) return refuse(ddl);
  uint64_t offset = lql__ddl_peek(ddl)->offset;
  if (!lql__ddl_name(ddl, &table)) return false;
  if (!is_table && (!lql__ddl_expect_mark(ddl, LQL_DOT) || !lql__ddl_name(ddl, &name)))
    return false;
  if (!take_text(ddl, &text, &is_null)) return false;
  struct buf *out = &ddl->actions;
  if (!is_table) {
    buf_append_text(out, "{\"actions\":[{\"action\":\"alter\",\"name\":");
    json_write_text(out, name);
    buf_append_text(out, ",\"value\":");
  }
  buf_append_text(out, "{\"description\":");
  if (is_null)
    buf_append_text(out, "null");
  else
    json_write_text(out, text);
  buf_append_text(out, is_table ? "}" : "}}]}");
  if (!lql__ddl_sound(ddl, out)) return false;
  struct plan *made = plan_node(ddl->lql->arena, PLAN_EVOLVE_SOUL, NULL, offset);
  struct plan_soul *soul = made ? arena_zalloc(ddl->lql->arena, 1, sizeof *soul) : NULL;
  const void *json = soul ? arena_copy(ddl->lql->arena, out->data, out->bytes) : NULL;
  if (!json) return false;
  *soul = (struct plan_soul){
      .json = slice_of(json, out->bytes), .merge = true, .about = PLAN_ABOUT_EVOLUTION};
  made->collection_name = table;
  made->soul = soul;
  ddl->lql->root = made;
  return true;
}

/* ---- CREATE TABLE … AS ---- */

struct plan *lql__create_as(struct lql *lql, struct lql_token name, bool if_not_exists,
                            struct lql_list *columns, struct plan *query, bool is_empty) {
  struct plan *rows = query;
  if (query && is_empty) {
    rows = plan_node(lql->arena, PLAN_LIMIT, query, query->offset);
    if (!rows) return NULL;
    rows->limit = expr_const(lql->arena, val_int64(0), query->offset);
  }
  struct plan *made = rows ? lql__insert(lql, name, columns, rows) : NULL;
  if (!made) return NULL;
  made->creates = true;
  made->if_not_exists = if_not_exists;
  return made;
}

/* ---- PREPARE, EXECUTE, DEALLOCATE ---- */

struct plan *lql__prepare(struct lql *lql, struct lql_token at, struct lql_token name,
                          struct slice text) {
  struct plan *made = lql__savepoint(lql, PLAN_PREPARE, at, name);
  lql->parameters = lql->questions = 0; /* they are EXECUTE's to give */
  if (made) made->alias = text;
  return made;
}

struct plan *lql__execute(struct lql *lql, struct lql_token at, struct lql_token name,
                          const struct lql_list *args) {
  struct plan *made = lql__savepoint(lql, PLAN_EXECUTE, at, name);
  for (uint32_t i = 0; args && i < args->count; i++) {
    const struct expr *arg = args->items[i];
    if (arg->kind == EXPR_CONST || arg->kind == EXPR_PARAM) continue;
    lql__fail(lql, LUMA_SYNTAX_ERROR, arg->offset, "EXECUTE takes values and parameters");
    lql__hint(lql, "EXECUTE name (1, 'x', $1)");
    return NULL;
  }
  if (!made || !args) return made;
  made->exprs = args->items;
  made->exprs_count = args->count;
  return made;
}

/* ---- words behind ---- */

static bool is_among(struct slice word, const char *const *words, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (slice_is_equal_nocase(word, slice_of_text(words[i]))) return true;
  return false;
}

void lql__drop_word(struct lql *lql, struct lql_token word) {
  static const char *const words[] = {"cascade", "restrict"};
  if (is_among(word.text, words, 2)) return;
  lql__fail(lql, LUMA_SYNTAX_ERROR, word.offset, "`%.*s` does not fit here", SLICE_ARG(word.text));
  lql__hint(lql, "expected the end of the statement; DROP TABLE a, b takes several names");
}

static struct plan *drop_one(struct lql *lql, enum plan_kind kind, struct lql_token at,
                             const struct lql_list *names, uint32_t i) {
  struct plan *made = lql__plain(lql, kind, at, NULL);
  if (!made) return NULL;
  if (kind == PLAN_DROP_INDEX) made->index_name = names->names[i];
  if (kind == PLAN_DROP_INDEX) return made;
  made->collection_name = names->names[i];
  made->dropped = names->names;
  made->dropped_count = names->count;
  made->offset = names->items[i]->offset;
  return made;
}

struct plan *lql__drop_each(struct lql *lql, enum plan_kind kind, struct lql_token at,
                            const struct lql_list *names, bool if_exists) {
  struct plan *made = NULL;
  for (uint32_t i = names ? names->count : 0; i-- > 0;) {
    struct plan *one = drop_one(lql, kind, at, names, i);
    struct plan *both = one && made ? plan_node(lql->arena, PLAN_SEQUENCE, one, at.offset) : one;
    if (!both) return NULL;
    one->if_exists = if_exists;
    if (made) both->right = made;
    made = both;
  }
  return made;
}

int lql__explain_word(struct lql *lql, int analyze, struct lql_token word) {
  static const char *const words[] = {
      "verbose",  "costs",  "settings",   "buffers",   "wal",         "timing",
      "summary",  "format", "text",       "tree",      "query",       "plan",
      "extended", "on",     "partitions", "off",       "traditional", "true",
      "false",    "=",      "memory",     "serialize", "none",        "generic_plan"};
  static const char *const runs[] = {"analyze", "analyse"};
  if (is_among(word.text, runs, 2)) return analyze | 1;
  if (slice_is_equal_nocase(word.text, slice_of_text("json"))) return analyze | 2;
  if (is_among(word.text, words, sizeof words / sizeof words[0])) return analyze;
  lql__fail(lql, LUMA_SYNTAX_ERROR, word.offset, "EXPLAIN has no option `%.*s`",
            SLICE_ARG(word.text));
  lql__hint(lql, "EXPLAIN [ANALYZE] statement, or EXPLAIN (ANALYZE, FORMAT JSON) statement");
  return analyze;
}
