/* SPDX-License-Identifier: MIT */
/* Plans that are taken again for other literals answer what plans of their own do: random commands
 * of JQL are run over two databases that are alike, of which one forgets its plans before each. */
#include <stdio.h>
#include <string.h>

#include "base/text/buf.h"
#include "query/func/compare.h"
#include "query/lang/lang.h"
#include "query/query.h"
#include "service/session/session.h"
#include "tests/lib/test.h"
#include "value/json/json.h"

enum { SIDES = 2, TEXT_BYTES = 4096, ANSWER_BYTES_MAX = 16 << 20, FORGETFUL = 1 };

struct side {
  struct db *db;
  struct session *session;
};

struct pair {
  struct side sides[SIDES];
};

static void open_pair(struct pair *pair) {
  struct db_options options = {0};
  for (int i = 0; i < SIDES; i++) {
    struct side *side = &pair->sides[i];
    assert_ok(db_open("memory:", &options, &side->db, test_err()));
    assert_ok(session_open(side->db, &side->session, test_err()));
  }
}

static void close_pair(struct pair *pair) {
  for (int i = 0; i < SIDES; i++) {
    session_close(pair->sides[i].session);
    db_close(pair->sides[i].db);
  }
}

static uint64_t hits(const struct pair *pair) {
  return plans_stats(pair->sides[0].db->plans).hits;
}

/* ---- answers as text ---- */

static void tell_rows(struct session_cursor *cursor, struct buf *out) {
  const struct json_write_options options = {.form = JSON_TAGGED};
  struct val row;
  bool has = true;
  struct err err;
  err_init(&err);
  while (has) {
    status done = session_next(cursor, &row, &has, &err);
    if (done != LUMA_OK) {
      buf_append_format(out, "error %d at %u:%u %s", (int)done, err.line, err.column, err.message);
      return;
    }
    if (has) json_write(out, &row, &options);
    buf_append_byte(out, '\n');
  }
  struct session_outcome outcome = session_outcome(cursor);
  buf_append_format(out, "matched %llu affected %llu errors %u",
                    (unsigned long long)outcome.matched, (unsigned long long)outcome.affected,
                    outcome.write_errors_count);
  for (uint32_t i = 0; i < outcome.write_errors_count; i++)
    buf_append_format(out, " %s", outcome.write_errors[i].message);
}

static void tell(const struct side *side, const char *text, struct buf *out) {
  struct session_request request = {.source = {.lang = &lang_jql, .text = slice_of_text(text)}};
  struct session_cursor *cursor = NULL;
  struct err err;
  err_init(&err);
  buf_init(out, ANSWER_BYTES_MAX);
  status done = session_run(side->session, &request, NULL, &cursor, &err);
  if (done == LUMA_OK)
    tell_rows(cursor, out);
  else
    buf_append_format(out, "error %d (%u) at %u:%u %s", (int)done, err.foreign, err.line,
                      err.column, err.message);
  session_cursor_close(cursor);
  buf_append_byte(out, 0);
  assert_ok(buf_check(out, "the answer", test_err()));
}

static bool is_kept(void *context, const struct query *query) {
  (void)context, (void)query;
  return true;
}

/* Runs it on both; they must say the same. */
static void ask(struct pair *pair, const char *text) {
  struct buf answers[SIDES];
  test_doing(slice_of_text(text));
  plans_drop(pair->sides[FORGETFUL].db->plans, is_kept, NULL);
  for (int i = 0; i < SIDES; i++) tell(&pair->sides[i], text, &answers[i]);
  if (strcmp((const char *)answers[0].data, (const char *)answers[1].data) != 0)
    fail_msg("%s\nanswers\n%s\nby a plan that was kept, and\n%s\nby its own", text,
             (const char *)answers[0].data, (const char *)answers[1].data);
  for (int i = 0; i < SIDES; i++) buf_deinit(&answers[i]);
}

/* ---- random commands ---- */

static uint32_t below(uint32_t count) {
  return (uint32_t)rng_below(test_rng(), count);
}

