/* SPDX-License-Identifier: MIT */
/* The grammar of LQL, for lemon. Rules only assemble: everything is made in lql_expr.c and lql_plan.c. The driver cuts scripts at `;`. */
%name lqlGrammar
%token_prefix LQL_
%token_type {struct lql_token}
%default_type {struct expr *}
%extra_argument {struct lql *lql}
%stack_size 1000

%include {
#include "base/core/assert.h"
#include "query/lang/lql/lql_int.h"
#define NDEBUG 1

static bool token_fits(void *context, int kind);
}

%syntax_error {
  lql__syntax_error(lql, TOKEN, token_fits, lql->states);
}
%parse_failure {
  if (lql->failed == LUMA_OK) lql__fail(lql, LUMA_SYNTAX_ERROR, lql->last.offset, "the statement cannot be read");
}
%stack_overflow {
  lql__fail(lql, LUMA_TOO_DEEP, lql->last.offset, "the statement is nested too deeply");
}

/* Words that are names wherever they cannot be themselves: is_soft in lql_error.c knows them as the kinds between ID and UNIQUE. */
%fallback ID
  ANALYZE ASC BEGIN COLLECTION COLLECTIONS COMMIT DESC END ESCAPE EXISTS EXPLAIN FIRST FOR IF INDEX INDEXES INTO
  LAST NULLS RENAME ROLLBACK SHOW START TABLE TABLES TO TRANSACTION VALUES WORK ALTER DROP CREATE UPDATE DELETE INSERT UNIQUE.

%left OR.
%left AND.
%right NOT.
%left IS LIKE ILIKE BETWEEN IN EQ NE.
%nonassoc ESCAPE.
%left LT LE GT GE.
%left CONCAT.
%left PLUS MINUS.
%left STAR SLASH PERCENT.
%right UMINUS.
%left CAST_AS.
%nonassoc LBRACKET DOT.
%token SEMICOLON.

%type statement {struct plan *}
%type command {struct plan *}
%type select {struct plan *}
%type from {struct plan *}
%type tables {struct plan *}
%type table {struct plan *}
%type items {struct lql_list *}
%type exprs {struct lql_list *}
%type some_exprs {struct lql_list *}
%type columns {struct lql_list *}
%type rows {struct lql_list *}
%type documents {struct lql_list *}
%type group {struct lql_list *}
%type whens {struct lql_list *}
%type pairs {struct lql_list *}
%type some_pairs {struct lql_list *}
%type order {struct lql_sort *}
%type sort_keys {struct lql_sort *}
%type limit {struct lql_limit}
%type alias {struct slice}
%type index_name {struct slice}
%type name {struct lql_token}
%type pair_name {struct lql_token}
%type path {struct lql_path *}
%type sets {struct lql_updates *}
%type unsets {struct lql_updates *}
%type keys {struct lql_keys *}
%type key {struct lql_path *}
%type distinct {int}
%type descending {int}
%type nulls {int}
%type unique {int}
%type index_kind {int}
%type analyze {int}
%type if_exists {int}
%type if_not_exists {int}
%type join_kind {int}

input ::= statement(S). { lql->root = S; }

statement(A) ::= command(B). { A = B; }
statement(A) ::= EXPLAIN(T) analyze(N) command(B). {
  A = lql__plain(lql, PLAN_EXPLAIN, T, B);
  if (A) A->analyze = N;
}
analyze(A) ::= . { A = 0; }
analyze(A) ::= ANALYZE. { A = 1; }

/* ---- SELECT ---- */

command(A) ::= select(B). { A = B; }
select(A) ::= SELECT(T) distinct(D) items(I) from(F) where(W) group(G) having(H) order(O) limit(L). {
  struct lql_select parts = {T, D, I, F, W, H, G, O, L};
  A = lql__select(lql, &parts);
}

distinct(A) ::= . { A = 0; }
distinct(A) ::= DISTINCT. { A = 1; }
distinct(A) ::= ALL. { A = 0; }

