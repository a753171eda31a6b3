/* SPDX-License-Identifier: MIT */
/* Reading a genotype as a whole; souls in memory. */
#include "model/soul/soul.h"

#include <stdio.h>

#include "base/hash/sha256.h"
#include "base/mem/mem.h"
#include "model/soul/declared.h"
#include "model/soul/soul_int.h"
#include "value/json/json.h"

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { SOUL_CHUNK_BYTES = 4096 };

static struct soul_place at(const char *name) {
  return (struct soul_place){.name = slice_of_text(name)};
}

/* ---- relations: references with a name of their own ---- */

static struct soul_attribute *find_attribute(const struct soul *soul, struct slice name) {
  for (uint32_t i = 0; i < soul->attributes_count; i++) {
    if (slice_is_equal(soul->attributes[i].name, name)) return &soul->attributes[i];
  }
  return NULL;
}

/* The relation as an attribute's map: {"type": "ref(users)", …}, or a list of references. */
static void put_relation(struct build *build, struct slice name, const struct val *relation) {
  struct val target = *relation;
  if (relation->type == VAL_MAP)
    target = soul__member(relation, NAMES("soul", "ref", "to", "target"), NULL);
  struct val many = val_field(relation, slice_of_text("many"));
  struct val kind = val_field(relation, slice_of_text("type"));
  bool is_many = (many.type == VAL_BOOL && many.boolean) ||
                 (kind.type == VAL_TEXT && slice_is_equal(val_slice(&kind), slice_of_text("many")));
  char text[SOUL_NAME_BYTES_MAX * 2];
  int bytes = snprintf(text, sizeof text, is_many ? "list<ref(%.*s)>" : "ref(%.*s)",
                       target.type == VAL_TEXT ? (int)target.bytes : 0,
                       (const char *)(target.type == VAL_TEXT ? target.data : NULL));
  struct val type = val_text(slice_of(text, (size_t)bytes < sizeof text ? (size_t)bytes : 0));
  build_name(build, name);
  build_begin_map(build);
  build_name(build, slice_of_text("type"));
  build_put(build, &type);
  for (uint32_t i = 0; relation->type == VAL_MAP && i < val_count(relation); i++) {
    static const char *const kept[] = {"required", "on_delete", "onDelete",   "unique",
                                       "index",    "immutable", "description"};
    struct slice key;
    struct val value = val_field_at(relation, i, &key);
    for (size_t k = 0; k < sizeof kept / sizeof kept[0]; k++) {
      if (!slice_is_equal(key, slice_of_text(kept[k]))) continue;
      build_name(build, key);
      build_put(build, &value);
    }
  }
  build_end(build);
}

static void append_attributes(struct soul_reading *reading, const struct soul_attribute *more,
                              uint32_t count) {
  struct soul *soul = reading->soul;
  struct soul_attribute *all = soul__room(reading, soul->attributes_count + count, sizeof *all);
  if (!all) return;
  if (soul->attributes_count) memcpy(all, soul->attributes, soul->attributes_count * sizeof *all);
  soul->attributes = all;
  for (uint32_t i = 0; i < count; i++) {
    struct soul_attribute *same = find_attribute(soul, more[i].name);
    if (same && same->type.kind == SOUL_REF)
      all[same - soul->attributes].on_delete = more[i].on_delete;
    else if (!same)
      all[soul->attributes_count++] = more[i];
  }
}

static void check_relation(struct soul_reading *reading, const struct soul_place *place,
                           const struct val *relation) {
  if (relation->type != VAL_MAP) return;
  soul__check_keys(reading, place, relation,
                   NAMES("soul", "ref", "to", "target", "many", "type", "required", "on_delete",
                         "onDelete", "unique", "index", "immutable", "description"));
  (void)soul__flag(reading, place, relation, NAMES("many"), false);
}

void soul__read_relations(struct soul_reading *reading, const struct val *relations) {
  struct soul_place top = at("relations");
  if (val_is_null(relations)) return;
  if (relations->type != VAL_MAP) {
    soul__fault(reading, &top, "type", relations, "must be a map of relations");
    return;
  }
  struct buf out;
  struct build build;
  struct slice built;
  buf_init(&out, SOUL_TEXT_BYTES_MAX);
  build_init(&build, &out, NULL);
  build_begin_map(&build);
  for (uint32_t i = 0; i < val_count(relations); i++) {
    struct slice name;
    struct val relation = val_field_at(relations, i, &name);
    struct soul_place here = {.up = &top, .name = name};
    check_relation(reading, &here, &relation);
    put_relation(&build, name, &relation);
  }
  build_end(&build);
  if (soul__built(reading, &build, &built)) {
    struct val map = val_decode(built, NULL);
    struct soul_attribute *more = NULL;
    uint32_t count = 0;
    soul__read_attributes(reading, &top, &map, &more, &count);
    append_attributes(reading, more, count);
  }
  build_deinit(&build);
  buf_deinit(&out);
}

