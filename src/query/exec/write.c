/* SPDX-License-Identifier: MIT */
#include "query/exec/write.h"

#include "query/expr/field.h"

status write_collection(struct exec *exec, const struct plan *plan,
                        const struct collection **collection, struct err *err) {
  *collection = plan->collection;
  if (*collection) return LUMA_OK;
  return model_create_collection(exec->txn, plan->collection_name, true, collection, err);
}

static struct slice key_name(void) {
  return slice_of_text("_id");
}

status write_name_key(struct exec *exec, struct arena *arena, const struct val *document,
                      struct val *named, struct err *err) {
  struct slice alias = slice_of_text("id");
  *named = *document;
  if (exec->language == PLAN_JQL || val_field(document, key_name()).type != VAL_MISSING)
    return LUMA_OK;
  if (val_field(document, alias).type == VAL_MISSING) return LUMA_OK;
  struct build build;
  build_init(&build, &exec->env->scratch, NULL);
  build_begin_map(&build);
  for (uint32_t i = 0; i < val_count(document); i++) {
    struct slice name;
    struct val field = val_field_at(document, i, &name);
    build_name(&build, slice_is_equal(name, alias) ? key_name() : name);
    build_put(&build, &field);
  }
  build_end(&build);
  status done = field_take_built(exec->env, arena, &build, named, err);
  build_deinit(&build);
  return done;
}

status write_note_keys(struct exec *exec, const struct model_write *writes, uint32_t count,
                       struct err *err) {
  if (!exec->keys) {
    exec->keys = arena_zalloc(exec->arena, QUERY_KEYS_MAX, sizeof *exec->keys);
    TRY(op__memory(exec, exec->keys, err));
  }
  for (uint32_t i = 0; i < count && exec->keys_count < QUERY_KEYS_MAX; i++)
    TRY(expr_copy_value(exec->arena, &writes[i].key, &exec->keys[exec->keys_count++], err));
  return LUMA_OK;
}

/* ---- documents to change ---- */

/** A stored document's view, from the value its SCAN made of it: the header stands right before the
 * root. */
static struct doc stored_document(const struct val *root) {
  return (struct doc){root->data - DOC_HEADER_BYTES, root->bytes + DOC_HEADER_BYTES, root->names};
}

/** True when the input reads documents in key order: a change leaves its document where the scan
 * has passed. */
static bool is_key_order(const struct plan *plan) {
  while (plan->kind == PLAN_FILTER) plan = plan->input;
  if (plan->kind != PLAN_SCAN) return false;
  return !plan->physical || !plan->physical->access || !plan->physical->access->index;
}

static status stream(struct op *op, write_each *each, void *context, struct err *err) {
  for (;;) {
    struct batch *in = NULL;
    TRY(op__next(op->input, &in, err));
    if (!in) return LUMA_OK;
    for (uint32_t i = 0; i < in->selected_count; i++) {
      struct doc document = stored_document(&in->columns[0][batch_row(in, i)]);
      TRY(each(context, &document, err));
    }
  }
}

static status collect_keys(struct op *op, struct rows *keys, struct err *err) {
  for (;;) {
    struct batch *in = NULL;
    TRY(op__next(op->input, &in, err));
    if (!in) return LUMA_OK;
    for (uint32_t i = 0; i < in->selected_count; i++) {
      struct val *place = NULL;
      struct val key = val_field(&in->columns[0][batch_row(in, i)], key_name());
      TRY(rows_add(keys, &place, err));
      TRY(expr_copy_value(op->exec->arena, &key, place, err));
    }
  }
}

static status change_some(struct op *op, const struct collection *collection,
                          const struct val *keys, uint32_t count, write_each *each, void *context,
                          struct err *err) {
  struct doc documents[64];
  struct store_pins pins = {0};
  status done = model_get_many(op->exec->txn, collection, keys, count, documents, &pins, err);
  for (uint32_t i = 0; i < count && done == LUMA_OK; i++)
    if (documents[i].data) done = each(context, &documents[i], err);
  store_pins_release(&pins);
  return done;
}

status write_for_each(struct op *op, const struct collection *collection, write_each *each,
                      void *context, struct err *err) {
  struct rows keys;
  if (is_key_order(op->plan->input)) return stream(op, each, context, err);
  rows_init(&keys, op->exec, 1);
  TRY(collect_keys(op, &keys, err));
  for (uint64_t at = 0; at < keys.count; at += 64) {
    uint32_t count = keys.count - at < 64 ? (uint32_t)(keys.count - at) : 64;
    TRY(op__check(op->exec, err));
    TRY(change_some(op, collection, rows_at(&keys, at), count, each, context, err));
  }
  return LUMA_OK;
}