items(A) ::= item_list(B). { A = B; }
%type item_list {struct lql_list *}
item_list(A) ::= item_list(B) COMMA expr(E) alias(N). { A = lql__append(lql, B, E, N); }
item_list(A) ::= item_list(B) COMMA star(E). { A = lql__append(lql, B, E, slice_of(NULL, 0)); }
item_list(A) ::= expr(E) alias(N). { A = lql__append(lql, lql__list(lql), E, N); }
item_list(A) ::= star(E). { A = lql__append(lql, lql__list(lql), E, slice_of(NULL, 0)); }
star(A) ::= STAR(T). { A = lql__star(lql, T, slice_of(NULL, 0)); }
star(A) ::= path(P) DOT(T) STAR. { A = lql__star_of(lql, T, P); }

alias(A) ::= . { A = slice_of(NULL, 0); }
alias(A) ::= AS name(N). { A = lql__name(lql, N); }
alias(A) ::= name(N). { A = lql__bare_alias(lql, N); }

from(A) ::= . { A = NULL; }
from(A) ::= FROM tables(B). { A = B; }
tables(A) ::= table(B). { A = B; }
tables(A) ::= tables(L) COMMA(T) table(R). { A = lql__join(lql, T, PLAN_JOIN_CROSS, L, R, NULL); }
tables(A) ::= tables(L) CROSS(T) JOIN table(R). { A = lql__join(lql, T, PLAN_JOIN_CROSS, L, R, NULL); }
tables(A) ::= tables(L) join_kind(K) JOIN(T) table(R) ON expr(E). { A = lql__join(lql, T, (enum plan_join_kind)K, L, R, E); }
join_kind(A) ::= . { A = PLAN_JOIN_INNER; }
join_kind(A) ::= INNER. { A = PLAN_JOIN_INNER; }
join_kind(A) ::= LEFT. { A = PLAN_JOIN_LEFT; }
join_kind(A) ::= LEFT OUTER. { A = PLAN_JOIN_LEFT; }
table(A) ::= name(N) alias(B). { A = lql__table(lql, N, B); }

where(A) ::= . { A = NULL; }
where(A) ::= WHERE expr(E). { A = E; }
group(A) ::= . { A = NULL; }
group(A) ::= GROUP BY some_exprs(B). { A = B; }
having(A) ::= . { A = NULL; }
having(A) ::= HAVING expr(E). { A = E; }

order(A) ::= . { A = NULL; }
order(A) ::= ORDER BY sort_keys(B). { A = B; }
sort_keys(A) ::= expr(E) descending(D) nulls(N). { A = lql__sort(lql, NULL, E, D, N); }
sort_keys(A) ::= sort_keys(B) COMMA expr(E) descending(D) nulls(N). { A = lql__sort(lql, B, E, D, N); }
descending(A) ::= . { A = 0; }
descending(A) ::= ASC. { A = 0; }
descending(A) ::= DESC. { A = 1; }
nulls(A) ::= . { A = 0; }
nulls(A) ::= NULLS FIRST. { A = 1; }
nulls(A) ::= NULLS LAST. { A = 2; }

limit(A) ::= . { A = (struct lql_limit){NULL, NULL}; }
limit(A) ::= LIMIT expr(L). { A = (struct lql_limit){L, NULL}; }
limit(A) ::= LIMIT expr(L) OFFSET expr(S). { A = (struct lql_limit){L, S}; }
limit(A) ::= LIMIT expr(S) COMMA expr(L). { A = (struct lql_limit){L, S}; }
limit(A) ::= OFFSET expr(S). { A = (struct lql_limit){NULL, S}; }
limit(A) ::= OFFSET expr(S) LIMIT expr(L). { A = (struct lql_limit){L, S}; }

/* ---- changes ---- */

command(A) ::= INSERT INTO name(N) LP columns(C) RP VALUES rows(R). { A = lql__insert(lql, N, C, R); }
command(A) ::= INSERT INTO name(N) documents(D). { A = lql__insert_documents(lql, N, D); }
command(A) ::= INSERT INTO name(N) VALUES documents(D). { A = lql__insert_documents(lql, N, D); }
columns(A) ::= path(P). { A = lql__append(lql, lql__list(lql), lql__path_expr(lql, P), P ? P->text : slice_of(NULL, 0)); }
columns(A) ::= columns(B) COMMA path(P). { A = lql__append(lql, B, lql__path_expr(lql, P), P ? P->text : slice_of(NULL, 0)); }
rows(A) ::= LP(T) some_exprs(E) RP. { A = lql__append(lql, lql__list(lql), lql__array(lql, T, E), slice_of(NULL, 0)); }
rows(A) ::= rows(B) COMMA LP(T) some_exprs(E) RP. { A = lql__append(lql, B, lql__array(lql, T, E), slice_of(NULL, 0)); }
documents(A) ::= document(E). { A = lql__append(lql, lql__list(lql), E, slice_of(NULL, 0)); }
documents(A) ::= documents(B) COMMA document(E). { A = lql__append(lql, B, E, slice_of(NULL, 0)); }
document(A) ::= literal(B). { A = B; }
document(A) ::= PARAM(T). { A = lql__parameter(lql, T); }

