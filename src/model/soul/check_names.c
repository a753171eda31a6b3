/* SPDX-License-Identifier: MIT */
/* What expressions of a genotype read: a misspelt name would be null, and a constraint that is null
 * holds. */
#include "base/text/suggest.h"
#include "model/soul/soul.h"

struct reading {
  const struct soul *soul;
  const struct soul_rule *rule;
  struct soul_faults faults;
};

static void check_name(void *context, struct slice name) {
  struct reading *reading = context;
  const struct soul *soul = reading->soul;
  struct soul_fault fault = {.rule = "unknown"};
  struct suggest suggest;
  if (soul_attribute(soul, name) || slice_is_equal(name, slice_of_text("_id")) ||
      slice_is_equal(name, slice_of_text("id")))
    return;
  suggest_init(&suggest, name);
  for (uint32_t i = 0; i < soul->attributes_count; i++)
    suggest_offer(&suggest, soul->attributes[i].name);
  if (suggest_is_good(&suggest))
    soul_faults_add(&reading->faults, &fault,
                    "the expression `%.*s` reads `%.*s`, which is not an attribute (did you mean "
                    "`%.*s`?)",
                    SLICE_ARG(reading->rule->text), SLICE_ARG(name), SLICE_ARG(suggest.best));
  else
    soul_faults_add(&reading->faults, &fault,
                    "the expression `%.*s` reads `%.*s`, which is not an attribute",
                    SLICE_ARG(reading->rule->text), SLICE_ARG(name));
}

static status check_rules(struct reading *reading, struct err *err) {
  const struct soul *soul = reading->soul;
  struct soul_program *program;
  TRY(soul_take_program(soul, &program, err));
  for (uint32_t i = 0; i < soul->rules_count; i++) {
    reading->rule = &soul->rules[i];
    soul->ops->reads(program, i, check_name, reading);
  }
  soul_give_program(soul, program);
  return LUMA_OK;
}

status soul_check_names(const struct soul *soul, struct err *err) {
  struct reading reading = {.soul = soul};
  if (soul->rules_count == 0) return LUMA_OK;
  soul_faults_init(&reading.faults);
  status result = check_rules(&reading, err);
  if (result == LUMA_OK)
    result = soul_faults_raise(&reading.faults, LUMA_INVALID_GENOTYPE, "the genotype", err);
  soul_faults_deinit(&reading.faults);
  return result;
}
