/* SPDX-License-Identifier: MIT */
/* Plans: the bytes choose the nodes of a logical plan (joins of all kinds, groups, sets, windows,
 * SELECTs within SELECTs, each over whole numbers and NULLs), as a front end would build it. It is
 * bound, optimised and run with all passes, with none and with a choice of them: whatever the plan,
 * the same rows come out, or it is refused every time. */
#include <stdio.h>

#include "base/core/assert.h"
#include "query/opt/opt.h"
#include "query/query.h"
#include "store/mem/mem_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const setup[] = {
    "INSERT INTO t (id, a, b) VALUES (1, 1, 5), (2, 2, NULL), (3, NULL, 1), (4, 1, 2), (5, 3, 3), "
    "(6, 2, 2), (7, 0, 7)",
    "INSERT INTO u {\"id\": 1, \"a\": 3}, {\"id\": 2, \"a\": 1, \"b\": 2}, {\"id\": 3, \"b\": 1}, "
    "{\"id\": 4, \"a\": 2, \"b\": 2}",
    "CREATE TABLE e (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER)",
    "CREATE INDEX ON t (a)",
    "CREATE INDEX ON u (b, a)",
    NULL,
};

/* ---- a front end whose text is choices ---- */

enum { DEPTH_MAX = 4, SOURCES_MAX = 5, COLUMNS_MAX = 4, NODES_MAX = 300 };

/* A name that expressions may read: alias.attribute. */
struct column {
  char text[16];
};

/* What names mean at one level, and around it. */
struct level {
  const struct level *outer;
  struct column columns[SOURCES_MAX * COLUMNS_MAX];
  uint32_t count;
};

struct maker {
  struct arena *arena;
  struct slice choices;
  size_t at;
  uint32_t aliases, nodes;
  uint32_t sources, promised; /* those there are, and the right sides of joins begun */
};

/* Bytes that are not there choose the first of everything: plans end. */
static uint32_t pick(struct maker *maker, uint32_t n) {
  if (maker->at == maker->choices.bytes) return 0;
  return maker->choices.data[maker->at++] % n;
}

static bool is_full(const struct maker *maker) {
  return maker->nodes > NODES_MAX || maker->sources + maker->promised >= SOURCES_MAX;
}

static struct slice keep(struct maker *maker, const char *text) {
  return slice_of(arena_copy(maker->arena, text, strlen(text) + 1), strlen(text));
}

static struct expr *name_of(struct maker *maker, const struct column *column) {
  return expr_name(maker->arena, keep(maker, column->text), false, 0);
}

static struct expr *number(struct maker *maker) {
  uint32_t n = pick(maker, 9);
  return expr_const(maker->arena, n == 8 ? val_null() : val_int64((int64_t)n - 1), 0);
}

static struct plan *make_query(struct maker *maker, const struct level *outer, uint32_t columns,
                               unsigned depth);
static struct expr *condition(struct maker *maker, const struct level *level, unsigned depth);

/* A column of the level, now and then of one around it. */
static struct expr *column_or_number(struct maker *maker, const struct level *level) {
  uint32_t choice = pick(maker, 6);
  if (choice == 5 && level->outer && level->outer->count) level = level->outer;
  if (level->count == 0 || choice == 4) return number(maker);
  return name_of(maker, &level->columns[pick(maker, level->count)]);
}

static struct expr *sub_select(struct maker *maker, enum expr_subquery_kind kind, struct expr *left,
                               struct plan *plan) {
  struct subquery *subquery = arena_zalloc(maker->arena, 1, sizeof *subquery);
  struct expr *made = expr_node(maker->arena, EXPR_SUBQUERY, &left, left ? 1 : 0, 0);
  ASSERT(subquery && made);
  *subquery = (struct subquery){.kind = kind,
                                .op = EXPR_OP_EQ,
                                .plan = plan,
                                .left_count = left ? 1 : 0,
                                .all = left && pick(maker, 4) == 3};
  made->subquery = subquery;
  return made;
}

static struct expr *aggregate(struct maker *maker, struct expr *of) {
  static const enum expr_aggregate kinds[] = {EXPR_COUNT, EXPR_SUM, EXPR_MIN, EXPR_MAX};
  uint32_t which = pick(maker, 5);
  struct expr *made = expr_node(maker->arena, EXPR_AGGREGATE, &of, which == 4 ? 0 : 1, 0);
  ASSERT(made);
  made->aggregate = which == 4 ? EXPR_COUNT : kinds[which];
  made->distinct = which != 4 && pick(maker, 3) == 2;
  return made;
}