command(A) ::= UPDATE table(T) SET sets(S) where(W). { A = lql__update(lql, T, S, W); }
command(A) ::= UPDATE table(T) UNSET unsets(S) where(W). { A = lql__update(lql, T, S, W); }
sets(A) ::= path(P) EQ expr(E). { A = lql__set(lql, NULL, PLAN_SET, P, E); }
sets(A) ::= sets(B) COMMA path(P) EQ expr(E). { A = lql__set(lql, B, PLAN_SET, P, E); }
unsets(A) ::= path(P). { A = lql__set(lql, NULL, PLAN_UNSET, P, NULL); }
unsets(A) ::= unsets(B) COMMA path(P). { A = lql__set(lql, B, PLAN_UNSET, P, NULL); }

command(A) ::= DELETE FROM table(T) where(W). { A = lql__delete(lql, T, W); }

/* ---- catalog ---- */

command(A) ::= CREATE(T) index_kind(U) if_not_exists(X) index_name(N) ON name(C) LP keys(K) RP unique(V). {
  A = lql__create_index(lql, T, N, C, K);
  if (A) {
    A->unique = U || V;
    A->if_not_exists = X;
  }
}
index_kind(A) ::= INDEX. { A = 0; }
index_kind(A) ::= UNIQUE INDEX. { A = 1; }
unique(A) ::= . { A = 0; }
unique(A) ::= UNIQUE. { A = 1; }
index_name(A) ::= . { A = slice_of(NULL, 0); }
index_name(A) ::= name(N). { A = lql__name(lql, N); }
keys(A) ::= key(P) descending(D). { A = lql__key(lql, NULL, P, D); }
keys(A) ::= keys(B) COMMA key(P) descending(D). { A = lql__key(lql, B, P, D); }
key(A) ::= path(P). { A = P; }
key(A) ::= path(P) LBRACKET STAR RBRACKET. { A = lql__path_elements(lql, P); }

command(A) ::= DROP(T) INDEX if_exists(X) name(N). {
  A = lql__plain(lql, PLAN_DROP_INDEX, T, NULL);
  if (A) { A->index_name = lql__name(lql, N); A->if_exists = X; }
}
command(A) ::= DROP(T) INDEX if_exists(X) name(N) ON name(C). {
  A = lql__collection(lql, PLAN_DROP_INDEX, T, C);
  if (A) { A->index_name = lql__name(lql, N); A->if_exists = X; }
}
command(A) ::= CREATE(T) collection if_not_exists(X) name(C). {
  A = lql__collection(lql, PLAN_CREATE_COLLECTION, T, C);
  if (A) A->if_not_exists = X;
}
command(A) ::= DROP(T) collection if_exists(X) name(C). {
  A = lql__collection(lql, PLAN_DROP_COLLECTION, T, C);
  if (A) A->if_exists = X;
}
command(A) ::= ALTER(T) collection name(C) RENAME TO name(N). {
  A = lql__collection(lql, PLAN_RENAME_COLLECTION, T, C);
  if (A) A->new_name = lql__name(lql, N);
}
command(A) ::= SHOW(T) collections. { A = lql__plain(lql, PLAN_SHOW_COLLECTIONS, T, NULL); }
command(A) ::= SHOW(T) indexes. { A = lql__plain(lql, PLAN_SHOW_INDEXES, T, NULL); }
command(A) ::= SHOW(T) indexes from_or_on name(C). { A = lql__collection(lql, PLAN_SHOW_INDEXES, T, C); }
collection ::= COLLECTION.
collection ::= TABLE.
collections ::= COLLECTIONS.
collections ::= TABLES.
indexes ::= INDEXES.
indexes ::= INDEX.
from_or_on ::= FROM.
from_or_on ::= ON.
if_exists(A) ::= . { A = 0; }
if_exists(A) ::= IF EXISTS. { A = 1; }
if_not_exists(A) ::= . { A = 0; }
if_not_exists(A) ::= IF NOT EXISTS. { A = 1; }

