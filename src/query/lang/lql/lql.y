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
#include "query/lang/lql/lql_expr.h"
#include "query/lang/lql/lql_query.h"
#include "query/lang/lql/lql_change.h"
#include "query/lang/lql/lql_json.h"
#include "query/lang/lql/lql_record.h"
#include "query/lang/lql/lql_session.h"
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
  LAST NULLS RENAME ROLLBACK SHOW START TABLE TABLES TO TRANSACTION VALUES ALTER DROP CREATE UPDATE DELETE INSERT
  LEFT RIGHT FULL NATURAL USING LATERAL ORDINALITY RECURSIVE MATERIALIZED UNION INTERSECT EXCEPT ANY SOME ARRAY AT ROW ROWS ONLY FETCH NEXT
  FILTER OVER WITHIN WINDOW PARTITION RANGE GROUPS UNBOUNDED PRECEDING FOLLOWING CURRENT EXCLUDE NO OTHERS TIES
  ROLLUP CUBE GROUPING SETS LET OVERLAPS MISSING UNKNOWN PLACING PRECISION VARYING TIME ZONE WITHOUT SYMMETRIC ASYMMETRIC JSON ISNULL NOTNULL
  RETURNING CONFLICT DO NOTHING REPLACE IGNORE UPSERT MERGE MATCHED TRUNCATE DEFAULT VIEW TEMP SAVEPOINT RELEASE ABORT DRY RUN UNIQUE.

%left UNION EXCEPT OUTER.
%left INTERSECT.
%nonassoc BELOW.
%left OR.
%left XOR.
%left AND.
%right NOT.
%left IS ISNULL NOTNULL OVERLAPS LIKE ILIKE SIMILAR REGEXP GLOB BETWEEN IN EQ NE NULLSAFE.
%nonassoc ESCAPE.
%left LT LE GT GE.
%left CONCAT OPERATOR TILDE PARAM.
%left PLUS MINUS.
%left STAR SLASH PERCENT DIV.
%left CARET.
%right UMINUS.
%left CAST_AS.
%left AT COLLATE.
%nonassoc LBRACKET DOT.
%nonassoc RP.
%token SEMICOLON ARROW PREFIXED QUALIFY STAR_EXCEPT PASSING JSON_WORD ON_CASE FORMAT_JSON FOR_ORDINALITY NESTED COLUMNS PATH TREATMENT TREATMENT_IN VARIABLE VALUE PIVOT UNPIVOT LBAG RBAG GLOB INDEXED USE_INDEX TABLE_OF JSON_KIND KEYS OVERRIDING CORRESPONDING PREPARE EXECUTE DEALLOCATE NO_DATA EXPLAIN_LP DIV NULLSAFE WITH_ROLLUP SEPARATOR.

%type statement {struct plan *}
%type command {struct plan *}
%type query {struct plan *}
%type body {struct plan *}
%type select {struct plan *}
%type subselect {struct plan *}
%type with {struct lql_ctes *}
%type ctes {struct lql_ctes *}
%type cte {struct plan_cte *}
%type recursive {int}
%type materialized {int}
%type all {int}
%type from {struct plan *}
%type tables {struct plan *}
%type table {struct plan *}
%type items {struct lql_list *}
%type exprs {struct lql_list *}
%type some_exprs {struct lql_list *}
%type columns {struct lql_list *}
%type rows {struct lql_list *}
%type documents {struct lql_list *}
%type group {struct lql_group *}
%type group_items {struct lql_group *}
%type group_item {struct lql_sets *}
%type sets_items {struct lql_sets *}
%type set_item {struct lql_sets *}
%type window_list {struct lql_windows *}
%type window {struct lql_window *}
%type over {struct lql_window *}
%type partition {struct lql_list *}
%type frame {struct lql_window *}
%type frame_mode {int}
%type exclude {int}
%type bound {struct lql_bound}
%type filter {struct expr *}
%type within {struct lql_sort *}
%type names {struct lql_list *}
%type derived {struct lql_alias}
%type ordinality {int}
%type comparison {struct lql_token}
%type any {int}
%type type {struct lql_type}
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
%type key {struct lql_key}
%type distinct {struct lql_distinct}
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
statement(A) ::= DRY(T) RUN command(B). { A = lql__dry_run(lql, T, B); }
statement(A) ::= EXPLAIN(T) analyze(N) explain_words(W) command(B). {
  A = lql__plain(lql, PLAN_EXPLAIN, T, B);
  if (A) { A->analyze = N || (W & 1); A->as_json = W >> 1; }
}
statement(A) ::= EXPLAIN(T) EXPLAIN_LP explain_list(W) RP command(B). {
  A = lql__plain(lql, PLAN_EXPLAIN, T, B);
  if (A) { A->analyze = W & 1; A->as_json = W >> 1; }
}
%type explain_words {int}
%type explain_list {int}
%type explain_word {struct lql_token}
explain_words(A) ::= . { A = 0; }
explain_words(A) ::= explain_words(W) ID(T). { A = lql__explain_word(lql, W, T); }
explain_words(A) ::= explain_words(W) EQ. { A = W; }
explain_words(A) ::= explain_words(W) FORMAT_JSON. { A = W | 2; }
explain_list(A) ::= explain_word(T). { A = lql__explain_word(lql, 0, T); }
explain_list(A) ::= explain_list(W) explain_word(T). { A = lql__explain_word(lql, W, T); }
explain_list(A) ::= explain_list(W) COMMA. { A = W; }
explain_list(A) ::= FORMAT_JSON. { A = 2; }
explain_list(A) ::= explain_list(W) FORMAT_JSON. { A = W | 2; }
explain_word(A) ::= ID(T). { A = T; }
explain_word(A) ::= ON(T). { A = T; }
explain_word(A) ::= TRUE(T). { A = T; }
explain_word(A) ::= FALSE(T). { A = T; }
analyze(A) ::= . { A = 0; }
analyze(A) ::= ANALYZE. { A = 1; }

/* ---- SELECT ---- */

command(A) ::= query(B). { A = B; }
query(A) ::= body(B) order(O) limit(L). { A = lql__query(lql, NULL, B, O, L); }
query(A) ::= with(W) body(B) order(O) limit(L). { A = lql__query(lql, W, B, O, L); }
query(A) ::= PIVOT(T) expr(V) AT expr(N) from(F) where(W) group(G) having(H) order(O) limit(L). {
  struct lql_select parts = {.at = T, .from = F, .where = W, .group = G, .having = H};
  struct plan *rows = lql__pivot_rows(lql, &parts, V, N);
  A = lql__pivot(lql, T, V, N, lql__query(lql, NULL, rows, O, L));
}
body(A) ::= select(B). { A = B; }
body(A) ::= subselect(B). [BELOW] { A = B; }
body(A) ::= VALUES(T) rows(R). { A = lql__values(lql, T, R); }
body(A) ::= TABLE_OF(T) source(S). { A = lql__table_query(lql, T, S); }
%type corresponding {struct lql_corresponding}
corresponding(A) ::= . { A = (struct lql_corresponding){false, NULL}; }
corresponding(A) ::= CORRESPONDING. [BELOW] { A = (struct lql_corresponding){true, NULL}; }
corresponding(A) ::= CORRESPONDING BY LP names(N) RP. { A = (struct lql_corresponding){true, N}; }
body(A) ::= body(L) UNION(T) all(D) corresponding(C) body(R). [UNION] { A = lql__corresponding(lql__set_operation(lql, T, PLAN_UNION, D, L, R), &C); }
body(A) ::= body(L) EXCEPT(T) all(D) corresponding(C) body(R). [EXCEPT] { A = lql__corresponding(lql__set_operation(lql, T, PLAN_EXCEPT, D, L, R), &C); }
body(A) ::= body(L) INTERSECT(T) all(D) corresponding(C) body(R). [INTERSECT] { A = lql__corresponding(lql__set_operation(lql, T, PLAN_INTERSECT, D, L, R), &C); }
body(A) ::= body(L) OUTER UNION(T) all(D) body(R). [UNION] { A = lql__outer_set(lql, T, PLAN_UNION, D, L, R); }
body(A) ::= body(L) OUTER EXCEPT(T) all(D) body(R). [UNION] { A = lql__outer_set(lql, T, PLAN_EXCEPT, D, L, R); }
body(A) ::= body(L) OUTER INTERSECT(T) all(D) body(R). [INTERSECT] { A = lql__outer_set(lql, T, PLAN_INTERSECT, D, L, R); }
/* Lists as sides of set operations; names only within parentheses, for a statement begins with a keyword. */
%type bag {struct expr *}
%type bags {struct plan *}
body(A) ::= body(L) OUTER UNION(T) all(D) bag(R). [UNION] { A = lql__outer_set(lql, T, PLAN_UNION, D, L, lql__bag(lql, R)); }
body(A) ::= body(L) OUTER EXCEPT(T) all(D) bag(R). [UNION] { A = lql__outer_set(lql, T, PLAN_EXCEPT, D, L, lql__bag(lql, R)); }
body(A) ::= body(L) OUTER INTERSECT(T) all(D) bag(R). [INTERSECT] { A = lql__outer_set(lql, T, PLAN_INTERSECT, D, L, lql__bag(lql, R)); }
bag(A) ::= literal(E). { A = E; }
bag(A) ::= TEXT(T). { A = lql__text(lql, T); }
bag(A) ::= INTEGER(T). { A = lql__integer(lql, T); }
paren(A) ::= LP bags(B) RP. { A = lql__scalar(lql, B); }
bags(A) ::= bare(L) set_operator(O) bare(R). { A = lql__outer_set(lql, O.at, O.op, O.all, lql__bag(lql, L), lql__bag(lql, R)); }
bags(A) ::= bags(L) set_operator(O) bare(R). { A = lql__outer_set(lql, O.at, O.op, O.all, L, lql__bag(lql, R)); }
%type set_operator {struct lql_set_operator}
set_operator(A) ::= UNION(T) all(D). { A = (struct lql_set_operator){T, PLAN_UNION, D}; }
set_operator(A) ::= EXCEPT(T) all(D). { A = (struct lql_set_operator){T, PLAN_EXCEPT, D}; }
set_operator(A) ::= INTERSECT(T) all(D). { A = (struct lql_set_operator){T, PLAN_INTERSECT, D}; }
set_operator(A) ::= OUTER UNION(T) all(D). { A = (struct lql_set_operator){T, PLAN_UNION, D}; }
set_operator(A) ::= OUTER EXCEPT(T) all(D). { A = (struct lql_set_operator){T, PLAN_EXCEPT, D}; }
set_operator(A) ::= OUTER INTERSECT(T) all(D). { A = (struct lql_set_operator){T, PLAN_INTERSECT, D}; }
all(A) ::= . { A = 0; }
all(A) ::= ALL. { A = 1; }
all(A) ::= DISTINCT. { A = 0; }
subselect(A) ::= LP query(B) RP. { A = B; }
subselect(A) ::= LP subselect(B) RP. { A = B; }

