/* SPDX-License-Identifier: MIT */
/* A plan for all texts that differ in their literals alone: where its constants are that stand for
 * them, and putting others there. Only plans of kinds known here are such, without anything that
 * the optimizer may have decided by a constant's value; and every literal must be found, else
 * something was computed from it. */
#include <string.h>

#include "model/catalog/catalog.h"
#include "query/plan/physical.h"
#include "query/query_int.h"

enum { PLACES_MAX = 64, TEXT_ROOM_BYTES_LEAST = 256 };

struct placing {
  struct expr *places[PLACES_MAX];
  uint32_t count, met; /* bits: literals of which there is a place */
  bool fits;
};

static void add_match(struct placing *placing, const struct match *match);

static void add_expr(struct placing *placing, struct expr *expr) {
  if (!expr) return;
  if (expr->literal) {
    if (placing->count == PLACES_MAX) {
      placing->fits = false;
      return;
    }
    placing->places[placing->count++] = expr;
    placing->met |= 1u << (expr->literal - 1);
  }
  if (expr->subquery || expr->over) placing->fits = false;
  for (uint32_t i = 0; i < expr->args_count; i++) add_expr(placing, expr->args[i]);
  if (expr->match) add_match(placing, expr->match);
  for (uint32_t i = 0; expr->shape && i < expr->shape->picks_count; i++)
    if (expr->shape->picks[i].match) add_match(placing, expr->shape->picks[i].match);
}

static void add_match(struct placing *placing, const struct match *match) {
  add_expr(placing, match->value);
  add_expr(placing, match->expression);
  for (uint32_t i = 0; i < match->children_count; i++) add_match(placing, match->children[i]);
}

static void add_access(struct placing *placing, const struct plan_access *access) {
  for (uint32_t i = 0; i < access->parts_count; i++) {
    const struct plan_part *part = &access->parts[i];
    for (uint32_t v = 0; v < part->values_count; v++) add_expr(placing, part->values[v]);
    add_expr(placing, part->low);
    add_expr(placing, part->high);
    add_expr(placing, part->also);
  }
  for (uint32_t i = 0; i < access->branches_count; i++) add_access(placing, &access->branches[i]);
}

/* Whether a partial index may be read depends on the values that are asked for. */
static bool has_partial(const struct collection *collection) {
  for (uint32_t i = 0; collection && i < collection->indexes_count; i++)
    if (catalog_index_is_partial(&collection->indexes[i])) return true;
  return false;
}

static bool is_known(const struct plan *plan) {
  switch ((int)plan->kind) {
  case PLAN_SCAN:
  case PLAN_FILTER:
  case PLAN_PROJECT:
  case PLAN_SORT:
  case PLAN_LIMIT:
  case PLAN_AGGREGATE:
  case PLAN_UPDATE:
  case PLAN_DELETE: break;
  default: return false;
  }
  return !plan->points && !plan->conflict && !plan->merges_count && !plan->ctes_count &&
         !plan->failure && !has_partial(plan->collection);
}

static void add_updates(struct placing *placing, const struct plan *plan) {
  for (uint32_t i = 0; i < plan->updates_count; i++) {
    const struct plan_update_item *item = &plan->updates[i];
    add_expr(placing, item->value);
    if (item->match) add_match(placing, item->match);
  }
  for (uint32_t i = 0; i < plan->array_filters_count; i++)
    add_match(placing, plan->array_filters[i].match);
  add_expr(placing, plan->replacement);
  if (plan->filter_match) add_match(placing, plan->filter_match);
  if (plan->upsert_match) add_match(placing, plan->upsert_match);
}

static void add_plan(struct placing *placing, const struct plan *plan) {
  placing->fits = placing->fits && is_known(plan) && !plan->right;
  add_expr(placing, plan->condition);
  for (uint32_t i = 0; i < plan->exprs_count; i++) add_expr(placing, plan->exprs[i]);
  for (uint32_t i = 0; i < plan->sort_count; i++) add_expr(placing, plan->sort[i].expr);
  add_updates(placing, plan);
  if (plan->physical && plan->physical->access) add_access(placing, plan->physical->access);
  if (plan->input) add_plan(placing, plan->input);
}

status query__place_literals(struct query *query, const struct literals *literals,
                             struct err *err) {
  struct query_compiled *compiled = query->compiled;
  struct placing placing = {.fits = true};
  if (!literals || compiled->is_borrowed || !query_is_reusable(query)) return LUMA_OK;
  if (compiled->statement.collation.type != VAL_MISSING || compiled->statement.lets_count)
    return LUMA_OK;
  add_plan(&placing, compiled->statement.root);
  if (!placing.fits || placing.met != (1u << literals->count) - 1) return LUMA_OK;
  compiled->places =
      arena_copy(&compiled->arena, placing.places, placing.count * sizeof(struct expr *));
  compiled->written = arena_copy(&compiled->arena, literals, sizeof *literals);
  query->literals = arena_copy(&query->arena, literals, sizeof *literals);
  compiled->places_count = placing.count;
  bool is_made = compiled->places && compiled->written && query->literals;
  return plan_check_memory(&query->arena, is_made ? query->literals : NULL, err);
}

const struct literals *query_literals(const struct query *query) {
  return query->literals;
}

static bool keep_text(struct query *query, struct slice text) {
  if (text.bytes >= query->room_bytes) {
    size_t wanted = 2 * text.bytes > TEXT_ROOM_BYTES_LEAST ? 2 * text.bytes : TEXT_ROOM_BYTES_LEAST;
    uint8_t *room = arena_alloc_text(&query->arena, wanted);
    if (!room) return false;
    query->room = room;
    query->room_bytes = wanted;
  }
  memcpy(query->room, text.data, text.bytes);
  query->room[text.bytes] = 0;
  query->source.text = slice_of(query->room, text.bytes);
  return true;
}

bool query_take_literals(struct query *query, struct slice text, const struct literals *literals) {
  struct query_compiled *compiled = query->compiled;
  if (!keep_text(query, text)) return false;
  *query->literals = *literals;
  compiled->now = query->literals;
  compiled->text = query->source.text;
  for (uint32_t i = 0; i < compiled->places_count; i++) {
    struct expr *place = compiled->places[i];
    place->value = literals_value(query->source.text, &literals->items[place->literal - 1]);
  }
  return true;
}

void query__tell_place(const struct query_compiled *compiled, struct err *err) {
  if (!compiled->now || !err || !err->line) return;
  uint64_t place = err->offset;
  for (uint32_t i = 0; i < compiled->written->count; i++) {
    const struct literal *was = &compiled->written->items[i], *is = &compiled->now->items[i];
    if (err->offset >= was->at + was->bytes) place += (uint64_t)is->bytes - was->bytes;
  }
  err_position(err, (const char *)compiled->text.data, compiled->text.bytes, place);
}
