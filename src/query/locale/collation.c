/* SPDX-License-Identifier: MIT */
#include "query/locale/collation.h"

#include <unicode/ucol.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include "base/mem/mem.h"
#include "value/doc/build.h"
#include "value/order/order.h"

enum { LOCALE_BYTES_MAX = 64, ROOM_BYTES_MAX = 128 << 20 };
/* MongoDB's codes. */
enum { BAD_VALUE = 2, TYPE_MISMATCH = 14, MISSING_FIELD = 40414 };

struct collation {
  UCollator *collator;
  struct buf wide, text;
  struct buf rooms[2];
};

/* ---- the specification ---- */

static status fail(struct err *err, uint32_t foreign, const char *message) {
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "collation: %s", message);
  if (err) err->foreign = foreign;
  return LUMA_INVALID_ARGUMENT;
}

/** Those that MongoDB knows. */
static bool is_locale(struct slice name) {
  static const char *const names[] = {
      "af",      "sq", "am",    "ar",    "hy",          "as",  "az",      "be", "bn",  "bs",
      "bs_Cyrl", "bg", "my",    "ca",    "chr",         "zh",  "zh_Hant", "hr", "cs",  "da",
      "nl",      "dz", "en",    "en_US", "en_US_POSIX", "eo",  "et",      "ee", "fo",  "fil",
      "fi",      "fr", "fr_CA", "gl",    "ka",          "de",  "de_AT",   "el", "gu",  "ha",
      "haw",     "he", "hi",    "hu",    "is",          "ig",  "smn",     "id", "ga",  "it",
      "ja",      "kl", "kn",    "kk",    "km",          "kok", "ko",      "ky", "lkt", "lo",
      "lv",      "ln", "lt",    "dsb",   "lb",          "mk",  "ms",      "ml", "mt",  "mr",
      "mn",      "ne", "se",    "nb",    "nn",          "or",  "om",      "ps", "fa",  "fa_AF",
      "pl",      "pt", "pa",    "ro",    "ru",          "sr",  "sr_Latn", "si", "sk",  "sl",
      "es",      "sw", "sv",    "ta",    "te",          "th",  "bo",      "to", "tr",  "uk",
      "hsb",     "ur", "ug",    "vi",    "wae",         "cy",  "yi",      "yo", "zu"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (slice_is_equal(name, slice_of_text(names[i]))) return true;
  return false;
}

/** Whether the locale has rules of that name: ICU knows ("phonebook" in German). */
static bool is_variant(const char *locale, struct slice variant) {
  UErrorCode code = U_ZERO_ERROR;
  UEnumeration *names = ucol_getKeywordValuesForLocale("collation", locale, false, &code);
  bool is_there = false;
  const char *name;
  if (U_FAILURE(code)) return false;
  while (!is_there && (name = uenum_next(names, NULL, &code)))
    is_there = slice_is_equal(variant, slice_of_text(name));
  uenum_close(names);
  return is_there;
}

/** "de", "de@collation=phonebook": the text goes to `name`. */
static bool read_locale(struct slice text, char name[LOCALE_BYTES_MAX]) {
  static const char mark[] = "@collation=";
  const uint8_t *at = text.bytes ? memchr(text.data, '@', text.bytes) : NULL;
  struct slice locale = at ? slice_of(text.data, (size_t)(at - text.data)) : text;
  struct slice rest = at ? slice_of(at, text.bytes - locale.bytes) : slice_of(NULL, 0);
  bool is_marked = rest.bytes > sizeof mark - 1 && memcmp(rest.data, mark, sizeof mark - 1) == 0;
  if (!is_locale(locale) || (at && !is_marked) || text.bytes >= LOCALE_BYTES_MAX) return false;
  memcpy(name, text.data, text.bytes);
  name[locale.bytes] = 0;
  if (at && !is_variant(name, slice_of(rest.data + sizeof mark - 1, rest.bytes - sizeof mark + 1)))
    return false;
  if (at) name[locale.bytes] = '@';
  name[text.bytes] = 0;
  return true;
}

struct choice {
  const char *name;
  UColAttributeValue value;
};

static bool choose(const struct val *v, const struct choice *choices, size_t count,
                   UColAttributeValue *value) {
  for (size_t i = 0; v->type == VAL_TEXT && i < count; i++) {
    if (!slice_is_equal(val_slice(v), slice_of_text(choices[i].name))) continue;
    *value = choices[i].value;
    return true;
  }
  return false;
}

static status set_strength(UCollator *collator, const struct val *v, struct err *err) {
  static const UColAttributeValue strengths[] = {UCOL_PRIMARY, UCOL_SECONDARY, UCOL_TERTIARY,
                                                 UCOL_QUATERNARY, UCOL_IDENTICAL};
  double strength = val_is_number(v) ? val_to_float64(v) : 0;
  if (!(strength >= 1 && strength < 6))
    return fail(err, BAD_VALUE, "the strength is a whole number from 1 to 5");
  ucol_setStrength(collator, strengths[(int)strength - 1]);
  return LUMA_OK;
}

struct toggle {
  const char *name;
  UColAttribute attribute;
};

/** True when the field is one that is on or off. */
static status set_toggle(UCollator *collator, struct slice name, const struct val *v, bool *known,
                         struct err *err) {
  static const struct toggle toggles[] = {{"caseLevel", UCOL_CASE_LEVEL},
                                          {"numericOrdering", UCOL_NUMERIC_COLLATION},
                                          {"normalization", UCOL_NORMALIZATION_MODE},
                                          {"backwards", UCOL_FRENCH_COLLATION}};
  UErrorCode code = U_ZERO_ERROR;
  *known = false;
  for (size_t i = 0; i < sizeof toggles / sizeof toggles[0]; i++) {
    if (!slice_is_equal(name, slice_of_text(toggles[i].name))) continue;
    *known = true;
    if (v->type != VAL_BOOL) return fail(err, 14, "a field that is true or false is neither");
    ucol_setAttribute(collator, toggles[i].attribute, v->boolean ? UCOL_ON : UCOL_OFF, &code);
  }
  return LUMA_OK;
}

static status set_choice(UCollator *collator, struct slice name, const struct val *v, bool *known,
                         struct err *err) {
  static const struct choice cases[] = {
      {"upper", UCOL_UPPER_FIRST}, {"lower", UCOL_LOWER_FIRST}, {"off", UCOL_OFF}};
  static const struct choice alternates[] = {{"non-ignorable", UCOL_NON_IGNORABLE},
                                             {"shifted", UCOL_SHIFTED}};
  UErrorCode code = U_ZERO_ERROR;
  UColAttributeValue value = UCOL_DEFAULT;
  bool is_case = slice_is_equal(name, slice_of_text("caseFirst"));
  *known = is_case || slice_is_equal(name, slice_of_text("alternate"));
  if (!*known) return LUMA_OK;
  if (!choose(v, is_case ? cases : alternates, is_case ? 3 : 2, &value))
    return fail(err, BAD_VALUE,
                is_case ? "caseFirst is upper, lower or off"
                        : "alternate is non-ignorable or shifted");
  ucol_setAttribute(collator, is_case ? UCOL_CASE_FIRST : UCOL_ALTERNATE_HANDLING, value, &code);
  return LUMA_OK;
}

static status set_field(UCollator *collator, struct slice name, const struct val *v,
                        struct err *err) {
  bool known = false;
  UErrorCode code = U_ZERO_ERROR;
  if (slice_is_equal(name, slice_of_text("locale")) ||
      slice_is_equal(name, slice_of_text("version")))
    return LUMA_OK;
  if (slice_is_equal(name, slice_of_text("strength"))) return set_strength(collator, v, err);
  TRY(set_toggle(collator, name, v, &known, err));
  if (!known) TRY(set_choice(collator, name, v, &known, err));
  if (known) return LUMA_OK;
  if (!slice_is_equal(name, slice_of_text("maxVariable")))
    return fail(err, 40415, "it has a field that is not known");
  bool space = v->type == VAL_TEXT && slice_is_equal(val_slice(v), slice_of_text("space"));
  bool punctuation = v->type == VAL_TEXT && slice_is_equal(val_slice(v), slice_of_text("punct"));
  if (!space && !punctuation) return fail(err, BAD_VALUE, "maxVariable is punct or space");
  ucol_setMaxVariable(collator, space ? UCOL_REORDER_CODE_SPACE : UCOL_REORDER_CODE_PUNCTUATION,
                      &code);
  return LUMA_OK;
}

static status open_collator(const struct val *spec, struct collation *made, struct err *err) {
  char name[LOCALE_BYTES_MAX];
  struct val locale = val_field(spec, slice_of_text("locale"));
  UErrorCode code = U_ZERO_ERROR;
  if (locale.type == VAL_MISSING) return fail(err, MISSING_FIELD, "it has a locale");
  if (locale.type != VAL_TEXT) return fail(err, TYPE_MISMATCH, "its locale is a text");
  if (!read_locale(val_slice(&locale), name))
    return fail(err, BAD_VALUE, "there is no such locale");
  made->collator = ucol_open(name, &code);
  if (!made->collator || U_FAILURE(code))
    return fail(err, BAD_VALUE, "the locale cannot be opened");
  for (uint32_t i = 0; i < val_count(spec); i++) {
    struct slice field;
    struct val v = val_field_at(spec, i, &field);
    TRY(set_field(made->collator, field, &v, err));
  }
  return LUMA_OK;
}

static status make_collation(struct collation **collation, struct err *err) {
  struct collation *made = mem_zalloc(1, sizeof *made);
  *collation = made;
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for a collation");
  buf_init(&made->wide, ROOM_BYTES_MAX);
  buf_init(&made->text, ROOM_BYTES_MAX);
  buf_init(&made->rooms[0], ROOM_BYTES_MAX);
  buf_init(&made->rooms[1], ROOM_BYTES_MAX);
  return LUMA_OK;
}

status collation_create(const struct val *spec, struct collation **collation, struct err *err) {
  struct val locale = val_field(spec, slice_of_text("locale"));
  *collation = NULL;
  if (locale.type == VAL_TEXT && slice_is_equal(val_slice(&locale), slice_of_text("simple")))
    return LUMA_OK;
  struct collation *made = NULL;
  TRY(make_collation(&made, err));
  status done = open_collator(spec, made, err);
  if (done == LUMA_OK)
    *collation = made;
  else
    collation_destroy(made);
  return done;
}

void collation_destroy(struct collation *collation) {
  if (!collation) return;
  if (collation->collator) ucol_close(collation->collator);
  buf_deinit(&collation->wide);
  buf_deinit(&collation->text);
  buf_deinit(&collation->rooms[0]);
  buf_deinit(&collation->rooms[1]);
  mem_free(collation);
}

/* ---- by name ---- */

static status fail_name(struct slice name, struct err *err) {
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "there is no collation `%.*s`", SLICE_ARG(name));
  if (err)
    err_hint(err, "a collation is a language: \"de\", \"sv\", \"en-u-ks-level2\" without case");
  return failed;
}

