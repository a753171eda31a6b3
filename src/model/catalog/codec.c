/* SPDX-License-Identifier: MIT */
/* A collection's catalog entry: an encoded map with names inline, so that later versions may add
 * fields. */
#include "model/catalog/picture.h"
#include "value/doc/build.h"

static struct slice text(const char *name) {
  return slice_of_text(name);
}

static void put_flag(struct build *build, const char *name, bool value) {
  struct val flag = val_bool(value);
  if (!value) return;
  build_name(build, text(name));
  build_put(build, &flag);
}

static void put_number(struct build *build, const char *name, uint64_t value) {
  struct val number = val_int64((int64_t)value);
  build_name(build, text(name));
  build_put(build, &number);
}

static void put_text(struct build *build, const char *name, struct slice value) {
  struct val string = val_text(value);
  build_name(build, text(name));
  build_put(build, &string);
}

/* A path as a list of its steps: a name as text, an index as a number, one that may be either as a
 * list of both. */
static void put_path(struct build *build, const struct path *path) {
  build_name(build, text("path"));
  build_begin_list(build);
  for (uint32_t i = 0; i < path->count; i++) {
    const struct path_step *step = &path->steps[i];
    struct val name = val_text(step->name), index = val_int64(step->index);
    bool both = step->is_name && step->is_index;
    if (both) build_begin_list(build);
    if (step->is_name) build_put(build, &name);
    if (step->is_index) build_put(build, &index);
    if (both) build_end(build);
  }
  build_end(build);
}

static void put_keys(struct build *build, const struct index_def *def) {
  build_name(build, text("keys"));
  build_begin_list(build);
  for (uint32_t i = 0; i < def->keys_count; i++) {
    build_begin_map(build);
    if (index_key_is_computed(&def->keys[i]))
      put_text(build, "expression", def->keys[i].expression);
    else
      put_path(build, &def->keys[i].path);
    put_flag(build, "descending", def->keys[i].descending);
    put_flag(build, "hashed", def->keys[i].hashed);
    build_end(build);
  }
  build_end(build);
}

static void put_index(struct build *build, const struct catalog_index *index) {
  build_begin_map(build);
  put_text(build, "name", index->name);
  put_number(build, "number", index->def.number);
  put_number(build, "method", index->def.method);
  put_flag(build, "unique", index->def.unique);
  put_flag(build, "multikey", index->def.multikey);
  put_flag(build, "nulls_distinct", index->def.nulls_distinct);
  put_flag(build, "sparse", index->def.sparse);
  put_flag(build, "notes_lists", index->def.notes_lists);
  put_flag(build, "notes_ways", index->def.notes_ways);
  put_flag(build, "notes_parts", index->def.notes_parts);
  put_flag(build, "notes_kinds", index->def.notes_kinds);
  put_flag(build, "notes_nulls", index->def.notes_nulls);
  put_flag(build, "notes_keys", index->def.notes_keys);
  if (index->def.wildcard.bytes) put_text(build, "wildcard", index->def.wildcard);
  if (index->def.collation.bytes) put_text(build, "collation", index->def.collation);
  put_flag(build, "public", index->state == CATALOG_INDEX_PUBLIC);
  put_flag(build, "hidden", index->hidden);
  if (index->expires) put_number(build, "expire_s", index->expire_s);
  if (index->condition.text.bytes)
    put_text(build, index->condition.kind == SOUL_RULE_MATCH ? "match" : "condition",
             index->condition.text);
  put_keys(build, &index->def);
  build_end(build);
}

static void put_numbers(struct build *build, const char *name, const uint32_t *numbers,
                        uint32_t count) {
  if (count == 0) return;
  build_name(build, text(name));
  build_begin_list(build);
  for (uint32_t i = 0; i < count; i++) {
    struct val number = val_int64(numbers[i]);
    build_put(build, &number);
  }
  build_end(build);
}

