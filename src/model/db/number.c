/* SPDX-License-Identifier: MIT */
/* Sequences: numbers given out one after the other, each once. A sequence is a document of the
 * collection `_sequences`, so that it is dumped, loaded and rolled back like any other; CREATE and
 * DROP belong to their transaction. Giving numbers does not: a block of them is taken from the
 * document in a transaction of its own, durable before the first is given, and what is left of a
 * block at the end is lost, as in PostgreSQL. A document's `stamp` changes with whatever makes
 * blocks that are under way void (another sequence of the name, setval). */
#include "base/mem/mem.h"
#include "model/db/model_int.h"

enum { TRIES_MAX = 64, BLOCKS_MAX = 10000 };

/* Numbers taken from a sequence and not yet given. */
struct block {
  uint8_t *name; /* owned */
  size_t name_bytes;
  struct val stamp;
  int64_t next, increment;
  uint64_t left;
};

/** Inv 1: `lock` is held around all of it, and is taken before the store's own locks. */
struct model_blocks {
  struct mutex lock;
  struct block *items;
  size_t count, capacity;
};

/* A sequence as it is stored. */
struct stored {
  struct model_sequence sequence;
  int64_t next;
  bool has_ended; /* `next` was its last number */
  struct val stamp;
};

/* What was found under a name. */
struct finding {
  const struct collection *collection;
  struct store_pins pins;
  struct doc doc; /* data NULL: nothing */
  struct stored stored;
};

status model__blocks_create(struct model_blocks **blocks, struct err *err) {
  struct model_blocks *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for sequences");
  mutex_init(&made->lock);
  *blocks = made;
  return LUMA_OK;
}

void model__blocks_destroy(struct model_blocks *blocks) {
  if (!blocks) return;
  for (size_t i = 0; i < blocks->count; i++) mem_free(blocks->items[i].name);
  mem_free(blocks->items);
  mutex_deinit(&blocks->lock);
  mem_free(blocks);
}

/* ---- documents ---- */

struct slice model__sequences_name(void) {
  return slice_of_text("_sequences");
}

static int64_t read_number(const struct val *root, const char *name, int64_t otherwise) {
  struct val value = val_field(root, slice_of_text(name));
  int64_t number = otherwise;
  if (val_is_number(&value) && !val_to_int64(&value, &number)) number = otherwise;
  return number;
}

static bool read_flag(const struct val *root, const char *name) {
  struct val value = val_field(root, slice_of_text(name));
  return value.type == VAL_BOOL && value.boolean;
}

/* Anybody may change the documents of sequences: what would give a number twice is not taken. */
static void mend(struct stored *stored) {
  struct model_sequence *sequence = &stored->sequence;
  if (sequence->increment == 0) sequence->increment = 1;
  if (sequence->cache < 1 || sequence->cache > MODEL_SEQUENCE_CACHE_MAX)
    sequence->cache = MODEL_SEQUENCE_CACHE;
  stored->has_ended |= stored->next < sequence->minimum || stored->next > sequence->maximum;
}

static void read_stored(const struct doc *doc, struct stored *stored) {
  struct val root = doc_root(doc), name = val_field(&root, slice_of_text("_id"));
  struct val owner = val_field(&root, slice_of_text("owner"));
  *stored = (struct stored){
      .sequence = {.name = name.type == VAL_TEXT ? val_slice(&name) : slice_of(NULL, 0),
                   .start = read_number(&root, "start", 1),
                   .increment = read_number(&root, "increment", 1),
                   .minimum = read_number(&root, "minimum", INT64_MIN),
                   .maximum = read_number(&root, "maximum", INT64_MAX),
                   .cache = read_number(&root, "cache", MODEL_SEQUENCE_CACHE),
                   .cycles = read_flag(&root, "cycles"),
                   .owner = owner.type == VAL_TEXT ? val_slice(&owner) : slice_of(NULL, 0)},
      .next = read_number(&root, "next", 1),
      .has_ended = read_flag(&root, "has_ended"),
      .stamp = val_field(&root, slice_of_text("stamp"))};
  mend(stored);
}

