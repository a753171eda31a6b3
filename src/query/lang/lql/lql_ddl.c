/* SPDX-License-Identifier: MIT */
#include "query/lang/lql/lql_ddl.h"
#include "query/lang/lql/lql_expr.h"
#include "query/lang/lql/lql_lexer.h"

#include "base/mem/mem.h"
#include "query/lang/lql/lql.h"
#include "value/json/json.h"

/* ---- what is made ---- */

struct plan *lql__ddl_make(struct lql_ddl *ddl, enum plan_kind kind, struct slice name,
                           uint64_t offset) {
  struct plan *made = plan_node(ddl->lql->arena, kind, NULL, offset);
  if (!made) return NULL;
  made->collection_name = name;
  made->soul = arena_zalloc(ddl->lql->arena, 1, sizeof *made->soul);
  ddl->lql->root = made->soul ? made : NULL;
  return ddl->lql->root;
}

static void put_members(struct buf *out, const char *name, const struct buf *members) {
  if (members->bytes == 0 || out->failed != LUMA_OK) return;
  buf_append_format(out, "%s\"%s\":{", out->data[out->bytes - 1] == '{' ? "" : ",", name);
  buf_append_slice(out, buf_slice(members));
  buf_append_byte(out, '}');
}

/* {"attributes": {…}, "constraints": {…}, …}, kept in the arena. */
struct slice lql__ddl_json(struct lql_ddl *ddl) {
  struct buf out;
  buf_init(&out, 2 * LQL_DDL_BYTES_MAX);
  buf_append_byte(&out, '{');
  put_members(&out, "attributes", &ddl->attributes);
  put_members(&out, "constraints", &ddl->constraints);
  put_members(&out, "rename", &ddl->rename);
  put_members(&out, "transform", &ddl->transform);
  if (ddl->actions.bytes)
    buf_append_format(&out, "%s\"actions\":[%.*s]", out.bytes > 1 ? "," : "",
                      SLICE_ARG(buf_slice(&ddl->actions)));
  if (out.bytes == 1 && ddl->settings.bytes)
    buf_append(&out, ddl->settings.data + 1, ddl->settings.bytes - 1);
  else
    buf_append_slice(&out, buf_slice(&ddl->settings));
  if (ddl->indexes.bytes)
    buf_append_format(&out, "%s\"indexes\":[%.*s]", out.bytes > 1 ? "," : "",
                      SLICE_ARG(buf_slice(&ddl->indexes)));
  buf_append_byte(&out, '}');
  bool sound = lql__ddl_sound(ddl, &ddl->attributes) && lql__ddl_sound(ddl, &ddl->constraints) &&
               lql__ddl_sound(ddl, &ddl->rename) && lql__ddl_sound(ddl, &ddl->transform) &&
               lql__ddl_sound(ddl, &ddl->actions) && lql__ddl_sound(ddl, &ddl->settings) &&
               lql__ddl_sound(ddl, &ddl->indexes) && lql__ddl_sound(ddl, &out);
  const uint8_t *copy = sound ? arena_copy(ddl->lql->arena, out.data, out.bytes) : NULL;
  struct slice json = slice_of(copy, copy ? out.bytes : 0);
  buf_deinit(&out);
  return json;
}

bool lql__ddl_end(struct lql_ddl *ddl) {
  return lql__ddl_peek(ddl)->kind == 0 || lql__ddl_fail(ddl, "the end of the statement");
}

/* JSON as a text, or as it stands in braces. */
bool lql__ddl_genotype(struct lql_ddl *ddl, struct slice *json) {
  struct lql_token token = *lql__ddl_peek(ddl);
  if (token.kind == LQL_TEXT) {
    struct expr *text = lql__text(ddl->lql, token);
    if (!text) return false;
    *json = val_slice(&text->value);
    ddl->at++;
    return true;
  }
  if (token.kind != LQL_LBRACE) return lql__ddl_fail(ddl, "a genotype: '{…}'");
  uint32_t from = ddl->at;
  for (int depth = 0;; ddl->at++) {
    int kind = lql__ddl_peek(ddl)->kind;
    if (kind == 0) return lql__ddl_fail(ddl, "`}`");
    depth += kind == LQL_LBRACE;
    if (kind == LQL_RBRACE && --depth == 0) break;
  }
  ddl->at++;
  *json = lql__ddl_text(ddl, from, ddl->at);
  return true;
}

