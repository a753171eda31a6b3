/* SPDX-License-Identifier: MIT */
#include "query/exec/write/write.h"

#include "query/exec/group/tuple_table.h"
#include "query/exec/write/collect.h"
#include "query/expr/field.h"

enum { WRITE_AT_ONCE = 64 };

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
    exec->keys = arena_alloc(exec_kept(exec), QUERY_KEYS_MAX * sizeof *exec->keys);
    TRY(plan_check_memory(exec_kept(exec), exec->keys, err));
  }
  for (uint32_t i = 0; i < count && exec->keys_count < QUERY_KEYS_MAX; i++)
    TRY(expr_copy_value(exec_kept(exec), &writes[i].key, &exec->keys[exec->keys_count++], err));
  if (count == 0) return LUMA_OK;
  return expr_copy_value(exec_kept(exec), &writes[count - 1].key, &exec->last_key, err);
}

/* ---- failures ---- */

/** Room for one more. */
static status make_room(struct exec *exec, struct err *err) {
  enum { FIRST_ERRORS = 16 };
  uint32_t count = exec->write_errors_count;
  if (count < exec->write_errors_room) return LUMA_OK;
  uint32_t room = count ? 2 * count : FIRST_ERRORS;
  struct query_write_error *errors = arena_alloc(exec_kept(exec), room * sizeof *errors);
  TRY(plan_check_memory(exec_kept(exec), errors, err));
  if (count) memcpy(errors, exec->write_errors, count * sizeof *errors);
  exec->write_errors = errors;
  exec->write_errors_room = room;
  return LUMA_OK;
}

status write_report(struct exec *exec, uint32_t index, const struct err *failed, struct err *err) {
  if (exec->write_errors_count == QUERY_WRITE_ERRORS_MAX) return LUMA_OK;
  TRY(make_room(exec, err));
  const char *message = arena_copy(exec_kept(exec), failed->message, strlen(failed->message) + 1);
  const char *hint = arena_copy(exec_kept(exec), failed->hint, strlen(failed->hint) + 1);
  const char *detail = arena_copy(exec_kept(exec), failed->detail, strlen(failed->detail) + 1);
  TRY(plan_check_memory(exec_kept(exec), message && hint ? detail : NULL, err));
  exec->write_errors[exec->write_errors_count++] =
      (struct query_write_error){.index = index,
                                 .foreign = failed->foreign,
                                 .code = failed->code,
                                 .message = message,
                                 .hint = hint,
                                 .detail = detail,
                                 .path_at = failed->path_at};
  return LUMA_OK;
}

/* ---- RETURNING ---- */

status write_yield_init(struct write_yield *yield, struct exec *exec, const struct plan *plan,
                        struct err *err) {
  rows_init(&yield->rows, exec, 1);
  yield->next_row = 0;
  return plan->yields ? batch_init(&yield->batch, exec->arena, 1, err) : LUMA_OK;
}

status write_yield_keep(struct write_yield *yield, const struct plan *plan,
                        const struct val *document, struct err *err) {
  struct val *place = NULL;
  if (!plan->yields) return LUMA_OK;
  TRY(rows_add(&yield->rows, &place, err));
  return expr_copy_value(yield->rows.exec->arena, document, place, err);
}

status write_yield_inserted(struct write_yield *yield, struct exec *exec, const struct plan *plan,
                            const struct collection *collection, const struct model_write *write,
                            struct err *err) {
  struct store_pins pins = {0};
  struct doc made = {0};
  if (!plan->yields) return LUMA_OK;
  status done = model_get_many(exec->txn, collection, &write->key, 1, &made, &pins, err);
  if (done == LUMA_OK && made.data) {
    struct val root = doc_root(&made);
    done = write_yield_keep(yield, plan, &root, err);
  }
  store_pins_release(&pins);
  return done;
}

void write_yield_next(struct write_yield *yield, struct batch **batch) {
  if (yield->next_row == yield->rows.count) return;
  op__emit(&yield->batch, &yield->rows, &yield->next_row);
  *batch = &yield->batch;
}

/* ---- documents to change ---- */

status write_replace(struct exec *exec, const struct collection *collection,
                     const struct doc *document, const struct val *changed, struct err *err) {
  struct model_write write = {.document = changed, .knows_names = true, .has_header = true};
  return model_replace_by(exec->txn, collection, document, &write, err);
}

/** True when documents can be changed while the input is read: it reads them in key order, so a
 * change leaves its document where the scan has passed, and no SELECT in a condition would see what
 * was changed before. */
static bool is_streamable(const struct plan *plan) {
  for (; plan->kind == PLAN_FILTER; plan = plan->input)
    if (plan->condition && expr_has_subquery(plan->condition)) return false;
  if (plan->kind != PLAN_SCAN) return false;
  return !plan->physical || !plan->physical->access ||
         (!plan->physical->access->index && !plan->physical->access->branches_count);
}

/** How many are wanted: JQL without `multi` changes the first that comes. */
static uint64_t wanted(const struct op *op) {
  bool is_one = op->exec->language == PLAN_JQL && !op->plan->multi && !op->plan->conflict;
  return is_one ? 1 : 0;
}

