/* SPDX-License-Identifier: MIT */
/* The stored form of the steps: JSON, written and read here alone. */
#include "base/mem/mem.h"
#include "model/soul/evolution.h"
#include "model/soul/soul_int.h"
#include "value/json/json.h"

static const char *const kind_names[] = {[EVOLUTION_SET] = "set",
                                         [EVOLUTION_DROP] = "drop",
                                         [EVOLUTION_RENAME] = "rename",
                                         [EVOLUTION_CONVERT] = "convert",
                                         [EVOLUTION_TRANSFORM] = "transform"};

static void put_text(struct buf *out, const char *name, struct slice text) {
  if (text.bytes == 0) return;
  buf_append_format(out, ",\"%s\":", name);
  json_write_text(out, text);
}

static void write_op(struct buf *out, const struct evolution_op *op) {
  struct json_write_options options = {.form = JSON_TAGGED, .key_name = "_id"};
  buf_append_format(out, "{\"kind\":\"%s\"", kind_names[op->kind]);
  put_text(out, "name", op->name);
  put_text(out, "to", op->to);
  put_text(out, "expression", op->expression);
  if (op->is_computed) buf_append_text(out, ",\"computed\":true");
  if (op->kind == EVOLUTION_SET) {
    buf_append_text(out, ",\"value\":");
    json_write(out, &op->value, &options);
  }
  struct buf type;
  buf_init(&type, 64 << 10);
  soul_type_format(&type, &op->type);
  put_text(out, "type", buf_slice(&type));
  if (type.failed != LUMA_OK) out->failed = type.failed;
  buf_deinit(&type);
  buf_append_byte(out, '}');
}

void evolution_write(struct buf *out, const struct evolution_step *steps, uint32_t count) {
  buf_append_byte(out, '[');
  for (uint32_t i = 0; i < count; i++) {
    buf_append_format(out, "%s{\"from\":%u,\"to\":%u,\"ops\":[", i ? "," : "", steps[i].from,
                      steps[i].to);
    for (uint32_t k = 0; k < steps[i].ops_count; k++) {
      if (k) buf_append_byte(out, ',');
      write_op(out, &steps[i].ops[k]);
    }
    buf_append_text(out, "]}");
  }
  buf_append_byte(out, ']');
}

/* ---- reading ---- */

struct evolution_reading {
  struct evolution *evolution;
  struct soul_reading soul; /* keeps values; its soul holds the expressions */
  struct err *err;
};

static status fail_corrupt(struct err *err) {
  FAIL(err, LUMA_CORRUPT, "the evolution of a collection cannot be read");
}

static struct slice read_text(struct evolution_reading *reading, const struct val *map,
                              const char *name) {
  struct val text = val_field(map, slice_of_text(name));
  return text.type == VAL_TEXT ? soul__keep_text(&reading->soul, val_slice(&text))
                               : slice_of(NULL, 0);
}

static status bind_name(struct evolution_reading *reading, struct slice name, uint16_t *id) {
  *id = NAMES_NONE;
  struct slice key = slice_is_equal(name, slice_of_text("id")) ? slice_of_text("_id") : name;
  return name.bytes ? names_intern(reading->evolution->names, key, id, reading->err) : LUMA_OK;
}

static status read_op(struct evolution_reading *reading, const struct val *map,
                      struct evolution_op *op) {
  struct slice kind = read_text(reading, map, "kind"), type = read_text(reading, map, "type");
  uint32_t number = 0, kinds = sizeof kind_names / sizeof kind_names[0];
  while (number < kinds && !slice_is_equal(kind, slice_of_text(kind_names[number]))) number++;
  if (number == kinds) return fail_corrupt(reading->err);
  struct val value = val_field(map, slice_of_text("value"));
  *op = (struct evolution_op){.kind = (enum evolution_kind)number,
                              .number = EVOLUTION_NOT_KEPT,
                              .name = read_text(reading, map, "name"),
                              .to = read_text(reading, map, "to"),
                              .expression = read_text(reading, map, "expression"),
                              .value = soul__keep(&reading->soul, &value)};
  if (soul_type_parse(type, reading->soul.arena, &op->type, NULL, NULL, reading->err) != LUMA_OK)
    return fail_corrupt(reading->err);
  TRY(bind_name(reading, op->name, &op->name_id));
  TRY(bind_name(reading, op->to, &op->to_id));
  struct val computed = val_field(map, slice_of_text("computed"));
  op->is_computed = computed.type == VAL_BOOL && computed.boolean;
  if (op->expression.bytes)
    op->rule = soul__rule(&reading->soul, NULL, SOUL_RULE_VALUE, op->expression);
  return LUMA_OK;
}

