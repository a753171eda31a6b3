/* SPDX-License-Identifier: MIT */
/* What a client does inside its transaction, to the store and to the naive one alike. */
#include <string.h>

#include "base/hash/hash.h"
#include "tests/model/run.h"

enum { GET_MAX = 24 };

static enum store_space draw_space(struct run *run) {
  return (enum store_space)rng_below(&run->rng, STORE_SPACES);
}

/* The key that counts commits is left alone: whoever held it would conflict with everybody. */
static uint32_t draw_key(struct run *run, enum store_space space) {
  uint32_t key = (uint32_t)rng_below(&run->rng, NAIVE_KEYS);
  return space == STORE_COUNTERS && key == NAIVE_COMMITS_KEY ? 1 : key;
}

/* ---- begin and end ---- */

void run_client_begin(struct run *run, struct run_client *client) {
  struct store_begin_options options = {
      .isolation = run_chance(run, 1, 3) ? STORE_SERIALIZABLE : STORE_SNAPSHOT,
      .read_only = run_chance(run, 1, 5),
  };
  int number = (int)(client - run->clients);
  run_note(run, "%d begin%s%s", number, options.isolation ? " serializable" : "",
           options.read_only ? " read-only" : "");
  if (!run_worked(run, store_begin(run->store, &options, &client->txn, &run->err), "begin")) {
    client->txn = NULL;
    return;
  }
  client->is_read_only = options.read_only;
  naive_begin(&run->naive, &client->naive,
              options.isolation == STORE_SERIALIZABLE && !options.read_only);
  run_expect(run, !run->last_seq || store_snapshot(client->txn) == run->last_seq,
             "the snapshot is %llu, the last commit was %llu",
             (unsigned long long)store_snapshot(client->txn), (unsigned long long)run->last_seq);
}

static void keep(struct run_client *client, struct slice bytes) {
  if (client->kept_count == RUN_KEPT_MAX) return;
  client->kept[client->kept_count++] = (struct run_kept){bytes, hash64(bytes, 0)};
}

void run_client_close_cursor(struct run_client *client) {
  if (client->cursor) store_cursor_close(client->cursor);
  client->cursor = NULL;
}

/* Before a transaction ends: all it kept must be as it was read. */
static void check_kept(struct run *run, struct run_client *client) {
  for (uint32_t i = 0; i < client->kept_count; i++) {
    run_expect(run, hash64(client->kept[i].bytes, 0) == client->kept[i].hash,
               "what a client keeps has changed under it");
  }
  client->kept_count = 0;
  run_client_close_cursor(client);
}

void run_client_rollback(struct run *run, struct run_client *client) {
  run_note(run, "%d rollback", (int)(client - run->clients));
  check_kept(run, client);
  store_pins_release(&client->pins);
  store_rollback(client->txn);
  client->txn = NULL;
}

/* The store has committed. */
static void committed(struct run *run, const struct run_client *client, store_seq seq,
                      struct store_pos position) {
  bool writes = client->naive.draft.is_touched;
  if (!writes) return;
  run_expect(run, seq > run->last_seq, "sequence %llu comes after %llu", (unsigned long long)seq,
             (unsigned long long)run->last_seq);
  run_expect(run, store_pos_compare(run->store, run->last_position, position) < 0,
             "the commit's position does not come after the one before");
  naive_commit(&run->naive, &client->naive, seq);
  run->tally.commits++;
  run->last_seq = seq;
  run->last_position = position;
}