static status stream(struct op *op, write_each *each, void *context, struct err *err) {
  for (;;) {
    struct batch *in = NULL;
    TRY(op__next(op->input, &in, err));
    if (!in) return LUMA_OK;
    for (uint32_t i = 0; i < in->selected_count; i++) {
      struct doc document = write_stored(&in->columns[0][batch_row(in, i)]);
      TRY(each(context, &document, err));
      if (wanted(op) == 1) return LUMA_OK;
    }
  }
}

/* What was found to be changed: keys, each once (beside other sources one may come several times),
 * and of the first of them the documents too, while there is room. */
struct found {
  struct tuple_table keys;
  struct rows documents; /* roots, in the order of the keys; their headers before them */
  struct arena arena;    /* of the documents */
  bool keeps;            /* there is room */
  uint64_t most;         /* documents that are wanted; 0: all */
};

/** Whether the input hands out documents as they are stored, and they stay so until their turn: a
 * change touches no other document. */
static bool may_keep(const struct op *op, const struct collection *collection) {
  const struct plan *plan = op->plan->input;
  if (op->plan->kind != PLAN_UPDATE || op->plan->conflict || collection->evolution) return false;
  while (plan->kind == PLAN_FILTER) plan = plan->input;
  return plan->kind == PLAN_SCAN;
}

static status keep_document(struct found *found, const struct val *root, struct err *err) {
  struct doc document = write_stored(root);
  struct val *place = NULL;
  uint8_t *copy = arena_copy(&found->arena, document.data, document.bytes);
  found->keeps = copy != NULL;
  if (!copy) return LUMA_OK;
  TRY(rows_add(&found->documents, &place, err));
  *place = *root;
  place->data = copy + DOC_HEADER_BYTES;
  return LUMA_OK;
}

static status collect(struct op *op, struct found *found, struct err *err) {
  for (;;) {
    struct batch *in = NULL;
    TRY(op__next(op->input, &in, err));
    if (!in) return LUMA_OK;
    for (uint32_t i = 0; i < in->selected_count; i++) {
      const struct val *root = &in->columns[0][batch_row(in, i)];
      struct val key = val_field(root, key_name());
      uint32_t number = 0;
      bool is_new = false;
      TRY(tuple_table_put(&found->keys, &key, tuple_table_hash(&key, 1), &number, &is_new, err));
      if (is_new && found->keeps) TRY(keep_document(found, root, err));
      if (found->keys.tuples.count == found->most) return LUMA_OK;
    }
  }
}

static status change_some(struct op *op, const struct collection *collection,
                          const struct val *keys, uint32_t count, write_each *each, void *context,
                          struct err *err) {
  struct doc documents[WRITE_AT_ONCE];
  struct store_pins pins = {0};
  status done = model_get_many(op->exec->txn, collection, keys, count, documents, &pins, err);
  for (uint32_t i = 0; i < count && done == LUMA_OK; i++)
    if (documents[i].data) done = each(context, &documents[i], err);
  store_pins_release(&pins);
  return done;
}

static status change_kept(struct op *op, const struct found *found, write_each *each, void *context,
                          struct err *err) {
  for (uint64_t i = 0; i < found->documents.count; i++) {
    struct doc document = write_stored(rows_at(&found->documents, i));
    if (i % WRITE_AT_ONCE == 0) TRY(op__check(op->exec, err));
    TRY(each(context, &document, err));
  }
  return LUMA_OK;
}

static status change_found(struct op *op, const struct collection *collection,
                           const struct found *found, write_each *each, void *context,
                           struct err *err) {
  uint64_t all = found->keys.tuples.count;
  TRY(change_kept(op, found, each, context, err));
  for (uint64_t at = found->documents.count; at < all;) {
    uint64_t block_end = (at / ROWS_PER_BLOCK + 1) * ROWS_PER_BLOCK;
    uint64_t end = all < block_end ? all : block_end;
    uint32_t count = end - at < WRITE_AT_ONCE ? (uint32_t)(end - at) : WRITE_AT_ONCE;
    TRY(op__check(op->exec, err));
    TRY(change_some(op, collection, rows_at(&found->keys.tuples, at), count, each, context, err));
    at += count;
  }
  return LUMA_OK;
}

static status change_collected(struct op *op, const struct collection *collection,
                               struct found *found, write_each *each, void *context,
                               struct err *err) {
  TRY(collect(op, found, err));
  return change_found(op, collection, found, each, context, err);
}

status write_for_each(struct op *op, const struct collection *collection, write_each *each,
                      void *context, struct err *err) {
  enum { KEPT_SHARE = 8 /* of the statement's memory */ };
  struct found found = {.keeps = may_keep(op, collection), .most = wanted(op)};
  bool done = false;
  TRY(collect_for_each(op, each, context, &done, err));
  if (done) return LUMA_OK;
  if (is_streamable(op->plan->input)) return stream(op, each, context, err);
  tuple_table_init(&found.keys, op->exec, 1);
  rows_init(&found.documents, op->exec, 1);
  arena_init(&found.arena, 0, op->exec->memory_bytes / KEPT_SHARE);
  status result = change_collected(op, collection, &found, each, context, err);
  arena_deinit(&found.arena);
  return result;
}
