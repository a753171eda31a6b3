#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the table of functions from spec/functions.tsv, and their declarations.  usage: functions.py SPEC SOURCE HEADER PAGE"""
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
            name, _, same_as = cells[0].partition("=")
            rows.append([name, same_as or name, *cells[1:]])
    names = [row[0] for row in rows]
    if names != sorted(set(names)):
        sys.exit(f"{path}: names must be unique and in order")
    return rows


def text(rows):
    lines = ["/* SPDX-License-Identifier: MIT */\n",
             "/* Made by tools/gen/functions.py from spec/functions.tsv: change that, not this. */\n",
             '#include "query/func/func_int.h"\n\n', "const struct func func__table[] = {\n"]
    for name, function, least, most, volatility, call, kind, cost, usage, about in rows:
        strict = "true" if call == "strict" else "false"
        lazy = "true" if call == "lazy" else "false"
        lines.append(f'    {{"{name}", {least}, {most}, FUNC_{volatility.upper()}, {strict}, {lazy}, '
                     f'VAL_{kind.upper()}, {cost}, func__{function},\n     "{usage}",\n     "{about}"}},\n')
    lines.append("};\n\nconst uint32_t func__table_count = sizeof func__table / sizeof func__table[0];\n")
    return "".join(lines)


def declarations(rows):
    lines = ["/* SPDX-License-Identifier: MIT */\n",
             "/* Made by tools/gen/functions.py from spec/functions.tsv: change that, not this. */\n",
             "#ifndef QUERY_FUNC_FUNC_GEN_H\n#define QUERY_FUNC_FUNC_GEN_H\n\n",
             '#include "query/func/func.h"\n\n']
    lines += [f"func_call func__{function};\n" for function in sorted({row[1] for row in rows})]
    return "".join(lines) + "\n#endif\n"


def page(rows):
    lines = ["# Functions of LQL\n\n",
             "Made from `spec/functions.tsv`. Unless said otherwise a function of NULL is NULL.\n\n",
             "| function | what it answers |\n|---|---|\n"]
    for row in rows:
        lines.append(f"| `{row[8]}` | {row[9]} |\n")
    return "".join(lines)


def main():
    spec, source_path, header_path, page_path = sys.argv[1:5]
    rows = read(spec)
    for path, made in (source_path, text(rows)), (header_path, declarations(rows)), (page_path, page(rows)):
        with open(path, "w", encoding="utf-8") as out:
            out.write(made)


main()
