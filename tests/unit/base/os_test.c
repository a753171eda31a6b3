/* SPDX-License-Identifier: MIT */
/* The Linux os on a real file system, and what goes wrong there. */
#include "base/os/os.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/core/bytes.h"
#include "base/mem/mem.h"
#include "base/os/process.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"

enum { PATH_BYTES = 512, BLOCK = 4096 };

static const char *path_to(const char *name) {
  static char paths[4][PATH_BYTES];
  static unsigned turn;
  char *path = paths[turn++ % 4];
  snprintf(path, PATH_BYTES, "%s/%s", test_dir(), name);
  return path;
}

static struct os_file *opened(const char *name, unsigned flags) {
  struct os_file *file;
  assert_ok(os_open(os_linux(), path_to(name), flags, &file, test_err()));
  return file;
}

static struct os_file *created(const char *name) {
  return opened(name, OS_OPEN_WRITE | OS_OPEN_CREATE | OS_OPEN_EXCLUSIVE);
}

static void write_text(struct os_file *file, uint64_t offset, const char *text) {
  assert_ok(os_write_at(os_linux(), file, offset, text, strlen(text), test_err()));
}

static void close_file(struct os_file *file) {
  assert_ok(os_close(os_linux(), file, test_err()));
}

static void files_are_written_and_read(void) {
  struct os *os = os_linux();
  struct os_file *file = created("f");
  write_text(file, 3, "world");
  write_text(file, 0, "abc");
  assert_ok(os_sync(os, file, test_err()));
  char data[32];
  size_t got;
  assert_ok(os_read_at(os, file, 2, data, sizeof data, &got, test_err()));
  assert_int_equal(got, 6);
  assert_memory_equal(data, "cworld", 6);
  assert_ok(os_read_at(os, file, 100, data, sizeof data, &got, test_err()));
  assert_int_equal(got, 0);
  uint64_t bytes;
  assert_ok(os_truncate(os, file, 4, test_err()));
  assert_ok(os_size(os, file, &bytes, test_err()));
  assert_int_equal(bytes, 4);
  close_file(file);
  struct stat found;
  assert_int_equal(stat(path_to("f"), &found), 0);
  assert_int_equal(found.st_mode & 0777, 0600);
}

static bool is_all(const uint8_t *data, size_t bytes, uint8_t value) {
  for (size_t i = 0; i < bytes; i++)
    if (data[i] != value) return false;
  return true;
}

static void check_allocated(unsigned flags, uint64_t before, uint64_t after) {
  struct os *os = os_linux();
  struct os_file *file = opened("allocated", OS_OPEN_WRITE | OS_OPEN_CREATE | flags);
  uint8_t *data = mem_alloc_aligned(BLOCK, after + BLOCK);
  memset(data, 7, after + BLOCK);
  assert_ok(os_write_at(os, file, 0, data, BLOCK, test_err()));
  assert_ok(os_truncate(os, file, before, test_err()));
  assert_ok(os_allocate(os, file, after, test_err()));
  uint64_t bytes;
  size_t got;
  assert_ok(os_size(os, file, &bytes, test_err()));
  assert_int_equal(bytes, after);
  assert_ok(os_read_at(os, file, 0, data, (after + BLOCK - 1) / BLOCK * BLOCK, &got, test_err()));
  assert_int_equal(got, after);
  assert_true(is_all(data, before, 7) && is_all(data + before, after - before, 0));
  struct stat found;
  assert_int_equal(stat(path_to("allocated"), &found), 0);
  assert_true((uint64_t)found.st_blocks * 512 >= after);
  mem_free(data);
  close_file(file);
  assert_ok(os_remove(os, path_to("allocated"), test_err()));
}

static void allocated_room_reads_as_zeroes(void) {
  check_allocated(0, 1000, 3000000);
  check_allocated(0, 0, 1);
  check_allocated(OS_OPEN_DIRECT, BLOCK, 2 << 20);
  check_allocated(OS_OPEN_DIRECT, 100, 1000001);
}

