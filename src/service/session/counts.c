/* SPDX-License-Identifier: MIT */
/* What statements did, into the figures of the database. */
#include "service/session/session_int.h"

static void add(atomic_uint_fast64_t *figure, uint64_t count) {
  atomic_fetch_add_explicit(figure, count, memory_order_relaxed);
}

/* MongoDB counts the document that an upsert makes as one that was inserted. */
static void count_one(struct db_counters *counters, const struct query_step *change) {
  switch ((int)change->kind) {
  case PLAN_INSERT:
    add(&counters->inserts, change->affected + (change->failed != 0));
    add(&counters->inserted, change->affected);
    break;
  case PLAN_DELETE:
    add(&counters->deletes, 1);
    add(&counters->deleted, change->affected);
    break;
  default:
    add(&counters->updates, 1);
    add(&counters->updated, change->affected - change->upserted);
    add(&counters->inserted, change->upserted);
  }
}

void session__count(const struct session_cursor *cursor) {
  const struct session_outcome *outcome = &cursor->outcome;
  struct db_counters *counters = &cursor->session->db->counters;
  if (!query_is_write(cursor->query)) {
    bool is_query = query_root(cursor->query)->kind < PLAN_INSERT;
    add(is_query ? &counters->queries : &counters->commands, 1);
    return;
  }
  if (!plan_is_change(cursor->kind)) {
    add(&counters->commands, 1);
    return;
  }
  const struct query_step whole = {
      .kind = (uint8_t)cursor->kind, .affected = outcome->affected, .upserted = outcome->upserted};
  add(&counters->documents_written, outcome->affected);
  if (!outcome->steps_count) count_one(counters, &whole);
  if (!outcome->steps_count && cursor->kind == PLAN_INSERT)
    add(&counters->inserts, outcome->write_errors_count);
  for (uint32_t i = 0; i < outcome->steps_count; i++) count_one(counters, &outcome->steps[i]);
}
