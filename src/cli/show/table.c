/* SPDX-License-Identifier: MIT */
/* Tables: boxes on a terminal, plain columns in a pipe. */
#include "base/text/table.h"

#include "cli/show/show_int.h"

enum { TEXT_BYTES_MAX = 1 << 30, CELL_WIDTH_MAX = 60 };

static enum table_align align_of(uint8_t type) {
  return type >= VAL_INT32 && type <= VAL_DECIMAL ? TABLE_RIGHT : TABLE_LEFT;
}

/* Text as it is; everything else as JSON has it, without the quotes of what JSON has as text. */
static void add_cell(struct table *table, const struct val *value, enum table_align null_align,
                     struct buf *scratch) {
  struct slice text = slice_of(NULL, 0);
  buf_reset(scratch);
  if (value->type == VAL_TEXT) {
    text = val_slice(value);
  } else if (value->type != VAL_MISSING) {
    static const struct json_write_options plain = {.form = JSON_PLAIN};
    json_write(scratch, value, &plain);
    text = buf_slice(scratch);
    if (text.bytes > 1 && text.data[0] == '"') text = slice_of(text.data + 1, text.bytes - 2);
  }
  table_add(table, text, val_is_null(value) ? null_align : align_of(value->type));
}

static void add_titles(struct table *table, const struct show_columns *columns, bool has_types) {
  for (uint32_t i = 0; i < columns->count; i++)
    table_add(table, columns->names[i], align_of(columns->types[i]));
  for (uint32_t i = 0; has_types && i < columns->count; i++)
    table_add(table, slice_of_text(show__type_text(columns, i)), align_of(columns->types[i]));
}

static status print(struct showing *showing, const struct show_columns *columns,
                    const struct show_rows *rows, struct err *err) {
  struct out *out = &showing->cli->out;
  struct table table;
  struct buf scratch;
  struct table_options options = {.style = out->is_terminal ? TABLE_BOX : TABLE_PLAIN,
                                  .width_max = out->width,
                                  .cell_width_max = out->is_terminal ? CELL_WIDTH_MAX : 0,
                                  .has_type_row = showing->options->has_type_row};
  if (columns->count == 0) return LUMA_OK;
  buf_init(&scratch, TEXT_BYTES_MAX);
  table_init(&table, columns->count, TEXT_BYTES_MAX);
  add_titles(&table, columns, options.has_type_row);
  for (size_t i = 0; i < rows->count; i++) {
    for (uint32_t k = 0; k < columns->count; k++) {
      struct val value = show__cell(&rows->items[i], columns->names[k], showing->shape.key_name);
      add_cell(&table, &value, align_of(columns->types[k]), &scratch);
    }
  }
  status result = table_print(&table, &options, out_buf(out), err);
  if (result == LUMA_OK) result = buf_check(&scratch, "a cell of the table", err);
  table_deinit(&table);
  buf_deinit(&scratch);
  out_settle(out);
  return result;
}

/* Rows of one table: each part has its own columns unless they were declared. */
static status show_part(struct showing *showing, struct show_rows *rows, struct err *err) {
  struct show_columns columns;
  bool are_declared = showing->shape.columns_count > 0;
  show__columns_init(&columns);
  status result = show__columns_declare(&columns, &showing->shape, err);
  for (size_t i = 0; i < rows->count && result == LUMA_OK; i++)
    result =
        show__columns_see(&columns, &rows->items[i], !are_declared, showing->shape.key_name, err);
  if (result == LUMA_OK) result = print(showing, &columns, rows, err);
  show__columns_deinit(&columns);
  return result;
}

status show__table(struct showing *showing, struct err *err) {
  struct show_rows rows;
  show__rows_init(&rows);
  status result;
  bool is_first = true;
  do {
    show__rows_reset(&rows);
    result = show__rows_read(&rows, showing, SHOW_PART_ROWS, err);
    if (result == LUMA_OK && (rows.count > 0 || is_first)) result = show_part(showing, &rows, err);
    showing->rows += rows.count;
    is_first = false;
  } while (result == LUMA_OK && rows.count == SHOW_PART_ROWS &&
           out_check(&showing->cli->out, NULL) == LUMA_OK);
  show__rows_deinit(&rows);
  TRY(result);
  out_format(&showing->cli->out, "(%llu row%s)\n", (unsigned long long)showing->rows,
             showing->rows == 1 ? "" : "s");
  return LUMA_OK;
}
