/* SPDX-License-Identifier: MIT */
/* SUGGEST SOUL: the closed genotype that an open collection seems to have, and how much would not
 * fit it. */
#include "base/mem/mem.h"
#include "model/db/tell/tell.h"
#include "value/json/json.h"

struct suggesting {
  struct buf *out;
  const struct learned *learned;
};

static int64_t count_of_kind(const struct learned_attribute *attribute, enum soul_kind kind) {
  int64_t count = 0;
  for (int type = VAL_BOOL; type < VAL_TYPES; type++) {
    if (soul_kind_of((enum val_type)type) == kind) count += attribute->types[type];
  }
  return count;
}

/* The type most values have: numbers count together, in their widest kind. */
static enum soul_kind usual_kind(const struct learned_attribute *attribute, int64_t *misfits) {
  enum soul_kind kind = learned_kind(attribute), best = SOUL_ANY;
  int64_t most = 0, values = attribute->seen - attribute->nulls;
  *misfits = 0;
  if (kind != SOUL_ANY || values == 0) return kind;
  for (int i = SOUL_TEXT; i < SOUL_KINDS; i++) {
    int64_t count = count_of_kind(attribute, (enum soul_kind)i);
    if (i == SOUL_FLOAT) count += count_of_kind(attribute, SOUL_INT);
    if (count <= most) continue;
    most = count;
    best = (enum soul_kind)i;
  }
  /* A mixture without a usual type is proposed as it is. */
  if (most * 10 < values * 9) return SOUL_ANY;
  *misfits = values - most;
  return best;
}

/* What the elements of a list are, as far as they were looked at and are of one kind; NULL when a
 * list of anything is all that can be said. */
static const struct learned_attribute *elements_of(const struct learned_attribute *attribute) {
  int64_t misfits;
  const struct learned_attribute *element =
      attribute->children_count && !attribute->is_vast ? attribute->children[0] : NULL;
  for (uint16_t i = 0; element && element->name.bytes; i++)
    element = i < attribute->children_count ? attribute->children[i] : NULL;
  bool is_said = element && element->seen > 0 && element->nulls <= 0 &&
                 usual_kind(element, &misfits) != SOUL_ANY;
  return is_said ? element : NULL;
}

static bool is_record(const struct learned_attribute *attribute) {
  return attribute->children_count > 0 && !attribute->is_vast;
}

static void append_members(struct suggesting *suggesting,
                           struct learned_attribute *const *attributes, uint32_t count);

/* `"type":…` and what is inside. */
static void append_type(struct suggesting *suggesting, const struct learned_attribute *attribute) {
  int64_t misfits;
  struct buf *out = suggesting->out;
  enum soul_kind kind = usual_kind(attribute, &misfits);
  const struct learned_attribute *element = kind == SOUL_LIST ? elements_of(attribute) : NULL;
  enum soul_kind inner = element ? usual_kind(element, &misfits) : SOUL_ANY;
  buf_append_format(out, "\"type\":\"%s", soul_kind_name(kind));
  bool is_plain = element && inner != SOUL_LIST && inner != SOUL_MAP;
  if (is_plain) buf_append_format(out, "<%s>", soul_kind_name(inner));
  buf_append_byte(out, '"');
  if (element && !is_plain) {
    buf_append_text(out, ",\"items\":{");
    append_type(suggesting, element);
    buf_append_byte(out, '}');
  }
  if (kind != SOUL_MAP || !is_record(attribute)) return;
  buf_append_text(out, ",\"attributes\":{");
  append_members(suggesting, attribute->children, attribute->children_count);
  buf_append_byte(out, '}');
}

static void append_suggested(struct suggesting *suggesting,
                             const struct learned_attribute *attribute) {
  struct buf *out = suggesting->out;
  int64_t values = attribute->seen - attribute->nulls;
  int64_t chances = learned_chances(suggesting->learned, attribute);
  bool required = values == chances;
  bool unique = !attribute->parent && required && learned_kind(attribute) == SOUL_TEXT &&
                chances > 20 && (int64_t)learned_distinct(attribute) * 100 > values * 95;
  json_write_text(out, attribute->name);
  buf_append_text(out, ":{");
  append_type(suggesting, attribute);
  if (required) buf_append_text(out, ",\"required\":true");
  if (unique)
    buf_append_text(out, ",\"description\":\"nearly every value is different: it may be unique\"");
  buf_append_byte(out, '}');
}

