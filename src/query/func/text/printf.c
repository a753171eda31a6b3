/* SPDX-License-Identifier: MIT */
/* printf as SQLite has it: C's conversions over values, with `,` for thousands, and q, Q, w for
 * literals and names. What is missing or NULL is 0, or the empty text. */
#include <stdio.h>

#include "base/text/utf8.h"
#include "query/func/func_int.h"

enum { WIDTH_MAX = 10000, PRECISION_MAX = 350, NUMBER_BYTES = 512 };

struct conversion {
  bool left, plus, blank, zero, other, thousands;
  int width, precision; /* precision -1: none */
  uint8_t kind;
};

static bool is_digit(uint8_t c) {
  return c >= '0' && c <= '9';
}

static size_t read_number(struct slice form, size_t at, int most, int *number) {
  for (; at < form.bytes && is_digit(form.data[at]); at++)
    if (*number <= most) *number = *number * 10 + (form.data[at] - '0');
  if (*number > most) *number = most;
  return at;
}

static bool read_flag(struct conversion *c, uint8_t flag) {
  switch (flag) {
  case '-': c->left = true; return true;
  case '+': c->plus = true; return true;
  case ' ': c->blank = true; return true;
  case '0': c->zero = true; return true;
  case '#':
  case '!': c->other = true; return true;
  case ',': c->thousands = true; return true;
  default: return false;
  }
}

/* The value for a `*`. */
static int taken(const struct val *args, uint32_t count, uint32_t *next, int most) {
  int64_t number = 0;
  if (*next < count && val_is_number(&args[*next])) (void)val_to_int64(&args[*next], &number);
  ++*next;
  return number > most ? most : number < -most ? -most : (int)number;
}

/* What stands behind `%`, to the letter. */
static size_t read_conversion(struct slice form, size_t at, const struct val *args, uint32_t count,
                              uint32_t *next, struct conversion *c) {
  *c = (struct conversion){.precision = -1};
  while (at < form.bytes && read_flag(c, form.data[at])) at++;
  if (at < form.bytes && form.data[at] == '*') {
    c->width = taken(args, count, next, WIDTH_MAX);
    c->left |= c->width < 0;
    if (c->width < 0) c->width = -c->width;
    at++;
  } else {
    at = read_number(form, at, WIDTH_MAX, &c->width);
  }
  if (at < form.bytes && form.data[at] == '.') {
    c->precision = 0;
    bool is_given = at + 1 < form.bytes && form.data[at + 1] == '*';
    if (is_given) c->precision = taken(args, count, next, PRECISION_MAX);
    at = is_given ? at + 2 : read_number(form, at + 1, PRECISION_MAX, &c->precision);
  }
  while (at < form.bytes && (form.data[at] == 'l' || form.data[at] == 'h')) at++;
  c->kind = at < form.bytes ? form.data[at] : 0;
  return at;
}

/* ---- writing ---- */

static void pad(struct buf *out, int count, uint8_t with) {
  for (int i = 0; i < count; i++) buf_append_byte(out, with);
}

/* `sign` and `digits` in the width; zeroes go between them. */
static void put_padded(struct buf *out, const struct conversion *c, struct slice sign,
                       struct slice digits) {
  int missing = c->width - (int)(utf8_count(digits) + sign.bytes);
  if (!c->left && !c->zero) pad(out, missing, ' ');
  buf_append_slice(out, sign);
  if (!c->left && c->zero) pad(out, missing, '0');
  buf_append_slice(out, digits);
  if (c->left) pad(out, missing, ' ');
}

static struct slice sign_of(const struct conversion *c, bool is_negative) {
  return slice_of_text(is_negative ? "-" : c->plus ? "+" : c->blank ? " " : "");
}

/* Digits of a whole number in a base, with commas where they are asked for. */
static struct slice write_digits(const struct conversion *c, uint64_t number, char *room) {
  static const char small[] = "0123456789abcdef", large[] = "0123456789ABCDEF";
  unsigned base = c->kind == 'o' ? 8 : c->kind == 'x' || c->kind == 'X' ? 16 : 10;
  size_t at = NUMBER_BYTES;
  int digits = 0;
  do {
    if (c->thousands && base == 10 && digits && digits % 3 == 0) room[--at] = ',';
    room[--at] = (c->kind == 'X' ? large : small)[number % base];
    number /= base;
    digits++;
  } while (number || (digits < c->precision && digits < PRECISION_MAX));
  return slice_of(room + at, NUMBER_BYTES - at);
}

static void put_whole(struct buf *out, const struct conversion *c, const struct val *value) {
  char room[NUMBER_BYTES];
  int64_t number = 0;
  if (val_is_number(value) && !val_to_int64(value, &number))
    number = (int64_t)val_to_float64(value);
  bool is_signed = c->kind == 'd' || c->kind == 'i';
  bool is_negative = is_signed && number < 0;
  uint64_t size = is_negative ? 0 - (uint64_t)number : (uint64_t)number;
  put_padded(out, c, is_signed ? sign_of(c, is_negative) : slice_of(NULL, 0),
             write_digits(c, size, room));
}

