/* SPDX-License-Identifier: MIT */
/* Golden plans of a front end: a file of statements, each with the plan that it becomes or the
 * error that it is.
 *
 *     > {"find": "users", "limit": 5}          a statement; further lines of it begin with `| `
 *     limit 5                                  what it becomes, up to an empty line
 *       scan users
 *
 *     > {"fnd": "users"}
 *     ! unknown_operator 1:2 …                 code, line:column, message
 *     ? did you mean `find`?                   the hint
 *
 * Lines with `#` at their start are remarks. LUMA_LANG names the language, LUMA_PLANS the file. */
#include <stdio.h>
#include <stdlib.h>

#include "query/lang/lang.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"

enum { LINE_BYTES_MAX = 1 << 16, TEXT_BYTES_MAX = 1 << 20, SMALL_BYTES = 64 };

static const struct lang *language(void) {
  const char *name = getenv("LUMA_LANG");
  assert_non_null(name);
  const struct lang *lang = lang_find(slice_of_text(name));
  assert_non_null(lang);
  return lang;
}

static void append_error(const struct err *err, struct buf *out) {
  buf_append_format(out, "! %s", status_info(err->code)->name);
  if (err->line) buf_append_format(out, " %u:%u", err->line, err->column);
  buf_append_format(out, " %s\n", err->message);
  if (err->hint[0]) buf_append_format(out, "? %s\n", err->hint);
}

static void append_plan(const struct statement *statement, struct buf *out) {
  plan_format(statement->root, out);
  if (statement->is_count) buf_append_text(out, "= a number\n");
  if (statement->distinct_values) buf_append_text(out, "= values\n");
  if (statement->parameters_count)
    buf_append_format(out, "= %u parameters\n", statement->parameters_count);
}

/** What the statement becomes, as the file has it; with a budget for its memory (0: none). */
static status describe(struct slice text, size_t budget_bytes, struct buf *out) {
  struct arena arena;
  struct err err = {0};
  struct statement statement;
  size_t offset = 0;
  arena_init(&arena, budget_bytes ? SMALL_BYTES : 0, budget_bytes);
  struct lang_context context = {.arena = &arena};
  status parsed = language()->parse(&context, text, &offset, &statement, &err);
  if (parsed == LUMA_OK)
    append_plan(&statement, out);
  else
    append_error(&err, out);
  arena_deinit(&arena);
  return parsed;
}

/** A statement of the file and what stands below it. */
struct golden {
  struct buf text, plan;
  unsigned line;
};

typedef void golden_fn(const struct golden *golden);

static void take_line(struct golden *golden, char *line, unsigned number) {
  bool begins = strncmp(line, "> ", 2) == 0, goes_on = strncmp(line, "| ", 2) == 0;
  if (begins) golden->line = number;
  if (!begins && !goes_on) {
    buf_append_format(&golden->plan, "%s\n", line);
    return;
  }
  if (goes_on) buf_append_byte(&golden->text, '\n');
  buf_append_text(&golden->text, line + 2);
}

static void end_golden(struct golden *golden, golden_fn *judge) {
  if (golden->line) judge(golden);
  buf_reset(&golden->text);
  buf_reset(&golden->plan);
  golden->line = 0;
}

static void each_golden(golden_fn *judge) {
  static char line[LINE_BYTES_MAX];
  const char *path = getenv("LUMA_PLANS");
  assert_non_null(path);
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  struct golden golden = {0};
  buf_init(&golden.text, TEXT_BYTES_MAX);
  buf_init(&golden.plan, TEXT_BYTES_MAX);
  unsigned number = 0, count = 0;
  while (fgets(line, sizeof line, file)) {
    number++;
    line[strcspn(line, "\n")] = 0;
    if (line[0] == '#') continue;
    if (line[0]) {
      count += line[0] == '>';
      take_line(&golden, line, number);
      continue;
    }
    end_golden(&golden, judge);
  }
  end_golden(&golden, judge);
  assert_true(count > 0);
  buf_deinit(&golden.text);
  buf_deinit(&golden.plan);
  fclose(file);
}

static void judge_plan(const struct golden *golden) {
  struct buf out;
  buf_init(&out, TEXT_BYTES_MAX);
  (void)describe(buf_slice(&golden->text), 0, &out);
  if (!slice_is_equal(buf_slice(&out), buf_slice(&golden->plan)))
    fail_msg("line %u: %.*s\nexpected:\n%.*s\nbecame:\n%.*s", golden->line,
             SLICE_ARG(buf_slice(&golden->text)), SLICE_ARG(buf_slice(&golden->plan)),
             SLICE_ARG(buf_slice(&out)));
  buf_deinit(&out);
}

static void becomes_the_plans_of_the_file(void) {
  each_golden(judge_plan);
}

static status parse_again(void *context) {
  struct buf out;
  buf_init(&out, TEXT_BYTES_MAX);
  struct slice *text = context;
  status parsed = describe(*text, 0, &out);
  buf_deinit(&out);
  return parsed;
}

static void judge_memory(const struct golden *golden) {
  struct slice text = buf_slice(&golden->text);
  if (golden->plan.data[0] != '!') fault_sweep_alloc(parse_again, &text);
}

static void survives_memory_running_out(void) {
  each_golden(judge_memory);
}

/** Every budget that is too small is an error that says so. */
static void judge_budgets(const struct golden *golden) {
  status parsed = LUMA_BUDGET_EXCEEDED;
  for (size_t budget = 16; parsed == LUMA_BUDGET_EXCEEDED; budget += 48) {
    struct buf out;
    buf_init(&out, TEXT_BYTES_MAX);
    parsed = describe(buf_slice(&golden->text), budget, &out);
    assert_true(parsed == LUMA_BUDGET_EXCEEDED ||
                slice_is_equal(buf_slice(&out), buf_slice(&golden->plan)));
    buf_deinit(&out);
  }
}

static void survives_every_budget(void) {
  each_golden(judge_budgets);
}

/** Every beginning of a statement parses or fails; under sanitizers nothing is read past it. */
static void judge_prefixes(const struct golden *golden) {
  for (size_t bytes = 0; bytes < golden->text.bytes; bytes++) {
    struct buf out;
    char *copy = test_malloc(bytes + 1);
    memcpy(copy, golden->text.data, bytes);
    buf_init(&out, TEXT_BYTES_MAX);
    (void)describe(slice_of(copy, bytes), 0, &out);
    assert_true(out.bytes > 0);
    buf_deinit(&out);
    test_free(copy);
  }
}

static void answers_for_every_prefix(void) {
  each_golden(judge_prefixes);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"becomes_the_plans_of_the_file", becomes_the_plans_of_the_file, 0},
      {"survives_memory_running_out", survives_memory_running_out, 120},
      {"survives_every_budget", survives_every_budget, 120},
      {"answers_for_every_prefix", answers_for_every_prefix, 120},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
