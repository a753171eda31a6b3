/* SPDX-License-Identifier: MIT */
/* Evolutions that look at many beings, by several threads: they find what a query finds, whatever
 * soul the beings are of, and beside writers no being that breaks the new rule is missed. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/sync/sync.h"
#include "tests/lib/test.h"
#include "tests/unit/service/place.h"

enum { BEINGS = 24000, THREADS = 3, TEXT_BYTES = 512, TURNS = 80, EVOLUTIONS = 30 };

/* Beings [from, from + count) with attributes that some lack. */
static void fill(struct place *place, int from, int count) {
  char text[TEXT_BYTES];
  (void)snprintf(text, sizeof text,
                 "INSERT INTO t SELECT g AS id, CASE WHEN g %% 11 = 5 THEN NULL ELSE g %% 1000 END "
                 "AS a, 'text' || (g %% 17) AS b, CASE WHEN g %% 3 = 0 THEN NULL ELSE g / 8.0 END "
                 "AS c FROM generate_series(%d, %d) AS g",
                 from, from + count - 1);
  place_expect(place, text);
}

/* Beings of three souls: as they were made, with other types and values, and in the newest form. */
static void populate(struct place *place) {
  place_expect(place, "CREATE TABLE t (id INT PRIMARY KEY, a INT, b TEXT, c FLOAT)");
  fill(place, 0, BEINGS / 2);
  place_expect(place, "EVOLVE SOUL t ADD COLUMN d INT DEFAULT 4, ADD COLUMN e INT, "
                      "ALTER COLUMN b TYPE text USING upper(b)");
  fill(place, BEINGS / 2, BEINGS / 4);
  place_expect(place, "EVOLVE SOUL t ALTER COLUMN a TYPE float, ALTER COLUMN e TYPE int "
                      "USING coalesce(e, 0) + id");
  fill(place, BEINGS / 2 + BEINGS / 4, BEINGS / 4);
  place_expect(place, "UPDATE t SET b = 'Straße' WHERE id % 1000 = 77");
}

/* ---- what is found ---- */

static const struct rule {
  const char *action, *breaks; /* where a being breaks it */
} rules[] = {
    {"ALTER COLUMN a SET NOT NULL", "a IS NULL"},
    {"ALTER COLUMN b SET NOT NULL", "b IS NULL"},
    {"ALTER COLUMN d SET NOT NULL", "d IS NULL"},
    {"ADD CHECK (a < 990)", "NOT (a < 990)"},
    {"ADD CHECK (b <> 'TEXT3' AND b <> 'text3')", "b = 'TEXT3' OR b = 'text3'"},
    {"ADD CHECK (length(b) < 6)", "NOT length(b) < 6"},
    {"ADD CHECK (length(b) < 7)", "NOT length(b) < 7"},
    {"ADD CHECK (length(b) < 8)", "NOT length(b) < 8"},
    {"ADD CHECK (c IS NOT NULL OR a >= 3)", "NOT (c IS NOT NULL OR a >= 3)"},
    {"ADD CHECK (c * 8.0 - id < 1.0)", "NOT (c * 8.0 - id < 1.0)"},
    {"ADD CHECK (e >= 0)", "NOT (e >= 0)"},
    {"ADD CHECK (d + e > 3 AND id < 23990)", "NOT (d + e > 3 AND id < 23990)"},
    {"ADD CHECK (b LIKE '%1%' OR a >= 0)", "NOT (b LIKE '%1%' OR a >= 0)"},
    {"MERGE '{\"attributes\":{\"a\":{\"max\":998.5}}}'", "a > 998.5"},
    {"MERGE '{\"attributes\":{\"a\":{\"max\":999}}}'", "a > 999"},
    {"MERGE '{\"attributes\":{\"b\":{\"max_length\":5}}}'", "length(b) > 5"},
    {"MERGE '{\"attributes\":{\"c\":{\"min\":0.25,\"max\":2999.0}}}'", "c < 0.25 OR c > 2999.0"},
    {"MERGE '{\"attributes\":{\"d\":{\"enum\":[4,5]}}}'", "d <> 4 AND d <> 5"},
    {"MERGE '{\"attributes\":{\"b\":{\"pattern\":\"[0-9]$\"}}}'",
     "b NOT LIKE '%_0' AND "
     "b NOT LIKE '%1' AND b NOT LIKE '%2' AND b NOT LIKE '%3' AND b NOT LIKE '%4' AND "
     "b NOT LIKE '%5' AND b NOT LIKE '%6' AND b NOT LIKE '%7' AND b NOT LIKE '%8' AND "
     "b NOT LIKE '%9' AND b NOT LIKE '%0'"},
};

