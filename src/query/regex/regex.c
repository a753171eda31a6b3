/* SPDX-License-Identifier: MIT */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "query/regex/regex.h"

#include <pcre2.h>

#include "base/mem/mem.h"

struct regex {
  pcre2_code *code;
  pcre2_match_data *matches;
  pcre2_match_context *limits;
  pcre2_general_context *memory;
};

static void *take_memory(size_t bytes, void *unused) {
  (void)unused;
  return mem_alloc(bytes);
}

static void give_memory(void *p, void *unused) {
  (void)unused;
  mem_free(p);
}

/** MongoDB's codes for the failures of its users' patterns. */
enum { MONGO_BAD_PATTERN = 51091, MONGO_BAD_OPTION = 51108, MONGO_MATCH_FAILED = 51156 };

static status read_options(struct slice options, uint32_t *flags, struct err *err) {
  *flags = PCRE2_UTF;
  for (size_t i = 0; i < options.bytes; i++) {
    switch (options.data[i]) {
    case 'i': *flags |= PCRE2_CASELESS; break;
    case 'm': *flags |= PCRE2_MULTILINE; break;
    case 's': *flags |= PCRE2_DOTALL; break;
    case 'x': *flags |= PCRE2_EXTENDED; break;
    case 'u': break;
    default:
      err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                "`%c` is not an option of regular expressions: use i, m, s, x", options.data[i]);
      if (err) err->foreign = MONGO_BAD_OPTION;
      return LUMA_INVALID_ARGUMENT;
    }
  }
  return LUMA_OK;
}

static status compile(struct regex *regex, struct slice pattern, uint32_t flags, struct err *err) {
  regex->memory = pcre2_general_context_create(take_memory, give_memory, NULL);
  pcre2_compile_context *context =
      regex->memory ? pcre2_compile_context_create(regex->memory) : NULL;
  if (!context) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for a regular expression");
  int code = 0;
  size_t offset = 0;
  regex->code = pcre2_compile(pattern.data, pattern.bytes, flags, &code, &offset, context);
  pcre2_compile_context_free(context);
  if (regex->code) return LUMA_OK;
  if (code == PCRE2_ERROR_HEAP_FAILED || code == PCRE2_ERROR_NOMEMORY)
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for a regular expression");
  uint8_t reason[160] = "";
  pcre2_get_error_message(code, reason, sizeof reason);
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
            "the regular expression is wrong at character %zu: %s", offset + 1,
            (const char *)reason);
  if (err) err->foreign = MONGO_BAD_PATTERN;
  return LUMA_INVALID_ARGUMENT;
}

static status prepare_match(struct regex *regex, struct err *err) {
  regex->matches = pcre2_match_data_create_from_pattern(regex->code, regex->memory);
  regex->limits = pcre2_match_context_create(regex->memory);
  if (!regex->matches || !regex->limits)
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for a regular expression");
  pcre2_set_match_limit(regex->limits, REGEX_STEPS_MAX);
  pcre2_set_depth_limit(regex->limits, REGEX_DEPTH_MAX);
  return LUMA_OK;
}

status regex_create(struct slice pattern, struct slice options, struct regex **regex,
                    struct err *err) {
  uint32_t flags = 0;
  *regex = NULL;
  TRY(read_options(options, &flags, err));
  if (pattern.bytes > REGEX_PATTERN_BYTES_MAX)
    FAIL(err, LUMA_TOO_LARGE, "the regular expression is longer than %d bytes",
         REGEX_PATTERN_BYTES_MAX);
  struct regex *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for a regular expression");
  status failed = compile(made, pattern, flags, err);
  if (failed == LUMA_OK) failed = prepare_match(made, err);
  if (failed == LUMA_OK)
    *regex = made;
  else
    regex_destroy(made);
  return failed;
}

void regex_destroy(struct regex *regex) {
  if (!regex) return;
  pcre2_match_context_free(regex->limits);
  pcre2_match_data_free(regex->matches);
  pcre2_code_free(regex->code);
  pcre2_general_context_free(regex->memory);
  mem_free(regex);
}

/** Runs the expression from byte `from`. */
static status run(struct regex *regex, struct slice text, size_t from, bool *matches,
                  struct err *err) {
  const uint8_t *subject = text.bytes ? text.data : (const uint8_t *)"";
  int found = pcre2_match(regex->code, subject, text.bytes, from, PCRE2_NO_UTF_CHECK,
                          regex->matches, regex->limits);
  *matches = found >= 0;
  if (found >= 0 || found == PCRE2_ERROR_NOMATCH) return LUMA_OK;
  if (found == PCRE2_ERROR_NOMEMORY || found == PCRE2_ERROR_HEAPLIMIT)
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for a regular expression");
  status failed = err_raise(err, LUMA_OUT_OF_RANGE, __FILE__, __LINE__,
                            "the regular expression takes too many steps");
  if (err) err->foreign = MONGO_MATCH_FAILED;
  err_hint(err, "nested repetitions such as (a+)+ need exponential time: rewrite the pattern");
  return failed;
}

status regex_match(struct regex *regex, struct slice text, bool *matches, struct err *err) {
  return run(regex, text, 0, matches, err);
}

/** \K in a group that looking around calls may say that a match begins behind its end, or before
 * it was looked for: who goes from match to match would not get on. */
static status check_ends(const size_t *at, size_t from, struct err *err) {
  if (from <= at[0] && at[0] <= at[1]) return LUMA_OK;
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
            "the regular expression's match begins behind its end, or before its start: \\K makes "
            "no sense where it looks around");
  if (err) err->foreign = MONGO_MATCH_FAILED;
  return LUMA_INVALID_ARGUMENT;
}

status regex_find(struct regex *regex, struct slice text, size_t from, struct regex_found *found,
                  bool *matches, struct err *err) {
  TRY(run(regex, text, from, matches, err));
  uint32_t count = 0;
  if (!*matches) return LUMA_OK;
  const size_t *at = pcre2_get_ovector_pointer(regex->matches);
  TRY(check_ends(at, from, err));
  (void)pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &count);
  found->count = count + 1 < REGEX_GROUPS_MAX ? count + 1 : REGEX_GROUPS_MAX;
  for (uint32_t i = 0; i < found->count; i++) {
    found->groups[i].is_set = at[2 * i] != PCRE2_UNSET;
    found->groups[i].start = found->groups[i].is_set ? at[2 * i] : 0;
    found->groups[i].bytes = found->groups[i].is_set ? at[2 * i + 1] - at[2 * i] : 0;
  }
  return LUMA_OK;
}
