/* SPDX-License-Identifier: MIT */
/* The model: what stored bytes mean. Collections of beings with keys, kept with their indexes,
 * counts, names and feed in the transaction of each write. The only door from the query layer to
 * storage.
 *
 * A model stands on one store and owns it. A model transaction pairs a store transaction with the
 * catalog picture of its snapshot; every collection it touches is guarded, so a concurrent change
 * of the catalog makes it conflict, not err.
 *
 * Keys: any value but MISSING, null (both mean "make me a ULID"), list, regex, vector, light. Two
 * documents whose keys are equal in the total order (1 and 1.0) are the same document. The key
 * stands in the document in the key slot (name id 0), first.
 *
 * Threads: a model is shared; a transaction, its scans and pins belong to one thread at a time. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "base/ds/hashmap.h"
#include "base/mem/arena.h"
#include "base/os/os.h"
#include "model/catalog/catalog.h"
#include "value/doc/build.h"
#include "value/ulid/ulid.h"

struct model;
struct model_txn;
struct model_scan;

struct model_options {
  struct os *os;
  bool feed;                   /* changes go to the feed */
  bool read_only;              /* the store is: unfinished index builds are left as they are */
  bool learns;                 /* what open collections are made of is followed at each write */
  uint32_t document_bytes_max; /* 0 = DOC_BYTES_MAX */
  uint64_t kept_bytes_max;     /* of values that expressions of evolutions made; 0 = none is kept */
  bool fills;                  /* a thread makes these before they are read */
  const struct soul_rules_ops *rules; /* runs the expressions of genotypes; NULL: there are none */
};

/** Takes `store` over (also on failure). Reads the catalog; makes an empty one in a new store. */
status model_open(struct store *store, const struct model_options *options, struct model **model,
                  struct err *err);
/** Ends the model and its store; every transaction must have ended. */
void model_close(struct model *model);
struct store *model_store(struct model *model);
/** Makes at once all that the thread of `fills` would make: for who has none. LUMA_OK also where
 * there was not room to keep all. */
status model_fill(struct model *model, struct err *err);
/** Values of older beings in memory. */
struct model_kept {
  uint64_t bytes, bytes_max;
  bool is_filling; /* the thread is at work */
};
void model_tell_kept(const struct model *model, struct model_kept *kept);

/* ---- transactions ---- */

status model_begin(struct model *model, const struct store_begin_options *options,
                   struct model_txn **txn, struct err *err);
/** Of as many collections whoever evolves one makes writers wait, the one and those that it comes
 * to refer to; of more nobody waits. */
enum { MODEL_HOLDS_MAX = 8 };
/** A collection that writers wait to write to: part of whoever makes them wait. */
struct model_hold {
  struct model_hold *next;
  uint32_t number;   /* of the collection; 0: it holds none */
  uint64_t until_us; /* monotonic; UINT64_MAX: as long as it is there */
};
/** All tries of work that is done again, from the beginning, in a new transaction, whenever a call
 * or the commit answers LUMA_CONFLICT. An evolution in it may fill new indexes in steps of their
 * own first; and once writers have made it begin again, they wait until model_tries_end. */
struct model_tries {
  struct model *model;
  struct model_hold holds[MODEL_HOLDS_MAX];
  uint32_t holds_count;
  uint32_t built; /* a collection that has indexes which wait for the evolution's commit */
};
void model_tries_begin(struct model *model, struct model_tries *tries);
/** Must be called, whatever came of the work, from the thread that did it. */
void model_tries_end(struct model_tries *tries);
/** The transaction is one of the tries (borrowed until it ends) and does nothing else. */
void model_allow_restart(struct model_txn *txn, struct model_tries *tries);

