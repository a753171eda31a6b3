/* SPDX-License-Identifier: MIT */
/* Kept values are found for their row and version alone, are copies, stop at the budget, give way
 * to what is asked for more often, and stay as they are while someone reads. */
#include "model/soul/kept.h"

#include <stdlib.h>

#include "tests/lib/test.h"

enum { LONG_BYTES = 240, VALUES = 2 };

/* A record of a number and a text of so many bytes. */
static struct slice make_record(int64_t number, uint32_t text_bytes,
                                uint8_t room[KEPT_RECORD_BYTES_MAX]) {
  uint8_t text[KEPT_RECORD_BYTES_MAX];
  memset(text, (int)(number & 0x7f), sizeof text);
  struct val values[VALUES] = {val_int64(number), val_text(slice_of(text, text_bytes))};
  return slice_of(room, made_write(values, VALUES, room, KEPT_RECORD_BYTES_MAX));
}

static bool put_long(struct kept_values *kept, uint64_t row, uint64_t version, int64_t number,
                     uint32_t text_bytes) {
  uint8_t room[KEPT_RECORD_BYTES_MAX];
  kept_begin(kept);
  bool put = kept_put(kept, row, version, make_record(number, text_bytes, room));
  kept_end(kept);
  return put;
}

static bool put(struct kept_values *kept, uint64_t row, uint64_t version, int64_t number) {
  return put_long(kept, row, version, number, 3);
}

/* Whether the record of that number is found. */
static bool has_long(const struct kept_values *kept, uint64_t row, uint64_t version, int64_t number,
                     uint32_t text_bytes) {
  uint8_t room[KEPT_RECORD_BYTES_MAX];
  const uint8_t *found = kept_find(kept, row, version);
  struct slice expected = make_record(number, text_bytes, room);
  return found && memcmp(found, expected.data, expected.bytes) == 0;
}

static bool has(const struct kept_values *kept, uint64_t row, uint64_t version, int64_t number) {
  return has_long(kept, row, version, number, 3);
}

static void a_record_is_found_for_its_version(void) {
  struct kept_budget budget;
  kept_budget_init(&budget, 1 << 30);
  struct kept_values *kept = kept_create(&budget, VALUES);
  const uint64_t far = (uint64_t)KEPT_BLOCKS_MAX * KEPT_BLOCK_PAGES * KEPT_PAGE_ROWS;
  assert_non_null(kept);
  assert_null(kept_find(kept, 3, 7));
  assert_true(put(kept, 3, 7, -5));
  assert_true(put(kept, 3, 8, 6)); /* the first stays */
  assert_true(put(kept, 4, 0, 6)); /* of no version */
  assert_true(put(kept, far - 1, 9, 1));
  assert_false(put(kept, far, 9, 1));
  assert_true(has(kept, 3, 7, -5));
  assert_null(kept_find(kept, 3, 8));
  assert_null(kept_find(kept, 4, 0));
  assert_null(kept_find(kept, far, 9));
  assert_true(has(kept, far - 1, 9, 1));
  kept_destroy(kept);
  assert_int_equal(budget.left_bytes, 1 << 30);
  kept_budget_deinit(&budget);
}

/* Slots grow with what is put; what does not fit one is found all the same. */
static void records_of_all_lengths_are_found(void) {
  enum { ROWS = 8 * KEPT_PAGE_ROWS };
  struct kept_budget budget;
  kept_budget_init(&budget, 1 << 30);
  struct kept_values *kept = kept_create(&budget, 1);
  uint32_t *lengths = calloc(ROWS, sizeof *lengths);
  assert_non_null(kept);
  assert_non_null(lengths);
  for (uint64_t row = 0; row < ROWS; row++) {
    lengths[row] = (uint32_t)rng_below(test_rng(), LONG_BYTES);
    assert_true(put_long(kept, row, row + 1, (int64_t)row, lengths[row]));
  }
  for (uint64_t row = 0; row < ROWS; row++)
    assert_true(has_long(kept, row, row + 1, (int64_t)row, lengths[row]));
  free(lengths);
  kept_destroy(kept);
  assert_int_equal(budget.left_bytes, 1 << 30);
  kept_budget_deinit(&budget);
}

