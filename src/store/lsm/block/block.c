/* SPDX-License-Identifier: MIT */
/* Reading blocks: header, search, proof. The layout stands in spec/sorted-file.md. */
#include "store/lsm/block/block.h"

#include "store/lsm/block/block_int.h"

uint32_t block__head(struct slice key, uint32_t shared_bytes) {
  if (key.bytes >= (size_t)shared_bytes + 4) return load32be(key.data + shared_bytes);
  uint8_t padded[4] = {0};
  if (key.bytes > shared_bytes) memcpy(padded, key.data + shared_bytes, key.bytes - shared_bytes);
  return load32be(padded);
}

/* Bytes before the first entry, from the header's own numbers. */
static uint64_t table_bytes(const struct block__header *header) {
  uint64_t count = header->count, per_entry = 4 + BLOCK_PLACE_BYTES + header->delta_bytes;
  if (!(header->flags & BLOCK_ALL_PUT)) per_entry++;
  return BLOCK_HEADER_BYTES + (uint64_t)header->shared_bytes + 4 + per_entry * count;
}

void block_view_init(struct block_view *view, const uint8_t *bytes) {
  struct block__header header = block__header_read(bytes);
  const uint8_t *at = bytes + BLOCK_HEADER_BYTES;
  size_t count = header.count;
  *view = (struct block_view){.data = bytes,
                              .count = header.count,
                              .shared_bytes = header.shared_bytes,
                              .delta_bytes = header.delta_bytes,
                              .flags = header.flags,
                              .seq_min = header.seq_min,
                              .seq_max = header.seq_max};
  view->shared = at;
  view->heads = at + header.shared_bytes;
  view->places = view->heads + 4 * count;
  view->deltas = view->places + BLOCK_PLACE_BYTES * count + 4;
  view->kinds = header.flags & BLOCK_ALL_PUT ? NULL : view->deltas + header.delta_bytes * count;
}

uint64_t block_seq(const struct block_view *view, uint32_t index) {
  const uint8_t *at = view->deltas + (size_t)view->delta_bytes * index;
  switch (view->delta_bytes) {
  case 0: return view->seq_min;
  case 1: return view->seq_min + *at;
  case 2: return view->seq_min + load16le(at);
  case 4: return view->seq_min + load32le(at);
  default: return view->seq_min + load64le(at);
  }
}

/* ---- search ---- */

/* Where `key` stands to the prefix that all keys share: below all keys, above all, or among them
 * (0). */
static int compare_shared(const struct block_view *view, struct slice key) {
  if (view->shared_bytes == 0) return 0;
  struct slice shared = slice_of(view->shared, view->shared_bytes);
  if (slice_has_prefix(key, shared)) return 0;
  return slice_compare(key, shared);
}

/* The order of the entry at `index`, whose head is the key's, to (key, seq). */
static int compare_at(const struct block_view *view, uint32_t index, struct slice key,
                      uint64_t seq) {
  uint32_t shared = view->shared_bytes;
  struct slice whole = block_key(view, index);
  int order = slice_compare(slice_of(whole.data + shared, whole.bytes - shared),
                            slice_of(key.data + shared, key.bytes - shared));
  if (order != 0 || seq > ENTRY_SEQ_MAX) return order ? order : 1;
  uint64_t seq_here = block_seq(view, index);
  return (seq_here < seq) - (seq_here > seq);
}

static uint32_t head_at(const struct block_view *view, uint32_t index) {
  return load32le(view->heads + 4 * (size_t)index);
}

/* The first entry at or after `from` (of at least one) whose head is not below `head`. The search
 * takes the same steps whatever the heads are: there is no branch to guess wrong. */
static uint32_t seek_head(const struct block_view *view, uint32_t from, uint32_t head) {
  for (uint32_t left = view->count - from; left > 1;) {
    uint32_t half = left / 2, skipped = head_at(view, from + half - 1) < head ? half : 0;
    from += skipped;
    left -= half;
  }
  return from + (head_at(view, from) < head);
}

