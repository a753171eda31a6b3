/* SPDX-License-Identifier: MIT */
/* Literals: the values in a command at which another command may differ and be planned alike. Which
 * these are is told by where they stand: operands of comparisons in a filter, and of operators that
 * take any value in an update. The text is scanned, not parsed: what is not written plainly is no
 * literal, and a text that is not JSON has none that is taken, as its plan was never made. */
#include "base/core/assert.h"
#include "base/text/num.h"
#include "base/text/utf8.h"
#include "query/lang/jql/jql_int.h"
#include "value/ulid/ulid.h"

enum { DIGITS_MAX = 18, UUID_TEXT_BYTES = 36, ID_BYTES = 12, FIELDS_MAX = 32 };

struct scanning {
  struct slice text;
  size_t at;
  struct literals *out;
  struct slice command; /* its name */
};

/** Passes the value of a field; false: the text is written in a way not known here. */
typedef bool read_field(struct scanning *scanning, struct slice name);

static uint8_t peek(struct scanning *scanning) {
  scanning->at = jql__skip_space(scanning->text, scanning->at);
  return scanning->at < scanning->text.bytes ? scanning->text.data[scanning->at] : 0;
}

static bool take(struct scanning *scanning, char c) {
  if (peek(scanning) != (uint8_t)c) return false;
  scanning->at++;
  return true;
}

static bool is_named(struct slice name, const char *wanted) {
  return slice_is_equal(name, slice_of_text(wanted));
}

static bool is_any_of(struct slice name, const char *const *names) {
  for (; *names; names++)
    if (is_named(name, *names)) return true;
  return false;
}

/** The string there, passed; false where it is none, or has escapes. */
static bool take_string(struct scanning *scanning, struct slice *string) {
  if (!take(scanning, '"')) return false;
  const uint8_t *from = scanning->text.data + scanning->at;
  size_t left = scanning->text.bytes - scanning->at, bytes = 0;
  while (bytes < left && from[bytes] != '"' && from[bytes] != '\\' && from[bytes] >= 0x20) bytes++;
  if (bytes == left || from[bytes] != '"') return false;
  *string = slice_of(from, bytes);
  scanning->at += bytes + 1;
  return true;
}

static bool pass(struct scanning *scanning) {
  if (!peek(scanning)) return false;
  scanning->at = jql__skip_value(scanning->text, scanning->at);
  return true;
}

/** Of fields of one name only one counts, whichever it is: such a map has no literals. */
static bool is_new(const struct slice *names, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (slice_is_equal(names[i], names[count])) return false;
  return true;
}

static bool each_field(struct scanning *scanning, read_field *read) {
  struct slice names[FIELDS_MAX];
  uint32_t count = 0;
  if (!take(scanning, '{')) return false;
  if (take(scanning, '}')) return true;
  do {
    bool is_field = count < FIELDS_MAX && take_string(scanning, &names[count]) &&
                    is_new(names, count) && take(scanning, ':') && read(scanning, names[count]);
    if (!is_field) return false;
    count++;
  } while (take(scanning, ','));
  return take(scanning, '}');
}

/** The name of the first field of the map there, which is not passed. */
static struct slice first_name(struct scanning *scanning) {
  struct slice name = {0};
  size_t at = scanning->at;
  if (!take(scanning, '{') || !take_string(scanning, &name)) name = slice_of(NULL, 0);
  scanning->at = at;
  return name;
}

/* ---- values ---- */

/** What there is no room for is part of the text. */
static void add(struct scanning *scanning, enum literal_kind kind, size_t from) {
  struct literals *out = scanning->out;
  if (kind == LITERAL_NONE || out->count == LITERALS_MAX) return;
  out->items[out->count++] =
      (struct literal){(uint32_t)from, (uint32_t)(scanning->at - from), kind};
}

static bool is_hex(struct slice text) {
  for (size_t i = 0; i < text.bytes; i++)
    if (num_hex_digit(text.data[i]) < 0) return false;
  return true;
}

/** Texts that may spell a value of another kind are planned otherwise than those that do not. */
static enum literal_kind kind_of_text(struct slice text) {
  uint8_t id[ULID_BYTES];
  if (text.bytes == ULID_TEXT_BYTES && ulid_parse(text, id)) return LITERAL_ULID_TEXT;
  if (text.bytes == UUID_TEXT_BYTES && uuid_parse(text, id)) return LITERAL_UUID_TEXT;
  if (text.bytes == 2 * ID_BYTES && is_hex(text)) return LITERAL_ID_TEXT;
  uint8_t first = text.bytes ? text.data[0] | 0x20 : 0;
  bool is_plain = first >= 'a' && first <= 'z' && utf8_is_valid(text, NULL);
  return is_plain ? LITERAL_TEXT : LITERAL_NONE;
}

/** A whole number without a fraction, an exponent or zeros before it. */
static bool take_integer(struct scanning *scanning) {
  const uint8_t *data = scanning->text.data;
  size_t end = scanning->text.bytes, from = scanning->at + (data[scanning->at] == '-'), at = from;
  while (at < end && data[at] >= '0' && data[at] <= '9') at++;
  uint8_t next = at < end ? data[at] : 0;
  bool ends = next == ',' || next == '}' || next == ']' || next == ' ' || next == '\n';
  if (at == from || at - from > DIGITS_MAX || data[from] == '0' || !ends) return false;
  scanning->at = at;
  return true;
}

/** {"$oid": "…"} */
static bool take_id(struct scanning *scanning) {
  struct slice name, text;
  size_t from = scanning->at;
  bool is_it = take(scanning, '{') && take_string(scanning, &name) && is_named(name, "$oid") &&
               take(scanning, ':') && take_string(scanning, &text) && text.bytes == 2 * ID_BYTES &&
               is_hex(text) && take(scanning, '}');
  if (!is_it) scanning->at = from;
  return is_it;
}

