/* SPDX-License-Identifier: MIT */
/* Expressions of genotypes, as the layer above runs them: checks, computed attributes, defaults,
 * guards, patterns. The model knows their texts and when they apply; how they are read and run is
 * behind this table. */
#ifndef MODEL_SOUL_RULES_H
#define MODEL_SOUL_RULES_H

#include "base/core/err.h"
#include "base/mem/arena.h"
#include "base/text/buf.h"
#include "value/path/path.h"
#include "value/val/val.h"

enum soul_rule_kind {
  SOUL_RULE_CONDITION, /* an expression that is true, false or null */
  SOUL_RULE_VALUE,     /* an expression of any type */
  SOUL_RULE_PATTERN,   /* a regular expression */
  SOUL_RULE_LASTING,   /* a condition whose answer depends on the document alone */
  SOUL_RULE_FIXED,     /* an expression of any type whose value does */
  SOUL_RULE_MATCH,     /* a filter document of MongoDB, as tagged JSON: true or false */
  SOUL_RULE_COLLATION  /* MongoDB's specification of a collation, as tagged JSON */
};

struct soul_rule {
  enum soul_rule_kind kind;
  struct slice text;
  struct slice path; /* where a genotype has it; empty: nowhere */
};

/** What a session tells of what it did. */
enum soul_told {
  SOUL_TOLD_NUMBER,    /* the number taken last from any sequence; an error when there is none */
  SOUL_TOLD_FIRST_KEY, /* of the documents inserted last, the first; NULL: there were none */
  SOUL_TOLD_LAST_KEY,
  SOUL_TOLD_CHANGES, /* documents that the last change touched */
  SOUL_TOLD_TOTAL    /* since the session began */
};

/** Who gives the numbers of sequences; calls that are NULL are not there. */
struct soul_numbers {
  void *context;
  status (*next)(void *context, struct slice name, int64_t *number, struct err *err);
  status (*current)(void *context, struct slice name, int64_t *number, struct err *err);
  status (*set)(void *context, struct slice name, int64_t number, bool is_given, struct err *err);
  /** The value borrows from the session until its next change. */
  status (*told)(void *context, enum soul_told what, struct val *value, struct err *err);
};

/** The rules of one soul, compiled. Belongs to one thread at a time. Implementations begin with
 * this. */
struct soul_program {
  struct soul_program *next;   /* the soul's: programs at rest */
  uint64_t now_us;             /* what now() answers; set by the user before a run */
  struct soul_numbers numbers; /* likewise */
};

/** Told of a path that an expression reads. */
typedef void soul_reads_fn(void *context, const struct path *path);

/** Where an attribute stands in documents of one shape. */
enum soul_place_kind {
  SOUL_PLACE_UNKNOWN, /* its value is not there as it is read */
  SOUL_PLACE_NONE,    /* they have no such attribute */
  SOUL_PLACE_STORED,  /* field `index` */
  SOUL_PLACE_FIXED    /* all have `value` */
};
struct soul_place_in {
  enum soul_place_kind kind;
  uint32_t index;
  struct val value; /* borrowed for as long as what is made of it */
};
struct soul_places {
  struct soul_place_in (*find)(void *context, struct slice name);
  void *context;
};

/** Memory for the texts of values that are made quickly: at least `at_once` bytes are taken. */
struct soul_room {
  struct arena *arena; /* NULL: what is left is all */
  size_t at_once;
  uint8_t *at;
  size_t left;
};

/** What is sure of a value, whatever the being. */
struct soul_sure {
  uint8_t type; /* enum val_type, where it is not null; VAL_MISSING: nothing is sure */
  bool may_be_null;
  bool is_true;        /* BOOL: where it is not null */
  int64_t least, most; /* INT64 */
};
/** What is sure of the attributes of beings. */
struct soul_known {
  struct soul_sure (*of)(void *context, struct slice name);
  void *context;
};

/** Makes the values of one expression for documents of one shape, each where it stands: most
 * expressions of evolutions are so simple that this takes a few nanoseconds, less than it takes to
 * find what was made before. Immutable; any thread. Implementations begin with this. */
