/* SPDX-License-Identifier: MIT */
/* Souls: genotypes read, checked, written in their canonical form and named by its hash.
 *
 * A genotype is JSON (docs/souls.md, spec/genotype.schema.json): attributes with types and rules,
 * relations, functions, constraints. Reading finds all faults at once. What belongs to a collection
 * (its alias, openness, population limits, indexes, descriptions) is read beside it and stands
 * outside the hash. A soul is immutable once made and reference-counted: catalog pictures share it.
 *
 * Expressions in genotypes are run through `struct soul_rules_ops`, given by the layer above.
 * Threads: reading a soul is free for all; its programs are taken and given back one user each. */
#ifndef MODEL_SOUL_SOUL_H
#define MODEL_SOUL_SOUL_H

#include "base/mem/arena.h"
#include "base/sync/sync.h"
#include "model/soul/fault.h"
#include "model/soul/rules.h"
#include "model/soul/type.h"
#include "value/path/path.h"

enum {
  SOUL_ATTRIBUTES_MAX = 1000, /* at each level */
  SOUL_RULES_MAX = 2000,
  SOUL_NAME_BYTES_MAX = 120,
  SOUL_TEXT_BYTES_MAX = 1 << 20, /* of a genotype */
  SOUL_HASH_BYTES = 32,
  SOUL_HASH_DIGITS_MIN = 8, /* the first digits of a hash that name a soul, where they name one */
  SOUL_LIMITS_MAX = 16
};
/** No rule, no limit of length. */
#define SOUL_NONE UINT32_MAX

enum soul_on_delete { SOUL_RESTRICT, SOUL_CASCADE, SOUL_SET_NULL };

/** One way a value may change. */
struct soul_transition {
  struct val from, to;
  struct slice guard; /* empty: always */
  uint32_t guard_rule;
};

/** What a soul says of one attribute. Values are MISSING, texts empty, where nothing is said. */
struct soul_attribute {
  struct slice name;
  struct soul_type type;
  bool required, unique, indexed, sensitive, immutable;
  bool is_masked; /* sensitive: itself, around, inside, or what it is computed of */
  /* Of a reference: enum soul_on_delete; what its constraint is called (empty: it goes by the names
   * of collection and attribute); beings that were there before it may name nothing. */
  uint8_t on_delete;
  bool not_valid;
  struct slice constraint;
  struct val default_value, min, max, allowed; /* `allowed`: a LIST */
  uint32_t min_length, max_length;             /* SOUL_NONE = no limit */
  struct slice pattern, computed, default_expression, description;
  uint32_t pattern_rule, computed_rule, default_rule; /* SOUL_NONE, or places in soul->rules */
  struct soul_transition *transitions;
  uint32_t transitions_count;
  bool has_transitions; /* also when none is allowed */
};

enum soul_constraint_kind { SOUL_CHECK, SOUL_UNIQUE };
struct soul_constraint {
  struct slice name;
  enum soul_constraint_kind kind;
  struct slice check;
  bool not_valid; /* beings that were there before it are not known to keep it: only writes are
                     looked at */
  uint32_t check_rule;
  struct slice *attributes; /* UNIQUE */
  uint32_t attributes_count;
};

struct soul_function {
  struct slice name, expression;
};

/** At most `max` beings, in all or for each value of `per`, of those for which `where` holds. */
struct soul_limit {
  uint32_t number; /* of its counters: the model's */
  uint64_t max;
  struct slice *per;      /* as written */
  struct path *per_paths; /* the same */
  uint32_t per_count;
  struct slice where;
  uint32_t where_rule; /* place in the soul's rules, or SOUL_NONE */
};

struct soul_index {
  struct slice name;   /* empty: made from the attributes */
  struct slice *paths; /* texts; "-" before one = descending */
  uint32_t paths_count;
  bool unique;
};

/** What stands beside a genotype, for the collection. */
struct soul_settings {
  struct slice alias;
  bool has_open, open, has_limits, has_indexes;
  struct soul_limit *limits;
  uint32_t limits_count;
  struct soul_index *indexes;
  uint32_t indexes_count;
};

