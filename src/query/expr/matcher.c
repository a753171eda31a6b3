/* SPDX-License-Identifier: MIT */
/* Compiling and testing predicates: trees, paths, lists. */
#include "query/expr/matcher.h"

#include <stdlib.h>

#include "base/core/assert.h"
#include "query/expr/matcher_int.h"
#include "query/expr/program.h"
#include "value/order/order.h"

static status compile(struct expr_env *env, const struct match *match, struct matcher **out,
                      struct err *err);

/* ---- compiling ---- */

static bool is_plain_path(const struct path *path) {
  for (uint32_t i = 0; i < path->count; i++)
    if (path->steps[i].is_index) return false;
  return true;
}

static int compare_values(const void *a, const void *b) {
  return val_compare(a, b);
}

static status add_regex(struct expr_env *env, struct matcher *matcher, const struct val *value,
                        struct err *err) {
  struct slice options, pattern = val_regex(value, &options);
  uint32_t at = matcher->regexes_count;
  TRY(expr_env_regex(env, pattern, options, &matcher->regexes[at], err));
  matcher->regex_values[at] = *value;
  matcher->regexes_count++;
  return LUMA_OK;
}

static status make_regex_room(struct expr_env *env, struct matcher *matcher, uint32_t count,
                              struct err *err) {
  matcher->regexes = arena_zalloc(env->arena, count, sizeof(struct regex *));
  matcher->regex_values = arena_zalloc(env->arena, count, sizeof(struct val));
  return plan_check_memory(env->arena, matcher->regexes ? matcher->regex_values : NULL, err);
}

/** The operand as the collation has it, in the environment's arena. */
static status collate(struct expr_env *env, const struct val *value, struct val *out,
                      struct err *err) {
  struct val key;
  *out = *value;
  if (!env->collation || !collation_concerns(value)) return LUMA_OK;
  TRY(collation_key(env->collation, 0, value, &key, err));
  return expr_copy_value(env->arena, &key, out, err);
}

static bool is_compared(enum match_op op) {
  return op <= MATCH_LTE;
}

static status compile_in(struct expr_env *env, const struct match *match, struct matcher *matcher,
                         struct err *err) {
  if (matcher->value.type != VAL_LIST) FAIL(err, LUMA_INVALID_ARGUMENT, "$in and $nin take a list");
  uint32_t count = val_count(&matcher->value);
  TRY(make_regex_room(env, matcher, count + 1, err));
  matcher->values = arena_zalloc(env->arena, count + 1, sizeof(struct val));
  TRY(plan_check_memory(env->arena, matcher->values, err));
  for (uint32_t i = 0; i < count; i++) {
    struct val element = val_at(&matcher->value, i);
    if (val_is_null(&element))
      matcher->has_null = true;
    else if (element.type == VAL_REGEX && !match->is_literal)
      TRY(add_regex(env, matcher, &element, err));
    else
      TRY(collate(env, &element, &matcher->values[matcher->values_count++], err));
  }
  qsort(matcher->values, matcher->values_count, sizeof(struct val), compare_values);
  return LUMA_OK;
}

static status compile_mod(struct matcher *matcher, struct err *err) {
  int64_t parts[2] = {0, 0};
  if (matcher->value.type != VAL_LIST || val_count(&matcher->value) != 2)
    FAIL(err, LUMA_INVALID_ARGUMENT, "$mod takes a list of divisor and remainder");
  for (uint32_t i = 0; i < 2; i++) {
    struct val v = val_at(&matcher->value, i);
    if (!val_is_number(&v)) FAIL(err, LUMA_INVALID_ARGUMENT, "$mod takes numbers");
    if (!matcher__truncate(&v, &parts[i]))
      FAIL(err, LUMA_INVALID_ARGUMENT, "$mod takes numbers that fit 64 bits");
  }
  if (parts[0] == 0) FAIL(err, LUMA_INVALID_ARGUMENT, "the divisor of $mod is zero");
  matcher->divisor = parts[0];
  matcher->remainder = parts[1];
  return LUMA_OK;
}

