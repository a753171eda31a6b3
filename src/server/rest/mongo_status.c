/* SPDX-License-Identifier: MIT */
#include "server/rest/mongo_status.h"

#include "base/os/process.h"

enum { MB_SHIFT = 20, KB_SHIFT = 10 };

static void begin(struct build *build, const char *name) {
  build_name(build, slice_of_text(name));
  build_begin_map(build);
}

static void put_list(struct build *build, const char *name, const char *const *texts,
                     size_t count) {
  build_name(build, slice_of_text(name));
  build_begin_list(build);
  for (size_t i = 0; i < count; i++) {
    struct val text = val_text(slice_of_text(texts[i]));
    build_put(build, &text);
  }
  build_end(build);
}

static uint64_t figure(const atomic_uint_fast64_t *of) {
  return atomic_load_explicit(of, memory_order_relaxed);
}

/* ---- what it is ---- */

status mongo_status_build(const struct mongo_asked *asked, struct err *err) {
  static const int version[] = {7, 0, 0, 0};
  static const char *const engines[] = {"lsm", "mem", "pg"};
  struct build *build = asked->build;
  (void)err;
  mongo_put_text(build, "version", STATEMENT_MONGO_VERSION ".0");
  put_list(build, "modules", NULL, 0);
  mongo_put_text(build, "allocator", "system");
  mongo_put_text(build, "javascriptEngine", "none");
  build_name(build, slice_of_text("versionArray"));
  build_begin_list(build);
  for (size_t i = 0; i < sizeof version / sizeof version[0]; i++) {
    struct val part = val_int64(version[i]);
    build_put(build, &part);
  }
  build_end(build);
  begin(build, "luma");
  mongo_put_text(build, "version", LUMA_VERSION_TEXT);
  build_end(build);
  mongo_put_number(build, "bits", 8 * sizeof(void *));
  mongo_put_flag(build, "debug", false);
  mongo_put_number(build, "maxBsonObjectSize", MONGO_DOCUMENT_BYTES_MAX);
  put_list(build, "storageEngines", engines, sizeof engines / sizeof engines[0]);
  return LUMA_OK;
}

status mongo_status_host(const struct mongo_asked *asked, struct err *err) {
  struct build *build = asked->build;
  struct process_machine machine;
  (void)err;
  process_tell_machine(&machine);
  begin(build, "system");
  mongo_put(build, "currentTime", mongo_status_now(asked));
  mongo_put_text(build, "hostname", machine.host);
  mongo_put_number(build, "cpuAddrSize", 8 * sizeof(void *));
  mongo_put_number(build, "memSizeMB", process_memory_bytes() >> MB_SHIFT);
  mongo_put_number(build, "numCores", process_cores_count());
  mongo_put_text(build, "cpuArch", machine.architecture);
  build_end(build);
  begin(build, "os");
  mongo_put_text(build, "type", machine.system);
  mongo_put_text(build, "name", machine.system);
  mongo_put_text(build, "version", machine.release);
  build_end(build);
  return LUMA_OK;
}

/* ---- how it goes: the sections of serverStatus ---- */

static void put_asserts(const struct mongo_asked *asked) {
  mongo_put_number(asked->build, "user",
                   figure(&asked->exchange->rest->options.db->counters.failures));
}

static void put_connections(const struct mongo_asked *asked) {
  const struct rest *rest = asked->exchange->rest;
  struct http_stats http = http_stats(rest->http);
  uint64_t most = (uint64_t)rest->options.config->limits.connections;
  uint64_t open = http.connections_open;
  mongo_put_number(asked->build, "current", open);
  mongo_put_number(asked->build, "available", most > open ? most - open : 0);
  mongo_put_number(asked->build, "totalCreated", http.connections_accepted);
  mongo_put_number(asked->build, "active", http_running(rest->http));
}

static void put_process(const struct mongo_asked *asked) {
  struct process_use use;
  process_tell_use(&use);
  mongo_put_text(asked->build, "note", "fields vary by platform");
  mongo_put_number(asked->build, "user_time_us", use.user_us);
  mongo_put_number(asked->build, "system_time_us", use.system_us);
  mongo_put_number(asked->build, "maximum_resident_set_kb", process_peak_bytes() >> KB_SHIFT);
  mongo_put_number(asked->build, "page_faults", use.page_faults);
}

static uint64_t up_us(const struct mongo_asked *asked) {
  const struct db *db = asked->exchange->rest->options.db;
  return os_monotonic_us(db->os) - db->opened_us;
}

/* There is no such lock: what waits is for a worker. */
static void put_queue(const struct mongo_asked *asked) {
  struct work_stats work = work_stats(asked->exchange->rest->options.pool);
  mongo_put_number(asked->build, "totalTime", up_us(asked));
  begin(asked->build, "currentQueue");
  mongo_put_number(asked->build, "total", work.queued);
  build_end(asked->build);
  begin(asked->build, "activeClients");
  mongo_put_number(asked->build, "total", work.busy);
  build_end(asked->build);
}

