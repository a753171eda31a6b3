/* SPDX-License-Identifier: MIT */
/* bulkWrite: inserts, updates and deletes of several collections in one command. MongoDB's form
 * numbers the collections of `nsInfo`; with the name of a collection instead, the operations are
 * those of the clients' bulkWrite: insertOne, updateMany, … */
#include "query/lang/jql/jql_int.h"

enum { BAD_VALUE = 2, FAILED_TO_PARSE = 9 };

/** "database.collection"; without a dot it is the collection. */
static struct slice collection_of(struct slice name) {
  const uint8_t *dot = name.bytes ? memchr(name.data, '.', name.bytes) : NULL;
  size_t skip = dot ? (size_t)(dot - name.data) + 1 : 0;
  return slice_of(name.data + skip, name.bytes - skip);
}

/** The collection that an operation names by its number in `spaces`. */
static status find_space(const struct jql *jql, const struct jql_node *spaces,
                         const struct jql_node *number, struct jql_node *collection) {
  static const struct jql_field specs[] = {{"ns", JQL_NAME, true},
                                           {"collectionUUID", JQL_IGNORED, false},
                                           {"encryptionInformation", JQL_UNSUPPORTED, false}};
  struct jql_each each = jql__each(jql, spaces);
  struct jql_node space, fields[3];
  int64_t wanted = 0;
  TRY(jql__check_kind(jql, number, JQL_WHOLE));
  (void)val_to_int64(&number->value, &wanted);
  while (jql__next(&each, &space)) {
    if (space.index != wanted) continue;
    TRY(jql__check_kind(jql, &space, JQL_MAP));
    TRY(jql__take(jql, &space, specs, 3, fields));
    *collection = *number;
    collection->value = val_text(collection_of(val_slice(&fields[0].value)));
    return jql__check_kind(jql, collection, JQL_NAME);
  }
  return jql__fail_code(jql, number, BAD_VALUE, "`nsInfo` has no element %lld", (long long)wanted);
}

/* ---- MongoDB's operations ---- */

static status read_insert(const struct jql *jql, const struct jql_node *spaces,
                          const struct jql_node *operation, struct plan **plan) {
  static const struct jql_field specs[] = {{"insert", JQL_WHOLE, true},
                                           {"document", JQL_MAP, true}};
  struct jql_node fields[2], collection;
  TRY(jql__take(jql, operation, specs, 2, fields));
  TRY(find_space(jql, spaces, &fields[0], &collection));
  return jql__put_insert(jql, &collection, &fields[1], plan);
}

static status read_update(const struct jql *jql, const struct jql_node *spaces,
                          const struct jql_node *operation, struct plan **plan) {
  enum { UPDATE, FILTER, MODS, MULTI, UPSERT, HINT, COLLATION, FILTERS, SORT, CONSTANTS, FIELDS };
  static const struct jql_field specs[] = {
      {"update", JQL_WHOLE, true},   {"filter", JQL_MAP, true},
      {"updateMods", JQL_ANY, true}, {"multi", JQL_TRUTH, false},
      {"upsert", JQL_TRUTH, false},  {"hint", JQL_ANY, false},
      {"collation", JQL_MAP, false}, {"arrayFilters", JQL_LIST, false},
      {"sort", JQL_MAP, false},      {"constants", JQL_MAP, false},
  };
  struct jql_node fields[FIELDS];
  TRY(jql__take(jql, operation, specs, FIELDS, fields));
  struct jql_write write = {.filter = fields[FILTER],
                            .changes = fields[MODS],
                            .all = jql__flag(&fields[MULTI], false),
                            .upsert = fields[UPSERT],
                            .hint = fields[HINT],
                            .collation = fields[COLLATION],
                            .array_filters = fields[FILTERS],
                            .constants = fields[CONSTANTS],
                            .sort = fields[SORT]};
  TRY(find_space(jql, spaces, &fields[UPDATE], &write.collection));
  TRY(jql__check_types(jql, &write));
  return jql__put_listed(jql, PLAN_UPDATE, &write, plan);
}

