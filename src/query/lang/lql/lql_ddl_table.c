/* SPDX-License-Identifier: MIT */
/* What a table says of several columns, or of a column after it was read: foreign keys, keys of
 * several columns, and the ways that MySQL's tables have beside. */
#include "base/mem/mem.h"
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_ddl.h"
#include "query/lang/lql/lql_expr.h"
#include "value/json/json.h"

static bool fail(struct lql_ddl *ddl, uint64_t offset, const char *what, const char *hint) {
  lql__fail(ddl->lql, LUMA_UNSUPPORTED, offset, "%s", what);
  lql__hint(ddl->lql, "%s", hint);
  return false;
}

/* ---- columns that were read ---- */

static struct lql_ddl_column *find(struct lql_ddl *ddl, struct slice name) {
  for (uint32_t i = 0; i < ddl->columns_count; i++)
    if (slice_is_equal_nocase(ddl->columns[i].name, name)) return &ddl->columns[i];
  return NULL;
}

bool lql__ddl_note_column(struct lql_ddl *ddl, struct slice name, uint64_t offset, size_t type_from,
                          size_t type_to) {
  if (find(ddl, name)) {
    lql__fail(ddl->lql, LUMA_ALREADY_EXISTS, offset, "there are two columns `%.*s`",
              SLICE_ARG(name));
    return false;
  }
  struct lql_ddl_column *items =
      lql__grow(ddl->lql, ddl->columns, ddl->columns_count, &ddl->columns_capacity, sizeof *items);
  if (!items) return false;
  ddl->columns = items;
  items[ddl->columns_count++] = (struct lql_ddl_column){name, type_from, type_to};
  return true;
}

/* Puts `text` in the place of [from, to) of the attributes. */
static bool splice(struct lql_ddl *ddl, size_t from, size_t to, struct slice text) {
  struct buf *out = &ddl->attributes;
  struct buf rest;
  if (out->failed != LUMA_OK || to > out->bytes) return lql__ddl_sound(ddl, out);
  buf_init(&rest, LQL_DDL_BYTES_MAX);
  buf_append(&rest, out->data + to, out->bytes - to);
  out->bytes = from;
  buf_append_slice(out, text);
  buf_append_slice(out, buf_slice(&rest));
  bool sound = lql__ddl_sound(ddl, &rest) && lql__ddl_sound(ddl, out);
  buf_deinit(&rest);
  for (uint32_t i = 0; i < ddl->columns_count; i++) {
    struct lql_ddl_column *one = &ddl->columns[i];
    if (one->type_from > from) one->type_from += text.bytes - (to - from);
    if (one->type_to >= to) one->type_to += text.bytes - (to - from);
  }
  return sound;
}

/* ---- references ---- */

static bool take_action(struct lql_ddl *ddl, const char **action) {
  *action = "restrict";
  if (lql__ddl_take(ddl, "CASCADE"))
    *action = "cascade";
  else if (lql__ddl_take(ddl, "SET NULL"))
    *action = "set null";
  else if (lql__ddl_is(ddl, "SET"))
    return fail(ddl, lql__ddl_peek(ddl)->offset, "a reference is not set to its default",
                "ON DELETE CASCADE, SET NULL or RESTRICT");
  else if (!lql__ddl_take(ddl, "RESTRICT") && !lql__ddl_expect(ddl, "NO ACTION"))
    return false;
  return true;
}

/* Beings are referred to by their keys. */
static bool take_key_name(struct lql_ddl *ddl) {
  struct slice name = {0};
  if (!lql__ddl_take_mark(ddl, LQL_LP)) return true;
  uint64_t offset = lql__ddl_peek(ddl)->offset;
  if (!lql__ddl_name(ddl, &name)) return false;
  bool is_key = slice_is_equal_nocase(name, slice_of_text("id")) ||
                slice_is_equal(name, slice_of_text("_id"));
  if (!is_key || lql__ddl_peek(ddl)->kind == LQL_COMMA)
    return fail(ddl, offset, "a reference names a being by its key, `id`",
                "name the key column `id`; a reference is one column");
  return lql__ddl_expect_mark(ddl, LQL_RP);
}

bool lql__ddl_reference(struct lql_ddl *ddl, struct slice *target, const char **on_delete) {
  const char *ignored;
  *on_delete = NULL;
  if (!lql__ddl_name(ddl, target) || !take_key_name(ddl)) return false;
  for (;;) {
    if (lql__ddl_take(ddl, "ON DELETE")) {
      if (!take_action(ddl, on_delete)) return false;
    } else if (lql__ddl_take(ddl, "ON UPDATE")) {
      if (!take_action(ddl, &ignored)) return false;
    } else if (!lql__ddl_take(ddl, "MATCH SIMPLE") && !lql__ddl_take(ddl, "NOT DEFERRABLE") &&
               !lql__ddl_take(ddl, "DEFERRABLE") && !lql__ddl_take(ddl, "INITIALLY IMMEDIATE") &&
               !lql__ddl_take(ddl, "INITIALLY DEFERRED")) {
      return true;
    }
  }
}

/* A reference that FOREIGN KEY makes. */
struct reference {
  struct slice constraint, column, target;
  const char *on_delete;
  bool is_late; /* NOT VALID */
};

/* "type":"ref","ref":… */
static void put_reference(struct buf *out, const struct reference *reference, bool is_there) {
  buf_append_text(out, "\"type\":\"ref\",\"ref\":");
  json_write_text(out, reference->target);
  if (reference->on_delete) buf_append_format(out, ",\"on_delete\":\"%s\"", reference->on_delete);
  if (reference->constraint.bytes) {
    buf_append_text(out, ",\"constraint\":");
    json_write_text(out, reference->constraint);
  }
  if (is_there) buf_append_format(out, ",\"not_valid\":%s", reference->is_late ? "true" : "null");
}

