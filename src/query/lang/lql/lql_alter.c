/* SPDX-License-Identifier: MIT */
/* ALTER TABLE and EVOLVE SOUL: actions, one after the other, in the words of the standard, of
 * PostgreSQL and of MySQL. */
#include "query/lang/lang.h"
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_ddl.h"
#include "query/lang/lql/lql_expr.h"
#include "query/lang/lql/lql_lexer.h"
#include "value/json/json.h"

static void put_member(struct buf *out, struct slice name, const char *value) {
  if (out->bytes) buf_append_byte(out, ',');
  json_write_text(out, name);
  buf_append_byte(out, ':');
  buf_append_text(out, value);
}

/* {"action": kind, "name": name, "value": and what follows; the caller closes it. */
static struct buf *begin_action(struct lql_ddl *ddl, const char *kind, struct slice name) {
  struct buf *out = &ddl->actions;
  if (out->bytes) buf_append_byte(out, ',');
  buf_append_format(out, "{\"action\":\"%s\",\"name\":", kind);
  json_write_text(out, name);
  return out;
}

bool lql__ddl_alter(struct lql_ddl *ddl, struct slice name, const char *rules) {
  buf_append_format(begin_action(ddl, "alter", name), ",\"value\":%s}", rules);
  return true;
}

static bool set_default(struct lql_ddl *ddl, struct slice name) {
  struct buf *out = begin_action(ddl, "alter", name);
  buf_append_text(out, ",\"value\":{\"description\":null");
  size_t at = out->bytes;
  bool done = lql__ddl_default(ddl, out);
  bool is_value = done && at + 11 < out->bytes && memcmp(out->data + at, ",\"default\":", 11) == 0;
  buf_append_text(out, is_value ? ",\"default_expression\":null}}" : ",\"default\":null}}");
  return done;
}

/* The expression behind USING as the grammar reads it, in its place: errors about it have a
 * position. NULL: it cannot be read, which the evolution tells. */
static struct expr *parse_using(struct lql_ddl *ddl, struct slice text, uint64_t offset) {
  static const char before[] = "SELECT (", after[] = "\n)";
  struct arena *arena = ddl->lql->arena;
  struct lang_context context = {.arena = arena};
  struct statement statement;
  size_t end = 0, begin = sizeof before - 1;
  if (offset < begin) return NULL;
  uint8_t *whole = arena_alloc_text(arena, offset + text.bytes + sizeof after);
  if (!whole) return NULL;
  memset(whole, ' ', offset);
  memcpy(whole + offset - begin, before, begin);
  memcpy(whole + offset, text.data, text.bytes);
  memcpy(whole + offset + text.bytes, after, sizeof after);
  struct slice all = slice_of(whole, offset + text.bytes + sizeof after - 1);
  if (lang_lql.parse(&context, all, &end, &statement, NULL) != LUMA_OK) return NULL;
  const struct plan *root = statement.root;
  return root->kind == PLAN_PROJECT && root->exprs_count == 1 ? root->exprs[0] : NULL;
}

static void note_using(struct lql_ddl *ddl, struct slice text, uint64_t offset) {
  struct expr *parsed = text.bytes ? parse_using(ddl, text, offset) : NULL;
  if (parsed && !ddl->usings) ddl->usings = lql__list(ddl->lql);
  if (parsed) ddl->usings = lql__append(ddl->lql, ddl->usings, parsed, slice_of(NULL, 0));
}

static bool read_using(struct lql_ddl *ddl, struct slice name) {
  uint32_t from = ddl->at;
  uint64_t offset = lql__ddl_peek(ddl)->offset;
  for (int depth = 0;; ddl->at++) {
    int kind = lql__ddl_peek(ddl)->kind;
    if (kind == 0 || (depth == 0 && kind == LQL_COMMA)) break;
    depth += kind == LQL_LP;
    depth -= kind == LQL_RP;
  }
  put_member(&ddl->transform, name, "");
  json_write_text(&ddl->transform, lql__ddl_text(ddl, from, ddl->at));
  note_using(ddl, lql__ddl_text(ddl, from, ddl->at), offset);
  return true;
}

static bool alter_column(struct lql_ddl *ddl) {
  struct slice name = {0}, type = {0};
  (void)(lql__ddl_take(ddl, "COLUMN") || lql__ddl_take(ddl, "ATTRIBUTE"));
  if (!lql__ddl_name(ddl, &name)) return false;
  if (lql__ddl_take(ddl, "SET NOT NULL")) return lql__ddl_alter(ddl, name, "{\"required\":true}");
  if (lql__ddl_take(ddl, "DROP NOT NULL")) return lql__ddl_alter(ddl, name, "{\"required\":null}");
  if (lql__ddl_take(ddl, "DROP DEFAULT"))
    return lql__ddl_alter(ddl, name, "{\"default\":null,\"default_expression\":null}");
  if (lql__ddl_take(ddl, "SET DEFAULT")) return set_default(ddl, name);
  (void)lql__ddl_take(ddl, "SET DATA");
  if (!lql__ddl_expect(ddl, "TYPE") || !lql__ddl_type(ddl, &type)) return false;
  struct buf *out = begin_action(ddl, "alter", name);
  buf_append_text(out, ",\"value\":{\"type\":");
  json_write_text(out, type);
  buf_append_text(out, "}}");
  return !lql__ddl_take(ddl, "USING") || read_using(ddl, name);
}

