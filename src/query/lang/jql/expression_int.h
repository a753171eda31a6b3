/* SPDX-License-Identifier: MIT */
/* Shared by the two files of field expressions. */
#ifndef QUERY_LANG_JQL_EXPRESSION_INT_H
#define QUERY_LANG_JQL_EXPRESSION_INT_H

#include "query/lang/jql/jql_int.h"
#include "query/plan/words.h"

struct jql_args {
  struct expr **items;
  uint32_t count;
};

/** Arguments by position: a list of them, or one by itself. */
status jql__args(const struct jql *jql, const struct word *word, const struct jql_node *node,
                 struct jql_args *args);
/** Arguments by name, in the order of the word's; those not given are word_absent(). */
status jql__named_args(const struct jql *jql, const struct word *word, const struct jql_node *node,
                       struct jql_args *args);
/** A call of a function of query/mongo. */
status jql__call(const struct jql *jql, const struct jql_node *node, const char *name,
                 const struct jql_args *args, struct expr **expr);
/** Operators that are more than functions of their arguments. (operators.c) */
status jql__special(const struct jql *jql, const struct word *word, const struct jql_node *node,
                    struct expr **expr);

/* ---- codes of arguments (argument_codes.c) ---- */

/** MongoDB's code for arguments of the operator that are no object, one that is not known, one that
 * is missing; those of commands where it has none of its own. */
uint32_t jql__shape_code(const char *word);
uint32_t jql__unknown_code(const char *word);
uint32_t jql__missing_code(const char *word, struct slice argument);
/** Whether the operator takes a part of a date, as $year does: those share their codes. */
bool jql__is_date_part(const char *word);
/** jql__take with those codes. */
status jql__take_arguments(const struct jql *jql, const char *word, const struct jql_node *node,
                           const struct jql_field *specs, uint32_t count, struct jql_node *fields);

#endif
