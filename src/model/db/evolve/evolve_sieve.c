/* SPDX-License-Identifier: MIT */
/* Which beings surely obey narrowed rules, told of each where it stands: most do, and nothing else
 * has to be known of them. For each shape of documents, and each way they are seen, it is worked
 * out once where what is asked stands. Whatever is not the usual case is not sure: it is looked at
 * as rules are (model__fit_narrowed). */
#include "base/text/utf8.h"
#include "model/db/evolve/evolve_int.h"
#include "value/doc/place.h"
#include "value/order/order.h"

enum { VIEWS_MAX = 64, ARENA_BYTES_MAX = 4 << 20, TYPE_MASK = 31 };

enum test_kind {
  TEST_STORED, /* an attribute whose value stands at a place */
  TEST_MADE,   /* one that expressions make */
  TEST_RULE    /* a check */
};
struct test {
  enum test_kind kind;
  uint32_t place; /* STORED: in the document; MADE: among what is made */
  uint8_t type;   /* of values that need no more than has_more; enum val_type */
  bool has_more;  /* bounds, lengths */
  const struct soul_attribute *attribute;
  const struct soul_quick *quick; /* RULE */
};

/** Documents of one shape that are seen in one way. */
struct evolve_view {
  struct evolve_view *next;
  struct slice shape;
  const struct splice *splice; /* they are seen through; NULL: as they are stored */
  bool is_able;                /* something is sure of them */
  uint32_t count;
  struct test tests[];
};

/* ---- what is asked of one value ---- */

static bool has_more(const struct soul_attribute *attribute) {
  return attribute->min.type != VAL_MISSING || attribute->max.type != VAL_MISSING ||
         attribute->min_length != SOUL_NONE || attribute->max_length != SOUL_NONE;
}

static bool is_long_right(const struct soul_attribute *attribute, const struct val *value) {
  if (value->type != VAL_TEXT) return false;
  size_t length = utf8_count(val_slice(value));
  return (attribute->min_length == SOUL_NONE || length >= attribute->min_length) &&
         (attribute->max_length == SOUL_NONE || length <= attribute->max_length);
}

static bool is_within(const struct soul_attribute *attribute, const struct val *value) {
  bool has_length = attribute->min_length != SOUL_NONE || attribute->max_length != SOUL_NONE;
  if (has_length && !is_long_right(attribute, value)) return false;
  if (attribute->min.type != VAL_MISSING && val_compare(value, &attribute->min) < 0) return false;
  return attribute->max.type == VAL_MISSING || val_compare(value, &attribute->max) <= 0;
}

static bool fits_value(const struct test *test, const struct val *value) {
  if (value->type == VAL_NULL) return !test->attribute->required;
  return value->type == test->type && (!test->has_more || is_within(test->attribute, value));
}

static bool fits_stored(const struct test *test, const uint8_t *map) {
  struct val value;
  if (!test->has_more) {
    uint8_t type = *place_of(map, test->place) & TYPE_MASK;
    return type == test->type || (type == VAL_NULL && !test->attribute->required);
  }
  doc_read_place(map, test->place, &value);
  return fits_value(test, &value);
}

static bool fits_made(const struct test *test, const struct doc *document) {
  const struct val *values = document->is_lensed ? document->lens->made.values : NULL;
  return values && fits_value(test, &values[test->place]);
}

static bool fits_test(const struct test *test, const struct doc *document) {
  const uint8_t *map = document->data + DOC_HEADER_BYTES;
  switch (test->kind) {
  case TEST_STORED: return fits_stored(test, map);
  case TEST_MADE: return fits_made(test, document);
  case TEST_RULE: return test->quick->holds(test->quick, map);
  }
  return false;
}

/* ---- what stands where ---- */

/* Of the documents of a view. */
struct finding {
  const struct evolve_sieve *sieve;
  const struct evolve_view *view;
};

static struct soul_place_in place_of_field(const struct splice_field *field) {
  struct soul_place_in in = {.kind = SOUL_PLACE_UNKNOWN};
  bool is_stored = field->from < SPLICE_MADE && !field->convert && !field->widens;
  if (is_stored) return (struct soul_place_in){.kind = SOUL_PLACE_STORED, .index = field->from};
  if (field->from != SPLICE_NEW) return in;
  in.kind = SOUL_PLACE_FIXED;
  in.value = val_decode(field->value, NULL);
  return in;
}

static const struct splice_field *find_field(const struct splice *splice, uint16_t id) {
  for (uint32_t i = 0; i < splice->count; i++)
    if (splice->fields[i].id == id) return &splice->fields[i];
  return NULL;
}

static struct soul_place_in find_place(void *context, struct slice name) {
  const struct finding *finding = context;
  const struct evolve_view *view = finding->view;
  struct soul_place_in none = {.kind = SOUL_PLACE_NONE};
  uint16_t id = names_find(finding->sieve->collection->names, name);
  if (id == NAMES_NONE) return none;
  if (view->splice) {
    const struct splice_field *field = find_field(view->splice, id);
    return field ? place_of_field(field) : none;
  }
  for (uint32_t i = 0; i < view->shape.bytes / SPLICE_NAME_BYTES; i++)
    if (splice_shape_id(view->shape, i) == id)
      return (struct soul_place_in){.kind = SOUL_PLACE_STORED, .index = i};
  return none;
}

