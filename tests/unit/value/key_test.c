/* SPDX-License-Identifier: MIT */
/* Keys: their byte order is the order of values, ascending, descending and compound; parts delimit
 * themselves; any bytes are decided. */
#include "tests/lib/fault.h"
#include "tests/lib/test.h"
#include "tests/unit/value/gen.h"
#include "value/key/key.h"
#include "value/order/order.h"

enum { BUF_BYTES_MAX = 1 << 20 };

static int sign(int order) {
  return (order > 0) - (order < 0);
}

/* False when the value is too large to be a key. */
static bool encode(struct buf *out, const struct val *v, bool descending) {
  size_t before = out->bytes;
  status encoded = key_encode(out, v, descending, test_err());
  if (encoded != LUMA_TOO_LARGE) assert_ok(encoded);
  if (encoded == LUMA_TOO_LARGE) assert_int_equal(out->bytes, before);
  err_reset(test_err());
  return encoded == LUMA_OK;
}

/* Keys of one or two parts, each up or down, order as their values do. */
static void check_pair(struct gen *gen, const struct val *a, const struct val *b) {
  struct buf left, right;
  buf_init(&left, BUF_BYTES_MAX);
  buf_init(&right, BUF_BYTES_MAX);
  int expected = 0;
  bool fits = true;
  for (int part = 0; part < 2 && fits; part++) {
    bool descending = rng_below(gen->rng, 2);
    int order = sign(val_compare(&a[part], &b[part]));
    if (expected == 0) expected = descending ? -order : order;
    fits = encode(&left, &a[part], descending) && encode(&right, &b[part], descending);
    if (fits) assert_int_equal(sign(slice_compare(buf_slice(&left), buf_slice(&right))), expected);
  }
  buf_deinit(&left);
  buf_deinit(&right);
}

static void key_order_is_value_order(void) {
  struct names *names = NULL;
  assert_ok(names_create(1, &names, test_err()));
  for (size_t round = 0; round < test_rounds(20000); round++) {
    struct gen gen;
    gen_init(&gen, test_rng(), names);
    struct val a[2] = {gen_value(&gen, 3), gen_value(&gen, 1)};
    struct val b[2] = {gen_near(&gen, &a[0]), gen_near(&gen, &a[1])};
    check_pair(&gen, a, b);
    gen_deinit(&gen);
  }
  names_destroy(names);
}

static void numbers_of_every_kind_keep_their_order(void) {
  struct gen gen;
  gen_init(&gen, test_rng(), NULL);
  for (size_t round = 0; round < test_rounds(100000); round++) {
    struct val a[2] = {gen_number(&gen), gen_number(&gen)};
    struct val b[2] = {gen_near(&gen, &a[0]), gen_number(&gen)};
    check_pair(&gen, a, b);
  }
  gen_deinit(&gen);
}

/* Each part of a compound key tells its length, and decodes to a value equal to what was encoded.
 */
static void parts_delimit_themselves_and_decode(void) {
  struct names *names = NULL;
  struct buf key, scratch;
  assert_ok(names_create(1, &names, test_err()));
  buf_init(&key, BUF_BYTES_MAX);
  buf_init(&scratch, BUF_BYTES_MAX);
  for (size_t round = 0; round < test_rounds(10000); round++) {
    struct gen gen;
    struct val out, v;
    gen_init(&gen, test_rng(), names);
    bool descending = rng_below(gen.rng, 2);
    v = gen_value(&gen, 3);
    buf_reset(&key);
    buf_reset(&scratch);
    if (encode(&key, &v, descending)) {
      size_t bytes = key.bytes;
      assert_true(buf_append(&key, "\x00\xff\x01", 1 + rng_below(gen.rng, 3)));
      assert_int_equal(key_part_bytes(buf_slice(&key), descending), bytes);
      for (size_t cut = bytes > 40 ? bytes - 40 : 0; cut < bytes; cut++)
        assert_int_equal(key_part_bytes(slice_of(key.data, cut), descending), 0);
      assert_ok(key_decode(slice_of(key.data, bytes), descending, &scratch, &out, test_err()));
      assert_int_equal(val_compare(&v, &out), 0);
    }
    gen_deinit(&gen);
  }
  buf_deinit(&key);
  buf_deinit(&scratch);
  names_destroy(names);
}

