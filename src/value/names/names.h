/* SPDX-License-Identifier: MIT */
/* The name dictionary of one collection: attribute names <-> small ids, append-only, ids never
 * reused. Id 0 is the key slot: what LQL, NQL and REST call `id` and JQL `_id`. At most
 * NAMES_COUNT_MAX names; further names stand inline in the documents. New names live in memory
 * until the catalog has logged them (names_unsaved, names_mark_saved): a document that uses one
 * must not commit before.
 *
 * Thread: readers (names_get, names_find) never block and may run beside one names_intern; interns
 * take turns inside. */
#ifndef VALUE_NAMES_NAMES_H
#define VALUE_NAMES_NAMES_H

#include "base/core/err.h"
#include "base/text/slice.h"

enum { NAMES_KEY_SLOT = 0, NAMES_COUNT_MAX = 4096, NAMES_NONE = 0xffff };

struct names;

/** An empty dictionary (only the key slot) with its number, which documents record. */
status names_create(uint32_t number, struct names **names, struct err *err);
void names_destroy(struct names *names);
uint32_t names_number(const struct names *names);
uint32_t names_count(const struct names *names);
/** The name of `id`, borrowed for the dictionary's life; empty slice for an unknown id (a corrupt
 * document) . The key slot is "_id". */
struct slice names_get(const struct names *names, uint16_t id);
/** The id of a name, NAMES_NONE if it has none. "_id" is the key slot. */
uint16_t names_find(const struct names *names, struct slice name);
/** The id of a name, made if new; NAMES_NONE in `*id` (and LUMA_OK) when the dictionary is full or
 * the name over 255 bytes. */
status names_intern(struct names *names, struct slice name, uint16_t *id, struct err *err);
/** Names [*from, *to) are not logged yet. */
void names_unsaved(const struct names *names, uint16_t *from, uint16_t *to);
/** Everything below `to` is durable. */
void names_mark_saved(struct names *names, uint16_t to);

#endif
