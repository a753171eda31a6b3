/* SPDX-License-Identifier: MIT */
/* Actions on constraints. Besides those of the genotype that have names there are references,
 * unique attributes and the key, which go by the names that PostgreSQL gives them: `users_pkey`,
 * `users_email_key`, `posts_author_fkey`, `users_age_check`. */
#include "base/text/suggest.h"
#include "model/db/evolve/evolve_int.h"
#include "value/doc/build.h"

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
static status make_name(struct evolving *evolving, const struct evolve_action *action,
                        struct edit *edit, struct slice *name, struct err *err) {
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

static status add_constraint(struct evolving *evolving, const struct evolve_action *action,
                             struct edit *edit, struct err *err) {
  struct slice name = action->name;
  struct val there = val_missing();
  if (name.bytes)
    TRY(get_constraint(edit, name, &there, err));
  else
    TRY(make_name(evolving, action, edit, &name, err));
  if (there.type != VAL_MISSING) return fail_constraint(evolving, name, err);
  return evolve__merge(edit, "constraints", name, &action->value, &evolving->txn->kept, err);
}

static status rename_constraint(struct evolving *evolving, const struct evolve_action *action,
                                struct edit *edit, struct err *err) {
  struct arena *arena = &evolving->txn->kept;
  const struct val gone = val_null();
  struct val value;
  if (has_constraint(evolving, action->to)) return fail_constraint(evolving, action->to, err);
  TRY(get_constraint(edit, action->name, &value, err));
  TRY(evolve__merge(edit, "constraints", action->to, &value, arena, err));
  return evolve__merge(edit, "constraints", action->name, &gone, arena, err);
}

static status validate(struct evolving *evolving, const struct evolve_action *action,
                       struct edit *edit, struct err *err) {
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
    result = evolve__merge(edit, "constraints", action->name, &patch, &evolving->txn->kept, err);
  build_deinit(&build);
  buf_deinit(&out);
  return result;
}

/* ---- what a name stands for ---- */

struct named {
  enum { NAMED_NOTHING, NAMED_CONSTRAINT, NAMED_REFERENCE, NAMED_UNIQUE, NAMED_KEY } kind;
  struct slice name; /* of the constraint, or of the attribute */
};

/* Takes `word` off the front of what is left of a name. */
static bool take(struct slice *rest, struct slice word) {
  if (rest->bytes < word.bytes || !slice_is_equal(slice_of(rest->data, word.bytes), word))
    return false;
  *rest = slice_of(rest->data + word.bytes, rest->bytes - word.bytes);
  return true;
}

/* Whether the rest of a name is these attributes, with `_` before each, and the ending. */
static bool is_made_of(struct slice rest, const struct slice *attributes, uint32_t count,
                       const char *ending) {
  for (uint32_t i = 0; i < count; i++)
    if (!take(&rest, slice_of_text("_")) || !take(&rest, attributes[i])) return false;
  return slice_is_equal(rest, slice_of_text(ending));
}

static struct named named_attribute(const struct soul *soul, struct slice name, struct slice rest,
                                    bool has_rest) {
  for (uint32_t i = 0; i < soul->attributes_count; i++) {
    const struct soul_attribute *one = &soul->attributes[i];
    bool is_made = has_rest && !one->constraint.bytes && is_made_of(rest, &one->name, 1, "_fkey");
    if (soul_refers(one) && (is_made || slice_is_equal(one->constraint, name)))
      return (struct named){NAMED_REFERENCE, one->name};
    if (one->unique && has_rest && is_made_of(rest, &one->name, 1, "_key"))
      return (struct named){NAMED_UNIQUE, one->name};
  }
  return (struct named){NAMED_NOTHING, name};
}

static struct named named_constraint(const struct soul *soul, struct slice name,
                                     struct slice rest) {
  for (uint32_t i = 0; i < soul->constraints_count; i++) {
    const struct soul_constraint *one = &soul->constraints[i];
    struct slice left = rest;
    bool is_checked = one->kind == SOUL_CHECK && take(&left, slice_of_text("_")) &&
                      slice_is_equal(left, one->name);
    if (is_checked || (one->kind == SOUL_UNIQUE &&
                       is_made_of(rest, one->attributes, one->attributes_count, "_key")))
      return (struct named){NAMED_CONSTRAINT, one->name};
  }
  return (struct named){NAMED_NOTHING, name};
}

static struct named what_is(const struct evolving *evolving, struct slice name) {
  const struct soul *soul = evolving->base->genotype;
  struct slice rest = name;
  if (has_constraint(evolving, name)) return (struct named){NAMED_CONSTRAINT, name};
  bool has_rest = take(&rest, evolving->base->name);
  if (has_rest && slice_is_equal(rest, slice_of_text("_pkey")))
    return (struct named){NAMED_KEY, name};
  if (!soul) return (struct named){NAMED_NOTHING, name};
  struct named found = named_attribute(soul, name, rest, has_rest);
  if (found.kind != NAMED_NOTHING || !has_rest) return found;
  return named_constraint(soul, name, rest);
}

/* ---- acting ---- */

/* Without the reference an attribute is of the type of the keys that it named. */
static void put_key_type(const struct evolving *evolving, const struct soul_attribute *attribute,
                         struct buf *text) {
  bool is_list = attribute->type.kind == SOUL_LIST;
  const struct soul_type *type = is_list ? attribute->type.element : &attribute->type;
  const struct collection *target = model__target(evolving->txn, type);
  const struct soul_attribute *id =
      target && target->genotype ? soul_attribute(target->genotype, slice_of_text("id")) : NULL;
  bool is_known = id && id->type.kind != SOUL_REF;
  if (is_list) buf_append_text(text, "list<");
  if (is_known)
    soul_type_format(text, &id->type);
  else
    buf_append_text(text, "jsonb");
  if (is_list) buf_append_byte(text, '>');
}

/* Rules that are other from now on; null: it goes. */
static status change_attribute(struct evolving *evolving, struct slice name, struct edit *edit,
                               const char *const *rules, const struct val *values, uint32_t count,
                               struct err *err) {
  struct buf out;
  struct build build;
  struct slice built;
  buf_init(&out, 4096);
  build_init(&build, &out, NULL);
  build_begin_map(&build);
  for (uint32_t i = 0; i < count; i++) {
    build_name(&build, slice_of_text(rules[i]));
    build_put(&build, &values[i]);
  }
  build_end(&build);
  status result = build_finish(&build, &built, err);
  struct val patch = result == LUMA_OK ? val_decode(built, NULL) : val_null();
  if (result == LUMA_OK)
    result = evolve__merge(edit, "attributes", evolve__renamed(evolving, name), &patch,
                           &evolving->txn->kept, err);
  build_deinit(&build);
  buf_deinit(&out);
  return result;
}

static status drop_reference(struct evolving *evolving, struct slice name, struct edit *edit,
                             struct err *err) {
  static const char *const rules[] = {"type",      "ref",        "soul",
                                      "on_delete", "constraint", "not_valid"};
  enum { COUNT = sizeof rules / sizeof rules[0] };
  struct val values[COUNT];
  struct buf text;
  buf_init(&text, 64 << 10);
  for (int i = 0; i < COUNT; i++) values[i] = val_null();
  put_key_type(evolving, soul_attribute(evolving->base->genotype, name), &text);
  values[0] = val_text(buf_slice(&text));
  status result = buf_check(&text, "a type", err);
  if (result == LUMA_OK) result = change_attribute(evolving, name, edit, rules, values, COUNT, err);
  buf_deinit(&text);
  return result;
}

static status act_on_reference(struct evolving *evolving, const struct evolve_action *action,
                               struct slice name, struct edit *edit, struct err *err) {
  static const char *const called[] = {"constraint"}, *const late[] = {"not_valid"};
  struct val to = val_text(action->to), gone = val_null();
  if (evolve__is_action(action, "drop constraint"))
    return drop_reference(evolving, name, edit, err);
  if (evolve__is_action(action, "validate"))
    return change_attribute(evolving, name, edit, late, &gone, 1, err);
  if (what_is(evolving, action->to).kind != NAMED_NOTHING)
    return fail_constraint(evolving, action->to, err);
  return change_attribute(evolving, name, edit, called, &to, 1, err);
}

static status act_on_unique(struct evolving *evolving, const struct evolve_action *action,
                            struct slice name, struct edit *edit, struct err *err) {
  static const char *const rules[] = {"unique"};
  struct val gone = val_null();
  if (evolve__is_action(action, "drop constraint"))
    return change_attribute(evolving, name, edit, rules, &gone, 1, err);
  if (evolve__is_action(action, "validate")) return LUMA_OK;
  err_raise(err, LUMA_UNSUPPORTED, __FILE__, __LINE__,
            "that `%.*s` is unique goes by the names of collection and attribute", SLICE_ARG(name));
  err_hint(err, "DROP it, and ADD CONSTRAINT %.*s UNIQUE (%.*s)", SLICE_ARG(action->to),
           SLICE_ARG(name));
  return LUMA_UNSUPPORTED;
}

static status fail_key(const struct evolving *evolving, struct err *err) {
  err_raise(err, LUMA_UNSUPPORTED, __FILE__, __LINE__, "the key of `%.*s` stays as it is",
            SLICE_ARG(evolving->base->name));
  err_hint(err, "INSERT INTO another SELECT … FROM %.*s gives beings other keys",
           SLICE_ARG(evolving->base->name));
  return LUMA_UNSUPPORTED;
}

status evolve__act_on_constraint(struct evolving *evolving, const struct evolve_action *action,
                                 struct edit *edit, struct err *err) {
  const struct val gone = val_null();
  if (evolve__is_action(action, "add constraint"))
    return add_constraint(evolving, action, edit, err);
  struct named named = what_is(evolving, action->name);
  struct evolve_action on = *action;
  on.name = named.name;
  switch (named.kind) {
  case NAMED_NOTHING:
    if (action->if_exists) return LUMA_OK;
    return evolve__fail_unknown(evolving, action, "constraint",
                                nearest_constraint(evolving->base->genotype, action->name), err);
  case NAMED_KEY: return fail_key(evolving, err);
  case NAMED_REFERENCE: return act_on_reference(evolving, action, named.name, edit, err);
  case NAMED_UNIQUE: return act_on_unique(evolving, action, named.name, edit, err);
  case NAMED_CONSTRAINT: break;
  }
  if (evolve__is_action(action, "rename constraint"))
    return rename_constraint(evolving, &on, edit, err);
  if (evolve__is_action(action, "validate")) return validate(evolving, &on, edit, err);
  return evolve__merge(edit, "constraints", on.name, &gone, &evolving->txn->kept, err);
}