/* ---- CREATE ---- */

static bool read_items(struct lql_ddl *ddl) {
  do {
    bool is_constraint;
    if (!lql__ddl_constraint(ddl, &is_constraint)) return false;
    if (!is_constraint && !lql__ddl_column(ddl)) return false;
  } while (lql__ddl_take_mark(ddl, LQL_COMMA));
  return lql__ddl_expect_mark(ddl, LQL_RP);
}

/* ENGINE=InnoDB DEFAULT CHARSET=utf8mb4, STRICT, WITHOUT ROWID: they say nothing here. */
static void skip_table_options(struct lql_ddl *ddl) {
  static const char *const words[] = {"ENGINE",     "CHARSET",        "COLLATE",
                                      "ROW_FORMAT", "AUTO_INCREMENT", "COMMENT"};
  for (bool more = true; more;) {
    (void)(lql__ddl_take_mark(ddl, LQL_COMMA) || lql__ddl_take(ddl, "DEFAULT"));
    more = lql__ddl_take(ddl, "STRICT") || lql__ddl_take(ddl, "WITHOUT ROWID");
    bool has_value = lql__ddl_take(ddl, "CHARACTER SET");
    for (size_t i = 0; i < sizeof words / sizeof words[0] && !has_value; i++)
      has_value = lql__ddl_take(ddl, words[i]);
    if (!has_value) continue;
    (void)lql__ddl_take_mark(ddl, LQL_EQ);
    if (lql__ddl_peek(ddl)->kind != 0) ddl->at++;
    more = true;
  }
}

/* ON COMMIT PRESERVE ROWS is what a temporary table does. */
static bool take_on_commit(struct lql_ddl *ddl) {
  uint64_t offset = lql__ddl_peek(ddl)->offset;
  if (!ddl->is_temporary || !lql__ddl_take(ddl, "ON COMMIT")) return true;
  if (lql__ddl_take(ddl, "PRESERVE ROWS")) return true;
  lql__fail(ddl->lql, LUMA_UNSUPPORTED, offset, "a temporary table lasts as long as its session");
  lql__hint(ddl->lql, "ON COMMIT PRESERVE ROWS, which may be left out; TRUNCATE empties it");
  return false;
}

static bool create_table(struct lql_ddl *ddl) {
  bool if_not_exists = lql__ddl_take(ddl, "IF NOT EXISTS");
  uint64_t offset = lql__ddl_peek(ddl)->offset;
  struct slice name = {0};
  if (!lql__ddl_name(ddl, &name) || !lql__ddl_expect_mark(ddl, LQL_LP)) return false;
  ddl->table = name;
  ddl->is_new = true;
  if (!read_items(ddl)) return false;
  if (lql__ddl_take(ddl, "OPEN")) buf_append_text(&ddl->settings, ",\"open\":true");
  if (lql__ddl_take(ddl, "CLOSED")) buf_append_text(&ddl->settings, ",\"open\":false");
  skip_table_options(ddl);
  if (!take_on_commit(ddl)) return false;
  struct slice json = lql__ddl_end(ddl) ? lql__ddl_json(ddl) : slice_of(NULL, 0);
  struct plan *made = json.bytes ? lql__ddl_make(ddl, PLAN_CREATE_SOUL, name, offset) : NULL;
  if (!made) return false;
  made->soul->json = json;
  made->soul->is_table = true;
  made->soul->sequences = ddl->sequences;
  made->soul->sequences_count = ddl->sequences_count;
  made->if_not_exists = if_not_exists;
  made->is_temporary = ddl->is_temporary;
  return true;
}

