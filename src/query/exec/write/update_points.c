/* SPDX-License-Identifier: MIT */
/* UPDATE of points: many keys, each with operands of its own, as a bulk of upserts is. Documents
 * are fetched and inserted many at once; where one of these fails, the lot is undone and done again
 * one by one, so that each is as if it had been a statement. */
#include "base/core/assert.h"
#include "base/core/bytes.h"
#include "base/ds/heads.h"
#include "query/exec/write/guard.h"
#include "query/exec/write/updating.h"
#include "query/expr/field.h"

/** Enough for a command: looking for documents before the first is written spares the transaction
 * looking among its own writes. */
enum { POINTS_AT_ONCE = 1024, SLOTS = 4 * POINTS_AT_ONCE };

/* Some points, whose keys differ. */
struct lot {
  uint32_t from, count;
  struct doc documents[POINTS_AT_ONCE];
  struct store_pins pins;
  struct head heads[POINTS_AT_ONCE], spare[POINTS_AT_ONCE]; /* of its keys, in their order */
  struct val ordered[POINTS_AT_ONCE];
  struct doc fetched[POINTS_AT_ONCE];
  struct model_write inserts[POINTS_AT_ONCE]; /* that wait */
  struct val inserted[POINTS_AT_ONCE];
  uint32_t inserts_count;
  struct arena arena;     /* of what waits */
  struct buf seed;        /* what an upsert begins with */
  struct build build;     /* into it */
  uint64_t hashes[SLOTS]; /* of its keys; 0: free */
};

/* ---- sums of the run, to be taken back ---- */

struct sums {
  uint64_t matched, affected;
  uint32_t keys_count, changes_count, steps_count;
  bool upserted;
};

static struct sums sums_of(const struct exec *exec) {
  return (struct sums){exec->matched,       exec->affected,    exec->keys_count,
                       exec->changes_count, exec->steps_count, exec->upserted};
}

static void take_back(struct exec *exec, const struct sums *sums) {
  exec->matched = sums->matched;
  exec->affected = sums->affected;
  exec->keys_count = sums->keys_count;
  exec->changes_count = sums->changes_count;
  exec->steps_count = sums->steps_count;
  exec->upserted = sums->upserted;
}

/* ---- lots ---- */

/** As many as differ in their keys, or in the hash of those: one that comes again sees what the
 * first did. */
static void take_lot(const struct plan_points *points, uint32_t from, struct lot *lot) {
  memset(lot->hashes, 0, sizeof lot->hashes);
  lot->from = from;
  lot->count = 0;
  while (lot->count < POINTS_AT_ONCE && from + lot->count < points->count) {
    uint64_t hash = tuple_table_hash(&points->keys[from + lot->count], 1) | 1;
    uint32_t slot = (uint32_t)(hash >> 32) % SLOTS;
    while (lot->hashes[slot] && lot->hashes[slot] != hash) slot = (slot + 1) % SLOTS;
    if (lot->hashes[slot]) return;
    lot->hashes[slot] = hash;
    lot->count++;
  }
}

/** Nothing that one document does can let another in, or keep it out: they may go in together after
 * those that are changed. */
static bool may_wait(const struct collection *collection) {
  bool is_free = !collection->genotype;
  for (uint32_t i = 0; i < collection->indexes_count; i++)
    is_free &= !collection->indexes[i].def.unique;
  return is_free;
}

static status insert_waiting(struct updating *op, struct lot *lot, struct err *err) {
  struct exec *exec = op->op.exec;
  uint32_t failed = 0, count = lot->inserts_count;
  if (count == 0) return LUMA_OK;
  lot->inserts_count = 0;
  TRY(model_insert(exec->txn, op->collection, lot->inserts, count, &failed, err));
  TRY(guard_inserted(exec, op->collection, lot->inserts, count, err));
  exec->upserted = true;
  status done = write_note_keys(exec, lot->inserts, count, err);
  arena_reset(&lot->arena);
  return done;
}

