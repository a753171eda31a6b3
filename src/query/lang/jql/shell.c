/* SPDX-License-Identifier: MIT */
/* Calls of MongoDB's shell as commands: db.users.find({age: 5}).sort({name: 1}) is
 * {"find": "users", "filter": {"age": 5}, "sort": {"name": 1}}.
 *
 * The chain is read twice: first to know its parts, then each part is written where the command
 * has it. */
#include "base/text/suggest.h"
#include "query/lang/jql/shell_int.h"

/* ---- the chain ---- */

static status fail_function(struct shell *shell, const struct call *call) {
  return plain__fail(shell->writing, call->at, "%.*s wants a function, and none is run here",
                     SLICE_ARG(call->name));
}

bool shell__is_named(const struct call *call, const char *name) {
  return slice_is_equal(call->name, slice_of_text(name));
}

/* Past the arguments, with their places; what is written of them is dropped at the end. */
static status read_args(struct shell *shell, struct call *call) {
  struct writing *writing = shell->writing;
  if (shell__is_named(call, "forEach") || shell__is_named(call, "map"))
    return fail_function(shell, call);
  TRY(plain__expect(writing, '(', "to begin the arguments"));
  while (!plain__take(writing, ')')) {
    (void)plain__peek(writing);
    if (call->args_count == ARGS_MAX)
      return plain__fail(writing, writing->at, "there are more than %d arguments", ARGS_MAX);
    call->args[call->args_count++] = writing->at;
    TRY(plain__value(writing));
    if (plain__peek(writing) != ')') TRY(plain__expect(writing, ',', "between arguments"));
  }
  return LUMA_OK;
}

/* db.getCollection("x") is db.x, and db.getSiblingDB("x") names the database to the command. */
static bool names_subject(struct shell *shell, const struct call *call) {
  if (call->args_count != 1 || shell->subject.bytes || shell->calls_count) return false;
  if (shell__is_named(call, "getSiblingDB")) return (shell->database_at = call->args[0]) != 0;
  if (!shell__is_named(call, "getCollection")) return false;
  shell->subject_at = call->args[0];
  shell->subject = call->name;
  return true;
}

static status add_call(struct shell *shell, const struct call *call) {
  struct writing *writing = shell->writing;
  if (names_subject(shell, call)) return LUMA_OK;
  if (shell->calls_count == 0 && shell__is_named(call, "explain") && !shell->explain.name.bytes) {
    shell->explain = *call;
    return LUMA_OK;
  }
  if (shell->calls_count == CALLS_MAX)
    return plain__fail(writing, call->at, "there are more than %d calls", CALLS_MAX);
  shell->calls[shell->calls_count++] = *call;
  return LUMA_OK;
}

/* A name that no argument follows is of the collection: db.log.errors is one. */
static status read_dot(struct shell *shell) {
  struct writing *writing = shell->writing;
  struct call call = {.name = plain__name(writing)};
  call.at = writing->at - call.name.bytes;
  if (call.name.bytes == 0) return plain__fail(writing, writing->at, "a name is expected");
  if (plain__peek(writing) == '(') {
    TRY(read_args(shell, &call));
    return add_call(shell, &call);
  }
  if (shell->calls_count) return plain__expect(writing, '(', "to begin the arguments");
  if (shell->subject.bytes == 0) shell->subject_at = call.at;
  size_t end = call.at + call.name.bytes;
  shell->subject = slice_of(writing->text.data + shell->subject_at, end - shell->subject_at);
  return LUMA_OK;
}

static status read_bracket(struct shell *shell) {
  struct writing *writing = shell->writing;
  uint8_t quote = plain__peek(writing);
  if ((quote != '"' && quote != '\'') || shell->calls_count || shell->subject.bytes)
    return plain__fail(writing, writing->at, "db[\"name\"] names a collection");
  shell->subject_at = writing->at;
  TRY(plain__string(writing));
  shell->subject = slice_of(writing->text.data + shell->subject_at, 1);
  return plain__expect(writing, ']', "behind the collection's name");
}

/* Nothing but blanks ends the chain: what follows on the next line, with a dot, belongs to it. */
static status read_chain(struct shell *shell) {
  struct writing *writing = shell->writing;
  writing->at += strlen("db");
  for (;;) {
    if (plain__take(writing, '.'))
      TRY(read_dot(shell));
    else if (plain__take(writing, '['))
      TRY(read_bracket(shell));
    else
      break;
  }
  if (shell->calls_count) return LUMA_OK;
  return plain__fail(writing, writing->at, "a call is expected, such as db.users.find({})");
}

/* ---- what follows find and aggregate ---- */

struct modifier {
  const char *name, *field;
  const char *otherwise; /* the value when there is no argument; NULL: there must be one */
};

