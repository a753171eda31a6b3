/* SPDX-License-Identifier: MIT */
/* Edits: setting, removing, padding, merging; what is not touched stays; a model of edits on random
 * documents. */
#include "tests/lib/fault.h"
#include "tests/lib/test.h"
#include "tests/unit/value/gen.h"
#include "value/edit/edit.h"
#include "value/order/order.h"

enum { BUF_BYTES_MAX = 1 << 24 };

struct fixture {
  struct arena arena;
  struct names *names;
  struct edit edit;
};

static struct val encode_map(struct fixture *f, void (*fill)(struct build *build)) {
  struct buf buf;
  struct build build;
  struct slice encoded;
  buf_init(&buf, BUF_BYTES_MAX);
  build_init(&build, &buf, f->names);
  build_begin_map(&build);
  fill(&build);
  build_end(&build);
  assert_ok(build_finish(&build, &encoded, test_err()));
  const uint8_t *copy = arena_copy(&f->arena, encoded.data, encoded.bytes);
  size_t bytes = encoded.bytes;
  build_deinit(&build);
  buf_deinit(&buf);
  return val_decode(slice_of(copy, bytes), f->names);
}

static void put_int(struct build *build, const char *name, int64_t integer) {
  struct val v = val_int64(integer);
  if (name) build_name(build, slice_of_text(name));
  build_put(build, &v);
}

/* {a: 1, m: {x: 1, y: 2}, l: [1, 2]} */
static void fill_sample(struct build *build) {
  put_int(build, "a", 1);
  build_name(build, slice_of_text("m"));
  build_begin_map(build);
  put_int(build, "x", 1);
  put_int(build, "y", 2);
  build_end(build);
  build_name(build, slice_of_text("l"));
  build_begin_list(build);
  put_int(build, NULL, 1);
  put_int(build, NULL, 2);
  build_end(build);
}

static void setup(struct fixture *f) {
  *f = (struct fixture){0};
  arena_init(&f->arena, 0, 0);
  assert_ok(names_create(1, &f->names, test_err()));
  struct val root = encode_map(f, fill_sample);
  assert_ok(edit_init(&f->edit, &f->arena, &root, test_err()));
}

static void teardown(struct fixture *f) {
  names_destroy(f->names);
  arena_deinit(&f->arena);
}

static struct path parse(struct fixture *f, const char *text) {
  struct path path;
  assert_ok(path_parse(&f->arena, slice_of_text(text), false, &path, test_err()));
  return path;
}

static status set(struct fixture *f, const char *text, struct val v) {
  struct path path = parse(f, text);
  return edit_set(&f->edit, &path, &v, test_err());
}

static struct val get(struct fixture *f, const char *text) {
  struct path path = parse(f, text);
  struct val v;
  assert_ok(edit_get(&f->edit, &path, &v, test_err()));
  return v;
}

/* The whole document as it would be written. */
static struct val written(struct fixture *f) {
  struct buf buf;
  struct build build;
  struct slice encoded;
  buf_init(&buf, BUF_BYTES_MAX);
  build_init(&build, &buf, f->names);
  build_begin_map(&build);
  assert_ok(edit_write(&f->edit, &build, test_err()));
  build_end(&build);
  assert_ok(build_finish(&build, &encoded, test_err()));
  assert_ok(doc_check_value(encoded, f->names, test_err()));
  const uint8_t *copy = arena_copy(&f->arena, encoded.data, encoded.bytes);
  size_t bytes = encoded.bytes;
  build_deinit(&build);
  buf_deinit(&buf);
  return val_decode(slice_of(copy, bytes), f->names);
}

static void assert_int_at(struct fixture *f, const char *text, int64_t expected) {
  struct val v = get(f, text), root = written(f);
  struct path path = parse(f, text);
  struct val read = path_get(&path, &root);
  assert_int_equal(v.type, VAL_INT64);
  assert_int_equal(v.integer, expected);
  assert_true(gen_is_identical(&v, &read));
}

static void sets_fields_and_elements(void) {
  struct fixture f;
  setup(&f);
  assert_ok(set(&f, "m.y", val_int64(7)));
  assert_ok(set(&f, "l[-1]", val_int64(8)));
  assert_ok(set(&f, "new", val_int64(9)));
  assert_ok(set(&f, "made.on.the.way", val_int64(10)));
  assert_ok(set(&f, "l[4]", val_int64(11)));
  assert_int_at(&f, "a", 1);
  assert_int_at(&f, "m.x", 1);
  assert_int_at(&f, "m.y", 7);
  assert_int_at(&f, "l[0]", 1);
  assert_int_at(&f, "l[1]", 8);
  assert_int_at(&f, "new", 9);
  assert_int_at(&f, "made.on.the.way", 10);
  assert_int_at(&f, "l[4]", 11);
  assert_int_equal(get(&f, "l[3]").type, VAL_NULL);
  struct val list = get(&f, "l"), root = written(&f);
  assert_int_equal(val_count(&list), 5);
  assert_int_equal(val_count(&root), 5);
  teardown(&f);
}

