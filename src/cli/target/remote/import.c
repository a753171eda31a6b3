/* SPDX-License-Identifier: MIT */
/* Import into a server: the bytes go through the import of a small database in memory, which reads
 * every type of input and finds its errors; what it holds after each piece is sent on as documents
 * and taken out of it again. Under a guard they go into a transaction of a session, which is
 * committed at the end, or (a dry run) rolled back. */
#include "base/mem/mem.h"
#include "cli/target/remote/remote_int.h"

enum { BATCH_DOCUMENTS = 1000, BATCH_BYTES = 4 << 20, BODY_BYTES_MAX = 128 << 20 };

struct passing {
  struct remote *remote;
  struct target *stage; /* memory: */
  struct target_import *import;
  struct buf path, body, text, values;
  uint32_t batch; /* documents in `body` */
  struct query_guard guard;
  bool is_guarded, failed;
  struct buf *told; /* of a dry run: documents as they are sent */
  uint32_t told_count;
  struct import_stats stats;
};

static struct passing *passing_of(const struct target_import *import) {
  return (struct passing *)(uintptr_t)import;
}

static void destroy(struct passing *passing) {
  target_close(passing->stage);
  buf_deinit(&passing->path);
  buf_deinit(&passing->body);
  buf_deinit(&passing->text);
  buf_deinit(&passing->values);
  mem_free(passing);
}

static status make_path(struct passing *passing, struct slice collection, struct err *err) {
  buf_append_text(&passing->path, "/v1/collections/");
  TRY(http_append_escaped(passing->remote->http, collection, &passing->path, err));
  buf_append_text(&passing->path, "/documents");
  buf_append_byte(&passing->path, 0);
  return buf_check(&passing->path, "the address", err);
}

static status open_stage(struct passing *passing, enum import_type type, struct err *err) {
  struct target_importing stage = {.collection = slice_of_text("stage"), .type = type};
  TRY(target_open_local("memory:", &passing->remote->options, &passing->stage, err));
  return passing->stage->ops->import_open(passing->stage, &stage, &passing->import, err);
}

static status transact(struct passing *passing, const char *what, struct err *err) {
  return target_exec(&passing->remote->target, "lql", slice_of_text(what), err);
}

status remote__import_open(struct target *target, const struct target_importing *importing,
                           struct target_import **import, struct err *err) {
  struct passing *passing = mem_zalloc(1, sizeof *passing);
  if (!passing) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for an import");
  passing->remote = remote__of(target);
  buf_init(&passing->path, 4096);
  buf_init(&passing->body, BODY_BYTES_MAX);
  buf_init(&passing->text, BODY_BYTES_MAX);
  buf_init(&passing->values, BODY_BYTES_MAX);
  passing->guard = importing->guard;
  passing->is_guarded = importing->guard.is_limited || importing->guard.dry_run;
  if (importing->guard.dry_run) passing->told = importing->told;
  status result = make_path(passing, importing->collection, err);
  if (result == LUMA_OK) result = open_stage(passing, importing->type, err);
  if (result == LUMA_OK && passing->is_guarded) result = transact(passing, "BEGIN", err);
  *import = (struct target_import *)(void *)passing;
  if (result != LUMA_OK) destroy(passing);
  return result;
}

/* ---- passing on ---- */

static status check_limit(const struct passing *passing, struct err *err) {
  unsigned long long most = passing->guard.max_affected;
  if (!passing->guard.is_limited || passing->stats.documents + passing->batch <= most)
    return LUMA_OK;
  err_raise(err, LUMA_MAX_AFFECTED, __FILE__, __LINE__,
            "the import would add more than %llu document%s", most, most == 1 ? "" : "s");
  err_hint(err, "nothing was changed; import less or raise max_affected");
  return LUMA_MAX_AFFECTED;
}

static status send_batch(struct passing *passing, struct err *err) {
  if (passing->batch == 0) return LUMA_OK;
  TRY(check_limit(passing, err));
  buf_append_byte(&passing->body, ']');
  TRY(buf_check(&passing->body, "the request", err));
  struct http_request request = {.method = "POST",
                                 .path = (const char *)passing->path.data,
                                 .body = buf_slice(&passing->body)};
  struct val answer;
  TRY(remote__ask(passing->remote, &request, &passing->text, &passing->values, &answer, err));
  passing->stats.documents += passing->batch;
  passing->batch = 0;
  buf_reset(&passing->body);
  return LUMA_OK;
}

static status tell(struct passing *passing, const struct val *row, struct err *err) {
  static const struct json_write_options plain = {.form = JSON_PLAIN};
  if (!passing->told || passing->told_count == IMPORT_TOLD_MAX) return LUMA_OK;
  passing->told_count++;
  json_write(passing->told, row, &plain);
  buf_append_byte(passing->told, '\n');
  return buf_check(passing->told, "the documents", err);
}

static status send_rows(struct passing *passing, struct target_reply *reply, struct err *err) {
  static const struct json_write_options tagged = {.form = JSON_TAGGED, .key_name = "_id"};
  struct val row;
  for (bool has = true;;) {
    TRY(passing->stage->ops->next(reply, &row, &has, err));
    if (!has) return send_batch(passing, err);
    buf_append_byte(&passing->body, passing->batch ? ',' : '[');
    json_write(&passing->body, &row, &tagged);
    passing->batch++;
    TRY(tell(passing, &row, err));
    if (passing->batch == BATCH_DOCUMENTS || passing->body.bytes > BATCH_BYTES)
      TRY(send_batch(passing, err));
  }
}

/* Sends what the stage holds and empties it. */
static status pass_on(struct passing *passing, struct err *err) {
  struct target_statement all = {.language = "lql", .text = slice_of_text("SELECT * FROM stage")};
  struct target_reply *reply;
  TRY(target_run(passing->stage, &all, &reply, err));
  status result = send_rows(passing, reply, err);
  passing->stage->ops->end(reply);
  TRY(result);
  return target_exec(passing->stage, "lql", slice_of_text("DELETE FROM stage"), err);
}

status remote__import_write(struct target_import *import, struct slice bytes, struct err *err) {
  struct passing *passing = passing_of(import);
  passing->stats.bytes += bytes.bytes;
  status result = passing->stage->ops->import_write(passing->import, bytes, err);
  if (result == LUMA_OK) result = pass_on(passing, err);
  passing->failed |= result != LUMA_OK;
  return result;
}

struct import_stats remote__import_progress(const struct target_import *import) {
  return passing_of(import)->stats;
}

static status end_guarded(struct passing *passing, status result, struct err *err) {
  bool is_kept = result == LUMA_OK && !passing->failed && !passing->guard.dry_run;
  if (is_kept) result = transact(passing, "COMMIT", err);
  if (result != LUMA_OK || passing->failed) passing->stats.documents = 0;
  if (!is_kept) (void)transact(passing, "ROLLBACK", NULL);
  return result;
}

status remote__import_close(struct target_import *import, struct import_stats *stats,
                            struct err *err) {
  struct passing *passing = passing_of(import);
  struct err second = {0};
  status result = passing->stage->ops->import_close(passing->import, NULL, err);
  /* What was good before a failure goes in, unless all was to go in. */
  bool is_over = passing->is_guarded && (passing->failed || result != LUMA_OK);
  status passed = is_over ? LUMA_OK : pass_on(passing, result == LUMA_OK ? err : &second);
  if (result == LUMA_OK) result = passed;
  if (passing->is_guarded) result = end_guarded(passing, result, err);
  if (stats) *stats = passing->stats;
  destroy(passing);
  return result;
}
