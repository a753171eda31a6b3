/* SPDX-License-Identifier: MIT */
#include "model/soul/recipe.h"

#include "base/core/bytes.h"
#include "model/soul/coerce.h"
#include "model/soul/evolution.h"

struct recipe {
  struct recipe *next;
  uint32_t soul;
  bool works; /* false: documents of the shape have to be built */
  struct splice splice;
};

void recipes_init(struct recipes *recipes, const struct evolution *evolution,
                  const uint16_t *wanted, uint32_t wanted_count) {
  *recipes =
      (struct recipes){.evolution = evolution, .wanted = wanted, .wanted_count = wanted_count};
  mutex_init(&recipes->lock);
  arena_init(&recipes->arena, 0, 0);
}

void recipes_deinit(struct recipes *recipes) {
  arena_deinit(&recipes->arena);
  mutex_deinit(&recipes->lock);
}

/* ---- following the steps ---- */

/* The fields of a document on its way through the steps. */
struct following {
  const struct recipes *recipes;
  struct splice_field fields[SPLICE_FIELDS_MAX];
  bool is_lost[SPLICE_FIELDS_MAX]; /* its value cannot be had by copying */
  uint32_t count;
  bool fails;
};

static void add(struct following *following, struct splice_field field, bool is_lost) {
  if (following->count == SPLICE_FIELDS_MAX) {
    following->fails = true;
    return;
  }
  following->is_lost[following->count] = is_lost;
  following->fields[following->count++] = field;
}

/* Encoded values of scalar types have a greatest length. */
static bool is_scalar(const struct soul_type *type) {
  switch ((int)type->kind) {
  case SOUL_INT:
  case SOUL_FLOAT:
  case SOUL_DECIMAL:
  case SOUL_BOOLEAN:
  case SOUL_TIMESTAMP:
  case SOUL_DATE:
  case SOUL_DURATION: return true;
  default: return false;
  }
}

enum { FLOAT_BITS = 53 }; /* of the integers that a float has without loss */

static uint32_t convert(const void *context, struct slice value, uint8_t *room) {
  const struct soul_type *type = context;
  bool changed = false;
  struct val made;
  int64_t integer;
  if (type->kind == SOUL_FLOAT && splice_integer(value, &integer) && integer < 1ll << FLOAT_BITS &&
      integer > -(1ll << FLOAT_BITS)) {
    made = val_float64((double)integer);
    return splice_encode(&made, room);
  }
  struct val given = val_decode(value, NULL);
  bool is_read = !val_is_null(&given) && soul_coerce(type, &given, NULL, &made, &changed);
  return is_read && changed ? splice_encode(&made, room) : 0;
}

static const struct evolution_op *op_on(const struct evolution_step *step, uint16_t id) {
  for (uint32_t i = 0; i < step->ops_count; i++) {
    const struct evolution_op *op = &step->ops[i];
    if (op->kind != EVOLUTION_SET && op->name_id == id) return op;
  }
  return NULL;
}

/* One field; false when it goes. */
static bool follow_field(struct following *following, const struct evolution_step *step,
                         uint32_t i) {
  struct splice_field *field = &following->fields[i];
  const struct evolution_op *op = op_on(step, field->id);
  if (!op) return true;
  if (op->kind == EVOLUTION_DROP || op->kind == EVOLUTION_TRANSFORM) return false;
  if (op->kind == EVOLUTION_CONVERT) {
    bool is_plain = field->from != SPLICE_NEW && !field->convert;
    following->is_lost[i] |= !is_plain || !is_scalar(&op->type);
    field->convert = convert;
    field->context = &op->type;
  }
  if (op->to.bytes) field->id = op->to_id;
  following->fails |= field->id == NAMES_NONE;
  return true;
}

static bool has(const uint16_t *ids, uint32_t count, uint16_t id) {
  for (uint32_t i = 0; i < count; i++) {
    if (ids[i] == id) return true;
  }
  return false;
}

static void follow_addition(struct following *following, const struct evolution_op *op,
                            const uint16_t *before, uint32_t before_count) {
  bool is_set = op->kind == EVOLUTION_SET, is_made = op->kind == EVOLUTION_TRANSFORM;
  uint16_t id = is_made && op->to.bytes ? op->to_id : op->name_id;
  if (!is_set && !is_made) return;
  if (id == NAMES_NONE) following->fails = true;
  if (is_set && has(before, before_count, id)) return;
  struct splice_field field = {.id = id, .from = SPLICE_NEW, .value = op->encoded};
  add(following, field, is_made);
}

