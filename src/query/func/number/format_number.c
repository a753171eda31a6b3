/* SPDX-License-Identifier: MIT */
/* PostgreSQL's templates of numbers: 9 a digit, 0 a digit or zero, . or D the point, , or G between
 * thousands, S MI PL SG PR signs, $ or L a currency, FM no filling, TH an ordinal. */
#include "query/func/number/format_number.h"

enum { NUMBER_DIGITS_MAX = 60 };

/** What a template asks for. */
struct layout {
  uint32_t before, after; /* digits on each side of the point */
  uint32_t zero_from;     /* digits before the point, counted from it, that are written as zeroes */
  bool has_point, fills_none, has_sign, brackets, ordinal, after_zero;
};

/** An element of templates and the letter it goes by here. */
struct element {
  const char *text;
  char mark;
};

/** Bytes of the element at the front of a template; `*mark` says which it is, small letter. */
static size_t element_of(struct slice template, char *mark) {
  static const struct element words[] = {{"FM", 'f'}, {"MI", 'm'}, {"PL", 'p'}, {"SG", 's'},
                                         {"PR", 'b'}, {"TH", 't'}, {"D", '.'},  {"G", ','},
                                         {"S", 's'},  {"L", '$'},  {"9", '9'},  {"0", '0'},
                                         {".", '.'},  {",", ','},  {"$", '$'}};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (!slice_begins_nocase(template, words[i].text)) continue;
    *mark = words[i].mark;
    return strlen(words[i].text);
  }
  *mark = ' ';
  return 1;
}

static struct layout layout_of(struct slice template) {
  struct layout layout = {0};
  uint32_t seen_zero_at = UINT32_MAX;
  while (template.bytes) {
    char mark = 0;
    size_t bytes = element_of(template, &mark);
    bool is_digit = mark == '9' || mark == '0';
    if (is_digit && mark == '0' && !layout.has_point && seen_zero_at == UINT32_MAX)
      seen_zero_at = layout.before;
    if (is_digit && !layout.has_point) layout.before++;
    if (is_digit && layout.has_point) layout.after++;
    if (mark == '0' && layout.has_point) layout.after_zero = true;
    if (mark == '.') layout.has_point = true;
    if (mark == 'f') layout.fills_none = true;
    if (mark == 's' || mark == 'm' || mark == 'p') layout.has_sign = true;
    if (mark == 'b') layout.brackets = true;
    if (mark == 't') layout.ordinal = true;
    template = slice_of(template.data + bytes, template.bytes - bytes);
  }
  if (seen_zero_at != UINT32_MAX) layout.zero_from = layout.before - seen_zero_at;
  return layout;
}

/** The digits on both sides of the point, rounded half away from zero. */
struct digits {
  char whole[NUMBER_DIGITS_MAX + 2], fraction[NUMBER_DIGITS_MAX + 2];
  uint32_t whole_count;
  bool negative, overflows;
};

static bool write_digits(struct decimal number, uint32_t places, struct digits *out) {
  struct decimal_parts parts;
  char text[NUMBER_DIGITS_MAX];
  uint32_t count = 0;
  if (decimal_unpack(number, &parts) != DECIMAL_FINITE) return false;
  int32_t drop = -(int32_t)places - parts.exponent;
  int64_t zeroes = drop < 0 && parts.coefficient ? -(int64_t)drop : 0;
  if (zeroes + DECIMAL_DIGITS_MAX > NUMBER_DIGITS_MAX) { /* more than any template has room for */
    *out = (struct digits){.whole_count = UINT32_MAX, .negative = parts.negative};
    return true;
  }
  for (; drop > 1 && parts.coefficient; drop--) parts.coefficient /= 10;
  if (drop >= 1) parts.coefficient = (parts.coefficient + 5) / 10;
  for (; zeroes > 0; zeroes--) text[count++] = '0';
  for (uint128 rest = parts.coefficient; rest && count < NUMBER_DIGITS_MAX; rest /= 10)
    text[count++] = (char)('0' + (int)(rest % 10));
  while (count <= places && count < NUMBER_DIGITS_MAX) text[count++] = '0';
  out->whole_count = 0;
  out->overflows = false;
  for (uint32_t i = count; i > places; i--) out->whole[out->whole_count++] = text[i - 1];
  for (uint32_t i = 0; i < places; i++) out->fraction[i] = text[places - 1 - i];
  if (out->whole_count == 1 && out->whole[0] == '0') out->whole_count = 0;
  out->negative = parts.negative && parts.coefficient;
  return true;
}

/** What is being written: the sign stands before the first digit, unless the template places it. */
struct writing {
  struct buf *out;
  const struct layout *layout;
  const struct digits *digits;
  uint32_t nth, nth_after; /* digits of the template so far */
  bool begun, pointed;
  bool holds_sign; /* an S stood before the digits: it is written with the first of them */
};

static void put_sign(struct writing *w) {
  if (w->begun) return;
  w->begun = true;
  if (w->holds_sign) buf_append_byte(w->out, w->digits->negative ? '-' : '+');
  if (w->layout->has_sign) return;
  if (w->digits->negative)
    buf_append_byte(w->out, w->layout->brackets ? '<' : '-');
  else if (!w->layout->fills_none)
    buf_append_byte(w->out, ' ');
}

