/* SPDX-License-Identifier: MIT */
/* Words: which are keywords, what tokens are called, which keyword a misspelt one meant. */
#include "base/core/bytes.h"
#include "base/text/suggest.h"
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_int.h"

enum { WORD_BYTES = 16 };

/* Padded with zeroes, so that two numbers compare as the words do. */
struct word {
  char text[WORD_BYTES];
  int kind;
};

static const struct word words[] = {
    {"ABORT", LQL_ABORT},
    {"ALL", LQL_ALL},
    {"ALTER", LQL_ALTER},
    {"ANALYZE", LQL_ANALYZE},
    {"AND", LQL_AND},
    {"ANY", LQL_ANY},
    {"ARRAY", LQL_ARRAY},
    {"AS", LQL_AS},
    {"ASC", LQL_ASC},
    {"ASYMMETRIC", LQL_ASYMMETRIC},
    {"AT", LQL_AT},
    {"BEGIN", LQL_BEGIN},
    {"BETWEEN", LQL_BETWEEN},
    {"BY", LQL_BY},
    {"CASE", LQL_CASE},
    {"CAST", LQL_CAST},
    {"COLLATE", LQL_COLLATE},
    {"COLLECTION", LQL_COLLECTION},
    {"COLLECTIONS", LQL_COLLECTIONS},
    {"COMMIT", LQL_COMMIT},
    {"CONFLICT", LQL_CONFLICT},
    {"CREATE", LQL_CREATE},
    {"CROSS", LQL_CROSS},
    {"CUBE", LQL_CUBE},
    {"CURRENT", LQL_CURRENT},
    {"DEFAULT", LQL_DEFAULT},
    {"DELETE", LQL_DELETE},
    {"DESC", LQL_DESC},
    {"DISTINCT", LQL_DISTINCT},
    {"DO", LQL_DO},
    {"DROP", LQL_DROP},
    {"DRY", LQL_DRY},
    {"ELSE", LQL_ELSE},
    {"END", LQL_END},
    {"ESCAPE", LQL_ESCAPE},
    {"EXCEPT", LQL_EXCEPT},
    {"EXCLUDE", LQL_EXCLUDE},
    {"EXISTS", LQL_EXISTS},
    {"EXPLAIN", LQL_EXPLAIN},
    {"FALSE", LQL_FALSE},
    {"FETCH", LQL_FETCH},
    {"FILTER", LQL_FILTER},
    {"FIRST", LQL_FIRST},
    {"FOLLOWING", LQL_FOLLOWING},
    {"FOR", LQL_FOR},
    {"FROM", LQL_FROM},
    {"FULL", LQL_FULL},
    {"GROUP", LQL_GROUP},
    {"GROUPING", LQL_GROUPING},
    {"GROUPS", LQL_GROUPS},
    {"HAVING", LQL_HAVING},
    {"IF", LQL_IF},
    {"IGNORE", LQL_IGNORE},
    {"ILIKE", LQL_ILIKE},
    {"IN", LQL_IN},
    {"INDEX", LQL_INDEX},
    {"INDEXES", LQL_INDEXES},
    {"INNER", LQL_INNER},
    {"INSERT", LQL_INSERT},
    {"INTERSECT", LQL_INTERSECT},
    {"INTO", LQL_INTO},
    {"IS", LQL_IS},
    {"ISNULL", LQL_ISNULL},
    {"JOIN", LQL_JOIN},
    {"JSON", LQL_JSON},
    {"LAST", LQL_LAST},
    {"LATERAL", LQL_LATERAL},
    {"LEFT", LQL_LEFT},
    {"LET", LQL_LET},
    {"LIKE", LQL_LIKE},
    {"LIMIT", LQL_LIMIT},
    {"MATCHED", LQL_MATCHED},
    {"MATERIALIZED", LQL_MATERIALIZED},
    {"MERGE", LQL_MERGE},
    {"MISSING", LQL_MISSING},
    {"NATURAL", LQL_NATURAL},
    {"NEXT", LQL_NEXT},
    {"NO", LQL_NO},
    {"NOT", LQL_NOT},
    {"NOTHING", LQL_NOTHING},
    {"NOTNULL", LQL_NOTNULL},
    {"NULL", LQL_NULL},
    {"NULLS", LQL_NULLS},
    {"OFFSET", LQL_OFFSET},
    {"ON", LQL_ON},
    {"ONLY", LQL_ONLY},
    {"OR", LQL_OR},
    {"ORDER", LQL_ORDER},
    {"ORDINALITY", LQL_ORDINALITY},
    {"OTHERS", LQL_OTHERS},
    {"OUTER", LQL_OUTER},
    {"OVER", LQL_OVER},
    {"OVERLAPS", LQL_OVERLAPS},
    {"PARTITION", LQL_PARTITION},
    {"PLACING", LQL_PLACING},
    {"PRECEDING", LQL_PRECEDING},
    {"PRECISION", LQL_PRECISION},
    {"RANGE", LQL_RANGE},
    {"RECURSIVE", LQL_RECURSIVE},
    {"REGEXP", LQL_REGEXP},
    {"RELEASE", LQL_RELEASE},
    {"RENAME", LQL_RENAME},
    {"REPLACE", LQL_REPLACE},
    {"RETURNING", LQL_RETURNING},
    {"RIGHT", LQL_RIGHT},
    {"ROLLBACK", LQL_ROLLBACK},
    {"ROLLUP", LQL_ROLLUP},
    {"ROW", LQL_ROW},
    {"ROWS", LQL_ROWS},
    {"RUN", LQL_RUN},
    {"SAVEPOINT", LQL_SAVEPOINT},
    {"SELECT", LQL_SELECT},
    {"SET", LQL_SET},
    {"SETS", LQL_SETS},
    {"SHOW", LQL_SHOW},
    {"SIMILAR", LQL_SIMILAR},
    {"SOME", LQL_SOME},
    {"START", LQL_START},
    {"SYMMETRIC", LQL_SYMMETRIC},
    {"TABLE", LQL_TABLE},
    {"TABLES", LQL_TABLES},
    {"TEMP", LQL_TEMP},
    {"TEMPORARY", LQL_TEMP},
    {"THEN", LQL_THEN},
    {"TIES", LQL_TIES},
    {"TIME", LQL_TIME},
    {"TO", LQL_TO},
    {"TRANSACTION", LQL_TRANSACTION},
    {"TRUE", LQL_TRUE},
    {"TRUNCATE", LQL_TRUNCATE},
    {"UNBOUNDED", LQL_UNBOUNDED},
    {"UNION", LQL_UNION},
    {"UNIQUE", LQL_UNIQUE},
    {"UNKNOWN", LQL_UNKNOWN},
    {"UNSET", LQL_UNSET},
    {"UPDATE", LQL_UPDATE},
    {"UPSERT", LQL_UPSERT},
    {"USING", LQL_USING},
    {"VALUES", LQL_VALUES},
    {"VARYING", LQL_VARYING},
    {"VIEW", LQL_VIEW},
    {"WHEN", LQL_WHEN},
    {"WHERE", LQL_WHERE},
    {"WINDOW", LQL_WINDOW},
    {"WITH", LQL_WITH},
    {"WITHIN", LQL_WITHIN},
    {"WITHOUT", LQL_WITHOUT},
    {"ZONE", LQL_ZONE},
};
enum { WORDS_COUNT = sizeof words / sizeof words[0] };

