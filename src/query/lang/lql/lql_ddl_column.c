/* SPDX-License-Identifier: MIT */
/* Columns and constraints of tables, as members of a genotype. */
#include <stdio.h>

#include "base/text/quote.h"
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_ddl.h"
#include "query/lang/lql/lql_expr.h"
#include "value/json/json.h"

/* Words that end a type or a default: a rule of the column follows. */
static const char *const rule_words[] = {
    "NOT",        "NULL",       "UNIQUE",    "PRIMARY",       "CHECK",          "DEFAULT",
    "REFERENCES", "CONSTRAINT", "GENERATED", "COMPUTED",      "SENSITIVE",      "IMMUTABLE",
    "INDEX",      "COMMENT",    "USING",     "AUTOINCREMENT", "AUTO_INCREMENT", "UNSIGNED",
    "AFTER",      "FIRST",      "CHARACTER", "CHARSET",       "COLLATE",        NULL};

static bool begins_rule(struct lql_ddl *ddl) {
  for (const char *const *word = rule_words; *word; word++) {
    if (lql__ddl_is(ddl, *word)) return true;
  }
  return false;
}

/* Skips to the end of what stands at the top level: a comma, a closing parenthesis, a rule. */
static void skip(struct lql_ddl *ddl, bool is_type) {
  int depth = 0;
  for (;; ddl->at++) {
    int kind = lql__ddl_peek(ddl)->kind;
    bool opens =
        kind == LQL_LP || kind == LQL_LBRACKET || kind == LQL_LBRACE || (is_type && kind == LQL_LT);
    bool closes =
        kind == LQL_RP || kind == LQL_RBRACKET || kind == LQL_RBRACE || (is_type && kind == LQL_GT);
    if (kind == 0 || (depth == 0 && (kind == LQL_COMMA || closes || begins_rule(ddl)))) return;
    depth += opens;
    depth -= closes;
  }
}

bool lql__ddl_type(struct lql_ddl *ddl, struct slice *text) {
  uint32_t from = ddl->at;
  skip(ddl, true);
  *text = lql__ddl_text(ddl, from, ddl->at);
  return ddl->at > from || lql__ddl_fail(ddl, "a type");
}

static void put_text(struct buf *out, const char *name, struct slice text) {
  buf_append_format(out, ",\"%s\":", name);
  json_write_text(out, text);
}

/* A literal stands in the genotype as a value: two ways of writing one are the same soul. */
static bool put_literal(struct lql_ddl *ddl, uint32_t from, struct buf *out) {
  const struct lql_token *token = &ddl->tokens[from];
  bool is_negative = token->kind == LQL_MINUS && ddl->at == from + 2;
  if (is_negative) token++;
  bool is_one = ddl->at == from + 1 || is_negative;
  bool is_number = token->kind == LQL_INTEGER || token->kind == LQL_FLOAT;
  bool is_word = token->kind == LQL_TRUE || token->kind == LQL_FALSE;
  if (!is_one || (!is_number && !is_word && token->kind != LQL_TEXT)) return false;
  struct expr *value = token->kind == LQL_TEXT      ? lql__text(ddl->lql, *token)
                       : token->kind == LQL_INTEGER ? lql__integer(ddl->lql, *token)
                       : token->kind == LQL_FLOAT
                           ? lql__float(ddl->lql, *token)
                           : lql__bool(ddl->lql, *token, token->kind == LQL_TRUE);
  struct json_write_options options = {.form = JSON_TAGGED};
  if (!value) return true; /* the arena is out, or the failure is kept */
  buf_append_format(out, ",\"default\":%s", is_negative ? "-" : "");
  options.form = JSON_PLAIN;
  json_write(out, &value->value, &options);
  return true;
}

bool lql__ddl_default(struct lql_ddl *ddl, struct buf *out) {
  uint32_t from = ddl->at;
  if (lql__ddl_is(ddl, "NULL")) {
    ddl->at++;
    return true;
  }
  skip(ddl, false);
  if (ddl->at == from) return lql__ddl_fail(ddl, "a value");
  if (!put_literal(ddl, from, out))
    put_text(out, "default_expression", lql__ddl_text(ddl, from, ddl->at));
  return true;
}

