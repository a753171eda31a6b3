/* SPDX-License-Identifier: MIT */
/* Access methods: how an index turns documents into entries of STORE_ENTRIES and conditions into
 * ranges of them. An index knows keys and values and nothing of the catalog. Ordered indexes are
 * the first method; text, vector, light and columns follow the same table. Pure, but for what goes
 * through the store's transaction given. */
#ifndef INDEX_INDEX_H
#define INDEX_INDEX_H

#include "store/store.h"
#include "value/doc/doc.h"
#include "value/path/path.h"

/* An entry's parts are the values of its keys and, behind them, the key of the document. */
enum { INDEX_KEYS_MAX = 16, INDEX_PARTS_MAX = INDEX_KEYS_MAX + 1, INDEX_ENTRIES_MAX = 65536 };

/** Kinds of values that a key does not tell apart: what must be known of a part to read its values
 * back. */
enum index_kind {
  INDEX_KIND_INT32 = 1,
  INDEX_KIND_SMALL_INT64 = 2, /* an int64 that an int32 could hold */
  INDEX_KIND_LARGE_INT64 = 4,
  INDEX_KIND_WHOLE_FLOAT = 8,
  INDEX_KIND_OTHER =
      16, /* what does not come back: lists, maps, decimals, dates without a time … */
  /* What is nothing: of one place in an order, and of several in the keys. */
  INDEX_KIND_MISSING = 32,
  INDEX_KIND_NULL = 64,
  INDEX_KIND_EMPTY = 128 /* multikey: a list of none, which has the key of what is missing */
};

enum index_method_id { INDEX_ORDERED = 1, INDEX_ARRIVAL = 2 };

/** One part of a key: what a path reaches or, where `expression` says so, a value that is computed
 * of the document by whoever asks for entries. */
struct index_key {
  struct path path;        /* empty: computed */
  struct slice expression; /* its canonical text; empty: the path */
  bool descending;
  bool hashed; /* MongoDB's: in order as any other, but it takes no lists */
};

/** What an index is. Immutable. Paths live as long as the catalog picture that holds it. */
struct index_def {
  uint32_t number; /* never reused; the prefix of its entries */
  uint8_t method;  /* enum index_method_id */
  uint32_t keys_count;
  struct index_key keys[INDEX_KEYS_MAX];
  bool unique;   /* the value alone is the key: 1 and 1.0 collide */
  bool multikey; /* lists are indexed element by element (MongoDB); else a list is one value */
  bool nulls_distinct; /* SQL: several documents may lack a unique attribute; MongoDB: only one */
  bool sparse;         /* documents that lack all keys have no entry */
  bool notes_lists;    /* multikey: that a list was met is noted; else there may be some */
  bool notes_ways;     /* multikey: and lists on the way to a value, even of one element */
  bool notes_parts;    /* multikey: … and which keys led to lists; else each may have */
  bool notes_kinds;    /* the kinds that each part has met are noted; else there may be any */
  bool notes_nulls;    /* … what is nothing, too; else there may be any of it */
  bool notes_keys;     /* and those of the documents' keys, as part number keys_count */
  /* MongoDB's wildcard index: which paths of a document it has (index_wildcard_has), empty: it is
   * none. One of its keys stands there twice, as it was written ("a.$**"), for two parts of one
   * path each time: the path as text, and what is there; others may stand before and behind. */
  struct slice wildcard;
  struct slice collation; /* of texts, as plan_collation_text writes it: their keys are sort keys;
                             empty: by bytes */
};
/** The part of a wildcard index that is the path; the next one is what is there. */
uint32_t index_wildcard_at(const struct index_def *def);
/** The keys as people write them: how many, and the nth. */
static inline uint32_t index_def_written(const struct index_def *def) {
  return def->keys_count - (def->wildcard.bytes > 0);
}
const struct index_key *index_def_key(const struct index_def *def, uint32_t nth);

/* `wildcard` is one byte, INDEX_WILDCARD or, where the key is a path like others, ..._KEY; then the
 * paths, each begun by INDEX_WILDCARD_WITH (these alone) or ..._WITHOUT (all but these) and ended
 * by a null byte. */
enum {
  INDEX_WILDCARD = '*',
  INDEX_WILDCARD_KEY = '&',
  INDEX_WILDCARD_WITH = '+',
  INDEX_WILDCARD_WITHOUT = '-'
};
/** Whether a value at the dotted path has an entry; `below`: and whatever is at paths that go on
 * from it. */
