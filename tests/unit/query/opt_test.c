/* SPDX-License-Identifier: MIT */
/* The optimizer keeps answers as they are: random statements over random documents, with and
 * without indexes, answered with all passes and with each left out, must answer what the plan as
 * written does. */
#include "query/opt/opt.h"

#include <stdlib.h>

#include "base/text/buf.h"
#include "tests/lang/script.h"

enum { DOCUMENTS = 150, STATEMENT_BYTES_MAX = 4096, ANSWER_BYTES_MAX = 8 << 20, PASSES_MAX = 32 };

static struct script_db db;

static uint32_t pick(uint32_t below) {
  return (uint32_t)rng_below(test_rng(), below);
}

static bool toss(void) {
  return pick(2) == 0;
}

static void append_one_of(struct buf *out, const char *const *texts, uint32_t count) {
  buf_append_text(out, texts[pick(count)]);
}

/* ---- documents: few distinct values, so that conditions meet; every kind, so that comparisons
 * clash ---- */

static void append_scalar(struct buf *out) {
  static const char *const texts[] = {"'a'", "'ab'",         "'b'",
                                      "''",  "'2024-01-02'", "'01ARZ3NDEKTSV4RRFFQ69G5FAV'"};
  switch (pick(9)) {
  case 0: buf_append_text(out, "null"); break;
  case 1: buf_append_text(out, toss() ? "true" : "false"); break;
  case 2: buf_append_format(out, "%u.5", pick(6)); break;
  case 3:
  case 4: append_one_of(out, texts, 6); break;
  default: buf_append_format(out, "%u", pick(8)); break;
  }
}

static void append_value(struct buf *out) {
  if (pick(6)) {
    append_scalar(out);
    return;
  }
  buf_append_text(out, "[");
  for (uint32_t i = 0, count = pick(4); i < count; i++) {
    if (i) buf_append_text(out, ", ");
    append_scalar(out);
  }
  buf_append_text(out, "]");
}

static void run_text(const char *text) {
  struct buf answer;
  struct err err = {0};
  buf_init(&answer, ANSWER_BYTES_MAX);
  if (script_try(&db, &lang_lql, slice_of_text(text), &answer, &err) != LUMA_OK)
    fail_msg("%s: %s", text, err.message);
  buf_deinit(&answer);
}

static void fill(const char *collection) {
  for (uint32_t i = 0; i < DOCUMENTS; i++) {
    struct buf text;
    buf_init(&text, STATEMENT_BYTES_MAX);
    buf_append_format(&text, "INSERT INTO %s {\"id\": %u", collection, i);
    for (const char *name = "abc"; *name; name++) {
      if (pick(5) == 0) continue;
      buf_append_format(&text, ", \"%c\": ", *name);
      append_value(&text);
    }
    if (toss()) {
      buf_append_text(&text, ", \"n\": {\"x\": ");
      append_value(&text);
      buf_append_text(&text, "}");
    }
    buf_append_text(&text, "}");
    buf_append_byte(&text, 0);
    run_text((const char *)text.data);
    buf_deinit(&text);
  }
}

/* ---- statements ---- */

static void append_field(struct buf *out, const char *alias) {
  static const char *const fields[] = {"a", "b", "c", "n.x", "id", "a", "b"};
  buf_append_format(out, "%s.", alias);
  append_one_of(out, fields, 7);
}

static void append_constant(struct buf *out) {
  do {
    size_t before = out->bytes;
    append_scalar(out);
    if (out->data[before] != 'n') return;
    out->bytes = before; /* NULL makes dull conditions */
  } while (true);
}

static void append_condition(struct buf *out, const char *alias, unsigned depth) {
  static const char *const ops[] = {" = ", " != ", " < ", " <= ", " > ", " >= ", " = "};
  static const char *const patterns[] = {"'a%'", "'%b'", "'a_'", "'ab'", "'%'"};
  uint32_t kind = pick(depth ? 12 : 8);
  if (kind >= 8) {
    buf_append_text(out, kind == 8 ? "NOT (" : "(");
    append_condition(out, alias, depth - 1);
    if (kind > 8) {
      buf_append_text(out, kind == 9 ? " OR " : " AND ");
      append_condition(out, alias, depth - 1);
    }
    buf_append_text(out, ")");
    return;
  }
  append_field(out, alias);
  if (kind < 4) {
    append_one_of(out, ops, 7);
    append_constant(out);
  } else if (kind == 4) {
    buf_append_text(out, toss() ? " IS NULL" : " IS NOT NULL");
  } else if (kind == 5) {
    buf_append_text(out, toss() ? " IN (" : " NOT IN (");
    append_constant(out);
    for (uint32_t i = 0, more = pick(4) ? 1 : 12; i < more; i++) {
      buf_append_text(out, ", ");
      append_constant(out);
    }
    buf_append_text(out, ")");
  } else if (kind == 6) {
    buf_append_format(out, " BETWEEN %u AND %u", pick(4), 3 + pick(4));
  } else {
    buf_append_text(out, " LIKE ");
    append_one_of(out, patterns, 5);
  }
}

