/* SPDX-License-Identifier: MIT */
/* Evolutions that fill indexes over many beings: in steps, beside writers, and without a trace when
 * they do not come about. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sync/sync.h"
#include "tests/lib/test.h"
#include "tests/unit/service/place.h"

enum { BEINGS = 6000, AT_ONCE = 500, TEXT_BYTES = 1 << 16 };

/* Beings 0 to BEINGS - 1, whose `code` is their number. */
static void fill(struct place *place) {
  char *text = malloc(TEXT_BYTES);
  assert_non_null(text);
  place_expect(place, "CREATE TABLE t (id INT PRIMARY KEY, code INT, kind TEXT)");
  for (int i = 0; i < BEINGS;) {
    int at = snprintf(text, TEXT_BYTES, "INSERT INTO t (id, code, kind) VALUES ");
    for (int k = 0; k < AT_ONCE; k++, i++)
      at += snprintf(text + at, TEXT_BYTES - (size_t)at, "%s(%d, %d, 'k%d')", k ? ", " : "", i, i,
                     i % 7);
    place_expect(place, text);
  }
  free(text);
}

static uint32_t count_indexes(struct place *place) {
  const struct catalog *catalog = model_catalog_acquire(place->db->model);
  uint32_t count = catalog_find(catalog, slice_of_text("t"))->indexes_count;
  catalog_release(catalog);
  return count;
}

static void a_new_index_is_filled_and_kept(void) {
  struct place place;
  struct err err = {0};
  place_open(&place, 0);
  fill(&place);
  place_expect(&place, "EVOLVE SOUL t ADD UNIQUE (code)");
  assert_int_equal(count_indexes(&place), 1);
  assert_int_equal(place_ask(&place, "SELECT id FROM t WHERE code = 4321"), 4321);
  assert_int_equal(
      place_run(place.session, "INSERT INTO t (id, code) VALUES (-1, 17)", NULL, NULL, &err),
      LUMA_DUPLICATE_KEY);
  place_close(&place);
  place_open(&place, 0);
  assert_int_equal(count_indexes(&place), 1);
  place_expect(&place,
               "EVOLVE SOUL t MERGE '{\"attributes\": {\"kind\": {\"index\": true}, \"code\": "
               "{\"type\": \"float\"}}}'");
  assert_int_equal(count_indexes(&place), 2);
  assert_int_equal(place_ask(&place, "SELECT COUNT(*) AS c FROM t WHERE kind = 'k3'"), BEINGS / 7);
  assert_int_equal(place_ask(&place, "SELECT id FROM t WHERE code = 4321.0"), 4321);
  place_close(&place);
}

static void what_stands_in_the_way_leaves_no_trace(void) {
  struct place place;
  struct err err = {0};
  place_open(&place, 0);
  fill(&place);
  place_expect(&place, "INSERT INTO t (id, code) VALUES (-1, 17)");
  assert_int_equal(place_run(place.session, "EVOLVE SOUL t ADD UNIQUE (code)", NULL, NULL, &err),
                   LUMA_CONSTRAINT);
  assert_int_equal(count_indexes(&place), 0);
  /* An index could be filled, but the rule beside it does not hold. */
  const char *both = "EVOLVE SOUL t MERGE '{\"attributes\": {\"kind\": {\"index\": true, "
                     "\"max_length\": 1}}}'";
  assert_int_equal(place_run(place.session, both, NULL, NULL, &err), LUMA_CONSTRAINT);
  assert_int_equal(count_indexes(&place), 0);
  place_expect(&place, "INSERT INTO t (id, code) VALUES (-2, 17)");
  place_close(&place);
}

/* What a dry run says: of the only document's fields. */
static void ask_dry(struct place *place, const char *text, int64_t *in_the_way, uint32_t *told) {
  struct session_cursor *cursor = NULL;
  struct session_request request = {.source = {.text = slice_of_text(text)}};
  struct val document;
  bool has = false;
  assert_ok(session_run(place->session, &request, NULL, &cursor, test_err()));
  assert_ok(session_next(cursor, &document, &has, test_err()));
  assert_true(has);
  struct val first = val_field(&document, slice_of_text("first"));
  *in_the_way = val_field(&document, slice_of_text("in_the_way")).integer;
  *told = val_count(&first);
  session_cursor_close(cursor);
}

