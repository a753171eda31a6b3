/* SPDX-License-Identifier: MIT */
/* Older documents spliced by recipes, or seen through their lenses, have the fields that taking
 * them through the steps one after the other gives, whatever the steps, the shapes and the types.
 */
#include <stdlib.h>

#include "model/soul/evolution.h"
#include "tests/lib/test.h"
#include "value/doc/probe.h"
#include "value/order/order.h"

enum { NAMES = 12, STEPS_MAX = 4, TEXT_BYTES = 8192 };

static const char *const letters = "abcdefghijkl";

static uint32_t below(uint32_t limit) {
  return (uint32_t)rng_below(test_rng(), limit);
}

static void random_value(struct build *build) {
  static const int64_t integers[] = {0, -1, 127, 128, -70000, 1ll << 40, (1ll << 53) + 1};
  struct val value = val_null();
  switch (below(7)) {
  case 0: value = val_int64(integers[below(7)]); break;
  case 1: value = val_float64(below(100) + 0.5); break;
  case 2:
    value = val_text(slice_of_text(below(2) ? "28" : "some text that is not a number"));
    break;
  case 3: value = val_bool(below(2) != 0); break;
  case 4:
    build_begin_list(build);
    build_put(build, &value);
    build_end(build);
    return;
  case 5: value = (struct val){.type = VAL_DATE, .integer = (int64_t)below(40000) - 20000}; break;
  default: break;
  }
  build_put(build, &value);
}

/* A document with some of the names, in any order. */
static void random_document(struct names *names, struct buf *out, struct doc *document) {
  struct build build;
  struct slice built;
  struct val key = val_int64(below(1000));
  uint32_t first = below(NAMES), count = below(NAMES);
  buf_reset(out);
  build_init(&build, out, names);
  build_begin_document(&build);
  build_name(&build, slice_of_text("_id"));
  build_put(&build, &key);
  for (uint32_t i = 0; i < count; i++) {
    build_name(&build, slice_of((const uint8_t *)letters + (first + i * 5) % NAMES, 1));
    random_value(&build);
  }
  assert_ok(build_finish(&build, &built, test_err()));
  build_deinit(&build);
  struct doc_header header = {
      .version = 7, .row = 9, .soul = 1 + below(STEPS_MAX), .dictionary = names_number(names)};
  doc_set_header(out->data, &header);
  assert_ok(doc_open(built, names, document, test_err()));
}

/* Each step speaks of an attribute at most once. */
static void append_step(struct buf *text, uint32_t number) {
  static const char *const types[] = {"float",        "int",  "text",     "decimal",
                                      "decimal(4,1)", "date", "timestamp"};
  bool first = true;
  buf_append_format(text, "%s{\"from\":%u,\"to\":%u,\"ops\":[", number > 1 ? "," : "", number,
                    number + 1);
  for (uint32_t i = 0; i < NAMES; i++) {
    char name = letters[i], to = letters[below(NAMES)];
    if (below(4) > 0) continue;
    if (!first) buf_append_byte(text, ',');
    first = false;
    switch (below(4)) {
    case 0:
      buf_append_format(text, "{\"kind\":\"drop\",\"type\":\"jsonb\",\"name\":\"%c\"}", name);
      break;
    case 1:
      buf_append_format(
          text, "{\"kind\":\"rename\",\"type\":\"jsonb\",\"name\":\"%c\",\"to\":\"%c\"}", name, to);
      break;
    case 2:
      buf_append_format(text, "{\"kind\":\"set\",\"type\":\"jsonb\",\"name\":\"%c\",\"value\":%s}",
                        name, below(2) ? "3" : "{\"x\":[1,\"y\"]}");
      break;
    default:
      buf_append_format(text, "{\"kind\":\"convert\",\"name\":\"%c\",\"type\":\"%s\"}", name,
                        types[below(7)]);
      break;
    }
  }
  buf_append_text(text, "]}");
}

static struct evolution *random_evolution(struct names *names) {
  struct evolution *evolution;
  struct buf text;
  uint32_t count = 1 + below(STEPS_MAX);
  buf_init(&text, TEXT_BYTES);
  buf_append_byte(&text, '[');
  for (uint32_t i = 1; i <= count; i++) append_step(&text, i);
  buf_append_byte(&text, ']');
  assert_ok(evolution_read(buf_slice(&text), NULL, names, &evolution, test_err()));
  buf_deinit(&text);
  return evolution;
}

