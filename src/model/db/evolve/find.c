/* SPDX-License-Identifier: MIT */
/* Keeping what was made of older beings, and finding it. */
#include "model/db/model_int.h"

enum { KEPT_TEXT_BYTES_MAX = 256 }; /* longer ones are made when they are read */

/* ---- finding ---- */

/* A transaction that changed the catalog may hold documents of older souls that it wrote itself:
 * their versions are not known. */
void model__find_begin(struct model_finding *finding, const struct model_txn *txn,
                       const struct collection *collection, const struct model_looks *looks) {
  finding->model = txn->model;
  finding->kept = txn->catalog_changed ? NULL : collection->evolution->kept;
  if (finding->kept) finding->side = kept_enter(finding->kept);
  finding->looks = looks;
  finding->sight = NULL;
  finding->documents = finding->missed = 0;
}

/* Numbers of what is looked at. */
static void want(struct model_finding *finding, const struct recipe_sight *sight) {
  finding->sight = sight;
  finding->numbers_count = 0;
  for (uint32_t i = 0; i < sight->makers_count; i++)
    if (model__looks_at(finding->looks, sight->makers[i].id))
      finding->numbers[finding->numbers_count++] = sight->makers[i].op->number;
}

static bool has_wanted(const struct model_finding *finding, const uint8_t *record) {
  for (uint32_t i = 0; i < finding->numbers_count; i++)
    if (made_value(record, finding->numbers[i]).bytes == 0) return false;
  return true;
}

/* Who reads one being at a time says so at some rows: all rows of a page tell of it. */
static bool is_noted(const struct model_finding *finding) {
  enum { ROWS_TO_ONE = 8 };
  bool is_one = finding->documents == 1 && finding->missed == 0;
  return finding->documents && (!is_one || finding->row % ROWS_TO_ONE == 0);
}

static void note(struct model_finding *finding) {
  if (is_noted(finding)) kept_note(finding->kept, finding->row, finding->missed);
  finding->documents = finding->missed = 0;
}

const uint8_t *model__find(struct model_finding *finding, const struct recipe_sight *sight,
                           const struct doc *document, bool *has_all) {
  *has_all = false;
  if (!finding->kept) return NULL;
  if (sight != finding->sight) want(finding, sight);
  struct doc_header header = doc_header(document);
  const uint8_t *record = kept_find(finding->kept, header.row, header.version);
  if (header.row / KEPT_PAGE_ROWS != finding->row / KEPT_PAGE_ROWS) note(finding);
  finding->row = header.row;
  finding->documents++;
  finding->missed += !record;
  *has_all = record && has_wanted(finding, record);
  return record;
}

void model__find_end(struct model_finding *finding) {
  bool missed = finding->kept && finding->documents && finding->missed;
  if (!finding->kept) return;
  note(finding);
  if (missed) model__fill_missed(finding->model, finding->kept);
}

/* ---- keeping ---- */

/* The record of the values of one document; its bytes. */
static uint32_t write_record(const struct recipe_sight *sight, const struct val *made,
                             uint8_t room[KEPT_RECORD_BYTES_MAX]) {
  struct val values[MADE_VALUES_MAX];
  uint32_t count = 0;
  for (uint32_t i = 0; i < MADE_VALUES_MAX; i++) values[i] = val_missing();
  for (uint32_t i = 0; i < sight->makers_count; i++) {
    uint32_t number = sight->makers[i].op->number;
    bool is_long = made[i].type == VAL_TEXT && made[i].bytes > KEPT_TEXT_BYTES_MAX;
    if (number >= MADE_VALUES_MAX || is_long) continue;
    values[number] = made[i];
    if (number >= count) count = number + 1;
  }
  return made_write(values, count, room, KEPT_RECORD_BYTES_MAX);
}

bool model__keep(const struct model_making *making, struct kept_values *kept) {
  uint8_t record[KEPT_RECORD_BYTES_MAX];
  bool has_room = true;
  kept_begin(kept);
  for (uint32_t i = 0; i < making->count; i++) {
    if (!making->made[i].values || making->are_quick[i]) continue;
    struct doc_header header = doc_header(&making->documents[making->places[i]]);
    uint32_t bytes = write_record(making->sights[i], making->made[i].values, record);
    has_room &= kept_put(kept, header.row, header.version, slice_of(record, bytes));
  }
  kept_end(kept);
  return has_room;
}
