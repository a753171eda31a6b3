/* SPDX-License-Identifier: MIT */
/* Population limits: how many beings a collection has, in all or for each value of attributes.
 * Counters that stop at their limit decide at commit, so inserts do not conflict with each other
 * and exactly as many win as there are places. */
#include "model/db/model_int.h"
#include "value/key/key.h"

/* The count of documents has it. */
static bool is_plain(const struct soul_limit *limit) {
  return limit->per_count == 0 && limit->where_rule == SOUL_NONE;
}

uint64_t model__population_max(const struct collection *collection) {
  uint64_t most = INT64_MAX;
  for (uint32_t i = 0; i < collection->limits_count; i++) {
    const struct soul_limit *limit = &collection->genotype->settings.limits[i];
    if (is_plain(limit) && limit->max < most) most = limit->max;
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

/* The counters of a limit. */
struct counters {
  const struct collection *collection;
  const struct soul *soul;
  uint32_t nth, number;
  bool hold; /* beings are held to the limit; else they are counted alone */
};

static const struct soul_limit *limit_of(const struct counters *counters) {
  return &counters->soul->settings.limits[counters->nth];
}

static struct counters counters_of(const struct collection *collection, uint32_t nth) {
  return (struct counters){collection, collection->genotype, nth, collection->limits[nth], true};
}

static status ask_where(struct model_txn *txn, const struct counters *counters,
                        const struct doc *document, bool *holds, struct err *err) {
  const struct soul *soul = counters->soul;
  struct val root = doc_root(document);
  struct soul_program *program;
  struct val answer;
  struct arena arena;
  TRY(soul_take_program(soul, &program, err));
  program->now_us = os_now_us(txn->model->os);
  arena_init(&arena, 0, 0);
  status result =
      soul->ops->run(program, limit_of(counters)->where_rule, &root, 1, &arena, &answer, err);
  *holds = result == LUMA_OK && answer.type == VAL_BOOL && answer.boolean;
  arena_deinit(&arena);
  soul_give_program(soul, program);
  return result;
}

/* Whether a being counts for a limit, and under which key. */
static status limit_key(struct model_txn *txn, const struct counters *counters,
                        const struct doc *document, struct buf *key, bool *counts,
                        struct err *err) {
  const struct soul_limit *limit = limit_of(counters);
  struct keyspace_key prefix = keyspace_limit(counters->number);
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
  return limit->where_rule == SOUL_NONE ? LUMA_OK : ask_where(txn, counters, document, counts, err);
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

static status add(struct model_txn *txn, const struct counters *counters, struct slice key,
                  int64_t delta, struct err *err) {
  const struct soul_limit *limit = limit_of(counters);
  int64_t count = 0;
  if (!counters->hold) return store_add(txn->store, key, delta, INT64_MIN, INT64_MAX, err);
  TRY(store_count(txn->store, key, &count, err));
  if (delta > 0 && count + delta > (int64_t)limit->max)
    return model__fail_limit(counters->collection, limit, err);
  txn->limited = counters->collection->number;
  return store_add(txn->store, key, delta, INT64_MIN, delta > 0 ? (int64_t)limit->max : INT64_MAX,
                   err);
}

static status change_limit(struct model_txn *txn, const struct counters *counters,
                           const struct doc *old, const struct doc *fresh, struct err *err) {
  struct buf was, is;
  bool counted = false, counts = false;
  buf_init(&was, MODEL_SCRATCH_BYTES_MAX);
  buf_init(&is, MODEL_SCRATCH_BYTES_MAX);
  status result = old ? limit_key(txn, counters, old, &was, &counted, err) : LUMA_OK;
  if (result == LUMA_OK && fresh) result = limit_key(txn, counters, fresh, &is, &counts, err);
  bool is_same = counted && counts && slice_is_equal(buf_slice(&was), buf_slice(&is));
  if (result == LUMA_OK && counted && !is_same)
    result = add(txn, counters, buf_slice(&was), -1, err);
  if (result == LUMA_OK && counts && !is_same) result = add(txn, counters, buf_slice(&is), 1, err);
  buf_deinit(&was);
  buf_deinit(&is);
  return result;
}

status model__count_limit(struct model_txn *txn, const struct collection *collection, uint32_t nth,
                          const struct doc *document, struct err *err) {
  struct counters counters = counters_of(collection, nth);
  return change_limit(txn, &counters, NULL, document, err);
}

status model__find_over(struct model_txn *txn, const struct collection *collection, uint32_t nth,
                        uint32_t number, const struct doc *document, struct err *err) {
  struct counters counters = counters_of(collection, nth);
  struct buf key;
  bool counts;
  int64_t count = 0;
  buf_init(&key, MODEL_SCRATCH_BYTES_MAX);
  status result = limit_key(txn, &counters, document, &key, &counts, err);
  if (result == LUMA_OK && counts) result = store_count(txn->store, buf_slice(&key), &count, err);
  buf_deinit(&key);
  TRY(result);
  if (count <= (int64_t)limit_of(&counters)->max) return LUMA_OK;
  counters.number = number;
  return change_limit(txn, &counters, NULL, document, err);
}

/* ---- what is being counted ---- */

/* A document as the evolution will make it; none where it cannot be made so. */
struct pending {
  struct buf room;
  struct doc made;
  const struct doc *document;
};

static status make_pending(struct model_txn *txn, const struct evolution *through,
                           const struct doc *document, struct pending *pending, struct err *err) {
  bool fits;
  pending->document = document;
  if (!document || through->steps[0].ops_count == 0) return LUMA_OK;
  TRY(model__make_through(txn, through, document, &pending->room, &pending->made, &fits, err));
  pending->document = fits ? &pending->made : NULL;
  return LUMA_OK;
}

static status count_pending(struct model_txn *txn, const struct collection *collection,
                            const struct doc *old, const struct doc *fresh, struct err *err) {
  const struct catalog_counting *counting = &collection->counting;
  for (uint32_t i = 0; i < counting->numbers_count; i++) {
    struct counters counters = {collection, counting->soul, i, counting->numbers[i], false};
    if (counting->numbers[i]) TRY(change_limit(txn, &counters, old, fresh, err));
  }
  return LUMA_OK;
}

static status change_pending(struct model_txn *txn, const struct collection *collection,
                             const struct doc *old, const struct doc *fresh, struct err *err) {
  const struct catalog_counting *counting = &collection->counting;
  struct pending was, is;
  if (!counting->soul) return LUMA_OK;
  buf_init(&was.room, MODEL_SCRATCH_BYTES_MAX);
  buf_init(&is.room, MODEL_SCRATCH_BYTES_MAX);
  status result = make_pending(txn, counting->through, old, &was, err);
  if (result == LUMA_OK) result = make_pending(txn, counting->through, fresh, &is, err);
  if (result == LUMA_OK) result = count_pending(txn, collection, was.document, is.document, err);
  buf_deinit(&was.room);
  buf_deinit(&is.room);
  return result;
}

status model__count_pending(struct model_txn *txn, const struct collection *collection,
                            const struct doc *document, struct err *err) {
  return change_pending(txn, collection, NULL, document, err);
}

status model__delete_counted(struct model_txn *txn, const struct catalog_counting *counting,
                             struct err *err) {
  for (uint32_t i = 0; i < counting->numbers_count; i++)
    if (counting->numbers[i])
      TRY(model__delete_prefix(txn, STORE_COUNTERS, keyspace_limit(counting->numbers[i]), err));
  return LUMA_OK;
}

status model__drop_counting(struct model_txn *txn, const struct collection *collection,
                            struct err *err) {
  struct collection with = *collection;
  TRY(model__delete_counted(txn, &collection->counting, err));
  with.counting = (struct catalog_counting){0};
  with.version++;
  return model__store_collection(txn, &with, catalog_shared(collection), err);
}

/* ---- both ---- */

status model__change_population(struct model_txn *txn, const struct collection *collection,
                                const struct doc *old, const struct doc *fresh, struct err *err) {
  for (uint32_t i = 0; i < collection->limits_count; i++) {
    struct counters counters = counters_of(collection, i);
    if (is_plain(limit_of(&counters))) continue;
    TRY(change_limit(txn, &counters, old, fresh, err));
  }
  return change_pending(txn, collection, old, fresh, err);
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