/** ICU's name of a tag, with its keywords; false if no language is called so. */
static bool icu_name(struct slice name, char *out, int32_t room) {
  static const char suffix[] = "-x-icu";
  char tag[LOCALE_BYTES_MAX];
  size_t bytes = name.bytes, tail = sizeof suffix - 1;
  if (bytes > tail && memcmp(name.data + bytes - tail, suffix, tail) == 0) bytes -= tail;
  if (bytes == 0 || bytes >= sizeof tag) return false;
  memcpy(tag, name.data, bytes);
  tag[bytes] = 0;
  for (size_t i = 0; i < bytes; i++)
    if (tag[i] == '_') tag[i] = '-';
  UErrorCode code = U_ZERO_ERROR;
  int32_t read = 0;
  int32_t made = uloc_forLanguageTag(tag, out, room, &read, &code);
  if (U_FAILURE(code) || made <= 0 || made >= room || (size_t)read != bytes) return false;
  const char *keywords = memchr(out, '@', (size_t)made);
  struct slice whole = slice_of(out, keywords ? (size_t)(keywords - out) : (size_t)made);
  const char *region = memchr(out, '_', whole.bytes);
  return is_locale(whole) || (region && is_locale(slice_of(out, (size_t)(region - out))));
}

status collation_named_get(struct collation_named *named, struct slice name,
                           struct collation **collation, struct err *err) {
  char icu[128];
  if (name.bytes == 0 || name.bytes >= sizeof named->name) return fail_name(name, err);
  *collation = named->collation;
  if (named->collation && slice_is_equal(name, slice_of_text(named->name))) return LUMA_OK;
  if (!icu_name(name, icu, sizeof icu)) return fail_name(name, err);
  collation_named_deinit(named);
  TRY(make_collation(&named->collation, err));
  UErrorCode code = U_ZERO_ERROR;
  named->collation->collator = ucol_open(icu, &code);
  if (!named->collation->collator || U_FAILURE(code)) {
    collation_named_deinit(named);
    return fail_name(name, err);
  }
  memcpy(named->name, name.data, name.bytes);
  named->name[name.bytes] = 0;
  *collation = named->collation;
  return LUMA_OK;
}

