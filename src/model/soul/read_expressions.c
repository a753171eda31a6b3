/* SPDX-License-Identifier: MIT */
/* Expressions and patterns of a genotype: gathered as rules with their places, then each compiled
 * once to find what is wrong with it. In a closed collection a misspelt name would be null, and a
 * constraint that is null holds; so names are looked at, too. */
#include "base/mem/mem.h"
#include "model/soul/declared.h"
#include "model/soul/soul_int.h"

static struct soul_place at(const struct soul_place *up, const char *name) {
  return (struct soul_place){.up = up, .name = slice_of_text(name)};
}

static struct slice path_text(struct soul_reading *reading, const struct soul_place *place) {
  struct buf text;
  buf_init(&text, 64 << 10);
  soul_place_format(place, &text);
  struct slice kept = soul__keep_text(reading, buf_slice(&text));
  buf_deinit(&text);
  return kept;
}

uint32_t soul__rule(struct soul_reading *reading, const struct soul_place *place,
                    enum soul_rule_kind kind, struct slice text) {
  struct soul *soul = reading->soul;
  if (text.bytes == 0) return SOUL_NONE;
  if (soul->rules_count == SOUL_RULES_MAX) {
    soul__fault(reading, place, "too_many", NULL, "a genotype has at most %d expressions",
                SOUL_RULES_MAX);
    return SOUL_NONE;
  }
  if (!mem_grow((void **)&soul->rules, &reading->rules_capacity, soul->rules_count + 1u,
                sizeof *soul->rules)) {
    reading->failed = LUMA_OUT_OF_MEMORY;
    return SOUL_NONE;
  }
  struct slice whole = kind == SOUL_RULE_PATTERN ? text : soul__expand(reading, place, text);
  soul->rules[soul->rules_count] =
      (struct soul_rule){.kind = kind, .text = whole, .path = path_text(reading, place)};
  return soul->rules_count++;
}

/* ---- gathering ---- */

static void gather_attributes(struct soul_reading *reading, const struct soul_place *up,
                              struct soul_attribute *attributes, uint32_t count);

/* What stands inside attributes; `attributes` and `items` are keys of the genotype. */
static void gather_inside(struct soul_reading *reading, const struct soul_place *up,
                          const struct soul_type *type) {
  struct soul_place fields = at(up, "attributes"), items = at(up, "items");
  gather_attributes(reading, &fields, type->fields, type->fields_count);
  if (!type->item) return;
  struct soul_attribute *item = (struct soul_attribute *)(uintptr_t)type->item;
  struct soul_place pattern = at(&items, "pattern");
  item->pattern_rule = soul__rule(reading, &pattern, SOUL_RULE_PATTERN, item->pattern);
  gather_inside(reading, &items, &item->type);
}

static void gather_one(struct soul_reading *reading, const struct soul_place *place,
                       struct soul_attribute *one) {
  struct soul_place pattern = at(place, "pattern"), computed = at(place, "computed");
  struct soul_place fallback = at(place, "default_expression"), moves = at(place, "transitions");
  one->pattern_rule = soul__rule(reading, &pattern, SOUL_RULE_PATTERN, one->pattern);
  one->computed_rule = soul__rule(reading, &computed, SOUL_RULE_VALUE, one->computed);
  one->default_rule = soul__rule(reading, &fallback, SOUL_RULE_VALUE, one->default_expression);
  for (uint32_t k = 0; k < one->transitions_count; k++)
    one->transitions[k].guard_rule =
        soul__rule(reading, &moves, SOUL_RULE_CONDITION, one->transitions[k].guard);
  gather_inside(reading, place, &one->type);
}

static void gather_attributes(struct soul_reading *reading, const struct soul_place *up,
                              struct soul_attribute *attributes, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    struct soul_place place = {.up = up, .name = attributes[i].name};
    gather_one(reading, &place, &attributes[i]);
  }
}

/* ---- what cannot stand inside ---- */

static void refuse_inside(struct soul_reading *reading, const struct soul_place *up,
                          const struct soul_type *type);

/* A reference, or one in what it is a list or a map of. */
static bool has_reference(const struct soul_type *type) {
  while (type->element && type->kind != SOUL_REF) type = type->element;
  return type->kind == SOUL_REF;
}

/* Nobody would see whether deeper ones name anything. */
static void refuse_deep(struct soul_reading *reading, const struct soul_place *place,
                        const struct soul_attribute *one) {
  if (!reading->is_given || soul_refers(one) || !has_reference(&one->type)) return;
  soul__fault(reading, place, "nested", NULL,
              "has references too deep: an attribute is ref(soul) or list<ref(soul)>");
}

static void refuse_one(struct soul_reading *reading, const struct soul_place *place,
                       const struct soul_attribute *one, bool may_refer) {
  bool is_deep = reading->is_given && one->type.kind != SOUL_REF && has_reference(&one->type);
  bool refers = is_deep || (one->type.kind == SOUL_REF && !may_refer);
  if (one->unique || one->indexed || one->computed.bytes || one->default_expression.bytes ||
      one->has_transitions || one->immutable || refers)
    soul__fault(reading, place, "nested", NULL,
                "is inside another attribute: unique, index, computed, default_expression, "
                "transitions, immutable and references are for attributes at the top");
  refuse_inside(reading, place, &one->type);
}

