/* SPDX-License-Identifier: MIT */
/* Open collections learn at each write what they are made of.
 *
 * What is known is in memory, one for all versions of a collection, and takes the documents of a
 * transaction when it has committed: nothing is written for it, so writers do not conflict, and
 * what is rolled back is not learned. It is stored when the database is closed; the first write
 * after that marks the stored form as not current, in the log before the write. So a crash, or a
 * transaction too large to remember, costs one reading of the collection when somebody asks.
 *
 * Reading anew begins between commits: what is committed is in its snapshot, and what commits later
 * is learned apart and merged at the end. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"

enum {
  DOCUMENTS_AT_ONCE = 256,
  SMALL_DOCUMENTS = 10000, /* a small collection is rather read than told of with loose ranges */
  NOTE_BYTES = 8,
  HEADER_BYTES = 21,
  PENDING_BYTES = 32 << 10 /* notes are taken many at a time, while they are in the cache */
};

static struct learning *learning_of(const struct collection *collection) {
  return &catalog_shared(collection)->learning;
}

static void forget_all(struct learning *learning) {
  buf_reset(&learning->pending);
  learned_deinit(&learning->learned);
  learned_init(&learning->learned);
}

/* ---- notes: u32 collection, u32 what, document; REPLACED: the document that was there ----
 * Of documents that replaced others the fields that differ, where that can be told at once. */

enum what { ADDED, REMOVED, REPLACED };

struct note {
  uint32_t collection;
  enum what what;
  struct doc document, replaced;
};

static size_t take_document(const uint8_t *at, struct doc *document) {
  document->data = at;
  document->bytes = load32le(at);
  return document->bytes;
}

/* Takes the next note off the front. */
static struct note take_note(struct slice *notes, const struct names *names) {
  struct note note = {.collection = load32le(notes->data),
                      .what = (enum what)load32le(notes->data + 4),
                      .document = {.names = names},
                      .replaced = {.names = names}};
  size_t bytes = NOTE_BYTES + take_document(notes->data + NOTE_BYTES, &note.document);
  if (note.what == REPLACED) bytes += take_document(notes->data + bytes, &note.replaced);
  *notes = slice_of(notes->data + bytes, notes->bytes - bytes);
  return note;
}

static status learn_note(struct learned *learned, const struct note *note) {
  switch (note->what) {
  case ADDED: return learned_observe(learned, &note->document, NULL);
  case REMOVED: return learned_forget(learned, &note->document, NULL);
  case REPLACED: return learned_replace(learned, &note->replaced, &note->document, NULL);
  }
  return LUMA_OK;
}

static void take_notes(struct learning *learning, struct slice notes, const struct names *names) {
  status result = LUMA_OK;
  while (notes.bytes > 0 && result == LUMA_OK) {
    struct note note = take_note(&notes, names);
    result = learn_note(&learning->learned, &note);
    learning->is_changed = true;
  }
  if (result != LUMA_OK) learning->state = LEARNING_STALE;
}

/* Takes what is pending. With the lock. */
static void catch_up(struct learning *learning, const struct names *names) {
  take_notes(learning, buf_slice(&learning->pending), names);
  buf_reset(&learning->pending);
}

/* ---- the stored form ---- */

/* One without IS_NESTED was written before maps and lists were looked into: it is read anew. */
enum { IS_CURRENT = 1, IS_LOOSE = 2, IS_NESTED = 4 };

/* u64 since, u8 flags, u64 documents, u32 attributes */
static void write_header(const struct learning *learning, bool is_current,
                         uint8_t header[HEADER_BYTES]) {
  store64le(header, learning->since);
  header[8] = (uint8_t)((is_current ? IS_CURRENT : 0) |
                        (learning->learned.is_loose ? IS_LOOSE : 0) | IS_NESTED);
  store64le(header + 9, (uint64_t)learning->learned.documents);
  store32le(header + 17, learning->learned.count);
}

static status put_header(struct store_txn *txn, uint32_t number, const struct learning *learning,
                         bool is_current, struct err *err) {
  struct keyspace_key key = keyspace_learned(number);
  uint8_t header[HEADER_BYTES];
  write_header(learning, is_current, header);
  return store_put(txn, STORE_META, keyspace_slice(&key), slice_of(header, sizeof header), err);
}

