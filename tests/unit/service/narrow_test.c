/* SPDX-License-Identifier: MIT */
/* Evolutions that narrow rules: those in the way are the ones that a question about the same finds,
 * whatever souls they were written under. */
#include <stdio.h>
#include <stdlib.h>

#include "service/session/session.h"
#include "tests/lib/test.h"

enum { BEINGS = 700, SHOWN = 10, TEXT_BYTES = 1 << 16, LINE_BYTES = 1024, WHO_BYTES = 256 };

struct place {
  struct db *db;
  struct session *session;
  char path[4096];
};

/* The answer's first values, up to SHOWN of them. */
struct answer {
  int64_t values[SHOWN];
  uint32_t count;
};

static status run(struct place *place, const char *text, struct answer *answer, struct err *err) {
  struct session_cursor *cursor = NULL;
  struct session_request request = {.source = {.text = slice_of_text(text)}};
  struct val document;
  bool has = true;
  status result = session_run(place->session, &request, NULL, &cursor, err);
  while (result == LUMA_OK && has) {
    struct slice name;
    result = session_next(cursor, &document, &has, err);
    if (result == LUMA_OK && has && answer && answer->count < SHOWN)
      answer->values[answer->count++] = val_field_at(&document, 0, &name).integer;
  }
  session_cursor_close(cursor);
  return result;
}

static void expect(struct place *place, const char *text) {
  assert_ok(run(place, text, NULL, test_err()));
}

static uint64_t below(uint64_t most) {
  return rng_below(test_rng(), most);
}

/* ---- the beings ---- */

static void append_being(char *text, size_t *at, int id) {
  static const char *const words[] = {"'1'", "'22'", "'333'", "'x4'", "NULL"};
  char a[24];
  uint64_t number = below(60);
  (void)snprintf(a, sizeof a, "%d", (int)number);
  const char *word = words[below(200) ? below(3) : below(5)];
  *at += (size_t)snprintf(text + *at, TEXT_BYTES - *at, "%s(%d, %s, %d, %s)", id ? ", " : "", id,
                          below(300) ? a : "NULL", (int)(number + below(50)), word);
}

static void fill(struct place *place) {
  char *text = malloc(TEXT_BYTES);
  assert_non_null(text);
  size_t at = (size_t)snprintf(text, TEXT_BYTES, "INSERT INTO n (id, a, b, t) VALUES ");
  expect(place, "CREATE TABLE n (id INT PRIMARY KEY, a INT, b INT, t TEXT, gone INT, "
                "CONSTRAINT fair CHECK (a < 100 OR b > 50))");
  for (int i = 0; i < BEINGS; i++) append_being(text, &at, i);
  expect(place, text);
  free(text);
}

/* What beings need not be looked at for; then some are written anew. */
static void widen(struct place *place) {
  static const char *const steps[] = {
      "EVOLVE SOUL n ADD COLUMN rank INT DEFAULT 3, ALTER COLUMN b TYPE float",
      "EVOLVE SOUL n DROP COLUMN gone, ADD COLUMN note TEXT",
      "EVOLVE SOUL n RENAME COLUMN gone TO kept",
      "EVOLVE SOUL n ALTER COLUMN b TYPE float USING b * 2",
  };
  char text[LINE_BYTES];
  expect(place, steps[below(sizeof steps / sizeof steps[0])]);
  (void)snprintf(text, sizeof text, "UPDATE n SET t = t WHERE id %% 10 = %d", (int)below(10));
  expect(place, text);
}

/* ---- narrowing ---- */

