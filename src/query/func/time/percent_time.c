/* SPDX-License-Identifier: MIT */
/* Moments by patterns with `%`: date_format as MySQL has it, strftime as C and SQLite do. Each
 * pattern is written by one of PostgreSQL's, which format_time knows. */
#include "base/text/num.h"
#include "query/func/func_int.h"
#include "query/func/time/format_time.h"

enum { TEMPLATE_BYTES_MAX = 64 << 10 };

struct percent {
  char letter;
  const char *template;
};

static const struct percent of_mysql[] = {
    {'Y', "YYYY"},   {'y', "YY"},    {'m', "MM"},   {'c', "FMMM"},   {'M', "FMMonth"},
    {'b', "Mon"},    {'d', "DD"},    {'e', "FMDD"}, {'D', "FMDDth"}, {'H', "HH24"},
    {'k', "FMHH24"}, {'h', "HH12"},  {'I', "HH12"}, {'l', "FMHH12"}, {'i', "MI"},
    {'s', "SS"},     {'S', "SS"},    {'f', "US"},   {'p', "AM"},     {'r', "HH12:MI:SS AM"},
    {'j', "DDD"},    {'W', "FMDay"}, {'a', "Dy"},   {'u', "IW"},     {'T', "HH24:MI:SS"},
    {'v', "IW"},     {'x', "IYYY"},
};

static const struct percent of_c[] = {
    {'Y', "YYYY"},    {'y', "YY"},     {'m', "MM"},         {'d', "DD"},         {'e', "FMDD"},
    {'H', "HH24"},    {'k', "FMHH24"}, {'I', "HH12"},       {'l', "FMHH12"},     {'M', "MI"},
    {'S', "SS"},      {'f', "SS.MS"},  {'j', "DDD"},        {'p', "AM"},         {'P', "am"},
    {'B', "FMMonth"}, {'b', "Mon"},    {'A', "FMDay"},      {'a', "Dy"},         {'u', "ID"},
    {'G', "IYYY"},    {'V', "IW"},     {'F', "YYYY-MM-DD"}, {'T', "HH24:MI:SS"}, {'R', "HH24:MI"},
    {'J', "J"},
};

static const char *find(const struct percent *table, size_t count, uint8_t letter) {
  for (size_t i = 0; i < count; i++)
    if ((uint8_t)table[i].letter == letter) return table[i].template;
  return NULL;
}

/** What no template says: %w, the day of the week from Sunday 0; %s of C, seconds since 1970. */
static bool write_number(struct buf *out, uint8_t letter, bool is_mysql, int64_t us) {
  if (letter == 'w')
    return buf_append_format(out, "%d", calendar_weekday(calendar_day_of(us)) % 7) || true;
  if (letter != 's' || is_mysql) return false;
  int64_t seconds = us / CALENDAR_US_PER_SECOND - (us % CALENDAR_US_PER_SECOND < 0);
  return buf_append_format(out, "%lld", (long long)seconds) || true;
}

static status write_all(struct buf *out, struct slice template, bool is_mysql, int64_t us,
                        struct err *err) {
  for (size_t i = 0; i < template.bytes; i++) {
    uint8_t c = template.data[i];
    bool is_pattern = c == '%' && i + 1 < template.bytes;
    if (!is_pattern) {
      buf_append_byte(out, c);
      continue;
    }
    uint8_t letter = template.data[++i];
    const char *known = is_mysql ? find(of_mysql, sizeof of_mysql / sizeof *of_mysql, letter)
                                 : find(of_c, sizeof of_c / sizeof *of_c, letter);
    if (known)
      format_time_write(out, slice_of_text(known), us);
    else if (letter == '%')
      buf_append_byte(out, '%');
    else if (!write_number(out, letter, is_mysql, us))
      FAIL(err, LUMA_INVALID_ARGUMENT, "%%%c is no pattern of %s", letter,
           is_mysql ? "date_format" : "strftime");
  }
  return LUMA_OK;
}

static status format(struct func_env *env, const struct val *moment, const struct val *template,
                     bool is_mysql, struct val *out, struct err *err) {
  int64_t us = moment->integer;
  bool is_clock = moment->type == VAL_DURATION;
  if (template->type != VAL_TEXT || (!is_clock && !func__moment(moment, &us)))
    return func__clash(env, out);
  if (template->bytes > TEMPLATE_BYTES_MAX)
    FAIL(err, LUMA_TOO_LARGE, "a template has at most %d KiB", TEMPLATE_BYTES_MAX >> 10);
  TRY(write_all(env->scratch, val_slice(template), is_mysql, us, err));
  return func__scratch_text(env, out, err);
}

status func__date_format(struct func_env *env, const struct val *args, uint32_t count,
                         struct val *out, struct err *err) {
  (void)count;
  return format(env, &args[0], &args[1], true, out, err);
}

/** A text that is no template but 'now', or a moment. */
static bool is_moment(const struct val *value) {
  int64_t us = 0;
  return value->type != VAL_TEXT || func__moment(value, &us) ||
         slice_is_equal_nocase(val_slice(value), slice_of_text("now"));
}

/** SQLite's order (template, moment), or DuckDB's (moment, template). */
status func__strftime(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  struct val now = val_timestamp((int64_t)env->now_us);
  bool is_swapped = count > 1 && is_moment(&args[0]) && !is_moment(&args[1]);
  const struct val *template = &args[is_swapped], *moment = count > 1 ? &args[!is_swapped] : &now;
  bool is_now =
      moment->type == VAL_TEXT && slice_is_equal_nocase(val_slice(moment), slice_of_text("now"));
  return format(env, is_now ? &now : moment, template, false, out, err);
}

status func__unix_timestamp(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  int64_t us = (int64_t)env->now_us;
  (void)err;
  if (count && !func__moment(&args[0], &us)) return func__clash(env, out);
  *out = val_int64(us / CALENDAR_US_PER_SECOND - (us % CALENDAR_US_PER_SECOND < 0));
  return LUMA_OK;
}

status func__current_time(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  (void)args, (void)count, (void)err;
  *out = (struct val){.type = VAL_DURATION, .integer = (int64_t)env->now_us % CALENDAR_US_PER_DAY};
  return LUMA_OK;
}
