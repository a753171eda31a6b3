/* SPDX-License-Identifier: MIT */
/* Taking commands apart by tables of their fields, and the smallest parts: paths, names, constants.
 */
#include <math.h>

#include "model/catalog/catalog.h"
#include "query/lang/jql/jql_int.h"

/** MongoDB's codes for the fields of commands. */
enum { MISSING_FIELD = 40414, UNKNOWN_FIELD = 40415 };

static const char *kind_text(enum jql_kind kind) {
  static const char *const texts[] = {
      [JQL_ANY] = "a value",
      [JQL_MAP] = "a map",
      [JQL_LIST] = "a list",
      [JQL_TEXT] = "text",
      [JQL_NAME] = "the name of a collection",
      [JQL_WHOLE] = "a whole number",
      [JQL_COUNT] = "a whole number",
      [JQL_NUMBER] = "a number",
      [JQL_BOOL] = "true or false",
      [JQL_TRUTH] = "true or false",
      [JQL_PLAIN_TRUTH] = "true or false",
      [JQL_IGNORED] = "a value",
      [JQL_UNSUPPORTED] = "absent",
  };
  return texts[kind];
}

static bool is_of_kind(const struct val *value, enum jql_kind kind, bool *fits) {
  int64_t whole = 0;
  *fits = true;
  switch (kind) {
  case JQL_MAP: return value->type == VAL_MAP;
  case JQL_LIST: return value->type == VAL_LIST;
  case JQL_TEXT: return value->type == VAL_TEXT;
  case JQL_NAME: *fits = value->bytes > 0; return value->type == VAL_TEXT;
  case JQL_BOOL: return value->type == VAL_BOOL || val_is_number(value);
  case JQL_TRUTH:
  case JQL_PLAIN_TRUTH: return value->type == VAL_BOOL;
  case JQL_NUMBER: return val_is_number(value);
  case JQL_COUNT:
  case JQL_WHOLE:
    if (!val_is_number(value) || !val_to_int64(value, &whole)) return false;
    *fits = whole >= 0;
    return true;
  case JQL_ANY:
  case JQL_IGNORED:
  case JQL_UNSUPPORTED: break;
  }
  return true;
}

status jql__check_kind(const struct jql *jql, const struct jql_node *node, enum jql_kind kind) {
  bool fits = true;
  if (!is_of_kind(&node->value, kind, &fits)) return jql__fail_type(jql, node, kind_text(kind));
  if (fits) return LUMA_OK;
  if (kind == JQL_NAME)
    return jql__fail(jql, node, LUMA_INVALID_ARGUMENT, "the name of the collection is empty");
  return jql__fail(jql, node, LUMA_INVALID_ARGUMENT, "a number that is not negative is needed");
}

status jql__check_kind_as(const struct jql *jql, const struct jql_node *node, enum jql_kind kind,
                          uint32_t foreign) {
  status checked = jql__check_kind(jql, node, kind);
  if (checked != LUMA_OK && jql->err) jql->err->foreign = foreign;
  return checked;
}

/** What MongoDB calls a collection; others may have made one that is called otherwise. */
static status check_name(const struct jql *jql, const struct jql_node *field) {
  enum { INVALID_NAMESPACE = 73 };
  struct slice name = val_slice(&field->value);
  bool is_good = name.data[0] != '.' && !memchr(name.data, '$', name.bytes) &&
                 !memchr(name.data, 0, name.bytes);
  if (is_good || (jql->context->catalog && catalog_find(jql->context->catalog, name)))
    return LUMA_OK;
  return jql__fail_code(jql, field, INVALID_NAMESPACE, "Invalid collection name specified '%.*s'",
                        SLICE_ARG(name));
}

