/* SPDX-License-Identifier: MIT */
/* SELECTs. What stands before FROM is said after it, for it needs the sources, and moved. */
#include <string.h>

#include "tests/model/say.h"

/** Moves what was said from `items_at` on to the front, behind `head`. */
static void put_items_first(struct pair *pair, const char *head, size_t start, size_t items_at) {
  struct buf whole;
  buf_init(&whole, PAIR_TEXT_BYTES_MAX);
  buf_append(&whole, pair->text.data, start);
  buf_append_text(&whole, head);
  buf_append(&whole, pair->text.data + items_at, pair->text.bytes - items_at);
  buf_append(&whole, pair->text.data + start, items_at - start);
  buf_deinit(&pair->text);
  pair->text = whole;
}

static void say_where(struct pair *pair, const struct scope *scope) {
  if (pick(pair, 5) == 0) return;
  say(pair, " WHERE ");
  say_predicate(pair, scope, (unsigned)pick(pair, SAY_DEPTH_MAX + 1));
}

static void say_keys_of_all(struct pair *pair, const struct scope *scope) {
  for (unsigned i = 0; i < scope->own; i++) {
    say(pair, "%s%s.id", i ? ", " : "", scope->tables[i]);
    say_direction(pair);
  }
}

static void say_limit(struct pair *pair) {
  if (pick(pair, 2)) return;
  say(pair, " LIMIT %d", (int)pick(pair, 12));
  if (pick(pair, 2)) say(pair, " OFFSET %d", (int)pick(pair, 9));
}

/** An order of all rows: by some expressions, then by every key. */
static void say_total_order(struct pair *pair, const struct scope *scope) {
  say(pair, " ORDER BY ");
  for (uint64_t i = 0, count = pick(pair, 3); i < count; i++) {
    say_key(pair, scope);
    say_direction(pair);
    say(pair, ", ");
  }
  say_keys_of_all(pair, scope);
}

/** An order by the numbers of all columns: equal rows look alike. */
static void say_order_of_columns(struct pair *pair, uint64_t count) {
  say(pair, " ORDER BY ");
  for (uint64_t i = 0; i < count; i++) {
    say(pair, "%s%d", i ? ", " : "", (int)i + 1);
    say_direction(pair);
  }
}

static void say_items(struct pair *pair, const struct scope *scope, const enum say_kind *kinds,
                      uint64_t count) {
  for (uint64_t i = 0; i < count; i++) {
    say(pair, "%s", i ? ", " : "");
    say_value(pair, scope, kinds[i], (unsigned)pick(pair, SAY_DEPTH_MAX));
    say(pair, " AS c%d", (int)i);
  }
}

static uint64_t pick_kinds(struct pair *pair, enum say_kind kinds[4]) {
  uint64_t count = 1 + pick(pair, 4);
  for (uint64_t i = 0; i < count; i++) kinds[i] = (enum say_kind)pick(pair, SAY_KINDS);
  return count;
}

void select_rows(struct pair *pair) {
  struct scope scope;
  enum say_kind kinds[4];
  uint64_t count = pick_kinds(pair, kinds);
  bool distinct = pick(pair, 5) == 0, ordered = pick(pair, 3) > 0;
  size_t start = pair->text.bytes;
  say_from(pair, &scope);
  say_where(pair, &scope);
  if (ordered && distinct) say_order_of_columns(pair, count);
  if (ordered && !distinct) say_total_order(pair, &scope);
  if (ordered) say_limit(pair);
  size_t items_at = pair->text.bytes;
  say_items(pair, &scope, kinds, count);
  put_items_first(pair, distinct ? "SELECT DISTINCT " : "SELECT ", start, items_at);
  pair_compare(pair, ordered);
}

/* ---- groups ---- */

static void say_having(struct pair *pair, const struct scope *scope) {
  say(pair, " HAVING ");
  if (pick(pair, 2)) {
    say(pair, "count(*) > %d", (int)pick(pair, 4));
    return;
  }
  say_aggregate(pair, scope);
  say(pair, pick(pair, 2) ? " IS NOT NULL" : " IS DISTINCT FROM 3");
}

