/* SPDX-License-Identifier: MIT */
/* Paths of SQL/JSON: whatever the text, an answer or an error that says where; a path that was read
 * runs over documents, and what it finds, whether it finds anything and what it says agree. The
 * input is a path, a NUL, and JSON; without the second a document of our own. */
#include "base/core/assert.h"
#include "base/text/utf8.h"
#include "query/jsonpath/jsonpath.h"
#include "query/regex/regex_cache.h"
#include "value/json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static struct decimal divide(struct decimal a, struct decimal b) {
  return decimal_divide(a, b);
}

static bool read_moment(struct slice text, struct slice template, struct jsonpath_moment *moment) {
  *moment = (struct jsonpath_moment){JSONPATH_DATE, 0, (int64_t)text.bytes * 86400};
  return template.bytes > 0;
}

static const struct jsonpath_host host = {.divide = divide, .read_moment = read_moment};

static void check_run(const struct jsonpath *path, struct jsonpath_run *run,
                      const struct val *document) {
  struct val *items = NULL, exists, says;
  uint32_t count = 0;
  struct err err = {0};
  status found = jsonpath_query(path, run, document, &items, &count, &err);
  ASSERT(found == LUMA_OK || err.message[0]);
  for (uint32_t i = 0; found == LUMA_OK && i < count; i++)
    ASSERT(items[i].type != VAL_TEXT || utf8_is_valid(val_slice(&items[i]), NULL));
  status asked = jsonpath_exists(path, run, document, &exists, &err);
  status said = jsonpath_match(path, run, document, &says, &err);
  if (found == LUMA_OK && asked == LUMA_OK && exists.type == VAL_BOOL && !run->silent)
    ASSERT(exists.boolean == (count > 0));
  if (said == LUMA_OK) ASSERT(says.type == VAL_BOOL || says.type == VAL_NULL);
  if (said == LUMA_OK && says.type == VAL_BOOL && found == LUMA_OK)
    ASSERT(count == 1 && items[0].type == VAL_BOOL && items[0].boolean == says.boolean);
}

static void run_over(struct arena *arena, const struct jsonpath *path, struct slice json) {
  struct json_reader *reader = NULL;
  struct json_read_options options = {.form = JSON_PLAIN};
  struct regex_cache regexes;
  struct buf room;
  struct val document;
  buf_init(&room, 1 << 20);
  regex_cache_init(&regexes);
  ASSERT(json_reader_create(&reader, NULL) == LUMA_OK);
  if (json_read_value(reader, json, &options, &room, &document, NULL) == LUMA_OK) {
    struct jsonpath_run run = {
        .arena = arena, .regexes = &regexes, .host = &host, .variables = document};
    check_run(path, &run, &document);
    run.silent = true;
    check_run(path, &run, &document);
  }
  json_reader_destroy(reader);
  regex_cache_deinit(&regexes);
  buf_deinit(&room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  static const char own[] =
      "{\"a\":[1,2.5,\"x\",null,true,{\"b\":\"2020-01-02\"}],\"b\":{\"a\":-3},\"x\":1}";
  struct arena arena;
  struct err err = {0};
  const struct jsonpath *path = NULL;
  const uint8_t *end = bytes ? memchr(data, 0, bytes) : NULL;
  struct slice text = slice_of(data, end ? (size_t)(end - data) : bytes);
  struct slice json = end ? slice_of(end + 1, bytes - text.bytes - 1) : slice_of_text(own);
  arena_init(&arena, 0, 64 << 20);
  status done = jsonpath_parse(&arena, text, &path, &err);
  if (done == LUMA_OK)
    run_over(&arena, path, json);
  else
    ASSERT(err.message[0] && utf8_is_valid(slice_of_text(err.message), NULL));
  arena_deinit(&arena);
  return 0;
}