/** As jql__check_kind, with MongoDB's codes for the fields of commands. */
static status check_field(const struct jql *jql, const struct jql_node *field, enum jql_kind kind) {
  enum { TYPE_MISMATCH = 14, INVALID_NAMESPACE = 73, VALUE_BELOW_LEAST = 51024 };
  bool fits = true, is_of = is_of_kind(&field->value, kind, &fits);
  status checked = jql__check_kind(jql, field, kind);
  if (checked == LUMA_OK) return kind == JQL_NAME ? check_name(jql, field) : LUMA_OK;
  if (!jql->err) return checked;
  if (!is_of) jql->err->foreign = TYPE_MISMATCH;
  if (!is_of) jql__tell_type(jql, field, kind);
  bool is_own = field->index == 0 && !field->parent->parent; /* under the command's own name */
  if (kind == JQL_NAME && (is_of || is_own)) jql->err->foreign = INVALID_NAMESPACE;
  bool is_below = is_of && !fits && kind != JQL_NAME;
  if (is_below) jql->err->foreign = VALUE_BELOW_LEAST;
  if (is_below) jql__tell_below(jql, field);
  return checked;
}

/** What drivers send with any command, and of what kind it is. */
static const struct jql_field envelope[] = {
    {"$db", JQL_TEXT, false},
    {"lsid", JQL_MAP, false},
    {"comment", JQL_ANY, false},
    {"writeConcern", JQL_MAP, false},
    {"readConcern", JQL_MAP, false},
    {"maxTimeMS", JQL_NUMBER, false},
    {"$readPreference", JQL_MAP, false},
    {"$clusterTime", JQL_MAP, false},
    {"apiVersion", JQL_TEXT, false},
    {"apiStrict", JQL_TRUTH, false},
    {"apiDeprecationErrors", JQL_TRUTH, false},
    {"txnNumber", JQL_NUMBER, false},
    {"autocommit", JQL_TRUTH, false},
    {"startTransaction", JQL_TRUTH, false},
    {"stmtId", JQL_NUMBER, false},
    {"stmtIds", JQL_LIST, false},
    {"bypassDocumentValidation", JQL_BOOL, false},
    {"maxTimeMSOpOnly", JQL_NUMBER, false},
    {"$audit", JQL_ANY, false},
    {"$client", JQL_ANY, false},
    {"$configTime", JQL_ANY, false},
    {"$topologyTime", JQL_ANY, false},
    {"readOnly", JQL_ANY, false},
};

static const struct jql_field *find_spec(const struct jql_node *field,
                                         const struct jql_field *specs, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (jql_is_named(field, specs[i].name)) return &specs[i];
  return NULL;
}

/** The command itself, or the one that an explain is about. */
static bool is_command(const struct jql_node *map) {
  return !map->parent || (!map->parent->parent && jql_is_named(map, "explain"));
}

/** One snapshot serves all of them; a level that is none is a mistake. */
static status check_read_concern(const struct jql *jql, const struct jql_node *concern) {
  static const char *const levels[] = {"local", "available", "majority", "linearizable",
                                       "snapshot"};
  static const struct jql_field specs[] = {
      {"level", JQL_TEXT, false},        {"afterClusterTime", JQL_ANY, false},
      {"atClusterTime", JQL_ANY, false}, {"afterOpTime", JQL_ANY, false},
      {"provenance", JQL_TEXT, false},   {"allowTransactionTableSnapshot", JQL_ANY, false},
      {"$configTime", JQL_ANY, false},   {"waitLastStableRecoveryTimestamp", JQL_ANY, false}};
  struct jql_node fields[sizeof specs / sizeof specs[0]];
  TRY(jql__take(jql, concern, specs, sizeof specs / sizeof specs[0], fields));
  if (!jql_is_given(&fields[0])) return LUMA_OK;
  for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
    if (slice_is_equal(val_slice(&fields[0].value), slice_of_text(levels[i]))) return LUMA_OK;
  return jql__fail_code(jql, concern, JQL_BAD_VALUE,
                        "the level of a readConcern is local, available, majority, linearizable "
                        "or snapshot");
}

