/* SPDX-License-Identifier: MIT */
/* An operating system that fails on demand: stands before any `struct os` and makes the nth call of
 * chosen kinds answer a chosen status, once or from then on. A failed call does nothing (for
 * half-done ones see simos_fail_at); close always reaches the system below, so that nothing leaks,
 * and then fails.
 *
 * Thread: calls come from any thread; arm from one. Time and randomness never fail. */
#ifndef TESTS_LIB_FAULTOS_H
#define TESTS_LIB_FAULTOS_H

#include <stdatomic.h>

#include "base/os/os.h"

enum faultos_kind {
  FAULTOS_OPEN = 1 << 0,
  FAULTOS_CLOSE = 1 << 1,
  FAULTOS_READ = 1 << 2,
  FAULTOS_WRITE = 1 << 3,
  FAULTOS_SYNC = 1 << 4,
  FAULTOS_TRUNCATE = 1 << 5,
  FAULTOS_ALLOCATE = 1 << 6,
  FAULTOS_SIZE = 1 << 7,
  FAULTOS_LOCK = 1 << 8,
  FAULTOS_STAT = 1 << 9,
  FAULTOS_RENAME = 1 << 10,
  FAULTOS_REMOVE = 1 << 11,
  FAULTOS_MAKE_DIR = 1 << 12,
  FAULTOS_REMOVE_DIR = 1 << 13,
  FAULTOS_LIST_DIR = 1 << 14,
  FAULTOS_SYNC_DIR = 1 << 15,
  FAULTOS_FREE_BYTES = 1 << 16,
  FAULTOS_ALL = (1 << 17) - 1,
  /* what needs room on the disk: the kinds to fail with LUMA_DISK_FULL */
  FAULTOS_ROOM = FAULTOS_OPEN | FAULTOS_WRITE | FAULTOS_SYNC | FAULTOS_ALLOCATE | FAULTOS_RENAME |
                 FAULTOS_MAKE_DIR,
};

/** Fields are private; the first makes it a `struct os`. */
struct faultos {
  struct os os;
  struct os *inner;
  _Atomic unsigned kinds;
  _Atomic uint64_t nth, calls, hits;
  atomic_bool repeat;
  _Atomic int code;
};

/** Passes everything to `inner` (borrowed) until armed. */
void faultos_init(struct faultos *faultos, struct os *inner);
/** From now on call number `nth` (1 is the next) among `kinds` answers `code`; with `repeat` all
 * after it too. */
void faultos_arm(struct faultos *faultos, unsigned kinds, uint64_t nth, bool repeat, status code);
/** Nothing fails any more; calls of every kind are counted from 0. */
void faultos_disarm(struct faultos *faultos);
/** Calls of the armed kinds since arming (of all kinds when not armed), and how many were made to
 * fail. */
uint64_t faultos_calls(const struct faultos *faultos);
uint64_t faultos_hits(const struct faultos *faultos);

/** What an I/O sweep repeats over `os`: begins in a place of its own, works, closes, answers the
 * status. */
typedef status faultos_body(struct os *os, void *context);

/** Runs `body` over `inner` once for each call of `kinds` it makes, failing that call with `code`,
 * and again failing all after it too, until a run meets no failure. Fails the case unless every run
 * answers LUMA_OK, `code` or LUMA_READ_ONLY (the last LUMA_OK). Answers the number of runs. */
uint64_t faultos_sweep(struct os *inner, unsigned kinds, status code, faultos_body *body,
                       void *context);

#endif
