/* SPDX-License-Identifier: MIT */
#include "model/catalog/picture.h"

#include <stdio.h>

#include "base/mem/arena.h"
#include "base/mem/mem.h"
#include "base/text/suggest.h"

/* A collection of a picture with its own memory, so that pictures can share it. */
struct holder {
  struct collection collection; /* first: a collection's address is its holder's */
  struct collection_shared *shared;
  struct arena arena;
  uint32_t references;
};

struct catalog {
  uint32_t references, count;
  struct holder **holders;
};

enum { HOLDER_CHUNK_BYTES = 1024 };

status collection_shared_create(uint32_t number, struct collection_shared **shared,
                                struct err *err) {
  struct collection_shared *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a collection");
  status result = names_create(number, &made->names, err);
  if (result != LUMA_OK) {
    mem_free(made);
    return result;
  }
  mutex_init(&made->lock);
  mutex_init(&made->learning.lock);
  mutex_init(&made->learning.rebuild);
  learned_init(&made->learning.learned);
  buf_init(&made->learning.pending, LEARNING_PENDING_BYTES_MAX);
  made->references = 1;
  *shared = made;
  return LUMA_OK;
}

void collection_shared_release(struct collection_shared *shared) {
  if (__atomic_sub_fetch(&shared->references, 1, __ATOMIC_ACQ_REL) > 0) return;
  learned_deinit(&shared->learning.learned);
  buf_deinit(&shared->learning.pending);
  mutex_deinit(&shared->learning.rebuild);
  mutex_deinit(&shared->learning.lock);
  names_destroy(shared->names);
  mutex_deinit(&shared->lock);
  mem_free(shared);
}

/* ---- how often indexes are read ---- */

/* The picture's share in the counter; the first picture makes it. */
static void share_uses(struct catalog_index *index) {
  if (index->uses)
    __atomic_add_fetch(&index->uses->references, 1, __ATOMIC_RELAXED);
  else if ((index->uses = mem_zalloc(1, sizeof *index->uses)))
    index->uses->references = 1;
}

static void release_uses(struct catalog_uses *uses) {
  if (uses && __atomic_sub_fetch(&uses->references, 1, __ATOMIC_ACQ_REL) == 0) mem_free(uses);
}

void catalog_arrival_init(struct catalog_index *arrival, uint32_t number) {
  *arrival =
      (struct catalog_index){.name = slice_of_text("$natural"),
                             .def = {.number = number, .method = INDEX_ARRIVAL, .keys_count = 1},
                             .state = CATALOG_INDEX_PUBLIC};
}

bool collection_is_time_index(const struct collection *collection,
                              const struct catalog_index *index) {
  struct slice field = collection->rules.time_field, name = index->name;
  return field.bytes && name.bytes == field.bytes + 2 && slice_has_prefix(name, field) &&
         memcmp(name.data + field.bytes, "_1", 2) == 0;
}

void catalog_note_use(const struct catalog_index *index) {
  if (index->uses) __atomic_add_fetch(&index->uses->count, 1, __ATOMIC_RELAXED);
}

uint64_t catalog_uses_of(const struct catalog_index *index) {
  return index->uses ? __atomic_load_n(&index->uses->count, __ATOMIC_RELAXED) : 0;
}

void catalog_note_key_use(const struct collection *collection) {
  if (collection->key_uses) __atomic_add_fetch(collection->key_uses, 1, __ATOMIC_RELAXED);
}

uint64_t catalog_key_uses_of(const struct collection *collection) {
  return collection->key_uses ? __atomic_load_n(collection->key_uses, __ATOMIC_RELAXED) : 0;
}

static void holder_release(struct holder *holder) {
  if (__atomic_sub_fetch(&holder->references, 1, __ATOMIC_ACQ_REL) > 0) return;
  soul_release(holder->collection.genotype);
  evolution_release(holder->collection.evolution);
  soul_release(holder->collection.counting.soul);
  evolution_release(holder->collection.counting.through);
  for (uint32_t i = 0; i < holder->collection.indexes_count; i++) {
    index_rules_release(holder->collection.indexes[i].rules);
    evolution_release(holder->collection.indexes[i].through);
    release_uses(holder->collection.indexes[i].uses);
  }
  index_rules_release(holder->collection.validator);
  collection_shared_release(holder->shared);
  arena_deinit(&holder->arena);
  mem_free(holder);
}

static status copy_slice(struct arena *arena, struct slice from, struct slice *to,
                         struct err *err) {
  uint8_t *copy = arena_alloc_text(arena, from.bytes + 1);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  if (from.bytes) memcpy(copy, from.data, from.bytes);
  *to = slice_of(copy, from.bytes);
  return LUMA_OK;
}

static status copy_path(struct arena *arena, const struct path *from, struct path *to,
                        struct err *err) {
  struct path_step *steps = arena_copy(arena, from->steps, from->count * sizeof *steps);
  if (!steps) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  for (uint32_t i = 0; i < from->count; i++) {
    TRY(copy_slice(arena, from->steps[i].name, &steps[i].name, err));
  }
  *to = (struct path){.count = from->count, .steps = steps};
  return LUMA_OK;
}

