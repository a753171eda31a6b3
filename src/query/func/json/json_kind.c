/* SPDX-License-Identifier: MIT */
/* SQL's IS JSON: of which kind a value is, and whether the names of a text's objects are unique
 * (reading keeps the last of equal names, so that the text itself is looked at); and
 * json_populate_record. */
#include <stdlib.h>

#include "query/func/func_int.h"
#include "value/doc/build.h"

static bool is_of_kind(const struct val *value, struct slice kind) {
  bool is_list = value->type == VAL_LIST, is_map = value->type == VAL_MAP;
  if (slice_is_equal_nocase(kind, slice_of_text("object"))) return is_map;
  if (slice_is_equal_nocase(kind, slice_of_text("array"))) return is_list;
  if (slice_is_equal_nocase(kind, slice_of_text("scalar"))) return !is_list && !is_map;
  return true;
}

/* ---- names within a text that is known to be JSON ---- */

struct names_found {
  struct slice *items;
  size_t count, capacity;
};

struct scan {
  struct func_env *env;
  struct slice text;
  size_t at;
  bool has_twice;
  struct err *err;
};

static void skip_blanks(struct scan *scan) {
  while (scan->at < scan->text.bytes && scan->text.data[scan->at] <= ' ') scan->at++;
}

static uint8_t here(struct scan *scan) {
  skip_blanks(scan);
  return scan->at < scan->text.bytes ? scan->text.data[scan->at] : 0;
}

/* A string with its quotes. */
static struct slice skip_string(struct scan *scan) {
  size_t from = scan->at++;
  while (scan->text.data[scan->at] != '"') scan->at += scan->text.data[scan->at] == '\\' ? 2 : 1;
  scan->at++;
  return slice_of(scan->text.data + from, scan->at - from);
}

/* The name as it reads: escapes are resolved. */
static status read_name(struct scan *scan, struct slice *name) {
  struct slice written = skip_string(scan);
  struct val value;
  *name = slice_of(written.data + 1, written.bytes - 2);
  if (!memchr(written.data, '\\', written.bytes)) return LUMA_OK;
  TRY(func__read_json(scan->env, written, &value, scan->err));
  *name = val_slice(&value);
  return LUMA_OK;
}

static status keep_name(struct scan *scan, struct names_found *names, struct slice name) {
  if (names->count == names->capacity) {
    size_t capacity = names->capacity ? 2 * names->capacity : 8;
    struct slice *items = arena_alloc(scan->env->arena, capacity * sizeof *items);
    if (!items) return func__fail_memory(scan->env, scan->err);
    if (names->count) memcpy(items, names->items, names->count * sizeof *items);
    names->items = items;
    names->capacity = capacity;
  }
  names->items[names->count++] = name;
  return LUMA_OK;
}

static int compare_names(const void *a, const void *b) {
  return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static bool has_equal(struct names_found *names) {
  if (names->count > 1) qsort(names->items, names->count, sizeof *names->items, compare_names);
  for (size_t i = 1; i < names->count; i++)
    if (slice_is_equal(names->items[i - 1], names->items[i])) return true;
  return false;
}

/* A value; the depth is bounded by that of JSON that can be read. */
static status scan_value(struct scan *scan) {
  struct names_found names = {0};
  uint8_t open = here(scan), close = open == '{' ? '}' : ']';
  if (open == '"') return skip_string(scan), LUMA_OK;
  if (open != '{' && open != '[') {
    while (scan->at < scan->text.bytes && !strchr(",]} \t\r\n", scan->text.data[scan->at]))
      scan->at++;
    return LUMA_OK;
  }
  scan->at++;
  while (here(scan) != close) {
    struct slice name = {0};
    if (open == '{') {
      TRY(read_name(scan, &name));
      TRY(keep_name(scan, &names, name));
      if (here(scan) == ':') scan->at++;
    }
    TRY(scan_value(scan));
    if (here(scan) == ',') scan->at++;
  }
  scan->at++;
  scan->has_twice |= has_equal(&names);
  return LUMA_OK;
}

/** is_json(value [, kind [, unique names]]) */
status func__is_json(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  struct val value = args[0];
  bool is_text = value.type == VAL_TEXT;
  if (count > 1 && args[1].type != VAL_TEXT) return func__clash(env, out);
  bool reads = !is_text || func__read_json(env, val_slice(&args[0]), &value, NULL) == LUMA_OK;
  bool is = reads && (count < 2 || is_of_kind(&value, val_slice(&args[1])));
  bool asks_names = count > 2 && args[2].type == VAL_BOOL && args[2].boolean;
  if (is && is_text && asks_names) {
    struct scan scan = {.env = env, .text = val_slice(&args[0]), .err = err};
    TRY(scan_value(&scan));
    is = !scan.has_twice;
  }
  *out = val_bool(is);
  return LUMA_OK;
}

/* ---- records ---- */

static void put_record(struct build *build, const struct val *base, const struct val *record) {
  build_begin_map(build);
  if (base->type == VAL_MAP) build_put_fields(build, base);
  build_put_fields(build, record);
  build_end(build);
}

/** json_populate_record(base, record or list of records): what a record has counts. */
status func__json_populate_record(struct func_env *env, const struct val *args, uint32_t count,
                                  struct val *out, struct err *err) {
  struct build build;
  bool is_one = args[1].type == VAL_MAP, has_base = args[0].type == VAL_MAP;
  (void)count;
  *out = val_null();
  if (val_is_null(&args[1])) return LUMA_OK;
  if ((!is_one && args[1].type != VAL_LIST) || (!has_base && !val_is_null(&args[0])))
    return func__clash(env, out);
  func__list_begin(env, &build);
  if (is_one) put_record(&build, &args[0], &args[1]);
  for (uint32_t i = 0; !is_one && i < val_count(&args[1]); i++) {
    struct val record = val_at(&args[1], i);
    if (record.type == VAL_MAP) put_record(&build, &args[0], &record);
  }
  return func__built(env, &build, out, err);
}
