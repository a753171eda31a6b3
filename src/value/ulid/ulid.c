/* SPDX-License-Identifier: MIT */
/* Making ULIDs, and the text of ULIDs and UUIDs. The 16 bytes are big-endian: memcmp order is order
 * in time. */
#include "value/ulid/ulid.h"

#include "base/core/bytes.h"
#include "base/text/num.h"

enum { TIME_BYTES = 6, RANDOM_BYTES = 10, STEP_BYTES = 5 };

/* The last millisecond 48 bits can tell: in the year 10889. */
static const uint64_t TIME_MAX_MS = (UINT64_C(1) << 48) - 1;

static uint64_t time_of(const uint8_t ulid[ULID_BYTES]) {
  return load64be(ulid) >> 16;
}

static void draw(struct ulid_source *source, uint8_t *out, uint32_t bytes) {
  if (source->pool_left < bytes) {
    os_random(source->os, source->pool, sizeof source->pool);
    source->pool_left = sizeof source->pool;
  }
  source->pool_left -= bytes;
  memcpy(out, source->pool + source->pool_left, bytes);
}

static void begin_millisecond(struct ulid_source *source, uint64_t ms) {
  uint8_t time[8];
  store64be(time, ms << 16);
  memcpy(source->last, time, TIME_BYTES);
  draw(source, source->last + TIME_BYTES, RANDOM_BYTES);
}

/* Adds 1 to 2^40 to the 80 random bits; false when they overflow. */
static bool step_within(struct ulid_source *source) {
  uint8_t step[8] = {0};
  draw(source, step, STEP_BYTES);
  uint64_t low = load64be(source->last + 8), add = load64le(step) + 1;
  uint16_t top = (uint16_t)(source->last[6] << 8 | source->last[7]);
  bool carry = low + add < low;
  if (carry && top == UINT16_MAX) return false;
  top = (uint16_t)(top + carry);
  source->last[6] = (uint8_t)(top >> 8);
  source->last[7] = (uint8_t)top;
  store64be(source->last + 8, low + add);
  return true;
}

void ulid_source_init(struct ulid_source *source, struct os *os) {
  *source = (struct ulid_source){.os = os};
  mutex_init(&source->lock);
}

void ulid_source_deinit(struct ulid_source *source) {
  mutex_deinit(&source->lock);
}

void ulid_source_raise(struct ulid_source *source, const uint8_t floor[ULID_BYTES]) {
  mutex_lock(&source->lock);
  bool is_above = memcmp(floor, source->last, ULID_BYTES) > 0;
  if (is_above && time_of(floor) < TIME_MAX_MS) memcpy(source->last, floor, ULID_BYTES);
  mutex_unlock(&source->lock);
}

void ulid_next(struct ulid_source *source, uint8_t out[ULID_BYTES]) {
  mutex_lock(&source->lock);
  uint64_t now_ms = os_now_us(source->os) / 1000, last_ms = time_of(source->last);
  if (now_ms > TIME_MAX_MS) now_ms = TIME_MAX_MS;
  if (now_ms > last_ms) {
    begin_millisecond(source, now_ms);
  } else if (!step_within(source)) {
    begin_millisecond(source, last_ms < TIME_MAX_MS ? last_ms + 1 : now_ms);
  }
  memcpy(out, source->last, ULID_BYTES);
  mutex_unlock(&source->lock);
}

void ulid_format(const uint8_t ulid[ULID_BYTES], char out[ULID_TEXT_BYTES]) {
  static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  uint64_t high = load64be(ulid), low = load64be(ulid + 8);
  for (unsigned i = ULID_TEXT_BYTES; i-- > 0; high >>= 5) {
    out[i] = alphabet[low & 31];
    low = low >> 5 | high << 59;
  }
}

/* One more than the value of a character of Crockford's base 32; 0 for all others. U is left out on
 * purpose. */
static const uint8_t CROCKFORD[256] = {
    ['0'] = 1,  ['O'] = 1,  ['o'] = 1,  ['1'] = 2,  ['I'] = 2,  ['i'] = 2,  ['L'] = 2,  ['l'] = 2,
    ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16, ['G'] = 17, ['H'] = 18,
    ['J'] = 19, ['K'] = 20, ['M'] = 21, ['N'] = 22, ['P'] = 23, ['Q'] = 24, ['R'] = 25, ['S'] = 26,
    ['T'] = 27, ['V'] = 28, ['W'] = 29, ['X'] = 30, ['Y'] = 31, ['Z'] = 32, ['a'] = 11, ['b'] = 12,
    ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['g'] = 17, ['h'] = 18, ['j'] = 19, ['k'] = 20,
    ['m'] = 21, ['n'] = 22, ['p'] = 23, ['q'] = 24, ['r'] = 25, ['s'] = 26, ['t'] = 27, ['v'] = 28,
    ['w'] = 29, ['x'] = 30, ['y'] = 31, ['z'] = 32};

bool ulid_parse(struct slice text, uint8_t out[ULID_BYTES]) {
  if (text.bytes != ULID_TEXT_BYTES || CROCKFORD[text.data[0]] > 8) return false;
  uint64_t high = 0, low = 0;
  for (size_t i = 0; i < text.bytes; i++) {
    unsigned digit = CROCKFORD[text.data[i]];
    if (digit == 0) return false;
    high = high << 5 | low >> 59;
    low = low << 5 | (digit - 1);
  }
  store64be(out, high);
  store64be(out + 8, low);
  return true;
}

enum { UUID_BYTES = 16, UUID_TEXT_BYTES = 36 };

static bool is_dash_place(size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

void uuid_format(const uint8_t uuid[UUID_BYTES], char out[UUID_TEXT_BYTES]) {
  static const char hex[] = "0123456789abcdef";
  const uint8_t *from = uuid;
  for (size_t i = 0; i < UUID_TEXT_BYTES;) {
    if (is_dash_place(i)) {
      out[i++] = '-';
    } else {
      out[i++] = hex[*from >> 4];
      out[i++] = hex[*from++ & 15];
    }
  }
}

bool uuid_parse(struct slice text, uint8_t out[UUID_BYTES]) {
  if (text.bytes != UUID_TEXT_BYTES) return false;
  uint8_t uuid[UUID_BYTES], *to = uuid;
  for (size_t i = 0; i < UUID_TEXT_BYTES;) {
    if (is_dash_place(i)) {
      if (text.data[i++] != '-') return false;
      continue;
    }
    int high = num_hex_digit(text.data[i]), low = num_hex_digit(text.data[i + 1]);
    if (high < 0 || low < 0) return false;
    *to++ = (uint8_t)(high << 4 | low);
    i += 2;
  }
  memcpy(out, uuid, UUID_BYTES);
  return true;
}
