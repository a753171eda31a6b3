/* SPDX-License-Identifier: MIT */
/* Documents: building and reading back, duplicates, wide and narrow forms, limits, checks, memory
 * running out. */
#include <stdio.h>

#include "base/mem/mem.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"
#include "tests/unit/value/gen.h"
#include "value/doc/build.h"
#include "value/doc/extend.h"

enum { OUT_BYTES_MAX = 1 << 28 };

/* A builder with its buffer and dictionary. */
struct fixture {
  struct names *names;
  struct buf out;
  struct build build;
};

static void setup(struct fixture *f, bool with_names) {
  *f = (struct fixture){0};
  if (with_names) assert_ok(names_create(7, &f->names, test_err()));
  buf_init(&f->out, OUT_BYTES_MAX);
  build_init(&f->build, &f->out, f->names);
}

static void teardown(struct fixture *f) {
  build_deinit(&f->build);
  buf_deinit(&f->out);
  names_destroy(f->names);
}

static void name_text(struct build *build, const char *name, const char *text) {
  struct val v = val_text(slice_of_text(text));
  build_name(build, slice_of_text(name));
  build_put(build, &v);
}

static void name_int(struct build *build, const char *name, int64_t integer) {
  struct val v = val_int64(integer);
  build_name(build, slice_of_text(name));
  build_put(build, &v);
}

static struct val finish(struct fixture *f) {
  struct slice bytes;
  struct doc doc;
  assert_ok(build_finish(&f->build, &bytes, test_err()));
  assert_ok(doc_check(bytes, f->names, test_err()));
  assert_ok(doc_open(bytes, f->names, &doc, test_err()));
  return doc_root(&doc);
}

static int64_t int_field(const struct val *map, const char *name) {
  struct val v = val_field(map, slice_of_text(name));
  assert_int_equal(v.type, VAL_INT64);
  return v.integer;
}

static void small_document(bool with_names) {
  struct fixture f;
  setup(&f, with_names);
  build_begin_document(&f.build);
  name_int(&f.build, "_id", 42);
  name_text(&f.build, "name", "Ada");
  build_name(&f.build, slice_of_text("tags"));
  build_begin_list(&f.build);
  struct val tag = val_text(slice_of_text("x"));
  build_put(&f.build, &tag);
  build_end(&f.build);
  build_name(&f.build, slice_of_text("empty"));
  build_begin_map(&f.build);
  build_end(&f.build);
  struct val root = finish(&f);
  assert_int_equal(val_count(&root), 4);
  assert_int_equal(int_field(&root, "_id"), 42);
  struct val name = val_field(&root, slice_of_text("name"));
  assert_true(slice_is_equal(val_slice(&name), slice_of_text("Ada")));
  struct val tags = val_field(&root, slice_of_text("tags")), first = val_at(&tags, 0),
             past = val_at(&tags, 1);
  assert_true(slice_is_equal(val_slice(&first), slice_of_text("x")));
  assert_int_equal(past.type, VAL_MISSING);
  struct val empty = val_field(&root, slice_of_text("empty")),
             none = val_field(&root, slice_of_text("none"));
  assert_int_equal(empty.type, VAL_MAP);
  assert_int_equal(val_count(&empty), 0);
  assert_int_equal(none.type, VAL_MISSING);
  assert_int_equal(val_field_name_id(&root, 0), with_names ? NAMES_KEY_SLOT : NAMES_NONE);
  teardown(&f);
}

static void reads_what_was_built(void) {
  small_document(true);
  small_document(false);
}

static void keeps_the_header(void) {
  struct fixture f;
  struct slice bytes;
  struct doc doc;
  setup(&f, true);
  build_begin_document(&f.build);
  assert_ok(build_finish(&f.build, &bytes, test_err()));
  assert_ok(doc_open(bytes, f.names, &doc, test_err()));
  assert_int_equal(doc_header(&doc).dictionary, 7);
  struct doc_header header = {.version = 1ull << 40, .row = 9, .soul = 3, .dictionary = 7};
  doc_set_header(f.out.data, &header);
  struct doc_header read = doc_header(&doc);
  assert_memory_equal(&header, &read, sizeof read);
  assert_ok(doc_check(bytes, f.names, test_err()));
  assert_status(LUMA_CORRUPT,
                doc_open(slice_of(bytes.data, bytes.bytes - 1), f.names, &doc, test_err()));
  assert_status(LUMA_CORRUPT, doc_open(slice_of(bytes.data, 3), f.names, &doc, test_err()));
  teardown(&f);
}

