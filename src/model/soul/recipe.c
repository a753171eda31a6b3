/* SPDX-License-Identifier: MIT */
#include "model/soul/recipe.h"

#include "base/core/bytes.h"
#include "model/soul/coerce.h"
#include "model/soul/evolution.h"

struct recipe {
  struct recipe *next;
  uint32_t soul;
  bool shows; /* else documents of the shape have to be built */
  struct splice splice;
  struct recipe_sight sight;
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
  struct recipes *recipes;
  struct slice shape;
  struct splice_field fields[SPLICE_FIELDS_MAX];
  bool is_lost[SPLICE_FIELDS_MAX]; /* its value cannot be had but by building */
  struct recipe_maker makers[RECIPE_MAKERS_MAX];
  uint32_t count, makers_count;
  bool fails, lacks_memory;
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

static bool convert(const void *context, struct val *value) {
  bool changed = false;
  struct val made;
  if (val_is_null(value) || !soul_coerce(context, value, NULL, &made, &changed) || !changed)
    return false;
  *value = made;
  return true;
}

static enum splice_widening widening_to(const struct soul_type *type) {
  switch ((int)type->kind) {
  case SOUL_FLOAT: return SPLICE_TO_FLOAT;
  case SOUL_DECIMAL: return type->precision ? SPLICE_STAYS : SPLICE_TO_DECIMAL;
  case SOUL_TIMESTAMP: return SPLICE_TO_TIMESTAMP;
  default: return SPLICE_STAYS;
  }
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
    bool is_plain = field->from < SPLICE_MADE && !field->convert;
    following->is_lost[i] |= !is_plain || !is_scalar(&op->type);
    field->convert = convert;
    field->widens = widening_to(&op->type);
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

/* ---- values that expressions make ---- */

/* Room for a splice in the recipes' memory; false when there is none. */
static bool take_room(struct following *following, uint32_t count, struct splice_room *room) {
  struct arena *arena = &following->recipes->arena;
  room->fields = arena_zalloc(arena, count, sizeof *room->fields);
  room->ids = arena_alloc(arena, (size_t)count * SPLICE_NAME_BYTES);
  room->steps = arena_zalloc(arena, count, sizeof *room->steps);
  following->lacks_memory |= !room->fields || !room->ids || !room->steps;
  return !following->lacks_memory;
}

/* Settles the fields there. */
static bool settle(struct following *following, struct splice *splice) {
  struct splice_room room;
  if (!take_room(following, following->count, &room)) return false;
  memcpy(room.fields, following->fields, following->count * sizeof *room.fields);
  *splice = (struct splice){.shape = following->shape, .count = following->count};
  splice_settle(splice, &room);
  return true;
}

/* What an expression reads of the being. */
struct reading {
  const struct names *names;
  uint16_t ids[RECIPE_NAMES_MAX];
  uint32_t count;
  bool is_all;
};

static void read_path(void *context, const struct path *path) {
  struct reading *reading = context;
  reading->is_all |= path->count == 0 || reading->count == RECIPE_NAMES_MAX;
  if (reading->is_all) return;
  uint16_t id = names_find(reading->names, path->steps[0].name);
  if (id != NAMES_NONE) reading->ids[reading->count++] = id;
}

/* Where there is nobody to ask it may be anything. `id` may be the key, too: which it is, is seen
 * of both. */
static void read_expression(struct following *following, const struct evolution_op *op,
                            struct reading *reading) {
  const struct evolution *evolution = following->recipes->evolution;
  const struct soul_rules_ops *ops = evolution->rules->ops;
  struct soul_program *program = NULL;
  reading->names = evolution->names;
  reading->ids[0] = NAMES_KEY_SLOT;
  reading->ids[1] = names_find(evolution->names, slice_of_text("id"));
  reading->count = 2;
  reading->is_all = !ops || !ops->reads || soul_take_program(evolution->rules, &program, NULL);
  if (reading->is_all) return;
  ops->reads(program, op->rule, read_path, reading);
  soul_give_program(evolution->rules, program);
}

static bool is_read(const struct reading *reading, uint16_t id) {
  return reading->is_all || has(reading->ids, reading->count, id);
}

/* Whether the fields that are read stand as they are before the step: `places`, `*count` of them.
 */
static bool find_read(const struct following *following, const struct reading *reading,
                      uint16_t places[SPLICE_FIELDS_MAX], uint32_t *count) {
  uint16_t ids[SPLICE_FIELDS_MAX];
  *count = 0;
  for (uint32_t i = 0; i < following->count; i++) {
    const struct splice_field *field = &following->fields[i];
    if (!is_read(reading, field->id)) continue;
    if (following->is_lost[i] || field->from == SPLICE_MADE || has(ids, *count, field->id))
      return false;
    ids[*count] = field->id;
    places[(*count)++] = (uint16_t)i;
  }
  return *count > 0;
}

/* What shows a document to an expression as it is before its step; false when only building does.
 */
static bool see_before(struct following *following, const struct evolution_op *op,
                       const struct lens **before) {
  struct arena *arena = &following->recipes->arena;
  struct reading reading;
  uint16_t places[SPLICE_FIELDS_MAX];
  uint32_t count;
  read_expression(following, op, &reading);
  if (!find_read(following, &reading, places, &count)) return false;
  struct lens *lens = arena_zalloc(arena, 1, sizeof *lens);
  struct splice *splice = arena_zalloc(arena, 1, sizeof *splice);
  struct splice_room room;
  following->lacks_memory |= !lens || !splice;
  if (!take_room(following, count, &room)) return false;
  for (uint32_t i = 0; i < count; i++) room.fields[i] = following->fields[places[i]];
  *splice = (struct splice){.shape = following->shape, .count = count};
  splice_settle(splice, &room);
  *lens = (struct lens){.names = following->recipes->evolution->names, .splice = splice};
  *before = lens;
  return true;
}

static void add_made(struct following *following, const struct evolution_op *op, uint16_t id,
                     const struct recipe_maker *maker) {
  bool is_lost = !maker || following->makers_count == RECIPE_MAKERS_MAX;
  struct splice_field field = {.id = id, .from = SPLICE_MADE};
  if (!is_lost) {
    field.made = (uint16_t)following->makers_count;
    field.number = op->number;
    following->makers[following->makers_count++] =
        (struct recipe_maker){.op = op, .before = maker->before};
  }
  add(following, field, is_lost);
}

/* `maker`: of the value of the op's expression; NULL: it has to be built. */
static void follow_addition(struct following *following, const struct evolution_op *op,
                            const uint16_t *before, uint32_t before_count,
                            const struct recipe_maker *maker) {
  bool is_set = op->kind == EVOLUTION_SET, is_made = op->kind == EVOLUTION_TRANSFORM;
  uint16_t id = is_made && op->to.bytes ? op->to_id : op->name_id;
  if (!is_set && !is_made) return;
  if (id == NAMES_NONE) following->fails = true;
  if (is_set && has(before, before_count, id)) return;
  if (is_made) add_made(following, op, id, maker);
  if (is_set)
    add(following, (struct splice_field){.id = id, .from = SPLICE_NEW, .value = op->encoded},
        false);
}

/* How the values of a step's expressions are made; those past RECIPE_MAKERS_MAX are built. */
struct step_makers {
  struct recipe_maker makers[RECIPE_MAKERS_MAX];
  bool can[RECIPE_MAKERS_MAX];
  uint32_t count;
};

static void find_makers(struct following *following, const struct evolution_step *step,
                        bool is_first, struct step_makers *made) {
  made->count = 0;
  for (uint32_t i = 0; i < step->ops_count && made->count < RECIPE_MAKERS_MAX; i++) {
    if (step->ops[i].kind != EVOLUTION_TRANSFORM) continue;
    struct recipe_maker *maker = &made->makers[made->count];
    *maker = (struct recipe_maker){0};
    made->can[made->count++] = is_first || see_before(following, &step->ops[i], &maker->before);
  }
}

static void follow_step(struct following *following, const struct evolution_step *step,
                        bool is_first) {
  uint16_t before[SPLICE_FIELDS_MAX];
  struct step_makers makers;
  uint32_t count = following->count, nth = 0;
  find_makers(following, step, is_first, &makers);
  following->count = 0;
  for (uint32_t i = 0; i < count; i++) before[i] = following->fields[i].id;
  for (uint32_t i = 0; i < count; i++) {
    if (!follow_field(following, step, i)) continue;
    following->is_lost[following->count] = following->is_lost[i];
    following->fields[following->count++] = following->fields[i];
  }
  for (uint32_t i = 0; i < step->ops_count; i++) {
    bool is_made = step->ops[i].kind == EVOLUTION_TRANSFORM;
    bool can = is_made && nth < makers.count && makers.can[nth];
    follow_addition(following, &step->ops[i], before, count, can ? &makers.makers[nth] : NULL);
    nth += is_made;
  }
}

/* Leaves out what is not looked at; fails when something of the rest has to be built. */
static void choose(struct following *following) {
  const struct recipes *recipes = following->recipes;
  uint16_t ids[SPLICE_FIELDS_MAX];
  uint32_t count = 0, made = 0;
  struct recipe_maker makers[RECIPE_MAKERS_MAX];
  for (uint32_t i = 0; i < following->count; i++) {
    struct splice_field field = following->fields[i];
    bool is_wanted = !recipes->wanted || field.id == NAMES_KEY_SLOT ||
                     has(recipes->wanted, recipes->wanted_count, field.id);
    if (!is_wanted) continue;
    /* A name that would stand twice: which value stays is the builder's to say. */
    following->fails |= following->is_lost[i] || has(ids, count, field.id);
    if (following->is_lost[i]) continue;
    if (field.from == SPLICE_MADE) {
      makers[made] = following->makers[field.made];
      makers[made].id = field.id;
      field.made = (uint16_t)made++;
    }
    ids[count] = field.id;
    following->fields[count++] = field;
  }
  memcpy(following->makers, makers, made * sizeof *makers);
  following->makers_count = made;
  following->count = count;
  following->fails |= count == 0;
}

static void follow(struct following *following, uint32_t soul) {
  const struct evolution *evolution = following->recipes->evolution;
  uint32_t count = (uint32_t)(following->shape.bytes / SPLICE_NAME_BYTES);
  uint32_t first = evolution_begin(evolution, soul);
  for (uint32_t i = 0; i < count; i++)
    add(following,
        (struct splice_field){.id = splice_shape_id(following->shape, i), .from = (uint16_t)i},
        false);
  for (uint32_t i = first; i < evolution->steps_count; i++)
    follow_step(following, &evolution->steps[i], i == first);
  choose(following);
}

/* ---- makers that are quick ---- */

/* What an expression is over. */
struct finding {
  const struct following *following;
  const struct lens *before; /* NULL: the document as it is */
};

static struct soul_place_in place_at(uint32_t index) {
  return (struct soul_place_in){.kind = SOUL_PLACE_STORED, .index = index};
}

static struct soul_place_in place_of(const struct splice_field *field) {
  bool is_stored = field->from < SPLICE_MADE && !field->convert && !field->widens;
  if (is_stored) return place_at(field->from);
  struct soul_place_in in = {.kind = SOUL_PLACE_UNKNOWN};
  if (field->from != SPLICE_NEW) return in;
  in.kind = SOUL_PLACE_FIXED;
  in.value = val_decode(field->value, NULL);
  return in;
}

static struct soul_place_in find_place(void *context, struct slice name) {
  const struct finding *finding = context;
  const struct following *following = finding->following;
  const struct splice *splice = finding->before ? finding->before->splice : NULL;
  uint16_t id = names_find(following->recipes->evolution->names, name);
  struct soul_place_in none = {.kind = SOUL_PLACE_NONE};
  uint32_t stored = (uint32_t)(following->shape.bytes / SPLICE_NAME_BYTES);
  if (id == NAMES_NONE) return none;
  for (uint32_t i = 0; splice && i < splice->count; i++)
    if (splice->fields[i].id == id) return place_of(&splice->fields[i]);
  for (uint32_t i = 0; !splice && i < stored; i++)
    if (splice_shape_id(following->shape, i) == id) return place_at(i);
  return none;
}

static void quicken(struct following *following) {
  const struct soul *rules = following->recipes->evolution->rules;
  struct soul_program *program = NULL;
  if (following->makers_count == 0 || !rules || !rules->ops || !rules->ops->quicken) return;
  if (soul_take_program(rules, &program, NULL) != LUMA_OK) return;
  for (uint32_t i = 0; i < following->makers_count; i++) {
    struct recipe_maker *maker = &following->makers[i];
    struct finding finding = {following, maker->before};
    struct soul_places places = {find_place, &finding};
    maker->type = soul_type_that_stays(&maker->op->type);
    maker->quick =
        rules->ops->quicken(program, maker->op->rule, &places, &following->recipes->arena);
  }
  soul_give_program(rules, program);
}

static bool are_quick(const struct following *following) {
  bool are = following->makers_count > 0;
  for (uint32_t i = 0; are && i < following->makers_count; i++)
    are = following->makers[i].quick != NULL;
  return are;
}

/* ---- keeping ---- */

static struct recipe *find(const struct recipes *recipes, uint32_t soul,
                           const struct doc *document) {
  struct recipe *recipe = __atomic_load_n(&recipes->head, __ATOMIC_ACQUIRE);
  while (recipe && (recipe->soul != soul || !splice_has_shape(document, recipe->splice.shape)))
    recipe = recipe->next;
  return recipe;
}

static void finish(struct recipe *recipe, const struct following *following) {
  recipe->shows = !following->fails;
  recipe->sight.lens =
      (struct lens){.names = following->recipes->evolution->names, .splice = &recipe->splice};
  recipe->sight.makers_count = following->makers_count;
  recipe->sight.is_quick = are_quick(following);
  recipe->sight.is_whole = !following->recipes->wanted;
  memcpy(recipe->sight.makers, following->makers,
         following->makers_count * sizeof *following->makers);
}

static struct recipe *make(struct recipes *recipes, uint32_t soul, struct slice shape) {
  struct arena *arena = &recipes->arena;
  struct recipe *made = arena_zalloc(arena, 1, sizeof *made);
  const uint8_t *kept = arena_copy(arena, shape.data, shape.bytes);
  if (!made || !kept) return NULL;
  struct following following = {.recipes = recipes, .shape = slice_of(kept, shape.bytes)};
  follow(&following, soul);
  quicken(&following);
  made->soul = soul;
  made->splice.shape = following.shape;
  if (following.lacks_memory || (!following.fails && !settle(&following, &made->splice)))
    return NULL;
  finish(made, &following);
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

static struct recipe *recipe_of(struct recipes *recipes, const struct doc *document) {
  uint32_t soul = load32le(document->data + DOC_SOUL_OFFSET);
  if (document->names != recipes->evolution->names) return NULL;
  struct recipe *recipe = find(recipes, soul, document);
  return recipe ? recipe : find_or_make(recipes, soul, document);
}

const struct recipe_sight *recipes_see(struct recipes *recipes, const struct doc *document) {
  const struct recipe *recipe = recipe_of(recipes, document);
  return recipe && recipe->shows ? &recipe->sight : NULL;
}

const struct recipe_sight *recipes_make(struct recipes *recipes, const struct doc *document) {
  const struct recipe *recipe = recipe_of(recipes, document);
  return recipe && recipe->sight.makers_count ? &recipe->sight : NULL;
}
