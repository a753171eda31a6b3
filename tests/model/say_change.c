/* SPDX-License-Identifier: MIT */
/* Changes. Values stay small, whatever is done to them how often, and keys unique. */
#include <stdio.h>

#include "tests/model/say.h"

static const char *pick_table(struct pair *pair) {
  return pick(pair, 2) ? "one" : "two";
}

static void say_set(struct pair *pair, enum say_kind kind, const char *excluded) {
  static const char *const computed[] = {"j - 1", "abs(r)", "trim(s)"};
  const char *column = say_column_name(kind, pick(pair, 2));
  say(pair, "%s = ", column);
  if (excluded && pick(pair, 2))
    say(pair, "%s.%s", excluded, column);
  else if (pick(pair, 2))
    say_literal(pair, kind);
  else
    say(pair, "%s", computed[kind]);
}

static void say_returning(struct pair *pair) {
  if (pick(pair, 3) == 0) say(pair, " RETURNING id, i, s, r");
}

static void update_rows(struct pair *pair) {
  const char *table = pick_table(pair);
  struct scope scope = {.count = 1, .own = 1};
  (void)snprintf(scope.tables[0], SAY_ALIAS_BYTES, "%s", table);
  pair->changed = table;
  say(pair, "UPDATE %s SET ", table);
  say_set(pair, (enum say_kind)pick(pair, SAY_KINDS), NULL);
  say(pair, " WHERE ");
  say_predicate(pair, &scope, 2);
  say_returning(pair);
}

static void delete_rows(struct pair *pair) {
  const char *table = pick_table(pair);
  struct scope scope = {.count = 1, .own = 1};
  (void)snprintf(scope.tables[0], SAY_ALIAS_BYTES, "%s", table);
  pair->changed = table;
  say(pair, "DELETE FROM %s WHERE id > %d AND ", table, (int)pick(pair, 60));
  say_predicate(pair, &scope, 2);
  say_returning(pair);
}

static void say_row(struct pair *pair) {
  say(pair, "(%d, ", 1 + (int)pick(pair, 90));
  say_literal(pair, SAY_INTEGER);
  say(pair, ", ");
  say_literal(pair, SAY_REAL);
  say(pair, ", ");
  say_literal(pair, SAY_TEXT);
  say(pair, ")");
}

/** One row, or two when the second may meet the first. */
static void insert_rows(struct pair *pair) {
  static const char *const heads[] = {"INSERT OR REPLACE", "INSERT OR IGNORE", "REPLACE", "INSERT",
                                      "INSERT"};
  uint64_t choice = pick(pair, 5);
  say(pair, "%s INTO %s (id, i, r, s) VALUES ", heads[choice], pick_table(pair));
  for (uint64_t i = 0, count = 1 + pick(pair, 3); i < count; i++) {
    say(pair, "%s", i && choice < 3 ? ", " : "");
    if (i == 0 || choice < 3) say_row(pair);
  }
  if (choice < 3) return;
  if (pick(pair, 2)) {
    say(pair, " ON CONFLICT (id) DO NOTHING");
    return;
  }
  say(pair, " ON CONFLICT (id) DO UPDATE SET ");
  say_set(pair, (enum say_kind)pick(pair, SAY_KINDS), "excluded");
  say_returning(pair);
}

/** The same offset twice, so that no key is given twice. */
static void insert_more(struct pair *pair) {
  const char *table = pick_table(pair);
  int offset = 60 + (int)pick(pair, 3) * 60;
  say(pair,
      "INSERT INTO %s (id, i, j, r, s) SELECT id + %d, i, j, q, u FROM %s AS x WHERE id < 60 AND "
      "id "
      "%% 9 = %d AND NOT EXISTS (SELECT 1 FROM %s AS y WHERE y.id = x.id + %d)",
      table, offset, pick_table(pair), (int)pick(pair, 9), table, offset);
}

static void update_from(struct pair *pair) {
  say(pair, "UPDATE one SET i = t.j, s = coalesce(t.s, one.s) FROM two AS t WHERE t.id = one.%s",
      pick(pair, 2) ? "id" : "i");
}

static void say_change(struct pair *pair) {
  uint64_t choice = pick(pair, 10);
  if (choice < 3)
    update_rows(pair);
  else if (choice < 5)
    delete_rows(pair);
  else if (choice < 8)
    insert_rows(pair);
  else if (choice == 8)
    insert_more(pair);
  else
    update_from(pair);
}

void change_rows(struct pair *pair) {
  say_change(pair);
  pair->changed = NULL;
  pair_compare(pair, false);
}
