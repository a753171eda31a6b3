/* SPDX-License-Identifier: MIT */
/* The builder's frames: documents, lists, maps and the names in them. */
#include "value/doc/build.h"

#include "base/core/assert.h"
#include "base/hash/hash.h"
#include "base/mem/mem.h"
#include "value/doc/build_int.h"

enum { ENTRIES_BYTES_MAX = 1 << 30, NARROW_BYTES_MAX = 0xffff, NARROW_INLINE_MAX = 0x7fff };

void build_init(struct build *build, struct buf *out, struct names *names) {
  build->out = out;
  build->names = names;
  build->frames = NULL;
  build->frames_capacity = 0;
  build->depth = 0;
  build->depth_max = DOC_DEPTH_MAX;
  build->start = 0;
  build->is_started = build->is_document = build->only_known = false;
  buf_init(&build->scratch, ENTRIES_BYTES_MAX);
  /* The rest of it is filled when something fails: it is far larger than all else. */
  build->err.code = LUMA_OK;
  build->err.faults = NULL;
  build->err.faults_count = 0;
}

void build_deinit(struct build *build) {
  buf_deinit(&build->scratch);
  mem_free(build->frames);
}

void build__fail_buf(struct build *build, const struct buf *buf) {
  if (build->err.code == LUMA_OK) (void)buf_check(buf, "the document", &build->err);
}

void build__fail_size(struct build *build) {
  err_raise(&build->err, LUMA_TOO_LARGE, __FILE__, __LINE__, "a document is over %d bytes",
            DOC_BYTES_MAX);
}

uint8_t *build__room(struct build *build, size_t bytes) {
  struct buf *out = build->out;
  if (out->bytes - build->start + bytes > DOC_BYTES_MAX) {
    build__fail_size(build);
    return NULL;
  }
  if (out->capacity - out->bytes >= bytes && !out->failed) return out->data + out->bytes;
  uint8_t *room = buf_reserve(out, bytes);
  if (!room) build__fail_buf(build, out);
  return room;
}

/* Where a document or bare value begins, to be cut back to if it fails. */
static void start(struct build *build) {
  if (build->is_started) return;
  build->is_started = true;
  build->start = build->out->bytes;
}

static struct build_frame *top(const struct build *build) {
  return build->depth ? &build->frames[build->depth - 1] : NULL;
}

static bool append_entry(struct build *build, struct build_entry entry) {
  struct buf *scratch = &build->scratch;
  bool has_room = scratch->capacity - scratch->bytes >= sizeof entry;
  if (!has_room && !buf_reserve(scratch, sizeof entry)) {
    build__fail_buf(build, scratch);
    return false;
  }
  memcpy(scratch->data + scratch->bytes, &entry, sizeof entry);
  scratch->bytes += sizeof entry;
  return true;
}

bool build__place(struct build *build) {
  if (build->err.code != LUMA_OK) return false;
  struct build_frame *frame = top(build);
  if (!frame) {
    ASSERT(!build->is_started || build->out->bytes == build->start);
    start(build);
    return true;
  }
  ASSERT(frame->has_name == frame->is_map);
  struct build_entry entry = {frame->name, (uint32_t)(build->out->bytes - frame->heap)};
  frame->has_name = false;
  return append_entry(build, entry);
}

static void push(struct build *build, bool is_map) {
  if (build->depth == build->depth_max) {
    err_raise(&build->err, LUMA_TOO_DEEP, __FILE__, __LINE__, "nesting is deeper than %u levels",
              build->depth_max);
    return;
  }
  void *frames = build->frames;
  if (!mem_grow(&frames, &build->frames_capacity, build->depth + 1, sizeof *build->frames)) {
    err_raise(&build->err, LUMA_OUT_OF_MEMORY, __FILE__, __LINE__, "out of memory for a document");
    return;
  }
  build->frames = frames;
  build->frames[build->depth++] = (struct build_frame){
      .heap = build->out->bytes, .entries = build->scratch.bytes, .is_map = is_map};
}

