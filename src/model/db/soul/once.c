/* SPDX-License-Identifier: MIT */
/* Requests that are to be done once, however often they come: what was answered is kept for a day
 * under the client's key, in the transaction of the work itself.
 *
 *   META 'o' hash            -> u64 time, the answer
 *        'O' u64 time, hash  -> nothing: what is old is found by it
 *
 * The hash is the SHA-256 of the key with the kind of the key mixed in. */
#include "base/hash/sha256.h"
#include "base/mem/mem.h"
#include "model/db/model_int.h"

enum { SWEEP_MAX = 32, KEY_BYTES = 1 + SHA256_BYTES, TIMED_BYTES = 1 + 8 + SHA256_BYTES };
static const uint64_t kept_us = 24ull * 3600 * 1000000;

/* Nobody finds two names whose hashes differ in the kind alone, so no name of one kind meets one of
 * the other. */
static void make_key(enum model_once kind, struct slice name, uint8_t key[KEY_BYTES]) {
  key[0] = 'o';
  sha256(name, key + 1);
  key[KEY_BYTES - 1] ^= (uint8_t)kind;
}

status model_once_find(struct model_txn *txn, enum model_once kind, struct slice name,
                       struct buf *answer, bool *found, store_seq *seq, struct err *err) {
  uint8_t key[KEY_BYTES];
  struct store_pins pins = {0};
  struct store_value value = {0};
  make_key(kind, name, key);
  status result = store_get(txn->store, STORE_META, slice_of(key, sizeof key), &value, &pins, err);
  uint64_t now_us = os_now_us(txn->model->os);
  *seq = result == LUMA_OK && value.found ? value.seq : 0;
  *found = result == LUMA_OK && value.found && value.value.bytes >= 8 &&
           load64be(value.value.data) + kept_us > now_us;
  if (*found && !buf_append(answer, value.value.data + 8, value.value.bytes - 8))
    result = buf_check(answer, "what was answered before", err);
  store_pins_release(&pins);
  return result;
}

/* The answer stays where the key has come again since. */
static status forget(struct model_txn *txn, struct slice timed, struct err *err) {
  uint8_t key[KEY_BYTES] = {'o'};
  struct store_pins pins = {0};
  struct store_value value = {0};
  if (timed.bytes != TIMED_BYTES) FAIL(err, LUMA_CORRUPT, "a key of a request cannot be read");
  memcpy(key + 1, timed.data + 9, SHA256_BYTES);
  TRY(store_get(txn->store, STORE_META, slice_of(key, sizeof key), &value, &pins, err));
  bool is_it = value.found && value.value.bytes >= 8 &&
               load64be(value.value.data) == load64be(timed.data + 1);
  store_pins_release(&pins);
  if (is_it) TRY(store_delete(txn->store, STORE_META, slice_of(key, sizeof key), err));
  return store_delete(txn->store, STORE_META, timed, err);
}

/* Some of those that are over a day old: each request takes more away than it brings. */
static status sweep(struct model_txn *txn, uint64_t now_us, struct err *err) {
  uint8_t from[1] = {'O'}, to[9] = {'O'};
  struct store_cursor *cursor;
  struct store_rows *rows = mem_alloc(sizeof *rows);
  if (!rows) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to forget requests");
  store64be(to + 1, now_us > kept_us ? now_us - kept_us : 0);
  struct store_range range = {slice_of(from, sizeof from), slice_of(to, sizeof to)};
  status result = store_cursor_open(txn->store, STORE_META, range, false, &cursor, err);
  if (result == LUMA_OK) {
    result = store_cursor_next(cursor, SWEEP_MAX, rows, err);
    for (uint32_t i = 0; result == LUMA_OK && i < rows->count; i++)
      result = forget(txn, rows->keys[i], err);
    store_cursor_close(cursor);
  }
  mem_free(rows);
  return result;
}

status model_once_keep(struct model_txn *txn, enum model_once kind, struct slice name,
                       struct slice answer, struct err *err) {
  uint8_t key[KEY_BYTES], timed[TIMED_BYTES] = {'O'}, time[8];
  uint64_t now_us = os_now_us(txn->model->os);
  TRY(sweep(txn, now_us, err));
  make_key(kind, name, key);
  store64be(time, now_us);
  store64be(timed + 1, now_us);
  memcpy(timed + 9, key + 1, SHA256_BYTES);
  buf_reset(&txn->keys);
  buf_append(&txn->keys, time, sizeof time);
  buf_append_slice(&txn->keys, answer);
  TRY(buf_check(&txn->keys, "what is answered", err));
  TRY(store_put(txn->store, STORE_META, slice_of(key, sizeof key), buf_slice(&txn->keys), err));
  return store_put(txn->store, STORE_META, slice_of(timed, sizeof timed), slice_of(NULL, 0), err);
}
