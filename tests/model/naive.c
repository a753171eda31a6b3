/* SPDX-License-Identifier: MIT */
#include "tests/model/naive.h"

#include <stdlib.h>
#include <string.h>

#include "base/core/bytes.h"
#include "tests/lib/test.h"

/* ---- keys ---- */

/* Mostly short, some sharing long beginnings, some ending in zeroes, one empty. */
static struct slice key_draw(struct rng *rng, uint8_t *room) {
  static const char *const beginnings[] = {"", "", "k", "user/", "user/\xff", "\x01\x02"};
  const char *beginning = beginnings[rng_below(rng, 6)];
  size_t bytes = strlen(beginning);
  memcpy(room, beginning, bytes);
  if (rng_below(rng, 16) == 0) {
    memset(room + bytes, 'l', 300);
    bytes += 300;
  }
  size_t rest = rng_below(rng, 16) == 0 ? rng_below(rng, 200) : 1 + rng_below(rng, 6);
  rng_fill(rng, room + bytes, rest);
  for (size_t i = 0; i < rest; i++) {
    if (rng_below(rng, 4) == 0) room[bytes + i] = rng_below(rng, 2) ? 0 : 0xff;
  }
  return slice_of(room, bytes + rest);
}

/* The empty key is always there: it comes first. */
void naive_init(struct naive_store *naive, struct rng *rng) {
  *naive = (struct naive_store){.next_number = 1, .is_heavy = rng_below(rng, 6) == 0};
  naive->keys[0] = slice_of(naive->key_bytes[0], 0);
  for (uint32_t count = 1; count < NAIVE_KEYS;) {
    uint8_t *room = naive->key_bytes[count];
    struct slice key = key_draw(rng, room);
    uint32_t at = count;
    while (at > 0 && slice_compare(key, naive->keys[at - 1]) < 0) at--;
    if (at > 0 && slice_is_equal(key, naive->keys[at - 1])) continue;
    memmove(naive->keys + at + 1, naive->keys + at, (count - at) * sizeof key);
    naive->keys[at] = key;
    count++;
  }
  naive->states_capacity = 64;
  naive->states = calloc(naive->states_capacity, sizeof *naive->states);
  naive->states[0] = calloc(1, sizeof **naive->states);
  naive->states_count = 1;
}

void naive_deinit(struct naive_store *naive) {
  for (size_t i = 0; i < naive->states_count; i++) free(naive->states[i]);
  free(naive->states);
  free(naive->feed);
}

uint64_t naive_commits(const struct naive_store *naive) {
  return naive->states_count - 1;
}

const struct naive_state *naive_now(const struct naive_store *naive) {
  return naive->states[naive->states_count - 1];
}

void naive_settle(struct naive_store *naive) {
  if (naive->durable == naive_commits(naive)) return;
  for (uint64_t i = naive->durable_before; i < naive->durable; i++) {
    free(naive->states[i]);
    naive->states[i] = NULL;
  }
  naive->durable_before = naive->durable;
  naive->durable = naive_commits(naive);
}

void naive_doubt(struct naive_store *naive) {
  naive->durable = naive->durable_before;
}

void naive_cut(struct naive_store *naive, uint64_t commits) {
  assert_in_range(commits, naive->durable, naive_commits(naive));
  while (naive_commits(naive) > commits) free(naive->states[--naive->states_count]);
  while (naive->feed_count > 0 && naive->feed[naive->feed_count - 1].commit > commits) {
    naive->feed_count--;
  }
}

/* ---- values ---- */

struct naive_blob naive_draw(struct naive_store *naive, struct rng *rng, uint32_t least) {
  struct naive_blob blob = {.number = naive->next_number++};
  uint64_t kind = rng_below(rng, naive->is_heavy ? 160 : 100);
  uint64_t most = kind < 10 ? 1 : kind < 80 ? 100 : kind < 97 ? 1500 : NAIVE_VALUE_BYTES_MAX;
  blob.bytes = (uint32_t)rng_below(rng, most);
  if (blob.bytes < least) blob.bytes = least;
  return blob;
}

/* Every other value is easy to compress. */
struct slice naive_bytes(struct naive_blob blob, uint8_t *room) {
  if (blob.number % 2) {
    struct rng rng;
    rng_init(&rng, blob.number);
    rng_fill(&rng, room, blob.bytes);
  } else {
    for (uint32_t i = 0; i < blob.bytes; i++) room[i] = (uint8_t)(blob.number >> i % 4 * 8);
  }
  return slice_of(room, blob.bytes);
}

struct slice naive_stored(const struct naive_cell *cell, enum store_space space, uint8_t *room) {
  if (space == STORE_COUNTERS) {
    store64le(room, (uint64_t)cell->count);
    return slice_of(room, sizeof(int64_t));
  }
  struct slice bytes = naive_bytes(cell->blob, room);
  if (space == STORE_RECORDS && cell->seq) store64le(room + 8, cell->seq);
  return bytes;
}

/* ---- transactions ---- */

void naive_begin(const struct naive_store *naive, struct naive_txn *txn, bool is_serializable) {
  *txn = (struct naive_txn){.is_serializable = is_serializable, .begun = naive_commits(naive)};
  txn->draft.view = *naive_now(naive);
}

void naive_put(struct naive_txn *txn, enum store_space space, uint32_t key, struct naive_blob blob,
               int64_t count) {
  txn->draft.is_touched = true;
  txn->draft.writes[space][key] = (struct naive_write){.is_written = true};
  txn->draft.view.cells[space][key] =
      (struct naive_cell){.is_found = true, .blob = blob, .count = count};
}

