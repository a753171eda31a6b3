/* SPDX-License-Identifier: MIT */
/* Keys of documents: what may be one, their bytes, and saying that one is taken. */
#include "value/key/key.h"
#include "model/db/model_int.h"
#include "value/json/json.h"

enum { SHOWN_BYTES_MAX = 160 };

enum { MONGO_DOLLAR_NAME = 52, MONGO_INVALID_ID = 53 };

static bool can_be_key(enum val_type type) {
  static const enum val_type never[] = {VAL_MISSING, VAL_LIST,   VAL_REGEX, VAL_VECTOR,
                                        VAL_LIGHT,   VAL_MINKEY, VAL_MAXKEY};
  for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
    if (type == never[i]) return false;
  }
  return true;
}

static status check_key(const struct val *key, struct err *err) {
  if (can_be_key(key->type)) return LUMA_OK;
  status code =
      err_raise(err, LUMA_INVALID_VALUE, __FILE__, __LINE__,
                "a value of type %s cannot be the key of a document", val_type_name(key->type));
  err_hint(err, "give text, a number or a ULID, or leave the key out to have one made");
  if (err) err->foreign = MONGO_INVALID_ID;
  return code;
}

/* A reference ($ref, $id) may be one. */
status model__check_new_key(const struct model_txn *txn, const struct val *key, struct err *err) {
  uint32_t count = key->type == VAL_MAP && txn->takes_mongo_keys ? val_count(key) : 0;
  for (uint32_t i = 0; i < count; i++) {
    struct slice name;
    (void)val_field_at(key, i, &name);
    if (i == 0 && slice_is_equal(name, slice_of_text("$ref"))) return LUMA_OK;
    if (name.bytes == 0 || name.data[0] != '$') continue;
    err_raise(err, LUMA_INVALID_VALUE, __FILE__, __LINE__,
              "_id fields may not contain '$'-prefixed fields: %.*s is not valid for storage",
              SLICE_ARG(name));
    if (err) err->foreign = MONGO_DOLLAR_NAME;
    return LUMA_INVALID_VALUE;
  }
  return LUMA_OK;
}

status model_key_encode(struct buf *out, const struct val *key, struct err *err) {
  TRY(check_key(key, err));
  return key_encode(out, key, false, err);
}

status model__record_key(struct buf *out, const struct collection *collection,
                         const struct val *key, struct err *err) {
  uint8_t number[4];
  store32be(number, collection->number);
  buf_append(out, number, sizeof number);
  TRY(model_key_encode(out, key, err));
  return buf_check(out, "a key", err);
}

static void append_shown(struct buf *out, const struct val *value) {
  struct json_write_options options = {.form = JSON_PLAIN};
  size_t from = out->bytes;
  json_write(out, value, &options);
  if (out->bytes - from <= SHOWN_BYTES_MAX) return;
  out->bytes = from + SHOWN_BYTES_MAX;
  while (out->bytes > from && (out->data[out->bytes] & 0xc0) == 0x80) out->bytes--;
  buf_append_text(out, "…");
}

/* A computed key may read any attribute that the index reads. */
static status is_key_sensitive(const struct collection *collection,
                               const struct catalog_index *index, const struct index_key *key,
                               bool *is_sensitive) {
  const struct soul *soul = collection->genotype;
  *is_sensitive = soul && soul_is_sensitive(soul, &key->path);
  for (uint32_t i = 0; soul && index_key_is_computed(key) && i < soul->attributes_count; i++) {
    bool reads = false;
    if (!soul->attributes[i].is_masked) continue;
    TRY(index_rules_read(index->rules, soul->attributes[i].name, &reads, NULL));
    *is_sensitive |= reads;
  }
  return LUMA_OK;
}

/* A document that cannot be: the values of `index` are another's, those of `entry` (NULL: not known
 * which, where there are several); without an index its key is. */
struct duplicate {
  const struct collection *collection;
  const struct catalog_index *index;
  const struct doc *document;
  const struct index_entry *entry;
};