/* ---- the whole ---- */

static void read_genesis(struct soul_reading *reading, const struct val *genotype) {
  struct soul_place top = at("genesis");
  struct val genesis = val_field(genotype, top.name);
  if (val_is_null(&genesis)) genesis = *genotype;
  if (genesis.type != VAL_MAP) {
    soul__fault(reading, &top, "type", &genesis, "must be a map");
    return;
  }
  struct soul_place version_place = {.up = &top, .name = slice_of_text("version")};
  struct val version = val_field(&genesis, version_place.name);
  reading->soul->name = soul__text(reading, &top, &genesis, NAMES("name", "title"));
  reading->soul->description = soul__text(reading, &top, &genesis, NAMES("description"));
  if (version.type == VAL_TEXT) {
    reading->soul->version = soul__keep_text(reading, val_slice(&version));
  } else if (val_is_number(&version)) {
    struct buf text;
    struct json_write_options options = {0};
    buf_init(&text, 128);
    json_write(&text, &version, &options);
    reading->soul->version = soul__keep_text(reading, buf_slice(&text));
    buf_deinit(&text);
  } else if (!val_is_null(&version)) {
    soul__fault(reading, &version_place, "type", &version, "must be a text or a number");
  }
}

static void read_required(struct soul_reading *reading, const struct val *genotype) {
  struct soul_place place = at("required");
  struct val list = val_field(genotype, place.name);
  soul__require(reading, &place, &list, reading->soul->attributes, reading->soul->attributes_count);
}

static void read_all(struct soul_reading *reading, const struct val *genotype,
                     const struct val *beside) {
  struct soul_place attributes = {0};
  struct val map = soul__member(genotype, NAMES("attributes", "properties"), &attributes);
  soul__check_keys(reading, NULL, genotype,
                   NAMES("genesis", "attributes", "properties", "relations", "functions",
                         "constraints", "required", "name", "title", "version", "description",
                         "type", "alias", "population", "open", "indexes", "$schema", "$id"));
  struct val genesis = val_field(genotype, slice_of_text("genesis"));
  if (!val_is_null(&genesis))
    soul__check_texts(reading, NULL, genotype, NAMES("name", "title", "description"));
  read_genesis(reading, genotype);
  if (map.type != VAL_MISSING)
    soul__read_attributes(reading, &attributes, &map, &reading->soul->attributes,
                          &reading->soul->attributes_count);
  struct val relations = val_field(genotype, slice_of_text("relations"));
  struct val functions = val_field(genotype, slice_of_text("functions"));
  struct val constraints = val_field(genotype, slice_of_text("constraints"));
  soul__read_relations(reading, &relations);
  read_required(reading, genotype);
  soul__read_functions(reading, &functions);
  soul__read_constraints(reading, &constraints);
  soul__read_settings(reading, genotype, beside);
  soul__gather_rules(reading);
  if (reading->failed == LUMA_OK) soul__check_rules(reading);
}

static void make_hash(struct soul *soul, struct err *err, status *failed) {
  struct buf text;
  buf_init(&text, 4 * SOUL_TEXT_BYTES_MAX);
  soul_write(&text, soul, SOUL_CANONICAL);
  *failed = buf_check(&text, "the genotype", err);
  sha256(buf_slice(&text), soul->hash);
  buf_deinit(&text);
}

static status read_into(struct soul *soul, const struct val *genotype, bool is_given,
                        struct err *err) {
  struct soul_reading reading = {.soul = soul, .arena = &soul->arena, .is_given = is_given};
  struct val inner = val_field(genotype, slice_of_text("genotype"));
  const struct val *beside = inner.type == VAL_MAP ? genotype : NULL;
  soul_faults_init(&reading.faults);
  if (genotype->type != VAL_MAP)
    soul__fault(&reading, NULL, "type", NULL, "a genotype is a map, not %s",
                val_type_name((enum val_type)genotype->type));
  else
    read_all(&reading, beside ? &inner : genotype, beside);
  /* What the arena refused may look like a fault. */
  if (arena_has_refused(&soul->arena)) reading.failed = LUMA_OUT_OF_MEMORY;
  status result = reading.failed;
  if (result != LUMA_OK)
    err_raise(err, result, __FILE__, __LINE__, "no memory for a genotype");
  else
    result = soul_faults_raise(&reading.faults, LUMA_INVALID_GENOTYPE, "the genotype", err);
  soul_faults_deinit(&reading.faults);
  if (result == LUMA_OK) make_hash(soul, err, &result);
  return result;
}