/* Those of one level. A list's elements are no field of the map that others have there. */
static void append_members(struct suggesting *suggesting,
                           struct learned_attribute *const *attributes, uint32_t count) {
  bool first = true;
  for (uint32_t i = 0; i < count; i++) {
    const struct learned_attribute *one = attributes[i];
    bool is_key = !one->parent && slice_is_equal(one->name, slice_of_text("_id"));
    bool is_element = one->parent && one->name.bytes == 0;
    if (one->seen <= 0 || is_key || is_element) continue;
    if (!first) buf_append_byte(suggesting->out, ',');
    first = false;
    append_suggested(suggesting, one);
  }
}

static void append_misfits(struct suggesting *suggesting, const struct learned_attribute *attribute,
                           bool *first) {
  int64_t misfits;
  enum soul_kind kind = usual_kind(attribute, &misfits);
  struct buf path;
  if (misfits > 0) {
    buf_init(&path, 64 << 10);
    learned_format_path(&path, attribute);
    if (!*first) buf_append_byte(suggesting->out, ',');
    *first = false;
    json_write_text(suggesting->out, buf_slice(&path));
    buf_append_format(suggesting->out, ":%lld", (long long)misfits);
    buf_deinit(&path);
  }
  const struct learned_attribute *element = kind == SOUL_LIST ? elements_of(attribute) : NULL;
  if (element) append_misfits(suggesting, element, first);
  for (uint16_t i = 0; kind == SOUL_MAP && is_record(attribute) && i < attribute->children_count;
       i++) {
    if (attribute->children[i]->name.bytes)
      append_misfits(suggesting, attribute->children[i], first);
  }
}

static void append_all_misfits(struct suggesting *suggesting) {
  bool first = true;
  model__tell_name(suggesting->out, "would_not_fit", false);
  buf_append_byte(suggesting->out, '{');
  for (uint32_t i = 0; i < suggesting->learned->count; i++) {
    if (!suggesting->learned->attributes[i]->parent)
      append_misfits(suggesting, suggesting->learned->attributes[i], &first);
  }
  buf_append_byte(suggesting->out, '}');
}

struct telling {
  const struct collection *collection;
  struct buf *out;
};

static status append_suggestion(void *context, const struct learned *learned, struct err *err) {
  struct telling *telling = context;
  struct buf *out = telling->out;
  struct suggesting suggesting = {out, learned};
  struct learned_attribute **top = mem_zalloc(learned->count + 1u, sizeof *top);
  if (!top) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a suggestion");
  uint32_t count = 0;
  for (uint32_t i = 0; i < learned->count; i++)
    if (!learned->attributes[i]->parent) top[count++] = learned->attributes[i];
  model__tell_name(out, "genotype", true);
  buf_append_text(out, "{\"genesis\":{\"name\":");
  json_write_text(out, telling->collection->name);
  buf_append_text(out, "},\"attributes\":{");
  append_members(&suggesting, top, count);
  mem_free(top);
  buf_append_text(out, "}}");
  model__tell_count(out, "beings", learned->documents);
  append_all_misfits(&suggesting);
  model__tell_name(out, "seen", false);
  buf_append_byte(out, '[');
  model__tell_learned(out, learned, telling->collection->genotype, false);
  buf_append_text(out, "]}");
  return buf_check(out, "the suggestion", err);
}

status model_suggest_soul(struct model_txn *txn, struct slice name, struct buf *out,
                          struct err *err) {
  struct telling telling = {.collection = model_collection_of_soul(txn, name), .out = out};
  if (!telling.collection) return model_fail_no_collection(txn, name, err);
  return model__with_learned(txn, telling.collection, append_suggestion, &telling, err);
}
