/* SPDX-License-Identifier: MIT */
/* ULIDs under a clock that stands still, runs and goes back; the text forms of ULIDs and UUIDs. */
#include "value/ulid/ulid.h"

#include <stdlib.h>

#include "base/core/bytes.h"
#include "tests/lib/test.h"

/* A clock the test sets and randomness from the test's seed, or all ones. */
struct clock {
  struct os os;
  uint64_t now_us;
  bool all_ones;
};

static uint64_t clock_now_us(struct os *os) {
  return ((struct clock *)(void *)os)->now_us;
}

static void clock_random(struct os *os, void *data, size_t bytes) {
  if (((struct clock *)(void *)os)->all_ones)
    memset(data, 0xff, bytes);
  else
    rng_fill(test_rng(), data, bytes);
}

static const struct os_ops clock_ops = {.now_us = clock_now_us, .random = clock_random};

static uint64_t time_ms(const uint8_t *ulid) {
  return load64be(ulid) >> 16;
}

static void assert_above(const uint8_t *high, const uint8_t *low) {
  assert_true(memcmp(high, low, ULID_BYTES) > 0);
}

static void rises_whatever_the_clock_does(void) {
  struct clock clock = {.os = {&clock_ops}, .now_us = 1700000000000000};
  struct ulid_source source;
  ulid_source_init(&source, &clock.os);
  uint8_t last[ULID_BYTES] = {0}, next[ULID_BYTES];
  for (size_t i = 0; i < test_rounds(200000); i++) {
    uint64_t dice = rng_below(test_rng(), 100);
    if (dice == 0) clock.now_us -= rng_below(test_rng(), 10000000);
    if (dice > 50) clock.now_us += rng_below(test_rng(), 3000);
    ulid_next(&source, next);
    assert_above(next, last);
    assert_true(time_ms(next) >= clock.now_us / 1000);
    memcpy(last, next, sizeof last);
  }
  ulid_source_deinit(&source);
}

static void tells_the_time_of_a_new_millisecond(void) {
  struct clock clock = {.os = {&clock_ops}, .now_us = 1469918176385000};
  struct ulid_source source;
  ulid_source_init(&source, &clock.os);
  uint8_t ulid[ULID_BYTES];
  char text[ULID_TEXT_BYTES];
  ulid_next(&source, ulid);
  ulid_format(ulid, text);
  assert_memory_equal("01ARYZ6S41", text, 10); /* the specification's example */
  ulid_source_deinit(&source);
}

static void overflows_into_the_next_millisecond(void) {
  struct clock clock = {.os = {&clock_ops}, .now_us = 5000000, .all_ones = true};
  struct ulid_source source;
  ulid_source_init(&source, &clock.os);
  uint8_t first[ULID_BYTES], second[ULID_BYTES];
  ulid_next(&source, first);
  assert_int_equal(5000, time_ms(first));
  clock.all_ones = false;
  ulid_next(&source, second); /* the pool still holds ones: the step overflows */
  assert_int_equal(5001, time_ms(second));
  assert_above(second, first);
  ulid_source_deinit(&source);
}

static void rises_above_a_floor(void) {
  struct clock clock = {.os = {&clock_ops}, .now_us = 5000000};
  struct ulid_source source;
  ulid_source_init(&source, &clock.os);
  uint8_t floor[ULID_BYTES] = {0, 0, 0, 0, 0x20, 0, 1, 2, 3}, next[ULID_BYTES];
  ulid_source_raise(&source, floor);
  ulid_next(&source, next);
  assert_above(next, floor);
  uint8_t lower[ULID_BYTES] = {0};
  ulid_source_raise(&source, lower);
  ulid_next(&source, next);
  assert_above(next, floor);
  memset(floor, 0xff, sizeof floor); /* the end of the calendar leaves no room above */
  ulid_source_raise(&source, floor);
  ulid_next(&source, next);
  assert_true(time_ms(next) < time_ms(floor));
  ulid_source_deinit(&source);
}

struct crowd {
  struct ulid_source source;
  uint8_t made[4][5000][ULID_BYTES];
  uint32_t turn;
  struct mutex lock;
};

static void make_many(void *argument) {
  struct crowd *crowd = argument;
  mutex_lock(&crowd->lock);
  uint32_t turn = crowd->turn++;
  mutex_unlock(&crowd->lock);
  for (int i = 0; i < 5000; i++) ulid_next(&crowd->source, crowd->made[turn][i]);
}

