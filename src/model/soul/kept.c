/* SPDX-License-Identifier: MIT */
#include "model/soul/kept.h"

#include "base/mem/mem.h"

enum {
  LOOKS_MAX = 64,      /* at pages, in search of one that may be given up */
  STEPS_MAX = 1 << 16, /* of that search, also where there are no pages */
  COUNT_MAX = 1 << 20,
  ADDRESS_OFFSET = 16,
  CHUNK_BYTES = 4096,
  CHUNKS_MAX = 128,
  ELSEWHERE_MAX = KEPT_PAGE_ROWS / 8, /* of a page's records: then slots are too short */
  SIDES = 2
};
static const uint64_t pages_max = (uint64_t)KEPT_BLOCKS_MAX * KEPT_BLOCK_PAGES;

struct kept_page {
  uint8_t *slots;
  void *heap;               /* what holds the slots, or the piece they stand in */
  struct kept_piece *piece; /* NULL: it is the heap's */
  uint32_t slot_shift; /* the binary logarithm of a slot's bytes: at least a version, a word and
                          an address */
  uint32_t chunks_count;
  uint32_t chunk_bytes;        /* taken of the last chunk */
  struct kept_page *next;      /* out of use */
  uint8_t *chunks[CHUNKS_MAX]; /* records that are too long for a slot */
};

/* Pages that were taken out of use, and since then: has each side been without readers? */
struct limbo {
  struct kept_page *pages;
  bool was_empty[SIDES];
};

struct kept_rest {
  struct kept_budget *budget;
  struct kept_values *next; /* of the budget */
  struct limbo leaving, left;
  size_t bytes;          /* taken from the budget, but for pages */
  uint32_t slot_shift;   /* of the next page */
  uint32_t elsewhere;    /* records that were too long for their slots, since the last page */
  uint64_t enough;       /* misses that make it wanted again */
  uint64_t blocks_count; /* blocks[blocks_count] and those behind it are NULL */
};

void kept_budget_init(struct kept_budget *budget, uint64_t bytes_max) {
  int64_t most = bytes_max < INT64_MAX ? (int64_t)bytes_max : INT64_MAX;
  *budget = (struct kept_budget){.bytes_max = most, .left_bytes = most};
  mutex_init(&budget->lock);
}

void kept_budget_deinit(struct kept_budget *budget) {
  mutex_deinit(&budget->lock);
}

/* Slots for values that are short. */
static uint32_t shift_for(uint32_t values_count) {
  enum { VALUE_BYTES = 6 };
  uint32_t bytes =
      KEPT_VERSION_BYTES + MADE_WORD_BYTES + values_count * (MADE_WORD_BYTES + VALUE_BYTES);
  uint32_t shift = KEPT_SHIFT_MIN;
  while (shift < KEPT_SHIFT_MAX && 1u << shift < bytes) shift++;
  return shift;
}

struct kept_values *kept_create(struct kept_budget *budget, uint32_t values_count) {
  struct kept_values *made = mem_zalloc(1, sizeof *made);
  struct kept_rest *rest = made ? mem_zalloc(1, sizeof *rest) : NULL;
  if (!rest) {
    mem_free(made);
    return NULL;
  }
  made->rest = rest;
  rest->budget = budget;
  rest->slot_shift = shift_for(values_count);
  mutex_lock(&budget->lock);
  rest->next = budget->first;
  budget->first = made;
  mutex_unlock(&budget->lock);
  return made;
}

/* ---- memory ---- */

static void give_back(struct kept_budget *budget, size_t bytes) {
  __atomic_add_fetch(&budget->left_bytes, (int64_t)bytes, __ATOMIC_RELAXED);
}

/* Of a page's slots on the heap, which begin where a line does. */
static size_t heap_bytes(uint32_t shift) {
  return kept_pieces_bytes(shift) + KEPT_LINE_BYTES;
}

