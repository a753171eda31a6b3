/* SPDX-License-Identifier: MIT */
/* Document form and keys from any bytes. The first byte chooses: a value, a document, a key up or
 * down. What a check lets pass must be readable in every way, and building it again must give a
 * value that checks and compares equal. */
#include "base/core/assert.h"
#include "value/doc/build.h"
#include "value/key/key.h"
#include "value/order/order.h"

enum { NAMES = 12, OUT_BYTES_MAX = 1 << 26 };
enum { AS_VALUE, AS_DOCUMENT, AS_KEY, AS_DESCENDING_KEY, WAYS };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static struct names *make_names(void) {
  struct names *names = NULL;
  if (names_create(1, &names, NULL) != LUMA_OK) return NULL;
  for (char c = 'a'; names_count(names) < NAMES; c++) {
    uint16_t id;
    if (names_intern(names, slice_of(&c, 1), &id, NULL) != LUMA_OK) break;
  }
  return names;
}

/* Touches all there is, each field also by its name. */
static uint64_t read_all(const struct val *v) {
  uint64_t sum = v->type;
  bool is_map = v->type == VAL_MAP, is_list = v->type == VAL_LIST;
  for (uint32_t i = 0; i < val_count(v); i++) {
    struct slice name = {0};
    struct val child = is_map ? val_field_at(v, i, &name) : val_at(v, i);
    struct val found = is_map ? val_field(v, name) : child;
    ASSERT(found.type != VAL_MISSING);
    sum += read_all(&child) + name.bytes;
  }
  if (v->bytes && !is_map && !is_list) sum += (uint64_t)v->data[0] + v->data[v->bytes - 1];
  return sum;
}

/* The value built again with a dictionary: duplicates are gone after the first time, nothing
 * changes after that. */
static void rebuild(const struct val *v, struct names *names, struct buf *out, struct val *again) {
  struct build build;
  struct slice encoded = {0};
  build_init(&build, out, names);
  build_put(&build, v);
  status built = build_finish(&build, &encoded, NULL);
  ASSERT(built == LUMA_OK);
  status checked = doc_check_value(encoded, names, NULL);
  ASSERT(checked == LUMA_OK);
  *again = val_decode(encoded, names);
  build_deinit(&build);
}

static void judge_value(const struct val *v, struct names *names) {
  struct buf first, second, key, scratch;
  struct val inlined, interned, decoded;
  buf_init(&first, OUT_BYTES_MAX);
  buf_init(&second, OUT_BYTES_MAX);
  buf_init(&key, OUT_BYTES_MAX);
  buf_init(&scratch, OUT_BYTES_MAX);
  (void)read_all(v);
  rebuild(v, NULL, &first, &inlined);
  rebuild(&inlined, names, &second, &interned);
  ASSERT(val_compare(&inlined, &interned) == 0);
  ASSERT(val_hash(&inlined, 0) == val_hash(&interned, 0));
  if (key_encode(&key, v, false, NULL) == LUMA_OK) {
    ASSERT(key_part_bytes(buf_slice(&key), false) == key.bytes);
    if (key_decode(buf_slice(&key), false, &scratch, &decoded, NULL) == LUMA_OK)
      (void)read_all(&decoded);
  }
  buf_deinit(&first);
  buf_deinit(&second);
  buf_deinit(&key);
  buf_deinit(&scratch);
}

static void judge_key(struct slice key, bool descending) {
  struct buf scratch, again;
  struct val v;
  size_t bytes = key_part_bytes(key, descending);
  ASSERT(bytes <= key.bytes);
  buf_init(&scratch, OUT_BYTES_MAX);
  buf_init(&again, OUT_BYTES_MAX);
  if (key_decode(slice_of(key.data, bytes), descending, &scratch, &v, NULL) == LUMA_OK) {
    (void)read_all(&v);
    (void)key_encode(&again, &v, descending, NULL);
  }
  buf_deinit(&scratch);
  buf_deinit(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  struct names *names = bytes > 1 ? make_names() : NULL;
  if (!names) return 0;
  struct slice rest = slice_of(data + 1, bytes - 1);
  uint32_t way = data[0] % WAYS;
  struct doc doc;
  if (way == AS_VALUE && doc_check_value(rest, names, NULL) == LUMA_OK) {
    struct val v = val_decode(rest, names);
    judge_value(&v, names);
  } else if (way == AS_DOCUMENT && doc_check(rest, names, NULL) == LUMA_OK) {
    status opened = doc_open(rest, names, &doc, NULL);
    ASSERT(opened == LUMA_OK);
    struct val root = doc_root(&doc);
    judge_value(&root, names);
  } else if (way >= AS_KEY) {
    judge_key(rest, way == AS_DESCENDING_KEY);
  }
  names_destroy(names);
  return 0;
}
