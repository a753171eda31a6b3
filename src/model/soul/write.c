/* SPDX-License-Identifier: MIT */
/* Genotypes as JSON: the canonical form, which is hashed, and the form that is shown. What is not
 * said (a rule that is not there, false) is not written, so that two ways of saying nothing are
 * one. */
#include <stdlib.h>

#include "base/mem/mem.h"
#include "model/soul/soul.h"
#include "value/json/json.h"

struct writing {
  struct buf *out;
  enum soul_form form;
  bool is_first; /* in the map or list that is open */
};

static void separate(struct writing *writing) {
  if (!writing->is_first) buf_append_byte(writing->out, ',');
  writing->is_first = false;
}

static void put_name(struct writing *writing, struct slice name) {
  separate(writing);
  json_write_text(writing->out, name);
  buf_append_byte(writing->out, ':');
}

static void put_key(struct writing *writing, const char *name) {
  put_name(writing, slice_of_text(name));
}

static void open(struct writing *writing, char bracket) {
  buf_append_byte(writing->out, (uint8_t)bracket);
  writing->is_first = true;
}

static void end(struct writing *writing, char bracket) {
  buf_append_byte(writing->out, (uint8_t)bracket);
  writing->is_first = false;
}

static void put_text(struct writing *writing, const char *name, struct slice text) {
  if (text.bytes == 0) return;
  put_key(writing, name);
  json_write_text(writing->out, text);
}

static void put_flag(struct writing *writing, const char *name, bool value) {
  if (!value) return;
  put_key(writing, name);
  buf_append_text(writing->out, "true");
}

static void put_value(struct writing *writing, const char *name, const struct val *value) {
  struct json_write_options options = {
      .form = writing->form == SOUL_CANONICAL ? JSON_TAGGED : JSON_PLAIN, .key_name = "_id"};
  if (value->type == VAL_MISSING) return;
  put_key(writing, name);
  json_write(writing->out, value, &options);
}

static void put_length(struct writing *writing, const char *name, uint32_t length) {
  if (length == SOUL_NONE) return;
  put_key(writing, name);
  buf_append_format(writing->out, "%u", length);
}

static void put_texts(struct writing *writing, const char *name, const struct slice *texts,
                      uint32_t count) {
  put_key(writing, name);
  open(writing, '[');
  for (uint32_t i = 0; i < count; i++) {
    separate(writing);
    json_write_text(writing->out, texts[i]);
  }
  end(writing, ']');
}

static void put_transitions(struct writing *writing, const struct soul_attribute *attribute) {
  if (!attribute->has_transitions) return;
  put_key(writing, "transitions");
  open(writing, '[');
  for (uint32_t i = 0; i < attribute->transitions_count; i++) {
    const struct soul_transition *one = &attribute->transitions[i];
    separate(writing);
    open(writing, '{');
    put_value(writing, "from", &one->from);
    put_text(writing, "guard", one->guard);
    put_value(writing, "to", &one->to);
    end(writing, '}');
  }
  end(writing, ']');
}

static void put_attributes(struct writing *writing, const struct soul_attribute *attributes,
                           uint32_t count);

static void put_type(struct writing *writing, const struct soul_type *type) {
  put_key(writing, "type");
  struct buf text;
  buf_init(&text, 64 << 10);
  soul_type_format(&text, type);
  json_write_text(writing->out, buf_slice(&text));
  if (text.failed != LUMA_OK) writing->out->failed = text.failed;
  buf_deinit(&text);
}

static void put_fields(struct writing *writing, const struct soul_type *type) {
  if (!type->fields) return;
  put_key(writing, "attributes");
  put_attributes(writing, type->fields, type->fields_count);
  put_flag(writing, "open", type->fields_open);
}

static void put_attribute(struct writing *writing, const struct soul_attribute *attribute);

static void put_item(struct writing *writing, const struct soul_type *type) {
  if (!type->item) return;
  put_key(writing, "items");
  put_attribute(writing, type->item);
}

