#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the table of aggregates from spec/aggregates.tsv, and its page.  usage: aggregates.py SPEC SOURCE PAGE"""
import sys

WITHIN = {"no", "may", "key"}


def read(path):
    rows = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.startswith("#") or not line.strip():
                continue
            cells = line.rstrip("\n").split("\t")
            if len(cells) != 8 or cells[4] not in WITHIN:
                sys.exit(f"{path}:{number}: 8 columns are expected, the fifth no, may or key")
            name, _, same_as = cells[0].partition("=")
            rows.append([name, *cells[1:], "true" if same_as else "false"])
    names = [row[0] for row in rows]
    if names != sorted(set(names)):
        sys.exit(f"{path}: names must be unique and in order")
    return rows


def text(rows):
    lines = ["/* SPDX-License-Identifier: MIT */\n",
             "/* Made by tools/gen/aggregates.py from spec/aggregates.tsv: change that, not this. */\n",
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
    spec, source_path, page_path = sys.argv[1:4]
    rows = read(spec)
    for path, made in (source_path, text(rows)), (page_path, page(rows)):
        with open(path, "w", encoding="utf-8") as out:
            out.write(made)


main()
