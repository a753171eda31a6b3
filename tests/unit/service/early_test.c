/* SPDX-License-Identifier: MIT */
/* Rows that are given up as they are stored, without being read: those that a condition does not
 * keep, and those too late for the first rows of an order. Answers are what they are where every
 * row is read. */
#include <stdio.h>

#include "base/mem/mem.h"
#include "service/session/session.h"
#include "tests/lib/test.h"
#include "value/json/json.h"

enum {
  DOCUMENTS = 1200,
  /* more than JQL reads in the order of insertion */ LINES_BYTES_MAX = 1 << 20
};

struct fixture {
  struct db *db;
  struct session *session;
  struct buf lines;
};

/* The rows as lines of JSON. */
static void ask(struct fixture *fixture, const char *text) {
  struct session_request request = {.source = {.text = slice_of_text(text)}};
  struct json_write_options json = {.form = JSON_TAGGED};
  struct session_cursor *cursor = NULL;
  bool has = true;
  buf_reset(&fixture->lines);
  assert_ok(session_run(fixture->session, &request, NULL, &cursor, test_err()));
  while (has) {
    struct val row;
    assert_ok(session_next(cursor, &row, &has, test_err()));
    if (!has) break;
    json_write(&fixture->lines, &row, &json);
    buf_append_byte(&fixture->lines, '\n');
  }
  session_cursor_close(cursor);
  assert_ok(buf_check(&fixture->lines, "lines", test_err()));
}

static void put_value(struct buf *out) {
  static const char *const some[] = {
      "null", "true", "[]",    "[3,\"b\"]",   "{\"x\":1}",        "[5]", "\"\"", "\"b\"", "\"bb\"",
      "2.5",  "-0.0", "1e300", "\"\\u00e9\"", "9007199254740993", "{}"};
  uint64_t kind = rng_below(test_rng(), 40);
  if (kind < sizeof some / sizeof some[0])
    buf_append_text(out, some[kind]);
  else if (kind < 30)
    buf_append_format(out, "%d", (int)rng_below(test_rng(), 50) - 25);
  else
    buf_append_format(out, "%d.5", (int)rng_below(test_rng(), 50) - 25);
}

/* `homogeneous`: integers alone, so that all but few rows are given up. */
static void fill(struct fixture *fixture, const char *name, bool homogeneous) {
  struct buf text;
  buf_init(&text, 1 << 20);
  buf_append_format(&text, "{\"insert\":\"%s\",\"documents\":[", name);
  for (int i = 0; i < DOCUMENTS; i++) {
    buf_append_format(&text, "%s{\"_id\":%d,\"n\":%d", i ? "," : "", i,
                      (int)rng_below(test_rng(), 9));
    if (homogeneous) buf_append_format(&text, ",\"v\":%d", (int)rng_below(test_rng(), 300));
    if (!homogeneous && rng_below(test_rng(), 20)) {
      buf_append_text(&text, ",\"v\":");
      put_value(&text);
    }
    buf_append_text(&text, ",\"m\":{\"w\":");
    put_value(&text);
    buf_append_text(&text, "}}");
  }
  buf_append_text(&text, "]}");
  buf_append_byte(&text, 0);
  assert_ok(buf_check(&text, "documents", test_err()));
  ask(fixture, (const char *)text.data);
  buf_deinit(&text);
}

/* The first `limit` lines of what is asked without a limit. */
static void check_top(struct fixture *fixture, const char *whole, const char *top, int limit) {
  ask(fixture, whole);
  size_t bytes = 0;
  for (int lines = 0; bytes < fixture->lines.bytes && lines < limit; bytes++)
    lines += fixture->lines.data[bytes] == '\n';
  uint8_t *expected = mem_copy(fixture->lines.data, bytes);
  assert_non_null(expected);
  ask(fixture, top);
  assert_int_equal(fixture->lines.bytes, bytes);
  if (memcmp(fixture->lines.data, expected, bytes) != 0)
    fail_msg("%s: %.*s, not %.*s", top, (int)bytes, (const char *)fixture->lines.data, (int)bytes,
             (const char *)expected);
  mem_free(expected);
}