static void put_series(struct build *build, const struct catalog_rules *rules) {
  put_text(build, "time_field", rules->time_field);
  if (rules->meta_field.bytes) put_text(build, "meta_field", rules->meta_field);
  put_number(build, "granularity", rules->granularity);
  put_number(build, "span_s", rules->span_s);
  if (rules->expires) put_number(build, "expire_s", rules->expire_s);
}

static void put_rules(struct build *build, const struct catalog_rules *rules) {
  if (rules->validator.bytes) put_text(build, "validator", rules->validator);
  if (rules->validation) put_number(build, "validation", rules->validation);
  put_flag(build, "validation_warns", rules->warns);
  if (rules->collation.bytes) put_text(build, "collation", rules->collation);
  if (rules->capped_bytes) put_number(build, "capped_bytes", rules->capped_bytes);
  if (rules->capped_documents) put_number(build, "capped_documents", rules->capped_documents);
  if (rules->time_field.bytes) put_series(build, rules);
}

static void put_collection(struct build *build, const struct collection *collection) {
  build_begin_map(build);
  put_text(build, "name", collection->name);
  put_number(build, "number", collection->number);
  put_number(build, "soul", collection->soul);
  put_number(build, "version", collection->version);
  put_flag(build, "open", collection->open);
  if (collection->learns_since) put_number(build, "learns_since", collection->learns_since);
  if (collection->view.bytes) put_text(build, "view", collection->view);
  if (collection->source.bytes) put_text(build, "genotype", collection->source);
  if (collection->steps.bytes) put_text(build, "evolution", collection->steps);
  put_flag(build, "uncounted_references", collection->has_uncounted);
  put_numbers(build, "limits", collection->limits, collection->limits_count);
  put_numbers(build, "counting", collection->counting.numbers, collection->counting.numbers_count);
  put_rules(build, &collection->rules);
  if (collection->arrival) put_number(build, "arrival", collection->arrival->def.number);
  build_name(build, text("indexes"));
  build_begin_list(build);
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    put_index(build, &collection->indexes[i]);
  }
  build_end(build);
  build_end(build);
}

status catalog_encode(struct buf *out, const struct collection *collection, struct err *err) {
  struct build build;
  struct slice encoded;
  build_init(&build, out, NULL);
  put_collection(&build, collection);
  status result = build_finish(&build, &encoded, err);
  build_deinit(&build);
  return result;
}

/* ---- reading ---- */

static bool get_flag(const struct val *map, const char *name) {
  struct val flag = val_field(map, text(name));
  return flag.type == VAL_BOOL && flag.boolean;
}

static status get_number(const struct val *map, const char *name, uint64_t most, uint64_t *out,
                         struct err *err) {
  struct val number = val_field(map, text(name));
  int64_t value;
  if (!val_is_number(&number) || !val_to_int64(&number, &value) || value < 0 ||
      (uint64_t)value > most) {
    FAIL(err, LUMA_CORRUPT, "a catalog entry has no `%s`", name);
  }
  *out = (uint64_t)value;
  return LUMA_OK;
}

static status copy_text(const struct val *value, struct arena *arena, struct slice *out,
                        struct err *err) {
  if (value->type != VAL_TEXT) FAIL(err, LUMA_CORRUPT, "a catalog entry lacks a text");
  uint8_t *copy = arena_alloc_text(arena, value->bytes + 1u);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  memcpy(copy, value->data, value->bytes);
  *out = slice_of(copy, value->bytes);
  return LUMA_OK;
}

static status get_text(const struct val *map, const char *name, struct arena *arena,
                       struct slice *out, struct err *err) {
  struct val value = val_field(map, text(name));
  return copy_text(&value, arena, out, err);
}

static status get_index_step(const struct val *value, struct path_step *step, struct err *err) {
  int64_t index;
  if (!val_is_number(value) || !val_to_int64(value, &index) || index < INT32_MIN ||
      index > INT32_MAX) {
    FAIL(err, LUMA_CORRUPT, "a step of an index path is neither name nor index");
  }
  step->index = (int32_t)index;
  step->is_index = true;
  return LUMA_OK;
}

