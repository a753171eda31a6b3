/* SPDX-License-Identifier: MIT */
/* Reading genotypes, as the files of this folder share it. */
#ifndef MODEL_SOUL_SOUL_INT_H
#define MODEL_SOUL_SOUL_INT_H

#include "model/soul/check.h"
#include "model/soul/soul.h"
#include "value/doc/build.h"

/** A genotype being read: everything made lives in the soul's arena. Faults are gathered; `failed`
 * is the first failure of the machine. */
struct soul_reading {
  struct soul *soul;
  struct arena *arena;
  struct soul_faults faults;
  size_t rules_capacity;
  uint32_t depth;
  bool is_given; /* just now, and not stored before */
  status failed;
};

/** A fault of what stands at `place`. */
void soul__fault(struct soul_reading *reading, const struct soul_place *place, const char *rule,
                 const struct val *value, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/** A copy of a value that lives as long as the soul. */
struct val soul__keep(struct soul_reading *reading, const struct val *value);
struct slice soul__keep_text(struct soul_reading *reading, struct slice text);
/** Zeroed room; an empty static one (and `failed`) when there is no memory. */
void *soul__room(struct soul_reading *reading, size_t count, size_t bytes);

/** Ends what was built; false (and `failed`) when there was no memory for it. */
bool soul__built(struct soul_reading *reading, struct build *build, struct slice *built);

/** The first of the names (NULL-terminated) that the map has; MISSING if none. `place` (may be
 * NULL) gets the name found. */
struct val soul__member(const struct val *map, const char *const *names, struct soul_place *place);
/** Says which keys of the map are none of `known`. */
/** Faults for those of the members that are there and are no texts: what is only for people. */
void soul__check_texts(struct soul_reading *reading, const struct soul_place *place,
                       const struct val *map, const char *const *names);
void soul__check_keys(struct soul_reading *reading, const struct soul_place *place,
                      const struct val *map, const char *const *known);
/** Members of a type; a fault when they are something else, nothing when they are missing. */
bool soul__flag(struct soul_reading *reading, const struct soul_place *place, const struct val *map,
                const char *const *names, bool otherwise);
struct slice soul__text(struct soul_reading *reading, const struct soul_place *place,
                        const struct val *map, const char *const *names);
/** A whole number from 0 to `most`; `otherwise` when missing. */
uint64_t soul__number(struct soul_reading *reading, const struct soul_place *place,
                      const struct val *map, const char *const *names, uint64_t most,
                      uint64_t otherwise);
/** Texts of a list (or the one text); NULL and 0 when missing. */
struct slice *soul__texts(struct soul_reading *reading, const struct soul_place *place,
                          const struct val *value, uint32_t *count);

/** Keeps an expression or a pattern, which stands at `place`, as a rule; its place among the rules.
 * Names of functions are replaced by what they stand for. An empty one is none: SOUL_NONE. */
uint32_t soul__rule(struct soul_reading *reading, const struct soul_place *place,
                    enum soul_rule_kind kind, struct slice text);
/** The text of an expression: itself, or that of the function it calls. */
struct slice soul__expand(struct soul_reading *reading, const struct soul_place *place,
                          struct slice text);
/** Makes rules of all expressions of attributes and constraints; refuses what cannot stand inside
 * attributes; settles what is masked. */
void soul__gather_rules(struct soul_reading *reading);
/** Says what is wrong with the rules, and with functions. */
void soul__check_rules(struct soul_reading *reading);
/** JSON Schema names what is required in a list beside the properties. */
void soul__require(struct soul_reading *reading, const struct soul_place *place,
                   const struct val *list, struct soul_attribute *attributes, uint32_t count);

/** Reads a map of attributes. */
void soul__read_attributes(struct soul_reading *reading, const struct soul_place *place,
                           const struct val *map, struct soul_attribute **attributes,
                           uint32_t *count);
/** Looks at values against their types once all are read: defaults, ranges, choices. */
void soul__settle_attribute(struct soul_reading *reading, const struct soul_place *place,
                            const struct val *map, struct soul_attribute *attribute);
void soul__read_relations(struct soul_reading *reading, const struct val *relations);
void soul__read_functions(struct soul_reading *reading, const struct val *functions);
void soul__read_constraints(struct soul_reading *reading, const struct val *constraints);
void soul__read_settings(struct soul_reading *reading, const struct val *inside,
                         const struct val *beside);
/** A name as attributes, functions and constraints have them. */
bool soul__check_name(struct soul_reading *reading, const struct soul_place *place,
                      struct slice name);

#endif
