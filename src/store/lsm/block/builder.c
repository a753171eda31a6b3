/* SPDX-License-Identifier: MIT */
/* Building blocks. The table is made at the end, when the shared prefix and the width of sequences
 * are known. */
#include "base/core/assert.h"
#include "store/lsm/block/block.h"
#include "store/lsm/block/block_int.h"

/* What the builder remembers of an entry. */
struct note {
  uint64_t seq;
  uint32_t end; /* of the entry in `data` */
  uint16_t key_bytes;
  uint8_t kind;
};

static const struct note *notes_of(const struct block_builder *builder) {
  return (const struct note *)(const void *)builder->table.data;
}

static uint32_t start_of(const struct block_builder *builder, uint32_t index) {
  return index ? notes_of(builder)[index - 1].end : 0;
}

static struct slice key_of(const struct block_builder *builder, uint32_t index) {
  if (!builder->data.data) return slice_of(NULL, 0); /* nothing but an empty key and value so far */
  return slice_of(builder->data.data + start_of(builder, index),
                  notes_of(builder)[index].key_bytes);
}

static void start_anew(struct block_builder *builder) {
  buf_reset(&builder->data);
  buf_reset(&builder->table);
  builder->count = 0;
  builder->shared_bytes = 0;
  builder->seq_min = UINT64_MAX;
  builder->seq_max = 0;
  builder->all_put = true;
  builder->unique_keys = true;
}

void block_builder_init(struct block_builder *builder) {
  buf_init(&builder->data, BLOCK_BYTES_MAX);
  buf_init(&builder->table, BLOCK_ENTRIES_MAX * sizeof(struct note));
  start_anew(builder);
}

void block_builder_deinit(struct block_builder *builder) {
  buf_deinit(&builder->data);
  buf_deinit(&builder->table);
}

/* Keys ascend, so what the first shares with the newest it shares with all between. */
static void note_key(struct block_builder *builder, struct slice key) {
  if (builder->count == 0) {
    builder->shared_bytes = (uint32_t)key.bytes;
    return;
  }
  struct slice first = key_of(builder, 0);
  uint32_t most = builder->shared_bytes < key.bytes ? builder->shared_bytes : (uint32_t)key.bytes,
           at = 0;
  ASSERT(first.data || most == 0);
  while (at < most && first.data[at] == key.data[at]) at++;
  builder->shared_bytes = at;
  if (slice_is_equal(key_of(builder, builder->count - 1), key)) builder->unique_keys = false;
}

status block_builder_add(struct block_builder *builder, struct slice key, uint64_t seq,
                         enum block_kind kind, struct slice value, struct err *err) {
  ASSERT(builder->count < BLOCK_ENTRIES_MAX && key.bytes <= UINT16_MAX && seq <= ENTRY_SEQ_MAX);
  note_key(builder, key);
  buf_append_slice(&builder->data, key);
  buf_append_slice(&builder->data, value);
  struct note note = {seq, (uint32_t)builder->data.bytes, (uint16_t)key.bytes, (uint8_t)kind};
  buf_append(&builder->table, &note, sizeof note);
  TRY(buf_check(&builder->data, "the block", err));
  TRY(buf_check(&builder->table, "the block's table", err));
  if (seq < builder->seq_min) builder->seq_min = seq;
  if (seq > builder->seq_max) builder->seq_max = seq;
  if (kind != BLOCK_PUT) builder->all_put = false;
  builder->count++;
  return LUMA_OK;
}

static uint8_t delta_bytes(const struct block_builder *builder) {
  uint64_t most = builder->seq_max - builder->seq_min;
  if (most == 0) return 0;
  if (most <= UINT8_MAX) return 1;
  if (most <= UINT16_MAX) return 2;
  return most <= UINT32_MAX ? 4 : 8;
}

static size_t table_bytes(const struct block_builder *builder) {
  size_t per_entry =
      4 + BLOCK_PLACE_BYTES + (size_t)delta_bytes(builder) + (builder->all_put ? 0 : 1);
  return BLOCK_HEADER_BYTES + builder->shared_bytes + 4 + per_entry * builder->count;
}

size_t block_builder_bytes(const struct block_builder *builder) {
  return builder->count ? table_bytes(builder) + builder->data.bytes : 0;
}

static void append_header(const struct block_builder *builder, struct buf *out) {
  buf_append32le(out, builder->count);
  buf_append32le(out, builder->shared_bytes);
  buf_append_byte(out, (uint8_t)((builder->all_put ? BLOCK_ALL_PUT : 0) |
                                 (builder->unique_keys ? BLOCK_UNIQUE_KEYS : 0)));
  buf_append_byte(out, delta_bytes(builder));
  buf_append16le(out, 0);
  buf_append32le(out, 0);
  buf_append64le(out, builder->seq_min);
  buf_append64le(out, builder->seq_max);
}

static void append_table(const struct block_builder *builder, struct buf *out) {
  const struct note *notes = notes_of(builder);
  uint32_t count = builder->count, base = (uint32_t)table_bytes(builder);
  uint8_t width = delta_bytes(builder);
  buf_append(out, key_of(builder, 0).data, builder->shared_bytes);
  for (uint32_t i = 0; i < count; i++)
    buf_append32le(out, block__head(key_of(builder, i), builder->shared_bytes));
  for (uint32_t i = 0; i < count; i++) {
    buf_append32le(out, base + start_of(builder, i));
    buf_append16le(out, notes[i].key_bytes);
  }
  buf_append32le(out, base + start_of(builder, count));
  for (uint32_t i = 0; i < count; i++) {
    uint64_t delta = notes[i].seq - builder->seq_min; /* little endian: its low bytes come first */
    buf_append(out, &delta, width);
  }
  for (uint32_t i = 0; i < count && !builder->all_put; i++) buf_append_byte(out, notes[i].kind);
}

status block_builder_finish(struct block_builder *builder, struct buf *out, struct err *err) {
  ASSERT(builder->count > 0);
  append_header(builder, out);
  append_table(builder, out);
  buf_append_slice(out, buf_slice(&builder->data));
  TRY(buf_check(out, "the block", err));
  start_anew(builder);
  return LUMA_OK;
}
