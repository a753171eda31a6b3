/* SPDX-License-Identifier: MIT */
/* The catalog: collections, their name dictionaries and indexes, as of one moment. A `struct
 * catalog` is an immutable, reference-counted picture; changing statements make a new one when they
 * commit, and every transaction that used a collection guards that collection's version, so that it
 * conflicts instead of writing by an outdated picture. Thread: reading is free for all;
 * acquire/release are atomic. */
#ifndef MODEL_CATALOG_CATALOG_H
#define MODEL_CATALOG_CATALOG_H

#include "index/index.h"
#include "model/catalog/index_rules.h"
#include "model/soul/evolution.h"
#include "model/soul/soul.h"
#include "store/store.h"
#include "value/names/names.h"

enum { CATALOG_NAME_BYTES_MAX = 120, CATALOG_COLLECTIONS_MAX = 100000, CATALOG_INDEXES_MAX = 64 };

/** Where an index stands: it takes writes from its first moment, is filled, and only then read. One
 * that was filled for an evolution is ready, until that makes it public. Only the last is stored as
 * what it is: the others are removed when the database is opened. */
enum catalog_index_state { CATALOG_INDEX_WRITE_ONLY, CATALOG_INDEX_READY, CATALOG_INDEX_PUBLIC };

/** How often an index was read since the database was opened. Shared by all pictures. */
struct catalog_uses {
  uint32_t references;
  uint64_t count;
};

struct catalog_index {
  struct slice name;
  struct index_def def; /* its number, keys and properties */
  enum catalog_index_state state;
  bool hidden;  /* kept, and not read: what if it were not there? */
  bool expires; /* documents end expire_s seconds after the moment in its only key */
  uint32_t expire_s;
  struct soul_rule condition; /* of a partial index; without text: all documents have entries */
  struct index_rules *rules;  /* the condition and computed keys, compiled; NULL: there are none */
  store_seq public_since;     /* snapshots before this do not read it */
  struct catalog_uses *uses;  /* NULL: not counted, for want of memory */
  /* Of one that is filled for an evolution: its entries speak of documents as that will make them.
   * NULL: as they are. Not stored: such an index is removed when the database is opened. */
  const struct evolution *through;
};
static inline bool catalog_index_is_partial(const struct catalog_index *index) {
  return index->condition.text.bytes > 0;
}

/** Which writes a validator judges: all; not those of documents that broke it before; none. */
enum catalog_validation { CATALOG_VALIDATES_ALL, CATALOG_VALIDATES_SOUND, CATALOG_VALIDATES_NONE };

/** How far apart the measurements of a time series are said to be. */
enum catalog_granularity { CATALOG_SECONDS, CATALOG_MINUTES, CATALOG_HOURS, CATALOG_OWN_SPAN };

/** What MongoDB's `create` and `collMod` may ask of a collection. */
struct catalog_rules {
  struct slice validator; /* a filter of MongoDB as tagged JSON that documents must satisfy; empty:
                             none */
  uint8_t validation;     /* enum catalog_validation */
  bool warns;             /* a document that breaks it is stored all the same */
  struct slice collation; /* of statements that give none, as tagged JSON; empty: by bytes */
  uint64_t capped_bytes;  /* that its documents have at most: the oldest go; 0: no limit */
  uint64_t capped_documents; /* of a capped one: how many it has at most; 0: no limit */
  struct slice
      time_field; /* of a time series: where each document has a moment; empty: it is none */
  struct slice meta_field; /* of the same: what tells series apart; empty: nothing does */
  uint8_t granularity;     /* enum catalog_granularity; told, and no more */
  uint32_t span_s;         /* the same */
  bool expires;            /* documents of a time series end expire_s seconds after their moment */
  uint32_t expire_s;
};

/** Counters of population limits that are filled for an evolution: writes add to them from the
 * moment that it stands in the picture, what was there before is added in steps, and only then the
 * evolution takes them over and holds beings to them. Of it the numbers alone are stored: what was
 * counted goes when the database is opened. */
struct catalog_counting {
  const struct soul *soul;           /* as it is to be, with the limits */
  const struct evolution *through;   /* the step that makes beings so */
  uint32_t numbers[SOUL_LIMITS_MAX]; /* by place in soul->settings.limits; 0: not counted anew */
  uint32_t numbers_count;            /* 0: nothing is counted */
  bool is_ready;
};