static void follow_step(struct following *following, const struct evolution_step *step) {
  uint16_t before[SPLICE_FIELDS_MAX];
  uint32_t count = following->count;
  following->count = 0;
  for (uint32_t i = 0; i < count; i++) before[i] = following->fields[i].id;
  for (uint32_t i = 0; i < count; i++) {
    if (!follow_field(following, step, i)) continue;
    following->is_lost[following->count] = following->is_lost[i];
    following->fields[following->count++] = following->fields[i];
  }
  for (uint32_t i = 0; i < step->ops_count; i++)
    follow_addition(following, &step->ops[i], before, count);
}

/* Leaves out what is not looked at; fails when something of the rest cannot be copied. */
static void choose(struct following *following) {
  const struct recipes *recipes = following->recipes;
  uint16_t ids[SPLICE_FIELDS_MAX];
  uint32_t count = 0;
  for (uint32_t i = 0; i < following->count; i++) {
    uint16_t id = following->fields[i].id;
    bool is_wanted =
        !recipes->wanted || id == NAMES_KEY_SLOT || has(recipes->wanted, recipes->wanted_count, id);
    if (!is_wanted) continue;
    /* A name that would stand twice: which value stays is the builder's to say. */
    following->fails |= following->is_lost[i] || has(ids, count, id);
    ids[count] = id;
    following->fields[count++] = following->fields[i];
  }
  following->count = count;
  following->fails |= count == 0;
}

static void follow(struct following *following, uint32_t soul, struct slice shape) {
  const struct evolution *evolution = following->recipes->evolution;
  uint32_t count = (uint32_t)(shape.bytes / SPLICE_NAME_BYTES);
  for (uint32_t i = 0; i < count; i++)
    add(following, (struct splice_field){.id = splice_shape_id(shape, i), .from = (uint16_t)i},
        false);
  for (uint32_t i = evolution_begin(evolution, soul); i < evolution->steps_count; i++)
    follow_step(following, &evolution->steps[i]);
  choose(following);
}

/* ---- keeping ---- */

static struct recipe *find(const struct recipes *recipes, uint32_t soul,
                           const struct doc *document) {
  struct recipe *recipe = __atomic_load_n(&recipes->head, __ATOMIC_ACQUIRE);
  while (recipe && (recipe->soul != soul || !splice_has_shape(document, recipe->splice.shape)))
    recipe = recipe->next;
  return recipe;
}

static struct recipe *make(struct recipes *recipes, uint32_t soul, struct slice shape) {
  struct following following = {.recipes = recipes};
  follow(&following, soul, shape);
  struct arena *arena = &recipes->arena;
  size_t bytes = following.count * sizeof *following.fields;
  struct recipe *made = arena_zalloc(arena, 1, sizeof *made);
  struct splice_field *fields = arena_alloc(arena, bytes + 1);
  const uint8_t *kept = arena_copy(arena, shape.data, shape.bytes);
  if (!made || !fields || !kept) return NULL;
  memcpy(fields, following.fields, bytes);
  made->soul = soul;
  made->works = !following.fails;
  made->splice = (struct splice){.shape = slice_of(kept, shape.bytes), .count = following.count};
  splice_settle(&made->splice, fields);
  made->next = recipes->head;
  __atomic_store_n(&recipes->head, made, __ATOMIC_RELEASE);
  recipes->count++;
  return made;
}

/* NULL also when there are too many shapes, or no memory: then documents are built. */
static struct recipe *find_or_make(struct recipes *recipes, uint32_t soul,
                                   const struct doc *document) {
  struct slice shape;
  if (!splice_shape(document, &shape)) return NULL;
  mutex_lock(&recipes->lock);
  struct recipe *recipe = find(recipes, soul, document);
  if (!recipe && recipes->count < RECIPES_MAX) recipe = make(recipes, soul, shape);
  mutex_unlock(&recipes->lock);
  return recipe;
}

const struct splice *recipes_find(struct recipes *recipes, const struct doc *document) {
  uint32_t soul = load32le(document->data + DOC_SOUL_OFFSET);
  if (document->names != recipes->evolution->names) return NULL;
  struct recipe *recipe = find(recipes, soul, document);
  if (!recipe) recipe = find_or_make(recipes, soul, document);
  return recipe && recipe->works ? &recipe->splice : NULL;
}
