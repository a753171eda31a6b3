/* SPDX-License-Identifier: MIT */
/* Running: an execution of a prepared statement in a transaction. */
#include "base/mem/mem.h"

#include "model/catalog/catalog.h"
#include "query/exec/exec.h"
#include "query/exec/reads.h"
#include "query/exec/write/guard.h"
#include "query/expr/program.h"
#include "query/query_int.h"
#include <stdio.h>

enum { RUN_ARENA_BYTES = 32 << 10, RUN_DOCUMENT_BYTES = 16 << 10, CHANCE_SHIFT = 20 };

struct query_run {
  const struct query *query;
  struct query_compiled *compiled; /* one reference */
  struct query_compiled *portion;  /* of its rest, that runs; NULL: none does */
  struct arena arena;              /* everything that lives as long as the run */
  struct arena document_arena;     /* documents made since the last batch */
  struct expr_env env;
  struct exec exec;
  bool writes_whole;            /* some change does */
  bool writes;                  /* in a transaction, which has its rules for writes meanwhile */
  struct model_witness witness; /* of what follows from changes, while the run is open */
  struct op *root;
  struct query_warning warnings[3];
  uint32_t warnings_count;
  char clashes[2 * EXPR_CLASH_BYTES]; /* the text of a warning */
  struct collation *collation;        /* NULL: texts compare by bytes */
};

static bool is_node_current(void *context, const struct plan *plan) {
  const struct catalog *catalog = context;
  if (!plan->collection_name.bytes) return true;
  const struct collection *now = catalog_find(catalog, plan->collection_name);
  if (!now != !plan->collection) return false;
  return !now ||
         (now->number == plan->collection->number && now->version == plan->collection->version);
}

/** True when every collection of the plan is in the catalog as it was when the plan was bound. */
static bool is_current(const struct plan *plan, const struct catalog *catalog) {
  union {
    const struct catalog *seen;
    void *context;
  } picture = {.seen = catalog}; /* only looked at */
  return plan_visit(plan, is_node_current, picture.context);
}

/** The plan to run: the prepared one, or one made for this transaction. */
static status take_compiled(struct query *query, struct model_txn *txn,
                            struct query_compiled **compiled, struct err *err) {
  struct query_compiled *prepared = query->compiled;
  bool is_timeless = query->source.command || prepared->statement.language == PLAN_LQL ||
                     prepared->statement.language == PLAN_JQL;
  bool is_fresh =
      prepared->is_borrowed && prepared->txn == txn && prepared->catalog == model_catalog(txn);
  bool is_kept = is_timeless && !prepared->is_borrowed && !prepared->statement.has_views &&
                 is_current(prepared->statement.root, model_catalog(txn)) &&
                 prepared->names == query__names(prepared->statement.root);
  prepared->txn = NULL; /* a borrowed picture is good for one opening */
  if (!is_fresh && !is_kept) {
    query->is_stale = true;
    size_t offset = 0;
    return query__compile(query, txn, &offset, compiled, err);
  }
  prepared->references++;
  *compiled = prepared;
  return LUMA_OK;
}

/** The values of the statement's own variables. */
static status set_variables(struct query_run *run, struct err *err) {
  const struct statement *statement = &run->compiled->statement;
  struct val *values = arena_zalloc(&run->arena, statement->lets_count + 1, sizeof *values);
  TRY(plan_check_memory(&run->arena, values, err));
  run->env.variables = values;
  for (uint32_t i = 0; i < statement->lets_count; i++) { /* each may name those before it */
    TRY(program_constant(&run->env, statement->lets[i], &values[i], err));
    run->env.variables_count = i + 1;
  }
  return LUMA_OK;
}

/** Behind the values of the statement's variables, of which `count` are shared, those of the
 * portion's. */
