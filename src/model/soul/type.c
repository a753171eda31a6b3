/* SPDX-License-Identifier: MIT */
/* Reading types in all their spellings. */
#include "model/soul/type.h"

#include "base/text/num.h"
#include "model/soul/soul.h"

static const char *const kind_names[SOUL_KINDS] = {
    [SOUL_ANY] = "jsonb",           [SOUL_TEXT] = "text",       [SOUL_INT] = "int",
    [SOUL_FLOAT] = "float",         [SOUL_DECIMAL] = "decimal", [SOUL_BOOLEAN] = "boolean",
    [SOUL_TIMESTAMP] = "timestamp", [SOUL_DATE] = "date",       [SOUL_DURATION] = "duration",
    [SOUL_ULID] = "ulid",           [SOUL_UUID] = "uuid",       [SOUL_BYTES] = "bytes",
    [SOUL_LIST] = "list",           [SOUL_MAP] = "map",         [SOUL_VECTOR] = "vector",
    [SOUL_LIGHT] = "light",         [SOUL_REF] = "ref",
};

/* Names without parameters, lower case. */
static const struct {
  const char *name;
  enum soul_kind kind;
} spellings[] = {
    {"any", SOUL_ANY},
    {"json", SOUL_ANY},
    {"mixed", SOUL_ANY},
    {"unknown", SOUL_ANY},
    {"str", SOUL_TEXT},
    {"string", SOUL_TEXT},
    {"varchar", SOUL_TEXT},
    {"character varying", SOUL_TEXT},
    {"char", SOUL_TEXT},
    {"character", SOUL_TEXT},
    {"nvarchar", SOUL_TEXT},
    {"clob", SOUL_TEXT},
    {"tinytext", SOUL_TEXT},
    {"mediumtext", SOUL_TEXT},
    {"longtext", SOUL_TEXT},
    {"email", SOUL_TEXT},
    {"uri", SOUL_TEXT},
    {"url", SOUL_TEXT},
    {"integer", SOUL_INT},
    {"int64", SOUL_INT},
    {"int32", SOUL_INT},
    {"bigint", SOUL_INT},
    {"smallint", SOUL_INT},
    {"tinyint", SOUL_INT},
    {"mediumint", SOUL_INT},
    {"int8", SOUL_INT},
    {"int4", SOUL_INT},
    {"int2", SOUL_INT},
    {"long", SOUL_INT},
    {"float64", SOUL_FLOAT},
    {"float32", SOUL_FLOAT},
    {"float8", SOUL_FLOAT},
    {"float4", SOUL_FLOAT},
    {"double", SOUL_FLOAT},
    {"double precision", SOUL_FLOAT},
    {"real", SOUL_FLOAT},
    {"number", SOUL_FLOAT},
    {"numeric", SOUL_DECIMAL},
    {"decimal128", SOUL_DECIMAL},
    {"bool", SOUL_BOOLEAN},
    {"datetime", SOUL_TIMESTAMP},
    {"date-time", SOUL_TIMESTAMP},
    {"timestamptz", SOUL_TIMESTAMP},
    {"timestamp with time zone", SOUL_TIMESTAMP},
    {"timestamp without time zone", SOUL_TIMESTAMP},
    {"interval", SOUL_DURATION},
    {"timedelta", SOUL_DURATION},
    {"time", SOUL_DURATION},
    {"time without time zone", SOUL_DURATION},
    {"guid", SOUL_UUID},
    {"blob", SOUL_BYTES},
    {"bytea", SOUL_BYTES},
    {"binary", SOUL_BYTES},
    {"bytearray", SOUL_BYTES},
    {"array", SOUL_LIST},
    {"tuple", SOUL_LIST},
    {"set", SOUL_LIST},
    {"frozenset", SOUL_LIST},
    {"sequence", SOUL_LIST},
    {"dict", SOUL_MAP},
    {"object", SOUL_MAP},
    {"record", SOUL_MAP},
    {"hash", SOUL_MAP},
    {"mapping", SOUL_MAP},
    {"embedding", SOUL_VECTOR},
    {"reference", SOUL_REF},
    {"relation", SOUL_REF},
    {"link", SOUL_REF},
};

const char *soul_kind_name(enum soul_kind kind) {
  return kind_names[kind];
}

static struct slice trimmed(struct slice text) {
  while (text.bytes && text.data[0] <= ' ') text = slice_of(text.data + 1, text.bytes - 1);
  while (text.bytes && text.data[text.bytes - 1] <= ' ') text.bytes--;
  return text;
}

