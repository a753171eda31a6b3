/* SPDX-License-Identifier: MIT */
/* Lists of changes: each element is one, and the plans of several are stacked as a SEQUENCE.
 *
 * A list that needs many plans is planned in portions, so that their memory is bounded: the first
 * is the statement's plan; of each other one it is noted where it begins. All are read at once, as
 * what is wrong with an element refuses the command, those others in memory that is given back;
 * they are read again when their turn comes to run. */
#include "base/core/assert.h"
#include "query/lang/jql/jql_int.h"

enum { PORTION_BYTES = 8 << 20, READING_BYTES_MAX = 64 << 20 };

/** What all portions of a list are read with. */
struct changes {
  struct jql_node collection, list;
  jql_element *read;
  bool ordered;
  struct expr **lets; /* of the statement, before its changes add theirs */
  uint32_t lets_count;
};

/** The same of a long one, kept in the statement's memory. */
struct kept {
  struct changes changes;
  struct jql jql;
  struct jql_node command;
  struct plain plain;
  struct json_alike alike;
};

struct portion {
  struct plan_rest rest; /* the first member */
  const struct kept *kept;
  struct jql_each from; /* stands before its first change */
};

/** Changes as they are stacked. */
struct stack {
  struct plan **last;   /* where the next goes */
  struct plan *insert;  /* the last one, where it is an INSERT */
  uint32_t insert_room; /* documents that it has room for */
  struct plan *spare;   /* one that was joined: the next is read into it, for there may be many */
  uint32_t plans;
  bool ordered, stops; /* what follows one that surely fails is not done: it is read alone */
};

/** Passes over the elements that are like the one read last, which the plan takes in. */
static status pass_alike(const struct jql *jql, const struct jql_node *list, struct jql_each *each,
                         struct plan *plan) {
  uint32_t from = each->at - 1, taken = 0;
  TRY(jql__gather_alike(jql, list, from, plan, &taken));
  if (taken > 1) each->cursor = JQL_NOWHERE;
  each->at = from + taken;
  return LUMA_OK;
}

static status grow_insert(const struct jql *jql, struct stack *stack) {
  struct plan *insert = stack->insert;
  if (insert->exprs_count < stack->insert_room) return LUMA_OK;
  uint32_t room = insert->exprs_count < 8 ? 16 : 2 * insert->exprs_count;
  struct expr **exprs = arena_alloc(jql->arena, room * sizeof(struct expr *));
  TRY(jql__made(jql, exprs));
  memcpy(exprs, insert->exprs, insert->exprs_count * sizeof(struct expr *));
  insert->exprs = exprs;
  stack->insert_room = room;
  return LUMA_OK;
}

/** Inserts into one collection that follow each other are one of several documents. */
static status join_insert(const struct jql *jql, struct stack *stack, const struct plan *made,
                          bool *joined) {
  struct plan *into = stack->insert;
  *joined = into && made->kind == PLAN_INSERT &&
            slice_is_equal(into->collection_name, made->collection_name);
  if (!*joined) return LUMA_OK;
  TRY(grow_insert(jql, stack));
  into->exprs[into->exprs_count++] = made->exprs[0];
  into->rows_count = into->exprs_count;
  return LUMA_OK;
}

static status put_on_stack(const struct jql *jql, const struct jql_node *element,
                           const struct jql_each *each, struct plan *made, struct stack *stack) {
  bool joined = false, is_last = each->at == each->count;
  TRY(join_insert(jql, stack, made, &joined));
  if (joined) {
    stack->spare = made;
    return LUMA_OK;
  }
  stack->plans++;
  stack->insert = made->kind == PLAN_INSERT ? made : NULL;
  stack->insert_room = 0;
  stack->stops = stack->ordered && made->failure;
  if (made->kind != PLAN_INSERT) made->ordered = stack->ordered;
  *stack->last = made;
  if (is_last && !made->failure) return LUMA_OK;
  TRY(jql__put(jql, PLAN_SEQUENCE, element, stack->last));
  (*stack->last)->ordered = stack->ordered;
  stack->last = &(*stack->last)->right;
  return LUMA_OK;
}

/** To the next element; false at the end of the list. */
static bool next_element(struct jql_each *each, struct jql_node *element, status *done) {
  bool has_next = jql__next(each, element);
  *done = has_next ? jql__element(each->jql, each->of, element->index, &element->value) : LUMA_OK;
  return has_next && *done == LUMA_OK;
}

/** Reads changes until the list ends, or the portion is full. */
static status read_changes(const struct jql *jql, const struct changes *changes,
                           struct jql_each *each, struct stack *stack) {
  size_t full = arena_used_bytes(jql->arena) + PORTION_BYTES;
  status done = LUMA_OK;
  struct jql_node element;
  while (stack->plans < JQL_PLANS_MAX && arena_used_bytes(jql->arena) < full &&
         next_element(each, &element, &done)) {
    struct plan *made = NULL;
    TRY(jql__check_kind_as(jql, &element, JQL_MAP, JQL_TYPE_MISMATCH));
    TRY(changes->read(jql, &changes->collection, &element, &made));
    ASSERT(made);
    if (made->kind == PLAN_UPDATE) TRY(pass_alike(jql, each->of, each, made));
    if (!stack->stops) TRY(put_on_stack(jql, &element, each, made, stack));
  }
  return done;
}

/* ---- the other portions ---- */

