/* SPDX-License-Identifier: MIT */
/* $convert and its short forms. A failed conversion is an error by MongoDB's code, or what onError
 * gives. */
#include <math.h>

#include "base/text/date.h"
#include "base/text/num.h"
#include "query/mongo/bytes_number.h"
#include "query/mongo/bytes_text.h"
#include "query/mongo/moment.h"
#include "query/mongo/mongo_int.h"
#include "query/mongo/parts_of.h"
#include "value/ulid/ulid.h"

enum { CONVERSION_FAILED = 241 };

/** What to convert to, and how. */
struct conversion {
  enum val_type type; /* VAL_TEXT, VAL_INT32, … */
  uint8_t subtype;    /* of bytes */
  struct slice format;
  bool is_big; /* the order of a number's bytes */
};

static status fail_pair(const struct val *v, const char *to, struct err *err) {
  return mongo_fail(err, CONVERSION_FAILED,
                    "Unsupported conversion from %s to %s in $convert with no onError value",
                    mongo_type_name(v), to);
}

static status fail_text(const struct val *v, const char *to, struct err *err) {
  return mongo_fail(err, CONVERSION_FAILED,
                    "Failed to parse %s '%.*s' in $convert with no onError value", to,
                    v->bytes > 100 ? 100 : (int)v->bytes, (const char *)v->data);
}

static status fail_overflow(struct err *err) {
  return mongo_fail(err, CONVERSION_FAILED,
                    "Conversion would overflow target type in $convert with no onError value");
}

/* ---- to numbers ---- */

/** Towards zero, as an integer of 64 bits. */
static status whole_of(const struct val *v, int64_t *out, struct err *err) {
  if (val_to_int64(v, out)) return LUMA_OK;
  if (mongo__is_nan(v))
    return mongo_fail(err, CONVERSION_FAILED,
                      "Attempt to convert NaN value to integer type in $convert with no onError "
                      "value");
  if (!mongo__is_finite(v))
    return mongo_fail(err, CONVERSION_FAILED,
                      "Attempt to convert infinity value to integer type in $convert with no "
                      "onError value");
  if (v->type == VAL_DECIMAL) {
    struct decimal_parts parts;
    (void)decimal_unpack(v->decimal, &parts);
    while (parts.exponent < 0 && parts.coefficient) parts.coefficient /= 10, parts.exponent++;
    if (parts.coefficient == 0) parts.exponent = 0;
    if (decimal_to_int64(decimal_pack(parts, NULL), out)) return LUMA_OK;
    return fail_overflow(err);
  }
  double cut = trunc(v->real);
  if (!(cut >= -0x1p63 && cut < 0x1p63)) return fail_overflow(err);
  *out = (int64_t)cut;
  return LUMA_OK;
}

static status number_of_bytes(const struct val *v, const struct conversion *to, struct val *out,
                              struct err *err) {
  if (bytes_number_read(v, to->type, to->is_big, out)) return LUMA_OK;
  return mongo_fail(err, CONVERSION_FAILED,
                    "Failed to convert binData of %u bytes to a number in $convert with no onError "
                    "value",
                    v->bytes);
}

static status to_integer(const struct val *v, enum val_type type, struct val *out,
                         struct err *err) {
  const char *name = type == VAL_INT32 ? "int" : "long";
  int64_t whole = 0;
  if (v->type == VAL_BOOL) {
    whole = v->boolean;
  } else if (v->type == VAL_TEXT) {
    struct slice text = val_slice(v);
    if (text.bytes > 1 && text.data[0] == '+') text = slice_of(text.data + 1, text.bytes - 1);
    if (!num_parse_int64(text, &whole)) return fail_text(v, "number", err);
  } else if ((v->type == VAL_TIMESTAMP || v->type == VAL_DATE) && type == VAL_INT64) {
    (void)mongo__moment(v, &whole);
  } else if (val_is_number(v)) {
    TRY(whole_of(v, &whole, err));
  } else {
    return fail_pair(v, name, err);
  }
  if (type == VAL_INT32 && (whole < INT32_MIN || whole > INT32_MAX)) return fail_overflow(err);
  *out = (struct val){.type = (uint8_t)type, .integer = whole};
  return LUMA_OK;
}