/* ---- transactions ---- */

command(A) ::= BEGIN(T) work. { A = lql__plain(lql, PLAN_BEGIN, T, NULL); }
command(A) ::= START(T) TRANSACTION. { A = lql__plain(lql, PLAN_BEGIN, T, NULL); }
command(A) ::= COMMIT(T) work. { A = lql__plain(lql, PLAN_COMMIT, T, NULL); }
command(A) ::= ROLLBACK(T) work. { A = lql__plain(lql, PLAN_ROLLBACK, T, NULL); }
work ::= .
work ::= WORK.
work ::= TRANSACTION.

/* ---- expressions ---- */

expr(A) ::= expr(L) OR(T) expr(R). { A = lql__binary(lql, EXPR_OP_OR, T, L, R); }
expr(A) ::= expr(L) AND(T) expr(R). { A = lql__binary(lql, EXPR_OP_AND, T, L, R); }
expr(A) ::= NOT(T) expr(E). { A = lql__unary(lql, EXPR_OP_NOT, T, E); }
expr(A) ::= expr(L) EQ(T) expr(R). { A = lql__binary(lql, EXPR_OP_EQ, T, L, R); }
expr(A) ::= expr(L) NE(T) expr(R). { A = lql__binary(lql, EXPR_OP_NE, T, L, R); }
expr(A) ::= expr(L) LT(T) expr(R). { A = lql__binary(lql, EXPR_OP_LT, T, L, R); }
expr(A) ::= expr(L) LE(T) expr(R). { A = lql__binary(lql, EXPR_OP_LE, T, L, R); }
expr(A) ::= expr(L) GT(T) expr(R). { A = lql__binary(lql, EXPR_OP_GT, T, L, R); }
expr(A) ::= expr(L) GE(T) expr(R). { A = lql__binary(lql, EXPR_OP_GE, T, L, R); }
expr(A) ::= expr(L) PLUS(T) expr(R). { A = lql__binary(lql, EXPR_OP_ADD, T, L, R); }
expr(A) ::= expr(L) MINUS(T) expr(R). { A = lql__binary(lql, EXPR_OP_SUBTRACT, T, L, R); }
expr(A) ::= expr(L) STAR(T) expr(R). { A = lql__binary(lql, EXPR_OP_MULTIPLY, T, L, R); }
expr(A) ::= expr(L) SLASH(T) expr(R). { A = lql__binary(lql, EXPR_OP_DIVIDE, T, L, R); }
expr(A) ::= expr(L) PERCENT(T) expr(R). { A = lql__binary(lql, EXPR_OP_MODULO, T, L, R); }
expr(A) ::= expr(L) CONCAT(T) expr(R). { A = lql__binary(lql, EXPR_OP_CONCAT, T, L, R); }
expr(A) ::= MINUS(T) expr(E). [UMINUS] { A = lql__negate(lql, T, E); }
expr(A) ::= PLUS expr(E). [UMINUS] { A = E; }

