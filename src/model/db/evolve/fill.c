/* SPDX-License-Identifier: MIT */
/* Values that expressions of an evolution make are made before they are read: once an evolution is
 * committed, or when its beings are first read after the database was opened, a thread goes over
 * the older beings and keeps what is made of them. It works in small pieces, each in a snapshot of
 * its own, rests as long as it worked, and stops between pieces. Whoever reads before it came by
 * makes what is missing. It goes backwards: scans mostly go forwards, and meet it half way at the
 * latest; while they miss values it does not rest. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"

enum {
  PIECES = 4,        /* of MODEL_MADE_AT_ONCE documents between two rests */
  REST_US_MIN = 200, /* a rest is never shorter, nor longer than the other */
  REST_US_MAX = 100000,
  FEW_ROWS = 1 << 20
};

struct model_fill {
  struct model *model;
  struct mutex lock;
  struct cond changed;
  struct thread thread;
  bool has_thread, stops, is_asked; /* under `lock` */
  uint32_t is_awake;                /* atomic */
  struct mutex pass_lock;           /* one fills at a time */
};

/* One way over a collection. */
struct pass {
  struct model *model;
  uint32_t number, soul; /* of the collection, and its newest */
  uint64_t rows;         /* older ones so far */
  uint64_t misses;       /* of values by readers, when it last looked */
  bool lacks, ends, is_abandoned, is_missed;
  struct buf last_key; /* of the last record */
  struct buf end_key;  /* that record's, for the scan at hand */
  struct doc documents[MODEL_MADE_AT_ONCE];
};

/* ---- some documents ---- */

/* Documents whose values are to be made: those that are older, without any that are kept or that
 * are made sooner than found, and for which there is room. */
static void choose(struct pass *pass, struct model_making *making, struct soul_room *room,
                   uint32_t count) {
  const struct collection *collection = making->collection;
  struct kept_values *kept = collection->evolution->kept;
  struct model_last_soul last = {.number = collection->soul};
  struct val values[RECIPE_MAKERS_MAX];
  kept_begin(kept);
  for (uint32_t i = 0; i < count; i++) {
    const struct doc *document = &pass->documents[i];
    if (!model__is_older(collection, document, &last)) continue;
    struct doc_header header = doc_header(document);
    const struct recipe_sight *sight =
        recipes_make(evolution_recipes(collection->evolution), document);
    pass->rows++;
    /* Nobody else gives up pages: what is found here stays. */
    if (!sight || recipe_make_all_quickly(sight, document, room, values)) continue;
    if (kept_find(kept, header.row, header.version)) continue;
    if (!kept_admits(kept, header.row)) {
      pass->lacks = true;
      continue;
    }
    model__making_add(making, i, sight, NULL, false);
  }
  kept_end(kept);
}

static status fill_piece(struct pass *pass, struct model_txn *txn,
                         const struct collection *collection, uint32_t count, struct err *err) {
  struct model_making making;
  struct arena arena;
  making.txn = txn;
  making.collection = collection;
  making.documents = pass->documents;
  making.looks = NULL;
  making.arena = &arena;
  making.count = making.left_count = 0;
  arena_init(&arena, 0, MODEL_SCRATCH_BYTES_MAX);
  struct soul_room room = {.arena = &arena};
  choose(pass, &making, &room, count);
  status result = model__make(&making, err);
  if (result == LUMA_OK && making.count)
    pass->lacks |= !model__keep(&making, collection->evolution->kept);
  arena_deinit(&arena);
  return result;
}

/* ---- going over a collection ---- */

static status remember(struct pass *pass, const struct collection *collection, uint32_t count,
                       struct err *err) {
  struct val key = model__key_of(&pass->documents[count - 1]);
  buf_reset(&pass->last_key);
  return model__record_key(&pass->last_key, collection, &key, err);
}

static status fill_some(struct pass *pass, struct model_txn *txn,
                        const struct collection *collection, struct model_scan *scan,
                        struct err *err) {
  for (uint32_t i = 0; i < PIECES && !pass->ends; i++) {
    uint32_t count;
    TRY(model_scan_next(scan, MODEL_MADE_AT_ONCE, pass->documents, &count, err));
    pass->ends = count == 0;
    if (pass->ends) return LUMA_OK;
    TRY(fill_piece(pass, txn, collection, count, err));
    TRY(remember(pass, collection, count, err));
  }
  return LUMA_OK;
}

