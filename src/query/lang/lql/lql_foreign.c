/* SPDX-License-Identifier: MIT */
/* Statements that people bring from PostgreSQL, MySQL and SQLite. What they ask of the catalog
 * becomes a SELECT over information_schema; what needs no doing here says so; what there is none of
 * is refused with what to do instead. */
#include "base/text/buf.h"
#include "base/text/quote.h"
#include "query/lang/lang.h"
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_ddl.h"
#include "query/lang/lql/lql_expr.h"

/* Words of a pattern: WORD, ?WORD (may be missing), ONE|TWO, ( and ), and
 *   %n a name, of which the last part counts   %l [LIKE text]   %t LIKE text   %* whatever follows
 */
struct brought {
  const char *pattern;
  /* A SELECT, in which $n is the name and $l the pattern as texts; NULL: refused. */
  const char *select;
  const char *refusal, *hint;
};

#define COLUMNS_OF "FROM information_schema.columns WHERE table_name = $n "

static const struct brought asked[] = {
    {.pattern = "SHOW DATABASES|SCHEMAS %l",
     .select = "SELECT schema_name AS \"Database\" FROM information_schema.schemata "
               "WHERE schema_name LIKE $l"},
    {.pattern = "SHOW TABLES|COLLECTIONS %t",
     .select = "SELECT table_name AS \"Table\" FROM information_schema.tables "
               "WHERE table_name LIKE $l ORDER BY 1"},
    {.pattern = "SHOW TABLES FROM|IN %n %l",
     .select = "SELECT table_name AS \"Table\" FROM information_schema.tables "
               "WHERE table_name LIKE $l ORDER BY 1"},
    {.pattern = "SHOW FULL TABLES %l",
     .select = "SELECT table_name AS \"Table\", table_type AS \"Table_type\" "
               "FROM information_schema.tables WHERE table_name LIKE $l ORDER BY 1"},
    {.pattern = "SHOW TABLE STATUS %l",
     .select = "SELECT table_name AS \"Name\", table_type AS \"Comment\" "
               "FROM information_schema.tables WHERE table_name LIKE $l ORDER BY 1"},
    {.pattern = "SHOW VIEWS %l",
     .select = "SELECT table_name AS \"View\" FROM information_schema.views "
               "WHERE table_name LIKE $l ORDER BY 1"},
    {.pattern = "SHOW SEQUENCES %l",
     .select = "SELECT sequence_name AS \"Sequence\" FROM information_schema.sequences "
               "WHERE sequence_name LIKE $l ORDER BY 1"},
    {.pattern = "SHOW ?FULL COLUMNS|FIELDS FROM|IN %n %l",
     .select = "SELECT column_name AS \"Field\", luma_type AS \"Type\", is_nullable AS \"Null\", "
               "column_default AS \"Default\" " COLUMNS_OF
               "AND column_name LIKE $l ORDER BY ordinal_position"},
    {.pattern = "SHOW KEYS FROM|IN %n",
     .select = "SELECT table_name AS \"Table\", non_unique AS \"Non_unique\", "
               "index_name AS \"Key_name\", seq_in_index AS \"Seq_in_index\", "
               "column_name AS \"Column_name\" FROM information_schema.statistics "
               "WHERE table_name = $n ORDER BY 3, 4"},
    {.pattern = "SHOW CREATE VIEW %n",
     .select = "SELECT table_name AS \"View\", view_definition AS \"Create View\" "
               "FROM information_schema.views WHERE table_name = $n"},
    {.pattern = "SHOW TIME ZONE", .select = "SELECT 'UTC' AS \"TimeZone\""},
    {.pattern = "SHOW TIMEZONE", .select = "SELECT 'UTC' AS \"TimeZone\""},
    {.pattern = "SHOW SEARCH_PATH", .select = "SELECT 'public' AS search_path"},
    {.pattern = "SHOW SERVER_VERSION", .select = "SELECT version() AS server_version"},
    {.pattern = "SHOW SERVER_ENCODING|CLIENT_ENCODING", .select = "SELECT 'UTF8' AS encoding"},
    {.pattern = "SHOW TRANSACTION ISOLATION LEVEL",
     .select = "SELECT 'snapshot' AS transaction_isolation"},
    {.pattern = "PRAGMA TABLE_INFO|TABLE_XINFO ( %n )",
     .select = "SELECT ordinal_position - 1 AS cid, column_name AS name, luma_type AS type, "
               "CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END AS \"notnull\", "
               "column_default AS dflt_value, "
               "CASE column_name WHEN 'id' THEN 1 ELSE 0 END AS pk " COLUMNS_OF "ORDER BY 1"},
    {.pattern = "PRAGMA INDEX_LIST ( %n )",
     .select = "SELECT DISTINCT index_name AS name, "
               "CASE WHEN non_unique THEN 0 ELSE 1 END AS \"unique\" "
               "FROM information_schema.statistics WHERE table_name = $n ORDER BY name"},
    {.pattern = "PRAGMA INDEX_INFO|INDEX_XINFO ( %n )",
     .select = "SELECT seq_in_index - 1 AS seqno, column_name AS name "
               "FROM information_schema.statistics WHERE index_name = $n ORDER BY 1"},
    {.pattern = "PRAGMA TABLE_LIST",
     .select = "SELECT 'main' AS schema, table_name AS name, "
               "CASE table_type WHEN 'VIEW' THEN 'view' ELSE 'table' END AS type "
               "FROM information_schema.tables ORDER BY 2"},
    {.pattern = "PRAGMA DATABASE_LIST", .select = "SELECT 0 AS seq, 'main' AS name, NULL AS file"},
    {.pattern = "ANALYZE|ANALYSE %*",
     .select = "SELECT 'statistics are kept while documents change: there is nothing to do' "
               "AS note"},
    {.pattern = "VACUUM %*",
     .select = "SELECT 'room is given back in the background; lumadb compact does it at once' "
               "AS note"},
    {.pattern = "OPTIMIZE %*",
     .select = "SELECT 'room is given back in the background; lumadb compact does it at once' "
               "AS note"},
    {.pattern = "SET NAMES|CLIENT_ENCODING|CHARACTER|STANDARD_CONFORMING_STRINGS %*",
     .select = "SELECT 'texts are UTF-8, and a backslash stands for itself' AS note"},
    {.pattern = "SET SEARCH_PATH|DEFAULT_TABLESPACE|DEFAULT_TABLE_ACCESS_METHOD|XMLOPTION %*",
     .select = "SELECT 'there is one schema, and one way to keep documents' AS note"},
    {.pattern = "SET CHECK_FUNCTION_BODIES|CLIENT_MIN_MESSAGES|ROW_SECURITY|LOCK_TIMEOUT %*",
     .select = "SELECT 'it has no meaning here' AS note"},
    {.pattern = "CHECKPOINT", .select = "SELECT 'what was committed is durable' AS note"},
};