/* A rule that takes long over all beings: nobody has to wait for what it would say. */
static void a_dry_run_ends_when_it_is_asked_to(void) {
  struct place place;
  struct err err = {0};
  place_open(&place, 0);
  fill(&place);
  session_set_timeout_us(place.session, 20000);
  const char *text = "EVOLVE SOUL t DRY RUN ADD CHECK (length(repeat(kind, 300000)) > 0)";
  assert_int_equal(place_run(place.session, text, NULL, NULL, &err), LUMA_TIMEOUT);
  session_set_timeout_us(place.session, 0);
  place_expect(&place, "INSERT INTO t (id, code) VALUES (-1, 17)");
  place_close(&place);
}

/* All but the first of each value, of beings that are many, also where the step makes the values.
 */
static void equal_values_are_counted(void) {
  struct place place;
  struct err err = {0};
  int64_t in_the_way = 0;
  uint32_t told = 0;
  place_open(&place, 0);
  fill(&place);
  place_expect(&place, "INSERT INTO t (id, code) VALUES (-1, 17), (-2, NULL), (-3, NULL)");
  static const char *const once[] = {
      "EVOLVE SOUL t DRY RUN ADD UNIQUE (code)",
      "EVOLVE SOUL t DRY RUN ALTER COLUMN code TYPE FLOAT, ADD UNIQUE (code)",
      "EVOLVE SOUL t DRY RUN RENAME COLUMN code TO number, ADD UNIQUE (number)"};
  for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) {
    ask_dry(&place, once[i], &in_the_way, &told);
    assert_int_equal(in_the_way, 1);
    assert_int_equal(told, 1);
  }
  ask_dry(&place, "EVOLVE SOUL t DRY RUN ADD UNIQUE (kind)", &in_the_way, &told);
  assert_int_equal(in_the_way, BEINGS - 7);
  assert_int_equal(told, 10);
  ask_dry(&place, "EVOLVE SOUL t DRY RUN ADD UNIQUE (kind, code)", &in_the_way, &told);
  assert_int_equal(in_the_way, 0);
  assert_int_equal(place_run(place.session, "EVOLVE SOUL t ADD UNIQUE (kind)", NULL, NULL, &err),
                   LUMA_CONSTRAINT);
  assert_non_null(strstr(err.message, "5993 of 6003 beings"));
  assert_int_equal(count_indexes(&place), 0);
  /* The being of a pair that comes first in the order of keys is not in the way. */
  assert_int_equal(place_run(place.session, "EVOLVE SOUL t ADD UNIQUE (code)", NULL, NULL, &err),
                   LUMA_CONSTRAINT);
  assert_non_null(strstr(err.message, "1 of 6003 beings of `t` stand in the way, first those with "
                                      "id 17"));
  assert_int_equal(count_indexes(&place), 0);
  place_close(&place);
}

struct writer {
  struct thread thread;
  struct db *db;
  _Atomic bool stops;
  int others;
};

static void write_on(void *argument) {
  struct writer *writer = argument;
  struct session *session;
  char text[256];
  if (session_open(writer->db, &session, NULL) != LUMA_OK) return;
  for (int i = 0; i < 100000 && !writer->stops; i++) {
    struct err err = {0};
    (void)snprintf(text, sizeof text, "UPDATE t SET code = %d WHERE id = %d", 100000 + i,
                   (i * 37) % BEINGS);
    status result = place_run(session, text, NULL, NULL, &err);
    writer->others += result != LUMA_OK && result != LUMA_CONFLICT;
  }
  session_close(session);
}

static void beside_a_writer_nothing_is_missed(void) {
  struct place place;
  struct writer writer = {0};
  place_open(&place, 0);
  fill(&place);
  writer.db = place.db;
  assert_ok(thread_start(&writer.thread, "writer", write_on, &writer, test_err()));
  struct err err = {0};
  status result = place_run(place.session, "EVOLVE SOUL t ADD UNIQUE (code)", NULL, NULL, &err);
  writer.stops = true;
  thread_join(&writer.thread);
  assert_int_equal(writer.others, 0);
  if (result == LUMA_CONFLICT)
    place_expect(&place, "EVOLVE SOUL t ADD UNIQUE (code)");
  else
    assert_int_equal(result, LUMA_OK);
  assert_int_equal(count_indexes(&place), 1);
  place_close(&place); /* checks each entry */
}

/* ---- values made beside ---- */

static struct model_kept wait_for_values(struct place *place) {
  struct model_kept kept;
  model_tell_kept(place->db->model, &kept);
  for (uint32_t i = 0; kept.is_filling; i++) {
    assert_true(i < 60000);
    os_sleep_us(os_linux(), 1000);
    model_tell_kept(place->db->model, &kept);
  }
  return kept;
}

