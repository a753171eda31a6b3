/* SPDX-License-Identifier: MIT */
/* The simulated operating system's calls: each takes the lock, checks, counts, acts and draws its
 * fate. */
#include "tests/lib/fault.h"
#include "tests/lib/simos_int.h"

enum { DIRECT_ALIGNMENT = 4096 };

static struct simos *sim_of(struct os *os) {
  return (struct simos *)(void *)os;
}

/** Takes the lock; LUMA_IO_ERROR when the power is off. Always paired with leave. */
static status enter(struct simos *sim, const char *what, const char *path, struct err *err) {
  mutex_lock(&sim->lock);
  if (sim->off) FAIL(err, LUMA_IO_ERROR, "%s %s: the machine is off", what, path);
  return LUMA_OK;
}

static status leave(struct simos *sim, status answer) {
  mutex_unlock(&sim->lock);
  return answer;
}

/** Whether `file` may be used: opened since the last crash, and for writing if `writes`. */
static status check_file(const struct simos *sim, const struct os_file *file, bool writes,
                         struct err *err) {
  if (file->generation != sim->generation)
    FAIL(err, LUMA_IO_ERROR, "%s: was opened before the machine stopped", file->path);
  if (writes && (file->flags & OS_OPEN_WRITE) == 0)
    FAIL(err, LUMA_IO_ERROR, "%s: is open for reading only", file->path);
  return LUMA_OK;
}

static status check_aligned(const struct os_file *file, uint64_t offset, const void *data,
                            size_t bytes, struct err *err) {
  bool aligned = (offset | (uintptr_t)data | bytes) % DIRECT_ALIGNMENT == 0;
  if ((file->flags & OS_OPEN_DIRECT) != 0 && !aligned)
    FAIL(err, LUMA_IO_ERROR, "%s: direct I/O needs 4096-byte alignment", file->path);
  return LUMA_OK;
}

/* Opening and closing. */

static status find_or_make(struct simos *sim, const char *path, unsigned flags,
                           struct sim_inode **inode, struct err *err) {
  struct sim_place place;
  TRY(sim__find(sim, path, &place, err));
  *inode = place.inode;
  if (!place.inode) {
    if ((flags & OS_OPEN_CREATE) == 0)
      FAIL(err, LUMA_NOT_FOUND, "%s: no such file or directory", path);
    enum sim_fate fate = sim__tick(sim, "create", path, 0);
    if (sim__takes_place(sim, fate)) *inode = sim__dir_make(sim, &place, OS_KIND_FILE);
    return sim__settle(sim, fate, "create", path, err);
  }
  if ((flags & OS_OPEN_CREATE) && (flags & OS_OPEN_EXCLUSIVE))
    FAIL(err, LUMA_ALREADY_EXISTS, "%s: exists already", path);
  if (place.inode->kind != OS_KIND_FILE) FAIL(err, LUMA_IO_ERROR, "%s: is a directory", path);
  return LUMA_OK;
}

static status open_file(struct simos *sim, const char *path, unsigned flags, struct os_file **file,
                        struct err *err) {
  struct sim_inode *inode = NULL;
  if ((flags & OS_OPEN_CREATE) && (flags & OS_OPEN_WRITE) == 0)
    FAIL(err, LUMA_INVALID_ARGUMENT, "%s: to create it, open it for writing", path);
  TRY(find_or_make(sim, path, flags, &inode, err));
  struct os_file *opened = fault_exempt_alloc(1, sizeof *opened);
  opened->inode = inode;
  opened->flags = flags;
  opened->generation = sim->generation;
  snprintf(opened->path, sizeof opened->path, "%s", path);
  sim__inode_acquire(inode);
  inode->opens++;
  *file = opened;
  return LUMA_OK;
}

static status sim_open(struct os *os, const char *path, unsigned flags, struct os_file **file,
                       struct err *err) {
  struct simos *sim = sim_of(os);
  status answer = enter(sim, "open", path, err);
  if (answer == LUMA_OK) answer = open_file(sim, path, flags, file, err);
  return leave(sim, answer);
}

