/* SPDX-License-Identifier: MIT */
/* What rules of the grammar make of statements that change documents, and of transactions. */
#ifndef QUERY_LANG_LQL_LQL_CHANGE_H
#define QUERY_LANG_LQL_LQL_CHANGE_H

#include "query/lang/lql/lql_int.h"

/** Values under columns (NULL: as the attributes stand), or what a SELECT yields. */
struct plan *lql__insert(struct lql *lql, struct lql_token name, struct lql_list *columns,
                         struct plan *query);
/** One row of values under columns as a map. */
struct expr *lql__row_document(struct lql *lql, struct lql_list *columns, const struct expr *row);
/** The whole INSERT, with what conflicts do and RETURNING. */
struct plan *lql__inserted(struct lql *lql, const struct lql_into *into, struct plan *insert,
                           struct plan_conflict *conflict, const struct lql_list *returning);
/** `OR FAIL`, `OR ROLLBACK`: what they would do is not there; the failure says what is. */
enum plan_conflict_action lql__refuse_action(struct lql *lql, struct lql_token action);
/** UPDATE OR …: what becomes of a document that would have another's unique value. */
struct plan *lql__update_or(struct lql *lql, enum plan_conflict_action action, struct plan *update);
struct plan_conflict *lql__conflict(struct lql *lql, struct lql_token at,
                                    enum plan_conflict_action action, const struct lql_list *target,
                                    struct lql_updates *updates, struct expr *where);
/** A PROJECT of the items over the changed documents; `items` may be NULL. */
struct plan *lql__returning(struct lql *lql, struct plan *change, const struct lql_list *items);
/** SET (a, b) = (1, 2). */
struct lql_updates *lql__set_row(struct lql *lql, struct lql_token at, struct lql_updates *updates,
                                 const struct lql_list *columns, const struct expr *row);
struct plan_merge *lql__merge_when(struct lql *lql, struct lql_token at,
                                   enum plan_merge_action action, struct expr *condition,
                                   struct expr *document);
struct plan_merge *lql__merge_update(struct lql *lql, struct lql_token at, struct expr *condition,
                                     struct lql_updates *updates);
struct lql_merges *lql__add_merge(struct lql *lql, struct lql_merges *merges,
                                  struct plan_merge *merge);
struct plan *lql__merge(struct lql *lql, struct lql_token at, struct plan *target,
                        struct plan *source, struct expr *on, struct lql_merges *merges);
struct plan *lql__insert_node(struct lql *lql, struct lql_token name, struct lql_list *exprs);
struct plan *lql__insert_documents(struct lql *lql, struct lql_token name,
                                   struct lql_list *documents);
struct lql_updates *lql__set(struct lql *lql, struct lql_updates *updates, enum plan_update_op op,
                             struct lql_path *path, struct expr *value);
/** False, with the failure kept, when two changes concern the same place. */
bool lql__check_updates(struct lql *lql, const struct lql_updates *updates);
struct plan *lql__update(struct lql *lql, const struct lql_rows *rows, struct lql_updates *updates);
struct plan *lql__truncate(struct lql *lql, struct lql_token name);
struct plan *lql__delete(struct lql *lql, const struct lql_rows *rows);

/* ---- transactions (lql_transaction.c) ---- */

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

#endif