/* The column may have been read before, or (ALTER TABLE) be there. */
static bool refer(struct lql_ddl *ddl, const struct reference *reference, uint64_t offset) {
  struct slice name = reference->column;
  struct lql_ddl_column *column = find(ddl, name);
  struct buf rules;
  buf_init(&rules, 4096);
  if (!column) buf_append_byte(&rules, '{');
  put_reference(&rules, reference, !column);
  if (!column) buf_append_byte(&rules, '}');
  buf_append_byte(&rules, 0);
  bool done = lql__ddl_sound(ddl, &rules);
  if (done && column) {
    done = splice(ddl, column->type_from, column->type_to, slice_of(rules.data, rules.bytes - 1));
  } else if (done && ddl->is_new) {
    lql__fail(ddl->lql, LUMA_UNKNOWN_FIELD, offset, "there is no column `%.*s` before this",
              SLICE_ARG(name));
    done = false;
  } else if (done) {
    done = lql__ddl_alter(ddl, name, (const char *)rules.data);
  }
  buf_deinit(&rules);
  return done;
}

bool lql__ddl_foreign_key(struct lql_ddl *ddl, struct slice constraint) {
  struct reference made = {.constraint = constraint};
  uint64_t offset = lql__ddl_peek(ddl)->offset;
  bool has_name = lql__ddl_peek(ddl)->kind != LQL_LP; /* MySQL's */
  if (has_name && !lql__ddl_name(ddl, &made.constraint)) return false;
  if (!lql__ddl_expect_mark(ddl, LQL_LP) || !lql__ddl_name(ddl, &made.column)) return false;
  if (lql__ddl_peek(ddl)->kind == LQL_COMMA)
    return fail(ddl, offset, "a reference is one column", "it names a being by its key, `id`");
  if (!lql__ddl_expect_mark(ddl, LQL_RP) || !lql__ddl_expect(ddl, "REFERENCES")) return false;
  if (!lql__ddl_reference(ddl, &made.target, &made.on_delete)) return false;
  made.is_late = !ddl->is_new && lql__ddl_take(ddl, "NOT VALID");
  return refer(ddl, &made, offset);
}

/* ---- keys ---- */

bool lql__ddl_require(struct lql_ddl *ddl, uint32_t from) {
  for (uint32_t at = from; at < ddl->at; at++) {
    const struct lql_token *token = &ddl->tokens[at];
    if (token->kind == LQL_LP || token->kind == LQL_RP || token->kind == LQL_COMMA) continue;
    struct slice name = lql__name(ddl->lql, *token);
    struct lql_ddl_column *column = find(ddl, name);
    bool is_id = slice_is_equal(name, slice_of_text("id"));
    bool done = is_id    ? true
                : column ? splice(ddl, column->type_to, column->type_to,
                                  slice_of_text(",\"required\":true"))
                         : ddl->is_new || lql__ddl_alter(ddl, name, "{\"required\":true}");
    if (!done) return false;
  }
  return true;
}

/* KEY or INDEX, then a name or a parenthesis: else it is a column of that name. */
static bool begins_key(struct lql_ddl *ddl) {
  if (!lql__ddl_is(ddl, "KEY") && !lql__ddl_is(ddl, "INDEX")) return false;
  const struct lql_token *next = &ddl->tokens[ddl->at + 1];
  bool has_name = next->kind != 0 && ddl->tokens[ddl->at + 2].kind == LQL_LP &&
                  ddl->at + 3 < ddl->count && ddl->tokens[ddl->at + 3].kind != LQL_INTEGER;
  return next->kind == LQL_LP || has_name;
}

bool lql__ddl_key(struct lql_ddl *ddl, bool *is_one) {
  struct slice name = {0};
  struct buf *out = &ddl->indexes;
  *is_one = ddl->is_new && begins_key(ddl);
  if (!*is_one) return true;
  ddl->at++;
  if (lql__ddl_peek(ddl)->kind != LQL_LP && !lql__ddl_name(ddl, &name)) return false;
  if (out->bytes) buf_append_byte(out, ',');
  buf_append_byte(out, '{');
  if (name.bytes) {
    buf_append_text(out, "\"name\":");
    json_write_text(out, name);
    buf_append_byte(out, ',');
  }
  buf_append_text(out, "\"attributes\":");
  if (!lql__ddl_names(ddl, out)) return false;
  buf_append_byte(out, '}');
  return lql__ddl_sound(ddl, out);
}

/* ---- types and texts ---- */

/* Texts are compared byte by byte: what says that is no news, what says otherwise is refused. */
static bool take_collation(struct lql_ddl *ddl) {
  static const char *const plain[] = {"C", "POSIX", "binary", "ucs_basic", "default"};
  struct slice name = {0};
  uint64_t offset = lql__ddl_peek(ddl)->offset;
  if (!lql__ddl_name(ddl, &name)) return false;
  for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
    if (slice_is_equal_nocase(name, slice_of_text(plain[i]))) return true;
  if (slice_ends_nocase(name, "_bin")) return true;
  return fail(ddl, offset, "texts of a column are compared as they are, byte by byte",
              "leave COLLATE out; lower(a) compares without case, in indexes too");
}

bool lql__ddl_collation(struct lql_ddl *ddl, bool *is_one) {
  struct slice ignored;
  *is_one = true;
  if (lql__ddl_take(ddl, "CHARACTER SET") || lql__ddl_take(ddl, "CHARSET"))
    return lql__ddl_name(ddl, &ignored);
  if (lql__ddl_take(ddl, "COLLATE")) return take_collation(ddl);
  *is_one = false;
  return true;
}
