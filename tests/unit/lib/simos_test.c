/* SPDX-License-Identifier: MIT */
/* The simulated disk: it behaves as a file system while the power is on, keeps what was synced
 * through every crash, and does lose, tear and reorder what was not. */
#include "tests/lib/simos.h"

#include <string.h>

#include "tests/lib/test.h"

enum { SECTOR = 512, PAGE = 4096 };

/* Short words for what the cases do all the time; the simulated system of the case. */

static struct simos *sim;
static struct os *os;

static void begin(void) {
  sim = simos_create(test_seed());
  os = simos_os(sim);
}

static struct os_file *open_file(const char *path, unsigned flags) {
  struct os_file *file = NULL;
  assert_ok(os_open(os, path, flags, &file, test_err()));
  return file;
}

static struct os_file *create(const char *path) {
  return open_file(path, OS_OPEN_WRITE | OS_OPEN_CREATE);
}

static void close_file(struct os_file *file) {
  assert_ok(os_close(os, file, test_err()));
}

static void write_text(struct os_file *file, uint64_t offset, const char *text) {
  assert_ok(os_write_at(os, file, offset, text, strlen(text), test_err()));
}

static void sync_file(struct os_file *file) {
  assert_ok(os_sync(os, file, test_err()));
}

static void sync_root(void) {
  assert_ok(os_sync_dir(os, "/", test_err()));
}

static void crash_and_reboot(void) {
  simos_crash(sim);
  simos_reboot(sim);
}

static bool is_there(const char *path) {
  struct os_stat stat;
  return os_stat(os, path, &stat, NULL) == LUMA_OK;
}

/** What a file holds, at most 15 bytes of it. */
static const char *contents(const char *path) {
  static char text[16];
  size_t got = 0;
  struct os_file *file = open_file(path, OS_OPEN_READ);
  assert_ok(os_read_at(os, file, 0, text, sizeof text - 1, &got, test_err()));
  text[got] = '\0';
  close_file(file);
  return text;
}

/** A durable file that holds `text`. */
static void put_durable(const char *path, const char *text) {
  struct os_file *file = create(path);
  write_text(file, 0, text);
  sync_file(file);
  close_file(file);
  sync_root();
}

static void files_read_back_what_was_written(void) {
  begin();
  enum { BYTES = 5 * PAGE };
  static uint8_t model[BYTES], read[BYTES];
  struct os_file *file = create("/data");
  size_t size = 0, got = 0;
  for (size_t round = test_rounds(2000); round > 0; round--) {
    size_t at = (size_t)rng_below(test_rng(), BYTES);
    size_t bytes = (size_t)rng_below(test_rng(), BYTES - at + 1);
    switch (rng_below(test_rng(), 4)) {
    case 0: /* change the size */
      assert_ok(os_truncate(os, file, at, test_err()));
      if (at < size) memset(model + at, 0, size - at);
      size = at;
      break;
    case 1: sync_file(file); break;
    default:
      rng_fill(test_rng(), model + at, bytes);
      assert_ok(os_write_at(os, file, at, model + at, bytes, test_err()));
      size = bytes > 0 && at + bytes > size ? at + bytes : size;
    }
    assert_ok(os_read_at(os, file, 0, read, sizeof read, &got, test_err()));
    assert_int_equal(size, got);
    assert_memory_equal(model, read, size);
  }
  close_file(file);
  simos_destroy(sim);
}

static status count_name(void *context, const char *name) {
  (void)name;
  *(int *)context += 1;
  return LUMA_OK;
}

