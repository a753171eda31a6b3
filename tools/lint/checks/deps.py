# SPDX-License-Identifier: MIT
"""Edges between folders of one layer are listed in src/<layer>/DEPS and acyclic.

A folder may always use its own ancestors' headers (src/store/store.h from store/lsm), and the sources of a folder
the folders inside it; every other edge must be listed, for the folder itself or for one that holds it.
"""
import posixpath

from layers import RANKS, layer_of, target_of


def read_deps(file):
    """{from: {to…}}, findings."""
    edges, findings = {}, []
    for number, line in enumerate(file.lines, 1):
        if line.startswith("#") or not line.strip():
            continue
        source, colon, targets = line.partition(":")
        if not colon:
            findings.append(file.finding(number, "expected `from: to to …`"))
        edges.setdefault(source.strip(), set()).update(targets.split())
    return edges, findings


def holders(folder):
    """The folder and those that hold it, up to the layer's own (`.`)."""
    while folder != ".":
        yield folder
        folder = posixpath.dirname(folder) or "."
    yield "."


def is_listed(edges, source, target):
    wanted = set(holders(target)) - {"."}
    return any(wanted & edges.get(holder, set()) for holder in holders(source))


def find_cycle(edges):
    """A list of folders that lead back to the first, or None."""
    done = set()

    def visit(folder, way):
        if folder in way:
            return way[way.index(folder):] + [folder]
        if folder in done:
            return None
        for target in sorted(edges.get(folder, ())):
            found = visit(target, way + [folder])
            if found:
                return found
        done.add(folder)
        return None

    for folder in sorted(edges):
        found = visit(folder, [])
        if found:
            return found
    return None


def folder_in(layer, path):
    return posixpath.dirname(path)[len("src/" + layer) + 1:] or "."


def uses(tree, layer):
    """(file, line, from, to) of each include that crosses folders of the layer."""
    for file in tree.c_files("src", generated=True):
        if layer_of(file.path) != layer:
            continue
        source = folder_in(layer, file.path)
        for line, name, is_system in file.includes:
            target = None if is_system else target_of(tree, name)
            if target and layer_of(target) == layer and folder_in(layer, target) != source:
                yield file, line, source, folder_in(layer, target)


def check_layer(tree, layer, deps):
    listed, findings = read_deps(deps) if deps else ({}, [])
    yield from findings
    graph = {folder: set(targets) for folder, targets in listed.items()}
    for file, line, source, target in uses(tree, layer):
        inside = source in holders(target)
        if inside and file.ending != ".h":
            continue
        graph.setdefault(source, set()).add(target)
        if target not in holders(source) and not is_listed(listed, source, target):
            yield file.finding(line, f"src/{layer}/DEPS does not list `{source}: {target}`")
    cycle = find_cycle(graph)
    if cycle:
        yield (deps or tree.files[f"src/{layer}/meson.build"]).finding(1, f"a cycle: {' -> '.join(cycle)}")


def check(tree):
    for layer in RANKS:
        yield from check_layer(tree, layer, tree.files.get(f"src/{layer}/DEPS"))


BAD = [
    ({"src/base/DEPS": "a: b\n", "src/base/a/a.h": "", "src/base/b/b.c": '#include "base/a/a.h"\n'}, 2),
    ({"src/base/DEPS": "a: b\nb: a\n"}, 1),
    ({"src/base/DEPS": "a b\n"}, 1),
    ({"src/base/a/a.c": '#include "base/b/b.h"\n', "src/base/b/b.h": ""}, 1),
    ({"src/store/meson.build": "", "src/store/store.h": '#include "store/lsm/lsm.h"\n', "src/store/lsm/lsm.h": '#include "store/store.h"\n'}, 2),
]
GOOD = [
    {"src/base/DEPS": "# why\na: b\n", "src/base/a/a.c": '#include "base/b/b.h"\n', "src/base/b/b.h": ""},
    {"src/store/DEPS": "lsm/wal: lsm/codec\n", "src/store/store.h": "", "src/store/lsm/wal/wal.h": "",
     "src/store/lsm/lsm.c": '#include "store/store.h"\n#include "store/lsm/wal/wal.h"\n'},
]
