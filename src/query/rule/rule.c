/* SPDX-License-Identifier: MIT */
/* A rule is read as the condition (or the one value) of a SELECT over documents of any collection;
 * what the front end and the binder make of it is compiled and kept. */
#include "query/rule/rule_int.h"

#include "base/mem/mem.h"
#include "model/soul/soul.h"
#include "query/bind/bind.h"
#include "query/expr/program.h"
#include "query/func/func.h"
#include "query/lang/lang.h"
#include "query/locale/collation.h"
#include "query/rule/quick.h"
#include "query/rule/rule.h"
#include "query/rule/sure.h"
#include "value/json/json.h"

enum {
  RULE_CHUNK_BYTES = 16 << 10,
  RULE_ARENA_BYTES_MAX = 256 << 20,
  RULE_TEXT_BYTES_MAX = 1 << 20
};

struct rule {
  struct program *program;
  struct regex *regex;
  struct collation *collation;
  const struct expr *expr; /* what the program was made of */
  bool lasts;              /* its value depends on the document alone */
};

struct rules {
  struct soul_program head; /* first */
  uint32_t items_count;
  struct arena arena;
  struct expr_env env;
  struct batch batch; /* one column: the beings */
  struct rule *items;
  const struct soul *soul;
};

static const char *const before[] = {[SOUL_RULE_CONDITION] = "SELECT * FROM being WHERE (",
                                     [SOUL_RULE_LASTING] = "SELECT * FROM being WHERE (",
                                     [SOUL_RULE_VALUE] = "SELECT (",
                                     [SOUL_RULE_FIXED] = "SELECT (",
                                     [SOUL_RULE_MATCH] = "{\"find\":\"being\",\"filter\":"};

static status make_text(struct arena *arena, const struct soul_rule *rule, struct slice *text,
                        struct err *err) {
  static const char *const after[] = {[SOUL_RULE_CONDITION] = "\n)",
                                      [SOUL_RULE_LASTING] = "\n)",
                                      [SOUL_RULE_VALUE] = "\n) AS value FROM being",
                                      [SOUL_RULE_FIXED] = "\n) AS value FROM being",
                                      [SOUL_RULE_MATCH] = "}"};
  struct buf made;
  buf_init(&made, RULE_TEXT_BYTES_MAX);
  buf_append_text(&made, before[rule->kind]);
  buf_append_slice(&made, rule->text);
  buf_append_text(&made, after[rule->kind]);
  buf_append_byte(&made, 0);
  status result = buf_check(&made, "an expression", err);
  uint8_t *copy = result == LUMA_OK ? arena_copy(arena, made.data, made.bytes) : NULL;
  *text = slice_of(copy, copy ? made.bytes - 1 : 0);
  buf_deinit(&made);
  TRY(result);
  return plan_check_memory(arena, copy, err);
}

static status fail_shape(struct err *err) {
  FAIL(err, LUMA_SYNTAX_ERROR, "it is not one expression over the attributes of the being");
}

/* The expression of the bound statement, if it is as simple as it was written to be. */
static struct expr *expression_of(const struct plan *root, enum soul_rule_kind kind) {
  const struct plan *filter = kind == SOUL_RULE_MATCH ? root : root->input;
  if (kind != SOUL_RULE_MATCH && (root->kind != PLAN_PROJECT || !root->input)) return NULL;
  if (kind == SOUL_RULE_VALUE || kind == SOUL_RULE_FIXED)
    return root->input->kind == PLAN_SCAN && root->exprs_count == 1 ? root->exprs[0] : NULL;
  if (filter->kind != PLAN_FILTER || filter->input->kind != PLAN_SCAN) return NULL;
  return filter->condition;
}

/* The scan under a statement that was just read: no collection is meant by it. */
static bool free_scan(struct plan *plan) {
  for (; plan; plan = plan->input) {
    if (plan->kind != PLAN_SCAN) continue;
    plan->missing_is_empty = true;
    return true;
  }
  return false;
}

