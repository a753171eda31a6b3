/* SPDX-License-Identifier: MIT */
/* MongoDB's numbers and names of failures, for replies in its shape. Any thread. */
#ifndef SERVER_REST_MONGO_ERROR_H
#define SERVER_REST_MONGO_ERROR_H

#include "base/core/err.h"
#include "base/text/buf.h"
#include "query/query.h"
#include "value/json/json.h"

/** MongoDB's number of the failure. */
uint32_t mongo_error_number(const struct err *err);
/** Whether a transaction that met it may be done again, as its label says to clients. */
bool mongo_error_is_transient(const struct err *err);
/** Who is told: whose database the command said it is, and how values are written. */
struct mongo_teller {
  struct slice database;
  enum json_form form;
};
/** `"code":..,"codeName":..,"errmsg":..`. */
void mongo_error_write(const struct err *err, const struct mongo_teller *teller, struct buf *out);
/** The same of a change that failed beside others. */
void mongo_error_write_change(const struct query_write_error *failed,
                              const struct mongo_teller *teller, struct buf *out);

#endif