struct soul_quick {
  /** The value that `run` gives; false: that is to be asked, because the value is another than most
   * are, an error, or there is no memory. `map`: the tag of the document's map. The value borrows
   * from the document, from this and from the room's arena. */
  bool (*make)(const struct soul_quick *quick, const uint8_t *map, struct soul_room *room,
               struct val *value);
  /** Writes it encoded, as value/doc/made.h has it, where there is room for `bytes`. Its bytes; 0
   * where `make` is false, where the value is neither of this type (enum val_type) nor null, or
   * there is no room. What lies in the room behind the value may change, too. */
  uint32_t (*write)(const struct soul_quick *quick, const uint8_t *map, uint8_t type, uint8_t *room,
                    size_t bytes);
  /** Whether a condition is true or null; false also where that is not sure. */
  bool (*holds)(const struct soul_quick *quick, const uint8_t *map);
};

struct soul;
struct catalog;
struct collection;

struct soul_rules_ops {
  /** Appends the text of the rule (no PATTERN) with its attributes under new names: `renames` maps
   * old ones to new ones, all at once. The rest of the text stays as it was written; functions of
   * the genotype may be called in it. `soul` as in create. */
  status (*rename)(const struct soul *soul, const struct soul_rule *rule, const struct val *renames,
                   struct buf *out, struct err *err);
  /** Compiles all; a fault is that of rule `*failed`. Names that are attributes of `soul` but for
   * their case, are these attributes; NULL: of no soul. */
  status (*create)(const struct soul *soul, const struct soul_rule *rules, uint32_t count,
                   struct soul_program **program, uint32_t *failed, struct err *err);
  /** LUMA_TYPE_MISMATCH where what the soul declares of attributes says that the expression (a
   * CONDITION or a VALUE) cannot be. */
  status (*check_types)(const struct soul *soul, const struct soul_rule *rule, struct err *err);
  void (*destroy)(struct soul_program *program);
  /** The value of rule `nth` for each of `count` documents (at most 1,024; MAPs of one dictionary)
   * into `values`; what they borrow lives in `arena` or the documents. */
  status (*run)(struct soul_program *program, uint32_t nth, const struct val *documents,
                uint32_t count, struct arena *arena, struct val *values, struct err *err);
  /** Whether the value of expression `nth` depends on the document alone. */
  bool (*lasts)(const struct soul_program *program, uint32_t nth);
  /** Whether expression `nth` has the same value for all documents at one moment: it reads none,
   * and nothing that changes from one call to the next. */
  bool (*is_common)(const struct soul_program *program, uint32_t nth);
  /** Tells of each path into the being that expression `nth` reads; an empty one: all of it. */
  void (*reads)(const struct soul_program *program, uint32_t nth, soul_reads_fn *tell,
                void *context);
  /** Whether expression `nth` takes numbers of a sequence that it names. */
  bool (*takes_from)(const struct soul_program *program, uint32_t nth, struct slice sequence);
  /** What makes the values of expression `nth` quickly, in `arena`; NULL: it has to be run, or
   * memory is out. */
  const struct soul_quick *(*quicken)(const struct soul_program *program, uint32_t nth,
                                      const struct soul_places *places, struct arena *arena);
  /** What is sure of the value of expression `nth` by what is known of attributes; of type
   * VAL_MISSING also where running it may fail. */
  struct soul_sure (*assure)(const struct soul_program *program, uint32_t nth,
                             const struct soul_known *known);
  /** Narrows what is sure of an attribute of beings for which condition `nth` is not false. */
  void (*confine)(const struct soul_program *program, uint32_t nth, struct slice name,
                  struct soul_sure *sure);
  /** Whether the SELECT of a view stands for something in a picture of the catalog: LUMA_OK, or
   * what it lacks. */
  status (*bind_view)(const struct catalog *catalog, const struct collection *view,
                      struct err *err);
  /** The value with its texts as sort keys of collation `nth`; borrows from the program until the
   * next call. */
  status (*fold)(struct soul_program *program, uint32_t nth, const struct val *value,
                 struct val *key, struct err *err);
  /** Whether pattern `nth` matches anywhere in the text. */
  status (*match)(struct soul_program *program, uint32_t nth, struct slice text, bool *matches,
                  struct err *err);
};

#endif