static void refuse_inside(struct soul_reading *reading, const struct soul_place *up,
                          const struct soul_type *type) {
  struct soul_place items = at(up, "items");
  for (uint32_t i = 0; i < type->fields_count; i++) {
    struct soul_place place = {.up = up, .name = type->fields[i].name};
    refuse_one(reading, &place, &type->fields[i], false);
  }
  if (type->item) refuse_one(reading, &items, type->item, true);
}

/* ---- what is not to be shown ---- */

static bool mask_inside(const struct soul_type *type, bool is_around);

static bool mask_one(struct soul_attribute *one, bool is_around) {
  bool is_mine = one->sensitive || is_around;
  bool is_inside = mask_inside(&one->type, is_mine);
  one->is_masked = is_mine || is_inside;
  return one->is_masked;
}

static bool mask_inside(const struct soul_type *type, bool is_around) {
  bool any = false;
  for (uint32_t i = 0; i < type->fields_count; i++) any |= mask_one(&type->fields[i], is_around);
  if (type->item)
    any |= mask_one((struct soul_attribute *)(uintptr_t)type->item, is_around);
  else if (type->element)
    any |= mask_inside(type->element, is_around);
  return any;
}

void soul__gather_rules(struct soul_reading *reading) {
  struct soul *soul = reading->soul;
  struct soul_place top = at(NULL, "attributes"), constraints = at(NULL, "constraints");
  gather_attributes(reading, &top, soul->attributes, soul->attributes_count);
  for (uint32_t i = 0; i < soul->attributes_count; i++) {
    struct soul_attribute *one = &soul->attributes[i];
    struct soul_place place = {.up = &top, .name = one->name};
    refuse_inside(reading, &place, &one->type);
    if (!one->type.item) refuse_deep(reading, &place, one);
    (void)mask_one(one, false);
    soul->has_computed |= one->computed.bytes > 0 || one->default_expression.bytes > 0;
  }
  for (uint32_t i = 0; i < soul->constraints_count; i++) {
    struct soul_place place = {.up = &constraints, .name = soul->constraints[i].name};
    soul->constraints[i].check_rule =
        soul__rule(reading, &place, SOUL_RULE_CONDITION, soul->constraints[i].check);
  }
}

/* ---- what is wrong with them ---- */

struct naming {
  struct soul_reading *reading;
  const struct soul_rule *rule;
};

static void check_name(void *context, const struct path *path) {
  struct naming *naming = context;
  const struct soul *soul = naming->reading->soul;
  struct soul_place place = {.name = naming->rule->path};
  struct soul_misnamed wrong;
  if (path->count == 0 || slice_is_equal(path->steps[0].name, slice_of_text("id"))) return;
  if (soul_declares(soul, path, &wrong)) return;
  struct buf whole;
  buf_init(&whole, 4096);
  path_format(path, &whole);
  if (wrong.meant.bytes)
    soul__fault(naming->reading, &place, "unknown", NULL,
                "the expression `%.*s` reads `%.*s`, which is not an attribute (did you mean "
                "`%.*s`?)",
                SLICE_ARG(naming->rule->text), SLICE_ARG(buf_slice(&whole)),
                SLICE_ARG(wrong.meant));
  else
    soul__fault(naming->reading, &place, "unknown", NULL,
                "the expression `%.*s` reads `%.*s`, which is not an attribute",
                SLICE_ARG(naming->rule->text), SLICE_ARG(buf_slice(&whole)));
  buf_deinit(&whole);
}

static void fault_rule(struct soul_reading *reading, const struct soul_rule *rule,
                       const struct err *why) {
  bool has_hint = why->code == LUMA_TYPE_MISMATCH && why->hint[0];
  const char *what = rule->kind == SOUL_RULE_PATTERN ? "pattern" : "expression";
  struct soul_place place = {.name = rule->path};
  soul__fault(reading, rule->path.bytes ? &place : NULL, what, NULL,
              has_hint ? "the %s `%.*s`: %s (%s)" : "the %s `%.*s`: %s%s", what,
              SLICE_ARG(rule->text), why->message, has_hint ? why->hint : "");
}

/* In a closed collection, as a statement would be told. */
static void check_types(struct soul_reading *reading, const struct soul_rule *rule) {
  const struct soul *soul = reading->soul;
  struct err err = {0};
  bool is_typed = rule->kind == SOUL_RULE_CONDITION || rule->kind == SOUL_RULE_VALUE;
  if (!is_typed || !soul->ops->check_types) return;
  status result = soul->ops->check_types(soul, rule, &err);
  if (result == LUMA_OUT_OF_MEMORY) reading->failed = result;
  if (result == LUMA_TYPE_MISMATCH) fault_rule(reading, rule, &err);
}

