/* SPDX-License-Identifier: MIT */
/* The record space of the native engine alone, without the layers above: documents inserted in the
 * order of their keys and at random, read one by one and by the hundred, scanned, replaced;
 * opening; and how many bytes go to files for each byte given. Prints name, figure, unit. usage:
 * bench_records [--tiny] DIRECTORY */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/core/bytes.h"
#include "base/mem/mem.h"
#include "bench/bench.h"
#include "store/lsm/lsm.h"

enum { KEY_BYTES = 20, GROUP = 100, BATCH = 1000 };

/** What is measured with, and on what. */
struct bed {
  const char *directory, *prefix; /* of the database; of the rows' names */
  struct store *store;
  bool in_order, tiny;
  uint64_t documents, next; /* wanted; inserted */
  uint64_t memtable_bytes, blob_value_bytes;
  uint32_t value_bytes;
  uint8_t *value;
  struct store_rows *rows;
};

static void check(status answer, const struct err *err, const char *what) {
  if (answer != LUMA_OK) bench_fail("records", what, err->message);
}

static void row(const struct bed *bed, const char *name, double figure, const char *unit) {
  if (!bed->tiny) printf("%s%-24s %12.1f %s\n", bed->prefix, name, figure, unit);
  (void)fflush(stdout);
}

/* Twenty bytes: a collection, and what looks like a ULID: time first, or nothing but noise. */
static struct slice key_of(const struct bed *bed, uint64_t number, uint8_t out[KEY_BYTES]) {
  store32be(out, 7);
  store64be(out + 4, bed->in_order ? number : bench_random(number ^ 0x5bd1e995));
  store64be(out + 12, bench_random(number));
  return slice_of(out, KEY_BYTES);
}

static void open_bed(struct bed *bed) {
  struct err err = {0};
  struct lsm_options options = {.create = true,
                                .sync_mode = STORE_SYNC_NEVER,
                                .block_cache_bytes = 1 << 30,
                                .memtable_bytes = bed->memtable_bytes,
                                .file_bytes = bed->memtable_bytes,
                                .blob_value_bytes = bed->blob_value_bytes,
                                .background_threads = 1};
  check(lsm_open(os_linux(), bed->directory, &options, &bed->store, &err), &err, "open");
}

static void put_some(struct bed *bed, uint64_t (*number)(const struct bed *bed, uint64_t nth),
                     uint64_t from, uint64_t count) {
  struct err err = {0};
  struct store_txn *txn;
  uint8_t key[KEY_BYTES];
  check(store_begin(bed->store, NULL, &txn, &err), &err, "begin");
  for (uint64_t i = from; i < from + count; i++) {
    uint64_t at = number(bed, i);
    for (uint32_t b = 16; b + 8 <= bed->value_bytes; b += 64)
      store64le(bed->value + b, bench_random(at + b + from));
    check(store_put(txn, STORE_RECORDS, key_of(bed, at, key),
                    slice_of(bed->value, bed->value_bytes), &err),
          &err, "put");
  }
  check(store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, &err), &err, "commit");
}

static uint64_t as_it_is(const struct bed *bed, uint64_t nth) {
  (void)bed;
  return nth;
}

static uint64_t any(const struct bed *bed, uint64_t nth) {
  return bench_random(nth) % bed->documents;
}

static struct store_stats stats_of(const struct bed *bed) {
  struct err err = {0};
  struct store_stats stats;
  check(store_get_stats(bed->store, &stats, &err), &err, "stats");
  return stats;
}

/* Writes `count` documents and settles; tells the rate, and the bytes written for each byte given.
 */
static void write_step(struct bed *bed, const char *name,
                       uint64_t (*number)(const struct bed *bed, uint64_t nth), uint64_t count) {
  struct err err = {0};
  uint64_t before = stats_of(bed).bytes_written, batch = count < BATCH ? count : BATCH;
  double start = bench_now();
  for (uint64_t at = 0; at + batch <= count; at += batch) put_some(bed, number, at, batch);
  double seconds = bench_now() - start;
  check(store_checkpoint(bed->store, &err), &err, "checkpoint");
  double settled = bench_now() - start;
  struct store_stats stats = stats_of(bed);
  double given = (double)count * (KEY_BYTES + bed->value_bytes);
  row(bed, name, (double)count / seconds, "documents/s");
  row(bed, "  with its flush", (double)count / settled, "documents/s");
  row(bed, "  bytes written, for one", (double)(stats.bytes_written - before) / given, "bytes");
  row(bed, "  bytes of files", (double)stats.file_bytes / given, "bytes, for one given");
}

static void open_step(struct bed *bed) {
  store_close(bed->store);
  double start = bench_now();
  open_bed(bed);
  row(bed, "open", (bench_now() - start) * 1000, "ms");
}

static void get_some(struct bed *bed, uint64_t from, uint32_t count, bool absent) {
  struct err err = {0};
  struct store_txn *txn;
  struct store_begin_options options = {.read_only = true};
  struct store_pins pins = {0};
  struct slice keys[GROUP];
  struct store_value values[GROUP];
  uint8_t room[GROUP][KEY_BYTES];
  for (uint32_t i = 0; i < count; i++) {
    keys[i] = key_of(bed, any(bed, from + i), room[i]);
    if (absent) room[i][KEY_BYTES - 1] ^= 1;
  }
  check(store_begin(bed->store, &options, &txn, &err), &err, "begin");
  check(store_get_many(txn, STORE_RECORDS, keys, count, values, &pins, &err), &err, "get");
  for (uint32_t i = 0; i < count; i++)
    if (values[i].found == absent ||
        (!absent && (values[i].value.bytes != bed->value_bytes ||
                     load64le(values[i].value.data + 8) != values[i].seq)))
      bench_fail("records", "get", "a wrong answer");
  store_pins_release(&pins);
  store_rollback(txn);
}

