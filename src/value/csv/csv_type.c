/* SPDX-License-Identifier: MIT */
/* The types of columns. */
#include <math.h>

#include "base/text/num.h"
#include "value/csv/csv_int.h"

bool csv__is_bool(struct slice text, bool *v) {
  *v = slice_is_equal(text, slice_of_text("true"));
  return *v || slice_is_equal(text, slice_of_text("false"));
}

bool csv__is_int(struct slice text, int64_t *v) {
  char printed[NUM_TEXT_BYTES_MAX];
  if (text.bytes > NUM_TEXT_BYTES_MAX || !num_parse_int64(text, v)) return false;
  return slice_is_equal(text, slice_of(printed, num_format_int64(*v, printed)));
}

static bool is_digit(uint8_t c) {
  return c >= '0' && c <= '9';
}

/* Minus, digits without a zero in front, point and digits or neither. */
static bool is_plain_number(struct slice text) {
  size_t at = text.bytes > 0 && text.data[0] == '-', from = at;
  while (at < text.bytes && is_digit(text.data[at])) at++;
  if (at == from || (text.data[from] == '0' && at - from > 1)) return false;
  if (at == text.bytes) return true;
  if (text.data[at++] != '.' || at == text.bytes) return false;
  while (at < text.bytes && is_digit(text.data[at])) at++;
  return at == text.bytes;
}

/* Without the zeroes at the end of the fraction, nor its point if nothing is left. */
static struct slice trim_fraction(struct slice text) {
  if (!memchr(text.data, '.', text.bytes)) return text;
  while (text.data[text.bytes - 1] == '0') text.bytes--;
  if (text.data[text.bytes - 1] == '.') text.bytes--;
  return text;
}

bool csv__is_float(struct slice text, double *v) {
  /* Larger ones are more likely numbers of things than measures, and not all of them are doubles.
   */
  static const double integer_max = 9007199254740992.0;
  char printed[NUM_TEXT_BYTES_MAX];
  if (!is_plain_number(text) || !num_parse_float64(text, v) || !isfinite(*v)) return false;
  if (fabs(*v) > integer_max && !memchr(text.data, '.', text.bytes)) return false;
  struct slice again = slice_of(printed, num_format_float64(*v, printed));
  return slice_is_equal(trim_fraction(text), trim_fraction(again));
}

void csv_type_init(struct csv_column_type *type) {
  *type = (struct csv_column_type){.can_int = true, .can_float = true, .can_bool = true};
}

static bool is_missing(struct csv_field field) {
  return field.text.bytes == 0 && !field.quoted;
}

void csv_type_see(struct csv_column_type *type, struct csv_field field) {
  int64_t integer;
  double real;
  bool boolean;
  if (is_missing(field)) return;
  type->seen = true;
  type->can_int = type->can_int && !field.quoted && csv__is_int(field.text, &integer);
  type->can_float = type->can_float && !field.quoted && csv__is_float(field.text, &real);
  type->can_bool = type->can_bool && !field.quoted && csv__is_bool(field.text, &boolean);
}

struct val csv_value(const struct csv_column_type *type, struct csv_field field) {
  int64_t integer;
  double real;
  bool boolean;
  if (is_missing(field)) return val_missing();
  if (!field.quoted) {
    if (type->can_int && csv__is_int(field.text, &integer)) return val_int64(integer);
    if (type->can_float && csv__is_float(field.text, &real)) return val_float64(real);
    if (type->can_bool && csv__is_bool(field.text, &boolean)) return val_bool(boolean);
  }
  return val_text(field.text);
}
