/* SPDX-License-Identifier: MIT */
/* Names and values as they stand in sentences. */
#include "base/text/date.h"
#include "base/text/num.h"
#include "query/lang/nql/nql_int.h"
#include "value/json/json.h"

/* ---- texts ---- */

static uint8_t unescape(uint8_t c) {
  return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
}

/** What stands between the quotes: doubled quotes are one, a backslash takes the next character as
 * it is (or \n, \t, \r). */
static status read_quoted(const struct nql *nql, const struct nql_token *token,
                          struct slice *text) {
  const uint8_t *in = token->text.data + 1, *end = token->text.data + token->text.bytes - 1;
  uint8_t quote = token->text.data[0], *out = arena_alloc_text(nql->arena, token->text.bytes);
  size_t bytes = 0;
  TRY(nql__made(nql, out));
  for (; in < end; in++) {
    bool is_escape = *in == '\\' && quote != '`';
    if (is_escape || *in == quote) in++;
    out[bytes++] = is_escape ? unescape(*in) : *in;
  }
  *text = slice_of(out, bytes);
  return LUMA_OK;
}

/* ---- names ---- */

static bool is_quoted(const struct nql_token *token) {
  return token->kind == NQL_NAME || token->kind == NQL_TEXT;
}

bool nql__is_attribute(const struct nql *nql) {
  const struct nql_token *token = &nql->token;
  return is_quoted(token) || (token->kind == NQL_WORD && !nql__is_reserved(token->text));
}

/** A name in quotes is one step, whatever it holds. */
static status make_path(const struct nql *nql, const struct nql_token *token, struct slice text,
                        struct path *path) {
  if (is_quoted(token)) {
    path->steps = arena_zalloc(nql->arena, 1, sizeof *path->steps);
    TRY(nql__made(nql, path->steps));
    path->count = 1;
    *path = path_of_name(path->steps, text);
    return LUMA_OK;
  }
  struct err why = {0};
  status parsed = path_parse(nql->arena, text, false, path, &why);
  if (parsed == LUMA_OK) return LUMA_OK;
  if (parsed == LUMA_OUT_OF_MEMORY || parsed == LUMA_BUDGET_EXCEEDED) return nql__made(nql, NULL);
  return nql__fail(nql, token->offset, parsed, "%s", why.message);
}

status nql__attribute(struct nql *nql, struct expr **name) {
  nql__skip_articles(nql);
  struct nql_token token = nql->token;
  struct slice text = token.text;
  if (!nql__is_attribute(nql)) return nql__fail_expected(nql, "the name of an attribute", NULL);
  if (is_quoted(&token)) TRY(read_quoted(nql, &token, &text));
  if (text.bytes == 0)
    return nql__fail(nql, token.offset, LUMA_SYNTAX_ERROR, "the name of an attribute is empty");
  nql__step(nql);
  *name = expr_node(nql->arena, EXPR_NAME, NULL, 0, token.offset);
  TRY(nql__made(nql, *name));
  (*name)->name = text;
  return make_path(nql, &token, text, &(*name)->path);
}

status nql__attributes(struct nql *nql, struct nql_names *names) {
  names->count = 0;
  do {
    if (names->count == NQL_ITEMS_MAX)
      return nql__fail(nql, nql->token.offset, LUMA_TOO_LARGE, "a list has at most %d names",
                       NQL_ITEMS_MAX);
    TRY(nql__attribute(nql, &names->items[names->count++]));
    if (nql__accept(nql, ", and")) continue;
  } while (nql__accept(nql, ",") || nql__accept(nql, "and"));
  return LUMA_OK;
}

status nql__collection(struct nql *nql, struct nql_token *token, struct slice *name) {
  nql__skip_articles(nql);
  *token = nql->token;
  *name = token->text;
  if (!nql__is_attribute(nql)) return nql__fail_expected(nql, "the name of a collection", NULL);
  if (is_quoted(token)) TRY(read_quoted(nql, token, name));
  if (name->bytes == 0)
    return nql__fail(nql, token->offset, LUMA_SYNTAX_ERROR, "the name of a collection is empty");
  nql__step(nql);
  return LUMA_OK;
}

/* ---- values ---- */

static status make_const(struct nql *nql, struct val value, struct expr **out) {
  *out = expr_const(nql->arena, value, nql->token.offset);
  nql__step(nql);
  return nql__made(nql, *out);
}

/** Integers are exact: past 64 bits they are decimals. */
static struct val number_of(struct slice text) {
  int64_t integer = 0;
  double real = 0;
  struct decimal decimal;
  bool inexact = false;
  if (num_parse_int64(text, &integer)) return val_int64(integer);
  bool is_integer = !memchr(text.data, '.', text.bytes) && !memchr(text.data, 'e', text.bytes) &&
                    !memchr(text.data, 'E', text.bytes);
  if (is_integer && decimal_parse(text, &decimal, &inexact)) return val_decimal(decimal);
  return num_parse_float64(text, &real) ? val_float64(real) : val_missing();
}

static status read_number(struct nql *nql, struct expr **out) {
  struct val number = number_of(nql->token.text);
  if (number.type == VAL_MISSING) return nql__fail_expected(nql, "a number", NULL);
  return make_const(nql, number, out);
}

