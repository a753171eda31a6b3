/* SPDX-License-Identifier: MIT */
/* The life of a transaction but for its end, and single reads and writes. */
#include "store/lsm/txn/txn.h"

#include <string.h>

#include "base/mem/mem.h"
#include "store/lsm/engine/view_many.h"

static struct txn *of(struct store_txn *txn) {
  return (struct txn *)txn;
}

static status fail_memory(struct err *err) {
  FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the transaction");
}

status txn_begin(struct store *store, const struct store_begin_options *options,
                 struct store_txn **txn, struct err *err) {
  struct txn *made = mem_alloc(sizeof *made);
  if (!made) return fail_memory(err);
  made->head.store = store;
  made->engine = (struct engine *)store;
  made->guards = NULL;
  made->serializable = options->isolation == STORE_SERIALIZABLE && !options->read_only;
  made->reader.read_only = options->read_only;
  made->reader.is_one_call = false;
  status answer = engine_reader_begin(made->engine, &made->reader, err);
  if (answer != LUMA_OK) {
    mem_free(made);
    return answer;
  }
  arena_init(&made->arena, 0, 0);
  writes_init(&made->writes, &made->engine->spare);
  *txn = &made->head;
  return LUMA_OK;
}

void txn__destroy(struct txn *txn) {
  writes_deinit(&txn->writes);
  arena_deinit(&txn->arena);
  mem_free(txn);
}

void txn_rollback(struct store_txn *txn) {
  engine_reader_end(of(txn)->engine, &of(txn)->reader);
  txn__destroy(of(txn));
}

store_seq txn_snapshot(const struct store_txn *txn) {
  return ((const struct txn *)txn)->reader.seq;
}

static bool is_too_old(const struct txn *txn, uint64_t age_us) {
  return atomic_load(&txn->engine->visible) != txn->reader.seq &&
         age_us > txn->engine->options.snapshot_age_max_us;
}

static status fail_too_old(const struct txn *txn, uint64_t age_us, struct err *err) {
  err_raise(err, LUMA_SNAPSHOT_TOO_OLD, __FILE__, __LINE__,
            "the transaction began %llu s ago; a snapshot is kept for %llu s",
            (unsigned long long)(age_us / 1000000),
            (unsigned long long)(txn->engine->options.snapshot_age_max_us / 1000000));
  err_hint(err, "begin again, or do the work in shorter transactions");
  return LUMA_SNAPSHOT_TOO_OLD;
}

status txn__enter(const struct txn *txn, struct err *err) {
  bool entered = readers_enter(txn->reader.place);
  if (entered && atomic_load(&txn->engine->visible) == txn->reader.seq) return LUMA_OK;
  uint64_t age_us = os_monotonic_us(txn->engine->os) - txn->reader.begun_us;
  if (entered && !is_too_old(txn, age_us)) return LUMA_OK;
  if (entered) readers_leave(txn->reader.place);
  return fail_too_old(txn, age_us, err);
}

void txn__leave(const struct txn *txn) {
  readers_leave(txn->reader.place);
}

/* ---- guards ---- */

static bool copy_key(struct txn *txn, struct slice *key) {
  if (key->bytes == 0) return true;
  uint8_t *copy = arena_alloc_text(&txn->arena, key->bytes);
  if (!copy) return false;
  memcpy(copy, key->data, key->bytes);
  key->data = copy;
  return true;
}

static status add_guard(struct txn *txn, uint8_t space, struct store_range range, bool is_key,
                        struct err *err) {
  struct txn_guard *guard = arena_alloc(&txn->arena, sizeof *guard);
  if (!guard || !copy_key(txn, &range.from) || !copy_key(txn, &range.to)) return fail_memory(err);
  *guard = (struct txn_guard){txn->guards, space, is_key, range};
  txn->guards = guard;
  return LUMA_OK;
}

status txn__guard_key(struct txn *txn, uint8_t space, struct slice key, struct err *err) {
  return add_guard(txn, space, (struct store_range){key, {0}}, true, err);
}

status txn__note_range(struct txn *txn, uint8_t space, struct store_range range, struct err *err) {
  return txn->serializable ? add_guard(txn, space, range, false, err) : LUMA_OK;
}

status txn_guard(struct store_txn *txn, enum store_space space, struct slice key, struct err *err) {
  return txn__guard_key(of(txn), (uint8_t)space, key, err);
}

/* ---- reads ---- */

/* The transaction's own word on a key, if it has one. */
static status get_own(struct txn *txn, uint8_t space, struct slice key, struct entry_found *own,
                      struct err *err) {
  own->found = false;
  if (writes_is_untouched(&txn->writes, space, key)) return LUMA_OK;
  TRY(writes_overlay(&txn->writes, err));
  memtable_get(txn->writes.overlay, space, key, ENTRY_SEQ_MAX, own);
  uint64_t cover = writes_cover(&txn->writes, space, key);
  if (cover > (own->found ? own->seq : 0))
    *own = (struct entry_found){.found = true, .kind = ENTRY_DELETE};
  return LUMA_OK;
}

/* The transaction's word, or what was found in the view; a deletion and what a range delete covers
 * are no values. */
