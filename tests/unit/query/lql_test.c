/* SPDX-License-Identifier: MIT */
/* The LQL front end on statements that are long, deep, broken or many; what ordinary statements
 * become stands in tests/lang/lql.plans. */
#include <string.h>

#include "base/mem/mem.h"
#include "query/lang/lang.h"
#include "tests/lib/fault.h"
#include "tests/lib/gen_val.h"
#include "tests/lib/test.h"

enum { TEXT_BYTES_MAX = 64 << 20, WINDOW_BYTES = 16 << 10 };

/* ---- one statement ---- */

struct parsed {
  struct arena arena;
  struct statement statement;
  struct err err;
  size_t offset;
};

static status parse_from(struct parsed *parsed, struct slice text, size_t offset) {
  *parsed = (struct parsed){.offset = offset};
  arena_init(&parsed->arena, 0, 0);
  struct lang_context context = {.arena = &parsed->arena};
  return lang_lql.parse(&context, text, &parsed->offset, &parsed->statement, &parsed->err);
}

static void end_parsed(struct parsed *parsed) {
  arena_deinit(&parsed->arena);
}

static void expect_error(struct slice text, status code, unsigned column) {
  struct parsed parsed;
  assert_int_equal(code, parse_from(&parsed, text, 0));
  assert_int_equal(code, parsed.err.code);
  assert_int_equal(1, parsed.err.line);
  assert_int_equal(column, parsed.err.column);
  end_parsed(&parsed);
}

static void expect_plan(struct slice text, const char *plan) {
  struct parsed parsed;
  struct buf out;
  buf_init(&out, TEXT_BYTES_MAX);
  status done = parse_from(&parsed, text, 0);
  if (done != LUMA_OK) fail_msg("%s", parsed.err.message);
  plan_format(parsed.statement.root, &out);
  buf_append_byte(&out, 0);
  assert_string_equal(plan, (const char *)out.data);
  buf_deinit(&out);
  end_parsed(&parsed);
}

static void append_times(struct buf *out, const char *text, size_t times) {
  for (size_t i = 0; i < times; i++) assert_true(buf_append_text(out, text));
}

/* ---- deep and long ---- */

/** `head`, then `part` many times. */
static void expect_refused(const char *head, const char *part, size_t times, status code) {
  struct buf text;
  struct parsed parsed;
  buf_init(&text, TEXT_BYTES_MAX);
  buf_append_text(&text, head);
  append_times(&text, part, times);
  assert_int_equal(code, parse_from(&parsed, buf_slice(&text), 0));
  assert_true(parsed.err.message[0] != 0);
  assert_true(parsed.err.column > 0);
  end_parsed(&parsed);
  buf_deinit(&text);
}

static void refuses_what_is_too_deep(void) {
  expect_refused("SELECT ", "(", 10 << 20, LUMA_TOO_DEEP);
  expect_refused("SELECT ", "[", 10 << 20, LUMA_TOO_DEEP);
  expect_refused("SELECT ", "{a:", 1 << 20, LUMA_TOO_DEEP);
  expect_refused("SELECT ", "NOT ", 100000, LUMA_TOO_DEEP);
  expect_refused("SELECT ", "- ", 100000, LUMA_TOO_DEEP);
  expect_refused("SELECT ", "CASE WHEN ", 100000, LUMA_TOO_DEEP);
  expect_refused("SELECT ", "lower(", 100000, LUMA_TOO_DEEP);
  expect_refused("SELECT 1", " + 1", 100000, LUMA_TOO_DEEP);
  expect_refused("SELECT 1", " IN (1)", 100000, LUMA_TOO_DEEP);
  expect_refused("SELECT 1", " IS NULL", 100000, LUMA_TOO_DEEP);
  expect_refused("SELECT 1", "::int", 100000, LUMA_TOO_DEEP);
  expect_refused("SELECT a", ".a", 1 << 20, LUMA_TOO_DEEP);
  expect_refused("SELECT a", "[0]", 1 << 20, LUMA_TOO_DEEP);
  expect_refused("SELECT 1 FROM a", ", a", 100000, LUMA_TOO_DEEP);
  expect_refused("SELECT 1 FROM a", " JOIN a ON a.b = 1", 100000, LUMA_TOO_DEEP);
}

