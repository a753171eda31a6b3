/* SPDX-License-Identifier: MIT */
/* Places in regions: a value is a place, or a list of places one of which fits. */
#include "query/expr/matcher_int.h"
#include "query/expr/program.h"
#include "query/mongo/mongo.h"

/** What a test needs of memory is given back at once: a matcher tests any number of values. */
status matcher__test_geo(const struct matcher *matcher, const struct val *v, bool *matches,
                         struct err *err) {
  const struct func *function = mongo_function(slice_of_text("$geoTest"));
  struct arena *arena = matcher->env->arena;
  struct func_env call = expr_env_call(matcher->env, arena);
  const struct val args[] = {*v, matcher->value, val_bool(matcher->op == MATCH_GEO_MEETS)};
  struct arena_mark mark = arena_mark(arena);
  struct val answer = val_bool(false);
  status tested = function->call(&call, args, sizeof args / sizeof args[0], &answer, err);
  arena_rewind(arena, mark);
  *matches = answer.boolean;
  return tested;
}

/** A wrong region is one whatever the documents are: a test of nothing tells. */
status matcher__set_geo(struct expr_env *env, struct matcher *matcher, struct err *err) {
  const struct val nothing = val_missing();
  bool matches = false;
  matcher->env = env;
  return matcher__test_geo(matcher, &nothing, &matches, err);
}
