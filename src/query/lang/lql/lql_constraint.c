/* SPDX-License-Identifier: MIT */
/* Constraints of tables, as members of a genotype: of a table that is made, or (ALTER TABLE) as
 * actions. One without a name gets one that is free. */
#include <stdio.h>

#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_ddl.h"
#include "query/lang/lql/lql_expr.h"
#include "value/json/json.h"

static bool is_taken(const struct lql_ddl *ddl, struct slice name) {
  for (uint32_t i = 0; i < ddl->names_count; i++)
    if (slice_is_equal(ddl->names[i], name)) return true;
  return false;
}

/* age_check, and if that is taken age_check_2. */
static struct slice free_name(struct lql_ddl *ddl, struct slice base) {
  struct buf text;
  struct slice name = base;
  buf_init(&text, 4096);
  for (uint32_t nth = 2; is_taken(ddl, name); nth++) {
    buf_reset(&text);
    buf_append_format(&text, "%.*s_%u", SLICE_ARG(base), nth);
    if (!lql__ddl_sound(ddl, &text)) break;
    name = buf_slice(&text);
  }
  const uint8_t *copy = arena_copy(ddl->lql->arena, name.data, name.bytes);
  name = slice_of(copy, copy ? name.bytes : 0);
  buf_deinit(&text);
  return name;
}

static bool note_name(struct lql_ddl *ddl, struct slice name) {
  struct slice *items =
      lql__grow(ddl->lql, ddl->names, ddl->names_count, &ddl->names_capacity, sizeof *items);
  if (!items) return false;
  ddl->names = items;
  items[ddl->names_count++] = name;
  return true;
}

/* Where the constraint's map goes; NULL after keeping a failure. */
static struct buf *begin(struct lql_ddl *ddl, const struct lql_ddl_check *check) {
  struct slice name = check->name;
  struct buf *out = ddl->is_new ? &ddl->constraints : &ddl->actions;
  if (name.bytes && is_taken(ddl, name)) {
    lql__fail(ddl->lql, LUMA_ALREADY_EXISTS, lql__ddl_peek(ddl)->offset,
              "there are two constraints `%.*s`", SLICE_ARG(name));
    return NULL;
  }
  if (!name.bytes && ddl->is_new) name = free_name(ddl, check->base);
  if (name.bytes && !note_name(ddl, name)) return NULL;
  if (out->bytes) buf_append_byte(out, ',');
  if (!ddl->is_new) buf_append_text(out, "{\"action\":\"add constraint\",\"name\":");
  json_write_text(out, name);
  if (!ddl->is_new) {
    buf_append_text(out, ",\"base\":");
    json_write_text(out, check->base);
    buf_append_text(out, ",\"value\"");
  }
  buf_append_byte(out, ':');
  return out;
}

static void end(const struct lql_ddl *ddl, struct buf *out) {
  buf_append_text(out, ddl->is_new ? "}" : "}}");
}

bool lql__ddl_check(struct lql_ddl *ddl, const struct lql_ddl_check *check, struct slice text) {
  struct buf *out = begin(ddl, check);
  if (!out) return false;
  buf_append_text(out, "{\"check\":");
  json_write_text(out, text);
  if (check->is_late) buf_append_text(out, ",\"not_valid\":true");
  end(ddl, out);
  return lql__ddl_sound(ddl, out);
}

static bool take_unique(struct lql_ddl *ddl, struct slice name, bool is_key) {
  struct buf names;
  struct lql_ddl_check unique = {.name = name, .base = slice_of_text("unique")};
  buf_init(&names, LQL_DDL_BYTES_MAX);
  bool done = lql__ddl_names(ddl, &names);
  bool is_id = slice_is_equal(buf_slice(&names), slice_of_text("[\"id\"]"));
  struct buf *out = done && !(is_key && is_id) ? begin(ddl, &unique) : NULL;
  if (out) {
    buf_append_text(out, "{\"unique\":");
    buf_append_slice(out, buf_slice(&names));
    end(ddl, out);
  }
  buf_deinit(&names);
  return done && ddl->lql->failed == LUMA_OK;
}

static bool fail_item(struct lql_ddl *ddl, const char *what, const char *hint) {
  lql__fail(ddl->lql, LUMA_UNSUPPORTED, lql__ddl_peek(ddl)->offset, "%s", what);
  lql__hint(ddl->lql, "%s", hint);
  return false;
}

/* UNIQUE [KEY | INDEX] [name] (a, b). */
static bool begins_unique(struct lql_ddl *ddl, struct slice *name) {
  uint32_t from = ddl->at;
  if (!lql__ddl_take(ddl, "UNIQUE")) return false;
  bool is_key = lql__ddl_take(ddl, "KEY") || lql__ddl_take(ddl, "INDEX");
  if (is_key && lql__ddl_peek(ddl)->kind != LQL_LP && ddl->tokens[ddl->at + 1].kind == LQL_LP)
    (void)lql__ddl_name(ddl, name);
  if (lql__ddl_peek(ddl)->kind == LQL_LP) return true;
  ddl->at = from;
  return false;
}

bool lql__ddl_constraint(struct lql_ddl *ddl, bool *is_one) {
  struct slice name = {0}, text;
  uint32_t from = ddl->at;
  *is_one = true;
  if (lql__ddl_take(ddl, "CONSTRAINT") && !lql__ddl_name(ddl, &name)) return false;
  if (lql__ddl_take(ddl, "FOREIGN KEY")) return lql__ddl_foreign_key(ddl, name);
  if (lql__ddl_take(ddl, "PRIMARY KEY")) {
    uint32_t names = ddl->at;
    return take_unique(ddl, name, true) && lql__ddl_require(ddl, names);
  }
  if (begins_unique(ddl, &name)) return take_unique(ddl, name, false);
  if (lql__ddl_is(ddl, "LIKE") && ddl->is_new)
    return fail_item(ddl, "a table is not made like another",
                     "CREATE SOUL b FROM '{…}' takes the genotype that GET /v1/souls/a shows");
  if (lql__ddl_is(ddl, "EXCLUDE"))
    return fail_item(ddl, "there are no exclusion constraints", "UNIQUE, CHECK, or a population");
  if (!name.bytes) {
    if (!lql__ddl_key(ddl, is_one)) return false;
    if (*is_one) return true;
    *is_one = true;
  }
  if (lql__ddl_is(ddl, "CHECK") && ddl->tokens[ddl->at + 1].kind == LQL_LP) {
    ddl->at++;
    if (!lql__ddl_parenthesised(ddl, &text)) return false;
    struct lql_ddl_check check = {.name = name, .base = slice_of_text("check")};
    check.is_late = !ddl->is_new && lql__ddl_take(ddl, "NOT VALID");
    return lql__ddl_check(ddl, &check, text);
  }
  *is_one = false;
  ddl->at = from;
  return !name.bytes || lql__ddl_fail(ddl, "CHECK, UNIQUE or PRIMARY KEY");
}