/* `path` = value, for each key of the index. */
static status append_index_values(struct buf *out, const struct collection *collection,
                                  const struct catalog_index *index, const struct doc *document,
                                  struct arena *arena) {
  struct val root = doc_root(document), computed[INDEX_KEYS_MAX];
  bool keeps = true, is_sensitive = false;
  TRY(index_rules_run(index->rules, &root, arena, &keeps, computed, NULL));
  for (uint32_t i = 0; keeps && i < index->def.keys_count; i++) {
    const struct index_key *key = &index->def.keys[i];
    struct val value = index_key_is_computed(key) ? computed[i] : path_get(&key->path, &root);
    TRY(is_key_sensitive(collection, index, key, &is_sensitive));
    buf_append_text(out, i ? ", `" : "`");
    index_key_format(key, out);
    buf_append_text(out, "` = ");
    if (is_sensitive)
      buf_append_text(out, "***");
    else
      append_shown(out, &value);
  }
  return LUMA_OK;
}

/* One field of a detail: the name of a key, and its direction or value. */
static void put_detail(struct buf *out, const struct index_key *key, const struct val *value) {
  const struct json_write_options options = {.form = JSON_RELAXED};
  struct buf name;
  buf_init(&name, MODEL_SCRATCH_BYTES_MAX);
  index_key_format(key, &name);
  json_write_text(out, buf_slice(&name));
  buf_deinit(&name);
  buf_append_byte(out, ':');
  if (value)
    json_write(out, value, &options);
  else
    buf_append_text(out, key->descending ? "-1" : "1");
}

/* Of a list, or of what lies within one, the element that is taken stands in the entry alone.
 * `scratch` has its text. */
static void take_element(const struct catalog_index *index, uint32_t nth,
                         const struct index_entry *entry, struct buf *scratch, struct val *value) {
  enum { NUMBER_BYTES = 4 };
  bool is_whole = value->type != VAL_LIST && value->type != VAL_MISSING;
  struct val element;
  if (is_whole || !entry || index->def.collation.bytes || entry->key.bytes < NUMBER_BYTES) return;
  struct slice left =
      slice_of(entry->key.data + NUMBER_BYTES, entry->key.bytes - (size_t)NUMBER_BYTES);
  for (uint32_t i = 0; i <= nth; i++) {
    bool descends = index->def.keys[i].descending;
    size_t bytes = key_part_bytes(left, descends);
    if (bytes == 0) return;
    if (i == nth &&
        key_decode(slice_of(left.data, bytes), descends, scratch, &element, NULL) == LUMA_OK)
      *value = element;
    left = slice_of(left.data + bytes, left.bytes - bytes);
  }
}

static void put_pattern(struct buf *out, const struct catalog_index *index) {
  buf_append_text(out, ",\"keyPattern\":{");
  for (uint32_t i = 0; i < index->def.keys_count; i++) {
    if (i) buf_append_byte(out, ',');
    put_detail(out, &index->def.keys[i], NULL);
  }
  buf_append_byte(out, '}');
}

/* MongoDB's keyValue; of a sensitive key there is none. */
static status put_values(struct buf *out, const struct duplicate *duplicate, struct arena *arena) {
  const struct catalog_index *index = duplicate->index;
  struct val root = doc_root(duplicate->document), computed[INDEX_KEYS_MAX];
  bool keeps = true, is_sensitive = false;
  struct buf scratch;
  TRY(index_rules_run(index->rules, &root, arena, &keeps, computed, NULL));
  for (uint32_t i = 0; i < index->def.keys_count && !is_sensitive; i++)
    TRY(is_key_sensitive(duplicate->collection, index, &index->def.keys[i], &is_sensitive));
  if (is_sensitive || !keeps) return LUMA_OK;
  buf_append_text(out, ",\"keyValue\":{");
  buf_init(&scratch, MODEL_SCRATCH_BYTES_MAX);
  for (uint32_t i = 0; i < index->def.keys_count; i++) {
    const struct index_key *key = &index->def.keys[i];
    struct val value = index_key_is_computed(key) ? computed[i] : path_get(&key->path, &root);
    take_element(index, i, duplicate->entry, &scratch, &value);
    if (i) buf_append_byte(out, ',');
    put_detail(out, key, &value);
    buf_reset(&scratch);
  }
  buf_deinit(&scratch);
  buf_append_byte(out, '}');
  return LUMA_OK;
}

