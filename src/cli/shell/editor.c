/* SPDX-License-Identifier: MIT */
#include "cli/shell/editor.h"

#include <histedit.h>
#include <stdio.h>

#include "base/mem/mem.h"
#include "base/text/utf8.h"

enum { HISTORY_LINES = 2000, LINE_BYTES_MAX = 64 << 20, PIECE_BYTES = 16 << 10, OFFERS_SHOWN = 60 };

struct editor {
  struct cli *cli;
  editor_complete_fn *complete;
  void *context;
  const char *prompt, *history_path;
  EditLine *edit; /* NULL: no terminal */
  History *history;
  bool interrupted;
  /* completion under way */
  struct slice word;
  struct buf offers, common;
  size_t offers_count;
  /* without a terminal */
  struct buf pending;
  size_t taken;
  bool has_ended;
};

/* ---- completion ---- */

static bool has_prefix_nocase(struct slice text, struct slice prefix) {
  return text.bytes >= prefix.bytes &&
         slice_is_equal_nocase(slice_of(text.data, prefix.bytes), prefix);
}

void editor_offer(struct editor *editor, struct slice candidate) {
  if (!has_prefix_nocase(candidate, editor->word)) return;
  if (editor->offers_count++ == 0) {
    buf_append_slice(&editor->common, candidate);
  } else {
    size_t same = 0;
    while (same < editor->common.bytes && same < candidate.bytes &&
           editor->common.data[same] == candidate.data[same])
      same++;
    editor->common.bytes = same;
  }
  if (editor->offers_count > OFFERS_SHOWN) return;
  buf_append_slice(&editor->offers, candidate);
  buf_append_text(&editor->offers, "  ");
}

static bool is_word(char c) {
  return c == '_' || c == '$' || c == '.' || (c >= '0' && c <= '9') ||
         ((c | 32) >= 'a' && (c | 32) <= 'z') || (c & 0x80);
}

/* The word before the cursor takes what all offers share; when that is nothing more, they are
 * listed. */
static unsigned char complete(EditLine *edit, int key) {
  (void)key;
  struct editor *editor;
  el_get(edit, EL_CLIENTDATA, &editor);
  const LineInfo *line = el_line(edit);
  const char *start = line->cursor;
  while (start > line->buffer && is_word(start[-1])) start--;
  editor->word = slice_of(start, (size_t)(line->cursor - start));
  editor->offers_count = 0;
  buf_reset(&editor->offers);
  buf_reset(&editor->common);
  editor->complete(editor->context, editor,
                   slice_of(line->buffer, (size_t)(line->lastchar - line->buffer)), editor->word);
  if (editor->offers_count == 0 || editor->common.failed != LUMA_OK) return CC_REFRESH_BEEP;
  if (editor->offers_count == 1) buf_append_byte(&editor->common, ' ');
  bool is_longer = editor->common.bytes > editor->word.bytes;
  if (is_longer && buf_append_byte(&editor->common, 0)) {
    el_deletestr(edit, (int)utf8_count(editor->word));
    return el_insertstr(edit, (const char *)editor->common.data) == 0 ? CC_REFRESH
                                                                      : CC_REFRESH_BEEP;
  }
  out_text(&editor->cli->out, "\n");
  out_slice(&editor->cli->out, buf_slice(&editor->offers));
  out_text(&editor->cli->out, editor->offers_count > OFFERS_SHOWN ? "…\n" : "\n");
  out_flush(&editor->cli->out);
  return CC_REDISPLAY;
}

static unsigned char interrupt(EditLine *edit, int key) {
  (void)key;
  struct editor *editor;
  el_get(edit, EL_CLIENTDATA, &editor);
  editor->interrupted = true;
  out_text(&editor->cli->out, "^C\n");
  out_flush(&editor->cli->out);
  return CC_NEWLINE;
}

static const char *prompt_of(EditLine *edit) {
  struct editor *editor;
  el_get(edit, EL_CLIENTDATA, &editor);
  return editor->prompt;
}

/* ---- open, close ---- */