static const char *any(const char *const *of, uint32_t count) {
  return of[below(count)];
}

/* A value that is few others' equal: literals, and what only looks like some. */
static void put_value(struct buf *out) {
  static const char *const others[] = {"null",
                                       "true",
                                       "1.5",
                                       "\"\"",
                                       "\"2024-01-01\"",
                                       "[1, 2]",
                                       "{\"x\": 1}",
                                       "\"a\\u0062\"",
                                       "0",
                                       "-1",
                                       "1e2",
                                       "\"7up\"",
                                       "{\"$numberInt\": \"3\"}",
                                       "\"$a\"",
                                       "\"12:30\""};
  switch (below(9)) {
  case 0: buf_append_format(out, "\"%c%u\"", 'a' + (int)below(3), below(4)); return;
  case 1: buf_append_format(out, "{\"$oid\": \"6563a1f0c0ffee000000000%x\"}", below(5)); return;
  case 2: buf_append_format(out, "\"01HGW2N7EHJVJ4CJ999RRS2E9%u\"", below(5)); return;
  case 3: buf_append_format(out, "\"f81d4fae-7dec-11d0-a765-00a0c91e6bf%x\"", below(5)); return;
  case 4: buf_append_format(out, "\"6563a1f0c0ffee000000000%x\"", below(5)); return;
  case 5: buf_append_text(out, any(others, sizeof others / sizeof others[0])); return;
  default: buf_append_format(out, "%d", (int)below(12) + 1);
  }
}

static void put_name(struct buf *out, bool may_be_key) {
  static const char *const names[] = {"a", "b", "c", "d.e", "l", "_id"};
  buf_append_text(out, any(names, may_be_key ? 6 : 5));
}

static void put_condition(struct buf *out, bool may_be_key) {
  static const char *const operators[] = {"$eq", "$ne", "$gt", "$gte", "$lt", "$lte"};
  buf_append_byte(out, '"');
  put_name(out, may_be_key);
  buf_append_text(out, "\": ");
  if (below(2)) {
    put_value(out);
    return;
  }
  uint32_t count = 1 + below(2);
  for (uint32_t i = 0; i < count; i++) {
    buf_append_format(out, "%s\"%s\": ", i ? ", " : "{", any(operators, 6));
    put_value(out);
  }
  if (!below(8)) buf_append_text(out, ", \"$exists\": true");
  buf_append_byte(out, '}');
}

static void put_filter(struct buf *out) {
  uint32_t count = below(4);
  bool is_or = count > 1 && below(3) == 0;
  buf_append_text(out, is_or ? "{\"$or\": [{" : "{");
  for (uint32_t i = 0; i < count; i++) {
    if (i) buf_append_text(out, is_or ? "}, {" : ", ");
    put_condition(out, true);
  }
  buf_append_text(out, is_or ? "}]}" : "}");
}

/* Of an upsert: the key is given, as one that is made would differ. */
static void put_key_filter(struct buf *out) {
  buf_append_format(out, "{\"_id\": %u, ", 30 + below(30));
  put_condition(out, false);
  buf_append_byte(out, '}');
}

static void put_changes(struct buf *out) {
  static const char *const operators[] = {"$set", "$setOnInsert", "$inc",  "$mul",
                                          "$min", "$max",         "$push", "$addToSet"};
  static const char *const names[] = {"a", "b", "n", "d.e", "l", "l.$", "l.$[]", "l.0"};
  uint32_t count = 1 + below(2), first = below(8), name = below(8);
  buf_append_byte(out, '{');
  for (uint32_t i = 0; i < count; i++) {
    buf_append_format(out, "%s\"%s\": {\"%s\": ", i ? ", " : "", operators[(first + i) % 8],
                      names[(name + 3 * i) % 8]);
    put_value(out);
    buf_append_byte(out, '}');
  }
  buf_append_byte(out, '}');
}