/* The keys are in alphabetical order. */
static void put_attribute(struct writing *writing, const struct soul_attribute *attribute) {
  static const char *const on_delete[] = {"restrict", "cascade", "set null"};
  open(writing, '{');
  put_fields(writing, &attribute->type);
  put_text(writing, "computed", attribute->computed);
  if (writing->form == SOUL_SHOWN) put_text(writing, "constraint", attribute->constraint);
  put_value(writing, "default", &attribute->default_value);
  put_text(writing, "default_expression", attribute->default_expression);
  if (writing->form == SOUL_SHOWN) put_text(writing, "description", attribute->description);
  put_value(writing, "enum", &attribute->allowed);
  put_flag(writing, "immutable", attribute->immutable);
  if (writing->form == SOUL_SHOWN) put_flag(writing, "index", attribute->indexed);
  put_item(writing, &attribute->type);
  put_value(writing, "max", &attribute->max);
  put_length(writing, "max_length", attribute->max_length);
  put_value(writing, "min", &attribute->min);
  put_length(writing, "min_length", attribute->min_length);
  put_flag(writing, "not_valid", attribute->not_valid);
  if (attribute->on_delete != SOUL_RESTRICT)
    put_text(writing, "on_delete", slice_of_text(on_delete[attribute->on_delete]));
  put_text(writing, "pattern", attribute->pattern);
  put_flag(writing, "required", attribute->required);
  put_flag(writing, "sensitive", attribute->sensitive);
  put_transitions(writing, attribute);
  put_type(writing, &attribute->type);
  put_flag(writing, "unique", attribute->unique);
  end(writing, '}');
}

static int by_name(const void *a, const void *b) {
  const struct soul_attribute *const *left = a, *const *right = b;
  return slice_compare((*left)->name, (*right)->name);
}

static void put_attributes(struct writing *writing, const struct soul_attribute *attributes,
                           uint32_t count) {
  const struct soul_attribute **sorted = mem_zalloc(count + 1u, sizeof(struct soul_attribute *));
  if (!sorted) {
    writing->out->failed = LUMA_OUT_OF_MEMORY;
    return;
  }
  for (uint32_t i = 0; i < count; i++) sorted[i] = &attributes[i];
  if (writing->form == SOUL_CANONICAL) qsort(sorted, count, sizeof *sorted, by_name);
  open(writing, '{');
  for (uint32_t i = 0; i < count; i++) {
    put_name(writing, sorted[i]->name);
    put_attribute(writing, sorted[i]);
  }
  end(writing, '}');
  mem_free(sorted);
}

static void put_constraints(struct writing *writing, const struct soul *soul) {
  if (soul->constraints_count == 0) return;
  put_key(writing, "constraints");
  open(writing, '{');
  for (uint32_t i = 0; i < soul->constraints_count; i++) {
    const struct soul_constraint *one = &soul->constraints[i];
    put_name(writing, one->name);
    open(writing, '{');
    put_text(writing, "check", one->check);
    if (one->kind == SOUL_UNIQUE)
      put_texts(writing, "unique", one->attributes, one->attributes_count);
    put_flag(writing, "not_valid", one->not_valid);
    end(writing, '}');
  }
  end(writing, '}');
}

static void put_functions(struct writing *writing, const struct soul *soul) {
  if (soul->functions_count == 0) return;
  put_key(writing, "functions");
  open(writing, '{');
  for (uint32_t i = 0; i < soul->functions_count; i++) {
    put_name(writing, soul->functions[i].name);
    json_write_text(writing->out, soul->functions[i].expression);
  }
  end(writing, '}');
}

void soul_write(struct buf *out, const struct soul *soul, enum soul_form form) {
  struct writing writing = {.out = out, .form = form};
  open(&writing, '{');
  put_key(&writing, "attributes");
  put_attributes(&writing, soul->attributes, soul->attributes_count);
  put_constraints(&writing, soul);
  put_functions(&writing, soul);
  put_key(&writing, "genesis");
  open(&writing, '{');
  if (form == SOUL_SHOWN) put_text(&writing, "description", soul->description);
  put_text(&writing, "name", soul->name);
  put_text(&writing, "version", soul->version);
  end(&writing, '}');
  end(&writing, '}');
}

void soul_write_attributes(struct buf *out, const struct soul_attribute *attributes,
                           uint32_t count) {
  struct writing writing = {.out = out, .form = SOUL_CANONICAL};
  put_attributes(&writing, attributes, count);
}

void soul_write_limits(struct buf *out, const struct soul_limit *limits, uint32_t count) {
  struct writing writing = {.out = out, .form = SOUL_SHOWN};
  open(&writing, '[');
  for (uint32_t i = 0; i < count; i++) {
    separate(&writing);
    open(&writing, '{');
    put_key(&writing, "max");
    buf_append_format(out, "%llu", (unsigned long long)limits[i].max);
    if (limits[i].per_count) put_texts(&writing, "per", limits[i].per, limits[i].per_count);
    put_text(&writing, "where", limits[i].where);
    end(&writing, '}');
  }
  end(&writing, ']');
}