struct slice rule__right_name(const struct soul *soul, struct slice name) {
  struct slice found = name;
  uint32_t count = 0;
  if (soul_attribute(soul, name)) return name;
  for (uint32_t i = 0; i < soul->attributes_count; i++) {
    if (!slice_is_equal_nocase(soul->attributes[i].name, name)) continue;
    found = soul->attributes[i].name;
    count++;
  }
  return count == 1 ? found : name;
}

static status correct_case(struct rules *rules, struct expr *expr, struct err *err) {
  if (expr->kind == EXPR_FIELD && expr->path.count && expr->path.steps[0].is_name) {
    struct path_step *steps =
        arena_copy(&rules->arena, expr->path.steps, expr->path.count * sizeof *steps);
    TRY(plan_check_memory(&rules->arena, steps, err));
    steps[0].name = rule__right_name(rules->soul, steps[0].name);
    expr->path.steps = steps;
  }
  for (uint32_t i = 0; i < expr->args_count; i++) TRY(correct_case(rules, expr->args[i], err));
  return LUMA_OK;
}

/* So that errors do not show their values. */
static void mask(const struct soul *soul, struct expr *expr) {
  if (expr->kind == EXPR_FIELD) expr->is_masked |= soul_is_sensitive(soul, &expr->path);
  for (uint32_t i = 0; i < expr->args_count; i++)
    if (expr->args[i]) mask(soul, expr->args[i]);
}

static status check_lasting(const struct expr *expr, struct err *err) {
  if (expr->kind == EXPR_SUBQUERY)
    FAIL(err, LUMA_INVALID_ARGUMENT, "a SELECT cannot stand in an index");
  if (expr->kind == EXPR_CALL && expr->function->volatility != FUNC_IMMUTABLE)
    FAIL(err, LUMA_INVALID_ARGUMENT, "`%s` cannot stand in an index: its value changes",
         expr->function->name);
  for (uint32_t i = 0; i < expr->args_count; i++)
    if (expr->args[i]) TRY(check_lasting(expr->args[i], err));
  return LUMA_OK;
}

status rule__parse(struct arena *arena, const struct soul_rule *rule, size_t *offset,
                   struct statement *statement, struct err *err) {
  struct slice text;
  size_t end = 0;
  const struct lang *lang = rule->kind == SOUL_RULE_MATCH ? &lang_jql : &lang_lql;
  TRY(make_text(arena, rule, &text, err));
  struct lang_context context = {.arena = arena};
  TRY(lang->parse(&context, text, &end, statement, err));
  *offset = strlen(before[rule->kind]);
  return end != text.bytes || statement->parameters_count ? fail_shape(err) : LUMA_OK;
}

/* The condition or value of a rule, bound to a document. */
static status read_rule(struct arena *arena, const struct soul_rule *rule, struct expr **expr,
                        struct err *err) {
  struct statement statement;
  size_t offset;
  TRY(rule__parse(arena, rule, &offset, &statement, err));
  if (!free_scan(statement.root)) return fail_shape(err);
  struct bind_options options = {.arena = arena};
  TRY(bind_statement(&options, &statement, err));
  *expr = expression_of(statement.root, rule->kind);
  if (!*expr) return fail_shape(err);
  bool lasts = rule->kind == SOUL_RULE_LASTING || rule->kind == SOUL_RULE_FIXED;
  return lasts ? check_lasting(*expr, err) : LUMA_OK;
}

status rule_read(struct arena *arena, const struct soul_rule *rule, struct expr **expr,
                 struct err *err) {
  return read_rule(arena, rule, expr, err);
}

static status compile(struct rules *rules, const struct soul_rule *rule, struct rule *out,
                      struct err *err) {
  struct expr *expr = NULL;
  TRY(read_rule(&rules->arena, rule, &expr, err));
  if (rules->soul) TRY(correct_case(rules, expr, err));
  if (rules->soul) mask(rules->soul, expr);
  out->expr = expr;
  out->lasts = check_lasting(expr, NULL) == LUMA_OK;
  return program_create(&rules->env, expr, &out->program, err);
}

