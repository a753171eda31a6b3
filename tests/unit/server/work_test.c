/* SPDX-License-Identifier: MIT */
/* The workers: all admitted work is done once, what is beyond the queue is refused. */
#include <stdatomic.h>

#include "base/sync/sync.h"
#include "server/work/work.h"
#include "tests/lib/test.h"

enum { ITEMS = 2000, WORKERS = 3 };

struct task {
  struct work_item item; /* first */
  struct work_pool *pool;
  atomic_uint runs;
  unsigned again; /* parts still to come */
};

static void run_task(struct work_item *item) {
  struct task *task = (struct task *)item;
  atomic_fetch_add(&task->runs, 1);
  if (task->again == 0) return;
  task->again--;
  work_resubmit(task->pool, item);
}

static void does_all_work_before_it_ends(void) {
  static struct task tasks[ITEMS];
  struct work_pool *pool;
  assert_ok(work_pool_create(WORKERS, ITEMS, &pool, test_err()));
  for (int i = 0; i < ITEMS; i++) {
    tasks[i] = (struct task){.item.run = run_task, .pool = pool, .again = (unsigned)(i % 3)};
    assert_ok(work_submit(pool, &tasks[i].item, test_err()));
  }
  work_pool_destroy(pool);
  for (int i = 0; i < ITEMS; i++) assert_int_equal(i % 3 + 1, atomic_load(&tasks[i].runs));
}

struct gate {
  struct work_item item; /* first */
  struct mutex lock;
  struct cond wake;
  bool entered, open;
  atomic_uint waits;
};

static void run_gate(struct work_item *item) {
  struct gate *gate = (struct gate *)item;
  mutex_lock(&gate->lock);
  gate->entered = true;
  cond_broadcast(&gate->wake);
  while (!gate->open) cond_wait(&gate->wake, &gate->lock);
  mutex_unlock(&gate->lock);
}

static void refuses_what_the_queue_does_not_hold(void) {
  struct work_pool *pool;
  struct gate gate = {.item.run = run_gate};
  struct task waiting[3] = {{.item.run = run_task}, {.item.run = run_task}, {.item.run = run_task}};
  mutex_init(&gate.lock);
  cond_init(&gate.wake);
  assert_ok(work_pool_create(1, 2, &pool, test_err()));
  assert_ok(work_submit(pool, &gate.item, test_err()));
  mutex_lock(&gate.lock);
  while (!gate.entered) cond_wait(&gate.wake, &gate.lock);
  mutex_unlock(&gate.lock);
  assert_ok(work_submit(pool, &waiting[0].item, test_err()));
  assert_ok(work_submit(pool, &waiting[1].item, test_err()));
  assert_status(LUMA_BUSY, work_submit(pool, &waiting[2].item, test_err()));
  struct work_stats stats = work_stats(pool);
  assert_int_equal(2, stats.queued);
  assert_int_equal(1, stats.busy);
  assert_int_equal(1, stats.refused);
  mutex_lock(&gate.lock);
  gate.open = true;
  cond_broadcast(&gate.wake);
  mutex_unlock(&gate.lock);
  work_pool_destroy(pool);
  assert_int_equal(1, atomic_load(&waiting[1].runs));
  assert_int_equal(0, atomic_load(&waiting[2].runs));
  cond_deinit(&gate.wake);
  mutex_deinit(&gate.lock);
}

/* One that waits for what only others can do. */
struct waiter {
  struct work_item item; /* first */
  struct work_pool *pool;
  struct gate *gate;
};

static void run_waiter(struct work_item *item) {
  struct waiter *waiter = (struct waiter *)item;
  if (!work_wait_begin(waiter->pool)) return; /* then the test never ends */
  atomic_fetch_add(&waiter->gate->waits, 1);
  run_gate(&waiter->gate->item);
  work_wait_end(waiter->pool);
}

static void run_opener(struct work_item *item) {
  struct gate *gate = ((struct waiter *)item)->gate;
  mutex_lock(&gate->lock);
  gate->open = true;
  cond_broadcast(&gate->wake);
  mutex_unlock(&gate->lock);
}

static void those_who_wait_take_no_place(void) {
  static struct waiter waiters[WORK_WAITING_MAX];
  struct work_pool *pool;
  struct gate gate = {0};
  struct waiter opener = {.item.run = run_opener, .gate = &gate};
  mutex_init(&gate.lock);
  cond_init(&gate.wake);
  assert_ok(work_pool_create(WORKERS, ITEMS, &pool, test_err()));
  for (int i = 0; i < WORK_WAITING_MAX; i++) {
    waiters[i] = (struct waiter){.item.run = run_waiter, .pool = pool, .gate = &gate};
    assert_ok(work_submit(pool, &waiters[i].item, test_err()));
  }
  while (atomic_load(&gate.waits) < WORK_WAITING_MAX) thread_yield();
  assert_false(work_wait_begin(pool));
  assert_ok(work_submit(pool, &opener.item, test_err()));
  work_pool_destroy(pool);
  assert_true(gate.open);
  cond_deinit(&gate.wake);
  mutex_deinit(&gate.lock);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"does_all_work_before_it_ends", does_all_work_before_it_ends, 0},
      {"refuses_what_the_queue_does_not_hold", refuses_what_the_queue_does_not_hold, 0},
      {"those_who_wait_take_no_place", those_who_wait_take_no_place, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
