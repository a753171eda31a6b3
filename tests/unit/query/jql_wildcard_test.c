/* SPDX-License-Identifier: MIT */
/* Sorts that a wildcard index gives: random finds that bound an attribute and sort by it, over
 * documents that have it, lack it, or have lists on the way. No two documents have one value, so
 * that there is one order. */
#include "tests/unit/query/beside.h"

enum { DOCUMENTS = 50, LOTS = 3, PATHS = 6, COLLECTIONS = 3, TEXT_BYTES_MAX = 8192 };

static struct script_db db;

static const char *const paths[PATHS] = {"a", "b", "m.k", "m.s", "m.d.x", "c"};

/* ---- documents ---- */

static void append_value(struct buf *out, uint32_t nth, uint32_t salt) {
  uint32_t mixed = (nth * 7 + salt) % (DOCUMENTS * LOTS) * 3 + salt % 3;
  buf_append_format(out, mixed % 4 ? "%u" : mixed % 8 ? "\"t%u\"" : "%u.5", mixed);
}

/** A value or a list of two; of collection 0 none is a list, of 2 the first lot has none. */
static void append_field(struct buf *out, uint32_t collection, uint32_t lot, uint32_t nth,
                         uint32_t salt) {
  bool is_list = collection && (collection == 1 || lot) && salt != 3 && beside_pick(4) == 0;
  if (is_list) buf_append_byte(out, '[');
  append_value(out, nth, salt);
  if (is_list) buf_append_byte(out, ',');
  if (is_list) append_value(out, nth, salt + 1);
  if (is_list) buf_append_byte(out, ']');
}

static void append_map(struct buf *out, uint32_t collection, uint32_t lot, uint32_t nth) {
  bool is_list = collection == 1 && lot == 2 && beside_pick(8) == 0;
  buf_append_text(out, is_list ? ",\"m\":[{\"k\":" : ",\"m\":{\"k\":");
  append_field(out, collection, lot, nth, 6);
  if (beside_toss()) {
    buf_append_text(out, ",\"s\":");
    append_field(out, collection, lot, nth, 9);
  }
  buf_append_text(out, ",\"d\":{\"x\":");
  append_value(out, nth, 12);
  buf_append_text(out, is_list ? "}}]" : "}}");
}

static void append_document(struct buf *out, uint32_t collection, uint32_t lot, uint32_t nth) {
  static const char *const others[] = {"null", "{\"k\":1}", "{}", "[]"};
  buf_append_format(out, "{\"_id\":%u,\"t\":%u", nth, nth % 3);
  for (uint32_t i = 0; i < 3; i++) {
    if (beside_pick(6) == 0) continue;
    buf_append_format(out, ",\"%c\":", "abc"[i]);
    if (beside_pick(8) == 0)
      buf_append_text(out, others[beside_pick(collection ? 4 : 3)]);
    else
      append_field(out, collection, lot, nth, 3 * (i + (i == 2)));
  }
  if (beside_pick(6)) append_map(out, collection, lot, nth);
  buf_append_byte(out, '}');
}

static void make(uint32_t collection) {
  static const char *const indexes[] = {
      "{\"key\":{\"$**\":1},\"name\":\"all\"}",
      "{\"key\":{\"m.$**\":-1},\"name\":\"m\"},{\"key\":{\"a.$**\":1},\"name\":\"a\"}",
      "{\"key\":{\"t\":1,\"$**\":-1},\"name\":\"tall\",\"wildcardProjection\":{\"t\":0}},{\"key\":"
      "{\"$**\":1,\"t\":1},\"name\":\"allt\",\"wildcardProjection\":{\"t\":0}}"};
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  for (uint32_t i = 0; i < COLLECTIONS; i++) {
    buf_append_format(&text, "{\"createIndexes\":\"t%u_%u\",\"indexes\":[%s]}", collection, i,
                      indexes[i]);
    beside_change(&db, &text);
  }
  buf_deinit(&text);
}

static void fill(uint32_t collection, uint32_t lot) {
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  for (uint32_t i = 0; i < DOCUMENTS * COLLECTIONS; i++) {
    buf_append_format(&text, "{\"insert\":\"t%u_%u\",\"documents\":[", collection, i % COLLECTIONS);
    append_document(&text, collection, lot, lot * DOCUMENTS + i / COLLECTIONS);
    buf_append_text(&text, "]}");
    beside_change(&db, &text);
  }
  buf_deinit(&text);
}

/* ---- statements ---- */

static void append_bound(struct buf *out, const char *path) {
  static const char *const bounds[] = {"{\"$gt\":0}",
                                       "{\"$gte\":100}",
                                       "{\"$lt\":300}",
                                       "{\"$gt\":\"\"}",
                                       "{\"$lt\":\"t3\"}",
                                       "{\"$gt\":40,\"$lte\":200}",
                                       "{\"$gt\":100,\"$lt\":\"z\"}",
                                       "{\"$in\":[1,2,3,7,9,13,30,31,\"t12\",90]}"};
  buf_append_format(out, "\"%s\":%s", path, bounds[beside_pick(8)]);
}

static bool check_statement(uint32_t collection) {
  static const char *const off[] = {"choose an index", "read in order", NULL};
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  const char *path = paths[beside_pick(PATHS)];
  uint32_t with = beside_pick(COLLECTIONS);
  buf_append_format(&text, "{\"find\":\"t%u_%u\",\"filter\":{", collection, with);
  append_bound(&text, path);
  if (with == 2 || beside_pick(4) == 0) buf_append_format(&text, ",\"t\":%u", beside_pick(3));
  const char *sorted = beside_pick(5) ? path : paths[beside_pick(PATHS)];
  buf_append_format(&text, "},\"sort\":{\"%s\":%s,\"_id\":1}", sorted, beside_toss() ? "1" : "-1");
  if (sorted == path && beside_pick(8)) text.bytes -= strlen(",\"_id\":1}");
  if (text.data[text.bytes - 1] != '}') buf_append_byte(&text, '}');
  if (beside_toss()) buf_append_format(&text, ",\"limit\":%u", 1 + beside_pick(15));
  buf_append_byte(&text, '}');
  beside_check(&db, buf_slice(&text), off, true);
  bool is = beside_is_planned(&db, buf_slice(&text), " in order");
  buf_deinit(&text);
  return is;
}

static void paths_are_read_in_order(void) {
  size_t ordered[COLLECTIONS] = {0};
  script_open(&db);
  for (uint32_t i = 0; i < COLLECTIONS; i++) make(i);
  for (uint32_t lot = 0; lot < LOTS; lot++)
    for (uint32_t i = 0; i < COLLECTIONS; i++) {
      fill(i, lot);
      for (size_t round = 0; round < test_rounds(200); round++) ordered[i] += check_statement(i);
    }
  for (uint32_t i = 0; i < COLLECTIONS; i++) assert_true(ordered[i] > 0);
  script_close(&db);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"paths_are_read_in_order", paths_are_read_in_order, 600},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
