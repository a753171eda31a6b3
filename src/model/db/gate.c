/* SPDX-License-Identifier: MIT */
/* An evolution that looks at every being is a transaction that any write to the collection makes
 * begin again: under steady writes it would never end. Once that has happened a few times it closes
 * the gate: whoever wants to write to the collection from then on waits until the evolution has
 * been committed or given up. Nobody waits for long after it died: a gate that is not held open for
 * so many seconds is open. One collection at a time; others take their chance meanwhile. */
#include "model/db/model_int.h"

enum { TRIES_BEFORE = 3, HELD_US = 3000000, LOOK_AGAIN_US = 500 };

bool model__gate_has_met(struct model *model, uint32_t number) {
  struct model_gate *gate = &model->gate;
  if (__atomic_exchange_n(&gate->met, number, __ATOMIC_RELAXED) != number)
    __atomic_store_n(&gate->tries, 0, __ATOMIC_RELAXED);
  return __atomic_add_fetch(&gate->tries, 1, __ATOMIC_RELAXED) > TRIES_BEFORE;
}

void model__gate_hold(struct model *model, uint32_t number) {
  struct model_gate *gate = &model->gate;
  __atomic_store_n(&gate->until_us, os_monotonic_us(model->os) + HELD_US, __ATOMIC_RELAXED);
  __atomic_store_n(&gate->number, number, __ATOMIC_RELEASE);
}

void model__gate_open(struct model *model, uint32_t number) {
  struct model_gate *gate = &model->gate;
  uint32_t mine = number;
  (void)__atomic_compare_exchange_n(&gate->number, &mine, 0, false, __ATOMIC_RELEASE,
                                    __ATOMIC_RELAXED);
  if (__atomic_load_n(&gate->met, __ATOMIC_RELAXED) == number)
    __atomic_store_n(&gate->tries, 0, __ATOMIC_RELAXED);
}

void model__gate_wait(struct model *model, uint32_t number) {
  struct model_gate *gate = &model->gate;
  while (__atomic_load_n(&gate->number, __ATOMIC_ACQUIRE) == number &&
         os_monotonic_us(model->os) < __atomic_load_n(&gate->until_us, __ATOMIC_RELAXED))
    os_sleep_us(model->os, LOOK_AGAIN_US);
}