/* Behind the entries from `from` on whose head is `head`. */
static uint32_t end_of_head(const struct block_view *view, uint32_t from, uint32_t head) {
  if (from == view->count || head_at(view, from) != head) return from;
  if (from + 1 == view->count || head_at(view, from + 1) != head) return from + 1;
  return head == UINT32_MAX ? view->count : seek_head(view, from + 1, head + 1);
}

/* From the first entry whose head is not below the key's: whole keys are compared only where heads
 * are equal. */
static uint32_t seek_key(const struct block_view *view, uint32_t from, struct slice key,
                         uint64_t seq) {
  uint32_t to = end_of_head(view, from, block__head(key, view->shared_bytes));
  while (from < to) {
    uint32_t middle = (from + to) / 2;
    if (compare_at(view, middle, key, seq) < 0)
      from = middle + 1;
    else
      to = middle;
  }
  return from;
}

uint32_t block_seek(const struct block_view *view, struct slice key, uint64_t seq) {
  int side = compare_shared(view, key);
  if (side != 0) return side < 0 ? 0 : view->count;
  return seek_key(view, seek_head(view, 0, block__head(key, view->shared_bytes)), key, seq);
}

/* ---- many searches ---- */

/* A search among heads under way: the entry is at or after `from`, one of `left`. */
struct head_search {
  uint32_t head, from, left;
};

static void begin_search(struct block_search *search, struct head_search *heads) {
  const struct block_view *view = search->view;
  int side = compare_shared(view, search->key);
  *heads = (struct head_search){block__head(search->key, view->shared_bytes), 0, view->count};
  if (side == 0) return;
  heads->left = 0;
  search->index = side < 0 ? 0 : view->count;
}

/* Each of the steps of seek_head for all. */
static void search_heads(const struct block_search *searches, uint32_t count,
                         struct head_search *heads) {
  for (bool goes_on = true; goes_on;) {
    goes_on = false;
    for (uint32_t i = 0; i < count; i++) {
      struct head_search *at = &heads[i];
      if (at->left < 2) continue;
      uint32_t half = at->left / 2, middle = at->from + half;
      at->from += head_at(searches[i].view, middle - 1) < at->head ? half : 0;
      at->left -= half;
      goes_on = true;
    }
  }
}

void block_seek_many(struct block_search *searches, uint32_t count) {
  struct head_search heads[BLOCK_TOGETHER];
  for (uint32_t i = 0; i < count; i++) begin_search(&searches[i], &heads[i]);
  search_heads(searches, count, heads);
  for (uint32_t i = 0; i < count; i++) {
    const struct block_view *view = searches[i].view;
    if (heads[i].left == 0) continue;
    heads[i].from += head_at(view, heads[i].from) < heads[i].head;
    __builtin_prefetch(block_place(view, heads[i].from));
    __builtin_prefetch(view->deltas + (size_t)view->delta_bytes * heads[i].from);
  }
  for (uint32_t i = 0; i < count; i++)
    if (heads[i].left && heads[i].from < searches[i].view->count)
      __builtin_prefetch(block_key(searches[i].view, heads[i].from).data);
  for (uint32_t i = 0; i < count; i++)
    if (heads[i].left)
      searches[i].index = seek_key(searches[i].view, heads[i].from, searches[i].key, UINT64_MAX);
}

/* ---- proof ---- */

static status check_header(const struct block__header *header, uint64_t bytes, struct err *err) {
  if (header->count == 0 || header->count > BLOCK_ENTRIES_MAX)
    FAIL(err, LUMA_CORRUPT, "the block's count is wrong");
  if (header->flags & ~(unsigned)(BLOCK_ALL_PUT | BLOCK_UNIQUE_KEYS) || header->reserved != 0)
    FAIL(err, LUMA_CORRUPT, "the block's flags are unknown");
  uint8_t width = header->delta_bytes;
  if (width > 8 || (width & (width - 1)))
    FAIL(err, LUMA_CORRUPT, "the block's sequence width is wrong");
  if (header->seq_min > header->seq_max || header->seq_max > ENTRY_SEQ_MAX)
    FAIL(err, LUMA_CORRUPT, "the block's sequences are wrong");
  if (table_bytes(header) > bytes)
    FAIL(err, LUMA_CORRUPT, "the block's table is longer than the block");
  return LUMA_OK;
}

