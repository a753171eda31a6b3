/* SPDX-License-Identifier: MIT */
/* getMore and killCursors: MongoDB's commands about cursors that replies left; and what its find
 * and aggregate say of batches. A cursor's number is the beginning of its name, small enough for a
 * double to hold. */
#ifndef SERVER_REST_MONGO_CURSOR_H
#define SERVER_REST_MONGO_CURSOR_H

#include "server/rest/statement.h"

/** What a command of this kind asks. */
enum mongo_cursor_command { MONGO_CURSOR_NONE, MONGO_CURSOR_GET_MORE, MONGO_CURSOR_KILL };
/** Whether a command about cursors has the name. */
bool mongo_cursor_is_name(struct slice name);
enum mongo_cursor_command mongo_cursor_command_of(const struct statement_run *run);

/** The size of a batch and what else of the command concerns cursors, into the run. */
void mongo_cursor_read(struct statement_run *run);
/** Notes what a cursor of the run will be of: before it starts. */
void mongo_cursor_note(struct statement_run *run);
/** The cursor that a getMore names, taken out of the registry, set up for its next batch. */
status mongo_cursor_take(struct registry *registry, const struct statement_run *command,
                         const struct registry_session *session, struct statement_run **run,
                         struct err *err);
/** Ends the cursors that a killCursors names, and appends the reply. Sessions they borrowed go
 * back. */
status mongo_cursor_kill(struct registry *registry, const struct statement_run *command,
                         const struct registry_session *session, struct buf *out, struct err *err);
/** What a getMore answers whose cursor ended while it waited. */
void mongo_cursor_tell_killed(struct err *err);
/** Appends `],"id":…,"ns":"…"}`: the end of a batch; `cursor` NULL: there is no more. */
void mongo_cursor_end(const struct statement_run *run, const char *cursor, struct buf *out);

#endif
