/* SPDX-License-Identifier: MIT */
/* The table of settings: name, kind, limits, default, place. */
#include "server/config/config.h"

#include <stdio.h>

#include "base/text/suggest.h"
#include "server/config/config_int.h"

enum setting_kind { SETTING_TEXT, SETTING_INTEGER, SETTING_BOOLEAN, SETTING_LIST, SETTING_WORD };

enum { KB = 1 << 10, MB = 1 << 20, SECOND_MS = 1000, DAY_MS = 86400 * SECOND_MS, MANY = 1000000 };

/* Words of a SETTING_WORD stand for 0, 1, 2, …, which are the enum's values. */
struct setting {
  const char *section, *name;
  enum setting_kind kind;
  size_t offset; /* in struct config */
  int64_t least, most, initial;
  const char *const *words;
};

static const char *const sync_modes[] = {"always", "group_commit", "periodic", "never", NULL};
static const char *const log_levels[] = {"debug", "info", "warn", "error", "nothing", NULL};
static const char *const log_forms[] = {"text", "json", NULL};

static const struct setting settings[] = {
    {"server", "data", SETTING_TEXT, offsetof(struct config, server.data), 0, 0, 0, NULL},
    {"server", "listen", SETTING_LIST, offsetof(struct config, server.listen), 0, 0, 0, NULL},
    {"server", "token", SETTING_TEXT, offsetof(struct config, server.token), 0, 0, 0, NULL},
    {"server", "names", SETTING_LIST, offsetof(struct config, server.names), 0, 0, 0, NULL},
    {"server", "origins", SETTING_LIST, offsetof(struct config, server.origins), 0, 0, 0, NULL},
    {"server", "tls_certificate", SETTING_TEXT, offsetof(struct config, server.tls_certificate), 0,
     0, 0, NULL},
    {"server", "tls_key", SETTING_TEXT, offsetof(struct config, server.tls_key), 0, 0, 0, NULL},
    {"server", "loops", SETTING_INTEGER, offsetof(struct config, server.loops), 0, 256, 0, NULL},
    {"server", "workers", SETTING_INTEGER, offsetof(struct config, server.workers), 0, 1024, 0,
     NULL},
    {"server", "shutdown_ms", SETTING_INTEGER, offsetof(struct config, server.shutdown_ms), 0,
     DAY_MS, 10 * SECOND_MS, NULL},
    {"limits", "body_bytes", SETTING_INTEGER, offsetof(struct config, limits.body_bytes), KB,
     1 << 30, 64 * MB, NULL},
    {"limits", "header_bytes", SETTING_INTEGER, offsetof(struct config, limits.header_bytes), 256,
     32 * KB, 16 * KB, NULL},
    {"limits", "json_depth", SETTING_INTEGER, offsetof(struct config, limits.json_depth), 2, 128,
     128, NULL},
    {"limits", "reply_bytes", SETTING_INTEGER, offsetof(struct config, limits.reply_bytes), KB,
     128 * MB, 32 * MB, NULL},
    {"limits", "connections", SETTING_INTEGER, offsetof(struct config, limits.connections), 1, MANY,
     10000, NULL},
    {"limits", "queue", SETTING_INTEGER, offsetof(struct config, limits.queue), 1, MANY, 1024,
     NULL},
    {"limits", "sessions", SETTING_INTEGER, offsetof(struct config, limits.sessions), 0, MANY, 1000,
     NULL},
    {"limits", "cursors", SETTING_INTEGER, offsetof(struct config, limits.cursors), 0, MANY, 10000,
     NULL},
    {"limits", "statement_ms", SETTING_INTEGER, offsetof(struct config, limits.statement_ms), 0,
     DAY_MS, 60 * SECOND_MS, NULL},
    {"limits", "statement_bytes", SETTING_INTEGER, offsetof(struct config, limits.statement_bytes),
     0, INT64_MAX, 0, NULL},
    {"limits", "statement_threads", SETTING_INTEGER,
     offsetof(struct config, limits.statement_threads), 0, 64, 0, NULL},
    {"limits", "session_idle_ms", SETTING_INTEGER, offsetof(struct config, limits.session_idle_ms),
     1, DAY_MS, 60 * SECOND_MS, NULL},
    {"limits", "cursor_idle_ms", SETTING_INTEGER, offsetof(struct config, limits.cursor_idle_ms), 1,
     DAY_MS, 300 * SECOND_MS, NULL},
    {"limits", "expire_ms", SETTING_INTEGER, offsetof(struct config, limits.expire_ms), 0, DAY_MS,
     60 * SECOND_MS, NULL},
    {"limits", "head_ms", SETTING_INTEGER, offsetof(struct config, limits.head_ms), 1, DAY_MS,
     10 * SECOND_MS, NULL},
    {"limits", "request_ms", SETTING_INTEGER, offsetof(struct config, limits.request_ms), 1, DAY_MS,
     30 * SECOND_MS, NULL},
    {"limits", "idle_ms", SETTING_INTEGER, offsetof(struct config, limits.idle_ms), 1, DAY_MS,
     75 * SECOND_MS, NULL},
    {"limits", "send_ms", SETTING_INTEGER, offsetof(struct config, limits.send_ms), 1, DAY_MS,
     30 * SECOND_MS, NULL},
    {"wal", "sync_mode", SETTING_WORD, offsetof(struct config, wal.sync_mode), 0, 0,
     STORE_SYNC_GROUP, sync_modes},
    {"wal", "batch_size", SETTING_INTEGER, offsetof(struct config, wal.batch_size), 0, 1000000,
     1000, NULL},
    {"wal", "batch_timeout_us", SETTING_INTEGER, offsetof(struct config, wal.batch_timeout_us), 0,
     1000000, 1000, NULL},
    {"cache", "block_cache_size", SETTING_INTEGER, offsetof(struct config, cache.block_cache_size),
     0, INT64_MAX, 0, NULL},
    {"log", "level", SETTING_WORD, offsetof(struct config, log.level), 0, 0, LOG_INFO, log_levels},
    {"log", "form", SETTING_WORD, offsetof(struct config, log.form), 0, 0, LOG_TEXT, log_forms},
    {"log", "access", SETTING_BOOLEAN, offsetof(struct config, log.access), 0, 0, 0, NULL},
    {"log", "slow_ms", SETTING_INTEGER, offsetof(struct config, log.slow_ms), 0, DAY_MS, 1000,
     NULL},
};
enum { SETTINGS_COUNT = sizeof settings / sizeof settings[0] };

