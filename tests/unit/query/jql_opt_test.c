/* SPDX-License-Identifier: MIT */
/* What is answered from an index alone is what documents answer: random finds and pipelines of JQL
 * over documents whose keys and values are of kinds that come back from entries, or do not, with
 * the pass and without it. */
#include "tests/unit/query/beside.h"

enum { DOCUMENTS = 120, TEXT_BYTES_MAX = 4096 };

/** Kinds of keys that a collection has; of the last two not all can be read from entries. Where
 * keys are ids there are lists of one element, too. */
enum kind_of_keys { KEYS_INTS, KEYS_TEXTS, KEYS_FLOATS, KEYS_OIDS, KEYS_MIXED, KEYS_MAPS, KEYS };

static struct script_db db;

/* ---- documents ---- */

static void append_key(struct buf *out, enum kind_of_keys kind, uint32_t nth) {
  switch ((int)kind) {
  case KEYS_INTS: buf_append_format(out, "%u", nth); break;
  case KEYS_TEXTS: buf_append_format(out, "\"k%u\"", nth); break;
  case KEYS_FLOATS: buf_append_format(out, "%u.%s", nth, beside_toss() ? "0" : "5"); break;
  case KEYS_OIDS: buf_append_format(out, "{\"$oid\":\"%024x\"}", nth); break;
  case KEYS_MIXED: buf_append_format(out, beside_toss() ? "%u" : "%u.0", nth); break;
  default: buf_append_format(out, beside_toss() ? "{\"k\":%u}" : "%u", nth); break;
  }
}

static void append_value(struct buf *out) {
  static const char *const rare[] = {"null", "true", "\"\"", "2.5", "\"b\""};
  if (beside_pick(4) == 0)
    buf_append_text(out, rare[beside_pick(5)]);
  else
    buf_append_format(out, beside_toss() ? "%u" : "\"a%u\"", beside_pick(6));
}

/** A map on the way to a value, or what stands there instead of it. */
static void append_map(struct buf *out, bool with_lists) {
  static const char *const others[] = {"{}", "{\"j\":1}", "null", "7"};
  bool is_list = with_lists && beside_pick(8) == 0;
  if (beside_pick(3) == 0) {
    buf_append_text(out, others[beside_pick(4)]);
    return;
  }
  buf_append_text(out, is_list ? "[{\"j\":2,\"k\":" : "{\"j\":2,\"k\":");
  append_value(out);
  buf_append_text(out, is_list ? "}]" : "}");
}

/** Fields stand in the order of the indexes: that of what is answered from one is its own. */
static void append_document(struct buf *out, enum kind_of_keys kind, uint32_t nth) {
  buf_append_text(out, "{\"_id\":");
  append_key(out, kind, nth);
  buf_append_format(out, ",\"u\":%u", nth);
  if (beside_pick(4)) {
    buf_append_text(out, ",\"m\":");
    append_map(out, kind == KEYS_OIDS);
  }
  for (const char *name = "abc"; *name; name++) {
    if (beside_pick(4) == 0) continue;
    buf_append_format(out, ",\"%c\":", *name);
    append_value(out);
  }
  buf_append_text(out, "}");
}

static void fill(enum kind_of_keys kind) {
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  buf_append_format(
      &text,
      "{\"createIndexes\":\"t%u\",\"indexes\":[{\"key\":{\"a\":1,\"b\":-1},\"name\":\"ab\"},"
      "{\"key\":{\"b\":-1},\"name\":\"b\",\"sparse\":true},"
      "{\"key\":{\"u\":1},\"name\":\"u\",\"unique\":true},"
      "{\"key\":{\"b\":1,\"c\":1},\"name\":\"part\",\"partialFilterExpression\":{\"a\":{\"$gt\":1}}"
      "},"
      "{\"key\":{\"$**\":1},\"name\":\"wild\"},"
      "{\"key\":{\"m.k\":1,\"a\":-1},\"name\":\"mk\"},"
      "{\"key\":{\"_id\":-1,\"c\":1},\"name\":\"ic\"},{\"key\":{\"c\":1,\"_id\":1},\"name\":\"ci\"}"
      "]}",
      kind);
  beside_change(&db, &text);
  for (uint32_t i = 0; i < DOCUMENTS; i++) {
    buf_append_format(&text, "{\"insert\":\"t%u\",\"documents\":[", kind);
    append_document(&text, kind, i);
    buf_append_text(&text, "]}");
    beside_change(&db, &text);
  }
  buf_deinit(&text);
}

/* ---- statements ---- */