static status load_attributes(struct store_txn *txn, uint32_t number, uint32_t count,
                              struct learned *learned, struct err *err) {
  status result = LUMA_OK;
  for (uint32_t i = 0; i < count && result == LUMA_OK; i++) {
    struct keyspace_key key = keyspace_learned_attribute(number, (uint16_t)i);
    struct store_pins pins = {0};
    struct store_value value = {0};
    result = store_get(txn, STORE_META, keyspace_slice(&key), &value, &pins, err);
    if (result == LUMA_OK) result = learned_decode(learned, value.value, err);
    store_pins_release(&pins);
  }
  return result;
}

static status load(struct learning *learning, const struct collection *collection,
                   struct store_txn *txn, struct err *err) {
  struct keyspace_key key = keyspace_learned(collection->number);
  struct store_pins pins = {0};
  struct store_value value = {0};
  uint8_t header[HEADER_BYTES] = {0};
  TRY(store_get(txn, STORE_META, keyspace_slice(&key), &value, &pins, err));
  bool is_there = value.found && value.value.bytes == HEADER_BYTES;
  if (is_there) memcpy(header, value.value.data, HEADER_BYTES);
  store_pins_release(&pins);
  bool is_marked = !(header[8] & IS_CURRENT);
  bool is_current =
      !is_marked && (header[8] & IS_NESTED) && load64le(header) == collection->learns_since;
  __atomic_store_n(&learning->is_marked, is_marked, __ATOMIC_RELEASE);
  learning->since = collection->learns_since;
  learning->state = is_current ? LEARNING_KEPT : LEARNING_STALE;
  if (!is_current) return LUMA_OK;
  learning->learned.documents = (int64_t)load64le(header + 9);
  learning->learned.is_loose = (header[8] & IS_LOOSE) != 0;
  return load_attributes(txn, collection->number, load32le(header + 17), &learning->learned, err);
}

/* What the store knows, when it is first needed. With the lock. */
static status look(struct model *model, struct learning *learning,
                   const struct collection *collection, struct err *err) {
  struct store_begin_options options = {.read_only = true, .may_block = true};
  struct store_txn *txn;
  if (learning->state == LEARNING_KEPT && learning->since != collection->learns_since)
    learning->state = LEARNING_STALE;
  if (learning->state != LEARNING_UNKNOWN) return LUMA_OK;
  TRY(store_begin(model->store, &options, &txn, err));
  status result = load(learning, collection, txn, err);
  store_rollback(txn);
  if (result == LUMA_OK) return LUMA_OK;
  forget_all(learning);
  learning->state = LEARNING_STALE;
  if (result != LUMA_CORRUPT) return result;
  err_reset(err); /* it can be read anew */
  return LUMA_OK;
}

/* From here on the stored form is not current. With the lock. */
static status mark(struct model *model, struct learning *learning, uint32_t number,
                   struct err *err) {
  struct store_begin_options options = {.may_block = true};
  struct store_txn *txn;
  if (learning->is_marked) return LUMA_OK;
  TRY(store_begin(model->store, &options, &txn, err));
  status result = put_header(txn, number, learning, false, err);
  if (result != LUMA_OK) {
    store_rollback(txn);
    return result;
  }
  TRY(store_commit(txn, STORE_QUEUED, NULL, NULL, err));
  __atomic_store_n(&learning->is_marked, true, __ATOMIC_RELEASE);
  return LUMA_OK;
}

