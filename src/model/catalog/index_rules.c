/* SPDX-License-Identifier: MIT */
#include "model/catalog/index_rules.h"

#include "base/mem/mem.h"
#include "base/sync/sync.h"

enum { RULES_MAX = INDEX_KEYS_MAX + 2, NO_RULE = 0xff };

struct index_rules {
  const struct soul_rules_ops *ops;
  struct soul_rule items[RULES_MAX]; /* the condition, if there is one, then the computed keys;
                                        their texts follow the struct */
  uint32_t items_count, keys_count;
  bool has_condition, has_collation; /* the latter is the last of them */
  uint8_t of_key[INDEX_KEYS_MAX];    /* its rule; NO_RULE: it is a path */
  uint32_t references;
  struct mutex lock;
  struct soul_program *programs; /* at rest */
};

static status compile(struct index_rules *rules, struct soul_program **program, struct err *err) {
  uint32_t failed;
  return rules->ops->create(NULL, rules->items, rules->items_count, program, &failed, err);
}

/* Adds a rule, its text copied to `*room`. */
static void add_rule(struct index_rules *rules, enum soul_rule_kind kind, struct slice text,
                     uint8_t **room) {
  memcpy(*room, text.data, text.bytes);
  rules->items[rules->items_count++] =
      (struct soul_rule){.kind = kind, .text = slice_of(*room, text.bytes)};
  *room += text.bytes;
}

static size_t texts_bytes(const struct index_rules_spec *spec) {
  size_t bytes = spec->condition->text.bytes + spec->collation.bytes;
  for (uint32_t i = 0; i < spec->keys_count; i++) bytes += spec->keys[i].expression.bytes;
  return bytes;
}

static void fill(struct index_rules *rules, const struct index_rules_spec *spec) {
  const struct soul_rule *condition = spec->condition;
  uint8_t *room = (uint8_t *)(rules + 1);
  rules->has_condition = condition->text.bytes > 0;
  rules->keys_count = spec->keys_count;
  if (rules->has_condition) add_rule(rules, condition->kind, condition->text, &room);
  for (uint32_t i = 0; i < spec->keys_count; i++) {
    rules->of_key[i] = NO_RULE;
    if (!index_key_is_computed(&spec->keys[i])) continue;
    rules->of_key[i] = (uint8_t)rules->items_count;
    add_rule(rules, SOUL_RULE_FIXED, spec->keys[i].expression, &room);
  }
  rules->has_collation = spec->collation.bytes > 0;
  if (rules->has_collation) add_rule(rules, SOUL_RULE_COLLATION, spec->collation, &room);
}

status index_rules_create(const struct soul_rules_ops *ops, const struct index_rules_spec *spec,
                          struct index_rules **rules, struct err *err) {
  size_t bytes = texts_bytes(spec);
  *rules = NULL;
  if (bytes == 0) return LUMA_OK;
  if (!ops) FAIL(err, LUMA_UNSUPPORTED, "nothing here runs the expressions of an index");
  struct index_rules *made = mem_zalloc(1, sizeof *made + bytes);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the expressions of an index");
  made->ops = ops;
  made->references = 1;
  mutex_init(&made->lock);
  fill(made, spec);
  status result = compile(made, &made->programs, err);
  if (result == LUMA_OK)
    *rules = made;
  else
    index_rules_release(made);
  return result;
}

void index_rules_acquire(struct index_rules *rules) {
  if (rules) __atomic_add_fetch(&rules->references, 1, __ATOMIC_RELAXED);
}

void index_rules_release(struct index_rules *rules) {
  if (!rules || __atomic_sub_fetch(&rules->references, 1, __ATOMIC_ACQ_REL) > 0) return;
  while (rules->programs) {
    struct soul_program *program = rules->programs;
    rules->programs = program->next;
    rules->ops->destroy(program);
  }
  mutex_deinit(&rules->lock);
  mem_free(rules);
}

static status take(struct index_rules *rules, struct soul_program **program, struct err *err) {
  mutex_lock(&rules->lock);
  *program = rules->programs;
  if (*program) rules->programs = (*program)->next;
  mutex_unlock(&rules->lock);
  return *program ? LUMA_OK : compile(rules, program, err);
}

static void give(struct index_rules *rules, struct soul_program *program) {
  mutex_lock(&rules->lock);
  program->next = rules->programs;
  rules->programs = program;
  mutex_unlock(&rules->lock);
}

static status run(const struct index_rules *rules, struct soul_program *program,
                  const struct val *document, struct arena *arena, bool *keeps,
                  struct val values[INDEX_KEYS_MAX], struct err *err) {
  struct val value = val_bool(true);
  if (rules->has_condition) TRY(rules->ops->run(program, 0, document, 1, arena, &value, err));
  *keeps = value.type == VAL_BOOL && value.boolean;
  for (uint32_t i = 0; *keeps && i < rules->keys_count; i++)
    if (rules->of_key[i] != NO_RULE)
      TRY(rules->ops->run(program, rules->of_key[i], document, 1, arena, &values[i], err));
  return LUMA_OK;
}

status index_rules_run(struct index_rules *rules, const struct val *document, struct arena *arena,
                       bool *keeps, struct val values[INDEX_KEYS_MAX], struct err *err) {
  struct soul_program *program;
  *keeps = true;
  if (!rules) return LUMA_OK;
  TRY(take(rules, &program, err));
  status result = run(rules, program, document, arena, keeps, values, err);
  give(rules, program);
  return result;
}

static status fold(void *context, const struct val *value, struct val *key, struct err *err) {
  struct index_folding *folding = context;
  struct index_rules *rules = folding->rules;
  return rules->ops->fold(folding->program, rules->items_count - 1, value, key, err);
}

status index_rules_begin_fold(struct index_rules *rules, struct index_folding *folding,
                              struct err *err) {
  *folding = (struct index_folding){.fold = {folding, fold}};
  if (!rules || !rules->has_collation) return LUMA_OK;
  TRY(take(rules, &folding->program, err));
  folding->rules = rules;
  return LUMA_OK;
}

void index_rules_end_fold(struct index_folding *folding) {
  if (folding->rules) give(folding->rules, folding->program);
}

struct reading {
  struct slice attribute;
  bool found;
};

static void note_read(void *context, const struct path *path) {
  struct reading *reading = context;
  reading->found |= path->count == 0 || slice_is_equal(path->steps[0].name, reading->attribute);
}

status index_rules_read(struct index_rules *rules, struct slice attribute, bool *reads,
                        struct err *err) {
  struct reading reading = {.attribute = attribute};
  struct soul_program *program;
  *reads = false;
  if (!rules) return LUMA_OK;
  TRY(take(rules, &program, err));
  for (uint32_t i = 0; i < rules->items_count; i++)
    rules->ops->reads(program, i, note_read, &reading);
  give(rules, program);
  *reads = reading.found;
  return LUMA_OK;
}