static void direct_files_read_to_an_odd_end(void) {
  struct os *os = os_linux();
  struct os_file *file = opened("d", OS_OPEN_WRITE | OS_OPEN_CREATE | OS_OPEN_DIRECT);
  uint8_t *data = mem_alloc_aligned(BLOCK, 4 * BLOCK);
  rng_fill(test_rng(), data, 4 * BLOCK);
  uint32_t first = load32le(data), last = load32le(data + 3 * BLOCK);
  assert_ok(os_write_at(os, file, 0, data, 4 * BLOCK, test_err()));
  assert_ok(os_truncate(os, file, 3 * BLOCK + 4, test_err()));
  memset(data, 0, 4 * BLOCK);
  size_t got;
  assert_ok(os_read_at(os, file, 0, data, 4 * BLOCK, &got, test_err()));
  assert_int_equal(got, 3 * BLOCK + 4);
  assert_true(load32le(data) == first && load32le(data + 3 * BLOCK) == last);
  mem_free(data);
  close_file(file);
}

/* The kernel's own file systems know no O_DIRECT. */
static void direct_falls_back(void) {
  struct os_file *file;
  uint8_t *data = mem_alloc_aligned(BLOCK, BLOCK);
  size_t got;
  assert_ok(os_open(os_linux(), "/proc/self/status", OS_OPEN_DIRECT, &file, test_err()));
  assert_ok(os_read_at(os_linux(), file, 0, data, BLOCK, &got, test_err()));
  assert_true(got > 0);
  mem_free(data);
  close_file(file);
}

static void expect_message(status expected, status answer, const struct err *err, const char *part,
                           const char *hint) {
  assert_int_equal(answer, expected);
  assert_int_equal(err->code, expected);
  if (!strstr(err->message, part) || !strstr(err->hint, hint))
    fail_msg("%s (%s)", err->message, err->hint);
}

static void failures_name_the_path_and_the_reason(void) {
  struct os *os = os_linux();
  struct err err = {0};
  struct os_file *file = created("f");
  close_file(file);
  expect_message(LUMA_NOT_FOUND, os_open(os, path_to("absent/x"), OS_OPEN_READ, &file, &err), &err,
                 "absent/x`: no such file or directory", "");
  expect_message(LUMA_NOT_FOUND, os_open(os, path_to("f/x"), OS_OPEN_READ, &file, &err), &err,
                 "f/x`: not a directory", "a file, not a directory");
  expect_message(LUMA_IO_ERROR, os_open(os, test_dir(), OS_OPEN_READ, &file, &err), &err,
                 "is a directory", "");
  unsigned exclusive = OS_OPEN_WRITE | OS_OPEN_CREATE | OS_OPEN_EXCLUSIVE;
  expect_message(LUMA_ALREADY_EXISTS, os_open(os, path_to("f"), exclusive, &file, &err), &err,
                 "file exists", "");
  expect_message(LUMA_ALREADY_EXISTS, os_make_dir(os, test_dir(), &err), &err,
                 "cannot make the directory", "");
  expect_message(LUMA_NOT_FOUND, os_rename(os, path_to("absent"), path_to("g"), &err), &err,
                 "absent`: no such file", "");
  expect_message(LUMA_NOT_FOUND, os_remove(os, path_to("absent"), &err), &err, "cannot remove `",
                 "");
  expect_message(LUMA_IO_ERROR, os_remove_dir(os, test_dir(), &err), &err, "directory not empty",
                 "");
  expect_message(LUMA_NOT_FOUND, os_sync_dir(os, path_to("absent"), &err), &err, "cannot sync", "");
  uint64_t bytes;
  expect_message(LUMA_NOT_FOUND, os_free_bytes(os, path_to("absent"), &bytes, &err), &err,
                 "free room", "");
}

/* Runs `body` as a user without rights, who may not step into what root made private. */
static void as_nobody(void (*body)(void)) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(3);
    body();
    _exit(0);
  }
  int result;
  assert_int_equal(waitpid(child, &result, 0), child);
  assert_true(WIFEXITED(result) && WEXITSTATUS(result) == 0);
}

static void open_forbidden(void) {
  struct os_file *file;
  struct err err = {0};
  if (os_open(os_linux(), path_to("locked/f"), OS_OPEN_READ, &file, &err) != LUMA_IO_ERROR)
    _exit(1);
  if (!strstr(err.message, "permission denied") || !strstr(err.hint, "check the permissions"))
    _exit(2);
}

static void no_permission_is_told(void) {
  assert_int_equal(mkdir(path_to("locked"), 0), 0);
  as_nobody(open_forbidden);
  assert_int_equal(chmod(path_to("locked"), 0700), 0);
}

