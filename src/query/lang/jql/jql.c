/* SPDX-License-Identifier: MIT */
/* The door of the JQL front end: text or a value in, a plan out. */
#include "base/core/bytes.h"
#include "base/mem/mem.h"
#include "model/catalog/catalog.h"
#include "query/lang/jql/jql_int.h"
#include "query/plan/words.h"
#include "value/json/json.h"

struct command {
  const char *name;
  jql_command *read;
};

static const struct command commands[] = {
    {"find", jql__find},
    {"insert", jql__insert},
    {"update", jql__update},
    {"delete", jql__delete},
    {"bulkWrite", jql__bulk_write},
    {"findAndModify", jql__find_and_modify},
    {"findandmodify", jql__find_and_modify},
    {"count", jql__count},
    {"distinct", jql__distinct},
    {"aggregate", jql__aggregate},
    {"createIndexes", jql__create_indexes},
    {"dropIndexes", jql__drop_indexes},
    {"listIndexes", jql__list_indexes},
    {"reIndex", jql__re_index},
    {"create", jql__create},
    {"collMod", jql__coll_mod},
    {"convertToCapped", jql__convert_to_capped},
    {"drop", jql__drop},
    {"renameCollection", jql__rename},
    {"listCollections", jql__list_collections},
    {"explain", jql__explain},
};

enum {
  COMMANDS = sizeof commands / sizeof commands[0],
  COMMAND_NOT_FOUND = 59,
  NO_REPLICATION = 76
};

/** What MongoDB's servers answer that stand alone, too; 0: it has the command. */
static uint32_t code_of(const struct word *word) {
  struct slice why = slice_of_text(word->why);
  if (slice_has_prefix(why, slice_of_text("there is no replica set"))) return NO_REPLICATION;
  return slice_has_prefix(why, slice_of_text("there are no shards")) ? COMMAND_NOT_FOUND : 0;
}

static status fail_word(const struct jql *jql, const struct jql_node *at, const struct word *word) {
  status failed = jql__fail(jql, at, LUMA_UNSUPPORTED, "`%s` is not supported%s: %s", word->name,
                            word->state == WORD_REFUSED ? "" : " here", word->why);
  if (jql->err) jql->err->foreign = code_of(word);
  return failed;
}

static const struct command *find_command(const struct jql_node *field) {
  for (size_t i = 0; i < COMMANDS; i++)
    if (jql_is_named(field, commands[i].name)) return &commands[i];
  return NULL;
}

/** The first field names the command; where the order of fields was lost on the way, the first that
 * is a command does. */
status jql__command(const struct jql *jql, const struct jql_node *map, struct plan **plan) {
  struct jql_node first = {0}, field;
  TRY(jql__check_kind(jql, map, JQL_MAP));
  struct jql_each each = jql__each(jql, map);
  while (jql__next(&each, &field)) {
    const struct command *command = find_command(&field);
    if (each.at == 1) first = field;
    if (command) return command->read(jql, map, plan);
  }
  const struct word *word = word_find(WORD_COMMAND, first.name);
  if (word && word->state != WORD_WORKS) return fail_word(jql, &first, word);
  if (each.count) {
    status unknown =
        jql__fail_unknown(jql, &first, "a command", commands, COMMANDS, sizeof *commands);
    if (jql->err) jql->err->foreign = COMMAND_NOT_FOUND;
    jql__tell_no_command(jql, &first);
    return unknown;
  }
  status failed = jql__fail(jql, map, LUMA_SYNTAX_ERROR, "an empty map is no command");
  err_hint(jql->err, "for example {\"find\": \"users\"}");
  return failed;
}

/** What reads documents, or changes them. */
static bool can_explain(const struct plan *plan) {
  while (plan->kind == PLAN_PROJECT && plan->input) plan = plan->input;
  return plan_is_change(plan->kind) || !(plan_is_write(plan) || plan_is_session(plan->kind));
}

static status fail_explain(const struct jql *jql, const struct jql_node *command) {
  enum { ILLEGAL_OPERATION = 20 };
  struct slice name = {0};
  if (val_count(&command->value)) (void)val_field_at(&command->value, 0, &name);
  return jql__fail_code(jql, command, ILLEGAL_OPERATION, "Cannot explain cmd: %.*s",
                        SLICE_ARG(name));
}

