/* SPDX-License-Identifier: MIT */
/* Digests of texts and bytes. */
#include "base/hash/digest.h"
#include "query/func/func_int.h"

static status digest(struct func_env *env, const struct val *data, struct slice name,
                     struct val *out, struct err *err) {
  uint8_t made[DIGEST_BYTES_MAX];
  if (data->type != VAL_TEXT && data->type != VAL_BYTES) return func__clash(env, out);
  size_t bytes = hash_digest(name, val_slice(data), made);
  if (bytes == 0) {
    status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                              "there is no digest `%.*s`", SLICE_ARG(name));
    err_hint(err, "use md5, sha1, sha224, sha256, sha384 or sha512");
    return failed;
  }
  TRY(func__text(env, slice_of(made, bytes), out, err));
  out->type = VAL_BYTES;
  return LUMA_OK;
}

/** In hexadecimal, as PostgreSQL has it. */
status func__md5(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  static const char digits[] = "0123456789abcdef";
  (void)count;
  struct val bytes = {0};
  TRY(digest(env, &args[0], slice_of_text("md5"), &bytes, err));
  if (bytes.type != VAL_BYTES) return func__clash(env, out);
  for (uint32_t i = 0; i < bytes.bytes; i++) {
    buf_append_byte(env->scratch, (uint8_t)digits[bytes.data[i] >> 4]);
    buf_append_byte(env->scratch, (uint8_t)digits[bytes.data[i] & 15]);
  }
  return func__scratch_text(env, out, err);
}

status func__sha256(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  return digest(env, &args[0], slice_of_text("sha256"), out, err);
}

status func__sha224(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  return digest(env, &args[0], slice_of_text("sha224"), out, err);
}

status func__sha384(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  return digest(env, &args[0], slice_of_text("sha384"), out, err);
}

status func__sha512(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  return digest(env, &args[0], slice_of_text("sha512"), out, err);
}

status func__digest(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  (void)count;
  if (args[1].type != VAL_TEXT) return func__clash(env, out);
  return digest(env, &args[0], val_slice(&args[1]), out, err);
}
