/* SPDX-License-Identifier: MIT */
/* The lexer of LQL, for re2c, over a window of the text that ends with NUL (lql.c makes it): the sentinel that re2c looks for.
 * Words become keywords by table (lql_words.c); after a dot every word is a name. */
#include "base/text/utf8.h"
#include "query/lang/lql/lql_int.h"
#include "query/lang/lql/lql_lexer.h"
#include "query/lang/lql/lql.h"

/*!re2c
  re2c:define:YYCTYPE = uint8_t;
  re2c:define:YYCURSOR = cursor;
  re2c:define:YYMARKER = marker;
  re2c:define:YYCTXMARKER = context;
  re2c:define:YYLIMIT = limit;
  re2c:yyfill:enable = 0;
  re2c:eof = 0;

  blank   = [ \t\r\n\f\v];
  plain   = [a-zA-Z_] [a-zA-Z0-9_]*;
  word    = [a-zA-Z_\x80-\xff] [a-zA-Z0-9_\x80-\xff]*;
  digits  = [0-9] ("_"? [0-9])*;
  radix   = "0" ([xX] ("_"? [0-9a-fA-F])+ | [oO] ("_"? [0-7])+ | [bB] ("_"? [01])+);
  exponent = [eE] [+-]? [0-9]+;
  single  = "'" ([^'] | "''")* "'";
  escaped = [eE] "'" ([^'\\] | "\\" [^] | "''")* "'";
  double  = "\"" ([^"] | "\"\"")* "\"";
  json    = "\"" ([^"\\] | "\\" [^])* "\"";
  bytes   = [xX] "'" [0-9a-fA-F]* "'";
  clock   = ('time' | 'timestamp') (blank* "(" [0-9]+ ")")? (blank* ('with' | 'without') blank+ 'time' blank+ 'zone')?;
  wrapper = ('with' (blank+ ('conditional' | 'unconditional'))? | 'without') (blank+ 'array')? blank+ 'wrapper';
  quotes  = ('keep' | 'omit') blank+ 'quotes' (blank+ 'on' blank+ 'scalar' blank+ 'string')?;
  behaviour = ('error' | 'null' | 'true' | 'false' | 'unknown' | 'empty' (blank+ ('array' | 'object'))?) blank+ 'on' blank+ ('empty' | 'error');
  nulls   = ('null' | 'absent') blank+ 'on' blank+ 'null';
  tick    = "`" ([^`] | "``")* "`";
*/

/* Where a comment that starts at `from` ends; NULL if it does not. Comments nest. */
static const uint8_t *skip_comment(const uint8_t *from, const uint8_t *limit) {
  uint32_t depth = 0;
  for (const uint8_t *at = from; at + 1 < limit; at++) {
    if (at[0] == '/' && at[1] == '*') {
      depth++;
      at++;
    } else if (at[0] == '*' && at[1] == '/') {
      at++;
      if (--depth == 0) return at + 1;
    }
  }
  return NULL;
}

static uint64_t offset_of(const struct lql *lql, const uint8_t *at) {
  return lql->base + (uint64_t)(at - lql->window.data);
}

static struct lql_token token_of(struct lql *lql, int kind, const uint8_t *start, const uint8_t *end) {
  lql->before = lql->last;
  lql->last = (struct lql_token){kind, slice_of(start, (size_t)(end - start)), offset_of(lql, start)};
  lql->at = (size_t)(end - lql->window.data);
  return lql->last;
}

static struct lql_token fail(struct lql *lql, const uint8_t *start, const char *what, const char *hint) {
  lql__fail(lql, LUMA_SYNTAX_ERROR, offset_of(lql, start), "%s", what);
  lql__hint(lql, "%s", hint);
  return (struct lql_token){-1, slice_of(start, 0), 0};
}