status jql__explain(const struct jql *jql, const struct jql_node *command, struct plan **plan) {
  static const struct jql_field specs[] = {{"explain", JQL_MAP, true},
                                           {"verbosity", JQL_TEXT, false}};
  static const char *const verbosities[] = {"queryPlanner", "executionStats", "allPlansExecution"};
  struct jql_node fields[2];
  struct jql inner = *jql;
  uint32_t verbosity = 0;
  inner.explains = true;
  TRY(jql__take(jql, command, specs, 2, fields));
  TRY(jql__command(&inner, &fields[0], plan));
  if ((*plan)->kind == PLAN_EXPLAIN)
    return jql__fail(jql, &fields[0], LUMA_SYNTAX_ERROR, "an explain explains another");
  if (!can_explain(*plan)) return fail_explain(jql, &fields[0]);
  if (jql_is_given(&fields[1])) {
    struct slice name = val_slice(&fields[1].value);
    while (verbosity < 3 && !slice_is_equal(name, slice_of_text(verbosities[verbosity])))
      verbosity++;
    if (verbosity == 3)
      return jql__fail(jql, &fields[1], LUMA_INVALID_ARGUMENT,
                       "verbosity is queryPlanner, executionStats or allPlansExecution");
  }
  TRY(jql__show(jql, command, &fields[0].value, plan));
  (*plan)->analyze = verbosity > 0;
  (*plan)->shown->all_plans = verbosity > 1;
  return LUMA_OK;
}

status jql__show(const struct jql *jql, const struct jql_node *node, const struct val *command,
                 struct plan **plan) {
  TRY(jql__put(jql, PLAN_EXPLAIN, node, plan));
  struct plan_shown *shown = arena_zalloc(jql->arena, 1, sizeof *shown);
  TRY(plan_check_memory(jql->arena, shown, jql->err));
  shown->query_hash = jql_shape(command);
  shown->pipeline = val_field(command, slice_of_text("pipeline"));
  if (shown->pipeline.type != VAL_LIST) shown->pipeline = val_missing();
  if (shown->pipeline.type == VAL_LIST) shown->pipeline_reads = jql__shape_reads(&shown->pipeline);
  (*plan)->shown = shown;
  return LUMA_OK;
}

/* ---- text ---- */

/** A command as it was read. */
struct reading {
  struct val value;
  size_t end;       /* where its text ends; 0: it is not read */
  bool knows_names; /* of the dictionary it was read with, all but those of its own fields */
  const struct val *documents; /* of an insert, read apart; NULL: none are */
  uint32_t documents_count;
  struct json_alike alike; /* of an update */
  bool met_escapes;
  bool is_plain; /* a call of the shell: its maps are what they say */
};

/** `plain`: what the text was made of, or NULL. */
static status parse_node(const struct lang_context *context, struct slice text, size_t at,
                         const struct plain *plain, const struct reading *read,
                         struct statement *statement, struct err *err) {
  struct jql jql = {.context = context,
                    .arena = context->arena,
                    .text = text,
                    .plain = plain,
                    .may_have_nulls = !text.bytes || read->met_escapes,
                    .knows_names = read->knows_names,
                    .documents = read->documents,
                    .documents_count = read->documents_count,
                    .alike = read->alike.count ? &read->alike : NULL,
                    .statement = statement,
                    .err = err};
  struct jql_node root = {.value = read->value,
                          .offset = text.bytes ? jql_told(&jql, at) : 0,
                          .value_offset = text.bytes ? at : JQL_NOWHERE};
  *statement = (struct statement){.language = PLAN_JQL};
  return jql__command(&jql, &root, &statement->root);
}

