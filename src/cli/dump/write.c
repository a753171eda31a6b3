/* SPDX-License-Identifier: MIT */
#include "cli/dump/dump.h"
#include "cli/io/progress.h"
#include "cli/target/names.h"

enum { STATEMENT_BYTES_MAX = 4096, INDEXES_MAX = 64 };

struct writing {
  struct cli *cli;
  struct target *target;
  struct dump_counts counts;
  struct progress progress;
  struct slice collection;                /* whose indexes are written */
  struct arena *arena;                    /* of them */
  struct slice of_documents[INDEXES_MAX]; /* the names of those that JQL makes */
  uint32_t of_documents_count;
  struct dump_rules rules;
};

typedef status row_fn(struct writing *writing, const struct val *row, struct err *err);

static status each_answer(struct writing *writing, const struct target_statement *statement,
                          row_fn *each, struct err *err) {
  struct target *target = writing->target;
  struct target_reply *reply;
  status result = target_run(target, statement, &reply, err);
  TRY(result);
  struct val row;
  for (bool has = true; result == LUMA_OK;) {
    result = target->ops->next(reply, &row, &has, err);
    if (result != LUMA_OK || !has) break;
    result = each(writing, &row, err);
  }
  target->ops->end(reply);
  return result;
}

static status each_row(struct writing *writing, const char *select, struct slice collection,
                       row_fn *each, struct err *err) {
  struct buf text;
  buf_init(&text, STATEMENT_BYTES_MAX);
  buf_append_text(&text, select);
  names_quote(&text, collection);
  struct target_statement statement = {.language = "lql", .text = buf_slice(&text)};
  status result = buf_check(&text, "a statement", err);
  if (result == LUMA_OK) result = each_answer(writing, &statement, each, err);
  buf_deinit(&text);
  return result;
}

/* What a command of JQL tells of a collection. */
static status each_told(struct writing *writing, const char *command, struct slice collection,
                        row_fn *each, struct err *err) {
  struct buf text;
  buf_init(&text, STATEMENT_BYTES_MAX);
  buf_append_format(&text, "{\"%s\":", command);
  json_write_text(&text, collection);
  buf_append_byte(&text, '}');
  struct target_statement statement = {.language = "jql", .text = buf_slice(&text)};
  status result = buf_check(&text, "a statement", err);
  if (result == LUMA_OK) result = each_answer(writing, &statement, each, err);
  buf_deinit(&text);
  return result;
}

/* As they are stored: keys that no soul declares, and what is sensitive, too. */
static status each_document(struct writing *writing, struct slice collection, row_fn *each,
                            struct err *err) {
  return each_told(writing, "find", collection, each, err);
}

static status write_document(struct writing *writing, const struct val *row, struct err *err) {
  static const struct json_write_options tagged = {.form = JSON_TAGGED, .key_name = "_id"};
  struct out *out = &writing->cli->out;
  json_write(out_buf(out), row, &tagged);
  out_text(out, "\n");
  progress_show(&writing->progress, 0, ++writing->counts.documents);
  return out_check(out, err);
}

/* JQL makes it: what it is stands in listIndexes, and is asked for behind. */
static status note_name(struct writing *writing, const struct val *row, struct err *err) {
  struct val name = val_field(row, slice_of_text("name"));
  const void *copy = arena_copy(writing->arena, name.data, name.bytes);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the names of indexes");
  if (writing->of_documents_count < INDEXES_MAX)
    writing->of_documents[writing->of_documents_count++] = slice_of(copy, name.bytes);
  return LUMA_OK;
}

static bool is_noted(const struct writing *writing, const struct val *spec) {
  struct val name = val_field(spec, slice_of_text("name"));
  for (uint32_t i = 0; i < writing->of_documents_count; i++)
    if (slice_is_equal(writing->of_documents[i], val_slice(&name))) return true;
  return false;
}

/* What LQL has no words for: collMod said it. */
static status write_change(struct writing *writing, const struct val *row, struct err *err) {
  static const struct json_write_options tagged = {.form = JSON_RELAXED, .key_name = "_id"};
  static const char *const names[] = {"hidden", "expireAfterSeconds"};
  struct out *out = &writing->cli->out;
  struct val values[] = {val_field(row, slice_of_text(names[0])),
                         val_field(row, slice_of_text(names[1]))};
  struct val name = val_field(row, slice_of_text("name"));
  if (values[0].type == VAL_MISSING && values[1].type == VAL_MISSING) return LUMA_OK;
  out_text(out, "{\"$lumadb\":\"index\",\"collection\":");
  json_write_text(out_buf(out), writing->collection);
  out_text(out, ",\"change\":{\"name\":");
  json_write(out_buf(out), &name, &tagged);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (values[i].type == VAL_MISSING) continue;
    out_format(out, ",\"%s\":", names[i]);
    json_write(out_buf(out), &values[i], &tagged);
  }
  out_text(out, "}}\n");
  return out_check(out, err);
}

