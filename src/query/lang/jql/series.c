/* SPDX-License-Identifier: MIT */
/* Time series: what `create` and `collMod` say of them, and which changes MongoDB takes. */
#include "model/catalog/catalog.h"
#include "query/lang/jql/jql_int.h"

enum { BAD_VALUE = 2, INVALID_OPTIONS = 72, HOUR_S = 3600, DAY_S = 86400, MONTH_S = 2592000 };

/* ---- options ---- */

/** A field at the top of documents that is not their key. */
static status read_field(const struct jql *jql, const struct jql_node *node, struct slice *name) {
  struct slice text = val_slice(&node->value);
  bool is_good = text.bytes && !memchr(text.data, '.', text.bytes) && text.data[0] != '$' &&
                 !memchr(text.data, 0, text.bytes);
  if (!is_good || text.bytes > CATALOG_NAME_BYTES_MAX - 2)
    return jql__fail_code(jql, node, INVALID_OPTIONS,
                          "'%.*s' must be the name of a field, without a dot",
                          SLICE_ARG(node->name));
  if (slice_is_equal(text, slice_of_text("_id")))
    return jql__fail_code(jql, node, INVALID_OPTIONS, "'%.*s' cannot be '_id'",
                          SLICE_ARG(node->name));
  *name = text;
  return LUMA_OK;
}

static status read_granularity(const struct jql *jql, const struct jql_node *node,
                               struct plan_rules *rules) {
  static const char *const names[] = {"seconds", "minutes", "hours"};
  static const uint32_t spans[] = {HOUR_S, DAY_S, MONTH_S};
  uint8_t at = 0;
  while (at < 3 && jql_is_given(node) &&
         !slice_is_equal(val_slice(&node->value), slice_of_text(names[at])))
    at++;
  if (at == 3)
    return jql__fail_code(jql, node, BAD_VALUE,
                          "Enumeration value '%.*s' for field 'timeseries.granularity' is not a "
                          "valid value",
                          SLICE_ARG(val_slice(&node->value)));
  rules->granularity = at;
  rules->span_s = spans[at];
  return LUMA_OK;
}

/** bucketMaxSpanSeconds and bucketRoundingSeconds, which are given both and are the same. */
static status read_span(const struct jql *jql, const struct jql_node *granularity,
                        const struct jql_node *span, const struct jql_node *rounding,
                        struct plan_rules *rules) {
  int64_t most_s = 0, rounded_s = 0;
  if (!jql_is_given(span) && !jql_is_given(rounding)) return LUMA_OK;
  if (jql_is_given(span)) (void)val_to_int64(&span->value, &most_s);
  if (jql_is_given(rounding)) (void)val_to_int64(&rounding->value, &rounded_s);
  if (jql_is_given(granularity) && !jql_is_given(rounding) && most_s == rules->span_s)
    return LUMA_OK; /* as listCollections tells it */
  if (jql_is_given(granularity) || most_s != rounded_s)
    return jql__fail_code(
        jql, span, INVALID_OPTIONS,
        "Timeseries 'bucketMaxSpanSeconds' and 'bucketRoundingSeconds' need to be "
        "set alongside each other and equal, and without 'granularity'");
  if (most_s < 1 || most_s > 31536000)
    return jql__fail_code(jql, span, 51024, "'bucketMaxSpanSeconds' is between 1 and 31536000");
  rules->granularity = CATALOG_OWN_SPAN;
  rules->span_s = (uint32_t)most_s;
  return LUMA_OK;
}

status jql__series(const struct jql *jql, const struct jql_node *node, bool makes,
                   struct plan_rules *rules) {
  enum { TIME, META, GRANULARITY, SPAN, ROUNDING };
  static const struct jql_field specs[] = {{"timeField", JQL_TEXT, false},
                                           {"metaField", JQL_TEXT, false},
                                           {"granularity", JQL_TEXT, false},
                                           {"bucketMaxSpanSeconds", JQL_COUNT, false},
                                           {"bucketRoundingSeconds", JQL_COUNT, false}};
  struct jql_node fields[5];
  TRY(jql__take(jql, node, specs, 5, fields));
  for (int i = TIME; i <= META && !makes; i++)
    if (jql_is_given(&fields[i]))
      return jql__fail_code(jql, &fields[i], 40415, "'%.*s' of a time series stays as it is",
                            SLICE_ARG(fields[i].name));
  if (makes && !jql_is_given(&fields[TIME]))
    return jql__fail_code(jql, node, JQL_MISSING_FIELD,
                          "'timeseries.timeField' is missing but a required field");
  if (makes) TRY(read_field(jql, &fields[TIME], &rules->time_field));
  if (jql_is_given(&fields[META])) TRY(read_field(jql, &fields[META], &rules->meta_field));
  if (slice_is_equal(rules->time_field, rules->meta_field) && makes)
    return jql__fail_code(jql, &fields[META], INVALID_OPTIONS,
                          "'timeField' and 'metaField' must be different fields");
  rules->has_series = true;
  TRY(read_granularity(jql, &fields[GRANULARITY], rules));
  return read_span(jql, &fields[GRANULARITY], &fields[SPAN], &fields[ROUNDING], rules);
}

