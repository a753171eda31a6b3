/* SPDX-License-Identifier: MIT */
/* What the server counts: requests by route and status, and how long they took. Each loop counts in
 * memory of its own; readers add up. Thread: metrics_count by the loop alone, the rest any. */
#ifndef SERVER_METRICS_METRICS_H
#define SERVER_METRICS_METRICS_H

#include "base/text/buf.h"

struct metrics;

/** `routes` are numbered from 0; number routes_count stands for all that match none. */
status metrics_create(uint32_t loops, uint32_t routes_count, struct metrics **metrics,
                      struct err *err);
void metrics_destroy(struct metrics *metrics);
void metrics_count(struct metrics *metrics, uint32_t loop, uint32_t route, unsigned http_status,
                   uint64_t took_us);

/** How many were counted. */
uint64_t metrics_requests(const struct metrics *metrics);

/** Names a route in the text: method and pattern, static. */
typedef void metrics_name_fn(uint32_t route, const char **method, const char **pattern);
/** Appends what was counted in Prometheus' text form, version 0.0.4. */
void metrics_write(const struct metrics *metrics, metrics_name_fn *name, struct buf *out);
/** Appends one figure of its own. `kind` is "gauge" or "counter". */
void metrics_write_one(struct buf *out, const char *name, const char *kind, const char *help,
                       double value);

#endif