/** Who waits for the calls of a transaction. Each may be NULL. */
struct model_caller {
  /** Asked now and then while a call waits or works for long: other than LUMA_OK ends it so. */
  status (*ask)(void *context, struct err *err);
  /** Told around waiting for another's evolution; false: LUMA_BUSY instead. */
  bool (*wait_begin)(void *context);
  void (*wait_end)(void *context);
  void *context;
};
/** Borrowed as long as the transaction. */
void model_set_caller(struct model_txn *txn, const struct model_caller *caller);
/** Ends the transaction whatever the answer. A change of the catalog is never queued: its picture
 * must be visible when it is swapped. */
status model_commit(struct model_txn *txn, enum store_durability durability,
                    struct store_pos *position, struct err *err);
/** The same; `seq` (may be NULL): what the documents that were written have as their version. */
status model_commit_seq(struct model_txn *txn, enum store_durability durability,
                        struct store_pos *position, store_seq *seq, struct err *err);
void model_rollback(struct model_txn *txn);
/** Statement atomicity inside an explicit transaction. */
status model_savepoint(struct model_txn *txn, uint64_t *mark, struct err *err);
status model_rollback_to(struct model_txn *txn, uint64_t mark, struct err *err);
/** The catalog as the transaction sees it, its own changes included. Valid until its next catalog
 * change or its end. */
const struct catalog *model_catalog(const struct model_txn *txn);
/** The newest committed picture; end with catalog_release. For completion, front ends, listings. */
const struct catalog *model_catalog_acquire(struct model *model);
void catalog_release(const struct catalog *catalog);

/** When the database was opened: what counts uses counts from then on. */
uint64_t model_opened_us(const struct model *model);

/* ---- catalog changes, in the transaction ---- */

/** An open collection. LUMA_ALREADY_EXISTS unless `if_not_exists`. `collection` (may be NULL): the
 * new one. */
status model_create_collection(struct model_txn *txn, struct slice name, bool if_not_exists,
                               const struct collection **collection, struct err *err);
status model_drop_collection(struct model_txn *txn, struct slice name, bool if_exists,
                             struct err *err);
/** Drops one of several that go together: that the others refer to it, or take numbers of its
 * sequences, forbids nothing. Who calls it drops all of them, or undoes it. */
status model_drop_beside(struct model_txn *txn, struct slice name, const struct slice *others,
                         uint32_t count, bool if_exists, struct err *err);
status model_rename_collection(struct model_txn *txn, struct slice name, struct slice new_name,
                               struct err *err);

/** What MongoDB's `create` and `collMod` ask: the rules take the place of those there were. One
 * that becomes capped, or whose limits fall, loses its oldest documents at once; the transaction
 * holds what that changes. */
status model_set_rules(struct model_txn *txn, struct slice name, const struct catalog_rules *rules,
                       struct err *err);
/** Makes the order of arrival of a capped collection anew, of the documents that are there. */
status model_rebuild_arrival(struct model_txn *txn, const struct collection *collection,
                             struct err *err);
/** The bytes of all documents of a capped collection. */
status model_capped_bytes(struct model_txn *txn, const struct collection *collection,
                          uint64_t *bytes, struct err *err);
/** Whether validators are passed over by what this transaction writes from now on. */
void model_skip_validation(struct model_txn *txn, bool skips);
/** What this transaction writes from now on has documents of at most so many bytes, where the model
 * allows that many; 0: as the model has it. */
void model_limit_documents(struct model_txn *txn, uint32_t bytes);
/** Whether null is a key like any other for what this transaction inserts from now on, and names
 * that begin with `$` are refused at the top of one, as MongoDB has it; else a null key is none. */
void model_take_mongo_keys(struct model_txn *txn, bool takes);
/** What may change of an index that is there; what is not given stays. */
struct model_index_change {
  bool has_hidden, hidden; /* kept up to date, its uniqueness holds, and nothing reads it */
  bool has_expiry;         /* documents end expire_s seconds after the moment in its only key */
  uint32_t expire_s;
};
status model_change_index(struct model_txn *txn, struct slice name, struct slice index,
                          const struct model_index_change *change, struct err *err);

