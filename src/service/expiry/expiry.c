/* SPDX-License-Identifier: MIT */
#include "service/expiry/expiry.h"

#include "base/mem/mem.h"
#include "query/lang/lang.h"

enum { TEXT_BYTES_MAX = 64 << 20 };

/** One index's documents on their way out. */
struct expiring {
  struct session *session;
  const struct expiry_options *options;
  const struct collection *collection;
  const struct catalog_index *index;
  struct arena *arena; /* of one batch */
  struct buf text;     /* the command under way */
  int64_t until_ms;    /* what is of this moment or before has expired */
  uint32_t batch;
  struct slice *keys; /* of a batch, as tagged JSON */
  uint32_t keys_count;
  bool is_over;           /* the index is gone, or lets documents live for another time */
  uint64_t kept, deleted; /* kept: they were not deleted, and are looked at no more */
  uint64_t deleted_now;   /* by the transaction under way */
};

/* ---- commands ---- */

static status run(struct expiring *expiring, struct session_cursor **cursor, struct err *err) {
  struct session_request request = {.source = {.lang = &lang_jql}};
  TRY(buf_check(&expiring->text, "a command", err));
  request.source.text = buf_slice(&expiring->text);
  return session_run(expiring->session, &request, NULL, cursor, err);
}

/** As JQL writes a path: names and places with dots between, whatever letters are in them. */
static void put_path(const struct path *path, struct buf *out) {
  for (uint32_t i = 0; i < path->count; i++) {
    const struct path_step *step = &path->steps[i];
    if (i > 0) buf_append_byte(out, '.');
    if (step->is_name)
      buf_append_slice(out, step->name);
    else
      buf_append_format(out, "%d", (int)step->index);
  }
}

/** {"$and": [{"at": {"$lte": …}}, what a partial index asks]} without the braces around. */
static void put_condition(struct expiring *expiring) {
  struct buf *text = &expiring->text, path;
  struct slice partial = expiring->index->condition.text;
  buf_init(&path, TEXT_BYTES_MAX);
  put_path(&expiring->index->def.keys[0].path, &path);
  buf_append_text(text, "\"$and\":[{");
  json_write_text(text, buf_slice(&path));
  buf_append_format(text, ":{\"$lte\":{\"$date\":{\"$numberLong\":\"%lld\"}}}}",
                    (long long)expiring->until_ms);
  if (partial.bytes) buf_append_byte(text, ',');
  buf_append_slice(text, partial);
  buf_append_byte(text, ']');
  buf_deinit(&path);
}

static void begin_text(struct expiring *expiring, const char *begin) {
  buf_reset(&expiring->text);
  buf_append_text(&expiring->text, begin);
  json_write_text(&expiring->text, expiring->collection->name);
}

static status take_key(struct expiring *expiring, const struct val *document, struct err *err) {
  const struct json_write_options options = {.form = JSON_TAGGED};
  struct val key = val_field(document, slice_of_text("_id"));
  struct buf json;
  buf_init(&json, TEXT_BYTES_MAX);
  json_write(&json, &key, &options);
  status done = buf_check(&json, "a key", err);
  const uint8_t *copy = done == LUMA_OK ? arena_copy(expiring->arena, json.data, json.bytes) : NULL;
  if (copy) expiring->keys[expiring->keys_count++] = slice_of(copy, json.bytes);
  buf_deinit(&json);
  TRY(done);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the keys of what expired");
  return LUMA_OK;
}

/** The keys of the next batch, behind those that stay. */
static status find_batch(struct expiring *expiring, struct err *err) {
  struct session_cursor *cursor = NULL;
  struct val document;
  bool has = true;
  arena_reset(expiring->arena);
  expiring->keys_count = 0;
  expiring->keys = arena_zalloc(expiring->arena, expiring->batch, sizeof *expiring->keys);
  if (!expiring->keys) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the keys of what expired");
  begin_text(expiring, "{\"find\":");
  buf_append_text(&expiring->text, ",\"filter\":{");
  put_condition(expiring);
  buf_append_format(&expiring->text, "},\"projection\":{\"_id\":1},\"skip\":%llu,\"limit\":%u}",
                    (unsigned long long)expiring->kept, expiring->batch);
  TRY(run(expiring, &cursor, err));
  status done = session_next(cursor, &document, &has, err);
  while (done == LUMA_OK && has && expiring->keys_count < expiring->batch) {
    done = take_key(expiring, &document, err);
    if (done == LUMA_OK) done = session_next(cursor, &document, &has, err);
  }
  session_cursor_close(cursor);
  return done;
}

/** The collection may have been dropped and another made of its name, the index changed. Whoever
 * writes conflicts with such a change, so within the transaction that deletes it stays true. */
static status check_index(void *context, struct model_txn *txn, struct err *err) {
  struct expiring *expiring = context;
  const struct collection *now = catalog_find(model_catalog(txn), expiring->collection->name);
  const struct catalog_index *index = now ? collection_index(now, expiring->index->name) : NULL;
  expiring->is_over = !index || now->number != expiring->collection->number ||
                      index->def.number != expiring->index->def.number || !index->expires ||
                      index->expire_s != expiring->index->expire_s;
  (void)err;
  return LUMA_OK;
}

