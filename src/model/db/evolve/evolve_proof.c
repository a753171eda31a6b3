/* SPDX-License-Identifier: MIT */
/* Narrowings that no being can stand in the way of. All beings obey the base's soul: the types of
 * its attributes, which are required, their bounds, its checks. Where a new rule follows from that,
 * or an expression can give nothing that the soul does not take, no being has to be looked at,
 * however many there are, and whoever writes meanwhile obeys it too. */
#include "model/db/evolve/evolve_int.h"

/* What is known of attributes under the names that an expression has for them. */
struct proving {
  struct evolving *evolving;
  const struct soul *soul;      /* with these names */
  struct soul_program *program; /* its rules */
  bool is_after;                /* the names are new ones, and what the step changes is not known */
};

static const struct evolution_step *step_of(const struct evolving *evolving) {
  const struct evolution *evolution = evolving->evolution;
  return &evolution->steps[evolution->steps_count - 1];
}

static bool is_changed(const struct evolving *evolving, struct slice name) {
  const struct evolution_step *step = step_of(evolving);
  for (uint32_t i = 0; i < step->ops_count; i++) {
    const struct evolution_op *op = &step->ops[i];
    struct slice now = op->to.bytes ? op->to : op->name;
    if (op->kind != EVOLUTION_RENAME && slice_is_equal(now, name)) return true;
  }
  return false;
}

/* ---- what is known ---- */

/* Types to which values of others are only brought where that was looked at. */
static uint8_t sure_type(const struct soul_type *type) {
  switch ((int)type->kind) {
  case SOUL_TEXT: return VAL_TEXT;
  case SOUL_INT: return VAL_INT64;
  case SOUL_BOOLEAN: return VAL_BOOL;
  default: return VAL_MISSING;
  }
}

/* Who lacks a required attribute that has a default is whole as it is. */
static bool may_be_null(const struct soul_attribute *attribute) {
  return !attribute->required || attribute->default_value.type != VAL_MISSING ||
         attribute->default_expression.bytes > 0;
}

static struct soul_sure known_of(void *context, struct slice name) {
  const struct proving *proving = context;
  const struct soul *soul = proving->soul;
  const struct soul_attribute *attribute = soul_attribute(soul, name);
  struct soul_sure sure = {.may_be_null = true, .least = INT64_MIN, .most = INT64_MAX};
  bool is_known = attribute && !(proving->is_after && is_changed(proving->evolving, name));
  if (!is_known) return sure;
  sure.type = sure_type(&attribute->type);
  sure.may_be_null = may_be_null(attribute);
  if (attribute->min.type == VAL_INT64) sure.least = attribute->min.integer;
  if (attribute->max.type == VAL_INT64) sure.most = attribute->max.integer;
  for (uint32_t i = 0; proving->program && i < soul->constraints_count; i++) {
    const struct soul_constraint *one = &soul->constraints[i];
    if (one->check_rule != SOUL_NONE && !one->not_valid)
      soul->ops->confine(proving->program, one->check_rule, name, &sure);
  }
  return sure;
}

/* ---- what follows ---- */

static bool is_within(const struct soul_attribute *attribute, const struct soul_sure *sure) {
  const struct val *min = &attribute->min, *max = &attribute->max;
  bool is_above = min->type == VAL_MISSING || (min->type == VAL_INT64 && sure->type == VAL_INT64 &&
                                               sure->least >= min->integer);
  bool is_below = max->type == VAL_MISSING ||
                  (max->type == VAL_INT64 && sure->type == VAL_INT64 && sure->most <= max->integer);
  return is_above && is_below;
}

/* Whether an attribute takes all such values. */
static bool takes(const struct soul_attribute *attribute, const struct soul_sure *sure) {
  bool has_more = attribute->allowed.type != VAL_MISSING || attribute->pattern.bytes ||
                  attribute->min_length != SOUL_NONE || attribute->max_length != SOUL_NONE ||
                  attribute->has_transitions;
  return !has_more && sure->type != VAL_MISSING && sure->type == sure_type(&attribute->type) &&
         !(attribute->required && sure->may_be_null) && is_within(attribute, sure);
}

struct reading {
  struct slice name;
  bool found;
};

static void note_read(void *context, const struct path *path) {
  struct reading *reading = context;
  reading->found |= path->count == 0 || slice_is_equal(path->steps[0].name, reading->name);
}

/* Whether some check of the new soul reads the attribute. */
static bool is_checked(const struct soul *fresh, struct soul_program *program, struct slice name) {
  struct reading reading = {.name = name};
  for (uint32_t i = 0; program && i < fresh->constraints_count; i++) {
    if (fresh->constraints[i].check_rule != SOUL_NONE)
      fresh->ops->reads(program, fresh->constraints[i].check_rule, note_read, &reading);
  }
  return reading.found;
}

