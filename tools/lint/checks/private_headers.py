# SPDX-License-Identifier: MIT
"""A `*_int.h` is included from its own folder and those below it only (and by the tests of that layer)."""
import posixpath

from layers import layer_of, target_of


def check(tree):
    for file in tree.c_files("src", "tests", "fuzz", "bench", generated=True):
        for line, name, _ in file.includes:
            target = target_of(tree, name)
            if not name.endswith("_int.h") or not target:
                continue
            if (file.folder + "/").startswith(posixpath.dirname(target) + "/"):
                continue
            tests_of_layer = f"tests/unit/{layer_of(target)}"
            if file.folder != tests_of_layer:
                yield file.finding(line, f'"{name}" is private to {posixpath.dirname(target)}')


BAD = [({"src/base/a/a_int.h": "", "src/base/b/b.c": '#include "base/a/a_int.h"\n'}, 1)]
GOOD = [{"src/base/a/a_int.h": "", "src/base/a/b.c": '#include "base/a/a_int.h"\n',
         "src/base/a/c/d.c": '#include "base/a/a_int.h"\n',
         "tests/unit/base/a_test.c": '#include "base/a/a_int.h"\n'}]
