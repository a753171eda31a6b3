/* SPDX-License-Identifier: MIT */
/* Each call asks `blocked` first, which counts it and decides, and then goes below. */
#include "tests/lib/faultos.h"

#include "tests/lib/test.h"

enum { SWEEP_RUNS_MAX = 1000000 };

static struct faultos *faultos_of(struct os *os) {
  return (struct faultos *)(void *)os;
}

/** Counts a call of `kind`; LUMA_OK, or the error it must answer. */
static status blocked(struct os *os, unsigned kind, const char *what, struct err *err) {
  struct faultos *f = faultos_of(os);
  if ((atomic_load(&f->kinds) & kind) == 0) return LUMA_OK;
  uint64_t number = atomic_fetch_add(&f->calls, 1) + 1;
  uint64_t nth = atomic_load(&f->nth);
  if (nth == 0 || number < nth || (number > nth && !atomic_load(&f->repeat))) return LUMA_OK;
  atomic_fetch_add(&f->hits, 1);
  FAIL(err, (status)atomic_load(&f->code), "%s: made to fail (call %llu)", what,
       (unsigned long long)number);
}

static status fault_open(struct os *os, const char *path, unsigned flags, struct os_file **file,
                         struct err *err) {
  TRY(blocked(os, FAULTOS_OPEN, "open", err));
  return os_open(faultos_of(os)->inner, path, flags, file, err);
}

static status fault_close(struct os *os, struct os_file *file, struct err *err) {
  status failed = blocked(os, FAULTOS_CLOSE, "close", err);
  status closed = os_close(faultos_of(os)->inner, file, failed == LUMA_OK ? err : NULL);
  return failed != LUMA_OK ? failed : closed;
}

static status fault_read_at(struct os *os, struct os_file *file, uint64_t offset, void *data,
                            size_t bytes, size_t *got, struct err *err) {
  TRY(blocked(os, FAULTOS_READ, "read", err));
  return os_read_at(faultos_of(os)->inner, file, offset, data, bytes, got, err);
}

static void fault_will_read(struct os *os, struct os_file *file, uint64_t offset, uint64_t bytes) {
  struct faultos *faultos = faultos_of(os);
  os_will_read(faultos->inner, file, offset, bytes);
}

static status fault_write_at(struct os *os, struct os_file *file, uint64_t offset, const void *data,
                             size_t bytes, struct err *err) {
  TRY(blocked(os, FAULTOS_WRITE, "write", err));
  return os_write_at(faultos_of(os)->inner, file, offset, data, bytes, err);
}

static status fault_sync(struct os *os, struct os_file *file, struct err *err) {
  TRY(blocked(os, FAULTOS_SYNC, "sync", err));
  return os_sync(faultos_of(os)->inner, file, err);
}

static status fault_truncate(struct os *os, struct os_file *file, uint64_t bytes, struct err *err) {
  TRY(blocked(os, FAULTOS_TRUNCATE, "truncate", err));
  return os_truncate(faultos_of(os)->inner, file, bytes, err);
}

static status fault_allocate(struct os *os, struct os_file *file, uint64_t bytes, struct err *err) {
  TRY(blocked(os, FAULTOS_ALLOCATE, "allocate", err));
  return os_allocate(faultos_of(os)->inner, file, bytes, err);
}

static status fault_size(struct os *os, struct os_file *file, uint64_t *bytes, struct err *err) {
  TRY(blocked(os, FAULTOS_SIZE, "size", err));
  return os_size(faultos_of(os)->inner, file, bytes, err);
}

static status fault_lock(struct os *os, struct os_file *file, struct err *err) {
  TRY(blocked(os, FAULTOS_LOCK, "lock", err));
  return os_lock(faultos_of(os)->inner, file, err);
}

static status fault_stat(struct os *os, const char *path, struct os_stat *stat, struct err *err) {
  TRY(blocked(os, FAULTOS_STAT, "stat", err));
  return os_stat(faultos_of(os)->inner, path, stat, err);
}

static status fault_rename(struct os *os, const char *from, const char *to, struct err *err) {
  TRY(blocked(os, FAULTOS_RENAME, "rename", err));
  return os_rename(faultos_of(os)->inner, from, to, err);
}

static status fault_remove(struct os *os, const char *path, struct err *err) {
  TRY(blocked(os, FAULTOS_REMOVE, "remove", err));
  return os_remove(faultos_of(os)->inner, path, err);
}

static status fault_make_dir(struct os *os, const char *path, struct err *err) {
  TRY(blocked(os, FAULTOS_MAKE_DIR, "make_dir", err));
  return os_make_dir(faultos_of(os)->inner, path, err);
}

static status fault_remove_dir(struct os *os, const char *path, struct err *err) {
  TRY(blocked(os, FAULTOS_REMOVE_DIR, "remove_dir", err));
  return os_remove_dir(faultos_of(os)->inner, path, err);
}

