/* SPDX-License-Identifier: MIT */
/* Shared by the files of the JQL front end: a command is a value that is walked, never a syntax
 * tree of its own.
 *
 * A `struct jql_node` is a value together with the way that led to it, so that every error can say
 * where it is: as a path (filter.age.$gtt), and as line and column when the command came as text.
 * Nodes live on the stack of the walk; a node's parents outlive it. Depth is bounded by
 * DOC_DEPTH_MAX, which the reader of the text has checked. */
#ifndef QUERY_LANG_JQL_JQL_INT_H
#define QUERY_LANG_JQL_JQL_INT_H

#include "query/lang/jql/plain.h"
#include "query/lang/lang.h"
#include "value/doc/doc.h"
#include "value/json/json.h"

#define JQL_NOWHERE SIZE_MAX
/** MongoDB's codes that several files answer with. */
enum {
  JQL_BAD_VALUE = 2,
  JQL_TYPE_MISMATCH = 14,
  JQL_INVALID_LENGTH = 16,
  JQL_MISSING_FIELD = 40414
};
enum { JQL_STAGES_MAX = 1000, JQL_UPDATE_STAGES_MAX = 32 };
/** Of one command: changes, and plans of theirs that are made at once. Those that are alike share
 * one. */
enum { JQL_CHANGES_MAX = 100000, JQL_PLANS_MAX = 1000 };

/** A variable that expressions may name: $$name. Number counts from the outermost. */
struct jql_variable {
  struct slice name;
  uint32_t number;
  const struct jql_variable *outer;
};

/** The array filters of an update, and whether its paths name them. */
struct jql_filters {
  struct plan_array_filter *items;
  bool *used;
  uint32_t count;
};

/** What a filter that may ask for the nearest asked: the distance to sort by. */
struct jql_near {
  struct expr *distance; /* NULL: nothing */
  bool of_change;        /* of an update or delete: `$` may ask through which element */
};

/** Scores that a pipeline's first stage gave its documents. */
enum jql_score { JQL_SCORE_NONE, JQL_SCORE_DISTANCE, JQL_SCORE_SEARCH, JQL_SCORE_VECTOR };
struct jql_scores {
  bool is_wanted; /* some stage reads scores */
  enum jql_score kind;
  struct slice field; /* where they stand in the documents; without data: nowhere */
  bool is_hidden;     /* that field is no part of the answer */
};

/** One command being read. */
struct jql {
  const struct lang_context *context;
  struct arena *arena;
  struct slice text;         /* empty when the command came as a value */
  const struct plain *plain; /* what the text was made of; NULL: it is as it came */
  bool may_have_nulls;       /* in its names: an escape may stand for one */
  bool knows_names; /* all names below the command's own fields stand by ids of one dictionary */
  const struct val *documents; /* of an insert, read apart; NULL: they stand in the command */
  uint32_t documents_count;
  const struct json_alike *alike; /* elements of `updates` that stand in a table; NULL: none do */
  struct statement *statement;
  struct err *err;
  const struct jql_variable *variables; /* the innermost; NULL: none */
  struct jql_filters *filters;          /* of the update being read */
  const struct match *found_by; /* reading a projection of find: its filter; NULL: it has none */
  bool in_find;                 /* such a projection picks from lists */
  uint32_t depth;               /* of pipelines in pipelines */
  bool explains;                /* what is read is shown, not run */
  bool is_several;              /* of changes that are read one may fail by itself */
  bool is_listed;               /* such a one is read: its failure has no line and column */
  struct plan **spare;  /* reading those: an INSERT whose document another has taken; may be NULL */
  bool in_facet;        /* reading a pipeline of $facet */
  struct slice element; /* reading an array filter: the name that its paths begin with */
  bool in_element;      /* reading a filter of elements: expressions do not see these */
  bool passes_unknown;  /* taking a map apart: fields that it cannot have mean nothing */
  bool passes_options;  /* reading indexes: the same of their options */
  struct jql_near *near;     /* reading a filter that may ask for the nearest; NULL: it may not */
  struct jql_scores *scores; /* of the pipeline being read; NULL: none is */
};

struct jql_node {
  struct val value;              /* MISSING: a field that was not given */
  const struct jql_node *parent; /* NULL: the command itself */
  struct slice name;             /* of a field; without data: an element of a list */
  uint32_t index;                /* of an element */
  size_t offset;                 /* of the name or element as it was written; its parent's if
                                    unknown */
  size_t value_offset;           /* in jql->text; JQL_NOWHERE if unknown */
};

