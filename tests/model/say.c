/* SPDX-License-Identifier: MIT */
/* Expressions and sources. */
#include "tests/model/say.h"

#include <stdio.h>
#include <string.h>

uint64_t pick(struct pair *pair, uint64_t below) {
  return rng_below(pair->rng, below);
}

void say(struct pair *pair, const char *format, ...) {
  char part[1024];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(part, sizeof part, format, args);
  va_end(args);
  assert_true(buf_append_text(&pair->text, part));
}

static void say_one_of(struct pair *pair, const char *const *words, size_t count) {
  say(pair, "%s", words[pick(pair, count)]);
}

/* ---- values ---- */

const char *say_column_name(enum say_kind kind, uint64_t nth) {
  static const char *const names[SAY_KINDS][2] = {{"i", "j"}, {"r", "q"}, {"s", "u"}};
  return names[kind][nth];
}

void say_column(struct pair *pair, const struct scope *scope, enum say_kind kind) {
  const char *table = scope->tables[pick(pair, scope->count)];
  bool is_key = kind == SAY_INTEGER && pick(pair, 3) == 0;
  say(pair, "%s.%s", table, is_key ? "id" : say_column_name(kind, pick(pair, 2)));
}

void say_literal(struct pair *pair, enum say_kind kind) {
  static const char *const texts[] = {"''", "'a'", "'b'", "'ab'", "'Ba'", "'c d'", "'é'"};
  if (pick(pair, 12) == 0)
    say(pair, "NULL");
  else if (kind == SAY_INTEGER)
    say(pair, "%d", (int)rng_range(pair->rng, -4, 12));
  else if (kind == SAY_REAL)
    say(pair, "%.2f", (double)rng_range(pair->rng, -20, 40) / 4);
  else
    say_one_of(pair, texts, sizeof texts / sizeof texts[0]);
}

static void say_case(struct pair *pair, const struct scope *scope, enum say_kind kind,
                     unsigned depth) {
  say(pair, "CASE WHEN ");
  say_predicate(pair, scope, depth - 1);
  say(pair, " THEN ");
  say_value(pair, scope, kind, depth - 1);
  if (pick(pair, 2)) {
    say(pair, " ELSE ");
    say_value(pair, scope, kind, depth - 1);
  }
  say(pair, " END");
}

/** CASE x WHEN … */
static void say_choice(struct pair *pair, const struct scope *scope, enum say_kind kind,
                       unsigned depth) {
  enum say_kind asked = (enum say_kind)pick(pair, SAY_KINDS);
  say(pair, "CASE ");
  say_value(pair, scope, asked, depth - 1);
  for (uint64_t i = 0, count = 1 + pick(pair, 2); i < count; i++) {
    say(pair, " WHEN ");
    say_value(pair, scope, asked, depth - 1);
    say(pair, " THEN ");
    say_value(pair, scope, kind, depth - 1);
  }
  say(pair, " END");
}

/** A call: `format` has %1 to %3 where arguments of `kinds` stand. */
static void say_call(struct pair *pair, const struct scope *scope, const char *format,
                     const enum say_kind *kinds, unsigned depth) {
  for (const char *at = format; *at; at++) {
    if (at[0] == '%' && at[1] >= '1' && at[1] <= '3')
      say_value(pair, scope, kinds[*++at - '1'], depth - 1);
    else
      say(pair, "%c", *at);
  }
}

