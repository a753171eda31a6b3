/* SPDX-License-Identifier: MIT */
/* MongoDB's numbers and names of failures, for replies in its shape. */
#include "server/rest/mongo_error.h"

#include "server/rest/mongo_duplicate.h"
#include "value/doc/doc.h"

struct number_of_status {
  status code;
  uint32_t number;
};

static const struct number_of_status numbers[] = {
    {LUMA_SYNTAX_ERROR, 9},      {LUMA_INVALID_JSON, 9},     {LUMA_INVALID_ARGUMENT, 2},
    {LUMA_INVALID_VALUE, 2},     {LUMA_TYPE_MISMATCH, 14},   {LUMA_UNKNOWN_COLLECTION, 26},
    {LUMA_UNKNOWN_INDEX, 27},    {LUMA_UNKNOWN_OPERATOR, 2}, {LUMA_ALREADY_EXISTS, 48},
    {LUMA_DUPLICATE_KEY, 11000}, {LUMA_CONFLICT, 112},       {LUMA_CONSTRAINT, 121},
    {LUMA_TOO_LARGE, 10334},     {LUMA_TIMEOUT, 50},         {LUMA_TOO_DEEP, 15},
    {LUMA_CANCELLED, 11601},     {LUMA_UNSUPPORTED, 238},    {LUMA_FORBIDDEN, 13},
    {LUMA_UNAUTHORIZED, 18},     {LUMA_NOT_FOUND, 26},       {LUMA_BUDGET_EXCEEDED, 146},
    {LUMA_DISK_FULL, 14031},
};

struct name_of_number {
  uint32_t number;
  const char *name;
};

static const struct name_of_number names[] = {
    {1, "InternalError"},
    {4, "NoSuchKey"},
    {2, "BadValue"},
    {5, "GraphContainsCycle"},
    {9, "FailedToParse"},
    {13, "Unauthorized"},
    {14, "TypeMismatch"},
    {15, "Overflow"},
    {16, "InvalidLength"},
    {18, "AuthenticationFailed"},
    {20, "IllegalOperation"},
    {26, "NamespaceNotFound"},
    {27, "IndexNotFound"},
    {28, "PathNotViable"},
    {40, "ConflictingUpdateOperators"},
    {43, "CursorNotFound"},
    {48, "NamespaceExists"},
    {50, "MaxTimeMSExpired"},
    {52, "DollarPrefixedFieldName"},
    {53, "InvalidIdField"},
    {54, "NotSingleValueField"},
    {55, "InvalidDBRef"},
    {56, "EmptyFieldName"},
    {57, "DottedFieldName"},
    {59, "CommandNotFound"},
    {66, "ImmutableField"},
    {67, "CannotCreateIndex"},
    {68, "IndexAlreadyExists"},
    {72, "InvalidOptions"},
    {73, "InvalidNamespace"},
    {76, "NoReplicationEnabled"},
    {85, "IndexOptionsConflict"},
    {86, "IndexKeySpecsConflict"},
    {111, "NotExactValueField"},
    {112, "WriteConflict"},
    {115, "CommandNotSupported"},
    {117, "ConflictingOperationInProgress"},
    {121, "DocumentValidationFailure"},
    {125, "CommandFailed"},
    {136, "CappedPositionLost"},
    {146, "ExceededMemoryLimit"},
    {165, "ViewDepthLimitExceeded"},
    {166, "CommandNotSupportedOnView"},
    {168, "InvalidPipelineOperator"},
    {175, "QueryPlanKilled"},
    {181, "AmbiguousIndexKeyPattern"},
    {197, "InvalidIndexSpecificationOption"},
    {225, "TransactionTooOld"},
    {237, "CursorKilled"},
    {238, "NotImplemented"},
    {241, "ConversionFailure"},
    {251, "NoSuchTransaction"},
    {256, "TransactionCommitted"},
    {263, "OperationNotSupportedInTransaction"},
    {292, "QueryExceededMemoryLimitNoDiskUseAllowed"},
    {322, "APIVersionError"},
    {96, "OperationFailed"},
    {10334, "BSONObjectTooLarge"},
    {14031, "OutOfDiskSpace"},
    {11000, "DuplicateKey"},
    {11601, "Interrupted"},
};