void build_begin_document(struct build *build) {
  ASSERT(build->depth == 0 && !build->is_started);
  start(build);
  build->is_document = true;
  if (!build__room(build, DOC_HEADER_BYTES)) return;
  build->out->bytes += DOC_HEADER_BYTES;
  push(build, true);
}

void build_begin_map(struct build *build) {
  if (build__place(build)) push(build, true);
}

void build_begin_list(struct build *build) {
  if (build__place(build)) push(build, false);
}

/* Small maps look for an earlier field of the name at once, and only if the bit of its hash is
 * taken; large ones all at the end (build__drop_duplicates), in linear time. */
static void note_name(struct build *build, struct build_frame *frame, uint64_t hash) {
  uint64_t bit = 1ull << (hash & 63);
  bool is_new = !(frame->seen & bit);
  frame->seen |= bit;
  uint32_t count = build__count(build, frame);
  if (is_new || frame->has_duplicates || count > BUILD_SMALL_MAP) return;
  const struct build_entry *entries = build__entries(build, frame);
  for (uint32_t i = 0; i < count; i++)
    if (build__is_same_name(build, frame, entries[i].name, frame->name))
      frame->has_duplicates = true;
}

/* An inline name stands as an encoded text before its value. */
static void name_inline(struct build *build, struct build_frame *frame, struct slice name) {
  uint32_t offset = (uint32_t)(build->out->bytes - frame->heap);
  if (!build__append_sized(build, (struct build_prefix){VAL_TEXT, 0, false}, name)) return;
  frame->name = build_inline_bit | offset;
  frame->has_inline = true;
  note_name(build, frame, hash64(name, 0));
}

static void name_id(struct build *build, struct build_frame *frame, uint16_t id) {
  frame->name = id;
  note_name(build, frame, id);
}

/* The open map, ready for a name. */
static struct build_frame *begin_name(struct build *build) {
  struct build_frame *frame = top(build);
  ASSERT(frame && frame->is_map && !frame->has_name);
  frame->has_name = true;
  frame->name_at = build->out->bytes;
  return frame;
}

void build__name_id(struct build *build, uint16_t id) {
  if (build->err.code == LUMA_OK) name_id(build, begin_name(build), id);
}

bool build_name(struct build *build, struct slice name) {
  if (build->err.code != LUMA_OK) return false;
  struct build_frame *frame = begin_name(build);
  uint16_t id = build->names ? names_find(build->names, name) : NAMES_NONE;
  if (id == NAMES_NONE && build->names && !build->only_known &&
      names_intern(build->names, name, &id, &build->err) != LUMA_OK)
    return false;
  if (id == NAMES_NONE)
    name_inline(build, frame, name);
  else
    name_id(build, frame, id);
  return id != NAMES_NONE;
}

void build__drop_name(struct build *build) {
  struct build_frame *frame = top(build);
  if (build->err.code != LUMA_OK || !frame || !frame->is_map) return;
  ASSERT(frame->has_name);
  frame->has_name = false;
  build->out->bytes = frame->name_at;
}

/* One word of the directory, 2 or 4 bytes. */
static inline uint8_t *write_word(uint8_t *p, uint32_t word, uint32_t v) {
  if (word == 2)
    store16le(p, (uint16_t)v);
  else
    store32le(p, v);
  return p + word;
}

static void write_directory(struct build *build, const struct build_frame *frame, uint32_t word,
                            uint32_t bytes) {
  uint8_t *p = build->out->data + frame->heap;
  const struct build_entry *entries = build__entries(build, frame);
  uint32_t count = build__count(build, frame), inline_bit = form_inline_bit(word);
  *p = form_tag(frame->is_map ? VAL_MAP : VAL_LIST, word == 2 ? FORM_NARROW : FORM_WIDE);
  p = write_word(p + 1, word, (uint32_t)(build->out->bytes - frame->heap));
  p = write_word(p, word, count);
  for (uint32_t i = 0; frame->is_map && i < count; i++) {
    uint32_t name = entries[i].name;
    if (name & build_inline_bit) name = inline_bit | ((name ^ build_inline_bit) + bytes);
    p = write_word(p, word, name);
  }
  for (uint32_t i = 0; i < count; i++) p = write_word(p, word, entries[i].offset + bytes);
}

