/* SPDX-License-Identifier: MIT */
#include "tests/unit/query/beside.h"

#include <stdlib.h>

enum { LINES_MAX = 4096 };

uint32_t beside_pick(uint32_t below) {
  return (uint32_t)rng_below(test_rng(), below);
}

bool beside_toss(void) {
  return beside_pick(2) == 0;
}

static void run(struct script_db *db, struct slice text, const char *const *rules_off,
                struct buf *answer) {
  struct err err = {0};
  db->rules_off = rules_off;
  if (script_try(db, &lang_jql, text, answer, &err) != LUMA_OK)
    fail_msg("%.*s: %s", SLICE_ARG(text), err.message);
}

void beside_change(struct script_db *db, struct buf *text) {
  struct buf answer;
  buf_init(&answer, BESIDE_ANSWER_BYTES_MAX);
  run(db, buf_slice(text), NULL, &answer);
  assert_true(slice_has_prefix(buf_slice(&answer), slice_of_text("affected")));
  buf_deinit(&answer);
  buf_reset(text);
}

bool beside_is_planned(struct script_db *db, struct slice text, const char *how) {
  struct buf explain, answer;
  buf_init(&explain, BESIDE_ANSWER_BYTES_MAX);
  buf_init(&answer, BESIDE_ANSWER_BYTES_MAX);
  buf_append_format(&explain, "{\"explain\":%.*s}", SLICE_ARG(text));
  run(db, buf_slice(&explain), NULL, &answer);
  bool is = answer.bytes && memmem(answer.data, answer.bytes, how, strlen(how)) != NULL;
  buf_deinit(&explain);
  buf_deinit(&answer);
  return is;
}

/* ---- comparing ---- */

static int compare_lines(const void *a, const void *b) {
  return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static void sort_lines(struct buf *answer) {
  static struct slice lines[LINES_MAX];
  struct buf sorted;
  size_t count = 0;
  buf_init(&sorted, BESIDE_ANSWER_BYTES_MAX);
  for (size_t at = 0; at < answer->bytes && count < LINES_MAX;) {
    const uint8_t *end = memchr(answer->data + at, '\n', answer->bytes - at);
    size_t bytes = (size_t)(end - answer->data) + 1 - at;
    lines[count++] = slice_of(answer->data + at, bytes);
    at += bytes;
  }
  if (count) qsort(lines, count, sizeof lines[0], compare_lines);
  for (size_t i = 0; i < count; i++) buf_append_slice(&sorted, lines[i]);
  buf_deinit(answer);
  *answer = sorted;
}

void beside_check(struct script_db *db, struct slice text, const char *const *rules_off,
                  bool is_ordered) {
  struct buf with, without;
  buf_init(&with, BESIDE_ANSWER_BYTES_MAX);
  buf_init(&without, BESIDE_ANSWER_BYTES_MAX);
  run(db, text, NULL, &with);
  run(db, text, rules_off, &without);
  if (!is_ordered) sort_lines(&with);
  if (!is_ordered) sort_lines(&without);
  if (!slice_is_equal(buf_slice(&with), buf_slice(&without)))
    fail_msg("%.*s\noptimized:\n%.*s\nwithout:\n%.*s", SLICE_ARG(text), SLICE_ARG(buf_slice(&with)),
             SLICE_ARG(buf_slice(&without)));
  buf_deinit(&with);
  buf_deinit(&without);
}
