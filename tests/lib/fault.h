/* SPDX-License-Identifier: MIT */
/* Memory that runs out on demand: the test binaries are linked with malloc and its kin wrapped, so
 * the nth allocation of our code (not of shared libraries) can be made to fail, under sanitizers
 * too.
 *
 * Counting begins at fault_alloc or fault_alloc_off. Any thread may allocate; arm from one thread,
 * and expect a repeatable count only where one thread allocates. */
#ifndef TESTS_LIB_FAULT_H
#define TESTS_LIB_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/core/status.h"

/** From now on the allocation number `nth` (1 is the next) fails; with `repeat` all after it as
 * well. */
void fault_alloc(uint64_t nth, bool repeat);
/** Before allocation number `nth` (1 is the next) is made, `call` is, once: what another thread may
 * do at that moment, done at it. Its own allocations are not counted. */
void fault_alloc_call(uint64_t nth, void (*call)(void *context), void *context);
/** Every allocation works again; counts begin at 0. */
void fault_alloc_off(void);
/** Allocations asked for since counting began, failed ones too. */
uint64_t fault_alloc_count(void);
/** How many of them were made to fail. */
uint64_t fault_alloc_hits(void);
/** Blocks allocated and not yet freed, since the process began. */
int64_t fault_alloc_live(void);

/** What a sweep repeats: prepares, works, cleans up, and answers the status of the work. */
typedef status fault_body(void *context);

/** Runs `body` once for each allocation it makes, failing that one, and again failing it and all
 * after it, until a run meets no failure. Fails the case unless every run answers LUMA_OK or
 * LUMA_OUT_OF_MEMORY (the last one LUMA_OK) and leaves as many blocks allocated as it found.
 * Answers the number of runs. */
uint64_t fault_sweep_alloc(fault_body *body, void *context);

/** Memory that no fault reaches and no count sees, for the test library itself; never NULL. */
void *fault_exempt_alloc(size_t count, size_t bytes) __attribute__((malloc, returns_nonnull));
void fault_exempt_free(void *p);

#endif
