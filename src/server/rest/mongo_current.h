/* SPDX-License-Identifier: MIT */
/* currentOp, $currentOp and killOp: statements that run, as MongoDB tells of them. */
#ifndef SERVER_REST_MONGO_CURRENT_H
#define SERVER_REST_MONGO_CURRENT_H

#include "server/rest/mongo_admin.h"

/** `inprog`: those that fit what the command asks beside $all and $ownOps. */
status mongo_current_answer(const struct mongo_asked *asked, struct err *err);
/** {"killOp": 1, "op": the name that currentOp tells} */
status mongo_current_kill(const struct mongo_asked *asked, struct err *err);
/** The list alone, as what $documents takes. */
void mongo_current_put_documents(const struct mongo_asked *asked);
/** The value, masked where some attribute is sensitive, and as much of it as is told. */
void mongo_current_put_value(const struct mongo_asked *asked, const struct val *value);
/** LUMA_OK unless the options of $currentOp are none. */
status mongo_current_check(const struct val *options, struct err *err);

#endif