static bool has_digit(struct slice text) {
  for (size_t i = 0; i < text.bytes; i++)
    if (text.data[i] >= '0' && text.data[i] <= '9') return true;
  return false;
}

static bool read_real(struct slice text, double *real) {
  if (text.bytes > 1 && text.data[0] == '+') text = slice_of(text.data + 1, text.bytes - 1);
  bool is_named = !has_digit(text);
  bool is_minus = text.bytes && text.data[0] == '-';
  if (!is_named) return num_parse_float64(text, real) && isfinite(*real);
  struct slice name = is_minus ? slice_of(text.data + 1, text.bytes - 1) : text;
  if (slice_is_equal_nocase(name, slice_of_text("nan")))
    *real = (double)NAN;
  else if (slice_is_equal_nocase(name, slice_of_text("infinity")) ||
           slice_is_equal_nocase(name, slice_of_text("inf")))
    *real = is_minus ? -(double)INFINITY : (double)INFINITY;
  else
    return false;
  return true;
}

static status to_real(const struct val *v, struct val *out, struct err *err) {
  int64_t ms = 0;
  double real = 0;
  if (v->type == VAL_BOOL) {
    real = v->boolean;
  } else if (v->type == VAL_TEXT) {
    if (!read_real(val_slice(v), &real)) return fail_text(v, "number", err);
  } else if (val_is_number(v)) {
    real = val_to_float64(v);
    if (isinf(real) && mongo__is_finite(v)) return fail_overflow(err);
  } else if (v->type == VAL_TIMESTAMP || v->type == VAL_DATE) {
    (void)mongo__moment(v, &ms);
    real = (double)ms;
  } else {
    return fail_pair(v, "double", err);
  }
  *out = val_float64(real);
  return LUMA_OK;
}

static status to_decimal(const struct val *v, struct val *out, struct err *err) {
  int64_t ms = 0;
  struct decimal_parts parts;
  *out = val_decimal(decimal_from_int64(v->type == VAL_BOOL ? v->boolean : 0));
  if (v->type == VAL_BOOL) return LUMA_OK;
  if (v->type == VAL_TEXT) {
    struct slice text = val_slice(v);
    if (text.bytes > 1 && text.data[0] == '+') text = slice_of(text.data + 1, text.bytes - 1);
    bool good = decimal_parse(text, &out->decimal, NULL);
    bool fits =
        good && (!has_digit(text) || decimal_unpack(out->decimal, &parts) == DECIMAL_FINITE);
    return fits ? LUMA_OK : fail_text(v, "number", err);
  }
  if (v->type == VAL_TIMESTAMP || v->type == VAL_DATE) {
    (void)mongo__moment(v, &ms);
    out->decimal = decimal_from_int64(ms);
    return LUMA_OK;
  }
  if (!val_is_number(v)) return fail_pair(v, "decimal", err);
  out->decimal = val_to_decimal_15(v);
  return LUMA_OK;
}

static status to_bool(const struct val *v, struct val *out) {
  *out = val_bool(mongo_is_true(v));
  return LUMA_OK;
}

/* ---- to dates and ids ---- */

static status to_date(struct func_env *env, const struct val *v, struct val *out, struct err *err) {
  int64_t ms = 0;
  if (v->type == VAL_TEXT) {
    if (!moment_read(val_slice(v), env->zones, slice_of(NULL, 0), &ms))
      return fail_text(v, "date", err);
  } else if (val_is_number(v) && v->type != VAL_INT32) {
    TRY(whole_of(v, &ms, err));
  } else if (!mongo__moment(v, &ms)) {
    return fail_pair(v, "date", err);
  }
  return mongo__date(ms, out) ? LUMA_OK : fail_overflow(err);
}

static status to_objectid(const struct val *v, struct val *out, struct err *err) {
  *out = *v;
  if (v->type == VAL_OBJECTID) return LUMA_OK;
  if (v->type != VAL_TEXT) return fail_pair(v, "objectId", err);
  *out = (struct val){.type = VAL_OBJECTID};
  if (v->bytes != 24) return fail_text(v, "objectId", err);
  for (uint32_t i = 0; i < 12; i++) {
    int high = num_hex_digit(v->data[2 * i]), low = num_hex_digit(v->data[2 * i + 1]);
    if (high < 0 || low < 0) return fail_text(v, "objectId", err);
    out->id[i] = (uint8_t)(high << 4 | low);
  }
  return LUMA_OK;
}

