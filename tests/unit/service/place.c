/* SPDX-License-Identifier: MIT */
#include "tests/unit/service/place.h"

#include <stdio.h>

#include "tests/lib/test.h"

void place_open(struct place *place, uint32_t threads) {
  struct db_options options = {.sync_mode = STORE_SYNC_NEVER, .threads = threads};
  (void)snprintf(place->path, sizeof place->path, "%s/db", test_dir());
  assert_ok(db_open(place->path, &options, &place->db, test_err()));
  assert_ok(session_open(place->db, &place->session, test_err()));
}

void place_close(struct place *place) {
  session_close(place->session);
  assert_ok(model_check(place->db->model, NULL, NULL, test_err()));
  db_close(place->db);
}

status place_run(struct session *session, const char *text, const char *field, int64_t *answer,
                 struct err *err) {
  struct session_cursor *cursor = NULL;
  struct session_request request = {.source = {.text = slice_of_text(text)}};
  struct val document;
  struct slice name;
  bool has = true;
  status result = session_run(session, &request, NULL, &cursor, err);
  while (result == LUMA_OK && has) {
    result = session_next(cursor, &document, &has, err);
    if (result != LUMA_OK || !has || !answer) continue;
    *answer =
        (field ? val_field(&document, slice_of_text(field)) : val_field_at(&document, 0, &name))
            .integer;
    answer = NULL;
  }
  session_cursor_close(cursor);
  return result;
}

void place_expect(struct place *place, const char *text) {
  assert_ok(place_run(place->session, text, NULL, NULL, test_err()));
}

int64_t place_ask(struct place *place, const char *text) {
  int64_t answer = -1;
  assert_ok(place_run(place->session, text, NULL, &answer, test_err()));
  return answer;
}
