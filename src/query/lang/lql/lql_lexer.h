/* SPDX-License-Identifier: MIT */
/* Tokens and words: the lexer, and which words are keywords, always or where they stand. */
#ifndef QUERY_LANG_LQL_LQL_LEXER_H
#define QUERY_LANG_LQL_LQL_LEXER_H

#include "query/lang/lql/lql_int.h"

/** The next token; kind 0 at the end, negative after a failure. */
struct lql_token lql__next(struct lql *lql);
/** Where an INTERVAL that counts ends (`at` behind the word): interval 3 days; else NULL. */
const uint8_t *lql__interval_end(const uint8_t *at, const uint8_t *limit);
/** Where a typed text (quotes are [start, quoted)) ends: an interval may have units behind it. */
const uint8_t *lql__typed_end(const uint8_t *start, const uint8_t *quoted, const uint8_t *limit);
enum { INTERVAL_PLACES = 6 };
/** How many places of its seconds an interval keeps: 3 of SECOND (2, 3); all if none are told. */
int lql__interval_places(struct slice units);
/** Where a word stands: the kinds of the token before it and of the one before that; the text
 * behind it. */
struct lql_place {
  int last, before;
  uint32_t brackets; /* that are open */
  struct slice word, rest;
};
/** The kind of a word that is a keyword only where it stands: VALUE, PIVOT, UNPIVOT, and ANY and
 * SOME as aggregates; 0 for any other. */
int lql__contextual(const struct lql_place *place);
/** Whether what stands behind `EXPLAIN (` are options, and no query. */
bool lql__begins_options(struct slice rest);
/** What a keyword is behind AS: mostly a name. */
int lql__behind_as(int kind);
/** Whether a token of the kind may be the last of an expression. */
bool lql__ends_value(int kind);
/** Of the words `time` and `timestamp`: the first. */
bool lql__is_clock(const uint8_t *word);
enum {
  LQL_WORD_BYTES = 16,
  LQL_WORD_PLACED = 1, /* it is a keyword only where it stands: lql__contextual decides */
  LQL_WORD_DEFINES = 2 /* statements that lql_ddl.c reads begin with it */
};
/** A word of the language, padded with zeroes; its kind is that of a name where it is a keyword
 * only by its place. */
struct lql_word {
  char text[LQL_WORD_BYTES];
  int kind;
  uint32_t flags;
};
/** The word, whatever its case; NULL if it is none of the language. */
const struct lql_word *lql__word(struct slice word);
/** The token kind of a word, or that of a name. */
int lql__keyword(struct slice word);
/** The nearest keyword to a misspelt word; empty if none is near. */
struct slice lql__near_keyword(struct slice word, bool (*fits)(void *context, int kind),
                               void *context);
/** A token kind in words: "FROM", "a name", "`(`". */
const char *lql__describe(int kind);

#endif