static status compile_size(struct matcher *matcher, struct err *err) {
  if (!val_is_number(&matcher->value) || !val_to_int64(&matcher->value, &matcher->size) ||
      matcher->size < 0)
    FAIL(err, LUMA_INVALID_ARGUMENT, "$size takes a whole number that is not negative");
  return LUMA_OK;
}

/** The operand, made ready for the operator. */
static status compile_operand(struct expr_env *env, struct matcher *matcher,
                              const struct match *match, struct err *err) {
  struct val *value = &matcher->value;
  switch (match->op) {
  case MATCH_IN:
  case MATCH_NIN: return compile_in(env, match, matcher, err);
  case MATCH_TYPE: return matcher__set_types(matcher, value, err);
  case MATCH_MOD: return compile_mod(matcher, err);
  case MATCH_BITS_ALL_SET:
  case MATCH_BITS_ANY_SET:
  case MATCH_BITS_ALL_CLEAR:
  case MATCH_BITS_ANY_CLEAR: return matcher__set_bits(env, matcher, err);
  case MATCH_GEO_WITHIN:
  case MATCH_GEO_MEETS: return matcher__set_geo(env, matcher, err);
  case MATCH_SIZE: return compile_size(matcher, err);
  case MATCH_REGEX:
    if (value->type != VAL_REGEX)
      FAIL(err, LUMA_INVALID_ARGUMENT, "$regex takes a regular expression");
    TRY(make_regex_room(env, matcher, 1, err));
    return add_regex(env, matcher, value, err);
  case MATCH_EQ:
  case MATCH_NE:
    matcher->has_null = val_is_null(value);
    if (value->type != VAL_REGEX) return LUMA_OK;
    TRY(make_regex_room(env, matcher, 1, err));
    return add_regex(env, matcher, value, err);
  case MATCH_GT:
  case MATCH_GTE:
  case MATCH_LT:
  case MATCH_LTE:
    matcher->has_null = val_is_null(value);
    matcher->order_class = val_order_class((enum val_type)value->type);
    return LUMA_OK;
  case MATCH_EXISTS:
  case MATCH_ALL:
  case MATCH_ELEM:
  case MATCH_AND:
  case MATCH_OR:
  case MATCH_NOR:
  case MATCH_NOT:
  case MATCH_EXPR: break;
  }
  return LUMA_OK;
}

static uint32_t bits_kept(enum match_op op) {
  switch ((int)op) {
  case MATCH_GT: return PROBE_GREATER;
  case MATCH_GTE: return PROBE_GREATER | PROBE_EQUAL;
  case MATCH_LT: return PROBE_LESS;
  case MATCH_LTE: return PROBE_LESS | PROBE_EQUAL;
  default: return PROBE_EQUAL;
  }
}

/** Most documents answer a comparison with texts or numbers as they are stored. */
static void make_probe(struct matcher *matcher) {
  bool is_set = matcher->op == MATCH_IN || matcher->op == MATCH_NIN;
  const struct val *values = is_set ? matcher->values : &matcher->value;
  uint32_t count = is_set ? matcher->values_count : 1;
  if (matcher->op > MATCH_NIN || !matcher->is_plain || matcher->field.path.count == 0) return;
  if (matcher->collation || matcher->has_null || matcher->regexes_count) return;
  if (!probe_takes(values, count)) return;
  matcher->probe = (struct probe){.keep = bits_kept(matcher->op),
                                  .count = count,
                                  .values = values,
                                  .into_lists = true,
                                  .knows_nulls = true,
                                  .others_differ = true};
}

/** Whether the predicate of a $elemMatch is about fields of the elements, so that only maps and
 * lists can match. */
static bool reads_fields(const struct match *match) {
  for (uint32_t i = 0; i < match->children_count; i++) {
    const struct match *child = match->children[i];
    bool is_any = child->op == MATCH_AND && child->children_count == 0; /* of any document */
    if (child->path.count || is_any || (child->op != MATCH_ELEM && reads_fields(child)))
      return true;
  }
  return false;
}