static const struct brought refused[] = {
    {.pattern = "SHOW CREATE DATABASE|SCHEMA|INDEX|FUNCTION|PROCEDURE|TRIGGER|EVENT|USER %*",
     .refusal = "it is not kept as the statement that made it",
     .hint = "SHOW CREATE TABLE collection; SHOW INDEXES FROM collection"},
    {.pattern = "SHOW VARIABLES|STATUS|GLOBAL|SESSION|ENGINE|ENGINES|PROCESSLIST|GRANTS|ALL %*",
     .refusal = "the server's settings and counters are not asked in LQL",
     .hint = "lumadb stats, and GET /metrics of a server; DESCRIBE STORAGE collection"},
    {.pattern = "SHOW WARNINGS|ERRORS %*",
     .refusal = "warnings come with the answer they are about",
     .hint = "the command shows them behind the rows, HTTP in \"warnings\""},
    {.pattern = "PRAGMA INTEGRITY_CHECK|QUICK_CHECK %*",
     .refusal = "a database is checked from outside",
     .hint = "lumadb check DIR"},
    {.pattern = "PRAGMA FOREIGN_KEY_LIST %*",
     .refusal = "references are rules of attributes",
     .hint = "DESCRIBE collection; information_schema.table_constraints"},
    {.pattern = "PRAGMA FOREIGN_KEYS %*",
     .refusal = "references are always kept",
     .hint = "there is nothing to switch on"},
    {.pattern = "PRAGMA %*",
     .refusal = "there are no pragmas but table_info, index_list, index_info and table_list",
     .hint = "settings are SET name = value, or options of lumadb serve"},
    {.pattern = "SET STATEMENT_TIMEOUT|LOCAL|SESSION|GLOBAL|TRANSACTION|TIME|TIMEZONE %*",
     .refusal = "a session has max_affected, dry_run and timeout_ms to set",
     .hint = "SET timeout_ms = 5000; BEGIN SERIALIZABLE; moments are of UTC, x AT TIME ZONE "
             "'Europe/Oslo'"},
    {.pattern = "SET AUTOCOMMIT|SQL_MODE|FOREIGN_KEY_CHECKS|UNIQUE_CHECKS %*",
     .refusal = "a session has max_affected, dry_run and timeout_ms to set",
     .hint = "BEGIN opens a transaction; rules and references always hold"},
    {.pattern = "RENAME TABLE %*",
     .refusal = "collections are renamed by ALTER TABLE",
     .hint = "ALTER TABLE a RENAME TO b"},
    {.pattern = "ALTER INDEX|VIEW|FUNCTION|TRIGGER %*",
     .refusal = "indexes and views are not altered",
     .hint = "DROP INDEX and CREATE INDEX; CREATE OR REPLACE VIEW"},
    {.pattern = "ALTER TABLE %n OWNER|ENGINE|AUTO_INCREMENT|CLUSTER|ENABLE|DISABLE %*",
     .refusal = "a collection is not altered so",
     .hint = "ADD, DROP, RENAME a TO b, ALTER a TYPE t, MODIFY a t, CHANGE a b t; ALTER SEQUENCE "
             "for numbers"},
    {.pattern = "ALTER TABLE %n ADD INDEX|KEY|FULLTEXT|SPATIAL %*",
     .refusal = "an index is made by CREATE INDEX",
     .hint = "CREATE INDEX name ON collection (key, …)"},
    {.pattern = "ALTER TABLE %n DROP INDEX|KEY %*",
     .refusal = "an index is dropped by DROP INDEX",
     .hint = "DROP INDEX name"},
    {.pattern = "CREATE TABLE %n LIKE %*",
     .refusal = "a table is not made like another by name",
     .hint = "CREATE TABLE b AS SELECT * FROM a WITH NO DATA"},
    {.pattern = "CREATE FULLTEXT|SPATIAL %*",
     .refusal = "indexes are ordered",
     .hint = "CREATE INDEX name ON collection (key, …)"},
    {.pattern = "CREATE EVENT|SERVER|TABLESPACE|RULE|CAST|OPERATOR|PUBLICATION|SUBSCRIPTION %*",
     .refusal = "there is no such thing to make",
     .hint = "CREATE TABLE, INDEX, VIEW, SEQUENCE or SOUL"},
    {.pattern = "CHECK|REPAIR|CHECKSUM TABLE %*",
     .refusal = "a database is checked and repaired from outside",
     .hint = "lumadb check DIR, lumadb repair DIR"},
    {.pattern = "FLUSH|HANDLER|DELIMITER|HELP %*",
     .refusal = "there is no such statement",
     .hint = "SHOW COLLECTIONS, DESCRIBE collection; statements end with a semicolon"},
    {.pattern = "CREATE TRIGGER %*",
     .refusal = "there are no triggers",
     .hint = "DEFAULT, CHECK, COMPUTED AS and REFERENCES are rules of columns"},
    {.pattern = "CREATE OR REPLACE FUNCTION|PROCEDURE|TRIGGER %*",
     .refusal = "there are no functions of one's own",
     .hint = "a VIEW names a query; DEFAULT, CHECK and COMPUTED AS are rules of columns"},
    {.pattern = "CREATE FUNCTION|PROCEDURE|AGGREGATE %*",
     .refusal = "there are no functions of one's own",
     .hint = "a VIEW names a query; DEFAULT, CHECK and COMPUTED AS are rules of columns"},
    {.pattern = "DROP TRIGGER|FUNCTION|PROCEDURE %*",
     .refusal = "there are no triggers and no functions of one's own",
     .hint = "SHOW COLLECTIONS and SHOW INDEXES tell what there is"},
    {.pattern = "CALL %*", .refusal = "there are no procedures", .hint = "SELECT function(…)"},
    {.pattern = "DO %*",
     .refusal = "there are no blocks of code",
     .hint = "write the statements, between BEGIN and COMMIT"},
    {.pattern = "CREATE TYPE|DOMAIN %*",
     .refusal = "there are no types of one's own",
     .hint = "CHECK (x IN ('a', 'b')) in CREATE TABLE keeps a column to some values"},
    {.pattern = "CREATE EXTENSION %*",
     .refusal = "there are no extensions",
     .hint = "SELECT gen_random_uuid(), digest('x', 'sha256'): docs/functions.md lists all"},
    {.pattern = "CREATE MATERIALIZED %*",
     .refusal = "views are not kept as documents",
     .hint = "CREATE VIEW v AS …, or CREATE TABLE t AS SELECT …"},
    {.pattern = "REFRESH %*", .refusal = "views are always fresh", .hint = "SELECT * FROM view"},
    {.pattern = "CREATE UNLOGGED TABLE %*",
     .refusal = "every table is logged",
     .hint = "CREATE TABLE, or CREATE TEMP TABLE for one that ends with the session"},
    {.pattern = "CREATE GLOBAL %*",
     .refusal = "what is temporary belongs to one session",
     .hint = "CREATE TEMP TABLE"},
    {.pattern = "CREATE VIRTUAL %*",
     .refusal = "there are no virtual tables",
     .hint = "CREATE VIEW, or a function in FROM"},
    {.pattern = "CREATE DATABASE|SCHEMA %*",
     .refusal = "a database is a folder, and has one schema",
     .hint = "lumadb shell DIR opens one; names of collections may have a point within quotes"},
    {.pattern = "DROP DATABASE|SCHEMA %*",
     .refusal = "a database is a folder, and has one schema",
     .hint = "DROP TABLE takes collections away, one at a time"},
    {.pattern = "USE %*",
     .refusal = "a session has one database",
     .hint = "lumadb shell TARGET opens another"},
    {.pattern = "ATTACH|DETACH %*",
     .refusal = "a session has one database",
     .hint = "lumadb export and lumadb import carry documents from one to another"},
    {.pattern = "CREATE USER|ROLE|GROUP|POLICY %*",
     .refusal = "users are not made in LQL",
     .hint = "lumadb serve --help tells who may connect"},
    {.pattern = "ALTER USER|ROLE|SYSTEM|DATABASE %*",
     .refusal = "users and settings are not changed in LQL",
     .hint = "lumadb serve --help tells of them"},
    {.pattern = "GRANT|REVOKE %*",
     .refusal = "rights are not given in LQL",
     .hint = "lumadb serve --help tells who may connect"},
    {.pattern = "LOCK|UNLOCK %*",
     .refusal = "nothing is locked by hand",
     .hint = "BEGIN SERIALIZABLE: a conflict shows at COMMIT"},
    {.pattern = "COPY %*",
     .refusal = "files are read and written from outside",
     .hint = "lumadb import TARGET COLLECTION FILE, lumadb export TARGET COLLECTION"},
    {.pattern = "LOAD %*",
     .refusal = "files are read from outside",
     .hint = "lumadb import TARGET COLLECTION FILE"},
    {.pattern = "LISTEN|NOTIFY|UNLISTEN %*",
     .refusal = "there are no channels",
     .hint = "ask again for what is newer: SELECT … WHERE id > $1"},
    {.pattern = "CLUSTER %*",
     .refusal = "documents lie in the order of their keys",
     .hint = "CREATE INDEX for another order"},
    {.pattern = "RESET|DISCARD %*",
     .refusal = "a session's options are set back one by one",
     .hint = "SET max_affected = DEFAULT"},
    {.pattern = "KILL|SHUTDOWN %*",
     .refusal = "statements are ended from outside",
     .hint = "DELETE /v1/queries/{id}"},
    {.pattern = "DECLARE|CLOSE|MOVE|FETCH %*",
     .refusal = "there are no cursors in LQL",
     .hint = "every answer is read row by row; LIMIT and OFFSET take a part"},
};

