/* SPDX-License-Identifier: MIT */
#include "base/text/table.h"

#include "base/text/utf8.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"

enum { BYTES_MAX = 1 << 20 };

/* Prints a table of texts, `columns` a row; numbers stand right. */
static void expect_table(const char *const *cells, size_t count, size_t columns,
                         struct table_options options, const char *expected) {
  struct table table;
  struct buf out;
  table_init(&table, columns, BYTES_MAX);
  buf_init(&out, BYTES_MAX);
  for (size_t i = 0; i < count; i++) {
    enum table_align align = cells[i][0] >= '0' && cells[i][0] <= '9' ? TABLE_RIGHT : TABLE_LEFT;
    table_add(&table, slice_of_text(cells[i]), align);
  }
  assert_ok(table_print(&table, &options, &out, test_err()));
  buf_append_byte(&out, 0);
  assert_string_equal((const char *)out.data, expected);
  buf_deinit(&out);
  table_deinit(&table);
}

static const char *const people[] = {"id", "name", "int64", "text", "1", "Alice", "20", "Zoë 東京"};

static void a_box(void) {
  expect_table(people, 8, 2, (struct table_options){.style = TABLE_BOX, .has_type_row = true},
               "┌───────┬──────────┐\n"
               "│ id    │ name     │\n"
               "│ int64 │ text     │\n"
               "├───────┼──────────┤\n"
               "│     1 │ Alice    │\n"
               "│    20 │ Zoë 東京 │\n"
               "└───────┴──────────┘\n");
}

static void a_plain_table(void) {
  expect_table(people, 8, 2, (struct table_options){.style = TABLE_PLAIN, .has_type_row = true},
               " id    │ name\n"
               " int64 │ text\n"
               "───────┼──────────\n"
               "     1 │ Alice\n"
               "    20 │ Zoë 東京\n");
}

static void a_title_alone(void) {
  expect_table(people, 2, 2, (struct table_options){.style = TABLE_BOX},
               "┌────┬──────┐\n"
               "│ id │ name │\n"
               "└────┴──────┘\n");
}

static void a_missing_cell_is_empty(void) {
  expect_table(people, 3, 2, (struct table_options){.style = TABLE_PLAIN},
               " id    │ name\n"
               "───────┼──────\n"
               " int64 │\n");
}

static void wide_columns_are_cut_first(void) {
  static const char *const cells[] = {
      "id", "text", "note", "1", "a text that is much too long", "東京東京東京東京"};
  expect_table(cells, 6, 3, (struct table_options){.style = TABLE_BOX, .width_max = 31},
               "┌────┬───────────┬───────────┐\n"
               "│ id │ text      │ note      │\n"
               "├────┼───────────┼───────────┤\n"
               "│  1 │ a text t… │ 東京東京… │\n"
               "└────┴───────────┴───────────┘\n");
}

static void one_cell_is_cut(void) {
  static const char *const cells[] = {"text", "abcdefghij"};
  expect_table(cells, 2, 1, (struct table_options){.style = TABLE_PLAIN, .cell_width_max = 6},
               " text\n"
               "────────\n"
               " abcde…\n");
}

static void no_value_drives_the_terminal(void) {
  static const char *const cells[] = {"v", "\x1b[31mred\n\t\x7f", "\xc2\x9b", "\xe2\x80\xae",
                                      "\xff"};
  expect_table(cells, 5, 1, (struct table_options){.style = TABLE_PLAIN},
               " v\n"
               "─────────────────────\n"
               " \\x1b[31mred\\n\\t\\x7f\n"
               " \\x9b\n"
               " \\u202e\n"
               " \xef\xbf\xbd\n");
}

/* Whatever the cells, every line of a box has the same width, and it is not over the limit. */
static void lines_are_of_one_width(void) {
  for (size_t round = 0; round < test_rounds(500); round++) {
    struct table table;
    struct buf out;
    size_t columns = 1 + rng_below(test_rng(), 6);
    struct table_options options = {.style = TABLE_BOX,
                                    .width_max = 50 + rng_below(test_rng(), 60)};
    table_init(&table, columns, BYTES_MAX);
    buf_init(&out, BYTES_MAX);
    for (size_t i = 0; i < 40; i++) {
      uint8_t text[64];
      rng_fill(test_rng(), text, sizeof text);
      table_add(&table, slice_of(text, rng_below(test_rng(), sizeof text)), TABLE_LEFT);
    }
    assert_ok(table_print(&table, &options, &out, test_err()));
    struct slice rest = buf_slice(&out);
    size_t width = SIZE_MAX;
    while (rest.bytes) {
      const uint8_t *end = memchr(rest.data, '\n', rest.bytes);
      assert_non_null(end);
      size_t line_bytes = (size_t)(end - rest.data),
             line = utf8_width(slice_of(rest.data, line_bytes));
      assert_true(width == SIZE_MAX || line == width);
      assert_true(line <= options.width_max);
      width = line;
      rest = slice_of(end + 1, rest.bytes - line_bytes - 1);
    }
    buf_deinit(&out);
    table_deinit(&table);
  }
}

static status print_people(void *context) {
  (void)context;
  struct table table;
  struct buf out;
  table_init(&table, 2, BYTES_MAX);
  buf_init(&out, BYTES_MAX);
  for (size_t i = 0; i < 80; i++) table_add(&table, slice_of_text(people[i % 8]), TABLE_LEFT);
  status result = table_print(&table, &(struct table_options){.style = TABLE_BOX}, &out, NULL);
  buf_deinit(&out);
  table_deinit(&table);
  return result;
}

static void memory_may_run_out(void) {
  assert_true(fault_sweep_alloc(print_people, NULL) > 5);
}

static void the_limit_holds(void) {
  struct table table;
  struct buf out;
  table_init(&table, 1, 10);
  buf_init(&out, BYTES_MAX);
  table_add(&table, slice_of_text("0123456789a"), TABLE_LEFT);
  assert_status(LUMA_TOO_LARGE, table_print(&table, &(struct table_options){0}, &out, test_err()));
  buf_deinit(&out);
  table_deinit(&table);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"a_box", a_box, 0},
      {"a_plain_table", a_plain_table, 0},
      {"a_title_alone", a_title_alone, 0},
      {"a_missing_cell_is_empty", a_missing_cell_is_empty, 0},
      {"wide_columns_are_cut_first", wide_columns_are_cut_first, 0},
      {"one_cell_is_cut", one_cell_is_cut, 0},
      {"no_value_drives_the_terminal", no_value_drives_the_terminal, 0},
      {"lines_are_of_one_width", lines_are_of_one_width, 0},
      {"memory_may_run_out", memory_may_run_out, 0},
      {"the_limit_holds", the_limit_holds, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