static status write_spec(struct writing *writing, const struct val *row, struct err *err) {
  static const struct json_write_options tagged = {.form = JSON_RELAXED, .key_name = "_id"};
  struct out *out = &writing->cli->out;
  if (!is_noted(writing, row)) return write_change(writing, row, err);
  out_text(out, "{\"$lumadb\":\"index\",\"collection\":");
  json_write_text(out_buf(out), writing->collection);
  out_text(out, ",\"spec\":");
  json_write(out_buf(out), row, &tagged);
  out_text(out, "}\n");
  writing->counts.indexes++;
  return out_check(out, err);
}

static status write_specs(struct writing *writing, struct err *err) {
  return each_told(writing, "listIndexes", writing->collection, write_spec, err);
}

static status write_index(struct writing *writing, const struct val *row, struct err *err) {
  static const struct json_write_options plain = {.form = JSON_PLAIN};
  static const char *const fields[] = {"collection", "name",   "keys",           "unique",
                                       "multikey",   "sparse", "nulls_distinct", "condition"};
  struct out *out = &writing->cli->out;
  struct val nulls = val_field(row, slice_of_text("nulls_distinct"));
  if (nulls.type == VAL_BOOL && !nulls.boolean) return note_name(writing, row, err);
  out_text(out, "{\"$lumadb\":\"index\"");
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    struct val value = val_field(row, slice_of_text(fields[i]));
    if (val_is_null(&value)) continue; /* not partial */
    out_format(out, ",\"%s\":", fields[i]);
    json_write(out_buf(out), &value, &plain);
  }
  out_text(out, "}\n");
  writing->counts.indexes++;
  return out_check(out, err);
}

static void write_options(struct out *out, const struct dump_rule *rule) {
  if (!rule) return;
  out_text(out, ",\"options\":");
  buf_append_slice(out_buf(out), rule->options);
}

static status write_view(struct writing *writing, const struct dump_rule *rule, struct err *err) {
  struct out *out = &writing->cli->out;
  out_text(out, "{\"$lumadb\":\"view\",\"name\":");
  json_write_text(out_buf(out), rule->name);
  write_options(out, rule);
  out_text(out, "}\n");
  return out_check(out, err);
}

static status write_soul(struct writing *writing, const struct val *row, struct err *err) {
  static const struct json_write_options plain = {.form = JSON_PLAIN};
  struct out *out = &writing->cli->out;
  struct val statement = val_field(row, slice_of_text("statement"));
  if (statement.type != VAL_TEXT ||
      !slice_has_prefix(val_slice(&statement), slice_of_text("CREATE SOUL ")))
    return LUMA_OK; /* it has none */
  out_text(out, "{\"$lumadb\":\"soul\",\"collection\":");
  json_write_text(out_buf(out), writing->collection);
  out_text(out, ",\"statement\":");
  json_write(out_buf(out), &statement, &plain);
  out_text(out, "}\n");
  return out_check(out, err);
}

static status write_collection(struct writing *writing, struct slice name, struct err *err) {
  struct out *out = &writing->cli->out;
  out_text(out, "{\"$lumadb\":\"collection\",\"name\":");
  json_write_text(out_buf(out), name);
  write_options(out, dump_rules_find(&writing->rules, name));
  out_text(out, "}\n");
  writing->counts.collections++;
  TRY(each_document(writing, name, write_document, err));
  writing->collection = name;
  writing->of_documents_count = 0;
  TRY(each_row(writing, "SHOW INDEXES FROM ", name, write_index, err));
  return write_specs(writing, err);
}

static status write_all(struct writing *writing, struct err *err) {
  struct out *out = &writing->cli->out;
  struct arena arena;
  struct names_list names;
  arena_init(&arena, 0, 0);
  writing->arena = &arena;
  out_format(out, "{\"$lumadb\":\"dump\",\"version\":%d}\n", DUMP_VERSION);
  status result = names_collections(writing->target, &arena, &names, err);
  if (result == LUMA_OK) result = dump_rules_read(writing->target, &arena, &writing->rules, err);
  for (size_t i = 0; i < names.count && result == LUMA_OK; i++)
    result = write_collection(writing, names.items[i], err);
  for (uint32_t i = 0; i < writing->rules.count && result == LUMA_OK; i++)
    if (writing->rules.items[i].is_view)
      result = write_view(writing, &writing->rules.items[i], err);
  for (size_t i = 0; i < names.count && result == LUMA_OK; i++) {
    writing->collection = names.items[i];
    result = each_row(writing, "SHOW CREATE SOUL ", names.items[i], write_soul, err);
  }
  names_list_deinit(&names);
  arena_deinit(&arena);
  writing->arena = NULL;
  TRY(result);
  out_format(out, "{\"$lumadb\":\"end\",\"collections\":%llu,\"documents\":%llu}\n",
             (unsigned long long)writing->counts.collections,
             (unsigned long long)writing->counts.documents);
  return out_check(out, err);
}

status dump_write(struct cli *cli, struct target *target, struct err *err) {
  struct writing writing = {.cli = cli, .target = target};
  progress_begin(&writing.progress, cli, 0);
  TRY(target_exec(target, "lql", slice_of_text("BEGIN"), err));
  status result = write_all(&writing, err);
  /* Nothing was written, so nothing is lost when the transaction ends as it likes. */
  (void)target_exec(target, "lql", slice_of_text("ROLLBACK"), NULL);
  (void)progress_end(&writing.progress);
  return result;
}
