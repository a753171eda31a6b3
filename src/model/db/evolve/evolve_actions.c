/* SPDX-License-Identifier: MIT */
/* Actions of ALTER TABLE, one after the other over the genotype with its renames done: what is
 * altered or dropped must be there, what is added must not. A merge patch could not tell. */
#include "base/text/suggest.h"
#include "model/db/evolve/evolve_int.h"
#include "model/soul/declared.h"
#include "value/doc/build.h"

/* An action as it was given. */
struct action {
  struct slice kind, name, to, base;
  struct val value;
  bool if_exists;
};

static struct slice text_of(const struct val *map, const char *name) {
  struct val value = val_field(map, slice_of_text(name));
  return value.type == VAL_TEXT ? val_slice(&value) : slice_of(NULL, 0);
}

static struct action read_action(const struct val *map) {
  struct val if_exists = val_field(map, slice_of_text("if_exists"));
  return (struct action){.kind = text_of(map, "action"),
                         .name = text_of(map, "name"),
                         .to = text_of(map, "to"),
                         .base = text_of(map, "base"),
                         .value = val_field(map, slice_of_text("value")),
                         .if_exists = if_exists.type == VAL_BOOL && if_exists.boolean};
}

static bool is_kind(const struct action *action, const char *kind) {
  return slice_is_equal(action->kind, slice_of_text(kind));
}

/* The name that an attribute has after the statement's renames. */
static struct slice renamed(const struct evolving *evolving, struct slice name) {
  struct val to = val_field(&evolving->hints.rename, name);
  return to.type == VAL_TEXT ? val_slice(&to) : name;
}

static bool was_there(const struct evolving *evolving, struct slice name) {
  const struct soul *old = evolving->base->genotype;
  return old && soul_attribute(old, name) != NULL;
}

/* A name that the statement gives to a renamed attribute, or to a new one. */
static bool comes(const struct evolving *evolving, struct slice name) {
  struct val attributes = val_field(evolving->request->genotype, slice_of_text("attributes"));
  for (uint32_t i = 0; i < val_count(&evolving->hints.rename); i++) {
    struct slice from;
    struct val to = val_field_at(&evolving->hints.rename, i, &from);
    if (to.type == VAL_TEXT && slice_is_equal(val_slice(&to), name)) return true;
  }
  return attributes.type == VAL_MAP && val_field(&attributes, name).type != VAL_MISSING;
}

bool evolve__is_dropped(const struct evolving *evolving, struct slice name) {
  for (uint32_t i = 0; i < evolving->hints.dropped_count; i++)
    if (slice_is_equal(evolving->hints.dropped[i], name)) return true;
  return false;
}

status evolve__find_dropped(struct evolving *evolving, struct err *err) {
  struct val actions = val_field(evolving->request->genotype, slice_of_text("actions"));
  uint32_t count = actions.type == VAL_LIST ? val_count(&actions) : 0;
  struct slice *dropped = arena_zalloc(&evolving->txn->kept, count + 1u, sizeof *dropped);
  if (!dropped) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for an evolution");
  evolving->hints.dropped = dropped;
  for (uint32_t i = 0; i < count; i++) {
    struct val one = val_at(&actions, i);
    struct action action = read_action(&one);
    if (is_kind(&action, "drop") && was_there(evolving, action.name) &&
        comes(evolving, action.name))
      dropped[evolving->hints.dropped_count++] = action.name;
  }
  return LUMA_OK;
}

static status fail_unknown(const struct evolving *evolving, const struct action *action,
                           const char *what, struct slice meant, struct err *err) {
  err_raise(err, LUMA_UNKNOWN_FIELD, __FILE__, __LINE__, "`%.*s` has no %s `%.*s`",
            SLICE_ARG(evolving->base->name), what, SLICE_ARG(action->name));
  if (meant.bytes) err_hint(err, "did you mean `%.*s`?", SLICE_ARG(meant));
  return LUMA_UNKNOWN_FIELD;
}

static status check_there(const struct evolving *evolving, const struct action *action,
                          struct err *err) {
  const struct collection *base = evolving->base;
  const struct soul *old = base->genotype;
  /* In an open collection any attribute may be there. */
  if (base->open || !old || was_there(evolving, action->name) || comes(evolving, action->name))
    return LUMA_OK;
  struct slice meant = soul_nearest(old->attributes, old->attributes_count, action->name);
  return fail_unknown(evolving, action, "attribute", meant, err);
}

