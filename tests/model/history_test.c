/* SPDX-License-Identifier: MIT */
/* Isolation, judged from outside: threads append to lists, read them one by one and by ranges; what
 * they saw is checked for anomalies (history.h). The checker is shown bad histories first. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/core/bytes.h"
#include "base/sync/sync.h"
#include "store/lsm/lsm.h"
#include "store/mem/mem_store.h"
#include "tests/lib/test.h"
#include "tests/model/history.h"

enum {
  THREADS = 8,
  WINDOW = 6,        /* keys in use at a time … */
  WINDOW_TXNS = 120, /* … by so many transactions, then come others */
  LIST_MAX = 4096,
  KEY_BYTES = 4,
  VALUE_BYTES = 4,
  TIMEOUT_S = 1800
};

/* ---- the checker ---- */

/* A script of operations in the order in which they were done: "T" begins transaction T, "T!" ends
 * it, "T?" aborts it, "T+x" appends to list x, "T=x:a,b" reads list x and finds the values that
 * append number a and append number b (counted over the script from 1) made. */
struct script {
  struct history history;
  uint32_t values[64], values_count;
  uint64_t clock;
};

static void script_read(struct script *script, uint32_t txn, uint32_t key, const char *at) {
  uint32_t list[16], count = 0;
  while (*at >= '1' && *at <= '9') {
    list[count++] = script->values[strtoul(at, (char **)(uintptr_t)&at, 10)];
    at += *at == ',';
  }
  history_read(&script->history, txn, key, list, count);
}

static void script_word(struct script *script, const char *word) {
  uint32_t txn = (uint32_t)(word[0] - '1');
  struct history_txn *at = &script->history.txns[txn];
  script->clock++;
  switch (word[1]) {
  case 0: at->begun = script->clock; break;
  case '!':
    at->is_committed = true;
    at->ended = script->clock;
    break;
  case '+':
    script->values[++script->values_count] = history_next_value(&script->history, txn);
    history_append(&script->history, txn, (uint32_t)(word[2] - 'x'));
    break;
  case '=': script_read(script, txn, (uint32_t)(word[2] - 'x'), word + 4); break;
  default: at->ended = script->clock; break;
  }
}

static enum history_anomaly judge(const char *text, bool is_serializable) {
  struct script script = {0};
  char copy[512], why[HISTORY_TEXT_BYTES], *rest = copy;
  snprintf(copy, sizeof copy, "%s", text);
  history_init(&script.history, 9, 3);
  for (char *word; (word = strtok_r(rest, " ", &rest));) script_word(&script, word);
  enum history_anomaly found = history_check(&script.history, is_serializable, why);
  history_deinit(&script.history);
  printf("%s\n  %s\n", text, why);
  return found;
}

