/* SPDX-License-Identifier: MIT */
/* Made by tools/gen/errors.py from spec/errors.tsv: change that, not this. */
#ifndef LUMA_STATUS_H
#define LUMA_STATUS_H

/** What every call answers; LUMA_OK is 0. The numbers never change. */
enum luma_status {
  /** It worked (HTTP 200). */
  LUMA_OK = 0,
  /** The text of the statement is not in the language (HTTP 400). */
  LUMA_SYNTAX_ERROR = 1,
  /** An argument is not of the form or range the call takes (HTTP 400). */
  LUMA_INVALID_ARGUMENT = 2,
  /** A value cannot be read, converted or stored (HTTP 400). */
  LUMA_INVALID_VALUE = 3,
  /** The text is not JSON (HTTP 400). */
  LUMA_INVALID_JSON = 4,
  /** The text is not CSV (HTTP 400). */
  LUMA_INVALID_CSV = 5,
  /** An operation does not exist for the types given (HTTP 400). */
  LUMA_TYPE_MISMATCH = 6,
  /** There is no collection of this name (HTTP 404). */
  LUMA_UNKNOWN_COLLECTION = 7,
  /** No source has an attribute of this name (HTTP 400). */
  LUMA_UNKNOWN_FIELD = 8,
  /** There is no function of this name (HTTP 400). */
  LUMA_UNKNOWN_FUNCTION = 9,
  /** There is no operator of this name (HTTP 400). */
  LUMA_UNKNOWN_OPERATOR = 10,
  /** There is no index of this name (HTTP 404). */
  LUMA_UNKNOWN_INDEX = 11,
  /** There is no query language of this name (HTTP 400). */
  LUMA_UNKNOWN_LANGUAGE = 12,
  /** The statement names a parameter that was not given (HTTP 400). */
  LUMA_UNKNOWN_PARAMETER = 13,
  /** There is nothing under this key (HTTP 404). */
  LUMA_NOT_FOUND = 14,
  /** Something of this name exists already (HTTP 409). */
  LUMA_ALREADY_EXISTS = 15,
  /** A unique key is taken (HTTP 409). */
  LUMA_DUPLICATE_KEY = 16,
  /** Another transaction changed the same data first (HTTP 409). */
  LUMA_CONFLICT = 17,
  /** A constraint does not hold (HTTP 409). */
  LUMA_CONSTRAINT = 18,
  /** A counter's limit is reached (HTTP 409). */
  LUMA_LIMIT_REACHED = 19,
  /** A number is outside what its type can hold (HTTP 400). */
  LUMA_OUT_OF_RANGE = 20,
  /** A document, statement or request is over its size limit (HTTP 413). */
  LUMA_TOO_LARGE = 21,
  /** Nesting is over the depth limit (HTTP 400). */
  LUMA_TOO_DEEP = 22,
  /** A statement needs more memory than its budget (HTTP 507). */
  LUMA_BUDGET_EXCEEDED = 23,
  /** No memory is left (HTTP 507). */
  LUMA_OUT_OF_MEMORY = 24,
  /** No room is left on the device (HTTP 507). */
  LUMA_DISK_FULL = 25,
  /** Reading or writing a file failed (HTTP 500). */
  LUMA_IO_ERROR = 26,
  /** Stored bytes fail their check (HTTP 500). */
  LUMA_CORRUPT = 27,
  /** The database is open for reading only (HTTP 403). */
  LUMA_READ_ONLY = 28,
  /** The database is open elsewhere (HTTP 423). */
  LUMA_LOCKED = 29,
  /** The target is not a LumaDB database (HTTP 400). */
  LUMA_NOT_A_DATABASE = 30,
  /** The files were written by a newer version (HTTP 400). */
  LUMA_VERSION_TOO_NEW = 31,
  /** The database could not be opened (HTTP 400). */
  LUMA_CANNOT_OPEN = 32,
  /** The statement took longer than its limit (HTTP 504). */
  LUMA_TIMEOUT = 33,
  /** The statement was cancelled (HTTP 499). */
  LUMA_CANCELLED = 34,
  /** The answer is not here yet, ask again (HTTP 503). */
  LUMA_PENDING = 35,
  /** The handle, cursor or transaction has ended (HTTP 409). */
  LUMA_CLOSED = 36,
  /** The feed no longer has this position (HTTP 410). */
  LUMA_GAP = 37,
  /** Too much is under way (HTTP 503). */
  LUMA_BUSY = 38,
  /** The snapshot is older than what is kept (HTTP 409). */
  LUMA_SNAPSHOT_TOO_OLD = 39,
  /** This build does not do that (HTTP 501). */
  LUMA_UNSUPPORTED = 40,
  /** Who you are is not known (HTTP 401). */
  LUMA_UNAUTHORIZED = 41,
  /** You may not do that (HTTP 403). */
  LUMA_FORBIDDEN = 42,
  /** This address does not take that method (HTTP 405). */
  LUMA_METHOD_NOT_ALLOWED = 43,
  /** This address does not take that content type (HTTP 415). */
  LUMA_UNSUPPORTED_MEDIA = 44,
  /** The document changed since it was read (HTTP 412). */
  LUMA_PRECONDITION_FAILED = 45,
  /** There is no session of this name, or it expired (HTTP 404). */
  LUMA_UNKNOWN_SESSION = 46,
  /** No statement of this name is running (HTTP 404). */
  LUMA_UNKNOWN_QUERY = 47,
  /** A fault in LumaDB itself (HTTP 500). */
  LUMA_INTERNAL = 48,
  /** A document breaks rules of its soul (HTTP 422). */
  LUMA_INVALID_BEING = 49,
  /** A genotype has faults (HTTP 422). */
  LUMA_INVALID_GENOTYPE = 50,
  /** The statement would change more documents than it may (HTTP 409). */
  LUMA_MAX_AFFECTED = 51,
  /** The name stands for several (HTTP 409). */
  LUMA_AMBIGUOUS = 52,
};

#endif
