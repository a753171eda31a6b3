/* SPDX-License-Identifier: MIT */
/* Arguments by name, make_interval(days => 10), of the functions whose arguments PostgreSQL names.
 */
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_expr.h"
#include "query/lang/lql/lql_record.h"

enum { NAMES_MAX = 7 };

/* A function and the names of its arguments; those from `optional` on are this value when they are
 * left out before one that is given. */
struct named {
  const char *function;
  const char *names[NAMES_MAX];
  uint32_t optional;
  enum { OTHERWISE_ZERO, OTHERWISE_EMPTY, OTHERWISE_TRUE, OTHERWISE_FALSE } otherwise;
};

static const struct named functions[] = {
    {"make_interval", {"years", "months", "weeks", "days", "hours", "mins", "secs"}, 0, 0},
    {"make_date", {"year", "month", "day"}, 3, 0},
    {"make_time", {"hour", "min", "sec"}, 3, 0},
    {"make_timestamp", {"year", "month", "mday", "hour", "min", "sec"}, 6, 0},
    {"jsonb_set", {"jsonb_in", "path", "replacement", "create_if_missing"}, 3, OTHERWISE_TRUE},
    {"jsonb_insert", {"jsonb_in", "path", "replacement", "insert_after"}, 3, OTHERWISE_FALSE},
    {"jsonb_path_exists", {"target", "path", "vars", "silent"}, 2, OTHERWISE_EMPTY},
    {"jsonb_path_match", {"target", "path", "vars", "silent"}, 2, OTHERWISE_EMPTY},
    {"jsonb_path_query", {"target", "path", "vars", "silent"}, 2, OTHERWISE_EMPTY},
    {"jsonb_path_query_array", {"target", "path", "vars", "silent"}, 2, OTHERWISE_EMPTY},
    {"jsonb_path_query_first", {"target", "path", "vars", "silent"}, 2, OTHERWISE_EMPTY},
    {"round", {"number", "places"}, 1, OTHERWISE_ZERO},
};

static const struct named *find(struct slice function) {
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
    if (slice_is_equal_nocase(function, slice_of_text(functions[i].function))) return &functions[i];
  return NULL;
}

static uint32_t count_of(const struct named *named) {
  uint32_t count = 0;
  while (count < NAMES_MAX && named->names[count]) count++;
  return count;
}

/* The place of an argument; fails when there is none. */
static uint32_t place_of(struct lql *lql, const struct named *named, struct slice name,
                         uint64_t offset) {
  uint32_t count = count_of(named), place = 0;
  while (place < count && !slice_is_equal_nocase(name, slice_of_text(named->names[place]))) place++;
  if (place < count) return place;
  lql__fail(lql, LUMA_INVALID_ARGUMENT, offset, "%s has no argument `%.*s`", named->function,
            SLICE_ARG(name));
  struct buf names;
  buf_init(&names, 1024);
  for (uint32_t i = 0; i < count; i++) {
    buf_append_text(&names, i ? ", " : "");
    buf_append_text(&names, named->names[i]);
  }
  lql__hint(lql, "it has %.*s", SLICE_ARG(buf_slice(&names)));
  buf_deinit(&names);
  return count;
}

static struct expr *left_out(struct lql *lql, const struct named *named, uint32_t place,
                             uint64_t offset) {
  struct lql_token at = {.offset = offset};
  if (named->otherwise == OTHERWISE_EMPTY && place == 2) return lql__map(lql, at, lql__list(lql));
  if (named->otherwise == OTHERWISE_ZERO) return expr_const(lql->arena, val_int64(0), offset);
  return lql__bool(lql, at, named->otherwise == OTHERWISE_TRUE);
}

/* Fills the places that were left out before the last given one. */
static bool fill(struct lql *lql, const struct named *named, struct expr **places, uint32_t end,
                 uint64_t offset) {
  for (uint32_t i = 0; i < end; i++) {
    if (places[i]) continue;
    if (i < named->optional) {
      lql__fail(lql, LUMA_INVALID_ARGUMENT, offset, "%s needs its argument `%s`", named->function,
                named->names[i]);
      return false;
    }
    places[i] = left_out(lql, named, i, offset);
    if (!places[i]) return false;
  }
  return true;
}

struct lql_list *lql__named_args(struct lql *lql, struct lql_token function,
                                 const struct lql_list *plain, const struct lql_list *given) {
  struct expr *places[NAMES_MAX] = {NULL};
  const struct named *named = find(function.text);
  uint32_t end = plain ? plain->count : 0;
  if (!given || lql->failed != LUMA_OK) return NULL;
  if (!named) {
    lql__fail(lql, LUMA_INVALID_ARGUMENT, function.offset, "the arguments of `%.*s` have no names",
              SLICE_ARG(function.text));
    lql__hint(lql, "give them in their order");
    return NULL;
  }
  for (uint32_t i = 0; plain && i < plain->count && i < NAMES_MAX; i++) places[i] = plain->items[i];
  for (uint32_t i = 0; i < given->count; i++) {
    uint32_t place = place_of(lql, named, given->names[i], given->items[i]->offset);
    if (lql->failed != LUMA_OK) return NULL;
    if (places[place]) {
      lql__fail(lql, LUMA_INVALID_ARGUMENT, given->items[i]->offset, "`%s` is given twice",
                named->names[place]);
      return NULL;
    }
    places[place] = given->items[i];
    if (place >= end) end = place + 1;
  }
  if (end < named->optional) end = named->optional;
  if (!fill(lql, named, places, end, function.offset)) return NULL;
  struct lql_list *list = lql__list(lql);
  for (uint32_t i = 0; i < end && list; i++)
    list = lql__append(lql, list, places[i], slice_of(NULL, 0));
  return list;
}

/* ---- int '5', bool 't' ---- */

struct expr *lql__prefixed(struct lql *lql, struct lql_token token) {
  const uint8_t *end = token.text.data + token.text.bytes;
  const uint8_t *quote = memchr(token.text.data, '\'', token.text.bytes);
  struct lql_token type = token, text = token;
  type.kind = LQL_ID;
  type.text = slice_of(token.text.data, (size_t)(quote - token.text.data));
  while (type.text.bytes && type.text.data[type.text.bytes - 1] <= ' ') type.text.bytes--;
  /* DOUBLE PRECISION: the first word says it all. */
  const uint8_t *blank = memchr(type.text.data, ' ', type.text.bytes);
  if (blank) type.text.bytes = (size_t)(blank - type.text.data);
  text.kind = LQL_TEXT;
  text.text = slice_of(quote, (size_t)(end - quote));
  return lql__cast(lql, token, lql__text(lql, text), (struct lql_type){.name = type});
}
