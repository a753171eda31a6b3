/* SPDX-License-Identifier: MIT */
/* Shared by the files of this folder only.
 *
 * Lock order: catalog_lock, then a collection's shared lock, then sequence_lock; idle_lock and the
 * gate's are held alone; the store's own locks come last. Inv 1: a transaction's picture is the
 * newest one committed at its snapshot: begin takes both under catalog_lock for reading, a catalog
 * change commits and swaps the picture under it for writing. Inv 2: a document commits only after
 * every name id in it is in the log (model__save_names runs before the put). */
#ifndef MODEL_DB_MODEL_INT_H
#define MODEL_DB_MODEL_INT_H

#include "model/catalog/picture.h"
#include "model/db/older.h"
#include "model/keyspace.h"
#include "model/model.h"
#include "value/doc/differ.h"

enum {
  MODEL_GUARDED_MAX = 16, /* collections a transaction remembers having guarded; more are guarded
                             again, harmlessly */
  MODEL_SCRATCH_BYTES_MAX = 1 << 30,
  MODEL_OBSERVED_BYTES_MAX = 16 << 20 /* of a transaction's documents; of one that writes more
                                         nothing is learned: the collection is read anew */
};

/** Which collections writers wait for: gate.c. */
struct model_gate {
  struct mutex lock;
  struct cond changed;
  struct model_hold *holds;
  uint32_t holds_count; /* atomic: what writers look at first */
};

/** What a transaction holds of its own. In `kept`. */
struct model_txn_hold {
  struct model_txn_hold *next;
  struct model_hold hold;
};

struct model {
  struct store *store;
  struct os *os;
  struct model_options options;
  struct ulid_source keys;
  struct rwlock catalog_lock;
  struct catalog *catalog; /* the newest committed picture; swapped under catalog_lock */
  struct mutex sequence_lock;
  struct catalog_sequence collections, indexes, souls;
  /* commits of what is learned hold it for reading until it is learned; whoever reads a collection
   * anew begins under it for writing. Before catalog_lock. */
  struct rwlock learn_lock;
  bool learns;
  uint64_t opened_us;          /* when the database was opened */
  struct model_blocks *blocks; /* of sequences: number.c */
  struct mutex idle_lock;
  struct model_txn *idle; /* ended ones, whose memory the next ones take over */
  uint32_t idle_count;
  struct model_gate gate;
  struct kept_budget kept; /* of all evolutions */
  struct model_fill *fill; /* makes what is to be kept; NULL: nobody does */
};

/* The picture to go back to with a savepoint. */
struct model_mark {
  uint64_t mark;
  struct catalog *catalog;
  bool catalog_changed;
  size_t observed_bytes;
};

/** What a transaction made of a sequence: see db/number.c. */
struct model_altered {
  struct model_altered *next;
  struct val stamp;
};
/** What a transaction has noted of an index: kinds of values, and keys that led to lists. */
struct model_noted {
  uint32_t index, lists;
  uint8_t kinds[INDEX_PARTS_MAX];
};
enum { MODEL_NOTED_MAX = 8 };

