/* SPDX-License-Identifier: MIT */
/* Paths: their two text forms, reading against a naive reader, bound and unbound, through lists as
 * MongoDB does. */
#include <stdio.h>

#include "tests/lib/fault.h"
#include "tests/lib/test.h"
#include "tests/unit/value/gen.h"
#include "value/json/json.h"
#include "value/path/path.h"

enum { BUF_BYTES_MAX = 1 << 20 };

static void check_text(struct arena *arena, const char *text, bool dotted, const char *expected) {
  struct path path, again;
  struct buf out;
  buf_init(&out, BUF_BYTES_MAX);
  assert_ok(path_parse(arena, slice_of_text(text), dotted, &path, test_err()));
  path_format(&path, &out);
  assert_true(slice_is_equal(buf_slice(&out), slice_of_text(expected)));
  if (!dotted) {
    assert_ok(path_parse(arena, buf_slice(&out), false, &again, test_err()));
    assert_true(path_is_equal(&path, &again));
  }
  buf_deinit(&out);
}

static void parses_and_formats(void) {
  struct arena arena;
  arena_init(&arena, 0, 0);
  check_text(&arena, "a", false, "a");
  check_text(&arena, "a.b[2].c", false, "a.b[2].c");
  check_text(&arena, "[0][-1].x", false, "[0][-1].x");
  check_text(&arena, "`first name`.\"x.y\"", false, "`first name`.`x.y`");
  check_text(&arena, "`a``b`", false, "`a``b`");
  check_text(&arena, "\"\"", false, "``");
  check_text(&arena, "airport-code", false, "`airport-code`");
  check_text(&arena, "caf\xc3\xa9._id", false, "caf\xc3\xa9._id");
  check_text(&arena, "a.0.b c", true, "a.0.`b c`");
  check_text(&arena, "a.00", true, "a.`00`");
  arena_deinit(&arena);
}

static void refuses_with_a_position(void) {
  static const struct {
    const char *text;
    bool dotted;
    uint32_t column;
  } cases[] = {
      {"", false, 1},     {"a.", false, 3},  {".a", false, 1},  {"a[x]", false, 3},
      {"a[1", false, 3},  {"a b", false, 2}, {"`a", false, 1},  {"a[99999999999]", false, 3},
      {"a..b", false, 3}, {"", true, 1},     {"a..b", true, 3}, {"a.", true, 3},
      {"a]", false, 2}};
  struct arena arena;
  struct path path;
  arena_init(&arena, 0, 0);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct err err = {0};
    assert_int_equal(path_parse(&arena, slice_of_text(cases[i].text), cases[i].dotted, &path, &err),
                     LUMA_SYNTAX_ERROR);
    assert_int_equal(err.line, 1);
    assert_int_equal(err.column, cases[i].column);
    assert_true(err.hint[0] != 0);
  }
  char deep[2 * PATH_STEPS_MAX + 2];
  memset(deep, '.', sizeof deep);
  for (size_t i = 0; i < sizeof deep; i += 2) deep[i] = 'a';
  assert_ok(path_parse(&arena, slice_of(deep, 2 * PATH_STEPS_MAX - 1), false, &path, test_err()));
  assert_int_equal(path.count, PATH_STEPS_MAX);
  assert_status(LUMA_TOO_DEEP, path_parse(&arena, slice_of(deep, 2 * PATH_STEPS_MAX + 1), false,
                                          &path, test_err()));
  arena_deinit(&arena);
}

static void prefixes(void) {
  struct arena arena;
  struct path whole, prefix, other;
  arena_init(&arena, 0, 0);
  assert_ok(path_parse(&arena, slice_of_text("a.b[1]"), false, &whole, test_err()));
  assert_ok(path_parse(&arena, slice_of_text("a.b"), false, &prefix, test_err()));
  assert_ok(path_parse(&arena, slice_of_text("a.b[2]"), false, &other, test_err()));
  assert_true(path_has_prefix(&whole, &prefix) && path_has_prefix(&whole, &whole));
  assert_false(path_has_prefix(&prefix, &whole) || path_has_prefix(&whole, &other));
  assert_false(path_is_equal(&whole, &other));
  arena_deinit(&arena);
}