/* Pages that fit when the budget is so much. */
static uint64_t fill(struct kept_values *kept, uint64_t most) {
  uint64_t page = 0;
  while (page < most && put(kept, page * KEPT_PAGE_ROWS, 1, (int64_t)page)) page++;
  return page;
}

static void note_times(struct kept_values *kept, uint64_t page, uint32_t missed, int times) {
  for (int i = 0; i < times; i++) kept_note(kept, page * KEPT_PAGE_ROWS, missed);
}

static void give_way(int64_t bytes) {
  enum { PAGES = 1000 };
  struct kept_budget budget;
  kept_budget_init(&budget, (uint64_t)bytes);
  struct kept_values *kept = kept_create(&budget, VALUES);
  assert_non_null(kept);
  uint64_t count = fill(kept, PAGES), last = count + 1;
  assert_in_range(count, 3, PAGES - 1);
  assert_true(budget.left_bytes >= 0);
  /* All are used twice, but the second not at all. */
  for (uint64_t page = 0; page < count; page++)
    if (page != 1) note_times(kept, page, 0, 2);
  assert_false(put(kept, last * KEPT_PAGE_ROWS, 1, 7)); /* nobody missed it */
  note_times(kept, last, 1, 1);
  assert_true(put(kept, last * KEPT_PAGE_ROWS, 1, 7));
  assert_true(has(kept, last * KEPT_PAGE_ROWS, 1, 7));
  assert_null(kept_find(kept, KEPT_PAGE_ROWS, 1));
  for (uint64_t page = 0; page < count; page++)
    assert_int_equal(has(kept, page * KEPT_PAGE_ROWS, 1, (int64_t)page), page != 1);
  /* What is used as often as the other was missed stays, */
  note_times(kept, last + 1, 1, 1);
  assert_false(put(kept, (last + 1) * KEPT_PAGE_ROWS, 1, 8));
  /* until its use is long ago. */
  for (int i = 0; i < 3; i++) kept_age(&budget);
  note_times(kept, last + 1, 1, 1);
  assert_true(put(kept, (last + 1) * KEPT_PAGE_ROWS, 1, 8));
  assert_true(budget.left_bytes >= 0 && budget.left_bytes <= bytes);
  kept_destroy(kept);
  assert_int_equal(budget.left_bytes, bytes);
  kept_budget_deinit(&budget);
}

static void pages_give_way_to_what_is_asked_for_more(void) {
  give_way(400 << 10);
}

/* Where there is room for pieces, and for more than all their pages. */
static void pages_of_pieces_give_way_likewise(void) {
  give_way(KEPT_HEAP_BYTES + 2 * KEPT_PIECE_BYTES + (1 << 20));
}

/* Long records need other slots than short ones: pieces that nobody uses any more go back. */
static void pieces_go_back(void) {
  enum { PAGES = 200 };
  struct kept_budget budget;
  kept_budget_init(&budget, 1 << 30);
  struct kept_values *kept = kept_create(&budget, VALUES), *other = kept_create(&budget, 12);
  assert_non_null(kept);
  assert_non_null(other);
  assert_int_equal(fill(kept, PAGES), PAGES);
  int64_t left = budget.left_bytes;
  for (int i = 0; i < 2; i++) {
    assert_int_equal(fill(other, PAGES), PAGES);
    for (uint64_t page = 0; page < PAGES; page++) {
      assert_true(has(kept, page * KEPT_PAGE_ROWS, 1, (int64_t)page));
      assert_true(has(other, page * KEPT_PAGE_ROWS, 1, (int64_t)page));
    }
    kept_destroy(other);
    assert_true(budget.left_bytes >= left);
    other = kept_create(&budget, 12);
    assert_non_null(other);
  }
  kept_destroy(kept);
  kept_destroy(other);
  assert_int_equal(budget.left_bytes, 1 << 30);
  kept_budget_deinit(&budget);
}

