/* SPDX-License-Identifier: MIT */
#include "base/text/table.h"

#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "base/text/utf8.h"

enum { COLUMN_WIDTH_MIN = 4 };

struct table_cell {
  size_t offset, bytes; /* in table->text */
  size_t width;
  enum table_align align;
};

void table_init(struct table *table, size_t columns_count, size_t bytes_max) {
  ASSERT(columns_count > 0 && columns_count <= TABLE_COLUMNS_MAX);
  *table = (struct table){.columns_count = columns_count};
  buf_init(&table->text, bytes_max);
}

void table_deinit(struct table *table) {
  buf_deinit(&table->text);
  mem_free(table->cells);
  *table = (struct table){.columns_count = table->columns_count,
                          .text.bytes_max = table->text.bytes_max};
}

/* C0 and C1 controls, and the marks that turn the direction of what follows. */
static bool is_control(uint32_t letter) {
  if (letter < 0x20 || (letter >= 0x7f && letter < 0xa0)) return true;
  return (letter >= 0x200e && letter <= 0x200f) || (letter >= 0x2028 && letter <= 0x202e) ||
         (letter >= 0x2066 && letter <= 0x2069);
}

static void append_visible(struct buf *out, uint32_t letter) {
  static const char short_forms[] = "abtnvfr"; /* from 7 on, as in C */
  if (letter >= 7 && letter <= 13)
    buf_append_format(out, "\\%c", short_forms[letter - 7]);
  else
    buf_append_format(out, letter < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)letter);
}

/* Copies runs of ordinary text whole; what is not UTF-8 becomes the replacement character. */
static void append_cell_text(struct buf *out, struct slice text) {
  uint32_t letter;
  for (size_t at = 0, bytes;
       (bytes = utf8_decode(slice_of(text.data + at, text.bytes - at), &letter)); at += bytes) {
    uint8_t encoded[4];
    if (is_control(letter))
      append_visible(out, letter);
    else
      buf_append(out, encoded, utf8_encode(letter, encoded));
  }
}

void table_add(struct table *table, struct slice text, enum table_align align) {
  size_t offset = table->text.bytes;
  append_cell_text(&table->text, text);
  void *cells = table->cells;
  bool has_room =
      mem_grow(&cells, &table->cells_capacity, table->cells_count + 1, sizeof *table->cells);
  table->cells = cells;
  if (!has_room) table->failed = LUMA_OUT_OF_MEMORY;
  if (table->failed || table->text.failed) return;
  size_t bytes = table->text.bytes - offset;
  size_t width = bytes ? utf8_width(slice_of(table->text.data + offset, bytes)) : 0;
  table->cells[table->cells_count++] =
      (struct table_cell){.offset = offset, .bytes = bytes, .width = width, .align = align};
}

/* A table being printed. */
struct printing {
  const struct table *table;
  const struct table_options *options;
  struct buf *out;
  size_t *widths; /* of each column, without the spaces around it */
};

static void measure(struct printing *printing) {
  const struct table *table = printing->table;
  for (size_t i = 0; i < table->cells_count; i++) {
    size_t *width = &printing->widths[i % table->columns_count];
    if (table->cells[i].width > *width) *width = table->cells[i].width;
  }
  size_t limit = printing->options->cell_width_max;
  for (size_t i = 0; limit && i < table->columns_count; i++)
    if (printing->widths[i] > limit) printing->widths[i] = limit;
}

/* What the line takes when no column is wider than `limit`. */
static size_t line_width(const struct printing *printing, size_t limit) {
  size_t count = printing->table->columns_count;
  size_t width = count * 3 - 1 +
                 (printing->options->style == TABLE_BOX ? 2 : 0); /* spaces and lines between */
  for (size_t i = 0; i < count; i++)
    width += printing->widths[i] < limit ? printing->widths[i] : limit;
  return width;
}

/* Cuts the widest columns to one common width, the largest that fits. */
static void fit(struct printing *printing) {
  size_t width_max = printing->options->width_max;
  if (width_max == 0 || line_width(printing, SIZE_MAX) <= width_max) return;
  size_t fits = COLUMN_WIDTH_MIN, too_wide = width_max + 1;
  while (fits + 1 < too_wide) {
    size_t middle = fits + (too_wide - fits) / 2;
    if (line_width(printing, middle) <= width_max)
      fits = middle;
    else
      too_wide = middle;
  }
  for (size_t i = 0; i < printing->table->columns_count; i++)
    if (printing->widths[i] > fits) printing->widths[i] = fits;
}

