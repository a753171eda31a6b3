/* SPDX-License-Identifier: MIT */
#include "cli/shell/shell_int.h"
#include "cli/target/names.h"

/* The language of the line under way. */
static const struct lang *language_of(const struct shell *shell, struct slice line) {
  if (shell->language) return lang_find(slice_of_text(shell->language));
  return lang_guess(shell->pending.bytes ? buf_slice(&shell->pending) : line);
}

static void offer_keywords(struct editor *editor, const struct lang *lang) {
  for (const char *const *keyword = lang->keywords; keyword && *keyword; keyword++)
    editor_offer(editor, slice_of_text(*keyword));
}

static void offer_collections(struct shell *shell, struct editor *editor) {
  struct arena arena;
  struct names_list names;
  arena_init(&arena, 0, 0);
  if (names_collections(shell->target, &arena, &names, NULL) == LUMA_OK) {
    for (size_t i = 0; i < names.count; i++) editor_offer(editor, names.items[i]);
  }
  names_list_deinit(&names);
  arena_deinit(&arena);
}

void shell__complete(void *context, struct editor *editor, struct slice line, struct slice word) {
  struct shell *shell = context;
  if (slice_has_prefix(line, slice_of_text(".")) && word.data == line.data) {
    shell__offer_dots(editor);
    return;
  }
  const struct lang *lang = language_of(shell, line);
  bool is_first = shell->pending.bytes == 0 && word.data == line.data;
  if (word.bytes > 0) offer_keywords(editor, lang);
  /* The first word makes the guess, so a part of it cannot. */
  if (word.bytes > 0 && is_first && !shell->language && lang != &lang_lql)
    offer_keywords(editor, &lang_lql);
  if (!is_first) offer_collections(shell, editor);
}
