/* SPDX-License-Identifier: MIT */
/* The walk over the tokens of a JSON text into a builder. */
#include <stdarg.h>
#include <stdio.h>

#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "value/json/json_int.h"

static status read_value(struct json_reader *r, uint32_t depth, struct err *err);
static status read_apart(struct json_reader *r, struct err *err);
static status read_alike(struct json_reader *r, struct err *err);

/* ---- tokens ---- */

static bool is_space(uint8_t c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

struct slice json__take_token(struct json_reader *r) {
  /* Only white space lies between the end of this token and the next place (the last place is the
   * end of the text). */
  size_t from = r->at[0], to = r->at[1];
  while (is_space(r->text.data[to - 1])) to--;
  r->at++;
  return slice_of(r->text.data + from, to - from);
}

static bool take_escaped(struct json_reader *r, struct slice *text) {
  uint8_t *out = buf_reserve(&r->unescaped, text->bytes);
  size_t bytes = 0;
  ASSERT(out != NULL); /* reserved for the whole text before the walk */
  if (!json__unescape(*text, out, &bytes)) return false;
  r->unescaped.bytes += bytes;
  *text = slice_of(out, bytes);
  return true;
}

bool json__take_text(struct json_reader *r, struct slice *text) {
  struct slice token = json__take_token(r);
  /* The index has seen that every quote is closed. */
  ASSERT(token.bytes >= 2 && token.data[token.bytes - 1] == '"');
  *text = slice_of(token.data + 1, token.bytes - 2);
  if (!r->has_escapes || !memchr(text->data, '\\', text->bytes)) return true;
  return take_escaped(r, text);
}

status json__fail_at(const struct json_reader *r, size_t offset, status code, struct err *err,
                     const char *format, ...) {
  char message[ERR_MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  err_raise(err, code, __FILE__, __LINE__, "%s", message);
  if (err) err_position(err, (const char *)r->text.data, r->text.bytes, offset);
  return code;
}

/* ---- values ---- */

static status take_literal(struct json_reader *r, struct val *v) {
  struct slice token = json__take_token(r);
  if (slice_is_equal(token, slice_of_text("true"))) {
    *v = val_bool(true);
  } else if (slice_is_equal(token, slice_of_text("false"))) {
    *v = val_bool(false);
  } else if (slice_is_equal(token, slice_of_text("null"))) {
    *v = val_null();
  } else {
    return json__fault();
  }
  return LUMA_OK;
}

static bool is_integer(struct slice token) {
  for (size_t i = token.data[0] == '-'; i < token.bytes; i++)
    if (token.data[i] < '0' || token.data[i] > '9') return false;
  return true;
}

static status take_number(struct json_reader *r, struct val *v, struct err *err) {
  size_t offset = json__offset(r);
  struct slice token = json__take_token(r);
  enum json__number result = json__parse_number(token, v);
  if (result == JSON_NUMBER_FAULT) return json__fault();
  if (result == JSON_NUMBER_RANGE)
    return json__fail_at(r, offset, LUMA_OUT_OF_RANGE, err,
                         "a number has a magnitude beyond 1E-6176 to 9.9E+6144");
  r->lost_digits |= result == JSON_NUMBER_ROUNDED;
  if (v->type == VAL_DECIMAL && r->big_are_floats && is_integer(token))
    *v = val_float64(val_to_float64(v));
  return LUMA_OK;
}

static status take_text(struct json_reader *r, struct val *v) {
  struct slice text;
  if (!json__take_text(r, &text)) return json__fault();
  *v = val_text(text);
  return LUMA_OK;
}

status json__take_scalar(struct json_reader *r, struct val *v, struct err *err) {
  uint8_t c = json__peek(r);
  if (c == '"') return take_text(r, v);
  if (c == '-' || (c >= '0' && c <= '9')) return take_number(r, v, err);
  return c == 't' || c == 'f' || c == 'n' ? take_literal(r, v) : json__fault();
}

static status check_depth(const struct json_reader *r, size_t offset, uint32_t depth,
                          struct err *err) {
  if (depth < r->depth_max) return LUMA_OK;
  return json__fail_at(r, offset, LUMA_TOO_DEEP, err, "nesting is deeper than %u levels",
                       r->depth_max);
}

static status read_list(struct json_reader *r, uint32_t depth, struct err *err) {
  TRY(check_depth(r, json__offset(r), depth, err));
  r->at++;
  build_begin_list(r->build);
  if (!json__take(r, ']')) {
    do {
      TRY(read_value(r, depth + 1, err));
    } while (json__take(r, ','));
    if (!json__take(r, ']')) return json__fault();
  }
  build_end(r->build);
  return LUMA_OK;
}

/* A top-level `id` names the key slot, unless `_id` stands beside it; one that comes later means
 * reading again. */
static bool rename_id(struct json_reader *r, struct slice *name) {
  if (slice_is_equal(*name, slice_of_text("id"))) {
    r->met_id = true;
    *name = slice_of_text("_id");
  } else if (slice_is_equal(*name, slice_of_text("_id"))) {
    if (r->met_id) return false;
    r->id_is_key = false;
  }
  return true;
}

static status read_name(struct json_reader *r, uint32_t depth, struct slice *name) {
  if (json__peek(r) != '"' || !json__take_text(r, name)) return json__fault();
  if (depth == 1 && r->id_is_key && !rename_id(r, name)) {
    r->met_id_first = true;
    return json__fault();
  }
  if (!json__take(r, ':')) return json__fault();
  if (!build_name(r->build, *name) && depth > 1) r->knew_names = false;
  return LUMA_OK;
}

static bool is_apart(const struct json_reader *r, uint32_t depth, struct slice name) {
  return r->apart && depth == 1 && slice_is_equal(name, r->apart->list) && json__peek(r) == '[';
}

static bool is_alike(const struct json_reader *r, uint32_t depth, struct slice name) {
  return r->alike && depth == 1 && slice_is_equal(name, r->alike->list);
}

/* Whether the map that follows is MongoDB's: its large integers are doubles. */
static bool is_mongo(const struct json_reader *r, uint32_t depth, struct slice name) {
  return depth == 1 && r->floats_in.data && slice_is_equal(name, r->floats_in) &&
         json__peek(r) == '{';
}

/* What changes of MongoDB put into documents: values, too. Under names of a filter nothing changes:
 * to be equal to an expression is to be matched by it. */
static bool is_put(struct slice name) {
  static const char *const names[] = {"$set", "$setOnInsert", "document", "replacement"};
  if (name.bytes < 4 || !memchr("$dr", name.data[0], 3)) return false; /* nearly always */
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (slice_is_equal(name, slice_of_text(names[i]))) return true;
  return false;
}

/* Whether what follows are documents: of values alone. */
static bool is_values(const struct json_reader *r, uint32_t depth, struct slice name) {
  bool is_inner = r->floats_in.data != NULL;
  bool is_mongo = r->values_in.data && (!is_inner || r->big_are_floats);
  if (is_mongo && !r->has_values && depth > (is_inner ? 2 : 1) && is_put(name)) return true;
  return r->values_in.data && depth == (is_inner ? 2 : 1) && (!is_inner || r->big_are_floats) &&
         slice_is_equal(name, r->values_in);
}

/* The depth of the elements of what follows, if these are values. */
static uint32_t depth_of_values(const struct json_reader *r, uint32_t depth, struct slice name) {
  static const char *const operators[] = {"$in", "$nin", "$all"};
  bool is_mongo = r->values_in.data && (!r->floats_in.data || r->big_are_floats);
  if (!is_mongo || !name.bytes || name.data[0] != '$') return 0;
  for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
    if (slice_is_equal(name, slice_of_text(operators[i]))) return depth + 1;
  return 0;
}

/* Reads the value of a field that says what regular expressions within are. */
static status read_field(struct json_reader *r, uint32_t depth, struct slice name,
                         struct err *err) {
  bool had_values = r->has_values;
  uint32_t were_at = r->values_at;
  r->has_values |= is_values(r, depth, name);
  r->values_at = depth_of_values(r, depth, name);
  TRY(is_apart(r, depth, name)   ? read_apart(r, err)
      : is_alike(r, depth, name) ? read_alike(r, err)
                                 : read_value(r, depth, err));
  r->has_values = had_values;
  r->values_at = were_at;
  return LUMA_OK;
}

/* The fields of the builder's open map up to and with the brace that ends them. `depth` is the
 * map's own: 1 at the top. */
static status read_fields(struct json_reader *r, uint32_t depth, struct err *err) {
  struct slice name;
  if (json__take(r, '}')) return LUMA_OK;
  do {
    TRY(read_name(r, depth, &name));
    bool was = r->big_are_floats;
    r->big_are_floats |= is_mongo(r, depth, name);
    TRY(read_field(r, depth, name, err));
    r->big_are_floats = was;
  } while (json__take(r, ','));
  return json__take(r, '}') ? LUMA_OK : json__fault();
}

/* The tag that the map whose brace was taken begins with: then its name and colon are taken too.
 * Else nothing is. */
static const struct json__tag *take_tag(struct json_reader *r) {
  if (!r->is_tagged || json__peek(r) != '"') return NULL;
  const uint32_t *mark = r->at;
  size_t unescaped_mark = r->unescaped.bytes;
  uint8_t first = r->text.data[*mark + 1];
  if (first != '$' && first != '\\') return NULL; /* `\u0024` is a dollar as well */
  struct slice name;
  const struct json__tag *tag = json__take_text(r, &name) ? json__tag_find(name) : NULL;
  if (tag && json__take(r, ':')) return tag;
  r->at = mark;
  r->unescaped.bytes = unescaped_mark; /* what was reserved suffices to unescape each text once */
  return NULL;
}

bool json__take_tagged(struct json_reader *r, struct val *v) {
  const uint32_t *mark = r->at;
  if (!json__take(r, '{')) return false;
  const struct json__tag *tag = take_tag(r);
  bool is_value = tag && !json__tag_is_plain(tag);
  if (is_value && json__tag_read(r, tag, v, NULL) == LUMA_OK && v->bytes == 0) return true;
  r->at = mark;
  return false;
}

/* The braces of a tagged value are no level of nesting: what can be stored can be written and read.
 */
static status read_map(struct json_reader *r, uint32_t depth, struct err *err) {
  size_t offset = json__offset(r);
  r->at++;
  const struct json__tag *tag = take_tag(r);
  bool is_tagged = tag && !json__tag_is_plain(tag);
  struct val v;
  if (is_tagged) TRY(json__tag_read(r, tag, &v, err));
  bool is_value = r->has_values || (r->values_at && r->values_at == depth);
  if (is_tagged || (!tag && is_value && json__take_old_regex(r, &v))) {
    build_put(r->build, &v);
    return LUMA_OK;
  }
  if (tag && !json__take(r, '{'))
    return json__fail_at(r, json__offset(r), LUMA_INVALID_VALUE, err, "`$plain` takes a map");
  TRY(check_depth(r, offset, depth, err));
  build_begin_map(r->build);
  TRY(read_fields(r, depth + 1, err));
  build_end(r->build);
  return !tag || json__take(r, '}') ? LUMA_OK : json__fault();
}

static status read_value(struct json_reader *r, uint32_t depth, struct err *err) {
  uint8_t c = json__peek(r);
  if (c == '{') return read_map(r, depth, err);
  if (c == '[') return read_list(r, depth, err);
  struct val v;
  TRY(json__take_scalar(r, &v, err));
  build_put(r->build, &v);
  return LUMA_OK;
}

/* The top of a document: its fields go into the root map, which the builder has open. */
static status read_root(struct json_reader *r, struct err *err) {
  if (!json__take(r, '{')) {
    if (json__explain(r->text, json__text_depth_max(r), NULL) != LUMA_OK) return json__fault();
    json__fail_at(r, json__offset(r), LUMA_INVALID_VALUE, err,
                  "a document is an object, this is another value");
    if (err) err_hint(err, "write {\"name\": value, …}");
    return LUMA_INVALID_VALUE;
  }
  const struct json__tag *tag = take_tag(r);
  if (tag && !json__tag_is_plain(tag))
    return json__fail_at(r, 0, LUMA_INVALID_VALUE, err,
                         "a document is an object, this is a `%s` value", json__tag_name(tag));
  if (tag && !json__take(r, '{'))
    return json__fail_at(r, json__offset(r), LUMA_INVALID_VALUE, err, "`$plain` takes a map");
  TRY(read_fields(r, 1, err));
  return !tag || json__take(r, '}') ? LUMA_OK : json__fault();
}

/* ---- documents apart ---- */

static status read_one_apart(struct json_reader *r, struct err *err) {
  enum { DEPTH = 3 }; /* of its fields, in the text */
  struct slice document;
  r->cannot_part = !json__take(r, '{') || take_tag(r);
  if (r->cannot_part) return json__fault();
  build_begin_document(r->build);
  TRY(read_fields(r, DEPTH, err));
  r->apart->count++;
  return build_finish(r->build, &document, err);
}

static status read_all_apart(struct json_reader *r, struct err *err) {
  do {
    TRY(read_one_apart(r, err));
  } while (json__take(r, ','));
  return json__take(r, ']') ? LUMA_OK : json__fault();
}

/* Of several lists of the name the last counts, as of all fields. */
static status read_apart(struct json_reader *r, struct err *err) {
  r->at++;
  r->apart->is_apart = true;
  r->apart->count = 0;
  r->apart->out->bytes = r->apart->from;
  build_begin_list(r->build);
  build_end(r->build);
  if (json__take(r, ']')) return LUMA_OK;
  r->build = &r->documents;
  status read = read_all_apart(r, err);
  r->build = &r->whole;
  return read;
}

/* ---- elements that are alike ---- */

/* Of several fields of the name the last counts. */
static status read_alike(struct json_reader *r, struct err *err) {
  r->alike->count = 0;
  if (!json__take(r, '[')) return read_value(r, 1, err);
  build_begin_list(r->build);
  if (!json__take(r, ']')) {
    const uint32_t *first = r->at;
    TRY(read_value(r, 2, err));
    json__take_alike(r, first);
    while (json__take(r, ',')) TRY(read_value(r, 2, err));
    if (!json__take(r, ']')) return json__fault();
  }
  build_end(r->build);
  return LUMA_OK;
}

/* ---- the whole of a text ---- */

static status index_text(struct json_reader *r, struct err *err) {
  const uint32_t *places = NULL;
  size_t count = 0;
  enum json__index_result found =
      json__index_run(r->index, r->text.data, r->text.bytes, &places, &count);
  if (found == JSON_INDEX_NO_MEMORY)
    FAIL(err, LUMA_OUT_OF_MEMORY, "out of memory reading a JSON text of %zu bytes", r->text.bytes);
  if (found == JSON_INDEX_FAULT) return json__fault();
  r->at = places;
  r->end = places + count;
  return LUMA_OK;
}

static status begin(struct json_reader *r, struct slice text,
                    const struct json_read_options *options, struct err *err) {
  size_t bytes_max = options->bytes_max ? options->bytes_max : DOC_BYTES_MAX;
  if (text.bytes > bytes_max)
    FAIL(err, LUMA_TOO_LARGE, "a JSON text of %zu bytes is over the limit of %zu", text.bytes,
         bytes_max);
  uint32_t depth_max = options->depth_max;
  r->depth_max = depth_max && depth_max < DOC_DEPTH_MAX ? depth_max : DOC_DEPTH_MAX;
  r->text = text;
  r->is_tagged = options->form == JSON_TAGGED;
  r->big_are_floats = options->big_are_floats;
  r->floats_in = options->floats_in;
  r->values_in = options->values_in;
  r->has_values = false;
  r->values_at = 0;
  r->build = &r->whole;
  r->apart = NULL;
  r->alike = NULL;
  r->id_is_key = r->cannot_part = false;
  r->met_id = r->met_id_first = r->lost_digits = false;
  r->knew_names = true;
  r->has_escapes = text.bytes > 0 && memchr(text.data, '\\', text.bytes);
  buf_reset(&r->unescaped);
  if (r->has_escapes && !buf_reserve(&r->unescaped, text.bytes))
    return buf_check(&r->unescaped, "a JSON text with escapes", err);
  return LUMA_OK;
}

static void begin_again(struct build *build) {
  bool only_known = build->only_known;
  build_deinit(build);
  build_init(build, build->out, build->names);
  build->only_known = only_known;
}

/* Throws away what was built of a text that failed. */
static void abandon(struct json_reader *r, size_t start) {
  r->build->out->bytes = start;
  begin_again(r->build);
  if (!r->apart) return;
  r->apart->is_apart = false;
  begin_again(&r->documents);
}

static status explain(const struct json_reader *r, struct err *err) {
  status explained = json__explain(r->text, json__text_depth_max(r), err);
  if (explained != LUMA_OK) return explained;
  return json__fail_at(r, json__offset(r), LUMA_INVALID_JSON, err, "the text is not JSON");
}

/* Memory that one unusually long text needed does not stay. */
static void end(struct json_reader *r) {
  enum { KEPT_BYTES = 4 << 20 };
  json__index_trim(r->index);
  if (r->unescaped.capacity > KEPT_BYTES) {
    buf_deinit(&r->unescaped);
    buf_init(&r->unescaped, SIZE_MAX);
  }
}

typedef status walk_fn(struct json_reader *r, struct err *err);

/* One walk: index, read, nothing left over, finish. */
static status run(struct json_reader *r, walk_fn *walk, struct slice *result, struct err *err) {
  size_t start = r->build->out->bytes;
  r->unescaped.bytes = 0;
  status walked = index_text(r, err);
  if (walked == LUMA_OK) walked = walk(r, err);
  if (walked == LUMA_OK && r->at != r->end) walked = json__fault();
  if (walked == LUMA_OK) return build_finish(r->build, result, err);
  abandon(r, start);
  return walked;
}

static status run_and_explain(struct json_reader *r, walk_fn *walk, struct slice *result,
                              struct err *err) {
  status walked = run(r, walk, result, err);
  if (walked == LUMA_INVALID_JSON && r->met_id_first) {
    r->id_is_key = false;
    walked = run(r, walk, result, err);
  }
  if (walked == LUMA_INVALID_JSON && r->cannot_part) {
    r->apart = NULL;
    walked = run(r, walk, result, err);
  }
  if (walked == LUMA_INVALID_JSON) walked = explain(r, err);
  end(r);
  return walked;
}

static status walk_document(struct json_reader *r, struct err *err) {
  build_begin_document(r->build);
  return read_root(r, err);
}

static status walk_value(struct json_reader *r, struct err *err) {
  return read_value(r, 0, err);
}

static void build_into(struct build *build, struct buf *out, struct names *names, bool only_known) {
  build->out = out;
  build->names = names;
  build->only_known = only_known;
}

status json_read_document(struct json_reader *reader, struct slice text,
                          const struct json_read_options *options, struct names *names,
                          struct buf *out, struct slice *doc, struct err *err) {
  TRY(begin(reader, text, options, err));
  reader->id_is_key = options->id_is_key;
  build_into(reader->build, out, names, false);
  return run_and_explain(reader, walk_document, doc, err);
}

status json_read_value(struct json_reader *reader, struct slice text,
                       const struct json_read_options *options, struct buf *out, struct val *value,
                       struct err *err) {
  TRY(begin(reader, text, options, err));
  reader->id_is_key = options->id_is_key;
  build_into(reader->build, out, options->known, true);
  reader->alike = options->alike;
  if (reader->alike) reader->alike->count = 0;
  reader->apart = options->apart;
  if (reader->apart) {
    reader->apart->is_apart = false;
    reader->apart->from = reader->apart->out->bytes;
    build_into(&reader->documents, reader->apart->out, options->known, true);
  }
  struct slice encoded = {0};
  TRY(run_and_explain(reader, walk_value, &encoded, err));
  *value = val_decode(encoded, options->known);
  return LUMA_OK;
}

bool json_reader_knew_names(const struct json_reader *reader) {
  return reader->knew_names;
}

bool json_reader_met_escapes(const struct json_reader *reader) {
  return reader->has_escapes;
}

bool json_reader_lost_digits(const struct json_reader *reader) {
  return reader->lost_digits;
}

status json_reader_create(struct json_reader **reader, struct err *err) {
  struct json_reader *made = mem_zalloc(1, sizeof *made);
  if (made) made->index = json__index_create();
  if (!made || !made->index) {
    mem_free(made);
    FAIL(err, LUMA_OUT_OF_MEMORY, "out of memory for a JSON reader");
  }
  buf_init(&made->unescaped, SIZE_MAX);
  buf_init(&made->assembled, DOC_BYTES_MAX);
  made->build = &made->whole;
  build_init(&made->whole, NULL, NULL);
  build_init(&made->documents, NULL, NULL);
  *reader = made;
  return LUMA_OK;
}

void json_reader_destroy(struct json_reader *reader) {
  if (!reader) return;
  json__index_destroy(reader->index);
  build_deinit(&reader->whole);
  build_deinit(&reader->documents);
  buf_deinit(&reader->unescaped);
  buf_deinit(&reader->assembled);
  mem_free(reader);
}

status json_read_once(struct slice text, const struct json_read_options *options, struct buf *out,
                      struct val *value, struct err *err) {
  struct json_reader *reader;
  TRY(json_reader_create(&reader, err));
  status result = json_read_value(reader, text, options, out, value, err);
  json_reader_destroy(reader);
  return result;
}
