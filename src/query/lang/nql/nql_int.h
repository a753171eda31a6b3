/* SPDX-License-Identifier: MIT */
/* Shared by the files of the NQL front end: plain English of a fixed form, read word by word.
 *
 * The lexer (nql.re) makes tokens; words have no fixed meaning: each place of the grammar asks for
 * the phrases it knows ("greater than", "sorted by"), without case. One token stands ready in
 * `token`. Going back is moving `at`: phrases are tried and given back. */
#ifndef QUERY_LANG_NQL_NQL_INT_H
#define QUERY_LANG_NQL_NQL_INT_H

#include "query/lang/lang.h"

enum {
  NQL_NESTING_MAX = 100,     /* parentheses and NOTs */
  NQL_CONDITIONS_MAX = 1000, /* of one statement */
  NQL_ITEMS_MAX = 1000,      /* of one list */
  NQL_PARAMETERS_MAX = 65535
};

enum nql_kind {
  NQL_END,
  NQL_WORD, /* a plain word, or a path of such: address.city, tags[0] */
  NQL_NAME, /* a name in backquotes */
  NQL_TEXT, /* in quotes, single or double */
  NQL_NUMBER,
  NQL_DATE,   /* 2024-01-31, with a time or without */
  NQL_PARAM,  /* ?, ?2, $2, $name */
  NQL_JSON,   /* {…} or […], the whole of it */
  NQL_SYMBOL, /* one of ( ) , : = == != <> < <= > >= . */
  NQL_BAD     /* what is no token: a quote that is not closed, a strange character */
};

struct nql_token {
  enum nql_kind kind;
  struct slice text; /* as written */
  size_t offset;
};

/** One statement being read. */
struct nql {
  const struct lang_context *context;
  struct arena *arena;
  struct slice text;
  struct statement *statement;
  struct err *err;
  size_t at; /* after `token` */
  struct nql_token token;
  uint32_t nesting, conditions, questions;
};

/** A growing list of names. */
struct nql_names {
  struct expr *items[NQL_ITEMS_MAX];
  uint32_t count;
};

/* ---- tokens (nql.re) ---- */

/** The token at or after `at`, which moves past it. */
struct nql_token nql__lex(struct slice text, size_t *at);

/* ---- words (words.c) ---- */

/** To the next token. */
void nql__step(struct nql *nql);
/** Takes the words of `phrase` (separated by single spaces) if they come next. */
bool nql__accept(struct nql *nql, const char *phrase);
/** The first of the NULL-terminated `phrases` that comes next, taken; NULL if none does. */
const char *nql__accept_any(struct nql *nql, const char *const *phrases);
/** Whether the words come next. */
bool nql__is_next(const struct nql *nql, const char *phrase);
/** Whether the token is one of the words that hold sentences together. */
bool nql__is_reserved(struct slice word);
/** At the end, or at a mark that may stand there. */
bool nql__may_end(const struct nql *nql);
/** "the", "their", …: passed over. */
void nql__skip_articles(struct nql *nql);

/* ---- errors (words.c) ---- */

/** "expected WHAT, found `x`", with a suggestion from `words` (NULL-terminated, may be NULL). */
status nql__fail_expected(const struct nql *nql, const char *what, const char *const *words);
/** The same where a sentence may end: the word may be the rest of a text without quotes. */
status nql__fail_more(const struct nql *nql, const char *what, const char *const *words);
status nql__fail(const struct nql *nql, size_t offset, status code, const char *format, ...)
    __attribute__((format(printf, 4, 5), cold));
status nql__made(const struct nql *nql, const void *made);

/* ---- names and values (value.c) ---- */

/** The name of an attribute: a word, or in quotes. */
status nql__attribute(struct nql *nql, struct expr **name);
/** Whether an attribute's name can begin here. */
bool nql__is_attribute(const struct nql *nql);
/** The name of a collection. */
status nql__collection(struct nql *nql, struct nql_token *token, struct slice *name);
status nql__value(struct nql *nql, struct expr **value);
/** A value that counts rows: a whole number or a parameter. */
status nql__row_count(struct nql *nql, struct expr **count);
/** Names separated by commas and `and`. */
status nql__attributes(struct nql *nql, struct nql_names *names);
/** One JSON value of the statement. */
status nql__json(struct nql *nql, struct val *value);

/* ---- conditions (condition.c) ---- */

status nql__condition(struct nql *nql, struct expr **condition);

/* ---- statements ---- */

typedef status nql_statement(struct nql *nql, struct plan **plan);
nql_statement nql__find, nql__count;              /* read.c */
nql_statement nql__add, nql__update, nql__remove; /* write.c */

/** SCAN of the collection that is named next. (read.c) */
status nql__scan(struct nql *nql, struct plan **plan);
/** Puts a node on `*plan`. */
status nql__put(const struct nql *nql, enum plan_kind kind, size_t offset, struct plan **plan);
/** `where …`, if it comes next: FILTER. */
status nql__put_where(struct nql *nql, struct plan **plan, bool *found);
/** Whether a word that begins a condition comes next. */
bool nql__accept_where(struct nql *nql);

#endif
