/* SPDX-License-Identifier: MIT */
/* Two souls side by side. Where a collection went from the one to the other its steps tell which
 * attributes got other names on the way: those are told as renamed, and what reads them is compared
 * under the names that they have now. */
#include "model/db/evolve/evolve_int.h"

enum { NOWHERE = -1 };

/* A way from one soul to another by steps of an evolution. */
struct way {
  const struct evolution *evolution;
  uint32_t first, end; /* steps */
  bool is_back;        /* it leads from the newer to the older one */
};

/* The place of a soul among those that a collection has had, the latest; step n leads to place
 * n + 1. */
static int64_t place_of(const struct evolution *evolution, uint32_t number) {
  for (uint32_t i = evolution->steps_count; i > 0; i--)
    if (evolution->steps[i - 1].to == number) return i;
  return evolution->steps_count && evolution->steps[0].from == number ? 0 : NOWHERE;
}

static bool find_way(const struct catalog *catalog, uint32_t from, uint32_t to, struct way *way) {
  for (uint32_t i = 0; i < catalog_count_all(catalog); i++) {
    const struct evolution *evolution = catalog_at(catalog, i)->evolution;
    if (!evolution) continue;
    int64_t begins = place_of(evolution, from), ends = place_of(evolution, to);
    if (begins == NOWHERE || ends == NOWHERE) continue;
    way->evolution = evolution;
    way->is_back = ends < begins;
    way->first = (uint32_t)(way->is_back ? ends : begins);
    way->end = (uint32_t)(way->is_back ? begins : ends);
    return true;
  }
  return false;
}

/* The name that an attribute of the older soul has in the newer one; empty: it went. */
static struct slice follow(const struct way *way, struct slice name) {
  for (uint32_t s = way->first; s < way->end && name.bytes; s++) {
    const struct evolution_step *step = &way->evolution->steps[s];
    for (uint32_t i = 0; i < step->ops_count; i++) {
      const struct evolution_op *op = &step->ops[i];
      if (op->kind == EVOLUTION_SET || !slice_is_equal(op->name, name)) continue;
      if (op->kind == EVOLUTION_DROP) name = slice_of(NULL, 0);
      if (op->to.bytes) name = op->to;
      break; /* what gives a name up comes first */
    }
  }
  return name;
}

/* Maps names of `from` to those that they have in `to`, as far as they are others. */
static void put_names(const struct way *way, const struct soul *from, const struct soul *to,
                      struct build *build) {
  const struct soul *older = way->is_back ? to : from, *newer = way->is_back ? from : to;
  build_begin_map(build);
  for (uint32_t i = 0; i < older->attributes_count; i++) {
    struct slice was = older->attributes[i].name, is = follow(way, was);
    if (!is.bytes || slice_is_equal(was, is) || !soul_attribute(newer, is)) continue;
    struct val name = val_text(way->is_back ? was : is);
    build_name(build, way->is_back ? is : was);
    build_put(build, &name);
  }
  build_end(build);
}

static status compare_renamed(struct soul_versions *versions, const struct val *names,
                              struct buf *out, struct err *err) {
  struct soul_hints hints = {.rename = *names};
  struct soul_diff diff;
  struct soul *renamed = NULL;
  struct arena arena;
  arena_init(&arena, 0, 0);
  /* What cannot be read under the new names is compared as it is written. */
  if (val_count(names)) (void)evolve__rename_soul(versions->old, names, &renamed, NULL);
  versions->renamed = renamed;
  status result = soul_compare(versions, &hints, &arena, &diff, err);
  if (result == LUMA_OK) soul_diff_write(out, &diff);
  soul_release(renamed);
  arena_deinit(&arena);
  return result;
}

static status compare(struct model_txn *txn, const struct soul *from, const struct soul *to,
                      struct buf *out, struct err *err) {
  struct soul_versions versions = {.old = from, .fresh = to};
  struct way way = {0};
  struct buf room;
  struct build build;
  struct slice built;
  buf_init(&room, DOC_BYTES_MAX);
  build_init(&build, &room, NULL);
  bool is_way = find_way(txn->catalog, from->number, to->number, &way);
  if (is_way) put_names(&way, from, to, &build);
  status result = is_way ? build_finish(&build, &built, err) : LUMA_OK;
  if (result == LUMA_OK) {
    struct val names = is_way ? val_decode(built, NULL) : val_missing();
    result = compare_renamed(&versions, &names, out, err);
  }
  build_deinit(&build);
  buf_deinit(&room);
  return result;
}

status model_compare_souls(struct model_txn *txn, struct slice from, struct slice to,
                           struct buf *out, struct err *err) {
  struct soul *old = NULL, *fresh = NULL;
  status result = model__soul_named(txn, from, &old, err);
  if (result == LUMA_OK) result = model__soul_named(txn, to, &fresh, err);
  if (result == LUMA_OK) result = compare(txn, old, fresh, out, err);
  soul_release(old);
  soul_release(fresh);
  return result;
}