static void expect_legal(struct run *run, const struct run_client *client, status answer,
                         const struct naive_verdict *verdict) {
  unsigned may = verdict->may;
  bool is_legal = (answer == LUMA_OK && may & NAIVE_MAY_COMMIT) ||
                  (answer == LUMA_CONFLICT && may & NAIVE_MAY_CONFLICT) ||
                  (answer == LUMA_LIMIT_REACHED && may & NAIVE_MAY_LIMIT);
  run_expect(run, is_legal,
             "commit answered %s, but may only:%s%s%s (it sees %llu commits; key %d/%u%s%s is of "
             "commit %llu)",
             status_info(answer)->name, may & NAIVE_MAY_COMMIT ? " commit" : "",
             may & NAIVE_MAY_CONFLICT ? " conflict" : "", may & NAIVE_MAY_LIMIT ? " limit" : "",
             (unsigned long long)client->naive.begun, verdict->space, verdict->key,
             verdict->is_written ? ", written," : "", verdict->is_guarded ? ", guarded," : "",
             (unsigned long long)verdict->commit);
}

static void judge(struct run *run, const struct run_client *client, status answer,
                  const struct naive_verdict *verdict, store_seq seq, struct store_pos position) {
  if (answer == LUMA_OK || answer == LUMA_CONFLICT || answer == LUMA_LIMIT_REACHED) {
    expect_legal(run, client, answer, verdict);
    if (answer == LUMA_OK) committed(run, client, seq, position);
    return;
  }
  /* after a fault nobody knows whether it was committed; what survives will tell */
  if (client->naive.draft.is_touched && verdict->may & NAIVE_MAY_COMMIT &&
      (answer == LUMA_IO_ERROR || answer == LUMA_DISK_FULL)) {
    naive_commit(&run->naive, &client->naive, 0);
  }
}

void run_client_commit(struct run *run, struct run_client *client) {
  struct naive_txn *naive = &client->naive;
  bool is_queued = run_chance(run, 1, run->tuning.is_lazy ? 200 : 4);
  bool pins_go_first = run_chance(run, 1, 2);
  run_note(run, "%d commit%s%s", (int)(client - run->clients), is_queued ? " queued" : "",
           naive->draft.is_touched ? "" : " of nothing");
  if (naive->draft.is_touched) {
    struct slice key = run->naive.keys[NAIVE_COMMITS_KEY];
    if (!run_worked(run, store_add(client->txn, key, 1, INT64_MIN, INT64_MAX, &run->err), "add")) {
      return;
    }
    naive_add(naive, NAIVE_COMMITS_KEY, 1, INT64_MIN, INT64_MAX);
  }
  struct naive_verdict verdict = naive_judge(&run->naive, naive);
  check_kept(run, client);
  if (pins_go_first) store_pins_release(&client->pins);
  struct store_pos position = {0};
  store_seq seq = 0;
  run_starve(run);
  status answer = store_commit(client->txn, is_queued ? STORE_QUEUED : STORE_SYNC_DEFAULT,
                               &position, &seq, &run->err);
  bool worked = answer == LUMA_OK || answer == LUMA_CONFLICT || answer == LUMA_LIMIT_REACHED;
  run_worked(run, worked ? LUMA_OK : answer, "commit");
  client->txn = NULL;
  store_pins_release(&client->pins);
  run_note(run, "  %s, sequence %llu", status_info(answer)->name, (unsigned long long)seq);
  judge(run, client, answer, &verdict, seq, position);
  if (answer != LUMA_OK || run->is_broken) return;
  bool is_durable = run_is_durable(run) && !is_queued;
  if (is_queued) {
    is_durable = run_worked(run, store_wait(run->store, position, &run->err), "wait");
  }
  if (is_durable && naive->draft.is_touched) naive_settle(&run->naive);
}

/* ---- writes ---- */

static void do_put(struct run *run, struct run_client *client) {
  static uint8_t room[NAIVE_VALUE_BYTES_MAX];
  enum store_space space = draw_space(run);
  uint32_t key = draw_key(run, space);
  struct naive_cell cell = {.blob = naive_draw(&run->naive, &run->rng,
                                               space == STORE_RECORDS ? STORE_RECORD_BYTES_MIN : 0),
                            .count = rng_range(&run->rng, -20, 20)};
  if (space != STORE_COUNTERS) cell.count = 0;
  run_client_close_cursor(client);
  run_note(run, "%d put %d/%u %u bytes", (int)(client - run->clients), (int)space, key,
           cell.blob.bytes);
  struct slice value = naive_stored(&cell, space, room);
  status answer = store_put(client->txn, space, run->naive.keys[key], value, &run->err);
  if (run_worked(run, answer, "put")) naive_put(&client->naive, space, key, cell.blob, cell.count);
}