/* Made after the evolution, which looks at no being, and after opening, once they are read. */
static void values_are_made_beside(void) {
  struct place place;
  place_open(&place, 0);
  fill(&place);
  place_expect(&place,
               "ALTER TABLE t ADD COLUMN twice INT GENERATED ALWAYS AS (abs(code) * 2) STORED");
  struct model_kept kept = wait_for_values(&place);
  assert_in_range(kept.bytes, BEINGS * 16, kept.bytes_max);
  int64_t sum = (int64_t)BEINGS * (BEINGS - 1);
  assert_int_equal(place_ask(&place, "SELECT SUM(twice) FROM t"), sum);
  place_close(&place);

  place_open(&place, 0);
  model_tell_kept(place.db->model, &kept);
  assert_int_equal(kept.bytes, 0);
  assert_int_equal(place_ask(&place, "SELECT SUM(twice) FROM t"), sum);
  assert_true(wait_for_values(&place).bytes >= BEINGS * 16);
  assert_int_equal(place_ask(&place, "SELECT COUNT(*) FROM t WHERE twice < 100"), 50);
  place_expect(&place, "UPDATE t SET code = code + 1 WHERE code < 100");
  assert_int_equal(place_ask(&place, "SELECT SUM(twice) FROM t"), sum + 200);
  place_expect(&place, "DROP TABLE t");
  (void)wait_for_values(&place);
  place_close(&place);
}

/* What is made sooner than it is found is not kept, but for what is not the usual case. */
static void simple_values_are_not_kept(void) {
  struct place place;
  place_open(&place, 0);
  fill(&place);
  place_expect(&place, "ALTER TABLE t ADD COLUMN twice INT GENERATED ALWAYS AS (code * 2) STORED");
  int64_t sum = (int64_t)BEINGS * (BEINGS - 1);
  assert_int_equal(place_ask(&place, "SELECT SUM(twice) FROM t"), sum);
  assert_int_equal(wait_for_values(&place).bytes, 0);
  assert_int_equal(place_ask(&place, "SELECT COUNT(*) FROM t WHERE twice < 100"), 50);
  place_expect(&place, "ALTER TABLE t ADD COLUMN foreign_name TEXT GENERATED ALWAYS AS "
                       "(upper(CASE WHEN code < 1000 THEN 'äé' ELSE 'plain' END)) STORED");
  assert_int_equal(place_ask(&place, "SELECT COUNT(*) FROM t WHERE foreign_name = 'ÄÉ'"), 1000);
  struct model_kept kept = wait_for_values(&place);
  assert_in_range(kept.bytes, 1000 * 16, kept.bytes_max);
  assert_int_equal(place_ask(&place, "SELECT COUNT(*) FROM t WHERE foreign_name = 'ÄÉ'"), 1000);
  assert_int_equal(place_ask(&place, "SELECT SUM(twice) FROM t WHERE foreign_name = 'PLAIN'"),
                   sum - 999 * 1000);
  place_close(&place);
}

/* Inside a transaction an evolution fails that has to look at beings. */
static bool looks(struct place *place, const char *change) {
  char text[256];
  int64_t answer;
  (void)snprintf(text, sizeof text, "ALTER TABLE p %s, ADD COLUMN extra INT", change);
  place_expect(place, "BEGIN");
  status result = place_run(place->session, text, NULL, &answer, test_err());
  bool is_that = result == LUMA_OK || strstr(test_err()->message, "looks at every being");
  if (!is_that) print_error("%s: %s\n", change, test_err()->message);
  assert_true(is_that);
  if (result != LUMA_OK) err_reset(test_err());
  place_expect(place, "ROLLBACK");
  return result != LUMA_OK;
}

