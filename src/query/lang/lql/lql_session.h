/* SPDX-License-Identifier: MIT */
/* Statements that are the session's: transactions, options, prepared statements. */
#ifndef QUERY_LANG_LQL_LQL_SESSION_H
#define QUERY_LANG_LQL_LQL_SESSION_H

#include "query/lang/lql/lql_int.h"

struct lql_words *lql__add_word(struct lql *lql, struct lql_words *words, struct lql_token word);
/** BEGIN with its modes; `words` may be NULL. */
struct plan *lql__begin(struct lql *lql, struct lql_token at, const struct lql_words *words);
/** COMMIT or ROLLBACK, or ROLLBACK TO a savepoint. */
struct plan *lql__end(struct lql *lql, struct lql_token at, enum plan_kind kind,
                      const struct lql_words *words);
/** SAVEPOINT, RELEASE, ROLLBACK TO. */
struct plan *lql__savepoint(struct lql *lql, enum plan_kind kind, struct lql_token at,
                            struct lql_token name);

/** DRY RUN before a statement: only one that changes documents takes it. */
struct plan *lql__dry_run(struct lql *lql, struct lql_token at, struct plan *command);
/** SET name = value, of the session. */
struct plan *lql__set_option(struct lql *lql, struct lql_token at, struct lql_token name,
                             struct slice value);
/** PREPARE name AS a statement, whose text is kept. */
struct plan *lql__prepare(struct lql *lql, struct lql_token at, struct lql_token name,
                          struct slice text);
/** EXECUTE name (values and parameters). */
struct plan *lql__execute(struct lql *lql, struct lql_token at, struct lql_token name,
                          const struct lql_list *args);

#endif
