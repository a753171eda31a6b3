/* SPDX-License-Identifier: MIT */
/* The names of temporary collections. */
#include "model/catalog/catalog.h"

static const char mark[] = "\xf4\x8f\xbf\xbf"; /* U+10FFFF */
enum { MARK_BYTES = sizeof mark - 1 };

void catalog_temporary_prefix(uint64_t session, struct buf *out) {
  buf_append_format(out, "%s%llu:", mark, (unsigned long long)session);
}

bool catalog_is_temporary(struct slice name) {
  return name.bytes > MARK_BYTES && memcmp(name.data, mark, MARK_BYTES) == 0;
}

uint64_t catalog_session_of(struct slice name) {
  uint64_t session = 0;
  if (!catalog_is_temporary(name)) return 0;
  for (size_t at = MARK_BYTES; at < name.bytes && name.data[at] != ':'; at++)
    session = session * 10 + (uint64_t)(name.data[at] - '0');
  return session;
}

struct slice catalog_plain_name(struct slice name) {
  const uint8_t *colon = catalog_is_temporary(name) ? memchr(name.data, ':', name.bytes) : NULL;
  if (!colon) return name;
  size_t bytes = (size_t)(colon - name.data) + 1;
  return slice_of(name.data + bytes, name.bytes - bytes);
}

void catalog_plain_text(char *text) {
  for (char *at = text; (at = strstr(at, mark));) {
    char *end = at + MARK_BYTES;
    while (*end >= '0' && *end <= '9') end++;
    if (*end == ':') end++;
    memmove(at, end, strlen(end) + 1);
  }
}
