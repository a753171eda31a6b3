/* SPDX-License-Identifier: MIT */
/* The sorted list of the store in memory, against a table of which numbers are in it. */
#include "store/draft/keylist.h"

#include "base/core/bytes.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"

enum { NUMBERS = 4000 };

/** A number as a key: big-endian, so that the order of bytes is that of numbers. */
struct item {
  struct keylist_item head;
  uint8_t key[4];
  bool is_in;
};

static struct item items[NUMBERS];

static void number_items(void) {
  for (uint32_t i = 0; i < NUMBERS; i++) {
    store32be(items[i].key, i);
    items[i].head.key = slice_of(items[i].key, 4);
    items[i].is_in = false;
  }
}

/* The next number that is in, from `from` in either direction; NUMBERS when there is none. */
static uint32_t next_in(uint32_t from, bool backwards) {
  for (uint32_t i = from; i < NUMBERS; i += backwards ? UINT32_MAX : 1) {
    if (items[i].is_in) return i;
  }
  return NUMBERS;
}

static void expect_item(const struct keylist_item *item, uint32_t number) {
  if (number == NUMBERS) {
    assert_null(item);
  } else {
    assert_ptr_equal(&items[number], item);
  }
}

/* Walks some steps from the gap before `number`, each way. */
static void walk(const struct keylist *list, uint32_t number) {
  for (int backwards = 0; backwards <= 1; backwards++) {
    struct keylist_gap gap = keylist_find(list, items[number].head.key);
    uint32_t at = next_in(backwards ? number - 1 : number, backwards);
    for (int steps = 0; steps < 300; steps++) {
      expect_item(keylist_peek(list, gap, backwards), at);
      if (at == NUMBERS) break;
      keylist_step(list, &gap, backwards);
      at = next_in(backwards ? at - 1 : at + 1, backwards);
    }
  }
}

static void toggle(struct keylist *list, uint32_t number) {
  struct item *item = &items[number];
  expect_item(keylist_get(list, item->head.key), item->is_in ? number : NUMBERS);
  if (item->is_in) {
    keylist_remove(list, item->head.key);
  } else {
    assert_true(keylist_insert(list, &item->head));
  }
  item->is_in = !item->is_in;
}

static void random_changes_keep_it_sorted(void) {
  struct keylist list;
  keylist_init(&list);
  number_items();
  size_t rounds = test_rounds(30000);
  for (size_t i = 0; i < rounds; i++) {
    /* runs in either direction, so that chunks fill at their ends and in the middle, and empty
     * again */
    uint32_t from = (uint32_t)rng_below(test_rng(), NUMBERS), length = 1;
    if (rng_below(test_rng(), 50) == 0) length = (uint32_t)rng_below(test_rng(), 900);
    bool down = rng_below(test_rng(), 2);
    for (uint32_t j = 0; j < length; j++) toggle(&list, (down ? from - j : from + j) % NUMBERS);
    if (i % 50 == 0) walk(&list, (uint32_t)rng_below(test_rng(), NUMBERS));
  }
  uint64_t count = 0;
  for (uint32_t i = 0; i < NUMBERS; i++) count += items[i].is_in;
  assert_int_equal(count, list.items_count);
  expect_item(keylist_peek(&list, keylist_end(&list), true), next_in(NUMBERS - 1, true));
  keylist_deinit(&list);
}

static status grow(void *context) {
  (void)context;
  struct keylist list;
  keylist_init(&list);
  number_items();
  status answer = LUMA_OK;
  for (uint32_t i = 0; i < NUMBERS && answer == LUMA_OK; i += 7) {
    items[i].is_in = keylist_insert(&list, &items[i].head);
    if (!items[i].is_in) answer = LUMA_OUT_OF_MEMORY;
  }
  walk(&list, NUMBERS / 2);
  keylist_deinit(&list);
  return answer;
}

static void a_failed_insert_leaves_the_list_as_it_was(void) {
  fault_sweep_alloc(grow, NULL);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"random_changes_keep_it_sorted", random_changes_keep_it_sorted, 0},
      {"a_failed_insert_leaves_the_list_as_it_was", a_failed_insert_leaves_the_list_as_it_was, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
