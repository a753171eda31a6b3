/* SPDX-License-Identifier: MIT */
#include "index/index.h"

#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "index/arrival/arrival.h"
#include "index/ordered/ordered.h"

/* One document's entries: a list of 65,536 elements under the longest key stays within this. */
enum { ENTRIES_BYTES_MAX = 256 << 20 };

const struct index_method *index_method(const struct index_def *def) {
  ASSERT(def->method == INDEX_ORDERED || def->method == INDEX_ARRIVAL);
  return def->method == INDEX_ARRIVAL ? &arrival_method : &ordered_method;
}

void index_entries_init(struct index_entries *entries) {
  *entries = (struct index_entries){0};
  buf_init(&entries->bytes, ENTRIES_BYTES_MAX);
  buf_init(&entries->part_bytes, ENTRIES_BYTES_MAX);
  buf_init(&entries->lists_at, ENTRIES_BYTES_MAX);
}

void index_entries_deinit(struct index_entries *entries) {
  mem_free(entries->items);
  mem_free(entries->parts);
  buf_deinit(&entries->bytes);
  buf_deinit(&entries->part_bytes);
  buf_deinit(&entries->lists_at);
  *entries = (struct index_entries){0};
}

/* Each path behind the bytes it has. Elements of a list are alike: one after the other they lead to
 * the same lists. */
void index_entries_add_list(struct index_entries *entries, struct slice path) {
  struct buf *out = &entries->lists_at;
  uint32_t bytes = (uint32_t)path.bytes;
  size_t had = entries->list_from;
  struct slice last = slice_of(out->data + had, out->bytes - had);
  if (had && slice_is_equal(last, path)) return;
  buf_append(out, &bytes, sizeof bytes);
  entries->list_from = out->bytes;
  buf_append_slice(out, path);
}

bool index_entries_next_list(const struct index_entries *entries, size_t *at, struct slice *path) {
  uint32_t bytes = 0;
  if (*at >= entries->lists_at.bytes) return false;
  memcpy(&bytes, entries->lists_at.data + *at, sizeof bytes);
  *path = slice_of(entries->lists_at.data + *at + sizeof bytes, bytes);
  *at += sizeof bytes + bytes;
  return true;
}

bool index_key_is_equal(const struct index_key *a, const struct index_key *b) {
  return slice_is_equal(a->expression, b->expression) && path_is_equal(&a->path, &b->path) &&
         a->hashed == b->hashed;
}

uint32_t index_wildcard_at(const struct index_def *def) {
  for (uint32_t i = 0; i < def->keys_count; i++) {
    const struct path *path = &def->keys[i].path;
    if (path->count && slice_is_equal(path->steps[path->count - 1].name, slice_of_text("$**")))
      return i;
  }
  return 0;
}

const struct index_key *index_def_key(const struct index_def *def, uint32_t nth) {
  bool is_behind = def->wildcard.bytes && nth > index_wildcard_at(def);
  return &def->keys[nth + is_behind];
}

bool index_def_is_computed(const struct index_def *def) {
  for (uint32_t i = 0; i < def->keys_count; i++)
    if (index_key_is_computed(&def->keys[i])) return true;
  return false;
}

void index_key_format(const struct index_key *key, struct buf *out) {
  if (!index_key_is_computed(key)) {
    path_format(&key->path, out);
    return;
  }
  buf_append_byte(out, '(');
  buf_append_slice(out, key->expression);
  buf_append_byte(out, ')');
}
