/* SPDX-License-Identifier: MIT */
/* Statements of JQL run twice, as the optimizer has them and with some of its passes left out: for
 * tests that draw them by chance. What is not as it should be fails the case. */
#ifndef TESTS_UNIT_QUERY_BESIDE_H
#define TESTS_UNIT_QUERY_BESIDE_H

#include "base/text/buf.h"
#include "tests/lang/script.h"

enum { BESIDE_ANSWER_BYTES_MAX = 4 << 20 };

uint32_t beside_pick(uint32_t below);
bool beside_toss(void);
/** Runs a statement that changes something, and empties the text. */
void beside_change(struct script_db *db, struct buf *text);
/** Whether the plan that is explained says so. */
bool beside_is_planned(struct script_db *db, struct slice text, const char *how);
/** Compares what the statement answers with what it does without `rules_off`. Without an order that
 * tells all documents apart, which of them comes first is left to the plan. */
void beside_check(struct script_db *db, struct slice text, const char *const *rules_off,
                  bool is_ordered);

#endif
