/* SPDX-License-Identifier: MIT */
/* The one logical plan that every language becomes. A tree of relational nodes over columns of
 * values, plus statements that change data or catalog at the root. Front ends build it unbound
 * (names as written); query/bind resolves names against the catalog and fills `columns`; query/opt
 * rewrites; query/exec runs. Lives in the statement's arena.
 *
 * A row is a tuple of columns. A collection scan yields one column: the document itself
 * (`is_document`), named by its alias. A result's document is made of the row's visible columns:
 * the fields of a spread column (`*`, a scan, a SHAPE) stand in it directly, any other column as
 * one field of its name.
 *
 * How front ends stack a SELECT: source (SCAN, JOIN, VALUES), FILTER, AGGREGATE with its keys only,
 * FILTER (HAVING), PROJECT, DISTINCT, SORT, LIMIT. Aggregates may stand in HAVING, PROJECT and
 * SORT: the binder moves them into the AGGREGATE (and makes one when there is none). A SORT above a
 * PROJECT sees the PROJECT's columns first, then the PROJECT's input. No input under these is
 * one empty row. JQL's pipelines stack nodes as their stages come; an AGGREGATE of theirs has its
 * aggregates. */
#ifndef QUERY_PLAN_PLAN_H
#define QUERY_PLAN_PLAN_H

#include "query/plan/expr.h"

enum plan_kind {
  /* relations */
  PLAN_SCAN,
  PLAN_VALUES,
  PLAN_FILTER,
  PLAN_PROJECT,
  PLAN_SORT,
  PLAN_LIMIT,
  PLAN_DISTINCT,
  PLAN_AGGREGATE,
  PLAN_JOIN,
  PLAN_DERIVED, /* a SELECT in FROM: its columns under an alias; the binder makes it a PROJECT */
  PLAN_UNNEST,  /* rows of `input` (none: one empty row) beside the elements of the list exprs[0] */
  PLAN_SET_OPERATION, /* UNION, INTERSECT, EXCEPT of input and right */
  PLAN_WINDOW,        /* the input's columns and one for each WINDOW of exprs */
  PLAN_WITH,          /* input, which may read the ctes */
  PLAN_CTE,           /* reads cte */
  PLAN_STAGE,         /* a stage of a document pipeline: stage */
  /* changes: yield no rows but a count, unless `returning` */
  PLAN_INSERT,
  PLAN_UPDATE,
  PLAN_DELETE,
  PLAN_MERGE, /* its input's rows: those of a source beside the collection's document, or MISSING */
  PLAN_SEQUENCE, /* changes: `input`, then `right`, which may be a SEQUENCE, or NULL (JQL) */
  /* catalog */
  PLAN_CREATE_COLLECTION,
  PLAN_DROP_COLLECTION,
  PLAN_RENAME_COLLECTION,
  PLAN_CREATE_INDEX,
  PLAN_DROP_INDEX,
  PLAN_REINDEX,     /* index_name, of the collection or any; without: all of it, or of all */
  PLAN_CREATE_VIEW, /* of `input`, whose text is view_text */
  PLAN_DROP_VIEW,
  PLAN_CREATE_SEQUENCE, /* sequence, called new_name */
  PLAN_ALTER_SEQUENCE,  /* sequence and its `says`, called new_name */
  PLAN_DROP_SEQUENCE,
  PLAN_CREATE_SOUL,
  PLAN_CHANGE_COLLECTION, /* its rules, or whether an index is hidden: rules */
  PLAN_EVOLVE_SOUL,
  PLAN_SHOW_COLLECTIONS,
  PLAN_SHOW_INDEXES,
  PLAN_TELL_CATALOG, /* documents in MongoDB's shape about what `tells` says */
  PLAN_TELL_SOUL,    /* what is to be told about souls: soul->about */
  /* session */
  PLAN_BEGIN,
  PLAN_COMMIT,
  PLAN_ROLLBACK,
  PLAN_SAVEPOINT, /* its name is new_name */
  PLAN_ROLLBACK_TO,
  PLAN_RELEASE,
  PLAN_PREPARE,    /* the statement `alias` by the name new_name */
  PLAN_EXECUTE,    /* it, with the constants and parameters of exprs */
  PLAN_DEALLOCATE, /* new_name; none: all */
  PLAN_SET_OPTION, /* SET new_name = alias; these are run by the session, not by query/exec:
                      plan_is_session */
  PLAN_EXPLAIN     /* of input */
};