static void the_same_is_found_as_by_a_query(void) {
  struct place place;
  char text[2 * TEXT_BYTES];
  uint32_t kept = 0, broken = 0;
  place_open(&place, THREADS);
  populate(&place);
  for (const struct rule *rule = rules; rule < rules + sizeof rules / sizeof *rules; rule++) {
    int64_t found = -1;
    (void)snprintf(text, sizeof text, "SELECT COUNT(*) FROM t WHERE %s", rule->breaks);
    int64_t count = place_ask(&place, text);
    (void)snprintf(text, sizeof text, "EVOLVE SOUL t DRY RUN %s", rule->action);
    assert_ok(place_run(place.session, text, "in_the_way", &found, test_err()));
    if (found != count)
      print_error("%s: %lld, not %lld\n", rule->action, (long long)found, (long long)count);
    assert_int_equal(found, count);
    struct err err = {0};
    (void)snprintf(text, sizeof text, "EVOLVE SOUL t %s", rule->action);
    status result = place_run(place.session, text, NULL, NULL, &err);
    assert_int_equal(result, count ? LUMA_CONSTRAINT : LUMA_OK);
    kept += count == 0;
    broken += count != 0;
  }
  assert_true(kept > 3 && broken > 3);
  place_close(&place);
}

/* ---- beside writers ---- */

struct writer {
  struct thread thread;
  struct db *db;
  uint32_t number;
  atomic_bool *stops;
  atomic_uint put;
  uint32_t refused, others;
};

/* Beings that break the rule from now on, and others, until it is to stop. None is new: how many
 * there are is known to change, too. */
static void write_on(void *argument) {
  struct writer *writer = argument;
  struct session *session;
  char text[TEXT_BYTES];
  if (session_open(writer->db, &session, NULL) != LUMA_OK) return;
  for (uint32_t i = 0; !atomic_load(writer->stops); i++) {
    struct err err = {0};
    bool breaks = i % 48 == 0;
    (void)snprintf(text, sizeof text, "UPDATE w SET kind = %s WHERE id = %u",
                   breaks ? "NULL" : "'k'", (i * 7919 * 2 + writer->number) % BEINGS);
    status result = place_run(session, text, NULL, NULL, &err);
    if (breaks && result == LUMA_OK) atomic_fetch_add(&writer->put, 1);
    writer->refused += breaks && result == LUMA_INVALID_BEING;
    writer->others += result != LUMA_OK && result != LUMA_CONFLICT && result != LUMA_INVALID_BEING;
    os_sleep_us(os_linux(), 300);
  }
  session_close(session);
}

static void start(struct place *place, struct writer *writers, uint32_t count, atomic_bool *stops) {
  for (uint32_t i = 0; i < count; i++) {
    writers[i] = (struct writer){.db = place->db, .number = i, .stops = stops};
    assert_ok(thread_start(&writers[i].thread, "writer", write_on, &writers[i], test_err()));
  }
}

/* The rule stands, or beings are in the way and it does not. */
static bool evolve(struct place *place) {
  struct err err = {0};
  const char *text = "EVOLVE SOUL w ALTER COLUMN kind SET NOT NULL";
  status result = place_run(place->session, text, NULL, NULL, &err);
  assert_true(result == LUMA_OK || result == LUMA_CONSTRAINT || result == LUMA_CONFLICT);
  return result == LUMA_OK;
}

static void beside_writers_nothing_is_missed(void) {
  struct place place;
  struct writer writers[2];
  atomic_bool stops = false;
  uint32_t evolved = 0;
  place_open(&place, THREADS);
  place_expect(&place, "CREATE TABLE w (id INT PRIMARY KEY, kind TEXT)");
  place_expect(&place, "INSERT INTO w SELECT g AS id, 'k' AS kind FROM "
                       "generate_series(0, 23999) AS g");
  start(&place, writers, 2, &stops);
  for (int i = 0; i < 2; i++) /* both are at it */
    while (atomic_load(&writers[i].put) == 0) os_sleep_us(os_linux(), 1000);
  for (int i = 0; i < TURNS && evolved < EVOLUTIONS; i++) {
    bool stands = evolve(&place);
    if (stands) {
      assert_int_equal(place_ask(&place, "SELECT COUNT(*) FROM w WHERE kind IS NULL"), 0);
      place_expect(&place, "EVOLVE SOUL w ALTER COLUMN kind DROP NOT NULL");
    }
    evolved += stands;
    struct err err = {0};
    (void)place_run(place.session, "UPDATE w SET kind = 'k' WHERE kind IS NULL", NULL, NULL, &err);
  }
  atomic_store(&stops, true);
  for (int i = 0; i < 2; i++) {
    thread_join(&writers[i].thread);
    assert_int_equal(writers[i].others, 0);
  }
  place_expect(&place, "UPDATE w SET kind = 'k' WHERE kind IS NULL");
  assert_true(evolve(&place));
  assert_int_equal(place_ask(&place, "SELECT COUNT(*) FROM w WHERE kind IS NULL"), 0);
  place_close(&place);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"the_same_is_found_as_by_a_query", the_same_is_found_as_by_a_query, 120},
      {"beside_writers_nothing_is_missed", beside_writers_nothing_is_missed, 120},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