static void separate(struct buf *out) {
  if (out->bytes) buf_append_byte(out, ',');
}

/* A name that a constraint makes of what it concerns: age_check, as PostgreSQL has it. */
static struct slice made_name(struct lql_ddl *ddl, struct slice base, const char *end) {
  struct buf text;
  buf_init(&text, 4096);
  buf_append_format(&text, "%.*s%s", SLICE_ARG(base), end);
  (void)lql__ddl_sound(ddl, &text);
  const uint8_t *copy = arena_copy(ddl->lql->arena, text.data, text.bytes);
  struct slice made = slice_of(copy, copy ? text.bytes : 0);
  buf_deinit(&text);
  return made;
}

struct column {
  struct slice name, type, target, constraint;
  struct buf rules;
  bool is_numbered; /* SERIAL, IDENTITY: by a sequence of its own */
  struct plan_sequence numbers;
};

static bool take_reference(struct lql_ddl *ddl, struct column *column) {
  const char *on_delete;
  if (!lql__ddl_reference(ddl, &column->target, &on_delete)) return false;
  if (on_delete) put_text(&column->rules, "on_delete", slice_of_text(on_delete));
  if (column->constraint.bytes) put_text(&column->rules, "constraint", column->constraint);
  column->constraint = slice_of(NULL, 0);
  return true;
}

static bool take_check(struct lql_ddl *ddl, struct column *column) {
  struct slice text;
  struct lql_ddl_check check = {.name = column->constraint,
                                .base = made_name(ddl, column->name, "_check")};
  if (!lql__ddl_parenthesised(ddl, &text)) return false;
  column->constraint = slice_of(NULL, 0);
  return lql__ddl_check(ddl, &check, text);
}

static bool take_computed(struct lql_ddl *ddl, struct column *column) {
  struct slice text;
  if (!lql__ddl_parenthesised(ddl, &text)) return false;
  put_text(&column->rules, "computed", text);
  return lql__ddl_take(ddl, "STORED") || true;
}

/* MySQL's UNSIGNED: a check of its own. */
static bool take_unsigned(struct lql_ddl *ddl, struct column *column) {
  struct path_step step = {.name = column->name, .index = PATH_NO_INDEX, .is_name = true};
  struct path path = {.count = 1, .steps = &step};
  struct buf text;
  buf_init(&text, 4096);
  path_format(&path, &text);
  buf_append_text(&text, " >= 0");
  struct lql_ddl_check check = {.base = made_name(ddl, column->name, "_unsigned")};
  bool sound = lql__ddl_check(ddl, &check, buf_slice(&text)) && lql__ddl_sound(ddl, &text);
  buf_deinit(&text);
  return sound;
}

static bool take_comment(struct lql_ddl *ddl, struct column *column) {
  struct lql_token token = *lql__ddl_peek(ddl);
  struct expr *text = token.kind == LQL_TEXT ? lql__text(ddl->lql, token) : NULL;
  if (token.kind != LQL_TEXT) return lql__ddl_fail(ddl, "a text");
  ddl->at++;
  if (text) put_text(&column->rules, "description", val_slice(&text->value));
  return true;
}

/* GENERATED … AS IDENTITY [(options of the sequence)] */
static bool take_identity(struct lql_ddl *ddl, struct column *column, bool is_always) {
  column->is_numbered = true;
  if (is_always) buf_append_text(&column->rules, ",\"immutable\":true");
  lql__sequence_defaults(&column->numbers);
  if (!lql__ddl_take_mark(ddl, LQL_LP)) return true;
  return lql__sequence_options(ddl, &column->numbers) && lql__ddl_expect_mark(ddl, LQL_RP);
}

