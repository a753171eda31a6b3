/* SPDX-License-Identifier: MIT */
/* Shared by the files of this folder only. */
#ifndef CLI_SHOW_SHOW_INT_H
#define CLI_SHOW_SHOW_INT_H

#include "base/ds/hashmap.h"
#include "base/mem/arena.h"
#include "cli/show/show.h"

enum { SHOW_COLUMNS_MAX = 1024 };

/** The columns of rows: declared, or the fields met, in the order they were met. */
struct show_columns {
  struct arena arena;
  struct slice *names;
  uint8_t *types; /* VAL_MISSING: no value was seen, or several types were */
  bool *are_mixed;
  uint32_t count;
  size_t names_capacity, types_capacity, mixed_capacity;
};

/** Rows kept in memory, as values of their own. */
struct show_rows {
  struct arena arena;
  struct buf scratch;
  struct val *items;
  size_t count, capacity;
};

/** What is under way. */
struct showing {
  struct cli *cli;
  const struct show_options *options;
  struct target *target;
  struct target_reply *reply;
  struct target_shape shape;
  uint64_t rows;
};

void show__columns_init(struct show_columns *columns);
void show__columns_deinit(struct show_columns *columns);
status show__columns_declare(struct show_columns *columns, const struct target_shape *shape,
                             struct err *err);
/** The fields of a row that are no columns yet become some, if `may_add`; types are noted. */
status show__columns_see(struct show_columns *columns, const struct val *row, bool may_add,
                         const char *key_name, struct err *err);
/** The name of field `index`: the key slot as JSON would call it. */
struct slice show__field_name(const struct val *row, uint32_t index, const char *key_name,
                              struct val *value);
/** The value of a column in a row; MISSING if it has none. */
struct val show__cell(const struct val *row, struct slice name, const char *key_name);
/** "int64", "mixed", "". */
const char *show__type_text(const struct show_columns *columns, uint32_t index);

void show__rows_init(struct show_rows *rows);
void show__rows_deinit(struct show_rows *rows);
void show__rows_reset(struct show_rows *rows);
/** Copies a row. */
status show__rows_add(struct show_rows *rows, const struct val *row, struct err *err);
/** Reads rows until there are `rows_max`, or no more. LUMA_TOO_LARGE past SHOW_KEPT_BYTES. */
status show__rows_read(struct show_rows *rows, struct showing *showing, size_t rows_max,
                       struct err *err);

status show__table(struct showing *showing, struct err *err);
status show__csv(struct showing *showing, struct err *err);

#endif
