/* SPDX-License-Identifier: MIT */
/* Values and expressions of a genotype: defaults, ranges, choices; functions, constraints. */
#include <stdio.h>

#include "base/mem/mem.h"
#include "model/soul/declared.h"
#include "model/soul/soul_int.h"
#include "value/order/order.h"

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { EXPANSIONS_MAX = 64, EXPRESSION_BYTES_MAX = 64 << 10 };

/* ---- values against their type ---- */

/* A value of the genotype as one of the attribute's type, kept. */
static struct val settle(struct soul_reading *reading, const struct soul_place *place,
                         const struct soul_attribute *attribute, const struct val *value) {
  struct soul_attribute bare = {.name = attribute->name,
                                .type = attribute->type,
                                .min_length = SOUL_NONE,
                                .max_length = SOUL_NONE,
                                .pattern_rule = SOUL_NONE};
  struct soul_check check = {
      .soul = reading->soul, .arena = reading->arena, .faults = &reading->faults};
  bool changed = false;
  struct val kept = soul__keep(reading, value);
  if (soul_check_value(&check, &bare, place, &kept, &changed, NULL) != LUMA_OK)
    reading->failed = LUMA_OUT_OF_MEMORY;
  return kept;
}

static struct val settle_member(struct soul_reading *reading, const struct soul_place *place,
                                const struct val *map, const struct soul_attribute *attribute,
                                const char *const *names) {
  struct soul_place here = {.up = place};
  struct val value = soul__member(map, names, &here);
  return val_is_null(&value) ? val_missing() : settle(reading, &here, attribute, &value);
}

static void settle_choices(struct soul_reading *reading, const struct soul_place *place,
                           const struct val *map, struct soul_attribute *attribute) {
  struct soul_place here = {.up = place};
  struct val list = soul__member(map, NAMES("enum", "choices"), &here);
  if (val_is_null(&list)) return;
  if (list.type != VAL_LIST || val_count(&list) == 0) {
    soul__fault(reading, &here, "type", &list, "must be a list of values");
    return;
  }
  struct buf out;
  struct build build;
  struct slice built;
  buf_init(&out, SOUL_TEXT_BYTES_MAX);
  build_init(&build, &out, NULL);
  build_begin_list(&build);
  for (uint32_t i = 0; i < val_count(&list); i++) {
    struct soul_place item = {.up = &here, .index = i};
    struct val value = val_at(&list, i);
    if (val_is_null(&value)) continue; /* that null is allowed is said by `required` */
    value = settle(reading, &item, attribute, &value);
    build_put(&build, &value);
  }
  build_end(&build);
  if (soul__built(reading, &build, &built)) {
    struct val settled = val_decode(built, NULL);
    attribute->allowed = soul__keep(reading, &settled);
  }
  build_deinit(&build);
  buf_deinit(&out);
}

static void settle_range(struct soul_reading *reading, const struct soul_place *place,
                         const struct val *map, struct soul_attribute *attribute) {
  uint32_t before = reading->faults.count;
  attribute->min = settle_member(reading, place, map, attribute, NAMES("min", "minimum"));
  attribute->max = settle_member(reading, place, map, attribute, NAMES("max", "maximum"));
  if (reading->faults.count == before && attribute->min.type && attribute->max.type &&
      val_compare(&attribute->min, &attribute->max) > 0)
    soul__fault(reading, place, "min", &attribute->min, "has a min above its max");
  if (attribute->min_length != SOUL_NONE && attribute->max_length != SOUL_NONE &&
      attribute->min_length > attribute->max_length)
    soul__fault(reading, place, "min_length", NULL, "has a min_length above its max_length");
}

/* A default must keep the attribute's own rules. */
static void check_default(struct soul_reading *reading, const struct soul_place *place,
                          const struct soul_attribute *attribute) {
  if (attribute->default_value.type == VAL_MISSING) return;
  struct soul_place here = {.up = place, .name = slice_of_text("default")};
  struct soul_attribute rules = *attribute;
  struct soul_check check = {
      .soul = reading->soul, .arena = reading->arena, .faults = &reading->faults};
  struct val value = attribute->default_value;
  bool changed = false;
  rules.pattern_rule = SOUL_NONE;
  if (soul_check_value(&check, &rules, &here, &value, &changed, NULL) != LUMA_OK)
    reading->failed = LUMA_OUT_OF_MEMORY;
}