/* What is only long is fine. */
static void takes_what_is_long(void) {
  struct buf text;
  struct parsed parsed;
  buf_init(&text, TEXT_BYTES_MAX);
  buf_append_text(&text, "SELECT 1 FROM t WHERE a IN (0");
  append_times(&text, ", 123456", 100000);
  buf_append_text(&text, ")");
  assert_ok(parse_from(&parsed, buf_slice(&text), 0));
  assert_int_equal(100002, parsed.statement.root->input->condition->args_count);
  end_parsed(&parsed);
  buf_reset(&text);
  buf_append_text(&text, "INSERT INTO t (a) VALUES (0)");
  append_times(&text, ", (1)", 100000);
  assert_ok(parse_from(&parsed, buf_slice(&text), 0));
  assert_int_equal(100001, parsed.statement.root->rows_count);
  end_parsed(&parsed);
  buf_deinit(&text);
}

static void takes_as_many_operators_as_it_says(void) {
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  buf_append_text(&text, "SELECT 1");
  append_times(&text, " + 1", 4000);
  struct parsed parsed;
  assert_ok(parse_from(&parsed, buf_slice(&text), 0));
  end_parsed(&parsed);
  buf_append_text(&text, " + 1");
  assert_int_equal(LUMA_TOO_DEEP, parse_from(&parsed, buf_slice(&text), 0));
  assert_non_null(strstr(parsed.err.hint, "IN"));
  end_parsed(&parsed);
  buf_deinit(&text);
}

/* ---- broken ---- */

#define TEXT_OF(literal) slice_of(literal, sizeof(literal) - 1)

static void refuses_bytes_that_are_no_text(void) {
  expect_error(TEXT_OF("SELECT \0"), LUMA_SYNTAX_ERROR, 8);
  expect_error(TEXT_OF("SELECT \x01"), LUMA_SYNTAX_ERROR, 8);
  expect_error(TEXT_OF("\0"), LUMA_SYNTAX_ERROR, 1);
  expect_error(TEXT_OF("SELECT 'a\xff'"), LUMA_SYNTAX_ERROR, 8);
  expect_error(TEXT_OF("SELECT E'\\xff\xc3'"), LUMA_SYNTAX_ERROR, 8);
  expect_error(TEXT_OF("SELECT ab\xff FROM t"), LUMA_SYNTAX_ERROR, 10);
  expect_error(TEXT_OF("SELECT 1 FROM \"t\xc3\""), LUMA_SYNTAX_ERROR, 17);
  expect_error(TEXT_OF("SELECT 1 AS `\xed\xa0\x80`"), LUMA_SYNTAX_ERROR, 14);
  expect_error(TEXT_OF("INSERT INTO t {\"\xff\": 1}"), LUMA_SYNTAX_ERROR, 16);
  expect_error(TEXT_OF("SELECT $\xcf"), LUMA_SYNTAX_ERROR, 9);
  expect_error(TEXT_OF("DATE '\xff'"), LUMA_SYNTAX_ERROR, 1);
}

static void keeps_a_nul_inside_a_text(void) {
  struct parsed parsed;
  assert_ok(parse_from(&parsed, TEXT_OF("SELECT 'a\0b'"), 0));
  struct slice text = val_slice(&parsed.statement.root->exprs[0]->value);
  assert_true(slice_is_equal(TEXT_OF("a\0b"), text));
  end_parsed(&parsed);
}