static void put_find(struct buf *out) {
  static const char *const more[] = {"",
                                     ", \"sort\": {\"a\": 1}, \"limit\": 3",
                                     ", \"sort\": {\"b\": -1, \"_id\": 1}",
                                     ", \"projection\": {\"_id\": 0, \"a\": 1}",
                                     ", \"projection\": {\"l.$\": 1}",
                                     ", \"projection\": {\"a\": 1, \"z\": {\"$add\": [\"$a\", 1]}}",
                                     ", \"skip\": 1, \"limit\": 2",
                                     ", \"hint\": \"ab\"",
                                     ", \"collation\": {\"locale\": \"en\", \"strength\": 2}"};
  buf_append_text(out, "{\"find\": \"t\", \"filter\": ");
  put_filter(out);
  buf_append_format(out, "%s}", any(more, sizeof more / sizeof more[0]));
}

static void put_delete(struct buf *out) {
  buf_append_text(out, "{\"delete\": \"t\", \"deletes\": [{\"q\": ");
  put_filter(out);
  buf_append_text(out, ", \"limit\": 1}]}");
}

static void put_update(struct buf *out) {
  bool is_upsert = below(2);
  buf_append_text(out, "{\"update\": \"t\", \"updates\": [{\"q\": ");
  if (is_upsert)
    put_key_filter(out);
  else
    put_filter(out);
  buf_append_text(out, ", \"u\": ");
  put_changes(out);
  buf_append_text(out, is_upsert ? ", \"upsert\": true}]}" : "}]}");
}

static void put_command(struct buf *out) {
  uint32_t kind = below(10);
  if (kind < 5) {
    put_find(out);
  } else if (kind < 6) {
    buf_append_text(out, "{\"count\": \"t\", \"query\": ");
    put_filter(out);
    buf_append_byte(out, '}');
  } else if (kind < 7) {
    buf_append_text(out, "{\"findAndModify\": \"t\", \"query\": ");
    put_filter(out);
    buf_append_text(out, ", \"update\": ");
    put_changes(out);
    buf_append_text(out, ", \"new\": true, \"sort\": {\"_id\": 1}}");
  } else if (kind < 8) {
    put_delete(out);
  } else {
    put_update(out);
  }
}

/* What stands in quotes behind a colon, and numbers there, said anew: the same shape mostly. */
static void put_alike(const char *text, struct buf *out) {
  for (const char *at = text; *at; at++) {
    bool is_value = at > text + 1 && at[-1] == ' ' && at[-2] == ':';
    if (is_value && at[0] >= '1' && at[0] <= '9' && at[1] != '.' && at[1] != 'e') {
      buf_append_format(out, "%d", (int)below(200) + 1);
      while (at[1] >= '0' && at[1] <= '9') at++;
    } else if (is_value && at[0] == '"' && at[1] >= 'a' && at[1] <= 'c' && at[2] >= '0' &&
               at[2] <= '9' && at[3] == '"') {
      buf_append_format(out, "\"%c%0*u", 'a' + (int)below(3), 1 + (int)below(3), below(4));
      at += 2;
    } else {
      buf_append_byte(out, (uint8_t)*at);
    }
  }
  buf_append_byte(out, 0);
}

static const char *const layouts[] = {
    "{\"create\": \"t\"}",
    "{\"createIndexes\": \"t\", \"indexes\": [{\"key\": {\"a\": 1, \"b\": 1}, \"name\": \"ab\"}, "
    "{\"key\": {\"l\": 1}, \"name\": \"l\"}]}",
    "{\"createIndexes\": \"t\", \"indexes\": [{\"key\": {\"a\": 1, \"b\": 1}, \"name\": \"ab\"}, "
    "{\"key\": {\"b\": -1}, \"name\": \"b\", \"partialFilterExpression\": {\"a\": {\"$gt\": 5}}}]}",
    "{\"createIndexes\": \"t\", \"indexes\": [{\"key\": {\"a\": 1, \"b\": 1}, \"name\": \"ab\"}, "
    "{\"key\": {\"$**\": 1}, \"name\": \"all\"}, {\"key\": {\"d.e\": 1}, \"name\": \"de\", "
    "\"sparse\": true}]}",
    "{\"createIndexes\": \"t\", \"indexes\": [{\"key\": {\"a\": 1}, \"name\": \"ab\", "
    "\"collation\": "
    "{\"locale\": \"en\", \"strength\": 2}}, {\"key\": {\"c\": 1}, \"name\": \"c\", \"unique\": "
    "true, \"sparse\": true}]}"};

