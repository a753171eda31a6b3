/* SPDX-License-Identifier: MIT */
/* Values of expressions that are made quickly are those that running the expression gives, whatever
 * the documents hold; and where running it fails or warns, they are not made quickly. */
#include <math.h>
#include <stdlib.h>

#include "query/query.h"
#include "tests/lib/test.h"
#include "value/doc/build.h"
#include "value/doc/made.h"
#include "value/doc/splice.h"

enum { NAMES = 6, TEXT_BYTES = 64 << 10, DOCUMENTS = 400, ROOM_BYTES = 128 << 10 };

static const char *const letters = "abcdef";
static const char *const texts[] = {
    "",     "28",      "Straße",   "İstanbul",         "some words of ASCII and MORE",
    "ÀÉ z", "[@Z`az{", "exactly8", "exactly8andmore!", "x"};

static const char *const expressions[] = {"a",
                                          "id",
                                          "42",
                                          "NULL",
                                          "'none'",
                                          "a + b",
                                          "a - 1",
                                          "2 * a * b",
                                          "-a",
                                          "-(a - b)",
                                          "CAST(a AS INT)",
                                          "CAST(a AS FLOAT)",
                                          "CAST(a AS BIGINT) + 1",
                                          "lower(a)",
                                          "upper(a)",
                                          "lower(upper(a) || b)",
                                          "length(a)",
                                          "length(a || b)",
                                          "a || b",
                                          "'n-' || a",
                                          "a || a",
                                          "upper(a) || b",
                                          "length(a) * 2 - b",
                                          "CAST(a AS INT) * CAST(b AS INT)",
                                          "a || '!' || b",
                                          "a = b",
                                          "a <> b",
                                          "a < b",
                                          "a <= 3",
                                          "a > 3",
                                          "a >= b",
                                          "a IS NULL",
                                          "a IS NOT NULL",
                                          "NOT a",
                                          "NOT (a > b)",
                                          "a > 0 AND b > 0",
                                          "a > 0 OR b IS NULL",
                                          "a AND b",
                                          "a OR b",
                                          "CASE WHEN a THEN 1 ELSE b END",
                                          "CASE WHEN a > b THEN a WHEN b IS NULL THEN 'b' END",
                                          "CASE a WHEN 1 THEN 'one' ELSE lower(b) END",
                                          "coalesce(a, b)",
                                          "coalesce(a, b, 0)",
                                          "coalesce(NULL, a)",
                                          "coalesce(a, 'none') || coalesce(b, 'none')",
                                          "a / b",
                                          "a % 2",
                                          "a % b * 2.5",
                                          "a / 7.0",
                                          "a < 5 AND b >= 1.5",
                                          "a <> 'x' OR b IS NULL",
                                          "NOT (a = b OR a > 1.5)",
                                          "length(a) < 9 AND (a IS NOT NULL OR b < 'n')",
                                          "a * 2 > b",
                                          "a + b * 2 - id"};
enum { EXPRESSIONS = sizeof expressions / sizeof *expressions };

/* Not all are: these are run. */
static const char *const slow[] = {"repeat(a, 2)",    "abs(a)", "round(a)",       "a LIKE 'x%'",
                                   "CAST(a AS TEXT)", "now()",  "random() + 1.0", "a.b"};
enum { SLOW = sizeof slow / sizeof *slow };

static uint32_t below(uint32_t limit) {
  return (uint32_t)rng_below(test_rng(), limit);
}