void collation_named_deinit(struct collation_named *named) {
  collation_destroy(named->collation);
  *named = (struct collation_named){0};
}

/* ---- keys ---- */

/** The sort key of a text, in `out` (emptied first). */
static status text_key(struct collation *collation, struct slice text, struct buf *out,
                       struct err *err) {
  UErrorCode code = U_ZERO_ERROR;
  int32_t units = 0;
  buf_reset(&collation->wide);
  buf_reset(out);
  UChar *wide = (UChar *)(void *)buf_extend(&collation->wide, (text.bytes + 1) * sizeof(UChar));
  TRY(buf_check(&collation->wide, "a text", err));
  u_strFromUTF8(wide, (int32_t)text.bytes + 1, &units, (const char *)text.data, (int32_t)text.bytes,
                &code);
  int32_t wanted = ucol_getSortKey(collation->collator, wide, units, NULL, 0);
  uint8_t *key = buf_extend(out, (size_t)wanted);
  TRY(buf_check(out, "a sort key", err));
  (void)ucol_getSortKey(collation->collator, wide, units, key, wanted);
  return LUMA_OK;
}

static status put_key(struct collation *collation, struct build *build, const struct val *v,
                      struct err *err) {
  if (v->type == VAL_TEXT) {
    TRY(text_key(collation, val_slice(v), &collation->text, err));
    struct val key = val_text(buf_slice(&collation->text));
    build_put(build, &key);
    return LUMA_OK;
  }
  if (v->type != VAL_LIST && v->type != VAL_MAP) {
    build_put(build, v);
    return LUMA_OK;
  }
  if (v->type == VAL_MAP)
    build_begin_map(build);
  else
    build_begin_list(build);
  for (uint32_t i = 0; i < val_count(v); i++) {
    struct slice name;
    struct val inner = v->type == VAL_MAP ? val_field_at(v, i, &name) : val_at(v, i);
    if (v->type == VAL_MAP) build_name(build, name);
    TRY(put_key(collation, build, &inner, err));
  }
  build_end(build);
  return LUMA_OK;
}

status collation_key(struct collation *collation, int which, const struct val *value,
                     struct val *key, struct err *err) {
  struct buf *room = &collation->rooms[which];
  struct build build;
  struct slice built;
  *key = *value;
  if (!collation_concerns(value)) return LUMA_OK;
  if (value->type == VAL_TEXT) {
    TRY(text_key(collation, val_slice(value), room, err));
    *key = val_text(buf_slice(room));
    return LUMA_OK;
  }
  buf_reset(room);
  build_init(&build, room, NULL);
  status done = put_key(collation, &build, value, err);
  if (done == LUMA_OK) done = build_finish(&build, &built, err);
  build_deinit(&build);
  if (done == LUMA_OK) *key = val_decode(built, NULL);
  return done;
}

status collation_compare(struct collation *collation, const struct val *a, const struct val *b,
                         int *order, struct err *err) {
  struct val left, right;
  TRY(collation_key(collation, 0, a, &left, err));
  TRY(collation_key(collation, 1, b, &right, err));
  *order = val_compare(&left, &right);
  return LUMA_OK;
}