struct collection; /* model/catalog */

/** A name of WITH: a query of its own. One struct for all that read it. */
struct plan_cte {
  struct slice name;
  struct slice *names; /* of its columns, as asked; may be fewer than there are */
  uint32_t names_count;
  struct plan *plan;
  bool recursive;    /* WITH RECURSIVE: plan may read the cte itself */
  bool reads_itself; /* it does: plan is a PLAN_SET of a start and a step */
  bool is_bound, is_binding;
  uint32_t reads; /* how often it is read */
  uint64_t offset;
  struct plan_column *columns;
  uint32_t columns_count;
};

/** One output column. */
struct plan_column {
  struct slice name;
  struct slice source; /* alias of the collection it comes from; empty if computed */
  const struct collection *collection; /* of a document column, bound; may be NULL */
  bool is_document;                    /* holds whole documents of `source` */
  bool is_spread;                      /* its fields stand in the result's document directly */
  bool is_hidden;                      /* needed by a later node, not part of the result */
  bool is_qualified; /* reached as source.name only, and by source.*: a USING joined it with others
                      */
  const struct slice *without; /* of documents: attributes that USING joined with others */
  uint32_t without_count;
  uint8_t type;                    /* enum val_type if known, VAL_MISSING = dynamic */
  bool is_sensitive;               /* computed from a sensitive attribute */
  const struct collection *origin; /* its values are those at `origin_path` of documents of this
                                      closed collection; NULL: not known to be any's */
  struct path origin_path;
};

struct plan_sort_key {
  struct expr *expr;
  bool descending;
  bool nulls_first, nulls_last; /* neither: as the language has it (order_mongo or SQL: NULLS LAST
                                   ascending, FIRST descending) */
  bool mongo; /* MongoDB's rules: null least, list by its least or greatest element */
};

enum plan_join_kind {
  PLAN_JOIN_INNER,
  PLAN_JOIN_LEFT,
  PLAN_JOIN_CROSS,
  PLAN_JOIN_RIGHT, /* unbound: the binder exchanges the sides */
  PLAN_JOIN_FULL,
  PLAN_JOIN_SEMI, /* left rows that match, once */
  PLAN_JOIN_ANTI  /* left rows that match nothing */
};
enum plan_set_op { PLAN_UNION, PLAN_INTERSECT, PLAN_EXCEPT };

enum plan_update_op {
  PLAN_SET,
  PLAN_UNSET,
  PLAN_INC,
  PLAN_MUL,
  PLAN_MIN,
  PLAN_MAX,
  PLAN_RENAME,
  PLAN_PUSH,
  PLAN_ADD_TO_SET,
  PLAN_POP,
  PLAN_PULL,
  PLAN_SET_ON_INSERT,
  PLAN_BIT
};

/** `$[name]` stands for the elements that `match` (of an element) finds. */
struct plan_array_filter {
  struct slice name;
  struct match *match;
};

/** How $push places what it adds; constants, NULL what was not asked for. */
struct plan_push {
  struct expr *position, *slice, *sort;
};

/** One change of an UPDATE. */
struct plan_update_item {
  enum plan_update_op op;
  struct path path;
  struct expr *value;  /* SET INC …; PUSH: a value, or a list with `each` */
  struct match *match; /* PULL by a condition (slot: the element) */
  bool each;
  bool positional; /* the path has `$`, `$[]` or `$[name]` steps */
  struct plan_push *push;
  uint32_t written; /* which it was, as they were written: they stand in the order they are done */
  uint64_t offset;
};

/** A key of an index. */
struct plan_index_key {
  struct path path;        /* empty: computed */
  struct expr *expression; /* NULL: the path; unbound, a name that is one may stand here too */
  struct slice text;       /* of the expression; set when the statement is prepared */
  bool descending, hashed;
};

