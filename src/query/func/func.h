/* SPDX-License-Identifier: MIT */
/* Functions of the query languages. One table, made from spec/functions.tsv, holds them all with
 * what the planner needs to know: how many arguments, whether the answer changes, what a call
 * costs. Functions are plain C over values. Any thread. */
#ifndef QUERY_FUNC_FUNC_H
#define QUERY_FUNC_FUNC_H

#include "base/core/err.h"
#include "base/mem/arena.h"
#include "base/text/buf.h"
#include "value/val/val.h"

struct zones;          /* query/locale */
struct regex_cache;    /* query/regex */
struct jsonpath_cache; /* query/jsonpath */
struct rng;            /* base/ds */
struct collation;      /* query/locale */
struct collation_named;
struct soul_numbers; /* model/soul/rules.h */

/** What a call may read beside its arguments, and where its results live. */
struct func_env {
  uint64_t now_us;     /* the statement's time */
  struct arena *arena; /* results; lives as long as the batch */
  struct buf *scratch; /* for building; empty between calls */
  struct zones *zones; /* time zones by name */
  struct regex_cache *regexes;
  struct jsonpath_cache *paths;       /* NULL: none are kept */
  struct collation_named *named;      /* of COLLATE */
  struct rng *chance;                 /* for volatile functions */
  struct collation *collation;        /* of MongoDB's comparisons; NULL: by bytes */
  const struct soul_numbers *numbers; /* of sequences; NULL: there are none */
  uint64_t *clashes; /* counts calls that met types they do not take: the answer is then NULL */
};

/** `args` are not null when the function is strict. Borrowed results live as long as the arguments
 * or the arena. */
typedef status func_call(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err);

enum func_volatility {
  FUNC_IMMUTABLE, /* the same answer for the same arguments: folded */
  FUNC_STABLE,    /* the same within one statement */
  FUNC_VOLATILE
};

enum { FUNC_ARGS_MAX = 100 };

struct func {
  const char *name; /* lower case */
  uint8_t args_min, args_max;
  uint8_t volatility; /* enum func_volatility */
  bool strict;        /* NULL in, NULL out, without a call */
  bool lazy; /* arguments are evaluated one after the other until the answer is known: coalesce */
  uint8_t type;  /* enum val_type of the result when known, else VAL_MISSING */
  uint16_t cost; /* nanoseconds, roughly */
  func_call *call;
  const char *usage; /* "substr(text, start [, length])" */
  const char *about;
};

/** By name without case; NULL if there is none. */
const struct func *func_find(struct slice name);
/** Function `nth` in the order of the names; NULL past the end. */
const struct func *func_at(uint32_t nth);
/** Fills `err` with LUMA_UNKNOWN_FUNCTION and the nearest name as hint; answers that status. */
status func_fail_unknown(struct slice name, struct err *err);

/** Converts to `type`, as CAST does: LUMA_INVALID_VALUE when the value does not read as one. Text
 * results live in env->arena. */
status func_cast(struct func_env *env, const struct val *value, enum val_type type, struct val *out,
                 struct err *err);
/** a || b where one is a list (the other an element, or more of them), or both are maps (what the
 * second has counts). */
status func_join_made(struct func_env *env, const struct val *a, const struct val *b,
                      struct val *out, struct err *err);
/** a - b where `a` is a map or a list: without a name, a place, or several names. */
status func_remove_made(struct func_env *env, const struct val *a, const struct val *b,
                        struct val *out, struct err *err);
enum { FUNC_STEPS_MAX = 64 };
/** Steps of a path: a list, or PostgreSQL's '{a,0,"b c"}', each a text. False when it is none, or
 * has more than `most`. */
bool func_read_steps(const struct val *path, struct val *steps, uint32_t most, uint32_t *count);
/** A name as SQL writes it: in quotes where it needs them. */
void func_append_identifier(struct buf *out, struct slice name);
/** The value as people read it: text as it is, all else as plain JSON. Appends. */
void func_append_text(struct buf *out, const struct val *value);

#endif