static void the_checker_knows_each_anomaly(void) {
  static const struct {
    const char *text;
    enum history_anomaly snapshot, serializable;
  } scripts[] = {
      {"1 1+x 1! 2 2=x:1 2+x 2=x:1,2 2! 3 3=x:1,2 3!", HISTORY_SOUND, HISTORY_SOUND},
      /* a transaction does not see itself; reads twice and finds two things */
      {"1 1+x 1=x: 1!", HISTORY_INTERNAL, HISTORY_INTERNAL},
      {"1 1+x 1! 2 2=x: 2=x:1 2!", HISTORY_INTERNAL, HISTORY_INTERNAL},
      {"1 1+x 1! 2 2=x:1,1 2!", HISTORY_DUPLICATE, HISTORY_DUPLICATE},
      {"1 1+x 1! 2 2=y:1 2!", HISTORY_DUPLICATE, HISTORY_DUPLICATE},
      {"1 1+x 2 2=x:1 2! 1?", HISTORY_G1A, HISTORY_G1A},
      {"1 1+x 2 2=x:1 2! 1+x 1! 3 3=x:1,2 3!", HISTORY_G1B, HISTORY_G1B},
      {"1 2 1+x 2+x 1! 2! 3 3=x:1,2 3! 4 4=x:2,1 4!", HISTORY_ORDER, HISTORY_ORDER},
      {"1 2 1=x: 2=x: 1+x 2+x 1! 2! 3 3=x:1 3!", HISTORY_LOST, HISTORY_LOST},
      /* a lost update that both readers show */
      {"1 2 1=x: 2=x: 1+x 2+x 1! 2! 3 3=x:1,2 3!", HISTORY_G_SINGLE, HISTORY_G_SINGLE},
      {"1 2 1+x 2+x 2+y 1+y 1! 2! 3 3=x:1,2 3=y:3,4 3!", HISTORY_G0, HISTORY_G0},
      {"1 2 1+x 2+y 1=y:2 2=x:1 1! 2!", HISTORY_G1C, HISTORY_G1C},
      /* read skew: x from before the other, y from after it */
      {"1 1=x: 2 2+x 2+y 2! 1=y:2 1! 3 3=x:1 3=y:2 3!", HISTORY_G_SINGLE, HISTORY_G_SINGLE},
      /* a reader that began when the writer had ended does not see it */
      {"1 1+x 1! 2 2=x: 2! 3 3=x:1 3!", HISTORY_G_SINGLE, HISTORY_G_SINGLE},
      /* write skew; a range in which each appends to what the other found empty */
      {"1 2 1=x: 2=y: 1+y 2+x 1! 2! 3 3=x:2 3=y:1 3!", HISTORY_SOUND, HISTORY_G2},
      {"1 2 1=x: 1=y: 2=x: 2=y: 1+x 2+y 1! 2! 3 3=x:1 3=y:2 3!", HISTORY_SOUND, HISTORY_G2},
      /* three in a ring */
      {"1 2 3 1=x: 1+y 2=y: 2+z 3=z: 3+x 1! 2! 3! 4 4=x:3 4=y:1 4=z:2 4!", HISTORY_SOUND,
       HISTORY_G2},
      /* a reader alone sees an order that the writers cannot have had (Fekete 2004) */
      {"1 2 1=x: 1=y: 2=y: 2+y 2! 3 3=x: 3=y:1 3! 1+x 1! 4 4=x:2 4=y:1 4!", HISTORY_SOUND,
       HISTORY_G2},
      /* aborted appends that nobody sees are nothing */
      {"1 1+x 1? 2 2=x: 2+x 2! 3 3=x:2 3!", HISTORY_SOUND, HISTORY_SOUND},
  };
  for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
    assert_int_equal(scripts[i].snapshot, judge(scripts[i].text, false));
    assert_int_equal(scripts[i].serializable, judge(scripts[i].text, true));
  }
}

/* ---- recording ---- */

/** What the threads share. */
struct recording {
  struct store *store;
  struct history history;
  bool is_serializable;
  atomic_uint next; /* transaction */
  _Atomic uint64_t clock;
  _Atomic uint64_t conflicts;
  uint32_t txns; /* to run; one more reads everything at the end */
  atomic_int failed;
};

struct recorder {
  struct recording *recording;
  struct rng rng;
  uint32_t list[LIST_MAX];
  struct store_rows rows;
};

static uint32_t decode(struct slice value, uint32_t *list) {
  uint32_t count = (uint32_t)(value.bytes / VALUE_BYTES);
  for (uint32_t i = 0; i < count && i < LIST_MAX; i++)
    list[i] = load32le(value.data + (size_t)i * VALUE_BYTES);
  return count < LIST_MAX ? count : LIST_MAX;
}

static struct slice key_bytes(uint32_t key, uint8_t room[KEY_BYTES]) {
  for (int i = 0; i < KEY_BYTES; i++) room[i] = (uint8_t)(key >> (24 - 8 * i));
  return slice_of(room, KEY_BYTES);
}

static status read_list(struct recorder *recorder, struct store_txn *txn, uint32_t key,
                        uint32_t *count) {
  uint8_t room[KEY_BYTES];
  struct store_value found;
  struct store_pins pins = {0};
  status answer = store_get(txn, STORE_ENTRIES, key_bytes(key, room), &found, &pins, NULL);
  *count = answer == LUMA_OK && found.found ? decode(found.value, recorder->list) : 0;
  store_pins_release(&pins);
  return answer;
}

static status do_read(struct recorder *recorder, struct store_txn *txn, uint32_t number,
                      uint32_t key) {
  uint32_t count;
  TRY(read_list(recorder, txn, key, &count));
  history_read(&recorder->recording->history, number, key, recorder->list, count);
  return LUMA_OK;
}

