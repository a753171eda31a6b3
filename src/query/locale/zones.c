/* SPDX-License-Identifier: MIT */
#include "query/locale/zones.h"

#include <unicode/ucal.h>

void zones_init(struct zones *zones) {
  *zones = (struct zones){0};
}

void zones_deinit(struct zones *zones) {
  if (zones->calendar) ucal_close(zones->calendar);
  zones->calendar = NULL;
}

/** ICU takes "GMT+3:40" and abbreviations of its own; a name is good when it is in the list of the
 * database, which has it as it is spelt. */
static bool is_known(const UChar *name, int32_t units) {
  UChar canonical[ZONE_NAME_BYTES_MAX];
  UBool is_system = false;
  UErrorCode code = U_ZERO_ERROR;
  ucal_getCanonicalTimeZoneID(name, units, canonical, ZONE_NAME_BYTES_MAX, &is_system, &code);
  return U_SUCCESS(code) && is_system;
}

static bool open_zone(struct zones *zones, struct slice name) {
  UChar wide[ZONE_NAME_BYTES_MAX];
  UErrorCode code = U_ZERO_ERROR;
  zones_deinit(zones);
  if (name.bytes == 0 || name.bytes >= ZONE_NAME_BYTES_MAX) return false;
  for (size_t i = 0; i < name.bytes; i++) {
    if (name.data[i] == 0 || name.data[i] > 126) return false;
    wide[i] = name.data[i];
  }
  if (!is_known(wide, (int32_t)name.bytes)) return false;
  UCalendar *calendar = ucal_open(wide, (int32_t)name.bytes, "en_US", UCAL_GREGORIAN, &code);
  if (!calendar || U_FAILURE(code)) return false;
  memcpy(zones->name, name.data, name.bytes);
  zones->name[name.bytes] = 0;
  zones->calendar = calendar;
  return true;
}

bool zones_offset(struct zones *zones, struct slice name, int64_t utc_ms, int32_t *offset_ms) {
  bool is_open = zones->calendar && slice_is_equal(name, slice_of_text(zones->name));
  UErrorCode code = U_ZERO_ERROR;
  if (!is_open && !open_zone(zones, name)) return false;
  ucal_setMillis(zones->calendar, (UDate)utc_ms, &code);
  *offset_ms = ucal_get(zones->calendar, UCAL_ZONE_OFFSET, &code) +
               ucal_get(zones->calendar, UCAL_DST_OFFSET, &code);
  return U_SUCCESS(code);
}