/* A SELECT of one aggregate: it has one row, whatever it reads. */
static struct plan *total(struct maker *maker, const struct level *outer, unsigned depth) {
  struct plan *query = make_query(maker, outer, 1, depth);
  struct plan *derived = plan_node(maker->arena, PLAN_DERIVED, query, 0);
  struct plan *project = plan_node(maker->arena, PLAN_PROJECT, derived, 0);
  struct column column = {"s.c0"};
  ASSERT(project);
  derived->alias = keep(maker, "s");
  struct expr *of = aggregate(maker, name_of(maker, &column));
  project->exprs = arena_copy(maker->arena, &of, sizeof of);
  project->names = arena_zalloc(maker->arena, 1, sizeof *project->names);
  project->exprs_count = 1;
  return project;
}

static struct expr *value(struct maker *maker, const struct level *level, unsigned depth) {
  static const enum expr_op ops[] = {EXPR_OP_ADD, EXPR_OP_SUBTRACT};
  uint32_t choice = pick(maker, 9);
  maker->nodes++;
  if (depth == 0 || is_full(maker) || choice < 5) return column_or_number(maker, level);
  if (choice == 5)
    return expr_binary(maker->arena, ops[pick(maker, 2)], value(maker, level, depth - 1),
                       value(maker, level, depth - 1), 0);
  if (choice == 6) {
    struct expr *args[] = {condition(maker, level, depth - 1), value(maker, level, depth - 1),
                           value(maker, level, depth - 1)};
    struct expr *made = expr_node(maker->arena, EXPR_CASE, args, 3, 0);
    made->has_else = true;
    return made;
  }
  if (choice == 7) {
    struct expr *args[] = {value(maker, level, depth - 1), value(maker, level, depth - 1)};
    struct expr *made = expr_node(maker->arena, EXPR_CALL, args, 2, 0);
    made->name = keep(maker, pick(maker, 2) ? "coalesce" : "nullif");
    return made;
  }
  return sub_select(maker, EXPR_SUBQUERY_SCALAR, NULL, total(maker, level, depth - 1));
}

static struct expr *membership(struct maker *maker, const struct level *level, unsigned depth) {
  struct expr *args[] = {value(maker, level, depth - 1), number(maker), number(maker)};
  bool is_range = pick(maker, 2);
  struct expr *made = expr_node(maker->arena, is_range ? EXPR_BETWEEN : EXPR_IN, args, 3, 0);
  made->negated = pick(maker, 2);
  return made;
}

static struct expr *condition(struct maker *maker, const struct level *level, unsigned depth) {
  static const enum expr_op comparisons[] = {
      EXPR_OP_EQ, EXPR_OP_NE, EXPR_OP_LT,          EXPR_OP_LE,
      EXPR_OP_GT, EXPR_OP_GE, EXPR_OP_IS_DISTINCT, EXPR_OP_IS_NOT_DISTINCT};
  static const enum expr_op tests[] = {EXPR_OP_IS_NULL, EXPR_OP_IS_NOT_NULL};
  uint32_t choice = pick(maker, 12);
  unsigned less = depth ? depth - 1 : 0;
  maker->nodes++;
  if (depth == 0 || is_full(maker) || choice < 5)
    return expr_binary(maker->arena, comparisons[pick(maker, 8)], value(maker, level, less),
                       value(maker, level, less), 0);
  if (choice == 5)
    return expr_unary(maker->arena, tests[pick(maker, 2)], value(maker, level, less), 0);
  if (choice == 6) return membership(maker, level, depth);
  if (choice == 7) return expr_unary(maker->arena, EXPR_OP_NOT, condition(maker, level, less), 0);
  if (choice < 10)
    return expr_binary(maker->arena, pick(maker, 3) ? EXPR_OP_AND : EXPR_OP_OR,
                       condition(maker, level, less), condition(maker, level, less), 0);
  struct expr *left = choice == 10 ? value(maker, level, 0) : NULL;
  return sub_select(maker, left ? EXPR_SUBQUERY_COMPARE : EXPR_SUBQUERY_EXISTS, left,
                    make_query(maker, level, 1, less));
}

/* ---- sources ---- */