/* ---- to strings and bytes ---- */

static void append_real(struct buf *out, double v) {
  char text[NUM_TEXT_BYTES_MAX];
  size_t bytes = num_format_float64(v, text);
  if (bytes > 2 && memcmp(text + bytes - 2, ".0", 2) == 0) bytes -= 2;
  buf_append(out, text, bytes);
}

static bool append_scalar(struct buf *out, const struct val *v) {
  char text[DECIMAL_TEXT_BYTES_MAX];
  int64_t ms = 0;
  if (v->type == VAL_BOOL) {
    buf_append_text(out, v->boolean ? "true" : "false");
  } else if (val_is_integer(v)) {
    buf_append_format(out, "%lld", (long long)v->integer);
  } else if (v->type == VAL_FLOAT64) {
    append_real(out, v->real);
  } else if (v->type == VAL_DECIMAL) {
    buf_append(out, text, decimal_format(v->decimal, text));
  } else if (v->type == VAL_OBJECTID) {
    for (int i = 0; i < 12; i++) buf_append_format(out, "%02x", v->id[i]);
  } else if (v->type == VAL_TIMESTAMP || v->type == VAL_DATE) {
    (void)mongo__moment(v, &ms);
    moment_append(out, ms);
  } else {
    return false;
  }
  return true;
}

static status to_text(struct func_env *env, const struct val *v, struct slice format,
                      struct val *out, struct err *err) {
  *out = *v;
  if (v->type == VAL_TEXT) return LUMA_OK;
  if (v->type == VAL_BYTES || v->type == VAL_UUID) {
    if (!bytes_text_append(env->scratch, v, format)) {
      buf_reset(env->scratch);
      return mongo_fail(err, CONVERSION_FAILED,
                        "binData cannot be converted to a string of format '%.*s'",
                        SLICE_ARG(format));
    }
    return mongo__scratch_text(env, out, err);
  }
  if (!append_scalar(env->scratch, v)) return fail_pair(v, "string", err);
  return mongo__scratch_text(env, out, err);
}

static status to_bytes(struct func_env *env, const struct val *v, const struct conversion *to,
                       struct val *out, struct err *err) {
  uint8_t number[BYTES_NUMBER_MAX];
  struct slice bytes = slice_of(v->data, v->bytes);
  if (v->type == VAL_UUID) {
    *out = *v;
    if (to->subtype == 4) return LUMA_OK;
    bytes = slice_of(v->id, 16);
  } else if (v->type == VAL_TEXT) {
    if (!bytes_text_read(env->scratch, val_slice(v), to->format)) {
      buf_reset(env->scratch);
      return mongo_fail(err, CONVERSION_FAILED,
                        "Input string does not match expected format '%.*s'",
                        SLICE_ARG(to->format));
    }
    bytes = buf_slice(env->scratch);
  } else if (v->type == VAL_INT32 || v->type == VAL_INT64 || v->type == VAL_FLOAT64) {
    bytes = slice_of(number, bytes_number_write(v, to->is_big, number));
  } else if (v->type != VAL_BYTES) {
    return fail_pair(v, "binData", err);
  }
  struct val text;
  status made = mongo__text(env, bytes, &text, err);
  buf_reset(env->scratch);
  TRY(made);
  *out = (struct val){.type = VAL_BYTES, .sub = to->subtype, .bytes = text.bytes};
  out->data = text.data;
  if (to->subtype != 4) return LUMA_OK;
  if (text.bytes != 16) return mongo_fail(err, CONVERSION_FAILED, "a UUID has 16 bytes");
  *out = (struct val){.type = VAL_UUID};
  memcpy(out->id, text.data, 16);
  return LUMA_OK;
}

static status to_parts(struct func_env *env, const struct val *v, enum val_type type,
                       struct val *out, struct err *err) {
  *out = *v;
  if (v->type == type) return LUMA_OK;
  if (v->type == VAL_TEXT) return parts_of_text(env, v, type, out, err);
  if (v->type == VAL_BYTES && type == VAL_LIST) return parts_of_bytes(env, v, out, err);
  return fail_pair(v, type == VAL_LIST ? "array" : "object", err);
}

