/* SPDX-License-Identifier: MIT */
#include "service/docs/docs.h"

#include "base/core/bytes.h"
#include "base/mem/mem.h"
#include "service/docs/docs_int.h"
#include "value/doc/build.h"
#include "value/edit/edit.h"

enum { INSERT_BYTES_MAX = 1 << 30 };

status docs_ensure_collection(struct model_txn *txn, struct slice name,
                              const struct collection **collection, struct err *err) {
  *collection = catalog_find(model_catalog(txn), name);
  if (*collection) return LUMA_OK;
  return model_create_collection(txn, name, true, collection, err);
}

status docs__find(struct model_txn *txn, struct slice name, const struct collection **collection,
                  struct err *err) {
  *collection = catalog_find(model_catalog(txn), name);
  return *collection ? LUMA_OK : catalog_fail_unknown(model_catalog(txn), name, err);
}

static struct slice key_name(void) {
  return slice_of_text("_id");
}

/* ---- reading JSON ---- */

/* Builds the document again with the key in front. */
static status put_key(const struct collection *collection, const struct doc *doc,
                      const struct val *key, struct buf *out, struct slice *document,
                      struct err *err) {
  struct build build;
  struct val root = doc_root(doc);
  uint32_t count = val_count(&root);
  build_init(&build, out, collection->names);
  build_begin_document(&build);
  build_name(&build, key_name());
  build_put(&build, key);
  for (uint32_t i = 0; i < count; i++) {
    struct slice name;
    struct val value = val_field_at(&root, i, &name);
    if (val_field_name_id(&root, i) == NAMES_KEY_SLOT) continue;
    build_name(&build, name);
    build_put(&build, &value);
  }
  status result = build_finish(&build, document, err);
  build_deinit(&build);
  return result;
}

/* A key for a document without one, which is the last of `out`. */
static status add_key(struct model *model, const struct collection *collection, struct buf *out,
                      struct slice *document, struct err *err) {
  struct buf copy;
  struct arena arena;
  struct doc doc;
  struct val key;
  buf_init(&copy, DOC_BYTES_MAX);
  arena_init(&arena, 0, 0);
  size_t start = (size_t)(document->data - out->data);
  buf_append_slice(&copy, *document);
  out->bytes = start;
  status result = buf_check(&copy, "a document", err);
  if (result == LUMA_OK) result = doc_open(buf_slice(&copy), collection->names, &doc, err);
  if (result == LUMA_OK) {
    struct val root = doc_root(&doc);
    result = model_new_key(model, collection, &root, &arena, &key, err);
  }
  if (result == LUMA_OK) result = put_key(collection, &doc, &key, out, document, err);
  arena_deinit(&arena);
  buf_deinit(&copy);
  return result;
}

status docs_read_json(struct session *session, const struct collection *collection,
                      struct slice json, struct buf *out, struct slice *document, bool *made_key,
                      struct err *err) {
  struct json_reader *reader;
  TRY(session_json_reader(session, &reader, err));
  struct json_read_options options = {.form = JSON_TAGGED, .id_is_key = true};
  TRY(json_read_document(reader, json, &options, collection->names, out, document, err));
  struct doc doc;
  TRY(doc_open(*document, collection->names, &doc, err));
  struct val root = doc_root(&doc);
  struct val key = val_field_id(&root, NAMES_KEY_SLOT, key_name());
  *made_key = val_is_null(&key);
  if (!*made_key) return LUMA_OK;
  *made_key = model_makes_keys(collection);
  return add_key(session_db(session)->model, collection, out, document, err);
}

/* ---- changing ---- */

/* Work under a limit: what goes along with the documents that are named (ON DELETE) counts too. */
struct guarded {
  session_work_fn *work;
  void *context;
  uint64_t named, count, most;
};

static status count_follower(void *context, const struct val *before, const struct val *after,
                             struct err *err) {
  struct guarded *guarded = context;
  (void)before, (void)after;
  return ++guarded->count > guarded->most ? docs_fail_affected(guarded->most, err) : LUMA_OK;
}

static status guarded_work(void *context, struct model_txn *txn, struct err *err) {
  struct guarded *guarded = context;
  struct model_witness witness = {guarded, count_follower};
  guarded->count = guarded->named; /* the work may be done again */
  model_set_witness(txn, &witness);
  status done = guarded->work(guarded->context, txn, err);
  model_set_witness(txn, NULL);
  return done;
}

