/* SPDX-License-Identifier: MIT */
#include "cli/dump/dump.h"
#include "cli/io/progress.h"

struct reading {
  struct cli *cli;
  struct target *target;
  struct dump_counts *counts;
  struct progress progress;
  struct json_reader *json;
  struct buf pending;            /* bytes not taken yet */
  struct buf values;             /* what a line of ours became */
  uint64_t line;                 /* of the byte at the front of `pending` */
  struct target_import *import;  /* of the collection under way */
  uint64_t import_line, counted; /* where it began; its documents counted already */
  bool has_begun, has_ended;
  struct arena arena;  /* of lines that are done later */
  struct slice rules;  /* the line of the collection under way */
  struct slice *views; /* those of views: one may read another */
  uint32_t views_count, views_capacity;
};

static status fail_line(const struct reading *reading, struct err *err, const char *what) {
  err_raise(err, LUMA_INVALID_VALUE, __FILE__, __LINE__, "%s", what);
  err_hint(err, "lumadb dump writes what load reads");
  if (err) {
    err->line = (uint32_t)reading->line;
    err->column = 1;
  }
  return LUMA_INVALID_VALUE;
}

static void place_error(const struct reading *reading, struct err *err) {
  if (err && err->line) err->line += (uint32_t)(reading->import_line - 1);
}

static void count_documents(struct reading *reading, uint64_t documents) {
  reading->counts->documents += documents - reading->counted;
  reading->counted = documents;
}

static status end_import(struct reading *reading, struct err *err) {
  struct target_import *import = reading->import;
  struct import_stats stats = {0};
  if (!import) return LUMA_OK;
  reading->import = NULL;
  status result = reading->target->ops->import_close(import, &stats, err);
  count_documents(reading, stats.documents);
  if (result != LUMA_OK) place_error(reading, err);
  return result == LUMA_OK ? dump_end_rules(reading->target, reading->rules, err) : result;
}

static status keep_line(struct reading *reading, struct slice text, struct slice *kept,
                        struct err *err) {
  const void *copy = arena_copy(&reading->arena, text.data, text.bytes);
  if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a line of the dump");
  *kept = slice_of(copy, text.bytes);
  return LUMA_OK;
}

static status begin_collection(struct reading *reading, const struct val *line, struct slice text,
                               struct err *err) {
  struct val name = val_field(line, slice_of_text("name"));
  TRY(end_import(reading, err));
  if (name.type != VAL_TEXT) return fail_line(reading, err, "a collection without a name");
  TRY(keep_line(reading, text, &reading->rules, err));
  TRY(dump_begin_rules(reading->target, line, err));
  reading->counts->collections++;
  reading->counted = 0;
  reading->import_line = reading->line + 1;
  struct target_importing importing = {.collection = val_slice(&name), .type = IMPORT_NDJSON};
  return reading->target->ops->import_open(reading->target, &importing, &reading->import, err);
}

static status take_view(struct reading *reading, struct slice text, struct err *err) {
  TRY(end_import(reading, err));
  if (reading->views_count == reading->views_capacity) {
    uint32_t capacity = reading->views_capacity ? 2 * reading->views_capacity : 16;
    struct slice *views = arena_zalloc(&reading->arena, capacity, sizeof *views);
    if (!views) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for views");
    if (reading->views_count) memcpy(views, reading->views, reading->views_count * sizeof *views);
    reading->views = views;
    reading->views_capacity = capacity;
  }
  return keep_line(reading, text, &reading->views[reading->views_count++], err);
}

/* Of a collection whose documents are there. */
static status take_soul(struct reading *reading, const struct val *line, struct err *err) {
  struct val statement = val_field(line, slice_of_text("statement"));
  TRY(end_import(reading, err));
  if (statement.type != VAL_TEXT ||
      !slice_has_prefix(val_slice(&statement), slice_of_text("CREATE SOUL ")))
    return fail_line(reading, err, "this line makes no soul");
  reading->counts->souls++;
  return target_exec(reading->target, "lql", val_slice(&statement), err);
}

/* Those that can be made, until none is left or none can. */
static status make_views(struct reading *reading, struct err *err) {
  uint32_t left = reading->views_count, before = 0;
  struct err failed = {0};
  while (left && left != before) {
    before = left;
    left = 0;
    for (uint32_t i = 0; i < before; i++) {
      status made = dump_make_view(reading->target, reading->views[i], &failed);
      if (made == LUMA_OK)
        reading->counts->views++;
      else
        reading->views[left++] = reading->views[i];
    }
  }
  if (left && err) *err = failed;
  return left ? failed.code : LUMA_OK;
}

static status end_dump(struct reading *reading, const struct val *line, struct err *err) {
  struct val documents = val_field(line, slice_of_text("documents"));
  int64_t count = -1;
  TRY(end_import(reading, err));
  TRY(make_views(reading, err));
  reading->has_ended = true;
  if (!val_is_number(&documents) || !val_to_int64(&documents, &count) ||
      (uint64_t)count != reading->counts->documents)
    return fail_line(reading, err, "the dump has not as many documents as its last line says");
  return LUMA_OK;
}

