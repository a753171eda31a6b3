/* SPDX-License-Identifier: MIT */
#include "model/soul/kept.h"

#include "base/mem/arena.h"
#include "base/mem/mem.h"
#include "base/sync/sync.h"

struct kept_rest {
  struct kept_budget *budget;
  size_t bytes; /* taken from it */
  struct mutex lock;
  struct arena texts;
};

struct kept_values *kept_create(struct kept_budget *budget) {
  struct kept_values *made = mem_zalloc(1, sizeof *made);
  struct kept_rest *rest = made ? mem_zalloc(1, sizeof *rest) : NULL;
  if (!rest) {
    mem_free(made);
    return NULL;
  }
  rest->budget = budget;
  mutex_init(&rest->lock);
  arena_init(&rest->texts, 0, 0);
  made->rest = rest;
  return made;
}

static void free_block(struct kept_block *block) {
  for (uint32_t i = 0; block && i < KEPT_BLOCK_PAGES; i++) mem_free(block->pages[i]);
  mem_free(block);
}

void kept_destroy(struct kept_values *kept) {
  if (!kept) return;
  for (uint32_t i = 0; i < KEPT_BLOCKS_MAX; i++) free_block(kept->blocks[i]);
  __atomic_add_fetch(&kept->rest->budget->left_bytes, (int64_t)kept->rest->bytes, __ATOMIC_RELAXED);
  arena_deinit(&kept->rest->texts);
  mutex_deinit(&kept->rest->lock);
  mem_free(kept->rest);
  mem_free(kept);
}

void kept_begin(struct kept_values *kept) {
  mutex_lock(&kept->rest->lock);
}

void kept_end(struct kept_values *kept) {
  mutex_unlock(&kept->rest->lock);
}

/* False when the budget has not so much left. */
static bool spend(struct kept_rest *rest, size_t bytes) {
  int64_t taken = (int64_t)bytes;
  if (__atomic_sub_fetch(&rest->budget->left_bytes, taken, __ATOMIC_RELAXED) < 0) {
    __atomic_add_fetch(&rest->budget->left_bytes, taken, __ATOMIC_RELAXED);
    return false;
  }
  rest->bytes += bytes;
  return true;
}

/* Zeroed; NULL past the budget, too. */
static void *take(struct kept_rest *rest, size_t bytes) {
  return spend(rest, bytes) ? mem_zalloc(1, bytes) : NULL;
}

static struct kept_item *place_of(struct kept_values *kept, uint64_t row) {
  uint64_t nth = row / KEPT_PAGE_ROWS, place = nth / KEPT_BLOCK_PAGES;
  if (place >= KEPT_BLOCKS_MAX) return NULL;
  struct kept_block *block = kept->blocks[place];
  if (!block) {
    block = take(kept->rest, sizeof *block);
    if (!block) return NULL;
    __atomic_store_n(&kept->blocks[place], block, __ATOMIC_RELEASE);
  }
  struct kept_page *page = block->pages[nth % KEPT_BLOCK_PAGES];
  if (!page) {
    page = take(kept->rest, sizeof *page);
    if (!page) return NULL;
    __atomic_store_n(&block->pages[nth % KEPT_BLOCK_PAGES], page, __ATOMIC_RELEASE);
  }
  return &page->values[row % KEPT_PAGE_ROWS];
}

/* Makes the value stand on its own; false for one that is not kept. */
static bool own(struct kept_rest *rest, struct val *value) {
  switch ((int)value->type) {
  case VAL_NULL:
  case VAL_BOOL:
  case VAL_INT32:
  case VAL_INT64:
  case VAL_FLOAT64:
  case VAL_DECIMAL:
  case VAL_TIMESTAMP:
  case VAL_DATE:
  case VAL_DURATION:
  case VAL_INTERVAL:
  case VAL_ULID:
  case VAL_UUID: return true;
  case VAL_TEXT: break;
  default: return false;
  }
  if (value->bytes > KEPT_TEXT_BYTES_MAX || !spend(rest, value->bytes)) return false;
  uint8_t *copy = arena_alloc_text(&rest->texts, value->bytes + 1u);
  if (!copy) return false;
  if (value->bytes) memcpy(copy, value->data, value->bytes);
  value->data = copy;
  return true;
}

void kept_put(struct kept_values *kept, uint64_t row, uint64_t version, const struct val *value) {
  struct val own_value = *value;
  if (version == 0) return;
  struct kept_item *place = place_of(kept, row);
  if (!place || place->version || !own(kept->rest, &own_value)) return;
  place->value = own_value;
  __atomic_store_n(&place->version, version, __ATOMIC_RELEASE);
}