/* The value as it stands in documents: without a dictionary, so that it can be copied anywhere. */
static status encode_value(struct evolution_reading *reading, struct evolution_op *op) {
  struct buf out;
  struct build build;
  struct slice built;
  buf_init(&out, DOC_BYTES_MAX);
  build_init(&build, &out, NULL);
  build_put(&build, &op->value);
  status result = build_finish(&build, &built, reading->err);
  build_deinit(&build);
  if (result == LUMA_OK) op->encoded = soul__keep_text(&reading->soul, built);
  buf_deinit(&out);
  return result;
}

static status read_step(struct evolution_reading *reading, const struct val *map,
                        struct evolution_step *step) {
  struct val from = val_field(map, slice_of_text("from")), to = val_field(map, slice_of_text("to"));
  struct val ops = val_field(map, slice_of_text("ops"));
  int64_t from_number, to_number;
  if (!val_is_number(&from) || !val_to_int64(&from, &from_number) || !val_is_number(&to) ||
      !val_to_int64(&to, &to_number) || ops.type != VAL_LIST)
    return fail_corrupt(reading->err);
  step->from = (uint32_t)from_number;
  step->to = (uint32_t)to_number;
  step->ops_count = val_count(&ops);
  step->ops = soul__room(&reading->soul, step->ops_count, sizeof *step->ops);
  for (uint32_t i = 0; step->ops && i < step->ops_count; i++) {
    struct val op = val_at(&ops, i);
    TRY(read_op(reading, &op, &step->ops[i]));
    if (step->ops[i].kind == EVOLUTION_SET) TRY(encode_value(reading, &step->ops[i]));
  }
  return LUMA_OK;
}

static status fail_too_many(struct err *err) {
  err_raise(err, LUMA_LIMIT_REACHED, __FILE__, __LINE__, "a collection evolves at most %d times",
            EVOLUTION_STEPS_MAX);
  err_hint(err, "a new collection begins anew: CREATE TABLE, then INSERT INTO … SELECT * FROM …");
  return LUMA_LIMIT_REACHED;
}

static status read_steps(struct evolution_reading *reading, const struct val *list) {
  struct evolution *evolution = reading->evolution;
  if (list->type != VAL_LIST) return fail_corrupt(reading->err);
  if (val_count(list) > EVOLUTION_STEPS_MAX) return fail_too_many(reading->err);
  evolution->steps_count = val_count(list);
  evolution->steps = soul__room(&reading->soul, evolution->steps_count, sizeof *evolution->steps);
  for (uint32_t i = 0; evolution->steps && i < evolution->steps_count; i++) {
    struct val step = val_at(list, i);
    TRY(read_step(reading, &step, &evolution->steps[i]));
  }
  if (reading->soul.failed != LUMA_OK)
    FAIL(reading->err, LUMA_OUT_OF_MEMORY, "no memory for the evolution of a collection");
  return LUMA_OK;
}

static status read_json(struct evolution_reading *reading, struct slice json) {
  struct json_read_options options = {.form = JSON_TAGGED, .bytes_max = EVOLUTION_TEXT_BYTES_MAX};
  struct buf out;
  struct val list;
  buf_init(&out, DOC_BYTES_MAX);
  status result = json_read_once(json, &options, &out, &list, reading->err);
  if (result == LUMA_OK) result = read_steps(reading, &list);
  buf_deinit(&out);
  return result;
}

/* A soul that is nothing but its expressions. */
static struct soul *rules_only(const struct soul_rules_ops *ops) {
  struct soul *made = mem_zalloc(1, sizeof *made);
  if (!made) return NULL;
  made->references = 1;
  made->ops = ops;
  mutex_init(&made->lock);
  arena_init(&made->arena, 0, 0);
  return made;
}

