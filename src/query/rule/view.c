/* SPDX-License-Identifier: MIT */
/* The text of a view, as a statement that stands by itself. */
#include "model/catalog/catalog.h"
#include "query/bind/bind.h"
#include "query/lang/lang.h"
#include "query/rule/rule_int.h"

static status read(struct arena *arena, struct slice text, struct statement *statement,
                   struct err *err) {
  const struct lang *lang = text.bytes && text.data[0] == '{' ? &lang_jql : &lang_lql;
  struct lang_context context = {.arena = arena};
  size_t offset = 0;
  return lang->parse(&context, text, &offset, statement, err);
}

static status read_view(struct arena *arena, struct slice text, struct plan **plan,
                        struct err *err) {
  struct statement statement;
  TRY(read(arena, text, &statement, err));
  *plan = statement.root;
  return LUMA_OK;
}

status rule__bind_view(const struct catalog *catalog, const struct collection *view,
                       struct err *err) {
  struct statement statement;
  struct arena arena;
  arena_init(&arena, 0, 0);
  struct bind_options options = {.arena = &arena,
                                 .catalog = catalog,
                                 .session = catalog_session_of(view->name),
                                 .read_view = read_view};
  status result = read(&arena, view->view, &statement, err);
  if (result == LUMA_OK) result = bind_statement(&options, &statement, err);
  arena_deinit(&arena);
  return result;
}
