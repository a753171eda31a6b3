/* SPDX-License-Identifier: MIT */
#include "base/text/suggest.h"

#include "tests/lib/test.h"

static const char *const names[] = {"users", "orders",      "customers", "cities",
                                    "boxes", "order_lines", "écoles"};

/* The name suggested for what was typed, NULL for none. */
static void expect_suggestion(const char *typed, const char *expected) {
  struct suggest suggest;
  suggest_init(&suggest, slice_of_text(typed));
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    suggest_offer(&suggest, slice_of_text(names[i]));
  if (suggest_is_good(&suggest) != (expected != NULL)) fail_msg("`%s`", typed);
  if (expected && !slice_is_equal(suggest.best, slice_of_text(expected)))
    fail_msg("`%s`: %.*s", typed, SLICE_ARG(suggest.best));
}

static void near_names_are_suggested(void) {
  expect_suggestion("user", "users");
  expect_suggestion("usres", "users");
  expect_suggestion("USERS", "users");
  expect_suggestion("uzers", "users");
  expect_suggestion("custommer", "customers");
  expect_suggestion("cust", "customers");
  expect_suggestion("city", "cities");
  expect_suggestion("box", "boxes");
  expect_suggestion("orderlnies", "order_lines");
  expect_suggestion("ecoles", "écoles");
}

static void far_names_are_not(void) {
  expect_suggestion("", NULL);
  expect_suggestion("x", NULL);
  expect_suggestion("us", NULL);
  expect_suggestion("airports", NULL);
  expect_suggestion("zzzzz", NULL);
}

static void nothing_offered_suggests_nothing(void) {
  struct suggest suggest;
  suggest_init(&suggest, slice_of_text("users"));
  assert_false(suggest_is_good(&suggest));
  static char huge[10000];
  memset(huge, 'x', sizeof huge);
  suggest_offer(&suggest, slice_of(huge, sizeof huge));
  assert_false(suggest_is_good(&suggest));
}

/* The nearest wins; among equals the first. */
static void the_nearest_wins(void) {
  struct suggest suggest;
  suggest_init(&suggest, slice_of_text("name"));
  suggest_offer(&suggest, slice_of_text("fame"));
  suggest_offer(&suggest, slice_of_text("game"));
  assert_true(slice_is_equal(suggest.best, slice_of_text("fame")));
  suggest_offer(&suggest, slice_of_text("Name"));
  assert_true(slice_is_equal(suggest.best, slice_of_text("Name")));
  assert_int_equal(suggest.best_distance, 0);
}

static void slices_compare(void) {
  assert_true(slice_is_equal_nocase(slice_of_text("AbZ[@"), slice_of_text("aBz[@")));
  assert_false(slice_is_equal_nocase(slice_of_text("[@"), slice_of_text("{`")));
  assert_false(slice_is_equal_nocase(slice_of_text("ab"), slice_of_text("abc")));
  assert_true(slice_compare(slice_of_text("ab"), slice_of_text("abc")) < 0);
  assert_true(slice_compare(slice_of_text("b"), slice_of_text("abc")) > 0);
  assert_int_equal(slice_compare(slice_of(NULL, 0), slice_of_text("")), 0);
  assert_true(slice_has_prefix(slice_of_text("abc"), slice_of_text("ab")));
  assert_true(slice_has_prefix(slice_of_text("abc"), slice_of(NULL, 0)));
  assert_false(slice_has_prefix(slice_of_text("a"), slice_of_text("ab")));
}

int main(int argc, char **argv) {
  static const struct test_case cases[] = {
      {"near_names_are_suggested", near_names_are_suggested, 0},
      {"far_names_are_not", far_names_are_not, 0},
      {"nothing_offered_suggests_nothing", nothing_offered_suggests_nothing, 0},
      {"the_nearest_wins", the_nearest_wins, 0},
      {"slices_compare", slices_compare, 0},
  };
  return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
