/* SPDX-License-Identifier: MIT */
#include "server/rest/registry.h"

#include "base/ds/hashmap.h"
#include "base/mem/mem.h"
#include "server/rest/statement.h"

/* Maps hold pointers; their keys are the ids inside what they point to. */
struct registry {
  struct registry_options options;
  struct mutex lock;
  struct hashmap sessions, cursors, running;
  struct registry_session *first_session;
  struct statement_run *first_cursor;
  struct registry_running *first_running;
  struct session *free_sessions[REGISTRY_FREE_SESSIONS_MAX];
  uint32_t free_count;
};

status registry_create(const struct registry_options *options, struct registry **registry,
                       struct err *err) {
  struct registry *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the table of sessions");
  made->options = *options;
  mutex_init(&made->lock);
  hashmap_init(&made->sessions);
  hashmap_init(&made->cursors);
  hashmap_init(&made->running);
  *registry = made;
  return LUMA_OK;
}

static void make_id(struct registry *registry, char id[REGISTRY_ID_BYTES + 1]) {
  static const char digits[] = "0123456789abcdef";
  uint8_t random[REGISTRY_ID_BYTES / 2];
  os_random(registry->options.os, random, sizeof random);
  for (size_t i = 0; i < sizeof random; i++) {
    id[2 * i] = digits[random[i] >> 4];
    id[2 * i + 1] = digits[random[i] & 15];
  }
  id[REGISTRY_ID_BYTES] = 0;
}

static uint64_t now_us(const struct registry *registry) {
  return os_monotonic_us(registry->options.os);
}

/* Whoever looks read the clock before it had the lock: what was used since is young. */
static uint64_t age_us(uint64_t now, uint64_t then) {
  return now > then ? now - then : 0;
}

static void *found(const struct hashmap *map, struct slice id) {
  uint64_t *place = hashmap_get(map, id);
  return place ? (void *)(uintptr_t)*place : NULL;
}

static bool put(struct hashmap *map, const char *id, void *item) {
  uint64_t *place = hashmap_put(map, slice_of_text(id), NULL);
  if (place) *place = (uint64_t)(uintptr_t)item;
  return place != NULL;
}

struct registry_stats registry_stats(struct registry *registry) {
  mutex_lock(&registry->lock);
  struct registry_stats stats = {.sessions = registry->sessions.count,
                                 .cursors = registry->cursors.count,
                                 .running = registry->running.count};
  mutex_unlock(&registry->lock);
  return stats;
}

/* ---- sessions of one statement ---- */

status registry_borrow(struct registry *registry, struct session **session, struct err *err) {
  mutex_lock(&registry->lock);
  struct session *free_one =
      registry->free_count ? registry->free_sessions[--registry->free_count] : NULL;
  mutex_unlock(&registry->lock);
  *session = free_one;
  return free_one ? LUMA_OK : session_open(registry->options.db, session, err);
}

void registry_return(struct registry *registry, struct session *session) {
  bool kept = false;
  session_reset(session);
  mutex_lock(&registry->lock);
  if (registry->free_count < REGISTRY_FREE_SESSIONS_MAX) {
    registry->free_sessions[registry->free_count++] = session;
    kept = true;
  }
  mutex_unlock(&registry->lock);
  if (!kept) session_close(session);
}

/* ---- cursors; the lock is held ---- */

static void link_cursor(struct registry *registry, struct statement_run *run) {
  run->previous = NULL;
  run->next = registry->first_cursor;
  if (run->next) run->next->previous = run;
  registry->first_cursor = run;
}

static void unlink_cursor(struct registry *registry, struct statement_run *run) {
  hashmap_remove(&registry->cursors, slice_of_text(run->id));
  if (run->next) run->next->previous = run->previous;
  if (run->previous)
    run->previous->next = run->next;
  else
    registry->first_cursor = run->next;
  run->next = run->previous = NULL;
}

/* Takes the cursors of a session out; NULL-terminated through `next`. */
static struct statement_run *take_cursors_of(struct registry *registry,
                                             const struct registry_session *session) {
  struct statement_run *taken = NULL;
  for (struct statement_run *run = registry->first_cursor; run;) {
    struct statement_run *next = run->next;
    if (run->named == session) {
      unlink_cursor(registry, run);
      run->next = taken;
      taken = run;
    }
    run = next;
  }
  return taken;
}

static void destroy_cursors(struct statement_run *run) {
  while (run) {
    struct statement_run *next = run->next;
    struct session *own = run->named ? NULL : run->session;
    statement_destroy(run);
    session_close(own);
    run = next;
  }
}

