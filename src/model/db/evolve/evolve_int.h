/* SPDX-License-Identifier: MIT */
/* An evolution under way, as the files that make it share it. */
#ifndef MODEL_DB_EVOLVE_INT_H
#define MODEL_DB_EVOLVE_INT_H

#include "model/db/model_int.h"
#include "model/soul/diff.h"
#include "value/edit/edit.h"

enum {
  EVOLVE_FIRST = 10,
  EVOLVE_AT_ONCE = MODEL_WALK_AT_ONCE,
  EVOLVE_RULES_MAX = 64,
  EVOLVE_AT_ONCE_MAX = 5000, /* indexes over more beings are filled, and limits counted, in steps */
  EVOLVE_IN_PARTS = 20000    /* so many are looked at by several threads */
};

struct evolving {
  struct model_txn *txn;
  const struct collection *base; /* as it was */
  const struct model_evolution *request;
  struct soul *fresh;
  struct soul *renamed; /* the old one under its attributes' new names; NULL: it is not known */
  struct soul_hints hints;
  struct soul_diff diff;
  struct collection with;       /* as it is to be; its indexes have room for CATALOG_INDEXES_MAX */
  const struct collection *now; /* `with` as it stands in the picture */
  struct evolution *evolution;  /* of `with`: one reference */
  bool fills[CATALOG_INDEXES_MAX]; /* by place in with.indexes: existing beings are to be put in */
  /* By place in with.indexes: the number of an index that has the same values and is not unique, in
   * which equal ones are looked up; 0: none. Such an evolution is not committed. */
  uint32_t equals[CATALOG_INDEXES_MAX];
  bool looks_up;
  bool narrows; /* what beings are may break a rule */
  bool any_fill;
  /* Population limits, by place in with.limits: those whose beings are counted as they are looked
   * at; those whose counters are looked at; where these showed too many, numbers to count anew who
   * is one too many. */
  bool counts[SOUL_LIMITS_MAX], judges[SOUL_LIMITS_MAX];
  uint32_t over[SOUL_LIMITS_MAX];
  bool counts_limits, judges_limits, lists_over; /* any of these */
  bool rewrites;            /* beings have to be written to get the defaults that they lack */
  bool brings_references;   /* values of beings become references, or name others than before */
  bool *refers;             /* which attributes of `fresh` do so */
  struct model_txn *reader; /* where the beings are that they name */
  struct index_rules *made[CATALOG_INDEXES_MAX + 1]; /* under new names: one reference of each */
  uint32_t made_count;
  struct store_rows *rows; /* room to look up */
  uint64_t beings, in_the_way;
  struct buf first; /* JSON of the first EVOLVE_FIRST beings in the way */
  struct buf ids;   /* their ids, for the message */
};

/** What beings may break, and the attributes that have to be read to know. */
struct evolve_narrowed {
  struct model_narrowed rules;
  const struct soul_attribute *attributes[RECIPE_NAMES_MAX];
  uint32_t checks[EVOLVE_RULES_MAX];
  struct slice names[RECIPE_NAMES_MAX];
  uint32_t names_count;
};

/** The genotype asked for, with the settings that stay, read as a soul. */
status evolve__read(struct evolving *evolving, struct err *err);
/** What was built, kept for the transaction. */
status evolve__keep_built(struct evolving *evolving, struct build *build, struct val *out,
                          struct err *err);
/** Reads the expressions that transform values: hints.transform has their whole texts from now on.
 * LUMA_INVALID_GENOTYPE where one cannot be read, or reads what is no attribute. */
status evolve__read_transforms(struct evolving *evolving, struct err *err);
/** Finds how older beings come to the defaults of new attributes: hints.defaults,
 * evolving->rewrites.
 */
status evolve__find_defaults(struct evolving *evolving, struct err *err);
/** Writes every being anew, which gives it the defaults that it lacks. */
status evolve__give_defaults(struct evolving *evolving, struct err *err);
/** Finds the attributes that are dropped while others take their names: hints.dropped. */
status evolve__find_dropped(struct evolving *evolving, struct err *err);
bool evolve__is_dropped(const struct evolving *evolving, struct slice name);
/** The genotype as it is stored, with its settings, under the names that its attributes are to
 * have.
 */
status evolve__put_renamed(struct evolving *evolving, struct build *build, const struct val *source,
                           struct err *err);
/** The soul with its attributes, and what speaks of them, under these names (a map): one reference.
 */
status evolve__rename_soul(const struct soul *soul, const struct val *names, struct soul **renamed,
                           struct err *err);
/** What the index (of `with`) computes, or with NULL the validator of `with`, under these names. */
status evolve__rename_rules(struct evolving *evolving, struct catalog_index *index,
                            struct err *err);
/** The actions of ALTER TABLE (request->genotype's "actions"), done to the genotype being edited.
 * LUMA_UNKNOWN_FIELD, LUMA_ALREADY_EXISTS. */
status evolve__act(struct evolving *evolving, struct edit *edit, struct err *err);
/** Marks narrowings that no being can stand in the way of, by what the base's soul says of all. */
status evolve__prove(struct evolving *evolving, struct err *err);
/** An action as it was given. */
struct evolve_action {
  struct slice kind, name, to, base;
  struct val value;
  bool if_exists;
};
bool evolve__is_action(const struct evolve_action *action, const char *kind);
/** One on a constraint. */
status evolve__act_on_constraint(struct evolving *evolving, const struct evolve_action *action,
                                 struct edit *edit, struct err *err);
