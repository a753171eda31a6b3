/* SPDX-License-Identifier: MIT */
/* Views: what a view stands for is read anew wherever it stands, and bound as a SELECT in FROM that
 * sees nothing of the statement around it. */
#include "model/catalog/catalog.h"
#include "query/bind/bind_int.h"

/** MongoDB's GraphContainsCycle and CommandNotSupportedOnView. */
enum { MONGO_CYCLE = 5, MONGO_NOT_ON_VIEW = 166 };

/** A collection of the view's name is no cycle: there cannot be a view beside it. */
status bind__refuse_cycle(struct binder *binder, const struct plan *scan, struct err *err) {
  bool is_it = binder->view.bytes && slice_is_equal(scan->collection_name, binder->view);
  if (!is_it || (scan->collection && !scan->collection->view.bytes)) return LUMA_OK;
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "the view `%.*s` would stand for itself", SLICE_ARG(binder->view));
  failed = bind__fail(binder, scan->offset, failed, err);
  if (err) err->foreign = MONGO_CYCLE;
  return failed;
}

status bind__refuse_view(struct binder *binder, const struct plan *node, struct err *err) {
  if (!node->collection || !node->collection->view.bytes) return LUMA_OK;
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "`%.*s` is a view: what it shows is changed where it is",
                            SLICE_ARG(node->collection->name));
  failed = bind__fail(binder, node->offset, failed, err);
  if (err) err->foreign = MONGO_NOT_ON_VIEW;
  return failed;
}

bool bind__is_of_view(const struct err *failed) {
  return failed->foreign == MONGO_NOT_ON_VIEW;
}

static status bind_alone(struct binder *binder, bool is_jql, uint64_t session, struct plan **node,
                         struct err *err) {
  struct binder inside = {.depth = binder->depth + 1,
                          .arena = binder->arena,
                          .catalog = binder->catalog,
                          .policy = binder->policy,
                          .read_view = binder->read_view,
                          .view = binder->view,
                          .session = session,
                          .language = is_jql ? PLAN_JQL : PLAN_LQL};
  return bind__plan(&inside, node, err);
}

status bind__alone(struct binder *binder, struct plan **node, struct err *err) {
  return bind_alone(binder, false, 0, node, err);
}

/** What a command hints of a view is of the collection that the view reads first. */
static void hand_on_hint(const struct plan *scan, struct plan *select) {
  if (!scan->hint) return;
  while (select->kind != PLAN_SCAN && select->input) select = select->input;
  if (select->kind == PLAN_SCAN) select->hint = scan->hint;
}

status bind__view(struct binder *binder, struct plan **node, struct err *err) {
  struct plan *scan = *node, *select = NULL;
  struct slice name = scan->collection->name;
  if (binder->depth == BIND_DEPTH_MAX) {
    status failed = err_raise(err, LUMA_TOO_DEEP, __FILE__, __LINE__,
                              "the view `%.*s` stands for itself", SLICE_ARG(name));
    return bind__fail(binder, scan->offset, failed, err);
  }
  if (!binder->read_view) FAIL(err, LUMA_INVALID_ARGUMENT, "views cannot be read here");
  binder->has_views = true;
  status done = binder->read_view(binder->arena, scan->collection->view, &select, err);
  struct plan *derived = NULL;
  if (done == LUMA_OK) {
    hand_on_hint(scan, select);
    derived = plan_node(binder->arena, PLAN_DERIVED, select, scan->offset);
    done = bind__memory(binder, derived, err);
  }
  if (done == LUMA_OK) {
    derived->alias = scan->alias.bytes ? scan->alias : name;
    *node = derived;
    uint64_t session = catalog_is_temporary(name) ? binder->session : 0;
    done = bind_alone(binder, scan->collection->view.data[0] == '{', session, node, err);
  }
  if (done != LUMA_OK && err) err_wrap(err, "in the view `%.*s`", SLICE_ARG(name));
  return done;
}
