/* SPDX-License-Identifier: MIT */
/* Transactions: savepoints made, gone back to and forgotten between changes, statements that are
 * refused midway, each put to all databases, and the whole of what they hold compared after each.
 */
#include "tests/model/say.h"

enum { STEPS_MAX = 14, SAVEPOINTS_MAX = 8 };

/** The savepoints there are, the newest last: letters, of which one may stand for several. */
struct savepoints {
  char names[SAVEPOINTS_MAX];
  unsigned count;
};

static void compare_tables(struct pair *pair) {
  static const char *const tables[] = {"one", "two"};
  for (int i = 0; i < 2; i++) {
    buf_reset(&pair->text);
    say(pair, "SELECT id, i, j, r, q, s, u FROM %s ORDER BY id", tables[i]);
    pair_compare(pair, true);
  }
}

/** Keys that are taken, or given twice: nothing of such a statement stays. */
static void insert_twice(struct pair *pair) {
  unsigned first = 1 + (unsigned)pick(pair, 200), second = 1 + (unsigned)pick(pair, 200);
  const char *table = pick(pair, 2) ? "one" : "two";
  say(pair, "INSERT INTO %s (id, i, s) VALUES (%u, 1, 'a'), (%u, NULL, 'b')", table, first, second);
}

static void copy_rows(struct pair *pair) {
  static const char *const changes[] = {
      "INSERT OR REPLACE INTO one (id, i, s) SELECT id, j, u FROM two WHERE j > 3",
      "UPDATE two SET j = i, i = j WHERE id IN (SELECT id FROM one)",
      "INSERT INTO one (id, i) SELECT id, i FROM two WHERE id > 20",
      "INSERT INTO two (id, i) SELECT id + 500, j FROM one",
      "DELETE FROM two WHERE id IN (SELECT one.id FROM one WHERE one.i > 2)"};
  say(pair, "%s", changes[pick(pair, 5)]);
}

/** The nth savepoint from the last is the one that its name stands for. */
static void forget_after(struct savepoints *there, char name, bool with_it) {
  unsigned at = there->count;
  while (at > 0 && there->names[at - 1] != name) at--;
  if (at > 0) there->count = with_it ? at - 1 : at;
}

/** A name that stands for a savepoint, most of the time. */
static char some_name(struct pair *pair, const struct savepoints *there) {
  bool is_any = there->count == 0 || pick(pair, 8) == 0;
  return is_any ? (char)('a' + pick(pair, 4)) : there->names[pick(pair, there->count)];
}

static void step_savepoints(struct pair *pair, struct savepoints *there) {
  uint64_t choice = pick(pair, 5);
  char name = some_name(pair, there);
  if (choice < 2 && there->count < SAVEPOINTS_MAX) {
    name = (char)('a' + pick(pair, 4));
    there->names[there->count++] = name;
    say(pair, "SAVEPOINT %c", name);
  } else if (choice < 4) {
    say(pair, "ROLLBACK TO %s%c", pick(pair, 2) ? "SAVEPOINT " : "", name);
    forget_after(there, name, false);
  } else {
    say(pair, "RELEASE %s%c", pick(pair, 2) ? "SAVEPOINT " : "", name);
    forget_after(there, name, true);
  }
}

/** False where the transaction had to end. */
static bool step(struct pair *pair, struct savepoints *there) {
  uint64_t choice = pick(pair, 10);
  buf_reset(&pair->text);
  if (choice < 4) {
    change_rows(pair);
  } else if (choice == 4) {
    select_rows(pair);
  } else {
    if (choice == 5) insert_twice(pair);
    if (choice == 6) copy_rows(pair);
    if (choice > 6) step_savepoints(pair, there);
    pair->may_refuse = true;
    pair_compare(pair, false);
    pair->may_refuse = false;
  }
  if (!pair_is_in_transaction(pair)) return false;
  compare_tables(pair);
  return true;
}

void transact(struct pair *pair) {
  struct savepoints there = {0};
  pair_run(pair, "BEGIN");
  for (uint64_t i = 0, count = pick(pair, STEPS_MAX); i < count; i++)
    if (!step(pair, &there)) break;
  if (pair_is_in_transaction(pair)) pair_run(pair, pick(pair, 3) ? "COMMIT" : "ROLLBACK");
  compare_tables(pair);
}
