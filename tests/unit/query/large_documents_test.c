/* SPDX-License-Identifier: MIT */
/* Documents that are large beside the memory of a statement: a thousand of them at once would not
 * fit, so that operators which copy them take them by a few. */
#include "tests/lang/script.h"
#include "tests/lib/faultos.h"

enum { TEXT_BYTES_MAX = 64 << 20, DOCUMENTS = 240, BYTES = 200000, MEMORY = 32 << 20 };

static struct script_db db;
static struct faultos faultos;
static struct buf answer;

static status run(const char *command) {
  buf_reset(&answer);
  return script_try(&db, &lang_jql, slice_of_text(command), &answer, test_err());
}

static void expect(const char *command, const char *expected) {
  assert_ok(run(command));
  buf_append_byte(&answer, 0);
  assert_string_equal(expected, (const char *)answer.data);
}

/** 48 MB of documents; `few` is small and of a thousand. */
static void open_filled(void) {
  struct buf text;
  faultos_init(&faultos, os_linux());
  script_open(&db);
  buf_init(&text, TEXT_BYTES_MAX);
  buf_init(&answer, TEXT_BYTES_MAX);
  assert_ok(run("{\"createIndexes\":\"t\",\"indexes\":[{\"key\":{\"n\":1},\"name\":\"n\"}]}"));
  for (int from = 0; from < DOCUMENTS; from += 40) {
    buf_reset(&text);
    buf_append_text(&text, "{\"insert\":\"t\",\"documents\":[");
    for (int i = from; i < from + 40; i++)
      buf_append_format(&text, "%s{\"_id\":%d,\"n\":%d,\"same\":1,\"s\":\"%0*d\"}",
                        i > from ? "," : "", i, i * 7 % DOCUMENTS, BYTES, i);
    buf_append_text(&text, "]}");
    buf_append_byte(&text, 0);
    assert_ok(run((const char *)text.data));
  }
  assert_ok(run(
      "{\"aggregate\":1,\"pipeline\":[{\"$documents\":{\"$map\":{\"input\":{\"$range\":[0,1000]},"
      "\"in\":{\"_id\":\"$$this\",\"next\":1}}}},{\"$out\":\"few\"}]}"));
  db.memory_bytes = MEMORY;
  db.os = &faultos.os;
  db.folder = test_dir();
  buf_deinit(&text);
}

static void close_all(void) {
  buf_deinit(&answer);
  script_close(&db);
}

#define COUNTED                                                                                    \
  "{\"$group\":{\"_id\":null,\"n\":{\"$sum\":1},\"bytes\":{\"$sum\":{\"$strLenBytes\":\"$s\"}}}}"
#define ALL "{\"_id\":null,\"n\":240,\"bytes\":48000000}\n"

static void copies_a_few_at_once(void) {
  open_filled();
  expect("{\"aggregate\":\"t\",\"pipeline\":[{\"$set\":{\"x\":1}}," COUNTED "]}", ALL);
  expect("{\"aggregate\":\"t\",\"pipeline\":[{\"$match\":{\"n\":{\"$gte\":0}}},{\"$set\":{\"x\":1}}"
         "," COUNTED "],\"hint\":\"n\"}",
         ALL);
  expect("{\"aggregate\":\"t\",\"pipeline\":[{\"$match\":{\"_id\":{\"$in\":[1,2,3,500]}}},{\"$"
         "set\":{\"x\":1}},"
         "{\"$project\":{\"n\":1}}]}",
         "{\"_id\":1,\"n\":7}\n{\"_id\":2,\"n\":14}\n{\"_id\":3,\"n\":21}\n");
  expect("{\"find\":\"t\",\"filter\":{\"$expr\":{\"$eq\":[{\"$strLenBytes\":{\"$concat\":[\"$s\","
         "\"y\"]}},5]}}}",
         "");
  close_all();
}

static void sorts_a_few_at_once(void) {
  open_filled();
  expect("{\"aggregate\":\"t\",\"pipeline\":[{\"$sort\":{\"same\":-1,\"n\":1}},{\"$set\":{\"x\":1}}"
         "," COUNTED "]}",
         ALL);
  close_all();
}

static void unwinds_a_few_at_once(void) {
  open_filled();
  expect("{\"aggregate\":\"t\",\"pipeline\":[{\"$match\":{\"_id\":5}},{\"$set\":{\"a\":{\"$range\":"
         "[0,240]}}},"
         "{\"$unwind\":\"$a\"}," COUNTED "]}",
         ALL);
  close_all();
}