/* One step at a time, by walking all fields. */
static struct val naive_step(const struct val *from, const struct path_step *step) {
  int64_t count = val_count(from), index = step->index < 0 ? count + step->index : step->index;
  if (from->type == VAL_LIST && step->is_index && index >= 0 && index < count)
    return val_at(from, (uint32_t)index);
  for (uint32_t i = 0; from->type == VAL_MAP && step->is_name && i < count; i++) {
    struct slice name;
    struct val field = val_field_at(from, i, &name);
    if (slice_is_equal(name, step->name)) return field;
  }
  return val_missing();
}

static void has_an_order(void) {
  static const char *const ordered[] = {"0", "9",   "9.a",  "10",  "$x", "9a",
                                        "A", "a.2", "a.10", "a.b", "aa", "b"};
  enum { PATHS = sizeof ordered / sizeof ordered[0] };
  struct path paths[PATHS];
  struct arena arena;
  arena_init(&arena, 0, 0);
  for (int i = 0; i < PATHS; i++)
    assert_ok(path_parse(&arena, slice_of_text(ordered[i]), true, &paths[i], test_err()));
  for (int i = 0; i < PATHS; i++)
    for (int k = 0; k < PATHS; k++)
      assert_int_equal((path_compare(&paths[i], &paths[k]) > 0) -
                           (path_compare(&paths[i], &paths[k]) < 0),
                       (i > k) - (i < k));
  arena_deinit(&arena);
}

static void random_step(struct gen *gen, struct path_step *step) {
  *step = (struct path_step){.index = PATH_NO_INDEX};
  step->is_index = rng_below(gen->rng, 2);
  step->is_name = !step->is_index || rng_below(gen->rng, 4) == 0;
  if (step->is_name) step->name = gen_name(gen);
  if (step->is_index) step->index = (int32_t)rng_range(gen->rng, -3, 4);
}

static void reads_as_a_naive_reader_does(void) {
  struct names *names = NULL;
  uint64_t found = 0;
  assert_ok(names_create(1, &names, test_err()));
  for (size_t round = 0; round < test_rounds(5000); round++) {
    struct gen gen;
    struct path_step steps[3];
    struct path path = {.count = (uint32_t)rng_below(test_rng(), 4), .steps = steps};
    struct path_bound bound, foreign;
    gen_init(&gen, test_rng(), names);
    for (int i = 0; i < 3; i++) random_step(&gen, &steps[i]);
    struct val root = gen_value(&gen, 4), expected = root;
    for (uint32_t i = 0; i < path.count; i++) expected = naive_step(&expected, &steps[i]);
    assert_ok(path_bind(&path, names, &gen.arena, &bound, test_err()));
    assert_ok(path_bind(&path, NULL, &gen.arena, &foreign, test_err()));
    struct val plain = path_get(&path, &root), by_id = path_bound_get(&bound, &root),
               other = path_bound_get(&foreign, &root);
    assert_true(gen_is_identical(&expected, &plain));
    assert_true(gen_is_identical(&expected, &by_id));
    assert_true(gen_is_identical(&expected, &other));
    found += path.count > 0 && expected.type != VAL_MISSING;
    gen_deinit(&gen);
  }
  assert_true(found > 50);
  names_destroy(names);
}

/* A path bound before a name had an id still reads documents that use the id. */
static void a_name_may_get_its_id_after_binding(void) {
  struct names *names = NULL;
  struct arena arena;
  struct buf out;
  struct build build;
  struct slice bytes;
  struct path_step step;
  struct path path = path_of_name(&step, slice_of_text("late"));
  struct path_bound bound;
  arena_init(&arena, 0, 0);
  buf_init(&out, BUF_BYTES_MAX);
  assert_ok(names_create(1, &names, test_err()));
  assert_ok(path_bind(&path, names, &arena, &bound, test_err()));
  build_init(&build, &out, names);
  build_begin_map(&build);
  struct val v = val_int64(1);
  build_name(&build, slice_of_text("late"));
  build_put(&build, &v);
  build_end(&build);
  assert_ok(build_finish(&build, &bytes, test_err()));
  struct val map = val_decode(bytes, names), read = path_bound_get(&bound, &map);
  assert_int_equal(read.integer, 1);
  build_deinit(&build);
  buf_deinit(&out);
  names_destroy(names);
  arena_deinit(&arena);
}

