/* SPDX-License-Identifier: MIT */
/* Looking at every being an evolution concerns, as it will be read from now on. */
#include "base/mem/mem.h"
#include "model/db/evolve/evolve_int.h"
#include "value/json/json.h"
#include "value/key/key.h"

/* That values are unique is what indexes find out. */
static bool is_of_index(const struct evolving *evolving, const struct soul_change *change) {
  const struct soul *fresh = evolving->fresh;
  if (strcmp(change->what, "unique changed") == 0) return true;
  if (strcmp(change->what, "constraint added") != 0) return false;
  for (uint32_t i = 0; i < fresh->constraints_count; i++) {
    const struct soul_constraint *one = &fresh->constraints[i];
    if (slice_is_equal(one->name, change->attribute)) return one->kind == SOUL_UNIQUE;
  }
  return false;
}

bool evolve__narrows(const struct evolving *evolving) {
  for (uint32_t i = 0; i < evolving->diff.changes_count; i++) {
    const struct soul_change *change = &evolving->diff.changes[i];
    bool narrows = change->effect == SOUL_NARROWS && !change->is_proved;
    if (narrows && !is_of_index(evolving, change)) return true;
  }
  return false;
}

bool evolve__takes_in(const struct evolving *evolving) {
  return evolving->any_fill || evolving->looks_up || evolving->counts_limits ||
         evolving->lists_over || evolving->brings_references;
}

bool evolve__looks_at_beings(const struct evolving *evolving) {
  return evolving->narrows || evolve__takes_in(evolving);
}

void evolve__note(struct evolving *evolving, const struct doc *document, const struct err *why) {
  struct json_write_options plain = {0};
  bool hides = soul_hides_keys(evolving->base->genotype) || soul_hides_keys(evolving->fresh);
  struct val key = hides ? val_text(slice_of_text("***")) : model__key_of(document);
  if (evolving->in_the_way++ >= EVOLVE_FIRST) return;
  if (evolving->first.bytes) {
    buf_append_byte(&evolving->first, ',');
    buf_append_text(&evolving->ids, ", ");
  }
  json_write(&evolving->ids, &key, &plain);
  buf_append_text(&evolving->first, "{\"id\":");
  json_write(&evolving->first, &key, &plain);
  buf_append_text(&evolving->first, ",\"message\":");
  json_write_text(&evolving->first, slice_of_text(why->message));
  buf_append_text(&evolving->first, ",\"faults\":[");
  if (why->faults_count) buf_append_slice(&evolving->first, buf_slice(why->faults));
  buf_append_text(&evolving->first, "]}");
}

/* True for what a being is to blame for: it breaks a rule, or one cannot be asked of it. */
static bool is_beings(status result) {
  return result == LUMA_INVALID_BEING || result == LUMA_DUPLICATE_KEY ||
         result == LUMA_CONSTRAINT || result == LUMA_LIMIT_REACHED ||
         result == LUMA_INVALID_VALUE || result == LUMA_OUT_OF_RANGE ||
         result == LUMA_TYPE_MISMATCH;
}

static status check_one(struct evolving *evolving, const struct doc *document, bool *fits,
                        struct err *err) {
  struct slice bytes = slice_of(document->data, document->bytes);
  struct buf faults;
  struct err why = {.faults = &faults};
  buf_init(&faults, 1 << 20);
  status result = model__conform(evolving->txn, evolving->now, &bytes, NULL, 1, NULL, &why);
  *fits = result == LUMA_OK;
  if (is_beings(result)) {
    evolve__note(evolving, document, &why);
    result = LUMA_OK;
  } else if (result != LUMA_OK && err) {
    *err = (struct err){.faults = err->faults};
    err_raise(err, result, why.file, why.source_line, "%s", why.message);
  }
  buf_deinit(&faults);
  return result;
}

/* All at once, which is the usual case; one by one when one does not fit. */
static status check_some(struct evolving *evolving, const struct doc *documents, uint32_t count,
                         bool *fits, struct err *err) {
  struct slice bytes[EVOLVE_AT_ONCE];
  for (uint32_t i = 0; i < count; i++) {
    bytes[i] = slice_of(documents[i].data, documents[i].bytes);
    fits[i] = true;
  }
  if (!evolving->narrows) return LUMA_OK;
  status result = model__conform(evolving->txn, evolving->now, bytes, NULL, count, NULL, err);
  if (!is_beings(result)) return result;
  err_reset(err);
  for (uint32_t i = 0; i < count; i++) TRY(check_one(evolving, &documents[i], &fits[i], err));
  return LUMA_OK;
}

