/* SPDX-License-Identifier: MIT */
/* Name dictionaries: ids and names both ways, the limits, what is unsaved, readers beside a writer.
 */
#include <stdatomic.h>
#include <stdio.h>

#include "base/sync/sync.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"
#include "value/names/names.h"

static struct slice nth_name(char room[16], int n) {
  return slice_of(room, (size_t)snprintf(room, 16, "name%d", n));
}

static uint16_t intern(struct names *names, struct slice name) {
  uint16_t id = 12345;
  assert_ok(names_intern(names, name, &id, test_err()));
  return id;
}

static void names_have_ids(void) {
  struct names *names = NULL;
  assert_ok(names_create(9, &names, test_err()));
  assert_int_equal(names_number(names), 9);
  assert_int_equal(names_find(names, slice_of_text("_id")), NAMES_KEY_SLOT);
  assert_int_equal(names_find(names, slice_of_text("a")), NAMES_NONE);
  assert_int_equal(intern(names, slice_of_text("a")), 1);
  assert_int_equal(intern(names, slice_of_text("")), 2);
  assert_int_equal(intern(names, slice_of_text("a")), 1);
  assert_int_equal(names_find(names, slice_of_text("")), 2);
  assert_int_equal(names_count(names), 3);
  assert_true(slice_is_equal(names_get(names, 1), slice_of_text("a")));
  assert_null(names_get(names, 3).data);
  assert_null(names_get(names, NAMES_NONE).data);
  names_destroy(names);
}

static void takes_no_more_than_its_limits(void) {
  static char long_name[256];
  struct names *names = NULL;
  char room[16];
  assert_ok(names_create(1, &names, test_err()));
  memset(long_name, 'x', sizeof long_name);
  assert_int_equal(intern(names, slice_of(long_name, 256)), NAMES_NONE);
  assert_int_equal(intern(names, slice_of(long_name, 255)), 1);
  for (int i = 2; i < NAMES_COUNT_MAX; i++) assert_int_equal(intern(names, nth_name(room, i)), i);
  assert_int_equal(intern(names, slice_of_text("one more")), NAMES_NONE);
  assert_int_equal(names_count(names), NAMES_COUNT_MAX);
  for (int i = 2; i < NAMES_COUNT_MAX; i++) {
    assert_int_equal(names_find(names, nth_name(room, i)), i);
    assert_true(slice_is_equal(names_get(names, (uint16_t)i), nth_name(room, i)));
  }
  names_destroy(names);
}

static void tells_what_is_unsaved(void) {
  struct names *names = NULL;
  uint16_t from, to;
  assert_ok(names_create(1, &names, test_err()));
  names_unsaved(names, &from, &to);
  assert_int_equal(from, 1);
  assert_int_equal(to, 1);
  (void)intern(names, slice_of_text("a"));
  (void)intern(names, slice_of_text("b"));
  names_mark_saved(names, 2);
  names_mark_saved(names, 1); /* what is saved stays saved */
  names_unsaved(names, &from, &to);
  assert_int_equal(from, 2);
  assert_int_equal(to, 3);
  names_destroy(names);
}

struct race {
  struct names *names;
  _Atomic bool failed, done;
};

/* Whatever a reader finds is whole: the id's name is the name asked for. */
static void read_on(void *argument) {
  struct race *race = argument;
  char room[16];
  for (int n = 0; !atomic_load(&race->done); n = (n + 1) % NAMES_COUNT_MAX) {
    struct slice name = nth_name(room, n);
    uint16_t id = names_find(race->names, name);
    if (id != NAMES_NONE && !slice_is_equal(names_get(race->names, id), name))
      atomic_store(&race->failed, true);
  }
}

/* Two writers of the same names meet: each name gets one id. */
static void write_on(void *argument) {
  struct race *race = argument;
  char room[16];
  for (int n = 0; n < NAMES_COUNT_MAX - 1; n++) {
    uint16_t id = NAMES_NONE;
    status interned = names_intern(race->names, nth_name(room, n), &id, NULL);
    if (interned != LUMA_OK || id == NAMES_NONE) atomic_store(&race->failed, true);
  }
}

static void readers_run_beside_writers(void) {
  struct race race = {0};
  struct thread reader, writers[2];
  assert_ok(names_create(1, &race.names, test_err()));
  assert_ok(thread_start(&reader, "reader", read_on, &race, test_err()));
  for (int i = 0; i < 2; i++)
    assert_ok(thread_start(&writers[i], "writer", write_on, &race, test_err()));
  for (int i = 0; i < 2; i++) thread_join(&writers[i]);
  atomic_store(&race.done, true);
  thread_join(&reader);
  assert_false(atomic_load(&race.failed));
  assert_int_equal(names_count(race.names), NAMES_COUNT_MAX);
  names_destroy(race.names);
}

/* Interns until memory fails; what was interned before the failure is still right. */
static status intern_many(void *context) {
  struct err *err = context;
  struct names *names = NULL;
  char room[16];
  TRY(names_create(1, &names, err));
  status done = LUMA_OK;
  int interned = 0;
  for (int i = 1; done == LUMA_OK && i < 600; i++) {
    uint16_t id;
    done = names_intern(names, nth_name(room, i), &id, err);
    if (done == LUMA_OK) interned = i;
  }
  assert_int_equal(names_count(names), interned + 1);
  for (int i = 1; i <= interned; i++) assert_int_equal(names_find(names, nth_name(room, i)), i);
  names_destroy(names);
  return done;
}

static void memory_may_run_out(void) {
  assert_true(fault_sweep_alloc(intern_many, test_err()) > 10);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"names have ids", names_have_ids, 0},
      {"takes no more than its limits", takes_no_more_than_its_limits, 0},
      {"tells what is unsaved", tells_what_is_unsaved, 0},
      {"readers run beside writers", readers_run_beside_writers, 0},
      {"memory may run out", memory_may_run_out, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
