/* SPDX-License-Identifier: MIT */
/* Decimals as PostgreSQL's numeric: how many digits a result has behind its point, and what its
 * elementary functions answer. The rules are those of its manual's and its observable results
 * (version 15): a quotient has at least 16 significant digits, and never fewer places than what it
 * was made of; sums have the larger scale, products both. A decimal keeps 34 digits: past them the
 * scale gives way. Pure; any thread. */
#ifndef QUERY_FUNC_NUMERIC_H
#define QUERY_FUNC_NUMERIC_H

#include "base/text/buf.h"
#include "value/decimal/decimal.h"

/** Digits behind the point that it is written with. */
int numeric_scale(struct decimal v);
/** b is not zero. */
struct decimal numeric_divide(struct decimal a, struct decimal b);
/** v >= 0. */
struct decimal numeric_sqrt(struct decimal v);
struct decimal numeric_exp(struct decimal v);
/** v > 0. */
struct decimal numeric_ln(struct decimal v);
/** base and v > 0, base is not 1. */
struct decimal numeric_log(struct decimal base, struct decimal v);
/** Where the result is real and finite: 0 has no negative power, a negative number only whole ones.
 * Infinity when it does not fit. */
struct decimal numeric_power(struct decimal base, struct decimal exponent);
/** As PostgreSQL writes it, without an exponent: 0.0000001, 100000. Appends. */
void numeric_append(struct buf *out, struct decimal v);

#endif