static void do_delete(struct run *run, struct run_client *client) {
  enum store_space space = draw_space(run);
  uint32_t key = draw_key(run, space);
  run_client_close_cursor(client);
  run_note(run, "%d delete %d/%u", (int)(client - run->clients), (int)space, key);
  status answer = store_delete(client->txn, space, run->naive.keys[key], &run->err);
  if (run_worked(run, answer, "delete")) naive_delete(&client->naive, space, key);
}

/* A random range and the keys in it; false when it is empty. */
static bool draw_range(struct run *run, enum store_space space, struct store_range *range,
                       uint32_t *from, uint32_t *to) {
  static uint8_t rooms[2][NAIVE_KEY_BYTES_MAX + 1];
  range->from = run_bound(run, rooms[0], from);
  range->to = run_bound(run, rooms[1], to);
  if (run_chance(run, 1, 6)) range->to = (struct slice){0};
  if (range->to.bytes == 0) *to = NAIVE_KEYS;
  if (space == STORE_COUNTERS && *from <= NAIVE_COMMITS_KEY) {
    *from = NAIVE_COMMITS_KEY + 1;
    range->from = run->naive.keys[*from];
  }
  return range->to.bytes == 0 || slice_compare(range->from, range->to) < 0;
}

/* A range that is deleted begins and ends at keys. Then what meets it has a key in common with it,
 * or begins in the gap after one of its keys: the naive store sees keys only. */
static void make_exact(const struct run *run, struct store_range *range, uint32_t from,
                       uint32_t to) {
  range->from = run->naive.keys[from];
  range->to = to < NAIVE_KEYS ? run->naive.keys[to] : (struct slice){0};
}

static void do_delete_range(struct run *run, struct run_client *client) {
  enum store_space space = draw_space(run);
  struct store_range range;
  uint32_t from, to;
  bool is_some = draw_range(run, space, &range, &from, &to);
  if (is_some && from == to)
    return; /* no key of ours: whether that is a write is nobody's matter */
  if (is_some && to - from > 12 && run_chance(run, 3, 4)) return;
  if (is_some) make_exact(run, &range, from, to);
  run_client_close_cursor(client);
  run_note(run, "%d delete range %d/[%u,%u)", (int)(client - run->clients), (int)space, from, to);
  status answer = store_delete_range(client->txn, space, range, &run->err);
  if (run_worked(run, answer, "delete range") && is_some) {
    naive_delete_range(&client->naive, space, from, to);
  }
}

static void do_add(struct run *run, struct run_client *client) {
  uint32_t key = draw_key(run, STORE_COUNTERS);
  int64_t delta = rng_range(&run->rng, -5, 8);
  bool is_limited = run_chance(run, 1, 3);
  int64_t least = is_limited ? -rng_range(&run->rng, 0, 60) : INT64_MIN;
  int64_t most = is_limited ? rng_range(&run->rng, 0, 60) : INT64_MAX;
  run_client_close_cursor(client);
  run_note(run, "%d add %u %+d%s", (int)(client - run->clients), key, (int)delta,
           is_limited ? " within limits" : "");
  status answer = store_add(client->txn, run->naive.keys[key], delta, least, most, &run->err);
  if (run_worked(run, answer, "add")) naive_add(&client->naive, key, delta, least, most);
}

static void do_guard(struct run *run, struct run_client *client) {
  enum store_space space = draw_space(run);
  uint32_t key = draw_key(run, space);
  run_note(run, "%d guard %d/%u", (int)(client - run->clients), (int)space, key);
  status answer = store_guard(client->txn, space, run->naive.keys[key], &run->err);
  if (run_worked(run, answer, "guard")) client->naive.is_guarded[space][key] = true;
}

