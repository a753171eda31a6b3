/* SPDX-License-Identifier: MIT */
/* The command line of a test binary: which cases run, with which seed, and the closing line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>

#include "tests/lib/test_int.h"

static void usage(const char *program) {
  fprintf(stderr, "usage: %s [--list] [--only NAME] [--seed N] [--no-fork]\n", program);
}

static bool parse_seed(const char *text, uint64_t *seed) {
  char *end = NULL;
  *seed = strtoull(text, &end, 0);
  return *text != '\0' && *end == '\0';
}

/** Small enough to type again. */
static uint64_t fresh_seed(void) {
  uint32_t seed = 1;
  return getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed ? seed : 1;
}

static bool parse(int argc, char **argv, struct test_options *options) {
  *options = (struct test_options){.program = argv[0], .seed = fresh_seed()};
  for (int i = 1; i < argc; i++) {
    bool has_value = i + 1 < argc;
    if (strcmp(argv[i], "--list") == 0)
      options->list = true;
    else if (strcmp(argv[i], "--no-fork") == 0)
      options->no_fork = true;
    else if (strcmp(argv[i], "--only") == 0 && has_value)
      options->only = argv[++i];
    else if (strcmp(argv[i], "--seed") == 0 && has_value && parse_seed(argv[i + 1], &options->seed))
      i++;
    else
      return false;
  }
  return true;
}

static bool is_chosen(const struct test_case *c, const struct test_options *options) {
  return !options->only || strcmp(c->name, options->only) == 0;
}

static void explain(const struct test_case *c, const struct test_outcome *outcome) {
  if (outcome->stopped_by)
    printf("     stopped by signal %d (%s) after %llu ms\n", outcome->stopped_by,
           strsignal(outcome->stopped_by), (unsigned long long)outcome->took_ms);
  else if (outcome->timed_out)
    printf("     killed: over its time limit after %llu ms\n",
           (unsigned long long)outcome->took_ms);
  else if (WIFSIGNALED(outcome->wait_status))
    printf("     ended by signal %d (%s)\n", WTERMSIG(outcome->wait_status),
           strsignal(WTERMSIG(outcome->wait_status)));
  else if (WEXITSTATUS(outcome->wait_status) != 1)
    printf("     %s: exit status %d\n", c->name, WEXITSTATUS(outcome->wait_status));
}

static bool run(const struct test_case *c, const struct test_options *options, int *stopped_by) {
  if (options->no_fork) return test__run_here(c, options);
  struct test_outcome outcome = test__run_forked(c, options);
  printf("%s %s (%llu ms)\n", outcome.passed ? "ok  " : "FAIL", c->name,
         (unsigned long long)outcome.took_ms);
  if (!outcome.passed) {
    explain(c, &outcome);
    printf("     repeat with: %s --seed %llu --only %s\n", options->program,
           (unsigned long long)options->seed, c->name);
  }
  fflush(stdout);
  *stopped_by = outcome.stopped_by;
  return outcome.passed;
}

static int list(const struct test_case *cases, size_t count) {
  for (size_t i = 0; i < count; i++) puts(cases[i].name);
  return 0;
}

int test_main(int argc, char **argv, const struct test_case *cases, size_t count) {
  struct test_options options;
  if (!parse(argc, argv, &options)) {
    usage(argv[0]);
    return 2;
  }
  if (options.list) return list(cases, count);
  size_t passed = 0, failed = 0;
  int stopped_by = 0;
  printf("seed %llu\n", (unsigned long long)options.seed);
  fflush(stdout);
  for (size_t i = 0; i < count && !stopped_by; i++)
    if (is_chosen(&cases[i], &options))
      *(run(&cases[i], &options, &stopped_by) ? &passed : &failed) += 1;
  if (passed + failed == 0) {
    fprintf(stderr, "%s: no case is named %s (--list shows them)\n", argv[0],
            options.only ? options.only : "anything");
    return 2;
  }
  printf("%zu passed, %zu failed\n", passed, failed);
  return failed > 0;
}
