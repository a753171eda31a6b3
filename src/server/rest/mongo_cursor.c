/* SPDX-License-Identifier: MIT */
#include "server/rest/mongo_cursor.h"

#include <math.h>

enum {
  NUMBER_DIGITS = 13,
  UNAUTHORIZED = 13,
  TYPE_MISMATCH = 14,
  INVALID_NAMESPACE = 73,
  CURSOR_NOT_FOUND = 43,
  CURSOR_KILLED = 237,
  MISSING_FIELD = 40414
};

static struct val field_of(const struct statement_run *run, const char *name) {
  return val_field(&run->command, slice_of_text(name));
}

static bool is_first_named(const struct val *map, const char *name) {
  struct slice first;
  if (val_count(map) == 0) return false;
  (void)val_field_at(map, 0, &first);
  return slice_is_equal(first, slice_of_text(name));
}

enum mongo_cursor_command mongo_cursor_command_of(const struct statement_run *run) {
  if (!run->is_command) return MONGO_CURSOR_NONE;
  if (is_first_named(&run->command, "getMore")) return MONGO_CURSOR_GET_MORE;
  return is_first_named(&run->command, "killCursors") ? MONGO_CURSOR_KILL : MONGO_CURSOR_NONE;
}

bool mongo_cursor_is_name(struct slice name) {
  return slice_is_equal(name, slice_of_text("getMore")) ||
         slice_is_equal(name, slice_of_text("killCursors"));
}

static uint64_t number_of(const char *id) {
  uint64_t number = 0;
  for (size_t i = 0; i < NUMBER_DIGITS; i++)
    number = number << 4 | (uint64_t)(id[i] <= '9' ? id[i] - '0' : id[i] - 'a' + 10);
  return number;
}

static bool is_numbered(const struct statement_run *run, uint64_t number) {
  return number_of(run->id) == number;
}

/* ---- batches ---- */

static status fail_batch(struct err *err) {
  FAIL(err, LUMA_TYPE_MISMATCH, "`batchSize` takes a whole number, not negative");
}

/* find has batchSize itself, aggregate and the lists in `cursor`. */
static struct val batch_size_of(const struct statement_run *run) {
  struct val size = field_of(run, "batchSize"), cursor = field_of(run, "cursor");
  if (size.type == VAL_MISSING && cursor.type == VAL_MAP)
    size = val_field(&cursor, slice_of_text("batchSize"));
  return size;
}

/* 0 where nothing is said. */
static status read_batch(const struct val *size, int64_t *count, struct err *err) {
  enum { BELOW_LEAST = 51024 };
  *count = 0;
  if (val_is_null(size)) return LUMA_OK;
  double real = val_is_number(size) ? val_to_float64(size) : HUGE_VAL;
  if (!(fabs(real) < 0x1p63)) return fail_batch(err);
  if (!val_to_int64(size, count)) *count = (int64_t)real; /* a fraction is cut off */
  if (*count >= 0) return LUMA_OK;
  status failed = fail_batch(err);
  if (err) err->foreign = BELOW_LEAST;
  return failed;
}

/* What cannot be a size the language refuses. */
static void set_batch(struct statement_run *run, const struct val *size) {
  int64_t count;
  if (val_is_null(size) || read_batch(size, &count, NULL) != LUMA_OK) return;
  run->limit = (uint64_t)count;
  run->is_batch_empty = count == 0;
}

/* The number of the collection that a command is of; 0: there is none. */
static uint32_t collection_of(const struct statement_run *run) {
  struct slice first;
  if (val_count(&run->command) == 0) return 0;
  struct val name = val_field_at(&run->command, 0, &first);
  if (name.type != VAL_TEXT) return 0;
  const struct catalog *catalog = model_catalog_acquire(session_db(run->session)->model);
  const struct collection *found = catalog_find(catalog, val_slice(&name));
  uint32_t number = found ? found->number : 0;
  catalog_release(catalog);
  return number;
}

void mongo_cursor_note(struct statement_run *run) {
  bool is_alone =
      run->form == STATEMENT_MONGO && run->is_command && !session_in_transaction(run->session);
  run->collection = is_alone ? collection_of(run) : 0;
}

void mongo_cursor_read(struct statement_run *run) {
  struct val single = field_of(run, "singleBatch"), size = batch_size_of(run);
  struct val lasting = field_of(run, "noCursorTimeout");
  if (run->form != STATEMENT_MONGO || !run->is_command || run->limit) return;
  run->is_single = single.type == VAL_BOOL && single.boolean;
  run->is_lasting = lasting.type == VAL_BOOL && lasting.boolean;
  set_batch(run, &size);
}