expr(A) ::= expr(L) LIKE(T) expr(R). [LIKE] { A = lql__like(lql, EXPR_OP_LIKE, T, L, R, NULL); }
expr(A) ::= expr(L) LIKE(T) expr(R) ESCAPE expr(E). [LIKE] { A = lql__like(lql, EXPR_OP_LIKE, T, L, R, E); }
expr(A) ::= expr(L) NOT LIKE(T) expr(R). [LIKE] { A = lql__like(lql, EXPR_OP_NOT_LIKE, T, L, R, NULL); }
expr(A) ::= expr(L) NOT LIKE(T) expr(R) ESCAPE expr(E). [LIKE] { A = lql__like(lql, EXPR_OP_NOT_LIKE, T, L, R, E); }
expr(A) ::= expr(L) ILIKE(T) expr(R). [LIKE] { A = lql__like(lql, EXPR_OP_ILIKE, T, L, R, NULL); }
expr(A) ::= expr(L) ILIKE(T) expr(R) ESCAPE expr(E). [LIKE] { A = lql__like(lql, EXPR_OP_ILIKE, T, L, R, E); }
expr(A) ::= expr(L) NOT ILIKE(T) expr(R). [LIKE] { A = lql__like(lql, EXPR_OP_NOT_ILIKE, T, L, R, NULL); }
expr(A) ::= expr(L) NOT ILIKE(T) expr(R) ESCAPE expr(E). [LIKE] { A = lql__like(lql, EXPR_OP_NOT_ILIKE, T, L, R, E); }
expr(A) ::= expr(V) BETWEEN(T) expr(L) AND expr(H). [BETWEEN] { A = lql__between(lql, T, V, L, H, false); }
expr(A) ::= expr(V) NOT BETWEEN(T) expr(L) AND expr(H). [BETWEEN] { A = lql__between(lql, T, V, L, H, true); }
expr(A) ::= expr(V) IN(T) LP exprs(L) RP. [IN] { A = lql__in(lql, T, V, L, false); }
expr(A) ::= expr(V) NOT IN(T) LP exprs(L) RP. [IN] { A = lql__in(lql, T, V, L, true); }
expr(A) ::= expr(V) IS(T) NULL. { A = lql__unary(lql, EXPR_OP_IS_NULL, T, V); }
expr(A) ::= expr(V) IS(T) NOT NULL. { A = lql__unary(lql, EXPR_OP_IS_NOT_NULL, T, V); }
expr(A) ::= expr(V) IS(T) TRUE. { A = lql__unary(lql, EXPR_OP_IS_TRUE, T, V); }
expr(A) ::= expr(V) IS(T) FALSE. { A = lql__unary(lql, EXPR_OP_IS_FALSE, T, V); }
expr(A) ::= expr(V) IS(T) NOT TRUE. { A = lql__unary(lql, EXPR_OP_NOT, T, lql__unary(lql, EXPR_OP_IS_TRUE, T, V)); }
expr(A) ::= expr(V) IS(T) NOT FALSE. { A = lql__unary(lql, EXPR_OP_NOT, T, lql__unary(lql, EXPR_OP_IS_FALSE, T, V)); }
expr(A) ::= expr(L) IS(T) DISTINCT FROM expr(R). [IS] { A = lql__binary(lql, EXPR_OP_IS_DISTINCT, T, L, R); }
expr(A) ::= expr(L) IS(T) NOT DISTINCT FROM expr(R). [IS] { A = lql__binary(lql, EXPR_OP_IS_NOT_DISTINCT, T, L, R); }
expr(A) ::= expr(E) CAST_AS(T) name(N). { A = lql__cast(lql, T, E, N); }

expr(A) ::= LP expr(E) RP. { A = E; }
expr(A) ::= path(P). { A = lql__path_expr(lql, P); }
expr(A) ::= INTEGER(T). { A = lql__integer(lql, T); }
expr(A) ::= FLOAT(T). { A = lql__float(lql, T); }
expr(A) ::= TEXT(T). { A = lql__text(lql, T); }
expr(A) ::= TYPED(T). { A = lql__typed(lql, T); }
expr(A) ::= TRUE(T). { A = lql__bool(lql, T, true); }
expr(A) ::= FALSE(T). { A = lql__bool(lql, T, false); }
expr(A) ::= NULL(T). { A = lql__null(lql, T); }
expr(A) ::= PARAM(T). { A = lql__parameter(lql, T); }
expr(A) ::= literal(B). { A = B; }
expr(A) ::= CAST(T) LP expr(E) AS name(N) RP. { A = lql__cast(lql, T, E, N); }
expr(A) ::= CASE(T) whens(W) otherwise(E) END. { A = lql__case(lql, T, NULL, W, E); }
expr(A) ::= CASE(T) expr(O) whens(W) otherwise(E) END. { A = lql__case(lql, T, O, W, E); }
whens(A) ::= WHEN expr(C) THEN expr(V). {
  A = lql__append(lql, lql__append(lql, lql__list(lql), C, slice_of(NULL, 0)), V, slice_of(NULL, 0));
}
whens(A) ::= whens(B) WHEN expr(C) THEN expr(V). {
  A = lql__append(lql, lql__append(lql, B, C, slice_of(NULL, 0)), V, slice_of(NULL, 0));
}
otherwise(A) ::= . { A = NULL; }
otherwise(A) ::= ELSE expr(E). { A = E; }
expr(A) ::= ID(N) LP exprs(L) RP. { A = lql__call(lql, N, L, false); }
expr(A) ::= ID(N) LP ALL exprs(L) RP. { A = lql__call(lql, N, L, false); }
expr(A) ::= ID(N) LP DISTINCT exprs(L) RP. { A = lql__call(lql, N, L, true); }
expr(A) ::= ID(N) LP STAR RP. { A = lql__call_star(lql, N); }
expr(A) ::= ID(N) LP expr(L) FROM expr(R) RP. { A = lql__call_from(lql, N, L, R, NULL); }
expr(A) ::= ID(N) LP expr(L) FROM expr(R) FOR expr(E) RP. { A = lql__call_from(lql, N, L, R, E); }
expr(A) ::= ID(N) LP ID(S) TEXT(T) FROM expr(E) RP. { A = lql__trim(lql, N, S, lql__text(lql, T), E); }

