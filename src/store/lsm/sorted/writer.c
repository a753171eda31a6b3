/* SPDX-License-Identifier: MIT */
/* Writing: entries stream into a data block; a full block goes out and leaves an entry in the index
 * block; a full index block goes out and leaves an entry in the root; filter, tail and footer end
 * the file. */
#include "base/core/assert.h"
#include "base/core/canary.h"
#include "base/hash/hash.h"
#include "base/mem/mem.h"
#include "store/lsm/filter/filter.h"
#include "store/lsm/sorted/sorted_int.h"

enum {
  FLUSH_BYTES = 1 << 20,   /* written to disk in pieces of about this size */
  OUT_BYTES_MAX = 1 << 30, /* a piece, and the largest value that stands apart, compressed */
  APART_PART = 4,          /* values over this part of a block stand apart */
  INDEX_BLOCK_PART = 4,    /* an index block is this many times as large as a data block */
  KEY_BYTES_MAX = UINT16_MAX,
};

struct sorted_writer {
  struct os *os;
  struct os_file *file;
  char *path;
  bool is_finished;
  enum block_codec codec;
  uint32_t block_bytes;
  uint64_t written_bytes; /* already in the file; what follows waits in `out` */
  struct buf out, raw, blob_bytes;
  struct block_builder data, index, root;
  uint64_t index_seq_min, index_seq_max; /* of all entries below the index block */
  struct buf first_key, last_key;
  uint64_t last_seq;
  struct places_key *keys; /* of the file, in order */
  size_t keys_capacity;
  bool has_places;
  uint32_t blocks_count;     /* data blocks that went out */
  struct sorted_blob *blobs; /* referred to, by number */
  size_t blobs_capacity;
  struct sorted_info info;
};

/* ---- create and destroy ---- */

static void init_bufs(struct sorted_writer *writer) {
  buf_init(&writer->out, OUT_BYTES_MAX);
  buf_init(&writer->raw, BLOCK_BYTES_MAX);
  buf_init(&writer->blob_bytes, SORTED_TAIL_BYTES_MAX);
  buf_init(&writer->last_key, KEY_BYTES_MAX);
  buf_init(&writer->first_key, KEY_BYTES_MAX);
  block_builder_init(&writer->data);
  block_builder_init(&writer->index);
  block_builder_init(&writer->root);
}

static status begin_file(struct sorted_writer *writer, const struct sorted_writer_options *options,
                         struct err *err) {
  writer->path = mem_copy(options->path, strlen(options->path) + 1);
  if (!writer->path) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to write `%s`", options->path);
  TRY(os_open(writer->os, writer->path, OS_OPEN_WRITE | OS_OPEN_CREATE | OS_OPEN_EXCLUSIVE,
              &writer->file, err));
  uint8_t *header = buf_extend(&writer->out, SORTED_HEADER_BYTES);
  if (header) sorted__header_encode(&writer->info, SORTED_FORMAT_VERSION, header);
  return buf_check(&writer->out, "the file's header", err);
}

static void start_index_block(struct sorted_writer *writer) {
  writer->index_seq_min = UINT64_MAX;
  writer->index_seq_max = 0;
}

status sorted_writer_create(const struct sorted_writer_options *options,
                            struct sorted_writer **writer, struct err *err) {
  struct sorted_writer *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to write `%s`", options->path);
  made->os = options->os;
  made->codec = options->codec;
  made->has_places = options->has_places;
  made->block_bytes = options->block_bytes ? options->block_bytes : SORTED_BLOCK_BYTES_DEFAULT;
  if (made->block_bytes < SORTED_BLOCK_BYTES_MIN) made->block_bytes = SORTED_BLOCK_BYTES_MIN;
  made->info = (struct sorted_info){
      .number = options->number, .space = options->space, .seq_min = UINT64_MAX};
  memcpy(made->info.uuid, options->uuid, SORTED_UUID_BYTES);
  init_bufs(made);
  start_index_block(made);
  status code = begin_file(made, options, err);
  if (code != LUMA_OK) {
    sorted_writer_destroy(made);
    return code;
  }
  *writer = made;
  return LUMA_OK;
}

