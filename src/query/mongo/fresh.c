/* SPDX-License-Identifier: MIT */
/* Operators that answer something new with every call: identifiers, the time; and the digests of
 * what they are given. */
#include "base/ds/rng.h"
#include "base/hash/digest.h"
#include "base/hash/hash.h"
#include "query/mongo/mongo_int.h"

enum { XXH64_BYTES = 8, BAD_INPUT = 10754000, BAD_ALGORITHM = 10754001 };

/** Version 4 of RFC 9562. */
status mongo__create_uuid(struct func_env *env, const struct val *args, uint32_t count,
                          struct val *out, struct err *err) {
  (void)args, (void)count, (void)err;
  *out = (struct val){.type = VAL_UUID};
  rng_fill(env->chance, out->id, sizeof out->id);
  out->id[6] = (uint8_t)((out->id[6] & 0x0f) | 0x40);
  out->id[8] = (uint8_t)((out->id[8] & 0x3f) | 0x80);
  return LUMA_OK;
}

/** Four bytes of seconds, then chance. */
status mongo__create_object_id(struct func_env *env, const struct val *args, uint32_t count,
                               struct val *out, struct err *err) {
  (void)args, (void)count, (void)err;
  uint64_t seconds = env->now_us / 1000000;
  *out = (struct val){.type = VAL_OBJECTID};
  rng_fill(env->chance, out->id, 12);
  for (int i = 0; i < 4; i++) out->id[i] = (uint8_t)(seconds >> (24 - 8 * i));
  return LUMA_OK;
}

status mongo__current_date(struct func_env *env, const struct val *args, uint32_t count,
                           struct val *out, struct err *err) {
  (void)args, (void)count, (void)err;
  *out = val_timestamp((int64_t)(env->now_us / 1000 * 1000));
  return LUMA_OK;
}

/** The moment of the statement: MongoDB's dates have milliseconds. */
status mongo__now(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                  struct err *err) {
  return mongo__current_date(env, args, count, out, err);
}

/* ---- digests ---- */

/** Big-endian, as the canonical form of the hash is. */
static size_t take_xxh64(struct slice data, uint8_t *digest) {
  uint64_t hash = hash_xxh64(data);
  for (int i = 0; i < XXH64_BYTES; i++) digest[i] = (uint8_t)(hash >> (56 - 8 * i));
  return XXH64_BYTES;
}

static size_t take_digest(struct slice algorithm, struct slice data, uint8_t *digest) {
  if (slice_is_equal(algorithm, slice_of_text("xxh64"))) return take_xxh64(data, digest);
  bool is_known = slice_is_equal(algorithm, slice_of_text("sha256")) ||
                  slice_is_equal(algorithm, slice_of_text("md5"));
  return is_known ? hash_digest(algorithm, data, digest) : 0;
}

/** `*bytes` 0: the answer is null. */
static status digest_of(const char *name, const struct val *args, uint8_t *digest, size_t *bytes,
                        struct err *err) {
  const struct val *input = &args[0], *algorithm = &args[1];
  struct slice data = slice_of(input->data, input->bytes);
  *bytes = 0;
  if (algorithm->type != VAL_TEXT)
    return mongo_fail(err, BAD_ALGORITHM, "%s takes the name of an algorithm, not %s", name,
                      mongo_type_name(algorithm));
  if (val_is_null(input)) return LUMA_OK;
  if (input->type == VAL_UUID)
    data = slice_of(input->id, sizeof input->id);
  else if (input->type != VAL_TEXT && input->type != VAL_BYTES)
    return mongo_fail(err, BAD_INPUT, "%s takes a string or binData, not %s", name,
                      mongo_type_name(input));
  *bytes = take_digest(val_slice(algorithm), data, digest);
  if (*bytes) return LUMA_OK;
  return mongo_fail(err, BAD_ALGORITHM, "%s has no algorithm '%.*s': xxh64, sha256, md5", name,
                    SLICE_ARG(val_slice(algorithm)));
}

status mongo__hash(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                   struct err *err) {
  (void)count;
  uint8_t digest[DIGEST_BYTES_MAX];
  size_t bytes = 0;
  struct val copy;
  *out = val_null();
  TRY(digest_of("$hash", args, digest, &bytes, err));
  if (bytes == 0) return LUMA_OK;
  TRY(mongo__text(env, slice_of(digest, bytes), &copy, err));
  *out = (struct val){.type = VAL_BYTES, .bytes = copy.bytes};
  out->data = copy.data;
  return LUMA_OK;
}

status mongo__hex_hash(struct func_env *env, const struct val *args, uint32_t count,
                       struct val *out, struct err *err) {
  (void)count;
  uint8_t digest[DIGEST_BYTES_MAX];
  size_t bytes = 0;
  *out = val_null();
  TRY(digest_of("$hexHash", args, digest, &bytes, err));
  if (bytes == 0) return LUMA_OK;
  for (size_t i = 0; i < bytes; i++) buf_append_format(env->scratch, "%02X", digest[i]);
  return mongo__scratch_text(env, out, err);
}

/** The subtype of binary data. */
status mongo__subtype(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                      struct err *err) {
  (void)env, (void)count;
  *out = val_null();
  if (val_is_null(&args[0])) return LUMA_OK;
  if (args[0].type != VAL_BYTES && args[0].type != VAL_UUID)
    return mongo_fail(err, 10389300, "$subtype takes binData, not %s", mongo_type_name(&args[0]));
  *out = val_int32(args[0].type == VAL_UUID ? 4 : args[0].sub);
  return LUMA_OK;
}
