/* SPDX-License-Identifier: MIT */
/* The figures of a database as two tables: collections, then the rest. */
#include "base/text/table.h"
#include "cli/command.h"
#include "value/json/json.h"

enum { STATS_BYTES_MAX = 64 << 20 };

static void add_value(struct table *table, const struct val *value, struct buf *scratch) {
  static const struct json_write_options plain = {.form = JSON_PLAIN};
  buf_reset(scratch);
  if (value->type == VAL_TEXT)
    buf_append_slice(scratch, val_slice(value));
  else
    json_write(scratch, value, &plain);
  table_add(table, buf_slice(scratch), val_is_number(value) ? TABLE_RIGHT : TABLE_LEFT);
}

static status print(struct cli *cli, struct table *table, struct err *err) {
  struct table_options options = {.style = cli->out.is_terminal ? TABLE_BOX : TABLE_PLAIN,
                                  .width_max = cli->out.width};
  status result = table_print(table, &options, out_buf(&cli->out), err);
  out_settle(&cli->out);
  table_deinit(table);
  return result;
}

static status print_collections(struct cli *cli, const struct val *collections, struct buf *scratch,
                                struct err *err) {
  static const char *const titles[] = {"name", "documents", "indexes"};
  struct table table;
  table_init(&table, 3, STATS_BYTES_MAX);
  for (int k = 0; k < 3; k++)
    table_add(&table, slice_of_text(titles[k]), k ? TABLE_RIGHT : TABLE_LEFT);
  for (uint32_t i = 0; i < val_count(collections); i++) {
    struct val row = val_at(collections, i);
    for (int k = 0; k < 3; k++) {
      struct val value = val_field(&row, slice_of_text(titles[k]));
      add_value(&table, &value, scratch);
    }
  }
  return print(cli, &table, err);
}

static status print_figures(struct cli *cli, const struct val *stats, struct buf *scratch,
                            struct err *err) {
  struct table table;
  table_init(&table, 2, STATS_BYTES_MAX);
  table_add(&table, slice_of_text("figure"), TABLE_LEFT);
  table_add(&table, slice_of_text("value"), TABLE_RIGHT);
  for (uint32_t i = 0; i < val_count(stats); i++) {
    struct slice name;
    struct val value = val_field_at(stats, i, &name);
    if (value.type == VAL_LIST) continue;
    table_add(&table, name, TABLE_LEFT);
    add_value(&table, &value, scratch);
  }
  return print(cli, &table, err);
}

static status show(struct cli *cli, struct slice json, struct err *err) {
  static const struct json_read_options plain = {.form = JSON_PLAIN};
  struct buf values, scratch;
  struct val stats;
  buf_init(&values, STATS_BYTES_MAX);
  buf_init(&scratch, STATS_BYTES_MAX);
  status result = json_read_once(json, &plain, &values, &stats, err);
  if (result == LUMA_OK) {
    struct val collections = val_field(&stats, slice_of_text("collections"));
    if (collections.type == VAL_LIST) result = print_collections(cli, &collections, &scratch, err);
    out_text(&cli->out, "\n");
  }
  if (result == LUMA_OK) result = print_figures(cli, &stats, &scratch, err);
  buf_deinit(&values);
  buf_deinit(&scratch);
  return result;
}

static status tell(struct cli *cli, struct target *target, bool as_json, struct err *err) {
  struct buf json;
  buf_init(&json, STATS_BYTES_MAX);
  status result = target->ops->stats(target, &json, err);
  if (result == LUMA_OK && as_json) {
    out_slice(&cli->out, buf_slice(&json));
    out_text(&cli->out, "\n");
  } else if (result == LUMA_OK) {
    result = show(cli, buf_slice(&json), err);
  }
  buf_deinit(&json);
  return result;
}

static enum cli_exit run(struct cli *cli, const struct command *command, const struct args *args) {
  const char *format = args_value(args, "format");
  struct err err = {0};
  bool as_json = format && strcmp(format, "json") == 0;
  if (format && !as_json && strcmp(format, "table") != 0) {
    err_raise(&err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "there is no format `%s` here",
              format);
    err_hint(&err, "table or json");
    return command_usage(cli, command, &err);
  }
  const char *name = args_at(args, 0);
  struct target_options options = {.os = cli->os, .must_exist = true};
  struct target *target = command_open(cli, name ? name : cli_default_target(), &options);
  if (!target) return CLI_CANNOT_OPEN;
  status result = tell(cli, target, as_json, &err);
  target_close(target);
  return result == LUMA_OK ? command_end(cli) : command_fail(cli, NULL, &err);
}

static const struct args_option options[] = {{"format", 'f', "FORMAT", "table (default) or json"},
                                             {0}};

const struct command command_stats = {
    .name = "stats",
    .arguments = "[TARGET] [--format FORMAT]",
    .summary = "show collections and the figures of the engine",
    .examples = "  lumadb stats ./db\n  lumadb stats ./db --format json\n",
    .positions_max = 1,
    .options = options,
    .run = run,
};