/* All keys of [from, to) by a cursor: those that are not there are empty lists. */
static status do_scan(struct recorder *recorder, struct store_txn *txn, uint32_t number,
                      uint32_t from, uint32_t to) {
  struct history *history = &recorder->recording->history;
  uint8_t rooms[2][KEY_BYTES];
  struct store_range range = {key_bytes(from, rooms[0]), key_bytes(to, rooms[1])};
  struct store_cursor *cursor;
  TRY(store_cursor_open(txn, STORE_ENTRIES, range, rng_below(&recorder->rng, 2), &cursor, NULL));
  bool is_there[WINDOW] = {false};
  status answer;
  while ((answer = store_cursor_next(cursor, 4, &recorder->rows, NULL)) == LUMA_OK &&
         recorder->rows.count) {
    for (uint32_t i = 0; i < recorder->rows.count; i++) {
      const uint8_t *bytes = recorder->rows.keys[i].data;
      uint32_t key =
          (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
      uint32_t count = decode(recorder->rows.values[i], recorder->list);
      history_read(history, number, key, recorder->list, count);
      is_there[key - from] = true;
    }
  }
  store_cursor_close(cursor);
  for (uint32_t key = from; key < to; key++)
    if (!is_there[key - from]) history_read(history, number, key, recorder->list, 0);
  return answer;
}

static status do_append(struct recorder *recorder, struct store_txn *txn, uint32_t number,
                        uint32_t key) {
  struct history *history = &recorder->recording->history;
  static _Thread_local uint8_t bytes[LIST_MAX * VALUE_BYTES];
  uint8_t room[KEY_BYTES];
  uint32_t count;
  TRY(read_list(recorder, txn, key, &count));
  recorder->list[count++] = history_next_value(history, number);
  for (uint32_t i = 0; i < count; i++)
    store32le(bytes + (size_t)i * VALUE_BYTES, recorder->list[i]);
  history_append(history, number, key);
  return store_put(txn, STORE_ENTRIES, key_bytes(key, room),
                   slice_of(bytes, (size_t)count * VALUE_BYTES), NULL);
}

static status work(struct recorder *recorder, struct store_txn *txn, uint32_t number) {
  uint32_t first = number / WINDOW_TXNS * WINDOW;
  for (uint32_t ops = 1 + (uint32_t)rng_below(&recorder->rng, 4); ops > 0; ops--) {
    uint32_t key = first + (uint32_t)rng_below(&recorder->rng, WINDOW);
    uint64_t kind = rng_below(&recorder->rng, 8);
    if (kind < 4)
      TRY(do_append(recorder, txn, number, key));
    else if (kind < 7)
      TRY(do_read(recorder, txn, number, key));
    else
      TRY(do_scan(recorder, txn, number, first, first + WINDOW));
  }
  return LUMA_OK;
}

static status run_txn(struct recorder *recorder, uint32_t number) {
  struct recording *recording = recorder->recording;
  struct history_txn *noted = &recording->history.txns[number];
  struct store_begin_options options = {.isolation = recording->is_serializable ? STORE_SERIALIZABLE
                                                                                : STORE_SNAPSHOT};
  struct store_txn *txn;
  noted->begun = atomic_fetch_add(&recording->clock, 1);
  TRY(store_begin(recording->store, &options, &txn, NULL));
  status answer = work(recorder, txn, number);
  if (answer != LUMA_OK || rng_below(&recorder->rng, 20) == 0) {
    store_rollback(txn);
    return answer;
  }
  answer = store_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL, NULL);
  noted->ended = atomic_fetch_add(&recording->clock, 1);
  noted->is_committed = answer == LUMA_OK;
  recording->conflicts += answer == LUMA_CONFLICT;
  return answer == LUMA_CONFLICT ? LUMA_OK : answer;
}

static void run_thread(void *context) {
  struct recorder *recorder = context;
  struct recording *recording = recorder->recording;
  uint32_t number;
  while (!recording->failed && (number = atomic_fetch_add(&recording->next, 1)) < recording->txns) {
    status answer = run_txn(recorder, number);
    if (answer != LUMA_OK) recording->failed = (int)answer;
  }
}