static status compile_children(struct expr_env *env, struct matcher *matcher,
                               const struct match *match, struct err *err) {
  matcher->children = arena_zalloc(env->arena, match->children_count + 1, sizeof(struct matcher *));
  TRY(plan_check_memory(env->arena, matcher->children, err));
  for (uint32_t i = 0; i < match->children_count; i++)
    TRY(compile(env, match->children[i], &matcher->children[i], err));
  matcher->children_count = match->children_count;
  return LUMA_OK;
}

/** `$all: [a, b]` is a AND b on the same path; of nothing it is false, which an OR of nothing says.
 */
static status compile_all(struct expr_env *env, struct matcher *matcher, const struct match *match,
                          struct err *err) {
  if (match->children_count) {
    matcher->op = MATCH_AND;
    return compile_children(env, matcher, match, err);
  }
  if (matcher->value.type != VAL_LIST) FAIL(err, LUMA_INVALID_ARGUMENT, "$all takes a list");
  uint32_t count = val_count(&matcher->value);
  matcher->op = count ? MATCH_AND : MATCH_OR;
  matcher->children = arena_zalloc(env->arena, count + 1, sizeof(struct matcher *));
  TRY(plan_check_memory(env->arena, matcher->children, err));
  for (uint32_t i = 0; i < count; i++) {
    struct match each = *match;
    struct expr operand = {
        .kind = EXPR_CONST, .value = val_at(&matcher->value, i), .offset = match->offset};
    each.op = MATCH_EQ;
    each.value = &operand;
    TRY(compile(env, &each, &matcher->children[i], err));
    matcher->children_count++;
  }
  return LUMA_OK;
}

static status fill(struct expr_env *env, struct matcher *matcher, const struct match *match,
                   struct err *err) {
  if (match->value) TRY(program_constant(env, match->value, &matcher->value, err));
  if (match->value && is_compared(match->op))
    TRY(collate(env, &matcher->value, &matcher->value, err));
  TRY(field_reader_init(&matcher->field, env, &match->path, match->key, false, err));
  matcher->is_plain = is_plain_path(&match->path);
  matcher->on_fields =
      match->op == MATCH_ELEM ? reads_fields(match) : match->path.count || reads_fields(match);
  if (match->op == MATCH_EXPR)
    return program_create(env, match->expression, &matcher->program, err);
  if (match->op == MATCH_ALL) return compile_all(env, matcher, match, err);
  if (match->children_count) return compile_children(env, matcher, match, err);
  TRY(compile_operand(env, matcher, match, err));
  make_probe(matcher);
  return LUMA_OK;
}

static status compile(struct expr_env *env, const struct match *match, struct matcher **out,
                      struct err *err) {
  struct matcher *matcher = arena_zalloc(env->arena, 1, sizeof *matcher);
  TRY(plan_check_memory(env->arena, matcher, err));
  matcher->op = match->op;
  matcher->slot = match->slot;
  matcher->collation = env->collation;
  *out = matcher;
  return expr_env_fail(env, match->offset, fill(env, matcher, match, err), err);
}

status matcher_create(struct expr_env *env, const struct match *match, struct matcher **matcher,
                      struct err *err) {
  return compile(env, match, matcher, err);
}

/* ---- testing ---- */

status matcher_begin(struct matcher *matcher, struct expr_env *env, const struct batch *batch,
                     struct arena *arena, struct err *err) {
  if (batch->selected_count == 0) return LUMA_OK;
  if (matcher->op == MATCH_EXPR)
    return program_run(matcher->program, batch, arena, &matcher->truths, &matcher->truths_stride,
                       err);
  if (matcher->op == MATCH_ELEM || matcher->children_count == 0)
    return field_reader_bind(&matcher->field, env,
                             &batch->columns[matcher->slot][batch_row(batch, 0)], err);
  for (uint32_t i = 0; i < matcher->children_count; i++)
    TRY(matcher_begin(matcher->children[i], env, batch, arena, err));
  return LUMA_OK;
}