static status copy_index(struct arena *arena, struct catalog_index *index, struct err *err) {
  TRY(copy_slice(arena, index->name, &index->name, err));
  TRY(copy_slice(arena, index->condition.text, &index->condition.text, err));
  TRY(copy_slice(arena, index->def.wildcard, &index->def.wildcard, err));
  TRY(copy_slice(arena, index->def.collation, &index->def.collation, err));
  for (uint32_t i = 0; i < index->def.keys_count; i++) {
    struct index_key *key = &index->def.keys[i];
    TRY(copy_slice(arena, key->expression, &key->expression, err));
    if (!index_key_is_computed(key)) TRY(copy_path(arena, &key->path, &key->path, err));
  }
  return LUMA_OK;
}

/* Which attribute each name of the dictionary stands for, as far as there are names: ids of names
 * to come are looked up by name. */
static status bind_attributes(struct holder *holder, struct err *err) {
  struct collection *to = &holder->collection;
  uint32_t count = names_count(to->names);
  uint16_t *by_id = arena_zalloc(&holder->arena, count + 1u, sizeof *by_id);
  if (!by_id) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  for (uint32_t i = 0; i < to->genotype->attributes_count; i++) {
    struct slice name = to->genotype->attributes[i].name;
    if (slice_is_equal(name, slice_of_text("id"))) name = slice_of_text("_id");
    uint16_t id = names_find(to->names, name);
    if (id < count) by_id[id] = (uint16_t)(i + 1);
  }
  to->attribute_of_id = by_id;
  to->attribute_of_id_count = count;
  return LUMA_OK;
}

/* Copies everything the collection borrows into the holder's arena. */
static status holder_fill(struct holder *holder, const struct collection *from, struct err *err) {
  struct collection *to = &holder->collection;
  *to = *from;
  to->names = holder->shared->names;
  to->key_uses = &holder->shared->key_uses;
  TRY(copy_slice(&holder->arena, from->name, &to->name, err));
  TRY(copy_slice(&holder->arena, from->view, &to->view, err));
  TRY(copy_slice(&holder->arena, from->source, &to->source, err));
  TRY(copy_slice(&holder->arena, from->steps, &to->steps, err));
  TRY(copy_slice(&holder->arena, from->rules.validator, &to->rules.validator, err));
  TRY(copy_slice(&holder->arena, from->rules.collation, &to->rules.collation, err));
  TRY(copy_slice(&holder->arena, from->rules.time_field, &to->rules.time_field, err));
  TRY(copy_slice(&holder->arena, from->rules.meta_field, &to->rules.meta_field, err));
  if (to->genotype) TRY(bind_attributes(holder, err));
  if (from->arrival) to->arrival = arena_copy(&holder->arena, from->arrival, sizeof *to->arrival);
  if (from->arrival && !to->arrival) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  if (from->indexes_count == 0) return LUMA_OK;
  to->indexes =
      arena_copy(&holder->arena, from->indexes, from->indexes_count * sizeof *to->indexes);
  if (!to->indexes) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  for (uint32_t i = 0; i < to->indexes_count; i++) {
    TRY(copy_index(&holder->arena, &to->indexes[i], err));
  }
  return LUMA_OK;
}

static status holder_create(const struct collection *from, struct collection_shared *shared,
                            struct holder **holder, struct err *err) {
  struct holder *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  arena_init(&made->arena, HOLDER_CHUNK_BYTES, 0);
  made->references = 1;
  made->shared = shared;
  __atomic_add_fetch(&shared->references, 1, __ATOMIC_RELAXED);
  status result = holder_fill(made, from, err);
  if (result != LUMA_OK) {
    /* The caller keeps what it gave: shared's reference goes back without ending it. */
    __atomic_sub_fetch(&shared->references, 1, __ATOMIC_RELAXED);
    arena_deinit(&made->arena);
    mem_free(made);
    return result;
  }
  if (made->collection.genotype) soul_acquire(made->collection.genotype);
  if (made->collection.evolution) evolution_acquire(made->collection.evolution);
  if (made->collection.counting.soul) soul_acquire(made->collection.counting.soul);
  if (made->collection.counting.through) evolution_acquire(made->collection.counting.through);
  for (uint32_t i = 0; i < made->collection.indexes_count; i++) {
    struct catalog_index *index = &made->collection.indexes[i];
    index_rules_acquire(index->rules);
    share_uses(index);
    if (index->through) evolution_acquire(index->through);
  }
  index_rules_acquire(made->collection.validator);
  *holder = made;
  return LUMA_OK;
}

static status picture_create(uint32_t count_max, struct catalog **catalog, struct err *err) {
  struct catalog *made = mem_zalloc(1, sizeof *made);
  struct holder **holders = mem_zalloc(count_max + 1u, sizeof(struct holder *));
  if (!made || !holders) {
    mem_free(made);
    mem_free(holders);
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  }
  *made = (struct catalog){.references = 1, .holders = holders};
  *catalog = made;
  return LUMA_OK;
}

