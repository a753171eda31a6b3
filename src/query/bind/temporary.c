/* SPDX-License-Identifier: MIT */
/* Temporary collections and views: a session's own hide lasting ones of their names. */
#include "model/catalog/catalog.h"
#include "query/bind/bind_int.h"

/* The name that a temporary one of the session is stored under; empty without memory. */
static struct slice stored_name(const struct binder *binder, struct slice name) {
  struct buf text;
  struct slice made = slice_of(NULL, 0);
  buf_init(&text, CATALOG_TEMPORARY_BYTES_MAX + CATALOG_NAME_BYTES_MAX);
  catalog_temporary_prefix(binder->session, &text);
  buf_append_slice(&text, name);
  const uint8_t *copy =
      text.failed == LUMA_OK ? arena_copy(binder->arena, text.data, text.bytes) : NULL;
  if (copy) made = slice_of(copy, text.bytes);
  buf_deinit(&text);
  return made;
}

static bool has_temporaries(const struct binder *binder) {
  return binder->session && binder->catalog &&
         catalog_count(binder->catalog) < catalog_count_all(binder->catalog);
}

const struct collection *bind__named(const struct binder *binder, struct slice name) {
  const struct collection *found = NULL;
  if (!binder->catalog) return NULL;
  if (has_temporaries(binder) && name.bytes <= CATALOG_NAME_BYTES_MAX)
    found = catalog_find(binder->catalog, stored_name(binder, name));
  if (!found) found = catalog_find(binder->catalog, name);
  /* One of another session is never meant, whatever somebody writes. */
  return found && catalog_is_temporary(found->name) && catalog_is_temporary(name) ? NULL : found;
}

void bind__look_up(const struct binder *binder, struct plan *node) {
  node->collection = bind__named(binder, node->collection_name);
  if (!node->collection || !catalog_is_temporary(node->collection->name)) return;
  if (!node->alias.bytes) node->alias = node->collection_name;
  node->collection_name = node->collection->name;
  if (node->kind != PLAN_RENAME_COLLECTION) return;
  struct slice stored = stored_name(binder, node->new_name);
  if (stored.bytes) node->new_name = stored;
}

status bind__place_temporary(const struct binder *binder, struct plan *node, struct err *err) {
  if (!node->is_temporary) return LUMA_OK;
  if (!binder->session)
    FAIL(err, LUMA_UNSUPPORTED, "what is temporary belongs to a session, and there is none here");
  struct slice stored = stored_name(binder, node->collection_name);
  TRY(bind__memory(binder, stored.data, err));
  node->collection_name = stored;
  for (uint32_t i = 0; node->soul && i < node->soul->sequences_count; i++)
    node->soul->sequences[i].options.owner = stored;
  return LUMA_OK;
}
