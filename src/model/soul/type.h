/* SPDX-License-Identifier: MIT */
/* Types of attributes: `text int float decimal boolean timestamp date duration ulid uuid bytes
 * jsonb list<T> map<T> vector(n) light ref(soul)`, and the spellings people bring from SQL, Python,
 * JSON Schema and TypeScript. Pure; any thread. */
#ifndef MODEL_SOUL_TYPE_H
#define MODEL_SOUL_TYPE_H

#include "base/mem/arena.h"
#include "base/text/buf.h"
#include "value/val/val.h"

enum soul_kind {
  SOUL_ANY, /* jsonb */
  SOUL_TEXT,
  SOUL_INT,
  SOUL_FLOAT,
  SOUL_DECIMAL,
  SOUL_BOOLEAN,
  SOUL_TIMESTAMP,
  SOUL_DATE,
  SOUL_DURATION,
  SOUL_ULID,
  SOUL_UUID,
  SOUL_BYTES,
  SOUL_LIST,
  SOUL_MAP,
  SOUL_VECTOR,
  SOUL_LIGHT,
  SOUL_REF,
  SOUL_KINDS
};

enum { SOUL_TYPE_DEPTH_MAX = 16, SOUL_DIMENSIONS_MAX = 65536, SOUL_PRECISION_MAX = 1000 };

struct soul_attribute;

struct soul_type {
  uint8_t kind;                      /* enum soul_kind */
  bool fields_open;                  /* MAP with fields: others are allowed too */
  uint16_t precision, scale;         /* DECIMAL: digits in all, and of them behind the point; 0: any
                                        numbers */
  uint32_t dimensions;               /* VECTOR; 0 = any */
  const struct soul_type *element;   /* LIST, MAP; NULL = any */
  const struct soul_attribute *item; /* LIST, MAP: rules of the elements, whose type is `element`;
                                        NULL: none */
  struct slice target;               /* REF: the alias of the other soul */
  struct soul_attribute *fields;     /* MAP of named attributes; NULL: of any names */
  uint32_t fields_count;
};

/** Reads a type as people write it: "text", "VARCHAR(80)", "List[float]", "Optional[int]",
 * "vector(384)", "numeric(10, 2)", "ref(users)". `*length` (may be NULL): the most characters, for
 * VARCHAR(80), else UINT32_MAX. `*optional` (may be NULL): Optional[T] or T?. LUMA_INVALID_VALUE
 * says what is wrong.
 */
status soul_type_parse(struct slice text, struct arena *arena, struct soul_type *type,
                       uint32_t *length, bool *optional, struct err *err);
/** Appends the canonical spelling. */
void soul_type_format(struct buf *out, const struct soul_type *type);
const char *soul_kind_name(enum soul_kind kind);
bool soul_type_is_equal(const struct soul_type *a, const struct soul_type *b);
/** The type that a stored value has by itself. */
enum soul_kind soul_kind_of(enum val_type type);

/** The type (enum val_type) of values that are taken as they are, whatever they are; VAL_NULL:
 * there is none. */
uint8_t soul_type_that_stays(const struct soul_type *type);

#endif
