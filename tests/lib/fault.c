/* SPDX-License-Identifier: MIT */
/* The wrapped allocator. The linker sends every call of malloc to __wrap_malloc and offers the C
 * library's (or the sanitizer's) own as __real_malloc; the names are the linker's. */
#include "tests/lib/fault.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/test.h"

#pragma GCC diagnostic ignored "-Wmissing-prototypes"

/* A sweep that needs more runs than this is not a unit test. */
enum { SWEEP_RUNS_MAX = 1000000 };

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *p, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);
int __real_posix_memalign(void **p, size_t alignment, size_t bytes);
void __real_free(void *p);

static struct {
  _Atomic uint64_t nth; /* 0 = nothing fails */
  atomic_bool repeat;
  _Atomic uint64_t count, hits;
  _Atomic int64_t live;
  _Atomic uint64_t call_at; /* 0 = nothing is called */
  void (*call)(void *context);
  void *context;
} faults;

static bool must_fail(void) {
  uint64_t number = atomic_fetch_add(&faults.count, 1) + 1;
  if (number == atomic_load(&faults.call_at)) {
    atomic_store(&faults.call_at, 0);
    faults.call(faults.context);
    atomic_store(&faults.count, number);
  }
  uint64_t nth = atomic_load(&faults.nth);
  if (nth == 0 || number < nth || (number > nth && !atomic_load(&faults.repeat))) return false;
  atomic_fetch_add(&faults.hits, 1);
  errno = ENOMEM;
  return true;
}

/** Counts `p` as live if it is a block. */
static void *counted(void *p) {
  if (p) atomic_fetch_add(&faults.live, 1);
  return p;
}

void *__wrap_malloc(size_t bytes) {
  return must_fail() ? NULL : counted(__real_malloc(bytes));
}

void *__wrap_calloc(size_t count, size_t bytes) {
  return must_fail() ? NULL : counted(__real_calloc(count, bytes));
}

void *__wrap_realloc(void *p, size_t bytes) {
  if (must_fail()) return NULL;
  void *moved = __real_realloc(p, bytes);
  return p ? moved : counted(moved);
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes) {
  return must_fail() ? NULL : counted(__real_aligned_alloc(alignment, bytes));
}

int __wrap_posix_memalign(void **p, size_t alignment, size_t bytes) {
  if (must_fail()) return ENOMEM;
  int answer = __real_posix_memalign(p, alignment, bytes);
  if (answer == 0) counted(*p);
  return answer;
}

void __wrap_free(void *p) {
  if (p) atomic_fetch_sub(&faults.live, 1);
  __real_free(p);
}

void fault_alloc(uint64_t nth, bool repeat) {
  fault_alloc_off();
  atomic_store(&faults.repeat, repeat);
  atomic_store(&faults.nth, nth);
}

void fault_alloc_call(uint64_t nth, void (*call)(void *context), void *context) {
  fault_alloc_off();
  faults.call = call;
  faults.context = context;
  atomic_store(&faults.call_at, nth);
}

void fault_alloc_off(void) {
  atomic_store(&faults.nth, 0);
  atomic_store(&faults.call_at, 0);
  atomic_store(&faults.count, 0);
  atomic_store(&faults.hits, 0);
}

uint64_t fault_alloc_count(void) {
  return atomic_load(&faults.count);
}

uint64_t fault_alloc_hits(void) {
  return atomic_load(&faults.hits);
}

int64_t fault_alloc_live(void) {
  return atomic_load(&faults.live);
}

static void judge(uint64_t nth, bool repeat, status answer, uint64_t hits, int64_t leaked) {
  const char *how = repeat ? " and all after it" : "";
  if (answer != LUMA_OK && (answer != LUMA_OUT_OF_MEMORY || hits == 0))
    fail_msg("allocation %llu%s failed (%llu hits): answered %s", (unsigned long long)nth, how,
             (unsigned long long)hits, status_info(answer)->name);
  if (leaked != 0)
    fail_msg("allocation %llu%s failed: %lld blocks were not freed", (unsigned long long)nth, how,
             (long long)leaked);
}

/** True when the run met a failure, so that there may be more to meet. */
static bool run_once(fault_body *body, void *context, uint64_t nth, bool repeat) {
  int64_t before = fault_alloc_live();
  fault_alloc(nth, repeat);
  status answer = body(context);
  uint64_t hits = fault_alloc_hits();
  fault_alloc_off();
  judge(nth, repeat, answer, hits, fault_alloc_live() - before);
  return hits > 0;
}

uint64_t fault_sweep_alloc(fault_body *body, void *context) {
  uint64_t runs = 0;
  for (int repeat = 0; repeat <= 1; repeat++) {
    for (uint64_t nth = 1; run_once(body, context, nth, repeat); nth++) {
      runs++;
      assert_true(nth < SWEEP_RUNS_MAX);
    }
  }
  return runs + 2;
}

void *fault_exempt_alloc(size_t count, size_t bytes) {
  void *p = __real_calloc(count, bytes ? bytes : 1);
  if (!p) {
    fputs("the machine has no memory left for the test library\n", stderr);
    abort();
  }
  return p;
}

void fault_exempt_free(void *p) {
  __real_free(p);
}
