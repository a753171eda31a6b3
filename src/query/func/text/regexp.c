/* SPDX-License-Identifier: MIT */
/* Regular expressions by PostgreSQL's names, in Perl's dialect: flags i (no case), g (all matches),
 * m or n (^ $ at line ends, the dot stops there), x (blanks and comments ignored). */
#include "base/text/utf8.h"
#include "query/func/func_int.h"
#include "query/regex/regex_cache.h"
#include "value/doc/build.h"

enum { REGEXP_FLAGS_MAX = 8 };

/** A search through a text, match by match. */
struct search {
  struct regex *regex;
  struct slice text;
  size_t at; /* where the next search begins; past the end: it is over */
  struct regex_found found;
  bool all; /* the flag g */
};

/** Flags as the library has them: the dot takes newlines unless lines are looked at. */
static status read_flags(const struct val *flags, char options[REGEXP_FLAGS_MAX], bool *all,
                         struct err *err) {
  bool no_case = false, lines = false, spaced = false;
  for (uint32_t i = 0; flags && i < flags->bytes; i++) {
    switch (flags->data[i]) {
    case 'i': no_case = true; break;
    case 'c': no_case = false; break;
    case 'm':
    case 'n': lines = true; break;
    case 's': lines = false; break;
    case 'x': spaced = true; break;
    case 'g': *all = true; break;
    default:
      FAIL(err, LUMA_INVALID_ARGUMENT, "`%c` is not a flag of regular expressions: use i, g, m, x",
           flags->data[i]);
    }
  }
  char *at = options;
  if (no_case) *at++ = 'i';
  *at++ = lines ? 'm' : 's';
  if (spaced) *at++ = 'x';
  *at = 0;
  return LUMA_OK;
}

/** Begins at character `start` (from 1). `*fits`: the arguments are texts. */
static status begin(struct func_env *env, const struct val *args, const struct val *flags,
                    int64_t start, struct search *search, bool *fits, struct err *err) {
  char options[REGEXP_FLAGS_MAX];
  *search = (struct search){.text = val_slice(&args[0])};
  *fits =
      args[0].type == VAL_TEXT && args[1].type == VAL_TEXT && (!flags || flags->type == VAL_TEXT);
  if (!*fits) return LUMA_OK;
  if (start < 1) FAIL(err, LUMA_OUT_OF_RANGE, "characters count from 1");
  TRY(read_flags(flags, options, &search->all, err));
  search->at = func__prefix_bytes(search->text, start - 1);
  return regex_cache_get(env->regexes, val_slice(&args[1]), slice_of_text(options), &search->regex,
                         err);
}

/** After an empty match the search goes on one character later. */
static status next(struct search *search, bool *matches, struct err *err) {
  uint32_t code_point = 0;
  *matches = false;
  if (search->at > search->text.bytes) return LUMA_OK;
  TRY(regex_find(search->regex, search->text, search->at, &search->found, matches, err));
  if (!*matches) return LUMA_OK;
  size_t start = search->found.groups[0].start, bytes = search->found.groups[0].bytes;
  struct slice rest = slice_of(search->text.data + start, search->text.bytes - start);
  search->at = start + (bytes ? bytes : rest.bytes ? utf8_decode(rest, &code_point) : 1);
  return LUMA_OK;
}

/** The match so many times on, from 1. */
static status nth(struct search *search, int64_t wanted, bool *matches, struct err *err) {
  if (wanted < 1) FAIL(err, LUMA_OUT_OF_RANGE, "matches count from 1");
  do TRY(next(search, matches, err));
  while (*matches && --wanted);
  return LUMA_OK;
}

static struct slice group_of(const struct search *search, uint32_t group) {
  return slice_of(search->text.data + search->found.groups[group].start,
                  search->found.groups[group].bytes);
}

static int64_t number_at(const struct val *args, uint32_t count, uint32_t at, int64_t otherwise) {
  return at < count && val_is_integer(&args[at]) ? args[at].integer : otherwise;
}

static bool are_integers(const struct val *args, uint32_t from, uint32_t to) {
  for (uint32_t i = from; i < to; i++)
    if (!val_is_integer(&args[i])) return false;
  return true;
}

status func__regexp_like(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  struct search search;
  bool fits = false, matches = false;
  TRY(begin(env, args, count > 2 ? &args[2] : NULL, 1, &search, &fits, err));
  if (!fits) return func__clash(env, out);
  TRY(next(&search, &matches, err));
  *out = val_bool(matches);
  return LUMA_OK;
}

/** (text, pattern [, start [, flags]]) */
status func__regexp_count(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  struct search search;
  bool fits = false, matches = false;
  int64_t found = 0;
  if (!are_integers(args, 2, count < 3 ? count : 3)) return func__clash(env, out);
  TRY(begin(env, args, count > 3 ? &args[3] : NULL, number_at(args, count, 2, 1), &search, &fits,
            err));
  if (!fits) return func__clash(env, out);
  for (;; found++) {
    TRY(next(&search, &matches, err));
    if (!matches) break;
  }
  *out = val_int64(found);
  return LUMA_OK;
}

