/* SPDX-License-Identifier: MIT */
/* Failures that teach: where, what was found, what could have stood there, and the word that was
 * probably meant. */
#include <stdarg.h>
#include <stdio.h>

#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_int.h"
#include "query/lang/lql/lql_lexer.h"

enum { EXPECTED_MAX = 5 };

static void place(struct lql *lql, uint64_t offset) {
  err_position(lql->err, (const char *)lql->text.data, lql->text.bytes, offset);
}

void lql__fail(struct lql *lql, status code, uint64_t offset, const char *format, ...) {
  /* After a refusal of the arena anything may look wrong: the end of the parse says what was. */
  if (lql->failed != LUMA_OK || arena_has_refused(lql->arena)) return;
  char message[ERR_MESSAGE_BYTES];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(message, sizeof message, format, args);
  va_end(args);
  lql->failed = code;
  err_raise(lql->err, code, __FILE__, __LINE__, "%s", message);
  place(lql, offset);
}

void lql__hint(struct lql *lql, const char *format, ...) {
  char hint[ERR_HINT_BYTES];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(hint, sizeof hint, format, args);
  va_end(args);
  if (lql->err && lql->err->hint[0] == 0) err_hint(lql->err, "%s", hint);
}

/* What fits, in words: each kind of thing once. */
struct expected {
  const char *words[EXPECTED_MAX];
  uint32_t count;
  bool more;
};

static void expect(struct expected *expected, const char *word) {
  for (uint32_t i = 0; i < expected->count; i++) {
    if (strcmp(expected->words[i], word) == 0) return;
  }
  if (expected->count == EXPECTED_MAX) {
    expected->more = true;
    return;
  }
  expected->words[expected->count++] = word;
}

typedef bool fits_fn(void *context, int kind);

/* Parts of an expression that began: saying "an operator" is enough. */
static bool is_operator(int kind) {
  static const int operators[] = {
      LQL_OR,   LQL_AND,      LQL_IS,       LQL_LIKE,    LQL_ILIKE,   LQL_BETWEEN,  LQL_IN,
      LQL_EQ,   LQL_NE,       LQL_LT,       LQL_LE,      LQL_GT,      LQL_GE,       LQL_CONCAT,
      LQL_PLUS, LQL_MINUS,    LQL_STAR,     LQL_SLASH,   LQL_PERCENT, LQL_CAST_AS,  LQL_NOT,
      LQL_DOT,  LQL_LBRACKET, LQL_OPERATOR, LQL_TILDE,   LQL_CARET,   LQL_SIMILAR,  LQL_REGEXP,
      LQL_AT,   LQL_COLLATE,  LQL_ISNULL,   LQL_NOTNULL, LQL_PARAM,   LQL_OVERLAPS, LQL_GLOB,
      LQL_DIV,  LQL_NULLSAFE, LQL_XOR};
  for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
    if (operators[i] == kind) return true;
  }
  return false;
}

static bool is_literal(int kind) {
  static const int literals[] = {
      LQL_INTEGER, LQL_FLOAT, LQL_TEXT, LQL_BYTES, LQL_TILDE,  LQL_TYPED, LQL_PREFIXED,
      LQL_TRUE,    LQL_FALSE, LQL_NULL, LQL_PARAM, LQL_CAST,   LQL_CASE,  LQL_LP,
      LQL_LBRACE,  LQL_MINUS, LQL_PLUS, LQL_NOT,   LQL_QUOTED, LQL_ID,    LQL_LBRACKET};
  for (size_t i = 0; i < sizeof literals / sizeof literals[0]; i++) {
    if (literals[i] == kind) return true;
  }
  return false;
}

/* Keywords that can be names fit wherever a name does: there they say nothing. */
static bool is_soft(int kind) {
  return kind > LQL_ID && kind <= LQL_UNIQUE;
}

