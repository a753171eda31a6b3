/* SPDX-License-Identifier: MIT */
/* `*` in a select list: the columns it stands for, without those that are excluded, with others in
 * the place of some. Of an open collection the attributes are not known: there the document loses
 * those named, and what replaces them stands behind it. */
#include "model/catalog/catalog.h"
#include "query/bind/bind_int.h"

bool bind__star_takes(const struct expr *star, const struct plan_column *column) {
  if (column->is_hidden || (column->is_qualified && !star->name.bytes)) return false;
  return star->name.bytes == 0 || slice_is_equal(star->name, column->source) ||
         (slice_is_equal_nocase(star->name, column->source));
}

/** The columns that a document is in `*`: itself, or the attributes of a closed collection. */
static uint32_t width_of(const struct plan_column *column) {
  if (!column->is_document || !bind__is_closed(column->collection)) return 1;
  const struct soul *soul = column->collection->genotype;
  uint32_t count = 0;
  for (uint32_t i = 0; i < soul->attributes_count; i++)
    count += !soul_leaves_out(&soul->attributes[i]);
  return count;
}

status bind__count_stars(struct binder *binder, const struct plan *node, const struct scope *scope,
                         uint32_t *total, struct err *err) {
  *total = 0;
  for (uint32_t i = 0; i < node->exprs_count; i++) {
    const struct expr *expr = node->exprs[i];
    bool expands = expr->kind == EXPR_STAR && !node->is_value;
    uint32_t taken = !expands;
    for (uint32_t c = 0; expands && c < scope->count; c++)
      if (bind__star_takes(expr, &scope->columns[c])) taken += width_of(&scope->columns[c]);
    if (taken == 0) {
      status failed = err_raise(err, LUMA_UNKNOWN_FIELD, __FILE__, __LINE__,
                                "there is nothing that `%.*s%s*` stands for", SLICE_ARG(expr->name),
                                expr->name.bytes ? "." : "");
      return bind__fail(binder, expr->offset, failed, err);
    }
    *total += taken;
    if (expands && expr->star) *total += expr->args_count + expr->star->renamed_count;
  }
  return LUMA_OK;
}

static bool is_joined(const struct plan_column *column, struct slice name) {
  for (uint32_t i = 0; i < column->without_count; i++)
    if (slice_is_equal(column->without[i], name)) return true;
  return false;
}

/* ---- EXCLUDE, REPLACE, RENAME ---- */

/** A star while it is expanded. */
struct expanding {
  struct binder *binder;
  struct plan *node;
  const struct scope *scope;
  const struct expr *star;
  uint32_t at;       /* of the next column */
  uint64_t replaced; /* by their numbers: what was met */
  uint64_t renamed, without;
  bool is_open; /* a document of unknown attributes is among the columns */
};

enum { PARTS_MAX = 64 };

static bool is_in(const struct slice *names, uint32_t count, struct slice name, uint32_t *at) {
  for (*at = 0; *at < count; (*at)++)
    if (slice_is_equal_nocase(names[*at], name)) return true;
  return false;
}

/** The first step of what RENAME names. */
static struct slice renamed_from(const struct expr_star *but, uint32_t i) {
  return but->renamed[i]->name;
}

static bool is_renamed(const struct expr_star *but, struct slice name, uint32_t *at) {
  for (*at = 0; *at < but->renamed_count; (*at)++)
    if (slice_is_equal_nocase(renamed_from(but, *at), name)) return true;
  return false;
}

/** Puts the column that `field` reads, called `name`, as the star has it. */
static status put_column(struct expanding *ex, struct expr *field, struct slice name,
                         struct err *err) {
  const struct expr_star *but = ex->star->star;
  uint32_t i = 0;
  if (but && is_in(but->without, but->without_count, name, &i)) {
    ex->without |= UINT64_C(1) << i;
    return LUMA_OK;
  }
  if (but && is_in(ex->star->names, ex->star->args_count, name, &i)) {
    ex->replaced |= UINT64_C(1) << i;
    return bind__item(ex->binder, ex->node, ex->scope, ex->star->args[i], name, ex->at++, err);
  }
  if (but && is_renamed(but, name, &i)) {
    ex->renamed |= UINT64_C(1) << i;
    name = but->renamed_names[i];
  }
  ex->node->exprs[ex->at] = field;
  ex->node->columns[ex->at].name = name;
  TRY(bind__unique_name(ex->binder, ex->node, ex->at, field, err));
  ex->at++;
  return LUMA_OK;
}

/** The names that the document loses. */
static status lose_names(struct expanding *ex, struct plan_column *column, struct err *err) {
  const struct expr_star *but = ex->star->star;
  uint32_t count = column->without_count;
  struct slice *names = NULL;
  uint32_t more = but->without_count + ex->star->args_count + but->renamed_count;
  TRY(bind__room(ex->binder, count + 2 * more, sizeof *names, &names, err));
  if (count) memcpy(names, column->without, count * sizeof *names);
  for (uint32_t i = 0; i < more; i++) {
    uint32_t k = i - but->without_count;
    struct slice name = i < but->without_count     ? but->without[i]
                        : k < ex->star->args_count ? ex->star->names[k]
                                                   : renamed_from(but, k - ex->star->args_count);
    names[count++] = name;
    if (slice_is_equal(name, slice_of_text("id"))) names[count++] = slice_of_text("_id");
  }
  column->without = names;
  column->without_count = count;
  return LUMA_OK;
}