static void put_digit(struct writing *w) {
  const struct digits *digits = w->digits;
  if (w->pointed) {
    uint32_t last = w->layout->after;
    while (w->layout->fills_none && !w->layout->after_zero && last &&
           digits->fraction[last - 1] == '0')
      last--;
    if (w->nth_after < last) buf_append_byte(w->out, (uint8_t)digits->fraction[w->nth_after]);
    w->nth_after++;
    return;
  }
  uint32_t from_point = w->layout->before - w->nth++;
  if (from_point <= digits->whole_count) {
    put_sign(w);
    buf_append_byte(w->out, (uint8_t)digits->whole[digits->whole_count - from_point]);
  } else if (from_point <= w->layout->zero_from) {
    put_sign(w);
    buf_append_byte(w->out, '0');
  } else if (from_point == 1 && !w->layout->has_point) {
    put_sign(w);
    buf_append_byte(w->out, '0');
  } else if (!w->layout->fills_none) {
    buf_append_byte(w->out, ' ');
  }
}

static void put_comma(struct writing *w) {
  if (w->begun)
    buf_append_byte(w->out, ',');
  else if (!w->layout->fills_none)
    buf_append_byte(w->out, ' ');
}

static void put_written_sign(struct writing *w, char mark) {
  bool negative = w->digits->negative;
  if (mark == 's' && !w->begun && w->nth == 0)
    w->holds_sign = true;
  else if (mark == 's')
    buf_append_byte(w->out, negative ? '-' : '+');
  else if (mark == 'm' ? negative : !negative)
    buf_append_byte(w->out, mark == 'm' ? '-' : '+');
  else if (!w->layout->fills_none)
    buf_append_byte(w->out, ' ');
}

static void put_ordinal(struct writing *w, bool small) {
  static const char *const ends[] = {"th", "st", "nd", "rd"};
  const struct digits *digits = w->digits;
  uint32_t n = digits->whole_count;
  int last = n ? digits->whole[n - 1] - '0' : 0;
  bool is_teen = n > 1 && digits->whole[n - 2] == '1';
  for (const char *end = ends[!is_teen && last <= 3 ? last : 0]; *end; end++)
    buf_append_byte(w->out, (uint8_t)(small ? *end : *end & 0xdf));
}

/** FM writes nothing for a zero before the point, except of zero itself. */
static bool is_zero(const struct digits *digits, uint32_t after) {
  if (digits->whole_count) return false;
  for (uint32_t i = 0; i < after; i++)
    if (digits->fraction[i] != '0') return false;
  return true;
}

/** The sign, and the zero that FM keeps where nothing else would stand before the point. */
static void put_point_zero(struct writing *w) {
  bool is_bare = !w->begun && w->layout->fills_none && is_zero(w->digits, w->layout->after);
  put_sign(w);
  if (is_bare) buf_append_byte(w->out, '0');
}

static void put_element(struct writing *w, char mark, struct slice text) {
  switch (mark) {
  case '9':
  case '0': put_digit(w); break;
  case '.':
    put_point_zero(w);
    buf_append_byte(w->out, '.');
    w->pointed = true;
    break;
  case ',': put_comma(w); break;
  case 's':
  case 'm':
  case 'p': put_written_sign(w, mark); break;
  case 'b':
    if (w->digits->negative)
      buf_append_byte(w->out, '>');
    else if (!w->layout->fills_none)
      buf_append_byte(w->out, ' ');
    break;
  case 't':
    if (!w->digits->overflows) put_ordinal(w, text.data[0] == 't');
    break;
  case '$': buf_append_byte(w->out, '$'); break;
  case 'f': break;
  default: buf_append_slice(w->out, text); break;
  }
}

/** A number with more digits than the template has: # for each of them. */
static void fill_digits(const struct layout *layout, struct digits *digits) {
  memset(digits->whole, '#', layout->before);
  memset(digits->fraction, '#', layout->after);
  digits->whole_count = layout->before;
  digits->overflows = true;
}

bool format_number_write(struct buf *out, struct slice template, struct decimal number) {
  struct layout layout = layout_of(template);
  struct digits digits;
  if (layout.before > NUMBER_DIGITS_MAX || layout.after > DECIMAL_DIGITS_MAX) return false;
  if (!write_digits(number, layout.after, &digits)) return false;
  if (digits.whole_count > layout.before) fill_digits(&layout, &digits);
  struct writing w = {.out = out, .layout = &layout, .digits = &digits};
  while (template.bytes) {
    char mark = 0;
    size_t bytes = element_of(template, &mark);
    put_element(&w, mark, slice_of(template.data, bytes));
    template = slice_of(template.data + bytes, template.bytes - bytes);
  }
  return true;
}

bool format_number_read(struct slice text, struct slice template, struct decimal *out) {
  struct layout layout = layout_of(template);
  char digits[NUMBER_DIGITS_MAX + 3];
  size_t count = 0;
  bool negative = false;
  for (size_t i = 0; i < text.bytes; i++) {
    uint8_t c = text.data[i];
    if (c == '-' || (c == '<' && layout.brackets)) negative = true;
    bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && !(c == '.' && layout.has_point)) continue;
    if (count == NUMBER_DIGITS_MAX) return false;
    digits[count++] = (char)c;
  }
  if (!decimal_parse(slice_of(digits, count), out, NULL)) return false;
  if (negative) *out = decimal_negate(*out);
  return true;
}
