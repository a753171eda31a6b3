/* SPDX-License-Identifier: MIT */
/* The documents: the same for every engine, made from their number. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/bench.h"

static const char *const cities[BENCH_CITIES] = {
    "Amsterdam", "Athens",    "Barcelona", "Berlin",     "Bern",     "Bratislava", "Brussels",
    "Bucharest", "Budapest",  "Cork",      "Copenhagen", "Dublin",   "Edinburgh",  "Florence",
    "Geneva",    "Ghent",     "Hamburg",   "Helsinki",   "Istanbul", "Kyiv",       "Krakow",
    "Lisbon",    "Ljubljana", "London",    "Lyon",       "Madrid",   "Malmo",      "Marseille",
    "Milan",     "Munich",    "Naples",    "Nice",       "Oslo",     "Ostrava",    "Paris",
    "Porto",     "Prague",    "Riga",      "Rome",       "Seville",  "Sofia",      "Stockholm",
    "Tallinn",   "Turin",     "Valencia",  "Venice",     "Vienna",   "Vilnius",    "Warsaw",
    "Zurich"};

uint64_t bench_random(uint64_t nth) {
  uint64_t z = (nth + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

const char *bench_city(uint64_t nth) {
  return cities[nth % BENCH_CITIES];
}

size_t bench_document(uint64_t number, char out[BENCH_DOC_BYTES_MAX]) {
  uint64_t r = bench_random(number);
  int bytes = snprintf(
      out, BENCH_DOC_BYTES_MAX,
      "{\"id\":%llu,\"name\":\"User "
      "%llu\",\"email\":\"user%llu@example.com\",\"age\":%u,\"city\":\"%s\",\"score\":%u.%02u,"
      "\"active\":%s,\"tags\":[\"t%u\",\"t%u\",\"t%u\"],\"address\":{\"street\":\"%u Main "
      "Street\",\"zip\":\"%05u\",\"floor\":%u},"
      "\"created_at\":\"2026-%02u-%02uT%02u:%02u:00Z\",\"note\":\"the quick brown fox jumps over "
      "the lazy dog %llx\"}",
      (unsigned long long)number, (unsigned long long)number, (unsigned long long)number,
      18 + (unsigned)(r % BENCH_AGES), bench_city(r >> 8), (unsigned)(r >> 16) % 100,
      (unsigned)(r >> 24) % 100, (r >> 32) & 1 ? "true" : "false", (unsigned)(r >> 33) % 100,
      (unsigned)(r >> 34) % 100, (unsigned)(r >> 35) % 100, (unsigned)(r >> 36) % 999,
      (unsigned)(r >> 40) % 99999, (unsigned)(r >> 44) % 9, 1 + (unsigned)(r >> 48) % 12,
      1 + (unsigned)(r >> 50) % 28, (unsigned)(r >> 52) % 24, (unsigned)(r >> 56) % 60,
      (unsigned long long)r);
  return (size_t)bytes;
}

char *bench_ndjson(uint64_t documents, size_t *bytes) {
  char *text = malloc(documents * BENCH_DOC_BYTES_MAX + 1);
  if (!text) bench_fail("bench", "documents", "no memory");
  *bytes = 0;
  for (uint64_t i = 0; i < documents; i++) {
    *bytes += bench_document(i, text + *bytes);
    text[(*bytes)++] = '\n';
  }
  return text;
}

double bench_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void bench_fail(const char *engine, const char *what, const char *why) {
  fprintf(stderr, "bench: %s: %s: %s\n", engine, what, why);
  exit(1);
}
