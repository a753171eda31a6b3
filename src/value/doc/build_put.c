/* SPDX-License-Identifier: MIT */
/* Values into their encoded form at the end of the builder's buffer. */
#include "base/core/assert.h"
#include "value/doc/build_int.h"
#include "value/doc/lens.h"

enum { FIXED_BYTES_MAX = 17, SIZED_PREFIX_BYTES_MAX = 6 };

bool build__append_sized(struct build *build, struct build_prefix prefix, struct slice bytes) {
  uint8_t *p = build__room(build, SIZED_PREFIX_BYTES_MAX + bytes.bytes);
  if (!p) return false;
  bool is_short = bytes.bytes <= UINT8_MAX;
  *p++ = form_tag(prefix.type, is_short ? 0 : 1);
  if (prefix.has_sub) *p++ = prefix.sub;
  if (is_short) {
    *p++ = (uint8_t)bytes.bytes;
  } else {
    store32le(p, (uint32_t)bytes.bytes);
    p += 4;
  }
  if (bytes.bytes) memcpy(p, bytes.data, bytes.bytes);
  build->out->bytes = (size_t)(p + bytes.bytes - build->out->data);
  return true;
}

/* The least of 1, 2, 4, 8 bytes, as a power of two. */
static uint32_t integer_variant(int64_t v) {
  if (v == (int8_t)v) return 0;
  if (v == (int16_t)v) return 1;
  return v == (int32_t)v ? 2 : 3;
}

static uint32_t write_integer(uint8_t *p, enum val_type type, int64_t v) {
  uint32_t variant = integer_variant(v);
  *p = form_tag(type, variant);
  memcpy(p + 1, &v, 1u << variant); /* the low bytes first */
  return 1 + (1u << variant);
}

static uint32_t write_copied(uint8_t *p, const struct val *v) {
  uint32_t bytes = form_fixed_bytes[v->type];
  *p = v->type;
  memcpy(p + 1, v->id, bytes - 1);
  return bytes;
}

static uint32_t write_interval(uint8_t *p, const struct val *v) {
  *p = VAL_INTERVAL;
  store32le(p + 1, (uint32_t)v->interval.months);
  store32le(p + 5, (uint32_t)v->interval.days);
  store64le(p + 9, (uint64_t)v->interval.us);
  return form_fixed_bytes[VAL_INTERVAL];
}

uint32_t doc__write_fixed(uint8_t *p, const struct val *v) {
  enum val_type type = v->type;
  switch (v->type) {
  case VAL_BOOL: *p = form_tag(VAL_BOOL, v->boolean); return 1;
  case VAL_INT32:
    ASSERT(v->integer == (int32_t)v->integer);
    return write_integer(p, type, v->integer);
  case VAL_INT64:
  case VAL_TIMESTAMP:
  case VAL_DATE:
  case VAL_DURATION:
  case VAL_BSONTIME: return write_integer(p, type, v->integer);
  case VAL_INTERVAL: return write_interval(p, v);
  case VAL_DECIMAL:
    *p = VAL_DECIMAL;
    store64le(p + 1, v->decimal.low);
    store64le(p + 9, v->decimal.high);
    return form_fixed_bytes[VAL_DECIMAL];
  default: return write_copied(p, v); /* float64, ids, and those of one byte */
  }
}

static void put_fixed(struct build *build, const struct val *v) {
  bool is_date = v->type == VAL_DATE;
  if (is_date && (v->integer < -FORM_DATE_DAYS_MAX || v->integer > FORM_DATE_DAYS_MAX)) {
    err_raise(&build->err, LUMA_OUT_OF_RANGE, __FILE__, __LINE__,
              "a date is %lld days from 1970, past %d", (long long)v->integer, FORM_DATE_DAYS_MAX);
    return;
  }
  uint8_t *p = build__room(build, FIXED_BYTES_MAX);
  if (p) build->out->bytes += doc__write_fixed(p, v);
}

static void put_light(struct build *build, const struct val *v) {
  ASSERT(v->bytes == FORM_LIGHT_BYTES);
  uint8_t *p = build__room(build, 1 + FORM_LIGHT_BYTES);
  if (!p) return;
  *p = VAL_LIGHT;
  memcpy(p + 1, v->data, FORM_LIGHT_BYTES);
  build->out->bytes += 1 + FORM_LIGHT_BYTES;
}

/* Levels of lists and maps at `p`, counted no further than past `limit`. */
static uint32_t container_depth(const uint8_t *p, uint32_t limit) {
  uint32_t type = *p & FORM_TYPE_MASK, deepest = 0;
  if (type != VAL_LIST && type != VAL_MAP) return 0;
  if (limit == 0) return 1;
  struct form_directory d = form_directory(p);
  for (uint32_t i = 0; i < d.count && deepest < limit; i++) {
    uint32_t depth = container_depth(form_child(&d, i), limit - 1);
    if (depth > deepest) deepest = depth;
  }
  return deepest + 1;
}