/* `count` names, of which the second half repeats the first with other values. */
static void duplicates(bool with_names, int count) {
  struct fixture f;
  char name[24];
  setup(&f, with_names);
  build_begin_document(&f.build);
  for (int i = 0; i < count * 2; i++) {
    snprintf(name, sizeof name, "n%d", i % count);
    if (i % 3)
      name_int(&f.build, name, i);
    else
      name_text(&f.build, name, "replaced, or of another size");
  }
  struct val root = finish(&f);
  assert_int_equal(val_count(&root), count);
  for (int i = 0; i < count; i++) {
    struct slice found;
    snprintf(name, sizeof name, "n%d", i);
    struct val v = val_field_at(&root, (uint32_t)i, &found);
    assert_true(slice_is_equal(found, slice_of_text(name)));
    assert_int_equal(v.type, (i + count) % 3 ? VAL_INT64 : VAL_TEXT);
    if (v.type == VAL_INT64) assert_int_equal(v.integer, i + count);
  }
  teardown(&f);
}

static void last_duplicate_wins_in_the_first_place(void) {
  static const int counts[] = {1, 2, 13, 33, 64, 65, 100, 3000};
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
    duplicates(true, counts[i]);
    duplicates(false, counts[i]);
  }
}

/* Maps around the sizes where words widen, and where inline names no longer fit 15 bits. */
static void wide(bool with_names, int count, size_t text_bytes) {
  static char text[70000];
  struct fixture f;
  char name[24];
  memset(text, 'x', text_bytes);
  text[text_bytes] = 0;
  setup(&f, with_names);
  build_begin_document(&f.build);
  for (int i = 0; i < count; i++) {
    snprintf(name, sizeof name, "field%d", i);
    name_int(&f.build, name, i * 1000);
  }
  name_text(&f.build, "text", text);
  name_int(&f.build, "last", -1);
  struct val root = finish(&f);
  assert_int_equal(val_count(&root), count + 2);
  assert_int_equal(int_field(&root, "last"), -1);
  if (count) assert_int_equal(int_field(&root, "field0"), 0);
  if (count > 90) assert_int_equal(int_field(&root, "field87"), 87000);
  struct val read = val_field(&root, slice_of_text("text"));
  assert_int_equal(read.bytes, text_bytes);
  teardown(&f);
}

static void reads_narrow_and_wide_forms(void) {
  static const size_t bytes[] = {0,     255,   256,   32000, 32700, 32740, 32760,
                                 32770, 65400, 65490, 65510, 65530, 65536, 69999};
  for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++) {
    wide(true, 0, bytes[i]);
    wide(false, 0, bytes[i]);
    wide(true, 100, bytes[i]);
    wide(false, 100, bytes[i]);
  }
  wide(true, 5000, 10); /* more names than a dictionary takes: the rest stand inline */
  wide(false, 5000, 10);
}

static void missing_drops_the_name(void) {
  struct fixture f;
  struct val missing = val_missing();
  for (int with_names = 0; with_names < 2; with_names++) {
    setup(&f, with_names);
    build_begin_document(&f.build);
    name_int(&f.build, "a", 1);
    build_name(&f.build, slice_of_text("gone"));
    build_put(&f.build, &missing);
    name_int(&f.build, "b", 2);
    struct val root = finish(&f);
    assert_int_equal(val_count(&root), 2);
    assert_int_equal(int_field(&root, "b"), 2);
    teardown(&f);
  }
}

static status nest(struct fixture *f, uint32_t levels, struct slice *bytes) {
  for (uint32_t i = 0; i < levels; i++) {
    if (i % 2) build_name(&f->build, slice_of_text("m"));
    if (i % 2)
      build_begin_list(&f->build);
    else
      build_begin_map(&f->build);
  }
  for (uint32_t i = 0; i < levels; i++) build_end(&f->build);
  return build_finish(&f->build, bytes, test_err());
}