static void put_document(struct buf *out, uint32_t nth) {
  buf_append_format(out, "%s{\"_id\": %u, \"a\": ", nth ? ", " : "", nth + 1);
  put_value(out);
  buf_append_text(out, ", \"b\": ");
  put_value(out);
  buf_append_text(out, ", \"d\": {\"e\": ");
  put_value(out);
  buf_append_text(out, "}, \"l\": [");
  put_value(out);
  buf_append_text(out, ", ");
  put_value(out);
  buf_append_text(out, "]}");
}

static void fill(struct pair *pair, uint32_t count) {
  struct buf text;
  buf_init(&text, ANSWER_BYTES_MAX);
  buf_append_text(&text, "{\"insert\": \"t\", \"documents\": [");
  for (uint32_t i = 0; i < count; i++) put_document(&text, i);
  buf_append_text(&text, "]}");
  buf_append_byte(&text, 0);
  ask(pair, (const char *)text.data);
  buf_deinit(&text);
}

/* Each shape with several literals. */
static void ask_alike(struct pair *pair) {
  struct buf text;
  buf_init(&text, TEXT_BYTES);
  put_command(&text);
  buf_append_byte(&text, 0);
  ask(pair, (const char *)text.data);
  for (int i = 0; i < 4; i++) {
    struct buf alike;
    buf_init(&alike, TEXT_BYTES);
    put_alike((const char *)text.data, &alike);
    ask(pair, (const char *)alike.data);
    buf_deinit(&alike);
  }
  buf_deinit(&text);
}

static void other_literals_answer_as_plans_of_their_own(void) {
  size_t rounds = test_rounds(12);
  uint64_t taken = 0;
  for (size_t round = 0; round < rounds; round++) {
    struct pair pair;
    open_pair(&pair);
    ask(&pair, layouts[round % (sizeof layouts / sizeof layouts[0])]);
    fill(&pair, 40);
    for (int i = 0; i < 60; i++) ask_alike(&pair);
    ask(&pair, "{\"find\": \"t\", \"filter\": {}}");
    taken += hits(&pair);
    close_pair(&pair);
  }
  assert_true(taken > rounds * 20); /* of 300 in a round: plans were taken */
}

/* ---- what is a literal ---- */

static uint32_t literals_in(const char *text) {
  struct literals literals;
  return lang_jql.literals(slice_of_text(text), &literals) ? literals.count : 0;
}