static status convert(struct func_env *env, const struct val *v, const struct conversion *to,
                      struct val *out, struct err *err) {
  switch ((int)to->type) {
  case VAL_INT32:
  case VAL_INT64:
    return v->type == VAL_BYTES ? number_of_bytes(v, to, out, err)
                                : to_integer(v, to->type, out, err);
  case VAL_FLOAT64:
    return v->type == VAL_BYTES ? number_of_bytes(v, to, out, err) : to_real(v, out, err);
  case VAL_DECIMAL: return to_decimal(v, out, err);
  case VAL_BOOL: return to_bool(v, out);
  case VAL_TIMESTAMP: return to_date(env, v, out, err);
  case VAL_OBJECTID: return to_objectid(v, out, err);
  case VAL_TEXT: return to_text(env, v, to->format, out, err);
  case VAL_BYTES: return to_bytes(env, v, to, out, err);
  case VAL_LIST:
  case VAL_MAP: return to_parts(env, v, to->type, out, err);
  default: break;
  }
  *out = *v;
  return v->type == to->type ? LUMA_OK : fail_pair(v, "the type asked for", err);
}

/* ---- what is asked for ---- */

struct target {
  const char *name;
  int number;
  enum val_type type;
};

static const struct target targets[] = {
    {"double", 1, VAL_FLOAT64},
    {"string", 2, VAL_TEXT},
    {"object", 3, VAL_MAP},
    {"array", 4, VAL_LIST},
    {"binData", 5, VAL_BYTES},
    {"undefined", 6, VAL_TYPES},
    {"objectId", 7, VAL_OBJECTID},
    {"bool", 8, VAL_BOOL},
    {"date", 9, VAL_TIMESTAMP},
    {"null", 10, VAL_NULL},
    {"regex", 11, VAL_REGEX},
    {"dbPointer", 12, VAL_TYPES},
    {"javascript", 13, VAL_CODE},
    {"symbol", 14, VAL_TYPES},
    {"javascriptWithScope", 15, VAL_TYPES},
    {"int", 16, VAL_INT32},
    {"timestamp", 17, VAL_BSONTIME},
    {"long", 18, VAL_INT64},
    {"decimal", 19, VAL_DECIMAL},
    {"minKey", -1, VAL_MINKEY},
    {"maxKey", 127, VAL_MAXKEY},
};

static status read_type(const struct val *to, struct conversion *conversion, struct err *err) {
  int64_t number = 0;
  if (to->type != VAL_TEXT && !val_is_number(to))
    return mongo_fail(err, 9, "$convert's 'to' argument must be a string or number, but is %s",
                      mongo_type_name(to));
  if (val_is_number(to) && !mongo__whole64(to, &number))
    return mongo_fail(err, 9, "In $convert, numeric 'to' argument is not an integer");
  for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
    bool is_it = to->type == VAL_TEXT
                     ? slice_is_equal(val_slice(to), slice_of_text(targets[i].name))
                     : number == targets[i].number;
    if (!is_it) continue;
    conversion->type = targets[i].type;
    return LUMA_OK;
  }
  return to->type == VAL_TEXT
             ? mongo_fail(err, 2, "Unknown type name: %.*s", SLICE_ARG(val_slice(to)))
             : mongo_fail(err, 9,
                          "In $convert, numeric value for 'to' does not correspond to a "
                          "BSON type");
}

/** `to` is a type, or {type, subtype}. */
static status read_target(const struct val *to, struct conversion *conversion, struct err *err) {
  int64_t number = 0;
  if (to->type != VAL_MAP) return read_type(to, conversion, err);
  struct val type = val_field(to, slice_of_text("type"));
  struct val subtype = val_field(to, slice_of_text("subtype"));
  TRY(read_type(&type, conversion, err));
  if (subtype.type == VAL_MISSING) return LUMA_OK;
  bool fits = mongo__whole64(&subtype, &number) &&
              ((number >= 0 && number <= 9) || (number >= 128 && number <= 255));
  if (!fits) return mongo_fail(err, 9, "In $convert, 'subtype' is no subtype of binData");
  conversion->subtype = (uint8_t)number;
  return LUMA_OK;
}