static void a_full_disk_is_an_ordinary_error(void) {
  struct os *os = os_linux();
  struct os_file *file = created("f");
  struct rlimit before, small;
  static uint8_t data[64 * 1024];
  process_errors_not_signals();
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  small = (struct rlimit){.rlim_cur = 100000, .rlim_max = before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  struct err err = {0};
  status first = os_write_at(os, file, 0, data, sizeof data, NULL);
  status second = os_write_at(os, file, sizeof data, data, sizeof data, &err);
  status allocated = os_allocate(os, file, 1 << 20, NULL);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_int_equal(first, LUMA_OK);
  expect_message(LUMA_DISK_FULL, second, &err, "cannot write `", "limit of file size");
  assert_int_equal(allocated, LUMA_DISK_FULL);
  uint64_t bytes;
  assert_ok(os_size(os, file, &bytes, test_err()));
  assert_int_equal(bytes, 100000);
  close_file(file);
}

static void a_device_without_room(void) {
  struct os_file *file;
  struct err err = {0};
  assert_ok(os_open(os_linux(), "/dev/full", OS_OPEN_WRITE, &file, test_err()));
  expect_message(LUMA_DISK_FULL, os_write_at(os_linux(), file, 0, "x", 1, &err), &err,
                 "cannot write `/dev/full`: no space left on device", "free some room");
  close_file(file);
}

static void readers_share_a_lock(void) {
  struct os *os = os_linux();
  struct os_file *writer = created("f");
  struct os_file *first = opened("f", OS_OPEN_READ), *second = opened("f", OS_OPEN_READ);
  assert_ok(os_lock(os, first, test_err()));
  assert_ok(os_lock(os, second, test_err()));
  assert_status(LUMA_LOCKED, os_lock(os, writer, test_err()));
  close_file(first);
  close_file(second);
  assert_ok(os_lock(os, writer, test_err()));
  close_file(writer);
}

static void a_lock_is_exclusive(void) {
  struct os *os = os_linux();
  struct os_file *first = created("f"), *second = opened("f", OS_OPEN_READ);
  assert_ok(os_lock(os, first, test_err()));
  assert_status(LUMA_LOCKED, os_lock(os, second, test_err()));
  close_file(first);
  assert_ok(os_lock(os, second, test_err()));
  close_file(second);
}

/* What was listed, as one text in no order. */
struct listing {
  size_t count, limit;
  char names[8][16];
};

static status collect(void *context, const char *name) {
  struct listing *listing = context;
  if (listing->count == listing->limit) return LUMA_CANCELLED;
  snprintf(listing->names[listing->count++], sizeof listing->names[0], "%s", name);
  return LUMA_OK;
}

static void directories_are_listed(void) {
  struct os *os = os_linux();
  assert_ok(os_make_dir(os, path_to("d"), test_err()));
  close_file(created("d/a"));
  close_file(created("d/b"));
  assert_ok(os_make_dir(os, path_to("d/c"), test_err()));
  assert_ok(os_rename(os, path_to("d/b"), path_to("d/a"), test_err()));
  assert_ok(os_sync_dir(os, path_to("d"), test_err()));
  struct listing listing = {.limit = 8};
  assert_ok(os_list_dir(os, path_to("d"), collect, &listing, test_err()));
  assert_int_equal(listing.count, 2);
  assert_int_equal(listing.names[0][0] + listing.names[1][0], 'a' + 'c');
  listing = (struct listing){.limit = 1};
  assert_status(LUMA_CANCELLED, os_list_dir(os, path_to("d"), collect, &listing, test_err()));
  struct os_stat stat;
  assert_ok(os_stat(os, path_to("d/c"), &stat, test_err()));
  assert_int_equal(stat.kind, OS_KIND_DIRECTORY);
  assert_ok(os_stat(os, path_to("d/a"), &stat, test_err()));
  assert_true(stat.kind == OS_KIND_FILE && stat.bytes == 0);
  assert_ok(os_stat(os, "/dev/null", &stat, test_err()));
  assert_int_equal(stat.kind, OS_KIND_OTHER);
  assert_ok(os_remove_dir(os, path_to("d/c"), test_err()));
  assert_ok(os_remove(os, path_to("d/a"), test_err()));
  assert_ok(os_remove_dir(os, path_to("d"), test_err()));
}

static void whole_files_are_read(void) {
  struct os *os = os_linux();
  static uint8_t data[200000];
  rng_fill(test_rng(), data, sizeof data);
  struct os_file *file = created("f");
  assert_ok(os_write_at(os, file, 0, data, sizeof data, test_err()));
  close_file(file);
  struct buf out;
  buf_init(&out, sizeof data + 3);
  buf_append_text(&out, "pre");
  assert_ok(os_read_file(os, path_to("f"), &out, test_err()));
  assert_int_equal(out.bytes, sizeof data + 3);
  assert_memory_equal(out.data + 3, data, sizeof data);
  buf_deinit(&out);
  buf_init(&out, sizeof data - 1);
  struct err err = {0};
  expect_message(LUMA_TOO_LARGE, os_read_file(os, path_to("f"), &out, &err), &err,
                 "f`: the file is larger than 199999", "");
  assert_int_equal(os_read_file(os, path_to("absent"), &out, &err), LUMA_NOT_FOUND);
  buf_deinit(&out);
}

/* A pipe has no positions, but it can be read from its beginning to its end. */
static void pipes_are_read_in_order(void) {
  struct os *os = os_linux();
  char path[PATH_BYTES];
  snprintf(path, sizeof path, "%s", path_to("pipe"));
  assert_int_equal(mkfifo(path, 0600), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    int writer = open(path, O_WRONLY);
    bool first = write(writer, "ab", 2) == 2;
    usleep(10000);
    _exit(first && write(writer, "cd", 2) == 2 ? 0 : 1);
  }
  struct os_file *file;
  char data[8];
  size_t got;
  assert_ok(os_open(os, path, OS_OPEN_READ, &file, test_err()));
  assert_ok(os_read_at(os, file, 0, data, 3, &got, test_err()));
  assert_int_equal(got, 3);
  assert_status(LUMA_IO_ERROR, os_read_at(os, file, 0, data, 3, &got, test_err()));
  assert_ok(os_read_at(os, file, 3, data, 3, &got, test_err()));
  assert_int_equal(got, 1);
  assert_int_equal(data[0], 'd');
  close_file(file);
  waitpid(child, NULL, 0);
}

static status read_own_file(void *context) {
  struct buf out;
  buf_init(&out, 1 << 20);
  status result = os_read_file(os_linux(), context, &out, NULL);
  buf_deinit(&out);
  return result;
}

static status allocate_own_file(void *context) {
  struct os_file *file;
  TRY(os_open(os_linux(), context, OS_OPEN_WRITE | OS_OPEN_CREATE, &file, NULL));
  status result = os_allocate(os_linux(), file, 10000, NULL);
  os_truncate(os_linux(), file, 0, NULL);
  os_close(os_linux(), file, NULL);
  return result;
}

static void memory_may_run_out(void) {
  char path[PATH_BYTES];
  snprintf(path, sizeof path, "%s", path_to("f"));
  struct os_file *file = created("f");
  write_text(file, 0, "some text");
  close_file(file);
  assert_true(fault_sweep_alloc(read_own_file, path) > 2);
  assert_true(fault_sweep_alloc(allocate_own_file, path) > 2);
}

static void time_and_randomness(void) {
  struct os *os = os_linux();
  uint64_t before_us = os_monotonic_us(os);
  os_sleep_us(os, 5000);
  assert_true(os_monotonic_us(os) - before_us >= 5000);
  assert_true(os_now_us(os) > UINT64_C(1700000000000000));
  uint8_t a[40] = {0}, b[40] = {0};
  os_random(os, a, sizeof a);
  os_random(os, b, sizeof b);
  assert_memory_not_equal(a, b, sizeof a);
  uint64_t bytes;
  assert_ok(os_free_bytes(os, test_dir(), &bytes, test_err()));
  assert_true(bytes > 0);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"files_are_written_and_read", files_are_written_and_read, 0},
      {"allocated_room_reads_as_zeroes", allocated_room_reads_as_zeroes, 0},
      {"direct_files_read_to_an_odd_end", direct_files_read_to_an_odd_end, 0},
      {"direct_falls_back", direct_falls_back, 0},
      {"failures_name_the_path_and_the_reason", failures_name_the_path_and_the_reason, 0},
      {"no_permission_is_told", no_permission_is_told, 0},
      {"a_full_disk_is_an_ordinary_error", a_full_disk_is_an_ordinary_error, 0},
      {"a_device_without_room", a_device_without_room, 0},
      {"a_lock_is_exclusive", a_lock_is_exclusive, 0},
      {"readers_share_a_lock", readers_share_a_lock, 0},
      {"directories_are_listed", directories_are_listed, 0},
      {"whole_files_are_read", whole_files_are_read, 0},
      {"pipes_are_read_in_order", pipes_are_read_in_order, 0},
      {"memory_may_run_out", memory_may_run_out, 0},
      {"time_and_randomness", time_and_randomness, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