/** {"_id": key}, until the next one. */
static status make_seed(struct lot *lot, const struct val *key, struct val *seed, struct err *err) {
  struct slice built;
  buf_reset(&lot->seed);
  build_begin_map(&lot->build);
  build_name(&lot->build, slice_of_text("_id"));
  build_put(&lot->build, key);
  build_end(&lot->build);
  TRY(build_finish(&lot->build, &built, err));
  *seed = val_decode(built, NULL);
  return LUMA_OK;
}

static status upsert(struct updating *op, struct lot *lot, const struct val *key, struct err *err) {
  struct val seed, made, *kept = &lot->inserted[lot->inserts_count];
  arena_reset(&op->op.batch_arena);
  TRY(make_seed(lot, key, &seed, err));
  TRY(updating_make(op, &seed, true, &made, err));
  const uint8_t *copy =
      arena_copy(&lot->arena, made.data - DOC_HEADER_BYTES, made.bytes + (size_t)DOC_HEADER_BYTES);
  TRY(plan_check_memory(&lot->arena, copy, err));
  *kept = made;
  kept->data = copy + DOC_HEADER_BYTES;
  lot->inserts[lot->inserts_count++] =
      (struct model_write){.document = kept,
                           .knows_names = true,
                           .has_header = true,
                           .key_is_free = !op->collection->genotype};
  return may_wait(op->collection) ? LUMA_OK : insert_waiting(op, lot, err);
}

static status change_point(struct updating *op, struct lot *lot, uint32_t i, struct err *err) {
  struct exec *exec = op->op.exec;
  const struct plan *plan = op->op.plan;
  const struct plan_points *points = plan->points;
  const struct val *key = &points->keys[lot->from + i];
  struct query_step *step = &exec->steps[exec->steps_count++];
  struct sums before = sums_of(exec);
  *step = (struct query_step){.kind = PLAN_UPDATE};
  const struct val *operands = points->operands + (size_t)(lot->from + i) * plan->updates_count;
  for (uint32_t u = 0; u < plan->updates_count; u++)
    op->changes[u].given = &operands[plan->updates[u].written];
  op->matched = 0;
  if (lot->documents[i].data) {
    TRY(updating_change(op, &lot->documents[i], err));
    step->matched = exec->matched - before.matched;
    step->affected = exec->affected - before.affected;
  } else if (plan->upsert) {
    TRY(upsert(op, lot, key, err));
    step->upserted = true;
    step->affected = 1;
    step->key = *key;
  }
  return LUMA_OK;
}

/** About the order in which documents are stored. */
static uint64_t head_of(const struct val *key) {
  uint8_t head[sizeof(uint64_t)] = {0};
  switch ((int)key->type) {
  case VAL_TEXT:
    memcpy(head, key->data, key->bytes < sizeof head ? key->bytes : sizeof head);
    break;
  case VAL_OBJECTID:
  case VAL_UUID:
  case VAL_ULID: memcpy(head, key->id, sizeof head); break;
  default: return (uint64_t)key->integer ^ (UINT64_C(1) << 63);
  }
  return load64be(head);
}

/** Looked for in order, one leads to the next. */
static status fetch_lot(struct updating *op, struct lot *lot, struct err *err) {
  const struct val *keys = op->op.plan->points->keys + lot->from;
  for (uint32_t i = 0; i < lot->count; i++) lot->heads[i] = (struct head){head_of(&keys[i]), i};
  heads_sort(lot->heads, lot->spare, lot->count);
  for (uint32_t i = 0; i < lot->count; i++) lot->ordered[i] = keys[lot->heads[i].at];
  TRY(model_get_many(op->op.exec->txn, op->collection, lot->ordered, lot->count, lot->fetched,
                     &lot->pins, err));
  for (uint32_t i = 0; i < lot->count; i++) lot->documents[lot->heads[i].at] = lot->fetched[i];
  return LUMA_OK;
}