with(A) ::= WITH recursive(R) ctes(B). { A = B; if (A) A->recursive = R; }
recursive(A) ::= . { A = 0; }
recursive(A) ::= RECURSIVE. { A = 1; }
ctes(A) ::= cte(C). { A = lql__add_cte(lql, NULL, C); }
ctes(A) ::= ctes(B) COMMA cte(C). { A = lql__add_cte(lql, B, C); }
cte(A) ::= name(N) AS materialized LP query(Q) RP. { A = lql__cte(lql, N, NULL, Q); }
cte(A) ::= name(N) LP names(C) RP AS materialized LP query(Q) RP. { A = lql__cte(lql, N, C, Q); }
materialized ::= .
materialized ::= MATERIALIZED.
materialized ::= NOT MATERIALIZED.
names(A) ::= name(N). { A = lql__append_name(lql, NULL, N); }
names(A) ::= names(B) COMMA name(N). { A = lql__append_name(lql, B, N); }

select(A) ::= SELECT(T) distinct(D) value(K) items(I) from(F) where(W) group(G) having(H) late(V). {
  struct lql_select parts = {T, D, I, K, F, W, G, H, V.windows, V.qualify};
  A = lql__select(lql, &parts);
}

distinct(A) ::= . { A = (struct lql_distinct){false, NULL}; }
distinct(A) ::= DISTINCT. [BELOW] { A = (struct lql_distinct){true, NULL}; }
distinct(A) ::= DISTINCT ON LP some_exprs(E) RP. { A = (struct lql_distinct){true, E}; }
distinct(A) ::= ALL. { A = (struct lql_distinct){false, NULL}; }

%type value {int}
value(A) ::= . [BELOW] { A = 0; }
value(A) ::= VALUE. { A = 1; }
items(A) ::= item_list(B). { A = B; }
%type item_list {struct lql_list *}
item_list(A) ::= item_list(B) COMMA expr(E) alias(N). { A = lql__append(lql, B, E, N); }
item_list(A) ::= item_list(B) COMMA star(E). { A = lql__append(lql, B, E, slice_of(NULL, 0)); }
item_list(A) ::= expr(E) alias(N). { A = lql__append(lql, lql__list(lql), E, N); }
item_list(A) ::= star(E). { A = lql__append(lql, lql__list(lql), E, slice_of(NULL, 0)); }
star(A) ::= STAR(T) but(B). { A = lql__star_but(lql, lql__star(lql, T, slice_of(NULL, 0)), B); }
star(A) ::= bare(P) DOT(T) STAR but(B). { A = lql__star_but(lql, lql__star_of(lql, T, P), B); }
%type but {struct lql_but *}
%type replaced {struct lql_list *}
%type renamed {struct lql_list *}
but(A) ::= . { A = NULL; }
but(A) ::= but(B) STAR_EXCEPT(T) LP names(N) RP. { A = lql__but(lql, B, T, &(struct lql_but){.without = N}); }
but(A) ::= but(B) EXCLUDE(T) LP names(N) RP. { A = lql__but(lql, B, T, &(struct lql_but){.without = N}); }
but(A) ::= but(B) EXCLUDE(T) name(N). { A = lql__but(lql, B, T, &(struct lql_but){.without = lql__append_name(lql, NULL, N)}); }
but(A) ::= but(B) REPLACE(T) LP replaced(R) RP. { A = lql__but(lql, B, T, &(struct lql_but){.replaced = R}); }
but(A) ::= but(B) RENAME(T) LP renamed(R) RP. { A = lql__but(lql, B, T, &(struct lql_but){.renamed = R}); }
replaced(A) ::= expr(E) AS name(N). { A = lql__append(lql, lql__list(lql), E, lql__name(lql, N)); }
replaced(A) ::= replaced(B) COMMA expr(E) AS name(N). { A = lql__append(lql, B, E, lql__name(lql, N)); }
renamed(A) ::= name(F) AS name(N). { A = lql__append(lql, lql__list(lql), lql__name_expr(lql, F), lql__name(lql, N)); }
renamed(A) ::= renamed(B) COMMA name(F) AS name(N). { A = lql__append(lql, B, lql__name_expr(lql, F), lql__name(lql, N)); }

alias(A) ::= . [BELOW] { A = slice_of(NULL, 0); }
alias(A) ::= AS name(N). { A = lql__name(lql, N); }
alias(A) ::= name(N). { A = lql__bare_alias(lql, N); }

