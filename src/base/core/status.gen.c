/* SPDX-License-Identifier: MIT */
/* Made by tools/gen/errors.py from spec/errors.tsv: change that, not this. */
#include "base/core/status.h"

#include <string.h>

static const struct status_info table[] = {
    {"ok", "ok", "it worked", 0, 200, false},
    {"syntax_error", "user", "the text of the statement is not in the language", 1, 400, false},
    {"invalid_argument", "user", "an argument is not of the form or range the call takes", 2, 400, false},
    {"invalid_value", "user", "a value cannot be read, converted or stored", 3, 400, false},
    {"invalid_json", "user", "the text is not JSON", 4, 400, false},
    {"invalid_csv", "user", "the text is not CSV", 5, 400, false},
    {"type_mismatch", "user", "an operation does not exist for the types given", 6, 400, false},
    {"unknown_collection", "not_found", "there is no collection of this name", 7, 404, false},
    {"unknown_field", "user", "no source has an attribute of this name", 8, 400, false},
    {"unknown_function", "user", "there is no function of this name", 9, 400, false},
    {"unknown_operator", "user", "there is no operator of this name", 10, 400, false},
    {"unknown_index", "not_found", "there is no index of this name", 11, 404, false},
    {"unknown_language", "user", "there is no query language of this name", 12, 400, false},
    {"unknown_parameter", "user", "the statement names a parameter that was not given", 13, 400, false},
    {"not_found", "not_found", "there is nothing under this key", 14, 404, false},
    {"already_exists", "conflict", "something of this name exists already", 15, 409, false},
    {"duplicate_key", "conflict", "a unique key is taken", 16, 409, false},
    {"conflict", "conflict", "another transaction changed the same data first", 17, 409, true},
    {"constraint", "conflict", "a constraint does not hold", 18, 409, false},
    {"limit_reached", "conflict", "a counter's limit is reached", 19, 409, false},
    {"out_of_range", "user", "a number is outside what its type can hold", 20, 400, false},
    {"too_large", "user", "a document, statement or request is over its size limit", 21, 413, false},
    {"too_deep", "user", "nesting is over the depth limit", 22, 400, false},
    {"budget_exceeded", "resource", "a statement needs more memory than its budget", 23, 507, false},
    {"out_of_memory", "resource", "no memory is left", 24, 507, true},
    {"disk_full", "resource", "no room is left on the device", 25, 507, true},
    {"io_error", "io", "reading or writing a file failed", 26, 500, false},
    {"corrupt", "corrupt", "stored bytes fail their check", 27, 500, false},
    {"read_only", "state", "the database is open for reading only", 28, 403, false},
    {"locked", "state", "the database is open elsewhere", 29, 423, true},
    {"not_a_database", "state", "the target is not a LumaDB database", 30, 400, false},
    {"version_too_new", "state", "the files were written by a newer version", 31, 400, false},
    {"cannot_open", "state", "the database could not be opened", 32, 400, false},
    {"timeout", "resource", "the statement took longer than its limit", 33, 504, true},
    {"cancelled", "user", "the statement was cancelled", 34, 499, false},
    {"pending", "internal", "the answer is not here yet, ask again", 35, 503, true},
    {"closed", "state", "the handle, cursor or transaction has ended", 36, 409, false},
    {"gap", "state", "the feed no longer has this position", 37, 410, false},
    {"busy", "resource", "too much is under way", 38, 503, true},
    {"snapshot_too_old", "resource", "the snapshot is older than what is kept", 39, 409, true},
    {"unsupported", "user", "this build does not do that", 40, 501, false},
    {"unauthorized", "auth", "who you are is not known", 41, 401, false},
    {"forbidden", "auth", "you may not do that", 42, 403, false},
    {"method_not_allowed", "user", "this address does not take that method", 43, 405, false},
    {"unsupported_media", "user", "this address does not take that content type", 44, 415, false},
    {"precondition_failed", "conflict", "the document changed since it was read", 45, 412, false},
    {"unknown_session", "not_found", "there is no session of this name, or it expired", 46, 404, false},
    {"unknown_query", "not_found", "no statement of this name is running", 47, 404, false},
    {"internal", "bug", "a fault in LumaDB itself", 48, 500, false},
    {"invalid_being", "user", "a document breaks rules of its soul", 49, 422, false},
    {"invalid_genotype", "user", "a genotype has faults", 50, 422, false},
    {"max_affected", "user", "the statement would change more documents than it may", 51, 409, false},
    {"ambiguous", "user", "the name stands for several", 52, 409, false},
};

const struct status_info *status_info(status code) {
  size_t index = (size_t)code;
  return index < sizeof table / sizeof table[0] ? &table[index] : &table[LUMA_INTERNAL];
}

status status_by_name(const char *name, size_t bytes) {
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    if (strlen(table[i].name) == bytes && memcmp(table[i].name, name, bytes) == 0)
      return (status)table[i].number;
  return LUMA_INTERNAL;
}