/** What an INSERT does with a document whose key, or value of a unique index, is there. */
enum plan_conflict_action {
  PLAN_CONFLICT_FAILS,
  PLAN_CONFLICT_SKIPS,
  PLAN_CONFLICT_REPLACES,
  PLAN_CONFLICT_UPDATES,
  PLAN_CONFLICT_ROLLS_BACK /* only in the front end: FAILS, and the root's rolls_back */
};
struct plan_conflict {
  enum plan_conflict_action action;
  /* Keys of the index; none: whichever conflicts. Bound, an expression has its text */
  struct plan_index_key *targets;
  uint32_t targets_count;
  /* UPDATES: over the document that is there and, as `excluded`, the one that was to be inserted */
  struct plan_update_item *updates;
  uint32_t updates_count;
  struct expr *condition;
  uint64_t offset;
};

/** What an INSERT does with values for what is GENERATED ALWAYS: they are refused, taken, or the
 * system's own are. */
enum plan_overriding { PLAN_OVERRIDING_NOTHING, PLAN_OVERRIDING_SYSTEM, PLAN_OVERRIDING_USER };

enum plan_merge_action {
  PLAN_MERGE_UPDATE,
  PLAN_MERGE_DELETE,
  PLAN_MERGE_KEEP, /* of matched rows, as those before */
  PLAN_MERGE_INSERT,
  PLAN_MERGE_SKIP
};
/** A WHEN of MERGE: the first that fits a row acts. */
struct plan_merge {
  enum plan_merge_action action;
  struct expr *condition; /* may be NULL */
  struct plan_update_item *updates;
  uint32_t updates_count;
  struct expr *document; /* INSERT */
  uint64_t offset;
};

/** How a SCAN is to read, as the statement asks: by the index of a name or of keys, or by the key;
 * natural: everything, in the order of keys or backwards. */
struct plan_hint {
  struct slice name;
  /* Of the index (JQL's min and max): entries from the first on, up to before the other; values of
   * all its keys, whose paths they name. NULL: it begins with its first, ends with its last. */
  struct val *from, *to;
  struct path *edge_paths;
  uint32_t edge_count;
  struct plan_index_key *keys;
  uint32_t keys_count;
  bool is_key, is_natural, is_backwards;
  bool is_wish; /* SQL's: never at the price of rows that the index lacks */
};

/** What a statement about souls tells. */
enum plan_about {
  PLAN_ABOUT_SOULS,      /* all there are */
  PLAN_ABOUT_COLLECTION, /* its attributes */
  PLAN_ABOUT_STORAGE,    /* where they live */
  PLAN_ABOUT_LINEAGE,
  PLAN_ABOUT_SOURCE,    /* the statement that makes it */
  PLAN_ABOUT_CHANGES,   /* between two souls */
  PLAN_ABOUT_EVOLUTION, /* what an evolution would do */
  PLAN_ABOUT_SUGGESTION
};

/** CREATE SOUL, EVOLVE SOUL and what is told about souls. */
struct plan_soul {
  struct slice json;                    /* the genotype, or a merge patch of it */
  struct plan_made_sequence *sequences; /* CREATE: made with it, and gone with it */
  uint32_t sequences_count;
  bool merge;
  bool is_table; /* CREATE TABLE: that it is there already is an error, also with this very soul */
  enum plan_about about;
  struct slice other; /* the soul to compare with */
  /* Expressions of `json` that make values of beings as they were, to be looked at: the evolution
   * reads them itself. */
  struct expr **usings;
  uint32_t usings_count;
};

/** What a PLAN_TELL_CATALOG tells. */
enum plan_tells {
  PLAN_TELLS_COLLECTIONS,
  PLAN_TELLS_INDEXES,
  PLAN_TELLS_COLLECTION_STATS,
  PLAN_TELLS_INDEX_STATS
};

/** What JQL's `create` and `collMod` ask for; what is not given stays as it is. */
struct plan_rules {
  bool has_validator, has_validation, has_warns;
  struct slice validator, collation; /* tagged JSON; empty: none */
  uint8_t validation;                /* enum catalog_validation */
  bool warns;
  bool has_hidden, hidden; /* of the index that the plan names or whose keys it has */
  bool has_expiry;         /* the same */
  uint32_t expire_s;
  uint64_t capped_bytes; /* 0: not asked for */
  bool has_capped_documents;
  uint64_t capped_documents; /* 0: no limit */
  bool only_capped;          /* what is not capped is not to become so */
  bool has_series;           /* create: a time series; collMod: how it is told */
  struct slice time_field, meta_field;
  uint8_t granularity; /* enum catalog_granularity */
  uint32_t span_s;
  bool has_lifetime, is_lasting; /* of a time series: lifetime_s; or it does not expire */
  uint32_t lifetime_s;
};

