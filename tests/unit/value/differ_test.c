/* SPDX-License-Identifier: MIT */
/* What two documents differ in, against asking for every field of both. */
#include "base/core/bytes.h"
#include "tests/lib/test.h"
#include "value/doc/build.h"
#include "value/doc/differ.h"
#include "value/order/order.h"

enum { NAMES = 12, BUF_BYTES_MAX = 1 << 20, ROUNDS = 3000 };

static const char *const letters = "abcdefghijkl";

static uint32_t below(uint32_t limit) {
  return (uint32_t)rng_below(test_rng(), limit);
}

/* Of few values, so that two documents often agree. */
static void put_random(struct build *build) {
  struct val value = val_null();
  switch (below(6)) {
  case 0: value = val_int64(below(2) ? 1 : 70000); break;
  case 1: value = val_float64(1); break;
  case 2: value = val_text(slice_of_text(below(2) ? "x" : "a longer text")); break;
  case 3:
    build_begin_list(build);
    for (uint32_t i = 0; i < below(3); i++) build_put(build, &value);
    build_end(build);
    return;
  case 4:
    build_begin_map(build);
    build_name(build, slice_of_text("inner"));
    build_put(build, &value);
    build_end(build);
    return;
  default: break;
  }
  build_put(build, &value);
}

static void begin(struct build *build, struct buf *out, struct names *names) {
  build_init(build, out, names);
  build_begin_document(build);
}

static struct doc finish(struct build *build, const struct names *names) {
  struct slice built;
  struct doc document;
  assert_ok(build_finish(build, &built, test_err()));
  build_deinit(build);
  assert_ok(doc_open(built, names, &document, test_err()));
  return document;
}

static struct doc random_document(struct buf *out, struct names *names) {
  struct build build;
  uint32_t first = below(2), count = 1 + below(NAMES - 1), step = below(8) ? 1 : 5;
  begin(&build, out, names);
  for (uint32_t i = 0; i < count; i++) {
    build_name(&build, slice_of((const uint8_t *)letters + (first + i * step) % NAMES, 1));
    put_random(&build);
  }
  return finish(&build, names);
}

static bool is_same(const struct val *a, const struct val *b) {
  bool nests = a->type == VAL_LIST || a->type == VAL_MAP;
  if (a->type != b->type) return false;
  return nests ? a->bytes == b->bytes && memcmp(a->data, b->data, a->bytes) == 0
               : val_is_equal(a, b);
}

/* `part` has those fields of `whole` that `other` has not, in their order, and nothing else. */
static void check_part(const struct doc *part, const struct doc *whole, const struct doc *other) {
  struct val in_part = doc_root(part), in_whole = doc_root(whole), in_other = doc_root(other);
  uint32_t found = 0;
  for (uint32_t i = 0; i < val_count(&in_whole); i++) {
    struct slice name, part_name;
    struct val value = val_field_at(&in_whole, i, &name), there = val_field(&in_other, name);
    if (is_same(&value, &there)) continue;
    assert_true(found < val_count(&in_part));
    struct val given = val_field_at(&in_part, found++, &part_name);
    assert_true(slice_is_equal(name, part_name) && is_same(&value, &given));
  }
  assert_int_equal(found, val_count(&in_part));
}

static struct doc take(const struct buf *buf, size_t *at, const struct names *names) {
  struct doc document;
  uint32_t bytes = load32le(buf->data + *at);
  assert_ok(doc_check(slice_of(buf->data + *at, bytes), names, test_err()));
  assert_ok(doc_open(slice_of(buf->data + *at, bytes), names, &document, test_err()));
  *at += bytes;
  return document;
}

/* Each name is told of that has another value in one of them. */
static void check_names(const struct differ *differ, const struct names *names,
                        const struct doc *stale, const struct doc *fresh) {
  struct val before = doc_root(stale), after = doc_root(fresh);
  for (uint16_t id = 0; id < names_count(names); id++) {
    struct val was = val_field(&before, names_get(names, id));
    struct val is = val_field(&after, names_get(names, id));
    assert_int_equal(differ_has(differ, id), !is_same(&was, &is));
  }
}

static void parts_are_what_differs(void) {
  struct differ differ;
  struct names *names;
  struct buf a, b, out;
  assert_ok(names_create(1, &names, test_err()));
  buf_init(&a, BUF_BYTES_MAX);
  buf_init(&b, BUF_BYTES_MAX);
  buf_init(&out, BUF_BYTES_MAX);
  for (uint32_t round = 0; round < ROUNDS; round++) {
    size_t at = 0;
    buf_reset(&a);
    buf_reset(&b);
    buf_reset(&out);
    struct doc stale = random_document(&a, names);
    struct doc fresh = below(10) ? random_document(&b, names) : stale;
    assert_true(differ_open(&differ, &stale, &fresh) && differ_append(&differ, &out));
    check_names(&differ, names, &stale, &fresh);
    struct doc after = take(&out, &at, names), before = take(&out, &at, names);
    assert_int_equal(at, out.bytes);
    check_part(&after, &fresh, &stale);
    check_part(&before, &stale, &fresh);
  }
  buf_deinit(&a);
  buf_deinit(&b);
  buf_deinit(&out);
  names_destroy(names);
}

/* Nothing is appended where it cannot be told. */
static void odd_documents_are_left_alone(void) {
  struct differ differ;
  struct names *names;
  struct build build;
  struct buf a, b, c, tight;
  struct val one = val_int64(1);
  buf_init(&a, BUF_BYTES_MAX);
  buf_init(&b, BUF_BYTES_MAX);
  buf_init(&c, BUF_BYTES_MAX);
  buf_init(&tight, 16);
  assert_ok(names_create(1, &names, test_err()));
  struct doc plain = random_document(&a, names);
  begin(&build, &b, names);
  struct doc empty = finish(&build, names);
  begin(&build, &c, NULL);
  build_name(&build, slice_of_text("inline"));
  build_put(&build, &one);
  struct doc inlined = finish(&build, names);
  assert_false(differ_open(&differ, &plain, &empty));
  assert_false(differ_open(&differ, &empty, &plain));
  assert_false(differ_open(&differ, &plain, &inlined));
  assert_true(differ_open(&differ, &plain, &plain));
  assert_false(differ_append(&differ, &tight));
  assert_int_equal(tight.bytes, 0);
  assert_int_equal(tight.failed, LUMA_TOO_LARGE);
  struct doc other = plain;
  other.names = NULL;
  assert_false(differ_open(&differ, &plain, &other));
  buf_deinit(&a);
  buf_deinit(&b);
  buf_deinit(&c);
  buf_deinit(&tight);
  names_destroy(names);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"parts_are_what_differs", parts_are_what_differs, 0},
      {"odd_documents_are_left_alone", odd_documents_are_left_alone, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
