/* SPDX-License-Identifier: MIT */
/* Many changes of one request: what fails is tried again after the others as long as that helps,
 * and what is left is told, all of it, in one error. */
#include "base/mem/mem.h"
#include "model/soul/fault.h"
#include "service/docs/docs_int.h"
#include "value/json/json.h"

enum { TRIES_MAX = 100, FAULTS_BYTES_MAX = 2 << 20 };

bool docs__is_of_document(status failed) {
  static const status codes[] = {LUMA_DUPLICATE_KEY, LUMA_INVALID_VALUE,      LUMA_TOO_LARGE,
                                 LUMA_CONSTRAINT,    LUMA_INVALID_BEING,      LUMA_LIMIT_REACHED,
                                 LUMA_TYPE_MISMATCH, LUMA_INVALID_ARGUMENT,   LUMA_OUT_OF_RANGE,
                                 LUMA_NOT_FOUND,     LUMA_PRECONDITION_FAILED};
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
    if (codes[i] == failed) return true;
  return false;
}

/* ---- what is left, told ---- */

struct gathered {
  struct buf json, text;
  uint32_t faults, documents;
  status code;
};

static void add_plain(struct gathered *gathered, uint32_t nth, const struct val *key,
                      const struct err *why) {
  struct buf *out = &gathered->json;
  struct json_write_options options = {0};
  buf_append_format(out, "{\"path\":\"[%u]\",", nth);
  if (key) {
    buf_append_text(out, "\"id\":");
    json_write(out, key, &options);
    buf_append_byte(out, ',');
  }
  buf_append_format(out, "\"rule\":\"%s\",\"message\":", status_info(why->code)->name);
  json_write_text(out, slice_of_text(why->message));
  buf_append_byte(out, '}');
}

/* Broken rules come first: they are what a client mends. */
static void take_code(struct gathered *gathered, status code) {
  if (gathered->documents == 0 || code == LUMA_INVALID_BEING) gathered->code = code;
  gathered->documents++;
}

static void gather(struct gathered *gathered, uint32_t nth, const struct val *key,
                   const struct err *why) {
  bool has_list = why->faults_count > 0 && why->faults;
  if (gathered->faults) buf_append_byte(&gathered->json, ',');
  if (gathered->documents) buf_append_text(&gathered->text, "; ");
  if (why->code != LUMA_INVALID_BEING) buf_append_format(&gathered->text, "`[%u]` ", nth);
  take_code(gathered, why->code);
  gathered->faults += has_list ? why->faults_count : 1;
  if (has_list)
    buf_append_slice(&gathered->json, buf_slice(why->faults));
  else
    add_plain(gathered, nth, key, why);
  buf_append_text(&gathered->text, why->message);
}

static status raise_all(const struct gathered *gathered, const struct docs_each *each,
                        struct err *err) {
  bool is_cut = gathered->faults >= SOUL_FAULTS_SHOWN_MAX;
  TRY(buf_check(&gathered->json, "the faults", err));
  TRY(buf_check(&gathered->text, "the faults", err));
  err_raise(err, gathered->code, __FILE__, __LINE__, "%s%u of %u refused: %.*s",
            is_cut ? "at least " : "", gathered->documents, each->count,
            SLICE_ARG(buf_slice(&gathered->text)));
  err_hint(err, "nothing was changed");
  if (!err || !err->faults) return gathered->code;
  buf_reset(err->faults);
  buf_append_slice(err->faults, buf_slice(&gathered->json));
  err->faults_count = gathered->faults;
  return gathered->code;
}

/* ---- the steps ---- */

struct run {
  struct model_txn *txn;
  const struct docs_each *each;
  uint32_t *left; /* steps that are still to be taken, rising */
  uint32_t left_count;
  struct gathered *gathered; /* NULL: not yet */
};

/* `*refused`: it did not hold, and left nothing behind. */
static status take_step(struct run *run, uint32_t nth, bool *refused, struct err *err) {
  struct buf faults;
  struct err why = {0};
  uint64_t mark;
  *refused = false;
  TRY(model_savepoint(run->txn, &mark, err));
  buf_init(&faults, FAULTS_BYTES_MAX);
  if (run->gathered) why.faults = &faults;
  model_tell_places(run->txn, run->each->is_list, nth);
  status result = run->each->step(run->each->context, run->txn, nth, &why);
  model_tell_places(run->txn, false, 0);
  if (docs__is_of_document(result)) {
    *refused = true;
    const struct docs_each *each = run->each;
    if (run->gathered)
      gather(run->gathered, nth, each->key ? each->key(each->context, nth) : NULL, &why);
    result = model_rollback_to(run->txn, mark, err);
  } else if (result != LUMA_OK && err) {
    struct buf *kept = err->faults;
    *err = why;
    err->faults = kept;
    err->faults_count = 0;
  }
  buf_deinit(&faults);
  return result;
}

/* Takes what is left, in rising or falling order: a chain of references may lie either way. */
static status pass(struct run *run, bool falling, struct err *err) {
  uint32_t count = run->left_count, kept = 0;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t at = falling ? count - 1 - i : i, nth = run->left[at];
    bool refused;
    TRY(take_step(run, nth, &refused, err));
    if (run->gathered && run->gathered->faults >= SOUL_FAULTS_SHOWN_MAX) break;
    if (!refused) run->left[at] = UINT32_MAX;
  }
  for (uint32_t i = 0; i < count; i++)
    if (run->left[i] != UINT32_MAX) run->left[kept++] = run->left[i];
  run->left_count = kept;
  return LUMA_OK;
}

static status run_all(struct run *run, struct err *err) {
  uint32_t before;
  uint32_t tries = 0;
  do {
    before = run->left_count;
    TRY(pass(run, tries % 2 == 1, err));
  } while (run->left_count && run->left_count < before && ++tries < TRIES_MAX);
  if (run->left_count == 0) return LUMA_OK;
  struct gathered gathered = {.code = LUMA_INVALID_BEING};
  buf_init(&gathered.json, FAULTS_BYTES_MAX);
  buf_init(&gathered.text, FAULTS_BYTES_MAX);
  run->gathered = &gathered;
  status result = pass(run, false, err);
  if (result == LUMA_OK && run->left_count) result = raise_all(&gathered, run->each, err);
  run->gathered = NULL;
  buf_deinit(&gathered.json);
  buf_deinit(&gathered.text);
  return result;
}

/* The only change of a request fails as it is. */
static status run_one(struct model_txn *txn, const struct docs_each *each, struct err *err) {
  model_tell_places(txn, each->is_list, 0);
  status result = each->step(each->context, txn, 0, err);
  model_tell_places(txn, false, 0);
  return result;
}

status docs__each(struct model_txn *txn, const struct docs_each *each, struct err *err) {
  if (each->count == 1 && !each->is_list) return run_one(txn, each, err);
  struct run run = {.txn = txn, .each = each, .left_count = each->count};
  run.left = mem_alloc((each->count + 1u) * sizeof *run.left);
  if (!run.left) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for changes");
  for (uint32_t i = 0; i < each->count; i++) run.left[i] = i;
  status result = run_all(&run, err);
  mem_free(run.left);
  return result;
}