/* `datetime.datetime`, `uuid.UUID`: the module says nothing more. */
static struct slice without_module(struct slice name) {
  for (size_t i = name.bytes; i > 1; i--) {
    if (name.data[i - 1] == '.') return slice_of(name.data + i, name.bytes - i);
  }
  return name;
}

static bool find_kind(struct slice name, enum soul_kind *kind) {
  name = without_module(name);
  for (int i = 0; i < SOUL_KINDS; i++) {
    *kind = (enum soul_kind)i;
    if (slice_is_equal_nocase(name, slice_of_text(kind_names[i]))) return true;
  }
  for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
    *kind = spellings[i].kind;
    if (slice_is_equal_nocase(name, slice_of_text(spellings[i].name))) return true;
  }
  return false;
}

/* What is being read. */
struct reading {
  struct arena *arena;
  uint32_t length;
  bool optional;
  struct err *err;
};

static status read_type(struct reading *reading, struct slice text, uint32_t depth,
                        struct soul_type *type);

static status fail_type(struct reading *reading, struct slice text) {
  err_raise(reading->err, LUMA_INVALID_VALUE, __FILE__, __LINE__, "`%.*s` is no type",
            (int)(text.bytes < 100 ? text.bytes : 100), (const char *)text.data);
  err_hint(reading->err,
           "types are text int float decimal boolean timestamp date duration ulid uuid "
           "bytes jsonb list<T> map<T> vector(n) light ref(soul)");
  return LUMA_INVALID_VALUE;
}

static status read_element(struct reading *reading, struct slice text, uint32_t depth,
                           struct soul_type *type) {
  struct soul_type *element = arena_zalloc(reading->arena, 1, sizeof *element);
  if (!element) FAIL(reading->err, LUMA_OUT_OF_MEMORY, "no memory for a type");
  uint32_t length = reading->length;
  bool optional = reading->optional;
  TRY(read_type(reading, text, depth + 1, element));
  reading->length = length;
  reading->optional = optional;
  if (element->kind != SOUL_ANY) type->element = element;
  return LUMA_OK;
}

/* Where the first comma stands that is not within brackets; text.bytes when there is none. */
static size_t find_comma(struct slice text) {
  int depth = 0;
  for (size_t i = 0; i < text.bytes; i++) {
    uint8_t c = text.data[i];
    depth += c == '<' || c == '[' || c == '(';
    depth -= c == '>' || c == ']' || c == ')';
    if (c == ',' && depth == 0) return i;
  }
  return text.bytes;
}

/* `dict[str, T]`: the key's type is text, whatever is said. */
static struct slice after_comma(struct slice text) {
  size_t at = find_comma(text);
  return at < text.bytes ? trimmed(slice_of(text.data + at + 1, text.bytes - at - 1)) : text;
}

/* `tuple[int, ...]`: a list of any length. */
static struct slice before_dots(struct slice text) {
  size_t at = find_comma(text);
  struct slice rest = at < text.bytes ? after_comma(text) : slice_of(NULL, 0);
  return slice_is_equal(rest, slice_of_text("...")) ? slice_of(text.data, at) : text;
}

static bool is_nothing(struct slice text) {
  return slice_is_equal_nocase(text, slice_of_text("none")) ||
         slice_is_equal_nocase(text, slice_of_text("null"));
}

/* `Union[T, None]` is an optional T; of several types none is the one. */
static status read_union(struct reading *reading, struct slice inside, uint32_t depth,
                         struct soul_type *type) {
  size_t at = find_comma(inside);
  struct slice first = trimmed(slice_of(inside.data, at)), rest = after_comma(inside);
  reading->optional = true;
  if (at < inside.bytes && is_nothing(first)) return read_type(reading, rest, depth + 1, type);
  if (at < inside.bytes && is_nothing(rest)) return read_type(reading, first, depth + 1, type);
  return fail_type(reading, inside);
}

static status read_within(struct reading *reading, struct slice text, int64_t least, int64_t most,
                          uint32_t *number) {
  int64_t value = 0;
  if (!num_parse_int64(trimmed(text), &value) || value < least || value > most)
    FAIL(reading->err, LUMA_INVALID_VALUE, "`%.*s` is not a whole number from %lld to %lld",
         (int)(text.bytes < 60 ? text.bytes : 60), (const char *)text.data, (long long)least,
         (long long)most);
  *number = (uint32_t)value;
  return LUMA_OK;
}

static status read_number(struct reading *reading, struct slice text, int64_t most,
                          uint32_t *number) {
  return read_within(reading, text, 1, most, number);
}