struct mark {
  const char *text;
  int kind;
};

static const struct mark marks[] = {
    {"a name", LQL_ID},
    {"a name", LQL_QUOTED},
    {"a number", LQL_INTEGER},
    {"a number", LQL_FLOAT},
    {"a text", LQL_TEXT},
    {"a date", LQL_TYPED},
    {"a parameter", LQL_PARAM},
    {"`=`", LQL_EQ},
    {"`!=`", LQL_NE},
    {"`<`", LQL_LT},
    {"`<=`", LQL_LE},
    {"`>`", LQL_GT},
    {"`>=`", LQL_GE},
    {"bytes", LQL_BYTES},
    {"`||`", LQL_CONCAT},
    {"an operator", LQL_OPERATOR},
    {"`~`", LQL_TILDE},
    {"`^`", LQL_CARET},
    {"`+`", LQL_PLUS},
    {"`-`", LQL_MINUS},
    {"`*`", LQL_STAR},
    {"`/`", LQL_SLASH},
    {"`%`", LQL_PERCENT},
    {"`::`", LQL_CAST_AS},
    {"`:`", LQL_COLON},
    {"`,`", LQL_COMMA},
    {"`.`", LQL_DOT},
    {"`(`", LQL_LP},
    {"`)`", LQL_RP},
    {"`[`", LQL_LBRACKET},
    {"`]`", LQL_RBRACKET},
    {"`{`", LQL_LBRACE},
    {"`}`", LQL_RBRACE},
    {"`<<`", LQL_LBAG},
    {"`>>`", LQL_RBAG},
    {"VALUE", LQL_VALUE},
    {"PIVOT", LQL_PIVOT},
    {"UNPIVOT", LQL_UNPIVOT},
    {"`;`", LQL_SEMICOLON},
    {"the end of the statement", 0},
};