static status write_stored(const struct stored *stored, struct buf *out, struct val *document,
                           struct err *err) {
  const struct model_sequence *sequence = &stored->sequence;
  const struct {
    const char *name;
    struct val value;
  } fields[] = {{"_id", val_text(sequence->name)},
                {"start", val_int64(sequence->start)},
                {"increment", val_int64(sequence->increment)},
                {"minimum", val_int64(sequence->minimum)},
                {"maximum", val_int64(sequence->maximum)},
                {"cycles", val_bool(sequence->cycles)},
                {"cache", val_int64(sequence->cache)},
                {"next", val_int64(stored->next)},
                {"has_ended", val_bool(stored->has_ended)},
                {"stamp", stored->stamp},
                {"owner", val_text(sequence->owner)}};
  size_t count = sizeof fields / sizeof fields[0] - (sequence->owner.bytes == 0);
  struct build build;
  struct slice bytes;
  buf_reset(out);
  build_init(&build, out, NULL);
  build_begin_map(&build);
  for (size_t i = 0; i < count; i++) {
    build_name(&build, slice_of_text(fields[i].name));
    build_put(&build, &fields[i].value);
  }
  build_end(&build);
  status result = build_finish(&build, &bytes, err);
  build_deinit(&build);
  if (result == LUMA_OK) *document = val_decode(bytes, NULL);
  return result;
}

static status find(struct model_txn *txn, struct slice name, struct finding *finding,
                   struct err *err) {
  struct val key = val_text(name);
  *finding = (struct finding){.collection = catalog_find(txn->catalog, model__sequences_name())};
  if (!finding->collection || name.bytes == 0) return LUMA_OK;
  TRY(model_get_many(txn, finding->collection, &key, 1, &finding->doc, &finding->pins, err));
  if (finding->doc.data) read_stored(&finding->doc, &finding->stored);
  return LUMA_OK;
}

static status replace(struct model_txn *txn, const struct finding *finding,
                      const struct stored *stored, struct err *err) {
  struct buf encoded;
  struct val document;
  buf_init(&encoded, DOC_BYTES_MAX);
  status result = write_stored(stored, &encoded, &document, err);
  if (result == LUMA_OK)
    result = model_replace(txn, finding->collection, &finding->doc, &document, err);
  buf_deinit(&encoded);
  return result;
}

static status fail_unknown(struct slice name, struct err *err) {
  err_raise(err, LUMA_NOT_FOUND, __FILE__, __LINE__, "there is no sequence `%.*s`",
            SLICE_ARG(name));
  err_hint(err, "CREATE SEQUENCE %.*s makes it", SLICE_ARG(name));
  return LUMA_NOT_FOUND;
}

/* ---- CREATE, DROP ---- */

static status check_sequence(const struct model_sequence *sequence, struct err *err) {
  if (sequence->name.bytes == 0 || sequence->name.bytes > CATALOG_NAME_BYTES_MAX)
    FAIL(err, LUMA_INVALID_ARGUMENT, "a sequence's name has 1 to %d bytes", CATALOG_NAME_BYTES_MAX);
  if (sequence->increment == 0) FAIL(err, LUMA_INVALID_ARGUMENT, "a sequence cannot step by 0");
  if (sequence->minimum >= sequence->maximum)
    FAIL(err, LUMA_INVALID_ARGUMENT, "the least number of a sequence is below its greatest");
  if (sequence->start < sequence->minimum || sequence->start > sequence->maximum)
    FAIL(err, LUMA_OUT_OF_RANGE, "a sequence starts between its least and its greatest number");
  if (sequence->cache < 1 || sequence->cache > MODEL_SEQUENCE_CACHE_MAX)
    FAIL(err, LUMA_OUT_OF_RANGE, "CACHE takes 1 to %d", MODEL_SEQUENCE_CACHE_MAX);
  return LUMA_OK;
}

status model_create_sequence(struct model_txn *txn, const struct model_sequence *sequence,
                             bool if_not_exists, struct err *err) {
  const struct collection *collection;
  struct finding finding;
  TRY(check_sequence(sequence, err));
  TRY(model_create_collection(txn, model__sequences_name(), true, &collection, err));
  status result = find(txn, sequence->name, &finding, err);
  bool is_there = finding.doc.data != NULL;
  store_pins_release(&finding.pins);
  TRY(result);
  if (is_there && if_not_exists) return LUMA_OK;
  if (is_there)
    FAIL(err, LUMA_ALREADY_EXISTS, "there is a sequence `%.*s` already", SLICE_ARG(sequence->name));
  struct stored stored = {.sequence = *sequence, .next = sequence->start};
  struct buf encoded;
  struct val document;
  model_make_key(txn->model, &stored.stamp);
  buf_init(&encoded, DOC_BYTES_MAX);
  result = write_stored(&stored, &encoded, &document, err);
  struct model_write write = {.document = &document};
  if (result == LUMA_OK) result = model_insert(txn, collection, &write, 1, NULL, err);
  buf_deinit(&encoded);
  return result;
}

