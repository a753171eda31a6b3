/* SPDX-License-Identifier: MIT */
/* See gen.h. */
#include "tests/unit/value/gen.h"

#include "base/core/assert.h"
#include "base/text/num.h"
#include "value/order/order.h"

enum { CHILDREN_MAX = 6, NAMES_OF_MAPS = 9, BUF_BYTES_MAX = 1 << 24 };

void gen_init(struct gen *gen, struct rng *rng, struct names *names) {
  *gen = (struct gen){.rng = rng, .names = names};
  arena_init(&gen->arena, 0, 0);
}

void gen_deinit(struct gen *gen) {
  arena_deinit(&gen->arena);
}

static uint64_t below(struct gen *gen, uint64_t n) {
  return rng_below(gen->rng, n);
}

static void *room(struct gen *gen, size_t bytes) {
  void *p = arena_alloc(&gen->arena, bytes + 1);
  ASSERT(p);
  return p;
}

struct slice gen_text(struct gen *gen) {
  static const char *const pieces[] = {"a",  "b",    "\xc3\xa9", "\xf0\x9f\x92\xa1",
                                       "ab", "\x01", "\x7f",     "z"};
  size_t count = below(gen, 12) == 0 ? 100 + below(gen, 200) : below(gen, 5), bytes = 0;
  uint8_t *text = room(gen, count * 4);
  for (size_t i = 0; i < count; i++) {
    uint64_t kind = below(gen, 10);
    const char *piece = kind < 8 ? pieces[kind] : "";
    size_t piece_bytes = kind < 8 ? strlen(piece) : 1;
    memcpy(text + bytes, piece, piece_bytes); /* the empty piece copies its NUL */
    bytes += piece_bytes;
  }
  return slice_of(text, bytes);
}

struct slice gen_name(struct gen *gen) {
  static const char *const names[NAMES_OF_MAPS] = {"_id", "a",   "b",        "ab", "name",
                                                   "",    "x.y", "\xc3\xa9", "0"};
  return slice_of_text(names[below(gen, NAMES_OF_MAPS)]);
}

static int64_t gen_integer(struct gen *gen) {
  static const int64_t ends[] = {0,         1,           INT8_MAX,  INT16_MAX,
                                 INT32_MAX, INT64_MAX,   1ll << 53, 1000000007,
                                 1ll << 62, 86400000000, 255,       9007199254740993};
  int64_t near = ends[below(gen, sizeof ends / sizeof ends[0])];
  if (below(gen, 4) == 0) return (int64_t)rng_next(gen->rng) >> below(gen, 64);
  if (near < INT64_MAX - 2) near += rng_range(gen->rng, -2, 2);
  return below(gen, 2) ? near : -near - 1;
}

static double gen_real(struct gen *gen) {
  static const double some[] = {0.0,    -0.0,    1.0,   0.5,    1.5, -2.5, 0x1p53,
                                0x1p63, -0x1p63, 1e300, 5e-324, 0.1, 1e22};
  double v;
  uint64_t kind = below(gen, 20);
  if (kind < 13) return some[kind];
  if (kind < 16) return (double)gen_integer(gen);
  if (kind == 16) return __builtin_inf();
  if (kind == 17) return -__builtin_inf();
  uint64_t bits = rng_next(gen->rng);
  memcpy(&v, &bits, sizeof v);
  return kind == 18 ? __builtin_nan("") : v;
}

static struct decimal gen_decimal(struct gen *gen) {
  static const char *const some[] = {"0",
                                     "-0.00",
                                     "1.000",
                                     "0.1",
                                     "1E+400",
                                     "-1E+400",
                                     "1E-400",
                                     "-1E-400",
                                     "Infinity",
                                     "-Infinity",
                                     "NaN",
                                     "9007199254740993",
                                     "9223372036854775808",
                                     "0.5000",
                                     "1E+22",
                                     "9999999999999999999999999999999999E+6111",
                                     "1E-6176",
                                     "-1E-6176"};
  struct decimal d;
  uint64_t kind = below(gen, 30);
  if (kind < sizeof some / sizeof some[0]) {
    bool parsed = decimal_parse(slice_of_text(some[kind]), &d, NULL);
    ASSERT(parsed);
    return d;
  }
  if (kind < 22) return decimal_from_int64(gen_integer(gen));
  if (kind < 25) return decimal_from_float64(gen_real(gen));
  struct decimal_parts parts = {.negative = below(gen, 2),
                                .exponent = (int32_t)rng_range(gen->rng, -30, 30)};
  parts.coefficient = (uint128)rng_next(gen->rng) * (below(gen, 2) ? 1 : rng_next(gen->rng) >> 16);
  return decimal_pack(parts, NULL);
}