static void answers_for_nothing(void) {
  static const char *const nothings[] = {"",  "  \n\t ", "-- only this", "/* only this */",
                                         ";", ";;\n;"};
  for (size_t i = 0; i < sizeof nothings / sizeof nothings[0]; i++) {
    struct parsed parsed;
    assert_int_equal(LUMA_SYNTAX_ERROR, parse_from(&parsed, slice_of_text(nothings[i]), 0));
    assert_string_equal("there is no statement", parsed.err.message);
    assert_string_equal("try SHOW COLLECTIONS", parsed.err.hint);
    end_parsed(&parsed);
  }
}

static void limits_the_text(void) {
  size_t bytes = ((size_t)64 << 20) + 1;
  char *blank = mem_alloc(bytes);
  assert_non_null(blank);
  memset(blank, ' ', bytes);
  struct parsed parsed;
  assert_int_equal(LUMA_TOO_LARGE, parse_from(&parsed, slice_of(blank, bytes), 0));
  end_parsed(&parsed);
  mem_free(blank);
}

/* ---- windows and scripts ---- */

/* A statement whose parts and end lie on every side of the window's end, alone and with more
 * behind it. */
static void reads_across_the_end_of_its_window(void) {
  static const char tail[] = " 'it''s' || /* c */ E'\\n' AS \"a\"\"b\"";
  static const char plan[] = "project 'it''s' || '\n' AS a\"b\n";
  for (size_t end = WINDOW_BYTES - 40; end < WINDOW_BYTES + 3; end++) {
    for (int more = 0; more < 2; more++) {
      struct buf text;
      buf_init(&text, TEXT_BYTES_MAX);
      buf_append_text(&text, "SELECT");
      append_times(&text, " ", end - 6);
      buf_append_text(&text, tail);
      if (more) buf_append_text(&text, ";SELECT 2");
      expect_plan(buf_slice(&text), plan);
      buf_deinit(&text);
    }
  }
}

static void reads_scripts_in_linear_time(void) {
  enum { STATEMENTS = 100000 };
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  for (int i = 0; i < STATEMENTS; i++)
    buf_append_format(&text, "INSERT INTO t (a) VALUES (%d);\n", i);
  struct arena arena;
  arena_init(&arena, 0, 0);
  size_t offset = 0;
  for (int i = 0; i < STATEMENTS; i++) {
    struct lang_context context = {.arena = &arena};
    struct statement statement;
    assert_ok(lang_lql.parse(&context, buf_slice(&text), &offset, &statement, test_err()));
    assert_int_equal(i, statement.root->exprs[0]->value.integer);
    arena_reset(&arena);
  }
  assert_int_equal(text.bytes - 1, offset);
  arena_deinit(&arena);
  buf_deinit(&text);
}

static void numbers_positions_by_the_whole_script(void) {
  struct parsed parsed;
  struct slice text = TEXT_OF("SELECT 1;\nSELECT é;\n  SELEC 3");
  assert_ok(parse_from(&parsed, text, 0));
  end_parsed(&parsed);
  assert_ok(parse_from(&parsed, text, parsed.offset));
  assert_true(slice_is_equal(TEXT_OF("\nSELECT é;"), parsed.statement.text));
  end_parsed(&parsed);
  assert_int_equal(LUMA_SYNTAX_ERROR, parse_from(&parsed, text, parsed.offset));
  assert_int_equal(3, parsed.err.line);
  assert_int_equal(3, parsed.err.column);
  end_parsed(&parsed);
}

/* ---- memory ---- */

struct sweep {
  const char *text;
  struct buf *plan; /* what it becomes when memory is there */
};

/* Tiny chunks, so that each allocation of the arena is one that can fail. An answer without all of
 * its parts would be worse than none: a DELETE without its WHERE. */
static status parse_whole_or_fail(void *context) {
  const struct sweep *sweep = context;
  struct arena arena;
  struct err err = {0};
  struct buf out;
  struct statement statement;
  size_t offset = 0;
  arena_init(&arena, 1, 0);
  struct lang_context lang_context = {.arena = &arena};
  buf_init(&out, TEXT_BYTES_MAX);
  status done =
      lang_lql.parse(&lang_context, slice_of_text(sweep->text), &offset, &statement, &err);
  if (done == LUMA_OK) plan_format(statement.root, &out);
  if (done == LUMA_OK && out.failed == LUMA_OK)
    assert_true(slice_is_equal(buf_slice(sweep->plan), buf_slice(&out)));
  arena_deinit(&arena);
  buf_deinit(&out);
  return done;
}

