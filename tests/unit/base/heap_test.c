/* SPDX-License-Identifier: MIT */
#include "base/ds/heap.h"

#include <string.h>

#include "tests/lib/fault.h"
#include "tests/lib/test.h"

struct item {
  uint64_t order, payload;
};

static bool comes_before(const void *context, const void *a, const void *b) {
  bool descending = *(const bool *)context;
  uint64_t left = ((const struct item *)a)->order, right = ((const struct item *)b)->order;
  return descending ? left > right : left < right;
}

static void items_come_out_in_order(void) {
  for (int descending = 0; descending < 2; descending++) {
    bool context = descending;
    struct heap heap;
    heap_init(&heap, sizeof(struct item), comes_before, &context);
    uint64_t sum = 0;
    for (size_t i = 0; i < 5000; i++) {
      struct item item = {rng_below(test_rng(), 1000), rng_next(test_rng())};
      sum += item.payload;
      assert_true(heap_push(&heap, &item));
    }
    struct item last, item;
    for (size_t i = 0; heap_pop(&heap, &item); i++, last = item) {
      assert_true(i == 0 || !comes_before(&context, &item, &last));
      sum -= item.payload;
    }
    assert_int_equal(sum, 0);
    assert_null(heap_peek(&heap));
    heap_deinit(&heap);
  }
}

/* The smallest 50 of many, kept in a heap with the largest on top. */
static void replacing_keeps_the_top_k(void) {
  enum { K = 50, N = 3000 };
  static uint64_t smallest[N];
  bool descending = true;
  struct heap heap;
  heap_init(&heap, sizeof(struct item), comes_before, &descending);
  for (size_t i = 0; i < N; i++) {
    smallest[i] = (i * 7919) % N;
    struct item item = {smallest[i], 0};
    if (heap.count < K)
      assert_true(heap_push(&heap, &item));
    else if (item.order < ((struct item *)heap_peek(&heap))->order)
      heap_replace(&heap, &item);
  }
  struct item item;
  for (uint64_t expected = K; heap_pop(&heap, &item);) assert_int_equal(item.order, --expected);
  heap_deinit(&heap);
}

static void the_first_may_change_in_place(void) {
  bool descending = false;
  struct heap heap;
  heap_init(&heap, sizeof(struct item), comes_before, &descending);
  for (uint64_t i = 0; i < 20; i++) assert_true(heap_push(&heap, &(struct item){i, 0}));
  struct item *first = heap_peek(&heap);
  first->order = 100;
  heap_replace(&heap, first);
  assert_int_equal(((struct item *)heap_peek(&heap))->order, 1);
  heap_reset(&heap);
  assert_false(heap_pop(&heap, NULL));
  heap_deinit(&heap);
}

static status fill(void *context) {
  (void)context;
  bool descending = false, pushed = true;
  struct heap heap;
  heap_init(&heap, sizeof(struct item), comes_before, &descending);
  size_t count = 0;
  for (; count < 100 && pushed; count += pushed)
    pushed = heap_push(&heap, &(struct item){count, 0});
  assert_int_equal(heap.count, count);
  heap_deinit(&heap);
  return pushed ? LUMA_OK : LUMA_OUT_OF_MEMORY;
}

static void memory_may_run_out(void) {
  assert_true(fault_sweep_alloc(fill, NULL) > 2);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"items_come_out_in_order", items_come_out_in_order, 0},
      {"replacing_keeps_the_top_k", replacing_keeps_the_top_k, 0},
      {"the_first_may_change_in_place", the_first_may_change_in_place, 0},
      {"memory_may_run_out", memory_may_run_out, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