static const struct modifier modifiers[] = {
    {"sort", "sort", NULL},
    {"limit", "limit", NULL},
    {"skip", "skip", NULL},
    {"hint", "hint", NULL},
    {"projection", "projection", NULL},
    {"project", "projection", NULL},
    {"collation", "collation", NULL},
    {"batchSize", "batchSize", NULL},
    {"maxTimeMS", "maxTimeMS", NULL},
    {"comment", "comment", NULL},
    {"min", "min", NULL},
    {"max", "max", NULL},
    {"let", "let", NULL},
    {"returnKey", "returnKey", "true"},
    {"showRecordId", "showRecordId", "true"},
    {"allowDiskUse", "allowDiskUse", "true"},
    {"noCursorTimeout", "noCursorTimeout", "true"},
    {"allowPartialResults", "allowPartialResults", "true"},
};
enum { MODIFIERS = sizeof modifiers / sizeof modifiers[0] };

static bool is_among(const struct call *call, const char *const *names) {
  while (*names && !shell__is_named(call, *names)) names++;
  return *names != NULL;
}

static bool is_counting(const struct call *call) {
  static const char *const names[] = {"count", "size", "itcount", NULL};
  return is_among(call, names);
}

/* What changes how an answer is fetched or shown, not the answer. */
static bool is_passed_over(const struct call *call) {
  static const char *const names[] = {"toArray", "pretty",         "readPref", "readConcern",
                                      "finish",  "maxAwaitTimeMS", NULL};
  return is_among(call, names);
}

/* What asks a cursor that the shell keeps between statements. */
static bool is_of_cursor(const struct call *call) {
  static const char *const names[] = {"hasNext",         "isClosed", "isExhausted", "close",
                                      "objsLeftInBatch", "getId",    "tryNext",     NULL};
  return is_among(call, names);
}

status shell__fail_call(struct shell *shell, const struct call *call, const char *const *names) {
  struct suggest suggest;
  suggest_init(&suggest, call->name);
  for (; *names; names++) suggest_offer(&suggest, slice_of_text(*names));
  status failed = plain__fail(shell->writing, call->at, "`%.*s` cannot follow %.*s",
                              SLICE_ARG(call->name), SLICE_ARG(shell->calls[0].name));
  if (suggest_is_good(&suggest) && !slice_is_equal(suggest.best, call->name))
    err_hint(shell->writing->err, "did you mean `%.*s`?", SLICE_ARG(suggest.best));
  return failed;
}

static status fail_modifier(struct shell *shell, const struct call *call) {
  const char *names[MODIFIERS + 1] = {NULL};
  if (is_of_cursor(call) && shell__is_named(&shell->calls[0], "find"))
    return plain__fail(shell->writing, call->at,
                       "`%.*s` asks a cursor, and none is kept between calls",
                       SLICE_ARG(call->name));
  for (size_t i = 0; i < MODIFIERS; i++) names[i] = modifiers[i].name;
  return shell__fail_call(shell, call, names);
}

static status put_modifier(struct shell *shell, const struct call *call,
                           const struct modifier *modifier, bool in_cursor) {
  plain__mark(shell->writing, call->at);
  buf_append_format(&shell->writing->json,
                    in_cursor ? ",\"cursor\":{\"%s\":" : ",\"%s\":", modifier->field);
  if (call->args_count > 1 || (call->args_count == 0 && !modifier->otherwise))
    return plain__fail(shell->writing, call->at, "%s takes one argument", modifier->name);
  if (call->args_count)
    TRY(shell__put_value(shell, call->args[0]));
  else
    shell__put(shell, modifier->otherwise);
  if (in_cursor) shell__put(shell, "}");
  return LUMA_OK;
}

/* tailable(), tailable({awaitData: true}) */
static status put_tailable(struct shell *shell, const struct call *call) {
  plain__mark(shell->writing, call->at);
  shell__put(shell, ",\"tailable\":true");
  return call->args_count ? shell__put_options(shell, call->args[0]) : LUMA_OK;
}

/* next() ends the chain, and is the first that find would give. */
static bool is_next(const struct shell *shell) {
  return shell__is_named(&shell->calls[0], "find") &&
         shell__is_named(&shell->calls[shell->calls_count - 1], "next");
}

static status apply(struct shell *shell, const struct call *call) {
  bool is_find = shell__is_named(&shell->calls[0], "find");
  bool is_cut = is_find && is_next(shell);
  if (is_cut && shell__is_named(call, "limit")) return LUMA_OK;
  if (is_cut && call == &shell->calls[shell->calls_count - 1])
    return shell__put(shell, ",\"limit\":1"), LUMA_OK;
  if (is_find && shell__is_named(call, "tailable")) return put_tailable(shell, call);
  bool is_aggregate = shell__is_named(&shell->calls[0], "aggregate");
  for (size_t i = 0; i < MODIFIERS; i++)
    if (shell__is_named(call, modifiers[i].name))
      return put_modifier(shell, call, &modifiers[i],
                          is_aggregate && shell__is_named(call, "batchSize"));
  return is_passed_over(call) ? LUMA_OK : fail_modifier(shell, call);
}

