/* SPDX-License-Identifier: MIT */
/* What souls cost, and what they are worth: single inserts through a closed soul of 12 attributes
 * with two constraints and a unique index, beside the same documents without a soul (with the
 * index) and beside a PostgreSQL table with the same constraints; and what an evolution costs the
 * statement and those who read older beings. Prints a table, or with FORMAT=tsv lines of name,
 * figure, unit, peer, peer_figure, ratio, target, met. QUICK=1: under 50 seconds. --tiny: a test;
 * figures are not shown. Without BENCH_POSTGRES there is no row with PostgreSQL.
 * usage: bench_souls [--tiny] DIRECTORY */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "luma/luma.h"

enum { JSON_BYTES = 1024, COLUMNS = 12, TEXT_BYTES = 64 };

struct sizes {
  uint64_t inserts, rounds, beings, scans;
};

static luma_error error;
static bool tiny, tsv;

static void check(enum luma_status status, const char *what) {
  if (status != LUMA_OK) bench_fail("lumadb", what, error.message);
}

/* ---- figures ---- */

struct figure {
  const char *name, *unit, *peer;
  double figure, peer_figure, ratio, target;
  bool at_most; /* the ratio may be at most the target */
};

static void show(const struct figure *f) {
  bool met = f->at_most ? f->ratio <= f->target : f->ratio >= f->target;
  if (tiny) return;
  if (tsv) {
    printf("%s\t%.1f\t%s\t%s\t%.1f\t%.3f\t%.2f\t%s\n", f->name, f->figure, f->unit, f->peer,
           f->peer_figure, f->ratio, f->target, met ? "yes" : "no");
    return;
  }
  printf("%-44s %12.1f %-10s %-22s %12.1f  x%.2f (%s %.2f) %s\n", f->name, f->figure, f->unit,
         f->peer, f->peer_figure, f->ratio, f->at_most ? "at most" : "at least", f->target,
         met ? "met" : "NOT met");
}

/* ---- the beings ---- */

static const char soul[] =
    "CREATE TABLE closed (id INT PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, "
    "age INT, city TEXT, country TEXT, score FLOAT, rating FLOAT, active BOOLEAN, level INT, "
    "plan TEXT, bio TEXT, CONSTRAINT grown CHECK (age >= 18 AND age < 150), "
    "CONSTRAINT fair CHECK (score <= 100.0 OR level > 3))";
static const char table[] =
    "CREATE TABLE closed (id BIGINT PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, "
    "age BIGINT, city TEXT, country TEXT, score DOUBLE PRECISION, rating DOUBLE PRECISION, "
    "active BOOLEAN, level BIGINT, plan TEXT, bio TEXT, "
    "CONSTRAINT grown CHECK (age >= 18 AND age < 150), "
    "CONSTRAINT fair CHECK (score <= 100.0 OR level > 3))";
static const char *const names[COLUMNS] = {"id",    "email",  "name",   "age",   "city", "country",
                                           "score", "rating", "active", "level", "plan", "bio"};
static const char *const newest_names[COLUMNS] = {"id",     "email",   "name",  "age",
                                                  "city",   "country", "score", "rating",
                                                  "active", "level",   "plan",  "about"};
static const bool is_text[COLUMNS] = {false, true,  true,  false, true, true,
                                      false, false, false, false, true, true};

