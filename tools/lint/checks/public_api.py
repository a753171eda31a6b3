# SPDX-License-Identifier: MIT
"""Every public function has its comment right above, alone or with the declarations it stands with; every function the
library shows is declared, and every declared one is there."""
import re

DECLARATION = re.compile(r"^LUMA_API\b[^;]*?\b(\w+)\s*\(", re.M)


def declared(tree):
    """{name: (file, line)}"""
    return {match.group(1): (file, file.code.count("\n", 0, match.start()) + 1)
            for file in tree.c_files("include") for match in DECLARATION.finditer(file.code)}


def check(tree):
    public = declared(tree)
    for name, (file, line) in public.items():
        if not file.lines[line - 2].rstrip().endswith(("*/", ";")):
            yield file.finding(line, f"{name} has no comment above it")
    defined = {f.name: (file, f) for file in tree.c_files("src") if file.path.startswith("src/api/")
               for f in file.functions if not f.is_static}
    for name, (file, function) in defined.items():
        if re.match(r"luma_[a-z0-9]", name) and name not in public:
            yield file.finding(function.first_line, f"{name} is in no public header")
    for name, (file, line) in public.items():
        if name not in defined:
            yield file.finding(line, f"{name} is declared, and not there")


HEADER = "/** Opens. */\nLUMA_API enum luma_status luma_open(const char *target);\n"
BAD = [
    ({"include/luma/luma.h": HEADER + "\nLUMA_API void luma_close(void);\n",
      "src/api/a.c": "enum luma_status luma_open(const char *t) {\n}\nvoid luma_close(void) {\n}\n"}, 1),
    ({"include/luma/luma.h": HEADER}, 1),
    ({"src/api/a.c": "void luma_step(void) {\n}\n"}, 1),
]
GOOD = [{"include/luma/luma.h": HEADER, "src/api/a.c": "enum luma_status luma_open(const char *target) {\n}\n"}]