/** How many servers are to have a write: there is one. */
static status check_servers(const struct jql *jql, const struct jql_node *field) {
  enum { FAILED_TO_PARSE = 9, SERVERS_MAX = 50 };
  const struct val *value = &field->value;
  double servers = val_is_number(value) ? val_to_float64(value) : 0;
  bool is_majority =
      value->type != VAL_TEXT || slice_is_equal(val_slice(value), slice_of_text("majority"));
  if (value->type != VAL_TEXT && value->type != VAL_MAP && !val_is_number(value))
    return jql__fail_code(jql, field, FAILED_TO_PARSE, "w has to be a number, string, or object");
  if (!(servers >= 0 && servers <= SERVERS_MAX))
    return jql__fail_code(jql, field, FAILED_TO_PARSE,
                          "w has to be a non-negative number and not greater than %d; found: %g",
                          SERVERS_MAX, servers);
  if (servers > 1)
    return jql__fail_code(jql, field, JQL_BAD_VALUE,
                          "cannot use 'w' > 1 when a host is not replicated");
  if (is_majority) return LUMA_OK;
  return jql__fail_code(jql, field, JQL_BAD_VALUE,
                        "cannot use non-majority 'w' mode %.*s when a host is not a member of a "
                        "replica set",
                        SLICE_ARG(val_slice(value)));
}

/** Each commit is waited for, and there is one server: all of them ask for less. MongoDB passes
 * over fields that it does not know here. */
static status check_write_concern(const struct jql *jql, const struct jql_node *concern) {
  static const struct jql_field specs[] = {
      {"j", JQL_BOOL, false}, {"fsync", JQL_BOOL, false}, {"wtimeout", JQL_NUMBER, false}};
  struct jql_each each = jql__each(jql, concern);
  struct jql_node field;
  while (jql__next(&each, &field)) {
    const struct jql_field *spec = find_spec(&field, specs, sizeof specs / sizeof specs[0]);
    if (spec) TRY(check_field(jql, &field, spec->kind));
    if (jql_is_named(&field, "w")) TRY(check_servers(jql, &field));
  }
  return LUMA_OK;
}

static status take_time(const struct jql *jql, const struct jql_node *field) {
  int64_t time_ms = 0;
  if (!val_to_int64(&field->value, &time_ms))
    return jql__fail_code(jql, field, JQL_BAD_VALUE, "maxTimeMS has a fraction");
  if (time_ms < 0 || time_ms > INT32_MAX)
    return jql__fail_code(jql, field, JQL_BAD_VALUE,
                          "%lld value for maxTimeMS is out of range [0, %d]", (long long)time_ms,
                          INT32_MAX);
  jql->statement->time_max_ms = (uint64_t)time_ms;
  return LUMA_OK;
}

static status check_version(const struct jql *jql, const struct jql_node *field) {
  enum { API_VERSION_ERROR = 322 };
  if (slice_is_equal(val_slice(&field->value), slice_of_text("1"))) return LUMA_OK;
  return jql__fail_code(jql, field, API_VERSION_ERROR, "API version must be \"1\"");
}

static status take_envelope(const struct jql *jql, const struct jql_node *field,
                            enum jql_kind kind) {
  if (val_is_null(&field->value) && kind != JQL_ANY) return LUMA_OK;
  TRY(check_field(jql, field, kind));
  if (jql_is_named(field, "readConcern")) return check_read_concern(jql, field);
  if (jql_is_named(field, "writeConcern")) return check_write_concern(jql, field);
  if (jql_is_named(field, "apiVersion")) return check_version(jql, field);
  if (jql_is_named(field, "maxTimeMS")) return take_time(jql, field);
  if (jql_is_named(field, "bypassDocumentValidation"))
    jql->statement->skips_validation = jql__truth(&field->value);
  return LUMA_OK;
}

/** What is too large to count with stays, and is refused. */
static void cut_fraction(struct val *number) {
  int64_t whole = 0;
  double real = val_is_number(number) ? val_to_float64(number) : 0;
  bool is_cut = val_is_number(number) && !val_to_int64(number, &whole) && fabs(real) < 0x1p63;
  if (is_cut) *number = val_int64((int64_t)real);
}

