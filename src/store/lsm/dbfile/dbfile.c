/* SPDX-License-Identifier: MIT */
#include "store/lsm/dbfile/dbfile.h"

#include <stdio.h>
#include <string.h>

enum { NUMBER_DIGITS = 12 };

static const struct {
  enum dbfile_kind kind;
  bool is_numbered;
  const char *text; /* the whole name, or what follows the number */
} forms[] = {
    {DBFILE_LOCK, false, "LOCK"},
    {DBFILE_CURRENT, false, "CURRENT"},
    {DBFILE_CURRENT_MAKING, false, "CURRENT.new"},
    {DBFILE_MANIFEST, true, ".manifest"},
    {DBFILE_WAL, true, ".wal"},
    {DBFILE_SORTED, true, ".sorted"},
    {DBFILE_BLOB, true, ".blob"},
};
enum { FORMS_COUNT = sizeof forms / sizeof forms[0] };

status dbfile_make(const char *directory, enum dbfile_kind kind, uint64_t number,
                   struct dbfile_path *path, struct err *err) {
  int written = -1;
  for (size_t i = 0; i < FORMS_COUNT; i++) {
    if (forms[i].kind != kind) continue;
    written = forms[i].is_numbered
                  ? snprintf(path->text, sizeof path->text, "%s/%0*llu%s", directory, NUMBER_DIGITS,
                             (unsigned long long)number, forms[i].text)
                  : snprintf(path->text, sizeof path->text, "%s/%s", directory, forms[i].text);
  }
  if (written < 0 || (size_t)written >= sizeof path->text)
    FAIL(err, LUMA_INVALID_ARGUMENT, "the path of the database is longer than %d bytes",
         DBFILE_PATH_BYTES - 32);
  return LUMA_OK;
}

enum dbfile_kind dbfile_parse(const char *name, uint64_t *number) {
  uint64_t value = 0;
  size_t digits = 0;
  while (digits < NUMBER_DIGITS && name[digits] >= '0' && name[digits] <= '9')
    value = value * 10 + (uint64_t)(name[digits++] - '0');
  for (size_t i = 0; i < FORMS_COUNT; i++) {
    if (forms[i].is_numbered != (digits == NUMBER_DIGITS)) continue;
    if (strcmp(forms[i].is_numbered ? name + digits : name, forms[i].text) != 0) continue;
    *number = value;
    return forms[i].kind;
  }
  return DBFILE_OTHER;
}