status docs__change(struct session *session, uint64_t count, session_work_fn *work, void *context,
                    struct err *err) {
  const struct query_guard *guard = session_guard(session);
  struct guarded guarded = {work, context, count, count, guard->max_affected};
  if (guard->is_limited && count > guard->max_affected)
    return docs_fail_affected(guard->max_affected, err);
  if (guard->is_limited) {
    work = guarded_work;
    context = &guarded;
  }
  if (guard->dry_run) return session_try(session, work, context, err);
  TRY(session_change(session, work, context, err));
  atomic_fetch_add_explicit(&session_db(session)->counters.documents_written, count,
                            memory_order_relaxed);
  return LUMA_OK;
}

status docs_fail_affected(uint64_t most, struct err *err) {
  err_raise(err, LUMA_MAX_AFFECTED, __FILE__, __LINE__,
            "the request would change more than %llu document%s", (unsigned long long)most,
            most == 1 ? "" : "s");
  err_hint(err, "nothing was changed; send fewer or raise max_affected");
  return LUMA_MAX_AFFECTED;
}

/* ---- inserting ---- */

struct insert_work {
  struct session *session;
  struct slice collection;
  const struct collection *found;
  struct docs_batch *batch;
  struct buf encoded;
  struct slice *documents;
  bool keys_are_new;
};

static status keep_key(struct docs_batch *batch, const struct collection *collection,
                       struct slice document, uint32_t i, struct err *err) {
  struct doc doc;
  TRY(doc_open(document, collection->names, &doc, err));
  struct val root = doc_root(&doc);
  struct val key = val_field_id(&root, NAMES_KEY_SLOT, key_name());
  if (key.type == VAL_TEXT || key.type == VAL_BYTES || key.type == VAL_MAP) {
    const uint8_t *copy = arena_copy(batch->arena, key.data, key.bytes);
    if (!copy && key.bytes) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a key");
    key.data = copy;
  }
  batch->keys[i] = key;
  return LUMA_OK;
}

static status encode_all(struct insert_work *work, const struct collection *collection,
                         struct err *err) {
  struct docs_batch *batch = work->batch;
  buf_reset(&work->encoded);
  work->keys_are_new = true;
  for (uint32_t i = 0; i < batch->count; i++) {
    bool made_key = false;
    batch->failed = i;
    TRY(docs_read_json(work->session, collection, batch->jsons[i], &work->encoded,
                       &work->documents[i], &made_key, err));
    work->keys_are_new &= made_key;
  }
  uint8_t *at = work->encoded.data;
  for (uint32_t i = 0; i < batch->count; i++) {
    work->documents[i].data = at;
    at += work->documents[i].bytes;
  }
  return LUMA_OK;
}

/* One of them, alone. */
static status put_one(void *context, struct model_txn *txn, uint32_t nth, struct err *err) {
  struct insert_work *work = context;
  struct docs_batch *batch = work->batch;
  struct slice document;
  bool made_key;
  buf_reset(&work->encoded);
  TRY(docs_read_json(work->session, work->found, batch->jsons[nth], &work->encoded, &document,
                     &made_key, err));
  TRY(model_insert_encoded(txn, work->found, &document, 1, made_key, NULL, err));
  return batch->keys ? keep_key(batch, work->found, document, nth, err) : LUMA_OK;
}

static status put_all(struct insert_work *work, struct model_txn *txn,
                      const struct collection *collection, struct err *err) {
  struct docs_batch *batch = work->batch;
  for (uint32_t done = 0; done < batch->count;) {
    uint32_t rest = batch->count - done, bad = 0;
    uint32_t some = rest < STORE_BATCH_MAX ? rest : STORE_BATCH_MAX;
    model_tell_places(txn, batch->is_list || batch->count > 1, done);
    status result = model_insert_encoded(txn, collection, work->documents + done, some,
                                         work->keys_are_new, &bad, err);
    model_tell_places(txn, false, 0);
    batch->failed = done + bad;
    TRY(result);
    for (uint32_t i = done; batch->keys && i < done + some; i++)
      TRY(keep_key(batch, collection, work->documents[i], i, err));
    done += some;
  }
  return LUMA_OK;
}

/* All together, which costs least; where one is refused, one by one, so that the error tells of all
 * that are. */
static status put_or_tell(struct insert_work *work, struct model_txn *txn, struct err *err) {
  struct docs_batch *batch = work->batch;
  struct docs_each each = {
      .step = put_one, .context = work, .count = batch->count, .is_list = batch->is_list};
  uint64_t mark;
  if (!batch->is_list) return put_all(work, txn, work->found, err);
  TRY(model_savepoint(txn, &mark, err));
  status result = put_all(work, txn, work->found, err);
  if (!docs__is_of_document(result)) return result;
  TRY(model_rollback_to(txn, mark, err));
  if (err) err_reset(err);
  batch->failed = batch->count; /* several may have */
  return docs__each(txn, &each, err);
}

