/* SPDX-License-Identifier: MIT */
/* Collections: which there are, what they hold, making and dropping them. */
#include "server/rest/rest_int.h"

struct collection_work {
  struct exchange *exchange;
  bool made;
};

static void put_name(struct buf *out, struct slice name) {
  buf_append_text(out, "{\"name\":");
  json_write_text(out, name);
}

static status put_collection(struct model_txn *txn, const struct collection *collection,
                             struct buf *out, struct err *err) {
  uint64_t documents;
  TRY(model_count(txn, collection, &documents, err));
  put_name(out, collection->name);
  buf_append_format(out, ",\"documents\":%llu", (unsigned long long)documents);
  return LUMA_OK;
}

static status list_work(void *context, struct model_txn *txn, struct err *err) {
  struct collection_work *work = context;
  struct buf *out = &work->exchange->request->reply.body;
  const struct catalog *catalog = model_catalog(txn);
  buf_append_text(out, "{\"collections\":[");
  for (uint32_t i = 0; i < catalog_count(catalog); i++) {
    const struct collection *collection = catalog_at(catalog, i);
    if (i) buf_append_byte(out, ',');
    TRY(put_collection(txn, collection, out, err));
    buf_append_format(out, ",\"indexes\":%u}", collection->indexes_count);
  }
  buf_append_text(out, "]}");
  return LUMA_OK;
}

static void put_index(const struct catalog_index *index, struct buf *out) {
  put_name(out, index->name);
  buf_append_text(out, ",\"keys\":[");
  for (uint32_t i = 0; i < index_def_written(&index->def); i++) {
    struct buf path;
    buf_init(&path, 64 << 10);
    const struct index_key *key = index_def_key(&index->def, i);
    if (!index_key_is_computed(key)) path_format(&key->path, &path);
    buf_append_format(out, "%s{\"%s\":", i ? "," : "",
                      index_key_is_computed(key) ? "expression" : "path");
    json_write_text(out, index_key_is_computed(key) ? key->expression : buf_slice(&path));
    buf_append_format(out, ",\"descending\":%s}", key->descending ? "true" : "false");
    buf_deinit(&path);
  }
  buf_append_format(out, "],\"unique\":%s,\"state\":\"%s\"}", index->def.unique ? "true" : "false",
                    index->state == CATALOG_INDEX_PUBLIC ? "public" : "building");
}

static status get_work(void *context, struct model_txn *txn, struct err *err) {
  struct collection_work *work = context;
  struct buf *out = &work->exchange->request->reply.body;
  const struct catalog *catalog = model_catalog(txn);
  const struct collection *collection = catalog_find(catalog, work->exchange->first);
  if (!collection) return catalog_fail_unknown(catalog, work->exchange->first, err);
  TRY(put_collection(txn, collection, out, err));
  buf_append_text(out, ",\"indexes\":[");
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    if (i) buf_append_byte(out, ',');
    put_index(&collection->indexes[i], out);
  }
  buf_append_text(out, "]}");
  return LUMA_OK;
}

static status create_work(void *context, struct model_txn *txn, struct err *err) {
  struct collection_work *work = context;
  struct slice name = work->exchange->first;
  buf_reset(&work->exchange->request->reply.body);
  work->made = catalog_find(model_catalog(txn), name) == NULL;
  TRY(model_create_collection(txn, name, true, NULL, err));
  return get_work(work, txn, err);
}

static status drop_work(void *context, struct model_txn *txn, struct err *err) {
  struct collection_work *work = context;
  const struct collection *collection = catalog_find(model_catalog(txn), work->exchange->first);
  uint64_t documents = 0;
  if (collection) TRY(model_count(txn, collection, &documents, err));
  TRY(rest__check_affected(work->exchange, documents, err));
  return model_drop_collection(txn, work->exchange->first, false, err);
}

/* ---- what a drop would take ---- */

enum { TOLD_MAX = 1000, TOLD_AT_ONCE = 64 };

static status tell_documents(struct exchange *exchange, struct model_scan *scan, struct err *err) {
  struct doc documents[TOLD_AT_ONCE];
  uint32_t count = TOLD_AT_ONCE;
  while (count && exchange->changes_told < TOLD_MAX) {
    TRY(model_scan_next(scan, TOLD_AT_ONCE, documents, &count, err));
    for (uint32_t i = 0; i < count && exchange->changes_told < TOLD_MAX; i++) {
      struct val root = doc_root(&documents[i]);
      struct rest_change told = {.what = "delete",
                                 .key = val_field(&root, slice_of_text("_id")),
                                 .before = root,
                                 .after = val_missing()};
      rest__tell_change(exchange, &told);
    }
  }
  return LUMA_OK;
}

static status dry_drop_work(void *context, struct model_txn *txn, struct err *err) {
  struct collection_work *work = context;
  struct exchange *exchange = work->exchange;
  const struct collection *collection = catalog_find(model_catalog(txn), exchange->first);
  struct model_scan_options options = {0};
  struct model_scan *scan = NULL;
  uint64_t documents = 0;
  if (!collection) return catalog_fail_unknown(model_catalog(txn), exchange->first, err);
  TRY(model_scan_open(txn, collection, &options, &scan, err));
  status done = tell_documents(exchange, scan, err);
  model_scan_close(scan);
  if (done == LUMA_OK) done = model_count(txn, collection, &documents, err);
  exchange->changes_told = documents;
  return done == LUMA_OK ? drop_work(context, txn, err) : done;
}

static status look(struct exchange *exchange, session_work_fn *look_work, struct err *err) {
  struct collection_work work = {.exchange = exchange};
  TRY(session_look(exchange->session, look_work, &work, err));
  rest__json(exchange, 200);
  return buf_check(&exchange->request->reply.body, "the reply", err);
}

status rest__list_collections(struct exchange *exchange, struct err *err) {
  TRY(rest__take_session(exchange, err));
  return look(exchange, list_work, err);
}

status rest__get_collection(struct exchange *exchange, struct err *err) {
  TRY(rest__take_session(exchange, err));
  return look(exchange, get_work, err);
}

status rest__put_collection(struct exchange *exchange, struct err *err) {
  struct collection_work work = {.exchange = exchange};
  TRY(rest__take_session(exchange, err));
  bool is_dry = rest__is_dry(exchange);
  TRY(is_dry ? session_try(exchange->session, create_work, &work, err)
             : session_change(exchange->session, create_work, &work, err));
  rest__json(exchange, work.made && !is_dry ? 201 : 200);
  return buf_check(&exchange->request->reply.body, "the reply", err);
}

status rest__delete_collection(struct exchange *exchange, struct err *err) {
  struct collection_work work = {.exchange = exchange};
  TRY(rest__take_session(exchange, err));
  if (rest__is_dry(exchange)) {
    TRY(session_try(exchange->session, dry_drop_work, &work, err));
    return rest__end_changes(exchange, err);
  }
  TRY(session_change(exchange->session, drop_work, &work, err));
  rest__empty(exchange, 204);
  return LUMA_OK;
}
