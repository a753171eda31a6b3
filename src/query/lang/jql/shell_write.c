/* SPDX-License-Identifier: MIT */
/* What the methods of MongoDB's shell mean: each writes its command, but for the closing brace. The
 * names of methods, arguments and options are those of MongoDB's manual ("mongosh methods"). */
#include "query/lang/jql/shell_int.h"

/* ---- the parts ---- */

void shell__put(struct shell *shell, const char *json) {
  buf_append_text(&shell->writing->json, json);
}

static struct call *first(struct shell *shell) {
  return &shell->calls[0];
}

status shell__put_value(struct shell *shell, size_t at) {
  struct writing *writing = shell->writing;
  size_t back = writing->at;
  writing->at = at;
  status done = plain__value(writing);
  writing->at = back;
  return done;
}

static bool begins(const struct shell *shell, size_t at, char c) {
  return at < shell->writing->text.bytes && shell->writing->text.data[at] == (uint8_t)c;
}

/** True when the argument is written just so. */
static bool is_word(const struct shell *shell, size_t at, const char *word) {
  size_t bytes = strlen(word);
  return shell->writing->text.bytes - at >= bytes &&
         memcmp(shell->writing->text.data + at, word, bytes) == 0;
}

static status put_subject(struct shell *shell) {
  struct writing *writing = shell->writing;
  if (shell->subject.bytes == 0) return shell__put(shell, "1"), LUMA_OK;
  if (begins(shell, shell->subject_at, '"') || begins(shell, shell->subject_at, '\''))
    return shell__put_value(shell, shell->subject_at);
  plain__mark(writing, shell->subject_at);
  buf_append_format(&writing->json, "\"%.*s\"", SLICE_ARG(shell->subject));
  return LUMA_OK;
}

/* ---- options ---- */

/** Writes an option as a field; `*is_taken` false: it is not one of theirs, and nothing is written.
 * The place is behind the option's colon. */
typedef status option_fn(struct shell *shell, struct slice name, size_t at, bool *is_taken);

/** Calls `option` for each field of the object at `at`. */
static status each_option(struct shell *shell, size_t at, option_fn *option) {
  struct writing *writing = shell->writing;
  size_t back = writing->at, marks = writing->marks.bytes;
  writing->at = at;
  TRY(plain__expect(writing, '{', "to begin the options"));
  while (!plain__take(writing, '}')) {
    bool is_quoted = plain__peek(writing) == '"' || plain__peek(writing) == '\'';
    size_t start = writing->at, key = writing->json.bytes;
    bool is_taken = true;
    TRY(plain__string(writing));
    struct slice name = slice_of(writing->text.data + start + is_quoted,
                                 writing->at - start - 2 * (size_t)is_quoted);
    TRY(plain__expect(writing, ':', "behind the name of an option"));
    (void)plain__peek(writing);
    writing->json.bytes = key;
    writing->marks.bytes = marks;
    TRY(option(shell, name, writing->at, &is_taken));
    size_t kept = writing->json.bytes, kept_marks = writing->marks.bytes;
    TRY(plain__value(writing)); /* passed */
    writing->json.bytes = kept;
    writing->marks.bytes = marks = kept_marks;
    if (plain__peek(writing) != '}') TRY(plain__expect(writing, ',', "between options"));
  }
  writing->at = back;
  return LUMA_OK;
}

static status put_option(struct shell *shell, const char *name, size_t at) {
  buf_append_format(&shell->writing->json, ",\"%s\":", name);
  return shell__put_value(shell, at);
}

static bool is_one_of(struct slice name, const char *const *names) {
  while (*names && !slice_is_equal(name, slice_of_text(*names))) names++;
  return *names != NULL;
}

/** As it is. */
static status same_option(struct shell *shell, struct slice name, size_t at, bool *is_taken) {
  (void)is_taken;
  plain__mark(shell->writing, at);
  buf_append_format(&shell->writing->json, ",\"%.*s\":", SLICE_ARG(name));
  return shell__put_value(shell, at);
}

