/* SPDX-License-Identifier: MIT */
#include "value/doc/splice.h"

#include "base/core/assert.h"
#include "value/doc/doc_int.h"
#include "value/doc/place.h"

_Static_assert((int)SPLICE_TAG == ((int)FORM_NARROW << FORM_VARIANT_SHIFT | (int)VAL_MAP),
               "the tag of a narrow map");
_Static_assert((int)PLACE_INT_8 == (3 << FORM_VARIANT_SHIFT | (int)VAL_INT64), "tags of integers");

enum {
  WORD = SPLICE_NAME_BYTES,
  NARROW_MAX = 0xffff,
  INLINE_BIT = 0x8000,
  SHORT_BYTES = 16,
  COPY_BYTES = 64,
  FLOAT_BITS = 53
};

/* The narrow root map of a document. */
struct root {
  const uint8_t *tag, *offsets;
  uint32_t total, count; /* bytes; fields */
};

static struct root open_root(const uint8_t *tag) {
  struct root root = {.tag = tag};
  root.total = load16le(root.tag + 1);
  root.count = load16le(root.tag + 3);
  root.offsets = root.tag + SPLICE_MAP_BYTES + (size_t)root.count * WORD;
  return root;
}

uint16_t splice_shape_id(struct slice shape, uint32_t i) {
  return load16le(shape.data + (size_t)i * WORD);
}

bool splice_shape(const struct doc *document, struct slice *shape) {
  if (document->data[DOC_HEADER_BYTES] >> FORM_VARIANT_SHIFT != FORM_NARROW) return false;
  struct root root = open_root(document->data + DOC_HEADER_BYTES);
  if (root.count > SPLICE_FIELDS_MAX) return false;
  *shape = slice_of(root.tag + SPLICE_MAP_BYTES, (size_t)root.count * WORD);
  uint32_t seen = 0;
  for (uint32_t i = 0; i < root.count; i++) seen |= splice_shape_id(*shape, i);
  return (seen & INLINE_BIT) == 0;
}

static bool is_copied(const struct splice_field *field) {
  return field->from < SPLICE_MADE && !field->convert && !field->widens;
}

enum step_kind { STEP_COPIES, STEP_MAKES, STEP_OTHER };

static enum step_kind kind_of(const struct splice_field *field) {
  if (field->from == SPLICE_MADE) return STEP_MAKES;
  return is_copied(field) ? STEP_COPIES : STEP_OTHER;
}

/* Whether a field and the next one are written together. */
static bool goes_together(const struct splice_field *field, const struct splice_field *next) {
  enum step_kind kind = kind_of(field);
  if (kind == STEP_OTHER || kind_of(next) != kind) return false;
  if (kind == STEP_COPIES) return next->from == field->from + 1;
  return next->number == field->number + 1 && next->made == field->made + 1;
}

static void settle_steps(struct splice *splice, struct splice_step *steps) {
  uint32_t old_count = (uint32_t)(splice->shape.bytes / WORD);
  splice->steps = steps;
  splice->steps_count = 0;
  for (uint32_t i = 0; i < splice->count;) {
    const struct splice_field *field = &splice->fields[i];
    enum step_kind kind = kind_of(field);
    uint32_t run = 1;
    while (i + run < splice->count && goes_together(&field[run - 1], &field[run])) run++;
    steps[splice->steps_count++] =
        (struct splice_step){.kind = (uint8_t)kind,
                             .ends = field->from + run == old_count,
                             .run = (uint16_t)run,
                             .first = (uint16_t)i,
                             .from = kind == STEP_MAKES ? field->made : field->from};
    i += run;
  }
}

void splice_settle(struct splice *splice, const struct splice_room *room) {
  splice->fields = room->fields;
  splice->ids = room->ids;
  splice->more_bytes = COPY_BYTES;
  for (uint32_t i = 0; i < splice->count; i++) {
    const struct splice_field *field = &room->fields[i];
    store16le(room->ids + (size_t)i * WORD, field->id);
    splice->more_bytes += 2 * WORD + (uint32_t)field->value.bytes;
    if (field->convert || field->widens) splice->more_bytes += SPLICE_SCALAR_BYTES_MAX;
  }
  settle_steps(splice, room->steps);
}

/* Where the value in place `i` of the old document begins; past the last one: its end. */
static uint32_t value_at(const struct root *root, uint32_t i) {
  return i < root->count ? load16le(root->offsets + (size_t)i * WORD) : root->total;
}

/* Most values are short: copied with a few bytes behind them, which are written over or cut off
 * (`more_bytes` has room for them), they need no call. `left`: readable bytes from `from` on. */
