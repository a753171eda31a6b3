# SPDX-License-Identifier: MIT
"""The repository as the checks see it: files by path, and C files with their functions."""
import pathlib
from dataclasses import dataclass
from functools import cached_property

import ctext

PRUNED = {".git", "node_modules", "__pycache__", "corpus"}
TEXT_ENDINGS = {".c", ".h", ".cc", ".y", ".re", ".py", ".md", ".txt", ".tsv", ".build", ".sh", ".ts", ".js", ".html",
                ".css", ".toml", ".json", ".yml", ""}


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


class File:
    """One text file. `path` is relative to the root, with slashes."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.name = path.rsplit("/", 1)[-1]
        self.folder = path.rsplit("/", 1)[0] if "/" in path else ""
        self.ending = "." + self.name.rsplit(".", 1)[1] if "." in self.name else ""

    @cached_property
    def lines(self):
        return self.text.splitlines()

    @cached_property
    def code(self):
        """The C text with comments and the contents of strings blanked, lines kept."""
        return ctext.blank(self.text)

    @cached_property
    def functions(self):
        return ctext.functions(self.code)

    @cached_property
    def includes(self):
        """(line, name, is_system) of each #include."""
        return ctext.includes(self.text)

    @property
    def is_c(self):
        return self.ending in (".c", ".h", ".cc")

    @property
    def is_generated(self):
        return ".gen." in self.name

    def finding(self, line, message):
        return Finding(self.path, line, message)


class Tree:
    def __init__(self, files, root=None, build=None):
        self.files = {file.path: file for file in files}
        self.root, self.build = root, build

    @classmethod
    def of_folder(cls, root, build):
        files = []
        for path in sorted(root.rglob("*")):
            parts = path.relative_to(root).parts
            if PRUNED & set(parts) or parts[0].startswith("build") or not path.is_file():
                continue
            if path.suffix in TEXT_ENDINGS:
                text = path.read_text(encoding="utf-8", errors="replace")
                if path.suffix or text.startswith("#!") or path.name in ("DEPS", "Makefile", "LICENSE"):
                    files.append(File("/".join(parts), text))
        return cls(files, root, pathlib.Path(root / build))

    @classmethod
    def of_texts(cls, texts):
        """A sample: paths and texts."""
        return cls([File(path, text) for path, text in texts.items()])

    def under(self, *folders):
        """Files below one of the folders, in order of path."""
        return [f for path, f in sorted(self.files.items()) if path.split("/", 1)[0] in folders]

    def c_files(self, *folders, generated=False):
        return [f for f in self.under(*folders) if f.is_c and (generated or not f.is_generated)]