static status set_more_variables(struct query_run *run, uint32_t count, struct err *err) {
  const struct statement *statement = &run->portion->statement;
  if (!statement->lets_count) return LUMA_OK;
  struct val *values =
      arena_zalloc(&run->portion->arena, (size_t)count + statement->lets_count, sizeof *values);
  TRY(plan_check_memory(&run->portion->arena, values, err));
  for (uint32_t i = 0; i < count; i++) values[i] = run->env.variables[i];
  run->env.variables = values;
  for (uint32_t i = 0; i < statement->lets_count; i++) {
    run->env.variables_count = count + i;
    TRY(program_constant(&run->env, statement->lets[i], &values[count + i], err));
  }
  run->env.variables_count = count + statement->lets_count;
  return LUMA_OK;
}

static status plan_rest(void *context, const struct plan_rest *rest, const struct plan **plan,
                        struct err *err) {
  struct query_run *run = context;
  struct query_compiled *before = run->portion;
  TRY(query__compile_rest(run->query, rest, run->exec.txn, &run->portion, err));
  status done = set_more_variables(run, rest->lets_count, err);
  query__release(before); /* its variables were looked at */
  *plan = run->portion->statement.root;
  run->writes_whole |= run->portion->writes_whole;
  return done;
}

/** The sooner of the caller's deadline and the statement's own. */
static uint64_t deadline_of(const struct query_open_options *options,
                            const struct statement *statement) {
  if (!statement->time_max_ms || !options->os) return options->deadline_us;
  uint64_t own_us = os_monotonic_us(options->os) + statement->time_max_ms * 1000;
  return options->deadline_us && options->deadline_us < own_us ? options->deadline_us : own_us;
}

/** What MongoDB's clients expect to read back. */
enum { MONGO_DOCUMENT_BYTES_MAX = 16 << 20 };

/** What holds for the statement's writes, and for nothing that the transaction does after it: its
 * time is that of defaults. */
static void set_rules(struct query_run *run, uint64_t now_us) {
  struct model_txn *txn = run->exec.txn;
  bool is_jql = run->exec.language == PLAN_JQL;
  model_set_now(txn, now_us);
  model_skip_validation(txn, run->compiled->statement.skips_validation);
  model_limit_documents(txn, is_jql ? MONGO_DOCUMENT_BYTES_MAX : 0);
  model_take_mongo_keys(txn, is_jql);
}

static void unset_rules(struct model_txn *txn) {
  model_set_now(txn, 0);
  model_skip_validation(txn, false);
  model_limit_documents(txn, 0);
  model_take_mongo_keys(txn, false);
}

static status start(struct query_run *run, struct query *query, struct model_txn *txn,
                    const struct query_open_options *options, struct err *err) {
  run->query = query;
  TRY(take_compiled(query, txn, &run->compiled, err));
  run->writes_whole = run->compiled->writes_whole;
  bool is_small = options->batch_rows && options->batch_rows < BATCH_ROWS;
  size_t budget = options->memory_bytes ? options->memory_bytes : QUERY_MEMORY_BYTES_DEFAULT;
  arena_init(&run->arena, RUN_ARENA_BYTES, budget);
  arena_init(&run->document_arena, RUN_DOCUMENT_BYTES, budget);
  expr_env_init(&run->env, &run->arena);
  run->env.params = options->params;
  run->env.now_us = options->now_us;
  run->env.numbers = options->numbers;
  rng_init(&run->env.chance, options->now_us ^ ((uint64_t)(uintptr_t)run << CHANCE_SHIFT));
  run->env.text = run->compiled->statement.text;
  run->exec = (struct exec){.arena = &run->arena,
                            .env = &run->env,
                            .model = query->model,
                            .txn = txn,
                            .language = run->compiled->statement.language,
                            .memory_bytes = budget,
                            .batch_rows = is_small ? options->batch_rows : BATCH_ROWS,
                            .guard = options->guard,
                            .last_key = val_missing(),
                            .os = options->os,
                            .folder = options->folder,
                            .deadline_us = deadline_of(options, &run->compiled->statement),
                            .cancelled = options->cancelled,
                            .tail = options->tail,
                            .threads = options->threads,
                            .rest = run->compiled->statement.rest,
                            .planner = {plan_rest, run}};
  exec_init(&run->exec);
  run->witness = guard_witness(&run->exec);
  if (txn && run->witness.followed) model_set_witness(txn, &run->witness);
  const struct plan *root = run->compiled->statement.root;
  run->writes = txn && plan_is_write(root);
  if (run->writes) set_rules(run, options->now_us);
  if (run->compiled->statement.collation.type == VAL_MAP)
    TRY(collation_create(&run->compiled->statement.collation, &run->collation, err));
  run->env.collation = run->collation;
  run->env.only_reads = !plan_is_write(root);
  TRY(set_variables(run, err));
  if (run->env.only_reads) TRY(reads_of(&run->arena, root, &run->exec.reads, err));
  return exec_open(&run->exec, root, &run->root, err);
}

