/* SPDX-License-Identifier: MIT */
/* Databases on media that cannot be written: every opening for writing fails as it does there. */
#include "service/session/session.h"
#include "tests/lib/faultos.h"
#include "tests/lib/simos.h"
#include "tests/lib/test.h"

struct media {
  struct simos *sim;
  struct faultos os;
};

static void open_media(struct media *media) {
  media->sim = simos_create(test_seed());
  faultos_init(&media->os, simos_os(media->sim));
}

static void close_media(struct media *media) {
  simos_destroy(media->sim);
}

static status open_db(struct media *media, struct db **db, struct err *err) {
  struct db_options options = {.os = &media->os.os, .sync_mode = STORE_SYNC_ALWAYS};
  *db = NULL;
  return db_open("db", &options, db, err);
}

static status run(struct db *db, const char *text, struct err *err) {
  struct session *session;
  struct session_cursor *cursor = NULL;
  struct session_request request = {.source = {.text = slice_of_text(text)}};
  struct val document;
  bool has = false;
  TRY(session_open(db, &session, err));
  status result = session_run(session, &request, NULL, &cursor, err);
  if (result == LUMA_OK) result = session_next(cursor, &document, &has, err);
  session_cursor_close(cursor);
  session_close(session);
  return result;
}

static void what_is_there_is_read(void) {
  struct media media;
  struct db *db;
  struct err err = {0};
  open_media(&media);
  assert_int_equal(open_db(&media, &db, &err), LUMA_OK);
  assert_int_equal(run(db, "INSERT INTO t {id: 1}", &err), LUMA_OK);
  db_close(db);

  faultos_arm(&media.os, FAULTOS_OPEN, 1, false, LUMA_READ_ONLY);
  assert_int_equal(open_db(&media, &db, &err), LUMA_OK);
  assert_int_equal(err.code, LUMA_OK);
  assert_true(db->is_media_read_only);
  assert_int_equal(run(db, "SELECT * FROM t", &err), LUMA_OK);
  assert_int_equal(run(db, "INSERT INTO t {id: 2}", &err), LUMA_READ_ONLY);
  assert_string_equal(
      err.message, "the database is open for reading only: its file system is mounted read-only");
  db_close(db);
  close_media(&media);
}

static void what_is_missing_is_not_made(void) {
  struct media media;
  struct db *db;
  struct err err = {0};
  open_media(&media);
  faultos_arm(&media.os, FAULTOS_MAKE_DIR | FAULTOS_OPEN, 1, false, LUMA_READ_ONLY);
  assert_int_equal(open_db(&media, &db, &err), LUMA_READ_ONLY);
  assert_null(db);
  close_media(&media);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"what_is_there_is_read", what_is_there_is_read, 0},
      {"what_is_missing_is_not_made", what_is_missing_is_not_made, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