static void say_function(struct pair *pair, const struct scope *scope, enum say_kind kind,
                         unsigned depth) {
  static const char *const integers[] = {"abs(%1)",
                                         "coalesce(%1, %1, %1)",
                                         "nullif(%1, %1)",
                                         "length(%3)",
                                         "(%1 / nullif(%1, 0))",
                                         "(%1 % nullif(%1, 0))",
                                         "instr(%3, %3)",
                                         "(- %1)",
                                         "CAST(%1 AS INTEGER)",
                                         "(%1 & %1)",
                                         "(%1 | abs(%1))",
                                         "(length(%3) - %1)",
                                         "max(%1, %1)",
                                         "min(%1, %1, %1)"};
  static const char *const reals[] = {
      "abs(%2)",          "coalesce(%2, %2)", "nullif(%2, %1)", "(%2 / nullif(%2, 0.0))",
      "CAST(%1 AS REAL)", "(- %2)",           "(%1 * %2)",      "(%2 - %1)",
      "max(%2, %1)",      "min(%2, %2)"};
  static const char *const texts[] = {"trim(%3)",
                                      "ltrim(%3)",
                                      "rtrim(%3)",
                                      "substr(%3, 2)",
                                      "substr(%3, 1, 2)",
                                      "replace(%3, 'a', %3)",
                                      "nullif(%3, %3)",
                                      "coalesce(%3, %3)",
                                      "CAST(%1 AS TEXT)",
                                      "(%3 || %3 || %3)",
                                      "replace(%3, 'b', 'cc')",
                                      "(%3 || %1)",
                                      "max(%3, %3)"};
  static const enum say_kind kinds[] = {SAY_INTEGER, SAY_REAL, SAY_TEXT};
  const char *form = kind == SAY_INTEGER ? integers[pick(pair, 14)]
                     : kind == SAY_REAL  ? reals[pick(pair, 10)]
                                         : texts[pick(pair, 13)];
  say_call(pair, scope, form, kinds, depth);
}

static void say_operation(struct pair *pair, const struct scope *scope, enum say_kind kind,
                          unsigned depth) {
  static const char *const operators[] = {" + ", " - ", " * "};
  say(pair, "(");
  say_value(pair, scope, kind, depth - 1);
  say(pair, "%s", kind == SAY_TEXT ? " || " : operators[pick(pair, 3)]);
  say_value(pair, scope, kind, depth - 1);
  say(pair, ")");
}

void say_value(struct pair *pair, const struct scope *scope, enum say_kind kind, unsigned depth) {
  uint64_t choice = depth == 0 ? pick(pair, 5) : pick(pair, 12);
  if (choice < 4)
    say_column(pair, scope, kind);
  else if (choice == 4)
    say_literal(pair, kind);
  else if (choice < 7)
    say_operation(pair, scope, kind, depth);
  else if (choice == 7)
    say_case(pair, scope, kind, depth);
  else if (choice == 8)
    say_choice(pair, scope, kind, depth);
  else if (choice == 9 && scope->count < SAY_TABLES_MAX && pick(pair, 3) == 0)
    say_subquery(pair, scope, kind, true);
  else
    say_function(pair, scope, kind, depth);
}

void say_key(struct pair *pair, const struct scope *scope) {
  enum say_kind kind = (enum say_kind)pick(pair, SAY_KINDS);
  if (pick(pair, 2))
    say_column(pair, scope, kind);
  else
    say_operation(pair, scope, kind, 1);
}

void say_direction(struct pair *pair) {
  bool descending = pick(pair, 2);
  say(pair, "%s NULLS %s", descending ? " DESC" : (pick(pair, 2) ? " ASC" : ""),
      pick(pair, 2) ? "FIRST" : "LAST");
}

/* ---- conditions ---- */

/* SQLite 3.40 asks `a IS NOT DISTINCT FROM b` of the tables before a FULL or RIGHT JOIN instead of
 * its rows, and so has rows too many; not so where it is a value, of which the truth is asked. */
