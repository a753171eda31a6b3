/* SPDX-License-Identifier: MIT */
/* Counting many beings for the limits that an evolution brings, before it. In its own transaction
 * the counters of all values would be one commit. So they are announced first, in a change of the
 * catalog: whoever writes to the collection from then on adds to them. What was there before is
 * what a snapshot shows that stands exactly at that commit; it is added in steps, which conflict
 * with nobody, since additions do not. Sums that are not complete hold nobody to anything. Then the
 * evolution begins again, finds them, and judges them as they are by then. A crash before that
 * leaves counters that nobody asks, which the next opening removes. */
#include "model/db/evolve/evolve_int.h"

enum { CHANGE_TRIES = 100, STEP_TRIES = 1000 };

struct counting {
  const struct evolving *evolving;
  struct catalog_counting what;
  struct model_txn *reader; /* where the beings are that were there before */
};

static status begin_change(struct counting *counting, struct model_txn **txn,
                           const struct collection **collection, struct err *err) {
  struct store_begin_options options = {.may_block = true};
  TRY(model_begin(counting->evolving->txn->model, &options, txn, err));
  *collection = catalog_by_number((*txn)->catalog, counting->evolving->base->number);
  return model__begin_change(*txn, err);
}

/* Another evolution may have come between, and given it up. */
static bool is_there(const struct counting *counting, const struct collection *collection) {
  const struct catalog_counting *what = &counting->what;
  return collection && collection->counting.soul == what->soul &&
         memcmp(collection->counting.numbers, what->numbers, sizeof what->numbers) == 0;
}

static status fail_gone(const struct counting *counting, struct err *err) {
  FAIL(err, LUMA_CANCELLED, "`%.*s` was dropped, or evolved, while its beings were counted",
       SLICE_ARG(counting->evolving->base->name));
}

/* ---- before and after ---- */

static status set_counting(struct model_txn *txn, const struct collection *collection,
                           const struct catalog_counting *what, struct err *err) {
  struct collection with = *collection;
  with.counting = *what;
  with.version++;
  return model__store_collection(txn, &with, catalog_shared(collection), err);
}

static status announce(const struct counting *counting, struct model_txn *txn,
                       const struct collection *collection, struct err *err) {
  if (!collection || collection->version != counting->evolving->base->version)
    FAIL(err, LUMA_CONFLICT, "the collection has changed");
  TRY(model__delete_counted(txn, &collection->counting, err));
  return set_counting(txn, collection, &counting->what, err);
}

static status announce_once(struct counting *counting, struct err *err) {
  const struct collection *collection = NULL;
  struct model_txn *txn = NULL;
  status result = begin_change(counting, &txn, &collection, err);
  if (result == LUMA_OK) result = announce(counting, txn, collection, err);
  if (result == LUMA_OK) return model__commit_and_read(txn, &counting->reader, err);
  model_rollback(txn);
  return result;
}

static status publish_once(struct counting *counting, struct err *err) {
  const struct collection *collection = NULL;
  struct model_txn *txn = NULL;
  status result = begin_change(counting, &txn, &collection, err);
  struct catalog_counting ready = counting->what;
  ready.is_ready = true;
  if (result == LUMA_OK)
    result = is_there(counting, collection) ? set_counting(txn, collection, &ready, err)
                                            : fail_gone(counting, err);
  if (result == LUMA_OK) return model_commit(txn, STORE_SYNC_DEFAULT, NULL, err);
  model_rollback(txn);
  return result;
}

static status withdraw_once(struct counting *counting, struct err *err) {
  const struct collection *collection = NULL;
  struct model_txn *txn = NULL;
  status result = begin_change(counting, &txn, &collection, err);
  bool is_mine = result == LUMA_OK && is_there(counting, collection);
  if (is_mine) result = model__drop_counting(txn, collection, err);
  if (is_mine && result == LUMA_OK) return model_commit(txn, STORE_SYNC_DEFAULT, NULL, err);
  model_rollback(txn);
  return result;
}

typedef status change_fn(struct counting *counting, struct err *err);

static status change_catalog(struct counting *counting, change_fn *change, struct err *err) {
  status result = LUMA_CONFLICT;
  for (int i = 0; i < CHANGE_TRIES && result == LUMA_CONFLICT; i++) result = change(counting, err);
  return result;
}

/* ---- what was there before ---- */

static status add_once(struct counting *counting, const struct doc *documents, uint32_t count,
                       struct err *err) {
  struct store_begin_options options = {.may_block = true};
  struct model_txn *txn;
  TRY(model_begin(counting->evolving->txn->model, &options, &txn, err));
  const struct collection *collection =
      catalog_by_number(txn->catalog, counting->evolving->base->number);
  txn->passes_gate = true;
  status result = is_there(counting, collection) ? model__guard(txn, collection, err)
                                                 : fail_gone(counting, err);
  for (uint32_t i = 0; i < count && result == LUMA_OK; i++)
    result = model__count_pending(txn, collection, &documents[i], err);
  if (result == LUMA_OK) return model_commit(txn, STORE_QUEUED, NULL, err);
  model_rollback(txn);
  return result;
}

/* A change of the catalog may come between. */
static status add_some(void *context, struct doc *documents, uint32_t count, bool *goes_on,
                       struct err *err) {
  struct counting *counting = context;
  status result = LUMA_CONFLICT;
  (void)goes_on;
  for (int i = 0; i < STEP_TRIES && result == LUMA_CONFLICT; i++)
    result = add_once(counting, documents, count, err);
  return result == LUMA_OK ? model__go_on(counting->evolving->txn, err) : result;
}

static status add_all(struct counting *counting, struct err *err) {
  const struct collection *collection =
      catalog_by_number(counting->reader->catalog, counting->evolving->base->number);
  struct model_walk walk = {.look = add_some, .context = counting};
  return model_walk(counting->reader, collection, &walk, err);
}

static status count_all(struct counting *counting, struct err *err) {
  TRY(change_catalog(counting, announce_once, err));
  status result = add_all(counting, err);
  model_rollback(counting->reader);
  if (result == LUMA_OK) result = change_catalog(counting, publish_once, err);
  if (result != LUMA_OK) (void)change_catalog(counting, withdraw_once, NULL);
  return result;
}

static status number_all(const struct evolving *evolving, struct catalog_counting *what,
                         struct err *err) {
  what->numbers_count = evolving->with.limits_count;
  for (uint32_t i = 0; i < what->numbers_count; i++)
    if (evolving->counts[i]) TRY(model__number_limit(evolving->txn->model, &what->numbers[i], err));
  return LUMA_OK;
}

status evolve__count_limits(struct evolving *evolving, bool *counted, struct err *err) {
  struct counting counting = {.evolving = evolving, .what = {.soul = evolving->fresh}};
  struct evolution *through;
  uint64_t count;
  *counted = false;
  if (!evolving->txn->tries || !evolving->counts_limits) return LUMA_OK;
  TRY(model_count(evolving->txn, evolving->base, &count, err));
  if (count <= EVOLVE_AT_ONCE_MAX) return LUMA_OK;
  TRY(number_all(evolving, &counting.what, err));
  TRY(evolve__make_through(evolving, &through, err));
  counting.what.through = through;
  status result = count_all(&counting, err);
  evolution_release(through);
  TRY(result);
  evolving->txn->tries->built = evolving->base->number;
  *counted = true;
  return LUMA_OK;
}
