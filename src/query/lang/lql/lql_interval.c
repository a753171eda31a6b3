/* SPDX-License-Identifier: MIT */
/* Intervals with units outside their quotes: INTERVAL '3' DAY, INTERVAL '1-2' YEAR TO MONTH,
 * INTERVAL 3 DAYS. The lexer takes them as one token. */
#include "query/lang/lql/lql_int.h"
#include "query/lang/lql/lql_lexer.h"

static const uint8_t *skip_blanks(const uint8_t *at, const uint8_t *limit) {
  while (at < limit && (*at == ' ' || (*at >= '\t' && *at <= '\r'))) at++;
  return at;
}

static const uint8_t *skip_word(const uint8_t *at, const uint8_t *limit) {
  while (at < limit && ((*at | 32) >= 'a' && (*at | 32) <= 'z')) at++;
  return at;
}

static bool is_unit(const uint8_t *from, const uint8_t *to) {
  static const char *const units[] = {"year",   "month",  "week",        "day",         "hour",
                                      "minute", "second", "millisecond", "microsecond", "quarter"};
  struct slice word = slice_of(from, (size_t)(to - from));
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
    struct slice unit = slice_of_text(units[i]);
    bool plural = word.bytes == unit.bytes + 1 && (word.data[unit.bytes] | 32) == 's';
    if (slice_is_equal_nocase(slice_of(word.data, word.bytes - plural), unit)) return true;
  }
  return false;
}

/* Behind the digits that a unit keeps: SECOND (3, 6). */
static const uint8_t *places_end(const uint8_t *unit, const uint8_t *limit) {
  const uint8_t *at = skip_blanks(unit, limit);
  if (at == limit || *at != '(') return unit;
  for (at++; at < limit && ((*at >= '0' && *at <= '9') || *at == ',' || *at == ' ');) at++;
  return at < limit && *at == ')' ? at + 1 : unit;
}

/* The end of a unit behind blanks; NULL if there is none. */
static const uint8_t *unit_end(const uint8_t *at, const uint8_t *limit) {
  const uint8_t *from = skip_blanks(at, limit), *to = skip_word(from, limit);
  bool ends = to == limit || !((*to >= '0' && *to <= '9') || *to == '_' || *to >= 0x80);
  return ends && from > at && is_unit(from, to) ? places_end(to, limit) : NULL;
}

const uint8_t *lql__interval_end(const uint8_t *at, const uint8_t *limit) {
  at = skip_blanks(at, limit);
  while (at < limit && *at >= '0' && *at <= '9') at++;
  return unit_end(at, limit);
}

const uint8_t *lql__typed_end(const uint8_t *start, const uint8_t *quoted, const uint8_t *limit) {
  if ((*start | 32) != 'i') return quoted;
  const uint8_t *end = unit_end(quoted, limit);
  if (!end) return quoted;
  const uint8_t *to = skip_blanks(end, limit), *after = skip_word(to, limit);
  bool is_to = slice_is_equal_nocase(slice_of(to, (size_t)(after - to)), slice_of_text("to"));
  const uint8_t *last = is_to ? unit_end(after, limit) : NULL;
  return last ? last : end;
}

int lql__interval_places(struct slice units) {
  const uint8_t *end = units.data + units.bytes;
  const uint8_t *open = units.bytes ? memrchr(units.data, '(', units.bytes) : NULL, *word = open;
  while (word && word > units.data && word[-1] == ' ') word--;
  bool is_second = word && word - units.data >= 6 &&
                   slice_is_equal_nocase(slice_of(word - 6, 6), slice_of_text("second"));
  if (!is_second) return INTERVAL_PLACES;
  const uint8_t *comma = memchr(open, ',', (size_t)(end - open));
  const uint8_t *at = skip_blanks(comma ? comma + 1 : open + 1, end);
  return at < end && *at >= '0' && *at < '0' + INTERVAL_PLACES ? *at - '0' : INTERVAL_PLACES;
}
