/* SPDX-License-Identifier: MIT */
/* Where the values of a collection live and what they take: each attribute, then the documents as a
 * whole and each index, as they stand in files. Documents are stored in rows, so all attributes
 * share the blocks that are compressed. */
#include "model/db/model_int.h"
#include "value/json/json.h"

struct telling {
  struct model_txn *txn;
  const struct collection *collection;
  struct store_measure documents;
  struct buf *out;
};

static void put_count(struct buf *out, const char *name, int64_t value) {
  buf_append_format(out, ",\"%s\":%lld", name, (long long)(value > 0 ? value : 0));
}

/* How many times smaller the blocks are than what is in them; 1 when nothing is in files. */
static void put_compression(struct buf *out, const struct store_measure *measure) {
  double ratio =
      measure->stored_bytes ? (double)measure->bytes / (double)measure->stored_bytes : 1.0;
  buf_append_format(out, ",\"codec\":\"%s\",\"compression\":%.2f", measure->codec, ratio);
}

static void put_measure(struct buf *out, const struct store_measure *measure) {
  put_count(out, "file_bytes", (int64_t)measure->bytes);
  put_count(out, "stored_bytes", (int64_t)measure->stored_bytes);
  put_compression(out, measure);
}

static status measure(struct model_txn *txn, enum store_space space, uint32_t number,
                      struct store_measure *out, struct err *err) {
  struct keyspace_key prefix = keyspace_number(number), end;
  struct store_range range = model__prefix_range(&prefix, &end);
  return store_measure(txn->store, space, range, out, err);
}

/* Whether the index looks at the attribute, at something inside it, or computes with it. */
static status holds(const struct catalog_index *index, struct slice path, bool *found,
                    struct err *err) {
  struct buf text;
  TRY(index_rules_read(index->rules, path, found, err));
  buf_init(&text, 64 << 10);
  for (uint32_t k = 0; k < index->def.keys_count && !*found; k++) {
    buf_reset(&text);
    path_format(&index->def.keys[k].path, &text);
    bool is_inside = text.bytes > path.bytes && text.data[path.bytes] == '.';
    *found = (is_inside || text.bytes == path.bytes) &&
             slice_is_equal(slice_of(text.data, path.bytes), path);
  }
  buf_deinit(&text);
  return LUMA_OK;
}

static status put_indexes(struct buf *out, const struct collection *collection, struct slice path,
                          struct err *err) {
  bool first = true;
  buf_append_text(out, ",\"indexes\":[");
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    bool found = false;
    TRY(holds(&collection->indexes[i], path, &found, err));
    if (!found) continue;
    if (!first) buf_append_byte(out, ',');
    json_write_text(out, collection->indexes[i].name);
    first = false;
  }
  buf_append_byte(out, ']');
  return LUMA_OK;
}

/* kids[].nick: indexes call it kids.nick. */
static void drop_brackets(struct buf *path) {
  size_t kept = 0;
  for (size_t i = 0; i < path->bytes; i++) {
    bool is_bracket = path->data[i] == '[' && i + 1 < path->bytes && path->data[i + 1] == ']';
    if (!is_bracket) path->data[kept++] = path->data[i];
    i += is_bracket;
  }
  path->bytes = kept;
}

static status put_attribute(struct telling *telling, const struct learned_attribute *attribute,
                            int64_t all_bytes, struct err *err) {
  struct buf *out = telling->out;
  struct buf path;
  double share = all_bytes > 0 ? (double)attribute->bytes / (double)all_bytes : 0.0;
  buf_init(&path, 64 << 10);
  learned_format_path(&path, attribute);
  buf_append_text(out, "{\"attribute\":");
  json_write_text(out, buf_slice(&path));
  buf_append_text(out, ",\"stored\":\"in the document\"");
  put_count(out, "values", attribute->seen);
  put_count(out, "bytes", attribute->bytes);
  buf_append_format(out, ",\"share\":%.4f", share);
  put_compression(out, &telling->documents);
  drop_brackets(&path);
  status result = put_indexes(out, telling->collection, buf_slice(&path), err);
  buf_append_text(out, "},");
  buf_deinit(&path);
  return result;
}

/* What is inside is part of what it is in. */
static status put_attributes(struct telling *telling, const struct learned_attribute *attribute,
                             int64_t all_bytes, struct err *err) {
  if (attribute->seen <= 0) return LUMA_OK;
  TRY(put_attribute(telling, attribute, all_bytes, err));
  for (uint16_t i = 0; i < attribute->children_count && !attribute->is_vast; i++)
    TRY(put_attributes(telling, attribute->children[i], all_bytes, err));
  return LUMA_OK;
}

static status put_index(struct telling *telling, const struct catalog_index *index,
                        struct err *err) {
  struct buf *out = telling->out;
  struct store_measure entries;
  TRY(measure(telling->txn, STORE_ENTRIES, index->def.number, &entries, err));
  buf_append_text(out, ",{\"index\":");
  json_write_text(out, index->name);
  buf_append_text(out, ",\"stored\":\"as entries\"");
  put_measure(out, &entries);
  buf_append_byte(out, '}');
  return LUMA_OK;
}

static status tell(void *context, const struct learned *learned, struct err *err) {
  struct telling *telling = context;
  struct buf *out = telling->out;
  int64_t all_bytes = 0;
  for (uint32_t i = 0; i < learned->count; i++)
    all_bytes += learned->attributes[i]->parent ? 0 : learned->attributes[i]->bytes;
  buf_append_byte(out, '[');
  for (uint32_t i = 0; i < learned->count; i++) {
    if (!learned->attributes[i]->parent)
      TRY(put_attributes(telling, learned->attributes[i], all_bytes, err));
  }
  buf_append_text(out, "{\"collection\":");
  json_write_text(out, telling->collection->name);
  buf_append_text(out, ",\"stored\":\"as rows\"");
  put_count(out, "documents", learned->documents);
  put_count(out, "bytes", all_bytes);
  put_measure(out, &telling->documents);
  buf_append_byte(out, '}');
  for (uint32_t i = 0; i < telling->collection->indexes_count; i++)
    TRY(put_index(telling, &telling->collection->indexes[i], err));
  buf_append_byte(out, ']');
  return buf_check(out, "the description", err);
}

status model_measure(struct model_txn *txn, const struct collection *collection,
                     const struct catalog_index *index, struct store_measure *out, bool *known,
                     struct err *err) {
  *known = model_store(txn->model)->ops->measure != NULL;
  return index ? measure(txn, STORE_ENTRIES, index->def.number, out, err)
               : measure(txn, STORE_RECORDS, collection->number, out, err);
}

status model_describe_storage(struct model_txn *txn, struct slice name, struct buf *out,
                              struct err *err) {
  struct telling telling = {
      .txn = txn, .collection = model_collection_of_soul(txn, name), .out = out};
  if (!telling.collection) return model_fail_no_collection(txn, name, err);
  TRY(measure(txn, STORE_RECORDS, telling.collection->number, &telling.documents, err));
  return model__with_learned(txn, telling.collection, tell, &telling, err);
}
