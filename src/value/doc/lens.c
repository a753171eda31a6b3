/* SPDX-License-Identifier: MIT */
#include "value/doc/lens.h"

#include "value/doc/doc_int.h"

static const uint8_t *place_of(const struct val *root, const struct splice_field *field) {
  struct form_directory d = form_directory(root->data);
  return form_child(&d, field->from);
}

/* An encoded value that was made, where it stands; NULL: it does not. */
static inline const uint8_t *made_place(const struct lens *lens, const struct splice_field *field) {
  return lens->made.record ? made_value(lens->made.record, field->number).data : NULL;
}

static struct val read_made(const struct lens *lens, const struct splice_field *field) {
  const uint8_t *place = made_place(lens, field);
  if (place) return doc__decode(place, NULL);
  return lens->made.values ? lens->made.values[field->made] : val_missing();
}

static inline struct val read_field(const struct val *root, const struct splice_field *field) {
  if (field->from == SPLICE_NEW) return doc__decode(field->value.data, NULL);
  if (field->from == SPLICE_MADE) return read_made(root->lens, field);
  const uint8_t *place = place_of(root, field);
  struct val value;
  if (field->widens && splice_widen(field->widens, place, &value)) return value;
  if (!field->convert) return doc__decode(place, root->lens->names);
  value = doc__decode(place, root->lens->names);
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

/* What becomes of an encoded value that is converted. */
static enum lens_source converted_source(const struct splice_field *field, const uint8_t *place) {
  uint8_t type = *place & FORM_TYPE_MASK;
  if (type == VAL_NULL) return LENS_STORED;
  bool is_integer = type == VAL_INT64 || type == VAL_INT32;
  bool is_number = field->widens == SPLICE_TO_FLOAT || field->widens == SPLICE_TO_DECIMAL;
  return is_integer && is_number ? LENS_INTEGER : LENS_MADE;
}

enum lens_source lens_source(const struct val *root, uint16_t id, const uint8_t **place) {
  const struct splice *splice = root->lens->splice;
  uint32_t index = form_find(splice->ids, splice->count, id);
  if (index == form_not_found) return LENS_NONE;
  const struct splice_field *field = &splice->fields[index];
  if (field->from == SPLICE_MADE) {
    *place = made_place(root->lens, field);
    return *place ? LENS_STORED : LENS_MADE;
  }
  *place = field->from == SPLICE_NEW ? field->value.data : place_of(root, field);
  bool is_stored = field->from == SPLICE_NEW || (!field->convert && !field->widens);
  return is_stored ? LENS_STORED : converted_source(field, *place);
}

struct val lens_field_at(const struct val *root, uint32_t index, uint16_t *id) {
  const struct splice_field *field = &root->lens->splice->fields[index];
  *id = field->id;
  return read_field(root, field);
}

uint32_t lens_bytes_max(const struct val *root) {
  const struct splice *splice = root->lens->splice;
  uint32_t more = 0;
  (void)splice_takes(splice, &root->lens->made, &more);
  return root->bytes + splice->more_bytes + more;
}

uint32_t lens_write(const struct val *root, uint8_t *room) {
  const struct lens *lens = root->lens;
  if (!splice_takes(lens->splice, &lens->made, NULL)) return 0;
  return splice_map(lens->splice, &lens->made, root->data, room);
}