static void say_comparison(struct pair *pair, const struct scope *scope, unsigned depth) {
  static const char *const operators[] = {
      "=", "!=", "<", "<=", ">", ">=", "<>", "==", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"};
  enum say_kind kind = (enum say_kind)pick(pair, SAY_KINDS);
  enum say_kind other = kind == SAY_REAL && pick(pair, 2) ? SAY_INTEGER : kind;
  const char *operator= operators[pick(pair, 10)];
  bool is_value = strcmp(operator, "IS NOT DISTINCT FROM") == 0;
  if (is_value) say(pair, "(");
  say_value(pair, scope, kind, depth ? depth - 1 : 0);
  say(pair, " %s ", operator);
  if (pick(pair, 2))
    say_literal(pair, other);
  else
    say_value(pair, scope, other, depth ? depth - 1 : 0);
  if (is_value) say(pair, ") IS TRUE");
}

static void say_list(struct pair *pair, enum say_kind kind) {
  say(pair, " IN (");
  for (uint64_t i = 0, count = pick(pair, 5); i < count; i++) {
    if (i) say(pair, ", ");
    say_literal(pair, kind);
  }
  say(pair, ")");
}

static void say_range(struct pair *pair, const struct scope *scope) {
  enum say_kind kind = (enum say_kind)pick(pair, SAY_KINDS);
  say_value(pair, scope, kind, (unsigned)pick(pair, 2));
  if (pick(pair, 3) == 0) say(pair, " NOT");
  if (pick(pair, 2)) {
    say_list(pair, kind);
    return;
  }
  say(pair, " BETWEEN ");
  say_value(pair, scope, kind, (unsigned)pick(pair, 2));
  say(pair, " AND ");
  say_literal(pair, kind);
}

static void say_like(struct pair *pair, const struct scope *scope) {
  static const char *const patterns[] = {
      "'a%'", "'%b'", "'%'", "'_'", "'a_'", "'%a%'", "''", "'B!%' ESCAPE '!'", "'%é%'"};
  say_value(pair, scope, SAY_TEXT, (unsigned)pick(pair, 2));
  say(pair, "%s LIKE %s", pick(pair, 3) ? "" : " NOT", patterns[pick(pair, 9)]);
}

/** (a, b) = (c, d), (a, b) < (c, d). */
static void say_row_comparison(struct pair *pair, const struct scope *scope) {
  static const char *const operators[] = {") = (", ") < (", ") >= (", ") <> ("};
  enum say_kind first = (enum say_kind)pick(pair, SAY_KINDS);
  enum say_kind second = (enum say_kind)pick(pair, SAY_KINDS);
  say(pair, "(");
  say_column(pair, scope, first);
  say(pair, ", ");
  say_column(pair, scope, second);
  say_one_of(pair, operators, 4);
  say_literal(pair, first);
  say(pair, ", ");
  say_column(pair, scope, second);
  say(pair, ")");
}

static void say_membership(struct pair *pair, const struct scope *scope) {
  enum say_kind kind = (enum say_kind)pick(pair, SAY_KINDS);
  if (pick(pair, 3) == 0) {
    say(pair, "%sEXISTS ", pick(pair, 3) ? "" : "NOT ");
  } else {
    say_value(pair, scope, kind, (unsigned)pick(pair, 2));
    say(pair, pick(pair, 3) ? " IN " : " NOT IN ");
  }
  say_subquery(pair, scope, kind, false);
}

/** A truth that some indexes hold, by itself or denied. */
static void say_truth(struct pair *pair, const struct scope *scope) {
  static const char *const forms[] = {"(%1.i > %1.j)",         "NOT (%1.i > %1.j)",
                                      "(%1.i > %1.j) IS TRUE", "(%1.i > %1.j) IS FALSE",
                                      "NOT (%1.s IS NULL)",    "(%1.s IS NULL)"};
  const char *table = scope->tables[pick(pair, scope->count)];
  for (const char *at = forms[pick(pair, 6)]; *at; at++) {
    if (*at == '%')
      say(pair, "%s", table), at++;
    else
      say(pair, "%c", *at);
  }
}

static void say_simple_predicate(struct pair *pair, const struct scope *scope, unsigned depth) {
  uint64_t choice = pick(pair, 9);
  if (choice < 4)
    say_comparison(pair, scope, depth);
  else if (choice == 4)
    say_range(pair, scope);
  else if (choice == 5)
    say_like(pair, scope);
  else if (choice == 6)
    say_row_comparison(pair, scope);
  else if (choice == 7 && scope->count < SAY_TABLES_MAX && pick(pair, 2))
    say_membership(pair, scope);
  else if (choice == 8 && pick(pair, 3) == 0)
    say_truth(pair, scope);
  else {
    say_value(pair, scope, (enum say_kind)pick(pair, SAY_KINDS), depth ? depth - 1 : 0);
    say(pair, pick(pair, 2) ? " IS NULL" : " IS NOT NULL");
  }
}

void say_predicate(struct pair *pair, const struct scope *scope, unsigned depth) {
  uint64_t choice = depth == 0 ? 0 : pick(pair, 10);
  say(pair, "(");
  if (choice < 5) {
    say_simple_predicate(pair, scope, depth);
  } else if (choice == 5) {
    say(pair, "NOT ");
    say_predicate(pair, scope, depth - 1);
  } else if (choice == 6) {
    say_predicate(pair, scope, depth - 1);
    say(pair, " IS %s%s", pick(pair, 2) ? "" : "NOT ", pick(pair, 2) ? "TRUE" : "FALSE");
  } else {
    say_predicate(pair, scope, depth - 1);
    say(pair, pick(pair, 2) ? " AND " : " OR ");
    say_predicate(pair, scope, depth - 1);
  }
  say(pair, ")");
}

/* ---- aggregates and SELECTs within ---- */

void say_aggregate(struct pair *pair, const struct scope *scope) {
  static const char *const names[] = {"count", "sum", "avg", "min", "max", "total"};
  struct scope own = *scope;
  own.count = own.own;
  uint64_t which = pick(pair, 7);
  bool is_numeric = which == 1 || which == 2 || which == 5;
  if (which == 6) {
    say(pair, "count(*");
  } else {
    say(pair, "%s(%s", names[which], pick(pair, 4) ? "" : "DISTINCT ");
    say_value(pair, &own, (enum say_kind)pick(pair, is_numeric ? SAY_TEXT : SAY_KINDS),
              (unsigned)pick(pair, 2));
  }
  say(pair, ")");
  if (pick(pair, 5)) return;
  say(pair, " FILTER (WHERE ");
  say_predicate(pair, &own, 1);
  say(pair, ")");
}

/** The scope within a SELECT of one more source, which stands first. */
static struct scope scope_within(struct pair *pair, const struct scope *around) {
  struct scope within = {.count = 1, .own = 1};
  (void)snprintf(within.tables[0], SAY_ALIAS_BYTES, "w%u", (unsigned)(pair->aliases++ % 1000));
  for (unsigned i = 0; i < around->count; i++)
    memcpy(within.tables[within.count++], around->tables[i], SAY_ALIAS_BYTES);
  return within;
}

static void say_extreme(struct pair *pair, const struct scope *within, enum say_kind kind) {
  static const char *const names[] = {"min", "max", "sum", "count"};
  bool is_integer = kind == SAY_INTEGER;
  uint64_t which = pick(pair, is_integer ? 4 : kind == SAY_REAL ? 3 : 2);
  say(pair, "%s(%s.%s)", names[which], within->tables[0], say_column_name(kind, pick(pair, 2)));
}

static void say_link(struct pair *pair, const struct scope *within) {
  enum say_kind kind = (enum say_kind)pick(pair, SAY_KINDS);
  struct scope outer = *within;
  memmove(outer.tables[0], outer.tables[1], sizeof outer.tables - SAY_ALIAS_BYTES);
  outer.count--;
  say(pair, "%s.%s = ", within->tables[0], say_column_name(kind, pick(pair, 2)));
  say_column(pair, &outer, kind);
}

static const char *table_within(struct pair *pair) {
  bool is_one = pick(pair, 2);
  if (pair->changed) is_one = strcmp(pair->changed, "one") != 0;
  return is_one ? "one" : "two";
}

void say_subquery(struct pair *pair, const struct scope *scope, enum say_kind kind,
                  bool is_single) {
  struct scope within = scope_within(pair, scope);
  bool is_aggregate = is_single && pick(pair, 3) > 0, is_linked = pick(pair, 2);
  say(pair, "(SELECT ");
  if (is_aggregate)
    say_extreme(pair, &within, kind);
  else
    say_value(pair, &within, kind, (unsigned)pick(pair, 2));
  say(pair, " FROM %s %s WHERE ", table_within(pair), within.tables[0]);
  if (is_linked) {
    say_link(pair, &within);
    say(pair, " AND ");
  }
  say_predicate(pair, &within, 1);
  if (is_single && !is_aggregate) {
    say(pair, " ORDER BY %s.id", within.tables[0]);
    say_direction(pair);
    say(pair, " LIMIT 1");
  }
  say(pair, ")");
}

/* ---- sources ---- */

/** A SELECT with the columns of a source and its keys. */
static void say_derived(struct pair *pair, const char *table) {
  static const char *const integers[] = {"i + 1", "j", "i * 2", "abs(j)", "i"};
  struct scope within = {.count = 1, .own = 1, .tables = {"d"}};
  say(pair, "(SELECT id, %s AS i, j, r, q, coalesce(s, u) AS s, u FROM %s AS d WHERE ",
      integers[pick(pair, 5)], table);
  say_predicate(pair, &within, 1);
  if (pick(pair, 4) == 0) say(pair, " ORDER BY id LIMIT %d", (int)pick(pair, 30));
  say(pair, ")");
}

void say_source(struct pair *pair, struct scope *scope) {
  static const char *const names[] = {"one", "two", "one", "two", "three"};
  const char *name = names[pick(pair, 5)];
  char *alias = scope->tables[scope->count++];
  (void)snprintf(alias, SAY_ALIAS_BYTES, "%c", 'w' + (char)scope->count);
  scope->own = scope->count;
  if (pick(pair, 6) == 0)
    say_derived(pair, name);
  else
    say(pair, "%s", name);
  say(pair, " %s%s", pick(pair, 2) ? "AS " : "", alias);
}

static void say_on(struct pair *pair, const struct scope *scope, bool is_plain) {
  enum say_kind kind = (enum say_kind)pick(pair, SAY_KINDS);
  const char *here = scope->tables[scope->count - 1];
  const char *before = scope->tables[pick(pair, scope->count - 1)];
  bool by_key = kind == SAY_INTEGER && pick(pair, 2);
  say(pair, " ON %s.%s = %s.%s", before, say_column_name(kind, pick(pair, 2)), here,
      by_key ? "id" : say_column_name(kind, pick(pair, 2)));
  if (is_plain || pick(pair, 3)) return;
  say(pair, " AND ");
  say_predicate(pair, scope, 1);
}

/** Beside RIGHT and FULL joins conditions are of columns only: SQLite loses rows where one is
 * constant and false. */
void say_from(struct pair *pair, struct scope *scope) {
  static const char *const kinds[] = {"JOIN",       "INNER JOIN", "LEFT JOIN", "LEFT OUTER JOIN",
                                      "RIGHT JOIN", "FULL JOIN"};
  unsigned count = 1 + (unsigned)(pick(pair, 5) / 2);
  bool keeps_right = pick(pair, 3) == 0;
  *scope = (struct scope){0};
  say(pair, " FROM ");
  say_source(pair, scope);
  for (unsigned i = 1; i < count; i++) {
    bool is_cross = count == 2 && pick(pair, 6) == 0;
    if (is_cross)
      say(pair, pick(pair, 2) ? " CROSS JOIN " : ", ");
    else
      say(pair, " %s ", kinds[pick(pair, keeps_right ? 6 : 4)]);
    say_source(pair, scope);
    if (!is_cross) say_on(pair, scope, keeps_right);
  }
}
