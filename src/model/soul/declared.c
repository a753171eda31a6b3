/* SPDX-License-Identifier: MIT */
#include "model/soul/declared.h"

#include "base/text/suggest.h"

/* Where a path has led. */
struct walk {
  const struct soul_attribute *attributes; /* names of the level; NULL: any */
  uint32_t count;
  const struct soul_type *type;      /* of the value; NULL at the start */
  const struct soul_attribute *said; /* of the value; NULL: its type alone, or nothing */
  struct slice inside;
};

enum arrival { THERE, ANYTHING, NOWHERE };

struct slice soul_nearest(const struct soul_attribute *attributes, uint32_t count,
                          struct slice name) {
  struct suggest suggest;
  suggest_init(&suggest, name);
  for (uint32_t i = 0; i < count; i++) suggest_offer(&suggest, attributes[i].name);
  return suggest_is_good(&suggest) ? suggest.best : slice_of(NULL, 0);
}

/* Values of these types have nothing inside. */
static bool is_plain(const struct soul_type *type) {
  switch ((int)type->kind) {
  case SOUL_INT:
  case SOUL_FLOAT:
  case SOUL_DECIMAL:
  case SOUL_BOOLEAN:
  case SOUL_TEXT:
  case SOUL_ULID:
  case SOUL_UUID: return true;
  default: return false;
  }
}

static void enter(struct walk *walk, const struct soul_attribute *said,
                  const struct soul_type *type) {
  walk->said = said;
  walk->type = type;
  walk->attributes = type->fields;
  walk->count = type->fields_count;
}

static enum arrival enter_element(struct walk *walk) {
  const struct soul_type *type = walk->type;
  if (!type->element) return ANYTHING;
  enter(walk, type->item, type->element);
  return THERE;
}

static enum arrival find_named(struct walk *walk, struct slice name, bool is_open) {
  for (uint32_t i = 0; i < walk->count; i++) {
    const struct soul_attribute *one = &walk->attributes[i];
    if (!slice_is_equal(one->name, name)) continue;
    walk->inside = name;
    enter(walk, one, &one->type);
    return THERE;
  }
  return is_open ? ANYTHING : NOWHERE;
}

static enum arrival take_step(struct walk *walk, const struct path_step *step) {
  const struct soul_type *type = walk->type;
  if (!type) return find_named(walk, step->name, false);
  bool is_list = type->kind == SOUL_LIST;
  if (is_list && enter_element(walk) == ANYTHING) return ANYTHING;
  if (is_list && step->is_index) return THERE;
  type = walk->type; /* a name in a list speaks of its elements */
  if (type->kind == SOUL_MAP && type->fields)
    return step->is_name ? find_named(walk, step->name, type->fields_open) : ANYTHING;
  if (type->kind == SOUL_MAP) return enter_element(walk);
  if (!is_plain(type)) return ANYTHING;
  walk->count = 0;
  return NOWHERE;
}

static enum arrival follow(const struct soul *soul, const struct path *path, struct walk *walk,
                           uint32_t *at) {
  *walk = (struct walk){.attributes = soul->attributes, .count = soul->attributes_count};
  for (*at = 0; *at < path->count; ++*at) {
    const struct path_step *step = &path->steps[*at];
    bool is_key = *at == 0 && slice_is_equal(step->name, slice_of_text("_id"));
    if (*at == 0 && (is_key || !step->is_name)) return ANYTHING;
    enum arrival arrival = take_step(walk, step);
    if (arrival != THERE) return arrival;
  }
  return THERE;
}

bool soul_declares(const struct soul *soul, const struct path *path,
                   struct soul_misnamed *misnamed) {
  struct walk walk;
  uint32_t at;
  if (follow(soul, path, &walk, &at) != NOWHERE) return true;
  struct slice name = path->steps[at].name;
  *misnamed = (struct soul_misnamed){.step = at, .inside = walk.inside, .name = name};
  misnamed->meant = soul_nearest(walk.attributes, walk.count, name);
  return false;
}

const struct soul_attribute *soul_declared(const struct soul *soul, const struct path *path) {
  struct walk walk;
  uint32_t at;
  return path->count && follow(soul, path, &walk, &at) == THERE ? walk.said : NULL;
}