struct model_txn {
  struct model *model;
  struct model_txn *next; /* while idle */
  struct store_txn *store;
  struct catalog *catalog; /* one reference */
  bool catalog_changed, read_only;
  uint32_t guarded_count;
  uint32_t guarded[MODEL_GUARDED_MAX];
  struct model_mark *marks;
  size_t marks_count, marks_capacity;
  struct arena arena; /* scratch of one call */
  struct buf encoded, keys, feed;
  struct buf lot; /* slices of the documents of one insert */
  struct index_entries fresh, stale;
  struct model_noted noted[MODEL_NOTED_MAX]; /* by index number */
  /* souls */
  struct arena soul_arena; /* what checking the documents of one call makes; valid until the next */
  struct arena kept;       /* lives as long as the transaction */
  struct buf conformed;
  struct buf observed; /* documents to learn from at commit: see db/learning.c */
  uint32_t prepared;   /* the collection that was last made ready for it */
  bool is_unobserved;  /* some were not noted */
  uint32_t limited;    /* a collection whose population limit the commit may reach; 0 = none */
  bool is_serializable;
  uint32_t document_bytes_max; /* see model_limit_documents; 0: the model's own */
  bool skips_validation;       /* see model_skip_validation */
  bool takes_mongo_keys;       /* see model_take_mongo_keys */
  struct model_tries *tries;   /* see model_allow_restart; NULL: it is done once */
  bool passes_gate;            /* it works for an evolution */
  bool tells_places;           /* see model_tell_places */
  uint32_t places_from;
  bool is_looking; /* at documents that are stored already */
  /* collections whose beings its evolution looked at */
  uint32_t looks[MODEL_HOLDS_MAX];
  uint32_t looks_count;
  struct kept_values *keeps; /* what is made of whole beings is kept here; NULL: it is not */
  struct model_txn_hold *holds;
  const struct model_caller *caller;   /* may be NULL */
  const struct soul_numbers *numbers;  /* NULL: the model gives them */
  uint64_t now_us;                     /* see model_set_now; 0: the clock is asked */
  const struct model_witness *witness; /* NULL: nobody is told */
  struct model_altered *altered;       /* sequences that ALTER changed, in `kept` */
};

/** What a transaction works in during a call, put aside while another is made in its middle. */
struct model_scratch {
  struct arena arena, soul_arena;
  struct buf conformed, encoded, keys, lot;
  struct index_entries fresh, stale;
};
/** The transaction goes on with empty memory, until model__scratch_back. */
void model__scratch_aside(struct model_txn *txn, struct model_scratch *aside);
void model__scratch_back(struct model_txn *txn, struct model_scratch *aside);

/** Commits a change of the catalog; `*reader` (which only reads) sees all that came before it and
 * nothing that began after it. */
status model__commit_and_read(struct model_txn *txn, struct model_txn **reader, struct err *err);

struct model_blocks;
status model__blocks_create(struct model_blocks **blocks, struct err *err);
/** NULL is fine. */
void model__blocks_destroy(struct model_blocks *blocks);
/** Who gives the transaction's defaults their numbers. */
struct soul_numbers model__numbers(struct model_txn *txn);

/** Takes `count` numbers from a sequence that `lock` guards, reserving more in the store when they
 * run out. */
status model__take_numbers(struct model *model, struct mutex *lock,
                           struct catalog_sequence *sequence, struct keyspace_key key,
                           uint64_t count, uint64_t *first, struct err *err);
/** Remembers that one of the encoded documents has an attribute `id` beside its key. Before
 * model__save_names. */
status model__note_own_id(const struct collection *collection, const struct slice *documents,
                          uint32_t count, struct err *err);
/** Logs the collection's new names. */
status model__save_names(struct model *model, const struct collection *collection, struct err *err);
/** Makes the transaction conflict with changes of the collection's catalog entry. */
status model__guard(struct model_txn *txn, const struct collection *collection, struct err *err);
/** Puts `catalog` (one reference, taken over) in the transaction's picture's place. */
void model__set_picture(struct model_txn *txn, struct catalog *catalog);
/** Begins, or refuses, a change of the catalog: one at a time, not read-only. */
status model__begin_change(struct model_txn *txn, struct err *err);
/** Writes the collection's catalog entry and puts it in the picture. `shared`: of the collection.
 */
status model__store_collection(struct model_txn *txn, const struct collection *collection,
                               struct collection_shared *shared, struct err *err);
/** The collection whose documents are sequences. */
struct slice model__sequences_name(void);
/** model_next_number where no transaction is at hand. */
status model__next_number(struct model *model, struct slice name, int64_t *number, struct err *err);
/** model_new_key with numbers of the caller's. */
status model__new_key(struct model *model, const struct collection *collection,
                      const struct soul_numbers *numbers, const struct val *document,
                      struct arena *arena, struct val *key, struct err *err);
