/* SPDX-License-Identifier: MIT */
/* What holds for the documents of collections: keys, unique indexes, checks, references. */
#include "model/catalog/catalog.h"
#include "query/bind/information.h"

/** One constraint, told by `each`: attributes are texts, in order. */
struct constraint {
  const struct collection *collection;
  struct val name;
  const char *type;
  struct val columns[INDEX_KEYS_MAX];
  uint32_t columns_count;
};

typedef status each_constraint(struct information *rows, const struct constraint *constraint,
                               struct err *err);

/** "users_pkey" and the like. */
static struct val made_name(struct information *rows, struct slice collection,
                            struct slice attribute, const char *kind) {
  struct buf text;
  buf_init(&text, 4096);
  buf_append_slice(&text, collection);
  if (attribute.bytes) buf_append_format(&text, "_%.*s", SLICE_ARG(attribute));
  buf_append_format(&text, "_%s", kind);
  struct val name = information_text(rows, &text);
  buf_deinit(&text);
  return name;
}

static status tell_key(struct information *rows, const struct collection *collection,
                       each_constraint *each, struct err *err) {
  struct constraint key = {.collection = collection,
                           .name = made_name(rows, collection->name, slice_of(NULL, 0), "pkey"),
                           .type = "PRIMARY KEY",
                           .columns = {information_word("id")},
                           .columns_count = 1};
  return each(rows, &key, err);
}

static status tell_indexes(struct information *rows, const struct collection *collection,
                           each_constraint *each, struct err *err) {
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    const struct catalog_index *index = &collection->indexes[i];
    if (!index->def.unique || index->rules || index->state != CATALOG_INDEX_PUBLIC) continue;
    struct constraint unique = {.collection = collection,
                                .name = val_text(index->name),
                                .type = "UNIQUE",
                                .columns_count = index->def.keys_count};
    for (uint32_t k = 0; k < index->def.keys_count; k++) {
      struct buf path;
      buf_init(&path, 4096);
      path_format(&index->def.keys[k].path, &path);
      unique.columns[k] = information_text(rows, &path);
      buf_deinit(&path);
    }
    TRY(each(rows, &unique, err));
  }
  return LUMA_OK;
}

static status tell_soul(struct information *rows, const struct collection *collection,
                        each_constraint *each, struct err *err) {
  const struct soul *soul = collection->genotype;
  for (uint32_t i = 0; soul && i < soul->constraints_count; i++) {
    struct constraint check = {
        .collection = collection, .name = val_text(soul->constraints[i].name), .type = "CHECK"};
    if (soul->constraints[i].kind == SOUL_CHECK) TRY(each(rows, &check, err));
  }
  for (uint32_t i = 0; soul && i < soul->attributes_count; i++) {
    const struct soul_attribute *attribute = &soul->attributes[i];
    struct val name = attribute->constraint.bytes
                          ? val_text(attribute->constraint)
                          : made_name(rows, collection->name, attribute->name, "fkey");
    struct constraint reference = {.collection = collection,
                                   .name = name,
                                   .type = "FOREIGN KEY",
                                   .columns = {val_text(attribute->name)},
                                   .columns_count = 1};
    if (attribute->type.kind == SOUL_REF) TRY(each(rows, &reference, err));
  }
  return LUMA_OK;
}

static status tell_all(struct information *rows, each_constraint *each, struct err *err) {
  const struct catalog *catalog = rows->binder->catalog;
  for (uint32_t i = 0; i < catalog_count(catalog); i++) {
    const struct collection *collection = catalog_at(catalog, i);
    if (collection->view.bytes) continue;
    TRY(tell_key(rows, collection, each, err));
    TRY(tell_indexes(rows, collection, each, err));
    TRY(tell_soul(rows, collection, each, err));
  }
  return LUMA_OK;
}

static status add_constraint(struct information *rows, const struct constraint *constraint,
                             struct err *err) {
  struct val catalog = information_word("luma"), schema = information_word("public");
  struct val no = information_word("NO"), table = val_text(constraint->collection->name);
  struct val row[] = {
      catalog, schema, constraint->name, catalog, schema, table, information_word(constraint->type),
      no,      no};
  return information_add(rows, row, err);
}

static status add_columns(struct information *rows, const struct constraint *constraint,
                          struct err *err) {
  struct val catalog = information_word("luma"), schema = information_word("public");
  struct val table = val_text(constraint->collection->name);
  bool is_reference = strcmp(constraint->type, "FOREIGN KEY") == 0;
  for (uint32_t i = 0; i < constraint->columns_count; i++) {
    struct val row[] = {catalog,
                        schema,
                        constraint->name,
                        catalog,
                        schema,
                        table,
                        constraint->columns[i],
                        val_int64(i + 1),
                        is_reference ? val_int64(1) : val_null()};
    TRY(information_add(rows, row, err));
  }
  return LUMA_OK;
}

status information_constraints(struct information *rows, struct err *err) {
  return tell_all(rows, add_constraint, err);
}

status information_keys(struct information *rows, struct err *err) {
  return tell_all(rows, add_columns, err);
}
