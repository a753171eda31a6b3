/* SPDX-License-Identifier: MIT */
/* CSV and TSV: a header line, then a line for each row. */
#include "value/csv/csv.h"

#include "cli/show/show_int.h"

static char separator_of(const struct showing *showing) {
  return showing->options->format == SHOW_TSV ? '\t' : ',';
}

static void write_header(struct showing *showing, const struct show_columns *columns) {
  struct out *out = &showing->cli->out;
  for (uint32_t i = 0; i < columns->count; i++) {
    struct val name = val_text(columns->names[i]);
    if (i) buf_append_byte(out_buf(out), (uint8_t)separator_of(showing));
    csv_write(out_buf(out), separator_of(showing), &name);
  }
  if (columns->count) out_text(out, "\n");
}

static void write_row(struct showing *showing, const struct show_columns *columns,
                      const struct val *row) {
  struct out *out = &showing->cli->out;
  for (uint32_t i = 0; i < columns->count; i++) {
    struct val value = show__cell(row, columns->names[i], showing->shape.key_name);
    if (i) buf_append_byte(out_buf(out), (uint8_t)separator_of(showing));
    csv_write(out_buf(out), separator_of(showing), &value);
  }
  out_text(out, "\n");
  showing->rows++;
}

/* The columns are declared: rows go straight through. */
static status stream(struct showing *showing, const struct show_columns *columns, struct err *err) {
  struct val row;
  for (bool has = true;;) {
    TRY(showing->target->ops->next(showing->reply, &row, &has, err));
    if (!has) return LUMA_OK;
    write_row(showing, columns, &row);
    TRY(out_check(&showing->cli->out, err));
  }
}

/* The documents tell the columns: all of them are looked at first. */
static status write_kept(struct showing *showing, struct show_columns *columns, struct err *err) {
  struct show_rows rows;
  show__rows_init(&rows);
  status result = show__rows_read(&rows, showing, SIZE_MAX, err);
  for (size_t i = 0; i < rows.count && result == LUMA_OK; i++)
    result = show__columns_see(columns, &rows.items[i], true, showing->shape.key_name, err);
  if (result == LUMA_OK) {
    write_header(showing, columns);
    for (size_t i = 0; i < rows.count; i++) write_row(showing, columns, &rows.items[i]);
  }
  show__rows_deinit(&rows);
  return result;
}

status show__csv(struct showing *showing, struct err *err) {
  struct show_columns columns;
  show__columns_init(&columns);
  status result = show__columns_declare(&columns, &showing->shape, err);
  if (result == LUMA_OK && columns.count > 0) {
    write_header(showing, &columns);
    result = stream(showing, &columns, err);
  } else if (result == LUMA_OK) {
    result = write_kept(showing, &columns, err);
  }
  show__columns_deinit(&columns);
  return result;
}
