/* SPDX-License-Identifier: MIT */
#include "cli/show/show.h"

#include "cli/io/problem.h"
#include "cli/show/show_int.h"

static const char *const names[] = {"table", "json", "ndjson", "csv", "tsv"};

bool show_format_parse(const char *name, enum show_format *format) {
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(name, names[i]) != 0) continue;
    *format = (enum show_format)i;
    return true;
  }
  return false;
}

const char *show_formats(void) {
  return "table, json, ndjson, csv, tsv";
}

status show_check(const struct show_options *options, struct err *err) {
  bool is_json = options->format == SHOW_JSON || options->format == SHOW_NDJSON;
  if (is_json || options->json == JSON_PLAIN) return LUMA_OK;
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
            "JSON that keeps types needs the format json or ndjson");
  return LUMA_INVALID_ARGUMENT;
}

/* One document a line; as an array, the commas and brackets around. */
static status show_json(struct showing *showing, struct err *err) {
  bool is_array = showing->options->format == SHOW_JSON;
  struct json_write_options write = {.form = showing->options->json,
                                     .key_name = showing->shape.key_name};
  struct out *out = &showing->cli->out;
  struct val row;
  for (bool has = true;; showing->rows++) {
    TRY(showing->target->ops->next(showing->reply, &row, &has, err));
    if (!has) break;
    if (is_array) buf_append_text(out_buf(out), showing->rows ? ",\n " : "[\n ");
    json_write(out_buf(out), &row, &write);
    if (!is_array) buf_append_byte(out_buf(out), '\n');
    out_settle(out);
    TRY(out_check(out, err));
  }
  if (is_array) out_text(out, showing->rows ? "\n]\n" : "[]\n");
  return LUMA_OK;
}

/* A statement that changes has no rows: people are told what it did. */
static status show_change(struct showing *showing, struct err *err) {
  struct val row;
  bool has = true;
  while (has) TRY(showing->target->ops->next(showing->reply, &row, &has, err));
  struct target_outcome outcome;
  TRY(showing->target->ops->outcome(showing->reply, &outcome, err));
  struct out *out = &showing->cli->out;
  if (showing->options->format == SHOW_TABLE)
    out_format(out, "%llu document%s changed\n", (unsigned long long)outcome.affected,
               outcome.affected == 1 ? "" : "s");
  return LUMA_OK;
}

static status show_rows(struct showing *showing, struct err *err) {
  switch (showing->options->format) {
  case SHOW_TABLE: return show__table(showing, err);
  case SHOW_CSV:
  case SHOW_TSV: return show__csv(showing, err);
  case SHOW_JSON:
  case SHOW_NDJSON: break;
  }
  return show_json(showing, err);
}

/* Warnings, and the first document that an insert refused while others went in. */
static status tell_outcome(struct showing *showing, struct err *err) {
  struct target_outcome outcome;
  TRY(showing->target->ops->outcome(showing->reply, &outcome, err));
  for (const char *const *warning = outcome.warnings; *warning; warning++)
    problem_warn(showing->cli, "%s", *warning);
  if (!outcome.write_error) return LUMA_OK;
  if (err) *err = *outcome.write_error;
  return outcome.write_error->code;
}

static status show_reply(struct cli *cli, const struct show_options *options, struct target *target,
                         struct target_reply *reply, struct err *err) {
  struct showing showing = {.cli = cli, .options = options, .target = target, .reply = reply};
  TRY(target->ops->shape(reply, &showing.shape, err));
  TRY(showing.shape.reply == QUERY_REPLY_CHANGE ? show_change(&showing, err)
                                                : show_rows(&showing, err));
  TRY(tell_outcome(&showing, err));
  return out_check(&cli->out, err);
}

status show_statement(struct cli *cli, const struct show_options *options, struct target *target,
                      const struct target_statement *statement, struct err *err) {
  struct target_reply *reply;
  TRY(target_run(target, statement, &reply, err));
  status result = show_reply(cli, options, target, reply, err);
  target->ops->end(reply);
  return result;
}
