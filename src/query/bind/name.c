/* SPDX-License-Identifier: MIT */
/* Names: what the first step of a path means. */
#include "base/text/buf.h"
#include "base/text/suggest.h"
#include "model/catalog/catalog.h"
#include "query/bind/bind_int.h"

enum { DOUBT_BYTES_MAX = 1024 };

status bind__fail(const struct binder *binder, uint64_t offset, status failed, struct err *err) {
  if (failed != LUMA_OK && err && err->line == 0 && binder->text.bytes &&
      offset <= binder->text.bytes)
    err_position(err, (const char *)binder->text.data, binder->text.bytes, offset);
  return failed;
}

status bind__memory(const struct binder *binder, const void *made, struct err *err) {
  return plan_check_memory(binder->arena, made, err);
}

status bind__room(const struct binder *binder, uint32_t count, size_t bytes, void *room,
                  struct err *err) {
  void *made = arena_zalloc(binder->arena, count ? count : 1, bytes);
  memcpy(room, &made, sizeof made); /* `room` is the address of a pointer of any type */
  return bind__memory(binder, made, err);
}

/** Whether what is read of a column is sensitive: the attribute, or, of whole documents, any. */
static bool is_sensitive(const struct plan_column *column, const struct path *path) {
  const struct soul *soul = column->collection ? column->collection->genotype : NULL;
  if (column->is_sensitive || !soul || !column->is_document) return column->is_sensitive;
  if (path->count) return soul_is_sensitive(soul, path);
  for (uint32_t i = 0; i < soul->attributes_count; i++) {
    if (soul->attributes[i].is_masked) return true;
  }
  return false;
}

/** FIELD: column `slot`, then the path from `first` on. */
static status make_field(struct binder *binder, const struct scope *scope, const struct expr *name,
                         uint32_t slot, uint32_t first, struct expr **out, struct err *err) {
  struct expr *field = arena_copy(binder->arena, name, sizeof *name);
  TRY(bind__memory(binder, field, err));
  field->kind = EXPR_FIELD;
  field->slot = slot;
  field->path = (struct path){.count = name->path.count - first, .steps = name->path.steps + first};
  bool in_document =
      scope->columns[slot].is_document && field->path.count && field->path.steps[0].is_name;
  field->is_masked = is_sensitive(&scope->columns[slot], &field->path);
  field->key = in_document && slice_is_equal(field->path.steps[0].name, slice_of_text("id"));
  *out = field;
  return LUMA_OK;
}

static bool same_name(struct slice a, struct slice b, bool nocase) {
  return nocase ? slice_is_equal_nocase(a, b) : slice_is_equal(a, b);
}

/** The document column that goes by the alias `step`: exactly, else by the only match without case.
 */
static bool find_source(const struct scope *scope, struct slice step, uint32_t *slot) {
  for (int nocase = 0; nocase < 2; nocase++) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < scope->count; i++) {
      const struct plan_column *column = &scope->columns[i];
      if (!column->is_document || !column->source.bytes || column->is_hidden ||
          !same_name(column->source, step, nocase))
        continue;
      *slot = i;
      found++;
    }
    if (found) return found == 1;
  }
  return false;
}

/** Computed columns of the name (with `source`: of that source); how many. */
static uint32_t find_computed(const struct scope *scope, const struct slice *source,
                              struct slice step, uint32_t *slot) {
  for (int nocase = 0; nocase < 2; nocase++) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < scope->count; i++) {
      const struct plan_column *column = &scope->columns[i];
      bool is_source = column->is_document && column->source.bytes && column->is_spread;
      if (is_source || column->is_hidden || !same_name(column->name, step, nocase)) continue;
      if (source ? !same_name(column->source, *source, true) : column->is_qualified) continue;
      *slot = i;
      found++;
    }
    if (found) return found;
  }
  return 0;
}