from(A) ::= . { A = NULL; }
from(A) ::= FROM tables(B). { A = B; }
from(A) ::= FROM tables(B) LET lets(L). { A = lql__lets(lql, B, L); }
%type lets {struct lql_list *}
lets(A) ::= expr(E) AS name(N). { A = lql__append(lql, lql__list(lql), E, lql__name(lql, N)); }
lets(A) ::= lets(B) COMMA expr(E) AS name(N). { A = lql__append(lql, B, E, lql__name(lql, N)); }
tables(A) ::= table(B). { A = B; }
tables(A) ::= tables(L) COMMA(T) table(R). { A = lql__join(lql, T, LQL_JOIN_COMMA, L, R); }
tables(A) ::= tables(L) CROSS(T) JOIN table(R). { A = lql__join(lql, T, PLAN_JOIN_CROSS, L, R); }
tables(A) ::= tables(L) INNER CROSS(T) JOIN table(R). { A = lql__join(lql, T, PLAN_JOIN_CROSS, L, R); }
tables(A) ::= tables(L) LEFT outer CROSS JOIN(T) table(R). { A = lql__join_on(lql, T, PLAN_JOIN_LEFT, L, R, lql__bool(lql, T, true)); }
tables(A) ::= tables(L) RIGHT outer CROSS JOIN(T) table(R). { A = lql__join_on(lql, T, PLAN_JOIN_RIGHT, L, R, lql__bool(lql, T, true)); }
tables(A) ::= tables(L) FULL outer CROSS JOIN(T) table(R). { A = lql__join_on(lql, T, PLAN_JOIN_FULL, L, R, lql__bool(lql, T, true)); }
tables(A) ::= tables(L) join_kind(K) JOIN(T) table(R) ON expr(E). { A = lql__join_on(lql, T, K, L, R, E); }
tables(A) ::= tables(L) join_kind(K) JOIN(T) table(R) USING LP names(N) RP. { A = lql__join_using(lql, T, K, L, R, N); }
tables(A) ::= tables(L) NATURAL join_kind(K) JOIN(T) table(R). { A = lql__join_using(lql, T, K, L, R, NULL); }
join_kind(A) ::= . { A = PLAN_JOIN_INNER; }
join_kind(A) ::= INNER. { A = PLAN_JOIN_INNER; }
join_kind(A) ::= LEFT outer. { A = PLAN_JOIN_LEFT; }
join_kind(A) ::= RIGHT outer. { A = PLAN_JOIN_RIGHT; }
join_kind(A) ::= FULL outer. { A = PLAN_JOIN_FULL; }
outer ::= .
outer ::= OUTER.
%type source {struct lql_source *}
table(A) ::= source(S) derived(B) index_hint(H). { A = lql__hinted(lql, lql__source_table(lql, S, &B), &H); }
%type index_hint {struct lql_index_hint}
index_hint(A) ::= . { A = (struct lql_index_hint){0}; }
index_hint(A) ::= INDEXED BY name(N). { A = (struct lql_index_hint){.is_given = true, .name = N}; }
index_hint(A) ::= NOT INDEXED(T). { A = (struct lql_index_hint){.is_given = true, .is_none = true, .name = T}; }
index_hint(A) ::= USE_INDEX LP name(N) RP. { A = (struct lql_index_hint){.is_given = true, .name = N}; }
source(A) ::= name(N). { A = lql__source_name(lql, NULL, N); }
source(A) ::= source(B) DOT name(N). { A = lql__source_name(lql, B, N); }
source(A) ::= source(B) DOT(T) STAR. { A = lql__source_step(lql, T, B, NULL, true); }
source(A) ::= source(B) LBRACKET(T) STAR RBRACKET. { A = lql__source_step(lql, T, B, NULL, false); }
source(A) ::= source(B) LBRACKET(T) expr(E) RBRACKET. { A = lql__source_step(lql, T, B, E, false); }
%type held {struct expr *}
held(A) ::= literal(E). { A = E; }
held(A) ::= subselect(Q). { A = lql__scalar(lql, Q); }
held(A) ::= LP tables(B) RP. { A = lql__held(lql, B); }
source(A) ::= held(E) DOT name(N). { A = lql__source_value(lql, lql__dot(lql, E, N)); }
source(A) ::= held(E) DOT(T) STAR. { A = lql__source_step(lql, T, lql__source_value(lql, E), NULL, true); }
source(A) ::= held(E) LBRACKET(T) STAR RBRACKET. { A = lql__source_step(lql, T, lql__source_value(lql, E), NULL, false); }
source(A) ::= held(E) LBRACKET(T) expr(I) RBRACKET. { A = lql__source_step(lql, T, lql__source_value(lql, E), I, false); }
table(A) ::= UNPIVOT expr(E) derived(B). { A = lql__unpivot(lql, E, &B); }
table(A) ::= INTEGER(T) derived(B). { A = lql__table_of(lql, lql__integer(lql, T), &B); }
table(A) ::= FLOAT(T) derived(B). { A = lql__table_of(lql, lql__float(lql, T), &B); }
table(A) ::= NULL(T) derived(B). { A = lql__table_of(lql, lql__null(lql, T), &B); }
table(A) ::= MISSING(T) derived(B). { A = lql__table_of(lql, expr_const(lql->arena, val_missing(), T.offset), &B); }
table(A) ::= PARAM(T) derived(B). { A = lql__table_of(lql, lql__parameter(lql, T), &B); }
table(A) ::= subselect(Q) derived(B). { A = lql__derived(lql, Q, &B, false); }
table(A) ::= LATERAL subselect(Q) derived(B). { A = lql__derived(lql, Q, &B, true); }
table(A) ::= LP tables(B) RP. { A = B; }
table(A) ::= ID(N) LP exprs(E) RP ordinality(O) derived(B). { A = lql__table_call(lql, N, E, &B, O); }
table(A) ::= LATERAL ID(N) LP exprs(E) RP ordinality(O) derived(B). { A = lql__table_call(lql, N, E, &B, O); }
table(A) ::= literal(E) derived(B). { A = lql__table_of(lql, E, &B); }
table(A) ::= ID(N) LP some_exprs(E) table_clauses(J) COLUMNS LP json_columns(C) RP table_end(Z) RP derived(B). { A = lql__json_table(lql, N, E, J, C, Z, &B); }
%type table_clauses {struct lql_json *}
%type table_end {struct lql_json *}
%type json_columns {struct lql_json_columns *}
%type json_column {struct lql_json_column *}
%type column_clauses {struct lql_json *}
%type json_clauses {struct lql_json *}
table_clauses(A) ::= . { A = NULL; }
table_clauses(A) ::= AS name. { A = NULL; }
table_clauses(A) ::= PASSING(T) replaced(L). { A = lql__json_passing(lql, NULL, T, L); }
table_clauses(A) ::= AS name PASSING(T) replaced(L). { A = lql__json_passing(lql, NULL, T, L); }
table_end(A) ::= . { A = NULL; }
table_end(A) ::= JSON_WORD(T). { A = lql__json_word(lql, NULL, T); }
json_columns(A) ::= json_column(C). { A = lql__json_columns(lql, NULL, C); }
json_columns(A) ::= json_columns(B) COMMA json_column(C). { A = lql__json_columns(lql, B, C); }
json_column(A) ::= name(N) FOR_ORDINALITY. { A = lql__json_column(lql, &(struct lql_json_column){.name = N, .is_ordinality = true}); }
json_column(A) ::= name(N) type(T) column_clauses(J). { A = lql__json_column(lql, &(struct lql_json_column){.name = N, .type = T, .json = J}); }
json_column(A) ::= name(N) type(T) EXISTS column_clauses(J). { A = lql__json_column(lql, &(struct lql_json_column){.name = N, .type = T, .is_exists = true, .json = J}); }
json_column(A) ::= NESTED TEXT(P) COLUMNS LP json_columns(C) RP. { A = lql__json_column(lql, &(struct lql_json_column){.path = P, .columns = C}); }
json_column(A) ::= NESTED TEXT(P) AS name COLUMNS LP json_columns(C) RP. { A = lql__json_column(lql, &(struct lql_json_column){.path = P, .columns = C}); }
column_clauses(A) ::= . { A = NULL; }
column_clauses(A) ::= column_clauses(J) PATH(T) TEXT(P). { A = lql__json_path(lql, J, T, P); }
column_clauses(A) ::= column_clauses(J) JSON_WORD(T). { A = lql__json_word(lql, J, T); }
column_clauses(A) ::= column_clauses(J) DEFAULT expr(E) ON_CASE(T). { A = lql__json_default(lql, J, E, T); }
ordinality(A) ::= . { A = 0; }
ordinality(A) ::= WITH ORDINALITY. { A = 1; }
derived(A) ::= alias(N). [BELOW] { A = (struct lql_alias){N, NULL, {0}, NULL, {0}}; }
derived(A) ::= AS name(N) LP names(C) RP. { A = (struct lql_alias){lql__name(lql, N), C, {0}, NULL, {0}}; }
derived(A) ::= name(N) LP names(C) RP. { A = (struct lql_alias){lql__name(lql, N), C, {0}, NULL, {0}}; }
derived(A) ::= AS name(N) LP(T) defs(D) RP. { A = (struct lql_alias){lql__name(lql, N), NULL, {0}, D, T}; }
derived(A) ::= name(N) LP(T) defs(D) RP. { A = (struct lql_alias){lql__name(lql, N), NULL, {0}, D, T}; }
derived(A) ::= AS LP(T) defs(D) RP. { A = (struct lql_alias){slice_of(NULL, 0), NULL, {0}, D, T}; }
%type defs {struct lql_defs *}
defs(A) ::= name(N) type(T). { A = lql__add_def(lql, NULL, N, T); }
defs(A) ::= defs(B) COMMA name(N) type(T). { A = lql__add_def(lql, B, N, T); }
derived(A) ::= AS name(N) AT name(I). { A = (struct lql_alias){lql__name(lql, N), NULL, I, NULL, {0}}; }
derived(A) ::= name(N) AT name(I). { A = (struct lql_alias){lql__name(lql, N), NULL, I, NULL, {0}}; }
derived(A) ::= AT name(I). { A = (struct lql_alias){slice_of(NULL, 0), NULL, I, NULL, {0}}; }

where(A) ::= . { A = NULL; }
where(A) ::= WHERE expr(E). { A = E; }
group(A) ::= . { A = NULL; }
group(A) ::= GROUP BY group_items(B). { A = B; }
group(A) ::= GROUP BY ALL. { A = lql__group_all(lql); }
group(A) ::= GROUP BY ALL group_items(B). { A = B; }
group(A) ::= GROUP BY DISTINCT group_items(B). { A = B; if (A) A->is_distinct = true; }
group(A) ::= GROUP BY group_items(B) WITH_ROLLUP. { A = lql__with_rollup(lql, B); }
group(A) ::= GROUP BY group_items(B) GROUP AS name(N). { A = B; if (A) A->rows_name = lql__name(lql, N); }
group_items(A) ::= group_item(S). { A = lql__group(lql, NULL, S); }
group_items(A) ::= group_items(B) COMMA group_item(S). { A = lql__group(lql, B, S); }
group_item(A) ::= set_item(S). { A = S; }
set_item(A) ::= expr(E). { A = lql__set_of(lql, E); }
set_item(A) ::= expr(E) AS name(N). { A = lql__named_key(lql, E, lql__name(lql, N)); }
set_item(A) ::= LP RP. { A = lql__set_of(lql, NULL); }
set_item(A) ::= ROLLUP LP some_exprs(E) RP. { A = lql__rollup(lql, E); }
set_item(A) ::= CUBE(T) LP some_exprs(E) RP. { A = lql__cube(lql, T, E); }
group_item(A) ::= GROUPING SETS LP sets_items(S) RP. { A = S; }
sets_items(A) ::= set_item(S). { A = S; }
sets_items(A) ::= sets_items(B) COMMA set_item(S). { A = lql__join_sets(lql, B, S); }
having(A) ::= . { A = NULL; }
having(A) ::= HAVING expr(E). { A = E; }

%type late {struct lql_late}
late(A) ::= . { A = (struct lql_late){NULL, NULL}; }
late(A) ::= WINDOW window_list(B). { A = (struct lql_late){B, NULL}; }
late(A) ::= QUALIFY expr(E). { A = (struct lql_late){NULL, E}; }
late(A) ::= WINDOW window_list(B) QUALIFY expr(E). { A = (struct lql_late){B, E}; }
late(A) ::= QUALIFY expr(E) WINDOW window_list(B). { A = (struct lql_late){B, E}; }
window_list(A) ::= name(N) AS LP window(W) RP. { A = lql__add_window(lql, NULL, N, W); }
window_list(A) ::= window_list(B) COMMA name(N) AS LP window(W) RP. { A = lql__add_window(lql, B, N, W); }
window(A) ::= partition(P) order(O) frame(F). { A = lql__window(lql, NULL, P, O, F); }
window(A) ::= name(N) partition(P) order(O) frame(F). { A = lql__window(lql, &N, P, O, F); }
partition(A) ::= . { A = NULL; }
partition(A) ::= PARTITION BY some_exprs(E). { A = E; }
frame(A) ::= . { A = NULL; }
frame(A) ::= frame_mode(M) bound(B) exclude(X). { A = lql__frame(lql, M, B, (struct lql_bound){EXPR_BOUND_CURRENT, NULL, 0}, X); }
frame(A) ::= frame_mode(M) BETWEEN bound(B) AND bound(C) exclude(X). { A = lql__frame(lql, M, B, C, X); }
frame_mode(A) ::= RANGE. { A = EXPR_FRAME_RANGE; }
frame_mode(A) ::= ROWS. { A = EXPR_FRAME_ROWS; }
frame_mode(A) ::= GROUPS. { A = EXPR_FRAME_GROUPS; }
bound(A) ::= UNBOUNDED(T) PRECEDING. { A = (struct lql_bound){EXPR_BOUND_UNBOUNDED_PRECEDING, NULL, T.offset}; }
bound(A) ::= UNBOUNDED(T) FOLLOWING. { A = (struct lql_bound){EXPR_BOUND_UNBOUNDED_FOLLOWING, NULL, T.offset}; }
bound(A) ::= CURRENT(T) ROW. { A = (struct lql_bound){EXPR_BOUND_CURRENT, NULL, T.offset}; }
bound(A) ::= expr(E) PRECEDING(T). { A = (struct lql_bound){EXPR_BOUND_PRECEDING, E, T.offset}; }
bound(A) ::= expr(E) FOLLOWING(T). { A = (struct lql_bound){EXPR_BOUND_FOLLOWING, E, T.offset}; }
exclude(A) ::= . { A = EXPR_EXCLUDE_NONE; }
exclude(A) ::= EXCLUDE NO OTHERS. { A = EXPR_EXCLUDE_NONE; }
exclude(A) ::= EXCLUDE CURRENT ROW. { A = EXPR_EXCLUDE_CURRENT; }
exclude(A) ::= EXCLUDE GROUP. { A = EXPR_EXCLUDE_GROUP; }
exclude(A) ::= EXCLUDE TIES. { A = EXPR_EXCLUDE_TIES; }

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

