/* SPDX-License-Identifier: MIT */
/* Shared by the files of the binder. */
#ifndef QUERY_BIND_BIND_INT_H
#define QUERY_BIND_BIND_INT_H

#include "query/bind/bind.h"

struct scope;

/** A SELECT within another, or the right side of a lateral join, while it is bound: names that it
 * does not have are looked for around it, and what is found becomes one of its outer values. */
struct frame {
  struct frame *parent;
  const struct scope *scope; /* what names mean around it */
  bool is_lateral;           /* of a join; else of a SELECT in an expression */
  bool is_opaque;            /* it does not see that scope, only what is around it in turn */
  bool is_unsteady;          /* reads what a SELECT around it may have otherwise at its next run */
  struct expr **outers;      /* over that scope */
  uint32_t count, capacity;
};

/** The names of a WITH, innermost first. */
struct with_scope {
  struct with_scope *parent;
  const struct frame *frame; /* in which the WITH stands */
  struct plan_cte **ctes;
  uint32_t count; /* those that may be read already */
};

enum {
  BIND_WINDOW_SLOT =
      1 << 20,        /* what a WINDOW's column is called until the node below it is whole */
  BIND_DEPTH_MAX = 64 /* of SELECTs within each other */
};

struct binder {
  struct frame *frame; /* innermost; NULL: the statement itself */
  struct with_scope *withs;
  struct plan *window;        /* collects the window functions of the SELECT in hand */
  bool takes_windows;         /* they may stand here */
  const struct plan *project; /* of the SELECT whose GROUP BY is bound: what its names may mean */
  uint32_t depth;
  struct arena *arena;
  const struct catalog *catalog;
  const struct query_policy *policy;
  status (*read_view)(struct arena *arena, struct slice text, struct plan **plan, struct err *err);
  struct slice view; /* that is being made: nothing in it may stand for itself; empty: none is */
  uint64_t session;  /* whose temporary collections hide others; 0: there are none */
  bool has_views, is_unsteady;
  enum plan_language language;
  bool is_collated; /* what compares texts is not computed before the run */
  bool is_count;    /* the answer is one number: groups stay columns */
  struct slice text;
  const char *doubt; /* of the first name that no document can have; NULL: none */
};

/** What names may mean: the columns of a node's input. */
struct scope {
  const struct plan_column *columns;
  uint32_t count;
  struct plan *aggregate; /* not NULL: columns are those of this AGGREGATE, and names must be its
                             keys or stand in aggregates */
};

/** The collection that a name means to the session: a temporary one of its own before a lasting
 * one; NULL: there is none. */
const struct collection *bind__named(const struct binder *binder, struct slice name);
/** The same for a node, into node->collection; the node then has the name under which it is stored,
 * and the one it was written with as its alias. */
void bind__look_up(const struct binder *binder, struct plan *node);
/** Gives what CREATE TEMP makes the name it is stored under. */
status bind__place_temporary(const struct binder *binder, struct plan *node, struct err *err);
/** Gives `err` the position of `offset`; answers `failed`. */
status bind__fail(const struct binder *binder, uint64_t offset, status failed, struct err *err);
/** The error of the arena, unless `made`. */
status bind__memory(const struct binder *binder, const void *made, struct err *err);
/** Room for `count` elements, zeroed. */
status bind__room(const struct binder *binder, uint32_t count, size_t bytes, void *room,
                  struct err *err);
/** One column more, behind the others of a PROJECT; `*column` is copied. */
status bind__append_column(struct binder *binder, struct plan *project, struct expr *expr,
                           const struct plan_column *column, struct err *err);

/** Binds an expression, answering a new tree. */
status bind__expr(struct binder *binder, const struct scope *scope, const struct expr *expr,
                  struct expr **out, struct err *err);
/** The same over the results of scope->aggregate. */
status bind__grouped(struct binder *binder, const struct scope *scope, const struct expr *expr,
                     struct expr **out, struct err *err);
/** A bound condition: of a type that is a truth. */
status bind__condition(struct binder *binder, const struct scope *scope, const struct expr *expr,
                       struct expr **out, struct err *err);
/** Resolves a name to a column and a path in it. */
status bind__name(struct binder *binder, const struct scope *scope, const struct expr *name,
                  struct expr **out, struct err *err);
