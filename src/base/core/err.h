/* SPDX-License-Identifier: MIT */
/* Error details: what a fallible function says beside its status.
 *
 * The caller owns a `struct err` and passes it down; the function that fails fills it once, callers
 * on the way up may wrap it ("importing cars.csv: line 7: …"). Passing NULL is allowed everywhere:
 * then only the status is reported. Messages: lower case, no full stop, what went wrong first, the
 * subject in `quotes`. Nothing here allocates. Thread: a `struct err` belongs to one thread at a
 * time. */
#ifndef BASE_CORE_ERR_H
#define BASE_CORE_ERR_H

#include <stddef.h>
#include <stdint.h>

#include "base/core/status.h"

struct buf;

enum { ERR_MESSAGE_BYTES = 2048, ERR_HINT_BYTES = 256, ERR_DETAIL_BYTES = 1024 };

/** Details of one failure. Zero-initialise: `struct err err = {0}`. */
struct err {
  status code;
  uint32_t line;    /* 1-based line in the statement or input, 0 when there is no position */
  uint32_t column;  /* 1-based column in code points */
  uint64_t offset;  /* byte offset in the statement or input */
  uint32_t foreign; /* the number another system's users know the failure by (MongoDB's code); 0 =
                       none of its own */
  const char
      *of_change;   /* "update", "delete": it is of the one change that a list of them held, not
                       of the statement around it (MongoDB tells the two apart); else NULL */
  const char *file; /* where in our source it was raised (static string) */
  int source_line;
  uint32_t path_at; /* where " (path)" begins, with which the message ends; 0: it does not */
  char message[ERR_MESSAGE_BYTES];
  char hint[ERR_HINT_BYTES]; /* what to do next; empty when there is nothing to say */
  /* what those users are told beside the number: fields of JSON with commas between, whole or
   * nothing; empty: nothing */
  char detail[ERR_DETAIL_BYTES];
  /* Where a failure that has many faults lists them all, as JSON objects with commas between; the
   * caller's, kept when the rest is cleared; NULL: not wanted. */
  struct buf *faults;
  uint32_t faults_count; /* of this failure; 0: `faults` says nothing about it */
};

/** Begins one as `= {0}` does, but leaves its texts empty instead of clearing their 3.3 KB: for
 * what is called often. */
static inline void err_init(struct err *err) {
  err->code = LUMA_OK;
  err->line = err->column = err->foreign = err->faults_count = err->path_at = 0;
  err->offset = 0;
  err->file = err->of_change = NULL;
  err->source_line = 0;
  err->message[0] = err->hint[0] = err->detail[0] = 0;
  err->faults = NULL;
}

/** Fills `err` (if not NULL) with `code` and a formatted message, clearing hint and position;
 * answers `code`. Use FAIL. */
status err_raise(struct err *err, status code, const char *file, int source_line,
                 const char *format, ...) __attribute__((format(printf, 5, 6), cold));

/** Puts " (path)" behind the message, unless it does not fit. */
void err_path(struct err *err, const char *path) __attribute__((cold));

/** Sets the hint, e.g. "did you mean `users`?". */
void err_hint(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/** Sets the detail; text that is too long is left out. */
void err_detail(struct err *err, const uint8_t *json, size_t bytes) __attribute__((cold));

/** Sets the position from a byte offset into `text`; columns count code points. */
void err_position(struct err *err, const char *text, size_t text_bytes, size_t offset);

/** Puts "context: " before the message; truncates at the end if it does not fit. */
void err_wrap(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/** Back to "no error". */
void err_reset(struct err *err);

/** Returns from the calling function with a filled error. `code` stands in the return itself, so
 * that compilers and analyzers see that the call failed; it is evaluated twice. */
#define FAIL(err, code, ...)                                                                       \
  return (void)err_raise((err), (code), __FILE__, __LINE__, __VA_ARGS__), (code)

/** Returns from the calling function with the status of `call` unless it is LUMA_OK. */
#define TRY(call)                                                                                  \
  do {                                                                                             \
    status try_status = (call);                                                                    \
    if (try_status != LUMA_OK) return try_status;                                                  \
  } while (0)

#endif
