/* SPDX-License-Identifier: MIT */
/* The words of the language: which there are, what tokens are called, which keyword a misspelt one
 * meant. */
#include "base/core/bytes.h"
#include "base/text/suggest.h"
#include "query/lang/lql/lql.h"
#include "query/lang/lql/lql_lexer.h"

/* By their first letters: the few that share one are looked through. */
static const struct lql_word a_words[] = {
    {"ABORT", LQL_ABORT, 0},
    {"ALL", LQL_ALL, 0},
    {"ALTER", LQL_ALTER, LQL_WORD_DEFINES},
    {"ANALYSE", LQL_ID, LQL_WORD_DEFINES},
    {"ANALYZE", LQL_ANALYZE, LQL_WORD_DEFINES},
    {"AND", LQL_AND, 0},
    {"ANY", LQL_ANY, LQL_WORD_PLACED},
    {"ARRAY", LQL_ARRAY, LQL_WORD_PLACED},
    {"AS", LQL_AS, 0},
    {"ASC", LQL_ASC, 0},
    {"ASYMMETRIC", LQL_ASYMMETRIC, 0},
    {"AT", LQL_AT, 0},
    {"ATTACH", LQL_ID, LQL_WORD_DEFINES},
};
static const struct lql_word b_words[] = {
    {"BEGIN", LQL_BEGIN, 0},
    {"BETWEEN", LQL_BETWEEN, 0},
    {"BY", LQL_BY, 0},
};
static const struct lql_word c_words[] = {
    {"CALL", LQL_ID, LQL_WORD_DEFINES},
    {"CASE", LQL_CASE, 0},
    {"CAST", LQL_CAST, 0},
    {"CHECK", LQL_ID, LQL_WORD_DEFINES},
    {"CHECKPOINT", LQL_ID, LQL_WORD_DEFINES},
    {"CHECKSUM", LQL_ID, LQL_WORD_DEFINES},
    {"CLOSE", LQL_ID, LQL_WORD_DEFINES},
    {"CLUSTER", LQL_ID, LQL_WORD_DEFINES},
    {"COLLATE", LQL_COLLATE, 0},
    {"COLLECTION", LQL_COLLECTION, 0},
    {"COLLECTIONS", LQL_COLLECTIONS, 0},
    {"COMMENT", LQL_ID, LQL_WORD_DEFINES},
    {"COMMIT", LQL_COMMIT, 0},
    {"COMPARE", LQL_ID, LQL_WORD_DEFINES},
    {"CONFLICT", LQL_CONFLICT, 0},
    {"COPY", LQL_ID, LQL_WORD_DEFINES},
    {"CORRESPONDING", LQL_ID, LQL_WORD_PLACED},
    {"CREATE", LQL_CREATE, LQL_WORD_DEFINES},
    {"CROSS", LQL_CROSS, 0},
    {"CUBE", LQL_CUBE, 0},
    {"CURRENT", LQL_CURRENT, 0},
};
static const struct lql_word d_words[] = {
    {"DEALLOCATE", LQL_ID, LQL_WORD_PLACED},
    {"DECLARE", LQL_ID, LQL_WORD_DEFINES},
    {"DEFAULT", LQL_DEFAULT, 0},
    {"DELETE", LQL_DELETE, 0},
    {"DELIMITER", LQL_ID, LQL_WORD_DEFINES},
    {"DESC", LQL_DESC, LQL_WORD_DEFINES},
    {"DESCRIBE", LQL_ID, LQL_WORD_DEFINES},
    {"DETACH", LQL_ID, LQL_WORD_DEFINES},
    {"DISCARD", LQL_ID, LQL_WORD_DEFINES},
    {"DISTINCT", LQL_DISTINCT, 0},
    {"DIV", LQL_ID, LQL_WORD_PLACED},
    {"DO", LQL_DO, LQL_WORD_DEFINES},
    {"DROP", LQL_DROP, LQL_WORD_DEFINES},
    {"DRY", LQL_DRY, 0},
};
static const struct lql_word e_words[] = {
    {"ELSE", LQL_ELSE, 0},
    {"END", LQL_END, 0},
    {"ESCAPE", LQL_ESCAPE, 0},
    {"EVOLVE", LQL_ID, LQL_WORD_DEFINES},
    {"EXCEPT", LQL_EXCEPT, LQL_WORD_PLACED},
    {"EXCLUDE", LQL_EXCLUDE, 0},
    {"EXECUTE", LQL_ID, LQL_WORD_PLACED},
    {"EXISTS", LQL_EXISTS, 0},
    {"EXPLAIN", LQL_EXPLAIN, 0},
};
static const struct lql_word f_words[] = {
    {"FALSE", LQL_FALSE, 0},
    {"FETCH", LQL_FETCH, LQL_WORD_DEFINES},
    {"FILTER", LQL_FILTER, 0},
    {"FIRST", LQL_FIRST, 0},
    {"FLUSH", LQL_ID, LQL_WORD_DEFINES},
    {"FOLLOWING", LQL_FOLLOWING, 0},
    {"FOR", LQL_FOR, 0},
    {"FROM", LQL_FROM, 0},
    {"FULL", LQL_FULL, 0},
};
static const struct lql_word g_words[] = {
    {"GLOB", LQL_ID, LQL_WORD_PLACED}, {"GRANT", LQL_ID, LQL_WORD_DEFINES}, {"GROUP", LQL_GROUP, 0},
    {"GROUPING", LQL_GROUPING, 0},     {"GROUPS", LQL_GROUPS, 0},
};
static const struct lql_word h_words[] = {
    {"HANDLER", LQL_ID, LQL_WORD_DEFINES},
    {"HAVING", LQL_HAVING, 0},
    {"HELP", LQL_ID, LQL_WORD_DEFINES},
};
static const struct lql_word i_words[] = {
    {"IF", LQL_IF, 0},           {"IGNORE", LQL_IGNORE, LQL_WORD_PLACED},
    {"ILIKE", LQL_ILIKE, 0},     {"IN", LQL_IN, 0},
    {"INDEX", LQL_INDEX, 0},     {"INDEXED", LQL_ID, LQL_WORD_PLACED},
    {"INDEXES", LQL_INDEXES, 0}, {"INNER", LQL_INNER, 0},
    {"INSERT", LQL_INSERT, 0},   {"INTERSECT", LQL_INTERSECT, 0},
    {"INTO", LQL_INTO, 0},       {"IS", LQL_IS, 0},
    {"ISNULL", LQL_ISNULL, 0},
};
static const struct lql_word j_words[] = {
    {"JOIN", LQL_JOIN, 0},
    {"JSON", LQL_JSON, 0},
};
static const struct lql_word k_words[] = {
    {"KEYS", LQL_ID, LQL_WORD_PLACED},
    {"KILL", LQL_ID, LQL_WORD_DEFINES},
};
static const struct lql_word l_words[] = {
    {"LAST", LQL_LAST, 0},
    {"LATERAL", LQL_LATERAL, 0},
    {"LEFT", LQL_LEFT, 0},
    {"LET", LQL_LET, 0},
    {"LIKE", LQL_LIKE, 0},
    {"LIMIT", LQL_LIMIT, 0},
    {"LISTEN", LQL_ID, LQL_WORD_DEFINES},
    {"LOAD", LQL_ID, LQL_WORD_DEFINES},
    {"LOCK", LQL_ID, LQL_WORD_DEFINES},
};
static const struct lql_word m_words[] = {
    {"MATCHED", LQL_MATCHED, 0},      {"MATERIALIZED", LQL_MATERIALIZED, 0},
    {"MERGE", LQL_MERGE, 0},          {"MISSING", LQL_MISSING, 0},
    {"MOD", LQL_ID, LQL_WORD_PLACED}, {"MOVE", LQL_ID, LQL_WORD_DEFINES},
};
static const struct lql_word n_words[] = {
    {"NATURAL", LQL_NATURAL, 0}, {"NEXT", LQL_NEXT, 0},       {"NO", LQL_NO, 0},
    {"NOT", LQL_NOT, 0},         {"NOTHING", LQL_NOTHING, 0}, {"NOTIFY", LQL_ID, LQL_WORD_DEFINES},
    {"NOTNULL", LQL_NOTNULL, 0}, {"NULL", LQL_NULL, 0},       {"NULLS", LQL_NULLS, 0},
};
static const struct lql_word o_words[] = {
    {"OBJECT", LQL_ID, LQL_WORD_PLACED},
    {"OFFSET", LQL_OFFSET, 0},
    {"ON", LQL_ON, 0},
    {"ONLY", LQL_ONLY, 0},
    {"OPTIMIZE", LQL_ID, LQL_WORD_DEFINES},
    {"OR", LQL_OR, 0},
    {"ORDER", LQL_ORDER, 0},
    {"ORDINALITY", LQL_ORDINALITY, 0},
    {"OTHERS", LQL_OTHERS, 0},
    {"OUTER", LQL_OUTER, 0},
    {"OVER", LQL_OVER, 0},
    {"OVERLAPS", LQL_OVERLAPS, 0},
    {"OVERRIDING", LQL_ID, LQL_WORD_PLACED},
};
static const struct lql_word p_words[] = {
    {"PARTITION", LQL_PARTITION, 0},      {"PASSING", LQL_ID, LQL_WORD_PLACED},
    {"PIVOT", LQL_ID, LQL_WORD_PLACED},   {"PLACING", LQL_PLACING, 0},
    {"PRAGMA", LQL_ID, LQL_WORD_DEFINES}, {"PRECEDING", LQL_PRECEDING, 0},
    {"PRECISION", LQL_PRECISION, 0},      {"PREPARE", LQL_ID, LQL_WORD_PLACED},
};
static const struct lql_word q_words[] = {
    {"QUALIFY", LQL_ID, LQL_WORD_PLACED},
};
static const struct lql_word r_words[] = {
    {"RANGE", LQL_RANGE, 0},
    {"RECURSIVE", LQL_RECURSIVE, 0},
    {"REFRESH", LQL_ID, LQL_WORD_DEFINES},
    {"REGEXP", LQL_REGEXP, 0},
    {"REINDEX", LQL_ID, LQL_WORD_DEFINES},
    {"RELEASE", LQL_RELEASE, 0},
    {"RENAME", LQL_RENAME, LQL_WORD_DEFINES},
    {"REPAIR", LQL_ID, LQL_WORD_DEFINES},
    {"REPLACE", LQL_REPLACE, 0},
    {"RESPECT", LQL_ID, LQL_WORD_PLACED},
    {"RESET", LQL_ID, LQL_WORD_DEFINES},
    {"RETURNING", LQL_RETURNING, 0},
    {"REVOKE", LQL_ID, LQL_WORD_DEFINES},
    {"RIGHT", LQL_RIGHT, 0},
    {"RLIKE", LQL_ID, LQL_WORD_PLACED},
    {"ROLLBACK", LQL_ROLLBACK, 0},
    {"ROLLUP", LQL_ROLLUP, 0},
    {"ROW", LQL_ROW, 0},
    {"ROWS", LQL_ROWS, 0},
    {"RUN", LQL_RUN, 0},
};
static const struct lql_word s_words[] = {
    {"SAVEPOINT", LQL_SAVEPOINT, 0},
    {"SCALAR", LQL_ID, LQL_WORD_PLACED},
    {"SELECT", LQL_SELECT, 0},
    {"SEPARATOR", LQL_ID, LQL_WORD_PLACED},
    {"SET", LQL_SET, LQL_WORD_DEFINES},
    {"SETS", LQL_SETS, 0},
    {"SHOW", LQL_SHOW, LQL_WORD_DEFINES},
    {"SHUTDOWN", LQL_ID, LQL_WORD_DEFINES},
    {"SIMILAR", LQL_SIMILAR, 0},
    {"SOME", LQL_SOME, LQL_WORD_PLACED},
    {"START", LQL_START, 0},
    {"SUGGEST", LQL_ID, LQL_WORD_DEFINES},
    {"SYMMETRIC", LQL_SYMMETRIC, 0},
};
static const struct lql_word t_words[] = {
    {"TABLE", LQL_TABLE, LQL_WORD_PLACED},
    {"TABLES", LQL_TABLES, 0},
    {"TEMP", LQL_TEMP, 0},
    {"TEMPORARY", LQL_TEMP, 0},
    {"THEN", LQL_THEN, 0},
    {"TIES", LQL_TIES, 0},
    {"TIME", LQL_TIME, 0},
    {"TO", LQL_TO, 0},
    {"TRANSACTION", LQL_TRANSACTION, 0},
    {"TRUE", LQL_TRUE, 0},
    {"TRUNCATE", LQL_TRUNCATE, 0},
};
static const struct lql_word u_words[] = {
    {"UNBOUNDED", LQL_UNBOUNDED, 0},
    {"UNION", LQL_UNION, 0},
    {"UNIQUE", LQL_UNIQUE, 0},
    {"UNKNOWN", LQL_UNKNOWN, 0},
    {"UNLISTEN", LQL_ID, LQL_WORD_DEFINES},
    {"UNLOCK", LQL_ID, LQL_WORD_DEFINES},
    {"UNPIVOT", LQL_ID, LQL_WORD_PLACED},
    {"UNSET", LQL_UNSET, 0},
    {"UPDATE", LQL_UPDATE, 0},
    {"UPSERT", LQL_UPSERT, 0},
    {"USE", LQL_ID, LQL_WORD_DEFINES},
    {"USING", LQL_USING, 0},
};
static const struct lql_word v_words[] = {
    {"VACUUM", LQL_ID, LQL_WORD_DEFINES},
    {"VALUE", LQL_ID, LQL_WORD_PLACED},
    {"VALUES", LQL_VALUES, 0},
    {"VARYING", LQL_VARYING, 0},
    {"VIEW", LQL_VIEW, 0},
};
static const struct lql_word w_words[] = {
    {"WHEN", LQL_WHEN, 0}, {"WHERE", LQL_WHERE, 0},   {"WINDOW", LQL_WINDOW, 0},
    {"WITH", LQL_WITH, 0}, {"WITHIN", LQL_WITHIN, 0}, {"WITHOUT", LQL_WITHOUT, 0},
};
static const struct lql_word x_words[] = {
    {"XOR", LQL_ID, LQL_WORD_PLACED},
};
static const struct lql_word z_words[] = {
    {"ZONE", LQL_ZONE, 0},
};

