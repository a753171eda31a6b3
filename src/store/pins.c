/* SPDX-License-Identifier: MIT */
#include "base/mem/mem.h"
#include "store/store.h"

static struct store_pin *pins_items(struct store_pins *pins) {
  return pins->capacity > STORE_PINS_INLINE ? pins->more : pins->room;
}

/* Doubles the room; what stood inline moves to the heap with the rest. */
static status pins_grow(struct store_pins *pins, struct err *err) {
  uint32_t capacity = pins->count * 2;
  bool on_heap = pins->capacity > STORE_PINS_INLINE;
  struct store_pin *more = mem_realloc(on_heap ? pins->more : NULL, capacity * sizeof *more);
  if (!more) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to keep what was read");
  if (!on_heap) memcpy(more, pins->room, sizeof pins->room);
  pins->more = more;
  pins->capacity = capacity;
  return LUMA_OK;
}

status store_pins_add(struct store_pins *pins, void *object, void (*release)(void *object),
                      struct err *err) {
  if (pins->capacity == 0) pins->capacity = STORE_PINS_INLINE;
  if (pins->count == pins->capacity) TRY(pins_grow(pins, err));
  pins_items(pins)[pins->count++] = (struct store_pin){object, release};
  return LUMA_OK;
}

void store_pins_release(struct store_pins *pins) {
  struct store_pin *items = pins_items(pins);
  for (uint32_t i = 0; i < pins->count; i++) items[i].release(items[i].object);
  if (pins->capacity > STORE_PINS_INLINE) mem_free(pins->more);
  *pins = (struct store_pins){0};
}

status store_pins_move(struct store_pins *from, struct store_pins *to, struct err *err) {
  while (from->count > 0) {
    struct store_pin *last = &pins_items(from)[from->count - 1];
    TRY(store_pins_add(to, last->object, last->release, err));
    from->count--;
  }
  store_pins_release(from);
  return LUMA_OK;
}
