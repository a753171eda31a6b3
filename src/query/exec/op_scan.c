/* SPDX-License-Identifier: MIT */
/* SCAN: documents of a collection, in key order or through ranges of an index, one after the other.
 *
 * JQL reads a small collection in the order in which its documents were put in, as MongoDB does
 * where nothing asks for another; a large one comes in the order of its keys. A capped one keeps
 * its order of arrival, and is read by that at any size; a statement that tails goes on in it from
 * where it came to. */
#include <stdlib.h>

#include "base/ds/hashmap.h"
#include "query/exec/exec_int.h"
#include "query/exec/parts.h"
#include "query/exec/ranges.h"
#include "query/expr/field.h"
#include "query/mongo/mongo.h"

/* So many entries of one value are looked at before the others are passed over. */
enum { SKIP_ROWS = 64 };
enum { CAPPED_POSITION_LOST = 136, QUERY_PLAN_KILLED = 175 };

struct scan {
  struct op op;
  struct batch batch;
  struct doc *documents;
  struct model_scan *scan;          /* of the range in progress */
  const struct plan_access *access; /* of the ranges: the node's, or one of its branches */
  struct ranges ranges;
  struct ranges_edges edges;
  uint32_t next_range, next_branch;
  uint64_t entries, repeats; /* of the range in progress, read so far */
  uint64_t wanted;           /* rows, by a LIMIT above; 0: all */
  uint32_t step, rows_max;   /* documents of the next batch: few under a LIMIT, then up to this */
  uint32_t read, handed;     /* documents, of those that stand in `documents` */
  uint32_t room;             /* that `documents` and the batch have */
  bool is_points;            /* every range is one key: they are fetched together */
  struct store_pins pins;    /* of documents fetched so */
  bool is_natural;           /* in the order of insertion: all documents are one batch */
  bool by_arrival;           /* in the order that a capped collection keeps */
  uint64_t pauses_after;     /* so many documents; 0 = it does not */
  bool has_paused;
  bool goes_on; /* its first document was read by an earlier run of the statement */
  struct index_bounds from_tail;
  bool is_prepared, sees_twice; /* several ranges of a multikey index may hold one document */
  struct hashmap seen;          /* keys are row numbers, in the run's arena */
  struct model_sieve sieve;     /* drops NULL: there is none */
  uint64_t dropped;             /* of the range in progress */
  struct model_seen counted;    /* documents that are told apart without being read */
  struct model_merge merge;     /* of a union whose branches are merged */
};

/** Documents that are not read are told apart by their keys: where several ranges may have one, or
 * several entries may be of one. */
static bool tells_apart(const struct scan *op) {
  const struct plan_physical *physical = op->op.plan->physical;
  const struct plan_access *access = physical ? physical->access : NULL;
  bool is_union = access && access->branches_count && access->cover == PLAN_COVER_ROWS;
  return is_union || (access && access->cover && access->tells_apart);
}

/** The other value that a list must hold; NULL: none, or what is asked for became several ranges.
 */
static const struct val *also_of(const struct scan *op) {
  const struct plan_access *access = op->access;
  bool has = access && access->parts_count == 1 && access->parts[0].also && op->ranges.count == 1 &&
             !access->backwards;
  return has ? &access->parts[0].also->value : NULL;
}

/** A union in an order; counted, they have none. */
static bool merges(const struct scan *op) {
  const struct plan_physical *physical = op->op.plan->physical;
  const struct plan_access *access = physical ? physical->access : NULL;
  return access && access->merges && access->cover != PLAN_COVER_ROWS;
}

/** Whether all ranges are read in one walk: they stand in the index as they are to come. */
static bool walks_all(const struct scan *op) {
  const struct plan_access *access = op->access;
  return access && access->index && access->cover == PLAN_COVER_NONE && !access->backwards &&
         !access->nulls_apart && !op->op.exec->parts && op->next_range == 0 && op->ranges.count > 1;
}

