/* SPDX-License-Identifier: MIT */
/* Operators of sets: arrays whose order and repetition do not count. Results are sorted. */
#include <stdlib.h>

#include "query/mongo/mongo_int.h"

/** An element, and what it is compared by. */
struct member {
  struct val key, value;
  uint32_t place; /* in its list */
};

/** Distinct elements of a list, ascending. */
struct set {
  struct member *members;
  uint32_t count;
};

static int compare_places(const void *a, const void *b) {
  uint32_t left = ((const struct member *)a)->place, right = ((const struct member *)b)->place;
  return (left > right) - (left < right);
}

static int compare_members(const void *a, const void *b) {
  return val_compare(&((const struct member *)a)->key, &((const struct member *)b)->key);
}

/** Of those that are equal the first of the list comes first. */
static int compare_sorted(const void *a, const void *b) {
  int order = compare_members(a, b);
  return order ? order : compare_places(a, b);
}

static status make_member(struct func_env *env, const struct val *v, uint32_t place,
                          struct member *member, struct err *err) {
  *member = (struct member){.key = *v, .value = *v, .place = place};
  return mongo__key(env, v, &member->key, err);
}

static status make_set(struct func_env *env, const struct val *list, struct set *set,
                       struct err *err) {
  uint32_t count = val_count(list), kept = 0;
  TRY(mongo__room(env, count, sizeof *set->members, &set->members, err));
  for (uint32_t i = 0; i < count; i++) {
    struct val element = val_at(list, i);
    TRY(make_member(env, &element, i, &set->members[i], err));
  }
  if (count) qsort(set->members, count, sizeof *set->members, compare_sorted);
  for (uint32_t i = 0; i < count; i++)
    if (kept == 0 || compare_members(&set->members[kept - 1], &set->members[i]) != 0)
      set->members[kept++] = set->members[i];
  set->count = kept;
  return LUMA_OK;
}

static bool set_has(const struct set *set, const struct member *member) {
  return set->count && bsearch(member, set->members, set->count, sizeof *member, compare_members);
}

static status put_set(struct func_env *env, const struct set *set, struct val *out,
                      struct err *err) {
  struct mongo_build made;
  mongo__begin(&made, env);
  build_begin_list(&made.build);
  for (uint32_t i = 0; i < set->count; i++) mongo__put(&made, &set->members[i].value);
  build_end(&made.build);
  return mongo__end(&made, out, err);
}

static bool is_subset(const struct set *a, const struct set *b) {
  for (uint32_t i = 0; i < a->count; i++)
    if (!set_has(b, &a->members[i])) return false;
  return true;
}

static status check_lists(const char *name, uint32_t code, const struct val *args, uint32_t count,
                          struct err *err) {
  for (uint32_t i = 0; i < count; i++)
    if (args[i].type != VAL_LIST)
      return mongo_fail(err, code,
                        "All operands of %s must be arrays. %u-th argument is of type: %s", name,
                        i + 1, mongo_type_name(&args[i]));
  return LUMA_OK;
}

status mongo__set_equals(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  struct set first, other;
  bool equal = true;
  TRY(check_lists("$setEquals", 17044, args, count, err));
  TRY(make_set(env, &args[0], &first, err));
  for (uint32_t i = 1; i < count && equal; i++) {
    TRY(make_set(env, &args[i], &other, err));
    equal = first.count == other.count && is_subset(&first, &other);
  }
  *out = val_bool(equal);
  return LUMA_OK;
}

status mongo__set_is_subset(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  (void)count;
  struct set a, b;
  TRY(check_lists("$setIsSubset", 17046, args, 2, err));
  TRY(make_set(env, &args[0], &a, err));
  TRY(make_set(env, &args[1], &b, err));
  *out = val_bool(is_subset(&a, &b));
  return LUMA_OK;
}