static void do_emit(struct run *run, struct run_client *client) {
  static uint8_t room[NAIVE_VALUE_BYTES_MAX];
  struct naive_blob payload = naive_draw(&run->naive, &run->rng, 0);
  if (client->naive.draft.emits_count == NAIVE_EMITS_MAX) return;
  run_note(run, "%d emit %u bytes", (int)(client - run->clients), payload.bytes);
  status answer = store_emit(client->txn, naive_bytes(payload, room), &run->err);
  if (run_worked(run, answer, "emit")) naive_emit(&client->naive, payload);
}

static void do_save(struct run *run, struct run_client *client) {
  uint32_t mark = client->naive.saved_count;
  if (!naive_save(&client->naive)) return;
  run_note(run, "%d savepoint %u", (int)(client - run->clients), mark);
  run_worked(run, store_savepoint(client->txn, &client->marks[mark], &run->err), "savepoint");
}

static void do_restore(struct run *run, struct run_client *client) {
  if (client->naive.saved_count == 0) return;
  uint32_t mark = (uint32_t)rng_below(&run->rng, client->naive.saved_count);
  run_note(run, "%d back to savepoint %u", (int)(client - run->clients), mark);
  run_client_close_cursor(client);
  status answer = store_rollback_to(client->txn, client->marks[mark], &run->err);
  if (run_worked(run, answer, "rollback to")) naive_restore(&client->naive, mark);
}

/* ---- reads ---- */

static void check_cell(struct run *run, const struct run_client *client, enum store_space space,
                       uint32_t key, const struct store_value *found) {
  static uint8_t room[NAIVE_VALUE_BYTES_MAX];
  const struct naive_cell *cell = &client->naive.draft.view.cells[space][key];
  run_expect(run, found->found == cell->is_found, "key %d/%u is %s", (int)space, key,
             found->found ? "there, and should not be" : "missing");
  if (!cell->is_found) return;
  run_expect(run, slice_is_equal(found->value, naive_stored(cell, space, room)),
             "key %d/%u has another value (%zu bytes) than it should (of commit %llu)", (int)space,
             key, found->value.bytes, (unsigned long long)cell->commit);
  run_expect(run, found->seq == cell->seq, "key %d/%u is of sequence %llu, should be %llu",
             (int)space, key, (unsigned long long)found->seq, (unsigned long long)cell->seq);
}

/* Keys that ascend are looked for from one to the next. */
static void put_in_order(struct run *run, uint32_t *numbers, uint32_t count) {
  for (uint32_t i = 1; i < count; i++) {
    uint32_t number = numbers[i], to = i;
    for (; to > 0 && slice_compare(run->naive.keys[numbers[to - 1]], run->naive.keys[number]) > 0;
         to--)
      numbers[to] = numbers[to - 1];
    numbers[to] = number;
  }
}

void run_client_get(struct run *run, struct run_client *client) {
  struct slice keys[GET_MAX];
  uint32_t numbers[GET_MAX];
  static uint8_t room[NAIVE_KEY_BYTES_MAX + 8];
  static struct store_value values[GET_MAX];
  enum store_space space = draw_space(run);
  uint32_t count = 1 + (uint32_t)rng_below(&run->rng, GET_MAX);
  for (uint32_t i = 0; i < count; i++) numbers[i] = draw_key(run, space);
  if (run_chance(run, 1, 3)) put_in_order(run, numbers, count);
  for (uint32_t i = 0; i < count; i++) keys[i] = run->naive.keys[numbers[i]];
  /* one that can never be: longer than any key (read in a serializable transaction, a range delete
   * over it would conflict) */
  memset(room, 'z', sizeof room);
  if (!client->naive.is_serializable && run_chance(run, 1, 4)) {
    keys[0] = slice_of(room, sizeof room);
  }
  run_note(run, "%d get %u of %d", (int)(client - run->clients), count, (int)space);
  status answer = store_get_many(client->txn, space, keys, count, values, &client->pins, &run->err);
  if (!run_worked(run, answer, "get")) return;
  for (uint32_t i = 0; i < count; i++) {
    if (keys[i].bytes == sizeof room) {
      run_expect(run, !values[i].found, "a key is there that was never put");
    } else {
      naive_read(&client->naive, space, numbers[i], NAIVE_READ);
      check_cell(run, client, space, numbers[i], &values[i]);
      if (values[i].found) keep(client, values[i].value);
    }
  }
}

