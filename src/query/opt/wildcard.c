/* SPDX-License-Identifier: MIT */
/* Wildcard indexes: an entry is a path and what is there, perhaps behind values of other keys,
 * which must then be equal. So a condition that holds only where there is such a value is a path
 * that is equal, and that condition on the second part. Conditions that maps, lists, null or
 * nothing at all may satisfy have no entries that say so. */
#include "query/opt/access.h"

static const double share_equal = 0.01, share_range = 0.1, share_exists = 0.12;

static bool is_scalar(const struct val *value) {
  switch ((int)value->type) {
  case VAL_TEXT:
  case VAL_BOOL:
  case VAL_BYTES:
  case VAL_TIMESTAMP:
  case VAL_DATE:
  case VAL_OBJECTID:
  case VAL_ULID:
  case VAL_UUID: return true;
  default: return val_is_number(value);
  }
}

static bool is_known(const struct expr *value) {
  return value && value->kind == EXPR_CONST && is_scalar(&value->value);
}

static bool are_known(const struct ask *ask) {
  const struct expr *first = ask->values_count == 1 ? ask->values[0] : NULL;
  bool is_list = ask->spread && first && first->kind == EXPR_CONST && first->value.type == VAL_LIST;
  bool fits = is_list ? val_count(&first->value) > 0 : ask->values_count > 0;
  for (uint32_t i = 0; fits && is_list && i < val_count(&first->value); i++) {
    struct val element = val_at(&first->value, i);
    fits = is_scalar(&element);
  }
  for (uint32_t i = 0; fits && !is_list && i < ask->values_count; i++)
    fits = is_known(ask->values[i]);
  return fits;
}

static bool is_bounded(const struct ask *ask) {
  return (!ask->low || is_known(ask->low)) && (!ask->high || is_known(ask->high));
}

static bool fits(const struct ask *ask) {
  if (!ask->mongo || ask->computed || ask->is_key || ask->path.count == 0) return false;
  if (ask->kind == ASK_EQUAL) return are_known(ask);
  return ask->kind == ASK_EXISTS || (ask->kind == ASK_RANGE && is_bounded(ask));
}

enum { PATH_TEXT_BYTES_MAX = 64 << 10 };

static void append_path(struct buf *out, const struct path *path) {
  for (uint32_t i = 0; i < path->count; i++) {
    if (i) buf_append_byte(out, '.');
    buf_append_slice(out, path->steps[i].name);
  }
}

/** The path with dots, and `end` behind it. */
static status write_path(struct opt *opt, const struct ask *ask, const char *end,
                         struct slice *text, struct err *err) {
  struct buf out;
  buf_init(&out, PATH_TEXT_BYTES_MAX);
  append_path(&out, &ask->path);
  buf_append_text(&out, end);
  status done = buf_check(&out, "a path", err);
  uint8_t *copy = done == LUMA_OK ? arena_alloc_text(opt->arena, out.bytes + 1) : NULL;
  if (copy) memcpy(copy, out.data, out.bytes);
  *text = slice_of(copy, out.bytes);
  buf_deinit(&out);
  TRY(done);
  return opt__memory(opt, copy, err);
}

static status make_text(struct opt *opt, const struct ask *ask, const char *end,
                        struct expr **value, struct err *err) {
  struct slice text;
  TRY(write_path(opt, ask, end, &text, err));
  *value = expr_const(opt->arena, val_text(text), 0);
  return opt__memory(opt, *value, err);
}

/** The path alone. */
static status make_equal(struct opt *opt, const struct ask *ask, struct plan_part *part,
                         struct err *err) {
  struct expr *value = NULL;
  TRY(make_text(opt, ask, "", &value, err));
  *part = (struct plan_part){.is_equal = true, .mongo = true, .values_count = 1};
  part->values = arena_copy(opt->arena, &value, sizeof value);
  return opt__memory(opt, part->values, err);
}

/** The path and those that go on from it: `/` is what follows `.`. */
static status make_below(struct opt *opt, const struct ask *ask, struct plan_part *part,
                         struct err *err) {
  *part = (struct plan_part){.mongo = true, .high_open = true};
  TRY(make_text(opt, ask, "", &part->low, err));
  return make_text(opt, ask, "/", &part->high, err);
}

