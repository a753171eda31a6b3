/* SPDX-License-Identifier: MIT */
/* The inner loops of CRC-32C, on the inverted checksum. One file per kind of processor gives
 * crc32c__update; the build chooses it. Pure; any thread. */
#ifndef BASE_HASH_CRC32C_INT_H
#define BASE_HASH_CRC32C_INT_H

#include <stddef.h>
#include <stdint.h>

/** As fast as the processor can. */
uint32_t crc32c__update(uint32_t state, const uint8_t *p, size_t bytes);

/** With nothing but C. */
uint32_t crc32c__update_portable(uint32_t state, const uint8_t *p, size_t bytes);

#endif