literal(A) ::= LBRACE(T) pairs(P) RBRACE. { A = lql__map(lql, T, P); }
literal(A) ::= LBRACKET(T) exprs(L) RBRACKET. { A = lql__array(lql, T, L); }
pairs(A) ::= . { A = lql__list(lql); }
pairs(A) ::= some_pairs(B). { A = B; }
some_pairs(A) ::= pair_name(N) COLON expr(E). { A = lql__append(lql, lql__list(lql), E, lql__name(lql, N)); }
some_pairs(A) ::= some_pairs(B) COMMA pair_name(N) COLON expr(E). { A = lql__append(lql, B, E, lql__name(lql, N)); }
pair_name(A) ::= name(N). { A = N; }
pair_name(A) ::= TEXT(T). { A = T; }

exprs(A) ::= . { A = lql__list(lql); }
exprs(A) ::= some_exprs(B). { A = B; }
some_exprs(A) ::= expr(E). { A = lql__append(lql, lql__list(lql), E, slice_of(NULL, 0)); }
some_exprs(A) ::= some_exprs(B) COMMA expr(E). { A = lql__append(lql, B, E, slice_of(NULL, 0)); }

path(A) ::= name(N). { A = lql__path(lql, N); }
path(A) ::= path(P) DOT name(N). { A = lql__path_name(lql, P, N); }
path(A) ::= path(P) LBRACKET INTEGER(I) RBRACKET. { A = lql__path_index(lql, P, I, false); }
path(A) ::= path(P) LBRACKET MINUS INTEGER(I) RBRACKET. { A = lql__path_index(lql, P, I, true); }
name(A) ::= ID(T). { A = T; }
name(A) ::= QUOTED(T). { A = T; }

%code {
void lql__remember(const void *parser, struct lql_states *states) {
  const yyParser *from = parser;
  states->count = 0;
  for (const yyStackEntry *entry = from->yystack; entry <= from->yytos && states->count < LQL_STATES_MAX; entry++)
    states->items[states->count++] = entry->stateno;
}

/* Would a token of a kind be accepted there? Plays the automaton on a copy of the states: reduces until it shifts or fails. */

static bool token_fits(void *context, int kind) {
  const struct lql_states *from = context;
  struct lql_states played;
  uint16_t *states = played.items;
  int depth = (int)from->count - 1;
  if (depth + 2 > LQL_STATES_MAX) return false;
  memcpy(states, from->items, from->count * sizeof *states);
  for (int steps = 0; steps < LQL_STATES_MAX && depth >= 0; steps++) {
    YYACTIONTYPE act = states[depth];
    if (act <= YY_MAX_SHIFT) act = yy_find_shift_action((YYCODETYPE)kind, act);
    if (act <= YY_MAX_SHIFTREDUCE) return true;
    if (act == YY_ACCEPT_ACTION) return true;
    if (act < YY_MIN_REDUCE) return false;
    unsigned rule = act - YY_MIN_REDUCE;
    depth += yyRuleInfoNRhs[rule];
    if (depth < 0 || depth + 1 >= LQL_STATES_MAX) return false;
    YYACTIONTYPE next = yy_find_reduce_action(states[depth], yyRuleInfoLhs[rule]);
    if (next == YY_ERROR_ACTION) return false;
    states[++depth] = next;
  }
  return false;
}
}