status catalog_create(struct catalog **catalog, struct err *err) {
  return picture_create(0, catalog, err);
}

void catalog_acquire(const struct catalog *catalog) {
  struct catalog *mine = (struct catalog *)(uintptr_t)catalog;
  __atomic_add_fetch(&mine->references, 1, __ATOMIC_RELAXED);
}

void catalog_release(const struct catalog *catalog) {
  struct catalog *mine = (struct catalog *)(uintptr_t)catalog;
  if (!mine || __atomic_sub_fetch(&mine->references, 1, __ATOMIC_ACQ_REL) > 0) return;
  for (uint32_t i = 0; i < mine->count; i++) holder_release(mine->holders[i]);
  mem_free(mine->holders);
  mem_free(mine);
}

static void append_shared(struct catalog *to, struct holder *holder) {
  __atomic_add_fetch(&holder->references, 1, __ATOMIC_RELAXED);
  to->holders[to->count++] = holder;
}

status catalog_with(const struct catalog *base, const struct collection *collection,
                    struct collection_shared *shared, struct catalog **catalog, struct err *err) {
  if (base->count >= CATALOG_COLLECTIONS_MAX) {
    FAIL(err, LUMA_LIMIT_REACHED, "a database holds at most %d collections",
         CATALOG_COLLECTIONS_MAX);
  }
  struct catalog *made;
  TRY(picture_create(base->count + 1, &made, err));
  struct holder *holder = NULL;
  status result = holder_create(collection, shared, &holder, err);
  if (result != LUMA_OK) {
    catalog_release(made);
    return result;
  }
  bool placed = false;
  for (uint32_t i = 0; i < base->count; i++) {
    struct holder *old = base->holders[i];
    if (!placed && slice_compare(collection->name, old->collection.name) <= 0) {
      made->holders[made->count++] = holder;
      placed = true;
    }
    if (old->collection.number != collection->number) append_shared(made, old);
  }
  if (!placed) made->holders[made->count++] = holder;
  *catalog = made;
  return LUMA_OK;
}

status catalog_without(const struct catalog *base, uint32_t number, struct catalog **catalog,
                       struct err *err) {
  TRY(picture_create(base->count, catalog, err));
  for (uint32_t i = 0; i < base->count; i++) {
    if (base->holders[i]->collection.number != number) append_shared(*catalog, base->holders[i]);
  }
  return LUMA_OK;
}

const struct collection *catalog_by_number(const struct catalog *catalog, uint32_t number) {
  for (uint32_t i = 0; i < catalog->count; i++) {
    if (catalog->holders[i]->collection.number == number) return &catalog->holders[i]->collection;
  }
  return NULL;
}

struct collection_shared *catalog_shared(const struct collection *collection) {
  return ((const struct holder *)(const void *)collection)->shared;
}

static const struct collection *find_exact(const struct catalog *catalog, struct slice name) {
  uint32_t low = 0, high = catalog->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    int order = slice_compare(catalog->holders[middle]->collection.name, name);
    if (order == 0) return &catalog->holders[middle]->collection;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

const struct collection *catalog_find(const struct catalog *catalog, struct slice name) {
  const struct collection *found = find_exact(catalog, name);
  if (found) return found;
  for (uint32_t i = 0; i < catalog->count; i++) {
    const struct collection *one = &catalog->holders[i]->collection;
    if (!slice_is_equal_nocase(one->name, name)) continue;
    if (found) return NULL;
    found = one;
  }
  return found;
}

const struct collection *catalog_at(const struct catalog *catalog, uint32_t nth) {
  return nth < catalog->count ? &catalog->holders[nth]->collection : NULL;
}

uint32_t catalog_count_all(const struct catalog *catalog) {
  return catalog->count;
}

uint32_t catalog_count(const struct catalog *catalog) {
  uint32_t count = catalog->count;
  while (count && catalog_is_temporary(catalog->holders[count - 1]->collection.name)) count--;
  return count;
}

status catalog_fail_unknown(const struct catalog *catalog, struct slice name, struct err *err) {
  struct suggest suggest;
  suggest_init(&suggest, name);
  uint32_t lasting = catalog_count(catalog);
  for (uint32_t i = 0; i < lasting; i++) {
    suggest_offer(&suggest, catalog->holders[i]->collection.name);
  }
  status code = err_raise(err, LUMA_UNKNOWN_COLLECTION, __FILE__, __LINE__,
                          "there is no collection `%.*s`", SLICE_ARG(catalog_plain_name(name)));
  if (suggest_is_good(&suggest)) {
    err_hint(err, "did you mean `%.*s`?", SLICE_ARG(suggest.best));
  } else if (catalog->count == 0) {
    err_hint(err, "the database is empty: insert a document or import a file to make a collection");
  }
  return code;
}

const struct catalog_index *collection_index(const struct collection *collection,
                                             struct slice name) {
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    if (slice_is_equal(collection->indexes[i].name, name)) return &collection->indexes[i];
  }
  return NULL;
}