/* ---- indexes, limits ---- */

static status fill_index(struct evolving *evolving, const struct catalog_index *index,
                         const struct doc *document, struct slice key_part, struct err *err) {
  struct model_txn *txn = evolving->txn;
  TRY(model__entries(txn, evolving->now, index, document, key_part, &txn->fresh, err));
  for (uint32_t i = 0; i < txn->fresh.count; i++) {
    const struct index_entry *entry = &txn->fresh.items[i];
    struct store_pins pins = {0};
    struct store_value value = {0};
    if (entry->is_unique) TRY(store_get(txn->store, STORE_ENTRIES, entry->key, &value, &pins, err));
    bool taken = value.found && !slice_is_equal(value.value, entry->value);
    store_pins_release(&pins);
    if (taken) return model__fail_duplicate(evolving->now, index, document, entry, err);
    TRY(store_put(txn->store, STORE_ENTRIES, entry->key, entry->value, err));
  }
  return LUMA_OK;
}

/* The first that has the value of the entry, in the order of keys. */
static status first_of(struct evolving *evolving, const struct index_entry *entry, bool *is_it,
                       struct err *err) {
  struct store_cursor *cursor;
  struct store_rows *rows = evolving->rows;
  struct buf end;
  buf_init(&end, MODEL_SCRATCH_BYTES_MAX);
  buf_append_slice(&end, entry->key);
  bool has_end = key_successor(&end);
  status result = buf_check(&end, "an entry", err);
  struct store_range range = {.from = entry->key,
                              .to = has_end ? buf_slice(&end) : (struct slice){0}};
  if (result == LUMA_OK)
    result = store_cursor_open(evolving->reader->store, STORE_ENTRIES, range, false, &cursor, err);
  if (result == LUMA_OK) {
    result = store_cursor_next(cursor, 1, rows, err);
    struct slice key = result == LUMA_OK && rows->count ? rows->keys[0] : entry->key;
    *is_it = slice_is_equal(slice_of(key.data + entry->key.bytes, key.bytes - entry->key.bytes),
                            entry->value);
    store_cursor_close(cursor);
  }
  buf_deinit(&end);
  return result;
}

/* Who has the value of another that comes first is in the way. */
static status find_equal(struct evolving *evolving, uint32_t nth, const struct doc *document,
                         struct slice key_part, struct err *err) {
  struct model_txn *txn = evolving->txn;
  struct catalog_index index = evolving->now->indexes[nth];
  index.def.number = evolving->equals[nth];
  TRY(model__entries(txn, evolving->now, &index, document, key_part, &txn->fresh, err));
  for (uint32_t i = 0; i < txn->fresh.count; i++) {
    bool is_first = true;
    if (txn->fresh.items[i].is_unique)
      TRY(first_of(evolving, &txn->fresh.items[i], &is_first, err));
    if (!is_first) return model__fail_duplicate(evolving->now, &index, document, NULL, err);
  }
  return LUMA_OK;
}

static status look_at_indexes(struct evolving *evolving, const struct doc *document,
                              struct err *err) {
  struct model_txn *txn = evolving->txn;
  struct val key = model__key_of(document);
  if (!evolving->any_fill && !evolving->looks_up) return LUMA_OK;
  buf_reset(&txn->keys);
  TRY(model__record_key(&txn->keys, evolving->now, &key, err));
  struct slice key_part = model__key_part(buf_slice(&txn->keys));
  for (uint32_t i = 0; i < evolving->now->indexes_count; i++) {
    if (evolving->fills[i])
      TRY(fill_index(evolving, &evolving->now->indexes[i], document, key_part, err));
    if (evolving->equals[i]) TRY(find_equal(evolving, i, document, key_part, err));
  }
  return LUMA_OK;
}

static status take_in(struct evolving *evolving, const struct doc *document, struct err *err) {
  TRY(look_at_indexes(evolving, document, err));
  if (evolving->brings_references) TRY(evolve__check_references(evolving, document, err));
  return evolve__take_into_limits(evolving, document, err);
}

static status take_in_some(struct evolving *evolving, const struct doc *documents, uint32_t count,
                           struct err *err) {
  bool fits[EVOLVE_AT_ONCE];
  TRY(check_some(evolving, documents, count, fits, err));
  for (uint32_t i = 0; i < count; i++) {
    struct err why = {0};
    if (!fits[i]) continue;
    status result = take_in(evolving, &documents[i], &why);
    if (result != LUMA_OK && !is_beings(result)) {
      if (err) err_raise(err, result, why.file, why.source_line, "%s", why.message);
      return result;
    }
    if (result != LUMA_OK) evolve__note(evolving, &documents[i], &why);
  }
  return LUMA_OK;
}

