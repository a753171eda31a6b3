/* SPDX-License-Identifier: MIT */
/* A full disk. The ballast is a file of zeroes that stands in for room: when a write finds none, it
 * is removed, and what it took is for those who delete, for flushes and for compactions. */
#include "store/lsm/engine/engine.h"

enum {
  BALLAST_BYTES_MAX = 16 << 20,
  BALLAST_SEGMENTS = 2, /* so many log segments at most */
  FREE_BALLASTS = 4,    /* so many times its bytes must be free before one is made */
  RESUME_BALLASTS = 2,  /* and before a database that found the disk full goes on */
};

static status ballast_path(const struct engine *engine, struct dbfile_path *path, struct err *err) {
  return dbfile_make(engine->directory, DBFILE_BALLAST, 0, path, err);
}

static uint64_t ballast_bytes(const struct engine *engine) {
  uint64_t bytes = BALLAST_SEGMENTS * engine->options.wal_segment_bytes;
  return bytes < BALLAST_BYTES_MAX ? bytes : BALLAST_BYTES_MAX;
}

static uint64_t free_bytes(struct engine *engine) {
  uint64_t bytes = 0;
  return os_free_bytes(engine->os, engine->directory, &bytes, NULL) == LUMA_OK ? bytes : 0;
}

/* One that cannot be made whole is not kept. Nothing relies on its being durable. */
static bool make_ballast(struct engine *engine) {
  struct dbfile_path path;
  struct os_file *file;
  if (ballast_path(engine, &path, NULL) != LUMA_OK ||
      os_open(engine->os, path.text, OS_OPEN_WRITE | OS_OPEN_CREATE, &file, NULL) != LUMA_OK)
    return false;
  status answer = os_allocate(engine->os, file, ballast_bytes(engine), NULL);
  os_close(engine->os, file, NULL);
  if (answer != LUMA_OK) os_remove(engine->os, path.text, NULL);
  return answer == LUMA_OK;
}

bool engine_starve(struct engine *engine) {
  struct dbfile_path path;
  atomic_store(&engine->starved, true);
  if (!atomic_exchange(&engine->has_ballast, false)) return false;
  return ballast_path(engine, &path, NULL) == LUMA_OK &&
         os_remove(engine->os, path.text, NULL) == LUMA_OK;
}

void engine_ballast(struct engine *engine) {
  if (atomic_load(&engine->has_ballast) || atomic_load(&engine->starved)) return;
  if (free_bytes(engine) < FREE_BALLASTS * ballast_bytes(engine)) return;
  atomic_store(&engine->has_ballast, make_ballast(engine));
}

status engine_check_room(struct engine *engine, bool frees, struct err *err) {
  if (!atomic_load(&engine->starved)) return LUMA_OK;
  uint64_t room = free_bytes(engine), needed = RESUME_BALLASTS * ballast_bytes(engine);
  if (room >= needed) {
    atomic_store(&engine->starved, false);
    engine_ballast(engine);
    return LUMA_OK;
  }
  if (frees) return LUMA_OK;
  err_raise(err, LUMA_DISK_FULL, __FILE__, __LINE__,
            "the disk is full: %llu KiB are free, and the database takes more than deletes again "
            "when it is %llu",
            (unsigned long long)room >> 10, (unsigned long long)needed >> 10);
  err_hint(err, "free some room on the file system, or delete documents or drop collections");
  return LUMA_DISK_FULL;
}

void engine_room_open(struct engine *engine) {
  struct dbfile_path path;
  struct os_stat stat;
  bool is_there = ballast_path(engine, &path, NULL) == LUMA_OK &&
                  os_stat(engine->os, path.text, &stat, NULL) == LUMA_OK;
  atomic_store(&engine->has_ballast, is_there);
  if (is_there && free_bytes(engine) < ballast_bytes(engine)) engine_starve(engine);
}
