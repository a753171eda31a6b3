/* SPDX-License-Identifier: MIT */
/* What a wildcard index has: each path of the document that leads to a value, through lists of maps
 * too, and the value. A list has its elements, an empty one counts as missing, an empty map is
 * a value; a list in a list is one. */
#include "index/ordered/ordered_int.h"

/* ---- which paths ---- */

/** Takes the first of the paths off; false: there is none left. */
static bool take_path(struct slice *rest, struct slice *path, bool *with) {
  if (rest->bytes == 0) return false;
  const uint8_t *end = memchr(rest->data, 0, rest->bytes);
  size_t bytes = end ? (size_t)(end - rest->data) : rest->bytes;
  *with = rest->data[0] == INDEX_WILDCARD_WITH;
  *path = slice_of(rest->data + 1, bytes - 1);
  bytes += end != NULL;
  *rest = slice_of(rest->data + bytes, rest->bytes - bytes);
  return true;
}

/** `path` is `from`, or goes on from it. */
static bool is_at_or_below(struct slice path, struct slice from) {
  return slice_has_prefix(path, from) && (path.bytes == from.bytes || path.data[from.bytes] == '.');
}

static bool is_of_key(struct slice path) {
  return is_at_or_below(path, slice_of_text("_id"));
}

bool index_wildcard_has(struct slice wildcard, struct slice path, bool below) {
  struct slice rest = slice_of(wildcard.data + 1, wildcard.bytes - 1), one;
  bool with = false, is_named = false, has = true;
  if (is_of_key(path)) return wildcard.data[0] == INDEX_WILDCARD_KEY;
  while (take_path(&rest, &one, &with)) {
    is_named |= is_at_or_below(path, one);
    if (!with && below) has &= !is_at_or_below(one, path);
  }
  bool is_listed = wildcard.bytes > 1;
  return has && (!is_listed || is_named == with);
}

bool index_wildcard_enters(struct slice wildcard, struct slice path) {
  struct slice rest = slice_of(wildcard.data + 1, wildcard.bytes - 1), one;
  bool with = false, leads = false;
  if (is_of_key(path) || index_wildcard_has(wildcard, path, false))
    return index_wildcard_has(wildcard, path, false);
  while (take_path(&rest, &one, &with)) leads |= with && is_at_or_below(one, path);
  return leads;
}

/* ---- entries ---- */

struct walk {
  const struct index_def *def;
  struct ordered_leaves *leaves;
  struct buf path;
  struct err *err;
};

static status visit(struct walk *walk, const struct val *value) {
  struct slice path = buf_slice(&walk->path);
  if (!index_wildcard_has(walk->def->wildcard, path, false)) return LUMA_OK;
  return walk->leaves->visit(walk->leaves->context, path, value, walk->err);
}

static status walk_map(struct walk *walk, const struct val *map);

/** Elements stand at the path of their list. */
static status walk_list(struct walk *walk, const struct val *list) {
  const struct val missing = val_missing();
  struct slice path = buf_slice(&walk->path);
  bool enters = index_wildcard_enters(walk->def->wildcard, path);
  if (enters) walk->leaves->list(walk->leaves->context, path);
  if (val_count(list) == 0) return visit(walk, &missing);
  for (uint32_t i = 0; i < val_count(list); i++) {
    struct val element = val_at(list, i);
    if (element.type == VAL_MAP && val_count(&element) > 0)
      TRY(walk_map(walk, &element));
    else
      TRY(visit(walk, &element));
  }
  return LUMA_OK;
}

static status walk_value(struct walk *walk, const struct val *value) {
  if (value->type == VAL_LIST) return walk_list(walk, value);
  if (value->type != VAL_MAP || val_count(value) == 0) return visit(walk, value);
  return index_wildcard_enters(walk->def->wildcard, buf_slice(&walk->path)) ? walk_map(walk, value)
                                                                            : LUMA_OK;
}

/** Depth is bounded by DOC_DEPTH_MAX. */
static status walk_map(struct walk *walk, const struct val *map) {
  size_t bytes = walk->path.bytes;
  for (uint32_t i = 0; i < val_count(map); i++) {
    struct slice name;
    struct val value = val_field_at(map, i, &name);
    if (bytes) buf_append_byte(&walk->path, '.');
    buf_append_slice(&walk->path, name);
    TRY(buf_check(&walk->path, "a path", walk->err));
    bool is_dotted = name.bytes && memchr(name.data, '.', name.bytes);
    if (is_dotted) walk->leaves->list(walk->leaves->context, buf_slice(&walk->path));
    TRY(walk_value(walk, &value));
    walk->path.bytes = bytes;
  }
  return LUMA_OK;
}

status ordered__wildcard_walk(const struct index_def *def, const struct doc *document,
                              struct ordered_leaves *leaves, struct err *err) {
  struct walk walk = {.def = def, .leaves = leaves, .err = err};
  struct val root = doc_root(document);
  buf_init(&walk.path, DOC_BYTES_MAX);
  status result = walk_map(&walk, &root);
  buf_deinit(&walk.path);
  return result;
}
