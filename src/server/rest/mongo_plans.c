/* SPDX-License-Identifier: MIT */
#include "server/rest/mongo_plans.h"

#include <stdio.h>

#include "base/os/process.h"
#include "query/lang/lang.h"
#include "server/rest/mongo_current.h"
#include "server/rest/mongo_server.h"
#include "service/plans/plans.h"
#include "value/json/json.h"

enum { FAILED_TO_PARSE = 9, BAD_VALUE = 2, PLAN_BYTES_MAX = 4096 };

/* ---- plans of a collection ---- */

static bool is_other(void *context, const struct plan *plan) {
  const struct slice *name = context;
  return plan->collection_name.bytes == 0 || !slice_is_equal(plan->collection_name, *name);
}

/* Of a statement in JQL that reads or changes the collection. */
static bool is_of(const struct query *query, struct slice name) {
  return query_source(query)->lang == &lang_jql && !plan_visit(query_root(query), is_other, &name);
}

/* ---- the command that a plan was made for ---- */

/* What a text says, as a value in `out`; MISSING when it cannot be read. */
static struct val read_command(struct exchange *exchange, struct slice text, struct buf *out) {
  const struct json_read_options options = {.form = JSON_TAGGED, .big_are_floats = true};
  struct lang_context context = {.arena = &exchange->request->arena};
  struct json_reader *reader;
  struct val command = val_missing();
  buf_reset(out);
  bool is_json = text.bytes && text.data[0] == '{';
  if (!is_json && jql_as_json(&context, text, 0, &text, NULL) != LUMA_OK) return val_missing();
  if (session_json_reader(exchange->session, &reader, NULL) != LUMA_OK ||
      json_read_value(reader, text, &options, out, &command, NULL) != LUMA_OK)
    return val_missing();
  return command.type == VAL_MAP ? command : val_missing();
}

static struct val first_of(const struct val *command, const char *const *names, size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct val found = val_field(command, slice_of_text(names[i]));
    if (found.type != VAL_MISSING) return found;
  }
  return val_missing();
}

/* The map that holds what is asked: of a list of changes the first, of a pipeline its $match. */
static struct val asking_of(const struct val *command) {
  static const char *const lists[] = {"updates", "deletes", "pipeline"};
  struct val list = first_of(command, lists, 3);
  return list.type == VAL_LIST && val_count(&list) ? val_at(&list, 0) : *command;
}

static void put_part(const struct mongo_asked *asked, const char *name, const struct val *part) {
  build_name(asked->build, slice_of_text(name));
  if (part->type == VAL_MAP) {
    mongo_current_put_value(asked, part);
    return;
  }
  build_begin_map(asked->build);
  build_end(asked->build);
}

static void put_query(const struct mongo_asked *asked, const struct val *command) {
  static const char *const filters[] = {"filter", "query", "q", "$match"};
  static const char *const projections[] = {"projection", "fields"};
  struct val asking = asking_of(command);
  struct val filter = first_of(&asking, filters, 4), shown = first_of(command, projections, 2);
  struct val sort = val_field(command, slice_of_text("sort"));
  build_name(asked->build, slice_of_text("createdFromQuery"));
  build_begin_map(asked->build);
  put_part(asked, "query", &filter);
  put_part(asked, "sort", &sort);
  put_part(asked, "projection", &shown);
  build_end(asked->build);
}

/* ---- $planCacheStats ---- */

status mongo_plans_check(const struct statement_run *run, const struct val *options,
                         struct err *err) {
  (void)run;
  if (options->type == VAL_MAP && val_count(options) == 0) return LUMA_OK;
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
            "$planCacheStats takes an empty object: there is one server");
  if (err) err->foreign = FAILED_TO_PARSE;
  return LUMA_INVALID_ARGUMENT;
}

/* What is told of a plan: copies, for it may be taken and go once it was looked at. */
struct kept_plan {
  struct kept_plan *next;
  struct slice text, tree;
  uint64_t planned_us;
};

struct listing {
  struct arena *arena;
  struct slice name;
  struct kept_plan *plans;
  bool failed;
};

static struct slice copy_text(struct arena *arena, struct slice text) {
  const void *copy =
      arena_copy(arena, text.bytes ? (const void *)text.data : "", text.bytes ? text.bytes : 1);
  return slice_of(copy, copy ? text.bytes : 0);
}

