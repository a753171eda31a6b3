/* SPDX-License-Identifier: MIT */
#include "query/exec/explain/explain_tell.h"

#include "query/exec/explain/explain_filter.h"
#include "query/exec/explain/explain_json.h"

void explain__put(struct telling *telling, const char *name, struct val value) {
  build_name(&telling->build, slice_of_text(name));
  build_put(&telling->build, &value);
}

void explain__text(struct telling *telling, const char *name, const char *text) {
  explain__put(telling, name, val_text(slice_of_text(text)));
}

void explain__number(struct telling *telling, const char *name, uint64_t number) {
  explain__put(telling, name, val_int64((int64_t)number));
}

void explain__written(struct telling *telling, const char *name) {
  explain__put(telling, name, val_text(buf_slice(&telling->text)));
  buf_reset(&telling->text);
}

void explain__begin(struct telling *telling, const char *name, bool is_list) {
  build_name(&telling->build, slice_of_text(name));
  if (is_list)
    build_begin_list(&telling->build);
  else
    build_begin_map(&telling->build);
}

void explain__end(struct telling *telling) {
  build_end(&telling->build);
}

void explain__work(struct telling *telling, const struct explain_work *work) {
  enum { US_PER_MS = 1000 };
  uint64_t done = work->rows + work->is_ended;
  uint64_t works = work->works > done ? work->works : done;
  explain__number(telling, "nReturned", work->rows);
  explain__number(telling, "executionTimeMillisEstimate", work->us / US_PER_MS);
  explain__number(telling, "works", works);
  explain__number(telling, "advanced", work->rows);
  explain__number(telling, "needTime", works - done);
  explain__number(telling, "needYield", 0);
  explain__number(telling, "saveState", 0);
  explain__number(telling, "restoreState", 0);
  explain__number(telling, "isEOF", work->is_ended);
}

/** An operator is asked as often as those below it; a SORT takes all of them before its own. */
static uint64_t works_of(const struct op *op) {
  uint64_t read = op->keys > op->documents ? op->keys : op->documents;
  uint64_t below = op->input ? works_of(op->input) : (read > op->rows ? read : op->rows);
  bool sorts = op->plan->kind == PLAN_SORT;
  return below + (sorts ? op->rows : 0) + (op->input ? 0 : op->is_ended);
}

void explain__measured(struct telling *telling, const struct plan *plan) {
  const struct op *op = explain_find_op(telling->root, plan);
  if (!op) return;
  const struct explain_work work = {op->rows, works_of(op), op->us, op->is_ended};
  explain__work(telling, &work);
}

void explain__name_path(struct telling *telling, const struct path *path) {
  for (uint32_t i = 0; i < path->count; i++) {
    if (i) buf_append_byte(&telling->text, '.');
    if (path->steps[i].is_name)
      buf_append_slice(&telling->text, path->steps[i].name);
    else
      buf_append_format(&telling->text, "%d", (int)path->steps[i].index);
  }
  build_name(&telling->build, buf_slice(&telling->text));
  buf_reset(&telling->text);
}

void explain__filter(struct telling *telling, const struct plan *filter) {
  if (filter) explain_filter(&telling->build, "filter", filter->condition, &telling->text);
}

void explain__sort_pattern(struct telling *telling, const struct plan_sort_key *keys,
                           uint32_t count) {
  explain__begin(telling, "sortPattern", false);
  for (uint32_t i = 0; i < count; i++) {
    const struct expr *key = keys[i].expr;
    struct val direction = val_int32(keys[i].descending ? -1 : 1);
    if (key->kind == EXPR_FIELD && key->path.count) {
      explain__name_path(telling, &key->path);
    } else {
      expr_format(key, &telling->text);
      build_name(&telling->build, buf_slice(&telling->text));
      buf_reset(&telling->text);
    }
    build_put(&telling->build, &direction);
  }
  explain__end(telling);
}