/* Lists that nobody touches any more, a few at a time. */
static void read_all(struct recorder *recorder) {
  struct recording *recording = recorder->recording;
  struct history *history = &recording->history;
  for (uint32_t key = 0, number = recording->txns; key < history->keys; key++) {
    if (history->txns[number].ops_count == HISTORY_OPS_MAX) number++;
    struct store_txn *txn;
    struct history_txn *noted = &history->txns[number];
    if (!noted->begun) noted->begun = atomic_fetch_add(&recording->clock, 1);
    assert_ok(store_begin(recording->store, NULL, &txn, test_err()));
    assert_ok(do_read(recorder, txn, number, key));
    store_rollback(txn);
    noted->is_committed = true;
    noted->ended = atomic_fetch_add(&recording->clock, 1);
  }
}

static void record(struct store *store, bool is_serializable, uint32_t txns) {
  static struct recorder recorders[THREADS];
  struct recording recording = {
      .store = store, .is_serializable = is_serializable, .clock = 1, .txns = txns};
  struct thread threads[THREADS];
  char text[HISTORY_TEXT_BYTES];
  uint32_t keys = (txns / WINDOW_TXNS + 1) * WINDOW;
  history_init(&recording.history, txns + keys / HISTORY_OPS_MAX + 1, keys);
  for (int i = 0; i < THREADS; i++) {
    recorders[i].recording = &recording;
    rng_init(&recorders[i].rng, rng_next(test_rng()));
    assert_ok(thread_start(&threads[i], "recorder", run_thread, &recorders[i], test_err()));
  }
  for (int i = 0; i < THREADS; i++) thread_join(&threads[i]);
  assert_int_equal(LUMA_OK, recording.failed);
  read_all(&recorders[0]);
  enum history_anomaly found = history_check(&recording.history, is_serializable, text);
  if (found != HISTORY_SOUND) fail_msg("%s", text);
  printf("%u transactions, %llu conflicts, as serializable: ", txns,
         (unsigned long long)recording.conflicts);
  found = history_check(&recording.history, true, text);
  printf("%s\n", found == HISTORY_SOUND ? "sound" : text);
  assert_true(recording.conflicts < txns);
  history_deinit(&recording.history);
}

static void record_lsm(bool is_serializable, enum store_sync_mode mode) {
  char path[512];
  struct store *store;
  snprintf(path, sizeof path, "%s/db%d%d", test_dir(), is_serializable, (int)mode);
  struct lsm_options options = {.create = true,
                                .sync_mode = mode,
                                .memtable_bytes = 256 << 10,
                                .block_bytes = 1024,
                                .file_bytes = 64 << 10,
                                .wal_segment_bytes = 256 << 10,
                                .background_threads = 1};
  assert_ok(lsm_open(os_linux(), path, &options, &store, test_err()));
  record(store, is_serializable, (uint32_t)test_rounds(5000));
  assert_ok(store_check(store, NULL, NULL, test_err()));
  store_close(store);
}

static void lsm_transactions_see_snapshots(void) {
  record_lsm(false, STORE_SYNC_GROUP);
}

static void lsm_transactions_are_serializable(void) {
  record_lsm(true, STORE_SYNC_GROUP);
}

static void lsm_is_isolated_when_it_does_not_wait(void) {
  record_lsm(false, STORE_SYNC_NEVER);
  record_lsm(true, STORE_SYNC_PERIODIC);
}

static void mem_is_isolated(void) {
  for (int is_serializable = 0; is_serializable <= 1; is_serializable++) {
    struct store *store;
    struct mem_options options = {.feed_records_max = 1000};
    assert_ok(mem_store_open(&options, &store, test_err()));
    record(store, is_serializable, (uint32_t)test_rounds(5000));
    store_close(store);
  }
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"the_checker_knows_each_anomaly", the_checker_knows_each_anomaly, 0},
      {"lsm_transactions_see_snapshots", lsm_transactions_see_snapshots, TIMEOUT_S},
      {"lsm_transactions_are_serializable", lsm_transactions_are_serializable, TIMEOUT_S},
      {"lsm_is_isolated_when_it_does_not_wait", lsm_is_isolated_when_it_does_not_wait, TIMEOUT_S},
      {"mem_is_isolated", mem_is_isolated, TIMEOUT_S},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