/** A view: a name for a SELECT, which the model keeps and does not read. Documents cannot be put
 * into it. `replace`: one that is there is changed. LUMA_ALREADY_EXISTS for a collection of the
 * name. */
status model_create_view(struct model_txn *txn, struct slice name, struct slice select,
                         bool replace, bool if_not_exists, struct err *err);
status model_drop_view(struct model_txn *txn, struct slice name, bool if_exists, struct err *err);

/** What a new index is to be. */
struct model_index_spec {
  struct slice name; /* empty = made from the paths: users_email_idx */
  const struct index_key *keys;
  uint32_t keys_count;
  bool unique, multikey, nulls_distinct, sparse, hidden, if_not_exists;
  bool expires; /* see struct catalog_index */
  uint32_t expire_s;
  struct slice wildcard, collation; /* see struct index_def */
  struct soul_rule condition; /* a partial index: only documents it is true of have entries; of kind
                                 LASTING or MATCH. Without text: all */
};
/** What `index` is, under a name: for another like it. Borrows from it. */
static inline struct model_index_spec model_index_spec_of(const struct catalog_index *index,
                                                          struct slice name) {
  return (struct model_index_spec){.name = name,
                                   .keys = index->def.keys,
                                   .keys_count = index->def.keys_count,
                                   .unique = index->def.unique,
                                   .multikey = index->def.multikey,
                                   .nulls_distinct = index->def.nulls_distinct,
                                   .sparse = index->def.sparse,
                                   .hidden = index->hidden,
                                   .expires = index->expires,
                                   .expire_s = index->expire_s,
                                   .wildcard = index->def.wildcard,
                                   .collation = index->def.collation,
                                   .condition = index->condition};
}
/** Told now and then while an index is built; answering false cancels the build (LUMA_CANCELLED).
 */
typedef bool model_progress_fn(void *context, uint64_t done, uint64_t total);
/** Builds an index on existing data: write-only, back-fill in steps, public. Commits its own
 * transactions, so it must not be called inside one that has writes. A duplicate found in existing
 * data is LUMA_DUPLICATE_KEY with both keys; the index is then gone. */
status model_create_index(struct model *model, struct slice collection,
                          const struct model_index_spec *spec, model_progress_fn *progress,
                          void *context, struct err *err);
/** Builds an index anew beside the one that is there, which then gives way to it. Commits its own
 * transactions and must not be called inside one. */
status model_rebuild_index(struct model *model, struct slice collection, struct slice index,
                           struct err *err);
/** `collection` may be empty: index names are then looked for everywhere (one match). */
status model_drop_index(struct model_txn *txn, struct slice collection, struct slice index,
                        bool if_exists, struct err *err);

/* ---- souls ---- */

/** Gives a collection a soul, making the collection if there is none. The genotype may have its
 * settings (alias, open, population, indexes) inside or beside it. LUMA_ALREADY_EXISTS for a
 * collection that has another soul: evolve it. An open collection without soul is closed by it,
 * once every being fits. */
struct model_soul_spec {
  struct slice alias; /* empty: the genotype's alias, else its name */
  const struct val *genotype;
  bool if_not_exists; /* a collection with another soul is no error */
};
struct model_soul_made {
  const struct collection *collection;
  bool made; /* false: it has this very soul */
};
status model_create_soul(struct model_txn *txn, const struct model_soul_spec *spec,
                         struct model_soul_made *made, struct err *err);

/** An evolution: a genotype that takes the place of the newest, or (`merge`) a merge patch (RFC
 * 7396) of it. `rename` and `transform` (MAPs or MISSING) say which attribute came from which, and
 * how values are made. */
