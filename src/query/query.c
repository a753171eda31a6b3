/* SPDX-License-Identifier: MIT */
/* Preparing: parse, bind, optimise. The result is shared by the runs that use it and made anew when
 * the catalog moved on. */
#include "query/query.h"

#include "base/mem/mem.h"
#include "model/catalog/picture.h"
#include "query/bind/bind.h"
#include "query/opt/opt.h"
#include "query/plan/physical.h"
#include "query/query_int.h"
#include "query/rule/rule.h"

enum {
  PLAN_ARENA_BYTES = 8 << 10,
  PLAN_ARENA_BYTES_MAX = 64 << 20,
  SCRIPT_WINDOW_BYTES = 16 << 10
};

const struct soul_rules_ops *query_rules(void) {
  return rule_ops();
}

void query__release(struct query_compiled *compiled) {
  if (!compiled || --compiled->references > 0) return;
  if (!compiled->is_borrowed) catalog_release(compiled->catalog);
  arena_deinit(&compiled->arena);
  mem_free(compiled);
}

static struct lang_context context_of(const struct query *query, struct query_compiled *compiled) {
  return (struct lang_context){.arena = &compiled->arena,
                               .catalog = compiled->catalog,
                               .reader = query->options.reader,
                               .is_alone = query->is_alone,
                               .has_policy = query->options.policy != NULL,
                               .literals = query->options.literals,
                               .now_us = query->options.now_us};
}

static status parse(const struct query *query, struct query_compiled *compiled, size_t *offset,
                    struct err *err) {
  struct lang_context context = context_of(query, compiled);
  struct slice text = query->source.text;
  if (query->source.command) {
    if (!query->source.lang->parse_value)
      FAIL(err, LUMA_INVALID_ARGUMENT, "%s has no statements as values", query->source.lang->name);
    return query->source.lang->parse_value(&context, query->source.command, &compiled->statement,
                                           err);
  }
  TRY(query->source.lang->parse(&context, text, offset, &compiled->statement, err));
  compiled->statement.text = text;
  return LUMA_OK;
}

static bool count_names(void *context, const struct plan *plan) {
  uint64_t *count = context;
  if (plan->collection) *count += names_count(plan->collection->names);
  return true;
}

uint64_t query__names(const struct plan *plan) {
  uint64_t count = 0;
  plan_visit(plan, count_names, &count);
  return count;
}

/* The optimizer weighs by how much is stored; without a transaction it looks at a snapshot of its
 * own. */
static status optimize(const struct query *query, struct query_compiled *compiled,
                       struct model_txn *txn, struct err *err) {
  struct opt_options opt = {.arena = &compiled->arena,
                            .txn = txn,
                            .now_us = query->options.now_us,
                            .rules_off = query->options.rules_off,
                            .read_rule = rule_read};
  if (txn) return opt_statement(&opt, &compiled->statement, err);
  struct store_begin_options options = {.read_only = true, .may_block = true};
  TRY(model_begin(query->model, &options, &opt.txn, err));
  status done = opt_statement(&opt, &compiled->statement, err);
  model_rollback(opt.txn);
  return done;
}

/** A view's text was a SELECT, or JQL's aggregate, when it was made. */
static status read_view(struct arena *arena, struct slice text, struct plan **plan,
                        struct err *err) {
  const struct lang *lang = text.bytes && text.data[0] == '{' ? &lang_jql : &lang_lql;
  struct lang_context context = {.arena = arena};
  struct statement statement;
  size_t offset = 0;
  TRY(lang->parse(&context, text, &offset, &statement, err));
  *plan = statement.root;
  return LUMA_OK;
}

static bool reads_all(const struct plan *scan) {
  const struct plan_access *access = scan->physical ? scan->physical->access : NULL;
  return scan->kind == PLAN_SCAN &&
         (!access || (!access->index && !access->parts_count && !access->branches_count));
}

static bool writes_all(const struct plan *change, bool is_mongo) {
  while (change->kind == PLAN_PROJECT && change->input) change = change->input;
  bool is_it = change->kind == PLAN_UPDATE || change->kind == PLAN_DELETE;
  return is_it && (change->multi || !is_mongo) && !change->is_truncate && change->input &&
         reads_all(change->input);
}