static status open_terminal(struct editor *editor, struct err *err) {
  HistEvent event;
  process_use_character_set();
  editor->history = history_init();
  editor->edit = el_init("lumadb", stdin, stdout, stderr);
  if (!editor->edit || !editor->history)
    FAIL(err, LUMA_OUT_OF_MEMORY, "the terminal cannot be prepared");
  history(editor->history, &event, H_SETSIZE, HISTORY_LINES);
  history(editor->history, &event, H_SETUNIQUE, 1);
  if (editor->history_path) history(editor->history, &event, H_LOAD, editor->history_path);
  el_set(editor->edit, EL_CLIENTDATA, editor);
  el_set(editor->edit, EL_PROMPT, prompt_of);
  el_set(editor->edit, EL_EDITOR, "emacs");
  el_set(editor->edit, EL_HIST, history, editor->history);
  el_set(editor->edit, EL_ADDFN, "complete-word", "complete the word", complete);
  el_set(editor->edit, EL_ADDFN, "interrupt-line", "give the line up", interrupt);
  el_source(editor->edit, NULL);
  el_set(editor->edit, EL_BIND, "^I", "complete-word", NULL);
  el_set(editor->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
  /* Ctrl-C is a key while a line is edited. */
  el_set(editor->edit, EL_SETTY, "-d", "-isig", NULL);
  el_set(editor->edit, EL_BIND, "^C", "interrupt-line", NULL);
  return LUMA_OK;
}

status editor_open(struct cli *cli, const char *history_path, editor_complete_fn *complete_fn,
                   void *context, struct editor **out, struct err *err) {
  struct editor *editor = mem_zalloc(1, sizeof *editor);
  if (!editor) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the shell");
  *editor = (struct editor){
      .cli = cli, .complete = complete_fn, .context = context, .history_path = history_path};
  buf_init(&editor->offers, LINE_BYTES_MAX);
  buf_init(&editor->common, LINE_BYTES_MAX);
  buf_init(&editor->pending, LINE_BYTES_MAX);
  bool is_terminal = process_is_terminal(PROCESS_INPUT) && cli->out.is_terminal;
  status result = is_terminal ? open_terminal(editor, err) : LUMA_OK;
  if (result != LUMA_OK)
    editor_close(editor);
  else
    *out = editor;
  return result;
}

void editor_close(struct editor *editor) {
  HistEvent event;
  if (!editor) return;
  if (editor->history && editor->history_path)
    history(editor->history, &event, H_SAVE, editor->history_path);
  if (editor->edit) el_end(editor->edit);
  if (editor->history) history_end(editor->history);
  buf_deinit(&editor->offers);
  buf_deinit(&editor->common);
  buf_deinit(&editor->pending);
  mem_free(editor);
}

/* ---- lines ---- */

static enum editor_answer next_edited(struct editor *editor, const char *prompt,
                                      struct slice *line) {
  HistEvent event;
  int count = 0;
  editor->prompt = prompt;
  editor->interrupted = false;
  const char *text = el_gets(editor->edit, &count);
  if (editor->interrupted) return EDITOR_INTERRUPT;
  if (!text || count <= 0) return EDITOR_END;
  *line = slice_of(text, (size_t)count);
  if (count > 1) history(editor->history, &event, H_ENTER, text);
  while (line->bytes > 0 && (line->data[line->bytes - 1] == '\n')) line->bytes--;
  return EDITOR_LINE;
}

/* The next line of `pending`; false when it is not all there. */
static bool take_line(struct editor *editor, struct slice *line) {
  const uint8_t *from = editor->pending.data + editor->taken;
  size_t rest = editor->pending.bytes - editor->taken;
  const uint8_t *end = rest ? memchr(from, '\n', rest) : NULL;
  if (!end && !(editor->has_ended && rest > 0)) return false;
  *line = slice_of(from, end ? (size_t)(end - from) : rest);
  editor->taken += line->bytes + (end != NULL);
  return true;
}

static status next_read(struct editor *editor, struct slice *line, enum editor_answer *answer,
                        struct err *err) {
  *answer = EDITOR_LINE;
  while (!take_line(editor, line)) {
    *answer = EDITOR_END;
    if (editor->has_ended) return LUMA_OK;
    struct buf *pending = &editor->pending;
    if (editor->taken > 0)
      memmove(pending->data, pending->data + editor->taken, pending->bytes - editor->taken);
    pending->bytes -= editor->taken;
    editor->taken = 0;
    size_t got = 0;
    uint8_t *room = buf_reserve(pending, PIECE_BYTES);
    if (!room) return buf_check(pending, "a line of the input", err);
    TRY(process_read(PROCESS_INPUT, room, PIECE_BYTES, &got, err));
    pending->bytes += got;
    editor->has_ended = got == 0;
    *answer = EDITOR_LINE;
  }
  return LUMA_OK;
}

status editor_next(struct editor *editor, const char *prompt, struct slice *line,
                   enum editor_answer *answer, struct err *err) {
  out_flush(&editor->cli->out);
  *line = slice_of(NULL, 0);
  if (!editor->edit) return next_read(editor, line, answer, err);
  *answer = next_edited(editor, prompt, line);
  return LUMA_OK;
}
