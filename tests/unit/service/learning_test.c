/* SPDX-License-Identifier: MIT */
/* What open collections learn is what reading them shows: after inserts, changes, deletions,
 * transactions taken back, evolutions, closing, crashes, and with writers at work. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/os/os.h"
#include "base/sync/sync.h"
#include "service/session/session.h"
#include "tests/lib/test.h"
#include "value/json/json.h"

enum { TEXT_BYTES = 4096, TOLD_BYTES = 1 << 20 };

struct place {
  struct db *db;
  struct session *session;
  char path[TEXT_BYTES];
};

static void open_place(struct place *place) {
  struct db_options options = {.sync_mode = STORE_SYNC_NEVER};
  (void)snprintf(place->path, sizeof place->path, "%s/db", test_dir());
  assert_ok(db_open(place->path, &options, &place->db, test_err()));
  assert_ok(session_open(place->db, &place->session, test_err()));
}

static void close_place(struct place *place) {
  session_close(place->session);
  db_close(place->db);
}

/* Appends the documents of a statement as JSON, one a line. */
static status tell(struct session *session, const char *text, struct buf *out, struct err *err) {
  struct session_cursor *cursor = NULL;
  struct session_request request = {.source = {.text = slice_of_text(text)}};
  struct json_write_options options = {0};
  struct val document;
  bool has = true;
  status result = session_run(session, &request, NULL, &cursor, err);
  while (result == LUMA_OK && has) {
    result = session_next(cursor, &document, &has, err);
    if (result != LUMA_OK || !has || !out) continue;
    json_write(out, &document, &options);
    buf_append_byte(out, '\n');
  }
  session_cursor_close(cursor);
  return result;
}

static void run(struct place *place, const char *text) {
  assert_ok(tell(place->session, text, NULL, test_err()));
}

/* One line's part that is counted, without ranges and distinct values, which remember. */
static void cut_line(struct slice line, struct buf *out) {
  const char *end = strstr((const char *)line.data, ",\"distinct\"");
  assert_non_null(end);
  buf_append(out, line.data, (size_t)(end - (const char *)line.data));
  buf_append_byte(out, '\n');
}

static int compare_lines(const void *a, const void *b) {
  return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

/* The lines in order, cut. */
static void settle(struct buf *told, struct buf *out) {
  struct slice lines[64];
  size_t count = 0, from = 0;
  for (size_t i = 0; i < told->bytes; i++) {
    if (told->data[i] != '\n') continue;
    assert_true(count < sizeof lines / sizeof lines[0]);
    lines[count++] = slice_of(told->data + from, i - from);
    from = i + 1;
  }
  qsort(lines, count, sizeof lines[0], compare_lines);
  for (size_t i = 0; i < count; i++) cut_line(lines[i], out);
}

static void describe(struct place *place, struct buf *out) {
  struct buf told;
  buf_init(&told, TOLD_BYTES);
  assert_ok(tell(place->session, "DESCRIBE t", &told, test_err()));
  settle(&told, out);
  buf_append_byte(out, 0);
  buf_deinit(&told);
}

/* A transaction that has written reads the collection when it is asked. */
static void expect_learned(struct place *place) {
  struct buf kept, read;
  buf_init(&kept, TOLD_BYTES);
  buf_init(&read, TOLD_BYTES);
  describe(place, &kept);
  run(place, "BEGIN");
  run(place, "INSERT INTO t {id: -1}");
  run(place, "DELETE FROM t WHERE id = -1");
  describe(place, &read);
  run(place, "ROLLBACK");
  assert_string_equal((const char *)kept.data, (const char *)read.data);
  buf_deinit(&kept);
  buf_deinit(&read);
}

static void change_something(struct session *session, uint32_t choice, uint32_t key) {
  static const char *const forms[][2] = {{"INSERT INTO t {a: 1, b: 'x', id: ", "}"},
                                         {"INSERT INTO t {a: 2.5, c: [1, 2], d: {e: 1}, id: ", "}"},
                                         {"INSERT INTO t {a: 'text', b: null, id: ", "}"},
                                         {"UPDATE t SET a = 7, f = true WHERE id = ", ""},
                                         {"UPDATE t UNSET b WHERE id = ", ""},
                                         {"DELETE FROM t WHERE id = ", ""}};
  char text[TEXT_BYTES];
  (void)snprintf(text, sizeof text, "%s%u%s", forms[choice % 6][0], key, forms[choice % 6][1]);
  struct err err = {0};
  status result = tell(session, text, NULL, &err);
  assert_true(result == LUMA_OK || result == LUMA_DUPLICATE_KEY || result == LUMA_CONFLICT);
}

static uint32_t below(uint32_t limit) {
  return (uint32_t)rng_below(test_rng(), limit);
}

static void change_much(struct place *place, int changes) {
  for (int i = 0; i < changes; i++) {
    bool in_transaction = below(4) == 0;
    if (in_transaction) run(place, "BEGIN");
    change_something(place->session, below(6), below(50));
    if (in_transaction) change_something(place->session, 3 + below(3), below(50));
    if (in_transaction) run(place, below(2) ? "COMMIT" : "ROLLBACK");
  }
}

static void what_is_kept_is_what_is_there(void) {
  struct place place;
  open_place(&place);
  run(&place, "CREATE COLLECTION t");
  for (size_t round = 0; round < test_rounds(8); round++) {
    change_much(&place, 60);
    expect_learned(&place);
    if (round % 2) continue;
    close_place(&place);
    open_place(&place);
    expect_learned(&place);
  }
  run(&place, "EVOLVE SOUL t MERGE '{\"attributes\": {\"z\": \"int\"}, \"open\": true}'");
  run(&place, "DROP TABLE t");
  run(&place, "CREATE COLLECTION t");
  change_much(&place, 20);
  expect_learned(&place);
  close_place(&place);
}

/* A process that ends without closing. */
static void crash_after_changes(void) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    struct place place;
    open_place(&place);
    change_much(&place, 60);
    _exit(store_sync(model_store(place.db->model), NULL) == LUMA_OK ? 0 : 1);
  }
  int ended;
  assert_int_equal(waitpid(child, &ended, 0), child);
  assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
}

