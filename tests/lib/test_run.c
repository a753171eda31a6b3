/* SPDX-License-Identifier: MIT */
/* One case, one process. The parent waits for the child with SIGCHLD and those that would end it
 * blocked (sigtimedwait), so neither a lost signal nor a child that never ends can hold it up;
 * output goes to an unlinked file, so neither can a full pipe. The child leads a process group:
 * what it leaves behind is killed with it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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
  test__begin(options->seed, dir, NULL);
  bool passed = run_in_cmocka(c);
  test__remove_dir(dir);
  return passed;
}

/** What the processes of the runner and of the case share, and where the case may write. */
struct stage {
  char dir[TEST_DIR_BYTES];
  FILE *output;
  struct test_doing *doing;
};

static _Noreturn void be_child(const struct test_case *c, const struct test_options *options,
                               const struct stage *stage) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setpgid(0, 0);
  dup2(fileno(stage->output), STDOUT_FILENO);
  dup2(fileno(stage->output), STDERR_FILENO);
  setvbuf(stdout, NULL, _IONBF, 0);
  test__begin(options->seed, stage->dir, stage->doing);
  if (run_in_cmocka(c)) exit(0); /* where leaks are looked for */
  fflush(NULL);
  _exit(1); /* a failed case jumped out of its work: its leaks say nothing */
}

/** The signals that are waited for: the child's end, and what ends the runner. */
static sigset_t signals_awaited(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

/** Waits until the child ends, `limit_ms` is over or the runner is to end; false unless the first.
 */
static bool wait_for(pid_t child, uint64_t limit_ms, struct test_outcome *outcome) {
  sigset_t awaited = signals_awaited();
  uint64_t deadline = test__monotonic_ms() + limit_ms;
  for (;;) {
    if (waitpid(child, &outcome->wait_status, WNOHANG) == child) return true;
    uint64_t now = test__monotonic_ms();
    outcome->timed_out = now >= deadline;
    if (outcome->timed_out) return false;
    uint64_t left = deadline - now;
    struct timespec timeout = {(time_t)(left / 1000), (long)(left % 1000) * 1000000};
    int got = sigtimedwait(&awaited, NULL, &timeout);
    if (got > 0 && got != SIGCHLD) outcome->stopped_by = got;
    if (outcome->stopped_by) return false;
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

static void show_doing(const struct test_doing *doing) {
  if (doing->count == 0) return;
  printf("     doing no. %llu, for %llu ms: %.*s\n", (unsigned long long)doing->count,
         (unsigned long long)(test__monotonic_ms() - doing->since_ms), (int)doing->bytes,
         doing->text);
}

static struct test_outcome run_child(const struct test_case *c, const struct test_options *options,
                                     const struct stage *stage) {
  struct test_outcome outcome = {0};
  uint64_t began = test__monotonic_ms();
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) be_child(c, options, stage);
  if (child < 0) {
    fprintf(stderr, "test: cannot fork: %s\n", strerror(errno));
    return outcome;
  }
  setpgid(child, child);
  uint64_t limit_s = (c->timeout_s ? c->timeout_s : TEST_TIMEOUT_S) * test__timeout_factor();
  bool ended = wait_for(child, limit_s * 1000, &outcome);
  kill(-child, SIGKILL);
  if (!ended) waitpid(child, &outcome.wait_status, 0);
  outcome.passed = ended && WIFEXITED(outcome.wait_status) && WEXITSTATUS(outcome.wait_status) == 0;
  outcome.took_ms = test__monotonic_ms() - began;
  return outcome;
}

static bool set_stage(struct stage *stage) {
  name_dir(stage->dir, sizeof stage->dir);
  stage->output = tmpfile();
  if (!stage->output) return false;
  stage->doing =
      mmap(NULL, sizeof *stage->doing, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (stage->doing != MAP_FAILED) return true;
  fclose(stage->output);
  return false;
}

struct test_outcome test__run_forked(const struct test_case *c,
                                     const struct test_options *options) {
  sigset_t awaited = signals_awaited(), before;
  struct stage stage;
  struct test_outcome outcome = {0};
  sigprocmask(SIG_BLOCK, &awaited, &before);
  if (set_stage(&stage)) {
    outcome = run_child(c, options, &stage);
    if (!outcome.passed) show(stage.output);
    if (!outcome.passed) show_doing(stage.doing);
    fclose(stage.output);
    munmap(stage.doing, sizeof *stage.doing);
  } else {
    fprintf(stderr, "test: no temporary file or memory: %s\n", strerror(errno));
  }
  test__remove_dir(stage.dir);
  sigprocmask(SIG_SETMASK, &before, NULL);
  return outcome;
}
