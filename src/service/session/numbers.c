/* SPDX-License-Identifier: MIT */
/* Sequences as a session sees them: what nextval gave here last is what currval answers, and what
 * DEFAULT nextval(…) gave counts too. */
#include "base/mem/mem.h"
#include "service/session/session_int.h"

void session__drop_numbers(struct session *session) {
  for (size_t i = 0; i < session->numbers_count; i++) mem_free(session->numbers[i].name);
  mem_free(session->numbers);
  session->numbers = NULL;
  session->numbers_count = session->numbers_capacity = 0;
  mem_free(session->deeds.keys);
  session->deeds = (struct session_deeds){0};
}

static struct session_number *find(struct session *session, struct slice name) {
  for (size_t i = 0; i < session->numbers_count; i++) {
    struct session_number *number = &session->numbers[i];
    if (slice_is_equal(slice_of(number->name, number->name_bytes), name)) return number;
  }
  return NULL;
}

static status note(struct session *session, struct slice name, int64_t value, struct err *err) {
  struct session_number *number = find(session, name);
  if (!number) {
    if (session->numbers_count == SESSION_NUMBERS_MAX) session__drop_numbers(session);
    if (!mem_grow((void **)&session->numbers, &session->numbers_capacity,
                  session->numbers_count + 1, sizeof *session->numbers))
      FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a sequence");
    uint8_t *copy = mem_alloc(name.bytes + 1);
    if (!copy) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for a sequence");
    if (name.bytes) memcpy(copy, name.data, name.bytes);
    number = &session->numbers[session->numbers_count++];
    *number = (struct session_number){.name = copy, .name_bytes = name.bytes};
  }
  number->value = value;
  session->deeds.number = (size_t)(number - session->numbers) + 1;
  return LUMA_OK;
}

static status next(void *context, struct slice name, int64_t *value, struct err *err) {
  struct session_numbers *numbers = context;
  TRY(session__check_writable(numbers->session, err));
  TRY(model_next_number(numbers->txn, name, value, err));
  return note(numbers->session, name, *value, err);
}

static status current(void *context, struct slice name, int64_t *value, struct err *err) {
  const struct session_numbers *numbers = context;
  const struct session_number *number = find(numbers->session, name);
  if (number) {
    *value = number->value;
    return LUMA_OK;
  }
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__,
            "this session has taken no number of `%.*s`", SLICE_ARG(name));
  err_hint(err, "nextval('%.*s') takes one", SLICE_ARG(name));
  return LUMA_INVALID_ARGUMENT;
}

static status set(void *context, struct slice name, int64_t value, bool is_given, struct err *err) {
  struct session_numbers *numbers = context;
  TRY(session__check_writable(numbers->session, err));
  if (numbers->is_dry)
    FAIL(err, LUMA_UNSUPPORTED, "a dry run does not set a sequence: that is never undone");
  TRY(model_set_number(numbers->txn, name, value, is_given, err));
  return is_given ? note(numbers->session, name, value, err) : LUMA_OK;
}

/* ---- what was done ---- */

static struct val key_at(const struct val *key, uint8_t *room) {
  struct val kept = *key;
  if (key->bytes) kept.data = memcpy(room, key->data, key->bytes);
  return kept;
}

static status note_keys(struct session_deeds *deeds, const struct val *first,
                        const struct val *last, struct err *err) {
  uint8_t *room = mem_alloc(first->bytes + last->bytes + 1);
  if (!room) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for what was inserted");
  mem_free(deeds->keys);
  deeds->keys = room;
  deeds->first_key = key_at(first, room);
  deeds->last_key = key_at(last, room + first->bytes);
  return LUMA_OK;
}

status session__note_change(struct session_cursor *cursor, struct err *err) {
  struct session_deeds *deeds = &cursor->session->deeds;
  const struct session_outcome *outcome = &cursor->outcome;
  if (!plan_is_change(cursor->kind)) return LUMA_OK;
  deeds->changes = outcome->affected;
  deeds->total += outcome->affected;
  if (!outcome->keys_count || outcome->last_key.type == VAL_MISSING) return LUMA_OK;
  return note_keys(deeds, &outcome->keys[0], &outcome->last_key, err);
}

static status told(void *context, enum soul_told what, struct val *value, struct err *err) {
  const struct session_numbers *numbers = context;
  const struct session_deeds *deeds = &numbers->session->deeds;
  switch (what) {
  case SOUL_TOLD_CHANGES: *value = val_int64((int64_t)deeds->changes); break;
  case SOUL_TOLD_TOTAL: *value = val_int64((int64_t)deeds->total); break;
  case SOUL_TOLD_FIRST_KEY: *value = deeds->first_key; break;
  case SOUL_TOLD_LAST_KEY: *value = deeds->last_key; break;
  case SOUL_TOLD_NUMBER:
    if (!deeds->number)
      FAIL(err, LUMA_INVALID_ARGUMENT, "this session has taken no number of a sequence");
    *value = val_int64(numbers->session->numbers[deeds->number - 1].value);
    break;
  }
  if (value->type == VAL_MISSING) *value = val_null();
  return LUMA_OK;
}

void session__numbers(struct session_cursor *cursor, const struct session_request *request,
                      struct model_txn *txn) {
  cursor->numbers = (struct session_numbers){
      .session = cursor->session,
      .txn = txn,
      .is_dry = session__is_dry(cursor, request),
      .ops = {
          .context = &cursor->numbers, .next = next, .current = current, .set = set, .told = told}};
}
