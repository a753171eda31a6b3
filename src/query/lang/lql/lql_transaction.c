/* SPDX-License-Identifier: MIT */
/* BEGIN and its kin, and what the session is told beside. Their modes are words in any order, which
 * would cost the grammar a keyword each: they are read here. */
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_query.h"
#include "query/lang/lql/lql_session.h"

struct lql_words *lql__add_word(struct lql *lql, struct lql_words *words, struct lql_token word) {
  if (!words) words = arena_zalloc(lql->arena, 1, sizeof *words);
  if (!words) return NULL;
  words->items = lql__grow(lql, words->items, words->count, &words->capacity, sizeof *words->items);
  if (!words->items) return NULL;
  words->items[words->count++] = word;
  return words;
}

/** Words and how many of them are read. */
struct reader {
  struct lql *lql;
  const struct lql_words *words;
  uint32_t at;
};

/** Takes the words of `phrase`, separated by one blank, if they all come next. */
static bool take(struct reader *reader, const char *phrase) {
  uint32_t at = reader->at;
  while (*phrase) {
    const char *end = strchr(phrase, ' ');
    size_t bytes = end ? (size_t)(end - phrase) : strlen(phrase);
    if (!reader->words || at == reader->words->count) return false;
    const struct lql_token *word = &reader->words->items[at++];
    if (word->kind == LQL_QUOTED || !slice_is_equal_nocase(word->text, slice_of(phrase, bytes)))
      return false;
    phrase += bytes + (end != NULL);
  }
  reader->at = at;
  return true;
}

static bool is_end(const struct reader *reader) {
  return !reader->words || reader->at == reader->words->count;
}

static struct plan *fail(struct reader *reader, struct lql_token at, const char *hint) {
  if (is_end(reader)) {
    lql__fail(reader->lql, LUMA_SYNTAX_ERROR, at.offset + at.text.bytes,
              "the statement ends too early");
  } else {
    const struct lql_token *word = &reader->words->items[reader->at];
    lql__fail(reader->lql, LUMA_SYNTAX_ERROR, word->offset, "`%.*s` does not fit here",
              SLICE_ARG(word->text));
  }
  lql__hint(reader->lql, "%s", hint);
  return NULL;
}

/* ---- BEGIN ---- */

enum effect { NO_EFFECT, IS_SERIALIZABLE, IS_READ_ONLY, IS_READ_WRITE };
struct mode {
  const char *phrase;
  enum effect effect;
};

/* Snapshot isolation is what READ COMMITTED and REPEATABLE READ promise at least. How SQLite locks
 * (DEFERRED, …) has no meaning where readers and writers do not wait for each other. */
static const struct mode modes[] = {
    {"ISOLATION LEVEL SERIALIZABLE", IS_SERIALIZABLE},
    {"SERIALIZABLE", IS_SERIALIZABLE},
    {"ISOLATION LEVEL REPEATABLE READ", NO_EFFECT},
    {"ISOLATION LEVEL SNAPSHOT", NO_EFFECT},
    {"ISOLATION LEVEL READ COMMITTED", NO_EFFECT},
    {"ISOLATION LEVEL READ UNCOMMITTED", NO_EFFECT},
    {"SNAPSHOT", NO_EFFECT},
    {"READ ONLY", IS_READ_ONLY},
    {"READ WRITE", IS_READ_WRITE},
    {"NOT DEFERRABLE", NO_EFFECT},
    {"DEFERRABLE", NO_EFFECT},
    {"DEFERRED", NO_EFFECT},
    {"IMMEDIATE", NO_EFFECT},
    {"EXCLUSIVE", NO_EFFECT},
};

static bool take_mode(struct reader *reader, struct plan *begin) {
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    if (!take(reader, modes[i].phrase)) continue;
    begin->serializable |= modes[i].effect == IS_SERIALIZABLE;
    if (modes[i].effect == IS_READ_ONLY) begin->read_only = true;
    if (modes[i].effect == IS_READ_WRITE) begin->read_only = false;
    (void)take(reader, ",");
    return true;
  }
  return false;
}

struct plan *lql__begin(struct lql *lql, struct lql_token at, const struct lql_words *words) {
  struct reader reader = {.lql = lql, .words = words};
  struct plan *made = lql__plain(lql, PLAN_BEGIN, at, NULL);
  if (!made) return NULL;
  if (!take(&reader, "TRANSACTION")) (void)take(&reader, "WORK");
  while (!is_end(&reader) && take_mode(&reader, made)) continue;
  /* SQLite says the other word behind the lock. */
  (void)take(&reader, "TRANSACTION");
  if (is_end(&reader)) return made;
  return fail(&reader, at, "BEGIN takes SERIALIZABLE, READ ONLY, READ WRITE or ISOLATION LEVEL …");
}

/* ---- its end ---- */

struct plan *lql__end(struct lql *lql, struct lql_token at, enum plan_kind kind,
                      const struct lql_words *words) {
  struct reader reader = {.lql = lql, .words = words};
  if (!take(&reader, "TRANSACTION")) (void)take(&reader, "WORK");
  if (kind == PLAN_ROLLBACK && take(&reader, "TO")) {
    (void)take(&reader, "SAVEPOINT");
    if (words->count != reader.at + 1) return fail(&reader, at, "ROLLBACK TO takes a savepoint");
    return lql__savepoint(lql, PLAN_ROLLBACK_TO, at, words->items[reader.at]);
  }
  if (is_end(&reader)) return lql__plain(lql, kind, at, NULL);
  return fail(&reader, at,
              kind == PLAN_COMMIT ? "COMMIT stands alone" : "ROLLBACK, or ROLLBACK TO a savepoint");
}

struct plan *lql__savepoint(struct lql *lql, enum plan_kind kind, struct lql_token at,
                            struct lql_token name) {
  struct plan *made = lql__plain(lql, kind, at, NULL);
  if (made) made->new_name = lql__name(lql, name);
  return made;
}

/* ---- guards ---- */

struct plan *lql__dry_run(struct lql *lql, struct lql_token at, struct plan *command) {
  if (!command) return NULL;
  const struct plan *change =
      command->kind == PLAN_PROJECT && command->input ? command->input : command;
  if (!plan_is_change(change->kind) && change->kind != PLAN_DROP_COLLECTION) {
    lql__fail(lql, LUMA_SYNTAX_ERROR, at.offset,
              "DRY RUN takes a statement that changes documents");
    lql__hint(lql,
              "INSERT, UPDATE, DELETE, MERGE, TRUNCATE or DROP TABLE; EXPLAIN tells how others "
              "would run");
    return NULL;
  }
  command->dry_run = true;
  return command;
}

struct plan *lql__set_option(struct lql *lql, struct lql_token at, struct lql_token name,
                             struct slice value) {
  struct plan *made = lql__savepoint(lql, PLAN_SET_OPTION, at, name);
  if (!made) return NULL;
  made->offset = name.offset;
  made->alias = value;
  return made;
}