static size_t directory_bytes(const struct build_frame *frame, uint32_t word, uint32_t count) {
  return 1 + (size_t)word * (2 + (frame->is_map ? 2 * (size_t)count : count));
}

/* Narrow words reach everything but inline names past 15 bits. */
static uint32_t choose_word(const struct build *build, const struct build_frame *frame,
                            uint32_t count) {
  size_t total = build->out->bytes - frame->heap + directory_bytes(frame, 2, count);
  bool has_far_names = frame->is_map && frame->has_inline && total > NARROW_INLINE_MAX;
  return total <= NARROW_BYTES_MAX && !has_far_names ? 2 : 4;
}

static void close_frame(struct build *build, struct build_frame *frame) {
  uint32_t count = build__count(build, frame);
  if (count == 0) {
    uint8_t *p = build__room(build, 1);
    if (!p) return;
    *p = form_tag(frame->is_map ? VAL_MAP : VAL_LIST, FORM_EMPTY);
    build->out->bytes++;
    return;
  }
  uint32_t word = choose_word(build, frame, count);
  size_t directory = directory_bytes(frame, word, count), heap = build->out->bytes - frame->heap;
  if (!build__room(build, directory)) return;
  build->out->bytes += directory;
  uint8_t *start_at = build->out->data + frame->heap;
  memmove(start_at + directory, start_at, heap);
  write_directory(build, frame, word, (uint32_t)directory);
}

void build_end(struct build *build) {
  if (build->err.code != LUMA_OK) return;
  struct build_frame *frame = top(build);
  ASSERT(frame && !frame->has_name);
  bool may_repeat = frame->has_duplicates || build__count(build, frame) > BUILD_SMALL_MAP;
  if (frame->is_map && may_repeat) build__drop_duplicates(build, frame);
  if (build->err.code == LUMA_OK) close_frame(build, frame);
  build->scratch.bytes = frame->entries;
  build->depth--;
}

static void reset(struct build *build) {
  build->depth = 0;
  build->scratch.bytes = 0;
  build->scratch.failed = LUMA_OK;
  build->is_started = build->is_document = false;
}

status build_status(const struct build *build, struct err *err) {
  if (build->err.code != LUMA_OK && err) *err = build->err;
  return build->err.code;
}

status build_finish(struct build *build, struct slice *result, struct err *err) {
  struct buf *out = build->out;
  if (build->err.code == LUMA_OK && build->depth == 1 && build->is_document) build_end(build);
  if (build->err.code == LUMA_OK && out->failed) build__fail_buf(build, out);
  size_t bytes = out->bytes - build->start;
  if (build->err.code == LUMA_OK && bytes > DOC_BYTES_MAX) build__fail_size(build);
  status finished = build->err.code;
  if (finished != LUMA_OK) {
    if (build->is_started) out->bytes = build->start;
    if (err) *err = build->err;
    err_reset(&build->err);
    reset(build);
    return finished;
  }
  ASSERT(build->depth == 0 && build->is_started && bytes > 0);
  *result = slice_of(out->data + build->start, bytes);
  if (build->is_document)
    doc__write_header(out->data + build->start, (uint32_t)bytes,
                      build->names ? names_number(build->names) : 0);
  reset(build);
  return LUMA_OK;
}

status build_document_of(struct buf *out, const struct val *map, struct slice *result,
                         struct err *err) {
  size_t start = out->bytes, bytes = DOC_HEADER_BYTES + (size_t)map->bytes;
  ASSERT(map->type == VAL_MAP && map->names);
  if (bytes > DOC_BYTES_MAX)
    FAIL(err, LUMA_TOO_LARGE, "a document of %zu bytes is over the limit of %d", bytes,
         DOC_BYTES_MAX);
  uint8_t *to = buf_extend(out, bytes);
  if (!to) return buf_check(out, "a document", err);
  memcpy(to + DOC_HEADER_BYTES, map->data, map->bytes);
  doc__write_header(to, (uint32_t)bytes, names_number(map->names));
  *result = slice_of(out->data + start, bytes);
  return LUMA_OK;
}