/* ---- matching ---- */

struct found {
  struct slice name, like;
};

static bool is_last(struct lql_ddl *ddl) {
  return lql__ddl_peek(ddl)->kind == 0;
}

static bool take_name(struct lql_ddl *ddl, struct slice *name) {
  do {
    const struct lql_token *token = lql__ddl_peek(ddl);
    if (token->kind == LQL_TEXT) {
      struct expr *text = lql__text(ddl->lql, *token);
      *name = text ? val_slice(&text->value) : slice_of(NULL, 0);
      ddl->at++;
      return text != NULL;
    }
    if (is_last(ddl) || !lql__ddl_name(ddl, name)) return false;
  } while (lql__ddl_take_mark(ddl, LQL_DOT));
  return true;
}

static bool take_like(struct lql_ddl *ddl, bool is_needed, struct slice *like) {
  if (!lql__ddl_take(ddl, "LIKE")) return !is_needed;
  const struct lql_token *token = lql__ddl_peek(ddl);
  struct expr *text = token->kind == LQL_TEXT ? lql__text(ddl->lql, *token) : NULL;
  if (!text) return false;
  *like = val_slice(&text->value);
  ddl->at++;
  return true;
}

/* One of the words between bars. */
static bool take_one(struct lql_ddl *ddl, struct slice words) {
  const struct lql_token *token = lql__ddl_peek(ddl);
  while (words.bytes) {
    const uint8_t *bar = memchr(words.data, '|', words.bytes);
    size_t bytes = bar ? (size_t)(bar - words.data) : words.bytes;
    bool is_it = token->kind != LQL_QUOTED && token->kind != LQL_TEXT &&
                 slice_is_equal_nocase(token->text, slice_of(words.data, bytes));
    if (is_it) return ddl->at++, true;
    words = slice_of(words.data + bytes + (bar != NULL), words.bytes - bytes - (bar != NULL));
  }
  return false;
}

