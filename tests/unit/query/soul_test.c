/* SPDX-License-Identifier: MIT */
/* Souls with their expressions: spellings of types, canonical hashes, random genotypes against a
 * naive validator, random changes of an evolving collection against a naive picture of it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/hash/sha256.h"
#include "model/soul/soul.h"
#include "query/query.h"
#include "store/mem/mem_store.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"
#include "value/json/json.h"
#include "value/order/order.h"

enum { TEXT_BYTES = 16 << 10 };

static struct soul *read_soul(const char *json) {
  struct soul *soul;
  assert_ok(soul_read_text(slice_of_text(json), query_rules(), &soul, test_err()));
  return soul;
}

/* ---- types ---- */

static void types_have_many_spellings(void) {
  static const char *const pairs[][2] = {
      {"str", "text"},
      {"VARCHAR(80)", "text"},
      {"Optional[int]", "int"},
      {"int?", "int"},
      {"str | None", "text"},
      {"bigint", "int"},
      {"double precision", "float"},
      {"Decimal(10, 2)", "decimal(10,2)"},
      {"NUMERIC(12)", "decimal(12,0)"},
      {"bool", "boolean"},
      {"timestamptz", "timestamp"},
      {"List[float]", "list<float>"},
      {"float[]", "list<float>"},
      {"array<array<int>>", "list<list<int>>"},
      {"Dict[str, List[int]]", "map<list<int>>"},
      {"dict", "map"},
      {"jsonb", "jsonb"},
      {"any", "jsonb"},
      {"vector(384)", "vector(384)"},
      {"embedding", "vector"},
      {"ref(users)", "ref(users)"},
      {"list<ref(users)>", "list<ref(users)>"},
      {"light", "light"},
  };
  static const char *const wrong[] = {"",          "foo",      "list<",      "vector(0)",
                                      "vector(x)", "ref()",    "ref",        "list<foo>",
                                      "text(0)",   "int int2", "Dict[a, b]", "vector(70000)"};
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    struct arena arena;
    struct soul_type type;
    struct buf out;
    arena_init(&arena, 0, 0);
    buf_init(&out, 1024);
    assert_ok(soul_type_parse(slice_of_text(pairs[i][0]), &arena, &type, NULL, NULL, test_err()));
    soul_type_format(&out, &type);
    buf_append_byte(&out, 0);
    assert_string_equal((const char *)out.data, pairs[i][1]);
    buf_deinit(&out);
    arena_deinit(&arena);
  }
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    struct arena arena;
    struct soul_type type;
    arena_init(&arena, 0, 0);
    if (soul_type_parse(slice_of_text(wrong[i]), &arena, &type, NULL, NULL, NULL) == LUMA_OK)
      fail_msg("`%s` was read as a type", wrong[i]);
    arena_deinit(&arena);
  }
}

/* ---- hashes ---- */

