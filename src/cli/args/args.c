/* SPDX-License-Identifier: MIT */
#include "cli/args/args.h"

#include "base/mem/mem.h"
#include "base/text/suggest.h"

static const struct args_option help_option = {"help", 'h', NULL, "show this help"};

static const struct args_option *find_name(const struct args *args, struct slice name) {
  for (const struct args_option *o = args->options; o->name; o++) {
    if (slice_is_equal(name, slice_of_text(o->name))) return o;
  }
  return slice_is_equal(name, slice_of_text("help")) ? &help_option : NULL;
}

static const struct args_option *find_letter(const struct args *args, char letter) {
  for (const struct args_option *o = args->options; o->name; o++) {
    if (o->letter && o->letter == letter) return o;
  }
  return letter == 'h' ? &help_option : NULL;
}

static status fail_unknown(const struct args *args, const char *text, struct slice name,
                           struct err *err) {
  struct suggest suggest;
  suggest_init(&suggest, name);
  for (const struct args_option *o = args->options; o->name; o++)
    suggest_offer(&suggest, slice_of_text(o->name));
  suggest_offer(&suggest, slice_of_text("help"));
  err_raise(err, LUMA_INVALID_ARGUMENT, __FILE__, __LINE__, "there is no option `%s`", text);
  if (suggest_is_good(&suggest))
    err_hint(err, "did you mean --%.*s?", SLICE_ARG(suggest.best));
  else
    err_hint(err, "--help lists the options");
  return LUMA_INVALID_ARGUMENT;
}

static void give(struct args *args, const struct args_option *option, const char *value) {
  args->given[args->given_count++] = (struct args_given){option, value};
}

/* The argument at `*at` is an option; takes the next one too when that is its value. */
static status parse_option(struct args *args, int argc, char **argv, int *at, struct err *err) {
  const char *text = argv[*at];
  bool is_long = text[1] == '-';
  const char *equals = is_long ? strchr(text, '=') : NULL;
  struct slice name = slice_of_text(text + (is_long ? 2 : 1));
  if (equals) name.bytes = (size_t)(equals - text) - 2;
  const struct args_option *option = is_long           ? find_name(args, name)
                                     : name.bytes == 1 ? find_letter(args, text[1])
                                                       : NULL;
  if (!option) return fail_unknown(args, text, name, err);
  if (!option->value) {
    if (equals) FAIL(err, LUMA_INVALID_ARGUMENT, "option --%s takes no value", option->name);
    give(args, option, NULL);
    return LUMA_OK;
  }
  const char *value = equals ? equals + 1 : *at + 1 < argc ? argv[++*at] : NULL;
  if (!value)
    FAIL(err, LUMA_INVALID_ARGUMENT, "option --%s needs a value: %s", option->name, option->value);
  give(args, option, value);
  return LUMA_OK;
}

static status parse_all(struct args *args, int argc, char **argv, struct err *err) {
  bool options_ended = false;
  for (int i = 0; i < argc; i++) {
    if (!options_ended && strcmp(argv[i], "--") == 0)
      options_ended = true;
    else if (!options_ended && argv[i][0] == '-' && argv[i][1])
      TRY(parse_option(args, argc, argv, &i, err));
    else
      args->positions[args->positions_count++] = argv[i];
  }
  return LUMA_OK;
}

status args_parse(struct args *args, const struct args_option *options, int argc, char **argv,
                  struct err *err) {
  *args = (struct args){.options = options};
  if (argc > ARGS_MAX) FAIL(err, LUMA_INVALID_ARGUMENT, "more than %d arguments", ARGS_MAX);
  args->positions = mem_zalloc((size_t)argc + 1, sizeof *args->positions);
  args->given = mem_zalloc((size_t)argc + 1, sizeof *args->given);
  if (!args->positions || !args->given) FAIL(err, LUMA_OUT_OF_MEMORY, "no memory for arguments");
  return parse_all(args, argc, argv, err);
}

void args_deinit(struct args *args) {
  mem_free(args->positions);
  mem_free(args->given);
}

const char *args_nth_value(const struct args *args, const char *name, size_t nth) {
  for (size_t i = 0; i < args->given_count; i++) {
    if (strcmp(args->given[i].option->name, name) == 0 && nth-- == 0) return args->given[i].value;
  }
  return NULL;
}

bool args_has(const struct args *args, const char *name) {
  for (size_t i = 0; i < args->given_count; i++) {
    if (strcmp(args->given[i].option->name, name) == 0) return true;
  }
  return false;
}

const char *args_value(const struct args *args, const char *name) {
  for (size_t i = args->given_count; i-- > 0;) {
    if (strcmp(args->given[i].option->name, name) == 0) return args->given[i].value;
  }
  return NULL;
}

const char *args_at(const struct args *args, size_t nth) {
  return nth < args->positions_count ? args->positions[nth] : NULL;
}
