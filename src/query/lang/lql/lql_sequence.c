/* SPDX-License-Identifier: MIT */
/* CREATE, ALTER and DROP SEQUENCE, read by hand as definitions are. */
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

static bool take_said(struct lql_ddl *ddl, bool *said, int64_t *number) {
  *said = true;
  return take_number(ddl, number);
}

/* NO MINVALUE, NO MAXVALUE: the widest, which depends on the direction. */
static bool take_no(struct lql_ddl *ddl, struct plan_sequence *sequence, bool *is_one) {
  *is_one = true;
  if (lql__ddl_take(ddl, "NO CYCLE")) {
    sequence->cycles = false;
    return sequence->says.cycles = true;
  }
  if (lql__ddl_take(ddl, "NO MINVALUE")) {
    sequence->says.minimum = false;
    return true;
  }
  if (lql__ddl_take(ddl, "NO MAXVALUE")) {
    sequence->says.maximum = false;
    return true;
  }
  *is_one = false;
  return true;
}

/* OWNED BY collection.attribute: the sequence goes with the collection. */
static bool take_owner(struct lql_ddl *ddl, struct plan_sequence *sequence) {
  struct slice attribute;
  sequence->says.owner = true;
  sequence->owner = slice_of(NULL, 0);
  if (lql__ddl_take(ddl, "NONE")) return true;
  if (!lql__ddl_name(ddl, &sequence->owner)) return false;
  return !lql__ddl_take_mark(ddl, LQL_DOT) || lql__ddl_name(ddl, &attribute);
}

static bool take_restart(struct lql_ddl *ddl, struct plan_sequence *sequence) {
  sequence->says.restart = true;
  bool has_next = lql__ddl_take(ddl, "WITH") || lql__ddl_peek(ddl)->kind == LQL_INTEGER ||
                  lql__ddl_peek(ddl)->kind == LQL_MINUS;
  return !has_next || take_said(ddl, &sequence->says.next, &sequence->next);
}

static bool take_option(struct lql_ddl *ddl, struct plan_sequence *sequence, bool alters) {
  struct slice unused;
  bool is_one;
  if (!take_no(ddl, sequence, &is_one) || is_one) return is_one;
  if (lql__ddl_take(ddl, "INCREMENT BY") || lql__ddl_take(ddl, "INCREMENT"))
    return take_said(ddl, &sequence->says.increment, &sequence->increment);
  if (lql__ddl_take(ddl, "START WITH") || lql__ddl_take(ddl, "START"))
    return take_said(ddl, &sequence->says.start, &sequence->start);
  if (lql__ddl_take(ddl, "MINVALUE"))
    return take_said(ddl, &sequence->says.minimum, &sequence->minimum);
  if (lql__ddl_take(ddl, "MAXVALUE"))
    return take_said(ddl, &sequence->says.maximum, &sequence->maximum);
  if (lql__ddl_take(ddl, "CACHE")) return take_said(ddl, &sequence->says.cache, &sequence->cache);
  if (lql__ddl_take(ddl, "OWNED BY")) return take_owner(ddl, sequence);
  if (lql__ddl_take(ddl, "CYCLE")) return sequence->cycles = sequence->says.cycles = true;
  if (lql__ddl_take(ddl, "AS")) return lql__ddl_name(ddl, &unused);
  if (alters && lql__ddl_take(ddl, "RESTART")) return take_restart(ddl, sequence);
  return lql__ddl_fail(ddl, "INCREMENT, START, MINVALUE, MAXVALUE, CACHE, CYCLE or OWNED BY");
}

/* A rising sequence begins at 1, a falling one at -1; each ends where 64 bits do. */
static void fill(struct plan_sequence *sequence) {
  bool rises = sequence->increment > 0;
  if (!sequence->says.minimum) sequence->minimum = rises ? 1 : INT64_MIN;
  if (!sequence->says.maximum) sequence->maximum = rises ? INT64_MAX : -1;
  if (!sequence->says.start) sequence->start = rises ? sequence->minimum : sequence->maximum;
}

void lql__sequence_defaults(struct plan_sequence *sequence) {
  sequence->increment = 1;
  fill(sequence);
}

bool lql__sequence_options(struct lql_ddl *ddl, struct plan_sequence *sequence) {
  sequence->increment = 1;
  while (lql__ddl_peek(ddl)->kind != 0 && lql__ddl_peek(ddl)->kind != LQL_RP)
    if (!take_option(ddl, sequence, false)) return false;
  fill(sequence);
  return true;
}

bool lql__create_sequence(struct lql_ddl *ddl) {
  struct slice name;
  bool if_not_exists = lql__ddl_take(ddl, "IF NOT EXISTS");
  uint64_t offset = lql__ddl_peek(ddl)->offset;
  if (!lql__ddl_name(ddl, &name)) return false;
  struct plan *made = make(ddl, PLAN_CREATE_SEQUENCE, name, offset);
  if (!made) return false;
  made->if_not_exists = if_not_exists;
  if (!lql__sequence_options(ddl, made->sequence)) return false;
  return lql__ddl_peek(ddl)->kind == 0 || lql__ddl_fail(ddl, "the end of the statement");
}

bool lql__alter_sequence(struct lql_ddl *ddl) {
  struct slice name;
  bool if_exists = lql__ddl_take(ddl, "IF EXISTS");
  uint64_t offset = lql__ddl_peek(ddl)->offset;
  if (!lql__ddl_name(ddl, &name)) return false;
  struct plan *made = make(ddl, PLAN_ALTER_SEQUENCE, name, offset);
  if (!made) return false;
  made->if_exists = if_exists;
  if (lql__ddl_peek(ddl)->kind == 0) return lql__ddl_fail(ddl, "what is to change");
  while (lql__ddl_peek(ddl)->kind != 0)
    if (!take_option(ddl, made->sequence, true)) return false;
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
