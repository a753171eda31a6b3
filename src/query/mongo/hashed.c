/* SPDX-License-Identifier: MIT */
/* $toHashedIndexKey: the hash of MongoDB's hashed indexes. It is the first half of the MD5 of a
 * seed, the number of the value's kind in the order of kinds, and its bytes in BSON
 * (https://bsonspec.org/spec.html); numbers count as the integer they are cut off to, and objects
 * and arrays as their elements, each with its name, and an end. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash/digest.h"
#include "query/mongo/mongo_int.h"

/** The numbers of kinds, as MongoDB orders them. */
enum {
  KIND_END = 0,
  KIND_NULL = 5,
  KIND_NUMBER = 10,
  KIND_TEXT = 15,
  KIND_MAP = 20,
  KIND_LIST = 25,
  KIND_BYTES = 30,
  KIND_OBJECTID = 35,
  KIND_BOOL = 40,
  KIND_DATE = 45,
  KIND_TIMESTAMP = 47,
  KIND_REGEX = 50,
  KIND_CODE = 60,
  KIND_MINKEY = -1,
  KIND_MAXKEY = 127,
  KIND_NONE = 1000 /* BSON has no such value */
};

static int kind_of(const struct val *v) {
  if (val_is_number(v)) return KIND_NUMBER;
  switch ((int)v->type) {
  case VAL_MISSING:
  case VAL_NULL: return KIND_NULL;
  case VAL_TEXT: return KIND_TEXT;
  case VAL_MAP: return KIND_MAP;
  case VAL_LIST: return KIND_LIST;
  case VAL_BYTES:
  case VAL_UUID: return KIND_BYTES;
  case VAL_OBJECTID: return KIND_OBJECTID;
  case VAL_BOOL: return KIND_BOOL;
  case VAL_TIMESTAMP:
  case VAL_DATE: return KIND_DATE;
  case VAL_BSONTIME: return KIND_TIMESTAMP;
  case VAL_REGEX: return KIND_REGEX;
  case VAL_CODE: return KIND_CODE;
  case VAL_MINKEY: return KIND_MINKEY;
  case VAL_MAXKEY: return KIND_MAXKEY;
  default: return KIND_NONE;
  }
}

/** Cut off towards zero; what an integer of 64 bits has no room for is its end. */
static int64_t whole_of(const struct val *v) {
  int64_t whole = 0;
  if (val_to_int64(v, &whole)) return whole;
  double real = val_to_float64(v);
  if (isnan(real)) return 0;
  if (real >= 0x1p63) return INT64_MAX;
  if (real < -0x1p63) return INT64_MIN;
  return (int64_t)real;
}

static void append_text(struct buf *out, const struct val *v) {
  buf_append32le(out, v->bytes + 1);
  buf_append(out, v->data, v->bytes);
  buf_append_byte(out, 0);
}

static void append_bytes(struct buf *out, struct slice bytes, uint8_t subtype) {
  buf_append32le(out, (uint32_t)bytes.bytes);
  buf_append_byte(out, subtype);
  buf_append_slice(out, bytes);
}

static void append_scalar(struct buf *out, const struct val *v, int kind) {
  enum { UUID_SUBTYPE = 4 };
  int64_t ms = 0;
  switch (kind) {
  case KIND_NUMBER: buf_append64le(out, (uint64_t)whole_of(v)); break;
  case KIND_TEXT:
  case KIND_CODE: append_text(out, v); break;
  case KIND_BYTES:
    if (v->type == VAL_UUID)
      append_bytes(out, slice_of(v->id, sizeof v->id), UUID_SUBTYPE);
    else
      append_bytes(out, val_slice(v), v->sub);
    break;
  case KIND_OBJECTID: buf_append(out, v->id, 12); break;
  case KIND_BOOL: buf_append_byte(out, v->boolean); break;
  case KIND_DATE:
    (void)mongo__moment(v, &ms);
    buf_append64le(out, (uint64_t)ms);
    break;
  case KIND_TIMESTAMP: buf_append64le(out, (uint64_t)v->integer); break;
  case KIND_REGEX:
    buf_append_slice(out, val_slice(v));
    if (!memchr(v->data, 0, v->bytes)) buf_append_byte(out, 0);
    buf_append_byte(out, 0);
    break;
  default: break;
  }
}

/** `name` of no value: the outermost, which counts without one. */
static bool append(struct buf *out, const struct val *v, const struct slice *name) {
  int kind = kind_of(v);
  bool is_good = kind != KIND_NONE;
  buf_append32le(out, (uint32_t)kind);
  if (name) {
    buf_append_slice(out, *name);
    buf_append_byte(out, 0);
  }
  if (kind != KIND_MAP && kind != KIND_LIST) {
    append_scalar(out, v, kind);
    return is_good;
  }
  for (uint32_t i = 0; is_good && i < val_count(v); i++) {
    char digits[16];
    struct slice inner;
    struct val element = kind == KIND_MAP ? val_field_at(v, i, &inner) : val_at(v, i);
    if (kind == KIND_LIST)
      inner = slice_of(digits, (size_t)snprintf(digits, sizeof digits, "%u", i));
    is_good = append(out, &element, &inner);
  }
  buf_append32le(out, KIND_END);
  return is_good;
}

static int64_t first_half(const uint8_t *digest) {
  uint64_t half = 0;
  for (int i = 7; i >= 0; i--) half = half << 8 | digest[i];
  return (int64_t)half;
}

status mongo__to_hashed_index_key(struct func_env *env, const struct val *args, uint32_t count,
                                  struct val *out, struct err *err) {
  enum { SEED = 0, UNSUPPORTED = 2 };
  (void)count;
  uint8_t digest[DIGEST_BYTES_MAX] = {0};
  struct buf *data = env->scratch;
  buf_reset(data);
  buf_append32le(data, SEED);
  bool is_good = append(data, &args[0], NULL);
  status done = buf_check(data, "what is hashed", err);
  if (done == LUMA_OK) (void)hash_digest(slice_of_text("md5"), buf_slice(data), digest);
  buf_reset(data);
  TRY(done);
  if (!is_good)
    return mongo_fail(err, UNSUPPORTED, "$toHashedIndexKey has no hash of %s",
                      mongo_type_name(&args[0]));
  *out = val_int64(first_half(digest));
  return LUMA_OK;
}
