/* SPDX-License-Identifier: MIT */
/* Verifying a whole file from disk, past the cache. Pieces are counted as they are verified:
 * together they must be the file. */
#include "base/core/assert.h"
#include "base/hash/hash.h"
#include "base/mem/mem.h"
#include "store/lsm/filter/filter.h"
#include "store/lsm/sorted/sorted_int.h"

struct checker {
  struct sorted_file *file;
  store_check_fn *fault;
  void *context;
  uint64_t faults;
  uint64_t seen_bytes, entries, keys, deletes, data_blocks, places; /* verified so far */
  uint64_t seq_min, seq_max;
  struct sorted_blob *blobs; /* seen of each blob file referred to */
  struct buf last_key;       /* of the entry before */
  uint64_t last_seq;
  struct slice separator; /* the index entry above the block being verified, and its sequence */
  uint64_t separator_seq;
};

/* ---- faults ---- */

static void report(struct checker *checker, uint64_t offset, const char *what) {
  struct err place = {0};
  checker->faults++;
  if (!checker->fault) return;
  err_raise(&place, LUMA_CORRUPT, __FILE__, __LINE__, "`%s` at offset %llu", checker->file->path,
            (unsigned long long)offset);
  checker->fault(checker->context, place.message, what);
}

/* A corrupt piece is a fault, and the check goes on; any other failure ends it. */
static status take_fault(struct checker *checker, uint64_t offset, status code,
                         const struct err *failure, struct err *err) {
  if (code == LUMA_CORRUPT) {
    report(checker, offset, failure->message);
    return LUMA_OK;
  }
  if (code != LUMA_OK && err) *err = *failure;
  return code;
}

/* Loads a piece from disk; `*block` is NULL when it is corrupt. */
static status load(struct checker *checker, const struct block_handle *handle, enum sorted__use use,
                   struct cache_block **block, struct err *err) {
  struct err failure = {0};
  *block = NULL;
  status code = sorted__load(checker->file, handle, use, SORTED_FRESH, block, &failure);
  if (code == LUMA_OK) checker->seen_bytes += handle->stored_bytes;
  return take_fault(checker, handle->offset, code, &failure, err);
}

/* ---- data ---- */

static status check_apart(struct checker *checker, const struct block_view *view, uint32_t index,
                          struct err *err) {
  struct block_handle handle;
  struct cache_block *value;
  bool is_handle = block_handle_decode(block_value(view, index), &handle);
  ASSERT(is_handle); /* the block was verified */
  TRY(load(checker, &handle, SORTED_APART, &value, err));
  if (value) cache_block_release(value);
  return LUMA_OK;
}

static status check_reference(struct checker *checker, struct slice bytes, uint64_t offset,
                              struct err *err) {
  struct sorted_file *file = checker->file;
  struct block_reference reference;
  struct cache_block *value = NULL;
  struct err failure = {0};
  bool is_reference = block_reference_decode(bytes, &reference);
  ASSERT(is_reference); /* the block was verified */
  size_t at = sorted__find_blob(&file->info, reference.file);
  if (at == file->info.blobs_count) {
    report(checker, offset, "a value stands in a blob file that the file does not list");
    return LUMA_OK;
  }
  checker->blobs[at].values++;
  checker->blobs[at].value_bytes += reference.handle.stored_bytes;
  if (!file->blob_files[at]) return LUMA_OK; /* opened without them */
  status code = blob_load(file->blob_files[at], &reference.handle, BLOB_FRESH, &value, &failure);
  if (code == LUMA_OK) cache_block_release(value);
  return take_fault(checker, offset, code, &failure, err);
}

static bool is_after_last(const struct checker *checker, struct slice key, uint64_t seq) {
  return checker->entries == 0 ||
         entry_compare(buf_slice(&checker->last_key), checker->last_seq, key, seq) < 0;
}

