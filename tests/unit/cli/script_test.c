/* SPDX-License-Identifier: MIT */
/* Scripts are cut where their statements end, whatever they hold. */
#include "cli/script/script.h"
#include "tests/lib/test.h"

/* One statement of a script: what it says, its language, whether it had its end. */
struct expected {
  const char *text, *language;
  bool is_ended;
};

static void expect(const char *script, const char *language, const struct expected *expected,
                   size_t count) {
  struct script_statement statement;
  size_t offset = 0;
  struct slice text = slice_of_text(script);
  for (size_t i = 0; i < count; i++) {
    assert_true(script_next(text, &offset, language, &statement));
    char got[512] = {0};
    assert_true(statement.text.bytes < sizeof got);
    memcpy(got, statement.text.data, statement.text.bytes);
    assert_string_equal(got, expected[i].text);
    assert_string_equal(statement.language, expected[i].language);
    assert_int_equal(statement.is_ended, expected[i].is_ended);
    assert_ptr_equal(text.data + statement.offset, statement.text.data);
  }
  assert_false(script_next(text, &offset, language, &statement));
}

static void nothing_is_no_statement(void) {
  static const char *const scripts[] = {
      "", " \n\t", ";;;", "-- only a comment", "/* a /* b */ c */", "/* open"};
  for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) expect(scripts[i], NULL, NULL, 0);
}

static void lql_ends_with_a_semicolon(void) {
  static const struct expected expected[] = {
      {"SELECT ';' AS a, \"x;\" , `y;`", "lql", true},
      {"INSERT INTO t {\"a\": \"q\\\"; }\", b: 'it''s;'}", "lql", true},
      {"SELECT 1 /* ; /* ; */ */ -- ;\n , 2", "lql", true},
      {"SELECT E'\\';' AS e", "lql", true},
      {"SELECT 3", "lql", false}};
  expect("SELECT ';' AS a, \"x;\" , `y;`;\nINSERT INTO t {\"a\": \"q\\\"; }\", b: 'it''s;'};"
         "SELECT 1 /* ; /* ; */ */ -- ;\n , 2;; SELECT E'\\';' AS e ; -- last\n SELECT 3 ",
         NULL, expected, 5);
}

static void lql_quotes_in_many_ways(void) {
  static const struct expected expected[] = {{"SELECT $$a;b$$ AS x", "lql", true},
                                             {"SELECT $q$it's; $$;$q$ AS y, $1", "lql", true},
                                             {"SELECT 'x' LIKE'a\\' AS z", "lql", true},
                                             {"SELECT e'\\';', $2", "lql", true},
                                             {"SELECT $r$ ; $q$", "lql", false}};
  expect("SELECT $$a;b$$ AS x;SELECT $q$it's; $$;$q$ AS y, $1;SELECT 'x' LIKE'a\\' AS z;"
         "SELECT e'\\';', $2;SELECT $r$ ; $q$",
         "lql", expected, 5);
}

static void jql_ends_with_its_brace(void) {
  static const struct expected expected[] = {
      {"{\"find\":\"t}\",\"filter\":{\"a\":[{}]}}", "jql", true},
      {"{\"count\":\"u\"}", "jql", true},
      {"{\"open\":[1,2", "jql", false}};
  expect("{\"find\":\"t}\",\"filter\":{\"a\":[{}]}}{\"count\":\"u\"};\n{\"open\":[1,2", NULL,
         expected, 3);
}

static void nql_ends_with_its_line(void) {
  static const struct expected expected[] = {{"find users where name is 'a", "nql", true},
                                             {"SELECT is no word of mine", "nql", true},
                                             {"count users", "nql", false}};
  expect("find users where name is 'a\nSELECT is no word of mine\n\n  count users", "nql", expected,
         3);
}

static void languages_are_mixed(void) {
  static const struct expected expected[] = {{"INSERT INTO t {a: 1}", "lql", true},
                                             {"count t", "nql", true},
                                             {"{\"count\":\"t\"}", "jql", true},
                                             {"SELECT\n 1", "lql", true}};
  expect("INSERT INTO t {a: 1};\ncount t\n{\"count\":\"t\"}\nSELECT\n 1;", NULL, expected, 4);
}

/* Whatever the bytes: statements are cut in order, inside the script, and the work ends. */
static void any_bytes_are_cut(void) {
  static const char letters[] = "a;'\"`{}[]\\-/* \n\tselect\xc3$$";
  static const char *const languages[] = {NULL, "lql", "nql", "jql"};
  for (size_t round = 0; round < test_rounds(20000); round++) {
    uint8_t bytes[64];
    size_t count = rng_below(test_rng(), sizeof bytes), offset = 0, end = 0;
    for (size_t i = 0; i < count; i++)
      bytes[i] = (uint8_t)letters[rng_below(test_rng(), sizeof letters - 1)];
    struct slice script = slice_of(bytes, count);
    struct script_statement statement;
    const char *language = languages[rng_below(test_rng(), 4)];
    while (script_next(script, &offset, language, &statement)) {
      assert_true(statement.offset >= end);
      assert_true(statement.offset + statement.text.bytes <= offset && offset <= count);
      assert_true(statement.text.bytes > 0);
      end = offset;
    }
  }
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"nothing_is_no_statement", nothing_is_no_statement, 0},
      {"lql_ends_with_a_semicolon", lql_ends_with_a_semicolon, 0},
      {"lql_quotes_in_many_ways", lql_quotes_in_many_ways, 0},
      {"jql_ends_with_its_brace", jql_ends_with_its_brace, 0},
      {"nql_ends_with_its_line", nql_ends_with_its_line, 0},
      {"languages_are_mixed", languages_are_mixed, 0},
      {"any_bytes_are_cut", any_bytes_are_cut, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