/** A collection: the alias of a soul with its own number, never reused. */
struct collection {
  struct slice name;
  uint32_t number, soul;
  bool open;             /* learns attributes; closed ones come with genotypes */
  uint64_t version;      /* changes with every change of its catalog entry */
  uint64_t learns_since; /* the version that opened it or gave it its soul */
  struct names *names;   /* its dictionary; shared by all pictures */
  uint64_t *key_uses; /* how often it was read by the key since the database was opened; shared */
  struct catalog_index *indexes;
  uint32_t indexes_count;
  struct slice view;           /* the SELECT that a view stands for; empty: it holds documents */
  const struct soul *genotype; /* the newest; NULL: none, the collection is open */
  const struct evolution *evolution; /* how older beings become newer ones; NULL: no steps */
  struct slice source, steps;        /* the stored forms of the two: JSON */
  uint32_t limits[SOUL_LIMITS_MAX];  /* numbers of the counters of genotype->settings.limits */
  uint32_t limits_count;
  struct catalog_counting counting;
  bool has_uncounted; /* some beings may be referred to without being counted: by those who did so
                         before their attribute was a reference */
  struct catalog_rules rules;
  const struct catalog_index *arrival; /* of a capped one: the order in which documents came; NULL:
                                          it is not kept */
  struct index_rules *validator;       /* the rules' own, compiled; NULL: there is none */
  const uint16_t *attribute_of_id;     /* see struct soul_binding */
  uint32_t attribute_of_id_count;
  /* Of a picture that is made to see who reads an attribute: who names it is told that it is not
   * there. Empty in all others; borrowed. */
  struct slice without;
};

/** Bytes of its longest validator or collation. */
enum { CATALOG_RULE_BYTES_MAX = 1 << 20 };

struct catalog;

/** The collection of this name: exactly, else by the only match without case; NULL if there is
 * none. */
const struct collection *catalog_find(const struct catalog *catalog, struct slice name);
/** Collection `nth` in name order; NULL past the end. */
const struct collection *catalog_at(const struct catalog *catalog, uint32_t nth);
/** Those that last, which are what others are told of: temporary ones stand behind them. */
uint32_t catalog_count(const struct catalog *catalog);
/** With temporary ones. */
uint32_t catalog_count_all(const struct catalog *catalog);

/* A temporary collection or view is stored like others, under a name that begins with a character
 * which no text should have (U+10FFFF), then the number of its session and a colon: so it is last
 * in the order of names, and only its session looks for it. When the session ends, or the database
 * is opened after it could not, it is dropped. */
enum { CATALOG_TEMPORARY_BYTES_MAX = 32 };
/** Appends what the names of a session's begin with. */
void catalog_temporary_prefix(uint64_t session, struct buf *out);
bool catalog_is_temporary(struct slice name);
/** The number of the session whose name it is; 0: of none. */
uint64_t catalog_session_of(struct slice name);
/** The name as its session says it: without what it begins with; others are the same. */
struct slice catalog_plain_name(struct slice name);
/** Takes what temporary names begin with out of a text for people. */
void catalog_plain_text(char *text);
/** Fills `err` with LUMA_UNKNOWN_COLLECTION, naming the nearest collection in the hint. Answers
 * that status. */
status catalog_fail_unknown(const struct catalog *catalog, struct slice name, struct err *err);
/** The index of this name on the collection; NULL if there is none. */
const struct catalog_index *collection_index(const struct collection *collection,
                                             struct slice name);

/** The order of arrival as an index, by its number. */
void catalog_arrival_init(struct catalog_index *arrival, uint32_t number);

/** Whether it is the index of a time series' moments, which is always there: `at_1` for moments in
 * `at`. */
bool collection_is_time_index(const struct collection *collection,
                              const struct catalog_index *index);

/** Notes that the index is read once more. Any thread. */
void catalog_note_use(const struct catalog_index *index);
/** How often it was. */
uint64_t catalog_uses_of(const struct catalog_index *index);
/** The same of the key. */
void catalog_note_key_use(const struct collection *collection);
uint64_t catalog_key_uses_of(const struct collection *collection);

/** True once a document of the collection has had an attribute `id` of its own beside its key:
 * before, `id` can only name the key. Kept as a name of the dictionary that no attribute can have,
 * so that it is logged with the names of the documents it speaks of. */
bool collection_has_own_id(const struct collection *collection);
status collection_mark_own_id(const struct collection *collection, struct err *err);

/** True once a document had a list, or several values, where a multikey index looks: before, each
 * document of the index has one entry. Kept as the mark of `id` is. */
bool collection_has_lists(const struct collection *collection, const struct catalog_index *index);
/** The same of one key of the index; at index_wildcard_at of lists on paths that are not told. */
bool collection_part_has_lists(const struct collection *collection,
                               const struct catalog_index *index, uint32_t part);
/** Whether a list was met on a dotted path of a wildcard index, or on the way there. */
bool collection_path_has_lists(const struct collection *collection,
                               const struct catalog_index *index, struct slice path);
/** Some stood there. */
status collection_mark_list_at(const struct collection *collection,
                               const struct catalog_index *index, struct slice path,
                               struct err *err);
/** `lists`: the keys that had some, a bit each. */
status collection_mark_lists(const struct collection *collection, const struct catalog_index *index,
                             uint32_t lists, struct err *err);

/** The kinds of values (enum index_kind) that a part of the index has met, more rather than less.
 * Kept as marks, too. */
uint8_t collection_kinds(const struct collection *collection, const struct catalog_index *index,
                         uint32_t part);
status collection_mark_kinds(const struct collection *collection, const struct catalog_index *index,
                             uint32_t part, uint8_t kinds, struct err *err);

#endif