/** What the collection's genotype says of an attribute: exactly, else by its name without case. */
const struct soul_attribute *bind__attribute(const struct collection *collection,
                                             struct slice name);
/** LUMA_UNKNOWN_FIELD for a path that no document of a closed collection has: neither its first
 * step nor those into maps of declared attributes may be unknown. */
status bind__check_declared(const struct binder *binder, const struct plan_column *column,
                            const struct expr *field, struct err *err);
/** The same of a path into the documents of a collection (may be NULL), written at `offset`. */
status bind__check_path(const struct binder *binder, const struct collection *collection,
                        const struct path *path, uint64_t offset, struct err *err);
/** Whether a value of the column may have an attribute `name`: where it is not known, it may. */
bool bind__may_have(const struct binder *binder, const struct plan_column *column,
                    struct slice name);
/** An expression of the rows around a SELECT, and what they are. */
const struct expr *bind__step_out(const struct binder *binder, const struct scope **scope,
                                  const struct expr *expr);
/** Notes in `column`, of what its values are as the bound expression makes them (what is at a path
 * in them: `inside`, may be NULL), which attribute they are. */
status bind__note_origin(const struct binder *binder, const struct scope *scope,
                         const struct expr *expr, const struct path *inside,
                         struct plan_column *column, struct err *err);
/** The same of the values that `list`, a bound expression, has for elements. */
status bind__note_elements(const struct binder *binder, const struct expr *list,
                           struct plan_column *column, struct err *err);
/** u -> 'id' and u ->> 'id' of a being read its key, as u.id does. */
status bind__arrow_to_key(const struct binder *binder, const struct scope *scope,
                          struct expr **expr, struct err *err);
/** The same of a bound EXPR_AT: addr['city'], and of addr ->> 'city'. */
status bind__check_at(const struct binder *binder, const struct scope *scope,
                      const struct expr *expr, struct err *err);
/** bind__check_path of a path into the values of a column. */
status bind__check_column_path(const struct binder *binder, const struct plan_column *column,
                               const struct path *path, uint64_t offset, struct err *err);
/** The field that an expression reads, by arrows too, and the path in it (room for
 * PATH_STEPS_MAX); NULL: it does something else. */
const struct expr *bind__read_arrows(const struct expr *expr, struct path *path);
/** What is declared of the values at a path into a column; NULL: nothing. `*is_being`: they are
 * beings of a closed collection. */
const struct soul_attribute *bind__declared_at(const struct plan_column *column,
                                               const struct path *path, bool *is_being);
/** LUMA_UNKNOWN_FIELD where a call goes a way into a document that no being has, by a path of
 * SQL/JSON, or asks whether a map has what it has not. */
status bind__check_json(const struct binder *binder, const struct scope *scope,
                        const struct expr *call, struct err *err);
/** The type that all values at a path into documents of the column have, or NULL: a closed
 * collection declares it, and LQL asks. VAL_MISSING: any. */
enum val_type bind__declared_type(const struct binder *binder, const struct plan_column *column,
                                  const struct path *path);
/** Beside what is known to be a number or a truth, a text of the statement stands for what it
 * reads as, as in PostgreSQL: age = '30'. LUMA_INVALID_VALUE when it does not. */
status bind__read_texts(struct binder *binder, struct expr *node, struct err *err);
/** The same of what is compared with the rows of a SELECT: '30' IN (SELECT age …). */
status bind__read_members(struct binder *binder, struct expr *node, struct err *err);
/** LUMA_TYPE_MISMATCH where what is compared can be seen not to fit the columns of the SELECT. */
status bind__check_members(const struct binder *binder, const struct expr *node, struct err *err);
/** Its documents have the attributes of its genotype and no others. `collection` may be NULL. */
bool bind__is_closed(const struct collection *collection);
/** Whether the columns are known to have what `name` says. */
bool bind__is_known(struct binder *binder, const struct scope *scope, const struct expr *name);
/** bind__name when `*found`; else the name means nothing here or around. */
status bind__find_name(struct binder *binder, const struct scope *scope, const struct expr *name,
                       struct expr **out, bool *found, struct err *err);
/** Whether GROUP BY gave the name: to key `*key`, or (UINT32_MAX) to its rows with GROUP AS. */
bool bind__group_name(const struct plan *aggregate, struct slice name, uint32_t *key);
/** A name of one step that is known around the place in hand: in FROM, a source before it. */
status bind__find_variable(struct binder *binder, const struct expr *name, bool *found,
                           struct err *err);