/* Forms that would only lengthen the list: beside a name or an expression they say little. */
static bool is_rare(int kind, bool in_from) {
  static const int never[] = {
      LQL_LBAG,        LQL_VALUE,       LQL_PIVOT,          LQL_UNPIVOT,   LQL_MISSING,
      LQL_OUTER,       LQL_INDEXED,     LQL_USE_INDEX,      LQL_TABLE_OF,  LQL_CORRESPONDING,
      LQL_OVERRIDING,  LQL_JSON_KIND,   LQL_PREPARE,        LQL_EXECUTE,   LQL_DEALLOCATE,
      LQL_NO_DATA,     LQL_EXPLAIN_LP,  LQL_WITH_ROLLUP,    LQL_SEPARATOR, LQL_QUALIFY,
      LQL_STAR_EXCEPT, LQL_TREATMENT,   LQL_TREATMENT_IN,   LQL_PASSING,   LQL_JSON_WORD,
      LQL_ON_CASE,     LQL_FORMAT_JSON, LQL_FOR_ORDINALITY, LQL_NESTED,    LQL_COLUMNS,
      LQL_PATH,        LQL_VARIABLE};
  static const int sources[] = {LQL_INTEGER, LQL_FLOAT, LQL_NULL, LQL_PARAM};
  for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
    if (never[i] == kind) return true;
  for (size_t i = 0; in_from && i < sizeof sources / sizeof sources[0]; i++)
    if (sources[i] == kind) return true;
  return false;
}

static void list_expected(struct expected *expected, fits_fn *fits, void *context) {
  bool in_from = fits(context, LQL_UNPIVOT);
  bool expression = !in_from && fits(context, LQL_INTEGER) && fits(context, LQL_LP);
  bool after = fits(context, LQL_EQ) && fits(context, LQL_PLUS);
  if (expression)
    expect(expected, "an expression");
  else if (fits(context, LQL_ID))
    expect(expected, "a name");
  bool name = fits(context, LQL_ID);
  for (int soft = 0; soft < 2; soft++) {
    for (int kind = 1; kind <= LQL_QUOTED; kind++) {
      if (is_soft(kind) != soft || kind == LQL_ID || kind == LQL_QUOTED || !fits(context, kind))
        continue;
      bool is_index = kind == LQL_LBRACKET && fits(context, LQL_ON);
      if ((name && soft) || is_index || is_rare(kind, in_from)) continue;
      if ((expression && is_literal(kind)) || (after && is_operator(kind))) continue;
      expect(expected, lql__describe(kind));
    }
  }
  if (after) expect(expected, "an operator");
  if (fits(context, 0)) expect(expected, lql__describe(0));
}

static void say_expected(struct lql *lql, fits_fn *fits, void *context) {
  if (lql->last.kind == LQL_INTO && fits(context, LQL_FROM)) {
    lql__hint(lql, "CREATE TABLE name AS SELECT … makes a collection of what is selected");
    return;
  }
  if (fits(context, LQL_ON) && fits(context, LQL_USING) && !fits(context, LQL_TRUE)) {
    lql__hint(lql, "JOIN takes ON condition or USING (names); CROSS JOIN is of all with all");
    return;
  }
  if (fits(context, LQL_SELECT) && fits(context, LQL_INSERT)) {
    lql__hint(lql, "a statement begins with SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, …");
    return;
  }
  struct expected expected = {0};
  char text[ERR_HINT_BYTES];
  size_t at = 0;
  list_expected(&expected, fits, context);
  for (uint32_t i = 0; i < expected.count && at < sizeof text; i++) {
    const char *join = i == 0 ? "" : (i + 1 == expected.count && !expected.more ? " or " : ", ");
    at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", join, expected.words[i]);
  }
  if (expected.count > 0) lql__hint(lql, "expected %s%s", text, expected.more ? ", …" : "");
}

const char *lql__foreign_word(struct slice word) {
  static const char *const pairs[][2] = {
      {"TOP", "write LIMIT n at the end"},
      {"UPSERT", "write INSERT, or UPDATE"},
      {"RETURNING", "RETURNING is not there: SELECT after the change"},
      {"FOR", "rows are not locked: a conflict shows at COMMIT"},
      {"TRUNCATE", "write DELETE FROM collection"},
  };
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    if (slice_is_equal_nocase(word, slice_of_text(pairs[i][0]))) return pairs[i][1];
  }
  return NULL;
}