struct model_evolution {
  struct slice alias;
  const struct val *genotype;
  struct val rename, transform;
  bool merge, dry_run;
  uint32_t threads; /* that may look at beings, this one too; 0 = this one alone */
};
/** Evolves the collection's soul; appends to `report` what changed, and (LUMA_CONSTRAINT, or a dry
 * run) which beings stand in the way: {"soul","parent","changes":[…],"beings":n,"in_the_way":n,
 * "first":[{"id","faults"}]}. A dry run changes nothing. Narrowing looks at every being, so the
 * transaction must be serializable. */
status model_evolve(struct model_txn *txn, const struct model_evolution *request,
                    struct buf *report, struct err *err);

/** Appends a soul as JSON: {"id","alias","hash","parent","created_at","genotype",…}. `name`: an
 * alias, an id or a hash. LUMA_NOT_FOUND. */
status model_write_soul(struct model_txn *txn, struct slice name, struct buf *out, struct err *err);
/** Appends all collections that have souls, as a JSON list. */
status model_write_souls(struct model_txn *txn, struct buf *out, struct err *err);
/** Whether the text is of the form of a soul's id, its hash or the first digits of that. */
bool model_may_name_soul(struct slice name);
/** Appends what is known of each attribute of a collection, as a JSON list: what its soul says, or
 * what an open collection has learned. A soul may be named instead, by its id, its hash or the
 * first digits of that, also an older one. LUMA_NOT_FOUND, LUMA_AMBIGUOUS. */
status model_describe(struct model_txn *txn, struct slice name, struct buf *out, struct err *err);
/** What a collection's documents, or (`index` not NULL) the entries of one of its indexes, take in
 * files; `*known` is false when the store cannot tell. */
status model_measure(struct model_txn *txn, const struct collection *collection,
                     const struct catalog_index *index, struct store_measure *out, bool *known,
                     struct err *err);
/** Appends where every attribute's values live and how many bytes they take, as a JSON list. Reads
 * the collection. */
status model_describe_storage(struct model_txn *txn, struct slice name, struct buf *out,
                              struct err *err);
/** Appends a proposal for the closed genotype of a collection, with counts of what would not fit.
 * Reads the collection. */
status model_suggest_soul(struct model_txn *txn, struct slice name, struct buf *out,
                          struct err *err);
/** Appends the statement that makes the collection with its soul and settings as they are now, as
 * JSON: a list of one {"collection", "statement"}. */
status model_write_source(struct model_txn *txn, struct slice alias, struct buf *out,
                          struct err *err);
/** Appends the lineage of an alias, or of a soul it has had, as JSON, newest first. */
status model_write_lineage(struct model_txn *txn, struct slice alias, struct buf *out,
                           struct err *err);
/** Appends what changed between two souls (alias, id or hash) as JSON. */
status model_compare_souls(struct model_txn *txn, struct slice from, struct slice to,
                           struct buf *out, struct err *err);
/** The collection that an alias, or the id or hash of its newest soul, names; NULL if none, or
 * several. */
const struct collection *model_collection_of_soul(struct model_txn *txn, struct slice name);
/** The error of a name of which there is none: it may be that of a soul which has evolved. */
status model_fail_no_collection(struct model_txn *txn, struct slice name, struct err *err);
/** The text of the id of a soul by its number: what a being was written under. Empty if there is
 * none. */
status model_append_soul_id(struct model_txn *txn, uint32_t number, struct buf *out,
                            struct err *err);

/* ---- requests done once ---- */

/** What gave a key its name: the same name is another key of each. */
enum model_once { MODEL_ONCE_REQUEST, MODEL_ONCE_WRITE_OF_SESSION };

/** Appends what was answered under a client's key in the last day; `*found`. `*seq`: the commit of
 * that (0: this transaction's own), which is the version of the documents that it wrote. */
status model_once_find(struct model_txn *txn, enum model_once kind, struct slice name,
                       struct buf *answer, bool *found, store_seq *seq, struct err *err);
