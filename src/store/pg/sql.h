/* SPDX-License-Identifier: MIT */
/* Every statement the store sends, but those that make its tables (schema.c). Pure; any thread. */
#ifndef STORE_PG_SQL_H
#define STORE_PG_SQL_H

#include "base/text/buf.h"

/** The first ones exist once for each space. */
enum sql_kind {
  SQL_GET,           /* keys[] -> place (from 1), value, seq */
  SQL_SCAN_UP,       /* from, to, rows -> key, value */
  SQL_SCAN_DOWN,     /* the same from the end */
  SQL_PUT,           /* keys[], values[] (NULL: deleted), seq */
  SQL_ERASE,         /* from, to */
  SQL_CHANGED_KEYS,  /* keys[], seq -> a row if one was written after seq */
  SQL_CHANGED_RANGE, /* from, to, seq -> a row if something there was */
  SQL_PRUNE,         /* seq: forgets deletions up to it */
  SQL_CHECK,         /* -> place, what: the rows at fault */
  SQL_SPACE_KINDS,

  SQL_BEGIN_READ = SQL_SPACE_KINDS,
  SQL_BEGIN_WRITE,
  SQL_COMMIT,
  SQL_ROLLBACK,
  SQL_HEAD_READ,     /* -> seq, records, trimmed_seq, trimmed_nr */
  SQL_HEAD_LOCK,     /* -> owner, seq, records, trimmed_seq, trimmed_nr */
  SQL_HEAD_SET,      /* seq, records */
  SQL_NOTE_ERASED,   /* space, from, to, seq */
  SQL_PRUNE_ERASED,  /* seq */
  SQL_EMIT,          /* seq, payloads[], number before the first */
  SQL_FEED_READ,     /* seq, nr, rows -> trimmed_seq, trimmed_nr, seq, nr, payload */
  SQL_FEED_DROP,     /* seq, nr: up to there */
  SQL_FEED_TRIMMED,  /* seq, nr */
  SQL_SIZE,          /* -> bytes of all tables */
  SQL_SYNC_ON,       /* this transaction's commit waits for the disk */
  SQL_HEAD_TOUCH,    /* a write that changes nothing */
  SQL_CHECK_RECORDS, /* -> place, what */
  SQL_CHECK_COUNTERS,
  SQL_CHECK_FEED,
  SQL_KINDS
};

enum {
  SQL_NAME_BYTES = 16,
  SQL_SPACES = 4, /* as many as the store has */
  /* An index entry of PostgreSQL's has at most 2,704 bytes: keys are indexed by this many, and told
   * apart by a digest of the rest. */
  SQL_KEY_BYTES = 2000
};

/** The table of a space. */
const char *sql_table(int space);
/** The name the statement is prepared under. */
void sql_name(enum sql_kind kind, int space, char name[SQL_NAME_BYTES]);
/** Appends the statement's text. */
void sql_text(enum sql_kind kind, int space, struct buf *out);

#endif
