/* SPDX-License-Identifier: MIT */
/* Collations told apart by their texts. */
#include "query/plan/expr.h"
#include "query/plan/plan.h"
#include "value/json/json.h"

enum { TEXT_BYTES_MAX = 1 << 20 };

struct field {
  const char *name;
  const char *usual;  /* what is so unless it is said; NULL: it must be said */
  const char *but[2]; /* not in these languages */
};

static const struct field fields[] = {
    {"locale", NULL, {NULL, NULL}},
    {"caseLevel", "false", {NULL, NULL}},
    {"caseFirst", "\"off\"", {"da", "mt"}},
    {"strength", "3", {NULL, NULL}},
    {"numericOrdering", "false", {NULL, NULL}},
    {"alternate", "\"non-ignorable\"", {"th", NULL}},
    {"maxVariable", "\"punct\"", {NULL, NULL}},
    {"normalization", "false", {NULL, NULL}},
    {"backwards", "false", {"fr_CA", NULL}},
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

static bool is_known(struct slice name) {
  for (size_t i = 0; i < FIELDS; i++)
    if (slice_is_equal(name, slice_of_text(fields[i].name))) return true;
  return slice_is_equal(name, slice_of_text("version")); /* of a library, told by clients */
}

static bool is_usual(const struct field *field, struct slice locale, struct slice value) {
  for (size_t i = 0; i < 2; i++)
    if (field->but[i] && slice_is_equal(locale, slice_of_text(field->but[i]))) return false;
  return field->usual && slice_is_equal(value, slice_of_text(field->usual));
}

static void put_field(struct buf *out, struct slice name, const struct val *value) {
  static const struct json_write_options relaxed = {.form = JSON_RELAXED, .key_name = "_id"};
  buf_append_byte(out, out->bytes ? ',' : '{');
  json_write_text(out, name);
  buf_append_byte(out, ':');
  json_write(out, value, &relaxed);
}

static void write_known(struct buf *out, const struct val *spec, struct slice locale) {
  static const struct json_write_options plain = {.form = JSON_PLAIN};
  for (size_t i = 0; i < FIELDS; i++) {
    struct val value = val_field(spec, slice_of_text(fields[i].name));
    struct buf text;
    if (value.type == VAL_MISSING) continue;
    buf_init(&text, TEXT_BYTES_MAX);
    json_write(&text, &value, &plain);
    if (!is_usual(&fields[i], locale, buf_slice(&text)))
      put_field(out, slice_of_text(fields[i].name), &value);
    buf_deinit(&text);
  }
}

/** What is not known stays: whoever makes the collation says what is wrong. */
static void write_others(struct buf *out, const struct val *spec) {
  for (uint32_t i = 0; i < val_count(spec); i++) {
    struct slice name;
    struct val value = val_field_at(spec, i, &name);
    if (!is_known(name)) put_field(out, name, &value);
  }
}

status plan_collation_text(struct arena *arena, const struct val *spec, struct slice *text,
                           struct err *err) {
  struct buf out;
  *text = slice_of(NULL, 0);
  if (spec->type != VAL_MAP) return LUMA_OK;
  struct val named = val_field(spec, slice_of_text("locale"));
  struct slice locale = named.type == VAL_TEXT ? val_slice(&named) : slice_of(NULL, 0);
  if (slice_is_equal(locale, slice_of_text("simple"))) return LUMA_OK;
  buf_init(&out, TEXT_BYTES_MAX);
  write_known(&out, spec, locale);
  write_others(&out, spec);
  buf_append_text(&out, out.bytes ? "}" : "{}");
  status done = buf_check(&out, "a collation", err);
  uint8_t *copy = done == LUMA_OK ? arena_alloc_text(arena, out.bytes) : NULL;
  if (copy) memcpy(copy, out.data, out.bytes);
  *text = slice_of(copy, copy ? out.bytes : 0);
  buf_deinit(&out);
  TRY(done);
  return plan_check_memory(arena, copy, err);
}
