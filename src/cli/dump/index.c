/* SPDX-License-Identifier: MIT */
/* An index of a dump, made again by a statement: LQL's where nulls are distinct, as SQL has it,
 * else JQL's. */
#include "cli/dump/dump.h"
#include "cli/target/names.h"
#include "value/path/path.h"

enum { STATEMENT_BYTES_MAX = 4 << 20, KEYS_MAX = 16 };

/* One key of "email, age DESC". */
struct key {
  struct slice path;
  bool descending;
};

static struct slice text_field(const struct val *line, const char *name) {
  struct val value = val_field(line, slice_of_text(name));
  return value.type == VAL_TEXT ? val_slice(&value) : slice_of(NULL, 0);
}

static bool is_set(const struct val *line, const char *name) {
  struct val value = val_field(line, slice_of_text(name));
  return value.type == VAL_BOOL && value.boolean;
}

static struct key read_key(struct slice text) {
  struct slice ending = slice_of_text(" DESC");
  while (text.bytes > 0 && *text.data == ' ') text = slice_of(text.data + 1, text.bytes - 1);
  bool descending = text.bytes > ending.bytes &&
                    memcmp(text.data + text.bytes - ending.bytes, ending.data, ending.bytes) == 0;
  if (descending) text.bytes -= ending.bytes;
  return (struct key){text, descending};
}

/* Cuts at the commas outside of quotes and parentheses: an expression stands in them. */
static size_t read_keys(struct slice text, struct key *keys) {
  size_t count = 0, start = 0;
  uint8_t quote = 0;
  int depth = 0;
  for (size_t i = 0; i <= text.bytes && count < KEYS_MAX; i++) {
    uint8_t c = i < text.bytes ? text.data[i] : ',';
    if (quote && i < text.bytes) {
      if (c == quote) quote = 0;
    } else if (c == '`' || c == '"' || c == '\'') {
      quote = c;
    } else if (c == '(' || c == ')') {
      depth += c == '(' ? 1 : -1;
    } else if (c == ',' && depth == 0) {
      keys[count++] = read_key(slice_of(text.data + start, i - start));
      start = i + 1;
    }
  }
  return count;
}

/* `[*]` says that lists are indexed element by element; one key says it for the index. */
static void write_lql(struct buf *out, const struct val *line, const struct key *keys,
                      size_t count) {
  bool spreads = is_set(line, "multikey");
  buf_append_text(out, is_set(line, "unique") ? "CREATE UNIQUE INDEX " : "CREATE INDEX ");
  names_quote(out, text_field(line, "name"));
  buf_append_text(out, " ON ");
  names_quote(out, text_field(line, "collection"));
  for (size_t i = 0; i < count; i++) {
    buf_append_text(out, i ? ", " : " (");
    buf_append_slice(out, keys[i].path);
    if (spreads && keys[i].path.bytes && keys[i].path.data[0] != '(') {
      buf_append_text(out, "[*]");
      spreads = false;
    }
    if (keys[i].descending) buf_append_text(out, " DESC");
  }
  buf_append_byte(out, ')');
  if (text_field(line, "condition").bytes == 0) return;
  buf_append_text(out, " WHERE ");
  buf_append_slice(out, text_field(line, "condition"));
}

/* The path with dots alone, as JQL has it. */
static void write_dotted(struct buf *out, struct slice text) {
  struct arena arena;
  struct path path;
  struct buf dotted;
  arena_init(&arena, 0, 0);
  buf_init(&dotted, STATEMENT_BYTES_MAX);
  if (path_parse(&arena, text, false, &path, NULL) == LUMA_OK) {
    for (uint32_t i = 0; i < path.count; i++) {
      if (i) buf_append_byte(&dotted, '.');
      if (path.steps[i].is_name)
        buf_append_slice(&dotted, path.steps[i].name);
      else
        buf_append_format(&dotted, "%d", (int)path.steps[i].index);
    }
    text = buf_slice(&dotted);
  }
  json_write_text(out, text);
  buf_deinit(&dotted);
  arena_deinit(&arena);
}

static void write_jql(struct buf *out, const struct val *line, const struct key *keys,
                      size_t count) {
  buf_append_text(out, "{\"createIndexes\":");
  json_write_text(out, text_field(line, "collection"));
  buf_append_text(out, ",\"indexes\":[{\"name\":");
  json_write_text(out, text_field(line, "name"));
  buf_append_text(out, ",\"key\":");
  for (size_t i = 0; i < count; i++) {
    buf_append_byte(out, i ? ',' : '{');
    write_dotted(out, keys[i].path);
    buf_append_text(out, keys[i].descending ? ":-1" : ":1");
  }
  buf_append_byte(out, '}');
  if (is_set(line, "unique")) buf_append_text(out, ",\"unique\":true");
  if (is_set(line, "sparse")) buf_append_text(out, ",\"sparse\":true");
  if (text_field(line, "condition").bytes) {
    buf_append_text(out, ",\"partialFilterExpression\":");
    buf_append_slice(out, text_field(line, "condition"));
  }
  buf_append_text(out, "}]}");
}

/* As listIndexes told it. */
static void write_spec(struct buf *out, const struct val *line, const struct val *spec) {
  static const struct json_write_options plain = {.form = JSON_PLAIN, .key_name = "_id"};
  buf_append_text(out, "{\"createIndexes\":");
  json_write_text(out, text_field(line, "collection"));
  buf_append_text(out, ",\"indexes\":[");
  json_write(out, spec, &plain);
  buf_append_text(out, "]}");
}

status dump_change_index(struct target *target, const struct val *line, struct err *err) {
  static const struct json_write_options plain = {.form = JSON_PLAIN, .key_name = "_id"};
  struct val change = val_field(line, slice_of_text("change"));
  struct buf text;
  buf_init(&text, STATEMENT_BYTES_MAX);
  buf_append_text(&text, "{\"collMod\":");
  json_write_text(&text, text_field(line, "collection"));
  buf_append_text(&text, ",\"index\":");
  json_write(&text, &change, &plain);
  buf_append_byte(&text, '}');
  status result = buf_check(&text, "a statement", err);
  if (result == LUMA_OK) result = target_exec(target, "jql", buf_slice(&text), err);
  buf_deinit(&text);
  return result;
}

status dump_make_index(struct target *target, const struct val *line, struct err *err) {
  struct key keys[KEYS_MAX];
  size_t count = read_keys(text_field(line, "keys"), keys);
  struct buf text;
  bool is_lql = is_set(line, "nulls_distinct");
  struct val spec = val_field(line, slice_of_text("spec"));
  buf_init(&text, STATEMENT_BYTES_MAX);
  if (spec.type == VAL_MAP)
    write_spec(&text, line, &spec);
  else if (is_lql)
    write_lql(&text, line, keys, count);
  else
    write_jql(&text, line, keys, count);
  status result = buf_check(&text, "a statement", err);
  if (result == LUMA_OK)
    result = target_exec(target, is_lql ? "lql" : "jql", buf_slice(&text), err);
  buf_deinit(&text);
  return result;
}
