/* SPDX-License-Identifier: MIT */
#include "query/exec/explain/explain_filter.h"

static void put_expression(struct build *build, const struct expr *expr, struct buf *scratch) {
  expr_format(expr, scratch);
  struct val text = val_text(buf_slice(scratch));
  build_put(build, &text);
  buf_reset(scratch);
}

static void name_path(struct build *build, const struct path *path, struct buf *scratch) {
  for (uint32_t i = 0; i < path->count; i++) {
    if (i) buf_append_byte(scratch, '.');
    if (path->steps[i].is_name)
      buf_append_slice(scratch, path->steps[i].name);
    else
      buf_append_format(scratch, "%d", (int)path->steps[i].index);
  }
  build_name(build, buf_slice(scratch));
  buf_reset(scratch);
}

static void put_match(struct build *build, const struct match *match, struct buf *scratch);

/* "^a", "$options": "i": as MongoDB shows both ways of writing them. */
static void put_regex(struct build *build, const struct val *regex) {
  struct slice flags, text = val_regex(regex, &flags);
  const struct val pattern = val_text(text), options = val_text(flags);
  build_put(build, &pattern);
  if (flags.bytes == 0) return;
  build_name(build, slice_of_text("$options"));
  build_put(build, &options);
}

/* What is not to be told. */
static void put_masked(struct build *build) {
  const struct val mask = val_text(slice_of_text("***"));
  build_put(build, &mask);
}

/* {"$gt": 5}: what stands under the path; of $elemMatch the one condition of elements. */
static void put_operator(struct build *build, const struct match *match, struct buf *scratch) {
  bool is_one = match->op == MATCH_ELEM && match->children_count == 1;
  build_begin_map(build);
  build_name(build, slice_of_text(match_op_name(match->op)));
  if (match->value && match->value->is_masked) {
    put_masked(build);
  } else if (match->op == MATCH_EXPR) {
    put_expression(build, match->expression, scratch);
  } else if (match->op == MATCH_REGEX) {
    put_regex(build, &match->value->value);
  } else if (match->value && match->value->kind == EXPR_CONST) {
    build_put(build, &match->value->value);
  } else if (match->value) {
    put_expression(build, match->value, scratch);
  } else if (is_one) {
    put_match(build, match->children[0], scratch);
  } else {
    build_begin_list(build);
    for (uint32_t i = 0; i < match->children_count; i++)
      put_match(build, match->children[i], scratch);
    build_end(build);
  }
  build_end(build);
}

static void put_match(struct build *build, const struct match *match, struct buf *scratch) {
  if (match->path.count == 0) {
    put_operator(build, match, scratch);
    return;
  }
  build_begin_map(build);
  name_path(build, &match->path, scratch);
  put_operator(build, match, scratch);
  build_end(build);
}

void explain_filter(struct build *build, const char *name, const struct expr *condition,
                    struct buf *scratch) {
  build_name(build, slice_of_text(name));
  if (condition->kind == EXPR_MATCH)
    put_match(build, condition->match, scratch);
  else
    put_expression(build, condition, scratch);
}
