/* SPDX-License-Identifier: MIT */
/* What is asked, in both languages. */
#include <stdio.h>

#include "bench/jql.h"

#define VALUE JQL_VALUE_BYTES

static void draw_place(const struct jql_size *size, uint64_t nth, struct jql_values *values) {
  (void)size;
  (void)snprintf(values->at[0], VALUE, "%u", (unsigned)(nth % 9));
  (void)snprintf(values->at[1], VALUE, "%05u", (unsigned)(bench_random(nth) % 99999));
}

static void draw_street(const struct jql_size *size, uint64_t nth, struct jql_values *values) {
  (void)size;
  (void)snprintf(values->at[0], VALUE, "%u Main Street", (unsigned)(bench_random(nth) % 999));
  values->at[1][0] = 0;
}

static void draw_tags(const struct jql_size *size, uint64_t nth, struct jql_values *values) {
  uint64_t r = bench_random(bench_random(nth) % size->documents);
  (void)snprintf(values->at[0], VALUE, "t%u", (unsigned)(r >> 33) % 100);
  (void)snprintf(values->at[1], VALUE, "t%u", (unsigned)(r >> 35) % 100);
}

static void draw_city(const struct jql_size *size, uint64_t nth, struct jql_values *values) {
  (void)size;
  (void)snprintf(values->at[0], VALUE, "%s", bench_city(nth * 7));
  (void)snprintf(values->at[1], VALUE, "%u", 18 + (unsigned)(nth % BENCH_AGES));
}

static void draw_day(const struct jql_size *size, uint64_t nth, struct jql_values *values) {
  (void)size;
  (void)snprintf(values->at[0], VALUE, "%u", (unsigned)(nth % 100));
  (void)snprintf(values->at[1], VALUE, "%u", (unsigned)(nth % 100) + 9);
}

static void draw_change(const struct jql_size *size, uint64_t nth, struct jql_values *values) {
  (void)size;
  (void)snprintf(values->at[0], VALUE, "%u", 18 + (unsigned)(nth % BENCH_AGES));
  (void)snprintf(values->at[1], VALUE, "%u", 1000 + (unsigned)nth);
}

/* One time in two a counter is there. */
static void draw_counter(const struct jql_size *size, uint64_t nth, struct jql_values *values) {
  (void)snprintf(values->at[0], VALUE, "%u",
                 (unsigned)(bench_random(nth) % (size->singles / 2 + 1)));
  (void)snprintf(values->at[1], VALUE, "page%u@example.com",
                 (unsigned)(bench_random(nth) % (size->singles / 2 + 1)));
}

#define TIMES(name) offsetof(struct jql_size, name)
#define SCANS       .unit = "documents/s", .times = TIMES(scans)
#define SCAN_ROW    SCANS, .counts_documents = true, .target = 3
#define FIND_ROW    .unit = "queries/s", .times = TIMES(finds), .target = 3
#define BULK_ROW    .unit = "queries/s", .times = TIMES(bulks), .target = 3
#define POINT_ROW   .unit = "queries/s", .times = TIMES(points), .target = 3
#define INDEX_ROW   .unit = "documents/s", .kind = JQL_SETS_UP, .counts_documents = true