struct soul {
  uint32_t references, number;
  uint8_t id[16], parent_id[16]; /* ULIDs; all zero: not stored yet, no parent */
  uint8_t hash[SOUL_HASH_BYTES];
  int64_t created_us;
  struct slice name, version, description;
  struct soul_attribute *attributes;
  uint32_t attributes_count;
  struct soul_constraint *constraints;
  uint32_t constraints_count;
  struct soul_function *functions;
  uint32_t functions_count;
  struct soul_settings settings;
  struct soul_rule *rules;
  uint32_t rules_count;
  bool has_computed; /* or defaults that are expressions */
  struct arena arena;
  const struct soul_rules_ops *ops; /* borrowed; NULL: no expressions */
  struct mutex lock;                /* the programs at rest */
  struct soul_program *programs;
};

/** Whether `*` leaves an attribute out: it is sensitive, or computed of what is. */
static inline bool soul_leaves_out(const struct soul_attribute *attribute) {
  return attribute->sensitive || (attribute->is_masked && attribute->computed.bytes);
}

/** Whether keys of beings are not to be told: they are sensitive. `soul` NULL: there is none. */
bool soul_hides_keys(const struct soul *soul);

/** Whether an attribute refers to beings, or is a list of references. */
static inline bool soul_refers(const struct soul_attribute *attribute) {
  const struct soul_type *type = &attribute->type;
  return type->kind == SOUL_REF ||
         (type->kind == SOUL_LIST && type->element && type->element->kind == SOUL_REF);
}

/** Reads a genotype (or a map with "genotype" and settings beside it) as somebody gives it into a
 * soul with one reference. LUMA_INVALID_GENOTYPE lists all faults, each with its path; names in
 * expressions that are no attributes are faults unless the collection is left open. `ops` may be
 * NULL: then expressions are faults. */
status soul_read(const struct val *genotype, const struct soul_rules_ops *ops, struct soul **soul,
                 struct err *err);
/** One that was given before, from JSON text: names in its expressions are taken as they are. */
status soul_read_text(struct slice json, const struct soul_rules_ops *ops, struct soul **soul,
                      struct err *err);
/** An expression over beings of the soul that is no part of it: its text, with what the soul's
 * functions stand for, in `arena`. `expression`: its text, and the path that errors tell of it.
 * `has_names`: names that are no attributes are faults. LUMA_INVALID_GENOTYPE. */
status soul_read_expression(const struct soul *soul, const struct soul_rule *expression,
                            bool has_names, struct arena *arena, struct slice *whole,
                            struct err *err);
/** Whether a genotype leaves a collection open: as it says; else one without attributes does. */
bool soul_leaves_open(const struct soul *soul);
void soul_acquire(const struct soul *soul);
/** NULL is fine. */
void soul_release(const struct soul *soul);

/** How a genotype is written. */
enum soul_form {
  SOUL_CANONICAL, /* what is hashed: attributes and keys sorted, descriptions and indexes left out
                   */
  SOUL_SHOWN      /* as declared, with descriptions and indexes */
};
/** Appends the genotype as JSON. */
void soul_write(struct buf *out, const struct soul *soul, enum soul_form form);
/** Appends a map of attributes in canonical form. */
void soul_write_attributes(struct buf *out, const struct soul_attribute *attributes,
                           uint32_t count);
/** Appends population limits as JSON, a list. */
void soul_write_limits(struct buf *out, const struct soul_limit *limits, uint32_t count);
/** The attribute of this name ("_id" is "id"); NULL if there is none. */
const struct soul_attribute *soul_attribute(const struct soul *soul, struct slice name);
/** True when the value at `path` is sensitive, lies in one that is, or has one inside. */
bool soul_is_sensitive(const struct soul *soul, const struct path *path);

/** A program for the soul's rules, for one user until it is given back. LUMA_OK and NULL when there
 * are no rules. */
status soul_take_program(const struct soul *soul, struct soul_program **program, struct err *err);
void soul_give_program(const struct soul *soul, struct soul_program *program);

/** 64 hexadecimal digits. */
void soul_append_hash(struct buf *out, const uint8_t hash[SOUL_HASH_BYTES]);

#endif
