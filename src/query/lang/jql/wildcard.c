/* SPDX-License-Identifier: MIT */
/* Wildcard indexes: {"$**": 1}, {"a.$**": 1}, wildcardProjection, and other keys beside them. */
#include "model/catalog/catalog.h"
#include "query/lang/jql/jql_int.h"

enum { BAD_VALUE = 2, FAILED_TO_PARSE = 9, CANNOT_CREATE_INDEX = 67 };

static const char all[] = "$**", below[] = ".$**";

bool jql__is_wildcard(struct slice name) {
  size_t bytes = sizeof below - 1;
  bool is_below = name.bytes > bytes && memcmp(name.data + name.bytes - bytes, below, bytes) == 0;
  return is_below || slice_is_equal(name, slice_of_text(all));
}

static void add_path(struct buf *out, bool with, struct slice path) {
  buf_append_byte(out, with ? INDEX_WILDCARD_WITH : INDEX_WILDCARD_WITHOUT);
  buf_append_slice(out, path);
  buf_append_byte(out, 0);
}

/** What a projection says, field by field. */
struct projecting {
  struct buf *out;
  bool has_any, with;
};

static status add_field(const struct jql *jql, struct projecting *projecting,
                        const struct jql_node *node, struct slice above);

static status add_fields(const struct jql *jql, struct projecting *projecting,
                         const struct jql_node *map, struct slice above) {
  struct jql_each each = jql__each(jql, map);
  struct jql_node node;
  if (each.count == 0)
    return jql__fail_code(jql, map, FAILED_TO_PARSE,
                          "The 'wildcardProjection' field cannot be an empty object");
  while (jql__next(&each, &node)) TRY(add_field(jql, projecting, &node, above));
  return LUMA_OK;
}

static status add_leaf(const struct jql *jql, struct projecting *projecting,
                       const struct jql_node *node, struct slice path) {
  bool with = jql__truth(&node->value);
  if (node->value.type != VAL_BOOL && !val_is_number(&node->value))
    return jql__fail_code(jql, node, FAILED_TO_PARSE,
                          "wildcardProjection keeps (1) or leaves out (0) paths");
  if (slice_is_equal(path, slice_of_text("_id"))) {
    projecting->out->data[0] = with ? INDEX_WILDCARD_KEY : INDEX_WILDCARD;
    return LUMA_OK;
  }
  if (projecting->has_any && projecting->with != with)
    return jql__fail_code(jql, node, with ? 31253 : 31254,
                          "wildcardProjection keeps paths or leaves them out, not both");
  projecting->has_any = true;
  projecting->with = with;
  add_path(projecting->out, with, path);
  return LUMA_OK;
}

/** Depth is that of the command. */
static status add_field(const struct jql *jql, struct projecting *projecting,
                        const struct jql_node *node, struct slice above) {
  struct path parsed;
  struct buf path;
  TRY(jql__path(jql, node, node->name, &parsed));
  buf_init(&path, 64 << 10);
  buf_append_slice(&path, above);
  if (above.bytes) buf_append_byte(&path, '.');
  buf_append_slice(&path, node->name);
  status done = buf_check(&path, "a path", jql->err);
  if (done == LUMA_OK)
    done = node->value.type == VAL_MAP ? add_fields(jql, projecting, node, buf_slice(&path))
                                       : add_leaf(jql, projecting, node, buf_slice(&path));
  buf_deinit(&path);
  return done;
}

static status check_options(const struct jql *jql, const struct jql_node *keys,
                            const struct jql_node *projection, const struct jql_node *key,
                            const struct plan *plan) {
  const char *option = plan->unique ? "unique" : plan->sparse ? "sparse" : NULL;
  if (plan->expires) option = "expireAfterSeconds";
  if (option)
    return jql__fail_code(jql, keys, CANNOT_CREATE_INDEX,
                          "Index type 'wildcard' does not support the %s option", option);
  bool is_all = slice_is_equal(key->name, slice_of_text(all));
  if (plan->index_keys_count > 1 && is_all && !jql_is_given(projection))
    return jql__fail_code(jql, keys, CANNOT_CREATE_INDEX,
                          "A wildcard index of \"$**\" with other keys needs a "
                          "'wildcardProjection' that leaves these out");
  if (!jql_is_given(projection) || is_all) return LUMA_OK;
  return jql__fail_code(jql, projection, FAILED_TO_PARSE,
                        "The field 'wildcardProjection' is only allowed when 'key' is "
                        "{\"$**\": 1}");
}

static status write_paths(const struct jql *jql, const struct jql_node *projection,
                          const struct jql_node *key, struct buf *out) {
  struct projecting projecting = {.out = out};
  size_t bytes = key->name.bytes;
  buf_append_byte(out, INDEX_WILDCARD);
  TRY(buf_check(out, "a wildcard", jql->err));
  if (bytes > sizeof below - 1)
    add_path(out, true, slice_of(key->name.data, bytes - (sizeof below - 1)));
  if (jql_is_given(projection)) TRY(add_fields(jql, &projecting, projection, slice_of(NULL, 0)));
  return buf_check(out, "a wildcard", jql->err);
}

/** Beside the one that has any path others stand, of paths that it has not. */
static status check_others(const struct jql *jql, const struct jql_node *keys,
                           struct slice wildcard) {
  struct jql_each each = jql__each(jql, keys);
  struct jql_node key;
  uint32_t count = 0;
  while (jql__next(&each, &key)) {
    bool is_any = jql__is_wildcard(key.name);
    count += is_any;
    if (count > 1)
      return jql__fail_code(jql, &key, CANNOT_CREATE_INDEX,
                            "wildcard indexes support one wildcard field");
    if (!is_any && key.value.type == VAL_TEXT)
      return jql__fail_code(jql, &key, CANNOT_CREATE_INDEX,
                            "a wildcard index has no hashed keys beside it");
    if (!is_any && index_wildcard_enters(wildcard, key.name))
      return jql__fail_code(jql, &key, CANNOT_CREATE_INDEX,
                            "the wildcard has `%.*s`, too: keys of a compound wildcard index do "
                            "not overlap",
                            SLICE_ARG(key.name));
  }
  return LUMA_OK;
}

static bool find_key(const struct jql *jql, const struct jql_node *keys, struct jql_node *key) {
  struct jql_each each = jql__each(jql, keys);
  while (jql__next(&each, key))
    if (jql__is_wildcard(key->name)) return true;
  return false;
}

status jql__wildcard(const struct jql *jql, const struct jql_node *keys,
                     const struct jql_node *projection, struct plan *plan) {
  struct jql_node key = {0};
  struct buf out;
  if (!find_key(jql, keys, &key)) {
    if (!jql_is_given(projection)) return LUMA_OK;
    return jql__fail_code(jql, projection, BAD_VALUE,
                          "The field 'wildcardProjection' is only allowed in an 'wildcard' index");
  }
  TRY(check_options(jql, keys, projection, &key, plan));
  buf_init(&out, 1 << 20);
  status done = write_paths(jql, projection, &key, &out);
  uint8_t *copy = done == LUMA_OK ? arena_alloc_text(jql->arena, out.bytes) : NULL;
  if (copy) memcpy(copy, out.data, out.bytes);
  plan->index_wildcard = slice_of(copy, out.bytes);
  buf_deinit(&out);
  TRY(done);
  TRY(jql__made(jql, copy));
  return check_others(jql, keys, plan->index_wildcard);
}