/** A collection that goes, and those that go with it in the same statement. Borrowed. */
struct model_leaving {
  const struct collection *collection;
  const struct slice *others;
  uint32_t others_count;
};
bool model__is_leaving(const struct model_txn *txn, const struct model_leaving *leaving,
                       const struct collection *collection);
/** LUMA_CONSTRAINT where a DEFAULT of a collection that stays takes numbers of the sequence;
 * `leaving` NULL: all stay. */
status model__check_unused(struct model_txn *txn, struct slice sequence,
                           const struct model_leaving *leaving, struct err *err);
/** As model_drop_sequence, but for what leaves. */
status model__drop_sequence(struct model_txn *txn, struct slice name,
                            const struct model_leaving *leaving, bool if_exists, struct err *err);
/** Sequences that go with a collection: they are dropped with it, or follow it to its new name. */
status model__drop_owned(struct model_txn *txn, const struct model_leaving *leaving,
                         struct err *err);
status model__follow_owner(struct model_txn *txn, struct slice owner, struct slice renamed,
                           struct err *err);
/** The key has no definition in the catalog; this one makes its bounds like an index's: number |
 * part. */
struct index_def model__key_def(const struct collection *collection);
/** The record key of an entry (index_method.record_key). Entries that begin with `prefix`, all
 * parts of the key and as yet not the record key, are not taken apart; empty: it is not known. */
status model__entry_record_key(const struct index_def *def, struct slice prefix, struct slice key,
                               struct slice value, struct slice *record_key, struct err *err);
/** The document as an evolution's step will make it, in `room`; `*fits` false when it cannot be
 * made so. */
status model__make_through(struct model_txn *txn, const struct evolution *through,
                           const struct doc *document, struct buf *room, struct doc *made,
                           bool *fits, struct err *err);
/** The entries of a document in an index, into `entries`; none where a partial index leaves it out.
 */
status model__entries(struct model_txn *txn, const struct collection *collection,
                      const struct catalog_index *index, const struct doc *document,
                      struct slice key_part, struct index_entries *entries, struct err *err);
/** Whether another document stands in the way of the unique entry of `document`. (unique.c) */
status model__is_taken(struct model_txn *txn, const struct collection *collection,
                       const struct catalog_index *index, const struct doc *document,
                       const struct index_entry *entry, bool *taken, struct err *err);
/** The most bytes that a document may have, and the error of one that has more. */
uint32_t model__document_bytes_max(const struct model_txn *txn);
status model__fail_too_large(const struct model_txn *txn, size_t bytes, struct err *err);
/** Compiles the validator of the rules that `with` has into with->validator: NULL for none. */
status model__make_validator(const struct model *model, struct collection *with, struct err *err);
/** Whether the validator lets the encoded documents in; `old`: what the only one takes the place
 * of. LUMA_CONSTRAINT, with the number of the first that it does not in `*failed` (may be NULL). */
status model__validate(struct model_txn *txn, const struct collection *collection,
                       const struct slice *documents, const struct doc *old, uint32_t count,
                       uint32_t *failed, struct err *err);
/* ---- capped collections (capped.c) ---- */

/** Rows for `count` documents of a capped collection, above all that it has. */
status model__capped_take_rows(struct model_txn *txn, const struct collection *collection,
                               uint32_t count, uint64_t *row, struct err *err);
/** Whether a document of so many bytes may be put in at all. */
status model__capped_check(const struct collection *collection, size_t bytes, struct err *err);
/** Counts `bytes` more, or less; `row`: of the newest document, 0 when none came. */
status model__capped_count(struct model_txn *txn, const struct collection *collection,
                           int64_t bytes, uint64_t row, struct err *err);
/** Deletes the oldest documents while there are more than the collection holds. */
status model__capped_trim(struct model_txn *txn, const struct collection *collection,
                          struct err *err);
