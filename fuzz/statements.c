/* SPDX-License-Identifier: MIT */
#include "fuzz/statements.h"

#include "base/core/assert.h"

enum { PLAN_BYTES_MAX = 1 << 20, STATEMENTS_MAX = 64, BUDGET_BYTES = 16 << 20 };

static void show(const struct statement *statement) {
  struct buf out;
  buf_init(&out, PLAN_BYTES_MAX);
  plan_format(statement->root, &out);
  ASSERT(out.bytes > 0 || out.failed != LUMA_OK);
  buf_deinit(&out);
}

/** Reads the statement at `*offset`; false at the end or after an error. */
static bool read_one(const struct lang *lang, struct slice text, size_t *offset) {
  struct arena arena;
  struct err err = {0};
  struct statement statement;
  size_t before = *offset;
  arena_init(&arena, 0, BUDGET_BYTES);
  struct lang_context context = {.arena = &arena};
  status parsed = lang->parse(&context, text, offset, &statement, &err);
  if (parsed == LUMA_OK) {
    ASSERT(*offset > before && *offset <= text.bytes);
    show(&statement);
  } else {
    ASSERT(err.code == parsed && err.message[0]);
    ASSERT(err.offset <= text.bytes);
  }
  arena_deinit(&arena);
  return parsed == LUMA_OK && *offset < text.bytes;
}

void fuzz_statements(const struct lang *lang, struct slice text) {
  size_t offset = 0;
  for (int i = 0; i < STATEMENTS_MAX && read_one(lang, text, &offset); i++) continue;
}
