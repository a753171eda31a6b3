/* SPDX-License-Identifier: MIT */
/* Where the tokens of a JSON text are: simdjson's first stage behind our own words.
 *
 * It finds, at a few GB/s, the place of every token: `{ } [ ] : ,`, the opening quote of each text,
 * and the first byte of each run of other bytes (numbers, literals, rubbish). It also decides three
 * things for the whole text: valid UTF-8, no control characters inside quotes, every quote closed.
 * All else (grammar, numbers, escapes) is decided by json_read.c. Between the end of one token and
 * the place of the next there is only white space. One thread per index. */
#ifndef VALUE_JSON_SIMDJSON_FACE_H
#define VALUE_JSON_SIMDJSON_FACE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Working memory: four bytes for each byte of the longest text yet. */
struct json__index;

enum json__index_result { JSON_INDEX_OK, JSON_INDEX_FAULT, JSON_INDEX_NO_MEMORY };

/** NULL when out of memory. */
struct json__index *json__index_create(void);
void json__index_destroy(struct json__index *index);

/** Finds the tokens of [text, text + bytes): `*count` ascending offsets at `*places`, followed by
 * one that equals `bytes`. Valid until the next run. FAULT also when there is no token at all. */
enum json__index_result json__index_run(struct json__index *index, const uint8_t *text,
                                        size_t bytes, const uint32_t **places, size_t *count);
/** Gives memory back after a text so long that keeping its index would be waste. */
void json__index_trim(struct json__index *index);

#ifdef __cplusplus
}
#endif

#endif
