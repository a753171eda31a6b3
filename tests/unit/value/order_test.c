/* SPDX-License-Identifier: MIT */
/* The total order: its axioms on random values, exact numbers across kinds, the order of types,
 * hashes. */
#include "tests/lib/test.h"
#include "tests/unit/value/gen.h"
#include "value/order/hash.h"
#include "value/order/order.h"

enum { CROWD = 48 };

static int sign(int order) {
  return (order > 0) - (order < 0);
}

/* Values in which near and equal ones are frequent. */
static void gather(struct gen *gen, struct val *values, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    values[i] = i == 0 ? gen_value(gen, 3) : gen_near(gen, &values[rng_below(gen->rng, i)]);
}

static void check_quick_hash(const struct val *v) {
  if (val_is_integer(v)) assert_int_equal(val_hash(v, 0), val_hash_integer(v->integer));
  if (v->type == VAL_TEXT) assert_int_equal(val_hash(v, 0), val_hash_text(val_slice(v)));
  if (v->type == VAL_BOOL) assert_int_equal(val_hash(v, 0), val_hash_bool(v->boolean));
}

static void check_pairs(const struct val *values) {
  for (uint32_t i = 0; i < CROWD; i++) {
    assert_int_equal(val_compare(&values[i], &values[i]), 0);
    check_quick_hash(&values[i]);
    for (uint32_t j = 0; j < CROWD; j++) {
      int order = sign(val_compare(&values[i], &values[j]));
      assert_int_equal(order, -sign(val_compare(&values[j], &values[i])));
      assert_int_equal(order == 0, val_is_equal(&values[i], &values[j]));
      if (order == 0) assert_int_equal(val_hash(&values[i], 5), val_hash(&values[j], 5));
    }
  }
}

static void check_triples(const struct val *values) {
  static int order[CROWD][CROWD];
  for (uint32_t i = 0; i < CROWD; i++)
    for (uint32_t j = 0; j < CROWD; j++) order[i][j] = sign(val_compare(&values[i], &values[j]));
  for (uint32_t i = 0; i < CROWD; i++)
    for (uint32_t j = 0; j < CROWD; j++)
      for (uint32_t k = 0; order[i][j] <= 0 && k < CROWD; k++)
        if (order[j][k] <= 0) assert_true(order[i][k] <= 0);
}

static void is_a_total_order(void) {
  struct names *names = NULL;
  assert_ok(names_create(1, &names, test_err()));
  for (size_t round = 0; round < test_rounds(100); round++) {
    struct gen gen;
    struct val values[CROWD];
    gen_init(&gen, test_rng(), names);
    gather(&gen, values, CROWD);
    check_pairs(values);
    check_triples(values);
    gen_deinit(&gen);
  }
  names_destroy(names);
}

static void numbers_alone_are_a_total_order(void) {
  for (size_t round = 0; round < test_rounds(100); round++) {
    struct gen gen;
    struct val values[CROWD];
    gen_init(&gen, test_rng(), NULL);
    for (uint32_t i = 0; i < CROWD; i++) values[i] = gen_number(&gen);
    check_pairs(values);
    check_triples(values);
    gen_deinit(&gen);
  }
}

/* The x87 extended format holds every int64 and every double exactly: an oracle of its own. */
static void integers_and_doubles_compare_exactly(void) {
  struct gen gen;
  gen_init(&gen, test_rng(), NULL);
  for (size_t round = 0; round < test_rounds(20000); round++) {
    struct val a = gen_number(&gen), b = gen_near(&gen, &a);
    if (!val_is_integer(&a) || b.type != VAL_FLOAT64 || b.real != b.real) continue;
    long double left = (long double)a.integer, right = (long double)b.real;
    assert_int_equal(sign(val_compare(&a, &b)), (left > right) - (left < right));
  }
  gen_deinit(&gen);
}

static struct val decimal_of(const char *text) {
  struct decimal d;
  assert_true(decimal_parse(slice_of_text(text), &d, NULL));
  return val_decimal(d);
}

