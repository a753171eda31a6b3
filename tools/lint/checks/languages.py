# SPDX-License-Identifier: MIT
"""query/lang/* sees values, plans and the catalog, and nothing of storage: the proof that there is one plan.
No front end includes another."""

ALLOWED = ("base/", "value/", "query/plan/", "query/lang/lang.h", "model/catalog/catalog.h", "luma/status.h")


def check(tree):
    for file in tree.c_files("src", generated=True):
        if not file.path.startswith("src/query/lang/"):
            continue
        own = file.folder[len("src/"):] + "/" if file.folder != "src/query/lang" else "query/lang/"
        own = "/".join(own.split("/")[:3]) + "/"
        for line, name, is_system in file.includes:
            if not is_system and not name.startswith(ALLOWED + (own,)):
                yield file.finding(line, f'a front end may not include "{name}": it knows values, plans and the catalog')


BAD = [
    ({"src/query/lang/lql/a.c": '#include "store/store.h"\n#include "query/exec/exec.h"\n'}, 2),
    ({"src/query/lang/lql/a.c": '#include "query/lang/jql/jql_int.h"\n'}, 1),
]
GOOD = [{"src/query/lang/lql/a.c": '#include "query/plan/plan.h"\n#include "query/lang/lql/lql_int.h"\n'
                                   '#include "query/lang/lang.h"\n#include <string.h>\n'}]
