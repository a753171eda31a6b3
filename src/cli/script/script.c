/* SPDX-License-Identifier: MIT */
#include "cli/script/script.h"

#include "query/lang/lang.h"

static bool is_blank(uint8_t c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';';
}

static bool looks_at(struct slice text, size_t at, const char *what) {
  size_t bytes = strlen(what);
  return at + bytes <= text.bytes && memcmp(text.data + at, what, bytes) == 0;
}

/* The byte after the line, or the end. */
static size_t skip_line(struct slice text, size_t at) {
  while (at < text.bytes && text.data[at] != '\n') at++;
  return at;
}

/* Comments nest, as in LQL. Past the end when it does not end. */
static size_t skip_comment(struct slice text, size_t at) {
  size_t depth = 0;
  while (at < text.bytes) {
    if (looks_at(text, at, "/*")) {
      depth++;
      at += 2;
    } else if (looks_at(text, at, "*/")) {
      at += 2;
      if (--depth == 0) return at;
    } else {
      at++;
    }
  }
  return text.bytes + 1;
}

/* Past the closing quote; past the end when there is none. A doubled quote reads as two runs. */
static size_t skip_quoted(struct slice text, size_t at, bool has_escapes) {
  uint8_t quote = text.data[at];
  for (at++; at < text.bytes; at++) {
    if (has_escapes && text.data[at] == '\\')
      at++;
    else if (text.data[at] == quote)
      return at + 1;
  }
  return text.bytes + 1;
}

static bool is_word(uint8_t c) {
  return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c >= 0x80;
}

/* E'…' knows escapes, but not what ends a longer word. */
static bool has_escapes(struct slice text, size_t quote) {
  return quote > 0 && (text.data[quote - 1] | 32) == 'e' &&
         (quote == 1 || !is_word(text.data[quote - 2]));
}

/* Past `$$ … $$` or `$tag$ … $tag$`, past the end when it does not end; past the `$` when none
 * begins there. */
static size_t skip_dollars(struct slice text, size_t at) {
  size_t tag = at + 1;
  bool is_number = tag < text.bytes && text.data[tag] >= '0' && text.data[tag] <= '9';
  while (tag < text.bytes && is_word(text.data[tag])) tag++;
  if (is_number || tag == text.bytes || text.data[tag] != '$') return at + 1;
  size_t begins = tag + 1;
  const uint8_t *end = memmem(text.data + begins, text.bytes - begins, text.data + at, begins - at);
  return end ? (size_t)(end - text.data) + begins - at : text.bytes + 1;
}

/* The start of the next statement: blanks, empty statements and comments are passed over. */
static size_t skip_blanks(struct slice text, size_t at) {
  while (at < text.bytes) {
    if (is_blank(text.data[at]))
      at++;
    else if (looks_at(text, at, "--"))
      at = skip_line(text, at);
    else if (looks_at(text, at, "/*"))
      at = skip_comment(text, at);
    else
      break;
  }
  return at < text.bytes ? at : text.bytes;
}

/* Where the statement ends: at its `;`, or past the end of the text when it has none. */
static size_t end_of_lql(struct slice text, size_t at) {
  size_t braces = 0;
  while (at < text.bytes) {
    uint8_t c = text.data[at];
    bool escapes = c == '\'' && has_escapes(text, at);
    if (c == ';') return at;
    if (c == '{') braces++;
    if (c == '}' && braces > 0) braces--;
    if (c == '\'' || c == '"' || c == '`')
      at = skip_quoted(text, at, escapes || (c == '"' && braces > 0));
    else if (c == '$')
      at = skip_dollars(text, at);
    else if (looks_at(text, at, "--"))
      at = skip_line(text, at);
    else if (looks_at(text, at, "/*"))
      at = skip_comment(text, at);
    else
      at++;
  }
  return text.bytes + 1;
}

/* Whether the line that ends at `at` is followed by one that begins with a dot. */
static bool goes_on(struct slice text, size_t at) {
  while (at < text.bytes && is_blank(text.data[at]) && text.data[at] != ';') at++;
  return at < text.bytes && text.data[at] == '.';
}

/* Past the end of the line that no bracket holds open, unless the next one goes on with a dot; or
 * at a `;`. */
static size_t end_of_calls(struct slice text, size_t at) {
  size_t depth = 0;
  while (at < text.bytes) {
    uint8_t c = text.data[at];
    if (c == '"' || c == '\'' || c == '`') {
      at = skip_quoted(text, at, true);
      continue;
    }
    if (c == '{' || c == '[' || c == '(') depth++;
    if ((c == '}' || c == ']' || c == ')') && depth > 0) depth--;
    if (c == ';' && depth == 0) return at;
    if (c == '\n' && depth == 0 && !goes_on(text, at)) return at;
    at++;
  }
  return depth ? text.bytes + 1 : text.bytes;
}

/* After the brace that closes the first one. */
static size_t end_of_jql(struct slice text, size_t at) {
  size_t depth = 0;
  if (jql_is_call(text, at)) return end_of_calls(text, at);
  while (at < text.bytes) {
    uint8_t c = text.data[at];
    if (c == '"') {
      at = skip_quoted(text, at, true);
      continue;
    }
    if (c == '{' || c == '[') depth++;
    if ((c == '}' || c == ']') && (depth == 0 || --depth == 0)) return at + 1;
    at++;
  }
  return text.bytes + 1;
}

static size_t end_of_nql(struct slice text, size_t at) {
  while (at < text.bytes && text.data[at] != '\n' && text.data[at] != ';') at++;
  return at < text.bytes ? at : text.bytes + 1;
}

bool script_next(struct slice script, size_t *offset, const char *language,
                 struct script_statement *statement) {
  size_t start = skip_blanks(script, *offset);
  if (start >= script.bytes) return false;
  struct slice rest = slice_of(script.data + start, script.bytes - start);
  if (!language) language = lang_guess(rest)->name;
  size_t end = strcmp(language, "jql") == 0   ? end_of_jql(script, start)
               : strcmp(language, "nql") == 0 ? end_of_nql(script, start)
                                              : end_of_lql(script, start);
  bool is_ended = end <= script.bytes;
  if (!is_ended) end = script.bytes;
  *offset = end;
  while (end > start && is_blank(script.data[end - 1])) end--;
  *statement = (struct script_statement){slice_of(script.data + start, end - start), start,
                                         language, is_ended};
  return true;
}
