/* SPDX-License-Identifier: MIT */
/* "answer from the index": where all that is looked at stands in the entries of an index, documents
 * are not read. Where the bounds of the entries say all that the condition does, the FILTER goes,
 * and what only counts rows counts entries. */
#include "query/opt/access.h"
#include "query/opt/exact.h"

/** What a node and those between it and its SCAN look at. */
struct looking {
  struct path_step key_step;
  struct path key;
  const struct path *paths[ASKS_MAX];
  uint32_t count, above; /* of these, those that nodes above the FILTER look at, which come first */
  const struct path *shown[ASKS_MAX]; /* of these, those that are shown within maps */
  uint32_t shown_count;
  bool whole; /* documents are looked at as a whole, or in a way not known here */
};

/** The nodes from a consumer down to its SCAN. */
struct chain {
  struct plan **filter_place; /* where the FILTER right above the SCAN hangs; NULL: there is none */
  struct plan *filter, *scan;
};

/** At nothing yet; NULL: there is no memory. */
static struct looking *make_looking(const struct opt *opt) {
  struct looking *looking = arena_zalloc(opt->arena, 1, sizeof *looking);
  if (looking) looking->key = path_of_name(&looking->key_step, slice_of_text("_id"));
  return looking;
}

static void look_at(struct looking *looking, const struct path *path) {
  if (looking->count == ASKS_MAX)
    looking->whole = true;
  else
    looking->paths[looking->count++] = path;
}

static void look(struct looking *looking, const struct expr *expr);

static void look_match(struct looking *looking, const struct match *match) {
  bool is_tree = match->op >= MATCH_AND && match->op <= MATCH_NOT;
  if (match->op == MATCH_ELEM || match->expression || match->key)
    looking->whole = true;
  else if (!is_tree && match->path.count)
    look_at(looking, &match->path);
  else if (!is_tree)
    looking->whole = true;
  for (uint32_t i = 0; is_tree && i < match->children_count; i++)
    look_match(looking, match->children[i]);
}

/** A map on the way is shown without the attribute, too. */
static void look_within(struct looking *looking, const struct path *path) {
  if (looking->shown_count == ASKS_MAX)
    looking->whole = true;
  else
    looking->shown[looking->shown_count++] = path;
}

/** What is computed looks at its arguments; below the top it stands within maps of the document. */
static void look_computed(struct looking *looking, const struct expr *expr) {
  const struct shape *shape = expr->shape;
  for (uint32_t i = 0; i < shape->computed_count; i++) {
    struct slice name = shape->computed_names[i];
    if (memchr(name.data, '.', name.bytes)) looking->whole = true;
    look(looking, expr->args[i + 1]);
  }
}

/** A projection of attributes by their names, and of what is computed of others. */
static void look_shape(struct looking *looking, const struct expr *expr) {
  const struct shape *shape = expr->shape;
  if (!shape->include || shape->picks_count) looking->whole = true;
  look_computed(looking, expr);
  if (shape->id) look_at(looking, &looking->key);
  for (uint32_t i = 0; i < shape->paths_count; i++) {
    if (shape->paths[i].count != 1) look_within(looking, &shape->paths[i]);
    look_at(looking, &shape->paths[i]);
  }
}

static void look(struct looking *looking, const struct expr *expr) {
  switch ((int)expr->kind) {
  case EXPR_FIELD:
    if (expr->path.count == 0 || expr->key || expr->slot)
      looking->whole = true;
    else
      look_at(looking, &expr->path);
    return;
  case EXPR_MATCH: look_match(looking, expr->match); return;
  case EXPR_SHAPE: look_shape(looking, expr); return;
  default: break;
  }
  if (!expr_is_of_args(expr->kind)) looking->whole = true;
  for (uint32_t i = 0; i < expr->args_count; i++) look(looking, expr->args[i]);
}

static void look_node(struct looking *looking, const struct plan *node) {
  for (uint32_t i = 0; i < node->exprs_count; i++) look(looking, node->exprs[i]);
  for (uint32_t i = 0; i < node->sort_count; i++) look(looking, node->sort[i].expr);
}