static status sim_close(struct os *os, struct os_file *file, struct err *err) {
  struct simos *sim = sim_of(os);
  status answer = enter(sim, "close", file->path, err);
  if (answer == LUMA_OK) answer = check_file(sim, file, false, err);
  if (file->inode->locked_by == file) file->inode->locked_by = NULL;
  if (file->shares && file->generation == sim->generation) file->inode->readers--;
  file->inode->opens--;
  sim__inode_release(sim, file->inode);
  fault_exempt_free(file);
  return leave(sim, answer);
}

/* Contents. */

static status enter_file(struct simos *sim, const char *what, const struct os_file *file,
                         bool writes, struct err *err) {
  TRY(enter(sim, what, file->path, err));
  return check_file(sim, file, writes, err);
}

static status sim_read_at(struct os *os, struct os_file *file, uint64_t offset, void *data,
                          size_t bytes, size_t *got, struct err *err) {
  struct simos *sim = sim_of(os);
  status answer = enter_file(sim, "read", file, false, err);
  if (answer == LUMA_OK) answer = check_aligned(file, offset, data, bytes, err);
  if (answer == LUMA_OK) *got = sim__file_read(file->inode, offset, data, bytes);
  return leave(sim, answer);
}

/* A write to a file opened synced makes durable the pages it wrote, and nothing else; one that
 * fails leaves each sector durable or given up, as a failed sync does. */
static void sync_written(struct simos *sim, struct sim_inode *inode, enum sim_fate fate,
                         struct sim_range range) {
  if (fate == SIM_WORKS)
    sim__file_sync_range(inode, range);
  else if (fate == SIM_FAILS)
    sim__file_sync_badly(sim, inode, range);
}

static bool is_direct(const struct simos *sim, const struct os_file *file) {
  unsigned both = OS_OPEN_DIRECT | OS_OPEN_SYNCED;
  return !sim->refuses_direct && (file->flags & both) == both;
}

/* Around the cache: any of the sectors are on the disk and are read from there, the others are as
 * they were. */
static status write_some_sectors(struct simos *sim, struct sim_inode *inode, uint64_t offset,
                                 const uint8_t *data, size_t bytes) {
  for (size_t at = 0; at < bytes; at += SIM_SECTOR_BYTES) {
    if (rng_below(&sim->rng, 2)) continue;
    TRY(sim__file_write(sim, inode, offset + at, data + at, SIM_SECTOR_BYTES));
  }
  sim__file_sync_range(inode, (struct sim_range){offset, bytes});
  return LUMA_OK;
}

static status write_parts(struct simos *sim, struct os_file *file, uint64_t offset,
                          struct slice data, enum sim_fate fate) {
  bool is_cut = fate == SIM_FAILS || fate == SIM_KILLS;
  if (is_cut && is_direct(sim, file))
    return write_some_sectors(sim, file->inode, offset, data.data, data.bytes);
  size_t part = is_cut ? (size_t)rng_below(&sim->rng, data.bytes + 1) : data.bytes;
  TRY(sim__file_write(sim, file->inode, offset, data.data, part));
  if (file->flags & OS_OPEN_SYNCED)
    sync_written(sim, file->inode, fate, (struct sim_range){offset, part});
  return LUMA_OK;
}

static status write_file(struct simos *sim, struct os_file *file, uint64_t offset, const void *data,
                         size_t bytes, struct err *err) {
  TRY(check_aligned(file, offset, data, bytes, err));
  enum sim_fate fate = sim__tick(sim, "write", file->path, bytes);
  status written = write_parts(sim, file, offset, slice_of(data, bytes), fate);
  TRY(sim__settle(sim, fate, "write", file->path, err));
  if (written != LUMA_OK)
    FAIL(err, written, "%s: no room to write %zu bytes at %llu", file->path, bytes,
         (unsigned long long)offset);
  return LUMA_OK;
}

