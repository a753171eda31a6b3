/* SPDX-License-Identifier: MIT */
#include "tests/lang/session_script.h"

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
  struct json_write_options options = {.form = JSON_PLAIN};
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
  struct session_request request = {.source = {.lang = &lang_lql, .text = text}};
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
  struct buf statement, expected, answer;
  unsigned line, statement_line;
  bool is_prose; /* between the fenced parts of a page */
};

static void finish(struct player *player) {
  if (player->statement.bytes == 0) return;
  buf_reset(&player->answer);
  session_script_run(player->script, buf_slice(&player->statement), &player->answer);
  player->judge(player->statement_line, buf_slice(&player->statement), buf_slice(&player->expected),
                buf_slice(&player->answer));
  buf_reset(&player->statement);
  buf_reset(&player->expected);
}

static bool begins(struct slice line, const char *with) {
  return slice_has_prefix(line, slice_of_text(with));
}

static struct slice after(struct slice line, size_t bytes) {
  return slice_of(line.data + bytes, line.bytes - bytes);
}

static void reopen(struct player *player) {
  finish(player);
  if (strcmp(player->script->target, "memory:") == 0) return;
  close_database(player->script);
  open_database(player->script);
}

static void take_line(struct player *player, struct slice line) {
  player->line++;
  if (begins(line, "```")) {
    finish(player);
    player->is_prose = !player->is_prose;
  } else if (player->is_prose) {
    return;
  } else if (line.bytes == 0) {
    finish(player);
  } else if (begins(line, "# ")) {
    return;
  } else if (begins(line, "@reopen")) {
    reopen(player);
  } else if (begins(line, "@params ")) {
    finish(player);
    buf_append_slice(&player->script->params, after(line, 8));
  } else if (begins(line, "> ")) {
    finish(player);
    player->statement_line = player->line;
    buf_append_slice(&player->statement, after(line, 2));
  } else if (begins(line, "+ ")) {
    buf_append_byte(&player->statement, '\n');
    buf_append_slice(&player->statement, after(line, 2));
  } else {
    buf_append_slice(&player->expected, line);
    buf_append_byte(&player->expected, '\n');
  }
}

void session_script_play(struct session_script *script, const char *path,
                         session_script_judge *judge) {
  struct slice name = slice_of_text(path);
  bool is_page = name.bytes > 3 && memcmp(name.data + name.bytes - 3, ".md", 3) == 0;
  struct player player = {.script = script, .judge = judge, .is_prose = is_page};
  struct buf file;
  buf_init(&file, TEXT_BYTES_MAX);
  buf_init(&player.statement, TEXT_BYTES_MAX);
  buf_init(&player.expected, TEXT_BYTES_MAX);
  buf_init(&player.answer, TEXT_BYTES_MAX);
  assert_ok(os_read_file(os_linux(), path, &file, test_err()));
  struct slice rest = buf_slice(&file);
  while (rest.bytes) {
    const uint8_t *end = memchr(rest.data, '\n', rest.bytes);
    size_t bytes = end ? (size_t)(end - rest.data) : rest.bytes;
    take_line(&player, slice_of(rest.data, bytes));
    rest = after(rest, end ? bytes + 1 : bytes);
  }
  finish(&player);
  buf_deinit(&file);
  buf_deinit(&player.statement);
  buf_deinit(&player.expected);
  buf_deinit(&player.answer);
}
