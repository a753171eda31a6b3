/* SPDX-License-Identifier: MIT */
/* A simulated operating system: time, randomness and a disk, all from one seed and all in memory.
 *
 * The disk is as unkind as the rules of POSIX allow. What was written but not synced stands in the
 * page cache only; when the power fails each 512-byte sector written since the last sync is found
 * in its newest form, in one between, or as it was durable. A write to a file opened OS_OPEN_SYNCED
 * is durable, its pages alone, once it returned; until then its sectors are torn and lost like any
 * others. Direct writes must be aligned. A file size not synced may be lost. A
 * directory entry made, renamed or removed is lost on its own unless sync_dir came after it, and
 * syncing a file does not sync its entry. A rename is never seen half done. Four tempers of a crash
 * are drawn: everything is kept, nothing is kept, a prefix in the order of writing, or each thing
 * by its own coin.
 *
 * Between a crash (or kill) and simos_reboot every call fails with LUMA_IO_ERROR; files open at
 * that moment stay unusable for ever but must still be closed by their owner. One seed and one
 * sequence of calls give one outcome. Memory is exempt from fault_alloc and from its count of live
 * blocks. Paths: absolute or not, the root is where both begin; "." is skipped, ".." is refused.
 *
 * Thread: the os may be called from any thread (one lock; repeatable only when one thread calls).
 * The functions here may be called between calls, from any thread. */
#ifndef TESTS_LIB_SIMOS_H
#define TESTS_LIB_SIMOS_H

#include <stdio.h>

#include "base/os/os.h"

struct simos;

/** An empty disk without limits, never NULL; simos_destroy ends it (close every file first). */
struct simos *simos_create(uint64_t seed);
void simos_destroy(struct simos *sim);
/** The system to hand to the code under test; lives as long as `sim`. */
struct os *simos_os(struct simos *sim);

/** The power fails now: unsynced things meet their fate, then every call fails until simos_reboot.
 */
void simos_crash(struct simos *sim);
/** The process dies now (kill -9): the page cache survives, locks and open files do not. Reboot as
 * well. */
void simos_kill(struct simos *sim);
/** Power is back; nothing is open. */
void simos_reboot(struct simos *sim);
/** The power fails during the nth mutating call from now (1 is the next), which answers
 * LUMA_IO_ERROR; 0 = never. */
void simos_crash_at(struct simos *sim, uint64_t nth);
/** The same with the death of the process. */
void simos_kill_at(struct simos *sim, uint64_t nth);
/** The nth mutating call from now answers `code`, half done: a write leaves a part, a sync leaves
 * some sectors that will never be durable unless written again (as Linux does), other calls are
 * done or not. 0 = never. */
void simos_fail_at(struct simos *sim, uint64_t nth, status code);
/** True from a crash or kill to the reboot: says whether a countdown was reached. */
bool simos_is_off(const struct simos *sim);
/** Calls so far that change the disk or make it durable. */
uint64_t simos_mutations(const struct simos *sim);

/** Whether files opened OS_OPEN_DIRECT get around the page cache (they do unless told otherwise) or
 * go through it, as on a file system that refuses that. Around it, what a write that is cut short
 * left on the disk is what is read afterwards: each sector is the old or the new one. Through it,
 * the cache may have what the disk will never get. */
void simos_take_direct(struct simos *sim, bool is_taken);

/** Bytes that files may take, whole 4 KiB pages each; 0 = no limit. Beyond it: LUMA_DISK_FULL. */
void simos_set_capacity(struct simos *sim, uint64_t bytes);
/** Turns over one bit of a file, also in its durable form. LUMA_NOT_FOUND; LUMA_INVALID_ARGUMENT
 * past its end. */
status simos_flip_bit(struct simos *sim, const char *path, uint64_t bit);
/** Removes everything from the disk, durably. No file may be open. */
void simos_wipe(struct simos *sim);

/** Lets time pass. */
void simos_advance_us(struct simos *sim, uint64_t us);
/** Sets the wall clock, backward too; the monotonic one goes on. */
void simos_set_now_us(struct simos *sim, uint64_t now_us);
/** From now on one reading of the wall clock in `one_in` finds it set to another time, up to an
 * hour away; 0 = none. */
void simos_let_clock_jump(struct simos *sim, uint64_t one_in);

/** Writes a line for each mutating call to `out` (borrowed; NULL = no more). */
void simos_trace(struct simos *sim, FILE *out);

#endif
