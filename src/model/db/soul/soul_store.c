/* SPDX-License-Identifier: MIT */
/* Souls in the catalog: stored once under their number, found by hash and id, never changed and
 * never deleted, so that every version stays readable. */
#include "base/mem/mem.h"
#include "base/text/num.h"
#include "base/text/suggest.h"
#include "model/db/model_int.h"
#include "value/json/json.h"

enum { CANDIDATES_MAX = 8, SHOWN_BYTES = 8 };

static void put_field(struct build *build, const char *name, struct val value) {
  build_name(build, slice_of_text(name));
  build_put(build, &value);
}

static struct val ulid_of(const uint8_t id[16]) {
  struct val value = {.type = VAL_ULID};
  memcpy(value.id, id, sizeof value.id);
  return value;
}

/* ---- reading ---- */

static status decode_record(struct slice bytes, struct arena *arena,
                            struct model_soul_record *record, struct err *err) {
  TRY(doc_check_value(bytes, NULL, err));
  struct val map = val_decode(bytes, NULL);
  struct val id = val_field(&map, slice_of_text("id")),
             hash = val_field(&map, slice_of_text("hash"));
  struct val parent = val_field(&map, slice_of_text("parent"));
  struct val created = val_field(&map, slice_of_text("created"));
  struct val genotype = val_field(&map, slice_of_text("genotype"));
  if (id.type != VAL_ULID || hash.type != VAL_BYTES || hash.bytes != SOUL_HASH_BYTES ||
      created.type != VAL_TIMESTAMP || genotype.type != VAL_TEXT)
    FAIL(err, LUMA_CORRUPT, "the record of a soul cannot be read");
  memcpy(record->id, id.id, sizeof record->id);
  memcpy(record->hash, hash.data, SOUL_HASH_BYTES);
  record->has_parent = parent.type == VAL_ULID;
  if (record->has_parent) memcpy(record->parent, parent.id, sizeof record->parent);
  record->created_us = created.integer;
  const uint8_t *copy = arena_copy(arena, genotype.data, genotype.bytes);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a soul");
  record->genotype = slice_of(copy, genotype.bytes);
  return LUMA_OK;
}

status model__read_soul(struct store_txn *txn, uint32_t number, struct arena *arena,
                        struct model_soul_record *record, bool *found, struct err *err) {
  struct keyspace_key key = keyspace_soul(number);
  struct store_pins pins = {0};
  struct store_value value = {0};
  *record = (struct model_soul_record){0};
  status result = store_get(txn, STORE_META, keyspace_slice(&key), &value, &pins, err);
  *found = result == LUMA_OK && value.found;
  if (*found) result = decode_record(value.value, arena, record, err);
  store_pins_release(&pins);
  return result;
}

/* The number under a tag and 16 or 32 bytes. */
static status find_number(struct store_txn *txn, uint8_t tag, struct slice name, uint32_t *number,
                          struct err *err) {
  uint8_t key[1 + SOUL_HASH_BYTES];
  struct store_pins pins = {0};
  struct store_value value = {0};
  key[0] = tag;
  memcpy(key + 1, name.data, name.bytes);
  status result = store_get(txn, STORE_META, slice_of(key, name.bytes + 1), &value, &pins, err);
  *number =
      result == LUMA_OK && value.found && value.value.bytes == 4 ? load32be(value.value.data) : 0;
  store_pins_release(&pins);
  return result;
}

status model__find_soul(struct store_txn *txn, const uint8_t hash[SOUL_HASH_BYTES],
                        uint32_t *number, struct err *err) {
  return find_number(txn, 'H', slice_of(hash, SOUL_HASH_BYTES), number, err);
}

/* ---- writing ---- */

static status put_number(struct model_txn *txn, uint8_t tag, struct slice name, uint32_t number,
                         struct err *err) {
  uint8_t key[1 + SOUL_HASH_BYTES], value[4];
  key[0] = tag;
  memcpy(key + 1, name.data, name.bytes);
  store32be(value, number);
  return store_put(txn->store, STORE_META, slice_of(key, name.bytes + 1),
                   slice_of(value, sizeof value), err);
}