static void names_follow_the_rules(void) {
  begin();
  struct os_file *file = NULL;
  struct os_stat stat;
  int names = 0;
  assert_status(LUMA_NOT_FOUND, os_open(os, "/no", OS_OPEN_READ, &file, test_err()));
  assert_status(LUMA_NOT_FOUND,
                os_open(os, "/no/x", OS_OPEN_WRITE | OS_OPEN_CREATE, &file, test_err()));
  assert_ok(os_make_dir(os, "/db", test_err()));
  assert_status(LUMA_ALREADY_EXISTS, os_make_dir(os, "db/", test_err()));
  close_file(create("/db/a"));
  assert_status(
      LUMA_ALREADY_EXISTS,
      os_open(os, "/db/a", OS_OPEN_WRITE | OS_OPEN_CREATE | OS_OPEN_EXCLUSIVE, &file, test_err()));
  assert_status(LUMA_IO_ERROR, os_remove_dir(os, "/db", test_err()));
  assert_ok(os_rename(os, "/db/a", "/db/./b", test_err()));
  close_file(create("/db/c"));
  assert_ok(os_rename(os, "/db/b", "/db/c", test_err()));
  assert_ok(os_list_dir(os, "/db", count_name, &names, test_err()));
  assert_int_equal(1, names);
  assert_ok(os_stat(os, "/db", &stat, test_err()));
  assert_int_equal(OS_KIND_DIRECTORY, stat.kind);
  assert_ok(os_remove(os, "/db/c", test_err()));
  assert_ok(os_remove_dir(os, "/db", test_err()));
  assert_false(is_there("/db"));
  simos_destroy(sim);
}

static void an_open_file_outlives_its_name(void) {
  begin();
  struct os_file *file = create("/a"), *other = create("/b");
  write_text(file, 0, "still");
  assert_ok(os_rename(os, "/b", "/a", test_err()));
  char text[6] = {0};
  size_t got = 0;
  assert_ok(os_read_at(os, file, 0, text, 5, &got, test_err()));
  assert_string_equal("still", text);
  close_file(file);
  close_file(other);
  simos_destroy(sim);
}

static void rights_and_alignment_are_checked(void) {
  begin();
  struct os_file *file = create("/a");
  write_text(file, 0, "abc");
  close_file(file);
  file = open_file("/a", OS_OPEN_READ);
  assert_status(LUMA_IO_ERROR, os_write_at(os, file, 0, "x", 1, test_err()));
  close_file(file);
  file = open_file("/a", OS_OPEN_WRITE | OS_OPEN_DIRECT);
  assert_status(LUMA_IO_ERROR, os_write_at(os, file, 1, "x", 1, test_err()));
  close_file(file);
  simos_destroy(sim);
}

static void a_lock_has_one_holder(void) {
  begin();
  struct os_file *first = create("/lock"), *second = create("/lock");
  assert_ok(os_lock(os, first, test_err()));
  assert_status(LUMA_LOCKED, os_lock(os, second, test_err()));
  close_file(first);
  assert_ok(os_lock(os, second, test_err()));
  simos_kill(sim);
  simos_reboot(sim);
  first = create("/lock");
  assert_ok(os_lock(os, first, test_err()));
  close_file(first);
  assert_status(LUMA_IO_ERROR, os_close(os, second, test_err()));
  simos_destroy(sim);
}

static void what_is_synced_survives(void) {
  begin();
  put_durable("/kept", "durable");
  for (int i = 0; i < 50; i++) {
    struct os_file *file = open_file("/kept", OS_OPEN_WRITE);
    write_text(file, 0, "changed");
    crash_and_reboot();
    assert_status(LUMA_IO_ERROR, os_write_at(os, file, 0, "x", 1, test_err()));
    assert_status(LUMA_IO_ERROR, os_close(os, file, test_err()));
    assert_true(strcmp(contents("/kept"), "durable") == 0 ||
                strcmp(contents("/kept"), "changed") == 0);
    put_durable("/kept", "durable");
    crash_and_reboot();
    assert_string_equal("durable", contents("/kept"));
  }
  simos_destroy(sim);
}

static void a_kill_keeps_the_page_cache(void) {
  begin();
  struct os_file *file = create("/a");
  write_text(file, 0, "cached");
  simos_kill(sim);
  assert_true(simos_is_off(sim));
  assert_status(LUMA_IO_ERROR, os_make_dir(os, "/b", test_err()));
  assert_status(LUMA_IO_ERROR, os_close(os, file, test_err()));
  simos_reboot(sim);
  assert_string_equal("cached", contents("/a"));
  simos_destroy(sim);
}

/** A set of outcomes seen; the disk must be able to show all that POSIX allows. */
enum { OLD = 1, BETWEEN = 2, NEW = 4, TORN = 8 };

