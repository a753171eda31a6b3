/* SPDX-License-Identifier: MIT */
/* Population limits: how many beings a collection has, in all or for each value of attributes.
 * Counters that stop at their limit decide at commit, so inserts do not conflict with each other
 * and exactly as many win as there are places. */
#include "model/db/model_int.h"
#include "value/key/key.h"

uint64_t model__population_max(const struct collection *collection) {
  uint64_t most = INT64_MAX;
  for (uint32_t i = 0; i < collection->limits_count; i++) {
    const struct soul_limit *limit = &collection->genotype->settings.limits[i];
    bool is_plain = limit->per_count == 0 && limit->where_rule == SOUL_NONE;
    if (is_plain && limit->max < most) most = limit->max;
  }
  return most;
}

static struct val value_of(const struct doc *document, const struct path *path) {
  struct val root = doc_root(document);
  struct val value = path_get(path, &root);
  bool is_key = path->count == 1 && path->steps[0].is_name &&
                (slice_is_equal(path->steps[0].name, slice_of_text("id")) ||
                 slice_is_equal(path->steps[0].name, slice_of_text("_id")));
  return is_key && value.type == VAL_MISSING ? model__key_of(document) : value;
}

/* Whether a being counts for a limit, and under which key. */
static status limit_key(struct model_txn *txn, const struct collection *collection, uint32_t nth,
                        const struct doc *document, struct buf *key, bool *counts,
                        struct err *err) {
  const struct soul *soul = collection->genotype;
  const struct soul_limit *limit = &soul->settings.limits[nth];
  struct val root = doc_root(document);
  struct keyspace_key prefix = keyspace_limit(collection->limits[nth]);
  *counts = false;
  buf_reset(key);
  buf_append_slice(key, keyspace_slice(&prefix));
  for (uint32_t i = 0; i < limit->per_count; i++) {
    struct val value = value_of(document, &limit->per_paths[i]);
    if (val_is_null(&value)) return LUMA_OK; /* null is no value to have a limit for */
    TRY(key_encode(key, &value, false, err));
  }
  TRY(buf_check(key, "a key", err));
  *counts = true;
  if (limit->where_rule == SOUL_NONE) return LUMA_OK;
  struct soul_program *program;
  struct val answer;
  struct arena arena;
  TRY(soul_take_program(soul, &program, err));
  program->now_us = os_now_us(txn->model->os);
  arena_init(&arena, 0, 0);
  status result = soul->ops->run(program, limit->where_rule, &root, 1, &arena, &answer, err);
  *counts = result == LUMA_OK && answer.type == VAL_BOOL && answer.boolean;
  arena_deinit(&arena);
  soul_give_program(soul, program);
  return result;
}

status model__fail_limit(const struct collection *collection, const struct soul_limit *limit,
                         struct err *err) {
  struct buf rule;
  buf_init(&rule, 4096);
  for (uint32_t i = 0; i < limit->per_count; i++)
    buf_append_format(&rule, "%s`%.*s`", i ? ", " : " for each ", SLICE_ARG(limit->per[i]));
  if (limit->where.bytes) buf_append_format(&rule, " where %.*s", SLICE_ARG(limit->where));
  status code =
      err_raise(err, LUMA_LIMIT_REACHED, __FILE__, __LINE__,
                "the population of `%.*s` is full: at most %llu%.*s", SLICE_ARG(collection->name),
                (unsigned long long)limit->max, SLICE_ARG(buf_slice(&rule)));
  buf_deinit(&rule);
  return code;
}

static status add(struct model_txn *txn, const struct collection *collection, uint32_t nth,
                  struct slice key, int64_t delta, struct err *err) {
  const struct soul_limit *limit = &collection->genotype->settings.limits[nth];
  int64_t count = 0;
  TRY(store_count(txn->store, key, &count, err));
  if (delta > 0 && count + delta > (int64_t)limit->max)
    return model__fail_limit(collection, limit, err);
  txn->limited = collection->number;
  return store_add(txn->store, key, delta, INT64_MIN, delta > 0 ? (int64_t)limit->max : INT64_MAX,
                   err);
}

static status change_limit(struct model_txn *txn, const struct collection *collection, uint32_t nth,
                           const struct doc *old, const struct doc *fresh, struct err *err) {
  struct buf was, is;
  bool counted = false, counts = false;
  buf_init(&was, MODEL_SCRATCH_BYTES_MAX);
  buf_init(&is, MODEL_SCRATCH_BYTES_MAX);
  status result = old ? limit_key(txn, collection, nth, old, &was, &counted, err) : LUMA_OK;
  if (result == LUMA_OK && fresh)
    result = limit_key(txn, collection, nth, fresh, &is, &counts, err);
  bool is_same = counted && counts && slice_is_equal(buf_slice(&was), buf_slice(&is));
  if (result == LUMA_OK && counted && !is_same)
    result = add(txn, collection, nth, buf_slice(&was), -1, err);
  if (result == LUMA_OK && counts && !is_same)
    result = add(txn, collection, nth, buf_slice(&is), 1, err);
  buf_deinit(&was);
  buf_deinit(&is);
  return result;
}

status model__change_population(struct model_txn *txn, const struct collection *collection,
                                const struct doc *old, const struct doc *fresh, struct err *err) {
  for (uint32_t i = 0; i < collection->limits_count; i++) {
    const struct soul_limit *limit = &collection->genotype->settings.limits[i];
    if (limit->per_count == 0 && limit->where_rule == SOUL_NONE) continue; /* the count has it */
    TRY(change_limit(txn, collection, i, old, fresh, err));
  }
  return LUMA_OK;
}

status model__check_room(struct model_txn *txn, const struct collection *collection, uint32_t more,
                         struct err *err) {
  uint64_t most = model__population_max(collection), count = 0;
  if (most == INT64_MAX) return LUMA_OK;
  txn->limited = collection->number;
  TRY(model_count(txn, collection, &count, err));
  if (count + more <= most) return LUMA_OK;
  struct soul_limit limit = {.max = most};
  return model__fail_limit(collection, &limit, err);
}
