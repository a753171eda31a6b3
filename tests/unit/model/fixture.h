/* SPDX-License-Identifier: MIT */
/* A model on a store in memory, and documents from JSON. Everything asserts: the first failure ends
 * the case. */
#ifndef TESTS_UNIT_MODEL_FIXTURE_H
#define TESTS_UNIT_MODEL_FIXTURE_H

#include "model/model.h"
#include "tests/lib/test.h"

struct fixture {
  struct model *model;
  struct arena arena; /* what the helpers below make */
};

void fixture_open(struct fixture *fixture);
/** On another system than the machine's. */
void fixture_open_on(struct fixture *fixture, struct os *os);
/** Checks the whole database, then closes it. */
void fixture_close(struct fixture *fixture);

struct model_txn *fixture_begin(struct fixture *fixture, bool read_only);
/** Makes a collection in a transaction of its own. */
void fixture_collection(struct fixture *fixture, const char *name);
/** The collection in the transaction's picture; fails the case if it is not there. */
const struct collection *fixture_find(struct model_txn *txn, const char *name);
/** A value from JSON text, with `id` as the key slot of maps. */
struct val fixture_json(struct fixture *fixture, const char *text);
/** Inserts one document; answers the status, details in test_err(). */
status fixture_insert(struct model_txn *txn, const char *collection, struct val document);
/** An index specification over dotted paths; `paths` ends with NULL. */
struct model_index_spec fixture_spec(struct fixture *fixture, const char *name,
                                     const char *const *paths);
/** The document under an integer key, found or with NULL data. Lives as long as `pins`. */
struct doc fixture_get(struct model_txn *txn, const char *collection, int64_t key,
                       struct store_pins *pins);
/** JSON text of a value, in the fixture's arena. */
const char *fixture_text(struct fixture *fixture, const struct val *value);

#endif
