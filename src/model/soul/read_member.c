/* SPDX-License-Identifier: MIT */
/* Members of a genotype's maps, under all the names people give them. */
#include <stdarg.h>
#include <stdio.h>

#include "base/text/suggest.h"
#include "model/soul/soul_int.h"

enum { MESSAGE_BYTES = 400 };

void soul__fault(struct soul_reading *reading, const struct soul_place *place, const char *rule,
                 const struct val *value, const char *format, ...) {
  char message[MESSAGE_BYTES];
  va_list args;
  va_start(args, format);
  int wanted = vsnprintf(message, sizeof message, format, args);
  va_end(args);
  struct soul_fault fault = {.place = place, .rule = rule, .value = value};
  if (wanted >= 0) soul_faults_add(&reading->faults, &fault, "%s", message);
}

void *soul__room(struct soul_reading *reading, size_t count, size_t bytes) {
  void *room = arena_zalloc(reading->arena, count + 1, bytes);
  if (!room) reading->failed = LUMA_OUT_OF_MEMORY;
  return room;
}

bool soul__built(struct soul_reading *reading, struct build *build, struct slice *built) {
  status result = build_finish(build, built, NULL);
  if (result != LUMA_OK) reading->failed = result;
  return result == LUMA_OK;
}

struct slice soul__keep_text(struct soul_reading *reading, struct slice text) {
  if (text.bytes == 0) return slice_of(NULL, 0);
  const uint8_t *copy = arena_copy(reading->arena, text.data, text.bytes);
  if (!copy) reading->failed = LUMA_OUT_OF_MEMORY;
  return slice_of(copy, copy ? text.bytes : 0);
}

struct val soul__keep(struct soul_reading *reading, const struct val *value) {
  struct val kept = *value;
  if (!val_is_borrowed(value)) return kept;
  kept.data = arena_copy(reading->arena, value->data, value->bytes);
  if (kept.data || value->bytes == 0) return kept;
  reading->failed = LUMA_OUT_OF_MEMORY;
  return val_missing();
}

struct val soul__member(const struct val *map, const char *const *names, struct soul_place *place) {
  for (; *names; names++) {
    struct val value = val_field(map, slice_of_text(*names));
    if (value.type == VAL_MISSING) continue;
    if (place) place->name = slice_of_text(*names);
    return value;
  }
  return val_missing();
}

void soul__check_texts(struct soul_reading *reading, const struct soul_place *place,
                       const struct val *map, const char *const *names) {
  for (; *names; names++) {
    struct soul_place here = {.up = place, .name = slice_of_text(*names)};
    struct val value = val_field(map, here.name);
    if (!val_is_null(&value) && value.type != VAL_TEXT)
      soul__fault(reading, &here, "type", &value, "must be a text");
  }
}

void soul__check_keys(struct soul_reading *reading, const struct soul_place *place,
                      const struct val *map, const char *const *known) {
  uint32_t count = val_count(map);
  for (uint32_t i = 0; i < count; i++) {
    struct soul_place here = {.up = place};
    (void)val_field_at(map, i, &here.name);
    struct suggest suggest;
    suggest_init(&suggest, here.name);
    bool found = false;
    for (const char *const *at = known; *at && !found; at++) {
      found = slice_is_equal(slice_of_text(*at), here.name);
      suggest_offer(&suggest, slice_of_text(*at));
    }
    if (found || here.name.bytes == 0) continue;
    if (suggest_is_good(&suggest))
      soul__fault(reading, &here, "unknown", NULL, "is no key of a genotype (did you mean `%.*s`?)",
                  SLICE_ARG(suggest.best));
    else
      soul__fault(reading, &here, "unknown", NULL, "is no key of a genotype");
  }
}

bool soul__flag(struct soul_reading *reading, const struct soul_place *place, const struct val *map,
                const char *const *names, bool otherwise) {
  struct soul_place here = {.up = place};
  struct val value = soul__member(map, names, &here);
  if (val_is_null(&value)) return otherwise;
  if (value.type == VAL_BOOL) return value.boolean;
  soul__fault(reading, &here, "type", &value, "must be true or false");
  return otherwise;
}

struct slice soul__text(struct soul_reading *reading, const struct soul_place *place,
                        const struct val *map, const char *const *names) {
  struct soul_place here = {.up = place};
  struct val value = soul__member(map, names, &here);
  if (val_is_null(&value)) return slice_of(NULL, 0);
  if (value.type == VAL_TEXT) return soul__keep_text(reading, val_slice(&value));
  soul__fault(reading, &here, "type", &value, "must be a text");
  return slice_of(NULL, 0);
}

uint64_t soul__number(struct soul_reading *reading, const struct soul_place *place,
                      const struct val *map, const char *const *names, uint64_t most,
                      uint64_t otherwise) {
  struct soul_place here = {.up = place};
  struct val value = soul__member(map, names, &here);
  int64_t number;
  if (val_is_null(&value)) return otherwise;
  if (val_is_number(&value) && val_to_int64(&value, &number) && number >= 0 &&
      (uint64_t)number <= most)
    return (uint64_t)number;
  soul__fault(reading, &here, "type", &value, "must be a whole number from 0 to %llu",
              (unsigned long long)most);
  return otherwise;
}

struct slice *soul__texts(struct soul_reading *reading, const struct soul_place *place,
                          const struct val *value, uint32_t *count) {
  *count = 0;
  if (val_is_null(value)) return NULL;
  bool is_one = value->type == VAL_TEXT;
  uint32_t most = is_one ? 1 : val_count(value);
  struct slice *texts = soul__room(reading, most, sizeof *texts);
  if (!is_one && value->type != VAL_LIST)
    soul__fault(reading, place, "type", value, "must be a text or a list of texts");
  for (uint32_t i = 0; texts && value->type != VAL_MAP && i < most; i++) {
    struct val text = is_one ? *value : val_at(value, i);
    struct soul_place here = {.up = place, .index = i};
    if (text.type == VAL_TEXT)
      texts[(*count)++] = soul__keep_text(reading, val_slice(&text));
    else
      soul__fault(reading, &here, "type", &text, "must be a text");
  }
  return texts;
}

bool soul__check_name(struct soul_reading *reading, const struct soul_place *place,
                      struct slice name) {
  bool has_control = false;
  for (size_t i = 0; i < name.bytes; i++) has_control |= name.data[i] < 0x20;
  if (name.bytes > 0 && name.bytes <= SOUL_NAME_BYTES_MAX && !has_control) return true;
  soul__fault(reading, place, "name", NULL,
              "must be named by 1 to %d bytes without control characters", SOUL_NAME_BYTES_MAX);
  return false;
}

void soul__require(struct soul_reading *reading, const struct soul_place *place,
                   const struct val *list, struct soul_attribute *attributes, uint32_t count) {
  uint32_t names_count;
  struct slice *names = soul__texts(reading, place, list, &names_count);
  for (uint32_t i = 0; i < names_count; i++) {
    bool found = false;
    for (uint32_t k = 0; k < count; k++) {
      bool is_it = slice_is_equal(attributes[k].name, names[i]);
      attributes[k].required |= is_it;
      found |= is_it;
    }
    if (!found)
      soul__fault(reading, place, "unknown", NULL, "names `%.*s`, which is not an attribute",
                  SLICE_ARG(names[i]));
  }
}
