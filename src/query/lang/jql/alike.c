/* SPDX-License-Identifier: MIT */
/* Updates by key that are alike but for the key and the values they set: a bulk of them is read
 * once, as the first, with a table of what the others have in its place. */
#include "query/lang/jql/jql_int.h"

enum { CHANGES_MAX = 32, NAMES_MAX = 3 * CHANGES_MAX };

/** The names of an update, level by level, in their order. */
struct names_met {
  struct slice items[NAMES_MAX];
  uint8_t levels[NAMES_MAX];
  uint32_t count;
};

/** What the table is made of: the key and the operands of an update, in their order. */
struct values {
  struct val key, operands[CHANGES_MAX];
  uint32_t count, flags; /* upsert, multi: a bit each */
  int64_t space;         /* the number of the collection, where the update says one */
  struct names_met names;
  const struct values *like; /* the update that names are to be those of; NULL: any */
};

/** How commands write an update: what its parts are called. */
static const struct form {
  const char *filter, *changes;
} forms[] = {{"q", "u"}, {"filter", "updateMods"}, {"filter", "update"}};
enum { OF_UPDATE, OF_SERVER, OF_CLIENT };

/** Keys that only one document of a collection can equal: a text may also spell an id. */
static bool is_plain_key(const struct val *key) {
  enum { ULID_CHARACTERS = 26, UUID_CHARACTERS = 36 };
  switch ((int)key->type) {
  case VAL_INT32:
  case VAL_INT64:
  case VAL_OBJECTID:
  case VAL_UUID:
  case VAL_ULID:
  case VAL_DATE:
  case VAL_TIMESTAMP: return true;
  case VAL_TEXT: return key->bytes != ULID_CHARACTERS && key->bytes != UUID_CHARACTERS;
  default: return false;
  }
}

static bool is_plain_operand(const struct val *operand) {
  return operand->type != VAL_MAP && operand->type != VAL_LIST && operand->type != VAL_REGEX;
}

