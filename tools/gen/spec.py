# SPDX-License-Identifier: MIT
"""What the generators share: reading a table of spec/, and writing what is made of it."""
import sys

LICENCE = "/* SPDX-License-Identifier: MIT */\n"


def made_by(generator, spec):
    return f"Made by tools/gen/{generator} from {spec}: change that, not this."


def rows_of(path, columns, fault_of=lambda cells: None):
    """The rows of a table of tabs; lines that begin with # and empty ones are left out. Ends the program at a row with
    another number of columns, or one of which `fault_of` tells a fault."""
    rows = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.startswith("#") or not line.strip():
                continue
            cells = line.rstrip("\n").split("\t")
            fault = f"{len(cells)} columns, expected {columns}" if len(cells) != columns else fault_of(cells)
            if fault:
                sys.exit(f"{path}:{number}: {fault}")
            rows.append(cells)
    return rows


def must_be_in_order(path, names):
    if names != sorted(set(names)):
        sys.exit(f"{path}: names must be unique and in order")


def write_all(texts):
    """Writes each text of {path: text}."""
    for path, text in texts.items():
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