/** Down to the SCAN, through nodes that pass documents on. */
static bool find_chain(struct plan *consumer, struct chain *chain, struct looking *looking) {
  struct plan **at = &consumer->input;
  *chain = (struct chain){0};
  look_node(looking, consumer);
  while (*at && ((*at)->kind == PLAN_SORT || (*at)->kind == PLAN_LIMIT)) {
    look_node(looking, *at);
    at = &(*at)->input;
  }
  if (*at && (*at)->kind == PLAN_FILTER) {
    chain->filter_place = at;
    chain->filter = *at;
    at = &(*at)->input;
  }
  chain->scan = *at;
  return chain->scan && chain->scan->kind == PLAN_SCAN && chain->scan->collection &&
         chain->scan->columns_count == 1 && !chain->scan->shows_rows && !looking->whole;
}

/* ---- what is there ---- */

static bool is_something(const struct val *value) {
  return val_is_number(value) || value->type == VAL_TEXT || value->type == VAL_BOOL ||
         value->type == VAL_OBJECTID || value->type == VAL_TIMESTAMP;
}

static bool are_something(const struct val *list) {
  for (uint32_t i = 0; list->type == VAL_LIST && i < val_count(list); i++) {
    struct val element = val_at(list, i);
    if (!is_something(&element)) return false;
  }
  return list->type == VAL_LIST;
}

/** Whether the predicate is true only where something is at the path. */
static bool match_proves(const struct match *match, const struct path *path) {
  const struct expr *value = match->value;
  if (match->op == MATCH_AND) {
    for (uint32_t i = 0; i < match->children_count; i++)
      if (match_proves(match->children[i], path)) return true;
    return false;
  }
  if (!value || value->kind != EXPR_CONST || match->key || !path_is_equal(&match->path, path))
    return false;
  switch ((int)match->op) {
  case MATCH_EQ:
  case MATCH_GT:
  case MATCH_GTE:
  case MATCH_LT:
  case MATCH_LTE: return is_something(&value->value);
  case MATCH_IN: return are_something(&value->value);
  case MATCH_EXISTS: return value->value.type == VAL_BOOL && value->value.boolean;
  default: return false;
  }
}

static bool proves(const struct expr *condition, const struct path *path) {
  if (condition->kind == EXPR_MATCH) return match_proves(condition->match, path);
  return condition->kind == EXPR_BINARY && condition->op == EXPR_OP_AND &&
         (proves(condition->args[0], path) || proves(condition->args[1], path));
}

/** Whether all that is shown within maps is there. */
static bool are_there(const struct looking *looking, const struct chain *chain) {
  for (uint32_t i = 0; i < looking->shown_count; i++)
    if (!chain->filter || !proves(chain->filter->condition, looking->shown[i])) return false;
  return true;
}

/* ---- what an index holds ---- */

static bool has_path(const struct index_def *def, const struct path *path) {
  for (uint32_t i = 0; i < def->keys_count; i++)
    if (path_is_equal(&def->keys[i].path, path)) return true;
  return false;
}

/** Whether entries have what documents have at the path: not an element in the place of a list. */
static bool has_whole(const struct opt *opt, const struct collection *collection,
                      const struct catalog_index *index, const struct path *path) {
  for (uint32_t i = 0; i < index->def.keys_count; i++)
    if (path_is_equal(&index->def.keys[i].path, path))
      return !access_part_has_lists(opt, collection, index, i);
  return false;
}

static bool is_plain_path(const struct path *path) {
  for (uint32_t i = 0; i < path->count; i++)
    if (!path->steps[i].is_name || path->steps[i].is_index) return false;
  return path->count > 0;
}

/** Whether the path is the document's key, which entries hold behind the values of the index. */
static bool is_in_entries(const struct collection *collection, const struct catalog_index *index,
                          const struct path *path) {
  return access_is_key(collection, path, false) && index->def.notes_keys &&
         index_kinds_return(collection_kinds(collection, index, index->def.keys_count));
}

/** No two keys stand in one attribute, and all values come back as they were; within maps lists on
 * the way are known. */
static bool gives_back(const struct collection *collection, const struct catalog_index *index) {
  const struct index_def *def = &index->def;
  for (uint32_t i = 0; i < def->keys_count; i++) {
    if (!is_plain_path(&def->keys[i].path) ||
        (def->multikey && def->keys[i].path.count > 1 && !def->notes_ways) ||
        !index_kinds_return(collection_kinds(collection, index, i)))
      return false;
    for (uint32_t k = 0; k < i; k++)
      if (slice_is_equal(def->keys[i].path.steps[0].name, def->keys[k].path.steps[0].name))
        return false;
  }
  return true;
}

