/* SPDX-License-Identifier: MIT */
/* Histories, what a single list tells of them, and the edges between transactions. */
#include "tests/model/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void history_init(struct history *history, uint32_t count, uint32_t keys) {
  *history = (struct history){.txns = calloc(count, sizeof *history->txns), .keys = keys};
  if (!history->txns) abort();
  history->count = count;
}

void history_deinit(struct history *history) {
  for (uint32_t i = 0; i < history->count; i++)
    for (uint32_t op = 0; op < history->txns[i].ops_count; op++)
      free(history->txns[i].ops[op].list);
  free(history->txns);
}

uint32_t history_next_value(const struct history *history, uint32_t txn) {
  return txn * HISTORY_OPS_MAX + history->txns[txn].ops_count;
}

void history_append(struct history *history, uint32_t txn, uint32_t key) {
  struct history_txn *at = &history->txns[txn];
  uint32_t value = history_next_value(history, txn);
  at->ops[at->ops_count++] = (struct history_op){.key = key, .is_append = true, .value = value};
}

void history_read(struct history *history, uint32_t txn, uint32_t key, const uint32_t *list,
                  uint32_t count) {
  struct history_txn *at = &history->txns[txn];
  struct history_op op = {.key = key, .count = count, .list = malloc((count + 1) * sizeof *list)};
  if (!op.list) abort();
  if (count) memcpy(op.list, list, count * sizeof *list);
  at->ops[at->ops_count++] = op;
}

/* ---- one transaction ---- */

struct checker {
  const struct history *history;
  const struct history_op **longest; /* by key: the read that shows most of it; NULL = none */
  uint32_t *longest_txn;
  bool *is_listed; /* by value: in the longest read of its key */
  struct history_edges edges;
  char *text;
};

static enum history_anomaly tell(const struct checker *checker, enum history_anomaly anomaly,
                                 const char *what, uint32_t txn, uint32_t key) {
  snprintf(checker->text, HISTORY_TEXT_BYTES, "%s: transaction %u, key %u", what, txn, key);
  return anomaly;
}

static uint32_t writer_of(uint32_t value) {
  return value / HISTORY_OPS_MAX;
}

/* How many values at the end of what operation number `index` read are the transaction's own; the
 * rest came from others. */
static uint32_t own_at_end(const struct history_txn *txn, uint32_t index) {
  const struct history_op *read = &txn->ops[index];
  uint32_t own = 0;
  for (uint32_t i = 0; i < index; i++) own += txn->ops[i].is_append && txn->ops[i].key == read->key;
  return own;
}

/* The transaction's own appends stand at the end, in order; before them is what it read of the key
 * before. */
static bool is_consistent(const struct history_txn *txn, uint32_t index) {
  const struct history_op *read = &txn->ops[index];
  uint32_t own = own_at_end(txn, index), at = read->count - own;
  if (read->count < own) return false;
  for (uint32_t i = 0; i < index; i++) {
    const struct history_op *op = &txn->ops[i];
    if (op->key != read->key) continue;
    if (op->is_append) {
      if (read->list[at++] != op->value) return false;
      continue;
    }
    uint32_t shared = op->count;
    if (shared > read->count) return false;
    if (op->count - own_at_end(txn, i) != read->count - own) return false;
    if (memcmp(op->list, read->list, shared * sizeof *op->list) != 0) return false;
  }
  return true;
}

/* ---- one list ---- */

static bool was_appended(const struct history *history, uint32_t value, uint32_t key) {
  uint32_t writer = writer_of(value), op = value % HISTORY_OPS_MAX;
  return writer < history->count && op < history->txns[writer].ops_count &&
         history->txns[writer].ops[op].is_append && history->txns[writer].ops[op].key == key;
}

static enum history_anomaly check_values(const struct checker *checker, uint32_t txn,
                                         const struct history_op *read) {
  for (uint32_t i = 0; i < read->count; i++) {
    if (!was_appended(checker->history, read->list[i], read->key))
      return tell(checker, HISTORY_DUPLICATE, "a value nobody appended", txn, read->key);
    uint32_t writer = writer_of(read->list[i]);
    if (writer != txn && !checker->history->txns[writer].is_committed)
      return tell(checker, HISTORY_G1A, "G1a, an aborted value", txn, read->key);
  }
  return HISTORY_SOUND;
}

static enum history_anomaly check_txn(struct checker *checker, uint32_t number) {
  const struct history_txn *txn = &checker->history->txns[number];
  for (uint32_t i = 0; i < txn->ops_count; i++) {
    const struct history_op *op = &txn->ops[i];
    if (op->is_append) continue;
    enum history_anomaly found = check_values(checker, number, op);
    if (found) return found;
    if (!is_consistent(txn, i))
      return tell(checker, HISTORY_INTERNAL, "not what it saw or wrote itself", number, op->key);
    if (!txn->is_committed) continue;
    const struct history_op *longest = checker->longest[op->key];
    if (longest && longest->count >= op->count) continue;
    checker->longest[op->key] = op;
    checker->longest_txn[op->key] = number;
  }
  return HISTORY_SOUND;
}