/** (text, pattern [, start [, nth [, end [, flags [, group]]]]]) */
status func__regexp_instr(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  struct search search;
  bool fits = false, matches = false;
  int64_t group = number_at(args, count, 6, 0), end = number_at(args, count, 4, 0);
  if (!are_integers(args, 2, count < 5 ? count : 5)) return func__clash(env, out);
  TRY(begin(env, args, count > 5 ? &args[5] : NULL, number_at(args, count, 2, 1), &search, &fits,
            err));
  if (!fits) return func__clash(env, out);
  TRY(nth(&search, number_at(args, count, 3, 1), &matches, err));
  *out = val_int64(0);
  if (!matches || group < 0 || group >= search.found.count) return LUMA_OK;
  if (!search.found.groups[group].is_set) return LUMA_OK;
  size_t at = search.found.groups[group].start + (end ? search.found.groups[group].bytes : 0);
  *out = val_int64((int64_t)utf8_count(slice_of(search.text.data, at)) + 1);
  return LUMA_OK;
}

/** (text, pattern [, start [, nth [, flags [, group]]]]) */
status func__regexp_substr(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  struct search search;
  bool fits = false, matches = false;
  int64_t group = number_at(args, count, 5, 0);
  *out = val_null();
  if (!are_integers(args, 2, count < 4 ? count : 4)) return func__clash(env, out);
  TRY(begin(env, args, count > 4 ? &args[4] : NULL, number_at(args, count, 2, 1), &search, &fits,
            err));
  if (!fits) return func__clash(env, out);
  TRY(nth(&search, number_at(args, count, 3, 1), &matches, err));
  if (!matches || group < 0 || group >= search.found.count) return LUMA_OK;
  if (search.found.groups[group].is_set) *out = val_text(group_of(&search, (uint32_t)group));
  return LUMA_OK;
}

/** The groups of a match, or the whole of it when there are none, into the open list. */
static void put_each_group(struct build *build, const struct search *search) {
  uint32_t first = search->found.count > 1;
  for (uint32_t i = first; i < search->found.count; i++) {
    struct val text = val_null();
    if (search->found.groups[i].is_set) text = val_text(group_of(search, i));
    build_put(build, &text);
  }
}

static void put_groups(struct build *build, const struct search *search) {
  build_begin_list(build);
  put_each_group(build, search);
  build_end(build);
}

status func__regexp_match(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  struct search search;
  struct build build;
  bool fits = false, matches = false;
  *out = val_null();
  TRY(begin(env, args, count > 2 ? &args[2] : NULL, 1, &search, &fits, err));
  if (!fits) return func__clash(env, out);
  TRY(next(&search, &matches, err));
  if (!matches) return LUMA_OK;
  func__list_begin(env, &build);
  put_each_group(&build, &search);
  return func__built(env, &build, out, err);
}

/** Ends a list that a failure broke off. */
static status drop(struct func_env *env, struct build *build, status failed) {
  build_deinit(build);
  buf_reset(env->scratch);
  return failed;
}

/** The list of matches, each a list of groups; without g the first only. */
status func__regexp_matches(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  struct search search;
  struct build build;
  bool fits = false, matches = true;
  TRY(begin(env, args, count > 2 ? &args[2] : NULL, 1, &search, &fits, err));
  if (!fits) return func__clash(env, out);
  func__list_begin(env, &build);
  while (matches) {
    status failed = next(&search, &matches, err);
    if (failed != LUMA_OK) return drop(env, &build, failed);
    if (matches) put_groups(&build, &search);
    if (!search.all) break;
  }
  return func__built(env, &build, out, err);
}

/** The pieces between matches; empty matches at the ends of a piece do not cut. */
status func__regexp_split_to_array(struct func_env *env, const struct val *args, uint32_t count,
                                   struct val *out, struct err *err) {
  struct search search;
  struct build build;
  bool fits = false, matches = true;
  size_t piece = 0;
  TRY(begin(env, args, count > 2 ? &args[2] : NULL, 1, &search, &fits, err));
  if (!fits) return func__clash(env, out);
  func__list_begin(env, &build);
  while (matches) {
    status failed = next(&search, &matches, err);
    if (failed != LUMA_OK) return drop(env, &build, failed);
    size_t start = matches ? search.found.groups[0].start : search.text.bytes;
    size_t bytes = matches ? search.found.groups[0].bytes : 0;
    if (matches && bytes == 0 && (start == piece || start == search.text.bytes)) continue;
    struct val text = val_text(slice_of(search.text.data + piece, start - piece));
    build_put(&build, &text);
    piece = start + bytes;
  }
  return func__built(env, &build, out, err);
}