static void depth_is_limited(void) {
  struct fixture f;
  struct slice bytes;
  setup(&f, true);
  assert_status(LUMA_TOO_DEEP, nest(&f, DOC_DEPTH_MAX + 1, &bytes));
  assert_int_equal(f.out.bytes, 0);
  assert_ok(nest(&f, DOC_DEPTH_MAX, &bytes));
  assert_ok(doc_check_value(bytes, f.names, test_err()));
  struct val deep = val_decode(bytes, f.names);
  for (int same = 0; same < 2; same++) { /* copied as bytes, and element by element */
    struct fixture g;
    setup(&g, false);
    if (same) g.build.names = f.names;
    build_begin_list(&g.build);
    build_put(&g.build, &deep);
    build_end(&g.build);
    assert_status(LUMA_TOO_DEEP, build_finish(&g.build, &bytes, test_err()));
    build_put(&g.build, &deep);
    assert_ok(build_finish(&g.build, &bytes, test_err()));
    teardown(&g);
  }
  teardown(&f);
}

static void size_is_limited(void) {
  static uint8_t zeroes[DOC_BYTES_MAX / 2];
  struct fixture f;
  struct slice bytes;
  struct val half = {.type = VAL_BYTES, .bytes = sizeof zeroes, .data = zeroes};
  setup(&f, false);
  build_begin_list(&f.build);
  build_put(&f.build, &half);
  build_put(&f.build, &half);
  build_end(&f.build);
  assert_status(LUMA_TOO_LARGE, build_finish(&f.build, &bytes, test_err()));
  build_begin_list(&f.build);
  build_put(&f.build, &half);
  build_end(&f.build);
  assert_ok(build_finish(&f.build, &bytes, test_err()));
  teardown(&f);
}

static void dates_are_limited(void) {
  struct fixture f;
  struct slice bytes;
  struct val date = {.type = VAL_DATE, .integer = 106751991};
  setup(&f, false);
  build_put(&f.build, &date);
  assert_ok(build_finish(&f.build, &bytes, test_err()));
  date.integer++;
  build_put(&f.build, &date);
  assert_status(LUMA_OUT_OF_RANGE, build_finish(&f.build, &bytes, test_err()));
  teardown(&f);
}

/* The example of spec/document.md, byte by byte: today's files stay readable. */
static void the_form_is_as_specified(void) {
  static const uint8_t expected[] = {
      0x50, 0,    0, 0,    1, 0,    0x20, 0, 0, 0,   0,   0,   0,    0,    0,    0,
      0,    0,    0, 0,    0, 0,    0,    0, 0, 0,   0,   0,   7,    0,    0,    0,
      0x30, 0x30, 0, 4,    0, 0,    0,    1, 0, 2,   0,   3,   0,    0x15, 0,    0x17,
      0,    0x1c, 0, 0x2f, 0, 4,    42,   7, 3, 'A', 'd', 'a', 0x2f, 0x13, 0,    2,
      0,    9,    0, 10,   0, 0x22, 5,    0, 0, 0,   0,   0,   0,    0xe0, 0x3f, 0x10};
  struct fixture f;
  struct slice bytes;
  setup(&f, true);
  build_begin_document(&f.build);
  name_int(&f.build, "_id", 42);
  name_text(&f.build, "name", "Ada");
  build_name(&f.build, slice_of_text("tags"));
  build_begin_list(&f.build);
  struct val yes = val_bool(true), half = val_float64(0.5);
  build_put(&f.build, &yes);
  build_put(&f.build, &half);
  build_end(&f.build);
  build_name(&f.build, slice_of_text("more"));
  build_begin_map(&f.build);
  build_end(&f.build);
  assert_ok(build_finish(&f.build, &bytes, test_err()));
  assert_int_equal(bytes.bytes, sizeof expected);
  assert_memory_equal(bytes.data, expected, sizeof expected);
  teardown(&f);
}