static int compare_ulids(const void *a, const void *b) {
  return memcmp(a, b, ULID_BYTES);
}

static void gives_threads_different_ones(void) {
  static struct crowd crowd;
  ulid_source_init(&crowd.source, os_linux());
  mutex_init(&crowd.lock);
  struct thread threads[4];
  for (int i = 0; i < 4; i++)
    assert_ok(thread_start(&threads[i], "ulids", make_many, &crowd, test_err()));
  for (int i = 0; i < 4; i++) thread_join(&threads[i]);
  for (int t = 0; t < 4; t++)
    for (int i = 1; i < 5000; i++) assert_above(crowd.made[t][i], crowd.made[t][i - 1]);
  qsort(crowd.made, 20000, ULID_BYTES, compare_ulids);
  uint8_t(*all)[ULID_BYTES] = crowd.made[0];
  for (int i = 1; i < 20000; i++) assert_above(all[i], all[i - 1]);
  mutex_deinit(&crowd.lock);
  ulid_source_deinit(&crowd.source);
}

static void reads_and_prints_ulids(void) {
  uint8_t ulid[ULID_BYTES], again[ULID_BYTES];
  char text[ULID_TEXT_BYTES];
  assert_true(ulid_parse(slice_of_text("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"), ulid));
  for (int i = 0; i < ULID_BYTES; i++) assert_int_equal(0xff, ulid[i]);
  assert_true(ulid_parse(slice_of_text("oiLo1lOI00zzzzzzzzzzzzzzzz"), ulid));
  ulid_format(ulid, text);
  assert_memory_equal("0110110100ZZZZZZZZZZZZZZZZ", text, ULID_TEXT_BYTES);
  static const char *const wrong[] = {"",
                                      "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
                                      "7ZZZZZZZZZZZZZZZZZZZZZZZZ",
                                      "7ZZZZZZZZZZZZZZZZZZZZZZZZZZ",
                                      "0UZZZZZZZZZZZZZZZZZZZZZZZZ",
                                      "0 ZZZZZZZZZZZZZZZZZZZZZZZZ"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
    assert_false(ulid_parse(slice_of_text(wrong[i]), ulid));
  for (size_t i = 0; i < test_rounds(20000); i++) {
    rng_fill(test_rng(), ulid, sizeof ulid);
    ulid_format(ulid, text);
    assert_true(ulid_parse(slice_of(text, sizeof text), again));
    assert_memory_equal(ulid, again, sizeof ulid);
  }
}

static void reads_and_prints_uuids(void) {
  uint8_t uuid[16], again[16];
  char text[36];
  assert_true(uuid_parse(slice_of_text("F81D4FAE-7dec-11d0-a765-00a0c91e6bf6"), uuid));
  uuid_format(uuid, text);
  assert_memory_equal("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", text, sizeof text);
  static const char *const wrong[] = {"",
                                      "f81d4fae7dec11d0a76500a0c91e6bf6",
                                      "f81d4fae-7dec-11d0-a765-00a0c91e6bf",
                                      "g81d4fae-7dec-11d0-a765-00a0c91e6bf6",
                                      "f81d4fae-7dec-11d0-a76500-a0c91e6bf6",
                                      "f81d4fae-7dec-11d0-a765-00a0c91e6b-6"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
    assert_false(uuid_parse(slice_of_text(wrong[i]), again));
  for (size_t i = 0; i < test_rounds(20000); i++) {
    rng_fill(test_rng(), uuid, sizeof uuid);
    uuid_format(uuid, text);
    assert_true(uuid_parse(slice_of(text, sizeof text), again));
    assert_memory_equal(uuid, again, sizeof uuid);
  }
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"rises_whatever_the_clock_does", rises_whatever_the_clock_does, 0},
      {"tells_the_time_of_a_new_millisecond", tells_the_time_of_a_new_millisecond, 0},
      {"overflows_into_the_next_millisecond", overflows_into_the_next_millisecond, 0},
      {"rises_above_a_floor", rises_above_a_floor, 0},
      {"gives_threads_different_ones", gives_threads_different_ones, 0},
      {"reads_and_prints_ulids", reads_and_prints_ulids, 0},
      {"reads_and_prints_uuids", reads_and_prints_uuids, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
