/* SPDX-License-Identifier: MIT */
#include "tests/lib/gen_val.h"

#include <math.h>
#include <stdio.h>

#include "base/text/utf8.h"
#include "tests/lib/test.h"

enum { LIGHT_FLOATS = 11, NAMES_TRIED = 8 };

void gen_val_init(struct gen_val *gen, struct rng *rng) {
  *gen = (struct gen_val){.rng = rng, .depth_max = 4, .count_max = 6, .unique_names = true};
}

static bool one_in(struct gen_val *gen, uint64_t n) {
  return rng_below(gen->rng, n) == 0;
}

/* ---- texts ---- */

static uint32_t gen_code_point(struct gen_val *gen) {
  static const uint32_t edges[] = {0,      '"',    '\\',   '/',    '\n',    '\r',    '\t',
                                   0x1f,   0x7f,   0x80,   0x7ff,  0x800,   0x2028,  0x2029,
                                   0xd7ff, 0xe000, 0xfffe, 0xffff, 0x10000, 0x1f600, 0x10ffff,
                                   '$',    ',',    '\'',   '{',    ' '};
  uint64_t dice = rng_below(gen->rng, 10);
  if (dice < 7) return (uint32_t)rng_range(gen->rng, ' ', '~');
  if (dice < 9) return edges[rng_below(gen->rng, sizeof edges / sizeof edges[0])];
  uint32_t point = (uint32_t)rng_below(gen->rng, 0x110000 - 0x800);
  return point < 0xd800 ? point : point + 0x800;
}

struct slice gen_val_text(struct gen_val *gen) {
  size_t points = rng_below(gen->rng, one_in(gen, 8) ? GEN_VAL_BYTES / 4 : 12), bytes = 0;
  for (size_t i = 0; i < points; i++) bytes += utf8_encode(gen_code_point(gen), gen->room + bytes);
  return slice_of(gen->room, bytes);
}

struct slice gen_val_name(struct gen_val *gen) {
  static const char *const known[] = {"a",      "b",      "name", "age",       "_id",    "id",
                                      "nested", "",       "x.y",  "$oid",      "$plain", "$date",
                                      "$gt",    "$light", "tags", "first name"};
  if (one_in(gen, 6)) return gen_val_text(gen);
  size_t pick = rng_below(gen->rng, sizeof known / sizeof known[0]);
  struct slice name = slice_of_text(known[pick]);
  if (one_in(gen, 3))
    name.bytes = (size_t)snprintf((char *)gen->room, sizeof gen->room, "field%d",
                                  (int)rng_below(gen->rng, 40));
  else
    memcpy(gen->room, name.data, name.bytes);
  return slice_of(gen->room, name.bytes);
}

/* ---- numbers ---- */

static int64_t gen_integer(struct gen_val *gen) {
  static const int64_t edges[] = {0,
                                  1,
                                  -1,
                                  127,
                                  -128,
                                  128,
                                  32767,
                                  -32768,
                                  65536,
                                  INT32_MAX,
                                  INT32_MIN,
                                  INT64_C(1) << 53,
                                  (INT64_C(1) << 53) + 1,
                                  INT64_MAX,
                                  INT64_MIN,
                                  1000};
  if (one_in(gen, 3)) return edges[rng_below(gen->rng, sizeof edges / sizeof edges[0])];
  int64_t v = (int64_t)rng_next(gen->rng);
  return v >> rng_below(gen->rng, 64);
}

static double gen_double(struct gen_val *gen) {
  static const double edges[] = {0.0,
                                 -0.0,
                                 1.0,
                                 -1.5,
                                 0.1,
                                 1e21,
                                 1e-7,
                                 5e-324,
                                 2.2250738585072014e-308,
                                 1.7976931348623157e308,
                                 9007199254740993.0,
                                 123456.789};
  if (one_in(gen, 3)) return edges[rng_below(gen->rng, sizeof edges / sizeof edges[0])];
  if (!gen->json_only && one_in(gen, 8))
    return one_in(gen, 2) ? (double)INFINITY : -(double)INFINITY;
  if (!gen->json_only && one_in(gen, 8)) return (double)NAN;
  uint64_t bits = rng_next(gen->rng);
  double v;
  memcpy(&v, &bits, sizeof v);
  return isfinite(v) ? v : 2.5;
}