static void get_step(struct bed *bed, const char *name, uint32_t group, bool absent) {
  uint64_t count = bed->documents / 2 / group * group;
  for (uint64_t at = 0; at < count; at += group) get_some(bed, at, group, absent);
  double start = bench_now();
  for (uint64_t at = 0; at < count; at += group) get_some(bed, at, group, absent);
  row(bed, name, (double)count / (bench_now() - start), "gets/s");
}

/* The system forgets the pages of a file. */
static status forget_file(void *context, const char *name) {
  const struct bed *bed = context;
  char path[2048];
  (void)snprintf(path, sizeof path, "%s/%s", bed->directory, name);
  int fd = open(path, O_RDONLY);
  if (fd < 0) return LUMA_OK;
  (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  (void)close(fd);
  return LUMA_OK;
}

/* What is asked for is read from the disk: few enough that blocks are seldom asked for twice. */
static void cold_step(struct bed *bed) {
  uint64_t calls = bed->documents / 10000;
  struct err err = {0};
  check(os_list_dir(os_linux(), bed->directory, forget_file, bed, &err), &err, "forget");
  double start = bench_now();
  for (uint64_t i = 0; i < calls; i++) get_some(bed, i * GROUP, GROUP, false);
  row(bed, "get by the hundred, cold", (double)(calls * GROUP) / (bench_now() - start),
      "documents/s");
}

static void scan_step(struct bed *bed) {
  struct err err = {0};
  uint64_t scans = bed->documents / 500, rows_count = 0;
  double start = bench_now();
  for (uint64_t i = 0; i < scans; i++) {
    struct store_txn *txn;
    struct store_cursor *cursor;
    uint8_t key[KEY_BYTES];
    struct store_range range = {.from = key_of(bed, any(bed, i) * 9 / 10, key)};
    check(store_begin(bed->store, &(struct store_begin_options){.read_only = true}, &txn, &err),
          &err, "begin");
    check(store_cursor_open(txn, STORE_RECORDS, range, false, &cursor, &err), &err, "scan");
    for (uint32_t got = 0; got < BATCH; got += bed->rows->count) {
      check(store_cursor_next(cursor, BATCH - got, bed->rows, &err), &err, "scan");
      if (bed->rows->count == 0) break;
      rows_count += bed->rows->count;
    }
    store_cursor_close(cursor);
    store_rollback(txn);
  }
  row(bed, "scan of 1,000", (double)rows_count / (bench_now() - start), "rows/s");
}

static void measure(struct bed *bed) {
  bed->value = mem_zalloc(1, bed->value_bytes);
  bed->rows = mem_alloc(sizeof *bed->rows);
  if (!bed->value || !bed->rows) bench_fail("records", "begin", "no memory");
  open_bed(bed);
  write_step(bed, "insert", as_it_is, bed->documents);
  open_step(bed);
  cold_step(bed);
  get_step(bed, "get", 1, false);
  get_step(bed, "get by the hundred", GROUP, false);
  get_step(bed, "get what is not there", GROUP, true);
  scan_step(bed);
  write_step(bed, "replace any", any, bed->documents / 2);
  get_step(bed, "get by the hundred", GROUP, false);
  scan_step(bed);
  store_close(bed->store);
  mem_free(bed->rows);
  mem_free(bed->value);
}

int main(int argc, char **argv) {
  bool tiny = argc == 3 && strcmp(argv[1], "--tiny") == 0;
  if (argc != 2 + tiny) {
    fprintf(stderr, "usage: bench_records [--tiny] DIRECTORY\n");
    return 2;
  }
  static const struct {
    const char *name, *prefix;
    bool in_order;
    uint64_t documents, memtable_bytes, blob_value_bytes;
    uint32_t value_bytes;
  } beds[] = {
      {"order", "keys in order: ", true, 1000000, 0, 0, 280},
      {"random", "random keys:   ", false, 1000000, 0, 0, 280},
      {"large", "24 KiB values: ", false, 20000, 0, 0, 24 << 10},
      /* Memtables and files of a sixteenth: the merging that sixteen times the data would need. */
      {"order16", "in order, /16: ", true, 1000000, 4 << 20, 0, 280},
      {"random16", "random, /16:   ", false, 1000000, 4 << 20, 0, 280},
      {"apart16", "and apart:     ", false, 1000000, 4 << 20, 64, 280},
  };
  const char *only = getenv("ROWS");
  for (size_t i = 0; i < sizeof beds / sizeof beds[0]; i++) {
    char directory[1024];
    if (only && strncmp(beds[i].name, only, strlen(only)) != 0) continue;
    (void)snprintf(directory, sizeof directory, "%s/%s", argv[argc - 1], beds[i].name);
    struct bed bed = {.directory = directory,
                      .prefix = beds[i].prefix,
                      .in_order = beds[i].in_order,
                      .tiny = tiny,
                      .documents = tiny ? 2000 : beds[i].documents,
                      .memtable_bytes = beds[i].memtable_bytes,
                      .blob_value_bytes = beds[i].blob_value_bytes,
                      .value_bytes = beds[i].value_bytes};
    measure(&bed);
  }
  return 0;
}
