# SPDX-License-Identifier: MIT
"""Generated files are current: tools/gen/made.txt says `script input… -> output…`, each script is run again into a
temporary folder, and every *.gen.* file is the output of one."""
import pathlib
import subprocess
import sys
import tempfile

LIST = "tools/gen/made.txt"


def read(file):
    """(line, script, inputs, outputs) of each row."""
    for number, line in enumerate(file.lines, 1):
        if line.strip() and not line.startswith("#"):
            before, _, after = line.partition("->")
            words = before.split()
            yield number, words[0], words[1:], after.split()


def make_again(tree, script, inputs, outputs):
    """The texts the script makes now, in the order of `outputs`; None when it fails."""
    with tempfile.TemporaryDirectory() as folder:
        made = [pathlib.Path(folder) / str(i) for i in range(len(outputs))]
        command = [sys.executable, script, *inputs, *map(str, made)]
        done = subprocess.run(command, cwd=tree.root, capture_output=True, check=False)
        if done.returncode != 0 or not all(path.exists() for path in made):
            return None
        return [path.read_text(encoding="utf-8") for path in made]


def check_row(tree, rows, row):
    number, script, inputs, outputs = row
    for path in [script, *inputs, *outputs]:
        if path not in tree.files:
            yield rows.finding(number, f"{path} is not there")
            return
    made = make_again(tree, script, inputs, outputs) if tree.root else [tree.files[inputs[0]].text]
    if made is None:
        yield rows.finding(number, f"{script} failed")
        return
    for path, text in zip(outputs, made):
        if tree.files[path].text != text:
            yield tree.files[path].finding(1, f"is not what {script} makes now: run `make gen`")


def check(tree):
    rows = tree.files.get(LIST)
    known = set()
    for row in read(rows) if rows else ():
        known.update(row[3])
        yield from check_row(tree, rows, row)
    for file in tree.files.values():
        if file.is_generated and file.path not in known:
            yield file.finding(1, f"no row of {LIST} makes this file")


# In a sample a script copies its input.
BAD = [
    ({LIST: "gen.py a.tsv -> a.gen.c\n", "gen.py": "", "a.tsv": "new", "a.gen.c": "old"}, 1),
    ({LIST: "", "src/b.gen.c": ""}, 1),
    ({LIST: "gen.py a.tsv -> a.gen.c\n"}, 1),
]
GOOD = [{LIST: "# why\ngen.py a.tsv -> a.gen.c\n", "gen.py": "", "a.tsv": "same", "a.gen.c": "same"}]
