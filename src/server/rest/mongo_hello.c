/* SPDX-License-Identifier: MIT */
/* hello, and isMaster, as it was called before. A server that stands alone has one topology as long
 * as it runs: who waits for another waits as long as it may. */
#include "server/rest/mongo_status.h"

enum {
  CHANGES_MAX = 100000, /* of one command */
  WIRE_VERSION = 21,    /* of MongoDB 7.0, whose language this is */
  NOT_BOTH = 31368,
  NEGATIVE_WAIT = 31373
};

static void put_topology(const struct mongo_asked *asked) {
  struct val process = {.type = VAL_OBJECTID};
  memcpy(process.id, asked->exchange->rest->process, sizeof asked->exchange->rest->process);
  build_name(asked->build, slice_of_text("topologyVersion"));
  build_begin_map(asked->build);
  mongo_put(asked->build, "processId", process);
  mongo_put_number(asked->build, "counter", 0);
  build_end(asked->build);
}

static void put_limits(const struct mongo_asked *asked) {
  const struct config *config = asked->exchange->rest->options.config;
  struct build *build = asked->build;
  put_topology(asked);
  mongo_put_number(build, "maxBsonObjectSize", MONGO_DOCUMENT_BYTES_MAX);
  mongo_put_number(build, "maxMessageSizeBytes", (uint64_t)config->limits.body_bytes);
  mongo_put_number(build, "maxWriteBatchSize", CHANGES_MAX);
  mongo_put(build, "localTime", mongo_status_now(asked));
  mongo_put_number(build, "logicalSessionTimeoutMinutes",
                   (uint64_t)config->limits.session_idle_ms / 60000);
  mongo_put_number(build, "minWireVersion", 0);
  mongo_put_number(build, "maxWireVersion", WIRE_VERSION);
  mongo_put_flag(build, "readOnly", asked->exchange->rest->options.db->options.read_only);
}

/* Whether it is the topology of this process that the client knows. */
static bool is_ours(const struct mongo_asked *asked, const struct val *version) {
  const struct rest *rest = asked->exchange->rest;
  struct val process = val_field(version, slice_of_text("processId"));
  return process.type == VAL_OBJECTID &&
         memcmp(process.id, rest->process, sizeof rest->process) == 0;
}

static status wait_for_change(const struct mongo_asked *asked, uint64_t wait_ms, struct err *err) {
  enum { PAUSE_US = 5000 };
  struct exchange *exchange = asked->exchange;
  struct os *os = exchange->rest->options.os;
  struct work_pool *pool = exchange->rest->options.pool;
  uint64_t until_us = os_monotonic_us(os) + wait_ms * 1000;
  bool is_going = true;
  if (!work_wait_begin(pool)) return LUMA_OK;
  while (is_going && os_monotonic_us(os) < until_us) {
    os_sleep_us(os, PAUSE_US);
    is_going = atomic_load(&exchange->rest->is_ready) && !http_is_lost(exchange->request) &&
               !atomic_load(&exchange->cancelled);
  }
  work_wait_end(pool);
  if (atomic_load(&exchange->cancelled)) FAIL(err, LUMA_CANCELLED, "the wait was cancelled");
  return LUMA_OK;
}

static status await(const struct mongo_asked *asked, struct err *err) {
  struct val version = mongo_asked_field(asked, "topologyVersion");
  struct val wait = mongo_asked_field(asked, "maxAwaitTimeMS");
  int64_t wait_ms = 0;
  uint32_t wrong = 0;
  if ((version.type == VAL_MISSING) != (wait.type == VAL_MISSING)) {
    bool has = version.type != VAL_MISSING;
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "A request with %s must include %s",
              has ? "a 'topologyVersion'" : "'maxAwaitTimeMS'",
              has ? "'maxAwaitTimeMS'" : "a 'topologyVersion'");
    wrong = NOT_BOTH;
  } else if (wait.type != VAL_MISSING && !(val_is_number(&wait) && val_to_int64(&wait, &wait_ms) &&
                                           wait_ms >= 0 && wait_ms <= INT32_MAX)) {
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
              "maxAwaitTimeMS must be a non-negative integer");
    wrong = NEGATIVE_WAIT;
  }
  if (!wrong)
    return is_ours(asked, &version) ? wait_for_change(asked, (uint64_t)wait_ms, err) : LUMA_OK;
  if (err) err->foreign = wrong;
  return LUMA_INVALID_ARGUMENT;
}

static status answer(const struct mongo_asked *asked, const char *primary, struct err *err) {
  TRY(await(asked, err));
  mongo_put_flag(asked->build, "helloOk", true);
  mongo_put_flag(asked->build, primary, true);
  put_limits(asked);
  return LUMA_OK;
}

status mongo_hello(const struct mongo_asked *asked, struct err *err) {
  return answer(asked, "isWritablePrimary", err);
}

status mongo_hello_old(const struct mongo_asked *asked, struct err *err) {
  return answer(asked, "ismaster", err);
}
