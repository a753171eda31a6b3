/* SPDX-License-Identifier: MIT */
/* Lists and maps as results of functions. */
#include "query/func/func_int.h"
#include "value/doc/build.h"

void func__list_begin(struct func_env *env, struct build *build) {
  build_init(build, env->scratch, NULL);
  build_begin_list(build);
}

void func__map_begin(struct func_env *env, struct build *build) {
  build_init(build, env->scratch, NULL);
  build_begin_map(build);
}

status func__built(struct func_env *env, struct build *build, struct val *out, struct err *err) {
  struct slice encoded;
  build_end(build);
  status done = build_finish(build, &encoded, err);
  if (done == LUMA_OK) {
    uint8_t *copy = arena_alloc_text(env->arena, encoded.bytes);
    if (!copy)
      done = func__fail_memory(env, err);
    else
      *out = val_decode(slice_of(memcpy(copy, encoded.data, encoded.bytes), encoded.bytes), NULL);
  }
  build_deinit(build);
  buf_reset(env->scratch);
  return done;
}
