/* SPDX-License-Identifier: MIT */
/* CREATE SEQUENCE and DROP SEQUENCE, read by hand as definitions are. */
#include <stdio.h>

#include "base/text/num.h"
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_ddl.h"

static struct plan *make(struct lql_ddl *ddl, enum plan_kind kind, struct slice name,
                         uint64_t offset) {
  struct plan *made = plan_node(ddl->lql->arena, kind, NULL, offset);
  if (!made) return NULL;
  made->sequence = arena_zalloc(ddl->lql->arena, 1, sizeof *made->sequence);
  if (!made->sequence) return NULL;
  made->new_name = name;
  ddl->lql->root = made;
  return made;
}

static bool take_number(struct lql_ddl *ddl, int64_t *number) {
  bool is_negative = lql__ddl_take_mark(ddl, LQL_MINUS);
  const struct lql_token *token = lql__ddl_peek(ddl);
  char text[32];
  if (token->kind != LQL_INTEGER || token->text.bytes > 20)
    return lql__ddl_fail(ddl, "a whole number");
  int bytes = snprintf(text, sizeof text, "%s%.*s", is_negative ? "-" : "", SLICE_ARG(token->text));
  if (!num_parse_int64(slice_of(text, (size_t)bytes), number))
    return lql__ddl_fail(ddl, "a number of 64 bits");
  ddl->at++;
  return true;
}

/* What was said: the rest is as PostgreSQL has it. */
struct asked {
  bool start, minimum, maximum;
};

static bool take_bound(struct lql_ddl *ddl, bool *asked, int64_t *number) {
  *asked = true;
  return take_number(ddl, number);
}

static bool take_option(struct lql_ddl *ddl, struct plan_sequence *sequence, struct asked *asked) {
  struct slice unused;
  if (lql__ddl_take(ddl, "INCREMENT BY") || lql__ddl_take(ddl, "INCREMENT"))
    return take_number(ddl, &sequence->increment);
  if (lql__ddl_take(ddl, "START WITH") || lql__ddl_take(ddl, "START"))
    return take_bound(ddl, &asked->start, &sequence->start);
  if (lql__ddl_take(ddl, "MINVALUE")) return take_bound(ddl, &asked->minimum, &sequence->minimum);
  if (lql__ddl_take(ddl, "MAXVALUE")) return take_bound(ddl, &asked->maximum, &sequence->maximum);
  if (lql__ddl_take(ddl, "CACHE")) return take_number(ddl, &sequence->cache);
  if (lql__ddl_take(ddl, "NO MINVALUE") || lql__ddl_take(ddl, "NO MAXVALUE") ||
      lql__ddl_take(ddl, "NO CYCLE") || lql__ddl_take(ddl, "OWNED BY NONE"))
    return true;
  if (lql__ddl_take(ddl, "CYCLE")) return sequence->cycles = true;
  if (lql__ddl_take(ddl, "AS")) return lql__ddl_name(ddl, &unused);
  return lql__ddl_fail(ddl, "INCREMENT, START, MINVALUE, MAXVALUE, CACHE or CYCLE");
}

/* A rising sequence begins at 1, a falling one at -1; each ends where 64 bits do. */
static void fill(struct plan_sequence *sequence, const struct asked *asked) {
  bool rises = sequence->increment > 0;
  if (!asked->minimum) sequence->minimum = rises ? 1 : INT64_MIN;
  if (!asked->maximum) sequence->maximum = rises ? INT64_MAX : -1;
  if (!asked->start) sequence->start = rises ? sequence->minimum : sequence->maximum;
}

bool lql__create_sequence(struct lql_ddl *ddl) {
  struct asked asked = {0};
  struct slice name;
  bool if_not_exists = lql__ddl_take(ddl, "IF NOT EXISTS");
  uint64_t offset = lql__ddl_peek(ddl)->offset;
  if (!lql__ddl_name(ddl, &name)) return false;
  struct plan *made = make(ddl, PLAN_CREATE_SEQUENCE, name, offset);
  if (!made) return false;
  made->if_not_exists = if_not_exists;
  made->sequence->increment = 1;
  while (lql__ddl_peek(ddl)->kind != 0)
    if (!take_option(ddl, made->sequence, &asked)) return false;
  fill(made->sequence, &asked);
  return true;
}

bool lql__drop_sequence(struct lql_ddl *ddl) {
  struct slice name;
  bool if_exists = lql__ddl_take(ddl, "IF EXISTS");
  uint64_t offset = lql__ddl_peek(ddl)->offset;
  if (!lql__ddl_name(ddl, &name)) return false;
  if (lql__ddl_peek(ddl)->kind != 0) return lql__ddl_fail(ddl, "the end of the statement");
  struct plan *made = make(ddl, PLAN_DROP_SEQUENCE, name, offset);
  if (made) made->if_exists = if_exists;
  return made != NULL;
}
