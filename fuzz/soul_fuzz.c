/* SPDX-License-Identifier: MIT */
/* Genotypes from any JSON: a soul or faults in words. What became a soul is written in a form that
 * is read as the very same soul, and differs from itself in nothing. */
#include "base/core/assert.h"
#include "model/soul/diff.h"
#include "query/query.h"

enum { TEXT_BYTES_MAX = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void compare(const struct soul *a, const struct soul *b) {
  struct arena arena;
  struct soul_diff diff;
  struct soul_hints hints = {0};
  struct soul_versions versions = {.old = a, .fresh = b};
  arena_init(&arena, 0, 0);
  ASSERT(soul_compare(&versions, &hints, &arena, &diff, NULL) == LUMA_OK);
  ASSERT(diff.changes_count == 0);
  arena_deinit(&arena);
}

static void read_again(const struct soul *soul, enum soul_form form) {
  struct buf text;
  struct soul *again;
  struct err err = {0};
  buf_init(&text, TEXT_BYTES_MAX);
  soul_write(&text, soul, form);
  ASSERT(text.failed == LUMA_OK);
  status result = soul_read_text(buf_slice(&text), query_rules(), &again, &err);
  /* What is written may be longer than what may be read. */
  ASSERT(result == LUMA_OK || text.bytes > SOUL_TEXT_BYTES_MAX / 2);
  if (result == LUMA_OK) {
    ASSERT(memcmp(soul->hash, again->hash, SOUL_HASH_BYTES) == 0);
    compare(soul, again);
    soul_release(again);
  }
  buf_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  struct soul *soul;
  struct buf faults;
  struct err err = {.faults = &faults};
  buf_init(&faults, TEXT_BYTES_MAX);
  status result = soul_read_text(slice_of(data, bytes), query_rules(), &soul, &err);
  if (result == LUMA_OK) {
    read_again(soul, SOUL_CANONICAL);
    read_again(soul, SOUL_SHOWN);
    soul_release(soul);
  } else {
    ASSERT(err.code == result && err.message[0]);
    ASSERT(result != LUMA_INVALID_GENOTYPE || err.faults_count > 0);
  }
  buf_deinit(&faults);
  return 0;
}