static void copy(uint8_t *to, const uint8_t *from, size_t bytes, size_t left) {
  if (bytes <= SHORT_BYTES && left >= SHORT_BYTES)
    memcpy(to, from, SHORT_BYTES);
  else if (bytes <= COPY_BYTES && left >= COPY_BYTES)
    memcpy(to, from, COPY_BYTES);
  else
    memcpy(to, from, bytes);
}

bool splice_widen(enum splice_widening widens, const uint8_t *place, struct val *value) {
  const int64_t most = 1ll << FLOAT_BITS, us_per_day = 86400ll * 1000000;
  uint8_t type = *place & FORM_TYPE_MASK;
  if (widens == SPLICE_TO_TIMESTAMP && type == VAL_DATE) {
    *value = val_timestamp(form_integer(place) * us_per_day);
    return true;
  }
  bool is_integer = type == VAL_INT64 || type == VAL_INT32;
  if (!is_integer || widens == SPLICE_TO_TIMESTAMP || widens == SPLICE_STAYS) return false;
  int64_t integer = form_integer(place);
  if (widens == SPLICE_TO_DECIMAL)
    *value = val_decimal(decimal_from_int64(integer));
  else
    *value = val_float64((double)integer);
  return widens == SPLICE_TO_DECIMAL || (integer < most && integer > -most);
}

/* A value that may become another one; its bytes, 0 when it stays. */
static uint32_t write_converted(const struct splice_field *field, const uint8_t *place,
                                uint8_t *heap) {
  struct val value;
  if (splice_widen(field->widens, place, &value)) return splice_encode(&value, heap);
  if (!field->convert) return 0;
  value = doc__decode(place, NULL);
  return field->convert(field->context, &value) ? splice_encode(&value, heap) : 0;
}

/* ---- values that are made ---- */

/* The most bytes of one; 0: it cannot be written. */
static uint32_t room_of(const struct splice_field *field, const struct splice_made *made) {
  if (made->record) return (uint32_t)made_value(made->record, field->number).bytes;
  const struct val *value = &made->values[field->made];
  return made_takes(value) ? made_bytes_max(value) : 0;
}

bool splice_takes(const struct splice *splice, const struct splice_made *made,
                  uint32_t *more_bytes) {
  uint32_t more = 0;
  for (uint32_t i = 0; made && i < splice->count; i++) {
    const struct splice_field *field = &splice->fields[i];
    if (field->from != SPLICE_MADE) continue;
    uint32_t bytes = room_of(field, made);
    if (bytes == 0) return false;
    more += bytes;
  }
  if (more_bytes) *more_bytes = more;
  return true;
}

/* ---- writing ---- */

/* One field that is not copied as it is; its bytes. */
static uint32_t write_other(const struct root *root, const struct splice_field *field,
                            const struct splice_made *made, uint8_t *heap) {
  struct slice value = field->value;
  if (field->from == SPLICE_MADE) {
    ASSERT(made); /* else the document would not have been taken */
    return made_encode(&made->values[field->made], heap);
  }
  if (field->from != SPLICE_NEW) {
    uint32_t from = value_at(root, field->from), end = value_at(root, field->from + 1u);
    value = slice_of(root->tag + from, end - from);
    uint32_t converted = write_converted(field, value.data, heap);
    if (converted) return converted;
  }
  if (value.bytes) memcpy(heap, value.data, value.bytes);
  return (uint32_t)value.bytes;
}

/* Where the values of a new document go. Bytes behind `tag` are counted by who writes: what is
 * written through pointers to bytes might be this. */
struct writing {
  const struct root *root;
  const struct splice *splice;
  const struct splice_made *made;     /* NULL: there is none */
  const struct splice_writer *writer; /* NULL: there is none */
  size_t left;                        /* that it may still write */
  uint8_t *tag, *offsets;
};

static inline void note_offset(const struct writing *writing, uint32_t i, uint32_t heap) {
  store16le(writing->offsets + (size_t)i * WORD, (uint16_t)heap);
}

/* Fields that stand together in the old document. Like the others: where the values go on. */
static inline uint32_t write_run(const struct writing *writing, const struct splice_step *step,
                                 uint32_t heap) {
  const struct root root = *writing->root;
  const uint8_t *old = root.offsets + (size_t)step->from * WORD;
  uint8_t *offsets = writing->offsets + (size_t)step->first * WORD, *to = writing->tag + heap;
  uint32_t from = load16le(old), count = step->run;
  uint32_t end = step->ends ? root.total : load16le(old + (size_t)count * WORD);
  uint32_t moved = heap - from; /* modulo 2^32 */
  for (uint32_t k = 0; k < count; k++)
    store16le(offsets + (size_t)k * WORD, (uint16_t)(load16le(old + (size_t)k * WORD) + moved));
  copy(to, root.tag + from, end - from, root.total - from);
  return heap + (end - from);
}

