/* SPDX-License-Identifier: MIT */
/* LQL beside SQLite: the same rows in both, the same random statements put to both, the same
 * answers expected, whatever the store, the indexes, the rows of a batch and the passes of the
 * optimizer, all of which are drawn anew for each round (tests/model/pair.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/say.h"

enum { ROWS = 60, STATEMENTS = 60, ROUNDS = 30, ROUNDS_WITH_SERVER = 5 };

/* One row: for SQLite all columns, for LumaDB a document without some of the NULLs. */
static void insert_row(struct pair *pair, const char *table, unsigned id) {
  struct buf document;
  buf_init(&document, PAIR_TEXT_BYTES_MAX);
  buf_append_format(&document, "INSERT INTO %s {\"id\": %u", table, id);
  buf_reset(&pair->text);
  say(pair, "INSERT INTO %s VALUES (%u", table, id);
  for (uint64_t i = 0; i < 6; i++) {
    enum say_kind kind = (enum say_kind)(i / 2);
    say(pair, ", ");
    size_t at = pair->text.bytes;
    say_literal(pair, kind);
    struct slice value = slice_of(pair->text.data + at, pair->text.bytes - at);
    if (slice_is_equal(value, slice_of_text("NULL")) && pick(pair, 2)) continue;
    buf_append_format(&document, ", %s: %.*s", say_column_name(kind, i % 2), SLICE_ARG(value));
  }
  say(pair, ")");
  buf_append_text(&document, "}");
  buf_append_byte(&document, 0);
  buf_append_byte(&pair->text, 0);
  pair_run_sqlite(pair, (const char *)pair->text.data);
  for (size_t i = 0; i < pair->sides_count; i++)
    pair_run_side(pair, &pair->sides[i], (const char *)document.data);
  buf_deinit(&document);
}

/** Some indexes on existing rows, some before there are any. */
static void make_indexes(struct pair *pair) {
  static const char *const keys[] = {"i",
                                     "j",
                                     "r",
                                     "q",
                                     "s",
                                     "u",
                                     "i, s",
                                     "s DESC, j",
                                     "q, i DESC",
                                     "j, i, r",
                                     "(i > j)",
                                     "(i > j), id",
                                     "(s IS NULL)",
                                     "abs(j)",
                                     "u, s",
                                     "r DESC, u",
                                     "i) WHERE (j > 2",
                                     "s) WHERE (s IS NOT NULL"};
  for (int n = 0; n < 4; n++) {
    char text[128];
    (void)snprintf(text, sizeof text, "CREATE INDEX IF NOT EXISTS x%u ON %s (%s)",
                   (unsigned)pair->aliases++, pick(pair, 2) ? "one" : "two", keys[pick(pair, 18)]);
    for (size_t i = 0; i < pair->sides_count; i++)
      if (pair->sides[i].is_indexed) pair_run_side(pair, &pair->sides[i], text);
  }
}

static void create(struct pair *pair, const char *table) {
  char text[160];
  (void)snprintf(text, sizeof text,
                 "CREATE TABLE %s (id INTEGER PRIMARY KEY, i INTEGER, j INTEGER, r REAL, q REAL, s "
                 "TEXT, u TEXT)",
                 table);
  pair_run_sqlite(pair, text);
  bool is_closed = pick(pair, 2); /* types are declared, or seen in the documents */
  if (!is_closed) (void)snprintf(text, sizeof text, "CREATE COLLECTION %s", table);
  for (size_t i = 0; i < pair->sides_count; i++) pair_run_side(pair, &pair->sides[i], text);
}

static void fill(struct pair *pair, const char *table) {
  for (unsigned id = 1, count = (unsigned)pick(pair, ROWS); id <= count; id++) {
    if (id == 5) make_indexes(pair);
    insert_row(pair, table, id);
  }
}

static void one_statement(struct pair *pair) {
  typedef void statement(struct pair * pair);
  static statement *const kinds[] = {select_rows,     select_rows,    select_rows,   select_rows,
                                     select_rows,     select_groups,  select_groups, select_groups,
                                     select_compound, select_windows, select_with,   change_rows,
                                     change_rows,     transact};
  buf_reset(&pair->text);
  kinds[pick(pair, sizeof kinds / sizeof kinds[0])](pair);
}

static void one_round(struct pair *pair, bool reopens, bool transacts) {
  static const char *const views[] = {"CREATE VIEW three AS SELECT a.id AS id, a.i AS i, b.j AS j, "
                                      "a.r AS r, b.q AS q, a.s AS s, b.u "
                                      "AS u FROM one AS a JOIN two AS b ON b.id = a.id",
                                      "CREATE VIEW three AS SELECT id, i, j, r, q, s, u FROM one "
                                      "WHERE id < 15 UNION ALL SELECT id + "
                                      "1000, j, i, q, r, s, u FROM two WHERE j > 0"};
  pair_draw(pair, reopens);
  create(pair, "one");
  create(pair, "two");
  fill(pair, "one");
  fill(pair, "two");
  pair_run(pair, views[pick(pair, 2)]);
  make_indexes(pair);
  for (int i = 0; i < STATEMENTS; i += transacts ? 6 : 1)
    (transacts ? transact : one_statement)(pair);
  pair_run(pair, "DROP VIEW three");
  pair_run(pair, "DROP TABLE one");
  pair_run(pair, "DROP TABLE two");
}

static void run_rounds(bool transacts) {
  struct pair pair;
  const char *const server = getenv("LUMA_TARGET"); /* tests/pg/run sets it */
  const char *const targets[] = {"memory:", test_dir(), server};
  pair_open(&pair, targets, server ? 3 : 2);
  size_t rounds = test_rounds((size_t)(server ? ROUNDS_WITH_SERVER : ROUNDS) / (transacts ? 5 : 1));
  for (size_t round = 0; round < rounds; round++) one_round(&pair, !server, transacts);
  pair_close(&pair);
}

static void answers_as_sqlite_does(void) {
  run_rounds(false);
}

static void transactions_end_as_in_sqlite(void) {
  run_rounds(true);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"answers_as_sqlite_does", answers_as_sqlite_does, 600},
      {"transactions_end_as_in_sqlite", transactions_end_as_in_sqlite, 600},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
