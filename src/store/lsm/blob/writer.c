/* SPDX-License-Identifier: MIT */
/* Writing blob files: small values gather in memory, large ones go straight to the file. */
#include "base/core/assert.h"
#include "base/core/canary.h"
#include "base/hash/hash.h"
#include "base/mem/mem.h"
#include "store/lsm/blob/blob.h"

enum { FLUSH_BYTES = 1 << 20, OUT_BYTES_MAX = 2 * FLUSH_BYTES };

struct blob_writer {
  struct os *os;
  struct os_file *file;
  char *path;
  bool is_finished;
  uint64_t written_bytes; /* already in the file; what follows waits in `out` */
  struct buf out;
  struct blob_info info;
};

static status begin_file(struct blob_writer *writer, const char *path, struct err *err) {
  writer->path = mem_copy(path, strlen(path) + 1);
  if (!writer->path) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to write `%s`", path);
  TRY(os_open(writer->os, path, OS_OPEN_WRITE | OS_OPEN_CREATE | OS_OPEN_EXCLUSIVE, &writer->file,
              err));
  uint8_t *header = buf_extend(&writer->out, BLOB_HEADER_BYTES);
  if (header) blob__header_encode(&writer->info, header);
  return buf_check(&writer->out, "the file's header", err);
}

status blob_writer_create(struct os *os, const char *path, const struct blob_info *name,
                          struct blob_writer **writer, struct err *err) {
  struct blob_writer *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to write `%s`", path);
  made->os = os;
  made->info = (struct blob_info){.number = name->number};
  memcpy(made->info.uuid, name->uuid, BLOB_UUID_BYTES);
  buf_init(&made->out, OUT_BYTES_MAX);
  status code = begin_file(made, path, err);
  if (code != LUMA_OK) {
    blob_writer_destroy(made);
    return code;
  }
  *writer = made;
  return LUMA_OK;
}

void blob_writer_destroy(struct blob_writer *writer) {
  if (!writer) return;
  if (writer->file) {
    os_close(writer->os, writer->file, NULL); /* given up: nothing it holds is wanted */
    if (!writer->is_finished)
      os_remove(writer->os, writer->path, NULL); /* what stays is an orphan for the next open */
  }
  buf_deinit(&writer->out);
  mem_free(writer->path);
  mem_free(writer);
}

uint64_t blob_writer_bytes(const struct blob_writer *writer) {
  return writer->written_bytes + writer->out.bytes;
}

static status write_bytes(struct blob_writer *writer, struct slice bytes, struct err *err) {
  TRY(os_write_at(writer->os, writer->file, writer->written_bytes, bytes.data, bytes.bytes, err));
  writer->written_bytes += bytes.bytes;
  return LUMA_OK;
}

static status flush(struct blob_writer *writer, struct err *err) {
  TRY(buf_check(&writer->out, "the file", err));
  TRY(write_bytes(writer, buf_slice(&writer->out), err));
  buf_reset(&writer->out);
  return LUMA_OK;
}

status blob_writer_add(struct blob_writer *writer, struct slice value,
                       struct block_reference *reference, struct err *err) {
  ASSERT(value.bytes <= UINT32_MAX);
  if (writer->out.bytes + value.bytes > FLUSH_BYTES) TRY(flush(writer, err));
  *reference = (struct block_reference){.file = writer->info.number,
                                        .handle = {.offset = blob_writer_bytes(writer),
                                                   .stored_bytes = (uint32_t)value.bytes,
                                                   .raw_bytes = (uint32_t)value.bytes,
                                                   .crc = hash_crc32c(0, value),
                                                   .codec = BLOCK_NONE}};
  writer->info.values++;
  writer->info.value_bytes += value.bytes;
  if (value.bytes > FLUSH_BYTES) return write_bytes(writer, value, err);
  buf_append_slice(&writer->out, value);
  return buf_check(&writer->out, "a large value", err);
}

status blob_writer_finish(struct blob_writer *writer, struct blob_info *info, struct err *err) {
  ASSERT(!writer->is_finished);
  writer->info.file_bytes = blob_writer_bytes(writer) + BLOB_FOOTER_BYTES;
  uint8_t *footer = buf_extend(&writer->out, BLOB_FOOTER_BYTES);
  if (footer) blob__footer_encode(&writer->info, footer);
  TRY(flush(writer, err));
  if (!canary_sings(CANARY_FILE_NOT_SYNCED)) TRY(os_sync(writer->os, writer->file, err));
  struct os_file *file = writer->file;
  writer->file = NULL;
  status code = os_close(writer->os, file, err);
  if (code != LUMA_OK) {
    os_remove(writer->os, writer->path, NULL);
    return code;
  }
  writer->is_finished = true;
  *info = writer->info;
  return LUMA_OK;
}