/** The document column when there is just one; the number of them in `*count`. */
static uint32_t only_document(const struct scope *scope, uint32_t *count) {
  uint32_t slot = 0;
  *count = 0;
  for (uint32_t i = 0; i < scope->count; i++) {
    if (!scope->columns[i].is_document) continue;
    if (*count == 0) slot = i;
    (*count)++;
  }
  return slot;
}

static status fail_ambiguous(struct binder *binder, const struct scope *scope,
                             const struct expr *name, struct err *err) {
  struct slice alias = {0};
  for (uint32_t i = 0; i < scope->count && !alias.bytes; i++)
    if (scope->columns[i].is_document) alias = scope->columns[i].source;
  status failed =
      err_raise(err, LUMA_UNKNOWN_FIELD, __FILE__, __LINE__,
                "`%.*s` is ambiguous: more than one source may have it", SLICE_ARG(name->name));
  if (err) err_hint(err, "qualify it: `%.*s.%.*s`", SLICE_ARG(alias), SLICE_ARG(name->name));
  return bind__fail(binder, name->offset, failed, err);
}

/** What the name may have been meant to be, with `source`: of this one. */
static void offer_columns(struct suggest *suggest, const struct scope *scope,
                          const struct slice *source) {
  for (uint32_t i = 0; i < scope->count; i++) {
    const struct plan_column *column = &scope->columns[i];
    if (column->is_hidden || (source && !same_name(column->source, *source, true))) continue;
    suggest_offer(suggest, column->name);
    const struct soul *soul =
        bind__is_closed(column->collection) ? column->collection->genotype : NULL;
    for (uint32_t a = 0; soul && a < soul->attributes_count; a++)
      suggest_offer(suggest, soul->attributes[a].name);
  }
}

/** `source.name`, where the source is known. */
static bool is_of_source(const struct scope *scope, const struct path *path) {
  bool has_two = path->count > 1 && path->steps[0].is_name && path->steps[1].is_name;
  for (uint32_t i = 0; has_two && i < scope->count; i++)
    if (same_name(scope->columns[i].source, path->steps[0].name, true)) return true;
  return false;
}

static status fail_unknown(struct binder *binder, const struct scope *scope,
                           const struct expr *name, struct err *err) {
  struct suggest suggest;
  const struct path *path = &name->path;
  bool is_qualified = is_of_source(scope, path);
  suggest_init(&suggest, is_qualified ? path->steps[1].name : name->name);
  offer_columns(&suggest, scope, is_qualified ? &path->steps[0].name : NULL);
  for (const struct frame *frame = binder->frame; frame && !is_qualified; frame = frame->parent)
    offer_columns(&suggest, frame->scope, NULL);
  status failed = err_raise(err, LUMA_UNKNOWN_FIELD, __FILE__, __LINE__,
                            "there is no column `%.*s`", SLICE_ARG(name->name));
  bool is_good = suggest_is_good(&suggest);
  if (err && is_good && is_qualified)
    err_hint(err, "did you mean `%.*s.%.*s`?", SLICE_ARG(path->steps[0].name),
             SLICE_ARG(suggest.best));
  else if (err && is_good)
    err_hint(err, "did you mean `%.*s`?", SLICE_ARG(suggest.best));
  else if (err && scope->count == 0)
    err_hint(err, "a text stands in 'single quotes'");
  return bind__fail(binder, name->offset, failed, err);
}

/** The only name in the dictionary equal to `name` but for case; empty if there is not exactly one,
 * or `name` itself is there. */
static struct slice find_nocase(const struct names *names, struct slice name) {
  struct slice found = {0};
  if (names_find(names, name) != NAMES_NONE) return found;
  for (uint32_t id = 0; id < names_count(names); id++) {
    struct slice candidate = names_get(names, (uint16_t)id);
    if (!slice_is_equal_nocase(candidate, name)) continue;
    if (found.bytes) return (struct slice){0};
    found = candidate;
  }
  return found;
}