/* What follows from the old soul is not looked at; all else is. */
static void what_follows_is_not_looked_at(void) {
  static const char *const sure[] = {"ADD CONSTRAINT x CHECK (age < 151)",
                                     "ADD CONSTRAINT x CHECK (age + 1 > 18 AND size <= 100)",
                                     "ADD CONSTRAINT x CHECK (age * size >= 0 OR name IS NOT NULL)",
                                     "ADD CONSTRAINT x CHECK (length(note) >= 0)",
                                     "ADD CONSTRAINT x CHECK (150 > age)",
                                     "ADD CONSTRAINT x CHECK (size BETWEEN -1 AND 101)",
                                     "ALTER COLUMN mail SET NOT NULL",
                                     "ALTER COLUMN note TYPE int USING length(note)",
                                     "ALTER COLUMN note TYPE text USING upper(note) || name",
                                     "ALTER COLUMN note TYPE text USING lower(name) || age",
                                     "ALTER COLUMN name TYPE text USING coalesce(note, name)",
                                     "ALTER COLUMN free TYPE int USING age * 2 + size"};
  static const char *const unsure[] = {
      "ADD CONSTRAINT x CHECK (age < 149)",
      "ADD CONSTRAINT x CHECK (age > 20)",
      "ADD CONSTRAINT x CHECK (note IS NOT NULL)",
      "ADD CONSTRAINT x CHECK (free * 2 > 0)",
      "ADD CONSTRAINT x CHECK (length(note) > 0)",
      "ADD CONSTRAINT x CHECK (name <> 'x')",
      "ADD CONSTRAINT x CHECK (size BETWEEN 1 AND 101)",
      "ALTER COLUMN note SET NOT NULL",
      "ALTER COLUMN free TYPE int USING free * 2",
      "ALTER COLUMN name TYPE text USING note",
      "ALTER COLUMN note TYPE int USING CAST(note AS INT)",
      "ALTER COLUMN real TYPE int USING CAST(real AS INT)",
      "ALTER COLUMN short TYPE varchar(3) USING note",
      "ALTER COLUMN free TYPE text USING 10 / free",
      "ALTER COLUMN size TYPE int USING size * 2", /* a check reads it */
      "ALTER COLUMN mail TYPE text USING lower(mail)"};
  struct place place;
  place_open(&place, 0);
  place_expect(&place,
               "CREATE TABLE p (id INT PRIMARY KEY, name TEXT NOT NULL, note TEXT, free INT, "
               "real FLOAT, short VARCHAR(5), mail TEXT, age INT, size INT, "
               "CONSTRAINT a CHECK (age >= 18 AND age < 150 AND mail IS NOT NULL), "
               "CONSTRAINT b CHECK (size BETWEEN 0 AND 100))");
  place_expect(&place,
               "INSERT INTO p (id, name, note, free, real, short, mail, age, size) VALUES "
               "(1, 'n', 'm', 5, 1.5, 'abc', 'a@x', 20, 7), (2, 'n', NULL, 7, 2.5, NULL, 'b@x', "
               "NULL, NULL)");
  for (size_t i = 0; i < sizeof sure / sizeof *sure; i++) {
    if (looks(&place, sure[i])) print_error("%s looks\n", sure[i]);
    assert_false(looks(&place, sure[i]));
  }
  for (size_t i = 0; i < sizeof unsure / sizeof *unsure; i++) {
    if (!looks(&place, unsure[i])) print_error("%s does not look\n", unsure[i]);
    assert_true(looks(&place, unsure[i]));
  }
  place_expect(&place, "ALTER TABLE p ALTER COLUMN note TYPE int USING length(note)");
  assert_int_equal(place_ask(&place, "SELECT SUM(note) FROM p"), 1);
  place_expect(&place, "ALTER TABLE p ALTER COLUMN mail SET NOT NULL");
  assert_int_equal(place_ask(&place, "SELECT COUNT(*) FROM p WHERE mail IS NULL"), 0);
  place_close(&place);
}

/* Evolving, writing and closing go on while they are made. */
static void what_goes_on_does_not_mind(void) {
  struct place place;
  char text[256];
  place_open(&place, 0);
  fill(&place);
  int64_t sum = (int64_t)BEINGS * (BEINGS - 1) / 2;
  for (int i = 1; i <= 5; i++) {
    (void)snprintf(text, sizeof text,
                   "ALTER TABLE t ADD COLUMN x%d INT GENERATED ALWAYS AS (code + %d) STORED", i, i);
    place_expect(&place, text);
    (void)snprintf(text, sizeof text, "UPDATE t SET code = code WHERE code %% 7 = %d", i);
    place_expect(&place, text);
    (void)snprintf(text, sizeof text, "SELECT SUM(x%d) FROM t", i);
    assert_int_equal(place_ask(&place, text), sum + (int64_t)i * BEINGS);
    assert_int_equal(place_ask(&place, "SELECT SUM(x1) FROM t"), sum + BEINGS);
  }
  place_close(&place);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"values_are_made_beside", values_are_made_beside, 0},
      {"simple_values_are_not_kept", simple_values_are_not_kept, 0},
      {"what_follows_is_not_looked_at", what_follows_is_not_looked_at, 0},
      {"what_goes_on_does_not_mind", what_goes_on_does_not_mind, 0},
      {"a_new_index_is_filled_and_kept", a_new_index_is_filled_and_kept, 120},
      {"what_stands_in_the_way_leaves_no_trace", what_stands_in_the_way_leaves_no_trace, 120},
      {"a_dry_run_ends_when_it_is_asked_to", a_dry_run_ends_when_it_is_asked_to, 120},
      {"equal_values_are_counted", equal_values_are_counted, 120},
      {"beside_a_writer_nothing_is_missed", beside_a_writer_nothing_is_missed, 120},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
