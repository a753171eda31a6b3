/* SPDX-License-Identifier: MIT */
/* Arguments that date operators share. */
#ifndef QUERY_MONGO_DATE_ARGS_H
#define QUERY_MONGO_DATE_ARGS_H

#include "query/mongo/moment.h"
#include "query/mongo/mongo_int.h"

/** A `timezone` argument: empty when not given; `*is_null` becomes true when it is null. */
status date_zone(const char *name, const struct val *v, struct slice *zone, bool *is_null,
                 struct err *err);
status date_fail_zone(struct slice zone, struct err *err);
/** A date's parts in a zone. */
status date_split(struct func_env *env, const struct val *date, struct slice zone,
                  struct moment *moment, struct err *err);
/** A `unit` argument. */
status date_unit(const char *name, const struct val *v, enum moment_unit *unit, struct err *err);

#endif
