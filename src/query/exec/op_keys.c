/* SPDX-License-Identifier: MIT */
/* STAGE_KEYS: of each document the keys of the index that it was found by, in a map of their paths;
 * an empty one where no index was read. A list stands there as a whole. */
#include "query/exec/stage.h"
#include "query/expr/field.h"

struct keys {
  struct op op;
  struct batch batch;
  const struct catalog_index *index; /* NULL: the key */
  bool is_by_key;                    /* that it was found by */
};

static void put_key(struct build *build, const struct path *path, const struct val *document) {
  struct val value = path_get(path, document);
  struct buf name;
  if (value.type == VAL_MISSING) value = val_null();
  buf_init(&name, DOC_BYTES_MAX);
  path_format(path, &name);
  build_name(build, buf_slice(&name));
  build_put(build, &value);
  buf_deinit(&name);
}

static status take_keys(struct keys *op, const struct val *document, struct val *row,
                        struct err *err) {
  struct expr_env *env = op->op.exec->env;
  struct build build;
  build_init(&build, &env->scratch, NULL);
  build_begin_map(&build);
  if (op->is_by_key) {
    struct val key = val_field(document, slice_of_text("_id"));
    build_name(&build, slice_of_text("_id"));
    build_put(&build, &key);
  }
  for (uint32_t i = 0; op->index && i < op->index->def.keys_count; i++)
    put_key(&build, &op->index->def.keys[i].path, document);
  build_end(&build);
  status done = field_take_built(env, &op->op.batch_arena, &build, row, err);
  build_deinit(&build);
  return done;
}

static status keys_next(struct op *base, struct batch **batch, struct err *err) {
  struct keys *op = (struct keys *)base;
  struct batch *in = NULL;
  arena_reset(&base->batch_arena);
  batch_reset(&op->batch);
  TRY(op__next(base->input, &in, err));
  if (!in) return LUMA_OK;
  for (uint32_t i = 0; i < in->selected_count; i++)
    TRY(take_keys(op, &in->columns[0][batch_row(in, i)], &op->batch.columns[0][i], err));
  op->batch.rows = op->batch.selected_count = in->selected_count;
  *batch = &op->batch;
  return LUMA_OK;
}

status op__open_keys(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  static const struct op_ops ops = {keys_next, NULL};
  struct keys *keys = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *keys, &keys, err));
  *op = &keys->op;
  const struct plan *scan = plan->input;
  while (scan->input) scan = scan->input;
  const struct plan_access *access = scan->physical ? scan->physical->access : NULL;
  if (access) keys->index = access->index;
  bool is_asked = access && access->is_hinted && scan->hint && !scan->hint->is_natural;
  keys->is_by_key =
      access && !access->index && !access->branches_count &&
      (access->parts_count || access->from || access->to || access->is_ordered || is_asked);
  TRY(batch_init(&keys->batch, exec->arena, 1, err));
  return op__open(exec, plan->input, &keys->op.input, err);
}