/* A count takes no notice of how the answer would look. */
static status apply_to_count(struct shell *shell, const struct call *call, bool takes_limits) {
  static const char *const limits[] = {"limit", "skip", NULL};
  static const char *const kept[] = {"hint", "collation", "maxTimeMS", NULL};
  if (is_counting(call)) return LUMA_OK;
  if (is_among(call, kept) || (takes_limits && is_among(call, limits))) return apply(shell, call);
  struct writing *writing = shell->writing;
  size_t made = writing->json.bytes, marks = writing->marks.bytes;
  TRY(apply(shell, call));
  writing->json.bytes = made;
  writing->marks.bytes = marks;
  return LUMA_OK;
}

/* ---- the command ---- */

static status fail_method(struct shell *shell, const struct method *methods) {
  const struct call *call = &shell->calls[0];
  struct suggest suggest;
  suggest_init(&suggest, call->name);
  for (; methods->name; methods++) suggest_offer(&suggest, slice_of_text(methods->name));
  status failed =
      plain__fail(shell->writing, call->at, "`%.*s` is no method of a %s", SLICE_ARG(call->name),
                  shell->subject.bytes ? "collection" : "database");
  if (suggest_is_good(&suggest))
    err_hint(shell->writing->err, "did you mean `%.*s`?", SLICE_ARG(suggest.best));
  return failed;
}

static status find_method(struct shell *shell, const struct method **method) {
  const struct method *methods = shell__methods(shell);
  struct call *call = &shell->calls[0];
  for (*method = methods; (*method)->name; (*method)++)
    if (shell__is_named(call, (*method)->name)) break;
  if (!(*method)->name) return fail_method(shell, methods);
  if (call->args_count < (*method)->least || call->args_count > (*method)->most)
    return plain__fail(shell->writing, call->at, "%s takes other arguments: %s", (*method)->name,
                       (*method)->usage);
  return LUMA_OK;
}

/* find(…).count(): the same filter, counted. */
static status write_count(struct shell *shell, const struct call *last) {
  struct call find = shell->calls[0];
  const struct method *method;
  shell->calls[0].name = slice_of_text("count");
  if (find.args_count > 1) shell->calls[0].args_count = 1;
  TRY(find_method(shell, &method));
  TRY(method->write(shell, method));
  bool takes_limits = !shell__is_named(last, "count") || last->args_count;
  for (uint32_t i = 1; i < shell->calls_count; i++)
    TRY(apply_to_count(shell, &shell->calls[i], takes_limits));
  return LUMA_OK;
}

static status write_command(struct shell *shell) {
  static const char *const chained[] = {"find", "aggregate", NULL};
  const struct call *last = &shell->calls[shell->calls_count - 1];
  const struct method *method;
  if (shell__is_named(&shell->calls[0], "find") && shell->calls_count > 1 && is_counting(last))
    return write_count(shell, last);
  TRY(find_method(shell, &method));
  TRY(method->write(shell, method));
  if (method->takes_chain) return LUMA_OK;
  for (uint32_t i = 1; i < shell->calls_count; i++) {
    if (!is_among(&shell->calls[0], chained)) return fail_modifier(shell, &shell->calls[i]);
    TRY(apply(shell, &shell->calls[i]));
  }
  return LUMA_OK;
}

/* Before the method or behind it. */
static void take_explain(struct shell *shell) {
  struct call *last = &shell->calls[shell->calls_count - 1];
  if (shell->calls_count < 2 || !shell__is_named(last, "explain")) return;
  shell->explain = *last;
  shell->calls_count--;
}

/* The shell's true is all there is to tell, its false the least. */
static status put_verbosity(struct shell *shell, size_t at) {
  struct writing look = *shell->writing;
  look.at = at;
  struct slice word = plain__name(&look);
  shell__put(shell, ",\"verbosity\":");
  if (slice_is_equal(word, slice_of_text("true")))
    shell__put(shell, "\"allPlansExecution\"");
  else if (slice_is_equal(word, slice_of_text("false")))
    shell__put(shell, "\"queryPlanner\"");
  else
    return shell__put_value(shell, at);
  return LUMA_OK;
}

/* Behind the fields of the command. */
static status put_database(struct shell *shell) {
  if (!shell->database_at) return LUMA_OK;
  plain__mark(shell->writing, shell->database_at);
  shell__put(shell, ",\"$db\":");
  return shell__put_value(shell, shell->database_at);
}

status plain__call(struct writing *writing) {
  struct shell shell = {.writing = writing};
  TRY(read_chain(&shell));
  size_t end = writing->at;
  writing->json.bytes = writing->marks.bytes = 0;
  take_explain(&shell);
  bool explains = shell.explain.name.bytes > 0;
  plain__mark(writing, explains ? shell.explain.at : shell.calls[0].at);
  if (explains) shell__put(&shell, "{\"explain\":");
  TRY(write_command(&shell));
  TRY(put_database(&shell));
  shell__put(&shell, "}");
  if (explains && shell.explain.args_count) TRY(put_verbosity(&shell, shell.explain.args[0]));
  if (explains) shell__put(&shell, "}");
  writing->at = end;
  return LUMA_OK;
}
