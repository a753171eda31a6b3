/* SPDX-License-Identifier: MIT */
/* Operators of arrays that need no expression for their elements. */
#include "query/mongo/mongo_int.h"

enum { RANGE_BYTES_MAX = 100 << 20, RANGE_ELEMENT_BYTES = 14 };

static status fail_array(struct err *err, uint32_t code, const char *name, const struct val *v) {
  return mongo_fail(err, code, "%s requires an array argument, but received a value of type: %s",
                    name, mongo_type_name(v));
}

/** An index from the front, or (negative) from the end. */
static bool find_index(int64_t index, uint32_t count, uint32_t *at) {
  if (index < 0) index += count;
  if (index < 0 || index >= (int64_t)count) return false;
  *at = (uint32_t)index;
  return true;
}

status mongo__array_elem_at(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  (void)env, (void)count;
  const struct val *list = &args[0], *index = &args[1];
  int32_t whole = 0;
  uint32_t at = 0;
  *out = val_null();
  if (val_is_null(list) || val_is_null(index)) return LUMA_OK;
  if (list->type != VAL_LIST)
    return mongo_fail(err, 28689, "$arrayElemAt's first argument must be an array, but is %s",
                      mongo_type_name(list));
  if (!val_is_number(index))
    return mongo_fail(err, 28690,
                      "$arrayElemAt's second argument must be a numeric value, but is %s",
                      mongo_type_name(index));
  if (!mongo__whole32(index, &whole))
    return mongo_fail(err, 28691,
                      "$arrayElemAt's second argument must be representable as a 32-bit integer");
  *out = find_index(whole, val_count(list), &at) ? val_at(list, at) : val_missing();
  return LUMA_OK;
}

static status end_of(const char *name, const struct val *list, bool last, struct val *out,
                     struct err *err) {
  *out = val_null();
  if (val_is_null(list)) return LUMA_OK;
  if (list->type != VAL_LIST)
    return mongo_fail(err, 28689, "%s's argument must be an array, but is %s", name,
                      mongo_type_name(list));
  uint32_t count = val_count(list);
  *out = count ? val_at(list, last ? count - 1 : 0) : val_missing();
  return LUMA_OK;
}

status mongo__first(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)env, (void)count;
  return end_of("$first", args, false, out, err);
}

status mongo__last(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)env, (void)count;
  return end_of("$last", args, true, out, err);
}

status mongo__size(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)env, (void)count;
  if (args[0].type != VAL_LIST) return fail_array(err, 17124, "$size", &args[0]);
  *out = val_int32((int32_t)val_count(&args[0]));
  return LUMA_OK;
}

status mongo__is_array(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  (void)env, (void)count, (void)err;
  *out = val_bool(args[0].type == VAL_LIST);
  return LUMA_OK;
}

status mongo__in(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  (void)count;
  const struct val *list = &args[1];
  struct val wanted;
  TRY(mongo__key(env, &args[0], &wanted, err));
  if (list->type != VAL_LIST)
    return mongo_fail(err, 40081, "$in requires an array as a second argument, found: %s",
                      mongo_type_name(list));
  bool found = false;
  for (uint32_t i = 0; i < val_count(list) && !found; i++) {
    struct val element = val_at(list, i);
    TRY(mongo__key(env, &element, &element, err));
    found = val_is_equal(&element, &wanted);
  }
  *out = val_bool(found && args[0].type != VAL_MISSING);
  return LUMA_OK;
}

/** A list of elements [from, to). */
static status cut(struct func_env *env, const struct val *list, uint32_t from, uint32_t to,
                  struct val *out, struct err *err) {
  struct mongo_build made;
  mongo__begin(&made, env);
  build_begin_list(&made.build);
  for (uint32_t i = from; i < to; i++) {
    struct val element = val_at(list, i);
    mongo__put(&made, &element);
  }
  build_end(&made.build);
  return mongo__end(&made, out, err);
}

