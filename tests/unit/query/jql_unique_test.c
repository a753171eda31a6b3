/* SPDX-License-Identifier: MIT */
/* Unique indexes of several keys take null and what is missing for one value, whichever keys have
 * which: random documents beside a list of those that are there, changed and deleted ones too. */
#include "base/text/buf.h"
#include "tests/lang/script.h"

enum { KEYS_MAX = 7, DOCUMENTS = 60, TEXT_BYTES_MAX = 4096, ANSWER_BYTES_MAX = 1 << 20 };

static struct script_db db;

/** What a document has at each key: 0 for nothing. */
struct held {
  bool is_there;
  uint32_t values[KEYS_MAX];
};

static uint32_t pick(uint32_t below) {
  return (uint32_t)rng_below(test_rng(), below);
}

/** Whether the statement was refused for another document. */
static bool is_refused(struct buf *text) {
  struct buf answer;
  struct err err = {0};
  buf_init(&answer, ANSWER_BYTES_MAX);
  status done = script_try(&db, &lang_jql, buf_slice(text), &answer, &err);
  bool is_told = done == LUMA_OK && memmem(answer.data, answer.bytes, "another document", 16);
  if (done != LUMA_OK && done != LUMA_DUPLICATE_KEY)
    fail_msg("%.*s: %s", SLICE_ARG(buf_slice(text)), err.message);
  buf_deinit(&answer);
  buf_reset(text);
  return is_told || done == LUMA_DUPLICATE_KEY;
}

static bool is_like(const struct held *a, const struct held *b) {
  return memcmp(a->values, b->values, sizeof a->values) == 0;
}

static bool is_taken(const struct held *all, uint32_t nth, const struct held *wanted) {
  for (uint32_t i = 0; i < DOCUMENTS; i++)
    if (i != nth && all[i].is_there && is_like(&all[i], wanted)) return true;
  return false;
}

/** Values of a document; nothing is left out, or null. */
static void append_values(struct buf *out, uint32_t keys, struct held *held) {
  *held = (struct held){.is_there = true};
  for (uint32_t i = 0; i < keys; i++) {
    held->values[i] = pick(4) ? 0 : 1 + pick(2);
    if (held->values[i])
      buf_append_format(out, ",\"k%u\":%u", i, held->values[i]);
    else if (pick(2))
      buf_append_format(out, ",\"k%u\":null", i);
  }
}

static void make(uint32_t keys) {
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  buf_append_format(&text, "{\"createIndexes\":\"t%u\",\"indexes\":[{\"key\":{", keys);
  for (uint32_t i = 0; i < keys; i++)
    buf_append_format(&text, "%s\"k%u\":%s", i ? "," : "", i, pick(2) ? "1" : "-1");
  buf_append_text(&text, "},\"name\":\"u\",\"unique\":true}]}");
  assert_false(is_refused(&text));
  buf_deinit(&text);
}

/** Puts a document, replaces one, or deletes it. */
static void change(uint32_t keys, struct held *all) {
  struct buf text;
  struct held wanted;
  uint32_t nth = pick(DOCUMENTS);
  buf_init(&text, TEXT_BYTES_MAX);
  if (all[nth].is_there && pick(4) == 0) {
    buf_append_format(&text, "{\"delete\":\"t%u\",\"deletes\":[{\"q\":{\"_id\":%u},\"limit\":1}]}",
                      keys, nth);
    assert_false(is_refused(&text));
    all[nth].is_there = false;
    buf_deinit(&text);
    return;
  }
  if (all[nth].is_there)
    buf_append_format(&text,
                      "{\"update\":\"t%u\",\"updates\":[{\"q\":{\"_id\":%u},\"u\":{\"_id\":%u",
                      keys, nth, nth);
  else
    buf_append_format(&text, "{\"insert\":\"t%u\",\"documents\":[{\"_id\":%u", keys, nth);
  append_values(&text, keys, &wanted);
  buf_append_text(&text, all[nth].is_there ? "}}]}" : "}]}");
  bool refused = is_refused(&text);
  assert_int_equal(refused, is_taken(all, nth, &wanted));
  if (!refused) all[nth] = wanted;
  buf_deinit(&text);
}

static void nothing_is_one_value(void) {
  script_open(&db);
  for (uint32_t keys = 1; keys <= KEYS_MAX; keys++) {
    struct held all[DOCUMENTS] = {0};
    make(keys);
    for (size_t i = 0; i < test_rounds(300); i++) change(keys, all);
  }
  script_close(&db);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"nothing_is_one_value", nothing_is_one_value, 600},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
