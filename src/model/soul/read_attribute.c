/* SPDX-License-Identifier: MIT */
/* Attributes of a genotype: LumaDB's own keys, and those of JSON Schema and Python models. */
#include "base/mem/mem.h"
#include "model/soul/soul_int.h"

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *const attribute_keys[] = {"type",        "py_type",
                                             "required",    "nullable",
                                             "default",     "default_expression",
                                             "unique",      "index",
                                             "indexed",     "min",
                                             "minimum",     "max",
                                             "maximum",     "min_length",
                                             "minLength",   "minItems",
                                             "max_length",  "maxLength",
                                             "maxItems",    "pattern",
                                             "regex",       "enum",
                                             "choices",     "computed",
                                             "sensitive",   "immutable",
                                             "readOnly",    "description",
                                             "attributes",  "properties",
                                             "open",        "additionalProperties",
                                             "items",       "values",
                                             "format",      "dimensions",
                                             "ref",         "soul",
                                             "on_delete",   "onDelete",
                                             "transitions", "title",
                                             "constraint",  "not_valid",
                                             "examples",    "comment",
                                             NULL};

/* ---- types ---- */

static const struct {
  const char *format;
  const char *type;
} formats[] = {{"date-time", "timestamp"}, {"date", "date"},      {"duration", "duration"},
               {"uuid", "uuid"},           {"ulid", "ulid"},      {"byte", "bytes"},
               {"binary", "bytes"},        {"decimal", "decimal"}};

/* JSON Schema says some types by a format. */
static struct slice apply_format(const struct val *map, struct slice type) {
  struct val format = val_field(map, slice_of_text("format"));
  if (format.type != VAL_TEXT) return type;
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
    if (slice_is_equal(val_slice(&format), slice_of_text(formats[i].format)))
      return slice_of_text(formats[i].type);
  }
  return type;
}

/* The only one of ["string", "null"] that is not null. */
static bool find_type(const struct val *list, struct slice *text) {
  uint32_t found = 0;
  for (uint32_t i = 0; i < val_count(list); i++) {
    struct val one = val_at(list, i);
    if (one.type != VAL_TEXT) return false;
    if (slice_is_equal(val_slice(&one), slice_of_text("null"))) continue;
    *text = val_slice(&one);
    found++;
  }
  return found == 1;
}

/* The type's text: "type", or the one of ["string", "null"] that is not null. */
static struct slice type_text(struct soul_reading *reading, const struct soul_place *place,
                              const struct val *map) {
  struct soul_place here = {.up = place};
  struct val value = soul__member(map, NAMES("type", "py_type"), &here);
  struct slice text;
  if (value.type == VAL_TEXT) return val_slice(&value);
  if (value.type == VAL_LIST && find_type(&value, &text)) return text;
  if (!val_is_null(&value)) {
    soul__fault(reading, &here, "type", &value,
                "must be a text, or a list of one text and \"null\"");
    return slice_of_text("jsonb");
  }
  if (val_field(map, slice_of_text("properties")).type == VAL_MAP ||
      val_field(map, slice_of_text("attributes")).type == VAL_MAP)
    return slice_of_text("map");
  if (soul__member(map, NAMES("enum", "choices", "computed"), NULL).type != VAL_MISSING)
    return slice_of_text("jsonb");
  here.name = slice_of_text("type");
  soul__fault(reading, &here, "type", NULL, "is missing");
  return slice_of_text("jsonb");
}

/* Whether more is said of elements than their type's text can. */
static bool has_rules(const struct soul_attribute *item) {
  bool is_bounded = item->min.type || item->max.type || item->allowed.type ||
                    item->min_length != SOUL_NONE || item->max_length != SOUL_NONE;
  bool is_nested = item->type.fields || item->type.item;
  bool is_refused = item->unique || item->indexed || item->computed.bytes ||
                    item->default_expression.bytes || item->has_transitions || item->immutable;
  return is_bounded || is_nested || is_refused || item->sensitive || item->pattern.bytes;
}

static void take_element(struct soul_reading *reading, const struct soul_place *place,
                         const struct soul_attribute *item, struct soul_type *type) {
  if (type->element && !soul_type_is_equal(type->element, &item->type)) {
    soul__fault(reading, place, "type", NULL,
                "is of another type than the elements are said to be");
    return;
  }
  type->element = item->type.kind == SOUL_ANY ? NULL : &item->type;
  if (has_rules(item)) type->item = item;
  if (type->item) type->element = &item->type;
}