static bool rename_column(struct lql_ddl *ddl) {
  struct slice from = {0}, to = {0};
  (void)(lql__ddl_take(ddl, "COLUMN") || lql__ddl_take(ddl, "ATTRIBUTE"));
  if (!lql__ddl_name(ddl, &from) || !lql__ddl_expect(ddl, "TO") || !lql__ddl_name(ddl, &to))
    return false;
  put_member(&ddl->rename, from, "");
  json_write_text(&ddl->rename, to);
  return true;
}

/* ALTER TABLE … RENAME CONSTRAINT a TO b; a column else. */
static bool rename_item(struct lql_ddl *ddl) {
  struct slice from = {0}, to = {0};
  if (!lql__ddl_take(ddl, "CONSTRAINT")) return rename_column(ddl);
  if (!lql__ddl_name(ddl, &from) || !lql__ddl_expect(ddl, "TO") || !lql__ddl_name(ddl, &to))
    return false;
  struct buf *out = begin_action(ddl, "rename constraint", from);
  buf_append_text(out, ",\"to\":");
  json_write_text(out, to);
  buf_append_byte(out, '}');
  return true;
}

static bool validate_constraint(struct lql_ddl *ddl) {
  struct slice name = {0};
  if (!lql__ddl_expect(ddl, "CONSTRAINT") || !lql__ddl_name(ddl, &name)) return false;
  buf_append_byte(begin_action(ddl, "validate", name), '}');
  return true;
}

static bool drop_item(struct lql_ddl *ddl) {
  struct slice name = {0};
  bool is_constraint = lql__ddl_take(ddl, "CONSTRAINT");
  if (!is_constraint) (void)(lql__ddl_take(ddl, "COLUMN") || lql__ddl_take(ddl, "ATTRIBUTE"));
  bool if_exists = lql__ddl_take(ddl, "IF EXISTS");
  if (!lql__ddl_name(ddl, &name)) return false;
  buf_append_format(begin_action(ddl, is_constraint ? "drop constraint" : "drop", name),
                    ",\"if_exists\":%s}", if_exists ? "true" : "false");
  (void)(lql__ddl_take(ddl, "CASCADE") || lql__ddl_take(ddl, "RESTRICT")); /* nothing follows it */
  return true;
}

/* The column that was read last goes from the attributes into its action: whether it comes is not
 * known yet. */
static bool move_column(struct lql_ddl *ddl, size_t from) {
  struct buf *read = &ddl->attributes;
  if (!lql__ddl_sound(ddl, read)) return false;
  buf_append_text(&ddl->actions, ",\"value\":");
  buf_append(&ddl->actions, read->data + ddl->value_at, read->bytes - ddl->value_at);
  read->bytes = from;
  ddl->columns_count--;
  return true;
}

/* MySQL's MODIFY [COLUMN] name definition and CHANGE [COLUMN] old name definition: the column is
 * what they say, so what they leave out goes. */
static bool redefine_column(struct lql_ddl *ddl, bool renames) {
  struct slice old = {0}, name = {0};
  (void)lql__ddl_take(ddl, "COLUMN");
  if (renames && !lql__ddl_name(ddl, &old)) return false;
  uint32_t at = ddl->at;
  if (!lql__ddl_name(ddl, &name)) return false;
  ddl->at = at;
  if (!renames) old = name;
  if (!slice_is_equal(old, name)) {
    put_member(&ddl->rename, old, "");
    json_write_text(&ddl->rename, name);
  }
  size_t from = ddl->attributes.bytes;
  (void)lql__ddl_alter(ddl, old,
                       "{\"required\":null,\"default\":null,\"default_expression\":null,"
                       "\"computed\":null,\"enum\":null}");
  if (!lql__ddl_column(ddl)) return false;
  struct buf *action = begin_action(ddl, "alter", old);
  bool done = move_column(ddl, from);
  buf_append_byte(action, '}');
  return done;
}

