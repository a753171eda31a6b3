/* SPDX-License-Identifier: MIT */
#include "value/doc/lens.h"

#include "value/doc/doc_int.h"

static const uint8_t *place_of(const struct val *root, const struct splice_field *field) {
  struct form_directory d = form_directory(root->data);
  return form_child(&d, field->from);
}

static struct val read_converted(const struct val *root, const struct splice_field *field) {
  uint8_t room[SPLICE_SCALAR_BYTES_MAX];
  const uint8_t *place = place_of(root, field);
  struct slice value = slice_of(place, val_encoded_bytes(place));
  uint32_t bytes = field->convert(field->context, value, room);
  /* What is made is of a fixed size, and held inside. */
  return doc__decode(bytes ? room : place, root->lens->names);
}

static inline struct val read_field(const struct val *root, const struct splice_field *field) {
  if (field->from == SPLICE_NEW) return doc__decode(field->value.data, NULL);
  if (field->from == SPLICE_MADE) return root->lens->made[field->made];
  if (field->convert) return read_converted(root, field);
  return doc__decode(place_of(root, field), root->lens->names);
}

uint32_t lens_count(const struct val *root) {
  return root->lens->splice->count;
}

struct val lens_field(const struct val *root, uint16_t id) {
  const struct splice *splice = root->lens->splice;
  uint32_t index = id == NAMES_NONE ? form_not_found : form_find(splice->ids, splice->count, id);
  return index == form_not_found ? val_missing() : read_field(root, &splice->fields[index]);
}

struct val lens_field_at(const struct val *root, uint32_t index, uint16_t *id) {
  const struct splice_field *field = &root->lens->splice->fields[index];
  *id = field->id;
  return read_field(root, field);
}

uint32_t lens_bytes_max(const struct val *root) {
  return root->bytes + root->lens->splice->more_bytes;
}

uint32_t lens_write(const struct val *root, uint8_t *room) {
  return root->lens->made ? 0 : splice_map(root->lens->splice, root->data, room);
}
