/* SPDX-License-Identifier: MIT */
#include "store/lsm/manifest/edit.h"

#include <string.h>

#include "base/core/assert.h"
#include "base/core/bytes.h"
#include "base/core/canary.h"
#include "base/hash/hash.h"
#include "base/mem/mem.h"

#define EDIT_MAGIC UINT32_C(0x54464D4C) /* "LMFT" */
enum { CHECKED_FROM = 8 };

enum tag {
  TAG_PICTURE = 1,
  TAG_FILE = 2,
  TAG_REMOVED = 3,
  TAG_LOG = 4,
  TAG_TRIM = 5,
  TAG_RANGES = 6,
  TAG_NEXT = 7
};

/* ---- encoding ---- */

static void put_text(struct buf *out, struct slice text) {
  buf_append_varint(out, text.bytes);
  buf_append_slice(out, text);
}

static void put_file(struct buf *out, const struct manifest_file *file) {
  buf_append_byte(out, TAG_FILE);
  buf_append_byte(out, file->space);
  buf_append_byte(out, file->level);
  buf_append(out, file->uuid, sizeof file->uuid);
  buf_append_varint(out, file->number);
  buf_append_varint(out, file->bytes);
  buf_append_varint(out, file->entries);
  buf_append_varint(out, file->seq_min);
  buf_append_varint(out, file->seq_max);
  buf_append_varint(out, file->cleaned_seq);
  put_text(out, file->key_min);
  put_text(out, file->key_max);
}

static void put_ranges(struct buf *out, const struct manifest_range *ranges, size_t count) {
  buf_append_byte(out, TAG_RANGES);
  buf_append_varint(out, count);
  for (size_t i = 0; i < count; i++) {
    buf_append_byte(out, ranges[i].space);
    buf_append_varint(out, ranges[i].seq);
    put_text(out, ranges[i].from);
    put_text(out, ranges[i].to);
  }
}

static void put_log(struct buf *out, const struct manifest_log *log) {
  buf_append_byte(out, TAG_LOG);
  buf_append_varint(out, log->seq);
  buf_append_varint(out, log->emits);
  buf_append_varint(out, log->wal.segment);
  buf_append_varint(out, log->wal.lsn);
  buf_append32le(out, log->wal.previous_crc);
}

static void put_trim(struct buf *out, struct store_pos trim) {
  buf_append_byte(out, TAG_TRIM);
  buf_append_varint(out, trim.high);
  buf_append_varint(out, trim.low);
}

static void put_next(struct buf *out, uint64_t next_number) {
  buf_append_byte(out, TAG_NEXT);
  buf_append_varint(out, next_number);
}

static size_t begin_frame(struct buf *out) {
  size_t at = out->bytes;
  buf_extend(out, EDIT_HEADER_BYTES);
  return at;
}

static status end_frame(struct buf *out, size_t at, const struct manifest_state *state,
                        uint64_t number, struct err *err) {
  size_t payload = out->bytes - at - EDIT_HEADER_BYTES;
  while (out->failed == LUMA_OK && (out->bytes - at) % EDIT_ALIGN) buf_append_byte(out, 0);
  TRY(buf_check(out, "the manifest", err));
  uint8_t *header = out->data + at;
  store32le(header, EDIT_MAGIC);
  store32le(header + 8, EDIT_VERSION);
  store32le(header + 12, (uint32_t)payload);
  store64le(header + 16, number);
  store64le(header + 24, load64le(state->uuid));
  store32le(header + 4, hash_crc32c(0, slice_of(header + CHECKED_FROM,
                                                EDIT_HEADER_BYTES - CHECKED_FROM + payload)));
  return LUMA_OK;
}

status edit_encode(const struct manifest_state *state, const struct manifest_edit *edit,
                   uint64_t number, struct buf *out, struct err *err) {
  size_t at = begin_frame(out);
  put_next(out, state->next_number);
  for (size_t i = 0; i < edit->removed_count; i++) {
    buf_append_byte(out, TAG_REMOVED);
    buf_append_varint(out, edit->removed[i]);
  }
  for (size_t i = 0; i < edit->added_count; i++) put_file(out, &edit->added[i]);
  if (edit->log) put_log(out, edit->log);
  if (edit->trim) put_trim(out, *edit->trim);
  if (edit->has_ranges) put_ranges(out, edit->ranges, edit->ranges_count);
  return end_frame(out, at, state, number, err);
}

