# SPDX-License-Identifier: MIT
"""Each layer's folder has a README of 15 to 150 lines that names the folders in it, and its links lead somewhere."""
import posixpath
import re

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
]
GOOD = [{"src/base/os/x/a.c": "", "src/base/README.md": "line `os/x`, `os`\n" * 20, "README.md": "[a](src/base) [b](https://a.b/c)\n"}]
