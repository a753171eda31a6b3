/* SPDX-License-Identifier: MIT */
/* The text form of paths. A recursive grammar is not needed: names, dots and brackets follow one
 * another.
 *
 *   path    = [ name | index ] { "." name | index }
 *   name    = plain | '`' text '`' | '"' text '"'      the quote within is doubled
 *   index   = "[" [ "-" ] digits "]"
 *   dotted  = segment { "." segment }                  a segment is any text without dots */
#include "base/text/num.h"
#include "value/path/path.h"

struct parse {
  struct arena *arena;
  struct slice text;
  size_t at;
  struct path_step steps[PATH_STEPS_MAX];
  uint32_t count;
  bool takes_empty; /* dotted: names may have no letters */
  struct err *err;
};

static status fail_at(const struct parse *parse, size_t offset, const char *what,
                      const char *hint) {
  err_raise(parse->err, LUMA_SYNTAX_ERROR, __FILE__, __LINE__, "%s in the path `%.*s`", what,
            SLICE_ARG(parse->text));
  err_position(parse->err, (const char *)parse->text.data, parse->text.bytes, offset);
  err_hint(parse->err, "%s", hint);
  return LUMA_SYNTAX_ERROR;
}

static status fail_memory(const struct arena *arena, struct err *err) {
  if (arena_is_over_budget(arena))
    FAIL(err, LUMA_BUDGET_EXCEEDED, "a path does not fit the budget for memory");
  FAIL(err, LUMA_OUT_OF_MEMORY, "out of memory for a path");
}

static bool at_end(const struct parse *parse) {
  return parse->at == parse->text.bytes;
}
static uint8_t peek(const struct parse *parse) {
  return at_end(parse) ? 0 : parse->text.data[parse->at];
}

static bool is_plain(uint8_t c) {
  return c > ' ' && c != 0x7f && c != '.' && c != '[' && c != ']' && c != '`' && c != '"';
}

static status push_step(struct parse *parse, struct path_step step) {
  if (parse->count == PATH_STEPS_MAX) {
    err_raise(parse->err, LUMA_TOO_DEEP, __FILE__, __LINE__, "a path has more than %d steps",
              PATH_STEPS_MAX);
    return LUMA_TOO_DEEP;
  }
  parse->steps[parse->count++] = step;
  return LUMA_OK;
}

static struct path_step name_step(struct slice name) {
  return (struct path_step){.name = name, .index = PATH_NO_INDEX, .is_name = true};
}

static status parse_plain(struct parse *parse) {
  size_t start = parse->at;
  while (!at_end(parse) && is_plain(peek(parse))) parse->at++;
  if (parse->at == start)
    return fail_at(parse, start, "a name is missing",
                   "quote names with other characters: `first name`");
  const uint8_t *copy = arena_copy(parse->arena, parse->text.data + start, parse->at - start);
  if (!copy) return fail_memory(parse->arena, parse->err);
  return push_step(parse, name_step(slice_of(copy, parse->at - start)));
}

static status parse_quoted(struct parse *parse) {
  size_t start = parse->at;
  uint8_t quote = parse->text.data[parse->at++];
  uint8_t *name = arena_alloc_text(parse->arena, parse->text.bytes - parse->at + 1);
  if (!name) return fail_memory(parse->arena, parse->err);
  for (size_t bytes = 0; !at_end(parse); name[bytes++] = parse->text.data[parse->at++]) {
    if (peek(parse) != quote) continue;
    parse->at++;
    if (peek(parse) != quote || at_end(parse))
      return push_step(parse, name_step(slice_of(name, bytes)));
  }
  return fail_at(parse, start, "a quote is not closed",
                 "end the name with the quote it began with");
}

static status parse_index(struct parse *parse) {
  size_t start = ++parse->at;
  while (!at_end(parse) && peek(parse) != ']') parse->at++;
  struct slice digits = slice_of(parse->text.data + start, parse->at - start);
  int64_t index = 0;
  bool fits = num_parse_int64(digits, &index) && index > PATH_NO_INDEX && index <= INT32_MAX;
  if (at_end(parse) || !fits)
    return fail_at(parse, start, "an index is not a number",
                   "elements are chosen by number: [0] is the first, [-1] the last");
  parse->at++;
  return push_step(parse, (struct path_step){.index = (int32_t)index, .is_index = true});
}