static status check_entry(struct checker *checker, const struct block_view *view, uint32_t index,
                          uint64_t offset, struct err *err) {
  struct slice key = block_key(view, index);
  uint64_t seq = block_seq(view, index);
  enum block_kind kind = block_kind_of(view, index);
  if (!is_after_last(checker, key, seq)) report(checker, offset, "an entry is out of order");
  if (entry_compare(key, seq, checker->separator, checker->separator_seq) > 0)
    report(checker, offset, "an entry lies beyond its index entry");
  if (checker->entries == 0 || !slice_is_equal(buf_slice(&checker->last_key), key)) checker->keys++;
  checker->entries++;
  checker->deletes += kind == BLOCK_DELETE;
  if (seq < checker->seq_min) checker->seq_min = seq;
  if (seq > checker->seq_max) checker->seq_max = seq;
  buf_reset(&checker->last_key);
  buf_append_slice(&checker->last_key, key);
  TRY(buf_check(&checker->last_key, "a key", err));
  checker->last_seq = seq;
  if (kind == BLOCK_BLOB) return check_reference(checker, block_value(view, index), offset, err);
  return kind == BLOCK_APART ? check_apart(checker, view, index, err) : LUMA_OK;
}

/* A page of filter or places; `*page` is NULL when it is corrupt, which is reported with the pages.
 */
static status load_page(struct checker *checker, uint64_t number, struct cache_block **page,
                        struct err *err) {
  struct block_handle handle = sorted__page_handle(checker->file, number);
  struct err failure = {0};
  *page = NULL;
  status code = sorted__load(checker->file, &handle, SORTED_PAGE, SORTED_FILL, page, &failure);
  if (code == LUMA_CORRUPT) return LUMA_OK;
  return take_fault(checker, handle.offset, code, &failure, err);
}

static status check_in_filter(struct checker *checker, uint64_t hash, struct err *err) {
  struct sorted_file *file = checker->file;
  uint64_t at = filter_block_of(hash, file->tail.filter_blocks);
  struct cache_block *page;
  TRY(load_page(checker, at / FILTER_PAGE_BLOCKS, &page, err));
  if (!page) return LUMA_OK;
  if (!filter_block_may_have(page->data + at % FILTER_PAGE_BLOCKS * FILTER_BLOCK_BYTES, hash))
    report(checker, file->tail.filter_offset, "the filter does not have a key of the file");
  cache_block_release(page);
  return LUMA_OK;
}

/* The newest version of each key must have its place in the table, if there is one. */
static status check_in_places(struct checker *checker, uint64_t hash, uint32_t index,
                              struct err *err) {
  const struct sorted__tail *tail = &checker->file->tail;
  struct cache_block *page;
  struct places_walk walk;
  uint32_t place = 0;
  uint64_t expected = checker->data_blocks << tail->places.index_bits | index;
  bool is_there = false;
  if (tail->places.pages == 0) return LUMA_OK;
  TRY(load_page(checker,
                sorted__filter_pages(tail->filter_blocks) + places_page_of(&tail->places, hash),
                &page, err));
  if (!page) return LUMA_OK;
  places_walk_init(&walk, &tail->places, page->data, hash);
  while (!is_there && places_next(&walk, &place)) is_there = place == expected;
  if (!is_there) report(checker, tail->places_offset, "the table of places does not have a key");
  cache_block_release(page);
  return LUMA_OK;
}

static status check_found(struct checker *checker, const struct block_view *view, uint32_t index,
                          bool is_new_key, struct err *err) {
  uint64_t hash = filter_hash(block_key(view, index));
  TRY(check_in_filter(checker, hash, err));
  return is_new_key ? check_in_places(checker, hash, index, err) : LUMA_OK;
}

static status check_block(struct checker *checker, const struct sorted__child *child,
                          struct err *err) {
  struct cache_block *block;
  TRY(load(checker, &child->handle, SORTED_BLOCK, &block, err));
  if (!block) return LUMA_OK;
  struct block_view view;
  block_view_init(&view, block->data);
  if (view.seq_min != child->seq_min || view.seq_max != child->seq_max)
    report(checker, child->handle.offset, "a block's sequences are not those of its index entry");
  status code = LUMA_OK;
  for (uint32_t i = 0; i < view.count && code == LUMA_OK; i++) {
    uint64_t keys = checker->keys;
    code = check_entry(checker, &view, i, child->handle.offset, err);
    if (code == LUMA_OK) code = check_found(checker, &view, i, checker->keys > keys, err);
  }
  checker->data_blocks++;
  cache_block_release(block);
  return code;
}