/* One fault each, in small values that are right but for it. The dictionary has ids 0 and 1. */
static void check_refuses_each_fault(void) {
  static const struct {
    uint8_t bytes[16];
    uint8_t count;
    bool is_right;
    const char *message;
  } cases[] = {
      {{0x2f, 7, 0, 1, 0, 7, 0}, 7, false, "value missing"},
      {{0x2f, 8, 0, 1, 0, 7, 0, 1}, 8, true, ""},
      {{0x2f, 9, 0, 1, 0, 7, 0, 1, 1}, 9, false, "bytes left over"},
      {{0x2f, 9, 0, 1, 0, 8, 0, 1, 1}, 9, false, "misplaced value"},
      {{0x2f, 9, 0, 1, 0, 7, 0, 1}, 8, false, "length past the end"},
      {{0x2f, 11, 0, 2, 0, 9, 0, 9, 0, 1, 1}, 11, false, "misplaced value"},
      {{0x2f, 5, 0, 0, 0}, 5, false, "impossible count"},
      {{0x2f, 8, 0, 9, 0, 7, 0, 1}, 8, false, "impossible count"},
      {{0x2f, 8, 0}, 3, false, "truncated list or map"},
      {{0x6f, 8, 0, 1, 0, 7, 0, 1}, 8, false, "unknown tag"},
      {{0x30, 10, 0, 1, 0, 1, 0, 9, 0, 1}, 10, true, ""},
      {{0x30, 10, 0, 1, 0, 2, 0, 9, 0, 1}, 10, false, "unknown name id"},
      {{0x30, 12, 0, 1, 0, 9, 0x80, 11, 0, 7, 0, 1}, 12, true, ""},
      {{0x30, 12, 0, 1, 0, 8, 0x80, 11, 0, 7, 0, 1}, 12, false, "misplaced name"},
      {{0x30, 12, 0, 1, 0, 9, 0x80, 11, 0, 8, 0, 0}, 12, false, "name that is not text"},
      {{0x01, 0x01}, 2, false, "bytes left over"},
      {{0x00}, 1, false, "unknown tag"},
      {{0x42}, 1, false, "unknown tag"},
      {{0x63, 1, 2, 3, 4, 5, 6, 7, 8}, 9, false, "unknown tag"},
      {{0x05, 1, 2, 3}, 4, false, "truncated value"},
      {{0x07, 2, 'a'}, 3, false, "length past the end"},
      {{0x07, 2, 'a', 0xff}, 4, false, "invalid UTF-8"},
      {{0x27, 1, 0}, 3, false, "truncated value"},
      {{0x14, 1, 'a'}, 3, false, "regular expression without its options"},
      {{0x11, 3, 0}, 3, false, "unknown kind of vector"},
      {{0x11, 1, 1, 0}, 4, false, "half an element in a vector"},
      {{0x4a, 0xf8, 0xe9, 0x5c, 6}, 5, false, "date out of range"},
  };
  struct fixture f;
  uint16_t id;
  setup(&f, true);
  assert_ok(names_intern(f.names, slice_of_text("a"), &id, test_err()));
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct err err = {0};
    status checked = doc_check_value(slice_of(cases[i].bytes, cases[i].count), f.names, &err);
    assert_int_equal(checked, cases[i].is_right ? LUMA_OK : LUMA_CORRUPT);
    if (!strstr(err.message, cases[i].message)) fail_msg("case %zu: `%s`", i, err.message);
  }
  teardown(&f);
}

/* ---- properties ---- */

static void any_value_comes_back(void) {
  struct fixture f, g;
  setup(&f, true);
  setup(&g, true);
  for (size_t round = 0; round < test_rounds(3000); round++) {
    struct gen gen;
    struct slice bytes;
    gen_init(&gen, test_rng(), f.names);
    struct val v = gen_value(&gen, 4);
    build_put(&g.build, &v); /* another dictionary: names are resolved again */
    assert_ok(build_finish(&g.build, &bytes, test_err()));
    assert_ok(doc_check_value(bytes, g.names, test_err()));
    assert_int_equal(val_encoded_bytes(bytes.data), bytes.bytes);
    struct val read = val_decode(bytes, g.names);
    assert_true(gen_is_identical(&v, &read));
    buf_reset(&g.out);
    gen_deinit(&gen);
  }
  teardown(&f);
  teardown(&g);
}