void soul__settle_attribute(struct soul_reading *reading, const struct soul_place *place,
                            const struct val *map, struct soul_attribute *attribute) {
  uint32_t before = reading->faults.count;
  attribute->default_value = settle_member(reading, place, map, attribute, NAMES("default"));
  settle_range(reading, place, map, attribute);
  settle_choices(reading, place, map, attribute);
  if (reading->faults.count == before) check_default(reading, place, attribute);
  if (attribute->computed.bytes &&
      (attribute->default_value.type || attribute->default_expression.bytes))
    soul__fault(reading, place, "computed", NULL, "is computed: it cannot have a default");
}

/* ---- functions ---- */

void soul__read_functions(struct soul_reading *reading, const struct val *functions) {
  static const struct soul_place top = {.name = {.data = (const uint8_t *)"functions", .bytes = 9}};
  if (val_is_null(functions)) return;
  if (functions->type != VAL_MAP) {
    soul__fault(reading, &top, "type", functions, "must be a map of expressions");
    return;
  }
  uint32_t count = val_count(functions);
  struct soul_function *made = soul__room(reading, count, sizeof *made);
  reading->soul->functions = made;
  for (uint32_t i = 0; made && i < count; i++) {
    struct soul_place here = {.up = &top};
    struct val value = val_field_at(functions, i, &here.name);
    if (value.type == VAL_MAP)
      soul__check_keys(reading, &here, &value,
                       NAMES("expression", "computed", "check", "body", "guard", "description"));
    if (value.type == VAL_MAP)
      value = soul__member(&value, NAMES("expression", "computed", "check", "body", "guard"), NULL);
    if (value.type != VAL_TEXT)
      soul__fault(reading, &here, "type", &value, "must be an expression as text");
    else if (soul__check_name(reading, &here, here.name))
      made[reading->soul->functions_count++] = (struct soul_function){
          soul__keep_text(reading, here.name), soul__keep_text(reading, val_slice(&value))};
  }
}

static bool is_word(uint8_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c >= 0x80;
}

static const struct soul_function *find_function(const struct soul *soul, struct slice name) {
  for (uint32_t i = 0; i < soul->functions_count; i++) {
    if (slice_is_equal(soul->functions[i].name, name)) return &soul->functions[i];
  }
  return NULL;
}

/* Copies a quoted text; answers where it ends. */
static size_t skip_quoted(struct slice text, size_t at) {
  uint8_t quote = text.data[at];
  for (at++; at < text.bytes && text.data[at] != quote; at++) {
  }
  return at < text.bytes ? at + 1 : at;
}

/* Replaces each call of a function of the genotype, `name()`, by its expression in parentheses.
 * True if there was one. */
static bool expand_once(const struct soul *soul, struct slice text, struct buf *out) {
  bool any = false;
  for (size_t at = 0; at < text.bytes;) {
    size_t from = at;
    if (text.data[at] == '\'' || text.data[at] == '"' || text.data[at] == '`') {
      at = skip_quoted(text, at);
    } else if (is_word(text.data[at])) {
      while (at < text.bytes && is_word(text.data[at])) at++;
      bool is_call = at + 1 < text.bytes && text.data[at] == '(' && text.data[at + 1] == ')';
      const struct soul_function *found =
          is_call ? find_function(soul, slice_of(text.data + from, at - from)) : NULL;
      if (found) {
        buf_append_format(out, "(%.*s)", SLICE_ARG(found->expression));
        at += 2;
        any = true;
        continue;
      }
    } else {
      at++;
    }
    buf_append(out, text.data + from, at - from);
  }
  return any;
}

struct slice soul__expand(struct soul_reading *reading, const struct soul_place *place,
                          struct slice text) {
  const struct soul_function *named = find_function(reading->soul, text);
  struct buf from, to;
  buf_init(&from, EXPRESSION_BYTES_MAX);
  buf_init(&to, EXPRESSION_BYTES_MAX);
  buf_append_slice(&from, named ? named->expression : text);
  int tries = 0;
  while (expand_once(reading->soul, buf_slice(&from), &to) && to.failed == LUMA_OK &&
         ++tries < EXPANSIONS_MAX) {
    struct buf swap = from;
    from = to;
    to = swap;
    buf_reset(&to);
  }
  if (from.failed == LUMA_OUT_OF_MEMORY || to.failed == LUMA_OUT_OF_MEMORY)
    reading->failed = LUMA_OUT_OF_MEMORY;
  if (tries == EXPANSIONS_MAX || to.failed != LUMA_OK)
    soul__fault(reading, place, "functions", NULL,
                "the functions of `%.*s` call each other in a ring", SLICE_ARG(text));
  struct slice kept = soul__keep_text(reading, buf_slice(&from));
  buf_deinit(&from);
  buf_deinit(&to);
  return kept;
}

