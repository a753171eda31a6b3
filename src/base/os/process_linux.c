/* SPDX-License-Identifier: MIT */
#include "base/os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/core/assert.h"
#include "base/os/os_linux_int.h"
#include "base/text/num.h"

static sigset_t watched_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return set;
}

static void change_mask(int how) {
  sigset_t set = watched_signals();
  int result = pthread_sigmask(how, &set, NULL);
  ASSERT(result == 0);
}

status process_signals_open(struct process_signals *signals, struct err *err) {
  sigset_t set = watched_signals();
  int descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor < 0) return os__fail(err, errno, "open", "the signals");
  change_mask(SIG_BLOCK);
  signals->descriptor = descriptor;
  return LUMA_OK;
}

enum process_request process_signals_next(struct process_signals *signals) {
  struct signalfd_siginfo info;
  ssize_t got;
  do got = read(signals->descriptor, &info, sizeof info);
  while (got < 0 && errno == EINTR);
  if (got != sizeof info) return PROCESS_NOTHING;
  switch (info.ssi_signo) {
  case SIGINT: return PROCESS_INTERRUPT;
  case SIGTERM: return PROCESS_STOP;
  default: return PROCESS_RELOAD;
  }
}

void process_signals_wait(const struct process_signals *signals, uint64_t timeout_us) {
  struct pollfd waiting = {.fd = signals->descriptor, .events = POLLIN};
  (void)poll(&waiting, 1, (int)(timeout_us / 1000)); /* an early end is no harm */
}

void process_signals_close(struct process_signals *signals) {
  change_mask(SIG_UNBLOCK);
  close(signals->descriptor);
  signals->descriptor = -1;
}

void process_use_character_set(void) {
  /* Numbers and dates keep the C locale's form. */
  if (!setlocale(LC_CTYPE, "")) (void)setlocale(LC_CTYPE, "C.UTF-8");
}

void process_errors_not_signals(void) {
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  int pipe_result = sigaction(SIGPIPE, &ignore, NULL),
      size_result = sigaction(SIGXFSZ, &ignore, NULL);
  ASSERT(pipe_result == 0 && size_result == 0);
}

bool process_is_terminal(enum process_stream stream) {
  return isatty((int)stream) == 1;
}

size_t process_terminal_width(enum process_stream stream) {
  struct winsize size;
  return ioctl((int)stream, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static const char *name_of(enum process_stream stream) {
  static const char *const names[] = {"standard input", "standard output", "standard error"};
  return names[stream];
}

/* After a failed call: whether to call again. A stream that someone made non-blocking is waited
 * for. */
static bool should_retry(enum process_stream stream, short events) {
  if (errno == EINTR) return true;
  if (errno != EAGAIN) return false;
  struct pollfd waiting = {.fd = (int)stream, .events = events};
  return poll(&waiting, 1, -1) >= 0 || errno == EINTR;
}

status process_read(enum process_stream stream, void *data, size_t bytes, size_t *got,
                    struct err *err) {
  ssize_t part;
  do part = read((int)stream, data, bytes);
  while (part < 0 && should_retry(stream, POLLIN));
  if (part < 0) return os__fail(err, errno, "read", name_of(stream));
  *got = (size_t)part;
  return LUMA_OK;
}

status process_write(enum process_stream stream, struct slice data, struct err *err) {
  for (size_t done = 0; done < data.bytes;) {
    ssize_t part = write((int)stream, data.data + done, data.bytes - done);
    if (part < 0 && should_retry(stream, POLLOUT)) continue;
    if (part < 0 && errno == EPIPE)
      FAIL(err, LUMA_CLOSED, "nobody reads %s any more", name_of(stream));
    if (part < 0) return os__fail(err, errno, "write", name_of(stream));
    done += (size_t)part;
  }
  return LUMA_OK;
}

const char *process_environment(const char *name) {
  return getenv(name);
}

void process_executable(char *path, size_t path_bytes) {
  ssize_t got = readlink("/proc/self/exe", path, path_bytes);
  path[got > 0 && (size_t)got < path_bytes ? (size_t)got : 0] = 0;
}

uint32_t process_id(void) {
  return (uint32_t)getpid();
}

bool process_is_running(uint32_t id) {
  return id != 0 && id <= INT32_MAX && (kill((pid_t)id, 0) == 0 || errno == EPERM);
}

/* The limit of control groups (version 2), in the file system as the process sees it. */
static uint64_t group_memory_bytes(void) {
  char text[32];
  int64_t limit = 0;
  int file = open("/sys/fs/cgroup/memory.max", O_RDONLY | O_CLOEXEC);
  if (file < 0) return UINT64_MAX;
  ssize_t got = read(file, text, sizeof text);
  close(file);
  while (got > 0 && text[got - 1] == '\n') got--;
  bool is_limit = got > 0 && num_parse_int64(slice_of(text, (size_t)got), &limit) && limit >= 0;
  return is_limit ? (uint64_t)limit : UINT64_MAX; /* or it says "max" */
}

uint64_t process_memory_bytes(void) {
  long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page_bytes <= 0) return 0;
  uint64_t machine = (uint64_t)pages * (uint64_t)page_bytes, group = group_memory_bytes();
  return group < machine ? group : machine;
}

uint64_t process_peak_bytes(void) {
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

/* A number up to the blank behind it; what follows is left in `text`. */
static uint64_t take_number(struct slice *text) {
  const uint8_t *blank = text->bytes ? memchr(text->data, ' ', text->bytes) : NULL;
  size_t bytes = blank ? (size_t)(blank - text->data) : text->bytes;
  int64_t number = 0;
  bool is_number = num_parse_int64(slice_of(text->data, bytes), &number) && number > 0;
  *text = slice_of(text->data + bytes + (blank != NULL), text->bytes - bytes - (blank != NULL));
  return is_number ? (uint64_t)number : 0;
}

/* The first two numbers of /proc/self/statm: pages of the address space, and those in memory. */
static void tell_pages(struct process_use *use) {
  char text[64];
  long page_bytes = sysconf(_SC_PAGESIZE);
  int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  ssize_t got = read(file, text, sizeof text);
  close(file);
  if (page_bytes <= 0 || got <= 0) return;
  struct slice rest = slice_of(text, (size_t)got);
  use->virtual_bytes = take_number(&rest) * (uint64_t)page_bytes;
  use->resident_bytes = take_number(&rest) * (uint64_t)page_bytes;
}

static uint64_t us_of(struct timeval time) {
  return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

void process_tell_use(struct process_use *use) {
  struct rusage usage;
  *use = (struct process_use){0};
  tell_pages(use);
  if (getrusage(RUSAGE_SELF, &usage) != 0) return;
  use->user_us = us_of(usage.ru_utime);
  use->system_us = us_of(usage.ru_stime);
  use->page_faults = (uint64_t)usage.ru_majflt;
}

void process_tell_machine(struct process_machine *machine) {
  struct utsname told;
  *machine = (struct process_machine){0};
  if (uname(&told) != 0) return;
  (void)snprintf(machine->host, sizeof machine->host, "%s", told.nodename);
  (void)snprintf(machine->system, sizeof machine->system, "%s", told.sysname);
  (void)snprintf(machine->release, sizeof machine->release, "%s", told.release);
  (void)snprintf(machine->architecture, sizeof machine->architecture, "%s", told.machine);
}

unsigned process_cores_count(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  int count = CPU_COUNT(&set);
  return count > 0 ? (unsigned)count : 1;
}