static bool read_value(struct scanning *scanning) {
  uint8_t first = peek(scanning);
  size_t from = scanning->at;
  struct slice text;
  if (first == '"') {
    if (!take_string(scanning, &text)) return pass(scanning);
    add(scanning, kind_of_text(text), from);
    return true;
  }
  bool is_number = first == '-' || (first >= '0' && first <= '9');
  if (is_number && take_integer(scanning)) {
    add(scanning, LITERAL_INTEGER, from);
    return true;
  }
  if (first == '{' && take_id(scanning)) {
    add(scanning, LITERAL_ID, from);
    return true;
  }
  return pass(scanning);
}

/* ---- filters ---- */

static bool read_operator(struct scanning *scanning, struct slice name) {
  static const char *const comparing[] = {"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", NULL};
  return is_any_of(name, comparing) ? read_value(scanning) : pass(scanning);
}

static bool read_condition(struct scanning *scanning, struct slice name);

static bool read_filters(struct scanning *scanning) {
  if (!take(scanning, '[')) return false;
  do
    if (!each_field(scanning, read_condition)) return false;
  while (take(scanning, ','));
  return take(scanning, ']');
}

static bool read_condition(struct scanning *scanning, struct slice name) {
  if (is_named(name, "$and") || is_named(name, "$or")) return read_filters(scanning);
  if (jql_is_operator(name)) return pass(scanning);
  bool has_operators = peek(scanning) == '{' && jql_is_operator(first_name(scanning)) &&
                       !is_named(first_name(scanning), "$oid");
  return has_operators ? each_field(scanning, read_operator) : read_value(scanning);
}

/* ---- updates ---- */

static bool read_operand(struct scanning *scanning, struct slice name) {
  (void)name;
  return read_value(scanning);
}

static bool read_change(struct scanning *scanning, struct slice name) {
  static const char *const plain[] = {"$set", "$setOnInsert", "$inc",      "$mul", "$min",
                                      "$max", "$push",        "$addToSet", NULL};
  bool is_plain = is_any_of(name, plain) && peek(scanning) == '{';
  return is_plain ? each_field(scanning, read_operand) : pass(scanning);
}

static bool read_changes(struct scanning *scanning) {
  return peek(scanning) == '{' ? each_field(scanning, read_change) : pass(scanning);
}

static bool read_part(struct scanning *scanning, struct slice name) {
  if (is_named(name, "q")) return each_field(scanning, read_condition);
  return is_named(name, "u") ? read_changes(scanning) : pass(scanning);
}

/** A list of one change: those of more are planned for what they have in common. */
static bool read_list(struct scanning *scanning) {
  return take(scanning, '[') && each_field(scanning, read_part) && take(scanning, ']');
}

/* ---- commands ---- */

static bool read_command(struct scanning *scanning, struct slice name) {
  static const char *const commands[] = {"find",   "count",         "update",
                                         "delete", "findAndModify", NULL};
  if (!scanning->command.bytes) {
    scanning->command = name;
    return is_any_of(name, commands) && pass(scanning);
  }
  bool is_filter = is_named(name, "filter") || is_named(name, "query");
  if (is_filter && peek(scanning) == '{') return each_field(scanning, read_condition);
  if (is_named(name, "updates") || is_named(name, "deletes")) return read_list(scanning);
  if (is_named(name, "update")) return read_changes(scanning);
  return pass(scanning);
}

bool jql_literals(struct slice text, struct literals *literals) {
  struct scanning scanning = {.text = text, .out = literals};
  literals->count = 0;
  if (text.bytes > LITERALS_TEXT_BYTES_MAX || !each_field(&scanning, read_command)) return false;
  (void)take(&scanning, ';');
  return peek(&scanning) == 0 && scanning.at == text.bytes && literals->count > 0;
}

uint32_t jql__literal_at(const struct jql *jql, size_t offset) {
  const struct literals *literals = jql->plain ? NULL : jql->context->literals;
  for (uint32_t i = 0; literals && i < literals->count; i++)
    if (literals->items[i].at == offset) return i + 1;
  return 0;
}

/* ---- what they say ---- */

static struct val read_integer(struct slice digits) {
  uint64_t value = 0;
  bool is_negative = digits.data[0] == '-';
  for (size_t i = is_negative; i < digits.bytes; i++) value = value * 10 + (digits.data[i] - '0');
  return val_int64(is_negative ? -(int64_t)value : (int64_t)value);
}

/** Of {"$oid": "…"}: what stands in the last quotes. */
static struct val read_id(struct slice written) {
  const uint8_t *end = memrchr(written.data, '"', written.bytes);
  struct val id = {.type = VAL_OBJECTID};
  ASSERT(end && end - written.data > 2 * ID_BYTES);
  const uint8_t *digits = end - 2 * (size_t)ID_BYTES;
  for (size_t i = 0; i < ID_BYTES; i++)
    id.id[i] = (uint8_t)((unsigned)num_hex_digit(digits[2 * i]) << 4 |
                         (unsigned)num_hex_digit(digits[2 * i + 1]));
  return id;
}

struct val literals_value(struct slice text, const struct literal *literal) {
  struct slice written = slice_of(text.data + literal->at, literal->bytes);
  if (literal->kind == LITERAL_INTEGER) return read_integer(written);
  if (literal->kind == LITERAL_ID) return read_id(written);
  return val_text(slice_of(written.data + 1, written.bytes - 2));
}
