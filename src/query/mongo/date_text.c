/* SPDX-License-Identifier: MIT */
/* $dateToString and $dateFromString. */
#include "base/text/date.h"
#include "query/mongo/date_args.h"

static void append_offset(struct buf *out, int32_t minutes) {
  int32_t size = minutes < 0 ? -minutes : minutes;
  buf_append_format(out, "%c%02d%02d", minutes < 0 ? '-' : '+', size / 60, size % 60);
}

static void append_name(struct buf *out, const struct moment *moment, char letter) {
  static const char *const months[] = {"January",   "February", "March",    "April",
                                       "May",       "June",     "July",     "August",
                                       "September", "October",  "November", "December"};
  const char *name = months[moment->month - 1];
  if (letter == 'B')
    buf_append_text(out, name);
  else
    buf_append(out, name, 3);
}

/** What a letter of a format stands for; false if it stands for nothing. */
static bool append_part(struct buf *out, const struct moment *moment, char letter) {
  int32_t year = 0, week = moment_iso_week(moment, &year);
  switch (letter) {
  case 'Y': buf_append_format(out, "%04d", moment->year); return true;
  case 'G': buf_append_format(out, "%04d", year); return true;
  case 'm': buf_append_format(out, "%02d", moment->month); return true;
  case 'd': buf_append_format(out, "%02d", moment->day); return true;
  case 'H': buf_append_format(out, "%02d", moment->hour); return true;
  case 'M': buf_append_format(out, "%02d", moment->minute); return true;
  case 'S': buf_append_format(out, "%02d", moment->second); return true;
  case 'L': buf_append_format(out, "%03d", moment->ms); return true;
  case 'j': buf_append_format(out, "%03d", moment_day_of_year(moment)); return true;
  case 'w': buf_append_format(out, "%d", moment_iso_weekday(moment->days) % 7 + 1); return true;
  case 'u': buf_append_format(out, "%d", moment_iso_weekday(moment->days)); return true;
  case 'U': buf_append_format(out, "%02d", moment_week(moment)); return true;
  case 'V': buf_append_format(out, "%02d", week); return true;
  case 'z': append_offset(out, moment->offset_minutes); return true;
  case 'Z': buf_append_format(out, "%d", moment->offset_minutes); return true;
  case 'b':
  case 'B': append_name(out, moment, letter); return true;
  case '%': buf_append_byte(out, '%'); return true;
  default: break;
  }
  return false;
}

static status check_format(const char *name, struct slice format, struct err *err) {
  static const char letters[] = "YGmdHMSLjwuUVzZbB%";
  for (size_t i = 0; i < format.bytes; i++) {
    if (format.data[i] != '%') continue;
    if (++i == format.bytes)
      return mongo_fail(err, 18535, "%s: unmatched '%%' at end of format string", name);
    if (format.data[i] == 0 || !strchr(letters, format.data[i]))
      return mongo_fail(err, 18536, "Invalid format character '%%%c' in format string",
                        format.data[i]);
  }
  return LUMA_OK;
}

static void append_formatted(struct buf *out, const struct moment *moment, struct slice format) {
  for (size_t i = 0; i < format.bytes; i++) {
    if (format.data[i] == '%')
      (void)append_part(out, moment, (char)format.data[++i]);
    else
      buf_append_byte(out, format.data[i]);
  }
}

