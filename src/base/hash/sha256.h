/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4), for names that stand for content. Pure; any thread. */
#ifndef BASE_HASH_SHA256_H
#define BASE_HASH_SHA256_H

#include "base/text/slice.h"

enum { SHA256_BYTES = 32 };

void sha256(struct slice data, uint8_t out[SHA256_BYTES]);

#endif
