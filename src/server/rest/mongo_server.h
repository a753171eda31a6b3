/* SPDX-License-Identifier: MIT */
/* Commands of MongoDB that tools ask now and then. Each puts the fields of its answer. */
#ifndef SERVER_REST_MONGO_SERVER_H
#define SERVER_REST_MONGO_SERVER_H

#include "server/rest/mongo_admin.h"

/** whatsmyuri, usersInfo, rolesInfo. */
/** The command's own field names a collection or view that is there. */
status mongo_server_check_collection(const struct mongo_asked *asked, struct err *err);
status mongo_server_my_uri(const struct mongo_asked *asked, struct err *err);
status mongo_server_users(const struct mongo_asked *asked, struct err *err);
status mongo_server_roles(const struct mongo_asked *asked, struct err *err);
/** getCmdLineOpts, getDefaultRWConcern (which a server of its own has not),
 * getFreeMonitoringStatus, profile. */
status mongo_server_options(const struct mongo_asked *asked, struct err *err);
status mongo_server_concerns(const struct mongo_asked *asked, struct err *err);
status mongo_server_monitoring(const struct mongo_asked *asked, struct err *err);
status mongo_server_profile(const struct mongo_asked *asked, struct err *err);
/** planCacheClear (of all collections: plans are kept by their text), planCacheListFilters,
 * planCacheClearFilters. LUMA_UNKNOWN_COLLECTION. */
status mongo_server_plan_filters(const struct mongo_asked *asked, struct err *err);
status mongo_server_clear_filters(const struct mongo_asked *asked, struct err *err);
/** compact, fsync. */
status mongo_server_compact(const struct mongo_asked *asked, struct err *err);
status mongo_server_fsync(const struct mongo_asked *asked, struct err *err);
/** dropDatabase: every collection and view. Guards count its documents. */
status mongo_server_drop_database(const struct mongo_asked *asked, struct err *err);

#endif
