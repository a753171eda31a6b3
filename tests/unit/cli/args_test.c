/* SPDX-License-Identifier: MIT */
/* Options in any order and form; what is wrong is told with advice. */
#include "cli/args/args.h"

#include <string.h>

#include "tests/lib/fault.h"
#include "tests/lib/test.h"

static const struct args_option options[] = {
    {"format", 'f', "NAME", ""}, {"tagged", 't', NULL, ""}, {"param", 0, "X", ""}, {0}};

enum { WORDS_MAX = 16 };

/* Parses words that stand apart by blanks. */
static status parse(struct args *args, const char *line, char *copy, struct err *err) {
  char *words[WORDS_MAX];
  int count = 0;
  strcpy(copy, line);
  for (char *at = copy; *at && count < WORDS_MAX;) {
    words[count++] = at;
    while (*at && *at != ' ') at++;
    if (*at) *at++ = 0;
  }
  return args_parse(args, options, count, words, err);
}

static void options_come_in_any_form(void) {
  struct args args;
  char copy[256];
  assert_ok(
      parse(&args, "a --format x -t --param=1 b --param 2= -f y -- --tagged -", copy, test_err()));
  assert_string_equal(args_value(&args, "format"), "y");
  assert_string_equal(args_nth_value(&args, "format", 0), "x");
  assert_string_equal(args_nth_value(&args, "param", 0), "1");
  assert_string_equal(args_nth_value(&args, "param", 1), "2=");
  assert_null(args_nth_value(&args, "param", 2));
  assert_true(args_has(&args, "tagged"));
  assert_false(args_has(&args, "help"));
  assert_int_equal(args.positions_count, 4);
  assert_string_equal(args_at(&args, 1), "b");
  assert_string_equal(args_at(&args, 2), "--tagged");
  assert_string_equal(args_at(&args, 3), "-");
  assert_null(args_at(&args, 4));
  args_deinit(&args);
}

static void refused(const char *line, const char *message, const char *hint) {
  struct args args;
  char copy[256];
  struct err *err = test_err();
  assert_status(LUMA_INVALID_ARGUMENT, parse(&args, line, copy, err));
  args_deinit(&args);
  struct err again = {0};
  (void)parse(&args, line, copy, &again);
  args_deinit(&args);
  assert_non_null(strstr(again.message, message));
  assert_non_null(strstr(again.hint, hint));
}

static void wrong_options_teach(void) {
  refused("--formt x", "`--formt`", "--format");
  refused("--zzzzzz", "`--zzzzzz`", "--help");
  refused("-x", "`-x`", "");
  refused("--format", "needs a value", "");
  refused("--tagged=1", "takes no value", "");
  refused("-tf", "`-tf`", "");
}

static status body(void *context) {
  struct args args;
  char copy[256];
  (void)context;
  status result = parse(&args, "a -t --format x", copy, NULL);
  args_deinit(&args);
  return result;
}

static void running_out_of_memory_is_an_error(void) {
  fault_sweep_alloc(body, NULL);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"options_come_in_any_form", options_come_in_any_form, 0},
      {"wrong_options_teach", wrong_options_teach, 0},
      {"running_out_of_memory_is_an_error", running_out_of_memory_is_an_error, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
