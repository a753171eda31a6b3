/* SPDX-License-Identifier: MIT */
/* What conditions let through of a long rest of a collection, found by several threads and handed
 * on as one thread would: in the order of the keys, a failure behind what comes before it.
 *
 * The rest is cut into pieces. Threads read ahead of the one that is handed on, piece by piece in
 * their order, and keep copies of what they find; how far ahead is bounded, in pieces and in bytes
 * kept. A thread that finds no piece to read waits a moment and ends, so that a cursor nobody reads
 * holds none; one that has no room for a batch leaves the piece to the run's thread, which goes on
 * with it where it stopped, and keeps nothing. The run's thread reads itself what nobody has begun
 * with, and ahead while it would have to wait. Only it looks at deadline and cancellation: threads
 * stop when it closes. */
#ifndef QUERY_EXEC_SHARE_H
#define QUERY_EXEC_SHARE_H

#include "query/exec/workers.h"
#include "query/expr/tell.h"

/** Pieces from the one that is handed on to the last that may be begun. */
enum { SHARE_PIECES = 12 };

enum piece_state {
  PIECE_UNTAKEN,
  PIECE_IS_READ, /* by its reader's thread, or by the run's */
  PIECE_STOPPED, /* by its reader, for want of room */
  PIECE_DONE,
  PIECE_FAILED
};

/** Rows of one batch, copied. */
struct kept {
  struct kept *next;
  struct val **columns;
  uint32_t rows;
};

/** A part of the collection. While it is read all but `state`, `first` and `last`, which are of the
 * lock, belongs to who reads it; then to the run's thread. */
struct piece {
  enum piece_state state;
  struct kept *first, *last; /* not handed on yet */
  struct reader *reader;     /* UNTAKEN: none */
  struct batch *left;        /* STOPPED: what there was no room for, the reader's; NULL: nothing */
  struct arena arena;        /* of what is kept */
  size_t bytes;              /* of that */
  struct told told;
};

/** A worker that reads pieces, by a thread of its own or by the run's. */
struct reader {
  struct share *share;
  struct worker *worker;
  struct parts parts;  /* the one that it reads */
  struct piece *piece; /* that it reads, stopped in or failed in; NULL: it may take another */
  bool runs;           /* its thread does */
};

struct share {
  struct exec *exec;
  struct workers workers;
  struct reader *readers; /* one for each worker; the last is the run's own */
  struct reader *goes_on; /* the run's thread reads the piece in hand by it; NULL: it does not */
  struct batch batch;     /* of rows kept */
  /* of the lock: */
  struct piece pieces[SHARE_PIECES]; /* by number, in a ring */
  uint32_t current, next;            /* handed on; not begun: numbers */
  bool has_failed, is_closing;       /* nothing more is begun */
  struct mutex lock;
  struct cond is_ready; /* for the run's thread */
  struct cond has_room; /* for the others */
  /* not of the lock: */
  atomic_size_t kept_bytes; /* of all pieces */
  size_t kept_bytes_most;
};

/** The rows of `plan` after the record of this key. Where it is not worth it there are no workers,
 * and nothing is to be asked. To be closed even after a failure. */
status share_open(struct exec *exec, const struct plan *plan, struct slice after,
                  struct share *share, struct err *err);
/** As an operator is asked: with no batch at the end. */
status share_next(struct share *share, struct batch **batch, struct err *err);
/** Safe on zeroes. */
void share_close(struct share *share);

#endif