static void repeat(struct buf *out, const char *text, size_t count) {
  for (; count; count--) buf_append_text(out, text);
}

/* What of `text` fits in `width` beside an ellipsis; answers the width it took with it. */
static size_t append_cut(struct buf *out, struct slice text, size_t width) {
  size_t at = 0, used = 1;
  for (;;) {
    uint32_t letter;
    size_t bytes = utf8_decode(slice_of(text.data + at, text.bytes - at), &letter);
    size_t more = utf8_width(slice_of(text.data + at, bytes));
    if (bytes == 0 || used + more > width) break;
    at += bytes;
    used += more;
  }
  buf_append(out, text.data, at);
  buf_append_text(out, "…");
  return used;
}

static void print_cell(struct printing *printing, const struct table_cell *cell, size_t width) {
  struct buf *out = printing->out;
  struct slice text = cell->bytes ? slice_of(printing->table->text.data + cell->offset, cell->bytes)
                                  : slice_of("", 0);
  if (cell->width > width) {
    size_t used = append_cut(out, text, width);
    repeat(out, " ", width - used);
    return;
  }
  if (cell->align == TABLE_RIGHT) repeat(out, " ", width - cell->width);
  buf_append_slice(out, text);
  if (cell->align == TABLE_LEFT) repeat(out, " ", width - cell->width);
}

static void drop_trailing_spaces(struct buf *out) {
  while (out->bytes && out->data[out->bytes - 1] == ' ') out->bytes--;
}

static void print_row(struct printing *printing, size_t row) {
  const struct table *table = printing->table;
  static const struct table_cell empty = {0};
  bool is_box = printing->options->style == TABLE_BOX;
  buf_append_text(printing->out, is_box ? "│ " : " ");
  for (size_t i = 0; i < table->columns_count; i++) {
    size_t index = row * table->columns_count + i;
    if (i > 0) buf_append_text(printing->out, " │ ");
    print_cell(printing, index < table->cells_count ? &table->cells[index] : &empty,
               printing->widths[i]);
  }
  if (is_box)
    buf_append_text(printing->out, " │");
  else if (!printing->out->failed)
    drop_trailing_spaces(printing->out);
  buf_append_byte(printing->out, '\n');
}

/* The corners and crossings of a horizontal line. */
struct rule {
  const char *left, *between, *right;
};

static void print_rule(struct printing *printing, struct rule rule) {
  bool is_box = printing->options->style == TABLE_BOX;
  if (is_box) buf_append_text(printing->out, rule.left);
  for (size_t i = 0; i < printing->table->columns_count; i++) {
    if (i > 0) buf_append_text(printing->out, rule.between);
    repeat(printing->out, "─", printing->widths[i] + 2);
  }
  if (is_box) buf_append_text(printing->out, rule.right);
  buf_append_byte(printing->out, '\n');
}

static void print_rows(struct printing *printing) {
  const struct table *table = printing->table;
  bool is_box = printing->options->style == TABLE_BOX;
  size_t title_rows = printing->options->has_type_row ? 2 : 1;
  size_t rows = (table->cells_count + table->columns_count - 1) / table->columns_count;
  if (is_box) print_rule(printing, (struct rule){"┌", "┬", "┐"});
  for (size_t row = 0; row < rows && !printing->out->failed; row++) {
    if (row == title_rows) print_rule(printing, (struct rule){"├", "┼", "┤"});
    print_row(printing, row);
  }
  if (is_box) print_rule(printing, (struct rule){"└", "┴", "┘"});
}

status table_print(struct table *table, const struct table_options *options, struct buf *out,
                   struct err *err) {
  TRY(buf_check(&table->text, "the table", err));
  size_t *widths = table->failed ? NULL : mem_zalloc(table->columns_count, sizeof *widths);
  if (!widths) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for the table");
  struct printing printing = {.table = table, .options = options, .out = out, .widths = widths};
  measure(&printing);
  fit(&printing);
  print_rows(&printing);
  mem_free(widths);
  return buf_check(out, "the table", err);
}
