/* SPDX-License-Identifier: MIT */
/* What a running case sees: its seed, its generator, its directory, its error. cmocka's cases have
 * no context argument, so this state is the process's own, and one process runs one case. */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/lib/test_int.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZER_FACTOR = 10 };
#else
enum { SANITIZER_FACTOR = 1 };
#endif

static struct {
  uint64_t seed;
  struct rng rng;
  struct err err;
  struct test_doing *doing;
  bool dir_made;
  char dir[TEST_DIR_BYTES];
} running;

void test__begin(uint64_t seed, const char *dir, struct test_doing *doing) {
  memset(&running, 0, sizeof running);
  running.seed = seed;
  running.doing = doing;
  rng_init(&running.rng, seed);
  snprintf(running.dir, sizeof running.dir, "%s", dir);
}

uint64_t test_seed(void) {
  return running.seed;
}

uint64_t test__monotonic_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void test_doing(struct slice text) {
  struct test_doing *doing = running.doing;
  if (!doing) return;
  size_t bytes = text.bytes < TEST_DOING_BYTES ? text.bytes : TEST_DOING_BYTES;
  memcpy(doing->text, text.data, bytes);
  doing->bytes = (uint32_t)bytes;
  doing->since_ms = test__monotonic_ms();
  doing->count++;
}

struct rng *test_rng(void) {
  return &running.rng;
}

struct err *test_err(void) {
  return &running.err;
}

const char *test_dir(void) {
  if (!running.dir_made && mkdir(running.dir, 0700) != 0)
    fail_msg("cannot make the directory %s: %s", running.dir, strerror(errno));
  running.dir_made = true;
  return running.dir;
}

size_t test__scale(void) {
  const char *text = getenv("LUMA_TEST_SCALE");
  unsigned long scale = text ? strtoul(text, NULL, 10) : 1;
  return scale > 0 ? scale : 1;
}

size_t test_rounds(size_t quick) {
  return quick * test__scale();
}

unsigned test__timeout_factor(void) {
  return SANITIZER_FACTOR * (unsigned)test__scale();
}

void test__expect(status expected, status answer, const char *call, const char *file, int line) {
  if (answer == expected) {
    running.err = (struct err){0};
    return;
  }
  print_error("%s\n  answered %s, expected %s\n", call, status_info(answer)->name,
              status_info(expected)->name);
  if (running.err.message[0] != '\0') print_error("  message: %s\n", running.err.message);
  if (running.err.hint[0] != '\0') print_error("  hint: %s\n", running.err.hint);
  if (running.err.file)
    print_error("  raised at %s:%d\n", running.err.file, running.err.source_line);
  _fail(file, line);
}

/** A case may have taken away its own right to change a directory: give it back on the way down. */
static int allow(const char *path, const struct stat *stat, int kind, struct FTW *at) {
  (void)stat, (void)at;
  if (kind == FTW_D || kind == FTW_DNR) chmod(path, 0700);
  return 0;
}

static int remove_entry(const char *path, const struct stat *stat, int kind, struct FTW *at) {
  (void)stat, (void)kind, (void)at;
  return remove(path);
}

void test__remove_dir(const char *dir) {
  struct stat stat;
  if (lstat(dir, &stat) != 0) return;
  nftw(dir, allow, 16, FTW_PHYS);
  if (nftw(dir, remove_entry, 16, FTW_PHYS | FTW_DEPTH) != 0)
    fprintf(stderr, "test: cannot remove %s: %s\n", dir, strerror(errno));
}
