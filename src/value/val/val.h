/* SPDX-License-Identifier: MIT */
/* One value of any type, 24 bytes, passed by pointer or copy. Fixed-size values are held inside;
 * text, bytes, lists, maps and vectors are borrowed from a document, an arena or the caller, whose
 * lifetime bounds the value's. Lists and maps point at their encoded form (spec/document.md) and at
 * the name dictionary that resolves its name ids. A value is plain data: any thread may read it
 * while what it borrows lives. */
#ifndef VALUE_VAL_VAL_H
#define VALUE_VAL_VAL_H

#include "base/text/slice.h"
#include "value/decimal/decimal.h"

struct names;
struct lens;

/** Types, in no order that matters (the total order is value/order). Numbers are part of the
 * document form: never change one. */
enum val_type {
  VAL_MISSING = 0, /* no value at all: an attribute that is not there. Never stored */
  VAL_NULL = 1,
  VAL_BOOL = 2,
  VAL_INT32 = 3,
  VAL_INT64 = 4,
  VAL_FLOAT64 = 5,
  VAL_DECIMAL = 6,
  VAL_TEXT = 7,
  VAL_BYTES = 8,     /* `sub` is the BSON binary subtype, 0 = generic */
  VAL_TIMESTAMP = 9, /* µs since 1970 UTC */
  VAL_DATE = 10,     /* days since 1970-01-01 */
  VAL_DURATION = 11, /* µs */
  VAL_INTERVAL = 12, /* months, days, µs */
  VAL_ULID = 13,
  VAL_UUID = 14,
  VAL_LIST = 15,
  VAL_MAP = 16,
  VAL_VECTOR = 17, /* `sub` is enum val_vector_kind; `bytes` the size of the elements */
  VAL_LIGHT = 18, /* 44 bytes: position 3 x f32, direction 3 x f32, intensity f32, colour 4 x f32 */
  VAL_OBJECTID = 19, /* 12 bytes */
  VAL_REGEX = 20,    /* text: pattern, NUL, options */
  VAL_BSONTIME = 21, /* BSON timestamp: seconds << 32 | increment */
  VAL_CODE = 22,     /* JavaScript code as text */
  VAL_MINKEY = 23,
  VAL_MAXKEY = 24,
  VAL_TYPES = 25
};

enum val_vector_kind { VAL_VECTOR_F32 = 0, VAL_VECTOR_F16 = 1, VAL_VECTOR_I8 = 2 };

struct val_interval {
  int32_t months, days;
  int64_t us;
};

struct val {
  uint8_t type; /* enum val_type */
  uint8_t sub;
  bool is_lensed;   /* MAP: the root of a document that is seen through `lens` */
  uint8_t reserved; /* 0 */
  uint32_t bytes;   /* TEXT BYTES LIST MAP VECTOR LIGHT REGEX CODE: bytes at `data`; else 0 */
  union {
    bool boolean;    /* BOOL */
    int64_t integer; /* INT32 INT64 TIMESTAMP DATE DURATION BSONTIME */
    double real;     /* FLOAT64 */
    struct decimal decimal;
    struct val_interval interval;
    uint8_t id[16]; /* ULID UUID; OBJECTID in the first 12 */
    struct {
      /* TEXT BYTES VECTOR LIGHT REGEX CODE; LIST MAP: their encoded form, tag first */
      const uint8_t *data;
      union {
        const struct names *names; /* LIST MAP: resolves name ids; NULL: all names stand inline */
        const struct lens *lens;   /* is_lensed: see value/doc/lens.h */
      };
    };
  };
};

_Static_assert(sizeof(struct val) == 24, "a value is three words");

static inline struct val val_missing(void) {
  return (struct val){.type = VAL_MISSING};
}
static inline struct val val_null(void) {
  return (struct val){.type = VAL_NULL};
}
static inline struct val val_bool(bool v) {
  return (struct val){.type = VAL_BOOL, .boolean = v};
}
static inline struct val val_int32(int32_t v) {
  return (struct val){.type = VAL_INT32, .integer = v};
}
static inline struct val val_int64(int64_t v) {
  return (struct val){.type = VAL_INT64, .integer = v};
}
static inline struct val val_float64(double v) {
  return (struct val){.type = VAL_FLOAT64, .real = v};
}
static inline struct val val_decimal(struct decimal v) {
  return (struct val){.type = VAL_DECIMAL, .decimal = v};
}
static inline struct val val_timestamp(int64_t us) {
  return (struct val){.type = VAL_TIMESTAMP, .integer = us};
}
/** Borrows `s`, valid UTF-8 of less than 4 GiB. */
static inline struct val val_text(struct slice s) {
  return (struct val){.type = VAL_TEXT, .bytes = (uint32_t)s.bytes, .data = s.data};
}
/* The same, written where they are to be, field by field: a value that is copied just after it was
 * made stalls on its stores. */
static inline void val_put_head(struct val *out, enum val_type type, uint32_t bytes) {
  out->type = (uint8_t)type;
  out->sub = out->reserved = 0;
  out->is_lensed = false;
  out->bytes = bytes;
}
static inline void val_put_null(struct val *out) {
  val_put_head(out, VAL_NULL, 0);
  out->integer = 0;
}
static inline void val_put_bool(struct val *out, bool v) {
  val_put_head(out, VAL_BOOL, 0);
  out->integer = 0;
  out->boolean = v;
}
static inline void val_put_int64(struct val *out, int64_t v) {
  val_put_head(out, VAL_INT64, 0);
  out->integer = v;
}
static inline void val_put_float64(struct val *out, double v) {
  val_put_head(out, VAL_FLOAT64, 0);
  out->real = v;
}
static inline void val_put_text(struct val *out, const uint8_t *data, uint32_t bytes) {
  val_put_head(out, VAL_TEXT, bytes);
  out->data = data;
  out->names = NULL;
}
static inline struct slice val_slice(const struct val *v) {
  return slice_of(v->data, v->bytes);
}
/** The pattern of a REGEX value, and its options. */
struct slice val_regex(const struct val *v, struct slice *options);
/** Puts the options of a REGEX that is being made into the order of letters, as BSON has them:
 * values are equal where their bytes are. What is not ASCII stays as it is. */
void val_sort_options(uint8_t *options, size_t bytes);
/** MISSING and NULL: what SQL calls NULL. */
static inline bool val_is_null(const struct val *v) {
  return v->type <= VAL_NULL;
}
static inline bool val_is_number(const struct val *v) {
  return v->type >= VAL_INT32 && v->type <= VAL_DECIMAL;
}
static inline bool val_is_integer(const struct val *v) {
  return v->type == VAL_INT32 || v->type == VAL_INT64;
}
/** Whether the value points to bytes that are another's (`data`); others stand whole in the struct.
 */
bool val_is_borrowed(const struct val *v);

/** "text", "int64", …: the name users see. */
const char *val_type_name(enum val_type type);
/** "string", "long", …: the name of a value's type as MongoDB's users see it. */
const char *val_mongo_name(const struct val *v);
/** The type of a name users write, with the usual spellings (int, integer, string, str, double, …);
 * false if unknown. */
bool val_type_parse(struct slice name, enum val_type *type);
/** The nearest double of any number. */
double val_to_float64(const struct val *number);
/** True and the integer when a number is integral and fits 64 bits. */
bool val_to_int64(const struct val *number, int64_t *out);
/** The decimal of any number (doubles by their shortest text). */
struct decimal val_to_decimal(const struct val *number);
/** The same as MongoDB does it: doubles by 15 digits (decimal_from_float64_15). */
struct decimal val_to_decimal_15(const struct val *number);

#endif