/* Commas between the digits before the point. */
static size_t add_commas(char *room, size_t bytes) {
  size_t whole = strcspn(room, ".e");
  for (size_t at = whole; at > 3 && bytes + 1 < NUMBER_BYTES;) {
    at -= 3;
    memmove(room + at + 1, room + at, bytes - at + 1);
    room[at] = ',';
    bytes++;
  }
  return bytes;
}

static int write_real(char *room, uint8_t kind, int precision, double number) {
  switch (kind) {
  case 'e': return snprintf(room, NUMBER_BYTES, "%.*e", precision, number);
  case 'E': return snprintf(room, NUMBER_BYTES, "%.*E", precision, number);
  case 'g': return snprintf(room, NUMBER_BYTES, "%.*g", precision, number);
  case 'G': return snprintf(room, NUMBER_BYTES, "%.*G", precision, number);
  default: return snprintf(room, NUMBER_BYTES, "%.*f", precision, number);
  }
}

static void put_real(struct buf *out, const struct conversion *c, const struct val *value) {
  char room[NUMBER_BYTES];
  double number = val_is_number(value) ? val_to_float64(value) : 0;
  bool is_negative = number < 0;
  int precision = c->precision < 0 ? 6 : c->precision < 100 ? c->precision : 100;
  int written = write_real(room, c->kind, precision, is_negative ? -number : number);
  size_t bytes = written < 0                     ? 0
                 : (size_t)written < sizeof room ? (size_t)written
                                                 : sizeof room - 1;
  if (c->thousands) bytes = add_commas(room, bytes);
  put_padded(out, c, sign_of(c, is_negative), slice_of(room, bytes));
}

/* Each `mark` twice. */
static void put_doubled(struct buf *out, struct slice text, uint8_t mark) {
  for (size_t i = 0; i < text.bytes; i++) {
    if (text.data[i] == mark) buf_append_byte(out, mark);
    buf_append_byte(out, text.data[i]);
  }
}

static status put_text(struct func_env *env, const struct conversion *c, const struct val *value,
                       struct err *err) {
  struct buf *out = env->scratch;
  struct val text = val_text(slice_of(NULL, 0));
  if (!val_is_null(value)) {
    struct buf room;
    buf_init(&room, out->bytes_max);
    func_append_text(&room, value);
    status done = buf_check(&room, "a text", err);
    if (done == LUMA_OK) done = func__text(env, buf_slice(&room), &text, err);
    buf_deinit(&room);
    TRY(done);
  }
  struct slice shown = val_slice(&text);
  if (c->kind == 'c') shown.bytes = func__prefix_bytes(shown, 1);
  if (c->kind == 's' && c->precision >= 0) shown.bytes = func__prefix_bytes(shown, c->precision);
  if (c->kind == 's' || c->kind == 'z' || c->kind == 'c') {
    put_padded(out, &(struct conversion){.left = c->left, .width = c->width}, slice_of(NULL, 0),
               shown);
    return LUMA_OK;
  }
  bool is_literal = c->kind == 'Q' && !val_is_null(value);
  if (c->kind == 'Q' && val_is_null(value)) buf_append_text(out, "NULL");
  if (is_literal) buf_append_byte(out, '\'');
  put_doubled(out, shown, c->kind == 'w' ? '"' : '\'');
  if (is_literal) buf_append_byte(out, '\'');
  return LUMA_OK;
}

static status put(struct func_env *env, const struct conversion *c, const struct val *value,
                  struct err *err) {
  if (c->kind && strchr("diuxXo", c->kind)) return put_whole(env->scratch, c, value), LUMA_OK;
  if (c->kind && strchr("feEgG", c->kind)) return put_real(env->scratch, c, value), LUMA_OK;
  if (c->kind && strchr("szcqQw", c->kind)) return put_text(env, c, value, err);
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "printf has no conversion `%%%c`",
            c->kind ? c->kind : ' ');
  err_hint(err, "%%d %%i %%u %%x %%X %%o %%f %%e %%g %%s %%c %%q %%Q %%w, and %%%%");
  return LUMA_INVALID_ARGUMENT;
}

static status put_all(struct func_env *env, const struct val *args, uint32_t count,
                      struct err *err) {
  const struct val nothing = val_null();
  struct slice form = val_slice(&args[0]);
  uint32_t next = 1;
  for (size_t i = 0; i < form.bytes; i++) {
    struct conversion c;
    bool is_plain = form.data[i] != '%';
    bool is_mark = !is_plain && i + 1 < form.bytes && form.data[i + 1] == '%';
    if (is_plain || is_mark) {
      buf_append_byte(env->scratch, form.data[i]);
      i += is_mark;
      continue;
    }
    i = read_conversion(form, i + 1, args, count, &next, &c);
    TRY(put(env, &c, next < count ? &args[next] : &nothing, err));
    next++;
  }
  return LUMA_OK;
}

status func__printf(struct func_env *env, const struct val *args, uint32_t count, struct val *out,
                    struct err *err) {
  *out = val_null();
  if (val_is_null(&args[0])) return LUMA_OK;
  if (args[0].type != VAL_TEXT) return func__clash(env, out);
  status done = put_all(env, args, count, err);
  if (done == LUMA_OK) return func__scratch_text(env, out, err);
  buf_reset(env->scratch);
  return done;
}
