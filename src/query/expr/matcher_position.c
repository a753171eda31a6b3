/* SPDX-License-Identifier: MIT */
/* Which element of a list made a document match: what `$` stands for in updates and projections. It
 * is that of the last condition that looked into a list. */
#include "query/expr/matcher.h"
#include "query/expr/matcher_int.h"

/** A path on its way through a document. */
struct way {
  const struct matcher *matcher;
  const struct path *path;
  struct err *err;
};

static status reaches_match(const struct way *way, uint32_t step, const struct val *v,
                            bool *matches);

struct visit {
  const struct way *way;
  bool matches;
  status failed;
};

static bool visit_value(void *context, const struct val *v) {
  struct visit *visit = context;
  visit->failed = matcher__test_reached(visit->way->matcher, v, &visit->matches, visit->way->err);
  return visit->failed == LUMA_OK && !visit->matches;
}

/** Whether the condition holds for what the rest of the path reaches from `v`. */
static status reaches_match(const struct way *way, uint32_t step, const struct val *v,
                            bool *matches) {
  struct path rest = {.count = way->path->count - step, .steps = way->path->steps + step};
  struct visit visit = {.way = way};
  if (rest.count == 0) {
    if (way->matcher->op == MATCH_ELEM)
      return matcher_test_element(way->matcher->children[0], v, matches, way->err);
    return matcher__test_value(way->matcher, v, matches, way->err);
  }
  path_visit(&rest, v, visit_value, &visit);
  *matches = visit.matches;
  return visit.failed;
}

/** The first element of `list` through which the condition holds. */
static status find_element(const struct way *way, uint32_t step, const struct val *list,
                           int64_t *position) {
  for (uint32_t i = 0; i < val_count(list); i++) {
    struct val element = val_at(list, i);
    bool matches = false;
    TRY(reaches_match(way, step, &element, &matches));
    if (!matches) continue;
    *position = i;
    return LUMA_OK;
  }
  return LUMA_OK;
}

static status find_in_leaf(const struct matcher *matcher, const struct val *document,
                           int64_t *position, struct err *err) {
  const struct way way = {.matcher = matcher, .path = &matcher->field.path, .err = err};
  struct val v = *document;
  bool is_negative = matcher->op == MATCH_NE || matcher->op == MATCH_NIN;
  if (is_negative) return LUMA_OK;
  for (uint32_t step = 0; step < way.path->count; step++) {
    const struct path_step *next = &way.path->steps[step];
    bool is_list = v.type == VAL_LIST;
    if (is_list && !next->is_index) return find_element(&way, step, &v, position);
    v = is_list ? val_at(&v, (uint32_t)next->index) : val_field(&v, next->name);
  }
  return v.type == VAL_LIST ? find_element(&way, way.path->count, &v, position) : LUMA_OK;
}

static status find(const struct matcher *matcher, const struct val *document, int64_t *position,
                   struct err *err) {
  bool is_all = matcher->op == MATCH_AND;
  bool is_tree = matcher->op >= MATCH_AND && matcher->op <= MATCH_EXPR;
  if (!is_tree) return find_in_leaf(matcher, document, position, err);
  for (uint32_t i = 0; is_all && i < matcher->children_count; i++) {
    int64_t found = -1;
    TRY(find(matcher->children[i], document, &found, err));
    if (found < 0) continue;
    *position = found;
    if (matcher->field.path.count) break; /* an $all: its first value says where */
  }
  return LUMA_OK;
}

status matcher_position(const struct matcher *matcher, const struct val *document,
                        int64_t *position, struct err *err) {
  *position = -1;
  return find(matcher, document, position, err);
}
