/* SPDX-License-Identifier: MIT */
/* Shared by the files of this folder only. */
#ifndef SERVER_REST_REST_INT_H
#define SERVER_REST_REST_INT_H

#include <stdatomic.h>

#include "base/sync/sync.h"
#include "server/metrics/metrics.h"
#include "server/rest/mongo_error.h"
#include "server/rest/registry.h"
#include "server/rest/rest.h"
#include "service/session/session.h"

enum { REST_STREAM_PART_BYTES = 256 << 10, REST_LIST_DEFAULT = 100, REST_LIST_MAX = 10000 };

struct rest {
  struct rest_options options;
  struct registry *registry;
  struct metrics *metrics;
  struct session **loop_sessions; /* of the point reads: one per loop */
  const struct http_server *http;
  uint64_t id_seed;
  uint8_t process[12];                      /* what tells this run of the server from others */
  atomic_uint_fast64_t commands, get_mores; /* of MongoDB's, that it answered itself */
  atomic_uint_fast64_t ids;
  atomic_bool is_ready;
};

struct exchange;

/** Does a request's work and fills its reply; on failure the error becomes the reply. */
typedef status route_run_fn(struct exchange *exchange, struct err *err);

enum route_body {
  ROUTE_NO_BODY,
  ROUTE_JSON,
  ROUTE_JSON_OPTIONAL,
  ROUTE_DOCUMENTS,
  ROUTE_DOCUMENTS_OPTIONAL
};

/** One method of one address. */
struct route {
  const char *pattern; /* "{c}" is a collection, "{id}" the rest */
  enum http_method method;
  enum route_body body;
  bool on_loop;   /* never waits: runs on the loop */
  bool is_public; /* no token, and served before the server is ready */
  route_run_fn *run;
};

/** A request on its way through the API. Lives in the request's arena. */
struct exchange {
  struct work_item item; /* first */
  struct rest *rest;
  struct http_request *request;
  const struct route *route;
  struct slice first, second; /* what the pattern's braces stand for */
  struct slice query_id;
  struct slice statement_text; /* for the log */
  unsigned http_status;        /* of the error, when the table's is not meant */
  bool retryable;              /* also when the table says no */
  bool is_mongo;               /* failures carry MongoDB's fields too, */
  struct mongo_teller teller;  /* told like this */
  bool is_in_transaction;      /* one of MongoDB's: they tell whether it may be done again */
  bool is_being;               /* asked for as a being: answered with its soul */
  bool is_jql;                 /* the statement is JQL: JSON, or a call of MongoDB's shell */
  bool is_english;             /* the statement is NQL, which has values without quotes */
  uint64_t changes_told;       /* of a dry run */
  struct buf faults;           /* of `err`, when it has many; JSON */

  struct session *session;        /* of the statement; NULL = none taken */
  bool has_guard;                 /* the address names limits, for this request: */
  struct query_guard guard;       /* and after it the session has its own again */
  struct registry_session *named; /* it is this one's */
  struct registry_running running;
  bool is_listed; /* `running` is in the registry */
  atomic_bool cancelled;
  struct statement_run *stream; /* what `more` reads from */
  struct err err;
};

/* router.c */
/** Finds the route; else fills `err`, and `allow` with the methods the address does take. */
status rest__route(struct exchange *exchange, struct buf *allow, struct err *err);

uint32_t rest__routes_count(void);
/** Its number for the metrics; of NULL the one after the last. */
uint32_t rest__route_number(const struct route *route);
void rest__route_name(uint32_t number, const char **method, const char **pattern);

/* guard.c */
/** Host, Origin, token. */
status rest__guard(struct exchange *exchange, struct err *err);
/** Answers a preflight of an allowed origin; false if it is none. */
bool rest__preflight(struct exchange *exchange);

/* exchange.c */
/** Takes the session that a statement runs in (the named one, or one of the pool) and lists the
 * statement as running, so that it can be cancelled. */
status rest__take_session(struct exchange *exchange, struct err *err);
/** Goes on in a session of the registry that was taken, instead of the one it has. */
status rest__enter_session(struct exchange *exchange, struct registry_session *named,
                           struct err *err);
/** What the exchange runs can no longer be cancelled; harmless when it is not listed. */
void rest__unlist(struct exchange *exchange);
/** Ends whatever the exchange holds; harmless when it holds nothing. */
void rest__release(struct exchange *exchange);

/** After a conflict: waits a little, longer each time; false when it was tried often enough. */
bool rest__try_again(struct exchange *exchange, uint32_t *tries);