static status open_collation(struct slice text, struct collation **collation, struct err *err) {
  static const struct json_read_options options = {.form = JSON_TAGGED};
  struct buf room;
  struct val spec;
  buf_init(&room, RULE_TEXT_BYTES_MAX);
  status result = json_read_once(text, &options, &room, &spec, err);
  if (result == LUMA_OK) result = collation_create(&spec, collation, err);
  buf_deinit(&room);
  return result;
}

static status compile_all(struct rules *rules, const struct soul_rule *items, uint32_t count,
                          uint32_t *failed, struct err *err) {
  rules->items = arena_zalloc(&rules->arena, count + 1u, sizeof *rules->items);
  TRY(plan_check_memory(&rules->arena, rules->items, err));
  rules->items_count = count;
  TRY(batch_init(&rules->batch, &rules->arena, 1, err));
  for (uint32_t i = 0; i < count; i++) {
    *failed = i;
    if (items[i].kind == SOUL_RULE_PATTERN)
      TRY(expr_env_regex(&rules->env, items[i].text, slice_of(NULL, 0), &rules->items[i].regex,
                         err));
    else if (items[i].kind == SOUL_RULE_COLLATION)
      TRY(open_collation(items[i].text, &rules->items[i].collation, err));
    else
      TRY(compile(rules, &items[i], &rules->items[i], err));
  }
  return LUMA_OK;
}

static void rules_destroy(struct soul_program *program) {
  struct rules *rules = (struct rules *)program;
  for (uint32_t i = 0; i < rules->items_count; i++) collation_destroy(rules->items[i].collation);
  expr_env_deinit(&rules->env);
  arena_deinit(&rules->arena);
  mem_free(rules);
}

static status rules_create(const struct soul *soul, const struct soul_rule *items, uint32_t count,
                           struct soul_program **program, uint32_t *failed, struct err *err) {
  struct rules *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the expressions of a soul");
  arena_init(&made->arena, RULE_CHUNK_BYTES, RULE_ARENA_BYTES_MAX);
  expr_env_init(&made->env, &made->arena);
  made->soul = soul;
  status result = compile_all(made, items, count, failed, err);
  if (result == LUMA_OK)
    *program = &made->head;
  else
    rules_destroy(&made->head);
  return result;
}

static status rules_run(struct soul_program *program, uint32_t nth, const struct val *documents,
                        uint32_t count, struct arena *arena, struct val *values, struct err *err) {
  struct rules *rules = (struct rules *)program;
  const struct val *results;
  uint32_t stride;
  batch_reset(&rules->batch);
  rules->batch.rows = rules->batch.selected_count = count;
  memcpy(rules->batch.columns[0], documents, count * sizeof *documents);
  rules->env.now_us = program->now_us;
  rules->env.numbers = &program->numbers;
  TRY(program_run(rules->items[nth].program, &rules->batch, arena, &results, &stride, err));
  for (uint32_t i = 0; i < count; i++) values[i] = results[(size_t)i * stride];
  return LUMA_OK;
}

static status rules_fold(struct soul_program *program, uint32_t nth, const struct val *value,
                         struct val *key, struct err *err) {
  const struct rules *rules = (const struct rules *)program;
  struct collation *collation = rules->items[nth].collation;
  *key = *value; /* the simple collation is none */
  return collation ? collation_key(collation, 0, value, key, err) : LUMA_OK;
}

static status rules_match(struct soul_program *program, uint32_t nth, struct slice text,
                          bool *matches, struct err *err) {
  const struct rules *rules = (const struct rules *)program;
  return regex_match(rules->items[nth].regex, text, matches, err);
}

static bool rules_lasts(const struct soul_program *program, uint32_t nth) {
  const struct rules *rules = (const struct rules *)program;
  return rules->items[nth].lasts;
}

static const struct soul_quick *rules_quicken(const struct soul_program *program, uint32_t nth,
                                              const struct soul_places *places,
                                              struct arena *arena) {
  const struct rules *rules = (const struct rules *)program;
  return rules->items[nth].expr ? rule__quicken(rules->items[nth].expr, places, arena) : NULL;
}