/** JQL's paths look into lists, which only an index of elements knows of. */
static bool may_cover(const struct opt *opt, const struct collection *collection,
                      const struct catalog_index *index) {
  bool fits = (index->def.multikey || opt->language != PLAN_JQL) && !index->def.wildcard.bytes &&
              !index->def.collation.bytes;
  return fits && !collection->evolution && gives_back(collection, index);
}

/** Whether all that is looked at stands in entries of the index: the first `count` of it. */
static bool covers(const struct opt *opt, const struct collection *collection,
                   const struct catalog_index *index, const struct looking *looking,
                   uint32_t count) {
  if (!may_cover(opt, collection, index)) return false;
  for (uint32_t i = 0; i < count; i++)
    if (!has_whole(opt, collection, index, looking->paths[i]) &&
        !is_in_entries(collection, index, looking->paths[i]))
      return false;
  return true;
}

/** Whether the way does: what the FILTER looks at is nothing to it where the bounds say it all. */
static bool way_covers(const struct opt *opt, const struct chain *chain,
                       const struct looking *looking, const struct plan_access *way) {
  const struct collection *collection = chain->scan->collection;
  if (covers(opt, collection, way->index, looking, looking->count)) return true;
  return chain->filter && covers(opt, collection, way->index, looking, looking->above) &&
         exact_condition(opt, collection, way, chain->filter->condition);
}

/** Whether some of what is looked at, which the index covers, is none of its paths. */
static bool looks_at_key(const struct looking *looking, const struct index_def *def) {
  for (uint32_t i = 0; i < looking->count; i++)
    if (!has_path(def, looking->paths[i])) return true;
  return false;
}

/* ---- the choice ---- */

/** Rows of entries cost no more than documents in sequence. */
static double cost_covered(const struct plan_access *access) {
  enum { COST_FETCH = 4 };
  return access->cost / COST_FETCH;
}

/** The cheapest index that covers: the chosen one, or another where the chosen one is not bound to
 * by an order or a hint. */
static status find_cover(struct opt *opt, const struct chain *chain, const struct looking *looking,
                         struct plan_access *cover, bool *found, struct err *err) {
  const struct collection *collection = chain->scan->collection;
  const struct plan_access *chosen = chain->scan->physical->access;
  bool is_bound = chosen->is_ordered || chosen->is_hinted;
  struct asks *asks = arena_alloc(opt->arena, sizeof *asks);
  TRY(opt__memory(opt, asks, err));
  *found = false;
  if (chosen->index && way_covers(opt, chain, looking, chosen)) {
    *cover = *chosen;
    *found = true;
  }
  if (is_bound || !chain->filter) return LUMA_OK;
  TRY(asks_collect(opt, chain->filter->condition, asks, err));
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    const struct catalog_index *index = &collection->indexes[i];
    enum access_refusal refusal = ACCESS_FITS;
    struct plan_access way;
    if (index == chosen->index || !covers(opt, collection, index, looking, looking->above))
      continue;
    TRY(access_make(opt, collection, index, asks, &way, &refusal, err));
    double best = *found ? cost_covered(cover) : chosen->cost;
    if (refusal != ACCESS_FITS || cost_covered(&way) >= best) continue;
    if (!way_covers(opt, chain, looking, &way)) continue;
    way.refused = chosen->refused;
    way.refused_count = chosen->refused_count;
    way.rejected = chosen->rejected;
    way.rejected_count = chosen->rejected_count;
    *cover = way;
    *found = true;
  }
  return LUMA_OK;
}

static status take(struct opt *opt, const struct chain *chain, const struct plan_access *access,
                   enum plan_cover how, bool drops_filter, struct err *err) {
  struct plan_access *kept = arena_copy(opt->arena, access, sizeof *access);
  TRY(opt__memory(opt, kept, err));
  kept->cover = how;
  kept->tells_apart =
      kept->index && !kept->branches_count && exact_meets_twice(opt, chain->scan->collection, kept);
  chain->scan->physical->access = kept;
  if (drops_filter) kept->bounded = chain->filter->condition;
  if (drops_filter) *chain->filter_place = chain->scan;
  return LUMA_OK;
}

