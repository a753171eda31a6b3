/* SPDX-License-Identifier: MIT */
/* What the files of the JSON reader share.
 *
 * Reading takes two passes. The index (simdjson_face.h) finds the tokens; the walk (json_read.c)
 * goes over them once, decides the grammar exactly and feeds the builder. The walk only says that
 * there is a fault; a second, careful and slower reading of the text (json_explain.c) says where,
 * what and what to do. */
#ifndef VALUE_JSON_JSON_INT_H
#define VALUE_JSON_JSON_INT_H

#include "value/json/json.h"
#include "value/json/simdjson_face.h"

struct json_reader {
  struct json__index *index;
  struct build *build; /* what is being built: one of these */
  struct build whole, documents;
  struct buf
      unescaped; /* texts with escapes; as large as the text, so it never moves during a walk */
  struct buf assembled; /* bytes of a tagged value: regex, binary, vector, light */
  struct slice text;
  const uint32_t *at, *end; /* tokens not yet taken */
  uint32_t depth_max;
  bool has_escapes; /* there is a backslash somewhere */
  bool is_tagged;
  bool id_is_key;
  bool big_are_floats;
  struct slice floats_in;
  struct slice values_in;
  bool has_values;           /* within that field */
  uint32_t values_at;        /* depth of the elements of $in, $nin or $all: 0 elsewhere */
  struct json_apart *apart;  /* NULL: nothing is read apart */
  struct json_alike *alike;  /* NULL: nothing is read as a table */
  bool cannot_part;          /* the list has something else: read again, with nothing apart */
  bool met_id, met_id_first; /* a top-level `id` named the key; then `_id` came: read again */
  bool lost_digits;
  bool knew_names; /* all below the top have ids in the builder's dictionary */
};

/* ---- taking tokens ---- */

/** The first byte of the next token; 0 at the end (a NUL byte is no token of JSON, so both are
 * faults). */
static inline uint8_t json__peek(const struct json_reader *r) {
  return r->at < r->end ? r->text.data[*r->at] : 0;
}
/** Takes the next token if it begins with `c`, one of `{}[]:,`. */
static inline bool json__take(struct json_reader *r, uint8_t c) {
  if (json__peek(r) != c) return false;
  r->at++;
  return true;
}
/** The offset of the next token, the length of the text at its end. */
static inline size_t json__offset(const struct json_reader *r) {
  return r->at < r->end ? *r->at : r->text.bytes;
}
/** Takes a token that begins with a quote: its text, unescaped; false when an escape is wrong. */
bool json__take_text(struct json_reader *r, struct slice *text);
/** Takes a token of another kind (number, literal), as it stands. */
struct slice json__take_token(struct json_reader *r);
/** Takes a text (unescaped), a number or a literal. */
status json__take_scalar(struct json_reader *r, struct val *v, struct err *err);
/** Takes a map that is a tagged value of fixed size: an id, a date, a number. Else nothing is. */
bool json__take_tagged(struct json_reader *r, struct val *v);
/** Takes the elements that follow the first of a list, and are like it, into r->alike; `first`: its
 * first token. (json_alike.c) */
void json__take_alike(struct json_reader *r, const uint32_t *first);
/** Raises an error with a position; answers `code`. */
status json__fail_at(const struct json_reader *r, size_t offset, status code, struct err *err,
                     const char *format, ...) __attribute__((format(printf, 5, 6), cold));
/** What the walk answers when the text is not JSON: the explanation follows later. */
static inline status json__fault(void) {
  return LUMA_INVALID_JSON;
}

/* ---- pieces ---- */

/** Replaces escapes: at most as many bytes at `out` as there were. False for wrong escapes and lone
 * surrogates. */
bool json__unescape(struct slice escaped, uint8_t *out, size_t *bytes);

enum json__number { JSON_NUMBER_OK, JSON_NUMBER_ROUNDED, JSON_NUMBER_FAULT, JSON_NUMBER_RANGE };
/** The value of a token by the rules of spec/json.md. ROUNDED: digits of an integer were lost. */
enum json__number json__parse_number(struct slice token, struct val *out);

/** Finds the first fault of a text and describes it; LUMA_OK when there is none. */
status json__explain(struct slice text, uint32_t depth_max, struct err *err);

/** Levels a text may have whose values keep to depth_max: in the tagged form each map may stand in
 * $plain, and a tag's own maps come on top. */
static inline uint32_t json__text_depth_max(const struct json_reader *r) {
  return r->is_tagged ? 2 * r->depth_max + 2 : r->depth_max;
}

/** Appends the bytes of a base 64 text; false if it is not one. */
bool json__parse_base64(struct slice text, struct buf *out);

/* ---- tags ---- */

struct json__tag;
/** The tag of this name ("$oid", …), NULL if it is none. */
const struct json__tag *json__tag_find(struct slice name);
/** Takes the rest of {"$regex": "…", "$options": "…"}, whose brace was taken; else nothing is. */
bool json__take_old_regex(struct json_reader *r, struct val *out);
/** {"$plain": {…}}: the map inside, whatever its names. */
bool json__tag_is_plain(const struct json__tag *tag);
/** Takes the value of a tag and the brace that ends its map; the name and the colon are taken.
 * `*out` may borrow from the reader until the next value. */
status json__tag_read(struct json_reader *r, const struct json__tag *tag, struct val *out,
                      struct err *err);
const char *json__tag_name(const struct json__tag *tag);

/* ---- writing ---- */

struct json__writer {
  struct buf *out;
  enum json_form form;
  uint32_t indent;
  struct slice key_name; /* of the key slot at the top level */
};
/** Any value that is neither text, list nor map. */
void json__write_scalar(const struct json__writer *w, const struct val *v);

#endif
