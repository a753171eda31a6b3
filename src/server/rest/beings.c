/* SPDX-License-Identifier: MIT */
/* Beings: documents of a collection that is named by its alias, or by the id or hash of its newest
 * soul. What is said of documents holds for them; one being is answered as it was stored. */
#include "server/rest/rest_int.h"
#include "service/docs/docs.h"

struct resolve_work {
  struct exchange *exchange;
  struct slice name;
};

static status resolve_work(void *context, struct model_txn *txn, struct err *err) {
  struct resolve_work *work = context;
  const struct collection *found = model_collection_of_soul(txn, work->exchange->first);
  if (!found) return model_fail_no_collection(txn, work->exchange->first, err);
  const uint8_t *copy =
      arena_copy(&work->exchange->request->arena, found->name.data, found->name.bytes);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a name");
  work->name = slice_of(copy, found->name.bytes);
  return LUMA_OK;
}

/* The collection's name in exchange->first, and the session, which the routes of documents take
 * again. */
static status resolve(struct exchange *exchange, struct err *err) {
  struct resolve_work work = {.exchange = exchange};
  TRY(rest__take_session(exchange, err));
  status result = session_look(exchange->session, resolve_work, &work, err);
  rest__release(exchange);
  TRY(result);
  exchange->first = work.name;
  exchange->is_being = true;
  return LUMA_OK;
}

status rest__list_beings(struct exchange *exchange, struct err *err) {
  TRY(resolve(exchange, err));
  return rest__list_documents(exchange, err);
}

status rest__insert_beings(struct exchange *exchange, struct err *err) {
  TRY(resolve(exchange, err));
  return rest__insert_documents(exchange, err);
}

status rest__patch_beings(struct exchange *exchange, struct err *err) {
  TRY(resolve(exchange, err));
  return rest__patch_documents(exchange, err);
}

status rest__delete_beings(struct exchange *exchange, struct err *err) {
  TRY(resolve(exchange, err));
  return rest__delete_documents(exchange, err);
}

status rest__get_being(struct exchange *exchange, struct err *err) {
  TRY(resolve(exchange, err));
  return rest__get_document(exchange, err);
}

status rest__put_being(struct exchange *exchange, struct err *err) {
  TRY(resolve(exchange, err));
  return rest__put_document(exchange, err);
}

status rest__patch_being(struct exchange *exchange, struct err *err) {
  TRY(resolve(exchange, err));
  return rest__patch_document(exchange, err);
}

status rest__delete_being(struct exchange *exchange, struct err *err) {
  TRY(resolve(exchange, err));
  return rest__delete_document(exchange, err);
}