static bool create_soul(struct lql_ddl *ddl) {
  bool if_not_exists = lql__ddl_take(ddl, "IF NOT EXISTS");
  uint64_t offset = lql__ddl_peek(ddl)->offset;
  struct slice name = {0}, json = {0};
  int kind = lql__ddl_peek(ddl)->kind;
  bool has_name = !lql__ddl_is(ddl, "FROM") && kind != LQL_LBRACE && kind != LQL_TEXT;
  if (has_name && !lql__ddl_name(ddl, &name)) return false;
  (void)lql__ddl_take(ddl, "FROM");
  if (!lql__ddl_genotype(ddl, &json) || !lql__ddl_end(ddl)) return false;
  struct plan *made = lql__ddl_make(ddl, PLAN_CREATE_SOUL, name, offset);
  if (!made) return false;
  made->soul->json = json;
  made->if_not_exists = if_not_exists;
  return true;
}

/* ---- telling ---- */

/* An alias, or the id or hash of a soul, which may stand as a text: it may begin with a figure. */
static bool take_soul(struct lql_ddl *ddl, struct slice *name) {
  const struct lql_token *token = lql__ddl_peek(ddl);
  if (token->kind != LQL_TEXT) return lql__ddl_name(ddl, name);
  struct expr *text = lql__text(ddl->lql, *token);
  if (!text) return false;
  *name = val_slice(&text->value);
  ddl->at++;
  return true;
}

static bool tell(struct lql_ddl *ddl, enum plan_about about) {
  uint64_t offset = lql__ddl_peek(ddl)->offset;
  struct slice name = {0}, other = {0};
  if (about != PLAN_ABOUT_SOULS && !take_soul(ddl, &name)) return false;
  if (about == PLAN_ABOUT_CHANGES &&
      (!(lql__ddl_take(ddl, "WITH") || lql__ddl_expect(ddl, "TO")) || !take_soul(ddl, &other)))
    return false;
  struct plan *made = lql__ddl_end(ddl) ? lql__ddl_make(ddl, PLAN_TELL_SOUL, name, offset) : NULL;
  if (!made) return false;
  *made->soul = (struct plan_soul){.about = about, .other = other};
  return true;
}

static bool drop_soul(struct lql_ddl *ddl) {
  bool if_exists = lql__ddl_take(ddl, "IF EXISTS");
  uint64_t offset = lql__ddl_peek(ddl)->offset;
  struct slice name = {0};
  if (!lql__ddl_name(ddl, &name) || !lql__ddl_end(ddl)) return false;
  struct plan *made = lql__ddl_make(ddl, PLAN_DROP_COLLECTION, name, offset);
  if (made) made->if_exists = if_exists;
  return made != NULL;
}

/* Whether CREATE TABLE goes on with columns: without them it is the grammar's. */
static bool has_columns(struct lql_ddl *ddl) {
  uint32_t from = ddl->at, at;
  int depth = 0;
  (void)lql__ddl_take(ddl, "IF NOT EXISTS");
  at = ddl->at + 1;
  bool has = lql__ddl_peek(ddl)->kind != 0 && ddl->tokens[at].kind == LQL_LP;
  ddl->at = from;
  if (!has) return false;
  do {
    depth += ddl->tokens[at].kind == LQL_LP;
    depth -= ddl->tokens[at].kind == LQL_RP;
  } while (depth && ddl->tokens[at].kind != 0 && ++at < ddl->count);
  return at + 1 >= ddl->count || ddl->tokens[at + 1].kind != LQL_AS; /* … AS SELECT */
}

/* ALTER TABLE a RENAME TO b is the grammar's. */
static bool is_rename(struct lql_ddl *ddl) {
  uint32_t from = ddl->at;
  (void)lql__ddl_take(ddl, "IF EXISTS");
  struct lql_token *token = lql__ddl_peek(ddl);
  bool is = token->kind != 0;
  ddl->at++;
  is = is && lql__ddl_take(ddl, "RENAME TO");
  ddl->at = from;
  return is;
}

