/* SPDX-License-Identifier: MIT */
/* Long lists of changes that are all different: more than are planned at once. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem/mem.h"
#include "tests/lang/script.h"

enum { COMMAND_BYTES_MAX = 16 << 20, KEYS = 90 };

static struct script_db db;
static struct buf command, answer;

static void open_all(void) {
  script_open(&db);
  buf_init(&command, COMMAND_BYTES_MAX);
  buf_init(&answer, COMMAND_BYTES_MAX);
}

static void close_all(void) {
  buf_deinit(&command);
  buf_deinit(&answer);
  script_close(&db);
}

static status run(void) {
  buf_reset(&answer);
  return script_try(&db, &lang_jql, buf_slice(&command), &answer, test_err());
}

static const char *ask(const char *text) {
  buf_reset(&command);
  buf_append_text(&command, text);
  assert_ok(run());
  buf_append_byte(&answer, 0);
  return (const char *)answer.data;
}

static char *copy(const char *text) {
  char *made = mem_copy(text, strlen(text) + 1);
  assert_non_null(made);
  return made;
}

/** An operation of a bulkWrite; some fail when they are read, some when they are looked at, some
 * when they are done. */
static void append_operation(struct rng *rng, uint32_t nth) {
  unsigned key = (unsigned)rng_below(rng, KEYS), value = (unsigned)rng_below(rng, 40);
  switch (rng_below(rng, 10)) {
  case 0:
    buf_append_format(&command, "{\"insertOne\":{\"document\":{\"_id\":%u,\"at\":%u}}}", key, nth);
    break;
  case 1: buf_append_format(&command, "{\"deleteOne\":{\"filter\":{\"_id\":%u}}}", key); break;
  case 2:
    buf_append_format(
        &command, "{\"updateOne\":{\"filter\":{\"_id\":%u},\"update\":{\"$nothing\":{\"a\":1}}}}",
        key);
    break;
  case 3:
    buf_append_format(&command,
                      "{\"updateOne\":{\"filter\":{\"_id\":{\"$gt\":%u}},\"update\":{\"$inc\":{"
                      "\"n%u\":1}},\"sort\":{\"_id\":1}}}",
                      key, nth % 50);
    break;
  case 4:
    buf_append_format(
        &command,
        "{\"updateMany\":{\"filter\":{\"u\":%u},\"update\":[{\"$set\":{\"s\":{\"$add\":["
        "\"$u\",%u]}}}]}}",
        value, nth);
    break;
  case 5:
    buf_append_format(&command,
                      "{\"replaceOne\":{\"filter\":{\"_id\":%u},\"replacement\":{\"r\":%u},"
                      "\"upsert\":true,\"collation\":{\"locale\":\"%s\"}}}",
                      key, nth, nth % 3 ? "en" : "nowhere");
    break;
  case 6:
    buf_append_format(&command, "{\"deleteMany\":{\"filter\":{\"u\":{\"$mod\":[%u]}}}}", key);
    break;
  default:
    buf_append_format(&command,
                      "{\"updateOne\":{\"filter\":{\"_id\":%u},\"update\":{\"$set\":{\"u\":%u,"
                      "\"at\":%u}},\"upsert\":true}}",
                      key, value, nth);
  }
}

static void operate(const char *collection, uint64_t seed, uint32_t from, uint32_t count,
                    bool is_ordered) {
  buf_reset(&command);
  buf_append_format(&command, "{\"bulkWrite\":\"%s\",\"ordered\":%s,\"ops\":[", collection,
                    is_ordered ? "true" : "false");
  for (uint32_t i = from; i < from + count; i++) {
    struct rng rng;
    rng_init(&rng, seed + i);
    if (i > from) buf_append_byte(&command, ',');
    append_operation(&rng, i);
  }
  buf_append_text(&command, "]}");
  assert_ok(run());
  buf_append_byte(&answer, 0);
}

/** The failures that an answer tells, by the number of the change from `from` on; without what is
 * in brackets (a path that has the number once more), and the collection's name. */
