/* SPDX-License-Identifier: MIT */
/* Kept values are found for their row and version alone, are copies, and stop at the budget. */
#include "model/soul/kept.h"

#include <stdio.h>

#include "base/sync/sync.h"
#include "tests/lib/test.h"

static void keep(struct kept_values *kept, uint64_t row, uint64_t version, struct val value) {
  kept_begin(kept);
  kept_put(kept, row, version, &value);
  kept_end(kept);
}

/* Whether this text is found. */
static bool has_text(const struct kept_values *kept, uint64_t row, uint64_t version,
                     struct slice text) {
  const struct val *found = kept_find(kept, row, version);
  return found && found->type == VAL_TEXT && slice_is_equal(val_slice(found), text);
}

static void a_value_is_found_for_its_version(void) {
  struct kept_budget budget = {1 << 30};
  struct kept_values *kept = kept_create(&budget);
  const uint64_t far = (uint64_t)KEPT_BLOCKS_MAX * KEPT_BLOCK_PAGES * KEPT_PAGE_ROWS;
  char text[] = "changes";
  assert_non_null(kept);
  assert_null(kept_find(NULL, 3, 7));
  assert_null(kept_find(kept, 3, 7));
  keep(kept, 3, 7, val_int64(-5));
  keep(kept, 3, 8, val_int64(6)); /* the first stays */
  keep(kept, 4, 0, val_int64(6)); /* of no version */
  keep(kept, far - 1, 9, val_text(slice_of_text(text)));
  keep(kept, far, 9, val_int64(1));
  keep(kept, 5, 9, (struct val){.type = VAL_MISSING});
  text[0] = 'C';
  const struct val *found = kept_find(kept, 3, 7);
  assert_true(found && found->type == VAL_INT64 && found->integer == -5);
  assert_null(kept_find(kept, 3, 8));
  assert_null(kept_find(kept, 4, 0));
  assert_null(kept_find(kept, far, 9));
  assert_null(kept_find(kept, 5, 9));
  assert_true(has_text(kept, far - 1, 9, slice_of_text("changes")));
  kept_destroy(kept);
  assert_int_equal(budget.left_bytes, 1 << 30);
}

static void long_texts_and_containers_are_not_kept(void) {
  struct kept_budget budget = {1 << 30};
  struct kept_values *kept = kept_create(&budget);
  uint8_t bytes[KEPT_TEXT_BYTES_MAX + 1] = {0};
  assert_non_null(kept);
  keep(kept, 1, 1, val_text(slice_of(bytes, KEPT_TEXT_BYTES_MAX)));
  keep(kept, 2, 1, val_text(slice_of(bytes, KEPT_TEXT_BYTES_MAX + 1)));
  keep(kept, 3, 1, (struct val){.type = VAL_LIST, .bytes = 1, .data = bytes});
  assert_non_null(kept_find(kept, 1, 1));
  assert_null(kept_find(kept, 2, 1));
  assert_null(kept_find(kept, 3, 1));
  kept_destroy(kept);
}

static void what_is_kept_stops_at_the_budget(void) {
  const int64_t all = sizeof(struct kept_block) + 2 * sizeof(struct kept_page) + 10;
  struct kept_budget budget = {all};
  struct kept_values *kept = kept_create(&budget), *other = kept_create(&budget);
  assert_non_null(kept);
  assert_non_null(other);
  for (uint64_t page = 0; page < 3; page++)
    keep(kept, page * KEPT_PAGE_ROWS, 1, val_int64((int64_t)page));
  keep(kept, 1, 1, val_text(slice_of_text("ten bytes.")));
  keep(kept, 2, 1, val_text(slice_of_text("x")));
  keep(other, 0, 1, val_int64(1));
  assert_non_null(kept_find(kept, 0, 1));
  assert_non_null(kept_find(kept, KEPT_PAGE_ROWS, 1));
  assert_null(kept_find(kept, 2 * KEPT_PAGE_ROWS, 1));
  assert_non_null(kept_find(kept, 1, 1));
  assert_null(kept_find(kept, 2, 1));
  assert_null(kept_find(other, 0, 1));
  assert_int_equal(budget.left_bytes, 0);
  kept_destroy(kept);
  keep(other, 0, 1, val_int64(1));
  assert_non_null(kept_find(other, 0, 1));
  kept_destroy(other);
  assert_int_equal(budget.left_bytes, all);
}

/* ---- threads ---- */

enum { THREADS = 4, ROWS = 20000 };

struct sharing {
  struct kept_values *kept;
  uint64_t wrong; /* atomic */
};

/* Everyone keeps the same value of a row, and finds that or none. */
static void keep_and_find(void *context) {
  struct sharing *sharing = context;
  for (uint64_t row = 0; row < ROWS; row++) {
    char room[24];
    int bytes = snprintf(room, sizeof room, "of row %llu", (unsigned long long)row);
    struct slice text = slice_of((uint8_t *)room, (size_t)bytes);
    if (!kept_find(sharing->kept, row, row + 1)) keep(sharing->kept, row, row + 1, val_text(text));
    if (!has_text(sharing->kept, row, row + 1, text))
      __atomic_add_fetch(&sharing->wrong, 1, __ATOMIC_RELAXED);
  }
}

static void threads_keep_and_find(void) {
  struct kept_budget budget = {1 << 30};
  struct sharing sharing = {.kept = kept_create(&budget)};
  struct thread threads[THREADS];
  assert_non_null(sharing.kept);
  for (int i = 0; i < THREADS; i++)
    assert_ok(thread_start(&threads[i], "keeps", keep_and_find, &sharing, test_err()));
  for (int i = 0; i < THREADS; i++) thread_join(&threads[i]);
  assert_int_equal(sharing.wrong, 0);
  kept_destroy(sharing.kept);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"a_value_is_found_for_its_version", a_value_is_found_for_its_version, 0},
      {"long_texts_and_containers_are_not_kept", long_texts_and_containers_are_not_kept, 0},
      {"what_is_kept_stops_at_the_budget", what_is_kept_stops_at_the_budget, 0},
      {"threads_keep_and_find", threads_keep_and_find, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