static void do_count(struct run *run, struct run_client *client) {
  uint32_t key = draw_key(run, STORE_COUNTERS);
  int64_t value = 0;
  run_note(run, "%d count %u", (int)(client - run->clients), key);
  status answer = store_count(client->txn, run->naive.keys[key], &value, &run->err);
  if (!run_worked(run, answer, "count")) return;
  naive_read(&client->naive, STORE_COUNTERS, key, NAIVE_READ);
  run_expect(run, value == naive_count(&client->naive, key), "counter %u is %lld, should be %lld",
             key, (long long)value, (long long)naive_count(&client->naive, key));
}

static void do_scan(struct run *run, struct run_client *client) {
  enum store_space space = draw_space(run);
  struct store_range range;
  run_client_close_cursor(client);
  client->is_backwards = run_chance(run, 1, 2);
  client->cursor_space = space;
  if (!draw_range(run, space, &range, &client->from, &client->to)) client->to = client->from;
  run_note(run, "%d cursor %d/[%u,%u)%s", (int)(client - run->clients), (int)space, client->from,
           client->to, client->is_backwards ? " backwards" : "");
  status answer = store_cursor_open(client->txn, space, range, client->is_backwards,
                                    &client->cursor, &run->err);
  if (!run_worked(run, answer, "cursor open")) client->cursor = NULL;
}

static void seek(struct run *run, struct run_client *client) {
  static uint8_t room[NAIVE_KEY_BYTES_MAX + 1];
  uint32_t index;
  struct slice key = run_bound(run, room, &index);
  run_note(run, "%d   seek %u", (int)(client - run->clients), index);
  if (!run_worked(run, store_cursor_seek(client->cursor, key, &run->err), "seek")) return;
  bool is_exact = index < NAIVE_KEYS && slice_is_equal(key, run->naive.keys[index]);
  if (client->is_backwards) {
    uint32_t to = is_exact ? index + 1 : index;
    if (to < client->to) client->to = to > client->from ? to : client->from;
  } else if (index > client->from) {
    client->from = index < client->to ? index : client->to;
  }
}

/* The next key the cursor should come to, or NAIVE_KEYS at its end. */
static uint32_t next_key(const struct run_client *client) {
  const struct naive_cell *cells = client->naive.draft.view.cells[client->cursor_space];
  if (client->is_backwards) {
    for (uint32_t key = client->to; key > client->from; key--) {
      if (cells[key - 1].is_found) return key - 1;
    }
  } else {
    for (uint32_t key = client->from; key < client->to; key++) {
      if (cells[key].is_found) return key;
    }
  }
  return NAIVE_KEYS;
}

/* The cursor has gone over all up to `key` (its end, if that is NAIVE_KEYS), and may have looked at
 * what is behind. */
static void pass(struct run_client *client, uint32_t key) {
  enum store_space space = client->cursor_space;
  uint32_t before = client->from - (client->from > 0);
  bool is_commits_key = space == STORE_COUNTERS && before == NAIVE_COMMITS_KEY;
  if (!is_commits_key)
    naive_read(&client->naive, space, before, NAIVE_MAYBE_READ); /* see make_exact */
  for (uint32_t i = client->from; i < client->to; i++) {
    bool is_passed = key == NAIVE_KEYS || (client->is_backwards ? i >= key : i <= key);
    naive_read(&client->naive, space, i, is_passed ? NAIVE_READ : NAIVE_MAYBE_READ);
  }
  if (key == NAIVE_KEYS) {
    client->from = client->to;
  } else if (client->is_backwards) {
    client->to = key;
  } else {
    client->from = key + 1;
  }
}

