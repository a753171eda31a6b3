/* SPDX-License-Identifier: MIT */
/* What is learned of documents is what looking at all their values shows, whatever their shapes and
 * kinds: counts, ranges, and the sketch of distinct values. */
#include <stdio.h>

#include "model/soul/learn.h"
#include "tests/lib/test.h"
#include "value/doc/build.h"
#include "value/order/order.h"

enum { NAMES = 5, DOCUMENTS = 60, ROOM_BYTES = 200 };

/* What is known of one name, value by value. */
struct known {
  int64_t seen, nulls, texts, bytes;
  uint32_t longest;
  bool is_ranged; /* false: there are no values with a range */
  struct val min, max;
  uint8_t registers[LEARN_REGISTERS];
};

static uint32_t below(uint32_t limit) {
  return (uint32_t)rng_below(test_rng(), limit);
}

/* Texts that begin alike, lists, and numbers around the ends of a range. */
static struct val random_value(char room[ROOM_BYTES]) {
  static const char *const starts[] = {"", "b", "common start of all ", "common start of some"};
  static const char *const ends[] = {"", "a", "free", "longer than a word", "\x7f", "zz"};
  switch (below(9)) {
  case 0: return val_null();
  case 1: return val_bool(below(2) != 0);
  case 2: return val_int64((int64_t)below(300) - 150);
  case 3: return val_float64((double)below(40) / 4 - 5);
  case 4: return (struct val){.type = VAL_TIMESTAMP, .integer = (int64_t)below(100) << 33};
  case 5: return (struct val){.type = VAL_INT32, .integer = below(70000)};
  default: break;
  }
  int bytes = snprintf(room, ROOM_BYTES, "%s%s%*s", starts[below(4)], ends[below(6)],
                       below(8) ? 0 : (int)below(120), "");
  return val_text(slice_of((const uint8_t *)room, (size_t)bytes));
}

static bool has_range(const struct val *v) {
  return v->type == VAL_TEXT ? v->bytes <= LEARN_KEPT_BYTES : v->type > VAL_BOOL;
}

static void know(struct known *known, const struct val *v, uint32_t bytes) {
  known->seen++;
  known->bytes += bytes;
  known->nulls += v->type == VAL_NULL;
  known->texts += v->type == VAL_TEXT;
  if (v->type == VAL_TEXT && v->bytes > known->longest) known->longest = v->bytes;
  if (v->type == VAL_NULL) return;
  if (has_range(v)) {
    if (!known->is_ranged || val_compare(v, &known->min) < 0) known->min = *v;
    if (!known->is_ranged || val_compare(v, &known->max) > 0) known->max = *v;
    known->is_ranged = true;
  }
  if (v->type == VAL_TEXT && v->bytes > 128) return; /* hashed by its ends */
  uint64_t hash = val_hash(v, 0);
  uint8_t rank = (uint8_t)(__builtin_ctzll(hash >> 8 | 1ull << 56) + 1);
  uint8_t *reg = &known->registers[hash % LEARN_REGISTERS];
  if (rank > *reg) *reg = rank;
}

/* Some of the names, with values. */
static struct slice random_document(struct names *names, struct buf *out) {
  struct build build;
  struct slice built;
  uint32_t first = below(3);
  buf_reset(out);
  build_init(&build, out, names);
  build_begin_document(&build);
  for (uint32_t i = first; i < NAMES; i++) {
    char room[ROOM_BYTES];
    struct val value = random_value(room);
    if (below(6) == 0) continue;
    build_name(&build, slice_of((const uint8_t *)"abcde" + i, 1));
    build_put(&build, &value);
  }
  assert_ok(build_finish(&build, &built, test_err()));
  build_deinit(&build);
  return built;
}

static void expect_known(const struct learned *learned, const struct known *known, uint32_t nth) {
  const struct learned_attribute *attribute = NULL;
  for (uint32_t i = 0; i < learned->count; i++)
    if (learned->attributes[i]->name.data[0] == (uint8_t) "abcde"[nth])
      attribute = learned->attributes[i];
  if (!attribute) {
    assert_int_equal(known->seen, 0);
    return;
  }
  assert_int_equal(attribute->seen, known->seen);
  assert_int_equal(attribute->nulls, known->nulls);
  assert_int_equal(attribute->types[VAL_TEXT], known->texts);
  assert_int_equal(attribute->bytes, known->bytes);
  assert_int_equal(attribute->max_length, known->longest);
  assert_int_equal(attribute->min.type != VAL_MISSING, known->is_ranged);
  if (!known->is_ranged) return;
  assert_int_equal(val_compare(&attribute->min, &known->min), 0);
  assert_int_equal(val_compare(&attribute->max, &known->max), 0);
  for (int i = 0; i < LEARN_REGISTERS; i++)
    assert_true(attribute->registers[i] >= known->registers[i]);
}