static const struct {
  const struct lql_word *words;
  size_t count;
} letters[] = {
    {a_words, sizeof a_words / sizeof *a_words},
    {b_words, sizeof b_words / sizeof *b_words},
    {c_words, sizeof c_words / sizeof *c_words},
    {d_words, sizeof d_words / sizeof *d_words},
    {e_words, sizeof e_words / sizeof *e_words},
    {f_words, sizeof f_words / sizeof *f_words},
    {g_words, sizeof g_words / sizeof *g_words},
    {h_words, sizeof h_words / sizeof *h_words},
    {i_words, sizeof i_words / sizeof *i_words},
    {j_words, sizeof j_words / sizeof *j_words},
    {k_words, sizeof k_words / sizeof *k_words},
    {l_words, sizeof l_words / sizeof *l_words},
    {m_words, sizeof m_words / sizeof *m_words},
    {n_words, sizeof n_words / sizeof *n_words},
    {o_words, sizeof o_words / sizeof *o_words},
    {p_words, sizeof p_words / sizeof *p_words},
    {q_words, sizeof q_words / sizeof *q_words},
    {r_words, sizeof r_words / sizeof *r_words},
    {s_words, sizeof s_words / sizeof *s_words},
    {t_words, sizeof t_words / sizeof *t_words},
    {u_words, sizeof u_words / sizeof *u_words},
    {v_words, sizeof v_words / sizeof *v_words},
    {w_words, sizeof w_words / sizeof *w_words},
    {x_words, sizeof x_words / sizeof *x_words},
    {NULL, 0},
    {z_words, sizeof z_words / sizeof *z_words},
};
enum { LETTERS = sizeof letters / sizeof letters[0] };

