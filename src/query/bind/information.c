/* SPDX-License-Identifier: MIT */
#include "query/bind/information.h"

#include "base/core/assert.h"
#include "base/text/suggest.h"
#include "model/catalog/catalog.h"

/* ---- rows ---- */

status information_add(struct information *rows, const struct val *values, struct err *err) {
  struct arena *arena = rows->binder->arena;
  if (rows->count + rows->width > rows->capacity) {
    uint32_t capacity = rows->capacity ? rows->capacity * 2 : 16 * rows->width;
    struct expr **exprs = arena_alloc(arena, capacity * sizeof(struct expr *));
    TRY(bind__memory(rows->binder, exprs, err));
    if (rows->count) memcpy(exprs, rows->exprs, rows->count * sizeof(struct expr *));
    rows->exprs = exprs;
    rows->capacity = capacity;
  }
  for (uint32_t i = 0; i < rows->width; i++) {
    struct expr *made = expr_const(arena, values[i], rows->offset);
    TRY(bind__memory(rows->binder, made, err));
    rows->exprs[rows->count++] = made;
  }
  return LUMA_OK;
}

struct val information_text(struct information *rows, struct buf *text) {
  uint8_t *copy = arena_copy(rows->binder->arena, text->bytes ? (const void *)text->data : "",
                             text->bytes ? text->bytes : 1);
  return copy && text->failed == LUMA_OK ? val_text(slice_of(copy, text->bytes)) : val_null();
}

static struct val yes_no(bool yes) {
  return information_word(yes ? "YES" : "NO");
}

static struct val text_or_null(struct slice text) {
  return text.bytes ? val_text(text) : val_null();
}

/* ---- schemata, tables, views ---- */

static status fill_schemata(struct information *rows, struct err *err) {
  static const char *const names[] = {"information_schema", "public"};
  for (int i = 0; i < 2; i++) {
    struct val row[] = {information_word("luma"), information_word(names[i])};
    TRY(information_add(rows, row, err));
  }
  return LUMA_OK;
}

static status fill_tables(struct information *rows, struct err *err) {
  const struct catalog *catalog = rows->binder->catalog;
  for (uint32_t i = 0; i < catalog_count(catalog); i++) {
    const struct collection *collection = catalog_at(catalog, i);
    bool is_view = collection->view.bytes > 0;
    struct val row[] = {
        information_word("luma"),   information_word("public"),
        val_text(collection->name), information_word(is_view ? "VIEW" : "BASE TABLE"),
        yes_no(!is_view),           val_int64(collection->number)};
    TRY(information_add(rows, row, err));
  }
  return LUMA_OK;
}

static status fill_views(struct information *rows, struct err *err) {
  const struct catalog *catalog = rows->binder->catalog;
  for (uint32_t i = 0; i < catalog_count(catalog); i++) {
    const struct collection *collection = catalog_at(catalog, i);
    if (!collection->view.bytes) continue;
    struct val row[] = {information_word("luma"),   information_word("public"),
                        val_text(collection->name), val_text(collection->view),
                        information_word("NONE"),   yes_no(false)};
    TRY(information_add(rows, row, err));
  }
  return LUMA_OK;
}

/* ---- columns ---- */

/** SQL's name of a type, as PostgreSQL tells it. */
static const char *sql_type(const struct soul_attribute *attribute) {
  switch ((enum soul_kind)attribute->type.kind) {
  case SOUL_TEXT: return attribute->max_length == SOUL_NONE ? "text" : "character varying";
  case SOUL_INT: return "bigint";
  case SOUL_FLOAT: return "double precision";
  case SOUL_DECIMAL: return "numeric";
  case SOUL_BOOLEAN: return "boolean";
  case SOUL_TIMESTAMP: return "timestamp with time zone";
  case SOUL_DATE: return "date";
  case SOUL_DURATION: return "interval";
  case SOUL_UUID: return "uuid";
  case SOUL_BYTES: return "bytea";
  case SOUL_LIST: return "ARRAY";
  case SOUL_ANY:
  case SOUL_MAP: return "jsonb";
  case SOUL_ULID:
  case SOUL_VECTOR:
  case SOUL_LIGHT:
  case SOUL_REF:
  case SOUL_KINDS: break;
  }
  return "USER-DEFINED";
}

static struct val default_of(struct information *rows, const struct soul_attribute *attribute) {
  if (attribute->default_expression.bytes) return val_text(attribute->default_expression);
  if (attribute->default_value.type == VAL_MISSING) return val_null();
  struct expr *value = expr_const(rows->binder->arena, attribute->default_value, 0);
  struct buf text;
  if (!value) return val_missing();
  buf_init(&text, 4096);
  expr_format(value, &text);
  struct val made = information_text(rows, &text);
  buf_deinit(&text);
  return made;
}

