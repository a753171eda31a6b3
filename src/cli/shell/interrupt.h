/* SPDX-License-Identifier: MIT */
/* Ctrl-C while a statement runs: a thread of its own waits for it and cancels the statement. The
 * request to stop (SIGTERM) cancels too, and is remembered. */
#ifndef CLI_SHELL_INTERRUPT_H
#define CLI_SHELL_INTERRUPT_H

#include <stdatomic.h>

#include "base/sync/sync.h"
#include "cli/io/cli.h"
#include "cli/target/target.h"

struct interrupt {
  struct os *os;
  struct target *target;
  struct process_signals signals;
  struct thread thread;
  atomic_bool is_running; /* a statement is */
  atomic_bool is_wanted;  /* its end */
  atomic_bool must_stop;  /* SIGTERM came */
  atomic_bool has_ended;  /* the watch */
};

status interrupt_open(struct interrupt *interrupt, struct os *os, struct target *target,
                      struct err *err);
void interrupt_close(struct interrupt *interrupt);
/** Around a statement. */
void interrupt_begin(struct interrupt *interrupt);
void interrupt_end(struct interrupt *interrupt);

#endif