/** A visit of the values a path reaches, until one satisfies the predicate. */
struct test {
  const struct matcher *matcher;
  bool matches;
  status failed;
  struct err *err;
};

/** Whether a list is looked into besides being looked at. */
static bool looks_into_lists(enum match_op op) {
  bool is_geo = op == MATCH_GEO_WITHIN || op == MATCH_GEO_MEETS;
  return op != MATCH_EXISTS && op != MATCH_SIZE && op != MATCH_ELEM && !is_geo;
}

status matcher__test_reached(const struct matcher *matcher, const struct val *v, bool *matches,
                             struct err *err) {
  TRY(matcher__test_value(matcher, v, matches, err));
  if (*matches || v->type != VAL_LIST || !looks_into_lists(matcher->op)) return LUMA_OK;
  for (uint32_t i = 0; i < val_count(v) && !*matches; i++) {
    struct val element = val_at(v, i);
    TRY(matcher__test_value(matcher, &element, matches, err));
  }
  return LUMA_OK;
}

static bool test_visited(void *context, const struct val *v) {
  struct test *test = context;
  test->failed = matcher__test_reached(test->matcher, v, &test->matches, test->err);
  return test->failed == LUMA_OK && !test->matches;
}

/** `{"a.0": 1}` is about the first element, not about what it has. */
static bool test_placed(void *context, const struct val *v) {
  struct test *test = context;
  test->failed = matcher__test_value(test->matcher, v, &test->matches, test->err);
  return test->failed == LUMA_OK && !test->matches;
}

/** The predicate of a leaf on `root`'s path, before NE and NIN turn it round. */
static status test_path(const struct matcher *matcher, const struct val *root, bool *matches,
                        struct err *err) {
  enum probe_answer answer =
      matcher->probe.count ? field_ask(&matcher->field, &matcher->probe, root) : PROBE_UNSURE;
  *matches = answer == PROBE_YES;
  if (answer != PROBE_UNSURE) return LUMA_OK;
  if (matcher->is_plain) {
    struct val v = field_read(&matcher->field, root);
    /* A value found by names alone is the only one: a list on the way would have ended the reading.
     */
    if (v.type != VAL_MISSING || (matcher->field.path.count == 1 && root->type == VAL_MAP))
      return matcher__test_reached(matcher, &v, matches, err);
  }
  struct test test = {.matcher = matcher, .err = err};
  field_visit_placed(&matcher->field, root, test_visited, test_placed, &test);
  *matches = test.matches;
  return test.failed;
}

static bool is_negative(const struct matcher *matcher) {
  if (matcher->op == MATCH_EXISTS) return !matcher__is_true(&matcher->value);
  return matcher->op == MATCH_NE || matcher->op == MATCH_NIN;
}

/** Where the documents come from: a batch's row, or one element. */
struct subject {
  const struct batch *batch;
  uint32_t row;
  const struct val *element;
  bool is_pulled;
};

static status test_subject(const struct matcher *matcher, const struct subject *subject,
                           bool *matches, struct err *err);

/** AND: all; OR: any; NOT: not all; NOR: not any. */
static status test_tree(const struct matcher *matcher, const struct subject *subject, bool *matches,
                        struct err *err) {
  bool is_all = matcher->op == MATCH_AND || matcher->op == MATCH_NOT, found = is_all;
  for (uint32_t i = 0; i < matcher->children_count && found == is_all; i++)
    TRY(test_subject(matcher->children[i], subject, &found, err));
  *matches = found ^ (matcher->op == MATCH_NOR || matcher->op == MATCH_NOT);
  return LUMA_OK;
}

/** A list among the elements is a map of its places: its own elements are reached by number, not
 * through it. */
