/* SPDX-License-Identifier: MIT */
#include "cli/target/target.h"

#include "cli/target/remote/remote.h"

bool target_is_url(const char *name) {
  struct slice text = slice_of_text(name);
  return slice_has_prefix(text, slice_of_text("http://")) ||
         slice_has_prefix(text, slice_of_text("https://"));
}

status target_open(const char *name, const struct target_options *options, struct target **target,
                   struct err *err) {
  return target_is_url(name) ? remote_open(name, options, target, err)
                             : target_open_local(name, options, target, err);
}

void target_close(struct target *target) {
  if (target) target->ops->close(target);
}

status target_run(struct target *target, const struct target_statement *statement,
                  struct target_reply **reply, struct err *err) {
  return target->ops->run(target, statement, reply, err);
}

status target_exec(struct target *target, const char *language, struct slice text,
                   struct err *err) {
  struct target_statement statement = {.language = language, .text = text};
  struct target_reply *reply;
  TRY(target_run(target, &statement, &reply, err));
  struct val row;
  bool has = true;
  status result = LUMA_OK;
  while (result == LUMA_OK && has) result = target->ops->next(reply, &row, &has, err);
  target->ops->end(reply);
  return result;
}
