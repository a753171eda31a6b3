/* SPDX-License-Identifier: MIT */
/* Blob files: values come back as they went in, every bit is looked at, other files are refused;
 * and memory and disk failing everywhere. */
#include <stdio.h>

#include "base/ds/rng.h"
#include "base/mem/mem.h"
#include "store/lsm/blob/blob.h"
#include "tests/lib/fault.h"
#include "tests/lib/faultos.h"
#include "tests/lib/simos.h"
#include "tests/lib/test.h"

enum { NUMBER = 7, VALUES = 12, LARGE = 3 << 20 };
static const char PATH[] = "000000000007.blob";

struct written {
  struct blob_info info;
  struct block_reference references[VALUES];
  uint8_t *values[VALUES];
};

/* Sizes from nothing to more than the writer's buffer. */
static size_t size_of(int at) {
  static const size_t sizes[VALUES] = {0, 1,  100,   5000, 1 << 20, (1 << 20) + 1,
                                       7, 64, LARGE, 3,    999,     40};
  return sizes[at];
}

static void make_values(struct written *written, size_t size_max) {
  memset(written, 0, sizeof *written);
  for (int i = 0; i < VALUES; i++) {
    size_t bytes = size_of(i) < size_max ? size_of(i) : size_max;
    written->values[i] = mem_alloc(bytes + 1);
    assert_non_null(written->values[i]);
    rng_fill(test_rng(), written->values[i], bytes);
    written->references[i].handle.raw_bytes = (uint32_t)bytes; /* what is to be written */
  }
}

static void free_values(struct written *written) {
  for (int i = 0; i < VALUES; i++) mem_free(written->values[i]);
}

static struct slice value_of(const struct written *written, int at) {
  return slice_of(written->values[at], written->references[at].handle.raw_bytes);
}

static status write_values(struct os *os, struct written *written, struct err *err) {
  struct blob_info name = {.number = NUMBER, .uuid = {1, 2, 3}};
  struct blob_writer *writer;
  TRY(blob_writer_create(os, PATH, &name, &writer, err));
  status code = LUMA_OK;
  for (int i = 0; i < VALUES && code == LUMA_OK; i++) {
    struct block_reference reference;
    code = blob_writer_add(writer, value_of(written, i), &reference, err);
    if (code == LUMA_OK) written->references[i] = reference;
  }
  if (code == LUMA_OK) code = blob_writer_finish(writer, &written->info, err);
  blob_writer_destroy(writer);
  return code;
}

/** An open blob with what it needs. */
struct reading {
  struct cache *cache;
  struct blobs *blobs;
  struct blob_file *blob;
};

static status begin_reading(struct os *os, const struct written *written, struct reading *reading,
                            struct err *err) {
  *reading = (struct reading){0};
  TRY(cache_create(1 << 20, &reading->cache, err));
  TRY(blobs_create(os, ".", reading->cache, &reading->blobs, err));
  return blobs_open(reading->blobs, NUMBER, written->info.uuid, &reading->blob, err);
}

static void end_reading(struct reading *reading) {
  if (reading->blob) blob_release(reading->blob);
  blobs_destroy(reading->blobs);
  cache_destroy(reading->cache);
}

static status read_value(const struct reading *reading, const struct written *written, int at,
                         enum blob_caching caching, bool *is_same) {
  struct cache_block *value;
  TRY(blob_load(reading->blob, &written->references[at].handle, caching, &value, NULL));
  *is_same = slice_is_equal(value_of(written, at), slice_of(value->data, value->bytes));
  cache_block_release(value);
  return LUMA_OK;
}

static void gives_back_what_was_written(void) {
  struct simos *sim = simos_create(test_seed());
  struct written written;
  struct reading reading;
  struct blob_file *again;
  bool is_same;
  make_values(&written, LARGE);
  assert_ok(write_values(simos_os(sim), &written, test_err()));
  assert_int_equal(VALUES, written.info.values);
  assert_ok(begin_reading(simos_os(sim), &written, &reading, test_err()));
  assert_int_equal(written.info.file_bytes, blob_get_info(reading.blob)->file_bytes);
  assert_int_equal(written.info.value_bytes, blob_get_info(reading.blob)->value_bytes);
  assert_int_equal(written.info.file_bytes, blobs_bytes(reading.blobs));
  assert_ok(blobs_open(reading.blobs, NUMBER, written.info.uuid, &again, test_err()));
  assert_ptr_equal(again, reading.blob);
  blob_release(again);
  for (int round = 0; round < 3; round++)
    for (int i = 0; i < VALUES; i++) {
      assert_int_equal(NUMBER, written.references[i].file);
      assert_ok(read_value(&reading, &written, i, (enum blob_caching)round, &is_same));
      assert_true(is_same);
    }
  assert_ok(blob_check(reading.blob, test_err()));
  end_reading(&reading);
  free_values(&written);
  simos_destroy(sim);
}

