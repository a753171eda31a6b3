# SPDX-License-Identifier: MIT
"""What a kept database holds: made by `make_fixture`, looked for by `format_test`."""
import sys

DOCUMENTS, DELETED, LATE = 600, range(100, 120), range(600, 620)


def document(number):
    """One of every kind that a file may hold: short ones, long values that stand apart, nested ones, other types."""
    made = {"id": number, "n": number, "half": number / 2, "name": f"name {number % 37}", "even": number % 2 == 0,
            "tags": [f"t{number % 5}", f"t{number % 7}"], "inner": {"a": number * 1000003, "b": None}}
    if number % 50 == 0:
        made["long"] = f"{number:04}" * 3000
    return made


def expected():
    """The documents that are there, by id."""
    return {n: document(n) for n in [*range(DOCUMENTS), *LATE] if n not in DELETED}


if __name__ == "__main__":
    sys.exit("see make_fixture and format_test")