/** What was said from `from` on, once more. */
static void say_again(struct pair *pair, size_t from, size_t to) {
  struct buf part;
  buf_init(&part, PAIR_TEXT_BYTES_MAX);
  buf_append(&part, pair->text.data + from, to - from);
  buf_append(&pair->text, part.data, part.bytes);
  buf_deinit(&part);
}

void select_groups(struct pair *pair) {
  struct scope scope;
  uint64_t keys = pick(pair, 3);
  size_t start = pair->text.bytes;
  say_from(pair, &scope);
  say_where(pair, &scope);
  if (keys) say(pair, " GROUP BY ");
  size_t keys_at = pair->text.bytes;
  for (uint64_t i = 0; i < keys; i++) {
    say(pair, "%s", i ? ", " : "");
    say_key(pair, &scope);
  }
  size_t keys_end = pair->text.bytes;
  if (keys && pick(pair, 3) == 0) say_having(pair, &scope);
  size_t items_at = pair->text.bytes;
  if (keys) say_again(pair, keys_at, keys_end);
  for (uint64_t i = 0, count = 1 + pick(pair, 3); i < count; i++) {
    say(pair, "%s", i || keys ? ", " : "");
    say_aggregate(pair, &scope);
  }
  put_items_first(pair, "SELECT ", start, items_at);
  pair_compare(pair, false);
}

/* ---- compounds ---- */

static void say_part(struct pair *pair, const enum say_kind *kinds, uint64_t count) {
  struct scope scope;
  size_t start = pair->text.bytes;
  say_from(pair, &scope);
  say_where(pair, &scope);
  size_t items_at = pair->text.bytes;
  say_items(pair, &scope, kinds, count);
  put_items_first(pair, "SELECT ", start, items_at);
}

/** INTERSECT binds closer in LQL, and in SQLite not: it stands alone. */
void select_compound(struct pair *pair) {
  static const char *const operators[] = {" UNION ", " UNION ALL ", " EXCEPT "};
  enum say_kind kinds[4];
  uint64_t count = pick_kinds(pair, kinds), parts = 2 + pick(pair, 3);
  bool is_intersection = pick(pair, 4) == 0, ordered = pick(pair, 2);
  if (is_intersection) parts = 2;
  for (uint64_t i = 0; i < parts; i++) {
    if (i) say(pair, "%s", is_intersection ? " INTERSECT " : operators[pick(pair, 3)]);
    say_part(pair, kinds, count);
  }
  if (ordered) {
    say_order_of_columns(pair, count);
    say_limit(pair);
  }
  pair_compare(pair, ordered);
}

/* ---- windows ---- */

static void say_frame(struct pair *pair) {
  static const char *const frames[] = {
      "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW",
      "ROWS BETWEEN 1 PRECEDING AND 3 FOLLOWING",
      "ROWS UNBOUNDED PRECEDING",
      "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
      "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
      "GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
      "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW",
      "ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING",
      "GROUPS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE TIES"};
  if (pick(pair, 3)) say(pair, " %s", frames[pick(pair, 9)]);
}

static void say_partition(struct pair *pair, const struct scope *scope) {
  say(pair, " OVER (");
  if (pick(pair, 2) == 0) return;
  say(pair, "PARTITION BY ");
  say_key(pair, scope);
}