static void append_condition(struct buf *out) {
  static const char *const ops[] = {"$eq", "$gt", "$gte", "$lt", "$lte", "$ne"};
  static const char *const names[] = {"a", "a", "b", "b", "c", "u", "m.k", "m.k", "m.k"};
  static const char *const patterns[] = {"^a", "^a1?", "^a[12]", "^", "a", "^(a|b)", "^a\\\\d"};
  const char *name = names[beside_pick(9)];
  switch (beside_pick(7)) {
  case 0:
    buf_append_format(out, "\"%s\":{\"$in\":[", name);
    append_value(out);
    buf_append_byte(out, ',');
    append_value(out);
    buf_append_text(out, "]}");
    break;
  case 1:
    buf_append_format(out, "\"%s\":{\"$exists\":%s}", name, beside_toss() ? "true" : "false");
    break;
  case 3:
    buf_append_format(out, "\"%s\":{\"$regex\":\"%s\"}", name, patterns[beside_pick(7)]);
    break;
  case 2:
    buf_append_format(out, "\"_id\":{\"%s\":%u}", ops[beside_pick(6)], beside_pick(DOCUMENTS));
    break;
  default:
    buf_append_format(out, "\"%s\":{\"%s\":", name, ops[beside_pick(6)]);
    append_value(out);
    buf_append_text(out, "}");
    break;
  }
}

static void append_filter(struct buf *out) {
  bool is_or = beside_pick(6) == 0;
  buf_append_text(out, is_or ? "{\"$or\":[{" : "{\"$and\":[{");
  append_condition(out);
  for (uint32_t more = beside_pick(3); more > 0; more--) {
    buf_append_text(out, "},{");
    append_condition(out);
  }
  buf_append_text(out, "}]}");
}

static void append_projection(struct buf *out) {
  static const char *const computed[] = {
      ",\"z\":{\"$type\":\"$c\"}", ",\"z\":{\"$ifNull\":[\"$a\",\"$b\"]},\"y\":\"$u\"",
      ",\"z\":{\"$eq\":[\"$m.k\",\"$b\"]}", ",\"m.z\":{\"$isNumber\":\"$a\"}"};
  buf_append_format(out, "{\"_id\":%u", beside_pick(3) != 0);
  for (const char *name = "abcu"; *name; name++)
    if (beside_pick(3) == 0) buf_append_format(out, ",\"%c\":1", *name);
  if (beside_toss()) buf_append_text(out, ",\"m.k\":1");
  if (beside_pick(3) == 0) buf_append_text(out, computed[beside_pick(4)]);
  buf_append_text(out, "}");
}

static void append_find(struct buf *out, uint32_t collection) {
  static const char *const sorts[] = {"{\"u\":1}", "{\"a\":1,\"b\":-1}", "{\"m.k\":-1}"};
  buf_append_format(out, "{\"find\":\"t%u\",\"filter\":", collection);
  append_filter(out);
  buf_append_text(out, ",\"projection\":");
  append_projection(out);
  if (beside_pick(3) == 0) buf_append_format(out, ",\"sort\":%s", sorts[beside_pick(3)]);
  buf_append_text(out, "}");
}

static void append_pipeline(struct buf *out, uint32_t collection) {
  static const char *const groups[] = {
      "{\"$group\":{\"_id\":\"$a\",\"most\":{\"$max\":\"$_id\"}}}",
      "{\"$group\":{\"_id\":\"$_id\",\"b\":{\"$min\":\"$b\"}}}", "{\"$project\":{\"c\":1}}",
      "{\"$group\":{\"_id\":\"$m.k\",\"a\":{\"$max\":\"$a\"}}}",
      "{\"$group\":{\"_id\":{\"$type\":\"$_id\"},\"n\":{\"$sum\":1}}}"};
  buf_append_format(out, "{\"aggregate\":\"t%u\",\"pipeline\":[{\"$match\":", collection);
  append_filter(out);
  buf_append_format(out, "},%s]}", groups[beside_pick(5)]);
}

/* ---- comparing ---- */

static void check_statement(struct slice text) {
  static const char total_order[] = "\"sort\":{\"u\":1}";
  static const char *const off[] = {"answer from the index", "choose an index", "read in order",
                                    NULL};
  bool is_ordered = memmem(text.data, text.bytes, total_order, strlen(total_order)) != NULL;
  beside_check(&db, text, off, is_ordered);
}

/** Where keys come back, some of many statements are answered from an index. */
static void check_collection(enum kind_of_keys kind, size_t rounds) {
  size_t covered = 0;
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  for (size_t i = 0; i < rounds; i++) {
    if (beside_toss())
      append_find(&text, kind);
    else
      append_pipeline(&text, kind);
    check_statement(buf_slice(&text));
    covered += beside_is_planned(&db, buf_slice(&text), " covered");
    buf_reset(&text);
  }
  buf_deinit(&text);
  if (kind < KEYS_MIXED) assert_true(covered > 0);
}

static void covered_answers_are_the_documents(void) {
  script_open(&db);
  for (enum kind_of_keys kind = 0; kind < KEYS; kind++) fill(kind);
  for (enum kind_of_keys kind = 0; kind < KEYS; kind++) check_collection(kind, test_rounds(400));
  script_close(&db);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"covered_answers_are_the_documents", covered_answers_are_the_documents, 600},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