/** CREATE SEQUENCE, cache 0: as the model has it; ALTER SEQUENCE. */
struct plan_sequence {
  int64_t start, increment, minimum, maximum, cache;
  bool cycles;
  struct slice owner; /* a collection */
  struct {
    bool start, increment, minimum, maximum, cache, cycles, owner, restart, next;
  } says;       /* what was said */
  int64_t next; /* RESTART WITH */
};

/** A sequence that a column makes: SERIAL, IDENTITY. */
struct plan_made_sequence {
  struct slice name;
  struct plan_sequence options;
};

/** An UPDATE by key, and others that are like it but for their keys and the values of their
 * updates. Keys are scalar: each is equal to one document's at most. */
struct plan_points {
  struct val *keys;     /* count of them; the first are the plan's own */
  struct val *operands; /* of each as many as the plan has updates, as those were written */
  uint32_t count;
};

struct plan_stage;    /* query/plan/stage.h */
struct plan_physical; /* query/opt: how the node is to be run */

/** Of a command that is explained. */
struct plan_shown {
  uint32_t query_hash;     /* of what is asked, whatever the values are */
  bool all_plans;          /* verbosity allPlansExecution */
  struct val pipeline;     /* of an aggregate, as it is written; MISSING: of another command */
  uint32_t pipeline_reads; /* so many stages at its beginning are what a find could ask */
};

struct plan {
  enum plan_kind kind;
  struct plan *input, *right; /* `right`: JOIN and SEQUENCE only */
  uint64_t offset;

  struct plan_column *columns; /* what the node yields; set by the binder */
  uint32_t columns_count;

  /* SCAN INSERT UPDATE DELETE CREATE_… DROP_… */
  struct slice collection_name, alias, new_name;
  const struct collection
      *collection;       /* bound; NULL for a missing collection that is empty (JQL) */
  bool missing_is_empty; /* JQL: a missing collection is empty; else an error with a suggestion */
  bool if_exists, if_not_exists;
  const struct slice *dropped; /* DROP_COLLECTION: all that the statement drops, by their names */
  uint32_t dropped_count;
  bool is_temporary;      /* CREATE …, INSERT that creates: it belongs to the session */
  struct plan_hint *hint; /* SCAN; NULL: the optimizer chooses */
  bool shows_rows; /* SCAN: documents have their row number as `$recordId` behind their fields */

  /* FILTER; JOIN: the ON condition; DELETE and UPDATE take their rows from `input` */
  struct expr *condition;
  enum plan_join_kind join;
  bool is_comma;   /* JOIN CROSS: written with a comma */
  bool is_natural; /* JOIN, unbound: USING what both sides have */
  struct slice *using_names;
  uint32_t using_count;
  bool is_lateral; /* JOIN: `right` reads the left row as EXPR_OUTER: exprs, over the left */

  enum plan_set_op set_op;
  bool is_corresponding; /* SET: columns go together by names: using_names, or those both have */
  bool all;              /* SET: duplicates stay */
  bool is_derived;       /* PROJECT: made of a DERIVED; column names do not matter above it */
  bool is_value;         /* PROJECT: SELECT VALUE: its only expression is the row itself */
  bool is_single;        /* PROJECT, unbound: PIVOT: one row, whatever stands below */
  bool has_ordinality;   /* UNNEST: the element's number follows it */
  bool from_zero;        /* UNNEST: that number is the index (AT), not the ordinal */
  bool is_pairs; /* UNNEST: of a map, each value with its name instead of a number (UNPIVOT) */
  bool is_outer; /* UNNEST: a row without elements stays, beside MISSING */

  struct plan_cte **ctes; /* WITH */
  uint32_t ctes_count;
  struct plan_cte *cte; /* CTE; NULL while unbound: collection_name says which */

  /* PROJECT: exprs and columns' names. AGGREGATE: first the keys (keys_count), then the aggregates.
   * VALUES: rows_count rows of exprs_count / rows_count. DISTINCT: over all columns; or with
   * `unwind` over what exprs[0], a NAME, reaches through lists, one column (MongoDB's distinct) */
  struct expr **exprs;
  struct slice *names; /* as asked by AS, else empty: the binder names the column */
  uint32_t exprs_count, keys_count, rows_count;
  /* AGGREGATE: names given to keys (GROUP BY a + b AS k; NULL: none), and what GROUP AS calls the
   * list of the group's rows, with the aggregate that makes it */
  struct slice *key_names;
  struct slice group_name;
  struct expr *group_rows;

