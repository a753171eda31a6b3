/* SPDX-License-Identifier: MIT */
/* Names of types, conversions between numbers, batches. */
#include "tests/lib/test.h"
#include "value/batch/batch.h"

static void types_have_names(void) {
  for (int i = VAL_NULL; i < VAL_TYPES; i++) {
    enum val_type type = VAL_MISSING;
    assert_true(val_type_parse(slice_of_text(val_type_name((enum val_type)i)), &type));
    assert_int_equal(type, i);
  }
}

static void types_have_other_spellings(void) {
  static const struct {
    const char *name;
    enum val_type type;
  } cases[] = {{"INT", VAL_INT64},      {"Integer", VAL_INT64},     {"string", VAL_TEXT},
               {"double", VAL_FLOAT64}, {"array", VAL_LIST},        {"object", VAL_MAP},
               {"BOOLEAN", VAL_BOOL},   {"datetime", VAL_TIMESTAMP}};
  enum val_type type;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_true(val_type_parse(slice_of_text(cases[i].name), &type));
    assert_int_equal(type, cases[i].type);
  }
  assert_false(val_type_parse(slice_of_text("strin"), &type));
  assert_false(val_type_parse(slice_of_text("missing"), &type));
}

static void integers_come_out_of_numbers_that_are(void) {
  static const struct {
    double real;
    bool fits;
    int64_t integer;
  } cases[] = {{0.0, true, 0},
               {-0.0, true, 0},
               {-5.0, true, -5},
               {0.5, false, 0},
               {0x1p63, false, 0},
               {-0x1p63, true, INT64_MIN},
               {0x1p53, true, 1ll << 53},
               {1e300, false, 0},
               {__builtin_inf(), false, 0},
               {__builtin_nan(""), false, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct val v = val_float64(cases[i].real);
    int64_t integer = 0;
    assert_int_equal(val_to_int64(&v, &integer), cases[i].fits);
    if (cases[i].fits) assert_int_equal(integer, cases[i].integer);
  }
  struct val decimal = val_decimal(decimal_from_int64(INT64_MAX));
  int64_t integer = 0;
  assert_true(val_to_int64(&decimal, &integer));
  assert_int_equal(integer, INT64_MAX);
}

static void batches_begin_empty(void) {
  struct arena arena;
  struct batch batch;
  arena_init(&arena, 0, 0);
  assert_ok(batch_init(&batch, &arena, 3, test_err()));
  assert_int_equal(batch.columns[2][BATCH_ROWS - 1].type, VAL_MISSING);
  batch.rows = batch.selected_count = 5;
  assert_int_equal(batch_row(&batch, 4), 4);
  batch.selected = batch.selection_room;
  batch.selected[0] = 3;
  assert_int_equal(batch_row(&batch, 0), 3);
  batch_reset(&batch);
  assert_int_equal(batch.rows + batch.selected_count, 0);
  assert_null(batch.selected);
  arena_deinit(&arena);
  arena_init(&arena, 0, 10000);
  assert_status(LUMA_BUDGET_EXCEEDED, batch_init(&batch, &arena, 3, test_err()));
  arena_deinit(&arena);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"types have names", types_have_names, 0},
      {"types have other spellings", types_have_other_spellings, 0},
      {"integers come out of numbers that are", integers_come_out_of_numbers_that_are, 0},
      {"batches begin empty", batches_begin_empty, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