static void never_loses_a_part_when_memory_runs_out(void) {
  static const char *const texts[] = {
      "SELECT DISTINCT a, b + 1 AS \"b c\" FROM t AS `u v` LEFT JOIN w ON t.x = w.x WHERE a > 1 "
      "AND "
      "b LIKE 'x' ESCAPE '!' GROUP BY a, b HAVING count(*) > 1 ORDER BY a DESC, b, c, d, e LIMIT ? "
      "OFFSET 3",
      "DELETE FROM t WHERE a IN (1, 2, 3) OR b BETWEEN 1 AND 2",
      "UPDATE t SET a.b[1] = CASE WHEN a THEN 1 ELSE 2 END, c = -x, d = {\"e\": [1, 2]}, f = 1, g "
      "= 2 "
      "WHERE NOT a IS NULL",
      "INSERT INTO t (a, b) VALUES (1, 'x'), (DATE '2026-01-01', CAST(a AS text))",
      "INSERT INTO t {\"a\": 1.5}, {\"b\": 123456789012345678901}",
      "CREATE UNIQUE INDEX \"i j\" ON t (a.b DESC, c, d, e, f)"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct parsed parsed;
    struct buf plan;
    buf_init(&plan, TEXT_BYTES_MAX);
    assert_ok(parse_from(&parsed, slice_of_text(texts[i]), 0));
    plan_format(parsed.statement.root, &plan);
    end_parsed(&parsed);
    struct sweep sweep = {texts[i], &plan};
    fault_sweep_alloc(parse_whole_or_fail, &sweep);
    buf_deinit(&plan);
  }
}

static void keeps_to_the_budget_of_its_arena(void) {
  struct arena arena;
  struct err err = {0};
  struct statement statement;
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  buf_append_text(&text, "SELECT 1");
  append_times(&text, ", 1", 100000);
  size_t offset = 0;
  arena_init(&arena, 0, 1 << 20);
  struct lang_context context = {.arena = &arena};
  assert_int_equal(LUMA_BUDGET_EXCEEDED,
                   lang_lql.parse(&context, buf_slice(&text), &offset, &statement, &err));
  arena_deinit(&arena);
  buf_deinit(&text);
}

/* ---- what is printed reads back ---- */

struct grower {
  struct arena *arena;
  struct gen_val gen;
  struct rng *rng;
};

static struct expr *grow(struct grower *grower, unsigned depth);

static struct expr *grow_const(struct grower *grower) {
  switch (rng_below(grower->rng, 6)) {
  case 0: return expr_const(grower->arena, val_int64((int64_t)rng_next(grower->rng)), 0);
  case 1: return expr_const(grower->arena, val_int64(rng_range(grower->rng, -9, 9)), 0);
  case 2: return expr_const(grower->arena, val_bool(rng_below(grower->rng, 2)), 0);
  case 3: return expr_const(grower->arena, val_null(), 0);
  case 4: {
    double real = (double)rng_range(grower->rng, -1000000, 1000000) / 64;
    return expr_const(grower->arena, val_float64(real), 0);
  }
  default: {
    struct slice text = gen_val_text(&grower->gen);
    const void *copy = arena_copy(grower->arena, text.data, text.bytes);
    return expr_const(grower->arena, val_text(slice_of(copy, text.bytes)), 0);
  }
  }
}