static bool is_wanted(const struct recipes *recipes, uint16_t id) {
  if (!recipes->wanted || id == NAMES_KEY_SLOT) return true;
  for (uint32_t i = 0; i < recipes->wanted_count; i++) {
    if (recipes->wanted[i] == id) return true;
  }
  return false;
}

/* The wanted fields of `whole`, in their order, and nothing else. */
static void expect_fields(const struct recipes *recipes, const struct doc *whole,
                          const struct val *root) {
  struct val expected = doc_root(whole), got = *root;
  uint32_t at = 0;
  for (uint32_t i = 0; i < val_count(&expected); i++) {
    struct slice name, other;
    struct val value = val_field_at(&expected, i, &name);
    if (!is_wanted(recipes, val_field_name_id(&expected, i))) continue;
    uint16_t id = val_field_name_id(&got, at);
    struct val same = val_field_at(&got, at++, &other), found = val_field(&got, name);
    assert_true(slice_is_equal(name, other));
    assert_int_equal(value.type, same.type);
    assert_true(val_is_equal(&value, &same));
    assert_true(val_is_equal(&value, &found));
    assert_int_equal(id, val_field_name_id(&expected, i));
  }
  assert_int_equal(at, val_count(&got));
  assert_int_equal(val_field_at(&got, at, &(struct slice){0}).type, VAL_MISSING);
}

static void expect_same(const struct recipes *recipes, const struct doc *whole,
                        const struct doc *spliced) {
  struct val root = doc_root(spliced);
  assert_ok(doc_check(slice_of(spliced->data, spliced->bytes), spliced->names, test_err()));
  assert_memory_equal(whole->data + DOC_VERSION_OFFSET, spliced->data + DOC_VERSION_OFFSET, 24);
  expect_fields(recipes, whole, &root);
}

/* What the probe is not sure of, of two numbers. */
static enum probe_answer judge(const struct probe *probe, const struct val *value) {
  if (!val_is_number(value) || !val_is_number(probe->values)) return PROBE_UNSURE;
  int order = val_compare(value, probe->values);
  return probe->keep >> (1 + (order > 0) - (order < 0)) & 1 ? PROBE_YES : PROBE_NO;
}

/* What a probe is sure of through a lens, it answers about the whole document. */
static uint32_t expect_probed(const struct recipes *recipes, const struct doc *whole,
                              const struct val *seen) {
  struct val root = doc_root(whole);
  uint32_t sure = 0;
  for (uint32_t i = 0; i < val_count(&root); i++) {
    struct slice name;
    uint16_t id = val_field_name_id(&root, i);
    struct val value = val_field_at(&root, i, &name), operand = value;
    if (!is_wanted(recipes, id)) continue;
    if (!probe_takes(&operand, 1) || below(3) == 0) operand = val_int64((int64_t)below(200) - 100);
    struct probe probe = {.keep = 1 + below(6),
                          .count = 1,
                          .values = &operand,
                          .into_lists = below(2),
                          .knows_nulls = below(2),
                          .others_differ = below(2)};
    enum probe_answer answer = probe_ask(&probe, whole->names, &id, 1, seen);
    enum probe_answer right = probe_ask(&probe, whole->names, &id, 1, &root);
    if (right == PROBE_UNSURE) right = judge(&probe, &value);
    if (answer == PROBE_UNSURE || right == PROBE_UNSURE) continue;
    assert_int_equal(answer, right);
    sure++;
  }
  return sure;
}

/* Seen through a lens; written out from it; and put into another document. */
static void expect_seen(struct recipes *recipes, const struct doc *document,
                        const struct doc *whole, uint32_t *sure) {
  const struct recipe_sight *sight = recipes_see(recipes, document);
  struct doc seen = *document;
  struct buf out;
  struct build build;
  struct slice built;
  assert_non_null(sight);
  lens_put(&sight->lens, &seen);
  struct val root = doc_root(&seen), absent = val_field(&root, slice_of_text("absent"));
  assert_int_equal(absent.type, VAL_MISSING);
  expect_fields(recipes, whole, &root);
  *sure += expect_probed(recipes, whole, &root);
  uint8_t *at = malloc(lens_bytes_max(&root)); /* just so much */
  assert_non_null(at);
  uint32_t bytes = lens_write(&root, at);
  assert_true(bytes > 0);
  struct val written = val_decode(slice_of(at, bytes), val_names(&root));
  expect_fields(recipes, whole, &written);
  buf_init(&out, TEXT_BYTES);
  build_init(&build, &out, recipes->evolution->names);
  build_put(&build, &root);
  assert_ok(build_finish(&build, &built, test_err()));
  build_deinit(&build);
  written = val_decode(built, recipes->evolution->names);
  expect_fields(recipes, whole, &written);
  buf_deinit(&out);
  free(at);
}

