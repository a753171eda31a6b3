/* SPDX-License-Identifier: MIT */
/* Shared by the files of query/jsonpath: tokens, the tree, items and the run. */
#ifndef QUERY_JSONPATH_JSONPATH_INT_H
#define QUERY_JSONPATH_JSONPATH_INT_H

#include "query/jsonpath/jsonpath.h"

/* ---- tokens: jsonpath_lex.c ---- */

enum jsonpath_token_kind {
  JSONPATH_END,
  JSONPATH_WORD,   /* an unquoted name or a keyword */
  JSONPATH_STRING, /* "…" */
  JSONPATH_NUMBER,
  JSONPATH_VAR,     /* $name; a bare $ is the mark '$' */
  JSONPATH_MARK,    /* one of ( ) [ ] { } $ @ . , * ? + - / % ! < > */
  JSONPATH_TWO_MARK /* && || ** == != <> <= >= : the first two bytes stand in `mark` */
};

struct jsonpath_token {
  enum jsonpath_token_kind kind;
  uint32_t at;       /* byte offset in the path */
  uint32_t bytes;    /* as written */
  uint16_t mark;     /* of one byte, or of two: first << 8 | second */
  struct slice text; /* names and strings, escapes resolved; in the arena */
  struct val number;
};

struct jsonpath_lexer {
  struct arena *arena;
  struct slice text;
  uint32_t at;
  struct jsonpath_token token; /* the one looked at */
  struct err *err;
};

/** Raises an error at byte `at` of the path, with a hint that may be empty. */
status jsonpath__refuse(const struct jsonpath_lexer *lexer, uint32_t at, const char *hint,
                        const char *format, ...) __attribute__((format(printf, 4, 5), cold));
/** The failure of an arena that ran out; inline, so that the compiler sees that it is one. */
static inline status jsonpath__fail_memory(struct arena *arena, struct err *err) {
  if (arena_is_over_budget(arena))
    FAIL(err, LUMA_BUDGET_EXCEEDED, "the path takes more memory than the statement has");
  FAIL(err, LUMA_OUT_OF_MEMORY, "no memory is left for the path");
}
/** Reads the next token into lexer->token. */
status jsonpath__advance(struct jsonpath_lexer *lexer);
/** What the escape behind a backslash, which begins at `*at`, stands for: at most as many bytes as
 * it is written with, at `out`; moves past it. */
status jsonpath__escape(const struct jsonpath_lexer *lexer, uint32_t *at, uint8_t *out,
                        size_t *bytes);
/** A number as written. False if it is too long to be kept exactly. */
bool jsonpath__number(struct slice text, struct val *out);

/* ---- the tree ---- */

enum jsonpath_kind {
  JSONPATH_ROOT,
  JSONPATH_CURRENT,
  JSONPATH_LAST,
  JSONPATH_LITERAL,
  JSONPATH_VARIABLE,
  JSONPATH_KEY,
  JSONPATH_ANY_KEY,
  JSONPATH_ANY_ELEMENT,
  JSONPATH_ELEMENTS,
  JSONPATH_ANY,
  JSONPATH_FILTER,
  JSONPATH_METHOD,
  JSONPATH_ADD,
  JSONPATH_SUBTRACT,
  JSONPATH_MULTIPLY,
  JSONPATH_DIVIDE,
  JSONPATH_MODULO,
  JSONPATH_PLUS,
  JSONPATH_MINUS,
  JSONPATH_AND, /* conditions from here on */
  JSONPATH_OR,
  JSONPATH_NOT,
  JSONPATH_IS_UNKNOWN,
  JSONPATH_EQ,
  JSONPATH_NE,
  JSONPATH_LT,
  JSONPATH_LE,
  JSONPATH_GT,
  JSONPATH_GE,
  JSONPATH_STARTS_WITH,
  JSONPATH_LIKE_REGEX,
  JSONPATH_EXISTS,
  JSONPATH_KINDS
};

