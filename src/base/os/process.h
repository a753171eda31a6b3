/* SPDX-License-Identifier: MIT */
/* The process: its signals as a descriptor to wait on, its terminal, environment, standard streams
 * and measures. Thread: any, except that process_signals_open comes before other threads start
 * (they inherit the mask it sets). */
#ifndef BASE_OS_PROCESS_H
#define BASE_OS_PROCESS_H

#include "base/core/err.h"
#include "base/text/slice.h"

enum process_stream { PROCESS_INPUT = 0, PROCESS_OUTPUT = 1, PROCESS_ERROR = 2 };

/** What another process or the person at the terminal asks for. */
enum process_request {
  PROCESS_NOTHING,
  PROCESS_INTERRUPT, /* SIGINT: end what is running */
  PROCESS_STOP,      /* SIGTERM: finish and exit */
  PROCESS_RELOAD,    /* SIGHUP */
};

struct process_signals {
  int descriptor; /* readable when a request waits */
};

/** From now on the three signals arrive here and nowhere else. */
status process_signals_open(struct process_signals *signals, struct err *err);
/** The next request, PROCESS_NOTHING when none waits. Does not block. */
enum process_request process_signals_next(struct process_signals *signals);
/** Waits until a request is there or `timeout_us` passed; process_signals_next tells. */
void process_signals_wait(const struct process_signals *signals, uint64_t timeout_us);
/** Gives the signals back their ordinary effect. */
void process_signals_close(struct process_signals *signals);

/** Letters of the terminal are read and shown in the character set its locale names. For programs,
 * before other threads start. */
void process_use_character_set(void);
/** A broken pipe and the limit of file size become errors of the call that meets them instead of
 * ending the process. For programs; a library leaves its host's signals alone. */
void process_errors_not_signals(void);

bool process_is_terminal(enum process_stream stream);
/** Columns of the terminal; 0 when the stream is none. */
size_t process_terminal_width(enum process_stream stream);

/** Reads what is there, at least one byte, at most `bytes`; `*got` is 0 at the end. Waits. */
status process_read(enum process_stream stream, void *data, size_t bytes, size_t *got,
                    struct err *err);
/** Writes all of `data`. Waits. LUMA_CLOSED when nobody reads any more. */
status process_write(enum process_stream stream, struct slice data, struct err *err);

/** The variable's text, or NULL; the system's own memory, to be copied if it is kept. */
const char *process_environment(const char *name);
/** The path of the running program, terminated; empty when it cannot be told or is longer. */
void process_executable(char *path, size_t path_bytes);
uint32_t process_id(void);
/** Whether a process of this id runs; one that we may not signal does. */
bool process_is_running(uint32_t id);
/** Memory of the machine, or of the control group that the process is confined to, if that is less;
 * 0 when it cannot be told. */
uint64_t process_memory_bytes(void);
/** The most memory the process has held. */
uint64_t process_peak_bytes(void);
/** What the process uses; 0 where it cannot be told. */
struct process_use {
  uint64_t resident_bytes, virtual_bytes; /* now */
  uint64_t user_us, system_us;            /* of all its threads, since it began */
  uint64_t page_faults;                   /* that read from a disk, since then */
};
void process_tell_use(struct process_use *use);
/** The machine; empty where it cannot be told. */
struct process_machine {
  char host[65], system[65], release[65], architecture[65];
};
void process_tell_machine(struct process_machine *machine);
/** Processors this process may run on; at least 1. */
unsigned process_cores_count(void);

#endif
