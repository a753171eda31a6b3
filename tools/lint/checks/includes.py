# SPDX-License-Identifier: MIT
"""A file includes only from its own layer or below, by full path; nobody but tests includes from tests."""
from layers import RANKS, layer_of, target_of



def is_made_by_build(tree, name):
    """lemon and re2c make headers beside their sources."""
    stem = "src/" + name.removesuffix(".h")
    return stem + ".y" in tree.files or stem + ".re" in tree.files


def may_use(layer, path, target):
    if target.startswith("include/luma/"):
        return target == "include/luma/status.h" or RANKS[layer] >= RANKS["api"]
    other = layer_of(target)
    if other is None:
        return target.startswith("src/")
    return other == layer or RANKS[other] < RANKS[layer]


def check_source(tree, file, layer):
    for line, name, is_system in file.includes:
        if is_system:
            continue
        target = target_of(tree, name)
        if target is None:
            if not is_made_by_build(tree, name):
                yield file.finding(line, f'"{name}" is no full path from src/ or include/')
        elif not may_use(layer, file.path, target):
            yield file.finding(line, f'{layer} may not include "{name}": it is above, or outside')


def check(tree):
    for file in tree.c_files("src", generated=True):
        layer = layer_of(file.path)
        if layer is None:
            yield file.finding(1, "stands in no layer's folder")
        else:
            yield from check_source(tree, file, layer)
    for file in tree.c_files("include"):
        for line, name, is_system in file.includes:
            if not is_system and not name.startswith("luma/"):
                yield file.finding(line, f'a public header includes "{name}", which is not installed')


STORE = {"src/store/store.h": "", "src/query/plan/plan.h": "", "include/luma/luma.h": ""}
BAD = [
    (dict(STORE, **{"src/store/lsm/a.c": '#include "query/plan/plan.h"\n'}), 1),
    (dict(STORE, **{"src/store/lsm/a.c": '#include "store.h"\n#include "luma/luma.h"\n'}), 2),
    (dict(STORE, **{"src/odd/a.c": ""}), 1),
    (dict(STORE, **{"include/luma/b.h": '#include "store/store.h"\n'}), 1),
    ({"src/api/a.c": '#include "server/b.h"\n', "src/server/b.h": ""}, 1),
    ({"src/base/a.c": '#include "tests/lib/test.h"\n', "tests/lib/test.h": ""}, 1),
]
GOOD = [{"src/query/lang/lql/a.y": "", "src/query/lang/lql/b.c": '#include "query/lang/lql/a.h"\n'},
        dict(STORE, **{"src/query/exec/a.c": '#include "store/store.h"\n#include <stdint.h>\n'})]
