/* SPDX-License-Identifier: MIT */
/* EXPLAIN shows conditions with their constants: those that stand beside a sensitive attribute are
 * masked. Whatever is compared, computed or matched with one counts. */
#include "model/catalog/catalog.h"
#include "query/opt/opt_int.h"
#include "query/plan/physical.h"

static bool is_sensitive(const struct plan *scope, uint32_t slot, const struct path *path) {
  if (!scope || slot >= scope->columns_count) return false;
  if (scope->columns[slot].is_sensitive) return true;
  const struct collection *collection = scope->columns[slot].collection;
  return collection && collection->genotype && soul_is_sensitive(collection->genotype, path);
}

static bool match_reads(const struct plan *scope, const struct match *match) {
  if (!match) return false;
  if (match->path.count && is_sensitive(scope, match->slot, &match->path)) return true;
  for (uint32_t i = 0; i < match->children_count; i++) {
    if (match_reads(scope, match->children[i])) return true;
  }
  return false;
}

/* Whether the expression reads a sensitive attribute, itself or below. */
static bool reads(const struct plan *scope, const struct expr *expr) {
  if (expr->kind == EXPR_FIELD && expr->is_masked) return true;
  if (expr->kind == EXPR_FIELD && is_sensitive(scope, expr->slot, &expr->path)) return true;
  if (match_reads(scope, expr->match)) return true;
  for (uint32_t i = 0; i < expr->args_count; i++) {
    if (reads(scope, expr->args[i])) return true;
  }
  return false;
}

static void mask_all(struct expr *expr);

static void mask_match(struct match *match) {
  if (match->value) mask_all(match->value);
  if (match->expression) mask_all(match->expression);
  for (uint32_t i = 0; i < match->children_count; i++) mask_match(match->children[i]);
}

static void mask_all(struct expr *expr) {
  expr->is_masked |= expr->kind != EXPR_FIELD;
  if (expr->match) mask_match(expr->match);
  for (uint32_t i = 0; i < expr->args_count; i++) mask_all(expr->args[i]);
}

static bool is_word(struct slice name) {
  for (size_t i = 0; i < name.bytes; i++) {
    uint8_t c = name.data[i];
    bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    if (!is_letter && c != '_' && c != '.' && c < 0x80 && (c < '0' || c > '9')) return false;
  }
  return true;
}

/* Computed columns go by their expression, constants and all. */
static void mask_name(struct expr *expr) {
  if (expr->kind == EXPR_FIELD && !is_word(expr->name)) expr->name = slice_of_text("***");
  for (uint32_t i = 0; i < expr->args_count; i++) mask_name(expr->args[i]);
}

/* AND and OR are taken apart, so that only the conditions concerned are masked. */
static void mask_expr(const struct plan *scope, struct expr *expr) {
  bool is_logic = expr->kind == EXPR_BINARY && (expr->op == EXPR_OP_AND || expr->op == EXPR_OP_OR);
  if (!is_logic) {
    if (!reads(scope, expr)) return;
    mask_all(expr);
    mask_name(expr);
    return;
  }
  for (uint32_t i = 0; i < expr->args_count; i++) mask_expr(scope, expr->args[i]);
}

/* What a wildcard index has at its path may be of any. */
static bool is_sensitive_part(const struct soul *soul, const struct index_def *def, uint32_t nth) {
  bool is_any = def->wildcard.bytes && nth == index_wildcard_at(def) + 1;
  return is_any || soul_is_sensitive(soul, &def->keys[nth].path);
}

static void mask_parts(const struct soul *soul, const struct plan_access *access) {
  for (uint32_t i = 0; access->index && i < access->parts_count; i++) {
    const struct plan_part *part = &access->parts[i];
    if (!is_sensitive_part(soul, &access->index->def, i)) continue;
    for (uint32_t k = 0; k < part->values_count; k++) mask_all(part->values[k]);
    if (part->low) mask_all(part->low);
    if (part->high) mask_all(part->high);
    if (part->also) mask_all(part->also);
  }
  for (uint32_t i = 0; i < access->branches_count; i++) mask_parts(soul, &access->branches[i]);
  for (uint32_t i = 0; i < access->rejected_count; i++) mask_parts(soul, &access->rejected[i]);
}

static void mask_access(const struct plan *scan) {
  const struct plan_access *access = scan->physical ? scan->physical->access : NULL;
  if (!access || !scan->collection || !scan->collection->genotype) return;
  if (access->bounded) mask_expr(scan, access->bounded);
  mask_parts(scan->collection->genotype, access);
}

static void mask_updates(struct plan *node) {
  const struct soul *soul = node->collection ? node->collection->genotype : NULL;
  for (uint32_t i = 0; soul && i < node->updates_count; i++) {
    struct plan_update_item *item = &node->updates[i];
    if (item->value && soul_is_sensitive(soul, &item->path)) mask_all(item->value);
  }
}

status opt__mask(struct opt *opt, struct plan **node, struct err *err) {
  const struct plan *scope = (*node)->kind == PLAN_JOIN ? *node : (*node)->input;
  (void)opt, (void)err;
  if ((*node)->condition) mask_expr(scope, (*node)->condition);
  for (uint32_t i = 0; i < (*node)->exprs_count; i++) mask_expr(scope, (*node)->exprs[i]);
  for (uint32_t i = 0; i < (*node)->sort_count; i++) mask_expr(scope, (*node)->sort[i].expr);
  mask_access(*node);
  mask_updates(*node);
  return LUMA_OK;
}
