/* SPDX-License-Identifier: MIT */
/* Actions of ALTER TABLE, one after the other over the genotype with its renames done: what is
 * altered or dropped must be there, what is added must not. A merge patch could not tell. */
#include "base/text/suggest.h"
#include "model/db/evolve/evolve_int.h"
#include "model/soul/declared.h"
#include "value/doc/build.h"

static struct slice text_of(const struct val *map, const char *name) {
  struct val value = val_field(map, slice_of_text(name));
  return value.type == VAL_TEXT ? val_slice(&value) : slice_of(NULL, 0);
}

static struct evolve_action read_action(const struct val *map) {
  struct val if_exists = val_field(map, slice_of_text("if_exists"));
  return (struct evolve_action){.kind = text_of(map, "action"),
                                .name = text_of(map, "name"),
                                .to = text_of(map, "to"),
                                .base = text_of(map, "base"),
                                .value = val_field(map, slice_of_text("value")),
                                .if_exists = if_exists.type == VAL_BOOL && if_exists.boolean};
}

bool evolve__is_action(const struct evolve_action *action, const char *kind) {
  return slice_is_equal(action->kind, slice_of_text(kind));
}

/* The name that an attribute has after the statement's renames. */
struct slice evolve__renamed(const struct evolving *evolving, struct slice name) {
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

static bool is_key(struct slice name) {
  return slice_is_equal(name, slice_of_text("id")) || slice_is_equal(name, slice_of_text("_id"));
}

status evolve__find_dropped(struct evolving *evolving, struct err *err) {
  struct val actions = val_field(evolving->request->genotype, slice_of_text("actions"));
  uint32_t count = actions.type == VAL_LIST ? val_count(&actions) : 0;
  struct slice *dropped = arena_zalloc(&evolving->txn->kept, count + 1u, sizeof *dropped);
  struct slice *gone = arena_zalloc(&evolving->txn->kept, count + 1u, sizeof *gone);
  if (!dropped || !gone) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for an evolution");
  evolving->hints.dropped = dropped;
  evolving->hints.gone = gone;
  for (uint32_t i = 0; i < count; i++) {
    struct val one = val_at(&actions, i);
    struct evolve_action action = read_action(&one);
    if (!evolve__is_action(&action, "drop") || is_key(action.name)) continue;
    if (!comes(evolving, action.name))
      gone[evolving->hints.gone_count++] = action.name;
    else if (was_there(evolving, action.name))
      dropped[evolving->hints.dropped_count++] = action.name;
  }
  return LUMA_OK;
}

status evolve__fail_unknown(const struct evolving *evolving, const struct evolve_action *action,
                            const char *what, struct slice meant, struct err *err) {
  err_raise(err, LUMA_UNKNOWN_FIELD, __FILE__, __LINE__, "`%.*s` has no %s `%.*s`",
            SLICE_ARG(evolving->base->name), what, SLICE_ARG(action->name));
  if (meant.bytes) err_hint(err, "did you mean `%.*s`?", SLICE_ARG(meant));
  return LUMA_UNKNOWN_FIELD;
}

static status check_there(const struct evolving *evolving, const struct evolve_action *action,
                          struct err *err) {
  const struct collection *base = evolving->base;
  const struct soul *old = base->genotype;
  if (was_there(evolving, action->name) || comes(evolving, action->name)) return LUMA_OK;
  /* In an open collection any attribute may be there; what goes has to be. */
  bool was_seen = is_key(action->name) || names_find(base->names, action->name) != NAMES_NONE;
  bool is_open = base->open || !old;
  if (is_open && (was_seen || !evolve__is_action(action, "drop"))) return LUMA_OK;
  struct slice meant = {0};
  if (old) meant = soul_nearest(old->attributes, old->attributes_count, action->name);
  return evolve__fail_unknown(evolving, action, "attribute", meant, err);
}

static status check_not_there(const struct evolving *evolving, const struct evolve_action *action,
                              struct err *err) {
  bool goes = val_field(&evolving->hints.rename, action->name).type == VAL_TEXT ||
              evolve__is_dropped(evolving, action->name);
  if (goes || !was_there(evolving, action->name)) return LUMA_OK;
  err_raise(err, LUMA_ALREADY_EXISTS, __FILE__, __LINE__, "`%.*s` has an attribute `%.*s` already",
            SLICE_ARG(evolving->base->name), SLICE_ARG(action->name));
  err_hint(err, "ALTER COLUMN %.*s changes it", SLICE_ARG(action->name));
  return LUMA_ALREADY_EXISTS;
}

/* {"genotype": {PART: {NAME: value}}}, merged in. */
status evolve__merge(struct edit *edit, const char *part, struct slice name,
                     const struct val *value, struct arena *arena, struct err *err) {
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

static status act(struct evolving *evolving, const struct evolve_action *action, struct edit *edit,
                  struct err *err) {
  struct arena *arena = &evolving->txn->kept;
  const struct val gone = val_null();
  if (evolve__is_action(action, "add") && action->value.type != VAL_MAP)
    return check_not_there(evolving, action, err);
  if (evolve__is_action(action, "add")) { /* IF NOT EXISTS */
    if (check_not_there(evolving, action, NULL) != LUMA_OK) return LUMA_OK;
    return evolve__merge(edit, "attributes", action->name, &action->value, arena, err);
  }
  if (evolve__is_action(action, "add constraint") || evolve__is_action(action, "drop constraint") ||
      evolve__is_action(action, "rename constraint") || evolve__is_action(action, "validate"))
    return evolve__act_on_constraint(evolving, action, edit, err);
  bool drops = evolve__is_action(action, "drop");
  if (drops && evolve__is_dropped(evolving, action->name)) return LUMA_OK; /* it went before */
  status there = check_there(evolving, action, action->if_exists ? NULL : err);
  if (there != LUMA_OK) return action->if_exists ? LUMA_OK : there;
  return evolve__merge(edit, "attributes", evolve__renamed(evolving, action->name),
                       drops ? &gone : &action->value, arena, err);
}

status evolve__act(struct evolving *evolving, struct edit *edit, struct err *err) {
  struct val actions = val_field(evolving->request->genotype, slice_of_text("actions"));
  for (uint32_t i = 0; actions.type == VAL_LIST && i < val_count(&actions); i++) {
    struct val one = val_at(&actions, i);
    struct evolve_action action = read_action(&one);
    TRY(act(evolving, &action, edit, err));
  }
  return LUMA_OK;
}