status model__drop_sequence(struct model_txn *txn, struct slice name,
                            const struct model_leaving *leaving, bool if_exists, struct err *err) {
  struct finding finding;
  status result = find(txn, name, &finding, err);
  bool is_there = finding.doc.data != NULL;
  if (result == LUMA_OK && is_there) result = model__check_unused(txn, name, leaving, err);
  if (result == LUMA_OK && is_there)
    result = model_delete(txn, finding.collection, &finding.doc, err);
  else if (result == LUMA_OK && !if_exists)
    result = fail_unknown(name, err);
  store_pins_release(&finding.pins);
  return result;
}

status model_drop_sequence(struct model_txn *txn, struct slice name, bool if_exists,
                           struct err *err) {
  return model__drop_sequence(txn, name, NULL, if_exists, err);
}

/* ---- giving ---- */

/* Moves what is stored on by at most `wanted` numbers; answers how many, the first in `*first`. */
static status step(struct stored *stored, uint64_t wanted, int64_t *first, uint64_t *taken,
                   struct err *err) {
  const struct model_sequence *sequence = &stored->sequence;
  bool rises = sequence->increment > 0;
  if (stored->has_ended)
    FAIL(err, LUMA_LIMIT_REACHED, "the sequence `%.*s` has given its last number",
         SLICE_ARG(sequence->name));
  uint64_t next = (uint64_t)stored->next, width = (uint64_t)sequence->increment;
  uint64_t room = rises ? (uint64_t)sequence->maximum - next : next - (uint64_t)sequence->minimum;
  uint64_t more = room / (rises ? width : 0 - width); /* behind the first */
  *first = stored->next;
  *taken = more < wanted ? more + 1 : wanted;
  if (more >= wanted)
    stored->next = (int64_t)(next + width * wanted); /* within the bounds: it does not wrap */
  else if (sequence->cycles)
    stored->next = rises ? sequence->minimum : sequence->maximum;
  else {
    stored->has_ended = true;
    stored->next = (int64_t)(next + width * more); /* the last one given */
  }
  return LUMA_OK;
}

/* One change of a sequence in a transaction of its own. `change` may alter what is stored. */
typedef status change_fn(void *context, struct stored *stored, struct err *err);

static status change_once(struct model *model, struct slice name, change_fn *change, void *context,
                          struct err *err) {
  struct store_begin_options options = {.may_block = true};
  struct model_txn *txn;
  struct finding finding;
  TRY(model_begin(model, &options, &txn, err));
  status result = find(txn, name, &finding, err);
  struct stored stored = finding.stored;
  if (result == LUMA_OK && !finding.doc.data) result = fail_unknown(name, err);
  if (result == LUMA_OK) result = change(context, &stored, err);
  if (result == LUMA_OK) result = replace(txn, &finding, &stored, err);
  store_pins_release(&finding.pins);
  if (result == LUMA_OK) return model_commit(txn, STORE_SYNC_DEFAULT, NULL, err);
  model_rollback(txn);
  return result;
}

static status change_stored(struct model *model, struct slice name, change_fn *change,
                            void *context, struct err *err) {
  status result = LUMA_CONFLICT;
  for (int i = 0; i < TRIES_MAX && result == LUMA_CONFLICT; i++) {
    result = change_once(model, name, change, context, err);
    if (result == LUMA_CONFLICT) TRY(store_sync(model->store, err));
  }
  return result;
}

static status take_block(void *context, struct stored *stored, struct err *err) {
  struct block *block = context;
  block->stamp = stored->stamp;
  block->increment = stored->sequence.increment;
  return step(stored, (uint64_t)stored->sequence.cache, &block->next, &block->left, err);
}

static status block_of(struct model_blocks *blocks, struct slice name, struct block **block,
                       struct err *err) {
  for (size_t i = 0; i < blocks->count; i++) {
    *block = &blocks->items[i];
    if (slice_is_equal(slice_of((*block)->name, (*block)->name_bytes), name)) return LUMA_OK;
  }
  if (blocks->count == BLOCKS_MAX) mem_free(blocks->items[--blocks->count].name);
  if (!mem_grow((void **)&blocks->items, &blocks->capacity, blocks->count + 1,
                sizeof *blocks->items))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a sequence");
  uint8_t *copy = mem_alloc(name.bytes + 1);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a sequence");
  memcpy(copy, name.data, name.bytes);
  *block = &blocks->items[blocks->count++];
  **block = (struct block){.name = copy, .name_bytes = name.bytes};
  return LUMA_OK;
}

