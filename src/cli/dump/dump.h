/* SPDX-License-Identifier: MIT */
/* A whole database as one stream of lines, and back:
 *
 *     {"$lumadb":"dump","version":1}
 *     {"$lumadb":"collection","name":"users"}
 *     {"_id":…}                                   documents, in the form that keeps every type
 *     {"$lumadb":"index","collection":"users","name":"by_email","keys":"email","unique":true,…}
 *     {"$lumadb":"index","collection":"users","spec":{"key":{"at":1},"name":"at_1",…}}
 *                                                 as createIndexes takes it, of those made by it
 *     {"$lumadb":"end","collections":1,"documents":1}
 *
 * A document's line begins with its key, so no document is taken for a line of ours. The dump is of
 * one moment (one transaction). The last line tells a whole dump from a part of one. */
#ifndef CLI_DUMP_DUMP_H
#define CLI_DUMP_DUMP_H

#include "cli/io/cli.h"
#include "cli/io/input.h"
#include "cli/target/target.h"

enum { DUMP_VERSION = 1, DUMP_LINE_BYTES_MAX = 96 << 20 };

struct dump_counts {
  uint64_t collections, documents, indexes;
};

/** Writes all of `target` to cli->out. */
status dump_write(struct cli *cli, struct target *target, struct err *err);
/** Reads a dump into `target`; errors name the line. Collections that are there get more
 * documents. */
status dump_read(struct cli *cli, struct target *target, struct input *input,
                 struct dump_counts *counts, struct err *err);
/** Makes an index of its line in a dump. */
status dump_make_index(struct target *target, const struct val *line, struct err *err);

#endif