static bool is_word(struct slice text) {
  uint8_t c = text.bytes ? text.data[0] : 0;
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* MySQL joins in the place of the target: UPDATE a JOIN b ON … SET, UPDATE a, b SET, DELETE FROM a,
 * b. */
static const char *joined_change(const struct lql *lql, int kind) {
  static const int joins[] = {LQL_COMMA, LQL_JOIN, LQL_INNER, LQL_LEFT, LQL_CROSS};
  bool is_join = false;
  for (size_t i = 0; i < sizeof joins / sizeof joins[0]; i++) is_join |= joins[i] == kind;
  if (is_join && lql->first.kind == LQL_UPDATE && lql->brackets == 0)
    return "UPDATE a SET x = b.x FROM b WHERE a.id = b.id";
  if (lql->first.kind != LQL_DELETE || lql->brackets) return NULL;
  return is_join || kind == LQL_FROM ? "DELETE FROM a USING b WHERE a.id = b.id" : NULL;
}

static bool begins_clause(void *context, int kind) {
  static const int clauses[] = {LQL_FROM,  LQL_WHERE,  LQL_GROUP,  LQL_HAVING, LQL_ORDER,
                                LQL_LIMIT, LQL_OFFSET, LQL_JOIN,   LQL_LEFT,   LQL_INNER,
                                LQL_CROSS, LQL_SET,    LQL_VALUES, LQL_ON,     LQL_INTO};
  (void)context;
  for (size_t i = 0; i < sizeof clauses / sizeof clauses[0]; i++)
    if (clauses[i] == kind) return true;
  return false;
}

/* A word that is nearly a keyword: one that fits, else one that begins a clause (the automaton may
 * have closed its clause already). */
static bool suggest_word(struct lql *lql, struct lql_token token, fits_fn *fits, void *context) {
  const char *foreign = is_word(token.text) ? lql__foreign_word(token.text) : NULL;
  if (!foreign && (lql->before.kind == LQL_ID || is_soft(lql->before.kind)))
    foreign = lql__foreign_word(lql->before.text);
  if (foreign) {
    lql__hint(lql, "%s", foreign);
    return true;
  }
  if (token.kind != LQL_ID) return false;
  struct slice near = lql__near_keyword(token.text, fits, context);
  if (near.bytes == 0) near = lql__near_keyword(token.text, begins_clause, NULL);
  if (near.bytes == 0) return false;
  lql__hint(lql, "did you mean %.*s?", SLICE_ARG(near));
  return true;
}

/* The word before may be what is wrong: it was read as an alias. */
static bool suggest_earlier(struct lql *lql) {
  struct lql_token before = lql->before;
  if (before.kind != LQL_ID || before.text.bytes < 3) return false;
  struct slice near = lql__near_keyword(before.text, begins_clause, NULL);
  if (near.bytes == 0 || slice_is_equal_nocase(near, before.text)) return false;
  lql__hint(lql, "did you mean %.*s instead of `%.*s`?", SLICE_ARG(near), SLICE_ARG(before.text));
  return true;
}

void lql__syntax_error(struct lql *lql, struct lql_token token, fits_fn *fits, void *context) {
  if (lql->failed != LUMA_OK) return;
  if (!context) {
    lql->is_mistaken = true;
    lql->failed = LUMA_SYNTAX_ERROR;
    return;
  }
  if (token.kind == 0 || token.kind == LQL_SEMICOLON) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, token.offset, "the statement ends too early");
  } else {
    int shown = token.text.bytes > 60 ? 60 : (int)token.text.bytes;
    lql__fail(lql, LUMA_SYNTAX_ERROR, token.offset, "`%.*s` does not fit here", shown,
              (const char *)token.text.data);
  }
  if (token.kind == LQL_QUOTED && !fits(context, LQL_QUOTED) && fits(context, LQL_TEXT)) {
    lql__hint(lql, "a text stands in single quotes");
  }
  const char *joined = joined_change(lql, token.kind);
  if (joined && !fits(context, LQL_EQ)) lql__hint(lql, "%s", joined);
  if (suggest_word(lql, token, fits, context) || suggest_earlier(lql)) return;
  say_expected(lql, fits, context);
}

struct slice lql__bare_alias(struct lql *lql, struct lql_token name) {
  static const char *const clauses[] = {"FOR", "RETURNING"};
  for (size_t i = 0; name.kind != LQL_QUOTED && i < sizeof clauses / sizeof clauses[0]; i++) {
    if (!slice_is_equal_nocase(name.text, slice_of_text(clauses[i]))) continue;
    lql__fail(lql, LUMA_SYNTAX_ERROR, name.offset, "`%.*s` does not fit here",
              SLICE_ARG(name.text));
    lql__hint(lql, "%s", lql__foreign_word(name.text));
    return slice_of(NULL, 0);
  }
  return lql__name(lql, name);
}