static status test_list_element(const struct matcher *matcher, const struct val *list,
                                bool *matches, struct err *err) {
  const struct path *path = &matcher->field.path;
  struct path rest = {.count = path->count - 1, .steps = path->steps + 1};
  struct test test = {.matcher = matcher, .err = err};
  struct val at =
      path->steps[0].is_index ? val_at(list, (uint32_t)path->steps[0].index) : val_missing();
  path_visit_placed(&rest, &at, test_visited, test_placed, &test);
  *matches = test.matches;
  return test.failed;
}

static status test_element(const struct matcher *matcher, const struct subject *subject,
                           bool *matches, struct err *err) {
  const struct val *element = subject->element;
  if (matcher->field.path.count == 0)
    return subject->is_pulled ? matcher__test_reached(matcher, element, matches, err)
                              : matcher__test_value(matcher, element, matches, err);
  if (element->type == VAL_LIST) return test_list_element(matcher, element, matches, err);
  return test_path(matcher, element, matches, err);
}

static status test_subject(const struct matcher *matcher, const struct subject *subject,
                           bool *matches, struct err *err) {
  ASSERT(subject->element || subject->batch);
  if (matcher->op >= MATCH_AND && matcher->op <= MATCH_NOT)
    return test_tree(matcher, subject, matches, err);
  if (matcher->op == MATCH_EXPR) {
    ASSERT(!subject->element);
    *matches = matcher__is_true(&matcher->truths[subject->row * matcher->truths_stride]);
    return LUMA_OK;
  }
  if (!subject->element)
    TRY(test_path(matcher, &subject->batch->columns[matcher->slot][subject->row], matches, err));
  else
    TRY(test_element(matcher, subject, matches, err));
  *matches ^= is_negative(matcher);
  return LUMA_OK;
}

/** Those rows that a probe answers for need no more. */
static bool is_answered(const struct matcher *matcher, const struct val *document, bool *matches) {
  enum probe_answer answer = field_ask(&matcher->field, &matcher->probe, document);
  *matches = (answer == PROBE_YES) ^ is_negative(matcher);
  return answer != PROBE_UNSURE;
}

status matcher_prepare(struct matcher *matcher, struct expr_env *env, const struct names *names,
                       bool *can, struct err *err) {
  const struct val document = {.type = VAL_MAP, .names = names};
  *can = matcher->probe.count && matcher->slot == 0;
  return *can ? field_reader_bind(&matcher->field, env, &document, err) : LUMA_OK;
}

bool matcher_refuses(const struct matcher *matcher, const struct val *document) {
  bool matches = false;
  return is_answered(matcher, document, &matches) && !matches;
}

status matcher_keep(const struct matcher *matcher, const struct batch *batch, uint32_t *kept,
                    struct err *err) {
  const struct val *documents = batch->columns[matcher->slot];
  *kept = 0;
  for (uint32_t i = 0; i < batch->selected_count; i++) {
    uint32_t row = batch_row(batch, i);
    bool matches = false;
    if (!matcher->probe.count || !is_answered(matcher, &documents[row], &matches))
      TRY(matcher_test(matcher, batch, row, &matches, err));
    batch->selection_room[*kept] = (uint16_t)row;
    *kept += matches;
  }
  return LUMA_OK;
}

status matcher_test(const struct matcher *matcher, const struct batch *batch, uint32_t row,
                    bool *matches, struct err *err) {
  return test_subject(matcher, &(struct subject){.batch = batch, .row = row}, matches, err);
}

status matcher_test_element(const struct matcher *matcher, const struct val *element, bool *matches,
                            struct err *err) {
  return test_subject(matcher, &(struct subject){.element = element}, matches, err);
}

status matcher_test_pulled(const struct matcher *matcher, const struct val *element, bool *matches,
                           struct err *err) {
  *matches = false;
  bool is_of_lists = matcher->op == MATCH_ELEM && matcher->field.path.count == 0;
  if (matcher->on_fields && element->type != VAL_MAP && !is_of_lists) return LUMA_OK;
  return test_subject(matcher, &(struct subject){.element = element, .is_pulled = true}, matches,
                      err);
}
