/* SPDX-License-Identifier: MIT */
/* LumaDB in a program of yours: open, insert, ask in three languages, change in a transaction, and
 * meet errors.
 *
 *     cc hello.c $(pkg-config --cflags --libs luma) -o hello && ./hello ./mydata
 */
#include <luma/luma.h>
#include <stdio.h>

/** Prints what went wrong; answers the program's exit status. */
static int complain(const char *doing, const luma_error *error) {
  fprintf(stderr, "%s: %s (%s)\n", doing, error->message, error->code);
  if (error->hint[0]) fprintf(stderr, "hint: %s\n", error->hint);
  return 1;
}

/** Runs one statement and prints each row as JSON. */
static enum luma_status ask(luma_session *session, const char *language, const char *text,
                            luma_error *error) {
  luma_result *result;
  const luma_value *row;
  enum luma_status status = luma_query(session, language, text, NULL, 0, &result, error);
  if (status != LUMA_OK) return status;
  while ((status = luma_next(result, &row, error)) == LUMA_OK && row)
    printf("%s: %s\n", language, luma_json(result, row, NULL));
  luma_result_close(result);
  return status;
}

/** The same question in LQL, NQL and JQL. */
static enum luma_status ask_all(luma_session *session, luma_error *error) {
  enum luma_status status =
      ask(session, "lql", "SELECT name, age FROM users WHERE age > 25 ORDER BY age", error);
  if (status == LUMA_OK)
    status = ask(session, "nql", "find users where age is greater than 25 sorted by age", error);
  if (status == LUMA_OK)
    status = ask(session, "jql",
                 "{\"find\": \"users\", \"filter\": {\"age\": {\"$gt\": 25}}, "
                 "\"sort\": {\"age\": 1}, \"projection\": {\"_id\": 0}}",
                 error);
  return status;
}

/** A parameter keeps values out of the statement's text. */
static enum luma_status find_one(luma_session *session, const char *name, luma_error *error) {
  luma_param param = luma_text(name);
  luma_result *result;
  const luma_value *row;
  int64_t age = 0;
  enum luma_status status =
      luma_query(session, "lql", "SELECT age FROM users WHERE name = ?", &param, 1, &result, error);
  if (status != LUMA_OK) return status;
  status = luma_next(result, &row, error);
  if (row && luma_value_int64(luma_column(result, 0), &age))
    printf("%s is %lld\n", name, (long long)age);
  luma_result_close(result);
  return status;
}

/** Both changes, or none. */
static enum luma_status birthday(luma_session *session, luma_error *error) {
  enum luma_status status = luma_begin(session, false, error);
  if (status != LUMA_OK) return status;
  status =
      luma_exec(session, "lql", "UPDATE users SET age = age + 1 WHERE name = 'Ann'", NULL, error);
  if (status == LUMA_OK)
    status =
        luma_exec(session, "lql", "INSERT INTO events {what: 'birthday', who: 'Ann'}", NULL, error);
  if (status == LUMA_OK) return luma_commit(session, error);
  luma_rollback(session, NULL);
  return status;
}

/** A mistake is an error with a place and advice, never the end of the program. */
static void mistake(luma_session *session) {
  luma_error error;
  if (luma_exec(session, "lql", "SELECT * FROM user", NULL, &error) == LUMA_OK) return;
  printf("line %u, column %u: %s; %s\n", error.line, error.column, error.message, error.hint);
}

static int run(luma_session *session) {
  luma_error error;
  if (luma_exec(session, "lql",
                "INSERT INTO users {name: 'Ann', age: 28}, {name: 'Bob', age: 31}, "
                "{name: 'Cid', age: 19}",
                NULL, &error) != LUMA_OK)
    return complain("insert", &error);
  if (ask_all(session, &error) != LUMA_OK) return complain("query", &error);
  if (birthday(session, &error) != LUMA_OK) return complain("transaction", &error);
  if (find_one(session, "Ann", &error) != LUMA_OK) return complain("find", &error);
  mistake(session);
  return 0;
}

int main(int argc, char **argv) {
  luma_db *db;
  luma_session *session;
  luma_error error;
  if (luma_open(argc > 1 ? argv[1] : "memory:", NULL, &db, &error) != LUMA_OK)
    return complain("open", &error);
  int result = 1;
  if (luma_session_open(db, &session, &error) != LUMA_OK) {
    complain("session", &error);
  } else {
    result = run(session);
    luma_session_close(session);
  }
  luma_close(db);
  return result;
}
