/* SPDX-License-Identifier: MIT */
/* What the tests of the public interface share. They link the shared library alone, so the harness
 * of tests/lib, which holds the library's insides, is not theirs: cases run in one process. */
#ifndef TESTS_API_API_CASES_H
#define TESTS_API_API_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "luma/luma.h"

/** The error of the call under way. */
extern luma_error api_error;

/** Fails the case, showing the error, unless `call` answers LUMA_OK. */
#define assert_ok(call)               api_expect(LUMA_OK, (call), #call, __FILE__, __LINE__)
#define assert_status(expected, call) api_expect((expected), (call), #call, __FILE__, __LINE__)
void api_expect(enum luma_status expected, enum luma_status got, const char *call, const char *file,
                int line);

/** An open database in memory with one session; and their end. */
struct api {
  luma_db *db;
  luma_session *session;
};
struct api api_begin(void);
void api_end(struct api *api);
void api_exec(luma_session *session, const char *text);
/** The first column of the first row as an integer. */
int64_t api_number(luma_session *session, const char *text);
/** A fresh directory; removed by api_remove_dir with what is in it. */
void api_make_dir(char path[64]);
void api_remove_dir(const char *path);

/** Runs the cases and prints the closing line; answers the exit status. */
int api_main(const struct CMUnitTest *cases, size_t count);

#endif