static const char *const of_statement[] = {"upsert", "multi",        "collation", "hint",
                                           "sort",   "arrayFilters", "justOne",   NULL};

/** Those that stand beside the filter of one update or delete. */
static status statement_option(struct shell *shell, struct slice name, size_t at, bool *is_taken) {
  *is_taken = is_one_of(name, of_statement) && !slice_is_equal(name, slice_of_text("justOne"));
  return *is_taken ? same_option(shell, name, at, is_taken) : LUMA_OK;
}

/** Those of the whole command. */
static status command_option(struct shell *shell, struct slice name, size_t at, bool *is_taken) {
  *is_taken = !is_one_of(name, of_statement);
  return *is_taken ? same_option(shell, name, at, is_taken) : LUMA_OK;
}

static status modify_option(struct shell *shell, struct slice name, size_t at, bool *is_taken) {
  if (slice_is_equal(name, slice_of_text("projection"))) return put_option(shell, "fields", at);
  if (slice_is_equal(name, slice_of_text("returnNewDocument"))) return put_option(shell, "new", at);
  bool is_original = slice_is_equal(name, slice_of_text("returnOriginal"));
  if (!is_original && !slice_is_equal(name, slice_of_text("returnDocument")))
    return same_option(shell, name, at, is_taken);
  bool is_new = is_original ? is_word(shell, at, "false") : is_word(shell, at + 1, "after");
  shell__put(shell, is_new ? ",\"new\":true" : ",\"new\":false");
  return LUMA_OK;
}

static status aggregate_option(struct shell *shell, struct slice name, size_t at, bool *is_taken) {
  if (!slice_is_equal(name, slice_of_text("batchSize")))
    return same_option(shell, name, at, is_taken);
  shell__put(shell, ",\"cursor\":{\"batchSize\":");
  TRY(shell__put_value(shell, at));
  shell__put(shell, "}");
  return LUMA_OK;
}

/* ---- methods ---- */

status shell__begin(struct shell *shell, const char *name) {
  plain__mark(shell->writing, first(shell)->at);
  buf_append_format(&shell->writing->json, "{\"%s\":", name);
  return put_subject(shell);
}

status shell__put_options(struct shell *shell, size_t at) {
  return each_option(shell, at, same_option);
}

status shell__put_argument(struct shell *shell, const struct method *method, const char *field,
                           size_t at) {
  bool is_modify = strcmp(method->command, "findAndModify") == 0;
  bool wraps = *field == '[' || (*field == '?' && !begins(shell, at, '['));
  bool has_options = *field == '*' && (!field[1] || begins(shell, at, '{'));
  if (has_options) return each_option(shell, at, is_modify ? modify_option : same_option);
  if (*field == '[' || *field == '?' || *field == '*') field++;
  buf_append_format(&shell->writing->json, ",\"%s\":%s", field, wraps ? "[" : "");
  TRY(shell__put_value(shell, at));
  if (wraps) shell__put(shell, "]");
  return LUMA_OK;
}

status shell__write_plain(struct shell *shell, const struct method *method) {
  const struct call *call = first(shell);
  if (method->fields[0] && *method->fields[0] == '!') {
    plain__mark(shell->writing, call->at);
    buf_append_format(&shell->writing->json, "{\"%s\":", method->command);
    TRY(shell__put_value(shell, call->args[0]));
  } else {
    TRY(shell__begin(shell, method->command));
  }
  for (uint32_t i = 0; i < call->args_count; i++) {
    const char *field = method->fields[i];
    if (field && *field != '!') TRY(shell__put_argument(shell, method, field, call->args[i]));
  }
  if (method->fixed) shell__put(shell, method->fixed);
  return LUMA_OK;
}

/** -1 asks and changes nothing. */
status shell__write_question(struct shell *shell, const struct method *method) {
  plain__mark(shell->writing, first(shell)->at);
  buf_append_format(&shell->writing->json, "{\"%s\":-1", method->command);
  return LUMA_OK;
}

