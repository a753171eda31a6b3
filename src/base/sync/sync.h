/* SPDX-License-Identifier: MIT */
/* Threads, locks, condition variables. Thin words over pthreads: initialisation that cannot fail is
 * asserted. */
#ifndef BASE_SYNC_SYNC_H
#define BASE_SYNC_SYNC_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/core/err.h"

struct mutex {
  pthread_mutex_t handle;
};
struct rwlock {
  pthread_rwlock_t handle;
};
struct cond {
  pthread_cond_t handle;
};
struct thread {
  pthread_t handle;
};

void mutex_init(struct mutex *mutex);
void mutex_deinit(struct mutex *mutex);
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

void rwlock_init(struct rwlock *lock);
void rwlock_deinit(struct rwlock *lock);
void rwlock_lock_read(struct rwlock *lock);
void rwlock_lock_write(struct rwlock *lock);
void rwlock_unlock(struct rwlock *lock);

void cond_init(struct cond *cond);
void cond_deinit(struct cond *cond);
void cond_wait(struct cond *cond, struct mutex *mutex);
/** False when `timeout_us` passed first (monotonic clock). */
bool cond_wait_timeout(struct cond *cond, struct mutex *mutex, uint64_t timeout_us);
void cond_signal(struct cond *cond);
void cond_broadcast(struct cond *cond);

/** Starts `run(argument)`; `name` (at most 15 bytes) shows in debuggers. Signals are blocked in it.
 */
status thread_start(struct thread *thread, const char *name, void (*run)(void *argument),
                    void *argument, struct err *err);
void thread_join(struct thread *thread);
/** Lets another thread have the processor. */
void thread_yield(void);
/** A moment of a loop that waits for another thread to finish a few instructions. */
static inline void thread_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  atomic_signal_fence(memory_order_seq_cst);
#endif
}
/** A step of a loop that waits for what another thread finishes at once, unless it was put off the
 * processor: looks again, then lets others run, then sleeps, so that it can run. `*steps` begins
 * with 0. */
void thread_wait_step(uint32_t *steps);

#endif