/** The order of arrival, from the document on that an earlier run read last. */
static status open_arrival(struct scan *op, struct err *err) {
  struct query_tail *tail = op->op.exec->tail;
  const struct collection *collection = op->op.plan->collection;
  const struct plan_access *access = op->access;
  struct model_scan_options options = {.index = collection->arrival,
                                       .backwards = access && access->backwards,
                                       .reads = op->op.exec->reads};
  if (tail && tail->row) {
    op->from_tail = (struct index_bounds){.has_low = true, .low = val_int64((int64_t)tail->row)};
    options.bounds = &op->from_tail;
    op->goes_on = true;
  }
  op->next_range++;
  if (tail) tail->collection = collection->number;
  return model_scan_open(op->op.exec->txn, collection, &options, &op->scan, err);
}

/** What was read before is passed over; it must still be there, or others may have gone with it. */
static status pass_read(struct scan *op, uint32_t *count, struct err *err) {
  uint64_t row = op->op.exec->tail->row;
  op->goes_on = false;
  if (*count == 0 || doc_header(&op->documents[0]).row != row)
    return mongo_fail_as(err, LUMA_GAP, CAPPED_POSITION_LOST,
                         "CollectionScan died due to position in capped collection being deleted. "
                         "Last seen record id: RecordId(%llu)",
                         (unsigned long long)row);
  memmove(op->documents, op->documents + 1, --*count * sizeof *op->documents);
  return LUMA_OK;
}

static void note_seeks(struct scan *op, uint64_t seeks) {
  if (!op->access || !op->access->index) return;
  op->op.seeks += seeks;
  if (op->op.readings) op->op.readings[op->next_branch - 1].seeks += seeks;
}

/** Opens the next range, or a worker's next part; `op->scan` stays NULL when there is none left. */
static status open_range(struct scan *op, struct err *err) {
  const struct plan_access *access = op->access;
  const struct index_bounds *bounds = op->ranges.items ? &op->ranges.items[op->next_range] : NULL;
  uint32_t more = walks_all(op) ? op->ranges.count - 1 : 0;
  struct parts *parts = op->op.exec->parts;
  const struct store_range *part = parts ? parts_take(parts, &op->op.exec->part) : NULL;
  struct model_scan_options options = {.index = access ? access->index : NULL,
                                       .bounds = bounds,
                                       .more_bounds = more,
                                       .from = op->edges.from,
                                       .to = op->edges.to,
                                       .also = also_of(op),
                                       .reads = op->op.exec->reads,
                                       .keys_only = access && access->cover == PLAN_COVER_ROWS,
                                       .seen = tells_apart(op) ? &op->counted : NULL,
                                       .covers = access && access->cover == PLAN_COVER_VALUES,
                                       .covers_key = access && access->covers_key,
                                       .skips = access && access->skips,
                                       .backwards = access && access->backwards,
                                       .sieve = op->sieve.drops ? &op->sieve : NULL,
                                       .part = part};
  if (merges(op)) options.merge = &op->merge;
  for (uint32_t i = 0; merges(op) && !options.index; i++)
    options.index = op->merge.streams[i].index;
  if (parts && !part) return LUMA_OK;
  if (op->by_arrival) return open_arrival(op, err);
  if (!part) op->next_range += 1 + more;
  if (!merges(op)) note_seeks(op, 1 + more);
  return model_scan_open(op->op.exec->txn, op->op.plan->collection, &options, &op->scan, err);
}

static status make_ranges(struct scan *op, const struct plan_access *access, struct err *err) {
  op->access = access;
  op->next_range = 0;
  TRY(ranges_edges_make(op->op.exec->env, access, &op->edges, err));
  return ranges_make(op->op.exec->env, access, &op->ranges, err);
}