static status change_lot(struct updating *op, struct lot *lot, struct err *err) {
  struct exec *exec = op->op.exec;
  lot->inserts_count = 0;
  arena_reset(&lot->arena);
  TRY(op__check(exec, err));
  status done = fetch_lot(op, lot, err);
  for (uint32_t i = 0; i < lot->count && done == LUMA_OK; i++) done = change_point(op, lot, i, err);
  if (done == LUMA_OK) done = insert_waiting(op, lot, err);
  store_pins_release(&lot->pins);
  return done;
}

/** A lot of which nothing remains when one of it fails. */
static status try_lot(struct updating *op, struct lot *lot, status *failed, struct err *why,
                      struct err *err) {
  struct exec *exec = op->op.exec;
  struct sums before = sums_of(exec);
  uint64_t mark;
  TRY(model_savepoint(exec->txn, &mark, err));
  *failed = change_lot(op, lot, why);
  if (*failed == LUMA_OK) return LUMA_OK;
  if (!plan_fails_alone(*failed)) {
    if (err) *err = *why;
    return *failed;
  }
  take_back(exec, &before);
  return model_rollback_to(exec->txn, mark, err);
}

static status report(struct exec *exec, const struct err *why, struct err *err) {
  struct query_step *step = &exec->steps[exec->steps_count];
  *step = (struct query_step){.kind = PLAN_UPDATE, .failed = exec->write_errors_count + 1};
  TRY(write_report(exec, exec->steps_count, why, err));
  exec->steps_count++;
  return LUMA_OK;
}

/** `*stops`: one failed, and those after it are not to be tried. */
static status change_each(struct updating *op, struct lot *lot, uint32_t end, bool *stops,
                          struct err *err) {
  for (; lot->from < end && !*stops; lot->from++) {
    struct err why = {0};
    status failed = LUMA_OK;
    lot->count = 1;
    TRY(try_lot(op, lot, &failed, &why, err));
    if (failed == LUMA_OK) continue;
    TRY(report(op->op.exec, &why, err));
    *stops = op->op.plan->ordered;
  }
  return LUMA_OK;
}

static status change_all(struct updating *op, struct lot *lot, struct err *err) {
  const struct plan_points *points = op->op.plan->points;
  bool stops = false;
  for (uint32_t at = 0; at < points->count && !stops;) {
    struct err why = {0};
    status failed = LUMA_OK;
    take_lot(points, at, lot);
    at += lot->count;
    TRY(try_lot(op, lot, &failed, &why, err));
    if (failed != LUMA_OK) TRY(change_each(op, lot, at, &stops, err));
  }
  return LUMA_OK;
}

/** What is looked for in a collection that is not there is not found. */
static status pass_all(struct exec *exec, const struct plan_points *points) {
  for (uint32_t i = 0; i < points->count; i++)
    exec->steps[exec->steps_count++] = (struct query_step){.kind = PLAN_UPDATE};
  return LUMA_OK;
}

status updating_points(struct updating *op, struct err *err) {
  struct exec *exec = op->op.exec;
  const struct plan *plan = op->op.plan;
  if (!exec->steps) {
    exec->steps = arena_zalloc(exec->arena, plan->points->count, sizeof *exec->steps);
    TRY(op__memory(exec, exec->steps, err));
  }
  if (!op->collection && !plan->upsert) return pass_all(exec, plan->points);
  TRY(write_collection(exec, plan, &op->collection, err));
  struct lot *lot = arena_alloc(exec->arena, sizeof *lot);
  TRY(op__memory(exec, lot, err));
  lot->pins = (struct store_pins){0};
  arena_init(&lot->arena, 0, exec->memory_bytes);
  buf_init(&lot->seed, EXPR_SCRATCH_BYTES_MAX);
  build_init(&lot->build, &lot->seed, NULL);
  status done = change_all(op, lot, err);
  build_deinit(&lot->build);
  buf_deinit(&lot->seed);
  arena_deinit(&lot->arena);
  return done;
}
