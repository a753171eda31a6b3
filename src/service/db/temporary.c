/* SPDX-License-Identifier: MIT */
/* The end of temporary collections: with their session, or when the database is opened after. */
#include "service/db/db.h"

enum { ROUNDS_MAX = 64 };

static bool is_of(const struct collection *collection, struct slice prefix) {
  return catalog_is_temporary(collection->name) &&
         (!prefix.bytes || slice_has_prefix(collection->name, prefix));
}

/* Drops what can be; the number of those dropped. What others refer to goes after them. */
static uint32_t drop_some(struct model_txn *txn, struct slice prefix) {
  uint32_t dropped = 0;
  for (uint32_t i = catalog_count(model_catalog(txn)); i < catalog_count_all(model_catalog(txn));) {
    const struct collection *collection = catalog_at(model_catalog(txn), i);
    bool is_view = collection->view.bytes;
    bool is_gone = is_of(collection, prefix) &&
                   (is_view ? model_drop_view(txn, collection->name, true, NULL)
                            : model_drop_collection(txn, collection->name, true, NULL)) == LUMA_OK;
    dropped += is_gone;
    i += !is_gone; /* the next has come to its place */
  }
  return dropped;
}

static bool has_any(struct db *db, struct slice prefix) {
  const struct catalog *catalog = model_catalog_acquire(db->model);
  bool has = false;
  for (uint32_t i = catalog_count(catalog); !has && i < catalog_count_all(catalog); i++)
    has = is_of(catalog_at(catalog, i), prefix);
  catalog_release(catalog);
  return has;
}

static void drop(struct db *db, struct slice prefix) {
  struct store_begin_options options = {.isolation = STORE_SNAPSHOT, .may_block = true};
  for (int round = 0; round < ROUNDS_MAX && has_any(db, prefix); round++) {
    struct model_txn *txn = NULL;
    if (model_begin(db->model, &options, &txn, NULL) != LUMA_OK) return;
    if (!drop_some(txn, prefix)) {
      model_rollback(txn);
      return;
    }
    (void)model_commit(txn, STORE_QUEUED, NULL, NULL); /* a conflict: once more */
  }
}

void db_drop_temporaries(struct db *db, uint64_t session) {
  struct buf prefix;
  if (db->options.read_only || db->is_media_read_only) return;
  buf_init(&prefix, CATALOG_TEMPORARY_BYTES_MAX);
  if (session) catalog_temporary_prefix(session, &prefix);
  drop(db, buf_slice(&prefix));
  buf_deinit(&prefix);
}
