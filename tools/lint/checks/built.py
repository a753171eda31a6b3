# SPDX-License-Identifier: MIT
"""No file that nothing builds: every source, test and fuzzer is in a target, every target of the build is there.

A file for one kind of processor (`_x86`, `_arm`, `_other`) needs only to be named in a meson.build above it."""
import json
import posixpath
import re

BUILT = ("src", "tests", "fuzz", "bench", "examples")
PROCESSOR = re.compile(r"_(x86|arm|other|avx2|avx512|neon)\.c$")


def sources_of(tree):
    """Paths, relative to the root, that some target of the build compiles."""
    if "INTROSPECTED" in tree.files:
        return set(tree.files["INTROSPECTED"].lines)
    targets = json.loads((tree.build / "meson-info/intro-targets.json").read_text(encoding="utf-8"))
    paths = {source for target in targets for group in target["target_sources"] for source in group.get("sources", [])}
    root = str(tree.root) + "/"
    return {path[len(root):] for path in paths if path.startswith(root)}


def is_named_above(tree, file):
    folder = file.folder
    while folder:
        build = tree.files.get(folder + "/meson.build")
        if build and file.path[len(folder) + 1:] in build.text:
            return True
        folder = posixpath.dirname(folder)
    return False


def check(tree):
    built = sources_of(tree)
    for file in tree.under(*BUILT):
        if file.ending not in (".c", ".cc", ".y", ".re") or file.path in built:
            continue
        if PROCESSOR.search(file.name) and is_named_above(tree, file):
            continue
        yield file.finding(1, "nothing builds this file: name it in a meson.build, or remove it")


BAD = [({"INTROSPECTED": "src/a.c\n", "src/a.c": "", "src/b.c": "", "tests/unit/a_test.c": "",
         "src/b_arm.c": ""}, 3)]
GOOD = [{"INTROSPECTED": "src/a.c\nfuzz/a_fuzz.c\n", "src/a.c": "", "fuzz/a_fuzz.c": "", "src/h/b_arm.c": "",
         "src/meson.build": "files('h/b_arm.c')"}]