static void free_slots(struct kept_budget *budget, struct kept_page *page) {
  if (page->piece) {
    if (kept_pieces_give(&budget->pieces, page->piece, page->slots))
      give_back(budget, kept_pieces_cost());
  } else if (page->heap) {
    give_back(budget, heap_bytes(page->slot_shift));
    budget->heap_bytes -= heap_bytes(page->slot_shift);
    mem_free(page->heap);
  }
}

static void free_page(struct kept_budget *budget, struct kept_page *page) {
  for (uint32_t i = 0; i < page->chunks_count; i++) mem_free(page->chunks[i]);
  free_slots(budget, page);
  give_back(budget, sizeof *page + (size_t)page->chunks_count * CHUNK_BYTES);
  mem_free(page);
}

static void free_pages(struct kept_budget *budget, struct kept_page *pages) {
  while (pages) {
    struct kept_page *next = pages->next;
    free_page(budget, pages);
    pages = next;
  }
}

static void unlink(struct kept_budget *budget, struct kept_values *kept) {
  struct kept_values **at = &budget->first;
  while (*at != kept) at = &(*at)->rest->next;
  *at = kept->rest->next;
  if (budget->hand == kept) budget->hand = NULL;
}

void kept_destroy(struct kept_values *kept) {
  if (!kept) return;
  struct kept_rest *rest = kept->rest;
  mutex_lock(&rest->budget->lock);
  unlink(rest->budget, kept);
  for (uint64_t b = 0; b < rest->blocks_count; b++) {
    for (uint32_t i = 0; kept->blocks[b] && i < KEPT_BLOCK_PAGES; i++)
      if (kept->blocks[b]->pages[i]) free_page(rest->budget, kept->blocks[b]->pages[i]);
    mem_free(kept->blocks[b]);
  }
  free_pages(rest->budget, rest->leaving.pages);
  free_pages(rest->budget, rest->left.pages);
  mutex_unlock(&rest->budget->lock);
  give_back(rest->budget, rest->bytes);
  mem_free(rest);
  mem_free(kept);
}

/* ---- what is out of use ---- */

/* A reader that may have found such a page counted itself on one of the sides before, and has not
 * left it: so once each side was seen empty afterwards, nobody has it. New readers count on the
 * side that was seen empty last, so that the other becomes so, too. */
static void look_at_readers(struct kept_values *kept) {
  struct limbo *leaving = &kept->rest->leaving;
  for (int turn = 0; turn < SIDES; turn++) {
    uint32_t other = !kept->side;
    if (__atomic_load_n(&kept->readers[other], __ATOMIC_SEQ_CST) > 0) return;
    leaving->was_empty[other] = true;
    __atomic_store_n(&kept->side, other, __ATOMIC_SEQ_CST);
  }
}

void kept_reclaim(struct kept_values *kept) {
  struct kept_rest *rest = kept->rest;
  for (int turn = 0; turn < 2; turn++) {
    struct limbo *leaving = &rest->leaving;
    if (!leaving->pages) {
      *leaving = rest->left;
      rest->left = (struct limbo){0};
    }
    if (!leaving->pages) return;
    look_at_readers(kept);
    if (!leaving->was_empty[0] || !leaving->was_empty[1]) return;
    free_pages(rest->budget, leaving->pages);
    *leaving = (struct limbo){0};
  }
}

static void take_out(struct kept_values *kept, uint64_t nth) {
  struct kept_block *block = kept->blocks[nth / KEPT_BLOCK_PAGES];
  uint64_t at = nth % KEPT_BLOCK_PAGES;
  struct kept_page *page = block->pages[at];
  __atomic_store_n(&block->slots[at], 0, __ATOMIC_SEQ_CST);
  __atomic_sub_fetch(&kept->pages_count, 1, __ATOMIC_RELAXED);
  __atomic_store_n(&block->counts[at], 0, __ATOMIC_RELAXED);
  block->pages[at] = NULL;
  page->next = kept->rest->left.pages;
  kept->rest->left.pages = page;
  if (kept_state(kept) == KEPT_FILLED) {
    __atomic_store_n(&kept->misses, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&kept->state, KEPT_LACKING, __ATOMIC_RELEASE);
  }
  kept_reclaim(kept);
}