static status take_found(struct txn *txn, uint8_t space, struct slice key,
                         const struct entry_found *found, struct store_value *value,
                         struct err *err) {
  struct entry_found own;
  const struct engine_reader *reader = &txn->reader;
  TRY(get_own(txn, space, key, &own, err));
  if (own.found) {
    *value = (struct store_value){.found = own.kind == ENTRY_PUT, .value = own.value};
    return LUMA_OK;
  }
  bool visible =
      found->found && found->kind == ENTRY_PUT &&
      (!reader->view->ranges || view_cover(reader->view, space, key, reader->seq) <= found->seq);
  *value = visible ? (struct store_value){true, found->value, found->seq} : (struct store_value){0};
  return LUMA_OK;
}

static status get_one(struct txn *txn, uint8_t space, struct slice key, struct store_value *value,
                      struct store_pins *pins, struct err *err) {
  struct entry_found found;
  TRY(view_get(txn->reader.view, space, key, txn->reader.seq, &found, pins, err));
  return take_found(txn, space, key, &found, value, err);
}

static status get_some(struct txn *txn, struct view_many *many, const struct slice *keys,
                       uint32_t count, struct store_value *values, struct store_pins *pins,
                       struct err *err) {
  struct entry_found found[VIEW_MANY_MAX];
  TRY(view_many_get(many, keys, count, found, pins, err));
  for (uint32_t i = 0; i < count; i++)
    TRY(take_found(txn, many->space, keys[i], &found[i], &values[i], err));
  return LUMA_OK;
}

static status get_all(struct txn *txn, uint8_t space, const struct slice *keys, uint32_t count,
                      struct store_value *values, struct store_pins *pins, struct err *err) {
  if (count == 1) return get_one(txn, space, keys[0], values, pins, err);
  struct view_many many;
  status answer = LUMA_OK;
  view_many_begin(&many, txn->reader.view, space, txn->reader.seq);
  for (uint32_t at = 0; at < count && answer == LUMA_OK; at += VIEW_MANY_MAX) {
    uint32_t some = count - at < VIEW_MANY_MAX ? count - at : VIEW_MANY_MAX;
    answer = get_some(txn, &many, keys + at, some, values + at, pins, err);
  }
  return answer;
}

status txn_get_many(struct store_txn *txn, enum store_space space, const struct slice *keys,
                    uint32_t count, struct store_value *values, struct store_pins *pins,
                    struct err *err) {
  struct txn *own = of(txn);
  for (uint32_t i = 0; own->serializable && i < count; i++)
    TRY(txn__guard_key(own, (uint8_t)space, keys[i], err));
  TRY(txn__enter(own, err));
  status answer = get_all(own, (uint8_t)space, keys, count, values, pins, err);
  txn__leave(own);
  return answer;
}

status txn_count(struct store_txn *txn, struct slice key, int64_t *value, struct err *err) {
  struct store_value found;
  struct store_pins pins = {0};
  int64_t delta;
  status answer = txn_get_many(txn, STORE_COUNTERS, &key, 1, &found, &pins, err);
  int64_t base = answer == LUMA_OK && found.found ? (int64_t)load64le(found.value.data) : 0;
  store_pins_release(&pins);
  TRY(answer);
  TRY(writes_count(&of(txn)->writes, key, &delta, err));
  if (__builtin_add_overflow(base, delta, value))
    FAIL(err, LUMA_OUT_OF_RANGE, "a counter would leave 64 bits");
  return LUMA_OK;
}

/* ---- writes ---- */

static status write_op(struct store_txn *txn, enum record_op_kind kind, uint8_t space,
                       struct slice key, struct slice value, struct err *err) {
  if (of(txn)->engine->options.read_only) return engine_check_writable(of(txn)->engine, err);
  return writes_add_op(&of(txn)->writes, kind, space, key, value, err);
}

status txn_put(struct store_txn *txn, enum store_space space, struct slice key, struct slice value,
               struct err *err) {
  return write_op(txn, RECORD_PUT, (uint8_t)space, key, value, err);
}

status txn_delete(struct store_txn *txn, enum store_space space, struct slice key,
                  struct err *err) {
  return write_op(txn, RECORD_DELETE, (uint8_t)space, key, (struct slice){0}, err);
}

status txn_delete_range(struct store_txn *txn, enum store_space space, struct store_range range,
                        struct err *err) {
  return write_op(txn, RECORD_DELETE_RANGE, (uint8_t)space, range.from, range.to, err);
}

status txn_emit(struct store_txn *txn, struct slice payload, struct err *err) {
  return write_op(txn, RECORD_EMIT, 0, (struct slice){0}, payload, err);
}

status txn_add(struct store_txn *txn, struct slice key, int64_t delta, int64_t least, int64_t most,
               struct err *err) {
  if (of(txn)->engine->options.read_only) return engine_check_writable(of(txn)->engine, err);
  return writes_add(&of(txn)->writes, key, delta, least, most, err);
}

status txn_savepoint(struct store_txn *txn, uint64_t *mark, struct err *err) {
  (void)err;
  *mark = writes_mark(&of(txn)->writes);
  return LUMA_OK;
}

status txn_rollback_to(struct store_txn *txn, uint64_t mark, struct err *err) {
  return writes_rollback(&of(txn)->writes, mark, err);
}