/** LUMA_UNKNOWN_FIELD; `meant` may be empty. */
status evolve__fail_unknown(const struct evolving *evolving, const struct evolve_action *action,
                            const char *what, struct slice meant, struct err *err);
/** The name that an attribute has after the statement's renames. */
struct slice evolve__renamed(const struct evolving *evolving, struct slice name);
/** {"genotype": {PART: {NAME: value}}}, merged in. */
status evolve__merge(struct edit *edit, const char *part, struct slice name,
                     const struct val *value, struct arena *arena, struct err *err);
/** Whether a rule may be broken by beings, other than that values are unique. */
bool evolve__narrows(const struct evolving *evolving);
/** Whether something is made of what beings are. */
bool evolve__takes_in(const struct evolving *evolving);
/** Whether beings have to be looked at. */
bool evolve__looks_at_beings(const struct evolving *evolving);
/** What becomes of the base's population limits and of what was counted for them. LUMA_CONSTRAINT
 * when there are more beings than there may be in all. */
status evolve__follow_limits(struct evolving *evolving, struct err *err);
/** Counts many beings for new limits in transactions of their own: `*counted` when there were any,
 * and the evolution has to begin again. */
status evolve__count_limits(struct evolving *evolving, bool *counted, struct err *err);
/** Finds out in the counters whether there are too many of any value: evolving->lists_over. */
status evolve__judge_limits(struct evolving *evolving, struct err *err);
/** LUMA_LIMIT_REACHED for a being that is one too many. */
status evolve__take_into_limits(struct evolving *evolving, const struct doc *document,
                                struct err *err);
/** The evolution's step by itself, of no two souls: any being takes it. */
status evolve__make_through(const struct evolving *evolving, struct evolution **through,
                            struct err *err);
bool evolve__is_same_step(const struct evolving *evolving, const struct evolution *through);
/** Works out what is narrowed. `*is_enough` false: beings have to be looked at as wholes.
 * `narrowed` stays where it is: it points into itself. */
status evolve__narrowed(const struct evolving *evolving, struct evolve_narrowed *narrowed,
                        bool *is_enough, struct err *err);
/** Tells which beings surely obey what is narrowed. Belongs to one thread. */
struct evolve_view;
struct evolve_sieve {
  struct model_sieve head; /* drops those */
  struct evolve_sieve *self;
  const struct collection *collection;
  const struct evolve_narrowed *narrowed;
  struct soul_program *program;
  struct evolve_view *views;
  const struct evolve_view *last;
  uint32_t views_count;
  struct arena arena;
};
/** Stays where it is; both are borrowed. To be closed even after a failure. */
status evolve__sieve_open(struct evolve_sieve *sieve, const struct collection *collection,
                          const struct evolve_narrowed *narrowed, struct err *err);
/** Zeroes are fine. */
void evolve__sieve_close(struct evolve_sieve *sieve);
/** Whether the transaction may have written beings of the collection before. */
bool evolve__may_have_written(const struct evolving *evolving);
/** Looks at many beings by several threads, as far as the request allows it. `*are_right`: all obey
 * what is narrowed, and count as read; else they are to be looked at one after the other. */
status evolve__look_in_parts(const struct evolving *evolving,
                             const struct evolve_narrowed *narrowed, bool *are_right,
                             struct err *err);
/** Looks at every being as it will be: who does not fit is noted; fills indexes and counters. */
status evolve__look(struct evolving *evolving, struct err *err);
/** Fills indexes over many beings in transactions of their own: `*built` when there was one, and
 * the evolution has to begin again. Of one that cannot be unique the values are filled in, for
 * evolve__look to say whose are equal. */
status evolve__build_indexes(struct evolving *evolving, bool *built, struct err *err);
/** Takes the indexes that were built for this very step into their places among `with.indexes`;
 * drops those that were for others. */
status evolve__take_built(struct evolving *evolving, struct err *err);
/** Drops indexes that were built for an evolution that did not come about. */
status evolve__drop_unwanted(struct evolving *evolving, struct err *err);
/** Finds the attributes that are to refer to what they did not refer to: evolving->refers. */
status evolve__find_references(struct evolving *evolving, struct err *err);
/** Adds the collections that they are to refer to, each once, as far as there is room
 * (MODEL_HOLDS_MAX). */
void evolve__add_targets(const struct evolving *evolving, uint32_t *numbers, uint32_t *count);
/** Beings of these may not go while it is seen whether they are there; nor, afterwards, without
 * looking who refers to them. */
status evolve__watch_targets(struct evolving *evolving, struct err *err);
/** Opens and closes evolving->reader. A serializable transaction notes whatever it reads: one that
 * has written nothing looks elsewhere for many beings that it names, and is watched (above). */
status evolve__begin_reading(struct evolving *evolving, struct err *err);
void evolve__end_reading(struct evolving *evolving);
/** LUMA_CONSTRAINT when the being, as it will be, refers to what is not there. */
status evolve__check_references(struct evolving *evolving, const struct doc *document,
                                struct err *err);
/** One being that stands in the way, and why: the faults of `why`. */
void evolve__note(struct evolving *evolving, const struct doc *document, const struct err *why);

#endif
