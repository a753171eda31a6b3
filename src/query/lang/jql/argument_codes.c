/* SPDX-License-Identifier: MIT */
/* MongoDB's codes for arguments by name that are no object, not known, or missing: each operator
 * has its own. */
#include "query/lang/jql/expression_int.h"

enum { ARGUMENTS_MAX = 3, FAILED_TO_PARSE = 9, UNKNOWN_FIELD = 40415 };

struct missing_code {
  const char *name;
  uint32_t code;
};

struct argument_codes {
  const char *word;
  uint32_t shape, unknown;
  struct missing_code missing[ARGUMENTS_MAX];
};

static const struct argument_codes table[] = {
    {"$cond", 16020, 17083, {{"if", 17080}, {"then", 17081}, {"else", 17082}}},
    {"$convert", 9, 9, {{"input", 9}, {"to", 9}}},
    {"$dateAdd",
     5166400,
     5166401,
     {{"startDate", 5166402}, {"unit", 5166402}, {"amount", 5166402}}},
    {"$dateDiff",
     5166301,
     5166302,
     {{"startDate", 5166303}, {"endDate", 5166304}, {"unit", 5166305}}},
    {"$dateFromParts", 40519, 40518, {{0}}},
    {"$dateFromString", 40540, 40541, {{"dateString", 40542}}},
    {"$dateSubtract",
     5166400,
     5166401,
     {{"startDate", 5166402}, {"unit", 5166402}, {"amount", 5166402}}},
    {"$dateToParts", 40524, 40520, {{"date", 40522}}},
    {"$dateToString", 18629, 18534, {{"date", 18628}}},
    {"$dateTrunc", 5439007, 5439008, {{"date", 5439009}, {"unit", 5439010}}},
    {"$filter", 28646, 28647, {{"input", 28648}, {"cond", 28650}}},
    {"$getField", 9, 3041701, {{0}}},
    {"$hash", 9, 9, {{"input", 9}, {"algorithm", 9}}},
    {"$hexHash", 9, 9, {{"input", 9}, {"algorithm", 9}}},
    {"$let", 16874, 16875, {{"vars", 16876}, {"in", 16877}}},
    {"$ltrim", 50696, 50694, {{"input", 50695}}},
    {"$map", 16878, 16879, {{"input", 16880}, {"in", 16882}}},
    {"$reduce", 40075, 40076, {{"input", 40077}, {"initialValue", 40078}, {"in", 40079}}},
    {"$regexFind", 51103, 31024, {{"input", 31022}, {"regex", 31023}}},
    {"$regexFindAll", 51103, 31024, {{"input", 31022}, {"regex", 31023}}},
    {"$regexMatch", 51103, 31024, {{"input", 31022}, {"regex", 31023}}},
    {"$replaceAll", 51751, 51750, {{"input", 51749}, {"find", 51748}, {"replacement", 51747}}},
    {"$replaceOne", 51751, 51750, {{"input", 51749}, {"find", 51748}, {"replacement", 51747}}},
    {"$rtrim", 50696, 50694, {{"input", 50695}}},
    {"$setField", 4161100, 4161101, {{0}}},
    {"$sortArray", 2942500, 2942501, {{"input", 2942502}, {"sortBy", 2942503}}},
    {"$switch", 40060, 40067, {{0}}},
    {"$trim", 50696, 50694, {{"input", 50695}}},
    {"$unsetField", 4161100, 4161101, {{0}}},
    {"$zip", 34460, 34464, {{"inputs", 34465}}},
    {"an accumulator of n", 5787900, 5787901, {{"n", 5787906}, {"input", 5787907}}},
    {"an accumulator of the first in an order",
     5788001,
     5788002,
     {{"n", 5788003}, {"output", 5788004}, {"sortBy", 5788005}}},
    {"a branch of $switch", 40062, 40063, {{"case", 40064}, {"then", 40065}}},
};

bool jql__is_date_part(const char *word) {
  static const char *const words[] = {"$dayOfMonth",   "$dayOfWeek", "$dayOfYear",   "$hour",
                                      "$isoDayOfWeek", "$isoWeek",   "$isoWeekYear", "$millisecond",
                                      "$minute",       "$month",     "$second",      "$week",
                                      "$year"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (strcmp(words[i], word) == 0) return true;
  return false;
}

static const struct argument_codes *find(const char *word) {
  static const struct argument_codes date_part = {NULL, 40536, 40535, {{"date", 40539}}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    if (strcmp(table[i].word, word) == 0) return &table[i];
  return jql__is_date_part(word) ? &date_part : NULL;
}

uint32_t jql__shape_code(const char *word) {
  const struct argument_codes *codes = find(word);
  return codes ? codes->shape : FAILED_TO_PARSE;
}

uint32_t jql__unknown_code(const char *word) {
  const struct argument_codes *codes = find(word);
  return codes ? codes->unknown : UNKNOWN_FIELD;
}

uint32_t jql__missing_code(const char *word, struct slice argument) {
  const struct argument_codes *codes = find(word);
  for (size_t i = 0; codes && i < ARGUMENTS_MAX; i++)
    if (codes->missing[i].name && slice_is_equal(argument, slice_of_text(codes->missing[i].name)))
      return codes->missing[i].code;
  return JQL_MISSING_FIELD;
}

status jql__take_arguments(const struct jql *jql, const char *word, const struct jql_node *node,
                           const struct jql_field *specs, uint32_t count, struct jql_node *fields) {
  struct slice missing = {0};
  if (node->value.type != VAL_MAP)
    return jql__fail_code(jql, node, jql__shape_code(word),
                          "%s only supports an object as its argument", word);
  for (uint32_t i = count; i-- > 0;) {
    struct slice name = slice_of_text(specs[i].name);
    if (specs[i].required && val_field(&node->value, name).type == VAL_MISSING) missing = name;
  }
  const struct jql_codes codes = {.unknown = jql__unknown_code(word),
                                  .missing = jql__missing_code(word, missing)};
  return jql__take_as(jql, node, specs, count, codes, fields);
}
