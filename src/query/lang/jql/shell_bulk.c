/* SPDX-License-Identifier: MIT */
/* The shell's Bulk() as one chain: initializeOrderedBulkOp().insert({…}).find({…}).updateOne({…})
 * .execute() is a bulkWrite of these operations. */
#include "base/core/assert.h"
#include "query/lang/jql/shell_int.h"

struct action {
  const char *name, *operation, *field; /* of its argument; NULL: it takes none */
};

/* What may be done with that which a find found. */
static const struct action actions[] = {
    {"update", "updateMany", "update"},
    {"updateOne", "updateOne", "update"},
    {"replaceOne", "replaceOne", "replacement"},
    {"remove", "deleteMany", NULL},
    {"delete", "deleteMany", NULL},
    {"removeOne", "deleteOne", NULL},
    {"deleteOne", "deleteOne", NULL},
};
enum { ACTIONS = sizeof actions / sizeof actions[0] };

/* What may stand between find and the action. */
static const struct action conditions[] = {
    {"upsert", "upsert", NULL},
    {"collation", "collation", "collation"},
    {"hint", "hint", "hint"},
    {"arrayFilters", "arrayFilters", "arrayFilters"},
};
enum { CONDITIONS = sizeof conditions / sizeof conditions[0] };

static const struct action *find_action(const struct action *among, size_t count,
                                        const struct call *call) {
  for (size_t i = 0; i < count; i++)
    if (shell__is_named(call, among[i].name)) return &among[i];
  return NULL;
}

static status check_args(struct shell *shell, const struct call *call, uint32_t count) {
  if (call->args_count == count) return LUMA_OK;
  return plain__fail(shell->writing, call->at, "%.*s takes %s", SLICE_ARG(call->name),
                     count ? "one argument" : "no argument");
}

static status put_field(struct shell *shell, const struct call *call, const char *field) {
  plain__mark(shell->writing, call->at);
  buf_append_format(&shell->writing->json, ",\"%s\":", field);
  return shell__put_value(shell, call->args[0]);
}

static status put_insert(struct shell *shell, const struct call *call) {
  TRY(check_args(shell, call, 1));
  shell__put(shell, "{\"insertOne\":{\"document\":");
  TRY(shell__put_value(shell, call->args[0]));
  shell__put(shell, "}}");
  return LUMA_OK;
}

static status put_condition(struct shell *shell, const struct call *call) {
  const struct action *condition = find_action(conditions, CONDITIONS, call);
  ASSERT(condition);
  TRY(check_args(shell, call, condition->field != NULL));
  if (condition->field) return put_field(shell, call, condition->field);
  shell__put(shell, ",\"upsert\":true");
  return LUMA_OK;
}

static status fail_unended(struct shell *shell, const struct call *call) {
  return plain__fail(shell->writing, call->at,
                     "what to do with what is found must follow, such as updateOne({…})");
}

static status put_found(struct shell *shell, const struct call *find, const struct call *call,
                        const struct action *action) {
  TRY(check_args(shell, call, action->field != NULL));
  buf_append_format(&shell->writing->json, "{\"%s\":{\"filter\":", action->operation);
  TRY(shell__put_value(shell, find->args[0]));
  for (const struct call *at = find + 1; at < call; at++) TRY(put_condition(shell, at));
  if (action->field) TRY(put_field(shell, call, action->field));
  shell__put(shell, "}}");
  return LUMA_OK;
}

/* From the find at `*at` to its action. */
static status put_find(struct shell *shell, uint32_t *at) {
  const char *names[ACTIONS + CONDITIONS + 1] = {NULL};
  const struct call *find = &shell->calls[*at];
  TRY(check_args(shell, find, 1));
  do ++*at;
  while (find_action(conditions, CONDITIONS, &shell->calls[*at])); /* execute() is none of them */
  const struct call *call = &shell->calls[*at];
  const struct action *action = find_action(actions, ACTIONS, call);
  if (action) return put_found(shell, find, call, action);
  if (*at == shell->calls_count - 1) return fail_unended(shell, find);
  for (int i = 0; i < ACTIONS; i++) names[i] = actions[i].name;
  for (int i = 0; i < CONDITIONS; i++) names[ACTIONS + i] = conditions[i].name;
  return shell__fail_call(shell, call, names);
}

status shell__write_bulk(struct shell *shell, const struct method *method) {
  static const char *const names[] = {"insert", "find", "execute", NULL};
  uint32_t last = shell->calls_count - 1;
  const struct call *end = &shell->calls[last];
  if (last == 0 || !shell__is_named(end, "execute"))
    return plain__fail(shell->writing, end->at, "execute() must end the chain");
  TRY(shell__begin(shell, "bulkWrite"));
  shell__put(shell, ",\"ops\":[");
  for (uint32_t i = 1; i < last; i++) {
    const struct call *call = &shell->calls[i];
    if (i > 1) shell__put(shell, ",");
    plain__mark(shell->writing, call->at);
    if (shell__is_named(call, "insert"))
      TRY(put_insert(shell, call));
    else if (shell__is_named(call, "find"))
      TRY(put_find(shell, &i));
    else
      return shell__fail_call(shell, call, names);
  }
  buf_append_format(&shell->writing->json, "],\"ordered\":%s", method->fixed);
  if (end->args_count == 0) return LUMA_OK;
  return put_field(shell, end, "writeConcern");
}
