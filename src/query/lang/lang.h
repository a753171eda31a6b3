/* SPDX-License-Identifier: MIT */
/* A front end: text in, unbound plan out. It sees values, expressions, plans and the catalog's
 * names, and nothing of storage. Errors have a position, what was expected, and a "did you mean".
 * No state between calls; any thread. */
#ifndef QUERY_LANG_LANG_H
#define QUERY_LANG_LANG_H

#include "query/plan/literals.h"
#include "query/plan/plan.h"

struct catalog;     /* model/catalog/catalog.h */
struct json_reader; /* value/json/json.h */

/** What a front end may look at: names for suggestions. */
struct lang_context {
  struct arena *arena;             /* everything made lives here */
  const struct catalog *catalog;   /* may be NULL */
  struct json_reader *reader;      /* to read JSON with; NULL: one is made */
  bool is_alone;                   /* the text is one statement, as far as `extent` tells */
  bool has_policy;                 /* collections may be seen in part: the binder adds conditions */
  uint64_t now_us;                 /* the statement's time: NOW() is the same everywhere in it */
  const struct literals *literals; /* of the text: constants of the plan say which they are of;
                                      NULL: the plan is for this text alone */
};

/** One language. `parse` reads one statement from `text` at `*offset` and moves `*offset` past it
 * (and its `;`): LQL scripts hold several. */
struct lang {
  const char *name; /* "lql" */
  status (*parse)(const struct lang_context *context, struct slice text, size_t *offset,
                  struct statement *statement, struct err *err);
  const char *const *keywords; /* for completion and colour, NULL-terminated */
  /** The statement given as a value; NULL when the language has no such form. */
  status (*parse_value)(const struct lang_context *context, const struct val *command,
                        struct statement *statement, struct err *err);
  /** Bytes of the statement that `text` begins with, where they can be told without reading it;
   * NULL for languages that must parse to know. */
  size_t (*extent)(struct slice text);
  /** The literals of a text that is one statement. False when there is none, or more than a
   * statement; NULL for languages that have parameters instead. */
  bool (*literals)(struct slice text, struct literals *literals);
  /** Reads a portion of a statement's `rest` into a statement of its own, whose `lets` are the
   * first `rest->lets_count` of the statement and those that its changes add. NULL for languages
   * that have none. */
  status (*read_rest)(const struct lang_context *context, const struct plan_rest *rest,
                      struct statement *statement, struct err *err);
};

extern const struct lang lang_lql, lang_nql, lang_jql;

/** JQL given as a value instead of text (an HTTP body's object). */
status jql_parse_value(const struct lang_context *context, const struct val *command,
                       struct statement *statement, struct err *err);

/** A portion of a long list of changes. */
status jql_read_rest(const struct lang_context *context, const struct plan_rest *rest,
                     struct statement *statement, struct err *err);

/** Looks at the fields of a command that a server answers itself, as JQL looks at those of others:
 * MongoDB's codes and words for what is unknown, missing or of another kind. LUMA_OK for any other
 * command. */
status jql_check_served(const struct lang_context *context, const struct val *command,
                        struct err *err);

/** The same of the fields alone that every command may have. */
status jql_check_common(const struct lang_context *context, const struct val *command,
                        struct err *err);

/** The hash of a command's shape: what it asks of which attributes, whatever the values are. */
uint32_t jql_shape(const struct val *command);

/** Whether a field of the name is one of those. */
bool jql_is_common(struct slice name);

/** Whether a call of MongoDB's shell stands at `at`: db.… or db[…]. */
bool jql_is_call(struct slice text, size_t at);
/** The command that a call means, or an object with literals of JavaScript, as strict JSON in the
 * arena. LUMA_SYNTAX_ERROR with the place. */
status jql_as_json(const struct lang_context *context, struct slice text, size_t at,
                   struct slice *json, struct err *err);

/** By name; NULL if there is none. */
const struct lang *lang_find(struct slice name);
/** A guess from the text: `{` or `db.` is JQL, an SQL keyword first is LQL, else NQL. */
const struct lang *lang_guess(struct slice text);

#endif