bool index_wildcard_has(struct slice wildcard, struct slice path, bool below);
/** Whether any path that goes on from this one may have entries. */
bool index_wildcard_enters(struct slice wildcard, struct slice path);

/** How texts become what an index with a collation has of them. */
struct index_fold {
  void *context;
  /** `*key` may borrow from the context until the next call. */
  status (*key)(void *context, const struct val *value, struct val *key, struct err *err);
};

/** One entry to put or delete. */
struct index_entry {
  struct slice key, value;
  bool is_unique; /* its key must not be there yet under another document */
};
/** One value of a key while entries are made, encoded. */
struct index_part {
  uint32_t from, bytes; /* in part_bytes */
  bool is_null, is_missing;
};
/** Kept from document to document, so that their memory is taken once. */
struct index_entries {
  struct index_entry *items;
  uint32_t count, capacity;
  struct buf bytes; /* keys and values of the items */
  struct index_part *parts;
  size_t parts_count, parts_capacity;
  struct buf part_bytes;
  const struct index_fold *fold; /* set by whoever asks, for a definition with a collation */
  uint32_t lists;      /* multikey: keys whose path met a list, or several values; a bit each */
  struct buf lists_at; /* of a wildcard: the paths at which lists stand (index_entries_next_list) */
  size_t list_from;    /* where the last of these begins; 0: there is none */
  uint8_t kinds[INDEX_KEYS_MAX]; /* of the values, enum index_kind, by key */
};

/** A bound on the leading parts of the key, as values; what a scan goes through. */
struct index_bounds {
  struct val *equal; /* equal_count leading parts are equal to these */
  uint32_t equal_count;
  bool has_low, has_high, low_open, high_open; /* a range on the part after them */
  struct val low, high;
};

struct index_method {
  const char *name;
  /** The entries of `document` (sorted, without duplicates), whose key in its collection is
   * `record_key`; `computed` has the values of keys that are expressions, each at its key's place
   * (NULL: there are none). Reuses `entries`. */
  status (*entries)(const struct index_def *def, const struct doc *document,
                    const struct val *computed, struct slice record_key,
                    struct index_entries *entries, struct err *err);
  /** The key range that holds all entries within `bounds`; from/to are appended to `room`, `range`
   * borrows from it. */
  status (*range)(const struct index_def *def, const struct index_bounds *bounds, struct buf *room,
                  struct store_range *range, struct err *err);
  /** The record key an entry stands for; borrowed from key or value. LUMA_CORRUPT if it is not an
   * entry. */
  status (*record_key)(const struct index_def *def, struct slice key, struct slice value,
                       struct slice *record_key, struct err *err);
  /** The values of an entry's parts, whose kinds are those of `kinds` and come back
   * (index_kinds_return); `with_key`: the document's key is the last of them. Texts stand in
   * `scratch`. LUMA_CORRUPT if it is not an entry of them. */
  status (*values)(const struct index_def *def, const uint8_t *kinds, bool with_key,
                   const struct index_entry *entry, struct buf *scratch, struct val *values,
                   struct err *err);
};

/** The method of a definition; never NULL for a definition that was accepted. */
const struct index_method *index_method(const struct index_def *def);
/** Whether a part that has met these kinds gives its values back as they were. */
bool index_kinds_return(uint8_t kinds);
/** The kind of a value, 0 where it comes back in any company. */
uint8_t index_kind_of(const struct val *value);
/** A number read from a part that has met these kinds, as what it was. */
struct val index_number(uint8_t kinds, struct val number);
/** Whether two keys have the same values, in whatever direction. */
bool index_key_is_equal(const struct index_key *a, const struct index_key *b);
/** Whether a key is an expression, or any of them. */
static inline bool index_key_is_computed(const struct index_key *key) {
  return key->expression.bytes > 0;
}
bool index_def_is_computed(const struct index_def *def);
/** Appends the path, or the expression in parentheses. */
void index_key_format(const struct index_key *key, struct buf *out);
void index_entries_init(struct index_entries *entries);
void index_entries_deinit(struct index_entries *entries);
/** Notes a path at which a list stands. */
void index_entries_add_list(struct index_entries *entries, struct slice path);
/** The noted path at `*at`, which begins as 0 and is moved behind it; false: there is none left. A
 * path may come more than once. */
bool index_entries_next_list(const struct index_entries *entries, size_t *at, struct slice *path);

#endif
