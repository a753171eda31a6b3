/* SPDX-License-Identifier: MIT */
/* LQL beside SQLite: the same rows in both, the same random statements put to both, the same
 * answers expected. One LumaDB lives in memory without indexes, another in a directory with them.
 * The statements keep to what both languages say alike: columns of one type each (with NULLs, which
 * are now and then simply missing in LumaDB), explicit NULLS FIRST or LAST, no division, full
 * parentheses. */
#include <stdio.h>
#include <string.h>

#include "tests/model/pair.h"

enum { DEPTH_MAX = 3, ROWS = 60 };

static uint64_t pick(struct pair *pair, uint64_t n) {
  return rng_below(pair->rng, n);
}

__attribute__((format(printf, 2, 3))) static void say(struct pair *pair, const char *format, ...) {
  char part[1024];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(part, sizeof part, format, args);
  va_end(args);
  assert_true(buf_append_text(&pair->text, part));
}

/* ---- random expressions ---- */

enum kind { INTEGER, REAL, TEXT, KINDS };

static const char *const columns_of[KINDS][3] = {
    {"id", "i", "j"}, {"r", "q", "r"}, {"s", "u", "s"}};

struct scope {
  const char *tables[3];
  unsigned count;
};

static void say_column(struct pair *pair, const struct scope *scope, enum kind kind) {
  const char *table = scope->tables[pick(pair, scope->count)];
  say(pair, "%s.%s", table, columns_of[kind][pick(pair, 3)]);
}

static void say_literal(struct pair *pair, enum kind kind) {
  static const char *const texts[] = {"''", "'a'", "'b'", "'ab'", "'Ba'", "'c d'", "'é'"};
  if (pick(pair, 12) == 0)
    say(pair, "NULL");
  else if (kind == INTEGER)
    say(pair, "%d", (int)rng_range(pair->rng, -4, 12));
  else if (kind == REAL)
    say(pair, "%.2f", (double)rng_range(pair->rng, -20, 40) / 4);
  else
    say(pair, "%s", texts[pick(pair, 7)]);
}

static void say_predicate(struct pair *pair, const struct scope *scope, unsigned depth);
static void say_value(struct pair *pair, const struct scope *scope, enum kind kind, unsigned depth);

static void say_case(struct pair *pair, const struct scope *scope, enum kind kind, unsigned depth) {
  say(pair, "CASE WHEN ");
  say_predicate(pair, scope, depth - 1);
  say(pair, " THEN ");
  say_value(pair, scope, kind, depth - 1);
  if (pick(pair, 2)) {
    say(pair, " ELSE ");
    say_value(pair, scope, kind, depth - 1);
  }
  say(pair, " END");
}

static void say_call(struct pair *pair, const struct scope *scope, const char *name, enum kind kind,
                     unsigned arguments, unsigned depth) {
  say(pair, "%s(", name);
  for (unsigned i = 0; i < arguments; i++) {
    if (i) say(pair, ", ");
    say_value(pair, scope, kind, depth - 1);
  }
  say(pair, ")");
}

static void say_operation(struct pair *pair, const struct scope *scope, enum kind kind,
                          unsigned depth) {
  static const char *const operators[] = {" + ", " - ", " * "};
  say(pair, "(");
  say_value(pair, scope, kind, depth - 1);
  say(pair, "%s", kind == TEXT ? " || " : operators[pick(pair, 3)]);
  say_value(pair, scope, kind, depth - 1);
  say(pair, ")");
}

static void say_value(struct pair *pair, const struct scope *scope, enum kind kind,
                      unsigned depth) {
  uint64_t choice = depth == 0 ? pick(pair, 5) : pick(pair, 10);
  if (choice < 4)
    say_column(pair, scope, kind);
  else if (choice == 4)
    say_literal(pair, kind);
  else if (choice < 7)
    say_operation(pair, scope, kind, depth);
  else if (choice == 7)
    say_case(pair, scope, kind, depth);
  else if (choice == 8)
    say_call(pair, scope, pick(pair, 2) ? "coalesce" : "nullif", kind, 2, depth);
  else if (kind == INTEGER && pick(pair, 2))
    say_call(pair, scope, "length", TEXT, 1, depth);
  else
    say_call(pair, scope, kind == TEXT ? (pick(pair, 2) ? "trim" : "ltrim") : "abs", kind, 1,
             depth);
}