static status add_attribute(struct information *rows, const struct collection *collection,
                            const struct soul_attribute *attribute, uint32_t ordinal,
                            struct err *err) {
  struct buf type;
  bool has_length = attribute->max_length != SOUL_NONE;
  buf_init(&type, 4096);
  soul_type_format(&type, &attribute->type);
  struct val row[] = {
      information_word("luma"),
      information_word("public"),
      val_text(collection->name),
      val_text(attribute->name),
      val_int64(ordinal),
      default_of(rows, attribute),
      yes_no(!attribute->required && !slice_is_equal(attribute->name, slice_of_text("id"))),
      information_word(sql_type(attribute)),
      has_length ? val_int64(attribute->max_length) : val_null(),
      information_text(rows, &type),
      information_word(attribute->computed.bytes ? "ALWAYS" : "NEVER"),
      text_or_null(attribute->computed)};
  buf_deinit(&type);
  return information_add(rows, row, err);
}

/** A column of which little is said: the key of an open collection, a column of a view. */
static status add_plain(struct information *rows, const struct collection *collection,
                        struct slice name, uint32_t ordinal, bool is_nullable, struct err *err) {
  struct val row[] = {information_word("luma"),
                      information_word("public"),
                      val_text(collection->name),
                      val_text(name),
                      val_int64(ordinal),
                      val_null(),
                      yes_no(is_nullable),
                      information_word("jsonb"),
                      val_null(),
                      information_word("jsonb"),
                      information_word("NEVER"),
                      val_null()};
  return information_add(rows, row, err);
}

/** What a view yields is known once it is bound. */
static status add_view(struct information *rows, const struct collection *view, struct err *err) {
  struct plan *node = plan_node(rows->binder->arena, PLAN_SCAN, NULL, rows->offset);
  TRY(bind__memory(rows->binder, node, err));
  node->collection_name = node->alias = view->name;
  struct err ignored = {0}; /* what it stands on may be gone: it has no columns then */
  if (bind__scan(rows->binder, &node, QUERY_READ, &ignored) != LUMA_OK) return LUMA_OK;
  for (uint32_t i = 0; i < node->columns_count; i++)
    if (!node->columns[i].is_document && !node->columns[i].is_hidden)
      TRY(add_plain(rows, view, node->columns[i].name, i + 1, true, err));
  return LUMA_OK;
}

static status fill_columns(struct information *rows, struct err *err) {
  const struct catalog *catalog = rows->binder->catalog;
  for (uint32_t i = 0; i < catalog_count(catalog); i++) {
    const struct collection *collection = catalog_at(catalog, i);
    const struct soul *soul = collection->genotype;
    if (collection->view.bytes) {
      TRY(add_view(rows, collection, err));
      continue;
    }
    bool has_key = soul && soul_attribute(soul, slice_of_text("id"));
    if (!has_key && !bind__is_closed(collection))
      TRY(add_plain(rows, collection, slice_of_text("id"), 1, false, err));
    uint32_t first = !has_key && !bind__is_closed(collection) ? 2 : 1;
    for (uint32_t a = 0; soul && a < soul->attributes_count; a++)
      TRY(add_attribute(rows, collection, &soul->attributes[a], a + first, err));
  }
  return LUMA_OK;
}

/* ---- the tables ---- */

static const struct information_table tables[] = {
    {"schemata", {"catalog_name", "schema_name"}, fill_schemata},
    {"tables",
     {"table_catalog", "table_schema", "table_name", "table_type", "is_insertable_into",
      "luma_number"},
     fill_tables},
    {"columns",
     {"table_catalog", "table_schema", "table_name", "column_name", "ordinal_position",
      "column_default", "is_nullable", "data_type", "character_maximum_length", "luma_type",
      "is_generated", "generation_expression"},
     fill_columns},
    {"views",
     {"table_catalog", "table_schema", "table_name", "view_definition", "check_option",
      "is_updatable"},
     fill_views},
    {"table_constraints",
     {"constraint_catalog", "constraint_schema", "constraint_name", "table_catalog", "table_schema",
      "table_name", "constraint_type", "is_deferrable", "initially_deferred"},
     information_constraints},
    {"key_column_usage",
     {"constraint_catalog", "constraint_schema", "constraint_name", "table_catalog", "table_schema",
      "table_name", "column_name", "ordinal_position", "position_in_unique_constraint"},
     information_keys},
    {"statistics",
     {"table_catalog", "table_schema", "table_name", "non_unique", "index_name", "seq_in_index",
      "column_name", "collation", "expression", "condition"},
     information_indexes},
    {"sequences",
     {"sequence_catalog", "sequence_schema", "sequence_name", "data_type", "start_value",
      "minimum_value", "maximum_value", "increment", "cycle_option"},
     NULL},
};
enum { TABLES_COUNT = sizeof tables / sizeof tables[0] };