static status get_step(const struct val *value, struct arena *arena, struct path_step *step,
                       struct err *err) {
  *step = (struct path_step){0};
  struct val name = value->type == VAL_LIST ? val_at(value, 0) : *value;
  if (name.type == VAL_TEXT) {
    TRY(copy_text(&name, arena, &step->name, err));
    step->is_name = true;
  }
  struct val index = value->type == VAL_LIST ? val_at(value, 1) : *value;
  return index.type == VAL_TEXT ? LUMA_OK : get_index_step(&index, step, err);
}

static status get_path(const struct val *map, struct arena *arena, struct path *path,
                       struct err *err) {
  struct val steps = val_field(map, text("path"));
  uint32_t count = steps.type == VAL_LIST ? val_count(&steps) : 0;
  if (count == 0 || count > PATH_STEPS_MAX)
    FAIL(err, LUMA_CORRUPT, "an index path has %u steps", count);
  path->steps = arena_zalloc(arena, count, sizeof *path->steps);
  if (!path->steps) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  path->count = count;
  for (uint32_t i = 0; i < count; i++) {
    struct val step = val_at(&steps, i);
    TRY(get_step(&step, arena, &path->steps[i], err));
  }
  return LUMA_OK;
}

static status get_key(const struct val *map, struct arena *arena, struct index_key *key,
                      struct err *err) {
  struct val expression = val_field(map, text("expression"));
  if (expression.type == VAL_MISSING) return get_path(map, arena, &key->path, err);
  return copy_text(&expression, arena, &key->expression, err);
}

static status get_keys(const struct val *map, struct arena *arena, struct index_def *def,
                       struct err *err) {
  struct val keys = val_field(map, text("keys"));
  uint32_t count = keys.type == VAL_LIST ? val_count(&keys) : 0;
  if (count == 0 || count > INDEX_KEYS_MAX) FAIL(err, LUMA_CORRUPT, "an index has %u keys", count);
  def->keys_count = count;
  for (uint32_t i = 0; i < count; i++) {
    struct val key = val_at(&keys, i);
    if (key.type != VAL_MAP) FAIL(err, LUMA_CORRUPT, "an index key is not a map");
    TRY(get_key(&key, arena, &def->keys[i], err));
    def->keys[i].descending = get_flag(&key, "descending");
    def->keys[i].hashed = get_flag(&key, "hashed");
  }
  return LUMA_OK;
}

/* The condition of a partial index: in MongoDB's words, or as an expression. */
static status get_condition(const struct val *map, struct arena *arena, struct soul_rule *condition,
                            struct err *err) {
  struct val match = val_field(map, text("match")), expression = val_field(map, text("condition"));
  *condition = (struct soul_rule){.kind = SOUL_RULE_LASTING};
  if (expression.type != VAL_MISSING) return copy_text(&expression, arena, &condition->text, err);
  if (match.type == VAL_MISSING) return LUMA_OK;
  condition->kind = SOUL_RULE_MATCH;
  return copy_text(&match, arena, &condition->text, err);
}

static status get_expiry(const struct val *map, struct catalog_index *index, struct err *err) {
  uint64_t seconds = 0;
  index->expires = val_field(map, text("expire_s")).type != VAL_MISSING;
  if (index->expires) TRY(get_number(map, "expire_s", INT32_MAX, &seconds, err));
  index->expire_s = (uint32_t)seconds;
  return LUMA_OK;
}

