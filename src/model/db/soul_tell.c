/* SPDX-License-Identifier: MIT */
/* What is told of souls and collections: lists, descriptions, storage, suggestions. */
#include "model/db/model_int.h"
#include "model/soul/learn.h"
#include "value/json/json.h"

static status find_collection(struct model_txn *txn, struct slice name,
                              const struct collection **found, struct err *err) {
  *found = model_collection_of_soul(txn, name);
  return *found ? LUMA_OK : catalog_fail_unknown(txn->catalog, name, err);
}

static void put_name(struct buf *out, const char *name, bool first) {
  buf_append_format(out, "%s\"%s\":", first ? "{" : ",", name);
}

static void put_number(struct buf *out, const char *name, uint64_t value) {
  put_name(out, name, false);
  buf_append_format(out, "%llu", (unsigned long long)value);
}

static void put_count(struct buf *out, const char *name, int64_t value) {
  put_number(out, name, value > 0 ? (uint64_t)value : 0);
}

static void put_value(struct buf *out, const char *name, const struct val *value) {
  struct json_write_options plain = {0};
  put_name(out, name, false);
  json_write(out, value, &plain);
}

static void put_text(struct buf *out, const char *name, struct slice text) {
  put_name(out, name, false);
  json_write_text(out, text);
}

/* ---- all souls ---- */

static status append_soul(struct model_txn *txn, const struct collection *collection,
                          struct buf *out, struct err *err) {
  uint64_t count;
  char id[ULID_TEXT_BYTES];
  TRY(model_count(txn, collection, &count, err));
  ulid_format(collection->genotype->id, id);
  put_name(out, "alias", true);
  json_write_text(out, collection->name);
  put_text(out, "id", slice_of(id, sizeof id));
  buf_append_text(out, ",\"hash\":\"");
  soul_append_hash(out, collection->genotype->hash);
  buf_append_byte(out, '"');
  put_number(out, "versions", collection->evolution ? collection->evolution->steps_count + 1u : 1u);
  put_number(out, "attributes", collection->genotype->attributes_count);
  put_number(out, "beings", count);
  buf_append_format(out, ",\"open\":%s}", collection->open ? "true" : "false");
  return LUMA_OK;
}

status model_write_souls(struct model_txn *txn, struct buf *out, struct err *err) {
  bool first = true;
  buf_append_byte(out, '[');
  for (uint32_t i = 0; i < catalog_count(txn->catalog); i++) {
    const struct collection *collection = catalog_at(txn->catalog, i);
    if (!collection->genotype) continue;
    if (!first) buf_append_byte(out, ',');
    first = false;
    TRY(append_soul(txn, collection, out, err));
  }
  buf_append_byte(out, ']');
  return buf_check(out, "the souls", err);
}

/* ---- what was learned ---- */

static struct slice shown_name(struct slice name) {
  return slice_is_equal(name, slice_of_text("_id")) ? slice_of_text("id") : name;
}

static void append_types(struct buf *out, const struct learned_attribute *attribute) {
  bool first = true;
  put_name(out, "types", false);
  buf_append_byte(out, '{');
  for (int type = VAL_NULL; type < VAL_TYPES; type++) {
    if (attribute->types[type] <= 0) continue;
    buf_append_format(out, "%s\"%s\":%lld", first ? "" : ",", val_type_name((enum val_type)type),
                      (long long)attribute->types[type]);
    first = false;
  }
  buf_append_byte(out, '}');
}

static void append_learned(struct buf *out, const struct learned *learned,
                           const struct learned_attribute *attribute, bool is_sensitive) {
  put_name(out, "attribute", true);
  json_write_text(out, shown_name(attribute->name));
  put_text(out, "type", slice_of_text(soul_kind_name(learned_kind(attribute))));
  append_types(out, attribute);
  put_count(out, "present", attribute->seen);
  put_count(out, "missing", learned->documents - attribute->seen);
  put_number(out, "distinct", learned_distinct(attribute));
  bool has_range = attribute->min.type != VAL_MISSING && !is_sensitive;
  if (has_range) put_value(out, "min", &attribute->min);
  if (has_range) put_value(out, "max", &attribute->max);
  buf_append_byte(out, '}');
}

/* Those that documents have now, `undeclared` only if the soul (may be NULL) does not speak of
 * them; how many. */
static uint32_t append_all_learned(struct buf *out, const struct learned *learned,
                                   const struct soul *soul, bool undeclared) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < learned->count; i++) {
    const struct learned_attribute *one = learned->attributes[i];
    const struct soul_attribute *declared =
        soul ? soul_attribute(soul, shown_name(one->name)) : NULL;
    if (one->seen <= 0 || (undeclared && declared)) continue;
    if (count++) buf_append_byte(out, ',');
    append_learned(out, learned, one, declared && declared->is_masked);
  }
  return count;
}

/* ---- DESCRIBE ---- */

static void append_rules(struct buf *out, const struct soul_attribute *attribute) {
  put_name(out, "required", false);
  buf_append_text(out, attribute->required ? "true" : "false");
  put_name(out, "unique", false);
  buf_append_text(out, attribute->unique ? "true" : "false");
  if (attribute->default_value.type) put_value(out, "default", &attribute->default_value);
  if (attribute->default_expression.bytes)
    put_text(out, "default_expression", attribute->default_expression);
  if (attribute->computed.bytes) put_text(out, "computed", attribute->computed);
  if (attribute->min.type) put_value(out, "min", &attribute->min);
  if (attribute->max.type) put_value(out, "max", &attribute->max);
  if (attribute->min_length != SOUL_NONE) put_number(out, "min_length", attribute->min_length);
  if (attribute->max_length != SOUL_NONE) put_number(out, "max_length", attribute->max_length);
  if (attribute->pattern.bytes) put_text(out, "pattern", attribute->pattern);
  if (attribute->allowed.type) put_value(out, "enum", &attribute->allowed);
  if (attribute->immutable) buf_append_text(out, ",\"immutable\":true");
  if (attribute->sensitive) buf_append_text(out, ",\"sensitive\":true");
  if (attribute->description.bytes) put_text(out, "description", attribute->description);
}

