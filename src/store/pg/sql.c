/* SPDX-License-Identifier: MIT */
/* In the texts `@` stands for the space's table, `#` for its number and `{k}` for the two columns
 * that the key k is split into: the C code knows whole keys. A comparison of (key, rest) finds its
 * place by the index on key; rows of equal `key` are then few. */
#include "store/pg/sql.h"

#include <stdio.h>

#define IN_RANGE "(key, rest) >= ({$1::bytea}) AND (key, rest) < ({$2::bytea})"

static const char *const texts[SQL_KINDS] = {
    [SQL_GET] = "SELECT n, value, seq FROM unnest($1::bytea[]) WITH ORDINALITY AS w (k, n) "
                "JOIN @ ON (key, rest) = ({k}) WHERE value IS NOT NULL",
    [SQL_SCAN_UP] = "SELECT key || rest, value FROM @ WHERE " IN_RANGE
                    " AND value IS NOT NULL ORDER BY key, rest LIMIT $3::bigint",
    [SQL_SCAN_DOWN] = "SELECT key || rest, value FROM @ WHERE " IN_RANGE
                      " AND value IS NOT NULL ORDER BY key DESC, rest DESC LIMIT $3::bigint",
    [SQL_PUT] = "INSERT INTO @ (key, rest, mark, value, seq) SELECT {k}, CASE WHEN "
                "length(k) > 2000 THEN sha256(substring(k from 2001)) ELSE '' END, v, $3::bigint "
                "FROM unnest($1::bytea[], $2::bytea[]) AS w (k, v) "
                "ON CONFLICT (key, mark) DO UPDATE SET value = excluded.value, seq = excluded.seq",
    [SQL_ERASE] = "DELETE FROM @ WHERE " IN_RANGE,
    [SQL_CHANGED_KEYS] =
        "(SELECT 1 FROM unnest($1::bytea[]) AS w (k) JOIN @ ON (key, rest) = ({k}) "
        "WHERE seq > $2::bigint LIMIT 1) UNION ALL "
        "(SELECT 1 FROM unnest($1::bytea[]) AS w (k) JOIN luma_erased ON k >= low AND k < high "
        "WHERE space = # AND seq > $2::bigint LIMIT 1)",
    [SQL_CHANGED_RANGE] =
        "(SELECT 1 FROM @ WHERE " IN_RANGE " AND seq > $3::bigint LIMIT 1) UNION ALL "
        "(SELECT 1 FROM luma_erased WHERE space = # AND seq > $3::bigint AND low < $2::bytea AND "
        "$1::bytea < high LIMIT 1)",
    [SQL_PRUNE] = "DELETE FROM @ WHERE value IS NULL AND seq <= $1::bigint",
    [SQL_CHECK] =
        "SELECT '@ key ' || encode(key || rest, 'hex'), CASE WHEN seq NOT BETWEEN 1 AND "
        "(SELECT h.seq FROM luma_head h) THEN 'has the sequence of no commit' ELSE 'is split or "
        "marked wrongly' END FROM @ WHERE seq NOT BETWEEN 1 AND (SELECT h.seq FROM luma_head h) OR "
        "(rest <> '' AND length(key) <> 2000) OR mark <> CASE WHEN rest = '' THEN '' ELSE "
        "sha256(rest) END LIMIT 1000",

    [SQL_BEGIN_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    [SQL_BEGIN_WRITE] = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_HEAD_READ] = "SELECT seq, records, trimmed_seq, trimmed_nr FROM luma_head",
    [SQL_HEAD_LOCK] =
        "SELECT owner, seq, records, trimmed_seq, trimmed_nr FROM luma_head FOR UPDATE",
    [SQL_HEAD_SET] = "UPDATE luma_head SET seq = $1::bigint, records = $2::bigint",
    [SQL_NOTE_ERASED] = "INSERT INTO luma_erased (space, low, high, seq) "
                        "VALUES ($1::bigint, $2::bytea, $3::bytea, $4::bigint)",
    [SQL_PRUNE_ERASED] = "DELETE FROM luma_erased WHERE seq <= $1::bigint",
    [SQL_EMIT] = "INSERT INTO luma_feed (seq, nr, payload) SELECT $1::bigint, $3::bigint + n, p "
                 "FROM unnest($2::bytea[]) WITH ORDINALITY AS w (p, n)",
    [SQL_FEED_READ] =
        "SELECT trimmed_seq, trimmed_nr, f.seq, f.nr, f.payload FROM luma_head LEFT JOIN "
        "(SELECT seq, nr, payload FROM luma_feed WHERE (seq, nr) > ($1::bigint, $2::bigint) "
        "ORDER BY seq, nr LIMIT $3::bigint) f ON true ORDER BY f.seq, f.nr",
    [SQL_FEED_DROP] = "DELETE FROM luma_feed WHERE (seq, nr) <= ($1::bigint, $2::bigint)",
    [SQL_FEED_TRIMMED] = "UPDATE luma_head SET trimmed_seq = $1::bigint, trimmed_nr = $2::bigint",
    [SQL_SIZE] = "SELECT (pg_total_relation_size('luma_meta') + "
                 "pg_total_relation_size('luma_records') + pg_total_relation_size('luma_entries') "
                 "+ pg_total_relation_size('luma_counters') + pg_total_relation_size('luma_feed') "
                 "+ pg_total_relation_size('luma_erased'))::bigint",
    [SQL_SYNC_ON] = "SET LOCAL synchronous_commit = on",
    [SQL_HEAD_TOUCH] = "UPDATE luma_head SET seq = seq",
    [SQL_CHECK_RECORDS] =
        "SELECT 'luma_records key ' || encode(key || rest, 'hex'), 'does not carry the sequence of "
        "its commit' FROM luma_records WHERE value IS NOT NULL AND CASE WHEN length(value) < 16 "
        "THEN true ELSE substring(value from 9 for 8) <> (SELECT string_agg(substring(int8send(seq)"
        " from i for 1), ''::bytea ORDER BY i DESC) FROM generate_series(1, 8) i) END LIMIT 1000",
    [SQL_CHECK_COUNTERS] =
        "SELECT 'luma_counters key ' || encode(key || rest, 'hex'), 'is a counter of ' || "
        "length(value) || ' bytes' FROM luma_counters WHERE length(value) <> 8 LIMIT 1000",
    [SQL_CHECK_FEED] =
        "SELECT 'luma_feed ' || f.seq || '.' || f.nr, 'lies outside what the feed holds' FROM "
        "luma_feed f, luma_head h WHERE (f.seq, f.nr) <= (h.trimmed_seq, h.trimmed_nr) OR "
        "(f.seq, f.nr) > (h.seq, h.records) LIMIT 1000",
};

const char *sql_table(int space) {
  static const char *const names[] = {"luma_meta", "luma_records", "luma_entries", "luma_counters"};
  return names[space];
}

void sql_name(enum sql_kind kind, int space, char name[SQL_NAME_BYTES]) {
  snprintf(name, SQL_NAME_BYTES, "luma_%d_%d", (int)kind, space);
}

/* Appends the columns of the key that stands at `at`; answers the brace after it. */
static const char *append_split(struct buf *out, const char *at) {
  int bytes = (int)strcspn(at, "}");
  buf_append_format(out, "substring(%.*s for %d), substring(%.*s from %d)", bytes, at,
                    SQL_KEY_BYTES, bytes, at, SQL_KEY_BYTES + 1);
  return at + bytes;
}

void sql_text(enum sql_kind kind, int space, struct buf *out) {
  for (const char *at = texts[kind]; *at; at++) {
    switch (*at) {
    case '@': buf_append_text(out, sql_table(space)); break;
    case '#': buf_append_format(out, "%d", space); break;
    case '{': at = append_split(out, at + 1); break;
    default: buf_append_byte(out, (uint8_t)*at); break;
    }
  }
}
