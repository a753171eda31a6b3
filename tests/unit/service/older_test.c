/* SPDX-License-Identifier: MIT */
/* Beings that were written under older souls answer as the same beings do once they are written
 * anew: whatever kind of evolution lies between, however they are asked. */
#include <stdio.h>

#include "service/session/session.h"
#include "tests/lib/test.h"
#include "value/json/json.h"

enum { ROWS = 40, BEINGS = 4 * ROWS, TEXT_BYTES = 512 };

struct place {
  struct db *db;
  struct session *session;
  uint32_t next; /* id of the next being */
};

static void open_place(struct place *place) {
  struct db_options options = {.sync_mode = STORE_SYNC_NEVER};
  char path[4096];
  (void)snprintf(path, sizeof path, "%s/db", test_dir());
  *place = (struct place){.next = 1};
  assert_ok(db_open(path, &options, &place->db, test_err()));
  assert_ok(session_open(place->db, &place->session, test_err()));
}

static void close_place(struct place *place) {
  session_close(place->session);
  assert_ok(model_check(place->db->model, NULL, NULL, test_err()));
  db_close(place->db);
}

/* Appends a statement's rows as JSON, a line each. */
static void run(struct place *place, const char *text, struct buf *out) {
  struct json_write_options options = {.form = JSON_TAGGED};
  struct session_cursor *cursor = NULL;
  struct session_request request = {.source = {.text = slice_of_text(text)}};
  struct val document;
  bool has = true;
  assert_ok(session_run(place->session, &request, NULL, &cursor, test_err()));
  while (has) {
    assert_ok(session_next(cursor, &document, &has, test_err()));
    if (!has || !out) continue;
    json_write(out, &document, &options);
    buf_append_byte(out, '\n');
  }
  session_cursor_close(cursor);
}

/* Beings of one soul, of which some lack attributes; `form` has the id, and a number below 7. */
static void insert(struct place *place, const char *full, const char *few) {
  char attributes[TEXT_BYTES / 2], text[TEXT_BYTES];
  for (int i = 0; i < ROWS; i++) {
    uint32_t id = place->next++;
    (void)snprintf(attributes, sizeof attributes, "%s", i % 5 == 3 ? few : full);
    (void)snprintf(text, sizeof text,
                   "INSERT INTO t {\"id\": %u, \"age\": %u, \"level\": %u, \"home\": {\"bio\": "
                   "\"h%u\", \"rank\": %u}%s}",
                   id, 20 + id * 7 % 50, id % 4, id % 3, id % 5, attributes);
    run(place, text, NULL);
  }
}

/* Four souls: renames, values for what lacks, wider types, expressions over what came before. */
static void live_through(struct place *place) {
  run(place,
      "CREATE TABLE t (id INT PRIMARY KEY, age INT, level INT, home jsonb, bio TEXT, score INT, "
      "born DATE, tag TEXT, seen INT)",
      NULL);
  run(place, "CREATE INDEX ON t (level)", NULL);
  insert(place, ", \"bio\": \"first life\", \"score\": 9007199254740993, \"tag\": \"a\"",
         ", \"born\": \"2020-01-02\", \"bio\": null");
  run(place,
      "EVOLVE SOUL t ADD COLUMN nick TEXT, ADD COLUMN rank INT DEFAULT 3, RENAME COLUMN bio TO "
      "about, ALTER COLUMN age TYPE float, ALTER COLUMN born TYPE timestamp",
      NULL);
  insert(place, ", \"about\": \"second\", \"score\": 5, \"tag\": \"b\", \"nick\": \"n\"",
         ", \"rank\": 7, \"born\": \"2021-05-06T07:08:09Z\"");
  run(place, "EVOLVE SOUL t ALTER COLUMN tag TYPE int USING length(about) + rank, DROP COLUMN nick",
      NULL);
  insert(place, ", \"about\": \"third\", \"score\": 6, \"tag\": 11", ", \"rank\": 1");
  run(place,
      "EVOLVE SOUL t ALTER COLUMN score TYPE decimal, RENAME COLUMN rank TO place, RENAME COLUMN "
      "tag TO mark, ADD COLUMN nick TEXT DEFAULT 'again'",
      NULL);
  insert(place, ", \"about\": \"fourth\", \"score\": 2.5, \"mark\": 12", ", \"place\": 2");
}