static void literals_are_told_by_their_place(void) {
  assert_int_equal(literals_in("{\"find\": \"t\", \"filter\": {\"a\": 1, \"b\": \"x\"}}"), 2);
  assert_int_equal(literals_in(" {\"find\":\"t\",\"filter\":{\"a\":{\"$gt\":-1,\"$lt\":20}}} ; "),
                   2);
  assert_int_equal(literals_in("{\"find\": \"t\", \"limit\": 5, \"skip\": 1, \"batchSize\": 2}"),
                   0);
  assert_int_equal(literals_in("{\"find\": \"t\", \"filter\": {\"a\": {\"$size\": 1}}}"), 0);
  assert_int_equal(literals_in("{\"find\": \"t\", \"filter\": {\"a\": {\"$in\": [1, 2]}}}"), 0);
  assert_int_equal(literals_in("{\"find\": \"t\", \"filter\": {\"a\": {\"b\": 1}}}"), 0);
  assert_int_equal(literals_in("{\"find\": \"t\", \"filter\": {\"$expr\": {\"$eq\": [1, 2]}}}"), 0);
  assert_int_equal(
      literals_in("{\"find\": \"t\", \"filter\": {\"$or\": [{\"a\": 1}, {\"b\": 2}]}}"), 2);
  assert_int_equal(
      literals_in("{\"find\": \"t\", \"filter\": {\"a\": 1.5, \"b\": true, \"c\": null, "
                  "\"d\": 01, \"e\": \"1\", \"f\": \"\", \"g\": \"a\\u0062\"}}"),
      0);
  assert_int_equal(literals_in("{\"find\": \"t\", \"filter\": {\"_id\": {\"$oid\": "
                               "\"6563a1f0c0ffee0000000001\"}}}"),
                   1);
  assert_int_equal(literals_in("{\"find\": \"t\", \"filter\": {\"a\": 1}} {\"find\": \"t\"}"), 0);
  assert_int_equal(literals_in("{\"find\": \"t\", \"filter\": {\"a\": 1}"), 0);
  assert_int_equal(literals_in("{\"insert\": \"t\", \"documents\": [{\"a\": 1}]}"), 0);
  assert_int_equal(
      literals_in("{\"update\": \"t\", \"updates\": [{\"q\": {\"a\": 1}, \"u\": {\"$set\": "
                  "{\"b\": \"x\"}, \"$pop\": {\"l\": 1}}}]}"),
      2);
  assert_int_equal(literals_in("{\"update\": \"t\", \"updates\": [{\"q\": {\"a\": 1}, \"u\": {}}, "
                               "{\"q\": {\"a\": 1}, \"u\": {}}]}"),
                   0);
}

static void what_a_literal_says(void) {
  const char *text =
      "{\"find\": \"t\", \"filter\": {\"a\": -17, \"b\": \"x\xc3\xa4\", \"c\": {\"$oid\": "
      "\"6563a1f0c0ffee00000000fF\" }}}";
  struct literals literals;
  assert_true(lang_jql.literals(slice_of_text(text), &literals));
  assert_int_equal(literals.count, 3);
  struct val number = literals_value(slice_of_text(text), &literals.items[0]),
             word = literals_value(slice_of_text(text), &literals.items[1]),
             id = literals_value(slice_of_text(text), &literals.items[2]);
  assert_int_equal(number.type, VAL_INT64);
  assert_int_equal(number.integer, -17);
  assert_true(slice_is_equal(val_slice(&word), slice_of_text("x\xc3\xa4")));
  assert_int_equal(id.type, VAL_OBJECTID);
  assert_int_equal(id.id[0], 0x65);
  assert_int_equal(id.id[11], 0xff);
}

/* Plain texts spell nothing else: whether one does decides how it is looked for. */
static void plain_texts_spell_nothing(void) {
  static const enum val_type types[] = {VAL_ULID, VAL_UUID, VAL_OBJECTID, VAL_TIMESTAMP, VAL_DATE};
  static const char *const words[] = {"now",    "today",     "infinity", "epoch", "Jan 1 2024",
                                      "T12:30", "Monday",    "never",    "x",     "a-1-1",
                                      "J2024",  "yesterday", "allballs", "BC",    "e5"};
  char text[128];
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    struct val read;
    (void)snprintf(text, sizeof text, "{\"find\": \"t\", \"filter\": {\"a\": \"%s\"}}", words[i]);
    assert_int_equal(literals_in(text), 1);
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
      assert_false(compare_read_text(slice_of_text(words[i]), types[t], &read));
  }
}

static void a_shape_is_planned_once(void) {
  struct pair pair;
  char text[256];
  open_pair(&pair);
  ask(&pair, layouts[1]);
  fill(&pair, 40);
  uint64_t before = hits(&pair);
  for (int i = 0; i < 50; i++) {
    (void)snprintf(text, sizeof text, "{\"find\": \"t\", \"filter\": {\"_id\": %d}}", i + 1);
    ask(&pair, text);
  }
  assert_true(hits(&pair) - before >= 45); /* once, and again should a second pass */
  close_pair(&pair);
}

