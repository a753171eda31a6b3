/* SPDX-License-Identifier: MIT */
/* What values that expressions of an evolution make cost, beside values that are stored. */
#include "bench/souls_reads.h"

/* Values that expressions of the evolution make. */
static const struct souls_question made_questions[] = {
    {"length(bio)", "SUM(bio)", "", "bio"},
    {"level * 10 + 1", "SUM(level)", "", "level"},
    {"upper(city)", "SUM(length(city))", "", "length(city)"},
    {"country || '!'", "SUM(length(country))", "", "length(country)"},
    {"CAST(rating AS INT)", "SUM(rating)", "", "rating"},
};

static const char evolve_making[] =
    "EVOLVE SOUL making ALTER COLUMN bio TYPE int USING length(bio), "
    "ALTER COLUMN level TYPE int USING level * 10 + 1, "
    "ALTER COLUMN city TYPE text USING upper(city), "
    "ALTER COLUMN country TYPE text USING country || '!', "
    "ALTER COLUMN rating TYPE int USING CAST(rating AS INT)";

/* The same values, stored, in beings that are as long. */
static void fill_made(struct souls *souls) {
  souls_exec(souls, "CREATE TABLE made (id INT PRIMARY KEY, email TEXT NOT NULL UNIQUE, "
                    "name TEXT NOT NULL, age INT, city TEXT, country TEXT, score FLOAT, "
                    "rating INT, active BOOLEAN, level INT, plan TEXT, note TEXT, bio INT, "
                    "CONSTRAINT grown CHECK (age >= 18 AND age < 150), "
                    "CONSTRAINT fair CHECK (score <= 100.0 OR level > 3))");
  souls_fill_from(
      souls, "made",
      "id, email, name, age, upper(city) AS city, country || '!' AS country, score, "
      "CAST(rating AS INT) AS rating, active, level * 10 + 1 AS level, plan, bio AS note, "
      "length(bio) AS bio",
      "making");
}

/* What an evolution does to beings that it does not look at: a computed attribute, whose values
 * are made at once by who reads, and beside by nobody in particular; and what became wider. */
static const struct souls_question computed = {"a computed attribute", "SUM(length(tag))", "",
                                               "length(tag)"};
static const struct souls_question wider[] = {
    {"int made decimal", "SUM(level)", "", "level + 1"},
    {"int made decimal, counted", "COUNT(*)", " WHERE level < 5", "level + 2"},
    {"date made timestamp", "COUNT(*)", " WHERE born > TIMESTAMP '2019-01-01 00:00:00'",
     "CASE WHEN born IS NULL THEN 0 ELSE 1 END"},
};

void souls_measure_computed(struct souls *souls) {
  souls_exec(souls, "CREATE TABLE computing (id INT PRIMARY KEY, name TEXT, level INT, born DATE, "
                    "city TEXT, plan TEXT, bio TEXT)");
  souls_exec(souls, "CREATE TABLE computed (id INT PRIMARY KEY, name TEXT, level DECIMAL, "
                    "born TIMESTAMP, city TEXT, plan TEXT, bio TEXT, "
                    "tag TEXT GENERATED ALWAYS AS (lower(name)) STORED)");
  const char *values = "id, name, level, CAST('2020-02-29' AS DATE) AS born, city, plan, bio";
  souls_create(souls, "given", "age INT", "bio TEXT", "");
  souls_import(souls, "given", &souls_form);
  souls_fill_from(souls, "computing", values, "given");
  souls_fill_from(souls, "computed", values, "given");
  souls_check(souls, luma_checkpoint(souls->db, &souls->error), "checkpoint");
  souls_fill_cache(souls, "computing", "computed", "name <> 'nobody'");
  souls_statement(souls, "evolution that computes, the statement",
                  "EVOLVE SOUL computing ALTER COLUMN level TYPE decimal, "
                  "ALTER COLUMN born TYPE timestamp, "
                  "ADD COLUMN tag TEXT GENERATED ALWAYS AS (lower(name)) STORED");
  souls_ask_first(souls, "computing", "computed", &computed);
  souls_wait_for_values(souls);
  souls_ask(souls, "computing", "computed", &computed);
  for (size_t i = 0; i < sizeof wider / sizeof wider[0]; i++)
    souls_ask(souls, "computing", "computed", &wider[i]);
}

/* Values made by expressions, beside values that are stored. */
void souls_measure_made(struct souls *souls) {
  const struct souls_question *questions_end =
      made_questions + sizeof made_questions / sizeof *made_questions;
  souls_create(souls, "making", "age INT", "bio TEXT", "");
  souls_import(souls, "making", &souls_form);
  fill_made(souls);
  souls_check(souls, luma_checkpoint(souls->db, &souls->error), "checkpoint");
  souls_fill_cache(souls, "making", "made", "email <> 'nobody'");
  souls_statement(souls, "evolution with a look at all, the statement", evolve_making);
  for (const struct souls_question *q = made_questions; q < questions_end; q++)
    souls_ask_first(souls, "making", "made", q);
  souls_wait_for_values(souls);
  for (const struct souls_question *q = made_questions; q < questions_end; q++)
    souls_ask(souls, "making", "made", q);
  souls_ask_gets(souls, "making", "made", "get of whole older beings, made");
}