static bool has_operators(const struct shell *shell, size_t at) {
  struct writing look = *shell->writing;
  look.at = at;
  if (plain__take(&look, '[')) return true; /* a pipeline */
  if (!plain__take(&look, '{')) return false;
  uint8_t c = plain__peek(&look);
  return begins(shell, look.at + (c == '"' || c == '\''), '$');
}

/** updateOne and updateMany change, replaceOne replaces: mistaken for each other they would destroy
 * what is not named. */
static status check_change(struct shell *shell, const struct method *method, size_t at) {
  bool has = has_operators(shell, at);
  if (method->change == CHANGE_OPERATORS && !has)
    return plain__fail(shell->writing, at,
                       "%s wants operators such as $set; to replace a document is another method",
                       method->name);
  if (method->change == CHANGE_DOCUMENT && has)
    return plain__fail(shell->writing, at,
                       "%s wants a document; to change one by operators is another method",
                       method->name);
  return LUMA_OK;
}

status shell__write_modify(struct shell *shell, const struct method *method) {
  TRY(check_change(shell, method, first(shell)->args[1]));
  return shell__write_plain(shell, method);
}

/** Without an argument: all of them. */
status shell__write_drop_indexes(struct shell *shell, const struct method *method) {
  TRY(shell__write_plain(shell, method));
  if (first(shell)->args_count == 0) shell__put(shell, ",\"index\":\"*\"");
  return LUMA_OK;
}

/** [{$collStats: …}, {$project: …}]: what of it is shown. */
status shell__write_told(struct shell *shell, const struct method *method) {
  TRY(shell__begin(shell, "aggregate"));
  shell__put(shell, ",\"pipeline\":[{\"$collStats\":{\"storageStats\":{}}},{\"$project\":");
  shell__put(shell, method->fixed);
  shell__put(shell, "}],\"cursor\":{}");
  return LUMA_OK;
}

/** The command itself, or its name; of a collection it is about that one. */
status shell__write_command(struct shell *shell, const struct method *method) {
  struct writing *writing = shell->writing;
  const struct call *call = first(shell);
  size_t at = call->args[0], back = writing->at;
  (void)method;
  if (begins(shell, at, '{')) {
    TRY(shell__put_value(shell, at));
    writing->json.bytes--; /* more may follow: the brace is written at the end */
    return LUMA_OK;
  }
  shell__put(shell, "{");
  writing->at = at;
  status done = plain__string(writing);
  writing->at = back;
  TRY(done);
  shell__put(shell, ":");
  TRY(put_subject(shell));
  return call->args_count > 1 ? shell__put_options(shell, call->args[1]) : LUMA_OK;
}

/** The options of the third argument, or the old form's `upsert, multi`. */
static status put_update_options(struct shell *shell, option_fn *option) {
  const struct call *call = first(shell);
  if (call->args_count < 3) return LUMA_OK;
  if (begins(shell, call->args[2], '{')) return each_option(shell, call->args[2], option);
  if (option != statement_option) return LUMA_OK;
  TRY(put_option(shell, "upsert", call->args[2]));
  return call->args_count > 3 ? put_option(shell, "multi", call->args[3]) : LUMA_OK;
}

status shell__write_update(struct shell *shell, const struct method *method) {
  const struct call *call = first(shell);
  TRY(check_change(shell, method, call->args[1]));
  TRY(shell__begin(shell, "update"));
  shell__put(shell, ",\"updates\":[{\"q\":");
  TRY(shell__put_value(shell, call->args[0]));
  shell__put(shell, ",\"u\":");
  TRY(shell__put_value(shell, call->args[1]));
  if (method->fixed) shell__put(shell, method->fixed);
  TRY(put_update_options(shell, statement_option));
  shell__put(shell, "}]");
  return put_update_options(shell, command_option);
}

static status note_just_one(struct shell *shell, struct slice name, size_t at, bool *is_taken) {
  *is_taken = slice_is_equal(name, slice_of_text("justOne"));
  if (*is_taken && is_word(shell, at, "true")) shell__put(shell, "1");
  return LUMA_OK;
}

