/* SPDX-License-Identifier: MIT */
/* Attributes that get other names: all that speaks of them follows. Lists of names and paths are
 * changed here, expressions by who reads them. */
#include "model/db/evolve/evolve_int.h"
#include "value/json/json.h"

struct renaming {
  struct evolving *evolving; /* NULL: a genotype alone is renamed */
  const struct soul *soul;   /* what expressions are read by; may be NULL */
  const struct soul_rules_ops *ops;
  const struct val *names; /* a map: old names to new ones */
  struct build *build;
  struct buf room; /* of one text */
};

static struct renaming renaming_of(struct evolving *evolving, struct build *build) {
  return (struct renaming){.evolving = evolving,
                           .soul = evolving->base->genotype,
                           .ops = evolving->txn->model->options.rules,
                           .names = &evolving->hints.rename,
                           .build = build};
}

static bool is(struct slice name, const char *text) {
  return slice_is_equal(name, slice_of_text(text));
}

static struct slice new_name(const struct renaming *renaming, struct slice name) {
  struct val to = val_field(renaming->names, name);
  return to.type == VAL_TEXT ? val_slice(&to) : name;
}

/* An expression under the new names, in `room`. */
static status rename_text(struct renaming *renaming, enum soul_rule_kind kind, struct slice text,
                          struct err *err) {
  struct soul_rule rule = {.kind = kind, .text = text};
  buf_reset(&renaming->room);
  if (!renaming->ops) FAIL(err, LUMA_UNSUPPORTED, "nothing here reads expressions");
  return renaming->ops->rename(renaming->soul, &rule, renaming->names, &renaming->room, err);
}

static status put_expression(struct renaming *renaming, enum soul_rule_kind kind,
                             const struct val *text, struct err *err) {
  if (text->type != VAL_TEXT) {
    build_put(renaming->build, text);
    return LUMA_OK;
  }
  TRY(rename_text(renaming, kind, val_slice(text), err));
  struct val value = val_text(buf_slice(&renaming->room));
  build_put(renaming->build, &value);
  return LUMA_OK;
}

/* A path under the new name of its first step. */
static struct val renamed_path(struct renaming *renaming, struct slice path) {
  size_t end = 0;
  while (end < path.bytes && path.data[end] != '.' && path.data[end] != '[') end++;
  struct slice first = slice_of(path.data, end), name = new_name(renaming, first);
  if (end == path.bytes || name.data == first.data)
    return val_text(end == path.bytes ? name : path);
  buf_reset(&renaming->room);
  buf_append_slice(&renaming->room, name);
  buf_append(&renaming->room, path.data + end, path.bytes - end);
  return val_text(buf_slice(&renaming->room));
}

static void put_names(struct renaming *renaming, const struct val *names) {
  build_begin_list(renaming->build);
  for (uint32_t i = 0; i < val_count(names); i++) {
    struct val name = val_at(names, i);
    if (name.type == VAL_TEXT) name = renamed_path(renaming, val_slice(&name));
    build_put(renaming->build, &name);
  }
  build_end(renaming->build);
}

/* ---- parts of a genotype as it is stored ---- */

typedef status put_fn(struct renaming *renaming, struct slice name, const struct val *value,
                      struct err *err);

/* A map, field by field; anything else as it is. */
static status put_map(struct renaming *renaming, const struct val *map, bool renames, put_fn *put,
                      struct err *err) {
  if (map->type != VAL_MAP) {
    build_put(renaming->build, map);
    return LUMA_OK;
  }
  build_begin_map(renaming->build);
  for (uint32_t i = 0; i < val_count(map); i++) {
    struct slice name;
    struct val value = val_field_at(map, i, &name);
    if (renames && renaming->evolving && evolve__is_dropped(renaming->evolving, name)) continue;
    build_name(renaming->build, renames ? new_name(renaming, name) : name);
    TRY(put(renaming, name, &value, err));
  }
  build_end(renaming->build);
  return LUMA_OK;
}

static status put_list(struct renaming *renaming, const struct val *list, put_fn *put,
                       struct err *err) {
  build_begin_list(renaming->build);
  for (uint32_t i = 0; i < val_count(list); i++) {
    struct val one = val_at(list, i);
    TRY(put_map(renaming, &one, false, put, err));
  }
  build_end(renaming->build);
  return LUMA_OK;
}

static status put_transition(struct renaming *renaming, struct slice name, const struct val *value,
                             struct err *err) {
  if (is(name, "guard")) return put_expression(renaming, SOUL_RULE_CONDITION, value, err);
  build_put(renaming->build, value);
  return LUMA_OK;
}

static status put_rule(struct renaming *renaming, struct slice name, const struct val *value,
                       struct err *err) {
  if (is(name, "computed") || is(name, "default_expression"))
    return put_expression(renaming, SOUL_RULE_VALUE, value, err);
  if (is(name, "transitions") && value->type == VAL_LIST)
    return put_list(renaming, value, put_transition, err);
  build_put(renaming->build, value);
  return LUMA_OK;
}

static status put_attribute(struct renaming *renaming, struct slice name, const struct val *value,
                            struct err *err) {
  (void)name;
  return put_map(renaming, value, false, put_rule, err);
}

static status put_condition(struct renaming *renaming, struct slice name, const struct val *value,
                            struct err *err) {
  if (is(name, "check") || is(name, "where"))
    return put_expression(renaming, SOUL_RULE_CONDITION, value, err);
  if ((is(name, "unique") || is(name, "per")) && value->type == VAL_LIST)
    put_names(renaming, value);
  else
    build_put(renaming->build, value);
  return LUMA_OK;
}