static struct soul_sure rules_assure(const struct soul_program *program, uint32_t nth,
                                     const struct soul_known *known) {
  const struct rules *rules = (const struct rules *)program;
  if (!rules->items[nth].expr) return (struct soul_sure){.may_be_null = true};
  return rule__assure(rules->items[nth].expr, known);
}

static void rules_confine(const struct soul_program *program, uint32_t nth, struct slice name,
                          struct soul_sure *sure) {
  const struct rules *rules = (const struct rules *)program;
  if (rules->items[nth].expr) rule__confine(rules->items[nth].expr, name, sure);
}

static bool is_common(const struct expr *expr) {
  bool reads = expr->kind == EXPR_FIELD || expr->kind == EXPR_STAR || expr->kind == EXPR_MATCH ||
               expr->kind == EXPR_SUBQUERY || expr->kind == EXPR_OUTER;
  if (reads || (expr->kind == EXPR_CALL && expr->function->volatility == FUNC_VOLATILE))
    return false;
  for (uint32_t i = 0; i < expr->args_count; i++)
    if (expr->args[i] && !is_common(expr->args[i])) return false;
  return true;
}

static bool rules_is_common(const struct soul_program *program, uint32_t nth) {
  const struct rules *rules = (const struct rules *)program;
  return rules->items[nth].expr && is_common(rules->items[nth].expr);
}

static void tell_match(const struct match *match, soul_reads_fn *tell, void *context) {
  if (match->path.count && match->path.steps[0].is_name) tell(context, &match->path);
  for (uint32_t i = 0; i < match->children_count; i++)
    tell_match(match->children[i], tell, context);
}

static void tell_reads(const struct expr *expr, soul_reads_fn *tell, void *context) {
  struct path_step steps[PATH_STEPS_MAX];
  struct path path = {.steps = steps};
  if (expr->match) tell_match(expr->match, tell, context);
  if (expr_read_path(expr, &path)) {
    if (path.count == 0 || path.steps[0].is_name) tell(context, &path);
    return;
  }
  if (expr->kind == EXPR_STAR || expr->kind == EXPR_SUBQUERY)
    tell(context, &(struct path){.steps = steps});
  for (uint32_t i = 0; i < expr->args_count; i++) tell_reads(expr->args[i], tell, context);
}

static void rules_reads(const struct soul_program *program, uint32_t nth, soul_reads_fn *tell,
                        void *context) {
  const struct rules *rules = (const struct rules *)program;
  if (rules->items[nth].expr) tell_reads(rules->items[nth].expr, tell, context);
}

static bool takes_from(const struct expr *expr, struct slice sequence) {
  bool takes = expr->kind == EXPR_CALL && strcmp(expr->function->name, "nextval") == 0 &&
               expr->args_count == 1 && expr->args[0]->kind == EXPR_CONST &&
               expr->args[0]->value.type == VAL_TEXT &&
               slice_is_equal(val_slice(&expr->args[0]->value), sequence);
  for (uint32_t i = 0; !takes && i < expr->args_count; i++)
    takes = expr->args[i] && takes_from(expr->args[i], sequence);
  return takes;
}

static bool rules_takes_from(const struct soul_program *program, uint32_t nth,
                             struct slice sequence) {
  const struct rules *rules = (const struct rules *)program;
  return rules->items[nth].expr && takes_from(rules->items[nth].expr, sequence);
}

const struct soul_rules_ops *rule_ops(void) {
  static const struct soul_rules_ops ops = {.create = rules_create,
                                            .destroy = rules_destroy,
                                            .rename = rule__rename,
                                            .check_types = rule__check_types,
                                            .run = rules_run,
                                            .bind_view = rule__bind_view,
                                            .lasts = rules_lasts,
                                            .is_common = rules_is_common,
                                            .reads = rules_reads,
                                            .takes_from = rules_takes_from,
                                            .quicken = rules_quicken,
                                            .assure = rules_assure,
                                            .confine = rules_confine,
                                            .fold = rules_fold,
                                            .match = rules_match};
  return &ops;
}