status edit_encode_picture(const struct manifest_state *state, uint64_t number, struct buf *out,
                           struct err *err) {
  size_t at = begin_frame(out);
  buf_append_byte(out, TAG_PICTURE);
  buf_append(out, state->uuid, sizeof state->uuid);
  put_next(out, state->next_number);
  for (size_t i = 0; i < state->files_count; i++) put_file(out, &state->files[i]);
  put_log(out, &state->log);
  put_trim(out, state->trim);
  put_ranges(out, state->ranges, state->ranges_count);
  return end_frame(out, at, state, number, err);
}

/* ---- reading ---- */

struct edit_frame edit_look_at(struct slice bytes) {
  struct edit_frame frame = {0};
  if (bytes.bytes < EDIT_HEADER_BYTES || load32le(bytes.data) != EDIT_MAGIC) return frame;
  size_t payload = load32le(bytes.data + 12);
  size_t whole = (EDIT_HEADER_BYTES + payload + EDIT_ALIGN - 1) / EDIT_ALIGN * EDIT_ALIGN;
  if (payload > EDIT_PAYLOAD_BYTES_MAX || whole > bytes.bytes) return frame;
  frame.look = EDIT_BAD;
  uint32_t crc = hash_crc32c(
      0, slice_of(bytes.data + CHECKED_FROM, EDIT_HEADER_BYTES - CHECKED_FROM + payload));
  if (crc != load32le(bytes.data + 4) && !canary_sings(CANARY_EDIT_NOT_CHECKED)) return frame;
  frame.look = load32le(bytes.data + 8) == EDIT_VERSION ? EDIT_GOOD : EDIT_TOO_NEW;
  frame.number = load64le(bytes.data + 16);
  frame.database = load64le(bytes.data + 24);
  frame.bytes = whole;
  frame.payload = slice_of(bytes.data + EDIT_HEADER_BYTES, payload);
  return frame;
}

/* Reads fields one by one; once one is missing, all that follow read as zero and `bad` stays. */
struct fields {
  const uint8_t *at, *end;
  bool bad;
};

static uint64_t get_number(struct fields *fields) {
  uint64_t number = 0;
  size_t bytes = fields->bad ? 0 : varint_decode(fields->at, fields->end, &number);
  if (bytes == 0) fields->bad = true;
  fields->at += bytes;
  return bytes ? number : 0;
}

static struct slice get_bytes(struct fields *fields, uint64_t bytes) {
  if (fields->bad || bytes > (uint64_t)(fields->end - fields->at)) {
    fields->bad = true;
    return slice_of("", 0);
  }
  struct slice slice = slice_of(fields->at, (size_t)bytes);
  fields->at += bytes;
  return slice;
}

static struct slice get_text(struct fields *fields) {
  return get_bytes(fields, get_number(fields));
}

static uint8_t get_byte(struct fields *fields) {
  struct slice byte = get_bytes(fields, 1);
  return byte.bytes ? byte.data[0] : 0;
}

static void get_uuid(struct fields *fields, uint8_t *uuid) {
  struct slice bytes = get_bytes(fields, MANIFEST_UUID_BYTES);
  if (bytes.bytes) memcpy(uuid, bytes.data, bytes.bytes);
}

static status fail_memory(struct err *err) {
  FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the manifest");
}

static status fail_form(struct err *err, const char *what) {
  FAIL(err, LUMA_CORRUPT, "a manifest edit %s", what);
}

/* Both slices in one piece of memory that begins with the first. */
static status own_two(struct slice *first, struct slice *second, struct err *err) {
  uint8_t *memory = mem_alloc(first->bytes + second->bytes + 1);
  if (!memory) return fail_memory(err);
  if (first->bytes) memcpy(memory, first->data, first->bytes);
  if (second->bytes) memcpy(memory + first->bytes, second->data, second->bytes);
  *first = slice_of(memory, first->bytes);
  *second = slice_of(memory + first->bytes, second->bytes);
  return LUMA_OK;
}

static void free_two(struct slice first) {
  union {
    const uint8_t *borrowed;
    void *owned;
  } memory = {.borrowed = first.data};
  mem_free(memory.owned);
}

/* ---- applying ---- */