static status sim_write_at(struct os *os, struct os_file *file, uint64_t offset, const void *data,
                           size_t bytes, struct err *err) {
  struct simos *sim = sim_of(os);
  status answer = enter_file(sim, "write", file, true, err);
  if (answer == LUMA_OK) answer = write_file(sim, file, offset, data, bytes, err);
  return leave(sim, answer);
}

static status sync_file(struct simos *sim, struct os_file *file, struct err *err) {
  enum sim_fate fate = sim__tick(sim, "sync", file->path, file->inode->unclean_count);
  if (fate == SIM_WORKS)
    sim__file_sync(file->inode);
  else if (fate == SIM_FAILS)
    sim__file_sync_badly(sim, file->inode, (struct sim_range){0, UINT64_MAX});
  return sim__settle(sim, fate, "sync", file->path, err);
}

static status sim_sync(struct os *os, struct os_file *file, struct err *err) {
  struct simos *sim = sim_of(os);
  status answer = enter_file(sim, "sync", file, false, err);
  if (answer == LUMA_OK) answer = sync_file(sim, file, err);
  return leave(sim, answer);
}

static status resize(struct simos *sim, const char *what, struct os_file *file, uint64_t bytes,
                     struct err *err) {
  enum sim_fate fate = sim__tick(sim, what, file->path, bytes);
  status resized = LUMA_OK;
  if (sim__takes_place(sim, fate)) resized = sim__file_resize(sim, file->inode, bytes);
  TRY(sim__settle(sim, fate, what, file->path, err));
  if (resized != LUMA_OK)
    FAIL(err, resized, "%s: no room for %llu bytes", file->path, (unsigned long long)bytes);
  return LUMA_OK;
}

static status sim_truncate(struct os *os, struct os_file *file, uint64_t bytes, struct err *err) {
  struct simos *sim = sim_of(os);
  status answer = enter_file(sim, "truncate", file, true, err);
  if (answer == LUMA_OK) answer = resize(sim, "truncate", file, bytes, err);
  return leave(sim, answer);
}

static status sim_allocate(struct os *os, struct os_file *file, uint64_t bytes, struct err *err) {
  struct simos *sim = sim_of(os);
  status answer = enter_file(sim, "allocate", file, true, err);
  if (answer == LUMA_OK && bytes != file->inode->seen.bytes)
    answer = resize(sim, "allocate", file, bytes, err);
  return leave(sim, answer);
}

static status sim_size(struct os *os, struct os_file *file, uint64_t *bytes, struct err *err) {
  struct simos *sim = sim_of(os);
  status answer = enter_file(sim, "size", file, false, err);
  if (answer == LUMA_OK) *bytes = file->inode->seen.bytes;
  return leave(sim, answer);
}

static status lock_file(struct os_file *file, struct err *err) {
  struct sim_inode *inode = file->inode;
  bool writes = file->flags & OS_OPEN_WRITE, held = inode->locked_by && inode->locked_by != file;
  if (held || (writes && inode->readers > 0))
    FAIL(err, LUMA_LOCKED, "%s: is locked by another", file->path);
  if (writes) inode->locked_by = file;
  if (!writes && !file->shares) inode->readers++;
  file->shares = !writes;
  return LUMA_OK;
}

static status sim_lock(struct os *os, struct os_file *file, struct err *err) {
  struct simos *sim = sim_of(os);
  status answer = enter_file(sim, "lock", file, false, err);
  if (answer == LUMA_OK) answer = lock_file(file, err);
  return leave(sim, answer);
}

/* The namespace. */

static status sim_stat(struct os *os, const char *path, struct os_stat *stat, struct err *err) {
  struct simos *sim = sim_of(os);
  struct sim_place place;
  status answer = enter(sim, "stat", path, err);
  if (answer == LUMA_OK) answer = sim__find_there(sim, path, &place, err);
  if (answer == LUMA_OK) *stat = (struct os_stat){place.inode->kind, place.inode->seen.bytes};
  return leave(sim, answer);
}