static uint32_t append_failures(struct buf *out, uint32_t from, const char *collection) {
  static const char begin[] = "document ";
  uint32_t count = 0;
  const char *line = (const char *)answer.data, *end;
  for (; *line; line = *end ? end + 1 : end) {
    char *message = NULL;
    end = line + strcspn(line, "\n");
    const char *found = memmem(line, (size_t)(end - line), begin, sizeof begin - 1);
    if (!found) continue;
    unsigned long index = strtoul(found + sizeof begin - 1, &message, 10);
    const char *last = message + strcspn(message, "(\n");
    const char *name = memmem(message, (size_t)(last - message), collection, strlen(collection));
    if (!name) name = last;
    const char *after = name == last ? last : name + strlen(collection);
    buf_append_format(out, "%lu%.*s%.*s\n", index + from, (int)(name - message), message,
                      (int)(last - after), after);
    count++;
  }
  return count;
}

static void make_unique(const char *collection) {
  buf_reset(&command);
  buf_append_format(&command,
                    "{\"createIndexes\":\"%s\",\"indexes\":[{\"key\":{\"u\":1},"
                    "\"unique\":true,\"sparse\":true}]}",
                    collection);
  assert_ok(run());
}

/** More than are planned at once: as if they came a few at a time. */
static void different_changes_are_as_single_ones(void) {
  enum { MANY = 3300, FEW = 33 };
  struct buf at_once, apart;
  open_all();
  buf_init(&at_once, COMMAND_BYTES_MAX);
  buf_init(&apart, COMMAND_BYTES_MAX);
  make_unique("bulk");
  make_unique("few");
  uint64_t seed = rng_next(test_rng());
  operate("bulk", seed, 0, MANY, false);
  assert_true(append_failures(&at_once, 0, "bulk") > MANY / 20);
  for (uint32_t from = 0; from < MANY; from += FEW) {
    operate("few", seed, from, FEW, false);
    (void)append_failures(&apart, from, "few");
  }
  buf_append_byte(&at_once, 0);
  buf_append_byte(&apart, 0);
  assert_string_equal((const char *)apart.data, (const char *)at_once.data);
  char *bulk = copy(ask("{\"find\":\"bulk\",\"sort\":{\"_id\":1}}"));
  assert_string_equal(bulk, ask("{\"find\":\"few\",\"sort\":{\"_id\":1}}"));
  mem_free(bulk);
  buf_deinit(&at_once);
  buf_deinit(&apart);
  close_all();
}

/** The one of them with an odd update: `odd` is how it looks. */
static void append_different(uint32_t count, uint32_t nth, const char *odd) {
  buf_reset(&command);
  buf_append_text(&command, "{\"update\":\"t\",\"let\":{\"two\":{\"$add\":[1,1]}},\"updates\":[");
  for (uint32_t i = 0; i < count; i++) {
    if (i) buf_append_byte(&command, ',');
    if (i == nth)
      buf_append_text(&command, odd);
    else
      buf_append_format(&command,
                        "{\"q\":{\"_id\":%u},\"u\":[{\"$set\":{\"v\":[\"$$two\",\"$$c\"]}}],"
                        "\"c\":{\"c\":%u},\"upsert\":true}",
                        i, i % 7);
  }
  buf_append_text(&command, "]}");
}

/** Ordered changes stop at the first that fails, wherever it stands; those before it are done. */
static void different_changes_stop(void) {
  enum { MANY = 2500 };
  static const char *const odd[] = {
      "{\"q\":{},\"u\":{\"$nothing\":{\"a\":1}}}",
      "{\"q\":{},\"u\":[{\"$set\":{\"x\":{\"$divide\":[1,0]}}}],\"upsert\":true}",
      "{\"q\":{\"a\":{\"$mod\":[1]}},\"u\":{\"$set\":{\"a\":1}}}"};
  static const uint32_t places[] = {999, 1000, 1001, 2000, MANY - 1};
  for (uint32_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    char wanted[64];
    struct buf failures;
    open_all();
    buf_init(&failures, COMMAND_BYTES_MAX);
    buf_append_text(&command, "{\"insert\":\"t\",\"documents\":[{\"_id\":-1}]}");
    assert_ok(run());
    append_different(MANY, places[i], odd[i % 3]);
    assert_ok(run());
    buf_append_byte(&answer, 0);
    assert_int_equal(1, append_failures(&failures, 0, "operator"));
    buf_append_byte(&failures, 0);
    assert_int_equal(places[i], strtoul((const char *)failures.data, NULL, 10));
    (void)snprintf(wanted, sizeof wanted, "%u\n", places[i] + 1);
    assert_string_equal(wanted, ask("{\"count\":\"t\"}"));
    (void)snprintf(wanted, sizeof wanted, "%u\n", places[i] / 7);
    assert_string_equal(wanted, ask("{\"count\":\"t\",\"query\":{\"v\":[2,6]}}"));
    buf_deinit(&failures);
    close_all();
  }
}