  bool unwind;       /* DISTINCT */
  uint32_t on_count; /* DISTINCT ON (exprs); 0: over all columns */
  uint64_t *sets;    /* AGGREGATE with GROUPING SETS: bit k: key k is grouped by */
  uint32_t sets_count;

  struct plan_sort_key *sort;
  uint32_t sort_count;

  /* LIMIT: constants or parameters; NULL = none. SORT: the same, WITH TIES: rows equal to the last
   * come too */
  struct expr *limit, *skip;

  /* INSERT: `exprs` are rows_count documents (maps) when names_count is 0; else rows_count x
   * names_count values for `names` */
  uint32_t names_count;
  bool knows_names;            /* INSERT: names within documents stand by ids, where they have a
                                  dictionary */
  const struct val *documents; /* INSERT: rows_count of them in place of exprs: roots of documents
                                  with that dictionary, whose headers a run may write */
  bool upsert;                 /* UPDATE: insert when nothing matches (JQL) */
  bool multi;                  /* UPDATE, DELETE: all matches, not just the first (LQL always) */
  bool ordered;       /* INSERT, UPDATE of points: stop at the first failure (JQL ordered) */
  bool is_positional; /* INSERT: unnamed values, in the order of the attributes */
  bool creates; /* INSERT: CREATE TABLE … AS: the collection must not be there (if_not_exists: then
                   nothing is done) */
  struct plan_conflict *conflict;  /* INSERT, UPDATE; may be NULL */
  enum plan_overriding overriding; /* INSERT */
  bool yields;        /* INSERT UPDATE DELETE MERGE: documents as they are after (DELETE: were) */
  bool yields_before; /* UPDATE: as they were */
  bool is_truncate;   /* DELETE: TRUNCATE, which means every document */
  bool dry_run;       /* of the root: DRY RUN stands before the statement */
  bool rolls_back;    /* of the root: when it fails, the session's transaction is taken back */
  bool is_apart;      /* UPDATE, DELETE: values are computed for all rows before the first change */
  struct plan_merge **merges; /* MERGE */
  uint32_t merges_count;
  struct plan_update_item *updates;
  uint32_t updates_count;
  struct expr *replacement;   /* UPDATE: the whole document (JQL replace) */
  struct match *filter_match; /* UPDATE: the filter, when a path has the positional `$` */
  struct plan_array_filter *array_filters;
  uint32_t array_filters_count;
  struct plan_points
      *points;          /* UPDATE by key, not multi: done for each of them; NULL: for itself */
  struct val collation; /* UPDATE, DELETE of a SEQUENCE: its own, given as the statement's is */
  const struct err *failure;  /* UPDATE, DELETE of a SEQUENCE: it cannot be done, for this reason */
  struct match *upsert_match; /* equality fields of the filter that an upserted document gets */

  /* CREATE_INDEX DROP_INDEX */
  struct slice index_name;
  struct plan_index_key *index_keys;
  uint32_t index_keys_count;
  bool unique, multikey, nulls_distinct, sparse;
  struct slice index_condition; /* of a partial index: an expression, or (index_matches) a filter of
                                   MongoDB as JSON; empty: all documents */
  bool index_matches;
  struct slice index_collation; /* CREATE_INDEX; see struct index_def */
  struct slice index_wildcard;  /* CREATE_INDEX; see struct index_def */
  bool hidden, expires;         /* CREATE_INDEX; see struct catalog_index */
  uint32_t expire_s;

  struct plan_rules *rules;        /* CREATE_COLLECTION CHANGE_COLLECTION; may be NULL */
  enum plan_tells tells;           /* TELL_CATALOG */
  bool tells_count, tells_storage; /* COLLECTION_STATS: what of it, */
  uint32_t tells_scale;            /* sizes divided by this */
  struct plan_sequence *sequence;
  struct plan_soul *soul; /* CREATE_SOUL, EVOLVE_SOUL, TELL_SOUL */

  struct slice view_text;
  bool replaces;            /* CREATE OR REPLACE VIEW */
  struct plan_stage *stage; /* STAGE */

