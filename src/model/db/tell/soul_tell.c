/* SPDX-License-Identifier: MIT */
/* What is told of souls and collections: lists and descriptions. */
#include "base/text/quote.h"
#include "model/db/tell/tell.h"
#include "value/json/json.h"

/* ---- all souls ---- */

static status append_soul(struct model_txn *txn, const struct collection *collection,
                          struct buf *out, struct err *err) {
  uint64_t count;
  char id[ULID_TEXT_BYTES];
  TRY(model_count(txn, collection, &count, err));
  ulid_format(collection->genotype->id, id);
  model__tell_name(out, "alias", true);
  json_write_text(out, collection->name);
  model__tell_text(out, "id", slice_of(id, sizeof id));
  buf_append_text(out, ",\"hash\":\"");
  soul_append_hash(out, collection->genotype->hash);
  buf_append_byte(out, '"');
  model__tell_number(out, "versions", evolution_souls_before(collection->evolution) + 1u);
  model__tell_number(out, "attributes", collection->genotype->attributes_count);
  model__tell_number(out, "beings", count);
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

/* ---- DESCRIBE ---- */

static void append_transitions(struct buf *out, const struct soul_attribute *attribute) {
  if (!attribute->has_transitions) return;
  model__tell_name(out, "transitions", false);
  buf_append_byte(out, '[');
  for (uint32_t i = 0; i < attribute->transitions_count; i++) {
    const struct soul_transition *one = &attribute->transitions[i];
    struct json_write_options options = {0};
    if (i) buf_append_byte(out, ',');
    model__tell_name(out, "from", true);
    json_write(out, &one->from, &options);
    model__tell_value(out, "to", &one->to);
    if (one->guard.bytes) model__tell_text(out, "guard", one->guard);
    buf_append_byte(out, '}');
  }
  buf_append_byte(out, ']');
}

static void append_rules(struct buf *out, const struct soul_attribute *attribute) {
  model__tell_name(out, "required", false);
  buf_append_text(out, attribute->required ? "true" : "false");
  model__tell_name(out, "unique", false);
  buf_append_text(out, attribute->unique ? "true" : "false");
  if (attribute->default_value.type) model__tell_value(out, "default", &attribute->default_value);
  if (attribute->default_expression.bytes)
    model__tell_text(out, "default_expression", attribute->default_expression);
  if (attribute->computed.bytes) model__tell_text(out, "computed", attribute->computed);
  if (attribute->min.type) model__tell_value(out, "min", &attribute->min);
  if (attribute->max.type) model__tell_value(out, "max", &attribute->max);
  if (attribute->min_length != SOUL_NONE)
    model__tell_number(out, "min_length", attribute->min_length);
  if (attribute->max_length != SOUL_NONE)
    model__tell_number(out, "max_length", attribute->max_length);
  if (attribute->pattern.bytes) model__tell_text(out, "pattern", attribute->pattern);
  if (attribute->allowed.type) model__tell_value(out, "enum", &attribute->allowed);
  if (attribute->on_delete == SOUL_CASCADE) buf_append_text(out, ",\"on_delete\":\"cascade\"");
  if (attribute->on_delete == SOUL_SET_NULL) buf_append_text(out, ",\"on_delete\":\"set null\"");
  if (attribute->constraint.bytes) model__tell_text(out, "constraint", attribute->constraint);
  if (attribute->not_valid) buf_append_text(out, ",\"not_valid\":true");
  append_transitions(out, attribute);
  if (attribute->immutable) buf_append_text(out, ",\"immutable\":true");
  if (attribute->sensitive) buf_append_text(out, ",\"sensitive\":true");
  if (attribute->description.bytes) model__tell_text(out, "description", attribute->description);
}

/* Rows of what is declared, with commas between them. */
struct rows {
  struct buf *out;
  struct buf path; /* of the attribute in hand */
  bool is_first;
};

static void begin_row(struct rows *rows, const char *kind) {
  if (!rows->is_first) buf_append_byte(rows->out, ',');
  rows->is_first = false;
  model__tell_name(rows->out, kind, true);
}

static void append_attribute(struct rows *rows, const struct soul_attribute *attribute);

static void append_at(struct rows *rows, const char *before, struct slice name,
                      const struct soul_attribute *attribute) {
  size_t bytes = rows->path.bytes;
  buf_append_text(&rows->path, before);
  buf_append_slice(&rows->path, name);
  append_attribute(rows, attribute);
  rows->path.bytes = bytes;
}

/* The attribute at rows->path, then those inside it: `addr.city`, `kids[].nick`, `scores.*`. */
static void append_attribute(struct rows *rows, const struct soul_attribute *attribute) {
  const struct soul_type *declared = &attribute->type;
  struct buf type;
  buf_init(&type, 64 << 10);
  soul_type_format(&type, declared);
  begin_row(rows, "attribute");
  json_write_text(rows->out, buf_slice(&rows->path));
  model__tell_text(rows->out, "type", buf_slice(&type));
  append_rules(rows->out, attribute);
  buf_append_byte(rows->out, '}');
  buf_deinit(&type);
  for (uint32_t i = 0; i < declared->fields_count; i++)
    append_at(rows, ".", declared->fields[i].name, &declared->fields[i]);
  if (declared->item)
    append_at(rows, declared->kind == SOUL_LIST ? "[]" : ".*", slice_of(NULL, 0), declared->item);
}

static void append_constraint(struct rows *rows, const struct soul_constraint *constraint) {
  struct buf *out = rows->out;
  begin_row(rows, "constraint");
  json_write_text(out, constraint->name);
  if (constraint->check.bytes) model__tell_text(out, "check", constraint->check);
  if (constraint->not_valid) buf_append_text(out, ",\"not_valid\":true");
  for (uint32_t i = 0; i < constraint->attributes_count; i++) {
    if (i == 0) model__tell_name(out, "unique", false);
    buf_append_byte(out, i ? ',' : '[');
    json_write_text(out, constraint->attributes[i]);
  }
  buf_append_text(out, constraint->attributes_count ? "]}" : "}");
}

static void append_limit(struct rows *rows, const struct soul_limit *limit) {
  struct buf *out = rows->out;
  begin_row(rows, "population");
  buf_append_format(out, "%llu", (unsigned long long)limit->max);
  for (uint32_t i = 0; i < limit->per_count; i++) {
    if (i == 0) model__tell_name(out, "per", false);
    buf_append_byte(out, i ? ',' : '[');
    json_write_text(out, limit->per[i]);
  }
  if (limit->per_count) buf_append_byte(out, ']');
  if (limit->where.bytes) model__tell_text(out, "where", limit->where);
  buf_append_byte(out, '}');
}

static void append_function(struct rows *rows, const struct soul_function *function) {
  begin_row(rows, "function");
  json_write_text(rows->out, function->name);
  model__tell_text(rows->out, "expression", function->expression);
  buf_append_byte(rows->out, '}');
}

static void describe_soul(struct buf *out, const struct soul *soul) {
  struct rows rows = {.out = out, .is_first = true};
  buf_init(&rows.path, 64 << 10);
  for (uint32_t i = 0; i < soul->attributes_count; i++)
    append_at(&rows, "", soul->attributes[i].name, &soul->attributes[i]);
  for (uint32_t i = 0; i < soul->constraints_count; i++)
    append_constraint(&rows, &soul->constraints[i]);
  for (uint32_t i = 0; i < soul->functions_count; i++) append_function(&rows, &soul->functions[i]);
  for (uint32_t i = 0; i < soul->settings.limits_count; i++)
    append_limit(&rows, &soul->settings.limits[i]);
  buf_deinit(&rows.path);
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
  uint32_t count = model__tell_learned(&list, learned, soul, true);
  uint32_t declared = soul ? soul->attributes_count + soul->constraints_count +
                                 soul->functions_count + soul->settings.limits_count
                           : 0;
  if (count && declared) buf_append_byte(telling->out, ',');
  buf_append_slice(telling->out, buf_slice(&list));
  status result = buf_check(&list, "the description", err);
  buf_deinit(&list);
  return result;
}

/* A soul that no collection has now, or several have: what it says by itself. */
static status describe_alone(struct model_txn *txn, struct slice name, struct buf *out,
                             struct err *err) {
  struct soul *soul = NULL;
  TRY(model__soul_named(txn, name, &soul, err));
  buf_append_byte(out, '[');
  describe_soul(out, soul);
  buf_append_byte(out, ']');
  soul_release(soul);
  return buf_check(out, "the description", err);
}

status model_describe(struct model_txn *txn, struct slice name, struct buf *out, struct err *err) {
  struct telling telling = {.out = out, .collection = model_collection_of_soul(txn, name)};
  const struct collection *collection = telling.collection;
  if (!collection) return describe_alone(txn, name, out, err);
  buf_append_byte(out, '[');
  if (collection->genotype) describe_soul(out, collection->genotype);
  if (!collection->genotype || collection->open)
    TRY(model__with_learned(txn, collection, describe_learned, &telling, err));
  buf_append_byte(out, ']');
  return buf_check(out, "the description", err);
}

/* ---- the statement that makes a collection ---- */

status model_write_source(struct model_txn *txn, struct slice alias, struct buf *out,
                          struct err *err) {
  const struct collection *collection = model_collection_of_soul(txn, alias);
  struct buf statement;
  if (!collection)
    FAIL(err, LUMA_UNKNOWN_COLLECTION, "there is no collection `%.*s`", SLICE_ARG(alias));
  buf_init(&statement, 8 * SOUL_TEXT_BYTES_MAX);
  buf_append_text(&statement, collection->genotype ? "CREATE SOUL " : "CREATE COLLECTION ");
  quote_append(&statement, collection->name, '`');
  if (collection->genotype) {
    buf_append_text(&statement, " FROM ");
    quote_append(&statement, collection->source, '\'');
  }
  buf_append_text(out, "[{\"collection\":");
  json_write_text(out, collection->name);
  model__tell_text(out, "statement", buf_slice(&statement));
  buf_append_text(out, "}]");
  status result = buf_check(&statement, "the statement", err);
  buf_deinit(&statement);
  TRY(result);
  return buf_check(out, "the statement", err);
}