/* The collection, if its evolution is still the one that is filled. */
static const struct collection *collection_of(struct pass *pass, const struct catalog *catalog) {
  const struct collection *collection = catalog_by_number(catalog, pass->number);
  bool is_it = collection && collection->soul == pass->soul && collection->evolution &&
               collection->evolution->kept;
  return is_it ? collection : NULL;
}

/* Whether readers missed values since it last looked. */
static void look_at_misses(struct pass *pass, const struct kept_values *kept) {
  uint64_t misses = __atomic_load_n(&kept->misses, __ATOMIC_RELAXED);
  pass->is_missed = misses != pass->misses;
  pass->misses = misses;
}

static status fill_in(struct pass *pass, struct model_txn *txn, struct err *err) {
  const struct collection *collection = collection_of(pass, model_catalog(txn));
  buf_reset(&pass->end_key);
  buf_append_slice(&pass->end_key, buf_slice(&pass->last_key));
  TRY(buf_check(&pass->end_key, "a key", err));
  /* Who looks at the key alone gets documents as they are stored. */
  struct slice name = slice_of_text("_id");
  struct model_reads reads = {&name, 1};
  struct store_range left = {.to = buf_slice(&pass->end_key)};
  struct model_scan_options options = {.reads = &reads, .part = &left, .backwards = true};
  struct model_scan *scan;
  pass->is_abandoned = pass->ends = !collection;
  if (pass->ends) return LUMA_OK;
  TRY(model_scan_open(txn, collection, &options, &scan, err));
  status result = fill_some(pass, txn, collection, scan, err);
  model_scan_close(scan);
  look_at_misses(pass, collection->evolution->kept);
  if (result == LUMA_OK && !pass->ends) return LUMA_OK;
  /* What could not be read is not tried again at once. */
  uint64_t enough = result == LUMA_OK ? pass->rows : pass->rows + FEW_ROWS;
  kept_filled(collection->evolution->kept, result == LUMA_OK && !pass->lacks, enough);
  kept_age(&pass->model->kept);
  return result;
}

static status fill_step(struct pass *pass, struct err *err) {
  struct store_begin_options options = {.read_only = true, .may_block = true};
  struct model_txn *txn;
  TRY(model_begin(pass->model, &options, &txn, err));
  status result = fill_in(pass, txn, err);
  model_rollback(txn);
  return result;
}

/* ---- which collection ---- */

static bool find_wanted(struct model *model, struct pass *pass) {
  const struct catalog *catalog = model_catalog_acquire(model);
  bool found = false;
  for (uint32_t i = 0; !found && i < catalog_count_all(catalog); i++) {
    const struct collection *collection = catalog_at(catalog, i);
    const struct evolution *evolution = collection->evolution;
    found = evolution && evolution->kept && kept_state(evolution->kept) == KEPT_WANTED;
    pass->number = collection->number;
    pass->soul = collection->soul;
  }
  catalog_release(catalog);
  return found;
}

/* Rests as long as it worked; false when it is to stop. */
static bool rest(struct model_fill *fill, uint64_t worked_us) {
  uint64_t us = worked_us < REST_US_MIN ? REST_US_MIN : worked_us;
  mutex_lock(&fill->lock);
  if (!fill->stops)
    (void)cond_wait_timeout(&fill->changed, &fill->lock, us < REST_US_MAX ? us : REST_US_MAX);
  bool goes_on = !fill->stops;
  mutex_unlock(&fill->lock);
  return goes_on;
}

static bool is_stopped(struct model_fill *fill) {
  mutex_lock(&fill->lock);
  bool stops = fill->stops;
  mutex_unlock(&fill->lock);
  return stops;
}

/* All that is wanted. An error ends the pass that met it: values that are not kept are made when
 * they are read, and who reads is told what is wrong. */
