# SPDX-License-Identifier: MIT
"""Where a path stands in the layers of CONTRIBUTING.md."""

RANKS = {"base": 0, "value": 1, "store": 2, "index": 3, "model": 4, "query": 5, "service": 6, "api": 7, "server": 7,
         "cli": 8}


def layer_of(path):
    """The layer of a path below src/, or None."""
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "src" and parts[1] in RANKS else None


def target_of(tree, name):
    """The path in the repository that `#include "name"` means, or None."""
    for path in ("src/" + name, "include/" + name, name):
        if path in tree.files:
            return path
    return None