static status parse_name(struct parse *parse) {
  return peek(parse) == '`' || peek(parse) == '"' ? parse_quoted(parse) : parse_plain(parse);
}

static status parse_native(struct parse *parse) {
  if (peek(parse) != '[') TRY(parse_name(parse));
  while (!at_end(parse)) {
    if (peek(parse) == '[') {
      TRY(parse_index(parse));
    } else if (peek(parse) == '.') {
      parse->at++;
      TRY(parse_name(parse));
    } else {
      return fail_at(parse, parse->at, "unexpected character",
                     "steps are joined by dots, elements chosen by [number]");
    }
  }
  return LUMA_OK;
}

/* The index a dotted segment may mean; PATH_NO_INDEX for those an array index is never written as.
 */
static int32_t segment_index(struct slice segment) {
  if (segment.bytes == 0) return PATH_NO_INDEX;
  if (segment.bytes > 9 || (segment.bytes > 1 && segment.data[0] == '0')) return PATH_NO_INDEX;
  int32_t index = 0;
  for (size_t i = 0; i < segment.bytes; i++) {
    if (segment.data[i] < '0' || segment.data[i] > '9') return PATH_NO_INDEX;
    index = index * 10 + (segment.data[i] - '0');
  }
  return index;
}

static status parse_segment(struct parse *parse) {
  size_t start = parse->at;
  while (!at_end(parse) && peek(parse) != '.') parse->at++;
  if (parse->at == start && !parse->takes_empty)
    return fail_at(parse, start, "a name is missing", "names stand on both sides of a dot");
  const uint8_t *copy = arena_copy(parse->arena, parse->text.data + start, parse->at - start);
  if (!copy) return fail_memory(parse->arena, parse->err);
  struct path_step step = name_step(slice_of(copy, parse->at - start));
  step.index = segment_index(step.name);
  step.is_index = step.index != PATH_NO_INDEX;
  return push_step(parse, step);
}

static status parse_dotted(struct parse *parse) {
  TRY(parse_segment(parse));
  while (!at_end(parse)) {
    parse->at++;
    TRY(parse_segment(parse));
  }
  return LUMA_OK;
}

static status take_steps(const struct parse *parse, struct path *path) {
  struct path_step *steps = arena_copy(parse->arena, parse->steps, parse->count * sizeof *steps);
  if (!steps) return fail_memory(parse->arena, parse->err);
  *path = (struct path){.count = parse->count, .steps = steps};
  return LUMA_OK;
}

status path_parse(struct arena *arena, struct slice text, bool dotted, struct path *path,
                  struct err *err) {
  struct parse parse = {.arena = arena, .text = text, .err = err};
  TRY(dotted ? parse_dotted(&parse) : parse_native(&parse));
  return take_steps(&parse, path);
}

status path_parse_filter(struct arena *arena, struct slice text, struct path *path,
                         struct err *err) {
  struct parse parse = {.arena = arena, .text = text, .takes_empty = true, .err = err};
  TRY(parse_dotted(&parse));
  return take_steps(&parse, path);
}

/* Names of letters, digits, underscores, dollars and non-ASCII characters need no quotes anywhere.
 */
static bool needs_quotes(struct slice name) {
  for (size_t i = 0; i < name.bytes; i++) {
    uint8_t c = name.data[i];
    bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    bool is_digit = c >= '0' && c <= '9';
    if (!is_letter && !(is_digit && i > 0) && c != '_' && c != '$' && c < 0x80) return true;
  }
  return name.bytes == 0;
}

static void format_name(struct slice name, struct buf *out) {
  (void)buf_append_byte(out, '`');
  for (size_t i = 0; i < name.bytes; i++) {
    if (name.data[i] == '`') (void)buf_append_byte(out, '`');
    (void)buf_append_byte(out, name.data[i]);
  }
  (void)buf_append_byte(out, '`');
}

void path_format(const struct path *path, struct buf *out) {
  for (uint32_t i = 0; i < path->count; i++) {
    const struct path_step *step = &path->steps[i];
    if (step->is_name && i > 0) (void)buf_append_byte(out, '.');
    if (!step->is_name)
      (void)buf_append_format(out, "[%d]", (int)step->index);
    else if (step->is_index || !needs_quotes(step->name))
      (void)buf_append_slice(out, step->name);
    else
      format_name(step->name, out);
  }
}
