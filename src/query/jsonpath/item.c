/* SPDX-License-Identifier: MIT */
/* Items: what they are called, their texts, how two of them compare. */
#include "base/text/buf.h"
#include "query/jsonpath/jsonpath_int.h"
#include "value/json/json.h"
#include "value/order/order.h"

struct jsonpath_item jsonpath__item_of(struct val value) {
  static const int64_t day_us = INT64_C(86400000000);
  struct jsonpath_item item = {.value = value};
  if (value.type == VAL_DATE)
    item.moment = (struct jsonpath_moment){JSONPATH_DATE, 0, value.integer * day_us};
  if (value.type == VAL_TIMESTAMP)
    item.moment = (struct jsonpath_moment){JSONPATH_TIMESTAMP_ZONED, 0, value.integer};
  return item;
}

/* Those that JSON writes as texts. */
static bool is_text(const struct val *value) {
  switch ((int)value->type) {
  case VAL_TEXT:
  case VAL_BYTES:
  case VAL_DURATION:
  case VAL_INTERVAL:
  case VAL_ULID:
  case VAL_UUID:
  case VAL_OBJECTID: return true;
  default: return false;
  }
}

static const char *moment_name(enum jsonpath_moment_kind kind) {
  static const char *const names[] = {"",
                                      "date",
                                      "time without time zone",
                                      "time with time zone",
                                      "timestamp without time zone",
                                      "timestamp with time zone"};
  return names[kind];
}

const char *jsonpath__type_name(const struct jsonpath_item *item) {
  if (item->moment.kind) return moment_name(item->moment.kind);
  if (jsonpath__is_number(item)) return "number";
  if (is_text(&item->value)) return "string";
  switch ((int)item->value.type) {
  case VAL_MISSING:
  case VAL_NULL: return "null";
  case VAL_BOOL: return "boolean";
  case VAL_LIST: return "array";
  case VAL_MAP: return "object";
  default: return val_type_name((enum val_type)item->value.type);
  }
}

const char *jsonpath__article(const struct jsonpath_item *item) {
  return strchr("aeiou", jsonpath__type_name(item)[0]) ? "an" : "a";
}

bool jsonpath__text_of(struct jsonpath_exec *exec, const struct jsonpath_item *item,
                       struct slice *text) {
  struct json_write_options options = {.form = JSON_PLAIN};
  struct buf room;
  if (item->value.type == VAL_TEXT) {
    *text = val_slice(&item->value);
    return true;
  }
  if (!is_text(&item->value)) return false;
  buf_init(&room, DOC_BYTES_MAX);
  json_write(&room, &item->value, &options);
  bool is_quoted = room.failed == LUMA_OK && room.bytes >= 2;
  uint8_t *copy = is_quoted ? arena_copy(exec->run->arena, room.data + 1, room.bytes - 1) : NULL;
  *text = slice_of(copy, is_quoted ? room.bytes - 2 : 0);
  buf_deinit(&room);
  if (!copy) (void)jsonpath__stop(exec, jsonpath__fail_memory(exec->run->arena, exec->err));
  return copy != NULL;
}

/* ---- comparison ---- */

static enum jsonpath_truth truth_of(enum jsonpath_kind op, int order) {
  bool is = false;
  switch ((int)op) {
  case JSONPATH_EQ: is = order == 0; break;
  case JSONPATH_NE: is = order != 0; break;
  case JSONPATH_LT: is = order < 0; break;
  case JSONPATH_LE: is = order <= 0; break;
  case JSONPATH_GT: is = order > 0; break;
  default: is = order >= 0; break;
  }
  return is ? JSONPATH_TRUE : JSONPATH_FALSE;
}

static enum jsonpath_truth compare_texts(struct jsonpath_exec *exec, enum jsonpath_kind op,
                                         const struct jsonpath_item *a,
                                         const struct jsonpath_item *b) {
  struct slice left, right;
  if (!jsonpath__text_of(exec, a, &left) || !jsonpath__text_of(exec, b, &right))
    return JSONPATH_UNKNOWN;
  return truth_of(op, slice_compare(left, right));
}

static bool is_plain(const struct jsonpath_item *item) {
  return jsonpath__is_number(item) || item->value.type == VAL_BOOL;
}

enum jsonpath_truth jsonpath__compare(struct jsonpath_exec *exec, enum jsonpath_kind op,
                                      const struct jsonpath_item *a,
                                      const struct jsonpath_item *b) {
  bool a_null = !a->moment.kind && val_is_null(&a->value);
  bool b_null = !b->moment.kind && val_is_null(&b->value);
  int order = 0;
  if (a_null != b_null) return op == JSONPATH_NE ? JSONPATH_TRUE : JSONPATH_FALSE;
  if (a_null) return truth_of(op, 0);
  if (a->moment.kind || b->moment.kind) {
    bool both = a->moment.kind && b->moment.kind;
    if (!both || !jsonpath__compare_moments(&a->moment, &b->moment, &order))
      return JSONPATH_UNKNOWN;
    return truth_of(op, order);
  }
  if (is_text(&a->value) && is_text(&b->value)) return compare_texts(exec, op, a, b);
  bool same = jsonpath__is_number(a) == jsonpath__is_number(b) && is_plain(a) && is_plain(b);
  return same ? truth_of(op, val_compare(&a->value, &b->value)) : JSONPATH_UNKNOWN;
}