/** Makes the order of arrival of the collection as it will be, `arrival`, which it borrows. */
status model__cap(struct model_txn *txn, struct collection *with, struct catalog_index *arrival,
                  struct err *err);
/** Deletes what is stored of it, of a collection that may be capped. */
status model__capped_drop(struct model_txn *txn, const struct collection *collection,
                          struct err *err);

/* ---- time series (series.c) ---- */

/** Whether each of the encoded documents has its moment, where the collection is a time series;
 * `*failed` (may be NULL): the first that has none. */
status model__check_moments(const struct collection *collection, const struct slice *documents,
                            uint32_t count, uint32_t *failed, struct err *err);
/** The index of moments as the rules of `with` have it, in the transaction's scratch; `is_new`: it
 * becomes a time series. LUMA_INVALID_ARGUMENT for a collection that was used before. */
status model__set_series(struct model_txn *txn, struct collection *with, bool is_new,
                         struct err *err);

/** Compiles what an index computes: index->rules, one reference, the caller's. */
status model__make_rules(const struct model *model, struct catalog_index *index, struct err *err);
/** Compiles what the indexes of a loaded collection compute, and its validator. */
status model__attach_rules(struct model *model, const struct collection *collection,
                           struct err *err);
/** Deletes an index's entries and its definition; `position` is its place in collection->indexes.
 */
status model__remove_index(struct model_txn *txn, const struct collection *collection,
                           uint32_t position, struct err *err);
void model__gate_init(struct model_gate *gate);
void model__gate_deinit(struct model_gate *gate);
/** Makes writers to what the transaction looked at wait until its tries end. */
void model__gate_hold_tries(struct model_txn *txn);
/** Makes them wait until the transaction ends, or some time after model__gate_ease. */
status model__gate_hold_txn(struct model_txn *txn, uint32_t number, struct err *err);
/** The transaction waits for its client from now on. */
void model__gate_ease(struct model_txn *txn);
/** What the transaction came to look at since it looked at `from` collections keeps nobody waiting
 * any more. */
void model__gate_look_away(struct model_txn *txn, uint32_t from);
/** Lets go of what the transaction holds of a collection; 0: of all. */
void model__gate_let_go_txn(struct model_txn *txn, uint32_t number);
/** Waits while another holds the gate of the collection. LUMA_CONFLICT when the transaction is to
 * begin again after that; LUMA_BUSY when too many wait; what the caller answers when asked. */
status model__gate_pass(struct model_txn *txn, uint32_t number, struct err *err);
/** Asks the caller whether to go on. */
status model__go_on(const struct model_txn *txn, struct err *err);
/** Builds an index that no one reads yet: an evolution makes it public, or drops it. `through`: see
 * struct catalog_index. `asks` (may be NULL): the transaction, without writes, whose caller is
 * asked whether to go on. */
status model__build_ready(struct model *model, const struct model_txn *asks,
                          struct slice collection, const struct model_index_spec *spec,
                          const struct evolution *through, struct err *err);
/** Drops those of a collection that wait in vain, and what was counted, in transactions of its own,
 * as far as it goes. */
void model__drop_ready(struct model *model, uint32_t number);
/** Deletes every key that begins with `prefix`. */
status model__delete_prefix(struct model_txn *txn, enum store_space space,
                            struct keyspace_key prefix, struct err *err);
/** The range of all keys that begin with `prefix`; `end` is room for the upper bound. */
struct store_range model__prefix_range(const struct keyspace_key *prefix, struct keyspace_key *end);
/** Reads the catalog of an existing store. */
status model__load_catalog(struct model *model, bool read_only, struct err *err);

/** u32 collection | key part, appended to `out`. */
/** Whether the value may be the key of a document that is new to this transaction. */
status model__check_new_key(const struct model_txn *txn, const struct val *key, struct err *err);
status model__record_key(struct buf *out, const struct collection *collection,
                         const struct val *key, struct err *err);