/** The ranges of one branch. Where they are many they are read as one, which the FILTER narrows. */
static status add_streams(struct scan *op, uint32_t nth, struct err *err) {
  enum { RANGES_EACH_MAX = 16 };
  const struct plan_access *branch = &op->op.plan->physical->access->branches[nth];
  struct arena *arena = op->op.exec->arena;
  struct plan_access points = *branch;
  points.parts_count = branch->points;
  TRY(make_ranges(op, branch, err));
  if (branch->index && op->ranges.count > RANGES_EACH_MAX) TRY(make_ranges(op, &points, err));
  uint32_t had = op->merge.count, count = had + op->ranges.count;
  struct model_stream *streams = arena_zalloc(arena, count + 1, sizeof *streams);
  TRY(op__memory(op->op.exec, streams, err));
  if (had) memcpy(streams, op->merge.streams, had * sizeof *streams);
  for (uint32_t i = had; i < count; i++) {
    streams[i] = (struct model_stream){
        .index = branch->index, .points = branch->points, .backwards = branch->backwards};
    if (op->op.readings) streams[i].entries = &op->op.readings[nth].keys;
    if (op->ranges.items) streams[i].bounds = op->ranges.items[i - had];
  }
  if (op->op.readings) op->op.readings[nth].seeks = op->ranges.count;
  op->op.seeks += op->ranges.count;
  op->merge.streams = streams;
  op->merge.count = count;
  return LUMA_OK;
}

/** All branches are one range. */
static status prepare_merge(struct scan *op, const struct plan_access *access, struct err *err) {
  op->merge = (struct model_merge){.parts = access->order_count, .wanted = op->wanted};
  for (uint32_t i = 0; i < access->branches_count; i++) TRY(add_streams(op, i, err));
  op->access = access;
  op->ranges = (struct ranges){.count = op->merge.count > 0};
  op->next_branch = access->branches_count;
  op->next_range = 0;
  return LUMA_OK;
}

/** Whether all that is asked for are whole keys. There are no items where they would be too many.
 */
static bool asks_for_keys(const struct scan *op) {
  bool whole =
      op->ranges.items && !op->access->index && op->access->parts_count && !op->op.exec->parts;
  for (uint32_t i = 0; whole && i < op->ranges.count; i++) {
    const struct index_bounds *bounds = &op->ranges.items[i];
    whole = bounds->equal_count == 1 && !bounds->has_low && !bounds->has_high;
  }
  return whole;
}

static status make_readings(struct scan *op, uint32_t count, struct err *err) {
  if (!count || !op->op.exec->analyze) return LUMA_OK;
  op->op.readings = arena_zalloc(op->op.exec->arena, count, sizeof *op->op.readings);
  return op__memory(op->op.exec, op->op.readings, err);
}

static status prepare(struct scan *op, struct err *err) {
  const struct plan_access *access = op->op.plan->physical ? op->op.plan->physical->access : NULL;
  op->is_prepared = true;
  op->ranges.count = 1; /* everything */
  if (!access) return LUMA_OK;
  TRY(make_readings(op, access->branches_count, err));
  if (merges(op)) return prepare_merge(op, access, err);
  if (access->branches_count) {
    op->ranges.count = 0; /* next_ranges makes those of each branch */
    op->sees_twice = true;
    return LUMA_OK;
  }
  TRY(make_ranges(op, access, err));
  op->is_points = asks_for_keys(op);
  op->sees_twice = access->index && !access->cover && op->ranges.count > 1 &&
                   model_meets_twice(op->op.exec->txn, op->op.plan->collection, access->index);
  return LUMA_OK;
}

/** Goes on to the ranges of the next branch; `*has` false when there is none. */
static status next_ranges(struct scan *op, bool *has, struct err *err) {
  const struct plan_access *access = op->op.plan->physical ? op->op.plan->physical->access : NULL;
  *has = access && op->next_branch < access->branches_count;
  return *has ? make_ranges(op, &access->branches[op->next_branch++], err) : LUMA_OK;
}

/** True the first time a document is met. */
static status is_first(struct scan *op, const struct doc *document, bool *first, struct err *err) {
  uint64_t row = doc_header(document).row;
  void *key = arena_copy(op->op.exec->arena, &row, sizeof row);
  TRY(op__memory(op->op.exec, key, err));
  if (!hashmap_put(&op->seen, slice_of(key, sizeof row), first))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for a scan");
  return LUMA_OK;
}

static bool counts_rows(const struct scan *op) {
  return op->access && op->access->cover == PLAN_COVER_ROWS;
}

