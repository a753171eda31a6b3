/* SPDX-License-Identifier: MIT */
/* Inside the simulated operating system: inodes, their contents, the namespace, and the fate of
 * what is pending.
 *
 * Invariants
 * 1. A chunk is clean when its two images are the same pointer; writing to a clean chunk copies it
 * first.
 * 2. Every chunk that is not clean stands once in its inode's list `unclean`.
 * 3. refs of an inode = entries that name it (seen and durable) + pending operations + open files.
 * 4. A file takes room (its seen size in whole pages) while a seen entry names it or it is open.
 * 5. Functions named sim__… are called with the lock held. */
#ifndef TESTS_LIB_SIMOS_INT_H
#define TESTS_LIB_SIMOS_INT_H

#include "base/ds/rng.h"
#include "base/sync/sync.h"
#include "tests/lib/simos.h"

enum {
  SIM_SECTOR_BYTES = 512,
  SIM_CHUNK_BYTES = 4096,
  SIM_CHUNK_SECTORS = SIM_CHUNK_BYTES / SIM_SECTOR_BYTES,
  SIM_VERSIONS_MAX = 32, /* per chunk: forms between the durable and the newest one */
  SIM_NAME_BYTES = 96,
  SIM_PATH_BYTES = 256,
};

/** What a sector held before it was overwritten unsynced. */
struct sim_version {
  struct sim_version *next; /* older */
  uint64_t sequence;
  unsigned sector;
  uint8_t data[SIM_SECTOR_BYTES];
};

/** 4 KiB of a file. NULL images read as zeroes. */
struct sim_chunk {
  uint8_t *seen, *durable;
  struct sim_version *versions; /* newest first */
  unsigned versions_count;
  uint8_t dirty;                        /* a bit for each sector written since the last sync */
  uint8_t lost;                         /* a bit for each sector that a failed sync gave up */
  uint64_t sequence[SIM_CHUNK_SECTORS]; /* when the seen form of a dirty sector was written */
};

/** A name in a directory. */
struct sim_entry {
  char name[SIM_NAME_BYTES];
  struct sim_inode *inode;
};

struct sim_entries {
  struct sim_entry *items;
  size_t count, capacity;
};

/** A file size and when it came to be. */
struct sim_size {
  uint64_t bytes, sequence;
};

/** A part of a file. */
struct sim_range {
  uint64_t offset, bytes;
};

/** A file or directory. */
struct sim_inode {
  struct sim_inode *next, *previous; /* all inodes of the disk */
  size_t refs, opens;
  uint64_t census; /* the last count of room that met a name of it */
  enum os_file_kind kind;
  /* a file */
  struct sim_chunk *chunks;
  size_t chunks_count;
  size_t *unclean;
  size_t unclean_count, unclean_capacity;
  struct sim_size seen, between, durable;
  const struct os_file *locked_by; /* the writer that has the lock */
  size_t readers;                  /* that share it */
  /* a directory */
  struct sim_entries entries, durable_entries;
};

enum sim_op_kind { SIM_LINK, SIM_UNLINK, SIM_RENAME };

/** A change of the namespace that no sync_dir has made durable. */
struct sim_op {
  uint64_t sequence;
  enum sim_op_kind kind;
  struct sim_inode *inode, *dir, *to_dir; /* to_dir: of a rename */
  char name[SIM_NAME_BYTES], to_name[SIM_NAME_BYTES];
};

/** How a crash treats what is pending. */
enum sim_temper { SIM_LOSE_ALL, SIM_KEEP_ALL, SIM_KEEP_PREFIX, SIM_KEEP_SOME };

struct sim_crash {
  enum sim_temper temper;
  uint64_t cut;    /* prefix: what came later is lost */
  uint64_t chance; /* some: kept with chance/1024 */
};

/** A countdown: counts mutating calls, 0 = off. */
struct sim_countdown {
  uint64_t crash, kill, fail;
  status fail_code;
};

struct simos {
  struct os os;
  struct mutex lock;
  struct rng rng, noise; /* fates; what the os calls random */
  struct sim_inode *inodes, *root;
  struct sim_op *ops;
  size_t ops_count, ops_capacity;
  uint64_t capacity_bytes, census;
  bool refuses_direct;
  uint64_t monotonic_us, jump_one_in;
  int64_t wall_offset_us;
  uint64_t sequence, generation;
  struct sim_countdown countdown;
  struct sim_crash crash;
  bool off;
  FILE *trace;
};

