/* SPDX-License-Identifier: MIT */
#include "base/sync/sync.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "base/os/os.h"

enum { NAME_BYTES = 16, US_PER_SECOND = 1000000, NS_PER_US = 1000 };

/* The errors of these calls are misuse (a lock held twice, destroyed while held), never
 * circumstance. */
static void must(int result) {
  ASSERT(result == 0);
}

void mutex_init(struct mutex *mutex) {
  must(pthread_mutex_init(&mutex->handle, NULL));
}
void mutex_deinit(struct mutex *mutex) {
  must(pthread_mutex_destroy(&mutex->handle));
}
void mutex_lock(struct mutex *mutex) {
  must(pthread_mutex_lock(&mutex->handle));
}
void mutex_unlock(struct mutex *mutex) {
  must(pthread_mutex_unlock(&mutex->handle));
}

void rwlock_init(struct rwlock *lock) {
  must(pthread_rwlock_init(&lock->handle, NULL));
}
void rwlock_deinit(struct rwlock *lock) {
  must(pthread_rwlock_destroy(&lock->handle));
}
void rwlock_lock_read(struct rwlock *lock) {
  must(pthread_rwlock_rdlock(&lock->handle));
}
void rwlock_lock_write(struct rwlock *lock) {
  must(pthread_rwlock_wrlock(&lock->handle));
}
void rwlock_unlock(struct rwlock *lock) {
  must(pthread_rwlock_unlock(&lock->handle));
}

void cond_init(struct cond *cond) {
  pthread_condattr_t attributes;
  must(pthread_condattr_init(&attributes));
  must(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC));
  must(pthread_cond_init(&cond->handle, &attributes));
  must(pthread_condattr_destroy(&attributes));
}

void cond_deinit(struct cond *cond) {
  must(pthread_cond_destroy(&cond->handle));
}

void cond_wait(struct cond *cond, struct mutex *mutex) {
  must(pthread_cond_wait(&cond->handle, &mutex->handle));
}

bool cond_wait_timeout(struct cond *cond, struct mutex *mutex, uint64_t timeout_us) {
  uint64_t until_us;
  if (__builtin_add_overflow(os_monotonic_us(os_linux()), timeout_us, &until_us))
    until_us = INT64_MAX;
  struct timespec until = {.tv_sec = (time_t)(until_us / US_PER_SECOND),
                           .tv_nsec = (long)(until_us % US_PER_SECOND * NS_PER_US)};
  int result = pthread_cond_timedwait(&cond->handle, &mutex->handle, &until);
  if (result == ETIMEDOUT) return false;
  must(result);
  return true;
}

void cond_signal(struct cond *cond) {
  must(pthread_cond_signal(&cond->handle));
}
void cond_broadcast(struct cond *cond) {
  must(pthread_cond_broadcast(&cond->handle));
}

/* What a new thread is given; it frees it. */
struct start {
  void (*run)(void *argument);
  void *argument;
  char name[NAME_BYTES];
};

static void *run_thread(void *opaque) {
  struct start start = *(struct start *)opaque;
  mem_free(opaque);
  pthread_setname_np(pthread_self(), start.name);
  start.run(start.argument);
  return NULL;
}

/* A thread inherits the signal mask of the one that makes it: everything is blocked while it is
 * made, so that signals reach the threads that the program chose for them. */
static int create_blocked(pthread_t *handle, struct start *start) {
  sigset_t all, before;
  sigfillset(&all);
  must(pthread_sigmask(SIG_SETMASK, &all, &before));
  int result = pthread_create(handle, NULL, run_thread, start);
  must(pthread_sigmask(SIG_SETMASK, &before, NULL));
  return result;
}

status thread_start(struct thread *thread, const char *name, void (*run)(void *argument),
                    void *argument, struct err *err) {
  struct start *start = mem_alloc(sizeof *start);
  if (!start) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left to start the thread `%s`", name);
  *start = (struct start){.run = run, .argument = argument};
  snprintf(start->name, sizeof start->name, "%s", name);
  int result = create_blocked(&thread->handle, start);
  if (result == 0) return LUMA_OK;
  mem_free(start);
  FAIL(err, LUMA_BUSY, "cannot start the thread `%s`: %s", name, strerror(result));
}

void thread_join(struct thread *thread) {
  must(pthread_join(thread->handle, NULL));
}

/* Nobody signals it: it ends with its time. */
static void nap(uint64_t us) {
  struct mutex mutex;
  struct cond never;
  mutex_init(&mutex);
  cond_init(&never);
  mutex_lock(&mutex);
  (void)cond_wait_timeout(&never, &mutex, us);
  mutex_unlock(&mutex);
  cond_deinit(&never);
  mutex_deinit(&mutex);
}

void thread_wait_step(uint32_t *steps) {
  enum { SPINS = 200, YIELDS = 210, NAP_US = 20 };
  if (*steps < YIELDS) ++*steps;
  if (*steps < SPINS)
    thread_pause();
  else if (*steps < YIELDS)
    thread_yield();
  else
    nap(NAP_US);
}

void thread_yield(void) {
  sched_yield();
}
