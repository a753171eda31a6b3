/* SPDX-License-Identifier: MIT */
/* Blob files: large values, one after another, that sorted files refer to (spec/blob-file.md has
 * every byte). A value is written once, when it leaves memory; merging moves its reference of 32
 * bytes. A sorted file lists the blob files it refers to and how much of each, so what of a blob is
 * still wanted is the sum over the sorted files of a view, and a blob that none of them names is
 * gone: the manifest knows nothing of blobs.
 *
 * The checksum of a value stands in its reference, and the uuid of a blob beside its number in the
 * sorted file. What fails its check is LUMA_CORRUPT with file and offset.
 *
 * Threads: a writer belongs to one thread. The set of open blobs and its blobs are shared by any
 * number; a blob is open once, as long as a sorted file that refers to it is. */
#ifndef STORE_LSM_BLOB_BLOB_H
#define STORE_LSM_BLOB_BLOB_H

#include "base/os/os.h"
#include "store/lsm/block/block.h"
#include "store/lsm/cache/cache.h"
#include "store/store.h"

struct blobs;
struct blob_file;
struct blob_writer;

enum {
  BLOB_FORMAT_VERSION = 1,
  BLOB_UUID_BYTES = 16,
  BLOB_HEADER_BYTES = 64,
  BLOB_FOOTER_BYTES = 64
};

/** What a blob file says of itself. */
struct blob_info {
  uint64_t number; /* among manifests, sorted and blob files */
  uint8_t uuid[BLOB_UUID_BYTES];
  uint64_t file_bytes;
  uint64_t values, value_bytes; /* all that were written */
};

/* ---- writing ---- */

/** Makes the file `path`, which must not exist. Ends with blob_writer_destroy in every case. */
status blob_writer_create(struct os *os, const char *path, const struct blob_info *name,
                          struct blob_writer **writer, struct err *err);
/** Appends a value and says how to refer to it. After an error only destroy is allowed. */
status blob_writer_add(struct blob_writer *writer, struct slice value,
                       struct block_reference *reference, struct err *err);
/** Bytes the file has so far. */
uint64_t blob_writer_bytes(const struct blob_writer *writer);
/** Writes what is left and syncs the file (its directory is the caller's to sync). */
status blob_writer_finish(struct blob_writer *writer, struct blob_info *info, struct err *err);
/** Frees the writer; a file that was not finished is removed. */
void blob_writer_destroy(struct blob_writer *writer);

/* ---- the set of open blobs ---- */

/** Blobs of the database in `directory`; `os` and `cache` must outlive it. */
status blobs_create(struct os *os, const char *directory, struct cache *cache, struct blobs **blobs,
                    struct err *err);
/** Every blob must have been released. */
void blobs_destroy(struct blobs *blobs);
/** Bytes of the open blob files. */
uint64_t blobs_bytes(struct blobs *blobs);
/** The blob with one more reference for the caller; opened and verified if it is not open.
 * LUMA_CORRUPT, LUMA_VERSION_TOO_NEW, LUMA_NOT_FOUND, LUMA_IO_ERROR. */
status blobs_open(struct blobs *blobs, uint64_t number, const uint8_t *uuid,
                  struct blob_file **blob, struct err *err);
/** Lets go of one reference; the last closes the file and forgets its values. */
void blob_release(struct blob_file *blob);

/* ---- reading ---- */

const struct blob_info *blob_get_info(const struct blob_file *blob);

/** How loading goes about the cache. */
enum blob_caching {
  BLOB_FILL,    /* look in the cache; keep there what was read */
  BLOB_NO_FILL, /* look in the cache, keep nothing */
  BLOB_FRESH,   /* read from disk, keep nothing */
};
/** Reads and verifies a value; `*value` has one reference for the caller. */
status blob_load(const struct blob_file *blob, const struct block_handle *handle,
                 enum blob_caching caching, struct cache_block **value, struct err *err);
/** Verifies header and footer on disk. What no reference names any more has no checksum. */
status blob_check(const struct blob_file *blob, struct err *err);

/* ---- format.c, for this folder ---- */

void blob__header_encode(const struct blob_info *info, uint8_t out[BLOB_HEADER_BYTES]);
void blob__footer_encode(const struct blob_info *info, uint8_t out[BLOB_FOOTER_BYTES]);
status blob__footer_decode(const uint8_t *bytes, struct blob_info *info, struct err *err);

#endif
