/* SPDX-License-Identifier: MIT */
/* Where a path goes, as far as it is known before there is a document. */
#include "query/jsonpath/jsonpath_int.h"

struct reading {
  jsonpath_reads_fn *tell;
  void *context;
};

/* A place inside the document; `is_known` false: somewhere. */
struct place {
  struct path_step steps[PATH_STEPS_MAX];
  uint32_t count;
  bool is_known;
};

static void step(struct place *place, struct path_step step) {
  place->is_known &= place->count < PATH_STEPS_MAX;
  if (place->is_known) place->steps[place->count++] = step;
}

static void read(const struct reading *reading, const struct jsonpath_node *node,
                 const struct place *current, struct place *place);

/* A value or condition beside the way: its own places are told. */
static void read_beside(const struct reading *reading, const struct jsonpath_node *node,
                        const struct place *current) {
  struct place place;
  if (node) read(reading, node, current, &place);
}

static void read_subscripts(const struct reading *reading, const struct jsonpath_node *node,
                            const struct place *current) {
  for (const struct jsonpath_node *one = node->subscripts; one; one = one->next) {
    read_beside(reading, one->left, current);
    read_beside(reading, one->right, current);
  }
}

/* One accessor; `place` is where it begins, then where it leads. */
static void access(const struct reading *reading, const struct jsonpath_node *node,
                   const struct place *current, struct place *place) {
  switch ((int)node->kind) {
  case JSONPATH_KEY:
    step(place, (struct path_step){
                    .name = val_slice(&node->value), .is_name = true, .index = PATH_NO_INDEX});
    return;
  case JSONPATH_ELEMENTS: read_subscripts(reading, node, current); break;
  case JSONPATH_ANY_ELEMENT: break;
  case JSONPATH_FILTER: read_beside(reading, node->left, place); return;
  default: place->is_known = false; return;
  }
  step(place, (struct path_step){.is_index = true});
}

static void read(const struct reading *reading, const struct jsonpath_node *node,
                 const struct place *current, struct place *place) {
  *place = (struct place){.is_known = node->kind == JSONPATH_ROOT};
  if (node->kind == JSONPATH_CURRENT && current) *place = *current;
  read_beside(reading, node->left, current);
  read_beside(reading, node->right, current);
  for (const struct jsonpath_node *next = node->next; next; next = next->next) {
    /* In lists of lists, say: what a place of an element holds is the document's to say. */
    access(reading, next, current, place);
    if (!place->is_known) continue;
    struct path path = {.count = place->count, .steps = place->steps};
    if (next->kind == JSONPATH_KEY) reading->tell(reading->context, &path);
  }
}

void jsonpath_reads(const struct jsonpath *path, jsonpath_reads_fn *tell, void *context) {
  struct reading reading = {tell, context};
  struct place place;
  read(&reading, path->root, NULL, &place);
}

static void tell_nobody(void *context, const struct path *path) {
  (void)context;
  (void)path;
}

bool jsonpath_leads(const struct jsonpath *path, struct path *way) {
  struct reading reading = {tell_nobody, NULL};
  struct place place;
  read(&reading, path->root, NULL, &place);
  way->count = place.count;
  memcpy(way->steps, place.steps, place.count * sizeof *way->steps);
  return place.is_known;
}
