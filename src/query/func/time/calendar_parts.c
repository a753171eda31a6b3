/* SPDX-License-Identifier: MIT */
/* MySQL's names of the parts of a moment: year(x), dayofweek(x); and what a session is told about
 * where it is. */
#include "query/func/func_int.h"

static status part_of(struct func_env *env, const char *part, const struct val *moment,
                      struct val *out, struct err *err) {
  struct val args[2] = {val_text(slice_of_text(part)), *moment};
  return func__date_part(env, args, 2, out, err);
}

status func__year(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count;
  return part_of(env, "year", &args[0], out, err);
}

status func__month(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count;
  return part_of(env, "month", &args[0], out, err);
}

status func__day(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  (void)count;
  return part_of(env, "day", &args[0], out, err);
}

status func__hour(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count;
  return part_of(env, "hour", &args[0], out, err);
}

status func__minute(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  return part_of(env, "minute", &args[0], out, err);
}

status func__second(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  return part_of(env, "second", &args[0], out, err);
}

status func__quarter(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  (void)count;
  return part_of(env, "quarter", &args[0], out, err);
}

status func__dayofyear(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  (void)count;
  return part_of(env, "doy", &args[0], out, err);
}

status func__week(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)count;
  return part_of(env, "week", &args[0], out, err);
}

/** Sunday is 1. */
status func__dayofweek(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  int64_t day = 0;
  (void)count;
  TRY(part_of(env, "dow", &args[0], out, err));
  if (val_is_number(out) && val_to_int64(out, &day)) *out = val_int64(day + 1);
  return LUMA_OK;
}

/** locate(part, text): strpos the other way round. */
status func__locate(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  struct val turned[2] = {args[1], args[0]};
  (void)count;
  return func__strpos(env, turned, 2, out, err);
}

status func__version(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  (void)args, (void)count;
  return func__text(env, slice_of_text("LumaDB " LUMA_VERSION_TEXT), out, err);
}

status func__current_database(struct func_env *env, const struct val *args, uint32_t count,
                              struct val *out, struct err *err) {
  (void)args, (void)count;
  return func__text(env, slice_of_text("luma"), out, err);
}

status func__current_schema(struct func_env *env, const struct val *args, uint32_t count,
                            struct val *out, struct err *err) {
  (void)args, (void)count;
  return func__text(env, slice_of_text("public"), out, err);
}
