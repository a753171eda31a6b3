/* SPDX-License-Identifier: MIT */
/* Commands of MongoDB given as text, where the server answers them itself or looks at their
 * fields: they become objects, as if they had been given as such. One thread. */
#ifndef SERVER_REST_MONGO_TEXT_H
#define SERVER_REST_MONGO_TEXT_H

#include "server/rest/statement.h"

struct exchange;

/** Between statement_read and whatever looks at the command. Other texts stay as they are. */
status mongo_text_read(struct exchange *exchange, struct statement_run *run, struct err *err);

#endif