/* ---- sessions of clients ---- */

static void unlink_session(struct registry *registry, struct registry_session *session) {
  hashmap_remove(&registry->sessions, slice_of_text(session->id));
  if (session->next) session->next->previous = session->previous;
  if (session->previous)
    session->previous->next = session->next;
  else
    registry->first_session = session->next;
}

static status insert_session(struct registry *registry, struct registry_session *session,
                             struct err *err) {
  if (found(&registry->sessions, slice_of_text(session->id)))
    FAIL(err, LUMA_BUSY, "another request is opening this session");
  if (registry->sessions.count >= registry->options.sessions_max) {
    err_raise(err, LUMA_BUSY, __FILE__, __LINE__, "%u sessions are open already",
              registry->options.sessions_max);
    err_hint(err, "end sessions with DELETE /v1/sessions/ID; [limits] sessions is their number");
    return LUMA_BUSY;
  }
  if (!put(&registry->sessions, session->id, session))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a session");
  session->next = registry->first_session;
  if (session->next) session->next->previous = session;
  registry->first_session = session;
  return LUMA_OK;
}

/* `id` NULL: one that nobody guesses. */
static status open_session(struct registry *registry, const char *id,
                           struct registry_session **session, struct err *err) {
  struct registry_session *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a session");
  if (id)
    memcpy(made->id, id, REGISTRY_ID_BYTES);
  else
    make_id(registry, made->id);
  made->is_taken = true;
  made->transaction_number = -1;
  status result = session_open(registry->options.db, &made->session, err);
  if (result == LUMA_OK) {
    mutex_lock(&registry->lock);
    result = insert_session(registry, made, err);
    mutex_unlock(&registry->lock);
  }
  if (result != LUMA_OK) {
    session_close(made->session);
    mem_free(made);
    return result;
  }
  *session = made;
  return LUMA_OK;
}

status registry_open_session(struct registry *registry, struct registry_session **session,
                             struct err *err) {
  return open_session(registry, NULL, session, err);
}

static status take_session(struct registry_session *session, struct err *err) {
  if (!session) {
    err_raise(err, LUMA_UNKNOWN_SESSION, __FILE__, __LINE__,
              "there is no session of this name, or it expired");
    err_hint(err, "POST /v1/sessions opens one; its transaction, if it had one, is rolled back");
    return LUMA_UNKNOWN_SESSION;
  }
  if (session->is_taken) {
    err_raise(err, LUMA_BUSY, __FILE__, __LINE__, "another request is using this session");
    err_hint(err, "a session runs one statement at a time: wait for its reply");
    return LUMA_BUSY;
  }
  session->is_taken = true;
  return LUMA_OK;
}

status registry_take_session(struct registry *registry, struct slice id,
                             struct registry_session **session, struct err *err) {
  mutex_lock(&registry->lock);
  struct registry_session *it = found(&registry->sessions, id);
  status result = take_session(it, err);
  mutex_unlock(&registry->lock);
  if (result == LUMA_OK) *session = it;
  return result;
}

status registry_join_session(struct registry *registry, const char *id, bool opens,
                             struct registry_session **session, struct err *err) {
  struct err missing = {0};
  status result = registry_take_session(registry, slice_of_text(id), session, &missing);
  if (result == LUMA_UNKNOWN_SESSION && opens) return open_session(registry, id, session, err);
  if (result != LUMA_OK && err) *err = missing;
  return result;
}

void registry_give_session(struct registry *registry, struct registry_session *session) {
  mutex_lock(&registry->lock);
  session->is_taken = false;
  session->used_us = now_us(registry);
  mutex_unlock(&registry->lock);
}

void registry_end_session(struct registry *registry, struct registry_session *session) {
  mutex_lock(&registry->lock);
  unlink_session(registry, session);
  struct statement_run *cursors = take_cursors_of(registry, session);
  mutex_unlock(&registry->lock);
  destroy_cursors(cursors);
  session_close(session->session);
  mem_free(session);
}

static struct registry_session *take_free_session(struct registry *registry) {
  mutex_lock(&registry->lock);
  struct registry_session *it = registry->first_session;
  while (it && it->is_taken) it = it->next;
  if (it) it->is_taken = true;
  mutex_unlock(&registry->lock);
  return it;
}

uint32_t registry_end_sessions(struct registry *registry) {
  uint32_t count = 0;
  for (struct registry_session *it; (it = take_free_session(registry)); count++)
    registry_end_session(registry, it);
  return count;
}

