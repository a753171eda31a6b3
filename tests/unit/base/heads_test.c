/* SPDX-License-Identifier: MIT */
#include "base/ds/heads.h"

#include "tests/lib/test.h"

enum { MOST = 2000 };

static struct head heads[MOST], spare[MOST];
static bool met[MOST];

static void check(size_t count) {
  for (size_t i = 0; i < count; i++) met[i] = false;
  for (size_t i = 0; i < count; i++) {
    assert_in_range(heads[i].at, 0, count - 1);
    assert_false(met[heads[i].at]);
    met[heads[i].at] = true;
    if (i == 0) continue;
    assert_true(heads[i - 1].head <= heads[i].head);
    if (heads[i - 1].head == heads[i].head) assert_true(heads[i - 1].at < heads[i].at);
  }
}

static void heads_are_in_order_and_equal_ones_stay(void) {
  struct rng *rng = test_rng();
  for (int round = 0; round < 3000; round++) {
    size_t count = (size_t)rng_below(rng, rng_below(rng, 10) ? 60 : MOST);
    uint64_t mask = rng_next(rng) & rng_next(rng), base = rng_next(rng);
    if (round % 5 == 0) mask = 0xff;
    for (size_t i = 0; i < count; i++) heads[i] = (struct head){base ^ (rng_next(rng) & mask), i};
    uint64_t sum = 0, after = 0;
    for (size_t i = 0; i < count; i++) sum += heads[i].head * (heads[i].at + 1);
    heads_sort(heads, spare, count);
    for (size_t i = 0; i < count; i++) after += heads[i].head * (heads[i].at + 1);
    assert_int_equal(sum, after);
    check(count);
  }
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"heads_are_in_order_and_equal_ones_stay", heads_are_in_order_and_equal_ones_stay, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