/** One sector written twice after a sync, the next one once; what a crash leaves of them. */
static unsigned crash_of_two_sectors(void) {
  static uint8_t page[2 * SECTOR];
  struct os_file *file = create("/a");
  for (uint8_t version = 'a'; version <= 'c'; version++) {
    memset(page, version, sizeof page);
    size_t bytes = version == 'b' ? SECTOR : 2 * SECTOR;
    assert_ok(os_write_at(os, file, 0, page, bytes, test_err()));
    if (version == 'a') sync_file(file);
  }
  sync_root();
  simos_crash(sim);
  assert_status(LUMA_IO_ERROR, os_close(os, file, test_err()));
  simos_reboot(sim);
  size_t got = 0;
  file = open_file("/a", OS_OPEN_READ);
  assert_ok(os_read_at(os, file, 0, page, sizeof page, &got, test_err()));
  assert_int_equal(sizeof page, got);
  close_file(file);
  for (size_t i = 0; i < got; i++) assert_int_equal(page[i / SECTOR * SECTOR], page[i]);
  unsigned seen = page[0] == 'a' ? OLD : page[0] == 'b' ? BETWEEN : NEW;
  return seen | (page[0] != page[SECTOR] ? TORN : 0);
}

static void unsynced_sectors_are_kept_lost_and_torn(void) {
  begin();
  unsigned seen = 0;
  for (int i = 0; i < 400; i++) seen |= crash_of_two_sectors();
  assert_int_equal(OLD | BETWEEN | NEW | TORN, seen);
  simos_destroy(sim);
}

static void an_unsynced_size_may_be_lost(void) {
  begin();
  unsigned seen = 0;
  for (int i = 0; i < 200; i++) {
    put_durable("/a", "12");
    struct os_file *file = open_file("/a", OS_OPEN_WRITE);
    write_text(file, 2, "34");
    write_text(file, 4, "56");
    simos_crash(sim);
    assert_status(LUMA_IO_ERROR, os_close(os, file, test_err()));
    simos_reboot(sim);
    size_t bytes = strlen(contents("/a"));
    struct os_stat stat;
    assert_ok(os_stat(os, "/a", &stat, test_err()));
    seen |= stat.bytes == 2 ? OLD : stat.bytes == 4 ? BETWEEN : NEW;
    assert_true(bytes >= 2 && strncmp(contents("/a"), "12", 2) == 0);
    assert_ok(os_remove(os, "/a", test_err()));
  }
  assert_int_equal(OLD | BETWEEN | NEW, seen);
  simos_destroy(sim);
}

static void what_truncation_cut_stays_cut(void) {
  begin();
  put_durable("/a", "0123456789");
  struct os_file *file = open_file("/a", OS_OPEN_WRITE);
  assert_ok(os_truncate(os, file, 4, test_err()));
  sync_file(file);
  assert_ok(os_allocate(os, file, 10, test_err()));
  sync_file(file);
  close_file(file);
  crash_and_reboot();
  char text[11];
  size_t got = 0;
  file = open_file("/a", OS_OPEN_READ);
  assert_ok(os_read_at(os, file, 0, text, sizeof text, &got, test_err()));
  assert_int_equal(10, got);
  assert_memory_equal("0123\0\0\0\0\0\0", text, 10);
  close_file(file);
  simos_destroy(sim);
}

static void entries_not_synced_may_be_lost_alone(void) {
  begin();
  unsigned seen = 0;
  for (int i = 0; i < 200; i++) {
    close_file(create("/a"));
    close_file(create("/b"));
    crash_and_reboot();
    seen |= 1u << (is_there("/a") + 2 * is_there("/b"));
    simos_wipe(sim);
  }
  assert_int_equal(15, seen);
  simos_destroy(sim);
}

static void a_rename_is_whole(void) {
  begin();
  unsigned seen = 0;
  for (int i = 0; i < 200; i++) {
    put_durable("/current", "old");
    put_durable("/next", "new");
    assert_ok(os_rename(os, "/next", "/current", test_err()));
    crash_and_reboot();
    bool renamed = strcmp(contents("/current"), "new") == 0;
    assert_int_equal(!renamed, is_there("/next"));
    seen |= renamed ? NEW : OLD;
    assert_ok(os_rename(os, "/current", "/next", test_err()));
    sync_root();
    crash_and_reboot();
    assert_false(is_there("/current"));
    simos_wipe(sim);
  }
  assert_int_equal(OLD | NEW, seen);
  simos_destroy(sim);
}

