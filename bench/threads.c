/* SPDX-License-Identifier: MIT */
/* The native engine under many threads, without the layers above: threads that commit what the
 * insert of a document is (a record, two index entries, a count, a change), threads that read one
 * document in a snapshot of its own, snapshots alone, and both beside each other. Prints name,
 * figure, unit. usage: bench_threads [--tiny] DIRECTORY; THREADS=n each kind (8), ROWS=prefix */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/core/bytes.h"
#include "base/mem/mem.h"
#include "base/sync/sync.h"
#include "bench/bench.h"
#include "store/lsm/lsm.h"

enum { KEY_BYTES = 20, VALUE_BYTES = 280, SPREAD = 64, THREADS_MAX = 64 };

enum kind { COMMITS, READS, SNAPSHOTS };

/** One thread's work. */
struct work {
  struct store *store;
  enum kind kind;
  enum store_durability durability;
  uint32_t number;
  atomic_bool *stop;
  uint64_t documents; /* to read among */
  uint64_t done, most;
};

/** A row of the table: so many threads of each kind on a store of its own. */
struct row {
  const char *name, *label;
  enum store_sync_mode mode;
  enum store_durability durability;
  bool commits, reads, snapshots;
};

static void check(status answer, const struct err *err, const char *what) {
  if (answer != LUMA_OK) bench_fail("threads", what, err->message);
}

static struct slice key_of(uint64_t number, uint8_t out[KEY_BYTES]) {
  store32be(out, 7);
  store64be(out + 4, number);
  store64be(out + 12, bench_random(number));
  return slice_of(out, KEY_BYTES);
}

static void add_entry(struct store_txn *txn, uint32_t index, uint64_t number) {
  uint8_t key[KEY_BYTES];
  struct err err = {0};
  store32be(key, index);
  store64be(key + 4, bench_random(number * 2 + index));
  store64be(key + 12, number);
  check(store_put(txn, STORE_ENTRIES, slice_of(key, sizeof key), slice_of(NULL, 0), &err), &err,
        "entry");
}

static void insert(struct work *work, uint64_t number) {
  struct err err = {0};
  struct store_txn *txn;
  uint8_t key[KEY_BYTES], value[VALUE_BYTES] = {0};
  check(store_begin(work->store, NULL, &txn, &err), &err, "begin");
  check(store_put(txn, STORE_RECORDS, key_of(number, key), slice_of(value, sizeof value), &err),
        &err, "put");
  add_entry(txn, 1, number);
  add_entry(txn, 2, number);
  check(store_add(txn, slice_of_text("documents"), 1, 0, INT64_MAX, &err), &err, "add");
  check(store_emit(txn, slice_of(key, sizeof key), &err), &err, "emit");
  check(store_commit(txn, work->durability, NULL, NULL, &err), &err, "commit");
}

static void read_one(struct work *work, uint64_t number) {
  static const struct store_begin_options options = {.read_only = true};
  struct err err = {0};
  struct store_txn *txn;
  struct store_pins pins = {0};
  struct store_value found;
  uint8_t key[KEY_BYTES];
  check(store_begin(work->store, &options, &txn, &err), &err, "begin");
  if (work->kind == READS) {
    check(store_get(txn, STORE_RECORDS, key_of(number % work->documents, key), &found, &pins, &err),
          &err, "get");
    if (!found.found) bench_fail("threads", "get", "a document is missing");
    store_pins_release(&pins);
  }
  store_rollback(txn);
}

/* Threads' documents come in time order, each thread a little apart, as ULIDs do. */
static void run(void *context) {
  struct work *work = context;
  while (!atomic_load_explicit(work->stop, memory_order_relaxed) && work->done < work->most) {
    if (work->kind == COMMITS)
      insert(work, work->documents + work->done * SPREAD + work->number);
    else
      read_one(work, bench_random(work->done * SPREAD + work->number));
    work->done++;
  }
}

