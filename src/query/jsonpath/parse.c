/* SPDX-License-Identifier: MIT */
/* A path as a tree, by recursive descent. Conditions and values share their beginnings (a
 * parenthesis may open either), so both are read by the same functions and told apart after. */
#include <stdio.h>

#include "base/text/utf8.h"
#include "query/jsonpath/jsonpath_int.h"

static const char condition_hint[] = "conditions stand in filters and at the top: $ ? (@.a == 1)";

status jsonpath__node(struct jsonpath_parser *parser, enum jsonpath_kind kind,
                      struct jsonpath_node **node) {
  if (++parser->nodes > JSONPATH_NODES_MAX)
    FAIL(parser->lexer.err, LUMA_TOO_LARGE, "the path has over %d parts", JSONPATH_NODES_MAX);
  *node = arena_zalloc(parser->lexer.arena, 1, sizeof **node);
  if (!*node) return jsonpath__fail_memory(parser->lexer.arena, parser->lexer.err);
  (*node)->kind = kind;
  (*node)->at = parser->lexer.token.at;
  return LUMA_OK;
}

bool jsonpath__is_mark(const struct jsonpath_parser *parser, const char *mark) {
  const struct jsonpath_token *token = &parser->lexer.token;
  bool is_two = mark[1] != 0;
  uint16_t wanted =
      is_two ? (uint16_t)((uint8_t)mark[0] << 8 | (uint8_t)mark[1]) : (uint8_t)mark[0];
  return token->kind == (is_two ? JSONPATH_TWO_MARK : JSONPATH_MARK) && token->mark == wanted;
}

bool jsonpath__is_word(const struct jsonpath_parser *parser, const char *word) {
  return parser->lexer.token.kind == JSONPATH_WORD &&
         slice_is_equal_nocase(parser->lexer.token.text, slice_of_text(word));
}

status jsonpath__unexpected(const struct jsonpath_parser *parser, const char *expected) {
  const struct jsonpath_lexer *lexer = &parser->lexer;
  const struct jsonpath_token *token = &lexer->token;
  if (token->kind == JSONPATH_END)
    return jsonpath__refuse(lexer, token->at, expected, "the path ends too early");
  if (jsonpath__is_mark(parser, "="))
    return jsonpath__refuse(lexer, token->at, "write ==", "`=` has no meaning in a path");
  if (jsonpath__is_mark(parser, "&") || jsonpath__is_mark(parser, "|"))
    return jsonpath__refuse(lexer, token->at, "write && or ||", "`%c` has no meaning in a path",
                            token->mark);
  if (jsonpath__is_word(parser, "and") || jsonpath__is_word(parser, "or"))
    return jsonpath__refuse(lexer, token->at, "write && or ||", "`%.*s` has no meaning in a path",
                            SLICE_ARG(token->text));
  uint32_t bytes = token->bytes > 60 ? 60 : token->bytes;
  while (bytes < token->bytes && (lexer->text.data[token->at + bytes] & 0xc0) == 0x80) bytes--;
  return jsonpath__refuse(lexer, token->at, expected, "`%.*s` does not fit here", (int)bytes,
                          (const char *)lexer->text.data + token->at);
}

status jsonpath__expect(struct jsonpath_parser *parser, const char *mark) {
  char hint[32];
  if (jsonpath__is_mark(parser, mark)) return jsonpath__advance(&parser->lexer);
  (void)snprintf(hint, sizeof hint, "expected `%s`", mark);
  return jsonpath__unexpected(parser, hint);
}

static status need_value(const struct jsonpath_parser *parser, const struct jsonpath_node *node) {
  if (!jsonpath__is_condition(node)) return LUMA_OK;
  return jsonpath__refuse(&parser->lexer, node->at, condition_hint,
                          "a condition stands where a value should");
}

static status need_condition(const struct jsonpath_parser *parser, const struct jsonpath_node *node,
                             const char *hint) {
  if (jsonpath__is_condition(node)) return LUMA_OK;
  return jsonpath__refuse(&parser->lexer, node->at, hint,
                          "a value stands where a condition should");
}

static status two(struct jsonpath_parser *parser, enum jsonpath_kind kind, uint32_t at,
                  struct jsonpath_node **left, struct jsonpath_node *right) {
  struct jsonpath_node *made;
  TRY(jsonpath__node(parser, kind, &made));
  made->at = at;
  made->left = *left;
  made->right = right;
  *left = made;
  return LUMA_OK;
}