static const char *const questions[] = {
    "SELECT id, age FROM t ORDER BY id",
    "SELECT id, about, mark FROM t ORDER BY id",
    "SELECT score, born, place, nick FROM t ORDER BY id",
    "SELECT id FROM t WHERE age < 40 AND level > 1 ORDER BY id",
    "SELECT id, home.bio AS hb, home.rank AS hr FROM t WHERE place >= 3 ORDER BY id",
    "SELECT level, COUNT(*) AS c, SUM(age) AS a, MIN(about) AS m, SUM(mark) AS k FROM t GROUP BY "
    "level ORDER BY level",
    "SELECT place, COUNT(about) AS c, COUNT(nick) AS n FROM t GROUP BY place ORDER BY place",
    "SELECT about, age FROM t ORDER BY mark DESC, about, id LIMIT 25",
    "SELECT a.id, b.about FROM t AS a JOIN t AS b ON a.mark = b.id ORDER BY a.id",
    "SELECT a.age, b.place FROM t AS a LEFT JOIN t AS b ON a.place = b.mark AND b.level = 1 ORDER "
    "BY a.id, b.id",
    "SELECT DISTINCT nick, level FROM t ORDER BY nick, level",
    "SELECT id FROM t WHERE level = 2 AND nick = 'again' ORDER BY id",
    "SELECT level, about FROM t WHERE level IN (1, 3) ORDER BY id",
    "SELECT id, CASE WHEN mark IS NULL THEN 'none' WHEN mark > 12 THEN 'big' ELSE 'small' END AS s "
    "FROM t ORDER BY id",
    "SELECT id, about FROM t WHERE about LIKE '%ir%' AND born IS NULL ORDER BY id",
    "SELECT id, SUM(age) OVER (PARTITION BY place ORDER BY id) AS s FROM t ORDER BY id",
    "SELECT id FROM t WHERE age > (SELECT AVG(age) FROM t) ORDER BY id",
    "SELECT about, mark FROM t WHERE id = 17",
    "SELECT COUNT(*) AS c FROM t WHERE score = 9007199254740993",
    "{\"find\": \"t\", \"filter\": {\"mark\": {\"$gt\": 11}}, \"projection\": {\"about\": 1, "
    "\"mark\": "
    "1}, \"sort\": {\"_id\": 1}}",
    "{\"count\": \"t\", \"query\": {\"home.bio\": \"h1\", \"place\": {\"$in\": [1, 2, 3]}}}",
    "{\"aggregate\": \"t\", \"pipeline\": [{\"$match\": {\"age\": {\"$lt\": 45}}}, {\"$group\": "
    "{\"_id\": "
    "\"$nick\", \"c\": {\"$sum\": \"$mark\"}}}, {\"$sort\": {\"_id\": 1}}], \"cursor\": {}}",
    "SELECT * FROM t ORDER BY id",
    "{\"find\": \"t\", \"sort\": {\"_id\": 1}}", /* as an export reads them */
    "SUGGEST SOUL t",
    "DESCRIBE t",
};

static void answer_all(struct place *place, struct buf *answers) {
  for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
    size_t before = answers->bytes;
    run(place, questions[i], answers);
    if (answers->bytes == before) fail_msg("no being answers %s", questions[i]);
    buf_append_byte(answers, '\n');
  }
  assert_ok(buf_check(answers, "answers", test_err()));
}

/* Beings that are stored as an older soul has them. */
static uint32_t count_older(struct place *place) {
  struct model_scan_options options = {0};
  struct store_begin_options begin = {.read_only = true, .may_block = true};
  struct doc documents[BEINGS];
  struct model_txn *txn;
  struct model_scan *scan;
  uint32_t count = 0, older = 0;
  assert_ok(model_begin(place->db->model, &begin, &txn, test_err()));
  const struct collection *collection = catalog_find(model_catalog(txn), slice_of_text("t"));
  assert_ok(model_scan_open(txn, collection, &options, &scan, test_err()));
  assert_ok(model_scan_next(scan, BEINGS, documents, &count, test_err()));
  assert_int_equal(count, BEINGS);
  for (uint32_t i = 0; i < count; i++) older += doc_header(&documents[i]).soul != collection->soul;
  model_scan_close(scan);
  model_rollback(txn);
  return older;
}

static void older_beings_answer_as_rewritten_ones(void) {
  struct place place;
  struct buf older, newer;
  buf_init(&older, 4 << 20);
  buf_init(&newer, 4 << 20);
  open_place(&place);
  live_through(&place);
  answer_all(&place, &older);
  assert_int_equal(count_older(&place), 3 * ROWS);
  run(&place, "UPDATE t SET seen = 1", NULL);
  run(&place, "UPDATE t UNSET seen", NULL);
  assert_int_equal(count_older(&place), 0);
  answer_all(&place, &newer);
  assert_int_equal(older.bytes, newer.bytes);
  assert_memory_equal(older.data, newer.data, older.bytes);
  buf_deinit(&older);
  buf_deinit(&newer);
  close_place(&place);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"older_beings_answer_as_rewritten_ones", older_beings_answer_as_rewritten_ones, 0}};
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