/* REINDEX [INDEX | TABLE | DATABASE] [name]; a name alone is an index's or a collection's. */
static bool reindex(struct lql_ddl *ddl) {
  uint64_t offset = lql__ddl_peek(ddl)->offset;
  struct slice name = {0};
  bool is_index = lql__ddl_take(ddl, "INDEX");
  bool is_table = !is_index && (lql__ddl_take(ddl, "TABLE") || lql__ddl_take(ddl, "COLLECTION"));
  bool is_all =
      !is_index && !is_table && (lql__ddl_take(ddl, "DATABASE") || lql__ddl_take(ddl, "SCHEMA"));
  (void)lql__ddl_take(ddl, "CONCURRENTLY");
  bool has_name = is_index || is_table || lql__ddl_peek(ddl)->kind != 0;
  if (has_name) offset = lql__ddl_peek(ddl)->offset;
  if ((has_name && !lql__ddl_name(ddl, &name)) || !lql__ddl_end(ddl)) return false;
  struct plan *made = lql__ddl_make(ddl, PLAN_REINDEX, slice_of(NULL, 0), offset);
  if (!made) return false;
  if (is_table) made->collection_name = name;
  if (!is_table && !is_all) made->index_name = name;
  made->if_exists = !is_index;
  return true;
}

static bool take_temporary(struct lql_ddl *ddl) {
  static const char *const ways[] = {"CREATE TEMP TABLE",       "CREATE TEMPORARY TABLE",
                                     "CREATE LOCAL TEMP TABLE", "CREATE LOCAL TEMPORARY TABLE",
                                     "CREATE TEMP COLLECTION",  "CREATE TEMPORARY COLLECTION"};
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
    if (lql__ddl_take(ddl, ways[i])) return true;
  return false;
}

/* What the statement is, by its first words; false when it is not ours. */
static bool dispatch(struct lql_ddl *ddl) {
  if (lql__foreign(ddl)) return true;
  if (lql__ddl_take(ddl, "COMMENT ON")) return lql__comment(ddl), true;
  if (lql__ddl_take(ddl, "CREATE SEQUENCE")) return lql__create_sequence(ddl), true;
  if (lql__ddl_take(ddl, "ALTER SEQUENCE")) return lql__alter_sequence(ddl), true;
  if (lql__ddl_take(ddl, "DROP SEQUENCE")) return lql__drop_sequence(ddl), true;
  if (lql__ddl_take(ddl, "REINDEX")) return reindex(ddl), true;
  if (lql__ddl_take(ddl, "CREATE SOUL")) return create_soul(ddl), true;
  ddl->is_temporary = take_temporary(ddl);
  if ((lql__ddl_take(ddl, "CREATE TABLE") || lql__ddl_take(ddl, "CREATE COLLECTION") ||
       ddl->is_temporary) &&
      has_columns(ddl))
    return create_table(ddl), true;
  ddl->at = 0;
  if ((lql__ddl_take(ddl, "ALTER TABLE") || lql__ddl_take(ddl, "ALTER COLLECTION") ||
       lql__ddl_take(ddl, "ALTER SOUL")) &&
      !is_rename(ddl))
    return lql__alter(ddl), true;
  ddl->at = 0;
  if (lql__ddl_take(ddl, "EVOLVE SOUL") || lql__ddl_take(ddl, "EVOLVE"))
    return lql__alter(ddl), true;
  if (lql__ddl_take(ddl, "DROP SOUL")) return drop_soul(ddl), true;
  if (lql__ddl_take(ddl, "SHOW SOULS")) return tell(ddl, PLAN_ABOUT_SOULS), true;
  if (lql__ddl_take(ddl, "SHOW LINEAGE OF") || lql__ddl_take(ddl, "SHOW LINEAGE FOR"))
    return tell(ddl, PLAN_ABOUT_LINEAGE), true;
  if (lql__ddl_take(ddl, "SHOW CREATE SOUL") || lql__ddl_take(ddl, "SHOW CREATE TABLE") ||
      lql__ddl_take(ddl, "SHOW CREATE COLLECTION"))
    return tell(ddl, PLAN_ABOUT_SOURCE), true;
  if (lql__ddl_take(ddl, "COMPARE SOULS") || lql__ddl_take(ddl, "COMPARE SOUL"))
    return tell(ddl, PLAN_ABOUT_CHANGES), true;
  if (lql__ddl_take(ddl, "SUGGEST SOUL FOR") || lql__ddl_take(ddl, "SUGGEST SOUL"))
    return tell(ddl, PLAN_ABOUT_SUGGESTION), true;
  if (lql__ddl_take(ddl, "DESCRIBE STORAGE OF") || lql__ddl_take(ddl, "DESCRIBE STORAGE") ||
      lql__ddl_take(ddl, "DESC STORAGE"))
    return tell(ddl, PLAN_ABOUT_STORAGE), true;
  if (lql__ddl_take(ddl, "DESCRIBE SOUL") || lql__ddl_take(ddl, "DESCRIBE") ||
      lql__ddl_take(ddl, "DESC"))
    return tell(ddl, PLAN_ABOUT_COLLECTION), true;
  return false;
}