/* ---- cursors ---- */

static status insert_cursor(struct registry *registry, struct statement_run *run, struct err *err) {
  if (registry->cursors.count >= registry->options.cursors_max) {
    err_raise(err, LUMA_BUSY, __FILE__, __LINE__, "%u cursors are open already",
              registry->options.cursors_max);
    err_hint(err, "read cursors to their end, or ask for more rows at once; [limits] cursors is "
                  "their number");
    return LUMA_BUSY;
  }
  if (!put(&registry->cursors, run->id, run))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a cursor");
  link_cursor(registry, run);
  return LUMA_OK;
}

void registry_name_cursor(struct registry *registry, struct statement_run *run) {
  if (!run->id[0]) make_id(registry, run->id);
}

status registry_keep_cursor(struct registry *registry, struct statement_run *run, struct err *err) {
  run->used_us = now_us(registry);
  mutex_lock(&registry->lock);
  status result = insert_cursor(registry, run, err);
  mutex_unlock(&registry->lock);
  return result;
}

status registry_take_cursor(struct registry *registry, struct slice id,
                            const struct registry_session *session, struct statement_run **run,
                            struct err *err) {
  mutex_lock(&registry->lock);
  struct statement_run *it = found(&registry->cursors, id);
  bool is_good = it && it->named == session;
  if (is_good) unlink_cursor(registry, it);
  mutex_unlock(&registry->lock);
  if (is_good) {
    *run = it;
    return LUMA_OK;
  }
  err_raise(err, LUMA_CLOSED, __FILE__, __LINE__, "there is no cursor of this name, or it ended");
  err_hint(err, it ? "it belongs to a session: send the header Luma-Session"
                   : "cursors end when they are read to their end, or not used for some time");
  return LUMA_CLOSED;
}

bool registry_take_numbered(struct registry *registry, registry_is_cursor *is_it, uint64_t number,
                            const struct registry_session *session, struct statement_run **run) {
  mutex_lock(&registry->lock);
  *run = registry->first_cursor;
  while (*run && !((*run)->named == session && is_it(*run, number))) *run = (*run)->next;
  if (*run) unlink_cursor(registry, *run);
  mutex_unlock(&registry->lock);
  return *run != NULL;
}

/* ---- expiry ---- */

static struct statement_run *take_idle_cursors(struct registry *registry, uint64_t now) {
  struct statement_run *taken = NULL;
  for (struct statement_run *run = registry->first_cursor; run;) {
    struct statement_run *next = run->next;
    /* A cursor of a client's session lives as long as that: ending it here could meet a statement
     * that runs there. */
    bool is_idle = age_us(now, run->used_us) > registry->options.cursor_idle_us;
    if (!run->named && !run->is_lasting && is_idle) {
      unlink_cursor(registry, run);
      run->next = taken;
      taken = run;
    }
    run = next;
  }
  return taken;
}

static struct registry_session *take_idle_session(struct registry *registry, uint64_t now) {
  for (struct registry_session *it = registry->first_session; it; it = it->next) {
    if (it->is_taken || age_us(now, it->used_us) <= registry->options.session_idle_us) continue;
    it->is_taken = true;
    return it;
  }
  return NULL;
}

void registry_expire(struct registry *registry) {
  uint64_t now = now_us(registry);
  mutex_lock(&registry->lock);
  struct statement_run *cursors = take_idle_cursors(registry, now);
  struct registry_session *session = take_idle_session(registry, now);
  mutex_unlock(&registry->lock);
  destroy_cursors(cursors);
  while (session) {
    registry_end_session(registry, session);
    mutex_lock(&registry->lock);
    session = take_idle_session(registry, now);
    mutex_unlock(&registry->lock);
  }
}

void registry_destroy(struct registry *registry) {
  if (!registry) return;
  while (registry->first_session) registry_end_session(registry, registry->first_session);
  while (registry->first_cursor) {
    struct statement_run *run = registry->first_cursor;
    unlink_cursor(registry, run);
    destroy_cursors(run);
  }
  for (uint32_t i = 0; i < registry->free_count; i++) session_close(registry->free_sessions[i]);
  hashmap_deinit(&registry->sessions);
  hashmap_deinit(&registry->cursors);
  hashmap_deinit(&registry->running);
  mutex_deinit(&registry->lock);
  mem_free(registry);
}

/* ---- statements that run ---- */