static void check_row(struct run *run, struct run_client *client, uint32_t row) {
  static uint8_t room[NAIVE_VALUE_BYTES_MAX];
  enum store_space space = client->cursor_space;
  uint32_t key = next_key(client);
  run_expect(run, key < NAIVE_KEYS, "the cursor has a row after its last");
  run_expect(run, slice_is_equal(run->rows.keys[row], run->naive.keys[key]),
             "the cursor comes to another key than %d/%u", (int)space, key);
  const struct naive_cell *cell = &client->naive.draft.view.cells[space][key];
  run_expect(run, slice_is_equal(run->rows.values[row], naive_stored(cell, space, room)),
             "the cursor has another value at %d/%u", (int)space, key);
  pass(client, key);
}

static void do_cursor_step(struct run *run, struct run_client *client) {
  if (!client->cursor) {
    do_scan(run, client);
    return;
  }
  static const uint32_t sizes[] = {1, 2, 7, STORE_BATCH_MAX};
  if (run_chance(run, 1, 3)) seek(run, client);
  if (run->is_broken || run->is_hungry) return;
  uint32_t max = sizes[rng_below(&run->rng, 4)];
  run_note(run, "%d   next %u", (int)(client - run->clients), max);
  status answer = store_cursor_next(client->cursor, max, &run->rows, &run->err);
  if (!run_worked(run, answer, "cursor next")) return;
  for (uint32_t i = 0; i < run->rows.count; i++) check_row(run, client, i);
  if (run->rows.count == 0) {
    run_expect(run, next_key(client) == NAIVE_KEYS, "the cursor ends before its last row");
    pass(client, NAIVE_KEYS);
  }
  if (run->rows.count == 0 || !run_chance(run, 1, 2)) return;
  answer = store_cursor_keep(client->cursor, &client->pins, &run->err);
  if (!run_worked(run, answer, "keep")) return;
  keep(client, run->rows.keys[0]);
  keep(client, run->rows.values[run->rows.count - 1]);
}

/* ---- picking ranges ---- */

enum { PICKS_MAX = 4 };

struct picking {
  enum store_space space;
  uint32_t from[PICKS_MAX], to[PICKS_MAX], count;
  struct store_range ranges[PICKS_MAX];
};

/* Ranges between keys; some follow each other at once. */
static void draw_picking(struct run *run, struct picking *picking) {
  picking->space = draw_space(run);
  uint32_t at = picking->space == STORE_COUNTERS ? NAIVE_COMMITS_KEY + 1 : 0;
  uint32_t wanted = 1 + (uint32_t)rng_below(&run->rng, PICKS_MAX);
  for (picking->count = 0; picking->count < wanted; picking->count++) {
    uint32_t nth = picking->count;
    picking->from[nth] = at + (uint32_t)rng_below(&run->rng, NAIVE_KEYS / PICKS_MAX);
    picking->to[nth] = picking->from[nth] + 1 + (uint32_t)rng_below(&run->rng, 5);
    if (picking->to[nth] >= NAIVE_KEYS) break;
    picking->ranges[nth] = (struct store_range){run->naive.keys[picking->from[nth]],
                                                run->naive.keys[picking->to[nth]]};
    at = picking->to[nth];
  }
}

/* What lies between may have been looked at. */
static void pass_picking(struct run_client *client, const struct picking *picking) {
  uint32_t first = picking->from[0], last = picking->to[picking->count - 1];
  bool is_commits_key = picking->space == STORE_COUNTERS && first - 1 == NAIVE_COMMITS_KEY;
  for (uint32_t key = first - (first > 0 && !is_commits_key); key <= last; key++)
    naive_read(&client->naive, picking->space, key, NAIVE_MAYBE_READ);
  for (uint32_t i = 0; i < picking->count; i++)
    for (uint32_t key = picking->from[i]; key < picking->to[i]; key++)
      naive_read(&client->naive, picking->space, key, NAIVE_READ);
}