/* ---- index ---- */

static status check_index(struct checker *checker, const struct block_view *index,
                          struct err *err) {
  for (uint32_t i = 0; i < index->count; i++) {
    struct sorted__child child;
    if (!sorted__child_decode(block_value(index, i), &child)) {
      report(checker, checker->file->info.file_bytes, "an index entry is damaged");
      continue;
    }
    checker->separator = block_key(index, i);
    checker->separator_seq = block_seq(index, i);
    TRY(check_block(checker, &child, err));
  }
  return LUMA_OK;
}

static status check_index_block(struct checker *checker, uint32_t at, struct err *err) {
  struct sorted__child child;
  struct cache_block *block;
  if (!sorted__child_decode(block_value(&checker->file->root, at), &child)) {
    report(checker, checker->file->info.file_bytes, "an entry of the root is damaged");
    return LUMA_OK;
  }
  TRY(load(checker, &child.handle, SORTED_BLOCK, &block, err));
  if (!block) return LUMA_OK;
  struct block_view view;
  block_view_init(&view, block->data);
  status code = check_index(checker, &view, err);
  cache_block_release(block);
  return code;
}

static status check_tree(struct checker *checker, struct err *err) {
  const struct block_view *root = &checker->file->root;
  if (checker->file->tail.levels == 1) return check_index(checker, root, err);
  for (uint32_t i = 0; i < root->count; i++) TRY(check_index_block(checker, i, err));
  return LUMA_OK;
}

/* ---- the rest ---- */

static status check_page(struct checker *checker, uint64_t number, struct err *err) {
  const struct sorted__tail *tail = &checker->file->tail;
  struct block_handle handle = sorted__page_handle(checker->file, number);
  struct cache_block *page;
  TRY(load(checker, &handle, SORTED_PAGE, &page, err));
  if (!page) return LUMA_OK;
  if (number >= sorted__filter_pages(tail->filter_blocks)) {
    uint64_t count = places_count(&tail->places, page->data);
    if (count == UINT64_MAX) report(checker, handle.offset, "a bucket of places is overfull");
    checker->places += count;
  }
  cache_block_release(page);
  return LUMA_OK;
}

static status check_pages(struct checker *checker, struct err *err) {
  uint64_t pages = sorted__pages(&checker->file->tail);
  for (uint64_t page = 0; page < pages; page++) TRY(check_page(checker, page, err));
  return LUMA_OK;
}

static status check_header(struct checker *checker, struct err *err) {
  struct sorted_file *file = checker->file;
  struct err failure = {0};
  uint8_t bytes[SORTED_HEADER_BYTES];
  size_t got;
  TRY(os_read_at(file->os, file->handle, 0, bytes, sizeof bytes, &got, err));
  if (got < sizeof bytes) memset(bytes, 0, sizeof bytes);
  status code = sorted__header_check(bytes, &file->info, file->version, &failure);
  checker->seen_bytes += sizeof bytes;
  return take_fault(checker, 0, code, &failure, err);
}

/* The tail was verified when the file was opened; it is read again, for the disk may have changed
 * since. */