  bool serializable, read_only; /* BEGIN */
  bool analyze;                 /* EXPLAIN ANALYZE */
  bool as_json;                 /* EXPLAIN (FORMAT JSON): the plan as one document */
  struct plan_shown *shown;     /* EXPLAIN of JQL: what is shown besides; NULL: nothing */
  uint32_t written;             /* of an aggregate that is explained: the last node of so manieth
                                   stage, from 1 on; 0: of none */
  struct plan_physical *physical;
};

enum plan_language { PLAN_LQL, PLAN_NQL, PLAN_JQL };

/** How MongoDB's clients are told what a statement did. */
enum plan_told {
  PLAN_TOLD_PLAIN,
  PLAN_TOLD_CHANGES, /* of updates or deletes: which of them failed, be it the only one */
  PLAN_TOLD_BULK
};

/** What a front end answers for one statement. */
/** Changes of a list that is too long to be planned at once: the portion that follows the plan, and
 * those after it. They are read when their turn comes, by the language, which puts its own behind
 * this. Lives with the statement. */
struct plan_rest {
  struct plan_rest *next; /* NULL: the last */
  uint32_t changes_count; /* at most */
  uint32_t lets_count;    /* of the statement's that it shares */
};

struct statement {
  enum plan_language language;
  struct plan *root;
  struct plan_rest *rest;    /* of a SEQUENCE; NULL: the plan has all changes */
  struct slice text;         /* the statement's text, borrowed */
  uint32_t parameters_count; /* highest ?n / $n seen */
  bool distinct_values;      /* JQL distinct: the reply is a list of values */
  struct val collation;      /* JQL: the specification, a MAP; MISSING: none */
  bool has_views;            /* bound: it reads views, which may change */
  bool is_unsteady;          /* bound: what it calls may answer another thing at each call */
  struct expr **lets;        /* JQL: values of the command's variables, of no rows */
  uint32_t lets_count;
  bool is_momentary;     /* JQL: `new Date()` stands in it, or its kin: it is read anew */
  bool skips_validation; /* JQL: bypassDocumentValidation */
  bool tails, awaits;    /* JQL: it may be gone on with when it has ended; whoever does so waits */
  bool is_count;         /* JQL/NQL count: the reply is a number */
  enum plan_told told;   /* JQL */
  uint64_t time_max_ms;  /* JQL: maxTimeMS; 0: the command sets no limit */
  const char *doubt;     /* bound: a warning about what is written; NULL: none */
};

/** What tells one collation from another: the specification (a MAP) as JSON with its fields in one
 * order, those left out that say what is so anyway. Empty: not a MAP, or the simple one. */
status plan_collation_text(struct arena *arena, const struct val *spec, struct slice *text,
                           struct err *err);
struct plan *plan_node(struct arena *arena, enum plan_kind kind, struct plan *input,
                       uint64_t offset);
/** A deep copy of an unbound plan; NULL when the arena is out. */
struct plan *plan_copy(struct arena *arena, const struct plan *plan);
/** Calls `visit` for a plan's nodes, those of its subqueries and CTEs included, until it answers
 * false; false then. */
typedef bool plan_visit_fn(void *context, const struct plan *node);
bool plan_visit(const struct plan *plan, plan_visit_fn *visit, void *context);
/** True for statements that change data or catalog. */
bool plan_is_write(const struct plan *plan);
/** True for what changes documents: INSERT, UPDATE, DELETE, MERGE and several of them. */
bool plan_is_change(enum plan_kind kind);
/** Puts in the place of an UPDATE or DELETE one that fails for `why`, when its turn comes. */
status plan_put_failure(struct arena *arena, const struct err *why, struct plan **change,
                        struct err *err);
/** True for the failure of one document or change, beside which others may go on. */
bool plan_fails_alone(status failed);
/** True for BEGIN and its kin, which a session runs. */
bool plan_is_session(enum plan_kind kind);
/** "scan", "filter", …: what EXPLAIN calls the node. */
const char *plan_kind_name(enum plan_kind kind);
/** Appends one node, without its inputs, on one line. */
void plan_format_node(const struct plan *plan, struct buf *out);
/** Appends the plan as an indented tree: golden tests and EXPLAIN. */
void plan_format(const struct plan *plan, struct buf *out);

#endif
