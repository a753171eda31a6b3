/* SPDX-License-Identifier: MIT */
/* Opening and closing; transactions. */
#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "model/db/feed/payload.h"
#include "model/db/model_int.h"

enum {
  SCRATCH_CHUNK_BYTES = 16 << 10,
  IDLE_MAX = 16,            /* transactions that wait to be used again */
  IDLE_BYTES_MAX = 64 << 10 /* of each of their buffers */
};

status model_open(struct store *store, const struct model_options *options, struct model **model,
                  struct err *err) {
  struct model *made = mem_zalloc(1, sizeof *made);
  if (!made) {
    store_close(store);
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the database");
  }
  made->store = store;
  made->os = options->os;
  made->options = *options;
  made->opened_us = os_now_us(options->os);
  kept_budget_init(&made->kept, made->options.kept_bytes_max);
  /* Where other processes write too, going over all is theirs as much. */
  made->options.fills &= !store->ops->is_shared;
  if (made->options.document_bytes_max == 0) made->options.document_bytes_max = DOC_BYTES_MAX;
  ulid_source_init(&made->keys, options->os);
  rwlock_init(&made->catalog_lock);
  rwlock_init(&made->learn_lock);
  /* Where other processes commit too, what this one sees is not all. */
  made->learns = options->learns && !store->ops->is_shared;
  mutex_init(&made->sequence_lock);
  mutex_init(&made->idle_lock);
  model__gate_init(&made->gate);
  made->collections = (struct catalog_sequence){.step = 16};
  made->indexes = (struct catalog_sequence){.step = 16};
  made->souls = (struct catalog_sequence){.step = 16};
  status result = model__blocks_create(&made->blocks, err);
  if (result == LUMA_OK && made->options.kept_bytes_max) result = model__fill_create(made, err);
  if (result == LUMA_OK) result = catalog_create(&made->catalog, err);
  if (result == LUMA_OK) result = model__load_catalog(made, options->read_only, err);
  if (result != LUMA_OK) {
    model_close(made);
    return result;
  }
  *model = made;
  return LUMA_OK;
}

/* ---- the memory of transactions ---- */

static void scratch_init(struct model_txn *txn) {
  arena_init(&txn->arena, SCRATCH_CHUNK_BYTES, 0);
  arena_init(&txn->soul_arena, SCRATCH_CHUNK_BYTES, 0);
  buf_init(&txn->conformed, MODEL_SCRATCH_BYTES_MAX);
  buf_init(&txn->encoded, MODEL_SCRATCH_BYTES_MAX);
  buf_init(&txn->keys, MODEL_SCRATCH_BYTES_MAX);
  buf_init(&txn->lot, STORE_BATCH_MAX * sizeof(struct slice));
  index_entries_init(&txn->fresh);
  index_entries_init(&txn->stale);
}

static void scratch_deinit(struct model_txn *txn) {
  arena_deinit(&txn->arena);
  arena_deinit(&txn->soul_arena);
  buf_deinit(&txn->conformed);
  buf_deinit(&txn->encoded);
  buf_deinit(&txn->keys);
  buf_deinit(&txn->lot);
  index_entries_deinit(&txn->fresh);
  index_entries_deinit(&txn->stale);
}

void model__scratch_aside(struct model_txn *txn, struct model_scratch *aside) {
  *aside = (struct model_scratch){.arena = txn->arena,
                                  .soul_arena = txn->soul_arena,
                                  .conformed = txn->conformed,
                                  .encoded = txn->encoded,
                                  .keys = txn->keys,
                                  .lot = txn->lot,
                                  .fresh = txn->fresh,
                                  .stale = txn->stale};
  scratch_init(txn);
}

void model__scratch_back(struct model_txn *txn, struct model_scratch *aside) {
  scratch_deinit(txn);
  txn->arena = aside->arena;
  txn->soul_arena = aside->soul_arena;
  txn->conformed = aside->conformed;
  txn->encoded = aside->encoded;
  txn->keys = aside->keys;
  txn->lot = aside->lot;
  txn->fresh = aside->fresh;
  txn->stale = aside->stale;
}

