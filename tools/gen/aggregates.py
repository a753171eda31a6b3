#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the table of aggregates from spec/aggregates.tsv, and its page.  usage: aggregates.py SPEC SOURCE PAGE"""
import sys

import spec

WITHIN = {"no", "may", "key"}
MADE = spec.made_by("aggregates.py", "spec/aggregates.tsv")


def fault_of(cells):
    return None if cells[4] in WITHIN else "the fifth column is no, may or key"


def read(path):
    rows = []
    for name_cell, *others in spec.rows_of(path, 8, fault_of):
        name, _, same_as = name_cell.partition("=")
        rows.append([name, *others, "true" if same_as else "false"])
    spec.must_be_in_order(path, [row[0] for row in rows])
    return rows


def text(rows):
    lines = [spec.LICENCE, f"/* {MADE} */\n",
             '#include "query/plan/aggregate.h"\n\n', "const struct aggregate aggregate__table[] = {\n"]
    for name, kind, least, most, within, result, usage, _, other in rows:
        lines.append(f'    {{"{name}", EXPR_{kind}, {least}, {most}, AGGREGATE_WITHIN_{within.upper()}, '
                     f'VAL_{result.upper()}, {other},\n     "{usage}"}},\n')
    lines.append("};\n\nconst uint32_t aggregate__table_count =\n"
                 "    sizeof aggregate__table / sizeof aggregate__table[0];\n")
    return "".join(lines)


def page(rows):
    lines = ["# Aggregates of LQL\n\n",
             "Made from `spec/aggregates.tsv`. NULLs are left out unless said otherwise; over nothing the answer is NULL, and 0 for\n",
             "counts. Each takes DISTINCT, FILTER (WHERE …), and those without an order of their own OVER (…).\n\n",
             "| aggregate | what it answers |\n|---|---|\n"]
    for row in rows:
        lines.append(f"| `{row[6]}` | {row[7]} |\n")
    return "".join(lines)


def main():
    spec_path, source_path, page_path = sys.argv[1:4]
    rows = read(spec_path)
    spec.write_all({source_path: text(rows), page_path: page(rows)})


main()