static status save_one(struct model *model, const struct collection *collection,
                       struct learning *learning) {
  struct store_begin_options options = {.may_block = true};
  struct store_txn *txn;
  struct buf bytes;
  TRY(store_begin(model->store, &options, &txn, NULL));
  buf_init(&bytes, MODEL_SCRATCH_BYTES_MAX);
  status result = put_header(txn, collection->number, learning, true, NULL);
  for (uint32_t i = 0; i < learning->learned.count && result == LUMA_OK; i++) {
    struct keyspace_key key = keyspace_learned_attribute(collection->number, (uint16_t)i);
    buf_reset(&bytes);
    result = learned_encode(&bytes, learning->learned.attributes[i], NULL);
    if (result == LUMA_OK)
      result = store_put(txn, STORE_META, keyspace_slice(&key), buf_slice(&bytes), NULL);
  }
  buf_deinit(&bytes);
  if (result == LUMA_OK) return store_commit(txn, STORE_QUEUED, NULL, NULL, NULL);
  store_rollback(txn);
  return result;
}

void model__save_learned(struct model *model) {
  if (!model->learns || model->options.read_only || !model->catalog) return;
  for (uint32_t i = 0; i < catalog_count_all(model->catalog); i++) {
    const struct collection *collection = catalog_at(model->catalog, i);
    struct learning *learning = learning_of(collection);
    catch_up(learning, collection->names);
    bool is_known = learning->state == LEARNING_KEPT && learning->is_changed &&
                    learning->since == collection->learns_since;
    /* What cannot be stored is read anew. */
    if (is_known && !learning->learned.is_partial) (void)save_one(model, collection, learning);
  }
}

/* ---- a transaction's documents ---- */

void model__learn_from_birth(const struct collection *collection) {
  struct learning *learning = learning_of(collection);
  mutex_lock(&learning->lock);
  learning->state = LEARNING_KEPT;
  learning->since = collection->learns_since;
  __atomic_store_n(&learning->is_marked, true, __ATOMIC_RELEASE); /* nothing is stored of it */
  mutex_unlock(&learning->lock);
}

/* Ready to learn: what is stored is known not to be current. */
static status prepare(struct model *model, const struct collection *collection, struct err *err) {
  struct learning *learning = learning_of(collection);
  /* Once marked it stays so, and whoever marked it has looked. */
  if (__atomic_load_n(&learning->is_marked, __ATOMIC_ACQUIRE)) return LUMA_OK;
  mutex_lock(&learning->lock);
  status result = look(model, learning, collection, err);
  if (result == LUMA_OK) result = mark(model, learning, collection->number, err);
  mutex_unlock(&learning->lock);
  return result;
}

/* Room for a note of `bytes`; NULL: nothing is noted, and what is known will be read anew. */
static uint8_t *begin_note(struct model_txn *txn, const struct collection *collection,
                           enum what what, size_t bytes) {
  uint8_t *note = buf_extend(&txn->observed, NOTE_BYTES + bytes);
  if (!note) {
    /* The write goes on. */
    txn->observed.failed = LUMA_OK;
    txn->is_unobserved = true;
    return NULL;
  }
  store32le(note, collection->number);
  store32le(note + 4, what);
  return note + NOTE_BYTES;
}

/* Whether the collection learns, ready for it. */
static status begin_lesson(struct model_txn *txn, const struct collection *collection, bool *learns,
                           struct err *err) {
  *learns = txn->model->learns && collection->open;
  if (!*learns) return LUMA_OK;
  if (txn->prepared != collection->number) TRY(prepare(txn->model, collection, err));
  txn->prepared = collection->number;
  return LUMA_OK;
}

status model__observe(struct model_txn *txn, const struct collection *collection,
                      struct slice document, bool is_new, struct err *err) {
  bool learns = false;
  TRY(begin_lesson(txn, collection, &learns, err));
  uint8_t *note =
      learns ? begin_note(txn, collection, is_new ? ADDED : REMOVED, document.bytes) : NULL;
  if (note) memcpy(note, document.data, document.bytes);
  return LUMA_OK;
}

/* Both documents as they are. */
static void note_whole(struct model_txn *txn, const struct collection *collection,
                       const struct doc *old, struct slice document) {
  uint8_t *note = begin_note(txn, collection, REPLACED, document.bytes + old->bytes);
  if (!note) return;
  memcpy(note, document.data, document.bytes);
  memcpy(note + document.bytes, old->data, old->bytes);
}

