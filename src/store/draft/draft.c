/* SPDX-License-Identifier: MIT */
#include "store/draft/draft.h"

/* What one transaction may hold of keys and values. */
static const size_t DRAFT_BYTES_MAX = (size_t)8 << 30;

enum undo_kind { UNDO_WRITE, UNDO_ERASE, UNDO_EMIT };

/** One step back: the write as it was, or one erased range or payload less. */
struct undo {
  enum undo_kind kind;
  struct draft_write *write;
  struct draft_write old;
};

void draft_init(struct draft *draft) {
  *draft = (struct draft){0};
  arena_init(&draft->arena, 0, DRAFT_BYTES_MAX);
  for (int space = 0; space < STORE_SPACES; space++) keylist_init(&draft->writes[space]);
  fifo_init(&draft->guards, sizeof(struct draft_range));
  fifo_init(&draft->erased, sizeof(struct draft_range));
  fifo_init(&draft->emits, sizeof(struct slice));
  fifo_init(&draft->undo, sizeof(struct undo));
}

void draft_deinit(struct draft *draft) {
  for (int space = 0; space < STORE_SPACES; space++) keylist_deinit(&draft->writes[space]);
  fifo_deinit(&draft->guards);
  fifo_deinit(&draft->erased);
  fifo_deinit(&draft->emits);
  fifo_deinit(&draft->undo);
  arena_deinit(&draft->arena);
}

static status fail_memory(const struct draft *draft, struct err *err) {
  if (arena_is_over_budget(&draft->arena)) {
    FAIL(err, LUMA_BUDGET_EXCEEDED, "the transaction is larger than a transaction may be");
  }
  FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for what the transaction holds");
}

/* A zero stands after each copy, so that [key, key and its zero) holds the key alone. */
static status copy_in(struct draft *draft, struct slice bytes, struct slice *copy,
                      struct err *err) {
  uint8_t *data = arena_alloc_text(&draft->arena, bytes.bytes + 1);
  if (!data) return fail_memory(draft, err);
  if (bytes.bytes) memcpy(data, bytes.data, bytes.bytes);
  data[bytes.bytes] = 0;
  *copy = slice_of(data, bytes.bytes);
  return LUMA_OK;
}

/* ---- looking ---- */

const struct draft_write *draft_find(const struct draft *draft, enum store_space space,
                                     struct slice key) {
  return (const struct draft_write *)keylist_get(&draft->writes[space], key);
}

static bool is_before(struct slice key, struct slice to) {
  return to.bytes == 0 || slice_compare(key, to) < 0;
}

bool draft_is_erased(const struct draft *draft, enum store_space space, struct slice key) {
  for (size_t i = 0; i < draft->erased.count; i++) {
    const struct draft_range *erased = fifo_at(&draft->erased, i);
    if (erased->space == space && slice_compare(key, erased->range.from) >= 0 &&
        is_before(key, erased->range.to)) {
      return true;
    }
  }
  return false;
}

bool draft_is_empty(const struct draft *draft) {
  for (int space = 0; space < STORE_SPACES; space++) {
    const struct keylist *list = &draft->writes[space];
    struct keylist_gap gap = keylist_find(list, (struct slice){0});
    for (struct keylist_item *item; (item = keylist_peek(list, gap, false));
         keylist_step(list, &gap, false)) {
      if (!draft_is_idle((struct draft_write *)item)) return false;
    }
  }
  return draft->erased.count == 0 && draft->emits.count == 0;
}

/* ---- writing ---- */

/* Notes one step back, if there is a mark to go back to. */
static status note_undo(struct draft *draft, enum undo_kind kind, struct draft_write *write,
                        struct err *err) {
  if (!draft->keeps_undo) return LUMA_OK;
  if (!fifo_reserve(&draft->undo, 1)) return fail_memory(draft, err);
  struct undo *undo = fifo_push(&draft->undo);
  *undo = (struct undo){.kind = kind, .write = write};
  if (write) undo->old = *write;
  return LUMA_OK;
}

/* The write of a key, made if need be, with its present state noted: the caller changes it at once.
 */
static status write_touch(struct draft *draft, enum store_space space, struct slice key,
                          struct draft_write **write, struct err *err) {
  struct draft_write *found = (struct draft_write *)keylist_get(&draft->writes[space], key);
  if (!found) {
    found = arena_zalloc(&draft->arena, 1, sizeof *found);
    if (!found) return fail_memory(draft, err);
    TRY(copy_in(draft, key, &found->item.key, err));
    if (!keylist_insert(&draft->writes[space], &found->item)) return fail_memory(draft, err);
  }
  TRY(note_undo(draft, UNDO_WRITE, found, err));
  *write = found;
  return LUMA_OK;
}

static void write_set(struct draft_write *write, enum draft_kind kind, struct slice value) {
  *write = (struct draft_write){.item = write->item, .kind = kind, .value = value};
}

