/* SPDX-License-Identifier: MIT */
/* JSON text of any kind, in both forms. What is refused is explained; what is accepted passes the
 * check of the document form, and in the tagged form survives being written and read again. */
#include <stdio.h>
#include <stdlib.h>

#include "base/core/assert.h"
#include "value/json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { BYTES_MAX = 1 << 24 };

static void check_refusal(status code, const struct err *err) {
  ASSERT(code == LUMA_INVALID_JSON || code == LUMA_INVALID_VALUE || code == LUMA_OUT_OF_RANGE ||
         code == LUMA_TOO_DEEP || code == LUMA_TOO_LARGE || code == LUMA_OUT_OF_MEMORY);
  ASSERT(err->message[0] != '\0');
  /* The fallback of a fault the careful reading did not find: the two would disagree. */
  ASSERT(strcmp(err->message, "the text is not JSON") != 0);
}

/* Writing what was read and reading that gives the same bytes. */
static void check_round_trip(struct json_reader *reader, const struct val *v,
                             struct slice encoded) {
  struct buf text, again;
  struct val value;
  struct err err = {0};
  struct json_read_options options = {.form = JSON_TAGGED};
  buf_init(&text, BYTES_MAX);
  buf_init(&again, BYTES_MAX);
  json_write(&text, v, &(struct json_write_options){.form = JSON_TAGGED, .key_name = "_id"});
  if (!text.failed) {
    status code = json_read_value(reader, buf_slice(&text), &options, &again, &value, &err);
    ASSERT(code == LUMA_OK);
    ASSERT(slice_is_equal(encoded, buf_slice(&again)));
  }
  buf_deinit(&text);
  buf_deinit(&again);
}

static void read_one(struct json_reader *reader, struct slice text, enum json_form form) {
  struct buf out;
  struct val v;
  struct err err = {0};
  struct json_read_options options = {.form = form};
  buf_init(&out, BYTES_MAX);
  status code = json_read_value(reader, text, &options, &out, &v, &err);
  if (code == LUMA_OK) {
    ASSERT(doc_check_value(buf_slice(&out), NULL, NULL) == LUMA_OK);
    check_round_trip(reader, &v, buf_slice(&out));
  } else {
    check_refusal(code, &err);
    ASSERT(out.bytes == 0);
  }
  buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  struct json_reader *reader = NULL;
  if (json_reader_create(&reader, NULL) != LUMA_OK) return 0;
  read_one(reader, slice_of(data, bytes), JSON_PLAIN);
  read_one(reader, slice_of(data, bytes), JSON_TAGGED);
  json_reader_destroy(reader);
  return 0;
}
