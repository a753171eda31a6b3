/* SPDX-License-Identifier: MIT */
/* A whole database as one stream of lines, and back:
 *
 *     {"$lumadb":"dump","version":1}
 *     {"$lumadb":"collection","name":"users","options":{"validator":…,"collation":…}}
 *                                                 options: as listCollections tells them, if any
 *     {"_id":…}                                   documents, in the form that keeps every type
 *     {"$lumadb":"index","collection":"users","name":"by_email","keys":"email","unique":true,…}
 *     {"$lumadb":"index","collection":"users","spec":{"key":{"at":1},"name":"at_1",…}}
 *                                                 as createIndexes takes it, of those made by it
 *     {"$lumadb":"index","collection":"users","change":{"name":"by_age","hidden":true}}
 *                                                 as collMod takes it: what LQL cannot make
 *     {"$lumadb":"view","name":"adults","options":{"viewOn":"users","pipeline":[…]}}
 *     {"$lumadb":"soul","collection":"users","statement":"CREATE SOUL …"}
 *     {"$lumadb":"end","collections":1,"documents":1}
 *
 * A document's line begins with its key, so no document is taken for a line of ours. The dump is of
 * one moment (one transaction). Souls come behind all documents, which they are to fit: beings may
 * refer to each other in circles. Of a collection's souls the newest is kept. The last line tells a
 * whole dump from a part of one. */
#ifndef CLI_DUMP_DUMP_H
#define CLI_DUMP_DUMP_H

#include "cli/io/cli.h"
#include "cli/io/input.h"
#include "cli/target/target.h"

enum { DUMP_VERSION = 1, DUMP_LINE_BYTES_MAX = 96 << 20 };

struct dump_counts {
  uint64_t collections, documents, indexes, views, souls;
};

/** Writes all of `target` to cli->out. */
status dump_write(struct cli *cli, struct target *target, struct err *err);
/** Reads a dump into `target`; errors name the line. Collections that are there get more
 * documents. */
status dump_read(struct cli *cli, struct target *target, struct input *input,
                 struct dump_counts *counts, struct err *err);

/* ---- what create and collMod asked of collections, and views (rules.c) ---- */

/** What listCollections tells of one. Texts in an arena. */
struct dump_rule {
  struct slice name, options; /* extended JSON; empty: none */
  bool is_view;
};
struct dump_rules {
  struct dump_rule *items;
  uint32_t count, capacity;
};
/** The rules of all collections and views that have some. */
status dump_rules_read(struct target *target, struct arena *arena, struct dump_rules *rules,
                       struct err *err);
/** Those of a name; NULL: there are none. */
const struct dump_rule *dump_rules_find(const struct dump_rules *rules, struct slice name);
/** Makes the collection of a line with what must stand before its documents: its collation. */
status dump_begin_rules(struct target *target, const struct val *line, struct err *err);
/** What documents already there need not obey: the validator. `text`: JSON of the line. */
status dump_end_rules(struct target *target, struct slice text, struct err *err);
/** Makes a view of its line. */
status dump_make_view(struct target *target, struct slice text, struct err *err);

/** Makes an index of its line in a dump. */
status dump_make_index(struct target *target, const struct val *line, struct err *err);
/** Changes one that is there as its line says. */
status dump_change_index(struct target *target, const struct val *line, struct err *err);

#endif