static void read_element(struct soul_reading *reading, const struct soul_place *place,
                         const struct val *map, struct soul_type *type) {
  struct soul_place here = {.up = place};
  struct val element = soul__member(map, NAMES("items", "values"), &here);
  if (val_is_null(&element)) return;
  struct soul_attribute *read = NULL;
  uint32_t count = 0;
  struct build build;
  struct buf out;
  struct slice built;
  buf_init(&out, SOUL_TEXT_BYTES_MAX);
  build_init(&build, &out, NULL);
  build_begin_map(&build);
  build_name(&build, here.name);
  build_put(&build, &element);
  build_end(&build);
  if (soul__built(reading, &build, &built)) {
    struct val one = val_decode(built, NULL);
    soul__read_attributes(reading, place, &one, &read, &count);
  }
  if (count == 1) take_element(reading, &here, read, type);
  build_deinit(&build);
  buf_deinit(&out);
}

/* What the type's text does not say: a reference's target, dimensions, elements, fields. */
static void complete_type(struct soul_reading *reading, const struct soul_place *place,
                          const struct val *map, struct soul_attribute *attribute) {
  struct soul_type *type = &attribute->type;
  struct soul_place here = {.up = place};
  if (type->kind == SOUL_VECTOR && type->dimensions == 0)
    type->dimensions =
        (uint32_t)soul__number(reading, place, map, NAMES("dimensions"), SOUL_DIMENSIONS_MAX, 0);
  if (type->kind == SOUL_LIST || type->kind == SOUL_MAP) read_element(reading, place, map, type);
  struct val fields = soul__member(map, NAMES("attributes", "properties"), &here);
  if (type->kind != SOUL_MAP || val_is_null(&fields)) return;
  type->fields_open = soul__flag(reading, place, map, NAMES("open", "additionalProperties"), false);
  soul__read_attributes(reading, &here, &fields, &type->fields, &type->fields_count);
}

static void read_type(struct soul_reading *reading, const struct soul_place *place,
                      const struct val *map, struct soul_attribute *attribute) {
  struct soul_place here = {.up = place, .name = slice_of_text("type")};
  struct slice target = soul__text(reading, place, map, NAMES("ref", "soul"));
  struct slice text = target.bytes ? slice_of_text("ref") : type_text(reading, place, map);
  bool is_ref = slice_is_equal_nocase(text, slice_of_text("ref")) ||
                slice_is_equal_nocase(text, slice_of_text("reference"));
  if (is_ref && target.bytes) {
    attribute->type = (struct soul_type){.kind = SOUL_REF, .target = target};
    return;
  }
  struct err err = {0};
  status result = soul_type_parse(apply_format(map, text), reading->arena, &attribute->type,
                                  &attribute->max_length, NULL, &err);
  if (result == LUMA_OUT_OF_MEMORY) reading->failed = result;
  if (result != LUMA_OK)
    soul__fault(reading, &here, "type", NULL, err.hint[0] ? "%s (%s)" : "%s%s", err.message,
                err.hint);
  else
    complete_type(reading, place, map, attribute);
}

/* ---- transitions ---- */

static void add_transition(struct soul_reading *reading, struct soul_attribute *attribute,
                           const struct val *from, const struct val *to, struct slice guard) {
  size_t count = attribute->transitions_count;
  struct soul_transition *grown = soul__room(reading, count + 1, sizeof *grown);
  if (!grown) return;
  if (count) memcpy(grown, attribute->transitions, count * sizeof *grown);
  grown[count] = (struct soul_transition){.from = soul__keep(reading, from),
                                          .to = soul__keep(reading, to),
                                          .guard = soul__keep_text(reading, guard),
                                          .guard_rule = SOUL_NONE};
  attribute->transitions = grown;
  attribute->transitions_count++;
}

