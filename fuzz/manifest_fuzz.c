/* SPDX-License-Identifier: MIT */
/* Manifests of any bytes, read as an opening does. The first byte of the input says whether
 * checksums and numbers of the edits are set right first. A state that was read must survive being
 * written and read again. */
#include "base/core/assert.h"
#include "base/core/bytes.h"
#include "base/hash/hash.h"
#include "base/mem/mem.h"
#include "fuzz/memory_files.h"
#include "fuzz/mend_log.h"
#include "store/lsm/manifest/edit.h"
#include "store/lsm/manifest/manifest.h"

enum { BYTES_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void write_and_read_again(const struct manifest_state *state) {
  struct manifest_state again = {0};
  struct buf first, second;
  buf_init(&first, EDIT_PAYLOAD_BYTES_MAX);
  buf_init(&second, EDIT_PAYLOAD_BYTES_MAX);
  status answer = edit_encode_picture(state, 9, &first, NULL);
  if (answer == LUMA_OK) answer = edit_apply(&again, edit_look_at(buf_slice(&first)).payload, NULL);
  if (answer == LUMA_OK) answer = edit_encode_picture(&again, 9, &second, NULL);
  ASSERT(answer == LUMA_OUT_OF_MEMORY ||
         (answer == LUMA_OK && slice_is_equal(buf_slice(&first), buf_slice(&second))));
  manifest_state_deinit(&again);
  buf_deinit(&first);
  buf_deinit(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  if (bytes < 1 || bytes > BYTES_MAX) return 0;
  struct memory_files memory;
  struct manifest *manifest;
  uint8_t *edits = mem_copy(data + 1, bytes - 1);
  if (!edits) return 0;
  if (data[0] & 1) mend_edits(edits, bytes - 1);
  memory_files_init(&memory);
  memory_files_add(&memory, "CURRENT", slice_of_text("lumadb manifest 000000000001 version 1\n"));
  memory_files_add(&memory, "000000000001.manifest", slice_of(edits, bytes - 1));
  status answer = manifest_open(&memory.os, "db", 1, &manifest, NULL);
  ASSERT(answer == LUMA_OK || answer == LUMA_CORRUPT || answer == LUMA_VERSION_TOO_NEW ||
         answer == LUMA_OUT_OF_MEMORY);
  if (answer == LUMA_OK) {
    write_and_read_again(manifest_get_state(manifest));
    manifest_close(manifest);
  }
  mem_free(edits);
  return 0;
}
