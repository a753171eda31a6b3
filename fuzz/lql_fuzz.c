/* SPDX-License-Identifier: MIT */
/* LQL: whatever the text, an answer; errors are text, with a place inside the script; and what is
 * printed of a SELECT's expressions reads back as the same. */
#include "base/core/assert.h"
#include "base/text/utf8.h"
#include "query/lang/lang.h"

enum { PRINTED_BYTES_MAX = 1 << 20, STATEMENTS_MAX = 100 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_error(const struct err *err, size_t bytes) {
  ASSERT(err->code != LUMA_OK && err->message[0]);
  ASSERT(utf8_is_valid(slice_of_text(err->hint), NULL));
  ASSERT(err->offset <= bytes);
}

/* Decimals and very large doubles are printed as numbers that may be read as the other kind. */
static bool is_plain_number(const struct val *value) {
  double real = value->type == VAL_FLOAT64 ? value->real : 0;
  return val_is_integer(value) || (value->type == VAL_FLOAT64 && real < 1e15 && real > -1e15);
}

/* A name within braces is quoted as the statement quoted it, and "…" means a text there: printed
 * expressions with maps are left out. */
static bool can_return(const struct expr *expr) {
  if (expr->kind == EXPR_MAP || expr->kind == EXPR_STAR || expr->kind == EXPR_SUBQUERY)
    return false; /* a SELECT within is printed as that it is one */
  /* what is missing, as the open end of a[1:], is printed as NULL */
  bool is_plain = expr->kind != EXPR_CONST || expr->value.type == VAL_NULL ||
                  is_plain_number(&expr->value) || expr->value.type == VAL_BOOL ||
                  expr->value.type == VAL_TEXT;
  for (uint32_t i = 0; is_plain && i < expr->args_count; i++) is_plain = can_return(expr->args[i]);
  return is_plain;
}

static void read_back(const struct lang_context *context, const struct expr *expr) {
  struct buf text;
  struct statement again;
  struct err err = {0};
  size_t offset = 0;
  buf_init(&text, PRINTED_BYTES_MAX);
  buf_append_text(&text, "SELECT ");
  expr_format(expr, &text);
  if (text.failed == LUMA_OK) {
    status done = lang_lql.parse(context, buf_slice(&text), &offset, &again, &err);
    bool too_deep = done == LUMA_TOO_DEEP; /* parentheses take their place on the stack */
    ASSERT(too_deep || done == LUMA_OK);
    ASSERT(too_deep || expr_is_equal(expr, again.root->exprs[0]));
  }
  buf_deinit(&text);
}

static void check_statement(const struct lang_context *context, const struct statement *statement) {
  struct buf text;
  buf_init(&text, PRINTED_BYTES_MAX);
  plan_format(statement->root, &text);
  ASSERT(text.failed != LUMA_OK || utf8_is_valid(buf_slice(&text), NULL));
  buf_deinit(&text);
  const struct plan *root = statement->root;
  for (uint32_t i = 0; root->kind == PLAN_PROJECT && i < root->exprs_count; i++)
    if (can_return(root->exprs[i])) read_back(context, root->exprs[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  struct arena arena;
  struct slice text = slice_of(data, bytes);
  size_t offset = 0;
  arena_init(&arena, 0, 64 << 20);
  for (int i = 0; i < STATEMENTS_MAX; i++) {
    struct lang_context context = {.arena = &arena};
    struct statement statement;
    struct err err = {0};
    size_t before = offset;
    status done = lang_lql.parse(&context, text, &offset, &statement, &err);
    if (done != LUMA_OK) {
      check_error(&err, bytes);
      break;
    }
    ASSERT(offset > before && offset <= bytes);
    check_statement(&context, &statement);
    arena_reset(&arena);
  }
  arena_deinit(&arena);
  return 0;
}