/* A plan that was made before a collection was there is not taken again: it would be made anew each
 * time it runs. */
static void a_new_catalog_has_new_plans(void) {
  struct pair pair;
  struct query *query;
  struct query_run *run;
  struct model_txn *txn;
  const char *text = "{\"find\": \"t\", \"filter\": {\"a\": 1}}";
  struct query_source source = {.lang = &lang_jql, .text = slice_of_text(text)};
  struct store_begin_options begin = {.read_only = true};
  struct query_open_options options = {0};
  open_pair(&pair);
  assert_ok(query_prepare(pair.sides[0].db->model, NULL, &source, NULL, NULL, &query, test_err()));
  assert_true(query_is_reusable(query));
  ask(&pair, "{\"create\": \"t\"}");
  assert_ok(model_begin(pair.sides[0].db->model, &begin, &txn, test_err()));
  assert_ok(query_open(query, txn, &options, &run, test_err()));
  query_close(run);
  model_rollback(txn);
  assert_false(query_is_reusable(query));
  query_destroy(query);
  close_pair(&pair);
}

/* Whether a partial index has all that is asked for is told by the values. */
static void partial_indexes_are_for_their_own_values(void) {
  struct pair pair;
  char text[256];
  open_pair(&pair);
  ask(&pair, "{\"createIndexes\": \"t\", \"indexes\": [{\"key\": {\"b\": 1}, \"name\": \"b\", "
             "\"partialFilterExpression\": {\"a\": {\"$gt\": 5}}}]}");
  for (int i = 1; i < 10; i++) {
    (void)snprintf(text, sizeof text,
                   "{\"insert\": \"t\", \"documents\": [{\"_id\": %d, \"a\": %d, \"b\": 1}]}", i,
                   i);
    ask(&pair, text);
  }
  for (int i = 9; i > 0; i--) {
    (void)snprintf(text, sizeof text, "{\"find\": \"t\", \"filter\": {\"a\": %d, \"b\": 1}}", i);
    ask(&pair, text);
  }
  close_pair(&pair);
}

/* Errors in the run say where, in the text that was given. */
static void errors_have_their_own_places(void) {
  static const char *const names[] = {"x", "xxxxxxxxxxxxxxxxxxxxxxxxxxxx", "xx"};
  struct pair pair;
  char text[512];
  open_pair(&pair);
  ask(&pair, "{\"insert\": \"t\", \"documents\": [{\"_id\": 1, \"n\": \"x\", \"a\": \"x\"}]}");
  for (int i = 0; i < 3; i++) {
    (void)snprintf(text, sizeof text,
                   "{\"update\": \"t\", \"updates\": [{\"q\": {\"a\": {\"$lte\": \"%s\", \"$gte\": "
                   "\"a\"}}, \"u\": {\"$set\": {\"z\": \"%s\"},\n \"$inc\": {\"n\": %d}}}]}",
                   names[i], names[2 - i], 1000 >> i);
    ask(&pair, text);
    (void)snprintf(text, sizeof text,
                   "{\"find\": \"t\", \"filter\": {\"a\": {\"$lte\": \"%s\", \"$gte\": \"a\"}}, "
                   "\"projection\": {\"z\": {\"$add\": [\"$n\", 1]}}}",
                   names[i]);
    ask(&pair, text);
  }
  close_pair(&pair);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"literals_are_told_by_their_place", literals_are_told_by_their_place, 0},
      {"what_a_literal_says", what_a_literal_says, 0},
      {"plain_texts_spell_nothing", plain_texts_spell_nothing, 0},
      {"a_shape_is_planned_once", a_shape_is_planned_once, 60},
      {"a_new_catalog_has_new_plans", a_new_catalog_has_new_plans, 60},
      {"partial_indexes_are_for_their_own_values", partial_indexes_are_for_their_own_values, 60},
      {"errors_have_their_own_places", errors_have_their_own_places, 60},
      {"other_literals_answer_as_plans_of_their_own", other_literals_answer_as_plans_of_their_own,
       120},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
