/* SPDX-License-Identifier: MIT */
#include "cli/target/names.h"

#include "base/mem/mem.h"
#include "base/text/quote.h"

static status add(struct names_list *list, struct arena *arena, const struct val *row,
                  struct err *err) {
  struct val name = val_field(row, slice_of_text("name"));
  if (name.type != VAL_TEXT) return LUMA_OK;
  void *items = list->items;
  const uint8_t *copy = arena_copy(arena, name.data, name.bytes);
  if (!copy || !mem_grow(&items, &list->capacity, list->count + 1, sizeof *list->items))
    FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the names of collections");
  list->items = items;
  list->items[list->count++] = slice_of(copy, name.bytes);
  return LUMA_OK;
}

status names_collections(struct target *target, struct arena *arena, struct names_list *list,
                         struct err *err) {
  struct target_statement show = {.language = "lql", .text = slice_of_text("SHOW COLLECTIONS")};
  struct target_reply *reply;
  struct val row;
  bool has = true;
  *list = (struct names_list){0};
  TRY(target_run(target, &show, &reply, err));
  status result = LUMA_OK;
  while (result == LUMA_OK) {
    result = target->ops->next(reply, &row, &has, err);
    if (result != LUMA_OK || !has) break;
    result = add(list, arena, &row, err);
  }
  target->ops->end(reply);
  return result;
}

void names_list_deinit(struct names_list *list) {
  mem_free(list->items);
}

void names_quote(struct buf *out, struct slice name) {
  quote_append(out, name, '`');
}