/** Keeps an answer under a client's key, with the transaction. */
status model_once_keep(struct model_txn *txn, enum model_once kind, struct slice name,
                       struct slice answer, struct err *err);

/* ---- documents ---- */

/** The key bytes of a value within its collection. LUMA_INVALID_VALUE if it cannot be a key. */
status model_key_encode(struct buf *out, const struct val *key, struct err *err);

/** A document being written: a map value (its key slot holds the key, or is missing: a ULID is
 * made). */
struct model_write {
  const struct val *document; /* MAP; any dictionary */
  bool knows_names;           /* all names within have ids in its dictionary */
  bool has_header;            /* it is the root of a document: a header stands before its bytes, and
                                 may be written to as long as the call lasts */
  bool key_is_free;           /* the transaction has looked: no document has the key */
  struct val key;             /* out: the key used; ULIDs inside, others borrow from `document` */
};
/** Inserts `count` documents (batch-first). LUMA_DUPLICATE_KEY names index, key and value. `failed`
 * (may be NULL): which one of them failed; those before it are in the transaction, those after it
 * are not. */
status model_insert(struct model_txn *txn, const struct collection *collection,
                    struct model_write *writes, uint32_t count, uint32_t *failed, struct err *err);
/** The same for documents already encoded with the collection's own dictionary (import's fast
 * path): `documents[i]` writable, header and key slot first; a missing key slot must have been
 * filled by the caller (model_make_key). `keys_are_new`: all keys are from model_make_key, so none
 * can be taken yet. A soul may complete documents: then `documents[i]` is moved to the new one,
 * valid until the next insert. */
status model_insert_encoded(struct model_txn *txn, const struct collection *collection,
                            struct slice *documents, uint32_t count, bool keys_are_new,
                            uint32_t *failed, struct err *err);
/** Faults of what is written from now on tell where in a request it stands: their paths begin with
 * its number, counted from `first` (`[3].age`). Else they do so where several are written at once.
 */
void model_tell_places(struct model_txn *txn, bool tells, uint32_t first);
/** Whether documents without a key get a ULID, which is certainly new, and not what their soul says
 * by default. */
bool model_makes_keys(const struct collection *collection);
/** The key of a document that has none: what its soul says by default, such as a number of a
 * sequence, else a ULID. What it borrows lives in `arena`. */
status model_new_key(struct model *model, const struct collection *collection,
                     const struct val *document, struct arena *arena, struct val *key,
                     struct err *err);
/* ---- sequences (number.c) ---- */

enum { MODEL_SEQUENCE_CACHE = 32, MODEL_SEQUENCE_CACHE_MAX = 1000000 };
/** A sequence of numbers from `start` by `increment` within [minimum, maximum]; past the end it
 * begins again, if it cycles. `cache`: how many are taken at once and lost at most. */
struct model_sequence {
  struct slice name;
  int64_t start, increment, minimum, maximum, cache;
  bool cycles;
  struct slice owner; /* the collection with which it goes; empty: none */
};
/** What ALTER SEQUENCE changes; what is not said stays. */
struct model_sequence_changes {
  bool start, increment, minimum, maximum, cache, cycles; /* said: as in `to` */
  struct model_sequence to;
  bool restarts; /* the next number is `next`, or (has_next false) the start */
  bool has_next;
  int64_t next;
  bool is_owned; /* to.owner says whose it is */
};
/** In the transaction. LUMA_ALREADY_EXISTS unless `if_not_exists`. */
status model_create_sequence(struct model_txn *txn, const struct model_sequence *sequence,
                             bool if_not_exists, struct err *err);
/** In the transaction. Numbers taken and not given yet are void: after a step of its own the
 * sequence goes on behind the last one given. LUMA_NOT_FOUND unless `if_exists`. */
status model_alter_sequence(struct model_txn *txn, struct slice name,
                            const struct model_sequence_changes *changes, bool if_exists,
                            struct err *err);