/* ---- constraints ---- */

static void check_columns(struct soul_reading *reading, const struct soul_place *place,
                          const struct soul_constraint *constraint) {
  for (uint32_t i = 0; i < constraint->attributes_count; i++) {
    const struct soul *soul = reading->soul;
    struct slice name = constraint->attributes[i];
    if (soul_attribute(soul, name)) continue;
    struct slice meant = soul_nearest(soul->attributes, soul->attributes_count, name);
    soul__fault(reading, place, "unknown", NULL,
                meant.bytes ? "names `%.*s`, which is not an attribute (did you mean `%.*s`?)"
                            : "names `%.*s`, which is not an attribute",
                SLICE_ARG(name), SLICE_ARG(meant));
  }
}

static void read_constraint(struct soul_reading *reading, const struct soul_place *place,
                            const struct val *value, struct slice name,
                            struct soul_constraint *constraint) {
  *constraint = (struct soul_constraint){.name = name, .check_rule = SOUL_NONE};
  if (value->type == VAL_TEXT) {
    constraint->check = soul__keep_text(reading, val_slice(value));
    return;
  }
  if (value->type != VAL_MAP) {
    soul__fault(reading, place, "type", value,
                "must be an expression, or a map with \"check\" or "
                "\"unique\"");
    return;
  }
  soul__check_keys(reading, place, value,
                   NAMES("name", "check", "expression", "unique", "not_valid", "description"));
  soul__check_texts(reading, place, value, NAMES("description"));
  if (!name.bytes) constraint->name = soul__text(reading, place, value, NAMES("name"));
  struct val unique = val_field(value, slice_of_text("unique"));
  constraint->check = soul__text(reading, place, value, NAMES("check", "expression"));
  constraint->not_valid = soul__flag(reading, place, value, NAMES("not_valid"), false);
  if (constraint->not_valid && !val_is_null(&unique))
    soul__fault(reading, place, "not_valid", NULL, "is for checks: values are unique or are not");
  if (val_is_null(&unique)) {
    if (!constraint->check.bytes)
      soul__fault(reading, place, "type", value, "must have \"check\" or \"unique\"");
    return;
  }
  constraint->kind = SOUL_UNIQUE;
  constraint->attributes = soul__texts(reading, place, &unique, &constraint->attributes_count);
  check_columns(reading, place, constraint);
}

/* A constraint without a name is called after its place. */
static void name_constraint(struct soul_reading *reading, struct soul_constraint *constraint,
                            uint32_t nth) {
  if (constraint->name.bytes) return;
  char name[32];
  int bytes = snprintf(name, sizeof name, "%s_%u",
                       constraint->kind == SOUL_CHECK ? "check" : "unique", nth + 1);
  constraint->name = soul__keep_text(reading, slice_of(name, (size_t)bytes));
}

void soul__read_constraints(struct soul_reading *reading, const struct val *constraints) {
  static const struct soul_place top = {
      .name = {.data = (const uint8_t *)"constraints", .bytes = 11}};
  if (val_is_null(constraints)) return;
  bool is_list = constraints->type == VAL_LIST;
  if (!is_list && constraints->type != VAL_MAP) {
    soul__fault(reading, &top, "type", constraints, "must be a list or a map of constraints");
    return;
  }
  uint32_t count = val_count(constraints);
  struct soul_constraint *made = soul__room(reading, count, sizeof *made);
  for (uint32_t i = 0; made && i < count; i++) {
    struct soul_place here = {.up = &top, .index = i};
    struct val value = is_list ? val_at(constraints, i) : val_field_at(constraints, i, &here.name);
    read_constraint(reading, &here, &value, soul__keep_text(reading, here.name), &made[i]);
    name_constraint(reading, &made[i], i);
  }
  reading->soul->constraints = made;
  reading->soul->constraints_count = made ? count : 0;
}