limit(A) ::= . { A = (struct lql_limit){NULL, NULL, 0}; }
limit(A) ::= LIMIT expr(L). { A = (struct lql_limit){L, NULL, 0}; }
limit(A) ::= LIMIT ALL. { A = (struct lql_limit){NULL, NULL, 0}; }
limit(A) ::= LIMIT expr(L) OFFSET expr(S). { A = (struct lql_limit){L, S, 0}; }
limit(A) ::= LIMIT expr(S) COMMA expr(L). { A = (struct lql_limit){L, S, 0}; }
limit(A) ::= OFFSET expr(S) some_rows. { A = (struct lql_limit){NULL, S, 0}; }
limit(A) ::= OFFSET expr(S) LIMIT expr(L). { A = (struct lql_limit){L, S, 0}; }
limit(A) ::= fetch(L). { A = L; }
limit(A) ::= OFFSET expr(S) some_rows fetch(L). { A = L; A.skip = S; }
%type fetch {struct lql_limit}
fetch(A) ::= FETCH first expr(L) rows_only(T). { A = (struct lql_limit){L, NULL, T}; }
fetch(A) ::= FETCH(F) first rows_only(T). { A = (struct lql_limit){expr_const(lql->arena, val_int64(1), F.offset), NULL, T}; }
%type rows_only {int}
some_rows ::= .
some_rows ::= ROW.
some_rows ::= ROWS.
first ::= FIRST.
first ::= NEXT.
rows_only(A) ::= ROW ONLY. { A = 0; }
rows_only(A) ::= ROWS ONLY. { A = 0; }
rows_only(A) ::= ROW WITH TIES. { A = 1; }
rows_only(A) ::= ROWS WITH TIES. { A = 1; }

/* ---- changes ---- */

%type target {struct plan *}
target(A) ::= name(N) alias(B). { A = lql__table(lql, N, B); }

%type into {struct lql_into}
%type conflict {struct plan_conflict *}
%type conflict_target {struct lql_list *}
%type returning {struct lql_list *}
command(A) ::= into(I) OVERRIDING ID(O) ID query(Q) conflict(X) returning(R). { I.overriding = O; A = lql__inserted(lql, &I, lql__insert(lql, I.name, NULL, Q), X, R); }
command(A) ::= into(I) LP columns(C) RP OVERRIDING ID(O) ID query(Q) conflict(X) returning(R). { I.overriding = O; A = lql__inserted(lql, &I, lql__insert(lql, I.name, C, Q), X, R); }
command(A) ::= into(I) LP columns(C) RP query(Q) conflict(X) returning(R). { A = lql__inserted(lql, &I, lql__insert(lql, I.name, C, Q), X, R); }
command(A) ::= into(I) query(Q) conflict(X) returning(R). { A = lql__inserted(lql, &I, lql__insert(lql, I.name, NULL, Q), X, R); }
command(A) ::= into(I) documents(D) conflict(X) returning(R). { A = lql__inserted(lql, &I, lql__insert_documents(lql, I.name, D), X, R); }
command(A) ::= into(I) VALUES documents(D) conflict(X) returning(R). { A = lql__inserted(lql, &I, lql__insert_documents(lql, I.name, D), X, R); }
command(A) ::= into(I) SET(T) sets(S) conflict(X) returning(R). { A = lql__inserted(lql, &I, lql__insert_sets(lql, I.name, T, S), X, R); }
command(A) ::= into(I) DEFAULT(T) VALUES conflict(X) returning(R). {
  struct lql_list *empty = lql__append(lql, lql__list(lql), lql__map(lql, T, lql__list(lql)), slice_of(NULL, 0));
  A = lql__inserted(lql, &I, lql__insert_documents(lql, I.name, empty), X, R);
}
into(A) ::= INSERT INTO name(N). { A = (struct lql_into){N, PLAN_CONFLICT_FAILS, {0}}; }
into(A) ::= INSERT IGNORE INTO name(N). { A = (struct lql_into){N, PLAN_CONFLICT_SKIPS, {0}}; }
into(A) ::= INSERT OR or_action(X) INTO name(N). { A = (struct lql_into){N, X, {0}}; }
into(A) ::= REPLACE INTO name(N). { A = (struct lql_into){N, PLAN_CONFLICT_REPLACES, {0}}; }
into(A) ::= UPSERT INTO name(N). { A = (struct lql_into){N, PLAN_CONFLICT_REPLACES, {0}}; }
%type or_action {enum plan_conflict_action}
or_action(A) ::= REPLACE. { A = PLAN_CONFLICT_REPLACES; }
or_action(A) ::= IGNORE. { A = PLAN_CONFLICT_SKIPS; }
or_action(A) ::= ABORT. { A = PLAN_CONFLICT_FAILS; }
or_action(A) ::= ROLLBACK. { A = PLAN_CONFLICT_ROLLS_BACK; }
or_action(A) ::= ID(T). { A = lql__refuse_action(lql, T); }
conflict(A) ::= . { A = NULL; }
conflict(A) ::= ON CONFLICT(T) conflict_target(C) DO NOTHING. { A = lql__conflict(lql, T, PLAN_CONFLICT_SKIPS, C, NULL, NULL); }
conflict(A) ::= ON CONFLICT(T) conflict_target(C) DO REPLACE. { A = lql__conflict(lql, T, PLAN_CONFLICT_REPLACES, C, NULL, NULL); }
conflict(A) ::= ON CONFLICT(T) conflict_target(C) DO UPDATE SET sets(S) where(W). { A = lql__conflict(lql, T, PLAN_CONFLICT_UPDATES, C, S, W); }
conflict(A) ::= ON ID(D) ID(T) UPDATE sets(S). { lql__duplicate_key(lql, D, T); A = lql__conflict(lql, D, PLAN_CONFLICT_UPDATES, NULL, S, NULL); }
conflict_target(A) ::= . { A = NULL; }
conflict_target(A) ::= LP some_exprs(C) RP. { A = C; }
conflict_target(A) ::= LP some_exprs(C) RP WHERE expr. { A = C; }
returning(A) ::= . { A = NULL; }
returning(A) ::= RETURNING items(B). { A = B; }
columns(A) ::= path(P). { A = lql__append(lql, lql__list(lql), lql__path_expr(lql, P), P ? P->text : slice_of(NULL, 0)); }
columns(A) ::= columns(B) COMMA path(P). { A = lql__append(lql, B, lql__path_expr(lql, P), P ? P->text : slice_of(NULL, 0)); }
rows(A) ::= LP(T) some_exprs(E) RP. { A = lql__append(lql, lql__list(lql), lql__array(lql, T, E), slice_of(NULL, 0)); }
rows(A) ::= rows(B) COMMA LP(T) some_exprs(E) RP. { A = lql__append(lql, B, lql__array(lql, T, E), slice_of(NULL, 0)); }
documents(A) ::= document(E). { A = lql__append(lql, lql__list(lql), E, slice_of(NULL, 0)); }
documents(A) ::= documents(B) COMMA document(E). { A = lql__append(lql, B, E, slice_of(NULL, 0)); }
document(A) ::= literal(B). { A = B; }
document(A) ::= PARAM(T). { A = lql__parameter(lql, T); }

command(A) ::= UPDATE target(T) SET sets(S) from(F) where(W) order(O) limit(L) returning(R). {
  struct lql_rows rows = {T, F, W, O, L};
  A = lql__returning(lql, lql__update(lql, &rows, S), R);
}
command(A) ::= UPDATE target(T) UNSET unsets(S) where(W) order(O) limit(L) returning(R). {
  struct lql_rows rows = {T, NULL, W, O, L};
  A = lql__returning(lql, lql__update(lql, &rows, S), R);
}
command(A) ::= UPDATE OR or_action(X) target(T) SET sets(S) from(F) where(W) order(O) limit(L) returning(R). {
  struct lql_rows rows = {T, F, W, O, L};
  A = lql__update_or(lql, X, lql__returning(lql, lql__update(lql, &rows, S), R));
}
sets(A) ::= path(P) EQ expr(E). { A = lql__set(lql, NULL, PLAN_SET, P, E); }
sets(A) ::= sets(B) COMMA path(P) EQ expr(E). { A = lql__set(lql, B, PLAN_SET, P, E); }
sets(A) ::= LP(T) columns(C) RP EQ expr(E). { A = lql__set_row(lql, T, NULL, C, E); }
sets(A) ::= sets(B) COMMA LP(T) columns(C) RP EQ expr(E). { A = lql__set_row(lql, T, B, C, E); }
unsets(A) ::= path(P). { A = lql__set(lql, NULL, PLAN_UNSET, P, NULL); }
unsets(A) ::= unsets(B) COMMA path(P). { A = lql__set(lql, B, PLAN_UNSET, P, NULL); }