static status take_field(const struct jql *jql, const struct jql_node *field,
                         const struct jql_field *specs, uint32_t count, struct jql_node *fields) {
  const struct jql_field *spec = find_spec(field, specs, count), *of_all = NULL;
  if (spec) {
    struct jql_node *taken = &fields[spec - specs];
    if (val_is_null(&field->value) && spec->kind != JQL_ANY) return LUMA_OK;
    if (spec->kind == JQL_UNSUPPORTED)
      return jql__fail(jql, field, LUMA_UNSUPPORTED, "`%s` is not supported", spec->name);
    *taken = *field;
    if (spec->kind == JQL_COUNT) cut_fraction(&taken->value);
    return check_field(jql, taken, spec->kind);
  }
  if (is_command(field->parent))
    of_all = find_spec(field, envelope, sizeof envelope / sizeof envelope[0]);
  if (of_all) return take_envelope(jql, field, of_all->kind);
  if (jql->passes_unknown) return LUMA_OK;
  status failed = jql__fail_unknown(jql, field, "known here", specs, count, sizeof *specs);
  if (jql->err) jql->err->foreign = UNKNOWN_FIELD;
  jql__tell_unknown(jql, field);
  return failed;
}

bool jql_is_common(struct slice name) {
  const struct jql_node field = {.name = name};
  return find_spec(&field, envelope, sizeof envelope / sizeof envelope[0]) != NULL;
}

status jql__check_common(const struct jql *jql, const struct jql_node *command) {
  struct jql_each each = jql__each(jql, command);
  struct jql_node field;
  while (jql__next(&each, &field)) {
    const struct jql_field *spec =
        find_spec(&field, envelope, sizeof envelope / sizeof envelope[0]);
    if (spec) TRY(take_envelope(jql, &field, spec->kind));
  }
  return LUMA_OK;
}

static status fail_missing(const struct jql *jql, const struct jql_node *map, const char *name) {
  status failed = jql__fail(jql, map, LUMA_SYNTAX_ERROR, "`%s` is missing", name);
  if (jql->err) jql->err->foreign = MISSING_FIELD;
  jql__tell_missing(jql, map, name);
  return failed;
}

status jql__take(const struct jql *jql, const struct jql_node *map, const struct jql_field *specs,
                 uint32_t count, struct jql_node *fields) {
  struct jql_each each = jql__each(jql, map);
  struct jql_node field;
  for (uint32_t i = 0; i < count; i++)
    fields[i] = (struct jql_node){.parent = map,
                                  .name = slice_of_text(specs[i].name),
                                  .offset = map->offset,
                                  .value_offset = JQL_NOWHERE};
  while (jql__next(&each, &field)) TRY(take_field(jql, &field, specs, count, fields));
  for (uint32_t i = 0; i < count; i++)
    if (specs[i].required && !jql_is_given(&fields[i]))
      return fail_missing(jql, map, specs[i].name);
  return LUMA_OK;
}

status jql__check_cursor(const struct jql *jql, const struct jql_node *cursor) {
  static const struct jql_field specs[] = {{"batchSize", JQL_COUNT, false}};
  struct jql_node fields[1];
  return jql_is_given(cursor) ? jql__take(jql, cursor, specs, 1, fields) : LUMA_OK;
}

status jql__take_as(const struct jql *jql, const struct jql_node *map,
                    const struct jql_field *specs, uint32_t count, struct jql_codes codes,
                    struct jql_node *fields) {
  status taken = jql__take(jql, map, specs, count, fields);
  if (taken == LUMA_OK || !jql->err) return taken;
  if (jql->err->foreign == UNKNOWN_FIELD && codes.unknown != UNKNOWN_FIELD)
    jql->err->detail[0] = 0; /* it says so in other words */
  if (jql->err->foreign == UNKNOWN_FIELD) jql->err->foreign = codes.unknown;
  if (jql->err->foreign == MISSING_FIELD) jql->err->foreign = codes.missing;
  return taken;
}