static void removes(void) {
  struct fixture f;
  setup(&f);
  struct path fields[] = {parse(&f, "m.x"), parse(&f, "l[0]"), parse(&f, "none.such"),
                          parse(&f, "a.b")};
  for (size_t i = 0; i < 4; i++) assert_ok(edit_unset(&f.edit, &fields[i], test_err()));
  assert_int_equal(get(&f, "m.x").type, VAL_MISSING);
  assert_int_equal(get(&f, "l[0]").type, VAL_NULL);
  struct val root = written(&f), map = val_field(&root, slice_of_text("m"));
  assert_int_equal(val_count(&root), 3);
  assert_int_equal(val_count(&map), 1);
  assert_ok(set(&f, "m.x", val_int64(5)));
  assert_int_at(&f, "m.x", 5);
  teardown(&f);
}

static void refuses_what_cannot_be_set(void) {
  struct fixture f;
  setup(&f);
  assert_status(LUMA_TYPE_MISMATCH, set(&f, "a.b", val_int64(1)));
  assert_status(LUMA_TYPE_MISMATCH, set(&f, "m[0]", val_int64(1)));
  assert_status(LUMA_TYPE_MISMATCH, set(&f, "l.x", val_int64(1)));
  assert_status(LUMA_OUT_OF_RANGE, set(&f, "l[-3]", val_int64(1)));
  assert_status(LUMA_OUT_OF_RANGE, set(&f, "l[2000000000]", val_int64(1)));
  teardown(&f);
}

static void fill_patch(struct build *build) {
  struct val null = val_null();
  build_name(build, slice_of_text("a"));
  build_put(build, &null);
  build_name(build, slice_of_text("m"));
  build_begin_map(build);
  put_int(build, "y", 3);
  build_name(build, slice_of_text("deep"));
  build_begin_map(build);
  build_name(build, slice_of_text("gone"));
  build_put(build, &null);
  put_int(build, "kept", 4);
  build_end(build);
  build_end(build);
  put_int(build, "l", 5);
}

static void merges_as_the_rfc_has_it(void) {
  struct fixture f;
  setup(&f);
  struct val patch = encode_map(&f, fill_patch);
  assert_ok(edit_merge(&f.edit, &patch, test_err()));
  struct val root = written(&f), map = val_field(&root, slice_of_text("m")),
             deep = get(&f, "m.deep");
  assert_int_equal(val_count(&root), 2);
  assert_int_equal(val_count(&map), 3);
  assert_int_equal(val_count(&deep), 1);
  assert_int_at(&f, "m.x", 1);
  assert_int_at(&f, "m.y", 3);
  assert_int_at(&f, "m.deep.kept", 4);
  assert_int_at(&f, "l", 5);
  teardown(&f);
}

/* Any document without edits is written as it was; any field set reads back, and the others stay.
 */
static void random_edits_change_one_field_only(void) {
  for (size_t round = 0; round < test_rounds(2000); round++) {
    struct fixture f;
    struct gen gen;
    setup(&f);
    gen_init(&gen, test_rng(), f.names);
    struct val root = gen_value(&gen, 4), v = gen_value(&gen, 2);
    if (root.type == VAL_MAP) {
      assert_ok(edit_init(&f.edit, &gen.arena, &root, test_err()));
      struct val same = written(&f);
      assert_true(gen_is_identical(&root, &same));
      struct path_step step;
      struct path path = path_of_name(&step, gen_name(&gen));
      assert_ok(edit_set(&f.edit, &path, &v, test_err()));
      struct val changed = written(&f), read = path_get(&path, &changed);
      assert_true(gen_is_identical(&v, &read));
      for (uint32_t i = 0; i < val_count(&root); i++) {
        struct slice name;
        struct val before = val_field_at(&root, i, &name), after = val_field(&changed, name);
        if (!slice_is_equal(name, step.name)) assert_true(gen_is_identical(&before, &after));
      }
    }
    gen_deinit(&gen);
    teardown(&f);
  }
}

/* Adds twenty fields to a map of two and reads it whole. */
static status edit_much(void *context) {
  static const char letters[] = "abcdefghijklmnopqrst";
  const struct val *map = context;
  struct val v = val_int64(1);
  struct arena arena;
  struct edit edit;
  arena_init(&arena, 64, 0);
  status done = edit_init(&edit, &arena, map, test_err());
  for (int i = 0; done == LUMA_OK && i < 20; i++) {
    struct path_step step;
    struct path path = path_of_name(&step, slice_of(&letters[i], 1));
    done = edit_set(&edit, &path, &v, test_err());
  }
  struct path all = {0};
  if (done == LUMA_OK) done = edit_get(&edit, &all, &v, test_err());
  if (done == LUMA_OK) assert_int_equal(val_count(&v), 22);
  arena_deinit(&arena);
  return done;
}

static void memory_may_run_out(void) {
  struct fixture f;
  setup(&f);
  struct val map = get(&f, "m");
  assert_true(fault_sweep_alloc(edit_much, &map) > 5);
  teardown(&f);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"sets fields and elements", sets_fields_and_elements, 0},
      {"removes", removes, 0},
      {"refuses what cannot be set", refuses_what_cannot_be_set, 0},
      {"merges as the RFC has it", merges_as_the_rfc_has_it, 0},
      {"random edits change one field only", random_edits_change_one_field_only, 0},
      {"memory may run out", memory_may_run_out, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
