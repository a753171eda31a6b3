/* SPDX-License-Identifier: MIT */
/* Lists whose elements are alike: what is read as a table, and what stays in the list, are together
 * what the list is when it is read as all lists are. */
#include "tests/lib/fault.h"
#include "tests/lib/test.h"
#include "value/json/json.h"
#include "value/order/order.h"

enum { BYTES_MAX = 1 << 22, MOST = 400, WORTH_A_TABLE = 16 };

static struct buf text, plain_out, alike_out;
static struct json_reader *reader;
static struct arena arena;
static struct json_alike alike;

static void open_all(void) {
  buf_init(&text, BYTES_MAX);
  buf_init(&plain_out, BYTES_MAX);
  buf_init(&alike_out, BYTES_MAX);
  arena_init(&arena, 0, 0);
  assert_ok(json_reader_create(&reader, test_err()));
}

static void close_all(void) {
  json_reader_destroy(reader);
  arena_deinit(&arena);
  buf_deinit(&text);
  buf_deinit(&plain_out);
  buf_deinit(&alike_out);
}

static status read(bool as_table, struct buf *out, struct val *value, struct err *err) {
  alike = (struct json_alike){.list = slice_of_text("rows"), .arena = &arena, .most = MOST};
  struct json_read_options options = {.form = JSON_TAGGED, .alike = as_table ? &alike : NULL};
  buf_reset(out);
  return json_read_value(reader, buf_slice(&text), &options, out, value, err);
}

static void assert_leaves(const struct val *element, const struct val **leaves) {
  if (element->type != VAL_MAP && element->type != VAL_LIST) {
    assert_int_equal(element->type, (*leaves)->type);
    assert_true(val_is_equal(element, *leaves));
    ++*leaves;
    return;
  }
  for (uint32_t i = 0; i < val_count(element); i++) {
    struct slice name;
    struct val inner =
        element->type == VAL_MAP ? val_field_at(element, i, &name) : val_at(element, i);
    assert_leaves(&inner, leaves);
  }
}

static void assert_identical(const struct val *a, const struct val *b) {
  assert_int_equal(a->type, b->type);
  if (a->type != VAL_MAP && a->type != VAL_LIST) {
    assert_true(val_is_equal(a, b));
    return;
  }
  assert_int_equal(a->bytes, b->bytes);
  assert_memory_equal(a->data, b->data, a->bytes);
}

/* Answers how many stood in the table. */
static uint32_t compare(void) {
  struct val plain, other;
  arena_reset(&arena);
  assert_ok(read(false, &plain_out, &plain, test_err()));
  assert_ok(read(true, &alike_out, &other, test_err()));
  struct val all = val_field(&plain, slice_of_text("rows"));
  struct val some = val_field(&other, slice_of_text("rows"));
  assert_int_equal(val_count(&all), val_count(&some) + alike.count);
  for (uint32_t i = 0; alike.count && i <= alike.count; i++) {
    const struct val *leaves = alike.leaves + (size_t)i * alike.leaves_count, *at = leaves;
    struct val element = val_at(&all, i);
    assert_leaves(&element, &at);
    assert_int_equal(alike.leaves_count, at - leaves);
  }
  for (uint32_t i = 0; i < val_count(&some); i++) {
    struct val left = val_at(&some, i), right = val_at(&all, i ? i + alike.count : 0);
    assert_identical(&left, &right);
  }
  struct val behind = val_field(&plain, slice_of_text("z")),
             same = val_field(&other, slice_of_text("z"));
  assert_identical(&behind, &same);
  return alike.count;
}

/* ---- random lists ---- */

static const char *const leaves[] = {"1",
                                     "-20",
                                     "\"text\"",
                                     "\"\"",
                                     "true",
                                     "false",
                                     "null",
                                     "3.5",
                                     "1e400",
                                     "\"} , {\"",
                                     "123456",
                                     "\"a longer text, as texts are\"",
                                     "99999999999999999999999",
                                     "{\"$oid\":\"0123456789abcdef01234567\"}",
                                     "{\"$date\":\"2026-01-01T00:00:00Z\"}",
                                     "{\"$numberInt\":\"5\"}"};
enum { LEAVES = sizeof leaves / sizeof leaves[0] };

static void append_leaf(struct rng *rng, uint32_t kind) {
  buf_append_text(&text, leaves[rng_below(rng, 150) ? kind % LEAVES : rng_below(rng, LEAVES)]);
}

/* Of one shape, but for a few. */
static void append_element(struct rng *rng, uint32_t shape, uint32_t oddness) {
  static const char *const parts[][5] = {
      {"{\"a\":", ",\"b\":{\"$inc\":{\"c\":", "}},\"d\":", "", "}"},
      {"{ \"a\" : ", " , \"b\":[", ",", "", "] }"},
      {"{\"a\":{\"b\":{\"c\":", "}},\"e\":[],\"f\":{},\"a b\":", ",\"g\":[[", "", "]]}"},
      {"[", ",", ",", "", "]"},
      {"{\"x\":{\"$date\":\"2026-01-01T00:00:00Z\"},\"a\":", ",\"b\":", ",\"c\":", "", "}"},
      {"{\"a\":", ",\"a\":", ",\"b\":", "", "}"},
  };
  enum { SHAPES = sizeof parts / sizeof parts[0] };
  bool is_odd = oddness && rng_below(rng, oddness) == 0;
  uint32_t of = is_odd ? (uint32_t)rng_below(rng, SHAPES) : shape % SHAPES;
  for (uint32_t i = 0; i < 5; i++) {
    buf_append_text(&text, parts[of][i]);
    if (i < 3) append_leaf(rng, shape * 7 + i * 3);
    if (i == 0 && rng_below(rng, 40) == 0) buf_append_text(&text, "  ");
  }
}