static void add_column(struct level *level, const char *alias, const char *name) {
  if (level->count == sizeof level->columns / sizeof level->columns[0]) return;
  struct column *column = &level->columns[level->count++];
  snprintf(column->text, sizeof column->text, "%.7s.%.7s", alias, name);
}

static struct plan *scan(struct maker *maker, struct level *level) {
  static const char *const names[] = {"t", "u", "e"};
  char alias[16];
  struct plan *made = plan_node(maker->arena, PLAN_SCAN, NULL, 0);
  ASSERT(made);
  snprintf(alias, sizeof alias, "x%u", maker->aliases++ % 1000);
  made->collection_name = keep(maker, names[pick(maker, 3)]);
  made->alias = keep(maker, alias);
  maker->sources++;
  add_column(level, alias, "id");
  add_column(level, alias, "a");
  add_column(level, alias, "b");
  return made;
}

static struct plan *derived(struct maker *maker, struct level *level, unsigned depth) {
  char alias[16], name[16];
  uint32_t columns = 1 + pick(maker, 3);
  struct plan *query = make_query(maker, NULL, columns, depth);
  struct plan *made = plan_node(maker->arena, PLAN_DERIVED, query, 0);
  ASSERT(made);
  snprintf(alias, sizeof alias, "d%u", maker->aliases++ % 1000);
  made->alias = keep(maker, alias);
  for (uint32_t i = 0; i < columns; i++) {
    snprintf(name, sizeof name, "c%u", i);
    add_column(level, alias, name);
  }
  return made;
}

static struct plan *source(struct maker *maker, struct level *level, unsigned depth) {
  static const enum plan_join_kind kinds[] = {PLAN_JOIN_INNER, PLAN_JOIN_LEFT, PLAN_JOIN_CROSS,
                                              PLAN_JOIN_RIGHT, PLAN_JOIN_FULL, PLAN_JOIN_INNER};
  uint32_t choice = pick(maker, 6);
  maker->nodes++;
  if (depth == 0 || is_full(maker) || choice < 2) return scan(maker, level);
  if (choice == 2) return derived(maker, level, depth - 1);
  maker->promised++; /* so that no product of many sources comes to be */
  struct plan *left = source(maker, level, depth - 1);
  maker->promised--;
  struct plan *right = source(maker, level, depth - 1);
  struct plan *join = plan_node(maker->arena, PLAN_JOIN, left, 0);
  ASSERT(join);
  join->right = right;
  join->join = kinds[pick(maker, 6)];
  if (join->join != PLAN_JOIN_CROSS) join->condition = condition(maker, level, 1);
  return join;
}

/* ---- queries: columns c0, c1, … ---- */

static struct plan *put_filter(struct maker *maker, struct plan *input, struct expr *asked) {
  struct plan *made = plan_node(maker->arena, PLAN_FILTER, input, 0);
  ASSERT(made);
  made->condition = asked;
  return made;
}

static struct plan *put_project(struct maker *maker, struct plan *input, struct expr **exprs,
                                uint32_t count) {
  struct plan *made = plan_node(maker->arena, PLAN_PROJECT, input, 0);
  ASSERT(made);
  made->exprs = arena_copy(maker->arena, exprs, count * sizeof(struct expr *));
  made->names = arena_zalloc(maker->arena, count, sizeof *made->names);
  made->exprs_count = count;
  for (uint32_t i = 0; i < count; i++) {
    char name[16];
    snprintf(name, sizeof name, "c%u", i);
    made->names[i] = keep(maker, name);
  }
  return made;
}

/* GROUP BY the first columns; the others are aggregates. */
static struct plan *grouped(struct maker *maker, struct plan *input, const struct level *level,
                            uint32_t columns, unsigned depth) {
  struct expr *exprs[COLUMNS_MAX];
  uint32_t keys = pick(maker, columns + 1);
  struct plan *node = plan_node(maker->arena, PLAN_AGGREGATE, input, 0);
  ASSERT(node);
  for (uint32_t i = 0; i < columns; i++)
    exprs[i] = i < keys ? column_or_number(maker, level)
                        : aggregate(maker, value(maker, level, depth ? depth - 1 : 0));
  node->exprs = arena_copy(maker->arena, exprs, COLUMNS_MAX * sizeof exprs[0]);
  node->exprs_count = node->keys_count = keys;
  if (pick(maker, 3) == 2) {
    struct expr *count = expr_node(maker->arena, EXPR_AGGREGATE, NULL, 0, 0);
    count->aggregate = EXPR_COUNT;
    node = put_filter(maker, node, expr_binary(maker->arena, EXPR_OP_GT, count, number(maker), 0));
  }
  return put_project(maker, node, exprs, columns);
}

