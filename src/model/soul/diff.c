/* SPDX-License-Identifier: MIT */
#include "model/soul/diff.h"

#include "model/soul/declared.h"
#include "model/soul/type_change.h"
#include "value/json/json.h"
#include "value/order/order.h"

enum { CHANGES_MAX = 16 * SOUL_ATTRIBUTES_MAX, OPS_MAX = 3 * SOUL_ATTRIBUTES_MAX };

struct comparing {
  const struct soul_versions *versions;
  const struct soul_hints *hints;
  struct arena *arena;
  struct soul_diff *diff;
};

static void note(struct comparing *comparing, enum soul_effect effect, struct slice attribute,
                 const char *what) {
  struct soul_diff *diff = comparing->diff;
  if (diff->changes_count == CHANGES_MAX) return;
  diff->changes[diff->changes_count++] =
      (struct soul_change){.effect = effect, .attribute = attribute, .what = what};
}

static void note_renamed(struct comparing *comparing, struct slice name, struct slice from) {
  uint32_t count = comparing->diff->changes_count;
  note(comparing, SOUL_WIDENS, name, "renamed");
  if (comparing->diff->changes_count > count) comparing->diff->changes[count].from = from;
}

static struct evolution_op *add_op(struct comparing *comparing, enum evolution_kind kind,
                                   struct slice name) {
  struct soul_diff *diff = comparing->diff;
  struct evolution_op *op = &diff->ops[diff->ops_count];
  if (diff->ops_count + 1 < OPS_MAX) diff->ops_count++;
  *op = (struct evolution_op){.kind = kind, .name = name};
  return op;
}

/* ---- hints ---- */

static struct slice renamed_from(const struct soul_hints *hints, struct slice to) {
  for (uint32_t i = 0; i < val_count(&hints->rename); i++) {
    struct slice from;
    struct val name = val_field_at(&hints->rename, i, &from);
    if (name.type == VAL_TEXT && slice_is_equal(val_slice(&name), to)) return from;
  }
  return slice_of(NULL, 0);
}

static bool is_renamed(const struct soul_hints *hints, struct slice name) {
  return val_field(&hints->rename, name).type == VAL_TEXT;
}

static bool is_dropped(const struct soul_hints *hints, struct slice name) {
  for (uint32_t i = 0; i < hints->dropped_count; i++)
    if (slice_is_equal(hints->dropped[i], name)) return true;
  return false;
}

static struct slice transform_of(const struct soul_hints *hints, struct slice name) {
  struct val text = val_field(&hints->transform, name);
  return text.type == VAL_TEXT ? val_slice(&text) : slice_of(NULL, 0);
}

static status fail_hint(const char *what, const struct soul *soul, struct slice name,
                        struct err *err) {
  struct slice meant = soul_nearest(soul->attributes, soul->attributes_count, name);
  err_raise(err, LUMA_INVALID_GENOTYPE, __FILE__, __LINE__,
            "%s names `%.*s`, which is not an attribute", what, SLICE_ARG(name));
  if (meant.bytes) err_hint(err, "did you mean `%.*s`?", SLICE_ARG(meant));
  return LUMA_INVALID_GENOTYPE;
}

static status check_hints(const struct comparing *comparing, struct err *err) {
  const struct soul_versions *versions = comparing->versions;
  for (uint32_t i = 0; i < val_count(&comparing->hints->rename); i++) {
    struct slice from;
    struct val to = val_field_at(&comparing->hints->rename, i, &from);
    if (versions->old && !versions->was_open && !soul_attribute(versions->old, from))
      return fail_hint("rename", versions->old, from, err);
    if (to.type != VAL_TEXT || !soul_attribute(versions->fresh, val_slice(&to)))
      return fail_hint("rename", versions->fresh, to.type == VAL_TEXT ? val_slice(&to) : from, err);
  }
  for (uint32_t i = 0; i < val_count(&comparing->hints->transform); i++) {
    struct slice name;
    (void)val_field_at(&comparing->hints->transform, i, &name);
    if (!is_renamed(comparing->hints, name) && !soul_attribute(versions->fresh, name))
      return fail_hint("transform", versions->fresh, name, err);
  }
  return LUMA_OK;
}

/* ---- rules that allow less than before ---- */

static bool is_subset(const struct val *small, const struct val *large) {
  for (uint32_t i = 0; i < val_count(small); i++) {
    struct val one = val_at(small, i);
    bool found = false;
    for (uint32_t k = 0; k < val_count(large) && !found; k++) {
      struct val other = val_at(large, k);
      found = val_is_equal(&one, &other);
    }
    if (!found) return false;
  }
  return true;
}