static void what_is_learned_is_what_was_seen(void) {
  for (size_t round = 0; round < test_rounds(200); round++) {
    struct buf documents[DOCUMENTS];
    struct known known[NAMES] = {0};
    struct names *names;
    struct learned learned;
    assert_ok(names_create(1, &names, test_err()));
    learned_init(&learned);
    for (int i = 0; i < DOCUMENTS; i++) {
      struct doc document;
      struct slice name;
      buf_init(&documents[i], 1 << 20);
      struct slice built = random_document(names, &documents[i]);
      assert_ok(doc_open(built, names, &document, test_err()));
      assert_ok(learned_observe(&learned, &document, test_err()));
      struct val root = doc_root(&document), fields[NAMES];
      assert_int_equal(val_fields(&root, fields, NAMES), val_count(&root));
      for (uint32_t k = 0; k < val_count(&root); k++) {
        struct val v = val_field_at(&root, k, &name);
        assert_int_equal(v.type, fields[k].type);
        assert_true(val_is_equal(&v, &fields[k]));
        know(&known[name.data[0] - 'a'], &v, (uint32_t)learned_value_bytes(&v));
      }
    }
    assert_int_equal(learned.documents, DOCUMENTS);
    for (uint32_t i = 0; i < NAMES; i++) expect_known(&learned, &known[i], i);
    learned_deinit(&learned);
    for (int i = 0; i < DOCUMENTS; i++) buf_deinit(&documents[i]);
    names_destroy(names);
  }
}

static void expect_same(const struct learned *a, const struct learned *b) {
  assert_int_equal(a->documents, b->documents);
  assert_int_equal(a->count, b->count);
  for (uint32_t i = 0; i < a->count; i++) {
    const struct learned_attribute *left = a->attributes[i], *right = b->attributes[i];
    assert_true(slice_is_equal(left->name, right->name));
    assert_int_equal(left->seen, right->seen);
    assert_int_equal(left->nulls, right->nulls);
    assert_int_equal(left->bytes, right->bytes);
    assert_int_equal(left->max_length, right->max_length);
    assert_memory_equal(left->types, right->types, sizeof left->types);
    assert_memory_equal(left->registers, right->registers, sizeof left->registers);
    assert_int_equal(val_compare(&left->min, &right->min), 0);
    assert_int_equal(val_compare(&left->max, &right->max), 0);
  }
}

/* A document that becomes another is one that comes and one that goes. */
static void what_is_replaced_is_forgotten(void) {
  struct buf rooms[DOCUMENTS];
  struct doc documents[DOCUMENTS];
  struct names *names;
  struct learned apart, together;
  assert_ok(names_create(1, &names, test_err()));
  learned_init(&apart);
  learned_init(&together);
  for (int i = 0; i < DOCUMENTS; i++) {
    buf_init(&rooms[i], 1 << 20);
    assert_ok(doc_open(random_document(names, &rooms[i]), names, &documents[i], test_err()));
    assert_ok(learned_observe(&apart, &documents[i], test_err()));
    assert_ok(learned_observe(&together, &documents[i], test_err()));
  }
  for (size_t round = 0; round < test_rounds(2000); round++) {
    uint32_t nth = below(DOCUMENTS);
    struct buf fresh_room;
    struct doc fresh;
    buf_init(&fresh_room, 1 << 20);
    assert_ok(doc_open(random_document(names, &fresh_room), names, &fresh, test_err()));
    assert_ok(learned_observe(&apart, &fresh, test_err()));
    assert_ok(learned_forget(&apart, &documents[nth], test_err()));
    assert_ok(learned_replace(&together, &documents[nth], &fresh, test_err()));
    buf_deinit(&rooms[nth]);
    rooms[nth] = fresh_room;
    documents[nth] = fresh;
    expect_same(&apart, &together);
  }
  learned_deinit(&apart);
  learned_deinit(&together);
  for (int i = 0; i < DOCUMENTS; i++) buf_deinit(&rooms[i]);
  names_destroy(names);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"what_is_replaced_is_forgotten", what_is_replaced_is_forgotten, 0},
      {"what_is_learned_is_what_was_seen", what_is_learned_is_what_was_seen, 0}};
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
