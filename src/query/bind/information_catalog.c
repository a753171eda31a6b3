/* SPDX-License-Identifier: MIT */
/* pg_catalog and sqlite_master, as much of them as people look at: views of information_schema. A
 * collection's oid is its number. */
#include "base/text/suggest.h"
#include "model/catalog/catalog.h"
#include "query/bind/information.h"

struct known {
  const char *name, *select;
};

#define TYPE_OIDS                                                                                  \
  "(VALUES ('text', 25), ('bigint', 20), ('double precision', 701), ('numeric', 1700), "           \
  "('boolean', 16), ('timestamp with time zone', 1184), ('date', 1082), ('interval', 1186), "      \
  "('uuid', 2950), ('bytea', 17), ('jsonb', 3802), ('character varying', 1043), ('ARRAY', 3807), " \
  "('USER-DEFINED', 3802)) AS y (typname, oid)"

static const struct known tables[] = {
    {"pg_tables",
     "SELECT table_schema AS schemaname, table_name AS tablename, 'luma' AS tableowner, "
     "NULL AS tablespace, table_name IN (SELECT s.table_name FROM information_schema.statistics "
     "AS s) AS hasindexes, false AS hasrules, false AS hastriggers "
     "FROM information_schema.tables WHERE table_type = 'BASE TABLE'"},
    {"pg_views", "SELECT table_schema AS schemaname, table_name AS viewname, 'luma' AS viewowner, "
                 "view_definition AS definition FROM information_schema.views"},
    {"pg_indexes",
     "SELECT table_schema AS schemaname, table_name AS tablename, index_name AS indexname, "
     "NULL AS tablespace, 'CREATE ' || CASE WHEN bool_or(non_unique) THEN '' ELSE 'UNIQUE ' END "
     "|| 'INDEX ' || index_name || ' ON ' || table_name || ' (' || "
     "string_agg(coalesce(expression, column_name), ', ' ORDER BY seq_in_index) || ')' "
     "AS indexdef FROM information_schema.statistics "
     "GROUP BY table_schema, table_name, index_name"},
    {"pg_sequences",
     "SELECT sequence_schema AS schemaname, sequence_name AS sequencename, 'luma' AS "
     "sequenceowner, data_type, start_value, minimum_value AS min_value, "
     "maximum_value AS max_value, increment AS increment_by, cycle_option = 'YES' AS cycle "
     "FROM information_schema.sequences"},
    {"pg_namespace",
     "SELECT oid, nspname, 10 AS nspowner FROM (VALUES (11, 'pg_catalog'), (2200, 'public'), "
     "(13000, 'information_schema')) AS n (oid, nspname)"},
    {"pg_class",
     "SELECT luma_number AS oid, table_name AS relname, 2200 AS relnamespace, 10 AS relowner, "
     "CASE table_type WHEN 'VIEW' THEN 'v' ELSE 'r' END AS relkind, "
     "table_name IN (SELECT s.table_name FROM information_schema.statistics AS s) AS relhasindex, "
     "'p' AS relpersistence FROM information_schema.tables"},
    {"pg_attribute",
     "SELECT t.luma_number AS attrelid, c.column_name AS attname, y.oid AS atttypid, "
     "c.ordinal_position AS attnum, c.is_nullable = 'NO' AS attnotnull, "
     "c.column_default IS NOT NULL AS atthasdef, false AS attisdropped, -1 AS atttypmod "
     "FROM information_schema.columns AS c JOIN information_schema.tables AS t "
     "ON t.table_name = c.table_name LEFT JOIN " TYPE_OIDS " ON y.typname = c.data_type"},
    {"pg_type", "SELECT y.oid, y.typname, 11 AS typnamespace, 'b' AS typtype FROM " TYPE_OIDS},
    {"pg_constraint",
     "SELECT c.constraint_name AS conname, 2200 AS connamespace, t.luma_number AS conrelid, "
     "CASE c.constraint_type WHEN 'PRIMARY KEY' THEN 'p' WHEN 'UNIQUE' THEN 'u' "
     "WHEN 'FOREIGN KEY' THEN 'f' ELSE 'c' END AS contype "
     "FROM information_schema.table_constraints AS c JOIN information_schema.tables AS t "
     "ON t.table_name = c.table_name"},
    {"pg_database",
     "SELECT 1 AS oid, 'luma' AS datname, 10 AS datdba, 6 AS encoding, false AS datistemplate, "
     "true AS datallowconn"},
    {"pg_settings",
     "SELECT name, setting FROM (VALUES ('server_version', version()), ('TimeZone', 'UTC'), "
     "('server_encoding', 'UTF8'), ('search_path', 'public'), ('transaction_isolation', "
     "'snapshot')) AS s (name, setting)"},
    {"pg_roles", "SELECT 10 AS oid, 'luma' AS rolname, true AS rolsuper, true AS rolcanlogin"},
    {"pg_user", "SELECT 'luma' AS usename, 10 AS usesysid, true AS usesuper"},
    {"dual", "SELECT 'X' AS dummy"},
    {"sqlite_master",
     "SELECT CASE table_type WHEN 'VIEW' THEN 'view' ELSE 'table' END AS type, table_name AS name, "
     "table_name AS tbl_name, luma_number AS rootpage, NULL AS sql FROM information_schema.tables "
     "UNION ALL SELECT DISTINCT 'index', index_name, table_name, 0, NULL "
     "FROM information_schema.statistics"},
    {"sqlite_schema", "SELECT * FROM sqlite_master"},
};
enum { TABLES_COUNT = sizeof tables / sizeof tables[0] };