/* `(10, 2)`, or `(10)`: whole numbers. */
static status read_precision(struct reading *reading, struct slice inside, struct soul_type *type) {
  size_t at = find_comma(inside);
  uint32_t precision, scale = 0;
  TRY(read_number(reading, slice_of(inside.data, at), SOUL_PRECISION_MAX, &precision));
  if (at < inside.bytes) TRY(read_within(reading, after_comma(inside), 0, precision, &scale));
  type->precision = (uint16_t)precision;
  type->scale = (uint16_t)scale;
  return LUMA_OK;
}

/* The name of a soul as it is, or in the quotes that LQL's names may have. */
static status read_target(struct reading *reading, struct slice name, struct slice *target) {
  uint8_t quote = name.bytes > 2 ? name.data[0] : 0;
  bool is_quoted = (quote == '`' || quote == '"') && name.data[name.bytes - 1] == quote;
  if (is_quoted) name = slice_of(name.data + 1, name.bytes - 2);
  if (name.bytes == 0 || name.bytes > SOUL_NAME_BYTES_MAX)
    FAIL(reading->err, LUMA_INVALID_VALUE, "ref needs the name of a soul: ref(users)");
  uint8_t *copy = arena_alloc(reading->arena, name.bytes);
  if (!copy) FAIL(reading->err, LUMA_OUT_OF_MEMORY, "no memory for a type");
  size_t bytes = 0;
  for (size_t i = 0; i < name.bytes; i++) {
    copy[bytes++] = name.data[i];
    bool is_doubled = i + 1 < name.bytes && name.data[i] == quote && name.data[i + 1] == quote;
    if (is_quoted && is_doubled) i++;
  }
  *target = slice_of(copy, bytes);
  return LUMA_OK;
}

static status read_inside(struct reading *reading, struct slice inside, uint32_t depth,
                          struct soul_type *type) {
  inside = trimmed(inside);
  switch (type->kind) {
  case SOUL_LIST: return read_element(reading, before_dots(inside), depth, type);
  case SOUL_MAP: return read_element(reading, after_comma(inside), depth, type);
  case SOUL_VECTOR: return read_number(reading, inside, SOUL_DIMENSIONS_MAX, &type->dimensions);
  case SOUL_TEXT: return read_number(reading, inside, UINT32_MAX - 1, &reading->length);
  case SOUL_REF: return read_target(reading, inside, &type->target);
  case SOUL_DECIMAL: return read_precision(reading, inside, type);
  default: return LUMA_OK; /* timestamp(6): precision is always the most */
  }
}

/* Where the parameters begin: a bracket that the last character closes; text.bytes if none. */
static size_t find_bracket(struct slice text) {
  static const char opens[] = "<[(", closes[] = ">])";
  if (text.bytes < 2) return text.bytes;
  for (size_t i = 0; i < text.bytes; i++) {
    const char *open = memchr(opens, text.data[i], 3);
    if (!open) continue;
    return text.data[text.bytes - 1] == (uint8_t)closes[open - opens] ? i : text.bytes;
  }
  return text.bytes;
}

static status read_wrapped(struct reading *reading, struct slice name, struct slice inside,
                           uint32_t depth, struct soul_type *type) {
  if (slice_is_equal_nocase(without_module(name), slice_of_text("optional"))) {
    reading->optional = true;
    return read_type(reading, inside, depth + 1, type);
  }
  if (slice_is_equal_nocase(without_module(name), slice_of_text("union")))
    return read_union(reading, inside, depth, type);
  if (slice_is_equal_nocase(name, slice_of_text("tensor"))) name = slice_of_text("vector");
  enum soul_kind kind;
  if (!find_kind(trimmed(name), &kind)) return fail_type(reading, name);
  type->kind = (uint8_t)kind;
  return read_inside(reading, inside, depth, type);
}

static bool ends_with(struct slice text, const char *end) {
  size_t bytes = strlen(end);
  return text.bytes > bytes &&
         slice_is_equal_nocase(slice_of(text.data + text.bytes - bytes, bytes), slice_of_text(end));
}

static status read_suffixed(struct reading *reading, struct slice text, uint32_t depth,
                            struct soul_type *type, bool *is_read) {
  static const char *const optional[] = {"| None", "|None", "| null", "|null", "?"};
  *is_read = true;
  for (size_t i = 0; i < sizeof optional / sizeof optional[0]; i++) {
    if (!ends_with(text, optional[i])) continue;
    reading->optional = true;
    text.bytes -= strlen(optional[i]);
    return read_type(reading, text, depth + 1, type);
  }
  if (ends_with(text, "[]")) {
    type->kind = SOUL_LIST;
    return read_element(reading, slice_of(text.data, text.bytes - 2), depth, type);
  }
  *is_read = false;
  return LUMA_OK;
}

