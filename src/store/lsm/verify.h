/* SPDX-License-Identifier: MIT */
/* The check of everything stored: every byte of every file, the order of levels, what each value
 * must carry, the log. */
#ifndef STORE_LSM_VERIFY_H
#define STORE_LSM_VERIFY_H

#include "store/store.h"

status verify_store(struct store *store, store_check_fn *fault, void *context, struct err *err);

#endif
