/* SPDX-License-Identifier: MIT */
/* Parts of dates: $year … $isoDayOfWeek, $dateToParts, $dateFromParts, $dateTrunc. */
#include "query/mongo/date_args.h"

enum part {
  PART_YEAR,
  PART_MONTH,
  PART_DAY,
  PART_HOUR,
  PART_MINUTE,
  PART_SECOND,
  PART_MS,
  PART_DAY_OF_YEAR,
  PART_DAY_OF_WEEK,
  PART_WEEK,
  PART_ISO_DAY,
  PART_ISO_WEEK,
  PART_ISO_YEAR
};

static int32_t part_of(enum part part, const struct moment *moment) {
  int32_t year = 0;
  switch (part) {
  case PART_YEAR: return moment->year;
  case PART_MONTH: return moment->month;
  case PART_DAY: return moment->day;
  case PART_HOUR: return moment->hour;
  case PART_MINUTE: return moment->minute;
  case PART_SECOND: return moment->second;
  case PART_MS: return moment->ms;
  case PART_DAY_OF_YEAR: return moment_day_of_year(moment);
  case PART_DAY_OF_WEEK: return moment_iso_weekday(moment->days) % 7 + 1;
  case PART_WEEK: return moment_week(moment);
  case PART_ISO_DAY: return moment_iso_weekday(moment->days);
  case PART_ISO_WEEK: return moment_iso_week(moment, &year);
  case PART_ISO_YEAR: break;
  }
  (void)moment_iso_week(moment, &year);
  return year;
}

status date_split(struct func_env *env, const struct val *date, struct slice zone,
                  struct moment *moment, struct err *err) {
  int64_t ms = 0, offset = 0;
  if (!mongo__moment(date, &ms))
    return mongo_fail(err, 16006, "can't convert from BSON type %s to Date", mongo_type_name(date));
  if (!moment_offset(env->zones, zone, ms, &offset)) return date_fail_zone(zone, err);
  if (moment_split(ms, offset, moment)) return LUMA_OK;
  return mongo_fail(err, 18537, "the date is out of range");
}

status date_fail_zone(struct slice zone, struct err *err) {
  return mongo_fail(err, 40485, "unrecognized time zone identifier: \"%.*s\"", SLICE_ARG(zone));
}

status date_zone(const char *name, const struct val *v, struct slice *zone, bool *is_null,
                 struct err *err) {
  *zone = slice_of(NULL, 0);
  if (!word_is_given(v)) return LUMA_OK;
  if (val_is_null(v)) {
    *is_null = true;
    return LUMA_OK;
  }
  if (v->type != VAL_TEXT)
    return mongo_fail(err, 40517, "%s: timezone must evaluate to a string, found %s", name,
                      mongo_type_name(v));
  *zone = val_slice(v);
  if (zone->bytes == 0) return date_fail_zone(*zone, err);
  return LUMA_OK;
}

status date_unit(const char *name, const struct val *v, enum moment_unit *unit, struct err *err) {
  if (v->type != VAL_TEXT)
    return mongo_fail(err, 5439013, "%s requires 'unit' to be a string, but got %s", name,
                      mongo_type_name(v));
  if (moment_unit_parse(val_slice(v), unit)) return LUMA_OK;
  return mongo_fail(err, 9, "unknown time unit value: %.*s", SLICE_ARG(val_slice(v)));
}

static status part(struct func_env *env, const char *name, enum part which, const struct val *args,
                   struct val *out, struct err *err) {
  struct slice zone;
  struct moment moment = {0};
  bool is_null = val_is_null(&args[0]);
  *out = val_null();
  TRY(date_zone(name, &args[1], &zone, &is_null, err));
  if (is_null) return LUMA_OK;
  TRY(date_split(env, &args[0], zone, &moment, err));
  *out = val_int32(part_of(which, &moment));
  return LUMA_OK;
}

status mongo__year(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count;
  return part(env, "$year", PART_YEAR, args, out, err);
}

status mongo__month(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  return part(env, "$month", PART_MONTH, args, out, err);
}

status mongo__day_of_month(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  (void)count;
  return part(env, "$dayOfMonth", PART_DAY, args, out, err);
}

status mongo__hour(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count;
  return part(env, "$hour", PART_HOUR, args, out, err);
}

status mongo__minute(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  (void)count;
  return part(env, "$minute", PART_MINUTE, args, out, err);
}

status mongo__second(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  (void)count;
  return part(env, "$second", PART_SECOND, args, out, err);
}

status mongo__millisecond(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  (void)count;
  return part(env, "$millisecond", PART_MS, args, out, err);
}

status mongo__day_of_year(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  (void)count;
  return part(env, "$dayOfYear", PART_DAY_OF_YEAR, args, out, err);
}

status mongo__day_of_week(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  (void)count;
  return part(env, "$dayOfWeek", PART_DAY_OF_WEEK, args, out, err);
}

status mongo__week(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count;
  return part(env, "$week", PART_WEEK, args, out, err);
}

status mongo__iso_day_of_week(struct func_env *env, const struct val *args, uint32_t count,
                              struct val *out, struct err *err) {
  (void)count;
  return part(env, "$isoDayOfWeek", PART_ISO_DAY, args, out, err);
}

status mongo__iso_week(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  (void)count;
  return part(env, "$isoWeek", PART_ISO_WEEK, args, out, err);
}

status mongo__iso_week_year(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  (void)count;
  return part(env, "$isoWeekYear", PART_ISO_YEAR, args, out, err);
}

/* ---- $dateToParts: date, timezone, iso8601 ---- */

static void put_part(struct mongo_build *made, const char *name, int32_t v) {
  struct val value = val_int32(v);
  build_name(&made->build, slice_of_text(name));
  build_put(&made->build, &value);
}

