#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random transactions beside SQLite, through libluma (words of SQL and calls of C by turns) and through sessions over HTTP.

Each statement is put to all; what it answers, or that it is refused, and what the tables hold after it are compared, and
what someone outside the transaction sees: what was committed last.

usage: transactions.py libluma.so lumadb [--seed N] [--count TRANSACTIONS]
"""
import argparse
import ctypes
import os
import random
import sqlite3
import sys

from luma import Database, Library, Refused
from served import Served

TABLES = ("one", "two")
CREATE = "CREATE TABLE {} (id INTEGER PRIMARY KEY, n INTEGER UNIQUE, s TEXT)"


class ByLibrary(Database):
    """Half of the words of transactions are said as calls."""

    def __init__(self, library, rng):
        super().__init__(library)
        self.rng = rng

    def run(self, text):
        words = text.split()
        calls = {"BEGIN": "begin", "COMMIT": "commit", "ROLLBACK": "rollback", "SAVEPOINT": "savepoint", "RELEASE": "release"}
        if words[0] not in calls or self.rng.random() < 0.5:
            return self.rows(text)
        name = "luma_rollback_to" if text.startswith("ROLLBACK TO") else "luma_" + calls[words[0]]
        more = [words[-1].encode()] if words[0] in ("SAVEPOINT", "RELEASE") or "TO" in words else []
        if words[0] == "BEGIN":
            more = [ctypes.c_bool(False)]
        self.library.call(name, self.session, *more)
        return []

    def outside(self, text):
        session = ctypes.c_void_p()
        self.library.call("luma_session_open", self.handle, ctypes.byref(session))
        inside, self.session = self.session, session
        try:
            return self.rows(text)
        finally:
            self.library.so.luma_session_close(session)
            self.session = inside


class BySession(Served):
    """The statements go in a session, the looks from outside go without."""

    def __init__(self, command):
        super().__init__(command)
        self.headers["luma-session"] = self.request("POST", "/v1/sessions", {})["session"]

    def run(self, text):
        return self.rows(text)

    def outside(self, text):
        session = self.headers.pop("luma-session")
        try:
            return self.rows(text)
        finally:
            self.headers["luma-session"] = session


class Sqlite:
    def __init__(self):
        self.connection = sqlite3.connect(":memory:", isolation_level=None)

    def run(self, text):
        return [list(row) for row in self.connection.execute(text)]


class Speaker:
    """Says statements; knows which savepoints there are."""

    def __init__(self, rng):
        self.rng, self.savepoints = rng, []

    def key(self):
        return self.rng.randint(1, 12)

    def number(self):
        return self.rng.choice(("NULL", self.rng.randint(1, 30)))

    def change(self):
        rng, table = self.rng, self.rng.choice(TABLES)
        other = TABLES[1 - TABLES.index(table)]
        return rng.choice((
            f"INSERT INTO {table} (id, n, s) VALUES ({self.key()}, {self.number()}, 'a')",
            f"INSERT INTO {table} (id, n) VALUES ({self.key()}, {self.number()}), ({self.key()}, {self.number()})",
            f"INSERT INTO {table} (id, n, s) VALUES ({self.key()}, {self.number()}, 'b') ON CONFLICT (id) DO UPDATE SET s = 'c'",
            f"INSERT INTO {table} (id, s) SELECT id, s FROM {other} WHERE id > {self.key()}",
            f"UPDATE {table} SET n = {self.number()} WHERE id = {self.key()}",
            f"UPDATE {table} SET n = {self.number()}, s = 'd' WHERE id < {self.key()}",
            f"UPDATE {table} SET s = s || 'e' WHERE n IN (SELECT n FROM {other}) AND length(s) < 9",
            f"DELETE FROM {table} WHERE id = {self.key()}",
            f"DELETE FROM {table} WHERE n > {rng.randint(10, 30)}",
            f"SELECT count(*), sum(n) FROM {table} WHERE id IN (SELECT id FROM {other})"))

    def savepoint(self):
        rng, names = self.rng, "abc"
        name = rng.choice(self.savepoints or names) if rng.random() < 0.9 else rng.choice(names)
        what = rng.choice(("SAVEPOINT", "SAVEPOINT", "ROLLBACK TO", "RELEASE"))
        if what == "SAVEPOINT":
            self.savepoints.append(name)
        elif name in self.savepoints:
            last = len(self.savepoints) - 1 - self.savepoints[::-1].index(name)
            del self.savepoints[last + (what == "ROLLBACK TO"):]
        return f"{what} {name}"


def attempt(side, text):
    try:
        return side.run(text)
    except (Refused, sqlite3.Error):
        return "refused"


def whole(look):
    return [look(f"SELECT id, n, s FROM {table} ORDER BY id") for table in TABLES]


class Differs(Exception):
    pass


def compare(sqlite, sides, text, committed):
    """`committed`: what someone outside sees while the transaction is open; None: the same as inside."""
    wanted = attempt(sqlite, text)
    tables = whole(sqlite.run)
    for side in sides:
        for what, got, right in (("it answers", attempt(side, text), wanted), ("the tables hold", whole(side.run), tables),
                                 ("outside is seen", whole(side.outside), committed or tables)):
            if got != right:
                raise Differs(f"{type(side).__name__}: {text}\n    {what} {got}\n    SQLite {right}")


def one_transaction(rng, sqlite, sides):
    speaker, committed = Speaker(rng), whole(sqlite.run)
    said = ["BEGIN"]
    compare(sqlite, sides, said[0], committed)
    try:
        for _ in range(rng.randint(0, 12)):
            said.append(speaker.change() if rng.random() < 0.6 else speaker.savepoint())
            compare(sqlite, sides, said[-1], committed)
        said.append(rng.choice(("COMMIT", "COMMIT", "ROLLBACK")))
        compare(sqlite, sides, said[-1], None)
    except Differs as differs:
        raise Differs("\n".join(said) + f"\n{differs}") from None
    return len(said)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library")
    parser.add_argument("command")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--count", type=int, default=60)
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    rng, sqlite, statements, failed = random.Random(asked.seed), Sqlite(), 0, 0
    sides = [ByLibrary(Library(os.path.abspath(asked.library)), random.Random(asked.seed)), BySession(os.path.abspath(asked.command))]
    try:
        for side in [sqlite] + sides:
            for table in TABLES:
                side.run(CREATE.format(table))
        for _ in range(asked.count):
            statements += one_transaction(rng, sqlite, sides)
            statements += 1
            compare(sqlite, sides, Speaker(rng).change(), None)
    except Differs as differs:
        print(f"{differs}\n    repeat with --seed {asked.seed} --count {asked.count}")
        failed = 1
    for side in sides:
        side.close()
    print(f"{statements} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(main())
