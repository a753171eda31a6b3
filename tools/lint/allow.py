# SPDX-License-Identifier: MIT
"""The short list of exceptions, allow.txt: `check path [text in the message] -- reason`."""
from tree import Finding


class Allowed:
    def __init__(self, path, entries):
        self.path, self.entries, self.used = path, entries, set()

    @classmethod
    def read(cls, path):
        entries = []
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            what, dashes, reason = line.partition(" -- ")
            words = what.split(None, 2)
            if not dashes or not reason.strip() or len(words) < 2:
                raise SystemExit(f"{path.name}:{number}: expected `check path [text] -- reason`")
            entries.append((number, words[0], words[1], words[2].strip() if len(words) > 2 else ""))
        return cls("tools/lint/" + path.name, entries)

    def allows(self, check, finding):
        for number, name, path, text in self.entries:
            if name == check and path == finding.path and text in finding.message:
                self.used.add(number)
                return True
        return False

    def unused(self):
        return [Finding(self.path, number, f"excuses nothing any more ({name} {path}): remove it")
                for number, name, path, _ in self.entries if number not in self.used]