static struct lql_token fail_character(struct lql *lql, const uint8_t *start) {
  if (*start >= 0x20 && *start < 0x7f) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, offset_of(lql, start), "`%c` has no meaning here", *start);
  } else {
    lql__fail(lql, LUMA_SYNTAX_ERROR, offset_of(lql, start), "the byte 0x%02x has no meaning here", *start);
  }
  return (struct lql_token){-1, slice_of(start, 0), 0};
}

static struct lql_token name_of(struct lql *lql, int kind, const uint8_t *start, const uint8_t *end) {
  size_t bad;
  if (!utf8_is_valid(slice_of(start, (size_t)(end - start)), &bad)) {
    return fail(lql, start + bad, "the name is not UTF-8", "texts and names are UTF-8");
  }
  return token_of(lql, kind, start, end);
}

static int word_kind(const struct lql *lql, const uint8_t *start, const uint8_t *end, const uint8_t *limit) {
  if (lql->last.kind == LQL_DOT) return LQL_ID;
  struct slice word = slice_of(start, (size_t)(end - start));
  const struct lql_word *found = lql__word(word);
  if (!found) return LQL_ID;
  bool is_placed = found->flags & LQL_WORD_PLACED;
  int kind = is_placed ? lql__contextual(&(struct lql_place){lql->last.kind, lql->before.kind, lql->brackets, word, slice_of(end, (size_t)(limit - end))}) : 0;
  if (!kind) kind = found->kind;
  return lql->last.kind == LQL_AS ? lql__behind_as(kind) : kind;
}

static bool is_word(uint8_t c) {
  return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_';
}

/* Whether a table's name stands here; behind ON only an index's: ON public.t (a). */
static bool names_table(const struct lql *lql, const uint8_t *name, const uint8_t *limit) {
  switch (lql->last.kind) {
  case LQL_INTO:
  case LQL_TABLE:
  case LQL_COLLECTION:
  case LQL_UPDATE:
  case LQL_EXISTS:
  case LQL_VIEW:
  case LQL_TRUNCATE: return true;
  case LQL_FROM: return lql->before.kind == LQL_DELETE;
  case LQL_ON: break;
  default: return false;
  }
  while (name < limit && is_word(*name)) name++;
  while (name < limit && *name == ' ') name++;
  return name < limit && *name == '(';
}

static struct lql_token open(struct lql *lql, int kind, const uint8_t *start, const uint8_t *end) {
  lql->brackets++;
  return token_of(lql, kind, start, end);
}

static struct lql_token close(struct lql *lql, int kind, const uint8_t *start, const uint8_t *end) {
  if (lql->brackets > 0) lql->brackets--;
  return token_of(lql, kind, start, end);
}

/* `<<` where a value may begin opens a bag, which `>>` at the same depth closes; else both shift bits. */
static struct lql_token open_bag(struct lql *lql, const uint8_t *start, const uint8_t *end) {
  if (lql__ends_value(lql->last.kind)) return token_of(lql, LQL_OPERATOR, start, end);
  if (lql->bags_count == LQL_BAGS_MAX) {
    lql__fail(lql, LUMA_TOO_DEEP, offset_of(lql, start), "over %d bags stand within each other", LQL_BAGS_MAX);
    return (struct lql_token){-1, slice_of(start, 0), 0};
  }
  lql->bags[lql->bags_count++] = lql->brackets;
  return token_of(lql, LQL_LBAG, start, end);
}

static struct lql_token close_bag(struct lql *lql, const uint8_t *start, const uint8_t *end) {
  bool closes = lql->bags_count && lql->bags[lql->bags_count - 1] == lql->brackets;
  if (!closes) return token_of(lql, LQL_OPERATOR, start, end);
  lql->bags_count--;
  return token_of(lql, LQL_RBAG, start, end);
}

static struct lql_token brace(struct lql *lql, int kind, const uint8_t *start, const uint8_t *end) {
  if (kind == LQL_LBRACE) lql->braces++;
  else if (lql->braces > 0) lql->braces--;
  return kind == LQL_LBRACE ? open(lql, kind, start, end) : close(lql, kind, start, end);
}