/* ---- values ---- */

static status primary_of(struct jsonpath_parser *parser, enum jsonpath_kind kind,
                         struct jsonpath_node **node) {
  TRY(jsonpath__node(parser, kind, node));
  return jsonpath__advance(&parser->lexer);
}

static status literal(struct jsonpath_parser *parser, struct val value,
                      struct jsonpath_node **node) {
  TRY(primary_of(parser, JSONPATH_LITERAL, node));
  (*node)->value = value;
  return LUMA_OK;
}

static status in_parentheses(struct jsonpath_parser *parser, struct jsonpath_node **node) {
  TRY(jsonpath__advance(&parser->lexer));
  TRY(jsonpath__parse_any(parser, node));
  (*node)->delimited = (*node)->in_parentheses = true;
  return jsonpath__expect(parser, ")");
}

static status exists(struct jsonpath_parser *parser, struct jsonpath_node **node) {
  TRY(primary_of(parser, JSONPATH_EXISTS, node));
  TRY(jsonpath__expect(parser, "("));
  TRY(jsonpath__parse_value(parser, &(*node)->left));
  (*node)->delimited = true;
  return jsonpath__expect(parser, ")");
}

/* Words that are values: true, false and null in small letters only. */
static status parse_word(struct jsonpath_parser *parser, struct jsonpath_node **node) {
  struct slice word = parser->lexer.token.text;
  if (slice_is_equal(word, slice_of_text("true"))) return literal(parser, val_bool(true), node);
  if (slice_is_equal(word, slice_of_text("false"))) return literal(parser, val_bool(false), node);
  if (slice_is_equal(word, slice_of_text("null"))) return literal(parser, val_null(), node);
  if (jsonpath__is_word(parser, "exists")) return exists(parser, node);
  if (!jsonpath__is_word(parser, "last"))
    return jsonpath__unexpected(parser, "a path begins with `$`, a text stands in \"…\"");
  if (parser->subscripts == 0)
    return jsonpath__refuse(&parser->lexer, parser->lexer.token.at, "write $[last]",
                            "`last` stands in subscripts only");
  return primary_of(parser, JSONPATH_LAST, node);
}

static status primary(struct jsonpath_parser *parser, struct jsonpath_node **node) {
  const struct jsonpath_token token = parser->lexer.token;
  if (token.kind == JSONPATH_NUMBER) return literal(parser, token.number, node);
  if (token.kind == JSONPATH_STRING) return literal(parser, val_text(token.text), node);
  if (token.kind == JSONPATH_WORD) return parse_word(parser, node);
  if (token.kind == JSONPATH_VAR) {
    TRY(primary_of(parser, JSONPATH_VARIABLE, node));
    (*node)->value = val_text(token.text);
    return LUMA_OK;
  }
  if (jsonpath__is_mark(parser, "(")) return in_parentheses(parser, node);
  if (jsonpath__is_mark(parser, "$")) return primary_of(parser, JSONPATH_ROOT, node);
  if (!jsonpath__is_mark(parser, "@")) return jsonpath__unexpected(parser, "expected a value");
  if (parser->filters == 0)
    return jsonpath__refuse(&parser->lexer, token.at, "the document is $",
                            "`@` stands in filters only");
  return primary_of(parser, JSONPATH_CURRENT, node);
}

static status parse_unary(struct jsonpath_parser *parser, struct jsonpath_node **node) {
  bool is_minus = jsonpath__is_mark(parser, "-");
  if (!is_minus && !jsonpath__is_mark(parser, "+")) {
    TRY(primary(parser, node));
    return jsonpath__parse_accessors(parser, *node);
  }
  if (++parser->depth > JSONPATH_DEPTH_MAX)
    FAIL(parser->lexer.err, LUMA_TOO_DEEP, "the path is nested over %d deep", JSONPATH_DEPTH_MAX);
  TRY(primary_of(parser, is_minus ? JSONPATH_MINUS : JSONPATH_PLUS, node));
  TRY(parse_unary(parser, &(*node)->left));
  parser->depth--;
  return need_value(parser, (*node)->left);
}

