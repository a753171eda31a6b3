/* SPDX-License-Identifier: MIT */
#include "value/doc/lens.h"

#include "value/doc/doc_int.h"

static const uint8_t *place_of(const struct val *root, const struct splice_field *field) {
  struct form_directory d = form_directory(root->data);
  return form_child(&d, field->from);
}

static inline struct val read_field(const struct val *root, const struct splice_field *field) {
  if (field->from == SPLICE_NEW) return doc__decode(field->value.data, NULL);
  if (field->from == SPLICE_MADE) return root->lens->made[field->made];
  const uint8_t *place = place_of(root, field);
  double real;
  if (field->is_float && splice_read_float(place, &real)) return val_float64(real);
  if (!field->convert) return doc__decode(place, root->lens->names);
  struct val value = doc__decode(place, root->lens->names);
  (void)field->convert(field->context, &value);
  return value;
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
  const struct splice *splice = root->lens->splice;
  uint32_t more = 0;
  (void)splice_takes(splice, root->lens->made, &more);
  return root->bytes + splice->more_bytes + more;
}

uint32_t lens_write(const struct val *root, uint8_t *room) {
  const struct lens *lens = root->lens;
  if (!splice_takes(lens->splice, lens->made, NULL)) return 0;
  return splice_map(lens->splice, lens->made, root->data, room);
}