/* ---- giving up pages ---- */

/* Moves to the next place, whether there is a page or not; false when nothing is kept at all. */
static bool move_hand(struct kept_budget *budget) {
  struct kept_values *kept = budget->hand ? budget->hand : budget->first;
  if (!kept) return false;
  budget->hand_page++;
  bool ends = budget->hand_page >= kept->rest->blocks_count * KEPT_BLOCK_PAGES;
  if (ends) {
    budget->hand_page = 0;
    kept = kept->rest->next ? kept->rest->next : budget->first;
  }
  budget->hand = kept;
  return true;
}

/* Gives up a page that was used less than `missed` times; false when none is found. */
static bool give_up_one(struct kept_budget *budget, uint64_t missed) {
  uint32_t looks = 0;
  for (uint32_t steps = 0; looks < LOOKS_MAX && steps < STEPS_MAX; steps++) {
    if (!move_hand(budget)) return false;
    const struct kept_block *block = budget->hand->blocks[budget->hand_page / KEPT_BLOCK_PAGES];
    uint64_t at = budget->hand_page % KEPT_BLOCK_PAGES;
    if (!block || !block->pages[at]) continue;
    looks++;
    if (__atomic_load_n(&block->counts[at], __ATOMIC_RELAXED) >= missed) continue;
    take_out(budget->hand, budget->hand_page);
    return true;
  }
  return false;
}

/* Takes bytes from the budget for a page that was missed so often. */
static bool spend(struct kept_budget *budget, size_t bytes, uint64_t missed) {
  int64_t taken = (int64_t)bytes;
  /* What a page had comes back when nobody reads it any more, which may be later. */
  for (int turn = 0; turn < 2; turn++) {
    if (__atomic_sub_fetch(&budget->left_bytes, taken, __ATOMIC_RELAXED) >= 0) return true;
    give_back(budget, bytes);
    if (turn > 0 || missed == 0 || !give_up_one(budget, missed)) return false;
  }
  return false;
}

/* Zeroed; NULL past the budget, too. */
static void *take(struct kept_budget *budget, size_t bytes, uint64_t missed) {
  if (!spend(budget, bytes, missed)) return NULL;
  void *made = mem_zalloc(1, bytes);
  if (!made) give_back(budget, bytes);
  return made;
}

/* ---- putting ---- */

void kept_begin(struct kept_values *kept) {
  mutex_lock(&kept->rest->budget->lock);
}

void kept_end(struct kept_values *kept) {
  mutex_unlock(&kept->rest->budget->lock);
}

static struct kept_block *block_of(struct kept_values *kept, uint64_t row) {
  struct kept_rest *rest = kept->rest;
  uint64_t place = row / KEPT_PAGE_ROWS / KEPT_BLOCK_PAGES;
  if (place >= KEPT_BLOCKS_MAX) return NULL;
  struct kept_block *block = kept->blocks[place];
  if (block) return block;
  bool is_missed = __atomic_load_n(&kept->misses, __ATOMIC_RELAXED) > 0;
  block = take(rest->budget, sizeof *block, is_missed);
  if (!block) return NULL;
  rest->bytes += sizeof *block;
  if (place >= rest->blocks_count) rest->blocks_count = place + 1;
  __atomic_store_n(&kept->blocks[place], block, __ATOMIC_RELEASE);
  return block;
}

/* ---- slots of a page ---- */