static status put_record(struct model_txn *txn, const struct soul *soul, bool has_parent,
                         struct err *err) {
  struct buf text;
  struct build build;
  struct slice built;
  struct keyspace_key key = keyspace_soul(soul->number);
  buf_init(&text, 4 * SOUL_TEXT_BYTES_MAX);
  soul_write(&text, soul, SOUL_CANONICAL);
  buf_reset(&txn->encoded);
  build_init(&build, &txn->encoded, NULL);
  build_begin_map(&build);
  put_field(&build, "id", ulid_of(soul->id));
  put_field(&build, "hash",
            (struct val){.type = VAL_BYTES, .bytes = SOUL_HASH_BYTES, .data = soul->hash});
  if (has_parent) put_field(&build, "parent", ulid_of(soul->parent_id));
  put_field(&build, "created", val_timestamp(soul->created_us));
  put_field(&build, "genotype", val_text(buf_slice(&text)));
  build_end(&build);
  status result = buf_check(&text, "the genotype", err);
  if (result == LUMA_OK) result = build_finish(&build, &built, err);
  build_deinit(&build);
  buf_deinit(&text);
  TRY(result);
  return store_put(txn->store, STORE_META, keyspace_slice(&key), built, err);
}

static void take_identity(struct soul *soul, uint32_t number,
                          const struct model_soul_record *record) {
  soul->number = number;
  soul->created_us = record->created_us;
  memcpy(soul->id, record->id, sizeof soul->id);
  memcpy(soul->hash, record->hash, SOUL_HASH_BYTES);
  if (record->has_parent) memcpy(soul->parent_id, record->parent, sizeof soul->parent_id);
}

status model__store_soul(struct model_txn *txn, struct soul *soul, const struct soul *parent,
                         struct err *err) {
  struct model *model = txn->model;
  struct model_soul_record record;
  uint32_t number;
  bool found;
  TRY(model__find_soul(txn->store, soul->hash, &number, err));
  if (number) {
    TRY(model__read_soul(txn->store, number, &txn->kept, &record, &found, err));
    if (found) take_identity(soul, number, &record);
    if (found) return LUMA_OK;
  }
  uint64_t taken;
  TRY(model__take_numbers(model, &model->sequence_lock, &model->souls,
                          keyspace_sequence(KEYSPACE_SOULS, 0), 1, &taken, err));
  struct val id;
  model_make_key(model, &id);
  soul->number = (uint32_t)taken;
  soul->created_us = (int64_t)os_now_us(model->os);
  memcpy(soul->id, id.id, sizeof soul->id);
  if (parent) memcpy(soul->parent_id, parent->id, sizeof soul->parent_id);
  TRY(put_record(txn, soul, parent != NULL, err));
  TRY(put_number(txn, 'H', slice_of(soul->hash, SOUL_HASH_BYTES), soul->number, err));
  return put_number(txn, 'U', slice_of(soul->id, sizeof soul->id), soul->number, err);
}

status model__renumber_soul(struct model_txn *txn, struct soul *soul, struct err *err) {
  struct model *model = txn->model;
  bool has_parent = false;
  uint64_t taken;
  TRY(model__take_numbers(model, &model->sequence_lock, &model->souls,
                          keyspace_sequence(KEYSPACE_SOULS, 0), 1, &taken, err));
  soul->number = (uint32_t)taken;
  for (size_t i = 0; i < sizeof soul->parent_id; i++) has_parent |= soul->parent_id[i] != 0;
  return put_record(txn, soul, has_parent, err);
}

/* ---- from their stored forms ---- */

static status compile(struct model *model, struct store_txn *txn, struct collection *to,
                      struct soul **soul, struct evolution **evolution, struct err *err) {
  struct model_soul_record record;
  struct arena arena;
  bool found = false;
  TRY(soul_read_text(to->source, model->options.rules, soul, err));
  arena_init(&arena, 0, 0);
  status result = model__read_soul(txn, to->soul, &arena, &record, &found, err);
  if (result == LUMA_OK && found) take_identity(*soul, to->soul, &record);
  arena_deinit(&arena);
  TRY(result);
  to->genotype = *soul;
  if (to->steps.bytes == 0) return LUMA_OK;
  TRY(evolution_read(to->steps, model->options.rules, to->names, evolution, err));
  evolution_keep(*evolution, &model->kept);
  if ((*evolution)->kept) kept_publish((*evolution)->kept);
  to->evolution = *evolution;
  return LUMA_OK;
}

status model__attach_soul(struct model *model, struct store_txn *txn,
                          const struct collection *collection, struct err *err) {
  struct collection with = *collection;
  struct soul *soul = NULL;
  struct evolution *evolution = NULL;
  struct catalog *next = NULL;
  status result = compile(model, txn, &with, &soul, &evolution, err);
  if (result == LUMA_OK)
    result = catalog_with(model->catalog, &with, catalog_shared(collection), &next, err);
  soul_release(soul);
  evolution_release(evolution);
  if (result != LUMA_OK) {
    err_wrap(err, "the soul of `%.*s`", SLICE_ARG(collection->name));
    return result;
  }
  catalog_release(model->catalog);
  model->catalog = next;
  return LUMA_OK;
}