static status get_index(const struct val *map, struct arena *arena, struct catalog_index *index,
                        struct err *err) {
  if (map->type != VAL_MAP) FAIL(err, LUMA_CORRUPT, "an index entry is not a map");
  uint64_t number, method;
  TRY(get_text(map, "name", arena, &index->name, err));
  TRY(get_number(map, "number", UINT32_MAX, &number, err));
  TRY(get_number(map, "method", UINT8_MAX, &method, err));
  if (method != INDEX_ORDERED) {
    FAIL(err, LUMA_VERSION_TOO_NEW, "index `%.*s` is of a kind this version does not know",
         SLICE_ARG(index->name));
  }
  index->def.number = (uint32_t)number;
  index->def.method = (uint8_t)method;
  index->def.unique = get_flag(map, "unique");
  index->def.multikey = get_flag(map, "multikey");
  index->def.nulls_distinct = get_flag(map, "nulls_distinct");
  index->def.sparse = get_flag(map, "sparse");
  index->def.notes_lists = get_flag(map, "notes_lists");
  index->def.notes_ways = get_flag(map, "notes_ways");
  index->def.notes_parts = get_flag(map, "notes_parts");
  index->def.notes_kinds = get_flag(map, "notes_kinds");
  index->def.notes_nulls = get_flag(map, "notes_nulls");
  index->def.notes_keys = get_flag(map, "notes_keys");
  index->hidden = get_flag(map, "hidden");
  struct val wildcard = val_field(map, text("wildcard"));
  if (wildcard.type != VAL_MISSING) TRY(copy_text(&wildcard, arena, &index->def.wildcard, err));
  struct val collation = val_field(map, text("collation"));
  if (collation.type != VAL_MISSING) TRY(copy_text(&collation, arena, &index->def.collation, err));
  TRY(get_expiry(map, index, err));
  TRY(get_condition(map, arena, &index->condition, err));
  index->state = get_flag(map, "public") ? CATALOG_INDEX_PUBLIC : CATALOG_INDEX_WRITE_ONLY;
  return get_keys(map, arena, &index->def, err);
}

static status get_numbers(const struct val *map, const char *name, uint32_t *numbers,
                          uint32_t *count, struct err *err) {
  struct val list = val_field(map, text(name));
  uint32_t length = list.type == VAL_LIST ? val_count(&list) : 0;
  if (length > SOUL_LIMITS_MAX) FAIL(err, LUMA_CORRUPT, "a collection has %u limits", length);
  for (*count = 0; *count < length; ++*count) {
    struct val number = val_at(&list, *count);
    int64_t value;
    if (!val_is_number(&number) || !val_to_int64(&number, &value))
      FAIL(err, LUMA_CORRUPT, "a limit of a collection has no number");
    numbers[*count] = (uint32_t)value;
  }
  return LUMA_OK;
}

/* What souls brought to the entry; all of it may be missing. */
static status get_soul(const struct val *map, struct arena *arena, struct collection *collection,
                       struct err *err) {
  struct val source = val_field(map, text("genotype")), steps = val_field(map, text("evolution"));
  if (source.type != VAL_MISSING) TRY(copy_text(&source, arena, &collection->source, err));
  if (steps.type != VAL_MISSING) TRY(copy_text(&steps, arena, &collection->steps, err));
  struct catalog_counting *counting = &collection->counting;
  TRY(get_numbers(map, "limits", collection->limits, &collection->limits_count, err));
  return get_numbers(map, "counting", counting->numbers, &counting->numbers_count, err);
}

static status get_series(const struct val *map, struct arena *arena, struct catalog_rules *rules,
                         struct err *err) {
  uint64_t granularity, span_s, expire_s = 0;
  TRY(get_text(map, "time_field", arena, &rules->time_field, err));
  if (val_field(map, text("meta_field")).type != VAL_MISSING)
    TRY(get_text(map, "meta_field", arena, &rules->meta_field, err));
  TRY(get_number(map, "granularity", CATALOG_OWN_SPAN, &granularity, err));
  TRY(get_number(map, "span_s", INT32_MAX, &span_s, err));
  rules->expires = val_field(map, text("expire_s")).type != VAL_MISSING;
  if (rules->expires) TRY(get_number(map, "expire_s", INT32_MAX, &expire_s, err));
  rules->granularity = (uint8_t)granularity;
  rules->span_s = (uint32_t)span_s;
  rules->expire_s = (uint32_t)expire_s;
  return LUMA_OK;
}