void sorted_writer_destroy(struct sorted_writer *writer) {
  if (!writer) return;
  if (writer->file) {
    os_close(writer->os, writer->file, NULL); /* given up: nothing it holds is wanted */
    if (!writer->is_finished)
      os_remove(writer->os, writer->path, NULL); /* what stays is an orphan for the next open */
  }
  block_builder_deinit(&writer->data);
  block_builder_deinit(&writer->index);
  block_builder_deinit(&writer->root);
  buf_deinit(&writer->out);
  buf_deinit(&writer->raw);
  buf_deinit(&writer->blob_bytes);
  buf_deinit(&writer->last_key);
  buf_deinit(&writer->first_key);
  mem_free(writer->keys);
  mem_free(writer->blobs);
  mem_free(writer->path);
  mem_free(writer);
}

/* ---- output ---- */

static uint64_t offset_of_end(const struct sorted_writer *writer) {
  return writer->written_bytes + writer->out.bytes;
}

static status flush(struct sorted_writer *writer, struct err *err) {
  TRY(buf_check(&writer->out, "the file", err));
  TRY(os_write_at(writer->os, writer->file, writer->written_bytes, writer->out.data,
                  writer->out.bytes, err));
  writer->written_bytes += writer->out.bytes;
  buf_reset(&writer->out);
  return LUMA_OK;
}

/* As it is, without a copy in memory. */
static status append_large(struct sorted_writer *writer, struct slice raw,
                           struct block_handle *handle, struct err *err) {
  TRY(flush(writer, err));
  TRY(os_write_at(writer->os, writer->file, writer->written_bytes, raw.data, raw.bytes, err));
  *handle = (struct block_handle){.offset = writer->written_bytes,
                                  .stored_bytes = (uint32_t)raw.bytes,
                                  .raw_bytes = (uint32_t)raw.bytes,
                                  .crc = hash_crc32c(0, raw),
                                  .codec = BLOCK_NONE};
  writer->written_bytes += raw.bytes;
  return LUMA_OK;
}

static status append_packed(struct sorted_writer *writer, struct slice raw,
                            struct block_handle *handle, struct err *err) {
  if (raw.bytes >= FLUSH_BYTES && writer->codec == BLOCK_NONE)
    return append_large(writer, raw, handle, err);
  uint64_t offset = offset_of_end(writer);
  TRY(block_pack(raw, writer->codec, &writer->out, handle, err));
  handle->offset = offset;
  return writer->out.bytes >= FLUSH_BYTES ? flush(writer, err) : LUMA_OK;
}

/* Packs what `builder` has and describes it in `child`. */
static status append_block(struct sorted_writer *writer, struct block_builder *builder,
                           struct sorted__child *child, struct err *err) {
  child->seq_min = builder->seq_min;
  child->seq_max = builder->seq_max;
  buf_reset(&writer->raw);
  TRY(block_builder_finish(builder, &writer->raw, err));
  return append_packed(writer, buf_slice(&writer->raw), &child->handle, err);
}

/* ---- the index ---- */

static status add_child(struct block_builder *builder, struct slice key, uint64_t seq,
                        const struct sorted__child *child, struct err *err) {
  uint8_t value[SORTED_INDEX_VALUE_BYTES];
  sorted__child_encode(child, value);
  return block_builder_add(builder, key, seq, BLOCK_PUT, slice_of(value, sizeof value), err);
}

static status finish_index_block(struct sorted_writer *writer, struct slice key, uint64_t seq,
                                 struct err *err) {
  struct sorted__child child;
  TRY(append_block(writer, &writer->index, &child, err));
  child.seq_min = writer->index_seq_min;
  child.seq_max = writer->index_seq_max;
  start_index_block(writer);
  return add_child(&writer->root, key, seq, &child, err);
}

static status add_to_index(struct sorted_writer *writer, struct slice separator, uint64_t seq,
                           const struct sorted__child *child, struct err *err) {
  TRY(add_child(&writer->index, separator, seq, child, err));
  if (child->seq_min < writer->index_seq_min) writer->index_seq_min = child->seq_min;
  if (child->seq_max > writer->index_seq_max) writer->index_seq_max = child->seq_max;
  bool is_full =
      block_builder_bytes(&writer->index) >= (size_t)writer->block_bytes * INDEX_BLOCK_PART ||
      writer->index.count == BLOCK_ENTRIES_MAX;
  return is_full ? finish_index_block(writer, separator, seq, err) : LUMA_OK;
}

