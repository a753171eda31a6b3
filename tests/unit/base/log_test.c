/* SPDX-License-Identifier: MIT */
#include "base/log/log.h"

#include "tests/lib/fault.h"
#include "tests/lib/test.h"

/* An os whose clock stands still: the log asks for nothing else. */
static uint64_t still_clock(struct os *os) {
  (void)os;
  return 1709210096123456;
}

static const struct os_ops still_ops = {.now_us = still_clock};

struct collected {
  size_t lines;
  char text[2 * LOG_LINE_BYTES + 1];
};

static void collect(void *context, struct slice line) {
  struct collected *collected = context;
  assert_true(line.bytes <= LOG_LINE_BYTES && line.data[line.bytes - 1] == '\n');
  memcpy(collected->text, line.data, line.bytes);
  collected->text[line.bytes] = 0;
  collected->lines++;
}

static const char *write_request(enum log_form form, struct slice path, const char *message) {
  static struct collected collected;
  struct os os = {.ops = &still_ops};
  struct log log;
  log_init(&log, &os,
           &(struct log_options){
               .level = LOG_INFO, .form = form, .sink = collect, .context = &collected});
  struct log_field fields[] = {log_text("path", path), log_integer("took_us", -41)};
  log_write(&log, LOG_INFO, fields, 2, "%s", message);
  log_deinit(&log);
  return collected.text;
}

static void lines_for_people(void) {
  assert_string_equal(write_request(LOG_TEXT, slice_of_text("/v1/query"), "request"),
                      "2024-02-29T12:34:56.123Z info request path=/v1/query took_us=-41\n");
  assert_string_equal(
      write_request(LOG_TEXT, slice_of_text("a b\n\"c\""), "two\nlines"),
      "2024-02-29T12:34:56.123Z info two\\u000alines path=\"a b\\u000a\\\"c\\\"\" took_us=-41\n");
  assert_string_equal(write_request(LOG_TEXT, slice_of_text(""), "é"),
                      "2024-02-29T12:34:56.123Z info é path=\"\" took_us=-41\n");
}

static void lines_for_programs(void) {
  assert_string_equal(
      write_request(LOG_JSON, slice_of_text("/\\\x01\xff"), "say \"hi\""),
      "{\"time\":\"2024-02-29T12:34:56.123Z\",\"level\":\"info\",\"message\":\"say \\\"hi\\\"\","
      "\"path\":\"/\\\\\\u0001\xef\xbf\xbd\",\"took_us\":-41}\n");
}

static void what_does_not_fit_is_left_out_whole(void) {
  static char huge[2 * LOG_LINE_BYTES];
  memset(huge, 'x', sizeof huge - 1);
  assert_string_equal(
      write_request(LOG_JSON, slice_of_text(huge), "m"),
      "{\"time\":\"2024-02-29T12:34:56.123Z\",\"level\":\"info\",\"message\":\"m\",\"took_us\":-41,"
      "\"cut\":true}\n");
  assert_string_equal(write_request(LOG_TEXT, slice_of_text(huge), "m"),
                      "2024-02-29T12:34:56.123Z info m took_us=-41 …\n");
  memset(huge, 1, sizeof huge - 1);
  const char *line = write_request(LOG_JSON, slice_of_text("p"), huge);
  assert_non_null(strstr(line, "\\u0001\",\"path\":\"p\",\"took_us\":-41}\n"));
}

static void levels_are_obeyed_without_memory(void) {
  struct collected collected = {0};
  struct os os = {.ops = &still_ops};
  struct log log;
  log_init(&log, &os,
           &(struct log_options){.level = LOG_WARN, .sink = collect, .context = &collected});
  fault_alloc(1, true);
  assert_false(log_is_on(&log, LOG_INFO));
  log_write(&log, LOG_INFO, NULL, 0, "not this");
  assert_int_equal(collected.lines, 0);
  log_write(&log, LOG_ERROR, NULL, 0, "this");
  assert_int_equal(collected.lines, 1);
  assert_string_equal(collected.text, "2024-02-29T12:34:56.123Z error this\n");
  log.options.level = LOG_NOTHING;
  log_write(&log, LOG_ERROR, NULL, 0, "nor this");
  assert_int_equal(collected.lines, 1);
  fault_alloc_off();
  log_deinit(&log);
}

static void write_many(void *opaque) {
  struct log *log = opaque;
  for (int i = 0; i < 500; i++) log_write(log, LOG_INFO, NULL, 0, "line %d", i);
}

static void threads_take_turns(void) {
  struct collected collected = {0};
  struct os os = {.ops = &still_ops};
  struct log log;
  log_init(&log, &os,
           &(struct log_options){.level = LOG_DEBUG, .sink = collect, .context = &collected});
  struct thread threads[4];
  for (int i = 0; i < 4; i++)
    assert_ok(thread_start(&threads[i], "writer", write_many, &log, test_err()));
  for (int i = 0; i < 4; i++) thread_join(&threads[i]);
  assert_int_equal(collected.lines, 2000);
  log_deinit(&log);
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"lines_for_people", lines_for_people, 0},
      {"lines_for_programs", lines_for_programs, 0},
      {"what_does_not_fit_is_left_out_whole", what_does_not_fit_is_left_out_whole, 0},
      {"levels_are_obeyed_without_memory", levels_are_obeyed_without_memory, 0},
      {"threads_take_turns", threads_take_turns, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