struct val gen_number(struct gen *gen) {
  switch (below(gen, 4)) {
  case 0: return val_int32((int32_t)gen_integer(gen));
  case 1: return val_int64(gen_integer(gen));
  case 2: return val_float64(gen_real(gen));
  default: return val_decimal(gen_decimal(gen));
  }
}

static struct val gen_list(struct gen *gen, uint32_t depth) {
  struct buf out;
  struct build build;
  struct slice encoded = {0};
  buf_init(&out, BUF_BYTES_MAX);
  build_init(&build, &out, gen->names);
  build_begin_list(&build);
  for (uint64_t left = below(gen, CHILDREN_MAX); left; left--) {
    struct val v = gen_value(gen, depth - 1);
    build_put(&build, &v);
  }
  build_end(&build);
  status built = build_finish(&build, &encoded, NULL);
  ASSERT(built == LUMA_OK);
  uint8_t *copy = room(gen, encoded.bytes);
  memcpy(copy, encoded.data, encoded.bytes);
  build_deinit(&build);
  buf_deinit(&out);
  return val_decode(slice_of(copy, encoded.bytes), gen->names);
}

static struct val gen_map(struct gen *gen, uint32_t depth) {
  struct buf out;
  struct build build;
  struct slice encoded = {0};
  struct names *names = below(gen, 4) ? gen->names : NULL;
  buf_init(&out, BUF_BYTES_MAX);
  build_init(&build, &out, names);
  build_begin_map(&build);
  for (uint64_t left = below(gen, CHILDREN_MAX); left; left--) {
    struct val v = gen_value(gen, depth - 1);
    build_name(&build, gen_name(gen));
    build_put(&build, &v);
  }
  build_end(&build);
  status built = build_finish(&build, &encoded, NULL);
  ASSERT(built == LUMA_OK);
  uint8_t *copy = room(gen, encoded.bytes);
  memcpy(copy, encoded.data, encoded.bytes);
  build_deinit(&build);
  buf_deinit(&out);
  return val_decode(slice_of(copy, encoded.bytes), names);
}

static struct val with_data(enum val_type type, uint8_t sub, struct slice data) {
  return (struct val){
      .type = (uint8_t)type, .sub = sub, .bytes = (uint32_t)data.bytes, .data = data.data};
}

static struct val gen_vector(struct gen *gen, enum val_type type) {
  static const uint32_t some[] = {0,           0x80000000u, 0x7fc00000u, 0xffc00001u,
                                  0x3f800000u, 0xbf800000u, 0x7f800000u, 1};
  uint32_t words = type == VAL_LIGHT ? 11 : (uint32_t)below(gen, 4);
  uint8_t *data = room(gen, words * 4ul);
  for (uint32_t i = 0; i < words; i++) {
    uint32_t word = below(gen, 2) ? some[below(gen, 8)] : (uint32_t)rng_next(gen->rng);
    memcpy(data + i * 4ul, &word, 4);
  }
  return with_data(type, type == VAL_LIGHT ? 0 : (uint8_t)below(gen, 3),
                   slice_of(data, words * 4ul));
}

static struct val gen_regex(struct gen *gen) {
  static const char *const some[] = {"a\0i", "a\0", "ab\0", "\0", "a\0im"};
  static const size_t bytes[] = {3, 2, 3, 1, 4};
  uint64_t which = below(gen, 5);
  return with_data(VAL_REGEX, 0, slice_of(some[which], bytes[which]));
}

static struct val gen_id(struct gen *gen, enum val_type type) {
  struct val v = {.type = (uint8_t)type};
  memset(v.id, (int)below(gen, 3) * 127, type == VAL_OBJECTID ? 12 : 16);
  v.id[below(gen, 12)] = (uint8_t)rng_next(gen->rng);
  return v;
}

static struct val gen_interval(struct gen *gen) {
  struct val v = {.type = VAL_INTERVAL};
  v.interval.months = (int32_t)gen_integer(gen);
  v.interval.days = below(gen, 2) ? (int32_t)gen_integer(gen) : 30 * (int32_t)below(gen, 3);
  v.interval.us = gen_integer(gen);
  return v;
}