/* Makes of the last key the shortest one that still lies before `next`: what both have in common,
 * and one byte between the two that follow, if there is one. It then stands behind all versions of
 * the last key, so its sequence becomes 0. */
static void shorten_last_key(struct sorted_writer *writer, struct slice next) {
  struct buf *last = &writer->last_key;
  size_t shorter = last->bytes < next.bytes ? last->bytes : next.bytes, at = 0;
  while (at < shorter && last->data[at] == next.data[at]) at++;
  if (at >= shorter || last->data[at] + 1 >= next.data[at]) return;
  last->data[at]++;
  last->bytes = at + 1;
  writer->last_seq = 0;
}

/* Ends the data block. `next`: the key that follows; NULL at the end. Spoils the last key. */
static status cut_block(struct sorted_writer *writer, const struct slice *next, struct err *err) {
  struct sorted__child child;
  TRY(append_block(writer, &writer->data, &child, err));
  writer->blocks_count++;
  if (next) shorten_last_key(writer, *next);
  return add_to_index(writer, buf_slice(&writer->last_key), writer->last_seq, &child, err);
}

/* ---- entries ---- */

static status note_key(struct sorted_writer *writer, struct slice key, struct err *err) {
  bool has_room = mem_grow((void **)&writer->keys, &writer->keys_capacity, writer->info.keys + 1,
                           sizeof *writer->keys);
  if (!has_room) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the filter of a file");
  writer->keys[writer->info.keys++] =
      (struct places_key){filter_hash(key), writer->blocks_count, writer->data.count - 1};
  if (writer->info.keys > 1) return LUMA_OK;
  buf_append_slice(&writer->first_key, key);
  return buf_check(&writer->first_key, "the first key", err);
}

static status note_entry(struct sorted_writer *writer, const struct lsm_entry *entry,
                         bool is_new_key, struct err *err) {
  struct sorted_info *info = &writer->info;
  if (is_new_key) TRY(note_key(writer, entry->key, err));
  info->entries++;
  if (entry->kind == ENTRY_DELETE) info->deletes++;
  if (entry->seq < info->seq_min) info->seq_min = entry->seq;
  if (entry->seq > info->seq_max) info->seq_max = entry->seq;
  buf_reset(&writer->last_key);
  buf_append_slice(&writer->last_key, entry->key);
  writer->last_seq = entry->seq;
  return buf_check(&writer->last_key, "the last key", err);
}

static bool is_block_full(const struct sorted_writer *writer, size_t more) {
  const struct block_builder *data = &writer->data;
  return data->count > 0 && (data->count == BLOCK_ENTRIES_MAX ||
                             block_builder_bytes(data) + more > writer->block_bytes);
}

/* The blob file's item of the list, which is made when it is not there. */
static struct sorted_blob *blob_item(struct sorted_writer *writer, uint64_t number) {
  size_t count = writer->info.blobs_count, at = count;
  while (at > 0 && writer->blobs[at - 1].number > number) at--;
  if (at > 0 && writer->blobs[at - 1].number == number) return &writer->blobs[at - 1];
  void *blobs = writer->blobs;
  if (!mem_grow(&blobs, &writer->blobs_capacity, count + 1, sizeof *writer->blobs)) return NULL;
  writer->blobs = blobs;
  memmove(&writer->blobs[at + 1], &writer->blobs[at], (count - at) * sizeof *writer->blobs);
  writer->blobs[at] = (struct sorted_blob){.number = number};
  writer->info.blobs_count++;
  return &writer->blobs[at];
}

static status note_reference(struct sorted_writer *writer, const struct lsm_entry *entry,
                             struct err *err) {
  struct block_reference reference;
  if (!block_reference_decode(entry->value, &reference))
    FAIL(err, LUMA_CORRUPT, "a value's reference is damaged");
  struct sorted_blob *blob = blob_item(writer, reference.file);
  if (!blob) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the blob files of a file");
  memcpy(blob->uuid, entry->blob_uuid, BLOB_UUID_BYTES);
  blob->values++;
  blob->value_bytes += reference.handle.stored_bytes;
  return LUMA_OK;
}