/** Strings need a format where bytes are made of them or they of bytes. */
static status check_format(const struct val *input, const struct val *format, struct conversion *to,
                           struct err *err) {
  bool of_bytes = input->type == VAL_BYTES || input->type == VAL_UUID;
  bool needs =
      (input->type == VAL_TEXT && to->type == VAL_BYTES) || (of_bytes && to->type == VAL_TEXT);
  if (!needs) return LUMA_OK;
  if (format->type != VAL_TEXT)
    return mongo_fail(err, 9, "$convert needs a 'format' to convert %s to %s",
                      mongo_type_name(input), to->type == VAL_TEXT ? "string" : "binData");
  to->format = val_slice(format);
  if (bytes_text_is_format(to->format)) return LUMA_OK;
  return mongo_fail(err, 9, "$convert has no format '%.*s'", SLICE_ARG(to->format));
}

static status read_byte_order(const struct val *order, struct conversion *to, struct err *err) {
  if (!word_is_given(order)) return LUMA_OK;
  struct slice name = order->type == VAL_TEXT ? val_slice(order) : slice_of(NULL, 0);
  to->is_big = slice_is_equal(name, slice_of_text("big"));
  if (to->is_big || slice_is_equal(name, slice_of_text("little"))) return LUMA_OK;
  return mongo_fail(err, 9, "$convert's 'byteOrder' is \"big\" or \"little\"");
}

status mongo__convert(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  enum { INPUT, TO, ON_ERROR, ON_NULL, FORMAT, BYTE_ORDER };
  (void)count;
  const struct val *input = &args[INPUT];
  struct conversion conversion = {.type = VAL_MISSING};
  *out = val_null();
  if (!val_is_null(&args[TO])) TRY(read_target(&args[TO], &conversion, err));
  if (val_is_null(input)) {
    if (word_is_given(&args[ON_NULL])) *out = args[ON_NULL];
    return LUMA_OK;
  }
  if (val_is_null(&args[TO])) return LUMA_OK;
  if (word_is_given(&args[FORMAT]) && val_is_null(&args[FORMAT])) return LUMA_OK;
  TRY(read_byte_order(&args[BYTE_ORDER], &conversion, err));
  status done = check_format(input, &args[FORMAT], &conversion, err);
  if (done == LUMA_OK) done = convert(env, input, &conversion, out, err);
  if (done != LUMA_INVALID_ARGUMENT || !word_is_given(&args[ON_ERROR])) return done;
  if (err) err_reset(err);
  *out = args[ON_ERROR];
  return LUMA_OK;
}

static status shortly(struct func_env *env, enum val_type type, const struct val *v,
                      struct val *out, struct err *err) {
  struct conversion conversion = {.type = type, .format = slice_of_text("base64")};
  *out = val_null();
  if (val_is_null(v)) return LUMA_OK;
  if (v->type == VAL_UUID) conversion.format = slice_of_text("uuid");
  return convert(env, v, &conversion, out, err);
}

status mongo__to_string(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  (void)count;
  return shortly(env, VAL_TEXT, args, out, err);
}

status mongo__to_int(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  (void)count;
  return shortly(env, VAL_INT32, args, out, err);
}

status mongo__to_long(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)count;
  return shortly(env, VAL_INT64, args, out, err);
}

status mongo__to_double(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  (void)count;
  return shortly(env, VAL_FLOAT64, args, out, err);
}

status mongo__to_decimal(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  (void)count;
  return shortly(env, VAL_DECIMAL, args, out, err);
}

status mongo__to_bool(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)count;
  return shortly(env, VAL_BOOL, args, out, err);
}

status mongo__to_date(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)count;
  return shortly(env, VAL_TIMESTAMP, args, out, err);
}

status mongo__to_object_id(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  (void)count;
  return shortly(env, VAL_OBJECTID, args, out, err);
}

status mongo__to_array(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  (void)count;
  return shortly(env, VAL_LIST, args, out, err);
}

status mongo__to_object(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  (void)count;
  return shortly(env, VAL_MAP, args, out, err);
}

status mongo__to_uuid(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)count;
  const struct conversion conversion = {
      .type = VAL_BYTES, .subtype = 4, .format = slice_of_text("uuid")};
  *out = val_null();
  return val_is_null(&args[0]) ? LUMA_OK : convert(env, &args[0], &conversion, out, err);
}