/* Enums are as wide as unsigned here; a word's value fits. */
_Static_assert(sizeof(enum store_sync_mode) == sizeof(unsigned), "see put_word");

static void *place_of(struct config *config, const struct setting *setting) {
  return (uint8_t *)config + setting->offset;
}

static void put_word(void *place, unsigned value) {
  memcpy(place, &value, sizeof value);
}

void config_init(struct config *config) {
  *config = (struct config){0};
  for (size_t i = 0; i < SETTINGS_COUNT; i++) {
    void *place = place_of(config, &settings[i]);
    if (settings[i].kind == SETTING_INTEGER) memcpy(place, &settings[i].initial, sizeof(int64_t));
    if (settings[i].kind == SETTING_WORD) put_word(place, (unsigned)settings[i].initial);
  }
}

/* ---- finding ---- */

static bool is_section(struct slice name) {
  for (size_t i = 0; i < SETTINGS_COUNT; i++) {
    if (slice_is_equal(name, slice_of_text(settings[i].section))) return true;
  }
  return false;
}

static const struct setting *find(const struct toml_entry *entry) {
  for (size_t i = 0; i < SETTINGS_COUNT; i++) {
    if (slice_is_equal(entry->section, slice_of_text(settings[i].section)) &&
        slice_is_equal(entry->name, slice_of_text(settings[i].name)))
      return &settings[i];
  }
  return NULL;
}

static void hint_section(struct slice section, struct err *err) {
  struct suggest suggest;
  suggest_init(&suggest, section);
  for (size_t i = 0; i < SETTINGS_COUNT; i++)
    suggest_offer(&suggest, slice_of_text(settings[i].section));
  if (suggest_is_good(&suggest))
    err_hint(err, "did you mean [%.*s]?", SLICE_ARG(suggest.best));
  else
    err_hint(err, "the sections are [server], [limits], [wal], [cache] and [log]");
}

static void hint_name(const struct toml_entry *entry, struct err *err) {
  struct suggest suggest;
  suggest_init(&suggest, entry->name);
  for (size_t i = 0; i < SETTINGS_COUNT; i++) {
    if (slice_is_equal(entry->section, slice_of_text(settings[i].section)))
      suggest_offer(&suggest, slice_of_text(settings[i].name));
    else if (slice_is_equal(entry->name, slice_of_text(settings[i].name)))
      err_hint(err, "`%s` belongs in [%s]", settings[i].name, settings[i].section);
  }
  if (suggest_is_good(&suggest)) err_hint(err, "did you mean `%.*s`?", SLICE_ARG(suggest.best));
}

static status fail_unknown(const struct toml_entry *entry, struct err *err) {
  if (entry->section.bytes && !is_section(entry->section)) {
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "there is no section [%.*s]",
              SLICE_ARG(entry->section));
    hint_section(entry->section, err);
    return LUMA_INVALID_ARGUMENT;
  }
  if (entry->section.bytes)
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
              "there is no setting `%.*s` in [%.*s]", SLICE_ARG(entry->name),
              SLICE_ARG(entry->section));
  else
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "`%.*s` stands in no section",
              SLICE_ARG(entry->name));
  hint_name(entry, err);
  return LUMA_INVALID_ARGUMENT;
}

