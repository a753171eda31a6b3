/* SPDX-License-Identifier: MIT */
#include "tests/pg/schema.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/pg/pg.h"
#include "tests/lib/test.h"

static void run_at(const char *target, const char *sql) {
  PGconn *conn = PQconnectdb(target);
  if (PQstatus(conn) != CONNECTION_OK) fail_msg("%s", PQerrorMessage(conn));
  PGresult *result = PQexec(conn, "SET client_min_messages = error");
  PQclear(result);
  result = PQexec(conn, sql);
  ExecStatusType code = PQresultStatus(result);
  if (code != PGRES_COMMAND_OK && code != PGRES_TUPLES_OK) fail_msg("%s", PQerrorMessage(conn));
  PQclear(result);
  PQfinish(conn);
}

static const char *server(void) {
  const char *target = getenv("LUMA_POSTGRES");
  if (!target) fail_msg("LUMA_POSTGRES is not set: `make pg` starts a server");
  return target;
}

/* Cases are processes. */
void schema_renew(void) {
  char sql[128];
  int number = (int)getpid();
  snprintf(sql, sizeof sql, "DROP SCHEMA IF EXISTS case_%d CASCADE; CREATE SCHEMA case_%d", number,
           number);
  run_at(server(), sql);
}

const char *schema_target(void) {
  static char target[512];
  if (target[0]) return target;
  schema_renew();
  snprintf(target, sizeof target, "%s&options=-csearch_path%%3Dcase_%d", server(), (int)getpid());
  return target;
}

void schema_run(const char *sql) {
  run_at(schema_target(), sql);
}

status schema_open(const struct store_listener *listener, struct store **store, struct err *err) {
  struct pg_options options = {.create = true, .sync_mode = STORE_SYNC_GROUP};
  if (listener) options.listener = *listener;
  return pg_open(os_linux(), schema_target(), &options, store, err);
}