/* Fields that stand together in the record. */
static uint32_t write_recorded(const struct writing *writing, const struct splice_step *step,
                               uint32_t heap) {
  const uint8_t *record = writing->made->record;
  uint32_t number = writing->splice->fields[step->first].number, at = 0;
  struct slice first = made_value(record, number);
  for (uint32_t k = 0; k < step->run; k++) {
    note_offset(writing, step->first + k, heap + at);
    at += (uint32_t)made_value(record, number + k).bytes;
  }
  ASSERT(first.data);
  memcpy(writing->tag + heap, first.data, at);
  return heap + at;
}

static inline uint32_t write_by_writer(struct writing *writing, const struct splice_step *step,
                                       uint32_t heap) {
  const struct splice_writer *writer = writing->writer;
  for (uint32_t k = 0; k < step->run; k++) {
    note_offset(writing, step->first + k, heap);
    uint32_t bytes =
        writer->write(writer->context, step->from + k, writing->tag + heap, writing->left);
    if (bytes == 0) return 0;
    writing->left -= bytes;
    heap += bytes;
  }
  return heap;
}

static uint32_t write_each(const struct writing *writing, const struct splice_step *step,
                           uint32_t heap) {
  for (uint32_t i = step->first; i < (uint32_t)step->first + step->run; i++) {
    note_offset(writing, i, heap);
    heap +=
        write_other(writing->root, &writing->splice->fields[i], writing->made, writing->tag + heap);
  }
  return heap;
}

/* 0: it cannot be done. */
static inline uint32_t write_step(struct writing *writing, const struct splice_step *step,
                                  uint32_t heap) {
  bool makes = step->kind == STEP_MAKES;
  if (step->kind == STEP_COPIES) return write_run(writing, step, heap);
  if (makes && writing->writer) return write_by_writer(writing, step, heap);
  if (makes && writing->made && writing->made->record) return write_recorded(writing, step, heap);
  return write_each(writing, step, heap);
}

/* The root alone, from the map at writing->root to the one at `room`. */
static uint32_t write_map(struct writing *writing, uint8_t *room) {
  const struct splice *splice = writing->splice;
  const struct splice_step *step = splice->steps, *end = step + splice->steps_count;
  size_t ids_bytes = (size_t)splice->count * WORD;
  uint32_t heap = SPLICE_MAP_BYTES + 2 * WORD * splice->count;
  *room = *writing->root->tag;
  store16le(room + 3, (uint16_t)splice->count);
  memcpy(room + SPLICE_MAP_BYTES, splice->ids, ids_bytes);
  writing->tag = room;
  writing->offsets = room + SPLICE_MAP_BYTES + ids_bytes;
  for (; step < end && heap; step++) heap = write_step(writing, step, heap);
  if (heap == 0 || heap > NARROW_MAX) return 0;
  store16le(room + 1, (uint16_t)heap);
  return heap;
}

static uint32_t write_document(struct writing *writing, const struct doc *document, uint8_t *room) {
  struct root root = open_root(document->data + DOC_HEADER_BYTES);
  writing->root = &root;
  memcpy(room, document->data, DOC_HEADER_BYTES);
  uint32_t total = write_map(writing, room + DOC_HEADER_BYTES);
  writing->root = NULL;
  if (total == 0) return 0;
  store32le(room, DOC_HEADER_BYTES + total);
  return DOC_HEADER_BYTES + total;
}

uint32_t splice_map(const struct splice *splice, const struct splice_made *made, const uint8_t *tag,
                    uint8_t *room) {
  struct root root = open_root(tag);
  struct writing writing = {.root = &root, .splice = splice, .made = made};
  return write_map(&writing, room);
}

uint32_t splice_document(const struct splice *splice, const struct splice_made *made,
                         const struct doc *document, uint8_t *room) {
  struct writing writing = {.splice = splice, .made = made};
  return write_document(&writing, document, room);
}

uint32_t splice_document_by(const struct splice *splice, const struct splice_writer *writer,
                            const struct doc *document, uint8_t *room) {
  struct writing writing = {.splice = splice, .writer = writer, .left = writer->bytes};
  return write_document(&writing, document, room);
}

uint32_t splice_encode(const struct val *value, uint8_t room[SPLICE_SCALAR_BYTES_MAX]) {
  bool is_date = value->type == VAL_DATE;
  if (is_date && (value->integer < -FORM_DATE_DAYS_MAX || value->integer > FORM_DATE_DAYS_MAX))
    return 0;
  switch ((int)value->type) {
  case VAL_BOOL:
  case VAL_INT32:
  case VAL_INT64:
  case VAL_FLOAT64:
  case VAL_DECIMAL:
  case VAL_TIMESTAMP:
  case VAL_DATE:
  case VAL_DURATION: return doc__write_fixed(room, value);
  default: return 0;
  }
}