static status fault_list_dir(struct os *os, const char *path, os_list_fn *each, void *context,
                             struct err *err) {
  TRY(blocked(os, FAULTOS_LIST_DIR, "list_dir", err));
  return os_list_dir(faultos_of(os)->inner, path, each, context, err);
}

static status fault_sync_dir(struct os *os, const char *path, struct err *err) {
  TRY(blocked(os, FAULTOS_SYNC_DIR, "sync_dir", err));
  return os_sync_dir(faultos_of(os)->inner, path, err);
}

static status fault_free_bytes(struct os *os, const char *path, uint64_t *bytes, struct err *err) {
  TRY(blocked(os, FAULTOS_FREE_BYTES, "free_bytes", err));
  return os_free_bytes(faultos_of(os)->inner, path, bytes, err);
}

static uint64_t pass_now_us(struct os *os) {
  return os_now_us(faultos_of(os)->inner);
}

static uint64_t pass_monotonic_us(struct os *os) {
  return os_monotonic_us(faultos_of(os)->inner);
}

static void pass_sleep_us(struct os *os, uint64_t us) {
  os_sleep_us(faultos_of(os)->inner, us);
}

static void pass_random(struct os *os, void *data, size_t bytes) {
  os_random(faultos_of(os)->inner, data, bytes);
}

static const struct os_ops ops = {
    .open = fault_open,
    .close = fault_close,
    .read_at = fault_read_at,
    .will_read = fault_will_read,
    .write_at = fault_write_at,
    .sync = fault_sync,
    .truncate = fault_truncate,
    .allocate = fault_allocate,
    .size = fault_size,
    .lock = fault_lock,
    .stat = fault_stat,
    .rename = fault_rename,
    .remove = fault_remove,
    .make_dir = fault_make_dir,
    .remove_dir = fault_remove_dir,
    .list_dir = fault_list_dir,
    .sync_dir = fault_sync_dir,
    .free_bytes = fault_free_bytes,
    .now_us = pass_now_us,
    .monotonic_us = pass_monotonic_us,
    .sleep_us = pass_sleep_us,
    .random = pass_random,
};

void faultos_init(struct faultos *faultos, struct os *inner) {
  *faultos = (struct faultos){.os = {&ops}, .inner = inner, .kinds = FAULTOS_ALL};
}

void faultos_arm(struct faultos *faultos, unsigned kinds, uint64_t nth, bool repeat, status code) {
  faultos_disarm(faultos);
  atomic_store(&faultos->kinds, kinds);
  atomic_store(&faultos->repeat, repeat);
  atomic_store(&faultos->code, (int)code);
  atomic_store(&faultos->nth, nth);
}

void faultos_disarm(struct faultos *faultos) {
  atomic_store(&faultos->nth, 0);
  atomic_store(&faultos->kinds, FAULTOS_ALL);
  atomic_store(&faultos->calls, 0);
  atomic_store(&faultos->hits, 0);
}

uint64_t faultos_calls(const struct faultos *faultos) {
  return atomic_load(&faultos->calls);
}

uint64_t faultos_hits(const struct faultos *faultos) {
  return atomic_load(&faultos->hits);
}

/** A sweep in progress. */
struct sweep {
  struct faultos faultos;
  unsigned kinds;
  status code;
  bool repeat;
};

static void judge(const struct sweep *sweep, uint64_t nth, status answer, uint64_t hits) {
  if (answer == LUMA_OK) return;
  if (hits > 0 && (answer == sweep->code || answer == LUMA_READ_ONLY)) return;
  fail_msg("I/O call %llu%s failed with %s (%llu hits): answered %s", (unsigned long long)nth,
           sweep->repeat ? " and all after it" : "", status_info(sweep->code)->name,
           (unsigned long long)hits, status_info(answer)->name);
}

/** True when the run met a failure, so that there may be more to meet. */
static bool run_once(struct sweep *sweep, uint64_t nth, faultos_body *body, void *context) {
  faultos_arm(&sweep->faultos, sweep->kinds, nth, sweep->repeat, sweep->code);
  status answer = body(&sweep->faultos.os, context);
  uint64_t hits = faultos_hits(&sweep->faultos);
  judge(sweep, nth, answer, hits);
  return hits > 0;
}

uint64_t faultos_sweep(struct os *inner, unsigned kinds, status code, faultos_body *body,
                       void *context) {
  struct sweep sweep = {.kinds = kinds, .code = code};
  faultos_init(&sweep.faultos, inner);
  uint64_t runs = 0;
  for (int repeat = 0; repeat <= 1; repeat++) {
    sweep.repeat = repeat;
    for (uint64_t nth = 1; run_once(&sweep, nth, body, context); nth++) {
      runs++;
      assert_true(nth < SWEEP_RUNS_MAX);
    }
  }
  return runs + 2;
}
