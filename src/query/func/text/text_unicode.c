/* SPDX-License-Identifier: MIT */
/* Unicode's normal forms, and letters without their marks. */
#include "base/text/utf8.h"
#include "query/func/func_int.h"

static status transform(struct func_env *env, const struct val *text, enum utf8_form form,
                        struct val *out, struct err *err) {
  if (!utf8_append_form(env->scratch, val_slice(text), form)) {
    buf_reset(env->scratch);
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for a text");
  }
  return func__scratch_text(env, out, err);
}

status func__normalize(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  static const char *const names[] = {"nfc", "nfd", "nfkc", "nfkd"};
  if (args[0].type != VAL_TEXT || (count > 1 && args[1].type != VAL_TEXT))
    return func__clash(env, out);
  if (count == 1) return transform(env, &args[0], UTF8_NFC, out, err);
  for (int i = 0; i < 4; i++)
    if (slice_is_equal_nocase(val_slice(&args[1]), slice_of_text(names[i])))
      return transform(env, &args[0], (enum utf8_form)i, out, err);
  FAIL(err, LUMA_INVALID_ARGUMENT, "a normal form is NFC, NFD, NFKC or NFKD");
}

status func__unaccent(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)count;
  if (args[0].type != VAL_TEXT) return func__clash(env, out);
  return transform(env, &args[0], UTF8_BARE, out, err);
}