/** A directory may get a new name but no new place: then it cannot come to lie inside itself. */
static status check_rename(const struct sim_place *from, const struct sim_place *to,
                           const char *path, struct err *err) {
  if (!from->dir || !to->dir) FAIL(err, LUMA_IO_ERROR, "%s: the root cannot be renamed", path);
  bool moves_dir = from->inode->kind == OS_KIND_DIRECTORY;
  if (moves_dir && from->dir != to->dir)
    FAIL(err, LUMA_IO_ERROR, "%s: the simulated disk moves no directory to another", path);
  if (to->inode && (moves_dir || to->inode->kind == OS_KIND_DIRECTORY))
    FAIL(err, LUMA_IO_ERROR, "%s: a directory is in the way", path);
  return LUMA_OK;
}

static status rename_path(struct simos *sim, const char *from, const char *to, struct err *err) {
  struct sim_place source, target;
  TRY(sim__find_there(sim, from, &source, err));
  TRY(sim__find(sim, to, &target, err));
  TRY(check_rename(&source, &target, to, err));
  if (source.inode == target.inode) return LUMA_OK;
  enum sim_fate fate = sim__tick(sim, "rename", to, 0);
  if (sim__takes_place(sim, fate)) sim__dir_rename(sim, &source, &target);
  return sim__settle(sim, fate, "rename", to, err);
}

static status sim_rename(struct os *os, const char *from, const char *to, struct err *err) {
  struct simos *sim = sim_of(os);
  status answer = enter(sim, "rename", from, err);
  if (answer == LUMA_OK) answer = rename_path(sim, from, to, err);
  return leave(sim, answer);
}

static status remove_path(struct simos *sim, const char *path, enum os_file_kind kind,
                          struct err *err) {
  struct sim_place place;
  TRY(sim__find_there(sim, path, &place, err));
  if (place.inode->kind != kind || !place.dir)
    FAIL(err, LUMA_IO_ERROR, "%s: is %sa directory", path, kind == OS_KIND_FILE ? "" : "not ");
  if (place.inode->entries.count > 0)
    FAIL(err, LUMA_IO_ERROR, "%s: the directory is not empty", path);
  enum sim_fate fate = sim__tick(sim, "remove", path, 0);
  if (sim__takes_place(sim, fate)) sim__dir_unlink(sim, &place);
  return sim__settle(sim, fate, "remove", path, err);
}

static status sim_remove(struct os *os, const char *path, struct err *err) {
  struct simos *sim = sim_of(os);
  status answer = enter(sim, "remove", path, err);
  if (answer == LUMA_OK) answer = remove_path(sim, path, OS_KIND_FILE, err);
  return leave(sim, answer);
}

static status sim_remove_dir(struct os *os, const char *path, struct err *err) {
  struct simos *sim = sim_of(os);
  status answer = enter(sim, "remove_dir", path, err);
  if (answer == LUMA_OK) answer = remove_path(sim, path, OS_KIND_DIRECTORY, err);
  return leave(sim, answer);
}

static status make_dir(struct simos *sim, const char *path, struct err *err) {
  struct sim_place place;
  TRY(sim__find(sim, path, &place, err));
  if (place.inode) FAIL(err, LUMA_ALREADY_EXISTS, "%s: exists already", path);
  enum sim_fate fate = sim__tick(sim, "make_dir", path, 0);
  if (sim__takes_place(sim, fate)) sim__dir_make(sim, &place, OS_KIND_DIRECTORY);
  return sim__settle(sim, fate, "make_dir", path, err);
}

static status sim_make_dir(struct os *os, const char *path, struct err *err) {
  struct simos *sim = sim_of(os);
  status answer = enter(sim, "make_dir", path, err);
  if (answer == LUMA_OK) answer = make_dir(sim, path, err);
  return leave(sim, answer);
}

