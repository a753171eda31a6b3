/* SPDX-License-Identifier: MIT */
#include "base/hash/digest.h"

#include <openssl/evp.h>

size_t hash_digest(struct slice name, struct slice data, uint8_t out[DIGEST_BYTES_MAX]) {
  static const char *const known[] = {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"};
  unsigned bytes = 0;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (!slice_is_equal_nocase(name, slice_of_text(known[i]))) continue;
    const EVP_MD *algorithm = EVP_get_digestbyname(known[i]);
    bool done = algorithm && EVP_Digest(data.data, data.bytes, out, &bytes, algorithm, NULL);
    return done ? bytes : 0;
  }
  return 0;
}