static bool is_blank(uint8_t c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/** Reads `json` into the arena. */
static status read_into(struct json_reader *reader, struct arena *arena, struct slice json,
                        const struct json_read_options *options, struct val *value,
                        struct err *err) {
  struct buf out;
  struct val read;
  buf_init(&out, DOC_BYTES_MAX);
  status done = json_read_value(reader, json, options, &out, &read, err);
  if (done == LUMA_OK) {
    void *copy = arena_copy(arena, out.data, out.bytes);
    done = plan_check_memory(arena, copy, err);
    if (copy) *value = val_decode(slice_of(copy, out.bytes), options->known);
  }
  buf_deinit(&out);
  return done;
}

status jql__read_tagged(struct json_reader *reader, struct arena *arena, struct slice json,
                        struct val *value, struct err *err) {
  const struct json_read_options options = {.form = JSON_TAGGED, .big_are_floats = true};
  return read_into(reader, arena, json, &options, value, err);
}

/* ---- inserts ---- */

/** Past `what` and blanks behind it; 0 when something else stands there. */
static size_t pass(struct slice text, size_t at, const char *what) {
  size_t bytes = strlen(what);
  bool stands = at && text.bytes - at >= bytes && memcmp(text.data + at, what, bytes) == 0;
  return stands ? jql__skip_space(text, at + bytes) : 0;
}

/** The dictionary of the collection that an insert begins with: its documents are then read as that
 * stores them. NULL: it is no insert, or into nothing that is there. */
static struct names *names_of_insert(const struct lang_context *context, struct slice text) {
  size_t name = pass(text, jql__skip_space(text, 1), "\"insert\"");
  if (name) name = pass(text, name, ":");
  if (!name || name == text.bytes || !context->catalog || text.data[name] != '"') return NULL;
  const uint8_t *from = text.data + name + 1;
  const uint8_t *end = memchr(from, '"', text.bytes - name - 1);
  const struct collection *collection =
      end ? catalog_find(context->catalog, slice_of(from, (size_t)(end - from))) : NULL;
  return collection ? collection->names : NULL;
}

/** The roots of documents that were read apart, in memory that becomes the arena's. */
static status take_documents(struct arena *arena, const struct json_apart *apart,
                             const struct names *names, struct reading *read, struct err *err) {
  size_t bytes = 0;
  struct val *roots = arena_alloc(arena, (apart->count + 1u) * sizeof *roots);
  TRY(plan_check_memory(arena, roots, err));
  uint8_t *memory = buf_take(apart->out, &bytes);
  const uint8_t *at = memory + apart->from;
  if (!arena_adopt(arena, memory, bytes)) {
    mem_free(memory);
    return plan_check_memory(arena, NULL, err);
  }
  for (uint32_t i = 0; i < apart->count; i++) {
    struct doc document;
    TRY(doc_open(slice_of(at, load32le(at)), names, &document, err));
    roots[i] = doc_root(&document);
    at += document.bytes;
  }
  read->documents = roots;
  read->documents_count = apart->count;
  return LUMA_OK;
}

/** Reads an insert into a collection that is there: its documents come as the collection stores
 * them. */
static status read_insert(struct json_reader *reader, struct arena *arena, struct slice json,
                          struct names *names, struct reading *read, struct err *err) {
  struct buf out;
  struct json_apart apart = {.list = slice_of_text("documents"), .out = &out};
  const struct json_read_options options = {.form = JSON_TAGGED,
                                            .known = names,
                                            .apart = &apart,
                                            .big_are_floats = true,
                                            .values_in =
                                                read->is_plain ? slice_of(NULL, 0) : apart.list};
  buf_init(&out, DOC_BYTES_MAX + (size_t)ARENA_ADOPT_BYTES);
  /* Documents are seldom larger than their text. */
  if (!buf_reserve(&out, ARENA_ADOPT_BYTES + json.bytes))
    return buf_check(&out, "the documents of an insert", err);
  (void)buf_extend(&out, ARENA_ADOPT_BYTES);
  status done = read_into(reader, arena, json, &options, &read->value, err);
  read->knows_names = json_reader_knew_names(reader);
  if (done == LUMA_OK && apart.is_apart && apart.count)
    done = take_documents(arena, &apart, names, read, err);
  buf_deinit(&out);
  return done;
}

/* ---- one command ---- */

/** Reads any other command: updates that are alike come as a table. */
static status read_other(struct json_reader *reader, struct arena *arena, struct slice json,
                         struct reading *read, struct err *err) {
  const struct json_read_options options = {
      .form = JSON_TAGGED,
      .alike = &read->alike,
      .big_are_floats = true,
      .values_in = read->is_plain ? slice_of(NULL, 0) : slice_of_text("documents")};
  read->alike = (struct json_alike){
      .list = slice_of_text("updates"), .arena = arena, .most = JQL_CHANGES_MAX};
  return read_into(reader, arena, json, &options, &read->value, err);
}

/** Whether nothing in a text looks as if one command ended and another began: then its end is the
 * text's, or there is a fault. Much quicker than looking for the end. */
static bool is_one(struct slice text) {
  const uint8_t *at = text.data, *end = text.data + text.bytes;
  while (at < end && (at = memchr(at, '}', (size_t)(end - at)))) {
    do at++;
    while (at < end && is_blank(*at));
    if (at == end) return true;
    if (*at == '{' || *at == ';') return false;
  }
  return false;
}

static status read_command(struct json_reader *reader, const struct lang_context *context,
                           struct slice json, struct reading *read, struct err *err) {
  struct names *names = names_of_insert(context, json);
  status done = names ? read_insert(reader, context->arena, json, names, read, err)
                      : read_other(reader, context->arena, json, read, err);
  read->met_escapes = json_reader_met_escapes(reader);
  return done;
}

/** A long text is nearly always one command: it is read whole, without looking for its end first.
 * read->end stays 0 where there is more, or a fault. */
static status read_whole(struct json_reader *reader, const struct lang_context *context,
                         struct slice text, size_t start, struct reading *read, struct err *err) {
  enum { LONG_TEXT_BYTES = 4096 };
  size_t last = text.bytes;
  struct err failed = {0};
  while (last > start && is_blank(text.data[last - 1])) last--;
  struct slice json = slice_of(text.data + start, last - start);
  if (json.bytes < LONG_TEXT_BYTES || !(context->is_alone || is_one(json))) return LUMA_OK;
  status done = read_command(reader, context, json, read, &failed);
  if (done == LUMA_OK) read->end = last;
  if (done != LUMA_OUT_OF_MEMORY) return LUMA_OK;
  if (err) *err = failed;
  return done;
}

static status read_text(struct json_reader *reader, const struct lang_context *context,
                        struct slice text, size_t start, struct reading *read, struct err *err) {
  TRY(read_whole(reader, context, text, start, read, err));
  if (read->end) return LUMA_OK;
  read->end = jql__skip_value(text, start);
  struct slice json = slice_of(text.data + start, read->end - start);
  return read_command(reader, context, json, read, err);
}

/** What follows a command is another one, or nothing. */
static status check_rest(struct slice text, size_t at, struct err *err) {
  if (at == text.bytes || text.data[at] == '{' || jql_is_call(text, at)) return LUMA_OK;
  status failed = err_raise(err, LUMA_SYNTAX_ERROR, __FILE__, __LINE__,
                            "the command has ended, and something follows");
  if (err) err_position(err, (const char *)text.data, text.bytes, at);
  return failed;
}

static status fail_start(struct slice text, size_t at, struct err *err) {
  bool is_empty = at == text.bytes;
  status failed =
      err_raise(err, LUMA_SYNTAX_ERROR, __FILE__, __LINE__,
                is_empty ? "there is no command" : "a command is a JSON object, or a call");
  if (err) err_position(err, (const char *)text.data, text.bytes, at);
  err_hint(err, "for example {\"find\": \"users\"}, or db.users.find()");
  return failed;
}

static status parse_json(struct json_reader *reader, const struct lang_context *context,
                         struct slice text, size_t start, size_t *end, struct statement *statement,
                         struct err *err) {
  struct reading read = {.value = val_missing()};
  status done = read_text(reader, context, text, start, &read, err);
  if (done != LUMA_OK) {
    if (err && err->line)
      err_position(err, (const char *)text.data, text.bytes, start + err->offset);
    return done;
  }
  *end = read.end;
  return parse_node(context, text, start, NULL, &read, statement, err);
}

/** A call of MongoDB's shell, or an object as JavaScript has it. */
static status parse_plain(struct json_reader *reader, const struct lang_context *context,
                          struct slice text, size_t start, size_t *end, struct statement *statement,
                          struct err *err) {
  struct plain plain;
  struct reading read = {.value = val_missing(), .is_plain = true};
  TRY(plain_read(context, text, start, &plain, err));
  *end = plain.end;
  status done = read_text(reader, context, plain.json, 0, &read, err);
  if (done == LUMA_OK) {
    done = parse_node(context, plain.json, 0, &plain, &read, statement, err);
    statement->is_momentary = plain.is_momentary;
    return done;
  }
  if (err && err->line)
    err_position(err, (const char *)text.data, text.bytes, plain_told(&plain, err->offset));
  return done;
}

/** What is no JSON may be JavaScript. Of two errors the one that came further is told. */
static status parse_object(struct json_reader *reader, const struct lang_context *context,
                           struct slice text, size_t start, size_t *end,
                           struct statement *statement, struct err *err) {
  struct err failed = {0};
  status done = parse_json(reader, context, text, start, end, statement, err);
  if (done != LUMA_INVALID_JSON || *end != start) return done;
  struct plain plain;
  status again = plain_read(context, text, start, &plain, &failed);
  if (again == LUMA_OK) return parse_plain(reader, context, text, start, end, statement, err);
  if (again == LUMA_SYNTAX_ERROR && (!err || failed.offset <= err->offset)) return done;
  if (err) *err = failed;
  return again;
}

static status parse_text(const struct lang_context *context, struct slice text, size_t *offset,
                         struct statement *statement, struct err *err) {
  size_t start = jql__skip_space(text, *offset), end = start;
  struct json_reader *own = NULL, *reader = context->reader;
  bool is_object = start < text.bytes && text.data[start] == '{';
  if (!is_object && !jql_is_call(text, start)) return fail_start(text, start, err);
  if (!reader) TRY(json_reader_create(&own, err));
  status done = is_object
                    ? parse_object(own ? own : reader, context, text, start, &end, statement, err)
                    : parse_plain(own ? own : reader, context, text, start, &end, statement, err);
  json_reader_destroy(own);
  TRY(done);
  statement->text = text;
  size_t after = jql__skip_space(text, end);
  if (after < text.bytes && text.data[after] == ';') after = jql__skip_space(text, after + 1);
  *offset = after;
  return check_rest(text, after, err);
}

static size_t extent_of(struct slice text) {
  if (is_one(text)) return text.bytes;
  return jql__skip_space(text, jql__skip_value(text, jql__skip_space(text, 0)));
}

status jql_parse_value(const struct lang_context *context, const struct val *command,
                       struct statement *statement, struct err *err) {
  struct reading read = {.value = *command};
  return parse_node(context, slice_of(NULL, 0), 0, NULL, &read, statement, err);
}

static const char *const keywords[] = {"find",
                                       "filter",
                                       "projection",
                                       "sort",
                                       "skip",
                                       "limit",
                                       "insert",
                                       "documents",
                                       "ordered",
                                       "update",
                                       "updates",
                                       "set",
                                       "unset",
                                       "inc",
                                       "push",
                                       "pull",
                                       "multi",
                                       "upsert",
                                       "delete",
                                       "deletes",
                                       "bulkWrite",
                                       "ops",
                                       "hint",
                                       "findAndModify",
                                       "remove",
                                       "new",
                                       "fields",
                                       "count",
                                       "query",
                                       "distinct",
                                       "key",
                                       "aggregate",
                                       "pipeline",
                                       "createIndexes",
                                       "indexes",
                                       "dropIndexes",
                                       "listIndexes",
                                       "create",
                                       "drop",
                                       "renameCollection",
                                       "listCollections",
                                       "explain",
                                       "$eq",
                                       "$ne",
                                       "$gt",
                                       "$gte",
                                       "$lt",
                                       "$lte",
                                       "$in",
                                       "$nin",
                                       "$and",
                                       "$or",
                                       "$nor",
                                       "$not",
                                       "$exists",
                                       "$type",
                                       "$regex",
                                       "$options",
                                       "$all",
                                       "$size",
                                       "$elemMatch",
                                       "$mod",
                                       "$expr",
                                       "$set",
                                       "$unset",
                                       "$inc",
                                       "$mul",
                                       "$min",
                                       "$max",
                                       "$rename",
                                       "$push",
                                       "$each",
                                       "$addToSet",
                                       "$pop",
                                       "$pull",
                                       "$setOnInsert",
                                       "$match",
                                       "$group",
                                       "$sort",
                                       "$limit",
                                       "$skip",
                                       "$project",
                                       "$count",
                                       "$addFields",
                                       "$sum",
                                       "$avg",
                                       "$first",
                                       "$last",
                                       NULL};

const struct lang lang_jql = {.name = "jql",
                              .parse = parse_text,
                              .keywords = keywords,
                              .parse_value = jql_parse_value,
                              .extent = extent_of,
                              .literals = jql_literals,
                              .read_rest = jql_read_rest};
