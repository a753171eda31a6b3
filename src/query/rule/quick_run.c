/* SPDX-License-Identifier: MIT */
/* What the nodes of quick expressions do: the usual types, and false for all else. */
#include <math.h>

#include "base/core/bytes.h"
#include "base/text/num.h"
#include "base/text/utf8.h"
#include "query/func/compare.h"
#include "query/rule/quick_int.h"
#include "value/doc/doc.h"

enum { WORD_BYTES = 8 };

/* The value of an operand, in `room` or where it is; NULL: the expression has to be run. */
static inline const struct val *ask(const struct quick_node *node, uint32_t nth,
                                    const struct quick_at *at, struct val *room) {
  const struct quick_node *arg = node->args[nth];
  if (arg->kind == QUICK_FIXED) return &arg->value;
  if (arg->kind == QUICK_RUN) return arg->run(arg, at, room) ? room : NULL;
  doc_read_place(at->map, arg->place, room);
  return room;
}

/* What is made of a value that is not of the usual type: NULL of none. */
static bool is_none(const struct val *v, struct val *out) {
  if (!val_is_null(v)) return false;
  val_put_null(out);
  return true;
}

static bool is_one_none(const struct val *a, const struct val *b, struct val *out) {
  return is_none(a, out) || is_none(b, out);
}

static bool copy(const struct val *v, struct val *out) {
  if (v && v != out) *out = *v;
  return v != NULL;
}

/* ---- numbers ---- */

static double float_of(enum expr_op op, double a, double b) {
  if (op == EXPR_OP_ADD) return a + b;
  if (op == EXPR_OP_SUBTRACT) return a - b;
  if (op == EXPR_OP_MULTIPLY) return a * b;
  return op == EXPR_OP_DIVIDE ? a / b : fmod(a, b);
}

/* A division by zero gives no finite number. */
static bool on_floats(enum expr_op op, double a, double b, struct val *out) {
  double made = float_of(op, a, b);
  if (!isfinite(made)) return false;
  val_put_float64(out, made);
  return true;
}

bool quick__calculate(enum expr_op op, int64_t a, int64_t b, int64_t *out) {
  if (op == EXPR_OP_ADD) return !__builtin_add_overflow(a, b, out);
  if (op == EXPR_OP_SUBTRACT) return !__builtin_sub_overflow(a, b, out);
  if (op == EXPR_OP_MULTIPLY) return !__builtin_mul_overflow(a, b, out);
  if (b == 0 || b == -1) return false; /* what may not be a number, or trap */
  *out = op == EXPR_OP_DIVIDE ? a / b : a % b;
  return true;
}

static bool on_integers(enum expr_op op, int64_t a, int64_t b, struct val *out) {
  int64_t made;
  if (!quick__calculate(op, a, b, &made)) return false;
  val_put_int64(out, made);
  return true;
}

/* A FLOAT64, or an INT64 beside one. */
static bool float_beside(const struct val *v, double *real) {
  if (v->type == VAL_INT64) *real = (double)v->integer;
  if (v->type == VAL_FLOAT64) *real = v->real;
  return v->type == VAL_INT64 || v->type == VAL_FLOAT64;
}

bool quick__arithmetic(const struct quick_node *node, const struct quick_at *at, struct val *out) {
  struct val other;
  const struct val *a = ask(node, 0, at, out), *b = ask(node, 1, at, &other);
  if (!a || !b) return false;
  if (a->type == VAL_INT64 && b->type == VAL_INT64)
    return on_integers(node->op, a->integer, b->integer, out);
  double left, right;
  if (float_beside(a, &left) && float_beside(b, &right))
    return on_floats(node->op, left, right, out);
  return is_one_none(a, b, out);
}

bool quick__negate(const struct quick_node *node, const struct quick_at *at, struct val *out) {
  const struct val *a = ask(node, 0, at, out);
  if (!a) return false;
  return a->type == VAL_INT64 ? on_integers(EXPR_OP_SUBTRACT, 0, a->integer, out) : is_none(a, out);
}

bool quick__to_int(const struct quick_node *node, const struct quick_at *at, struct val *out) {
  const struct val *a = ask(node, 0, at, out);
  if (!a || a->type == VAL_INT64) return copy(a, out);
  if (a->type != VAL_FLOAT64) return is_none(a, out);
  double whole = nearbyint(a->real);
  if (!(whole >= -0x1p63 && whole < 0x1p63)) return false;
  val_put_int64(out, (int64_t)whole);
  return true;
}

