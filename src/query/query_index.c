/* SPDX-License-Identifier: MIT */
/* An index keeps its expressions as text, which is read without the statement around it: by the
 * writes of every document and by the optimizer. So the text must mean there what it meant in the
 * statement; names without case or with the collection's before them do not. */
#include "query/query_int.h"
#include "query/rule/rule.h"

static bool means(struct arena *arena, enum soul_rule_kind kind, struct slice text,
                  const struct expr *wanted) {
  struct soul_rule rule = {.kind = kind, .text = text};
  struct expr *read = NULL;
  return text.bytes && rule_read(arena, &rule, &read, NULL) == LUMA_OK &&
         expr_is_equal(read, wanted);
}

static status fail_text(struct err *err) {
  status failed = err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
                            "an index cannot keep this expression as text");
  if (err) err_hint(err, "write attributes as the documents have them");
  return failed;
}

/* What was written, or what it is when formatted, whichever comes first. */
static status settle(struct arena *arena, enum soul_rule_kind kind, struct expr *expr,
                     bool prefers_written, struct slice *text, struct err *err) {
  struct slice made = expr_settle_text(arena, expr);
  struct slice first = prefers_written ? *text : made, second = prefers_written ? made : *text;
  TRY(plan_check_memory(arena, made.data, err));
  if (means(arena, kind, first, expr))
    *text = first;
  else if (means(arena, kind, second, expr))
    *text = second;
  else
    return fail_text(err);
  return LUMA_OK;
}

status query__settle_index(struct arena *arena, struct plan *root, struct err *err) {
  while (root && root->kind == PLAN_EXPLAIN) root = root->input;
  if (!root || root->kind != PLAN_CREATE_INDEX || root->index_matches) return LUMA_OK;
  if (root->condition)
    TRY(settle(arena, SOUL_RULE_LASTING, root->condition, true, &root->index_condition, err));
  root->condition = NULL;
  for (uint32_t i = 0; i < root->index_keys_count; i++) {
    struct plan_index_key *key = &root->index_keys[i];
    if (key->expression)
      TRY(settle(arena, SOUL_RULE_FIXED, key->expression, false, &key->text, err));
  }
  return LUMA_OK;
}