%type using {struct plan *}
command(A) ::= DELETE FROM target(T) using(F) where(W) order(O) limit(L) returning(R). {
  struct lql_rows rows = {T, F, W, O, L};
  A = lql__returning(lql, lql__delete(lql, &rows), R);
}
using(A) ::= . { A = NULL; }
using(A) ::= USING tables(B). { A = B; }
command(A) ::= TRUNCATE name(N) truncate_words. { A = lql__truncate(lql, N); }
command(A) ::= TRUNCATE TABLE name(N) truncate_words. { A = lql__truncate(lql, N); }
truncate_words ::= .
truncate_words ::= truncate_words ID(T). { lql__truncate_word(lql, T); }

%type merges {struct lql_merges *}
%type merge {struct plan_merge *}
%type also {struct expr *}
command(A) ::= MERGE(T) INTO target(N) USING table(S) ON expr(E) merges(M) returning(R). {
  A = lql__returning(lql, lql__merge(lql, T, N, S, E, M), R);
}
merges(A) ::= merge(M). { A = lql__add_merge(lql, NULL, M); }
merges(A) ::= merges(B) merge(M). { A = lql__add_merge(lql, B, M); }
merge(A) ::= WHEN(T) MATCHED also(C) THEN UPDATE SET sets(S). { A = lql__merge_update(lql, T, C, S); }
merge(A) ::= WHEN(T) MATCHED also(C) THEN DELETE. { A = lql__merge_when(lql, T, PLAN_MERGE_DELETE, C, NULL); }
merge(A) ::= WHEN(T) MATCHED also(C) THEN DO NOTHING. { A = lql__merge_when(lql, T, PLAN_MERGE_KEEP, C, NULL); }
merge(A) ::= WHEN(T) NOT MATCHED also(C) THEN INSERT LP columns(N) RP VALUES LP(P) some_exprs(E) RP. {
  A = lql__merge_when(lql, T, PLAN_MERGE_INSERT, C, lql__row_document(lql, N, lql__array(lql, P, E)));
}
merge(A) ::= WHEN(T) NOT MATCHED also(C) THEN INSERT document(D). { A = lql__merge_when(lql, T, PLAN_MERGE_INSERT, C, D); }
merge(A) ::= WHEN(T) NOT MATCHED also(C) THEN DO NOTHING. { A = lql__merge_when(lql, T, PLAN_MERGE_SKIP, C, NULL); }
also(A) ::= . { A = NULL; }
also(A) ::= AND expr(E). { A = E; }

/* ---- catalog ---- */

%type partial {struct slice}
command(A) ::= CREATE(T) index_kind(U) if_not_exists(X) index_name(N) ON name(C) index_method keys(K) RP unique(V) partial(W). {
  A = lql__create_index(lql, T, N, C, K);
  if (A) {
    A->unique = U || V;
    A->if_not_exists = X;
    A->index_condition = W;
    A->condition = lql->index_condition;
  }
}
partial(A) ::= . { A = slice_of(NULL, 0); }
partial(A) ::= WHERE(T) expr(E). { A = lql__index_condition(lql, T, E); }
index_kind(A) ::= INDEX. { A = 0; }
index_kind(A) ::= UNIQUE INDEX. { A = 1; }
unique(A) ::= . { A = 0; }
unique(A) ::= UNIQUE. { A = 1; }
index_name(A) ::= . { A = slice_of(NULL, 0); }
index_name(A) ::= name(N). { A = lql__name(lql, N); }
index_name(A) ::= ID(W) name(N). { lql__concurrently(lql, W); A = lql__name(lql, N); }
index_method ::= .
index_method ::= USING ID(M). { lql__index_method(lql, M); }
keys(A) ::= LP(T) key(K) descending(D). { A = lql__key(lql, NULL, T, K, D); }
keys(A) ::= keys(B) COMMA(T) key(K) descending(D). { A = lql__key(lql, B, T, K, D); }
key(A) ::= expr(E). { A = lql__key_expr(lql, E); }

command(A) ::= DROP(T) INDEX if_exists(X) names(N) drop_word. { A = lql__drop_each(lql, PLAN_DROP_INDEX, T, N, X); }
command(A) ::= DROP(T) INDEX if_exists(X) name(N) ON name(C). {
  A = lql__collection(lql, PLAN_DROP_INDEX, T, C);
  if (A) { A->index_name = lql__name(lql, N); A->if_exists = X; }
}
command(A) ::= CREATE(T) collection if_not_exists(X) name(C). {
  A = lql__collection(lql, PLAN_CREATE_COLLECTION, T, C);
  if (A) A->if_not_exists = X;
}
command(A) ::= CREATE(T) TEMP collection if_not_exists(X) name(C). {
  A = lql__collection(lql, PLAN_CREATE_COLLECTION, T, C);
  if (A) { A->if_not_exists = X; A->is_temporary = true; }
}
command(A) ::= CREATE TEMP collection if_not_exists(X) name(C) AS query(Q) no_data(D). { A = lql__create_as(lql, C, X, NULL, Q, D); if (A) A->is_temporary = true; }
command(A) ::= CREATE TEMP collection if_not_exists(X) name(C) LP columns(N) RP AS query(Q) no_data(D). { A = lql__create_as(lql, C, X, N, Q, D); if (A) A->is_temporary = true; }
command(A) ::= CREATE collection if_not_exists(X) name(C) AS query(Q) no_data(D). { A = lql__create_as(lql, C, X, NULL, Q, D); }
command(A) ::= CREATE collection if_not_exists(X) name(C) LP columns(N) RP AS query(Q) no_data(D). { A = lql__create_as(lql, C, X, N, Q, D); }
%type no_data {int}
no_data(A) ::= . { A = 0; }
no_data(A) ::= NO_DATA. { A = 1; }
command(A) ::= PREPARE(T) name(N) AS(S) command. { A = lql__prepare(lql, T, N, lql__text_since(lql, S)); }
command(A) ::= PREPARE(T) name(N) LP names RP AS(S) command. { A = lql__prepare(lql, T, N, lql__text_since(lql, S)); }
command(A) ::= PREPARE(T) name(N) FROM TEXT(X). { struct expr *text = lql__text(lql, X); A = lql__prepare(lql, T, N, text ? val_slice(&text->value) : slice_of(NULL, 0)); }
command(A) ::= EXECUTE(T) name(N). { A = lql__execute(lql, T, N, NULL); }
command(A) ::= EXECUTE(T) name(N) LP exprs(L) RP. { A = lql__execute(lql, T, N, L); }
command(A) ::= EXECUTE(T) name(N) USING some_exprs(L). { A = lql__execute(lql, T, N, L); }
command(A) ::= DEALLOCATE(T) name(N). { A = lql__savepoint(lql, PLAN_DEALLOCATE, T, N); }
command(A) ::= DEALLOCATE(T) ID name(N). { A = lql__savepoint(lql, PLAN_DEALLOCATE, T, N); }
command(A) ::= DEALLOCATE(T) ALL. { A = lql__plain(lql, PLAN_DEALLOCATE, T, NULL); }
drop_word ::= .
drop_word ::= ID(T). { lql__drop_word(lql, T); }
command(A) ::= DROP(T) collection if_exists(X) names(N) drop_word. { A = lql__drop_each(lql, PLAN_DROP_COLLECTION, T, N, X); }
command(A) ::= ALTER(T) collection if_exists(X) name(C) RENAME TO name(N). {
  A = lql__collection(lql, PLAN_RENAME_COLLECTION, T, C);
  if (A) { A->new_name = lql__name(lql, N); A->if_exists = X; }
}
command(A) ::= CREATE view_kind(K) if_not_exists(X) name(N) AS(T) query(Q). {
  A = lql__view(lql, N, T, NULL, Q);
  if (A) { A->replaces = K & 1; A->is_temporary = K >> 1; A->if_not_exists = X; }
}
command(A) ::= CREATE view_kind(K) if_not_exists(X) name(N) LP names(C) RP AS(T) query(Q). {
  A = lql__view(lql, N, T, C, Q);
  if (A) { A->replaces = K & 1; A->is_temporary = K >> 1; A->if_not_exists = X; }
}
command(A) ::= DROP(T) VIEW if_exists(X) names(N) drop_word. { A = lql__drop_each(lql, PLAN_DROP_VIEW, T, N, X); }
%type view_kind {int}
view_kind(A) ::= VIEW. { A = 0; }
view_kind(A) ::= OR REPLACE VIEW. { A = 1; }
view_kind(A) ::= TEMP VIEW. { A = 2; }
view_kind(A) ::= OR REPLACE TEMP VIEW. { A = 3; }
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