static void sha256_is_sha256(void) {
  static const struct {
    const char *text, *hash;
  } known[] = {/* FIPS 180-4, the examples of NIST */
               {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
               {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
               {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"}};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    uint8_t hash[SHA256_BYTES];
    struct buf hex;
    buf_init(&hex, 128);
    sha256(slice_of_text(known[i].text), hash);
    soul_append_hash(&hex, hash);
    buf_append_byte(&hex, 0);
    assert_string_equal((const char *)hex.data, known[i].hash);
    buf_deinit(&hex);
  }
}

static void assert_hashes(const char *a, const char *b, bool equal) {
  struct soul *left = read_soul(a), *right = read_soul(b);
  bool same = memcmp(left->hash, right->hash, SOUL_HASH_BYTES) == 0;
  if (same != equal) fail_msg("%s and %s hash %s", a, b, same ? "alike" : "differently");
  soul_release(left);
  soul_release(right);
}

static void hashes_name_what_counts(void) {
  const char *base = "{\"attributes\":{\"a\":{\"type\":\"int\",\"min\":1},\"b\":\"text\"},"
                     "\"genesis\":{\"name\":\"x\"}}";
  assert_hashes(base,
                " { \"genesis\" : {\"name\":\"x\", \"description\":\"d\"}, \"attributes\":{\"b\":"
                "{\"type\":\"string\",\"required\":false,\"index\":true,\"description\":\"e\"},"
                "\"a\":{\"minimum\":1,\"type\":\"integer\"}}, \"open\": true, \"alias\": \"z\"}",
                true);
  assert_hashes(base,
                "{\"attributes\":{\"a\":{\"type\":\"int\",\"min\":2},\"b\":\"text\"},"
                "\"genesis\":{\"name\":\"x\"}}",
                false);
  assert_hashes(base, "{\"attributes\":{\"a\":{\"type\":\"int\",\"min\":1},\"b\":\"text\"}}",
                false);
}

static void what_is_written_reads_back(void) {
  const char *json =
      "{\"genesis\":{\"name\":\"n\",\"version\":2},\"attributes\":{"
      "\"s\":{\"type\":\"text\",\"enum\":[\"a\",\"b\"],\"transitions\":{\"a\":{\"b\":\"f()\"}},"
      "\"default\":\"a\",\"pattern\":\"^.$\",\"max_length\":3},"
      "\"m\":{\"type\":\"map\",\"attributes\":{\"x\":{\"type\":\"date\",\"default\":\"2026-01-02\"}"
      "}},"
      "\"c\":{\"type\":\"int\",\"computed\":\"length(s)\"},\"l\":{\"type\":\"list<float>\"}},"
      "\"relations\":{\"o\":{\"soul\":\"users\",\"on_delete\":\"cascade\"}},"
      "\"functions\":{\"f\":\"g() AND s IS NOT NULL\",\"g\":\"length(s) > 0\"},"
      "\"constraints\":[\"c > 0\",{\"unique\":[\"s\",\"c\"]}]}";
  for (int form = SOUL_CANONICAL; form <= SOUL_SHOWN; form++) {
    struct soul *first = read_soul(json);
    struct buf text;
    buf_init(&text, TEXT_BYTES);
    soul_write(&text, first, (enum soul_form)form);
    buf_append_byte(&text, 0);
    struct soul *second = read_soul((const char *)text.data);
    assert_memory_equal(first->hash, second->hash, SOUL_HASH_BYTES);
    soul_release(first);
    soul_release(second);
    buf_deinit(&text);
  }
}

static status read_again(void *context) {
  struct soul *soul;
  struct err err = {0};
  status result = soul_read_text(slice_of_text(context), query_rules(), &soul, &err);
  if (result == LUMA_OK) soul_release(soul);
  return result;
}

static void genotypes_survive_memory_running_out(void) {
  static char json[] =
      "{\"attributes\":{\"a\":{\"type\":\"list<int>\",\"default\":[1]},"
      "\"b\":{\"type\":\"text\",\"pattern\":\"x\",\"enum\":[\"x\"]}},"
      "\"functions\":{\"f\":\"a IS NULL\"},\"constraints\":{\"k\":\"f() OR b = 'x'\"}}";
  fault_sweep_alloc(read_again, json);
}

/* ---- a naive validator ---- */

enum { ATTRIBUTES = 4 };

/* What the naive side knows of an attribute: the rules it was made with. */
struct naive {
  int kind; /* 0 int, 1 text, 2 boolean, 3 float */
  bool required, has_default, has_min, has_max, has_choices;
  int min, max, max_length;
  bool is_there; /* in the soul */
};

struct naive_soul {
  struct naive attributes[ATTRIBUTES];
  bool open, has_check; /* check: a0 IS NULL OR a0 <> 7 */
};

static const char *const kinds[] = {"int", "text", "boolean", "float"};

static bool coin(unsigned of) {
  return rng_below(test_rng(), of) == 0;
}

static void make_naive(struct naive_soul *soul) {
  *soul = (struct naive_soul){.open = coin(4), .has_check = coin(2)};
  for (int i = 0; i < ATTRIBUTES; i++) {
    struct naive *one = &soul->attributes[i];
    one->is_there = true;
    one->kind = i == 0 ? 0 : (int)rng_below(test_rng(), 4);
    one->required = coin(3);
    one->has_default = one->kind == 0 && coin(4);
    one->has_min = (one->kind == 0 || one->kind == 3) && coin(3);
    one->has_max = (one->kind == 0 || one->kind == 3) && coin(3);
    one->has_choices = one->kind == 1 && coin(4);
    one->min = -3;
    one->max = 12;
    one->max_length = one->kind == 1 && coin(2) ? 3 : 100;
  }
}

static void write_naive(const struct naive_soul *soul, struct buf *out) {
  buf_append_text(out, "{\"attributes\":{");
  for (int i = 0; i < ATTRIBUTES; i++) {
    const struct naive *one = &soul->attributes[i];
    buf_append_format(out, "%s\"a%d\":{\"type\":\"%s\",\"required\":%s", i ? "," : "", i,
                      kinds[one->kind], one->required ? "true" : "false");
    if (one->has_default) buf_append_text(out, ",\"default\":5");
    if (one->has_min) buf_append_format(out, ",\"min\":%d", one->min);
    if (one->has_max) buf_append_format(out, ",\"max\":%d", one->max);
    if (one->kind == 1) buf_append_format(out, ",\"max_length\":%d", one->max_length);
    if (one->has_choices) buf_append_text(out, ",\"enum\":[\"ab\",\"4\",\"true\"]");
    buf_append_byte(out, '}');
  }
  buf_append_format(out, "},\"open\":%s", soul->open ? "true" : "false");
  if (soul->has_check) buf_append_text(out, ",\"constraints\":{\"k\":\"a0 IS NULL OR a0 <> 7\"}");
  buf_append_byte(out, '}');
}

/* A value as JSON, and what it is read as for each kind: NULL = refused. */
struct sample {
  const char *json;
  const char *as[4];
};
static const struct sample samples[] = {
    {"7", {"7", NULL, NULL, "7.0"}},
    {"-5", {"-5", NULL, NULL, "-5.0"}},
    {"1", {"1", NULL, "true", "1.0"}},
    {"20", {"20", NULL, NULL, "20.0"}},
    {"2.5", {NULL, NULL, NULL, "2.5"}},
    {"3.0", {"3", NULL, NULL, "3.0"}},
    {"\"4\"", {"4", "\"4\"", NULL, "4.0"}},
    {"\"ab\"", {NULL, "\"ab\"", NULL, NULL}},
    {"\"abcd\"", {NULL, "\"abcd\"", NULL, NULL}},
    {"\"true\"", {NULL, "\"true\"", "true", NULL}},
    {"true", {NULL, NULL, "true", NULL}},
    {"[1]", {NULL, NULL, NULL, NULL}},
    {"null", {"null", "null", "null", "null"}},
};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

/* Whether the value is good, and how it is stored. */
static bool judge_value(const struct naive *rules, const struct sample *sample,
                        const char **stored) {
  *stored = sample->as[rules->kind];
  if (!*stored) return false;
  if (strcmp(*stored, "null") == 0) return !rules->required;
  double number = strtod(*stored, NULL);
  if (rules->has_min && number < rules->min) return false;
  if (rules->has_max && number > rules->max) return false;
  if (rules->kind != 1) return true;
  if ((int)strlen(*stored) - 2 > rules->max_length) return false;
  return !rules->has_choices || strcmp(*stored, "\"ab\"") == 0 || strcmp(*stored, "\"4\"") == 0 ||
         strcmp(*stored, "\"true\"") == 0;
}

/* A random document, and what it should become; false when it should be refused. */
static bool make_document(const struct naive_soul *soul, int64_t id, struct buf *json,
                          struct buf *wanted) {
  bool good = true, check = true;
  buf_append_format(json, "{\"id\":%lld", (long long)id);
  buf_append_format(wanted, "{\"id\":%lld", (long long)id);
  for (int i = 0; i < ATTRIBUTES; i++) {
    const struct naive *rules = &soul->attributes[i];
    const struct sample *sample = &samples[rng_below(test_rng(), SAMPLES)];
    const char *stored;
    if (coin(4)) continue;
    buf_append_format(json, ",\"a%d\":%s", i, sample->json);
    good &= judge_value(rules, sample, &stored);
    if (i == 0 && stored && strcmp(stored, "7") == 0) check = false;
    if (stored) buf_append_format(wanted, ",\"a%d\":%s", i, stored);
  }
  if (coin(8)) {
    buf_append_text(json, ",\"other\":1");
    buf_append_text(wanted, ",\"other\":1");
    good &= soul->open;
  }
  for (int i = 0; i < ATTRIBUTES; i++) { /* what is missing comes last */
    char name[8];
    (void)snprintf(name, sizeof name, "\"a%d\"", i);
    buf_append_byte(json, 0);
    bool is_there = strstr((const char *)json->data, name) != NULL;
    json->bytes--;
    const struct naive *rules = &soul->attributes[i];
    if (is_there) continue;
    if (rules->has_default) buf_append_format(wanted, ",\"a%d\":5", i);
    good &= rules->has_default || !rules->required;
  }
  buf_append_byte(json, '}');
  buf_append_byte(wanted, '}');
  return good && (check || !soul->has_check);
}

/* ---- the model's side ---- */

struct world {
  struct model *model;
  struct json_reader *reader;
  struct buf scratch;
};

static void open_world(struct world *world) {
  struct mem_options options = {0};
  struct store *store;
  assert_ok(mem_store_open(&options, &store, test_err()));
  struct model_options model = {.os = os_linux(), .feed = true, .rules = query_rules()};
  assert_ok(model_open(store, &model, &world->model, test_err()));
  assert_ok(json_reader_create(&world->reader, test_err()));
  buf_init(&world->scratch, DOC_BYTES_MAX);
}

static void close_world(struct world *world) {
  assert_ok(model_check(world->model, NULL, NULL, test_err()));
  buf_deinit(&world->scratch);
  json_reader_destroy(world->reader);
  model_close(world->model);
}

static struct val read_json(struct world *world, struct slice json) {
  struct json_read_options options = {.form = JSON_TAGGED, .id_is_key = true};
  struct val value;
  buf_reset(&world->scratch);
  assert_ok(json_read_value(world->reader, json, &options, &world->scratch, &value, test_err()));
  return value;
}

static struct model_txn *begin(struct world *world) {
  struct store_begin_options options = {.isolation = STORE_SERIALIZABLE, .may_block = true};
  struct model_txn *txn;
  assert_ok(model_begin(world->model, &options, &txn, test_err()));
  return txn;
}

static status end(struct model_txn *txn, status result) {
  if (result == LUMA_OK) return model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err());
  model_rollback(txn);
  return result;
}

static void create(struct world *world, struct slice genotype) {
  struct model_txn *txn = begin(world);
  struct val value = read_json(world, genotype);
  struct model_soul_spec spec = {.alias = slice_of_text("c"), .genotype = &value};
  struct model_soul_made made;
  assert_ok(model_create_soul(txn, &spec, &made, test_err()));
  assert_ok(end(txn, LUMA_OK));
}

static status insert(struct world *world, struct slice json) {
  struct model_txn *txn = begin(world);
  struct val document = read_json(world, json);
  struct model_write write = {.document = &document};
  const struct collection *collection = catalog_find(model_catalog(txn), slice_of_text("c"));
  return end(txn, model_insert(txn, collection, &write, 1, NULL, test_err()));
}

/* The document under an id as JSON; empty if there is none. */
static void fetch(struct world *world, int64_t id, struct buf *out) {
  struct model_txn *txn = begin(world);
  struct val key = val_int64(id);
  struct store_pins pins = {0};
  struct doc doc;
  struct json_write_options options = {0};
  const struct collection *collection = catalog_find(model_catalog(txn), slice_of_text("c"));
  assert_ok(model_get_many(txn, collection, &key, 1, &doc, &pins, test_err()));
  if (doc.data) {
    struct val root = doc_root(&doc);
    json_write(out, &root, &options);
  }
  store_pins_release(&pins);
  model_rollback(txn);
  buf_append_byte(out, 0);
}

static void play_documents(struct world *world, const struct naive_soul *soul) {
  for (int64_t id = 1; id <= 30; id++) {
    struct buf json, wanted, found;
    buf_init(&json, TEXT_BYTES);
    buf_init(&wanted, TEXT_BYTES);
    buf_init(&found, TEXT_BYTES);
    bool good = make_document(soul, id, &json, &wanted);
    status result = insert(world, buf_slice(&json));
    if (result != (good ? LUMA_OK : LUMA_INVALID_BEING))
      fail_msg("%.*s was answered %d: %s", SLICE_ARG(buf_slice(&json)), (int)result,
               test_err()->message);
    err_reset(test_err());
    fetch(world, id, &found);
    if (good) buf_append_byte(&wanted, 0);
    assert_string_equal((const char *)found.data, good ? (const char *)wanted.data : "");
    buf_deinit(&json);
    buf_deinit(&wanted);
    buf_deinit(&found);
  }
}

static void random_souls_judge_as_a_naive_validator(void) {
  for (size_t round = 0; round < test_rounds(25); round++) {
    struct world world;
    struct naive_soul soul;
    struct buf genotype;
    open_world(&world);
    buf_init(&genotype, TEXT_BYTES);
    do {
      buf_reset(&genotype);
      make_naive(&soul);
      write_naive(&soul, &genotype);
    } while (soul.has_check && soul.attributes[0].has_max && coin(2));
    create(&world, buf_slice(&genotype));
    play_documents(&world, &soul);
    buf_deinit(&genotype);
    close_world(&world);
  }
}

/* ---- evolving at random ---- */

enum { BEINGS = 20, NAMES = 5 };

/* Attribute n of a being: what it is, under what name. INT64_MIN: none. */
struct picture {
  int64_t values[BEINGS][NAMES];
  bool exists[BEINGS], declared[NAMES];
};

static status evolve(struct world *world, const char *patch) {
  struct model_txn *txn = begin(world);
  struct buf report;
  buf_init(&report, TEXT_BYTES);
  struct val value = read_json(world, slice_of_text(patch));
  struct model_evolution evolution = {
      .alias = slice_of_text("c"), .genotype = &value, .merge = true};
  status result = end(txn, model_evolve(txn, &evolution, &report, test_err()));
  buf_deinit(&report);
  return result;
}

static void add_attribute(struct world *world, struct picture *picture, uint32_t n) {
  char patch[256];
  int64_t given = (int64_t)rng_below(test_rng(), 3) - 1; /* -1: no default */
  (void)snprintf(patch, sizeof patch,
                 given < 0 ? "{\"attributes\":{\"n%u\":{\"type\":\"int\"}}}"
                           : "{\"attributes\":{\"n%u\":{\"type\":\"int\",\"default\":%lld}}}",
                 n, (long long)given);
  assert_ok(evolve(world, patch));
  picture->declared[n] = true;
  for (int i = 0; i < BEINGS; i++) picture->values[i][n] = given < 0 ? INT64_MIN : given;
}

static void drop_attribute(struct world *world, struct picture *picture, uint32_t n) {
  char patch[128];
  (void)snprintf(patch, sizeof patch, "{\"attributes\":{\"n%u\":null}}", n);
  assert_ok(evolve(world, patch));
  picture->declared[n] = false;
}

static void rename_attribute(struct world *world, struct picture *picture, uint32_t n,
                             uint32_t to) {
  char patch[128];
  (void)snprintf(patch, sizeof patch, "{\"rename\":{\"n%u\":\"n%u\"}}", n, to);
  assert_ok(evolve(world, patch));
  picture->declared[n] = false;
  picture->declared[to] = true;
  for (int i = 0; i < BEINGS; i++) picture->values[i][to] = picture->values[i][n];
}

static void transform_attribute(struct world *world, struct picture *picture, uint32_t n) {
  char patch[256];
  (void)snprintf(patch, sizeof patch,
                 "{\"attributes\":{\"n%u\":{\"description\":null,\"max\":%d}},"
                 "\"transform\":{\"n%u\":\"n%u + 1\"}}",
                 n, 1000000 + (int)rng_below(test_rng(), 1000000), n, n);
  assert_ok(evolve(world, patch));
  for (int i = 0; i < BEINGS; i++) {
    if (picture->values[i][n] != INT64_MIN) picture->values[i][n]++;
  }
}

static void write_being(struct world *world, struct picture *picture, int i) {
  struct buf json;
  buf_init(&json, TEXT_BYTES);
  struct model_txn *txn = begin(world);
  const struct collection *collection = catalog_find(model_catalog(txn), slice_of_text("c"));
  buf_append_format(&json, "{\"id\":%d", i);
  for (uint32_t n = 0; n < NAMES; n++) {
    if (!picture->declared[n]) continue;
    picture->values[i][n] = (int64_t)rng_below(test_rng(), 100);
    buf_append_format(&json, ",\"n%u\":%lld", n, (long long)picture->values[i][n]);
  }
  buf_append_byte(&json, '}');
  struct val document = read_json(world, buf_slice(&json)), key = val_int64(i);
  struct store_pins pins = {0};
  struct doc old;
  assert_ok(model_get_many(txn, collection, &key, 1, &old, &pins, test_err()));
  struct model_write write = {.document = &document};
  status result = old.data ? model_replace(txn, collection, &old, &document, test_err())
                           : model_insert(txn, collection, &write, 1, NULL, test_err());
  store_pins_release(&pins);
  assert_ok(end(txn, result));
  picture->exists[i] = true;
  buf_deinit(&json);
}

static void delete_being(struct world *world, struct picture *picture, int i) {
  struct model_txn *txn = begin(world);
  const struct collection *collection = catalog_find(model_catalog(txn), slice_of_text("c"));
  struct val key = val_int64(i);
  struct store_pins pins = {0};
  struct doc old;
  assert_ok(model_get_many(txn, collection, &key, 1, &old, &pins, test_err()));
  if (old.data) assert_ok(model_delete(txn, collection, &old, test_err()));
  store_pins_release(&pins);
  assert_ok(end(txn, LUMA_OK));
  picture->exists[i] = false;
}

static void compare_being(struct world *world, const struct picture *picture, int i) {
  struct buf found;
  buf_init(&found, TEXT_BYTES);
  fetch(world, i, &found);
  found.bytes--;
  if (!picture->exists[i]) {
    if (found.bytes) fail_msg("being %d is there: %.*s", i, SLICE_ARG(buf_slice(&found)));
  } else {
    struct val value = read_json(world, buf_slice(&found));
    uint32_t count = 1;
    for (uint32_t n = 0; n < NAMES; n++) {
      char name[16];
      (void)snprintf(name, sizeof name, "n%u", n);
      struct val one = val_field(&value, slice_of_text(name));
      if (!picture->declared[n]) assert_int_equal(one.type, VAL_MISSING);
      if (!picture->declared[n] || val_is_null(&one)) {
        if (picture->declared[n]) assert_int_equal(picture->values[i][n], INT64_MIN);
        count += one.type == VAL_NULL;
        continue;
      }
      assert_int_equal(one.integer, picture->values[i][n]);
      count++;
    }
    assert_int_equal(val_count(&value), count);
  }
  buf_deinit(&found);
}

static void change_something(struct world *world, struct picture *picture) {
  uint32_t n = (uint32_t)rng_below(test_rng(), NAMES), to = (uint32_t)rng_below(test_rng(), NAMES);
  int i = (int)rng_below(test_rng(), BEINGS);
  switch (rng_below(test_rng(), 8)) {
  case 0:
    if (!picture->declared[n]) add_attribute(world, picture, n);
    break;
  case 1:
    if (picture->declared[n]) drop_attribute(world, picture, n);
    break;
  case 2:
    if (picture->declared[n] && !picture->declared[to]) rename_attribute(world, picture, n, to);
    break;
  case 3:
    if (picture->declared[n]) transform_attribute(world, picture, n);
    break;
  case 4: delete_being(world, picture, i); break;
  default: write_being(world, picture, i);
  }
}

static void beings_follow_their_souls_evolution(void) {
  for (size_t round = 0; round < test_rounds(6); round++) {
    struct world world;
    struct picture picture = {.declared = {true}};
    open_world(&world);
    create(&world,
           slice_of_text(
               "{\"attributes\":{\"id\":\"int\",\"n0\":{\"type\":\"int\",\"index\":true}}}"));
    for (int step = 0; step < 120; step++) {
      change_something(&world, &picture);
      compare_being(&world, &picture, (int)rng_below(test_rng(), BEINGS));
    }
    for (int i = 0; i < BEINGS; i++) compare_being(&world, &picture, i);
    close_world(&world);
  }
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"types_have_many_spellings", types_have_many_spellings, 0},
      {"sha256_is_sha256", sha256_is_sha256, 0},
      {"hashes_name_what_counts", hashes_name_what_counts, 0},
      {"what_is_written_reads_back", what_is_written_reads_back, 0},
      {"genotypes_survive_memory_running_out", genotypes_survive_memory_running_out, 120},
      {"random_souls_judge_as_a_naive_validator", random_souls_judge_as_a_naive_validator, 300},
      {"beings_follow_their_souls_evolution", beings_follow_their_souls_evolution, 300},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