static void txn_init(struct model_txn *txn) {
  scratch_init(txn);
  arena_init(&txn->kept, 0, 0);
  buf_init(&txn->observed, MODEL_OBSERVED_BYTES_MAX);
  buf_init(&txn->feed, MODEL_SCRATCH_BYTES_MAX);
}

static void txn_free(struct model_txn *txn) {
  scratch_deinit(txn);
  arena_deinit(&txn->kept);
  buf_deinit(&txn->observed);
  buf_deinit(&txn->feed);
  mem_free(txn);
}

static void empty_buf(struct buf *buf) {
  buf_reset(buf);
  if (buf->capacity > IDLE_BYTES_MAX) buf_deinit(buf);
}

static void empty_arena(struct arena *arena) {
  if (arena_used_bytes(arena) > IDLE_BYTES_MAX)
    arena_deinit(arena);
  else
    arena_reset(arena);
}

static void empty_entries(struct index_entries *entries) {
  if (entries->bytes.capacity + entries->part_bytes.capacity > IDLE_BYTES_MAX) {
    index_entries_deinit(entries);
    index_entries_init(entries);
  }
  entries->count = 0;
  entries->lists = 0;
  buf_reset(&entries->lists_at);
  buf_reset(&entries->bytes);
}

/* Nothing but memory is left of it. */
static void txn_empty(struct model_txn *txn) {
  struct model_txn was = *txn;
  *txn = (struct model_txn){.arena = was.arena,
                            .soul_arena = was.soul_arena,
                            .kept = was.kept,
                            .conformed = was.conformed,
                            .observed = was.observed,
                            .encoded = was.encoded,
                            .keys = was.keys,
                            .lot = was.lot,
                            .feed = was.feed,
                            .fresh = was.fresh,
                            .stale = was.stale};
  empty_arena(&txn->arena);
  empty_arena(&txn->soul_arena);
  empty_arena(&txn->kept);
  empty_buf(&txn->conformed);
  empty_buf(&txn->observed);
  empty_buf(&txn->encoded);
  empty_buf(&txn->keys);
  empty_buf(&txn->feed);
  empty_entries(&txn->fresh);
  empty_entries(&txn->stale);
}

/* Hands the memory to the next transaction. */
static void txn_rest(struct model *model, struct model_txn *txn) {
  txn_empty(txn);
  mutex_lock(&model->idle_lock);
  bool stays = model->idle_count < IDLE_MAX;
  if (stays) {
    txn->next = model->idle;
    model->idle = txn;
    model->idle_count++;
  }
  mutex_unlock(&model->idle_lock);
  if (!stays) txn_free(txn);
}

/* NULL when memory is out. */
static struct model_txn *txn_make(struct model *model) {
  mutex_lock(&model->idle_lock);
  struct model_txn *txn = model->idle;
  if (txn) {
    model->idle = txn->next;
    model->idle_count--;
  }
  mutex_unlock(&model->idle_lock);
  if (txn) {
    txn->next = NULL;
    return txn;
  }
  txn = mem_zalloc(1, sizeof *txn);
  if (txn) txn_init(txn);
  return txn;
}

static void free_idle(struct model *model) {
  while (model->idle) {
    struct model_txn *next = model->idle->next;
    txn_free(model->idle);
    model->idle = next;
  }
}

/* ---- opening and closing ---- */

void model_close(struct model *model) {
  if (!model) return;
  model__fill_destroy(model->fill);
  model__save_learned(model);
  free_idle(model);
  catalog_release(model->catalog);
  kept_budget_deinit(&model->kept);
  store_close(model->store);
  model__blocks_destroy(model->blocks);
  model__gate_deinit(&model->gate);
  mutex_deinit(&model->idle_lock);
  mutex_deinit(&model->sequence_lock);
  rwlock_deinit(&model->catalog_lock);
  rwlock_deinit(&model->learn_lock);
  ulid_source_deinit(&model->keys);
  mem_free(model);
}

uint64_t model_opened_us(const struct model *model) {
  return model->opened_us;
}