static status add_running(struct registry *registry, struct registry_running *running,
                          struct err *err) {
  bool is_new;
  uint64_t *place = hashmap_put(&registry->running, running->id, &is_new);
  if (!place) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a statement");
  if (!is_new) {
    FAIL(err, LUMA_ALREADY_EXISTS, "a statement named `%.*s` is running", SLICE_ARG(running->id));
  }
  *place = (uint64_t)(uintptr_t)running;
  running->previous = NULL;
  running->next = registry->first_running;
  if (running->next) running->next->previous = running;
  registry->first_running = running;
  return LUMA_OK;
}

status registry_add_running(struct registry *registry, struct registry_running *running,
                            struct err *err) {
  mutex_lock(&registry->lock);
  status result = add_running(registry, running, err);
  mutex_unlock(&registry->lock);
  return result;
}

void registry_remove_running(struct registry *registry, struct registry_running *running) {
  mutex_lock(&registry->lock);
  hashmap_remove(&registry->running, running->id);
  if (running->next) running->next->previous = running->previous;
  if (running->previous)
    running->previous->next = running->next;
  else
    registry->first_running = running->next;
  mutex_unlock(&registry->lock);
}

void registry_move_running(struct registry *registry, struct registry_running *running,
                           struct session *session) {
  mutex_lock(&registry->lock);
  running->session = session;
  if (atomic_load(running->cancelled)) session_cancel(session);
  mutex_unlock(&registry->lock);
}

static void cancel(struct registry_running *running) {
  atomic_store(running->cancelled, true);
  session_cancel(running->session);
}

status registry_cancel(struct registry *registry, struct slice id, struct err *err) {
  mutex_lock(&registry->lock);
  struct registry_running *running = found(&registry->running, id);
  if (running) cancel(running);
  mutex_unlock(&registry->lock);
  if (running) return LUMA_OK;
  FAIL(err, LUMA_UNKNOWN_QUERY, "no statement of this name is running");
}

void registry_cancel_own(struct registry *registry, struct slice id,
                         const struct registry_running *running) {
  mutex_lock(&registry->lock);
  struct registry_running *it = found(&registry->running, id);
  if (it == running) cancel(it);
  mutex_unlock(&registry->lock);
}

void registry_describe(struct registry *registry, struct registry_running *running,
                       const struct registry_about *about) {
  mutex_lock(&registry->lock);
  running->about = *about;
  mutex_unlock(&registry->lock);
}

void registry_wait_for(struct registry *registry, struct registry_running *running,
                       const struct statement_run *cursor) {
  mutex_lock(&registry->lock);
  running->cursor = cursor;
  mutex_unlock(&registry->lock);
}

bool registry_cancel_waiting(struct registry *registry, registry_is_cursor *is_it, uint64_t number,
                             const struct registry_session *session) {
  mutex_lock(&registry->lock);
  struct registry_running *it = registry->first_running;
  while (it && !(it->cursor && it->cursor->named == session && is_it(it->cursor, number)))
    it = it->next;
  if (it) cancel(it);
  mutex_unlock(&registry->lock);
  return it != NULL;
}

void registry_cancel_all(struct registry *registry) {
  mutex_lock(&registry->lock);
  for (struct registry_running *it = registry->first_running; it; it = it->next) cancel(it);
  mutex_unlock(&registry->lock);
}

/* ---- telling ---- */

static void tell(struct registry_told *told, struct slice id, size_t shown, uint64_t age_us) {
  size_t bytes = id.bytes < shown ? id.bytes : shown;
  memcpy(told->id, id.data, bytes);
  told->id[bytes] = 0;
  told->age_us = age_us;
}

void registry_each_running(struct registry *registry, registry_tell_fn *tell_one, void *context) {
  uint64_t now = now_us(registry);
  mutex_lock(&registry->lock);
  for (struct registry_running *it = registry->first_running; it; it = it->next)
    tell_one(context, it, age_us(now, it->began_us));
  mutex_unlock(&registry->lock);
}

uint32_t registry_tell_sessions(struct registry *registry, struct registry_told *told,
                                uint32_t max) {
  enum { SHOWN_BYTES = 8 };
  uint64_t now = now_us(registry);
  uint32_t count = 0;
  mutex_lock(&registry->lock);
  for (struct registry_session *it = registry->first_session; it && count < max; it = it->next)
    tell(&told[count++], slice_of_text(it->id), SHOWN_BYTES, age_us(now, it->used_us));
  mutex_unlock(&registry->lock);
  return count;
}