bool information_is_meant(const struct path *path) {
  return path->count == 2 && path->steps[0].is_name && path->steps[1].is_name &&
         slice_is_equal_nocase(path->steps[0].name, slice_of_text("information_schema"));
}

static status find(struct binder *binder, struct slice name, uint64_t offset,
                   const struct information_table **table, struct err *err) {
  struct suggest suggest;
  suggest_init(&suggest, name);
  for (int i = 0; i < TABLES_COUNT; i++) {
    *table = &tables[i];
    if (slice_is_equal_nocase(name, slice_of_text(tables[i].name))) return LUMA_OK;
    suggest_offer(&suggest, slice_of_text(tables[i].name));
  }
  status failed = err_raise(err, LUMA_UNKNOWN_COLLECTION, __FILE__, __LINE__,
                            "information_schema has no table `%.*s`", SLICE_ARG(name));
  if (suggest_is_good(&suggest)) err_hint(err, "did you mean `%.*s`?", SLICE_ARG(suggest.best));
  return bind__fail(binder, offset, failed, err);
}

/** VALUES of the rows; where there are none, a row that no one sees. */
static status make_values(struct information *rows, const struct information_table *table,
                          struct plan **node, struct err *err) {
  struct binder *binder = rows->binder;
  struct plan *values = plan_node(binder->arena, PLAN_VALUES, NULL, rows->offset);
  struct val nothing[INFORMATION_COLUMNS_MAX];
  bool is_empty = rows->count == 0;
  ASSERT(rows->width > 0);
  TRY(bind__memory(binder, values, err));
  for (uint32_t i = 0; i < rows->width; i++) nothing[i] = val_null();
  if (is_empty) TRY(information_add(rows, nothing, err));
  TRY(bind__room(binder, rows->width, sizeof *values->names, &values->names, err));
  for (uint32_t i = 0; i < rows->width; i++) values->names[i] = slice_of_text(table->columns[i]);
  values->exprs = rows->exprs;
  values->exprs_count = rows->count;
  values->rows_count = rows->count / rows->width;
  *node = values;
  if (!is_empty) return LUMA_OK;
  *node = plan_node(binder->arena, PLAN_LIMIT, values, rows->offset);
  TRY(bind__memory(binder, *node, err));
  (*node)->limit = expr_const(binder->arena, val_int64(0), rows->offset);
  return bind__memory(binder, (*node)->limit, err);
}

/** Sequences are documents: the table is a view of them. */
static status select_sequences(struct binder *binder, struct plan **select, struct err *err) {
  static const char text[] =
      "SELECT 'luma' AS sequence_catalog, 'public' AS sequence_schema, _id AS sequence_name, "
      "'bigint' AS data_type, start AS start_value, minimum AS minimum_value, "
      "maximum AS maximum_value, increment, "
      "CASE WHEN cycles THEN 'YES' ELSE 'NO' END AS cycle_option FROM _sequences";
  *select = NULL;
  if (!binder->read_view || !binder->catalog ||
      !catalog_find(binder->catalog, slice_of_text("_sequences")))
    return LUMA_OK;
  return binder->read_view(binder->arena, slice_of_text(text), select, err);
}

status information_bind(struct binder *binder, struct plan **node, struct slice name,
                        struct err *err) {
  const struct information_table *table = NULL;
  struct information rows = {.binder = binder, .offset = (*node)->offset};
  struct plan *values = NULL;
  TRY(find(binder, name, rows.offset, &table, err));
  while (table->columns[rows.width]) rows.width++;
  binder->has_views = true; /* the catalog may be another at the next run */
  if (!table->fill)
    TRY(select_sequences(binder, &values, err));
  else if (binder->catalog)
    TRY(table->fill(&rows, err));
  if (!values) TRY(make_values(&rows, table, &values, err));
  struct plan *derived = plan_node(binder->arena, PLAN_DERIVED, values, rows.offset);
  TRY(bind__memory(binder, derived, err));
  derived->alias = (*node)->alias;
  *node = derived;
  return bind__plan(binder, node, err);
}