static status apply_file(struct manifest_state *state, struct fields *fields, struct err *err) {
  struct manifest_file file = {.space = get_byte(fields)};
  file.level = get_byte(fields);
  get_uuid(fields, file.uuid);
  file.number = get_number(fields);
  file.bytes = get_number(fields);
  file.entries = get_number(fields);
  file.seq_min = get_number(fields);
  file.seq_max = get_number(fields);
  file.cleaned_seq = get_number(fields);
  file.key_min = get_text(fields);
  file.key_max = get_text(fields);
  if (fields->bad || file.level >= MANIFEST_LEVELS)
    return fail_form(err, "adds a file it does not describe");
  void *files = state->files;
  if (!mem_grow(&files, &state->files_capacity, state->files_count + 1, sizeof *state->files))
    return fail_memory(err);
  state->files = files;
  TRY(own_two(&file.key_min, &file.key_max, err));
  state->files[state->files_count++] = file;
  return LUMA_OK;
}

static status apply_removed(struct manifest_state *state, struct fields *fields, struct err *err) {
  uint64_t number = get_number(fields);
  for (size_t i = 0; !fields->bad && i < state->files_count; i++) {
    if (state->files[i].number != number) continue;
    free_two(state->files[i].key_min);
    state->files_count--;
    memmove(&state->files[i], &state->files[i + 1],
            (state->files_count - i) * sizeof *state->files);
    return LUMA_OK;
  }
  return fail_form(err, "removes a file that is not there");
}

static void clear_ranges(struct manifest_state *state) {
  for (size_t i = 0; i < state->ranges_count; i++) free_two(state->ranges[i].from);
  state->ranges_count = 0;
}

static status apply_ranges(struct manifest_state *state, struct fields *fields, struct err *err) {
  uint64_t count = get_number(fields);
  clear_ranges(state);
  for (uint64_t i = 0; i < count && !fields->bad; i++) {
    struct manifest_range range = {.space = get_byte(fields)};
    range.seq = get_number(fields);
    range.from = get_text(fields);
    range.to = get_text(fields);
    if (fields->bad) break;
    void *ranges = state->ranges;
    if (!mem_grow(&ranges, &state->ranges_capacity, state->ranges_count + 1, sizeof *state->ranges))
      return fail_memory(err);
    state->ranges = ranges;
    TRY(own_two(&range.from, &range.to, err));
    state->ranges[state->ranges_count++] = range;
  }
  return fields->bad ? fail_form(err, "has range deletes cut short") : LUMA_OK;
}

static void apply_log(struct manifest_state *state, struct fields *fields) {
  state->log.seq = get_number(fields);
  state->log.emits = get_number(fields);
  state->log.wal.segment = get_number(fields);
  state->log.wal.lsn = get_number(fields);
  struct slice crc = get_bytes(fields, 4);
  if (crc.bytes) state->log.wal.previous_crc = load32le(crc.data);
}

static void apply_trim(struct manifest_state *state, struct fields *fields) {
  state->trim.high = get_number(fields);
  state->trim.low = get_number(fields);
}

static void clear(struct manifest_state *state) {
  for (size_t i = 0; i < state->files_count; i++) free_two(state->files[i].key_min);
  state->files_count = 0;
  clear_ranges(state);
}

static status apply_item(struct manifest_state *state, struct fields *fields, struct err *err) {
  switch (get_byte(fields)) {
  case TAG_PICTURE:
    clear(state);
    get_uuid(fields, state->uuid);
    return LUMA_OK;
  case TAG_FILE: return apply_file(state, fields, err);
  case TAG_REMOVED: return apply_removed(state, fields, err);
  case TAG_LOG: apply_log(state, fields); return LUMA_OK;
  case TAG_TRIM: apply_trim(state, fields); return LUMA_OK;
  case TAG_RANGES: return apply_ranges(state, fields, err);
  case TAG_NEXT: state->next_number = get_number(fields); return LUMA_OK;
  default: return fail_form(err, "has an item of unknown kind");
  }
}

status edit_apply(struct manifest_state *state, struct slice payload, struct err *err) {
  struct fields fields = {payload.data, payload.data + payload.bytes, false};
  while (fields.at < fields.end) {
    TRY(apply_item(state, &fields, err));
    if (fields.bad) return fail_form(err, "is cut short");
  }
  return LUMA_OK;
}

void manifest_state_deinit(struct manifest_state *state) {
  clear(state);
  mem_free(state->files);
  mem_free(state->ranges);
  *state = (struct manifest_state){0};
}