static void make_values(uint64_t n, char values[COLUMNS][TEXT_BYTES]) {
  uint64_t r = n * 2654435761u;
  const char *const plans[] = {"free", "basic", "pro"};
  (void)snprintf(values[0], TEXT_BYTES, "%llu", (unsigned long long)n);
  (void)snprintf(values[1], TEXT_BYTES, "user%llu@example.org",
                 (unsigned long long)(r % 1000000007));
  (void)snprintf(values[2], TEXT_BYTES, "Name of %llu", (unsigned long long)n);
  (void)snprintf(values[3], TEXT_BYTES, "%llu", (unsigned long long)(18 + r % 60));
  (void)snprintf(values[4], TEXT_BYTES, "city%llu", (unsigned long long)(r % 50));
  (void)snprintf(values[5], TEXT_BYTES, "country%llu", (unsigned long long)(r % 20));
  (void)snprintf(values[6], TEXT_BYTES, "%llu.5", (unsigned long long)(r % 99));
  (void)snprintf(values[7], TEXT_BYTES, "%llu.25", (unsigned long long)(r % 5));
  (void)snprintf(values[8], TEXT_BYTES, "%s", r & 1 ? "true" : "false");
  (void)snprintf(values[9], TEXT_BYTES, "%llu", (unsigned long long)(r % 10));
  (void)snprintf(values[10], TEXT_BYTES, "%s", plans[r % 3]);
  (void)snprintf(values[11], TEXT_BYTES, "likes long walks and number %llu",
                 (unsigned long long)(r % 1000));
}

static size_t make_json(uint64_t n, const char *const *as, char *out) {
  char values[COLUMNS][TEXT_BYTES];
  size_t at = 0;
  make_values(n, values);
  for (int i = 0; i < COLUMNS; i++) {
    const char *quote = is_text[i] ? "\"" : "";
    at += (size_t)snprintf(out + at, JSON_BYTES - at, "%s\"%s\":%s%s%s", i ? "," : "{", as[i],
                           quote, values[i], quote);
  }
  out[at++] = '}';
  return at;
}

/* ---- LumaDB ---- */

struct luma {
  luma_db *db;
  luma_session *session;
};

static void exec(struct luma *luma, const char *text) {
  check(luma_exec(luma->session, "lql", text, NULL, &error), text);
}

static void open_luma(struct luma *luma, const char *directory) {
  char path[1024];
  luma_options options = {.sync = LUMA_SYNC_NEVER};
  (void)snprintf(path, sizeof path, "%s/luma", directory);
  check(luma_open(path, &options, &luma->db, &error), "open");
  check(luma_session_open(luma->db, &luma->session, &error), "session");
}

static double insert_luma(struct luma *luma, const char *collection, uint64_t from,
                          uint64_t count) {
  char json[JSON_BYTES];
  double before = bench_now();
  for (uint64_t i = 0; i < count; i++) {
    size_t bytes = make_json(from + i, names, json);
    check(luma_insert(luma->session, collection, json, bytes, NULL, 0, &error), "insert");
  }
  return bench_now() - before;
}

/* ---- PostgreSQL ---- */

static void run_pg(PGconn *connection, const char *sql) {
  PGresult *result = PQexec(connection, sql);
  if (PQresultStatus(result) != PGRES_COMMAND_OK)
    bench_fail("postgres", sql, PQerrorMessage(connection));
  PQclear(result);
}

static PGconn *open_pg(void) {
  const char *where = getenv("BENCH_POSTGRES");
  if (!where) return NULL;
  PGconn *connection = PQconnectdb(where);
  if (PQstatus(connection) != CONNECTION_OK)
    bench_fail("postgres", "connect", PQerrorMessage(connection));
  run_pg(connection, "SET client_min_messages = warning");
  run_pg(connection, "DROP TABLE IF EXISTS closed");
  run_pg(connection, table);
  run_pg(connection, "SET synchronous_commit = off");
  PGresult *result = PQprepare(
      connection, "insert",
      "INSERT INTO closed VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)", 0, NULL);
  if (PQresultStatus(result) != PGRES_COMMAND_OK)
    bench_fail("postgres", "prepare", PQerrorMessage(connection));
  PQclear(result);
  return connection;
}