/* What is the same in both teaches nothing. */
status model__observe_replaced(struct model_txn *txn, const struct collection *collection,
                               const struct doc *old, struct slice document,
                               const struct differ *differ, struct err *err) {
  bool learns = false;
  TRY(begin_lesson(txn, collection, &learns, err));
  if (!learns) return LUMA_OK;
  size_t from = txn->observed.bytes;
  if (differ &&
      (!begin_note(txn, collection, REPLACED, 0) || differ_append(differ, &txn->observed)))
    return LUMA_OK;
  txn->observed.bytes = from;
  txn->observed.failed = LUMA_OK;
  note_whole(txn, collection, old, document);
  return LUMA_OK;
}

void model__lesson_begin(struct model_txn *txn, struct model_lesson *lesson) {
  lesson->catalog = NULL;
  if (txn->observed.bytes == 0 && !txn->is_unobserved) return;
  lesson->catalog = txn->catalog;
  lesson->is_held = txn->catalog_changed; /* else the transaction holds it until its end */
  if (lesson->is_held) catalog_acquire(lesson->catalog);
  rwlock_lock_read(&txn->model->learn_lock);
}

/* Notes about one collection. */
static void learn(const struct collection *collection, struct slice notes) {
  struct learning *learning = learning_of(collection);
  mutex_lock(&learning->lock);
  if (learning->state == LEARNING_KEPT && learning->since == collection->learns_since) {
    bool is_much = notes.bytes > PENDING_BYTES;
    if (is_much || learning->pending.bytes > PENDING_BYTES) catch_up(learning, collection->names);
    if (is_much)
      take_notes(learning, notes, collection->names);
    else if (!buf_append_slice(&learning->pending, notes))
      learning->state = LEARNING_STALE;
  }
  mutex_unlock(&learning->lock);
}

static void learn_all(struct slice notes, const struct catalog *catalog) {
  while (notes.bytes > 0) {
    struct slice rest = notes, end = notes;
    uint32_t number = load32le(notes.data);
    while (rest.bytes > 0 && take_note(&rest, NULL).collection == number) end = rest;
    const struct collection *collection = catalog_by_number(catalog, number);
    if (collection) learn(collection, slice_of(notes.data, notes.bytes - end.bytes));
    notes = end;
  }
}

/* What the transaction wrote has to be read: of every collection that it may have written to. */
static void spoil_all(const struct model_txn *txn, const struct catalog *catalog) {
  bool is_list_whole = txn->guarded_count < MODEL_GUARDED_MAX;
  for (uint32_t i = 0; i < catalog_count_all(catalog); i++) {
    const struct collection *collection = catalog_at(catalog, i);
    bool is_written = !is_list_whole;
    for (uint32_t k = 0; k < txn->guarded_count; k++)
      is_written |= txn->guarded[k] == collection->number;
    if (!is_written) continue;
    mutex_lock(&learning_of(collection)->lock);
    if (learning_of(collection)->state == LEARNING_KEPT)
      learning_of(collection)->state = LEARNING_STALE;
    mutex_unlock(&learning_of(collection)->lock);
  }
}

void model__lesson_end(struct model_txn *txn, struct model_lesson *lesson, status committed) {
  if (!lesson->catalog) return;
  /* After these nobody knows whether it was committed. */
  bool is_unknown = committed == LUMA_IO_ERROR || committed == LUMA_DISK_FULL;
  if (is_unknown || (committed == LUMA_OK && txn->is_unobserved))
    spoil_all(txn, lesson->catalog);
  else if (committed == LUMA_OK)
    learn_all(buf_slice(&txn->observed), lesson->catalog);
  rwlock_unlock(&txn->model->learn_lock);
  if (lesson->is_held) catalog_release(lesson->catalog);
}

/* ---- asking ---- */

static status read_scan(struct model_scan *scan, struct learned *learned, struct err *err) {
  struct doc *documents = mem_alloc(DOCUMENTS_AT_ONCE * sizeof *documents);
  if (!documents) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to read the collection");
  status result;
  uint32_t count;
  do {
    result = model_scan_next(scan, DOCUMENTS_AT_ONCE, documents, &count, err);
    for (uint32_t i = 0; result == LUMA_OK && i < count; i++)
      result = learned_observe(learned, &documents[i], err);
  } while (result == LUMA_OK && count > 0);
  mem_free(documents);
  return result;
}

