/* SPDX-License-Identifier: MIT */
#include "store/lsm/manifest/manifest.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/core/assert.h"
#include "base/core/bytes.h"
#include "base/hash/hash.h"
#include "base/mem/mem.h"
#include "base/text/num.h"
#include "store/lsm/dbfile/dbfile.h"
#include "store/lsm/manifest/edit.h"

enum {
  ROOM_BYTES = 64 << 10, /* the file is allocated in such steps, so that an edit never meets a full
                            disk half way */
  GROWN_BYTES = 256 << 10, /* a manifest below this is never rewritten */
  CURRENT_BYTES_MAX = 128,
  FILE_BYTES_MAX = 1 << 30,
};

#define CURRENT_FORMAT "lumadb manifest %012llu version 1\n"

struct manifest {
  struct os *os;
  const char *directory;
  struct manifest_state state;
  struct os_file *file; /* NULL until manifest_start */
  bool clean;
  uint64_t number;      /* of the manifest's own file */
  uint64_t bytes, room; /* written, allocated */
  uint64_t last_at;     /* where the last edit read stands */
  uint64_t picture_bytes;
  _Atomic uint64_t next_number; /* taken from by any thread; edits write it down */
  status failed;
  char reason[ERR_MESSAGE_BYTES];
};

/* ---- CURRENT ---- */

status manifest_exists(struct os *os, const char *directory, bool *exists, struct err *err) {
  struct dbfile_path path;
  struct os_stat stat;
  TRY(dbfile_make(directory, DBFILE_CURRENT, 0, &path, err));
  status answer = os_stat(os, path.text, &stat, err);
  if (answer != LUMA_OK && answer != LUMA_NOT_FOUND) return answer;
  *exists = answer == LUMA_OK;
  if (err) err_reset(err);
  return LUMA_OK;
}

static status write_new_file(struct os *os, const char *path, struct slice bytes, struct err *err) {
  struct os_file *file;
  TRY(os_open(os, path, OS_OPEN_WRITE | OS_OPEN_CREATE, &file, err));
  status answer = os_truncate(os, file, 0, err);
  if (answer == LUMA_OK) answer = os_write_at(os, file, 0, bytes.data, bytes.bytes, err);
  if (answer == LUMA_OK) answer = os_sync(os, file, err);
  status closed = os_close(os, file, answer == LUMA_OK ? err : NULL);
  return answer == LUMA_OK ? closed : answer;
}

static status make_current(struct os *os, const char *directory, uint64_t number, struct err *err) {
  struct dbfile_path path;
  char text[CURRENT_BYTES_MAX];
  TRY(dbfile_make(directory, DBFILE_CURRENT_MAKING, 0, &path, err));
  int bytes = snprintf(text, sizeof text, CURRENT_FORMAT, (unsigned long long)number);
  return write_new_file(os, path.text, slice_of(text, (size_t)bytes), err);
}

static status switch_current(struct os *os, const char *directory, struct err *err) {
  struct dbfile_path from, to;
  TRY(dbfile_make(directory, DBFILE_CURRENT_MAKING, 0, &from, err));
  TRY(dbfile_make(directory, DBFILE_CURRENT, 0, &to, err));
  TRY(os_rename(os, from.text, to.text, err));
  return os_sync_dir(os, directory, err);
}

/* "lumadb manifest NNNNNNNNNNNN version V\n" */
static status parse_current(struct slice text, uint64_t *number, struct err *err) {
  enum { DIGITS = 12 };
  struct slice head = slice_of_text("lumadb manifest "), middle = slice_of_text(" version ");
  int64_t value = 0, version = 0;
  bool fits = text.bytes > head.bytes + DIGITS + middle.bytes + 1 && slice_has_prefix(text, head) &&
              text.data[text.bytes - 1] == '\n';
  if (fits) {
    struct slice digits = slice_of(text.data + head.bytes, DIGITS);
    struct slice rest = slice_of(digits.data + DIGITS, text.bytes - head.bytes - DIGITS - 1);
    fits =
        num_parse_int64(digits, &value) && value > 0 && slice_has_prefix(rest, middle) &&
        num_parse_int64(slice_of(rest.data + middle.bytes, rest.bytes - middle.bytes), &version) &&
        version > 0;
  }
  if (!fits) FAIL(err, LUMA_CORRUPT, "is damaged at offset 0: it names no manifest");
  if (version > 1) FAIL(err, LUMA_VERSION_TOO_NEW, "was written by a newer version of LumaDB");
  *number = (uint64_t)value;
  return LUMA_OK;
}

