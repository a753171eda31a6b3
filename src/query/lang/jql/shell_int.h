/* SPDX-License-Identifier: MIT */
/* Shared by shell.c, which reads the chain of calls, and shell_write.c, which writes the command.
 */
#ifndef QUERY_LANG_JQL_SHELL_INT_H
#define QUERY_LANG_JQL_SHELL_INT_H

#include "query/lang/jql/plain_int.h"

enum { ARGS_MAX = 40, CALLS_MAX = 40 };

struct call {
  struct slice name;
  size_t at; /* of the name */
  size_t args[ARGS_MAX];
  uint32_t args_count;
};

struct shell {
  struct writing *writing;
  struct slice subject; /* the collection, as it is written: `users`, or a quoted text */
  size_t subject_at;
  size_t database_at;  /* of the name in db.getSiblingDB(name); 0: there is none */
  struct call explain; /* db.users.explain().find(): without a name there is none */
  struct call calls[CALLS_MAX];
  uint32_t calls_count;
};

/** What updates by this method may be made of. */
enum shell_change { CHANGE_ANY, CHANGE_OPERATORS, CHANGE_DOCUMENT };

/** A method: the command, and the field for each of its arguments. Of a field's name the first byte
 * may say more: `[` the value becomes a list, `?` it does unless it is one, `*` these are options,
 * which become fields of the command (or a value of the field named behind the star), `!` the
 * argument is the subject. */
struct method {
  const char *name;
  const char *usage;
  uint8_t least, most;
  status (*write)(struct shell *shell, const struct method *method);
  const char *command;
  const char *fields[4];
  const char *fixed; /* fields that come with it */
  enum shell_change change;
  bool takes_chain; /* the calls behind it are its own */
};

/** The methods of a collection, or of the database; one without a name ends them. */
const struct method *shell__methods(const struct shell *shell);
void shell__put(struct shell *shell, const char *json);
/** Writes the value at `at`; the place in the text stays. */
status shell__put_value(struct shell *shell, size_t at);

/** Writers of commands (shell_write.c), each without the closing brace: by the table alone; */
status shell__write_plain(struct shell *shell, const struct method *method);
status shell__write_question(struct shell *shell, const struct method *method);
/** updates, by operators or whole; */
status shell__write_update(struct shell *shell, const struct method *method);
/** findAndModify with a change; */
status shell__write_modify(struct shell *shell, const struct method *method);
/** deletes; */
status shell__write_delete(struct shell *shell, const struct method *method);
/** pipelines; */
status shell__write_aggregate(struct shell *shell, const struct method *method);
/** indexes; */
status shell__write_create_indexes(struct shell *shell, const struct method *method);
status shell__write_drop_indexes(struct shell *shell, const struct method *method);
status shell__write_hide(struct shell *shell, const struct method *method);
/** what an aggregation tells, of which one field is shown; */
status shell__write_told(struct shell *shell, const struct method *method);
/** a command that is given as such; */
status shell__write_command(struct shell *shell, const struct method *method);
/** writes that are collected by a chain of calls (shell_bulk.c). */
status shell__write_bulk(struct shell *shell, const struct method *method);
/** Begins the command `name` of the collection, or of the database. */
status shell__begin(struct shell *shell, const char *name);
/** Writes the options in the map at `at` as fields. */
status shell__put_options(struct shell *shell, size_t at);
/** Writes an argument as the field of a command, as `struct method` has them. */
status shell__put_argument(struct shell *shell, const struct method *method, const char *field,
                           size_t at);
bool shell__is_named(const struct call *call, const char *name);
/** Fails: this call stands where it does not belong. One of `names` may be meant. */
status shell__fail_call(struct shell *shell, const struct call *call, const char *const *names);

#endif
