/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target without libFuzzer: every file of its corpus, and mutations of them drawn from
 * the seed. LUMA_FUZZ_CORPUS names the folder. The input that broke the target is in the output:
 * the corpus file's name, or the seed and number of the mutation. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/test.h"

enum { FILES_MAX = 1024, MUTATIONS = 2000, CHANGES_MAX = 8, GROWTH_BYTES = 64 };
enum { MUTATOR_GROWTH_BYTES = 4096, MUTATOR_SHARE = 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
/** A target may know better than to change bytes. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t bytes, size_t room, unsigned seed)
    __attribute__((weak));

/** One file of the corpus. */
struct sample {
  char name[256];
  uint8_t *data;
  size_t bytes;
};

static struct {
  struct sample samples[FILES_MAX];
  size_t count;
} corpus;

static void read_sample(const char *folder, const char *name) {
  char path[1024];
  assert_true(corpus.count < FILES_MAX);
  struct sample *sample = &corpus.samples[corpus.count++];
  snprintf(sample->name, sizeof sample->name, "%s", name);
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  if (!file) fail_msg("cannot open %s", path);
  fseek(file, 0, SEEK_END);
  sample->bytes = (size_t)ftell(file);
  rewind(file);
  sample->data = malloc(sample->bytes + 1);
  assert_non_null(sample->data);
  assert_int_equal(sample->bytes, fread(sample->data, 1, sample->bytes, file));
  fclose(file);
}

/** The order of a folder is the disk's: sorted, a seed means the same everywhere. */
static int by_name(const void *a, const void *b) {
  return strcmp(((const struct sample *)a)->name, ((const struct sample *)b)->name);
}

static void read_corpus(void) {
  const char *folder = getenv("LUMA_FUZZ_CORPUS");
  DIR *dir = folder ? opendir(folder) : NULL;
  if (!dir) {
    fail_msg("LUMA_FUZZ_CORPUS must name the folder of the corpus, not %s",
             folder ? folder : "nothing");
    return;
  }
  for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
    if (entry->d_name[0] != '.') read_sample(folder, entry->d_name);
  }
  closedir(dir);
  assert_true(corpus.count > 0);
  qsort(corpus.samples, corpus.count, sizeof corpus.samples[0], by_name);
}

static void free_corpus(void) {
  for (size_t i = 0; i < corpus.count; i++) free(corpus.samples[i].data);
}

/** Gives the target a block of exactly `bytes`, so that a sanitizer sees one byte too many. */
static void feed(const uint8_t *data, size_t bytes) {
  uint8_t *exact = malloc(bytes ? bytes : 1);
  assert_non_null(exact);
  memcpy(exact, data, bytes);
  LLVMFuzzerTestOneInput(exact, bytes);
  free(exact);
}

static void files(void) {
  read_corpus();
  for (size_t i = 0; i < corpus.count; i++) {
    printf("%s\n", corpus.samples[i].name);
    feed(corpus.samples[i].data, corpus.samples[i].bytes);
  }
  free_corpus();
}

static uint8_t interesting_byte(struct rng *rng) {
  static const uint8_t bytes[] = {0, 1, 0x7f, 0x80, 0xff, '"', '\\', '\n', '[', '{', ',', '9'};
  bool any = rng_below(rng, 2) == 0;
  return any ? (uint8_t)rng_next(rng) : bytes[rng_below(rng, sizeof bytes)];
}

/** One small change of data[0, bytes), which has room for `room`; answers the new length. */
static size_t change(struct rng *rng, uint8_t *data, size_t bytes, size_t room) {
  size_t at = (size_t)rng_below(rng, bytes + 1);
  size_t length = (size_t)rng_below(rng, 9);
  switch (rng_below(rng, 5)) {
  case 0: /* flip a bit */
    if (at < bytes) data[at] ^= (uint8_t)(1u << rng_below(rng, 8));
    return bytes;
  case 1: /* replace a byte */
    if (at < bytes) data[at] = interesting_byte(rng);
    return bytes;
  case 2: /* cut the end */ return at;
  case 3: /* remove a run */
    length = length < bytes - at ? length : bytes - at;
    memmove(data + at, data + at + length, bytes - at - length);
    return bytes - length;
  default: /* repeat a run */
    length = length < bytes - at ? length : bytes - at;
    length = length < room - bytes ? length : room - bytes;
    memmove(data + at + length, data + at, bytes - at);
    return bytes + length;
  }
}

/** Changes a copy of one sample a few times, the first part taken from another one now and then. */
static void mutate_and_feed(struct rng *rng) {
  const struct sample *sample = &corpus.samples[rng_below(rng, corpus.count)];
  const struct sample *other = &corpus.samples[rng_below(rng, corpus.count)];
  size_t room = sample->bytes + GROWTH_BYTES, bytes = sample->bytes;
  uint8_t *data = malloc(room);
  assert_non_null(data);
  memcpy(data, sample->data, bytes);
  if (rng_below(rng, 8) == 0)
    memcpy(data, other->data, rng_below(rng, (other->bytes < bytes ? other->bytes : bytes) + 1));
  for (size_t i = rng_below(rng, CHANGES_MAX) + 1; i > 0; i--)
    bytes = change(rng, data, bytes, room);
  feed(data, bytes);
  free(data);
}

/** By the target's own mutator, a few times over. */
static void mutate_own_and_feed(struct rng *rng) {
  const struct sample *sample = &corpus.samples[rng_below(rng, corpus.count)];
  size_t room = sample->bytes + MUTATOR_GROWTH_BYTES, bytes = sample->bytes;
  uint8_t *data = malloc(room);
  assert_non_null(data);
  memcpy(data, sample->data, bytes);
  for (size_t i = rng_below(rng, 3) + 1; i > 0; i--)
    bytes = LLVMFuzzerCustomMutator(data, bytes, room, (unsigned)rng_next(rng));
  feed(data, bytes);
  free(data);
}

static void mutations(void) {
  read_corpus();
  size_t rounds = test_rounds(MUTATIONS);
  /* A target with a mutator of its own does more with each input. */
  if (LLVMFuzzerCustomMutator) rounds /= MUTATOR_SHARE;
  for (size_t i = 0; i < rounds; i++) {
    if (LLVMFuzzerCustomMutator)
      mutate_own_and_feed(test_rng());
    else
      mutate_and_feed(test_rng());
  }
  free_corpus();
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {{"files", files, 60}, {"mutations", mutations, 120}};
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
