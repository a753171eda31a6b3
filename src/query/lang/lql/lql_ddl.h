/* SPDX-License-Identifier: MIT */
/* Definitions (CREATE TABLE with columns, CREATE SOUL, ALTER, EVOLVE) and what is told about souls.
 * They are read by hand, token by token, beside the grammar: a definition becomes the JSON of a
 * genotype or of a merge patch, in which expressions stand as the text they were written as. */
#ifndef QUERY_LANG_LQL_LQL_DDL_H
#define QUERY_LANG_LQL_LQL_DDL_H

#include "query/lang/lql/lql_int.h"

enum { LQL_DDL_TOKENS_MAX = 100000, LQL_DDL_BYTES_MAX = 4 << 20 };

/** A column that was read, and where in ddl->attributes its type stands. */
struct lql_ddl_column {
  struct slice name;
  size_t type_from, type_to;
};

/** What a constraint is called. */
struct lql_ddl_check {
  struct slice name, base; /* without a name: `base`, or what is made of it */
  bool is_late;            /* NOT VALID: beings that are there are not looked at */
};

struct lql_ddl {
  struct lql *lql;
  struct lql_token *tokens; /* of the whole statement; the last one is the end */
  uint32_t count, at;
  struct buf attributes, constraints, rename, transform; /* members of maps being written */
  size_t value_at;                /* where the last of `attributes` has its value */
  struct buf actions;             /* of ALTER TABLE: objects, separated by commas */
  struct lql_list *usings;        /* of ALTER TABLE: the expressions behind USING; may be NULL */
  struct buf settings;            /* ",\"open\":true" */
  struct buf indexes;             /* of CREATE TABLE: objects, separated by commas */
  struct lql_ddl_column *columns; /* that were read */
  uint32_t columns_count, columns_capacity;
  struct slice *names; /* of constraints that were read */
  uint32_t names_count, names_capacity;
  bool is_new;                          /* the table is being made */
  bool is_temporary;                    /* it ends with the session */
  struct slice table;                   /* of CREATE TABLE; empty: another statement */
  struct plan_made_sequence *sequences; /* of its columns */
  uint32_t sequences_count, sequences_capacity;
};

/** True when the statement at hand is one of these; then it was read: lql->root, or the failure. */
bool lql__definition(struct lql *lql);

/** ALTER TABLE or EVOLVE SOUL, which was taken. */
bool lql__alter(struct lql_ddl *ddl);

/* ---- what is made ---- */

/** The statement's plan, with room for what a soul needs; NULL when memory is out. */
struct plan *lql__ddl_make(struct lql_ddl *ddl, enum plan_kind kind, struct slice name,
                           uint64_t offset);
/** {"attributes": {…}, "constraints": {…}, …} of what was read, in the arena; empty after keeping a
 * failure. */
struct slice lql__ddl_json(struct lql_ddl *ddl);
/** JSON as a text, or as it stands in braces. */
bool lql__ddl_genotype(struct lql_ddl *ddl, struct slice *json);

/* ---- tokens ---- */

/** Whether the statement ends here; a failure else. */
bool lql__ddl_end(struct lql_ddl *ddl);

static inline struct lql_token *lql__ddl_peek(struct lql_ddl *ddl) {
  return &ddl->tokens[ddl->at];
}
/** True if the next token is this word, in any case, not quoted. */
bool lql__ddl_is(struct lql_ddl *ddl, const char *word);
/** Takes the words if they all come next. `words`: separated by one blank. */
bool lql__ddl_take(struct lql_ddl *ddl, const char *words);
bool lql__ddl_take_mark(struct lql_ddl *ddl, int kind);
/** False after keeping a failure: what was expected, and what was found. */
bool lql__ddl_expect(struct lql_ddl *ddl, const char *words);
bool lql__ddl_expect_mark(struct lql_ddl *ddl, int kind);
bool lql__ddl_fail(struct lql_ddl *ddl, const char *expected);
/** A name, quoted or not. */
bool lql__ddl_name(struct lql_ddl *ddl, struct slice *name);
/** False, with the failure kept, when there was no memory for what was written into `out`. */
bool lql__ddl_sound(struct lql_ddl *ddl, const struct buf *out);
/** The text between parentheses, which are taken. */
bool lql__ddl_parenthesised(struct lql_ddl *ddl, struct slice *text);
/** The text of tokens [from, to) as written. */
struct slice lql__ddl_text(const struct lql_ddl *ddl, uint32_t from, uint32_t to);
/** (a, b, c) as a JSON list into `out`. */
bool lql__ddl_names(struct lql_ddl *ddl, struct buf *out);

/* ---- sequences (lql_sequence.c): what stands behind CREATE SEQUENCE, DROP SEQUENCE ---- */

bool lql__create_sequence(struct lql_ddl *ddl);
bool lql__alter_sequence(struct lql_ddl *ddl);
/** What a sequence is when nothing is said. */
void lql__sequence_defaults(struct plan_sequence *sequence);
/** The options of a sequence, up to the end or a closing parenthesis, with what they leave open. */
bool lql__sequence_options(struct lql_ddl *ddl, struct plan_sequence *sequence);
bool lql__drop_sequence(struct lql_ddl *ddl);

/* ---- statements from elsewhere (lql_foreign.c, lql_comment.c) ---- */

/** True when the statement is one that is known elsewhere: then it was read, or refused. */
bool lql__foreign(struct lql_ddl *ddl);
/** COMMENT ON, which was taken. */
bool lql__comment(struct lql_ddl *ddl);

/* ---- columns ---- */

/** One column, `name type rules`, as a member of ddl->attributes. */
bool lql__ddl_column(struct lql_ddl *ddl);
/** A rule of the table: [CONSTRAINT name] CHECK, UNIQUE, PRIMARY KEY, FOREIGN KEY. `*is_one` false
 * when none comes next. */
bool lql__ddl_constraint(struct lql_ddl *ddl, bool *is_one);
/** A check of this text, among the constraints or as an action. */
bool lql__ddl_check(struct lql_ddl *ddl, const struct lql_ddl_check *check, struct slice text);
/** Remembers a column; false where there is one of the name. */
bool lql__ddl_note_column(struct lql_ddl *ddl, struct slice name, uint64_t offset, size_t type_from,
                          size_t type_to);
/** What stands after REFERENCES: the collection, and (static) what becomes of its referrers; NULL:
 * nothing is said. */
bool lql__ddl_reference(struct lql_ddl *ddl, struct slice *target, const char **on_delete);
/** (a) REFERENCES …, after FOREIGN KEY. */
bool lql__ddl_foreign_key(struct lql_ddl *ddl, struct slice constraint);
/** Columns of a key are required. `names`: a JSON list, to which `ddl->at` has read from `from`. */
bool lql__ddl_require(struct lql_ddl *ddl, uint32_t from);
/** MySQL's KEY name (a, b) and INDEX name (a, b) among the columns; `*is_one` false: it is none. */
bool lql__ddl_key(struct lql_ddl *ddl, bool *is_one);
/** CHARACTER SET and COLLATE of a column; `*is_one` false: it is none. */
bool lql__ddl_collation(struct lql_ddl *ddl, bool *is_one);
/** An action of ALTER TABLE that changes rules of a column. `rules`: a JSON object. */
bool lql__ddl_alter(struct lql_ddl *ddl, struct slice name, const char *rules);
/** A type, as text. */
bool lql__ddl_type(struct lql_ddl *ddl, struct slice *text);
/** What stands after DEFAULT, as `"default":…` or `"default_expression":…` into `out`. */
bool lql__ddl_default(struct lql_ddl *ddl, struct buf *out);

#endif