static enum history_anomaly list_values(struct checker *checker) {
  for (uint32_t key = 0; key < checker->history->keys; key++) {
    const struct history_op *longest = checker->longest[key];
    for (uint32_t i = 0; longest && i < longest->count; i++) {
      if (checker->is_listed[longest->list[i]])
        return tell(checker, HISTORY_DUPLICATE, "a value twice", checker->longest_txn[key], key);
      checker->is_listed[longest->list[i]] = true;
    }
  }
  return HISTORY_SOUND;
}

/* ---- edges ---- */

static void add_edge(struct checker *checker, uint32_t from, uint32_t to,
                     enum history_edge_kind kind) {
  struct history_edges *edges = &checker->edges;
  if (from == to) return;
  if (edges->count == edges->capacity) {
    edges->capacity = edges->capacity * 2 + 1024;
    edges->items = realloc(edges->items, edges->capacity * sizeof *edges->items);
    if (!edges->items) abort();
  }
  edges->items[edges->count++] = (struct history_edge){from, to, kind};
}

static void add_order(struct checker *checker, const struct history_op *longest) {
  for (uint32_t i = 0; longest && i + 1 < longest->count; i++)
    add_edge(checker, writer_of(longest->list[i]), writer_of(longest->list[i + 1]), HISTORY_WW);
}

/* What a read says: whom it follows, and whom it comes before. */
static enum history_anomaly add_read(struct checker *checker, uint32_t number, uint32_t index) {
  const struct history_txn *txn = &checker->history->txns[number];
  const struct history_op *read = &txn->ops[index], *order = checker->longest[read->key];
  uint32_t seen = read->count - own_at_end(txn, index);
  if (memcmp(read->list, order->list, read->count * sizeof *read->list) != 0)
    return tell(checker, HISTORY_ORDER, "another order than others saw", number, read->key);
  uint32_t last = seen ? writer_of(order->list[seen - 1]) : UINT32_MAX;
  uint32_t next = seen < order->count ? writer_of(order->list[seen]) : UINT32_MAX;
  if (seen && last == next && last != number)
    return tell(checker, HISTORY_G1B, "G1b, the middle of another's work", number, read->key);
  if (seen) add_edge(checker, last, number, HISTORY_WR);
  if (next != UINT32_MAX) add_edge(checker, number, next, HISTORY_RW);
  return HISTORY_SOUND;
}

/* An append that the longest list does not have, though its reader began later, is lost. */
static bool is_lost(const struct checker *checker, uint32_t number, const struct history_op *op) {
  const struct history_txn *txns = checker->history->txns;
  return op->is_append && checker->longest[op->key] && !checker->is_listed[op->value] &&
         txns[number].ended < txns[checker->longest_txn[op->key]].begun;
}

static enum history_anomaly add_txn(struct checker *checker, uint32_t number) {
  const struct history_txn *txn = &checker->history->txns[number];
  for (uint32_t i = 0; txn->is_committed && i < txn->ops_count; i++) {
    if (is_lost(checker, number, &txn->ops[i]))
      return tell(checker, HISTORY_LOST, "an append is lost", number, txn->ops[i].key);
    if (txn->ops[i].is_append) continue;
    enum history_anomaly found = add_read(checker, number, i);
    if (found) return found;
  }
  return HISTORY_SOUND;
}

/* ---- the whole ---- */

static enum history_anomaly check(struct checker *checker, bool is_serializable) {
  const struct history *history = checker->history;
  for (uint32_t i = 0; i < history->count; i++) {
    enum history_anomaly found = check_txn(checker, i);
    if (found) return found;
  }
  enum history_anomaly twice = list_values(checker);
  if (twice) return twice;
  for (uint32_t key = 0; key < history->keys; key++) add_order(checker, checker->longest[key]);
  for (uint32_t i = 0; i < history->count; i++) {
    enum history_anomaly found = add_txn(checker, i);
    if (found) return found;
  }
  return history__find_cycle(history, &checker->edges, is_serializable, checker->text);
}

enum history_anomaly history_check(const struct history *history, bool is_serializable,
                                   char text[HISTORY_TEXT_BYTES]) {
  struct checker checker = {
      .history = history,
      .longest = calloc(history->keys, sizeof *checker.longest),
      .longest_txn = calloc(history->keys, sizeof *checker.longest_txn),
      .is_listed = calloc((size_t)history->count * HISTORY_OPS_MAX, sizeof *checker.is_listed),
      .text = text};
  if (!checker.longest || !checker.longest_txn || !checker.is_listed) abort();
  text[0] = 0;
  enum history_anomaly found = check(&checker, is_serializable);
  free(checker.longest);
  free(checker.longest_txn);
  free(checker.is_listed);
  free(checker.edges.items);
  return found;
}