static status parse_product(struct jsonpath_parser *parser, struct jsonpath_node **node) {
  TRY(parse_unary(parser, node));
  for (;;) {
    enum jsonpath_kind kind = jsonpath__is_mark(parser, "*")   ? JSONPATH_MULTIPLY
                              : jsonpath__is_mark(parser, "/") ? JSONPATH_DIVIDE
                              : jsonpath__is_mark(parser, "%") ? JSONPATH_MODULO
                                                               : JSONPATH_KINDS;
    struct jsonpath_node *right;
    uint32_t at = parser->lexer.token.at;
    if (kind == JSONPATH_KINDS) return LUMA_OK;
    TRY(need_value(parser, *node));
    TRY(jsonpath__advance(&parser->lexer));
    TRY(parse_unary(parser, &right));
    TRY(need_value(parser, right));
    TRY(two(parser, kind, at, node, right));
  }
}

static status parse_sum(struct jsonpath_parser *parser, struct jsonpath_node **node) {
  TRY(parse_product(parser, node));
  for (;;) {
    bool is_plus = jsonpath__is_mark(parser, "+");
    struct jsonpath_node *right;
    uint32_t at = parser->lexer.token.at;
    if (!is_plus && !jsonpath__is_mark(parser, "-")) return LUMA_OK;
    TRY(need_value(parser, *node));
    TRY(jsonpath__advance(&parser->lexer));
    TRY(parse_product(parser, &right));
    TRY(need_value(parser, right));
    TRY(two(parser, is_plus ? JSONPATH_ADD : JSONPATH_SUBTRACT, at, node, right));
  }
}

status jsonpath__parse_value(struct jsonpath_parser *parser, struct jsonpath_node **node) {
  TRY(parse_sum(parser, node));
  return need_value(parser, *node);
}

/* ---- conditions ---- */

static enum jsonpath_kind comparison(const struct jsonpath_parser *parser) {
  static const struct {
    char mark[3];
    enum jsonpath_kind kind;
  } marks[] = {{"==", JSONPATH_EQ}, {"!=", JSONPATH_NE}, {"<>", JSONPATH_NE}, {"<", JSONPATH_LT},
               {"<=", JSONPATH_LE}, {">", JSONPATH_GT},  {">=", JSONPATH_GE}};
  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
    if (jsonpath__is_mark(parser, marks[i].mark)) return marks[i].kind;
  return JSONPATH_KINDS;
}

static status starts_with(struct jsonpath_parser *parser, struct jsonpath_node **node) {
  struct jsonpath_node *prefix;
  uint32_t at = parser->lexer.token.at;
  TRY(jsonpath__advance(&parser->lexer));
  if (!jsonpath__is_word(parser, "with")) return jsonpath__unexpected(parser, "expected `with`");
  TRY(jsonpath__advance(&parser->lexer));
  enum jsonpath_token_kind kind = parser->lexer.token.kind;
  if (kind != JSONPATH_STRING && kind != JSONPATH_VAR)
    return jsonpath__unexpected(parser, "expected a text in \"…\" or a variable");
  TRY(primary(parser, &prefix));
  return two(parser, JSONPATH_STARTS_WITH, at, node, prefix);
}

static status is_unknown(struct jsonpath_parser *parser, struct jsonpath_node **node) {
  uint32_t at = parser->lexer.token.at;
  if (!(*node)->delimited || !jsonpath__is_condition(*node))
    return jsonpath__unexpected(parser, "`is unknown` follows a condition in parentheses");
  TRY(jsonpath__advance(&parser->lexer));
  if (!jsonpath__is_word(parser, "unknown"))
    return jsonpath__unexpected(parser, "expected `unknown`");
  TRY(jsonpath__advance(&parser->lexer));
  return two(parser, JSONPATH_IS_UNKNOWN, at, node, NULL);
}

static status like_regex(struct jsonpath_parser *parser, struct jsonpath_node **node) {
  uint32_t at = parser->lexer.token.at;
  TRY(jsonpath__advance(&parser->lexer));
  TRY(two(parser, JSONPATH_LIKE_REGEX, at, node, NULL));
  return jsonpath__parse_regex(parser, *node);
}