/** Whether a name of WITH is meant. */
bool bind__has_cte(const struct binder *binder, struct slice name);
status bind__match(struct binder *binder, const struct scope *scope, const struct match *match,
                   struct match **out, struct err *err);
/** The whole row as one document. */
status bind__row(struct binder *binder, const struct scope *scope, uint64_t offset,
                 struct expr **out, struct err *err);
bool bind__has_aggregate(const struct expr *expr);

/** `x IN name` (EXPR_IN, is_bare) where the name is no column but a source: all its rows; else
 * `*out` is NULL. */
status bind__in_source(struct binder *binder, const struct scope *scope, const struct expr *expr,
                       struct expr **out, struct err *err);
/** A SELECT in an expression. */
status bind__subquery(struct binder *binder, const struct scope *scope, const struct expr *expr,
                      struct expr **out, struct err *err);
/** Adds `expr`, over frame->scope, to the frame's outer values; `*out` reads it. */
status bind__add_outer(struct binder *binder, struct frame *frame, struct expr *expr,
                       struct expr **out, struct err *err);

/** A function over a window: collected into binder->window; `*out` reads its column. */
status bind__window(struct binder *binder, const struct scope *scope, const struct expr *expr,
                    struct expr **out, struct err *err);
/** From here on window functions are collected for `project`, whose input may be a WINDOW already;
 * `outside` keeps what was. */
struct window_scope {
  struct plan *window;
  bool takes_windows;
};
void bind__begin_windows(struct binder *binder, struct plan *project, struct window_scope *outside);
/** Puts a new WINDOW under `project`. */
void bind__end_windows(struct binder *binder, struct plan *project,
                       const struct window_scope *outside);
/** Gives the columns of WINDOWs their places, all through a bound plan. */
status bind__place_windows(struct binder *binder, struct plan *plan, struct err *err);

/** The type an expression is known to have; VAL_MISSING when it depends on data. */
enum val_type bind__type(const struct expr *expr);
/** LUMA_TYPE_MISMATCH for operators whose arguments can be seen not to fit. */
status bind__check_types(const struct binder *binder, const struct expr *expr, struct err *err);

/** Binds a node and what is below it. */
status bind__plan(struct binder *binder, struct plan **node, struct err *err);
/** What names mean above `input` (NULL: nothing). */
struct scope bind__scope(const struct plan *input);
status bind__scan(struct binder *binder, struct plan **node, enum query_access access,
                  struct err *err);
/** Gives the node its collection; LUMA_UNKNOWN_COLLECTION unless it may be missing. */
status bind__find_collection(struct binder *binder, struct plan *node, struct err *err);
/** Gives the node one column, `source`, that holds its collection's documents. */
status bind__document_column(struct binder *binder, struct plan *node, struct slice source,
                             struct err *err);
status bind__values(struct binder *binder, struct plan *node, struct err *err);
status bind__join(struct binder *binder, struct plan **node, struct err *err);
/** The same where the left side is what a statement changes. */
status bind__changed_join(struct binder *binder, struct plan **node, enum query_access access,
                          struct err *err);
status bind__insert(struct binder *binder, struct plan *node, struct err *err);
status bind__merge(struct binder *binder, struct plan *node, struct err *err);
/* Statements about the catalog: schema.c. */

/** SHOW COLLECTIONS, SHOW INDEXES. */
status bind__show(struct binder *binder, struct plan *node, struct err *err);
/** What is told about souls are documents. A collection that is told about must be there; a soul
 * may be named by its id or hash as well. */
status bind__told(struct binder *binder, struct plan *node, struct err *err);
/** Documents about the catalog; of a collection that is not there the operator tells nothing. */
status bind__told_catalog(struct binder *binder, struct plan *node, struct err *err);
status bind__explain(struct binder *binder, struct plan *node, struct err *err);
/** CREATE, ALTER, DROP and their kin: the collection they need, the expressions of an index. */
status bind__schema(struct binder *binder, struct plan *node, struct err *err);
status bind__create_view(struct binder *binder, struct plan *node, struct err *err);

/** Whether the policy lets the node's collection be changed. */
status bind__check_write(struct binder *binder, const struct plan *node, enum query_access access,
                         struct err *err);
