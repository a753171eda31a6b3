/* SPDX-License-Identifier: MIT */
/* Commands of MongoDB that ask about the server and its one database: what clients ask when they
 * connect, and what people ask who look after it. Answered here, in replies of MongoDB's shape: no
 * language knows them. */
#ifndef SERVER_REST_MONGO_ADMIN_H
#define SERVER_REST_MONGO_ADMIN_H

#include "server/rest/rest_int.h"
#include "server/rest/statement.h"
#include "value/doc/build.h"

struct mongo_admin;

/** The command that the run is; NULL: it is none of these. */
const struct mongo_admin *mongo_admin_find(const struct statement_run *run);
/** Whether one of them has the name. */
bool mongo_admin_is_name(struct slice name);
/** Answers it. */
status mongo_admin_run(struct exchange *exchange, const struct statement_run *run,
                       const struct mongo_admin *admin, struct err *err);
/** A pipeline that begins with $currentOp, $listSessions, $listLocalSessions or
 * $planCacheStats begins with $documents after: the statements that run, the sessions that are
 * open, the plans that are kept. (mongo_stages.c) */
status mongo_admin_replace_stage(struct exchange *exchange, struct statement_run *run,
                                 struct err *err);

/* ---- shared by the files of these commands ---- */

/** One command being answered: fields go into the open map. */
struct mongo_asked {
  struct exchange *exchange;
  const struct statement_run *run;
  struct build *build;
};

static inline void mongo_put(struct build *build, const char *name, struct val value) {
  build_name(build, slice_of_text(name));
  build_put(build, &value);
}
static inline void mongo_put_text(struct build *build, const char *name, const char *text) {
  mongo_put(build, name, val_text(slice_of_text(text)));
}
static inline void mongo_put_number(struct build *build, const char *name, uint64_t number) {
  mongo_put(build, name, val_int64((int64_t)number));
}
static inline void mongo_put_flag(struct build *build, const char *name, bool flag) {
  mongo_put(build, name, val_bool(flag));
}
/** The field of the command. */
static inline struct val mongo_asked_field(const struct mongo_asked *asked, const char *name) {
  return val_field(&asked->run->command, slice_of_text(name));
}
/** The name of the database, as the command has it. */
struct slice mongo_admin_database(const struct statement_run *run);

/* mongo_database.c */
status mongo_database_list(const struct mongo_asked *asked, struct err *err);
status mongo_database_stats(const struct mongo_asked *asked, struct err *err);
status mongo_database_of_collection(const struct mongo_asked *asked, struct err *err);
status mongo_database_data_size(const struct mongo_asked *asked, struct err *err);
/** `ns`: the database and the collection. */
void mongo_database_put_namespace(const struct mongo_asked *asked, const struct val *collection);

/* mongo_validate.c */
status mongo_validate(const struct mongo_asked *asked, struct err *err);

#endif