/* ---- getMore ---- */

static status fail_not_found(uint64_t number, struct err *err) {
  status failed = err_raise(err, LUMA_CLOSED, __FILE__, __LINE__, "cursor id %llu not found",
                            (unsigned long long)number);
  if (err) err->foreign = CURSOR_NOT_FOUND;
  err_hint(err, "cursors end when they are read to their end, or not used for some time");
  return failed;
}

static status read_number(const struct val *value, const char *name, uint64_t *number,
                          struct err *err) {
  int64_t id;
  if (!val_is_number(value) || !val_to_int64(value, &id) || id < 0)
    FAIL(err, LUMA_TYPE_MISMATCH, "`%s` takes the number of a cursor", name);
  *number = (uint64_t)id;
  return LUMA_OK;
}

static status fail_missing(struct err *err, const char *name) {
  err_raise(err, LUMA_SYNTAX_ERROR, __FILE__, __LINE__, "`%s` is missing", name);
  if (err) err->foreign = MISSING_FIELD;
  return LUMA_SYNTAX_ERROR;
}

/* `of_type`: MongoDB's code where it is no text. */
static status check_collection(const struct statement_run *command, const char *name,
                               uint32_t of_type, struct err *err) {
  struct val collection = field_of(command, name);
  if (collection.type == VAL_TEXT && collection.bytes) return LUMA_OK;
  if (val_is_null(&collection)) return fail_missing(err, name);
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "`%s` takes the name of a collection",
            name);
  if (err) err->foreign = collection.type == VAL_TEXT ? INVALID_NAMESPACE : of_type;
  return LUMA_INVALID_ARGUMENT;
}

static void end_cursor(struct registry *registry, struct statement_run *run) {
  struct session *session = run->named ? NULL : run->session;
  statement_destroy(run);
  if (session) registry_return(registry, session);
}

/* A cursor is read under the name of its collection. */
static status check_namespace(struct registry *registry, const struct statement_run *command,
                              struct statement_run *run, struct err *err) {
  struct slice first;
  struct val asked = field_of(command, "collection");
  struct val own = run->is_command ? val_field_at(&run->command, 0, &first) : val_missing();
  if (own.type != VAL_TEXT || slice_is_equal(val_slice(&own), val_slice(&asked))) return LUMA_OK;
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "the cursor is of `%.*s`, not of `%.*s`", SLICE_ARG(val_slice(&own)),
                            SLICE_ARG(val_slice(&asked)));
  if (err) err->foreign = UNAUTHORIZED;
  if (registry_keep_cursor(registry, run, NULL) != LUMA_OK) end_cursor(registry, run);
  return failed;
}

/* How long the cursor waits for more, if it does so at all. */
static status read_wait(struct registry *registry, const struct statement_run *command,
                        struct statement_run *run, struct err *err) {
  enum { WAIT_MS = 1000, BAD_VALUE = 2 };
  struct val time = field_of(command, "maxTimeMS");
  bool awaits = false;
  int64_t wait_ms = WAIT_MS;
  (void)session_cursor_tails(run->cursor, &awaits);
  bool is_given = !val_is_null(&time);
  bool is_good = !is_given || (awaits && val_is_number(&time) && val_to_int64(&time, &wait_ms) &&
                               wait_ms >= 0 && wait_ms <= INT32_MAX);
  run->await_us = wait_ms ? (uint64_t)wait_ms * 1000 : (uint64_t)WAIT_MS * 1000;
  if (is_good) return LUMA_OK;
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
            awaits ? "`maxTimeMS` takes a whole number, not negative"
                   : "cannot set maxTimeMS on getMore command for a non-awaitData cursor");
  if (err) err->foreign = BAD_VALUE;
  if (registry_keep_cursor(registry, run, NULL) != LUMA_OK) end_cursor(registry, run);
  return LUMA_INVALID_ARGUMENT;
}

/* What a cursor is of may be gone: it ends then, as MongoDB's do, whatever its snapshot still has.
 */
static status check_alive(struct registry *registry, struct statement_run *run, struct err *err) {
  enum { QUERY_PLAN_KILLED = 175 };
  if (run->collection == 0 || session_in_transaction(run->session) ||
      collection_of(run) == run->collection)
    return LUMA_OK;
  end_cursor(registry, run);
  err_raise(err, LUMA_CLOSED, __FILE__, __LINE__, "the cursor's collection was dropped or renamed");
  if (err) err->foreign = QUERY_PLAN_KILLED;
  return LUMA_CLOSED;
}

