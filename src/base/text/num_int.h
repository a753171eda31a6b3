/* SPDX-License-Identifier: MIT */
/* The face of the C++ library's number conversions (std::to_chars, std::from_chars) in C. Pure; any
 * thread. */
#ifndef BASE_TEXT_NUM_INT_H
#define BASE_TEXT_NUM_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum num__reading { NUM__OK, NUM__NOT_A_NUMBER, NUM__OUT_OF_RANGE };

/** Shortest digits that read back as finite `v`, plain or with an exponent; answers the bytes at
 * `out`. */
size_t num__print_shortest(double v, bool plain, char *out);
/** The same for the float's own, smaller precision. */
size_t num__print_shortest_float32(float v, bool plain, char *out);

/** Reads all of [data, data + bytes); `*v` is set when NUM__OK. */
enum num__reading num__read(const uint8_t *data, size_t bytes, double *v);

#ifdef __cplusplus
}
#endif

#endif