static const struct evolution_op *transform_of(const struct evolving *evolving, struct slice name) {
  const struct evolution_step *step = step_of(evolving);
  for (uint32_t i = 0; i < step->ops_count; i++) {
    const struct evolution_op *op = &step->ops[i];
    struct slice now = op->to.bytes ? op->to : op->name;
    if (op->kind == EVOLUTION_TRANSFORM && slice_is_equal(now, name)) return op;
  }
  return NULL;
}

/* ---- changes ---- */

struct proof {
  struct proving before, after;
  struct soul_program *steps, *fresh; /* expressions of the evolution, checks of the new soul */
};

static bool follows_value(const struct proof *proof, const struct soul_change *change) {
  const struct evolving *evolving = proof->before.evolving;
  const struct soul_rules_ops *ops = evolving->fresh->ops;
  const struct evolution_op *op = transform_of(evolving, change->attribute);
  const struct soul_attribute *attribute = soul_attribute(evolving->fresh, change->attribute);
  struct soul_known known = {known_of, (void *)(uintptr_t)&proof->before};
  if (!op || !attribute || !proof->steps) return false;
  if (is_checked(evolving->fresh, proof->fresh, change->attribute)) return false;
  struct soul_sure sure = ops->assure(proof->steps, op->rule, &known);
  return takes(attribute, &sure);
}

static bool follows_check(const struct proof *proof, const struct soul_change *change) {
  const struct soul *fresh = proof->before.evolving->fresh;
  struct soul_known known = {known_of, (void *)(uintptr_t)&proof->after};
  for (uint32_t i = 0; proof->fresh && i < fresh->constraints_count; i++) {
    const struct soul_constraint *one = &fresh->constraints[i];
    if (!slice_is_equal(one->name, change->attribute) || one->check_rule == SOUL_NONE) continue;
    struct soul_sure sure = fresh->ops->assure(proof->fresh, one->check_rule, &known);
    return sure.type == VAL_BOOL && sure.is_true;
  }
  return false;
}

static bool is_what(const struct soul_change *change, const char *what) {
  return strcmp(change->what, what) == 0;
}

static bool follows(const struct proof *proof, const struct soul_change *change) {
  const struct evolving *evolving = proof->before.evolving;
  const struct soul_attribute *attribute = soul_attribute(evolving->fresh, change->attribute);
  if (is_what(change, "values transformed")) return follows_value(proof, change);
  if (is_what(change, "constraint added") || is_what(change, "constraint validated"))
    return follows_check(proof, change);
  if (!attribute || is_changed(evolving, change->attribute)) return false;
  struct soul_sure sure = known_of((void *)(uintptr_t)&proof->after, change->attribute);
  if (is_what(change, "required changed")) return !sure.may_be_null;
  bool is_bound = is_what(change, "min changed") || is_what(change, "max changed");
  return is_bound && sure.type == VAL_INT64 && is_within(attribute, &sure);
}

static status prove_all(struct evolving *evolving, struct proof *proof, struct err *err) {
  const struct soul *base = evolving->base->genotype;
  const struct soul *named = evolving->renamed ? evolving->renamed : base;
  TRY(soul_take_program(base, &proof->before.program, err));
  TRY(soul_take_program(named, &proof->after.program, err));
  TRY(soul_take_program(evolving->fresh, &proof->fresh, err));
  if (evolving->evolution->rules)
    TRY(soul_take_program(evolving->evolution->rules, &proof->steps, err));
  for (uint32_t i = 0; i < evolving->diff.changes_count; i++) {
    struct soul_change *change = &evolving->diff.changes[i];
    if (change->effect == SOUL_NARROWS) change->is_proved = follows(proof, change);
  }
  return LUMA_OK;
}

status evolve__prove(struct evolving *evolving, struct err *err) {
  const struct soul *base = evolving->base->genotype;
  const struct soul *named = evolving->renamed ? evolving->renamed : base;
  /* An open collection may hold what its soul does not name; what is computed may follow. */
  bool may_be = base && base->ops && base->ops->assure && !evolving->base->open &&
                !evolving->fresh->has_computed && evolving->diff.steps_count == 1 &&
                evolving->evolution && evolving->evolution->steps_count > 0;
  if (!may_be) return LUMA_OK;
  struct proof proof = {.before = {.evolving = evolving, .soul = base},
                        .after = {.evolving = evolving, .soul = named, .is_after = true}};
  status result = prove_all(evolving, &proof, err);
  soul_give_program(base, proof.before.program);
  soul_give_program(named, proof.after.program);
  soul_give_program(evolving->fresh, proof.fresh);
  if (evolving->evolution->rules) soul_give_program(evolving->evolution->rules, proof.steps);
  return result;
}