static void looks_up_a_few_at_once(void) {
  static const char *const stages[] = {
      "{\"$lookup\":{\"from\":\"t\",\"localField\":\"_id\",\"foreignField\":\"_id\",\"as\":\"m\"}}"
      ",",
      "{\"$lookup\":{\"from\":\"t\",\"localField\":\"_id\",\"foreignField\":\"n\",\"as\":\"m\"}},",
      "{\"$lookup\":{\"from\":\"t\",\"let\":{\"k\":\"$_id\"},\"pipeline\":[{\"$match\":{\"$expr\":{"
      "\"$eq\":[\"$_id\","
      "\"$$k\"]}}},{\"$set\":{\"x\":1}}],\"as\":\"m\"}},",
      "{\"$lookup\":{\"from\":\"few\",\"pipeline\":[{\"$match\":{\"$expr\":{\"$lt\":[\"$_id\",1]}}}"
      "],\"as\":\"f\"}},"
      "{\"$lookup\":{\"from\":\"t\",\"localField\":\"_id\",\"foreignField\":\"_id\",\"as\":\"m\"}}"
      ","};
  open_filled();
  for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
    struct buf text;
    buf_init(&text, 4096);
    buf_append_format(&text,
                      "{\"aggregate\":\"few\",\"pipeline\":[%s{\"$unwind\":\"$m\"},{\"$"
                      "replaceWith\":\"$m\"}," COUNTED "]}",
                      stages[i]);
    buf_append_byte(&text, 0);
    expect((const char *)text.data, ALL);
    buf_reset(&text);
    buf_append_format(
        &text,
        "{\"aggregate\":\"few\",\"pipeline\":[%s{\"$set\":{\"x\":{\"$size\":\"$m\"}}},"
        "{\"$group\":{\"_id\":null,\"n\":{\"$sum\":\"$x\"},\"all\":{\"$sum\":1}}}]}",
        stages[i]);
    buf_append_byte(&text, 0);
    expect((const char *)text.data, "{\"_id\":null,\"n\":240,\"all\":1000}\n");
    buf_deinit(&text);
  }
  close_all();
}

static void walks_a_few_at_once(void) {
  open_filled();
  expect("{\"aggregate\":\"few\",\"pipeline\":[{\"$graphLookup\":{\"from\":\"few\",\"startWith\":"
         "{\"$range\":[0,1000]},\"connectFromField\":\"none\",\"connectToField\":\"_id\","
         "\"depthField\":\"d\",\"as\":\"m\"}},{\"$group\":{\"_id\":null,\"n\":{\"$sum\":{\"$size\":"
         "\"$m\"}}}}]}",
         "{\"_id\":null,\"n\":1000000}\n");
  close_all();
}

/** a list of 20,000 numbers for each of a thousand. */
static void computes_a_few_at_once(void) {
  open_filled();
  expect("{\"aggregate\":\"few\",\"pipeline\":[{\"$set\":{\"a\":{\"$range\":[0,20000]}}},{\"$"
         "match\":{"
         "\"a\":19999}},{\"$set\":{\"b\":{\"$size\":\"$a\"}}},{\"$group\":{\"_id\":null,\"n\":{\"$"
         "sum\":\"$b\"}"
         "}}]}",
         "{\"_id\":null,\"n\":20000000}\n");
  expect("{\"aggregate\":\"few\",\"pipeline\":[{\"$sort\":{\"_id\":-1}},{\"$set\":{\"a\":{\"$"
         "range\":[0,{\"$cond\":"
         "[{\"$lt\":[\"$_id\",4]},500000,2]}]}}},{\"$match\":{\"a\":0}},{\"$count\":\"n\"}]}",
         "{\"n\":1000}\n");
  close_all();
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"copies_a_few_at_once", copies_a_few_at_once, 120},
      {"sorts_a_few_at_once", sorts_a_few_at_once, 120},
      {"unwinds_a_few_at_once", unwinds_a_few_at_once, 120},
      {"looks_up_a_few_at_once", looks_up_a_few_at_once, 120},
      {"walks_a_few_at_once", walks_a_few_at_once, 120},
      {"computes_a_few_at_once", computes_a_few_at_once, 120},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
