/* SPDX-License-Identifier: MIT */
/* Looking up many keys at once: place by place, newest first, all keys that are still open
 * together. */
#include "base/core/assert.h"
#include "store/lsm/engine/view.h"

/** The keys, and those of them that are asked of the files at hand. */
struct many {
  const struct view_many *given;
  uint32_t count;
  struct sorted_lookup lookups[VIEW_MANY_MAX];
};

static bool is_open(const struct many *many, uint32_t at) {
  return !many->given->found[at].found;
}

static void ask(struct many *many, uint32_t at, struct sorted_file *file) {
  const struct view_many *given = many->given;
  many->lookups[many->count++] =
      (struct sorted_lookup){file, given->keys[at], given->seq_max, &given->found[at]};
}

static status answer(struct many *many, struct store_pins *pins, struct err *err) {
  uint32_t count = many->count;
  many->count = 0;
  return count ? sorted_get_many(many->lookups, count, pins, err) : LUMA_OK;
}

status view_get_many(const struct view *view, const struct view_many *given,
                     struct store_pins *pins, struct err *err) {
  struct many many = {.given = given};
  const struct view_level *levels = view->levels[given->space];
  ASSERT(given->count <= VIEW_MANY_MAX);
  view_get_in_memory(view, given);
  for (uint32_t i = 0; i < levels[0].count; i++) {
    for (uint32_t k = 0; k < given->count; k++)
      if (is_open(&many, k) && view_file_spans(levels[0].files[i], given->keys[k]))
        ask(&many, k, levels[0].files[i]);
    TRY(answer(&many, pins, err));
  }
  for (int depth = 1; depth < VIEW_LEVELS; depth++) {
    for (uint32_t k = 0; levels[depth].count && k < given->count; k++) {
      struct sorted_file *file =
          is_open(&many, k) ? view_level_find(&levels[depth], given->keys[k]) : NULL;
      if (file) ask(&many, k, file);
    }
    TRY(answer(&many, pins, err));
  }
  return LUMA_OK;
}