static bool is_kind(const struct val *line, const char *kind) {
  struct val value = val_field(line, slice_of_text("$lumadb"));
  return value.type == VAL_TEXT && slice_is_equal(val_slice(&value), slice_of_text(kind));
}

/* A line of ours: {"$lumadb":…}. */
static status take_line(struct reading *reading, struct slice text, struct err *err) {
  static const struct json_read_options plain = {.form = JSON_PLAIN};
  struct val line;
  buf_reset(&reading->values);
  status read = json_read_value(reading->json, text, &plain, &reading->values, &line, err);
  if (read != LUMA_OK) {
    if (err) err->line = (uint32_t)reading->line;
    return read;
  }
  if (line.type != VAL_MAP) return fail_line(reading, err, "this line is not of a dump");
  if (!reading->has_begun) {
    struct val version = val_field(&line, slice_of_text("version"));
    reading->has_begun = true;
    if (!is_kind(&line, "dump")) return fail_line(reading, err, "this is not a dump of LumaDB");
    if (!val_is_integer(&version) || version.integer != DUMP_VERSION)
      return fail_line(reading, err, "the dump is of a version this build does not know");
    return LUMA_OK;
  }
  if (is_kind(&line, "collection")) return begin_collection(reading, &line, text, err);
  if (is_kind(&line, "view")) return take_view(reading, text, err);
  if (is_kind(&line, "soul")) return take_soul(reading, &line, err);
  if (is_kind(&line, "end")) return end_dump(reading, &line, err);
  if (!is_kind(&line, "index")) return fail_line(reading, err, "this line has no meaning here");
  TRY(end_import(reading, err));
  if (val_field(&line, slice_of_text("change")).type == VAL_MAP)
    return dump_change_index(reading->target, &line, err);
  reading->counts->indexes++;
  return dump_make_index(reading->target, &line, err);
}

static status take_documents(struct reading *reading, struct slice lines, struct err *err) {
  if (lines.bytes == 0) return LUMA_OK;
  if (!reading->import) return fail_line(reading, err, "a document before its collection");
  status result = reading->target->ops->import_write(reading->import, lines, err);
  if (result != LUMA_OK) place_error(reading, err);
  count_documents(reading, reading->target->ops->import_progress(reading->import).documents);
  return result;
}

/* The bytes of the first line with its end; 0 when it is not all here. */
static size_t line_bytes(struct slice text) {
  const uint8_t *end = text.bytes ? memchr(text.data, '\n', text.bytes) : NULL;
  return end ? (size_t)(end - text.data) + 1 : 0;
}

/* Takes the whole lines that wait: runs of documents at once, lines of ours one by one. */
static status take_pending(struct reading *reading, struct err *err) {
  struct slice rest = buf_slice(&reading->pending);
  struct slice run = slice_of(rest.data, 0);
  uint64_t run_lines = 0;
  for (size_t bytes; (bytes = line_bytes(rest));
       rest = slice_of(rest.data + bytes, rest.bytes - bytes)) {
    bool is_ours = !reading->has_begun || slice_has_prefix(rest, slice_of_text("{\"$lumadb\""));
    if (!is_ours) {
      run.bytes += bytes;
      run_lines++;
      continue;
    }
    TRY(take_documents(reading, run, err));
    reading->line += run_lines;
    TRY(take_line(reading, slice_of(rest.data, bytes), err));
    reading->line++;
    run = slice_of(rest.data + bytes, 0);
    run_lines = 0;
  }
  TRY(take_documents(reading, run, err));
  reading->line += run_lines;
  if (rest.bytes) memmove(reading->pending.data, rest.data, rest.bytes);
  reading->pending.bytes = rest.bytes;
  return LUMA_OK;
}

static status read_all(struct reading *reading, struct input *input, struct err *err) {
  struct slice piece;
  do {
    TRY(input_next(input, &piece, err));
    buf_append_slice(&reading->pending, piece);
    if (piece.bytes == 0 && reading->pending.bytes > 0) buf_append_byte(&reading->pending, '\n');
    TRY(buf_check(&reading->pending, "a line of the dump", err));
    TRY(take_pending(reading, err));
    progress_show(&reading->progress, input->offset, reading->counts->documents);
  } while (piece.bytes > 0);
  if (!reading->has_ended)
    return fail_line(reading, err, "the dump ends early: its last line is missing");
  return LUMA_OK;
}

status dump_read(struct cli *cli, struct target *target, struct input *input,
                 struct dump_counts *counts, struct err *err) {
  struct reading reading = {.cli = cli, .target = target, .counts = counts, .line = 1};
  struct err second = {0};
  buf_init(&reading.pending, DUMP_LINE_BYTES_MAX);
  buf_init(&reading.values, DUMP_LINE_BYTES_MAX);
  arena_init(&reading.arena, 0, 0);
  progress_begin(&reading.progress, cli, input->bytes_total);
  status result = json_reader_create(&reading.json, err);
  if (result == LUMA_OK) result = read_all(&reading, input, err);
  status ended = end_import(&reading, result == LUMA_OK ? err : &second);
  (void)progress_end(&reading.progress);
  json_reader_destroy(reading.json);
  buf_deinit(&reading.pending);
  buf_deinit(&reading.values);
  arena_deinit(&reading.arena);
  return result == LUMA_OK ? ended : result;
}