/** In the transaction. LUMA_NOT_FOUND unless `if_exists`; LUMA_CONSTRAINT while a DEFAULT takes its
 * numbers. */
status model_drop_sequence(struct model_txn *txn, struct slice name, bool if_exists,
                           struct err *err);
/** The next number, given to nobody else, whatever becomes of the transaction; a sequence that the
 * transaction made itself is found too. LUMA_NOT_FOUND; LUMA_LIMIT_REACHED at its end. */
status model_next_number(struct model_txn *txn, struct slice name, int64_t *number,
                         struct err *err);
/** Goes on from `number`: behind it (`is_given`), or with it. Not undone with the transaction. */
status model_set_number(struct model_txn *txn, struct slice name, int64_t number, bool is_given,
                        struct err *err);
/** Who gives numbers to nextval(…) in this transaction from now on; borrowed until its end
 * or the next call; NULL: the model. */
void model_set_numbers(struct model_txn *txn, const struct soul_numbers *numbers);
/** What now() is in defaults from here on, µs since 1970; 0: the clock's time, anew for each call.
 */
void model_set_now(struct model_txn *txn, uint64_t now_us);
/** Who is told of each document that goes (`after` NULL) or changes because another goes (ON DELETE
 * CASCADE, SET NULL). What it fails with ends the change. */
struct model_witness {
  void *context;
  status (*followed)(void *context, const struct val *before, const struct val *after,
                     struct err *err);
};
/** From now on in this transaction; borrowed until the next call. NULL: nobody. */
void model_set_witness(struct model_txn *txn, const struct model_witness *witness);

/** A new ULID. */
void model_make_key(struct model *model, struct val *key);
/** Replaces the document under the key of `old` (as read in this transaction) by `new_document`,
 * whose key slot must be equal or missing. */
status model_replace_by(struct model_txn *txn, const struct collection *collection,
                        const struct doc *old, struct model_write *write, struct err *err);
/** The same of a document that is a value only. */
status model_replace(struct model_txn *txn, const struct collection *collection,
                     const struct doc *old, const struct val *new_document, struct err *err);
status model_delete(struct model_txn *txn, const struct collection *collection,
                    const struct doc *old, struct err *err);
/** Deletes the beings with these keys as one: those that refer to them follow, let go, or forbid it
 * (LUMA_CONSTRAINT; nothing is changed then) unless they go themselves. Keys of none are passed
 * over. */
status model_delete_together(struct model_txn *txn, const struct collection *collection,
                             const struct val *keys, uint32_t count, struct err *err);
/** The documents under `keys`; found[i].data is NULL where there is none. Borrowed until `pins`
 * end. */
status model_get_many(struct model_txn *txn, const struct collection *collection,
                      const struct val *keys, uint32_t count, struct doc *found,
                      struct store_pins *pins, struct err *err);
/** The document under `key`, copied into `arena`; `found->data` is NULL where there is none. */
status model_get_copy(struct model_txn *txn, const struct collection *collection,
                      const struct val *key, struct arena *arena, struct doc *found,
                      struct err *err);
/** Attributes, by name; the key is always read. */
struct model_reads {
  const struct slice *names;
  uint32_t count;
};
/** Documents by key, as far as they are looked at. */
struct model_look_up {
  const struct collection *collection;
  const struct model_reads *reads; /* NULL: everything */
  const struct val *keys;
  uint32_t count;
};
/** model_get_many for who looks at some attributes only; documents may be lensed. They live as long
 * as the transaction and `pins`. */
status model_look_up(struct model_txn *txn, const struct model_look_up *what, struct doc *found,
                     struct store_pins *pins, struct err *err);
/** Documents in the collection, exactly, in O(1). */
status model_count(struct model_txn *txn, const struct collection *collection, uint64_t *count,
                   struct err *err);
/** An estimate of the documents for the optimizer: never fails, costs nothing. */
uint64_t model_estimate_count(struct model_txn *txn, const struct collection *collection);