static void a_crash_is_noticed(void) {
  struct place place;
  open_place(&place);
  run(&place, "CREATE COLLECTION t");
  change_much(&place, 60);
  close_place(&place);
  for (int round = 0; round < 3; round++) {
    crash_after_changes();
    open_place(&place);
    if (round % 2) change_much(&place, 5);
    expect_learned(&place);
    close_place(&place);
  }
}

/* More than a transaction remembers. */
static void a_large_transaction_is_read(void) {
  struct place place;
  open_place(&place);
  run(&place, "CREATE COLLECTION t");
  run(&place, "INSERT INTO t {id: 1, a: 1}");
  run(&place, "BEGIN");
  for (int i = 0; i < 18; i++) {
    char text[TEXT_BYTES];
    (void)snprintf(text, sizeof text, "INSERT INTO t {id: %d, big: repeat('x', 1000000)}", 2 + i);
    run(&place, text);
  }
  run(&place, "COMMIT");
  expect_learned(&place);
  close_place(&place);
}

enum { WRITERS = 3, WRITES = 300 };

struct writer {
  struct thread thread;
  struct session *session;
  uint32_t number;
};

static void write_much(void *argument) {
  const struct writer *writer = argument;
  for (uint32_t i = 0; i < WRITES; i++)
    change_something(writer->session, i * 7 + i / 6 + writer->number,
                     (i * 31 + writer->number * 17) % 60);
}

static void reading_anew_beside_writers_misses_nothing(void) {
  struct place place;
  struct writer writers[WRITERS];
  open_place(&place);
  run(&place, "CREATE COLLECTION t");
  close_place(&place);
  crash_after_changes();
  open_place(&place);
  for (uint32_t i = 0; i < WRITERS; i++) {
    assert_ok(session_open(place.db, &writers[i].session, test_err()));
    writers[i].number = i;
    assert_ok(thread_start(&writers[i].thread, "writer", write_much, &writers[i], test_err()));
  }
  for (int i = 0; i < 5; i++) {
    struct buf told;
    buf_init(&told, TOLD_BYTES);
    describe(&place, &told);
    buf_deinit(&told);
    /* One that is too large to remember makes it be read anew. */
    run(&place, "INSERT INTO t {a: repeat('x', 9000000), b: repeat('y', 9000000)}");
  }
  for (uint32_t i = 0; i < WRITERS; i++) thread_join(&writers[i].thread);
  for (uint32_t i = 0; i < WRITERS; i++) session_close(writers[i].session);
  expect_learned(&place);
  close_place(&place);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"what_is_kept_is_what_is_there", what_is_kept_is_what_is_there, 120},
      {"a_crash_is_noticed", a_crash_is_noticed, 120},
      {"a_large_transaction_is_read", a_large_transaction_is_read, 120},
      {"reading_anew_beside_writers_misses_nothing", reading_anew_beside_writers_misses_nothing,
       120},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
