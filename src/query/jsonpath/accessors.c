/* SPDX-License-Identifier: MIT */
/* What stands behind a value in a path: names, subscripts, levels, filters, methods. */
#include <stdio.h>

#include "base/text/suggest.h"
#include "query/jsonpath/jsonpath_int.h"
#include "query/regex/regex.h"

static const char *const methods[JSONPATH_METHODS] = {
    [JSONPATH_ABS] = "abs",       [JSONPATH_CEILING] = "ceiling", [JSONPATH_DATETIME] = "datetime",
    [JSONPATH_DOUBLE] = "double", [JSONPATH_FLOOR] = "floor",     [JSONPATH_KEYVALUE] = "keyvalue",
    [JSONPATH_SIZE] = "size",     [JSONPATH_TYPE] = "type"};

const char *jsonpath__method_name(enum jsonpath_method method) {
  return methods[method];
}

/* ---- methods ---- */

static status unknown_method(const struct jsonpath_parser *parser, struct slice name, uint32_t at) {
  struct suggest suggest;
  char hint[64] = "";
  suggest_init(&suggest, name);
  for (int i = 0; i < JSONPATH_METHODS; i++) suggest_offer(&suggest, slice_of_text(methods[i]));
  if (suggest_is_good(&suggest))
    (void)snprintf(hint, sizeof hint, "did you mean `%.*s`?", SLICE_ARG(suggest.best));
  return jsonpath__refuse(&parser->lexer, at, hint, "a path has no method `%.*s`", SLICE_ARG(name));
}

/* The name was read, `(` follows. */
static status parse_method(struct jsonpath_parser *parser, struct slice name, uint32_t at,
                           struct jsonpath_node **node) {
  int method = 0;
  while (method < JSONPATH_METHODS && !slice_is_equal_nocase(name, slice_of_text(methods[method])))
    method++;
  if (method == JSONPATH_METHODS) return unknown_method(parser, name, at);
  TRY(jsonpath__node(parser, JSONPATH_METHOD, node));
  (*node)->method = (enum jsonpath_method)method;
  (*node)->at = at;
  TRY(jsonpath__advance(&parser->lexer));
  if (method == JSONPATH_DATETIME && parser->lexer.token.kind == JSONPATH_STRING) {
    (*node)->value = val_text(parser->lexer.token.text);
    TRY(jsonpath__advance(&parser->lexer));
  }
  return jsonpath__expect(parser, ")");
}

static status parse_name(struct jsonpath_parser *parser, struct jsonpath_node **node) {
  struct jsonpath_token name = parser->lexer.token;
  if (name.kind != JSONPATH_WORD && name.kind != JSONPATH_STRING)
    return jsonpath__unexpected(parser, "expected a name, `*`, `**` or a method");
  TRY(jsonpath__advance(&parser->lexer));
  if (name.kind == JSONPATH_WORD && jsonpath__is_mark(parser, "("))
    return parse_method(parser, name.text, name.at, node);
  TRY(jsonpath__node(parser, JSONPATH_KEY, node));
  (*node)->at = name.at;
  (*node)->value = val_text(name.text);
  return LUMA_OK;
}

/* ---- levels ---- */

static status parse_level(struct jsonpath_parser *parser, uint32_t *level) {
  const struct jsonpath_token *token = &parser->lexer.token;
  const struct val *number = &token->number;
  bool is_last = jsonpath__is_word(parser, "last");
  bool is_number = token->kind == JSONPATH_NUMBER && number->type == VAL_INT64 &&
                   number->integer < JSONPATH_LEVEL_LAST;
  if (!is_last && !is_number)
    return jsonpath__unexpected(parser, "a level is a whole number or `last`");
  *level = is_last ? JSONPATH_LEVEL_LAST : (uint32_t)number->integer;
  return jsonpath__advance(&parser->lexer);
}

/* Behind `**`. */
static status parse_levels(struct jsonpath_parser *parser, struct jsonpath_node *node) {
  node->last = JSONPATH_LEVEL_LAST;
  if (!jsonpath__is_mark(parser, "{")) return LUMA_OK;
  TRY(jsonpath__advance(&parser->lexer));
  TRY(parse_level(parser, &node->first));
  node->last = node->first;
  if (jsonpath__is_word(parser, "to")) {
    TRY(jsonpath__advance(&parser->lexer));
    TRY(parse_level(parser, &node->last));
  }
  return jsonpath__expect(parser, "}");
}

static status parse_dotted(struct jsonpath_parser *parser, struct jsonpath_node **node) {
  TRY(jsonpath__advance(&parser->lexer));
  bool is_any = jsonpath__is_mark(parser, "**");
  if (!is_any && !jsonpath__is_mark(parser, "*")) return parse_name(parser, node);
  TRY(jsonpath__node(parser, is_any ? JSONPATH_ANY : JSONPATH_ANY_KEY, node));
  TRY(jsonpath__advance(&parser->lexer));
  return is_any ? parse_levels(parser, *node) : LUMA_OK;
}

/* ---- subscripts, filters ---- */