/* Offsets begin behind the table, ascend, leave room for their keys and end with the block. */
static status check_places(const struct block_view *view, uint64_t at, uint64_t bytes,
                           struct err *err) {
  if (load32le(view->places) != at) FAIL(err, LUMA_CORRUPT, "the block's first offset is wrong");
  for (uint32_t i = 0; i < view->count; i++) {
    uint64_t end = load32le(block_place(view, i + 1)),
             key_bytes = load16le(block_place(view, i) + 4);
    if (end < at + key_bytes || end > bytes || key_bytes < view->shared_bytes)
      FAIL(err, LUMA_CORRUPT, "entry %u of the block has a wrong offset", i);
    at = end;
  }
  if (at != bytes) FAIL(err, LUMA_CORRUPT, "the block's last offset is wrong");
  return LUMA_OK;
}

static bool kind_is_right(const struct block_view *view, uint32_t index) {
  enum block_kind kind = block_kind_of(view, index);
  size_t value_bytes = block_value(view, index).bytes;
  if (kind == BLOCK_DELETE) return value_bytes == 0;
  if (kind == BLOCK_APART) {
    struct block_handle handle;
    return block_handle_decode(block_value(view, index), &handle);
  }
  if (kind == BLOCK_BLOB) {
    struct block_reference reference;
    return block_reference_decode(block_value(view, index), &reference);
  }
  return kind == BLOCK_PUT;
}

static status check_entries(const struct block_view *view, struct err *err) {
  uint64_t least = UINT64_MAX, most = 0;
  bool is_unique = true, is_all_put = true;
  struct slice shared = slice_of(view->shared, view->shared_bytes);
  bool is_shared = slice_has_prefix(block_key(view, 0), shared) &&
                   slice_has_prefix(block_key(view, view->count - 1), shared);
  if (!is_shared) FAIL(err, LUMA_CORRUPT, "the block's keys do not share a prefix");
  for (uint32_t i = 0; i < view->count; i++) {
    uint64_t seq = block_seq(view, i);
    if (!kind_is_right(view, i))
      FAIL(err, LUMA_CORRUPT, "entry %u of the block has a wrong kind", i);
    if (load32le(view->heads + 4 * (size_t)i) !=
        block__head(block_key(view, i), view->shared_bytes))
      FAIL(err, LUMA_CORRUPT, "entry %u of the block has a wrong head", i);
    is_all_put &= block_kind_of(view, i) == BLOCK_PUT;
    least = seq < least ? seq : least;
    most = seq > most ? seq : most;
    if (i == 0) continue;
    if (entry_compare(block_key(view, i - 1), block_seq(view, i - 1), block_key(view, i), seq) >= 0)
      FAIL(err, LUMA_CORRUPT, "entry %u of the block is out of order", i);
    is_unique &= !slice_is_equal(block_key(view, i - 1), block_key(view, i));
  }
  unsigned flags =
      (is_all_put ? (unsigned)BLOCK_ALL_PUT : 0) | (is_unique ? (unsigned)BLOCK_UNIQUE_KEYS : 0);
  if (least != view->seq_min || most != view->seq_max || flags != view->flags)
    FAIL(err, LUMA_CORRUPT, "the block's summary does not fit its entries");
  return LUMA_OK;
}

status block_check(struct slice bytes, struct err *err) {
  if (bytes.bytes < BLOCK_HEADER_BYTES || bytes.bytes > BLOCK_BYTES_MAX)
    FAIL(err, LUMA_CORRUPT, "the block's size is wrong");
  struct block__header header = block__header_read(bytes.data);
  TRY(check_header(&header, bytes.bytes, err));
  struct block_view view;
  block_view_init(&view, bytes.data);
  TRY(check_places(&view, table_bytes(&header), bytes.bytes, err));
  return check_entries(&view, err);
}