/* ---- replacing ---- */

/** \1 … \9 and \& stand for what matched. */
static void append_replacement(struct buf *out, const struct search *search, struct slice by) {
  for (size_t i = 0; i < by.bytes; i++) {
    uint8_t c = by.data[i], after = i + 1 < by.bytes ? by.data[i + 1] : 0;
    bool is_group = c == '\\' && ((after >= '0' && after <= '9') || after == '&');
    if (!is_group) {
      buf_append_byte(out, c);
      i += c == '\\' && after == '\\';
      continue;
    }
    uint32_t group = after == '&' ? 0 : (uint32_t)(after - '0');
    if (group < search->found.count && search->found.groups[group].is_set)
      buf_append_slice(out, group_of(search, group));
    i++;
  }
}

/** Replaces the match number `only` (0: all). */
static status replace(struct func_env *env, struct search *search, struct slice by, int64_t only,
                      struct val *out, struct err *err) {
  size_t copied = 0;
  bool matches = true;
  for (int64_t n = 1; matches && (only == 0 || n <= only); n++) {
    status failed = next(search, &matches, err);
    if (failed != LUMA_OK) {
      buf_reset(env->scratch);
      return failed;
    }
    if (!matches || (only && n != only)) continue;
    size_t start = search->found.groups[0].start;
    buf_append(env->scratch, search->text.data + copied, start - copied);
    append_replacement(env->scratch, search, by);
    copied = start + search->found.groups[0].bytes;
  }
  buf_append(env->scratch, search->text.data + copied, search->text.bytes - copied);
  return func__scratch_text(env, out, err);
}

/** (text, pattern, by [, flags]) or (text, pattern, by, start [, nth [, flags]]) */
status func__regexp_replace(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  struct search search;
  bool fits = false, counted = count > 3 && val_is_integer(&args[3]);
  const struct val *flags = count > 5 ? &args[5] : count > 3 && !counted ? &args[3] : NULL;
  int64_t start = counted ? args[3].integer : 1;
  if (args[2].type != VAL_TEXT || (counted && !are_integers(args, 4, count < 5 ? count : 5)))
    return func__clash(env, out);
  TRY(begin(env, args, flags, start, &search, &fits, err));
  if (!fits) return func__clash(env, out);
  int64_t only = search.all ? 0 : 1;
  if (counted && count > 4) only = args[4].integer;
  return replace(env, &search, val_slice(&args[2]), only, out, err);
}

/* ---- SIMILAR TO ---- */

static bool is_special(uint8_t c) {
  return c && strchr(".^$\\", c);
}

/** SQL's pattern as an expression of the whole text: % and _ are its own, | * + ? {} () [] the
 * same. */
static status write_similar(struct slice pattern, uint8_t escape, bool escapes, struct buf *out,
                            struct err *err) {
  bool in_class = false;
  buf_append_text(out, "^(?:");
  for (size_t i = 0; i < pattern.bytes; i++) {
    uint8_t c = pattern.data[i];
    if (escapes && c == escape) {
      if (++i == pattern.bytes)
        FAIL(err, LUMA_INVALID_ARGUMENT, "the SIMILAR TO pattern ends with its escape");
      if (pattern.data[i] < 0x80 && strchr("|*+?{}()[].^$\\", pattern.data[i]))
        buf_append_byte(out, '\\');
      buf_append_byte(out, pattern.data[i]);
      continue;
    }
    if (c == '[') in_class = true;
    if (c == ']') in_class = false;
    if (!in_class && c == '%')
      buf_append_text(out, ".*");
    else if (!in_class && c == '_')
      buf_append_byte(out, '.');
    else {
      if (is_special(c) && !(in_class && c == '^')) buf_append_byte(out, '\\');
      buf_append_byte(out, c);
    }
  }
  buf_append_text(out, ")\\z");
  return buf_check(out, "a pattern", err);
}

status func__similar_to(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  uint8_t escape = '\\';
  bool matches = false, escapes = true;
  struct regex *regex = NULL;
  for (uint32_t i = 0; i < count; i++)
    if (args[i].type != VAL_TEXT) return func__clash(env, out);
  if (count > 2) {
    if (args[2].bytes > 1) FAIL(err, LUMA_INVALID_ARGUMENT, "ESCAPE takes one character, or none");
    escapes = args[2].bytes == 1;
    if (escapes) escape = args[2].data[0];
  }
  status done = write_similar(val_slice(&args[1]), escape, escapes, env->scratch, err);
  if (done == LUMA_OK)
    done = regex_cache_get(env->regexes, buf_slice(env->scratch), slice_of_text("s"), &regex, err);
  buf_reset(env->scratch);
  TRY(done);
  TRY(regex_match(regex, val_slice(&args[0]), &matches, err));
  *out = val_bool(matches);
  return LUMA_OK;
}