static void append_single(struct buf *out) {
  static const char *const tails[] = {
      "",
      " ORDER BY t.a, t.id",
      " ORDER BY t.a DESC, t.id",
      " ORDER BY t.id DESC LIMIT 7",
      " ORDER BY t.a, t.id LIMIT 5 OFFSET 3",
  };
  buf_append_text(out, "SELECT t.id, t.a, t.n.x FROM t WHERE ");
  append_condition(out, "t", 3);
  append_one_of(out, tails, 5);
}

/* Only the sort key is looked at: what ties is left to the plan. */
static void append_ordered(struct buf *out) {
  static const char *const fields[] = {"a", "b", "n.x"};
  const char *field = fields[pick(3)];
  buf_append_format(out, "SELECT t.%s FROM t", field);
  if (toss()) {
    buf_append_text(out, " WHERE ");
    append_condition(out, "t", 1);
  }
  buf_append_format(out, " ORDER BY t.%s%s%s LIMIT %u", field, toss() ? " DESC" : "",
                    pick(3) ? "" : (toss() ? " NULLS FIRST" : " NULLS LAST"), 1 + pick(60));
}

static void append_grouped(struct buf *out) {
  buf_append_text(out, "SELECT t.a, COUNT(*), COUNT(t.b), MIN(t.id), MAX(t.id) FROM t WHERE ");
  append_condition(out, "t", 2);
  buf_append_text(out, toss() ? " GROUP BY t.a ORDER BY MIN(t.id)"
                              : " GROUP BY t.a HAVING COUNT(*) > 1 ORDER BY MIN(t.id)");
}

static void append_join(struct buf *out) {
  static const char *const keys[] = {"t.a = u.b",   "u.id = t.a",
                                     "t.id = u.a",  "t.b = u.b AND t.a < u.a",
                                     "t.n.x = u.a", "t.a < u.id"};
  buf_append_format(out, "SELECT t.id, u.id AS other FROM t %s JOIN u ON ", toss() ? "LEFT" : "");
  append_one_of(out, keys, 6);
  if (toss()) {
    buf_append_text(out, " AND ");
    append_condition(out, toss() ? "t" : "u", 1);
  }
  buf_append_text(out, " WHERE ");
  append_condition(out, toss() ? "t" : "u", 2);
  buf_append_text(out, " AND t.id < 20 ORDER BY t.id, other");
}

/* A SELECT within, about each row or about none. */
static void append_nested(struct buf *out) {
  static const char *const asks[] = {"EXISTS (SELECT 1 FROM u WHERE u.a = t.b AND ",
                                     "NOT EXISTS (SELECT 1 FROM u WHERE u.b = t.a AND ",
                                     "EXISTS (SELECT u.id FROM u WHERE u.id < t.a AND ",
                                     "t.a IN (SELECT u.b FROM u WHERE u.id > t.id AND ",
                                     "t.b NOT IN (SELECT u.b FROM u WHERE u.a = t.a AND ",
                                     "t.a IN (SELECT u.b FROM u WHERE ",
                                     "t.id = (SELECT max(u.a) FROM u WHERE u.b = t.a AND ",
                                     "t.id > ALL (SELECT u.a FROM u WHERE "};
  buf_append_text(out, "SELECT t.id FROM t WHERE ");
  append_one_of(out, asks, 8);
  append_condition(out, "u", 1);
  buf_append_text(out, ") AND t.id < 60 AND ");
  append_condition(out, "t", 1);
}

/* Many sources, their order to be chosen; SELECTs and UNIONs under an alias. */
static void append_many(struct buf *out) {
  static const char *const froms[] = {
      "SELECT x.id, y.id AS two, z.id AS three FROM (SELECT * FROM t WHERE t.id < 9) AS x, "
      "(SELECT * FROM u WHERE u.id < 9) AS y, (SELECT * FROM t WHERE t.id > 140) AS z "
      "WHERE x.a = y.b AND z.a = y.a AND ",
      "SELECT x.k, count(*) AS n FROM (SELECT t.a AS k, t.id FROM t UNION ALL SELECT u.b, u.id "
      "FROM u) AS x, (SELECT u.a AS k FROM u WHERE u.id < 5) AS y WHERE x.k = y.k AND x.id > 3 "
      "AND ",
      "SELECT x.id, e FROM t AS x, UNNEST([x.a, x.b]) AS e WHERE e = 'a' AND ",
      "SELECT x.id, y.id AS two FROM t AS x FULL JOIN (SELECT * FROM u WHERE u.id < 20) AS y "
      "ON x.id = y.a WHERE "};
  uint32_t which = pick(4);
  buf_append_text(out, froms[which]);
  if (which == 1)
    buf_append_format(out, "x.k != %u GROUP BY x.k", pick(8));
  else
    append_condition(out, "x", 1);
}

static void append_window(struct buf *out) {
  static const char *const calls[] = {"row_number() OVER (PARTITION BY t.a ORDER BY t.id)",
                                      "sum(t.id) OVER (ORDER BY t.id ROWS 3 PRECEDING)",
                                      "lag(t.b) OVER (ORDER BY t.id DESC)"};
  buf_append_text(out, "SELECT s.id, s.w FROM (SELECT t.id, ");
  append_one_of(out, calls, 3);
  buf_append_text(out, " AS w FROM t WHERE ");
  append_condition(out, "t", 1);
  buf_append_format(out, ") AS s WHERE s.id > %u", pick(100));
}