static bool take_heap(struct kept_budget *budget, struct kept_page *page) {
  size_t bytes = heap_bytes(page->slot_shift);
  page->heap = take(budget, bytes, 0);
  if (!page->heap) return false;
  uint8_t *memory = page->heap;
  page->slots = memory + (KEPT_LINE_BYTES - (uintptr_t)memory % KEPT_LINE_BYTES);
  budget->heap_bytes += bytes;
  return true;
}

static bool take_room(struct kept_budget *budget, struct kept_page *page) {
  page->slots = kept_pieces_take(&budget->pieces, page->slot_shift, &page->piece);
  return page->slots != NULL;
}

static bool add_piece(struct kept_budget *budget, uint32_t shift) {
  if (!spend(budget, kept_pieces_cost(), 0)) return false;
  if (kept_pieces_add(&budget->pieces, shift)) return true;
  give_back(budget, kept_pieces_cost());
  return false;
}

/* Few slots are on the heap; and those for which the budget has no whole piece any more. */
static bool take_slots(struct kept_budget *budget, struct kept_page *page) {
  if (take_room(budget, page)) return true;
  bool is_small = budget->heap_bytes < KEPT_HEAP_BYTES;
  if (!is_small && add_piece(budget, page->slot_shift)) return take_room(budget, page);
  return take_heap(budget, page);
}

static struct kept_page *try_page(struct kept_rest *rest) {
  struct kept_page *page = take(rest->budget, sizeof *page, 0);
  if (!page) return NULL;
  page->slot_shift = rest->slot_shift;
  if (take_slots(rest->budget, page)) return page;
  free_page(rest->budget, page);
  return NULL;
}

/* A page for slots of the length that fits most records of late. */
static struct kept_page *make_page(struct kept_values *kept, uint32_t missed) {
  struct kept_rest *rest = kept->rest;
  if (rest->elsewhere > ELSEWHERE_MAX && rest->slot_shift < KEPT_SHIFT_MAX) rest->slot_shift++;
  rest->elsewhere = 0;
  struct kept_page *page = try_page(rest);
  /* What the other had comes back when nobody reads it any more, which may be later. */
  if (!page && missed && give_up_one(rest->budget, missed)) page = try_page(rest);
  return page;
}

static struct kept_page *page_of(struct kept_values *kept, uint64_t row) {
  struct kept_block *block = block_of(kept, row);
  if (!block) return NULL;
  uint64_t at = row / KEPT_PAGE_ROWS % KEPT_BLOCK_PAGES;
  if (block->pages[at]) return block->pages[at];
  struct kept_page *page = make_page(kept, __atomic_load_n(&block->counts[at], __ATOMIC_RELAXED));
  if (!page) return NULL;
  block->pages[at] = page;
  __atomic_store_n(&block->slots[at], (uintptr_t)page->slots | page->slot_shift, __ATOMIC_SEQ_CST);
  __atomic_add_fetch(&kept->pages_count, 1, __ATOMIC_RELAXED);
  return page;
}

bool kept_admits(struct kept_values *kept, uint64_t row) {
  return page_of(kept, row) != NULL;
}

const uint8_t *kept_elsewhere(const uint8_t *slot) {
  const uint8_t *record;
  memcpy(&record, slot + ADDRESS_OFFSET, sizeof record);
  return record;
}

/* Copies a record into the chunks and says in its slot where it is; false when there is no room. */
static bool put_elsewhere(struct kept_values *kept, struct kept_page *page, uint8_t *slot,
                          struct slice record) {
  if (page->chunks_count == 0 || CHUNK_BYTES - page->chunk_bytes < record.bytes) {
    if (page->chunks_count == CHUNKS_MAX) return false;
    /* Not for a page that would have to give itself up. */
    uint8_t *chunk = take(kept->rest->budget, CHUNK_BYTES, 0);
    if (!chunk) return false;
    page->chunks[page->chunks_count++] = chunk;
    page->chunk_bytes = 0;
  }
  uint8_t *at = page->chunks[page->chunks_count - 1] + page->chunk_bytes;
  memcpy(at, record.data, record.bytes);
  page->chunk_bytes += (uint32_t)record.bytes;
  store16le(slot + KEPT_VERSION_BYTES, KEPT_ELSEWHERE);
  memcpy(slot + ADDRESS_OFFSET, &at, sizeof at);
  kept->rest->elsewhere++;
  return true;
}