static status read_current(struct os *os, const char *directory, uint64_t *number,
                           struct err *err) {
  struct dbfile_path path;
  struct buf text;
  TRY(dbfile_make(directory, DBFILE_CURRENT, 0, &path, err));
  buf_init(&text, CURRENT_BYTES_MAX);
  status answer = os_read_file(os, path.text, &text, err);
  if (answer == LUMA_TOO_LARGE)
    answer = err_raise(err, LUMA_CORRUPT, __FILE__, __LINE__, "`%s` is damaged: it is too long",
                       path.text);
  if (answer == LUMA_OK) {
    answer = parse_current(buf_slice(&text), number, err);
    if (answer != LUMA_OK) err_wrap(err, "`%s`", path.text);
  }
  buf_deinit(&text);
  return answer;
}

/* ---- reading ---- */

struct loading {
  struct manifest_state *state;
  const char *path;
  struct slice bytes;
  size_t at, last_at;
};

static status fail_damaged(const struct loading *loading, const char *what, struct err *err) {
  err_raise(err, LUMA_CORRUPT, __FILE__, __LINE__, "`%s` is damaged at offset %zu: %s",
            loading->path, loading->at, what);
  err_hint(err, "restore the database from a backup; nothing was changed");
  return LUMA_CORRUPT;
}

/* Each edit was synced before the next was written: a good one behind a bad one is proof of damage.
 */
static status judge_tail(const struct loading *loading, struct err *err) {
  for (size_t at = loading->at + EDIT_ALIGN; at < loading->bytes.bytes; at += EDIT_ALIGN) {
    struct edit_frame frame =
        edit_look_at(slice_of(loading->bytes.data + at, loading->bytes.bytes - at));
    if ((frame.look == EDIT_GOOD || frame.look == EDIT_TOO_NEW) &&
        frame.number > loading->state->edits)
      return fail_damaged(loading, "an edit that was durable cannot be read", err);
  }
  return LUMA_OK;
}

static status load_edit(struct loading *loading, const struct edit_frame *frame, struct err *err) {
  struct manifest_state *state = loading->state;
  bool is_first = loading->at == 0;
  if (!is_first && frame->number != state->edits + 1)
    return fail_damaged(loading, "an edit is missing", err);
  status answer = edit_apply(state, frame->payload, err);
  if (answer == LUMA_CORRUPT) err_wrap(err, "`%s` at offset %zu", loading->path, loading->at);
  TRY(answer);
  if (frame->database != load64le(state->uuid))
    return fail_damaged(loading, "an edit of another database", err);
  state->edits = frame->number;
  loading->last_at = loading->at;
  loading->at += frame->bytes;
  return LUMA_OK;
}

static status load_edits(struct loading *loading, struct err *err) {
  while (loading->at < loading->bytes.bytes) {
    struct edit_frame frame = edit_look_at(
        slice_of(loading->bytes.data + loading->at, loading->bytes.bytes - loading->at));
    if (frame.look == EDIT_TOO_NEW)
      FAIL(err, LUMA_VERSION_TOO_NEW, "`%s` was written by a newer version of LumaDB",
           loading->path);
    if (frame.look != EDIT_GOOD) break;
    TRY(load_edit(loading, &frame, err));
  }
  if (loading->at == 0) return fail_damaged(loading, "it does not begin with a picture", err);
  return judge_tail(loading, err);
}

static bool is_all_zero(struct slice bytes) {
  for (size_t i = 0; i < bytes.bytes; i++)
    if (bytes.data[i]) return false;
  return true;
}

/* Reads everything into `manifest`, which is clean when nothing but zeroes follows the last edit.
 */
static status load(struct manifest *manifest, struct err *err) {
  struct dbfile_path path;
  struct buf bytes;
  TRY(read_current(manifest->os, manifest->directory, &manifest->number, err));
  TRY(dbfile_make(manifest->directory, DBFILE_MANIFEST, manifest->number, &path, err));
  buf_init(&bytes, FILE_BYTES_MAX);
  status answer = os_read_file(manifest->os, path.text, &bytes, err);
  if (answer == LUMA_NOT_FOUND)
    answer = err_raise(err, LUMA_CORRUPT, __FILE__, __LINE__,
                       "`%s` is missing, which CURRENT names", path.text);
  struct loading loading = {
      .state = &manifest->state, .path = path.text, .bytes = buf_slice(&bytes)};
  if (answer == LUMA_OK) answer = load_edits(&loading, err);
  if (answer == LUMA_OK) {
    manifest->bytes = loading.at;
    manifest->last_at = loading.last_at;
    manifest->room = bytes.bytes;
    manifest->clean = is_all_zero(slice_of(bytes.data + loading.at, bytes.bytes - loading.at));
  }
  buf_deinit(&bytes);
  return answer;
}

/* ---- writing ---- */

static status manifest_path(const struct manifest *manifest, uint64_t number,
                            struct dbfile_path *path, struct err *err) {
  return dbfile_make(manifest->directory, DBFILE_MANIFEST, number, path, err);
}