status evolution_read(struct slice json, const struct soul_rules_ops *ops, struct names *names,
                      struct evolution **evolution, struct err *err) {
  struct evolution *made = mem_zalloc(1, sizeof *made);
  struct soul *rules = made ? rules_only(ops) : NULL;
  if (!rules) {
    mem_free(made);
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the evolution of a collection");
  }
  made->references = 1;
  made->names = names;
  made->rules = rules;
  arena_init(&made->arena, 0, 0);
  recipes_init(&made->recipes, made, NULL, 0);
  struct evolution_reading reading = {
      .evolution = made, .soul = {.soul = rules, .arena = &made->arena}, .err = err};
  soul_faults_init(&reading.soul.faults);
  status result = read_json(&reading, json);
  soul_faults_deinit(&reading.soul.faults);
  if (rules->rules_count == 0) {
    soul_release(rules);
    made->rules = NULL;
  }
  if (result == LUMA_OK)
    *evolution = made;
  else
    evolution_release(made);
  return result;
}

/* Numbers what lasts; how many. */
static uint32_t number_lasting(struct evolution *evolution, const struct soul_program *program) {
  const struct soul_rules_ops *ops = evolution->rules->ops;
  uint32_t count = 0;
  for (uint32_t s = 0; s < evolution->steps_count; s++) {
    for (uint32_t i = 0; i < evolution->steps[s].ops_count; i++) {
      struct evolution_op *op = &evolution->steps[s].ops[i];
      bool is_kept = op->kind == EVOLUTION_TRANSFORM && count < MADE_VALUES_MAX &&
                     ops->lasts(program, op->rule);
      op->number = is_kept ? (uint16_t)count++ : EVOLUTION_NOT_KEPT;
    }
  }
  return count;
}

static struct soul_place_in be_anywhere(void *context, struct slice name) {
  (void)context;
  (void)name;
  return (struct soul_place_in){.kind = SOUL_PLACE_STORED};
}

static bool is_op_quick(const struct evolution *evolution, const struct soul_program *program,
                        const struct evolution_op *op, struct arena *arena) {
  const struct soul_rules_ops *ops = evolution->rules->ops;
  struct soul_places places = {.find = be_anywhere};
  if (op->kind != EVOLUTION_TRANSFORM) return true;
  return ops->quicken && ops->quicken(program, op->rule, &places, arena) != NULL;
}

/* Whether all expressions are simple enough, whatever the shapes of documents are. */
static bool is_quick(const struct evolution *evolution, const struct soul_program *program) {
  struct arena arena;
  bool are = true;
  arena_init(&arena, 0, 0);
  for (uint32_t s = 0; are && s < evolution->steps_count; s++) {
    for (uint32_t i = 0; are && i < evolution->steps[s].ops_count; i++)
      are = is_op_quick(evolution, program, &evolution->steps[s].ops[i], &arena);
  }
  arena_deinit(&arena);
  return are;
}

void evolution_keep(struct evolution *evolution, struct kept_budget *budget) {
  struct soul_program *program = NULL;
  if (budget->bytes_max == 0 || !evolution->rules || evolution->kept) return;
  if (soul_take_program(evolution->rules, &program, NULL) != LUMA_OK) return;
  uint32_t count = number_lasting(evolution, program);
  if (count) evolution->kept = kept_create(budget, count);
  evolution->is_quick = is_quick(evolution, program);
  soul_give_program(evolution->rules, program);
}

void evolution_acquire(const struct evolution *evolution) {
  struct evolution *mine = (struct evolution *)(uintptr_t)evolution;
  __atomic_add_fetch(&mine->references, 1, __ATOMIC_RELAXED);
}

void evolution_release(const struct evolution *evolution) {
  struct evolution *mine = (struct evolution *)(uintptr_t)evolution;
  if (!mine || __atomic_sub_fetch(&mine->references, 1, __ATOMIC_ACQ_REL) > 0) return;
  kept_destroy(mine->kept);
  soul_release(mine->rules);
  recipes_deinit(&mine->recipes);
  arena_deinit(&mine->arena);
  mem_free(mine);
}