bool quick__to_float(const struct quick_node *node, const struct quick_at *at, struct val *out) {
  const struct val *a = ask(node, 0, at, out);
  if (!a || a->type == VAL_FLOAT64) return copy(a, out);
  if (a->type != VAL_INT64) return is_none(a, out);
  val_put_float64(out, (double)a->integer);
  return true;
}

/* ---- texts ---- */

/* Room for so many bytes, and a word more; what is used of it is taken then. */
static inline uint8_t *room_for(struct soul_room *room, size_t bytes) {
  size_t wanted = bytes + WORD_BYTES;
  if (wanted > room->left) {
    if (!room->arena) return NULL;
    room->left = wanted > room->at_once ? wanted : room->at_once;
    room->at = arena_alloc(room->arena, room->left);
    if (!room->at) room->left = 0;
  }
  return room->at;
}

static inline void take(struct soul_room *room, size_t bytes, struct val *out) {
  val_put_text(out, room->at, (uint32_t)bytes);
  room->at += bytes;
  room->left -= bytes;
}

/* Eight letters of ASCII at a time: those between `first` and `last` change their case. */
struct letters {
  uint64_t above_first, above_last; /* added to a byte they set its highest bit */
};

static inline uint64_t change(uint64_t word, const struct letters *letters) {
  const uint64_t tops = 0x8080808080808080u;
  uint64_t inside = (word + letters->above_first) & ~(word + letters->above_last) & tops;
  return word ^ inside >> 2; /* the bit between the cases */
}

/* Fewer bytes than a word has, without a loop: lengths are hard to guess. */
static inline uint64_t load_short(const uint8_t *p, size_t bytes) {
  enum { HALF = WORD_BYTES / 2 };
  if (bytes >= HALF)
    return load32le(p) | (uint64_t)load32le(p + bytes - HALF) << 8 * (bytes - HALF);
  if (bytes == 0) return 0;
  uint64_t middle = (uint64_t)p[bytes / 2] << 8 * (bytes / 2);
  return p[0] | middle | (uint64_t)p[bytes - 1] << 8 * (bytes - 1);
}

/* To room that has a word more. False where there is more than ASCII. */
bool quick__put_letters(struct slice text, bool is_upper, uint8_t *to) {
  static const struct letters lower = {0x3f3f3f3f3f3f3f3fu, 0x2525252525252525u},
                              upper = {0x1f1f1f1f1f1f1f1fu, 0x0505050505050505u};
  const struct letters *letters = is_upper ? &upper : &lower;
  uint64_t seen = 0;
  for (size_t i = 0; i + WORD_BYTES <= text.bytes; i += WORD_BYTES) {
    uint64_t word = load64le(text.data + i);
    seen |= word;
    store64le(to + i, change(word, letters));
  }
  size_t last = text.bytes % WORD_BYTES, begun = text.bytes - last;
  uint64_t word = load_short(text.data + begun, last);
  seen |= word;
  store64le(to + begun, change(word, letters));
  return (seen & 0x8080808080808080u) == 0;
}

bool quick__letters(const struct quick_node *node, const struct quick_at *at, struct val *out) {
  const struct val *a = ask(node, 0, at, out);
  if (!a || a->type != VAL_TEXT) return a && is_none(a, out);
  uint8_t *to = room_for(at->room, a->bytes);
  if (!to || !quick__put_letters(val_slice(a), node->upper, to)) return false;
  take(at->room, a->bytes, out);
  return true;
}

bool quick__length(const struct quick_node *node, const struct quick_at *at, struct val *out) {
  const struct val *a = ask(node, 0, at, out);
  if (!a || a->type != VAL_TEXT) return a && is_none(a, out);
  val_put_int64(out, (int64_t)utf8_count(val_slice(a)));
  return true;
}

/* Texts, and integers as texts. */
static bool text_of(const struct val *v, char room[NUM_TEXT_BYTES_MAX], struct slice *text) {
  *text = val_slice(v);
  if (v->type == VAL_INT64)
    *text = slice_of((const uint8_t *)room, num_format_int64(v->integer, room));
  return v->type == VAL_TEXT || v->type == VAL_INT64;
}