struct mark {
  const char *text;
  int kind;
};

static const struct mark marks[] = {
    {"a name", LQL_ID},
    {"a name", LQL_QUOTED},
    {"a number", LQL_INTEGER},
    {"a number", LQL_FLOAT},
    {"a text", LQL_TEXT},
    {"a date", LQL_TYPED},
    {"a value of a type", LQL_PREFIXED},
    {"`=>`", LQL_ARROW},
    {"a parameter", LQL_PARAM},
    {"`=`", LQL_EQ},
    {"`!=`", LQL_NE},
    {"`<`", LQL_LT},
    {"`<=`", LQL_LE},
    {"`>`", LQL_GT},
    {"`>=`", LQL_GE},
    {"bytes", LQL_BYTES},
    {"`||`", LQL_CONCAT},
    {"an operator", LQL_OPERATOR},
    {"`~`", LQL_TILDE},
    {"`^`", LQL_CARET},
    {"`+`", LQL_PLUS},
    {"`-`", LQL_MINUS},
    {"`*`", LQL_STAR},
    {"`/`", LQL_SLASH},
    {"`%`", LQL_PERCENT},
    {"`::`", LQL_CAST_AS},
    {"`:`", LQL_COLON},
    {"`,`", LQL_COMMA},
    {"`.`", LQL_DOT},
    {"`(`", LQL_LP},
    {"`)`", LQL_RP},
    {"`[`", LQL_LBRACKET},
    {"`]`", LQL_RBRACKET},
    {"`{`", LQL_LBRACE},
    {"`}`", LQL_RBRACE},
    {"`<<`", LQL_LBAG},
    {"`>>`", LQL_RBAG},
    {"VALUE", LQL_VALUE},
    {"PIVOT", LQL_PIVOT},
    {"UNPIVOT", LQL_UNPIVOT},
    {"GLOB", LQL_GLOB},
    {"INDEXED", LQL_INDEXED},
    {"USE INDEX", LQL_USE_INDEX},
    {"TABLE", LQL_TABLE_OF},
    {"OBJECT", LQL_JSON_KIND},
    {"KEYS", LQL_KEYS},
    {"OVERRIDING", LQL_OVERRIDING},
    {"PREPARE", LQL_PREPARE},
    {"EXECUTE", LQL_EXECUTE},
    {"DEALLOCATE", LQL_DEALLOCATE},
    {"WITH NO DATA", LQL_NO_DATA},
    {"WITH ROLLUP", LQL_WITH_ROLLUP},
    {"SEPARATOR", LQL_SEPARATOR},
    {"DIV", LQL_DIV},
    {"XOR", LQL_XOR},
    {"QUALIFY", LQL_QUALIFY},
    {"EXCEPT", LQL_STAR_EXCEPT},
    {"IGNORE NULLS", LQL_TREATMENT},
    {"IGNORE NULLS", LQL_TREATMENT_IN},
    {"a variable", LQL_VARIABLE},
    {"PASSING", LQL_PASSING},
    {"NULL ON ERROR", LQL_JSON_WORD},
    {"ON EMPTY", LQL_ON_CASE},
    {"FORMAT JSON", LQL_FORMAT_JSON},
    {"FOR ORDINALITY", LQL_FOR_ORDINALITY},
    {"NESTED", LQL_NESTED},
    {"COLUMNS", LQL_COLUMNS},
    {"PATH", LQL_PATH},
    {"`<=>`", LQL_NULLSAFE},
    {"`(`", LQL_EXPLAIN_LP},
    {"CORRESPONDING", LQL_CORRESPONDING},
    {"`;`", LQL_SEMICOLON},
    {"the end of the statement", 0},
};

