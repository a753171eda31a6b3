/* SPDX-License-Identifier: MIT */
/* Taking bytes, filling batches, committing them. */
#include "service/import/import.h"

#include "base/mem/mem.h"
#include "service/docs/docs.h"
#include "service/import/import_int.h"

enum { ENCODED_BYTES_MAX = 1 << 30, BATCH_BYTES = 8 << 20 };

struct making {
  struct slice name;
  const struct collection *collection;
};

static status make_collection(void *context, struct model_txn *txn, struct err *err) {
  struct making *making = context;
  return docs_ensure_collection(txn, making->name, &making->collection, err);
}

static status find_collection(struct import *import, struct slice name, struct err *err) {
  struct model *model = session_db(import->session)->model;
  struct making making = {name, NULL};
  if (import->is_guarded) TRY(session_begin(import->session, SESSION_SNAPSHOT, err));
  TRY(session_change(import->session, make_collection, &making, err));
  import->collection = making.collection;
  if (import->is_guarded) return LUMA_OK;
  import->catalog = model_catalog_acquire(model);
  import->collection = catalog_find(import->catalog, name);
  if (!import->collection) return catalog_fail_unknown(import->catalog, name, err);
  return LUMA_OK;
}

static void destroy(struct import *import) {
  if (import->is_guarded && session_in_transaction(import->session))
    (void)session_rollback(import->session, NULL);
  import__csv_deinit(&import->csv);
  buf_deinit(&import->pending);
  buf_deinit(&import->encoded);
  if (import->catalog) catalog_release(import->catalog);
  mem_free(import);
}

status import_open(struct session *session, struct slice collection, enum import_type type,
                   struct import **import, struct err *err) {
  if (session_in_transaction(session)) {
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
              "an import commits in batches of its own");
    err_hint(err, "COMMIT or ROLLBACK the open transaction first");
    return LUMA_INVALID_ARGUMENT;
  }
  struct import *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for an import");
  made->session = session;
  made->type = type;
  made->keys_are_new = true;
  made->is_guarded = session_guard(session)->is_limited || session_guard(session)->dry_run;
  made->split.line = 1;
  buf_init(&made->pending, IMPORT_PENDING_BYTES_MAX);
  buf_init(&made->encoded, ENCODED_BYTES_MAX);
  import__csv_init(&made->csv, type == IMPORT_TSV ? '\t' : ',');
  status result = find_collection(made, collection, err);
  if (result != LUMA_OK) {
    destroy(made);
    return result;
  }
  *import = made;
  return LUMA_OK;
}

void import_tell(struct import *import, struct buf *out) {
  if (session_guard(import->session)->dry_run) import->told = out;
}

/* ---- batches ---- */

/* What became of a document: its collection may have added to it. */
static status tell(struct import *import, struct model_txn *txn, struct slice encoded,
                   struct err *err) {
  struct store_pins pins = {0};
  struct json_write_options options = {0};
  struct doc given, made = {0};
  TRY(doc_open(encoded, import->collection->names, &given, err));
  struct val root = doc_root(&given), key = val_field(&root, slice_of_text("_id"));
  status done = model_get_many(txn, import->collection, &key, 1, &made, &pins, err);
  if (done == LUMA_OK && made.data) {
    root = doc_root(&made);
    json_write(import->told, &root, &options);
    buf_append_byte(import->told, '\n');
    import->told_count++;
    done = buf_check(import->told, "the documents", err);
  }
  store_pins_release(&pins);
  return done;
}

static status tell_first(struct import *import, struct model_txn *txn, struct err *err) {
  for (uint32_t i = 0; i < import->count && import->told_count < IMPORT_TOLD_MAX; i++)
    TRY(tell(import, txn, import->documents[i], err));
  return LUMA_OK;
}

struct flush_work {
  struct import *import;
  uint32_t failed;
};

static status flush_work(void *context, struct model_txn *txn, struct err *err) {
  struct flush_work *work = context;
  struct import *import = work->import;
  const struct collection *collection = catalog_find(model_catalog(txn), import->collection->name);
  if (!collection || collection->number != import->collection->number) {
    FAIL(err, LUMA_CANCELLED, "collection `%.*s` was dropped or renamed during the import",
         SLICE_ARG(import->collection->name));
  }
  /* Sliced anew for each try: a soul moves the documents that it completes. */
  const uint8_t *at = import->encoded.data;
  for (uint32_t i = 0; i < import->count; i++) {
    import->documents[i] = slice_of(at, import->lengths[i]);
    at += import->lengths[i];
  }
  TRY(model_insert_encoded(txn, collection, import->documents, import->count, import->keys_are_new,
                           &work->failed, err));
  work->failed = import->count;
  return import->told ? tell_first(import, txn, err) : LUMA_OK;
}

