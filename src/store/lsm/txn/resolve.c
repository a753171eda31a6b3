/* SPDX-License-Identifier: MIT */
/* Resolving a write set: one commit has one sequence, so of all operations on a key only their
 * outcome may stay. */
#include <stdlib.h>
#include <string.h>

#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "store/lsm/txn/writes.h"
#include "store/store.h"

/* What the operations on one key come to. */
struct outcome {
  enum {
    UNCHANGED,
    KEEP,
    ERASED
  } kind; /* KEEP: the operation at `at`; ERASED: by an own range delete */
  size_t at;
  bool has_add;
  int64_t delta, least, most;
};

struct resolving {
  struct writes *writes;
  struct head *refs;  /* operations on keys of one space, by key, then time */
  struct head *spare; /* room for as many */
  size_t count;
  size_t *ranges; /* range deletes of the space, by time */
  size_t ranges_count;
  struct writes_counter *counters;
  size_t counters_count;
};

static struct record_op op_at(const struct writes *writes, size_t at) {
  struct record_op op = {0};
  record_next(buf_slice(&writes->log), &at, &op);
  return op;
}

static struct slice key_at(const struct writes *writes, size_t at) {
  const uint8_t *op = writes->log.data + at;
  return slice_of(op + RECORD_OP_BYTES, load16le(op + 2));
}

/* Of equal heads. */
static int compare_refs(const void *a, const void *b, void *context) {
  const struct writes *writes = context;
  const struct head *left = a, *right = b;
  int order = slice_compare(key_at(writes, left->at), key_at(writes, right->at));
  return order ? order : (left->at > right->at) - (left->at < right->at);
}

static size_t common_bytes(struct slice a, struct slice b, size_t most) {
  size_t at = 0;
  if (most > b.bytes) most = b.bytes;
  while (at < most && a.data[at] == b.data[at]) at++;
  return at;
}

/* What follows the start that all keys of the space share orders most of them; the rest of the keys
 * orders those of equal heads. */
static void sort_refs(struct resolving *resolving) {
  struct head *refs = resolving->refs;
  heads_sort(refs, resolving->spare, resolving->count);
  for (size_t from = 0, to; from < resolving->count; from = to) {
    for (to = from + 1; to < resolving->count && refs[to].head == refs[from].head; to++) {
    }
    if (to - from > 1)
      qsort_r(refs + from, to - from, sizeof *refs, compare_refs, resolving->writes);
  }
}

static void take_heads(struct resolving *resolving) {
  const struct writes *writes = resolving->writes;
  struct slice first = key_at(writes, resolving->refs[0].at);
  size_t shared = first.bytes;
  for (size_t i = 1; i < resolving->count; i++)
    shared = common_bytes(first, key_at(writes, resolving->refs[i].at), shared);
  for (size_t i = 0; i < resolving->count; i++) {
    struct slice key = key_at(writes, resolving->refs[i].at);
    uint8_t head[sizeof(uint64_t)] = {0};
    size_t left = key.bytes - shared;
    if (left) memcpy(head, key.data + shared, left < sizeof head ? left : sizeof head);
    resolving->refs[i].head = load64be(head);
  }
}

static void collect(struct resolving *resolving, uint8_t space) {
  struct writes *writes = resolving->writes;
  struct record_op op;
  resolving->count = resolving->ranges_count = 0;
  for (size_t at = RECORD_HEADER_BYTES; record_next(buf_slice(&writes->log), &at, &op);) {
    if (op.space != space || op.kind == RECORD_EMIT || op.kind == RECORD_NOP) continue;
    if (op.kind == RECORD_DELETE_RANGE)
      resolving->ranges[resolving->ranges_count++] = op.at;
    else
      resolving->refs[resolving->count++] = (struct head){.at = op.at};
  }
  if (resolving->count < 2) return;
  take_heads(resolving);
  sort_refs(resolving);
}

/* Own range deletes that came before `until` undo what was there; `*next` is the first not yet
 * looked at. */
static void apply_ranges(const struct resolving *resolving, struct slice key, size_t until,
                         size_t *next, struct outcome *outcome) {
  for (; *next < resolving->ranges_count && resolving->ranges[*next] < until; ++*next) {
    struct record_op range = op_at(resolving->writes, resolving->ranges[*next]);
    if (slice_compare(range.key, key) > 0 ||
        (range.value.bytes && slice_compare(key, range.value) >= 0))
      continue;
    *outcome = (struct outcome){.kind = ERASED};
  }
}

static status apply_op(const struct record_op *op, struct outcome *outcome, struct err *err) {
  if (op->kind != RECORD_ADD) {
    *outcome = (struct outcome){.kind = KEEP, .at = op->at};
    return LUMA_OK;
  }
  int64_t delta = (int64_t)load64le(op->value.data), least = (int64_t)load64le(op->value.data + 8),
          most = (int64_t)load64le(op->value.data + 16);
  if (__builtin_add_overflow(outcome->delta, delta, &outcome->delta))
    FAIL(err, LUMA_OUT_OF_RANGE, "the additions to a counter leave 64 bits");
  outcome->least = outcome->has_add && outcome->least > least ? outcome->least : least;
  outcome->most = outcome->has_add && outcome->most < most ? outcome->most : most;
  outcome->has_add = true;
  return LUMA_OK;
}

