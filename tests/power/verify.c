/* SPDX-License-Identifier: MIT */
/*
 * Opens a database after trouble and holds it against what the writer was told (ack.h).
 *
 *     verify TARGET ACKNOWLEDGEMENTS
 *
 * Every acknowledged document is there, every acknowledged delete is done, no counter went back,
 * every transaction is there whole or not at all, no document is damaged, and the check of the
 * database finds no fault. Exit status: 0 all holds, 1 something does not (each fault on standard
 * error), 3 the database could not be opened.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "luma/luma.h"
#include "tests/power/ack.h"

/* One line of the acknowledgements, or one document seen in the database (kind 'd'). */
struct line {
  char key[ACK_KEY_BYTES];
  char kind;
  unsigned long long number;
  size_t order;
};

/* A growing list of them. */
struct lines {
  struct line *items;
  size_t count, capacity;
};

struct verifying {
  luma_db *db;
  luma_session *session;
  unsigned long long faults, promises;
};

static void fault(struct verifying *verifying, const char *place, const char *what) {
  if (verifying->faults++ < 20) fprintf(stderr, "verify: %s: %s\n", place, what);
}

static void check_fault(void *context, const char *place, const char *what) {
  fault(context, place, what);
}

/* ---- lists ---- */

static bool append(struct lines *lines, const struct line *line) {
  if (lines->count == lines->capacity) {
    size_t capacity = lines->capacity ? lines->capacity * 2 : 1024;
    struct line *items = realloc(lines->items, capacity * sizeof *items);
    if (!items) return false;
    lines->items = items;
    lines->capacity = capacity;
  }
  lines->items[lines->count] = *line;
  lines->items[lines->count].order = lines->count;
  lines->count++;
  return true;
}

static int by_key_then_order(const void *a, const void *b) {
  const struct line *left = a, *right = b;
  int order = strcmp(left->key, right->key);
  return order ? order : (left->order > right->order) - (left->order < right->order);
}

static void sort(struct lines *lines) {
  if (lines->count) qsort(lines->items, lines->count, sizeof *lines->items, by_key_then_order);
}

/* How many lines from `first` on are about the same key. */
static size_t same_key(const struct lines *lines, size_t first) {
  size_t end = first + 1;
  while (end < lines->count && strcmp(lines->items[end].key, lines->items[first].key) == 0) end++;
  return end - first;
}

/* ---- what was acknowledged ---- */

static bool has(struct verifying *verifying, const char *collection, const char *id,
                long long *number) {
  luma_param key = luma_text(id);
  luma_result *result = NULL;
  const luma_value *row = NULL;
  luma_error error;
  enum luma_status status = luma_get(verifying->session, collection, &key, &result, &row, &error);
  if (status != LUMA_OK && status != LUMA_NOT_FOUND && status != LUMA_UNKNOWN_COLLECTION)
    fault(verifying, id, error.message);
  int64_t read = 0;
  if (status == LUMA_OK && number &&
      !luma_value_int64(luma_value_field(result, row, "number"), &read))
    fault(verifying, id, "the counter has no number");
  if (number) *number = read;
  luma_result_close(result);
  return status == LUMA_OK;
}

static void check_documents(struct verifying *verifying, const char *key, unsigned long long size) {
  char id[ACK_KEY_BYTES + 24];
  for (unsigned long long i = 0; i < size; i++) {
    snprintf(id, sizeof id, "%s.%llu", key, i);
    if (!has(verifying, "t", id, NULL)) fault(verifying, id, "an acknowledged document is lost");
  }
}

static void check_deleted(struct verifying *verifying, const char *key) {
  char id[ACK_KEY_BYTES + 4];
  snprintf(id, sizeof id, "%s.0", key);
  if (has(verifying, "t", id, NULL)) fault(verifying, id, "an acknowledged delete is undone");
}

static void check_counter(struct verifying *verifying, const char *name, unsigned long long least) {
  long long number = -1;
  if (!has(verifying, "counters", name, &number) || number < (long long)least)
    fault(verifying, name, "an acknowledged change is lost");
}

/* The last word about a key holds; a deletion that was begun may be done or not. */
static void check_promise(struct verifying *verifying, const struct line *last) {
  verifying->promises++;
  switch (last->kind) {
  case '+': check_documents(verifying, last->key, last->number); break;
  case '-': check_deleted(verifying, last->key); break;
  case '=': check_counter(verifying, last->key, last->number); break;
  default: break;
  }
}

