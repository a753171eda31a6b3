/* SPDX-License-Identifier: MIT */
#include "query/exec/explain/explain_json.h"

#include "model/catalog/catalog.h"
#include "query/exec/explain/explain.h"
#include "query/expr/field.h"

enum { LINE_BYTES_MAX = 1 << 20 };

const struct op *explain_find_op(const struct op *root, const struct plan *plan) {
  if (!root || root->plan == plan) return root;
  const struct op *found = explain_find_op(root->input, plan);
  return found ? found : explain_find_op(root->right, plan);
}

static void put(struct build *build, const char *name, struct val value) {
  build_name(build, slice_of_text(name));
  build_put(build, &value);
}

static void put_access(struct build *build, const struct plan_access *access) {
  if (access->index) put(build, "Index Name", val_text(access->index->name));
  put(build, "Plan Rows", val_int64((int64_t)access->rows));
  if (access->refused_count == 0) return;
  build_name(build, slice_of_text("Not Used"));
  build_begin_list(build);
  for (uint32_t i = 0; i < access->refused_count; i++) {
    struct val refused = val_text(access->refused[i]);
    build_put(build, &refused);
  }
  build_end(build);
}

static status put_node(struct build *build, const struct plan *plan, const struct op *root,
                       struct buf *line, struct err *err);

static status put_inputs(struct build *build, const struct plan *plan, const struct op *root,
                         struct buf *line, struct err *err) {
  if (!plan->input && !plan->right) return LUMA_OK;
  build_name(build, slice_of_text("Plans"));
  build_begin_list(build);
  if (plan->input) TRY(put_node(build, plan->input, root, line, err));
  if (plan->right) TRY(put_node(build, plan->right, root, line, err));
  build_end(build);
  return LUMA_OK;
}

static status put_node(struct build *build, const struct plan *plan, const struct op *root,
                       struct buf *line, struct err *err) {
  const struct op *op = explain_find_op(root, plan);
  buf_reset(line);
  explain_node(plan, line);
  TRY(buf_check(line, "the plan", err));
  build_begin_map(build);
  put(build, "Node Type", val_text(slice_of_text(plan_kind_name(plan->kind))));
  put(build, "Text", val_text(buf_slice(line)));
  if (plan->collection) put(build, "Relation Name", val_text(plan->collection->name));
  if (plan->alias.bytes) put(build, "Alias", val_text(plan->alias));
  if (plan->physical && plan->physical->access) put_access(build, plan->physical->access);
  if (op) put(build, "Actual Rows", val_int64((int64_t)op->rows));
  if (op && op->exec->os) put(build, "Actual Total Time", val_float64((double)op->us / 1000));
  TRY(put_inputs(build, plan, root, line, err));
  build_end(build);
  return LUMA_OK;
}

status explain_json(struct exec *exec, const struct plan *plan, const struct op *root,
                    struct val *out, struct err *err) {
  struct build build;
  struct buf line;
  buf_init(&line, LINE_BYTES_MAX);
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_list(&build);
  build_begin_map(&build);
  build_name(&build, slice_of_text("Plan"));
  status done = put_node(&build, plan, root, &line, err);
  if (done == LUMA_OK) {
    build_end(&build);
    build_end(&build);
    done = field_take_built(exec->env, exec->arena, &build, out, err);
  }
  build_deinit(&build);
  buf_deinit(&line);
  buf_reset(&exec->env->scratch);
  return done;
}