/* Fields found by name, by id and by position are the same fields. */
static void fields_are_found_each_way(void) {
  enum { ALL_FIELDS = 16 };
  struct fixture f;
  setup(&f, true);
  for (size_t round = 0; round < test_rounds(1000); round++) {
    struct gen gen;
    gen_init(&gen, test_rng(), f.names);
    struct val map = gen_value(&gen, 3), all[ALL_FIELDS];
    uint32_t count = val_fields(&map, all, ALL_FIELDS);
    for (uint32_t i = 0; map.type == VAL_MAP && i < val_count(&map); i++) {
      struct slice name;
      struct val at = val_field_at(&map, i, &name), by_name = val_field(&map, name);
      struct val by_id = val_field_id(&map, val_field_name_id(&map, i), name);
      assert_true(gen_is_identical(&at, &by_name));
      assert_true(gen_is_identical(&at, &by_id));
      if (i < count) assert_true(gen_is_identical(&at, &all[i]));
    }
    gen_deinit(&gen);
  }
  teardown(&f);
}

/* One value, encoded without name ids. */
static void encode_alone(struct fixture *alone, const struct val *v, struct slice *encoded) {
  build_put(&alone->build, v);
  assert_ok(build_finish(&alone->build, encoded, test_err()));
}

/* A map with fields behind its own holds all of them, as they were. */
static void check_extended(const struct val *map, const struct extend_field *fields,
                           const struct val *values, uint32_t count) {
  uint32_t bytes = extend_bytes(map, fields, count);
  bool has_one = false;
  for (uint32_t i = 0; i < count; i++)
    has_one |= val_field(map, fields[i].name).type != VAL_MISSING;
  if (has_one) assert_int_equal(0, bytes);
  if (!bytes) return;
  uint8_t *room = mem_alloc(bytes);
  assert_non_null(room);
  extend_write(map, fields, count, room);
  assert_ok(doc_check_value(slice_of(room, bytes), map->names, test_err()));
  struct val made = val_decode(slice_of(room, bytes), map->names);
  assert_int_equal(val_count(map) + count, val_count(&made));
  for (uint32_t i = 0; i < val_count(&made); i++) {
    bool is_old = i < val_count(map);
    struct slice name, old_name = {0};
    struct val field = val_field_at(&made, i, &name);
    struct val old = is_old ? val_field_at(map, i, &old_name) : values[i - val_count(map)];
    if (!is_old) old_name = fields[i - val_count(map)].name;
    assert_true(slice_is_equal(old_name, name));
    assert_true(gen_is_identical(&old, &field));
    struct val again = val_field(&made, name);
    assert_true(gen_is_identical(&field, &again));
  }
  mem_free(room);
}

static void maps_are_extended(void) {
  static const char *const names[] = {"new", "", "a", "other", "_id"};
  struct fixture f, alone;
  size_t extended = 0;
  setup(&f, true);
  for (size_t round = 0; round < test_rounds(2000); round++) {
    struct gen gen;
    struct extend_field fields[2];
    struct val values[2];
    struct slice encoded;
    gen_init(&gen, test_rng(), f.names);
    struct val map = gen_value(&gen, 3);
    uint32_t count = 1 + (uint32_t)rng_below(test_rng(), 2), first = (uint32_t)round % 5;
    setup(&alone, false);
    for (uint32_t i = 0; i < count; i++) {
      struct val value = gen_value(&gen, 2);
      encode_alone(&alone, &value, &encoded);
      fields[i].name = slice_of_text(names[(first + i) % 5]);
      fields[i].value.bytes = encoded.bytes;
    }
    const uint8_t *at = alone.out.data;
    for (uint32_t i = 0; i < count; at += fields[i++].value.bytes) {
      fields[i].value.data = at;
      values[i] = val_decode(fields[i].value, NULL);
    }
    extended += extend_bytes(&map, fields, count) > 0;
    check_extended(&map, fields, values, count);
    teardown(&alone);
    gen_deinit(&gen);
  }
  assert_true(extended > 0);
  teardown(&f);
}