/** The part of a record key after the collection's number. */
static inline struct slice model__key_part(struct slice record_key) {
  return slice_of(record_key.data + 4, record_key.bytes - 4);
}
/** The key of a document. */
static inline struct val model__key_of(const struct doc *doc) {
  struct val root = doc_root(doc);
  return val_field_id(&root, NAMES_KEY_SLOT, slice_of_text("_id"));
}
/** Fails with LUMA_DUPLICATE_KEY for a document whose values (or key, when `index` is NULL) are
 * taken: those of the entry, if that is not NULL. */
status model__fail_duplicate(const struct collection *collection, const struct catalog_index *index,
                             const struct doc *document, const struct index_entry *entry,
                             struct err *err);

/** Adds a fault for each unique value of the document that another document has, for its key if
 * that is taken (`is_new`), and for each reference that names nothing. What cannot be told is left
 * out. `place`: of the document; may be NULL.
 */
void model__list_taken(struct model_txn *txn, const struct collection *collection,
                       const struct doc *document, bool is_new, const struct soul_place *place,
                       struct soul_faults *faults);
/** Adds a fault for each reference that names nothing. */
status model__list_missing(struct model_txn *txn, const struct collection *collection,
                           const struct doc *document, const struct soul_place *place,
                           struct soul_faults *faults);
/** Gives an error about one that is taken, the `nth` of those written at once, the list of all that
 * are. */
void model__tell_taken(struct model_txn *txn, const struct collection *collection,
                       const struct doc *document, uint32_t nth, bool is_new, struct err *err);

/** Moves a scan by key past `record_key`. */
status model__scan_seek_after(struct model_scan *scan, struct slice record_key, struct err *err);

/* ---- learning ---- */

/** Notes a document that the transaction adds (`is_new`) or removes, for when it commits. */
status model__observe(struct model_txn *txn, const struct collection *collection,
                      struct slice document, bool is_new, struct err *err);
/** The same of one that takes the place of `old`; `differ`: what they differ in, NULL where that
 * cannot be told. */
status model__observe_replaced(struct model_txn *txn, const struct collection *collection,
                               const struct doc *old, struct slice document,
                               const struct differ *differ, struct err *err);
/** Around a commit: begin before, end after it with its answer. */
struct model_lesson {
  const struct catalog *catalog; /* NULL: nothing is learned */
  bool is_held;
};
void model__lesson_begin(struct model_txn *txn, struct model_lesson *lesson);
void model__lesson_end(struct model_txn *txn, struct model_lesson *lesson, status committed);
/** A new collection without documents: all of it is known. */
void model__learn_from_birth(const struct collection *collection);
/** Writes what was learned, when the database is closed. */
void model__save_learned(struct model *model);
/** Calls `use` with what is known of a collection: kept if it is, else by reading it. */
typedef status model__learned_fn(void *context, const struct learned *learned, struct err *err);
status model__with_learned(struct model_txn *txn, const struct collection *collection,
                           model__learned_fn *use, void *context, struct err *err);

/* ---- souls ---- */

/** Checks documents against the collection's soul; those it completes are moved to new ones, valid
 * until the next call. `old`: what the only document replaces; NULL for new ones.
 * LUMA_INVALID_BEING lists all faults of all of them; `failed` (may be NULL) is the first faulty
 * one. */
status model__conform(struct model_txn *txn, const struct collection *collection,
                      struct slice *documents, const struct doc *old, uint32_t count,
                      uint32_t *failed, struct err *err);
struct soul_check;
/** How documents of a collection are checked; `faults` is ready. */
void model__set_up_check(struct model_txn *txn, const struct collection *collection,
                         struct soul_program *program, struct soul_faults *faults,
                         struct soul_check *check);
/** Some rules of a soul. */
struct model_narrowed {
  const struct soul_attribute *const *attributes; /* with all that they ask of their values */
  const uint32_t *rules;                          /* checks */
  uint32_t attributes_count, rules_count;
};
/** Whether each document, which may be lensed, obeys these rules of the collection's soul. At most
 * STORE_BATCH_MAX. */
