/* SPDX-License-Identifier: MIT */
#include "cli/shell/interrupt.h"

enum { LOOK_EVERY_US = 20000 };

static void watch(void *argument) {
  struct interrupt *interrupt = argument;
  while (!atomic_load(&interrupt->has_ended)) {
    enum process_request request = process_signals_next(&interrupt->signals);
    if (request == PROCESS_STOP) atomic_store(&interrupt->must_stop, true);
    if (request == PROCESS_INTERRUPT || request == PROCESS_STOP)
      atomic_store(&interrupt->is_wanted, true);
    /* Again and again: a statement that is about to begin forgets what came before it. */
    if (atomic_load(&interrupt->is_wanted) && atomic_load(&interrupt->is_running))
      interrupt->target->ops->cancel(interrupt->target);
    if (request == PROCESS_NOTHING) os_sleep_us(interrupt->os, LOOK_EVERY_US);
  }
}

status interrupt_open(struct interrupt *interrupt, struct os *os, struct target *target,
                      struct err *err) {
  *interrupt = (struct interrupt){.os = os, .target = target};
  TRY(process_signals_open(&interrupt->signals, err));
  status result = thread_start(&interrupt->thread, "interrupt", watch, interrupt, err);
  if (result != LUMA_OK) process_signals_close(&interrupt->signals);
  return result;
}

void interrupt_close(struct interrupt *interrupt) {
  atomic_store(&interrupt->has_ended, true);
  thread_join(&interrupt->thread);
  process_signals_close(&interrupt->signals);
}

void interrupt_begin(struct interrupt *interrupt) {
  atomic_store(&interrupt->is_wanted, false);
  atomic_store(&interrupt->is_running, true);
}

void interrupt_end(struct interrupt *interrupt) {
  atomic_store(&interrupt->is_running, false);
}