/* A word as two numbers, in capitals: only letters become letters by dropping the bit of case. */
static void fold(struct slice word, uint64_t *head, uint64_t *tail) {
  uint64_t parts[2] = {0};
  for (size_t i = 0; i < word.bytes; i++)
    parts[i >> 3] |= (uint64_t)(word.data[i] & 0xdf) << 8 * (i & 7);
  *head = parts[0];
  *tail = parts[1];
}

const struct lql_word *lql__word(struct slice word) {
  uint64_t head, tail;
  if (word.bytes == 0 || word.bytes >= LQL_WORD_BYTES) return NULL;
  size_t letter = (size_t)(word.data[0] & 0xdf) - 'A';
  if (letter >= LETTERS) return NULL;
  fold(word, &head, &tail);
  const struct lql_word *at = letters[letter].words, *end = at + letters[letter].count;
  for (; at < end; at++)
    if (load64le(at->text) == head && load64le(at->text + 8) == tail) return at;
  return NULL;
}

int lql__keyword(struct slice word) {
  const struct lql_word *found = lql__word(word);
  return found ? found->kind : LQL_ID;
}

const char *lql__describe(int kind) {
  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
    if (marks[i].kind == kind) return marks[i].text;
  for (size_t letter = 0; letter < LETTERS; letter++)
    for (size_t i = 0; i < letters[letter].count; i++)
      if (letters[letter].words[i].kind == kind) return letters[letter].words[i].text;
  return "something else";
}

struct slice lql__near_keyword(struct slice word, bool (*fits)(void *context, int kind),
                               void *context) {
  struct suggest suggest;
  suggest_init(&suggest, word);
  for (size_t letter = 0; letter < LETTERS; letter++) {
    for (size_t i = 0; i < letters[letter].count; i++) {
      const struct lql_word *offered = &letters[letter].words[i];
      if (offered->kind != LQL_ID && fits(context, offered->kind))
        suggest_offer(&suggest, slice_of_text(offered->text));
    }
  }
  return suggest_is_good(&suggest) ? suggest.best : slice_of(NULL, 0);
}