/* ---- through lists ---- */

struct seen {
  struct buf text;
  int stop_after;
};

static bool note(void *context, const struct val *v) {
  struct seen *seen = context;
  static const struct json_write_options options = {.form = JSON_PLAIN};
  if (v->type == VAL_MISSING)
    (void)buf_append_text(&seen->text, "missing");
  else
    json_write(&seen->text, v, &options);
  (void)buf_append_byte(&seen->text, ' ');
  return --seen->stop_after != 0;
}

static void check_visit(const char *json, const char *text, const char *expected) {
  struct json_reader *reader = NULL;
  static const struct json_read_options options = {.form = JSON_PLAIN};
  struct arena arena;
  struct buf out;
  struct val root;
  struct path path;
  struct seen seen = {.stop_after = -1};
  arena_init(&arena, 0, 0);
  buf_init(&out, BUF_BYTES_MAX);
  buf_init(&seen.text, BUF_BYTES_MAX);
  assert_ok(json_reader_create(&reader, test_err()));
  assert_ok(json_read_value(reader, slice_of_text(json), &options, &out, &root, test_err()));
  assert_ok(path_parse(&arena, slice_of_text(text), true, &path, test_err()));
  assert_true(path_visit(&path, &root, note, &seen));
  if (!slice_is_equal(buf_slice(&seen.text), slice_of_text(expected)))
    fail_msg("%s of %s: `%.*s`, not `%s`", text, json, SLICE_ARG(buf_slice(&seen.text)), expected);
  seen.stop_after = 1;
  if (seen.text.bytes) assert_false(path_visit(&path, &root, note, &seen));
  json_reader_destroy(reader);
  buf_deinit(&seen.text);
  buf_deinit(&out);
  arena_deinit(&arena);
}

static void visits_through_lists(void) {
  check_visit("{\"a\":1}", "a", "1 ");
  check_visit("{\"a\":1}", "b", "missing ");
  check_visit("{\"a\":1}", "a.b", "missing ");
  check_visit("{\"a\":[1,2]}", "a", "[1,2] ");
  check_visit("{\"a\":[1,2]}", "a.b", "");
  check_visit("{\"a\":[1,2]}", "a.1", "2 ");
  check_visit("{\"a\":[1,2]}", "a.2", "");
  check_visit("{\"a\":[{\"b\":1},{\"c\":2},3,{\"b\":[4]}]}", "a.b", "1 missing [4] ");
  check_visit("{\"a\":[{\"b\":[{\"c\":1},{\"c\":2}]},{\"b\":{\"c\":3}}]}", "a.b.c", "1 2 3 ");
  check_visit("{\"a\":[{\"0\":5},{\"x\":6}]}", "a.0", "{\"0\":5} 5 ");
  check_visit("{\"a\":[[1,2],[3]]}", "a.0", "[1,2] ");
  check_visit("{\"a\":[[1,2],[3]]}", "a.0.1", "2 ");
  check_visit("{\"a\":{\"0\":7}}", "a.0", "7 ");
}

static status parse_and_bind(void *context) {
  struct err *err = context;
  struct arena arena;
  struct path path;
  struct path_bound bound;
  arena_init(&arena, 16, 0);
  status done = path_parse(&arena, slice_of_text("a.`b c`[1].d"), false, &path, err);
  if (done == LUMA_OK) done = path_bind(&path, NULL, &arena, &bound, err);
  arena_deinit(&arena);
  return done;
}

static void memory_may_run_out(void) {
  assert_true(fault_sweep_alloc(parse_and_bind, test_err()) > 2);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"parses and formats", parses_and_formats, 0},
      {"refuses with a position", refuses_with_a_position, 0},
      {"prefixes", prefixes, 0},
      {"has an order", has_an_order, 0},
      {"reads as a naive reader does", reads_as_a_naive_reader_does, 0},
      {"a name may get its id after binding", a_name_may_get_its_id_after_binding, 0},
      {"visits through lists", visits_through_lists, 0},
      {"memory may run out", memory_may_run_out, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