static bool list_plan(void *context, const struct query *query) {
  struct listing *listing = context;
  struct buf tree;
  if (!is_of(query, listing->name)) return false;
  struct kept_plan *plan = arena_zalloc(listing->arena, 1, sizeof *plan);
  listing->failed |= !plan;
  if (!plan) return false;
  buf_init(&tree, PLAN_BYTES_MAX);
  plan_format(query_root(query), &tree);
  plan->tree = copy_text(listing->arena, buf_slice(&tree));
  plan->text = copy_text(listing->arena, query_source(query)->text);
  plan->planned_us = query_planned_us(query);
  buf_deinit(&tree);
  plan->next = listing->plans;
  listing->plans = plan;
  return false;
}

static void put_hash(struct build *build, const char *name, uint32_t hash) {
  char text[16];
  (void)snprintf(text, sizeof text, "%08X", hash);
  mongo_put_text(build, name, text);
}

static void put_plan(const struct mongo_asked *asked, const struct kept_plan *plan,
                     const struct val *command) {
  struct build *build = asked->build;
  struct process_machine machine;
  uint32_t hash = jql_shape(command);
  uint64_t age_us = os_now_us(asked->exchange->rest->options.os) - plan->planned_us;
  process_tell_machine(&machine);
  build_begin_map(build);
  build_name(build, slice_of_text("$literal"));
  build_begin_map(build);
  mongo_put_text(build, "version", "1");
  put_hash(build, "queryHash", hash);
  mongo_put_flag(build, "isActive", age_us <= PLANS_AGE_US);
  mongo_put(build, "timeOfCreation", val_timestamp((int64_t)(plan->planned_us / 1000 * 1000)));
  put_query(asked, command);
  if (!rest__masks(asked->exchange)) {
    build_name(build, slice_of_text("cachedPlan"));
    build_begin_map(build);
    mongo_put(build, "stages", val_text(plan->tree));
    build_end(build);
  }
  mongo_put_flag(build, "indexFilterSet", false);
  mongo_put_text(build, "host", machine.host);
  build_end(build);
  build_end(build);
}

status mongo_plans_put(const struct mongo_asked *asked, struct err *err) {
  struct val target = mongo_asked_field(asked, "aggregate");
  struct exchange *exchange = asked->exchange;
  struct listing listing = {.arena = &exchange->request->arena};
  struct buf room;
  if (target.type == VAL_TEXT) listing.name = val_slice(&target);
  plans_each(exchange->rest->options.db->plans, list_plan, &listing);
  if (listing.failed) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory to list plans");
  buf_init(&room, DOC_BYTES_MAX);
  build_begin_list(asked->build);
  for (const struct kept_plan *plan = listing.plans; plan; plan = plan->next) {
    struct val command = read_command(exchange, plan->text, &room);
    if (command.type == VAL_MAP) put_plan(asked, plan, &command);
  }
  build_end(asked->build);
  buf_deinit(&room);
  return LUMA_OK;
}

/* ---- planCacheClear ---- */

struct clearing {
  struct exchange *exchange;
  struct slice name;
  bool has_shape;
  uint32_t shape;
  struct buf room;
};

static bool is_cleared(void *context, const struct query *query) {
  struct clearing *clearing = context;
  if (!is_of(query, clearing->name)) return false;
  if (!clearing->has_shape) return true;
  struct val command = read_command(clearing->exchange, query_source(query)->text, &clearing->room);
  return command.type == VAL_MAP && jql_shape(&command) == clearing->shape;
}

status mongo_plans_clear(const struct mongo_asked *asked, struct err *err) {
  struct slice first;
  TRY(mongo_server_check_collection(asked, err));
  struct val name = val_field_at(&asked->run->command, 0, &first);
  bool has_query = mongo_asked_field(asked, "query").type != VAL_MISSING;
  bool has_rest = mongo_asked_field(asked, "sort").type != VAL_MISSING ||
                  mongo_asked_field(asked, "projection").type != VAL_MISSING;
  if (has_rest && !has_query) {
    err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
              "sort or projection provided without query");
    if (err) err->foreign = BAD_VALUE;
    return LUMA_INVALID_ARGUMENT;
  }
  struct clearing clearing = {.exchange = asked->exchange,
                              .name = val_slice(&name),
                              .has_shape = has_query,
                              .shape = jql_shape(&asked->run->command)};
  buf_init(&clearing.room, DOC_BYTES_MAX);
  plans_drop(asked->exchange->rest->options.db->plans, is_cleared, &clearing);
  buf_deinit(&clearing.room);
  return LUMA_OK;
}
