/* SPDX-License-Identifier: MIT */
/* Values that an evolution gives to beings that are there: those of its own expressions, and the
 * defaults of attributes that are new. A default that is the same for all of them (now(), 1 + 2) is
 * computed once, and one that depends on the being alone is made as it is read; only what is
 * another for each being (numbers of a sequence, what is random) has to be written. */
#include "base/mem/mem.h"
#include "model/db/evolve/evolve_int.h"
#include "model/soul/coerce.h"

/* ---- expressions of the evolution ---- */

static status read_transform(struct evolving *evolving, struct slice name, struct slice text,
                             struct slice *whole, struct err *err) {
  const struct collection *base = evolving->base;
  struct buf path;
  buf_init(&path, 64 << 10);
  buf_append_format(&path, "transform.%.*s", SLICE_ARG(name));
  struct soul_rule rule = {.kind = SOUL_RULE_VALUE, .text = text, .path = buf_slice(&path)};
  status result =
      soul_read_expression(base->genotype, &rule, !base->open, &evolving->txn->kept, whole, err);
  buf_deinit(&path);
  return result;
}

static status put_transforms(struct evolving *evolving, struct build *build, struct err *err) {
  const struct val *given = &evolving->hints.transform;
  build_begin_map(build);
  for (uint32_t i = 0; i < val_count(given); i++) {
    struct slice name, whole;
    struct val text = val_field_at(given, i, &name);
    if (text.type == VAL_TEXT) {
      TRY(read_transform(evolving, name, val_slice(&text), &whole, err));
      text = val_text(whole);
    }
    build_name(build, name);
    build_put(build, &text);
  }
  build_end(build);
  return LUMA_OK;
}

status evolve__read_transforms(struct evolving *evolving, struct err *err) {
  struct buf out;
  struct build build;
  if (val_count(&evolving->hints.transform) == 0 || !evolving->base->genotype) return LUMA_OK;
  if (!evolving->base->genotype->ops) FAIL(err, LUMA_UNSUPPORTED, "nothing here reads expressions");
  buf_init(&out, DOC_BYTES_MAX);
  build_init(&build, &out, NULL);
  status result = put_transforms(evolving, &build, err);
  if (result == LUMA_OK)
    result = evolve__keep_built(evolving, &build, &evolving->hints.transform, err);
  build_deinit(&build);
  buf_deinit(&out);
  return result;
}

/* ---- defaults ---- */

/* The value of an expression that reads no being, as the attribute has it. */
static status compute(struct evolving *evolving, struct soul_program *program,
                      const struct soul_attribute *attribute, struct soul_default *out,
                      struct err *err) {
  struct model_txn *txn = evolving->txn;
  struct buf room;
  struct build build;
  struct slice built;
  struct val value = val_missing(), nobody;
  bool changed = false;
  buf_init(&room, 4096);
  build_init(&build, &room, NULL);
  build_begin_map(&build);
  build_end(&build);
  status result = build_finish(&build, &built, err);
  if (result == LUMA_OK) {
    nobody = val_decode(built, NULL);
    program->now_us = txn->now_us ? txn->now_us : os_now_us(txn->model->os);
    result = evolving->fresh->ops->run(program, attribute->default_rule, &nobody, 1, &txn->kept,
                                       &value, err);
  }
  build_deinit(&build);
  buf_deinit(&room);
  TRY(result);
  /* What is not of the type is told of when beings are written. */
  if (!val_is_null(&value) && !soul_coerce(&attribute->type, &value, &txn->kept, &value, &changed))
    return LUMA_OK;
  if (value.type == VAL_MISSING) value = val_null();
  *out = (struct soul_default){SOUL_DEFAULT_CONSTANT, value};
  return LUMA_OK;
}

static status find_default(struct evolving *evolving, struct soul_program *program,
                           const struct soul_attribute *attribute, struct soul_default *out,
                           struct err *err) {
  const struct soul_rules_ops *ops = evolving->fresh->ops;
  bool may_be_there = evolving->base->open || !evolving->base->genotype;
  *out = (struct soul_default){.kind = SOUL_DEFAULT_WRITTEN};
  if (ops->is_common(program, attribute->default_rule))
    TRY(compute(evolving, program, attribute, out, err));
  else if (!may_be_there && ops->lasts(program, attribute->default_rule))
    out->kind = SOUL_DEFAULT_MADE;
  evolving->rewrites |= out->kind == SOUL_DEFAULT_WRITTEN;
  return LUMA_OK;
}

static bool has_default(const struct evolving *evolving, const struct soul_versions *versions,
                        const struct soul_attribute *attribute) {
  return attribute->default_rule != SOUL_NONE &&
         !slice_is_equal(attribute->name, slice_of_text("id")) &&
         val_field(&evolving->hints.transform, attribute->name).type != VAL_TEXT &&
         soul_is_new(versions, &evolving->hints, attribute);
}

static status find_defaults(struct evolving *evolving, const struct soul_versions *versions,
                            struct soul_program *program, struct soul_default *defaults,
                            struct err *err) {
  const struct soul *fresh = evolving->fresh;
  for (uint32_t i = 0; i < fresh->attributes_count; i++)
    if (has_default(evolving, versions, &fresh->attributes[i]))
      TRY(find_default(evolving, program, &fresh->attributes[i], &defaults[i], err));
  /* What is made of a being may read what is to be written first. */
  for (uint32_t i = 0; evolving->rewrites && i < fresh->attributes_count; i++)
    if (defaults[i].kind == SOUL_DEFAULT_MADE) defaults[i].kind = SOUL_DEFAULT_WRITTEN;
  return LUMA_OK;
}

status evolve__find_defaults(struct evolving *evolving, struct err *err) {
  const struct soul *fresh = evolving->fresh;
  struct soul_versions versions = {
      .old = evolving->base->genotype, .fresh = fresh, .renamed = evolving->renamed};
  struct soul_program *program;
  bool any = false;
  for (uint32_t i = 0; i < fresh->attributes_count; i++)
    any |= has_default(evolving, &versions, &fresh->attributes[i]);
  if (!any) return LUMA_OK;
  struct soul_default *defaults =
      arena_zalloc(&evolving->txn->kept, fresh->attributes_count, sizeof *defaults);
  if (!defaults) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for an evolution");
  evolving->hints.defaults = defaults;
  TRY(soul_take_program(fresh, &program, err));
  status result = find_defaults(evolving, &versions, program, defaults, err);
  soul_give_program(fresh, program);
  return result;
}

/* ---- writing ---- */

/* A copy is written: what a default needs may take the place of what was read. */
static status write_anew(struct evolving *evolving, const struct doc *document, struct err *err) {
  struct doc copy = *document;
  uint8_t *data = mem_alloc(document->bytes + 1);
  if (!data) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a being");
  memcpy(data, document->data, document->bytes);
  copy.data = data;
  struct val root = doc_root(&copy);
  status done = model_replace(evolving->txn, evolving->now, &copy, &root, err);
  mem_free(data);
  return done;
}

static status write_some(void *context, struct doc *documents, uint32_t count, bool *goes_on,
                         struct err *err) {
  (void)goes_on;
  for (uint32_t i = 0; i < count; i++) TRY(write_anew(context, &documents[i], err));
  return LUMA_OK;
}

status evolve__give_defaults(struct evolving *evolving, struct err *err) {
  struct model_walk walk = {.look = write_some, .context = evolving};
  return model_walk(evolving->txn, evolving->now, &walk, err);
}