/** Rows are numbered as they come, and keep their numbers. */
static int compare_rows(const void *a, const void *b) {
  uint64_t left = doc_header(a).row, right = doc_header(b).row;
  return (left > right) - (left < right);
}

static void sort_rows(struct scan *op, uint32_t count) {
  qsort(op->documents, count, sizeof *op->documents, compare_rows);
  bool backwards = op->access && op->access->backwards;
  for (uint32_t i = 0; backwards && i < count / 2; i++) {
    struct doc other = op->documents[i];
    op->documents[i] = op->documents[count - 1 - i];
    op->documents[count - 1 - i] = other;
  }
}

/** The document and its row number behind its fields. */
static status show_row(struct scan *op, const struct doc *document, struct val *row,
                       struct err *err) {
  struct expr_env *env = op->op.exec->env;
  struct val root = doc_root(document);
  struct val number = val_int64((int64_t)doc_header(document).row);
  struct build build;
  build_init(&build, &env->scratch, NULL);
  build_begin_map(&build);
  build_put_fields(&build, &root);
  build_name(&build, slice_of_text("$recordId"));
  build_put(&build, &number);
  build_end(&build);
  status done = field_take_built(env, &op->op.batch_arena, &build, row, err);
  build_deinit(&build);
  return done;
}

static status show_rows(struct scan *op, const struct doc *documents, uint32_t count,
                        struct err *err) {
  arena_reset(&op->op.batch_arena);
  for (uint32_t i = 0; i < count; i++)
    TRY(show_row(op, &documents[i], &op->batch.columns[0][i], err));
  return LUMA_OK;
}

/** Those that come for the first time, moved together. */
static status drop_met(struct scan *op, uint32_t *count, struct err *err) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < *count; i++) {
    bool first = true;
    TRY(is_first(op, &op->documents[i], &first, err));
    if (first) op->documents[kept++] = op->documents[i];
  }
  op->op.repeats += *count - kept;
  *count = kept;
  return LUMA_OK;
}

static void note_tail(struct scan *op, const struct doc *last) {
  struct query_tail *tail = op->op.exec->tail;
  if (tail) tail->row = doc_header(last).row;
}

/** Hands on documents that were read, until they are enough. */
static status hand_on(struct scan *op, struct err *err) {
  const struct doc *documents = op->documents + op->handed;
  uint32_t count = 0, most = op->read - op->handed;
  for (size_t bytes = 0; count < most && bytes < BATCH_BYTES_ENOUGH; count++) {
    op->batch.columns[0][count] = doc_root(&documents[count]);
    bytes += documents[count].bytes;
  }
  if (op->op.plan->shows_rows) TRY(show_rows(op, documents, count, err));
  if (op->by_arrival && count) note_tail(op, &documents[count - 1]);
  op->handed += count;
  op->batch.rows = op->batch.selected_count = count;
  return LUMA_OK;
}

static status fill(struct scan *op, uint32_t count, struct err *err) {
  batch_reset(&op->batch);
  if (counts_rows(op)) {
    op->batch.rows = op->batch.selected_count = count;
    return LUMA_OK;
  }
  if (op->sees_twice) TRY(drop_met(op, &count, err));
  op->read = count;
  op->handed = 0;
  return hand_on(op, err);
}

/** Documents that were read and are left over. */
static status go_on(struct scan *op, struct batch **batch, struct err *err) {
  TRY(op__check(op->op.exec, err));
  batch_reset(&op->batch);
  *batch = &op->batch;
  return hand_on(op, err);
}

/** What was read, for EXPLAIN. */
static void note(struct scan *op, uint32_t documents) {
  uint64_t entries = model_scan_entries(op->scan), dropped = model_scan_dropped(op->scan);
  documents += (uint32_t)(dropped - op->dropped);
  op->dropped = dropped;
  op->op.repeats += model_scan_repeats(op->scan) - op->repeats;
  op->repeats = model_scan_repeats(op->scan);
  if (op->op.readings && !merges(op)) {
    op->op.readings[op->next_branch - 1].keys += entries - op->entries;
    op->op.readings[op->next_branch - 1].rows += documents;
  }
  if (!op->by_arrival) op->op.keys += entries - op->entries; /* the order is no index */
  op->op.documents += op->access && op->access->cover ? 0 : documents;
  op->entries = entries;
}