static double insert_pg(PGconn *connection, uint64_t from, uint64_t count) {
  char values[COLUMNS][TEXT_BYTES];
  const char *params[COLUMNS];
  double before = bench_now();
  for (uint64_t i = 0; i < count; i++) {
    make_values(from + i, values);
    for (int c = 0; c < COLUMNS; c++) params[c] = values[c];
    PGresult *result = PQexecPrepared(connection, "insert", COLUMNS, params, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
      bench_fail("postgres", "insert", PQerrorMessage(connection));
    PQclear(result);
  }
  return bench_now() - before;
}

/* ---- rows ---- */

static const char *const *names_of(const char *collection) {
  return strcmp(collection, "newest") == 0 ? newest_names : names;
}

/* The soul that the older beings were written under, and the one it becomes. */
static void make_souls(struct luma *luma) {
  char text[sizeof soul + TEXT_BYTES];
  (void)snprintf(text, sizeof text, "CREATE TABLE evolving%s",
                 soul + strlen("CREATE TABLE closed"));
  exec(luma, text);
  exec(luma, "CREATE TABLE newest (id INT PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT "
             "NULL, age FLOAT, city TEXT, country TEXT, score FLOAT, rating FLOAT, active BOOLEAN, "
             "level INT, plan TEXT, about TEXT, nick TEXT, rank INT DEFAULT 3, CONSTRAINT grown "
             "CHECK (age >= 18 AND age < 150), CONSTRAINT fair CHECK (score <= 100.0 OR level > "
             "3))");
}

/* Turn by turn, so that what happens on the machine happens to all of them. */
static void measure_inserts(struct luma *luma, const struct sizes *sizes) {
  double with = 0, without = 0, peer = 0;
  PGconn *connection = open_pg();
  exec(luma, soul);
  exec(luma, "CREATE COLLECTION plain");
  exec(luma, "CREATE UNIQUE INDEX ON plain (email)");
  uint64_t some = sizes->inserts / sizes->rounds;
  for (uint64_t round = 0; round < sizes->rounds; round++) {
    with += insert_luma(luma, "closed", round * some, some);
    without += insert_luma(luma, "plain", round * some, some);
    if (connection) peer += insert_pg(connection, round * some, some);
  }
  if (connection) PQfinish(connection);
  double count = (double)(some * sizes->rounds);
  show(&(struct figure){"insert through a closed soul", "inserts/s", "without a soul", count / with,
                        count / without, without / with, 0.8, false});
  if (connection)
    show(&(struct figure){"insert through a closed soul", "inserts/s", "postgres, same rules",
                          count / with, count / peer, peer / with, 3, false});
}

static void import_beings(struct luma *luma, const char *collection, uint64_t count) {
  char json[JSON_BYTES + 1];
  luma_import *import;
  luma_import_stats stats;
  check(luma_import_open(luma->session, collection, LUMA_IMPORT_NDJSON, &import, &error), "import");
  for (uint64_t i = 0; i < count; i++) {
    size_t bytes = make_json(i, names_of(collection), json);
    json[bytes++] = '\n';
    check(luma_import_write(import, json, bytes, &error), "import");
  }
  check(luma_import_close(import, &stats, &error), "import");
  if (stats.documents != count) bench_fail("lumadb", "import", "documents are missing");
}

static uint64_t scan(struct luma *luma, const char *text) {
  luma_result *result;
  const luma_value *row;
  int64_t sum = 0;
  check(luma_query(luma->session, "lql", text, NULL, 0, &result, &error), text);
  check(luma_next(result, &row, &error), text);
  if (!row || !luma_value_int64(luma_value_field(result, row, "s"), &sum))
    bench_fail("lumadb", "scan", "there is no sum");
  luma_result_close(result);
  return (uint64_t)sum;
}

static double time_scan(struct luma *luma, const char *text, uint64_t *sum) {
  double before = bench_now();
  *sum = scan(luma, text);
  return bench_now() - before;
}

/* Whole beings by their keys, spread over all of them; the seconds of one. */
static double time_gets(struct luma *luma, const char *collection, uint64_t beings) {
  uint64_t count = beings / 40;
  double before = bench_now();
  for (uint64_t i = 0; i < count; i++) {
    luma_param key = luma_int64((int64_t)(bench_random(i) % beings));
    luma_result *result;
    const luma_value *document;
    int64_t age;
    check(luma_get(luma->session, collection, &key, &result, &document, &error), "get");
    if (!luma_value_int64(luma_value_field(result, document, "age"), &age))
      bench_fail("lumadb", "get", "a being has no age");
    luma_result_close(result);
  }
  return (bench_now() - before) / (double)count;
}

static void keep_least(double *least, double seconds) {
  if (*least == 0 || seconds < *least) *least = seconds;
}

/* One kind of scan over beings that evolved and the same over beings of the newest soul, turn by
 * turn. */
static void compare_scans(struct luma *luma, const char *name, const char *evolved,
                          const char *stayed, const struct sizes *sizes) {
  double old = 0, fresh = 0;
  uint64_t sums[2];
  for (uint64_t i = 0; i < sizes->scans + 1; i++) {
    double first = time_scan(luma, evolved, &sums[0]), second = time_scan(luma, stayed, &sums[1]);
    if (sums[0] != sums[1]) bench_fail("lumadb", "evolution", "beings changed");
    if (i == 0) continue; /* caches fill */
    keep_least(&old, first);
    keep_least(&fresh, second);
  }
  double count = (double)sizes->beings;
  show(&(struct figure){name, "beings/s", "beings of the newest soul", count / old, count / fresh,
                        old / fresh, 1.1, true});
}

static void compare_gets(struct luma *luma, const struct sizes *sizes) {
  double old = 0, fresh = 0;
  for (uint64_t i = 0; i < 2 * sizes->scans + 1; i++) {
    double first = time_gets(luma, "evolving", sizes->beings);
    double second = time_gets(luma, "newest", sizes->beings);
    if (i == 0) continue;
    keep_least(&old, first);
    keep_least(&fresh, second);
  }
  show(&(struct figure){"point read of older beings", "beings/s", "beings of the newest soul",
                        1 / old, 1 / fresh, old / fresh, 1.1, true});
}

static void measure_evolution(struct luma *luma, const struct sizes *sizes) {
  make_souls(luma);
  import_beings(luma, "evolving", sizes->beings);
  import_beings(luma, "newest", sizes->beings);
  check(luma_checkpoint(luma->db, &error), "checkpoint");
  double began = bench_now();
  exec(luma, "EVOLVE SOUL evolving ADD COLUMN nick TEXT, ADD COLUMN rank INT DEFAULT 3, "
             "RENAME COLUMN bio TO about, ALTER COLUMN age TYPE float");
  double statement_ms = (bench_now() - began) * 1000;
  show(&(struct figure){"evolution, the statement", "ms", "the limit", statement_ms, 50,
                        statement_ms / 50, 1, true});
  compare_scans(luma, "scan of older beings, what stayed",
                "SELECT SUM(level) AS s FROM evolving WHERE city <> 'city7'",
                "SELECT SUM(level) AS s FROM newest WHERE city <> 'city7'", sizes);
  compare_scans(luma, "scan of older beings, what was renamed",
                "SELECT SUM(length(about)) AS s FROM evolving",
                "SELECT SUM(length(about)) AS s FROM newest", sizes);
  compare_scans(luma, "scan of older beings, what became wider",
                "SELECT COUNT(*) AS s FROM evolving WHERE age < 30",
                "SELECT COUNT(*) AS s FROM newest WHERE age < 30", sizes);
  compare_gets(luma, sizes);
  if (scan(luma, "SELECT SUM(rank) AS s FROM evolving") != 3 * sizes->beings)
    bench_fail("lumadb", "evolution", "older beings lack the default");
}

int main(int argc, char **argv) {
  struct luma luma;
  const char *format = getenv("FORMAT"), *quick = getenv("QUICK");
  tiny = argc > 2 && strcmp(argv[1], "--tiny") == 0;
  tsv = format && strcmp(format, "tsv") == 0;
  struct sizes sizes = {200000, 10, 1000000, 5};
  if (quick && strcmp(quick, "1") == 0) sizes = (struct sizes){50000, 10, 1000000, 3};
  if (tiny) sizes = (struct sizes){200, 2, 500, 1};
  if (argc < 2) return 2;
  open_luma(&luma, argv[argc - 1]);
  measure_inserts(&luma, &sizes);
  measure_evolution(&luma, &sizes);
  luma_session_close(luma.session);
  luma_close(luma.db);
  return 0;
}