struct store *model_store(struct model *model) {
  return model->store;
}

void model_make_key(struct model *model, struct val *key) {
  *key = (struct val){.type = VAL_ULID};
  ulid_next(&model->keys, key->id);
}

/* ---- transactions ---- */

/* Under the catalog's lock. */
static status begin(struct model *model, const struct store_begin_options *options,
                    struct model_txn *made, struct err *err) {
  TRY(store_begin(model->store, options, &made->store, err));
  made->catalog = model->catalog;
  catalog_acquire(made->catalog);
  made->model = model;
  made->read_only = options->read_only;
  made->is_serializable = options->isolation == STORE_SERIALIZABLE;
  return LUMA_OK;
}

status model_begin(struct model *model, const struct store_begin_options *options,
                   struct model_txn **txn, struct err *err) {
  struct model_txn *made = txn_make(model);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a transaction");
  rwlock_lock_read(&model->catalog_lock);
  status result = begin(model, options, made, err);
  rwlock_unlock(&model->catalog_lock);
  if (result != LUMA_OK) {
    txn_rest(model, made);
    return result;
  }
  *txn = made;
  return LUMA_OK;
}

void model_allow_restart(struct model_txn *txn, struct model_tries *tries) {
  txn->tries = tries;
}

void model_set_caller(struct model_txn *txn, const struct model_caller *caller) {
  txn->caller = caller;
}

static void txn_end(struct model_txn *txn) {
  for (size_t i = 0; i < txn->marks_count; i++) catalog_release(txn->marks[i].catalog);
  mem_free(txn->marks);
  catalog_release(txn->catalog);
  model__gate_let_go_txn(txn, 0);
  txn_rest(txn->model, txn);
}

static void publish(struct model *model) {
  const struct catalog *catalog = model_catalog_acquire(model);
  model__fill_picture(model, catalog);
  catalog_release(catalog);
}

/* Where a commit stands, and who is to read from there: each may be NULL. */
struct committed {
  struct store_pos *position;
  store_seq *seq;
  struct model_txn *reader;
};

/* Inv 1: nobody begins between the commit of a catalog change and the swap of the picture. */
static status commit_change(struct model_txn *txn, const struct committed *at, struct err *err) {
  struct store_begin_options reading = {.read_only = true, .may_block = true};
  struct model *model = txn->model;
  rwlock_lock_write(&model->catalog_lock);
  status result = store_commit(txn->store, STORE_SYNC_DEFAULT, at->position, at->seq, err);
  if (result == LUMA_OK) {
    struct catalog *old = model->catalog;
    model->catalog = txn->catalog;
    txn->catalog = old;
    if (at->reader) result = begin(model, &reading, at->reader, err);
  }
  rwlock_unlock(&model->catalog_lock);
  if (result == LUMA_OK) publish(model);
  return result;
}

/* The counter that ended the commit was a population limit: others took the places meanwhile. */
static void explain_limit(const struct model_txn *txn, struct err *err) {
  const struct collection *collection = catalog_by_number(txn->catalog, txn->limited);
  if (!collection) return;
  err_raise(err, LUMA_LIMIT_REACHED, __FILE__, __LINE__,
            "the population of `%.*s` is full: another transaction took the last place",
            SLICE_ARG(collection->name));
}

status model_commit(struct model_txn *txn, enum store_durability durability,
                    struct store_pos *position, struct err *err) {
  return model_commit_seq(txn, durability, position, NULL, err);
}

static status commit(struct model_txn *txn, enum store_durability durability,
                     const struct committed *at, struct err *err) {
  struct model_lesson lesson;
  bool changes = txn->catalog_changed;
  status fed = model__feed_emit(txn, err);
  if (fed != LUMA_OK) {
    model_rollback(txn);
    return fed;
  }
  model__lesson_begin(txn, &lesson);
  status result = changes ? commit_change(txn, at, err)
                          : store_commit(txn->store, durability, at->position, at->seq, err);
  model__lesson_end(txn, &lesson, result);
  if (result == LUMA_LIMIT_REACHED && txn->limited) explain_limit(txn, err);
  /* The next try begins with nobody writing but those who had begun to. */
  if (txn->tries && result == LUMA_CONFLICT) model__gate_hold_tries(txn);
  if (txn->tries && changes && result == LUMA_OK) txn->tries->built = 0;
  txn_end(txn);
  return result;
}

