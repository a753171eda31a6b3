/* SPDX-License-Identifier: MIT */
/* Long commands of JQL: they are read whole, documents in the form in which they are stored. What
 * is stored is compared with what was written. */
#include "base/mem/mem.h"
#include "tests/lang/script.h"

enum { COMMAND_BYTES_MAX = 1 << 20, DOCUMENTS = 300 };

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

/** Documents `from`…, each with an attribute `name` in a map in a list. */
static void append_insert(uint32_t from, const char *name) {
  buf_append_text(&command, "{\"insert\":\"t\",\"documents\":[");
  for (uint32_t i = from; i < from + DOCUMENTS; i++)
    buf_append_format(&command, "%s{\"_id\":%u,\"a\":\"} {;\",\"list\":[{\"%s\":%u}]}",
                      i > from ? "," : "", i, name, i);
  buf_append_text(&command, "]}");
}

static void insert(uint32_t from, const char *name) {
  buf_reset(&command);
  append_insert(from, name);
  assert_ok(run());
}

static void names_known_and_new(void) {
  open_all();
  insert(0, "b"); /* there is no collection */
  insert(1000, "b");
  insert(2000, "c");
  insert(3000, "c");
  assert_string_equal("1200\n", ask("{\"count\":\"t\"}"));
  static const char *const ids[] = {"7", "1007", "2007", "3007"};
  for (size_t i = 0; i < 4; i++) {
    struct buf find, wanted;
    buf_init(&find, 1024);
    buf_init(&wanted, 1024);
    buf_append_format(&find, "{\"find\":\"t\",\"filter\":{\"list.%s\":%s}}", i < 2 ? "b" : "c",
                      ids[i]);
    buf_append_format(&wanted, "{\"_id\":%s,\"a\":\"} {;\",\"list\":[{\"%s\":%s}]}\n", ids[i],
                      i < 2 ? "b" : "c", ids[i]);
    buf_append_byte(&find, 0);
    buf_append_byte(&wanted, 0);
    assert_string_equal((const char *)wanted.data, ask((const char *)find.data));
    buf_deinit(&find);
    buf_deinit(&wanted);
  }
  close_all();
}

static void names_with_null_bytes(void) {
  open_all();
  insert(0, "b");
  buf_reset(&command);
  append_insert(1000, "b\\u0000");
  assert_int_equal(LUMA_INVALID_ARGUMENT, run());
  assert_string_equal("300\n", ask("{\"count\":\"t\"}"));
  close_all();
}

static void run_one(struct query *query, struct model_txn *txn) {
  struct query_open_options options = {0};
  struct query_run *run = NULL;
  struct batch *batch = NULL;
  assert_ok(query_open(query, txn, &options, &run, test_err()));
  do assert_ok(query_next(run, &batch, test_err()));
  while (batch);
  query_close(run);
}