status mongo_cursor_take(struct registry *registry, const struct statement_run *command,
                         const struct registry_session *session, struct statement_run **run,
                         struct err *err) {
  struct val id = field_of(command, "getMore"), size = field_of(command, "batchSize");
  uint64_t number;
  TRY(read_number(&id, "getMore", &number, err));
  TRY(check_collection(command, "collection", TYPE_MISMATCH, err));
  int64_t count = 0;
  TRY(read_batch(&size, &count, err));
  if (!registry_take_numbered(registry, is_numbered, number, session, run))
    return fail_not_found(number, err);
  TRY(check_namespace(registry, command, *run, err));
  TRY(check_alive(registry, *run, err));
  (*run)->limit = (uint64_t)count;
  return read_wait(registry, command, *run, err);
}

/* ---- killCursors ---- */

void mongo_cursor_tell_killed(struct err *err) {
  if (err) err->foreign = CURSOR_KILLED;
}

static void put_numbers(struct buf *out, const char *name, const uint64_t *numbers,
                        uint32_t count) {
  buf_append_format(out, "\"%s\":[", name);
  for (uint32_t i = 0; i < count; i++)
    buf_append_format(out, i ? ",%llu" : "%llu", (unsigned long long)numbers[i]);
  buf_append_text(out, "],");
}

status mongo_cursor_kill(struct registry *registry, const struct statement_run *command,
                         const struct registry_session *session, struct buf *out, struct err *err) {
  enum { CURSORS_MAX = 512 };
  uint64_t killed[CURSORS_MAX], missing[CURSORS_MAX];
  uint32_t killed_count = 0, missing_count = 0;
  struct val list = field_of(command, "cursors");
  TRY(check_collection(command, "killCursors", INVALID_NAMESPACE, err));
  if (list.type == VAL_MISSING) return fail_missing(err, "cursors");
  if (list.type != VAL_LIST || val_count(&list) > CURSORS_MAX)
    FAIL(err, LUMA_TYPE_MISMATCH, "`cursors` takes a list of at most %d numbers", CURSORS_MAX);
  for (uint32_t i = 0; i < val_count(&list); i++) {
    struct val id = val_at(&list, i);
    struct statement_run *run;
    uint64_t number;
    TRY(read_number(&id, "cursors", &number, err));
    if (registry_take_numbered(registry, is_numbered, number, session, &run)) {
      end_cursor(registry, run);
      killed[killed_count++] = number;
    } else if (registry_cancel_waiting(registry, is_numbered, number, session)) {
      killed[killed_count++] = number;
    } else {
      missing[missing_count++] = number;
    }
  }
  buf_append_byte(out, '{');
  put_numbers(out, "cursorsKilled", killed, killed_count);
  put_numbers(out, "cursorsNotFound", missing, missing_count);
  put_numbers(out, "cursorsAlive", NULL, 0);
  put_numbers(out, "cursorsUnknown", NULL, 0);
  buf_append_text(out, "\"ok\":1}");
  return buf_check(out, "the reply", err);
}

/* ---- replies ---- */

/* The collection is what the command's first field names; a command without one has a name of its
 * own there, as `$cmd.listCollections`. */
static void put_namespace(const struct statement_run *run, struct buf *out) {
  struct slice name = {0}, database = slice_of_text("luma");
  struct val collection = val_missing(), given = val_missing();
  if (!run->is_command || val_count(&run->command) == 0) return;
  collection = val_field_at(&run->command, 0, &name);
  given = field_of(run, "$db");
  if (given.type == VAL_TEXT) database = val_slice(&given);
  struct buf text;
  buf_init(&text, 64 << 10);
  buf_append_format(&text, "%.*s.", SLICE_ARG(database));
  if (collection.type == VAL_TEXT)
    buf_append_slice(&text, val_slice(&collection));
  else
    buf_append_format(&text, "$cmd.%.*s", SLICE_ARG(name));
  buf_append_text(out, ",\"ns\":");
  json_write_text(out, buf_slice(&text));
  buf_deinit(&text);
}

void mongo_cursor_end(const struct statement_run *run, const char *cursor, struct buf *out) {
  buf_append_format(out, "],\"id\":%llu", cursor ? (unsigned long long)number_of(cursor) : 0ull);
  put_namespace(run, out);
  buf_append_byte(out, '}');
}
