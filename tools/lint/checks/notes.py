# SPDX-License-Identifier: MIT
"""No to-do notes: an issue is the place for work to come. No code in comments. No skipped tests."""
import re

# Written apart, so that this file does not find itself.
NOTE = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
CODE_IN_COMMENT = re.compile(r"^\s*//.*[;{}]\s*$")
SKIP = re.compile(r"(?<!\w)skip\(\)")


def check(tree):
    for file in tree.files.values():
        for number, line in enumerate(file.lines, 1):
            if NOTE.search(line):
                yield file.finding(number, "a to-do note: do it, or open an issue")
            if file.is_c and CODE_IN_COMMENT.match(line):
                yield file.finding(number, "code in a comment: remove it")
            if file.is_c and SKIP.search(line):
                yield file.finding(number, "a skipped test is no test")


BAD = [
    ({"src/a.c": "/* TO" "DO: all */\n// a = b;\n"}, 2),
    ({"docs/a.md": "FIX" "ME\n"}, 1),
    ({"tests/a.c": "  skip();\n"}, 1),
]
GOOD = [{"src/a.c": "/* a ULID has 26 characters: XXXXX */\n// says why\n"}]