status mongo__set_difference(struct func_env *env, const struct val *args, uint32_t count,
                             struct val *out, struct err *err) {
  (void)count;
  struct set left, b;
  uint32_t kept = 0;
  *out = val_null();
  for (uint32_t i = 0; i < 2; i++)
    if (!val_is_null(&args[i]) && args[i].type != VAL_LIST)
      return mongo_fail(err, 17048, "both operands of $setDifference must be arrays, not %s",
                        mongo_type_name(&args[i]));
  if (val_is_null(&args[0]) || val_is_null(&args[1])) return LUMA_OK;
  TRY(make_set(env, &args[1], &b, err));
  TRY(make_set(env, &args[0], &left, err));
  for (uint32_t i = 0; i < left.count; i++)
    if (!set_has(&b, &left.members[i])) left.members[kept++] = left.members[i];
  left.count = kept;
  if (kept) qsort(left.members, kept, sizeof *left.members, compare_places);
  return put_set(env, &left, out, err);
}

/** True when an argument is null: the answer is then null, whatever stands behind it. */
static status check_operands(const char *name, uint32_t code, const struct val *args,
                             uint32_t count, bool *is_null, struct err *err) {
  *is_null = false;
  for (uint32_t i = 0; i < count && !*is_null; i++) {
    *is_null = val_is_null(&args[i]);
    if (!*is_null && args[i].type != VAL_LIST)
      return mongo_fail(err, code, "All operands of %s must be arrays. One argument is of type: %s",
                        name, mongo_type_name(&args[i]));
  }
  return LUMA_OK;
}

status mongo__set_union(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  bool is_null = false;
  struct val all;
  struct set set;
  struct mongo_build made;
  *out = val_null();
  TRY(check_operands("$setUnion", 17043, args, count, &is_null, err));
  if (is_null) return LUMA_OK;
  mongo__begin(&made, env);
  build_begin_list(&made.build);
  for (uint32_t i = 0; i < count; i++)
    for (uint32_t e = 0; e < val_count(&args[i]); e++) {
      struct val element = val_at(&args[i], e);
      mongo__put(&made, &element);
    }
  build_end(&made.build);
  TRY(mongo__end(&made, &all, err));
  TRY(make_set(env, &all, &set, err));
  return put_set(env, &set, out, err);
}

status mongo__set_intersection(struct func_env *env, const struct val *args, uint32_t count,
                               struct val *out, struct err *err) {
  bool is_null = false;
  struct set kept = {0}, other;
  *out = val_null();
  TRY(check_operands("$setIntersection", 17047, args, count, &is_null, err));
  if (is_null) return LUMA_OK;
  if (count) TRY(make_set(env, &args[0], &kept, err));
  for (uint32_t i = 1; i < count; i++) {
    uint32_t left = 0;
    TRY(make_set(env, &args[i], &other, err));
    for (uint32_t e = 0; e < kept.count; e++)
      if (set_has(&other, &kept.members[e])) kept.members[left++] = kept.members[e];
    kept.count = left;
  }
  return put_set(env, &kept, out, err);
}

static status all_or_any(const char *name, uint32_t code, bool all, const struct val *list,
                         struct val *out, struct err *err) {
  if (list->type != VAL_LIST)
    return mongo_fail(err, code, "%s's argument must be an array, but is %s", name,
                      mongo_type_name(list));
  bool answer = all;
  for (uint32_t i = 0; i < val_count(list) && answer == all; i++) {
    struct val element = val_at(list, i);
    answer = mongo_is_true(&element);
  }
  *out = val_bool(answer);
  return LUMA_OK;
}

status mongo__all_elements_true(struct func_env *env, const struct val *args, uint32_t count,
                                struct val *out, struct err *err) {
  (void)env, (void)count;
  return all_or_any("$allElementsTrue", 17040, true, args, out, err);
}

status mongo__any_element_true(struct func_env *env, const struct val *args, uint32_t count,
                               struct val *out, struct err *err) {
  (void)env, (void)count;
  return all_or_any("$anyElementTrue", 17041, false, args, out, err);
}