static struct expr *grow_leaf(struct grower *grower) {
  static const char *const names[] = {"a",         "b.c", "d[3].e", "f[-1]", "`first name`.x",
                                      "`odd``one`"};
  switch (rng_below(grower->rng, 4)) {
  case 0:
    return expr_name(grower->arena, slice_of_text(names[rng_below(grower->rng, 6)]), false, 0);
  case 1:
    return expr_param(grower->arena, 1 + (uint32_t)rng_below(grower->rng, 9), slice_of(NULL, 0), 0);
  default: return grow_const(grower);
  }
}

static struct expr *grow_node(struct grower *grower, enum expr_kind kind, uint32_t count,
                              unsigned depth) {
  struct expr *args[8];
  for (uint32_t i = 0; i < count; i++) args[i] = grow(grower, depth - 1);
  return expr_node(grower->arena, kind, args, count, 0);
}

/* A minus before a number is part of the number, and NOT written IS NOT is IS_NOT_NULL: the reader
 * never makes the other form. */
static struct expr *grow_unary(struct grower *grower, unsigned depth) {
  struct expr *made = grow_node(grower, EXPR_UNARY, 1, depth);
  made->op = (enum expr_op)rng_range(grower->rng, EXPR_OP_NOT, EXPR_OP_IS_FALSE);
  const struct expr *arg = made->args[0];
  if (made->op == EXPR_OP_NEGATE && arg->kind == EXPR_CONST && val_is_number(&arg->value))
    made->op = EXPR_OP_NOT;
  return made;
}

static struct expr *grow_binary(struct grower *grower, unsigned depth) {
  static const enum expr_op ops[] = {EXPR_OP_AND,
                                     EXPR_OP_OR,
                                     EXPR_OP_EQ,
                                     EXPR_OP_NE,
                                     EXPR_OP_LT,
                                     EXPR_OP_LE,
                                     EXPR_OP_GT,
                                     EXPR_OP_GE,
                                     EXPR_OP_SUBTRACT,
                                     EXPR_OP_ADD,
                                     EXPR_OP_LIKE,
                                     EXPR_OP_ILIKE,
                                     EXPR_OP_NOT_LIKE,
                                     EXPR_OP_NOT_ILIKE,
                                     EXPR_OP_MULTIPLY,
                                     EXPR_OP_IS_DISTINCT,
                                     EXPR_OP_IS_NOT_DISTINCT,
                                     EXPR_OP_DIVIDE,
                                     EXPR_OP_MODULO,
                                     EXPR_OP_CONCAT};
  enum expr_op op = ops[rng_below(grower->rng, sizeof ops / sizeof ops[0])];
  bool likes = op >= EXPR_OP_LIKE && op <= EXPR_OP_NOT_ILIKE;
  bool escapes = likes && rng_below(grower->rng, 3) == 0;
  struct expr *made = grow_node(grower, EXPR_BINARY, escapes ? 3 : 2, depth);
  made->op = op;
  return made;
}

static struct expr *grow_case(struct grower *grower, unsigned depth) {
  bool has_else = rng_below(grower->rng, 2);
  uint32_t pairs = 1 + (uint32_t)rng_below(grower->rng, 3);
  struct expr *made = grow_node(grower, EXPR_CASE, 2 * pairs + has_else, depth);
  made->has_else = has_else;
  return made;
}

static struct expr *grow_call(struct grower *grower, unsigned depth) {
  uint32_t count = (uint32_t)rng_below(grower->rng, 3);
  if (rng_below(grower->rng, 2)) {
    struct expr *made = grow_node(grower, EXPR_CALL, count, depth);
    made->name = slice_of_text("lower");
    return made;
  }
  enum expr_aggregate which = (enum expr_aggregate)rng_range(grower->rng, EXPR_COUNT, EXPR_MAX);
  struct expr *made = grow_node(grower, EXPR_AGGREGATE, which != EXPR_COUNT || count > 0, depth);
  made->aggregate = which;
  made->distinct = made->args_count && rng_below(grower->rng, 2);
  return made;
}

