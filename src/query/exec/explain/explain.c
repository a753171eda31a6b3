/* SPDX-License-Identifier: MIT */
#include "query/exec/explain/explain.h"

#include "model/catalog/catalog.h"

static void format_range(const struct plan_part *part, struct buf *out) {
  const char *between = "";
  if (part->low) {
    buf_append_text(out, part->low_open ? " > " : " >= ");
    expr_format(part->low, out);
    between = " and";
  }
  if (!part->high) return;
  buf_append_text(out, between);
  buf_append_text(out, part->high_open ? " < " : " <= ");
  expr_format(part->high, out);
}

static void format_part(const struct plan_part *part, struct buf *out) {
  if (part->is_null) buf_append_text(out, " is null");
  if (part->prefix) {
    buf_append_text(out, " like ");
    expr_format(part->low, out);
  } else if (part->is_equal) {
    buf_append_text(out, part->values_count == 1 && !part->spread ? " = " : " in (");
    for (uint32_t i = 0; i < part->values_count; i++) {
      if (i) buf_append_text(out, ", ");
      expr_format(part->values[i], out);
    }
    if (part->values_count != 1 || part->spread) buf_append_byte(out, ')');
    if (part->also) {
      buf_append_text(out, " and ");
      expr_format(part->also, out);
    }
  } else {
    format_range(part, out);
  }
}

static void format_bounds(const struct plan_access *access, struct buf *out) {
  if (access->index)
    buf_append_format(out, " by index %.*s", SLICE_ARG(access->index->name));
  else if (access->parts_count)
    buf_append_text(out, " by key");
  for (uint32_t i = 0; i < access->parts_count; i++) {
    buf_append_text(out, i ? ", " : " (");
    uint32_t nth = access->index ? i - index_wildcard_at(&access->index->def) : 0;
    if (access->index && access->index->def.wildcard.bytes && nth < 2)
      buf_append_text(out, nth ? "value" : "path");
    else if (access->index)
      index_key_format(&access->index->def.keys[i], out);
    else
      buf_append_text(out, "id");
    format_part(&access->parts[i], out);
  }
  if (access->parts_count) buf_append_byte(out, ')');
}

static void format_branches(const struct plan_access *access, struct buf *out) {
  for (uint32_t i = 0; i < access->branches_count; i++) {
    if (i) buf_append_text(out, " or");
    format_bounds(&access->branches[i], out);
  }
}

static void format_access(const struct plan_access *access, struct buf *out) {
  if (access->branches_count && !access->index)
    format_branches(access, out);
  else
    format_bounds(access, out);
  if (access->backwards) buf_append_text(out, " backwards");
  if (access->merges) buf_append_text(out, " merged");
  if (access->is_ordered) buf_append_text(out, " in order");
  if (access->cover == PLAN_COVER_VALUES) buf_append_text(out, " covered");
  if (access->skips) buf_append_text(out, " value by value");
  if (access->cover == PLAN_COVER_ROWS) buf_append_text(out, " counting entries");
  if (access->is_hinted) buf_append_text(out, " as hinted");
  buf_append_format(out, "  ~%.0f rows", access->rows);
}

void explain_node(const struct plan *plan, struct buf *out) {
  static const char *const methods[] = {
      [PLAN_JOIN_LOOP] = "loop ", [PLAN_JOIN_HASH] = "hash ", [PLAN_JOIN_INDEX] = "index "};
  const struct plan_physical *physical = plan->physical;
  if (plan->kind == PLAN_JOIN)
    buf_append_text(out, methods[physical ? physical->join : PLAN_JOIN_LOOP]);
  if (physical && physical->top_limit) buf_append_text(out, "top ");
  plan_format_node(plan, out);
  if (physical && physical->count_only) buf_append_text(out, " (kept by the collection)");
  if (physical && physical->access) format_access(physical->access, out);
}

void explain_access(const struct plan *plan, unsigned depth, struct buf *out) {
  if (!plan->physical || !plan->physical->access) return;
  const struct plan_access *access = plan->physical->access;
  for (uint32_t i = 0; i < access->refused_count; i++) {
    for (unsigned d = 0; d < depth; d++) buf_append_text(out, "  ");
    buf_append_format(out, "not used: %.*s\n", SLICE_ARG(access->refused[i]));
  }
}
