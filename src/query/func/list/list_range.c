/* SPDX-License-Identifier: MIT */
/* Parts of lists, and lists beside each other. */
#include "query/func/func_int.h"
#include "value/doc/build.h"

/* Where an index points: from the end if it is negative. MISSING: `otherwise`. */
static bool read_bound(const struct val *bound, int64_t count, int64_t otherwise, int64_t *at) {
  *at = otherwise;
  if (bound->type == VAL_MISSING) return true;
  if (!val_is_number(bound) || !val_to_int64(bound, at)) return false;
  if (*at < 0) *at += count;
  return true;
}

/** list[from:to], both included and counted from 0; a bound that is MISSING is the list's own. */
status func__array_range(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  struct build build;
  int64_t from = 0, to = 0;
  (void)count;
  *out = val_null();
  for (uint32_t i = 0; i < 3; i++)
    if (args[i].type == VAL_NULL || (i == 0 && args[i].type == VAL_MISSING)) return LUMA_OK;
  if (args[0].type != VAL_LIST) return func__clash(env, out);
  int64_t elements = val_count(&args[0]);
  if (!read_bound(&args[1], elements, 0, &from) || !read_bound(&args[2], elements, -1, &to))
    return func__clash(env, out);
  if (args[2].type == VAL_MISSING) to = elements - 1;
  if (from < 0) from = 0;
  if (to > elements - 1) to = elements - 1;
  func__list_begin(env, &build);
  for (int64_t i = from; i <= to; i++) {
    struct val element = val_at(&args[0], (uint32_t)i);
    build_put(&build, &element);
  }
  return func__built(env, &build, out, err);
}

/** The nth elements of all lists as one list each; a shorter list counts as if it had NULLs. */
status func__array_zip(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  struct build build;
  struct val null = val_null();
  uint32_t rows = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (val_is_null(&args[i])) continue;
    if (args[i].type != VAL_LIST) return func__clash(env, out);
    if (val_count(&args[i]) > rows) rows = val_count(&args[i]);
  }
  func__list_begin(env, &build);
  for (uint32_t row = 0; row < rows; row++) {
    build_begin_list(&build);
    for (uint32_t i = 0; i < count; i++) {
      bool has = args[i].type == VAL_LIST && row < val_count(&args[i]);
      struct val element = has ? val_at(&args[i], row) : null;
      build_put(&build, &element);
    }
    build_end(&build);
  }
  return func__built(env, &build, out, err);
}
