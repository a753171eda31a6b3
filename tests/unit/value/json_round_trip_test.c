/* SPDX-License-Identifier: MIT */
/* Writing and reading back: the identity in the tagged form for every type, in the plain form for
 * what JSON has. */
#include "tests/lib/fault.h"
#include "tests/lib/gen_val.h"
#include "tests/lib/test.h"
#include "value/json/json.h"

enum { BYTES_MAX = 1 << 24 };

struct bench {
  struct json_reader *reader;
  struct names *names;
  struct gen_val gen;
  struct buf first, text, again;
};

static void bench_init(struct bench *b) {
  assert_ok(json_reader_create(&b->reader, test_err()));
  assert_ok(names_create(7, &b->names, test_err()));
  gen_val_init(&b->gen, test_rng());
  buf_init(&b->first, BYTES_MAX);
  buf_init(&b->text, BYTES_MAX);
  buf_init(&b->again, BYTES_MAX);
}

static void bench_deinit(struct bench *b) {
  json_reader_destroy(b->reader);
  names_destroy(b->names);
  buf_deinit(&b->first);
  buf_deinit(&b->text);
  buf_deinit(&b->again);
}

static void bench_reset(struct bench *b) {
  buf_reset(&b->first);
  buf_reset(&b->text);
  buf_reset(&b->again);
}

static void assert_same(const struct bench *b, struct slice first, struct slice again) {
  if (slice_is_equal(first, again)) return;
  print_message("%.*s\n", SLICE_ARG(buf_slice(&b->text)));
  assert_int_equal(first.bytes, again.bytes);
  assert_memory_equal(first.data, again.data, first.bytes);
}

/* A random document. One with an `id` but no key cannot be told from one whose key is called `id`:
 * `keyed` avoids those. */
static struct val make_document(struct bench *b, bool keyed, struct slice *bytes) {
  for (;;) {
    bench_reset(b);
    *bytes = gen_val_document(&b->gen, b->names, &b->first);
    struct doc doc;
    assert_ok(doc_open(*bytes, b->names, &doc, test_err()));
    struct val root = doc_root(&doc);
    struct val key = val_field(&root, slice_of_text("_id")),
               own = val_field(&root, slice_of_text("id"));
    if (!keyed || key.type != VAL_MISSING || own.type == VAL_MISSING) return root;
  }
}

/* Written, read into the same dictionary, equal byte for byte. */
static void round_trip(struct bench *b, const struct json_write_options *write,
                       const struct json_read_options *read) {
  struct slice first, again;
  struct val root = make_document(b, read->id_is_key, &first);
  json_write(&b->text, &root, write);
  assert_ok(buf_check(&b->text, "the text", test_err()));
  assert_ok(json_read_document(b->reader, buf_slice(&b->text), read, b->names, &b->again, &again,
                               test_err()));
  assert_ok(doc_check(again, b->names, test_err()));
  assert_same(b, first, again);
}

static void tagged_is_the_identity(void) {
  struct bench b;
  bench_init(&b);
  for (size_t i = 0; i < test_rounds(20000); i++) {
    struct json_write_options write = {
        .form = JSON_TAGGED, .indent = (uint32_t)(i % 3), .key_name = "_id"};
    round_trip(&b, &write, &(struct json_read_options){.form = JSON_TAGGED});
  }
  bench_deinit(&b);
}

/* With the key called `id`, or `_id` where the document has an `id` of its own. */
static void tagged_is_the_identity_with_id_as_key(void) {
  struct bench b;
  bench_init(&b);
  for (size_t i = 0; i < test_rounds(20000); i++)
    round_trip(&b, &(struct json_write_options){.form = JSON_TAGGED},
               &(struct json_read_options){.form = JSON_TAGGED, .id_is_key = true});
  bench_deinit(&b);
}

static void plain_is_the_identity_of_what_json_has(void) {
  struct bench b;
  bench_init(&b);
  b.gen.json_only = true;
  for (size_t i = 0; i < test_rounds(20000); i++)
    round_trip(&b,
               &(struct json_write_options){
                   .form = JSON_PLAIN, .key_name = "_id", .indent = i % 2 ? 2 : 0},
               &(struct json_read_options){.form = JSON_PLAIN});
  bench_deinit(&b);
}

/* Everything can be written plain, and what is written is JSON. */
static void plain_is_always_json(void) {
  struct bench b;
  bench_init(&b);
  for (size_t i = 0; i < test_rounds(20000); i++) {
    bench_reset(&b);
    struct val v = gen_val_value(&b.gen, &b.first), again;
    json_write(&b.text, &v, &(struct json_write_options){.form = JSON_PLAIN});
    assert_ok(json_read_value(b.reader, buf_slice(&b.text),
                              &(struct json_read_options){.form = JSON_PLAIN}, &b.again, &again,
                              test_err()));
  }
  bench_deinit(&b);
}

