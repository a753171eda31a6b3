/* SPDX-License-Identifier: MIT */
/* Taking the parts of tagged values. Each answers false when the next token is of another form; the
 * reader may then stand anywhere, for the whole text fails. */
#ifndef VALUE_JSON_JSON_TAGS_INT_H
#define VALUE_JSON_JSON_TAGS_INT_H

#include "value/json/json_int.h"

/** A field that a tag's map must have, and where its value goes: exactly one of the three pointers
 * is set. */
struct json__member {
  const char *name;
  struct slice *text;
  int64_t *integer;
  float *floats; /* a list of floats_count numbers; one number when that is 1 */
  uint32_t floats_count;
  bool is_taken;
};

/** Takes a map that has exactly these fields, in any order. */
bool json__take_members(struct json_reader *r, struct json__member *members, uint32_t count);
/** Takes a JSON number. */
bool json__take_number(struct json_reader *r, struct val *out);
/** Takes a number, or its text, or "NaN", "Infinity", "-Infinity"; not one beyond a double. */
bool json__take_real(struct json_reader *r, double *out);
/** The same as a float; not a finite one beyond it. */
bool json__take_float32(struct json_reader *r, float *out);
/** Takes an integer of 64 bits, as a number or as its text. */
bool json__take_integer(struct json_reader *r, int64_t *out);

#endif