/** What is wrong with the command refuses it whole, wherever it stands. */
static void different_changes_are_refused_whole(void) {
  enum { MANY = 2500 };
  static const char *const odd[] = {"{\"q\":{},\"u\":{\"$set\":{\"a\":1}},\"other\":1}", "5",
                                    "{\"q\":{}}"};
  open_all();
  for (uint32_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
    append_different(MANY, MANY - 1, odd[i]);
    assert_int_not_equal(LUMA_OK, run());
    assert_string_equal("0\n", ask("{\"count\":\"t\"}"));
  }
  append_different(MANY, MANY, "");
  buf_append_byte(&command, 0);
  char *update = copy((const char *)command.data);
  buf_reset(&command);
  buf_append_format(&command, "{\"explain\":%s}", update);
  assert_int_equal(LUMA_INVALID_ARGUMENT, run());
  mem_free(update);
  close_all();
}

static void run_prepared(struct query *query) {
  struct store_begin_options begin = {.may_block = true};
  struct query_open_options options = {.now_us = db.now_us};
  struct model_txn *txn = NULL;
  struct query_run *run = NULL;
  struct batch *batch = NULL;
  assert_ok(model_begin(db.model, &begin, &txn, test_err()));
  assert_ok(query_open(query, txn, &options, &run, test_err()));
  do assert_ok(query_next(run, &batch, test_err()));
  while (batch);
  query_close(run);
  assert_ok(model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
}

/** One that is prepared once may run often: its other portions are planned anew each time. */
static void different_changes_run_again(void) {
  enum { MANY = 2500, TIMES = 3 };
  struct query_prepare_options options = {0};
  struct query *query = NULL;
  open_all();
  options.now_us = db.now_us;
  buf_append_text(&command, "{\"update\":\"t\",\"updates\":[");
  for (uint32_t i = 0; i < MANY; i++)
    buf_append_format(&command,
                      "%s{\"q\":{\"_id\":%u},\"u\":{\"$inc\":{\"n\":1,\"a%u\":1}},\"upsert\":true}",
                      i ? "," : "", i, i % 9);
  buf_append_text(&command, "]}");
  struct query_source source = {.lang = &lang_jql, .text = buf_slice(&command)};
  assert_ok(query_prepare(db.model, NULL, &source, NULL, &options, &query, test_err()));
  for (uint32_t i = 0; i < TIMES; i++) {
    run_prepared(query);
    if (i == 0) make_unique("t"); /* the plan is made anew, too */
  }
  query_destroy(query);
  assert_string_equal("2500\n", ask("{\"count\":\"t\",\"query\":{\"n\":3}}"));
  close_all();
}

/** As many as a command takes, none of which can be. */
static void very_many_malformed_changes(void) {
  enum { MANY = 100000 };
  open_all();
  for (uint32_t more = 0; more < 2; more++) {
    buf_reset(&command);
    buf_append_text(&command, "{\"update\":\"t\",\"ordered\":false,\"updates\":[");
    for (uint32_t i = 0; i < MANY + more; i++)
      buf_append_format(&command, "%s{\"q\":{\"_id\":%u},\"u\":{\"$no%u\":{\"a\":1}}}",
                        i ? "," : "", i, i % 3);
    buf_append_text(&command, "]}");
    assert_int_equal(more ? LUMA_INVALID_ARGUMENT : LUMA_OK, run());
    if (more) continue;
    struct buf failures;
    buf_init(&failures, COMMAND_BYTES_MAX);
    buf_append_byte(&answer, 0);
    assert_int_equal(MANY, append_failures(&failures, 0, "operator"));
    buf_deinit(&failures);
  }
  close_all();
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"different_changes_are_as_single_ones", different_changes_are_as_single_ones, 30},
      {"different_changes_stop", different_changes_stop, 30},
      {"different_changes_are_refused_whole", different_changes_are_refused_whole, 0},
      {"different_changes_run_again", different_changes_run_again, 30},
      {"very_many_malformed_changes", very_many_malformed_changes, 60},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