/** What an attribute of the collection is called that `name` means; empty where it is right. */
static struct slice right_name(const struct collection *collection, struct slice name) {
  if (slice_is_equal(name, slice_of_text("id"))) return slice_of(NULL, 0);
  const struct soul_attribute *attribute = bind__attribute(collection, name);
  if (attribute && slice_is_equal(attribute->name, name)) return slice_of(NULL, 0);
  struct slice right = attribute ? attribute->name : find_nocase(collection->names, name);
  bool is_key = !right.bytes && slice_is_equal_nocase(name, slice_of_text("id")) &&
                names_find(collection->names, name) == NAMES_NONE;
  return is_key ? slice_of_text("id") : right;
}

/** Attributes match exactly, else by the only attribute that is equal without case: the steps of
 * the path are put right. */
static status correct_case(struct binder *binder, const struct plan_column *column,
                           struct expr *field, struct err *err) {
  const struct collection *collection =
      binder->catalog && column->source.bytes && column->collection ? column->collection : NULL;
  struct path_step *steps = NULL;
  if (!collection || field->dotted) return LUMA_OK;
  for (uint32_t i = 0; i < field->path.count; i++) {
    const struct path_step *step = &field->path.steps[i];
    if (!step->is_name) continue;
    struct slice right =
        i ? find_nocase(collection->names, step->name) : right_name(collection, step->name);
    if (!right.bytes) continue;
    if (!steps) {
      steps = arena_copy(binder->arena, field->path.steps, field->path.count * sizeof *steps);
      TRY(bind__memory(binder, steps, err));
      field->path.steps = steps;
    }
    steps[i].name = right;
    if (i == 0) field->key = slice_is_equal(right, slice_of_text("id"));
  }
  return LUMA_OK;
}

const struct soul_attribute *bind__attribute(const struct collection *collection,
                                             struct slice name) {
  const struct soul *soul = collection->genotype;
  const struct soul_attribute *found = soul ? soul_attribute(soul, name) : NULL;
  for (uint32_t i = 0; soul && !found && i < soul->attributes_count; i++)
    if (slice_is_equal_nocase(soul->attributes[i].name, name)) found = &soul->attributes[i];
  return found;
}

bool bind__is_closed(const struct collection *collection) {
  return collection && collection->genotype && !collection->open;
}

/** Whether documents of a collection may have an attribute `name`. */
static bool may_have(const struct collection *collection, struct slice name) {
  if (slice_is_equal(name, slice_of_text("id")) || slice_is_equal(name, slice_of_text("_id")))
    return true;
  if (bind__attribute(collection, name)) return true;
  if (bind__is_closed(collection)) return false;
  return names_find(collection->names, name) != NAMES_NONE ||
         find_nocase(collection->names, name).bytes;
}

/** Whether documents of the column are known to have an attribute `name`. */
static bool knows(const struct plan_column *column, struct slice name) {
  if (!column->is_document || column->is_hidden || !column->collection) return false;
  for (uint32_t i = 0; i < column->without_count; i++)
    if (slice_is_equal(column->without[i], name)) return false;
  return may_have(column->collection, name);
}

/** The document columns that know the name; how many. */
static uint32_t find_knowing(const struct scope *scope, struct slice name, uint32_t *slot) {
  uint32_t found = 0;
  for (uint32_t i = 0; i < scope->count; i++) {
    if (!knows(&scope->columns[i], name)) continue;
    if (found == 0) *slot = i;
    found++;
  }
  return found;
}

/** The text of a doubt, in the binder's arena. */
static status write_doubt(struct binder *binder, const struct collection *collection,
                          struct slice name, struct err *err) {
  struct suggest suggest;
  struct buf text;
  suggest_init(&suggest, name);
  for (uint32_t id = 0; id < names_count(collection->names); id++)
    suggest_offer(&suggest, names_get(collection->names, (uint16_t)id));
  buf_init(&text, DOUBT_BYTES_MAX);
  buf_append_format(&text, "no document of `%.*s` has an attribute `%.*s`: it is NULL",
                    SLICE_ARG(collection->name), SLICE_ARG(name));
  if (suggest_is_good(&suggest))
    buf_append_format(&text, "; did you mean `%.*s`?", SLICE_ARG(suggest.best));
  buf_append_byte(&text, 0);
  if (text.failed == LUMA_OK) binder->doubt = arena_copy(binder->arena, text.data, text.bytes);
  status done = text.failed == LUMA_TOO_LARGE ? LUMA_OK : buf_check(&text, "a warning", err);
  if (done == LUMA_OK && text.failed == LUMA_OK) done = bind__memory(binder, binder->doubt, err);
  buf_deinit(&text);
  return done;
}