/** date, format, timezone, onNull */
status mongo__date_to_string(struct func_env *env, const struct val *args, uint32_t count,
                             struct val *out, struct err *err) {
  (void)count;
  struct slice zone, format = slice_of_text("%Y-%m-%dT%H:%M:%S.%LZ");
  struct moment moment;
  bool is_null = false;
  *out = val_null();
  TRY(date_zone("$dateToString", &args[2], &zone, &is_null, err));
  if (zone.data && !slice_is_equal(zone, slice_of_text("UTC")))
    format = slice_of_text("%Y-%m-%dT%H:%M:%S.%LZ");
  if (word_is_given(&args[1])) {
    is_null |= val_is_null(&args[1]);
    if (!val_is_null(&args[1]) && args[1].type != VAL_TEXT)
      return mongo_fail(err, 18533, "$dateToString requires that 'format' be a string, found: %s",
                        mongo_type_name(&args[1]));
    if (args[1].type == VAL_TEXT) format = val_slice(&args[1]);
    TRY(check_format("$dateToString", format, err));
  }
  if (val_is_null(&args[0])) {
    if (word_is_given(&args[3])) *out = args[3];
    return LUMA_OK;
  }
  if (is_null) return LUMA_OK;
  TRY(date_split(env, &args[0], zone, &moment, err));
  if (moment.year < 0 || moment.year > 9999)
    return mongo_fail(err, 18537, "the year is outside the range 0 to 9999: %d", moment.year);
  append_formatted(env->scratch, &moment, format);
  return mongo__scratch_text(env, out, err);
}

/* ---- $dateFromString: dateString, format, timezone, onError, onNull ---- */

/** A text being read by a format. */
struct scan {
  struct slice text;
  size_t at;
  int64_t year, month, day, hour, minute, second, ms, day_of_year, offset_ms;
  int64_t iso_year, iso_week, iso_day;
  bool has_iso, has_offset;
};

static bool number(struct scan *scan, int least, int most, int64_t *out) {
  int count = 0;
  *out = 0;
  while (count < most && scan->at < scan->text.bytes && scan->text.data[scan->at] >= '0' &&
         scan->text.data[scan->at] <= '9') {
    *out = *out * 10 + (scan->text.data[scan->at++] - '0');
    count++;
  }
  return count >= least;
}

static bool month_name(struct scan *scan, bool whole) {
  static const char *const names[] = {"january",   "february", "march",    "april",
                                      "may",       "june",     "july",     "august",
                                      "september", "october",  "november", "december"};
  for (int64_t m = 0; m < 12; m++) {
    size_t bytes = whole ? strlen(names[m]) : 3;
    if (scan->text.bytes - scan->at < bytes) continue;
    struct slice here = slice_of(scan->text.data + scan->at, bytes);
    if (!slice_is_equal_nocase(here, slice_of(names[m], bytes))) continue;
    scan->month = m + 1;
    scan->at += bytes;
    return true;
  }
  return false;
}

/** "+0530", "+05:30"; or (minutes) "+330". */
static bool offset(struct scan *scan, bool minutes) {
  int64_t first = 0, second = 0;
  if (scan->at == scan->text.bytes) return false;
  uint8_t sign = scan->text.data[scan->at++];
  if (sign != '+' && sign != '-') return false;
  if (minutes) {
    if (!number(scan, 1, 4, &second)) return false;
  } else {
    if (!number(scan, 2, 2, &first)) return false;
    if (scan->at < scan->text.bytes && scan->text.data[scan->at] == ':') scan->at++;
    if (!number(scan, 2, 2, &second)) return false;
  }
  scan->offset_ms = (first * 60 + second) * 60000 * (sign == '-' ? -1 : 1);
  scan->has_offset = true;
  return true;
}

static bool scan_letter(struct scan *scan, char letter) {
  switch (letter) {
  case 'Y': return number(scan, 4, 4, &scan->year);
  case 'm': return number(scan, 1, 2, &scan->month);
  case 'd': return number(scan, 1, 2, &scan->day);
  case 'H': return number(scan, 1, 2, &scan->hour);
  case 'M': return number(scan, 1, 2, &scan->minute);
  case 'S': return number(scan, 1, 2, &scan->second);
  case 'L': return number(scan, 1, 3, &scan->ms);
  case 'j': return number(scan, 1, 3, &scan->day_of_year);
  case 'G': scan->has_iso = true; return number(scan, 4, 4, &scan->iso_year);
  case 'V': scan->has_iso = true; return number(scan, 1, 2, &scan->iso_week);
  case 'u': scan->has_iso = true; return number(scan, 1, 1, &scan->iso_day);
  case 'b': return month_name(scan, false);
  case 'B': return month_name(scan, true);
  case 'z': return offset(scan, false);
  case 'Z': return offset(scan, true);
  case '%': return scan->at < scan->text.bytes && scan->text.data[scan->at++] == '%';
  default: break;
  }
  return false;
}