static status check_end(struct checker *checker, struct err *err) {
  struct sorted_file *file = checker->file;
  uint64_t bytes = file->info.file_bytes, size;
  size_t got;
  TRY(os_size(file->os, file->handle, &size, err));
  if (size != bytes) {
    report(checker, size, "the file's size has changed");
    return LUMA_OK;
  }
  uint8_t footer_bytes[SORTED_FOOTER_BYTES];
  struct sorted__footer footer = {0};
  struct err failure = {0};
  TRY(os_read_at(file->os, file->handle, bytes - sizeof footer_bytes, footer_bytes,
                 sizeof footer_bytes, &got, err));
  status code = got < sizeof footer_bytes ? LUMA_CORRUPT
                                          : sorted__footer_decode(footer_bytes, &footer, &failure);
  if (code != LUMA_OK)
    return take_fault(checker, bytes - sizeof footer_bytes, LUMA_CORRUPT, &failure, err);
  checker->seen_bytes += sizeof footer_bytes + footer.tail_bytes;
  uint8_t *tail = mem_alloc(footer.tail_bytes + 1);
  if (!tail) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to check `%s`", file->path);
  uint8_t hash[16] = {0};
  code = os_read_at(file->os, file->handle, footer.tail_offset, tail, footer.tail_bytes, &got, err);
  if (code == LUMA_OK) hash128(slice_of(tail, got), hash);
  mem_free(tail);
  TRY(code);
  if (memcmp(hash, file->info.hash, sizeof hash) != 0)
    report(checker, footer.tail_offset, "the tail's checksum is wrong");
  return LUMA_OK;
}

static void check_totals(struct checker *checker) {
  const struct sorted_info *info = &checker->file->info;
  bool is_same = checker->entries == info->entries && checker->keys == info->keys &&
                 checker->deletes == info->deletes && checker->seq_min == info->seq_min &&
                 checker->seq_max == info->seq_max;
  if (!is_same)
    report(checker, info->file_bytes, "the file's properties are not those of its entries");
  if (checker->seen_bytes != info->file_bytes)
    report(checker, info->file_bytes, "the file has bytes that belong to nothing");
  const struct sorted__tail *tail = &checker->file->tail;
  if (tail->places.pages > 0 && checker->places != info->keys)
    report(checker, tail->places_offset, "the table of places has not as many keys as the file");
  if (checker->file->version > 1 && checker->data_blocks != tail->data_blocks)
    report(checker, info->file_bytes, "the file has not as many blocks as it states");
  if (!slice_is_equal(buf_slice(&checker->last_key), info->key_max))
    report(checker, info->file_bytes, "the file's last key is not the one it states");
}

static status check_blobs(struct checker *checker, struct err *err) {
  const struct sorted_info *info = &checker->file->info;
  for (size_t i = 0; i < info->blobs_count; i++) {
    struct err failure = {0};
    const struct blob_file *blob = checker->file->blob_files[i];
    status code = blob ? blob_check(blob, &failure) : LUMA_OK;
    TRY(take_fault(checker, 0, code, &failure, err));
    bool is_same = checker->blobs[i].values == info->blobs[i].values &&
                   checker->blobs[i].value_bytes == info->blobs[i].value_bytes;
    if (checker->faults == 0 && !is_same)
      report(checker, info->file_bytes, "the file's references are not those it states");
  }
  return LUMA_OK;
}

static status check_all(struct checker *checker, struct err *err) {
  TRY(check_header(checker, err));
  TRY(check_end(checker, err));
  TRY(check_pages(checker, err));
  TRY(check_tree(checker, err));
  TRY(check_blobs(checker, err));
  if (checker->faults == 0) check_totals(checker);
  return LUMA_OK;
}

status sorted_check(struct sorted_file *file, store_check_fn *fault, void *context,
                    struct err *err) {
  struct checker checker = {
      .file = file, .fault = fault, .context = context, .seq_min = UINT64_MAX};
  buf_init(&checker.last_key, UINT16_MAX);
  checker.blobs = mem_zalloc(file->info.blobs_count + 1, sizeof *checker.blobs);
  if (!checker.blobs) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to check `%s`", file->path);
  status code = check_all(&checker, err);
  buf_deinit(&checker.last_key);
  mem_free(checker.blobs);
  TRY(code);
  if (checker.faults > 0)
    FAIL(err, LUMA_CORRUPT, "`%s` has %llu faults", file->path, (unsigned long long)checker.faults);
  return LUMA_OK;
}
