/* SPDX-License-Identifier: MIT */
#include "service/plans/plans.h"

#include "base/hash/hash.h"
#include "base/mem/mem.h"
#include "base/sync/sync.h"

/** Inv 1: `query` is NULL or idle: no run of it is open. */
struct slot {
  uint64_t hash, given; /* `given`: number of the giving, the least is the oldest */
  struct query *query;
};

struct plans {
  struct mutex lock;
  struct slot slots[PLANS_SETS][PLANS_WAYS];
  uint64_t givings;
  struct plans_stats stats;
};

status plans_create(struct plans **plans, struct err *err) {
  struct plans *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the plan cache");
  mutex_init(&made->lock);
  *plans = made;
  return LUMA_OK;
}

void plans_destroy(struct plans *plans) {
  if (!plans) return;
  for (int set = 0; set < PLANS_SETS; set++)
    for (int way = 0; way < PLANS_WAYS; way++) query_destroy(plans->slots[set][way].query);
  mutex_deinit(&plans->lock);
  mem_free(plans);
}

static bool is_blank(uint8_t c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';';
}

/* Only behind: what stands before counts for positions in errors. */
static struct slice trim(struct slice text) {
  while (text.bytes && is_blank(text.data[text.bytes - 1])) text.bytes--;
  return text;
}

/* Of what stands around the literals, and of their kinds. Without literals: of the text. */
static uint64_t hash_of(const struct lang *lang, struct slice text,
                        const struct literals *literals) {
  uint64_t hash = (uint64_t)(uintptr_t)lang;
  size_t from = 0;
  for (uint32_t i = 0; literals && i < literals->count; i++) {
    const struct literal *literal = &literals->items[i];
    hash = hash64(slice_of(text.data + from, literal->at - from), hash + literal->kind);
    from = literal->at + literal->bytes;
  }
  return hash64(slice_of(text.data + from, text.bytes - from), hash);
}

/* Whether the texts are the same but for what their literals say. */
static bool is_alike(struct slice a, const struct literals *of_a, struct slice b,
                     const struct literals *of_b) {
  size_t from_a = 0, from_b = 0;
  if (!of_a != !of_b || (of_a && of_a->count != of_b->count)) return false;
  for (uint32_t i = 0; of_a && i < of_a->count; i++) {
    const struct literal *left = &of_a->items[i], *right = &of_b->items[i];
    if (left->kind != right->kind || !slice_is_equal(slice_of(a.data + from_a, left->at - from_a),
                                                     slice_of(b.data + from_b, right->at - from_b)))
      return false;
    from_a = left->at + left->bytes;
    from_b = right->at + right->bytes;
  }
  return slice_is_equal(slice_of(a.data + from_a, a.bytes - from_a),
                        slice_of(b.data + from_b, b.bytes - from_b));
}

static bool is_wanted(const struct slot *slot, uint64_t hash, const struct lang *lang,
                      struct slice text, const struct literals *literals) {
  if (!slot->query || slot->hash != hash) return false;
  const struct query_source *source = query_source(slot->query);
  return source->lang == lang &&
         is_alike(trim(source->text), query_literals(slot->query), text, literals);
}

static struct query *find(struct plans *plans, const struct lang *lang, struct slice text,
                          const struct literals *literals) {
  uint64_t hash = hash_of(lang, text, literals);
  struct slot *set = plans->slots[hash % PLANS_SETS];
  for (int way = 0; way < PLANS_WAYS; way++) {
    struct query *query = set[way].query;
    if (!is_wanted(&set[way], hash, lang, text, literals)) continue;
    set[way].query = NULL;
    return query;
  }
  return NULL;
}

struct query *plans_take(struct plans *plans, const struct lang *lang, struct slice text,
                         const struct literals *literals, uint64_t now_us) {
  text = trim(text);
  if (text.bytes > PLANS_TEXT_BYTES_MAX) return NULL;
  mutex_lock(&plans->lock);
  struct query *query = literals ? find(plans, lang, text, literals) : NULL;
  if (!query) query = find(plans, lang, text, NULL);
  bool is_old = query && now_us - query_planned_us(query) > PLANS_AGE_US;
  if (query && !is_old)
    plans->stats.hits++;
  else
    plans->stats.misses++;
  mutex_unlock(&plans->lock);
  bool takes = query && !is_old && query_literals(query);
  if (query && !is_old && (!takes || query_take_literals(query, text, literals))) return query;
  query_destroy(query);
  return NULL;
}

/* The place of the set that is free, or was given to the longest ago. */
static struct slot *place_of(struct plans *plans, uint64_t hash) {
  struct slot *set = plans->slots[hash % PLANS_SETS], *oldest = set;
  for (int way = 0; way < PLANS_WAYS; way++) {
    if (!set[way].query) return &set[way];
    if (set[way].given < oldest->given) oldest = &set[way];
  }
  return oldest;
}

void plans_give(struct plans *plans, struct query *query) {
  if (!query) return;
  const struct query_source *source = query_source(query);
  struct slice text = trim(source->text);
  if (!query_is_reusable(query) || text.bytes > PLANS_TEXT_BYTES_MAX) {
    query_destroy(query);
    return;
  }
  uint64_t hash = hash_of(source->lang, text, query_literals(query));
  mutex_lock(&plans->lock);
  struct slot *slot = place_of(plans, hash);
  struct query *evicted = slot->query;
  *slot = (struct slot){.hash = hash, .given = ++plans->givings, .query = query};
  mutex_unlock(&plans->lock);
  query_destroy(evicted);
}

void plans_each(struct plans *plans, plans_look_fn *look, void *context) {
  mutex_lock(&plans->lock);
  for (int set = 0; set < PLANS_SETS; set++)
    for (int way = 0; way < PLANS_WAYS; way++)
      if (plans->slots[set][way].query) (void)look(context, plans->slots[set][way].query);
  mutex_unlock(&plans->lock);
}

/* Takes those out of a set that are to end. */
static void take_out(struct plans *plans, int set, plans_look_fn *is_it, void *context,
                     struct query *taken[PLANS_WAYS]) {
  mutex_lock(&plans->lock);
  for (int way = 0; way < PLANS_WAYS; way++) {
    struct slot *slot = &plans->slots[set][way];
    bool ends = slot->query && is_it(context, slot->query);
    taken[way] = ends ? slot->query : NULL;
    if (ends) slot->query = NULL;
  }
  mutex_unlock(&plans->lock);
}

void plans_drop(struct plans *plans, plans_look_fn *is_it, void *context) {
  struct query *taken[PLANS_WAYS];
  for (int set = 0; set < PLANS_SETS; set++) {
    take_out(plans, set, is_it, context, taken);
    for (int way = 0; way < PLANS_WAYS; way++) query_destroy(taken[way]);
  }
}

struct plans_stats plans_stats(struct plans *plans) {
  mutex_lock(&plans->lock);
  struct plans_stats stats = plans->stats;
  mutex_unlock(&plans->lock);
  return stats;
}