/* ---- nodes (node.c) ---- */

/** Where what stands in jql->text at `offset` was written. */
static inline size_t jql_told(const struct jql *jql, size_t offset) {
  return jql->plain ? plain_told(jql->plain, offset) : offset;
}

/** A walk over the fields of a map or the elements of a list, in order. */
struct jql_each {
  const struct jql *jql;
  const struct jql_node *of;
  uint32_t at, count;
  size_t cursor; /* in the text: after the last child, or (is_before) before its value, which is
                    passed when another is asked for; JQL_NOWHERE: children are not located */
  bool is_before;
};

struct jql_each jql__each(const struct jql *jql, const struct jql_node *of);
bool jql__next(struct jql_each *each, struct jql_node *child);
/** Past the end of the JSON value at `at`; the text need not be valid. */
size_t jql__skip_value(struct slice text, size_t at);
size_t jql__skip_space(struct slice text, size_t at);

/* ---- literals (literals.c) ---- */

bool jql_literals(struct slice text, struct literals *literals);
/** The number, from 1, of the literal that stands at `offset` of the text; 0: none does. */
uint32_t jql__literal_at(const struct jql *jql, size_t offset);

/* ---- nodes, again ---- */

static inline bool jql_is_given(const struct jql_node *node) {
  return node->value.type != VAL_MISSING;
}
static inline bool jql_is_named(const struct jql_node *node, const char *name) {
  return slice_is_equal(node->name, slice_of_text(name));
}
/** Begins with `$`. */
static inline bool jql_is_operator(struct slice name) {
  return name.bytes && name.data[0] == '$';
}
/** Whether a path may have it below its top: no operator, but for the fields of a reference ($ref,
 * $id, $db). */
bool jql__is_field(struct slice name);
/** A map whose first field is an operator. */
bool jql__has_operators(const struct jql_node *node);
/** The truth of a value as MongoDB has it: false, null and 0 are not. */
bool jql__truth(const struct val *value);

/* ---- errors (fail.c) ---- */

/** "message (path)", with the position of the node's name. */
status jql__fail(const struct jql *jql, const struct jql_node *node, status code,
                 const char *format, ...) __attribute__((format(printf, 4, 5), cold));
/** The same with MongoDB's code. */
status jql__fail_code(const struct jql *jql, const struct jql_node *node, uint32_t foreign,
                      const char *format, ...) __attribute__((format(printf, 4, 5), cold));
/** "path must be a whole number, not text", with the position of the value. */
status jql__fail_type(const struct jql *jql, const struct jql_node *node, const char *wanted)
    __attribute__((cold));
/** The name of the node is not one of `names`: LUMA_UNKNOWN_OPERATOR for operators, else
 * LUMA_SYNTAX_ERROR; `what` is "an operator", "a command". Suggests the nearest. Elements are
 * `stride` bytes apart and begin with the name. */
status jql__fail_unknown(const struct jql *jql, const struct jql_node *node, const char *what,
                         const void *names, size_t count, size_t stride) __attribute__((cold));
/** The position of a failure, in the text as it was written. Lines are counted from its beginning:
 * not for each of many failures in one text (jql->is_listed), of which the offset is noted. */
void jql__tell_place(const struct jql *jql, size_t offset) __attribute__((cold));
/** The arena's error, unless `made`. */
status jql__made(const struct jql *jql, const void *made);

/* ---- fields of commands (fields.c) ---- */

enum jql_kind {
  JQL_ANY,
  JQL_MAP,
  JQL_LIST,
  JQL_TEXT,
  JQL_NAME,        /* of a collection: text that is not empty */
  JQL_WHOLE,       /* a whole number, not negative */
  JQL_COUNT,       /* the same, where MongoDB cuts off a fraction */
  JQL_NUMBER,      /* any */
  JQL_BOOL,        /* or a number */
  JQL_TRUTH,       /* true or false alone */
  JQL_PLAIN_TRUTH, /* the same, of which MongoDB says it in other words */
  JQL_IGNORED,     /* known to MongoDB's clients, without meaning here */
  JQL_UNSUPPORTED  /* has a meaning that is not here */
};

/** What a command, or a part of one, may hold. */
struct jql_field {
  const char *name;
  enum jql_kind kind;
  bool required;
};

