/* SPDX-License-Identifier: MIT */
/* Message digests by name (MD5, the SHA families), through OpenSSL. MD5 and SHA-1 are for
 * checksums only. Pure; any thread. */
#ifndef BASE_HASH_DIGEST_H
#define BASE_HASH_DIGEST_H

#include "base/text/slice.h"

enum { DIGEST_BYTES_MAX = 64 };

/** "md5", "sha1", "sha224", "sha256", "sha384", "sha512": answers the bytes of the digest, 0 when
 * there is no such algorithm. */
size_t hash_digest(struct slice name, struct slice data, uint8_t out[DIGEST_BYTES_MAX]);

#endif
