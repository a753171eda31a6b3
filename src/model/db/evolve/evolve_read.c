/* SPDX-License-Identifier: MIT */
/* What an evolution asks for: a whole genotype, or a merge patch (RFC 7396) of the newest one. */
#include "base/mem/mem.h"
#include "model/db/evolve/evolve_int.h"
#include "value/edit/edit.h"
#include "value/json/json.h"

static const char *const settings_names[] = {"open", "population", "indexes"};
enum { SETTINGS_COUNT = sizeof settings_names / sizeof settings_names[0] };

static bool is_setting(struct slice name) {
  for (int i = 0; i < SETTINGS_COUNT; i++) {
    if (slice_is_equal(name, slice_of_text(settings_names[i]))) return true;
  }
  return false;
}

/* What speaks of the request itself. */
static bool is_ours(struct slice name) {
  static const char *const names[] = {"rename", "transform", "actions", "dry_run", "alias"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (slice_is_equal(name, slice_of_text(names[i]))) return true;
  }
  return false;
}

static struct val inner_genotype(const struct val *given) {
  struct val inner = val_field(given, slice_of_text("genotype"));
  return inner.type == VAL_MAP ? inner : *given;
}

static void put_genotype(struct build *build, const struct val *genotype) {
  build_begin_map(build);
  for (uint32_t i = 0; i < val_count(genotype); i++) {
    struct slice name;
    struct val value = val_field_at(genotype, i, &name);
    if (is_setting(name) || is_ours(name)) continue;
    build_name(build, name);
    build_put(build, &value);
  }
  build_end(build);
}

/* {"genotype": {…}, "open": …, …}: settings stand beside, wherever they were given. */
static void put_wrapped(struct build *build, const struct val *given) {
  struct val genotype = inner_genotype(given);
  build_begin_map(build);
  build_name(build, slice_of_text("genotype"));
  put_genotype(build, &genotype);
  for (int i = 0; i < SETTINGS_COUNT; i++) {
    struct slice name = slice_of_text(settings_names[i]);
    struct val value = val_field(given, name);
    if (value.type == VAL_MISSING) value = val_field(&genotype, name);
    if (value.type == VAL_MISSING) continue;
    build_name(build, name);
    build_put(build, &value);
  }
  build_end(build);
}

status evolve__keep_built(struct evolving *evolving, struct build *build, struct val *out,
                          struct err *err) {
  struct slice built;
  TRY(build_finish(build, &built, err));
  const uint8_t *copy = arena_copy(&evolving->txn->kept, built.data, built.bytes);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a genotype");
  *out = val_decode(slice_of(copy, built.bytes), NULL);
  return LUMA_OK;
}

static status read_source(struct evolving *evolving, struct val *source, struct err *err) {
  struct json_read_options options = {.form = JSON_TAGGED};
  struct buf out;
  struct build build;
  struct val read;
  static const char nothing[] = "{\"genotype\":{}}";
  struct slice text =
      evolving->base->source.bytes ? evolving->base->source : slice_of_text(nothing);
  buf_init(&out, DOC_BYTES_MAX);
  status result = json_read_once(text, &options, &out, &read, err);
  struct buf renamed;
  buf_init(&renamed, DOC_BYTES_MAX);
  build_init(&build, &renamed, NULL);
  if (result == LUMA_OK) {
    result = evolve__put_renamed(evolving, &build, &read, err);
    if (result == LUMA_OK) result = evolve__keep_built(evolving, &build, source, err);
  }
  build_deinit(&build);
  buf_deinit(&renamed);
  buf_deinit(&out);
  return result;
}

/* With `merge` the patch is merged in; else the genotype is replaced and settings that are not
 * given stay. */
static status combine(struct evolving *evolving, const struct val *source, const struct val *given,
                      struct val *whole, struct err *err) {
  struct buf out;
  struct build build;
  struct edit edit;
  struct path_step step;
  struct path genotype = path_of_name(&step, slice_of_text("genotype"));
  struct arena arena;
  arena_init(&arena, 0, 0);
  buf_init(&out, DOC_BYTES_MAX);
  build_init(&build, &out, NULL);
  status result = edit_init(&edit, &arena, source, err);
  if (result == LUMA_OK && !evolving->request->merge) result = edit_unset(&edit, &genotype, err);
  if (result == LUMA_OK) result = edit_merge(&edit, given, err);
  if (result == LUMA_OK) result = evolve__act(evolving, &edit, err);
  if (result == LUMA_OK) {
    build_begin_map(&build);
    result = edit_write(&edit, &build, err);
    build_end(&build);
  }
  if (result == LUMA_OK) result = evolve__keep_built(evolving, &build, whole, err);
  build_deinit(&build);
  buf_deinit(&out);
  arena_deinit(&arena);
  return result;
}

status evolve__read(struct evolving *evolving, struct err *err) {
  const struct model_evolution *request = evolving->request;
  struct val source, given, whole;
  struct buf out;
  struct build build;
  evolving->hints = (struct soul_hints){.rename = request->rename, .transform = request->transform};
  if (val_is_null(&evolving->hints.rename))
    evolving->hints.rename = val_field(request->genotype, slice_of_text("rename"));
  if (val_is_null(&evolving->hints.transform))
    evolving->hints.transform = val_field(request->genotype, slice_of_text("transform"));
  TRY(evolve__find_dropped(evolving, err));
  TRY(evolve__read_transforms(evolving, err));
  TRY(read_source(evolving, &source, err));
  buf_init(&out, DOC_BYTES_MAX);
  build_init(&build, &out, NULL);
  put_wrapped(&build, request->genotype);
  status result = evolve__keep_built(evolving, &build, &given, err);
  build_deinit(&build);
  buf_deinit(&out);
  TRY(result);
  /* What cannot be read as it is may be right with what else is asked for. */
  if (val_count(&evolving->hints.rename))
    (void)soul_read(&source, evolving->txn->model->options.rules, &evolving->renamed, NULL);
  TRY(combine(evolving, &source, &given, &whole, err));
  return soul_read(&whole, evolving->txn->model->options.rules, &evolving->fresh, err);
}