static void make_value(const struct ask *ask, struct plan_part *part) {
  bool is_equal = ask->kind == ASK_EQUAL;
  *part = (struct plan_part){.is_equal = is_equal, .mongo = true, .spread = ask->spread};
  part->values = ask->values;
  part->values_count = ask->values_count;
  part->low = ask->low;
  part->high = ask->high;
  part->low_open = ask->low_open;
  part->high_open = ask->high_open;
}

static bool has(struct opt *opt, const struct catalog_index *index, const struct ask *ask,
                struct err *err) {
  struct slice path;
  bool is_right = access_collates(opt, index) || access_is_uncollated(ask);
  if (!is_right || !fits(ask) || write_path(opt, ask, "", &path, err) != LUMA_OK) return false;
  return index_wildcard_has(index->def.wildcard, path, ask->kind == ASK_EXISTS);
}

/** What narrows most: equality, then a range, then being there. */
static double share_of(const struct ask *ask) {
  if (ask->kind == ASK_EXISTS) return share_exists;
  if (ask->kind == ASK_RANGE) return share_range;
  bool is_list = ask->spread && ask->values[0]->value.type == VAL_LIST;
  return share_equal * (is_list ? val_count(&ask->values[0]->value) : ask->values_count);
}

/** The other end of a range, from another condition on the path: of a list each may be true of
 * another element. */
static void add_end(const struct opt *opt, const struct collection *collection,
                    const struct plan_access *access, const struct asks *asks,
                    const struct ask *first, struct plan_part *part) {
  if (first->kind != ASK_RANGE || access_wildcard_has_lists(opt, collection, access)) return;
  for (uint32_t i = 0; i < asks->count; i++) {
    const struct ask *ask = &asks->items[i];
    bool is_about = ask->kind == ASK_RANGE && fits(ask) && path_is_equal(&ask->path, &first->path);
    bool is_right = access_collates(opt, access->index) || access_is_uncollated(ask);
    if (!is_about || !is_right) continue;
    if (!part->low && ask->low) {
      part->low = ask->low;
      part->low_open = ask->low_open;
    }
    if (!part->high && ask->high) {
      part->high = ask->high;
      part->high_open = ask->high_open;
    }
  }
}

status access_make_wildcard(struct opt *opt, const struct collection *collection,
                            const struct catalog_index *index, const struct asks *asks,
                            struct plan_access *access, double *share, struct err *err) {
  const struct ask *best = NULL;
  uint32_t at = index_wildcard_at(&index->def);
  double least = 1;
  for (uint32_t i = 0; i < asks->count; i++) {
    const struct ask *ask = &asks->items[i];
    if (!has(opt, index, ask, err) || share_of(ask) >= least) continue;
    best = ask;
    least = share_of(ask);
  }
  if (!best) return LUMA_OK;
  *share *= least;
  access->parts_count = at + 1;
  if (best->kind == ASK_EXISTS) return make_below(opt, best, &access->parts[at], err);
  make_value(best, &access->parts[at + 1]);
  access->parts_count = at + 2;
  TRY(make_equal(opt, best, &access->parts[at], err));
  add_end(opt, collection, access, asks, best, &access->parts[at + 1]);
  return LUMA_OK;
}

/** The path that the access is bound to, behind which its value is; empty: none. */
static struct slice path_of(const struct plan_access *access) {
  uint32_t at = index_wildcard_at(&access->index->def);
  if (access->parts_count != at + 2) return slice_of(NULL, 0);
  return val_slice(&access->parts[at].values[0]->value);
}

bool access_is_of_one_path(const struct plan_access *access) {
  return !access->index->def.wildcard.bytes || path_of(access).bytes > 0;
}

bool access_wildcard_is_of(const struct plan_access *access, const struct path *path) {
  struct buf out;
  buf_init(&out, PATH_TEXT_BYTES_MAX);
  append_path(&out, path);
  bool is = path_of(access).bytes > 0 && slice_is_equal(buf_slice(&out), path_of(access));
  buf_deinit(&out);
  return is;
}

bool access_wildcard_has_lists(const struct opt *opt, const struct collection *collection,
                               const struct plan_access *access) {
  return opt->is_several || collection_path_has_lists(collection, access->index, path_of(access));
}
