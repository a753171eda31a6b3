/* SPDX-License-Identifier: MIT */
/* Expressions whose attributes get other names. What is a name is told by the parsed expression,
 * which knows where each one stands; so texts, comments and functions of the same letters stay, and
 * so does the way it was written. */
#include <stdlib.h>

#include "base/mem/mem.h"
#include "model/soul/soul.h"
#include "query/func/func.h"
#include "query/rule/rule_int.h"

enum { CHUNK_BYTES = 16 << 10, ARENA_BYTES_MAX = 256 << 20 };

/* A name to be written anew: [from, to) of the rule's text. */
struct place {
  size_t from, to;
  struct slice name;
};

struct renaming {
  const struct soul *soul;
  struct slice text; /* the rule's */
  size_t offset;     /* of the text in the statement */
  const struct val *renames;
  struct place *places;
  size_t count, capacity;
};

/* ---- where a name stands ---- */

static bool is_word(uint8_t c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
         c == '$' || c >= 0x80;
}

/* The end of the name that begins at `at`: of letters, or quoted, with quotes doubled inside. */
static size_t name_end(struct slice text, size_t at) {
  uint8_t quote = text.data[at];
  if (quote != '"' && quote != '`') {
    while (at < text.bytes && is_word(text.data[at])) at++;
    return at;
  }
  for (at++; at < text.bytes; at++) {
    if (text.data[at] != quote) continue;
    bool is_doubled = at + 1 < text.bytes && text.data[at + 1] == quote;
    if (!is_doubled) return at + 1;
    at++;
  }
  return text.bytes;
}

static bool is_gap(uint8_t c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '.';
}

/* `being.name`: the being itself may be named. */
static bool is_qualified(const struct renaming *renaming, const struct path *path) {
  struct slice being = slice_of_text("being");
  return path->count > 1 && path->steps[1].is_name && slice_is_equal(path->steps[0].name, being) &&
         !(renaming->soul && soul_attribute(renaming->soul, being));
}

static status note_name(struct renaming *renaming, const struct expr *expr, struct err *err) {
  const struct path *path = &expr->path;
  if (path->count == 0 || !path->steps[0].is_name || expr->offset < renaming->offset)
    return LUMA_OK;
  bool qualified = is_qualified(renaming, path);
  struct slice name = path->steps[qualified].name;
  if (renaming->soul) name = rule__right_name(renaming->soul, name);
  struct val to = val_field(renaming->renames, name);
  if (to.type != VAL_TEXT) return LUMA_OK;
  size_t at = (size_t)(expr->offset - renaming->offset);
  if (qualified && at < renaming->text.bytes) {
    at = name_end(renaming->text, at);
    while (at < renaming->text.bytes && is_gap(renaming->text.data[at])) at++;
  }
  if (at >= renaming->text.bytes) return LUMA_OK;
  if (!mem_grow((void **)&renaming->places, &renaming->capacity, renaming->count + 1,
                sizeof *renaming->places))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for an expression");
  renaming->places[renaming->count++] =
      (struct place){at, name_end(renaming->text, at), val_slice(&to)};
  return LUMA_OK;
}

static status note_names(struct renaming *renaming, const struct expr *expr, struct err *err) {
  if (!expr) return LUMA_OK;
  if (expr->kind == EXPR_NAME) TRY(note_name(renaming, expr, err));
  if (expr->subquery && expr->subquery->is_path)
    for (const struct plan *plan = expr->subquery->plan; plan; plan = plan->input)
      for (uint32_t i = 0; i < plan->exprs_count; i++)
        TRY(note_names(renaming, plan->exprs[i], err));
  for (uint32_t i = 0; i < expr->args_count; i++) TRY(note_names(renaming, expr->args[i], err));
  return LUMA_OK;
}

/* ---- the new text ---- */

static int by_place(const void *a, const void *b) {
  const struct place *left = a, *right = b;
  return (left->from > right->from) - (left->from < right->from);
}

static void write_anew(const struct renaming *renaming, struct buf *out) {
  size_t done = 0;
  for (size_t i = 0; i < renaming->count; i++) {
    const struct place *place = &renaming->places[i];
    /* BETWEEN and its like read an operand twice. */
    if (place->from < done) continue;
    buf_append(out, renaming->text.data + done, place->from - done);
    func_append_identifier(out, place->name);
    done = place->to;
  }
  buf_append(out, renaming->text.data + done, renaming->text.bytes - done);
}

static status rename_expression(struct renaming *renaming, struct arena *arena,
                                const struct soul_rule *rule, struct buf *out, struct err *err) {
  struct statement statement;
  TRY(rule__parse(arena, rule, &renaming->offset, &statement, err));
  for (const struct plan *plan = statement.root; plan; plan = plan->input) {
    TRY(note_names(renaming, plan->condition, err));
    for (uint32_t i = 0; i < plan->exprs_count; i++) TRY(note_names(renaming, plan->exprs[i], err));
  }
  if (renaming->count) qsort(renaming->places, renaming->count, sizeof *renaming->places, by_place);
  write_anew(renaming, out);
  return buf_check(out, "an expression", err);
}

status rule__rename(const struct soul *soul, const struct soul_rule *rule,
                    const struct val *renames, struct buf *out, struct err *err) {
  struct renaming renaming = {.soul = soul, .text = rule->text, .renames = renames};
  struct arena arena;
  if (rule->kind == SOUL_RULE_MATCH) return rule__rename_match(rule, renames, out, err);
  arena_init(&arena, CHUNK_BYTES, ARENA_BYTES_MAX);
  status result = rename_expression(&renaming, &arena, rule, out, err);
  arena_deinit(&arena);
  mem_free(renaming.places);
  return result;
}
