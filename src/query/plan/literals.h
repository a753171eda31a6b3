/* SPDX-License-Identifier: MIT */
/* Literals of a statement: values in its text at which another text may differ and have the same
 * plan. The plan's constants say which literal they are of (struct expr); nothing in it depends on
 * more of a literal than its kind. Pure; any thread. */
#ifndef QUERY_PLAN_LITERALS_H
#define QUERY_PLAN_LITERALS_H

#include "value/val/val.h"

enum { LITERALS_MAX = 16, LITERALS_TEXT_BYTES_MAX = 4096 };

enum literal_kind {
  LITERAL_NONE, /* none: what stands there may say how a statement is planned */
  LITERAL_INTEGER,
  LITERAL_TEXT,      /* that spells no value of another kind */
  LITERAL_ULID_TEXT, /* those that spell one */
  LITERAL_UUID_TEXT,
  LITERAL_ID_TEXT,
  LITERAL_ID /* {"$oid": "…"} */
};

struct literal {
  uint32_t at, bytes; /* where it is written, with its quotes or brackets */
  enum literal_kind kind;
};

struct literals {
  struct literal items[LITERALS_MAX]; /* in the order of the text */
  uint32_t count;
};

/** What a literal of this text says. Borrows from the text. */
struct val literals_value(struct slice text, const struct literal *literal);

#endif
