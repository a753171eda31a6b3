/* SPDX-License-Identifier: MIT */
/* Shared by the files of this folder only. A luma_value is a struct val under its public name. */
#ifndef API_API_INT_H
#define API_API_INT_H

#include "luma/luma.h"
#include "service/import/import.h"
#include "service/session/session.h"

struct luma_db {
  struct db *db;
  void (*committed)(void *context, luma_position position); /* as in luma_options */
  void *committed_context;
};

struct luma_session {
  struct luma_db *db;
  struct session *session;
};

struct luma_statement {
  struct luma_session *session;
  struct session_prepared *prepared;
};

/* The field read last: its id in a dictionary. */
struct api_field {
  const struct names *names; /* NULL: none yet */
  uint16_t id;
  char name[46];
};

struct luma_result {
  struct luma_session *session;
  struct session_cursor *cursor; /* NULL: a document got by key */
  struct arena whole;            /* until close: column names, warnings */
  struct arena step;             /* until the next step: values and texts handed out */
  struct arena params;           /* what parameters given as JSON became */
  struct val row;
  struct err err; /* of the step last taken: rows are too many to begin with an empty one each */
  struct api_field field;
  bool got; /* the one row of a get was not read yet */
  const char **names;
};

struct luma_import {
  struct import *import;
};

/** Copies details out; answers their status. */
enum luma_status api__answer(luma_error *error, const struct err *err, status result);
enum luma_status api__fail(luma_error *error, status code, const char *message);
/** A parameter as a value: borrows from it, or from `arena` (lists and maps). */
status api__param(struct session *session, const luma_param *param, struct arena *arena,
                  struct val *value, struct err *err);
/** Many, with their names if they have any. */
status api__params(struct session *session, const luma_param *params, size_t count,
                   struct arena *arena, struct query_params *out, struct err *err);
/** A text argument: NULL is empty. */
struct slice api__text(const char *text, size_t bytes);
/** An empty result of the session, or NULL. */
struct luma_result *api__result_create(luma_session *session);
static inline const struct val *api__val(const luma_value *value) {
  return (const struct val *)(const void *)value;
}
static inline const luma_value *api__value(const struct val *value) {
  return (const luma_value *)(const void *)value;
}

#endif
