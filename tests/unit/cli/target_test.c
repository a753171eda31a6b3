/* SPDX-License-Identifier: MIT */
/* A database opened here, seen through the table of targets; and what memory running out does to
 * showing answers. */
#include "cli/show/show.h"
#include "cli/target/names.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"

static struct target *open_memory(void) {
  struct target_options options = {.os = os_linux()};
  struct target *target;
  assert_ok(target_open("memory:", &options, &target, test_err()));
  return target;
}

static void exec(struct target *target, const char *language, const char *text) {
  assert_ok(target_exec(target, language, slice_of_text(text), test_err()));
}

static void parameters_are_typed(void) {
  struct target *target = open_memory();
  struct target_param params[] = {
      {slice_of_text("a"), slice_of_text("{\"$numberDecimal\":\"1.50\"}")},
      {slice_of_text("b"), slice_of_text("[1,{\"x\":null}]")}};
  struct target_statement statement = {
      .text = slice_of_text("SELECT :b AS b, :a AS a"), .params = params, .params_count = 2};
  struct target_reply *reply;
  struct target_shape shape;
  struct val row;
  bool has;
  assert_ok(target_run(target, &statement, &reply, test_err()));
  assert_ok(target->ops->shape(reply, &shape, test_err()));
  assert_int_equal(shape.columns_count, 2);
  assert_ok(target->ops->next(reply, &row, &has, test_err()));
  assert_true(has);
  struct val a = val_field(&row, slice_of_text("a")), b = val_field(&row, slice_of_text("b"));
  assert_int_equal(a.type, VAL_DECIMAL);
  assert_int_equal(b.type, VAL_LIST);
  assert_int_equal(val_count(&b), 2);
  target->ops->end(reply);
  target_close(target);
}

static void names_are_quoted_and_listed(void) {
  struct target *target = open_memory();
  struct arena arena;
  struct names_list names;
  struct buf text;
  buf_init(&text, 256);
  arena_init(&arena, 0, 0);
  buf_append_text(&text, "CREATE COLLECTION ");
  names_quote(&text, slice_of_text("odd `name` é"));
  assert_ok(target_exec(target, "lql", buf_slice(&text), test_err()));
  assert_ok(names_collections(target, &arena, &names, test_err()));
  assert_int_equal(names.count, 1);
  assert_true(slice_is_equal(names.items[0], slice_of_text("odd `name` é")));
  names_list_deinit(&names);
  arena_deinit(&arena);
  buf_deinit(&text);
  target_close(target);
}

struct sweep {
  struct target *target;
  enum show_format format;
};

/* Shows rows into a buffer that is thrown away: nothing is written to the real output. */
static status show_body(void *context) {
  struct sweep *sweep = context;
  struct cli cli = {.os = os_linux()};
  struct show_options options = {.format = sweep->format, .has_type_row = true};
  /* NQL: its plans are not kept, so that a sweep finds as much memory in use as it left. */
  struct target_statement statement = {.text = slice_of_text("find all t")};
  struct err err = {0};
  buf_init(&cli.out.text, 1 << 20);
  buf_init(&cli.problems.text, 1 << 20);
  status result = show_statement(&cli, &options, sweep->target, &statement, &err);
  if (result == LUMA_OK && cli.out.text.failed != LUMA_OK) result = cli.out.text.failed;
  buf_deinit(&cli.out.text);
  buf_deinit(&cli.problems.text);
  return result;
}

static void showing_survives_memory_running_out(void) {
  struct sweep sweep = {.target = open_memory()};
  exec(sweep.target, "lql", "INSERT INTO t {id: 1, a: 1.5, b: 'x'}, {id: 2, c: [1, {d: null}]}");
  assert_ok(show_body(&sweep)); /* what is made once is made */
  for (int format = SHOW_TABLE; format <= SHOW_TSV; format++) {
    sweep.format = (enum show_format)format;
    assert_true(fault_sweep_alloc(show_body, &sweep) > 10);
  }
  target_close(sweep.target);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"parameters_are_typed", parameters_are_typed, 0},
      {"names_are_quoted_and_listed", names_are_quoted_and_listed, 0},
      {"showing_survives_memory_running_out", showing_survives_memory_running_out, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
