/* SPDX-License-Identifier: MIT */
#include "tests/lang/script_lines.h"

#include "base/os/os.h"

enum { SCRIPT_BYTES_MAX = 64 << 20 };

struct lines {
  const struct script_reader *reader;
  struct buf statement, expected;
  unsigned line, statement_line, statements;
  bool is_prose; /* between the fenced parts of a page */
};

bool script_line_begins(struct slice line, const char *with) {
  return slice_has_prefix(line, slice_of_text(with));
}

struct slice script_line_after(struct slice line, size_t bytes) {
  return slice_of(line.data + bytes, line.bytes - bytes);
}

static void finish(struct lines *lines) {
  if (lines->statement.bytes == 0) return;
  lines->statements++;
  lines->reader->statement(lines->reader->context, lines->statement_line,
                           buf_slice(&lines->statement), buf_slice(&lines->expected));
  buf_reset(&lines->statement);
  buf_reset(&lines->expected);
}

static void take_line(struct lines *lines, struct slice line) {
  lines->line++;
  if (script_line_begins(line, "```")) {
    finish(lines);
    lines->is_prose = !lines->is_prose;
  } else if (lines->is_prose || script_line_begins(line, "# ")) {
    return;
  } else if (line.bytes == 0) {
    finish(lines);
  } else if (script_line_begins(line, "@")) {
    finish(lines);
    lines->reader->order(lines->reader->context, line);
  } else if (script_line_begins(line, "> ")) {
    finish(lines);
    lines->statement_line = lines->line;
    buf_append_slice(&lines->statement, script_line_after(line, 2));
  } else if (script_line_begins(line, "+ ")) {
    buf_append_byte(&lines->statement, '\n');
    buf_append_slice(&lines->statement, script_line_after(line, 2));
  } else {
    buf_append_slice(&lines->expected, line);
    buf_append_byte(&lines->expected, '\n');
  }
}

/* A page for readers rather than a script. */
static bool is_page(const char *path) {
  struct slice name = slice_of_text(path);
  return name.bytes > 3 && memcmp(name.data + name.bytes - 3, ".md", 3) == 0;
}

void script_lines_read(const char *path, const struct script_reader *reader) {
  struct lines lines = {.reader = reader, .is_prose = is_page(path)};
  struct buf file;
  buf_init(&file, SCRIPT_BYTES_MAX);
  buf_init(&lines.statement, SCRIPT_BYTES_MAX);
  buf_init(&lines.expected, SCRIPT_BYTES_MAX);
  assert_ok(os_read_file(os_linux(), path, &file, test_err()));
  struct slice rest = buf_slice(&file);
  while (rest.bytes) {
    const uint8_t *end = memchr(rest.data, '\n', rest.bytes);
    size_t bytes = end ? (size_t)(end - rest.data) : rest.bytes;
    take_line(&lines, slice_of(rest.data, bytes));
    rest = script_line_after(rest, end ? bytes + 1 : bytes);
  }
  finish(&lines);
  if (lines.statements == 0) fail_msg("%s: no statement in it", path);
  buf_deinit(&file);
  buf_deinit(&lines.statement);
  buf_deinit(&lines.expected);
}
