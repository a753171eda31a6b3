/* SPDX-License-Identifier: MIT */
/* The languages by name, and by the look of a text. */
#include "query/lang/lang.h"

static const struct lang *const languages[] = {&lang_lql, &lang_nql, &lang_jql};
enum { LANGUAGES_COUNT = sizeof languages / sizeof languages[0] };

const struct lang *lang_find(struct slice name) {
  for (int i = 0; i < LANGUAGES_COUNT; i++) {
    if (slice_is_equal_nocase(name, slice_of_text(languages[i]->name))) return languages[i];
  }
  return NULL;
}

static struct slice skip_blank(struct slice text) {
  while (text.bytes > 0 &&
         (*text.data == ' ' || *text.data == '\t' || *text.data == '\r' || *text.data == '\n')) {
    text = slice_of(text.data + 1, text.bytes - 1);
  }
  return text;
}

static struct slice first_word(struct slice text) {
  size_t bytes = 0;
  while (bytes < text.bytes) {
    uint8_t byte = text.data[bytes];
    bool is_letter = byte == '_' || byte >= 0x80 || ((byte | 32) >= 'a' && (byte | 32) <= 'z');
    if (!is_letter && (byte < '0' || byte > '9')) break;
    bytes++;
  }
  return slice_of(text.data, bytes);
}

static bool is_among(struct slice word, const char *const *words) {
  while (*words && !slice_is_equal_nocase(word, slice_of_text(*words))) words++;
  return *words != NULL;
}

/* What is shown by SQL; of the latter words, which may well be collections, only where nothing or
 * FROM and its kin follow. */
static bool is_sql_show(struct slice second, struct slice third) {
  static const char *const always[] = {"collections", "tables", "souls", "lineage",
                                       "full",        "create", "table", NULL};
  static const char *const alone[] = {"columns",
                                      "fields",
                                      "keys",
                                      "index",
                                      "views",
                                      "sequences",
                                      "databases",
                                      "schemas",
                                      "status",
                                      "variables",
                                      "warnings",
                                      "engines",
                                      "grants",
                                      "processlist",
                                      "timezone",
                                      "search_path",
                                      "server_version",
                                      "server_encoding",
                                      "client_encoding",
                                      NULL};
  static const char *const first[] = {"time", "transaction", NULL};
  static const char *const then[] = {"zone", "isolation", NULL};
  static const char *const after[] = {"", "from", "in", "like", NULL};
  if (slice_is_equal_nocase(second, slice_of_text("indexes")))
    return !slice_is_equal_nocase(third, slice_of_text("of"));
  if (is_among(second, first)) return is_among(third, then);
  return is_among(second, always) || (is_among(second, alone) && is_among(third, after));
}

static struct slice behind(struct slice text, struct slice word) {
  return skip_blank(slice_of(text.data + word.bytes, text.bytes - word.bytes));
}

/* SQL sets with `=`, English with `to`; and without `set` it can increase, decrease and clear.
 * `rest` begins with the collection, or English's `all`. */
static bool is_sql_update(struct slice rest) {
  static const char *const english[] = {"increase", "decrease", "clear", NULL};
  struct slice word = first_word(rest);
  bool sets = false;
  if (slice_is_equal_nocase(word, slice_of_text("all"))) return false;
  while (rest.bytes > 0) {
    rest = behind(rest, word.bytes ? word : slice_of(rest.data, 1));
    if (rest.bytes > 0 && *rest.data == '=') return true;
    word = first_word(rest);
    sets = sets || slice_is_equal_nocase(word, slice_of_text("set"));
    if (sets ? slice_is_equal_nocase(word, slice_of_text("to")) : is_among(word, english))
      return false;
  }
  return true;
}

static bool is_sql(struct slice text);

/* EXPLAIN is a word of both: what it stands before tells. */
static bool is_sql_explain(struct slice explained) {
  static const char *const english[] = {"find",   "get",   "list", "give", "display",
                                        "search", "count", "how",  "add",  NULL};
  static const char *const either[] = {"show", "update", "delete", "remove", NULL};
  struct slice word = first_word(explained);
  return is_among(word, either) ? is_sql(explained) : !is_among(word, english);
}

/* `show first 10 users`, `update users set a to 1` and `delete all users` are English; the second
 * word tells. */
static bool is_sql(struct slice text) {
  static const char *const always[] = {
      "select",     "insert",  "create",  "drop",    "alter",    "begin",     "start",    "commit",
      "rollback",   "selec",   "slect",   "selct",   "describe", "desc",      "evolve",   "suggest",
      "compare",    "with",    "values",  "merge",   "truncate", "savepoint", "release",  "table",
      "upsert",     "refresh", "comment", "replace", "abort",    "end",       "dry",      "set",
      "pragma",     "vacuum",  "analyze", "analyse", "reindex",  "optimize",  "prepare",  "execute",
      "deallocate", "grant",   "revoke",  "copy",    "use",      "lock",      "unlock",   "call",
      "checkpoint", "kill",    "attach",  "detach",  "listen",   "notify",    "unlisten", "declare",
      "fetch",      "discard", "reset",   "rename",  "cluster",  "do",        "load",     "handler",
      "pivot",      NULL};
  struct slice word = first_word(text), rest = behind(text, word), second = first_word(rest);
  if (is_among(word, always)) return true;
  if (slice_is_equal_nocase(word, slice_of_text("explain"))) return is_sql_explain(rest);
  if (slice_is_equal_nocase(word, slice_of_text("delete")))
    return slice_is_equal_nocase(second, slice_of_text("from"));
  if (slice_is_equal_nocase(word, slice_of_text("show")))
    return is_sql_show(second, first_word(behind(rest, second)));
  return slice_is_equal_nocase(word, slice_of_text("update")) && is_sql_update(rest);
}

const struct lang *lang_guess(struct slice text) {
  text = skip_blank(text);
  if (text.bytes > 0 && (*text.data == '{' || jql_is_call(text, 0))) return &lang_jql;
  if (text.bytes > 0 && *text.data == '(') return &lang_lql;
  if (text.bytes > 1 && ((text.data[0] == '-' && text.data[1] == '-') ||
                         (text.data[0] == '/' && text.data[1] == '*')))
    return &lang_lql;
  return is_sql(text) ? &lang_lql : &lang_nql;
}
