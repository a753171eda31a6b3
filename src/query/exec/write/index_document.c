/* SPDX-License-Identifier: MIT */
#include "query/exec/write/index_document.h"

#include "value/json/json.h"

enum { INDEX_VERSION = 2 };

void index_document_field(struct build *build, const char *name, struct val value) {
  build_name(build, slice_of_text(name));
  build_put(build, &value);
}

status index_document_read(struct exec *exec, struct slice json, struct val *value,
                           struct err *err) {
  const struct json_read_options options = {.form = JSON_TAGGED};
  struct buf out;
  struct val read;
  buf_init(&out, DOC_BYTES_MAX);
  status done = json_read_once(json, &options, &out, &read, err);
  if (done == LUMA_OK) done = expr_copy_value(exec->arena, &read, value, err);
  buf_deinit(&out);
  return done;
}

/** A path as MongoDB writes it: names and places between dots. */
static void name_path(struct build *build, const struct path *path) {
  struct buf text;
  buf_init(&text, DOC_BYTES_MAX);
  for (uint32_t i = 0; i < path->count; i++) {
    if (i) buf_append_byte(&text, '.');
    if (path->steps[i].is_name)
      buf_append_slice(&text, path->steps[i].name);
    else
      buf_append_format(&text, "%d", (int)path->steps[i].index);
  }
  build_name(build, buf_slice(&text));
  buf_deinit(&text);
}

struct val index_document_way(const struct index_key *key) {
  if (key->hashed) return val_text(slice_of_text("hashed"));
  return val_int32(key->descending ? -1 : 1);
}

void index_document_put_keys(const struct catalog_index *index, struct build *build) {
  build_begin_map(build);
  if (!index) index_document_field(build, "_id", val_int32(1));
  for (uint32_t i = 0; index && i < index_def_written(&index->def); i++) {
    const struct index_key *key = index_def_key(&index->def, i);
    if (key->expression.bytes)
      build_name(build, key->expression);
    else
      name_path(build, &key->path);
    struct val way = index_document_way(key);
    build_put(build, &way);
  }
  build_end(build);
}

/** wildcardProjection: the paths that the index has, or has not. "a.$**" says it by itself. */
static void put_wildcard(const struct catalog_index *index, struct build *build) {
  struct slice rest = index->def.wildcard;
  bool has_key = rest.bytes && rest.data[0] == INDEX_WILDCARD_KEY;
  if (rest.bytes <= 1 && !has_key) return;
  if (index->def.keys[index_wildcard_at(&index->def)].path.count > 1) return;
  build_name(build, slice_of_text("wildcardProjection"));
  build_begin_map(build);
  if (has_key) index_document_field(build, "_id", val_int32(1));
  for (size_t at = 1; at < rest.bytes;) {
    const uint8_t *end = memchr(rest.data + at, 0, rest.bytes - at);
    size_t bytes = end ? (size_t)(end - rest.data) - at : rest.bytes - at;
    struct val shown = val_int32(rest.data[at] == INDEX_WILDCARD_WITH);
    build_name(build, slice_of(rest.data + at + 1, bytes - 1));
    build_put(build, &shown);
    at += bytes + 1;
  }
  build_end(build);
}

/** One without has to say so where its collection has one. */
static status put_collation(struct exec *exec, const struct collection *collection,
                            const struct catalog_index *index, struct build *build,
                            struct err *err) {
  static const char simple[] = "{\"locale\":\"simple\"}";
  struct val spec;
  bool is_simple = index->def.collation.bytes == 0;
  if (is_simple && collection->rules.collation.bytes == 0) return LUMA_OK;
  if (is_simple) {
    TRY(index_document_read(exec, slice_of_text(simple), &spec, err));
    index_document_field(build, "collation", spec);
    return LUMA_OK;
  }
  TRY(index_document_read(exec, index->def.collation, &spec, err));
  index_document_field(build, "collation", spec);
  return LUMA_OK;
}

/** MongoDB's filter, or the text of an SQL condition. */
static status put_condition(struct exec *exec, const struct catalog_index *index,
                            struct build *build, struct err *err) {
  struct val condition;
  if (index->condition.text.bytes == 0) return LUMA_OK;
  if (index->condition.kind != SOUL_RULE_MATCH) {
    index_document_field(build, "condition", val_text(index->condition.text));
    return LUMA_OK;
  }
  TRY(index_document_read(exec, index->condition.text, &condition, err));
  index_document_field(build, "partialFilterExpression", condition);
  return LUMA_OK;
}

status index_document_put(struct exec *exec, const struct collection *collection,
                          const struct catalog_index *index, struct build *build, struct err *err) {
  build_begin_map(build);
  index_document_field(build, "v", val_int32(INDEX_VERSION));
  build_name(build, slice_of_text("key"));
  index_document_put_keys(index, build);
  index_document_field(build, "name",
                       index ? val_text(index->name) : val_text(slice_of_text("_id_")));
  if (index && index->def.unique) index_document_field(build, "unique", val_bool(true));
  if (index && index->def.sparse) index_document_field(build, "sparse", val_bool(true));
  if (index && index->hidden) index_document_field(build, "hidden", val_bool(true));
  if (index && index->expires)
    index_document_field(build, "expireAfterSeconds", val_int32((int32_t)index->expire_s));
  if (index) put_wildcard(index, build);
  if (index) TRY(put_collation(exec, collection, index, build, err));
  if (index) TRY(put_condition(exec, index, build, err));
  build_end(build);
  return LUMA_OK;
}

static bool has_key(const struct index_key *key, const struct plan_index_key *asked) {
  return key->descending == asked->descending && key->hashed == asked->hashed &&
         path_is_equal(&key->path, &asked->path);
}

bool index_document_has_keys(const struct catalog_index *index, const struct plan *plan) {
  bool same = index_def_written(&index->def) == plan->index_keys_count;
  for (uint32_t i = 0; same && i < plan->index_keys_count; i++)
    same = has_key(index_def_key(&index->def, i), &plan->index_keys[i]);
  return same;
}

bool index_document_is_alike(const struct catalog_index *index, const struct plan *plan) {
  enum soul_rule_kind kind = plan->index_matches ? SOUL_RULE_MATCH : SOUL_RULE_LASTING;
  bool has_condition = plan->index_condition.bytes > 0;
  return slice_is_equal(index->def.wildcard, plan->index_wildcard) &&
         slice_is_equal(index->def.collation, plan->index_collation) &&
         index->def.unique == plan->unique && index->def.sparse == plan->sparse &&
         slice_is_equal(index->condition.text, plan->index_condition) &&
         (!has_condition || index->condition.kind == kind) && index_document_has_keys(index, plan);
}