/* Rows that go on with the keys are foreseen; others are not, nor is a row that is not there. */
static void rows_are_foreseen(void) {
  struct kept_budget budget;
  kept_budget_init(&budget, 1 << 30);
  struct kept_values *kept = kept_create(&budget, VALUES);
  assert_non_null(kept);
  assert_true(put(kept, 5, 1, 1));
  for (int64_t key = -20; key < 20; key++) {
    kept_fetch_likely(kept, key);
    kept_learn_row(kept, key, (uint64_t)(key + 100));
  }
  assert_true(kept->says_rows >= KEPT_SAYS_ENOUGH);
  kept_fetch_likely(kept, INT64_MIN);
  kept_fetch_likely(kept, INT64_MAX);
  for (int64_t key = 0; key < 20; key++)
    kept_learn_row(kept, key, rng_below(test_rng(), UINT64_MAX));
  assert_true(kept->says_rows < KEPT_SAYS_ENOUGH);
  kept_destroy(kept);
  kept_budget_deinit(&budget);
}

/* Also where another evolution has them. */
static void all_evolutions_share_the_budget(void) {
  enum { BYTES = 400 << 10, PAGES = 1000 };
  struct kept_budget budget;
  kept_budget_init(&budget, BYTES);
  struct kept_values *kept = kept_create(&budget, VALUES), *other = kept_create(&budget, VALUES);
  assert_non_null(kept);
  assert_non_null(other);
  assert_true(fill(kept, PAGES) > 0);
  kept_publish(kept);
  kept_filled(kept, true, 1);
  assert_false(put(other, 0, 1, 5));
  for (uint64_t page = 0; page < PAGES; page++) note_times(other, page, 1, 1);
  uint32_t turns = 0; /* one gives way for the block, others for the page */
  while (!put(other, 0, 1, 5)) {
    note_times(other, 0, 1, 1);
    assert_true(turns++ < 20);
  }
  assert_true(has(other, 0, 1, 5));
  assert_int_equal(kept_state(kept), KEPT_LACKING);
  kept_destroy(kept);
  assert_true(has(other, 0, 1, 5));
  kept_destroy(other);
  assert_int_equal(budget.left_bytes, BYTES);
  kept_budget_deinit(&budget);
}

static void what_is_read_stays_until_it_is_left(void) {
  enum { BYTES = 400 << 10, PAGES = 1000 };
  struct kept_budget budget;
  kept_budget_init(&budget, BYTES);
  struct kept_values *kept = kept_create(&budget, VALUES);
  uint8_t room[KEPT_RECORD_BYTES_MAX];
  assert_non_null(kept);
  uint64_t last = fill(kept, PAGES) + 1;
  uint32_t side = kept_enter(kept);
  const uint8_t *found = kept_find(kept, 0, 1);
  struct slice expected = make_record(0, 3, room);
  for (uint64_t page = 1; page < last; page++) note_times(kept, page, 0, 3);
  note_times(kept, last, 1, 1);
  assert_false(put(kept, last * KEPT_PAGE_ROWS, 1, 7)); /* the page that goes is not free yet */
  assert_null(kept_find(kept, 0, 1));
  assert_memory_equal(found, expected.data, expected.bytes);
  kept_leave(kept, side);
  kept_begin(kept);
  kept_reclaim(kept);
  kept_end(kept);
  assert_true(put(kept, last * KEPT_PAGE_ROWS, 1, 7));
  kept_destroy(kept);
  assert_int_equal(budget.left_bytes, BYTES);
  kept_budget_deinit(&budget);
}

static void much_that_is_missed_is_wanted_again(void) {
  struct kept_budget budget;
  kept_budget_init(&budget, 1 << 20);
  struct kept_values *kept = kept_create(&budget, VALUES);
  assert_non_null(kept);
  assert_int_equal(kept_state(kept), KEPT_UNKNOWN);
  kept_publish(kept);
  assert_int_equal(kept_state(kept), KEPT_WANTED);
  kept_filled(kept, false, 100);
  kept_note(kept, 0, 100);
  assert_int_equal(kept_state(kept), KEPT_LACKING);
  kept_note(kept, 0, 1);
  assert_int_equal(kept_state(kept), KEPT_WANTED);
  kept_filled(kept, true, 100);
  kept_note(kept, 0, 1000);
  assert_int_equal(kept_state(kept), KEPT_FILLED);
  kept_destroy(kept);
  kept_budget_deinit(&budget);
}