static void put_random(struct build *build) {
  static const int64_t integers[] = {
      0,  1,   -1,  3,         127,      128, -70000, 1ll << 40, (1ll << 53) + 1,
      -5, 100, 255, INT64_MAX, INT64_MIN};
  static const double reals[] = {0.5,    1.5,  2.5,    -0.5,        1e300,           -1e300,
                                 9.3e18, -0.0, 1e-300, (double)NAN, (double)INFINITY};
  struct val value = val_null();
  switch (below(9)) {
  case 0:
  case 1:
  case 2: value = val_int64(integers[below(sizeof integers / sizeof *integers)]); break;
  case 3: value = val_float64(reals[below(sizeof reals / sizeof *reals)]); break;
  case 4:
  case 5: value = val_text(slice_of_text(texts[below(sizeof texts / sizeof *texts)])); break;
  case 6: value = val_bool(below(2) != 0); break;
  case 7:
    if (below(3)) break;
    build_begin_list(build);
    build_put(build, &value);
    build_end(build);
    return;
  default: value = (struct val){.type = VAL_DATE, .integer = (int64_t)below(40000) - 20000}; break;
  }
  build_put(build, &value);
}

static void random_document(struct names *names, struct buf *out, struct doc *document) {
  struct build build;
  struct slice built;
  struct val key = val_int64(below(1000));
  uint32_t first = below(NAMES), count = below(NAMES + 1);
  buf_reset(out);
  build_init(&build, out, names);
  build_begin_document(&build);
  build_name(&build, slice_of_text("_id"));
  build_put(&build, &key);
  for (uint32_t i = 0; i < count; i++) {
    build_name(&build, slice_of((const uint8_t *)letters + (first + i) % NAMES, 1));
    put_random(&build);
  }
  assert_ok(build_finish(&build, &built, test_err()));
  build_deinit(&build);
  assert_ok(doc_open(built, names, document, test_err()));
}

/* Where the attributes of the document at hand are. */
static struct soul_place_in find(void *context, struct slice name) {
  const struct doc *document = context;
  struct slice shape;
  struct soul_place_in in = {.kind = SOUL_PLACE_NONE};
  uint16_t id = names_find(document->names, name);
  assert_true(splice_shape(document, &shape));
  for (uint32_t i = 0; i < shape.bytes / SPLICE_NAME_BYTES; i++)
    if (splice_shape_id(shape, i) == id)
      in = (struct soul_place_in){.kind = SOUL_PLACE_STORED, .index = i};
  return in;
}

static bool is_same(const struct val *a, const struct val *b) {
  if (a->type != b->type) return false;
  if (a->type == VAL_TEXT) return slice_is_equal(val_slice(a), val_slice(b));
  if (a->type == VAL_BOOL) return a->boolean == b->boolean;
  bool is_plain = a->type >= VAL_INT32 && a->type <= VAL_DATE && a->type != VAL_DECIMAL;
  return is_plain ? a->integer == b->integer : a->bytes == b->bytes; /* the bits of numbers */
}

struct program {
  struct soul_program *program;
  struct arena arena;
};

static void compile(struct program *made, const char *const *list, uint32_t count) {
  struct soul_rule *rules = calloc(count, sizeof *rules);
  uint32_t failed = 0;
  assert_non_null(rules);
  for (uint32_t i = 0; i < count; i++)
    rules[i] = (struct soul_rule){.kind = SOUL_RULE_VALUE, .text = slice_of_text(list[i])};
  assert_ok(query_rules()->create(NULL, rules, count, &made->program, &failed, test_err()));
  arena_init(&made->arena, 0, 0);
  free(rules);
}

static void deinit(struct program *program) {
  query_rules()->destroy(program->program);
  arena_deinit(&program->arena);
}

/* What is written is the value encoded, in room that is just so much; nothing where it is not made,
 * of another type, or longer than the room. `value` NULL: it is not made. */
