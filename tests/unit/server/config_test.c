/* SPDX-License-Identifier: MIT */
/* Settings: what is read, what is refused and how it is explained. */
#include <stdio.h>

#include "server/config/config.h"
#include "tests/lib/fault.h"
#include "tests/lib/test.h"

struct fixture {
  struct arena arena;
  struct config config;
};

static status read_text(struct fixture *fixture, const char *text, struct err *err) {
  arena_init(&fixture->arena, 0, 0);
  config_init(&fixture->config);
  return config_read(&fixture->config, slice_of_text(text), "luma.toml", &fixture->arena, err);
}

static void reads_every_kind_of_value(void) {
  struct fixture fixture;
  static const char text[] = "# a comment\n"
                             "[server] # another\r\n"
                             "data = \"d\\u00e9j\\u00E0\\t\\\"vu\\\"\"\n"
                             "token='no \\escapes'\n"
                             "listen = [ \"127.0.0.1:1\", # first\n  '[::1]:2',\n]\n"
                             "names = \"one.test\"\n"
                             "  [ limits ]\n"
                             "body_bytes = 1_048_576\n"
                             "statement_ms = +0\n"
                             "statement_threads = 2\n"
                             "[wal]\nsync_mode = \"never\"\n"
                             "[log]\naccess = true\nform = \"json\"";
  assert_ok(read_text(&fixture, text, test_err()));
  const struct config *config = &fixture.config;
  assert_string_equal("déjà\t\"vu\"", config->server.data);
  assert_string_equal("no \\escapes", config->server.token);
  assert_int_equal(2, config->server.listen.count);
  assert_string_equal("[::1]:2", config->server.listen.items[1]);
  assert_int_equal(1, config->server.names.count);
  assert_int_equal(1048576, config->limits.body_bytes);
  assert_int_equal(0, config->limits.statement_ms);
  assert_int_equal(2, config->limits.statement_threads);
  assert_int_equal(STORE_SYNC_NEVER, config->wal.sync_mode);
  assert_int_equal(LOG_JSON, config->log.form);
  assert_true(config->log.access);
  arena_deinit(&fixture.arena);
}

static void has_defaults(void) {
  struct fixture fixture;
  assert_ok(read_text(&fixture, "", test_err()));
  assert_null(fixture.config.server.token);
  assert_int_equal(64 << 20, fixture.config.limits.body_bytes);
  assert_int_equal(STORE_SYNC_GROUP, fixture.config.wal.sync_mode);
  assert_int_equal(LOG_INFO, fixture.config.log.level);
  assert_false(fixture.config.log.access);
  arena_deinit(&fixture.arena);
}

static void explains_what_is_wrong(void) {
  static const struct {
    const char *text;
    unsigned line, column;
    const char *message, *hint;
  } cases[] = {
      {"[server]\nlisen = []\n", 2, 1, "no setting `lisen` in [server]", "did you mean `listen`?"},
      {"[sever]\ndata = \"a\"\n", 2, 1, "no section [sever]", "did you mean [server]?"},
      {"data = \"a\"\n", 1, 1, "`data` stands in no section", "[server]"},
      {"[wal]\ntoken = \"a\"\n", 2, 1, "no setting `token` in [wal]", "belongs in [server]"},
      {"[limits]\n\nbody_bytes = 12\n", 3, 14, "takes 1024 to", ""},
      {"[limits]\nstatement_threads = 65\n", 2, 21, "takes 0 to 64", ""},
      {"[limits]\nbody_bytes = \"12\"\n", 2, 14, "takes an integer", ""},
      {"[limits]\nbody_bytes = 99999999999999999999\n", 2, 14, "expected a value", ""},
      {"[server]\ndata = 5\n", 2, 8, "takes text", ""},
      {"[log]\naccess = 1\n", 2, 10, "true or false", ""},
      {"[server]\nlisten = [5]\n", 2, 11, "expected text in quotes", ""},
      {"[server]\nlisten = [\"a\" \"b\"]\n", 2, 15, "expected `,` or `]`", ""},
      {"[wal]\nsync_mode = \"alway\"\n", 2, 13, "one of \"always\"", "\"always\""},
      {"[server\n", 1, 8, "expected `]`", ""},
      {"[[server]]\n", 1, 1, "lists of sections", ""},
      {"[server]\ndata \"a\"\n", 2, 6, "expected `=`", ""},
      {"[server]\ndata = \"a\" x\n", 2, 12, "end of the line", ""},
      {"[server]\ndata = \"abc\n", 2, 8, "does not end", ""},
      {"[server]\ndata = \"a\\q\"\n", 2, 11, "no such escape", ""},
      {"[server]\ndata = \"\\ud800\"\n", 2, 15, "no character", ""},
      {"[server]\ndata = \"a\x01\"\n", 2, 10, "control characters", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct fixture fixture;
    struct err err = {0};
    assert_int_not_equal(LUMA_OK, read_text(&fixture, cases[i].text, &err));
    if (err.line != cases[i].line || err.column != cases[i].column ||
        !strstr(err.message, cases[i].message) || !strstr(err.hint, cases[i].hint))
      fail_msg("%s%u:%u: %s (%s)", cases[i].text, err.line, err.column, err.message, err.hint);
    assert_ptr_equal(err.message, strstr(err.message, "luma.toml: line "));
    arena_deinit(&fixture.arena);
  }
}

/* Whatever the bytes are, reading ends, and failing names a place within them. */
static void survives_any_bytes(void) {
  static const char letters[] = "[]\"'\\=#,\n\r \tab_u0159-+\x01\x80serverlisten";
  for (size_t round = test_rounds(20000); round > 0; round--) {
    char text[64];
    size_t bytes = (size_t)rng_below(test_rng(), sizeof text);
    for (size_t i = 0; i < bytes; i++) text[i] = letters[rng_below(test_rng(), sizeof letters - 1)];
    struct fixture fixture;
    struct err err = {0};
    arena_init(&fixture.arena, 0, 0);
    config_init(&fixture.config);
    status result = config_read(&fixture.config, slice_of(text, bytes), "x", &fixture.arena, &err);
    if (result != LUMA_OK) {
      assert_in_range(err.line, 1, bytes + 1);
      assert_true(err.offset <= bytes);
      assert_true(err.message[0] != 0);
    }
    arena_deinit(&fixture.arena);
  }
}

static status sweep(void *context) {
  (void)context;
  struct fixture fixture;
  status result = read_text(&fixture, "[server]\ntoken = \"a\"\nlisten = [\"b\"]\n", NULL);
  arena_deinit(&fixture.arena);
  return result;
}

static void lives_without_memory(void) {
  fault_sweep_alloc(sweep, NULL);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"reads_every_kind_of_value", reads_every_kind_of_value, 0},
      {"has_defaults", has_defaults, 0},
      {"explains_what_is_wrong", explains_what_is_wrong, 0},
      {"survives_any_bytes", survives_any_bytes, 0},
      {"lives_without_memory", lives_without_memory, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
