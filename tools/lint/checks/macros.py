# SPDX-License-Identifier: MIT
"""TRY and FAIL are the only macros that return or jump; no source turns on a thicket of #if."""
import re

DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)\(((?:[^\n\\]|\\\n|\\.)*)", re.M)
CONDITION = re.compile(r"^[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif)\b", re.M)
KNOWN, CONDITIONS_MAX = {"TRY", "FAIL"}, 6


def check(tree):
    for file in tree.c_files("src", "include"):
        for match in DEFINE.finditer(file.code):
            line = file.code.count("\n", 0, match.start()) + 1
            if match.group(1) not in KNOWN and re.search(r"\b(return|goto|break|continue)\b", match.group(2)):
                yield file.finding(line, f"{match.group(1)} hides a jump: only TRY and FAIL may")
        conditions = len(CONDITION.findall(file.code))
        if conditions > CONDITIONS_MAX:
            yield file.finding(1, f"{conditions} #if lines, {CONDITIONS_MAX} at most: choose between files instead")


BAD = [
    ({"src/base/a.h": "#define CHECK(x) \\\n  if (!(x)) return 1\n"}, 1),
    ({"src/base/a.c": "#ifdef A\n#endif\n" * 7}, 1),
]
GOOD = [{"src/base/a.h": "#define TRY(x) \\\n  if (x) return 1\n#define MAX(a, b) ((a) > (b) ? (a) : (b))\n"}]