static void expect_written(const struct soul_quick *made, const struct doc *document,
                           const struct val *value) {
  const uint8_t *map = document->data + DOC_HEADER_BYTES;
  bool is_taken = value && made_takes(value);
  size_t room_bytes = below(3) ? below(64) : ROOM_BYTES;
  uint8_t *room = malloc(room_bytes + 1), *encoded = malloc(is_taken ? made_bytes_max(value) : 1);
  assert_true(room && encoded);
  uint32_t bytes = is_taken ? made_encode(value, encoded) : 0;
  uint8_t type = value && !val_is_null(value) ? value->type : VAL_INT64;
  room[room_bytes] = 77;
  uint32_t written = made->write(made, map, type, room, room_bytes);
  assert_int_equal(room[room_bytes], 77);
  if (written) assert_int_equal(written, bytes);
  if (written) assert_memory_equal(room, encoded, bytes);
  /* What it is made of has to have room, too. */
  if (room_bytes == ROOM_BYTES && bytes < ROOM_BYTES / 8) assert_int_equal(written, bytes);
  written = made->write(made, map, VAL_LIGHT, room, room_bytes);
  assert_true(written == 0 || val_is_null(value));
  free(room);
  free(encoded);
}

/* A condition holds that is true or null, and nothing else does. */
static void expect_held(const struct soul_quick *made, const struct doc *document,
                        const struct val *value) {
  bool holds = made->holds(made, document->data + DOC_HEADER_BYTES);
  bool is_held = value && (val_is_null(value) || (value->type == VAL_BOOL && value->boolean));
  if (!value || value->type == VAL_BOOL || val_is_null(value)) assert_int_equal(holds, is_held);
  if (holds) assert_true(is_held);
}

/* Whether it was made quickly. */
static bool compare(struct program *program, uint32_t nth, struct doc *document) {
  const struct soul_places places = {find, document};
  struct soul_room room = {.arena = &program->arena};
  struct val root = doc_root(document), quick, run = val_null();
  const struct soul_quick *made =
      query_rules()->quicken(program->program, nth, &places, &program->arena);
  assert_non_null(made);
  bool is_made = made->make(made, document->data + DOC_HEADER_BYTES, &room, &quick);
  status result =
      query_rules()->run(program->program, nth, &root, 1, &program->arena, &run, test_err());
  if (result != LUMA_OK) err_reset(test_err());
  expect_written(made, document, is_made ? &quick : NULL);
  if (is_made || result != LUMA_OK) expect_held(made, document, is_made ? &quick : NULL);
  if (!is_made) return false;
  if (result != LUMA_OK || !is_same(&quick, &run))
    print_error("%s: status %d, types %d and %d\n", expressions[nth], (int)result, quick.type,
                run.type);
  assert_int_equal(result, LUMA_OK);
  assert_true(is_same(&quick, &run));
  return true;
}

static void making_quickly_is_running(void) {
  struct names *names;
  struct program program;
  struct buf bytes;
  uint32_t made[EXPRESSIONS] = {0};
  assert_ok(names_create(1, &names, test_err()));
  compile(&program, expressions, EXPRESSIONS);
  buf_init(&bytes, TEXT_BYTES);
  for (size_t i = 0; i < test_rounds(DOCUMENTS); i++) {
    struct doc document;
    random_document(names, &bytes, &document);
    for (uint32_t nth = 0; nth < EXPRESSIONS; nth++) made[nth] += compare(&program, nth, &document);
    arena_reset(&program.arena);
  }
  for (uint32_t nth = 0; nth < EXPRESSIONS; nth++) {
    if (!made[nth]) print_error("%s was never made quickly\n", expressions[nth]);
    assert_true(made[nth] > 0);
  }
  buf_deinit(&bytes);
  deinit(&program);
  names_destroy(names);
}

static struct soul_place_in be_unknown(void *context, struct slice name) {
  (void)context;
  (void)name;
  return (struct soul_place_in){.kind = SOUL_PLACE_UNKNOWN};
}