static status read_delete(const struct jql *jql, const struct jql_node *spaces,
                          const struct jql_node *operation, struct plan **plan) {
  enum { DELETE, FILTER, MULTI, HINT, COLLATION, FIELDS };
  static const struct jql_field specs[] = {{"delete", JQL_WHOLE, true},
                                           {"filter", JQL_MAP, true},
                                           {"multi", JQL_TRUTH, false},
                                           {"hint", JQL_ANY, false},
                                           {"collation", JQL_MAP, false}};
  struct jql_node fields[FIELDS];
  TRY(jql__take(jql, operation, specs, FIELDS, fields));
  struct jql_write write = {.filter = fields[FILTER],
                            .all = jql__flag(&fields[MULTI], false),
                            .hint = fields[HINT],
                            .collation = fields[COLLATION]};
  TRY(find_space(jql, spaces, &fields[DELETE], &write.collection));
  return jql__put_listed(jql, PLAN_DELETE, &write, plan);
}

/* ---- the clients' operations ---- */

static const struct jql_node *either(const struct jql_node *one, const struct jql_node *other) {
  return jql_is_given(one) ? one : other;
}

static status read_client_insert(const struct jql *jql, const struct jql_node *collection,
                                 const struct jql_node *operation, struct plan **plan) {
  static const struct jql_field specs[] = {{"document", JQL_MAP, true}};
  struct jql_node fields[1];
  TRY(jql__take(jql, operation, specs, 1, fields));
  return jql__put_insert(jql, collection, &fields[0], plan);
}

static status read_client_update(const struct jql *jql, const struct jql_node *collection,
                                 const struct jql_node *operation, struct plan **plan) {
  enum { FILTER, UPDATE, REPLACEMENT, UPSERT, HINT, COLLATION, FILTERS, SORT, FIELDS };
  static const struct jql_field specs[] = {
      {"filter", JQL_MAP, true},         {"update", JQL_ANY, false},
      {"replacement", JQL_MAP, false},   {"upsert", JQL_BOOL, false},
      {"hint", JQL_ANY, false},          {"collation", JQL_MAP, false},
      {"arrayFilters", JQL_LIST, false}, {"sort", JQL_MAP, false},
  };
  struct jql_node fields[FIELDS];
  TRY(jql__take(jql, operation, specs, FIELDS, fields));
  bool replaces = jql_is_named(operation, "replaceOne");
  const struct jql_node *changes = either(&fields[UPDATE], &fields[REPLACEMENT]);
  if (!jql_is_given(changes) || replaces != jql_is_given(&fields[REPLACEMENT]))
    return jql__fail_code(jql, operation, FAILED_TO_PARSE, "`%s` is missing",
                          replaces ? "replacement" : "update");
  struct jql_write write = {.collection = *collection,
                            .filter = fields[FILTER],
                            .changes = *changes,
                            .upsert = fields[UPSERT],
                            .hint = fields[HINT],
                            .collation = fields[COLLATION],
                            .array_filters = fields[FILTERS],
                            .sort = fields[SORT],
                            .all = jql_is_named(operation, "updateMany")};
  TRY(jql__put_listed(jql, PLAN_UPDATE, &write, plan));
  bool is_whole = (*plan)->replacement && changes->value.type == VAL_MAP;
  if (is_whole == replaces || (*plan)->failure) return LUMA_OK;
  return jql__fail_code(jql, changes, FAILED_TO_PARSE,
                        replaces ? "a replacement has no operators"
                                 : "an update has operators, or is a pipeline");
}