/* An UPDATE or DELETE of every document, in any language: there is no condition, or one that is
 * true whatever the document is. Only TRUNCATE says that it is meant. Of an optimised plan:
 * conditions like 1 = 1 are gone then. */
static bool writes_whole(const struct statement *statement) {
  bool is_mongo = statement->language == PLAN_JQL;
  const struct plan *at = statement->root;
  for (; at && at->kind == PLAN_SEQUENCE; at = at->right)
    if (writes_all(at->input, is_mongo)) return true;
  return at && writes_all(at, is_mongo);
}

status query__note_change(const struct statement *statement, status done, struct err *err) {
  enum { MONGO_NOT_ON_VIEW = 166 };
  enum plan_kind kind = statement->root->kind;
  bool is_one =
      statement->told == PLAN_TOLD_CHANGES && (kind == PLAN_UPDATE || kind == PLAN_DELETE);
  if (done != LUMA_OK && err && is_one && plan_fails_alone(done) &&
      err->foreign != MONGO_NOT_ON_VIEW)
    err->of_change = plan_kind_name(kind);
  return done;
}

static status bind(const struct query *query, struct query_compiled *compiled, struct err *err) {
  struct bind_options options = {.arena = &compiled->arena,
                                 .catalog = compiled->catalog,
                                 .policy = query->options.policy,
                                 .read_view = read_view};
  /* Plans that others may take know nothing of sessions. */
  if (query->options.has_temporaries || compiled->statement.root->is_temporary)
    options.session = query->options.session;
  return bind_statement(&options, &compiled->statement, err);
}

static status compile_into(struct query *query, struct query_compiled *compiled,
                           struct model_txn *txn, size_t *offset, struct err *err) {
  TRY(parse(query, compiled, offset, err));
  TRY(query__note_change(&compiled->statement, bind(query, compiled, err), err));
  TRY(query__settle_index(&compiled->arena, compiled->statement.root, err));
  compiled->names = query__names(compiled->statement.root); /* before it is looked at */
  TRY(query__note_change(&compiled->statement, optimize(query, compiled, txn, err), err));
  compiled->writes_whole = writes_whole(&compiled->statement);
  return LUMA_OK;
}

status query__compile(struct query *query, struct model_txn *txn, size_t *offset,
                      struct query_compiled **compiled, struct err *err) {
  struct query_compiled *made = mem_zalloc(1, sizeof *made);
  *compiled = NULL;
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for a statement");
  made->references = 1;
  made->is_borrowed = txn != NULL;
  arena_init(&made->arena, PLAN_ARENA_BYTES, PLAN_ARENA_BYTES_MAX);
  made->txn = txn;
  made->catalog = txn ? model_catalog(txn) : model_catalog_acquire(query->model);
  status done = compile_into(query, made, txn, offset, err);
  if (done == LUMA_OK)
    *compiled = made;
  else
    query__release(made);
  return done;
}

static status compile_rest(const struct query *query, const struct plan_rest *rest,
                           struct model_txn *txn, struct query_compiled *compiled,
                           struct err *err) {
  const struct lang_context context = context_of(query, compiled);
  struct statement *statement = &compiled->statement;
  TRY(query->source.lang->read_rest(&context, rest, statement, err));
  statement->text = query->source.text;
  statement->lets += rest->lets_count; /* the others have their values */
  statement->lets_count -= rest->lets_count;
  TRY(bind(query, compiled, err));
  TRY(optimize(query, compiled, txn, err));
  compiled->writes_whole = writes_whole(statement);
  return LUMA_OK;
}

status query__compile_rest(const struct query *query, const struct plan_rest *rest,
                           struct model_txn *txn, struct query_compiled **compiled,
                           struct err *err) {
  struct query_compiled *made = mem_zalloc(1, sizeof *made);
  *compiled = NULL;
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for a statement");
  made->references = 1;
  arena_init(&made->arena, PLAN_ARENA_BYTES, PLAN_ARENA_BYTES_MAX);
  /* What those before it made is in it; what its own make puts another in its place. */
  made->catalog = model_catalog(txn);
  catalog_acquire(made->catalog);
  status done = compile_rest(query, rest, txn, made, err);
  if (done == LUMA_OK)
    *compiled = made;
  else
    query__release(made);
  return done;
}

