/* SPDX-License-Identifier: MIT */
/* The native engine as a target of the model test, shared by the programs that run rounds of it. */
#ifndef TESTS_MODEL_TARGETS_H
#define TESTS_MODEL_TARGETS_H

#include "tests/model/run.h"

enum { TARGETS_HARSH_OPERATIONS = 600 };

/** Opens the native engine on run->sim as run->tuning says. */
status targets_open_lsm(struct run *run, struct store **store, struct err *err);

/** The native engine where trouble comes as often as it can. */
extern const struct run_target targets_harsh;

#endif