/** Operators whose operands are values, whatever they are. */
static bool is_plain_operator(struct slice name) {
  static const char *const names[] = {"$set", "$inc", "$mul", "$min", "$max", "$setOnInsert"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (slice_is_equal(name, slice_of_text(names[i]))) return true;
  return false;
}

/** Whether the name may stand there: next among those of the update that this one is to be like. */
static bool take_name(struct values *values, uint8_t level, struct slice name) {
  const struct names_met *like = values->like ? &values->like->names : NULL;
  struct names_met *names = &values->names;
  if (names->count == NAMES_MAX) return false;
  if (like && (names->count == like->count || like->levels[names->count] != level ||
               !slice_is_equal(like->items[names->count], name)))
    return false;
  names->levels[names->count] = level;
  names->items[names->count++] = name;
  return true;
}

static bool take_operands(const struct val *fields, struct values *values) {
  uint32_t count = fields->type == VAL_MAP ? val_count(fields) : 0;
  for (uint32_t i = 0; i < count; i++) {
    struct slice name;
    struct val *operand = &values->operands[values->count];
    if (values->count == CHANGES_MAX) return false;
    *operand = val_field_at(fields, i, &name);
    if (!is_plain_operand(operand) || !take_name(values, 2, name)) return false;
    if (values->like && operand->type != values->like->operands[values->count].type) return false;
    values->count++;
  }
  return count > 0;
}

/** "upsert" and "multi". */
static bool take_flag(struct slice name, const struct val *part, struct values *values) {
  bool is_upsert = slice_is_equal(name, slice_of_text("upsert"));
  if (part->type != VAL_BOOL || (!is_upsert && !slice_is_equal(name, slice_of_text("multi"))))
    return false;
  values->flags |= part->boolean ? 1u << is_upsert : 0;
  return true;
}

static bool take_key(const struct val *filter, struct values *values) {
  struct slice name;
  if (filter->type != VAL_MAP || val_count(filter) != 1) return false;
  values->key = val_field_at(filter, 0, &name);
  return slice_is_equal(name, slice_of_text("_id")) && is_plain_key(&values->key);
}

static bool take_changes(const struct val *changes, struct values *values) {
  uint32_t count = changes->type == VAL_MAP ? val_count(changes) : 0;
  for (uint32_t i = 0; i < count; i++) {
    struct slice name;
    struct val fields = val_field_at(changes, i, &name);
    if (!is_plain_operator(name) || !take_name(values, 1, name) || !take_operands(&fields, values))
      return false;
  }
  return values->count > 0;
}

/** {filter: {"_id": key}, changes: {"$operator": {"attribute": operand, …}, …}, "upsert": …, …}
 * from field `at` on. */
static bool take_parts(const struct val *update, uint32_t at, const struct form *form,
                       struct values *values) {
  for (uint32_t i = at; i < val_count(update); i++) {
    struct slice name;
    struct val part = val_field_at(update, i, &name);
    const char *wanted = i == at ? form->filter : i == at + 1 ? form->changes : NULL;
    bool fits =
        wanted ? slice_is_equal(name, slice_of_text(wanted)) : take_flag(name, &part, values);
    if (i == at) fits = fits && take_key(&part, values);
    if (i == at + 1) fits = fits && take_changes(&part, values);
    if (!fits || !take_name(values, 0, name)) return false;
  }
  return values->count > 0;
}

/** The parts of an update, in any of the forms; false when it is none for a table, or not like the
 * one that it is to be like. */
static bool take_values(const struct val *update, const struct values *like,
                        struct values *values) {
  struct slice name;
  struct val first = val_field_at(update, 0, &name);
  values->count = values->flags = values->names.count = 0;
  values->space = -1;
  values->like = like;
  if (update->type != VAL_MAP || !take_name(values, 0, name)) return false;
  bool taken;
  if (slice_is_equal(name, slice_of_text("updateOne")) && val_count(update) == 1)
    taken = first.type == VAL_MAP && take_parts(&first, 0, &forms[OF_CLIENT], values);
  else if (slice_is_equal(name, slice_of_text("update")))
    taken =
        val_to_int64(&first, &values->space) && take_parts(update, 1, &forms[OF_SERVER], values);
  else
    taken = take_parts(update, 0, &forms[OF_UPDATE], values);
  return taken && (!like || (like->names.count == values->names.count &&
                             like->flags == values->flags && like->space == values->space));
}

/** Whether the plan of the first is one whose operands can be exchanged: each change has one, and
 * none concerns the key. */
static bool is_exchangeable(const struct jql *jql, const struct plan *plan, uint32_t operands) {
  bool is_plain = plan->kind == PLAN_UPDATE && plan->updates_count == operands && !plan->multi &&
                  !plan->filter_match && !plan->array_filters_count &&
                  plan->collation.type == VAL_MISSING && !jql->context->has_policy &&
                  !jql->explains && !jql->variables;
  for (uint32_t i = 0; is_plain && i < operands; i++) {
    const struct plan_update_item *item = &plan->updates[i];
    is_plain = !item->positional && item->value && item->value->kind == EXPR_CONST &&
               !slice_is_equal(item->path.steps[0].name, slice_of_text("_id"));
  }
  return is_plain;
}

static void put(struct plan_points *points, const struct val *key, const struct val *operands,
                uint32_t count) {
  points->keys[points->count] = *key;
  memcpy(points->operands + (size_t)points->count * count, operands, count * sizeof *operands);
  points->count++;
}

/* ---- elements that the reader took as a table ---- */

/** The table of the list; NULL when there is none. */
static const struct json_alike *table_of(const struct jql *jql, const struct jql_node *list) {
  const struct json_alike *alike = jql->alike;
  bool is_its = alike && alike->count && list->parent && !list->parent->parent &&
                slice_is_equal(list->name, alike->list);
  return is_its ? alike : NULL;
}

uint32_t jql__elements_count(const struct jql *jql, const struct jql_node *list) {
  const struct json_alike *alike = table_of(jql, list);
  return val_count(&list->value) + (alike ? alike->count : 0);
}

/** The first, with other leaves: they are taken from `*leaves` on. */
static void build_like(struct build *build, const struct val *first, const struct val **leaves) {
  bool is_map = first->type == VAL_MAP;
  if (!is_map && first->type != VAL_LIST) {
    build_put(build, (*leaves)++);
    return;
  }
  if (is_map)
    build_begin_map(build);
  else
    build_begin_list(build);
  for (uint32_t i = 0; i < val_count(first); i++) {
    struct slice name;
    struct val inner = is_map ? val_field_at(first, i, &name) : val_at(first, i);
    if (is_map) build_name(build, name);
    build_like(build, &inner, leaves);
  }
  build_end(build);
}

static status make_like(const struct jql *jql, const struct jql_node *list,
                        const struct val *leaves, struct val *element) {
  struct val first = val_at(&list->value, 0);
  struct slice built = {0};
  struct buf out;
  struct build build;
  buf_init(&out, DOC_BYTES_MAX);
  build_init(&build, &out, NULL);
  build_like(&build, &first, &leaves);
  status done = build_finish(&build, &built, jql->err);
  if (done == LUMA_OK) {
    const void *copy = arena_copy(jql->arena, built.data, built.bytes);
    done = jql__made(jql, copy);
    if (done == LUMA_OK) *element = val_decode(slice_of(copy, built.bytes), NULL);
  }
  build_deinit(&build);
  buf_deinit(&out);
  return done;
}

status jql__element(const struct jql *jql, const struct jql_node *list, uint32_t index,
                    struct val *element) {
  const struct json_alike *alike = table_of(jql, list);
  uint32_t absent = alike ? alike->count : 0;
  if (index > 0 && index <= absent)
    return make_like(jql, list, alike->leaves + (size_t)index * alike->leaves_count, element);
  *element = val_at(&list->value, index > absent ? index - absent : index);
  return LUMA_OK;
}

/** The key is the first leaf of an update in that form, its operands follow, then what it says of
 * itself: that must be as it is in the first. */
static bool fits_row(const struct json_alike *alike, const struct val *row, uint32_t operands) {
  bool fits = is_plain_key(&row[0]);
  for (uint32_t i = 1 + operands; i < alike->leaves_count; i++)
    fits &= row[i].type == VAL_BOOL && row[i].boolean == alike->leaves[i].boolean;
  return fits;
}

/** Puts the rows of the table behind the first update, up to one that does not fit. */
static void put_rows(const struct json_alike *alike, uint32_t operands,
                     struct plan_points *points) {
  for (uint32_t i = 1; i <= alike->count; i++) {
    const struct val *row = alike->leaves + (size_t)i * alike->leaves_count;
    if (!fits_row(alike, row, operands)) return;
    put(points, &row[0], row + 1, operands);
  }
}

static status make_points(const struct jql *jql, uint32_t most, uint32_t operands,
                          struct plan_points **points, struct err *err) {
  struct plan_points *made = arena_zalloc(jql->arena, 1, sizeof *made);
  *points = made;
  TRY(plan_check_memory(jql->arena, made, err));
  made->keys = arena_zalloc(jql->arena, most, sizeof *made->keys);
  made->operands = arena_zalloc(jql->arena, (size_t)most * operands, sizeof *made->operands);
  return plan_check_memory(jql->arena, made->keys ? made->operands : NULL, err);
}

/** Puts the update `from`, whose parts are `first`, and those that follow and are like it. */
static status put_alike(const struct jql *jql, const struct jql_node *list, uint32_t from,
                        const struct values *first, struct plan_points *points) {
  const struct json_alike *alike = from == 0 ? table_of(jql, list) : NULL;
  uint32_t count = jql__elements_count(jql, list);
  struct values next;
  put(points, &first->key, first->operands, first->count);
  if (alike) put_rows(alike, first->count, points);
  if (alike && points->count <= alike->count) return LUMA_OK;
  for (uint32_t i = from + points->count; i < count; i++) {
    struct val update;
    TRY(jql__element(jql, list, i, &update));
    if (!take_values(&update, first, &next)) break;
    put(points, &next.key, next.operands, next.count);
  }
  return LUMA_OK;
}

/** How many are like the update `from`, from there on, itself included. */
static status count_alike(const struct jql *jql, const struct jql_node *list, uint32_t from,
                          const struct values *first, uint32_t *alike) {
  uint32_t count = jql__elements_count(jql, list);
  struct values next;
  for (*alike = 1; from + *alike < count; ++*alike) {
    struct val update;
    TRY(jql__element(jql, list, from + *alike, &update));
    if (!take_values(&update, first, &next)) break;
  }
  return LUMA_OK;
}

status jql__gather_alike(const struct jql *jql, const struct jql_node *list, uint32_t from,
                         struct plan *plan, uint32_t *taken) {
  enum { WORTH_A_TABLE = 16 };
  struct values values;
  struct plan_points *points = NULL;
  struct val first;
  uint32_t most = jql__elements_count(jql, list) - from;
  *taken = 1;
  if (most < WORTH_A_TABLE) return LUMA_OK;
  TRY(jql__element(jql, list, from, &first));
  if (!take_values(&first, NULL, &values) || !is_exchangeable(jql, plan, values.count))
    return LUMA_OK;
  /* A table that the reader made is nearly all of them; of others many may be short runs. */
  if (from || !table_of(jql, list)) TRY(count_alike(jql, list, from, &values, &most));
  if (most < WORTH_A_TABLE) return LUMA_OK;
  TRY(make_points(jql, most, values.count, &points, jql->err));
  TRY(put_alike(jql, list, from, &values, points));
  if (points->count < WORTH_A_TABLE) return LUMA_OK;
  /* They have no place in the text that is theirs alone. */
  for (uint32_t i = 0; i < plan->updates_count; i++) plan->updates[i].offset = JQL_NOWHERE;
  plan->points = points;
  *taken = points->count;
  return LUMA_OK;
}
