/* SPDX-License-Identifier: MIT */
/* JQL commands and pipelines, a JSON object a line, one after the other on a small database in
 * memory, each in a transaction of its own. Whatever they ask, each ends with an answer or an error
 * that says something; what reads answers as many rows with the optimizer as without; and the
 * database is whole at the end. Inputs are mutated value by value (fuzz/json_mutate.h). */
#include <stdio.h>
#include <string.h>

#include "base/core/assert.h"
#include "fuzz/json_mutate.h"
#include "query/query.h"
#include "store/mem/mem_store.h"

enum { INPUT_BYTES_MAX = 16 << 10, COMMANDS_MAX = 32, MEMORY_BYTES = 8 << 20, LIMIT_US = 300000 };

static const char *const setup[] = {
    "{\"insert\":\"t\",\"documents\":[{\"_id\":1,\"a\":1,\"b\":\"x\",\"l\":[1,2]},{\"_id\":2,\"a\":"
    "2.5,\"b\":\"y\",\"l\":[]},{\"_id\":3,\"a\":null,\"b\":\"x\",\"l\":[{\"k\":1},{\"k\":[2,3]}]},"
    "{\"_id\":4,\"b\":\"X\",\"n\":{\"x\":[true]}},{\"_id\":5,\"a\":[3,1],\"l\":[[4]]}]}",
    "{\"insert\":\"u\",\"documents\":[{\"_id\":\"one\",\"t\":3,\"at\":{\"$date\":\"2024-01-01T00:"
    "00:"
    "00Z\"}},{\"_id\":\"two\",\"t\":[1,2],\"up\":\"one\"}]}",
    "{\"createIndexes\":\"t\",\"indexes\":[{\"key\":{\"a\":1}},{\"key\":{\"b\":1,\"a\":-1}},{"
    "\"key\":"
    "{\"l\":1},\"sparse\":true},{\"key\":{\"l.k\":1},\"partialFilterExpression\":{\"a\":{\"$"
    "exists\":"
    "true}}}]}",
    NULL,
};

static const char *const all_rules_off[] = {
    "fold constants", "drop empty projections",  "push filters",      "join what exists",
    "order joins",    "count by the collection", "choose an index",   "choose join methods",
    "read in order",  "keep the first",          "read in any order", NULL};

/** The end of a statement. */
struct outcome {
  status done;
  uint64_t rows;
  bool is_read;
};

static status read_all(struct query *query, struct query_run *run, uint64_t *rows,
                       struct err *err) {
  struct batch *batch = NULL;
  status done;
  while ((done = query_next(run, &batch, err)) == LUMA_OK && batch) {
    *rows += batch->selected_count;
    for (uint32_t i = 0; i < batch->selected_count; i++) {
      struct val document;
      if (query_reply(query) != QUERY_REPLY_DOCUMENTS) continue;
      TRY(query_document(run, batch, i, &document, err));
    }
  }
  return done;
}

static struct outcome run(struct model *model, struct slice text, const char *const *rules_off) {
  struct query_source source = {.lang = &lang_jql, .text = text};
  struct query_prepare_options prepare = {.rules_off = rules_off};
  struct query_open_options options = {.memory_bytes = MEMORY_BYTES, .os = os_linux()};
  struct store_begin_options begin = {.may_block = true};
  struct outcome outcome = {0};
  struct model_txn *txn = NULL;
  struct query *query = NULL;
  struct query_run *opened = NULL;
  struct err err = {0};
  options.deadline_us = os_monotonic_us(os_linux()) + LIMIT_US;
  outcome.done = model_begin(model, &begin, &txn, &err);
  if (outcome.done != LUMA_OK) return outcome;
  outcome.done = query_prepare(model, txn, &source, NULL, &prepare, &query, &err);
  if (outcome.done == LUMA_OK) {
    outcome.is_read = !query_is_write(query);
    outcome.done = query_open(query, txn, &options, &opened, &err);
  }
  if (outcome.done == LUMA_OK) outcome.done = read_all(query, opened, &outcome.rows, &err);
  ASSERT(outcome.done == LUMA_OK || err.message[0]);
  ASSERT(outcome.done != LUMA_INTERNAL && outcome.done != LUMA_CORRUPT);
  query_close(opened);
  query_destroy(query);
  if (outcome.done == LUMA_OK && !outcome.is_read)
    outcome.done = model_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL);
  else
    model_rollback(txn);
  return outcome;
}

/** Whether the number of rows follows from the data alone: chance, limits and the plan do not
 * speak. */
static bool is_certain(struct slice text) {
  static const char *const words[] = {
      "ample",  "$rand", "imit",  "kip",      "hint",      "explain", "UUID", "first",
      "last",   "push",  "$$NOW", "Stats",    "First",     "Last",    "op",   "ottom",
      "urrent", "Merge", "merge", "ObjectId", "collation", "$mod",    "oin"};
  for (size_t w = 0; w < sizeof words / sizeof words[0]; w++)
    for (size_t i = 0; i + strlen(words[w]) <= text.bytes; i++)
      if (memcmp(text.data + i, words[w], strlen(words[w])) == 0) return false;
  return true;
}

static void run_command(struct model *model, struct slice text) {
  struct outcome with = run(model, text, NULL);
  if (with.done != LUMA_OK || !with.is_read || !is_certain(text)) return;
  struct outcome without = run(model, text, all_rules_off);
  ASSERT(without.done != LUMA_OK || without.rows == with.rows);
}

static void report(void *context, const char *place, const char *what) {
  (void)context;
  fprintf(stderr, "%s: %s\n", place, what);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t bytes, size_t room, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t bytes, size_t room, unsigned seed) {
  return json_mutate(data, bytes, room, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  struct mem_options options = {0};
  struct model_options model_options = {.os = os_linux(), .rules = query_rules()};
  struct store *store = NULL;
  struct model *model = NULL;
  if (bytes > INPUT_BYTES_MAX) return 0;
  if (mem_store_open(&options, &store, NULL) != LUMA_OK) return 0;
  if (model_open(store, &model_options, &model, NULL) != LUMA_OK) return 0;
  for (const char *const *text = setup; *text; text++) (void)run(model, slice_of_text(*text), NULL);
  size_t at = 0;
  for (int i = 0; i < COMMANDS_MAX && at < bytes; i++) {
    const uint8_t *end = memchr(data + at, '\n', bytes - at);
    size_t length = end ? (size_t)(end - data) - at : bytes - at;
    if (length) run_command(model, slice_of(data + at, length));
    at += length + 1;
  }
  ASSERT(model_check(model, report, NULL, NULL) == LUMA_OK);
  model_close(model);
  return 0;
}