/* What stands behind the first word is read as words: lql_transaction.c knows which there are. */
%type words {struct lql_words *}
%type begun {struct lql_words *}
command(A) ::= BEGIN(T) words(W). { A = lql__begin(lql, T, W); }
command(A) ::= START(T) TRANSACTION words(W). { A = lql__begin(lql, T, W); }
command(A) ::= COMMIT(T) words(W). { A = lql__end(lql, T, PLAN_COMMIT, W); }
command(A) ::= END(T) words(W). { A = lql__end(lql, T, PLAN_COMMIT, W); }
command(A) ::= ROLLBACK(T) words(W). { A = lql__end(lql, T, PLAN_ROLLBACK, W); }
command(A) ::= ABORT(T) words(W). { A = lql__end(lql, T, PLAN_ROLLBACK, W); }
command(A) ::= SAVEPOINT(T) name(N). { A = lql__savepoint(lql, PLAN_SAVEPOINT, T, N); }
command(A) ::= RELEASE(T) name(N). { A = lql__savepoint(lql, PLAN_RELEASE, T, N); }
command(A) ::= RELEASE(T) SAVEPOINT name(N). { A = lql__savepoint(lql, PLAN_RELEASE, T, N); }
%type option {struct slice}
command(A) ::= SET(T) name(N) EQ option(V). { A = lql__set_option(lql, T, N, V); }
command(A) ::= SET(T) name(N) TO option(V). { A = lql__set_option(lql, T, N, V); }
option(A) ::= name(N). { A = N.text; }
option(A) ::= INTEGER(N). { A = N.text; }
option(A) ::= TEXT(N). { struct expr *text = lql__text(lql, N); A = text ? val_slice(&text->value) : slice_of(NULL, 0); }
option(A) ::= ON(N). { A = N.text; }
option(A) ::= TRUE(N). { A = N.text; }
option(A) ::= FALSE(N). { A = N.text; }
words(A) ::= . { A = NULL; }
words(A) ::= begun(B). { A = B; }
begun(A) ::= name(N). { A = lql__add_word(lql, NULL, N); }
begun(A) ::= begun(B) name(N). { A = lql__add_word(lql, B, N); }
begun(A) ::= begun(B) NOT(N). { A = lql__add_word(lql, B, N); }
begun(A) ::= begun(B) COMMA(N). { A = lql__add_word(lql, B, N); }

/* ---- expressions ---- */

expr(A) ::= expr(L) OR(T) expr(R). { A = lql__binary(lql, EXPR_OP_OR, T, L, R); }
expr(A) ::= expr(L) XOR(T) expr(R). { A = lql__xor(lql, T, L, R); }
expr(A) ::= expr(L) AND(T) expr(R). { A = lql__binary(lql, EXPR_OP_AND, T, L, R); }
expr(A) ::= NOT(T) expr(E). { A = lql__unary(lql, EXPR_OP_NOT, T, E); }
expr(A) ::= expr(L) EQ(T) expr(R). { A = lql__binary(lql, EXPR_OP_EQ, T, L, R); }
expr(A) ::= expr(L) NULLSAFE(T) expr(R). { A = lql__binary(lql, EXPR_OP_IS_NOT_DISTINCT, T, L, R); }
expr(A) ::= expr(L) NE(T) expr(R). { A = lql__binary(lql, EXPR_OP_NE, T, L, R); }
expr(A) ::= expr(L) LT(T) expr(R). { A = lql__binary(lql, EXPR_OP_LT, T, L, R); }
expr(A) ::= expr(L) LE(T) expr(R). { A = lql__binary(lql, EXPR_OP_LE, T, L, R); }
expr(A) ::= expr(L) GT(T) expr(R). { A = lql__binary(lql, EXPR_OP_GT, T, L, R); }
expr(A) ::= expr(L) GE(T) expr(R). { A = lql__binary(lql, EXPR_OP_GE, T, L, R); }
expr(A) ::= expr(L) PLUS(T) expr(R). { A = lql__binary(lql, EXPR_OP_ADD, T, L, R); }
expr(A) ::= expr(L) MINUS(T) expr(R). { A = lql__binary(lql, EXPR_OP_SUBTRACT, T, L, R); }
expr(A) ::= expr(L) STAR(T) expr(R). { A = lql__binary(lql, EXPR_OP_MULTIPLY, T, L, R); }
expr(A) ::= expr(L) SLASH(T) expr(R). { A = lql__binary(lql, EXPR_OP_DIVIDE, T, L, R); }
expr(A) ::= expr(L) DIV(T) expr(R). { A = lql__apply(lql, "div", T, L, R); }
expr(A) ::= expr(L) PERCENT(T) expr(R). { A = lql__binary(lql, EXPR_OP_MODULO, T, L, R); }
expr(A) ::= expr(L) CONCAT(T) expr(R). { A = lql__binary(lql, EXPR_OP_CONCAT, T, L, R); }
expr(A) ::= expr(L) OPERATOR(T) expr(R). { A = lql__operator(lql, T, L, R); }
expr(A) ::= expr(L) TILDE(T) expr(R). { A = lql__operator(lql, T, L, R); }
expr(A) ::= expr(L) CARET(T) expr(R). { A = lql__operator(lql, T, L, R); }
expr(A) ::= expr(L) PARAM(T) expr(R). { A = lql__operator(lql, T, L, R); }
expr(A) ::= TILDE(T) expr(E). [UMINUS] { A = lql__apply(lql, "bitnot", T, E, NULL); }
expr(A) ::= expr(E) AT(T) TIME ZONE expr(Z). [AT] { A = lql__apply(lql, "timezone", T, Z, E); }
expr(A) ::= expr(E) COLLATE(T) name(N). { A = lql__collate(lql, T, E, N); }
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
expr(A) ::= expr(L) SIMILAR(T) TO expr(R). [LIKE] { A = lql__similar(lql, T, L, R, NULL, false); }
expr(A) ::= expr(L) SIMILAR(T) TO expr(R) ESCAPE expr(E). [LIKE] { A = lql__similar(lql, T, L, R, E, false); }
expr(A) ::= expr(L) NOT SIMILAR(T) TO expr(R). [LIKE] { A = lql__similar(lql, T, L, R, NULL, true); }
expr(A) ::= expr(L) NOT SIMILAR(T) TO expr(R) ESCAPE expr(E). [LIKE] { A = lql__similar(lql, T, L, R, E, true); }
expr(A) ::= expr(L) GLOB(T) expr(R). { A = lql__apply(lql, "glob", T, R, L); }
expr(A) ::= expr(L) NOT GLOB(T) expr(R). [GLOB] { A = lql__unary(lql, EXPR_OP_NOT, T, lql__apply(lql, "glob", T, R, L)); }
expr(A) ::= expr(L) REGEXP(T) expr(R). { A = lql__apply(lql, "regexp_like", T, L, R); }
expr(A) ::= expr(L) NOT REGEXP(T) expr(R). [REGEXP] { A = lql__unary(lql, EXPR_OP_NOT, T, lql__apply(lql, "regexp_like", T, L, R)); }
expr(A) ::= expr(V) BETWEEN(T) SYMMETRIC expr(L) AND expr(H). [BETWEEN] { A = lql__between_symmetric(lql, T, V, L, H, false); }
expr(A) ::= expr(V) NOT BETWEEN(T) SYMMETRIC expr(L) AND expr(H). [BETWEEN] { A = lql__between_symmetric(lql, T, V, L, H, true); }
expr(A) ::= expr(V) BETWEEN(T) ASYMMETRIC expr(L) AND expr(H). [BETWEEN] { A = lql__between(lql, T, V, L, H, false); }
expr(A) ::= expr(V) BETWEEN(T) expr(L) AND expr(H). [BETWEEN] { A = lql__between(lql, T, V, L, H, false); }
expr(A) ::= expr(V) NOT BETWEEN(T) expr(L) AND expr(H). [BETWEEN] { A = lql__between(lql, T, V, L, H, true); }
expr(A) ::= expr(V) IN(T) LP exprs(L) RP. [IN] { A = lql__in(lql, T, V, L, false); }
expr(A) ::= expr(V) NOT IN(T) LP exprs(L) RP. [IN] { A = lql__in(lql, T, V, L, true); }
expr(A) ::= expr(V) IN(T) bare(P). [IN] { A = lql__in_list(lql, T, V, P, false); }
expr(A) ::= expr(V) NOT IN(T) bare(P). [IN] { A = lql__in_list(lql, T, V, P, true); }
expr(A) ::= expr(V) IN(T) subselect(Q). [IN] { A = lql__in_query(lql, T, V, Q, false); }
expr(A) ::= expr(V) NOT IN(T) subselect(Q). [IN] { A = lql__in_query(lql, T, V, Q, true); }
expr(A) ::= expr(V) comparison(T) any(N) subselect(Q). [EQ] { A = lql__quantified(lql, T, V, N, Q); }
expr(A) ::= expr(V) comparison(T) any(N) LP expr(L) RP. [EQ] { A = lql__quantified_list(lql, T, V, N, L); }
comparison(A) ::= EQ(T). { A = T; }
comparison(A) ::= NE(T). { A = T; }
comparison(A) ::= LT(T). { A = T; }
comparison(A) ::= LE(T). { A = T; }
comparison(A) ::= GT(T). { A = T; }
comparison(A) ::= GE(T). { A = T; }
any(A) ::= ANY. { A = 0; }
any(A) ::= SOME. { A = 0; }
any(A) ::= ALL. { A = 1; }
expr(A) ::= expr(V) ISNULL(T). { A = lql__unary(lql, EXPR_OP_IS_NULL, T, V); }
expr(A) ::= expr(V) NOTNULL(T). { A = lql__unary(lql, EXPR_OP_IS_NOT_NULL, T, V); }
%type compared {struct expr *}
expr(A) ::= expr(V) IS(T) compared(R). [IS] { A = lql__binary(lql, EXPR_OP_IS_NOT_DISTINCT, T, V, R); }
expr(A) ::= expr(V) IS(T) NOT compared(R). [IS] { A = lql__binary(lql, EXPR_OP_IS_DISTINCT, T, V, R); }
compared(A) ::= INTEGER(T). { A = lql__integer(lql, T); }
compared(A) ::= FLOAT(T). { A = lql__float(lql, T); }
compared(A) ::= MINUS(T) INTEGER(N). { A = lql__negate(lql, T, lql__integer(lql, N)); }
compared(A) ::= MINUS(T) FLOAT(N). { A = lql__negate(lql, T, lql__float(lql, N)); }
compared(A) ::= TEXT(T). { A = lql__text(lql, T); }
compared(A) ::= BYTES(T). { A = lql__bytes(lql, T); }
compared(A) ::= TYPED(T). { A = lql__typed(lql, T); }
compared(A) ::= PARAM(T). { A = lql__parameter(lql, T); }
compared(A) ::= literal(E). { A = E; }
compared(A) ::= paren(E). [BELOW] { A = E; }
compared(A) ::= qualified(E). [BELOW] { A = E; }
%type qualified {struct expr *}
qualified(A) ::= name(N) DOT name(M). { A = lql__dot(lql, lql__name_expr(lql, N), M); }
qualified(A) ::= qualified(B) DOT name(M). { A = lql__dot(lql, B, M); }
expr(A) ::= expr(V) IS(T) JSON json_kind(K) json_unique(U). [IS] { A = lql__is_json_of(lql, T, V, K, U); }
expr(A) ::= expr(V) IS(T) NOT JSON json_kind(K) json_unique(U). [IS] { A = lql__unary(lql, EXPR_OP_NOT, T, lql__is_json_of(lql, T, V, K, U)); }
%type json_kind {struct lql_token}
%type json_unique {int}
json_kind(A) ::= . [BELOW] { A = (struct lql_token){0}; }
json_kind(A) ::= JSON_KIND(T). { A = T; }
json_unique(A) ::= . [BELOW] { A = 0; }
json_unique(A) ::= WITH UNIQUE keys_word. { A = 1; }
json_unique(A) ::= WITHOUT UNIQUE keys_word. { A = 0; }
keys_word ::= . [BELOW]
keys_word ::= KEYS.
expr(A) ::= expr(V) IS(T) NULL. { A = lql__is_null(lql, EXPR_OP_IS_NULL, T, V); }
expr(A) ::= expr(V) IS(T) NOT NULL. { A = lql__is_null(lql, EXPR_OP_IS_NOT_NULL, T, V); }
expr(A) ::= expr(V) IS(T) MISSING. { A = lql__apply(lql, "is_missing", T, V, NULL); }
expr(A) ::= expr(V) IS(T) NOT MISSING. { A = lql__unary(lql, EXPR_OP_NOT, T, lql__apply(lql, "is_missing", T, V, NULL)); }
expr(A) ::= expr(V) IS(T) type(N). [IS] { A = lql__is_type(lql, T, V, N); }
expr(A) ::= expr(V) IS(T) NOT type(N). [IS] { A = lql__unary(lql, EXPR_OP_NOT, T, lql__is_type(lql, T, V, N)); }
expr(A) ::= expr(L) OVERLAPS(T) expr(R). { A = lql__overlaps(lql, T, L, R); }
expr(A) ::= expr(V) IS(T) UNKNOWN. { A = lql__unary(lql, EXPR_OP_IS_NULL, T, V); }
expr(A) ::= expr(V) IS(T) NOT UNKNOWN. { A = lql__unary(lql, EXPR_OP_IS_NOT_NULL, T, V); }
expr(A) ::= expr(V) IS(T) TRUE. { A = lql__unary(lql, EXPR_OP_IS_TRUE, T, V); }
expr(A) ::= expr(V) IS(T) FALSE. { A = lql__unary(lql, EXPR_OP_IS_FALSE, T, V); }
expr(A) ::= expr(V) IS(T) NOT TRUE. { A = lql__unary(lql, EXPR_OP_NOT, T, lql__unary(lql, EXPR_OP_IS_TRUE, T, V)); }
expr(A) ::= expr(V) IS(T) NOT FALSE. { A = lql__unary(lql, EXPR_OP_NOT, T, lql__unary(lql, EXPR_OP_IS_FALSE, T, V)); }
expr(A) ::= expr(L) IS(T) DISTINCT FROM expr(R). [IS] { A = lql__binary(lql, EXPR_OP_IS_DISTINCT, T, L, R); }
expr(A) ::= expr(L) IS(T) NOT DISTINCT FROM expr(R). [IS] { A = lql__binary(lql, EXPR_OP_IS_NOT_DISTINCT, T, L, R); }
expr(A) ::= expr(E) CAST_AS(T) type(N). { A = lql__cast(lql, T, E, N); }
type(A) ::= name(N). { A = (struct lql_type){N, 0, 0, 0, false}; }
type(A) ::= name(N) LP INTEGER(P) RP. { A = lql__type(lql, N, P, NULL); }
type(A) ::= name(N) LP INTEGER(P) COMMA INTEGER(S) RP. { A = lql__type(lql, N, P, &S); }
type(A) ::= name(N) PRECISION. { A = (struct lql_type){N, 0, 0, 0, false}; }
type(A) ::= name(N) VARYING. { A = (struct lql_type){N, 0, 0, 0, false}; }
type(A) ::= name(N) VARYING LP INTEGER(P) RP. { A = lql__type(lql, N, P, NULL); }
type(A) ::= name(N) WITH TIME ZONE. { A = lql__zoned(lql, N); }
type(A) ::= name(N) WITHOUT TIME ZONE. { A = (struct lql_type){N, 0, 0, 0, false}; }
type(A) ::= type(B) LBRACKET RBRACKET. { A = B; A.is_list = true; }