/** The column of a change that yields its documents. */
status bind__yield(struct binder *binder, struct plan *node, struct err *err);
/** Changes of the document in column `target`, over the columns of `scope`. */
status bind__update_items(struct binder *binder, const struct scope *scope, uint32_t target,
                          struct plan_update_item **updates, uint32_t count, struct err *err);
/** Binds a SELECT in FROM that sees nothing of the statement around it. */
status bind__alone(struct binder *binder, struct plan **node, struct err *err);
/** A SCAN of a view becomes what it stands for. */
status bind__view(struct binder *binder, struct plan **node, struct err *err);
/** An error where `scan` reads the view that is being made. */
status bind__refuse_cycle(struct binder *binder, const struct plan *scan, struct err *err);
/** An error for a view that is to be changed. */
status bind__refuse_view(struct binder *binder, const struct plan *node, struct err *err);
/** True for that error. */
bool bind__is_of_view(const struct err *failed);
status bind__derived(struct binder *binder, struct plan **node, struct err *err);
status bind__unnest(struct binder *binder, struct plan *node, struct err *err);
/** An UNNEST; of FROM c AS x AT i, where c is a collection, its documents, which have no numbers.
 */
status bind__numbered_source(struct binder *binder, struct plan **node, struct err *err);
/** A path in FROM: a list of a source before it, or a collection with a dotted name. */
/** A SCAN of a name that is a source before it, and no collection: its elements. */
status bind__variable_source(struct binder *binder, struct plan **node, bool *found,
                             struct err *err);
status bind__path_source(struct binder *binder, struct plan **node, struct err *err);
status bind__set(struct binder *binder, struct plan *node, struct err *err);
status bind__with(struct binder *binder, struct plan *node, struct err *err);
/** Makes a SCAN that names a CTE read it. */
bool bind__cte(struct binder *binder, struct plan *scan);
/** A PROJECT of the visible columns, unless all are. */
status bind__strip_hidden(struct binder *binder, struct plan **node, struct err *err);
/** A PROJECT that passes all columns of `*node` on; its columns are copies. */
status bind__pass_on(struct binder *binder, struct plan **node, struct err *err);
/** Puts an upper node with the same columns above `*node`. */
status bind__put_above(struct binder *binder, struct plan **node, enum plan_kind kind,
                       struct err *err);
status bind__project(struct binder *binder, struct plan *node, struct err *err);
/** Gives the column `at` of a PROJECT a name that none before it has. */
status bind__unique_name(struct binder *binder, const struct plan *node, uint32_t at,
                         const struct expr *expr, struct err *err);
/** Binds an item of the select list as the column `at`; `asked` empty: its name is derived. */
status bind__item(struct binder *binder, struct plan *node, const struct scope *scope,
                  const struct expr *expr, struct slice asked, uint32_t at, struct err *err);
/** Whether the star stands for the column. */
bool bind__star_takes(const struct expr *star, const struct plan_column *column);
/** How many columns the select list has at most; a star that stands for nothing is an error. */
status bind__count_stars(struct binder *binder, const struct plan *node, const struct scope *scope,
                         uint32_t *total, struct err *err);
/** Puts the columns a star stands for, from `*at` on. */
status bind__expand_star(struct binder *binder, struct plan *node, const struct scope *scope,
                         const struct expr *star, uint32_t *at, struct err *err);
/** A name made of a plain one and a number. */
status bind__print_name(struct binder *binder, struct slice plain, const char *between,
                        uint32_t number, struct slice *name, struct err *err);
status bind__distinct_on(struct binder *binder, struct plan *node, struct err *err);
status bind__bounds(struct binder *binder, struct plan *node, struct err *err);
status bind__sort(struct binder *binder, struct plan *node, struct err *err);
status bind__aggregate(struct binder *binder, struct plan *node, struct err *err);
/** WHERE is asked before there are groups: an error if `where` is a FILTER by an aggregate. */
status bind__refuse_aggregates(struct binder *binder, const struct plan *where, struct err *err);
/** Puts an AGGREGATE without keys under `node` when `has` aggregates but nothing below groups. */
status bind__group_all(struct binder *binder, struct plan *node, bool has, struct err *err);
/** The AGGREGATE a SELECT's node stands on, through FILTERs; NULL if there is none. */
struct plan *bind__aggregate_below(struct plan *node);
/** A node with the same columns as its input. */
void bind__pass_columns(struct plan *node);

#endif
