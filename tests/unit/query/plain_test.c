/* SPDX-License-Identifier: MIT */
/* Literals of JavaScript as JSON: random values, written both ways, and where each part stood. */
#include <stdio.h>

#include "base/mem/arena.h"
#include "base/text/buf.h"
#include "query/lang/jql/plain.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"

enum { MARKS_MAX = 4000, BYTES_MAX = 1 << 20 };

/** One value, written twice. */
struct both {
  struct buf json, script;
  struct plain_mark marks[MARKS_MAX];
  size_t marks_count;
};

static void begin(struct both *both) {
  buf_init(&both->json, BYTES_MAX);
  buf_init(&both->script, BYTES_MAX);
  both->marks_count = 0;
}

static void end(struct both *both) {
  buf_deinit(&both->json);
  buf_deinit(&both->script);
}

static void put(struct both *both, const char *text) {
  buf_append_text(&both->json, text);
  buf_append_text(&both->script, text);
}

static void put_blank(struct both *both) {
  static const char *const blanks[] = {"", "", "", " ", "\n", "\t", "/* } */", "// ]\n"};
  buf_append_text(&both->script, blanks[rng_below(test_rng(), 8)]);
}

static void put_mark(struct both *both) {
  if (both->marks_count == MARKS_MAX) return;
  both->marks[both->marks_count++] = (struct plain_mark){both->json.bytes, both->script.bytes};
}

/* Letters, and what must be escaped in one of the two or in both. */
static void put_letter(struct both *both, char quote) {
  static const char *const letters[][2] = {{"\\\"", "\\\""},
                                           {"\\\\", "\\\\"},
                                           {"\\u000a", "\\n"},
                                           {"\\u0041", "\\x41"},
                                           {"\\u20ac", "\\u20AC"}};
  static const char *const quotes[][2] = {{"\\\"", "\""}, {"'", "'"}, {"`", "`"}};
  size_t draw = rng_below(test_rng(), 30);
  if (draw < 5) {
    buf_append_text(&both->json, letters[draw][0]);
    buf_append_text(&both->script, letters[draw][1]);
  } else if (draw < 8 && quotes[draw - 5][1][0] != quote) {
    buf_append_text(&both->json, quotes[draw - 5][0]);
    buf_append_text(&both->script, quotes[draw - 5][1]);
  } else {
    char letter[] = {(char)('a' + draw % 26), 0};
    put(both, letter);
  }
}

static void put_string(struct both *both) {
  char quote[] = {"\"'`"[rng_below(test_rng(), 3)], 0};
  buf_append_byte(&both->json, '"');
  buf_append_text(&both->script, quote);
  for (uint64_t left = rng_below(test_rng(), 8); left; left--) put_letter(both, quote[0]);
  buf_append_byte(&both->json, '"');
  buf_append_text(&both->script, quote);
}

static void put_scalar(struct both *both) {
  static const char *const scalars[][2] = {
      {"0", "0"},
      {"17", "0x11"},
      {"-5", "-5"},
      {"0.5", ".5"},
      {"-3.0", "-3."},
      {"1.5e-7", "1.5e-7"},
      {"true", "true"},
      {"null", "undefined"},
      {"{\"$numberDouble\":\"-Infinity\"}", "-Infinity"},
      {"{\"$oid\":\"507f1f77bcf86cd799439011\"}", "new ObjectId('507f1f77bcf86cd799439011')"},
      {"{\"$numberLong\":\"7\"}", "NumberLong( 7 )"},
      {"{\"$date\":\"2026-01-31T00:00:00Z\"}", "ISODate(\"2026-01-31\")"},
      {"{\"$date\":\"2026-01-31T10:00:00+01:00\"}", "ISODate(\"2026-01-31T10:00:00+01:00\")"},
      {"{\"$date\":{\"$numberLong\":\"5\"}}", "new Date(5)"},
      {"{\"$regularExpression\":{\"pattern\":\"^a[/]\\\\d/\",\"options\":\"i\"}}",
       "/^a[/]\\d\\//i"},
      {"{\"$timestamp\":{\"t\":5,\"i\":1}}", "Timestamp(5, 1)"},
      {"{\"$binary\":{\"subType\":\"80\",\"base64\":\"aGk=\"}}", "BinData(128, 'aGk=')"},
      {"{\"$minKey\":1}", "MinKey()"},
  };
  size_t draw = rng_below(test_rng(), sizeof scalars / sizeof scalars[0]);
  buf_append_text(&both->json, scalars[draw][0]);
  buf_append_text(&both->script, scalars[draw][1]);
}