/* How many were spliced. */
static uint32_t compare(struct evolution *evolution, struct recipes *recipes, uint32_t rounds,
                        uint32_t *sure) {
  struct buf bytes, room;
  uint32_t spliced = 0;
  buf_init(&bytes, TEXT_BYTES);
  buf_init(&room, TEXT_BYTES);
  for (uint32_t i = 0; i < rounds; i++) {
    struct doc document, whole, made;
    struct slice built;
    random_document(evolution->names, &bytes, &document);
    const struct recipe_sight *sight = recipes_see(recipes, &document);
    const struct splice *splice = sight ? sight->lens.splice : NULL;
    uint32_t soul = doc_header(&document).soul;
    if (!splice || evolution_begin(evolution, soul) == evolution->steps_count) continue;
    buf_reset(&room);
    assert_ok(evolution_apply(evolution, &document, 0, &room, &built, test_err()));
    assert_ok(doc_open(built, evolution->names, &whole, test_err()));
    uint8_t *at = malloc(document.bytes + splice->more_bytes); /* just so much */
    assert_non_null(at);
    uint32_t count = splice_document(splice, NULL, &document, at);
    assert_true(count > 0);
    assert_ok(doc_open(slice_of(at, count), evolution->names, &made, test_err()));
    expect_same(recipes, &whole, &made);
    expect_seen(recipes, &document, &whole, sure);
    free(at);
    spliced++;
  }
  buf_deinit(&bytes);
  buf_deinit(&room);
  return spliced;
}

static void splicing_is_building(void) {
  uint32_t spliced = 0, sure = 0;
  for (size_t round = 0; round < test_rounds(300); round++) {
    struct names *names;
    struct recipes some;
    uint16_t wanted[2];
    assert_ok(names_create(1, &names, test_err()));
    struct evolution *evolution = random_evolution(names);
    for (int i = 0; i < 2; i++)
      assert_ok(names_intern(names, slice_of((const uint8_t *)letters + below(NAMES), 1),
                             &wanted[i], test_err()));
    recipes_init(&some, evolution, wanted, 2);
    spliced += compare(evolution, evolution_recipes(evolution), 40, &sure);
    spliced += compare(evolution, &some, 40, &sure);
    recipes_deinit(&some);
    evolution_release(evolution);
    names_destroy(names);
  }
  assert_true(spliced > 1000);
  assert_true(sure > 1000);
}

/* That there are too many is told as what it is, and what helps. */
static void steps_have_an_end(void) {
  struct evolution *evolution = NULL;
  struct names *names;
  struct buf text;
  struct err err = {0};
  assert_ok(names_create(1, &names, test_err()));
  buf_init(&text, 1 << 20);
  buf_append_byte(&text, '[');
  for (int i = 1; i <= EVOLUTION_STEPS_MAX; i++)
    buf_append_format(&text, "%s{\"from\":%d,\"to\":%d,\"ops\":[]}", i > 1 ? "," : "", i, i + 1);
  buf_append_byte(&text, ']');
  assert_ok(evolution_read(buf_slice(&text), NULL, names, &evolution, test_err()));
  evolution_release(evolution);
  text.bytes--;
  buf_append_text(&text, ",{\"from\":7,\"to\":8,\"ops\":[]}]");
  assert_int_equal(evolution_read(buf_slice(&text), NULL, names, &evolution, &err),
                   LUMA_LIMIT_REACHED);
  assert_string_equal(err.message, "a collection evolves at most 1000 times");
  assert_non_null(strstr(err.hint, "begins anew"));
  buf_deinit(&text);
  names_destroy(names);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {{"splicing_is_building", splicing_is_building, 0},
                                           {"steps_have_an_end", steps_have_an_end, 0}};
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