static void append_statement(struct buf *out) {
  switch (pick(9)) {
  case 3:
  case 4: append_nested(out); break;
  case 5: append_many(out); break;
  case 6: append_window(out); break;
  case 0: append_ordered(out); break;
  case 1: append_grouped(out); break;
  case 2: append_join(out); break;
  default: append_single(out); break;
  }
}

/* ---- comparing ---- */

static int compare_lines(const void *a, const void *b) {
  return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

/** Rows in any order, without the count of warnings, which depends on what was read. */
static void sort_lines(struct buf *answer, bool ordered) {
  static struct slice lines[1 << 16];
  struct buf sorted;
  size_t count = 0;
  buf_init(&sorted, ANSWER_BYTES_MAX);
  for (size_t at = 0; at < answer->bytes;) {
    const uint8_t *end = memchr(answer->data + at, '\n', answer->bytes - at);
    size_t bytes = (size_t)(end - answer->data) - at;
    if (answer->data[at] == '{') lines[count++] = slice_of(answer->data + at, bytes + 1);
    at += bytes + 1;
  }
  if (!ordered && count) qsort(lines, count, sizeof lines[0], compare_lines);
  for (size_t i = 0; i < count; i++) buf_append_slice(&sorted, lines[i]);
  buf_deinit(answer);
  *answer = sorted;
}

static void answer_with(const char *const *rules_off, struct slice text, struct buf *answer) {
  struct err err = {0};
  db.rules_off = rules_off;
  if (script_try(&db, &lang_lql, text, answer, &err) != LUMA_OK)
    fail_msg("%.*s: %s", SLICE_ARG(text), err.message);
  sort_lines(answer, memmem(text.data, text.bytes, "ORDER BY", 8) != NULL);
}

static void check_statement(struct slice text) {
  const char *off[PASSES_MAX] = {NULL};
  struct buf naive;
  uint32_t passes = 0;
  for (; opt_pass_name(passes); passes++) off[passes] = opt_pass_name(passes);
  buf_init(&naive, ANSWER_BYTES_MAX);
  answer_with(off, text, &naive);
  for (uint32_t i = 0; i <= passes; i++) { /* the last: none left out */
    const char *one[] = {i < passes ? opt_pass_name(i) : NULL, NULL};
    struct buf answer;
    buf_init(&answer, ANSWER_BYTES_MAX);
    answer_with(one, text, &answer);
    if (!slice_is_equal(buf_slice(&naive), buf_slice(&answer)))
      fail_msg("%.*s\nwithout %s:\n%.*s\nas written:\n%.*s", SLICE_ARG(text),
               one[0] ? one[0] : "nothing", SLICE_ARG(buf_slice(&answer)),
               SLICE_ARG(buf_slice(&naive)));
    buf_deinit(&answer);
  }
  buf_deinit(&naive);
}

static void check_statements(size_t rounds) {
  for (size_t round = 0; round < rounds; round++) {
    struct buf text;
    buf_init(&text, STATEMENT_BYTES_MAX);
    append_statement(&text);
    buf_append_byte(&text, 0);
    check_statement(slice_of(text.data, text.bytes - 1));
    buf_deinit(&text);
  }
}

static void open_filled(void) {
  script_open(&db);
  fill("t");
  fill("u");
}

static void without_indexes(void) {
  open_filled();
  check_statements(test_rounds(100));
  script_close(&db);
}

static void with_indexes(void) {
  open_filled();
  run_text("CREATE INDEX ON t (a)");
  run_text("CREATE INDEX ON t (b DESC)");
  run_text("CREATE INDEX ON t (a, b)");
  run_text("CREATE INDEX ON t (n.x, a DESC)");
  run_text("CREATE INDEX ON u (b)");
  run_text("CREATE INDEX ON u (a, id)");
  check_statements(test_rounds(150));
  script_close(&db);
}

/* Indexes of the elements of lists are made by JQL and read by all. */
static void with_element_indexes(void) {
  static const char *const paths[] = {"a", "b", "n.x"};
  open_filled();
  for (size_t i = 0; i < 3; i++) {
    struct index_key key = {0};
    struct arena arena;
    arena_init(&arena, 0, 0);
    assert_ok(path_parse(&arena, slice_of_text(paths[i]), true, &key.path, test_err()));
    struct model_index_spec spec = {.keys = &key, .keys_count = 1, .multikey = true};
    assert_ok(model_create_index(db.model, slice_of_text("t"), &spec, NULL, NULL, test_err()));
    assert_ok(model_create_index(db.model, slice_of_text("u"), &spec, NULL, NULL, test_err()));
    arena_deinit(&arena);
  }
  check_statements(test_rounds(150));
  script_close(&db);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"without_indexes", without_indexes, 600},
      {"with_indexes", with_indexes, 600},
      {"with_element_indexes", with_element_indexes, 600},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