/* Values of no more than 64 bytes: each bit of the file in turn. */
static void every_bit_counts(void) {
  struct simos *sim = simos_create(test_seed());
  struct written written;
  struct reading reading;
  make_values(&written, 64);
  assert_ok(write_values(simos_os(sim), &written, test_err()));
  for (uint64_t bit = 0; bit < written.info.file_bytes * 8; bit++) {
    uint64_t at = bit / 8;
    int refused = 0;
    assert_ok(simos_flip_bit(sim, PATH, bit));
    struct err err = {0};
    status opened = begin_reading(simos_os(sim), &written, &reading, &err);
    bool is_footer = at >= written.info.file_bytes - BLOB_FOOTER_BYTES;
    assert_int_equal(is_footer, opened != LUMA_OK);
    if (is_footer) assert_non_null(strstr(err.message, PATH));
    for (int i = 0; i < VALUES && !is_footer; i++) {
      bool is_same = true;
      refused += read_value(&reading, &written, i, BLOB_FILL, &is_same) == LUMA_CORRUPT;
      assert_true(is_same);
    }
    if (!is_footer) assert_int_equal(at < BLOB_HEADER_BYTES ? 0 : 1, refused);
    if (!is_footer)
      assert_int_equal(at < BLOB_HEADER_BYTES ? LUMA_CORRUPT : LUMA_OK,
                       blob_check(reading.blob, NULL));
    end_reading(&reading);
    assert_ok(simos_flip_bit(sim, PATH, bit));
  }
  free_values(&written);
  simos_destroy(sim);
}

static void other_files_are_refused(void) {
  struct simos *sim = simos_create(test_seed());
  struct os *os = simos_os(sim);
  struct written written;
  struct reading reading;
  struct os_file *file;
  make_values(&written, 64);
  assert_int_equal(LUMA_NOT_FOUND, begin_reading(os, &written, &reading, NULL));
  end_reading(&reading);
  assert_ok(write_values(os, &written, test_err()));
  struct written other = written;
  other.info.uuid[0] ^= 1;
  assert_int_equal(LUMA_CORRUPT, begin_reading(os, &other, &reading, NULL));
  end_reading(&reading);
  struct block_handle beyond = written.references[3].handle;
  struct cache_block *value;
  assert_ok(begin_reading(os, &written, &reading, test_err()));
  beyond.offset = written.info.file_bytes - BLOB_FOOTER_BYTES;
  assert_int_equal(LUMA_CORRUPT, blob_load(reading.blob, &beyond, BLOB_FILL, &value, NULL));
  beyond.offset = UINT64_MAX;
  assert_int_equal(LUMA_CORRUPT, blob_load(reading.blob, &beyond, BLOB_FILL, &value, NULL));
  end_reading(&reading);
  assert_ok(os_open(os, PATH, OS_OPEN_WRITE, &file, test_err()));
  for (uint64_t cut = 1; cut <= written.info.file_bytes; cut += 1 + rng_below(test_rng(), 9)) {
    assert_ok(os_truncate(os, file, written.info.file_bytes - cut, test_err()));
    assert_int_equal(LUMA_CORRUPT, begin_reading(os, &written, &reading, NULL));
    end_reading(&reading);
  }
  assert_ok(os_close(os, file, test_err()));
  free_values(&written);
  simos_destroy(sim);
}

/* ---- failing memory and disks ---- */

static status work(struct os *os, void *context) {
  struct written *written = context, mine = *written;
  struct reading reading = {0};
  bool is_same = true;
  os_remove(os, PATH, NULL);
  status code = write_values(os, &mine, NULL);
  if (code == LUMA_OK) code = begin_reading(os, &mine, &reading, NULL);
  for (int i = 0; i < VALUES && code == LUMA_OK; i++) {
    code = read_value(&reading, &mine, i, BLOB_FILL, &is_same);
    assert_true(is_same);
  }
  if (code == LUMA_OK) code = blob_check(reading.blob, NULL);
  if (reading.cache) end_reading(&reading);
  return code;
}

static status work_in_memory(void *context) {
  struct simos *sim = simos_create(3);
  status code = work(simos_os(sim), context);
  simos_destroy(sim);
  return code;
}

static void survives_failing_memory(void) {
  struct written written;
  make_values(&written, 64);
  assert_true(fault_sweep_alloc(work_in_memory, &written) > 10);
  free_values(&written);
}

static void survives_failing_disks(void) {
  struct written written;
  struct simos *sim = simos_create(test_seed());
  make_values(&written, 64);
  assert_true(faultos_sweep(simos_os(sim), FAULTOS_ALL & ~FAULTOS_REMOVE, LUMA_IO_ERROR, work,
                            &written) > 5);
  free_values(&written);
  simos_destroy(sim);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"gives_back_what_was_written", gives_back_what_was_written, 0},
      {"every_bit_counts", every_bit_counts, 0},
      {"other_files_are_refused", other_files_are_refused, 0},
      {"survives_failing_memory", survives_failing_memory, 0},
      {"survives_failing_disks", survives_failing_disks, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
