/* SPDX-License-Identifier: MIT */
#include "model/catalog/index_filter.h"

#include "base/mem/mem.h"
#include "base/sync/sync.h"

struct index_filter {
  const struct soul_rules_ops *ops;
  struct soul_rule condition; /* its text follows the struct */
  uint32_t references;
  struct mutex lock;
  struct soul_program *programs; /* at rest */
};

static status compile(struct index_filter *filter, struct soul_program **program, struct err *err) {
  uint32_t failed;
  return filter->ops->create(NULL, &filter->condition, 1, program, &failed, err);
}

status index_filter_create(const struct soul_rules_ops *ops, const struct soul_rule *condition,
                           struct index_filter **filter, struct err *err) {
  if (!ops) FAIL(err, LUMA_UNSUPPORTED, "nothing here runs the condition of an index");
  struct index_filter *made = mem_zalloc(1, sizeof *made + condition->text.bytes);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the condition of an index");
  uint8_t *text = (uint8_t *)(made + 1);
  memcpy(text, condition->text.data, condition->text.bytes);
  made->ops = ops;
  made->condition =
      (struct soul_rule){.kind = condition->kind, .text = slice_of(text, condition->text.bytes)};
  made->references = 1;
  mutex_init(&made->lock);
  status result = compile(made, &made->programs, err);
  if (result == LUMA_OK)
    *filter = made;
  else
    index_filter_release(made);
  return result;
}

void index_filter_acquire(struct index_filter *filter) {
  __atomic_add_fetch(&filter->references, 1, __ATOMIC_RELAXED);
}

void index_filter_release(struct index_filter *filter) {
  if (!filter || __atomic_sub_fetch(&filter->references, 1, __ATOMIC_ACQ_REL) > 0) return;
  while (filter->programs) {
    struct soul_program *program = filter->programs;
    filter->programs = program->next;
    filter->ops->destroy(program);
  }
  mutex_deinit(&filter->lock);
  mem_free(filter);
}

static status take(struct index_filter *filter, struct soul_program **program, struct err *err) {
  mutex_lock(&filter->lock);
  *program = filter->programs;
  if (*program) filter->programs = (*program)->next;
  mutex_unlock(&filter->lock);
  return *program ? LUMA_OK : compile(filter, program, err);
}

static void give(struct index_filter *filter, struct soul_program *program) {
  mutex_lock(&filter->lock);
  program->next = filter->programs;
  filter->programs = program;
  mutex_unlock(&filter->lock);
}

status index_filter_keeps(struct index_filter *filter, const struct doc *document,
                          struct arena *arena, bool *keeps, struct err *err) {
  struct soul_program *program;
  struct val root = doc_root(document), value = val_missing();
  struct arena_mark mark = arena_mark(arena);
  TRY(take(filter, &program, err));
  status result = filter->ops->run(program, 0, &root, 1, arena, &value, err);
  give(filter, program);
  *keeps = result == LUMA_OK && value.type == VAL_BOOL && value.boolean;
  arena_rewind(arena, mark);
  return result;
}