static uint32_t number_of(status code, uint32_t foreign) {
  if (foreign) return foreign;
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    if (numbers[i].code == code) return numbers[i].number;
  return 1;
}

uint32_t mongo_error_number(const struct err *err) {
  return number_of(err->code, err->foreign);
}

bool mongo_error_is_transient(const struct err *err) {
  enum { WRITE_CONFLICT = 112, NO_SUCH_TRANSACTION = 251 };
  uint32_t number = mongo_error_number(err);
  return number == WRITE_CONFLICT || number == NO_SUCH_TRANSACTION;
}

static const char *name_of(uint32_t number) {
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (names[i].number == number) return names[i].name;
  return NULL;
}

void mongo_error_write(const struct err *err, const struct mongo_teller *teller, struct buf *out) {
  mongo_error_write_change(&(struct query_write_error){.foreign = err->foreign,
                                                       .code = err->code,
                                                       .message = err->message,
                                                       .hint = err->of_change ? err->hint : "",
                                                       .detail = err->detail,
                                                       .path_at = err->path_at},
                           teller, out);
}

static void put_hint(const char *hint, struct buf *out) {
  if (!hint[0]) return;
  buf_append_text(out, "\"hint\":");
  json_write_text(out, slice_of_text(hint));
  buf_append_byte(out, ',');
}

/* Fields that are told, in JSON with types: all but those that the words are made of. */
static void put_told(const struct val *told, const struct mongo_teller *teller, struct buf *out) {
  const struct json_write_options options = {.form = teller->form, .key_name = "_id"};
  for (uint32_t i = 0; told->type == VAL_MAP && i < val_count(told); i++) {
    struct slice name;
    struct val value = val_field_at(told, i, &name);
    if (value.type == VAL_TEXT) continue;
    json_write_text(out, name);
    buf_append_byte(out, ':');
    json_write(out, &value, &options);
    buf_append_byte(out, ',');
  }
}

static struct val read_detail(const char *detail, struct buf *read) {
  const struct json_read_options tagged = {.form = JSON_TAGGED};
  struct val told = val_missing();
  struct buf json;
  buf_init(&json, DOC_BYTES_MAX);
  buf_append_format(&json, "{%s}", detail);
  if (json_read_once(buf_slice(&json), &tagged, read, &told, NULL) != LUMA_OK) told = val_missing();
  buf_deinit(&json);
  return told;
}

/* Where in the command the failure is: MongoDB's words do not say it. */
static struct slice put_path(const struct query_write_error *failed, struct buf *out) {
  struct slice message = slice_of_text(failed->message);
  if (!failed->path_at || failed->path_at + 3u > message.bytes) return message;
  struct slice path =
      slice_of(message.data + failed->path_at + 2, message.bytes - failed->path_at - 3);
  buf_append_text(out, "\"path\":");
  json_write_text(out, path);
  buf_append_byte(out, ',');
  return slice_of(message.data, failed->path_at);
}

/* The words are last: whoever reads a long reply sees the number first. */
static void put_detail(const struct query_write_error *failed, const struct mongo_teller *teller,
                       struct buf *out) {
  struct buf read;
  buf_init(&read, DOC_BYTES_MAX);
  struct val told = failed->detail[0] ? read_detail(failed->detail, &read) : val_missing();
  put_told(&told, teller, out);
  struct slice message = put_path(failed, out);
  buf_append_text(out, "\"errmsg\":");
  struct val words =
      told.type == VAL_MAP ? val_field(&told, slice_of_text("errmsg")) : val_missing();
  if (words.type == VAL_TEXT)
    json_write_text(out, val_slice(&words));
  else if (mongo_duplicate_is_told(&told))
    mongo_duplicate_write(&told, teller->database, out);
  else
    json_write_text(out, message);
  buf_deinit(&read);
}

void mongo_error_write_change(const struct query_write_error *failed,
                              const struct mongo_teller *teller, struct buf *out) {
  uint32_t number = number_of(failed->code, failed->foreign);
  const char *name = name_of(number);
  buf_append_format(out, "\"code\":%u,\"codeName\":", (unsigned)number);
  if (name)
    buf_append_format(out, "\"%s\",", name);
  else
    buf_append_format(out, "\"Location%u\",", (unsigned)number);
  put_hint(failed->hint, out);
  put_detail(failed, teller, out);
}
