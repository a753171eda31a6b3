/* SPDX-License-Identifier: MIT */
/* Functions that write bytes as text and back, quote, and fill templates. */
#include <stdlib.h>

#include "base/text/num.h"
#include "base/text/quote.h"
#include "base/text/utf8.h"
#include "query/func/func_int.h"
#include "value/json/json.h"

static bool is_form(const struct val *form, const char *name) {
  return form->type == VAL_TEXT && slice_is_equal_nocase(val_slice(form), slice_of_text(name));
}

static status fail_form(struct err *err) {
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "bytes are not written in this form");
  err_hint(err, "use 'hex' or 'base64'");
  return failed;
}

static void append_hex(struct buf *out, struct slice bytes) {
  for (size_t i = 0; i < bytes.bytes; i++) {
    buf_append_byte(out, (uint8_t) "0123456789abcdef"[bytes.data[i] >> 4]);
    buf_append_byte(out, (uint8_t) "0123456789abcdef"[bytes.data[i] & 15]);
  }
}

status func__encode(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  if (args[0].type != VAL_BYTES && args[0].type != VAL_TEXT) return func__clash(env, out);
  if (is_form(&args[1], "hex"))
    append_hex(env->scratch, val_slice(&args[0]));
  else if (is_form(&args[1], "base64"))
    json_append_base64(env->scratch, val_slice(&args[0]));
  else
    return fail_form(err);
  return func__scratch_text(env, out, err);
}

static bool decode_hex(struct buf *out, struct slice text) {
  for (size_t i = 0; i + 1 < text.bytes; i += 2) {
    int high = num_hex_digit(text.data[i]), low = num_hex_digit(text.data[i + 1]);
    if (high < 0 || low < 0) return false;
    buf_append_byte(out, (uint8_t)(high << 4 | low));
  }
  return text.bytes % 2 == 0;
}

status func__decode(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  bool good;
  if (args[0].type != VAL_TEXT) return func__clash(env, out);
  if (is_form(&args[1], "hex"))
    good = decode_hex(env->scratch, val_slice(&args[0]));
  else if (is_form(&args[1], "base64"))
    good = json_parse_base64(val_slice(&args[0]), env->scratch);
  else
    return fail_form(err);
  if (!good) {
    buf_reset(env->scratch);
    FAIL(err, LUMA_INVALID_VALUE, "the text is not written in this form");
  }
  TRY(func__scratch_text(env, out, err));
  out->type = VAL_BYTES;
  return LUMA_OK;
}

/** Words that stand for no name unless they are quoted, in the order of bytes: those of PostgreSQL
 * (its pg_get_keywords), which are LQL's too. */
static const char *const reserved[] = {"all",
                                       "analyse",
                                       "analyze",
                                       "and",
                                       "any",
                                       "array",
                                       "as",
                                       "asc",
                                       "asymmetric",
                                       "authorization",
                                       "between",
                                       "bigint",
                                       "binary",
                                       "bit",
                                       "boolean",
                                       "both",
                                       "case",
                                       "cast",
                                       "char",
                                       "character",
                                       "check",
                                       "coalesce",
                                       "collate",
                                       "collation",
                                       "column",
                                       "concurrently",
                                       "constraint",
                                       "create",
                                       "cross",
                                       "current_catalog",
                                       "current_date",
                                       "current_role",
                                       "current_schema",
                                       "current_time",
                                       "current_timestamp",
                                       "current_user",
                                       "dec",
                                       "decimal",
                                       "default",
                                       "deferrable",
                                       "desc",
                                       "distinct",
                                       "do",
                                       "else",
                                       "end",
                                       "except",
                                       "exists",
                                       "extract",
                                       "false",
                                       "fetch",
                                       "float",
                                       "for",
                                       "foreign",
                                       "freeze",
                                       "from",
                                       "full",
                                       "grant",
                                       "greatest",
                                       "group",
                                       "grouping",
                                       "having",
                                       "ilike",
                                       "in",
                                       "initially",
                                       "inner",
                                       "inout",
                                       "int",
                                       "integer",
                                       "intersect",
                                       "interval",
                                       "into",
                                       "is",
                                       "isnull",
                                       "join",
                                       "lateral",
                                       "leading",
                                       "least",
                                       "left",
                                       "like",
                                       "limit",
                                       "localtime",
                                       "localtimestamp",
                                       "national",
                                       "natural",
                                       "nchar",
                                       "none",
                                       "normalize",
                                       "not",
                                       "notnull",
                                       "null",
                                       "nullif",
                                       "numeric",
                                       "offset",
                                       "on",
                                       "only",
                                       "or",
                                       "order",
                                       "out",
                                       "outer",
                                       "overlaps",
                                       "overlay",
                                       "placing",
                                       "position",
                                       "precision",
                                       "primary",
                                       "real",
                                       "references",
                                       "returning",
                                       "right",
                                       "row",
                                       "select",
                                       "session_user",
                                       "setof",
                                       "similar",
                                       "smallint",
                                       "some",
                                       "substring",
                                       "symmetric",
                                       "table",
                                       "tablesample",
                                       "then",
                                       "time",
                                       "timestamp",
                                       "to",
                                       "trailing",
                                       "treat",
                                       "trim",
                                       "true",
                                       "union",
                                       "unique",
                                       "user",
                                       "using",
                                       "values",
                                       "varchar",
                                       "variadic",
                                       "verbose",
                                       "when",
                                       "where",
                                       "window",
                                       "with",
                                       "xmlattributes",
                                       "xmlconcat",
                                       "xmlelement",
                                       "xmlexists",
                                       "xmlforest",
                                       "xmlnamespaces",
                                       "xmlparse",
                                       "xmlpi",
                                       "xmlroot",
                                       "xmlserialize",
                                       "xmltable"};

