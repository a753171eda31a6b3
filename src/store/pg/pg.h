/* SPDX-License-Identifier: MIT */
/* The store over a server that speaks PostgreSQL's protocol, through libpq: a few tables in the
 * schema that comes first in the connection's search path. See the README of this folder for the
 * tables, the order of commits and what this store is slow at. */
#ifndef STORE_PG_PG_H
#define STORE_PG_PG_H

#include "base/os/os.h"
#include "store/store.h"

struct pg_options {
  bool create;    /* make the tables if there are none */
  bool read_only; /* nothing is written; several may read, beside no writer */
  /* always and group: a commit answers once the server has it on disk; periodic and never: the
   * server flushes a moment later */
  enum store_sync_mode sync_mode;
  struct store_listener listener; /* may be all NULL */
  const char *holder;             /* text shown to others who try to open; NULL = none */
};

/** Opens (or makes) the database at `target`, a URI `postgres://user@host:port/name?…`; what it
 * leaves out libpq takes from the environment (PGPASSWORD, ~/.pgpass …). One process writes at a
 * time: LUMA_LOCKED names the one that does. LUMA_CANNOT_OPEN when the server is not reached,
 * LUMA_NOT_FOUND, LUMA_NOT_A_DATABASE, LUMA_VERSION_TOO_NEW. Every call may wait for the network
 * and none answers LUMA_PENDING. A connection that is lost is LUMA_IO_ERROR to the transaction that
 * used it; the next one makes a new connection. Ends with store_close. */
status pg_open(struct os *os, const char *target, const struct pg_options *options,
               struct store **store, struct err *err);

#endif