static void a_file_in_a_lost_directory_is_lost(void) {
  begin();
  for (int i = 0; i < 100; i++) {
    assert_ok(os_make_dir(os, "/db", test_err()));
    struct os_file *file = create("/db/a");
    write_text(file, 0, "x");
    sync_file(file);
    assert_ok(os_sync_dir(os, "/db", test_err()));
    close_file(file);
    crash_and_reboot();
    if (is_there("/db")) assert_string_equal("x", contents("/db/a"));
    simos_wipe(sim);
  }
  simos_destroy(sim);
}

static void a_countdown_stops_the_machine(void) {
  begin();
  struct os_file *file = create("/a");
  simos_crash_at(sim, 3);
  write_text(file, 0, "1");
  sync_file(file);
  assert_false(simos_is_off(sim));
  assert_status(LUMA_IO_ERROR, os_write_at(os, file, 0, "2", 1, test_err()));
  assert_true(simos_is_off(sim));
  assert_status(LUMA_IO_ERROR, os_sync(os, file, test_err()));
  assert_status(LUMA_IO_ERROR, os_close(os, file, test_err()));
  simos_reboot(sim);
  simos_destroy(sim);
}

static void a_failed_sync_loses_for_ever(void) {
  begin();
  bool lost = false, kept = false;
  for (int i = 0; i < 100; i++) {
    put_durable("/a", "old");
    struct os_file *file = open_file("/a", OS_OPEN_WRITE);
    write_text(file, 0, "new");
    simos_fail_at(sim, 1, LUMA_IO_ERROR);
    assert_status(LUMA_IO_ERROR, os_sync(os, file, test_err()));
    sync_file(file);
    close_file(file);
    assert_string_equal("new", contents("/a"));
    crash_and_reboot();
    *(strcmp(contents("/a"), "old") == 0 ? &lost : &kept) = true;
  }
  assert_true(lost && kept);
  simos_destroy(sim);
}

/* Two pages written before the file is open synced, and one of them again after. */
static void a_synced_write_is_durable_alone(void) {
  begin();
  bool lost = false, kept = false;
  for (int i = 0; i < 100; i++) {
    static uint8_t pages[8192], found[8192];
    memset(pages, 'a', sizeof pages);
    struct os_file *file = create("/a");
    assert_ok(os_write_at(os, file, 0, pages, sizeof pages, test_err()));
    sync_file(file);
    sync_root();
    memset(pages, 'b', sizeof pages);
    assert_ok(os_write_at(os, file, 0, pages, 4096, test_err()));
    struct os_file *synced = open_file("/a", OS_OPEN_WRITE | OS_OPEN_SYNCED);
    assert_ok(os_write_at(os, synced, 4096, pages, 4096, test_err()));
    close_file(synced);
    close_file(file);
    crash_and_reboot();
    size_t got;
    file = open_file("/a", OS_OPEN_READ);
    assert_ok(os_read_at(os, file, 0, found, sizeof found, &got, test_err()));
    close_file(file);
    assert_memory_equal(pages, found + 4096, 4096);
    *(found[0] == 'a' ? &lost : &kept) = true;
  }
  assert_true(lost && kept);
  simos_destroy(sim);
}