static status put_constraint(struct renaming *renaming, struct slice name, const struct val *value,
                             struct err *err) {
  (void)name;
  return put_map(renaming, value, false, put_condition, err);
}

static status put_function(struct renaming *renaming, struct slice name, const struct val *value,
                           struct err *err) {
  (void)name;
  return put_expression(renaming, SOUL_RULE_VALUE, value, err);
}

static status put_part(struct renaming *renaming, struct slice name, const struct val *value,
                       struct err *err) {
  if (is(name, "attributes")) return put_map(renaming, value, true, put_attribute, err);
  if (is(name, "constraints")) return put_map(renaming, value, false, put_constraint, err);
  if (is(name, "functions")) return put_map(renaming, value, false, put_function, err);
  build_put(renaming->build, value);
  return LUMA_OK;
}

static status put_setting(struct renaming *renaming, struct slice name, const struct val *value,
                          struct err *err) {
  if (is(name, "genotype")) return put_map(renaming, value, false, put_part, err);
  if (is(name, "population") && value->type == VAL_LIST)
    return put_list(renaming, value, put_condition, err);
  build_put(renaming->build, value);
  return LUMA_OK;
}

status evolve__put_renamed(struct evolving *evolving, struct build *build, const struct val *source,
                           struct err *err) {
  if (val_count(&evolving->hints.rename) == 0 && evolving->hints.dropped_count == 0) {
    build_put(build, source);
    return LUMA_OK;
  }
  struct renaming renaming = renaming_of(evolving, build);
  buf_init(&renaming.room, SOUL_TEXT_BYTES_MAX);
  status result = put_map(&renaming, source, false, put_setting, err);
  buf_deinit(&renaming.room);
  return result;
}

/* ---- a soul by itself ---- */

static status read_renamed(struct renaming *renaming, const struct val *genotype,
                           struct soul **renamed, struct err *err) {
  struct buf out;
  struct build build;
  struct slice built;
  buf_init(&out, DOC_BYTES_MAX);
  build_init(&build, &out, NULL);
  renaming->build = &build;
  status result = put_map(renaming, genotype, false, put_part, err);
  if (result == LUMA_OK) result = build_finish(&build, &built, err);
  if (result == LUMA_OK) {
    struct val read = val_decode(built, NULL);
    result = soul_read(&read, renaming->ops, renamed, err);
  }
  renaming->build = NULL;
  build_deinit(&build);
  buf_deinit(&out);
  return result;
}

status evolve__rename_soul(const struct soul *soul, const struct val *names, struct soul **renamed,
                           struct err *err) {
  struct renaming renaming = {.soul = soul, .ops = soul->ops, .names = names};
  struct json_read_options options = {.form = JSON_TAGGED};
  struct buf text, room;
  struct val genotype;
  buf_init(&text, 4 * SOUL_TEXT_BYTES_MAX);
  buf_init(&room, DOC_BYTES_MAX);
  buf_init(&renaming.room, SOUL_TEXT_BYTES_MAX);
  soul_write(&text, soul, SOUL_CANONICAL);
  status result = buf_check(&text, "the genotype", err);
  if (result == LUMA_OK) result = json_read_once(buf_slice(&text), &options, &room, &genotype, err);
  if (result == LUMA_OK) result = read_renamed(&renaming, &genotype, renamed, err);
  buf_deinit(&renaming.room);
  buf_deinit(&room);
  buf_deinit(&text);
  return result;
}

/* ---- indexes and validators ---- */

static status keep_renamed(struct renaming *renaming, enum soul_rule_kind kind, struct slice *text,
                           struct err *err) {
  if (text->bytes == 0) return LUMA_OK;
  TRY(rename_text(renaming, kind, *text, err));
  const uint8_t *copy =
      arena_copy(&renaming->evolving->txn->kept, renaming->room.data, renaming->room.bytes);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for an expression");
  *text = slice_of(copy, renaming->room.bytes);
  return LUMA_OK;
}

static status rename_index(struct renaming *renaming, struct catalog_index *index,
                           struct err *err) {
  struct evolving *evolving = renaming->evolving;
  TRY(keep_renamed(renaming, index->condition.kind, &index->condition.text, err));
  for (uint32_t i = 0; i < index->def.keys_count; i++)
    TRY(keep_renamed(renaming, SOUL_RULE_FIXED, &index->def.keys[i].expression, err));
  index->rules = NULL;
  TRY(model__make_rules(evolving->txn->model, index, err));
  evolving->made[evolving->made_count++] = index->rules;
  return LUMA_OK;
}

static status rename_validator(struct renaming *renaming, struct err *err) {
  struct evolving *evolving = renaming->evolving;
  TRY(keep_renamed(renaming, SOUL_RULE_MATCH, &evolving->with.rules.validator, err));
  TRY(model__make_validator(evolving->txn->model, &evolving->with, err));
  if (evolving->with.validator) evolving->made[evolving->made_count++] = evolving->with.validator;
  return LUMA_OK;
}

status evolve__rename_rules(struct evolving *evolving, struct catalog_index *index,
                            struct err *err) {
  struct renaming renaming = renaming_of(evolving, NULL);
  buf_init(&renaming.room, SOUL_TEXT_BYTES_MAX);
  status result = index ? rename_index(&renaming, index, err) : rename_validator(&renaming, err);
  buf_deinit(&renaming.room);
  return result;
}