/** Takes the fields of `map` apart: fields[i] is what was given for specs[i] (MISSING if nothing,
 * or null). Unknown fields, kinds that differ and required fields that are not there are errors. */
status jql__take(const struct jql *jql, const struct jql_node *map, const struct jql_field *specs,
                 uint32_t count, struct jql_node *fields);
/** The same, with MongoDB's codes for a field that is unknown and for one that is missing. */
struct jql_codes {
  uint32_t unknown, missing;
};
status jql__take_as(const struct jql *jql, const struct jql_node *map,
                    const struct jql_field *specs, uint32_t count, struct jql_codes codes,
                    struct jql_node *fields);
/** Looks at the fields that every command may have, of this one. */
status jql__check_common(const struct jql *jql, const struct jql_node *command);
/** What `cursor: {…}` of a command says is the server's; LUMA_OK if it is well. */
status jql__check_cursor(const struct jql *jql, const struct jql_node *cursor);
/** LUMA_OK if the node is of the kind. */
status jql__check_kind(const struct jql *jql, const struct jql_node *node, enum jql_kind kind);
/** The same, with MongoDB's code. */
status jql__check_kind_as(const struct jql *jql, const struct jql_node *node, enum jql_kind kind,
                          uint32_t foreign);
/** `otherwise` when not given. */
bool jql__flag(const struct jql_node *node, bool otherwise);
/** Parses `text`, found at `node`, as a dotted path. */
status jql__path(const struct jql *jql, const struct jql_node *node, struct slice text,
                 struct path *path);
/** The same of a filter, where names may be empty. */
status jql__filter_path(const struct jql *jql, const struct jql_node *node, struct slice text,
                        struct path *path);
/** No path may be asked for twice, or beside one that leads through it: sorted such a pair stands
 * side by side. `paths` are in the order written, in the map (or the list of names) `at`. */
status jql__check_paths(const struct jql *jql, const struct jql_node *at, const struct path *paths,
                        uint32_t count);
status jql__const(const struct jql *jql, const struct jql_node *node, struct expr **expr);
/** LUMA_OK unless a name within the node's value could not be read back by MongoDB's clients. */
status jql__check_names(const struct jql *jql, const struct jql_node *node);
/** A name of the document that comes in: EXPR_NAME. */
status jql__name(const struct jql *jql, const struct jql_node *node, struct slice text,
                 struct expr **expr);

/* ---- MongoDB's words (words.c) ---- */

/** Beside what the failure says: the field is not one of the command's. */
void jql__tell_unknown(const struct jql *jql, const struct jql_node *field) __attribute__((cold));
/** … there is no command of the name. */
void jql__tell_no_command(const struct jql *jql, const struct jql_node *first)
    __attribute__((cold));
/** … a field that must be there is not. */
void jql__tell_missing(const struct jql *jql, const struct jql_node *map, const char *field)
    __attribute__((cold));
/** … it is a number below zero. */
void jql__tell_below(const struct jql *jql, const struct jql_node *field) __attribute__((cold));
/** … it is not of the kind. */
void jql__tell_type(const struct jql *jql, const struct jql_node *field, enum jql_kind kind)
    __attribute__((cold));

/* ---- parts of commands ---- */

/** A filter: MATCH_AND of its conditions, or the only one. (filter.c) */
status jql__filter(const struct jql *jql, const struct jql_node *map, struct match **match);
/** The operators of a map like {"$gt": 1, "$lt": 5} on `path`. */
status jql__conditions(const struct jql *jql, const struct jql_node *map, const struct path *path,
                       struct match **match);
/** {"$jsonSchema": …}. (json_schema.c) */
status jql__json_schema(const struct jql *jql, const struct jql_node *node, struct match **match);
/** What $geoWithin or $geoIntersects has is one region. (geo.c) */
status jql__check_region(const struct jql *jql, const struct jql_node *node);
/** What a geometry says of its coordinates: nothing, or that they are longitude and latitude.
 * (geo.c) */
status jql__crs(const struct jql *jql, const struct jql_node *node, const struct val *crs);
/** What the path reaches through lists, as expressions have it. (geo.c) */
status jql__place(const struct jql *jql, const struct jql_node *node, const struct path *path,
                  struct expr **place);
/** {"$near": place}, {"$nearSphere": place}: a test by expression; the distance goes to jql->near.
 * (near.c) */
status jql__near(const struct jql *jql, const struct jql_node *node, const struct path *path,
                 struct match **match);
