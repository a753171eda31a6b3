/* SPDX-License-Identifier: MIT */
/* Whether what attributes are declared as says that an expression over them cannot be: it is bound
 * as if a statement read a collection of the soul. Where that finds something else the expression
 * may be right for all that: functions of the genotype are in it, and names in any case. */
#include "model/catalog/picture.h"
#include "model/soul/soul.h"
#include "query/bind/bind.h"
#include "query/rule/rule_int.h"

/* A picture of the only collection that rules speak of. */
static status picture_being(const struct soul *soul, struct catalog **catalog, struct err *err) {
  struct collection being = {.name = slice_of_text("being"), .number = 1, .genotype = soul};
  struct collection_shared *shared;
  struct catalog *empty;
  TRY(collection_shared_create(being.number, &shared, err));
  status result = catalog_create(&empty, err);
  if (result == LUMA_OK) {
    result = catalog_with(empty, &being, shared, catalog, err);
    catalog_release(empty);
  }
  collection_shared_release(shared);
  return result;
}

static status bind(struct arena *arena, const struct catalog *catalog, const struct soul_rule *rule,
                   struct err *err) {
  struct statement statement;
  struct bind_options options = {.arena = arena, .catalog = catalog};
  size_t offset;
  TRY(rule__parse(arena, rule, &offset, &statement, err));
  return bind_statement(&options, &statement, err);
}

status rule__check_types(const struct soul *soul, const struct soul_rule *rule, struct err *err) {
  struct catalog *catalog;
  struct arena arena;
  TRY(picture_being(soul, &catalog, err));
  arena_init(&arena, 0, 0);
  status result = bind(&arena, catalog, rule, err);
  arena_deinit(&arena);
  catalog_release(catalog);
  if (result == LUMA_TYPE_MISMATCH || result == LUMA_OUT_OF_MEMORY) return result;
  err_reset(err);
  return LUMA_OK;
}