static status read_soul(const struct val *genotype, const struct soul_rules_ops *ops, bool is_given,
                        struct soul **soul, struct err *err) {
  struct soul *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a soul");
  made->references = 1;
  made->ops = ops;
  mutex_init(&made->lock);
  arena_init(&made->arena, SOUL_CHUNK_BYTES, 0);
  status result = read_into(made, genotype, is_given, err);
  if (result == LUMA_OK)
    *soul = made;
  else
    soul_release(made);
  return result;
}

status soul_read(const struct val *genotype, const struct soul_rules_ops *ops, struct soul **soul,
                 struct err *err) {
  return read_soul(genotype, ops, true, soul, err);
}

bool soul_leaves_open(const struct soul *soul) {
  return soul->settings.has_open ? soul->settings.open : soul->attributes_count == 0;
}

status soul_read_text(struct slice json, const struct soul_rules_ops *ops, struct soul **soul,
                      struct err *err) {
  struct json_read_options options = {.form = JSON_TAGGED, .bytes_max = SOUL_TEXT_BYTES_MAX};
  struct buf out;
  struct val genotype;
  buf_init(&out, DOC_BYTES_MAX);
  status result = json_read_once(json, &options, &out, &genotype, err);
  if (result == LUMA_OK) result = read_soul(&genotype, ops, false, soul, err);
  buf_deinit(&out);
  return result;
}

void soul_acquire(const struct soul *soul) {
  struct soul *mine = (struct soul *)(uintptr_t)soul;
  __atomic_add_fetch(&mine->references, 1, __ATOMIC_RELAXED);
}

void soul_release(const struct soul *soul) {
  struct soul *mine = (struct soul *)(uintptr_t)soul;
  if (!mine || __atomic_sub_fetch(&mine->references, 1, __ATOMIC_ACQ_REL) > 0) return;
  while (mine->programs) {
    struct soul_program *program = mine->programs;
    mine->programs = program->next;
    mine->ops->destroy(program);
  }
  mutex_deinit(&mine->lock);
  mem_free(mine->rules);
  arena_deinit(&mine->arena);
  mem_free(mine);
}

const struct soul_attribute *soul_attribute(const struct soul *soul, struct slice name) {
  if (slice_is_equal(name, slice_of_text("_id"))) name = slice_of_text("id");
  return find_attribute(soul, name);
}

bool soul_is_sensitive(const struct soul *soul, const struct path *path) {
  struct path above = *path;
  const struct soul_attribute *said = soul_declared(soul, path);
  if (said) return said->is_masked;
  while (above.count > 0 && !said) {
    said = soul_declared(soul, &above);
    above.count--;
  }
  return said && said->is_masked;
}

bool soul_hides_keys(const struct soul *soul) {
  const struct soul_attribute *id = soul ? soul_attribute(soul, slice_of_text("id")) : NULL;
  return id && id->is_masked;
}

status soul_take_program(const struct soul *soul, struct soul_program **program, struct err *err) {
  struct soul *mine = (struct soul *)(uintptr_t)soul;
  uint32_t failed;
  *program = NULL;
  if (soul->rules_count == 0) return LUMA_OK;
  mutex_lock(&mine->lock);
  *program = mine->programs;
  if (*program) mine->programs = (*program)->next;
  mutex_unlock(&mine->lock);
  if (*program) return LUMA_OK;
  if (!soul->ops) FAIL(err, LUMA_UNSUPPORTED, "the expressions of a soul cannot be run here");
  return soul->ops->create(soul, soul->rules, soul->rules_count, program, &failed, err);
}

void soul_give_program(const struct soul *soul, struct soul_program *program) {
  struct soul *mine = (struct soul *)(uintptr_t)soul;
  if (!program) return;
  mutex_lock(&mine->lock);
  program->next = mine->programs;
  mine->programs = program;
  mutex_unlock(&mine->lock);
}

void soul_append_hash(struct buf *out, const uint8_t hash[SOUL_HASH_BYTES]) {
  for (int i = 0; i < SOUL_HASH_BYTES; i++) buf_append_format(out, "%02x", hash[i]);
}