/* ---- finding ---- */

static bool parse_hash(struct slice text, uint8_t hash[SOUL_HASH_BYTES]) {
  if (text.bytes != 2 * SOUL_HASH_BYTES) return false;
  for (int i = 0; i < SOUL_HASH_BYTES; i++) {
    int high = num_hex_digit(text.data[2 * i]), low = num_hex_digit(text.data[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    hash[i] = (uint8_t)(high << 4 | low);
  }
  return true;
}

/* The first digits of a hash as a range of keys: those that may begin with them. */
static bool parse_prefix(struct slice text, uint8_t key[1 + SOUL_HASH_BYTES], size_t *bytes) {
  if (text.bytes < SOUL_HASH_DIGITS_MIN || text.bytes >= 2 * SOUL_HASH_BYTES) return false;
  key[0] = 'H';
  for (size_t i = 0; i < text.bytes; i++) {
    int digit = num_hex_digit(text.data[i]);
    if (digit < 0) return false;
    if (i % 2 == 0) key[1 + i / 2] = (uint8_t)(digit << 4);
    key[1 + i / 2] |= (uint8_t)(i % 2 ? digit : 0);
  }
  *bytes = 1 + (text.bytes + 1) / 2;
  return true;
}

bool model_may_name_soul(struct slice name) {
  uint8_t bytes[1 + SOUL_HASH_BYTES], id[16];
  size_t length;
  return parse_hash(name, bytes) || parse_prefix(name, bytes, &length) ||
         (name.bytes == ULID_TEXT_BYTES && ulid_parse(name, id));
}

static bool begins_with(const uint8_t *hash, struct slice digits) {
  for (size_t i = 0; i < digits.bytes; i++) {
    int nibble = i % 2 ? hash[i / 2] & 15 : hash[i / 2] >> 4;
    if (nibble != num_hex_digit(digits.data[i])) return false;
  }
  return true;
}

/* `7ef6011518795eed…` of `users`, for whoever has to choose. */
static void tell_candidate(const struct catalog *catalog, const uint8_t hash[SOUL_HASH_BYTES],
                           struct buf *told) {
  buf_append_text(told, told->bytes ? ", `" : "`");
  for (int i = 0; i < SHOWN_BYTES; i++) buf_append_format(told, "%02x", hash[i]);
  buf_append_text(told, "…`");
  for (uint32_t i = 0; i < catalog_count(catalog); i++) {
    const struct collection *one = catalog_at(catalog, i);
    if (one->genotype && memcmp(one->genotype->hash, hash, SOUL_HASH_BYTES) == 0)
      buf_append_format(told, " of `%.*s`", SLICE_ARG(one->name));
  }
}

/* Those whose hashes begin so: the first, and how many there are, up to CANDIDATES_MAX, which are
 * told. */
static status find_by_prefix(struct model_txn *txn, struct slice digits, uint32_t *number,
                             uint32_t *count, struct buf *told, struct err *err) {
  uint8_t from[1 + SOUL_HASH_BYTES], to[1] = {'H' + 1};
  size_t bytes;
  struct store_cursor *cursor;
  if (!parse_prefix(digits, from, &bytes)) return LUMA_OK;
  struct store_rows *rows = mem_alloc(sizeof *rows);
  if (!rows) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to find a soul");
  struct store_range range = {.from = slice_of(from, bytes), .to = slice_of(to, sizeof to)};
  status result = store_cursor_open(txn->store, STORE_META, range, false, &cursor, err);
  if (result == LUMA_OK) {
    result = store_cursor_next(cursor, CANDIDATES_MAX, rows, err);
    for (uint32_t i = 0; result == LUMA_OK && i < rows->count; i++) {
      bool is_whole = rows->keys[i].bytes == 1 + SOUL_HASH_BYTES && rows->values[i].bytes == 4;
      if (!is_whole || !begins_with(rows->keys[i].data + 1, digits)) continue;
      if ((*count)++ == 0) *number = load32be(rows->values[i].data);
      tell_candidate(txn->catalog, rows->keys[i].data + 1, told);
    }
    store_cursor_close(cursor);
  }
  mem_free(rows);
  return result;
}

static status fail_several(struct slice name, const struct buf *told, uint32_t *number,
                           struct err *err) {
  *number = 0;
  err_raise(err, LUMA_AMBIGUOUS, __FILE__, __LINE__,
            "several souls have a hash that begins with `%.*s`: %.*s", SLICE_ARG(name),
            SLICE_ARG(buf_slice(told)));
  err_hint(err, "give more of its digits");
  return LUMA_AMBIGUOUS;
}

/* The number of the soul with an id, a hash, or one whose hash begins so; 0 if there is none.
 * LUMA_AMBIGUOUS where several hashes do. */
static status number_of(struct model_txn *txn, struct slice name, uint32_t *number,
                        struct err *err) {
  uint8_t id[16], hash[SOUL_HASH_BYTES];
  uint32_t count = 0;
  *number = 0;
  if (parse_hash(name, hash)) return model__find_soul(txn->store, hash, number, err);
  if (name.bytes == ULID_TEXT_BYTES && ulid_parse(name, id))
    TRY(find_number(txn->store, 'U', slice_of(id, sizeof id), number, err));
  if (*number) return LUMA_OK;
  struct buf told;
  buf_init(&told, 4096);
  status result = find_by_prefix(txn, name, number, &count, &told, err);
  if (result == LUMA_OK && count > 1) result = fail_several(name, &told, number, err);
  buf_deinit(&told);
  return result;
}

/* A soul may have several numbers: see model__renumber_soul. */
static status hash_of(struct model_txn *txn, struct slice name, uint8_t hash[SOUL_HASH_BYTES],
                      bool *found, struct err *err) {
  struct model_soul_record record;
  struct arena arena;
  uint32_t number;
  *found = false;
  TRY(number_of(txn, name, &number, err));
  if (!number) return LUMA_OK;
  arena_init(&arena, 0, 0);
  status result = model__read_soul(txn->store, number, &arena, &record, found, err);
  if (*found) memcpy(hash, record.hash, SOUL_HASH_BYTES);
  arena_deinit(&arena);
  return result;
}

const struct collection *model_collection_of_soul(struct model_txn *txn, struct slice name) {
  const struct collection *found = catalog_find(txn->catalog, name);
  uint8_t hash[SOUL_HASH_BYTES];
  bool is_soul = false;
  if (found || hash_of(txn, name, hash, &is_soul, NULL) != LUMA_OK || !is_soul) return found;
  for (uint32_t i = 0; i < catalog_count_all(txn->catalog); i++) {
    const struct collection *one = catalog_at(txn->catalog, i);
    if (!one->genotype || memcmp(one->genotype->hash, hash, SOUL_HASH_BYTES) != 0) continue;
    if (found) return NULL;
    found = one;
  }
  return found;
}

/* The collection that has had the soul, and has another now. */
static const struct collection *find_evolved(struct model_txn *txn, struct slice name) {
  uint32_t number;
  if (number_of(txn, name, &number, NULL) != LUMA_OK || !number) return NULL;
  for (uint32_t i = 0; i < catalog_count_all(txn->catalog); i++) {
    const struct collection *one = catalog_at(txn->catalog, i);
    for (uint32_t k = 0; one->evolution && k < one->evolution->steps_count; k++)
      if (one->evolution->steps[k].from == number && one->soul != number) return one;
  }
  return NULL;
}

/* Says which collections have the soul, where they are several. */
static status check_shared(struct model_txn *txn, struct slice name, struct err *err) {
  const struct collection *first = NULL;
  uint8_t hash[SOUL_HASH_BYTES];
  bool found = false;
  TRY(hash_of(txn, name, hash, &found, err));
  for (uint32_t i = 0; found && i < catalog_count_all(txn->catalog); i++) {
    const struct collection *one = catalog_at(txn->catalog, i);
    if (!one->genotype || memcmp(one->genotype->hash, hash, SOUL_HASH_BYTES) != 0) continue;
    if (!first) {
      first = one;
      continue;
    }
    err_raise(err, LUMA_AMBIGUOUS, __FILE__, __LINE__,
              "several collections have the soul `%.*s`: `%.*s` and `%.*s`", SLICE_ARG(name),
              SLICE_ARG(first->name), SLICE_ARG(one->name));
    err_hint(err, "name the one that is meant");
    return LUMA_AMBIGUOUS;
  }
  return LUMA_OK;
}

status model_fail_no_collection(struct model_txn *txn, struct slice name, struct err *err) {
  uint32_t number;
  TRY(number_of(txn, name, &number, err)); /* several souls have the first digits of a hash */
  if (number) TRY(check_shared(txn, name, err));
  const struct collection *evolved = find_evolved(txn, name);
  if (!evolved) return catalog_fail_unknown(txn->catalog, name, err);
  err_raise(err, LUMA_UNKNOWN_COLLECTION, __FILE__, __LINE__, "`%.*s` is an older soul of `%.*s`",
            SLICE_ARG(name), SLICE_ARG(evolved->name));
  err_hint(err, "name `%.*s`, or its newest soul", SLICE_ARG(evolved->name));
  return LUMA_UNKNOWN_COLLECTION;
}

/* ---- as JSON ---- */

static void append_id(struct buf *out, const uint8_t id[16]) {
  char text[ULID_TEXT_BYTES];
  ulid_format(id, text);
  buf_append_format(out, "\"%.*s\"", ULID_TEXT_BYTES, text);
}

static void append_identity(struct buf *out, const struct model_soul_record *record) {
  struct val created = val_timestamp(record->created_us);
  struct json_write_options plain = {0};
  buf_append_text(out, "{\"id\":");
  append_id(out, record->id);
  buf_append_text(out, ",\"hash\":\"");
  soul_append_hash(out, record->hash);
  buf_append_text(out, "\",\"parent\":");
  if (record->has_parent)
    append_id(out, record->parent);
  else
    buf_append_text(out, "null");
  buf_append_text(out, ",\"created_at\":");
  json_write(out, &created, &plain);
}

static void append_collection(struct buf *out, const struct collection *collection) {
  buf_append_text(out, ",\"alias\":");
  json_write_text(out, collection->name);
  buf_append_format(out, ",\"open\":%s", collection->open ? "true" : "false");
  if (collection->limits_count == 0 || !collection->genotype) return;
  buf_append_text(out, ",\"population\":");
  soul_write_limits(out, collection->genotype->settings.limits, collection->limits_count);
}

/* The stored form tells types of values exactly; people are shown the plain one. */
static status append_genotype(struct buf *out, struct slice stored, struct err *err) {
  struct json_read_options options = {.form = JSON_TAGGED, .bytes_max = 4 * SOUL_TEXT_BYTES_MAX};
  struct json_write_options plain = {.form = JSON_PLAIN};
  struct buf room;
  struct val genotype;
  buf_init(&room, DOC_BYTES_MAX);
  status result = json_read_once(stored, &options, &room, &genotype, err);
  if (result == LUMA_OK) json_write(out, &genotype, &plain);
  buf_deinit(&room);
  return result;
}

static status fail_no_soul(const struct model_txn *txn, struct slice name, struct err *err) {
  struct suggest suggest;
  suggest_init(&suggest, name);
  for (uint32_t i = 0; i < catalog_count_all(txn->catalog); i++) {
    const struct collection *collection = catalog_at(txn->catalog, i);
    if (collection->genotype) suggest_offer(&suggest, collection->name);
  }
  err_raise(err, LUMA_NOT_FOUND, __FILE__, __LINE__, "there is no soul `%.*s`",
            (int)(name.bytes < 100 ? name.bytes : 100), (const char *)name.data);
  if (suggest_is_good(&suggest))
    err_hint(err, "did you mean `%.*s`?", SLICE_ARG(suggest.best));
  else
    err_hint(err, "souls are named by alias, id or hash; SHOW SOULS lists them");
  return LUMA_NOT_FOUND;
}

/* The soul that an alias, an id or a hash names; what the record points to is in the arena. */
static status read_named(struct model_txn *txn, struct slice name, struct arena *arena,
                         struct model_soul_record *record, uint32_t *number, struct err *err) {
  const struct collection *collection = catalog_find(txn->catalog, name);
  bool found = false;
  *number = collection && collection->genotype ? collection->soul : 0;
  *record = (struct model_soul_record){0};
  if (!*number) TRY(number_of(txn, name, number, err));
  if (*number) TRY(model__read_soul(txn->store, *number, arena, record, &found, err));
  return found ? LUMA_OK : fail_no_soul(txn, name, err);
}

status model_write_soul(struct model_txn *txn, struct slice name, struct buf *out,
                        struct err *err) {
  const struct collection *collection = catalog_find(txn->catalog, name);
  struct model_soul_record record;
  struct arena arena;
  uint32_t number;
  arena_init(&arena, 0, 0);
  status result = read_named(txn, name, &arena, &record, &number, err);
  if (result == LUMA_OK) {
    if (!collection) collection = model_collection_of_soul(txn, name);
    /* A collection without a soul may have the name that is another's hash. */
    if (collection && !collection->genotype) collection = NULL;
    append_identity(out, &record);
    if (collection) append_collection(out, collection);
    buf_append_text(out, ",\"genotype\":");
    if (collection)
      soul_write(out, collection->genotype, SOUL_SHOWN);
    else
      result = append_genotype(out, record.genotype, err);
    buf_append_byte(out, '}');
    if (result == LUMA_OK) result = buf_check(out, "a soul", err);
  }
  arena_deinit(&arena);
  return result;
}

status model__soul_named(struct model_txn *txn, struct slice name, struct soul **soul,
                         struct err *err) {
  struct model_soul_record record;
  struct arena arena;
  uint32_t number;
  arena_init(&arena, 0, 0);
  status result = read_named(txn, name, &arena, &record, &number, err);
  if (result == LUMA_OK)
    result = soul_read_text(record.genotype, txn->model->options.rules, soul, err);
  if (result == LUMA_OK) take_identity(*soul, number, &record);
  arena_deinit(&arena);
  return result;
}

static status append_version(struct model_txn *txn, uint32_t number, struct buf *out,
                             struct err *err) {
  struct model_soul_record record;
  struct arena arena;
  bool found;
  arena_init(&arena, 0, 0);
  status result = model__read_soul(txn->store, number, &arena, &record, &found, err);
  if (result == LUMA_OK && found) {
    append_identity(out, &record);
    buf_append_text(out, ",\"genotype\":");
    result = append_genotype(out, record.genotype, err);
    buf_append_byte(out, '}');
  }
  arena_deinit(&arena);
  return result;
}

/* An evolution that changed values alone goes on with the soul, under another number. */
static status is_same_soul(struct model_txn *txn, uint32_t a, uint32_t b, bool *same,
                           struct err *err) {
  struct model_soul_record one = {0}, other = {0};
  struct arena arena;
  bool has_one = false, has_other = false;
  arena_init(&arena, 0, 0);
  status result = model__read_soul(txn->store, a, &arena, &one, &has_one, err);
  if (result == LUMA_OK) result = model__read_soul(txn->store, b, &arena, &other, &has_other, err);
  *same = has_one && has_other && memcmp(one.hash, other.hash, sizeof one.hash) == 0;
  arena_deinit(&arena);
  return result;
}

static status append_older(struct model_txn *txn, const struct collection *collection,
                           struct buf *out, struct err *err) {
  const struct evolution *evolution = collection->evolution;
  uint32_t newer = collection->soul;
  for (uint32_t i = evolution ? evolution->steps_count : 0; i > 0; i--) {
    uint32_t from = evolution->steps[i - 1].from;
    bool same;
    if (from == 0 || from == evolution->steps[i - 1].to)
      continue; /* it had no soul before, or no other */
    TRY(is_same_soul(txn, from, newer, &same, err));
    newer = from;
    if (same) continue;
    buf_append_byte(out, ',');
    TRY(append_version(txn, from, out, err));
  }
  return LUMA_OK;
}

status model_write_lineage(struct model_txn *txn, struct slice alias, struct buf *out,
                           struct err *err) {
  const struct collection *collection = model_collection_of_soul(txn, alias);
  if (!collection) collection = find_evolved(txn, alias);
  uint32_t number;
  if (!collection) TRY(number_of(txn, alias, &number, err)); /* it may stand for several */
  if (!collection) TRY(check_shared(txn, alias, err));
  if (!collection || !collection->genotype) return fail_no_soul(txn, alias, err);
  buf_append_byte(out, '[');
  TRY(append_version(txn, collection->soul, out, err));
  TRY(append_older(txn, collection, out, err));
  buf_append_byte(out, ']');
  return buf_check(out, "the lineage", err);
}

status model_append_soul_id(struct model_txn *txn, uint32_t number, struct buf *out,
                            struct err *err) {
  struct model_soul_record record;
  struct arena arena;
  bool found = false;
  if (number == 0) return LUMA_OK;
  arena_init(&arena, 0, 0);
  status result = model__read_soul(txn->store, number, &arena, &record, &found, err);
  arena_deinit(&arena);
  char text[ULID_TEXT_BYTES];
  if (result == LUMA_OK && found) {
    ulid_format(record.id, text);
    buf_append(out, text, sizeof text);
  }
  return result;
}
