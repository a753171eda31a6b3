# SPDX-License-Identifier: MIT
"""Files to 600 lines, lines to 100 columns, functions to 70 lines and 7 parameters, blocks 4 deep."""

FILE_LINES, LINE_COLUMNS, FUNCTION_LINES, PARAMETERS, NESTING = 600, 100, 70, 7, 4


def check_functions(file):
    for f in file.functions:
        if f.length > FUNCTION_LINES:
            yield file.finding(f.first_line, f"{f.name} has {f.length} lines, {FUNCTION_LINES} at most: split it")
        if f.parameters > PARAMETERS:
            yield file.finding(f.first_line, f"{f.name} has {f.parameters} parameters, {PARAMETERS} at most: "
                                             "make a struct of those that belong together")
        if f.depth - 1 > NESTING:
            yield file.finding(f.first_line, f"{f.name} nests {f.depth - 1} blocks, {NESTING} at most: "
                                             "name the inner part as a function")


def check(tree):
    for file in tree.c_files("src", "include", "tests", "fuzz", "bench", "examples"):
        if len(file.lines) > FILE_LINES:
            yield file.finding(FILE_LINES, f"{len(file.lines)} lines, {FILE_LINES} at most: one idea a file")
        for number, line in enumerate(file.lines, 1):
            if len(line) > LINE_COLUMNS:
                yield file.finding(number, f"{len(line)} columns, {LINE_COLUMNS} at most")
        yield from check_functions(file)


LONG = "int f(void) {\n" + "  g();\n" * 70 + "}\n"
DEEP = "int f(void) {\n" + "if (a) {\n" * 5 + "}\n" * 6
BAD = [
    ({"src/base/a/a.c": LONG}, 1),
    ({"src/base/a/a.c": DEEP}, 1),
    ({"src/base/a/a.c": "int f(int a, int b, int c, int d, int e, int f,\n int g, int h) {\n}\n"}, 1),
    ({"src/base/a/a.c": "\n" * 601}, 1),
    ({"tests/a.c": "// " + "x" * 98 + "\n"}, 1),
]
GOOD = [{"src/base/a/a.c": "int f(int a, void (*g)(int, int), int c, int d, int e, int f, int h) {\n}\n"}]
