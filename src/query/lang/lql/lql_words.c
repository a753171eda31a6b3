/* SPDX-License-Identifier: MIT */
/* Words that are keywords only where they stand. */
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_lexer.h"

static bool is_among(int kind, const int *kinds) {
  for (; *kinds; kinds++)
    if (*kinds == kind) return true;
  return false;
}

bool lql__ends_value(int kind) {
  static const int never[] = {LQL_UNION,    LQL_INTERSECT, LQL_EXCEPT,     LQL_VALUES,
                              LQL_EXISTS,   LQL_LET,       LQL_USING,      LQL_ESCAPE,
                              LQL_OVERLAPS, LQL_SYMMETRIC, LQL_ASYMMETRIC, 0};
  static const int ends[] = {LQL_QUOTED,  LQL_INTEGER,  LQL_FLOAT, LQL_TEXT,     LQL_BYTES,
                             LQL_TYPED,   LQL_PREFIXED, LQL_PARAM, LQL_RP,       LQL_RBRACE,
                             LQL_TRUE,    LQL_FALSE,    LQL_NULL,  LQL_RBRACKET, LQL_RBAG,
                             LQL_MISSING, LQL_STAR,     0};
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

static bool begins_word(struct slice rest, const char *text) {
  size_t bytes = strlen(text), at = 0;
  while (at < rest.bytes && rest.data[at] == ' ') at++;
  rest = slice_of(rest.data + at, rest.bytes - at);
  return at && rest.bytes >= bytes && is_word(slice_of(rest.data, bytes), text) &&
         (rest.bytes == bytes || !is_letter(rest.data[bytes]));
}

/* ` nulls)`: within the parentheses of a call. */
static bool ends_arguments(struct slice rest) {
  size_t at = 0;
  while (at < rest.bytes && rest.data[at] == ' ') at++;
  at += 5;
  while (at < rest.bytes && rest.data[at] <= ' ') at++;
  return at < rest.bytes && rest.data[at] == ')';
}

/* Words that PostgreSQL, MySQL and SQLite know where they stand so. */
static int brought_word(const struct lql_place *place) {
  int last = place->last;
  struct slice word = place->word, rest = place->rest;
  static const char *const kinds[] = {"object", "array", "scalar", "value"};
  static const int queries[] = {LQL_LP,        LQL_AS,      LQL_UNION,   LQL_ALL, LQL_EXCEPT,
                                LQL_INTERSECT, LQL_EXPLAIN, LQL_ANALYZE, 0};
  for (size_t i = 0; last == LQL_JSON && i < sizeof kinds / sizeof kinds[0]; i++)
    if (is_word(word, kinds[i])) return LQL_JSON_KIND;
  if (last == LQL_UNIQUE && is_word(word, "keys")) return LQL_KEYS;
  if (last == 0 && is_word(word, "prepare")) return LQL_PREPARE;
  if (last == 0 && is_word(word, "execute")) return LQL_EXECUTE;
  if (last == 0 && is_word(word, "deallocate")) return LQL_DEALLOCATE;
  bool is_infix = lql__ends_value(last) && begins_value(rest);
  if (is_infix && is_word(word, "div")) return LQL_DIV;
  if (is_infix && is_word(word, "mod")) return LQL_PERCENT;
  if (is_infix && is_word(word, "xor")) return LQL_XOR;
  if (is_infix && is_word(word, "qualify")) return LQL_QUALIFY;
  if (is_infix && place->brackets && is_word(word, "passing")) return LQL_PASSING;
  if (is_infix && place->brackets && is_word(word, "value")) return LQL_VALUE;
  bool treats = is_word(word, "ignore") || is_word(word, "respect");
  if (treats && begins_word(rest, "nulls"))
    return ends_arguments(rest) ? LQL_TREATMENT_IN : LQL_TREATMENT;
  bool matches = is_infix || (last == LQL_NOT && begins_value(rest));
  if (matches && is_word(word, "rlike")) return LQL_REGEXP;
  if (is_infix && is_word(word, "separator")) return LQL_SEPARATOR;
  bool is_glob = is_word(word, "glob") && (lql__ends_value(last) || last == LQL_NOT);
  if (is_glob && begins_value(rest)) return LQL_GLOB;
  if (is_word(word, "indexed") && (last == LQL_NOT || begins_word(rest, "by"))) return LQL_INDEXED;
  bool is_set = last == LQL_UNION || last == LQL_EXCEPT || last == LQL_INTERSECT || last == LQL_ALL;
  if (is_set && is_word(word, "corresponding")) return LQL_CORRESPONDING;
  bool overrides = begins_word(rest, "system") || begins_word(rest, "user");
  if (is_word(word, "overriding") && overrides) return LQL_OVERRIDING;
  bool is_query =
      last == 0 || is_among(last, queries) || last == LQL_RP || place->before == LQL_INTO;
  return is_query && is_word(word, "table") && begins_value(rest) ? LQL_TABLE_OF : 0;
}

/* `VALUE +v`: a plus that stands at its operand and not at the word before; a minus takes away. */
static bool begins_signed(struct slice rest) {
  size_t at = 0;
  while (at < rest.bytes && rest.data[at] == ' ') at++;
  bool is_sign = at && at + 1 < rest.bytes && rest.data[at] == '+';
  return is_sign && rest.data[at + 1] > ' ';
}

/* `* EXCEPT (a, b)`, and not `* EXCEPT (SELECT …)`. */
static bool begins_exceptions(struct slice rest) {
  size_t at = 0;
  while (at < rest.bytes && rest.data[at] <= ' ') at++;
  if (at == rest.bytes || rest.data[at] != '(') return false;
  return lql__begins_options(slice_of(rest.data + at + 1, rest.bytes - at - 1));
}

int lql__contextual(const struct lql_place *place) {
  int last = place->last;
  struct slice word = place->word, rest = place->rest;
  static const int selects[] = {LQL_SELECT, LQL_DISTINCT, LQL_ALL, 0};
  static const int queries[] = {LQL_LP, LQL_EXPLAIN, LQL_ANALYZE, LQL_AS, 0};
  static const int sources[] = {LQL_FROM, LQL_COMMA, LQL_JOIN, LQL_LP, 0};
  if (is_word(word, "any") || is_word(word, "some")) return quantifier(last, rest);
  if (is_word(word, "value") && is_among(last, selects) &&
      (begins_value(rest) || begins_signed(rest)))
    return LQL_VALUE;
  if (is_word(word, "except"))
    return last == LQL_STAR && begins_exceptions(rest) ? LQL_STAR_EXCEPT : 0;
  if (is_word(word, "unpivot") && is_among(last, sources) && begins_value(rest)) return LQL_UNPIVOT;
  int brought = brought_word(place);
  if (brought) return brought;
  bool begins = last == 0 || is_among(last, queries);
  return is_word(word, "pivot") && begins && begins_value(rest) ? LQL_PIVOT : 0;
}

bool lql__begins_options(struct slice rest) {
  size_t at = 0;
  while (at < rest.bytes && rest.data[at] <= ' ') at++;
  struct slice word = word_at(slice_of(rest.data + at, rest.bytes - at));
  bool is_query = is_word(word, "select") || is_word(word, "with") || is_word(word, "values") ||
                  is_word(word, "table");
  return word.bytes && !is_query;
}

/* `AS end`, `AS order`: behind AS any word is a name that does not begin what else may stand there.
 */
int lql__behind_as(int kind) {
  static const int begins[] = {LQL_SELECT, LQL_WITH, LQL_NOT, LQL_PIVOT, 0};
  bool is_soft = kind >= LQL_ID && kind <= LQL_UNIQUE;
  return is_soft || is_among(kind, begins) ? kind : LQL_ID;
}