static struct decimal gen_decimal(struct gen_val *gen) {
  static const char *const edges[] = {
      "0",        "-0",        "NaN",
      "Infinity", "-Infinity", "1.00",
      "1E-6176",  "0E+6111",   "9.999999999999999999999999999999999E+6144"};
  struct decimal d;
  if (one_in(gen, 4)) {
    decimal_parse(slice_of_text(edges[rng_below(gen->rng, sizeof edges / sizeof edges[0])]), &d,
                  NULL);
    return d;
  }
  uint128 coefficient = (uint128)rng_next(gen->rng) << 48 | rng_next(gen->rng) >> 16;
  struct decimal_parts parts = {.coefficient = coefficient >> rng_below(gen->rng, 112),
                                .exponent =
                                    (int32_t)rng_range(gen->rng, one_in(gen, 4) ? -6176 : -30, 30),
                                .negative = one_in(gen, 2)};
  return decimal_pack(parts, NULL);
}

/* ---- the other scalars ---- */

static float gen_float(struct gen_val *gen) {
  if (one_in(gen, 4)) return (float)rng_float(gen->rng);
  if (one_in(gen, 10)) return one_in(gen, 2) ? NAN : INFINITY;
  uint32_t bits = (uint32_t)rng_next(gen->rng);
  float v;
  memcpy(&v, &bits, sizeof v);
  return isfinite(v) ? v : -0.0f;
}

static struct val borrow(struct gen_val *gen, enum val_type type, size_t bytes) {
  return (struct val){.type = (uint8_t)type, .bytes = (uint32_t)bytes, .data = gen->room};
}

static struct val gen_bytes(struct gen_val *gen) {
  size_t bytes = rng_below(gen->rng, one_in(gen, 8) ? GEN_VAL_BYTES : 20);
  rng_fill(gen->rng, gen->room, bytes);
  struct val v = borrow(gen, VAL_BYTES, bytes);
  v.sub = one_in(gen, 2) ? 0 : (uint8_t)rng_next(gen->rng);
  if (v.sub == 4) v.sub = 0; /* sixteen bytes of it are read as a UUID */
  return v;
}

static struct val gen_vector(struct gen_val *gen) {
  static const size_t element_bytes[] = {4, 2, 1};
  unsigned kind = (unsigned)rng_below(gen->rng, 3);
  size_t bytes = rng_below(gen->rng, 20) * element_bytes[kind];
  rng_fill(gen->rng, gen->room, bytes);
  struct val v = borrow(gen, VAL_VECTOR, bytes);
  v.sub = (uint8_t)kind;
  return v;
}

static struct val gen_light(struct gen_val *gen) {
  for (size_t i = 0; i < LIGHT_FLOATS; i++) {
    float v = gen_float(gen);
    memcpy(gen->room + i * sizeof v, &v, sizeof v);
  }
  return borrow(gen, VAL_LIGHT, LIGHT_FLOATS * sizeof(float));
}

static struct val gen_regex(struct gen_val *gen) {
  struct slice pattern = gen_val_text(gen);
  size_t bytes = pattern.bytes < GEN_VAL_BYTES / 2 ? pattern.bytes : 0;
  for (size_t i = 0; i < bytes; i++)
    if (gen->room[i] == 0) gen->room[i] = '.';
  static const char options[] = "\0imsx";
  size_t options_bytes = 1 + rng_below(gen->rng, sizeof options - 1);
  memcpy(gen->room + bytes, options, options_bytes);
  return borrow(gen, VAL_REGEX, bytes + options_bytes);
}

static struct val gen_id(struct gen_val *gen, enum val_type type, size_t bytes) {
  struct val v = {.type = (uint8_t)type};
  rng_fill(gen->rng, v.id, bytes);
  return v;
}

static struct val gen_integral(struct gen_val *gen, enum val_type type) {
  struct val v = {.type = (uint8_t)type, .integer = gen_integer(gen)};
  if (type == VAL_INT32) v.integer = (int32_t)v.integer;
  if (type == VAL_DATE) v.integer = rng_range(gen->rng, -800000, 800000);
  return v;
}

static struct val gen_interval(struct gen_val *gen) {
  int32_t months = (int32_t)gen_integer(gen), days = (int32_t)gen_integer(gen);
  return (struct val){.type = VAL_INTERVAL, .interval = {months, days, gen_integer(gen)}};
}

static struct val gen_of_text(struct gen_val *gen, enum val_type type) {
  struct val v = val_text(gen_val_text(gen));
  v.type = (uint8_t)type;
  return v;
}