/** Each alternative of a disjunction is read by the bounds of its own branch. */
static bool counts_union(const struct opt *opt, const struct chain *chain,
                         struct plan_access *access) {
  const struct match *match = chain->filter->condition->match;
  bool fits = match && match->op == MATCH_OR && match->children_count == access->branches_count;
  for (uint32_t i = 0; fits && i < access->branches_count; i++)
    fits = exact_match(opt, chain->scan->collection, &access->branches[i], match->children[i]);
  for (uint32_t i = 0; fits && i < access->branches_count; i++)
    access->branches[i].cover = PLAN_COVER_ROWS;
  return fits;
}

/** Without a look at any value of a document: each entry within the bounds is one row. */
static bool counts_entries(const struct opt *opt, const struct chain *chain,
                           const struct looking *above) {
  struct plan_access *access = chain->scan->physical->access;
  if (above->count || !chain->filter || chain->scan->collection->evolution) return false;
  if (access->branches_count) return counts_union(opt, chain, access);
  return access->index &&
         exact_condition(opt, chain->scan->collection, access, chain->filter->condition);
}

/** MongoDB's distinct of all documents, whose key may be the first of an index. */
static bool is_distinct_of_all(const struct plan *plan) {
  const struct plan *scan = plan->input;
  if (plan->kind != PLAN_DISTINCT || !plan->unwind || scan->kind != PLAN_SCAN) return false;
  const struct expr *field = plan->exprs[0];
  return scan->collection && !scan->hint && !scan->physical && field->kind == EXPR_FIELD &&
         !field->key && field->path.count;
}

/** Reads it from value to value of such an index. */
static status cover_distinct(struct opt *opt, struct plan *plan, struct err *err) {
  const struct collection *collection = plan->input->collection;
  const struct asks nothing = {0};
  for (uint32_t i = 0; i < collection->indexes_count; i++) {
    const struct catalog_index *index = &collection->indexes[i];
    enum access_refusal refusal = ACCESS_FITS;
    struct plan_access way;
    struct plan_physical *physical = NULL;
    bool fits = path_is_equal(&index->def.keys[0].path, &plan->exprs[0]->path) &&
                may_cover(opt, collection, index) &&
                has_whole(opt, collection, index, &plan->exprs[0]->path);
    if (!fits) continue;
    TRY(access_make(opt, collection, index, &nothing, &way, &refusal, err));
    if (refusal != ACCESS_FITS && refusal != ACCESS_NO_CONDITION) continue;
    way.cover = PLAN_COVER_VALUES;
    way.skips = true;
    TRY(opt__physical(opt, plan->input, &physical, err));
    physical->access = arena_copy(opt->arena, &way, sizeof way);
    return opt__memory(opt, physical->access, err);
  }
  return LUMA_OK;
}

status opt__cover(struct opt *opt, struct plan **node, struct err *err) {
  struct looking *looking = make_looking(opt);
  struct plan_access cover;
  struct chain chain;
  bool found = false;
  TRY(opt__memory(opt, looking, err));
  bool reads = (*node)->kind == PLAN_PROJECT || (*node)->kind == PLAN_AGGREGATE;
  bool may = !opt->is_several && !opt->is_collated;
  if (may && is_distinct_of_all(*node)) return cover_distinct(opt, *node, err);
  if (!reads || !may) return LUMA_OK;
  if (!find_chain(*node, &chain, looking)) return LUMA_OK;
  const struct plan_access *access = chain.scan->physical ? chain.scan->physical->access : NULL;
  if (!access) return LUMA_OK;
  if (counts_entries(opt, &chain, looking))
    return take(opt, &chain, access, PLAN_COVER_ROWS, true, err);
  if (access->branches_count && !access->index) return LUMA_OK; /* of several indexes */
  looking->above = looking->count;
  if (chain.filter) look(looking, chain.filter->condition);
  if (looking->whole || looking->count == 0 || !are_there(looking, &chain)) return LUMA_OK;
  TRY(find_cover(opt, &chain, looking, &cover, &found, err));
  if (!found) return LUMA_OK;
  cover.covers_key = looks_at_key(looking, &cover.index->def);
  bool is_exact =
      chain.filter && exact_condition(opt, chain.scan->collection, &cover, chain.filter->condition);
  return take(opt, &chain, &cover, PLAN_COVER_VALUES, is_exact, err);
}