static void end_range(struct scan *op) {
  model_scan_close(op->scan);
  op->scan = NULL;
  op->entries = op->dropped = op->repeats = 0;
}

/** Room for the next batch: a scan that ends soon never needs all of it. */
static status make_room(struct scan *op, uint32_t rows, struct err *err) {
  struct arena *arena = op->op.exec->arena;
  if (rows <= op->room) return LUMA_OK;
  op->documents = arena_alloc(arena, rows * sizeof *op->documents);
  op->batch.columns[0] = arena_alloc(arena, rows * sizeof **op->batch.columns);
  TRY(op__memory(op->op.exec, op->documents ? op->batch.columns[0] : NULL, err));
  op->room = rows;
  return LUMA_OK;
}

/** The next documents of those asked for by key; none of the batch where none is there. */
static status next_points(struct scan *op, struct err *err) {
  uint32_t left = op->ranges.count - op->next_range, found = 0;
  uint32_t count = left < op->step ? left : op->step;
  TRY(make_room(op, count, err));
  struct val *keys = op->batch.columns[0];
  for (uint32_t i = 0; i < count; i++) keys[i] = op->ranges.items[op->next_range + i].equal[0];
  store_pins_release(&op->pins);
  struct model_look_up what = {op->op.plan->collection, op->op.exec->reads, keys, count};
  TRY(model_look_up(op->op.exec->txn, &what, op->documents, &op->pins, err));
  for (uint32_t i = 0; i < count; i++)
    if (op->documents[i].data) op->documents[found++] = op->documents[i];
  op->next_range += count;
  op->op.documents += found;
  return fill(op, found, err);
}

static status scan_points(struct scan *op, struct batch **batch, struct err *err) {
  while (op->next_range < op->ranges.count) {
    TRY(op__check(op->op.exec, err));
    TRY(next_points(op, err));
    op->step = op->step * 2 < op->rows_max ? op->step * 2 : op->rows_max;
    if (!op->batch.rows) continue;
    *batch = &op->batch;
    return LUMA_OK;
  }
  return LUMA_OK;
}

/** What a statement tails is the collection that it began with. */
static status check_tail(const struct scan *op, struct err *err) {
  const struct query_tail *tail = op->op.exec->tail;
  const struct collection *collection = op->op.plan->collection;
  if (!tail || !tail->collection || (collection && collection->number == tail->collection))
    return LUMA_OK;
  return mongo_fail_as(err, LUMA_CLOSED, QUERY_PLAN_KILLED, "collection dropped: `%.*s`",
                       SLICE_ARG(op->op.plan->collection_name));
}

/** Between two steps of a range. */
static bool pauses(struct scan *op) {
  op->has_paused = op->scan && op->op.documents >= op->pauses_after;
  return op->has_paused;
}

static status scan_next(struct op *base, struct batch **batch, struct err *err) {
  struct scan *op = (struct scan *)base;
  TRY(check_tail(op, err));
  if (!base->plan->collection) return LUMA_OK;
  if (!op->is_prepared) TRY(prepare(op, err));
  if (op->handed < op->read) return go_on(op, batch, err);
  if (op->is_points) return scan_points(op, batch, err);
  for (;;) {
    uint32_t count = 0;
    TRY(op__check(base->exec, err));
    if (op->pauses_after && pauses(op)) return LUMA_OK;
    TRY(make_room(op, op->step, err));
    if (!op->scan) {
      bool has = op->next_range < op->ranges.count;
      if (!has) TRY(next_ranges(op, &has, err));
      if (!has) return LUMA_OK;
      if (op->next_range == op->ranges.count) continue;
      TRY(open_range(op, err));
      if (!op->scan) return LUMA_OK;
    }
    TRY(model_scan_next(op->scan, op->step, op->documents, &count, err));
    note(op, count);
    if (op->goes_on) TRY(pass_read(op, &count, err));
    if (op->is_natural && count < BATCH_ROWS) sort_rows(op, count);
    op->step = op->step * 2 < op->rows_max ? op->step * 2 : op->rows_max;
    if (count) {
      TRY(fill(op, count, err));
      if (!op->batch.rows) continue;
      *batch = &op->batch;
      return LUMA_OK;
    }
    if (model_scan_is_done(op->scan)) end_range(op);
  }
}