/** $maxDistance, $minDistance: they are read with the $near beside them; NULL. (near.c) */
status jql__near_distance(const struct jql *jql, const struct jql_node *node,
                          const struct path *path, struct match **match);
/** A SORT by the distance, if it was asked for. (near.c) */
status jql__put_nearest_first(const struct jql *jql, const struct jql_node *at,
                              const struct jql_near *near, struct plan **plan);
/** {"$meta": "vectorSearchScore"} … (search.c) */
status jql__meta(const struct jql *jql, const struct jql_node *node, struct expr **expr);
/** What an upserted document gets from a filter: its equalities, as MATCH_AND. */
status jql__equalities(const struct jql *jql, const struct match *match, struct match **out);
/** A field expression: "$age", {"$add": ["$a", 1]}, a literal. (expression.c) */
status jql__expression(const struct jql *jql, const struct jql_node *node, struct expr **expr);
/** A value of both, in memory of the command. */
status jql__regex(const struct jql *jql, struct slice pattern, struct slice options,
                  struct val *regex);
/** An error unless `name` is good for a variable. (operators.c) */
status jql__check_variable(const struct jql *jql, const struct jql_node *node, struct slice name);
/** Computes `expr` as MongoDB's truth: a bool. */
status jql__truth_of(const struct jql *jql, struct expr *expr, struct expr **truth);
/** The document that expressions are about: the row, or the variable that stands for it. */
status jql__row(const struct jql *jql, const struct jql_node *at, struct expr **row);
/** The document that $replaceRoot puts in the row's place. (pipeline.c) */
status jql__new_root(const struct jql *jql, const struct jql_node *node, struct expr **expr);
/** The same of an expression that was read. (pipeline.c) */
status jql__root_of(const struct jql *jql, const struct jql_node *node, struct expr *document,
                    struct expr **expr);
/** A projection over the row: EXPR_SHAPE. (projection.c) */
status jql__projection(const struct jql *jql, const struct jql_node *map, struct expr **shape);
/** The same for find and findAndModify, over what `filter` (may be NULL) found: it may slice lists
 * and pick elements of them. */
status jql__find_projection(const struct jql *jql, const struct jql_node *map,
                            const struct match *filter, struct expr **shape);
/** A filter of one value: operators on itself, or conditions on its fields. (filter.c) */
status jql__one_value(const struct jql *jql, const struct jql_node *node, struct match **match);
/** {"$elemMatch": …}: MATCH_ELEM. (filter.c) */
status jql__elem_match(const struct jql *jql, const struct jql_node *node, const struct path *path,
                       struct match **match);
/** $unset of a pipeline: one name or a list. */
status jql__leave_out(const struct jql *jql, const struct jql_node *node, struct expr **shape);
/** The same of a field of our own, whose name no command may say. */
status jql__hide(const struct jql *jql, const struct jql_node *at, struct slice name,
                 struct expr **shape);
/** $addFields. */
status jql__add_fields(const struct jql *jql, const struct jql_node *map, struct expr **shape);

/** What the SCAN under `plan` is to read by, if a hint is given. (hint.c) */
status jql__hint(const struct jql *jql, const struct jql_node *hint, struct plan *plan);
/** `min` and `max` of find: between which entries of the hinted index the SCAN is to read. (hint.c)
 */
status jql__edges(const struct jql *jql, const struct jql_node *min, const struct jql_node *max,
                  struct plan *plan);
/** A node without input that names a collection. (schema.c) */
status jql__put_named(const struct jql *jql, enum plan_kind kind, const struct jql_node *collection,
                      struct plan **plan);
/** TELL_CATALOG about the collection, or all. (schema.c) */
status jql__put_told(const struct jql *jql, enum plan_tells tells,
                     const struct jql_node *collection, struct plan **plan);
/** The value as tagged JSON, as the catalog keeps it. (schema.c) */
status jql__write_tagged(const struct jql *jql, const struct val *value, struct slice *text);
/** The specification that the collection was made with; MISSING: none. (read.c) */
status jql__collation_of(const struct jql *jql, const struct jql_node *collection,
                         struct val *spec);
/** The collation of the collection, where the command gives none. (read.c) */
status jql__default_collation(const struct jql *jql, const struct jql_node *collection);
/** The keys of an index: {"age": 1, "name": -1}. (indexes.c) */
status jql__index_keys(const struct jql *jql, const struct jql_node *map,
                       struct plan_index_key **keys, uint32_t *count);
