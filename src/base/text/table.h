/* SPDX-License-Identifier: MIT */
/* Tables of text for people: columns aligned by their width on a terminal, a title row, if asked a
 * row of types, drawn in a box or plain. Cells are given row by row. Control characters are made
 * visible, so that no value can drive the terminal. When the table is wider than asked, its widest
 * columns are cut first and what is cut ends in an ellipsis.
 *
 *     ┌────┬───────┐      id │ name          Owns: copies of the cells. Failures are sticky: add
 * freely, │ id │ name  │     ────┼──────         table_print tells. Not thread-safe. ├────┼───────┤
 * 1 │ Alice │  1 │ Alice │ └────┴───────┘       TABLE_BOX, TABLE_PLAIN
 */
#ifndef BASE_TEXT_TABLE_H
#define BASE_TEXT_TABLE_H

#include "base/text/buf.h"

enum table_style { TABLE_BOX, TABLE_PLAIN };
enum table_align { TABLE_LEFT, TABLE_RIGHT };

enum { TABLE_COLUMNS_MAX = 1024 };

struct table_options {
  enum table_style style;
  size_t width_max;      /* columns of the terminal; 0 = no limit */
  size_t cell_width_max; /* of any one cell; 0 = no limit */
  bool has_type_row;     /* the second row tells types: it belongs to the title */
};

struct table_cell;

/** Fields are private. */
struct table {
  struct buf text;
  struct table_cell *cells;
  size_t cells_count, cells_capacity, columns_count;
  status failed;
};

/** An empty table of `columns_count` (1 to TABLE_COLUMNS_MAX), whose text takes at most
 * `bytes_max`. */
void table_init(struct table *table, size_t columns_count, size_t bytes_max);
void table_deinit(struct table *table);
/** The next cell, from left to right and from the title row down. */
void table_add(struct table *table, struct slice text, enum table_align align);
/** Appends the whole table to `out`, each line ended. A last row that is not complete is filled
 * with empty cells. */
status table_print(struct table *table, const struct table_options *options, struct buf *out,
                   struct err *err);

#endif