%type bare {struct expr *}
%type paren {struct expr *}
expr(A) ::= bare(P). [BELOW] { A = P; }
expr(A) ::= paren(P). [BELOW] { A = P; }
paren(A) ::= LP expr(E) RP. { A = E; }
paren(A) ::= LP(T) expr(E) COMMA some_exprs(L) RP. { A = lql__row(lql, T, E, L); }
paren(A) ::= subselect(Q). [BELOW] { A = lql__scalar(lql, Q); }
bare(A) ::= EXISTS(T) subselect(Q). { A = lql__exists(lql, T, Q); }
bare(A) ::= EXISTS(T) LP bare(P) RP. { A = lql__exists_in(lql, T, P); }
bare(A) ::= ARRAY(T) subselect(Q). { A = lql__array_of(lql, T, Q); }
bare(A) ::= ARRAY LBRACKET(T) exprs(L) RBRACKET. { A = lql__array(lql, T, L); }
bare(A) ::= name(N). { A = lql__name_expr(lql, N); }
bare(A) ::= bare(P) DOT name(N). { A = lql__dot(lql, P, N); }
paren(A) ::= paren(P) DOT name(N). { A = lql__dot(lql, P, N); }
bare(A) ::= bare(P) DOT TEXT(N). { A = lql__at(lql, N, P, lql__text(lql, N)); }
paren(A) ::= paren(P) DOT TEXT(N). { A = lql__at(lql, N, P, lql__text(lql, N)); }
bare(A) ::= bare(P) LBRACKET(T) expr(E) RBRACKET. { A = lql__at(lql, T, P, E); }
paren(A) ::= paren(P) LBRACKET(T) expr(E) RBRACKET. { A = lql__at(lql, T, P, E); }
bare(A) ::= bare(P) LBRACKET(T) slice(S) RBRACKET. { A = lql__range(lql, T, P, S); }
paren(A) ::= paren(P) LBRACKET(T) slice(S) RBRACKET. { A = lql__range(lql, T, P, S); }
%type slice {struct lql_limit}
slice(A) ::= COLON. { A = (struct lql_limit){NULL, NULL, 0}; }
slice(A) ::= COLON expr(E). { A = (struct lql_limit){E, NULL, 0}; }
slice(A) ::= expr(B) COLON. { A = (struct lql_limit){NULL, B, 0}; }
slice(A) ::= expr(B) COLON expr(E). { A = (struct lql_limit){E, B, 0}; }
bare(A) ::= bare(P) LBRACKET(T) STAR RBRACKET. { A = lql__each(lql, T, P, false); }
paren(A) ::= paren(P) LBRACKET(T) STAR RBRACKET. { A = lql__each(lql, T, P, false); }
%type starred {struct expr *}
starred(A) ::= bare(P) DOT(T) STAR. { A = lql__each(lql, T, P, true); }
starred(A) ::= starred(P) DOT(T) STAR. { A = lql__each(lql, T, P, true); }
bare(A) ::= starred(P) DOT name(N). { A = lql__dot(lql, P, N); }
bare(A) ::= starred(P) LBRACKET(T) expr(E) RBRACKET. { A = lql__at(lql, T, P, E); }
bare(A) ::= starred(P) LBRACKET(T) STAR RBRACKET. { A = lql__each(lql, T, P, false); }
paren(A) ::= LP starred(P) RP. { A = P; }
%type paren_starred {struct expr *}
paren_starred(A) ::= paren(P) DOT(T) STAR. { A = lql__each(lql, T, P, true); }
paren_starred(A) ::= paren_starred(P) DOT(T) STAR. { A = lql__each(lql, T, P, true); }
paren(A) ::= paren_starred(P) DOT name(N). { A = lql__dot(lql, P, N); }
paren(A) ::= paren_starred(P) LBRACKET(T) expr(E) RBRACKET. { A = lql__at(lql, T, P, E); }
paren(A) ::= paren_starred(P) LBRACKET(T) STAR RBRACKET. { A = lql__each(lql, T, P, false); }
paren(A) ::= LP paren_starred(P) RP. { A = P; }
bare(A) ::= INTEGER(T). { A = lql__integer(lql, T); }
bare(A) ::= FLOAT(T). { A = lql__float(lql, T); }
bare(A) ::= TEXT(T). { A = lql__text(lql, T); }
bare(A) ::= BYTES(T). { A = lql__bytes(lql, T); }
bare(A) ::= TYPED(T). { A = lql__typed(lql, T); }
bare(A) ::= PREFIXED(T). { A = lql__prefixed(lql, T); }
bare(A) ::= TRUE(T). { A = lql__bool(lql, T, true); }
bare(A) ::= FALSE(T). { A = lql__bool(lql, T, false); }
bare(A) ::= NULL(T). { A = lql__null(lql, T); }
bare(A) ::= MISSING(T). { A = expr_const(lql->arena, val_missing(), T.offset); }
bare(A) ::= DEFAULT(T). { A = expr_const(lql->arena, val_missing(), T.offset); }
bare(A) ::= PARAM(T). { A = lql__parameter(lql, T); }
bare(A) ::= literal(B). { A = B; }
bare(A) ::= CAST(T) LP expr(E) AS type(N) RP. { A = lql__cast(lql, T, E, N); }
bare(A) ::= CAST(T) LP expr(E) AS ID(N) ID(U) places(P) RP. { A = lql__cast_interval(lql, T, E, &(struct lql_units){N, U, P}); }
bare(A) ::= CAST(T) LP expr(E) AS ID(N) ID places TO ID(V) places(P) RP. { A = lql__cast_interval(lql, T, E, &(struct lql_units){N, V, P}); }
%type places {int}
places(A) ::= . { A = 0; }
places(A) ::= LP INTEGER RP. { A = 1; }
places(A) ::= LP INTEGER COMMA INTEGER RP. { A = 1; }
bare(A) ::= VARIABLE(T). { A = lql__variable(lql, T); }
bare(A) ::= CASE(T) whens(W) otherwise(E) END. { A = lql__case(lql, T, NULL, W, E); }
bare(A) ::= CASE(T) expr(O) whens(W) otherwise(E) END. { A = lql__case(lql, T, O, W, E); }
whens(A) ::= WHEN expr(C) THEN expr(V). {
  A = lql__append(lql, lql__append(lql, lql__list(lql), C, slice_of(NULL, 0)), V, slice_of(NULL, 0));
}
whens(A) ::= whens(B) WHEN expr(C) THEN expr(V). {
  A = lql__append(lql, lql__append(lql, B, C, slice_of(NULL, 0)), V, slice_of(NULL, 0));
}
otherwise(A) ::= . { A = NULL; }
otherwise(A) ::= ELSE expr(E). { A = E; }
%type call {struct expr *}
bare(A) ::= call(C) within(G) filter(F) over(W). { A = lql__finish_call(lql, C, G, F, W); }
bare(A) ::= call(C) TREATMENT(T) NULLS over(W). { A = lql__treat_nulls(lql, T, lql__finish_call(lql, C, NULL, NULL, W)); }
bare(A) ::= ID(N) LP exprs(L) TREATMENT_IN(T) NULLS RP over(W). { A = lql__treat_nulls(lql, T, lql__finish_call(lql, lql__call(lql, N, L, false, NULL), NULL, NULL, W)); }
call(A) ::= ID(N) LP exprs(L) order(O) RP. { A = lql__call(lql, N, L, false, O); }
call(A) ::= ID(N) LP ALL exprs(L) order(O) RP. { A = lql__call(lql, N, L, false, O); }
call(A) ::= ID(N) LP DISTINCT exprs(L) order(O) RP. { A = lql__call(lql, N, L, true, O); }
call(A) ::= ID(N) LP exprs(L) order(O) SEPARATOR expr(E) RP. { A = lql__call(lql, N, lql__append(lql, L, E, slice_of(NULL, 0)), false, O); }
call(A) ::= ID(N) LP DISTINCT exprs(L) order(O) SEPARATOR expr(E) RP. { A = lql__call(lql, N, lql__append(lql, L, E, slice_of(NULL, 0)), true, O); }
call(A) ::= ID(N) LP named_args(L) RP. { struct lql_list *args = lql__named_args(lql, N, NULL, L); A = args ? lql__call(lql, N, args, false, NULL) : NULL; }
call(A) ::= ID(N) LP some_exprs(P) COMMA named_args(L) RP. { struct lql_list *args = lql__named_args(lql, N, P, L); A = args ? lql__call(lql, N, args, false, NULL) : NULL; }
%type named_args {struct lql_list *}
named_args(A) ::= name(N) ARROW expr(E). { A = lql__append(lql, lql__list(lql), E, lql__name(lql, N)); }
named_args(A) ::= named_args(B) COMMA name(N) ARROW expr(E). { A = lql__append(lql, B, E, lql__name(lql, N)); }
call(A) ::= ID(N) LP STAR RP. { A = lql__call_star(lql, N); }
bare(A) ::= ID(N) LP some_exprs(L) json_clauses(J) RP. { A = lql__json_call(lql, N, L, J); }
bare(A) ::= ID(N) LP json_pairs(L) RP. { A = lql__json_pairs(lql, N, L, NULL); }
bare(A) ::= ID(N) LP json_pairs(L) json_clauses(J) RP. { A = lql__json_pairs(lql, N, L, J); }
json_clauses(A) ::= PASSING(T) replaced(L). { A = lql__json_passing(lql, NULL, T, L); }
json_clauses(A) ::= RETURNING(T) type(Y). { A = lql__json_returning(lql, NULL, T, Y); }
json_clauses(A) ::= JSON_WORD(T). { A = lql__json_word(lql, NULL, T); }
json_clauses(A) ::= DEFAULT expr(E) ON_CASE(T). { A = lql__json_default(lql, NULL, E, T); }
json_clauses(A) ::= json_clauses(J) RETURNING(T) type(Y). { A = lql__json_returning(lql, J, T, Y); }
json_clauses(A) ::= json_clauses(J) JSON_WORD(T). { A = lql__json_word(lql, J, T); }
json_clauses(A) ::= json_clauses(J) DEFAULT expr(E) ON_CASE(T). { A = lql__json_default(lql, J, E, T); }
%type json_pairs {struct lql_list *}
json_pairs(A) ::= expr(K) COLON expr(V). { A = lql__json_pair(lql, lql__list(lql), K, V); }
json_pairs(A) ::= expr(K) VALUE expr(V). { A = lql__json_pair(lql, lql__list(lql), K, V); }
json_pairs(A) ::= json_pairs(B) COMMA expr(K) COLON expr(V). { A = lql__json_pair(lql, B, K, V); }
json_pairs(A) ::= json_pairs(B) COMMA expr(K) VALUE expr(V). { A = lql__json_pair(lql, B, K, V); }
within(A) ::= . { A = NULL; }
within(A) ::= WITHIN GROUP LP ORDER BY sort_keys(B) RP. { A = B; }
filter(A) ::= . { A = NULL; }
filter(A) ::= FILTER LP WHERE expr(E) RP. { A = E; }
over(A) ::= . { A = NULL; }
over(A) ::= OVER name(N). { A = lql__window(lql, &N, NULL, NULL, NULL); if (A) A->is_name = true; }
over(A) ::= OVER LP window(W) RP. { A = W; }
bare(A) ::= ID(N) LP expr(L) FROM expr(R) RP. { A = lql__call_from(lql, N, L, R, NULL); }
bare(A) ::= ID(N) LP expr(L) FROM expr(R) FOR expr(E) RP. { A = lql__call_from(lql, N, L, R, E); }
bare(A) ::= ID(N) LP expr(L) FOR expr(E) RP. { A = lql__call_for(lql, N, L, E); }
bare(A) ::= ID(N) LP expr(L) PLACING expr(P) FROM expr(R) RP. { A = lql__overlay(lql, N, L, P, R, NULL); }
bare(A) ::= ID(N) LP expr(L) PLACING expr(P) FROM expr(R) FOR expr(E) RP. { A = lql__overlay(lql, N, L, P, R, E); }
bare(A) ::= ID(N) LP ID(S) TEXT(T) FROM expr(E) RP. { A = lql__trim(lql, N, S, lql__text(lql, T), E); }
bare(A) ::= ID(N) LP ID(S) MISSING(T) FROM expr(E) RP. { A = lql__trim(lql, N, S, expr_const(lql->arena, val_missing(), T.offset), E); }
bare(A) ::= ID(N) LP ID(S) NULL(T) FROM expr(E) RP. { A = lql__trim(lql, N, S, lql__null(lql, T), E); }
bare(A) ::= ID(N) LP ID(S) name(C) FROM expr(E) RP. { A = lql__trim(lql, N, S, lql__name_expr(lql, C), E); }

