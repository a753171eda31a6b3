/* SPDX-License-Identifier: MIT */
#include "query/func/time/calendar.h"

int64_t calendar_day_of(int64_t us) {
  return us / CALENDAR_US_PER_DAY - (us % CALENDAR_US_PER_DAY < 0);
}

int64_t calendar_days(int32_t year, int32_t month, int32_t day) {
  int64_t days = 0;
  date_from_civil((struct date_civil){year, (uint8_t)month, (uint8_t)day}, &days);
  return days;
}

struct calendar calendar_from_us(int64_t us) {
  int64_t days = calendar_day_of(us), in_day = us - days * CALENDAR_US_PER_DAY;
  struct date_civil civil = date_to_civil(days);
  int64_t seconds = in_day / CALENDAR_US_PER_SECOND;
  return (struct calendar){
      .year = civil.year,
      .month = civil.month,
      .day = civil.day,
      .hour = (int32_t)(seconds / 3600),
      .minute = (int32_t)(seconds / 60 % 60),
      .second = (int32_t)(seconds % 60),
      .us = (int32_t)(in_day % CALENDAR_US_PER_SECOND),
  };
}

int64_t calendar_to_us(const struct calendar *c) {
  int64_t seconds = (int64_t)c->hour * 3600 + (int64_t)c->minute * 60 + c->second;
  return calendar_days(c->year, c->month, c->day) * CALENDAR_US_PER_DAY +
         seconds * CALENDAR_US_PER_SECOND + c->us;
}

int32_t calendar_weekday(int64_t days) {
  int64_t in_week = (days + 3) % 7; /* 1970-01-01 was a Thursday */
  return (int32_t)(in_week < 0 ? in_week + 7 : in_week) + 1;
}

bool calendar_add_months(int64_t us, int64_t months, int64_t *out) {
  int64_t days = calendar_day_of(us), moved = 0;
  if (!date_add_months(days, months, &moved)) return false;
  int64_t delta = 0;
  return !__builtin_mul_overflow(moved - days, CALENDAR_US_PER_DAY, &delta) &&
         !__builtin_add_overflow(us, delta, out);
}

bool calendar_parse(struct slice text, int64_t *us, bool *is_date) {
  int64_t days = 0;
  *is_date = date_parse(text, &days);
  if (!*is_date) return date_parse_timestamp(text, us);
  return !__builtin_mul_overflow(days, CALENDAR_US_PER_DAY, us);
}