/** A name that is not in the dictionary is an attribute of no document: it may be asked for, and
 * most often it is a slip. */
static status doubt_name(struct binder *binder, const struct plan_column *column,
                         const struct expr *field, struct err *err) {
  const struct collection *collection = column->source.bytes ? column->collection : NULL;
  bool speaks = binder->language == PLAN_LQL || binder->language == PLAN_NQL;
  bool is_named = field->path.count && field->path.steps[0].is_name;
  if (binder->doubt || !speaks || !is_named || !collection || names_count(collection->names) == 0 ||
      may_have(collection, field->path.steps[0].name))
    return LUMA_OK;
  return write_doubt(binder, collection, field->path.steps[0].name, err);
}

static status take(struct binder *binder, const struct scope *scope, const struct expr *name,
                   uint32_t slot, uint32_t first, struct expr **out, struct err *err) {
  const struct plan_column *column = &scope->columns[slot];
  TRY(make_field(binder, scope, name, slot, first, out, err));
  bool is_computed = !column->is_document;
  if (is_computed && binder->language == PLAN_LQL && (*out)->path.count == 0)
    (*out)->declared = column->type;
  if (is_computed) return bind__check_declared(binder, column, *out, err);
  TRY(correct_case(binder, column, *out, err));
  (*out)->is_masked |= is_sensitive(column, &(*out)->path);
  (*out)->declared = (uint8_t)bind__declared_type(binder, column, &(*out)->path);
  return bind__check_declared(binder, column, *out, err);
}

/** source.name: a computed column of a source, or an attribute of its only documents. */
static status find_qualified(struct binder *binder, const struct scope *scope,
                             const struct expr *name, struct expr **out, bool *found,
                             struct err *err) {
  const struct path_step *steps = name->path.steps;
  uint32_t slot = 0;
  bool has_more = name->path.count > 1 && steps[1].is_name;
  *found = true;
  if (has_more && find_computed(scope, &steps[0].name, steps[1].name, &slot) == 1)
    return take(binder, scope, name, slot, 2, out, err);
  *found = find_source(scope, steps[0].name, &slot);
  if (!*found) return LUMA_OK;
  TRY(take(binder, scope, name, slot, 1, out, err));
  return doubt_name(binder, &scope->columns[slot], *out, err);
}

/** A closed collection has declared it: then it is not what a source goes by. */
static bool is_attribute(const struct scope *scope, struct slice name) {
  for (uint32_t i = 0; i < scope->count; i++) {
    const struct plan_column *column = &scope->columns[i];
    if (column->is_document && bind__is_closed(column->collection) && knows(column, name))
      return true;
  }
  return false;
}

/** What a name is known to mean among the columns. */
static status find_known(struct binder *binder, const struct scope *scope, const struct expr *name,
                         struct expr **out, bool *found, struct err *err) {
  struct slice first = name->path.steps[0].name;
  uint32_t slot = 0, count = 0;
  bool is_declared = name->path.count == 1 && is_attribute(scope, first);
  if (!name->dotted && !is_declared) TRY(find_qualified(binder, scope, name, out, found, err));
  if (*found) return LUMA_OK;
  count = find_computed(scope, NULL, first, &slot);
  bool is_whole = count && !(scope->columns[slot].is_document && name->dotted);
  if (count == 0 && !name->dotted) count = find_knowing(scope, first, &slot);
  if (count > 1) return fail_ambiguous(binder, scope, name, err);
  *found = count == 1;
  return *found ? take(binder, scope, name, slot, is_whole, out, err) : LUMA_OK;
}

