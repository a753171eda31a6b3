#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the table of functions from spec/functions.tsv, and their declarations.  usage: functions.py SPEC SOURCE HEADER PAGE"""
import sys

import spec

CALLS = {"strict", "lazy", "calls"}
VOLATILITIES = {"immutable", "stable", "volatile"}
MADE = spec.made_by("functions.py", "spec/functions.tsv")


def fault_of(cells):
    return None if cells[3] in VOLATILITIES and cells[4] in CALLS else "unknown volatility or call"


def read(path):
    rows = []
    for name_cell, *others in spec.rows_of(path, 9, fault_of):
        name, _, same_as = name_cell.partition("=")
        rows.append([name, same_as or name, *others])
    spec.must_be_in_order(path, [row[0] for row in rows])
    return rows


def text(rows):
    lines = [spec.LICENCE, f"/* {MADE} */\n",
             '#include "query/func/func_int.h"\n\n', "const struct func func__table[] = {\n"]
    for name, function, least, most, volatility, call, kind, cost, usage, about in rows:
        strict = "true" if call == "strict" else "false"
        lazy = "true" if call == "lazy" else "false"
        lines.append(f'    {{"{name}", {least}, {most}, FUNC_{volatility.upper()}, {strict}, {lazy}, '
                     f'VAL_{kind.upper()}, {cost}, func__{function},\n     "{usage}",\n     "{about}"}},\n')
    lines.append("};\n\nconst uint32_t func__table_count = sizeof func__table / sizeof func__table[0];\n")
    return "".join(lines)


def declarations(rows):
    lines = [spec.LICENCE, f"/* {MADE} */\n",
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
    spec_path, source_path, header_path, page_path = sys.argv[1:5]
    rows = read(spec_path)
    spec.write_all({source_path: text(rows), header_path: declarations(rows), page_path: page(rows)})


main()