/* ---- the driver ---- */

static bool is_first_word(struct slice word) {
  const struct lql_word *found = lql__word(word);
  return found && (found->flags & LQL_WORD_DEFINES);
}

/* All tokens of the statement; false when it is none of ours, or cannot be read as tokens: then the
 * grammar says what is wrong. */
static bool read_tokens(struct lql *lql, struct lql_ddl *ddl) {
  size_t capacity = 0;
  for (;;) {
    struct lql_token token = lql__next(lql);
    bool ends = token.kind == 0 || token.kind == LQL_SEMICOLON;
    if (ends && ddl->count == 0 && token.kind == LQL_SEMICOLON) continue;
    if (token.kind < 0 || lql->failed != LUMA_OK || ddl->count == LQL_DDL_TOKENS_MAX) return false;
    if (ddl->count == 0 && !is_first_word(token.text)) return false;
    if (!mem_grow((void **)&ddl->tokens, &capacity, ddl->count + 3u, sizeof *ddl->tokens)) {
      lql__fail(lql, LUMA_OUT_OF_MEMORY, token.offset, "no memory to read the statement");
      return false;
    }
    if (ends) token.kind = 0;
    ddl->tokens[ddl->count++] = token;
    if (!ends) continue;
    /* Looking one or two tokens ahead stays within. */
    ddl->tokens[ddl->count] = ddl->tokens[ddl->count + 1] = token;
    return true;
  }
}

/* A look at the first word, before anything is kept to go back to. */
static bool may_be_ours(const struct lql *lql) {
  struct slice text = lql->window;
  size_t at = 0, end;
  while (at < text.bytes && strchr(" \t\r\n;", text.data[at])) at++;
  for (end = at; end < text.bytes && (text.data[end] | 32) >= 'a' && (text.data[end] | 32) <= 'z';)
    end++;
  return end == at || is_first_word(slice_of(text.data + at, end - at));
}

bool lql__definition(struct lql *lql) {
  if (!may_be_ours(lql)) return false;
  struct lql before = *lql;
  struct err kept = lql->err ? *lql->err : (struct err){0};
  struct lql_ddl ddl = {.lql = lql};
  struct buf *const bufs[] = {&ddl.attributes, &ddl.constraints, &ddl.rename, &ddl.transform,
                              &ddl.actions,    &ddl.settings,    &ddl.indexes};
  for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++) buf_init(bufs[i], LQL_DDL_BYTES_MAX);
  bool is_ours = read_tokens(lql, &ddl) ? dispatch(&ddl) : lql->failed == LUMA_OUT_OF_MEMORY;
  for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++) buf_deinit(bufs[i]);
  mem_free(ddl.tokens);
  if (is_ours) return true;
  *lql = before;
  if (lql->err) *lql->err = kept;
  return false;
}