static enum soul_effect compare_bound(const struct val *old, const struct val *fresh, int sign) {
  if (old->type == VAL_MISSING && fresh->type == VAL_MISSING) return SOUL_NEUTRAL;
  if (fresh->type == VAL_MISSING) return SOUL_WIDENS;
  if (old->type == VAL_MISSING) return SOUL_NARROWS;
  int order = val_compare(fresh, old) * sign;
  return order > 0 ? SOUL_NARROWS : order < 0 ? SOUL_WIDENS : SOUL_NEUTRAL;
}

/* `sign` 1: a least length, -1: a most. SOUL_NONE is no limit in both. */
static enum soul_effect compare_length(uint32_t old, uint32_t fresh, int sign) {
  if (old == fresh) return SOUL_NEUTRAL;
  if (fresh == SOUL_NONE) return SOUL_WIDENS;
  if (old == SOUL_NONE) return SOUL_NARROWS;
  return (fresh > old) == (sign > 0) ? SOUL_NARROWS : SOUL_WIDENS;
}

static enum soul_effect compare_choices(const struct val *old, const struct val *fresh) {
  if (old->type == VAL_MISSING && fresh->type == VAL_MISSING) return SOUL_NEUTRAL;
  if (fresh->type == VAL_MISSING) return SOUL_WIDENS;
  if (old->type == VAL_MISSING || !is_subset(old, fresh)) return SOUL_NARROWS;
  return is_subset(fresh, old) ? SOUL_NEUTRAL : SOUL_WIDENS;
}

static enum soul_effect compare_flag(bool old, bool fresh) {
  return old == fresh ? SOUL_NEUTRAL : fresh ? SOUL_NARROWS : SOUL_WIDENS;
}

static enum soul_effect compare_pattern(struct slice old, struct slice fresh) {
  if (slice_is_equal(old, fresh)) return SOUL_NEUTRAL;
  return fresh.bytes ? SOUL_NARROWS : SOUL_WIDENS;
}

static void compare_rules(struct comparing *comparing, const struct soul_attribute *old,
                          const struct soul_attribute *fresh) {
  const struct {
    enum soul_effect effect;
    const char *what;
  } rules[] = {
      {compare_flag(old->required, fresh->required), "required changed"},
      {compare_flag(old->unique, fresh->unique), "unique changed"},
      {compare_bound(&old->min, &fresh->min, 1), "min changed"},
      {compare_bound(&old->max, &fresh->max, -1), "max changed"},
      {compare_length(old->min_length, fresh->min_length, 1), "min_length changed"},
      {compare_length(old->max_length, fresh->max_length, -1), "max_length changed"},
      {compare_choices(&old->allowed, &fresh->allowed), "enum changed"},
      {compare_pattern(old->pattern, fresh->pattern), "pattern changed"},
  };
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    if (rules[i].effect != SOUL_NEUTRAL)
      note(comparing, rules[i].effect, fresh->name, rules[i].what);
  }
  if (old->not_valid && !fresh->not_valid && soul_refers(fresh))
    note(comparing, SOUL_NARROWS, fresh->name, "reference validated");
  if (old->immutable != fresh->immutable)
    note(comparing, SOUL_NEUTRAL, fresh->name, "immutable changed");
  if (old->sensitive != fresh->sensitive)
    note(comparing, SOUL_NEUTRAL, fresh->name, "sensitive changed");
  if (!val_is_equal(&old->default_value, &fresh->default_value) ||
      !slice_is_equal(old->default_expression, fresh->default_expression))
    note(comparing, SOUL_NEUTRAL, fresh->name, "default changed");
}

/* ---- types ---- */

static bool is_of_one_type(const struct soul_type *type) {
  return (type->kind == SOUL_LIST || type->kind == SOUL_MAP) && type->element;
}

static void compare_types(struct comparing *comparing, const struct soul_attribute *old,
                          const struct soul_attribute *fresh, struct slice stored_name) {
  bool same = soul_type_is_equal(&old->type, &fresh->type);
  if (soul_type_is_same(&old->type, &fresh->type)) return;
  bool wider = soul_type_is_wider(&old->type, &fresh->type) || fresh->not_valid;
  note(comparing, wider ? SOUL_WIDENS : SOUL_NARROWS, fresh->name, "type changed");
  comparing->diff->changes_inside |= soul_type_changes_inside(&old->type, &fresh->type);
  bool converts = !same && fresh->type.kind != SOUL_ANY && fresh->type.kind != SOUL_REF &&
                  fresh->type.kind != SOUL_LIST && fresh->type.kind != SOUL_MAP;
  converts |= !same && is_of_one_type(&old->type) && is_of_one_type(&fresh->type);
  if (converts) add_op(comparing, EVOLUTION_CONVERT, stored_name)->type = fresh->type;
}

