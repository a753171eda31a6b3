/* SPDX-License-Identifier: MIT */
/* $regexMatch, $regexFind, $regexFindAll: input, regex, options. */
#include "base/text/utf8.h"
#include "query/mongo/mongo_int.h"
#include "query/regex/regex_cache.h"

/** A search through one text. */
struct search {
  struct regex *regex;
  struct slice text;
  size_t at; /* a byte behind which matches are looked for, and its place in characters */
  size_t points;
};

static status begin(struct func_env *env, const char *name, const struct val *args,
                    struct search *search, bool *is_null, struct err *err) {
  struct slice options = {0};
  *is_null = val_is_null(&args[0]) || val_is_null(&args[1]);
  if (!val_is_null(&args[0]) && args[0].type != VAL_TEXT)
    return mongo_fail(err, 51104, "%s needs 'input' to be of type string", name);
  if (!val_is_null(&args[1]) && args[1].type != VAL_TEXT && args[1].type != VAL_REGEX)
    return mongo_fail(err, 51105, "%s needs 'regex' to be of type string or regex", name);
  if (val_is_null(&args[1])) return LUMA_OK;
  struct slice pattern =
      args[1].type == VAL_REGEX ? val_regex(&args[1], &options) : val_slice(&args[1]);
  if (word_is_given(&args[2]) && !val_is_null(&args[2])) {
    if (args[2].type != VAL_TEXT)
      return mongo_fail(err, 51106, "%s needs 'options' to be of type string", name);
    if (options.bytes)
      return mongo_fail(err, 51107,
                        "%s: found regex options specified in both 'regex' and "
                        "'options' fields",
                        name);
    options = val_slice(&args[2]);
  }
  if (memchr(pattern.data, 0, pattern.bytes))
    return mongo_fail(err, 51109, "%s: regular expression cannot contain an embedded null byte",
                      name);
  status made = regex_cache_get(env->regexes, pattern, options, &search->regex, err);
  if (made != LUMA_OK && err) err->foreign = made == LUMA_INVALID_ARGUMENT ? 51111 : 0;
  search->text = val_slice(&args[0]);
  return made;
}

status mongo__check_search(struct func_env *env, const char *name, const struct val *operands,
                           struct err *err) {
  const struct val args[] = {val_null(), operands[0], operands[1]};
  struct search search = {0};
  bool is_null = false;
  return begin(env, name, args, &search, &is_null, err);
}

/** The character at which a match begins: counted on from the match before it. */
static struct val place_of(struct search *search, const struct regex_found *found) {
  size_t start = found->groups[0].start;
  search->points += utf8_count(slice_of(search->text.data + search->at, start - search->at));
  search->at = start;
  return val_int32((int32_t)search->points);
}

/** {match, idx, captures} into the open list, or alone. */
static void put_match(struct mongo_build *made, struct search *search,
                      const struct regex_found *found) {
  struct val null = val_null();
  struct val match =
      val_text(slice_of(search->text.data + found->groups[0].start, found->groups[0].bytes));
  struct val at = place_of(search, found);
  build_begin_map(&made->build);
  build_name(&made->build, slice_of_text("match"));
  build_put(&made->build, &match);
  build_name(&made->build, slice_of_text("idx"));
  build_put(&made->build, &at);
  build_name(&made->build, slice_of_text("captures"));
  build_begin_list(&made->build);
  for (uint32_t i = 1; i < found->count; i++) {
    struct val group =
        val_text(slice_of(search->text.data + found->groups[i].start, found->groups[i].bytes));
    build_put(&made->build, found->groups[i].is_set ? &group : &null);
  }
  build_end(&made->build);
  build_end(&made->build);
}

status mongo__regex_match(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  (void)count;
  struct search search = {0};
  bool is_null = false, matches = false;
  TRY(begin(env, "$regexMatch", args, &search, &is_null, err));
  if (!is_null) TRY(regex_match(search.regex, search.text, &matches, err));
  *out = val_bool(matches);
  return LUMA_OK;
}

status mongo__regex_find(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  (void)count;
  struct search search = {0};
  struct regex_found found = {0};
  struct mongo_build made;
  bool is_null = false, matches = false;
  *out = val_null();
  TRY(begin(env, "$regexFind", args, &search, &is_null, err));
  if (is_null) return LUMA_OK;
  TRY(regex_find(search.regex, search.text, 0, &found, &matches, err));
  if (!matches) return LUMA_OK;
  mongo__begin(&made, env);
  put_match(&made, &search, &found);
  return mongo__end(&made, out, err);
}

/** Past an empty match by a whole character. */
static size_t after(const struct search *search, const struct regex_found *found) {
  size_t at = found->groups[0].start + found->groups[0].bytes;
  if (found->groups[0].bytes) return at;
  uint32_t point = 0;
  size_t bytes = utf8_decode(slice_of(search->text.data + at, search->text.bytes - at), &point);
  return at + (bytes ? bytes : 1);
}

status mongo__regex_find_all(struct func_env *env, const struct val *args, uint32_t count,
                             struct val *out, struct err *err) {
  (void)count;
  struct search search = {0};
  struct regex_found found = {0};
  struct mongo_build made;
  bool is_null = false, matches = true;
  TRY(begin(env, "$regexFindAll", args, &search, &is_null, err));
  mongo__begin(&made, env);
  build_begin_list(&made.build);
  /* As MongoDB's, it does not look for an empty match behind the last character. */
  for (size_t at = 0; !is_null && matches && (at == 0 || at < search.text.bytes);) {
    status ran = regex_find(search.regex, search.text, at, &found, &matches, err);
    if (ran != LUMA_OK) return mongo__abandon(&made, ran);
    if (!matches) break;
    put_match(&made, &search, &found);
    at = after(&search, &found);
  }
  build_end(&made.build);
  return mongo__end(&made, out, err);
}