static void say_comparison(struct pair *pair, const struct scope *scope, unsigned depth) {
  static const char *const operators[] = {
      "=", "!=", "<", "<=", ">", ">=", "<>", "==", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"};
  enum kind kind = (enum kind)pick(pair, KINDS);
  enum kind other = kind == REAL && pick(pair, 2) ? INTEGER : kind;
  say_value(pair, scope, kind, depth ? depth - 1 : 0);
  say(pair, " %s ", operators[pick(pair, 10)]);
  if (pick(pair, 2))
    say_literal(pair, other);
  else
    say_value(pair, scope, other, depth ? depth - 1 : 0);
}

static void say_range(struct pair *pair, const struct scope *scope) {
  enum kind kind = (enum kind)pick(pair, KINDS);
  say_column(pair, scope, kind);
  if (pick(pair, 3) == 0) say(pair, " NOT");
  if (pick(pair, 2)) {
    say(pair, " BETWEEN ");
    say_literal(pair, kind);
    say(pair, " AND ");
    say_literal(pair, kind);
    return;
  }
  say(pair, " IN (");
  for (uint64_t i = 0, count = 1 + pick(pair, 4); i < count; i++) {
    if (i) say(pair, ", ");
    say_literal(pair, kind);
  }
  say(pair, ")");
}

static void say_like(struct pair *pair, const struct scope *scope) {
  static const char *const patterns[] = {
      "'a%'", "'%b'", "'%'", "'_'", "'a_'", "'%a%'", "''", "'B!%' ESCAPE '!'", "'%é%'"};
  say_column(pair, scope, TEXT);
  say(pair, "%s LIKE %s", pick(pair, 3) ? "" : " NOT", patterns[pick(pair, 9)]);
}

static void say_predicate(struct pair *pair, const struct scope *scope, unsigned depth) {
  static const char *const tests[] = {"IS NULL", "IS NOT NULL"};
  uint64_t choice = pick(pair, depth == 0 ? 7 : 12);
  say(pair, "(");
  if (choice < 4) {
    say_comparison(pair, scope, depth);
  } else if (choice == 4) {
    say_range(pair, scope);
  } else if (choice == 5) {
    say_like(pair, scope);
  } else if (choice == 6) {
    say_column(pair, scope, (enum kind)pick(pair, KINDS));
    say(pair, " %s", tests[pick(pair, 2)]);
  } else if (choice == 7) {
    say(pair, "NOT ");
    say_predicate(pair, scope, depth - 1);
  } else if (choice == 8) {
    say_predicate(pair, scope, depth - 1);
    say(pair, " IS %s%s", pick(pair, 2) ? "" : "NOT ", pick(pair, 2) ? "TRUE" : "FALSE");
  } else {
    say_predicate(pair, scope, depth - 1);
    say(pair, pick(pair, 2) ? " AND " : " OR ");
    say_predicate(pair, scope, depth - 1);
  }
  say(pair, ")");
}

/* ---- random SELECTs ---- */

static void say_from(struct pair *pair, struct scope *scope) {
  static const char *const kinds[] = {"JOIN", "INNER JOIN", "LEFT JOIN", "LEFT OUTER JOIN"};
  static const char *const names[] = {"x", "y", "z"};
  unsigned count = 1 + (unsigned)(pick(pair, 5) / 2);
  scope->count = 0;
  for (unsigned i = 0; i < count; i++) {
    bool cross = i > 0 && count == 2 && pick(pair, 6) == 0;
    say(pair, i == 0 ? " FROM " : (cross ? (pick(pair, 2) ? " CROSS JOIN " : ", ") : " %s "),
        kinds[pick(pair, 4)]);
    say(pair, "%s %s", pick(pair, 2) ? "one" : "two", names[i]);
    scope->tables[scope->count++] = names[i];
    if (i == 0 || cross) continue;
    enum kind kind = (enum kind)pick(pair, KINDS);
    say(pair, " ON %s.%s = %s.%s", names[pick(pair, i)], columns_of[kind][pick(pair, 3)], names[i],
        columns_of[kind][pick(pair, 3)]);
    if (pick(pair, 3)) continue;
    say(pair, " AND ");
    say_predicate(pair, scope, 1);
  }
}

static void say_where(struct pair *pair, const struct scope *scope) {
  if (pick(pair, 5) == 0) return;
  say(pair, " WHERE ");
  say_predicate(pair, scope, (unsigned)pick(pair, DEPTH_MAX + 1));
}

static void say_direction(struct pair *pair) {
  bool descending = pick(pair, 2);
  say(pair, "%s NULLS %s", descending ? " DESC" : (pick(pair, 2) ? " ASC" : ""),
      pick(pair, 2) ? "FIRST" : "LAST");
}

/* A bare number would be the number of a column. */
static void say_key(struct pair *pair, const struct scope *scope) {
  enum kind kind = (enum kind)pick(pair, KINDS);
  if (pick(pair, 2))
    say_column(pair, scope, kind);
  else
    say_operation(pair, scope, kind, 1);
}

/* An order of all rows: by some expressions, then by every key. */
static void say_total_order(struct pair *pair, const struct scope *scope) {
  say(pair, " ORDER BY ");
  for (uint64_t i = 0, count = pick(pair, 3); i < count; i++) {
    say_key(pair, scope);
    say_direction(pair);
    say(pair, ", ");
  }
  for (unsigned i = 0; i < scope->count; i++) {
    say(pair, "%s%s.id", i ? ", " : "", scope->tables[i]);
    say_direction(pair);
  }
  if (pick(pair, 2))
    say(pair, " LIMIT %d", (int)pick(pair, 12));
  else
    return;
  if (pick(pair, 2)) say(pair, " OFFSET %d", (int)pick(pair, 9));
}

static void say_items(struct pair *pair, const struct scope *scope) {
  for (uint64_t i = 0, count = 1 + pick(pair, 4); i < count; i++) {
    say(pair, "%s", i ? ", " : "");
    say_value(pair, scope, (enum kind)pick(pair, KINDS), (unsigned)pick(pair, DEPTH_MAX));
    say(pair, " AS c%d", (int)i);
  }
}

/* The list stands before the FROM that it needs to know: the FROM is made first and moved. */
static void put_items_first(struct pair *pair, const char *head, size_t items_at) {
  struct buf whole;
  buf_init(&whole, PAIR_TEXT_BYTES_MAX);
  buf_append_text(&whole, head);
  buf_append(&whole, pair->text.data + items_at, pair->text.bytes - items_at);
  buf_append(&whole, pair->text.data, items_at);
  buf_deinit(&pair->text);
  pair->text = whole;
}

static void select_rows(struct pair *pair) {
  struct scope scope;
  bool distinct = pick(pair, 5) == 0, ordered = !distinct && pick(pair, 3) > 0;
  say_from(pair, &scope);
  say_where(pair, &scope);
  if (ordered) say_total_order(pair, &scope);
  size_t items_at = pair->text.bytes;
  say_items(pair, &scope);
  put_items_first(pair, distinct ? "SELECT DISTINCT " : "SELECT ", items_at);
  pair_compare(pair, ordered);
}

static void say_aggregate(struct pair *pair, const struct scope *scope) {
  static const char *const names[] = {"count", "sum", "avg", "min", "max"};
  uint64_t which = pick(pair, 6);
  if (which == 5) {
    say(pair, "count(*)");
    return;
  }
  bool numeric = which == 1 || which == 2;
  say(pair, "%s(%s", names[which], pick(pair, 4) ? "" : "DISTINCT ");
  say_value(pair, scope, (enum kind)pick(pair, numeric ? TEXT : KINDS), (unsigned)pick(pair, 2));
  say(pair, ")");
}

static void select_groups(struct pair *pair) {
  struct scope scope;
  say_from(pair, &scope);
  say_where(pair, &scope);
  uint64_t keys = pick(pair, 3);
  if (keys) say(pair, " GROUP BY ");
  size_t first_key = pair->text.bytes;
  for (uint64_t i = 0; i < keys; i++) {
    say(pair, "%s", i ? ", " : "");
    say_key(pair, &scope);
  }
  size_t keys_end = pair->text.bytes;
  if (keys && pick(pair, 3) == 0) {
    say(pair, " HAVING ");
    if (pick(pair, 2))
      say(pair, "count(*) > %d", (int)pick(pair, 4));
    else
      say_aggregate(pair, &scope), say(pair, " IS NOT NULL");
  }
  size_t items_at = pair->text.bytes;
  struct buf key_text;
  buf_init(&key_text, PAIR_TEXT_BYTES_MAX);
  buf_append(&key_text, pair->text.data + first_key, keys_end - first_key);
  buf_append_byte(&key_text, 0);
  if (keys) say(pair, "%s, ", (const char *)key_text.data);
  buf_deinit(&key_text);
  for (uint64_t i = 0, count = 1 + pick(pair, 3); i < count; i++) {
    say(pair, "%s", i ? ", " : "");
    say_aggregate(pair, &scope);
  }
  put_items_first(pair, "SELECT ", items_at);
  pair_compare(pair, false);
}

/* ---- random changes ---- */

static void update_rows(struct pair *pair) {
  const char *table = pick(pair, 2) ? "one" : "two";
  struct scope scope = {{table}, 1};
  say(pair, "UPDATE %s SET ", table);
  enum kind kind = (enum kind)pick(pair, KINDS);
  say(pair, "%s = ", columns_of[kind][1]);
  /* The values stay small, whatever is done to them how often. */
  if (pick(pair, 2))
    say_literal(pair, kind);
  else
    say(pair, "%s", kind == INTEGER ? "j - 1" : (kind == REAL ? "abs(r)" : "trim(s)"));
  say(pair, " WHERE ");
  say_predicate(pair, &scope, 1);
  pair_compare(pair, true);
}

static void delete_rows(struct pair *pair) {
  const char *table = pick(pair, 2) ? "one" : "two";
  struct scope scope = {{table}, 1};
  say(pair, "DELETE FROM %s WHERE id > %d AND ", table, (int)pick(pair, ROWS));
  say_predicate(pair, &scope, 1);
  pair_compare(pair, true);
}

/* ---- the three databases ---- */

static void run_in(struct pair *pair, struct session *session, const char *text) {
  struct buf saved = pair->text, out;
  buf_init(&pair->text, PAIR_TEXT_BYTES_MAX);
  buf_init(&out, PAIR_TEXT_BYTES_MAX);
  buf_append_text(&pair->text, text);
  pair_ask(pair, session, &out);
  buf_deinit(&pair->text);
  buf_deinit(&out);
  pair->text = saved;
}

static void run_sqlite(struct pair *pair, const char *text) {
  if (sqlite3_exec(pair->sqlite, text, NULL, NULL, NULL) != SQLITE_OK)
    fail_msg("%s: %s", sqlite3_errmsg(pair->sqlite), text);
}

/* One row: for SQLite all columns, for LumaDB a document without some of the NULLs. */
static void insert_row(struct pair *pair, const char *table, unsigned id) {
  static const char *const names[] = {"i", "j", "r", "q", "s", "u"};
  static const enum kind kinds[] = {INTEGER, INTEGER, REAL, REAL, TEXT, TEXT};
  struct buf document;
  buf_init(&document, PAIR_TEXT_BYTES_MAX);
  buf_append_format(&document, "INSERT INTO %s {\"id\": %u", table, id);
  buf_reset(&pair->text);
  say(pair, "INSERT INTO %s VALUES (%u", table, id);
  for (size_t i = 0; i < 6; i++) {
    say(pair, ", ");
    size_t at = pair->text.bytes;
    say_literal(pair, kinds[i]);
    struct slice value = slice_of(pair->text.data + at, pair->text.bytes - at);
    if (slice_is_equal(value, slice_of_text("NULL")) && pick(pair, 2)) continue;
    buf_append_format(&document, ", %s: %.*s", names[i], SLICE_ARG(value));
  }
  say(pair, ")");
  buf_append_text(&document, "}");
  buf_append_byte(&document, 0);
  buf_append_byte(&pair->text, 0);
  run_sqlite(pair, (const char *)pair->text.data);
  run_in(pair, pair->plain_session, (const char *)document.data);
  run_in(pair, pair->indexed_session, (const char *)document.data);
  buf_deinit(&document);
}

/* Some indexes on existing rows, some before there are any. */
static void make_indexes(struct pair *pair) {
  static const char *const keys[] = {"i", "j",    "r",         "q",        "s",
                                     "u", "i, s", "s DESC, j", "q, i DESC"};
  for (int i = 0; i < 4; i++) {
    char text[128];
    (void)snprintf(text, sizeof text, "CREATE INDEX ON %s (%s)", pick(pair, 2) ? "one" : "two",
                   keys[pick(pair, 9)]);
    struct session_request request = {.source = {.lang = &lang_lql, .text = slice_of_text(text)}};
    struct session_cursor *cursor = NULL;
    struct err err = {0}; /* the same index twice is refused */
    (void)session_run(pair->indexed_session, &request, NULL, &cursor, &err);
    session_cursor_close(cursor);
  }
}

static void open_pair(struct pair *pair) {
  struct db_options options = {.sync_mode = STORE_SYNC_NEVER};
  *pair = (struct pair){.rng = test_rng()};
  buf_init(&pair->text, PAIR_TEXT_BYTES_MAX);
  assert_int_equal(SQLITE_OK, sqlite3_open(":memory:", &pair->sqlite));
  run_sqlite(pair, "PRAGMA case_sensitive_like = ON");
  assert_ok(db_open("memory:", &options, &pair->plain, test_err()));
  assert_ok(db_open(test_dir(), &options, &pair->indexed, test_err()));
  assert_ok(session_open(pair->plain, &pair->plain_session, test_err()));
  assert_ok(session_open(pair->indexed, &pair->indexed_session, test_err()));
}

static void close_pair(struct pair *pair) {
  session_close(pair->plain_session);
  session_close(pair->indexed_session);
  assert_ok(model_check(pair->indexed->model, NULL, NULL, test_err()));
  db_close(pair->plain);
  db_close(pair->indexed);
  sqlite3_close(pair->sqlite);
  buf_deinit(&pair->text);
}

static void fill(struct pair *pair, const char *table) {
  char text[128];
  (void)snprintf(text, sizeof text,
                 "CREATE TABLE %s (id INTEGER PRIMARY KEY, i INTEGER, j INTEGER, r REAL, q REAL, s "
                 "TEXT, u TEXT)",
                 table);
  run_sqlite(pair, text);
  (void)snprintf(text, sizeof text, "CREATE COLLECTION %s", table);
  run_in(pair, pair->plain_session, text);
  run_in(pair, pair->indexed_session, text);
  for (unsigned id = 1, count = (unsigned)pick(pair, ROWS); id <= count; id++) {
    if (id == 5) make_indexes(pair);
    insert_row(pair, table, id);
  }
}

static void drop(struct pair *pair, const char *table) {
  char text[128];
  (void)snprintf(text, sizeof text, "DROP TABLE %s", table);
  run_sqlite(pair, text);
  run_in(pair, pair->plain_session, text);
  run_in(pair, pair->indexed_session, text);
}

static void one_statement(struct pair *pair) {
  uint64_t choice = pick(pair, 20);
  buf_reset(&pair->text);
  if (choice == 0)
    update_rows(pair);
  else if (choice == 1)
    delete_rows(pair);
  else if (choice < 13)
    select_rows(pair);
  else
    select_groups(pair);
}

static void answers_as_sqlite_does(void) {
  struct pair pair;
  open_pair(&pair);
  for (size_t round = 0; round < test_rounds(20); round++) {
    fill(&pair, "one");
    fill(&pair, "two");
    make_indexes(&pair);
    for (int i = 0; i < 100; i++) one_statement(&pair);
    drop(&pair, "one");
    drop(&pair, "two");
  }
  close_pair(&pair);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"answers_as_sqlite_does", answers_as_sqlite_does, 300},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