static void check_orders(struct fixture *fixture, const char *collection) {
  static const char *const lql[] = {
      "v",    "v DESC",         "v NULLS FIRST", "v DESC NULLS LAST",
      "v, n", "v DESC, n DESC", "m.w",           "m.w DESC NULLS LAST, n"};
  static const char *const jql[] = {"\"v\":1",           "\"v\":-1",  "\"v\":1,\"n\":-1",
                                    "\"v\":-1,\"n\":1",  "\"m.w\":1", "\"m.w\":-1",
                                    "\"m.w\":-1,\"v\":1"};
  char whole[256], top[256];
  for (size_t i = 0; i < sizeof lql / sizeof lql[0]; i++) {
    int limit = 1 + (int)rng_below(test_rng(), 9);
    snprintf(whole, sizeof whole, "SELECT * FROM %s ORDER BY %s, id", collection, lql[i]);
    snprintf(top, sizeof top, "SELECT * FROM %s ORDER BY %s, id LIMIT %d", collection, lql[i],
             limit);
    check_top(fixture, whole, top, limit);
  }
  for (size_t i = 0; i < sizeof jql / sizeof jql[0]; i++) {
    int limit = 1 + (int)rng_below(test_rng(), 9);
    snprintf(whole, sizeof whole, "{\"find\":\"%s\",\"sort\":{%s,\"_id\":1}}", collection, jql[i]);
    snprintf(top, sizeof top, "{\"find\":\"%s\",\"sort\":{%s,\"_id\":1},\"limit\":%d}", collection,
             jql[i], limit);
    check_top(fixture, whole, top, limit);
  }
}

static void begin(struct fixture *fixture) {
  struct db_options options = {.sync_mode = STORE_SYNC_NEVER, .batch_rows = 16};
  *fixture = (struct fixture){0};
  buf_init(&fixture->lines, LINES_BYTES_MAX);
  assert_ok(db_open("memory:", &options, &fixture->db, test_err()));
  assert_ok(session_open(fixture->db, &fixture->session, test_err()));
  fill(fixture, "mixed", false);
  fill(fixture, "plain", true);
}

static void end(struct fixture *fixture) {
  session_close(fixture->session);
  db_close(fixture->db);
  buf_deinit(&fixture->lines);
}

static void tops_begin_the_whole_order(void) {
  struct fixture fixture;
  begin(&fixture);
  for (size_t round = 0; round < test_rounds(3); round++) {
    check_orders(&fixture, "mixed");
    check_orders(&fixture, "plain");
  }
  end(&fixture);
}

/* The condition by itself, and as a part of one that is not told by stored bytes. */
static void check_lql(struct fixture *fixture, const char *collection, const char *condition) {
  char plain[256], hidden[256];
  snprintf(plain, sizeof plain, "SELECT * FROM %s WHERE %s", collection, condition);
  snprintf(hidden, sizeof hidden, "SELECT * FROM %s WHERE (%s) IS TRUE", collection, condition);
  check_top(fixture, hidden, plain, DOCUMENTS);
}

static void check_jql(struct fixture *fixture, const char *collection, const char *filter) {
  char plain[256], hidden[256];
  snprintf(plain, sizeof plain, "{\"find\":\"%s\",\"filter\":{%s}}", collection, filter);
  snprintf(hidden, sizeof hidden,
           "{\"find\":\"%s\",\"filter\":{\"$nor\":[{\"$nor\":[{\"_id\":{\"$exists\":true},%s}]}]}}",
           collection, filter);
  check_top(fixture, hidden, plain, DOCUMENTS);
}