/* A put at the end of the log takes the place of the adds to a key. */
static status put_counter(struct resolving *resolving, size_t key_at, const struct outcome *outcome,
                          struct err *err) {
  struct writes *writes = resolving->writes;
  struct writes_counter counter = {.delta = outcome->delta,
                                   .least = outcome->least,
                                   .most = outcome->most,
                                   .relative = outcome->kind == UNCHANGED};
  if (outcome->kind == KEEP) {
    struct record_op base = op_at(writes, outcome->at);
    if (base.kind == RECORD_PUT) counter.base = (int64_t)load64le(base.value.data);
  }
  static const uint8_t zeroes[sizeof(int64_t)];
  struct slice key = op_at(writes, key_at).key;
  if (!buf_reserve(&writes->log, RECORD_OP_BYTES + key.bytes + sizeof zeroes))
    return buf_check(&writes->log, "the transaction", err);
  key = op_at(writes, key_at).key; /* the log may have moved */
  counter.op_at = writes->log.bytes;
  record_add_op(&writes->log, RECORD_PUT, STORE_COUNTERS, key, slice_of(zeroes, sizeof zeroes));
  counter.value_at = writes->log.bytes - sizeof zeroes;
  struct record_op put = op_at(writes, counter.op_at);
  writes__measure(writes, &put, 1);
  resolving->counters[resolving->counters_count++] = counter;
  return LUMA_OK;
}

static void drop(struct writes *writes, size_t at) {
  struct record_op op = op_at(writes, at);
  writes__measure(writes, &op, -1);
  writes->log.data[at] = RECORD_NOP;
}

/* The operations refs[from, to) are on one key. */
static status resolve_key(struct resolving *resolving, size_t from, size_t to, struct err *err) {
  struct outcome outcome = {.kind = UNCHANGED};
  size_t next_range = 0;
  struct slice key = op_at(resolving->writes, resolving->refs[from].at).key;
  for (size_t i = from; i < to; i++) {
    struct record_op op = op_at(resolving->writes, resolving->refs[i].at);
    apply_ranges(resolving, key, op.at, &next_range, &outcome);
    TRY(apply_op(&op, &outcome, err));
  }
  apply_ranges(resolving, key, SIZE_MAX, &next_range, &outcome);
  if (outcome.has_add) TRY(put_counter(resolving, resolving->refs[from].at, &outcome, err));
  for (size_t i = from; i < to; i++) {
    bool keep = outcome.kind == KEEP && !outcome.has_add && resolving->refs[i].at == outcome.at;
    if (!keep) drop(resolving->writes, resolving->refs[i].at);
  }
  return LUMA_OK;
}

static bool is_same_key(const struct resolving *resolving, size_t a, size_t b) {
  const struct writes *writes = resolving->writes;
  const struct head *left = &resolving->refs[a], *right = &resolving->refs[b];
  return left->head == right->head &&
         slice_is_equal(key_at(writes, left->at), key_at(writes, right->at));
}

/* Of most keys there is one put or delete, which stays. */
static bool is_settled(const struct resolving *resolving, size_t from, size_t to) {
  return to - from == 1 && resolving->ranges_count == 0 &&
         resolving->writes->log.data[resolving->refs[from].at] != RECORD_ADD;
}

static status resolve_space(struct resolving *resolving, uint8_t space, struct err *err) {
  collect(resolving, space);
  for (size_t from = 0, to; from < resolving->count; from = to) {
    for (to = from + 1; to < resolving->count && is_same_key(resolving, from, to); to++) {
    }
    if (!is_settled(resolving, from, to)) TRY(resolve_key(resolving, from, to, err));
  }
  return LUMA_OK;
}

/* Counters are put in the order of the log. */
static status resolve_and_keep(struct resolving *resolving, uint8_t space, struct err *err) {
  TRY(resolve_space(resolving, space, err));
  if (space == STORE_COUNTERS) return LUMA_OK;
  struct writes *writes = resolving->writes;
  size_t from = (size_t)(resolving->refs - writes->refs);
  writes->sorted[space] = (struct writes_refs){from, resolving->count};
  resolving->refs += resolving->count;
  return LUMA_OK;
}

static bool needs_resolving(const struct writes *writes, uint8_t space) {
  return !writes->ascending[space] || writes->ranges_count > 0 ||
         (space == STORE_COUNTERS && writes->adds > 0);
}

status writes_resolve(struct writes *writes, struct writes_counter *counters, size_t *count,
                      struct err *err) {
  struct resolving resolving = {.writes = writes, .counters = counters};
  bool needed = false;
  *count = 0;
  for (uint8_t space = 0; space < STORE_SPACES; space++)
    needed = needed || needs_resolving(writes, space);
  if (!needed) return LUMA_OK;
  resolving.refs = writes->refs = mem_alloc(writes->count * sizeof *resolving.refs);
  resolving.spare = mem_alloc(writes->count * sizeof *resolving.spare);
  resolving.ranges = mem_alloc((writes->ranges_count + 1) * sizeof *resolving.ranges);
  status answer =
      resolving.refs && resolving.spare && resolving.ranges
          ? LUMA_OK
          : err_raise(err, LUMA_OUT_OF_MEMORY, __FILE__, __LINE__, "no memory to commit");
  for (uint8_t space = 0; space < STORE_SPACES && answer == LUMA_OK; space++)
    if (needs_resolving(writes, space)) answer = resolve_and_keep(&resolving, space, err);
  *count = resolving.counters_count;
  mem_free(resolving.spare);
  mem_free(resolving.ranges);
  return answer;
}