static status fill_all(struct model_fill *fill, bool rests, struct err *err) {
  struct pass *pass = mem_zalloc(1, sizeof *pass);
  bool goes_on = true;
  status result = LUMA_OK;
  if (!pass) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to make values of older beings");
  pass->model = fill->model;
  buf_init(&pass->last_key, STORE_KEY_BYTES_MAX);
  buf_init(&pass->end_key, STORE_KEY_BYTES_MAX);
  mutex_lock(&fill->pass_lock);
  while (goes_on && result == LUMA_OK && find_wanted(fill->model, pass)) {
    pass->ends = pass->lacks = pass->is_missed = false;
    pass->rows = 0;
    buf_reset(&pass->last_key);
    while (goes_on && result == LUMA_OK && !pass->ends) {
      uint64_t before = os_monotonic_us(fill->model->os);
      result = fill_step(pass, err);
      uint64_t worked_us = os_monotonic_us(fill->model->os) - before;
      if (rests) goes_on = pass->is_missed ? !is_stopped(fill) : rest(fill, worked_us);
    }
  }
  mutex_unlock(&fill->pass_lock);
  buf_deinit(&pass->last_key);
  buf_deinit(&pass->end_key);
  mem_free(pass);
  return result;
}

/* ---- the thread ---- */

static void run(void *argument) {
  struct model_fill *fill = argument;
  mutex_lock(&fill->lock);
  while (!fill->stops) {
    if (!fill->is_asked) {
      __atomic_store_n(&fill->is_awake, 0, __ATOMIC_RELEASE);
      cond_wait(&fill->changed, &fill->lock);
      continue;
    }
    fill->is_asked = false;
    mutex_unlock(&fill->lock);
    (void)fill_all(fill, true, NULL);
    mutex_lock(&fill->lock);
  }
  mutex_unlock(&fill->lock);
}

/* Without a thread values are made when they are read. */
static void ask(struct model_fill *fill) {
  mutex_lock(&fill->lock);
  if (!fill->has_thread)
    fill->has_thread = thread_start(&fill->thread, "luma-fill", run, fill, NULL) == LUMA_OK;
  fill->is_asked = true;
  __atomic_store_n(&fill->is_awake, fill->has_thread, __ATOMIC_RELEASE);
  cond_broadcast(&fill->changed);
  mutex_unlock(&fill->lock);
}

void model__fill_missed(struct model *model, const struct kept_values *kept) {
  struct model_fill *fill = model->fill;
  if (!model->options.fills || kept_state(kept) != KEPT_WANTED) return;
  if (!__atomic_load_n(&fill->is_awake, __ATOMIC_ACQUIRE)) ask(fill);
}

void model__fill_picture(struct model *model, const struct catalog *catalog) {
  bool is_wanted = false;
  for (uint32_t i = 0; i < catalog_count_all(catalog); i++) {
    const struct evolution *evolution = catalog_at(catalog, i)->evolution;
    if (!evolution || !evolution->kept || kept_state(evolution->kept) != KEPT_UNKNOWN) continue;
    kept_publish(evolution->kept);
    is_wanted |= !evolution->is_quick;
  }
  if (is_wanted && model->options.fills) ask(model->fill);
}

status model__fill_create(struct model *model, struct err *err) {
  struct model_fill *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the database");
  made->model = model;
  mutex_init(&made->lock);
  mutex_init(&made->pass_lock);
  cond_init(&made->changed);
  model->fill = made;
  return LUMA_OK;
}

void model__fill_destroy(struct model_fill *fill) {
  if (!fill) return;
  mutex_lock(&fill->lock);
  fill->stops = true;
  cond_broadcast(&fill->changed);
  mutex_unlock(&fill->lock);
  if (fill->has_thread) thread_join(&fill->thread);
  cond_deinit(&fill->changed);
  mutex_deinit(&fill->pass_lock);
  mutex_deinit(&fill->lock);
  mem_free(fill);
}

status model_fill(struct model *model, struct err *err) {
  return model->fill ? fill_all(model->fill, false, err) : LUMA_OK;
}

void model_tell_kept(const struct model *model, struct model_kept *kept) {
  int64_t left = __atomic_load_n(&model->kept.left_bytes, __ATOMIC_RELAXED);
  *kept = (struct model_kept){.bytes = (uint64_t)(model->kept.bytes_max - left),
                              .bytes_max = (uint64_t)model->kept.bytes_max};
  if (model->fill) kept->is_filling = __atomic_load_n(&model->fill->is_awake, __ATOMIC_ACQUIRE) > 0;
}