static struct val gen_time(struct gen *gen, enum val_type type) {
  struct val v = {.type = (uint8_t)type, .integer = gen_integer(gen)};
  if (type == VAL_DATE) v.integer %= 106751992;
  if (type == VAL_TIMESTAMP && below(gen, 2)) v.integer = (int64_t)below(gen, 3) * 86400000000;
  return v;
}

struct val gen_value(struct gen *gen, uint32_t depth) {
  enum val_type type = (enum val_type)(1 + below(gen, VAL_TYPES - 1));
  if (depth && below(gen, 3) == 0)
    type = below(gen, 2) ? VAL_LIST : VAL_MAP;
  else if (below(gen, 3) == 0)
    return gen_number(gen);
  switch (type) {
  case VAL_BOOL: return val_bool(below(gen, 2));
  case VAL_INT32:
  case VAL_INT64:
  case VAL_FLOAT64:
  case VAL_DECIMAL: return gen_number(gen);
  case VAL_TEXT: return val_text(gen_text(gen));
  case VAL_CODE: return with_data(type, 0, gen_text(gen));
  case VAL_BYTES: return with_data(type, (uint8_t)(below(gen, 3) * 127), gen_text(gen));
  case VAL_REGEX: return gen_regex(gen);
  case VAL_TIMESTAMP:
  case VAL_DATE:
  case VAL_DURATION:
  case VAL_BSONTIME: return gen_time(gen, type);
  case VAL_INTERVAL: return gen_interval(gen);
  case VAL_ULID:
  case VAL_UUID:
  case VAL_OBJECTID: return gen_id(gen, type);
  case VAL_VECTOR:
  case VAL_LIGHT: return gen_vector(gen, type);
  case VAL_LIST: return depth ? gen_list(gen, depth) : val_null();
  case VAL_MAP: return depth ? gen_map(gen, depth) : val_null();
  case VAL_MISSING:
  case VAL_NULL:
  case VAL_MINKEY:
  case VAL_MAXKEY:
  case VAL_TYPES: break;
  }
  return (struct val){.type = (uint8_t)type};
}

static struct val near_number(struct gen *gen, const struct val *v) {
  int64_t integer;
  if (below(gen, 2) && val_to_int64(v, &integer)) {
    if (integer < INT64_MAX && integer > INT64_MIN) integer += rng_range(gen->rng, -1, 1);
    return below(gen, 2) ? val_int64(integer) : val_decimal(decimal_from_int64(integer));
  }
  return below(gen, 2) ? val_float64(val_to_float64(v)) : val_decimal(val_to_decimal(v));
}

struct val gen_near(struct gen *gen, const struct val *v) {
  if (below(gen, 3) == 0) return gen_value(gen, 2);
  if (val_is_number(v)) return near_number(gen, v);
  if (v->type != VAL_TEXT || below(gen, 4) == 0) return *v;
  uint8_t *text = room(gen, v->bytes + 1ul);
  memcpy(text, v->data, v->bytes);
  text[v->bytes] = (uint8_t)below(gen, 2);
  return val_text(slice_of(text, v->bytes + 1ul));
}

static bool is_identical_map(const struct val *a, const struct val *b) {
  for (uint32_t i = 0; i < val_count(a); i++) {
    struct slice left_name, right_name;
    struct val left = val_field_at(a, i, &left_name), right = val_field_at(b, i, &right_name);
    if (!slice_is_equal(left_name, right_name) || !gen_is_identical(&left, &right)) return false;
  }
  return true;
}

bool gen_is_identical(const struct val *a, const struct val *b) {
  if (a->type != b->type || a->sub != b->sub) return false;
  if (a->type == VAL_LIST || a->type == VAL_MAP) {
    if (val_count(a) != val_count(b)) return false;
    if (a->type == VAL_MAP) return is_identical_map(a, b);
    for (uint32_t i = 0; i < val_count(a); i++) {
      struct val left = val_at(a, i), right = val_at(b, i);
      if (!gen_is_identical(&left, &right)) return false;
    }
    return true;
  }
  if (a->bytes != b->bytes) return false;
  return a->bytes              ? slice_is_equal(val_slice(a), val_slice(b))
         : a->type == VAL_BOOL ? a->boolean == b->boolean
                               : val_compare(a, b) == 0 &&
                                     (a->type != VAL_FLOAT64 || memcmp(&a->real, &b->real, 8) == 0);
}
