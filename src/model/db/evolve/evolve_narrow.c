/* SPDX-License-Identifier: MIT */
/* Which rules an evolution makes narrower: beings obey the others already, and only what these look
 * at has to be read. */
#include "model/db/evolve/evolve_int.h"

/* What is being worked out; `fails`: all of a being has to be checked. */
struct working {
  const struct evolving *evolving;
  struct evolve_narrowed *narrowed;
  bool fails, touches; /* touches: the rule at hand reads what the step changes */
};

static void add_name(struct working *working, struct slice name) {
  struct evolve_narrowed *narrowed = working->narrowed;
  for (uint32_t i = 0; i < narrowed->names_count; i++)
    if (slice_is_equal(narrowed->names[i], name)) return;
  working->fails |= narrowed->names_count == RECIPE_NAMES_MAX;
  if (!working->fails) narrowed->names[narrowed->names_count++] = name;
}

/* ---- attributes ---- */

static void add_attribute(struct working *working, struct slice name) {
  struct evolve_narrowed *narrowed = working->narrowed;
  const struct soul_attribute *one = soul_attribute(working->evolving->fresh, name);
  bool is_key = slice_is_equal(name, slice_of_text("id"));
  working->fails |= !one || is_key || narrowed->rules.attributes_count == RECIPE_NAMES_MAX;
  if (working->fails) return;
  narrowed->attributes[narrowed->rules.attributes_count++] = one;
  add_name(working, name);
}

static bool has_attribute(const struct evolve_narrowed *narrowed, struct slice name) {
  for (uint32_t i = 0; i < narrowed->rules.attributes_count; i++)
    if (slice_is_equal(narrowed->attributes[i]->name, name)) return true;
  return false;
}

static bool is_of_constraint(const struct soul_change *change) {
  return strcmp(change->what, "constraint added") == 0 ||
         strcmp(change->what, "constraint validated") == 0;
}

static bool is_narrowed(const struct soul_change *change) {
  return change->effect == SOUL_NARROWS && !change->is_proved && !is_of_constraint(change) &&
         strcmp(change->what, "unique changed") != 0;
}

static void add_attributes(struct working *working) {
  const struct soul_diff *diff = &working->evolving->diff;
  for (uint32_t i = 0; i < diff->changes_count; i++) {
    const struct soul_change *change = &diff->changes[i];
    if (is_narrowed(change) && !has_attribute(working->narrowed, change->attribute))
      add_attribute(working, change->attribute);
  }
}

/* ---- checks ---- */

static bool is_new(const struct working *working, const struct soul_constraint *constraint) {
  const struct soul_diff *diff = &working->evolving->diff;
  for (uint32_t i = 0; i < diff->changes_count; i++) {
    const struct soul_change *change = &diff->changes[i];
    if (is_of_constraint(change) && slice_is_equal(change->attribute, constraint->name))
      return !change->is_proved;
  }
  return false;
}

static bool is_changed(const struct working *working, struct slice name) {
  const struct soul_diff *diff = &working->evolving->diff;
  for (uint32_t i = 0; i < diff->ops_count; i++) {
    const struct evolution_op *op = &diff->ops[i];
    if (slice_is_equal(op->name, name) || slice_is_equal(op->to, name)) return true;
  }
  return false;
}

static void look_at_path(void *context, const struct path *path) {
  struct working *working = context;
  working->fails |= path->count == 0;
  working->touches |= path->count && is_changed(working, path->steps[0].name);
}

static void read_path(void *context, const struct path *path) {
  struct working *working = context;
  working->fails |= path->count == 0;
  if (path->count) add_name(working, path->steps[0].name);
}

/* One that is not valid is asked of writes alone. */
static void add_rule(struct working *working, struct soul_program *program,
                     const struct soul_constraint *constraint) {
  struct evolve_narrowed *narrowed = working->narrowed;
  const struct soul_rules_ops *ops = working->evolving->fresh->ops;
  if (constraint->check_rule == SOUL_NONE || constraint->not_valid) return;
  working->touches = is_new(working, constraint);
  if (!working->touches) ops->reads(program, constraint->check_rule, look_at_path, working);
  if (!working->touches) return;
  ops->reads(program, constraint->check_rule, read_path, working);
  working->fails |= narrowed->rules.rules_count == EVOLVE_RULES_MAX;
  if (!working->fails) narrowed->checks[narrowed->rules.rules_count++] = constraint->check_rule;
}

static status add_rules(struct working *working, struct err *err) {
  const struct soul *fresh = working->evolving->fresh;
  struct soul_program *program;
  TRY(soul_take_program(fresh, &program, err));
  for (uint32_t i = 0; i < fresh->constraints_count; i++)
    add_rule(working, program, &fresh->constraints[i]);
  soul_give_program(fresh, program);
  return LUMA_OK;
}

/* ---- the whole ---- */

status evolve__narrowed(const struct evolving *evolving, struct evolve_narrowed *narrowed,
                        bool *is_enough, struct err *err) {
  struct working working = {.evolving = evolving, .narrowed = narrowed};
  *is_enough = false;
  narrowed->names_count = 0;
  narrowed->rules =
      (struct model_narrowed){.attributes = narrowed->attributes, .rules = narrowed->checks};
  /* What is computed of a being, or given by an expression, is made of it as a whole. */
  if (!evolving->narrows || evolve__takes_in(evolving) || evolving->fresh->has_computed)
    return LUMA_OK;
  add_attributes(&working);
  if (!working.fails) TRY(add_rules(&working, err));
  *is_enough = !working.fails;
  return LUMA_OK;
}