bool quick__concat(const struct quick_node *node, const struct quick_at *at, struct val *out) {
  char rooms[2][NUM_TEXT_BYTES_MAX];
  struct val other;
  struct slice left, right;
  const struct val *a = ask(node, 0, at, out), *b = ask(node, 1, at, &other);
  if (!a || !b) return false;
  if (is_one_none(a, b, out)) return true;
  if (!text_of(a, rooms[0], &left) || !text_of(b, rooms[1], &right)) return false;
  uint8_t *to = room_for(at->room, left.bytes + right.bytes);
  if (!to) return false;
  if (left.bytes) memcpy(to, left.data, left.bytes);
  if (right.bytes) memcpy(to + left.bytes, right.data, right.bytes);
  take(at->room, left.bytes + right.bytes, out);
  return true;
}

/* ---- what is true ---- */

bool quick__compare(const struct quick_node *node, const struct quick_at *at, struct val *out) {
  struct val other;
  int order = 0;
  const struct val *a = ask(node, 0, at, out), *b = ask(node, 1, at, &other);
  if (!a || !b) return false;
  if (is_one_none(a, b, out)) return true;
  if (a->type == VAL_INT64 && b->type == VAL_INT64)
    order = (a->integer > b->integer) - (a->integer < b->integer);
  else if (a->type == VAL_LIST || a->type == VAL_MAP || !compare_sql(a, b, &order))
    return false;
  val_put_bool(out, expr_op_keeps(node->op, order));
  return true;
}

bool quick__is_null(const struct quick_node *node, const struct quick_at *at, struct val *out) {
  const struct val *a = ask(node, 0, at, out);
  if (a) val_put_bool(out, val_is_null(a));
  return a != NULL;
}

bool quick__is_not_null(const struct quick_node *node, const struct quick_at *at, struct val *out) {
  const struct val *a = ask(node, 0, at, out);
  if (a) val_put_bool(out, !val_is_null(a));
  return a != NULL;
}

/* True, false or NULL, in `room` or where it is; NULL as ask has it. */
static const struct val *ask_truth(const struct quick_node *node, uint32_t nth,
                                   const struct quick_at *at, struct val *room) {
  const struct val *a = ask(node, nth, at, room);
  if (!a || a->type == VAL_BOOL) return a;
  return is_none(a, room) ? room : NULL;
}

static bool is(const struct val *truth, bool wanted) {
  return truth->type == VAL_BOOL && truth->boolean == wanted;
}

bool quick__not(const struct quick_node *node, const struct quick_at *at, struct val *out) {
  const struct val *a = ask_truth(node, 0, at, out);
  if (!a || a->type != VAL_BOOL) return copy(a, out);
  val_put_bool(out, !a->boolean);
  return true;
}

/* The value that decides, whatever the other side is; else NULL if one is. */
static bool ask_both(const struct quick_node *node, const struct quick_at *at, bool decides,
                     struct val *out) {
  struct val other;
  const struct val *a = ask_truth(node, 0, at, out);
  if (!a || is(a, decides)) return copy(a, out);
  const struct val *b = ask_truth(node, 1, at, &other);
  if (!b) return false;
  return copy(is(b, !decides) ? a : b, out);
}

bool quick__and(const struct quick_node *node, const struct quick_at *at, struct val *out) {
  return ask_both(node, at, false, out);
}

bool quick__or(const struct quick_node *node, const struct quick_at *at, struct val *out) {
  return ask_both(node, at, true, out);
}

bool quick__case(const struct quick_node *node, const struct quick_at *at, struct val *out) {
  uint32_t pairs = node->args_count / 2;
  for (uint32_t i = 0; i < pairs; i++) {
    const struct val *when = ask_truth(node, 2 * i, at, out);
    if (!when) return false;
    if (is(when, true)) return copy(ask(node, 2 * i + 1, at, out), out);
  }
  if (node->has_else) return copy(ask(node, 2 * pairs, at, out), out);
  val_put_null(out);
  return true;
}

bool quick__coalesce(const struct quick_node *node, const struct quick_at *at, struct val *out) {
  const struct val *a = NULL; /* what is last, whatever it is, where no other is not null */
  for (uint32_t i = 0; i < node->args_count; i++) {
    a = ask(node, i, at, out);
    if (!a || !val_is_null(a)) break;
  }
  return copy(a, out);
}