const struct jql_row jql_rows[] = {
    {.name = "count, nested paths, no index",
     SCAN_ROW,
     .jql = "{\"count\":\"docs\",\"query\":{\"address.floor\":%1,\"address.zip\":{"
            "\"$lt\":\"%2\"}}}",
     .sql = "SELECT count(*) FROM docs WHERE doc->'address'->'floor' = $1::jsonb AND "
            "doc->'address'->>'zip' < $2::text",
     .field = "count",
     .draw = draw_place},
    {.name = "find, nested path, no index",
     SCAN_ROW,
     .jql = "{\"find\":\"docs\",\"filter\":{\"address.street\":\"%1\"},"
            "\"projection\":{\"name\":1,\"age\":1}}",
     .sql = "SELECT doc->>'age', id, doc->>'name' FROM docs WHERE doc->'address'->>'street' = "
            "$1::text",
     .field = "age",
     .draw = draw_street},
    {.name = "count, array match, no index",
     SCAN_ROW,
     .jql = "{\"count\":\"docs\",\"query\":{\"tags\":\"%1\"}}",
     .sql = "SELECT count(*) FROM docs WHERE doc->'tags' ? $1::text",
     .field = "count",
     .draw = draw_tags},
    {.name = "count, array $in, no index",
     SCAN_ROW,
     .jql = "{\"count\":\"docs\",\"query\":{\"tags\":{\"$in\":[\"%1\",\"%2\"]}}}",
     .sql = "SELECT count(*) FROM docs WHERE doc->'tags' ?| ARRAY[$1::text, $2::text]",
     .field = "count",
     .draw = draw_tags},
    {.name = "$group",
     SCAN_ROW,
     .jql = "{\"aggregate\":\"docs\",\"pipeline\":[{\"$group\":{\"_id\":\"$city\",\"x\":{\"$sum\":"
            "\"$age\"},\"floor\":{\"$avg\":\"$address.floor\"},\"n\":{\"$sum\":1}}}]}",
     .sql = "SELECT sum((doc->'age')::int), doc->>'city', avg((doc->'address'->'floor')::int), "
            "count(*) FROM docs GROUP BY 2",
     .field = "x"},
    {.name = "$match, $group, $sort",
     SCAN_ROW,
     .jql = "{\"aggregate\":\"docs\",\"pipeline\":[{\"$match\":{\"address.floor\":%1}},{\"$group\":"
            "{\"_id\":{\"city\":\"$city\",\"active\":\"$active\"},\"x\":{\"$max\":\"$age\"},\"n\":"
            "{\"$sum\":1}}},{\"$sort\":{\"n\":-1}}]}",
     .sql = "SELECT max((doc->'age')::int), doc->>'city', doc->'active', count(*) FROM docs WHERE "
            "doc->'address'->'floor' = $1::jsonb GROUP BY 2, 3 ORDER BY 4 DESC",
     .field = "x",
     .draw = draw_place},
    {.name = "$sort + $limit, no index",
     SCAN_ROW,
     .jql = "{\"find\":\"docs\",\"sort\":{\"score\":-1,\"_id\":1},\"limit\":10}",
     .sql = "SELECT id, doc FROM docs ORDER BY doc->'score' DESC, id LIMIT 10",
     .field = "_id"},
    {.name = "index on a nested path",
     INDEX_ROW,
     .jql = "{\"createIndexes\":\"docs\",\"indexes\":[{\"key\":{\"address.street\":1}}]}",
     .sql = "CREATE INDEX docs_street ON docs ((doc->'address'->>'street'))"},
    {.name = "index on an array",
     INDEX_ROW,
     .jql = "{\"createIndexes\":\"docs\",\"indexes\":[{\"key\":{\"tags\":1}}]}",
     .sql = "CREATE INDEX docs_tags ON docs USING gin ((doc->'tags'))"},
    {.name = "index on city and score",
     INDEX_ROW,
     .jql = "{\"createIndexes\":\"docs\",\"indexes\":[{\"key\":{\"city\":1,\"score\":1}}]}",
     .sql = "CREATE INDEX docs_city_score ON docs ((doc->>'city'), (doc->'score'))"},
    {.name = "index on city and age",
     INDEX_ROW,
     .jql = "{\"createIndexes\":\"docs\",\"indexes\":[{\"key\":{\"city\":1,\"age\":1}}]}",
     .sql = "CREATE INDEX docs_city_age ON docs ((doc->>'city'), ((doc->'age')::int))"},
    {.name = "find, nested path, index",
     FIND_ROW,
     .jql = "{\"find\":\"docs\",\"filter\":{\"address.street\":\"%1\"}}",
     .sql = "SELECT doc->>'age', id, doc FROM docs WHERE doc->'address'->>'street' = $1::text",
     .field = "age",
     .draw = draw_street},
    {.name = "count, array match, index",
     FIND_ROW,
     .jql = "{\"count\":\"docs\",\"query\":{\"tags\":\"%1\"}}",
     .sql = "SELECT count(*) FROM docs WHERE doc->'tags' ? $1::text",
     .field = "count",
     .draw = draw_tags},
    {.name = "find, array $all, index",
     FIND_ROW,
     .jql = "{\"find\":\"docs\",\"filter\":{\"tags\":{\"$all\":[\"%1\",\"%2\"]}}}",
     .sql = "SELECT doc->>'age', id, doc FROM docs WHERE doc->'tags' ?& ARRAY[$1::text, $2::text]",
     .field = "age",
     .draw = draw_tags},
    {.name = "count, compound index",
     POINT_ROW,
     .jql = "{\"count\":\"docs\",\"query\":{\"city\":\"%1\",\"age\":{\"$gte\":%2,\"$lt\":40}}}",
     .sql = "SELECT count(*) FROM docs WHERE doc->>'city' = $1::text AND (doc->'age')::int >= "
            "$2::int AND (doc->'age')::int < 40",
     .field = "count",
     .draw = draw_city},
    {.name = "covered query",
     BULK_ROW,
     .jql = "{\"find\":\"docs\",\"filter\":{\"city\":\"%1\",\"age\":{\"$gte\":%2}},\"projection\":"
            "{\"_id\":0,\"city\":1,\"age\":1},\"limit\":1000}",
     .sql = "SELECT (doc->'age')::int, doc->>'city' FROM docs WHERE doc->>'city' = $1::text AND "
            "(doc->'age')::int >= $2::int ORDER BY doc->>'city', (doc->'age')::int LIMIT 1000",
     .field = "age",
     .draw = draw_city},
    {.name = "$or by union of indexes",
     POINT_ROW,
     .jql = "{\"count\":\"docs\",\"query\":{\"$or\":[{\"city\":\"%1\",\"age\":%2},{"
            "\"address.street\":\"%2 Main Street\"}]}}",
     .sql = "SELECT count(*) FROM docs WHERE (doc->>'city' = $1::text AND (doc->'age')::int = "
            "$2::int) OR doc->'address'->>'street' = $2::text || ' Main Street'",
     .field = "count",
     .draw = draw_city},
    {.name = "$sort + $limit, index",
     .unit = "queries/s",
     .times = TIMES(singles), /* a few thousand are over before the clock says much */
     .target = 3,
     .jql = "{\"find\":\"docs\",\"filter\":{\"city\":\"%1\"},\"sort\":{\"score\":-1},\"limit\":10,"
            "\"projection\":{\"_id\":0,\"n\":{\"$toInt\":{\"$multiply\":[\"$score\",100]}}}}",
     .sql = "SELECT ((doc->'score')::numeric * 100)::int FROM docs WHERE doc->>'city' = $1::text "
            "ORDER BY doc->'score' DESC LIMIT 10",
     .field = "n",
     .draw = draw_city},
    {.name = "$lookup by key",
     .unit = "orders/s",
     .times = TIMES(changes),
     .items = 0,
     .target = 3,
     .jql = "{\"aggregate\":\"orders\",\"pipeline\":[{\"$match\":{\"day\":{\"$gte\":%1,\"$lte\":%2}"
            "}},{\"$lookup\":{\"from\":\"docs\",\"localField\":\"user\",\"foreignField\":\"_id\","
            "\"as\":\"u\"}}]}",
     .sql = "SELECT (o.doc->'amount')::int, o.doc, (SELECT jsonb_agg(d.doc) FROM docs d WHERE d.id "
            "= (o.doc->'user')::bigint) FROM orders o WHERE (o.doc->'day')::int BETWEEN $1::int "
            "AND $2::int",
     .field = "amount",
     .draw = draw_day},
    {.name = "$lookup, $unwind, $group",
     .unit = "documents/s",
     .times = TIMES(changes),
     .counts_documents = true,
     .target = 3,
     .jql =
         "{\"aggregate\":\"docs\",\"pipeline\":[{\"$lookup\":{\"from\":\"cities\",\"localField\":"
         "\"city\",\"foreignField\":\"name\",\"as\":\"c\"}},{\"$unwind\":\"$c\"},{\"$group\":{"
         "\"_id\":\"$c.country\",\"x\":{\"$sum\":\"$age\"}}}]}",
     .sql = "SELECT sum((d.doc->'age')::int), c.doc->>'country' FROM docs d JOIN cities c ON "
            "d.doc->>'city' = c.doc->>'name' GROUP BY 2",
     .field = "x"},
    {.name = "index on orders' users",
     INDEX_ROW,
     .jql = "{\"createIndexes\":\"orders\",\"indexes\":[{\"key\":{\"user\":1}}]}",
     .sql = "CREATE INDEX orders_user ON orders (((doc->'user')::bigint))"},
    {.name = "$lookup by index, of one street",
     BULK_ROW,
     .jql = "{\"aggregate\":\"docs\",\"pipeline\":[{\"$match\":{\"address.street\":\"%1\"}},{"
            "\"$lookup\":{\"from\":\"orders\",\"localField\":\"_id\",\"foreignField\":\"user\","
            "\"as\":\"o\"}}]}",
     .sql = "SELECT (d.doc->'age')::int, d.doc, (SELECT jsonb_agg(o.doc) FROM orders o WHERE "
            "(o.doc->'user')::bigint = d.id) FROM docs d WHERE d.doc->'address'->>'street' = "
            "$1::text",
     .field = "age",
     .draw = draw_street},
    {.name = "update many, no index",
     .unit = "updates/s",
     .kind = JQL_CHANGES,
     .times = TIMES(changes),
     .target = 3,
     .jql = "{\"update\":\"docs\",\"updates\":[{\"q\":{\"age\":%1},\"u\":{\"$inc\":{\"visits\":1},"
            "\"$set\":{\"seen\":%2}},\"multi\":true}]}",
     .sql = "UPDATE docs SET doc = doc || jsonb_build_object('visits', coalesce("
            "(doc->'visits')::int, 0) + 1, 'seen', $2::int) WHERE (doc->'age')::int = $1::int",
     .draw = draw_change},
    {.name = "update many, index, indexed field",
     .unit = "updates/s",
     .kind = JQL_CHANGES,
     .times = TIMES(finds),
     .target = 3,
     .jql = "{\"update\":\"docs\",\"updates\":[{\"q\":{\"address.street\":\"%1\"},\"u\":{\"$inc\":{"
            "\"score\":1},\"$push\":{\"tags\":\"new\"}},\"multi\":true}]}",
     .sql = "UPDATE docs SET doc = jsonb_set(jsonb_set(doc, '{score}', to_jsonb((doc->'score')"
            "::numeric + 1)), '{tags}', (doc->'tags') || '\"new\"') WHERE "
            "doc->'address'->>'street' = $1::text",
     .draw = draw_street},
    {.name = "upsert by key",
     .unit = "upserts/s",
     .kind = JQL_CHANGES,
     .times = TIMES(singles),
     .target = 3,
     .jql = "{\"update\":\"counters\",\"updates\":[{\"q\":{\"_id\":%1},\"u\":{\"$inc\":{\"n\":1},"
            "\"$set\":{\"last\":\"%2\"}},\"upsert\":true}]}",
     .sql = "INSERT INTO counters VALUES ($1::bigint, jsonb_build_object('n', 1, 'last', $2::text))"
            " ON CONFLICT (id) DO UPDATE SET doc = counters.doc || jsonb_build_object('n', "
            "(counters.doc->'n')::int + 1, 'last', $2::text)",
     .draw = draw_counter},
    {.name = "unique index on pages",
     .unit = "-",
     .kind = JQL_SETS_UP,
     .jql = "{\"createIndexes\":\"pages\",\"indexes\":[{\"key\":{\"mail\":1},\"unique\":true}]}",
     .sql = "CREATE UNIQUE INDEX pages_mail ON pages ((doc->>'mail'))"},
    {.name = "upsert by a unique index",
     .unit = "upserts/s",
     .kind = JQL_CHANGES,
     .times = TIMES(singles),
     .target = 3,
     .jql = "{\"update\":\"pages\",\"updates\":[{\"q\":{\"mail\":\"%2\"},\"u\":{\"$inc\":{\"n\":1},"
            "\"$setOnInsert\":{\"first\":%1}},\"upsert\":true}]}",
     .sql = "INSERT INTO pages (doc) VALUES (jsonb_build_object('mail', $2::text, 'n', 1, 'first', "
            "$1::int)) ON CONFLICT ((doc->>'mail')) DO UPDATE SET doc = pages.doc || "
            "jsonb_build_object('n', (pages.doc->'n')::int + 1)",
     .draw = draw_counter},
    {.name = "upserts by key, 1,000 a command",
     .unit = "upserts/s",
     .kind = JQL_CHANGES,
     .times = TIMES(bulks),
     .target = 3,
     .items = JQL_ITEMS_MAX,
     .jql = "{\"update\":\"counters\",\"updates\":[%*]}",
     .item = "{\"q\":{\"_id\":%1},\"u\":{\"$inc\":{\"n\":1}},\"upsert\":true}",
     .sql = "INSERT INTO counters SELECT k, jsonb_build_object('n', 1) FROM unnest($1::bigint[]) k "
            "ON CONFLICT (id) DO UPDATE SET doc = counters.doc || jsonb_build_object('n', "
            "(counters.doc->'n')::int + 1)"},
};
const uint32_t jql_rows_count = sizeof jql_rows / sizeof jql_rows[0];

size_t jql_order(const struct jql_size *size, uint64_t number, char out[BENCH_DOC_BYTES_MAX]) {
  uint64_t r = bench_random(number + 77);
  return (size_t)snprintf(out, BENCH_DOC_BYTES_MAX,
                          "{\"id\":%llu,\"user\":%llu,\"day\":%u,\"amount\":%u,\"items\":[{\"sku\":"
                          "\"s%u\",\"n\":%u},{\"sku\":\"s%u\",\"n\":%u}]}",
                          (unsigned long long)number, (unsigned long long)(r % size->documents),
                          (unsigned)(number % 100), (unsigned)(r >> 32) % 1000,
                          (unsigned)(r >> 20) % 500, 1 + (unsigned)(r >> 40) % 5,
                          (unsigned)(r >> 24) % 500, 1 + (unsigned)(r >> 44) % 5);
}

size_t jql_city(uint64_t number, char out[BENCH_DOC_BYTES_MAX]) {
  return (size_t)snprintf(out, BENCH_DOC_BYTES_MAX,
                          "{\"id\":%llu,\"name\":\"%s\",\"country\":\"c%u\"}",
                          (unsigned long long)number, bench_city(number), (unsigned)(number % 20));
}