const char *information_catalog(struct slice name) {
  for (int i = 0; i < TABLES_COUNT; i++)
    if (slice_is_equal_nocase(name, slice_of_text(tables[i].name))) return tables[i].select;
  return NULL;
}

void information_catalog_names(struct suggest *suggest) {
  for (int i = 0; i < TABLES_COUNT; i++) suggest_offer(suggest, slice_of_text(tables[i].name));
}

bool information_is_catalog(const struct path *path) {
  return path->count == 2 && path->steps[0].is_name && path->steps[1].is_name &&
         slice_is_equal_nocase(path->steps[0].name, slice_of_text("pg_catalog"));
}

static status fail_unknown(struct binder *binder, const struct plan *node, struct slice name,
                           struct err *err) {
  struct suggest suggest;
  suggest_init(&suggest, name);
  information_catalog_names(&suggest);
  status failed = err_raise(err, LUMA_UNKNOWN_COLLECTION, __FILE__, __LINE__,
                            "pg_catalog has no table `%.*s` here", SLICE_ARG(name));
  if (suggest_is_good(&suggest))
    err_hint(err, "did you mean `%.*s`?", SLICE_ARG(suggest.best));
  else
    err_hint(err, "information_schema.tables, columns and statistics tell what there is");
  return bind__fail(binder, node->offset, failed, err);
}

/** pg_class and its kin, where no collection is called so. */
bool information_is_scanned(const struct binder *binder, const struct plan *scan) {
  return binder->language == PLAN_LQL && binder->catalog && scan->collection_name.bytes &&
         information_catalog(scan->collection_name) && !bind__named(binder, scan->collection_name);
}

status information_bind_catalog(struct binder *binder, struct plan **node, struct slice name,
                                struct err *err) {
  const char *text = information_catalog(name);
  struct plan *scan = *node, *select = NULL;
  if (!text) return fail_unknown(binder, scan, name, err);
  if (!binder->read_view) FAIL(err, LUMA_INVALID_ARGUMENT, "the catalog cannot be read here");
  binder->has_views = true;
  TRY(binder->read_view(binder->arena, slice_of_text(text), &select, err));
  struct plan *derived = plan_node(binder->arena, PLAN_DERIVED, select, scan->offset);
  TRY(bind__memory(binder, derived, err));
  derived->alias = scan->alias.bytes ? scan->alias : name;
  *node = derived;
  return bind__alone(binder, node, err);
}