static bool add_item(struct lql_ddl *ddl) {
  bool is_constraint;
  struct slice name = {0};
  if (!lql__ddl_constraint(ddl, &is_constraint)) return false;
  if (is_constraint) return true;
  (void)(lql__ddl_take(ddl, "COLUMN") || lql__ddl_take(ddl, "ATTRIBUTE"));
  bool if_not_exists = lql__ddl_take(ddl, "IF NOT EXISTS");
  uint32_t at = ddl->at;
  if (!lql__ddl_name(ddl, &name)) return false;
  ddl->at = at;
  size_t from = ddl->attributes.bytes;
  if (!lql__ddl_column(ddl)) return false; /* its checks are actions of their own */
  struct buf *action = begin_action(ddl, "add", name);
  bool done = !if_not_exists || move_column(ddl, from);
  buf_append_byte(action, '}');
  return done;
}

static bool set_population(struct lql_ddl *ddl) {
  struct slice json = {0};
  buf_append_text(&ddl->settings, ",\"population\":");
  if (lql__ddl_take(ddl, "NONE")) return buf_append_text(&ddl->settings, "null") || true;
  if (lql__ddl_peek(ddl)->kind == LQL_INTEGER) {
    buf_append_format(&ddl->settings, "{\"max\":%.*s}", SLICE_ARG(lql__ddl_peek(ddl)->text));
    ddl->at++;
    return true;
  }
  if (!lql__ddl_genotype(ddl, &json)) return false;
  buf_append_slice(&ddl->settings, json);
  return true;
}

static bool read_actions(struct lql_ddl *ddl) {
  do {
    bool done;
    if (lql__ddl_take(ddl, "ADD"))
      done = add_item(ddl);
    else if (lql__ddl_take(ddl, "DROP"))
      done = drop_item(ddl);
    else if (lql__ddl_take(ddl, "RENAME"))
      done = rename_item(ddl);
    else if (lql__ddl_take(ddl, "ALTER"))
      done = alter_column(ddl);
    else if (lql__ddl_take(ddl, "MODIFY"))
      done = redefine_column(ddl, false);
    else if (lql__ddl_take(ddl, "CHANGE"))
      done = redefine_column(ddl, true);
    else if (lql__ddl_take(ddl, "VALIDATE"))
      done = validate_constraint(ddl);
    else if (lql__ddl_take(ddl, "SET POPULATION"))
      done = set_population(ddl);
    else if (lql__ddl_take(ddl, "OPEN"))
      done = buf_append_text(&ddl->settings, ",\"open\":true") || true;
    else if (lql__ddl_take(ddl, "CLOSE"))
      done = buf_append_text(&ddl->settings, ",\"open\":false") || true;
    else
      done =
          lql__ddl_fail(ddl, "ADD, DROP, RENAME, ALTER, VALIDATE, SET POPULATION, OPEN or CLOSE");
    if (!done) return false;
  } while (lql__ddl_take_mark(ddl, LQL_COMMA));
  return true;
}

/* DRY RUN stands before the actions, or at the end of the statement, which then ends before it. */
static bool take_dry_run(struct lql_ddl *ddl) {
  if (lql__ddl_take(ddl, "DRY RUN")) return true;
  uint32_t at = ddl->at, end = ddl->count - 1;
  if (end < at + 3) return false;
  ddl->at = end - 2;
  bool is = lql__ddl_take(ddl, "DRY RUN");
  ddl->at = at;
  if (!is) return false;
  ddl->count -= 2;
  ddl->tokens[ddl->count - 1].kind = ddl->tokens[ddl->count].kind = 0;
  return true;
}

bool lql__alter(struct lql_ddl *ddl) {
  bool if_exists = lql__ddl_take(ddl, "IF EXISTS");
  uint64_t offset = lql__ddl_peek(ddl)->offset;
  struct slice name, json = {0};
  (void)lql__ddl_take(ddl, "ONLY");
  if (!lql__ddl_name(ddl, &name)) return false;
  ddl->table = name;
  bool dry_run = take_dry_run(ddl), merge = true;
  if (lql__ddl_take(ddl, "FROM") || lql__ddl_take(ddl, "TO")) {
    merge = false;
    if (!lql__ddl_genotype(ddl, &json)) return false;
  } else if (lql__ddl_take(ddl, "MERGE")) {
    if (!lql__ddl_genotype(ddl, &json)) return false;
  } else if (!read_actions(ddl)) {
    return false;
  }
  if (!lql__ddl_end(ddl)) return false;
  if (!json.bytes) json = lql__ddl_json(ddl);
  struct plan *made =
      json.bytes ? lql__ddl_make(ddl, dry_run ? PLAN_TELL_SOUL : PLAN_EVOLVE_SOUL, name, offset)
                 : NULL;
  if (!made) return false;
  *made->soul = (struct plan_soul){.json = json,
                                   .merge = merge,
                                   .about = PLAN_ABOUT_EVOLUTION,
                                   .sequences = ddl->sequences,
                                   .sequences_count = ddl->sequences_count};
  if (ddl->usings) {
    made->soul->usings = ddl->usings->items;
    made->soul->usings_count = ddl->usings->count;
  }
  made->if_exists = if_exists;
  return true;
}
