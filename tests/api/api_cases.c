/* SPDX-License-Identifier: MIT */
#include "api_cases.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

luma_error api_error;

void api_expect(enum luma_status expected, enum luma_status got, const char *call, const char *file,
                int line) {
  if (got == expected) return;
  print_error("%s answered %s, not %s: %s\n", call, luma_status_name(got),
              luma_status_name(expected), got == LUMA_OK ? "" : api_error.message);
  _fail(file, line);
}

struct api api_begin(void) {
  struct api api;
  assert_ok(luma_open("memory:", NULL, &api.db, &api_error));
  assert_ok(luma_session_open(api.db, &api.session, &api_error));
  return api;
}

void api_end(struct api *api) {
  luma_session_close(api->session);
  luma_close(api->db);
}

void api_exec(luma_session *session, const char *text) {
  assert_ok(luma_exec(session, NULL, text, NULL, &api_error));
}

int64_t api_number(luma_session *session, const char *text) {
  luma_result *result;
  const luma_value *row;
  int64_t number = -1;
  assert_ok(luma_query(session, NULL, text, NULL, 0, &result, &api_error));
  assert_ok(luma_next(result, &row, &api_error));
  assert_non_null(row);
  assert_true(luma_value_int64(luma_column(result, 0), &number));
  luma_result_close(result);
  return number;
}

void api_make_dir(char path[64]) {
  snprintf(path, 64, "/tmp/luma-api-XXXXXX");
  assert_non_null(mkdtemp(path));
}

static int remove_entry(const char *path, const struct stat *stat, int kind, struct FTW *at) {
  (void)stat, (void)kind, (void)at;
  return remove(path);
}

void api_remove_dir(const char *path) {
  (void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

int api_main(const struct CMUnitTest *cases, size_t count) {
  int failed = _cmocka_run_group_tests("api", cases, count, NULL, NULL);
  printf("%d passed, %d failed\n", (int)count - failed, failed);
  return failed != 0;
}
