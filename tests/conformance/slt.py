#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs files in the form of sqllogictest (*.test) through libluma or over HTTP, each on a database of its own.

Known: statement ok|error, query TYPES [nosort|rowsort|valuesort] [label], hash-threshold, halt, skipif and onlyif (for the
name `luma`). Prints passes and failures for each file; --fails shows what failed. Ends with 1 when something did.
"""
import argparse
import hashlib
import json
import os
import sys

from luma import Database, Library, Refused
from served import Served

NAME = "luma"


def records(path):
    """Paragraphs of a file, comments taken off, each with the number of its first line."""
    paragraph, first = [], 0
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(list(lines) + ["\n"], 1):
            line = line.rstrip("\n")
            if line.startswith("#"):
                continue
            if line.strip():
                first = first if paragraph else number
                paragraph.append(line)
            elif paragraph:
                yield first, paragraph
                paragraph = []


def is_left_out(paragraph):
    while paragraph and paragraph[0].split()[0] in ("skipif", "onlyif"):
        what, name = paragraph.pop(0).split()[:2]
        if (what == "skipif") == (name == NAME):
            return True
    return not paragraph


def shown(value, kind):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        value = int(value)
    if kind == "I" and isinstance(value, (int, float)):
        return str(int(value))
    if kind == "R" and isinstance(value, (int, float)):
        return f"{value:.3f}"
    text = value if isinstance(value, str) else json.dumps(value)
    return "".join(c if " " <= c <= "~" else "@" for c in text) or "(empty)"


def sort_values(rows, how):
    if how == "rowsort":
        rows = sorted(rows)
    values = [value for row in rows for value in row]
    return sorted(values) if how == "valuesort" else values


def digest(values):
    return hashlib.md5("".join(value + "\n" for value in values).encode()).hexdigest()


def run_statement(database, paragraph):
    wanted = paragraph[0].split()[1]
    try:
        database.rows("\n".join(paragraph[1:]))
    except Refused as refused:
        return "" if wanted == "error" and refused.code != "internal" else f"{refused.code}: {refused}"
    return "" if wanted == "ok" else "no error"


def run_query(database, paragraph):
    head = paragraph[0].split()
    types, how = head[1], head[2] if len(head) > 2 else "nosort"
    cut = paragraph.index("----")
    try:
        rows = database.rows("\n".join(paragraph[1:cut]))
    except Refused as refused:
        return f"{refused.code}: {refused}"
    if any(len(row) != len(types) for row in rows):
        return f"rows of {len(rows[0])} columns, wanted {len(types)}"
    values = sort_values([[shown(value, kind) for value, kind in zip(row, types)] for row in rows], how)
    wanted = paragraph[cut + 1:]
    if len(wanted) == 1 and " values hashing to " in wanted[0]:
        values = [f"{len(values)} values hashing to {digest(values)}"]
    return "" if values == wanted else f"got {values[:12]}, wanted {wanted[:12]}"


def opener(path):
    """What opens a database: a server's, when it is the command; else the library's."""
    path = os.path.abspath(path)
    if ".so" not in os.path.basename(path):
        return lambda: Served(path)
    library = Library(path)
    return lambda: Database(library)


def run_file(open_database, path, asked):
    database, passes, fails = open_database(), 0, 0
    for line, paragraph in records(path):
        if is_left_out(paragraph) or paragraph[0].split()[0] == "hash-threshold":
            continue
        if paragraph[0].split()[0] == "halt":
            break
        run = run_statement if paragraph[0].split()[0] == "statement" else run_query
        why = run(database, paragraph)
        passes, fails = passes + (why == ""), fails + (why != "")
        if why and asked.fails:
            print(f"{path}:{line}: {' '.join(paragraph[1:])[:400]}\n    {why}")
    database.close()
    return passes, fails


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("product", help="libluma.so, or the command lumadb: then over HTTP")
    parser.add_argument("paths", nargs="+", help="files, or folders of them")
    parser.add_argument("--fails", action="store_true")
    asked, passed, failed = parser.parse_args(), 0, 0
    open_database = opener(asked.product)
    for path in asked.paths:
        inside = sorted(os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names
                        if name.endswith(".test"))
        for file in inside or [path]:
            passes, fails = run_file(open_database, file, asked)
            print(f"{os.path.basename(file):24} pass {passes:6} fail {fails:6}")
            passed += passes
            failed += fails
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