static struct plan *plain(struct maker *maker, struct plan *input, const struct level *level,
                          uint32_t columns, unsigned depth) {
  struct expr *exprs[COLUMNS_MAX];
  for (uint32_t i = 0; i < columns; i++) exprs[i] = value(maker, level, depth < 2 ? depth : 2);
  struct plan *made = put_project(maker, input, exprs, columns);
  return pick(maker, 4) == 3 ? plan_node(maker->arena, PLAN_DISTINCT, made, 0) : made;
}

static struct plan *make_select(struct maker *maker, const struct level *outer, uint32_t columns,
                                unsigned depth) {
  struct level *level = arena_zalloc(maker->arena, 1, sizeof *level);
  ASSERT(level);
  level->outer = outer;
  struct plan *made = source(maker, level, depth);
  if (pick(maker, 3)) made = put_filter(maker, made, condition(maker, level, depth));
  return pick(maker, 4) == 3 ? grouped(maker, made, level, columns, depth)
                             : plain(maker, made, level, columns, depth);
}

/* Ordered by all columns, so that which rows a LIMIT keeps is certain. */
static struct plan *limited(struct maker *maker, struct plan *input, uint32_t columns) {
  struct plan *sort = plan_node(maker->arena, PLAN_SORT, input, 0);
  struct plan *made = plan_node(maker->arena, PLAN_LIMIT, sort, 0);
  ASSERT(made);
  sort->sort = arena_zalloc(maker->arena, columns, sizeof *sort->sort);
  sort->sort_count = columns;
  for (uint32_t i = 0; i < columns; i++) {
    struct column column;
    snprintf(column.text, sizeof column.text, "c%u", i);
    sort->sort[i] = (struct plan_sort_key){.expr = name_of(maker, &column),
                                           .descending = pick(maker, 2),
                                           .nulls_first = pick(maker, 2)};
  }
  made->limit = expr_const(maker->arena, val_int64(pick(maker, 6)), 0);
  if (pick(maker, 3) == 2) made->skip = expr_const(maker->arena, val_int64(pick(maker, 3)), 0);
  return made;
}

static struct plan *make_query(struct maker *maker, const struct level *outer, uint32_t columns,
                               unsigned depth) {
  static const enum plan_set_op ops[] = {PLAN_UNION, PLAN_INTERSECT, PLAN_EXCEPT};
  maker->nodes++;
  struct plan *made = NULL;
  if (depth > 0 && !is_full(maker) && pick(maker, 6) == 5) {
    struct plan *left = make_query(maker, outer, columns, depth - 1);
    made = plan_node(maker->arena, PLAN_SET_OPERATION, left, 0);
    ASSERT(made);
    made->right = make_query(maker, outer, columns, depth - 1);
    made->set_op = ops[pick(maker, 3)];
    made->all = pick(maker, 2);
  } else {
    made = make_select(maker, outer, columns, depth);
  }
  return pick(maker, 5) == 4 ? limited(maker, made, columns) : made;
}

static status parse(const struct lang_context *context, struct slice text, size_t *offset,
                    struct statement *statement, struct err *err) {
  struct maker maker = {.arena = context->arena, .choices = text};
  uint32_t columns = 1 + pick(&maker, 3);
  struct plan *root = make_query(&maker, NULL, columns, DEPTH_MAX);
  *statement = (struct statement){.language = PLAN_LQL, .root = root, .text = text};
  *offset = text.bytes;
  return plan_check_memory(context->arena, root, err);
}

static const struct lang lang_plan = {.name = "plan", .parse = parse};

/* ---- running ---- */

enum { ANSWER_BYTES_MAX = 32 << 20, ROWS_MAX = 20000, PASSES_MAX = 32 };

struct answer {
  status failed;
  uint64_t rows, sum; /* of the rows' hashes: rows come in any order */
};

static uint64_t hash_row(const struct batch *batch, uint32_t nth) {
  uint64_t hash = 14695981039346656037u; /* FNV-1a */
  for (uint32_t c = 0; c < batch->columns_count; c++) {
    struct val v = batch->columns[c][batch_row(batch, nth)];
    int64_t number = 0;
    bool is_null = val_is_null(&v);
    ASSERT(is_null || (val_is_number(&v) && val_to_int64(&v, &number)));
    hash = (hash ^ (is_null ? 977u : (uint64_t)number * 2654435761u)) * 1099511628211u;
  }
  return hash;
}