/* The sequence as all see it: its stamp, if it is there. */
static status look(struct model *model, struct slice name, bool *found, struct val *stamp,
                   struct err *err) {
  struct store_begin_options options = {.read_only = true, .may_block = true};
  struct model_txn *txn;
  struct finding finding;
  TRY(model_begin(model, &options, &txn, err));
  status result = find(txn, name, &finding, err);
  *found = result == LUMA_OK && finding.doc.data;
  *stamp = *found ? finding.stored.stamp : val_missing();
  store_pins_release(&finding.pins);
  model_rollback(txn);
  return result;
}

/* A change of the sequence as the transaction sees it, perhaps in the middle of a write: of a
 * document that gets a number. */
static status change_own(struct model_txn *txn, struct slice name, change_fn *change, void *context,
                         struct err *err) {
  struct model_scratch aside;
  struct finding finding;
  model__scratch_aside(txn, &aside);
  status result = find(txn, name, &finding, err);
  struct stored stored = finding.stored;
  if (result == LUMA_OK && !finding.doc.data) result = fail_unknown(name, err);
  if (result == LUMA_OK) result = change(context, &stored, err);
  if (result == LUMA_OK) result = replace(txn, &finding, &stored, err);
  store_pins_release(&finding.pins);
  model__scratch_back(txn, &aside);
  return result;
}

static status take_one(void *context, struct stored *stored, struct err *err) {
  uint64_t taken;
  return step(stored, 1, context, &taken, err);
}

static bool is_same(const struct val *a, const struct val *b) {
  return a->type == VAL_ULID && b->type == VAL_ULID && memcmp(a->id, b->id, sizeof a->id) == 0;
}

static status next_of_all(struct model *model, struct slice name, const struct val *stamp,
                          int64_t *number, struct err *err) {
  struct block *block;
  TRY(block_of(model->blocks, name, &block, err));
  bool is_valid = block->left > 0 && is_same(&block->stamp, stamp);
  status taken = is_valid ? LUMA_OK : change_stored(model, name, take_block, block, err);
  if (taken != LUMA_OK) block->left = 0; /* they were not reserved */
  TRY(taken);
  *number = block->next;
  if (--block->left > 0) block->next += block->increment;
  return LUMA_OK;
}

/* Whether the transaction itself made the sequence what it is. */
static status is_altered(struct model_txn *txn, struct slice name, bool *is, struct err *err) {
  struct finding finding;
  *is = false;
  if (!txn || !txn->altered) return LUMA_OK;
  struct model_scratch aside;
  model__scratch_aside(txn, &aside);
  status result = find(txn, name, &finding, err);
  for (const struct model_altered *one = txn->altered; result == LUMA_OK && one; one = one->next)
    *is |= finding.doc.data && is_same(&one->stamp, &finding.stored.stamp);
  store_pins_release(&finding.pins);
  model__scratch_back(txn, &aside);
  return result;
}

/* `txn` NULL: no transaction could have made it. */
static status next_number(struct model *model, struct model_txn *txn, struct slice name,
                          int64_t *number, struct err *err) {
  bool altered = false;
  TRY(is_altered(txn, name, &altered, err));
  if (altered) return change_own(txn, name, take_one, number, err);
  struct val stamp;
  bool found;
  mutex_lock(&model->blocks->lock);
  status result = look(model, name, &found, &stamp, err);
  if (result == LUMA_OK && found) result = next_of_all(model, name, &stamp, number, err);
  mutex_unlock(&model->blocks->lock);
  if (result != LUMA_OK || found) return result;
  return txn ? change_own(txn, name, take_one, number, err) : fail_unknown(name, err);
}

status model_next_number(struct model_txn *txn, struct slice name, int64_t *number,
                         struct err *err) {
  return next_number(txn->model, txn, name, number, err);
}

status model__next_number(struct model *model, struct slice name, int64_t *number,
                          struct err *err) {
  return next_number(model, NULL, name, number, err);
}

struct setting {
  struct model *model;
  int64_t number;
  bool is_given; /* the next one follows it */
};

static status set(void *context, struct stored *stored, struct err *err) {
  const struct setting *setting = context;
  const struct model_sequence *sequence = &stored->sequence;
  if (setting->number < sequence->minimum || setting->number > sequence->maximum)
    FAIL(err, LUMA_OUT_OF_RANGE, "%lld is not between the least and the greatest number of `%.*s`",
         (long long)setting->number, SLICE_ARG(sequence->name));
  int64_t first;
  uint64_t taken;
  stored->next = setting->number;
  stored->has_ended = false;
  model_make_key(setting->model, &stored->stamp);
  return setting->is_given ? step(stored, 1, &first, &taken, err) : LUMA_OK;
}