enum jsonpath_method {
  JSONPATH_ABS,
  JSONPATH_CEILING,
  JSONPATH_DATETIME,
  JSONPATH_DOUBLE,
  JSONPATH_FLOOR,
  JSONPATH_KEYVALUE,
  JSONPATH_SIZE,
  JSONPATH_TYPE,
  JSONPATH_METHODS
};

#define JSONPATH_LEVEL_LAST UINT32_MAX

struct jsonpath_node {
  enum jsonpath_kind kind;
  enum jsonpath_method method;
  uint32_t at; /* byte offset in the path */
  bool in_parentheses;
  bool delimited;                     /* it is, or is exists (…) */
  struct jsonpath_node *next;         /* the accessor behind it */
  struct jsonpath_node *left, *right; /* operands; FILTER: its condition; subscripts: from, to */
  struct jsonpath_node *subscripts;   /* ELEMENTS: the first; SUBSCRIPTs are chained by `next` */
  struct val value;     /* LITERAL, names of KEY and VARIABLE, the prefix, pattern or template */
  struct slice options; /* LIKE_REGEX: of query/regex */
  uint32_t first, last; /* ANY: levels */
};

struct jsonpath {
  bool is_lax;
  const struct jsonpath_node *root;
};

/** ".size" */
const char *jsonpath__method_name(enum jsonpath_method method);
/** Whether it is a condition and not a value made of one. */
static inline bool jsonpath__is_condition(const struct jsonpath_node *node) {
  return node->kind >= JSONPATH_AND && !node->next;
}

/* ---- parsing ---- */

struct jsonpath_parser {
  struct jsonpath_lexer lexer;
  uint32_t nodes, depth;
  uint32_t filters, subscripts; /* how many stand around */
};

status jsonpath__node(struct jsonpath_parser *parser, enum jsonpath_kind kind,
                      struct jsonpath_node **node);
/** Whether the token is this mark of one or two bytes ("(" or "&&"), or (is_word) this word. */
bool jsonpath__is_mark(const struct jsonpath_parser *parser, const char *mark);
bool jsonpath__is_word(const struct jsonpath_parser *parser, const char *word);
/** Takes the mark, or tells that it should stand there. */
status jsonpath__expect(struct jsonpath_parser *parser, const char *mark);
/** The failure of the token at hand. */
status jsonpath__unexpected(const struct jsonpath_parser *parser, const char *expected);
/** An expression or a condition, whichever it is. */
status jsonpath__parse_any(struct jsonpath_parser *parser, struct jsonpath_node **node);
/** A value: sums, products, accessors. */
status jsonpath__parse_value(struct jsonpath_parser *parser, struct jsonpath_node **node);
status jsonpath__parse_condition(struct jsonpath_parser *parser, const char *hint,
                                 struct jsonpath_node **node);
/** What stands behind a value: `.a`, `[0]`, `? (…)`, `.size()`, as many as there are. */
status jsonpath__parse_accessors(struct jsonpath_parser *parser, struct jsonpath_node *node);
/** like_regex's pattern and flags, which have to read as one. */
status jsonpath__parse_regex(struct jsonpath_parser *parser, struct jsonpath_node *node);

/* ---- running ---- */

/** A value on its way; a moment that .datetime() made has no value. */
struct jsonpath_item {
  struct val value;
  struct jsonpath_moment moment;
};

struct jsonpath_list {
  struct jsonpath_item *items;
  uint32_t count, capacity;
};

/** What a step came to. FAULT: an error of the path, or any failure that exec->failed keeps. */
enum jsonpath_reach { JSONPATH_NOTHING, JSONPATH_FOUND, JSONPATH_FAULT };
enum jsonpath_truth { JSONPATH_FALSE, JSONPATH_TRUE, JSONPATH_UNKNOWN };

struct jsonpath_exec {
  const struct jsonpath_run *run;
  bool is_lax, ignores_structure, throws;
  struct jsonpath_item root, current;
  struct slice base;     /* bytes of the value that .keyvalue() numbers from */
  int64_t base_id, made; /* its number; objects made so far */
  int64_t size;          /* of the list whose subscripts are computed */
  uint64_t steps;
  status failed;
  struct err *err;
};