/* ---- scans ---- */

/** Documents that are not wanted, told by their stored bytes, or through the lens of older ones, as
 * soon as they are met. */
struct model_sieve {
  /** Whether the document is certainly not wanted. Called from the thread that scans. */
  bool (*drops)(const void *context, const struct doc *document);
  const void *context;
};
/** A range of an index whose entries have the values they are put in order by behind `points` parts
 * that are one value each; behind all parts of one that is not unique stands the document's key. */
struct model_stream {
  const struct catalog_index *index; /* NULL: a range of keys, in the order of which it is */
  struct index_bounds bounds;
  uint32_t points;
  bool backwards;
  uint64_t *entries; /* read so far, are added here; NULL: nowhere */
};
/** Several such ranges that become one order, that of the `parts` parts behind the points. */
struct model_merge {
  const struct model_stream *streams;
  uint32_t count, parts;
  uint64_t wanted; /* so many entries are read as they are needed, then by ever more */
};
/** Reads in key order, or through an index in its order. */
struct model_scan_options {
  const struct catalog_index *index; /* NULL: the key itself */
  const struct index_bounds *bounds; /* NULL: everything. On the key: at most one part */
  const struct val *from, *to; /* values of all parts: entries at and after them in the index's
                                  order, and before them; NULL: no end there */
  uint32_t more_bounds; /* that follow the first: disjoint, in the index's order. Only of an index,
                           forwards, where documents are fetched */
  const struct model_merge *merge; /* these are read, instead of the bounds of `index`, which is
                                      then that of one of them; documents come once. Borrowed by the
                                      scan. NULL: one range is read */
  bool backwards;
  const struct val *also; /* with bounds that are one value of an index of elements, not unique: the
                             document has an entry of this value, too. NULL: nothing is asked */
  bool keys_only; /* entries are counted, not documents (with `seen`, each document once): what is
                     handed out means nothing */
  struct model_seen *seen; /* documents in it are passed over, those met come into it; NULL: none */
  /* Documents are not fetched but made of the values in the entries: maps of the index's attributes
   * alone. Only where all its parts give their values back; those that led to lists have an element
   * in the place of the list, and each document comes once with `seen` only. */
  bool covers;
  bool covers_key; /* and the key of the document, which is no part of the index */
  bool skips; /* with `covers`: of many entries that begin with one value some are passed over */
  /* What will be looked at (borrowed until the scan is open): older beings whose evolution concerns
   * nothing of it are handed out as they are stored. NULL: everything. */
  const struct model_reads *reads;
  /* By the key: documents that it drops are not handed out; borrowed by the scan. NULL: all are. */
  const struct model_sieve *sieve;
  const struct store_range *part; /* by the key: one of the parts of model_cut; NULL: all */
};
/** Documents that were met, by their keys: what several scans of one statement share. */
struct model_seen {
  struct hashmap keys; /* in `arena` */
  struct arena arena;
};
void model_seen_init(struct model_seen *seen);
void model_seen_deinit(struct model_seen *seen);
/** Cuts the collection for several readers: the inner bounds of its parts, none when it is small,
 * or the transaction may write and does not wait with that (cuts->waits), or has others read
 * (cuts->notes). Scans of parts may each
 * belong to a thread of their own.
 * Borrowed until the transaction ends. */
status model_cut(struct model_txn *txn, const struct collection *collection,
                 struct store_cuts *cuts, struct err *err);
/** Whether a scan through the index may meet a document more than once: by several elements of a
 * list. A transaction that writes may put lists in while it reads. */
bool model_meets_twice(const struct model_txn *txn, const struct collection *collection,
                       const struct catalog_index *index);
/** Entries within the bounds, at most `most`, which is also answered where they cannot be counted:
 * a transaction that writes does not look. */
uint32_t model_probe(struct model_txn *txn, const struct catalog_index *index,
                     const struct index_bounds *bounds, uint32_t most);