static void equal_numbers_are_equal_in_every_kind(void) {
  struct val ones[] = {val_int32(1), val_int64(1), val_float64(1.0), decimal_of("1"),
                       decimal_of("1.000")};
  struct val zeroes[] = {val_int64(0), val_float64(-0.0), decimal_of("-0.0"), decimal_of("0E+10"),
                         val_float64(0.0)};
  struct val halves[] = {val_float64(0.5), decimal_of("0.50"), decimal_of("5E-1"), val_float64(0.5),
                         decimal_of("0.5")};
  struct val nans[] = {val_float64(__builtin_nan("")), decimal_of("NaN"),
                       val_float64(-__builtin_nan("")), decimal_of("NaN"), decimal_of("NaN")};
  struct val *groups[] = {ones, zeroes, halves, nans};
  for (size_t g = 0; g < 4; g++)
    for (size_t i = 0; i < 5; i++)
      for (size_t j = 0; j < 5; j++) {
        assert_int_equal(val_compare(&groups[g][i], &groups[g][j]), 0);
        assert_int_equal(val_hash(&groups[g][i], 1), val_hash(&groups[g][j], 1));
      }
}

static void numbers_stand_in_line(void) {
  struct val line[] = {
      val_float64(__builtin_nan("")),
      val_float64(-__builtin_inf()),
      decimal_of("-1E+400"),
      val_float64(-1.7976931348623157e308),
      val_int64(INT64_MIN),
      val_int64(-1),
      val_float64(-5e-324),
      decimal_of("-1E-400"),
      val_int32(0),
      decimal_of("1E-400"),
      val_float64(5e-324),
      decimal_of("0.1"),
      val_float64(0.1), /* a little above the decimal 0.1 */
      val_int64(9007199254740992),
      val_int64(9007199254740993),
      val_float64(9007199254740994.0),
      val_int64(INT64_MAX),
      val_float64(0x1p63),
      decimal_of("9223372036854775808.5"),
      val_float64(1.7976931348623157e308),
      decimal_of("1E+400"),
      val_float64(__builtin_inf()),
  };
  for (size_t i = 0; i < sizeof line / sizeof line[0]; i++)
    for (size_t j = 0; j < sizeof line / sizeof line[0]; j++)
      assert_int_equal(sign(val_compare(&line[i], &line[j])), (i > j) - (i < j));
}

static void types_stand_in_line(void) {
  static const enum val_type line[] = {
      VAL_MINKEY,    VAL_MISSING,  VAL_NULL,     VAL_INT64,    VAL_TEXT,  VAL_MAP,  VAL_LIST,
      VAL_VECTOR,    VAL_LIGHT,    VAL_BYTES,    VAL_OBJECTID, VAL_ULID,  VAL_UUID, VAL_BOOL,
      VAL_TIMESTAMP, VAL_BSONTIME, VAL_DURATION, VAL_INTERVAL, VAL_REGEX, VAL_CODE, VAL_MAXKEY,
  };
  for (size_t i = 1; i < sizeof line / sizeof line[0]; i++)
    assert_true(val_order_class(line[i - 1]) < val_order_class(line[i]));
  assert_int_equal(val_order_class(VAL_DATE), val_order_class(VAL_TIMESTAMP));
  assert_int_equal(val_order_class(VAL_DECIMAL), val_order_class(VAL_INT32));
}

static void dates_and_timestamps_share_a_time_line(void) {
  struct val day = {.type = VAL_DATE, .integer = 1}, midnight = val_timestamp(86400000000);
  struct val before = val_timestamp(86399999999), far = {.type = VAL_DATE, .integer = INT64_MAX};
  assert_true(val_is_equal(&day, &midnight));
  assert_int_equal(val_hash(&day, 0), val_hash(&midnight, 0));
  assert_true(val_compare(&before, &day) < 0);
  assert_true(val_compare(&midnight, &far) < 0);
}

static void intervals_compare_by_length(void) {
  struct val month = {.type = VAL_INTERVAL, .interval = {1, 0, 0}},
             days = {.type = VAL_INTERVAL, .interval = {0, 31, 0}};
  struct val same = {.type = VAL_INTERVAL, .interval = {0, 30, 0}};
  assert_true(val_compare(&month, &days) < 0);
  assert_true(val_compare(&month, &same) > 0); /* of one length, but not one interval */
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"is a total order", is_a_total_order, 0},
      {"numbers alone are a total order", numbers_alone_are_a_total_order, 0},
      {"integers and doubles compare exactly", integers_and_doubles_compare_exactly, 0},
      {"equal numbers are equal in every kind", equal_numbers_are_equal_in_every_kind, 0},
      {"numbers stand in line", numbers_stand_in_line, 0},
      {"types stand in line", types_stand_in_line, 0},
      {"dates and timestamps share a time line", dates_and_timestamps_share_a_time_line, 0},
      {"intervals compare by length", intervals_compare_by_length, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