/* redact.c */
/** Whether values of statements are not to be seen: some soul has sensitive attributes. */
bool rest__masks(struct exchange *exchange);
/** A statement as it may stand in the log. */
struct slice rest__redacted(struct exchange *exchange, struct slice statement);
/** One of that language, as it stands where values are not to be seen. */
struct slice rest__redacted_as(struct exchange *exchange, struct slice statement,
                               const struct lang *lang);
/** The request's path likewise: it ends with a document's key. */
struct slice rest__redacted_path(struct exchange *exchange);
/** The message of exchange->err as it may stand in the log. */
struct slice rest__redacted_error(struct exchange *exchange);

/* reply.c */
void rest__json(struct exchange *exchange, unsigned http);
void rest__empty(struct exchange *exchange, unsigned http);
/** The error becomes the reply. */
void rest__fail(struct exchange *exchange, const struct err *err);
/** Appends {"error":{…}}. */
void rest__put_error(struct buf *out, const struct err *err, bool retryable);
/** An argument that is a whole number from `least` to `most`; `*value` stays if it is absent. */
status rest__integer(const struct exchange *exchange, const char *name, uint64_t least,
                     uint64_t most, uint64_t *value, struct err *err);
/** Reads the body as a JSON value (tagged form) into `out`. `mongo` is the field whose map, if it
 * is one, is MongoDB's (json_read_options: floats_in); NULL: none is. */
status rest__read_body(struct exchange *exchange, const char *mongo, struct buf *out,
                       struct val *value, struct err *err);

/* key.c */
/** The key that an address names: 42, "42", a ULID, else text. Text borrows. */
status rest__key(struct slice text, struct val *key, struct err *err);
/** Appends the key as an address names it, not yet percent-encoded. */
void rest__put_key(struct buf *out, const struct val *key);

/* texts.c */
/** The texts of the documents in a body; they borrow from it. mem_free(items). */
struct rest_texts {
  struct slice *items;
  size_t count, capacity;
  bool is_array; /* or lines; else one object */
};
status rest__split(const struct exchange *exchange, struct rest_texts *texts, struct err *err);
/** A position in the text of the `nth` document becomes one in the body. */
void rest__place_error(const struct exchange *exchange, struct slice text, uint32_t nth,
                       struct err *err);

/* once.c */
/** What names the request, for a day; false: it has no name. */
struct docs_once;
bool rest__once(const struct exchange *exchange, struct docs_once *once);

/* the routes */
route_run_fn rest__list_documents, rest__insert_documents, rest__get_document, rest__put_document,
    rest__patch_document, rest__delete_document, rest__patch_documents, rest__delete_documents;
route_run_fn rest__list_souls, rest__create_soul, rest__get_soul, rest__evolve_soul,
    rest__delete_soul, rest__soul_lineage, rest__soul_changes, rest__suggest_soul,
    rest__describe_soul, rest__soul_storage;
route_run_fn rest__list_beings, rest__insert_beings, rest__get_being, rest__put_being,
    rest__patch_being, rest__delete_being, rest__patch_beings, rest__delete_beings;
/* documents_dry.c: what a change by key would do */
struct rest_change {
  const char *what; /* insert, update, delete */
  struct val key, before, after;
};
typedef status rest_try_fn(struct exchange *exchange, void *context, struct err *err);
/** ?dry_run=true, or what the session says. The exchange has its session. */
bool rest__is_dry(const struct exchange *exchange);
/** LUMA_MAX_AFFECTED when `count` documents are more than ?max_affected= or the session allows. */
status rest__check_affected(const struct exchange *exchange, uint64_t count, struct err *err);
/** Runs `work` in the exchange's session and undoes it. */
status rest__try(struct exchange *exchange, rest_try_fn *work, void *context, struct err *err);
/** Adds a change to the reply, of which the first 1,000 are shown, and ends the reply. */
void rest__tell_change(struct exchange *exchange, const struct rest_change *change);
status rest__end_changes(struct exchange *exchange, struct err *err);
/** Replies with the document under a key. */
status rest__reply_document(struct exchange *exchange, const struct val *key, unsigned status_code,
                            struct err *err);
route_run_fn rest__list_collections, rest__get_collection, rest__put_collection,
    rest__delete_collection;
route_run_fn rest__query, rest__batch, rest__cancel_query, rest__open_session, rest__close_session;
route_run_fn rest__healthz, rest__readyz, rest__metrics, rest__openapi;
/** The next part of a stream. */
status rest__stream_part(struct exchange *exchange, struct err *err);

#endif
