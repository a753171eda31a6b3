/* SPDX-License-Identifier: MIT */
/* Bulk import: bytes in, documents committed in batches. NDJSON, a JSON array (or one object), CSV,
 * TSV. Each batch is one transaction (but for guarded imports); the import as a whole is not, so
 * that it needs no memory for all of it and an interrupted one keeps what it has. CSV columns get
 * their type from the first batch of rows and fall back to text for a value that does not fit, so
 * nothing is ever lost. Thread: as the session. */
#ifndef SERVICE_IMPORT_IMPORT_H
#define SERVICE_IMPORT_IMPORT_H

#include "service/session/session.h"

enum import_type { IMPORT_NDJSON, IMPORT_JSON, IMPORT_CSV, IMPORT_TSV };

enum { IMPORT_BATCH_DOCUMENTS = 1000, IMPORT_LINE_BYTES_MAX = 64 << 20, IMPORT_TOLD_MAX = 10 };

struct import;
struct import_stats {
  uint64_t documents, bytes; /* committed; taken */
};

/** Begins; the collection is made if it is missing. The session must have no open transaction.
 * Under the session's guard (a limit, a dry run) the import is one transaction, all or nothing, and
 * the session's for as long as it lasts. */
status import_open(struct session *session, struct slice collection, enum import_type type,
                   struct import **import, struct err *err);
/** In a dry run the first IMPORT_TOLD_MAX documents are appended to `out` as they would be, a line
 * of JSON each. Right after import_open; borrowed until the end. */
void import_tell(struct import *import, struct buf *out);
/** Gives the next bytes, cut anywhere. Errors name the line and column of the input; documents
 * before it are committed. After an error only import_close may follow. LUMA_MAX_AFFECTED. */
status import_write(struct import *import, struct slice bytes, struct err *err);
struct import_stats import_progress(const struct import *import);
/** Ends the input, commits the rest, ends the import in any case. `stats` may be NULL: of a dry run
 * they say what would be in. */
status import_close(struct import *import, struct import_stats *stats, struct err *err);

#endif
