/* SPDX-License-Identifier: MIT */
/* The failing os: chosen calls fail, others pass through, sweeps find code that swallows or invents
 * errors. */
#include "tests/lib/faultos.h"

#include "tests/lib/simos.h"
#include "tests/lib/victim.h"

static void chosen_calls_fail(void) {
  struct simos *sim = simos_create(test_seed());
  struct faultos faultos;
  struct os *os = &faultos.os;
  struct os_file *file = NULL;
  faultos_init(&faultos, simos_os(sim));
  assert_ok(os_open(os, "/a", OS_OPEN_WRITE | OS_OPEN_CREATE, &file, test_err()));
  faultos_arm(&faultos, FAULTOS_WRITE | FAULTOS_SYNC, 2, false, LUMA_DISK_FULL);
  assert_ok(os_write_at(os, file, 0, "a", 1, test_err()));
  assert_status(LUMA_DISK_FULL, os_sync(os, file, test_err()));
  assert_ok(os_sync(os, file, test_err()));
  assert_int_equal(3, faultos_calls(&faultos));
  assert_int_equal(1, faultos_hits(&faultos));
  faultos_arm(&faultos, FAULTOS_ALL, 1, true, LUMA_IO_ERROR);
  assert_status(LUMA_IO_ERROR, os_write_at(os, file, 0, "a", 1, test_err()));
  assert_status(LUMA_IO_ERROR, os_stat(os, "/a", &(struct os_stat){0}, test_err()));
  assert_status(LUMA_IO_ERROR, os_close(os, file, test_err()));
  faultos_disarm(&faultos);
  assert_ok(os_remove(os, "/a", test_err()));
  simos_destroy(sim);
}

/** Writes a file, judging every answer; counts its runs. */
static status careful(struct os *os, void *context) {
  struct os_file *file = NULL;
  *(uint64_t *)context += 1;
  TRY(os_open(os, "/a", OS_OPEN_WRITE | OS_OPEN_CREATE, &file, NULL));
  status written = os_write_at(os, file, 0, "a", 1, NULL);
  status synced = written == LUMA_OK ? os_sync(os, file, NULL) : written;
  status closed = os_close(os, file, NULL);
  return synced != LUMA_OK ? synced : closed;
}

static void a_sweep_meets_every_call(void) {
  struct simos *sim = simos_create(test_seed());
  uint64_t runs = 0;
  uint64_t answered = faultos_sweep(simos_os(sim), FAULTOS_ALL, LUMA_IO_ERROR, careful, &runs);
  assert_int_equal(2 * (4 + 1), runs);
  assert_int_equal(runs, answered);
  runs = 0;
  faultos_sweep(simos_os(sim), FAULTOS_ROOM, LUMA_DISK_FULL, careful, &runs);
  assert_int_equal(2 * (3 + 1), runs);
  simos_destroy(sim);
}

static status inventing(struct os *os, void *context) {
  return careful(os, context) == LUMA_OK ? LUMA_OK : LUMA_CORRUPT;
}

static void victim_invents(void) {
  struct simos *sim = simos_create(test_seed());
  uint64_t runs = 0;
  faultos_sweep(simos_os(sim), FAULTOS_WRITE, LUMA_IO_ERROR, inventing, &runs);
  simos_destroy(sim);
}

static void a_sweep_finds_invented_errors(void) {
  assert_int_equal(1, victim_run_only("victim_invents"));
  victim_expect("I/O call 1 failed with io_error (1 hits): answered corrupt");
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"chosen_calls_fail", chosen_calls_fail, 0},
      {"a_sweep_meets_every_call", a_sweep_meets_every_call, 0},
      {"a_sweep_finds_invented_errors", a_sweep_finds_invented_errors, 0},
  };
  static const struct test_case victims[] = {{"victim_invents", victim_invents, 0}};
  const struct victims all = {cases, sizeof cases / sizeof cases[0], victims,
                              sizeof victims / sizeof victims[0]};
  return victims_main(argc, argv, &all);
}