/* ---- attributes ---- */

/* With the functions that it calls: they may have changed, too. */
static struct slice whole_text(const struct soul *soul, uint32_t rule, struct slice text) {
  return rule == SOUL_NONE || rule >= soul->rules_count ? text : soul->rules[rule].text;
}

static struct slice computed_text(const struct soul *soul, const struct soul_attribute *attribute) {
  return whole_text(soul, attribute->computed_rule, attribute->computed);
}

static void compare_transform(struct comparing *comparing, const struct soul_attribute *fresh,
                              struct slice from, struct slice expression) {
  struct evolution_op *op = add_op(comparing, EVOLUTION_TRANSFORM, from);
  op->expression = expression;
  op->type = fresh->type;
  if (!slice_is_equal(from, fresh->name)) op->to = fresh->name;
  note(comparing, SOUL_NARROWS, fresh->name, "values transformed");
}

/* Over the being as it is by then: its names are those that the expression knows. */
static void compare_computed(struct comparing *comparing, const struct soul_attribute *fresh) {
  compare_transform(comparing, fresh, fresh->name,
                    computed_text(comparing->versions->fresh, fresh));
  comparing->diff->ops[comparing->diff->ops_count - 1].is_computed = true;
}

/* What an older being has under the name of a new attribute. */
struct coming {
  struct slice expression;
  bool is_computed, may_be_null, is_written;
  struct val constant;
};

static struct coming coming_of(const struct comparing *comparing,
                               const struct soul_attribute *fresh) {
  const struct soul *soul = comparing->versions->fresh;
  const struct soul_default *given = comparing->hints->defaults && fresh->default_rule != SOUL_NONE
                                         ? &comparing->hints->defaults[fresh - soul->attributes]
                                         : NULL;
  struct coming coming = {.expression = transform_of(comparing->hints, fresh->name),
                          .constant = fresh->default_value};
  if (coming.expression.bytes) return coming;
  coming.is_computed = fresh->computed.bytes || (given && given->kind == SOUL_DEFAULT_MADE);
  if (coming.is_computed && fresh->computed.bytes)
    coming.expression = computed_text(soul, fresh);
  else if (coming.is_computed)
    coming.expression = whole_text(soul, fresh->default_rule, fresh->default_expression);
  if (given && given->kind == SOUL_DEFAULT_CONSTANT) coming.constant = given->value;
  coming.may_be_null = given && given->kind == SOUL_DEFAULT_MADE;
  coming.is_written = given && given->kind == SOUL_DEFAULT_WRITTEN;
  return coming;
}

static void compare_new(struct comparing *comparing, const struct soul_attribute *fresh) {
  const struct soul_versions *versions = comparing->versions;
  bool may_be_there = versions->was_open || !versions->old;
  struct coming coming = coming_of(comparing, fresh);
  struct slice expression = coming.expression;
  bool has_value = !val_is_null(&coming.constant) || coming.is_written ||
                   (expression.bytes && !coming.may_be_null);
  bool fits = !may_be_there && (!fresh->required || has_value);
  note(comparing, fits ? SOUL_WIDENS : SOUL_NARROWS, fresh->name, "attribute added");
  if (fresh->unique) note(comparing, SOUL_NARROWS, fresh->name, "unique changed");
  if (expression.bytes) {
    struct evolution_op *op = add_op(comparing, EVOLUTION_TRANSFORM, fresh->name);
    op->expression = expression;
    op->type = fresh->type;
    op->is_computed = coming.is_computed;
    return;
  }
  bool is_scalar = fresh->type.kind != SOUL_ANY && fresh->type.kind != SOUL_REF &&
                   fresh->type.kind != SOUL_LIST && fresh->type.kind != SOUL_MAP;
  if (may_be_there && is_scalar)
    add_op(comparing, EVOLUTION_CONVERT, fresh->name)->type = fresh->type;
  if (coming.constant.type != VAL_MISSING)
    add_op(comparing, EVOLUTION_SET, fresh->name)->value = coming.constant;
}

/* The attribute as it was, with its expressions as they are written now. One that takes a name
 * which another gave up was not. */