static void append_attribute(struct buf *out, const struct soul_attribute *attribute) {
  struct buf type;
  buf_init(&type, 64 << 10);
  soul_type_format(&type, &attribute->type);
  put_name(out, "attribute", true);
  json_write_text(out, attribute->name);
  put_text(out, "type", buf_slice(&type));
  append_rules(out, attribute);
  buf_append_byte(out, '}');
  buf_deinit(&type);
}

static void append_constraint(struct buf *out, const struct soul_constraint *constraint) {
  put_name(out, "constraint", true);
  json_write_text(out, constraint->name);
  if (constraint->check.bytes) put_text(out, "check", constraint->check);
  for (uint32_t i = 0; i < constraint->attributes_count; i++) {
    if (i == 0) put_name(out, "unique", false);
    buf_append_byte(out, i ? ',' : '[');
    json_write_text(out, constraint->attributes[i]);
  }
  buf_append_text(out, constraint->attributes_count ? "]}" : "}");
}

static void describe_soul(struct buf *out, const struct soul *soul) {
  for (uint32_t i = 0; i < soul->attributes_count; i++) {
    if (i) buf_append_byte(out, ',');
    append_attribute(out, &soul->attributes[i]);
  }
  for (uint32_t i = 0; i < soul->constraints_count; i++) {
    if (i || soul->attributes_count) buf_append_byte(out, ',');
    append_constraint(out, &soul->constraints[i]);
  }
}

struct telling {
  const struct collection *collection;
  struct buf *out;
};

static status describe_learned(void *context, const struct learned *learned, struct err *err) {
  struct telling *telling = context;
  const struct soul *soul = telling->collection->genotype;
  struct buf list;
  buf_init(&list, DOC_BYTES_MAX);
  uint32_t count = append_all_learned(&list, learned, soul, true);
  if (count && soul && soul->attributes_count + soul->constraints_count)
    buf_append_byte(telling->out, ',');
  buf_append_slice(telling->out, buf_slice(&list));
  status result = buf_check(&list, "the description", err);
  buf_deinit(&list);
  return result;
}

status model_describe(struct model_txn *txn, struct slice name, struct buf *out, struct err *err) {
  struct telling telling = {.out = out};
  TRY(find_collection(txn, name, &telling.collection, err));
  const struct collection *collection = telling.collection;
  buf_append_byte(out, '[');
  if (collection->genotype) describe_soul(out, collection->genotype);
  if (!collection->genotype || collection->open)
    TRY(model__with_learned(txn, collection, describe_learned, &telling, err));
  buf_append_byte(out, ']');
  return buf_check(out, "the description", err);
}

/* ---- SUGGEST ---- */

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

static void append_suggested(struct buf *out, const struct learned *learned, bool *first,
                             const struct learned_attribute *attribute) {
  int64_t misfits;
  enum soul_kind kind = usual_kind(attribute, &misfits);
  int64_t values = attribute->seen - attribute->nulls;
  bool required = values == learned->documents;
  bool unique = required && kind == SOUL_TEXT && learned->documents > 20 &&
                (int64_t)learned_distinct(attribute) * 100 > values * 95;
  if (attribute->seen <= 0 || slice_is_equal(attribute->name, slice_of_text("_id"))) return;
  if (!*first) buf_append_byte(out, ',');
  *first = false;
  json_write_text(out, attribute->name);
  buf_append_format(out, ":{\"type\":\"%s\"", soul_kind_name(kind));
  if (required) buf_append_text(out, ",\"required\":true");
  if (unique)
    buf_append_text(out, ",\"description\":\"nearly every value is different: it may be unique\"");
  buf_append_byte(out, '}');
}

static void append_misfits(struct buf *out, const struct learned *learned) {
  bool first = true;
  put_name(out, "would_not_fit", false);
  buf_append_byte(out, '{');
  for (uint32_t i = 0; i < learned->count; i++) {
    int64_t misfits;
    const struct learned_attribute *one = learned->attributes[i];
    (void)usual_kind(one, &misfits);
    if (misfits <= 0) continue;
    if (!first) buf_append_byte(out, ',');
    first = false;
    json_write_text(out, shown_name(one->name));
    buf_append_format(out, ":%lld", (long long)misfits);
  }
  buf_append_byte(out, '}');
}

static status append_suggestion(void *context, const struct learned *learned, struct err *err) {
  struct telling *telling = context;
  struct buf *out = telling->out;
  bool first = true;
  put_name(out, "genotype", true);
  buf_append_text(out, "{\"genesis\":{\"name\":");
  json_write_text(out, telling->collection->name);
  buf_append_text(out, "},\"attributes\":{");
  for (uint32_t i = 0; i < learned->count; i++)
    append_suggested(out, learned, &first, learned->attributes[i]);
  buf_append_text(out, "}}");
  put_count(out, "beings", learned->documents);
  append_misfits(out, learned);
  put_name(out, "seen", false);
  buf_append_byte(out, '[');
  append_all_learned(out, learned, telling->collection->genotype, false);
  buf_append_text(out, "]}");
  return buf_check(out, "the suggestion", err);
}

status model_suggest_soul(struct model_txn *txn, struct slice name, struct buf *out,
                          struct err *err) {
  struct telling telling = {.out = out};
  TRY(find_collection(txn, name, &telling.collection, err));
  return model__with_learned(txn, telling.collection, append_suggestion, &telling, err);
}
