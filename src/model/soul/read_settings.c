/* SPDX-License-Identifier: MIT */
/* What belongs to the collection: alias, openness, population, indexes. It may stand in the
 * genotype or beside it; beside it wins. */
#include "model/soul/declared.h"
#include "model/soul/soul_int.h"

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct val either(const struct val *inside, const struct val *beside, const char *name) {
  struct val value = beside ? val_field(beside, slice_of_text(name)) : val_missing();
  return value.type != VAL_MISSING ? value : val_field(inside, slice_of_text(name));
}

/* What the beings are counted for: an attribute, or a path into one. */
static void read_per_path(struct soul_reading *reading, struct slice text, struct path *path) {
  struct arena *arena = &reading->soul->arena;
  bool is_name = soul_attribute(reading->soul, text) != NULL;
  status parsed = is_name ? LUMA_OK : path_parse(arena, text, false, path, NULL);
  if (parsed == LUMA_OUT_OF_MEMORY) reading->failed = parsed;
  if (parsed == LUMA_OK && !is_name) return;
  struct path_step *step = soul__room(reading, 1, sizeof *step);
  if (step) *path = path_of_name(step, text);
}

/* Values of what is not there are null, and null is counted for no limit. */
static void check_per(struct soul_reading *reading, const struct soul_place *place,
                      struct slice text, const struct path *path) {
  struct soul_misnamed wrong;
  bool is_key = path->count == 1 && slice_is_equal(path->steps[0].name, slice_of_text("id"));
  if (is_key || path->count == 0 || soul_declares(reading->soul, path, &wrong)) return;
  soul__fault(reading, place, "unknown", NULL,
              wrong.meant.bytes ? "names `%.*s`, which is not an attribute (did you mean `%.*s`?)"
                                : "names `%.*s`, which is not an attribute",
              SLICE_ARG(text), SLICE_ARG(wrong.meant));
}

static void read_per(struct soul_reading *reading, const struct soul_place *place,
                     const struct val *value, struct soul_limit *limit) {
  limit->per = soul__texts(reading, place, value, &limit->per_count);
  limit->per_paths = soul__room(reading, limit->per_count, sizeof *limit->per_paths);
  if (!limit->per_paths) limit->per_count = 0;
  bool is_closed = reading->is_given && !soul_leaves_open(reading->soul);
  for (uint32_t i = 0; i < limit->per_count; i++) {
    read_per_path(reading, limit->per[i], &limit->per_paths[i]);
    if (is_closed) check_per(reading, place, limit->per[i], &limit->per_paths[i]);
  }
}

static void read_limit(struct soul_reading *reading, const struct soul_place *place,
                       const struct val *value, struct soul_limit *limit) {
  *limit = (struct soul_limit){.where_rule = SOUL_NONE};
  struct soul_place here = {.up = place, .name = slice_of_text("per")};
  if (value->type != VAL_MAP) {
    soul__fault(reading, place, "type", value, "must be a map with \"max\"");
    return;
  }
  soul__check_keys(reading, place, value, NAMES("max", "per", "where", "limits"));
  limit->max = soul__number(reading, place, value, NAMES("max"), INT64_MAX, INT64_MAX);
  struct val per = val_field(value, slice_of_text("per"));
  read_per(reading, &here, &per, limit);
  limit->where = soul__text(reading, place, value, NAMES("where"));
  struct soul_place where = {.up = place, .name = slice_of_text("where")};
  limit->where_rule = soul__rule(reading, &where, SOUL_RULE_CONDITION, limit->where);
}

static bool says_limit(const struct val *value) {
  return val_field(value, slice_of_text("max")).type != VAL_MISSING;
}

/* {"max": 100}, {"max": 1, "per": "user"}, a list of such, or {"limits": […]} beside a max. */
static void read_population(struct soul_reading *reading, const struct val *population) {
  static const struct soul_place top = {
      .name = {.data = (const uint8_t *)"population", .bytes = 10}};
  struct soul_settings *settings = &reading->soul->settings;
  if (population->type == VAL_MISSING) return;
  settings->has_limits = true;
  if (population->type == VAL_NULL) return;
  struct val list =
      population->type == VAL_MAP ? val_field(population, slice_of_text("limits")) : *population;
  uint32_t count = list.type == VAL_LIST ? val_count(&list) : 0;
  if (count >= SOUL_LIMITS_MAX) {
    soul__fault(reading, &top, "too_many", NULL, "has at most %d limits", SOUL_LIMITS_MAX - 1);
    return;
  }
  settings->limits = soul__room(reading, count + 1u, sizeof *settings->limits);
  if (!settings->limits) return;
  if (population->type != VAL_LIST && (says_limit(population) || population->type != VAL_MAP))
    read_limit(reading, &top, population, &settings->limits[settings->limits_count++]);
  for (uint32_t i = 0; i < count; i++) {
    struct soul_place here = {.up = &top, .index = i};
    struct val one = val_at(&list, i);
    read_limit(reading, &here, &one, &settings->limits[settings->limits_count++]);
  }
}

static void read_index(struct soul_reading *reading, const struct soul_place *place,
                       const struct val *value, struct soul_index *index) {
  *index = (struct soul_index){0};
  struct soul_place here = {.up = place, .name = slice_of_text("keys")};
  struct val keys = *value;
  if (value->type == VAL_MAP) {
    keys = soul__member(value, NAMES("keys", "attributes", "fields", "on"), &here);
    index->name = soul__text(reading, place, value, NAMES("name"));
    index->unique = soul__flag(reading, place, value, NAMES("unique"), false);
  }
  index->paths = soul__texts(reading, &here, &keys, &index->paths_count);
  if (index->paths_count == 0)
    soul__fault(reading, place, "type", NULL, "must name the attributes to index");
}

static void read_indexes(struct soul_reading *reading, const struct val *indexes) {
  static const struct soul_place top = {.name = {.data = (const uint8_t *)"indexes", .bytes = 7}};
  struct soul_settings *settings = &reading->soul->settings;
  if (val_is_null(indexes)) return;
  if (indexes->type != VAL_LIST) {
    soul__fault(reading, &top, "type", indexes, "must be a list");
    return;
  }
  settings->has_indexes = true;
  uint32_t count = val_count(indexes);
  settings->indexes = soul__room(reading, count, sizeof *settings->indexes);
  for (uint32_t i = 0; settings->indexes && i < count; i++) {
    struct soul_place here = {.up = &top, .index = i};
    struct val one = val_at(indexes, i);
    read_index(reading, &here, &one, &settings->indexes[i]);
    settings->indexes_count = i + 1;
  }
}

void soul__read_settings(struct soul_reading *reading, const struct val *inside,
                         const struct val *beside) {
  struct soul_settings *settings = &reading->soul->settings;
  struct val alias = either(inside, beside, "alias"), open = either(inside, beside, "open");
  if (alias.type == VAL_TEXT)
    settings->alias = soul__keep_text(reading, val_slice(&alias));
  else if (!val_is_null(&alias))
    soul__fault(reading, &(struct soul_place){.name = slice_of_text("alias")}, "type", &alias,
                "must be a text");
  if (open.type == VAL_BOOL) {
    settings->has_open = true;
    settings->open = open.boolean;
  } else if (!val_is_null(&open)) {
    soul__fault(reading, &(struct soul_place){.name = slice_of_text("open")}, "type", &open,
                "must be true or false");
  }
  struct val population = either(inside, beside, "population");
  struct val indexes = either(inside, beside, "indexes");
  read_population(reading, &population);
  read_indexes(reading, &indexes);
}
