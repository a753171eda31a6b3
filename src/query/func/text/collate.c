/* SPDX-License-Identifier: MIT */
/* COLLATE: a text as the sort key that a language gives it. Comparisons of keys compare as the
 * language does. */
#include "query/func/func_int.h"
#include "query/locale/collation.h"

status func__collate(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  static const char digits[] = "0123456789abcdef";
  struct collation *collation = NULL;
  struct val key;
  (void)count;
  if (args[1].type != VAL_TEXT) return func__clash(env, out);
  TRY(collation_named_get(env->named, val_slice(&args[1]), &collation, err));
  *out = args[0];
  if (args[0].type != VAL_TEXT) return LUMA_OK;
  TRY(collation_key(collation, 0, &args[0], &key, err));
  for (uint32_t i = 0; i < key.bytes; i++) { /* in hexadecimal: it is no UTF-8 */
    buf_append_byte(env->scratch, (uint8_t)digits[key.data[i] >> 4]);
    buf_append_byte(env->scratch, (uint8_t)digits[key.data[i] & 15]);
  }
  return func__scratch_text(env, out, err);
}
