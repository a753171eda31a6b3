/* SPDX-License-Identifier: MIT */
/* An evolution that looks at every being is a transaction that any write to the collection makes
 * begin again: under steady writes it would never end. Once that has happened it holds the gate:
 * whoever wants to write to the collection from then on waits until the evolution has been
 * committed or given up.
 *
 * A hold has no time of its own, for what it waits for may take as long as a machine needs: it is
 * part of what does the work, all tries of a statement (struct model_tries) or a transaction, and
 * ends with that on whatever way that ends. Only a transaction that waits for its client keeps
 * nobody waiting for longer than GRACE_US after its evolution is done.
 *
 * Whoever holds a gate waits at none, and readers come to none, so nobody waits in a circle. */
#include "model/db/model_int.h"

enum {
  GRACE_US = 2000000,
  ASK_US = 20000 /* how often one who waits looks whether it is to go on waiting */
};

void model__gate_init(struct model_gate *gate) {
  mutex_init(&gate->lock);
  cond_init(&gate->changed);
}

void model__gate_deinit(struct model_gate *gate) {
  cond_deinit(&gate->changed);
  mutex_deinit(&gate->lock);
}

/* ---- holding ---- */

static void count_holds(struct model_gate *gate, uint32_t more) {
  __atomic_store_n(&gate->holds_count, gate->holds_count + more, __ATOMIC_RELEASE);
}

static void hold(struct model *model, struct model_hold *one, uint32_t number) {
  struct model_gate *gate = &model->gate;
  mutex_lock(&gate->lock);
  *one = (struct model_hold){.next = gate->holds, .number = number, .until_us = UINT64_MAX};
  gate->holds = one;
  count_holds(gate, 1);
  mutex_unlock(&gate->lock);
}

static void let_go(struct model *model, struct model_hold *one) {
  struct model_gate *gate = &model->gate;
  if (one->number == 0) return;
  mutex_lock(&gate->lock);
  struct model_hold **at = &gate->holds;
  while (*at != one) at = &(*at)->next;
  *at = one->next;
  one->number = 0;
  count_holds(gate, UINT32_MAX);
  cond_broadcast(&gate->changed);
  mutex_unlock(&gate->lock);
}

static bool holds(const struct model_tries *tries, uint32_t number) {
  for (uint32_t i = 0; i < tries->holds_count; i++)
    if (tries->holds[i].number == number) return true;
  return false;
}

void model__gate_hold_tries(struct model_txn *txn) {
  struct model_tries *tries = txn->tries;
  for (uint32_t i = 0; i < txn->looks_count; i++) {
    if (tries->holds_count == MODEL_HOLDS_MAX || holds(tries, txn->looks[i])) continue;
    hold(tries->model, &tries->holds[tries->holds_count++], txn->looks[i]);
  }
}

status model__gate_hold_txn(struct model_txn *txn, uint32_t number, struct err *err) {
  struct model_txn_hold *made = arena_zalloc(&txn->kept, 1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for an evolution");
  made->next = txn->holds;
  txn->holds = made;
  hold(txn->model, &made->hold, number);
  return LUMA_OK;
}

void model__gate_ease(struct model_txn *txn) {
  struct model_gate *gate = &txn->model->gate;
  uint64_t until_us = os_monotonic_us(txn->model->os) + GRACE_US;
  mutex_lock(&gate->lock);
  for (struct model_txn_hold *one = txn->holds; one; one = one->next) one->hold.until_us = until_us;
  mutex_unlock(&gate->lock);
}

void model__gate_let_go_txn(struct model_txn *txn, uint32_t number) {
  struct model_txn_hold **at = &txn->holds;
  while (*at) {
    struct model_txn_hold *one = *at;
    if (number && one->hold.number != number) {
      at = &one->next;
      continue;
    }
    let_go(txn->model, &one->hold);
    *at = one->next;
  }
}

void model__gate_look_away(struct model_txn *txn, uint32_t from) {
  while (txn->looks_count > from) model__gate_let_go_txn(txn, txn->looks[--txn->looks_count]);
}

void model_tries_begin(struct model *model, struct model_tries *tries) {
  *tries = (struct model_tries){.model = model};
}

void model_tries_end(struct model_tries *tries) {
  if (tries->built) model__drop_ready(tries->model, tries->built);
  tries->built = 0;
  while (tries->holds_count) let_go(tries->model, &tries->holds[--tries->holds_count]);
}

/* ---- waiting ---- */

status model__go_on(const struct model_txn *txn, struct err *err) {
  const struct model_caller *caller = txn->caller;
  return caller && caller->ask ? caller->ask(caller->context, err) : LUMA_OK;
}

static bool is_held(const struct model *model, uint32_t number) {
  for (const struct model_hold *one = model->gate.holds; one; one = one->next) {
    if (one->number == number &&
        (one->until_us == UINT64_MAX || os_monotonic_us(model->os) < one->until_us))
      return true;
  }
  return false;
}

static status wait(struct model_txn *txn, uint32_t number, struct err *err) {
  struct model *model = txn->model;
  status result = LUMA_OK;
  mutex_lock(&model->gate.lock);
  while (result == LUMA_OK && is_held(model, number)) {
    (void)cond_wait_timeout(&model->gate.changed, &model->gate.lock, ASK_US);
    result = model__go_on(txn, err);
  }
  mutex_unlock(&model->gate.lock);
  return result;
}

/* The transaction began before the evolution was done. One that can begin again does so, and sees
 * what the collection is now; another goes on if nothing became of the evolution. */
static status judge_age(const struct model_txn *txn, uint32_t number, struct err *err) {
  if (txn->tries) FAIL(err, LUMA_CONFLICT, "the transaction waited for an evolution");
  const struct catalog *newest = model_catalog_acquire(txn->model);
  const struct collection *is = catalog_by_number(newest, number);
  const struct collection *was = catalog_by_number(txn->catalog, number);
  bool is_same = is && was && is->version == was->version;
  catalog_release(newest);
  if (is_same) return LUMA_OK;
  struct slice name = was ? was->name : slice_of_text("the collection");
  err_raise(err, LUMA_CONFLICT, __FILE__, __LINE__,
            "`%.*s` evolved after the transaction had begun", SLICE_ARG(name));
  err_hint(err, "ROLLBACK, and do the transaction again");
  return LUMA_CONFLICT;
}

status model__gate_pass(struct model_txn *txn, uint32_t number, struct err *err) {
  struct model *model = txn->model;
  const struct model_caller *caller = txn->caller;
  if (__atomic_load_n(&model->gate.holds_count, __ATOMIC_ACQUIRE) == 0) return LUMA_OK;
  if (txn->passes_gate || (txn->tries && txn->tries->holds_count)) return LUMA_OK;
  mutex_lock(&model->gate.lock);
  bool is_closed = is_held(model, number);
  mutex_unlock(&model->gate.lock);
  if (!is_closed) return LUMA_OK;
  if (caller && caller->wait_begin && !caller->wait_begin(caller->context)) {
    err_raise(err, LUMA_BUSY, __FILE__, __LINE__, "the collection evolves, and many wait already");
    err_hint(err, "try again in a moment");
    return LUMA_BUSY;
  }
  status result = wait(txn, number, err);
  if (caller && caller->wait_end) caller->wait_end(caller->context);
  TRY(result);
  return judge_age(txn, number, err);
}
