# SPDX-License-Identifier: MIT
"""A function seen outside its file begins with its module's name: its folder, its header, or a
struct declared there or in a folder above."""
import re

STRUCT = re.compile(r"^(?:struct|enum|typedef\b[^;{]*?)\s+(\w+)\s*[{;(]", re.M)
PUBLIC = "luma"


def base_name(name):
    return re.sub(r"(_int|_face|\.gen)?\.\w+$", "", name)


def modules_of(tree, folder):
    """The prefixes that are good in a folder: folders on the way, their headers, and the structs of the headers."""
    names = set(folder.split("/")[1:])
    for file in tree.c_files("src", generated=True):
        if (folder + "/").startswith(file.folder + "/") and file.ending == ".h":
            names.add(base_name(file.name))
            names.update(STRUCT.findall(file.code))
    return names


def begins_with(name, module):
    """wal_open, wal__open, hash64, but not wallet."""
    return name.startswith(module) and not name[len(module):len(module) + 1].isalpha()


def check(tree):
    known = {}
    for file in tree.c_files("src", generated=True):
        if file.ending != ".c":
            continue
        modules = known.setdefault(file.folder, modules_of(tree, file.folder)) | {base_name(file.name)}
        if file.path.startswith("src/api/"):
            modules = modules | {PUBLIC}
        for function in file.functions:
            good = function.is_static or any(begins_with(function.name, module) for module in modules)
            if not good and function.name != "main":
                yield file.finding(function.first_line,
                                   f"{function.name}: begin with the module's name ({', '.join(sorted(modules))})")


BAD = [
    ({"src/base/mem/mem.h": "", "src/base/mem/mem.c": "void grow(int a) {\n}\n"}, 1),
    ({"src/store/lsm/a.c": "int luma_open(void)\n{\n}\n"}, 1),
]
GOOD = [{"src/base/sync/sync.h": "struct mutex {\n  int a;\n};\n",
         "src/base/sync/b.c": "void mutex_lock(struct mutex *m) {\n}\nstatic void free_name(void) {\n}\n",
         "src/api/db.c": "int luma_open(void) {\n}\n", "src/base/hash/hash.c": "int hash64(void) {\n}\n",
         "src/store/lsm/a.c": "static const int a[] = {f(1)};\nvoid lsm__step(void) {\n}\n"}]