status model_scan_open(struct model_txn *txn, const struct collection *collection,
                       const struct model_scan_options *options, struct model_scan **scan,
                       struct err *err);
/** Up to `max` (<= BATCH_ROWS) documents into `documents`, borrowed until the next step or close
 * (model_scan_keep extends); `*count` 0 = the end, with a sieve only if model_scan_is_done.
 * Through a multikey index each document comes once. */
status model_scan_next(struct model_scan *scan, uint32_t max, struct doc *documents,
                       uint32_t *count, struct err *err);
bool model_scan_is_done(const struct model_scan *scan);
/** Documents that the sieve dropped so far. */
uint64_t model_scan_dropped(const struct model_scan *scan);
/** The key of the record that a scan by key, which has had documents, read last; borrowed as those
 * are. */
struct slice model_scan_place(const struct model_scan *scan);
/** Index entries read so far; 0 for a scan by key. */
uint64_t model_scan_entries(const struct model_scan *scan);
/** Of these, those whose document was met before. */
uint64_t model_scan_repeats(const struct model_scan *scan);
status model_scan_keep(struct model_scan *scan, struct store_pins *pins, struct err *err);
void model_scan_close(struct model_scan *scan);

enum { MODEL_WALK_AT_ONCE = 256 };
/** Who goes over a collection. */
struct model_walk {
  /** Is shown the documents, at most MODEL_WALK_AT_ONCE, until it answers with a failure or
   * `*goes_on` false (it comes as true). They are its own until it returns. */
  status (*look)(void *context, struct doc *documents, uint32_t count, bool *goes_on,
                 struct err *err);
  void *context;
  const struct model_reads *reads; /* what is read of them; NULL: all */
  const struct model_sieve *sieve; /* documents that it drops are not shown; NULL: all are */
  const struct store_range *part;  /* one of the parts of model_cut; NULL: all */
};
/** Goes over all documents in the order of their keys; asks the transaction's caller whether to go
 * on. */
status model_walk(struct model_txn *txn, const struct collection *collection,
                  const struct model_walk *walk, struct err *err);

/* ---- the change feed ---- */

enum model_change_op { MODEL_INSERT = 1, MODEL_UPDATE = 2, MODEL_DELETE = 3, MODEL_CATALOG = 4 };
struct model_change {
  struct store_pos position;
  uint64_t transaction; /* equal for the changes of one commit */
  enum model_change_op op;
  uint32_t collection; /* its number */
  struct slice collection_name;
  struct val key;
  uint64_t version;
  struct val old_document, new_document; /* MISSING where there is none */
};
/** A reader's place in the feed, and what the last read gave. */
struct model_feed {
  struct store_pos position; /* all zeroes: the beginning; moved on by each read */
  struct model_change *changes;
  uint32_t count; /* 0: nothing new, unless `position` moved */
};
/** Changes after feed->position in commit order: those of about `max` records of the feed, whole
 * commits always; memory from `arena`. LUMA_GAP when some are no longer kept. */
status model_feed_read(struct model *model, struct model_feed *feed, uint32_t max,
                       struct arena *arena, struct err *err);

/** Lets go of changes at and before `position`, and of the documents they replaced. */
status model_feed_trim(struct model *model, struct store_pos position, struct err *err);

/* ---- checks ---- */

/** Verifies the documents of one collection, their count and the entries of its indexes; each fault
 * is told. `*documents`: how many were looked at. LUMA_CORRUPT if there are faults,
 * LUMA_UNKNOWN_COLLECTION. */
status model_check_collection(struct model *model, struct slice name, store_check_fn *fault,
                              void *context, uint64_t *documents, struct err *err);

/** Verifies the store, every document, and that indexes, counts and dictionaries agree with the
 * documents. */
status model_check(struct model *model, store_check_fn *fault, void *context, struct err *err);

#endif