literal(A) ::= LBRACE(T) pairs(P) RBRACE. { A = lql__map(lql, T, P); }
literal(A) ::= LBRACKET(T) exprs(L) RBRACKET. { A = lql__array(lql, T, L); }
literal(A) ::= LBAG(T) exprs(L) RBAG. { A = lql__array(lql, T, L); }
pairs(A) ::= . { A = lql__list(lql); }
pairs(A) ::= some_pairs(B). { A = B; }
some_pairs(A) ::= pair_name(N) COLON expr(E). { A = lql__append(lql, lql__list(lql), E, lql__name(lql, N)); }
some_pairs(A) ::= some_pairs(B) COMMA pair_name(N) COLON expr(E). { A = lql__append(lql, B, E, lql__name(lql, N)); }
some_pairs(A) ::= qualified(N) COLON expr(E). { A = lql__computed_pair(lql, lql__list(lql), N, E); }
some_pairs(A) ::= some_pairs(B) COMMA qualified(N) COLON expr(E). { A = lql__computed_pair(lql, B, N, E); }
pair_name(A) ::= name(N). { A = N; }
pair_name(A) ::= TEXT(T). { A = T; }

exprs(A) ::= . { A = lql__list(lql); }
exprs(A) ::= some_exprs(B). { A = B; }
some_exprs(A) ::= expr(E). { A = lql__append(lql, lql__list(lql), E, slice_of(NULL, 0)); }
some_exprs(A) ::= some_exprs(B) COMMA expr(E). { A = lql__append(lql, B, E, slice_of(NULL, 0)); }

path(A) ::= name(N). { A = lql__path(lql, N); }
path(A) ::= path(P) DOT name(N). { A = lql__path_name(lql, P, N); }
path(A) ::= path(P) LBRACKET INTEGER(I) RBRACKET. { A = lql__path_index(lql, P, I, false); }
path(A) ::= path(P) LBRACKET TEXT(T) RBRACKET. { A = lql__path_text(lql, P, T); }
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