static size_t apart_bytes(const struct sorted_writer *writer) {
  uint32_t part = writer->block_bytes / APART_PART;
  return part > BLOCK_HANDLE_BYTES ? part : BLOCK_HANDLE_BYTES;
}

status sorted_writer_add(struct sorted_writer *writer, const struct lsm_entry *entry,
                         struct err *err) {
  enum { TABLE_BYTES = 16 }; /* what the block's table takes for an entry, about */
  struct slice last = buf_slice(&writer->last_key), value = entry->value;
  bool is_first = writer->info.entries == 0;
  if (!is_first && entry_compare(last, writer->last_seq, entry->key, entry->seq) >= 0)
    FAIL(err, LUMA_CORRUPT, "entries for `%s` are out of order", writer->path);
  bool is_new_key = is_first || !slice_is_equal(last, entry->key);
  enum block_kind kind = entry->kind == ENTRY_DELETE ? BLOCK_DELETE
                         : entry->blob_uuid          ? BLOCK_BLOB
                                                     : BLOCK_PUT;
  uint8_t handle_bytes[BLOCK_HANDLE_BYTES];
  if (kind == BLOCK_PUT && value.bytes > apart_bytes(writer)) {
    struct block_handle handle;
    TRY(append_packed(writer, value, &handle, err));
    block_handle_encode(&handle, handle_bytes);
    value = slice_of(handle_bytes, sizeof handle_bytes);
    kind = BLOCK_APART;
  }
  if (kind == BLOCK_BLOB) TRY(note_reference(writer, entry, err));
  if (is_block_full(writer, entry->key.bytes + value.bytes + TABLE_BYTES))
    TRY(cut_block(writer, &entry->key, err));
  TRY(block_builder_add(&writer->data, entry->key, entry->seq, kind, value, err));
  return note_entry(writer, entry, is_new_key, err);
}

uint64_t sorted_writer_bytes(const struct sorted_writer *writer) {
  return offset_of_end(writer) + block_builder_bytes(&writer->data) +
         block_builder_bytes(&writer->index);
}

uint64_t sorted_writer_entries(const struct sorted_writer *writer) {
  return writer->info.entries;
}

/* ---- the end of the file ---- */

static status append_filter(struct sorted_writer *writer, struct sorted__tail *tail,
                            struct buf *page_crcs, struct err *err) {
  uint64_t blocks = filter_blocks(writer->info.keys);
  uint8_t *bits = mem_zalloc(blocks, FILTER_BLOCK_BYTES);
  if (!bits) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the filter of a file");
  for (uint64_t i = 0; i < writer->info.keys; i++) {
    uint64_t hash = writer->keys[i].hash;
    filter_block_add(bits + filter_block_of(hash, blocks) * FILTER_BLOCK_BYTES, hash);
  }
  tail->filter_offset = offset_of_end(writer);
  tail->filter_blocks = blocks;
  size_t bytes = blocks * FILTER_BLOCK_BYTES;
  for (size_t at = 0; at < bytes; at += FILTER_PAGE_BYTES) {
    size_t page = bytes - at < FILTER_PAGE_BYTES ? bytes - at : FILTER_PAGE_BYTES;
    buf_append32le(page_crcs, hash_crc32c(0, slice_of(bits + at, page)));
  }
  buf_append(&writer->out, bits, bytes);
  mem_free(bits);
  TRY(buf_check(page_crcs, "the filter's checksums", err));
  return flush(writer, err);
}

static status append_places(struct sorted_writer *writer, struct sorted__tail *tail,
                            struct buf *page_crcs, struct err *err) {
  uint8_t *bytes;
  if (!writer->has_places) return LUMA_OK;
  TRY(places_build(writer->keys, writer->info.keys, &tail->places, &bytes, err));
  if (!bytes) return LUMA_OK;
  uint64_t page_bytes = places_page_bytes(&tail->places);
  tail->places_offset = offset_of_end(writer);
  for (uint64_t page = 0; page < tail->places.pages; page++)
    buf_append32le(page_crcs, hash_crc32c(0, slice_of(bytes + page * page_bytes, page_bytes)));
  buf_append(&writer->out, bytes, tail->places.pages * page_bytes);
  mem_free(bytes);
  TRY(buf_check(page_crcs, "the checksums of the places", err));
  return flush(writer, err);
}

