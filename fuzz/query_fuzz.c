/* SPDX-License-Identifier: MIT */
/* Whole statements: the first byte chooses the language, the rest is the text, which runs against a
 * small database in memory with little memory of its own. Whatever it says, it ends with an answer
 * or an error. */
#include "query/query.h"
#include "store/mem/mem_store.h"

static const char *const setup[] = {
    "INSERT INTO t (id, a, b, l) VALUES (1, 1, 'x', [1, 2]), (2, 2.5, 'y', []), (3, NULL, 'x', "
    "[{\"k\": 1}])",
    "INSERT INTO u {\"id\": 1, \"t\": 3, \"n\": {\"x\": [true]}}, {\"id\": \"two\", \"t\": 1, "
    "\"at\": \"2024-01-01\"}",
    "CREATE INDEX ON t (a)",
    NULL,
};

static void read_all(struct query *query, struct query_run *run) {
  struct batch *batch = NULL;
  while (query_next(run, &batch, NULL) == LUMA_OK && batch) {
    for (uint32_t i = 0; i < batch->selected_count; i++) {
      struct val document;
      if (query_reply(query) == QUERY_REPLY_DOCUMENTS &&
          query_document(run, batch, i, &document, NULL) != LUMA_OK)
        return;
    }
  }
}

static void run(struct model *model, const struct lang *lang, struct slice text, bool keep) {
  struct query_source source = {.lang = lang, .text = text};
  struct query_open_options options = {.memory_bytes = 4 << 20, .os = os_linux()};
  struct store_begin_options begin = {.may_block = true};
  struct model_txn *txn = NULL;
  struct query *query = NULL;
  struct query_run *opened = NULL;
  options.deadline_us = os_monotonic_us(os_linux()) + 2000000;
  if (model_begin(model, &begin, &txn, NULL) != LUMA_OK) return;
  /* An index is built in transactions of its own, which would outlive this input. */
  bool prepared = query_prepare(model, txn, &source, NULL, NULL, &query, NULL) == LUMA_OK;
  bool runs = prepared && (keep || query_kind(query) != PLAN_CREATE_INDEX);
  if (runs && query_open(query, txn, &options, &opened, NULL) == LUMA_OK) read_all(query, opened);
  query_close(opened);
  query_destroy(query);
  if (keep)
    (void)model_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL);
  else
    model_rollback(txn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct lang *const langs[] = {&lang_lql, &lang_nql, &lang_jql};
  struct mem_options options = {0};
  struct model_options model_options = {.os = os_linux()};
  struct store *store = NULL;
  struct model *model = NULL;
  if (size < 2 || size > 4096) return 0;
  if (mem_store_open(&options, &store, NULL) != LUMA_OK) return 0;
  if (model_open(store, &model_options, &model, NULL) != LUMA_OK) return 0;
  for (const char *const *text = setup; *text; text++)
    run(model, &lang_lql, slice_of_text(*text), true);
  run(model, langs[data[0] % 3], slice_of(data + 1, size - 1), false);
  model_close(model);
  return 0;
}
