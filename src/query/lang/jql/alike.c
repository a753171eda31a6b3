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
                  jql->statement->collation.type == VAL_MISSING && !jql->context->has_policy &&
                  !jql->explains && !jql->variables;
  for (uint32_t i = 0; is_plain && i < operands; i++) {
    const struct plan_update_item *item = &plan->updates[i];
    is_plain = !item->positional && item->value && item->value->kind == EXPR_CONST &&
               !slice_is_equal(item->path.steps[0].name, slice_of_text("_id"));
  }
  return is_plain;
}

static void put(struct plan_points *points, const struct values *values) {
  points->keys[points->count] = values->key;
  memcpy(points->operands + (size_t)points->count * values->count, values->operands,
         values->count * sizeof *values->operands);
  points->count++;
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

status jql__gather_alike(const struct jql *jql, const struct val *list, uint32_t from,
                         struct plan *plan, uint32_t *taken) {
  enum { WORTH_A_TABLE = 16 };
  struct values values, next;
  struct plan_points *points = NULL;
  struct val first = val_at(list, from);
  uint32_t most = val_count(list) - from;
  *taken = 1;
  if (most < WORTH_A_TABLE || !take_values(&first, NULL, &values) ||
      !is_exchangeable(jql, plan, values.count))
    return LUMA_OK;
  TRY(make_points(jql, most, values.count, &points, jql->err));
  for (uint32_t i = 0; i < most; i++) {
    struct val update = val_at(list, from + i);
    if (!take_values(&update, &values, &next)) break;
    put(points, &next);
  }
  if (points->count < WORTH_A_TABLE) return LUMA_OK;
  /* They have no place in the text that is theirs alone. */
  for (uint32_t i = 0; i < plan->updates_count; i++) plan->updates[i].offset = JQL_NOWHERE;
  plan->points = points;
  *taken = points->count;
  return LUMA_OK;
}