typedef enum jsonpath_reach jsonpath_step(struct jsonpath_exec *exec,
                                          const struct jsonpath_node *node,
                                          const struct jsonpath_item *item,
                                          struct jsonpath_list *found, bool unwraps);

/** An error of the path: kept as a failure unless errors are not thrown here. */
enum jsonpath_reach jsonpath__fault(struct jsonpath_exec *exec, status code, const char *hint,
                                    const char *format, ...)
    __attribute__((format(printf, 4, 5), cold));
/** A failure whatever silence was asked for. */
enum jsonpath_reach jsonpath__stop(struct jsonpath_exec *exec, status failed);
/** Counts a step: false when there were too many, or something failed. */
bool jsonpath__tick(struct jsonpath_exec *exec);
enum jsonpath_reach jsonpath__add(struct jsonpath_exec *exec, struct jsonpath_list *list,
                                  const struct jsonpath_item *item);
/** Runs `node` on an item; `found` NULL asks only whether anything is found. Lax paths unwrap. */
enum jsonpath_reach jsonpath__item(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                   const struct jsonpath_item *item, struct jsonpath_list *found);
/** The same with the choice whether a list is unwrapped first. */
jsonpath_step jsonpath__step;
/** What stands behind `node`, on the item; without more the item is found. */
enum jsonpath_reach jsonpath__next(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                   const struct jsonpath_item *item, struct jsonpath_list *found);
/** All that `node` finds, lists among it (lax) replaced by their elements if `unwraps`. */
enum jsonpath_reach jsonpath__gather(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                     const struct jsonpath_item *item, bool unwraps,
                                     struct jsonpath_list *found);
/** `node` on each element of a list. */
enum jsonpath_reach jsonpath__each(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                   const struct jsonpath_item *list, struct jsonpath_list *found,
                                   bool unwraps);
jsonpath_step jsonpath__any_key, jsonpath__any_element, jsonpath__elements, jsonpath__any;
jsonpath_step jsonpath__arithmetic, jsonpath__signed, jsonpath__method;
/** The condition for an item. */
enum jsonpath_truth jsonpath__condition(struct jsonpath_exec *exec,
                                        const struct jsonpath_node *node,
                                        const struct jsonpath_item *item);
enum jsonpath_reach jsonpath__datetime(struct jsonpath_exec *exec, const struct jsonpath_node *node,
                                       const struct jsonpath_item *item,
                                       struct jsonpath_list *found);

/* ---- items ---- */

struct jsonpath_item jsonpath__item_of(struct val value);
static inline bool jsonpath__is_list(const struct jsonpath_item *item) {
  return item->value.type == VAL_LIST;
}
static inline bool jsonpath__is_map(const struct jsonpath_item *item) {
  return item->value.type == VAL_MAP;
}
static inline bool jsonpath__is_number(const struct jsonpath_item *item) {
  return val_is_number(&item->value);
}
/** "number", "string", "timestamp with time zone" */
const char *jsonpath__type_name(const struct jsonpath_item *item);
/** "a" or "an", for that name. */
const char *jsonpath__article(const struct jsonpath_item *item);
/** The item as a text; false if it is none. Types that JSON writes as texts are. */
bool jsonpath__text_of(struct jsonpath_exec *exec, const struct jsonpath_item *item,
                       struct slice *text);
enum jsonpath_truth jsonpath__compare(struct jsonpath_exec *exec, enum jsonpath_kind op,
                                      const struct jsonpath_item *a, const struct jsonpath_item *b);
/** Reads a moment in one of ISO 8601's forms. */
bool jsonpath__read_moment(struct slice text, struct jsonpath_moment *moment);
enum { JSONPATH_MOMENT_BYTES_MAX = 64 };
/** As a text of JSON; answers its bytes. */
size_t jsonpath__moment_text(const struct jsonpath_moment *moment, char *out);
/** False: a date or timestamp does not compare with a time. */
bool jsonpath__compare_moments(const struct jsonpath_moment *a, const struct jsonpath_moment *b,
                               int *order);
/** The integer nearest on one side, as an integer where it fits. */
struct val jsonpath__round(const struct val *number, bool up);

#endif