bool jql__flag(const struct jql_node *node, bool otherwise) {
  return jql_is_given(node) ? jql__truth(&node->value) : otherwise;
}

/** MongoDB's code for a path of an update that has a name without letters. */
enum { EMPTY_FIELD_NAME = 56 };

static uint32_t code_of_path(const struct jql *jql, struct slice text) {
  enum { EMPTY_PATH = 40352, ENDS_WITH_DOT = 40353, EMPTY_NAME = 15998 };
  bool is_updated = jql->filters != NULL; /* array filters are an update's */
  if (is_updated) return EMPTY_FIELD_NAME;
  if (text.bytes == 0) return EMPTY_PATH;
  return text.data[text.bytes - 1] == '.' ? ENDS_WITH_DOT : EMPTY_NAME;
}

static status check_path(const struct jql *jql, const struct jql_node *node, struct slice text) {
  if (!text.bytes || !memchr(text.data, 0, text.bytes)) return LUMA_OK;
  return jql__fail_code(jql, node, 2, "the name of a field must not contain null bytes");
}

static status fail_path(const struct jql *jql, const struct jql_node *node, struct slice text,
                        status parsed, const struct err *why) {
  if (parsed == LUMA_OUT_OF_MEMORY || parsed == LUMA_BUDGET_EXCEEDED) return jql__made(jql, NULL);
  status failed = jql__fail(jql, node, parsed, "%s", why->message);
  if (jql->err && parsed == LUMA_SYNTAX_ERROR) jql->err->foreign = code_of_path(jql, text);
  return failed;
}

status jql__path(const struct jql *jql, const struct jql_node *node, struct slice text,
                 struct path *path) {
  struct err why = {0};
  TRY(check_path(jql, node, text));
  status parsed = path_parse(jql->arena, text, true, path, &why);
  return parsed == LUMA_OK ? LUMA_OK : fail_path(jql, node, text, parsed, &why);
}

status jql__filter_path(const struct jql *jql, const struct jql_node *node, struct slice text,
                        struct path *path) {
  struct err why = {0};
  TRY(check_path(jql, node, text));
  status parsed = path_parse_filter(jql->arena, text, path, &why);
  return parsed == LUMA_OK ? LUMA_OK : fail_path(jql, node, text, parsed, &why);
}

/** BSON ends names with a null byte: a name that has one could not be read back by its clients.
 * Depth is bounded by DOC_DEPTH_MAX. */
static bool has_null_names(const struct val *value) {
  bool is_map = value->type == VAL_MAP;
  uint32_t count = is_map || value->type == VAL_LIST ? val_count(value) : 0;
  for (uint32_t i = 0; i < count; i++) {
    struct slice name = {0};
    struct val inner = is_map ? val_field_at(value, i, &name) : val_at(value, i);
    if (name.bytes && memchr(name.data, 0, name.bytes)) return true;
    if (has_null_names(&inner)) return true;
  }
  return false;
}

status jql__check_names(const struct jql *jql, const struct jql_node *node) {
  if (!jql->may_have_nulls || !has_null_names(&node->value)) return LUMA_OK;
  return jql__fail_code(jql, node, 2, "the name of a field must not contain null bytes");
}

status jql__const(const struct jql *jql, const struct jql_node *node, struct expr **expr) {
  TRY(jql__check_names(jql, node));
  *expr = expr_const(jql->arena, node->value, node->offset);
  TRY(jql__made(jql, *expr));
  (*expr)->literal = jql__literal_at(jql, node->value_offset);
  return LUMA_OK;
}

status jql__name(const struct jql *jql, const struct jql_node *node, struct slice text,
                 struct expr **expr) {
  struct path path;
  TRY(jql__path(jql, node, text, &path));
  *expr = expr_node(jql->arena, EXPR_NAME, NULL, 0, node->offset);
  TRY(jql__made(jql, *expr));
  (*expr)->name = text;
  (*expr)->path = path;
  (*expr)->dotted = true;
  return LUMA_OK;
}