static status insert_work(void *context, struct model_txn *txn, struct err *err) {
  struct insert_work *work = context;
  struct docs_batch *batch = work->batch;
  struct docs_once *once = batch->once;
  struct val *keys = NULL;
  uint32_t count = 0;
  if (once) TRY(docs__once_find(txn, once, batch->arena, &keys, &count, err));
  if (once && once->replayed) {
    if (count != batch->count) FAIL(err, LUMA_CORRUPT, "what was answered before cannot be read");
    memcpy(batch->keys, keys, count * sizeof *keys);
    return LUMA_OK;
  }
  TRY(docs_ensure_collection(txn, work->collection, &work->found, err));
  TRY(encode_all(work, work->found, err));
  TRY(put_or_tell(work, txn, err));
  return once ? docs__once_keep(txn, once, batch->keys, batch->count, err) : LUMA_OK;
}

status docs_insert(struct session *session, struct slice collection, struct docs_batch *batch,
                   struct err *err) {
  struct insert_work work = {.session = session, .collection = collection, .batch = batch};
  work.documents = mem_alloc((batch->count + 1u) * sizeof *work.documents);
  if (!work.documents) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for documents");
  buf_init(&work.encoded, INSERT_BYTES_MAX);
  status result = docs__change(session, batch->count, insert_work, &work, err);
  mem_free(work.documents);
  buf_deinit(&work.encoded);
  return result;
}

/* ---- reading ---- */

struct get_work {
  struct slice collection;
  const struct val *key;
  struct arena *arena;
  struct val *document;
  uint64_t *version;
};

status docs__fail_no_document(struct slice collection, struct err *err) {
  FAIL(err, LUMA_NOT_FOUND, "`%.*s` has no document under this key", SLICE_ARG(collection));
}

static status get_document(struct model_txn *txn, const struct collection *collection,
                           const struct val *key, struct doc *doc, struct store_pins *pins,
                           struct err *err) {
  TRY(model_get_many(txn, collection, key, 1, doc, pins, err));
  return doc->data ? LUMA_OK : docs__fail_no_document(collection->name, err);
}

static status get_work(void *context, struct model_txn *txn, struct err *err) {
  struct get_work *work = context;
  const struct collection *collection;
  struct doc doc;
  TRY(docs__find(txn, work->collection, &collection, err));
  TRY(model_get_copy(txn, collection, work->key, work->arena, &doc, err));
  if (!doc.data) return docs__fail_no_document(collection->name, err);
  if (work->version) *work->version = doc_header(&doc).version;
  *work->document = doc_root(&doc);
  return LUMA_OK;
}

status docs_get(struct session *session, struct slice collection, const struct val *key,
                struct arena *arena, struct val *document, uint64_t *version, struct err *err) {
  struct get_work work = {collection, key, arena, document, version};
  return session_look(session, get_work, &work, err);
}

struct soul_work {
  struct slice collection;
  const struct val *key;
  struct buf *id;
};

static status soul_work(void *context, struct model_txn *txn, struct err *err) {
  struct soul_work *work = context;
  const struct collection *collection;
  struct store_pins pins = {0};
  struct doc doc;
  TRY(docs__find(txn, work->collection, &collection, err));
  status result = get_document(txn, collection, work->key, &doc, &pins, err);
  uint32_t number = result == LUMA_OK ? doc_header(&doc).soul : 0;
  store_pins_release(&pins);
  TRY(result);
  return model_append_soul_id(txn, number, work->id, err);
}

status docs_soul_of(struct session *session, struct slice collection, const struct val *key,
                    struct buf *id, struct err *err) {
  struct soul_work work = {collection, key, id};
  return session_look(session, soul_work, &work, err);
}

/* ---- changing ---- */

struct put_work {
  struct slice collection, json;
  const struct val *key, *fields; /* of `json` */
  const struct docs_put_options *options;
  bool made;
};

static status insert_under(struct model_txn *txn, const struct collection *collection,
                           struct put_work *work, struct err *err) {
  struct buf out;
  struct build build;
  struct slice bytes;
  buf_init(&out, DOC_BYTES_MAX);
  build_init(&build, &out, NULL);
  build_begin_map(&build);
  build_name(&build, key_name());
  build_put(&build, work->key);
  for (uint32_t i = 0; i < val_count(work->fields); i++) {
    struct slice name;
    struct val value = val_field_at(work->fields, i, &name);
    if (slice_is_equal(name, key_name())) continue;
    if (work->options->merge && value.type == VAL_NULL) continue;
    build_name(&build, name);
    build_put(&build, &value);
  }
  build_end(&build);
  status result = build_finish(&build, &bytes, err);
  build_deinit(&build);
  if (result == LUMA_OK) {
    struct val document = val_decode(bytes, NULL);
    struct model_write write = {.document = &document};
    result = model_insert(txn, collection, &write, 1, NULL, err);
  }
  buf_deinit(&out);
  work->made = result == LUMA_OK;
  return result;
}