static const struct soul_attribute *old_attribute(const struct comparing *comparing,
                                                  struct slice from, struct slice name) {
  const struct soul_versions *versions = comparing->versions;
  bool is_another = is_renamed(comparing->hints, name) || is_dropped(comparing->hints, name);
  if (!from.bytes && is_another) return NULL;
  const struct soul_attribute *renamed =
      versions->renamed ? soul_attribute(versions->renamed, name) : NULL;
  if (renamed) return renamed;
  return versions->old ? soul_attribute(versions->old, from.bytes ? from : name) : NULL;
}

bool soul_is_new(const struct soul_versions *versions, const struct soul_hints *hints,
                 const struct soul_attribute *fresh) {
  struct comparing comparing = {.versions = versions, .hints = hints};
  struct slice from = renamed_from(hints, fresh->name);
  return !from.bytes && !old_attribute(&comparing, from, fresh->name);
}

static bool same_computed(const struct soul_versions *versions, const struct soul_attribute *old,
                          const struct soul_attribute *fresh) {
  const struct soul *soul = versions->renamed ? versions->renamed : versions->old;
  return slice_is_equal(computed_text(soul, old), computed_text(versions->fresh, fresh));
}

static bool mentions(struct slice text, struct slice name) {
  for (size_t at = 0; at + name.bytes <= text.bytes; at++)
    if (slice_is_equal_nocase(slice_of(text.data + at, name.bytes), name)) return true;
  return false;
}

/* Whether older beings get another value there, by a name that they have now. What is computed is
 * computed anew when its expression changes, or the value of what that mentions. */
static bool gets_value(const struct comparing *comparing, const struct soul_attribute *fresh,
                       int depth) {
  enum { DEPTH_MAX = 8 };
  const struct soul *soul = comparing->versions->fresh;
  struct slice from = renamed_from(comparing->hints, fresh->name);
  const struct soul_attribute *old = old_attribute(comparing, from, fresh->name);
  if (!old || transform_of(comparing->hints, fresh->name).bytes) return true;
  if (from.bytes && transform_of(comparing->hints, from).bytes) return true;
  if (!soul_type_is_equal(&old->type, &fresh->type)) return true;
  if (!fresh->computed.bytes || depth == DEPTH_MAX) return false;
  if (!same_computed(comparing->versions, old, fresh)) return true;
  for (uint32_t i = 0; i < soul->attributes_count; i++)
    if (&soul->attributes[i] != fresh &&
        mentions(computed_text(soul, fresh), soul->attributes[i].name) &&
        gets_value(comparing, &soul->attributes[i], depth + 1))
      return true;
  return false;
}

static bool is_recomputed(const struct comparing *comparing, const struct soul_attribute *old,
                          const struct soul_attribute *fresh) {
  if (!old || !fresh->computed.bytes) return false;
  if (!same_computed(comparing->versions, old, fresh)) return true;
  /* Of another type alone it is converted. */
  return soul_type_is_equal(&old->type, &fresh->type) && gets_value(comparing, fresh, 0);
}

static void compare_attribute(struct comparing *comparing, const struct soul_attribute *fresh) {
  struct slice from = renamed_from(comparing->hints, fresh->name);
  const struct soul_attribute *old = old_attribute(comparing, from, fresh->name);
  struct slice expression = transform_of(comparing->hints, fresh->name);
  bool is_taken = from.bytes && soul_attribute(comparing->versions->fresh, from);
  if (!expression.bytes && from.bytes && !is_taken)
    expression = transform_of(comparing->hints, from);
  if (!from.bytes && !old) {
    compare_new(comparing, fresh);
    return;
  }
  if (from.bytes) note_renamed(comparing, fresh->name, from);
  bool recomputed = !expression.bytes && is_recomputed(comparing, old, fresh);
  struct slice stored = from.bytes ? from : fresh->name;
  if (expression.bytes)
    compare_transform(comparing, fresh, stored, expression);
  else if (old && !recomputed)
    compare_types(comparing, old, fresh, stored);
  if (from.bytes && !expression.bytes) add_op(comparing, EVOLUTION_RENAME, from)->to = fresh->name;
  if (recomputed) compare_computed(comparing, fresh);
  if (old) compare_rules(comparing, old, fresh);
}

static bool is_gone(const struct soul_hints *hints, struct slice name) {
  for (uint32_t i = 0; i < hints->gone_count; i++)
    if (slice_is_equal(hints->gone[i], name)) return true;
  return false;
}