static bool scan_all(struct scan *scan, struct slice format) {
  for (size_t i = 0; i < format.bytes; i++) {
    if (format.data[i] == '%') {
      if (!scan_letter(scan, (char)format.data[++i])) return false;
    } else if (scan->at == scan->text.bytes || scan->text.data[scan->at++] != format.data[i]) {
      return false;
    }
  }
  return scan->at == scan->text.bytes;
}

static bool days_of(const struct scan *scan, int64_t *days) {
  if (scan->has_iso) {
    if (!moment_iso_year_start(scan->iso_year, days)) return false;
    *days += (scan->iso_week - 1) * 7 + scan->iso_day - 1;
    return true;
  }
  if (scan->day_of_year) {
    if (!moment_days(scan->year, 1, 1, days)) return false;
    *days += scan->day_of_year - 1;
    return true;
  }
  bool valid = scan->month >= 1 && scan->month <= 12 && scan->day >= 1 &&
               scan->day <= date_days_in_month((int32_t)scan->year, (unsigned)scan->month);
  return valid && moment_days(scan->year, scan->month, scan->day, days);
}

static bool read_by_format(struct zones *zones, struct slice text, struct slice format,
                           struct slice zone, int64_t *ms) {
  struct scan scan = {.text = text,
                      .year = 1970,
                      .month = 1,
                      .day = 1,
                      .iso_year = 1970,
                      .iso_week = 1,
                      .iso_day = 1};
  int64_t days = 0;
  if (!scan_all(&scan, format) || !days_of(&scan, &days)) return false;
  if (scan.hour > 23 || scan.minute > 59 || scan.second > 59) return false;
  int64_t local =
      days * 86400000 + scan.hour * 3600000 + scan.minute * 60000 + scan.second * 1000 + scan.ms;
  *ms = local - scan.offset_ms;
  if (!scan.has_offset) return moment_to_utc(zones, zone, local, ms);
  return !zone.data;
}

static status from_text(struct func_env *env, const struct val *args, struct slice zone,
                        struct val *out, struct err *err) {
  int64_t ms = 0;
  if (args[0].type != VAL_TEXT)
    return mongo_fail(err, 241, "$dateFromString requires that 'dateString' be a string, found: %s",
                      mongo_type_name(&args[0]));
  struct slice text = val_slice(&args[0]);
  bool good = word_is_given(&args[1])
                  ? read_by_format(env->zones, text, val_slice(&args[1]), zone, &ms)
                  : moment_read(text, env->zones, zone, &ms);
  if (good && mongo__date(ms, out)) return LUMA_OK;
  return mongo_fail(err, 241, "Error parsing date string '%.*s'", SLICE_ARG(text));
}

status mongo__date_from_string(struct func_env *env, const struct val *args, uint32_t count,
                               struct val *out, struct err *err) {
  (void)count;
  struct slice zone;
  bool is_null = false;
  *out = val_null();
  int64_t offset = 0;
  TRY(date_zone("$dateFromString", &args[2], &zone, &is_null, err));
  if (!moment_offset(env->zones, zone, 0, &offset)) return date_fail_zone(zone, err);
  if (word_is_given(&args[1]) && !val_is_null(&args[1])) {
    if (args[1].type != VAL_TEXT)
      return mongo_fail(err, 40684, "$dateFromString requires that 'format' be a string, found: %s",
                        mongo_type_name(&args[1]));
    TRY(check_format("$dateFromString", val_slice(&args[1]), err));
  }
  if (val_is_null(&args[0])) {
    if (word_is_given(&args[4])) *out = args[4];
    return LUMA_OK;
  }
  is_null |= word_is_given(&args[1]) && val_is_null(&args[1]);
  if (is_null) return LUMA_OK;
  status done = from_text(env, args, zone, out, err);
  if (done != LUMA_INVALID_ARGUMENT || !word_is_given(&args[3])) return done;
  if (err) err_reset(err);
  *out = args[3];
  return LUMA_OK;
}