static void note_failure(const struct query_run *run, status done, struct err *err) {
  query__note_change(&run->compiled->statement, done, err);
  query__tell_place(run->compiled, err);
}

status query_open(struct query *query, struct model_txn *txn,
                  const struct query_open_options *options, struct query_run **run,
                  struct err *err) {
  struct query_run *made = mem_zalloc(1, sizeof *made);
  *run = NULL;
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for a statement");
  query->options.now_us = options->now_us;
  arena_init(&made->arena, 0, 0);
  arena_init(&made->document_arena, 0, 0);
  expr_env_init(&made->env, &made->arena);
  status done = start(made, query, txn, options, err);
  if (done != LUMA_OK && made->compiled) note_failure(made, done, err);
  if (done == LUMA_OK)
    *run = made;
  else
    query_close(made);
  return done;
}

/** What the clashes of types were about: the first of them. */
static const char *tell_clashes(struct query_run *run) {
  static const char plain[] = "values of types that do not go together gave NULL";
  if (!run->env.clash[0]) return plain;
  (void)snprintf(run->clashes, sizeof run->clashes, "%s, first: %s", plain, run->env.clash);
  return run->clashes;
}

static void note_warnings(struct query_run *run) {
  run->warnings_count = 0;
  if (run->env.clashes)
    run->warnings[run->warnings_count++] =
        (struct query_warning){tell_clashes(run), run->env.clashes};
  if (run->exec.affected && run->writes_whole)
    run->warnings[run->warnings_count++] = (struct query_warning){
        "there is no condition: every document of the collection is written", 1};
  if (run->compiled->statement.doubt)
    run->warnings[run->warnings_count++] =
        (struct query_warning){run->compiled->statement.doubt, 1};
}

status query_next(struct query_run *run, struct batch **batch, struct err *err) {
  arena_reset(&run->document_arena);
  status done = exec_next(run->root, batch, err);
  note_warnings(run);
  if (done != LUMA_OK) note_failure(run, done, err);
  return done;
}

status query_document(struct query_run *run, const struct batch *batch, uint32_t nth,
                      struct val *document, struct err *err) {
  const struct plan *root = run->compiled->statement.root;
  return exec_document(&run->env, root->columns, batch, nth, &run->document_arena, document, err);
}

void query_close(struct query_run *run) {
  if (!run) return;
  if (run->writes) unset_rules(run->exec.txn);
  if (run->exec.txn && run->witness.followed) model_set_witness(run->exec.txn, NULL);
  exec_close(run->root);
  exec_deinit(&run->exec);
  expr_env_deinit(&run->env);
  collation_destroy(run->collation);
  arena_deinit(&run->document_arena);
  arena_deinit(&run->arena);
  query__release(run->portion);
  query__release(run->compiled);
  mem_free(run);
}

void query_summary(const struct query_run *run, struct query_summary *summary) {
  const struct exec *exec = &run->exec;
  *summary = (struct query_summary){.matched = exec->matched,
                                    .affected = exec->affected,
                                    .keys = exec->keys,
                                    .keys_count = exec->keys_count,
                                    .last_key = exec->last_key,
                                    .upserted = exec->upserted,
                                    .write_errors = exec->write_errors,
                                    .write_errors_count = exec->write_errors_count,
                                    .steps = exec->steps,
                                    .steps_count = exec->steps_count,
                                    .answer = exec->answer,
                                    .told = run->compiled->statement.told};
  summary->changes = exec->changes;
  summary->changes_count = exec->changes_count;
  summary->warnings = run->warnings;
  summary->warnings_count = run->warnings_count;
}
