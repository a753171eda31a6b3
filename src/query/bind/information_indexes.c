/* SPDX-License-Identifier: MIT */
/* information_schema.statistics: a row for each key of an index, as MySQL tells them. */
#include "model/catalog/catalog.h"
#include "query/bind/information.h"

static struct val column_of(struct information *rows, const struct index_key *key) {
  struct buf path;
  if (index_key_is_computed(key)) return val_null();
  buf_init(&path, 4096);
  path_format(&key->path, &path);
  struct val made = information_text(rows, &path);
  buf_deinit(&path);
  return made;
}

static status tell_index(struct information *rows, const struct collection *collection,
                         const struct catalog_index *index, struct err *err) {
  for (uint32_t i = 0; i < index_def_written(&index->def); i++) {
    const struct index_key *key = index_def_key(&index->def, i);
    struct val row[] = {information_word("luma"),
                        information_word("public"),
                        val_text(collection->name),
                        val_bool(!index->def.unique),
                        val_text(index->name),
                        val_int64(i + 1),
                        column_of(rows, key),
                        information_word(key->descending ? "D" : "A"),
                        index_key_is_computed(key) ? val_text(key->expression) : val_null(),
                        catalog_index_is_partial(index) ? val_text(index->condition.text)
                                                        : val_null()};
    TRY(information_add(rows, row, err));
  }
  return LUMA_OK;
}

status information_indexes(struct information *rows, struct err *err) {
  const struct catalog *catalog = rows->binder->catalog;
  for (uint32_t i = 0; i < catalog_count(catalog); i++) {
    const struct collection *collection = catalog_at(catalog, i);
    for (uint32_t k = 0; k < collection->indexes_count; k++)
      if (collection->indexes[k].state == CATALOG_INDEX_PUBLIC)
        TRY(tell_index(rows, collection, &collection->indexes[k], err));
  }
  return LUMA_OK;
}