static void put_name(struct both *both) {
  put_mark(both);
  if (rng_below(test_rng(), 2)) {
    put_string(both);
    return;
  }
  buf_append_byte(&both->json, '"');
  put(both, "$_");
  for (uint64_t left = rng_below(test_rng(), 4); left; left--) put(both, "x9");
  buf_append_byte(&both->json, '"');
}

static void put_value(struct both *both, int depth) {
  bool is_map = rng_below(test_rng(), 2);
  put_blank(both);
  put_mark(both);
  if (depth == 0 || rng_below(test_rng(), 3) == 0) {
    if (rng_below(test_rng(), 3))
      put_scalar(both);
    else
      put_string(both);
    return;
  }
  put(both, is_map ? "{" : "[");
  uint64_t count = rng_below(test_rng(), 4);
  for (uint64_t i = 0; i < count; i++) {
    if (i) put_blank(both), put(both, ",");
    put_blank(both);
    if (is_map) put_name(both), put_blank(both), put(both, ":");
    put_value(both, depth - 1);
    put_blank(both);
  }
  if (count && rng_below(test_rng(), 3) == 0) buf_append_byte(&both->script, ',');
  put_blank(both);
  put(both, is_map ? "}" : "]");
}

static void check(const struct both *both) {
  struct arena arena;
  struct plain plain;
  arena_init(&arena, BYTES_MAX * 4, 0);
  struct lang_context context = {.arena = &arena};
  assert_ok(plain_read(&context, buf_slice(&both->script), 0, &plain, test_err()));
  assert_int_equal(both->script.bytes, plain.end);
  if (!slice_is_equal(plain.json, buf_slice(&both->json)))
    fail_msg("%.*s\nbecame\n%.*s\nnot\n%.*s", SLICE_ARG(buf_slice(&both->script)),
             SLICE_ARG(plain.json), SLICE_ARG(buf_slice(&both->json)));
  for (size_t i = 0; i < both->marks_count; i++)
    assert_int_equal(both->marks[i].written, plain_told(&plain, both->marks[i].made));
  arena_deinit(&arena);
}

static void a_value_is_the_same_both_ways(void) {
  static struct both both;
  for (size_t round = 0; round < test_rounds(2000); round++) {
    begin(&both);
    put_value(&both, (int)rng_below(test_rng(), 6));
    check(&both);
    end(&both);
  }
}

static status read_once(void *context) {
  struct arena arena;
  struct plain plain;
  arena_init(&arena, BYTES_MAX, 0);
  struct lang_context in = {.arena = &arena};
  status done = plain_read(&in, slice_of_text(context), 0, &plain, NULL);
  arena_deinit(&arena);
  return done;
}

static void memory_that_runs_out_is_an_ordinary_error(void) {
  char text[] = "db.users.find({a: /x/, b: [1, 'two', {c: ISODate()}]}).sort({a: 1}).explain()";
  assert_true(fault_sweep_alloc(read_once, text) > 2);
}

/* Whatever is cut off or changed: an answer, or an error with its place. */
static void broken_text_is_told_of(void) {
  static const char whole[] = "db.users.updateMany({a: /x[/]/i, b: [1, 'two']}, {$set: {c: ISODate("
                              "'2026-01-31')}}, {upsert: true, collation: {locale: \"en\"}})";
  for (size_t round = 0; round < test_rounds(4000); round++) {
    struct arena arena;
    struct plain plain;
    struct err err = {0};
    char text[sizeof whole];
    memcpy(text, whole, sizeof whole);
    size_t bytes = 3 + rng_below(test_rng(), sizeof whole - 3);
    for (uint64_t left = rng_below(test_rng(), 4); left; left--)
      text[rng_below(test_rng(), bytes)] = (char)rng_below(test_rng(), 256);
    arena_init(&arena, BYTES_MAX, 0);
    struct lang_context context = {.arena = &arena};
    status done = plain_read(&context, slice_of(text, bytes), 0, &plain, &err);
    if (done != LUMA_OK) assert_true(err.line > 0 && err.offset <= bytes && err.message[0]);
    arena_deinit(&arena);
  }
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"a_value_is_the_same_both_ways", a_value_is_the_same_both_ways, 0},
      {"memory_that_runs_out_is_an_ordinary_error", memory_that_runs_out_is_an_ordinary_error, 0},
      {"broken_text_is_told_of", broken_text_is_told_of, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
