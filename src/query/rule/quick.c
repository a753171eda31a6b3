/* SPDX-License-Identifier: MIT */
/* Which expressions are made quickly: attributes and constants, arithmetic, comparisons, CASE, and
 * the functions that evolutions mostly call. */
#include "query/rule/quick.h"

#include "query/func/func.h"
#include "query/rule/quick_int.h"

enum { NODES_MAX = 32, DEPTH_MAX = 8 }; /* more are not quick any more */

struct reading {
  const struct soul_places *places;
  struct arena *arena;
  uint32_t nodes, depth;
};

static const struct quick_node *read(struct reading *reading, const struct expr *expr);

/* ---- leaves ---- */

static bool read_const(struct reading *reading, const struct val *value, struct quick_node *node) {
  node->kind = QUICK_FIXED;
  node->value = *value;
  if (!val_is_borrowed(value)) return true;
  if (value->type != VAL_TEXT) return false;
  node->value.data = arena_copy(reading->arena, value->data, value->bytes + 1u);
  return node->value.data != NULL;
}

static bool read_place(struct reading *reading, struct slice name, struct quick_node *node,
                       bool *is_there) {
  struct soul_place_in in = reading->places->find(reading->places->context, name);
  node->kind = in.kind == SOUL_PLACE_STORED ? QUICK_STORED : QUICK_FIXED;
  node->place = in.index;
  node->value = in.kind == SOUL_PLACE_FIXED ? in.value : val_missing();
  *is_there = in.kind != SOUL_PLACE_NONE;
  return in.kind != SOUL_PLACE_UNKNOWN;
}

/* `id` is the attribute of that name, or else the key. */
static bool read_field(struct reading *reading, const struct expr *expr, struct quick_node *node) {
  bool is_there;
  if (expr->path.count != 1 || !expr->path.steps[0].is_name) return false;
  if (!read_place(reading, expr->path.steps[0].name, node, &is_there)) return false;
  if (is_there || !expr->key) return true;
  return read_place(reading, slice_of_text("_id"), node, &is_there);
}

/* ---- operators ---- */

static quick_run *unary(enum expr_op op) {
  switch ((int)op) {
  case EXPR_OP_NOT: return quick__not;
  case EXPR_OP_NEGATE: return quick__negate;
  case EXPR_OP_IS_NULL: return quick__is_null;
  case EXPR_OP_IS_NOT_NULL: return quick__is_not_null;
  default: return NULL;
  }
}

static quick_run *binary(enum expr_op op) {
  switch ((int)op) {
  case EXPR_OP_AND: return quick__and;
  case EXPR_OP_OR: return quick__or;
  case EXPR_OP_EQ:
  case EXPR_OP_NE:
  case EXPR_OP_LT:
  case EXPR_OP_LE:
  case EXPR_OP_GT:
  case EXPR_OP_GE: return quick__compare;
  case EXPR_OP_ADD:
  case EXPR_OP_SUBTRACT:
  case EXPR_OP_MULTIPLY:
  case EXPR_OP_DIVIDE:
  case EXPR_OP_MODULO: return quick__arithmetic;
  case EXPR_OP_CONCAT: return quick__concat;
  default: return NULL;
  }
}

/* ---- functions ---- */

static const struct {
  const char *name;
  quick_run *run;
  bool upper;
} functions[] = {
    {"lower", quick__letters, false},
    {"upper", quick__letters, true},
    {"length", quick__length, false},
    {"coalesce", quick__coalesce, false},
};

/* CAST without numbers, to types whose names have no bounds of their own. */
static quick_run *cast(const struct expr *call) {
  enum val_type type = VAL_MISSING;
  const struct expr *to = call->args_count == 2 ? call->args[1] : NULL;
  if (!to || to->kind != EXPR_CONST || to->value.type != VAL_TEXT) return NULL;
  if (!val_type_parse(val_slice(&to->value), &type)) return NULL;
  return type == VAL_INT64 ? quick__to_int : type == VAL_FLOAT64 ? quick__to_float : NULL;
}

static quick_run *function(const struct expr *call, struct quick_node *node) {
  struct slice name = slice_of_text(call->function->name);
  if (slice_is_equal(name, slice_of_text("cast"))) return cast(call);
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    if (!slice_is_equal(name, slice_of_text(functions[i].name))) continue;
    node->upper = functions[i].upper;
    return functions[i].run;
  }
  return NULL;
}

/* ---- reading ---- */

static quick_run *run_of(const struct expr *expr, struct quick_node *node) {
  if (expr->mongo || expr->over) return NULL;
  switch ((int)expr->kind) {
  case EXPR_UNARY: return unary(expr->op);
  case EXPR_BINARY: return binary(expr->op);
  case EXPR_CASE: return quick__case;
  case EXPR_CALL: return expr->function ? function(expr, node) : NULL;
  default: return NULL;
  }
}

static bool read_run(struct reading *reading, const struct expr *expr, struct quick_node *node) {
  node->kind = QUICK_RUN;
  node->op = expr->op;
  node->has_else = expr->has_else;
  node->args_count = expr->args_count;
  node->run = run_of(expr, node);
  if (!node->run) return false;
  const struct quick_node **args =
      arena_zalloc(reading->arena, expr->args_count + 1u, sizeof(const struct quick_node *));
  for (uint32_t i = 0; args && i < expr->args_count; i++) {
    args[i] = expr->args[i] ? read(reading, expr->args[i]) : NULL;
    if (!args[i]) return false;
  }
  node->args = args;
  if (args) node->integer = quick__integer_of(node);
  if (args) node->truth = quick__truth_of(node);
  return args != NULL;
}

static bool read_node(struct reading *reading, const struct expr *expr, struct quick_node *node) {
  if (expr->kind == EXPR_CONST) return read_const(reading, &expr->value, node);
  if (expr->kind == EXPR_FIELD) return read_field(reading, expr, node);
  return read_run(reading, expr, node);
}

static const struct quick_node *read(struct reading *reading, const struct expr *expr) {
  if (reading->nodes == NODES_MAX || reading->depth == DEPTH_MAX) return NULL;
  struct quick_node *node = arena_zalloc(reading->arena, 1, sizeof *node);
  if (!node) return NULL;
  reading->nodes++;
  reading->depth++;
  bool is_read = read_node(reading, expr, node);
  reading->depth--;
  return is_read ? node : NULL;
}

static bool make(const struct soul_quick *head, const uint8_t *map, struct soul_room *room,
                 struct val *value) {
  const struct quick *quick = (const struct quick *)head;
  struct quick_at at = {map, room};
  return quick->root->run(quick->root, &at, value);
}

static bool make_leaf(const struct soul_quick *head, const uint8_t *map, struct soul_room *room,
                      struct val *value) {
  const struct quick_node *root = ((const struct quick *)head)->root;
  (void)room;
  if (root->kind == QUICK_FIXED)
    *value = root->value;
  else
    doc_read_place(map, root->place, value);
  return true;
}

const struct soul_quick *rule__quicken(const struct expr *expr, const struct soul_places *places,
                                       struct arena *arena) {
  struct reading reading = {.places = places, .arena = arena};
  struct quick *made = arena_zalloc(arena, 1, sizeof *made);
  if (!made) return NULL;
  made->root = read(&reading, expr);
  if (!made->root) return NULL;
  made->head.make = made->root->kind == QUICK_RUN ? make : make_leaf;
  made->head.holds = quick__holds;
  made->head.write = quick__write_of(made->root);
  return &made->head;
}