static status read_type(struct reading *reading, struct slice text, uint32_t depth,
                        struct soul_type *type) {
  bool is_read = false;
  text = trimmed(text);
  if (depth > SOUL_TYPE_DEPTH_MAX)
    FAIL(reading->err, LUMA_INVALID_VALUE, "a type has at most %d levels", SOUL_TYPE_DEPTH_MAX);
  TRY(read_suffixed(reading, text, depth, type, &is_read));
  if (is_read) return LUMA_OK;
  size_t at = find_bracket(text);
  if (at < text.bytes && at > 0) {
    struct slice inside = slice_of(text.data + at + 1, text.bytes - at - 2);
    return read_wrapped(reading, trimmed(slice_of(text.data, at)), inside, depth, type);
  }
  enum soul_kind kind;
  if (!find_kind(text, &kind)) return fail_type(reading, text);
  if (kind == SOUL_REF)
    FAIL(reading->err, LUMA_INVALID_VALUE, "ref needs the name of a soul: ref(users)");
  type->kind = (uint8_t)kind;
  return LUMA_OK;
}

status soul_type_parse(struct slice text, struct arena *arena, struct soul_type *type,
                       uint32_t *length, bool *optional, struct err *err) {
  struct reading reading = {.arena = arena, .length = UINT32_MAX, .err = err};
  *type = (struct soul_type){0};
  TRY(read_type(&reading, text, 0, type));
  if (length) *length = reading.length;
  if (optional) *optional = reading.optional;
  return LUMA_OK;
}

void soul_type_format(struct buf *out, const struct soul_type *type) {
  buf_append_text(out, kind_names[type->kind]);
  if (type->element) {
    buf_append_byte(out, '<');
    soul_type_format(out, type->element);
    buf_append_byte(out, '>');
  }
  if (type->dimensions) buf_append_format(out, "(%u)", type->dimensions);
  if (type->precision) buf_append_format(out, "(%u,%u)", type->precision, type->scale);
  if (type->kind == SOUL_REF) buf_append_format(out, "(%.*s)", SLICE_ARG(type->target));
}

bool soul_type_is_equal(const struct soul_type *a, const struct soul_type *b) {
  if (a->kind != b->kind || a->dimensions != b->dimensions || !a->element != !b->element)
    return false;
  if (a->precision != b->precision || a->scale != b->scale) return false;
  if (a->element && !soul_type_is_equal(a->element, b->element)) return false;
  return slice_is_equal(a->target, b->target);
}

enum soul_kind soul_kind_of(enum val_type type) {
  static const uint8_t kinds[VAL_TYPES] = {
      [VAL_BOOL] = SOUL_BOOLEAN,    [VAL_INT32] = SOUL_INT,
      [VAL_INT64] = SOUL_INT,       [VAL_FLOAT64] = SOUL_FLOAT,
      [VAL_DECIMAL] = SOUL_DECIMAL, [VAL_TEXT] = SOUL_TEXT,
      [VAL_BYTES] = SOUL_BYTES,     [VAL_TIMESTAMP] = SOUL_TIMESTAMP,
      [VAL_DATE] = SOUL_DATE,       [VAL_DURATION] = SOUL_DURATION,
      [VAL_ULID] = SOUL_ULID,       [VAL_UUID] = SOUL_UUID,
      [VAL_LIST] = SOUL_LIST,       [VAL_MAP] = SOUL_MAP,
      [VAL_VECTOR] = SOUL_VECTOR,   [VAL_LIGHT] = SOUL_LIGHT,
  };
  return (enum soul_kind)kinds[type];
}

uint8_t soul_type_that_stays(const struct soul_type *type) {
  switch ((int)type->kind) {
  case SOUL_TEXT: return VAL_TEXT;
  case SOUL_INT: return VAL_INT64;
  case SOUL_FLOAT: return VAL_FLOAT64;
  case SOUL_DECIMAL: return type->precision ? VAL_NULL : VAL_DECIMAL;
  case SOUL_BOOLEAN: return VAL_BOOL;
  case SOUL_TIMESTAMP: return VAL_TIMESTAMP;
  case SOUL_DATE: return VAL_DATE;
  case SOUL_DURATION: return VAL_DURATION;
  default: return VAL_NULL;
  }
}