static const struct narrowing {
  const char *statement, *who; /* stands in the way */
} narrowings[] = {
    {"ALTER TABLE n ALTER COLUMN a SET NOT NULL", "a IS NULL"},
    {"ALTER TABLE n ALTER COLUMN t SET NOT NULL", "t IS NULL"},
    {"ALTER TABLE n ADD CONSTRAINT near CHECK (b - a < 49)", "b - a >= 49"},
    {"ALTER TABLE n ADD CONSTRAINT small CHECK (a < 59)", "a >= 59"},
    {"EVOLVE SOUL n MERGE '{\"attributes\": {\"a\": {\"max\": 58}}}'", "a > 58"},
    {"EVOLVE SOUL n MERGE '{\"attributes\": {\"t\": {\"max_length\": 2}}}'", "length(t) > 2"},
    {"EVOLVE SOUL n ALTER COLUMN a TYPE float USING a + 42", "a + 42 >= 100 AND b <= 50"},
    {"EVOLVE SOUL n ALTER COLUMN t TYPE int", "t = 'x4'"},
    {"EVOLVE SOUL n MERGE '{\"attributes\": {\"t\": {\"enum\": [\"1\", \"22\", \"333\"]}, \"a\": "
     "{\"min\": 1}}}'",
     "t = 'x4' OR a < 1"},
};
enum {
  NARROWINGS = sizeof narrowings / sizeof narrowings[0],
  SHORTENED = 5, /* of t, which is a number after MADE_INT */
  TRANSFORMED = 6,
  MADE_INT = 7,
  CHOSEN = 8
};

static struct answer ask(struct place *place, const char *what, const char *who) {
  char text[LINE_BYTES];
  struct answer answer = {0};
  (void)snprintf(text, sizeof text, "SELECT %s FROM n WHERE %s", what, who);
  assert_ok(run(place, text, &answer, test_err()));
  return answer;
}

static void expect_told(struct place *place, const char *message, int64_t count, const char *who) {
  char text[LINE_BYTES], by_id[WHO_BYTES];
  int64_t all = ask(place, "COUNT(*)", "TRUE").values[0];
  (void)snprintf(by_id, sizeof by_id, "%s ORDER BY id", who);
  struct answer first = ask(place, "id", by_id);
  size_t at = (size_t)snprintf(text, sizeof text,
                               "%lld of %lld beings of `n` stand in the way, first those with id ",
                               (long long)count, (long long)all);
  for (uint32_t i = 0; i < first.count; i++)
    at += (size_t)snprintf(text + at, sizeof text - at, "%s%lld", i ? ", " : "",
                           (long long)first.values[i]);
  assert_string_equal(message, text);
}

/* Once they have gone it comes about. */
static void narrow(struct place *place, const struct narrowing *one) {
  char text[LINE_BYTES];
  struct err err = {0};
  int64_t count = ask(place, "COUNT(*)", one->who).values[0];
  status result = run(place, one->statement, NULL, &err);
  assert_int_equal(result, count ? LUMA_CONSTRAINT : LUMA_OK);
  if (count == 0) return;
  expect_told(place, err.message, count, one->who);
  if (below(2)) return;
  (void)snprintf(text, sizeof text, "DELETE FROM n WHERE %s", one->who);
  expect(place, text);
  expect(place, one->statement);
}

static void those_in_the_way_are_found(void) {
  for (size_t round = 0; round < test_rounds(4); round++) {
    struct place place;
    struct db_options options = {.sync_mode = STORE_SYNC_NEVER};
    bool is_done[NARROWINGS] = {false};
    (void)snprintf(place.path, sizeof place.path, "%s/db%zu", test_dir(), round);
    assert_ok(db_open(place.path, &options, &place.db, test_err()));
    assert_ok(session_open(place.db, &place.session, test_err()));
    fill(&place);
    for (uint32_t steps = (uint32_t)below(2); steps; steps--) widen(&place);
    /* Before others ask more of what it makes. */
    if (below(2)) narrow(&place, &narrowings[TRANSFORMED]);
    for (int i = 0; i < NARROWINGS; i++) {
      uint64_t nth = below(NARROWINGS);
      bool is_text = nth == SHORTENED || nth == MADE_INT || nth == CHOSEN;
      if (nth == TRANSFORMED || is_done[nth] || (is_text && is_done[MADE_INT])) continue;
      is_done[nth] = true;
      narrow(&place, &narrowings[nth]);
    }
    session_close(place.session);
    assert_ok(model_check(place.db->model, NULL, NULL, test_err()));
    db_close(place.db);
  }
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"those_in_the_way_are_found", those_in_the_way_are_found, 120},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
