/* SPDX-License-Identifier: MIT */
/* The demo data: public data made ready as files by tools/demo (countries, airports, cars, …). Each
 * collection is imported once, under another name until it is whole: an interrupted import leaves
 * nothing that looks complete. */
#ifndef CLI_DEMO_DEMO_H
#define CLI_DEMO_DEMO_H

#include "cli/io/cli.h"
#include "service/db/db.h"

enum { DEMO_PATH_BYTES = 4096 };

/** Where the files are: $LUMA_DEMO, or `demo` beside the program. */
status demo_folder(struct cli *cli, char path[DEMO_PATH_BYTES], struct err *err);
/** Imports what is missing from `folder`; tells what it did on cli->out. */
status demo_load(struct cli *cli, struct db *db, const char *folder, struct err *err);
/** Three questions to paste, one in each language. */
void demo_print_questions(struct cli *cli, const char *url);

#endif