static status keep_command(struct query *query, const struct val *command, struct err *err) {
  struct val *copy = arena_alloc(&query->arena, sizeof *copy);
  TRY(plan_check_memory(&query->arena, copy, err));
  query->source.command = copy;
  return expr_copy_value(&query->arena, command, copy, err);
}

/** Copies `text`; the byte after it is 0, for lexers to stop at. */
static status keep_text(struct query *query, struct slice text, struct err *err) {
  uint8_t *copy = arena_alloc_text(&query->arena, text.bytes + 1);
  TRY(plan_check_memory(&query->arena, copy, err));
  if (text.bytes) memcpy(copy, text.data, text.bytes);
  copy[text.bytes] = 0;
  query->source.text = slice_of(copy, text.bytes);
  return LUMA_OK;
}

/* JQL is read within its bounds: no byte has to stand behind the text. */
static bool may_borrow(const struct query *query, struct slice text) {
  return query->options.text_stays && query->source.lang == &lang_jql &&
         text.bytes > SCRIPT_WINDOW_BYTES;
}

static status take_text(struct query *query, struct slice text, bool is_whole, struct err *err) {
  query->is_borrowed = is_whole && may_borrow(query, text);
  if (!query->is_borrowed) return keep_text(query, text, err);
  query->source.text = text;
  return LUMA_OK;
}

/* What answers rows may be read on when the text is gone; a change has run by then. */
static bool ends_with_its_run(const struct query *query) {
  const struct plan *root = query->compiled->statement.root;
  return plan_is_write(root) && root->columns_count == 0;
}

static status settle_text(struct query *query, struct err *err) {
  if (!query->is_borrowed || ends_with_its_run(query)) return LUMA_OK;
  TRY(keep_text(query, query->source.text, err));
  query->compiled->statement.text = query->source.text;
  query->is_borrowed = false;
  return LUMA_OK;
}

void query_let_go_of_text(struct query *query) {
  if (!query->is_borrowed) return;
  query->source.text = slice_of(NULL, 0);
  query->compiled->statement.text = slice_of(NULL, 0);
}

/** The text must end where the statement does. */
static status check_end(const struct query *query, size_t end, struct err *err) {
  struct slice text = query->source.text;
  for (; end < text.bytes; end++) {
    uint8_t c = text.data[end];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ';') continue;
    status failed = err_raise(err, LUMA_SYNTAX_ERROR, __FILE__, __LINE__,
                              "there is more after the end of the statement");
    if (err) err_position(err, (const char *)text.data, text.bytes, end);
    return failed;
  }
  return LUMA_OK;
}

/* The statement's text is kept from its beginning on, so positions are moved back by where it
 * began. */
static void move_position(const struct query_source *source, size_t from, struct err *err) {
  if (err && err->line && from)
    err_position(err, (const char *)source->text.data, source->text.bytes, from + err->offset);
}

/* A long script is not copied for each of its statements: a window of it is, which grows until a
 * statement ends within. */
static status compile_window(struct query *query, struct model_txn *txn, struct slice rest,
                             size_t *end, struct err *err) {
  size_t window = SCRIPT_WINDOW_BYTES;
  if (query->source.lang->extent && rest.bytes > window) {
    size_t extent = query->source.lang->extent(rest);
    query->is_alone = extent == rest.bytes;
    window += extent;
  }
  for (;; window *= 2) {
    bool is_whole = window >= rest.bytes;
    status done;
    *end = 0;
    TRY(take_text(query, slice_of(rest.data, is_whole ? rest.bytes : window), is_whole, err));
    done = query__compile(query, txn, end, &query->compiled, err);
    if (is_whole || (done == LUMA_OK && *end < window)) return done;
    query__release(query->compiled);
    query->compiled = NULL;
    err_reset(err);
  }
}