/** Answers how many statements the text has. */
static uint32_t run_script(void) {
  struct store_begin_options begin = {.may_block = true};
  struct query_source source = {.lang = &lang_jql, .text = buf_slice(&command)};
  struct query_prepare_options options = {.now_us = db.now_us};
  uint32_t count = 0;
  for (size_t at = 0; at < command.bytes; count++) {
    struct model_txn *txn = NULL;
    struct query *query = NULL;
    assert_ok(model_begin(db.model, &begin, &txn, test_err()));
    assert_ok(query_prepare(db.model, txn, &source, &at, &options, &query, test_err()));
    run_one(query, txn);
    query_destroy(query);
    assert_ok(model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
  }
  return count;
}

static void several_in_one_text(void) {
  static const char *const between[] = {"", "\n", " ; \n"};
  open_all();
  for (uint32_t i = 0; i < 3; i++) {
    buf_reset(&command);
    append_insert(i * 10000, "b");
    buf_append_text(&command, between[i]);
    append_insert(i * 10000 + 1000, "b");
    assert_int_equal(2, run_script());
  }
  assert_string_equal("1800\n", ask("{\"count\":\"t\"}"));
  close_all();
}

static void something_behind(void) {
  open_all();
  append_insert(0, "b");
  buf_append_text(&command, " nothing}");
  assert_int_equal(LUMA_SYNTAX_ERROR, run());
  close_all();
}

/** More keys than there are ranges: everything is read, and the filter decides. */
static void very_many_keys(void) {
  enum { KEYS_ASKED = 5000 };
  open_all();
  insert(0, "b");
  insert(4000, "b");
  insert(9000, "b");
  buf_reset(&command);
  buf_append_text(&command, "{\"count\":\"t\",\"query\":{\"_id\":{\"$in\":[");
  for (uint32_t i = 0; i < KEYS_ASKED; i++) buf_append_format(&command, "%s%u", i ? "," : "", i);
  buf_append_text(&command, "]}}}");
  assert_ok(run());
  buf_append_byte(&answer, 0);
  assert_string_equal("600\n", (const char *)answer.data);
  close_all();
}

/* ---- many updates in a command ---- */

enum { UPDATES = 200, KEYS = 90, AT_ONCE = 5 };

/** Of one kind each; some fail: $inc meets a text, a value of a unique index is taken. */
static void append_update(struct rng *rng, uint32_t kind, bool is_operation) {
  static const char *const changes[][2] = {
      {"{\"$inc\":{\"n\":", "}}"},
      {"{\"$set\":{\"a.b\":", "},\"$setOnInsert\":{\"made\":true}}"},
      {"{\"$mul\":{\"n\":", "},\"$max\":{\"m\":3}}"},
      {"{\"$set\":{\"unique\":", "}}"},
      {"{\"$set\":{\"n\":\"text ", "\"}}"},
  };
  unsigned key = (unsigned)rng_below(rng, KEYS), value = (unsigned)rng_below(rng, 40);
  buf_append_format(&command,
                    "{%s\"%s\":{\"_id\":%s%u%s},\"%s\":", is_operation ? "\"updateOne\":{" : "",
                    is_operation ? "filter" : "q", key % 7 ? "" : "\"k", key, key % 7 ? "" : "\"",
                    is_operation ? "update" : "u");
  buf_append_format(&command, "%s%u%s", changes[kind][0], value, changes[kind][1]);
  buf_append_text(&command, kind == 2 ? ",\"upsert\":false}" : ",\"upsert\":true}");
  if (is_operation) buf_append_byte(&command, '}');
}

/** `count` updates of a kind, which the seed gives; what they did is in `answer`. */
static void update(const char *collection, uint64_t seed, uint32_t from, uint32_t count,
                   uint32_t kind, bool is_operation) {
  buf_reset(&command);
  buf_append_format(&command, "{\"%s\":\"%s\",\"ordered\":false,\"%s\":[",
                    is_operation ? "bulkWrite" : "update", collection,
                    is_operation ? "ops" : "updates");
  for (uint32_t i = 0; i < count; i++) {
    struct rng rng;
    rng_init(&rng, seed * UPDATES + from + i);
    if (i) buf_append_byte(&command, ',');
    append_update(&rng, kind, is_operation);
  }
  buf_append_text(&command, "]}");
  assert_ok(run());
}

static char *copy(const char *text) {
  char *made = mem_copy(text, strlen(text) + 1);
  assert_non_null(made);
  return made;
}

/** The same changes in commands of a few each, which are done one by one. */
static void bulks_are_as_single_updates(void) {
  open_all();
  static const char *const collections[] = {"bulk", "few", "operations"};
  for (int c = 0; c < 3; c++) {
    buf_reset(&command);
    buf_append_format(&command,
                      "{\"createIndexes\":\"%s\",\"indexes\":[{\"key\":{\"unique\":1},"
                      "\"unique\":true,\"sparse\":true},{\"key\":{\"n\":1}}]}",
                      collections[c]);
    assert_ok(run());
  }
  for (uint32_t round = 0; round < 12; round++) {
    uint64_t seed = rng_next(test_rng());
    uint32_t kind = round < 5 ? round : (uint32_t)rng_below(test_rng(), 5);
    update("bulk", seed, 0, UPDATES, kind, false);
    for (uint32_t from = 0; from < UPDATES; from += AT_ONCE)
      update("few", seed, from, AT_ONCE, kind, false);
    char *bulk = copy(ask("{\"find\":\"bulk\"}"));
    assert_string_equal(bulk, ask("{\"find\":\"few\"}"));
    update("operations", seed, 0, UPDATES, kind, true);
    assert_string_equal(bulk, ask("{\"find\":\"operations\"}"));
    mem_free(bulk);
  }
  close_all();
}

/** Updates that are alike but for one; a key comes again now and then. */
static void alike_but_for_one(const char *collection, uint64_t seed, uint32_t from, uint32_t count,
                              const char *odd) {
  enum { ALIKE_KEYS = 70 };
  uint32_t nth = (uint32_t)(seed % UPDATES);
  buf_reset(&command);
  buf_append_format(&command, "{\"update\":\"%s\",\"ordered\":false,\"updates\":[", collection);
  for (uint32_t i = from; i < from + count; i++) {
    unsigned key = (unsigned)((seed + i * 7) % ALIKE_KEYS);
    if (i > from) buf_append_byte(&command, ',');
    if (i == nth)
      buf_append_text(&command, odd);
    else
      buf_append_format(&command,
                        "{\"q\":{\"_id\":%u},\"u\":{\"$inc\":{\"n\":%u},\"$set\":{\"s.t\":"
                        "\"text %u\"}},\"upsert\":true}",
                        key, i % 5, i);
  }
  buf_append_text(&command, "]}");
  assert_ok(run());
}

static void bulks_alike_are_as_single_updates(void) {
  static const char *const odd[] = {
      "{\"q\":{\"_id\":3},\"u\":{\"$inc\":{\"n\":1.5},\"$set\":{\"s.t\":\"x\"}},\"upsert\":true}",
      "{\"q\":{\"_id\":3},\"u\":{\"$inc\":{\"n\":1},\"$set\":{\"s.t\":\"x\"}},\"upsert\":false}",
      "{\"q\":{\"_id\":3}, \"u\":{\"$inc\":{\"n\":1},\"$set\":{\"s.t\":\"x\"}},\"upsert\":true}",
      "{\"q\":{\"_id\":3},\"u\":{\"$set\":{\"n\":1}},\"upsert\":true}",
      "{\"q\":{\"_id\":\"0123456789ABCDEFGHJKMNPQRS\"},\"u\":{\"$set\":{\"n\":1}},\"upsert\":true}",
      "{\"q\":{\"n\":3},\"u\":{\"$inc\":{\"n\":1}},\"multi\":true}",
      "{\"q\":{\"_id\":3},\"u\":[{\"$set\":{\"p\":{\"$add\":[1,2]}}}],\"upsert\":true}",
      "{\"q\":{\"_id\":3},\"u\":{\"n\":7},\"upsert\":true}",
      "{\"q\":{\"_id\":3},\"u\":{\"$inc\":{\"n\":1},\"$set\":{\"s.t\":\"\\u0041\"}},\"upsert\":"
      "true}",
      "{\"q\":{\"_id\":{\"$oid\":\"0123456789abcdef01234567\"}},\"u\":{\"$inc\":{\"n\":1}},"
      "\"upsert\":true}",
      "{\"q\":{\"_id\":3},\"u\":{\"$inc\":{\"n\":1}},\"collation\":{\"locale\":\"en\"}}"};
  open_all();
  for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
    for (int round = 0; round < 3; round++) {
      uint64_t seed = rng_next(test_rng());
      if (round == 2) seed -= seed % UPDATES; /* the first is the odd one */
      alike_but_for_one("bulk", seed, 0, UPDATES, odd[i]);
      for (uint32_t from = 0; from < UPDATES; from += AT_ONCE)
        alike_but_for_one("few", seed, from, AT_ONCE, odd[i]);
      char *bulk = copy(ask("{\"find\":\"bulk\",\"sort\":{\"_id\":1}}"));
      assert_string_equal(bulk, ask("{\"find\":\"few\",\"sort\":{\"_id\":1}}"));
      mem_free(bulk);
    }
  close_all();
}

/** What keeps them from being exchanged lets each be read as it was written. */
static void bulks_alike_one_by_one(void) {
  static const char *const parts[][2] = {
      {"\"u\":{\"$inc\":{\"n\":1}},\"collation\":{\"locale\":\"en\"}", ""},
      {"\"u\":[{\"$set\":{\"n\":{\"$add\":[{\"$ifNull\":[\"$n\",0]},1]}}}]", ""},
      {"\"u\":{\"$inc\":{\"n\":1}}", ",\"let\":{\"v\":1}"},
      {"\"u\":{\"$inc\":{\"n\":{\"$numberLong\":\"1\"}}}", ""},
      {"\"u\":{\"$push\":{\"list\":\"x\"},\"$inc\":{\"n\":1}}", ""}};
  open_all();
  for (uint32_t round = 0; round < sizeof parts / sizeof parts[0]; round++) {
    buf_reset(&command);
    buf_append_format(&command, "{\"update\":\"t\",\"updates\":[");
    for (uint32_t i = 0; i < UPDATES; i++)
      buf_append_format(&command, "%s{\"q\":{\"_id\":%u},%s,\"upsert\":true}", i ? "," : "", i / 2,
                        parts[round][0]);
    buf_append_format(&command, "]%s}", parts[round][1]);
    assert_ok(run());
  }
  assert_string_equal("100\n", ask("{\"count\":\"t\",\"query\":{\"n\":10}}"));
  assert_string_equal("100\n", ask("{\"count\":\"t\",\"query\":{\"list\":[\"x\",\"x\"]}}"));
  close_all();
}

static void bulks_stop_at_the_first_failure(void) {
  open_all();
  buf_append_text(&command, "{\"insert\":\"t\",\"documents\":[{\"_id\":10,\"n\":\"text\"}]}");
  assert_ok(run());
  for (int is_ordered = 0; is_ordered < 2; is_ordered++) {
    buf_reset(&command);
    buf_append_format(&command, "{\"update\":\"t\",\"ordered\":%s,\"updates\":[",
                      is_ordered ? "true" : "false");
    for (uint32_t i = 0; i < 20; i++)
      buf_append_format(&command,
                        "%s{\"q\":{\"_id\":%u},\"u\":{\"$inc\":{\"n\":1}},"
                        "\"upsert\":true}",
                        i ? "," : "", i);
    buf_append_text(&command, "]}");
    assert_ok(run());
    buf_append_byte(&answer, 0);
    assert_string_equal(is_ordered ? "affected 10\n"
                                     "document 10: cannot calculate with `n`: it is text\n"
                                   : "affected 19 upserted\n"
                                     "document 10: cannot calculate with `n`: it is text\n",
                        (const char *)answer.data);
  }
  assert_string_equal("10\n", ask("{\"count\":\"t\",\"query\":{\"n\":2}}"));
  assert_string_equal("9\n", ask("{\"count\":\"t\",\"query\":{\"n\":1}}"));
  close_all();
}

/* ---- many documents in a command ---- */

/** Documents as clients may write them, with keys that come again, or none. */
static void append_document(struct rng *rng, uint32_t kind) {
  unsigned key = (unsigned)rng_below(rng, 400), value = (unsigned)rng_below(rng, 50);
  switch (kind) {
  case 0: buf_append_format(&command, "{\"_id\":%u,\"n\":%u}", key, value); break;
  case 1: buf_append_format(&command, "{\"n\":{\"x\":[%u]},\"_id\":\"k%u\"}", value, key); break;
  case 2: buf_append_format(&command, "{\"$plain\":{\"_id\":%u,\"$n\":1}}", key); break;
  case 3: buf_append_format(&command, "{\"_id\":%u,\"new%u\":{}}", key, value); break;
  case 4: buf_append_format(&command, "{\"_id\":%u,\"u\":%u}", key, value); break;
  case 5: buf_append_format(&command, "{\"_id\":{\"a\":%u},\"n\":1,\"n\":2}", key); break;
  case 6:
    buf_append_format(&command, "{\"id\":%u,\"_id\":{\"$numberDouble\":\"%u\"}}", key, key);
    break;
  default:
    buf_append_format(&command, "{\"_id\":%u,\"d\":{\"$date\":%u},\"t\":\"\\n\"}", key, value);
  }
}

static void append_documents(uint64_t seed, uint32_t kinds, const char *before, const char *after) {
  enum { MANY = 200 };
  struct rng rng;
  rng_init(&rng, seed);
  for (uint32_t i = 0; i < MANY; i++) {
    buf_append_format(&command, "%s%s", i ? "," : "", before);
    append_document(&rng, (uint32_t)rng_below(&rng, kinds));
    buf_append_text(&command, after);
  }
  buf_append_text(&command, "]}");
  assert_ok(run());
}

/** The same documents by operations of a bulkWrite, which are read as all values are. */
static void inserts_are_as_operations(void) {
  static const char *const collections[] = {"bulk", "few"};
  open_all();
  for (int c = 0; c < 2; c++) {
    buf_reset(&command);
    buf_append_format(&command,
                      "{\"createIndexes\":\"%s\",\"indexes\":[{\"key\":{\"u\":1},\"unique\":true,"
                      "\"sparse\":true},{\"key\":{\"n\":1}}]}",
                      collections[c]);
    assert_ok(run());
  }
  for (uint32_t round = 0; round < 8; round++) {
    uint64_t seed = rng_next(test_rng());
    buf_reset(&command);
    buf_append_text(&command, "{\"insert\":\"bulk\",\"ordered\":false,\"documents\":[");
    append_documents(seed, round + 1, "", "");
    buf_reset(&command);
    buf_append_text(&command, "{\"bulkWrite\":\"few\",\"ordered\":false,\"ops\":[");
    append_documents(seed, round + 1, "{\"insertOne\":{\"document\":", "}}");
    char *bulk = copy(ask("{\"find\":\"bulk\",\"sort\":{\"_id\":1}}"));
    assert_string_equal(bulk, ask("{\"find\":\"few\",\"sort\":{\"_id\":1}}"));
    mem_free(bulk);
  }
  close_all();
}

/** What is no list of documents alone, or stands twice, is read as everything is. */
static void lists_of_other_things(void) {
  open_all();
  insert(0, "b");
  (void)ask("{\"insert\":\"t\",\"documents\":[{\"_id\":900000}],\"documents\":[{\"_id\":900001}]}");
  assert_string_equal("301\n", ask("{\"count\":\"t\"}"));
  static const char *const wrong[] = {
      "{\"insert\":\"t\",\"documents\":[{\"_id\":1000},5]}",
      "{\"insert\":\"t\",\"documents\":[{\"_id\":1000}],\"documents\":{}}",
      "{\"insert\":\"t\",\"documents\":[]}",
      "{\"insert\":\"t\",\"documents\":[{\"_id\":1000},{\"$oid\":\"000000000000000000000000\"}]}",
      "{\"insert\":\"t\",\"documents\":[{\"_id\":1000},{]}"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    buf_reset(&command);
    buf_append_text(&command, wrong[i]);
    assert_int_not_equal(LUMA_OK, run());
  }
  (void)ask("{\"insert\":\"t\",\"documents\":[{\"$plain\":{\"_id\":900002,\"$x\":1}},{\"y\":1}]}");
  assert_string_equal("303\n", ask("{\"count\":\"t\"}"));
  assert_string_equal("1\n", ask("{\"count\":\"t\",\"query\":{\"y\":1}}"));
  close_all();
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"names_known_and_new", names_known_and_new, 0},
      {"names_with_null_bytes", names_with_null_bytes, 0},
      {"several_in_one_text", several_in_one_text, 0},
      {"something_behind", something_behind, 0},
      {"very_many_keys", very_many_keys, 0},
      {"inserts_are_as_operations", inserts_are_as_operations, 30},
      {"lists_of_other_things", lists_of_other_things, 0},
      {"bulks_are_as_single_updates", bulks_are_as_single_updates, 30},
      {"bulks_alike_are_as_single_updates", bulks_alike_are_as_single_updates, 30},
      {"bulks_alike_one_by_one", bulks_alike_one_by_one, 0},
      {"bulks_stop_at_the_first_failure", bulks_stop_at_the_first_failure, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