/** capped, size, max, timeseries, expireAfterSeconds, clusteredIndex and
 * changeStreamPreAndPostImages of `create`, as given. (kinds.c) */
status jql__read_kinds(const struct jql *jql, const struct jql_node *fields,
                       struct plan_rules *rules);
/** The size of a capped collection, rounded as MongoDB does; the number of its documents, 0: no
 * limit. (kinds.c) */
status jql__capped_bytes(const struct jql *jql, const struct jql_node *node, uint64_t *bytes);
status jql__capped_documents(const struct jql *jql, const struct jql_node *node,
                             uint64_t *documents);
/** `timeseries` of `create` (`makes`) or `collMod`. (series.c) */
status jql__series(const struct jql *jql, const struct jql_node *node, bool makes,
                   struct plan_rules *rules);
/** expireAfterSeconds of a time series: a number, or "off". (series.c) */
status jql__lifetime(const struct jql *jql, const struct jql_node *node, struct plan_rules *rules);
/** Whether a key of an index has all paths, or all below one: "$**", "a.$**". (wildcard.c) */
bool jql__is_wildcard(struct slice name);
/** What a wildcard index has, into the plan; errors where options do not go with it. (wildcard.c)
 */
status jql__wildcard(const struct jql *jql, const struct jql_node *keys,
                     const struct jql_node *projection, struct plan *plan);
/** expireAfterSeconds, from 0 to 2147483647, a fraction cut off; `foreign` is MongoDB's code for
 * another. (indexes.c) */
status jql__expiry(const struct jql *jql, const struct jql_node *node, uint32_t foreign,
                   bool *expires, uint32_t *seconds);
/** Whether the value depends on the document: it reads a field, or the whole. (expression.c) */
bool jql__reads_row(const struct expr *expr);
/** The command with its `let`: `inner` reads what may name its variables, each of which may name
 * those before it. (read.c) */
status jql__begin_let(const struct jql *jql, const struct jql_node *lets, struct jql *inner);
/** More variables, whose values stand there as they are. (read.c) */
status jql__add_constants(const struct jql *jql, const struct jql_node *constants,
                          struct jql *inner);
/** The collation of the command, if it is given. (read.c) */
status jql__collation(const struct jql *jql, const struct jql_node *collation);
/** Plans that nodes are stacked on. (read.c) */
status jql__scan(const struct jql *jql, const struct jql_node *collection, struct plan **plan);
status jql__put(const struct jql *jql, enum plan_kind kind, const struct jql_node *at,
                struct plan **plan);
/** FILTER, unless nothing is asked for. */
status jql__put_filter(const struct jql *jql, const struct jql_node *filter, struct plan **plan);
/** FILTER of what was read. */
status jql__put_match(const struct jql *jql, const struct jql_node *at, struct match *match,
                      struct plan **plan);
status jql__put_sort(const struct jql *jql, const struct jql_node *sort, struct plan **plan);
/** LIMIT; a limit of 0 is none in a command. */
status jql__put_limit(const struct jql *jql, const struct jql_node *limit,
                      const struct jql_node *skip, struct plan **plan);
status jql__put_project(const struct jql *jql, const struct jql_node *at, struct expr *expr,
                        struct plan **plan);
/** Reads each element of `list`, a map, as one change of `collection`, and stacks several as a
 * SEQUENCE; of a long list the first of them, and the statement's rest. `ordered`: none is done
 * after one that failed. (sequence.c) */
typedef status jql_element(const struct jql *jql, const struct jql_node *collection,
                           const struct jql_node *element, struct plan **plan);
status jql__sequence(const struct jql *jql, const struct jql_node *collection,
                     const struct jql_node *list, bool ordered, jql_element *read,
                     struct plan **plan);
/** Where the update of `plan`, element `from` of `list`, is one by key, and many follow that are
 * like it but for their values: the plan takes them in as its points. `taken`: elements the plan
 * stands for. (alike.c) */
status jql__gather_alike(const struct jql *jql, const struct jql_node *list, uint32_t from,
                         struct plan *plan, uint32_t *taken);
/** The elements of a list, with those that stand in a table (jql->alike). (alike.c) */
uint32_t jql__elements_count(const struct jql *jql, const struct jql_node *list);
status jql__element(const struct jql *jql, const struct jql_node *list, uint32_t index,
                    struct val *element);
