/* SPDX-License-Identifier: MIT */
#include "tests/lang/session_script.h"

#include "tests/lang/script_lines.h"
#include "value/doc/doc.h"

enum { TEXT_BYTES_MAX = 16 << 20 };

static void open_database(struct session_script *script) {
  struct db_options options = {.sync_mode = STORE_SYNC_NEVER};
  assert_ok(db_open(script->target, &options, &script->db, test_err()));
  assert_ok(session_open(script->db, &script->session, test_err()));
}

static void close_database(struct session_script *script) {
  session_close(script->session);
  assert_ok(model_check(script->db->model, NULL, NULL, test_err()));
  db_close(script->db);
}

void session_script_open(struct session_script *script, const char *target) {
  *script = (struct session_script){.target = target};
  buf_init(&script->params, TEXT_BYTES_MAX);
  open_database(script);
}

void session_script_close(struct session_script *script) {
  close_database(script);
  buf_deinit(&script->params);
}

/* ---- one statement ---- */

/* The values of a JSON list, or those of an object by their names. */
static void read_params(struct session_script *script, struct arena *arena, struct buf *room,
                        struct query_params *params) {
  struct json_reader *reader;
  struct json_read_options options = {.form = JSON_TAGGED};
  struct val all;
  if (script->params.bytes == 0) return;
  assert_ok(session_json_reader(script->session, &reader, test_err()));
  assert_ok(json_read_value(reader, buf_slice(&script->params), &options, room, &all, test_err()));
  uint32_t count = val_count(&all);
  struct val *values = arena_zalloc(arena, count + 1, sizeof *values);
  struct slice *names = arena_zalloc(arena, count + 1, sizeof *names);
  assert_true(values && names);
  for (uint32_t i = 0; i < count; i++) {
    bool named = all.type == VAL_MAP;
    values[i] = named ? val_field_at(&all, i, &names[i]) : val_at(&all, i);
  }
  *params = (struct query_params){
      .values = values, .names = all.type == VAL_MAP ? names : NULL, .count = count};
  buf_reset(&script->params);
}

static status append_rows(struct session_cursor *cursor, struct buf *answer, struct err *err) {
  bool is_mongo = session_language(cursor) == PLAN_JQL;
  struct json_write_options options = {.form = JSON_PLAIN, .key_name = is_mongo ? "_id" : NULL};
  for (;;) {
    struct val document;
    bool has = false;
    TRY(session_next(cursor, &document, &has, err));
    if (!has) return LUMA_OK;
    json_write(answer, &document, &options);
    buf_append_byte(answer, '\n');
  }
}

static status run(struct session_script *script, const struct session_request *request,
                  struct buf *answer, struct err *err) {
  struct session_cursor *cursor = NULL;
  size_t start = answer->bytes;
  TRY(session_run(script->session, request, NULL, &cursor, err));
  status done = append_rows(cursor, answer, err);
  if (done != LUMA_OK) answer->bytes = start;
  if (done == LUMA_OK && session_reply(cursor) == QUERY_REPLY_CHANGE)
    buf_append_format(answer, "affected %llu\n",
                      (unsigned long long)session_outcome(cursor).affected);
  session_cursor_close(cursor);
  return done;
}

void session_script_run(struct session_script *script, struct slice text, struct buf *answer) {
  struct session_request request = {.source = {.text = text}};
  struct err err = {0};
  struct arena arena;
  struct buf room;
  arena_init(&arena, 0, 0);
  buf_init(&room, TEXT_BYTES_MAX);
  read_params(script, &arena, &room, &request.params);
  if (run(script, &request, answer, &err) != LUMA_OK) {
    buf_append_format(answer, "error %s: %s", status_info(err.code)->name, err.message);
    if (err.hint[0]) buf_append_format(answer, " (%s)", err.hint);
    if (err.line) buf_append_format(answer, " at %u:%u", err.line, err.column);
    buf_append_byte(answer, '\n');
  }
  buf_deinit(&room);
  arena_deinit(&arena);
}

/* ---- files ---- */

struct player {
  struct session_script *script;
  session_script_judge *judge;
};

static void play(void *context, unsigned line, struct slice text, struct slice expected) {
  const struct player *player = context;
  struct buf answer;
  buf_init(&answer, TEXT_BYTES_MAX);
  session_script_run(player->script, text, &answer);
  player->judge(line, text, expected, buf_slice(&answer));
  buf_deinit(&answer);
}

static void reopen(struct session_script *script) {
  if (strcmp(script->target, "memory:") == 0) return;
  close_database(script);
  open_database(script);
}

static void obey(void *context, struct slice line) {
  struct session_script *script = ((struct player *)context)->script;
  if (script_line_begins(line, "@reopen"))
    reopen(script);
  else if (script_line_begins(line, "@params "))
    buf_append_slice(&script->params, script_line_after(line, 8));
  else
    fail_msg("no such order: %.*s", SLICE_ARG(line));
}

void session_script_play(struct session_script *script, const char *path,
                         session_script_judge *judge) {
  struct player player = {.script = script, .judge = judge};
  struct script_reader reader = {.context = &player, .statement = play, .order = obey};
  script_lines_read(path, &reader);
}
