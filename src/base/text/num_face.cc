/* SPDX-License-Identifier: MIT */
#include <charconv>

#include "base/text/num_int.h"

namespace {
const size_t text_bytes_max = 40; /* NUM_TEXT_BYTES_MAX */

template <typename real> size_t print_shortest(real v, bool plain, char *out) {
  std::chars_format format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  std::to_chars_result result = std::to_chars(out, out + text_bytes_max, v, format);
  return static_cast<size_t>(result.ptr - out);
}
} // namespace

size_t num__print_shortest(double v, bool plain, char *out) {
  return print_shortest(v, plain, out);
}

size_t num__print_shortest_float32(float v, bool plain, char *out) {
  return print_shortest(v, plain, out);
}

enum num__reading num__read(const uint8_t *data, size_t bytes, double *v) {
  const char *text = reinterpret_cast<const char *>(data);
  std::from_chars_result result = std::from_chars(text, text + bytes, *v);
  if (result.ec == std::errc::invalid_argument || result.ptr != text + bytes)
    return NUM__NOT_A_NUMBER;
  return result.ec == std::errc::result_out_of_range ? NUM__OUT_OF_RANGE : NUM__OK;
}
