/* SPDX-License-Identifier: MIT */
/* The lexer of NQL. re2c makes C of it: each call reads one token. The text is not terminated: at its end the lexer sees a
 * byte 0, which no token has within. */
#include "query/lang/nql/nql_int.h"

/*!re2c
  re2c:api = custom;
  re2c:api:style = free-form;
  re2c:define:YYCTYPE = "uint8_t";
  re2c:define:YYPEEK = "peek(text, here)";
  re2c:define:YYSKIP = "here++;";
  re2c:define:YYBACKUP = "marker = here;";
  re2c:define:YYRESTORE = "here = marker;";
  re2c:yyfill:enable = 0;
  re2c:flags:tags = 0;

  end = "\x00";
  space = [ \t\r\n];
  digit = [0-9];
  letter = [A-Za-z_\x80-\xff];
  name = letter (letter | digit)* ("-" letter (letter | digit)*)*;
  index = "[" "-"? digit+ "]";
  path = name ("." name | "." digit+ | index)*;
  contraction = ('is' | 'are' | 'was' | 'were' | 'does' | 'do' | 'did' | 'has' | 'have') "n't";
  number = "-"? (digit+ ("." digit+)? | "." digit+) ([eE] [+-]? digit+)?;
  day = digit{4} "-" digit{2} "-" digit{2};
  clock = [Tt ] digit{2} ":" digit{2} (":" digit{2} ("." digit+)?)? ([Zz] | [+-] digit{2} ":"? digit{2})?;
  double = ["] ([^"\\\x00] | "\\" [^\x00] | ["]["])* ["];
  single = ['] ([^'\\\x00] | "\\" [^\x00] | ['] ['])* ['];
  backquoted = "`" ([^`\x00] | "``")+ "`";
*/

static uint8_t peek(struct slice text, size_t at) {
  return at < text.bytes ? text.data[at] : 0;
}

/** Past the string that opens at `at`. */
static size_t skip_string(struct slice text, size_t at) {
  for (at++; at < text.bytes && text.data[at] != '"'; at++)
    if (text.data[at] == '\\') at++;
  return at + 1;
}

/** Past the JSON list or map that opens at `at`; past the end of the text when it is not closed. */
static size_t skip_json(struct slice text, size_t at) {
  size_t depth = 0;
  while (at < text.bytes) {
    uint8_t c = text.data[at];
    if (c == '"') {
      at = skip_string(text, at);
      continue;
    }
    at++;
    if (c == '{' || c == '[') depth++;
    if ((c == '}' || c == ']') && --depth == 0) return at;
  }
  return text.bytes + 1;
}

static struct nql_token token_of(struct slice text, size_t start, size_t here, enum nql_kind kind) {
  return (struct nql_token){.kind = kind, .text = slice_of(text.data + start, here - start), .offset = start};
}

static struct nql_token json_token(struct slice text, size_t start, size_t *at) {
  size_t here = skip_json(text, start);
  bool is_closed = here <= text.bytes;
  *at = is_closed ? here : text.bytes;
  return token_of(text, start, *at, is_closed ? NQL_JSON : NQL_BAD);
}

struct nql_token nql__lex(struct slice text, size_t *at) {
  size_t here = *at, marker = here, start;
  enum nql_kind kind;
again:
  start = here;
  /*!re2c
    space+       { goto again; }
    end          {
      if (start >= text.bytes) {
        *at = text.bytes;
        return (struct nql_token){.kind = NQL_END, .offset = text.bytes};
      }
      kind = NQL_BAD;
      goto done;
    }
    contraction  { kind = NQL_WORD; goto done; }
    path         { kind = NQL_WORD; goto done; }
    backquoted   { kind = NQL_NAME; goto done; }
    double       { kind = NQL_TEXT; goto done; }
    single       { kind = NQL_TEXT; goto done; }
    number       { kind = NQL_NUMBER; goto done; }
    day          { kind = NQL_DATE; goto done; }
    day clock    { kind = NQL_DATE; goto done; }
    "?" digit*   { kind = NQL_PARAM; goto done; }
    "$" (name | digit+) { kind = NQL_PARAM; goto done; }
    [{[]         { return json_token(text, start, at); }
    "==" | "!=" | "<>" | "<=" | ">=" | [(),:=<>.;!] { kind = NQL_SYMBOL; goto done; }
    *            { kind = NQL_BAD; goto done; }
  */
done:
  *at = here;
  return token_of(text, start, here, kind);
}
