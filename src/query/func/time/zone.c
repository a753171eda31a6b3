/* SPDX-License-Identifier: MIT */
/* AT TIME ZONE: what clocks show in a zone. Zones have names of the IANA database, or are offsets
 * from UTC: +02:00. */
#include "base/text/num.h"
#include "query/func/func_int.h"
#include "query/func/time/calendar.h"
#include "query/locale/zones.h"

enum { ZONE_HOURS_MAX = 15 };

/** +2, +02, +0230, +02:30; false if it is none. */
static bool read_offset(struct slice text, int64_t *us) {
  if (text.bytes < 2 || (text.data[0] != '+' && text.data[0] != '-')) return false;
  int64_t hours = 0, minutes = 0;
  struct slice rest = slice_of(text.data + 1, text.bytes - 1);
  size_t digits = 0;
  while (digits < rest.bytes && digits < 2 && rest.data[digits] >= '0' && rest.data[digits] <= '9')
    digits++;
  if (!num_parse_int64(slice_of(rest.data, digits), &hours)) return false;
  rest = slice_of(rest.data + digits, rest.bytes - digits);
  if (rest.bytes && rest.data[0] == ':') rest = slice_of(rest.data + 1, rest.bytes - 1);
  if (rest.bytes && (rest.bytes != 2 || !num_parse_int64(rest, &minutes))) return false;
  if (hours > ZONE_HOURS_MAX || minutes > 59) return false;
  *us = (hours * 60 + minutes) * 60 * CALENDAR_US_PER_SECOND;
  if (text.data[0] == '-') *us = -*us;
  return true;
}

status func__timezone(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)count;
  int64_t us = 0, offset = 0;
  int32_t offset_ms = 0;
  if (!func__moment(&args[1], &us)) return func__clash(env, out);
  bool is_span = args[0].type == VAL_DURATION || args[0].type == VAL_INTERVAL;
  if (is_span) {
    offset = args[0].type == VAL_DURATION ? args[0].integer : args[0].interval.us;
  } else if (args[0].type != VAL_TEXT) {
    return func__clash(env, out);
  } else if (!read_offset(val_slice(&args[0]), &offset)) {
    if (!zones_offset(env->zones, val_slice(&args[0]), us / 1000, &offset_ms))
      FAIL(err, LUMA_INVALID_ARGUMENT, "there is no time zone `%.*s`",
           SLICE_ARG(val_slice(&args[0])));
    offset = (int64_t)offset_ms * 1000;
  }
  if (__builtin_add_overflow(us, offset, &us))
    FAIL(err, LUMA_OUT_OF_RANGE, "the result does not fit a timestamp");
  *out = val_timestamp(us);
  return LUMA_OK;
}