static void a_synced_write_that_crashes_or_fails_may_be_torn(void) {
  begin();
  unsigned seen = 0;
  for (int i = 0; i < 400; i++) {
    static uint8_t pages[8192];
    size_t got;
    memset(pages, 'a', sizeof pages);
    struct os_file *file = create("/a");
    assert_ok(os_write_at(os, file, 0, pages, sizeof pages, test_err()));
    sync_file(file);
    sync_root();
    close_file(file);
    memset(pages, 'b', sizeof pages);
    file = open_file("/a", OS_OPEN_WRITE | OS_OPEN_SYNCED);
    if (i % 2)
      simos_crash_at(sim, 1);
    else
      simos_fail_at(sim, 1, LUMA_IO_ERROR);
    assert_status(LUMA_IO_ERROR, os_write_at(os, file, 0, pages, sizeof pages, test_err()));
    if (i % 2 == 0) simos_crash(sim);
    assert_status(LUMA_IO_ERROR, os_close(os, file, test_err()));
    simos_reboot(sim);
    file = open_file("/a", OS_OPEN_READ);
    assert_ok(os_read_at(os, file, 0, pages, sizeof pages, &got, test_err()));
    close_file(file);
    bool old = memchr(pages, 'a', got), new = memchr(pages, 'b', got);
    seen |= old && new ? TORN : old ? OLD : NEW;
  }
  assert_int_equal(OLD | NEW | TORN, seen);
  simos_destroy(sim);
}

static void a_failed_write_leaves_a_part(void) {
  begin();
  unsigned lengths = 0;
  for (int i = 0; i < 200; i++) {
    struct os_file *file = create("/a");
    assert_ok(os_truncate(os, file, 0, test_err()));
    simos_fail_at(sim, 1, LUMA_DISK_FULL);
    assert_status(LUMA_DISK_FULL, os_write_at(os, file, 0, "abc", 3, test_err()));
    close_file(file);
    lengths |= 1u << strlen(contents("/a"));
  }
  assert_int_equal(15, lengths);
  simos_destroy(sim);
}

static void a_full_disk_says_so(void) {
  begin();
  static const uint8_t page[PAGE];
  uint64_t free_bytes = 0;
  simos_set_capacity(sim, 4 * PAGE);
  struct os_file *file = create("/a"), *other = create("/b");
  assert_ok(os_write_at(os, file, 0, page, PAGE, test_err()));
  assert_ok(os_allocate(os, file, 3 * PAGE, test_err()));
  assert_ok(os_free_bytes(os, "/", &free_bytes, test_err()));
  assert_int_equal(PAGE, free_bytes);
  assert_status(LUMA_DISK_FULL, os_allocate(os, other, 2 * PAGE, test_err()));
  assert_status(LUMA_DISK_FULL, os_write_at(os, other, PAGE / 2, page, PAGE, test_err()));
  assert_ok(os_write_at(os, file, 2 * PAGE, page, PAGE, test_err()));
  close_file(file);
  assert_ok(os_remove(os, "/a", test_err()));
  assert_ok(os_free_bytes(os, "/", &free_bytes, test_err()));
  assert_int_equal(3 * PAGE, free_bytes);
  assert_ok(os_allocate(os, other, 2 * PAGE, test_err()));
  close_file(other);
  simos_destroy(sim);
}

static void bits_rot(void) {
  begin();
  put_durable("/a", "a");
  assert_int_equal(LUMA_OK, simos_flip_bit(sim, "/a", 1));
  assert_string_equal("c", contents("/a"));
  crash_and_reboot();
  assert_string_equal("c", contents("/a"));
  assert_int_equal(LUMA_INVALID_ARGUMENT, simos_flip_bit(sim, "/a", 8));
  assert_int_equal(LUMA_NOT_FOUND, simos_flip_bit(sim, "/b", 0));
  simos_destroy(sim);
}

static void time_is_the_test_s(void) {
  begin();
  uint64_t before = os_monotonic_us(os), now = os_now_us(os);
  os_sleep_us(os, 5000000);
  assert_true(os_monotonic_us(os) >= before + 5000000 && os_monotonic_us(os) < before + 6000000);
  assert_true(os_now_us(os) >= now + 5000000);
  simos_set_now_us(sim, 1000);
  assert_true(os_now_us(os) < 2000);
  simos_let_clock_jump(sim, 2);
  bool went_back = false;
  for (uint64_t i = 0, last = 0; i < 100; i++) {
    uint64_t read = os_now_us(os);
    went_back |= read < last;
    last = read;
  }
  assert_true(went_back);
  simos_destroy(sim);
}