static int compare_word(const void *name, const void *word) {
  return slice_compare(*(const struct slice *)name, slice_of_text(*(const char *const *)word));
}

static bool is_reserved(struct slice name) {
  return bsearch(&name, reserved, sizeof reserved / sizeof reserved[0], sizeof reserved[0],
                 compare_word) != NULL;
}

static bool is_plain_name(struct slice name) {
  bool plain = name.bytes > 0 && !(name.data[0] >= '0' && name.data[0] <= '9');
  for (size_t i = 0; i < name.bytes && plain; i++) {
    uint8_t c = name.data[i];
    plain = c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  }
  return plain && !is_reserved(name);
}

void func_append_identifier(struct buf *out, struct slice name) {
  if (is_plain_name(name))
    buf_append_slice(out, name);
  else
    quote_append(out, name, '"');
}

status func__quote_ident(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  (void)count;
  if (args[0].type != VAL_TEXT) return func__clash(env, out);
  func_append_identifier(env->scratch, val_slice(&args[0]));
  return func__scratch_text(env, out, err);
}

/* A literal of any value: texts quoted, numbers as they are, the rest as a quoted text. */
static status append_literal(struct func_env *env, const struct val *v, struct err *err) {
  struct val text;
  if (val_is_null(v)) {
    buf_append_text(env->scratch, "NULL");
    return LUMA_OK;
  }
  struct buf outer = *env->scratch; /* func_cast uses the scratch for itself */
  buf_init(env->scratch, outer.bytes_max);
  status cast = func_cast(env, v, VAL_TEXT, &text, err);
  buf_deinit(env->scratch);
  *env->scratch = outer;
  TRY(cast);
  quote_append(env->scratch, val_slice(&text), '\'');
  return LUMA_OK;
}

status func__quote_literal(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  (void)count;
  TRY(append_literal(env, &args[0], err));
  return func__scratch_text(env, out, err);
}

/* One %-conversion: `kind` s, I or L. */
static status append_converted(struct func_env *env, uint8_t kind, const struct val *v,
                               struct err *err) {
  if (kind == 'L') return append_literal(env, v, err);
  if (kind == 'I' && (val_is_null(v) || v->type != VAL_TEXT))
    FAIL(err, LUMA_INVALID_ARGUMENT, "%%I takes the text of a name");
  if (kind == 'I')
    func_append_identifier(env->scratch, val_slice(v));
  else if (!val_is_null(v))
    func_append_text(env->scratch, v);
  return LUMA_OK;
}

/* What stands between % and the letter: `2$`, `-`, a width or `*`. */
struct format_place {
  uint32_t nth; /* 0: the next one */
  bool left;
  int64_t width;
};
enum { FORMAT_WIDTH_MAX = 100000 };

