/* SPDX-License-Identifier: MIT */
/* The reader of TOML under the table of settings. */
#ifndef SERVER_CONFIG_CONFIG_INT_H
#define SERVER_CONFIG_CONFIG_INT_H

#include "server/config/config.h"

enum toml_kind { TOML_TEXT, TOML_INTEGER, TOML_BOOLEAN, TOML_LIST };

/** One `name = value`, with the places of both for errors. */
struct toml_entry {
  struct slice section, name;
  enum toml_kind kind;
  const char *text; /* TOML_TEXT; NUL-terminated, in the arena */
  int64_t integer;
  bool boolean;
  struct config_list list;
  size_t name_offset, value_offset;
};

struct toml_reader {
  struct slice text;
  size_t at;
  struct slice section;
  struct arena *arena;
};

/** The next entry; `*has` false at the end. LUMA_SYNTAX_ERROR with the position. */
status toml_next(struct toml_reader *reader, struct toml_entry *entry, bool *has, struct err *err);

#endif