static status check_slice(const struct val *args, uint32_t count, int32_t *position,
                          int32_t *wanted, struct err *err) {
  if (args[0].type != VAL_LIST)
    return mongo_fail(err, 28724, "First argument to $slice must be an array, but is of type: %s",
                      mongo_type_name(&args[0]));
  if (!val_is_number(&args[1]))
    return mongo_fail(err, 28725,
                      "Second argument to $slice must be a numeric value, but is of type: %s",
                      mongo_type_name(&args[1]));
  if (!mongo__whole32(&args[1], position))
    return mongo_fail(err, 28726,
                      "Second argument to $slice can't be represented as a 32-bit integer");
  if (count < 3 || !word_is_given(&args[2])) return LUMA_OK;
  if (!val_is_number(&args[2]))
    return mongo_fail(err, 28727, "Third argument to $slice must be numeric, but is of type: %s",
                      mongo_type_name(&args[2]));
  if (!mongo__whole32(&args[2], wanted))
    return mongo_fail(err, 28728,
                      "Third argument to $slice can't be represented as a 32-bit integer");
  if (*wanted <= 0)
    return mongo_fail(err, 28729, "Third argument to $slice must be positive: %d", *wanted);
  return LUMA_OK;
}

status mongo__slice(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  bool has_count = count > 2 && word_is_given(&args[2]);
  int32_t position = 0, wanted = 0;
  *out = val_null();
  if (val_is_null(&args[0]) || val_is_null(&args[1]) || (has_count && val_is_null(&args[2])))
    return LUMA_OK;
  TRY(check_slice(args, count, &position, &wanted, err));
  int64_t size = val_count(&args[0]), from = 0, to = size;
  if (!has_count) {
    if (position >= 0)
      to = position;
    else
      from = size + position;
  } else {
    from = position < 0 ? size + position : position;
    if (from < 0) from = 0;
    to = from + wanted;
  }
  if (from < 0) from = 0;
  if (to > size) to = size;
  if (from > to) from = to;
  return cut(env, &args[0], (uint32_t)from, (uint32_t)to, out, err);
}

status mongo__concat_arrays(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  struct mongo_build made;
  *out = val_null();
  for (uint32_t i = 0; i < count; i++) {
    if (val_is_null(&args[i])) return LUMA_OK; /* what stands behind it is not looked at */
    if (args[i].type != VAL_LIST)
      return mongo_fail(err, 28664, "$concatArrays only supports arrays, not %s",
                        mongo_type_name(&args[i]));
  }
  mongo__begin(&made, env);
  build_begin_list(&made.build);
  for (uint32_t i = 0; i < count; i++) {
    for (uint32_t e = 0; e < val_count(&args[i]); e++) {
      struct val element = val_at(&args[i], e);
      mongo__put(&made, &element);
    }
  }
  build_end(&made.build);
  return mongo__end(&made, out, err);
}

status mongo__reverse_array(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  (void)count;
  struct mongo_build made;
  *out = val_null();
  if (val_is_null(&args[0])) return LUMA_OK;
  if (args[0].type != VAL_LIST)
    return mongo_fail(err, 34435,
                      "The argument to $reverseArray must be an array, but was of type: %s",
                      mongo_type_name(&args[0]));
  mongo__begin(&made, env);
  build_begin_list(&made.build);
  for (uint32_t i = val_count(&args[0]); i-- > 0;) {
    struct val element = val_at(&args[0], i);
    mongo__put(&made, &element);
  }
  build_end(&made.build);
  return mongo__end(&made, out, err);
}

/* ---- searching ---- */

status mongo__index_of_array(struct func_env *env, const struct val *args, uint32_t count,
                             struct val *out, struct err *err) {
  const struct val *list = &args[0];
  struct val wanted, key;
  *out = val_null();
  if (val_is_null(list)) return LUMA_OK;
  if (list->type != VAL_LIST)
    return mongo_fail(err, 40090, "$indexOfArray requires an array as a first argument, found: %s",
                      mongo_type_name(list));
  int64_t from = 0, to = val_count(list);
  TRY(mongo__search_bound("$indexOfArray", args, count, 2, &from, err));
  TRY(mongo__search_bound("$indexOfArray", args, count, 3, &to, err));
  if (to > val_count(list)) to = val_count(list);
  *out = val_int32(-1);
  TRY(mongo__key(env, &args[1], &wanted, err));
  for (int64_t i = from; i < to; i++) {
    struct val element = val_at(list, (uint32_t)i);
    TRY(mongo__key(env, &element, &key, err));
    if (!val_is_equal(&key, &wanted)) continue;
    *out = val_int32((int32_t)i);
    break;
  }
  return LUMA_OK;
}

/* ---- $range ---- */

