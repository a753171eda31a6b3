# SPDX-License-Identifier: MIT
"""The licence line comes first in every source file (after `#!` in scripts)."""
C_LINE, SCRIPT_LINE = "/* SPDX-License-Identifier: MIT */", "# SPDX-License-Identifier: MIT"


def check(tree):
    for file in tree.files.values():
        lines = file.lines[:2] + ["", ""]
        if file.is_c or file.ending in (".y", ".re"):
            good = lines[0] == C_LINE
        elif file.ending in (".py", ".build", ".sh") or lines[0].startswith("#!"):
            good = lines[1 if lines[0].startswith("#!") else 0] == SCRIPT_LINE
        else:
            good = True
        if not good:
            yield file.finding(1, "the first line must be the SPDX line")


BAD = [
    ({"src/a.c": "int a;\n"}, 1),
    ({"src/meson.build": "\n# SPDX-License-Identifier: MIT\n"}, 1),
    ({"tools/a": "#!/bin/sh\necho\n"}, 1),
]
GOOD = [{"src/a.c": C_LINE + "\n", "tools/a": "#!/bin/sh\n" + SCRIPT_LINE + "\n", "README.md": "# a\n"}]