/** Whether the old form, remove, was told to remove one only. */
static status is_just_one(struct shell *shell, const struct call *call, bool *is) {
  size_t before = shell->writing->json.bytes;
  *is = call->args_count > 1 && is_word(shell, call->args[1], "true");
  if (call->args_count < 2 || !begins(shell, call->args[1], '{')) return LUMA_OK;
  TRY(each_option(shell, call->args[1], note_just_one));
  *is = shell->writing->json.bytes > before;
  shell->writing->json.bytes = before;
  return LUMA_OK;
}

status shell__write_delete(struct shell *shell, const struct method *method) {
  const struct call *call = first(shell);
  bool is_one = method->fixed != NULL;
  bool has_options = call->args_count > 1 && begins(shell, call->args[1], '{');
  TRY(shell__begin(shell, "delete"));
  shell__put(shell, ",\"deletes\":[{\"q\":");
  TRY(shell__put_value(shell, call->args[0]));
  if (!is_one) TRY(is_just_one(shell, call, &is_one));
  shell__put(shell, is_one ? ",\"limit\":1" : ",\"limit\":0");
  if (has_options) TRY(each_option(shell, call->args[1], statement_option));
  shell__put(shell, "}]");
  return has_options ? each_option(shell, call->args[1], command_option) : LUMA_OK;
}

/** A list of stages with options, or stages one by one. */
status shell__write_aggregate(struct shell *shell, const struct method *method) {
  const struct call *call = first(shell);
  bool is_list = call->args_count == 0 || begins(shell, call->args[0], '[');
  TRY(shell__begin(shell, method->command));
  shell__put(shell, ",\"pipeline\":");
  if (is_list) {
    if (call->args_count == 0) return shell__put(shell, "[]"), LUMA_OK;
    TRY(shell__put_value(shell, call->args[0]));
    return call->args_count > 1 ? each_option(shell, call->args[1], aggregate_option) : LUMA_OK;
  }
  for (uint32_t i = 0; i < call->args_count; i++) {
    shell__put(shell, i ? "," : "[");
    TRY(shell__put_value(shell, call->args[i]));
  }
  shell__put(shell, "]");
  return LUMA_OK;
}

static status put_index(struct shell *shell, size_t key) {
  const struct call *call = first(shell);
  shell__put(shell, "{\"key\":");
  TRY(shell__put_value(shell, key));
  if (call->args_count > 1) TRY(each_option(shell, call->args[1], same_option));
  shell__put(shell, "}");
  return LUMA_OK;
}

/** One key, or a list of them; the options are for each. */
status shell__write_create_indexes(struct shell *shell, const struct method *method) {
  struct writing *writing = shell->writing;
  size_t at = first(shell)->args[0], back = writing->at;
  TRY(shell__begin(shell, method->command));
  shell__put(shell, ",\"indexes\":[");
  if (begins(shell, at, '[')) {
    writing->at = at + 1;
    for (bool is_first = true; !plain__take(writing, ']'); is_first = false) {
      if (!is_first) shell__put(shell, ",");
      (void)plain__peek(writing);
      TRY(put_index(shell, writing->at));
      size_t made = writing->json.bytes, marks = writing->marks.bytes;
      TRY(plain__value(writing)); /* passed */
      writing->json.bytes = made;
      writing->marks.bytes = marks;
      if (plain__peek(writing) != ']') TRY(plain__expect(writing, ',', "between keys"));
    }
    writing->at = back;
  } else {
    TRY(put_index(shell, at));
  }
  shell__put(shell, "]");
  if (first(shell)->args_count < 3) return LUMA_OK;
  return shell__put_argument(shell, method, "commitQuorum", first(shell)->args[2]);
}

status shell__write_hide(struct shell *shell, const struct method *method) {
  size_t at = first(shell)->args[0];
  TRY(shell__begin(shell, method->command));
  shell__put(shell,
             begins(shell, at, '{') ? ",\"index\":{\"keyPattern\":" : ",\"index\":{\"name\":");
  TRY(shell__put_value(shell, at));
  shell__put(shell, method->fixed);
  return LUMA_OK;
}
