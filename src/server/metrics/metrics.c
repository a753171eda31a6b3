/* SPDX-License-Identifier: MIT */
#include "server/metrics/metrics.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/mem/mem.h"

/* Statuses that the API answers; all others are counted under 0. */
static const unsigned statuses[] = {0,   200, 201, 204, 304, 400, 401, 403, 404, 405, 408, 409, 411,
                                    412, 413, 415, 421, 423, 431, 499, 500, 501, 503, 504, 507};
enum { STATUSES_COUNT = sizeof statuses / sizeof statuses[0] };

/* Upper ends of the buckets in µs; the last one has none. */
static const uint64_t buckets[] = {100,   250,    500,    1000,   2500,    5000,    10000,   25000,
                                   50000, 100000, 250000, 500000, 1000000, 2500000, 10000000};
enum { BUCKETS_COUNT = sizeof buckets / sizeof buckets[0] + 1 };

struct route_counts {
  atomic_uint_fast64_t by_status[STATUSES_COUNT], by_bucket[BUCKETS_COUNT], total_us;
};

struct metrics {
  uint32_t loops, routes;      /* routes: with the last one for "none" */
  struct route_counts *counts; /* loop by loop */
};

status metrics_create(uint32_t loops, uint32_t routes_count, struct metrics **metrics,
                      struct err *err) {
  struct metrics *made = mem_zalloc(1, sizeof *made);
  struct route_counts *counts = mem_zalloc((size_t)loops * (routes_count + 1), sizeof *counts);
  if (!made || !counts) {
    mem_free(made);
    mem_free(counts);
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the metrics");
  }
  *made = (struct metrics){.loops = loops, .routes = routes_count + 1, .counts = counts};
  *metrics = made;
  return LUMA_OK;
}

void metrics_destroy(struct metrics *metrics) {
  if (!metrics) return;
  mem_free(metrics->counts);
  mem_free(metrics);
}

static size_t status_index(unsigned http_status) {
  for (size_t i = 1; i < STATUSES_COUNT; i++) {
    if (statuses[i] == http_status) return i;
  }
  return 0;
}

static size_t bucket_index(uint64_t took_us) {
  size_t i = 0;
  while (i < BUCKETS_COUNT - 1 && took_us > buckets[i]) i++;
  return i;
}

/* Only the loop writes here: no read-modify-write is needed. */
static void add(atomic_uint_fast64_t *count, uint64_t more) {
  uint64_t now = atomic_load_explicit(count, memory_order_relaxed);
  atomic_store_explicit(count, now + more, memory_order_relaxed);
}

void metrics_count(struct metrics *metrics, uint32_t loop, uint32_t route, unsigned http_status,
                   uint64_t took_us) {
  struct route_counts *counts = &metrics->counts[(size_t)loop * metrics->routes + route];
  add(&counts->by_status[status_index(http_status)], 1);
  add(&counts->by_bucket[bucket_index(took_us)], 1);
  add(&counts->total_us, took_us);
}

uint64_t metrics_requests(const struct metrics *metrics) {
  uint64_t sum = 0;
  for (size_t i = 0; i < (size_t)metrics->loops * metrics->routes; i++)
    for (size_t j = 0; j < STATUSES_COUNT; j++)
      sum += atomic_load_explicit(&metrics->counts[i].by_status[j], memory_order_relaxed);
  return sum;
}

/* ---- writing ---- */

static uint64_t sum_of(const struct metrics *metrics, uint32_t route, size_t offset) {
  uint64_t sum = 0;
  for (uint32_t loop = 0; loop < metrics->loops; loop++) {
    const uint8_t *at = (const uint8_t *)&metrics->counts[(size_t)loop * metrics->routes + route];
    sum += atomic_load_explicit((const atomic_uint_fast64_t *)(const void *)(at + offset),
                                memory_order_relaxed);
  }
  return sum;
}

static void write_requests(const struct metrics *metrics, uint32_t route, const char *labels,
                           struct buf *out) {
  for (size_t i = 0; i < STATUSES_COUNT; i++) {
    size_t offset = offsetof(struct route_counts, by_status) + i * sizeof(atomic_uint_fast64_t);
    uint64_t count = sum_of(metrics, route, offset);
    if (count == 0) continue;
    buf_append_format(out, "luma_http_requests_total{%s,status=\"%u\"} %llu\n", labels, statuses[i],
                      (unsigned long long)count);
  }
}

static void write_latency(const struct metrics *metrics, uint32_t route, const char *labels,
                          struct buf *out) {
  uint64_t below = 0;
  uint64_t total_us = sum_of(metrics, route, offsetof(struct route_counts, total_us));
  for (size_t i = 0; i < BUCKETS_COUNT; i++) {
    size_t offset = offsetof(struct route_counts, by_bucket) + i * sizeof(atomic_uint_fast64_t);
    char end[32] = "+Inf";
    below += sum_of(metrics, route, offset);
    if (i < BUCKETS_COUNT - 1) snprintf(end, sizeof end, "%g", (double)buckets[i] / 1e6);
    buf_append_format(out, "luma_http_request_seconds_bucket{%s,le=\"%s\"} %llu\n", labels, end,
                      (unsigned long long)below);
  }
  buf_append_format(out, "luma_http_request_seconds_sum{%s} %.6f\n", labels,
                    (double)total_us / 1e6);
  buf_append_format(out, "luma_http_request_seconds_count{%s} %llu\n", labels,
                    (unsigned long long)below);
}

static bool was_used(const struct metrics *metrics, uint32_t route) {
  for (size_t i = 0; i < BUCKETS_COUNT; i++) {
    size_t offset = offsetof(struct route_counts, by_bucket) + i * sizeof(atomic_uint_fast64_t);
    if (sum_of(metrics, route, offset)) return true;
  }
  return false;
}

typedef void write_route_fn(const struct metrics *metrics, uint32_t route, const char *labels,
                            struct buf *out);

static void write_routes(const struct metrics *metrics, metrics_name_fn *name,
                         write_route_fn *write, struct buf *out) {
  for (uint32_t route = 0; route < metrics->routes; route++) {
    const char *method, *pattern;
    char labels[128];
    if (!was_used(metrics, route)) continue;
    name(route, &method, &pattern);
    snprintf(labels, sizeof labels, "method=\"%s\",route=\"%s\"", method, pattern);
    write(metrics, route, labels, out);
  }
}

void metrics_write(const struct metrics *metrics, metrics_name_fn *name, struct buf *out) {
  buf_append_text(out, "# HELP luma_http_requests_total Requests answered.\n"
                       "# TYPE luma_http_requests_total counter\n");
  write_routes(metrics, name, write_requests, out);
  buf_append_text(out, "# HELP luma_http_request_seconds From the head read to the reply written.\n"
                       "# TYPE luma_http_request_seconds histogram\n");
  write_routes(metrics, name, write_latency, out);
}

void metrics_write_one(struct buf *out, const char *name, const char *kind, const char *help,
                       double value) {
  buf_append_format(out, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", name, help, name, kind, name,
                    value);
}
