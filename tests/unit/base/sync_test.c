/* SPDX-License-Identifier: MIT */
#include "base/sync/sync.h"

#include <signal.h>
#include <string.h>

#include "base/os/os.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"

enum { THREADS = 4, ROUNDS = 20000 };

struct shared {
  struct mutex mutex;
  struct rwlock lock;
  struct cond changed;
  uint64_t count, twice;
  unsigned waiting;
};

static void shared_init(struct shared *shared) {
  *shared = (struct shared){0};
  mutex_init(&shared->mutex);
  rwlock_init(&shared->lock);
  cond_init(&shared->changed);
}

static void shared_deinit(struct shared *shared) {
  cond_deinit(&shared->changed);
  rwlock_deinit(&shared->lock);
  mutex_deinit(&shared->mutex);
}

static void run_threads(struct shared *shared, void (*run)(void *)) {
  struct thread threads[THREADS];
  for (size_t i = 0; i < THREADS; i++)
    assert_ok(thread_start(&threads[i], "test", run, shared, test_err()));
  for (size_t i = 0; i < THREADS; i++) thread_join(&threads[i]);
}

static void count_locked(void *opaque) {
  struct shared *shared = opaque;
  for (int i = 0; i < ROUNDS; i++) {
    mutex_lock(&shared->mutex);
    shared->count++;
    mutex_unlock(&shared->mutex);
  }
}

static void a_mutex_excludes(void) {
  struct shared shared;
  shared_init(&shared);
  run_threads(&shared, count_locked);
  assert_int_equal(shared.count, THREADS * ROUNDS);
  shared_deinit(&shared);
}

/* Writers keep `twice` double of `count`; readers count themselves wrong when they see otherwise.
 */
static void read_and_write(void *opaque) {
  struct shared *shared = opaque;
  for (int i = 0; i < ROUNDS; i++) {
    if (i % 4 == 0) {
      rwlock_lock_write(&shared->lock);
      shared->count++;
      shared->twice += 2;
    } else {
      rwlock_lock_read(&shared->lock);
      if (shared->twice != 2 * shared->count)
        __atomic_fetch_add(&shared->waiting, 1, __ATOMIC_RELAXED);
    }
    rwlock_unlock(&shared->lock);
  }
}

static void writers_exclude_readers(void) {
  struct shared shared;
  shared_init(&shared);
  run_threads(&shared, read_and_write);
  assert_int_equal(shared.waiting, 0);
  assert_int_equal(shared.count, THREADS * ROUNDS / 4);
  shared_deinit(&shared);
}

static void wait_for_count(void *opaque) {
  struct shared *shared = opaque;
  mutex_lock(&shared->mutex);
  shared->waiting++;
  cond_broadcast(&shared->changed);
  while (shared->count == 0) cond_wait(&shared->changed, &shared->mutex);
  shared->twice++;
  mutex_unlock(&shared->mutex);
}

static void waiting_threads_are_woken(void) {
  struct shared shared;
  struct thread threads[THREADS];
  shared_init(&shared);
  for (size_t i = 0; i < THREADS; i++)
    assert_ok(thread_start(&threads[i], "a name of more than 15 bytes", wait_for_count, &shared,
                           test_err()));
  mutex_lock(&shared.mutex);
  while (shared.waiting < THREADS) cond_wait(&shared.changed, &shared.mutex);
  shared.count = 1;
  cond_broadcast(&shared.changed);
  mutex_unlock(&shared.mutex);
  for (size_t i = 0; i < THREADS; i++) thread_join(&threads[i]);
  assert_int_equal(shared.twice, THREADS);
  shared_deinit(&shared);
}

static void waiting_ends_in_time(void) {
  struct shared shared;
  shared_init(&shared);
  mutex_lock(&shared.mutex);
  uint64_t before_us = os_monotonic_us(os_linux());
  while (cond_wait_timeout(&shared.changed, &shared.mutex, 20000)) {
  }
  uint64_t passed_us = os_monotonic_us(os_linux()) - before_us;
  mutex_unlock(&shared.mutex);
  assert_true(passed_us >= 20000);
  shared_deinit(&shared);
}

static void signal_later(void *opaque) {
  struct shared *shared = opaque;
  mutex_lock(&shared->mutex);
  shared->count = 1;
  cond_signal(&shared->changed);
  mutex_unlock(&shared->mutex);
}

static void a_long_timeout_is_no_overflow(void) {
  struct shared shared;
  struct thread thread;
  shared_init(&shared);
  mutex_lock(&shared.mutex);
  assert_ok(thread_start(&thread, "signal", signal_later, &shared, test_err()));
  while (shared.count == 0)
    assert_true(cond_wait_timeout(&shared.changed, &shared.mutex, UINT64_MAX));
  mutex_unlock(&shared.mutex);
  thread_join(&thread);
  shared_deinit(&shared);
}

static void look_at_mask(void *opaque) {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, NULL, &mask);
  *(bool *)opaque = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGINT) == 1;
}

static void signals_stay_with_the_first_thread(void) {
  struct thread thread;
  bool blocked = false;
  assert_ok(thread_start(&thread, "mask", look_at_mask, &blocked, test_err()));
  thread_join(&thread);
  assert_true(blocked);
  look_at_mask(&blocked);
  assert_false(blocked);
}

static void no_memory_to_start(void) {
  struct thread thread;
  bool blocked;
  fault_alloc(1, false);
  status result = thread_start(&thread, "none", look_at_mask, &blocked, NULL);
  fault_alloc_off();
  assert_int_equal(result, LUMA_OUT_OF_MEMORY);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"a_mutex_excludes", a_mutex_excludes, 0},
      {"writers_exclude_readers", writers_exclude_readers, 0},
      {"waiting_threads_are_woken", waiting_threads_are_woken, 0},
      {"waiting_ends_in_time", waiting_ends_in_time, 0},
      {"a_long_timeout_is_no_overflow", a_long_timeout_is_no_overflow, 0},
      {"signals_stay_with_the_first_thread", signals_stay_with_the_first_thread, 0},
      {"no_memory_to_start", no_memory_to_start, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