static struct store *fill(const char *path, const struct row *row, uint64_t documents) {
  struct err err = {0};
  struct store *store;
  struct lsm_options options = {
      .create = true, .sync_mode = row->mode, .memtable_bytes = 256 << 20, .background_threads = 1};
  check(lsm_open(os_linux(), path, &options, &store, &err), &err, "open");
  struct work work = {.store = store, .durability = STORE_QUEUED};
  for (uint64_t i = 0; i < documents; i++) insert(&work, i);
  check(store_sync(store, &err), &err, "sync");
  return store;
}

/** Starts `count` threads of one kind behind those there are. */
static uint32_t start(struct work *works, struct thread *threads, uint32_t at, uint32_t count,
                      const struct work *like) {
  struct err err = {0};
  for (uint32_t i = 0; i < count; i++, at++) {
    works[at] = *like;
    works[at].number = at;
    check(thread_start(&threads[at], "bench", run, &works[at], &err), &err, "thread");
  }
  return at;
}

static void tell(const struct row *row, const struct work *works, uint32_t count, double seconds) {
  static const char *const KINDS[] = {"commits", "reads", "snapshots"};
  for (enum kind kind = COMMITS; kind <= SNAPSHOTS; kind++) {
    uint64_t done = 0;
    for (uint32_t i = 0; i < count; i++) done += works[i].kind == kind ? works[i].done : 0;
    if (done) printf("%-34s %12.0f %s/s\n", row->label, (double)done / seconds, KINDS[kind]);
  }
  (void)fflush(stdout);
}

static void measure(const char *directory, const struct row *row, uint32_t each, bool tiny) {
  static struct work works[3 * THREADS_MAX];
  struct thread threads[3 * THREADS_MAX];
  char path[1024];
  atomic_bool stop = false;
  uint64_t documents = tiny ? 100 : 100000;
  (void)snprintf(path, sizeof path, "%s/%s", directory, row->name);
  struct work like = {.store = fill(path, row, documents),
                      .durability = row->durability,
                      .stop = &stop,
                      .documents = documents,
                      .most = tiny ? 50 : UINT64_MAX};
  uint32_t count = 0;
  double begun = bench_now();
  if (row->commits) count = start(works, threads, count, each, &like);
  like.kind = READS;
  if (row->reads) count = start(works, threads, count, each, &like);
  like.kind = SNAPSHOTS;
  if (row->snapshots) count = start(works, threads, count, each, &like);
  if (!tiny) os_sleep_us(os_linux(), 2000000);
  atomic_store(&stop, !tiny);
  for (uint32_t i = 0; i < count; i++) thread_join(&threads[i]);
  if (!tiny) tell(row, works, count, bench_now() - begun);
  store_close(like.store);
}

int main(int argc, char **argv) {
  bool tiny = argc == 3 && strcmp(argv[1], "--tiny") == 0;
  if (argc != 2 + tiny) {
    fprintf(stderr, "usage: bench_threads [--tiny] DIRECTORY\n");
    return 2;
  }
  static const struct row rows[] = {
      {"never", "commits, not waited for", STORE_SYNC_NEVER, STORE_SYNC_DEFAULT, true, false,
       false},
      {"queued", "commits, group, queued", STORE_SYNC_GROUP, STORE_QUEUED, true, false, false},
      {"group", "commits, group, waited for", STORE_SYNC_GROUP, STORE_SYNC_DEFAULT, true, false,
       false},
      {"reads", "reads", STORE_SYNC_NEVER, STORE_SYNC_DEFAULT, false, true, false},
      {"snapshots", "snapshots", STORE_SYNC_NEVER, STORE_SYNC_DEFAULT, false, false, true},
      {"both", "commits beside reads", STORE_SYNC_NEVER, STORE_SYNC_DEFAULT, true, true, false},
      {"gboth", "commits, group, beside reads", STORE_SYNC_GROUP, STORE_SYNC_DEFAULT, true, true,
       false},
  };
  const char *only = getenv("ROWS"), *threads = getenv("THREADS");
  uint32_t each = threads ? (uint32_t)strtoul(threads, NULL, 10) : 8;
  if (each < 1 || each > THREADS_MAX) bench_fail("threads", "begin", "THREADS is 1 to 64");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (!only || strcmp(rows[i].name, only) == 0) measure(argv[argc - 1], &rows[i], each, tiny);
  return 0;
}
