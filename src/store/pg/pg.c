/* SPDX-License-Identifier: MIT */
/* Opening and closing, and the table of all calls. */
#include "store/pg/pg.h"

#include "base/core/assert.h"
#include "base/mem/mem.h"
#include "store/pg/pg_int.h"

_Static_assert((int)SQL_SPACES == (int)STORE_SPACES, "each space has a table");

/* The lock is given back before the connection goes: who waits for us to end may have it at once,
 * and need not wait for the server to notice. */
static void pg_close(struct store *store) {
  struct pg_store *pg = (struct pg_store *)store;
  ASSERT(!pg->oldest_txn);
  pg__pool_close(pg);
  if (pg->keeper) {
    (void)conn_command(pg->keeper, "SELECT pg_advisory_unlock_all()", NULL, NULL);
    conn_close(pg->keeper);
  }
  mutex_deinit(&pg->commits);
  mutex_deinit(&pg->mutex);
  mem_free(pg->target);
  mem_free(pg);
}

static const struct store_ops pg_ops = {
    .name = "pg",
    .is_shared = true,
    .close = pg_close,
    .begin = pg__begin,
    .get_many = pg__get_many,
    .put = pg__put,
    .delete = pg__delete,
    .delete_range = pg__delete_range,
    .add = pg__add,
    .count = pg__count,
    .guard = pg__guard,
    .emit = pg__emit,
    .savepoint = pg__savepoint,
    .rollback_to = pg__rollback_to,
    .snapshot = pg__snapshot,
    .commit = pg__commit,
    .rollback = pg__rollback,
    .cursor_open = pg__cursor_open,
    .cursor_next = pg__cursor_next,
    .cursor_seek = pg__cursor_seek,
    .cursor_keep = pg__cursor_keep,
    .cursor_close = pg__cursor_close,
    .wait = pg__wait,
    .sync = pg__sync,
    .checkpoint = pg__checkpoint,
    .compact = pg__compact,
    .check = pg__check,
    .stats = pg__stats,
    .feed_read = pg__feed_read,
    .feed_bounds = pg__feed_bounds,
    .feed_trim = pg__feed_trim,
    .pos_compare = pg__pos_compare,
};

status pg_open(struct os *os, const char *target, const struct pg_options *options,
               struct store **store, struct err *err) {
  struct pg_store *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a database");
  made->store.ops = &pg_ops;
  made->os = os;
  made->read_only = options->read_only;
  made->is_synced =
      options->sync_mode == STORE_SYNC_ALWAYS || options->sync_mode == STORE_SYNC_GROUP;
  made->listener = options->listener;
  memset(made->top, UINT8_MAX, sizeof made->top);
  mutex_init(&made->commits);
  mutex_init(&made->mutex);
  made->target = mem_copy(target, strlen(target) + 1);
  status answer = LUMA_OK;
  if (!made->target) {
    answer = err_raise(err, LUMA_OUT_OF_MEMORY, __FILE__, __LINE__, "no memory for a database");
  }
  if (answer == LUMA_OK) answer = conn_open(target, &made->keeper, err);
  if (answer == LUMA_OK) answer = pg__schema_open(made, options, err);
  if (answer != LUMA_OK) {
    pg_close(&made->store);
    return answer;
  }
  *store = &made->store;
  return LUMA_OK;
}