status mongo__date_to_parts(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  (void)count;
  struct slice zone;
  struct moment moment = {0};
  struct mongo_build made;
  bool is_null = val_is_null(&args[0]) || (word_is_given(&args[2]) && val_is_null(&args[2]));
  *out = val_null();
  TRY(date_zone("$dateToParts", &args[1], &zone, &is_null, err));
  if (word_is_given(&args[2]) && !val_is_null(&args[2]) && args[2].type != VAL_BOOL)
    return mongo_fail(err, 40521, "iso8601 must evaluate to a bool, found %s",
                      mongo_type_name(&args[2]));
  if (is_null) return LUMA_OK;
  TRY(date_split(env, &args[0], zone, &moment, err));
  bool iso = args[2].type == VAL_BOOL && args[2].boolean;
  mongo__begin(&made, env);
  build_begin_map(&made.build);
  put_part(&made, iso ? "isoWeekYear" : "year", part_of(iso ? PART_ISO_YEAR : PART_YEAR, &moment));
  put_part(&made, iso ? "isoWeek" : "month", part_of(iso ? PART_ISO_WEEK : PART_MONTH, &moment));
  put_part(&made, iso ? "isoDayOfWeek" : "day", part_of(iso ? PART_ISO_DAY : PART_DAY, &moment));
  put_part(&made, "hour", moment.hour);
  put_part(&made, "minute", moment.minute);
  put_part(&made, "second", moment.second);
  put_part(&made, "millisecond", moment.ms);
  build_end(&made.build);
  return mongo__end(&made, out, err);
}

/* ---- $dateFromParts ---- */

enum {
  FROM_YEAR,
  FROM_MONTH,
  FROM_DAY,
  FROM_ISO_YEAR,
  FROM_ISO_WEEK,
  FROM_ISO_DAY,
  FROM_HOUR,
  FROM_MINUTE,
  FROM_SECOND,
  FROM_MS,
  FROM_ZONE,
  FROM_PARTS = FROM_ZONE
};

static status read_part(const struct val *v, const char *name, int64_t least, int64_t most,
                        int64_t *out, struct err *err) {
  if (!word_is_given(v)) return LUMA_OK;
  if (!mongo__whole64(v, out))
    return mongo_fail(err, 40515, "'%s' must evaluate to an integer, found %s", name,
                      mongo_type_name(v));
  if (*out < least || *out > most)
    return mongo_fail(err, 40523, "'%s' must evaluate to a value in the range [%lld, %lld]", name,
                      (long long)least, (long long)most);
  return LUMA_OK;
}

static status check_forms(const struct val *args, struct err *err) {
  bool plain = word_is_given(&args[FROM_YEAR]), iso = word_is_given(&args[FROM_ISO_YEAR]);
  bool plain_parts = word_is_given(&args[FROM_MONTH]) || word_is_given(&args[FROM_DAY]);
  bool iso_parts = word_is_given(&args[FROM_ISO_WEEK]) || word_is_given(&args[FROM_ISO_DAY]);
  if (!plain && !iso)
    return mongo_fail(err, 40516,
                      "$dateFromParts requires either 'year' or 'isoWeekYear' to be "
                      "present");
  if ((plain && (iso || iso_parts)) || (iso && plain_parts))
    return mongo_fail(err, 40489,
                      "$dateFromParts does not allow mixing natural dates with ISO "
                      "dates");
  return LUMA_OK;
}

status mongo__date_from_parts(struct func_env *env, const struct val *args, uint32_t count,
                              struct val *out, struct err *err) {
  static const char *const names[] = {"year",    "month",        "day",  "isoWeekYear",
                                      "isoWeek", "isoDayOfWeek", "hour", "minute",
                                      "second",  "millisecond"};
  (void)count;
  int64_t parts[FROM_PARTS] = {1970, 1, 1, 1970, 1, 1, 0, 0, 0, 0}, days = 0, ms = 0;
  bool is_null = false, iso = word_is_given(&args[FROM_ISO_YEAR]);
  struct slice zone;
  *out = val_null();
  TRY(check_forms(args, err));
  for (int i = 0; i < FROM_PARTS; i++) {
    bool is_year = i == FROM_YEAR || i == FROM_ISO_YEAR, is_ms = i >= FROM_SECOND;
    if (word_is_given(&args[i]) && val_is_null(&args[i])) {
      is_null = true;
      continue;
    }
    TRY(read_part(&args[i], names[i],
                  is_year ? 1
                  : is_ms ? INT64_MIN / 100000
                          : -32768,
                  is_year ? 9999
                  : is_ms ? INT64_MAX / 100000
                          : 32767,
                  &parts[i], err));
  }
  TRY(date_zone("$dateFromParts", &args[FROM_ZONE], &zone, &is_null, err));
  if (is_null) return LUMA_OK;
  bool fits = iso ? moment_iso_year_start(parts[FROM_ISO_YEAR], &days)
                  : moment_days(parts[FROM_YEAR], parts[FROM_MONTH], parts[FROM_DAY], &days);
  if (iso) days += (parts[FROM_ISO_WEEK] - 1) * 7 + parts[FROM_ISO_DAY] - 1;
  int64_t local = days * 86400000 + parts[FROM_HOUR] * 3600000 + parts[FROM_MINUTE] * 60000 +
                  parts[FROM_SECOND] * 1000 + parts[FROM_MS];
  if (fits && !moment_to_utc(env->zones, zone, local, &ms)) return date_fail_zone(zone, err);
  if (fits && mongo__date(ms, out)) return LUMA_OK;
  return mongo_fail(err, 40523, "$dateFromParts: the date is out of range");
}
