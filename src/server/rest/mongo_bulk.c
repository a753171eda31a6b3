/* SPDX-License-Identifier: MIT */
#include "server/rest/mongo_bulk.h"

struct sums {
  uint64_t inserted, matched, modified, upserted, deleted, failed;
};

static void add(struct sums *sums, const struct query_step *change) {
  switch ((int)change->kind) {
  case PLAN_INSERT: sums->inserted += change->affected; break;
  case PLAN_DELETE: sums->deleted += change->affected; break;
  default:
    sums->matched += change->matched;
    sums->modified += change->affected - change->upserted;
    sums->upserted += change->upserted;
  }
  sums->failed += change->failed != 0;
}

static void write_change(const struct session_outcome *outcome, uint32_t nth,
                         const struct mongo_teller *teller, struct buf *out) {
  const struct json_write_options options = {.form = teller->form, .key_name = "_id"};
  const struct query_step *change = &outcome->steps[nth];
  bool is_update = change->kind == PLAN_UPDATE;
  unsigned long long affected = change->affected, matched = change->matched;
  buf_append_format(out, "{\"ok\":%d,\"idx\":%u", change->failed == 0, nth);
  if (change->failed && change->failed <= outcome->write_errors_count) {
    buf_append_byte(out, ',');
    mongo_error_write_change(&outcome->write_errors[change->failed - 1], teller, out);
  }
  buf_append_format(out, ",\"n\":%llu", is_update ? matched + change->upserted : affected);
  if (is_update) buf_append_format(out, ",\"nModified\":%llu", affected - change->upserted);
  if (change->upserted) {
    buf_append_text(out, ",\"upserted\":{\"_id\":");
    json_write(out, &change->key, &options);
    buf_append_byte(out, '}');
  }
  buf_append_byte(out, '}');
}

void mongo_bulk_write(const struct session_outcome *outcome, const struct mongo_teller *teller,
                      bool errors_only, struct buf *out) {
  bool any = false;
  struct sums sums = {0};
  buf_append_text(out, "\"cursor\":{\"id\":0,\"firstBatch\":[");
  for (uint32_t i = 0; i < outcome->steps_count; i++) {
    add(&sums, &outcome->steps[i]);
    if (errors_only && !outcome->steps[i].failed) continue;
    if (any) buf_append_byte(out, ',');
    any = true;
    write_change(outcome, i, teller, out);
  }
  buf_append_format(out,
                    "],\"ns\":\"admin.$cmd.bulkWrite\"},\"nErrors\":%llu,\"nInserted\":%llu,"
                    "\"nMatched\":%llu,\"nModified\":%llu,\"nUpserted\":%llu,\"nDeleted\":%llu",
                    (unsigned long long)sums.failed, (unsigned long long)sums.inserted,
                    (unsigned long long)sums.matched, (unsigned long long)sums.modified,
                    (unsigned long long)sums.upserted, (unsigned long long)sums.deleted);
}