static int compare(const uint8_t *a, const uint8_t *b) {
  uint64_t x = load64be(a), y = load64be(b);
  if (x == y) {
    x = load64be(a + 8);
    y = load64be(b + 8);
  }
  return (x > y) - (x < y);
}

int lql__keyword(struct slice word) {
  size_t low = 0, high = WORDS_COUNT;
  uint8_t upper[WORD_BYTES] = {0};
  if (word.bytes >= sizeof upper) return LQL_ID;
  for (size_t i = 0; i < word.bytes; i++) {
    uint8_t c = word.data[i];
    upper[i] = (uint8_t)(c >= 'a' && c <= 'z' ? c - 32 : c);
  }
  while (low < high) {
    size_t middle = (low + high) / 2;
    int order = compare((const uint8_t *)words[middle].text, upper);
    if (order == 0) return words[middle].kind;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return LQL_ID;
}

/* ---- words that are keywords only where they stand ---- */

static bool is_among(int kind, const int *kinds) {
  for (; *kinds; kinds++)
    if (*kinds == kind) return true;
  return false;
}

bool lql__ends_value(int kind) {
  static const int never[] = {LQL_UNION,    LQL_INTERSECT, LQL_EXCEPT,     LQL_VALUES,
                              LQL_EXISTS,   LQL_LET,       LQL_USING,      LQL_ESCAPE,
                              LQL_OVERLAPS, LQL_SYMMETRIC, LQL_ASYMMETRIC, 0};
  static const int ends[] = {LQL_QUOTED,   LQL_INTEGER, LQL_FLOAT,   LQL_TEXT, LQL_BYTES, LQL_TYPED,
                             LQL_PARAM,    LQL_RP,      LQL_RBRACE,  LQL_TRUE, LQL_FALSE, LQL_NULL,
                             LQL_RBRACKET, LQL_RBAG,    LQL_MISSING, LQL_STAR, 0};
  bool is_name = kind >= LQL_ID && kind <= LQL_UNIQUE && !is_among(kind, never);
  return is_name || is_among(kind, ends);
}

static bool is_letter(uint8_t c) {
  return ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c >= 0x80;
}

static struct slice word_at(struct slice text) {
  size_t bytes = 0;
  while (bytes < text.bytes && is_letter(text.data[bytes])) bytes++;
  return slice_of(text.data, bytes);
}

/* Whether an expression begins behind the blanks at `rest`, and not what may follow a name. */
static bool begins_value(struct slice rest) {
  static const int follows[] = {LQL_UNION,  LQL_INTERSECT, LQL_EXCEPT,    LQL_ISNULL, LQL_NOTNULL,
                                LQL_AT,     LQL_OVERLAPS,  LQL_RETURNING, LQL_FETCH,  LQL_OVER,
                                LQL_WINDOW, LQL_ASC,       LQL_DESC,      LQL_NULLS,  0};
  static const int begins[] = {LQL_CASE, LQL_CAST, LQL_NULL, LQL_TRUE, LQL_FALSE, LQL_MISSING, 0};
  size_t at = 0;
  while (at < rest.bytes &&
         (rest.data[at] == ' ' || (rest.data[at] >= '\t' && rest.data[at] <= '\r')))
    at++;
  if (at == 0 || at == rest.bytes) return false;
  rest = slice_of(rest.data + at, rest.bytes - at);
  uint8_t c = rest.data[0];
  if (rest.bytes > 1 && c == '<' && rest.data[1] == '<') return true;
  if (!is_letter(c)) return memchr("{['\"`(?$@0123456789", c, 19) != NULL;
  int kind = lql__keyword(word_at(rest));
  return is_among(kind, begins) ||
         (kind >= LQL_ID && kind <= LQL_UNIQUE && !is_among(kind, follows));
}

static bool is_word(struct slice word, const char *text) {
  return slice_is_equal_nocase(word, slice_of_text(text));
}

/* `any(`, where no comparison stands before it, is the aggregate. */
static int quantifier(int last, struct slice rest) {
  static const int comparisons[] = {LQL_EQ, LQL_NE, LQL_LT, LQL_LE, LQL_GT, LQL_GE, 0};
  size_t at = 0;
  while (at < rest.bytes && rest.data[at] == ' ') at++;
  bool calls = at < rest.bytes && rest.data[at] == '(';
  return calls && !is_among(last, comparisons) ? LQL_ID : 0;
}

int lql__contextual(int last, struct slice word, struct slice rest) {
  static const int selects[] = {LQL_SELECT, LQL_DISTINCT, LQL_ALL, 0};
  static const int queries[] = {LQL_LP, LQL_EXPLAIN, LQL_ANALYZE, LQL_AS, 0};
  static const int sources[] = {LQL_FROM, LQL_COMMA, LQL_JOIN, LQL_LP, 0};
  if (is_word(word, "any") || is_word(word, "some")) return quantifier(last, rest);
  if (is_word(word, "value") && is_among(last, selects) && begins_value(rest)) return LQL_VALUE;
  if (is_word(word, "unpivot") && is_among(last, sources) && begins_value(rest)) return LQL_UNPIVOT;
  bool begins = last == 0 || is_among(last, queries);
  return is_word(word, "pivot") && begins && begins_value(rest) ? LQL_PIVOT : 0;
}

/* `AS end`, `AS order`: behind AS any word is a name that does not begin what else may stand there.
 */
int lql__behind_as(int kind) {
  static const int begins[] = {LQL_SELECT, LQL_WITH, LQL_NOT, LQL_PIVOT, 0};
  bool is_soft = kind >= LQL_ID && kind <= LQL_UNIQUE;
  return is_soft || is_among(kind, begins) ? kind : LQL_ID;
}

const char *lql__describe(int kind) {
  for (size_t i = 0; i < WORDS_COUNT; i++) {
    if (words[i].kind == kind) return words[i].text;
  }
  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
    if (marks[i].kind == kind) return marks[i].text;
  }
  return "something else";
}

struct slice lql__near_keyword(struct slice word, bool (*fits)(void *context, int kind),
                               void *context) {
  struct suggest suggest;
  suggest_init(&suggest, word);
  for (size_t i = 0; i < WORDS_COUNT; i++) {
    if (fits(context, words[i].kind)) suggest_offer(&suggest, slice_of_text(words[i].text));
  }
  return suggest_is_good(&suggest) ? suggest.best : slice_of(NULL, 0);
}
