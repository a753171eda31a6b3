/* SPDX-License-Identifier: MIT */
/* What outlives a request: sessions that clients opened, cursors that have more to give, and the
 * statements that run now, by the names clients know them by. Names are random: nobody guesses
 * another's. Everything taken is exclusively the taker's until it is given back. Sessions that end
 * take their cursors along. Thread: any. */
#ifndef SERVER_REST_REGISTRY_H
#define SERVER_REST_REGISTRY_H

#include <stdatomic.h>

#include "base/os/net.h"
#include "base/os/os.h"
#include "base/sync/sync.h"
#include "service/session/session.h"

enum { REGISTRY_ID_BYTES = 32, REGISTRY_FREE_SESSIONS_MAX = 64 };

struct registry;
struct statement_run; /* statement.h */
struct lang;          /* query/lang/lang.h */

/** How the transaction stands that MongoDB's clients number. */
enum registry_transaction {
  REGISTRY_NO_TRANSACTION,
  REGISTRY_OPEN,
  REGISTRY_DONE,
  REGISTRY_UNDONE
};

/** A session that a client opened. Fields are the registry's, but for the last two. */
struct registry_session {
  char id[REGISTRY_ID_BYTES + 1];
  struct session *session;
  struct registry_session *next, *previous;
  uint64_t used_us;
  bool is_taken;
  /* For whoever has taken it: */
  int64_t transaction_number; /* the last that was begun; -1: none was */
  enum registry_transaction transaction;
};

struct registry_options {
  struct os *os;
  struct db *db;
  uint32_t sessions_max, cursors_max;
  uint64_t session_idle_us, cursor_idle_us;
};

/** Figures of the moment. */
struct registry_stats {
  uint64_t sessions, cursors, running;
};

status registry_create(const struct registry_options *options, struct registry **registry,
                       struct err *err);
/** Ends all sessions and cursors. NULL is fine. */
void registry_destroy(struct registry *registry);
struct registry_stats registry_stats(struct registry *registry);
/** Ends what was idle for too long. */
void registry_expire(struct registry *registry);

/* ---- sessions ---- */

/** A session for one statement; sessions that end go back to be used again. */
status registry_borrow(struct registry *registry, struct session **session, struct err *err);
void registry_return(struct registry *registry, struct session *session);
/** A session for a client, taken. LUMA_BUSY at the limit. */
status registry_open_session(struct registry *registry, struct registry_session **session,
                             struct err *err);
/** LUMA_UNKNOWN_SESSION; LUMA_BUSY when another request has it. */
status registry_take_session(struct registry *registry, struct slice id,
                             struct registry_session **session, struct err *err);
/** The same by a name that the client has made, of REGISTRY_ID_BYTES; one that is not there is
 * opened if `opens`. */
status registry_join_session(struct registry *registry, const char *id, bool opens,
                             struct registry_session **session, struct err *err);
void registry_give_session(struct registry *registry, struct registry_session *session);
/** Ends a session that was taken. */
void registry_end_session(struct registry *registry, struct registry_session *session);
/** Ends all that no request is using; how many. */
uint32_t registry_end_sessions(struct registry *registry);

/* ---- cursors ---- */

/** Gives a statement the name it would have as a cursor, unless it has one. */
void registry_name_cursor(struct registry *registry, struct statement_run *run);
/** Keeps a statement that has more rows, under its name. LUMA_BUSY at the limit: it stays the
 * caller's. */
status registry_keep_cursor(struct registry *registry, struct statement_run *run, struct err *err);
/** Takes it out; it is the caller's. `session`: the client's session it must belong to; NULL =
 * none. LUMA_CLOSED when there is none of this name. */
status registry_take_cursor(struct registry *registry, struct slice id,
                            const struct registry_session *session, struct statement_run **run,
                            struct err *err);

/** Takes out the first cursor of the session that `is_it` with `number`; false: there is none. */
typedef bool registry_is_cursor(const struct statement_run *run, uint64_t number);
bool registry_take_numbered(struct registry *registry, registry_is_cursor *is_it, uint64_t number,
                            const struct registry_session *session, struct statement_run **run);

/* ---- statements that run ---- */

/** What runs, as far as is known; borrowed by whoever says it, until it says something else. */
struct registry_about {
  struct val command; /* MISSING: it is none */
  struct slice text;
  const struct lang *lang; /* of the text; NULL: to be guessed */
  const struct net_address *client;
};

/** Something that runs and can be told to stop. */
struct registry_running {
  struct slice id;
  struct registry_about about;
  struct session *session;
  atomic_bool *cancelled;
  uint64_t began_us;                  /* monotonic */
  const struct statement_run *cursor; /* that it waits for rows of; NULL: none */
  struct registry_running *next, *previous;
};
/** LUMA_ALREADY_EXISTS when a statement of this name runs. */
status registry_add_running(struct registry *registry, struct registry_running *running,
                            struct err *err);
void registry_remove_running(struct registry *registry, struct registry_running *running);
/** It goes on in another session; what cancelled it before cancels it there too. */
void registry_move_running(struct registry *registry, struct registry_running *running,
                           struct session *session);
/** Says what it runs from now on. */
void registry_describe(struct registry *registry, struct registry_running *running,
                       const struct registry_about *about);
/** Says which cursor it waits for from now on; NULL: none. That cursor is out of the registry. */
void registry_wait_for(struct registry *registry, struct registry_running *running,
                       const struct statement_run *cursor);
/** Tells to stop what waits for a cursor of the session that `is_it` with `number`; false: nothing
 * does. */
bool registry_cancel_waiting(struct registry *registry, registry_is_cursor *is_it, uint64_t number,
                             const struct registry_session *session);
/** LUMA_UNKNOWN_QUERY. */
status registry_cancel(struct registry *registry, struct slice id, struct err *err);
/** The same for `running` alone, if it is what runs under the name: others may have it too. */
void registry_cancel_own(struct registry *registry, struct slice id,
                         const struct registry_running *running);
void registry_cancel_all(struct registry *registry);

/* ---- telling ---- */

enum { REGISTRY_TOLD_BYTES = 64 };

/** What is told of a session. */
struct registry_told {
  char id[REGISTRY_TOLD_BYTES + 1]; /* its beginning: the whole is its key */
  uint64_t age_us;                  /* since it was last used */
};
/** Tells of each statement that runs and how long it has; the registry waits meanwhile. */
typedef void registry_tell_fn(void *context, const struct registry_running *running,
                              uint64_t age_us);
void registry_each_running(struct registry *registry, registry_tell_fn *tell, void *context);
/** Sessions that clients opened, at most `max`; how many. */
uint32_t registry_tell_sessions(struct registry *registry, struct registry_told *told,
                                uint32_t max);

#endif