/* Each is tried alone, to find all that are wrong. */
static void check_rule(struct soul_reading *reading, const struct soul_rule *rule, bool has_names) {
  const struct soul *soul = reading->soul;
  struct naming naming = {reading, rule};
  struct err err = {0};
  struct soul_program *program;
  uint32_t failed;
  status result = soul->ops->create(soul, rule, 1, &program, &failed, &err);
  if (result == LUMA_OUT_OF_MEMORY) reading->failed = result;
  if (result != LUMA_OK && result != LUMA_OUT_OF_MEMORY) fault_rule(reading, rule, &err);
  if (result != LUMA_OK) return;
  if (has_names) soul->ops->reads(program, 0, check_name, &naming);
  if (has_names) check_types(reading, rule);
  soul->ops->destroy(program);
}

/* Functions that nothing calls are read as well. */
static void check_functions(struct soul_reading *reading, bool has_names) {
  const struct soul *soul = reading->soul;
  struct soul_place top = at(NULL, "functions");
  for (uint32_t i = 0; i < soul->functions_count; i++) {
    struct soul_place place = {.up = &top, .name = soul->functions[i].name};
    struct soul_rule rule = {.kind = SOUL_RULE_VALUE};
    uint32_t before = reading->faults.count;
    rule.text = soul__expand(reading, &place, soul->functions[i].expression);
    rule.path = path_text(reading, &place);
    if (reading->faults.count == before) check_rule(reading, &rule, has_names);
  }
}

/* ---- what is computed from what is sensitive ---- */

struct spreading {
  const struct soul *soul;
  bool is_sensitive; /* something that was read is */
};

static void see_read(void *context, const struct path *path) {
  struct spreading *spreading = context;
  const struct soul *soul = spreading->soul;
  if (path->count) spreading->is_sensitive |= soul_is_sensitive(soul, path);
  for (uint32_t i = 0; path->count == 0 && i < soul->attributes_count; i++)
    spreading->is_sensitive |= soul->attributes[i].is_masked;
}

static bool reads_sensitive(struct soul_reading *reading, uint32_t nth) {
  const struct soul *soul = reading->soul;
  struct spreading spreading = {.soul = soul};
  struct soul_program *program;
  uint32_t failed;
  if (nth == SOUL_NONE) return false;
  status result = soul->ops->create(soul, &soul->rules[nth], 1, &program, &failed, NULL);
  if (result == LUMA_OUT_OF_MEMORY) reading->failed = result;
  if (result != LUMA_OK) return false; /* it is a fault */
  soul->ops->reads(program, 0, see_read, &spreading);
  soul->ops->destroy(program);
  return spreading.is_sensitive;
}

/* True when there was one more. */
static bool spread_once(struct soul_reading *reading) {
  bool any = false;
  for (uint32_t i = 0; i < reading->soul->attributes_count; i++) {
    struct soul_attribute *one = &reading->soul->attributes[i];
    if (one->is_masked || !reads_sensitive(reading, one->computed_rule)) continue;
    (void)mask_one(one, true);
    any = true;
  }
  return any;
}

static void spread_masks(struct soul_reading *reading) {
  bool any = false;
  for (uint32_t i = 0; i < reading->soul->attributes_count; i++)
    any |= reading->soul->attributes[i].is_masked;
  while (any && reading->failed == LUMA_OK) any = spread_once(reading);
}

void soul__check_rules(struct soul_reading *reading) {
  const struct soul *soul = reading->soul;
  bool has_names = reading->is_given && !soul_leaves_open(soul);
  if (!soul->ops && soul->rules_count) {
    soul__fault(reading, NULL, "expression", NULL, "expressions cannot be run here");
    return;
  }
  for (uint32_t i = 0; i < soul->rules_count && reading->failed == LUMA_OK; i++)
    check_rule(reading, &soul->rules[i], has_names);
  if (reading->is_given && soul->ops) check_functions(reading, has_names);
  if (soul->ops) spread_masks(reading);
}

status soul_read_expression(const struct soul *soul, const struct soul_rule *expression,
                            bool has_names, struct arena *arena, struct slice *whole,
                            struct err *err) {
  struct soul_reading reading = {.soul = (struct soul *)(uintptr_t)soul, .arena = arena};
  struct soul_place place = {.name = expression->path};
  struct soul_rule rule = *expression;
  soul_faults_init(&reading.faults);
  *whole = rule.text = soul__expand(&reading, &place, expression->text);
  if (reading.faults.count == 0 && reading.failed == LUMA_OK)
    check_rule(&reading, &rule, has_names);
  status result = reading.failed;
  if (result == LUMA_OK)
    result = soul_faults_raise(&reading.faults, LUMA_INVALID_GENOTYPE, "the evolution", err);
  else
    err_raise(err, result, __FILE__, __LINE__, "no memory for an expression");
  soul_faults_deinit(&reading.faults);
  return result;
}
