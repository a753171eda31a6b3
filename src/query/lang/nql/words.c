/* SPDX-License-Identifier: MIT */
/* Phrases, and what is said when another one was expected. */
#include <stdarg.h>
#include <stdio.h>

#include "base/text/suggest.h"
#include "query/lang/nql/nql_int.h"

enum { FOUND_BYTES_MAX = 40 };

void nql__step(struct nql *nql) {
  nql->token = nql__lex(nql->text, &nql->at);
}

/** The next word of a phrase; empty at its end. */
static struct slice take_word(const char **phrase) {
  const char *start = *phrase, *end = strchr(start, ' ');
  size_t bytes = end ? (size_t)(end - start) : strlen(start);
  *phrase = end ? end + 1 : start + bytes;
  return slice_of(start, bytes);
}

static bool is_wordlike(const struct nql_token *token) {
  return token->kind == NQL_WORD || token->kind == NQL_SYMBOL;
}

bool nql__is_next(const struct nql *nql, const char *phrase) {
  struct nql_token token = nql->token;
  size_t at = nql->at;
  for (struct slice word = take_word(&phrase); word.bytes; word = take_word(&phrase)) {
    if (!is_wordlike(&token) || !slice_is_equal_nocase(token.text, word)) return false;
    if (*phrase) token = nql__lex(nql->text, &at);
  }
  return true;
}

bool nql__accept(struct nql *nql, const char *phrase) {
  if (!nql__is_next(nql, phrase)) return false;
  while (take_word(&phrase).bytes) nql__step(nql);
  return true;
}

const char *nql__accept_any(struct nql *nql, const char *const *phrases) {
  for (; *phrases; phrases++)
    if (nql__accept(nql, *phrases)) return *phrases;
  return NULL;
}

void nql__skip_articles(struct nql *nql) {
  static const char *const articles[] = {"the", "their", "its", NULL};
  while (nql__accept_any(nql, articles)) continue;
}

bool nql__may_end(const struct nql *nql) {
  const struct nql_token *token = &nql->token;
  bool is_question = token->kind == NQL_PARAM && token->text.bytes == 1;
  return token->kind == NQL_END || token->kind == NQL_SYMBOL || is_question;
}

bool nql__is_reserved(struct slice word) {
  static const char *const words[] = {
      "and",   "or",      "not",       "is",   "are",     "where", "whose", "with",  "that",
      "which", "having",  "sorted",    "sort", "ordered", "order", "by",    "limit", "skip",
      "show",  "showing", "returning", "then", "than",    "to",    "set",   "of",    "from"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (slice_is_equal_nocase(word, slice_of_text(words[i]))) return true;
  return false;
}

/* ---- errors ---- */

status nql__fail(const struct nql *nql, size_t offset, status code, const char *format, ...) {
  char message[ERR_MESSAGE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  err_raise(nql->err, code, __FILE__, __LINE__, "%s", message);
  err_position(nql->err, (const char *)nql->text.data, nql->text.bytes, offset);
  return code;
}

static void hint_near(const struct nql *nql, const char *const *words) {
  struct suggest suggest;
  suggest_init(&suggest, nql->token.text);
  for (; *words; words++) suggest_offer(&suggest, slice_of_text(*words));
  if (suggest_is_good(&suggest))
    err_hint(nql->err, "did you mean `%.*s`?", SLICE_ARG(suggest.best));
}

status nql__fail_expected(const struct nql *nql, const char *what, const char *const *words) {
  const struct nql_token *token = &nql->token;
  struct slice found = token->text;
  bool is_cut = found.bytes > FOUND_BYTES_MAX;
  if (is_cut) found.bytes = FOUND_BYTES_MAX;
  while (is_cut && found.bytes && (found.data[found.bytes] & 0xc0) == 0x80) found.bytes--;
  if (token->kind == NQL_BAD) {
    bool is_quote = memchr("\"'`{[", found.data[0], 5) != NULL;
    return nql__fail(nql, token->offset, LUMA_SYNTAX_ERROR,
                     is_quote ? "`%.*s%s` is not closed" : "`%.*s%s` has no meaning here",
                     SLICE_ARG(found), is_cut ? "…" : "");
  }
  if (token->kind == NQL_END)
    return nql__fail(nql, token->offset, LUMA_SYNTAX_ERROR, "expected %s, found the end", what);
  status failed = nql__fail(nql, token->offset, LUMA_SYNTAX_ERROR, "expected %s, found `%.*s%s`",
                            what, SLICE_ARG(found), is_cut ? "…" : "");
  if (words && nql->err && token->kind == NQL_WORD) hint_near(nql, words);
  return failed;
}

status nql__fail_more(const struct nql *nql, const char *what, const char *const *words) {
  status failed = nql__fail_expected(nql, what, words);
  bool is_word = nql->token.kind == NQL_WORD || nql->token.kind == NQL_NUMBER;
  if (nql->err && is_word && !nql->err->hint[0])
    err_hint(nql->err, "a text of several words stands in quotes");
  return failed;
}

status nql__made(const struct nql *nql, const void *made) {
  return plan_check_memory(nql->arena, made, nql->err);
}