status jql__lifetime(const struct jql *jql, const struct jql_node *node, struct plan_rules *rules) {
  if (!jql_is_given(node)) return LUMA_OK;
  bool is_text = node->value.type == VAL_TEXT;
  rules->has_lifetime = true;
  rules->is_lasting = is_text && slice_is_equal(val_slice(&node->value), slice_of_text("off"));
  if (rules->is_lasting) return LUMA_OK;
  if (is_text)
    return jql__fail_code(jql, node, INVALID_OPTIONS,
                          "'expireAfterSeconds' is a number of seconds, or 'off'");
  bool expires = false;
  return jql__expiry(jql, node, INVALID_OPTIONS, &expires, &rules->lifetime_s);
}

/* ---- changes ---- */

static bool is_within(struct slice path, struct slice field) {
  return slice_has_prefix(path, field) &&
         (path.bytes == field.bytes || path.data[field.bytes] == '.');
}

/** Whether a filter asks for nothing but what is in the field. Depth is bounded by the reader. */
static bool asks_within(const struct val *filter, struct slice field) {
  for (uint32_t i = 0; filter->type == VAL_MAP && i < val_count(filter); i++) {
    struct slice name;
    struct val value = val_field_at(filter, i, &name);
    bool is_list = value.type == VAL_LIST && jql_is_operator(name);
    for (uint32_t k = 0; is_list && k < val_count(&value); k++) {
      struct val part = val_at(&value, k);
      if (!asks_within(&part, field)) return false;
    }
    bool is_remark = slice_is_equal(name, slice_of_text("$comment"));
    if (!is_list && !is_remark && !is_within(name, field)) return false;
  }
  return true;
}

/** Whether all operators change what is in the field, and $rename keeps it there. */
static bool changes_within(const struct val *changes, struct slice field) {
  for (uint32_t i = 0; i < val_count(changes); i++) {
    struct slice operator, path;
    struct val paths = val_field_at(changes, i, &operator);
    bool renames = slice_is_equal(operator, slice_of_text("$rename"));
    for (uint32_t k = 0; paths.type == VAL_MAP && k < val_count(&paths); k++) {
      struct val value = val_field_at(&paths, k, &path);
      if (!is_within(path, field)) return false;
      if (renames && (value.type != VAL_TEXT || !is_within(val_slice(&value), field))) return false;
    }
  }
  return true;
}

static const char *refusal_of(const struct jql_write *write, struct slice meta) {
  const struct val *changes = &write->changes.value;
  if (meta.bytes == 0) return "that does not have a metaField";
  if (changes->type == VAL_LIST) return "using a pipeline update";
  if (!jql__has_operators(&write->changes)) return "using a replacement document";
  if (!write->all) return "that is not a multi-update";
  if (jql__flag(&write->upsert, false)) return "that is an upsert";
  if (!asks_within(&write->filter.value, meta))
    return "when querying on a field that is not the metaField";
  if (!changes_within(changes, meta)) return "which updates a field that is not the metaField";
  return NULL;
}

status jql__check_series_update(const struct jql *jql, const struct jql_write *write) {
  const struct catalog *catalog = jql->context->catalog;
  const struct collection *found =
      catalog ? catalog_find(catalog, val_slice(&write->collection.value)) : NULL;
  if (!found || found->rules.time_field.bytes == 0) return LUMA_OK;
  const char *refusal = refusal_of(write, found->rules.meta_field);
  if (!refusal) return LUMA_OK;
  status failed =
      jql__fail_code(jql, &write->changes, INVALID_OPTIONS,
                     "Cannot perform an update on a time-series collection %s", refusal);
  err_hint(jql->err, "LQL's UPDATE changes measurements, too");
  return failed;
}
