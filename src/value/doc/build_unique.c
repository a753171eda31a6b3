/* SPDX-License-Identifier: MIT */
/* Duplicate names of a map: the last value wins and takes the first one's place (as JSON readers
 * and MongoDB have it). A hash table over the entries finds them in linear time; the heap is laid
 * out again only if there are any. */
#include "base/hash/hash.h"
#include "value/doc/build_int.h"

/* Entries by name: open addressing, index + 1, in scratch behind the entries. */
struct name_table {
  size_t at; /* in scratch, which may move */
  uint32_t mask;
};

static struct slice inline_name(const struct build *build, const struct build_frame *frame,
                                uint32_t name) {
  return form_text(build->out->data + frame->heap + (name ^ build_inline_bit));
}

static uint64_t hash_name(const struct build *build, const struct build_frame *frame,
                          uint32_t name) {
  if (name & build_inline_bit) return hash64(inline_name(build, frame, name), 1);
  return name * 0x9e3779b97f4a7c15u >> 32;
}

bool build__is_same_name(const struct build *build, const struct build_frame *frame, uint32_t a,
                         uint32_t b) {
  if (a == b) return true;
  if (!(a & b & build_inline_bit)) return false;
  return slice_is_equal(inline_name(build, frame, a), inline_name(build, frame, b));
}

/* The place of entry `index`'s name in the table: that of an earlier entry of the same name, or a
 * free one. */
static uint32_t *find_slot(struct build *build, const struct build_frame *frame,
                           struct name_table table, uint32_t index) {
  uint32_t *slots = (uint32_t *)(void *)(build->scratch.data + table.at);
  const struct build_entry *entries = build__entries(build, frame);
  uint32_t name = entries[index].name;
  for (uint32_t i = (uint32_t)hash_name(build, frame, name) & table.mask;; i = (i + 1) & table.mask)
    if (!slots[i] || build__is_same_name(build, frame, entries[slots[i] - 1].name, name))
      return &slots[i];
}

/* Gives the first entry of each name the last one's value and drops the others; true if there were
 * any. */
static bool merge_entries(struct build *build, struct build_frame *frame, struct name_table table,
                          uint32_t count) {
  bool merged = false;
  struct build_entry *entries = build__entries(build, frame);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t *slot = find_slot(build, frame, table, i);
    if (*slot) {
      entries[*slot - 1].offset = entries[i].offset;
      entries[i].name = build_dropped;
      merged = true;
    } else {
      *slot = i + 1;
    }
  }
  return merged;
}

/* Moves encoded bytes of the old heap to the end of the new one; answers their new offset. */
static uint32_t move_value(const uint8_t *old_heap, uint32_t offset, uint8_t *heap, size_t *end) {
  uint32_t bytes = val_encoded_bytes(old_heap + offset), moved = (uint32_t)*end;
  memcpy(heap + moved, old_heap + offset, bytes);
  *end += bytes;
  return moved;
}

/* Writes the heap again from the copy in scratch, in the order of the entries that are left. */
static void lay_out(struct build *build, struct build_frame *frame, uint32_t count,
                    size_t copy_at) {
  struct build_entry *entries = build__entries(build, frame);
  const uint8_t *old_heap = build->scratch.data + copy_at;
  uint8_t *heap = build->out->data + frame->heap;
  size_t end = 0;
  uint32_t kept = 0;
  for (uint32_t i = 0; i < count; i++) {
    struct build_entry entry = entries[i];
    if (entry.name == build_dropped) continue;
    if (entry.name & build_inline_bit)
      entry.name =
          build_inline_bit | move_value(old_heap, entry.name ^ build_inline_bit, heap, &end);
    entry.offset = move_value(old_heap, entry.offset, heap, &end);
    entries[kept++] = entry;
  }
  build->out->bytes = frame->heap + end;
  build->scratch.bytes = frame->entries + kept * sizeof *entries;
}

void build__drop_duplicates(struct build *build, struct build_frame *frame) {
  uint32_t count = build__count(build, frame), slots_count = 4;
  while (slots_count < count * 2) slots_count *= 2;
  size_t entries_end = build->scratch.bytes;
  struct name_table table = {entries_end, slots_count - 1};
  uint8_t *slots = buf_extend(&build->scratch, slots_count * sizeof(uint32_t));
  if (slots) memset(slots, 0, slots_count * sizeof(uint32_t));
  bool merged = slots && merge_entries(build, frame, table, count);
  build->scratch.bytes = entries_end;
  if (merged) {
    struct slice heap = slice_of(build->out->data + frame->heap, build->out->bytes - frame->heap);
    if (buf_append_slice(&build->scratch, heap)) lay_out(build, frame, count, entries_end);
  }
  if (build->scratch.failed) build__fail_buf(build, &build->scratch);
}