static status parse_subscripts(struct jsonpath_parser *parser, struct jsonpath_node *node) {
  struct jsonpath_node **end = &node->subscripts;
  for (;;) {
    TRY(jsonpath__node(parser, JSONPATH_ELEMENTS, end));
    TRY(jsonpath__parse_value(parser, &(*end)->left));
    if (jsonpath__is_word(parser, "to")) {
      TRY(jsonpath__advance(&parser->lexer));
      TRY(jsonpath__parse_value(parser, &(*end)->right));
    }
    if (!jsonpath__is_mark(parser, ",")) return LUMA_OK;
    end = &(*end)->next;
    TRY(jsonpath__advance(&parser->lexer));
  }
}

static status parse_bracketed(struct jsonpath_parser *parser, struct jsonpath_node **node) {
  TRY(jsonpath__node(parser, JSONPATH_ANY_ELEMENT, node));
  TRY(jsonpath__advance(&parser->lexer));
  if (jsonpath__is_mark(parser, "*")) {
    TRY(jsonpath__advance(&parser->lexer));
    return jsonpath__expect(parser, "]");
  }
  (*node)->kind = JSONPATH_ELEMENTS;
  if (++parser->depth > JSONPATH_DEPTH_MAX)
    FAIL(parser->lexer.err, LUMA_TOO_DEEP, "the path is nested over %d deep", JSONPATH_DEPTH_MAX);
  parser->subscripts++;
  TRY(parse_subscripts(parser, *node));
  parser->subscripts--;
  parser->depth--;
  return jsonpath__expect(parser, "]");
}

static status parse_filter(struct jsonpath_parser *parser, struct jsonpath_node **node) {
  TRY(jsonpath__node(parser, JSONPATH_FILTER, node));
  TRY(jsonpath__advance(&parser->lexer));
  TRY(jsonpath__expect(parser, "("));
  parser->filters++;
  TRY(jsonpath__parse_condition(parser, "compare it (@.a == 1), or ask exists(@.a)",
                                &(*node)->left));
  parser->filters--;
  return jsonpath__expect(parser, ")");
}

status jsonpath__parse_accessors(struct jsonpath_parser *parser, struct jsonpath_node *node) {
  struct jsonpath_node **end = &node->next;
  bool can = !jsonpath__is_condition(node) || node->in_parentheses;
  while (*end) end = &(*end)->next;
  while (can) {
    if (jsonpath__is_mark(parser, "."))
      TRY(parse_dotted(parser, end));
    else if (jsonpath__is_mark(parser, "["))
      TRY(parse_bracketed(parser, end));
    else if (jsonpath__is_mark(parser, "?"))
      TRY(parse_filter(parser, end));
    else
      break;
    end = &(*end)->next;
  }
  return LUMA_OK;
}

/* ---- regular expressions ---- */

/* The pattern's own characters, none of which means anything. */
static status quote(struct jsonpath_parser *parser, struct jsonpath_node *node) {
  struct slice plain = val_slice(&node->value);
  uint8_t *out = arena_alloc_text(parser->lexer.arena, 2 * plain.bytes + 1);
  size_t bytes = 0;
  if (!out) return jsonpath__fail_memory(parser->lexer.arena, parser->lexer.err);
  for (size_t i = 0; i < plain.bytes; i++) {
    if (memchr("\\^$.|?*+()[]{}", plain.data[i], 14)) out[bytes++] = '\\';
    out[bytes++] = plain.data[i];
  }
  node->value = val_text(slice_of(out, bytes));
  return LUMA_OK;
}

static status parse_flags(struct jsonpath_parser *parser, struct jsonpath_node *node) {
  const struct jsonpath_token *token = &parser->lexer.token;
  if (token->kind != JSONPATH_STRING) return jsonpath__unexpected(parser, "expected flags: \"i\"");
  for (size_t i = 0; i < token->text.bytes; i++)
    if (!memchr("ismq", token->text.data[i], 4))
      return jsonpath__refuse(&parser->lexer, token->at,
                              "i: without case, s: a dot takes newlines too, m: ^ and $ at lines, "
                              "q: a plain text",
                              "`%.*s` are not flags of like_regex", SLICE_ARG(token->text));
  bool quotes = token->text.bytes && memchr(token->text.data, 'q', token->text.bytes);
  bool has_case = !token->text.bytes || !memchr(token->text.data, 'i', token->text.bytes);
  node->options = quotes ? slice_of_text(has_case ? "" : "i") : token->text;
  TRY(jsonpath__advance(&parser->lexer));
  return quotes ? quote(parser, node) : LUMA_OK;
}

status jsonpath__parse_regex(struct jsonpath_parser *parser, struct jsonpath_node *node) {
  struct regex *regex = NULL;
  struct err why = {0};
  uint32_t at = parser->lexer.token.at;
  if (parser->lexer.token.kind != JSONPATH_STRING)
    return jsonpath__unexpected(parser, "expected a pattern in \"…\"");
  node->value = val_text(parser->lexer.token.text);
  TRY(jsonpath__advance(&parser->lexer));
  if (jsonpath__is_word(parser, "flag")) {
    TRY(jsonpath__advance(&parser->lexer));
    TRY(parse_flags(parser, node));
  }
  status made = regex_create(val_slice(&node->value), node->options, &regex, &why);
  if (made == LUMA_OK) {
    regex_destroy(regex);
    return LUMA_OK;
  }
  return jsonpath__refuse(&parser->lexer, at, why.hint, "%s", why.message);
}
