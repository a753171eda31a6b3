/* SPDX-License-Identifier: MIT */
#include "base/os/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/test.h"

static bool is_readable(int descriptor) {
  struct pollfd waiting = {.fd = descriptor, .events = POLLIN};
  return poll(&waiting, 1, 0) == 1;
}

static void signals_arrive_as_requests(void) {
  struct process_signals signals;
  assert_ok(process_signals_open(&signals, test_err()));
  assert_int_equal(process_signals_next(&signals), PROCESS_NOTHING);
  assert_false(is_readable(signals.descriptor));
  raise(SIGTERM);
  assert_true(is_readable(signals.descriptor));
  assert_int_equal(process_signals_next(&signals), PROCESS_STOP);
  raise(SIGINT);
  assert_int_equal(process_signals_next(&signals), PROCESS_INTERRUPT);
  raise(SIGHUP);
  assert_int_equal(process_signals_next(&signals), PROCESS_RELOAD);
  assert_int_equal(process_signals_next(&signals), PROCESS_NOTHING);
  process_signals_close(&signals);
}

static void closed_signals_act_again(void) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    struct process_signals signals;
    if (process_signals_open(&signals, NULL) != LUMA_OK) _exit(1);
    process_signals_close(&signals);
    raise(SIGTERM);
    _exit(2);
  }
  int result;
  assert_int_equal(waitpid(child, &result, 0), child);
  assert_true(WIFSIGNALED(result) && WTERMSIG(result) == SIGTERM);
}

/* Puts a pipe in the place of a stream; answers the other end. */
static int replace_stream(enum process_stream stream) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  int ours = stream == PROCESS_INPUT ? 0 : 1;
  assert_true(dup2(ends[ours], (int)stream) >= 0);
  close(ends[ours]);
  return ends[1 - ours];
}

static void streams_are_read_to_the_end(void) {
  int writer = replace_stream(PROCESS_INPUT);
  fcntl(PROCESS_INPUT, F_SETFL, O_NONBLOCK);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    usleep(20000);
    _exit(write(writer, "abc", 3) == 3 ? 0 : 1);
  }
  close(writer);
  char data[8];
  size_t got;
  assert_ok(process_read(PROCESS_INPUT, data, sizeof data, &got, test_err()));
  assert_int_equal(got, 3);
  assert_memory_equal(data, "abc", 3);
  assert_ok(process_read(PROCESS_INPUT, data, sizeof data, &got, test_err()));
  assert_int_equal(got, 0);
  waitpid(child, NULL, 0);
}

static void a_broken_pipe_is_an_error(void) {
  process_errors_not_signals();
  int reader = replace_stream(PROCESS_OUTPUT);
  status written = process_write(PROCESS_OUTPUT, slice_of_text("hello"), NULL);
  char data[8];
  ssize_t got = read(reader, data, sizeof data);
  close(reader);
  status broken = process_write(PROCESS_OUTPUT, slice_of_text("hello"), NULL);
  assert_int_equal(written, LUMA_OK);
  assert_int_equal(got, 5);
  assert_int_equal(broken, LUMA_CLOSED);
}

static void a_pipe_is_no_terminal(void) {
  int writer = replace_stream(PROCESS_INPUT);
  assert_false(process_is_terminal(PROCESS_INPUT));
  assert_int_equal(process_terminal_width(PROCESS_INPUT), 0);
  close(writer);
}

static void the_process_is_described(void) {
  assert_int_equal(process_id(), getpid());
  assert_true(process_is_running(process_id()));
  assert_true(process_is_running(1));
  assert_false(process_is_running(0));
  assert_false(process_is_running(UINT32_MAX));
  assert_true(process_peak_bytes() > 4096);
  assert_true(process_cores_count() >= 1);
  assert_true(process_memory_bytes() == 0 || process_memory_bytes() > process_peak_bytes());
  assert_int_equal(setenv("LUMA_TEST_VARIABLE", "here", 1), 0);
  assert_string_equal(process_environment("LUMA_TEST_VARIABLE"), "here");
  assert_null(process_environment("LUMA_TEST_ABSENT"));
}

static void an_ended_process_does_not_run(void) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) _exit(0);
  assert_int_equal(waitpid(child, NULL, 0), child);
  assert_false(process_is_running((uint32_t)child));
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"signals_arrive_as_requests", signals_arrive_as_requests, 0},
      {"closed_signals_act_again", closed_signals_act_again, 0},
      {"streams_are_read_to_the_end", streams_are_read_to_the_end, 0},
      {"a_broken_pipe_is_an_error", a_broken_pipe_is_an_error, 0},
      {"a_pipe_is_no_terminal", a_pipe_is_no_terminal, 0},
      {"the_process_is_described", the_process_is_described, 0},
      {"an_ended_process_does_not_run", an_ended_process_does_not_run, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