bool evolve__may_have_written(const struct evolving *evolving) {
  const struct model_txn *txn = evolving->txn;
  bool may = txn->guarded_count == MODEL_GUARDED_MAX;
  for (uint32_t i = 0; i < txn->guarded_count; i++)
    may |= txn->guarded[i] == evolving->base->number;
  return may;
}

/* What is made to be looked at is kept for those who read after the commit; not of beings that the
 * transaction itself may have written: their versions are not known. */
static struct kept_values *keeps(const struct evolving *evolving) {
  if (evolve__may_have_written(evolving) || evolving->request->dry_run || !evolving->evolution)
    return NULL;
  return evolving->evolution->kept;
}

/* ---- going over them ---- */

/* All beings, and what is looked at of them. */
struct looking {
  struct evolving *evolving;
  struct evolve_narrowed narrowed;
  bool is_part; /* at what is narrowed alone */
  bool fits[EVOLVE_AT_ONCE];
  struct store_rows rows;
};

static uint32_t count_unfit(const struct looking *looking, uint32_t count) {
  uint32_t unfit = 0;
  for (uint32_t i = 0; i < count; i++) unfit += !looking->fits[i];
  return unfit;
}

/* Why the first ones do not fit is told by all that they are. */
static status take_in_whole(struct looking *looking, struct doc *documents, uint32_t count,
                            struct err *err) {
  struct evolving *evolving = looking->evolving;
  struct val keys[EVOLVE_AT_ONCE];
  struct store_pins pins = {0};
  for (uint32_t i = 0; i < count; i++) keys[i] = model__key_of(&documents[i]);
  status result = model_get_many(evolving->txn, evolving->now, keys, count, documents, &pins, err);
  if (result == LUMA_OK) result = take_in_some(evolving, documents, count, err);
  store_pins_release(&pins);
  return result;
}

static status look_at_some(void *context, struct doc *documents, uint32_t count, bool *goes_on,
                           struct err *err) {
  struct looking *looking = context;
  struct evolving *evolving = looking->evolving;
  (void)goes_on;
  if (!looking->is_part) return take_in_some(evolving, documents, count, err);
  status sifted = model__fit_narrowed(evolving->txn, evolving->now, &looking->narrowed.rules,
                                      documents, count, looking->fits, err);
  if (is_beings(sifted)) {
    err_reset(err);
    return take_in_whole(looking, documents, count, err);
  }
  TRY(sifted);
  uint32_t unfit = count_unfit(looking, count);
  if (unfit && evolving->in_the_way < EVOLVE_FIRST)
    return take_in_whole(looking, documents, count, err);
  evolving->in_the_way += unfit;
  return LUMA_OK;
}

static status look_at_all(struct looking *looking, struct err *err) {
  struct evolving *evolving = looking->evolving;
  struct model_reads reads = {looking->narrowed.names, looking->narrowed.names_count};
  struct model_walk walk = {.look = look_at_some, .context = looking};
  struct evolve_sieve sieve;
  bool are_right;
  if (!looking->is_part) return model_walk(evolving->txn, evolving->now, &walk, err);
  TRY(evolve__look_in_parts(evolving, &looking->narrowed, &are_right, err));
  if (are_right) return LUMA_OK;
  status result = evolve__sieve_open(&sieve, evolving->now, &looking->narrowed, err);
  walk.reads = &reads;
  walk.sieve = &sieve.head;
  if (result == LUMA_OK) result = model_walk(evolving->txn, evolving->now, &walk, err);
  evolve__sieve_close(&sieve);
  return result;
}

status evolve__look(struct evolving *evolving, struct err *err) {
  struct looking *looking = mem_alloc(sizeof *looking);
  if (!looking) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to look at beings");
  looking->evolving = evolving;
  evolving->rows = &looking->rows;
  evolving->txn->is_looking = true;
  evolving->txn->keeps = keeps(evolving);
  status result = evolve__narrowed(evolving, &looking->narrowed, &looking->is_part, err);
  if (result == LUMA_OK) result = evolve__begin_reading(evolving, err);
  if (result == LUMA_OK) result = look_at_all(looking, err);
  evolve__end_reading(evolving);
  evolving->txn->is_looking = false;
  evolving->txn->keeps = NULL;
  mem_free(looking);
  return result;
}
