#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the table of MongoDB's words, its calls and its page from spec/mongo.tsv.  usage: mongo.py SPEC WORDS TABLE CALLS PAGE"""
import re
import sys

import spec

KINDS = {"expression": "Expressions", "accumulator": "Accumulators of $group and windows", "stage": "Stages",
         "query": "Query operators", "update": "Update operators", "command": "Commands"}
STATES = {"works", "differs", "refused"}
CALLS = {"calls", "strict", "date", "list"}
RULES = CALLS | {"reader", "none"}
MADE = spec.made_by("mongo.py", "spec/mongo.tsv")


def fault_of(cells):
    if cells[0] not in KINDS or cells[2] not in STATES or cells[6] not in RULES:
        return "unknown kind, state or rule"
    if cells[2] != "works" and not cells[8]:
        return "how it differs, or why it is not there, is missing"
    return None


def read(path):
    rows = spec.rows_of(path, 9, fault_of)
    spec.must_be_in_order(path, [(list(KINDS).index(row[0]), row[1]) for row in rows])
    return rows


def call_of(name):
    """$dateToString is mongo__date_to_string."""
    words = re.sub(r"([a-z])([A-Z])", r"\1_\2", name[1:])
    return "mongo__" + words.lower()


def is_called(row):
    return row[6] in CALLS


def words(rows):
    lines = [spec.LICENCE, f"/* {MADE} */\n", '#include "query/plan/words_int.h"\n\n',
             "/* clang-format off */\n", "const struct word words__table[] = {\n"]
    for row in rows:
        kind, name, state, least, most, params, rule, _, why = row
        most = "WORD_ANY" if most == "*" else most
        params = "NULL" if params == "-" else f'"{params}"'
        alone, listed, called = ("true" if is_it else "false" for is_it in (rule == "date", rule == "list", is_called(row)))
        lines.append(f'  {{"{name}", WORD_{kind.upper()}, WORD_{state.upper()}, {params}, {least}, {most}, {alone}, {listed}, {called},\n'
                     f'   "{why}"}},\n')
    lines.append("};\n/* clang-format on */\n\nconst uint32_t words__count = sizeof words__table / sizeof words__table[0];\n")
    return "".join(lines)


def table(rows):
    lines = [spec.LICENCE, f"/* {MADE} */\n", '#include "query/mongo/mongo_int.h"\n\n',
             "/* clang-format off */\n", "const struct func mongo__table[] = {\n"]
    for row in filter(is_called, rows):
        strict = "true" if row[6] == "strict" else "false"
        lines.append(f'  {{.name = "{row[1]}", .args_max = UINT8_MAX, .volatility = FUNC_{row[7].upper()}, .strict = {strict}, '
                     f'.cost = 50,\n   .call = {call_of(row[1])}, .usage = "{row[1]}", .about = ""}},\n')
    lines.append("};\n/* clang-format on */\n\nconst uint32_t mongo__table_count = sizeof mongo__table / sizeof mongo__table[0];\n")
    return "".join(lines)


def calls(rows):
    lines = [spec.LICENCE, f"/* {MADE} */\n", "#ifndef QUERY_MONGO_CALLS_GEN_H\n",
             "#define QUERY_MONGO_CALLS_GEN_H\n\n", '#include "query/func/func.h"\n\n']
    lines += [f"func_call {call_of(row[1])};\n" for row in rows if is_called(row)]
    return "".join(lines) + "\n#endif\n"


def page(rows):
    lines = ["<!-- " + MADE + " -->\n# MongoDB's words, one by one\n\nWhat JQL has of MongoDB's query language: this table is made from the "
             "one that the code uses.\nA word that is not there answers an error that names it.\n"]
    for kind, title in KINDS.items():
        of_kind = [row for row in rows if row[0] == kind and not row[8].startswith("internal")]
        if not of_kind:
            continue
        lines.append(f"\n## {title}\n\n| word | | |\n|---|---|---|\n")
        lines += [f"| `{row[1]}` | {'not there' if row[2] == 'refused' else row[2]} | {row[8]} |\n" for row in of_kind]
    return "".join(lines)


def main():
    spec_path, words_path, table_path, calls_path, page_path = sys.argv[1:6]
    rows = read(spec_path)
    spec.write_all({words_path: words(rows), table_path: table(rows), calls_path: calls(rows), page_path: page(rows)})


main()