/** An open file. */
struct os_file {
  struct sim_inode *inode;
  uint64_t generation;
  unsigned flags;
  bool shares; /* the lock of its inode, with other readers */
  char path[SIM_PATH_BYTES];
};

/* simos_calls.c: the calls of the system. */

extern const struct os_ops sim__ops;

/* simos.c: time and randomness; these four take the lock themselves. */

uint64_t sim__now_us(struct os *os);
uint64_t sim__monotonic_us(struct os *os);
void sim__sleep_us(struct os *os, uint64_t us);
void sim__random(struct os *os, void *data, size_t bytes);

/* simos_file.c: contents. */

struct sim_inode *sim__inode_create(struct simos *sim, enum os_file_kind kind);
void sim__inode_acquire(struct sim_inode *inode);
/** Frees the inode, and what only it holds, when nobody refers to it any more. */
void sim__inode_release(struct simos *sim, struct sim_inode *inode);
/** Room taken on the disk. */
uint64_t sim__used_bytes(struct simos *sim);
/** Copies up to `bytes` from `offset`; answers how many there were. */
size_t sim__file_read(const struct sim_inode *inode, uint64_t offset, void *data, size_t bytes);
/** Writes what fits; LUMA_DISK_FULL when that is not all. */
status sim__file_write(struct simos *sim, struct sim_inode *inode, uint64_t offset,
                       const void *data, size_t bytes);
/** Changes the size, zeroes beyond the old or the new end; LUMA_DISK_FULL changes nothing. */
status sim__file_resize(struct simos *sim, struct sim_inode *inode, uint64_t bytes);
void sim__file_sync(struct sim_inode *inode);
/** Makes durable the pages that the range meets, and the size. */
void sim__file_sync_range(struct sim_inode *inode, struct sim_range range);
/** A sync of the range that failed: each dirty sector is durable or lost by a coin; the size stays
 * as it was durable. */
void sim__file_sync_badly(struct simos *sim, struct sim_inode *inode, struct sim_range range);
/** What the file is after the power failed as sim->crash says. */
void sim__file_crash(struct simos *sim, struct sim_inode *inode);
void sim__file_flip(struct sim_inode *inode, uint64_t bit);

/* simos_dir.c: the namespace. */

/** Where a path leads: its directory and last name; the root has no name. */
struct sim_place {
  struct sim_inode *dir, *inode; /* inode NULL: nothing there */
  char name[SIM_NAME_BYTES];
};

status sim__find(struct simos *sim, const char *path, struct sim_place *place, struct err *err);
/** The same, where nothing there is LUMA_NOT_FOUND. */
status sim__find_there(struct simos *sim, const char *path, struct sim_place *place,
                       struct err *err);
/** Makes a file or directory at `place`, where nothing is. */
struct sim_inode *sim__dir_make(struct simos *sim, const struct sim_place *place,
                                enum os_file_kind kind);
void sim__dir_unlink(struct simos *sim, const struct sim_place *place);
void sim__dir_rename(struct simos *sim, const struct sim_place *from, const struct sim_place *to);
/** Makes durable what is pending in `dir`. */
void sim__dir_sync(struct simos *sim, const struct sim_inode *dir);
/** What the namespace is after the power failed as sim->crash says. */
void sim__dir_crash(struct simos *sim);
/** Removes everything but the root, durably. */
void sim__dir_wipe(struct simos *sim);
void sim__entries_free(struct simos *sim, struct sim_entries *entries);

/* simos_crash.c: fates. */

/** What becomes of a mutating call. */
enum sim_fate { SIM_WORKS, SIM_FAILS, SIM_CRASHES, SIM_KILLS };

/** Counts a mutating call and draws its fate. */
enum sim_fate sim__tick(struct simos *sim, const char *what, const char *path, uint64_t bytes);
/** Whether a call of this fate takes place at all, when it cannot take place by half. */
bool sim__takes_place(struct simos *sim, enum sim_fate fate);
/** Ends a mutating call: LUMA_OK, or the failure its fate says, after putting the power off if it
 * says so. */
status sim__settle(struct simos *sim, enum sim_fate fate, const char *what, const char *path,
                   struct err *err);
/** Whether something that came to be at `sequence` survives the crash. */
bool sim__survives(struct simos *sim, uint64_t sequence);

#endif