static status read_range(const struct val *v, const char *what, uint32_t code, int32_t *out,
                         struct err *err) {
  if (!val_is_number(v))
    return mongo_fail(err, code, "$range requires a numeric %s value, found value of type: %s",
                      what, mongo_type_name(v));
  if (!mongo__whole32(v, out))
    return mongo_fail(err, code + 1,
                      "$range requires a %s value that can be represented as a 32-bit integer",
                      what);
  return LUMA_OK;
}

status mongo__range(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  int32_t from = 0, to = 0, step = 1;
  struct mongo_build made;
  TRY(read_range(&args[0], "starting", 34443, &from, err));
  TRY(read_range(&args[1], "ending", 34445, &to, err));
  if (count > 2 && word_is_given(&args[2])) TRY(read_range(&args[2], "step", 34447, &step, err));
  if (step == 0) return mongo_fail(err, 34449, "$range requires a non-zero step value");
  int64_t span = (int64_t)to - from, elements = span / step + (span % step != 0);
  if (elements * RANGE_ELEMENT_BYTES > RANGE_BYTES_MAX)
    return mongo_fail(err, 146, "$range would use too much memory (%lld bytes)",
                      (long long)elements * RANGE_ELEMENT_BYTES);
  mongo__begin(&made, env);
  build_begin_list(&made.build);
  for (int64_t v = from; step > 0 ? v < to : v > to; v += step) {
    struct val element = val_int32((int32_t)v);
    build_put(&made.build, &element);
  }
  build_end(&made.build);
  return mongo__end(&made, out, err);
}

/* ---- $zip: inputs, useLongestLength, defaults ---- */

static status check_zip(const struct val *args, struct err *err) {
  const struct val *inputs = &args[0], *longest = &args[1], *defaults = &args[2];
  if (word_is_given(longest) && longest->type != VAL_BOOL)
    return mongo_fail(err, 34463, "useLongestLength must be a bool, not %s",
                      mongo_type_name(longest));
  if (inputs->type != VAL_LIST)
    return mongo_fail(err, 34461, "inputs must be an array of expressions, not %s",
                      mongo_type_name(inputs));
  if (val_count(inputs) == 0)
    return mongo_fail(err, 34465, "$zip requires at least one input array");
  if (!word_is_given(defaults)) return LUMA_OK;
  if (defaults->type != VAL_LIST)
    return mongo_fail(err, 34462, "defaults must be an array of expressions, not %s",
                      mongo_type_name(defaults));
  if (longest->type != VAL_BOOL || !longest->boolean)
    return mongo_fail(err, 34466, "cannot specify defaults unless useLongestLength is true");
  if (val_count(defaults) != val_count(inputs))
    return mongo_fail(err, 34467, "defaults and inputs must have the same length");
  return LUMA_OK;
}

/** How many rows $zip makes; null when an input is. */
static status count_zip(const struct val *inputs, bool longest, uint32_t *rows, bool *is_null,
                        struct err *err) {
  *is_null = false;
  *rows = longest ? 0 : UINT32_MAX;
  for (uint32_t i = 0; i < val_count(inputs); i++) {
    struct val input = val_at(inputs, i);
    if (val_is_null(&input)) {
      *is_null = true;
      continue;
    }
    if (input.type != VAL_LIST)
      return mongo_fail(err, 34468, "$zip found a non-array expression in input: %s",
                        mongo_type_name(&input));
    uint32_t size = val_count(&input);
    if (longest ? size > *rows : size < *rows) *rows = size;
  }
  return LUMA_OK;
}

status mongo__zip(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count;
  const struct val *inputs = &args[0], *defaults = &args[2];
  uint32_t rows = 0;
  bool is_null = false;
  struct mongo_build made;
  *out = val_null();
  TRY(check_zip(args, err));
  bool longest = args[1].type == VAL_BOOL && args[1].boolean;
  TRY(count_zip(inputs, longest, &rows, &is_null, err));
  if (is_null) return LUMA_OK;
  mongo__begin(&made, env);
  build_begin_list(&made.build);
  for (uint32_t r = 0; r < rows; r++) {
    build_begin_list(&made.build);
    for (uint32_t i = 0; i < val_count(inputs); i++) {
      struct val input = val_at(inputs, i), element = val_at(&input, r);
      if (r >= val_count(&input) && word_is_given(defaults)) element = val_at(defaults, i);
      mongo__put(&made, &element);
    }
    build_end(&made.build);
  }
  build_end(&made.build);
  return mongo__end(&made, out, err);
}