/** What only needs a window: its rows are in a total order. */
static void say_window_function(struct pair *pair, const struct scope *scope) {
  static const char *const names[] = {"row_number()", "rank()",   "dense_rank()", "percent_rank()",
                                      "cume_dist()",  "ntile(3)", "ntile(7)"};
  static const char *const of_value[] = {"lag(", "lead(", "first_value(", "last_value(",
                                         "nth_value("};
  uint64_t which = pick(pair, 8);
  if (which < 3) {
    say(pair, "%s", names[pick(pair, 7)]);
  } else if (which < 6) {
    uint64_t value = pick(pair, 5);
    say(pair, "%s", of_value[value]);
    say_value(pair, scope, (enum say_kind)pick(pair, SAY_KINDS), 1);
    say(pair, "%s)", value == 4 ? ", 2" : value < 2 && pick(pair, 2) ? ", 2" : "");
    if (value >= 2) which = 6;
  } else {
    struct scope own = *scope;
    static const char *const sums[] = {"sum(", "count(", "min(", "max(", "avg("};
    uint64_t sum = pick(pair, 5);
    say(pair, "%s", sums[sum]);
    bool is_number = sum == 0 || sum == 4;
    say_value(pair, &own, (enum say_kind)pick(pair, is_number ? SAY_REAL : SAY_KINDS), 1);
    say(pair, ")");
  }
  say_partition(pair, scope);
  say_total_order(pair, scope);
  if (which >= 6) say_frame(pair);
  say(pair, ")");
}

void select_windows(struct pair *pair) {
  struct scope scope;
  size_t start = pair->text.bytes;
  say_from(pair, &scope);
  say_where(pair, &scope);
  say_total_order(pair, &scope);
  say_limit(pair);
  size_t items_at = pair->text.bytes;
  for (uint64_t i = 0, count = 1 + pick(pair, 3); i < count; i++) {
    say(pair, "%s", i ? ", " : "");
    say_window_function(pair, &scope);
  }
  put_items_first(pair, "SELECT ", start, items_at);
  pair_compare(pair, true);
}

/* ---- WITH ---- */

static void say_named(struct pair *pair, const char *name) {
  struct scope within = {.count = 1, .own = 1, .tables = {"n"}};
  say(pair, "%s AS (SELECT id, i, j, r, q, s, u FROM %s n WHERE ", name,
      pick(pair, 2) ? "one" : "two");
  say_predicate(pair, &within, 1);
  say(pair, ")");
}

static void select_with_names(struct pair *pair) {
  struct scope scope = {.count = 2, .own = 2, .tables = {"x", "y"}};
  enum say_kind kinds[4];
  uint64_t count = pick_kinds(pair, kinds);
  say(pair, "WITH ");
  say_named(pair, "a");
  say(pair, ", ");
  say_named(pair, "b");
  size_t start = pair->text.bytes;
  say(pair, " FROM a x %s %s y ON x.%s = y.%s", pick(pair, 2) ? "JOIN" : "LEFT JOIN",
      pick(pair, 2) ? "a" : "b", say_column_name(SAY_INTEGER, pick(pair, 2)),
      pick(pair, 2) ? "id" : "j");
  say_where(pair, &scope);
  size_t items_at = pair->text.bytes;
  say_items(pair, &scope, kinds, count);
  put_items_first(pair, " SELECT ", start, items_at);
  pair_compare(pair, false);
}

/** Numbers that follow from each other, or rows that lead to each other. */
void select_with(struct pair *pair) {
  uint64_t choice = pick(pair, 4);
  if (choice < 2) {
    select_with_names(pair);
    return;
  }
  if (choice == 2)
    say(pair,
        "WITH RECURSIVE n(a, b) AS (SELECT %d, 1 UNION ALL SELECT a + 1, b * 2 FROM n WHERE a < %d)"
        " SELECT n.a, n.b, x.s FROM n LEFT JOIN one x ON x.%s = n.a",
        (int)pick(pair, 4), (int)pick(pair, 14), pick(pair, 2) ? "i" : "id");
  else
    say(pair,
        "WITH RECURSIVE n(a) AS (SELECT j FROM one WHERE id < %d UNION SELECT x.%s FROM n JOIN two "
        "x "
        "ON x.%s = n.a) SELECT a FROM n",
        (int)pick(pair, 9), pick(pair, 2) ? "i" : "j", pick(pair, 2) ? "id" : "j");
  pair_compare(pair, false);
}