static bool is_serial(struct slice type) {
  static const char *const names[] = {"SERIAL",  "BIGSERIAL", "SMALLSERIAL",
                                      "SERIAL8", "SERIAL4",   "SERIAL2"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (slice_is_equal_nocase(type, slice_of_text(names[i]))) return true;
  return false;
}

/* table_column_seq, as PostgreSQL calls it: made with the table, and the column's default. */
static bool number_column(struct lql_ddl *ddl, struct column *column) {
  bool is_id = slice_is_equal(column->name, slice_of_text("id"));
  struct buf text;
  struct plan_made_sequence *one = lql__grow(ddl->lql, ddl->sequences, ddl->sequences_count,
                                             &ddl->sequences_capacity, sizeof *ddl->sequences);
  if (!one) return false;
  ddl->sequences = one;
  one += ddl->sequences_count++;
  *one = (struct plan_made_sequence){.options = column->numbers};
  one->options.owner = ddl->table;
  buf_init(&text, 4096);
  if (ddl->is_temporary) /* others may have one of the plain name */
    buf_append_format(&text, "temp_%llu_", (unsigned long long)ddl->lql->context->now_us);
  buf_append_format(&text, "%.*s_%.*s_seq", SLICE_ARG(ddl->table), SLICE_ARG(column->name));
  one->name = made_name(ddl, buf_slice(&text), "");
  buf_reset(&text);
  buf_append_text(&text, "nextval(");
  quote_append(&text, one->name, '\'');
  buf_append_byte(&text, ')');
  put_text(&column->rules, "default_expression", buf_slice(&text));
  if (!is_id) buf_append_text(&column->rules, ",\"required\":true");
  bool sound = lql__ddl_sound(ddl, &text);
  buf_deinit(&text);
  return sound;
}

static bool take_key(struct column *column) {
  bool is_id = slice_is_equal(column->name, slice_of_text("id"));
  buf_append_text(&column->rules, is_id ? "" : ",\"required\":true,\"unique\":true");
  return true;
}

/* UNIQUE [KEY] [NULLS DISTINCT]. */
static bool take_unique_column(struct lql_ddl *ddl, struct buf *rules) {
  uint64_t offset = lql__ddl_peek(ddl)->offset;
  buf_append_text(rules, ",\"unique\":true");
  (void)(lql__ddl_take(ddl, "KEY") || lql__ddl_take(ddl, "NULLS DISTINCT"));
  if (!lql__ddl_take(ddl, "NULLS NOT DISTINCT")) return true;
  lql__fail(ddl->lql, LUMA_UNSUPPORTED, offset, "nulls are never the same in a rule of a column");
  lql__hint(ddl->lql, "NOT NULL UNIQUE, or a CREATE UNIQUE INDEX beside it");
  return false;
}

/* One rule; `*is_one` false when none comes next. */
static bool take_rule(struct lql_ddl *ddl, struct column *column, bool *is_one) {
  struct buf *rules = &column->rules;
  struct slice ignored;
  *is_one = true;
  if (lql__ddl_take(ddl, "CONSTRAINT")) return lql__ddl_name(ddl, &column->constraint);
  if (lql__ddl_take(ddl, "NOT NULL")) return buf_append_text(rules, ",\"required\":true") || true;
  if (lql__ddl_take(ddl, "NULL")) return true;
  if (lql__ddl_take(ddl, "UNIQUE")) return take_unique_column(ddl, rules);
  if (lql__ddl_take(ddl, "PRIMARY KEY")) return take_key(column);
  if (lql__ddl_take(ddl, "CHECK")) return take_check(ddl, column);
  if (lql__ddl_take(ddl, "DEFAULT")) return lql__ddl_default(ddl, rules);
  if (lql__ddl_take(ddl, "REFERENCES")) return take_reference(ddl, column);
  if (lql__ddl_take(ddl, "GENERATED ALWAYS AS IDENTITY")) return take_identity(ddl, column, true);
  if (lql__ddl_take(ddl, "GENERATED BY DEFAULT AS IDENTITY") ||
      lql__ddl_take(ddl, "AUTOINCREMENT") || lql__ddl_take(ddl, "AUTO_INCREMENT"))
    return take_identity(ddl, column, false);
  if (lql__ddl_take(ddl, "GENERATED ALWAYS AS")) return take_computed(ddl, column);
  if (lql__ddl_take(ddl, "COMPUTED AS") || lql__ddl_take(ddl, "COMPUTED"))
    return take_computed(ddl, column);
  if (lql__ddl_take(ddl, "SENSITIVE")) return buf_append_text(rules, ",\"sensitive\":true") || true;
  if (lql__ddl_take(ddl, "IMMUTABLE")) return buf_append_text(rules, ",\"immutable\":true") || true;
  if (lql__ddl_take(ddl, "INDEX")) return buf_append_text(rules, ",\"index\":true") || true;
  if (lql__ddl_take(ddl, "COMMENT")) return take_comment(ddl, column);
  if (lql__ddl_take(ddl, "UNSIGNED")) return take_unsigned(ddl, column);
  if (lql__ddl_take(ddl, "FIRST")) return true; /* attributes have no places */
  if (lql__ddl_take(ddl, "AFTER")) return lql__ddl_name(ddl, &ignored);
  return lql__ddl_collation(ddl, is_one);
}

/* MySQL's ENUM ('a', 'b'): a text that is one of some. */
static bool take_enum(struct lql_ddl *ddl, struct column *column) {
  struct buf *rules = &column->rules;
  ddl->at++;
  if (!lql__ddl_expect_mark(ddl, LQL_LP)) return false;
  buf_append_text(rules, ",\"enum\":[");
  for (bool first = true; first || lql__ddl_take_mark(ddl, LQL_COMMA); first = false) {
    const struct lql_token *token = lql__ddl_peek(ddl);
    struct expr *text = token->kind == LQL_TEXT ? lql__text(ddl->lql, *token) : NULL;
    if (!text) return lql__ddl_fail(ddl, "a text");
    if (!first) buf_append_byte(rules, ',');
    json_write_text(rules, val_slice(&text->value));
    ddl->at++;
  }
  buf_append_byte(rules, ']');
  column->type = slice_of_text("text");
  return lql__ddl_expect_mark(ddl, LQL_RP);
}

static bool read_type(struct lql_ddl *ddl, struct column *column) {
  int next = lql__ddl_peek(ddl)->kind; /* SQLite's columns need no type */
  bool is_bare = begins_rule(ddl) || next == LQL_COMMA || next == LQL_RP;
  if (lql__ddl_is(ddl, "ENUM") && ddl->tokens[ddl->at + 1].kind == LQL_LP)
    return take_enum(ddl, column);
  return is_bare || lql__ddl_type(ddl, &column->type);
}

static bool read_column(struct lql_ddl *ddl, struct column *column) {
  bool more = true;
  uint64_t offset = lql__ddl_peek(ddl)->offset;
  if (!lql__ddl_name(ddl, &column->name) || !read_type(ddl, column)) return false;
  if (is_serial(column->type)) {
    column->type = slice_of_text("bigint");
    column->is_numbered = true;
    lql__sequence_defaults(&column->numbers);
  }
  while (more) {
    if (!take_rule(ddl, column, &more)) return false;
  }
  if (column->is_numbered && !number_column(ddl, column)) return false;
  struct buf *out = &ddl->attributes;
  separate(out);
  json_write_text(out, column->name);
  buf_append_byte(out, ':');
  ddl->value_at = out->bytes;
  buf_append_byte(out, '{');
  size_t type_from = out->bytes;
  buf_append_text(out, "\"type\":");
  if (column->target.bytes) {
    struct slice type = made_name(ddl, column->target, ")");
    buf_append_text(out, "\"ref\"");
    put_text(out, "ref", slice_of(type.data, type.bytes ? type.bytes - 1 : 0));
  } else {
    json_write_text(out, column->type.bytes ? column->type : slice_of_text("jsonb"));
  }
  size_t type_to = out->bytes;
  buf_append_slice(out, buf_slice(&column->rules));
  buf_append_byte(out, '}');
  return lql__ddl_sound(ddl, &column->rules) &&
         lql__ddl_note_column(ddl, column->name, offset, type_from, type_to);
}

bool lql__ddl_column(struct lql_ddl *ddl) {
  struct column column = {0};
  buf_init(&column.rules, LQL_DDL_BYTES_MAX);
  bool done = read_column(ddl, &column);
  buf_deinit(&column.rules);
  return done;
}