/* What no soul ever declared. */
static void compare_undeclared(struct comparing *comparing) {
  const struct soul_versions *versions = comparing->versions;
  for (uint32_t i = 0; i < comparing->hints->gone_count; i++) {
    struct slice name = comparing->hints->gone[i];
    bool was_there = versions->old && soul_attribute(versions->old, name);
    if (was_there || soul_attribute(versions->fresh, name)) continue;
    note(comparing, SOUL_WIDENS, name, "attribute removed");
    add_op(comparing, EVOLUTION_DROP, name);
  }
}

static void compare_gone(struct comparing *comparing) {
  const struct soul_versions *versions = comparing->versions;
  compare_undeclared(comparing);
  for (uint32_t i = 0; versions->old && i < versions->old->attributes_count; i++) {
    struct slice name = versions->old->attributes[i].name;
    bool is_taken = renamed_from(comparing->hints, name).bytes > 0;
    bool stays =
        soul_attribute(versions->fresh, name) && !is_taken && !is_dropped(comparing->hints, name);
    if (stays || is_renamed(comparing->hints, name)) continue;
    note(comparing, SOUL_WIDENS, name, "attribute removed");
    bool goes = !versions->is_open || is_gone(comparing->hints, name);
    if (goes && !slice_is_equal(name, slice_of_text("id"))) add_op(comparing, EVOLUTION_DROP, name);
  }
}

/* ---- constraints ---- */

/* The constraint of `soul` that asks the same as number `nth` of `other`; NULL if there is none. */
static const struct soul_constraint *same_constraint(const struct soul *soul,
                                                     const struct soul *other, uint32_t nth) {
  const struct soul_constraint *wanted = &other->constraints[nth];
  struct slice check = whole_text(other, wanted->check_rule, wanted->check);
  for (uint32_t i = 0; soul && i < soul->constraints_count; i++) {
    const struct soul_constraint *one = &soul->constraints[i];
    if (one->kind != wanted->kind || one->attributes_count != wanted->attributes_count ||
        !slice_is_equal(whole_text(soul, one->check_rule, one->check), check))
      continue;
    bool same = true;
    for (uint32_t k = 0; k < one->attributes_count; k++)
      same &= slice_is_equal(one->attributes[k], wanted->attributes[k]);
    if (same) return one;
  }
  return NULL;
}

/* Beings keep a constraint that is not valid when they are written: those that are there are not
 * looked at before it is validated. */
static void compare_constraint(struct comparing *comparing, const struct soul *old, uint32_t nth) {
  const struct soul_constraint *one = &comparing->versions->fresh->constraints[nth];
  const struct soul_constraint *was = same_constraint(old, comparing->versions->fresh, nth);
  if (!was)
    note(comparing, one->not_valid ? SOUL_NEUTRAL : SOUL_NARROWS, one->name, "constraint added");
  else if (was->not_valid && !one->not_valid)
    note(comparing, SOUL_NARROWS, one->name, "constraint validated");
  else if (!slice_is_equal(was->name, one->name))
    note(comparing, SOUL_NEUTRAL, one->name, "constraint renamed");
}

static void compare_constraints(struct comparing *comparing) {
  const struct soul_versions *versions = comparing->versions;
  const struct soul *old = versions->renamed ? versions->renamed : versions->old;
  const struct soul *fresh = versions->fresh;
  for (uint32_t i = 0; i < fresh->constraints_count; i++) compare_constraint(comparing, old, i);
  for (uint32_t i = 0; old && i < old->constraints_count; i++) {
    if (!same_constraint(fresh, old, i))
      note(comparing, SOUL_WIDENS, old->constraints[i].name, "constraint removed");
  }
}

/* Renames of the two ops that speak of one attribute happen in one pass, so a CONVERT and a RENAME
 * of the same name become one. */
static void merge_ops(struct soul_diff *diff) {
  for (uint32_t i = 0; i + 1 < diff->ops_count; i++) {
    struct evolution_op *op = &diff->ops[i], *next = &diff->ops[i + 1];
    if (op->kind != EVOLUTION_CONVERT || next->kind != EVOLUTION_RENAME ||
        !slice_is_equal(op->name, next->name))
      continue;
    op->to = next->to;
    memmove(next, next + 1, (diff->ops_count - i - 2) * sizeof *next);
    diff->ops_count--;
  }
}

/* ---- steps ---- */

/* What gives up a name comes first: who looks for what becomes of an attribute finds it before
 * another that takes the name. */