bool kept_put(struct kept_values *kept, uint64_t row, uint64_t version, struct slice record) {
  if (version == 0 || record.bytes == 0 || record.bytes > KEPT_RECORD_BYTES_MAX) return true;
  struct kept_page *page = page_of(kept, row);
  if (!page) return false;
  uint8_t *slot = page->slots + (row % KEPT_PAGE_ROWS << page->slot_shift);
  if (load64le(slot) != 0) return true;
  bool fits = KEPT_VERSION_BYTES + record.bytes <= (size_t)1 << page->slot_shift;
  if (fits)
    memcpy(slot + KEPT_VERSION_BYTES, record.data, record.bytes);
  else if (!put_elsewhere(kept, page, slot, record))
    return false;
  __atomic_store_n((uint64_t *)(void *)slot, version, __ATOMIC_RELEASE);
  return true;
}

/* ---- when ---- */

static void count(uint32_t *counter) {
  uint32_t was = __atomic_load_n(counter, __ATOMIC_RELAXED);
  if (was < COUNT_MAX) __atomic_store_n(counter, was + 1, __ATOMIC_RELAXED);
}

static void note_misses(struct kept_values *kept, uint32_t missed) {
  uint64_t misses = __atomic_add_fetch(&kept->misses, missed, __ATOMIC_RELAXED);
  uint32_t lacking = KEPT_LACKING;
  if (misses > __atomic_load_n(&kept->rest->enough, __ATOMIC_RELAXED))
    (void)__atomic_compare_exchange_n(&kept->state, &lacking, KEPT_WANTED, false, __ATOMIC_ACQ_REL,
                                      __ATOMIC_RELAXED);
}

void kept_note(struct kept_values *kept, uint64_t row, uint32_t missed) {
  uint64_t nth = row / KEPT_PAGE_ROWS;
  struct kept_block *block = NULL;
  if (nth < pages_max)
    block = __atomic_load_n(&kept->blocks[nth / KEPT_BLOCK_PAGES], __ATOMIC_ACQUIRE);
  if (missed) note_misses(kept, missed);
  if (block) count(&block->counts[nth % KEPT_BLOCK_PAGES]);
}

void kept_publish(struct kept_values *kept) {
  uint32_t unknown = KEPT_UNKNOWN;
  (void)__atomic_compare_exchange_n(&kept->state, &unknown, KEPT_WANTED, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED);
}

void kept_filled(struct kept_values *kept, bool has_all, uint64_t rows) {
  __atomic_store_n(&kept->rest->enough, rows, __ATOMIC_RELAXED);
  __atomic_store_n(&kept->misses, 0, __ATOMIC_RELAXED);
  __atomic_store_n(&kept->state, has_all ? KEPT_FILLED : KEPT_LACKING, __ATOMIC_RELEASE);
}

static void halve(uint32_t *counter) {
  uint32_t was = __atomic_load_n(counter, __ATOMIC_RELAXED);
  __atomic_store_n(counter, was / 2, __ATOMIC_RELAXED);
}

void kept_age(struct kept_budget *budget) {
  mutex_lock(&budget->lock);
  for (struct kept_values *kept = budget->first; kept; kept = kept->rest->next) {
    for (uint64_t b = 0; b < kept->rest->blocks_count; b++) {
      struct kept_block *block = kept->blocks[b];
      for (uint32_t i = 0; block && i < KEPT_BLOCK_PAGES; i++) halve(&block->counts[i]);
    }
  }
  mutex_unlock(&budget->lock);
}
