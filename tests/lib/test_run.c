/* SPDX-License-Identifier: MIT */
/* One case, one process. The parent waits for the child with SIGCHLD blocked (sigtimedwait), so
 * neither a lost signal nor a child that never ends can hold it up; output goes to an unlinked
 * file, so neither can a full pipe. The child leads a process group: what it leaves behind is
 * killed with it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/test_int.h"

enum { OUTPUT_SHOWN_BYTES = 64 * 1024 };

/* cmocka catches these to report them; a debugger or a sanitizer does it better, so a case gets
 * back the handlers that stood before. */
static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS};
enum { CRASH_SIGNALS = sizeof crash_signals / sizeof crash_signals[0] };

/** What cmocka hands to the function below. */
struct invocation {
  const struct test_case *c;
  struct sigaction handlers[CRASH_SIGNALS];
};

static uint64_t monotonic_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void invoke(void **state) {
  const struct invocation *invocation = *state;
  for (size_t i = 0; i < CRASH_SIGNALS; i++)
    sigaction(crash_signals[i], &invocation->handlers[i], NULL);
  invocation->c->run();
}

/** True when the case passed. Standard output is the child's own file by now. */
static bool run_in_cmocka(const struct test_case *c) {
  struct invocation invocation = {.c = c};
  for (size_t i = 0; i < CRASH_SIGNALS; i++)
    sigaction(crash_signals[i], NULL, &invocation.handlers[i]);
  const struct CMUnitTest tests[] = {{c->name, invoke, NULL, NULL, &invocation}};
  return cmocka_run_group_tests_name(c->name, tests, NULL, NULL) == 0;
}

static void name_dir(char *dir, size_t bytes) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  const char *parent = getenv("TMPDIR");
  snprintf(dir, bytes, "%s/luma-test-%d-%lld%09ld", parent ? parent : "/tmp", (int)getpid(),
           (long long)now.tv_sec, now.tv_nsec);
}

bool test__run_here(const struct test_case *c, const struct test_options *options) {
  char dir[TEST_DIR_BYTES];
  name_dir(dir, sizeof dir);
  test__begin(options->seed, dir);
  bool passed = run_in_cmocka(c);
  test__remove_dir(dir);
  return passed;
}

static _Noreturn void be_child(const struct test_case *c, const struct test_options *options,
                               const char *dir, FILE *output) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setpgid(0, 0);
  dup2(fileno(output), STDOUT_FILENO);
  dup2(fileno(output), STDERR_FILENO);
  setvbuf(stdout, NULL, _IONBF, 0);
  test__begin(options->seed, dir);
  if (run_in_cmocka(c)) exit(0); /* where leaks are looked for */
  fflush(NULL);
  _exit(1); /* a failed case jumped out of its work: its leaks say nothing */
}

/** Waits until the child ends or `limit_ms` is over; false in the second case. */
static bool wait_for(pid_t child, uint64_t limit_ms, int *wait_status) {
  sigset_t child_ended;
  sigemptyset(&child_ended);
  sigaddset(&child_ended, SIGCHLD);
  uint64_t deadline = monotonic_ms() + limit_ms;
  for (;;) {
    if (waitpid(child, wait_status, WNOHANG) == child) return true;
    uint64_t now = monotonic_ms();
    if (now >= deadline) return false;
    uint64_t left = deadline - now;
    struct timespec timeout = {(time_t)(left / 1000), (long)(left % 1000) * 1000000};
    sigtimedwait(&child_ended, NULL, &timeout);
  }
}

/** Shows the end of what the case printed. */
static void show(FILE *output) {
  static char text[OUTPUT_SHOWN_BYTES];
  fseek(output, 0, SEEK_END);
  long bytes = ftell(output);
  long from = bytes > OUTPUT_SHOWN_BYTES ? bytes - OUTPUT_SHOWN_BYTES : 0;
  if (from > 0) printf("[… %ld bytes before]\n", from);
  fseek(output, from, SEEK_SET);
  size_t got = fread(text, 1, sizeof text, output);
  fwrite(text, 1, got, stdout);
}

static struct test_outcome run_child(const struct test_case *c, const struct test_options *options,
                                     const char *dir, FILE *output) {
  struct test_outcome outcome = {0};
  uint64_t began = monotonic_ms();
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) be_child(c, options, dir, output);
  if (child < 0) {
    fprintf(stderr, "test: cannot fork: %s\n", strerror(errno));
    return outcome;
  }
  setpgid(child, child);
  uint64_t limit_s = (c->timeout_s ? c->timeout_s : TEST_TIMEOUT_S) * test__timeout_factor();
  outcome.timed_out = !wait_for(child, limit_s * 1000, &outcome.wait_status);
  kill(-child, SIGKILL);
  if (outcome.timed_out) waitpid(child, &outcome.wait_status, 0);
  outcome.passed =
      !outcome.timed_out && WIFEXITED(outcome.wait_status) && WEXITSTATUS(outcome.wait_status) == 0;
  outcome.took_ms = monotonic_ms() - began;
  return outcome;
}

struct test_outcome test__run_forked(const struct test_case *c,
                                     const struct test_options *options) {
  sigset_t child_ended, before;
  sigemptyset(&child_ended);
  sigaddset(&child_ended, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child_ended, &before);
  char dir[TEST_DIR_BYTES];
  name_dir(dir, sizeof dir);
  FILE *output = tmpfile();
  struct test_outcome outcome = {0};
  if (output) {
    outcome = run_child(c, options, dir, output);
    if (!outcome.passed) show(output);
    fclose(output);
  } else {
    fprintf(stderr, "test: cannot make a temporary file: %s\n", strerror(errno));
  }
  test__remove_dir(dir);
  sigprocmask(SIG_SETMASK, &before, NULL);
  return outcome;
}
