/* SPDX-License-Identifier: MIT */
/* Reading lists and maps in place. A field is found by comparing the small name words of the
 * directory, four at a time; no other field is touched. */
#include "value/doc/doc_int.h"
#include "value/doc/lens.h"

static bool is_container(const struct val *v) {
  return v->type == VAL_LIST || v->type == VAL_MAP;
}

static uint32_t find_wide(const uint8_t *words, uint32_t count, uint32_t wanted) {
  for (uint32_t i = 0; i < count; i++)
    if (load32le(words + (size_t)i * 4) == wanted) return i;
  return form_not_found;
}

static uint32_t find_inline(const struct form_directory *d, struct slice name) {
  if (form_has_no_inline(d)) return form_not_found;
  uint32_t inline_bit = form_inline_bit(d->word);
  for (uint32_t i = 0; i < d->count; i++) {
    uint32_t ref = form_word(d->names, d->word, i);
    if ((ref & inline_bit) && slice_is_equal(form_text(d->start + (ref ^ inline_bit)), name))
      return i;
  }
  return form_not_found;
}

uint32_t val_count(const struct val *v) {
  if (!is_container(v)) return 0;
  if (v->is_lensed) return lens_count(v);
  return form_directory(v->data).count;
}

struct val val_at(const struct val *list, uint32_t index) {
  if (list->type != VAL_LIST) return val_missing();
  struct form_directory d = form_directory(list->data);
  if (index >= d.count) return val_missing();
  return doc__decode(form_child(&d, index), list->names);
}

struct val val_field_id(const struct val *map, uint16_t id, struct slice name) {
  if (map->type != VAL_MAP) return val_missing();
  if (map->is_lensed) return lens_field(map, id);
  struct form_directory d = form_directory(map->data);
  uint32_t index = form_not_found;
  if (id != NAMES_NONE)
    index = d.word == 2 ? form_find(d.names, d.count, id) : find_wide(d.names, d.count, id);
  if (index == form_not_found) index = find_inline(&d, name);
  if (index == form_not_found) return val_missing();
  return doc__decode(form_child(&d, index), map->names);
}

struct val val_field(const struct val *map, struct slice name) {
  if (map->type != VAL_MAP) return val_missing();
  const struct names *names = val_names(map);
  return val_field_id(map, names ? names_find(names, name) : NAMES_NONE, name);
}

static struct val lensed_at(const struct val *root, uint32_t index, struct slice *name) {
  uint16_t id;
  if (index >= lens_count(root)) return val_missing();
  struct val field = lens_field_at(root, index, &id);
  *name = names_get(root->lens->names, id);
  return field;
}

struct val val_field_at(const struct val *map, uint32_t index, struct slice *name) {
  *name = slice_of(NULL, 0);
  if (map->type != VAL_MAP) return val_missing();
  if (map->is_lensed) return lensed_at(map, index, name);
  struct form_directory d = form_directory(map->data);
  if (index >= d.count) return val_missing();
  uint32_t ref = form_word(d.names, d.word, index), inline_bit = form_inline_bit(d.word);
  if (ref & inline_bit)
    *name = form_text(d.start + (ref ^ inline_bit));
  else if (map->names)
    *name = names_get(map->names, (uint16_t)ref);
  return doc__decode(form_child(&d, index), map->names);
}

uint16_t val_field_name_id(const struct val *map, uint32_t index) {
  if (map->type != VAL_MAP) return NAMES_NONE;
  if (map->is_lensed)
    return index < lens_count(map) ? map->lens->splice->fields[index].id : NAMES_NONE;
  struct form_directory d = form_directory(map->data);
  if (index >= d.count) return NAMES_NONE;
  uint32_t ref = form_word(d.names, d.word, index);
  return ref & form_inline_bit(d.word) ? NAMES_NONE : (uint16_t)ref;
}
