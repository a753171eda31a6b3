/* SPDX-License-Identifier: MIT */
/* Requests under a key of the client's: the answer kept is the request's hash and a list of keys.
 */
#include "service/docs/docs_int.h"
#include "value/doc/build.h"

enum { ANSWER_BYTES_MAX = 64 << 20 };

static status fail_other(struct docs_once *once, struct err *err) {
  once->clashed = true;
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
            "another request came under this idempotency key");
  err_hint(err, "make a new key for each request; repeat one only with the same body");
  return LUMA_INVALID_ARGUMENT;
}

static status take_keys(struct slice bytes, struct arena *arena, struct val **keys, uint32_t *count,
                        struct err *err) {
  const uint8_t *copy = arena_copy(arena, bytes.data, bytes.bytes);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for keys");
  struct val list = val_decode(slice_of(copy, bytes.bytes), NULL);
  if (list.type != VAL_LIST) FAIL(err, LUMA_CORRUPT, "what was answered before cannot be read");
  *count = val_count(&list);
  *keys = arena_zalloc(arena, *count + 1, sizeof **keys);
  if (!*keys) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for keys");
  for (uint32_t i = 0; i < *count; i++) (*keys)[i] = val_at(&list, i);
  return LUMA_OK;
}

status docs__once_find(struct model_txn *txn, struct docs_once *once, struct arena *arena,
                       struct val **keys, uint32_t *count, struct err *err) {
  struct buf answer;
  bool found;
  once->replayed = once->clashed = false;
  buf_init(&answer, ANSWER_BYTES_MAX);
  status result =
      model_once_find(txn, MODEL_ONCE_REQUEST, once->key, &answer, &found, &once->version, err);
  if (result == LUMA_OK && found) {
    bool same =
        answer.bytes > SHA256_BYTES && memcmp(answer.data, once->request, SHA256_BYTES) == 0;
    struct slice list =
        slice_of(answer.data + SHA256_BYTES, same ? answer.bytes - SHA256_BYTES : 0);
    result = same ? take_keys(list, arena, keys, count, err) : fail_other(once, err);
    once->replayed = result == LUMA_OK;
  }
  buf_deinit(&answer);
  return result;
}

status docs__once_keep(struct model_txn *txn, const struct docs_once *once, const struct val *keys,
                       uint32_t count, struct err *err) {
  struct buf answer;
  struct build build;
  struct slice built;
  buf_init(&answer, ANSWER_BYTES_MAX);
  buf_append(&answer, once->request, SHA256_BYTES);
  build_init(&build, &answer, NULL);
  build_begin_list(&build);
  for (uint32_t i = 0; i < count; i++) build_put(&build, &keys[i]);
  build_end(&build);
  status result = build_finish(&build, &built, err);
  build_deinit(&build);
  if (result == LUMA_OK)
    result = model_once_keep(txn, MODEL_ONCE_REQUEST, once->key, buf_slice(&answer), err);
  buf_deinit(&answer);
  return result;
}

/* ---- for requests of several steps ---- */

struct once_work {
  struct docs_once *once;
  const struct docs_once *kept;
  struct arena *arena;
  struct val **found;
  const struct val *keys;
  uint32_t *found_count, count;
};

static status find_work(void *context, struct model_txn *txn, struct err *err) {
  struct once_work *work = context;
  return docs__once_find(txn, work->once, work->arena, work->found, work->found_count, err);
}

status docs_once_find(struct session *session, struct docs_once *once, struct arena *arena,
                      struct val **keys, uint32_t *count, struct err *err) {
  struct once_work work = {.once = once, .arena = arena, .found = keys, .found_count = count};
  return session_look(session, find_work, &work, err);
}

static status keep_work(void *context, struct model_txn *txn, struct err *err) {
  struct once_work *work = context;
  return docs__once_keep(txn, work->kept, work->keys, work->count, err);
}

status docs_once_keep(struct session *session, const struct docs_once *once, const struct val *keys,
                      uint32_t count, struct err *err) {
  struct once_work work = {.kept = once, .keys = keys, .count = count};
  return session_change(session, keep_work, &work, err);
}
