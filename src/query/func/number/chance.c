/* SPDX-License-Identifier: MIT */
/* Chance: numbers and keys. The generator is the run's, so setseed makes what follows in the
 * statement repeatable. Not for secrets. */
#include "base/ds/rng.h"
#include "query/func/func_int.h"
#include "value/ulid/ulid.h"

status func__random(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  if (count == 0) {
    *out = val_float64(rng_float(env->chance));
    return LUMA_OK;
  }
  if (count != 2 || !val_is_integer(&args[0]) || !val_is_integer(&args[1]))
    return func__clash(env, out);
  if (args[0].integer > args[1].integer)
    FAIL(err, LUMA_INVALID_ARGUMENT, "random takes the smaller number first");
  *out = val_int64(rng_range(env->chance, args[0].integer, args[1].integer));
  return LUMA_OK;
}

status func__setseed(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  (void)count, (void)err;
  if (!val_is_number(&args[0])) return func__clash(env, out);
  double seed = val_to_float64(&args[0]);
  uint64_t bits = 0;
  memcpy(&bits, &seed, sizeof bits);
  rng_init(env->chance, bits);
  *out = val_null();
  return LUMA_OK;
}

/** Version 4 of RFC 9562. */
status func__gen_random_uuid(struct func_env *env, const struct val *args, uint32_t count,
                             struct val *out, struct err *err) {
  (void)args, (void)count, (void)err;
  *out = (struct val){.type = VAL_UUID};
  rng_fill(env->chance, out->id, sizeof out->id);
  out->id[6] = (uint8_t)((out->id[6] & 0x0f) | 0x40);
  out->id[8] = (uint8_t)((out->id[8] & 0x3f) | 0x80);
  return LUMA_OK;
}

/** 48 bits of milliseconds, then chance. */
status func__ulid(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  (void)args, (void)count, (void)err;
  uint64_t ms = env->now_us / 1000;
  *out = (struct val){.type = VAL_ULID};
  rng_fill(env->chance, out->id, sizeof out->id);
  for (int i = 0; i < 6; i++) out->id[i] = (uint8_t)(ms >> (40 - 8 * i));
  return LUMA_OK;
}