static void what_is_not_simple_is_run(void) {
  struct program program;
  struct doc document;
  struct buf bytes;
  struct names *names;
  struct soul_places unknown = {.find = be_unknown};
  assert_ok(names_create(1, &names, test_err()));
  buf_init(&bytes, TEXT_BYTES);
  random_document(names, &bytes, &document);
  struct soul_places places = {find, &document};
  compile(&program, slow, SLOW);
  for (uint32_t nth = 0; nth < SLOW; nth++)
    assert_null(query_rules()->quicken(program.program, nth, &places, &program.arena));
  deinit(&program);
  compile(&program, expressions, EXPRESSIONS);
  assert_null(query_rules()->quicken(program.program, 0, &unknown, &program.arena));
  assert_non_null(query_rules()->quicken(program.program, 2, &unknown, &program.arena));
  deinit(&program);
  buf_deinit(&bytes);
  names_destroy(names);
}

/* Texts that are longer than the room that is taken at once; and no memory at all. */
static void long_texts_have_room(void) {
  static const char *const doubled[] = {"upper(a || a) || lower(a)"};
  struct program program;
  struct names *names;
  struct doc document;
  struct build build;
  struct slice built;
  struct buf bytes, text;
  assert_ok(names_create(1, &names, test_err()));
  buf_init(&bytes, 1 << 20);
  buf_init(&text, 1 << 20);
  for (uint32_t i = 0; i < 20000 + below(20000); i++)
    buf_append_byte(&text, (uint8_t)('A' + below(58)));
  build_init(&build, &bytes, names);
  build_begin_document(&build);
  build_name(&build, slice_of_text("a"));
  struct val value = val_text(buf_slice(&text));
  build_put(&build, &value);
  build_end(&build);
  assert_ok(build_finish(&build, &built, test_err()));
  build_deinit(&build);
  assert_ok(doc_open(built, names, &document, test_err()));
  compile(&program, doubled, 1);
  struct slice shape;
  if (splice_shape(&document, &shape)) assert_true(compare(&program, 0, &document));
  buf_deinit(&text);
  buf_deinit(&bytes);
  deinit(&program);
  names_destroy(names);
}

/* ---- what is sure ---- */

/* `a`, `b`: integers of a range; `c`, `d`: texts; `e`: a truth. NULL, where they may be. */
static const struct soul_sure known[] = {{VAL_INT64, true, false, -5, 20},
                                         {VAL_INT64, false, false, 0, INT64_MAX},
                                         {VAL_TEXT, true, false, INT64_MIN, INT64_MAX},
                                         {VAL_TEXT, false, false, INT64_MIN, INT64_MAX},
                                         {VAL_BOOL, true, false, INT64_MIN, INT64_MAX}};
enum { KNOWN = sizeof known / sizeof *known };

static struct soul_sure know(void *context, struct slice name) {
  (void)context;
  bool is_known = name.bytes == 1 && name.data[0] >= 'a' && name.data[0] < 'a' + KNOWN;
  return is_known ? known[name.data[0] - 'a'] : (struct soul_sure){.may_be_null = true};
}

/* An expression over what is known. */
static void append_random(struct buf *text, uint32_t depth) {
  static const char *const leaves[] = {"a", "b", "c", "d", "e", "3", "-7", "'x'", "NULL", "TRUE"};
  static const char *const binaries[] = {"+", "-",  "*", "||", "=",   "<>",
                                         "<", "<=", ">", ">=", "AND", "OR"};
  static const char *const unaries[] = {"length(", "lower(", "upper(", "NOT (", "-(", "("};
  uint32_t kind = depth ? below(10) : 0;
  if (kind < 3) {
    buf_append_text(text, leaves[below(10)]);
  } else if (kind < 7) {
    buf_append_byte(text, '(');
    append_random(text, depth - 1);
    buf_append_format(text, " %s ", binaries[below(12)]);
    append_random(text, depth - 1);
    buf_append_byte(text, ')');
  } else {
    bool is_test = kind == 9;
    buf_append_text(text, kind == 8 ? "coalesce(" : is_test ? "((" : unaries[below(6)]);
    append_random(text, depth - 1);
    if (kind == 8) buf_append_text(text, ", ");
    if (kind == 8) append_random(text, depth - 1);
    buf_append_text(text, is_test ? below(2) ? ") IS NULL)" : ") BETWEEN -2 AND 30)" : ")");
  }
}