static status read_client_delete(const struct jql *jql, const struct jql_node *collection,
                                 const struct jql_node *operation, struct plan **plan) {
  enum { FILTER, HINT, COLLATION, FIELDS };
  static const struct jql_field specs[] = {
      {"filter", JQL_MAP, true}, {"hint", JQL_ANY, false}, {"collation", JQL_MAP, false}};
  struct jql_node fields[FIELDS];
  TRY(jql__take(jql, operation, specs, FIELDS, fields));
  struct jql_write write = {.collection = *collection,
                            .filter = fields[FILTER],
                            .hint = fields[HINT],
                            .collation = fields[COLLATION],
                            .all = jql_is_named(operation, "deleteMany")};
  return jql__put_listed(jql, PLAN_DELETE, &write, plan);
}

/* ---- the command ---- */

struct operation {
  const char *name;
  jql_element *read;
};

static const struct operation operations[] = {
    {"insert", read_insert}, {"update", read_update}, {"delete", read_delete}};
static const struct operation client_operations[] = {
    {"insertOne", read_client_insert},  {"updateOne", read_client_update},
    {"updateMany", read_client_update}, {"replaceOne", read_client_update},
    {"deleteOne", read_client_delete},  {"deleteMany", read_client_delete}};

enum {
  OPERATIONS = sizeof operations / sizeof operations[0],
  CLIENT_OPERATIONS = sizeof client_operations / sizeof client_operations[0]
};

/** An element of `ops`: its first field says what it is. */
static status read_operation(const struct jql *jql, const struct jql_node *target,
                             const struct jql_node *element, struct plan **plan) {
  bool is_client = target->value.type == VAL_TEXT;
  const struct operation *known = is_client ? client_operations : operations;
  uint32_t count = is_client ? CLIENT_OPERATIONS : OPERATIONS;
  struct jql_each each = jql__each(jql, element);
  struct jql_node first;
  if (!jql__next(&each, &first))
    return jql__fail_code(jql, element, FAILED_TO_PARSE, "an operation says what it does");
  for (uint32_t i = 0; i < count; i++) {
    if (!jql_is_named(&first, known[i].name)) continue;
    if (!is_client) return known[i].read(jql, target, element, plan);
    TRY(jql__check_kind(jql, &first, JQL_MAP));
    return known[i].read(jql, target, &first, plan);
  }
  return jql__fail_unknown(jql, &first, "an operation", known, count, sizeof *known);
}

status jql__bulk_write(const struct jql *jql, const struct jql_node *command, struct plan **plan) {
  enum { BULK, OPS, SPACES, ORDERED, LET, FIELDS = 7 };
  static const struct jql_field specs[] = {
      {"bulkWrite", JQL_ANY, true},  {"ops", JQL_LIST, true}, {"nsInfo", JQL_LIST, false},
      {"ordered", JQL_TRUTH, false}, {"let", JQL_MAP, false}, {"errorsOnly", JQL_TRUTH, false},
      {"cursor", JQL_MAP, false}};
  struct jql_node fields[FIELDS];
  struct jql inner;
  TRY(jql__take(jql, command, specs, FIELDS, fields));
  TRY(jql__begin_let(jql, &fields[LET], &inner));
  bool is_client = fields[BULK].value.type == VAL_TEXT;
  if (is_client) TRY(jql__check_kind(jql, &fields[BULK], JQL_NAME));
  if (is_client == jql_is_given(&fields[SPACES]))
    return jql__fail_code(jql, command, is_client ? FAILED_TO_PARSE : JQL_MISSING_FIELD,
                          is_client ? "a collection is named already, and `nsInfo` names others"
                                    : "`nsInfo` is missing");
  const struct jql_node *target = is_client ? &fields[BULK] : &fields[SPACES];
  bool is_ordered = jql__flag(&fields[ORDERED], true);
  inner.is_several = true;
  TRY(jql__sequence(&inner, target, &fields[OPS], is_ordered, read_operation, plan));
  if ((*plan)->kind != PLAN_SEQUENCE) TRY(jql__put(jql, PLAN_SEQUENCE, &fields[OPS], plan));
  (*plan)->ordered = is_ordered;
  jql->statement->told = PLAN_TOLD_BULK;
  return LUMA_OK;
}
