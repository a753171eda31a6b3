/* SPDX-License-Identifier: MIT */
/* JSON's text and paths given as lists. */
#include "query/func/func_int.h"
#include "value/doc/build.h"
#include "value/json/json.h"

/** Reads a text as JSON into the arena. */
status func__read_json(struct func_env *env, struct slice text, struct val *out, struct err *err) {
  struct json_read_options options = {.form = JSON_PLAIN};
  status done = json_read_once(text, &options, env->scratch, out, err);
  if (done == LUMA_OK && out->bytes) {
    uint8_t *copy = arena_alloc_text(env->arena, out->bytes);
    if (copy)
      out->data = memcpy(copy, out->data, out->bytes);
    else
      done = func__fail_memory(env, err);
  }
  buf_reset(env->scratch);
  return done;
}

static struct val step_of(struct slice text) {
  while (text.bytes && text.data[0] == ' ') text = slice_of(text.data + 1, text.bytes - 1);
  while (text.bytes && text.data[text.bytes - 1] == ' ') text.bytes--;
  bool is_quoted = text.bytes >= 2 && text.data[0] == '"' && text.data[text.bytes - 1] == '"';
  return val_text(is_quoted ? slice_of(text.data + 1, text.bytes - 2) : text);
}

/** The steps of '{a,0,"b c"}', each a text. */
static bool split_steps(struct slice text, struct val *steps, uint32_t most, uint32_t *count) {
  size_t from = 1, end = text.bytes - 1;
  bool quoted = false;
  for (size_t at = 1; at <= end; at++) {
    if (at < end && text.data[at] == '"') quoted = !quoted;
    if (at < end && (quoted || text.data[at] != ',')) continue;
    if (*count == most) return false;
    steps[(*count)++] = step_of(slice_of(text.data + from, at - from));
    from = at + 1;
  }
  return !quoted;
}

/* The end of what a step begins at `at`: a name, or what stands in quotes or brackets. */
static size_t step_end(struct slice text, size_t at) {
  uint8_t close = text.data[at] == '"' ? '"' : text.data[at] == '[' ? ']' : 0;
  if (close) {
    const uint8_t *end = memchr(text.data + at + 1, close, text.bytes - at - 1);
    return end ? (size_t)(end - text.data) + 1 : 0;
  }
  while (at < text.bytes && text.data[at] != '.' && text.data[at] != '[') at++;
  return at;
}

/** The steps of SQLite's and MySQL's '$.a."b c"[0]'; '[#-1]' counts from the end. */
static bool read_dollar(struct slice text, struct val *steps, uint32_t most, uint32_t *count) {
  for (size_t at = 1; at < text.bytes;) {
    bool is_place = text.data[at] == '[';
    if (!is_place && (text.data[at] != '.' || ++at == text.bytes)) return false;
    size_t end = step_end(text, at);
    if (end <= at + is_place || *count == most) return false;
    bool is_quoted = is_place || text.data[at] == '"';
    struct slice step = slice_of(text.data + at + is_quoted, end - at - 2u * is_quoted);
    bool from_end = is_place && step.bytes > 1 && step.data[0] == '#';
    if (from_end) step = slice_of(step.data + 1, step.bytes - 1);
    steps[(*count)++] = val_text(step);
    at = end;
  }
  return true;
}

bool func_read_steps(const struct val *path, struct val *steps, uint32_t most, uint32_t *count) {
  *count = 0;
  if (path->type == VAL_LIST) {
    for (uint32_t i = 0; i < val_count(path) && i < most; i++) steps[(*count)++] = val_at(path, i);
    return val_count(path) <= most;
  }
  if (path->type == VAL_TEXT && path->bytes && path->data[0] == '$')
    return read_dollar(val_slice(path), steps, most, count);
  if (path->type != VAL_TEXT || path->bytes < 2) return false;
  struct slice text = val_slice(path);
  if (text.data[0] != '{' || text.data[text.bytes - 1] != '}') return false;
  return text.bytes == 2 || split_steps(text, steps, most, count);
}

static status follow(struct func_env *env, const struct val *args, func_call *extract,
                     struct val *out, struct err *err) {
  struct val steps[FUNC_STEPS_MAX] = {args[0]};
  uint32_t count = 0;
  if (!func_read_steps(&args[1], steps + 1, FUNC_STEPS_MAX - 1, &count))
    return func__clash(env, out);
  return extract(env, steps, count + 1, out, err);
}

status func__json_get_path(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  (void)count;
  return follow(env, args, func__json_extract_path, out, err);
}

status func__json_get_path_text(struct func_env *env, const struct val *args, uint32_t count,
                                struct val *out, struct err *err) {
  (void)count;
  return follow(env, args, func__json_extract_path_text, out, err);
}