static void read_all(struct query_run *run, struct answer *answer) {
  struct batch *batch = NULL;
  while ((answer->failed = query_next(run, &batch, NULL)) == LUMA_OK && batch) {
    for (uint32_t i = 0; i < batch->selected_count; i++) {
      answer->rows++;
      answer->sum += hash_row(batch, i);
    }
    if (answer->rows > ROWS_MAX) answer->failed = LUMA_TOO_LARGE;
    if (answer->failed != LUMA_OK) return;
  }
}

static struct answer run_plan(struct model *model, struct slice choices,
                              const char *const *rules_off) {
  struct answer answer = {0};
  struct query_source source = {.lang = &lang_plan, .text = choices};
  struct query_prepare_options options = {.now_us = 1, .rules_off = rules_off};
  struct query_open_options open = {.memory_bytes = 64 << 20};
  struct store_begin_options begin = {.read_only = true, .may_block = true};
  struct model_txn *txn = NULL;
  struct query *query = NULL;
  struct query_run *run = NULL;
  ASSERT(model_begin(model, &begin, &txn, NULL) == LUMA_OK);
  answer.failed = query_prepare(model, txn, &source, NULL, &options, &query, NULL);
  if (answer.failed == LUMA_OK) answer.failed = query_open(query, txn, &open, &run, NULL);
  if (answer.failed == LUMA_OK) read_all(run, &answer);
  query_close(run);
  query_destroy(query);
  model_rollback(txn);
  return answer;
}

static void run_setup(struct model *model, const char *text) {
  struct query_source source = {.lang = &lang_lql, .text = slice_of_text(text)};
  struct query_open_options open = {0};
  struct store_begin_options begin = {.may_block = true};
  struct model_txn *txn = NULL;
  struct query *query = NULL;
  struct query_run *run = NULL;
  struct batch *batch = NULL;
  ASSERT(model_begin(model, &begin, &txn, NULL) == LUMA_OK);
  ASSERT(query_prepare(model, txn, &source, NULL, NULL, &query, NULL) == LUMA_OK);
  ASSERT(query_open(query, txn, &open, &run, NULL) == LUMA_OK);
  ASSERT(query_next(run, &batch, NULL) == LUMA_OK);
  query_close(run);
  query_destroy(query);
  ASSERT(model_commit(txn, STORE_SYNC_DEFAULT, NULL, NULL) == LUMA_OK);
}

/* Resources may end with one plan and not with another. */
static bool is_comparable(const struct answer *answer) {
  return answer->failed != LUMA_TOO_LARGE && answer->failed != LUMA_BUDGET_EXCEEDED;
}

static void check(const struct answer *a, const struct answer *b) {
  if (!is_comparable(a) || !is_comparable(b)) return;
  ASSERT(a->failed == b->failed);
  ASSERT(a->failed != LUMA_OK || (a->rows == b->rows && a->sum == b->sum));
}

/* The first two bytes choose passes to leave out. */
static void compare_plans(struct model *model, const uint8_t *data, size_t size) {
  struct slice choices = slice_of(data + 2, size - 2);
  const char *none[] = {NULL}, *all[PASSES_MAX] = {NULL}, *some[PASSES_MAX] = {NULL};
  uint32_t left_out = data[0] | (uint32_t)data[1] << 8, kept = 0;
  for (uint32_t i = 0; opt_pass_name(i) && i < PASSES_MAX - 1; i++) {
    all[i] = opt_pass_name(i);
    if (left_out >> i & 1) some[kept++] = opt_pass_name(i);
  }
  struct answer naive = run_plan(model, choices, all);
  struct answer best = run_plan(model, choices, none), mixed = run_plan(model, choices, some);
  check(&naive, &best);
  check(&naive, &mixed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct mem_options options = {0};
  struct model_options model_options = {.os = os_linux(), .rules = query_rules()};
  struct store *store = NULL;
  struct model *model = NULL;
  if (size < 3 || size > 1024) return 0;
  if (mem_store_open(&options, &store, NULL) != LUMA_OK) return 0;
  if (model_open(store, &model_options, &model, NULL) != LUMA_OK) return 0;
  for (const char *const *text = setup; *text; text++) run_setup(model, *text);
  compare_plans(model, data, size);
  model_close(model);
  return 0;
}