status model__fit_narrowed(struct model_txn *txn, const struct collection *collection,
                           const struct model_narrowed *narrowed, const struct doc *documents,
                           uint32_t count, bool *fits, struct err *err);
/** Puts the newer forms of documents of older souls in their place; `pins` keep them. At most
 * STORE_BATCH_MAX at once. Any thread, whatever the transaction's. */
status model__upgrade(struct model_txn *txn, const struct collection *collection,
                      struct doc *documents, uint32_t count, struct store_pins *pins,
                      struct err *err);
/** Puts a copy in `arena` of the newer form of one, or of itself, in its place; `pins` keep what it
 * takes to make it. */
status model__compose(struct model_txn *txn, const struct collection *collection,
                      struct doc *document, struct store_pins *pins, struct arena *arena,
                      struct err *err);
/** The newer form of one, built step by step. */
status model__build_newer(struct model_txn *txn, const struct collection *collection,
                          struct doc *document, struct store_pins *pins, struct err *err);
/* ---- making values before they are read: db/evolve/fill.c ---- */

struct model_fill;
/** Where values are kept at all. */
status model__fill_create(struct model *model, struct err *err);
/** Ends what is under way. NULL is fine. */
void model__fill_destroy(struct model_fill *fill);
/** Evolutions of a committed picture are filled. */
void model__fill_picture(struct model *model, const struct catalog *catalog);
/** Values were missed: wakes whoever fills, if that is wanted. */
void model__fill_missed(struct model *model, const struct kept_values *kept);

/* ---- references and limits: db/soul ---- */

/** struct soul_check's `resolve`; `context` is the transaction. */
status model__resolve_reference(void *context, const struct soul_attribute *attribute,
                                struct val *value, bool *changed, struct err *err);
bool model__is_reference(const struct soul_attribute *attribute);
/** Counts the references that a document makes and no longer makes; LUMA_CONSTRAINT when one names
 * nothing. `old`, `fresh`: NULL = there is none. */
status model__change_references(struct model_txn *txn, const struct collection *collection,
                                const struct doc *old, const struct doc *fresh, struct err *err);
/** LUMA_CONSTRAINT when `target` has no being of this key, which the attribute of a being of
 * `collection` refers to. */
status model__check_reference(struct model_txn *txn, const struct collection *collection,
                              const struct soul_attribute *attribute,
                              const struct collection *target, const struct val *key,
                              struct err *err);
/** Whether `one` has references to `target`. */
bool model__refers(struct model_txn *txn, const struct collection *one,
                   const struct collection *target);
/** A collection with references to `target`; NULL if there is none. */
const struct collection *model__referrer(struct model_txn *txn, const struct collection *target,
                                         bool self_too);
/** The collection that a reference names; NULL if there is none. */
const struct collection *model__target(struct model_txn *txn, const struct soul_type *type);
/** Appends the key of the counter of those that refer to a being. */
status model__reference_counter(struct buf *out, const struct collection *target,
                                const struct val *key, struct err *err);
/** Deletes a document and nothing else. */
status model__delete_alone(struct model_txn *txn, const struct collection *collection,
                           const struct doc *old, struct err *err);
/** The most beings the collection may have in all. */
uint64_t model__population_max(const struct collection *collection);
/** LUMA_LIMIT_REACHED when `more` beings have no place as far as the snapshot shows. */
status model__check_room(struct model_txn *txn, const struct collection *collection, uint32_t more,
                         struct err *err);
/** Counts a document for limit `nth`, which holds. */
status model__count_limit(struct model_txn *txn, const struct collection *collection, uint32_t nth,
                          const struct doc *document, struct err *err);
/** LUMA_LIMIT_REACHED for a document that is one too many for limit `nth`, of all that are asked
 * about in turn. Counted in full they are already; those that are too many are counted once more
 * under `number`. */
