/* SPDX-License-Identifier: MIT */
/* Probes: what they are sure of is what values and the total order say. */
#include <stdlib.h>

#include "tests/lib/test.h"
#include "tests/unit/value/gen.h"
#include "value/doc/probe.h"
#include "value/order/order.h"

enum { VALUES_MAX = 20, STEPS_MAX = 2 };

static int compare_values(const void *a, const void *b) {
  return val_compare(a, b);
}

static bool is_of_class(const struct val *v, const struct val *operand) {
  return val_order_class(v->type) == val_order_class(operand->type);
}

static bool is_kept(const struct probe *probe, const struct val *v) {
  for (uint32_t i = 0; i < probe->count; i++) {
    int order = val_compare(v, &probe->values[i]);
    int bit = order < 0 ? PROBE_LESS : order > 0 ? PROBE_GREATER : PROBE_EQUAL;
    if (is_of_class(v, &probe->values[i]) && (probe->keep & (uint32_t)bit)) return true;
  }
  return false;
}

static bool naive_answer(const struct probe *probe, const struct val *v) {
  bool yes = is_kept(probe, v);
  for (uint32_t i = 0; probe->into_lists && v->type == VAL_LIST && i < val_count(v); i++) {
    struct val element = val_at(v, i);
    yes |= is_kept(probe, &element);
  }
  return yes;
}

/* A text or number that stands in the document, or something near it. */
static struct val draw_operand(struct gen *gen, const struct val *root, bool is_text) {
  struct val v = *root;
  for (int depth = 0; depth < 3 && (v.type == VAL_MAP || v.type == VAL_LIST); depth++) {
    uint32_t count = val_count(&v);
    struct slice name;
    if (count == 0) break;
    uint32_t at = (uint32_t)rng_below(gen->rng, count);
    v = v.type == VAL_MAP ? val_field_at(&v, at, &name) : val_at(&v, at);
  }
  if (is_text) return v.type == VAL_TEXT ? v : val_text(gen_text(gen));
  if (!val_is_number(&v)) v = gen_number(gen);
  return v;
}

static bool draw_probe(struct gen *gen, const struct val *root, struct val values[VALUES_MAX],
                       struct probe *probe) {
  bool is_text = rng_below(gen->rng, 2), is_set = rng_below(gen->rng, 2);
  uint32_t count = is_set ? 1 + (uint32_t)rng_below(gen->rng, VALUES_MAX) : 1;
  for (uint32_t i = 0; i < count; i++) values[i] = draw_operand(gen, root, is_text);
  qsort(values, count, sizeof *values, compare_values);
  *probe = (struct probe){.keep = is_set ? PROBE_EQUAL : 1 + (uint32_t)rng_below(gen->rng, 6),
                          .count = count,
                          .values = values,
                          .into_lists = rng_below(gen->rng, 2),
                          .knows_nulls = rng_below(gen->rng, 2),
                          .others_differ = rng_below(gen->rng, 2)};
  return probe_takes(values, count);
}

/* What is at the path; MISSING where it ends early, and `*through_list` where a list is on it. */
static struct val walk(const struct names *names, const uint16_t *ids, uint32_t count,
                       const struct val *root, bool *through_list) {
  struct val v = *root;
  *through_list = false;
  for (uint32_t i = 0; i < count; i++) {
    *through_list |= v.type == VAL_LIST;
    v = val_field(&v, names_get(names, ids[i]));
  }
  return v;
}

struct counts {
  uint64_t asked, sure, yes;
};

static void check_document(struct gen *gen, const struct val *root, struct counts *counts) {
  struct val values[VALUES_MAX];
  uint16_t ids[STEPS_MAX];
  uint32_t steps = 1 + (uint32_t)rng_below(gen->rng, STEPS_MAX);
  struct probe probe;
  bool through_list;
  for (uint32_t i = 0; i < steps; i++)
    assert_ok(names_intern(gen->names, gen_name(gen), &ids[i], test_err()));
  if (!draw_probe(gen, root, values, &probe)) return;
  struct val v = walk(gen->names, ids, steps, root, &through_list);
  enum probe_answer answer = probe_ask(&probe, gen->names, ids, steps, root);
  counts->asked++;
  if (answer == PROBE_UNSURE) return;
  counts->sure++;
  counts->yes += answer == PROBE_YES;
  assert_false(through_list);
  assert_int_equal(naive_answer(&probe, &v), answer == PROBE_YES);
  bool differs = !val_is_null(&v) && !is_of_class(&v, &values[0]);
  bool looks_inside = v.type == VAL_LIST && probe.into_lists;
  if (!probe.knows_nulls && val_is_null(&v)) fail_msg("sure of nothing");
  if (!probe.others_differ && differs && !looks_inside) fail_msg("sure of another class");
}

static void what_is_sure_is_right(void) {
  struct counts counts = {0};
  struct names *names = NULL;
  assert_ok(names_create(1, &names, test_err()));
  for (size_t round = 0; round < test_rounds(8000); round++) {
    struct gen gen;
    gen_init(&gen, test_rng(), names);
    struct val root = gen_value(&gen, 3);
    for (int i = 0; i < 8; i++) check_document(&gen, &root, &counts);
    gen_deinit(&gen);
  }
  assert_true(counts.yes > 0);
  assert_true(counts.sure > counts.asked / 20);
  names_destroy(names);
}

static void says_which_values_it_takes(void) {
  struct val texts[] = {val_text(slice_of_text("a")), val_text(slice_of_text("b"))};
  struct val mixed[] = {val_int64(1), val_text(slice_of_text("b"))};
  struct val numbers[] = {val_int32(1), val_int64(2), val_float64(2.5)};
  struct val nan = val_float64(__builtin_nan("")), null = val_null();
  assert_true(probe_takes(texts, 2));
  assert_true(probe_takes(numbers, 2));
  assert_true(probe_takes(&numbers[2], 1));
  assert_false(probe_takes(numbers, 3));
  assert_false(probe_takes(mixed, 2));
  assert_false(probe_takes(&nan, 1));
  assert_false(probe_takes(&null, 1));
  assert_false(probe_takes(NULL, 0));
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"what is sure is right", what_is_sure_is_right, 0},
      {"says which values it takes", says_which_values_it_takes, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