/* The quick way answers as the thorough one does, or not at all. */
static void scalars_decode_alike(void) {
  struct buf key, scratch, texts;
  uint64_t decoded = 0;
  buf_init(&key, BUF_BYTES_MAX);
  buf_init(&scratch, BUF_BYTES_MAX);
  buf_init(&texts, BUF_BYTES_MAX);
  for (size_t round = 0; round < test_rounds(20000); round++) {
    struct gen gen;
    struct val slow, quick;
    gen_init(&gen, test_rng(), NULL);
    bool descending = rng_below(gen.rng, 2);
    struct val v = gen_value(&gen, 1);
    buf_reset(&key);
    buf_reset(&scratch);
    buf_reset(&texts);
    if (encode(&key, &v, descending)) {
      assert_non_null(buf_reserve(&texts, key.bytes));
      size_t bytes = key_decode_scalar(buf_slice(&key), descending, &texts, &quick);
      assert_true(bytes == 0 || bytes == key.bytes);
      assert_ok(key_decode(buf_slice(&key), descending, &scratch, &slow, test_err()));
      if (bytes) assert_true(gen_is_identical(&quick, &slow));
      decoded += bytes != 0;
    }
    gen_deinit(&gen);
  }
  assert_true(decoded > 0);
  buf_deinit(&key);
  buf_deinit(&scratch);
  buf_deinit(&texts);
}

static void missing_is_a_key(void) {
  struct buf key;
  struct val missing = val_missing(), null = val_null(), out = val_null();
  buf_init(&key, BUF_BYTES_MAX);
  assert_true(encode(&key, &missing, false));
  assert_ok(key_decode(buf_slice(&key), false, &key, &out, test_err()));
  assert_int_equal(out.type, VAL_MISSING);
  assert_true(encode(&key, &null, false));
  assert_true(key.data[0] < key.data[1]);
  buf_deinit(&key);
}

/* Kinds are not kept, values are: 1.0 comes back as 1, 2^53 + 1 as itself. */
static void numbers_come_back(void) {
  static const struct {
    const char *decimal, *expected;
  } cases[] = {{"1.000", "1"},
               {"9007199254740993", "9007199254740993"},
               {"-9223372036854775807", "-9223372036854775807"},
               {"0.1", "0.1"},
               {"-0.1", "-0.1"},
               {"123456789012345678901234567890.1", "123456789012345678901234567890.1"},
               {"1E+400", "1E+400"},
               {"-1.5E-400", "-1.5E-400"},
               {"-12E+401", "-1.2E+402"}};
  struct buf key, scratch;
  buf_init(&key, BUF_BYTES_MAX);
  buf_init(&scratch, BUF_BYTES_MAX);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct decimal d;
    struct val v, out;
    char text[DECIMAL_TEXT_BYTES_MAX];
    buf_reset(&key);
    assert_true(decimal_parse(slice_of_text(cases[i].decimal), &d, NULL));
    v = val_decimal(d);
    assert_true(encode(&key, &v, false));
    assert_ok(key_decode(buf_slice(&key), false, &scratch, &out, test_err()));
    assert_int_equal(out.type, i < 3 ? VAL_INT64 : VAL_DECIMAL);
    size_t bytes = decimal_format(val_to_decimal(&out), text);
    assert_true(slice_is_equal(slice_of(text, bytes), slice_of_text(cases[i].expected)));
  }
  buf_deinit(&key);
  buf_deinit(&scratch);
}

static void check_bytes(struct val v, bool descending, const char *hex) {
  struct buf key, text;
  buf_init(&key, BUF_BYTES_MAX);
  buf_init(&text, BUF_BYTES_MAX);
  assert_true(encode(&key, &v, descending));
  for (size_t i = 0; i < key.bytes; i++) (void)buf_append_format(&text, "%02x", key.data[i]);
  assert_true(slice_is_equal(buf_slice(&text), slice_of_text(hex)));
  buf_deinit(&key);
  buf_deinit(&text);
}

/* The examples of spec/keys.md: today's indexes stay readable. */
static void the_bytes_are_as_specified(void) {
  struct decimal decimal;
  struct val text = val_text(slice_of("a\0b", 3)), day = {.type = VAL_DATE};
  static const uint8_t map[] = {0x30, 0x0d, 0, 1, 0, 9, 0x80, 0x0c, 0, 7, 1, 'b', 1};
  assert_true(decimal_parse(slice_of_text("-0.1"), &decimal, NULL));
  check_bytes(val_int64(1), false, "28bff000000000000000");
  check_bytes(val_float64(1.0), false, "28bff000000000000000");
  check_bytes(val_int64(9007199254740993), false, "28c3400000000000000180085b08145d374b0a5e00");
  check_bytes(val_decimal(decimal), false, "284046666666666665017ffff4ff");
  assert_true(decimal_parse(slice_of_text("-1E-400"), &decimal, NULL));
  check_bytes(val_decimal(decimal), false, "287ffffffffffffffe0180c6fdff");
  check_bytes(val_float64(-0.0), false, "28800000000000000000");
  check_bytes(text, false, "306100ff620001");
  check_bytes(text, true, "cf9eff009dfffe");
  check_bytes(val_decode(slice_of(map, sizeof map), NULL), false, "382062000100");
  check_bytes(val_timestamp(0), false, "808000000000000000");
  check_bytes(day, false, "808000000000000000");
}