/* In `{"a":null}` the colon belongs to the name before it, in `{a: :null}` to a parameter. */
static bool follows_name(const struct lql *lql) {
  int kind = lql->last.kind;
  bool is_name = (kind >= LQL_ID && kind <= LQL_UNIQUE) || kind == LQL_QUOTED || kind == LQL_TEXT;
  return lql->braces > 0 && is_name;
}

/* In `a[1:n]` it stands between the bounds. */
static bool cuts_list(const struct lql *lql) {
  int kind = lql->last.kind;
  return lql->brackets > 0 && lql->braces == 0 &&
         (kind == LQL_ID || kind == LQL_INTEGER || kind == LQL_TEXT || kind == LQL_QUOTED || kind == LQL_RP || kind == LQL_RBRACKET);
}

struct lql_token lql__next(struct lql *lql) {
  const uint8_t *cursor = lql->window.data + lql->at, *limit = lql->window.data + lql->window.bytes;
  const uint8_t *marker = cursor, *context = cursor, *start = cursor;
  for (;;) {
    start = cursor;
    /*!re2c
      $            { return token_of(lql, 0, start, start); }
      blank+       { continue; }
      "--" [^\n]*  { continue; }
      "/*"         {
        cursor = skip_comment(start, limit);
        if (!cursor) return fail(lql, start, "the comment does not end", "close it with */");
        continue;
      }
      'with' blank+ 'rollup' { return token_of(lql, LQL_WITH_ROLLUP, start, cursor); }
      'with' blank+ 'no' blank+ 'data' { return token_of(lql, LQL_NO_DATA, start, cursor); }
      ('use' | 'force') blank+ ('index' | 'key') / (blank* "(") { return token_of(lql, LQL_USE_INDEX, start, cursor); }
      (behaviour | nulls) / (blank* [),] | blank+ [a-zA-Z]) { return token_of(lql, LQL_JSON_WORD, start, cursor); }
      wrapper | quotes { return token_of(lql, LQL_JSON_WORD, start, cursor); }
      'on' blank+ ('empty' | 'error') / (blank* [),] | blank+ [a-zA-Z]) {
        if (lql->brackets > 0) return token_of(lql, LQL_ON_CASE, start, cursor);
        return token_of(lql, LQL_ON, start, start + 2);
      }
      'format' blank+ 'json' (blank+ 'encoding' blank+ 'utf8')? {
        if (lql->brackets > 0 && lql__ends_value(lql->last.kind)) continue;
        return token_of(lql, LQL_FORMAT_JSON, start, cursor);
      }
      'for' blank+ 'ordinality' { return token_of(lql, LQL_FOR_ORDINALITY, start, cursor); }
      'nested' / (blank+ "'") { return token_of(lql, LQL_NESTED, start, cursor); }
      'nested' blank+ 'path' / (blank+ "'") { return token_of(lql, LQL_NESTED, start, cursor); }
      'columns' / (blank* "(") {
        bool is_clause = lql->brackets > 0 && lql__ends_value(lql->last.kind);
        return token_of(lql, is_clause ? LQL_COLUMNS : LQL_ID, start, cursor);
      }
      'path' / (blank+ "'") { return token_of(lql, lql->brackets > 0 ? LQL_PATH : LQL_ID, start, cursor); }
      clock blank* single {
        if (lql->last.kind == LQL_DOT) return token_of(lql, LQL_ID, start, start + (lql__is_clock(start) ? 4 : 9));
        return token_of(lql, LQL_TYPED, start, cursor);
      }
      ('int' | 'integer' | 'bigint' | 'smallint' | 'numeric' | 'decimal' | 'real' | 'float' | 'double' blank+ 'precision' | 'float8'
        | 'float4' | 'int4' | 'int8' | 'bool' | 'boolean' | 'text' | 'varchar' | 'uuid' | 'json' | 'jsonb' | 'bytea') blank+ single {
        const uint8_t *end = start;
        while (is_word(*end)) end++;
        if (lql->last.kind == LQL_DOT || lql__ends_value(lql->last.kind))
          return token_of(lql, word_kind(lql, start, end, limit), start, end);
        return token_of(lql, LQL_PREFIXED, start, cursor);
      }
      ('date' | 'interval') / (blank* "'") {
        if (lql->last.kind == LQL_DOT) return token_of(lql, LQL_ID, start, cursor);
        goto typed;
      }
      'interval' / (blank+ [0-9]) {
        const uint8_t *end = lql->last.kind == LQL_DOT ? NULL : lql__interval_end(cursor, limit);
        if (end) return token_of(lql, LQL_TYPED, start, end);
        return name_of(lql, word_kind(lql, start, cursor, limit), start, cursor);
      }
      ('public' | 'main' | 'pg_temp' | 'temp') "." / ([a-zA-Z_"`]) {
        /* The schema of what a statement defines or changes: there is only one. */
        if (names_table(lql, cursor, limit)) continue;
        cursor--;
        return token_of(lql, word_kind(lql, start, cursor, limit), start, cursor);
      }
      plain        { return token_of(lql, word_kind(lql, start, cursor, limit), start, cursor); }
      word         { return name_of(lql, word_kind(lql, start, cursor, limit), start, cursor); }
      "@@" word ("." word)? {
        bool is_operator = lql__ends_value(lql->last.kind);
        return token_of(lql, is_operator ? LQL_OPERATOR : LQL_VARIABLE, start, is_operator ? start + 2 : cursor);
      }
      "@" / (word | "\"") { continue; }
      radix        { return token_of(lql, LQL_INTEGER, start, cursor); }
      digits       { return token_of(lql, LQL_INTEGER, start, cursor); }
      digits "." digits? exponent? | "." digits exponent? | digits exponent { return token_of(lql, LQL_FLOAT, start, cursor); }
      (digits | radix) [a-zA-Z_] { return fail(lql, start, "a number is followed by a letter", "put a blank between them, or quote the name"); }
      single       { return token_of(lql, LQL_TEXT, start, cursor); }
      bytes        { return token_of(lql, LQL_BYTES, start, cursor); }
      "$$" | "$" word "$" {
        const uint8_t *end = memmem(cursor, (size_t)(limit - cursor), start, (size_t)(cursor - start));
        if (!end) return fail(lql, start, "the text does not end", "close it as it began");
        return token_of(lql, LQL_TEXT, start, end + (cursor - start));
      }
      escaped      { return token_of(lql, LQL_TEXT, start, cursor); }
      "\""         { if (lql->braces > 0) goto json; goto quoted; }
      tick         { return name_of(lql, LQL_QUOTED, start, cursor); }
      "'" | [eE] "'" { return fail(lql, start, "the text does not end", "close it with ', and write '' for a quote inside"); }
      "`"          { return fail(lql, start, "the quoted name does not end", "close it with `"); }
      "?|" | "?&"  {
        bool is_operator = lql__ends_value(lql->last.kind);
        return token_of(lql, is_operator ? LQL_OPERATOR : LQL_PARAM, start, is_operator ? cursor : start + 1);
      }
      "?" | "$" [0-9]+ | [:$] word {
        if (*start == ':' && (follows_name(lql) || cuts_list(lql))) return token_of(lql, LQL_COLON, start, start + 1);
        return name_of(lql, LQL_PARAM, start, cursor);
      }
      "=" | "=="   { return token_of(lql, LQL_EQ, start, cursor); }
      "!=" | "<>"  { return token_of(lql, LQL_NE, start, cursor); }
      "<"          { return token_of(lql, LQL_LT, start, cursor); }
      "<=>"        { return token_of(lql, LQL_NULLSAFE, start, cursor); }
      "<="         { return token_of(lql, LQL_LE, start, cursor); }
      ">"          { return token_of(lql, LQL_GT, start, cursor); }
      ">="         { return token_of(lql, LQL_GE, start, cursor); }
      "||"         { return token_of(lql, LQL_CONCAT, start, cursor); }
      "->" | "->>" | "#>" | "#>>" | "#-" | "^@" | "@>" | "<@" | "@?" | "@@" | "&" | "&&" | "|" | "#" | "~*" | "!~" | "!~*" {
        return token_of(lql, LQL_OPERATOR, start, cursor);
      }
      "<<"         { return open_bag(lql, start, cursor); }
      ">>"         { return close_bag(lql, start, cursor); }
      "~"          { return token_of(lql, LQL_TILDE, start, cursor); }
      "^"          { return token_of(lql, LQL_CARET, start, cursor); }
      "+"          { return token_of(lql, LQL_PLUS, start, cursor); }
      "-"          { return token_of(lql, LQL_MINUS, start, cursor); }
      "*"          { return token_of(lql, LQL_STAR, start, cursor); }
      "/"          { return token_of(lql, LQL_SLASH, start, cursor); }
      "%"          { return token_of(lql, LQL_PERCENT, start, cursor); }
      "::"         { return token_of(lql, LQL_CAST_AS, start, cursor); }
      ":"          { return token_of(lql, LQL_COLON, start, cursor); }
      ","          { return token_of(lql, LQL_COMMA, start, cursor); }
      "."          { return token_of(lql, LQL_DOT, start, cursor); }
      "("          {
        bool is_options = lql->last.kind == LQL_EXPLAIN && lql__begins_options(slice_of(cursor, (size_t)(limit - cursor)));
        return open(lql, is_options ? LQL_EXPLAIN_LP : LQL_LP, start, cursor);
      }
      ")"          { return close(lql, LQL_RP, start, cursor); }
      "["          { return open(lql, LQL_LBRACKET, start, cursor); }
      "]"          { return close(lql, LQL_RBRACKET, start, cursor); }
      "{"          { return brace(lql, LQL_LBRACE, start, cursor); }
      "}"          { return brace(lql, LQL_RBRACE, start, cursor); }
      ";"          { return token_of(lql, LQL_SEMICOLON, start, cursor); }
      "=>"         {
        bool is_name = lql->last.kind == LQL_ID || lql->last.kind == LQL_QUOTED;
        bool names = is_name && (lql->before.kind == LQL_LP || lql->before.kind == LQL_COMMA);
        if (names) return token_of(lql, LQL_ARROW, start, cursor);
        return fail(lql, start, "`=>` has no meaning here", "write >=");
      }
      "=<"         { return fail(lql, start, "`=<` has no meaning here", "write <="); }
      "&&"         { return fail(lql, start, "`&&` has no meaning here", "write AND"); }
      "!"          { return fail(lql, start, "`!` has no meaning here", "write NOT, or != for unequal"); }
      *            { return fail_character(lql, start); }
    */
  typed:
    /*!re2c
      blank* single { return token_of(lql, LQL_TYPED, start, lql__typed_end(start, cursor, limit)); }
      $             { return fail(lql, start, "the text does not end", "close it with '"); }
      *             { return fail(lql, start, "the text does not end", "close it with '"); }
    */
  json:
    cursor = start;
    /*!re2c
      json { return token_of(lql, LQL_TEXT, start, cursor); }
      $    { return fail(lql, start, "the text does not end", "close it with \""); }
      *    { return fail(lql, start, "the text does not end", "close it with \""); }
    */
  quoted:
    cursor = start;
    /*!re2c
      double { return name_of(lql, LQL_QUOTED, start, cursor); }
      $      { return fail(lql, start, "the quoted name does not end", "close it with \""); }
      *      { return fail(lql, start, "the quoted name does not end", "close it with \""); }
    */
  }
}