static struct expr *grow_map(struct grower *grower, unsigned depth) {
  uint32_t count = (uint32_t)rng_below(grower->rng, 3);
  struct expr *made = grow_node(grower, EXPR_MAP, count, depth);
  made->names = arena_zalloc(grower->arena, count + 1, sizeof *made->names);
  for (uint32_t i = 0; i < count; i++) {
    struct slice name = gen_val_name(&grower->gen);
    made->names[i] = slice_of(arena_copy(grower->arena, name.data, name.bytes), name.bytes);
  }
  return made;
}

static struct expr *grow_cast(struct grower *grower, unsigned depth) {
  struct expr *args[2] = {grow(grower, depth - 1),
                          expr_const(grower->arena, val_text(slice_of_text("text")), 0)};
  struct expr *made = expr_node(grower->arena, EXPR_CALL, args, 2, 0);
  made->name = slice_of_text("cast");
  return made;
}

static struct expr *grow(struct grower *grower, unsigned depth) {
  struct expr *made;
  if (depth == 0) return grow_leaf(grower);
  switch (rng_below(grower->rng, 11)) {
  case 0:
  case 1:
  case 2: return grow_binary(grower, depth);
  case 3: return grow_unary(grower, depth);
  case 4:
    made = grow_node(grower, EXPR_IN, 2 + (uint32_t)rng_below(grower->rng, 3), depth);
    made->negated = rng_below(grower->rng, 2);
    return made;
  case 5:
    made = grow_node(grower, EXPR_BETWEEN, 3, depth);
    made->negated = rng_below(grower->rng, 2);
    return made;
  case 6: return grow_case(grower, depth);
  case 7: return grow_call(grower, depth);
  case 8: return grow_map(grower, depth);
  case 9: return grow_node(grower, EXPR_LIST, (uint32_t)rng_below(grower->rng, 4), depth);
  default: return grow_cast(grower, depth);
  }
}

static void reads_what_it_prints(void) {
  struct arena arena;
  struct grower grower = {.arena = &arena, .rng = test_rng()};
  gen_val_init(&grower.gen, test_rng());
  arena_init(&arena, 0, 0);
  for (size_t round = 0; round < test_rounds(20000); round++) {
    struct expr *made = grow(&grower, (unsigned)rng_below(grower.rng, 5));
    struct buf text;
    struct parsed parsed;
    buf_init(&text, TEXT_BYTES_MAX);
    buf_append_text(&text, "SELECT ");
    expr_format(made, &text);
    if (parse_from(&parsed, buf_slice(&text), 0) != LUMA_OK)
      fail_msg("%s: %.*s", parsed.err.message, SLICE_ARG(buf_slice(&text)));
    if (!expr_is_equal(made, parsed.statement.root->exprs[0]))
      fail_msg("reads otherwise: %.*s", SLICE_ARG(buf_slice(&text)));
    end_parsed(&parsed);
    buf_deinit(&text);
    arena_reset(&arena);
  }
  arena_deinit(&arena);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"refuses_what_is_too_deep", refuses_what_is_too_deep, 0},
      {"takes_what_is_long", takes_what_is_long, 0},
      {"takes_as_many_operators_as_it_says", takes_as_many_operators_as_it_says, 0},
      {"refuses_bytes_that_are_no_text", refuses_bytes_that_are_no_text, 0},
      {"keeps_a_nul_inside_a_text", keeps_a_nul_inside_a_text, 0},
      {"answers_for_nothing", answers_for_nothing, 0},
      {"limits_the_text", limits_the_text, 0},
      {"reads_across_the_end_of_its_window", reads_across_the_end_of_its_window, 0},
      {"reads_scripts_in_linear_time", reads_scripts_in_linear_time, 0},
      {"numbers_positions_by_the_whole_script", numbers_positions_by_the_whole_script, 0},
      {"never_loses_a_part_when_memory_runs_out", never_loses_a_part_when_memory_runs_out, 120},
      {"keeps_to_the_budget_of_its_arena", keeps_to_the_budget_of_its_arena, 0},
      {"reads_what_it_prints", reads_what_it_prints, 120},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
