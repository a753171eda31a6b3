/* SPDX-License-Identifier: MIT */
/* Checking bytes of unknown origin. The heap of a list or map must hold its values in order and
 * without gaps, so every byte is looked at once: the time is linear in the bytes, the recursion at
 * most DOC_DEPTH_MAX deep, and nothing is allocated. */
#include "base/text/utf8.h"
#include "value/doc/doc_int.h"

struct check {
  const uint8_t *base;
  const struct names *names;
  uint32_t names_count;
  struct err *err;
};

/* The part being checked: from `at` at most to `end`. */
struct span {
  const uint8_t *at, *end;
};

static status check_value(const struct check *check, struct span span, uint32_t depth,
                          uint32_t *bytes);

static status corrupt(const struct check *check, const uint8_t *at, const char *what) {
  uint64_t offset = (uint64_t)(at - check->base);
  err_raise(check->err, LUMA_CORRUPT, __FILE__, __LINE__, "%s at offset %llu of a document", what,
            (unsigned long long)offset);
  if (check->err) check->err->offset = offset;
  return LUMA_CORRUPT;
}

static size_t span_bytes(struct span span) {
  return (size_t)(span.end - span.at);
}

/* Length prefix of `skip` bytes after the tag: u8 in variant 0, u32 in variant 1. */
static status check_sized(const struct check *check, struct span span, uint32_t skip,
                          struct slice *content) {
  uint32_t variant = *span.at >> FORM_VARIANT_SHIFT;
  size_t room = span_bytes(span), prefix = 1 + skip + (variant == 0 ? 1 : 4);
  if (variant > 1) return corrupt(check, span.at, "unknown tag");
  if (room < prefix) return corrupt(check, span.at, "truncated value");
  const uint8_t *length_at = span.at + 1 + skip;
  uint32_t length = variant == 0 ? *length_at : load32le(length_at);
  if (room - prefix < length) return corrupt(check, span.at, "length past the end");
  *content = slice_of(span.at + prefix, length);
  return LUMA_OK;
}

static status check_text(const struct check *check, struct span span, uint32_t *bytes) {
  struct slice text = {0};
  TRY(check_sized(check, span, 0, &text));
  size_t bad = 0;
  if (!utf8_is_valid(text, &bad)) return corrupt(check, text.data + bad, "invalid UTF-8");
  bool is_regex = (*span.at & FORM_TYPE_MASK) == VAL_REGEX;
  if (is_regex && (text.bytes == 0 || !memchr(text.data, 0, text.bytes)))
    return corrupt(check, span.at, "regular expression without its options");
  *bytes = (uint32_t)(text.data + text.bytes - span.at);
  return LUMA_OK;
}

static status check_bytes(const struct check *check, struct span span, uint32_t *bytes) {
  static const uint8_t element_bytes[] = {
      [VAL_VECTOR_F32] = 4, [VAL_VECTOR_F16] = 2, [VAL_VECTOR_I8] = 1};
  struct slice content = {0};
  TRY(check_sized(check, span, 1, &content));
  if ((*span.at & FORM_TYPE_MASK) == VAL_VECTOR) {
    uint8_t kind = span.at[1];
    if (kind > VAL_VECTOR_I8) return corrupt(check, span.at, "unknown kind of vector");
    if (content.bytes % element_bytes[kind])
      return corrupt(check, span.at, "half an element in a vector");
  }
  *bytes = (uint32_t)(content.data + content.bytes - span.at);
  return LUMA_OK;
}

/* The name of a field: an id the dictionary has, or inline at `*at`, which then moves past it. */
static status check_name(const struct check *check, const struct form_directory *d, uint32_t index,
                         struct span *heap) {
  uint32_t ref = form_word(d->names, d->word, index), inline_bit = form_inline_bit(d->word);
  const uint8_t *word_at = d->names + (size_t)index * d->word;
  if (!(ref & inline_bit)) {
    if (ref >= check->names_count) return corrupt(check, word_at, "unknown name id");
    return LUMA_OK;
  }
  if ((ref ^ inline_bit) != (size_t)(heap->at - d->start))
    return corrupt(check, word_at, "misplaced name");
  if (heap->at == heap->end || (*heap->at & FORM_TYPE_MASK) != VAL_TEXT)
    return corrupt(check, heap->at, "name that is not text");
  uint32_t bytes = 0;
  TRY(check_text(check, *heap, &bytes));
  heap->at += bytes;
  return LUMA_OK;
}

