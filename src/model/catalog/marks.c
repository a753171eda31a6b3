/* SPDX-License-Identifier: MIT */
/* What is known of all documents of a collection, kept as names of its dictionary that no attribute
 * can have: a mark is logged with the names of the documents that it speaks of, and is never taken
 * back. Where the dictionary is full all of them count as set. */
#include "model/catalog/catalog.h"

/* Paths of a wildcard index have marks while at most the half of a dictionary is taken. */
enum {
  LISTS_MARK_BYTES_MAX = 32,
  PATH_MARK_BYTES_MAX = 320,
  KINDS_MARK_BYTES_MAX = 40,
  KINDS = 8,
  PATHS_SHARE = 2
};

/* Marks are looked for by each statement that could be covered, a dozen of them and more: they are
 * put together without a format. */
static char *put_text(char *at, const char *text) {
  size_t bytes = strlen(text);
  memcpy(at, text, bytes);
  return at + bytes;
}

static char *put_number(char *at, uint32_t number) {
  char digits[10];
  size_t from = sizeof digits;
  do digits[--from] = (char)('0' + number % 10);
  while (number /= 10);
  memcpy(at, digits + from, sizeof digits - from);
  return at + (sizeof digits - from);
}

/* Should an attribute ever have this very name, ids are looked for the slow way, and rightly. */
static struct slice own_id_mark(void) {
  return slice_of("\0own id", 7);
}

bool collection_has_own_id(const struct collection *collection) {
  return names_find(collection->names, own_id_mark()) != NAMES_NONE ||
         names_count(collection->names) >= NAMES_COUNT_MAX;
}

status collection_mark_own_id(const struct collection *collection, struct err *err) {
  uint16_t ignored;
  return names_intern(collection->names, own_id_mark(), &ignored, err);
}

/* No attribute has such a name, as above. */
static struct slice lists_mark(const struct catalog_index *index, char room[LISTS_MARK_BYTES_MAX]) {
  room[0] = 0;
  char *end = put_number(put_text(room + 1, "lists of "), index->def.number);
  return slice_of(room, (size_t)(end - room));
}

bool collection_has_lists(const struct collection *collection, const struct catalog_index *index) {
  char room[LISTS_MARK_BYTES_MAX];
  if (!index->def.multikey) return false;
  return !index->def.notes_lists ||
         names_find(collection->names, lists_mark(index, room)) != NAMES_NONE ||
         names_count(collection->names) >= NAMES_COUNT_MAX;
}

static struct slice part_mark(const struct catalog_index *index, uint32_t part,
                              char room[LISTS_MARK_BYTES_MAX]) {
  struct slice whole = lists_mark(index, room);
  char *end = put_number(put_text(room + whole.bytes, "."), part);
  return slice_of(room, (size_t)(end - room));
}

bool collection_part_has_lists(const struct collection *collection,
                               const struct catalog_index *index, uint32_t part) {
  char room[LISTS_MARK_BYTES_MAX];
  return collection_has_lists(collection, index) &&
         (!index->def.notes_parts ||
          names_find(collection->names, part_mark(index, part, room)) != NAMES_NONE ||
          names_count(collection->names) >= NAMES_COUNT_MAX);
}

/* A path is part of the mark; one that is long is not told from others. */
static bool path_mark(const struct catalog_index *index, struct slice path,
                      char room[PATH_MARK_BYTES_MAX], struct slice *mark) {
  enum { PATH_BYTES_MAX = 256 };
  if (path.bytes > PATH_BYTES_MAX) return false;
  char *end = put_text(room + lists_mark(index, room).bytes, " at ");
  memcpy(end, path.data, path.bytes);
  *mark = slice_of(room, (size_t)(end - room) + path.bytes);
  return true;
}

/* Whether lists were met at the path itself. */
static bool has_list_at(const struct collection *collection, const struct catalog_index *index,
                        struct slice path) {
  char room[PATH_MARK_BYTES_MAX];
  struct slice mark;
  return !path_mark(index, path, room, &mark) || names_find(collection->names, mark) != NAMES_NONE;
}

bool collection_path_has_lists(const struct collection *collection,
                               const struct catalog_index *index, struct slice path) {
  if (!collection_has_lists(collection, index)) return false;
  if (collection_part_has_lists(collection, index, index_wildcard_at(&index->def))) return true;
  for (size_t i = 0; i < path.bytes; i++)
    if (path.data[i] == '.' && has_list_at(collection, index, slice_of(path.data, i))) return true;
  return has_list_at(collection, index, path);
}

status collection_mark_list_at(const struct collection *collection,
                               const struct catalog_index *index, struct slice path,
                               struct err *err) {
  char room[PATH_MARK_BYTES_MAX];
  struct slice mark;
  uint16_t ignored;
  bool is_told = path_mark(index, path, room, &mark) &&
                 names_count(collection->names) < NAMES_COUNT_MAX / PATHS_SHARE;
  if (!is_told)
    return collection_mark_lists(collection, index, 1u << index_wildcard_at(&index->def), err);
  if (names_find(collection->names, mark) != NAMES_NONE) return LUMA_OK;
  TRY(names_intern(collection->names, mark, &ignored, err));
  return collection_mark_lists(collection, index, 0, err);
}

status collection_mark_lists(const struct collection *collection, const struct catalog_index *index,
                             uint32_t lists, struct err *err) {
  char room[LISTS_MARK_BYTES_MAX];
  uint16_t ignored;
  for (uint32_t part = 0; index->def.notes_parts && part < index->def.keys_count; part++)
    if (lists >> part & 1)
      TRY(names_intern(collection->names, part_mark(index, part, room), &ignored, err));
  return names_intern(collection->names, lists_mark(index, room), &ignored, err);
}

static struct slice kind_mark(const struct catalog_index *index, uint32_t part, uint8_t kind,
                              char room[KINDS_MARK_BYTES_MAX]) {
  room[0] = 0;
  char *end = put_text(put_number(put_text(room + 1, "kind "), kind), " of ");
  end = put_number(put_text(put_number(end, index->def.number), "."), part);
  return slice_of(room, (size_t)(end - room));
}

uint8_t collection_kinds(const struct collection *collection, const struct catalog_index *index,
                         uint32_t part) {
  char room[KINDS_MARK_BYTES_MAX];
  const uint8_t nothing = INDEX_KIND_MISSING | INDEX_KIND_NULL | INDEX_KIND_EMPTY;
  uint8_t kinds = 0;
  if (!index->def.notes_kinds || names_count(collection->names) >= NAMES_COUNT_MAX)
    return INDEX_KIND_OTHER | nothing;
  for (unsigned bit = 0; bit < KINDS; bit++)
    if (names_find(collection->names, kind_mark(index, part, (uint8_t)(1u << bit), room)) !=
        NAMES_NONE)
      kinds |= (uint8_t)(1u << bit);
  return index->def.notes_nulls ? kinds : kinds | nothing;
}

status collection_mark_kinds(const struct collection *collection, const struct catalog_index *index,
                             uint32_t part, uint8_t kinds, struct err *err) {
  char room[KINDS_MARK_BYTES_MAX];
  uint16_t ignored;
  for (unsigned bit = 0; bit < KINDS; bit++) {
    uint8_t kind = (uint8_t)(1u << bit);
    if (kinds & kind)
      TRY(names_intern(collection->names, kind_mark(index, part, kind, room), &ignored, err));
  }
  return LUMA_OK;
}