/* ---- threads ---- */

enum { THREADS = 3, SHARED_PAGES = 40, TURNS = 40000 };

struct sharing {
  struct kept_values *kept;
  uint64_t seed;
  uint64_t wrong, found; /* atomic */
};

/* More to do? On a busy machine who reads may be through before anything stands. */
static bool goes_on(const struct sharing *sharing, uint32_t turn) {
  return turn < TURNS || __atomic_load_n(&sharing->found, __ATOMIC_RELAXED) == 0;
}

/* Whatever is found is right, as long as it is read. */
static void find_some(void *context) {
  struct sharing *sharing = context;
  struct rng rng;
  rng_init(&rng, __atomic_add_fetch(&sharing->seed, 1, __ATOMIC_RELAXED));
  for (uint32_t i = 0; goes_on(sharing, i); i++) {
    uint64_t row = rng_below(&rng, SHARED_PAGES) * KEPT_PAGE_ROWS;
    uint32_t side = kept_enter(sharing->kept);
    const uint8_t *found = kept_find(sharing->kept, row, row + 1);
    kept_note(sharing->kept, row, !found);
    if (found) __atomic_add_fetch(&sharing->found, 1, __ATOMIC_RELAXED);
    if (found && !has(sharing->kept, row, row + 1, (int64_t)row) &&
        kept_find(sharing->kept, row, row + 1))
      __atomic_add_fetch(&sharing->wrong, 1, __ATOMIC_RELAXED);
    if (found && load16le(found) != VALUES)
      __atomic_add_fetch(&sharing->wrong, 1, __ATOMIC_RELAXED);
    kept_leave(sharing->kept, side);
  }
}

static void threads_read_while_pages_give_way(void) {
  struct kept_budget budget;
  kept_budget_init(&budget, 400 << 10);
  struct sharing sharing = {.kept = kept_create(&budget, VALUES),
                            .seed = rng_below(test_rng(), UINT32_MAX)};
  struct thread threads[THREADS];
  assert_non_null(sharing.kept);
  for (int i = 0; i < THREADS; i++)
    assert_ok(thread_start(&threads[i], "reads", find_some, &sharing, test_err()));
  for (uint32_t i = 0; i < TURNS; i++) {
    uint64_t row = rng_below(test_rng(), SHARED_PAGES) * KEPT_PAGE_ROWS;
    (void)put(sharing.kept, row, row + 1, (int64_t)row);
    if (i % 64 == 0) kept_age(&budget);
  }
  for (int i = 0; i < THREADS; i++) thread_join(&threads[i]);
  assert_int_equal(sharing.wrong, 0);
  assert_true(sharing.found > 0);
  kept_destroy(sharing.kept);
  assert_int_equal(budget.left_bytes, 400 << 10);
  kept_budget_deinit(&budget);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"a_record_is_found_for_its_version", a_record_is_found_for_its_version, 0},
      {"records_of_all_lengths_are_found", records_of_all_lengths_are_found, 0},
      {"pages_give_way_to_what_is_asked_for_more", pages_give_way_to_what_is_asked_for_more, 0},
      {"pages_of_pieces_give_way_likewise", pages_of_pieces_give_way_likewise, 0},
      {"pieces_go_back", pieces_go_back, 0},
      {"rows_are_foreseen", rows_are_foreseen, 0},
      {"all_evolutions_share_the_budget", all_evolutions_share_the_budget, 0},
      {"what_is_read_stays_until_it_is_left", what_is_read_stays_until_it_is_left, 0},
      {"much_that_is_missed_is_wanted_again", much_that_is_missed_is_wanted_again, 0},
      {"threads_read_while_pages_give_way", threads_read_while_pages_give_way, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
