/* SPDX-License-Identifier: MIT */
/* The log: lines with a level, a message and named fields, as text for people or JSON for programs.
 *
 *     2026-02-28T12:00:00.000Z info request method=GET path="/v1/query" took_us=41
 *     {"time":"2026-02-28T12:00:00.000Z","level":"info","message":"request","method":"GET",…}
 *
 * Writing never allocates and never fails: a line longer than LOG_LINE_BYTES is cut (JSON stays
 * well-formed: whole fields are left out and "cut":true says so). Text of others cannot forge
 * lines: control characters are escaped. Owns nothing; the sink is given at construction. Thread:
 * any; the sink is called by one thread at a time. */
#ifndef BASE_LOG_LOG_H
#define BASE_LOG_LOG_H

#include "base/os/os.h"
#include "base/sync/sync.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_NOTHING };
enum log_form { LOG_TEXT, LOG_JSON };
enum { LOG_LINE_BYTES = 4096 };

/** Takes one line, ended by a newline. */
typedef void log_sink_fn(void *context, struct slice line);

enum log_field_kind { LOG_FIELD_TEXT, LOG_FIELD_INTEGER };

/** A name and what it is; borrowed for the call. */
struct log_field {
  const char *name; /* ASCII letters, digits and underscores */
  enum log_field_kind kind;
  int64_t integer;
  struct slice text;
};

struct log_options {
  enum log_level level; /* the least that is written */
  enum log_form form;
  log_sink_fn *sink;
  void *context; /* for the sink; must outlive the log */
};

/** Fields are private. */
struct log {
  struct os *os; /* for the time */
  struct log_options options;
  struct mutex lock;
};

void log_init(struct log *log, struct os *os, const struct log_options *options);
void log_deinit(struct log *log);

/** Whether a line of this level is written: lets callers spare the making of fields. */
bool log_is_on(const struct log *log, enum log_level level);

/** Writes a line with `count` fields. */
void log_write(struct log *log, enum log_level level, const struct log_field *fields, size_t count,
               const char *format, ...) __attribute__((format(printf, 5, 6)));

static inline struct log_field log_text(const char *name, struct slice text) {
  return (struct log_field){.name = name, .kind = LOG_FIELD_TEXT, .text = text};
}
static inline struct log_field log_integer(const char *name, int64_t integer) {
  return (struct log_field){.name = name, .kind = LOG_FIELD_INTEGER, .integer = integer};
}

/** A sink that writes to standard error; `context` is not used. */
void log_to_standard_error(void *context, struct slice line);

#endif