/* The root's raw bytes: the only index block if one was enough. */
static status finish_root(struct sorted_writer *writer, struct sorted__tail *tail,
                          struct err *err) {
  struct slice last = buf_slice(&writer->last_key);
  bool is_one = writer->root.count == 0;
  if (!is_one && writer->index.count > 0)
    TRY(finish_index_block(writer, last, writer->last_seq, err));
  tail->levels = is_one ? 1 : 2;
  buf_reset(&writer->raw);
  TRY(block_builder_finish(is_one ? &writer->index : &writer->root, &writer->raw, err));
  tail->root = buf_slice(&writer->raw);
  return LUMA_OK;
}

static status append_tail(struct sorted_writer *writer, const struct sorted__tail *tail,
                          struct err *err) {
  struct sorted__footer footer = {.tail_offset = offset_of_end(writer),
                                  .number = writer->info.number};
  size_t start = writer->out.bytes;
  sorted__tail_encode(tail, &writer->out);
  TRY(buf_check(&writer->out, "the file's tail", err));
  struct slice bytes = slice_of(writer->out.data + start, writer->out.bytes - start);
  if (bytes.bytes > SORTED_TAIL_BYTES_MAX)
    FAIL(err, LUMA_TOO_LARGE, "`%s` has grown too large", writer->path);
  hash128(bytes, footer.hash);
  footer.tail_bytes = bytes.bytes;
  footer.file_bytes = offset_of_end(writer) + SORTED_FOOTER_BYTES;
  memcpy(footer.uuid, writer->info.uuid, SORTED_UUID_BYTES);
  uint8_t *room = buf_extend(&writer->out, SORTED_FOOTER_BYTES);
  if (room) sorted__footer_encode(&footer, room);
  TRY(flush(writer, err));
  writer->info.file_bytes = footer.file_bytes;
  memcpy(writer->info.hash, footer.hash, sizeof footer.hash);
  return LUMA_OK;
}

static status append_end(struct sorted_writer *writer, struct buf *page_crcs, struct err *err) {
  const struct sorted_info *info = &writer->info;
  struct sorted__tail tail = {.space = info->space,
                              .block_bytes = writer->block_bytes,
                              .entries = info->entries,
                              .keys = info->keys,
                              .deletes = info->deletes,
                              .seq_min = info->seq_min,
                              .seq_max = info->seq_max,
                              .key_min = info->key_min,
                              .key_max = info->key_max,
                              .data_blocks = writer->blocks_count};
  struct buf *blobs = &writer->blob_bytes;
  for (size_t i = 0; i < info->blobs_count; i++) sorted__blob_encode(&writer->blobs[i], blobs);
  TRY(buf_check(blobs, "the list of blob files", err));
  tail.blobs = buf_slice(blobs);
  tail.blobs_count = (uint32_t)info->blobs_count;
  TRY(finish_root(writer, &tail, err));
  TRY(append_filter(writer, &tail, page_crcs, err));
  TRY(append_places(writer, &tail, page_crcs, err));
  tail.page_crcs = buf_slice(page_crcs);
  return append_tail(writer, &tail, err);
}

status sorted_writer_finish(struct sorted_writer *writer, struct sorted_info *info,
                            struct err *err) {
  ASSERT(writer->info.entries > 0 && !writer->is_finished);
  writer->info.key_min = buf_slice(&writer->first_key);
  writer->info.key_max = buf_slice(&writer->last_key);
  writer->info.blobs = writer->blobs;
  struct buf page_crcs;
  buf_init(&page_crcs, SORTED_TAIL_BYTES_MAX);
  status code = cut_block(writer, NULL, err);
  if (code == LUMA_OK) code = append_end(writer, &page_crcs, err);
  buf_deinit(&page_crcs);
  TRY(code);
  if (!canary_sings(CANARY_FILE_NOT_SYNCED)) TRY(os_sync(writer->os, writer->file, err));
  struct os_file *file = writer->file;
  writer->file = NULL;
  code = os_close(writer->os, file, err);
  if (code != LUMA_OK) {
    os_remove(writer->os, writer->path, NULL); /* what stays is an orphan for the next open */
    return code;
  }
  writer->is_finished = true;
  *info = writer->info;
  return LUMA_OK;
}