bool bind__is_known(struct binder *binder, const struct scope *scope, const struct expr *name) {
  struct expr *out = NULL;
  bool found = false;
  if (name->path.count == 0 || !name->path.steps[0].is_name) return false;
  return find_known(binder, scope, name, &out, &found, NULL) != LUMA_OK || found;
}

/** Element `index` of a row: rows have names, so it is MISSING. */
static status index_row(struct binder *binder, const struct expr *name, struct expr **row,
                        struct err *err) {
  struct expr *args[2] = {
      *row, expr_const(binder->arena, val_int64(name->path.steps[1].index), name->offset)};
  if (args[1]) *row = expr_node(binder->arena, EXPR_AT, args, 2, name->offset);
  return bind__memory(binder, args[1] ? *row : NULL, err);
}

/** The alias of a source without documents is its row. MongoDB's paths know no aliases. */
static status find_row(struct binder *binder, const struct scope *scope, const struct expr *name,
                       struct expr **out, bool *found, struct err *err) {
  struct plan_column *columns = NULL;
  uint32_t count = 0;
  bool is_index = name->path.count == 2 && !name->path.steps[1].is_name;
  *found = false;
  if (name->dotted || (name->path.count != 1 && !is_index)) return LUMA_OK;
  for (uint32_t i = 0; i < scope->count; i++)
    count += !scope->columns[i].is_hidden &&
             same_name(scope->columns[i].source, name->path.steps[0].name, true);
  if (count == 0) return LUMA_OK;
  TRY(bind__room(binder, scope->count, sizeof *columns, &columns, err));
  for (uint32_t i = 0; i < scope->count; i++) {
    columns[i] = scope->columns[i];
    columns[i].is_hidden |= !same_name(columns[i].source, name->path.steps[0].name, true);
  }
  struct scope source = {.columns = columns, .count = scope->count};
  *found = true;
  TRY(bind__row(binder, &source, name->offset, out, err));
  return is_index ? index_row(binder, name, out, err) : LUMA_OK;
}

/** What a name is known to mean: a column, an attribute, else the row of the source called so. */
static status find_meant(struct binder *binder, const struct scope *scope, const struct expr *name,
                         struct expr **out, bool *found, struct err *err) {
  TRY(find_known(binder, scope, name, out, found, err));
  return *found ? LUMA_OK : find_row(binder, scope, name, out, found, err);
}

static bool may_be_in(const struct binder *binder, const struct plan_column *column,
                      const struct expr *name) {
  const struct path *path = &name->path;
  bool is_named = path->count && path->steps[0].is_name;
  return !is_named || bind__may_have(binder, column, path->steps[0].name);
}

/** Collections are open: any name may be an attribute of the only documents, or of the only ones
 * that nothing is known of. */
static status find_possible(struct binder *binder, const struct scope *scope,
                            const struct expr *name, struct expr **out, bool *found,
                            struct err *err) {
  uint32_t documents = 0, slot = only_document(scope, &documents), unknown = 0;
  for (uint32_t i = 0; documents > 1 && i < scope->count; i++) {
    const struct plan_column *column = &scope->columns[i];
    if (!column->is_document || column->collection || !may_be_in(binder, column, name)) continue;
    slot = i;
    unknown++;
  }
  bool is_closed = documents == 1 && binder->language != PLAN_JQL &&
                   (bind__is_closed(scope->columns[slot].collection) ||
                    !may_be_in(binder, &scope->columns[slot], name));
  *found = (documents == 1 && !is_closed) || unknown == 1;
  if (!*found) return LUMA_OK;
  TRY(take(binder, scope, name, slot, 0, out, err));
  return doubt_name(binder, &scope->columns[slot], *out, err);
}

typedef status find_fn(struct binder *binder, const struct scope *scope, const struct expr *name,
                       struct expr **out, bool *found, struct err *err);

