/* SPDX-License-Identifier: MIT */
/* JOIN through the right collection's key or an index of it: for each left row the documents that
 * may have its key are read, and the ON condition is asked of each pair. The right side is a SCAN.
 * Texts that spell an id are looked for as both. */
#include "query/exec/join/join.h"
#include "query/func/compare.h"
#include "query/func/func.h"

enum { SPELLINGS_MAX = 5, READ_AT_ONCE = 64 };

struct index_join {
  struct join join;
  struct program **left_keys;
  const struct plan *scan; /* of the right side */
  struct rows documents;   /* found, by left row: [first[n], first[n + 1]) */
  uint32_t *first;
  uint64_t at, end;
  struct arena found_arena; /* copies of the documents of one left batch */
};

/** The values of the key that equal `v`. */
static uint32_t spell(const struct val *v, struct val spellings[SPELLINGS_MAX]) {
  static const enum val_type types[] = {VAL_ULID, VAL_UUID, VAL_OBJECTID, VAL_TIMESTAMP};
  uint32_t count = 0;
  spellings[count++] = *v;
  for (size_t i = 0; v->type == VAL_TEXT && i < sizeof types / sizeof types[0]; i++)
    count += compare_read_text(val_slice(v), types[i], &spellings[count]);
  return count;
}

static status keep_document(struct index_join *op, const struct doc *document, struct err *err) {
  struct val *place = NULL, root = doc_root(document);
  TRY(rows_add(&op->documents, &place, err));
  return expr_copy_value(&op->found_arena, &root, place, err);
}

/** Reads all documents within bounds, through the index. */
static status read_bounds(struct index_join *op, const struct index_bounds *bounds,
                          struct err *err) {
  struct model_scan_options options = {.index = op->scan->physical->access->index,
                                       .bounds = bounds};
  struct model_scan *scan = NULL;
  struct doc documents[READ_AT_ONCE];
  uint32_t count = 0;
  TRY(model_scan_open(op->join.op.exec->txn, op->scan->collection, &options, &scan, err));
  status read = LUMA_OK;
  do {
    read = model_scan_next(scan, READ_AT_ONCE, documents, &count, err);
    for (uint32_t i = 0; read == LUMA_OK && i < count; i++)
      read = keep_document(op, &documents[i], err);
  } while (read == LUMA_OK && count);
  model_scan_close(scan);
  return read;
}

static status read_equal(struct index_join *op, const struct val *v, struct err *err) {
  struct val value = *v;
  return read_bounds(op, &(struct index_bounds){.equal = &value, .equal_count = 1}, err);
}

/** A moment has many spellings: all texts are read. */
static status read_texts(struct index_join *op, struct err *err) {
  static const uint8_t empty_map[] = {VAL_MAP};
  struct index_bounds bounds = {.has_low = true, .has_high = true, .high_open = true};
  bounds.low = val_text(slice_of_text(""));
  bounds.high = val_decode(slice_of(empty_map, sizeof empty_map), NULL);
  return read_bounds(op, &bounds, err);
}

/** The text forms of an id too: they are how documents from JSON refer to it. */
static status add_text(struct index_join *op, const struct val *v, struct val *text, bool *has,
                       struct err *err) {
  *has = v->type == VAL_ULID || v->type == VAL_UUID || v->type == VAL_OBJECTID;
  if (!*has) return LUMA_OK;
  struct expr_env *env = op->join.op.exec->env;
  uint64_t clashes = 0;
  struct func_env call = {.arena = &op->found_arena, .scratch = &env->scratch, .clashes = &clashes};
  return func_cast(&call, v, VAL_TEXT, text, err);
}

/** An index of elements knows a list by each of them, and an empty one as missing. */
static struct val indexed_as(const struct index_join *op, const struct val *v) {
  const struct catalog_index *index = op->scan->physical->access->index;
  return index && index->def.multikey && v->type == VAL_LIST ? val_at(v, 0) : *v;
}

static status read_row(struct index_join *op, const struct val *v, struct err *err) {
  struct val spellings[SPELLINGS_MAX + 1], value = indexed_as(op, v);
  bool has_text = false;
  if (val_is_null(v)) return LUMA_OK;
  uint32_t count = spell(&value, spellings);
  TRY(add_text(op, &value, &spellings[count], &has_text, err));
  for (uint32_t i = 0; i < count + has_text; i++) TRY(read_equal(op, &spellings[i], err));
  return value.type == VAL_TIMESTAMP || value.type == VAL_DATE ? read_texts(op, err) : LUMA_OK;
}

static status index_begin_batch(struct join *join, const struct batch *left, struct err *err) {
  struct index_join *op = (struct index_join *)join;
  const struct val *values = NULL;
  uint32_t stride = 0;
  arena_reset(&op->found_arena);
  op->documents.count = 0;
  TRY(program_run(op->left_keys[0], left, &op->found_arena, &values, &stride, err));
  for (uint32_t i = 0; i < left->selected_count; i++) {
    op->first[i] = (uint32_t)op->documents.count;
    TRY(read_row(op, &values[batch_row(left, i) * stride], err));
  }
  op->first[left->selected_count] = (uint32_t)op->documents.count;
  return LUMA_OK;
}

static void index_begin_row(struct join *join, uint32_t nth) {
  struct index_join *op = (struct index_join *)join;
  op->at = op->first[nth];
  op->end = op->first[nth + 1];
}

static const struct val *index_next(struct join *join) {
  struct index_join *op = (struct index_join *)join;
  return op->at < op->end ? rows_at(&op->documents, op->at++) : NULL;
}

static void index_close(struct op *base) {
  arena_deinit(&((struct index_join *)base)->found_arena);
}

status op__open_index_join(struct exec *exec, const struct plan *plan, struct op **op,
                           struct err *err) {
  static const struct op_ops ops = {join_next, index_close};
  static const struct join_method method = {NULL, NULL, index_begin_batch, index_begin_row,
                                            index_next};
  struct index_join *index = NULL;
  TRY(op__create(exec, plan, &ops, sizeof *index, &index, err));
  *op = &index->join.op;
  arena_init(&index->found_arena, 64 << 10, exec->memory_bytes);
  rows_init(&index->documents, exec, 1);
  index->scan = plan->right;
  index->first = arena_alloc(exec->arena, (BATCH_ROWS + 1) * sizeof *index->first);
  TRY(op__memory(exec, index->first, err));
  TRY(op__programs(exec, plan->physical->left_keys, plan->physical->keys_count, &index->left_keys,
                   err));
  return join_init(&index->join, &method, false, err);
}