/** Reads a portion into the context's arena; `end` then stands behind it. */
static status read_portion(const struct portion *portion, const struct lang_context *context,
                           struct statement *statement, struct jql_each *end, bool *stops,
                           struct err *err) {
  const struct changes *changes = &portion->kept->changes;
  struct stack stack = {.last = &statement->root, .ordered = changes->ordered, .stops = *stops};
  struct jql jql = portion->kept->jql;
  struct jql_each each = portion->from;
  *statement = (struct statement){
      .language = PLAN_JQL, .lets = changes->lets, .lets_count = changes->lets_count};
  jql.context = context;
  jql.arena = context->arena;
  jql.statement = statement;
  jql.err = err;
  jql.spare = &stack.spare;
  each.jql = &jql;
  TRY(read_changes(&jql, changes, &each, &stack));
  *stops = stack.stops;
  *end = each;
  if (statement->root && statement->root->kind != PLAN_SEQUENCE) {
    TRY(jql__put(&jql, PLAN_SEQUENCE, &changes->list, &statement->root));
    statement->root->ordered = changes->ordered;
  }
  return LUMA_OK;
}

status jql_read_rest(const struct lang_context *context, const struct plan_rest *rest,
                     struct statement *statement, struct err *err) {
  const struct portion *portion = (const void *)rest; /* its first member */
  struct jql_each end;
  bool stops = false;
  return read_portion(portion, context, statement, &end, &stops, err);
}

static status keep(const struct jql *jql, const struct changes *changes, struct kept **kept) {
  struct kept *made = *kept = arena_zalloc(jql->arena, 1, sizeof *made);
  TRY(jql__made(jql, made));
  made->changes = *changes;
  made->command = *changes->list.parent;
  made->changes.list.parent = made->changes.collection.parent = &made->command;
  made->jql = *jql;
  if (jql->plain) {
    made->plain = *jql->plain;
    made->jql.plain = &made->plain;
  }
  if (jql->alike) {
    made->alike = *jql->alike;
    made->jql.alike = &made->alike;
  }
  return LUMA_OK;
}

/** Notes a portion, which follows those of the statement, and reads it into `context`'s arena. */
static status try_portion(const struct jql *jql, const struct lang_context *context,
                          const struct portion *portion, struct plan_rest ***next,
                          struct jql_each *end, bool *stops) {
  struct statement unused;
  struct portion *noted = NULL;
  if (!*stops) {
    noted = arena_copy(jql->arena, portion, sizeof *portion);
    if (!noted) return jql__made(jql, noted);
    **next = &noted->rest;
    *next = &noted->rest.next;
  }
  TRY(read_portion(portion, context, &unused, end, stops, jql->err));
  if (noted) noted->rest.changes_count = end->at - portion->from.at;
  return LUMA_OK;
}

static status read_on(const struct jql *jql, const struct changes *changes,
                      const struct jql_each *from, bool stops) {
  struct kept *kept = NULL;
  struct arena reading;
  struct jql_each at = *from;
  struct plan_rest **next = &jql->statement->rest;
  struct lang_context context = *jql->context;
  status done = LUMA_OK;
  TRY(keep(jql, changes, &kept));
  at.of = &kept->changes.list;
  arena_init(&reading, 0, READING_BYTES_MAX);
  context.arena = &reading;
  context.literals = NULL;
  while (done == LUMA_OK && at.at < at.count) {
    struct portion portion = {
        .rest = {.lets_count = changes->lets_count}, .kept = kept, .from = at};
    done = try_portion(jql, &context, &portion, &next, &at, &stops);
    arena_reset(&reading);
  }
  arena_deinit(&reading);
  return done;
}

/* ---- the list ---- */

static status check_count(const struct jql *jql, const struct jql_node *list, uint32_t count) {
  if (count > 0 && count <= JQL_CHANGES_MAX) return LUMA_OK;
  return jql__fail_code(jql, list, JQL_INVALID_LENGTH, "`%.*s` takes 1 to %d elements, not %u",
                        SLICE_ARG(list->name), JQL_CHANGES_MAX, count);
}

status jql__sequence(const struct jql *jql, const struct jql_node *collection,
                     const struct jql_node *list, bool ordered, jql_element *read,
                     struct plan **plan) {
  const struct changes changes = {.collection = *collection,
                                  .list = *list,
                                  .read = read,
                                  .ordered = ordered,
                                  .lets = jql->statement->lets,
                                  .lets_count = jql->statement->lets_count};
  struct jql_each each = jql__each(jql, list);
  struct jql inner = *jql;
  struct stack stack = {.last = plan, .ordered = ordered};
  each.count = jql__elements_count(jql, list);
  TRY(check_count(jql, list, each.count));
  inner.is_several |= each.count > 1;
  inner.spare = &stack.spare;
  TRY(read_changes(&inner, &changes, &each, &stack));
  if (each.at == each.count) return LUMA_OK;
  if (!plan_is_change((*plan)->input->kind))
    return jql__fail_code(jql, list, JQL_INVALID_LENGTH, "`%.*s` has more than %d elements",
                          SLICE_ARG(list->name), JQL_PLANS_MAX);
  if (!jql->explains) return read_on(&inner, &changes, &each, stack.stops);
  return jql__fail_code(jql, list, JQL_INVALID_LENGTH,
                        "more than %d different changes are not explained", JQL_PLANS_MAX);
}
