/* SPDX-License-Identifier: MIT */
/* Inserts under a key of the client's: the answer kept is the request's hash and a list of keys. */
#include "service/docs/docs_int.h"
#include "value/doc/build.h"

enum { ANSWER_BYTES_MAX = 64 << 20 };

static status fail_other(struct docs_batch *batch, struct err *err) {
  batch->once_clashed = true;
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
            "another request came under this idempotency key");
  err_hint(err, "make a new key for each request; repeat one only with the same body");
  return LUMA_INVALID_ARGUMENT;
}

static status take_keys(struct docs_batch *batch, struct slice bytes, struct err *err) {
  const uint8_t *copy = arena_copy(batch->arena, bytes.data, bytes.bytes);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for keys");
  struct val keys = val_decode(slice_of(copy, bytes.bytes), NULL);
  if (val_count(&keys) != batch->count)
    FAIL(err, LUMA_CORRUPT, "what was answered before cannot be read");
  for (uint32_t i = 0; i < batch->count; i++) batch->keys[i] = val_at(&keys, i);
  batch->once_replayed = true;
  return LUMA_OK;
}

status docs__once_find(struct model_txn *txn, struct docs_batch *batch, struct err *err) {
  struct buf answer;
  bool found;
  buf_init(&answer, ANSWER_BYTES_MAX);
  status result = model_once_find(txn, batch->once_key, &answer, &found, err);
  if (result == LUMA_OK && found) {
    bool same =
        answer.bytes > SHA256_BYTES && memcmp(answer.data, batch->once_request, SHA256_BYTES) == 0;
    result = same
                 ? take_keys(batch,
                             slice_of(answer.data + SHA256_BYTES, answer.bytes - SHA256_BYTES), err)
                 : fail_other(batch, err);
  }
  buf_deinit(&answer);
  return result;
}

status docs__once_keep(struct model_txn *txn, const struct docs_batch *batch, struct err *err) {
  struct buf answer;
  struct build build;
  struct slice built;
  buf_init(&answer, ANSWER_BYTES_MAX);
  buf_append(&answer, batch->once_request, SHA256_BYTES);
  build_init(&build, &answer, NULL);
  build_begin_list(&build);
  for (uint32_t i = 0; i < batch->count; i++) build_put(&build, &batch->keys[i]);
  build_end(&build);
  status result = build_finish(&build, &built, err);
  build_deinit(&build);
  if (result == LUMA_OK) result = model_once_keep(txn, batch->once_key, buf_slice(&answer), err);
  buf_deinit(&answer);
  return result;
}
