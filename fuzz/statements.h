/* SPDX-License-Identifier: MIT */
/* What must hold of a language that reads statements from any bytes. */
#ifndef FUZZ_STATEMENTS_H
#define FUZZ_STATEMENTS_H

#include "query/lang/lang.h"

/** Every text is a plan, which can be shown, or an error with a message and a place within the
 * text; reading goes on behind a statement. Ends the process where that does not hold. */
void fuzz_statements(const struct lang *lang, struct slice text);

#endif
