/* SPDX-License-Identifier: MIT */
/* What a short statement costs before it runs: parsing, binding and planning it anew, and taking it
 * from the plan cache; beside SQLite's sqlite3_prepare_v2 on the same text.
 *
 *   bench_statements [--tiny] [FOLDER]     FORMAT=tsv: lines for programs */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/os/os.h"
#include "query/query.h"
#include "service/db/db.h"
#include "service/session/session.h"

enum { PLANNED = 20000, TAKEN = 200000, TINY = 50, PLAN_TARGET_NS = 5000, TAKE_TARGET_NS = 1000 };

static const char *const texts[] = {
    "SELECT name FROM users WHERE id = ?",
    "SELECT name, age FROM users WHERE age > 30 AND city = 'c3' ORDER BY age LIMIT 10",
    "SELECT city, count(*) AS n FROM users WHERE age < ? GROUP BY city",
    "INSERT INTO users (id, name, age, city) VALUES (?, ?, ?, ?)",
    "UPDATE users SET age = age + 1 WHERE id = ?",
    "DELETE FROM users WHERE id = ?"};
enum { TEXTS = sizeof texts / sizeof texts[0] };

static void end_if(bool failed, const char *what) {
  if (!failed) return;
  fprintf(stderr, "bench_statements: %s\n", what);
  exit(1);
}

static void run(struct session *session, const char *text) {
  struct session_request request = {.source = {.lang = &lang_lql, .text = slice_of_text(text)}};
  struct session_cursor *cursor;
  struct err err = {0};
  end_if(session_run(session, &request, NULL, &cursor, &err) != LUMA_OK, err.message);
  session_cursor_close(cursor);
}

static uint64_t plan_ns(struct db *db, const char *text, uint64_t times) {
  struct query_source source = {.lang = &lang_lql, .text = slice_of_text(text)};
  struct query_prepare_options options = {.now_us = 1};
  uint64_t began = os_monotonic_us(db->os);
  for (uint64_t i = 0; i < times; i++) {
    struct query *query;
    struct err err = {0};
    status done = query_prepare(db->model, NULL, &source, NULL, &options, &query, &err);
    end_if(done != LUMA_OK, err.message);
    query_destroy(query);
  }
  return (os_monotonic_us(db->os) - began) * 1000 / times;
}

/* A plan that is used for a second is made anew: the next taking of it makes it. */
static struct query *take(struct db *db, const char *text) {
  struct query_source source = {.lang = &lang_lql, .text = slice_of_text(text)};
  struct query_prepare_options options = {.now_us = os_now_us(db->os)};
  struct query *query = plans_take(db->plans, source.lang, source.text, NULL, options.now_us);
  struct err err = {0};
  if (query) return query;
  status done = query_prepare(db->model, NULL, &source, NULL, &options, &query, &err);
  end_if(done != LUMA_OK, err.message);
  return query;
}

static uint64_t take_ns(struct db *db, const char *text, uint64_t times) {
  plans_give(db->plans, take(db, text));
  uint64_t began = os_monotonic_us(db->os);
  for (uint64_t i = 0; i < times; i++) plans_give(db->plans, take(db, text));
  return (os_monotonic_us(db->os) - began) * 1000 / times;
}

static uint64_t sqlite_ns(struct db *db, sqlite3 *peer, const char *text, uint64_t times) {
  uint64_t began = os_monotonic_us(db->os);
  for (uint64_t i = 0; i < times; i++) {
    sqlite3_stmt *statement;
    end_if(sqlite3_prepare_v2(peer, text, -1, &statement, NULL) != SQLITE_OK, sqlite3_errmsg(peer));
    sqlite3_finalize(statement);
  }
  return (os_monotonic_us(db->os) - began) * 1000 / times;
}

static void tell(const char *what, const char *text, uint64_t ns, uint64_t peer_ns,
                 uint64_t target_ns) {
  const char *format = getenv("FORMAT");
  const char *met = ns <= target_ns ? "yes" : "no";
  if (format && strcmp(format, "tsv") == 0)
    printf("%s: %s\t%llu\tns\tsqlite\t%llu\t%.2f\t%llu\t%s\n", what, text, (unsigned long long)ns,
           (unsigned long long)peer_ns, (double)peer_ns / (double)(ns ? ns : 1),
           (unsigned long long)target_ns, met);
  else
    printf("%-6s %7llu ns  sqlite %7llu ns  target %5llu ns  %-3s  %s\n", what,
           (unsigned long long)ns, (unsigned long long)peer_ns, (unsigned long long)target_ns, met,
           text);
}

int main(int argc, char **argv) {
  bool tiny = argc > 1 && strcmp(argv[1], "--tiny") == 0;
  struct db_options options = {.os = os_linux()};
  struct db *db;
  struct session *session;
  struct err err = {0};
  sqlite3 *peer;
  end_if(db_open("memory:", &options, &db, &err) != LUMA_OK, err.message);
  end_if(session_open(db, &session, &err) != LUMA_OK, err.message);
  end_if(sqlite3_open(":memory:", &peer) != SQLITE_OK, "sqlite cannot be opened");
  run(session, "INSERT INTO users {\"id\": 1, \"name\": \"a\", \"age\": 3, \"city\": \"c3\"}");
  run(session, "CREATE INDEX by_age ON users (age)");
  sqlite3_exec(peer, "CREATE TABLE users (id INTEGER PRIMARY KEY, name, age, city)", 0, 0, NULL);
  sqlite3_exec(peer, "CREATE INDEX by_age ON users (age)", 0, 0, NULL);
  for (int i = 0; i < TEXTS; i++) {
    uint64_t planned = plan_ns(db, texts[i], tiny ? TINY : PLANNED);
    tell("plan", texts[i], planned, sqlite_ns(db, peer, texts[i], tiny ? TINY : PLANNED),
         PLAN_TARGET_NS);
    tell("cached", texts[i], take_ns(db, texts[i], tiny ? TINY : TAKEN), 0, TAKE_TARGET_NS);
  }
  session_close(session);
  sqlite3_close(peer);
  db_close(db);
  return 0;
}
