/* SPDX-License-Identifier: MIT */
/* What a field's text could be read as: shared by inference and by the writer, which quotes texts
 * that would be. */
#ifndef VALUE_CSV_CSV_INT_H
#define VALUE_CSV_CSV_INT_H

#include "value/csv/csv.h"

bool csv__is_int(struct slice text, int64_t *v);
bool csv__is_float(struct slice text, double *v);
bool csv__is_bool(struct slice text, bool *v);

#endif