static uint32_t list_picked(const struct run_client *client, const struct picking *picking,
                            uint32_t *keys) {
  const struct naive_cell *cells = client->naive.draft.view.cells[picking->space];
  uint32_t count = 0;
  for (uint32_t i = 0; i < picking->count; i++)
    for (uint32_t key = picking->from[i]; key < picking->to[i]; key++)
      if (cells[key].is_found) keys[count++] = key;
  return count;
}

static void check_picked(struct run *run, struct run_client *client, const struct picking *picking,
                         struct store_cursor *cursor) {
  static uint8_t room[NAIVE_VALUE_BYTES_MAX];
  uint32_t keys[NAIVE_KEYS], count = list_picked(client, picking, keys), at = 0;
  struct store_pick pick = {.ranges = picking->ranges, .count = picking->count};
  for (;;) {
    uint32_t max = run_chance(run, 1, 2) ? 2 : STORE_BATCH_MAX;
    status answer = store_cursor_pick(cursor, &pick, max, &run->rows, &run->err);
    if (!run_worked(run, answer, "pick")) return;
    if (run->rows.count == 0) break;
    for (uint32_t i = 0; i < run->rows.count; i++, at++) {
      run_expect(run, at < count, "more was picked than is there");
      run_expect(run, slice_is_equal(run->rows.keys[i], run->naive.keys[keys[at]]),
                 "another key was picked than %u", keys[at]);
      const struct naive_cell *cell = &client->naive.draft.view.cells[picking->space][keys[at]];
      run_expect(run, slice_is_equal(run->rows.values[i], naive_stored(cell, picking->space, room)),
                 "another value was picked at %u", keys[at]);
    }
  }
  run_expect(run, at == count, "%u rows were picked of %u", at, count);
  pass_picking(client, picking);
}

static void do_pick(struct run *run, struct run_client *client) {
  struct picking picking;
  struct store_cursor *cursor;
  draw_picking(run, &picking);
  if (picking.count == 0) return;
  struct store_range all = {picking.ranges[0].from, picking.ranges[picking.count - 1].to};
  run_note(run, "%d pick %u of %d/[%u,%u)", (int)(client - run->clients), picking.count,
           (int)picking.space, picking.from[0], picking.to[picking.count - 1]);
  status answer = store_cursor_open(client->txn, picking.space, all, false, &cursor, &run->err);
  if (!run_worked(run, answer, "cursor open")) return;
  check_picked(run, client, &picking, cursor);
  store_cursor_close(cursor);
}

/* ---- one step ---- */

struct operation {
  void (*run)(struct run *run, struct run_client *client);
  uint32_t weight;
  bool is_write;
};

void run_client_step(struct run *run, struct run_client *client) {
  static const struct operation operations[] = {
      {do_put, 26, true},
      {do_delete, 8, true},
      {do_delete_range, 2, true},
      {do_add, 8, true},
      {do_guard, 4, false},
      {do_emit, 6, true},
      {do_save, 3, false},
      {do_restore, 2, false},
      {run_client_get, 10, false},
      {do_count, 4, false},
      {do_scan, 3, false},
      {do_cursor_step, 12, false},
      {do_pick, 4, false},
      {run_client_commit, 12, false},
      {run_client_rollback, 2, false},
  };
  uint32_t total = 0, count = sizeof operations / sizeof operations[0];
  for (uint32_t i = 0; i < count; i++) total += operations[i].weight;
  uint32_t at = (uint32_t)rng_below(&run->rng, total);
  uint32_t i = 0;
  while (at >= operations[i].weight) at -= operations[i++].weight;
  if (operations[i].is_write && client->is_read_only) return;
  operations[i].run(run, client);
}