static void scan_close(struct op *base) {
  struct scan *op = (struct scan *)base;
  if (op->scan) end_range(op);
  store_pins_release(&op->pins);
  hashmap_deinit(&op->seen);
  model_seen_deinit(&op->counted);
}

/** Whether JQL reads everything, and asks for no index and no order. */
static bool reads_all(const struct exec *exec, const struct plan *plan) {
  const struct plan_access *access = plan->physical ? plan->physical->access : NULL;
  bool is_whole = !access || (!access->index && !access->parts_count && !access->branches_count &&
                              !access->is_ordered && !access->from && !access->to);
  bool by_key = plan->hint && plan->hint->is_key && !plan->hint->is_natural;
  return exec->language == PLAN_JQL && plan->collection && is_whole && !by_key && !exec->parts;
}

/** Whether all documents fit one batch. */
static bool is_small(const struct exec *exec, const struct plan *plan) {
  enum { NATURAL_ROWS_MAX = 1000 };
  return model_estimate_count(exec->txn, plan->collection) <= NATURAL_ROWS_MAX;
}

static const struct op_ops scan_ops = {scan_next, scan_close};

/* Where operators are measured each does its own work. */
status op__scan_sieve(struct op *op, struct filter *filter, struct err *err) {
  struct scan *scan = (struct scan *)op;
  const struct collection *collection = op->plan->collection;
  bool can = false;
  if (op->ops != &scan_ops || !collection || op->exec->analyze) return LUMA_OK;
  if (scan->is_natural || scan->by_arrival) return LUMA_OK;
  TRY(filter_prepare(filter, collection->names, &can, err));
  if (can) scan->sieve = (struct model_sieve){filter_drops, filter};
  return LUMA_OK;
}

bool op__scan_pause(struct op *op, uint64_t documents) {
  struct scan *scan = (struct scan *)op;
  if (op->ops != &scan_ops || !op->plan->collection || op->exec->parts) return false;
  if (scan->is_natural || scan->by_arrival) return false;
  scan->pauses_after = documents;
  return true;
}

bool op__scan_has_paused(const struct op *op, struct slice *place) {
  const struct scan *scan = (const struct scan *)op;
  if (scan->has_paused) *place = model_scan_place(scan->scan);
  return scan->has_paused;
}

void op__scan_go_on(struct op *op) {
  struct scan *scan = (struct scan *)op;
  scan->has_paused = false;
  scan->pauses_after = 0;
}

status op__open_scan(struct exec *exec, const struct plan *plan, struct op **op, struct err *err) {
  struct scan *scan = NULL;
  TRY(op__create(exec, plan, &scan_ops, sizeof *scan, &scan, err));
  *op = &scan->op;
  hashmap_init(&scan->seen);
  model_seen_init(&scan->counted);
  bool is_all = reads_all(exec, plan);
  scan->by_arrival = is_all && plan->collection->arrival;
  scan->is_natural = is_all && !scan->by_arrival && is_small(exec, plan);
  scan->rows_max = scan->is_natural ? BATCH_ROWS : exec->batch_rows; /* it sees all or none */
  const struct plan_access *access = plan->physical ? plan->physical->access : NULL;
  if (access && access->skips && scan->rows_max > SKIP_ROWS) scan->rows_max = SKIP_ROWS;
  bool wants_few = exec->rows_wanted && exec->rows_wanted < scan->rows_max && !scan->is_natural;
  scan->wanted = exec->rows_wanted;
  scan->step = wants_few ? (uint32_t)exec->rows_wanted : scan->rows_max;
  return batch_init_rows(&scan->batch, exec->arena, 1, 0, err);
}
