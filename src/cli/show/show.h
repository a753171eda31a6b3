/* SPDX-License-Identifier: MIT */
/* A reply in one of the formats of the command. `ndjson` is one document a line and nothing else;
 * `json` one array; `csv` and `tsv` have a header line; `table` is for people. Rows are written as
 * they come, but where the columns are told by the documents alone: those are looked at first
 * (tables in parts of SHOW_PART_ROWS; csv needs them all, up to SHOW_KEPT_BYTES). */
#ifndef CLI_SHOW_SHOW_H
#define CLI_SHOW_SHOW_H

#include "cli/io/cli.h"
#include "cli/target/target.h"

enum { SHOW_PART_ROWS = 10000, SHOW_KEPT_BYTES = 256 << 20 };

enum show_format { SHOW_TABLE, SHOW_JSON, SHOW_NDJSON, SHOW_CSV, SHOW_TSV };

struct show_options {
  enum show_format format;
  enum json_form json;
  bool has_type_row; /* tables: a row of types under the names */
};

/** "table" …; false if there is none of that name. */
bool show_format_parse(const char *name, enum show_format *format);
/** "table, json, …" for hints. */
const char *show_formats(void);
/** LUMA_INVALID_ARGUMENT when the form of JSON asked for is none of the format: only `json` and
 * `ndjson` keep types. */
status show_check(const struct show_options *options, struct err *err);

/** Runs the statement, reads its reply to the end and writes it to cli->out, warnings to
 * cli->problems. */
status show_statement(struct cli *cli, const struct show_options *options, struct target *target,
                      const struct target_statement *statement, struct err *err);

#endif