static status read_all(struct model_txn *txn, const struct collection *collection,
                       struct learned *learned, struct err *err) {
  struct model_scan_options options = {0};
  struct model_scan *scan;
  TRY(model_scan_open(txn, collection, &options, &scan, err));
  status result = read_scan(scan, learned, err);
  model_scan_close(scan);
  return result;
}

/* A snapshot, and from the same moment on an empty `learned` for what commits after it. */
static status begin_anew(struct model *model, uint32_t number, struct learning *learning,
                         struct model_txn **txn, struct err *err) {
  struct store_begin_options options = {.read_only = true, .may_block = true};
  rwlock_lock_write(&model->learn_lock);
  status result = model_begin(model, &options, txn, err);
  const struct collection *collection =
      result == LUMA_OK ? catalog_by_number((*txn)->catalog, number) : NULL;
  mutex_lock(&learning->lock);
  forget_all(learning);
  learning->state = collection ? LEARNING_KEPT : LEARNING_STALE;
  if (collection) learning->since = collection->learns_since;
  mutex_unlock(&learning->lock);
  rwlock_unlock(&model->learn_lock);
  return result;
}

static status read_anew(struct model *model, uint32_t number, struct learning *learning,
                        struct err *err) {
  struct model_txn *txn;
  struct learned learned;
  TRY(begin_anew(model, number, learning, &txn, err));
  const struct collection *collection = catalog_by_number(txn->catalog, number);
  learned_init(&learned);
  status result = collection ? read_all(txn, collection, &learned, err) : LUMA_OK;
  mutex_lock(&learning->lock);
  catch_up(learning, collection ? collection->names : NULL);
  if (result == LUMA_OK) result = learned_merge(&learned, &learning->learned, err);
  learned_deinit(&learning->learned);
  learning->learned = learned;
  learning->is_changed = true;
  if (result != LUMA_OK) learning->state = LEARNING_STALE;
  mutex_unlock(&learning->lock);
  model_rollback(txn);
  return result;
}

/* Whether the transaction has written to the collection: then only reading shows what it sees. */
static bool has_written(const struct model_txn *txn, const struct collection *collection) {
  struct slice notes = buf_slice(&txn->observed);
  if (txn->is_unobserved) return true;
  while (notes.bytes > 0) {
    if (take_note(&notes, NULL).collection == collection->number) return true;
  }
  return false;
}

static status use_read(struct model_txn *txn, const struct collection *collection,
                       model__learned_fn *use, void *context, struct err *err) {
  struct learned learned;
  learned_init(&learned);
  status result = read_all(txn, collection, &learned, err);
  if (result == LUMA_OK) result = use(context, &learned, err);
  learned_deinit(&learned);
  return result;
}

static status use_kept(struct model *model, const struct collection *collection,
                       model__learned_fn *use, void *context, struct err *err) {
  struct learning *learning = learning_of(collection);
  mutex_lock(&learning->lock);
  status result = look(model, learning, collection, err);
  catch_up(learning, collection->names);
  bool is_small = learning->learned.documents <= SMALL_DOCUMENTS;
  bool is_kept = learning->state == LEARNING_KEPT && !(learning->learned.is_loose && is_small);
  mutex_unlock(&learning->lock);
  if (result == LUMA_OK && !is_kept) result = read_anew(model, collection->number, learning, err);
  TRY(result);
  mutex_lock(&learning->lock);
  catch_up(learning, collection->names);
  result = use(context, &learning->learned, err);
  mutex_unlock(&learning->lock);
  return result;
}

status model__with_learned(struct model_txn *txn, const struct collection *collection,
                           model__learned_fn *use, void *context, struct err *err) {
  struct model *model = txn->model;
  if (!model->learns || !collection->open || has_written(txn, collection))
    return use_read(txn, collection, use, context, err);
  struct learning *learning = learning_of(collection);
  mutex_lock(&learning->rebuild);
  status result = use_kept(model, collection, use, context, err);
  mutex_unlock(&learning->rebuild);
  return result;
}
