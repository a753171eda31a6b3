/* SPDX-License-Identifier: MIT */
/* Finding values of older beings that were made before and kept. */
#include "model/db/model_int.h"

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

static void note(struct model_finding *finding) {
  if (finding->documents) kept_note(finding->kept, finding->row, finding->missed);
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