static bool take_part(struct lql_ddl *ddl, struct slice part, struct found *found) {
  if (slice_is_equal(part, slice_of_text("%n"))) return take_name(ddl, &found->name);
  if (slice_is_equal(part, slice_of_text("%l"))) return take_like(ddl, false, &found->like);
  if (slice_is_equal(part, slice_of_text("%t"))) return take_like(ddl, true, &found->like);
  if (part.data[0] != '?') return take_one(ddl, part);
  (void)take_one(ddl, slice_of(part.data + 1, part.bytes - 1));
  return true;
}

static bool fits(struct lql_ddl *ddl, const char *pattern, struct found *found) {
  *found = (struct found){.like = slice_of_text("%")};
  ddl->at = 0;
  while (*pattern) {
    size_t bytes = strcspn(pattern, " ");
    struct slice part = slice_of(pattern, bytes);
    if (slice_is_equal(part, slice_of_text("%*"))) return true;
    if (!take_part(ddl, part, found)) return false;
    pattern += bytes + (pattern[bytes] == ' ');
  }
  return is_last(ddl);
}

/* ---- what becomes of it ---- */

static struct slice fill(struct lql_ddl *ddl, const char *select, const struct found *found) {
  struct buf text;
  buf_init(&text, LQL_DDL_BYTES_MAX);
  for (; *select; select++) {
    bool is_place = select[0] == '$' && (select[1] == 'n' || select[1] == 'l');
    if (!is_place) {
      buf_append_byte(&text, (uint8_t)*select);
      continue;
    }
    quote_append(&text, *++select == 'n' ? found->name : found->like, '\'');
  }
  const void *copy =
      text.failed == LUMA_OK ? arena_copy(ddl->lql->arena, text.data, text.bytes) : NULL;
  struct slice made = slice_of(copy, copy ? text.bytes : 0);
  buf_deinit(&text);
  return made;
}

/* Reads the SELECT in the place of the statement. */
static void become(struct lql_ddl *ddl, const char *select, const struct found *found) {
  struct lql *lql = ddl->lql;
  struct slice text = fill(ddl, select, found);
  struct statement made = {0};
  size_t offset = 0;
  if (!text.bytes) return;
  status done = lang_lql.parse(lql->context, text, &offset, &made, lql->err);
  if (done != LUMA_OK) lql->failed = done;
  lql->root = made.root;
}

bool lql__foreign(struct lql_ddl *ddl) {
  struct found found;
  for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
    if (!fits(ddl, asked[i].pattern, &found)) continue;
    become(ddl, asked[i].select, &found);
    return true;
  }
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    if (!fits(ddl, refused[i].pattern, &found)) continue;
    lql__fail(ddl->lql, LUMA_UNSUPPORTED, ddl->tokens[0].offset, "%s", refused[i].refusal);
    lql__hint(ddl->lql, "%s", refused[i].hint);
    return true;
  }
  ddl->at = 0;
  return false;
}