static status fail_part(const struct expanding *ex, struct slice name, struct err *err) {
  status failed = err_raise(err, LUMA_UNKNOWN_FIELD, __FILE__, __LINE__,
                            "`*` stands for no column `%.*s`", SLICE_ARG(name));
  if (err) err_hint(err, "EXCLUDE, REPLACE and RENAME name columns that the star has");
  return bind__fail(ex->binder, ex->star->offset, failed, err);
}

/** What was not met among known columns is an attribute of an open document, or a slip. */
static status put_rest(struct expanding *ex, struct err *err) {
  const struct expr_star *but = ex->star->star;
  for (uint32_t i = 0; i < but->without_count; i++)
    if (!ex->is_open && !(ex->without >> i & 1)) return fail_part(ex, but->without[i], err);
  for (uint32_t i = 0; i < but->renamed_count; i++) {
    if (ex->renamed >> i & 1) continue;
    if (!ex->is_open) return fail_part(ex, renamed_from(but, i), err);
    TRY(bind__item(ex->binder, ex->node, ex->scope, but->renamed[i], but->renamed_names[i],
                   ex->at++, err));
  }
  for (uint32_t i = 0; i < ex->star->args_count; i++) {
    if (ex->replaced >> i & 1) continue;
    if (!ex->is_open) return fail_part(ex, ex->star->names[i], err);
    TRY(bind__item(ex->binder, ex->node, ex->scope, ex->star->args[i], ex->star->names[i], ex->at++,
                   err));
  }
  return LUMA_OK;
}

static status check_parts(const struct expanding *ex, struct err *err) {
  const struct expr_star *but = ex->star->star;
  bool fits = but->without_count <= PARTS_MAX && but->renamed_count <= PARTS_MAX &&
              ex->star->args_count <= PARTS_MAX;
  if (fits) return LUMA_OK;
  status failed = err_raise(err, LUMA_TOO_LARGE, __FILE__, __LINE__,
                            "a star takes at most %d names in each of its parts", PARTS_MAX);
  return bind__fail(ex->binder, ex->star->offset, failed, err);
}

/* ---- columns ---- */

/** The attributes of a closed collection, each a column. */
static status expand_table(struct expanding *ex, uint32_t column, struct err *err) {
  const struct plan_column *table = &ex->scope->columns[column];
  const struct soul *soul = table->collection->genotype;
  for (uint32_t i = 0; i < soul->attributes_count; i++) {
    struct slice name = soul->attributes[i].name;
    struct path_step *step = NULL;
    struct expr *field = NULL;
    bool is_left_out = !ex->star->name.bytes && is_joined(table, name);
    if (is_left_out || soul_leaves_out(&soul->attributes[i])) continue;
    TRY(bind__room(ex->binder, 1, sizeof *step, &step, err));
    TRY(bind__room(ex->binder, 1, sizeof *field, &field, err));
    *step = (struct path_step){.name = name, .index = PATH_NO_INDEX, .is_name = true};
    *field = (struct expr){.kind = EXPR_FIELD,
                           .slot = column,
                           .name = name,
                           .path = {.count = 1, .steps = step},
                           .key = slice_is_equal(name, slice_of_text("id")),
                           .offset = ex->star->offset};
    struct plan_column *made = &ex->node->columns[ex->at];
    TRY(bind__note_origin(ex->binder, ex->scope, field, NULL, made, err));
    TRY(put_column(ex, field, name, err));
  }
  return LUMA_OK;
}

static status expand_column(struct expanding *ex, uint32_t c, struct err *err) {
  const struct plan_column *column = &ex->scope->columns[c];
  if (column->is_document && bind__is_closed(column->collection)) return expand_table(ex, c, err);
  struct expr *field = NULL;
  TRY(bind__room(ex->binder, 1, sizeof *field, &field, err));
  *field = (struct expr){
      .kind = EXPR_FIELD, .slot = c, .name = column->name, .offset = ex->star->offset};
  struct plan_column *made = &ex->node->columns[ex->at];
  *made = *column;
  made->is_spread = column->is_document;
  if (ex->star->name.bytes) { /* of one source: with what USING took */
    made->is_qualified = false;
    made->without_count = 0;
  }
  if (!column->is_document) return put_column(ex, field, column->name, err);
  ex->is_open = true;
  if (ex->star->star) TRY(lose_names(ex, made, err));
  ex->node->exprs[ex->at++] = field;
  return LUMA_OK;
}

status bind__expand_star(struct binder *binder, struct plan *node, const struct scope *scope,
                         const struct expr *star, uint32_t *at, struct err *err) {
  struct expanding ex = {.binder = binder, .node = node, .scope = scope, .star = star, .at = *at};
  if (scope->aggregate) {
    struct expr *bound = NULL;
    return bind__grouped(binder, scope, star, &bound, err); /* says why not */
  }
  if (star->star) TRY(check_parts(&ex, err));
  for (uint32_t c = 0; c < scope->count; c++)
    if (bind__star_takes(star, &scope->columns[c])) TRY(expand_column(&ex, c, err));
  if (star->star) TRY(put_rest(&ex, err));
  *at = ex.at;
  return LUMA_OK;
}