status model_commit_seq(struct model_txn *txn, enum store_durability durability,
                        struct store_pos *position, store_seq *seq, struct err *err) {
  return commit(txn, durability, &(struct committed){position, seq, NULL}, err);
}

status model__commit_and_read(struct model_txn *txn, struct model_txn **reader, struct err *err) {
  struct model *model = txn->model;
  struct model_txn *made = txn_make(model);
  if (!made) model_rollback(txn);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a transaction");
  ASSERT(txn->catalog_changed);
  status result = commit(txn, STORE_SYNC_DEFAULT, &(struct committed){NULL, NULL, made}, err);
  if (result == LUMA_OK)
    *reader = made;
  else
    txn_rest(model, made);
  return result;
}

void model_rollback(struct model_txn *txn) {
  if (!txn) return;
  store_rollback(txn->store);
  txn_end(txn);
}

status model_savepoint(struct model_txn *txn, uint64_t *mark, struct err *err) {
  if (!mem_grow((void **)&txn->marks, &txn->marks_capacity, txn->marks_count + 1,
                sizeof *txn->marks)) {
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a savepoint");
  }
  TRY(model__feed_emit(txn, err));
  TRY(store_savepoint(txn->store, mark, err));
  catalog_acquire(txn->catalog);
  txn->marks[txn->marks_count++] = (struct model_mark){.mark = *mark,
                                                       .catalog = txn->catalog,
                                                       .catalog_changed = txn->catalog_changed,
                                                       .observed_bytes = txn->observed.bytes};
  return LUMA_OK;
}

status model_rollback_to(struct model_txn *txn, uint64_t mark, struct err *err) {
  size_t at = txn->marks_count;
  while (at > 0 && txn->marks[at - 1].mark != mark) at--;
  if (at == 0) FAIL(err, LUMA_INVALID_ARGUMENT, "the savepoint is not one of this transaction");
  TRY(store_rollback_to(txn->store, mark, err));
  for (size_t i = at; i < txn->marks_count; i++) catalog_release(txn->marks[i].catalog);
  txn->marks_count = at;
  catalog_acquire(txn->marks[at - 1].catalog);
  catalog_release(txn->catalog);
  txn->catalog = txn->marks[at - 1].catalog;
  txn->catalog_changed = txn->marks[at - 1].catalog_changed;
  txn->observed.bytes = txn->marks[at - 1].observed_bytes;
  buf_reset(&txn->feed); /* what waits in it came after the savepoint */
  return LUMA_OK;
}

const struct catalog *model_catalog(const struct model_txn *txn) {
  return txn->catalog;
}

const struct catalog *model_catalog_acquire(struct model *model) {
  rwlock_lock_read(&model->catalog_lock);
  struct catalog *catalog = model->catalog;
  catalog_acquire(catalog);
  rwlock_unlock(&model->catalog_lock);
  return catalog;
}

void model__set_picture(struct model_txn *txn, struct catalog *catalog) {
  catalog_release(txn->catalog);
  txn->catalog = catalog;
  txn->catalog_changed = true;
}

status model__guard(struct model_txn *txn, const struct collection *collection, struct err *err) {
  if (txn->read_only) FAIL(err, LUMA_READ_ONLY, "the transaction is for reading only");
  for (uint32_t i = 0; i < txn->guarded_count; i++) {
    if (txn->guarded[i] == collection->number) return LUMA_OK;
  }
  TRY(model__gate_pass(txn, collection->number, err));
  struct keyspace_key key = keyspace_collection(collection->number);
  TRY(store_guard(txn->store, STORE_META, keyspace_slice(&key), err));
  if (txn->guarded_count < MODEL_GUARDED_MAX) {
    txn->guarded[txn->guarded_count++] = collection->number;
  }
  return LUMA_OK;
}
