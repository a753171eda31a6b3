/* SPDX-License-Identifier: MIT */
/* {"validate": collection}: its documents, their count and the entries of its indexes, looked at
 * one by one. Faults are told in `errors`. */
#include "model/catalog/catalog.h"
#include "server/rest/mongo_admin.h"

enum { ERRORS_MAX = 100, INVALID_NAMESPACE = 73, NAMESPACE_NOT_FOUND = 26, ON_VIEW = 166 };

struct faults {
  struct build *build;
  uint64_t count;
};

static void note(void *context, const char *place, const char *what) {
  struct faults *faults = context;
  struct buf text;
  if (++faults->count > ERRORS_MAX) return;
  buf_init(&text, 4096);
  buf_append_format(&text, "%s: %s", place, what);
  struct val told = val_text(buf_slice(&text));
  build_put(faults->build, &told);
  buf_deinit(&text);
}

/* Faults come while the list is open: what else is told stands before and behind it. */
static status check(const struct mongo_asked *asked, struct slice name, uint64_t *documents,
                    uint64_t *faults_count, struct err *err) {
  struct model *model = asked->exchange->rest->options.db->model;
  struct faults faults = {.build = asked->build};
  build_name(asked->build, slice_of_text("errors"));
  build_begin_list(asked->build);
  status done = model_check_collection(model, name, note, &faults, documents, err);
  build_end(asked->build);
  *faults_count = faults.count;
  if (done != LUMA_CORRUPT || !faults.count) return done;
  err_reset(err);
  return LUMA_OK;
}

static void put_index(struct build *build, struct slice name, bool valid) {
  build_name(build, name);
  build_begin_map(build);
  mongo_put_flag(build, "valid", valid);
  build_end(build);
}

static void put_indexes(struct build *build, const struct collection *collection, bool valid) {
  mongo_put_number(build, "nIndexes", collection->indexes_count + 1u);
  build_name(build, slice_of_text("indexDetails"));
  build_begin_map(build);
  put_index(build, slice_of_text("_id_"), valid);
  for (uint32_t i = 0; i < collection->indexes_count; i++)
    put_index(build, collection->indexes[i].name, valid);
  build_end(build);
}

static status fail(struct err *err, status code, uint32_t foreign, const char *message,
                   struct slice name) {
  err_raise(err, code, __FILE__, __LINE__, "%s: `%.*s`", message, SLICE_ARG(name));
  if (err) err->foreign = foreign;
  return code;
}

static status answer(const struct mongo_asked *asked, const struct collection *collection,
                     const struct val *name, struct err *err) {
  uint64_t documents = 0, faults = 0;
  mongo_database_put_namespace(asked, name);
  TRY(check(asked, collection->name, &documents, &faults, err));
  mongo_put_number(asked->build, "nInvalidDocuments", 0);
  mongo_put_number(asked->build, "nrecords", documents);
  put_indexes(asked->build, collection, faults == 0);
  mongo_put_flag(asked->build, "valid", faults == 0);
  mongo_put_flag(asked->build, "repaired", false);
  build_name(asked->build, slice_of_text("warnings"));
  build_begin_list(asked->build);
  build_end(asked->build);
  return LUMA_OK;
}

status mongo_validate(const struct mongo_asked *asked, struct err *err) {
  struct val name = mongo_asked_field(asked, "validate");
  if (name.type != VAL_TEXT || name.bytes == 0)
    return fail(err, LUMA_INVALID_ARGUMENT, INVALID_NAMESPACE, "`validate` takes a collection",
                slice_of_text(""));
  const struct catalog *catalog = model_catalog_acquire(asked->exchange->rest->options.db->model);
  const struct collection *collection = catalog_find(catalog, val_slice(&name));
  status done = LUMA_OK;
  if (!collection)
    done = fail(err, LUMA_UNKNOWN_COLLECTION, NAMESPACE_NOT_FOUND,
                "Collection does not exist to validate", val_slice(&name));
  else if (collection->view.bytes)
    done = fail(err, LUMA_INVALID_ARGUMENT, ON_VIEW, "Cannot validate a view", val_slice(&name));
  else
    done = answer(asked, collection, &name, err);
  catalog_release(catalog);
  return done;
}
