/* SPDX-License-Identifier: MIT */
/* Time zones by their names in the IANA database ("America/New_York"), through ICU. Opening a zone
 * is slow and statements use one over and over: the last one stays open. One thread. */
#ifndef QUERY_LOCALE_ZONES_H
#define QUERY_LOCALE_ZONES_H

#include "base/text/slice.h"

enum { ZONE_NAME_BYTES_MAX = 64 };

/** Fields are private to query/locale. */
struct zones {
  void *calendar;
  char name[ZONE_NAME_BYTES_MAX];
};

void zones_init(struct zones *zones);
void zones_deinit(struct zones *zones);
/** How far the zone is ahead of UTC, in milliseconds, at a moment (ms since 1970); false when there
 * is no such zone. */
bool zones_offset(struct zones *zones, struct slice name, int64_t utc_ms, int32_t *offset_ms);

#endif