static status parse_comparison(struct jsonpath_parser *parser, struct jsonpath_node **node) {
  TRY(parse_sum(parser, node));
  enum jsonpath_kind kind = comparison(parser);
  struct jsonpath_node *right;
  uint32_t at = parser->lexer.token.at;
  if (jsonpath__is_word(parser, "is")) return is_unknown(parser, node);
  bool starts = jsonpath__is_word(parser, "starts"),
       likes = jsonpath__is_word(parser, "like_regex");
  if (kind == JSONPATH_KINDS && !starts && !likes) return LUMA_OK;
  TRY(need_value(parser, *node));
  if (starts) return starts_with(parser, node);
  if (likes) return like_regex(parser, node);
  TRY(jsonpath__advance(&parser->lexer));
  TRY(parse_sum(parser, &right));
  TRY(need_value(parser, right));
  return two(parser, kind, at, node, right);
}

static status parse_not(struct jsonpath_parser *parser, struct jsonpath_node **node) {
  static const char hint[] = "write !(…) around a condition, or !exists(…)";
  if (!jsonpath__is_mark(parser, "!")) return parse_comparison(parser, node);
  TRY(primary_of(parser, JSONPATH_NOT, node));
  TRY(primary(parser, &(*node)->left));
  if (!(*node)->left->delimited)
    return jsonpath__refuse(&parser->lexer, (*node)->left->at, hint, "`!` takes a condition");
  return need_condition(parser, (*node)->left, hint);
}

/* Conditions joined by && (closer) or ||. */
static status parse_joined(struct jsonpath_parser *parser, bool is_or,
                           struct jsonpath_node **node) {
  static const char hint[] = "`&&` and `||` join conditions: compare the value with something";
  TRY(is_or ? parse_joined(parser, false, node) : parse_not(parser, node));
  while (jsonpath__is_mark(parser, is_or ? "||" : "&&")) {
    struct jsonpath_node *right;
    uint32_t at = parser->lexer.token.at;
    TRY(need_condition(parser, *node, hint));
    TRY(jsonpath__advance(&parser->lexer));
    TRY(is_or ? parse_joined(parser, false, &right) : parse_not(parser, &right));
    TRY(need_condition(parser, right, hint));
    TRY(two(parser, is_or ? JSONPATH_OR : JSONPATH_AND, at, node, right));
  }
  return LUMA_OK;
}

status jsonpath__parse_any(struct jsonpath_parser *parser, struct jsonpath_node **node) {
  if (++parser->depth > JSONPATH_DEPTH_MAX)
    FAIL(parser->lexer.err, LUMA_TOO_DEEP, "the path is nested over %d deep", JSONPATH_DEPTH_MAX);
  TRY(parse_joined(parser, true, node));
  parser->depth--;
  return LUMA_OK;
}

status jsonpath__parse_condition(struct jsonpath_parser *parser, const char *hint,
                                 struct jsonpath_node **node) {
  TRY(jsonpath__parse_any(parser, node));
  return need_condition(parser, *node, hint);
}

/* ---- the path ---- */

static status parse_path(struct jsonpath_parser *parser, struct jsonpath *path) {
  struct jsonpath_node *root;
  TRY(jsonpath__advance(&parser->lexer));
  path->is_lax = !jsonpath__is_word(parser, "strict");
  if (!path->is_lax || jsonpath__is_word(parser, "lax")) TRY(jsonpath__advance(&parser->lexer));
  TRY(jsonpath__parse_any(parser, &root));
  path->root = root;
  if (parser->lexer.token.kind == JSONPATH_END) return LUMA_OK;
  return jsonpath__unexpected(parser, "expected an operator or the end of the path");
}

status jsonpath_parse(struct arena *arena, struct slice text, const struct jsonpath **path,
                      struct err *err) {
  struct jsonpath *made = arena_zalloc(arena, 1, sizeof *made);
  if (!made) return jsonpath__fail_memory(arena, err);
  if (text.bytes > JSONPATH_BYTES_MAX)
    FAIL(err, LUMA_TOO_LARGE, "a path has at most %d bytes", JSONPATH_BYTES_MAX);
  if (!utf8_is_valid(text, NULL)) FAIL(err, LUMA_INVALID_ARGUMENT, "the path is not UTF-8");
  uint8_t *copy = arena_alloc_text(arena, text.bytes + 1);
  if (!copy) return jsonpath__fail_memory(arena, err);
  if (text.bytes) memcpy(copy, text.data, text.bytes);
  struct slice kept = slice_of(copy, text.bytes);
  struct jsonpath_parser parser = {.lexer = {.arena = arena, .text = kept, .err = err}};
  TRY(parse_path(&parser, made));
  *path = made;
  return LUMA_OK;
}