status docs__merge(struct model_txn *txn, const struct collection *collection,
                   const struct doc *old, const struct val *patch, struct err *err) {
  struct arena arena;
  struct buf out;
  struct build build;
  struct edit edit;
  struct slice bytes;
  struct val root = doc_root(old);
  arena_init(&arena, 0, 0);
  buf_init(&out, DOC_BYTES_MAX);
  build_init(&build, &out, NULL);
  status result = edit_init(&edit, &arena, &root, err);
  if (result == LUMA_OK) result = edit_merge(&edit, patch, err);
  if (result == LUMA_OK) {
    build_begin_map(&build);
    result = edit_write(&edit, &build, err);
    build_end(&build);
  }
  if (result == LUMA_OK) result = build_finish(&build, &bytes, err);
  if (result == LUMA_OK) {
    struct val document = val_decode(bytes, NULL);
    result = model_replace(txn, collection, old, &document, err);
  }
  build_deinit(&build);
  buf_deinit(&out);
  arena_deinit(&arena);
  return result;
}

static status put_work(void *context, struct model_txn *txn, struct err *err) {
  struct put_work *work = context;
  const struct collection *collection;
  work->made = false;
  if (work->options->upsert)
    TRY(docs_ensure_collection(txn, work->collection, &collection, err));
  else
    TRY(docs__find(txn, work->collection, &collection, err));
  struct store_pins pins = {0};
  struct doc old;
  status result = model_get_many(txn, collection, work->key, 1, &old, &pins, err);
  if (result == LUMA_OK && !old.data) {
    result = work->options->upsert ? insert_under(txn, collection, work, err)
                                   : docs__fail_no_document(collection->name, err);
  } else if (result == LUMA_OK) {
    result = work->options->merge ? docs__merge(txn, collection, &old, work->fields, err)
                                  : model_replace(txn, collection, &old, work->fields, err);
  }
  store_pins_release(&pins);
  return result;
}

status docs_put(struct session *session, struct slice collection, const struct val *key,
                struct slice json, const struct docs_put_options *options, bool *made,
                struct err *err) {
  struct json_reader *reader;
  struct json_read_options read = {.form = JSON_TAGGED, .id_is_key = true};
  struct buf out;
  struct val fields;
  TRY(session_json_reader(session, &reader, err));
  buf_init(&out, DOC_BYTES_MAX);
  struct put_work work = {collection, json, key, &fields, options, false};
  status result = json_read_value(reader, json, &read, &out, &fields, err);
  if (result == LUMA_OK && fields.type != VAL_MAP) {
    result = err_raise(err, LUMA_INVALID_VALUE, __FILE__, __LINE__,
                       "a document is a JSON object, not a %s", val_type_name(fields.type));
  }
  if (result == LUMA_OK) result = docs__change(session, 1, put_work, &work, err);
  buf_deinit(&out);
  if (made) *made = work.made;
  return result;
}

struct delete_work {
  struct slice collection;
  const struct val *key;
};

static status delete_work(void *context, struct model_txn *txn, struct err *err) {
  struct delete_work *work = context;
  const struct collection *collection;
  struct store_pins pins = {0};
  struct doc doc;
  TRY(docs__find(txn, work->collection, &collection, err));
  status result = get_document(txn, collection, work->key, &doc, &pins, err);
  if (result == LUMA_OK) result = model_delete(txn, collection, &doc, err);
  store_pins_release(&pins);
  return result;
}

status docs_delete(struct session *session, struct slice collection, const struct val *key,
                   struct err *err) {
  struct delete_work work = {collection, key};
  return docs__change(session, 1, delete_work, &work, err);
}

struct count_work {
  struct slice collection;
  uint64_t count;
};

static status count_work(void *context, struct model_txn *txn, struct err *err) {
  struct count_work *work = context;
  const struct collection *collection;
  TRY(docs__find(txn, work->collection, &collection, err));
  return model_count(txn, collection, &work->count, err);
}

status docs_count(struct session *session, struct slice collection, uint64_t *count,
                  struct err *err) {
  struct count_work work = {collection, 0};
  TRY(session_look(session, count_work, &work, err));
  *count = work.count;
  return LUMA_OK;
}
