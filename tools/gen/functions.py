#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the table of functions from spec/functions.tsv.  usage: functions.py SPEC SOURCE"""
import sys

CALLS = {"strict", "lazy", "calls"}
VOLATILITIES = {"immutable", "stable", "volatile"}


def read(path):
    rows = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.startswith("#") or not line.strip():
                continue
            cells = line.rstrip("\n").split("\t")
            if len(cells) != 9:
                sys.exit(f"{path}:{number}: {len(cells)} columns, expected 9")
            if cells[3] not in VOLATILITIES or cells[4] not in CALLS:
                sys.exit(f"{path}:{number}: unknown volatility or call")
            rows.append(cells)
    names = [row[0] for row in rows]
    if names != sorted(set(names)):
        sys.exit(f"{path}: names must be unique and in order")
    return rows


def text(rows):
    lines = ["/* SPDX-License-Identifier: MIT */\n",
             "/* Made by tools/gen/functions.py from spec/functions.tsv: change that, not this. */\n",
             '#include "query/func/func_int.h"\n\n', "const struct func func__table[] = {\n"]
    for name, least, most, volatility, call, kind, cost, usage, about in rows:
        strict = "true" if call == "strict" else "false"
        lazy = "true" if call == "lazy" else "false"
        lines.append(f'    {{"{name}", {least}, {most}, FUNC_{volatility.upper()}, {strict}, {lazy}, '
                     f'VAL_{kind.upper()}, {cost}, func__{name},\n     "{usage}",\n     "{about}"}},\n')
    lines.append("};\n\nconst uint32_t func__table_count = sizeof func__table / sizeof func__table[0];\n")
    return "".join(lines)


def main():
    spec, source_path = sys.argv[1:3]
    with open(source_path, "w", encoding="utf-8") as out:
        out.write(text(read(spec)))


main()