status model_set_number(struct model_txn *txn, struct slice name, int64_t number, bool is_given,
                        struct err *err) {
  struct setting setting = {txn->model, number, is_given};
  struct val stamp;
  bool found;
  TRY(look(txn->model, name, &found, &stamp, err));
  return found ? change_stored(txn->model, name, set, &setting, err)
               : change_own(txn, name, set, &setting, err);
}

/* ---- ALTER ---- */

struct altering {
  struct model *model;
  struct model_txn *txn;
  const struct model_sequence_changes *changes;
};

/* Numbers that were taken and not given are the sequence's again. No one else may give them: who
 * comes takes a block from the document, and one of the two transactions has to try again. */
static struct block *take_back(struct model_blocks *blocks, struct stored *stored) {
  for (size_t i = 0; i < blocks->count; i++) {
    struct block *block = &blocks->items[i];
    if (!slice_is_equal(slice_of(block->name, block->name_bytes), stored->sequence.name)) continue;
    if (block->left > 0 && is_same(&block->stamp, &stored->stamp)) {
      stored->next = block->next;
      stored->has_ended = false;
    }
    return block;
  }
  return NULL;
}

/* One that has ended goes on where its bounds or its direction leave room now. */
static void go_on(struct stored *stored) {
  const struct model_sequence *sequence = &stored->sequence;
  int64_t next = 0;
  if (!stored->has_ended || __builtin_add_overflow(stored->next, sequence->increment, &next) ||
      next < sequence->minimum || next > sequence->maximum)
    return;
  stored->next = next;
  stored->has_ended = false;
}

/* A new step counts from the last number given. */
static void change_step(struct stored *stored, int64_t increment) {
  int64_t last = 0, next = 0;
  bool fits = !__builtin_sub_overflow(stored->next, stored->sequence.increment, &last) &&
              !__builtin_add_overflow(last, increment, &next);
  if (fits && !stored->has_ended && stored->next != stored->sequence.start) stored->next = next;
  stored->sequence.increment = increment;
}

static status change_all(const struct model_sequence_changes *changes, struct stored *stored,
                         struct err *err) {
  struct model_sequence *sequence = &stored->sequence;
  if (changes->increment) change_step(stored, changes->to.increment);
  if (changes->start) sequence->start = changes->to.start;
  if (changes->minimum) sequence->minimum = changes->to.minimum;
  if (changes->maximum) sequence->maximum = changes->to.maximum;
  if (changes->cache) sequence->cache = changes->to.cache;
  if (changes->cycles) sequence->cycles = changes->to.cycles;
  if (changes->is_owned) sequence->owner = changes->to.owner;
  if (changes->restarts) stored->next = changes->has_next ? changes->next : sequence->start;
  if (changes->restarts) stored->has_ended = false;
  TRY(check_sequence(sequence, err));
  go_on(stored);
  if (stored->next < sequence->minimum || stored->next > sequence->maximum)
    FAIL(err, LUMA_OUT_OF_RANGE,
         "the sequence `%.*s` goes on with %lld, which is not between its least and its greatest",
         SLICE_ARG(sequence->name), (long long)stored->next);
  return LUMA_OK;
}

/* From here on the transaction takes numbers from what it has made of the sequence. */
static status note_altered(struct model_txn *txn, const struct val *stamp, struct err *err) {
  struct model_altered *made = arena_zalloc(&txn->kept, 1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a sequence");
  *made = (struct model_altered){.next = txn->altered, .stamp = *stamp};
  txn->altered = made;
  return LUMA_OK;
}

static status alter(void *context, struct stored *stored, struct err *err) {
  const struct altering *altering = context;
  struct model_blocks *blocks = altering->model->blocks;
  mutex_lock(&blocks->lock);
  struct block *block = take_back(blocks, stored);
  status result = change_all(altering->changes, stored, err);
  if (result == LUMA_OK && block) block->left = 0;
  mutex_unlock(&blocks->lock);
  if (result == LUMA_OK) model_make_key(altering->model, &stored->stamp);
  return result == LUMA_OK ? note_altered(altering->txn, &stored->stamp, err) : result;
}

status model_alter_sequence(struct model_txn *txn, struct slice name,
                            const struct model_sequence_changes *changes, bool if_exists,
                            struct err *err) {
  struct altering altering = {txn->model, txn, changes};
  struct err why = {0};
  status result = change_own(txn, name, alter, &altering, &why);
  if (result == LUMA_NOT_FOUND && if_exists) return LUMA_OK;
  if (result != LUMA_OK && err) *err = why;
  return result;
}