static status check_limit(const struct import *import, struct err *err) {
  const struct query_guard *guard = session_guard(import->session);
  if (!guard->is_limited || import->stats.documents + import->count <= guard->max_affected)
    return LUMA_OK;
  err_raise(err, LUMA_MAX_AFFECTED, __FILE__, __LINE__,
            "the import would add more than %llu document%s",
            (unsigned long long)guard->max_affected, guard->max_affected == 1 ? "" : "s");
  err_hint(err, "nothing was changed; import less or raise max_affected");
  return LUMA_MAX_AFFECTED;
}

status import__flush(struct import *import, struct err *err) {
  if (import->count == 0) return LUMA_OK;
  struct flush_work work = {import, 0};
  TRY(check_limit(import, err));
  status result = session_change(import->session, flush_work, &work, err);
  if (result == LUMA_OK) {
    import->stats.documents += import->count;
  } else if (err && work.failed < import->count &&
             (result == LUMA_DUPLICATE_KEY || result == LUMA_CONSTRAINT ||
              result == LUMA_INVALID_BEING)) {
    err->line = (uint32_t)import->lines[work.failed];
    err->column = 1;
  }
  import->count = 0;
  import->keys_are_new = true;
  buf_reset(&import->encoded);
  return result;
}

status import__add(struct import *import, struct slice document, bool made_key, uint64_t line,
                   struct err *err) {
  import->lengths[import->count] = document.bytes;
  import->lines[import->count] = line;
  import->count++;
  import->keys_are_new &= made_key;
  bool full = import->count == IMPORT_BATCH_DOCUMENTS || import->encoded.bytes > BATCH_BYTES;
  return full ? import__flush(import, err) : LUMA_OK;
}

status import__object(struct import *import, struct slice text, uint64_t line, struct err *err) {
  struct slice document;
  bool made_key;
  status result = docs_read_json(import->session, import->collection, text, &import->encoded,
                                 &document, &made_key, err);
  if (result != LUMA_OK) {
    if (err) err->line = (uint32_t)(line + (err->line ? err->line - 1 : 0));
    return result;
  }
  return import__add(import, document, made_key, line, err);
}

void import__consume(struct import *import, size_t bytes) {
  struct buf *pending = &import->pending;
  memmove(pending->data, pending->data + bytes, pending->bytes - bytes);
  pending->bytes -= bytes;
}

/* ---- bytes ---- */

/* Big writes are taken in pieces, so that what is pending stays small. */
static status take(struct import *import, struct slice bytes, bool last, struct err *err) {
  if (import->type == IMPORT_CSV || import->type == IMPORT_TSV) {
    return import__csv(import, bytes, last, err);
  }
  if (!buf_append_slice(&import->pending, bytes)) {
    if (import->pending.failed == LUMA_OUT_OF_MEMORY)
      return buf_check(&import->pending, "a document", err);
    err_raise(err, LUMA_TOO_LARGE, __FILE__, __LINE__, "a document of the input is over %d MiB",
              IMPORT_LINE_BYTES_MAX >> 20);
    if (err) err->line = (uint32_t)import->split.line;
    err_hint(err, "is it one document a line? A JSON array is read with type json");
    return LUMA_TOO_LARGE;
  }
  return import->type == IMPORT_NDJSON ? import__ndjson(import, last, err)
                                       : import__json(import, last, err);
}

status import_write(struct import *import, struct slice bytes, struct err *err) {
  enum { PIECE_BYTES = 1 << 20 };
  if (import->failed != LUMA_OK) FAIL(err, LUMA_CLOSED, "the import has failed before");
  for (size_t done = 0; done < bytes.bytes;) {
    size_t some = bytes.bytes - done < PIECE_BYTES ? bytes.bytes - done : PIECE_BYTES;
    import->failed = take(import, slice_of(bytes.data + done, some), false, err);
    TRY(import->failed);
    done += some;
    import->stats.bytes += some;
  }
  return LUMA_OK;
}

struct import_stats import_progress(const struct import *import) {
  return import->stats;
}

/* A guarded import is kept whole, or not at all. */
static status end_guarded(struct import *import, status result, struct err *err) {
  bool is_dry = session_guard(import->session)->dry_run;
  if (result == LUMA_OK && !is_dry) result = session_commit(import->session, err);
  if (result != LUMA_OK) import->stats.documents = 0;
  return result;
}

status import_close(struct import *import, struct import_stats *stats, struct err *err) {
  status result = import->failed;
  if (result == LUMA_OK) result = take(import, slice_of(NULL, 0), true, err);
  if (result == LUMA_OK || !import->is_guarded) {
    /* What was read before a failure goes in: that much was good. */
    status flushed = import__flush(import, result == LUMA_OK ? err : NULL);
    if (result == LUMA_OK) result = flushed;
  }
  if (import->is_guarded) result = end_guarded(import, result, err);
  if (stats) *stats = import->stats;
  bool was_told = import->failed != LUMA_OK; /* by import_write */
  destroy(import);
  return was_told ? LUMA_OK : result;
}