/** One change, in parts; MISSING ones were not given. */
struct jql_write {
  struct jql_node collection, filter, changes, upsert, hint, collation, array_filters, sort;
  struct jql_node constants; /* of a pipeline: variables that have values */
  bool all;                  /* of what the filter finds, not the first alone */
};
/** An error where an update, its stages or its array filters are of no type that a command takes:
 * then it is none. (update_parts.c) */
status jql__check_types(const struct jql *jql, const struct jql_write *write);
/** An error for an update of a time series that MongoDB does not take. (series.c) */
status jql__check_series_update(const struct jql *jql, const struct jql_write *write);
/** UPDATE or DELETE of a list: where others may go on, one that cannot be is a plan that fails.
 * (write.c) */
typedef status jql_put_change(const struct jql *jql, const struct jql_write *write,
                              struct plan **plan);
status jql__put_listed(const struct jql *jql, enum plan_kind kind, const struct jql_write *write,
                       struct plan **plan);
/** UPDATE or DELETE. (write.c) */
jql_put_change jql__put_update, jql__put_delete;
/** INSERT of one document. (write.c) */
status jql__put_insert(const struct jql *jql, const struct jql_node *collection,
                       const struct jql_node *document, struct plan **plan);
/** COUNT(*) under `name`, grouped by `key` (NULL: one group, always). */
status jql__put_count(const struct jql *jql, const struct jql_node *at, struct expr *key,
                      struct slice name, struct plan **plan);
/** The stages of a pipeline on top of `plan`. (pipeline.c) */
status jql__put_pipeline(const struct jql *jql, const struct jql_node *list, struct plan **plan);
status jql__put_group(const struct jql *jql, const struct jql_node *spec, struct plan **plan);

/** The changes of an update: operators, or a replacement, into the PLAN_UPDATE. (update.c) */
status jql__changes(const struct jql *jql, const struct jql_node *update, struct plan *plan);
/** Puts the changes of one update in MongoDB's order, that of the paths they are about; an error
 * when two concern the same one, or one below the other. (update_order.c) */
status jql__order_changes(const struct jql *jql, const struct jql_node *at,
                          struct plan_update_item *items, uint32_t count);
/** (update_parts.c) */
status jql__array_filters(const struct jql *jql, const struct jql_node *list,
                          struct jql_filters *filters);
/** A path of the update names a filter. */
status jql__use_array_filter(const struct jql *jql, const struct jql_node *at, struct slice name);
/** An error for a filter that no path named. */
status jql__check_array_filters(const struct jql *jql, const struct jql_node *at,
                                const struct jql_filters *filters);
status jql__update_pipeline(const struct jql *jql, const struct jql_node *list, struct plan *plan);
/** The short form: `set`, `inc` … of a command, each as given to one operator; MISSING ones are
 * none. */
struct jql_change {
  const char *name; /* of the operator: "$set" */
  const struct jql_node *node;
};
status jql__short_changes(const struct jql *jql, const struct jql_change *given, uint32_t count,
                          struct plan *plan);

/* ---- commands: each reads the fields of its command and makes a plan ---- */

typedef status jql_command(const struct jql *jql, const struct jql_node *command,
                           struct plan **plan);
jql_command jql__find;                                 /* find.c */
jql_command jql__count, jql__distinct, jql__aggregate; /* read.c */
jql_command jql__insert, jql__update, jql__delete;     /* write.c */
jql_command jql__bulk_write, jql__find_and_modify;     /* bulk.c, modify.c */
jql_command jql__create, jql__coll_mod, jql__drop, jql__rename, jql__list_collections,
    jql__convert_to_capped; /* schema.c */
jql_command jql__create_indexes, jql__drop_indexes, jql__list_indexes,
    jql__re_index; /* indexes.c */
/** Reads tagged JSON into the arena. (jql.c) */
status jql__read_tagged(struct json_reader *reader, struct arena *arena, struct slice json,
                        struct val *value, struct err *err);
/** Finds the command by its first field. (jql.c) */
jql_command jql__command, jql__explain;
/** An EXPLAIN of the plan that was made of `command`. */
status jql__show(const struct jql *jql, const struct jql_node *node, const struct val *command,
                 struct plan **plan);
/** How many stages at the beginning of a pipeline are what a find could ask. (shape.c) */
uint32_t jql__shape_reads(const struct val *pipeline);

#endif
