/* SPDX-License-Identifier: MIT */
/* Validators, collations, limits and views in a dump. A collation stands before the documents,
 * which keys and unique indexes are told apart by; limits, too: documents come in their order of
 * arrival. A validator stands behind them: some may be older than it. */
#include "cli/dump/dump.h"
#include "cli/target/names.h"

enum { STATEMENT_BYTES_MAX = 4 << 20, RULES_MAX = 100000 };

static const struct json_write_options plain = {.form = JSON_PLAIN, .key_name = "_id"};

static struct slice text_field(const struct val *line, const char *name) {
  struct val value = val_field(line, slice_of_text(name));
  return value.type == VAL_TEXT ? val_slice(&value) : slice_of(NULL, 0);
}

/* ---- asking ---- */

static status make_room(struct dump_rules *rules, struct arena *arena, struct err *err) {
  if (rules->count < rules->capacity) return LUMA_OK;
  if (rules->count >= RULES_MAX) FAIL(err, LUMA_TOO_LARGE, "there are too many collections");
  uint32_t capacity = rules->capacity ? 2 * rules->capacity : 16;
  struct dump_rule *items = arena_zalloc(arena, capacity, sizeof *items);
  if (!items) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the rules of collections");
  if (rules->count) memcpy(items, rules->items, rules->count * sizeof *items);
  rules->items = items;
  rules->capacity = capacity;
  return LUMA_OK;
}

static status take_copy(struct arena *arena, struct slice from, struct slice *copy,
                        struct err *err) {
  const void *bytes = arena_copy(arena, from.data, from.bytes);
  if (!bytes) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the rules of collections");
  *copy = slice_of(bytes, from.bytes);
  return LUMA_OK;
}

static status take_rule(struct dump_rules *rules, struct arena *arena, const struct val *row,
                        struct err *err) {
  static const struct json_write_options relaxed = {.form = JSON_RELAXED, .key_name = "_id"};
  struct val options = val_field(row, slice_of_text("options"));
  struct buf text;
  if (options.type != VAL_MAP || val_count(&options) == 0) return LUMA_OK;
  TRY(make_room(rules, arena, err));
  struct dump_rule *rule = &rules->items[rules->count++];
  rule->is_view = slice_is_equal(text_field(row, "type"), slice_of_text("view"));
  TRY(take_copy(arena, text_field(row, "name"), &rule->name, err));
  buf_init(&text, STATEMENT_BYTES_MAX);
  json_write(&text, &options, &relaxed);
  status result = buf_check(&text, "the rules of a collection", err);
  if (result == LUMA_OK) result = take_copy(arena, buf_slice(&text), &rule->options, err);
  buf_deinit(&text);
  return result;
}

status dump_rules_read(struct target *target, struct arena *arena, struct dump_rules *rules,
                       struct err *err) {
  struct target_statement statement = {.language = "jql",
                                       .text = slice_of_text("{\"listCollections\":1}")};
  struct target_reply *reply;
  *rules = (struct dump_rules){0};
  TRY(target_run(target, &statement, &reply, err));
  struct val row;
  status result = LUMA_OK;
  for (bool has = true; result == LUMA_OK;) {
    result = target->ops->next(reply, &row, &has, err);
    if (result != LUMA_OK || !has) break;
    result = take_rule(rules, arena, &row, err);
  }
  target->ops->end(reply);
  return result;
}

const struct dump_rule *dump_rules_find(const struct dump_rules *rules, struct slice name) {
  for (uint32_t i = 0; i < rules->count; i++)
    if (slice_is_equal(rules->items[i].name, name)) return &rules->items[i];
  return NULL;
}

/* ---- making ---- */

static void write_fields(struct buf *out, const struct val *options, const char *const *names,
                         size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct val value = val_field(options, slice_of_text(names[i]));
    if (val_is_null(&value)) continue;
    buf_append_format(out, ",\"%s\":", names[i]);
    json_write(out, &value, &plain);
  }
}

/* {command: name, the options of these names}; nothing where there are none of them. */
static status run_command(struct target *target, const char *command, const struct val *line,
                          const char *const *names, size_t count, struct err *err) {
  struct val options = val_field(line, slice_of_text("options"));
  struct buf text;
  bool has_any = false;
  for (size_t i = 0; i < count && options.type == VAL_MAP; i++)
    has_any |= val_field(&options, slice_of_text(names[i])).type != VAL_MISSING;
  if (!has_any) return LUMA_OK;
  buf_init(&text, STATEMENT_BYTES_MAX);
  buf_append_format(&text, "{\"%s\":", command);
  json_write_text(&text, text_field(line, "name"));
  write_fields(&text, &options, names, count);
  buf_append_byte(&text, '}');
  status result = buf_check(&text, "a statement", err);
  if (result == LUMA_OK) result = target_exec(target, "jql", buf_slice(&text), err);
  buf_deinit(&text);
  return result;
}

status dump_begin_rules(struct target *target, const struct val *line, struct err *err) {
  static const char *const names[] = {"collation", "capped",     "size",
                                      "max",       "timeseries", "expireAfterSeconds"};
  return run_command(target, "create", line, names, sizeof names / sizeof names[0], err);
}

static status end_rules(struct target *target, const struct val *line, struct err *err) {
  static const char *const names[] = {"validator", "validationLevel", "validationAction"};
  return run_command(target, "collMod", line, names, 3, err);
}

static status make_lql_view(struct target *target, const struct val *line, struct slice select,
                            struct err *err) {
  struct buf text;
  buf_init(&text, STATEMENT_BYTES_MAX);
  buf_append_text(&text, "CREATE OR REPLACE VIEW ");
  names_quote(&text, text_field(line, "name"));
  buf_append_text(&text, " AS ");
  buf_append_slice(&text, select);
  status result = buf_check(&text, "a statement", err);
  if (result == LUMA_OK) result = target_exec(target, "lql", buf_slice(&text), err);
  buf_deinit(&text);
  return result;
}

static status make_view(struct target *target, const struct val *line, struct err *err) {
  static const char *const names[] = {"viewOn", "pipeline"};
  struct val options = val_field(line, slice_of_text("options"));
  struct slice select =
      options.type == VAL_MAP ? text_field(&options, "select") : (struct slice){0};
  return select.bytes ? make_lql_view(target, line, select, err)
                      : run_command(target, "create", line, names, 2, err);
}

/* The line is read anew: what it was read into is gone. */
static status with_line(struct target *target, struct slice text,
                        status (*make)(struct target *, const struct val *, struct err *),
                        struct err *err) {
  static const struct json_read_options options = {.form = JSON_PLAIN};
  struct buf room;
  struct val line;
  buf_init(&room, DUMP_LINE_BYTES_MAX);
  status result = json_read_once(text, &options, &room, &line, err);
  if (result == LUMA_OK) result = make(target, &line, err);
  buf_deinit(&room);
  return result;
}

status dump_end_rules(struct target *target, struct slice text, struct err *err) {
  return with_line(target, text, end_rules, err);
}

status dump_make_view(struct target *target, struct slice text, struct err *err) {
  return with_line(target, text, make_view, err);
}
