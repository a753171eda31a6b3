/* SPDX-License-Identifier: MIT */
/* Functions of bytes: one of them, one bit, hexadecimal, and texts in their encoding. */
#include "base/text/utf8.h"
#include "query/func/func_int.h"

enum { ZEROES_MAX = 64 << 20 };

static bool has_bytes(const struct val *value) {
  return value->type == VAL_BYTES || value->type == VAL_TEXT;
}

/** hex(value): bytes, a text's, or the digits of a whole number. */
status func__hex(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                 struct err *err) {
  (void)count;
  if (val_is_integer(&args[0])) {
    buf_append_format(env->scratch, "%llX", (unsigned long long)args[0].integer);
    return func__scratch_text(env, out, err);
  }
  if (!has_bytes(&args[0])) return func__clash(env, out);
  for (uint32_t i = 0; i < args[0].bytes; i++)
    buf_append_format(env->scratch, "%02X", args[0].data[i]);
  return func__scratch_text(env, out, err);
}

static int digit_of(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/** unhex(text): NULL of what is not hexadecimal. */
status func__unhex(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count;
  if (args[0].type != VAL_TEXT) return func__clash(env, out);
  struct slice text = val_slice(&args[0]);
  *out = val_null();
  for (size_t i = 0; i < text.bytes; i++)
    if (text.bytes % 2 || digit_of(text.data[i]) < 0) return LUMA_OK;
  for (size_t i = 0; i < text.bytes; i += 2)
    buf_append_byte(env->scratch,
                    (uint8_t)(digit_of(text.data[i]) << 4 | digit_of(text.data[i + 1])));
  TRY(func__scratch_text(env, out, err));
  out->type = VAL_BYTES;
  return LUMA_OK;
}

/** zeroblob(n) */
status func__zeroblob(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  int64_t bytes = 0;
  (void)count;
  if (!val_is_number(&args[0]) || !val_to_int64(&args[0], &bytes)) return func__clash(env, out);
  if (bytes > ZEROES_MAX) FAIL(err, LUMA_TOO_LARGE, "at most %d bytes", ZEROES_MAX);
  for (int64_t i = 0; i < bytes; i++) buf_append_byte(env->scratch, 0);
  TRY(func__scratch_text(env, out, err));
  out->type = VAL_BYTES;
  return LUMA_OK;
}

/* Place `unit` bits wide of the bytes. */
static status find_place(const struct val *args, int64_t units, int64_t *place, struct err *err) {
  if (!val_to_int64(&args[1], place) || *place < 0 || *place >= units)
    FAIL(err, LUMA_OUT_OF_RANGE, "there is no place %lld: the value has %lld",
         (long long)args[1].integer, (long long)units);
  return LUMA_OK;
}

status func__get_byte(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  int64_t place;
  (void)count;
  if (args[0].type != VAL_BYTES || !val_is_integer(&args[1])) return func__clash(env, out);
  TRY(find_place(args, args[0].bytes, &place, err));
  *out = val_int64(args[0].data[place]);
  return LUMA_OK;
}

/** Bits count from the lowest of the first byte, as PostgreSQL's do. */
status func__get_bit(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  int64_t place;
  (void)count;
  if (args[0].type != VAL_BYTES || !val_is_integer(&args[1])) return func__clash(env, out);
  TRY(find_place(args, (int64_t)args[0].bytes * 8, &place, err));
  *out = val_int64(args[0].data[place / 8] >> (place % 8) & 1);
  return LUMA_OK;
}

static status copy_bytes(struct func_env *env, const struct val *from, struct val *out,
                         uint8_t **made, struct err *err) {
  *made = arena_copy(env->arena, from->data, from->bytes);
  if (!*made) return func__fail_memory(env, err);
  *out = *from;
  out->data = *made;
  return LUMA_OK;
}

status func__set_byte(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  int64_t place;
  uint8_t *made;
  (void)count;
  bool fit = args[0].type == VAL_BYTES && val_is_integer(&args[1]) && val_is_integer(&args[2]);
  if (!fit) return func__clash(env, out);
  TRY(find_place(args, args[0].bytes, &place, err));
  TRY(copy_bytes(env, &args[0], out, &made, err));
  made[place] = (uint8_t)args[2].integer;
  return LUMA_OK;
}

status func__set_bit(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                     struct err *err) {
  int64_t place;
  uint8_t *made;
  (void)count;
  bool fit = args[0].type == VAL_BYTES && val_is_integer(&args[1]) && val_is_integer(&args[2]);
  if (!fit) return func__clash(env, out);
  TRY(find_place(args, (int64_t)args[0].bytes * 8, &place, err));
  if (args[2].integer != 0 && args[2].integer != 1) FAIL(err, LUMA_OUT_OF_RANGE, "a bit is 0 or 1");
  TRY(copy_bytes(env, &args[0], out, &made, err));
  made[place / 8] &= (uint8_t) ~(1u << (place % 8));
  made[place / 8] |= (uint8_t)((unsigned)args[2].integer << (place % 8));
  return LUMA_OK;
}

/* ---- encodings ---- */

static status check_encoding(const struct val *name, struct err *err) {
  static const char *const names[] = {"utf8", "utf-8", "unicode"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (slice_is_equal_nocase(val_slice(name), slice_of_text(names[i]))) return LUMA_OK;
  err_raise(err, LUMA_UNSUPPORTED, __FILE__, __LINE__,
            "texts are UTF-8: there is no encoding `%.*s`", SLICE_ARG(val_slice(name)));
  err_hint(err, "'UTF8'");
  return LUMA_UNSUPPORTED;
}

/** convert_from(bytes, 'UTF8') */
status func__convert_from(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  size_t bad = 0;
  (void)count;
  if (args[0].type != VAL_BYTES || args[1].type != VAL_TEXT) return func__clash(env, out);
  TRY(check_encoding(&args[1], err));
  if (!utf8_is_valid(val_slice(&args[0]), &bad))
    FAIL(err, LUMA_INVALID_VALUE, "the bytes are no UTF-8 from byte %zu on", bad);
  *out = args[0];
  out->type = VAL_TEXT;
  return LUMA_OK;
}

/** convert_to(text, 'UTF8') */
status func__convert_to(struct func_env *env, const struct val *args, uint32_t count,
                        struct val *out, struct err *err) {
  (void)count;
  if (args[0].type != VAL_TEXT || args[1].type != VAL_TEXT) return func__clash(env, out);
  TRY(check_encoding(&args[1], err));
  *out = args[0];
  out->type = VAL_BYTES;
  return LUMA_OK;
}
