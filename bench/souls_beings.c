/* SPDX-License-Identifier: MIT */
/* The beings of the benchmark of souls, and how its figures are made. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/souls.h"

static const char *const souls_names[SOULS_COLUMNS] = {"id",     "email",   "name",  "age",
                                                       "city",   "country", "score", "rating",
                                                       "active", "level",   "plan",  "bio"};
static const bool is_text[SOULS_COLUMNS] = {false, true,  true,  false, true, true,
                                            false, false, false, false, true, true};

void souls_values(uint64_t n, char values[SOULS_COLUMNS][SOULS_TEXT_BYTES]) {
  enum { BYTES = SOULS_TEXT_BYTES };
  uint64_t r = n * 2654435761u;
  const char *const plans[] = {"free", "basic", "pro"};
  (void)snprintf(values[0], BYTES, "%llu", (unsigned long long)n);
  (void)snprintf(values[1], BYTES, "user%llu@example.org", (unsigned long long)(r % 1000000007));
  (void)snprintf(values[2], BYTES, "Name of %llu", (unsigned long long)n);
  (void)snprintf(values[3], BYTES, "%llu", (unsigned long long)(18 + r % 60));
  (void)snprintf(values[4], BYTES, "city%llu", (unsigned long long)(r % 50));
  (void)snprintf(values[5], BYTES, "country%llu", (unsigned long long)(r % 20));
  (void)snprintf(values[6], BYTES, "%llu.5", (unsigned long long)(r % 99));
  (void)snprintf(values[7], BYTES, "%llu.25", (unsigned long long)(r % 5));
  (void)snprintf(values[8], BYTES, "%s", r & 1 ? "true" : "false");
  (void)snprintf(values[9], BYTES, "%llu", (unsigned long long)(r % 10));
  (void)snprintf(values[10], BYTES, "%s", plans[r % 3]);
  (void)snprintf(values[11], BYTES, "likes long walks and number %llu",
                 (unsigned long long)(r % 1000));
}

const struct souls_form souls_form = {souls_names};

size_t souls_json(uint64_t n, const struct souls_form *form, char out[SOULS_JSON_BYTES]) {
  char values[SOULS_COLUMNS][SOULS_TEXT_BYTES];
  size_t at = 0;
  souls_values(n, values);
  for (int i = 0; i < SOULS_COLUMNS; i++) {
    const char *quote = is_text[i] ? "\"" : "";
    at += (size_t)snprintf(out + at, SOULS_JSON_BYTES - at, "%s\"%s\":%s%s%s", i ? "," : "{",
                           form->names[i], quote, values[i], quote);
  }
  out[at++] = '}';
  return at;
}

/* ---- figures ---- */

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double souls_median(double *values, uint32_t count) {
  qsort(values, count, sizeof *values, compare);
  return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

struct souls_pairs souls_measure(souls_side *side, void *context, uint32_t pairs) {
  double seconds[2][SOULS_PAIRS_MAX], ratios[SOULS_PAIRS_MAX];
  uint32_t count = pairs < SOULS_PAIRS_MAX ? pairs : SOULS_PAIRS_MAX;
  for (uint32_t i = 0; i < count; i++) {
    int first = i % 2 ? 1 : 0;
    seconds[first][i] = side(context, first);
    seconds[!first][i] = side(context, !first);
    ratios[i] = seconds[0][i] / seconds[1][i];
  }
  return (struct souls_pairs){
      .seconds = {souls_median(seconds[0], count), souls_median(seconds[1], count)},
      .ratio = souls_median(ratios, count)};
}

double souls_cpu(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void souls_show(const struct souls *souls, const struct souls_figure *f) {
  bool met = f->at_most ? f->ratio <= f->target : f->ratio >= f->target;
  if (souls->tiny) return;
  if (souls->tsv)
    printf("%s\t%.1f\t%s\t%s\t%.1f\t%.3f\t%.2f\t%s\n", f->name, f->figure, f->unit, f->peer,
           f->peer_figure, f->ratio, f->target, met ? "yes" : "no");
  else
    printf("%-44s %12.1f %-10s %-26s %12.1f  x%.3f (%s %.2f) %s\n", f->name, f->figure, f->unit,
           f->peer, f->peer_figure, f->ratio, f->at_most ? "at most" : "at least", f->target,
           met ? "met" : "NOT met");
  (void)fflush(stdout);
}

/* ---- LumaDB ---- */

void souls_check(struct souls *souls, enum luma_status status, const char *what) {
  if (status != LUMA_OK) bench_fail("lumadb", what, souls->error.message);
}

void souls_exec(struct souls *souls, const char *text) {
  souls_check(souls, luma_exec(souls->session, "lql", text, NULL, &souls->error), text);
}

void souls_create(struct souls *souls, const char *name, const char *age, const char *bio,
                  const char *more) {
  char text[SOULS_JSON_BYTES];
  (void)snprintf(
      text, sizeof text,
      "CREATE TABLE %s (id INT PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, %s, "
      "city TEXT, country TEXT, score FLOAT, rating FLOAT, active BOOLEAN, level INT, plan TEXT, "
      "%s%s, CONSTRAINT grown CHECK (age >= 18 AND age < 150), "
      "CONSTRAINT fair CHECK (score <= 100.0 OR level > 3))",
      name, age, bio, more);
  souls_exec(souls, text);
}
