/* SPDX-License-Identifier: MIT */
/* Methods of a path: .type() and .size() of any value, the others of numbers, texts and objects,
 * looking into lists where the path is lax. */
#include <math.h>

#include "base/text/buf.h"
#include "base/text/num.h"
#include "query/jsonpath/jsonpath_int.h"
#include "value/doc/build.h"

static enum jsonpath_reach refuse(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                  const struct jsonpath_item *item, const char *takes) {
  return jsonpath__fault(exec, LUMA_INVALID_VALUE, "", "`.%s()` takes %s, not %s %s",
                         jsonpath__method_name(node->method), takes, jsonpath__article(item),
                         jsonpath__type_name(item));
}

static enum jsonpath_reach next_value(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                      struct val value, struct jsonpath_list *found) {
  struct jsonpath_item made = jsonpath__item_of(value);
  return jsonpath__next(exec, node, &made, found);
}

static enum jsonpath_reach size_of(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                   const struct jsonpath_item *item, struct jsonpath_list *found) {
  if (jsonpath__is_list(item))
    return next_value(exec, node, val_int64(val_count(&item->value)), found);
  if (exec->is_lax) return next_value(exec, node, val_int64(1), found);
  if (exec->ignores_structure) return JSONPATH_NOTHING;
  return refuse(exec, node, item, "an array");
}

static struct val absolute(const struct val *number) {
  if (val_is_integer(number) && number->integer != INT64_MIN)
    return val_int64(number->integer < 0 ? -number->integer : number->integer);
  if (number->type == VAL_FLOAT64) return val_float64(fabs(number->real));
  struct decimal decimal = val_to_decimal(number);
  bool is_negative = decimal_compare(decimal, decimal_from_int64(0)) < 0;
  return val_decimal(is_negative ? decimal_negate(decimal) : decimal);
}

static enum jsonpath_reach numeric(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                   const struct jsonpath_item *item, struct jsonpath_list *found) {
  if (!jsonpath__is_number(item)) return refuse(exec, node, item, "a number");
  if (node->method == JSONPATH_ABS) return next_value(exec, node, absolute(&item->value), found);
  bool up = node->method == JSONPATH_CEILING;
  return next_value(exec, node, jsonpath__round(&item->value, up), found);
}

static struct slice without_blanks(struct slice text) {
  while (text.bytes && text.data[0] <= ' ') text = slice_of(text.data + 1, text.bytes - 1);
  while (text.bytes && text.data[text.bytes - 1] <= ' ') text.bytes--;
  bool is_signed = text.bytes > 1 && text.data[0] == '+' && text.data[1] != '-';
  return is_signed ? slice_of(text.data + 1, text.bytes - 1) : text;
}

static enum jsonpath_reach to_double(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                     const struct jsonpath_item *item,
                                     struct jsonpath_list *found) {
  struct slice text;
  double real = 0;
  if (jsonpath__is_number(item)) {
    if (isfinite(val_to_float64(&item->value))) return jsonpath__next(exec, node, item, found);
    return jsonpath__fault(exec, LUMA_OUT_OF_RANGE, "", "a number of the path fits no double");
  }
  if (!jsonpath__text_of(exec, item, &text)) return refuse(exec, node, item, "a number or a text");
  if (!num_parse_float64(without_blanks(text), &real) || !isfinite(real))
    return jsonpath__fault(exec, LUMA_INVALID_VALUE, "",
                           "`.double()`: the text \"%.*s\" is no number",
                           (int)(text.bytes > 60 ? 60 : text.bytes), (const char *)text.data);
  return next_value(exec, node, val_float64(real), found);
}

/* ---- keyvalue ---- */

/* An object's number: its place in what the path began from, so that the same object has the same
 * one, and another one another. */
static int64_t number_of(const struct jsonpath_exec *exec, const struct val *map) {
  const uint8_t *base = exec->base.data;
  bool is_inside = base && map->data >= base && map->data < base + exec->base.bytes;
  int64_t place = is_inside ? map->data - base : 0;
  return place + exec->base_id * INT64_C(10000000000);
}

static status make_pair(struct jsonpath_exec *exec, int64_t id, struct slice name,
                        const struct val *value, struct val *out) {
  struct buf room;
  struct build build;
  struct slice made;
  struct val key = val_text(name), number = val_int64(id);
  buf_init(&room, DOC_BYTES_MAX);
  build_init(&build, &room, NULL);
  build_begin_map(&build);
  build_name(&build, slice_of_text("id"));
  build_put(&build, &number);
  build_name(&build, slice_of_text("key"));
  build_put(&build, &key);
  build_name(&build, slice_of_text("value"));
  build_put(&build, value);
  build_end(&build);
  status done = build_finish(&build, &made, exec->err);
  uint8_t *copy = done == LUMA_OK ? arena_alloc_text(exec->run->arena, made.bytes) : NULL;
  if (copy) *out = val_decode(slice_of(memcpy(copy, made.data, made.bytes), made.bytes), NULL);
  if (done == LUMA_OK && !copy) done = jsonpath__fail_memory(exec->run->arena, exec->err);
  build_deinit(&build);
  buf_deinit(&room);
  return done;
}

static enum jsonpath_reach pair(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                struct val made, struct jsonpath_list *found) {
  struct slice base = exec->base;
  int64_t id = exec->base_id;
  exec->base = val_slice(&made);
  exec->base_id = exec->made++;
  enum jsonpath_reach reach = next_value(exec, node, made, found);
  exec->base = base;
  exec->base_id = id;
  return reach;
}

static enum jsonpath_reach keyvalue(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                    const struct jsonpath_item *item, struct jsonpath_list *found) {
  enum jsonpath_reach reach = JSONPATH_NOTHING;
  if (!jsonpath__is_map(item)) return refuse(exec, node, item, "an object");
  int64_t id = number_of(exec, &item->value);
  for (uint32_t i = 0; i < val_count(&item->value); i++) {
    struct slice name;
    struct val value = val_field_at(&item->value, i, &name), made = val_missing();
    if (!found && !node->next) return JSONPATH_FOUND;
    if (!jsonpath__tick(exec)) return JSONPATH_FAULT;
    status done = make_pair(exec, id, name, &value, &made);
    if (done != LUMA_OK) return jsonpath__stop(exec, done);
    reach = pair(exec, node, made, found);
    if (reach == JSONPATH_FAULT || (reach == JSONPATH_FOUND && !found)) return reach;
  }
  return reach;
}

enum jsonpath_reach jsonpath__method(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                     const struct jsonpath_item *item, struct jsonpath_list *found,
                                     bool unwraps) {
  if (node->method == JSONPATH_TYPE)
    return next_value(exec, node, val_text(slice_of_text(jsonpath__type_name(item))), found);
  if (node->method == JSONPATH_SIZE) return size_of(exec, node, item, found);
  if (unwraps && jsonpath__is_list(item)) return jsonpath__each(exec, node, item, found, false);
  if (node->method == JSONPATH_DOUBLE) return to_double(exec, node, item, found);
  if (node->method == JSONPATH_DATETIME) return jsonpath__datetime(exec, node, item, found);
  if (node->method == JSONPATH_KEYVALUE) return keyvalue(exec, node, item, found);
  return numeric(exec, node, item, found);
}
