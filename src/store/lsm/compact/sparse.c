/* SPDX-License-Identifier: MIT */
/* Blob files of which little is still referred to. */
#include "base/mem/mem.h"
#include "store/lsm/compact/compact_int.h"

enum { LIVE_PART = 2 }; /* a blob file is sparse when less than one of so many bytes lives */

status compact__sparse_collect(const struct view *view, struct compact_sparse *sparse,
                               struct err *err) {
  struct view_share *shares;
  size_t count;
  *sparse = (struct compact_sparse){0};
  TRY(view_shares(view, &shares, &count, err));
  if (count > 0) sparse->numbers = mem_alloc(count * sizeof *sparse->numbers);
  bool has_room = count == 0 || sparse->numbers;
  for (size_t i = 0; has_room && i < count; i++)
    if (shares[i].live_bytes < shares[i].value_bytes / LIVE_PART)
      sparse->numbers[sparse->count++] = shares[i].number;
  mem_free(shares);
  if (!has_room) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to look at blob files");
  return LUMA_OK;
}

void compact__sparse_deinit(struct compact_sparse *sparse) {
  mem_free(sparse->numbers);
}

bool compact__is_sparse(const struct compact_sparse *sparse, uint64_t number) {
  size_t from = 0, to = sparse->count;
  while (from < to) {
    size_t middle = (from + to) / 2;
    if (sparse->numbers[middle] < number)
      from = middle + 1;
    else
      to = middle;
  }
  return from < sparse->count && sparse->numbers[from] == number;
}

bool compact__refers_to_sparse(const struct compact_sparse *sparse,
                               const struct sorted_file *file) {
  const struct sorted_info *info = sorted_get_info(file);
  for (size_t i = 0; sparse->count > 0 && i < info->blobs_count; i++)
    if (compact__is_sparse(sparse, info->blobs[i].number)) return true;
  return false;
}