status model__find_over(struct model_txn *txn, const struct collection *collection, uint32_t nth,
                        uint32_t number, const struct doc *document, struct err *err);
/** Adds a document that is there to what is being counted. */
status model__count_pending(struct model_txn *txn, const struct collection *collection,
                            const struct doc *document, struct err *err);
/** Deletes what was counted. */
status model__delete_counted(struct model_txn *txn, const struct catalog_counting *counting,
                             struct err *err);
/** Gives up what is being counted. In a change of the catalog. */
status model__drop_counting(struct model_txn *txn, const struct collection *collection,
                            struct err *err);
/** Counts a document for the limits it falls under, and for those that are being counted. */
status model__change_population(struct model_txn *txn, const struct collection *collection,
                                const struct doc *old, const struct doc *fresh, struct err *err);
status model__fail_limit(const struct collection *collection, const struct soul_limit *limit,
                         struct err *err);
/** Puts the newest soul and its steps, compiled, in the place of their stored forms. */
status model__attach_soul(struct model *model, struct store_txn *txn,
                          const struct collection *collection, struct err *err);

/** What is stored of a soul. */
struct model_soul_record {
  uint8_t id[16], parent[16], hash[SOUL_HASH_BYTES];
  bool has_parent;
  int64_t created_us;
  struct slice genotype; /* canonical JSON, in the arena given */
};
/** Reads a soul's record by number; `*found` false if there is none. */
status model__read_soul(struct store_txn *txn, uint32_t number, struct arena *arena,
                        struct model_soul_record *record, bool *found, struct err *err);
/** The number of the soul with this hash; 0 if there is none. */
status model__find_soul(struct store_txn *txn, const uint8_t hash[SOUL_HASH_BYTES],
                        uint32_t *number, struct err *err);
/** A soul by alias, id or hash, with one reference. LUMA_NOT_FOUND. */
status model__soul_named(struct model_txn *txn, struct slice name, struct soul **soul,
                         struct err *err);
/** Finds or stores the soul and fills its number, id, parent and time. `parent` may be NULL. */
status model__store_soul(struct model_txn *txn, struct soul *soul, const struct soul *parent,
                         struct err *err);
/** Gives a stored soul another number. A collection that evolves back to a soul it had takes it
 * under a new number, so that beings of the two times are told apart. */
status model__renumber_soul(struct model_txn *txn, struct soul *soul, struct err *err);
/** The stored form of a collection's genotype with its settings, in the transaction's arena. */
status model__format_source(struct model_txn *txn, const struct soul *soul, bool open,
                            struct slice *source, struct err *err);
/** Logs the names of the soul's attributes in the collection's dictionary. */
status model__intern_attributes(struct model_txn *txn, const struct collection *collection,
                                const struct soul *soul, struct err *err);
/** Indexes that the soul asks for and `collection` lacks, appended to its indexes (which have room
 * for CATALOG_INDEXES_MAX), ready. The first `*kept` were there before. */
status model__soul_indexes(struct model_txn *txn, struct collection *collection,
                           const struct soul *soul, uint32_t *kept, struct err *err);
/** Whether a rule of the collection's soul, that values are unique, rests on this index alone. */
bool model__soul_needs(const struct collection *collection, const struct catalog_index *index);
/** Whether what the soul's references name is there, or is the collection itself:
 * LUMA_INVALID_GENOTYPE. */
status model__check_targets(const struct model_txn *txn, const struct soul *soul,
                            struct slice alias, struct err *err);
/** A number for the counters of a population limit. */
status model__number_limit(struct model *model, uint32_t *number, struct err *err);

/** What an expression that is no rule of the soul came to over its beings: where these have
 * sensitive attributes, an error does not show their values. */
status model__hide_values(const struct collection *collection, status result, struct err *err);
/** LUMA_CONSTRAINT with the views that read the attribute, or (empty) the collection at all: they
 * know it by this name. */
status model__check_views(struct model_txn *txn, const struct collection *collection,
                          struct slice attribute, struct err *err);

#endif
