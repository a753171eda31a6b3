/* SPDX-License-Identifier: MIT */
/* Views that read what is to get another name, or to go. The model keeps the texts of views and
 * does not read them: a view reads a collection when it names it, or a view that does, and an
 * attribute when it names that too. So a view may be told of that means another of the same name;
 * none that would break is missed. A pipeline reads whatever has the collection's name, nothing
 * if none has: MongoDB's views do so, and do not keep a collection from being renamed. */
#include "base/mem/mem.h"
#include "model/db/model_int.h"

static bool is_pipeline(struct slice view) {
  return view.bytes && view.data[0] == '{';
}

static bool is_word(uint8_t c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
         c == '$' || c >= 0x80;
}

/* The end of a text in quotes that begins at `at`. */
static size_t skip_text(struct slice view, size_t at) {
  for (at++; at < view.bytes && view.data[at] != '\''; at++) continue;
  return at;
}

/* Whether the name stands in the view as a whole word. Texts of a SELECT name nothing; in a
 * pipeline of JSON all names are texts, after a `$` or not. */
static bool names(struct slice view, struct slice name) {
  bool is_select = !is_pipeline(view);
  for (size_t at = 0; at + name.bytes <= view.bytes; at++) {
    if (is_select && view.data[at] == '\'') {
      at = skip_text(view, at);
      continue;
    }
    uint8_t before = at ? view.data[at - 1] : ' ';
    uint8_t after = at + name.bytes < view.bytes ? view.data[at + name.bytes] : ' ';
    bool begins = !is_word(before) || (before == '$' && !is_select);
    if (begins && !is_word(after) &&
        slice_is_equal_nocase(slice_of(view.data + at, name.bytes), name))
      return true;
  }
  return false;
}

/* Marks the views that read the collection, through others too. */
static void mark(const struct catalog *catalog, struct slice collection, bool *reads) {
  for (uint32_t i = 0; i < catalog_count_all(catalog); i++) {
    const struct collection *view = catalog_at(catalog, i);
    if (!view->view.bytes || reads[i] || !names(view->view, collection)) continue;
    reads[i] = true;
    mark(catalog, view->name, reads);
  }
}

static bool breaks(const struct collection *view, struct slice attribute) {
  return attribute.bytes ? names(view->view, attribute) : !is_pipeline(view->view);
}

static status fail_read(const struct catalog *catalog, const bool *reads,
                        const struct collection *collection, struct slice attribute,
                        struct err *err) {
  struct buf views;
  struct slice first = {0};
  buf_init(&views, 1024);
  for (uint32_t i = 0; i < catalog_count_all(catalog); i++) {
    const struct collection *view = catalog_at(catalog, i);
    if (!reads[i] || !breaks(view, attribute)) continue;
    buf_append_format(&views, "%s`%.*s`", first.bytes ? ", " : "", SLICE_ARG(view->name));
    if (!first.bytes) first = view->name;
  }
  if (first.bytes && attribute.bytes)
    err_raise(err, LUMA_CONSTRAINT, __FILE__, __LINE__, "views read `%.*s` of `%.*s`: %.*s",
              SLICE_ARG(attribute), SLICE_ARG(collection->name), SLICE_ARG(buf_slice(&views)));
  else if (first.bytes)
    err_raise(err, LUMA_CONSTRAINT, __FILE__, __LINE__, "views read `%.*s`: %.*s",
              SLICE_ARG(collection->name), SLICE_ARG(buf_slice(&views)));
  if (first.bytes)
    err_hint(err, "DROP VIEW %.*s first, and make it again afterwards", SLICE_ARG(first));
  buf_deinit(&views);
  return first.bytes ? LUMA_CONSTRAINT : LUMA_OK;
}

status model__check_views(struct model_txn *txn, const struct collection *collection,
                          struct slice attribute, struct err *err) {
  const struct catalog *catalog = txn->catalog;
  bool *reads = mem_zalloc(catalog_count_all(catalog) + 1, sizeof *reads);
  if (!reads) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to look at views");
  mark(catalog, collection->name, reads);
  status result = fail_read(catalog, reads, collection, attribute, err);
  mem_free(reads);
  return result;
}