static void append_list(struct rng *rng, uint32_t shape, uint32_t oddness) {
  uint32_t count = (uint32_t)rng_below(rng, 60);
  buf_append_text(&text, "\"rows\":[");
  for (uint32_t i = 0; i < count; i++) {
    if (i) buf_append_text(&text, rng_below(rng, 20) ? "," : " , ");
    append_element(rng, shape, oddness);
  }
  buf_append_text(&text, "]");
}

static void tables_are_as_lists(void) {
  struct rng *rng = test_rng();
  uint32_t tables = 0;
  open_all();
  for (int round = 0; round < 3000; round++) {
    static const char *const begins[] = {"{\"y\":1,", "{", "{\"rows\":[{\"a\":1},{\"a\":2}],"};
    static const char *const ends[] = {",\"z\":[1,2]}", ",\"z\":{\"rows\":[1,2]}}", "}"};
    buf_reset(&text);
    buf_append_text(&text, begins[rng_below(rng, 3)]);
    append_list(rng, (uint32_t)rng_below(rng, 40), round % 3 ? 60 : 0);
    buf_append_text(&text, ends[rng_below(rng, 3)]);
    tables += compare() > 0;
  }
  assert_true(tables > 100);
  close_all();
}

/* ---- what is a table and what is none ---- */

static uint32_t rows_of(const char *before, const char *element, uint32_t count,
                        const char *after) {
  buf_reset(&text);
  buf_append_format(&text, "%s\"rows\":[", before);
  for (uint32_t i = 0; i < count; i++) buf_append_format(&text, "%s%s", i ? "," : "", element);
  buf_append_format(&text, "]%s}", after);
  return compare();
}

static void only_what_is_alike(void) {
  open_all();
  assert_int_equal(99, rows_of("{", "{\"a\":1}", 100, ""));
  assert_int_equal(MOST, rows_of("{", "{\"a\":1}", MOST + 50, ""));
  assert_int_equal(0, rows_of("{", "{\"a\":1}", WORTH_A_TABLE, ""));
  assert_int_equal(WORTH_A_TABLE, rows_of("{", "{\"a\":1}", WORTH_A_TABLE + 1, ""));
  assert_int_equal(0, rows_of("{", "{}", 100, ""));
  assert_int_equal(0, rows_of("{", "1", 100, ""));
  assert_int_equal(99, rows_of("{", "{\"a\":{\"$oid\":\"0123456789abcdef01234567\"}}", 100, ""));
  assert_int_equal(99,
                   rows_of("{", "{\"a\":{\"$date\":{\"$numberLong\":\"7\"}},\"b\":1}", 100, ""));
  assert_int_equal(0, rows_of("{", "{\"a\":{\"$code\":\"text\"}}", 100, ""));
  assert_int_equal(0, rows_of("{", "{\"a\":{\"$plain\":{\"$oid\":1}}}", 100, ""));
  assert_int_equal(0, rows_of("{", "{\"$oid\":\"0123456789abcdef01234567\"}", 100, ""));
  assert_int_equal(0, rows_of("{", "{\"a\":1,\"$oid\":2}", 100, ""));
  assert_int_equal(0, rows_of("{", "{\"a\":1,\"a\":2}", 100, ""));
  assert_int_equal(99, rows_of("{", "{\"a\":1,\"b\":{\"a\":2}}", 100, ""));
  assert_int_equal(0, rows_of("{", "{\"a\":\"\\n\"}", 100, ""));
  assert_int_equal(0, rows_of("{\"x\":{", "{\"a\":1}", 100, "}"));
  assert_int_equal(0, rows_of("{", "{\"a\":1}", 100, ",\"rows\":[1]"));
  assert_int_equal(0, rows_of("{", "{\"a\":1}", 100, ",\"rows\":7"));
  close_all();
}

static void faults_are_found(void) {
  static const char *const wrong[] = {"{\"a\":01}", "{\"a\":1,}", "{\"a\":1", "{\"a\":tru}",
                                      "{\"a\":1}}", "{\"a\" 1}",  "",         "{\"a\":\"x}"};
  struct val value;
  struct err err = {0};
  open_all();
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    buf_reset(&text);
    buf_append_text(&text, "{\"rows\":[");
    for (uint32_t k = 0; k < 40; k++) buf_append_text(&text, "{\"a\":1},");
    buf_append_format(&text, "%s,{\"a\":1}]}", wrong[i]);
    assert_int_equal(LUMA_INVALID_JSON, read(true, &alike_out, &value, &err));
  }
  close_all();
}

static status read_some(void *context) {
  struct val value;
  (void)context;
  status done = read(true, &alike_out, &value, NULL);
  arena_deinit(&arena);
  buf_deinit(&alike_out);
  return done;
}

static void survives_lack_of_memory(void) {
  open_all();
  (void)rows_of("{", "{\"a\":1}", 100, "");
  arena_deinit(&arena);
  buf_deinit(&alike_out);
  assert_true(fault_sweep_alloc(read_some, NULL) > 0);
  close_all();
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"tables_are_as_lists", tables_are_as_lists, 30},
      {"only_what_is_alike", only_what_is_alike, 0},
      {"faults_are_found", faults_are_found, 0},
      {"survives_lack_of_memory", survives_lack_of_memory, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
