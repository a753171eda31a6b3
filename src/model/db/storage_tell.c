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

static status holds_attribute(const struct catalog_index *index, struct slice attribute,
                              bool *holds, struct err *err) {
  TRY(index_rules_read(index->rules, attribute, holds, err));
  for (uint32_t i = 0; i < index->def.keys_count; i++) {
    const struct path *path = &index->def.keys[i].path;
    *holds |= path->count && slice_is_equal(path->steps[0].name, attribute);
  }
  return LUMA_OK;
}

static status put_indexes(struct buf *out, const struct collection *collection,
                          struct slice attribute, struct err *err) {
  bool first = true;
  buf_append_text(out, ",\"indexes\":[");
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    const struct catalog_index *index = &collection->indexes[i];
    bool holds = false;
    TRY(holds_attribute(index, attribute, &holds, err));
    if (!holds) continue;
    if (!first) buf_append_byte(out, ',');
    json_write_text(out, index->name);
    first = false;
  }
  buf_append_byte(out, ']');
  return LUMA_OK;
}

static status put_attribute(struct telling *telling, const struct learned_attribute *attribute,
                            int64_t all_bytes, struct err *err) {
  struct buf *out = telling->out;
  bool is_key = slice_is_equal(attribute->name, slice_of_text("_id"));
  double share = all_bytes > 0 ? (double)attribute->bytes / (double)all_bytes : 0.0;
  buf_append_text(out, "{\"attribute\":");
  json_write_text(out, is_key ? slice_of_text("id") : attribute->name);
  buf_append_text(out, ",\"stored\":\"in the document\"");
  put_count(out, "values", attribute->seen);
  put_count(out, "bytes", attribute->bytes);
  buf_append_format(out, ",\"share\":%.4f", share);
  put_compression(out, &telling->documents);
  TRY(put_indexes(out, telling->collection, attribute->name, err));
  buf_append_text(out, "},");
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
  for (uint32_t i = 0; i < learned->count; i++) all_bytes += learned->attributes[i]->bytes;
  buf_append_byte(out, '[');
  for (uint32_t i = 0; i < learned->count; i++) {
    if (learned->attributes[i]->seen > 0)
      TRY(put_attribute(telling, learned->attributes[i], all_bytes, err));
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

status model_describe_storage(struct model_txn *txn, struct slice name, struct buf *out,
                              struct err *err) {
  struct telling telling = {
      .txn = txn, .collection = model_collection_of_soul(txn, name), .out = out};
  if (!telling.collection) return catalog_fail_unknown(txn->catalog, name, err);
  TRY(measure(txn, STORE_RECORDS, telling.collection->number, &telling.documents, err));
  return model__with_learned(txn, telling.collection, tell, &telling, err);
}