/* A list or map whose name ids mean the same here is copied as it is. */
static void put_encoded(struct build *build, const struct val *v) {
  if (container_depth(v->data, build->depth_max - build->depth) > build->depth_max - build->depth) {
    err_raise(&build->err, LUMA_TOO_DEEP, __FILE__, __LINE__, "nesting is deeper than %u levels",
              build->depth_max);
    return;
  }
  uint8_t *p = build__room(build, v->bytes);
  if (!p) return;
  memcpy(p, v->data, v->bytes);
  build->out->bytes += v->bytes;
}

static void put_element_by_element(struct build *build, const struct val *v) {
  uint32_t count = val_count(v);
  bool is_map = v->type == VAL_MAP;
  if (is_map)
    build_begin_map(build);
  else
    build_begin_list(build);
  if (build->err.code != LUMA_OK) return;
  if (is_map) build_put_fields(build, v);
  for (uint32_t i = 0; !is_map && i < count; i++) {
    struct val element = val_at(v, i);
    build_put(build, &element);
  }
  build_end(build);
}

void build_put(struct build *build, const struct val *v) {
  enum val_type type = v->type;
  if (type == VAL_MISSING) {
    build__drop_name(build);
    return;
  }
  bool is_container = type == VAL_LIST || type == VAL_MAP;
  if (is_container && (v->is_lensed || v->names != build->names)) {
    put_element_by_element(build, v);
    return;
  }
  if (!build__place(build)) return;
  switch (v->type) {
  case VAL_TEXT:
  case VAL_REGEX:
  case VAL_CODE:
    (void)build__append_sized(build, (struct build_prefix){type, 0, false}, val_slice(v));
    break;
  case VAL_BYTES:
  case VAL_VECTOR:
    (void)build__append_sized(build, (struct build_prefix){type, v->sub, true}, val_slice(v));
    break;
  case VAL_LIGHT: put_light(build, v); break;
  case VAL_LIST:
  case VAL_MAP: put_encoded(build, v); break;
  default: put_fixed(build, v); break;
  }
}

static void put_field(struct build *build, const struct val *map, uint32_t i, bool same_names) {
  struct slice name;
  struct val value = val_field_at(map, i, &name);
  uint16_t id = same_names ? val_field_name_id(map, i) : NAMES_NONE;
  if (id == NAMES_NONE)
    build_name(build, name);
  else
    build__name_id(build, id);
  build_put(build, &value);
}

/* ---- runs ---- */

/* The bits of the names of fields (struct build_frame); false when one of them stands inline. */
static bool names_of_run(const struct form_directory *d, uint32_t from, uint32_t to,
                         uint64_t *bits) {
  uint32_t inline_bit = form_inline_bit(d->word);
  *bits = 0;
  for (uint32_t i = from; i < to; i++) {
    uint32_t name = form_word(d->names, d->word, i);
    if (name & inline_bit) return false;
    *bits |= 1ull << (name & 63);
  }
  return true;
}

/* The heap has no gaps: fields in order are bytes in order. */
static void copy_run(struct build *build, struct build_frame *frame, const struct val *map,
                     const struct form_directory *d, uint32_t from, uint32_t to) {
  const uint8_t *first = form_child(d, from);
  const uint8_t *end = to < d->count ? form_child(d, to) : map->data + map->bytes;
  size_t bytes = (size_t)(end - first), entries = (to - from) * sizeof(struct build_entry);
  uint8_t *room = build__room(build, bytes);
  struct build_entry *entry =
      room ? (struct build_entry *)(void *)buf_extend(&build->scratch, entries) : NULL;
  if (!entry) {
    if (room) build__fail_buf(build, &build->scratch);
    return;
  }
  uint32_t place = (uint32_t)(build->out->bytes - frame->heap);
  for (uint32_t i = from; i < to; i++)
    *entry++ = (struct build_entry){form_word(d->names, d->word, i),
                                    place + (uint32_t)(form_child(d, i) - first)};
  memcpy(room, first, bytes);
  build->out->bytes += bytes;
}

void build_put_run(struct build *build, const struct val *map, uint32_t from, uint32_t to) {
  bool same_names = val_names(map) == build->names;
  bool is_plain = same_names && !map->is_lensed && map->names;
  bool is_top = build->depth == 1 && build->depth_max == DOC_DEPTH_MAX; /* all depths fit */
  if (build->err.code != LUMA_OK || from == to) return;
  struct build_frame *frame = &build->frames[build->depth - 1];
  ASSERT(build->depth > 0 && frame->is_map && !frame->has_name);
  struct form_directory d = is_plain ? form_directory(map->data) : (struct form_directory){0};
  uint64_t bits = 0;
  /* A name that may stand already is left to those who look for it. */
  if (d.names && is_top && names_of_run(&d, from, to, &bits) && !(frame->seen & bits)) {
    frame->seen |= bits;
    copy_run(build, frame, map, &d, from, to);
    return;
  }
  for (uint32_t i = from; i < to && build->err.code == LUMA_OK; i++)
    put_field(build, map, i, same_names);
}

void build_put_fields(struct build *build, const struct val *map) {
  uint32_t count = val_count(map);
  bool same_names = val_names(map) == build->names;
  for (uint32_t i = 0; i < count && build->err.code == LUMA_OK; i++)
    put_field(build, map, i, same_names);
}