static void known_document(struct names *names, struct buf *out, struct doc *document) {
  static const int64_t most[] = {20, INT64_MAX};
  struct build build;
  struct slice built;
  buf_reset(out);
  build_init(&build, out, names);
  build_begin_document(&build);
  for (uint32_t i = 0; i < KNOWN; i++) {
    struct val value = val_null();
    bool is_null = known[i].may_be_null && below(4) == 0;
    if (is_null && below(2)) continue;
    if (!is_null && known[i].type == VAL_INT64)
      value = val_int64(below(4) ? known[i].least + below(26) : most[i]);
    if (!is_null && known[i].type == VAL_TEXT)
      value = val_text(slice_of_text(texts[below(sizeof texts / sizeof *texts)]));
    if (!is_null && known[i].type == VAL_BOOL) value = val_bool(below(2) != 0);
    build_name(&build, slice_of((const uint8_t *)letters + i, 1));
    build_put(&build, &value);
  }
  assert_ok(build_finish(&build, &built, test_err()));
  build_deinit(&build);
  assert_ok(doc_open(built, names, document, test_err()));
}

static void expect_sure(const struct soul_sure *sure, const struct val *value) {
  if (val_is_null(value)) {
    assert_true(sure->may_be_null);
    return;
  }
  assert_int_equal(value->type, sure->type);
  if (value->type == VAL_INT64)
    assert_true(value->integer >= sure->least && value->integer <= sure->most);
  if (value->type == VAL_BOOL && sure->is_true) assert_true(value->boolean);
}

/* Whether something is sure of it. */
static bool try_expression(const char *text, struct names *names, struct buf *bytes,
                           uint32_t *trues) {
  const struct soul_known attributes = {.of = know};
  struct soul_rule rule = {.kind = SOUL_RULE_VALUE, .text = slice_of_text(text)};
  struct soul_program *program;
  uint32_t failed;
  if (query_rules()->create(NULL, &rule, 1, &program, &failed, test_err()) != LUMA_OK) {
    err_reset(test_err()); /* a type clash that the binder sees */
    return false;
  }
  struct soul_sure sure = query_rules()->assure(program, 0, &attributes);
  for (int i = 0; sure.type != VAL_MISSING && i < 12; i++) {
    struct arena arena;
    struct doc document;
    struct val value;
    known_document(names, bytes, &document);
    struct val root = doc_root(&document);
    arena_init(&arena, 0, 0);
    status result = query_rules()->run(program, 0, &root, 1, &arena, &value, test_err());
    if (result != LUMA_OK) print_error("%s\n", text);
    assert_ok(result);
    expect_sure(&sure, &value);
    arena_deinit(&arena);
  }
  *trues += sure.type == VAL_BOOL && sure.is_true;
  query_rules()->destroy(program);
  return sure.type != VAL_MISSING;
}

static void what_is_sure_holds(void) {
  struct names *names;
  struct buf bytes, text;
  uint32_t found = 0, trues = 0;
  assert_ok(names_create(1, &names, test_err()));
  buf_init(&bytes, TEXT_BYTES);
  buf_init(&text, TEXT_BYTES);
  for (size_t i = 0; i < test_rounds(1500); i++) {
    buf_reset(&text);
    append_random(&text, 1 + below(4));
    buf_append_byte(&text, 0);
    found += try_expression((const char *)text.data, names, &bytes, &trues);
  }
  assert_true(found > 100);
  assert_true(trues > 0);
  buf_deinit(&bytes);
  buf_deinit(&text);
  names_destroy(names);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"making_quickly_is_running", making_quickly_is_running, 0},
      {"what_is_not_simple_is_run", what_is_not_simple_is_run, 0},
      {"what_is_sure_holds", what_is_sure_holds, 0},
      {"long_texts_have_room", long_texts_have_room, 0}};
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
