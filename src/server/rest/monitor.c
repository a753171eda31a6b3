/* SPDX-License-Identifier: MIT */
/* What watches the server: health, readiness, metrics, the description of the interface. */
#include "base/os/process.h"
#include "server/rest/openapi.h"
#include "server/rest/rest_int.h"

status rest__healthz(struct exchange *exchange, struct err *err) {
  struct buf *out = &exchange->request->reply.body;
  buf_append_text(out, "{\"status\":\"ok\",\"version\":\"" LUMA_VERSION_TEXT "\"}");
  rest__json(exchange, 200);
  return buf_check(out, "the reply", err);
}

status rest__readyz(struct exchange *exchange, struct err *err) {
  struct buf *out = &exchange->request->reply.body;
  bool is_ready = atomic_load(&exchange->rest->is_ready);
  if (!is_ready) FAIL(err, LUMA_BUSY, "the server is starting or stopping");
  struct store_stats store = {0};
  TRY(store_get_stats(model_store(exchange->rest->options.db->model), &store, err));
  if (store.trouble == LUMA_OK) {
    buf_append_text(out, "{\"status\":\"ready\"}");
  } else {
    buf_append_format(out, "{\"status\":\"%s\",\"reason\":",
                      store.trouble == LUMA_DISK_FULL ? "disk_full" : "read_only");
    json_write_text(out, slice_of_text(store.reason));
    buf_append_byte(out, '}');
  }
  rest__json(exchange, 200);
  return buf_check(out, "the reply", err);
}

status rest__openapi(struct exchange *exchange, struct err *err) {
  struct buf *out = &exchange->request->reply.body;
  buf_append_slice(out, openapi_text());
  rest__json(exchange, 200);
  return buf_check(out, "the reply", err);
}

/* ---- metrics ---- */

struct figure {
  const char *name, *kind, *help;
  uint64_t value;
};

static void write_figures(struct buf *out, const struct figure *figures, size_t count) {
  for (size_t i = 0; i < count; i++) {
    metrics_write_one(out, figures[i].name, figures[i].kind, figures[i].help,
                      (double)figures[i].value);
  }
}

static void write_server(const struct rest *rest, struct buf *out) {
  struct http_stats http = http_stats(rest->http);
  struct work_stats work = work_stats(rest->options.pool);
  struct registry_stats registry = registry_stats(rest->registry);
  const struct figure figures[] = {
      {"luma_connections_open", "gauge", "Connections open.", http.connections_open},
      {"luma_connections_total", "counter", "Connections accepted.", http.connections_accepted},
      {"luma_sent_bytes_total", "counter", "Bytes sent.", http.bytes_sent},
      {"luma_received_bytes_total", "counter", "Bytes of bodies received.", http.bytes_received},
      {"luma_requests_running", "gauge", "Requests under way.", http_running(rest->http)},
      {"luma_workers", "gauge", "Worker threads.", work.workers},
      {"luma_workers_busy", "gauge", "Worker threads that work.", work.busy},
      {"luma_queue_length", "gauge", "Requests that wait for a worker.", work.queued},
      {"luma_queue_refused_total", "counter", "Requests refused: the queue was full.",
       work.refused},
      {"luma_sessions_open", "gauge", "Sessions open.", registry.sessions},
      {"luma_cursors_open", "gauge", "Cursors open.", registry.cursors},
      {"luma_statements_running", "gauge", "Statements that run.", registry.running},
      {"luma_memory_peak_bytes", "gauge", "Most memory the process has held.",
       process_peak_bytes()},
  };
  write_figures(out, figures, sizeof figures / sizeof figures[0]);
}

static status write_db(const struct rest *rest, struct buf *out, struct err *err) {
  struct db *db = rest->options.db;
  struct store_stats store = {0};
  TRY(store_get_stats(model_store(db->model), &store, err));
  const struct figure figures[] = {
      {"luma_statements_total", "counter", "Statements run.",
       atomic_load(&db->counters.statements)},
      {"luma_statement_failures_total", "counter", "Statements that failed.",
       atomic_load(&db->counters.failures)},
      {"luma_statement_retries_total", "counter", "Statements tried again after a conflict.",
       atomic_load(&db->counters.retries)},
      {"luma_documents_read_total", "counter", "Documents read.",
       atomic_load(&db->counters.documents_read)},
      {"luma_documents_written_total", "counter", "Documents written.",
       atomic_load(&db->counters.documents_written)},
      {"luma_store_commits_total", "counter", "Commits.", store.commits},
      {"luma_store_conflicts_total", "counter", "Commits refused by a conflict.", store.conflicts},
      {"luma_store_syncs_total", "counter", "Times the log was made durable.", store.syncs},
      {"luma_store_written_bytes_total", "counter", "Bytes written to files.", store.bytes_written},
      {"luma_store_read_bytes_total", "counter", "Bytes read from files.", store.bytes_read},
      {"luma_store_memtable_bytes", "gauge", "Bytes in memory tables.", store.memtable_bytes},
      {"luma_store_file_bytes", "gauge", "Bytes of sorted files.", store.file_bytes},
      {"luma_store_wal_bytes", "gauge", "Bytes of the log.", store.wal_bytes},
      {"luma_store_files", "gauge", "Sorted files.", store.files},
      {"luma_store_cache_bytes", "gauge", "Bytes of blocks in the cache.", store.cache_bytes},
      {"luma_store_cache_hits_total", "counter", "Blocks found in the cache.", store.cache_hits},
      {"luma_store_cache_misses_total", "counter", "Blocks read from files.", store.cache_misses},
      {"luma_store_snapshots_open", "gauge", "Snapshots held.", store.snapshots_open},
      {"luma_store_writable", "gauge",
       "1 while everything is written, 0 when the disk is full or failed.",
       store.trouble == LUMA_OK},
  };
  write_figures(out, figures, sizeof figures / sizeof figures[0]);
  return LUMA_OK;
}

status rest__metrics(struct exchange *exchange, struct err *err) {
  struct http_reply *reply = &exchange->request->reply;
  const struct rest *rest = exchange->rest;
  metrics_write(rest->metrics, rest__route_name, &reply->body);
  write_server(rest, &reply->body);
  TRY(write_db(rest, &reply->body, err));
  reply->status = 200;
  reply->content_type = "text/plain; version=0.0.4";
  return buf_check(&reply->body, "the metrics", err);
}
