/* SPDX-License-Identifier: MIT */
/* Values that stand somewhere else: apart in the file, or in a blob file it refers to. */
#include "base/mem/mem.h"
#include "store/lsm/sorted/sorted_int.h"

/* ---- the list of blob files ---- */

void sorted__blob_encode(const struct sorted_blob *blob, struct buf *out) {
  buf_append64le(out, blob->number);
  buf_append(out, blob->uuid, BLOB_UUID_BYTES);
  buf_append64le(out, blob->values);
  buf_append64le(out, blob->value_bytes);
}

static void decode_blob(const uint8_t *bytes, struct sorted_blob *blob) {
  blob->number = load64le(bytes);
  memcpy(blob->uuid, bytes + 8, BLOB_UUID_BYTES);
  blob->values = load64le(bytes + 24);
  blob->value_bytes = load64le(bytes + 32);
}

static status read_list(struct sorted_file *file, struct err *err) {
  size_t count = file->tail.blobs_count;
  file->blobs = mem_zalloc(count, sizeof *file->blobs);
  file->blob_files = mem_zalloc(count, sizeof(struct blob_file *));
  if (!file->blobs || !file->blob_files)
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the blob files of a file");
  for (size_t i = 0; i < count; i++) {
    decode_blob(file->tail.blobs.data + i * SORTED_TAIL_BLOB_BYTES, &file->blobs[i]);
    if (i > 0 && file->blobs[i - 1].number >= file->blobs[i].number)
      FAIL(err, LUMA_CORRUPT, "`%s`: its blob files are out of order", file->path);
  }
  file->info.blobs = file->blobs;
  file->info.blobs_count = count;
  return LUMA_OK;
}

status sorted__open_blobs(struct sorted_file *file, struct blobs *blobs, struct err *err) {
  if (file->tail.blobs_count == 0) return LUMA_OK;
  TRY(read_list(file, err));
  for (size_t i = 0; blobs && i < file->info.blobs_count; i++) {
    const struct sorted_blob *blob = &file->blobs[i];
    status code = blobs_open(blobs, blob->number, blob->uuid, &file->blob_files[i], err);
    if (code == LUMA_NOT_FOUND)
      FAIL(err, LUMA_CORRUPT, "blob file %llu is missing, which `%s` names",
           (unsigned long long)blob->number, file->path);
    TRY(code);
  }
  return LUMA_OK;
}

void sorted__close_blobs(struct sorted_file *file) {
  for (size_t i = 0; file->blob_files && i < file->tail.blobs_count; i++)
    if (file->blob_files[i]) blob_release(file->blob_files[i]);
  mem_free(file->blob_files);
  mem_free(file->blobs);
}

const struct blob_file *sorted_get_blob(const struct sorted_file *file, size_t nth) {
  return file->blob_files[nth];
}

size_t sorted__find_blob(const struct sorted_info *info, uint64_t number) {
  size_t from = 0, to = info->blobs_count;
  while (from < to) {
    size_t middle = (from + to) / 2;
    if (info->blobs[middle].number < number)
      from = middle + 1;
    else
      to = middle;
  }
  return from < info->blobs_count && info->blobs[from].number == number ? from : info->blobs_count;
}

const uint8_t *sorted_blob_uuid(const struct sorted_file *file, struct slice reference) {
  struct block_reference decoded;
  if (!block_reference_decode(reference, &decoded)) return NULL;
  size_t at = sorted__find_blob(&file->info, decoded.file);
  return at < file->info.blobs_count ? file->info.blobs[at].uuid : NULL;
}

/* ---- values ---- */

static status load_apart(struct sorted_file *file, struct slice place, bool no_fill,
                         struct cache_block **value, struct err *err) {
  struct block_handle handle;
  if (!block_handle_decode(place, &handle))
    FAIL(err, LUMA_CORRUPT, "`%s`: a value's handle is damaged", file->path);
  return sorted__load(file, &handle, SORTED_APART, no_fill ? SORTED_NO_FILL : SORTED_FILL, value,
                      err);
}

status sorted_apart(struct sorted_file *file, enum block_kind kind, struct slice place,
                    bool no_fill, struct cache_block **value, struct err *err) {
  struct block_reference reference;
  if (kind == BLOCK_APART) return load_apart(file, place, no_fill, value, err);
  if (!block_reference_decode(place, &reference))
    FAIL(err, LUMA_CORRUPT, "`%s`: a value's reference is damaged", file->path);
  size_t at = sorted__find_blob(&file->info, reference.file);
  if (at == file->info.blobs_count || !file->blob_files[at])
    FAIL(err, LUMA_CORRUPT,
         "`%s` at offset 0: a value stands in blob file %llu, which is not there", file->path,
         (unsigned long long)reference.file);
  return blob_load(file->blob_files[at], &reference.handle, no_fill ? BLOB_NO_FILL : BLOB_FILL,
                   value, err);
}