/** Those that still have expired: they may have changed meanwhile. */
static status run_delete(struct expiring *expiring, uint32_t from, uint32_t count,
                         struct err *err) {
  struct session_cursor *cursor = NULL;
  begin_text(expiring, "{\"delete\":");
  buf_append_text(&expiring->text, ",\"deletes\":[{\"q\":{\"_id\":{\"$in\":[");
  for (uint32_t i = from; i < from + count; i++) {
    if (i > from) buf_append_byte(&expiring->text, ',');
    buf_append_slice(&expiring->text, expiring->keys[i]);
  }
  buf_append_text(&expiring->text, "]},");
  put_condition(expiring);
  buf_append_text(&expiring->text, "},\"limit\":0}]}");
  TRY(run(expiring, &cursor, err));
  expiring->deleted_now = session_outcome(cursor).affected;
  session_cursor_close(cursor);
  return LUMA_OK;
}

static status delete_keys(struct expiring *expiring, uint32_t from, uint32_t count,
                          struct err *err) {
  struct session *session = expiring->session;
  expiring->deleted_now = 0;
  TRY(session_begin(session, SESSION_SNAPSHOT, err));
  status done = session_look(session, check_index, expiring, err);
  if (done == LUMA_OK && !expiring->is_over) done = run_delete(expiring, from, count, err);
  if (done != LUMA_OK) (void)session_rollback(session, NULL);
  if (done == LUMA_OK) done = session_commit(session, err);
  if (done != LUMA_OK) expiring->deleted_now = 0;
  TRY(done);
  expiring->deleted += expiring->deleted_now;
  return LUMA_OK;
}

/* ---- batches ---- */

static bool is_stopped(const struct expiring *expiring) {
  return expiring->options->stop && atomic_load(expiring->options->stop);
}

static bool goes_on(const struct expiring *expiring) {
  return !expiring->is_over && !is_stopped(expiring);
}

/** What is wrong with the database, and not with one document. */
static bool is_grave(status failed) {
  return failed == LUMA_OUT_OF_MEMORY || failed == LUMA_IO_ERROR || failed == LUMA_CORRUPT ||
         failed == LUMA_DISK_FULL || failed == LUMA_READ_ONLY || failed == LUMA_CANCELLED ||
         failed == LUMA_CLOSED;
}

static status delete_each(struct expiring *expiring, struct err *err) {
  for (uint32_t i = 0; i < expiring->keys_count && goes_on(expiring); i++) {
    status done = delete_keys(expiring, i, 1, err);
    if (is_grave(done)) return done;
    if (expiring->deleted_now == 0) expiring->kept++;
  }
  return LUMA_OK;
}

/* What was found and is not deleted counts as kept, whatever the reason: so each batch comes nearer
 * to the end. Others went meanwhile where somebody else deletes: then as many are left for the next
 * time. */
static status delete_batch(struct expiring *expiring, struct err *err) {
  status done = delete_keys(expiring, 0, expiring->keys_count, err);
  if (done == LUMA_OK && expiring->deleted_now < expiring->keys_count)
    expiring->kept += expiring->keys_count - expiring->deleted_now;
  return done == LUMA_OK || is_grave(done) ? done : delete_each(expiring, err);
}

static status expire_index(struct expiring *expiring, struct err *err) {
  do {
    TRY(find_batch(expiring, err));
    if (expiring->keys_count) TRY(delete_batch(expiring, err));
  } while (expiring->keys_count == expiring->batch && goes_on(expiring));
  return LUMA_OK;
}

/* ---- all of them ---- */

static status expire_one(struct expiring *expiring, uint64_t *deleted, struct err *err) {
  int64_t now_ms = (int64_t)(os_now_us(session_db(expiring->session)->os) / 1000);
  expiring->until_ms = now_ms - (int64_t)expiring->index->expire_s * 1000;
  expiring->kept = expiring->deleted = 0;
  expiring->is_over = false;
  status done = expire_index(expiring, err);
  *deleted += expiring->deleted;
  return done;
}

static status expire_all(struct expiring *expiring, const struct catalog *catalog,
                         uint64_t *deleted, struct err *err) {
  status first = LUMA_OK;
  for (uint32_t c = 0; c < catalog_count_all(catalog); c++) {
    expiring->collection = catalog_at(catalog, c);
    for (uint32_t i = 0; i < expiring->collection->indexes_count && !is_stopped(expiring); i++) {
      expiring->index = &expiring->collection->indexes[i];
      if (!expiring->index->expires) continue;
      status done = expire_one(expiring, deleted, first == LUMA_OK ? err : NULL);
      if (first == LUMA_OK) first = done;
    }
  }
  return first;
}

status expiry_run(struct db *db, const struct expiry_options *options, uint64_t *deleted,
                  struct err *err) {
  struct expiring expiring = {.options = options,
                              .batch = options->batch ? options->batch : EXPIRY_BATCH_DEFAULT};
  struct arena arena;
  *deleted = 0;
  TRY(session_open(db, &expiring.session, err));
  const struct catalog *catalog = model_catalog_acquire(db->model);
  arena_init(&arena, 0, 0);
  buf_init(&expiring.text, TEXT_BYTES_MAX);
  expiring.arena = &arena;
  status done = expire_all(&expiring, catalog, deleted, err);
  buf_deinit(&expiring.text);
  arena_deinit(&arena);
  catalog_release(catalog);
  session_close(expiring.session);
  return done;
}