/** Random calls from one seed; answers a sum over all that was read. */
static uint64_t story(uint64_t seed) {
  struct simos *world = simos_create(seed);
  struct os *world_os = simos_os(world);
  struct rng rng;
  rng_init(&rng, seed);
  uint64_t sum = 0;
  for (int i = 0; i < 300; i++) {
    char path[8] = {'/', (char)('a' + rng_below(&rng, 4)), 0}, data[700] = {0};
    struct os_file *file = NULL;
    size_t got = 0;
    if (os_open(world_os, path, OS_OPEN_WRITE | OS_OPEN_CREATE, &file, NULL) == LUMA_OK) {
      rng_fill(&rng, data, sizeof data);
      os_write_at(world_os, file, rng_below(&rng, 2000), data, sizeof data, NULL);
      if (rng_below(&rng, 3) == 0) os_sync(world_os, file, NULL);
      os_close(world_os, file, NULL);
    }
    if (rng_below(&rng, 4) == 0) os_sync_dir(world_os, "/", NULL);
    if (rng_below(&rng, 8) == 0) {
      simos_crash(world);
      simos_reboot(world);
    }
    if (os_open(world_os, path, OS_OPEN_READ, &file, NULL) == LUMA_OK) {
      os_read_at(world_os, file, 0, data, sizeof data, &got, NULL);
      for (size_t j = 0; j < got; j++) sum = sum * 31 + (uint8_t)data[j];
      os_close(world_os, file, NULL);
    }
    sum = sum * 31 + os_now_us(world_os);
  }
  simos_destroy(world);
  return sum;
}

static void one_seed_gives_one_story(void) {
  uint64_t seed = test_seed();
  assert_true(story(seed) == story(seed));
  assert_true(story(seed) != story(seed + 1));
}

/** Enough cycles that a slow disk would hit the time limit of the case. */
static void crash_cycles_are_cheap(void) {
  begin();
  for (size_t i = test_rounds(20000); i > 0; i--) {
    struct os_file *file = create("/a");
    write_text(file, rng_below(test_rng(), 2000), "hello");
    sync_file(file);
    write_text(file, rng_below(test_rng(), 2000), "world");
    simos_crash(sim);
    os_close(os, file, NULL);
    simos_reboot(sim);
  }
  simos_destroy(sim);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"files_read_back_what_was_written", files_read_back_what_was_written, 0},
      {"names_follow_the_rules", names_follow_the_rules, 0},
      {"an_open_file_outlives_its_name", an_open_file_outlives_its_name, 0},
      {"rights_and_alignment_are_checked", rights_and_alignment_are_checked, 0},
      {"a_lock_has_one_holder", a_lock_has_one_holder, 0},
      {"what_is_synced_survives", what_is_synced_survives, 0},
      {"a_kill_keeps_the_page_cache", a_kill_keeps_the_page_cache, 0},
      {"unsynced_sectors_are_kept_lost_and_torn", unsynced_sectors_are_kept_lost_and_torn, 0},
      {"an_unsynced_size_may_be_lost", an_unsynced_size_may_be_lost, 0},
      {"what_truncation_cut_stays_cut", what_truncation_cut_stays_cut, 0},
      {"entries_not_synced_may_be_lost_alone", entries_not_synced_may_be_lost_alone, 0},
      {"a_rename_is_whole", a_rename_is_whole, 0},
      {"a_file_in_a_lost_directory_is_lost", a_file_in_a_lost_directory_is_lost, 0},
      {"a_countdown_stops_the_machine", a_countdown_stops_the_machine, 0},
      {"a_failed_sync_loses_for_ever", a_failed_sync_loses_for_ever, 0},
      {"a_synced_write_is_durable_alone", a_synced_write_is_durable_alone, 0},
      {"a_synced_write_that_crashes_or_fails_may_be_torn",
       a_synced_write_that_crashes_or_fails_may_be_torn, 0},
      {"a_failed_write_leaves_a_part", a_failed_write_leaves_a_part, 0},
      {"a_full_disk_says_so", a_full_disk_says_so, 0},
      {"bits_rot", bits_rot, 0},
      {"time_is_the_test_s", time_is_the_test_s, 0},
      {"one_seed_gives_one_story", one_seed_gives_one_story, 0},
      {"crash_cycles_are_cheap", crash_cycles_are_cheap, 10},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
