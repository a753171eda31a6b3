/* SPDX-License-Identifier: MIT */
/* Mutations of commands that keep JSON valid: what is changed are whole values and names, so that
 * inputs reach what lies behind the reader. Text in, text out; the same seed gives the same
 * change. */
#ifndef FUZZ_JSON_MUTATE_H
#define FUZZ_JSON_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/** Changes the JSON values in data[0, bytes) a few times in place, within `room`; answers the new
 * length. Text that is no JSON is returned as it is, or replaced by a small command. */
size_t json_mutate(uint8_t *data, size_t bytes, size_t room, unsigned seed);

#endif
