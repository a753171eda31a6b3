/* SPDX-License-Identifier: MIT */
/* Kinds of collections that `create` may ask for. Each collection is clustered by its key. */
#include "query/lang/jql/jql_int.h"

enum { CAPPED, SIZE, MAX, TIME_SERIES, EXPIRY, CLUSTERED, IMAGES };
enum { INVALID_OPTIONS = 72, INVALID_SPECIFICATION = 197, NOT_UNIQUE = 5979700 };

status jql__capped_bytes(const struct jql *jql, const struct jql_node *node, uint64_t *bytes) {
  enum { LEAST_BYTES = 4096, STEP_BYTES = 256, BELOW_LEAST = 51024, BAD_VALUE = 2 };
  static const int64_t most_bytes = 1ll << 50;
  int64_t asked = 0;
  (void)val_to_int64(&node->value, &asked);
  if (asked < 1)
    return jql__fail_code(jql, node, BELOW_LEAST, "the size of a capped collection is at least 1");
  if (asked > most_bytes)
    return jql__fail_code(jql, node, BAD_VALUE, "the size of a capped collection is at most 1 PB");
  int64_t steps = (asked + STEP_BYTES - 1) / STEP_BYTES;
  *bytes = asked <= LEAST_BYTES ? LEAST_BYTES : (uint64_t)(steps * STEP_BYTES);
  return LUMA_OK;
}

status jql__capped_documents(const struct jql *jql, const struct jql_node *node,
                             uint64_t *documents) {
  enum { BAD_VALUE = 2 };
  int64_t asked = 0;
  if (jql_is_given(node)) (void)val_to_int64(&node->value, &asked);
  if (asked > INT32_MAX)
    return jql__fail_code(jql, node, BAD_VALUE, "a capped collection has at most %d documents",
                          INT32_MAX);
  *documents = (uint64_t)asked;
  return LUMA_OK;
}

static status read_capped(const struct jql *jql, const struct jql_node *fields,
                          struct plan_rules *rules) {
  bool is_capped = jql__flag(&fields[CAPPED], false);
  const struct jql_node *given = jql_is_given(&fields[SIZE]) ? &fields[SIZE] : &fields[MAX];
  if (!is_capped && !jql_is_given(given)) return LUMA_OK;
  if (!is_capped)
    return jql__fail_code(jql, given, INVALID_OPTIONS,
                          "the 'capped' field needs to be true when either the 'size' or 'max' "
                          "fields are present");
  if (!jql_is_given(&fields[SIZE]))
    return jql__fail_code(jql, &fields[CAPPED], INVALID_OPTIONS,
                          "the 'size' field is required when 'capped' is true");
  rules->has_capped_documents = jql_is_given(&fields[MAX]);
  TRY(jql__capped_documents(jql, &fields[MAX], &rules->capped_documents));
  return jql__capped_bytes(jql, &fields[SIZE], &rules->capped_bytes);
}

static status read_series(const struct jql *jql, const struct jql_node *fields,
                          struct plan_rules *rules) {
  static const int others[] = {CAPPED, SIZE, MAX, CLUSTERED};
  if (!jql_is_given(&fields[TIME_SERIES])) return LUMA_OK;
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    if (jql_is_given(&fields[others[i]]))
      return jql__fail_code(jql, &fields[others[i]], INVALID_OPTIONS,
                            "'timeseries' is not allowed with '%.*s'",
                            SLICE_ARG(fields[others[i]].name));
  TRY(jql__series(jql, &fields[TIME_SERIES], true, rules));
  return jql__lifetime(jql, &fields[EXPIRY], rules);
}

/** {"key": {"_id": 1}, "unique": true, "name": …}: so it is. */
static status check_clustered(const struct jql *jql, const struct jql_node *node) {
  enum { KEY, UNIQUE };
  static const struct jql_field specs[] = {{"key", JQL_MAP, true},
                                           {"unique", JQL_BOOL, true},
                                           {"name", JQL_TEXT, false},
                                           {"v", JQL_IGNORED, false}};
  struct jql_node fields[4], key;
  if (!jql_is_given(node)) return LUMA_OK;
  TRY(jql__take(jql, node, specs, 4, fields));
  struct jql_each each = jql__each(jql, &fields[KEY]);
  int64_t direction = 0;
  bool is_key = each.count == 1 && jql__next(&each, &key) && jql_is_named(&key, "_id") &&
                val_is_number(&key.value) && val_to_int64(&key.value, &direction);
  if (!is_key || direction != 1)
    return jql__fail_code(jql, &fields[KEY], INVALID_SPECIFICATION,
                          "The clusteredIndex option is only supported for key: {_id: 1}");
  if (jql__flag(&fields[UNIQUE], false)) return LUMA_OK;
  return jql__fail_code(jql, &fields[UNIQUE], NOT_UNIQUE,
                        "The clusteredIndex option requires unique: true to be specified");
}

static status check_expiry(const struct jql *jql, const struct jql_node *fields) {
  const struct jql_node *expiry = &fields[EXPIRY];
  bool may = jql_is_given(&fields[CLUSTERED]);
  if (!jql_is_given(expiry) || jql_is_given(&fields[TIME_SERIES])) return LUMA_OK;
  if (!may)
    return jql__fail_code(jql, expiry, INVALID_OPTIONS,
                          "'expireAfterSeconds' is only supported on time-series collections or "
                          "when the 'clusteredIndex' option is specified");
  status failed = jql__fail(jql, expiry, LUMA_UNSUPPORTED, "documents do not expire by their keys");
  err_hint(jql->err, "createIndexes with expireAfterSeconds, over an attribute with a moment");
  return failed;
}

static status check_images(const struct jql *jql, const struct jql_node *node) {
  struct val enabled =
      jql_is_given(node) ? val_field(&node->value, slice_of_text("enabled")) : val_missing();
  if (!jql__truth(&enabled) || enabled.type == VAL_MISSING) return LUMA_OK;
  return jql__fail(jql, node, LUMA_UNSUPPORTED,
                   "there are no change streams: the change feed has what documents were");
}

status jql__read_kinds(const struct jql *jql, const struct jql_node *fields,
                       struct plan_rules *rules) {
  TRY(read_capped(jql, fields, rules));
  TRY(read_series(jql, fields, rules));
  TRY(check_clustered(jql, &fields[CLUSTERED]));
  TRY(check_expiry(jql, fields));
  return check_images(jql, &fields[IMAGES]);
}