/* Values too, any type at the top. */
static void tagged_values_keep_kind_and_bytes(void) {
  struct bench b;
  bench_init(&b);
  for (size_t i = 0; i < test_rounds(40000); i++) {
    bench_reset(&b);
    struct val v = gen_val_value(&b.gen, &b.first), again;
    size_t bytes = b.first.bytes;
    json_write(&b.text, &v, &(struct json_write_options){.form = JSON_TAGGED, .key_name = "_id"});
    assert_ok(json_read_value(b.reader, buf_slice(&b.text),
                              &(struct json_read_options){.form = JSON_TAGGED}, &b.again, &again,
                              test_err()));
    assert_same(&b, slice_of(b.first.data, bytes), buf_slice(&b.again));
  }
  bench_deinit(&b);
}

/* Maps within maps to the last level, each of which must hide in $plain, and a tagged number in the
 * innermost. */
static void tagged_is_the_identity_at_the_deepest(void) {
  struct bench b;
  struct build build;
  struct slice first;
  struct val number = val_int64(1), again;
  bench_init(&b);
  build_init(&build, &b.first, NULL);
  for (int i = 0; i < DOC_DEPTH_MAX; i++) {
    build_begin_map(&build);
    build_name(&build, slice_of_text("$oid"));
  }
  build_put(&build, &number);
  for (int i = 0; i < DOC_DEPTH_MAX; i++) build_end(&build);
  assert_ok(build_finish(&build, &first, test_err()));
  build_deinit(&build);
  struct val v = val_decode(first, NULL);
  json_write(&b.text, &v, &(struct json_write_options){.form = JSON_TAGGED, .key_name = "_id"});
  assert_ok(json_read_value(b.reader, buf_slice(&b.text),
                            &(struct json_read_options){.form = JSON_TAGGED}, &b.again, &again,
                            test_err()));
  assert_same(&b, first, buf_slice(&b.again));
  bench_deinit(&b);
}

/* A broken text is refused, and described, or read: never anything else, never a crash. */
static void survives_mutations(void) {
  struct bench b;
  bench_init(&b);
  for (size_t i = 0; i < test_rounds(30000); i++) {
    bench_reset(&b);
    struct val v = gen_val_value(&b.gen, &b.first), again;
    json_write(&b.text, &v, &(struct json_write_options){.form = JSON_TAGGED});
    for (uint64_t n = 1 + rng_below(test_rng(), 3); n > 0; n--)
      b.text.data[rng_below(test_rng(), b.text.bytes)] = (uint8_t)rng_next(test_rng());
    status code = json_read_value(b.reader, buf_slice(&b.text),
                                  &(struct json_read_options){.form = JSON_TAGGED}, &b.again,
                                  &again, test_err());
    if (code == LUMA_OK) {
      assert_ok(doc_check_value(buf_slice(&b.again), NULL, test_err()));
      continue;
    }
    assert_int_equal(0, b.again.bytes);
    assert_true(test_err()->message[0] != '\0');
    assert_true(code == LUMA_INVALID_JSON || code == LUMA_INVALID_VALUE ||
                code == LUMA_OUT_OF_RANGE || code == LUMA_TOO_DEEP);
    err_reset(test_err());
  }
  bench_deinit(&b);
}

static status read_some(void *context) {
  (void)context;
  static const char text[] =
      "{\"a\":[1,2.5,\"x\\n\\u00e9\",{\"$binary\":{\"base64\":\"AAEC\",\"subType\":\"00\"}}],"
      "\"b\":{\"c\":{\"d\":12345678901234567890}}}";
  struct json_reader *reader = NULL;
  struct buf out, written;
  struct val v;
  buf_init(&out, BYTES_MAX);
  buf_init(&written, BYTES_MAX);
  status code = json_reader_create(&reader, NULL);
  if (code == LUMA_OK)
    code = json_read_value(reader, slice_of_text(text),
                           &(struct json_read_options){.form = JSON_TAGGED}, &out, &v, NULL);
  if (code == LUMA_OK) {
    json_write(&written, &v, &(struct json_write_options){.form = JSON_TAGGED, .indent = 2});
    code = written.failed;
  }
  json_reader_destroy(reader);
  buf_deinit(&out);
  buf_deinit(&written);
  return code;
}

static void survives_lack_of_memory(void) {
  assert_true(fault_sweep_alloc(read_some, NULL) > 5);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"tagged_is_the_identity", tagged_is_the_identity, 0},
      {"tagged_is_the_identity_with_id_as_key", tagged_is_the_identity_with_id_as_key, 0},
      {"plain_is_the_identity_of_what_json_has", plain_is_the_identity_of_what_json_has, 0},
      {"plain_is_always_json", plain_is_always_json, 0},
      {"tagged_values_keep_kind_and_bytes", tagged_values_keep_kind_and_bytes, 0},
      {"tagged_is_the_identity_at_the_deepest", tagged_is_the_identity_at_the_deepest, 0},
      {"survives_mutations", survives_mutations, 0},
      {"survives_lack_of_memory", survives_lack_of_memory, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