static status read_date(struct nql *nql, struct expr **out) {
  struct val value = {.type = VAL_DATE};
  if (date_parse(nql->token.text, &value.integer)) return make_const(nql, value, out);
  value.type = VAL_TIMESTAMP;
  if (date_parse_timestamp(nql->token.text, &value.integer)) return make_const(nql, value, out);
  return nql__fail(nql, nql->token.offset, LUMA_INVALID_VALUE, "`%.*s` is not a date",
                   SLICE_ARG(nql->token.text));
}

static status read_param(struct nql *nql, struct expr **out) {
  struct slice text = nql->token.text, rest = slice_of(text.data + 1, text.bytes - 1);
  int64_t number = 0;
  struct slice name = {0};
  if (rest.bytes == 0)
    number = ++nql->questions;
  else if (!num_parse_int64(rest, &number) && rest.data[0] > '9')
    name = rest;
  if (!name.bytes && (number < 1 || number > NQL_PARAMETERS_MAX))
    return nql__fail(nql, nql->token.offset, LUMA_SYNTAX_ERROR,
                     "parameters are numbered from 1 to %d", NQL_PARAMETERS_MAX);
  if (number > nql->statement->parameters_count)
    nql->statement->parameters_count = (uint32_t)number;
  *out = expr_param(nql->arena, (uint32_t)number, name, nql->token.offset);
  nql__step(nql);
  return nql__made(nql, *out);
}

static status read_json(const struct nql *nql, struct json_reader *reader, struct slice json,
                        struct val *value) {
  const struct json_read_options options = {.form = JSON_TAGGED, .id_is_key = true};
  struct buf out;
  struct val read;
  buf_init(&out, DOC_BYTES_MAX);
  status done = json_read_value(reader, json, &options, &out, &read, nql->err);
  if (done == LUMA_OK) {
    void *copy = arena_copy(nql->arena, out.data, out.bytes);
    done = nql__made(nql, copy);
    if (copy) *value = val_decode(slice_of(copy, out.bytes), NULL);
  }
  buf_deinit(&out);
  return done;
}

status nql__json(struct nql *nql, struct val *value) {
  struct json_reader *reader = NULL;
  struct nql_token token = nql->token;
  TRY(json_reader_create(&reader, nql->err));
  status done = read_json(nql, reader, token.text, value);
  json_reader_destroy(reader);
  if (done != LUMA_OK) {
    if (nql->err && nql->err->line)
      err_position(nql->err, (const char *)nql->text.data, nql->text.bytes,
                   token.offset + nql->err->offset);
    return done;
  }
  nql__step(nql);
  return LUMA_OK;
}

/** true, false, null, now, or a text of one word. */
static status read_word(struct nql *nql, struct expr **out) {
  struct slice word = nql->token.text;
  if (slice_is_equal_nocase(word, slice_of_text("true")))
    return make_const(nql, val_bool(true), out);
  if (slice_is_equal_nocase(word, slice_of_text("false")))
    return make_const(nql, val_bool(false), out);
  if (slice_is_equal_nocase(word, slice_of_text("null")) ||
      slice_is_equal_nocase(word, slice_of_text("nothing")))
    return make_const(nql, val_null(), out);
  if (slice_is_equal_nocase(word, slice_of_text("now"))) {
    *out = expr_node(nql->arena, EXPR_CALL, NULL, 0, nql->token.offset);
    TRY(nql__made(nql, *out));
    (*out)->name = slice_of_text("now");
    nql__step(nql);
    return LUMA_OK;
  }
  if (!nql__is_reserved(word)) return make_const(nql, val_text(word), out);
  status failed = nql__fail_expected(nql, "a value", NULL);
  err_hint(nql->err, "a text that is such a word stands in quotes: \"%.*s\"", SLICE_ARG(word));
  return failed;
}

status nql__value(struct nql *nql, struct expr **value) {
  struct slice text;
  struct val json = val_missing();
  size_t offset = nql->token.offset;
  switch (nql->token.kind) {
  case NQL_WORD: return read_word(nql, value);
  case NQL_NUMBER: return read_number(nql, value);
  case NQL_DATE: return read_date(nql, value);
  case NQL_PARAM: return read_param(nql, value);
  case NQL_TEXT:
    TRY(read_quoted(nql, &nql->token, &text));
    return make_const(nql, val_text(text), value);
  case NQL_JSON:
    TRY(nql__json(nql, &json));
    *value = expr_const(nql->arena, json, offset);
    return nql__made(nql, *value);
  case NQL_END:
  case NQL_NAME:
  case NQL_SYMBOL:
  case NQL_BAD: break;
  }
  return nql__fail_expected(nql, "a value", NULL);
}

status nql__row_count(struct nql *nql, struct expr **count) {
  struct val number = val_missing();
  int64_t rows = 0;
  if (nql->token.kind == NQL_PARAM) return read_param(nql, count);
  if (nql->token.kind == NQL_NUMBER) number = number_of(nql->token.text);
  if (!val_is_number(&number) || !val_to_int64(&number, &rows) || rows < 0)
    return nql__fail_expected(nql, "a whole number", NULL);
  return make_const(nql, val_int64(rows), count);
}