/* Bytes from anywhere, or damaged keys: a length within them or none, a checked value or an error.
 */
static void any_bytes_are_decided(void) {
  struct buf key, scratch;
  uint64_t decoded = 0, refused = 0;
  buf_init(&key, BUF_BYTES_MAX);
  buf_init(&scratch, BUF_BYTES_MAX);
  for (size_t round = 0; round < test_rounds(20000); round++) {
    struct gen gen;
    gen_init(&gen, test_rng(), NULL);
    struct val v = gen_value(&gen, 3), out;
    bool descending = rng_below(gen.rng, 2);
    buf_reset(&key);
    buf_reset(&scratch);
    if (encode(&key, &v, descending)) {
      for (uint64_t flips = rng_below(gen.rng, 4); flips; flips--)
        key.data[rng_below(gen.rng, key.bytes)] = (uint8_t)rng_next(gen.rng);
      size_t bytes = key_part_bytes(buf_slice(&key), descending);
      assert_true(bytes <= key.bytes);
      bool is_value =
          key_decode(slice_of(key.data, bytes), descending, &scratch, &out, NULL) == LUMA_OK;
      decoded += is_value;
      refused += !is_value;
    }
    gen_deinit(&gen);
  }
  assert_true(decoded > 0 && refused > 0);
  buf_deinit(&key);
  buf_deinit(&scratch);
}

static void large_keys_are_refused(void) {
  static const uint8_t zeroes[KEY_BYTES_MAX];
  struct buf key;
  buf_init(&key, BUF_BYTES_MAX);
  assert_true(buf_append_text(&key, "before"));
  struct val fits = val_text(slice_of(zeroes, (KEY_BYTES_MAX - 3) / 2)), out = fits;
  assert_ok(key_encode(&key, &fits, false, test_err()));
  assert_int_equal(key.bytes, 6 + KEY_BYTES_MAX - 1);
  out.bytes++;
  assert_status(LUMA_TOO_LARGE, key_encode(&key, &out, false, test_err()));
  assert_int_equal(key.bytes, 6 + KEY_BYTES_MAX - 1);
  buf_deinit(&key);
}

static void successors_lie_above_every_extension(void) {
  struct buf prefix;
  buf_init(&prefix, BUF_BYTES_MAX);
  assert_true(buf_append(&prefix, "a\xff\xff", 3));
  assert_true(key_successor(&prefix));
  assert_true(slice_is_equal(buf_slice(&prefix), slice_of_text("b")));
  buf_reset(&prefix);
  assert_true(buf_append(&prefix, "\xff\xff", 2));
  assert_false(key_successor(&prefix));
  buf_deinit(&prefix);
}

static status encode_and_decode(void *context) {
  struct err *err = context;
  struct buf out, key, scratch;
  struct build build;
  struct slice encoded;
  struct val v, back;
  buf_init(&out, BUF_BYTES_MAX);
  buf_init(&key, BUF_BYTES_MAX);
  buf_init(&scratch, BUF_BYTES_MAX);
  build_init(&build, &out, NULL);
  build_begin_map(&build);
  build_name(&build, slice_of_text("a"));
  v = val_text(slice_of_text("some text"));
  build_put(&build, &v);
  build_end(&build);
  status done = build_finish(&build, &encoded, err);
  if (done == LUMA_OK) {
    v = val_decode(encoded, NULL);
    done = key_encode(&key, &v, true, err);
  }
  if (done == LUMA_OK) done = key_decode(buf_slice(&key), true, &scratch, &back, err);
  if (done == LUMA_OK) assert_int_equal(val_compare(&v, &back), 0);
  build_deinit(&build);
  buf_deinit(&out);
  buf_deinit(&key);
  buf_deinit(&scratch);
  return done;
}

static void memory_may_run_out(void) {
  assert_true(fault_sweep_alloc(encode_and_decode, test_err()) > 5);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"key order is value order", key_order_is_value_order, 0},
      {"numbers of every kind keep their order", numbers_of_every_kind_keep_their_order, 0},
      {"parts delimit themselves and decode", parts_delimit_themselves_and_decode, 0},
      {"scalars decode alike", scalars_decode_alike, 0},
      {"missing is a key", missing_is_a_key, 0},
      {"numbers come back", numbers_come_back, 0},
      {"the bytes are as specified", the_bytes_are_as_specified, 0},
      {"any bytes are decided", any_bytes_are_decided, 0},
      {"large keys are refused", large_keys_are_refused, 0},
      {"successors lie above every extension", successors_lie_above_every_extension, 0},
      {"memory may run out", memory_may_run_out, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