static status check_not_there(const struct evolving *evolving, const struct action *action,
                              struct err *err) {
  bool goes = val_field(&evolving->hints.rename, action->name).type == VAL_TEXT ||
              evolve__is_dropped(evolving, action->name);
  if (goes || !was_there(evolving, action->name)) return LUMA_OK;
  err_raise(err, LUMA_ALREADY_EXISTS, __FILE__, __LINE__, "`%.*s` has an attribute `%.*s` already",
            SLICE_ARG(evolving->base->name), SLICE_ARG(action->name));
  err_hint(err, "ALTER COLUMN %.*s changes it", SLICE_ARG(action->name));
  return LUMA_ALREADY_EXISTS;
}

static bool has_constraint(const struct evolving *evolving, struct slice name) {
  const struct soul *old = evolving->base->genotype;
  for (uint32_t i = 0; old && i < old->constraints_count; i++)
    if (slice_is_equal(old->constraints[i].name, name)) return true;
  return false;
}

static struct slice nearest_constraint(const struct soul *soul, struct slice name) {
  struct suggest suggest;
  suggest_init(&suggest, name);
  for (uint32_t i = 0; soul && i < soul->constraints_count; i++)
    suggest_offer(&suggest, soul->constraints[i].name);
  return suggest_is_good(&suggest) ? suggest.best : slice_of(NULL, 0);
}

static status check_constraint(const struct evolving *evolving, const struct action *action,
                               struct err *err) {
  if (has_constraint(evolving, action->name)) return LUMA_OK;
  return fail_unknown(evolving, action, "constraint",
                      nearest_constraint(evolving->base->genotype, action->name), err);
}

/* {"genotype": {PART: {NAME: value}}}, merged in. */
static status merge(struct edit *edit, const char *part, struct slice name, const struct val *value,
                    struct arena *arena, struct err *err) {
  struct buf out;
  struct build build;
  struct slice built;
  buf_init(&out, DOC_BYTES_MAX);
  build_init(&build, &out, NULL);
  build_begin_map(&build);
  build_name(&build, slice_of_text("genotype"));
  build_begin_map(&build);
  build_name(&build, slice_of_text(part));
  build_begin_map(&build);
  build_name(&build, name);
  build_put(&build, value);
  build_end(&build);
  build_end(&build);
  build_end(&build);
  status result = build_finish(&build, &built, err);
  const uint8_t *copy = result == LUMA_OK ? arena_copy(arena, built.data, built.bytes) : NULL;
  build_deinit(&build);
  buf_deinit(&out);
  TRY(result);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a genotype");
  struct val patch = val_decode(slice_of(copy, built.bytes), NULL);
  return edit_merge(edit, &patch, err);
}

/* {"genotype": {"constraints": {NAME}}}. */
static status get_constraint(struct edit *edit, struct slice name, struct val *value,
                             struct err *err) {
  struct path_step steps[] = {{.name = slice_of_text("genotype"), .is_name = true},
                              {.name = slice_of_text("constraints"), .is_name = true},
                              {.name = name, .is_name = true}};
  const struct path path = {.steps = steps, .count = sizeof steps / sizeof steps[0]};
  return edit_get(edit, &path, value, err);
}

static status fail_constraint(const struct evolving *evolving, struct slice name, struct err *err) {
  FAIL(err, LUMA_ALREADY_EXISTS, "`%.*s` has a constraint `%.*s` already",
       SLICE_ARG(evolving->base->name), SLICE_ARG(name));
}

/* Its base where that is free, else with a number. */
static status make_name(struct evolving *evolving, const struct action *action, struct edit *edit,
                        struct slice *name, struct err *err) {
  struct buf text;
  struct val there;
  *name = action->base;
  for (uint32_t nth = 2;; nth++) {
    TRY(get_constraint(edit, *name, &there, err));
    if (there.type == VAL_MISSING) return LUMA_OK;
    buf_init(&text, 4096);
    buf_append_format(&text, "%.*s_%u", SLICE_ARG(action->base), nth);
    const uint8_t *copy = arena_copy(&evolving->txn->kept, text.data, text.bytes);
    *name = slice_of(copy, copy ? text.bytes : 0);
    buf_deinit(&text);
    if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a constraint");
  }
}