static void set_failed(struct manifest *manifest, status code, const struct err *err) {
  manifest->failed = code;
  snprintf(manifest->reason, sizeof manifest->reason, "%s", err->message);
}

static status fail_if_failed(const struct manifest *manifest, struct err *err) {
  if (manifest->failed == LUMA_OK) return LUMA_OK;
  err_raise(err, LUMA_READ_ONLY, __FILE__, __LINE__, "the manifest could not be written: %s",
            manifest->reason);
  err_hint(err, "everything acknowledged is safe; make the disk sound and open the database again");
  return LUMA_READ_ONLY;
}

/* Writes a manifest file with one picture, durable but not yet named by CURRENT. */
static status write_picture(struct manifest *manifest, uint64_t number, struct slice picture,
                            struct os_file **file, struct err *err) {
  struct dbfile_path path;
  struct os *os = manifest->os;
  TRY(manifest_path(manifest, number, &path, err));
  TRY(os_open(os, path.text, OS_OPEN_WRITE | OS_OPEN_CREATE | OS_OPEN_EXCLUSIVE, file, err));
  uint64_t room = (picture.bytes / ROOM_BYTES + 1) * ROOM_BYTES;
  status answer = os_allocate(os, *file, room, err);
  if (answer == LUMA_OK) answer = os_write_at(os, *file, 0, picture.data, picture.bytes, err);
  if (answer == LUMA_OK) answer = os_sync(os, *file, err);
  if (answer == LUMA_OK) answer = os_sync_dir(os, manifest->directory, err);
  if (answer == LUMA_OK) answer = make_current(os, manifest->directory, number, err);
  if (answer == LUMA_OK) return LUMA_OK;
  os_close(os, *file, NULL);
  os_remove(os, path.text, NULL);
  return answer;
}

static void remove_old(struct manifest *manifest, uint64_t number) {
  struct dbfile_path path;
  if (manifest_path(manifest, number, &path, NULL) == LUMA_OK)
    os_remove(manifest->os, path.text, NULL);
}

/* A new file with a picture of the state takes over. Up to the rename a failure changes nothing. */
static status rewrite(struct manifest *manifest, struct err *err) {
  struct buf picture;
  struct os_file *file;
  uint64_t number = manifest_take_number(manifest), old = manifest->number;
  buf_init(&picture, EDIT_PAYLOAD_BYTES_MAX);
  manifest->state.next_number = manifest->next_number;
  status answer = edit_encode_picture(&manifest->state, manifest->state.edits + 1, &picture, err);
  if (answer == LUMA_OK) answer = write_picture(manifest, number, buf_slice(&picture), &file, err);
  size_t bytes = picture.bytes;
  buf_deinit(&picture);
  TRY(answer);
  struct err failure = {0};
  answer = switch_current(manifest->os, manifest->directory, &failure);
  if (answer != LUMA_OK) {
    set_failed(manifest, answer, &failure);
    os_close(manifest->os, file, NULL);
    return fail_if_failed(manifest, err);
  }
  if (manifest->file) os_close(manifest->os, manifest->file, NULL);
  manifest->file = file;
  manifest->number = number;
  manifest->bytes = manifest->picture_bytes = bytes;
  manifest->room = (bytes / ROOM_BYTES + 1) * ROOM_BYTES;
  manifest->state.edits++;
  remove_old(manifest, old);
  return LUMA_OK;
}

static status make_room(struct manifest *manifest, size_t bytes, struct err *err) {
  if (manifest->bytes + bytes <= manifest->room) return LUMA_OK;
  uint64_t room = ((manifest->bytes + bytes) / ROOM_BYTES + 1) * ROOM_BYTES;
  TRY(os_allocate(manifest->os, manifest->file, room, err));
  manifest->room = room;
  return LUMA_OK;
}

static status append(struct manifest *manifest, struct slice bytes, struct err *err) {
  TRY(make_room(manifest, bytes.bytes, err));
  struct err failure = {0};
  status answer =
      os_write_at(manifest->os, manifest->file, manifest->bytes, bytes.data, bytes.bytes, &failure);
  if (answer == LUMA_OK) answer = os_sync(manifest->os, manifest->file, &failure);
  if (answer != LUMA_OK) {
    set_failed(manifest, answer, &failure);
    return fail_if_failed(manifest, err);
  }
  manifest->bytes += bytes.bytes;
  return LUMA_OK;
}

/* The state as it will be, made before anything is written: so that memory cannot run out
 * afterwards. */