/* {"draft": ["published"]}, {"draft": {"published": "guard"}} or {"draft": "published"}. */
static void read_transition_map(struct soul_reading *reading, const struct soul_place *place,
                                const struct val *map, struct soul_attribute *attribute) {
  for (uint32_t i = 0; i < val_count(map); i++) {
    struct soul_place here = {.up = place};
    struct val targets = val_field_at(map, i, &here.name);
    struct val from = val_text(here.name);
    if (targets.type == VAL_TEXT)
      add_transition(reading, attribute, &from, &targets, slice_of(NULL, 0));
    else if (targets.type != VAL_LIST && targets.type != VAL_MAP)
      soul__fault(reading, &here, "type", &targets, "must list the values it may change to");
    for (uint32_t k = 0; k < val_count(&targets); k++) {
      struct slice name = slice_of(NULL, 0), guard = slice_of(NULL, 0);
      struct val to =
          targets.type == VAL_LIST ? val_at(&targets, k) : val_field_at(&targets, k, &name);
      if (targets.type == VAL_MAP) {
        if (to.type == VAL_TEXT) guard = val_slice(&to);
        to = val_text(name);
      }
      add_transition(reading, attribute, &from, &to, guard);
    }
  }
}

/* [{"from": "draft", "to": "published", "guard": "…"}] */
static void read_transition_list(struct soul_reading *reading, const struct soul_place *place,
                                 const struct val *list, struct soul_attribute *attribute) {
  for (uint32_t i = 0; i < val_count(list); i++) {
    struct soul_place here = {.up = place, .index = i};
    struct val one = val_at(list, i);
    soul__check_keys(reading, &here, &one, NAMES("from", "to", "guard", "when"));
    struct val from = val_field(&one, slice_of_text("from"));
    struct val to = val_field(&one, slice_of_text("to"));
    if (val_is_null(&from) || val_is_null(&to))
      soul__fault(reading, &here, "type", &one, "must say \"from\" and \"to\"");
    else
      add_transition(reading, attribute, &from, &to,
                     soul__text(reading, &here, &one, NAMES("guard", "when")));
  }
}

static void read_transitions(struct soul_reading *reading, const struct soul_place *place,
                             const struct val *map, struct soul_attribute *attribute) {
  struct soul_place here = {.up = place};
  struct val transitions = soul__member(map, NAMES("transitions"), &here);
  if (val_is_null(&transitions)) return;
  attribute->has_transitions = true;
  if (transitions.type == VAL_MAP)
    read_transition_map(reading, &here, &transitions, attribute);
  else if (transitions.type == VAL_LIST)
    read_transition_list(reading, &here, &transitions, attribute);
  else
    soul__fault(reading, &here, "type", &transitions, "must be a map or a list");
}

/* ---- one attribute ---- */

static uint8_t read_on_delete(struct soul_reading *reading, const struct soul_place *place,
                              const struct val *map) {
  struct soul_place here = {.up = place};
  struct val value = soul__member(map, NAMES("on_delete", "onDelete"), &here);
  struct slice text = value.type == VAL_TEXT ? val_slice(&value) : slice_of(NULL, 0);
  if (slice_is_equal_nocase(text, slice_of_text("cascade"))) return SOUL_CASCADE;
  if (slice_is_equal_nocase(text, slice_of_text("set null")) ||
      slice_is_equal_nocase(text, slice_of_text("set_null")))
    return SOUL_SET_NULL;
  if (!val_is_null(&value) && !slice_is_equal_nocase(text, slice_of_text("restrict")) &&
      !slice_is_equal_nocase(text, slice_of_text("no action")))
    soul__fault(reading, &here, "enum", &value, "must be restrict, cascade or set null");
  return SOUL_RESTRICT;
}

static struct soul_attribute blank_attribute(struct slice name) {
  return (struct soul_attribute){.name = name,
                                 .min_length = SOUL_NONE,
                                 .max_length = SOUL_NONE,
                                 .pattern_rule = SOUL_NONE,
                                 .computed_rule = SOUL_NONE,
                                 .default_rule = SOUL_NONE};
}

static bool is_optional(struct soul_reading *reading, const struct val *map) {
  struct val type = soul__member(map, NAMES("type", "py_type"), NULL);
  struct soul_type ignored;
  bool optional = false;
  if (type.type != VAL_TEXT) return false;
  (void)soul_type_parse(val_slice(&type), reading->arena, &ignored, NULL, &optional, NULL);
  return optional;
}

/* A flag, or, beside named attributes, which of them have to be there. */
static bool read_required(struct soul_reading *reading, const struct soul_place *place,
                          const struct val *map, struct soul_attribute *attribute) {
  struct soul_place here = {.up = place, .name = slice_of_text("required")};
  struct val required = val_field(map, here.name);
  if (required.type != VAL_LIST || !attribute->type.fields)
    return soul__flag(reading, place, map, NAMES("required"), false);
  soul__require(reading, &here, &required, attribute->type.fields, attribute->type.fields_count);
  return false;
}

