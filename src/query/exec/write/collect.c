/* SPDX-License-Identifier: MIT */
#include "query/exec/write/collect.h"

#include "base/core/bytes.h"
#include "base/mem/mem.h"
#include "query/exec/workers.h"

enum { KEPT_SHARE = 8 /* of the statement's memory */, CHECKED_AT_ONCE = 64 };

/* Documents of one part of the collection, in the order of their keys. */
struct piece {
  const uint8_t *first; /* documents, one behind the other */
  uint32_t count;
};

/* What one worker found. */
struct finds {
  struct buf bytes;
  struct stretch {
    uint32_t part, count;
    size_t from; /* in `bytes` */
  } * stretches;
  size_t stretches_count, stretches_capacity;
  uint64_t documents;
};

struct collecting {
  struct op *op;
  struct workers workers;
  struct finds *finds;  /* of each worker */
  struct piece *pieces; /* of each part */
  atomic_bool is_over;  /* there is more than may be kept */
};

/* ---- a worker's thread ---- */

static status begin_stretch(struct finds *finds, uint32_t part, struct err *err) {
  void *stretches = finds->stretches;
  if (!mem_grow(&stretches, &finds->stretches_capacity, finds->stretches_count + 1,
                sizeof *finds->stretches))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for what a statement changes");
  finds->stretches = stretches;
  finds->stretches[finds->stretches_count++] =
      (struct stretch){.part = part, .from = finds->bytes.bytes};
  return LUMA_OK;
}

/* Keeps the documents of a batch, which are all of one part; false when they are too many. */
static bool keep(struct finds *finds, const struct batch *in) {
  struct stretch *stretch = &finds->stretches[finds->stretches_count - 1];
  for (uint32_t i = 0; i < in->selected_count; i++) {
    struct doc document = write_stored(&in->columns[0][batch_row(in, i)]);
    buf_append(&finds->bytes, document.data, document.bytes);
  }
  stretch->count += in->selected_count;
  finds->documents += in->selected_count;
  return finds->bytes.failed == LUMA_OK;
}

static status find(struct worker *worker, struct err *err) {
  struct collecting *all = worker->context;
  struct finds *finds = &all->finds[worker - all->workers.items];
  for (;;) {
    struct batch *in = NULL;
    TRY(op__next(worker->op, &in, err));
    if (!in) return LUMA_OK;
    uint32_t part = worker->exec.part;
    bool is_same =
        finds->stretches_count && finds->stretches[finds->stretches_count - 1].part == part;
    if (!is_same) TRY(begin_stretch(finds, part, err));
    if (keep(finds, in)) continue;
    atomic_store(&all->is_over, true);
    atomic_store(&all->workers.parts.is_stopped, true);
    return LUMA_OK;
  }
}

/* ---- the run's thread ---- */

/* The pieces of all parts; a part is one worker's. */
static void sort_pieces(struct collecting *all) {
  for (uint32_t w = 0; w < all->workers.count; w++) {
    const struct finds *finds = &all->finds[w];
    for (size_t i = 0; i < finds->stretches_count; i++) {
      const struct stretch *stretch = &finds->stretches[i];
      all->pieces[stretch->part] =
          (struct piece){finds->bytes.data + stretch->from, stretch->count};
    }
    all->op->input->rows += finds->documents;
  }
}

static status change_piece(struct collecting *all, const struct piece *piece,
                           const struct names *names, write_each *each, void *context,
                           struct err *err) {
  const uint8_t *at = piece->first;
  for (uint32_t i = 0; i < piece->count; i++) {
    struct doc document = {.data = at, .bytes = load32le(at), .names = names};
    if (i % CHECKED_AT_ONCE == 0) TRY(op__check(all->op->exec, err));
    TRY(each(context, &document, err));
    at += document.bytes;
  }
  return LUMA_OK;
}

static status change_all(struct collecting *all, write_each *each, void *context, struct err *err) {
  const struct names *names = all->op->plan->collection->names;
  sort_pieces(all);
  for (uint32_t part = 0; part < all->workers.parts.count; part++)
    TRY(change_piece(all, &all->pieces[part], names, each, context, err));
  return LUMA_OK;
}

static status make_room(struct collecting *all, struct err *err) {
  const struct exec *exec = all->op->exec;
  uint32_t count = all->workers.count;
  all->finds = arena_zalloc(exec->arena, count, sizeof *all->finds);
  all->pieces = arena_zalloc(exec->arena, all->workers.parts.count, sizeof *all->pieces);
  TRY(op__memory(exec, all->finds ? all->pieces : NULL, err));
  for (uint32_t i = 0; i < count; i++) {
    buf_init(&all->finds[i].bytes, exec->memory_bytes / KEPT_SHARE / count);
    all->workers.items[i].context = all;
  }
  return LUMA_OK;
}

static status collect(struct collecting *all, write_each *each, void *context, bool *done,
                      struct err *err) {
  const struct plan *input = all->op->plan->input;
  TRY(workers_open(all->op->exec, input, all->op->exec->threads + 1, &all->workers, err));
  if (!all->workers.count) return LUMA_OK;
  TRY(make_room(all, err));
  TRY(workers_run(&all->workers, find, all->op->exec->env, err));
  *done = !atomic_load(&all->is_over);
  return *done ? change_all(all, each, context, err) : LUMA_OK;
}

/* What comes out of filters alone stands as it is stored. */
static bool yields_stored(const struct plan *input) {
  while (input->kind == PLAN_FILTER) input = input->input;
  return input->kind == PLAN_SCAN;
}

status collect_for_each(struct op *op, write_each *each, void *context, bool *done,
                        struct err *err) {
  const struct plan_physical *physical = op->plan->input->physical;
  struct collecting all = {.op = op};
  *done = false;
  bool may = op->exec->threads > 1 && physical && physical->collected &&
             yields_stored(op->plan->input) &&
             !op->exec->env->collation; /* a collation belongs to one thread */
  if (!may) return LUMA_OK;
  status result = collect(&all, each, context, done, err);
  for (uint32_t i = 0; all.finds && i < all.workers.count; i++) {
    buf_deinit(&all.finds[i].bytes);
    mem_free(all.finds[i].stretches);
  }
  workers_close(&all.workers);
  return result;
}
