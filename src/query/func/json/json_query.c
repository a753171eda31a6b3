/* SPDX-License-Identifier: MIT */
/* PostgreSQL's functions of SQL/JSON paths; the language itself is query/jsonpath. */
#include "query/func/func_int.h"
#include "query/func/json/json_paths.h"
#include "query/func/number/numeric.h"
#include "query/func/time/format_time.h"
#include "query/jsonpath/cache.h"
#include "value/doc/build.h"

/* A template without a date reads a time of day, one with a zone a moment that has one. */
static bool read_moment(struct slice text, struct slice template, struct jsonpath_moment *moment) {
  struct time_read read;
  if (!format_time_read_parts(text, template, &read) || !read.is_whole) return false;
  if (!read.has_date && !read.has_time) return false;
  enum jsonpath_moment_kind kind = !read.has_time  ? JSONPATH_DATE
                                   : read.has_date ? JSONPATH_TIMESTAMP
                                                   : JSONPATH_TIME;
  int64_t us = read.us;
  if (!read.has_date) us -= calendar_days(1, 1, 1) * CALENDAR_US_PER_DAY;
  if (read.has_date) us -= read.zone_s * CALENDAR_US_PER_SECOND;
  bool is_zoned = read.has_zone && read.has_time;
  *moment = (struct jsonpath_moment){is_zoned ? kind + 1 : kind, read.zone_s, us};
  return true;
}

static const struct jsonpath_host host = {.divide = numeric_divide, .read_moment = read_moment};

/* document, path [, variables [, silent]] */
struct question {
  const struct jsonpath *path;
  struct jsonpath_run run;
};

static status read_path(struct func_env *env, struct slice text, const struct jsonpath **path,
                        struct err *err) {
  return env->paths ? jsonpath_cache_get(env->paths, text, path, err)
                    : jsonpath_parse(env->arena, text, path, err);
}

static status ask(struct func_env *env, const struct val *args, uint32_t count, bool *clash,
                  struct question *question, struct err *err) {
  *clash = args[1].type != VAL_TEXT || (count > 3 && args[3].type != VAL_BOOL);
  if (*clash) return LUMA_OK;
  question->run = (struct jsonpath_run){.arena = env->arena,
                                        .regexes = env->regexes,
                                        .host = &host,
                                        .silent = count > 3 && args[3].boolean};
  if (count > 2) question->run.variables = args[2];
  if (count > 2 && args[2].type != VAL_MAP) {
    status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                              "the variables of a path are a document, not %s",
                              val_type_name((enum val_type)args[2].type));
    err_hint(err, "write {\"x\": 1} for $x");
    return failed;
  }
  return read_path(env, val_slice(&args[1]), &question->path, err);
}

static status list_of(struct func_env *env, const struct val *items, uint32_t count,
                      struct val *out, struct err *err) {
  struct build build;
  func__list_begin(env, &build);
  for (uint32_t i = 0; i < count; i++) build_put(&build, &items[i]);
  return func__built(env, &build, out, err);
}

/** All that the path leads to. */
static status find(struct func_env *env, const struct val *args, uint32_t count, bool *clash,
                   struct val **items, uint32_t *found, struct err *err) {
  struct question question = {0};
  *found = 0;
  TRY(ask(env, args, count, clash, &question, err));
  if (*clash) return LUMA_OK;
  return jsonpath_query(question.path, &question.run, &args[0], items, found, err);
}

status func__path_items(struct func_env *env, const struct val *args, uint32_t count,
                        struct val **items, uint32_t *found, struct err *err) {
  bool clash = false;
  return find(env, args, count, &clash, items, found, err);
}

status func__json_path_query(struct func_env *env, const struct val *args, uint32_t count,
                             struct val *out, struct err *err) {
  struct val *items = NULL;
  uint32_t found = 0;
  bool clash = false;
  TRY(find(env, args, count, &clash, &items, &found, err));
  return clash ? func__clash(env, out) : list_of(env, items, found, out, err);
}

status func__json_path_query_first(struct func_env *env, const struct val *args, uint32_t count,
                                   struct val *out, struct err *err) {
  struct val *items = NULL;
  uint32_t found = 0;
  bool clash = false;
  TRY(find(env, args, count, &clash, &items, &found, err));
  if (clash) return func__clash(env, out);
  *out = found ? items[0] : val_null();
  /* A text may be the path's own, which does not live as long as the answer. */
  return out->type == VAL_TEXT ? func__text(env, val_slice(out), out, err) : LUMA_OK;
}

/** jsonpath_exists or jsonpath_match. */
typedef status judge_fn(const struct jsonpath *path, const struct jsonpath_run *run,
                        const struct val *document, struct val *out, struct err *err);

/** A truth about the path; an operator is silent: what a path cannot do to a document is NULL. */
static status judge(struct func_env *env, judge_fn *by, const struct val *args, uint32_t count,
                    bool is_operator, struct val *out, struct err *err) {
  struct question question = {0};
  bool clash = false;
  TRY(ask(env, args, count, &clash, &question, err));
  if (clash) return func__clash(env, out);
  question.run.silent |= is_operator;
  return by(question.path, &question.run, &args[0], out, err);
}

status func__json_path_exists(struct func_env *env, const struct val *args, uint32_t count,
                              struct val *out, struct err *err) {
  return judge(env, jsonpath_exists, args, count, false, out, err);
}

status func__json_path_match(struct func_env *env, const struct val *args, uint32_t count,
                             struct val *out, struct err *err) {
  return judge(env, jsonpath_match, args, count, false, out, err);
}

/** value @? path */
status func__json_path_finds(struct func_env *env, const struct val *args, uint32_t count,
                             struct val *out, struct err *err) {
  return judge(env, jsonpath_exists, args, count, true, out, err);
}

/** value @@ path */
status func__json_path_says(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  return judge(env, jsonpath_match, args, count, true, out, err);
}
