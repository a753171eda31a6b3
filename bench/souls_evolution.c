/* SPDX-License-Identifier: MIT */
/* What an evolution costs the statement, and those who read beings that were written before it:
 * each kind of change, by scans and by single reads, beside beings written in the newest form. */
#include "bench/souls_reads.h"

static const char *const newest_names[SOULS_COLUMNS] = {"id",     "email",   "name",  "age",
                                                        "city",   "country", "score", "rating",
                                                        "active", "level",   "plan",  "about"};
static const struct souls_form newest_form = {newest_names};

static const struct souls_question questions[] = {
    {"what stayed", "SUM(level)", " WHERE city <> 'city7'", "level + 1"},
    {"what is new", "COUNT(*)", " WHERE nick IS NULL", "CASE WHEN nick IS NULL THEN 1 ELSE 0 END"},
    {"what has a default", "SUM(rank)", "", "rank"},
    {"what was renamed", "SUM(length(about))", "", "length(about)"},
    {"what became wider", "COUNT(*)", " WHERE age < 30", "age"},
};

void souls_measure_evolution(struct souls *souls) {
  souls_create(souls, "evolving", "age INT", "bio TEXT", "");
  souls_create(souls, "newest", "age FLOAT", "about TEXT", ", nick TEXT, rank INT DEFAULT 3");
  souls_import(souls, "evolving", &souls_form);
  souls_import(souls, "newest", &newest_form);
  souls_check(souls, luma_checkpoint(souls->db, &souls->error), "checkpoint");
  souls_statement(souls, "evolution, the statement",
                  "EVOLVE SOUL evolving ADD COLUMN nick TEXT, "
                  "ADD COLUMN rank INT DEFAULT 3, RENAME COLUMN bio TO about, "
                  "ALTER COLUMN age TYPE float");
  souls_fill_cache(souls, "evolving", "newest", "city <> 'city7'");
  for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
    souls_ask(souls, "evolving", "newest", &questions[i]);
  souls_ask_gets(souls, "evolving", "newest", "get of whole older beings");
}