static size_t read_digits(struct slice form, size_t at, int64_t *number) {
  for (*number = 0; at < form.bytes && form.data[at] >= '0' && form.data[at] <= '9'; at++)
    if (*number <= FORMAT_WIDTH_MAX) *number = *number * 10 + (form.data[at] - '0');
  return at;
}

static size_t read_place(struct slice form, size_t at, struct format_place *place) {
  int64_t number = 0;
  size_t end = read_digits(form, at, &number);
  *place = (struct format_place){0};
  if (end > at && end < form.bytes && form.data[end] == '$') {
    place->nth = (uint32_t)number;
    at = end + 1;
  }
  for (; at < form.bytes && form.data[at] == '-'; at++) place->left = true;
  return read_digits(form, at, &place->width);
}

/* The width that an argument gives; a negative one stands at the left. */
static status take_width(const struct val *args, uint32_t count, uint32_t *next,
                         struct format_place *place, struct err *err) {
  if (*next >= count) FAIL(err, LUMA_INVALID_ARGUMENT, "format has too few arguments");
  const struct val *width = &args[(*next)++];
  place->width = val_is_integer(width) ? width->integer : 0;
  place->left |= place->width < 0;
  if (place->width < 0) place->width = -place->width;
  return LUMA_OK;
}

/* Blanks before or behind what was written from `from` on. */
static status fill(struct func_env *env, size_t from, const struct format_place *place,
                   struct err *err) {
  struct buf *out = env->scratch;
  int64_t missing =
      place->width - (int64_t)utf8_count(slice_of(out->data + from, out->bytes - from));
  if (place->width > FORMAT_WIDTH_MAX)
    FAIL(err, LUMA_TOO_LARGE, "a width is at most %d", FORMAT_WIDTH_MAX);
  if (missing <= 0) return LUMA_OK;
  size_t bytes = out->bytes - from;
  for (int64_t i = 0; i < missing; i++) buf_append_byte(out, ' ');
  if (out->failed != LUMA_OK || place->left) return LUMA_OK;
  memmove(out->data + from + missing, out->data + from, bytes);
  memset(out->data + from, ' ', (size_t)missing);
  return LUMA_OK;
}

/* One of the form's conversions, from behind its %; `*at` then stands on its letter. */
static status format_one(struct func_env *env, const struct val *args, uint32_t count,
                         uint32_t *next, size_t *at, struct err *err) {
  struct slice form = val_slice(&args[0]);
  struct format_place place;
  *at = read_place(form, *at, &place);
  if (*at < form.bytes && form.data[*at] == '*') {
    TRY(take_width(args, count, next, &place, err));
    ++*at;
  }
  uint8_t kind = *at < form.bytes ? form.data[*at] : 0;
  if (kind != 's' && kind != 'I' && kind != 'L')
    FAIL(err, LUMA_INVALID_ARGUMENT, "format knows %%s, %%I, %%L and %%%%");
  if (place.nth) *next = place.nth;
  if (*next >= count) FAIL(err, LUMA_INVALID_ARGUMENT, "format has too few arguments");
  size_t from = env->scratch->bytes;
  TRY(append_converted(env, kind, &args[(*next)++], err));
  return fill(env, from, &place, err);
}

static status format_all(struct func_env *env, const struct val *args, uint32_t count,
                         struct err *err) {
  struct slice form = val_slice(&args[0]);
  uint32_t next = 1;
  for (size_t i = 0; i < form.bytes; i++) {
    bool is_plain = form.data[i] != '%';
    bool is_mark = !is_plain && i + 1 < form.bytes && form.data[i + 1] == '%';
    if (is_plain || is_mark) {
      buf_append_byte(env->scratch, form.data[i]);
      i += is_mark;
      continue;
    }
    i++;
    TRY(format_one(env, args, count, &next, &i, err));
  }
  return LUMA_OK;
}

/** %s the value as text, %I as a name, %L as a literal. */
status func__format(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  *out = val_null();
  if (val_is_null(&args[0])) return LUMA_OK;
  if (args[0].type != VAL_TEXT) return func__clash(env, out);
  status done = format_all(env, args, count, err);
  if (done == LUMA_OK) return func__scratch_text(env, out, err);
  buf_reset(env->scratch);
  return done;
}