/* Reads everything a document holds; with the address sanitizer this proves that no read leaves it.
 */
static uint64_t read_all(const struct val *v) {
  uint64_t sum = v->type;
  struct slice name;
  for (uint32_t i = 0; i < val_count(v); i++) {
    struct val child = v->type == VAL_MAP ? val_field_at(v, i, &name) : val_at(v, i);
    if (v->type == VAL_MAP) {
      struct val again = val_field(v, name);
      sum += again.type + name.bytes;
    }
    sum += read_all(&child);
  }
  bool is_blob = v->bytes && v->type != VAL_LIST && v->type != VAL_MAP;
  return is_blob ? sum + v->data[0] + v->data[v->bytes - 1] : sum;
}

/* Damaged documents are refused, or read without leaving their bytes. */
static void damage_is_found_or_harmless(void) {
  struct fixture f;
  uint64_t sum = 0, refused = 0, rounds = test_rounds(3000);
  setup(&f, true);
  for (size_t round = 0; round < rounds; round++) {
    struct gen gen;
    struct slice bytes;
    gen_init(&gen, test_rng(), f.names);
    struct val v = gen_value(&gen, 3);
    build_put(&f.build, &v);
    assert_ok(build_finish(&f.build, &bytes, test_err()));
    uint8_t *copy = arena_copy(&gen.arena, bytes.data, bytes.bytes);
    size_t cut =
        bytes.bytes - (rng_below(test_rng(), 4) == 0 ? rng_below(test_rng(), bytes.bytes) : 0);
    for (uint64_t flips = 1 + rng_below(test_rng(), 3); flips; flips--)
      copy[rng_below(test_rng(), cut)] ^= (uint8_t)(1u << rng_below(test_rng(), 8));
    uint8_t *exact = mem_alloc(cut); /* so that the sanitizer sees the end */
    memcpy(exact, copy, cut);
    if (doc_check_value(slice_of(exact, cut), f.names, NULL) == LUMA_OK) {
      struct val read = val_decode(slice_of(exact, cut), f.names);
      sum += read_all(&read);
    } else {
      refused++;
    }
    mem_free(exact);
    buf_reset(&f.out);
    gen_deinit(&gen);
  }
  assert_true(refused > 0 && sum > 0);
  teardown(&f);
}

static status build_much(void *context) {
  struct err *err = context;
  struct names *names = NULL;
  struct buf out;
  struct build build;
  struct slice bytes;
  char name[24];
  TRY(names_create(1, &names, err));
  buf_init(&out, OUT_BYTES_MAX);
  build_init(&build, &out, names);
  build_begin_document(&build);
  for (int i = 0; i < 100; i++) {
    snprintf(name, sizeof name, "n%d", i % 90);
    build_name(&build, slice_of_text(name));
    build_begin_list(&build);
    struct val v = val_int64(i);
    build_put(&build, &v);
    build_end(&build);
  }
  status built = build_finish(&build, &bytes, err);
  if (built == LUMA_OK) built = doc_check(bytes, names, err);
  build_deinit(&build);
  buf_deinit(&out);
  names_destroy(names);
  return built;
}

static void memory_may_run_out(void) {
  assert_true(fault_sweep_alloc(build_much, test_err()) > 10);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"reads what was built", reads_what_was_built, 0},
      {"keeps the header", keeps_the_header, 0},
      {"last duplicate wins in the first place", last_duplicate_wins_in_the_first_place, 0},
      {"reads narrow and wide forms", reads_narrow_and_wide_forms, 0},
      {"missing drops the name", missing_drops_the_name, 0},
      {"depth is limited", depth_is_limited, 0},
      {"size is limited", size_is_limited, 0},
      {"dates are limited", dates_are_limited, 0},
      {"the form is as specified", the_form_is_as_specified, 0},
      {"check refuses each fault", check_refuses_each_fault, 0},
      {"any value comes back", any_value_comes_back, 0},
      {"fields are found each way", fields_are_found_each_way, 0},
      {"maps are extended", maps_are_extended, 0},
      {"damage is found or harmless", damage_is_found_or_harmless, 0},
      {"memory may run out", memory_may_run_out, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