static status get_rules(const struct val *map, struct arena *arena, struct catalog_rules *rules,
                        struct err *err) {
  struct val validator = val_field(map, text("validator"));
  struct val collation = val_field(map, text("collation"));
  uint64_t validation = 0;
  if (validator.type != VAL_MISSING) TRY(copy_text(&validator, arena, &rules->validator, err));
  if (collation.type != VAL_MISSING) TRY(copy_text(&collation, arena, &rules->collation, err));
  if (val_field(map, text("validation")).type != VAL_MISSING)
    TRY(get_number(map, "validation", CATALOG_VALIDATES_NONE, &validation, err));
  rules->validation = (uint8_t)validation;
  rules->warns = get_flag(map, "validation_warns");
  if (val_field(map, text("capped_bytes")).type != VAL_MISSING)
    TRY(get_number(map, "capped_bytes", INT64_MAX, &rules->capped_bytes, err));
  if (val_field(map, text("capped_documents")).type != VAL_MISSING)
    TRY(get_number(map, "capped_documents", INT64_MAX, &rules->capped_documents, err));
  if (val_field(map, text("time_field")).type == VAL_MISSING) return LUMA_OK;
  return get_series(map, arena, rules, err);
}

static status get_arrival(const struct val *map, struct arena *arena, struct collection *collection,
                          struct err *err) {
  uint64_t number = 0;
  if (val_field(map, text("arrival")).type == VAL_MISSING) return LUMA_OK;
  struct catalog_index *made = arena_zalloc(arena, 1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  TRY(get_number(map, "arrival", UINT32_MAX, &number, err));
  catalog_arrival_init(made, (uint32_t)number);
  collection->arrival = made;
  return LUMA_OK;
}

status catalog_decode(struct slice bytes, struct arena *arena, struct collection *collection,
                      struct err *err) {
  TRY(doc_check_value(bytes, NULL, err));
  struct val map = val_decode(bytes, NULL);
  if (map.type != VAL_MAP) FAIL(err, LUMA_CORRUPT, "a catalog entry is not a map");
  *collection = (struct collection){.open = get_flag(&map, "open"),
                                    .has_uncounted = get_flag(&map, "uncounted_references")};
  uint64_t number, soul;
  TRY(get_text(&map, "name", arena, &collection->name, err));
  TRY(get_number(&map, "number", UINT32_MAX, &number, err));
  TRY(get_number(&map, "soul", UINT32_MAX, &soul, err));
  TRY(get_number(&map, "version", INT64_MAX, &collection->version, err));
  collection->number = (uint32_t)number;
  collection->soul = (uint32_t)soul;
  struct val since = val_field(&map, text("learns_since"));
  if (since.type != VAL_MISSING)
    TRY(get_number(&map, "learns_since", INT64_MAX, &collection->learns_since, err));
  struct val view = val_field(&map, text("view"));
  if (view.type != VAL_MISSING) TRY(copy_text(&view, arena, &collection->view, err));
  TRY(get_soul(&map, arena, collection, err));
  TRY(get_rules(&map, arena, &collection->rules, err));
  TRY(get_arrival(&map, arena, collection, err));
  struct val indexes = val_field(&map, text("indexes"));
  uint32_t count = indexes.type == VAL_LIST ? val_count(&indexes) : 0;
  if (count > CATALOG_INDEXES_MAX) FAIL(err, LUMA_CORRUPT, "a collection has %u indexes", count);
  collection->indexes = arena_zalloc(arena, count + 1u, sizeof *collection->indexes);
  if (!collection->indexes) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  for (; collection->indexes_count < count; collection->indexes_count++) {
    struct val index = val_at(&indexes, collection->indexes_count);
    TRY(get_index(&index, arena, &collection->indexes[collection->indexes_count], err));
  }
  return LUMA_OK;
}
