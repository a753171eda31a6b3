/* SPDX-License-Identifier: MIT */
#include "query/exec/write/guard.h"

static status check(const struct exec *exec, uint64_t changed, struct err *err) {
  if (!exec->guard.is_limited || changed <= exec->guard.max_affected) return LUMA_OK;
  unsigned long long most = exec->guard.max_affected;
  err_raise(err, LUMA_MAX_AFFECTED, __FILE__, __LINE__,
            "the statement would change more than %llu document%s", most, most == 1 ? "" : "s");
  err_hint(err, "nothing was changed; narrow the condition or raise max_affected");
  return LUMA_MAX_AFFECTED;
}

static status count(struct exec *exec, uint64_t changed, struct err *err) {
  exec->affected += changed;
  return check(exec, exec->affected + exec->followed, err);
}

static status grow(struct exec *exec, struct err *err) {
  uint32_t capacity = exec->changes_capacity ? exec->changes_capacity * 2 : 16;
  struct query_change *changes = arena_zalloc(exec_kept(exec), capacity, sizeof *changes);
  TRY(plan_check_memory(exec_kept(exec), changes, err));
  if (exec->changes_count) memcpy(changes, exec->changes, exec->changes_count * sizeof *changes);
  exec->changes = changes;
  exec->changes_capacity = capacity;
  return LUMA_OK;
}

static status keep(struct exec *exec, const struct val *before, const struct val *after,
                   struct err *err) {
  if (!exec->guard.dry_run || exec->changes_count == QUERY_CHANGES_MAX) return LUMA_OK;
  if (exec->changes_count == exec->changes_capacity) TRY(grow(exec, err));
  struct query_change *change = &exec->changes[exec->changes_count];
  *change = (struct query_change){.what = !before  ? "insert"
                                          : !after ? "delete"
                                                   : "update",
                                  .before = val_missing(),
                                  .after = val_missing()};
  if (before) TRY(expr_copy_value(exec_kept(exec), before, &change->before, err));
  if (after) TRY(expr_copy_value(exec_kept(exec), after, &change->after, err));
  change->key = val_field(before ? &change->before : &change->after, slice_of_text("_id"));
  exec->changes_count++;
  return LUMA_OK;
}

status guard_changed(struct exec *exec, const struct val *before, const struct val *after,
                     struct err *err) {
  TRY(count(exec, 1, err));
  return keep(exec, before, after, err);
}

status guard_displaced(struct exec *exec, const struct val *before, struct err *err) {
  return keep(exec, before, NULL, err);
}

status guard_removed(struct exec *exec, const struct val *before, struct err *err) {
  exec->followed++;
  TRY(check(exec, exec->affected + exec->followed, err));
  return keep(exec, before, NULL, err);
}

static status followed(void *context, const struct val *before, const struct val *after,
                       struct err *err) {
  struct exec *exec = context;
  exec->followed++;
  TRY(check(exec, exec->affected + exec->followed, err));
  return keep(exec, before, after, err);
}

struct model_witness guard_witness(struct exec *exec) {
  bool is_guarded = exec->guard.is_limited || exec->guard.dry_run;
  return (struct model_witness){.context = exec, .followed = is_guarded ? followed : NULL};
}

/* The first documents of a collection, as many as a dry run tells. */
static status keep_some(void *context, struct doc *documents, uint32_t count, bool *goes_on,
                        struct err *err) {
  struct exec *exec = context;
  for (uint32_t i = 0; i < count; i++) {
    struct val root = doc_root(&documents[i]);
    TRY(keep(exec, &root, NULL, err));
  }
  *goes_on = exec->changes_count < QUERY_CHANGES_MAX;
  return LUMA_OK;
}

status guard_dropped(struct exec *exec, const struct collection *collection, struct err *err) {
  uint64_t documents = 0;
  if (!exec->guard.is_limited && !exec->guard.dry_run) return LUMA_OK;
  TRY(model_count(exec->txn, collection, &documents, err));
  exec->followed += documents;
  TRY(check(exec, exec->affected + exec->followed, err));
  if (!exec->guard.dry_run) return LUMA_OK;
  exec->affected += documents;
  exec->followed -= documents;
  struct model_walk walk = {.look = keep_some, .context = exec};
  return model_walk(exec->txn, collection, &walk, err);
}

static status keep_inserted(struct exec *exec, const struct collection *collection,
                            const struct val *key, struct err *err) {
  struct store_pins pins = {0};
  struct doc made = {0};
  status done = model_get_many(exec->txn, collection, key, 1, &made, &pins, err);
  if (done == LUMA_OK && made.data) {
    struct val root = doc_root(&made);
    done = keep(exec, NULL, &root, err);
  }
  store_pins_release(&pins);
  return done;
}

status guard_inserted(struct exec *exec, const struct collection *collection,
                      const struct model_write *writes, uint32_t count_inserted, struct err *err) {
  TRY(count(exec, count_inserted, err));
  for (uint32_t i = 0; exec->guard.dry_run && i < count_inserted; i++)
    TRY(keep_inserted(exec, collection, &writes[i].key, err));
  return LUMA_OK;
}