static int rank(const struct evolution_op *op) {
  if (op->to.bytes || op->kind == EVOLUTION_DROP) return 0;
  if (op->kind == EVOLUTION_SET) return 2;
  return op->is_computed ? 3 : 1;
}

/* A constant is for beings that lack the attribute, also for those that have one of its name which
 * goes by another after the step. What is computed sees the being as it is by then, with what was
 * computed before it. */
static bool waits_for(const struct evolution_op *op, const struct evolution_op *before) {
  if (op->kind == EVOLUTION_SET) return rank(before) == 0 && slice_is_equal(before->name, op->name);
  if (!op->is_computed) return false;
  return !before->is_computed || mentions(op->expression, before->name);
}

/* The sorted operations, in as few steps as do it. */
static void divide(struct soul_diff *diff) {
  diff->steps_count = 1;
  diff->steps[0] = (struct evolution_step){.ops = diff->ops};
  for (uint32_t i = 0; i < diff->ops_count; i++) {
    struct evolution_step *step = &diff->steps[diff->steps_count - 1];
    bool waits = false;
    for (uint32_t k = 0; k < step->ops_count && !waits; k++)
      waits = waits_for(&diff->ops[i], &step->ops[k]);
    if (waits) {
      step = &diff->steps[diff->steps_count++];
      *step = (struct evolution_step){.ops = &diff->ops[i]};
    }
    step->ops_count++;
  }
}

static status order_ops(struct comparing *comparing, struct err *err) {
  struct soul_diff *diff = comparing->diff;
  struct evolution_op *sorted = arena_zalloc(comparing->arena, OPS_MAX, sizeof *sorted);
  diff->steps = arena_zalloc(comparing->arena, diff->ops_count + 1u, sizeof *diff->steps);
  uint32_t count = 0;
  if (!sorted || !diff->steps) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to compare genotypes");
  for (int turn = 0; turn <= 3; turn++) {
    for (uint32_t i = 0; i < diff->ops_count; i++)
      if (rank(&diff->ops[i]) == turn) sorted[count++] = diff->ops[i];
  }
  diff->ops = sorted;
  divide(diff);
  return LUMA_OK;
}

void soul_diff_write_steps(const struct soul_diff *diff, uint32_t from, uint32_t to,
                           struct buf *out) {
  for (uint32_t i = 0; i < diff->steps_count; i++) {
    diff->steps[i].from = i ? to : from;
    diff->steps[i].to = to;
  }
  evolution_write(out, diff->steps, diff->steps_count);
}

status soul_compare(const struct soul_versions *versions, const struct soul_hints *hints,
                    struct arena *arena, struct soul_diff *diff, struct err *err) {
  struct comparing comparing = {versions, hints, arena, diff};
  *diff = (struct soul_diff){.changes = arena_zalloc(arena, CHANGES_MAX, sizeof *diff->changes),
                             .ops = arena_zalloc(arena, OPS_MAX, sizeof *diff->ops)};
  if (!diff->changes || !diff->ops) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to compare genotypes");
  TRY(check_hints(&comparing, err));
  for (uint32_t i = 0; i < versions->fresh->attributes_count; i++)
    compare_attribute(&comparing, &versions->fresh->attributes[i]);
  compare_gone(&comparing);
  compare_constraints(&comparing);
  if (versions->was_open && !versions->is_open)
    note(&comparing, SOUL_NARROWS, slice_of(NULL, 0), "closed");
  if (!versions->was_open && versions->is_open)
    note(&comparing, SOUL_WIDENS, slice_of(NULL, 0), "opened");
  merge_ops(diff);
  return order_ops(&comparing, err);
}

const char *soul_effect_name(enum soul_effect effect) {
  static const char *const names[] = {"neutral", "widening", "narrowing"};
  return names[effect];
}

void soul_diff_write(struct buf *out, const struct soul_diff *diff) {
  buf_append_byte(out, '[');
  for (uint32_t i = 0; i < diff->changes_count; i++) {
    const struct soul_change *change = &diff->changes[i];
    buf_append_format(out, "%s{\"change\":\"%s\"", i ? "," : "", change->what);
    if (change->attribute.bytes) {
      buf_append_text(out, ",\"name\":");
      json_write_text(out, change->attribute);
    }
    if (change->from.bytes) {
      buf_append_text(out, ",\"from\":");
      json_write_text(out, change->from);
    }
    buf_append_format(out, ",\"effect\":\"%s\"}", soul_effect_name(change->effect));
  }
  buf_append_byte(out, ']');
}