static status prepare_text(struct query *query, struct model_txn *txn,
                           const struct query_source *source, size_t *offset, struct err *err) {
  size_t from = offset ? *offset : 0, end = 0;
  struct slice rest = slice_of(source->text.data + from, source->text.bytes - from);
  status done;
  if (offset) {
    done = compile_window(query, txn, rest, &end, err);
  } else {
    TRY(keep_text(query, rest, err));
    done = query__compile(query, txn, &end, &query->compiled, err);
    if (done == LUMA_OK) done = check_end(query, end, err);
  }
  if (done != LUMA_OK) {
    move_position(source, from, err);
    return done;
  }
  if (offset) *offset = from + end;
  query->source.text.bytes = end;
  return settle_text(query, err);
}

static status prepare(struct query *query, struct model_txn *txn, const struct query_source *source,
                      size_t *offset, struct err *err) {
  size_t unused = 0;
  query->source = *source;
  if (!source->command) return prepare_text(query, txn, source, offset, err);
  TRY(keep_command(query, source->command, err));
  return query__compile(query, txn, &unused, &query->compiled, err);
}

status query_prepare(struct model *model, struct model_txn *txn, const struct query_source *source,
                     size_t *offset, const struct query_prepare_options *options,
                     struct query **query, struct err *err) {
  struct query *made = mem_zalloc(1, sizeof *made);
  *query = NULL;
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for a statement");
  arena_init(&made->arena, PLAN_ARENA_BYTES, 0);
  made->model = model;
  if (options) made->options = *options;
  status done = prepare(made, txn, source, offset, err);
  made->planned_us = made->options.now_us;
  made->options.reader = NULL;
  made->options.literals = NULL;
  if (done == LUMA_OK) done = query__place_literals(made, options ? options->literals : NULL, err);
  if (done == LUMA_OK)
    *query = made;
  else
    query_destroy(made);
  return done;
}

void query_destroy(struct query *query) {
  if (!query) return;
  query__release(query->compiled);
  arena_deinit(&query->arena);
  mem_free(query);
}

/* ---- what it is ---- */

static const struct statement *statement_of(const struct query *query) {
  return &query->compiled->statement;
}

enum plan_kind query_kind(const struct query *query) {
  const struct plan *root = statement_of(query)->root;
  bool shows_change = root->kind == PLAN_PROJECT && plan_is_write(root);
  return root->kind == PLAN_SEQUENCE || shows_change ? root->input->kind : root->kind;
}

const struct plan *query_root(const struct query *query) {
  return statement_of(query)->root;
}

bool query_is_write(const struct query *query) {
  return plan_is_write(statement_of(query)->root);
}

enum plan_language query_language(const struct query *query) {
  return statement_of(query)->language;
}

const struct query_source *query_source(const struct query *query) {
  return &query->source;
}

uint64_t query_planned_us(const struct query *query) {
  return query->planned_us;
}

bool query_tails(const struct query *query, bool *awaits) {
  if (awaits) *awaits = statement_of(query)->awaits;
  return statement_of(query)->tails;
}

bool query_is_reusable(const struct query *query) {
  const struct statement *statement = statement_of(query);
  bool is_timeless = statement->language == PLAN_LQL || statement->language == PLAN_JQL;
  return is_timeless && !query->source.command && !query->is_borrowed && !query->is_stale &&
         !query->compiled->is_borrowed && !statement->has_views && !statement->is_momentary &&
         !query->options.has_temporaries && !statement->root->is_temporary &&
         statement->root->kind <= PLAN_SEQUENCE;
}

uint32_t query_parameters_count(const struct query *query) {
  return statement_of(query)->parameters_count;
}

enum query_reply query_reply(const struct query *query) {
  const struct statement *statement = statement_of(query);
  if (statement->root->columns_count == 0) return QUERY_REPLY_CHANGE;
  if (statement->root->kind == PLAN_EXPLAIN) return QUERY_REPLY_DOCUMENTS;
  if (statement->distinct_values) return QUERY_REPLY_VALUES;
  return statement->is_count ? QUERY_REPLY_COUNT : QUERY_REPLY_DOCUMENTS;
}

const struct plan_column *query_columns(const struct query *query, uint32_t *count) {
  const struct plan *root = statement_of(query)->root;
  *count = 0;
  while (*count < root->columns_count && !root->columns[*count].is_hidden) (*count)++;
  return root->columns;
}