static struct val gen_of_type(struct gen_val *gen, enum val_type type) {
  switch (type) {
  case VAL_BOOL: return val_bool(one_in(gen, 2));
  case VAL_INT32:
  case VAL_INT64:
  case VAL_TIMESTAMP:
  case VAL_DATE:
  case VAL_DURATION:
  case VAL_BSONTIME: return gen_integral(gen, type);
  case VAL_FLOAT64: return val_float64(gen_double(gen));
  case VAL_DECIMAL: return val_decimal(gen_decimal(gen));
  case VAL_TEXT:
  case VAL_CODE: return gen_of_text(gen, type);
  case VAL_BYTES: return gen_bytes(gen);
  case VAL_INTERVAL: return gen_interval(gen);
  case VAL_ULID:
  case VAL_UUID: return gen_id(gen, type, 16);
  case VAL_OBJECTID: return gen_id(gen, type, 12);
  case VAL_VECTOR: return gen_vector(gen);
  case VAL_LIGHT: return gen_light(gen);
  case VAL_REGEX: return gen_regex(gen);
  case VAL_MISSING:
  case VAL_NULL:
  case VAL_LIST:
  case VAL_MAP:
  case VAL_TYPES: return val_null();
  case VAL_MINKEY:
  case VAL_MAXKEY: break;
  }
  return (struct val){.type = (uint8_t)type};
}

struct val gen_val_scalar(struct gen_val *gen) {
  static const enum val_type json[] = {VAL_NULL, VAL_BOOL, VAL_INT64, VAL_FLOAT64, VAL_TEXT};
  if (gen->json_only) return gen_of_type(gen, json[rng_below(gen->rng, 5)]);
  return gen_of_type(gen, (enum val_type)rng_range(gen->rng, VAL_NULL, VAL_TYPES - 1));
}

/* ---- lists, maps, documents ---- */

/* The names of one map so far, by a sum of their bytes: a name that may have come before is passed
 * over. */
static bool is_new_name(struct slice name, uint64_t *seen) {
  uint64_t sum = name.bytes;
  for (size_t i = 0; i < name.bytes; i++) sum = sum * 31 + name.data[i];
  uint64_t bit = UINT64_C(1) << sum % 64;
  bool is_new = !(*seen & bit);
  *seen |= bit;
  return is_new;
}

static void put_nested(struct gen_val *gen, struct build *build, uint32_t depth);

static void put_fields(struct gen_val *gen, struct build *build, uint32_t depth) {
  uint64_t count = rng_below(gen->rng, gen->count_max + 1), seen = 0;
  for (uint64_t i = 0; i < count; i++) {
    struct slice name = gen_val_name(gen);
    if (gen->unique_names && !is_new_name(name, &seen)) continue;
    build_name(build, name);
    put_nested(gen, build, depth);
  }
}

static void put_nested(struct gen_val *gen, struct build *build, uint32_t depth) {
  uint64_t dice = depth < gen->depth_max ? rng_below(gen->rng, 10) : 9;
  if (dice == 0) {
    build_begin_map(build);
    put_fields(gen, build, depth + 1);
    build_end(build);
  } else if (dice == 1) {
    build_begin_list(build);
    uint64_t count = rng_below(gen->rng, gen->count_max + 1);
    for (uint64_t i = 0; i < count; i++) put_nested(gen, build, depth + 1);
    build_end(build);
  } else {
    struct val v = gen_val_scalar(gen);
    build_put(build, &v);
  }
}

void gen_val_put(struct gen_val *gen, struct build *build) {
  put_nested(gen, build, 0);
}

void gen_val_fields(struct gen_val *gen, struct build *build) {
  put_fields(gen, build, 1);
}

struct slice gen_val_document(struct gen_val *gen, struct names *names, struct buf *out) {
  struct build build;
  struct slice doc = {0};
  build_init(&build, out, names);
  build_begin_document(&build);
  gen_val_fields(gen, &build);
  assert_ok(build_finish(&build, &doc, test_err()));
  build_deinit(&build);
  return doc;
}

struct val gen_val_value(struct gen_val *gen, struct buf *out) {
  struct build build;
  struct slice encoded = {0};
  build_init(&build, out, NULL);
  gen_val_put(gen, &build);
  assert_ok(build_finish(&build, &encoded, test_err()));
  build_deinit(&build);
  return val_decode(encoded, NULL);
}
