/* SPDX-License-Identifier: MIT */
/* ULIDs: 48 bits of Unix milliseconds, 80 of randomness; text is 26 characters of Crockford
 * base 32. A source makes them strictly increasing: within a millisecond, and when the clock goes
 * back, the last one plus a random step (so values stay unguessable); overflow of the 80 bits moves
 * to the next millisecond. Thread: a source takes a lock of its own. https://github.com/ulid/spec
 */
#ifndef VALUE_ULID_ULID_H
#define VALUE_ULID_ULID_H

#include "base/os/os.h"
#include "base/sync/sync.h"

enum { ULID_BYTES = 16, ULID_TEXT_BYTES = 26 };

struct ulid_source {
  struct os *os;
  struct mutex lock;
  uint8_t last[ULID_BYTES];
  uint8_t pool[256]; /* randomness drawn ahead */
  uint32_t pool_left;
};

void ulid_source_init(struct ulid_source *source, struct os *os);
void ulid_source_deinit(struct ulid_source *source);
/** Everything made later sorts above `floor`: call with the largest one stored. A floor in the last
 * millisecond that 48 bits can tell (a key someone made up) leaves no room above it and is ignored.
 */
void ulid_source_raise(struct ulid_source *source, const uint8_t floor[ULID_BYTES]);
void ulid_next(struct ulid_source *source, uint8_t out[ULID_BYTES]);

void ulid_format(const uint8_t ulid[ULID_BYTES], char out[ULID_TEXT_BYTES]);
/** 26 characters, any case, I L O read as 1 1 0; false if not a ULID (first character above 7,
 * other letters). */
bool ulid_parse(struct slice text, uint8_t out[ULID_BYTES]);
/** 36-character UUID text (RFC 9562), lower case. */
void uuid_format(const uint8_t uuid[16], char out[36]);
bool uuid_parse(struct slice text, uint8_t out[16]);

#endif