/* ---- making tests ---- */

static bool is_made(const struct evolve_view *view, uint16_t id, uint32_t *made) {
  const struct splice_field *field = view->splice ? find_field(view->splice, id) : NULL;
  if (field) *made = field->made;
  return field && field->from == SPLICE_MADE;
}

/* False: it has to be asked of each. Who lacks what is given by default is whole as it is. */
static bool add_attribute(const struct evolve_sieve *sieve, struct evolve_view *view,
                          const struct soul_attribute *attribute) {
  struct finding finding = {sieve, view};
  struct test *test = &view->tests[view->count];
  struct soul_place_in in = find_place(&finding, attribute->name);
  *test = (struct test){.attribute = attribute,
                        .type = soul_type_that_stays(&attribute->type),
                        .has_more = has_more(attribute),
                        .place = in.index};
  bool is_plain = attribute->allowed.type == VAL_MISSING && attribute->pattern_rule == SOUL_NONE &&
                  test->type != VAL_NULL;
  if (in.kind == SOUL_PLACE_NONE)
    return !attribute->required || attribute->default_value.type != VAL_MISSING;
  if (in.kind == SOUL_PLACE_FIXED) return is_plain && fits_value(test, &in.value);
  view->count++;
  if (in.kind == SOUL_PLACE_STORED) return is_plain;
  test->kind = TEST_MADE;
  return is_plain &&
         is_made(view, names_find(sieve->collection->names, attribute->name), &test->place);
}

static bool add_rule(const struct evolve_sieve *sieve, struct evolve_view *view, uint32_t rule,
                     struct arena *arena) {
  struct finding finding = {sieve, view};
  struct soul_places places = {find_place, &finding};
  struct test *test = &view->tests[view->count++];
  const struct soul_rules_ops *ops = sieve->collection->genotype->ops;
  *test = (struct test){.kind = TEST_RULE};
  if (sieve->program && ops->quicken)
    test->quick = ops->quicken(sieve->program, rule, &places, arena);
  return test->quick != NULL;
}

static bool add_tests(const struct evolve_sieve *sieve, struct evolve_view *view,
                      struct arena *arena) {
  const struct model_narrowed *rules = &sieve->narrowed->rules;
  bool is_able = true;
  for (uint32_t i = 0; is_able && i < rules->attributes_count; i++)
    is_able = add_attribute(sieve, view, rules->attributes[i]);
  for (uint32_t i = 0; is_able && i < rules->rules_count; i++)
    is_able = add_rule(sieve, view, rules->rules[i], arena);
  return is_able;
}

/* NULL: there are too many, or no memory. */
static const struct evolve_view *make_view(struct evolve_sieve *sieve, const struct doc *document,
                                           const struct splice *splice) {
  const struct model_narrowed *rules = &sieve->narrowed->rules;
  struct arena *arena = &sieve->arena;
  size_t tests = (size_t)rules->attributes_count + rules->rules_count;
  struct slice shape;
  if (sieve->views_count == VIEWS_MAX) return NULL;
  if (splice)
    shape = splice->shape;
  else if (!splice_shape(document, &shape))
    return NULL;
  struct evolve_view *view = arena_zalloc(arena, 1, sizeof *view + tests * sizeof(struct test));
  const uint8_t *kept = arena_copy(arena, shape.data, shape.bytes);
  if (!view || !kept) return NULL;
  view->shape = slice_of(kept, shape.bytes);
  view->splice = splice;
  view->is_able = add_tests(sieve, view, arena);
  view->next = sieve->views;
  sieve->views = view;
  sieve->views_count++;
  return view;
}

/* ---- the sieve ---- */

static bool is_view_of(const struct evolve_view *view, const struct doc *document,
                       const struct splice *splice) {
  return view->splice == splice && (splice || splice_has_shape(document, view->shape));
}

static const struct evolve_view *find_view(struct evolve_sieve *sieve, const struct doc *document) {
  const struct splice *splice = document->is_lensed ? document->lens->splice : NULL;
  const struct evolve_view *view = sieve->last;
  if (view && is_view_of(view, document, splice)) return view;
  for (view = sieve->views; view; view = view->next)
    if (is_view_of(view, document, splice)) break;
  if (!view) view = make_view(sieve, document, splice);
  sieve->last = view;
  return view;
}

static bool drops(const void *context, const struct doc *document) {
  struct evolve_sieve *const *sieve = context;
  const struct evolve_view *view = find_view(*sieve, document);
  bool fits = view && view->is_able;
  for (uint32_t i = 0; fits && i < view->count; i++) fits = fits_test(&view->tests[i], document);
  return fits;
}

status evolve__sieve_open(struct evolve_sieve *sieve, const struct collection *collection,
                          const struct evolve_narrowed *narrowed, struct err *err) {
  *sieve = (struct evolve_sieve){.collection = collection, .narrowed = narrowed, .self = sieve};
  sieve->head = (struct model_sieve){.drops = drops, .context = &sieve->self};
  arena_init(&sieve->arena, 0, ARENA_BYTES_MAX);
  return soul_take_program(collection->genotype, &sieve->program, err);
}

void evolve__sieve_close(struct evolve_sieve *sieve) {
  if (sieve->self) soul_give_program(sieve->collection->genotype, sieve->program);
  if (sieve->self) arena_deinit(&sieve->arena);
}
