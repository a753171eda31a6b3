/* SPDX-License-Identifier: MIT */
/* Taking beings through the steps. */
#include "model/soul/evolution.h"

#include "model/soul/coerce.h"

uint32_t evolution_begin(const struct evolution *evolution, uint32_t number) {
  if (!evolution) return 0;
  uint32_t at = evolution->steps_count;
  /* A soul may come twice, when one evolves back: what follows its last time is to be done. */
  for (uint32_t i = evolution->steps_count; i > 0; i--) {
    if (evolution->steps[i - 1].to == number) break;
    at = i - 1;
    if (evolution->steps[i - 1].from == number) break;
  }
  while (at < evolution->steps_count && evolution->steps[at].ops_count == 0) at++;
  return at;
}

bool evolution_concerns(const struct evolution *evolution, const struct slice *names,
                        uint32_t count) {
  for (uint32_t s = 0; evolution && s < evolution->steps_count; s++) {
    for (uint32_t i = 0; i < evolution->steps[s].ops_count; i++) {
      const struct evolution_op *op = &evolution->steps[s].ops[i];
      for (uint32_t n = 0; n < count; n++) {
        if (slice_is_equal(names[n], op->name) || slice_is_equal(names[n], op->to)) return true;
      }
    }
  }
  return false;
}

static const struct evolution_op *find_op(const struct evolution_step *step, uint16_t id,
                                          struct slice name) {
  for (uint32_t i = 0; i < step->ops_count; i++) {
    const struct evolution_op *op = &step->ops[i];
    if (op->kind == EVOLUTION_SET) continue;
    bool is_it = id != NAMES_NONE && op->name_id != NAMES_NONE ? op->name_id == id
                                                               : slice_is_equal(op->name, name);
    if (is_it) return op;
  }
  return NULL;
}

/* One being at one step. */
struct stepping {
  const struct evolution *evolution;
  const struct evolution_step *step;
  struct soul_program *program;
  struct arena arena;
  struct val root;
};

static void convert(struct stepping *stepping, const struct evolution_op *op, struct val *value) {
  struct val out;
  bool changed = false;
  if (val_is_null(value)) return;
  /* What cannot be read without loss stays as it is. */
  bool is_deep = op->type.kind == SOUL_LIST || op->type.kind == SOUL_MAP;
  bool reads = is_deep ? soul_coerce_elements(&op->type, value, &stepping->arena, &out, &changed)
                       : soul_coerce(&op->type, value, &stepping->arena, &out, &changed);
  if (reads) *value = out;
}

static status transform(struct stepping *stepping, const struct evolution_op *op, struct val *value,
                        struct err *err) {
  const struct soul *rules = stepping->evolution->rules;
  status ran = rules->ops->run(stepping->program, op->rule, &stepping->root, 1, &stepping->arena,
                               value, err);
  if (evolution_forgives(op, ran)) {
    err_reset(err);
    *value = val_null();
    return LUMA_OK;
  }
  TRY(ran);
  convert(stepping, op, value);
  return LUMA_OK;
}

static status put_field(struct stepping *stepping, uint32_t i, struct build *build,
                        struct err *err) {
  struct slice name;
  struct val value = val_field_at(&stepping->root, i, &name);
  const struct evolution_op *op =
      find_op(stepping->step, val_field_name_id(&stepping->root, i), name);
  if (op && (op->kind == EVOLUTION_DROP || op->kind == EVOLUTION_TRANSFORM)) return LUMA_OK;
  if (op && op->kind == EVOLUTION_CONVERT) convert(stepping, op, &value);
  build_name(build, op && op->to.bytes ? op->to : name);
  build_put(build, &value);
  return build_status(build, err);
}

static status put_more(struct stepping *stepping, const struct evolution_op *op,
                       struct build *build, struct err *err) {
  struct val value = op->value;
  if (op->kind != EVOLUTION_SET && op->kind != EVOLUTION_TRANSFORM) return LUMA_OK;
  if (op->kind == EVOLUTION_SET &&
      val_field_id(&stepping->root, op->name_id, op->name).type != VAL_MISSING)
    return LUMA_OK;
  if (op->kind == EVOLUTION_TRANSFORM) TRY(transform(stepping, op, &value, err));
  if (value.type == VAL_MISSING) return LUMA_OK;
  build_name(build, op->kind == EVOLUTION_TRANSFORM && op->to.bytes ? op->to : op->name);
  build_put(build, &value);
  return LUMA_OK;
}

static status build_step(struct stepping *stepping, struct buf *out, struct slice *made,
                         struct err *err) {
  struct build build;
  build_init(&build, out, stepping->evolution->names);
  build_begin_document(&build);
  status result = LUMA_OK;
  uint32_t count = val_count(&stepping->root);
  for (uint32_t i = 0; i < count && result == LUMA_OK; i++)
    result = put_field(stepping, i, &build, err);
  for (uint32_t i = 0; i < stepping->step->ops_count && result == LUMA_OK; i++)
    result = put_more(stepping, &stepping->step->ops[i], &build, err);
  if (result == LUMA_OK) {
    result = build_finish(&build, made, err);
  }
  build_deinit(&build);
  return result;
}

/* Documents are built after each other at the end of `out`; the last one is moved to the front. */
static status take_steps(struct stepping *stepping, const struct doc *document, uint32_t from,
                         struct buf *out, struct slice *made, struct err *err) {
  size_t start = out->bytes;
  struct buf room[2];
  buf_init(&room[0], DOC_BYTES_MAX);
  buf_init(&room[1], DOC_BYTES_MAX);
  struct doc current = *document;
  status result = LUMA_OK;
  int turn = 0; /* a step reads from the one and writes to the other */
  for (uint32_t i = from; i < stepping->evolution->steps_count && result == LUMA_OK; i++) {
    stepping->step = &stepping->evolution->steps[i];
    if (stepping->step->ops_count == 0) continue;
    stepping->root = doc_root(&current);
    turn ^= 1;
    buf_reset(&room[turn]);
    result = build_step(stepping, &room[turn], made, err);
    if (result == LUMA_OK) result = doc_open(*made, stepping->evolution->names, &current, err);
  }
  if (result == LUMA_OK && !buf_append_slice(out, *made))
    result = buf_check(out, "a document", err);
  if (result == LUMA_OK) *made = slice_of(out->data + start, out->bytes - start);
  buf_deinit(&room[0]);
  buf_deinit(&room[1]);
  return result;
}

status evolution_apply(const struct evolution *evolution, const struct doc *document,
                       uint64_t now_us, struct buf *out, struct slice *made, struct err *err) {
  struct doc_header header = doc_header(document);
  uint32_t from = evolution_begin(evolution, header.soul);
  struct stepping stepping = {.evolution = evolution};
  if (evolution->rules) TRY(soul_take_program(evolution->rules, &stepping.program, err));
  if (stepping.program) stepping.program->now_us = now_us;
  arena_init(&stepping.arena, 0, 0);
  size_t start = out->bytes;
  status result = take_steps(&stepping, document, from, out, made, err);
  arena_deinit(&stepping.arena);
  if (evolution->rules) soul_give_program(evolution->rules, stepping.program);
  TRY(result);
  doc_set_header(out->data + start, &header);
  return LUMA_OK;
}