static void put_key_value(struct buf *out, const struct duplicate *duplicate) {
  const struct json_write_options options = {.form = JSON_RELAXED};
  struct val key = model__key_of(duplicate->document);
  if (soul_hides_keys(duplicate->collection->genotype)) return;
  buf_append_text(out, ",\"keyValue\":{\"_id\":");
  json_write(out, &key, &options);
  buf_append_byte(out, '}');
}

/* Collection, index, keyPattern and keyValue, in JSON with types: what MongoDB tells its users. A
 * value that is too long is left out. */
static void tell_detail(const struct duplicate *duplicate, struct err *err) {
  struct buf out;
  status done = LUMA_OK;
  buf_init(&out, MODEL_SCRATCH_BYTES_MAX);
  buf_append_text(&out, "\"collection\":");
  json_write_text(&out, duplicate->collection->name);
  buf_append_text(&out, ",\"index\":");
  json_write_text(&out, duplicate->index ? duplicate->index->name : slice_of_text("_id_"));
  if (duplicate->index)
    put_pattern(&out, duplicate->index);
  else
    buf_append_text(&out, ",\"keyPattern\":{\"_id\":1}");
  size_t without = out.bytes;
  if (duplicate->index) {
    struct arena arena;
    arena_init(&arena, 0, MODEL_SCRATCH_BYTES_MAX);
    done = put_values(&out, duplicate, &arena);
    arena_deinit(&arena);
  } else {
    put_key_value(&out, duplicate);
  }
  bool is_good = done == LUMA_OK && buf_check(&out, "a detail", NULL) == LUMA_OK;
  if (without <= out.bytes)
    err_detail(err, out.data, is_good && out.bytes < ERR_DETAIL_BYTES ? out.bytes : without);
  buf_deinit(&out);
}

/* What is told to people. */
static status raise_duplicate(const struct duplicate *duplicate, struct err *err) {
  const struct collection *collection = duplicate->collection;
  const struct catalog_index *index = duplicate->index;
  struct buf shown;
  buf_init(&shown, MODEL_SCRATCH_BYTES_MAX);
  status code;
  if (index) {
    struct arena arena;
    arena_init(&arena, 0, MODEL_SCRATCH_BYTES_MAX);
    if (append_index_values(&shown, collection, index, duplicate->document, &arena) != LUMA_OK)
      buf_append_text(&shown, "the same key");
    arena_deinit(&arena);
    code = err_raise(err, LUMA_DUPLICATE_KEY, __FILE__, __LINE__,
                     "another document of `%.*s` has %.*s (unique index `%.*s`)",
                     SLICE_ARG(collection->name), SLICE_ARG(buf_slice(&shown)),
                     SLICE_ARG(index->name));
  } else {
    struct val key = model__key_of(duplicate->document);
    if (soul_hides_keys(collection->genotype))
      buf_append_text(&shown, "***");
    else
      append_shown(&shown, &key);
    code = err_raise(err, LUMA_DUPLICATE_KEY, __FILE__, __LINE__,
                     "`%.*s` has a document with the key %.*s already", SLICE_ARG(collection->name),
                     SLICE_ARG(buf_slice(&shown)));
  }
  buf_deinit(&shown);
  return code;
}

status model__fail_duplicate(const struct collection *collection, const struct catalog_index *index,
                             const struct doc *document, const struct index_entry *entry,
                             struct err *err) {
  const struct duplicate duplicate = {collection, index, document, entry};
  status code = raise_duplicate(&duplicate, err);
  if (err) tell_detail(&duplicate, err);
  return code;
}