/** Looks around a frame, from the inside out. Over groups the name must be a key. */
static status find_around(struct binder *binder, struct frame *frame, find_fn *find,
                          const struct expr *name, struct expr **out, bool *found,
                          struct err *err) {
  struct expr *outer = NULL;
  if (!frame) return LUMA_OK;
  binder->frame = frame->parent;
  status done = LUMA_OK;
  struct scope below = *frame->scope;
  if (below.aggregate) below = bind__scope(below.aggregate->input);
  below.aggregate = NULL;
  uint32_t key = 0;
  bool is_grouped = frame->scope->aggregate && name->path.count && name->path.steps[0].is_name &&
                    bind__group_name(frame->scope->aggregate, name->path.steps[0].name, &key);
  if (is_grouped && !frame->is_opaque) *found = true;
  if (!frame->is_opaque && !is_grouped) done = find(binder, &below, name, &outer, found, err);
  if (done == LUMA_OK && *found && frame->scope->aggregate)
    done = bind__grouped(binder, frame->scope, name, &outer, err);
  if (done == LUMA_OK && !*found)
    done = find_around(binder, frame->parent, find, name, &outer, found, err);
  binder->frame = frame;
  if (done != LUMA_OK || !*found) return done;
  return bind__add_outer(binder, frame, outer, out, err);
}

status bind__find_variable(struct binder *binder, const struct expr *name, bool *found,
                           struct err *err) {
  struct expr *out = NULL;
  *found = false;
  return find_around(binder, binder->frame, find_known, name, &out, found, err);
}

status bind__find_name(struct binder *binder, const struct scope *scope, const struct expr *name,
                       struct expr **out, bool *found, struct err *err) {
  static find_fn *const ways[] = {find_meant, find_possible};
  *found = false;
  bool is_word = name->path.count && name->path.steps[0].is_name;
  for (int i = is_word ? 0 : 1; i < 2 && !*found; i++) {
    TRY(ways[i](binder, scope, name, out, found, err));
    if (!*found) TRY(find_around(binder, binder->frame, ways[i], name, out, found, err));
  }
  return LUMA_OK;
}

/** In how many sources the name may be, for all that is known. */
static uint32_t count_possible(const struct binder *binder, const struct scope *scope,
                               const struct expr *name) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < scope->count; i++) {
    const struct plan_column *column = &scope->columns[i];
    bool is_closed = binder->language != PLAN_JQL && bind__is_closed(column->collection);
    count += column->is_document && !is_closed && may_be_in(binder, column, name);
  }
  return count;
}

status bind__name(struct binder *binder, const struct scope *scope, const struct expr *name,
                  struct expr **out, struct err *err) {
  bool found = false;
  TRY(bind__find_name(binder, scope, name, out, &found, err));
  if (found) return LUMA_OK;
  return count_possible(binder, scope, name) > 1 ? fail_ambiguous(binder, scope, name, err)
                                                 : fail_unknown(binder, scope, name, err);
}

status bind__row(struct binder *binder, const struct scope *scope, uint64_t offset,
                 struct expr **out, struct err *err) {
  uint32_t documents = 0, slot = only_document(scope, &documents), count = 0;
  struct expr **fields = NULL;
  struct slice *names = NULL;
  TRY(bind__room(binder, scope->count, sizeof *fields, &fields, err));
  TRY(bind__room(binder, scope->count, sizeof *names, &names, err));
  for (uint32_t i = 0; i < scope->count; i++) {
    if (scope->columns[i].is_hidden) continue;
    TRY(bind__room(binder, 1, sizeof **fields, &fields[count], err));
    *fields[count] = (struct expr){
        .kind = EXPR_FIELD, .slot = i, .name = scope->columns[i].name, .offset = offset};
    names[count++] = scope->columns[i].name;
  }
  if (documents == 1 && count == 1) {
    *out = fields[0];
    (*out)->slot = slot;
    return LUMA_OK;
  }
  *out = expr_node(binder->arena, EXPR_MAP, fields, count, offset);
  TRY(bind__memory(binder, *out, err));
  (*out)->names = names;
  return LUMA_OK;
}