static status next_state(const struct manifest *manifest, struct slice edit,
                         struct manifest_state *next, struct err *err) {
  struct buf picture;
  *next = (struct manifest_state){0};
  buf_init(&picture, EDIT_PAYLOAD_BYTES_MAX);
  status answer = edit_encode_picture(&manifest->state, manifest->state.edits, &picture, err);
  if (answer == LUMA_OK) answer = edit_apply(next, edit_look_at(buf_slice(&picture)).payload, err);
  if (answer == LUMA_OK) answer = edit_apply(next, edit_look_at(edit).payload, err);
  buf_deinit(&picture);
  next->edits = manifest->state.edits + 1;
  if (answer != LUMA_OK) manifest_state_deinit(next);
  return answer;
}

static bool is_grown(const struct manifest *manifest) {
  return manifest->bytes > GROWN_BYTES && manifest->bytes > 4 * manifest->picture_bytes;
}

status manifest_apply(struct manifest *manifest, const struct manifest_edit *edit,
                      struct err *err) {
  struct buf bytes;
  struct manifest_state next;
  TRY(fail_if_failed(manifest, err));
  if (is_grown(manifest)) TRY(rewrite(manifest, err));
  buf_init(&bytes, EDIT_PAYLOAD_BYTES_MAX);
  manifest->state.next_number = manifest->next_number;
  status answer = edit_encode(&manifest->state, edit, manifest->state.edits + 1, &bytes, err);
  if (answer == LUMA_OK) answer = next_state(manifest, buf_slice(&bytes), &next, err);
  if (answer == LUMA_OK) {
    answer = append(manifest, buf_slice(&bytes), err);
    if (answer == LUMA_OK) {
      struct manifest_state old = manifest->state;
      manifest->state = next;
      next = old;
    }
    manifest_state_deinit(&next);
  }
  buf_deinit(&bytes);
  return answer;
}

/* ---- making, opening, closing ---- */

status manifest_create(struct os *os, const char *directory,
                       const uint8_t uuid[MANIFEST_UUID_BYTES], struct wal_start wal,
                       struct err *err) {
  struct manifest made = {.os = os, .directory = directory};
  memcpy(made.state.uuid, uuid, MANIFEST_UUID_BYTES);
  made.next_number = 1;
  made.state.log.wal = wal;
  status answer = rewrite(&made, err);
  if (made.file) os_close(os, made.file, NULL);
  return answer;
}

/* The last edit may stand in the page cache only, left there by a process that died or by a sync
 * that failed, after which the system takes the pages for written. Those before were synced before
 * it was written. */
static status write_last_again(struct manifest *manifest, struct err *err) {
  size_t bytes = (size_t)(manifest->bytes - manifest->last_at), got = 0;
  uint8_t *edit = mem_alloc(bytes);
  if (!edit) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the manifest");
  status answer =
      os_read_at(manifest->os, manifest->file, manifest->last_at, edit, bytes, &got, err);
  if (answer == LUMA_OK)
    answer = os_write_at(manifest->os, manifest->file, manifest->last_at, edit, got, err);
  mem_free(edit);
  return answer;
}

status manifest_start(struct manifest *manifest, struct err *err) {
  struct dbfile_path path;
  if (!manifest->clean) return rewrite(manifest, err);
  TRY(manifest_path(manifest, manifest->number, &path, err));
  TRY(os_open(manifest->os, path.text, OS_OPEN_WRITE, &manifest->file, err));
  TRY(write_last_again(manifest, err));
  TRY(os_sync(manifest->os, manifest->file, err));
  return os_sync_dir(manifest->os, manifest->directory, err);
}

status manifest_open(struct os *os, const char *directory, uint64_t number_used,
                     struct manifest **manifest, struct err *err) {
  struct manifest *made = mem_zalloc(1, sizeof *made);
  if (!made) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the manifest");
  made->os = os;
  made->directory = directory;
  status answer = load(made, err);
  made->next_number =
      made->state.next_number > number_used ? made->state.next_number : number_used + 1;
  if (answer != LUMA_OK) {
    manifest_close(made);
    return answer;
  }
  *manifest = made;
  return LUMA_OK;
}

void manifest_close(struct manifest *manifest) {
  if (manifest->file) os_close(manifest->os, manifest->file, NULL);
  manifest_state_deinit(&manifest->state);
  mem_free(manifest);
}

const struct manifest_state *manifest_get_state(const struct manifest *manifest) {
  return &manifest->state;
}

uint64_t manifest_take_number(struct manifest *manifest) {
  return atomic_fetch_add(&manifest->next_number, 1);
}

void manifest_suspect(const struct manifest *manifest, struct err *err) {
  struct dbfile_path path;
  if (manifest->clean || manifest_path(manifest, manifest->number, &path, NULL) != LUMA_OK) return;
  err_wrap(err, "`%s` has no readable edit at offset %llu, and without it", path.text,
           (unsigned long long)manifest->bytes);
}

uint64_t manifest_file_number(const struct manifest *manifest) {
  return manifest->number;
}