static bool read_promises(const char *path, struct lines *lines) {
  char text[ACK_LINE_BYTES];
  FILE *file = fopen(path, "r");
  bool good = true;
  while (file && good && fgets(text, sizeof text, file)) {
    struct line line = {.kind = text[0]};
    if (strchr(text, '\n') && sscanf(text + 1, " %63s %llu", line.key, &line.number) >= 1)
      good = append(lines, &line);
  }
  if (file) fclose(file);
  return file && good;
}

static bool check_promises(struct verifying *verifying, const char *path) {
  struct lines lines = {0};
  bool read = read_promises(path, &lines);
  if (read) sort(&lines);
  for (size_t i = 0, same; read && i < lines.count; i += same) {
    same = same_key(&lines, i);
    check_promise(verifying, &lines.items[i + same - 1]);
  }
  free(lines.items);
  return read;
}

/* ---- what is there ---- */

static bool is_whole(const luma_value *pad) {
  size_t bytes;
  const char *text = luma_value_bytes(pad, &bytes);
  if (!text) return false;
  for (size_t i = 0; i < bytes; i++)
    if (text[i] != ack_pad_byte((unsigned)bytes, (unsigned)i)) return false;
  return true;
}

static bool note(struct verifying *verifying, luma_result *result, const luma_value *row,
                 struct lines *seen) {
  struct line line = {.kind = 'd'};
  int64_t size = 0;
  size_t bytes = 0;
  const char *batch = luma_value_bytes(luma_value_field(result, row, "batch"), &bytes);
  if (!batch || bytes >= sizeof line.key ||
      !luma_value_int64(luma_value_field(result, row, "size"), &size) ||
      !is_whole(luma_value_field(result, row, "pad"))) {
    fault(verifying, luma_json(result, row, NULL), "a document that nobody wrote");
    return true;
  }
  memcpy(line.key, batch, bytes);
  line.number = (unsigned long long)size;
  return append(seen, &line);
}

static void check_whole(struct verifying *verifying, struct lines *seen) {
  sort(seen);
  for (size_t i = 0, same; i < seen->count; i += same) {
    same = same_key(seen, i);
    if (same != seen->items[i].number)
      fault(verifying, seen->items[i].key, "a transaction is there in part");
  }
}

static void check_scan(struct verifying *verifying, unsigned long long *documents) {
  struct lines seen = {0};
  luma_result *result = NULL;
  const luma_value *row = NULL;
  luma_error error = {0};
  enum luma_status status = luma_find(verifying->session, "t", NULL, &result, &error);
  while (status == LUMA_OK && (status = luma_next(result, &row, &error)) == LUMA_OK && row)
    if (!note(verifying, result, row, &seen)) status = LUMA_OUT_OF_MEMORY;
  luma_result_close(result);
  if (status != LUMA_OK) fault(verifying, "scan", error.message);
  check_whole(verifying, &seen);
  *documents = seen.count;
  uint64_t counted = 0;
  status = luma_count(verifying->session, "t", &counted, &error);
  if (status == LUMA_UNKNOWN_COLLECTION) counted = 0;
  if (counted != seen.count) fault(verifying, "count", "it is not what a scan finds");
  free(seen.items);
}

/* ---- the whole ---- */

static void verify(struct verifying *verifying, const char *acknowledgements) {
  luma_error error;
  unsigned long long documents = 0;
  if (luma_check(verifying->db, check_fault, verifying, &error) != LUMA_OK)
    fault(verifying, "check", error.message);
  if (!check_promises(verifying, acknowledgements))
    fault(verifying, acknowledgements, "it cannot be read");
  check_scan(verifying, &documents);
  printf("%llu promises, %llu documents, %llu faults\n", verifying->promises, documents,
         verifying->faults);
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  struct verifying verifying = {0};
  luma_error error;
  if (luma_open(arguments[1], NULL, &verifying.db, &error) != LUMA_OK ||
      luma_session_open(verifying.db, &verifying.session, &error) != LUMA_OK) {
    fprintf(stderr, "verify: %s: %s\n", error.code, error.message);
    luma_close(verifying.db);
    return 3;
  }
  verify(&verifying, arguments[2]);
  luma_session_close(verifying.session);
  luma_close(verifying.db);
  return verifying.faults ? 1 : 0;
}