static void read_flags(struct soul_reading *reading, const struct soul_place *place,
                       const struct val *map, struct soul_attribute *attribute) {
  bool required = read_required(reading, place, map, attribute);
  bool nullable = soul__flag(reading, place, map, NAMES("nullable"), true);
  attribute->required = (required || !nullable) && !is_optional(reading, map);
  attribute->unique = soul__flag(reading, place, map, NAMES("unique"), false);
  attribute->indexed = soul__flag(reading, place, map, NAMES("index", "indexed"), false);
  attribute->sensitive = soul__flag(reading, place, map, NAMES("sensitive"), false);
  attribute->immutable = soul__flag(reading, place, map, NAMES("immutable", "readOnly"), false);
}

/* What a constraint of SQL says of the reference that it makes; of nothing else it says nothing. */
static void read_reference(struct soul_reading *reading, const struct soul_place *place,
                           const struct val *map, struct soul_attribute *attribute) {
  attribute->on_delete = read_on_delete(reading, place, map);
  bool not_valid = soul__flag(reading, place, map, NAMES("not_valid"), false);
  struct slice constraint = soul__text(reading, place, map, NAMES("constraint"));
  if (!soul_refers(attribute)) return;
  attribute->not_valid = not_valid;
  attribute->constraint = constraint;
}

static void read_attribute(struct soul_reading *reading, const struct soul_place *place,
                           const struct val *map, struct soul_attribute *attribute) {
  soul__check_keys(reading, place, map, attribute_keys);
  read_type(reading, place, map, attribute);
  read_flags(reading, place, map, attribute);
  read_reference(reading, place, map, attribute);
  uint64_t type_length = attribute->max_length;
  attribute->min_length = (uint32_t)soul__number(
      reading, place, map, NAMES("min_length", "minLength", "minItems"), UINT32_MAX - 1, SOUL_NONE);
  attribute->max_length =
      (uint32_t)soul__number(reading, place, map, NAMES("max_length", "maxLength", "maxItems"),
                             UINT32_MAX - 1, type_length);
  attribute->pattern = soul__text(reading, place, map, NAMES("pattern", "regex"));
  attribute->computed = soul__text(reading, place, map, NAMES("computed"));
  attribute->default_expression = soul__text(reading, place, map, NAMES("default_expression"));
  attribute->description = soul__text(reading, place, map, NAMES("description", "comment"));
  soul__check_texts(reading, place, map, NAMES("title", "format"));
  read_transitions(reading, place, map, attribute);
  soul__settle_attribute(reading, place, map, attribute);
}

void soul__read_attributes(struct soul_reading *reading, const struct soul_place *place,
                           const struct val *map, struct soul_attribute **attributes,
                           uint32_t *count) {
  *count = 0;
  if (map->type != VAL_MAP || val_count(map) > SOUL_ATTRIBUTES_MAX ||
      reading->depth > SOUL_TYPE_DEPTH_MAX) {
    soul__fault(reading, place, "type", NULL, "must be a map of at most %d attributes, %d deep",
                SOUL_ATTRIBUTES_MAX, SOUL_TYPE_DEPTH_MAX);
    return;
  }
  uint32_t fields = val_count(map);
  *attributes = soul__room(reading, fields, sizeof **attributes);
  reading->depth++;
  for (uint32_t i = 0; *attributes && i < fields; i++) {
    struct soul_place here = {.up = place};
    struct val value = val_field_at(map, i, &here.name);
    if (slice_is_equal(here.name, slice_of_text("_id"))) here.name = slice_of_text("id");
    if (!soul__check_name(reading, &here, here.name)) continue;
    struct soul_attribute *attribute = &(*attributes)[(*count)++];
    *attribute = blank_attribute(soul__keep_text(reading, here.name));
    if (value.type == VAL_TEXT) {
      struct err err = {0};
      status result = soul_type_parse(val_slice(&value), reading->arena, &attribute->type,
                                      &attribute->max_length, NULL, &err);
      if (result == LUMA_OUT_OF_MEMORY) reading->failed = result;
      if (result != LUMA_OK) soul__fault(reading, &here, "type", NULL, "%s", err.message);
    } else if (value.type == VAL_MAP) {
      read_attribute(reading, &here, &value, attribute);
    } else {
      soul__fault(reading, &here, "type", &value, "must be a type or a map that says one");
    }
  }
  reading->depth--;
}