status draft_put(struct draft *draft, enum store_space space, struct slice key, struct slice value,
                 struct err *err) {
  struct slice copy = {0};
  TRY(copy_in(draft, value, &copy, err));
  struct draft_write *write = NULL;
  TRY(write_touch(draft, space, key, &write, err));
  write_set(write, DRAFT_PUT, copy);
  return LUMA_OK;
}

status draft_delete(struct draft *draft, enum store_space space, struct slice key,
                    struct err *err) {
  struct draft_write *write = NULL;
  TRY(write_touch(draft, space, key, &write, err));
  write_set(write, DRAFT_DELETE, (struct slice){0});
  return LUMA_OK;
}

static status erase_own(struct draft *draft, enum store_space space, struct store_range range,
                        struct err *err) {
  const struct keylist *list = &draft->writes[space];
  struct keylist_gap gap = keylist_find(list, range.from);
  for (struct keylist_item *item; (item = keylist_peek(list, gap, false));
       keylist_step(list, &gap, false)) {
    if (!is_before(item->key, range.to)) break;
    TRY(draft_delete(draft, space, item->key, err));
  }
  return LUMA_OK;
}

static status range_push(struct draft *draft, struct fifo *ranges, enum store_space space,
                         struct store_range range, struct err *err) {
  struct draft_range where = {.space = space};
  TRY(copy_in(draft, range.from, &where.range.from, err));
  TRY(copy_in(draft, range.to, &where.range.to, err));
  if (!fifo_reserve(ranges, 1)) return fail_memory(draft, err);
  *(struct draft_range *)fifo_push(ranges) = where;
  return LUMA_OK;
}

status draft_erase(struct draft *draft, enum store_space space, struct store_range range,
                   struct err *err) {
  TRY(range_push(draft, &draft->erased, space, range, err));
  status answer = note_undo(draft, UNDO_ERASE, NULL, err);
  if (answer != LUMA_OK) {
    draft->erased.count--;
    return answer;
  }
  return erase_own(draft, space, range, err);
}

status draft_add(struct draft *draft, struct slice key, int64_t delta, int64_t least, int64_t most,
                 struct err *err) {
  const struct draft_write *own = draft_find(draft, STORE_COUNTERS, key);
  int64_t sum = delta;
  if (own && own->has_add && __builtin_add_overflow(own->delta, delta, &sum)) {
    FAIL(err, LUMA_OUT_OF_RANGE, "the additions to a counter leave 64 bits");
  }
  struct draft_write *write = NULL;
  TRY(write_touch(draft, STORE_COUNTERS, key, &write, err));
  write->least = write->has_add && write->least > least ? write->least : least;
  write->most = write->has_add && write->most < most ? write->most : most;
  write->delta = sum;
  write->has_add = true;
  return LUMA_OK;
}

status draft_sum(const struct draft_write *write, int64_t base, int64_t *sum, struct err *err) {
  if (__builtin_add_overflow(base, write->delta, sum)) {
    FAIL(err, LUMA_OUT_OF_RANGE, "a counter would leave 64 bits");
  }
  return LUMA_OK;
}

status draft_guard_key(struct draft *draft, enum store_space space, struct slice key,
                       struct err *err) {
  struct slice copy = {0};
  TRY(copy_in(draft, key, &copy, err));
  if (!fifo_reserve(&draft->guards, 1)) return fail_memory(draft, err);
  *(struct draft_range *)fifo_push(&draft->guards) =
      (struct draft_range){space, {copy, slice_of(copy.data, copy.bytes + 1)}};
  return LUMA_OK;
}

status draft_guard_range(struct draft *draft, enum store_space space, struct store_range range,
                         struct err *err) {
  return range_push(draft, &draft->guards, space, range, err);
}

status draft_emit(struct draft *draft, struct slice payload, struct err *err) {
  struct slice copy = {0};
  TRY(copy_in(draft, payload, &copy, err));
  if (!fifo_reserve(&draft->emits, 1)) return fail_memory(draft, err);
  TRY(note_undo(draft, UNDO_EMIT, NULL, err));
  *(struct slice *)fifo_push(&draft->emits) = copy;
  return LUMA_OK;
}

/* ---- going back ---- */

uint64_t draft_mark(struct draft *draft) {
  draft->keeps_undo = true;
  return draft->undo.count;
}

static void step_back(struct draft *draft, const struct undo *undo) {
  switch (undo->kind) {
  case UNDO_WRITE: *undo->write = undo->old; break;
  case UNDO_ERASE: draft->erased.count--; break;
  case UNDO_EMIT: draft->emits.count--; break;
  }
}

status draft_undo(struct draft *draft, uint64_t mark, struct err *err) {
  if (!draft->keeps_undo || mark > draft->undo.count) {
    FAIL(err, LUMA_INVALID_ARGUMENT, "the savepoint is not of this transaction, or was undone");
  }
  while (draft->undo.count > mark) {
    step_back(draft, fifo_at(&draft->undo, draft->undo.count - 1));
    draft->undo.count--;
  }
  return LUMA_OK;
}
