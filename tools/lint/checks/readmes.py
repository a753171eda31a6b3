# SPDX-License-Identifier: MIT
"""Each layer's folder has a README of 15 to 150 lines that names the folders in it; the files it names are there, what
it says that a folder may use is what DEPS says, and its links lead somewhere."""
import posixpath
import re

from checks.deps import read_deps

LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


def unnamed(tree, layer):
    """The folders of a layer that no README on their way names in backticks (`name`, `a/name`, `name/`)."""
    folders = {f.folder for f in tree.under("src") if f.folder.startswith(layer + "/")}
    for folder in sorted(folders):
        way = folder.split("/")
        texts = [tree.files[path].text for i in range(2, len(way) + 1)
                 if (path := "/".join(way[:i]) + "/README.md") in tree.files]
        if not any(re.search(rf"`(?:[\w./]*/)?{way[-1]}(?:/[\w.]*)?`", text) for text in texts):
            yield folder


FILE = re.compile(r"`([\w./]+\.(?:c|h|cc|re|y))`")


def missing_files(tree, file):
    """(line, name) of the sources that a README below src names and that are nowhere in its layer or under that path."""
    layer = "/".join(file.path.split("/")[:2]) + "/"
    there = [path for path in tree.files if path.startswith(layer)]
    for number, line in enumerate(file.lines, 1):
        for name in FILE.findall(line):
            paths = (name, "src/" + name, "include/luma/" + posixpath.basename(name))
            if not any(path.endswith("/" + name) for path in there) and not any(path in tree.files for path in paths):
                yield number, name


def wrong_uses(tree, file):
    """(line, folder, listed) of rows of a table with a column `may use (see DEPS)` that say something else than DEPS."""
    deps = tree.files.get(file.folder + "/DEPS")
    if not deps or not any("may use (see DEPS)" in line for line in file.lines):
        return
    edges, _ = read_deps(deps)
    for number, line in enumerate(file.lines, 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split(" |")]
        folder = cells[0].strip("`")
        if len(cells) > 2 and folder in edges and set(cells[-1].strip("`").split()) != edges[folder]:
            yield number, folder, " ".join(sorted(edges[folder]))


def check(tree):
    for layer in sorted({"/".join(f.path.split("/")[:2]) for f in tree.under("src") if f.path.count("/") > 1}):
        file = tree.files.get(layer + "/README.md")
        if not file:
            anchor = next(f for f in tree.under("src") if f.path.startswith(layer + "/"))
            yield anchor.finding(1, f"{layer}/README.md is missing: purpose, invariants, who may call it")
        elif not 15 <= len(file.lines) <= 150:
            yield file.finding(1, f"{len(file.lines)} lines, expected 15 to 150")
        else:
            for folder in unnamed(tree, layer):
                yield file.finding(1, f"{folder} is not named: what is it for?")
    for file in tree.files.values():
        if file.path.startswith("src/") and file.path.endswith("/README.md"):
            for number, name in missing_files(tree, file):
                yield file.finding(number, f"there is no {name}")
            for number, folder, listed in wrong_uses(tree, file):
                yield file.finding(number, f"{folder}: DEPS says `{listed}`")
    for file in tree.files.values():
        if file.ending != ".md":
            continue
        for number, line in enumerate(file.lines, 1):
            for target in LINK.findall(line):
                path = posixpath.normpath(posixpath.join(file.folder, target))
                if path not in tree.files and not any(p.startswith(path + "/") for p in tree.files):
                    yield file.finding(number, f"the link to {target} leads nowhere")


BAD = [
    ({"src/base/a/a.c": ""}, 1),
    ({"src/base/a.c": "", "src/base/README.md": "short\n"}, 1),
    ({"README.md": "[a](docs/a.md)\n"}, 1),
    ({"src/base/os/a.c": "", "src/base/README.md": "the os\n" * 20}, 1),
    ({"src/base/os/a.c": "", "src/base/README.md": "line\n" * 20 + "`os` has `b.c`\n"}, 1),
    ({"src/base/os/a.c": "", "src/base/DEPS": "os: mem\n",
      "src/base/README.md": "line\n" * 20 + "| folder | what | may use (see DEPS) |\n| `os` | files | `mem text` |\n"}, 1),
]
GOOD = [{"src/base/os/x/a.c": "", "src/base/README.md": "line `os/x`, `os`, `a.c`\n" * 20, "README.md": "[a](src/base) [b](https://a.b/c)\n"}]