static void put_sessions(const struct mongo_asked *asked) {
  struct registry_stats registry = registry_stats(asked->exchange->rest->registry);
  mongo_put_number(asked->build, "activeSessionsCount", registry.sessions);
}

static void put_memory(const struct mongo_asked *asked) {
  struct process_use use;
  process_tell_use(&use);
  mongo_put_number(asked->build, "bits", 8 * sizeof(void *));
  mongo_put_number(asked->build, "resident", use.resident_bytes >> MB_SHIFT);
  mongo_put_number(asked->build, "virtual", use.virtual_bytes >> MB_SHIFT);
  mongo_put_flag(asked->build, "supported", use.resident_bytes > 0);
}

static void put_metrics(const struct mongo_asked *asked) {
  struct db_counters *counters = &asked->exchange->rest->options.db->counters;
  struct registry_stats registry = registry_stats(asked->exchange->rest->registry);
  struct build *build = asked->build;
  begin(build, "document");
  mongo_put_number(build, "deleted", figure(&counters->deleted));
  mongo_put_number(build, "inserted", figure(&counters->inserted));
  mongo_put_number(build, "returned", figure(&counters->documents_read));
  mongo_put_number(build, "updated", figure(&counters->updated));
  build_end(build);
  begin(build, "cursor");
  begin(build, "open");
  mongo_put_number(build, "total", registry.cursors);
  build_end(build);
  build_end(build);
  mongo_put_number(build, "statements", figure(&counters->statements));
  mongo_put_number(build, "failures", figure(&counters->failures));
  mongo_put_number(build, "retries", figure(&counters->retries));
  mongo_put_number(build, "documentsRead", figure(&counters->documents_read));
  mongo_put_number(build, "documentsWritten", figure(&counters->documents_written));
  mongo_put_number(build, "cursorsOpen", registry.cursors);
  mongo_put_number(build, "sessionsOpen", registry.sessions);
  mongo_put_number(build, "statementsRunning", registry.running);
}

static void put_network(const struct mongo_asked *asked) {
  const struct rest *rest = asked->exchange->rest;
  struct http_stats http = http_stats(rest->http);
  mongo_put_number(asked->build, "bytesIn", http.bytes_received);
  mongo_put_number(asked->build, "bytesOut", http.bytes_sent);
  mongo_put_number(asked->build, "numRequests", metrics_requests(rest->metrics));
}

static void put_operations(const struct mongo_asked *asked) {
  const struct rest *rest = asked->exchange->rest;
  const struct db_counters *counters = &rest->options.db->counters;
  mongo_put_number(asked->build, "insert", figure(&counters->inserts));
  mongo_put_number(asked->build, "query", figure(&counters->queries));
  mongo_put_number(asked->build, "update", figure(&counters->updates));
  mongo_put_number(asked->build, "delete", figure(&counters->deletes));
  mongo_put_number(asked->build, "getmore", figure(&rest->get_mores));
  mongo_put_number(asked->build, "command", figure(&counters->commands) + figure(&rest->commands));
}

static void put_engine(const struct mongo_asked *asked) {
  const char *name = model_store(asked->exchange->rest->options.db->model)->ops->name;
  mongo_put_text(asked->build, "name", name);
  mongo_put_flag(asked->build, "persistent", strcmp(name, "mem") != 0);
}

static const struct section {
  const char *name;
  void (*put)(const struct mongo_asked *asked);
} sections[] = {{"asserts", put_asserts},
                {"connections", put_connections},
                {"extra_info", put_process},
                {"globalLock", put_queue},
                {"logicalSessionRecordCache", put_sessions},
                {"mem", put_memory},
                {"metrics", put_metrics},
                {"network", put_network},
                {"opcounters", put_operations},
                {"storageEngine", put_engine}};

/* {"serverStatus": 1, "metrics": 0} is all but for that section. */
static bool is_wanted(const struct mongo_asked *asked, const char *section) {
  struct val given = mongo_asked_field(asked, section);
  if (given.type == VAL_BOOL) return given.boolean;
  return !val_is_number(&given) || val_to_float64(&given) != 0;
}

status mongo_status_server(const struct mongo_asked *asked, struct err *err) {
  struct build *build = asked->build;
  struct process_machine machine;
  uint64_t us = up_us(asked);
  (void)err;
  process_tell_machine(&machine);
  mongo_put_text(build, "host", machine.host);
  mongo_put_text(build, "version", STATEMENT_MONGO_VERSION ".0");
  mongo_put_text(build, "process", "lumadb");
  mongo_put_number(build, "pid", process_id());
  mongo_put_number(build, "uptime", us / 1000000);
  mongo_put_number(build, "uptimeMillis", us / 1000);
  mongo_put_number(build, "uptimeEstimate", us / 1000000);
  mongo_put(build, "localTime", mongo_status_now(asked));
  for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
    if (!is_wanted(asked, sections[i].name)) continue;
    begin(build, sections[i].name);
    sections[i].put(asked);
    build_end(build);
  }
  return LUMA_OK;
}