void naive_delete(struct naive_txn *txn, enum store_space space, uint32_t key) {
  txn->draft.is_touched = true;
  txn->draft.writes[space][key] = (struct naive_write){.is_written = true};
  txn->draft.view.cells[space][key] = (struct naive_cell){0};
}

void naive_delete_range(struct naive_txn *txn, enum store_space space, uint32_t from, uint32_t to) {
  for (uint32_t key = from; key < to; key++) naive_delete(txn, space, key);
}

void naive_add(struct naive_txn *txn, uint32_t key, int64_t delta, int64_t least, int64_t most) {
  struct naive_write *write = &txn->draft.writes[STORE_COUNTERS][key];
  txn->draft.is_touched = true;
  write->least = write->has_add && write->least > least ? write->least : least;
  write->most = write->has_add && write->most < most ? write->most : most;
  write->delta += delta;
  write->has_add = true;
}

int64_t naive_count(const struct naive_txn *txn, uint32_t key) {
  return txn->draft.view.cells[STORE_COUNTERS][key].count +
         txn->draft.writes[STORE_COUNTERS][key].delta;
}

void naive_read(struct naive_txn *txn, enum store_space space, uint32_t key, enum naive_read how) {
  if (txn->reads[space][key] < how) txn->reads[space][key] = how;
}

bool naive_emit(struct naive_txn *txn, struct naive_blob payload) {
  if (txn->draft.emits_count == NAIVE_EMITS_MAX) return false;
  txn->draft.is_touched = true;
  txn->draft.emits[txn->draft.emits_count++] = payload;
  return true;
}

bool naive_save(struct naive_txn *txn) {
  if (txn->saved_count == NAIVE_MARKS_MAX) return false;
  txn->saved[txn->saved_count++] = txn->draft;
  return true;
}

void naive_restore(struct naive_txn *txn, uint32_t mark) {
  txn->draft = txn->saved[mark];
  txn->saved_count = mark + 1;
}

/* ---- commit ---- */

/* The counter after the adds of a transaction, on top of its own put or of what others made of it.
 */
static int64_t count_after(const struct naive_store *naive, const struct naive_txn *txn,
                           uint32_t key) {
  const struct naive_write *write = &txn->draft.writes[STORE_COUNTERS][key];
  const struct naive_state *base = write->is_written ? &txn->draft.view : naive_now(naive);
  return base->cells[STORE_COUNTERS][key].count + write->delta;
}

/* Adds to the verdict what one key has to say; whether it forbids the commit. */
static bool judge_key(const struct naive_store *naive, const struct naive_txn *txn, int space,
                      uint32_t key, unsigned *may) {
  const struct naive_write *write = &txn->draft.writes[space][key];
  enum naive_read read = txn->is_serializable ? txn->reads[space][key] : NAIVE_UNREAD;
  bool is_held = write->is_written || txn->is_guarded[space][key] || read == NAIVE_READ;
  bool is_newer = naive_now(naive)->cells[space][key].commit > txn->begun;
  if (is_newer && (is_held || read)) *may |= NAIVE_MAY_CONFLICT;
  int64_t count = write->has_add ? count_after(naive, txn, key) : 0;
  bool is_over = write->has_add && (count < write->least || count > write->most);
  if (is_over) *may |= NAIVE_MAY_LIMIT;
  return is_over || (is_newer && is_held);
}

struct naive_verdict naive_judge(const struct naive_store *naive, const struct naive_txn *txn) {
  struct naive_verdict verdict = {.may = NAIVE_MAY_COMMIT};
  if (!txn->draft.is_touched) return verdict;
  for (int space = 0; space < STORE_SPACES; space++) {
    for (uint32_t key = 0; key < NAIVE_KEYS; key++) {
      if (!judge_key(naive, txn, space, key, &verdict.may)) continue;
      verdict.may &= ~(unsigned)NAIVE_MAY_COMMIT;
      verdict.space = space;
      verdict.key = key;
      verdict.is_written = txn->draft.writes[space][key].is_written;
      verdict.is_guarded = txn->is_guarded[space][key];
      verdict.commit = naive_now(naive)->cells[space][key].commit;
    }
  }
  return verdict;
}

static void append_feed(struct naive_store *naive, const struct naive_txn *txn, uint64_t commit) {
  for (uint32_t i = 0; i < txn->draft.emits_count; i++) {
    if (naive->feed_count == naive->feed_capacity) {
      naive->feed_capacity = naive->feed_capacity * 2 + 64;
      naive->feed = realloc(naive->feed, naive->feed_capacity * sizeof *naive->feed);
    }
    naive->feed[naive->feed_count++] =
        (struct naive_change){.commit = commit, .payload = txn->draft.emits[i]};
  }
}

void naive_commit(struct naive_store *naive, const struct naive_txn *txn, store_seq seq) {
  uint64_t commit = naive->states_count;
  struct naive_state *after = malloc(sizeof *after);
  *after = *naive_now(naive);
  for (int space = 0; space < STORE_SPACES; space++) {
    for (uint32_t key = 0; key < NAIVE_KEYS; key++) {
      const struct naive_write *write = &txn->draft.writes[space][key];
      if (!write->is_written && !write->has_add) continue;
      struct naive_cell *cell = &after->cells[space][key];
      int64_t count = write->has_add ? count_after(naive, txn, key) : 0;
      if (write->is_written) *cell = txn->draft.view.cells[space][key];
      if (write->has_add) *cell = (struct naive_cell){.is_found = true, .count = count};
      cell->commit = commit;
      cell->seq = seq;
    }
  }
  if (naive->states_count == naive->states_capacity) {
    naive->states_capacity *= 2;
    naive->states = realloc(naive->states, naive->states_capacity * sizeof *naive->states);
  }
  naive->states[naive->states_count++] = after;
  append_feed(naive, txn, commit);
}
