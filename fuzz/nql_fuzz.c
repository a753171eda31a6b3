/* SPDX-License-Identifier: MIT */
/* NQL from any bytes. */
#include "fuzz/statements.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  fuzz_statements(&lang_nql, slice_of(data, bytes));
  return 0;
}