static void conditions_keep_what_they_say(void) {
  static const char *const lql[] = {"v < 3",
                                    "v >= 2.5",
                                    "v = 'b'",
                                    "v <> 7",
                                    "m.w = 5",
                                    "m.w > 'a' AND n > 4",
                                    "7 > v",
                                    "v = 9007199254740993",
                                    "v = 9007199254740992.0",
                                    "n = 3 AND m.w <= 0"};
  static const char *const jql[] = {"\"v\":5",
                                    "\"v\":\"b\"",
                                    "\"v\":{\"$ne\":5}",
                                    "\"v\":{\"$in\":[1,2,3,5]}",
                                    "\"v\":{\"$nin\":[\"b\",\"bb\"]}",
                                    "\"v\":{\"$gt\":2.5},\"n\":{\"$lte\":4}",
                                    "\"m.w\":{\"$lt\":\"b\"}",
                                    "\"m.w\":{\"$gte\":3}",
                                    "\"v\":{\"$in\":[\"b\",\"\",\"x\"]}",
                                    "\"m.w\":{\"$lt\":0},\"v\":{\"$ne\":\"b\"}"};
  struct fixture fixture;
  begin(&fixture);
  for (size_t i = 0; i < sizeof lql / sizeof lql[0]; i++) {
    check_lql(&fixture, "mixed", lql[i]);
    check_lql(&fixture, "plain", lql[i]);
  }
  for (size_t i = 0; i < sizeof jql / sizeof jql[0]; i++) {
    check_jql(&fixture, "mixed", jql[i]);
    check_jql(&fixture, "plain", jql[i]);
  }
  end(&fixture);
}

/* ---- older beings ---- */

static void fill_aged(struct fixture *fixture, int from) {
  struct buf text;
  buf_init(&text, 1 << 20);
  buf_append_text(&text, "{\"insert\":\"aged\",\"documents\":[");
  for (int i = 0; i < DOCUMENTS / 2; i++) {
    buf_append_format(&text, "%s{\"_id\":%d", i ? "," : "", from + i);
    if (rng_below(test_rng(), 9))
      buf_append_format(&text, ",\"v\":%d", (int)rng_below(test_rng(), 50) - 25);
    if (rng_below(test_rng(), 9))
      buf_append_format(&text, ",\"n\":%d", (int)rng_below(test_rng(), 9));
    buf_append_format(&text, ",\"t\":\"b%d\"}", (int)rng_below(test_rng(), 9));
  }
  buf_append_text(&text, "]}");
  buf_append_byte(&text, 0);
  assert_ok(buf_check(&text, "documents", test_err()));
  ask(fixture, (const char *)text.data);
  buf_deinit(&text);
}

/* Half of the beings are of the older soul: one attribute of theirs is widened, one has another
 * name, one a default, and one is made by an expression. */
static void older_beings_are_dropped_by_what_they_show(void) {
  static const char *const lql[] = {"v < 3",          "v >= 2.5",  "v = 7",    "v <> 7",
                                    "k = 5",          "k > 3",     "n = 4",    "n <> 4",
                                    "t = 'B3'",       "t <> 'B3'", "t < 'B4'", "v > 3 AND t = 'B1'",
                                    "n = 4 AND k = 2"};
  static const char *const jql[] = {"\"v\":5", "\"v\":{\"$gt\":2.5},\"k\":{\"$lte\":4}",
                                    "\"k\":{\"$in\":[1,2,3]}", "\"n\":{\"$ne\":4}",
                                    "\"t\":{\"$in\":[\"B1\",\"B2\"]}"};
  struct fixture fixture;
  begin(&fixture);
  ask(&fixture, "CREATE TABLE aged (id INT PRIMARY KEY, v INT, n INT, t TEXT)");
  fill_aged(&fixture, 0);
  ask(&fixture, "ALTER TABLE aged ALTER COLUMN v TYPE FLOAT, RENAME COLUMN n TO k, "
                "ADD COLUMN n INT DEFAULT 4, ALTER COLUMN t TYPE TEXT USING upper(t)");
  fill_aged(&fixture, DOCUMENTS);
  for (size_t i = 0; i < sizeof lql / sizeof lql[0]; i++) check_lql(&fixture, "aged", lql[i]);
  for (size_t i = 0; i < sizeof jql / sizeof jql[0]; i++) check_jql(&fixture, "aged", jql[i]);
  end(&fixture);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"tops_begin_the_whole_order", tops_begin_the_whole_order, 0},
      {"conditions_keep_what_they_say", conditions_keep_what_they_say, 0},
      {"older_beings_are_dropped_by_what_they_show", older_beings_are_dropped_by_what_they_show, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
