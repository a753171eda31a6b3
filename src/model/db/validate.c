/* SPDX-License-Identifier: MIT */
/* Validators, as MongoDB's `create` and `collMod` give them: a filter that each document satisfies
 * before it is stored. They stand beside souls: a document passes both. */
#include "model/db/model_int.h"
#include "value/json/json.h"

enum { MONGO_INVALID_DOCUMENT = 121 };

status model__make_validator(const struct model *model, struct collection *with, struct err *err) {
  const struct soul_rule rule = {.kind = SOUL_RULE_MATCH, .text = with->rules.validator};
  with->validator = NULL;
  if (rule.text.bytes == 0) return LUMA_OK;
  const struct index_rules_spec spec = {.condition = &rule};
  return index_rules_create(model->options.rules, &spec, &with->validator, err);
}

/* The catalog keeps validators in the tagged form. */
static status put_validator(struct slice validator, struct buf *out) {
  const struct json_read_options tagged = {.form = JSON_TAGGED};
  const struct json_write_options plain = {.form = JSON_RELAXED};
  struct buf read;
  struct val value;
  buf_init(&read, CATALOG_RULE_BYTES_MAX);
  status done = json_read_once(validator, &tagged, &read, &value, NULL);
  if (done == LUMA_OK) json_write(out, &value, &plain);
  buf_deinit(&read);
  return done;
}

/* MongoDB's errInfo: which document, and the whole of what it was judged by. */
static void tell_detail(const struct collection *collection, const struct doc *document,
                        struct err *err) {
  const struct json_write_options options = {.form = JSON_RELAXED};
  struct val key = model__key_of(document);
  struct buf out;
  buf_init(&out, CATALOG_RULE_BYTES_MAX);
  buf_append_text(&out, "\"errInfo\":{");
  if (!soul_hides_keys(collection->genotype)) {
    buf_append_text(&out, "\"failingDocumentId\":");
    json_write(&out, &key, &options);
    buf_append_byte(&out, ',');
  }
  buf_append_text(&out, "\"details\":{\"specifiedAs\":");
  status done = put_validator(collection->rules.validator, &out);
  buf_append_text(&out, "}}");
  if (done == LUMA_OK && buf_check(&out, "a detail", NULL) == LUMA_OK)
    err_detail(err, out.data, out.bytes);
  buf_deinit(&out);
}

static status fail_invalid(const struct collection *collection, const struct doc *document,
                           struct err *err) {
  err_raise(err, LUMA_CONSTRAINT, __FILE__, __LINE__,
            "Document failed validation: it breaks the validator of `%.*s`",
            SLICE_ARG(collection->name));
  if (err) err->foreign = MONGO_INVALID_DOCUMENT;
  if (err) tell_detail(collection, document, err);
  err_hint(err, "listCollections shows the validator among the collection's options");
  return LUMA_CONSTRAINT;
}

static status is_valid(struct model_txn *txn, const struct collection *collection,
                       const struct doc *document, bool *valid, struct err *err) {
  struct val values[INDEX_KEYS_MAX], root = doc_root(document);
  struct arena_mark mark = arena_mark(&txn->kept);
  status done = index_rules_run(collection->validator, &root, &txn->kept, valid, values, err);
  arena_rewind(&txn->kept, mark);
  return done;
}

/* Whether the validator is to judge what takes the place of `old`. */
static status is_judged(struct model_txn *txn, const struct collection *collection,
                        const struct doc *old, bool *judged, struct err *err) {
  *judged = collection->rules.validation == CATALOG_VALIDATES_ALL;
  if (*judged || collection->rules.validation == CATALOG_VALIDATES_NONE) return LUMA_OK;
  *judged = true;
  return old ? is_valid(txn, collection, old, judged, err) : LUMA_OK;
}

status model__validate(struct model_txn *txn, const struct collection *collection,
                       const struct slice *documents, const struct doc *old, uint32_t count,
                       uint32_t *failed, struct err *err) {
  bool judged = false;
  TRY(model__check_moments(collection, documents, count, failed, err));
  if (!collection->validator || txn->skips_validation || collection->rules.warns) return LUMA_OK;
  TRY(is_judged(txn, collection, old, &judged, err));
  for (uint32_t i = 0; judged && i < count; i++) {
    struct doc doc;
    bool keeps = false;
    if (failed) *failed = i;
    TRY(doc_open(documents[i], collection->names, &doc, err));
    TRY(is_valid(txn, collection, &doc, &keeps, err));
    if (!keeps) return fail_invalid(collection, &doc, err);
  }
  return LUMA_OK;
}

void model_take_mongo_keys(struct model_txn *txn, bool takes) {
  txn->takes_mongo_keys = takes;
}

void model_skip_validation(struct model_txn *txn, bool skips) {
  txn->skips_validation = skips;
}

status model_set_rules(struct model_txn *txn, struct slice name, const struct catalog_rules *rules,
                       struct err *err) {
  const struct collection *found = catalog_find(txn->catalog, name);
  if (!found) return catalog_fail_unknown(txn->catalog, name, err);
  if (rules->validator.bytes > CATALOG_RULE_BYTES_MAX ||
      rules->collation.bytes > CATALOG_RULE_BYTES_MAX)
    FAIL(err, LUMA_TOO_LARGE, "a validator has at most %d bytes", CATALOG_RULE_BYTES_MAX);
  TRY(model__begin_change(txn, err));
  struct collection changed = *found;
  struct catalog_index arrival;
  changed.rules = *rules;
  changed.version++;
  if (rules->capped_bytes && !found->arrival) TRY(model__cap(txn, &changed, &arrival, err));
  TRY(model__set_series(txn, &changed, found->rules.time_field.bytes == 0, err));
  TRY(model__make_validator(txn->model, &changed, err));
  status result = model__store_collection(txn, &changed, catalog_shared(found), err);
  index_rules_release(changed.validator);
  TRY(result);
  const struct collection *now = catalog_by_number(txn->catalog, changed.number);
  return now && now->arrival ? model__capped_trim(txn, now, err) : LUMA_OK;
}

static void change_index(struct catalog_index *index, const struct model_index_change *change) {
  if (change->has_hidden) index->hidden = change->hidden;
  if (!change->has_expiry) return;
  index->expires = true;
  index->expire_s = change->expire_s;
}

status model_change_index(struct model_txn *txn, struct slice name, struct slice index,
                          const struct model_index_change *change, struct err *err) {
  const struct collection *found = catalog_find(txn->catalog, name);
  if (!found) return catalog_fail_unknown(txn->catalog, name, err);
  const struct catalog_index *is = collection_index(found, index);
  if (!is) FAIL(err, LUMA_UNKNOWN_INDEX, "there is no index `%.*s`", SLICE_ARG(index));
  TRY(model__begin_change(txn, err));
  arena_reset(&txn->arena);
  struct collection changed = *found;
  changed.indexes =
      arena_copy(&txn->arena, found->indexes, found->indexes_count * sizeof *changed.indexes);
  if (!changed.indexes) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for the catalog");
  change_index(&changed.indexes[is - found->indexes], change);
  changed.version++;
  return model__store_collection(txn, &changed, catalog_shared(found), err);
}
