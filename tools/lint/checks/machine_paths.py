# SPDX-License-Identifier: MIT
"""No paths of the machine it was written on."""
import re

PATH = re.compile(r"(?<![\w.$}])/(?:home|root|work|Users|mnt)/\w")


def check(tree):
    for file in tree.files.values():
        for number, line in enumerate(file.lines, 1):
            if PATH.search(line):
                yield file.finding(number, "names a path of one machine")


BAD = [({"src/a.c": 'open("/ho' 'me/ann/db");\n', "README.md": "cd /wo" "rk/x\n"}, 2)]
GOOD = [{"src/a.c": '#include "server/home/a.h"\n', "README.md": "/var/lib/luma, $HOME/work/x\n"}]