/* ---- setting ---- */

static status fail_kind(const struct setting *setting, const char *takes, struct err *err) {
  FAIL(err, LUMA_INVALID_ARGUMENT, "`%s` takes %s", setting->name, takes);
}

static status put_integer(void *place, const struct setting *setting,
                          const struct toml_entry *entry, struct err *err) {
  if (entry->kind != TOML_INTEGER) return fail_kind(setting, "an integer", err);
  if (entry->integer < setting->least || entry->integer > setting->most) {
    FAIL(err, LUMA_INVALID_ARGUMENT, "`%s` takes %lld to %lld", setting->name,
         (long long)setting->least, (long long)setting->most);
  }
  memcpy(place, &entry->integer, sizeof entry->integer);
  return LUMA_OK;
}

static status put_chosen(void *place, const struct setting *setting, const struct toml_entry *entry,
                         struct err *err) {
  struct suggest suggest;
  struct slice typed = slice_of_text(entry->kind == TOML_TEXT ? entry->text : "");
  suggest_init(&suggest, typed);
  for (unsigned i = 0; setting->words[i]; i++) {
    struct slice word = slice_of_text(setting->words[i]);
    suggest_offer(&suggest, word);
    if (!slice_is_equal(word, typed)) continue;
    put_word(place, i);
    return LUMA_OK;
  }
  char list[128] = "";
  for (unsigned i = 0; setting->words[i]; i++) {
    size_t used = strlen(list);
    snprintf(list + used, sizeof list - used, "%s\"%s\"", i ? ", " : "", setting->words[i]);
  }
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "`%s` takes one of %s", setting->name,
            list);
  if (suggest_is_good(&suggest)) err_hint(err, "did you mean \"%.*s\"?", SLICE_ARG(suggest.best));
  return LUMA_INVALID_ARGUMENT;
}

static status put(struct config *config, const struct setting *setting,
                  const struct toml_entry *entry, struct err *err) {
  void *place = place_of(config, setting);
  switch (setting->kind) {
  case SETTING_INTEGER: return put_integer(place, setting, entry, err);
  case SETTING_WORD: return put_chosen(place, setting, entry, err);
  case SETTING_TEXT:
    if (entry->kind != TOML_TEXT) return fail_kind(setting, "text in quotes", err);
    memcpy(place, &entry->text, sizeof entry->text);
    return LUMA_OK;
  case SETTING_BOOLEAN:
    if (entry->kind != TOML_BOOLEAN) return fail_kind(setting, "true or false", err);
    memcpy(place, &entry->boolean, sizeof entry->boolean);
    return LUMA_OK;
  case SETTING_LIST: break;
  }
  struct config_list *list = place;
  if (entry->kind != TOML_LIST && entry->kind != TOML_TEXT)
    return fail_kind(setting, "a list of texts", err);
  *list = entry->kind == TOML_LIST ? entry->list
                                   : (struct config_list){.items = {entry->text}, .count = 1};
  return LUMA_OK;
}

static status set(struct config *config, const struct toml_reader *reader,
                  const struct toml_entry *entry, struct err *err) {
  const struct setting *setting = find(entry);
  status result = setting ? put(config, setting, entry, err) : fail_unknown(entry, err);
  if (result != LUMA_OK)
    err_position(err, (const char *)reader->text.data, reader->text.bytes,
                 setting ? entry->value_offset : entry->name_offset);
  return result;
}

status config_read(struct config *config, struct slice text, const char *name, struct arena *arena,
                   struct err *err) {
  struct toml_reader reader = {.text = text, .arena = arena};
  struct toml_entry entry = {0};
  bool has = true;
  status result;
  do {
    result = toml_next(&reader, &entry, &has, err);
    if (result == LUMA_OK && has) result = set(config, &reader, &entry, err);
  } while (result == LUMA_OK && has);
  if (result != LUMA_OK && err) err_wrap(err, "%s: line %u", name, err->line);
  return result;
}

status config_read_file(struct config *config, struct os *os, const char *path, struct arena *arena,
                        struct err *err) {
  struct buf text;
  buf_init(&text, CONFIG_BYTES_MAX);
  status result = os_read_file(os, path, &text, err);
  if (result == LUMA_OK) {
    const uint8_t *copy = arena_copy(arena, text.data, text.bytes);
    result =
        copy ? config_read(config, slice_of(copy, text.bytes), path, arena, err)
             : err_raise(err, LUMA_OUT_OF_MEMORY, __FILE__, __LINE__, "no memory for the settings");
  }
  buf_deinit(&text);
  return result;
}