static status check_children(const struct check *check, const struct form_directory *d,
                             struct span heap, uint32_t depth) {
  bool is_map = (*d->start & FORM_TYPE_MASK) == VAL_MAP;
  for (uint32_t i = 0; i < d->count; i++) {
    if (is_map) TRY(check_name(check, d, i, &heap));
    if (form_word(d->offsets, d->word, i) != (size_t)(heap.at - d->start))
      return corrupt(check, d->offsets + (size_t)i * d->word, "misplaced value");
    uint32_t bytes = 0;
    TRY(check_value(check, heap, depth, &bytes));
    heap.at += bytes;
  }
  if (heap.at != heap.end) return corrupt(check, heap.at, "bytes left over");
  return LUMA_OK;
}

static status check_container(const struct check *check, struct span span, uint32_t depth,
                              uint32_t *bytes) {
  uint32_t word = (uint32_t)(*span.at >> FORM_VARIANT_SHIFT) * 2;
  if (word > 4) return corrupt(check, span.at, "unknown tag");
  if (depth > DOC_DEPTH_MAX) return corrupt(check, span.at, "nesting too deep");
  size_t room = span_bytes(span), fixed = 1 + 2 * (size_t)word;
  if (room < fixed) return corrupt(check, span.at, "truncated list or map");
  uint32_t total = form_word(span.at + 1, word, 0);
  uint64_t count = form_word(span.at + 1, word, 1);
  uint64_t words = (*span.at & FORM_TYPE_MASK) == VAL_MAP ? count * 2 : count;
  if (total > room) return corrupt(check, span.at, "length past the end");
  if (count == 0 || fixed + words * word > total)
    return corrupt(check, span.at, "impossible count");
  struct form_directory d = form_directory(span.at);
  struct span heap = {d.offsets + (size_t)count * word, span.at + total};
  *bytes = total;
  return check_children(check, &d, heap, depth);
}

static status check_date(const struct check *check, const uint8_t *p) {
  int64_t days = form_integer(p);
  if (days < -FORM_DATE_DAYS_MAX || days > FORM_DATE_DAYS_MAX)
    return corrupt(check, p, "date out of range");
  return LUMA_OK;
}

/* `depth` counts the lists and maps this one would be in, itself included. */
static status check_value(const struct check *check, struct span span, uint32_t depth,
                          uint32_t *bytes) {
  if (span.at == span.end) return corrupt(check, span.at, "value missing");
  enum val_type type = *span.at & FORM_TYPE_MASK;
  uint32_t fixed = form_fixed_bytes[*span.at];
  *bytes = fixed;
  if (fixed > span_bytes(span)) return corrupt(check, span.at, "truncated value");
  if (fixed && type == VAL_DATE) return check_date(check, span.at);
  if (fixed) return LUMA_OK;
  if (type == VAL_TEXT || type == VAL_REGEX || type == VAL_CODE)
    return check_text(check, span, bytes);
  if (type == VAL_BYTES || type == VAL_VECTOR) return check_bytes(check, span, bytes);
  if (type == VAL_LIST || type == VAL_MAP) return check_container(check, span, depth + 1, bytes);
  return corrupt(check, span.at, "unknown tag");
}

static status check_all(struct slice bytes, const struct names *names, size_t skip,
                        struct err *err) {
  struct check check = {bytes.data, names, names ? names_count(names) : 0, err};
  struct span span = {bytes.data + skip, bytes.data + bytes.bytes};
  uint32_t used = 0;
  TRY(check_value(&check, span, 0, &used));
  if (used != span_bytes(span)) return corrupt(&check, span.at + used, "bytes left over");
  return LUMA_OK;
}

status doc_check_value(struct slice bytes, const struct names *names, struct err *err) {
  if (bytes.bytes == 0 || bytes.bytes > DOC_BYTES_MAX)
    FAIL(err, LUMA_CORRUPT, "an encoded value cannot have %zu bytes", bytes.bytes);
  return check_all(bytes, names, 0, err);
}

status doc_check(struct slice bytes, const struct names *names, struct err *err) {
  struct doc doc;
  TRY(doc_open(bytes, names, &doc, err));
  return check_all(bytes, names, DOC_HEADER_BYTES, err);
}