static status find_dir(struct simos *sim, const char *path, struct sim_place *place,
                       struct err *err) {
  TRY(sim__find_there(sim, path, place, err));
  if (place->inode->kind != OS_KIND_DIRECTORY)
    FAIL(err, LUMA_IO_ERROR, "%s: is not a directory", path);
  return LUMA_OK;
}

/** The names of a directory, copied and starting anywhere: a disk promises no order. */
static status copy_names(struct simos *sim, const char *path, struct sim_entries *copy,
                         struct err *err) {
  struct sim_place place;
  TRY(find_dir(sim, path, &place, err));
  const struct sim_entries *entries = &place.inode->entries;
  copy->count = entries->count;
  copy->items = fault_exempt_alloc(copy->count, sizeof *copy->items);
  size_t first = (size_t)rng_below(&sim->noise, copy->count);
  for (size_t i = 0; i < copy->count; i++)
    copy->items[i] = entries->items[(first + i) % copy->count];
  return LUMA_OK;
}

static status sim_list_dir(struct os *os, const char *path, os_list_fn *each, void *context,
                           struct err *err) {
  struct simos *sim = sim_of(os);
  struct sim_entries copy = {0};
  status answer = enter(sim, "list_dir", path, err);
  if (answer == LUMA_OK) answer = copy_names(sim, path, &copy, err);
  answer = leave(sim, answer);
  for (size_t i = 0; i < copy.count && answer == LUMA_OK; i++)
    answer = each(context, copy.items[i].name);
  fault_exempt_free(copy.items);
  return answer;
}

static status sync_dir(struct simos *sim, const char *path, struct err *err) {
  struct sim_place place;
  TRY(find_dir(sim, path, &place, err));
  enum sim_fate fate = sim__tick(sim, "sync_dir", path, sim->ops_count);
  if (fate == SIM_WORKS || (fate == SIM_FAILS && sim__takes_place(sim, fate)))
    sim__dir_sync(sim, place.inode);
  return sim__settle(sim, fate, "sync_dir", path, err);
}

static status sim_sync_dir(struct os *os, const char *path, struct err *err) {
  struct simos *sim = sim_of(os);
  status answer = enter(sim, "sync_dir", path, err);
  if (answer == LUMA_OK) answer = sync_dir(sim, path, err);
  return leave(sim, answer);
}

static uint64_t free_bytes(struct simos *sim) {
  if (sim->capacity_bytes == 0) return UINT64_C(1) << 40;
  uint64_t used = sim__used_bytes(sim);
  return sim->capacity_bytes > used ? sim->capacity_bytes - used : 0;
}

static status sim_free_bytes(struct os *os, const char *path, uint64_t *bytes, struct err *err) {
  struct simos *sim = sim_of(os);
  struct sim_place place;
  status answer = enter(sim, "free_bytes", path, err);
  if (answer == LUMA_OK) answer = sim__find_there(sim, path, &place, err);
  if (answer == LUMA_OK) *bytes = free_bytes(sim);
  return leave(sim, answer);
}

const struct os_ops sim__ops = {
    .open = sim_open,
    .close = sim_close,
    .read_at = sim_read_at,
    .write_at = sim_write_at,
    .sync = sim_sync,
    .truncate = sim_truncate,
    .allocate = sim_allocate,
    .size = sim_size,
    .lock = sim_lock,
    .stat = sim_stat,
    .rename = sim_rename,
    .remove = sim_remove,
    .make_dir = sim_make_dir,
    .remove_dir = sim_remove_dir,
    .list_dir = sim_list_dir,
    .sync_dir = sim_sync_dir,
    .free_bytes = sim_free_bytes,
    .now_us = sim__now_us,
    .monotonic_us = sim__monotonic_us,
    .sleep_us = sim__sleep_us,
    .random = sim__random,
};
