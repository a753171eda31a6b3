#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the status header and table from spec/errors.tsv.  usage: errors.py SPEC HEADER SOURCE"""
import sys

import spec

NOTE = f"/* {spec.made_by('errors.py', 'spec/errors.tsv')} */\n"


def read(path):
    rows = spec.rows_of(path, 6)
    if len({r[1] for r in rows}) != len(rows) or len({r[0] for r in rows}) != len(rows):
        sys.exit(f"{path}: a name or number stands twice")
    return rows


def header(rows):
    lines = [spec.LICENCE, NOTE,
             "#ifndef LUMA_STATUS_H\n#define LUMA_STATUS_H\n\n",
             "/** What every call answers; LUMA_OK is 0. The numbers never change. */\n",
             "enum luma_status {\n"]
    for name, number, _, http, _, text in rows:
        lines.append(f"  /** {text[0].upper()}{text[1:]} (HTTP {http}). */\n  LUMA_{name} = {number},\n")
    lines.append("};\n\n#endif\n")
    return "".join(lines)


def source(rows):
    lines = [spec.LICENCE, NOTE,
             '#include "base/core/status.h"\n\n#include <string.h>\n\n', "static const struct status_info table[] = {\n"]
    for name, number, kind, http, retry, text in rows:
        yes = "true" if retry == "yes" else "false"
        lines.append(f'    {{"{name.lower()}", "{kind}", "{text}", {number}, {http}, {yes}}},\n')
    lines.append("};\n\nconst struct status_info *status_info(status code) {\n"
                 "  size_t index = (size_t)code;\n"
                 "  return index < sizeof table / sizeof table[0] ? &table[index] : &table[LUMA_INTERNAL];\n}\n\n"
                 "status status_by_name(const char *name, size_t bytes) {\n"
                 "  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)\n"
                 "    if (strlen(table[i].name) == bytes && memcmp(table[i].name, name, bytes) == 0)\n"
                 "      return (status)table[i].number;\n"
                 "  return LUMA_INTERNAL;\n}\n")
    return "".join(lines)


def main():
    spec_path, header_path, source_path = sys.argv[1:4]
    rows = read(spec_path)
    if [int(r[1]) for r in rows] != list(range(len(rows))):
        sys.exit(f"{spec_path}: numbers must run from 0 without a hole")
    spec.write_all({header_path: header(rows), source_path: source(rows)})


main()