static status add_constraint(struct evolving *evolving, const struct action *action,
                             struct edit *edit, struct err *err) {
  struct slice name = action->name;
  struct val there = val_missing();
  if (name.bytes)
    TRY(get_constraint(edit, name, &there, err));
  else
    TRY(make_name(evolving, action, edit, &name, err));
  if (there.type != VAL_MISSING) return fail_constraint(evolving, name, err);
  return merge(edit, "constraints", name, &action->value, &evolving->txn->kept, err);
}

static status rename_constraint(struct evolving *evolving, const struct action *action,
                                struct edit *edit, struct err *err) {
  struct arena *arena = &evolving->txn->kept;
  const struct val gone = val_null();
  struct val value;
  if (has_constraint(evolving, action->to)) return fail_constraint(evolving, action->to, err);
  TRY(get_constraint(edit, action->name, &value, err));
  TRY(merge(edit, "constraints", action->to, &value, arena, err));
  return merge(edit, "constraints", action->name, &gone, arena, err);
}

static status validate(struct evolving *evolving, const struct action *action, struct edit *edit,
                       struct err *err) {
  struct buf out;
  struct build build;
  struct slice built;
  struct val none = val_null();
  buf_init(&out, 4096);
  build_init(&build, &out, NULL);
  build_begin_map(&build);
  build_name(&build, slice_of_text("not_valid"));
  build_put(&build, &none);
  build_end(&build);
  status result = build_finish(&build, &built, err);
  struct val patch = result == LUMA_OK ? val_decode(built, NULL) : none;
  if (result == LUMA_OK)
    result = merge(edit, "constraints", action->name, &patch, &evolving->txn->kept, err);
  build_deinit(&build);
  buf_deinit(&out);
  return result;
}

static status act_on_constraint(struct evolving *evolving, const struct action *action,
                                struct edit *edit, struct err *err) {
  const struct val gone = val_null();
  status found = check_constraint(evolving, action, action->if_exists ? NULL : err);
  if (found != LUMA_OK) return action->if_exists ? LUMA_OK : found;
  if (is_kind(action, "rename constraint")) return rename_constraint(evolving, action, edit, err);
  if (is_kind(action, "validate")) return validate(evolving, action, edit, err);
  return merge(edit, "constraints", action->name, &gone, &evolving->txn->kept, err);
}

static status act(struct evolving *evolving, const struct action *action, struct edit *edit,
                  struct err *err) {
  struct arena *arena = &evolving->txn->kept;
  const struct val gone = val_null();
  if (is_kind(action, "add") && action->value.type != VAL_MAP)
    return check_not_there(evolving, action, err);
  if (is_kind(action, "add")) { /* IF NOT EXISTS */
    if (check_not_there(evolving, action, NULL) != LUMA_OK) return LUMA_OK;
    return merge(edit, "attributes", action->name, &action->value, arena, err);
  }
  if (is_kind(action, "add constraint")) return add_constraint(evolving, action, edit, err);
  if (is_kind(action, "drop constraint") || is_kind(action, "rename constraint") ||
      is_kind(action, "validate"))
    return act_on_constraint(evolving, action, edit, err);
  bool drops = is_kind(action, "drop");
  if (drops && evolve__is_dropped(evolving, action->name)) return LUMA_OK; /* it went before */
  status there = check_there(evolving, action, action->if_exists ? NULL : err);
  if (there != LUMA_OK) return action->if_exists ? LUMA_OK : there;
  return merge(edit, "attributes", renamed(evolving, action->name), drops ? &gone : &action->value,
               arena, err);
}

status evolve__act(struct evolving *evolving, struct edit *edit, struct err *err) {
  struct val actions = val_field(evolving->request->genotype, slice_of_text("actions"));
  for (uint32_t i = 0; actions.type == VAL_LIST && i < val_count(&actions); i++) {
    struct val one = val_at(&actions, i);
    struct action action = read_action(&one);
    TRY(act(evolving, &action, edit, err));
  }
  return LUMA_OK;
}
