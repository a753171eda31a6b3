/* SPDX-License-Identifier: MIT */
/* Filling an index beside one who writes into every step that is longer than a few documents: the
 * steps get shorter until one ends before he comes, so the filling ends. When he comes is decided
 * here, not by how fast the machine is: he is called by the condition of the index. */
#include <stdio.h>
#include <stdlib.h>

#include "store/mem/mem_store.h"
#include "tests/unit/model/fixture.h"

enum { DOCUMENTS = 600, PATIENCE = 4 }; /* he writes once he has seen more than PATIENCE */

struct writer {
  struct fixture fixture;
  int64_t first;   /* the document that the step at hand begins with, in all its tries; 0: none */
  uint32_t seen;   /* documents of this try */
  uint32_t writes; /* steps that he made to run again */
  uint32_t longest, steps;
  uint64_t done;
  bool is_writing;
};

/* The rules know nothing but him: their programs hold no more than who he is. */
struct program {
  struct soul_program program; /* first */
};

static struct writer *the_writer(void) {
  static struct writer writer;
  return &writer;
}

static status make_program(const struct soul *soul, const struct soul_rule *rules, uint32_t count,
                           struct soul_program **program, uint32_t *failed, struct err *err) {
  (void)soul;
  (void)rules;
  (void)count;
  *failed = 0;
  struct program *made = calloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a program");
  *program = &made->program;
  return LUMA_OK;
}

static void destroy_program(struct soul_program *program) {
  free(program);
}

/* Replaces a document that the step has read. */
static void write_one(struct writer *writer, const struct val *read) {
  struct val key = val_field(read, slice_of_text("_id"));
  struct store_pins pins = {0};
  struct doc document;
  struct model_txn *txn = fixture_begin(&writer->fixture, false);
  const struct collection *collection = fixture_find(txn, "c");
  assert_ok(model_get_many(txn, collection, &key, 1, &document, &pins, test_err()));
  struct val root = doc_root(&document);
  writer->is_writing = true;
  assert_ok(model_replace(txn, collection, &document, &root, test_err()));
  writer->is_writing = false;
  store_pins_release(&pins);
  assert_ok(model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
  writer->writes++;
}

static status run_rule(struct soul_program *program, uint32_t nth, const struct val *documents,
                       uint32_t count, struct arena *arena, struct val *values, struct err *err) {
  struct writer *writer = the_writer();
  (void)program;
  (void)nth;
  (void)arena;
  (void)err;
  for (uint32_t i = 0; i < count; i++) values[i] = val_bool(true);
  if (writer->is_writing) return LUMA_OK;
  int64_t key = val_field(documents, slice_of_text("_id")).integer;
  if (writer->first == 0) writer->first = key;
  if (writer->first == key) writer->seen = 0;
  if (++writer->seen == PATIENCE + 1) write_one(writer, documents);
  return LUMA_OK;
}

static bool note_step(void *context, uint64_t done, uint64_t total) {
  struct writer *writer = context;
  uint32_t count = (uint32_t)(done - writer->done);
  (void)total;
  writer->done = done;
  writer->first = 0;
  writer->steps++;
  if (count > writer->longest) writer->longest = count;
  return true;
}

static void open_writer(struct writer *writer) {
  static const struct soul_rules_ops ops = {
      .create = make_program, .destroy = destroy_program, .run = run_rule};
  struct mem_options options = {0};
  struct store *store;
  *writer = (struct writer){.is_writing = true};
  assert_ok(mem_store_open(&options, &store, test_err()));
  struct model_options model_options = {.os = os_linux(), .feed = true, .rules = &ops};
  assert_ok(model_open(store, &model_options, &writer->fixture.model, test_err()));
  arena_init(&writer->fixture.arena, 0, 0);
  fixture_collection(&writer->fixture, "c");
  struct model_txn *txn = fixture_begin(&writer->fixture, false);
  for (int i = 1; i <= DOCUMENTS; i++) {
    char text[40];
    (void)snprintf(text, sizeof text, "{\"id\":%d,\"n\":5}", i);
    assert_ok(fixture_insert(txn, "c", fixture_json(&writer->fixture, text)));
  }
  assert_ok(model_commit(txn, STORE_SYNC_DEFAULT, NULL, test_err()));
}

static void steps_get_shorter_until_they_end(void) {
  static const char *const paths[] = {"n", NULL};
  struct writer *writer = the_writer();
  open_writer(writer);
  struct model_index_spec spec = fixture_spec(&writer->fixture, "i", paths);
  spec.condition = (struct soul_rule){.kind = SOUL_RULE_LASTING, .text = slice_of_text("true")};
  writer->is_writing = false;
  assert_ok(model_create_index(writer->fixture.model, slice_of_text("c"), &spec, note_step, writer,
                               test_err()));
  writer->is_writing = true;
  assert_int_equal(writer->done, DOCUMENTS);
  assert_int_equal(writer->longest, PATIENCE);
  /* From 512 down to 4 by halves; then each step of 4 is followed by one of 8 that he comes into,
   * but for the last, which finds only 4. One more finds nothing. */
  assert_int_equal(writer->steps, DOCUMENTS / PATIENCE + 1);
  assert_int_equal(writer->writes, 7 + DOCUMENTS / PATIENCE - 2);
  fixture_close(&writer->fixture); /* checks each entry */
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"steps_get_shorter_until_they_end", steps_get_shorter_until_they_end, 0}};
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
